from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ladder_cases import (
    CALENDAR,
    DUE,
    EARLY,
    HEAD,
    LAST,
    OVERDUE,
    STARTED,
    action,
    case,
    directory,
    fact,
    held_by,
    meeting,
    notice,
    owed,
    pack,
    person,
)

from cin_reminders.case import Case, Event
from cin_reminders.explain import Explanation, as_json, counted_days, explain, obligation_as_json
from cin_reminders.explain_text import as_text, standing_in_words
from cin_reminders.obligations import Obligation, obligations
from cin_reminders.working_days import make_calendar

NAMED = directory(*(person(ref, name=name) for ref, name in {"lead": "Sam Shah", "manager": "Ruth Obi"}.items()))
EASTER = case(events=(Event(event_ref="E1", kind="plan_agreed", happened_on=date(2026, 4, 2)),))  # Thursday
REVIEWED = case(meetings=(meeting(held_on=date(2026, 11, 2), ref="M7"),))  # Monday


def of(about: Case, duty: str, on: date, policy: str = "cumbria") -> Obligation:
    return next(one for one in obligations(about, pack(policy), CALENDAR, on) if one.duty == duty)


def explained(about: Case, one: Obligation, on: date, *before: Any, **more: Any) -> Explanation:
    return explain(about, one, before, directory=NAMED, calendar=more.pop("calendar", CALENDAR), on=on, **more)


def lines(about: Case, one: Obligation, on: date, *before: Any, **more: Any) -> dict[str, list[str]]:
    """The text by its labels, each with its lines joined where they were only wrapped."""
    heading, *rest = as_text(explained(about, one, on, *before, **more), on).split("\n")
    found: dict[str, list[str]] = {"": [heading]}
    label = ""
    for line in rest:
        assert len(line) <= 100
        label = line[2:11].strip() or label
        found.setdefault(label, []).append(line[11:])
    return found


def said(about: Case, one: Obligation, on: date, label: str, *before: Any, **more: Any) -> str:
    return " ".join(lines(about, one, on, *before, **more).get(label, []))


def test_the_text_reads_as_a_manager_would_want_it() -> None:
    wednesday = date(2026, 4, 29)
    due = date(2026, 4, 27)  # Monday
    before = (
        notice("early", "lead", reason="you are the lead practitioner", stage_on=date(2026, 4, 20), due_on=due),
        notice("last", outcome="superseded", reason="overdue was reached before it went", stage_on=date(2026, 4, 24)),
        notice("overdue", "lead", reason="you are the lead practitioner", stage_on=date(2026, 4, 28), due_on=due),
        notice("overdue", "manager", "failed", reason="the mailbox does not exist", stage_on=date(2026, 4, 28)),
    )
    one = of(EASTER, "initial_meeting", wednesday)
    text = as_text(explained(EASTER, one, wednesday, *before), wednesday)
    assert text.startswith(
        "First Child in Need meeting (initial_meeting): overdue, 2 working days late; "
        "it was due Mon 27 Apr 2026 and is not recorded as done\n"
        "  Rule     "
    )
    assert "\n  Started" + text.split("\n  Started")[1] == (
        """
  Started  Thu 2 Apr 2026: plan agreed [E1]
  Due      Mon 27 Apr 2026: 15 working days
  Counted  days 1-4: Tue 7 Apr to Fri 10 Apr; 5-9: Mon 13 Apr to Fri 17 Apr; 10-14: Mon 20 Apr to
           Fri 24 Apr; 15: Mon 27 Apr
  Skipped  Fri 3 Apr (Good Friday); Mon 6 Apr (Easter Monday); weekends: 4-5, 11-12, 18-19, 25-26
           Apr
  Told     early (Mon 20 Apr): Sam Shah [lead], the lead practitioner
           overdue (Tue 28 Apr): Sam Shah [lead], the lead practitioner
  Next run overdue (Tue 28 Apr): Service [service], the service manager, and the team manager could
           not be reached
  Not told last (Fri 24 Apr): superseded, overdue was reached before it went
           overdue (Tue 28 Apr): Ruth Obi [manager], failed, the mailbox does not exist
  To come  escalation to the service manager (Tue 5 May): Service [service], the service manager
           escalation to the head of service (Tue 12 May): Head [head], the head of service
           repeat 1 (Tue 19 May): Ruth Obi [manager], the team manager
           and 5 further stages"""
    )


