"""Who is at a meeting and who is not: the checks of the people it needs.

Somebody listed for a meeting who has said no is not coming, so is nobody's interpreter; but they were asked, so are not missing
from the invitations.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cin_reminders.address import read_address
from cin_reminders.case import Attendee, Meeting, Person
from cin_reminders.facts import read_fact
from cin_reminders.meeting_check import MeetingCheck, Occasion, raised
from cin_reminders.recipients import PARTNER, Directory, is_booked
from cin_reminders.words import count_of

CALLED = {
    "child": "a child",
    "parent": "a parent",
    "family": "a member of the family",
    "advocate": "an advocate",
    "interpreter": "an interpreter",
    "education": "somebody from education",
    "health": "somebody from health",
    "other": "another attendee",
}


def checks_of_attendance(occasion: Occasion) -> Iterator[MeetingCheck]:
    """Every check of the people of one meeting, in a fixed order."""
    yield from _no_chair(occasion)
    yield from _not_the_coordinator(occasion)
    yield from _no_note_taker(occasion)
    yield from _cannot_be_reached(occasion)
    yield from _no_interpreter(occasion)
    yield from _no_advocate(occasion)


# ---- who leads it


def _no_chair(occasion: Occasion) -> Iterator[MeetingCheck]:
    refs = {meeting.chair_ref for _, meeting in occasion.sitting.meetings if meeting.chair_ref}
    if any(occasion.there(ref) for ref in refs):
        return
    yield raised(
        occasion,
        name="no_chair",
        what="The chair recorded for the meeting will not be here on that day."
        if refs
        else "No chair is recorded for the meeting.",
        why="Nobody prepares the meeting, and nobody hears what is wrong with it while it can still be mended.",
        do="Agree who chairs it and record it.",
    )


def _not_the_coordinator(occasion: Occasion) -> Iterator[MeetingCheck]:
    """The first meeting since the last step-down from child protection, where the procedure asks the coordinator to chair it."""
    if not occasion.circumstances.coordinator_chairs:
        return
    on, directory = occasion.circumstances.on, occasion.circumstances.directory
    cases = []
    for case, meeting in occasion.sitting.meetings:
        steps = [one.happened_on for one in case.events if one.kind == "stepped_down_from_cp" and one.happened_on <= on]
        is_first = bool(steps) and not any(_comes_between(one, max(steps), meeting, on) for one in case.meetings)
        if is_first and meeting.chair_ref not in directory.holding(case, "cin_coordinator", on):
            cases.append(case)
    if cases:
        yield raised(
            occasion,
            cases,
            name="not_the_coordinator",
            what=f"This is the first meeting{occasion.of(cases)} since the step-down from child protection, "
            "and the coordinator is not recorded as its chair.",
            why="The procedure asks the coordinator to chair it, so that what kept the child safe is carried on.",
            do="Ask the coordinator to chair, or ask for one to be allocated.",
        )


def _comes_between(one: Meeting, since: date, meeting: Meeting, on: date) -> bool:
    """Whether another meeting was held on or after a day, or is booked before this one."""
    if is_booked(one, on):
        return (one.scheduled_at, one.meeting_ref) < (meeting.scheduled_at, meeting.meeting_ref)
    return one.held_on is not None and since <= one.held_on <= on


def _no_note_taker(occasion: Occasion) -> Iterator[MeetingCheck]:
    """Nobody who will be there takes the notes, and the lead practitioner is away that day or is not coming."""
    takers = [occasion.there(meeting.note_taker_ref) for _, meeting in occasion.sitting.meetings]
    if any(taker and not taker.is_away_on(occasion.sitting.day) for taker in takers):
        return
    directory, on = occasion.circumstances.directory, occasion.circumstances.on
    cases = []
    for case, meeting in occasion.sitting.meetings:
        lead = directory.lead_of(case, on)
        if meeting.lead_attending == "no" or (lead and lead.is_away_on(occasion.sitting.day)):
            cases.append(case)
    if cases:
        yield raised(
            occasion,
            cases,
            name="no_note_taker",
            what=f"The lead practitioner{occasion.of(cases)} will not be there, "
            "and nobody who will be there is recorded as taking the notes.",
            why="Without notes nobody can be held to what was agreed, and the record cannot go out in time.",
            do="Agree who takes the notes and record it.",
        )


# ---- whom nobody reaches


def _cannot_be_reached(occasion: Occasion) -> Iterator[MeetingCheck]:
    found = [(one, why) for one in occasion.coming if (why := why_unreached(occasion, one))]
    if found:
        people = occasion.circumstances.directory.people
        said = "; ".join(f"{_called(one, people.get(one.person_ref))}, who {why}" for one, why in found)
        yield raised(
            occasion,
            name="cannot_be_reached",
            what=f"{count_of(len(found), 'attendee')} cannot be reached by this service: {said}.",
            why="Nobody tells them of the meeting unless a person does.",
            do="Tell them yourself and record it, put their details right, or invite whoever has taken over from them.",
        )


def why_unreached(occasion: Occasion, attendee: Attendee) -> str | None:
    """Why nobody reaches an attendee, in words that follow `who`; None where somebody has, or the service can.

    Whoever has answered, or is recorded as invited, was reached; but not if they will have left by the day of the meeting.
    """
    directory, on = occasion.circumstances.directory, occasion.circumstances.on
    person = directory.people.get(attendee.person_ref)
    if person is None:
        return "is not among the people in the records"
    if person.has_left_by(occasion.sitting.day):
        return "has left" if person.has_left_by(on) else "will have left by then"
    if attendee.response or (attendee.invited_on and attendee.invited_on <= on):
        return None
    return _why_not_written_to(person, directory, on)


def _why_not_written_to(person: Person, directory: Directory, on: date) -> str | None:
    if person.contact == "no":
        return "must not be written to"
    if person.contact != "via":
        return _why_no_address(person, directory)
    through = directory.people.get(person.contact_via_ref or "")
    if through is None:
        return "is contacted through somebody else only, and nobody is named"
    if through.contact != "yes" or through.has_left_by(on) or _why_no_address(through, directory):
        return "is contacted through somebody who cannot be reached either"
    return None


def _why_no_address(person: Person, directory: Directory) -> str | None:
    if person.kind == "professional":
        why = directory.why_not_address(person)
        # Partners get meeting notices, whatever else they do not get.
        return None if why == PARTNER else why
    if person.mobile or (person.email and read_address(person.email)):
        return None
    return "has neither an e-mail address nor a mobile number"


def _called(attendee: Attendee, person: Person | None) -> str:
    """A professional by name; of a family only what they are, since a parent's name is often the child's."""
    if person and person.kind == "professional":
        return f"{person.name} ({attendee.capacity})"
    return CALLED.get(attendee.capacity, CALLED["other"])


# ---- who helps the family to take part


def _no_interpreter(occasion: Occasion) -> Iterator[MeetingCheck]:
    people = occasion.circumstances.directory.people
    family = [people[one.person_ref] for one in occasion.coming if one.person_ref in people]
    if all(one.kind == "professional" or _is_english(one.language) for one in family):
        return
    if any(one.capacity == "interpreter" for one in occasion.coming):
        return
    yield raised(
        occasion,
        name="no_interpreter",
        what="A member of the family who is to come has a language other than English, and no interpreter is to come.",
        why="They may not follow what is decided, and cannot say what they think of it.",
        do="Book an interpreter, who is not a relative, and add them to the meeting.",
    )


def _is_english(language: str) -> bool:
    return language.strip().lower().replace("_", "-").split("-")[0] in ("en", "eng", "english")


def _no_advocate(occasion: Occasion) -> Iterator[MeetingCheck]:
    on = occasion.circumstances.on
    cases = [case for case in occasion.sitting.cases if read_fact(case, "advocate_wanted", on).value == "yes"]
    if cases and not occasion.lists("advocate"):
        yield raised(
            occasion,
            cases,
            name="no_advocate",
            what=f"An advocate is wanted for the family{occasion.of(cases)}, and none is invited.",
            why="Somebody asked for help to be heard, and would come to the meeting without it.",
            do="Ask the advocacy service for an advocate, and add them to the meeting.",
        )
