"""A sitting: one meeting with every case that shares it. Siblings who meet together have one, told once to each person."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from cin_reminders.case import Attendee, Case, Meeting

_T = TypeVar("_T")

# What an attendee has to know to come. A change of any of these is a change of the meeting.
WHEN_AND_WHERE = ("scheduled_at", "ends_at", "venue", "online_url")
_IN_WORDS = {"scheduled_at": "the time", "ends_at": "the end", "venue": "the venue", "online_url": "the link"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sitting:
    """One meeting with the cases that share it, in the order of their references; there is at least one.

    ``left_out`` are cases that share the meeting and are not spoken of: their children may be among the attendees, and
    nothing else of them is in any notice. ``in_the_chairs_place`` is who hears what the chair would, where none is recorded.
    """

    meeting_ref: str
    meetings: tuple[tuple[Case, Meeting], ...]
    left_out: tuple[Case, ...] = ()
    in_the_chairs_place: str | None = None

    @property
    def meeting(self) -> Meeting:
        """The meeting as the first case has it."""
        return self.meetings[0][1]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases that are spoken of."""
        return tuple(case for case, _ in self.meetings)

    @property
    def case_refs(self) -> tuple[str, ...]:
        """The references of the cases that are spoken of."""
        return tuple(case.case_ref for case in self.cases)

    @property
    def labels(self) -> tuple[str, ...]:
        """What messages call the cases, each once."""
        return tuple(dict.fromkeys(case.label for case in self.cases))

    @property
    def kind(self) -> str:
        """Initial, review or closing, as the first case has it."""
        return self.meeting.kind

    @property
    def scheduled_at(self) -> datetime:
        """When it begins, by the clock in London."""
        return self.meeting.scheduled_at

    @property
    def day(self) -> date:
        """The day on which it is to be held."""
        return self.scheduled_at.date()

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, by the clock in London."""
        return self._first(lambda one: one.ends_at)

    @property
    def venue(self) -> str | None:
        """Where people meet. It may be somebody's home."""
        return self._first(lambda one: one.venue)

    @property
    def online_url(self) -> str | None:
        """The link by which people join."""
        return self._first(lambda one: one.online_url)

    @property
    def chair_ref(self) -> str | None:
        """Who chairs it."""
        return self._first(lambda one: one.chair_ref)

    @property
    def note_taker_ref(self) -> str | None:
        """Who takes the notes."""
        return self._first(lambda one: one.note_taker_ref)

    @property
    def booked_on(self) -> date | None:
        """The first day on which any of its rows was booked; None where none says."""
        return min((meeting.booked_on for _, meeting in self.meetings if meeting.booked_on), default=None)

    @property
    def held_on(self) -> date | None:
        """The day on which it was held, by the first row that says so."""
        return self._first(lambda one: one.held_on)

    @property
    def cancelled_on(self) -> date | None:
        """The day on which the last of its rows was cancelled; None while it goes ahead for any case."""
        days = [meeting.cancelled_on for _, meeting in self.meetings]
        known = [day for day in days if day]
        return max(known) if len(known) == len(days) else None

    @property
    def attendees(self) -> tuple[Attendee, ...]:
        """Everybody who is asked to come, each once, in the order of their references.

        Of several rows of one person the first capacity, answer and day of the invitation that are recorded count, a child or
        a relative before anything else: what a family reads says less.
        """
        rows: dict[str, list[Attendee]] = {}
        for _, meeting in self.meetings:
            for one in meeting.attendees:
                rows.setdefault(one.person_ref, []).append(one)
        return tuple(_merged(found) for _, found in sorted(rows.items()))

    @property
    def disagreements(self) -> tuple[str, ...]:
        """What its rows say differently about when and where it is, in words; a row that says nothing disagrees with none."""
        return tuple(_IN_WORDS[name] for name in WHEN_AND_WHERE if len(set(self._said(name))) > 1)

    def is_held_by(self, on: date) -> bool:
        """Whether any of its rows says that it was held on or before the day."""
        return any(meeting.held_on is not None and meeting.held_on <= on for _, meeting in self.meetings)

    def is_cancelled_by(self, on: date) -> bool:
        """Whether every one of its rows was cancelled on or before the day."""
        return all(_is_cancelled(meeting, on) for _, meeting in self.meetings)

    def as_of(self, on: date) -> Sitting | None:
        """The sitting for the cases that it still concerns on the day; None where it concerns none.

        A case that has closed, or whose row is not booked yet, is left out; so is one whose row was cancelled, as long as the
        meeting goes ahead for another.
        """
        booked = [
            (case, meeting)
            for case, meeting in self.meetings
            if case.is_open_on(on) and not (meeting.booked_on is not None and meeting.booked_on > on)
        ]
        concerned = [one for one in booked if not _is_cancelled(one[1], on)] or booked
        if not concerned:
            return None
        gone = tuple(one[0] for one in self.meetings if one not in concerned)
        return replace(self, meetings=tuple(concerned), left_out=(*self.left_out, *gone))

    def _first(self, read: Callable[[Meeting], _T | None]) -> _T | None:
        return next((value for _, meeting in self.meetings if (value := read(meeting))), None)

    def _said(self, name: str) -> Iterator[object]:
        for _, meeting in self.meetings:
            value = getattr(meeting, name)
            if value:
                yield _plain(value) if isinstance(value, str) else value


def sittings(cases: Iterable[Case], *, left_out: Collection[str] = ()) -> tuple[Sitting, ...]:
    """Every meeting of the cases, each with all who share it, in the order of their references.

    ``left_out`` are references of cases that no notice may speak of: restricted, quarantined or outside the procedure. A
    meeting of such cases alone is no sitting.
    """
    spoken: dict[str, list[tuple[Case, Meeting]]] = {}
    unspoken: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda one: one.case_ref):
        for meeting in case.meetings:
            if case.case_ref in left_out:
                unspoken.setdefault(meeting.meeting_ref, []).append(case)
            else:
                spoken.setdefault(meeting.meeting_ref, []).append((case, meeting))
    return tuple(
        Sitting(meeting_ref=ref, meetings=tuple(found), left_out=tuple(unspoken.get(ref, ())))
        for ref, found in sorted(spoken.items())
    )


def fingerprint(sitting: Sitting, secret: bytes) -> str:
    """A mark of when and where a meeting is, from which neither can be read: what a person was told is kept as this.

    Without the council's secret nobody can try addresses until one fits. Raises ValueError for an empty secret.
    """
    if not secret:
        raise ValueError("secret: empty; it must be at least one byte")
    ends_at = sitting.ends_at.isoformat() if sitting.ends_at else ""
    where = [_plain(sitting.venue or ""), _plain(sitting.online_url or "")]
    told = json.dumps([sitting.meeting_ref, sitting.scheduled_at.isoformat(), ends_at, *where])
    return hmac.new(secret, told.encode(), hashlib.sha256).hexdigest()[:32]


def _plain(text: str) -> str:
    # A blank more or less is no other place.
    return " ".join(text.split())


def _is_cancelled(meeting: Meeting, on: date) -> bool:
    return meeting.cancelled_on is not None and meeting.cancelled_on <= on


_NEAREST_FIRST = ("child", "parent", "family")


def _merged(rows: list[Attendee]) -> Attendee:
    capacities = [one.capacity for one in rows]
    return Attendee(
        person_ref=rows[0].person_ref,
        capacity=next((near for near in _NEAREST_FIRST if near in capacities), capacities[0]),
        invited_on=min((one.invited_on for one in rows if one.invited_on), default=None),
        response=next((one.response for one in rows if one.response), None),
    )