# ---- the days counted


def test_every_day_of_a_working_day_count_is_numbered_or_named_with_its_reason() -> None:
    days = counted_days(of(EASTER, "initial_meeting", date(2026, 4, 10)), CALENDAR)
    assert days[0].day == date(2026, 4, 3)  # Good Friday
    assert days[-1].day == date(2026, 4, 27)  # Monday
    assert [step.number for step in days if step.number] == list(range(1, 16))
    assert all((step.number is None) != (step.why is None) for step in days)
    assert len(days) == 25


def test_a_weekend_over_the_end_of_a_month_names_both_months() -> None:
    about = case(events=(Event(event_ref="E1", kind="plan_agreed", happened_on=date(2026, 1, 26)),))  # Monday
    assert said(about, of(about, "initial_meeting", date(2026, 2, 2)), date(2026, 2, 2), "Skipped") == (
        "weekends: 31 Jan, 1, 7-8, 14-15 Feb"
    )


def test_a_start_on_a_saturday_skips_the_sunday_alone() -> None:
    about = case(events=(Event(event_ref="E1", kind="plan_agreed", happened_on=date(2026, 6, 6)),))
    one = of(about, "initial_meeting", date(2026, 6, 8))
    assert said(about, one, date(2026, 6, 8), "Skipped") == "weekends: 7, 13-14, 20-21 Jun"
    assert said(about, one, date(2026, 6, 8), "Counted").startswith("days 1-5: Mon 8 Jun to Fri 12 Jun; ")


def test_in_weeks_every_day_counts_and_none_is_skipped() -> None:
    one = of(REVIEWED, "review", date(2026, 11, 3))
    assert said(REVIEWED, one, date(2026, 11, 3), "Counted") == "days 1-56: Tue 3 Nov to Mon 28 Dec"
    assert said(REVIEWED, one, date(2026, 11, 3), "Skipped") == ""


def test_a_date_taken_from_the_records_is_no_count() -> None:
    about = case(actions=(action("other"),))
    assert counted_days(of(about, "action", STARTED), CALENDAR) == ()


def test_an_interval_in_working_days_is_counted_in_working_days() -> None:
    about = case(visit_interval="20 working days")
    days = counted_days(of(about, "visit", STARTED), CALENDAR)
    assert days[-1].number == 20


# ---- the rule and the date


def test_why_a_limit_must_be_booked_before_it_is_said() -> None:
    one = of(REVIEWED, "review", date(2026, 11, 3))
    assert said(REVIEWED, one, date(2026, 11, 3), "Due").endswith(
        "; that day is Boxing Day (substitute day), so the last day to book is Thu 24 Dec 2026"
    )


def test_a_limit_in_a_closure_says_that_the_council_is_closed() -> None:
    closed = make_calendar(closure_days=[DUE])
    one = owed(case(), calendar=closed)
    assert "; the council is closed that day, so the last day to book is Wed 17 Jun 2026" in said(
        case(), one, STARTED, "Due", calendar=closed
    )


def test_a_limit_that_can_be_booked_on_its_day_says_nothing_of_booking() -> None:
    assert "book" not in said(case(), owed(case()), STARTED, "Due")


@pytest.mark.parametrize(
    "about, duty, started",
    [
        (EASTER, "initial_meeting", "Thu 2 Apr 2026: plan agreed [E1]"),
        (REVIEWED, "review", "Mon 2 Nov 2026: review meeting held [M7]"),
        (REVIEWED, "record_shared", "Mon 2 Nov 2026: review meeting held [M7]"),
        (case(actions=(action("other"),)), "action", "Mon 1 Jun 2026: action agreed [A1]"),
        (case(actions=(action("other", agreed_on=None),)), "action", "not recorded: action agreed [A1]"),
        (case(), "visit", "Mon 1 Jun 2026: plan agreed [E1]"),
    ],
)
def test_what_started_the_clock_is_said_in_words(about: Case, duty: str, started: str) -> None:
    on = date(2026, 11, 30)  # Monday
    assert said(about, of(about, duty, on), on, "Started") == started


