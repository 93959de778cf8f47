"""Every check on a meeting that is booked, and on a case for which none is: what the chair should hear while it can be mended.

A check is raised exactly when what it says is true of the records as they stand on the business date. What the records or the
sources do not say (a birth date, a term, a festival past the end of its source) raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cin_reminders.attendance import checks_of_attendance
from cin_reminders.booking import booked_late, not_booked, review_agreed_late, review_agreed_passed
from cin_reminders.case import Case
from cin_reminders.errors import BeyondCalendarError
from cin_reminders.facts import read_fact
from cin_reminders.festivals import festivals_near
from cin_reminders.invited import checks_of_invitations
from cin_reminders.meeting_check import Circumstances, MeetingCheck, Obligations, Occasion, labels, occasion, raised
from cin_reminders.obligations import Obligation
from cin_reminders.school_days import school_age
from cin_reminders.sitting import Sitting
from cin_reminders.words import day_in_words, joined

# Every check there is, in the order in which they are said: what breaks a limit first, what may need nothing done last.
NAMES = (
    "rows_disagree",
    "booked_late",
    "not_booked",
    "review_agreed_passed",
    "review_agreed_late",
    "not_a_working_day",
    "no_chair",
    "not_the_coordinator",
    "no_note_taker",
    "cannot_be_reached",
    "no_interpreter",
    "no_advocate",
    "venue_not_accessible",
    "child_not_invited",
    "parent_not_invited",
    "education_not_invited",
    "health_not_invited",
    "school_hours",
    "festival",
)


def checks_of_meeting(sitting: Sitting, obligations: Obligations, circumstances: Circumstances) -> tuple[MeetingCheck, ...]:
    """What is wrong with one meeting and the cases that share it, in the order of NAMES.

    ``obligations`` holds those of each case by its case_ref. A meeting that was held or cancelled, or whose day has passed, has
    no checks, and a case that is closed adds none.
    """
    one = occasion(sitting, circumstances)
    if one is None:
        return ()
    found = [*_of_the_meeting(one, obligations)]
    for case in one.sitting.cases:
        found += checks_of_case(case, obligations.get(case.case_ref, ()), circumstances)
    return tuple(sorted(found, key=lambda check: NAMES.index(check.name)))


def checks_of_case(case: Case, obligations: Sequence[Obligation], circumstances: Circumstances) -> tuple[MeetingCheck, ...]:
    """What is wrong with how the meetings of one open case follow each other, booked or not, in the order of NAMES."""
    if not case.is_open_on(circumstances.on):
        return ()
    return (
        *not_booked(case, obligations, circumstances),
        *review_agreed_passed(case, circumstances),
        *review_agreed_late(case, obligations, circumstances),
    )


def _of_the_meeting(one: Occasion, obligations: Obligations) -> Iterator[MeetingCheck]:
    yield from _rows_disagree(one)
    yield from booked_late(one, obligations)
    yield from _not_a_working_day(one)
    yield from checks_of_attendance(one)
    yield from checks_of_invitations(one)
    yield from _venue_not_accessible(one)
    yield from _school_hours(one)
    yield from _festivals(one)


def _rows_disagree(one: Occasion) -> Iterator[MeetingCheck]:
    """The rows of siblings who share the meeting say different times or places."""
    if found := one.sitting.disagreements:
        yield raised(
            one,
            name="rows_disagree",
            what=f"The records of {labels(one.sitting.cases)}, who share this meeting, do not agree on {joined(found, 'and')}.",
            why="Nobody can be told when and where to come while the records say two things.",
            do="Put the records right, so that each says the same.",
        )


def _not_a_working_day(one: Occasion) -> Iterator[MeetingCheck]:
    try:
        why = one.circumstances.calendar.why_not_working(one.sitting.day)
    except BeyondCalendarError:
        # Bank holidays so far off are not known; a weekend is a weekend.
        why = f"{one.sitting.day:%A}" if one.sitting.day.weekday() >= 5 else None
    if why:
        said = f"a {why}" if one.sitting.day.weekday() >= 5 else f"a bank holiday: {why}"
        yield raised(
            one,
            name="not_a_working_day",
            what=f"The meeting is on {day_in_words(one.sitting.day)}, {said}.",
            why="Schools, surgeries and offices are closed, and those who should come cannot.",
            do="Move it to a working day, or see that everybody has agreed to this one.",
        )


def _school_hours(one: Occasion) -> Iterator[MeetingCheck]:
    """A child comes, one of the cases' children is of school age, and part of the meeting falls in lessons."""
    school, calendar = one.circumstances.school, one.circumstances.calendar
    if school is None or not any(attendee.capacity == "child" for attendee in one.coming):
        return
    cases = [case for case in one.sitting.cases if case.born_on and school_age(case.born_on).covers(one.sitting.day)]
    if cases and school.has_lessons(one.sitting.scheduled_at, one.sitting.ends_at, calendar):
        yield raised(
            one,
            cases,
            name="school_hours",
            what=f"The meeting falls in school hours ({school.begins:%H:%M} to {school.until:%H:%M}), "
            f"and the child{one.of(cases)}, who is of school age, is to come.",
            why="The child would miss lessons, and others at school would ask why.",
            do="Move it to before or after school, or see that the child would rather come then.",
        )


def _venue_not_accessible(one: Occasion) -> Iterator[MeetingCheck]:
    """Somebody is disabled, and the place is not recorded as accessible; a meeting that is only online has no place."""
    said = {meeting.venue_accessible for _, meeting in one.sitting.meetings} - {None}
    if said == {"yes"} or (one.sitting.online_url and not one.sitting.venue):
        return
    on = one.circumstances.on
    cases = [
        case
        for case in one.sitting.cases
        if "yes" in (read_fact(case, "disabled", on).value, read_fact(case, "parent_disabled", on).value)
    ]
    if cases:
        yield raised(
            one,
            cases,
            name="venue_not_accessible",
            what=f"The child or a parent{one.of(cases)} is disabled, and the venue is not recorded as accessible.",
            why="Somebody whose meeting it is may not get in, or not be able to stay.",
            do="Ask them what they need, see that the venue has it and record it, or move the meeting.",
        )


def _festivals(one: Occasion) -> Iterator[MeetingCheck]:
    near = festivals_near(one.sitting.day)
    if near:
        yield raised(
            one,
            name="festival",
            what="; ".join(map(str, near)) + ".",
            why=f"The meeting is on or near that day, {day_in_words(one.sitting.day)}. Anybody at any meeting may keep it: "
            "this says nothing of this family.",
            do="Ask everybody whether the day suits them. If it does, nothing needs to be done.",
            advisory=True,
        )
