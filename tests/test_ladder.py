from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from ladder_cases import (
    CALENDAR,
    DUE,
    EARLY,
    HEAD,
    LAST,
    OVERDUE,
    REPEATS,
    SERVICE,
    STARTED,
    at_once,
    case,
    owed,
    with_rule,
)

from cin_reminders.case import Case, Event
from cin_reminders.ladder import Rung, is_skipped, is_urgent, rungs, spoken_stage
from cin_reminders.obligations import Obligation, obligations
from cin_reminders.policy import Stage
from cin_reminders.policy_file import load_policy
from cin_reminders.working_days import Calendar, make_calendar

NAMES = ("early", "last", "overdue", "escalate_service_manager", "escalate_head_of_service", "repeat-1")


def days(one: Obligation, calendar: Calendar = CALENDAR) -> dict[str, date]:
    return {rung.name: rung.on for rung in rungs(one, calendar)}


@pytest.mark.parametrize(
    "due_on, expected",
    [
        pytest.param(DUE, (EARLY, LAST, OVERDUE, SERVICE, HEAD, REPEATS[0]), id="a Thursday"),
        pytest.param(
            date(2026, 6, 21),  # Sunday: to be booked by Friday 19 June
            tuple(date(2026, m, d) for m, d in ((6, 12), (6, 18), (6, 22), (6, 26), (7, 3), (7, 10))),
            id="a Sunday",
        ),
        pytest.param(
            date(2026, 5, 4),  # Monday, the early May bank holiday: to be booked by Friday 1 May; 25 May is one too
            tuple(date(2026, m, d) for m, d in ((4, 24), (4, 30), (5, 5), (5, 11), (5, 18), (5, 26))),
            id="a bank holiday",
        ),
        pytest.param(
            date(2026, 12, 24),  # Thursday; Friday 25, Monday 28 December and Friday 1 January do not count
            (
                date(2026, 12, 17),
                date(2026, 12, 23),
                date(2026, 12, 29),
                date(2027, 1, 5),
                date(2027, 1, 12),
                date(2027, 1, 19),
            ),
            id="Christmas Eve",
        ),
    ],
)
def test_stages_before_count_back_from_the_last_day_to_book_and_stages_after_from_the_due_date(
    due_on: date, expected: tuple[date, ...]
) -> None:
    found = days(owed(case(), due_on=due_on, started_on=date(2026, 1, 5)))
    assert {name: found[name] for name in NAMES} == dict(zip(NAMES, expected, strict=True))


def test_a_repeat_comes_every_5_working_days_and_6_times() -> None:
    found = days(owed(case()))
    assert [found[f"repeat-{number}"] for number in range(1, 7)] == list(REPEATS)
    assert len(found) == 5 + 6


def test_the_stages_come_in_the_order_of_their_days() -> None:
    found = list(days(owed(case())).values())
    assert found == sorted(found)


# ---- closure days


def test_a_stage_on_a_closure_day_goes_earlier_before_the_limit() -> None:
    closed = make_calendar(closure_days=[date(2026, 12, 23)])  # Wednesday
    one = owed(case(), due_on=date(2026, 12, 24), calendar=closed)  # Thursday
    assert days(one, closed)["last"] == date(2026, 12, 22)  # Tuesday


def test_a_stage_on_a_closure_day_goes_later_after_the_limit() -> None:
    closed = make_calendar(closure_days=[date(2026, 12, day) for day in (29, 30, 31)])  # Tuesday to Thursday
    found = days(owed(case(), due_on=date(2026, 12, 24), calendar=closed), closed)  # Thursday
    assert found["overdue"] == date(2027, 1, 4)  # Monday: 1 January is a bank holiday
    assert found["escalate_service_manager"] == date(2027, 1, 5)  # Tuesday: a closure day counts as a working day


def test_a_due_date_in_a_closure_is_booked_and_reminded_of_before_it() -> None:
    closed = make_calendar(closure_days=[date(2026, 12, day) for day in (29, 30, 31)])  # Tuesday to Thursday
    one = owed(case(), due_on=date(2026, 12, 30), calendar=closed)  # Wednesday
    assert one.book_by == date(2026, 12, 24)  # Thursday
    assert days(one, closed)["last"] == date(2026, 12, 23)  # Wednesday


def test_stages_that_a_closure_puts_on_one_day_keep_the_order_of_the_ladder() -> None:
    fortnight = make_calendar(closure_days=[date(2026, 6, day) for day in range(19, 31)])
    found = [rung.name for rung in rungs(owed(case(), calendar=fortnight), fortnight) if rung.on == date(2026, 7, 1)]  # Wednesday
    assert found == ["overdue", "escalate_service_manager"]


# ---- stages that there are not


def test_a_duty_with_no_due_date_has_no_stages() -> None:
    assert rungs(owed(case(), due_on=None), CALENDAR) == ()


def test_past_the_calendar_there_are_no_stages() -> None:
    assert rungs(owed(case(), due_on=CALENDAR.last + timedelta(days=1)), CALENDAR) == ()


def test_at_the_calendars_end_the_stages_that_can_be_counted_stand() -> None:
    one = owed(case(), due_on=CALENDAR.last)
    assert list(days(one)) == ["early", "last"]


