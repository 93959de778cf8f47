"""The records as far as they were known on a past day: what was recorded later is left out, in pairs at the boundary."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from cin_reminders.case import Action, Case, Event, Extract, Meeting, Visit
from cin_reminders.hindsight import as_known_on

ON = date(2026, 3, 18)  # Wednesday
NEXT = date(2026, 3, 19)  # Thursday
EARLIER = date(2026, 3, 10)  # Tuesday

DAYS = pytest.mark.parametrize("recorded_on, is_known", [(ON, True), (NEXT, False), (None, True)])


def known(**rows: Any) -> Case:
    """The one case of an extract with these rows, as it was known on the Wednesday."""
    case = Case(case_ref="C1", label="C1", plan_type="child_in_need", **rows)
    [found] = as_known_on(Extract(cases=(case,), people={}, team_roles={}, rows={}), ON).cases
    return found


def meeting(**more: Any) -> Meeting:
    return Meeting(meeting_ref="M1", kind="review", scheduled_at=datetime(2026, 3, 10, 10), **more)


@DAYS
def test_an_event_is_known_from_the_day_it_was_recorded(recorded_on: date | None, is_known: bool) -> None:
    event = Event(event_ref="E1", kind="plan_agreed", happened_on=EARLIER, recorded_on=recorded_on)

    assert known(events=(event,)).events == ((event,) if is_known else ())


@DAYS
def test_a_visit_is_known_from_the_day_it_was_recorded(recorded_on: date | None, is_known: bool) -> None:
    visit = Visit(visit_ref="V1", visited_on=EARLIER, recorded_on=recorded_on)

    assert known(visits=(visit,)).visits == ((visit,) if is_known else ())


@DAYS
def test_an_action_stays_and_is_done_from_the_day_that_was_recorded(recorded_on: date | None, is_known: bool) -> None:
    action = Action(action_ref="A1", due_on=ON, completed_on=EARLIER, recorded_on=recorded_on)

    [found] = known(actions=(action,)).actions

    assert found.completed_on == (EARLIER if is_known else None)
    assert found.due_on == ON


@DAYS
def test_a_meeting_is_held_from_the_day_that_was_recorded_and_booked_before(recorded_on: date | None, is_known: bool) -> None:
    held = meeting(
        booked_on=EARLIER,
        recorded_on=recorded_on,
        held_on=EARLIER,
        outcome="harm",
        outcome_recorded_on=EARLIER,
        next_review_on=NEXT,
    )

    [found] = known(meetings=(held,)).meetings

    assert found == (held if is_known else meeting(booked_on=EARLIER, recorded_on=recorded_on))


@pytest.mark.parametrize("booked_on, is_known", [(ON, True), (NEXT, False), (None, True)])
def test_a_meeting_whose_holding_was_recorded_later_is_there_if_it_was_booked(booked_on: date | None, is_known: bool) -> None:
    found = known(meetings=(meeting(booked_on=booked_on, recorded_on=NEXT, held_on=ON),)).meetings

    assert len(found) == is_known


@DAYS
def test_what_came_of_a_meeting_is_known_from_the_day_it_was_recorded(recorded_on: date | None, is_known: bool) -> None:
    held = meeting(held_on=EARLIER, outcome="close", outcome_recorded_on=recorded_on)

    [found] = known(meetings=(held,)).meetings

    assert found.held_on == EARLIER
    assert found.outcome == ("close" if is_known else None)


def test_every_case_stays_and_every_reading_of_a_disputed_one_is_looked_at() -> None:
    late = Event(event_ref="E1", kind="plan_agreed", happened_on=EARLIER, recorded_on=NEXT)
    case = Case(case_ref="C1", label="C1", plan_type="child_in_need", events=(late,))
    extract = Extract(cases=(case,), people={}, team_roles={}, rows={}, disputed={"C1": (case,)})

    found = as_known_on(extract, ON)

    assert [one.events for one in (*found.cases, *found.disputed["C1"])] == [(), ()]
