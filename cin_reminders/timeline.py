"""What has happened in a case, as one ordered list: recorded events, and events worked out from the other relations.

An event counts from the day it happened; what is dated after the business date has not happened yet (docs/counting.md, Starts and
meetings of duties). ``recorded_on`` tells only late recording from late practice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cin_reminders.case import DERIVED_EVENTS, TRANSFER_DOCUMENTS, Case, Meeting, Transfer


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """One thing that happened on a day. ``subject`` is the meeting, action or transfer that it belongs to, if any."""

    on: date
    kind: str
    ref: str
    subject: str | None = None
    outcome: str | None = None
    recorded_on: date | None = None
    said: str = ""  # in words, where the kind alone does not say it


class Timeline:
    """Everything that had happened in a case by the business date, by kind and in order of days."""

    def __init__(self, case: Case, on: date) -> None:
        self._by_kind: dict[str, list[Happening]] = {}
        self._of_kinds: dict[tuple[str, ...], tuple[Happening, ...]] = {}  # each is asked for at every start of its duty
        for happening in _happenings(case, on):
            if happening.on <= on:
                self._by_kind.setdefault(happening.kind, []).append(happening)
        for happenings in self._by_kind.values():
            happenings.sort(key=_in_order)

    def of(self, kinds: tuple[str, ...]) -> tuple[Happening, ...]:
        """Every happening of these kinds, earliest first."""
        found = self._of_kinds.get(kinds)
        if found is None:
            every = (happening for kind in kinds for happening in self._by_kind.get(kind, ()))
            found = self._of_kinds[kinds] = tuple(sorted(every, key=_in_order))
        return found

    def belonging_to(self, subject: str, kind: str) -> list[Happening]:
        """The happenings of a kind that belong to one meeting, action or transfer, earliest first."""
        return [happening for happening in self._by_kind.get(kind, ()) if happening.subject == subject]


def _in_order(happening: Happening) -> tuple[date, str]:
    return happening.on, happening.ref


def _happenings(case: Case, on: date) -> Iterator[Happening]:
    for event in case.events:
        # A derived kind in cin_events would count one thing twice.
        if event.kind not in DERIVED_EVENTS and event.kind != "harm_identified":
            yield Happening(event.happened_on, event.kind, event.event_ref, event.meeting_ref, None, event.recorded_on)
    yield from _harm(case, on)
    yield from _consent(case)
    for meeting in case.meetings:
        yield from _of_meeting(meeting, on)
    for action in case.actions:
        if action.completed_on:
            recorded_on = action.recorded_on
            yield Happening(action.completed_on, "action_completed", action.action_ref, action.action_ref, None, recorded_on)
    for visit in case.visits:
        # Not recorded counts as seen.
        if visit.child_seen != "no":
            yield Happening(visit.visited_on, "visit_made", visit.visit_ref, recorded_on=visit.recorded_on)
    for transfer in case.transfers:
        yield from _of_transfer(transfer)
    if case.closed_on:
        yield Happening(case.closed_on, "case_closed", case.case_ref)


def _of_meeting(meeting: Meeting, on: date) -> Iterator[Happening]:
    ref = meeting.meeting_ref
    days: list[tuple[str, date | None]] = [
        ("record_shared", meeting.record_shared_on),
        ("plan_shared", meeting.plan_shared_on),
        ("outcome_recorded", meeting.outcome_recorded_on),
        ("everyone_invited", _all_invited_on(meeting)),
    ]
    if meeting.held_on:
        yield Happening(meeting.held_on, f"{meeting.kind}_meeting_held", ref, ref, meeting.outcome, meeting.recorded_on)
        # Agreed at the meeting itself, whenever it was written down.
        days.append(("next_review_agreed", meeting.held_on if meeting.next_review_on else None))
    if meeting.kind == "initial" and (meeting.held_on or not is_cancelled(meeting, on)):
        days.append(("initial_meeting_booked", meeting.booked_on))
    for kind, day in days:
        if day:
            yield Happening(day, kind, ref, ref, meeting.outcome)


def is_cancelled(meeting: Meeting, on: date) -> bool:
    """Whether the meeting had been cancelled by the day."""
    return meeting.cancelled_on is not None and meeting.cancelled_on <= on


def _all_invited_on(meeting: Meeting) -> date | None:
    """The day on which the last attendee was invited; None while anybody is not, or nobody is listed."""
    days = [attendee.invited_on for attendee in meeting.attendees if attendee.invited_on is not None]
    return max(days) if days and len(days) == len(meeting.attendees) else None


def _of_transfer(transfer: Transfer) -> Iterator[Happening]:
    ref = transfer.transfer_ref
    whole = set(TRANSFER_DOCUMENTS) <= set(transfer.documents_sent)
    for kind, day in (
        ("became_resident", transfer.resident_on if transfer.direction == "in" else None),
        ("transfer_notified", transfer.notified_on),
        ("transfer_permission_sought", transfer.permission_sought_on),
        ("transfer_documents_complete", transfer.documents_sent_on if whole else None),
        ("transfer_agencies_told", transfer.agencies_told_on),
        ("service_manager_told", transfer.service_manager_told_on),
    ):
        if day:
            yield Happening(day, kind, ref, ref)


def _harm(case: Case, on: date) -> Iterator[Happening]:
    """Harm recorded as an event, and as the outcome of a meeting: of one meeting they are one start, on the earlier day."""
    held = {one.meeting_ref: one.held_on for one in case.meetings if one.outcome == "harm" and one.held_on}
    events = [one for one in case.events if one.kind == "harm_identified" and one.happened_on <= on]
    for event in sorted(events, key=lambda one: (one.happened_on, one.event_ref)):
        day = min(event.happened_on, held.pop(event.meeting_ref or "", event.happened_on))
        yield Happening(day, event.kind, event.event_ref, event.meeting_ref, None, event.recorded_on)
    for ref, held_on in held.items():
        yield Happening(held_on, "harm_identified", ref, ref)


def _consent(case: Case) -> Iterator[Happening]:
    """Consent refused or withdrawn as a fact counts as the event, unless the event itself is recorded for that day."""
    events = {(event.kind, event.happened_on) for event in case.events}
    facts = {(f"consent_{row.value}", row.since_on) for row in case.facts if row.fact == "consent" and row.since_on}
    for kind, day in sorted(facts):
        if kind != "consent_given" and (kind, day) not in events:
            yield Happening(day, kind, case.case_ref)