def test_a_stage_on_the_day_the_clock_started_is_skipped_and_one_on_the_next_day_is_not() -> None:
    rung = next(one for one in rungs(owed(case()), CALENDAR) if one.name == "early")
    assert is_skipped(rung, owed(case(), started_on=EARLY))
    assert not is_skipped(rung, owed(case(), started_on=EARLY - timedelta(days=1)))


def test_no_stage_of_an_action_with_no_start_is_skipped() -> None:
    assert not any(is_skipped(rung, owed(case(), started_on=None)) for rung in rungs(owed(case()), CALENDAR))


# ---- stages counted from the start


def test_a_harm_response_is_told_on_the_day_it_is_identified_and_on_the_next_working_day() -> None:
    friday = date(2026, 6, 12)
    one = at_once(owed(case(), started_on=friday, due_on=date(2026, 6, 15)))  # Monday
    assert days(one) == {"at_once": friday, "next_day": date(2026, 6, 15)}
    assert not any(is_skipped(rung, one) for rung in rungs(one, CALENDAR))


def test_harm_identified_on_a_weekend_is_told_on_the_next_open_day() -> None:
    saturday = date(2026, 6, 13)
    one = at_once(owed(case(), started_on=saturday, due_on=date(2026, 6, 15)))  # Monday
    assert days(one)["at_once"] == date(2026, 6, 15)  # Monday


def test_a_prompt_comes_on_the_first_working_day_after_it_started() -> None:
    prompt = Stage(stage="prompt", working_days_after_start=1, to=("first_told",))
    one = with_rule(owed(case(), started_on=date(2026, 6, 12)), ladder=(prompt,))  # Friday
    assert days(one) == {"prompt": date(2026, 6, 15)}  # Monday


def test_a_prompt_with_no_start_has_no_stage_counted_from_it() -> None:
    prompt = Stage(stage="prompt", working_days_after_start=1, to=("first_told",))
    assert rungs(with_rule(owed(case(), started_on=None), ladder=(prompt,)), CALENDAR) == ()


@pytest.mark.parametrize(
    "length, place, urgent",
    [
        ("15 working days", {"working_days_before": 1}, False),
        ("15 working days", {"working_days_after": 1}, True),
        ("1 working day", {"working_days_after_start": 1}, True),
        ("5 working days", {"working_days_after_start": 1}, False),
    ],
)
def test_a_breach_and_a_duty_of_one_working_day_always_go(length: str, place: dict[str, int], urgent: bool) -> None:
    one = with_rule(owed(case()), length=length)
    assert is_urgent(Rung("stage", STARTED, Stage(stage="stage", to=("first_told",), **place)), one) is urgent


@pytest.mark.parametrize(
    "name, words",
    [
        ("early", "early"),
        ("escalate_head_of_service", "escalation to the head of service"),
        ("repeat-3", "repeat 3"),
        ("next_day", "next day"),
    ],
)
def test_a_stage_is_called_by_what_people_call_it(name: str, words: str) -> None:
    assert spoken_stage(name) == words


# ---- prompts: duties with the council's own figure


def prompt(started_on: date, policy_id: str = "cumbria") -> Obligation:
    """An early review asked for by a significant change."""
    change = Event(event_ref="E1", kind="significant_change", happened_on=started_on)
    a_case = Case(case_ref="C1", label="AB 12", plan_type="child_in_need", events=(change,))
    found = obligations(a_case, load_policy(policy_id), CALENDAR, started_on)
    return next(one for one in found if one.duty == "early_review")


def test_a_prompt_waits_for_the_digest_of_the_next_monday() -> None:
    started_on = date(2026, 6, 2)  # Tuesday; due Tuesday 9 June
    assert days(prompt(started_on)) == {"prompt": date(2026, 6, 8), "overdue": date(2026, 6, 15)}  # Mondays


def test_a_prompt_reached_on_a_monday_goes_that_day() -> None:
    started_on = date(2026, 6, 5)  # Friday
    (first, *_) = rungs(prompt(started_on), CALENDAR)

    assert first.on == date(2026, 6, 8)  # Monday


def test_the_digest_of_a_bank_holiday_monday_goes_on_tuesday() -> None:
    started_on = date(2026, 5, 19)  # Tuesday; Monday 25 May is the spring bank holiday
    (first, *_) = rungs(prompt(started_on), CALENDAR)

    assert first.on == date(2026, 5, 26)  # Tuesday


def test_a_prompt_goes_on_its_own_day_where_the_council_asks_for_daily() -> None:
    one = prompt(date(2026, 6, 2))  # Tuesday
    daily = one.edition.ladder.model_copy(update={"prompts": "daily"})
    one = replace(one, edition=one.edition.model_copy(update={"ladder": daily}))

    assert rungs(one, CALENDAR)[0].on == date(2026, 6, 3)  # Wednesday


def test_possible_harm_never_waits_for_monday() -> None:
    found_on = date(2026, 6, 2)  # Tuesday
    harm = Event(event_ref="E1", kind="harm_identified", happened_on=found_on)
    a_case = Case(case_ref="C1", label="AB 12", plan_type="child_in_need", events=(harm,))
    (one,) = (one for one in obligations(a_case, load_policy("cumbria"), CALENDAR, found_on) if one.duty == "harm_response")
    assert days(one) == {"at_once": found_on, "escalate_head_of_service": date(2026, 6, 3)}  # Wednesday
