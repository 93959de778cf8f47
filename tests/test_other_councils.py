"""Rules that other councils publish, each as a pack under `packs/` and nothing else: no line of Python is theirs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cin_reminders.case import Case, Event, Fact, Meeting, Visit
from cin_reminders.due import last_day
from cin_reminders.explain import counted_days, explain
from cin_reminders.explain_text import as_text
from cin_reminders.ladder import rungs
from cin_reminders.length import Length
from cin_reminders.obligations import Obligation, covers, obligations
from cin_reminders.policy import Policy
from cin_reminders.policy_file import load_policy
from cin_reminders.recipients import Directory
from cin_reminders.records import read_records
from cin_reminders.records.relations import RELATIONS
from cin_reminders.sample.writers import write_sqlite
from cin_reminders.working_days import Calendar, make_calendar

PACKS = Path(__file__).parent / "packs"


@cache
def pack(name: str) -> Policy:
    return load_policy(name, PACKS)


@cache
def calendar() -> Calendar:
    return make_calendar()


def d(text: str) -> date:
    return date.fromisoformat(text)


def case(*rows: Event | Meeting | Visit | Fact, closed: str | None = None, **columns: Any) -> Case:
    kinds = {"events": Event, "meetings": Meeting, "visits": Visit, "facts": Fact}
    sorted_out = {name: tuple(row for row in rows if isinstance(row, kind)) for name, kind in kinds.items()}
    known: dict[str, Any] = {"case_ref": "C1", "label": "C1", "plan_type": "child_in_need"}
    return Case(**{**known, **sorted_out, "closed_on": d(closed) if closed else None, **columns})


def event(kind: str, happened: str) -> Event:
    return Event(event_ref=f"{kind} {happened}", kind=kind, happened_on=d(happened))


def meeting(kind: str, held: str, plan_shared: str | None = None) -> Meeting:
    return Meeting(
        meeting_ref=f"{kind} {held}",
        kind=kind,
        scheduled_at=datetime.combine(d(held), time(10)),
        held_on=d(held),
        plan_shared_on=d(plan_shared) if plan_shared else None,
    )


def visit(visited: str) -> Visit:
    return Visit(visit_ref=f"visit {visited}", visited_on=d(visited))


def fact(name: str, value: str, since: str | None = None, until: str | None = None) -> Fact:
    return Fact(fact=name, value=value, since_on=d(since) if since else None, until_on=d(until) if until else None)


def asked(name: str | Policy, about: Case, on: str, duty: str | None = None) -> list[Obligation]:
    policy = pack(name) if isinstance(name, str) else name
    found = [one for one in obligations(about, policy, calendar(), d(on)) if duty in (None, one.duty)]
    return sorted(found, key=lambda one: one.started_on or date.min)


def only(name: str | Policy, about: Case, on: str, duty: str | None = None) -> Obligation:
    (one,) = asked(name, about, on, duty)
    return one


def stands(one: Obligation) -> tuple[str, date | None]:
    return one.standing, one.due_on


def explained(one: Obligation, about: Case, on: str) -> str:
    """The explanation as a terminal shows it, its lines joined."""
    told = explain(about, one, [], directory=Directory(people={}), calendar=calendar(), on=d(on))
    return " ".join(as_text(told, d(on)).split())


# ---- Sefton: a first meeting within 10 working days of the assessment, then reviews every 4 weeks

ASSESSED = event("assessment_completed", "2026-03-26")  # Thursday; Easter lies within the 10 working days


@pytest.mark.parametrize("held, standing", [("2026-04-13", "met"), ("2026-04-14", "met_late")])  # Monday, Tuesday
def test_the_first_meeting_is_within_ten_working_days_of_the_assessment(held: str, standing: str) -> None:
    one = only("sefton", case(ASSESSED, meeting("initial", held)), "2026-04-20", "initial_meeting")
    assert stands(one) == (standing, d("2026-04-13"))  # Monday


@pytest.mark.parametrize("held, standing", [("2026-05-11", "met"), ("2026-05-12", "met_late")])  # Monday, Tuesday
def test_a_review_is_within_four_weeks_of_the_first_meeting(held: str, standing: str) -> None:
    about = case(meeting("initial", "2026-04-13"), meeting("review", held))  # Monday
    assert stands(asked("sefton", about, "2026-05-20", "review")[0]) == (standing, d("2026-05-11"))


def test_a_review_held_early_starts_the_four_weeks_again() -> None:
    about = case(meeting("initial", "2026-04-13"), meeting("review", "2026-05-05"))  # Mondays but for Tuesday 5 May
    assert [one.due_on for one in asked("sefton", about, "2026-05-20", "review")] == [d("2026-05-11"), d("2026-06-02")]


# ---- a review interval that differs for one team

HELD = meeting("initial", "2026-01-05")  # Monday


@pytest.mark.parametrize(
    "team, due_on",
    [("Front Door", "2026-03-30"), ("North", "2026-07-06")],  # Mondays, 12 and 26 weeks on
)
def test_the_interval_is_that_of_the_team(team: str, due_on: str) -> None:
    one = only("two-teams", case(HELD, team=team), "2026-02-02")
    assert (one.due_on, one.missing) == (d(due_on), ("reviewed_elsewhere",))


def test_a_case_with_no_team_has_the_earlier_date_and_the_team_is_named_as_missing() -> None:
    one = only("two-teams", case(HELD, fact("reviewed_elsewhere", "no")), "2026-02-02")
    assert (one.due_on, one.missing) == (d("2026-03-30"), ("team",))  # Monday


def test_a_fact_of_the_councils_own_takes_a_case_out() -> None:
    assert asked("two-teams", case(HELD, fact("reviewed_elsewhere", "yes"), team="North"), "2026-02-02") == []


def test_a_plan_type_of_the_councils_own_is_covered() -> None:
    assert covers(pack("two-teams"), case(plan_type="family_help"))
    assert not covers(pack("sefton"), case(plan_type="family_help"))


# ---- Leeds: visits at least every 20 working days, the day of the visit itself counted

VISITED = visit("2026-06-01")  # Monday


@pytest.mark.parametrize(
    "next_visit, standing, late", [("2026-06-26", "met", 0), ("2026-06-29", "met_late", 1)]
)  # Friday, Monday
def test_the_day_of_the_visit_is_the_first_of_twenty_working_days(next_visit: str, standing: str, late: int) -> None:
    one = asked("leeds", case(VISITED, visit(next_visit), team="North"), "2026-06-29")[0]
    assert (*stands(one), one.working_days_late) == (standing, d("2026-06-26"), late)


def test_a_visit_at_the_weekend_is_no_working_day_and_the_monday_after_it_is_the_first() -> None:
    one = only("leeds", case(visit("2026-05-30"), team="North"), "2026-06-02")  # Saturday
    assert one.due_on == d("2026-06-26")  # Friday


def test_bank_holidays_do_not_count() -> None:
    one = only("leeds", case(visit("2026-04-01"), team="North"), "2026-04-02")  # Wednesday before Easter
    assert one.due_on == d("2026-04-30")  # Thursday


def test_the_explanation_counts_the_visit_as_day_one_and_ends_with_day_twenty() -> None:
    one = only("leeds", case(VISITED, team="North"), "2026-06-02")
    steps = counted_days(one, calendar())
    assert (steps[0].day, steps[0].number) == (d("2026-06-01"), 1)  # Monday
    assert (steps[-1].day, steps[-1].number) == (d("2026-06-26"), 20)  # Friday
    assert one.basis == "20 working days, the day of the start counted"


def test_the_explanation_skips_a_visit_at_the_weekend() -> None:
    steps = counted_days(only("leeds", case(visit("2026-05-30"), team="North"), "2026-06-02"), calendar())
    assert [(step.number, step.why) for step in steps[:3]] == [(None, "Saturday"), (None, "Sunday"), (1, None)]


@pytest.mark.parametrize(
    "interval, due_on",
    [
        ("10 working days", "2026-06-12"),  # Friday
        ("3 weeks", "2026-06-21"),  # Sunday
        ("4 weeks", "2026-06-26"),  # Friday: four weeks from and including a Monday end on Sunday 28, which is later
    ],
)
def test_an_interval_of_the_plan_is_counted_the_same_way_and_counts_where_it_is_shorter(interval: str, due_on: str) -> None:
    one = only("leeds", case(VISITED, team="North", visit_interval=interval), "2026-06-02")
    assert one.due_on == d(due_on)


@pytest.mark.parametrize(
    "start, last",
    [
        ("2026-03-01", "2026-03-31"),  # Sunday, Tuesday
        ("2026-01-15", "2026-02-14"),  # Thursday, Saturday
        ("2026-12-01", "2026-12-31"),  # Tuesday, Thursday
    ],
)
def test_a_month_from_and_including_a_day_ends_the_day_before_the_corresponding_one(start: str, last: str) -> None:
    month = Length(count=1, unit="months")
    assert last_day(calendar(), d(start), month, start_day_counts=True) == d(last)
    assert last_day(calendar(), d(start), month, start_day_counts=False) == d(last) + timedelta(days=1)


def test_the_other_team_has_twelve_weeks() -> None:
    assert only("leeds", case(VISITED, team="Lifestages"), "2026-06-02").due_on == d("2026-08-23")  # Sunday


# ---- Knowsley: a panel for every plan over 3 months, monthly

AGREED = event("plan_agreed", "2026-05-04")  # Monday


def test_nothing_is_asked_before_the_plan_is_three_months_old() -> None:
    assert asked("knowsley", case(AGREED), "2026-08-03") == []  # Monday


def test_the_clock_starts_on_the_day_the_plan_is_three_months_old() -> None:
    one = only("knowsley", case(AGREED), "2026-08-04")
    assert (one.started_on, one.due_on, one.standing) == (d("2026-08-04"), d("2026-09-04"), "upcoming")  # Tuesday, Friday


def test_the_explanation_says_what_came_three_months_before_the_start() -> None:
    said = explained(only("knowsley", case(AGREED), "2026-08-04"), case(AGREED), "2026-08-04")
    assert "Started Tue 4 Aug 2026: 3 months after plan agreed on Mon 4 May 2026 [plan_agreed 2026-05-04]" in said


def test_the_explanation_of_a_later_panel_names_the_panel_before_it() -> None:
    about = case(AGREED, event("panel_held", "2026-08-20"))  # Thursday
    said = explained(asked("knowsley", about, "2026-08-24")[1], about, "2026-08-24")
    assert "Started Thu 20 Aug 2026: panel held [panel_held 2026-08-20]" in said


@pytest.mark.parametrize("held, standing", [("2026-09-04", "met"), ("2026-09-05", "met_late")])  # Friday, Saturday
def test_the_panel_is_within_a_month_of_that_day(held: str, standing: str) -> None:
    assert asked("knowsley", case(AGREED, event("panel_held", held)), "2026-09-07")[0].standing == standing


def test_each_panel_starts_the_next_month() -> None:
    about = case(AGREED, event("panel_held", "2026-08-20"), event("panel_held", "2026-09-18"))  # Thursday, Friday
    found = asked("knowsley", about, "2026-09-21")  # Monday
    assert [(one.due_on, one.standing) for one in found] == [
        (d("2026-09-04"), "met"),  # Friday
        (d("2026-09-20"), "met"),  # Sunday
        (d("2026-10-18"), "upcoming"),  # Sunday
    ]


def test_closing_the_case_ends_the_row_of_panels() -> None:
    about = case(AGREED, event("panel_held", "2026-08-20"), closed="2026-08-25")  # Thursday, Tuesday
    assert [one.standing for one in asked("knowsley", about, "2026-12-01")] == ["met", "ended"]


@pytest.mark.parametrize("closed, count", [("2026-08-03", 0), ("2026-08-04", 1)])  # Monday, Tuesday
def test_a_plan_that_closes_before_three_months_never_comes_to_the_panel(closed: str, count: int) -> None:
    assert len(asked("knowsley", case(AGREED, closed=closed), "2026-12-01")) == count


def test_events_that_a_pack_declares_reach_the_case_from_the_records_with_no_more_than_a_warning(tmp_path: Path) -> None:
    rows: dict[str, list[dict[str, object]]] = {
        "cin_cases": [{"case_ref": "C1", "plan_type": "child_in_need"}],
        "cin_events": [
            {"event_ref": "E1", "case_ref": "C1", "kind": "plan_agreed", "happened_on": d("2026-05-04")},
            {"event_ref": "E2", "case_ref": "C1", "kind": "panel_held", "happened_on": d("2026-08-20")},
        ],
        "cin_people": [{"person_ref": "P1", "name": "P", "kind": "professional"}],
        "cin_roles": [{"case_ref": "C1", "role": "lead_practitioner", "person_ref": "P1"}],
    }
    whole = {
        relation.name: [{column.name: row.get(column.name) for column in relation.columns} for row in rows.get(relation.name, [])]
        for relation in RELATIONS.values()
    }
    write_sqlite(whole, tmp_path / "records.db")

    extract = read_records("sqlite:///records.db", queries={}, date_format=None, base=tmp_path)

    assert extract.rejections == ()
    assert [warning for warning in extract.warnings if "panel_held" in warning]
    (about,) = extract.cases
    assert [one.standing for one in asked("knowsley", about, "2026-08-24")] == ["met", "upcoming"]  # Monday


# ---- the earlier of two events

PLAN, ASSESSMENT = event("plan_agreed", "2026-06-01"), event("assessment_completed", "2026-06-03")  # Monday, Wednesday


def test_the_clock_starts_from_the_earlier_of_two_events() -> None:
    one = only("earlier-event", case(PLAN, ASSESSMENT), "2026-06-08")
    assert (one.started_on, one.due_on) == (d("2026-06-01"), d("2026-06-15"))  # Mondays


def test_one_of_the_two_is_enough() -> None:
    one = only("earlier-event", case(ASSESSMENT), "2026-06-08")
    assert (one.started_on, one.due_on) == (d("2026-06-03"), d("2026-06-17"))  # Wednesdays


@pytest.mark.parametrize("held, standing", [("2026-06-15", "met"), ("2026-06-16", "met_late")])  # Monday, Tuesday
def test_the_meeting_is_within_ten_working_days_of_the_earlier(held: str, standing: str) -> None:
    assert only("earlier-event", case(PLAN, ASSESSMENT, meeting("initial", held)), "2026-06-30").standing == standing


# ---- a copy of the plan within 5 days


@pytest.mark.parametrize("shared, standing", [("2026-06-07", "met"), ("2026-06-08", "met_late")])  # Sunday, Monday
def test_five_days_are_calendar_days_and_say_so(shared: str, standing: str) -> None:
    one = only("plan-copies", case(meeting("initial", "2026-06-02", shared)), "2026-06-09")  # Tuesday
    assert stands(one) == (standing, d("2026-06-07"))  # Sunday
    assert one.book_by == d("2026-06-05")  # Friday
    assert one.rule.doubt == 'The procedure says "5 days" only; calendar days are the stricter reading.'


# ---- a plan that stays open for 3 months after a child protection plan

ENDED = fact("child_protection_plan", "yes", since="2025-09-01", until="2026-04-30")  # Monday, Thursday


def test_nothing_is_asked_while_the_child_protection_plan_lasts() -> None:
    assert asked("stay-open", case(ENDED), "2026-04-30") == []  # Thursday


@pytest.mark.parametrize("on, standing", [("2026-07-31", "upcoming"), ("2026-08-01", "met")])  # Friday, Saturday
def test_the_clock_starts_with_the_first_day_without_it_and_is_met_by_staying_open(on: str, standing: str) -> None:
    one = only("stay-open", case(ENDED), on)
    assert one.started_on == d("2026-05-01")  # Friday
    assert stands(one) == (standing, d("2026-08-01"))  # Saturday
    assert one.met_on == (d("2026-08-01") if standing == "met" else None)


def test_a_plan_may_close_on_the_day_itself() -> None:
    one = only("stay-open", case(ENDED, closed="2026-08-01"), "2026-08-03")  # Saturday, Monday
    assert (one.standing, one.met_on) == ("met", d("2026-08-01"))


def test_closing_a_day_earlier_breaks_it_on_that_day() -> None:
    about = case(ENDED, closed="2026-07-31")  # Friday
    assert stands(only("stay-open", about, "2026-07-31")) == ("upcoming", d("2026-07-31"))
    late = only("stay-open", about, "2026-08-03")  # Monday
    assert (*stands(late), late.working_days_late) == ("overdue", d("2026-07-31"), 1)
    assert late.basis == "the case closed then; it should have stayed open until Sat 1 Aug 2026 (3 months)"
    assert counted_days(late, calendar()) == ()


def test_the_explanation_says_what_ended_and_why_the_date_is_the_closing() -> None:
    about = case(ENDED, closed="2026-07-31")  # Friday
    said = explained(only("stay-open", about, "2026-08-03"), about, "2026-08-03")
    assert "overdue, 1 working day late; it was due Fri 31 Jul 2026 and is not recorded as done" in said
    assert "Started Fri 1 May 2026: child protection plan ended [child_protection_plan-ended-2026-04-30]" in said
    assert "Due Fri 31 Jul 2026: the case closed then; it should have stayed open until Sat 1 Aug 2026 (3 months)" in said


def test_a_manager_who_agreed_to_it_meets_the_duty() -> None:
    about = case(ENDED, event("early_closing_agreed", "2026-06-10"), closed="2026-06-12")  # Wednesday, Friday
    assert only("stay-open", about, "2026-08-03").standing == "met"


def test_a_case_opened_again_is_as_if_it_had_never_closed() -> None:
    assert only("stay-open", case(ENDED), "2026-08-03").standing == "met"


def test_a_new_child_protection_plan_ends_the_duty() -> None:
    again = fact("child_protection_plan", "yes", since="2026-07-01")  # Wednesday
    one = only("stay-open", case(ENDED, again, closed="2026-07-15"), "2026-08-03")
    assert (one.standing, one.ended_on, one.working_days_late) == ("ended", d("2026-07-01"), 0)


def test_a_case_that_closed_under_the_child_protection_plan_is_asked_nothing() -> None:
    assert asked("stay-open", case(ENDED, closed="2026-04-30"), "2026-08-03") == []  # Thursday


def test_no_reminder_comes_before_a_day_on_which_nothing_is_to_be_done() -> None:
    one = only("stay-open", case(ENDED), "2026-05-05")
    assert [(rung.name, rung.on) for rung in rungs(one, calendar())] == [
        ("from_the_start", d("2026-05-05")),  # Tuesday after the May bank holiday
        ("overdue", d("2026-08-03")),  # Monday; never reached, since the day itself meets the duty
    ]


# ---- a new edition that also governs open clocks, in force on Monday 1 June 2026

MAY = meeting("initial", "2026-05-04")  # Monday; 8 weeks end on Monday 29 June, 6 weeks on Monday 15 June


def edition_and_due(about: Case, on: str, policy: str | Policy = "two-editions") -> tuple[str, date | None, str]:
    one = asked(policy, about, on, "review")[0]
    return one.edition.edition, one.due_on, one.standing


def test_until_it_comes_into_force_the_old_edition_governs() -> None:
    assert edition_and_due(case(MAY), "2026-05-31") == ("first", d("2026-06-29"), "upcoming")  # Sunday


def test_from_that_day_the_new_edition_works_the_date_of_an_open_clock_out_anew() -> None:
    assert edition_and_due(case(MAY), "2026-06-01") == ("second", d("2026-06-15"), "upcoming")  # Monday
    assert edition_and_due(case(MAY), "2026-06-16") == ("second", d("2026-06-15"), "overdue")  # Tuesday


@pytest.mark.parametrize("held", ["2026-05-29", "2026-06-01"])  # Friday, Monday
def test_a_clock_met_by_the_end_of_that_day_stays_with_the_old_edition(held: str) -> None:
    assert edition_and_due(case(MAY, meeting("review", held)), "2026-07-01") == ("first", d("2026-06-29"), "met")


@pytest.mark.parametrize(
    "held, standing",
    [("2026-06-02", "met"), ("2026-06-15", "met"), ("2026-06-16", "met_late")],  # Tuesday, Monday, Tuesday
)
def test_a_clock_met_later_goes_over_to_the_new_edition(held: str, standing: str) -> None:
    assert edition_and_due(case(MAY, meeting("review", held)), "2026-07-01") == ("second", d("2026-06-15"), standing)


@pytest.mark.parametrize("closed, edition", [("2026-06-01", "first"), ("2026-06-02", "second")])  # Monday, Tuesday
def test_a_clock_that_had_ended_by_then_stays_where_it_was(closed: str, edition: str) -> None:
    assert edition_and_due(case(MAY, closed=closed), "2026-07-01")[::2] == (edition, "ended")


def test_a_clock_that_was_overdue_was_open() -> None:
    about = case(meeting("initial", "2026-03-30"))  # Monday; 8 weeks ended on Monday 25 May
    assert edition_and_due(about, "2026-05-31") == ("first", d("2026-05-25"), "overdue")
    assert edition_and_due(about, "2026-06-01") == ("second", d("2026-05-11"), "overdue")  # Monday


def test_a_clock_that_starts_on_that_day_is_a_new_one() -> None:
    assert edition_and_due(case(meeting("initial", "2026-06-01")), "2026-06-02") == ("second", d("2026-07-13"), "upcoming")


def test_a_duty_that_the_new_edition_drops_stands_for_the_clocks_it_had() -> None:
    one = only("two-editions", case(MAY), "2026-07-01", "record_shared")
    assert (one.edition.edition, one.standing) == ("first", "overdue")
    assert asked("two-editions", case(meeting("initial", "2026-06-02")), "2026-07-01", "record_shared") == []  # Tuesday


def test_a_duty_that_the_new_edition_adds_starts_with_new_clocks() -> None:
    assert asked("two-editions", case(MAY), "2026-07-01", "plan_shared") == []
    assert len(asked("two-editions", case(meeting("initial", "2026-06-01")), "2026-07-01", "plan_shared")) == 1  # Monday


def test_every_clock_is_listed_once_whichever_edition_governs_it() -> None:
    about = case(MAY, meeting("review", "2026-06-10"), meeting("review", "2026-07-08"))  # Wednesdays
    for on in ("2026-05-31", "2026-06-01", "2026-06-30", "2026-07-31"):
        starts = [one.start_ref for one in asked("two-editions", about, on, "review")]
        assert (
            len(starts) == len(set(starts)) == sum(held.held_on is not None and held.held_on <= d(on) for held in about.meetings)
        )


def test_an_edition_for_new_clocks_leaves_open_ones_alone() -> None:
    policy = pack("two-editions")
    newer = policy.newest.model_copy(update={"applies_to": "new_clocks"})
    policy = policy.model_copy(update={"editions": (policy.editions[0], newer)})
    assert edition_and_due(case(MAY), "2026-07-01", policy) == ("first", d("2026-06-29"), "overdue")
    assert edition_and_due(case(meeting("initial", "2026-06-01")), "2026-06-02", policy)[0] == "second"  # Monday


def test_the_edition_of_a_day_is_the_one_then_in_force_whatever_it_takes_over() -> None:
    policy = pack("two-editions")
    assert policy.edition_for(d("2026-05-31")).edition == "first"  # Sunday
    assert policy.edition_for(d("2026-06-01")).edition == "second"  # Monday


# ---- all of them


@pytest.mark.parametrize("name", sorted(one.name for one in PACKS.iterdir()))
def test_each_pack_is_named_by_its_folder_and_every_duty_cites_its_clause(name: str) -> None:
    policy = pack(name)
    assert policy.id == name
    assert all(duty.clause and duty.says for edition in policy.editions for duty in edition.duties)
