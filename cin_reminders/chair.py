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
class Point:
    """One thing that a procedure asks of a meeting, with its clause."""

    says: str
    clause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a check found, in words."""

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
    """Everything that the chair's copy has beyond that of the other attendees. What is empty is left out."""

    to_mend: tuple[Found, ...] = ()
    to_consider: tuple[Found, ...] = ()
    answered: str = ""
    answers: tuple[Answers, ...] = ()
    overdue: tuple[str, ...] = ()
    to_settle: tuple[Point, ...] = ()
    agenda: tuple[Point, ...] = ()
    notes: tuple[str, ...] = ()


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
) -> ChairsCopy:
    """What the chair is told of a meeting, as the records stand on ``on``.

    ``languages`` are those recorded for attendees who got English, since there is no text in them. ``left_out`` names what
    families and partners were not told, since they may not read it: `venue`, `link`.
    """
    found = [(one.advisory, Found(what=one.what, why=one.why, do=one.do)) for one in checks]
    by_answer: dict[str | None, list[str]] = {}
    children = sum(_is_child(one, people) for one in sitting.attendees)
    for attendee in sitting.attendees:
        by_answer.setdefault(attendee.response, []).append(_who(attendee, people, children))
    given = [(answer, sorted(by_answer[answer])) for answer in _ANSWERS if answer in by_answer]
    return ChairsCopy(
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