def test_a_missing_fact_is_named_and_one_that_contradicts_itself_is_called_so() -> None:
    on = date(2026, 11, 3)  # Tuesday
    missing = case(meetings=REVIEWED.meetings, facts=(fact("disabled", "yes"),))
    assert said(missing, of(missing, "review", on, "norfolk"), on, "Missing") == (
        "stable long-term plan (not recorded); recording it could change the date"
    )
    both = (fact("stable_long_term_plan", "yes", STARTED), fact("stable_long_term_plan", "no", STARTED))
    torn = case(meetings=REVIEWED.meetings, facts=(fact("disabled", "yes"), *both))
    assert said(torn, of(torn, "review", on, "norfolk"), on, "Missing") == (
        "stable long-term plan (contradictory); recording it could change the date"
    )


def test_a_date_that_cannot_be_worked_out_says_what_would_give_one() -> None:
    about = case(visit_interval=None)
    one = of(about, "visit", STARTED)
    assert said(about, one, STARTED, "") == "Visit to the child (visit): no due date can be worked out"
    assert said(about, one, STARTED, "Due") == "cannot be worked out: no visit interval is recorded"
    assert said(about, one, STARTED, "Missing") == "visit interval (not recorded); recording it would give a date"
    assert set(lines(about, one, STARTED)) == {"", "Rule", "Started", "Due", "Missing"}


def test_a_doubt_of_the_pack_is_said() -> None:
    about = case(meetings=(meeting(held_on=date(2026, 6, 1)),))
    one = of(about, "plan_shared", STARTED, "specialist-childrens-services")
    assert "calendar days" in said(about, one, STARTED, "Doubt")


def test_the_clause_is_cited_with_its_chapter_and_edition() -> None:
    rule = said(EASTER, of(EASTER, "initial_meeting", date(2026, 4, 3)), date(2026, 4, 3), "Rule")
    assert rule.count("Child in Need Plans and Reviews") == 1
    assert rule.endswith("paragraph 2; edition v23]")


# ---- how it stands


@pytest.mark.parametrize(
    "more, words",
    [
        ({}, "due Thu 18 Jun 2026"),
        (
            {"standing": "overdue", "working_days_late": 1},
            "overdue, 1 working day late; it was due Thu 18 Jun 2026 and is not recorded as done",
        ),
        ({"standing": "overdue"}, "overdue; it was due Thu 18 Jun 2026 and is not recorded as done"),
        (
            {"standing": "overdue", "working_days_late": 2, "figure": "council"},
            "outstanding, 2 working days late; it was wanted by Thu 18 Jun 2026 and is not recorded as done",
        ),
        ({"standing": "met", "met_on": DUE}, "met on Thu 18 Jun 2026"),
        (
            {"standing": "met_late", "met_on": OVERDUE, "working_days_late": 1, "met_recorded_on": HEAD},
            "met late on Fri 19 Jun 2026, 1 working day late (recorded Thu 2 Jul 2026)",
        ),
        (
            {"standing": "ended", "ended_on": OVERDUE, "ended_why": "the case closed", "working_days_late": 1},
            "ended on Fri 19 Jun 2026, 1 working day after it was due, since the case closed",
        ),
        (
            {"standing": "ended", "ended_on": LAST, "ended_why": "the case closed"},
            "ended on Wed 17 Jun 2026, since the case closed",
        ),
    ],
)
def test_how_a_duty_stands_is_said_without_claiming_more_than_the_records(more: dict[str, Any], words: str) -> None:
    assert standing_in_words(replace(owed(case()), **more)) == words


# ---- who was told, is told, is not, will be


def test_a_stage_reached_and_not_yet_run_is_in_the_next_run() -> None:
    assert lines(case(), owed(case()), EARLY)["Next run"] == ["early (Thu 11 Jun): Sam Shah [lead], the lead practitioner"]


def test_a_message_that_waits_is_in_the_next_run_and_not_among_those_told() -> None:
    waiting = notice("early", "lead", "planned", reason="you are the lead practitioner", stage_on=EARLY)
    found = lines(case(), owed(case()), EARLY, waiting)
    assert found["Next run"] == ["early (Thu 11 Jun): Sam Shah [lead], the lead practitioner"]
    assert "Told" not in found


