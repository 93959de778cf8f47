"""Every check on a meeting: raised when what it says is true, and not a day, a minute or a person sooner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from cases import a_case, calendar, d, event, fact, policy
from cases import meeting as held
from hypothesis import given, settings
from hypothesis import strategies as st
from ladder_cases import directory, holds, person, with_rule

from cin_reminders.booking import days_left
from cin_reminders.case import Attendee, Case, Meeting, Person, RoleHolder
from cin_reminders.meeting_check import Circumstances, MeetingCheck
from cin_reminders.meeting_checks import NAMES, checks_of_case, checks_of_meeting
from cin_reminders.obligations import Obligation, obligations
from cin_reminders.recipients import Directory
from cin_reminders.school_days import SchoolDays, Span, TermDates
from cin_reminders.sitting import Sitting, sittings
from cin_reminders.working_days import make_calendar

DAY = timedelta(days=1)
ON = d("2026-06-01")  # Monday
ON_THE_DAY = d("2026-06-17")  # Wednesday, near no festival, in term
TERM = Span(first_on=d("2026-06-01"), last_on=d("2026-07-21"))
SCHOOL = SchoolDays(dates=TermDates(terms=(TERM,)), begins=time(9), until=time(15))

LEAD = holds("lead_practitioner", "lead")
COORDINATOR = holds("cin_coordinator", "coordinator")


def family(ref: str, **more: Any) -> Person:
    return Person(**{"person_ref": ref, "name": "Secret Name", "kind": "family", "contact": "no"} | more)


PEOPLE = (
    family("parent"),
    family("child", kind="child"),
    person("teacher", email="t@school.example"),
    person("nurse", email="n@health.example"),
    person("advocate"),
    person("interpreter"),
)


def people(*changed: Person, **more: Any) -> Directory:
    return directory(*PEOPLE, *changed, **more)


def asked(*capacities: str, **changed: Attendee) -> tuple[Attendee, ...]:
    """One attendee for each capacity, invited on Friday 1 May; a capacity given by name is as the test says."""
    refs = {"education": "teacher", "health": "nurse"}
    rows = {one: Attendee(person_ref=refs.get(one, one), capacity=one, invited_on=d("2026-05-01")) for one in capacities}
    return tuple((rows | changed).values())


EVERYBODY = asked("child", "parent", "education", "health")


def booked(at: str = "2026-06-17T16:00", ref: str = "M1", kind: str = "review", **more: Any) -> Meeting:
    """A meeting with nothing wrong: at four on Wednesday 17 June, unless the test says otherwise."""
    usual = {"chair_ref": "chair", "note_taker_ref": "other", "attendees": EVERYBODY, "booked_on": d("2026-05-01")}
    return Meeting(**{"meeting_ref": ref, "kind": kind, "scheduled_at": datetime.fromisoformat(at)} | usual | more)


def case(*meetings: Meeting, **more: Any) -> Case:
    """A child of ten at the time of the meeting, with a lead practitioner."""
    usual: dict[str, Any] = {"born_on": "2016-01-10", "label": "AB 12", "roles": [LEAD], "meetings": list(meetings)}
    return a_case(**usual | more)


def sibling(meeting: Meeting, **more: Any) -> Case:
    """A child of seven who shares the meeting."""
    return case(meeting, **{"case_ref": "C2", "label": "CD 34", "born_on": "2019-01-10"} | more)


def sitting_of(*cases: Case, ref: str = "M1") -> Sitting:
    return next(one for one in sittings(cases) if one.meeting_ref == ref)


def found(
    *cases: Case, on: date = ON, ref: str = "M1", owed: Sequence[Obligation] = (), who: Directory | None = None, **more: Any
) -> tuple[MeetingCheck, ...]:
    around = Circumstances(**{"directory": who or people(), "calendar": calendar(), "on": on, "school": SCHOOL} | more)
    return checks_of_meeting(
        sitting_of(*cases, ref=ref), {one.case_ref: [o for o in owed if o.case_ref == one.case_ref] for one in cases}, around
    )


def names(*cases: Case, **more: Any) -> list[str]:
    return [one.name for one in found(*cases, **more)]


def only(*cases: Case, **more: Any) -> MeetingCheck:
    (one,) = found(*cases, **more)
    return one


def of_case(about: Case, owed: Sequence[Obligation] = (), on: date = ON, who: Directory | None = None) -> list[MeetingCheck]:
    around = Circumstances(directory=who or people(), calendar=calendar(), on=on)
    return list(checks_of_case(about, owed, around))


# ---- a meeting with nothing wrong, and one that nobody needs to hear of


def test_a_meeting_with_nothing_wrong_has_no_checks() -> None:
    assert found(case(booked())) == ()


def test_a_meeting_that_was_held_or_cancelled_or_is_past_has_no_checks() -> None:
    wrong = {"chair_ref": None}
    assert names(case(booked(**wrong))) == ["no_chair"]
    assert names(case(booked(**wrong, held_on=ON))) == []
    assert names(case(booked(**wrong, held_on=ON + DAY))) == ["no_chair"]
    assert names(case(booked(**wrong, cancelled_on=ON))) == []
    assert names(case(booked(**wrong, cancelled_on=ON + DAY))) == ["no_chair"]
    assert names(case(booked(**wrong)), on=ON_THE_DAY) == ["no_chair"]
    assert names(case(booked(**wrong)), on=ON_THE_DAY + DAY) == []


def test_a_case_that_has_closed_has_no_checks() -> None:
    assert names(case(booked(chair_ref=None), closed_on="2026-06-01")) == []
    assert names(case(booked(chair_ref=None), closed_on="2026-06-02")) == ["no_chair"]


def test_every_check_says_what_is_wrong_why_it_matters_and_what_to_do_and_names_no_family() -> None:
    wrong = everything_wrong()
    assert sorted({one.name for one in wrong}) == sorted(set(NAMES))
    for one in wrong:
        for said in (one.what, one.why, one.do):
            assert said[0].isupper() or said[0].isdigit()
            assert said.endswith((".", "?"))
            assert "Secret" not in said
            assert "None" not in said
        assert one.case_refs
        assert one.advisory is (one.name == "festival")


def everything_wrong() -> list[MeetingCheck]:
    """A meeting and cases with every fault that there is, over several sittings since some exclude each other."""
    bad = booked("2026-06-13T10:00", chair_ref=None, note_taker_ref=None, lead_attending="no", attendees=(), ends_at=None)
    stepped = [event("stepped_down_from_cp", "2026-05-20")]
    facts = [fact("advocate_wanted", "yes"), fact("disabled", "yes")]
    last = held("review", "2026-04-01", "M0", next_review_on="2026-05-31")  # Wednesday
    about = case(last, bad, facts=facts, events=stepped)
    late = due(about, "2026-05-27", start_ref="M0")  # Wednesday
    all_found = [*found(about, owed=[late], coordinator_chairs=True)]
    polish = people(family("parent", language="pl"))
    all_found += found(case(booked("2026-06-17T10:00", attendees=asked("child", "parent"))), who=polish)
    all_found += found(case(booked("2026-05-27T16:00")), on=d("2026-05-18"))
    all_found += found(case(booked(attendees=asked(parent=Attendee(person_ref="parent", capacity="parent")))))
    all_found += of_case(case(), [due(case(), "2026-06-04")])
    all_found += found(case(booked()), sibling(booked("2026-06-17T17:00")))
    return all_found


# ---- of rows that share it


@pytest.mark.parametrize(
    "other, said",
    [
        ({"at": "2026-06-17T16:30"}, "the time"),
        ({"venue": "Room 2"}, "the venue"),
        ({"at": "2026-06-17T16:30", "online_url": "https://meet.example/2"}, "the time and the link"),
    ],
)
def test_siblings_whose_rows_say_different_times_or_places_have_a_check(other: dict[str, Any], said: str) -> None:
    usual = {"venue": "Room 1", "online_url": "https://meet.example/1"}
    about = case(booked(**usual)), sibling(booked(**usual | other))
    one = next(one for one in found(*about) if one.name == "rows_disagree")
    assert one.what == f"The records of AB 12 and CD 34, who share this meeting, do not agree on {said}."
    assert one.case_refs == ("C1", "C2")


def test_siblings_of_whom_one_row_says_nothing_of_the_place_do_not_disagree() -> None:
    assert "rows_disagree" not in names(case(booked(venue="Room 1")), sibling(booked()))
    assert "rows_disagree" not in names(case(booked(venue="Room 1")), sibling(booked(venue="Room  1")))


# ---- against the limit


@cache
def _rules() -> dict[str, Obligation]:
    about = a_case(
        events=[event("plan_agreed", "2026-01-05"), event("significant_change", "2026-04-13")],  # Mondays
        meetings=[held("initial", "2026-01-20", "M-0"), held("review", "2026-04-10", "M-00", outcome="close")],
    )
    found = obligations(about, policy("cumbria"), calendar(), ON)
    return {one.duty: one for one in found}


def due(about: Case, due_on: str, duty: str = "review", **more: Any) -> Obligation:
    """A duty of a case that still stands, due on a day."""
    day = d(due_on)
    usual = {"case_ref": about.case_ref, "due_on": day, "book_by": calendar().book_by(day), "met_on": None, "ended_on": None}
    return replace(_rules()[duty], **usual | more)


def test_a_meeting_on_the_limit_is_in_time_and_one_the_day_after_is_booked_late() -> None:
    about = case(booked())
    assert names(about, owed=[due(about, "2026-06-17")]) == []
    one = only(about, owed=[due(about, "2026-06-16")])
    assert one.what == (
        "The meeting is on Wed 17 Jun 2026, 1 working day after the limit of the procedure for "
        "“Review of the plan”: Tue 16 Jun 2026."
    )
    assert one.do == "Move it to Tue 16 Jun 2026 or earlier, or say why it cannot be held in time."
    assert one.case_refs == ("C1",)


def test_a_limit_at_a_weekend_is_met_by_booking_on_the_friday() -> None:
    about = case(booked("2026-06-15T16:00"))  # Monday
    one = only(about, owed=[due(about, "2026-06-14")])  # Sunday
    assert one.what.startswith("The meeting is on Mon 15 Jun 2026, 1 working day after the limit")
    assert one.do.startswith("Move it to Fri 12 Jun 2026 or earlier")


def test_a_limit_that_has_passed_already_cannot_be_kept_any_more() -> None:
    about = case(booked())
    assert only(about, owed=[due(about, "2026-06-01")]).do.startswith("Move it to Mon 1 Jun 2026")  # today
    assert only(about, owed=[due(about, "2026-05-31")]).do.startswith("That day has passed")  # Sunday, to be booked by Friday


def test_what_the_council_alone_asks_for_is_not_called_a_limit_of_the_procedure() -> None:
    about = case(booked())
    one = only(about, owed=[due(about, "2026-06-16", "early_review")])
    assert "the day that the council asks for" in one.what
    assert "procedure" not in one.what


def test_a_meeting_after_the_limit_is_no_fault_where_another_is_booked_before_it() -> None:
    about = case(booked(), booked("2026-06-10T16:00", ref="M2"))  # Wednesday
    owed = [due(about, "2026-06-12")]
    assert names(about, owed=owed) == []
    assert names(about, owed=owed, ref="M2") == []


def test_a_duty_that_a_meeting_does_not_meet_does_not_make_it_late() -> None:
    about = case(booked())
    kind = case(booked(kind="initial"))
    assert names(about, owed=[due(about, "2026-06-02", "closure_decision")]) == []
    assert names(about, owed=[due(about, "2026-06-02", "record_shared")]) == []
    assert "booked_late" not in names(kind, owed=[due(kind, "2026-06-02", "early_review")])
    assert "booked_late" in names(kind, owed=[due(kind, "2026-06-02")])


def test_a_duty_that_is_met_or_has_ended_does_not_make_a_meeting_late() -> None:
    about = case(booked())
    assert names(about, owed=[due(about, "2026-06-16", met_on=ON)]) == []
    assert names(about, owed=[due(about, "2026-06-16", ended_on=ON)]) == []


def test_siblings_who_are_late_alike_are_one_check_and_one_alone_is_named() -> None:
    first, second = case(booked()), sibling(booked())
    both = [due(first, "2026-06-16"), due(second, "2026-06-16")]
    one = only(first, second, owed=both)
    assert one.case_refs == ("C1", "C2")
    alone = only(first, second, owed=both[1:])
    assert alone.case_refs == ("C2",)
    assert "“Review of the plan” of CD 34" in alone.what


def test_a_meeting_past_the_calendar_is_booked_late_all_the_same() -> None:
    about = case(booked("2045-06-14T16:00"), born_on=None)  # Wednesday
    assert "2045, after the limit" in next(
        one.what for one in found(about, owed=[due(about, "2026-06-16")]) if one.name == "booked_late"
    )


def test_a_meeting_on_the_last_day_of_the_calendar_is_still_counted() -> None:
    last = calendar().last
    about = case(booked(f"{last}T16:00"), born_on=None)
    late = next(one.what for one in found(about, owed=[due(about, "2026-06-16")]) if one.name == "booked_late")
    assert f"{calendar().between(d('2026-06-16'), last)} working days after" in late


# ---- nothing booked


def test_nothing_booked_is_foreseen_from_ten_working_days_before_the_limit() -> None:
    owed = [due(case(), "2026-06-15")]  # Monday; the tenth working day before it is Monday 1 June
    assert [one.name for one in of_case(case(), owed, on=d("2026-05-31"))] == []  # Sunday
    assert [one.name for one in of_case(case(), owed, on=d("2026-06-01"))] == ["not_booked"]


def test_nothing_booked_is_foreseen_up_to_the_limit_and_overdue_after_it() -> None:
    owed = [due(case(), "2026-06-15")]
    assert len(of_case(case(), owed, on=d("2026-06-15"))) == 1
    assert of_case(case(), owed, on=d("2026-06-16")) == []


def test_a_meeting_booked_at_any_time_is_not_nothing_and_one_cancelled_or_past_is() -> None:
    def raised(*meetings: Meeting) -> bool:
        about = case(*meetings)
        return bool(of_case(about, [due(about, "2026-06-04")]))

    assert not raised(booked())
    assert raised(booked(cancelled_on=ON))
    assert raised(booked("2026-05-29T10:00"))  # Friday before, nothing recorded of it
    assert not raised(booked("2026-06-01T08:00"))


def test_a_meeting_of_another_kind_is_nothing_for_a_duty_that_it_does_not_meet() -> None:
    about = case(booked(kind="initial"))
    assert [one.name for one in of_case(about, [due(about, "2026-06-04", "early_review")])] == ["not_booked"]
    assert of_case(about, [due(about, "2026-06-04")]) == []


def test_what_is_left_is_counted_without_the_days_on_which_the_chair_is_away() -> None:
    last = held("review", "2026-04-10", "M0", chair_ref="chair")
    about = case(last)
    owed = [due(about, "2026-06-09")]  # Tuesday; 2 to 5, 8 and 9 June are left
    (free,) = of_case(about, owed)
    assert "There are 6 working days left on which Chair, who chaired the last meeting, is not away" in free.what
    assert "the last is Tue 9 Jun 2026" in free.what
    away = people(person("chair", away_from=d("2026-06-04"), away_until=d("2026-06-08")))
    (some,) = of_case(about, owed, who=away)
    assert "There are 3 working days left" in some.what  # 2, 3 and 9 June
    long_away = people(person("chair", away_from=d("2026-06-04")))
    (few,) = of_case(about, owed, who=long_away)
    assert "There are 2 working days left" in few.what
    assert few.do == "Book the meeting for Wed 3 Jun 2026 or earlier."


def test_where_no_day_is_left_the_check_says_so() -> None:
    about = case()
    (today,) = of_case(about, [due(about, "2026-06-01")])
    assert "Today is the last working day on which Lead, the lead practitioner, is not away." in today.what
    away = people(person("lead", away_from=ON))
    (none,) = of_case(about, [due(about, "2026-06-05")], who=away)
    assert "No working day is left on which Lead, the lead practitioner, is not away." in none.what
    assert none.do.startswith("Ask somebody else to chair")
    tomorrow = case()
    (one,) = of_case(tomorrow, [due(tomorrow, "2026-06-02")])
    assert "There is 1 working day left on which" in one.what


def test_who_would_chair_is_the_last_chair_else_the_coordinator_else_the_lead_and_nobody_who_has_left() -> None:
    last = held("review", "2026-04-10", "M0", chair_ref="chair")
    gone = people(person("chair", active_until=d("2026-05-31")))

    def chair(about: Case, who: Directory | None = None) -> str:
        (one,) = of_case(about, [due(about, "2026-06-09")], who=who)
        return one.what

    both = [LEAD, COORDINATOR]
    assert "Chair, who chaired the last meeting" in chair(case(last, roles=both))
    assert "Coordinator, the coordinator" in chair(case(last, roles=both), gone)
    assert "Lead, the lead practitioner" in chair(case(last), gone)
    nobody = chair(case(roles=[]))
    assert "There are 6 working days left; the last is Tue 9 Jun 2026." in nobody
    assert nobody.endswith("The records name nobody who would chair it.")


def test_a_duty_without_a_date_or_past_the_calendar_foresees_nothing() -> None:
    assert of_case(case(), [replace(due(case(), "2026-06-15"), due_on=None)]) == []
    assert of_case(case(), [replace(due(case(), "2026-06-15"), due_on=d("2045-06-14"))]) == []


def test_a_decision_to_close_asks_for_no_meeting() -> None:
    assert of_case(case(), [due(case(), "2026-06-04", "closure_decision")]) == []


def test_nothing_is_foreseen_for_a_duty_that_looks_back() -> None:
    one = due(case(), "2026-06-04")
    looking_back = with_rule(one, met_by={"event": ["review_meeting_held"], "looking_back": "56 calendar days"})
    assert of_case(case(), [looking_back]) == []


@settings(max_examples=200)
@given(
    on=st.dates(d("2026-01-01"), d("2028-12-31")),
    length=st.integers(0, 40),
    away=st.tuples(st.integers(-10, 40), st.integers(0, 20)) | st.none(),
)
def test_the_days_left_are_those_that_a_walk_finds(on: date, length: int, away: tuple[int, int] | None) -> None:
    first, last = (on + away[0] * DAY, on + (away[0] + away[1]) * DAY) if away else (None, None)
    chair = person("chair", away_from=first, away_until=last)
    expected = []
    day = on
    while day < on + length * DAY:
        day += DAY
        if calendar().why_not_open(day) is None and not (first and last and first <= day <= last):
            expected.append(day)
    assert list(days_left(on + length * DAY, on, chair, calendar())) == expected


@settings(max_examples=200)
@given(due_on=st.dates(d("2026-01-01"), d("2028-12-31")), before=st.integers(-5, 30))
def test_a_breach_is_foreseen_when_at_most_ten_working_days_lie_between_now_and_the_limit(due_on: date, before: int) -> None:
    on = due_on - before * DAY
    working = sum(calendar().is_working_day(on + number * DAY) for number in range(before))
    # From today, counted or not, to the day before the limit: at most ten.
    expected = before >= 0 and (working <= 9 or (working == 10 and calendar().is_working_day(on)))
    assert bool(of_case(case(), [due(case(), due_on.isoformat())], on=on)) is expected


# ---- the review date agreed at the last meeting


def agreed(next_review_on: str, *later: Meeting, **more: Any) -> Case:
    return case(held("review", "2026-05-20", "M0", next_review_on=next_review_on), *later, **more)  # Wednesday


def limit(about: Case, due_on: str, **more: Any) -> list[Obligation]:
    return [due(about, due_on, start_ref="M0", **more)]


def test_a_review_agreed_for_the_limit_is_in_time_and_for_the_day_after_is_not() -> None:
    about = agreed("2026-07-15")
    assert of_case(about, limit(about, "2026-07-15")) == []
    (one,) = of_case(about, limit(about, "2026-07-14"))
    assert one.name == "review_agreed_late"
    assert one.what == (
        "The next review of AB 12 was agreed for Wed 15 Jul 2026, after the limit of the procedure: Tue 14 Jul 2026."
    )
    assert one.do.startswith("Agree a date on Tue 14 Jul 2026 or earlier")


def test_a_review_date_is_set_against_the_limit_of_its_own_meeting_alone() -> None:
    about = agreed("2026-07-15")
    assert of_case(about, [due(about, "2026-07-14", start_ref="M-older")]) == []
    assert of_case(about, limit(about, "2026-07-14", met_on=ON)) == []


def test_a_meeting_at_which_no_date_was_agreed_has_none_to_keep() -> None:
    about = case(held("review", "2026-05-20", "M0"))  # Wednesday
    assert of_case(about, limit(about, "2026-07-14")) == []


def test_a_review_date_agreed_at_an_earlier_meeting_no_longer_counts() -> None:
    about = agreed("2026-07-15", held("review", "2026-05-27", "M00"))  # Wednesday
    assert of_case(about, limit(about, "2026-07-14")) == []


def test_an_agreed_date_has_passed_the_day_after_it() -> None:
    assert of_case(agreed("2026-06-01")) == []  # today
    (one,) = of_case(agreed("2026-05-31"))  # Sunday
    assert one.name == "review_agreed_passed"
    assert one.what == (
        "The next review of AB 12 was agreed for Sun 31 May 2026, and no meeting is recorded since the one of Wed 20 May 2026."
    )


def test_an_agreed_date_that_has_passed_is_no_fault_once_a_meeting_was_held() -> None:
    assert of_case(agreed("2026-05-31", held("review", "2026-06-01", "M00"))) == []
    assert len(of_case(agreed("2026-05-31", held("review", "2026-06-02", "M00")))) == 1  # not yet


def test_an_agreed_date_that_has_passed_is_said_although_a_meeting_is_booked() -> None:
    assert names(agreed("2026-05-31", booked())) == ["review_agreed_passed"]


@pytest.mark.parametrize("name", ["child_protection_plan", "looked_after"])
def test_an_agreed_date_does_not_pass_while_another_procedure_says_when_people_meet(name: str) -> None:
    def under_it(since: str, until: str | None = None) -> list[MeetingCheck]:
        return of_case(agreed("2026-05-28", facts=[fact(name, "yes", since, until)]))

    assert under_it("2026-06-01") == []
    assert len(under_it("2026-06-02")) == 1
    assert under_it("2026-05-25", "2026-06-01") == []
    assert len(under_it("2026-05-25", "2026-05-31")) == 1


def test_a_closed_case_has_no_agreed_date() -> None:
    assert of_case(agreed("2026-05-31", closed_on="2026-06-01")) == []


# ---- the day


@pytest.mark.parametrize(
    "day, said",
    [
        ("2026-06-12", None),  # Friday
        ("2026-06-13", "a Saturday"),
        ("2026-06-14", "a Sunday"),
        ("2026-06-15", None),  # Monday
        ("2026-08-31", "a bank holiday: Summer bank holiday"),  # Monday
        ("2026-09-01", None),  # Tuesday
        ("2045-06-17", "a Saturday"),  # past the calendar
        ("2045-08-28", None),  # a Monday past the calendar: nobody knows
    ],
)
def test_a_meeting_at_a_weekend_or_on_a_bank_holiday_is_noticed(day: str, said: str | None) -> None:
    whats = [one.what for one in found(case(booked(f"{day}T16:00"), born_on=None)) if one.name == "not_a_working_day"]
    assert [what.split(", ", 1)[1] for what in whats] == ([f"{said}."] if said else [])


def test_a_day_on_which_only_the_council_is_closed_is_a_working_day() -> None:
    assert names(case(booked()), calendar=make_calendar(closure_days=[ON_THE_DAY])) == []


# ---- school hours


def test_a_meeting_in_lessons_with_a_child_of_school_age_is_noticed_and_one_after_them_is_not() -> None:
    assert names(case(booked("2026-06-17T15:00"))) == []
    one = only(case(booked("2026-06-17T14:59")))
    assert one.name == "school_hours"
    assert one.what == ("The meeting falls in school hours (09:00 to 15:00), and the child, who is of school age, is to come.")


def test_lessons_matter_only_to_a_child_who_is_to_come() -> None:
    no = asked("parent", "education", "health", child=Attendee(person_ref="child", capacity="child", response="no"))
    unsure = asked("parent", "education", "health", child=Attendee(person_ref="child", capacity="child", response="unsure"))
    assert names(case(booked("2026-06-17T10:00", attendees=no))) == []
    assert names(case(booked("2026-06-17T10:00", attendees=unsure))) == ["school_hours"]
    young = {"understanding_from": 12}
    assert names(case(booked("2026-06-17T10:00", attendees=asked("parent", "education", "health"))), **young) == []


@pytest.mark.parametrize(
    "born, is_raised",
    [
        ("2021-08-31", True),  # in reception since September 2025
        ("2021-09-01", False),  # starts in September 2026
        ("2010-09-01", True),
        ("2009-08-31", False),  # left school in June 2025
        (None, False),
        ("2026-06-02", False),  # a birth date to come is none
    ],
)
def test_lessons_matter_only_to_a_child_of_school_age(born: str | None, is_raised: bool) -> None:
    assert ("school_hours" in names(case(booked("2026-06-17T10:00"), born_on=born))) is is_raised


def test_a_child_leaves_school_on_the_last_friday_of_june() -> None:
    about = {"born_on": "2010-03-10"}  # sixteen in March 2026; leaves on Friday 26 June
    assert "school_hours" in names(case(booked("2026-06-26T10:00"), **about))
    assert "school_hours" not in names(case(booked("2026-06-29T10:00"), **about))  # Monday


def test_without_term_dates_or_past_them_nothing_is_said_of_lessons() -> None:
    assert names(case(booked("2026-06-17T10:00")), school=None) == []
    assert "school_hours" not in names(case(booked("2026-09-10T10:00")))  # Thursday, past the dates


def test_of_two_siblings_the_one_of_school_age_is_named() -> None:
    baby = case(booked("2026-06-17T10:00"), case_ref="C2", label="CD 34", born_on="2024-01-10")
    one = only(case(booked("2026-06-17T10:00")), baby)
    assert (one.name, one.case_refs) == ("school_hours", ("C1",))
    assert "the child of AB 12, who is of school age" in one.what


# ---- festivals


def test_a_festival_is_an_advisory_that_says_nothing_of_the_family() -> None:
    one = only(case(booked("2026-05-27T16:00")), on=d("2026-05-18"))  # Wednesday
    assert (one.name, one.advisory) == ("festival", True)
    assert one.what == "Eid al-Adha is expected on Wed 27 May 2026, a day either side, from sunset the evening before."
    assert "says nothing of this family" in one.why


def test_a_meeting_two_days_after_an_expected_eid_is_near_no_festival() -> None:
    assert names(case(booked("2026-05-28T16:00")), on=d("2026-05-18")) == ["festival"]  # Thursday
    assert names(case(booked("2026-05-29T16:00")), on=d("2026-05-18")) == []  # Friday


# ---- interpreter


@pytest.mark.parametrize(
    "language, is_raised", [("en", False), ("EN-gb", False), ("English", False), ("pl", True), ("enm", True), ("bsl", True)]
)
def test_an_interpreter_is_missing_for_any_language_but_english(language: str, is_raised: bool) -> None:
    who = people(family("parent", language=language))
    assert names(case(booked()), who=who) == (["no_interpreter"] if is_raised else [])


def test_an_interpreter_who_comes_is_enough_and_one_who_said_no_is_not() -> None:
    who = people(family("parent", language="pl"))
    coming = (*EVERYBODY, *asked("interpreter"))
    declined = (*EVERYBODY, Attendee(person_ref="interpreter", capacity="interpreter", response="no"))
    assert names(case(booked(attendees=coming)), who=who) == []
    assert names(case(booked(attendees=declined)), who=who) == ["no_interpreter"]


def test_nobody_needs_an_interpreter_for_a_relative_who_is_not_coming_or_for_a_professional() -> None:
    away = asked("child", "education", "health", parent=Attendee(person_ref="parent", capacity="parent", response="no"))
    assert names(case(booked(attendees=away)), who=people(family("parent", language="pl"))) == []
    assert names(case(booked()), who=people(person("teacher", language="pl"))) == []
    assert names(case(booked()), who=people(family("child", kind="child", language="pl"))) == ["no_interpreter"]


# ---- advocate


def test_an_advocate_wanted_and_not_invited_is_missing() -> None:
    wanted = [fact("advocate_wanted", "yes")]
    assert names(case(booked(), facts=wanted)) == ["no_advocate"]
    assert names(case(booked(attendees=(*EVERYBODY, *asked("advocate"))), facts=wanted)) == []
    assert names(case(booked(), facts=[fact("advocate_wanted", "no")])) == []


def test_an_advocate_who_said_no_was_invited() -> None:
    declined = (*EVERYBODY, Attendee(person_ref="advocate", capacity="advocate", response="no"))
    assert names(case(booked(attendees=declined), facts=[fact("advocate_wanted", "yes")])) == []


def test_what_is_wanted_is_read_as_it_stands_on_the_day() -> None:
    assert names(case(booked(), facts=[fact("advocate_wanted", "yes", "2026-06-01")])) == ["no_advocate"]
    assert names(case(booked(), facts=[fact("advocate_wanted", "yes", "2026-06-02")])) == []
    assert names(case(booked(), facts=[fact("advocate_wanted", "yes", None, "2026-05-31")])) == []


# ---- venue


@pytest.mark.parametrize("name", ["disabled", "parent_disabled"])
def test_a_venue_must_be_recorded_as_accessible_where_the_child_or_a_parent_is_disabled(name: str) -> None:
    def raised(**meeting: Any) -> bool:
        return "venue_not_accessible" in names(case(booked(**meeting), facts=[fact(name, "yes")]))

    assert raised(venue="Hall")
    assert raised(venue="Hall", venue_accessible="no")
    assert raised()
    assert not raised(venue="Hall", venue_accessible="yes")
    assert not raised(online_url="https://meet.example/1")
    assert raised(venue="Hall", online_url="https://meet.example/1")


def test_nothing_is_asked_of_the_venue_where_nobody_is_recorded_as_disabled() -> None:
    assert names(case(booked(venue="Hall"))) == []
    assert names(case(booked(venue="Hall"), facts=[fact("disabled", "no")])) == []


def test_rows_of_siblings_that_contradict_each_other_leave_the_venue_in_doubt() -> None:
    disabled = [fact("disabled", "yes")]

    def raised(one: str | None, two: str | None) -> bool:
        first = case(booked(venue="Hall", venue_accessible=one), facts=disabled)
        return "venue_not_accessible" in names(first, sibling(booked(venue="Hall", venue_accessible=two)))

    assert not raised("yes", None)
    assert not raised(None, "yes")
    assert raised("yes", "no")


# ---- chair and notes


def test_a_meeting_without_a_chair_or_with_one_who_will_have_left_has_none() -> None:
    assert only(case(booked(chair_ref=None))).what == "No chair is recorded for the meeting."
    assert names(case(booked(chair_ref="stranger"))) == ["no_chair"]
    assert names(case(booked()), who=people(person("chair", active_until=ON_THE_DAY))) == []
    one = only(case(booked()), who=people(person("chair", active_until=ON_THE_DAY - DAY)))
    assert one.what == "The chair recorded for the meeting will not be here on that day."


@pytest.mark.parametrize(
    "attending, away_from, is_raised",
    [
        (None, None, False),
        ("yes", None, False),
        ("no", None, True),
        (None, ON_THE_DAY, True),
        (None, ON_THE_DAY + DAY, False),
    ],
)
def test_somebody_must_take_the_notes_where_the_lead_practitioner_will_not_be_there(
    attending: str | None, away_from: date | None, is_raised: bool
) -> None:
    who = people(person("lead", away_from=away_from))
    without = case(booked(note_taker_ref=None, lead_attending=attending))
    assert names(without, who=who) == (["no_note_taker"] if is_raised else [])
    assert names(case(booked(lead_attending=attending)), who=who) == []


def test_a_note_taker_who_is_away_or_has_left_takes_no_notes() -> None:
    about = case(booked(lead_attending="no"))
    assert names(about, who=people(person("other", away_from=ON_THE_DAY))) == ["no_note_taker"]
    assert names(about, who=people(person("other", away_from=ON_THE_DAY + DAY))) == []
    assert names(about, who=people(person("other", active_until=ON_THE_DAY - DAY))) == ["no_note_taker"]


def test_of_siblings_whose_workers_differ_the_one_whose_worker_is_away_is_named() -> None:
    first = case(booked(note_taker_ref=None))
    second = sibling(booked(note_taker_ref=None, lead_attending="no"))
    one = only(first, second)
    assert one.case_refs == ("C2",)
    assert one.what.startswith("The lead practitioner of CD 34 will not be there")


# ---- the coordinator after a step-down


def stepped(*meetings: Meeting, on: str = "2026-05-20", roles: Sequence[RoleHolder] = (LEAD, COORDINATOR), **more: Any) -> Case:
    return case(*meetings, events=[event("stepped_down_from_cp", on)], roles=list(roles), **more)


def test_the_first_meeting_after_a_step_down_is_chaired_by_the_coordinator() -> None:
    asks = {"coordinator_chairs": True}
    assert names(stepped(booked()), **asks) == ["not_the_coordinator"]
    assert names(stepped(booked(chair_ref="coordinator")), **asks) == []
    assert names(stepped(booked(chair_ref="coordinator"), roles=[LEAD]), **asks) == ["not_the_coordinator"]
    assert names(stepped(booked(chair_ref=None)), **asks) == ["no_chair", "not_the_coordinator"]
    assert names(case(booked()), **asks) == []


def test_a_procedure_that_does_not_ask_for_it_is_not_held_to_it() -> None:
    assert names(stepped(booked())) == []


def test_a_meeting_held_on_or_after_the_step_down_was_the_first() -> None:
    asks = {"coordinator_chairs": True}
    assert names(stepped(held("review", "2026-05-19", "M0"), booked()), **asks) == ["not_the_coordinator"]  # Tuesday
    assert names(stepped(held("review", "2026-05-20", "M0"), booked()), **asks) == []  # Wednesday, the same day
    assert names(stepped(held("review", "2026-06-01", "M0"), booked()), **asks) == []  # Monday, today


def test_of_two_meetings_booked_after_the_step_down_the_earlier_is_the_first() -> None:
    about = stepped(booked(), booked("2026-06-24T16:00", ref="M2"))  # Wednesdays
    asks = {"coordinator_chairs": True}
    assert names(about, **asks) == ["not_the_coordinator"]
    assert names(about, ref="M2", **asks) == []
    gone = stepped(booked(cancelled_on=ON), booked("2026-06-24T16:00", ref="M2"))
    assert names(gone, ref="M2", **asks) == ["not_the_coordinator"]


def test_a_step_down_to_come_is_none_yet_and_the_last_of_two_counts() -> None:
    asks = {"coordinator_chairs": True}
    assert names(stepped(booked(), on="2026-06-01"), **asks) == ["not_the_coordinator"]
    assert names(stepped(booked(), on="2026-06-02"), **asks) == []
    twice = case(
        held("review", "2026-03-02", "M0"),  # Monday
        booked(),
        events=[event("stepped_down_from_cp", "2026-02-02"), event("stepped_down_from_cp", "2026-05-20")],
    )
    assert names(twice, **asks) == ["not_the_coordinator"]


# ---- whom nobody reaches


def reached(one: Person | None, **row: Any) -> str | None:
    """Why one attendee, listed as a parent, is not reached; None where they are."""
    attendee = Attendee(**{"person_ref": "somebody", "capacity": "parent"} | row)
    listed = (*asked("child", "education", "health"), attendee)
    who = people(*([one] if one else []), family("go-between", contact="yes", mobile="07700900001"), allowed=["council.gov.uk"])
    checks = found(case(booked(attendees=listed)), who=who)
    return next((check.what.split(", who ", 1)[1].rstrip(".") for check in checks if check.name == "cannot_be_reached"), None)


@pytest.mark.parametrize(
    "one, why",
    [
        (None, "is not among the people in the records"),
        (family("somebody"), "must not be written to"),
        (family("somebody", contact="yes"), "has neither an e-mail address nor a mobile number"),
        (family("somebody", contact="yes", email="none"), "has neither an e-mail address nor a mobile number"),
        (family("somebody", contact="yes", email="a@home.example"), None),
        (family("somebody", contact="yes", mobile="07700900001"), None),
        (family("somebody", contact="via"), "is contacted through somebody else only, and nobody is named"),
        (family("somebody", contact="via", contact_via_ref="go-between"), None),
        (
            family("somebody", contact="via", contact_via_ref="child"),
            "is contacted through somebody who cannot be reached either",
        ),
        (person("somebody"), None),
        (person("somebody", email=None), "has no e-mail address"),
        (person("somebody", email="a@elsewhere.example"), "has an e-mail address outside the allowed domains"),
        (person("somebody", contact="no"), "must not be written to"),
        (person("somebody", away_from=ON), None),
        (person("somebody", active_until=ON_THE_DAY), None),
        (person("somebody", active_until=ON_THE_DAY - DAY), "will have left by then"),
        (person("somebody", active_until=ON - DAY), "has left"),
    ],
)
def test_an_attendee_is_reached_by_the_service_or_the_check_says_why_not(one: Person | None, why: str | None) -> None:
    assert reached(one) == why


def test_partners_are_reached_by_meeting_notices() -> None:
    who = people(person("somebody", email="a@school.example"), allowed=["council.gov.uk"], partners=["school.example"])
    row = Attendee(person_ref="somebody", capacity="education")
    assert names(case(booked(attendees=(*asked("child", "parent", "health"), row))), who=who) == []


def test_whoever_was_invited_or_has_answered_was_reached() -> None:
    silent = family("somebody")
    assert reached(silent) is not None
    assert reached(silent, invited_on=ON) is None
    assert reached(silent, invited_on=ON + DAY) is not None
    assert reached(silent, response="unsure") is None
    assert reached(silent, response="no") is None


def test_whoever_has_left_is_not_coming_although_they_were_invited() -> None:
    gone = person("somebody", active_until=ON - DAY)
    assert reached(gone, invited_on=ON, response="yes") == "has left"
    assert reached(gone, invited_on=ON, response="no") is None


def test_a_professional_is_named_and_of_a_family_only_what_they_are() -> None:
    listed = (
        *asked("child", "health"),
        Attendee(person_ref="parent", capacity="parent"),
        Attendee(person_ref="teacher", capacity="education"),
    )
    one = only(case(booked(attendees=listed)), who=people(person("teacher", email=None)))
    assert one.what == (
        "2 attendees cannot be reached by this service: a parent, who must not be written to; "
        "Teacher (education), who has no e-mail address."
    )


# ---- who is not invited


WITHOUT = {
    "child": ["child_not_invited"],
    "parent": ["parent_not_invited"],
    "education": ["education_not_invited"],
    "health": ["health_not_invited"],
}


@pytest.mark.parametrize(
    "missing", [names for number in range(len(WITHOUT) + 1) for names in combinations(WITHOUT, number)], ids=" ".join
)
def test_whoever_is_missing_from_the_list_is_not_invited(missing: tuple[str, ...]) -> None:
    listed = asked(*(one for one in WITHOUT if one not in missing))
    assert names(case(booked(attendees=listed))) == [name for one in missing for name in WITHOUT[one]]


def test_whoever_said_no_was_invited() -> None:
    said_no = tuple(replace(one, response="no") for one in EVERYBODY)
    assert names(case(booked(attendees=said_no))) == []


@pytest.mark.parametrize(
    "born, is_raised",
    [("2016-06-17", True), ("2016-06-18", False), (None, False), ("2026-06-02", False)],
)
def test_a_child_is_to_be_invited_from_the_tenth_birthday(born: str | None, is_raised: bool) -> None:
    listed = asked("parent", "education", "health")
    assert names(case(booked(attendees=listed), born_on=born)) == (["child_not_invited"] if is_raised else [])


def test_the_council_sets_the_age_from_which_a_child_is_to_be_invited() -> None:
    listed = asked("parent", "education", "health")
    assert names(case(booked(attendees=listed)), understanding_from=11) == []
    assert names(case(booked(attendees=listed), born_on="2015-06-17"), understanding_from=11) == ["child_not_invited"]


def test_as_many_children_are_to_be_listed_as_are_old_enough() -> None:
    second = {"case_ref": "C2", "label": "CD 34"}

    def both(*listed: Attendee, **more: Any) -> tuple[MeetingCheck, ...]:
        attendees = (*asked("parent", "education", "health"), *listed)
        return found(case(booked(attendees=attendees)), case(booked(attendees=attendees), **second | more))

    one, two = asked("child")[0], Attendee(person_ref="child2", capacity="child", response="yes")
    who = both(one)
    assert [check.name for check in who] == ["child_not_invited"]
    assert who[0].case_refs == ("C1", "C2")
    assert who[0].what == "The children of AB 12 and CD 34 will be 10 or older on that day, and only 1 of them is invited."
    assert both()[0].what.endswith("and none of them is invited.")
    assert "child_not_invited" not in [check.name for check in both(one, two)]
    assert both(one, born_on="2020-01-10") == ()


@pytest.mark.parametrize(
    "born, said",
    [
        ("2009-08-31", None),  # left school in June 2025
        ("2010-08-31", "of school age"),
        ("2021-08-31", "of school age"),
        ("2021-09-01", "of nursery age"),
        ("2023-03-31", "of nursery age"),  # three in March, from April
        ("2023-04-01", None),  # three in April, from September
        (None, None),
    ],
)
def test_education_is_to_be_invited_for_a_child_of_nursery_or_school_age(born: str | None, said: str | None) -> None:
    listed = asked("child", "parent", "health")
    whats = [one.what for one in found(case(booked(attendees=listed), born_on=born)) if one.name == "education_not_invited"]
    assert whats == ([f"Nobody from education is invited, and the child is {said}."] if said else [])


def test_an_unborn_child_needs_the_midwife_and_a_born_one_anybody_from_health() -> None:
    listed = asked("parent")
    unborn = only(case(booked(attendees=listed), born_on=None, expected_on="2026-08-01"))
    assert unborn.what == "A child is expected, and neither a midwife nor anybody else from health is invited."
    assert unborn.do == "Invite the midwife."
    born = only(case(booked(attendees=listed), born_on="2026-05-31", expected_on="2026-05-28"))
    assert born.what == "Nobody from health is invited."
    assert only(case(booked(attendees=listed), born_on=None)).what == "Nobody from health is invited."
    assert names(case(booked(attendees=asked("parent", "health")), born_on=None, expected_on="2026-08-01")) == []


def test_a_child_who_is_born_today_is_expected_no_more() -> None:
    listed = asked("parent")
    expected = {"expected_on": "2026-06-05"}
    assert only(case(booked(attendees=listed), born_on="2026-06-01", **expected)).what == "Nobody from health is invited."
    tomorrow = only(case(booked(attendees=listed), born_on="2026-06-02", **expected))
    assert tomorrow.what.startswith("A child is expected")


def test_of_siblings_a_child_is_of_school_or_nursery_age() -> None:
    meeting = booked(attendees=asked("child", "parent", "health"))
    one = only(case(meeting), sibling(meeting, born_on="2023-01-10"))
    assert one.what == "Nobody from education is invited, and a child is of school or nursery age."
    assert one.case_refs == ("C1", "C2")


def test_somebody_listed_in_two_capacities_counts_in_both() -> None:
    listed = (*asked("child", "parent", "education"), Attendee(person_ref="teacher", capacity="health"))
    assert names(case(booked(attendees=listed))) == []


def test_of_a_child_without_a_birth_date_no_age_is_said() -> None:
    checks = found(case(booked("2026-06-17T10:00", attendees=asked("parent", "health")), born_on=None))
    assert checks == ()
    with_child = found(case(booked("2026-06-17T10:00", attendees=asked("child", "parent", "health")), born_on=None))
    assert with_child == ()


# ---- all together


def test_the_checks_of_a_meeting_come_in_one_order_whatever_the_order_of_the_cases() -> None:
    first = case(booked(chair_ref=None, attendees=()))
    second = case(booked(chair_ref=None, attendees=()), case_ref="C2", label="CD 34")
    assert found(first, second) == found(second, first)
    order = [NAMES.index(one.name) for one in found(first, second)]
    assert order == sorted(order)
    assert order


def test_a_sibling_who_is_left_out_is_in_no_check() -> None:
    first = case(booked(chair_ref=None))
    second = case(booked(chair_ref=None), case_ref="C2", label="CD 34", facts=[fact("advocate_wanted", "yes")])
    (sitting,) = sittings([first, second], left_out=["C2"])
    around = Circumstances(directory=people(), calendar=calendar(), on=ON)
    checks = checks_of_meeting(sitting, {}, around)
    assert [(one.name, one.case_refs) for one in checks] == [("no_chair", ("C1",))]
