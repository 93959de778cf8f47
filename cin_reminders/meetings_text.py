"""The meetings ahead as text for the people who prepare them: by day, what to mend first.

Professionals are named; somebody of a family stands by what they are and their reference, and no place is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from cin_reminders.agenda import Asked
from cin_reminders.attendance import CALLED
from cin_reminders.case import Person
from cin_reminders.meeting_check import MeetingCheck
from cin_reminders.meetings_ahead import Ahead, CaseAhead, MeetingAhead, WouldRead
from cin_reminders.occasion import time_of
from cin_reminders.readers import READERS
from cin_reminders.rendering import plain
from cin_reminders.sitting import Sitting
from cin_reminders.words import count_of, day_in_full, day_in_words, joined, labelled

_INDENT = 17
NOTHING_SENT = "This is a look: nothing is sent and nothing recorded. What people are told, the daily run tells them on its day."


def as_text(ahead: Ahead, people: Mapping[str, Person]) -> str:
    """Everything, by day; then the cases for which nothing is booked. No line begins with what stands in the records."""
    return "\n".join(line.rstrip() for line in _lines(ahead, people))


def _lines(ahead: Ahead, people: Mapping[str, Person]) -> Iterator[str]:
    days = f"from {day_in_words(ahead.on)} to {day_in_words(ahead.until_on)}"
    wrong = sum(bool(one.to_mend) for one in ahead.meetings)
    has = "has" if wrong == 1 else "have"
    yield f"{count_of(len(ahead.meetings), 'meeting')} {days}; {wrong or 'none'} {has if wrong else 'has'} something to mend."
    yield NOTHING_SENT
    everywhere = _asked_everywhere(ahead.meetings)
    for day, meetings in groupby(ahead.meetings, key=lambda one: one.sitting.day):
        yield from ("", day_in_full(day, ahead.on))
        for one in meetings:
            yield from _meeting(one, people, everywhere)
    if any(everywhere.values()):
        yield from (
            "",
            "What the procedure asks at " + ("this meeting" if len(ahead.meetings) == 1 else "each of these meetings"),
        )
        for heading, points in everywhere.items():
            yield from _asked(heading, points)
    yield from _cases(ahead.cases)


def _asked_of(one: MeetingAhead) -> Mapping[str, tuple[Asked, ...]]:
    return {"To settle": one.asked.to_settle, "To bring": one.asked.to_bring, "The family": one.asked.family_brings}


def _asked_everywhere(meetings: tuple[MeetingAhead, ...]) -> Mapping[str, tuple[Asked, ...]]:
    """What is asked of every meeting shown, so that it is said once."""
    first = _asked_of(meetings[0]) if meetings else {}
    return {
        heading: tuple(point for point in points if all(point in _asked_of(one)[heading] for one in meetings))
        for heading, points in first.items()
    }


def _meeting(one: MeetingAhead, people: Mapping[str, Person], everywhere: Mapping[str, tuple[Asked, ...]]) -> Iterator[str]:
    sitting = one.sitting
    yield ""
    about = joined([plain(label) for label in sitting.labels], "and")
    yield from labelled(time_of(sitting), f"{one.name} ({sitting.kind}) about {about} [{plain(sitting.meeting_ref)}]", _INDENT)
    chair = people.get(sitting.chair_ref or "")
    yield from labelled("Chair", _named(chair) if chair else "nobody that the records name", _INDENT)
    places = [word for word, given in (("a venue", sitting.venue), ("a link", sitting.online_url)) if given]
    yield from labelled("Place", f"{joined(places, 'and')} recorded" if places else "nothing is recorded", _INDENT)
    yield from _checks("To mend", one.to_mend)
    yield from _checks("To consider", one.to_consider)
    for kind in READERS:
        told = [who for who in one.would_read if who.reader.kind == kind and who.stage]
        named = (f"{_who(who, sitting, people)} ({who.stage})" for who in told)
        yield from labelled(f"As {kind}", "; ".join(named), _INDENT)
    for number, who in enumerate(who for who in one.would_read if who.why_not):
        yield from labelled("" if number else "Told nothing", f"{_who(who, sitting, people)}, who {who.why_not}", _INDENT)
    for heading, points in _asked_of(one).items():
        yield from _asked(heading, (point for point in points if point not in everywhere[heading]))


def _cases(cases: tuple[CaseAhead, ...]) -> Iterator[str]:
    if cases:
        yield from ("", f"No meeting on these days, and something is wrong: {count_of(len(cases), 'case')}")
    for one in cases:
        yield ""
        team = f", {plain(one.case.team)}" if one.case.team else ""
        yield from labelled("Case", f"{plain(one.case.label)} [{plain(one.case.case_ref)}]{team}", _INDENT)
        yield from _checks("To mend", one.checks)


def _checks(heading: str, checks: Iterable[MeetingCheck]) -> Iterator[str]:
    for number, check in enumerate(checks):
        yield from labelled("" if number else heading, plain(check.what), _INDENT)
        yield from labelled("", f"Why: {plain(check.why)}", _INDENT)
        yield from labelled("", f"Do: {plain(check.do)}", _INDENT)


def _asked(heading: str, asked: Iterable[Asked]) -> Iterator[str]:
    for number, one in enumerate(asked):
        yield from labelled("" if number else heading, f"{one.says} ({one.clause})", _INDENT)


def _who(who: WouldRead, sitting: Sitting, people: Mapping[str, Person]) -> str:
    reader = who.reader
    if reader.in_place_of:
        return f"{_called(reader.person_ref, sitting, people)} for {_called(reader.in_place_of.person_ref, sitting, people)}"
    return _called(reader.person_ref, sitting, people)


def _called(ref: str, sitting: Sitting, people: Mapping[str, Person]) -> str:
    person = people.get(ref)
    capacity = next((one.capacity for one in sitting.attendees if one.person_ref == ref), "")
    if person is not None and person.kind == "professional" and capacity not in ("child", "parent", "family"):
        return _named(person)
    # Whoever only passes a notice on is in no list of attendees.
    what = CALLED.get(capacity, "a child" if person and person.kind == "child" else "somebody")
    return f"{what} [{plain(ref)}]"


def _named(person: Person) -> str:
    if person.kind != "professional":
        return f"somebody of the family [{plain(person.person_ref)}]"
    return f"{plain(person.name)} [{plain(person.person_ref)}]"
