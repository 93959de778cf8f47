"""Meetings as somebody of the council is told of them in the message of the day: a review at 16:00, on the day given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from cases import a_case, fact, policy
from told_notices import ON

from cin_reminders.agenda import asked_of_meeting
from cin_reminders.case import Action, Attendee, Meeting, Person
from cin_reminders.chair import Check, Unreached, chairs_copy
from cin_reminders.invitation_words import page_for
from cin_reminders.occasion import Page
from cin_reminders.sitting import Sitting

VENUE, LINK = "Ellerford Family Centre, 3 Mill Lane", "https://meet.example/ellerford"
CONTACT = "the Child in Need team on 01632 960000"
SOON, LATER = date(2026, 5, 7), date(2026, 5, 14)  # Thursdays; the first is two working days after the day of the message
PEOPLE = {
    one.person_ref: one
    for one in (
        Person(person_ref="teacher", name="Priya Nair", kind="professional", organisation="Ellerford School"),
        Person(person_ref="nurse", name="Owen Hughes", kind="professional"),
        Person(person_ref="mother", name="Kelly Winterbourne", kind="family"),
        Person(person_ref="aunt", name="Denise Winterbourne", kind="family"),
        Person(person_ref="child", name="Jamie Winterbourne", kind="child"),
    )
}
ATTENDEES = (
    Attendee(person_ref="teacher", capacity="education", response="yes"),
    Attendee(person_ref="nurse", capacity="health", response="no"),
    Attendee(person_ref="mother", capacity="parent"),
    Attendee(person_ref="aunt", capacity="family"),
    Attendee(person_ref="child", capacity="child", response="yes"),
)


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """What a check on a meeting found."""

    what: str
    why: str
    do: str
    advisory: bool = False


NO_INTERPRETER = Flaw(
    what="No interpreter is down to attend.",
    why="The language recorded for one of the family is not English, so they may not follow what is said.",
    do="Ask for an interpreter and add them to the attendees.",
)
SCHOOL_HOURS = Flaw(
    what="The meeting lies in school hours.",
    why="A child of school age is to attend, who would miss lessons.",
    do="Move it to after 15:30, or note why it has to be then.",
)
FESTIVAL = Flaw(
    what="A religious festival is expected on Wednesday 27 May 2026, a day either side.",
    why="Families who keep it may not be able to come.",
    do="Ask the family whether the day suits them.",
    advisory=True,
)


def a_page(
    stage: str = "reminder",
    *labels: str,
    day: date = LATER,
    reader: Literal["chair", "staff"] = "chair",
    kind: str = "review",
    under: str = "cumbria",
    checks: Sequence[Check] = (),
    unreached: Sequence[Unreached] = (),
    late: int = 0,
    is_off: bool = False,
    is_complex: bool = False,
    **more: Any,
) -> Page:
    """One meeting on one day, in the words for its chair or for another of the council who attends.

    ``late`` is how many actions are overdue, ``is_off`` whether the records say that the meeting is cancelled.
    """
    columns = {name: more.pop(name) for name in ("venue", "online_url", "attendees") if name in more}
    meeting = Meeting(
        meeting_ref="M1",
        kind=kind,
        scheduled_at=datetime.combine(day, time(16)),
        ends_at=datetime.combine(day, time(17, 30)),
        cancelled_on=ON if is_off or stage == "cancelled" else None,
        **({"venue": VENUE, "online_url": LINK, "attendees": ATTENDEES} | columns),
    )
    actions = [Action(action_ref=f"A-{n + 1}", owner_ref="teacher", due_on=date(2026, 4, 24)) for n in range(late)]  # Friday
    facts = [fact("complex", "yes")] if is_complex else []
    cases = [a_case(case_ref=f"c {label}", label=label, actions=actions, facts=facts) for label in labels or ("AB 12",)]
    sitting = Sitting(meeting_ref="M1", meetings=tuple((case, meeting) for case in cases))
    edition = policy(under).newest
    asked = asked_of_meeting(edition.meetings, kind=kind, cases=cases, on=ON)
    copy = chairs_copy(sitting=sitting, people=PEOPLE, asked=asked, checks=checks, on=ON, unreached=unreached)
    usual: dict[str, Any] = {"council": "Ellershire County Council", "contact": CONTACT, "name": "Alex Morgan"}
    words = {"meeting_name": "Child in Need meeting", "procedure": f"{edition.title}, {edition.edition}"}
    chair = copy if reader == "chair" else None
    return page_for(reader=reader, stage=stage, sitting=sitting, asked=asked, chair=chair, **(usual | words | more)).page


def unreached(*people: str, stage: str = "reminder") -> tuple[Unreached, ...]:
    """People whom a notice of the meeting could not be brought to."""
    return tuple(Unreached(person_ref=ref, stage=stage) for ref in people)
