"""The noise budget: how much a practitioner and a manager hear in a week, by simulation of a small living council.

docs/noise-budget.md has the same figures for 3,000 cases: with each reminder on its own day, and gathered. Both councils here are
as busy as that one, only smaller.
"""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from living_council import CASELOAD, as_it_stood, living_council
from noise import DAILY, GATHERED, MANAGERS, Noise, listen

from cin_reminders.case import Action, Case, Event, Meeting, Visit
from cin_reminders.policy import Policy
from cin_reminders.policy_file import load_policy

BUDGET = 3.0  # messages a week to a practitioner with eighteen cases, where the council's ladder gathers reminders
DAYS_A_WEEK = 5
# What is measured today, with a little room: a ladder or a rule that says much more has to be a decision, not an accident.
# Five working days a week, taken up to eighteen cases from the seventeen that a practitioner of these councils has.
MOST_MESSAGES = {("cumbria", DAILY): 5.2, ("norfolk", DAILY): 5.2, ("cumbria", GATHERED): BUDGET, ("norfolk", GATHERED): 3.2}
MOST_LINES = {("cumbria", DAILY): 5.6, ("norfolk", DAILY): 6.8, ("cumbria", GATHERED): 11.0, ("norfolk", GATHERED): 12.2}
CASES = {"cumbria": 180, "norfolk": 108}
ON = date(2026, 9, 16)  # Wednesday

pytestmark = pytest.mark.timeout(600)


@cache
def noise_of(policy: str) -> dict[str, Noise]:
    """What is heard in one council, by the way its ladder reminds."""
    return {one.reminders: one for one in listen(living_council(policy, CASES[policy]), load_policy(policy, Path()))}


@pytest.fixture(params=sorted(CASES))
def policy(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=(DAILY, GATHERED))
def noise(policy: str, request: pytest.FixtureRequest) -> Noise:
    return noise_of(policy)[request.param]


def test_the_council_that_is_listened_to_is_as_busy_as_a_real_one(policy: str) -> None:
    noise = noise_of(policy)[DAILY]

    assert 0.9 * CASELOAD <= noise.caseload <= 1.1 * CASELOAD
    assert 0.08 <= noise.overdue <= 0.14  # as in the sample council on its day: one open case in ten
    assert len(noise.days) == 65


def test_no_week_is_much_louder_than_the_others(noise: Noise) -> None:
    planned = list(noise.planned_a_day().values())
    weeks = [sum(planned[start : start + DAYS_A_WEEK]) for start in range(0, len(planned), DAYS_A_WEEK)]

    assert max(weeks) <= 1.5 * statistics.median(weeks)
    assert min(weeks) >= 0.5 * statistics.median(weeks)


def test_where_reminders_are_gathered_a_practitioner_with_eighteen_cases_gets_about_three_messages_a_week(policy: str) -> None:
    """Notices of meetings among them. Norfolk's are a twentieth over the budget: the day before a meeting can be no other day."""
    assert noise_of(policy)[GATHERED].messages_a_practitioner <= BUDGET * 1.06


def test_where_each_reminder_goes_on_its_own_day_that_is_more_than_three(policy: str) -> None:
    assert noise_of(policy)[DAILY].messages_a_practitioner > BUDGET


def test_a_practitioner_hears_no_more_than_is_measured_today(noise: Noise) -> None:
    assert noise.messages_a_practitioner <= MOST_MESSAGES[noise.policy, noise.reminders]
    assert noise.lines_a_practitioner <= MOST_LINES[noise.policy, noise.reminders]


def test_a_manager_gets_at_most_one_message_a_working_day(noise: Noise) -> None:
    assert max(noise.messages_a_week(*MANAGERS)) <= DAYS_A_WEEK


def test_gathering_silences_no_breach_and_delays_none(policy: str) -> None:
    daily, gathered = (noise_of(policy)[way] for way in (DAILY, GATHERED))

    assert breaches(daily)
    assert breaches(gathered) == breaches(daily)


def breaches(noise: Noise) -> Counter[tuple[date, str, str, str]]:
    """Who was told on which day that something is late, of which duty and at which stage."""
    return Counter(
        (one.on, one.person_ref, duty, stage)
        for one in noise.sent
        for duty, _, stage in one.notices
        if stage.startswith(("overdue", "escalate", "repeat"))
    )


@pytest.mark.parametrize("reminders", [DAILY, GATHERED])
def test_a_ladder_that_prompts_every_day_breaks_the_guard(reminders: str) -> None:
    policy = prompting_daily(load_policy("cumbria", Path()))
    (daily,) = listen(living_council("cumbria", 36), policy, reminders=(reminders,), weeks=4)

    assert daily.lines_a_practitioner > MOST_LINES["cumbria", reminders]


def prompting_daily(policy: Policy) -> Policy:
    """The same policy with a ladder that reminds on every one of the ten working days before a limit."""
    return policy.model_copy(update={"editions": tuple(map(_prompting_daily, policy.editions))})


def _prompting_daily(edition: object) -> object:
    ladder = edition.ladder  # type: ignore[attr-defined]
    early = ladder.procedure[0]
    daily = tuple(early.model_copy(update={"stage": f"day_{n}", "working_days_before": n}) for n in range(10, 0, -1))
    procedure = (*daily, *(stage for stage in ladder.procedure if stage.working_days_before is None))
    return edition.model_copy(update={"ladder": ladder.model_copy(update={"procedure": procedure})})  # type: ignore[attr-defined]


# ---- the records of one morning


def as_known(**more: object) -> Case:
    agreed = Event(event_ref="E1", kind="plan_agreed", happened_on=date(2026, 9, 1), recorded_on=date(2026, 9, 1))  # Tuesday
    return Case(**{"case_ref": "C1", "label": "AB-1", "plan_type": "child_in_need", "events": (agreed,)} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize("recorded_on, seen", [(date(2026, 9, 15), True), (ON, False)])  # Tuesday, Wednesday
def test_a_morning_sees_what_was_recorded_the_day_before_and_nothing_of_the_day_itself(recorded_on: date, seen: bool) -> None:
    held_on = date(2026, 9, 14)  # Monday
    meeting = Meeting(
        meeting_ref="M1",
        kind="initial",
        scheduled_at=None,  # type: ignore[arg-type]
        booked_on=date(2026, 9, 2),  # Wednesday
        held_on=held_on,
        recorded_on=recorded_on,
        record_shared_on=recorded_on,
    )
    visit = Visit(visit_ref="V1", visited_on=held_on, recorded_on=recorded_on)
    done = Action(action_ref="A1", agreed_on=held_on, recorded_on=held_on, completed_on=recorded_on)
    case = as_it_stood(as_known(meetings=(meeting,), visits=(visit,), actions=(done,), closed_on=recorded_on), ON)

    assert (case.meetings[0].held_on == held_on) is seen
    assert (case.meetings[0].record_shared_on is not None) is seen
    assert bool(case.visits) is seen
    assert (case.actions[0].completed_on is not None) is seen
    assert (case.closed_on is not None) is seen
