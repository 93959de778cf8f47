"""Delivery: each message once, one retry loop, nobody failed for a fault not theirs, and no message that silences the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ledgers import (
    COUNCIL,
    ELSEWHERE_TOO,
    MORNING,
    Clock,
    Outbox,
    a_message,
    a_notice,
    down,
    never,
    not_now,
    outcomes,
    plan,
    plan_one,
    run,
    standing,
    words,
)

from cin_reminders.claiming import LEASE
from cin_reminders.delivery import Composed, Delivered, wait_before
from cin_reminders.ledger import Ledger, create_ledger, open_ledger
from cin_reminders.notice import Message, Notice


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    create_ledger("sqlite:///ledger.db", tmp_path)
    return open_ledger("sqlite:///ledger.db", tmp_path, COUNCIL)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def clock() -> Clock:
    return Clock()


# ---- the ordinary day


def test_every_message_is_sent_once_and_its_notices_are_told(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan(ledger, a_message("K1"), a_notice("C1"), a_notice("C2"))
    plan_one(ledger, "K2")

    delivered = run(ledger, outbox, clock)

    assert delivered == Delivered(counts={"sent": 2})
    assert outbox.taken() == {"K1": 1, "K2": 1}
    assert outcomes(ledger, "K1") == {"told": 2}
    assert (standing(ledger).reason, standing(ledger).subject, standing(ledger).address) == (
        "250 taken",
        "2 notices",
        "P1@council.example",
    )


def test_a_second_delivery_sends_nothing(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    run(ledger, outbox, clock)

    assert run(ledger, outbox, clock, owner=ELSEWHERE_TOO) == Delivered(counts={})
    assert outbox.taken() == {"K1": 1}


def test_escalations_alone_go_where_only_they_may(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger, "K1")
    plan_one(ledger, "K2", urgency="escalation")

    run(ledger, outbox, clock, urgencies=["escalation"])

    assert outbox.taken() == {"K2": 1}


def test_another_modes_messages_stay(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger, mode="folder")

    assert run(ledger, outbox, clock) == Delivered(counts={})


# ---- at the moment of sending


def test_a_message_that_is_no_longer_true_is_withdrawn_with_the_reason(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)

    delivered = run(ledger, outbox, clock, compose=lambda *_: Composed(letter=None, reason="the case has closed"))

    assert delivered.counts == {"withdrawn": 1}
    assert standing(ledger).reason == "the case has closed"
    assert outcomes(ledger) == {"withdrawn": 1}
    assert outbox.taken() == {}


def test_a_message_withdrawn_whole_keeps_each_notices_own_reason(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    met, closed, other = (a_notice(case) for case in ("C1", "C2", "C3"))
    plan(ledger, a_message(), met, closed, other)
    why = {met.key: "met meanwhile", closed.key: "the case has closed"}

    run(ledger, outbox, clock, compose=lambda *_: Composed(letter=None, withdrawn=why, reason="nothing is left to say"))

    [(_, notices)] = ledger.messages()
    assert {notice.outcome for notice in notices} == {"withdrawn"}
    assert [notice.reason for notice in notices] == ["met meanwhile", "the case has closed", "nothing is left to say"]


def test_a_notice_that_is_no_longer_true_is_left_out_of_its_message(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    stays, goes = a_notice("C1"), a_notice("C2")
    plan(ledger, a_message(), stays, goes)

    run(ledger, outbox, clock, compose=lambda *given: replace(words(*given), withdrawn={goes.key: "met meanwhile"}))

    assert outcomes(ledger) == {"told": 1, "withdrawn": 1}


def test_nothing_is_sent_where_no_notice_is_left(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    notice = a_notice()
    plan(ledger, a_message(), notice)
    outbox.answers["K1"] = [not_now()]
    run(ledger, outbox, clock, compose=lambda *given: replace(words(*given), withdrawn={notice.key: "met meanwhile"}))
    clock.move(days=1)

    assert run(ledger, outbox, clock).counts == {"withdrawn": 1}


def test_a_poison_message_is_put_back_and_the_rest_go_on(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    for key in ("K1", "K2", "K3"):
        plan_one(ledger, key)

    def compose(message, notices):
        if message.key == "K2":
            raise KeyError("Canary Child")
        return words(message, notices)

    delivered = run(ledger, outbox, clock, compose=compose, patience=timedelta(hours=1))

    assert (delivered.counts, delivered.broken) == ({"sent": 2, "planned": 1}, 1)
    assert outbox.taken() == {"K1": 1, "K3": 1}
    assert (standing(ledger, "K2").state, standing(ledger, "K2").reason) == ("planned", "could not be composed: KeyError")
    assert standing(ledger, "K2").attempts == 0


def test_a_poison_message_goes_once_it_is_mended(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    run(ledger, outbox, clock, compose=lambda *_: 1 / 0)
    clock.move(minutes=15)

    assert run(ledger, outbox, clock) == Delivered(counts={"sent": 1})


# ---- left alone


def test_a_message_left_alone_waits_as_it_was_and_holds_nobody_up(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    for key in ("K1", "K2", "K3"):
        plan_one(ledger, key)
    asked = []

    def compose(message, notices):
        asked.append(message.key)
        return leave(message, notices) if message.key == "K1" else words(message, notices)

    delivered = run(ledger, outbox, clock, compose=compose, patience=timedelta(hours=1))

    assert delivered == Delivered(counts={"planned": 1, "sent": 2})  # neither broken nor down
    assert asked == ["K1", "K2", "K3"]
    assert clock.slept == []
    left = standing(ledger, "K1")
    assert (left.state, left.reason, left.next_try_at, left.lease_until, left.attempts) == ("planned", "not today", None, None, 0)
    assert outcomes(ledger, "K1") == {"planned": 1}


def test_a_message_left_alone_may_go_at_once_in_the_next_delivery(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    run(ledger, outbox, clock, compose=leave)

    assert run(ledger, outbox, clock, owner=ELSEWHERE_TOO) == Delivered(counts={"sent": 1})


def test_a_message_left_alone_after_a_refusal_keeps_its_count_of_tries(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    outbox.answers["K1"] = [not_now()]
    run(ledger, outbox, clock)
    clock.move(hours=1)

    run(ledger, outbox, clock, owner=ELSEWHERE_TOO, compose=leave)

    assert (standing(ledger).attempts, standing(ledger).next_try_at) == (1, None)


def test_nothing_is_withdrawn_from_a_message_left_alone(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    notice = a_notice()
    plan(ledger, a_message(), notice)

    run(ledger, outbox, clock, compose=lambda *given: replace(leave(*given), withdrawn={notice.key: "no longer in the records"}))

    assert outcomes(ledger) == {"planned": 1}


def leave(message: Message, notices: tuple[Notice, ...]) -> Composed:
    return Composed(letter=None, leave=True, reason="not today")


# ---- not sent


def test_a_temporary_refusal_is_tried_again_within_patience(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    outbox.answers["K1"] = [not_now(), not_now()]

    delivered = run(ledger, outbox, clock, patience=timedelta(minutes=5))

    assert delivered == Delivered(counts={"sent": 1})
    assert clock.now == MORNING + timedelta(minutes=3)  # one minute, then two
    assert standing(ledger).attempts == 3


def test_beyond_patience_it_is_left_for_the_next_delivery(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    outbox.answers["K1"] = [not_now()]

    delivered = run(ledger, outbox, clock, patience=timedelta(minutes=1))

    assert (delivered.counts, clock.slept) == ({"planned": 1}, [])
    assert standing(ledger).next_try_at == MORNING + timedelta(minutes=1)
    clock.move(minutes=1)
    assert run(ledger, outbox, clock).counts == {"sent": 1}


def test_the_channels_own_wish_is_kept(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    outbox.answers["K1"] = [not_now(retry_after=90)]

    run(ledger, outbox, clock)

    assert standing(ledger).next_try_at == MORNING + timedelta(seconds=90)


def test_a_message_refused_for_days_still_stands_in_the_ledger(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    outbox.answers["K1"] = [not_now() for _ in range(20)]

    for _ in range(20):
        run(ledger, outbox, clock)
        clock.move(hours=4)

    message = standing(ledger)
    assert (message.state, message.attempts, message.reason) == ("planned", 20, "451 try again")


def test_a_permanent_refusal_fails_that_message_alone(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger, "K1")
    plan_one(ledger, "K2")
    outbox.answers["K1"] = [never()]

    assert run(ledger, outbox, clock).counts == {"failed": 1, "sent": 1}
    assert outcomes(ledger, "K1") == {"failed": 1}
    assert standing(ledger, "K1").reason == "550 no such mailbox"


def test_a_channel_that_is_down_fails_nobody_and_stops_the_delivery(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    for key in ("K1", "K2", "K3"):
        plan_one(ledger, key)
    outbox.answers["K2"] = [down()]

    delivered = run(ledger, outbox, clock, patience=timedelta(hours=1))

    assert delivered == Delivered(counts={"sent": 1, "planned": 1}, channel_down="the relay refuses the login")
    assert [standing(ledger, key).state for key in ("K1", "K2", "K3")] == ["sent", "planned", "planned"]
    assert standing(ledger, "K2").attempts == 0
    assert run(ledger, outbox, clock) == Delivered(counts={"sent": 2})


def test_a_channel_that_breaks_risks_one_message_only(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    for key in ("K1", "K2"):
        plan_one(ledger, key)
    outbox.answers["K1"] = [UnicodeError("Canary Child")]

    delivered = run(ledger, outbox, clock)

    assert delivered == Delivered(counts={"uncertain": 1}, channel_down="outbox broke: UnicodeError")
    assert [standing(ledger, key).state for key in ("K1", "K2")] == ["uncertain", "planned"]


@pytest.mark.parametrize(
    "attempt, wish, jitter, wait",
    [
        (1, None, 0.0, timedelta(minutes=1)),
        (2, None, 0.0, timedelta(minutes=2)),
        (8, None, 0.0, timedelta(minutes=128)),
        (9, None, 0.0, timedelta(hours=4)),
        (5000, None, 0.0, timedelta(hours=4)),
        (1, None, 1.0, timedelta(seconds=45)),
        (1, 30.0, 1.0, timedelta(seconds=30)),
        (1, 1e12, 0.0, timedelta(days=1)),
        (1, 0.0, 0.0, timedelta(minutes=1)),
        (1, -5.0, 0.0, timedelta(minutes=1)),
        (1, float("nan"), 0.0, timedelta(minutes=1)),
        (1, float("inf"), 0.0, timedelta(minutes=1)),
    ],
)
def test_the_wait_doubles_up_to_four_hours_unless_the_channel_has_a_wish(
    attempt: int, wish: float | None, jitter: float, wait: timedelta
) -> None:
    assert wait_before(attempt, wish, jitter) == wait


# ---- stopping, sleeping past the lease, and others at work


def test_once_asked_to_stop_the_present_message_is_finished_and_no_other_taken(
    ledger: Ledger, outbox: Outbox, clock: Clock
) -> None:
    for key in ("K1", "K2"):
        plan_one(ledger, key)

    delivered = run(ledger, outbox, clock, stop=lambda: bool(outbox.letters))

    assert delivered == Delivered(counts={"sent": 1}, stopped=True)
    assert [standing(ledger, key).state for key in ("K1", "K2")] == ["sent", "planned"]


def test_a_wish_to_stop_is_heard_while_waiting(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    outbox.answers["K1"] = [not_now(retry_after=3000)]

    delivered = run(ledger, outbox, clock, patience=timedelta(hours=1), stop=lambda: len(clock.slept) == 2)

    assert delivered == Delivered(counts={"planned": 1}, stopped=True)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=3)])
def test_a_process_stopped_past_its_lease_while_composing_does_not_send(
    ledger: Ledger, outbox: Outbox, clock: Clock, late: timedelta
) -> None:
    plan_one(ledger)

    def sleep_over_it(*given):
        clock.now = MORNING + LEASE + late
        return words(*given)

    assert run(ledger, outbox, clock, compose=sleep_over_it).counts == {}
    assert outbox.letters == []
    assert run(ledger, outbox, clock).counts == {"sent": 1}


def test_a_process_stopped_past_its_lease_just_before_sending_does_not_send(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    begin = ledger.begin_sending

    class Sleepy:
        """A ledger whose owner falls asleep between the commit and the sending."""

        def __getattr__(self, name):
            return getattr(ledger, name)

        def begin_sending(self, *given, **more):
            begin(*given, **more)
            if clock.now == MORNING:
                clock.now = MORNING + LEASE

    run(Sleepy(), outbox, clock, stop=lambda: clock.now > MORNING)

    assert outbox.letters == []
    assert (standing(ledger).state, standing(ledger).attempts) == ("planned", 0)


def test_a_process_that_wakes_after_others_have_sent_sends_nothing(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)

    def sleep_while_another_delivers(*given):
        clock.move(minutes=15)
        run(ledger, outbox, clock, owner=ELSEWHERE_TOO)
        return words(*given)

    said = []
    delivered = run(ledger, outbox, clock, compose=sleep_while_another_delivers, progress=said.append)

    assert delivered.counts == {}
    assert said == ["K1: no longer ours"]
    assert outbox.taken() == {"K1": 1}


def test_progress_names_messages_and_states_alone(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    for key in ("K1", "K2"):
        plan_one(ledger, key)
    outbox.answers["K1"] = [never()]
    said = []

    run(ledger, outbox, clock, progress=said.append)

    assert said == ["K1: failed", "K2: sent"]
