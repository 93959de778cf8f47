"""What the chair of a meeting is told beside its date: what to mend, who has answered, what is overdue, what to settle.

The chair has the case, so attendees are named, except a child, who is named to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from cin_reminders.agenda import Asked, AskedOfMeeting
from cin_reminders.case import Attendee, Case, Person
from cin_reminders.sitting import Sitting
from cin_reminders.words import count_of, day_in_full

# What an attendee has answered, each with the heading and the word of the count; in the order in which a chair reads them.
_ANSWERS: Mapping[str | None, tuple[str, str]] = {
    "no": ("Not coming", "not coming"),
    "unsure": ("Not sure", "not sure"),
    None: ("Not answered yet", "not answered yet"),
    "yes": ("Coming", "coming"),
}


# What somebody who could not be reached was not told, by the stage of the notice.
_NOT_TOLD = {
    "invitation": "could not be invited",
    "reminder": "could not be reminded",
    "tomorrow": "could not be reminded",
    "changed": "could not be told that the meeting has changed",
    "cancelled": "could not be told that the meeting is cancelled",
}


class Check(Protocol):
    """Something found wrong with a meeting, in plain words; an advisory one is only worth a thought."""

    @property
    def what(self) -> str:
        """What is wrong."""

    @property
    def why(self) -> str:
        """Why it matters."""

    @property
    def do(self) -> str:
        """What would mend it."""

    @property
    def advisory(self) -> bool:
        """Whether it may be right as it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreached:
    """Somebody whom a notice of the meeting could not be brought to, and its stage: `reminder`, `changed-2`."""

    person_ref: str
    stage: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One thing that a procedure asks of a meeting, with its clause."""

    says: str
    clause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a check found, or who could not be reached, in words."""

    what: str
    why: str
    do: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Everybody who gave one answer."""

    heading: str
    people: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChairsCopy:
    """Everything that the chair's copy has beyond that of the other attendees. What is empty is left out.

    ``is_off``: the meeting is cancelled, so that who could not be reached is all that is left to say.
    """

    is_off: bool = False
    unreached: tuple[Found, ...] = ()
    to_mend: tuple[Found, ...] = ()
    to_consider: tuple[Found, ...] = ()
    answered: str = ""
    answers: tuple[Answers, ...] = ()
    overdue: tuple[str, ...] = ()
    to_settle: tuple[Point, ...] = ()
    agenda: tuple[Point, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def further(self) -> str:
        """What the copy holds beside what is to be mended, in short: `Answers: 2 coming; 1 action overdue`."""
        counted = (
            f"answers: {self.answered}" if self.answered else "",
            f"{count_of(len(self.overdue), 'action')} overdue" if self.overdue else "",
            f"{len(self.to_consider)} worth a thought" if self.to_consider else "",
            f"{len(self.notes)} to know" if self.notes else "",
        )
        said = "; ".join(filter(None, counted))
        return said[:1].upper() + said[1:]


def points(asked: Iterable[Asked]) -> tuple[Point, ...]:
    """What is asked, as a message says it."""
    return tuple(Point(says=one.says, clause=one.clause) for one in asked)


def chairs_copy(
    *,
    sitting: Sitting,
    people: Mapping[str, Person],
    asked: AskedOfMeeting,
    checks: Iterable[Check],
    on: date,
    languages: Iterable[str] = (),
    left_out: Iterable[str] = (),
    unreached: Iterable[Unreached] = (),
) -> ChairsCopy:
    """What the chair is told of a meeting, as the records stand on ``on``.

    ``languages`` are those recorded for attendees who got English, since there is no text in them. ``left_out`` names what
    families and partners were not told, since they may not read it: `venue`, `link`. ``unreached`` are those whose address or
    number does not work, oldest first: of several notices to one person the last is said.
    """
    if sitting.is_cancelled_by(on):
        return ChairsCopy(is_off=True, unreached=_not_reached(unreached, sitting, people))
    found = [(one.advisory, Found(what=one.what, why=one.why, do=one.do)) for one in checks]
    by_answer: dict[str | None, list[str]] = {}
    children = sum(_is_child(one, people) for one in sitting.attendees)
    for attendee in sitting.attendees:
        by_answer.setdefault(attendee.response, []).append(_who(attendee, people, children))
    given = [(answer, sorted(by_answer[answer])) for answer in _ANSWERS if answer in by_answer]
    return ChairsCopy(
        unreached=_not_reached(unreached, sitting, people),
        to_mend=tuple(one for advisory, one in found if not advisory),
        to_consider=tuple(one for advisory, one in found if advisory),
        answered=", ".join(f"{len(names)} {_ANSWERS[answer][1]}" for answer, names in given),
        answers=tuple(Answers(heading=_ANSWERS[answer][0], people=tuple(names)) for answer, names in given),
        overdue=tuple(line for case in sitting.cases for line in _overdue(case, people, on)),
        to_settle=points(asked.to_settle),
        agenda=points(asked.agenda),
        notes=(*_notes(languages), *_of_what_was_left_out(left_out)),
    )


def _is_child(attendee: Attendee, people: Mapping[str, Person]) -> bool:
    person = people.get(attendee.person_ref)
    return attendee.capacity == "child" or (person is not None and person.kind == "child")


def _who(attendee: Attendee, people: Mapping[str, Person], children: int) -> str:
    if _is_child(attendee, people):
        return "the child" if children == 1 else "one of the children"
    person = people.get(attendee.person_ref)
    if person is None:
        return f"somebody of whom no more is recorded ({attendee.capacity})"
    about = [person.organisation or "", "" if attendee.capacity == "other" else attendee.capacity]
    said = ", ".join(filter(None, about))
    return f"{person.name} ({said})" if said else person.name


def _not_reached(unreached: Iterable[Unreached], sitting: Sitting, people: Mapping[str, Person]) -> tuple[Found, ...]:
    last = {one.person_ref: one.stage.partition("-")[0] for one in unreached}
    return tuple(
        Found(
            what=f"{who[:1].upper()}{who[1:]} {_NOT_TOLD[stage]}.",
            why="The address or number in the records does not work.",
            do=f"Tell them yourself{'' if stage == 'cancelled' else ' when and where it is'}, and mend it in the records.",
        )
        for ref, stage in last.items()
        for who in (_who_in_short(ref, sitting, people),)
    )


def _who_in_short(ref: str, sitting: Sitting, people: Mapping[str, Person]) -> str:
    """Who somebody is: a professional by name, and of the family only what they are."""
    attendee = next((one for one in sitting.attendees if one.person_ref == ref), Attendee(person_ref=ref, capacity="other"))
    person = people.get(ref)
    if person is None or person.kind == "professional" or _is_child(attendee, people):
        return _who(attendee, people, sum(_is_child(one, people) for one in sitting.attendees))
    return "a parent" if attendee.capacity == "parent" else "one of the family"


def _overdue(case: Case, people: Mapping[str, Person], on: date) -> Iterable[str]:
    late = (one for one in case.actions if one.due_on and one.due_on < on and (one.completed_on is None or one.completed_on > on))
    for action in sorted(late, key=lambda one: (one.due_on or on, one.action_ref)):
        assert action.due_on is not None
        owner = people.get(action.owner_ref or "")
        named = "" if owner is None else ", of the child" if owner.kind == "child" else f", of {owner.name}"
        yield f"{case.label}: action {action.action_ref}{named}, was due {day_in_full(action.due_on, on)}"


def _notes(languages: Iterable[str]) -> tuple[str, ...]:
    counted: dict[str, int] = {}
    for language in languages:
        counted[language] = counted.get(language, 0) + 1
    return tuple(
        f"There is no text in the language recorded as {language}, so {count_of(number, 'person', 'people')} got it in English. "
        "Please see that they understand it."
        for language, number in sorted(counted.items())
    )


def _of_what_was_left_out(left_out: Iterable[str]) -> Iterable[str]:
    for what in dict.fromkeys(left_out):
        yield (
            f'The {what} says "child in need", which no family or partner may read, so it was left out of what they got. '
            "Please record it in other words, or tell them yourself."
        )
