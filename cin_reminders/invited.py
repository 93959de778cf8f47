"""Who is missing from the invitations to a meeting: the child, a parent, education, health.

Whoever is listed is invited, or will be; whoever said no was asked. What the records do not say of a child's age is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cin_reminders.case import Case
from cin_reminders.meeting_check import MeetingCheck, Occasion, labels, raised
from cin_reminders.school_days import age_on, nursery_age, school_age
from cin_reminders.words import joined


def checks_of_invitations(occasion: Occasion) -> Iterator[MeetingCheck]:
    """Every check of who is not invited to one meeting, in a fixed order."""
    yield from _child_not_invited(occasion)
    yield from _parent_not_invited(occasion)
    yield from _education_not_invited(occasion)
    yield from _health_not_invited(occasion)


def _child_not_invited(occasion: Occasion) -> Iterator[MeetingCheck]:
    """Fewer children are listed than are old enough. Which child somebody is, the records of a meeting do not say."""
    age = occasion.circumstances.understanding_from
    cases = [
        case
        for case in occasion.sitting.cases
        if (born_on := _born_on(occasion, case)) and age_on(born_on, occasion.sitting.day) >= age
    ]
    listed = len({one.person_ref for one in occasion.sitting.attendees if one.capacity == "child"})
    if listed < len(cases):
        if len(cases) == 1:
            what = f"The child{occasion.of(cases)} will be {age} or older on that day, and is not invited."
        else:
            what = f"The children of {labels(cases)} will be {age} or older on that day, and "
            what += "none of them is invited." if not listed else f"only {listed} of them is invited."
        yield raised(
            occasion,
            cases,
            name="child_not_invited",
            what=what,
            why="It is their plan. A child of that age can say what they want, if they are asked.",
            do="Ask them whether they want to come, or how else they want to be heard, and record it.",
        )


def _parent_not_invited(occasion: Occasion) -> Iterator[MeetingCheck]:
    if not occasion.lists("parent"):
        yield raised(
            occasion,
            name="parent_not_invited",
            what="No parent or carer is invited.",
            why="The plan rests on what the parents agree to do.",
            do="Invite them, or record why they are not to be there.",
        )


def _education_not_invited(occasion: Occasion) -> Iterator[MeetingCheck]:
    if occasion.lists("education"):
        return
    at_school, at_nursery = [], []
    for case in occasion.sitting.cases:
        born_on = _born_on(occasion, case)
        if born_on and school_age(born_on).covers(occasion.sitting.day):
            at_school.append(case)
        elif born_on and nursery_age(born_on).covers(occasion.sitting.day):
            at_nursery.append(case)
    if cases := [*at_school, *at_nursery]:
        age = joined([*(["school"] if at_school else []), *(["nursery"] if at_nursery else [])], "or")
        yield raised(
            occasion,
            [case for case in occasion.sitting.cases if case in cases],
            name="education_not_invited",
            what=f"Nobody from education is invited, and {'a' if occasion.sitting.cases[1:] else 'the'} child is of {age} age.",
            why="The school or nursery sees the child most days, and knows first what gets better or worse.",
            do="Invite the school or nursery, if the child goes to one.",
        )


def _health_not_invited(occasion: Occasion) -> Iterator[MeetingCheck]:
    if occasion.lists("health"):
        return
    is_expected = any(case.expected_on and not _born_on(occasion, case) for case in occasion.sitting.cases)
    yield raised(
        occasion,
        name="health_not_invited",
        what="A child is expected, and neither a midwife nor anybody else from health is invited."
        if is_expected
        else "Nobody from health is invited.",
        why="Nobody else can say how the pregnancy goes." if is_expected else "Nobody else can say how the child's health is.",
        do="Invite the midwife."
        if is_expected
        else "Invite the health visitor, the school nurse or whoever knows the child's health.",
    )


def _born_on(occasion: Occasion, case: Case) -> date | None:
    """The child's birth date, if they were born by the business date: a date to come is none yet."""
    return case.born_on if case.born_on and case.born_on <= occasion.circumstances.on else None
