"""Planning: what is new goes into a message once, what is known is left alone, what nobody has heard may be planned again."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from ledgers import COUNCIL, ELSEWHERE, MORNING, TODAY, a_message, a_notice, outcomes, plan, plan_one, standing

from cin_reminders.courtesy import channel_ref
from cin_reminders.ledger import Ledger, create_ledger, open_ledger
from cin_reminders.notice import MeetingNotice, NoticeKey

TOMORROW = date(2026, 5, 6)  # Wednesday


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    url = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    create_ledger(url, tmp_path)
    return open_ledger(url, tmp_path, COUNCIL)


def send(ledger: Ledger, state: str = "sent") -> None:
    message, _ = ledger.claim_next("live", ELSEWHERE, MORNING)
    ledger.begin_sending(message.key, ELSEWHERE, MORNING, subject="s", address="a", message_id="<m>")
    ledger.settle(message.key, ELSEWHERE, MORNING, state, "said so")


def test_a_planned_message_holds_its_notices(ledger: Ledger) -> None:
    early, last = a_notice(), a_notice(stage="last", urgency="escalation", stage_on=date(2026, 5, 11))

    added = plan(ledger, a_message(), early, last)

    assert added == tuple(replace(notice, message_key="K1") for notice in (early, last))
    assert ledger.messages() == [(a_message(), added)]


def test_what_was_not_kept_to_the_end_of_planning_is_not_kept_at_all(ledger: Ledger) -> None:
    def plan_and_fail() -> None:
        with ledger.planning() as planning:
            planning.add(a_message(), [a_notice()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        plan_and_fail()

    assert ledger.messages() == []


def test_the_same_plan_twice_is_the_same_as_once(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())

    assert plan(ledger, a_message(), a_notice()) == ()
    assert outcomes(ledger) == {"planned": 1}


def test_a_notice_given_twice_is_taken_once(ledger: Ledger) -> None:
    assert len(plan(ledger, a_message(), a_notice(), a_notice())) == 1


def test_a_moved_due_date_repeats_nothing(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())
    send(ledger)

    assert plan(ledger, a_message("K2", day=TOMORROW), a_notice(due_on=date(2026, 6, 1))) == ()  # Monday


def test_a_message_without_anything_new_is_not_made(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())

    plan(ledger, a_message("K2"), a_notice())

    assert [message.key for message, _ in ledger.messages()] == ["K1"]


def test_a_waiting_message_takes_more_notices(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())

    assert len(plan(ledger, a_message(), a_notice("C2"))) == 1
    assert outcomes(ledger) == {"planned": 2}


def test_a_waiting_message_that_takes_an_escalation_is_one(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())
    plan(ledger, a_message(urgency="escalation"), a_notice("C2", urgency="escalation"))
    plan(ledger, a_message(), a_notice("C3"))

    assert standing(ledger).urgency == "escalation"


@pytest.mark.parametrize("state", ["sent", "failed", "uncertain"])
def test_a_message_that_has_gone_takes_nothing_more(ledger: Ledger, state: str) -> None:
    plan(ledger, a_message(), a_notice())
    send(ledger, state)

    assert plan(ledger, a_message(), a_notice("C2")) == ()
    assert len(ledger.messages()[0][1]) == 1


def test_a_message_in_somebodys_hands_takes_nothing_more(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())
    ledger.claim_next("live", ELSEWHERE, MORNING)

    assert plan(ledger, a_message(), a_notice("C2")) == ()


def test_a_message_that_may_have_been_read_takes_nothing_more(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())
    send(ledger, "uncertain")
    ledger.settle_by_hand("K1", "resend", by="A Manager", why="not in the relay's log", now=MORNING)

    assert plan(ledger, a_message(), a_notice("C2")) == ()
    assert outcomes(ledger) == {"planned": 1}


def test_one_key_is_one_modes_message(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())

    with pytest.raises(ValueError, match="stands in mode live"):
        plan(ledger, a_message(mode="folder"), a_notice())


def test_what_was_told_in_a_trial_is_not_told_when_live(ledger: Ledger) -> None:
    plan(ledger, a_message("K1", mode="folder"), a_notice())

    assert len(plan(ledger, a_message("K2", mode="live"), a_notice())) == 1
    with ledger.planning() as planning:
        assert [notice.message_key for notice in planning.notices("folder")["C1", "review", "M1"]] == ["K1"]
        assert [notice.message_key for notice in planning.notices("live")["C1", "review", "M1"]] == ["K2"]


@pytest.mark.parametrize("state", ["failed", "withdrawn"])
def test_a_notice_that_nobody_has_heard_may_be_planned_again(ledger: Ledger, state: str) -> None:
    plan(ledger, a_message(), a_notice())
    if state == "failed":
        send(ledger, "failed")
    else:
        ledger.claim_next("live", ELSEWHERE, MORNING)
        ledger.settle("K1", ELSEWHERE, MORNING, "withdrawn", "no longer true")

    [again] = plan(ledger, a_message("K2"), a_notice(reason="again", due_on=TOMORROW))

    assert (again.outcome, again.message_key, again.reason, again.due_on) == ("planned", "K2", "again", TOMORROW)
    assert outcomes(ledger, "K1") == {}
    assert outcomes(ledger, "K2") == {"planned": 1}


def test_what_went_into_no_message_is_kept_with_its_reason(ledger: Ledger) -> None:
    with ledger.planning() as planning:
        known = planning.record("live", [a_notice(person_ref="", outcome="superseded", reason="overdue was reached first")])

    assert len(known) == 1
    with ledger.planning() as planning:
        [[notice]] = planning.notices("live").values()
        assert (notice.outcome, notice.reason) == ("superseded", "overdue was reached first")
        assert planning.add(a_message(), [a_notice(person_ref="")]) == ()


def test_what_was_told_is_never_recorded_as_anything_else(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())
    send(ledger)

    with ledger.planning() as planning:
        assert planning.record("live", [a_notice(outcome="missed", reason="stale")]) == ()

    assert outcomes(ledger) == {"told": 1}


@pytest.mark.parametrize("outcome", ["planned", "forgotten"])
def test_a_notice_outside_a_message_cannot_be_planned(ledger: Ledger, outcome: str) -> None:
    with pytest.raises(ValueError, match="outside a message"), ledger.planning() as planning:
        planning.record("live", [a_notice(outcome=outcome)])


def test_yesterdays_waiting_message_is_carried_over(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())

    with ledger.planning() as planning:
        assert planning.carry_over("live", TOMORROW) == 1
        assert len(planning.add(a_message("K2", day=TOMORROW), [a_notice(), a_notice(stage="last")])) == 2

    assert (standing(ledger).state, standing(ledger).reason) == ("withdrawn", "carried over to 2026-05-06")
    assert outcomes(ledger, "K2") == {"planned": 2}


def test_todays_waiting_message_is_not_carried_over(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())

    with ledger.planning() as planning:
        assert planning.carry_over("live", TODAY) == 0

    assert standing(ledger).state == "planned"


def test_another_modes_message_is_not_carried_over(ledger: Ledger) -> None:
    plan(ledger, a_message(mode="folder"), a_notice())

    with ledger.planning() as planning:
        assert planning.carry_over("live", TOMORROW) == 0


def test_a_message_in_somebodys_hands_is_not_carried_over(ledger: Ledger) -> None:
    for number, steps in enumerate(["claimed", "sending", "uncertain", "resent"]):
        plan_one(ledger, f"K{number}")
        ledger.claim_next("live", ELSEWHERE, MORNING)
        if steps != "claimed":
            ledger.begin_sending(f"K{number}", ELSEWHERE, MORNING, subject="s", address="a", message_id="<m>")
        if steps in ("uncertain", "resent"):
            ledger.settle(f"K{number}", ELSEWHERE, MORNING, "uncertain", "no answer")
    ledger.settle_by_hand("K3", "resend", by="A Manager", why="not in the relay's log", now=MORNING)

    with ledger.planning() as planning:
        assert planning.carry_over("live", TOMORROW) == 0

    assert [message.state for message, _ in ledger.messages()] == ["claimed", "sending", "uncertain", "planned"]


def test_a_great_many_messages_are_carried_over_at_once(ledger: Ledger) -> None:
    with ledger.planning() as planning:
        for number in range(1200):
            planning.add(a_message(f"K{number}"), [a_notice(f"C{number}")])
    with ledger.planning() as planning:
        assert planning.carry_over("live", TOMORROW) == 1200
        assert {notice.outcome for notices in planning.notices("live").values() for notice in notices} == {"withdrawn"}


def test_a_message_of_thousands_of_notices_goes_in_at_once(ledger: Ledger) -> None:
    assert len(plan(ledger, a_message(), *(a_notice(f"C{number}") for number in range(5000)))) == 5000


def test_the_days_messages_are_found_by_person(ledger: Ledger) -> None:
    plan(ledger, a_message("K1"), a_notice("C1"))
    plan(ledger, a_message("K2", channel="teams"), a_notice("C2"))
    plan(ledger, a_message("K3", person_ref="P2"), a_notice("C3"))
    plan(ledger, a_message("K4", day=TODAY - timedelta(days=4)), a_notice("C4"))  # Friday

    with ledger.planning() as planning:
        found = planning.messages_of("live", TODAY)

    assert {person: [message.key for message in messages] for person, messages in found.items()} == {
        "P1": ["K1", "K2"],
        "P2": ["K3"],
    }


# ---- when managers were last told


FRIDAY, MONDAY = date(2026, 5, 1), date(2026, 5, 4)
COPY = NoticeKey(case_ref="C2", subject="review", start_ref="M1", stage="early", person_ref=channel_ref("North managers"))


@pytest.mark.parametrize(
    "changed",
    [{"role": "lead_practitioner"}, {"outcome": "withdrawn"}, {"told_on": TODAY}, {"key": COPY}],
    ids=["somebody else", "nobody", "the day itself", "a copy in Teams"],
)
def test_managers_were_last_told_on_the_day_of_the_last_notice_to_one(ledger: Ledger, changed: dict[str, object]) -> None:
    told = {"outcome": "told", "role": "service_manager"}
    with ledger.planning() as planning:
        planning.record("live", [a_notice("C1", told_on=FRIDAY, **told), a_notice("C2", **told | {"told_on": MONDAY} | changed)])
        planning.record("folder", [a_notice("C3", told_on=MONDAY, **told)])

    with ledger.looking() as found:
        assert found.managers_told_before("live", TODAY) == FRIDAY
        assert found.managers_told_before("live", FRIDAY) is None


def test_a_manager_who_is_asked_to_a_meeting_is_told_of_nothing_else_by_that(ledger: Ledger) -> None:
    told = {"outcome": "told", "role": "team_manager"}
    one = a_notice("C2", told_on=MONDAY, **told)
    asked = MeetingNotice(**{field.name: getattr(one, field.name) for field in fields(one)}, told_what="2026-05-12T10:00")
    with ledger.planning() as planning:
        planning.record("live", [a_notice("C1", told_on=FRIDAY, **told), asked])

    with ledger.looking() as found:
        assert found.managers_told_before("live", TODAY) == FRIDAY
