"""Claiming, sending and settling: one owner at a time, only forwards, and what a crash leaves is taken up or shown."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from ledgers import (
    COUNCIL,
    ELSEWHERE,
    ELSEWHERE_TOO,
    MORNING,
    TODAY,
    a_message,
    a_notice,
    outcomes,
    owner_of_a_process_that_ended,
    plan,
    plan_one,
    standing,
)

from cin_reminders.claiming import LEASE, TRANSITIONS, LeaseLost, TransitionError
from cin_reminders.errors import UsageError
from cin_reminders.ledger import Ledger, create_ledger, open_ledger
from cin_reminders.notice import MESSAGE_STATES
from cin_reminders.owner import this_owner

A_MOMENT = timedelta(microseconds=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    create_ledger(url, tmp_path)
    return url


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Ledger:
    return open_ledger(url, tmp_path, COUNCIL)


def claim(ledger: Ledger, owner: str = ELSEWHERE, now=MORNING, **more) -> str | None:
    found = ledger.claim_next("live", owner, now, **more)
    return found and found[0].key


def begin(ledger: Ledger, key: str = "K1", owner: str = ELSEWHERE, now=MORNING, **more) -> None:
    ledger.begin_sending(key, owner, now, subject="Two reviews are due", address="p1@council.example", message_id="<1@x>", **more)


def bring_to(ledger: Ledger, state: str, key: str = "K1", owner: str = ELSEWHERE, **more: object) -> None:
    """A message of this key, in this state by the ordinary way there."""
    plan_one(ledger, key, **more)
    if state != "planned":
        assert claim(ledger, owner) == key
    if state in ("sending", "sent", "failed", "uncertain"):
        begin(ledger, key, owner)
    if state in ("sent", "failed", "uncertain", "withdrawn"):
        ledger.settle(key, owner, MORNING, state, "as the test wants it")


# ---- claiming


def test_a_claim_gives_the_message_with_its_notices(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice("C1"), a_notice("C2"))

    message, notices = ledger.claim_next("live", ELSEWHERE, MORNING)

    assert (message.key, message.state, message.owner, message.lease_until) == ("K1", "claimed", ELSEWHERE, MORNING + LEASE)
    assert [notice.key.case_ref for notice in notices] == ["C1", "C2"]


def test_a_claimed_message_is_given_to_nobody_else(ledger: Ledger) -> None:
    plan_one(ledger)

    assert [claim(ledger), claim(ledger, ELSEWHERE_TOO)] == ["K1", None]


def test_escalations_go_first_then_the_oldest(ledger: Ledger) -> None:
    plan_one(ledger, "K1")
    plan_one(ledger, "K2", day=TODAY - timedelta(days=1))
    plan_one(ledger, "K3", urgency="escalation")
    plan_one(ledger, "K4", urgency="escalation", day=TODAY - timedelta(days=1))

    assert [claim(ledger) for _ in range(5)] == ["K4", "K3", "K2", "K1", None]


def test_a_failed_extract_can_still_let_escalations_go(ledger: Ledger) -> None:
    plan_one(ledger, "K1")
    plan_one(ledger, "K2", urgency="escalation")

    assert [claim(ledger, urgencies={"escalation"}) for _ in range(2)] == ["K2", None]


def test_another_modes_message_is_not_claimed(ledger: Ledger) -> None:
    plan_one(ledger, mode="folder")

    assert claim(ledger) is None


def test_another_councils_message_is_not_claimed(ledger: Ledger, url: str, tmp_path: Path) -> None:
    plan_one(open_ledger(url, tmp_path, "salford"))

    assert claim(ledger) is None


def test_a_message_put_off_is_claimed_from_that_moment_on(ledger: Ledger) -> None:
    bring_to(ledger, "sending")
    later = MORNING + timedelta(minutes=1)
    ledger.settle("K1", ELSEWHERE, MORNING, "planned", "451", later)

    assert ledger.next_try("live") == later
    assert claim(ledger, now=later - A_MOMENT) is None
    assert claim(ledger, now=later) == "K1"


def test_what_an_owner_leaves_alone_goes_to_any_other_at_once_and_never_back_to_it(ledger: Ledger) -> None:
    plan_one(ledger, "K1")
    plan_one(ledger, "K2")
    claim(ledger)

    ledger.leave("K1", ELSEWHERE, MORNING, "not borne out")

    assert (standing(ledger).state, standing(ledger).reason, standing(ledger).lease_until) == ("planned", "not borne out", None)
    assert ledger.next_try("live") is None
    assert [claim(ledger), claim(ledger)] == ["K2", None]
    assert claim(ledger, ELSEWHERE_TOO) == "K1"


@pytest.mark.parametrize("state", [state for state in MESSAGE_STATES if state != "claimed"])
def test_only_a_claimed_message_is_left_alone(ledger: Ledger, state: str) -> None:
    bring_to(ledger, state)

    with pytest.raises(LeaseLost):
        ledger.leave("K1", ELSEWHERE, MORNING, "not borne out")

    assert standing(ledger).state == state


def test_nobody_leaves_alone_what_is_in_other_hands(ledger: Ledger) -> None:
    bring_to(ledger, "claimed")

    with pytest.raises(LeaseLost):
        ledger.leave("K1", ELSEWHERE_TOO, MORNING, "not borne out")


def test_many_claims_at_once_take_each_message_once(ledger: Ledger, url: str, tmp_path: Path) -> None:
    with ledger.planning() as planning:
        for number in range(60):
            planning.add(a_message(f"K{number}"), [a_notice(f"C{number}")])
    taken: list[str] = []

    def take_all(owner: str) -> None:
        mine = open_ledger(url, tmp_path, COUNCIL)
        while key := claim(mine, owner):
            taken.append(key)

    threads = [threading.Thread(target=take_all, args=(f"elsewhere:{number}:1:1",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(taken) == sorted(f"K{number}" for number in range(60))


# ---- sending


def test_sending_begins_in_the_last_moment_of_the_lease(ledger: Ledger) -> None:
    bring_to(ledger, "claimed")

    begin(ledger, now=MORNING + LEASE - A_MOMENT)

    message = standing(ledger)
    assert (message.state, message.attempts) == ("sending", 1)
    assert (message.subject, message.address, message.message_id) == ("Two reviews are due", "p1@council.example", "<1@x>")


def test_sending_does_not_begin_once_the_lease_has_run_out(ledger: Ledger) -> None:
    bring_to(ledger, "claimed")

    with pytest.raises(LeaseLost):
        begin(ledger, now=MORNING + LEASE)

    assert standing(ledger).state == "claimed"


def test_sending_does_not_begin_for_somebody_elses_claim(ledger: Ledger) -> None:
    bring_to(ledger, "claimed")

    with pytest.raises(LeaseLost):
        begin(ledger, owner=ELSEWHERE_TOO)


@pytest.mark.parametrize("state", [state for state in MESSAGE_STATES if state != "claimed"])
def test_sending_begins_from_a_claim_only(ledger: Ledger, state: str) -> None:
    bring_to(ledger, state)

    with pytest.raises(LeaseLost):
        begin(ledger)


def test_a_notice_that_is_no_longer_true_is_left_out_as_sending_begins(ledger: Ledger) -> None:
    stays, goes = a_notice("C1"), a_notice("C2")
    plan(ledger, a_message(), stays, goes)
    claim(ledger)

    begin(ledger, withdrawn={goes.key: "met meanwhile"})
    ledger.settle("K1", ELSEWHERE, MORNING, "sent", "250")

    assert {notice.key.case_ref: (notice.outcome, notice.reason) for notice in ledger.messages()[0][1]} == {
        "C1": ("told", "first"),
        "C2": ("withdrawn", "met meanwhile"),
    }


def test_nothing_is_left_out_where_sending_does_not_begin(ledger: Ledger) -> None:
    goes = a_notice()
    plan(ledger, a_message(), goes)
    claim(ledger)

    with pytest.raises(LeaseLost):
        begin(ledger, now=MORNING + LEASE, withdrawn={goes.key: "met meanwhile"})

    assert outcomes(ledger) == {"planned": 1}


# ---- settling


@pytest.mark.parametrize(
    "state, outcome", [("sent", "told"), ("failed", "failed"), ("uncertain", "planned"), ("planned", "planned")]
)
def test_the_notices_follow_their_message(ledger: Ledger, state: str, outcome: str) -> None:
    bring_to(ledger, "sending")

    ledger.settle("K1", ELSEWHERE, MORNING, state, "so it is")

    assert (standing(ledger).state, standing(ledger).reason) == (state, "so it is")
    assert outcomes(ledger) == {outcome: 1}
    assert standing(ledger).settled_at == (MORNING if state in ("sent", "failed") else None)


def test_a_message_withdrawn_whole_withdraws_its_notices_with_the_reason(ledger: Ledger) -> None:
    bring_to(ledger, "claimed")

    ledger.settle("K1", ELSEWHERE, MORNING, "withdrawn", "the case has closed")

    [(message, [notice])] = ledger.messages()
    assert (message.state, notice.outcome, notice.reason) == ("withdrawn", "withdrawn", "the case has closed")


def test_states_only_move_as_the_table_allows(url: str, tmp_path: Path) -> None:
    for before, after in product(MESSAGE_STATES, MESSAGE_STATES):
        ledger = open_ledger(url, tmp_path, f"{before} to {after}")
        bring_to(ledger, before)
        allowed = before != "planned" and after in TRANSITIONS[before]

        if allowed:
            ledger.settle("K1", ELSEWHERE, MORNING, after, "")
        else:  # what is planned is in nobody's hands
            with pytest.raises(LeaseLost if before == "planned" else TransitionError):
                ledger.settle("K1", ELSEWHERE, MORNING, after, "")

        assert standing(ledger).state == (after if allowed else before)
        ledger.close()


def test_a_step_that_is_not_allowed_names_those_that_are(ledger: Ledger) -> None:
    bring_to(ledger, "claimed")

    with pytest.raises(
        TransitionError, match="message K1 is claimed: it cannot become sent; allowed: sending, planned, withdrawn"
    ):
        ledger.settle("K1", ELSEWHERE, MORNING, "sent", "")


def test_nobody_settles_what_is_in_other_hands(ledger: Ledger) -> None:
    bring_to(ledger, "sending")

    with pytest.raises(LeaseLost):
        ledger.settle("K1", ELSEWHERE_TOO, MORNING, "sent", "250")


def test_a_slow_owner_may_still_say_what_it_knows(ledger: Ledger) -> None:
    bring_to(ledger, "sending")
    ledger.recover("live", MORNING + LEASE)

    ledger.settle("K1", ELSEWHERE, MORNING + LEASE, "sent", "250")

    assert outcomes(ledger) == {"told": 1}


def test_a_slow_owner_says_nothing_of_a_message_that_waits_again(ledger: Ledger) -> None:
    bring_to(ledger, "claimed")
    ledger.recover("live", MORNING + LEASE)

    with pytest.raises(LeaseLost):
        ledger.settle("K1", ELSEWHERE, MORNING + LEASE, "withdrawn", "the case has closed")


def test_a_slow_owner_says_nothing_once_a_person_has_decided(ledger: Ledger) -> None:
    bring_to(ledger, "uncertain")
    ledger.settle_by_hand("K1", "failed", by="A Manager", why="the relay refused it", now=MORNING)

    with pytest.raises(LeaseLost):
        ledger.settle("K1", ELSEWHERE, MORNING, "sent", "250")


def test_a_try_that_was_none_is_not_counted(ledger: Ledger) -> None:
    bring_to(ledger, "sending")
    ledger.settle("K1", ELSEWHERE, MORNING, "planned", "the channel is down")
    assert standing(ledger).attempts == 0

    claim(ledger)
    begin(ledger)
    ledger.settle("K1", ELSEWHERE, MORNING, "planned", "451", MORNING)
    assert standing(ledger).attempts == 1


# ---- recovering


@pytest.mark.parametrize("state, after", [("claimed", "planned"), ("sending", "uncertain")])
def test_a_lease_that_has_run_out_is_taken_up(ledger: Ledger, state: str, after: str) -> None:
    bring_to(ledger, state)

    ledger.recover("live", MORNING + LEASE - A_MOMENT)
    assert standing(ledger).state == state

    recovered = ledger.recover("live", MORNING + LEASE)
    assert standing(ledger).state == after
    assert {"planned": recovered.planned, "uncertain": recovered.uncertain}[after] == 1


@pytest.mark.parametrize("state, after", [("claimed", "planned"), ("sending", "uncertain")])
def test_an_owner_whose_process_is_gone_loses_its_message_at_once(ledger: Ledger, state: str, after: str) -> None:
    bring_to(ledger, state, owner=owner_of_a_process_that_ended())

    ledger.recover("live", MORNING)

    assert standing(ledger).state == after


@pytest.mark.parametrize("state", ["claimed", "sending"])
def test_an_owner_whose_process_runs_keeps_its_message(ledger: Ledger, state: str) -> None:
    bring_to(ledger, state, owner=this_owner())

    ledger.recover("live", MORNING)

    assert standing(ledger).state == state


def test_recovering_twice_is_the_same_as_once(ledger: Ledger) -> None:
    bring_to(ledger, "sending")
    ledger.recover("live", MORNING + LEASE)

    recovered = ledger.recover("live", MORNING + LEASE)

    assert (recovered.planned, recovered.uncertain, standing(ledger).doubts) == (0, 0, 1)


def waits_in_doubt(ledger: Ledger) -> None:
    """A message that may have gone once by e-mail, and is to go again."""
    bring_to(ledger, "uncertain")
    (doubtful,) = ledger.uncertain("live")
    assert ledger.resolve(doubtful, MORNING, "planned", "no answer came: sent again")


def test_what_may_have_gone_by_a_channel_that_is_no_more_waits_for_a_person(ledger: Ledger) -> None:
    waits_in_doubt(ledger)

    recovered = ledger.recover("live", MORNING, ("graph", "teams"))

    assert recovered.uncertain == 1
    assert (standing(ledger).state, standing(ledger).reason) == ("uncertain", "email is no channel of the settings any more")


def test_what_may_have_gone_by_a_channel_that_still_is_one_goes_again_by_it(ledger: Ledger) -> None:
    waits_in_doubt(ledger)

    assert ledger.recover("live", MORNING, ("email",)).uncertain == 0
    assert standing(ledger).state == "planned"


def test_what_was_never_handed_over_is_left_for_the_next_run_whatever_its_channel(ledger: Ledger) -> None:
    bring_to(ledger, "planned")

    assert ledger.recover("live", MORNING, ("graph",)).uncertain == 0
    assert standing(ledger).state == "planned"


def test_another_modes_message_is_not_recovered(ledger: Ledger) -> None:
    bring_to(ledger, "claimed")

    ledger.recover("folder", MORNING + LEASE)

    assert standing(ledger).state == "claimed"


# ---- a person decides


@pytest.mark.parametrize(
    "as_, state, outcome", [("sent", "sent", "told"), ("failed", "failed", "failed"), ("resend", "planned", "planned")]
)
def test_a_person_decides_an_uncertain_message(ledger: Ledger, as_: str, state: str, outcome: str) -> None:
    bring_to(ledger, "uncertain")

    ledger.settle_by_hand("K1", as_, by=" A Manager ", why="asked the practitioner", now=MORNING)

    assert standing(ledger).state == state
    assert outcomes(ledger) == {outcome: 1}
    [decision] = ledger.decisions()
    assert (decision.kind, decision.key, decision.by, decision.why, decision.at) == (
        f"settle as {as_}",
        "K1",
        "A Manager",
        "asked the practitioner",
        MORNING,
    )


@pytest.mark.parametrize("by, why", [("", "because"), ("A Manager", ""), (" ", "because"), ("A Manager", "\t")])
def test_a_decision_without_who_or_why_is_refused(ledger: Ledger, by: str, why: str) -> None:
    bring_to(ledger, "uncertain")

    with pytest.raises(UsageError, match=r"a decision needs (by|why): who decides it, and why"):
        ledger.settle_by_hand("K1", "sent", by=by, why=why, now=MORNING)

    assert standing(ledger).state == "uncertain"
    assert ledger.decisions() == []


@pytest.mark.parametrize("state", [state for state in MESSAGE_STATES if state != "uncertain"])
def test_only_an_uncertain_message_is_decided_by_hand(ledger: Ledger, state: str) -> None:
    bring_to(ledger, state)

    with pytest.raises(UsageError, match=f"message K1 is {state}; only an uncertain one is settled by hand"):
        ledger.settle_by_hand("K1", "sent", by="A Manager", why="because", now=MORNING)

    assert ledger.decisions() == []


def test_a_message_that_is_not_there_is_said_so(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="the ledger holds no message K9"):
        ledger.settle_by_hand("K9", "sent", by="A Manager", why="because", now=MORNING)


def test_a_word_that_settles_nothing_names_those_that_do(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="allowed: sent, failed, resend"):
        ledger.settle_by_hand("K1", "gone", by="A Manager", why="because", now=MORNING)


# ---- what may have been taken


def test_a_doubt_is_resolved_by_the_first_who_looks(ledger: Ledger) -> None:
    bring_to(ledger, "uncertain")
    [seen] = ledger.uncertain("live")

    assert ledger.resolve(seen, MORNING, "planned", "sent again")
    assert not ledger.resolve(seen, MORNING, "planned", "sent again")


def test_what_was_seen_of_an_earlier_doubt_resolves_no_later_one(ledger: Ledger) -> None:
    bring_to(ledger, "uncertain")
    [seen] = ledger.uncertain("live")
    ledger.resolve(seen, MORNING, "planned", "sent again")
    claim(ledger)
    begin(ledger)
    ledger.settle("K1", ELSEWHERE, MORNING, "uncertain", "no answer, a second time")

    assert not ledger.resolve(seen, MORNING, "planned", "sent again")
    assert standing(ledger).doubts == 2
