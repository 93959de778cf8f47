"""Delivery in doubt: a letter that may have been taken goes again as often as its class allows, or waits for a person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from ledgers import (
    COUNCIL,
    MORNING,
    Clock,
    Outbox,
    a_message,
    no_answer,
    not_now,
    outcomes,
    plan_one,
    run,
    standing,
)

from cin_reminders.delivery import may_go_again
from cin_reminders.ledger import Ledger, create_ledger, open_ledger


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


@pytest.mark.parametrize(
    "doubtful, again",
    [
        ({"urgency": "escalation", "doubts": 1}, True),
        ({"urgency": "escalation", "doubts": 2}, True),
        ({"urgency": "escalation", "doubts": 3}, False),
        ({"urgency": "reminder", "doubts": 1}, True),
        ({"urgency": "reminder", "doubts": 2}, False),
        ({"urgency": "reminder", "doubts": 1, "lease_until": MORNING}, True),
        ({"urgency": "reminder", "doubts": 1, "lease_until": MORNING + timedelta(seconds=1)}, False),
        ({"urgency": "escalation", "doubts": 1, "lease_until": MORNING + timedelta(seconds=1)}, True),
        ({"urgency": "reminder", "doubts": 1, "person_kind": "family"}, False),
        ({"urgency": "escalation", "doubts": 1, "person_kind": "child"}, False),
        ({"urgency": "escalation", "doubts": 1, "channel": "teams"}, False),
    ],
)
def test_what_may_have_been_taken_goes_again_by_its_class(doubtful: dict[str, object], again: bool) -> None:
    assert may_go_again(a_message(state="uncertain", **doubtful), MORNING) is again


def deliveries(ledger: Ledger, outbox: Outbox, clock: Clock, number: int) -> list[str]:
    """The state of K1 after each of so many deliveries, an hour apart."""
    states = []
    for _ in range(number):
        run(ledger, outbox, clock)
        states.append(standing(ledger).state)
        clock.move(hours=1)
    return states


def test_an_escalation_is_handed_over_three_times_in_all_with_one_message_id(
    ledger: Ledger, outbox: Outbox, clock: Clock
) -> None:
    plan_one(ledger, urgency="escalation")
    outbox.answers["K1"] = [no_answer() for _ in range(9)]

    assert deliveries(ledger, outbox, clock, 5) == ["uncertain"] * 5
    assert [letter.message_id for letter in outbox.letters] == ["<K1.0@cin.example>"] * 3


def test_a_reminder_is_handed_over_twice_in_all(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    outbox.answers["K1"] = [no_answer() for _ in range(9)]

    assert deliveries(ledger, outbox, clock, 4) == ["uncertain"] * 4
    assert len(outbox.letters) == 2


@pytest.mark.parametrize("kind", [{"person_kind": "family"}, {"person_kind": "child"}, {"channel": "teams"}])
def test_a_message_to_a_family_or_a_post_to_teams_waits_for_a_person(
    ledger: Ledger, outbox: Outbox, clock: Clock, kind: dict[str, str]
) -> None:
    plan_one(ledger, urgency="escalation", **kind)
    outbox.answers["K1"] = [no_answer()]

    assert deliveries(ledger, outbox, clock, 3) == ["uncertain"] * 3
    assert len(outbox.letters) == 1
    assert run(ledger, outbox, clock).counts == {"uncertain": 1}

    ledger.settle_by_hand("K1", "resend", by="A Manager", why="asked the family", now=clock())
    assert run(ledger, outbox, clock).counts == {"sent": 1}


def test_a_resent_message_that_is_answered_is_sent(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger)
    outbox.answers["K1"] = [no_answer()]

    assert deliveries(ledger, outbox, clock, 2) == ["uncertain", "sent"]


def test_refusals_before_a_doubt_do_not_use_up_its_tries(ledger: Ledger, outbox: Outbox, clock: Clock) -> None:
    plan_one(ledger, urgency="escalation")
    outbox.answers["K1"] = [not_now(), not_now(), not_now(), no_answer()]

    assert deliveries(ledger, outbox, clock, 5)[-1] == "sent"


@pytest.mark.parametrize("kind", ["professional", "family"])
@pytest.mark.parametrize("held", [True, False])
def test_a_channel_that_knows_what_it_holds_decides(ledger: Ledger, outbox: Outbox, clock: Clock, kind: str, held: bool) -> None:
    plan_one(ledger, person_kind=kind)
    outbox.knows = True
    outbox.answers["K1"] = [no_answer()]
    run(ledger, outbox, clock)
    if held:
        outbox.take(outbox.letters[0])

    assert run(ledger, outbox, clock).counts == {"sent": 1}
    assert outbox.taken() == {"K1": 1}
    assert outcomes(ledger) == {"told": 1}
