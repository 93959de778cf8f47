"""Small cases for the tests: one value each for what the records hold, with only what a test cares about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date, datetime, time
from functools import cache
from typing import Any

from plain.duties_records import Council, Row

from cin_reminders.case import Action, Attendee, Case, Event, Fact, Meeting, RoleHolder, Transfer, Visit
from cin_reminders.obligations import Obligation, obligations
from cin_reminders.policy import Policy
from cin_reminders.policy_file import load_policy
from cin_reminders.working_days import Calendar, make_calendar

POLICIES = ("cumbria", "norfolk", "psw-brief-2020", "salford", "specialist-childrens-services")


def d(text: str) -> date:
    return date.fromisoformat(text)


def _d(text: str | None) -> date | None:
    return d(text) if text else None


def a_case(**columns: Any) -> Case:
    """One case, C1, a plan for a child in need; a date may be given as text, and rows as a list."""
    for name, value in columns.items():
        if isinstance(value, list):
            columns[name] = tuple(value)
        elif name.endswith("_on") and isinstance(value, str):
            columns[name] = d(value)
    return Case(**{"case_ref": "C1", "label": "C1", "plan_type": "child_in_need"} | columns)


def event(kind: str, happened: str, ref: str | None = None, **more: Any) -> Event:
    return Event(event_ref=ref or f"{kind} {happened}", kind=kind, happened_on=d(happened), **more)


def meeting(kind: str, held: str | None, ref: str | None = None, **columns: Any) -> Meeting:
    """A meeting held at ten; with ``held`` None it is only booked, and ``scheduled`` says for when."""
    day = d(held or columns.pop("scheduled"))
    days: dict[str, Any] = {name: d(value) if name.endswith("_on") else value for name, value in columns.items()}
    scheduled_at = datetime.combine(day, time(10))
    return Meeting(meeting_ref=ref or f"{kind} {day}", kind=kind, scheduled_at=scheduled_at, held_on=_d(held), **days)


def fact(name: str, value: str, since: str | None = None, until: str | None = None) -> Fact:
    return Fact(fact=name, value=value, since_on=_d(since), until_on=_d(until))


def action(due: str | None, agreed: str | None = None, completed: str | None = None, ref: str = "A1") -> Action:
    return Action(action_ref=ref, due_on=_d(due), agreed_on=_d(agreed), completed_on=_d(completed))


def visit(visited: str, child_seen: str | None = None, ref: str | None = None) -> Visit:
    return Visit(visit_ref=ref or f"visit {visited}", visited_on=d(visited), child_seen=child_seen)


def moved_in(resident: str | None, ref: str = "T1", direction: str = "in") -> Transfer:
    return Transfer(transfer_ref=ref, direction=direction, resident_on=_d(resident))


def coordinator(begins: str | None = None, until: str | None = None) -> RoleHolder:
    return RoleHolder(role="cin_coordinator", person_ref="P1", from_on=_d(begins), until_on=_d(until))


@cache
def policy(name: str) -> Policy:
    return load_policy(name)


@cache
def calendar() -> Calendar:
    return make_calendar()


def all_of(case: Case, name: str, on: str, duty: str) -> list[Obligation]:
    """Every obligation of a duty in one case under one of the five policies, in the order of their starts."""
    return [one for one in obligations(case, policy(name), calendar(), d(on)) if one.duty == duty]


def only(case: Case, name: str, on: str, duty: str) -> Obligation:
    """The one obligation of a duty; more than one, or none, fails."""
    (one,) = all_of(case, name, on, duty)
    return one


_RELATIONS = {
    "cin_facts": "facts",
    "cin_events": "events",
    "cin_meetings": "meetings",
    "cin_roles": "roles",
    "cin_actions": "actions",
    "cin_visits": "visits",
    "cin_transfers": "transfers",
}


def plain_council(case: Case) -> Council:
    """The rows of one case as the plain evaluator takes them."""
    rows: Council = {
        relation: [{"case_ref": case.case_ref, "team": None} | asdict(row) for row in getattr(case, name)]
        for relation, name in _RELATIONS.items()
    }
    rows["cin_cases"] = [
        {field.name: getattr(case, field.name) for field in fields(Case) if field.name not in _RELATIONS.values()}
    ]
    rows["cin_attendees"] = [row for meeting in case.meetings for row in _attendees(meeting.meeting_ref, meeting.attendees)]
    rows["cin_people"] = []
    for row in rows["cin_transfers"]:
        row["documents_sent"] = ",".join(row["documents_sent"]) or None
    return rows


def _attendees(meeting_ref: str, attendees: Iterable[Attendee]) -> Iterable[Row]:
    return ({"meeting_ref": meeting_ref} | asdict(attendee) for attendee in attendees)
