"""What has happened in a case, as one ordered list: recorded events, and events worked out from the other relations.

An event counts from the day it happened; what is dated after the business date has not happened yet (duties.md, Starts and
meetings of duties). ``recorded_on`` tells only late recording from late practice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from cin_reminders.case import DERIVED_EVENTS, Case


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """One thing that happened on a day. ``subject`` is the meeting, action or transfer that it belongs to, if any."""

    on: date
    kind: str
    ref: str
    subject: str | None = None
    outcome: str | None = None
    recorded_on: date | None = None


class Timeline:
    """Everything that had happened in a case by the business date, by kind and in order of days."""

    def __init__(self, case: Case, on: date) -> None:
        self._by_kind: dict[str, list[Happening]] = {}
        for happening in _happenings(case):
            if happening.on <= on:
                self._by_kind.setdefault(happening.kind, []).append(happening)
        for happenings in self._by_kind.values():
            happenings.sort(key=lambda happening: (happening.on, happening.ref))

    def of(self, kinds: Iterable[str]) -> list[Happening]:
        """Every happening of these kinds, earliest first."""
        found = [happening for kind in kinds for happening in self._by_kind.get(kind, ())]
        found.sort(key=lambda happening: (happening.on, happening.ref))
        return found

    def belonging_to(self, subject: str, kind: str) -> list[Happening]:
        """The happenings of a kind that belong to one meeting, action or transfer, earliest first."""
        return [happening for happening in self._by_kind.get(kind, ()) if happening.subject == subject]


def _happenings(case: Case) -> Iterator[Happening]:
    for event in case.events:
        # A derived kind in cin_events would count one thing twice.
        if event.kind not in DERIVED_EVENTS:
            yield Happening(
                event.happened_on, event.kind, event.event_ref, event.meeting_ref, recorded_on=event.recorded_on
            )
    yield from _of_meetings(case)
    for action in case.actions:
        if action.agreed_on:
            yield Happening(action.agreed_on, "action_agreed", action.action_ref, action.action_ref)
        if action.completed_on:
            recorded_on = action.recorded_on
            yield Happening(action.completed_on, "action_completed", action.action_ref, action.action_ref, None, recorded_on)
    for visit in case.visits:
        # Not recorded counts as seen.
        if visit.child_seen != "no":
            yield Happening(visit.visited_on, "visit_made", visit.visit_ref, recorded_on=visit.recorded_on)
    for transfer in case.transfers:
        if transfer.direction == "in" and transfer.resident_on:
            yield Happening(transfer.resident_on, "became_resident", transfer.transfer_ref, transfer.transfer_ref)
    if case.closed_on:
        yield Happening(case.closed_on, "case_closed", case.case_ref)


def _of_meetings(case: Case) -> Iterator[Happening]:
    for meeting in case.meetings:
        ref, recorded_on = meeting.meeting_ref, meeting.recorded_on
        if meeting.held_on:
            yield Happening(meeting.held_on, f"{meeting.kind}_meeting_held", ref, ref, meeting.outcome, recorded_on)
        for kind, day in (
            ("record_shared", meeting.record_shared_on),
            ("plan_shared", meeting.plan_shared_on),
            ("outcome_recorded", meeting.outcome_recorded_on),
        ):
            if day:
                yield Happening(day, kind, ref, ref, meeting.outcome)