def test_what_is_sent_again_is_no_longer_untold() -> None:
    withdrawn = notice("early", "lead", "withdrawn", reason="carried over", stage_on=EARLY)
    found = lines(case(), owed(case()), EARLY, withdrawn)
    assert found["Next run"] == ["early (Thu 11 Jun): Sam Shah [lead], the lead practitioner"]
    assert "Not told" not in found


def test_why_nobody_heard_is_said_once_a_reason() -> None:
    found = " ".join(lines(case(), owed(case()), OVERDUE)["Not told"])
    assert found == "early (Thu 11 Jun), last (Wed 17 Jun): superseded, overdue was reached before it went"


def test_where_nobody_can_be_told_the_reason_is_said_now_and_for_what_comes() -> None:
    nobody = case(())
    found = lines(nobody, owed(nobody), LAST)
    assert "last (Wed 17 Jun): nobody could be told, no lead practitioner is recorded; no team" in " ".join(found["Not told"])
    assert "overdue (Fri 19 Jun): nobody to tell, no lead practitioner is recorded; no team manager" in " ".join(found["To come"])


def test_a_chair_that_a_meeting_lacks_is_not_to_come_and_one_it_has_is() -> None:
    assert "chair" not in said(case(), owed(case()), STARTED, "To come")
    booked = case(meetings=(meeting("initial", chair_ref="chair"),))
    assert "Chair [chair], the chair" in said(booked, owed(booked), STARTED, "To come")


def test_a_stage_told_under_an_earlier_date_is_not_to_come_again() -> None:
    told = notice("early", "lead", stage_on=EARLY)
    later = owed(case(), due_on=HEAD)
    assert [stage.stage for stage in explained(case(), later, EARLY, told).to_come][:2] == ["last", "overdue"]


def test_what_lies_before_the_day_the_council_wants_is_not_to_come() -> None:
    found = explained(case(), owed(case()), STARTED, notify_from=OVERDUE)
    assert found.to_come[0].stage == "overdue"
    assert said(case(), owed(case()), EARLY, "Not told", notify_from=OVERDUE) == (
        "early (Thu 11 Jun): not wanted yet, its day, Thu 11 Jun 2026, is before Fri 19 Jun 2026"
    )


def test_of_a_settled_duty_nothing_is_to_come() -> None:
    found = explained(case(), replace(owed(case()), met_on=EARLY, standing="met"), EARLY)
    assert (found.next_run, found.to_come) == ((), ())


def test_an_explanation_is_about_ten_lines() -> None:
    assert len(as_text(explained(case(), owed(case()), STARTED), STARTED).split("\n")) <= 18


# ---- for programs


def test_the_json_holds_every_day_and_every_notice_as_plain_values() -> None:
    told = notice("early", "lead", reason="you are the lead practitioner", role="lead_practitioner", stage_on=EARLY)
    about = case(held_by(head_of_service=None))
    found = as_json(explained(about, owed(about), LAST, told))
    assert json.loads(json.dumps(found)) == found
    assert found["told"] == [
        {
            "stage": "early",
            "stage_on": "2026-06-11",
            "person_ref": "lead",
            "role": "lead_practitioner",
            "outcome": "told",
            "reason": "you are the lead practitioner",
        }
    ]
    assert [(one["stage"], one["person_ref"]) for one in found["next_run"]] == [("last", "lead")]
    head = next(one for one in found["to_come"] if one["stage"] == "escalate_head_of_service")
    assert head == {
        "stage": "escalate_head_of_service",
        "on": "2026-07-02",
        "to": [],
        "why_nobody": "no head of service is recorded",
    }
    assert "Sam Shah" not in json.dumps(found)


def test_an_obligation_as_json_holds_at_least_what_is_promised() -> None:
    promised = "case_ref policy duty started_on due_on book_by standing met_on ended_on working_days_late missing figure clause"
    found = obligation_as_json(owed(case()))
    assert set(promised.split()) <= set(found)
    assert (found["due_on"], found["met_on"], found["working_days_late"]) == ("2026-06-18", None, 0)
