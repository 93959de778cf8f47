"""Rows become cases: each case with everything the records hold about it, in the order of their references."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, TypeVar

from cin_reminders.case import (
    DERIVED_EVENTS,
    Action,
    Attendee,
    Case,
    Event,
    Extract,
    Fact,
    Meeting,
    Person,
    Rejection,
    RoleHolder,
    RowCount,
    Transfer,
    Visit,
)
from cin_reminders.records.relations import RELATIONS
from cin_reminders.records.rows import Rows, Values, said

_Value = TypeVar("_Value")
_EVENT_KIND = RELATIONS["cin_events"].position("kind")

# The relations whose rows belong to one case, in the order of the contract.
_OF_A_CASE = tuple(relation for relation in RELATIONS.values() if any(one.name == "case_ref" for one in relation.columns))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """One relation's rows with the keys that concern each case."""

    rows: Rows
    case_at: int
    keys: Mapping[str, list[object]]

    def of_case(self, case_ref: str, reading: int) -> list[Values]:
        """The rows of one case in one reading of the records."""
        found = (self.rows.of_key(key, reading) for key in self.keys.get(case_ref, ()))
        return [row for row in found if row[self.case_at] == case_ref]


def assemble(supplied: Mapping[str, Rows]) -> Extract:
    """One extract from the rows of each relation that was supplied.

    A case with rows of one key that disagree is built from the first of them, and once more for every further reading.
    """
    warnings = [warning for rows in supplied.values() for warning in rows.warnings]
    known = {key for key in supplied["cin_cases"].first if isinstance(key, str)}
    of_case = {relation.name: _by_case(supplied[relation.name]) for relation in _OF_A_CASE if relation.name in supplied}
    attendees = _attendees(supplied.get("cin_attendees"))

    warnings += _derived(supplied["cin_events"])
    warnings += _unattached(supplied, known)
    readings, disagreements = _readings(of_case)
    warnings += disagreements
    warnings += _disputed_people(supplied["cin_people"])
    warnings += _disputed_attendees(supplied.get("cin_attendees"))

    order = sorted(known)
    cases = tuple(_case(case_ref, 0, of_case, attendees) for case_ref in order)
    disputed = {
        case_ref: tuple(_case(case_ref, reading, of_case, attendees) for reading in range(1, readings[case_ref]))
        for case_ref in order
        if case_ref in readings
    }
    rejections: tuple[Rejection, ...] = tuple(one for rows in supplied.values() for one in rows.rejections)
    none = RowCount(read=0, accepted=0, rejected=0)
    return Extract(
        cases=cases,
        people=MappingProxyType(_people(supplied["cin_people"])),
        team_roles=MappingProxyType(_team_roles(supplied["cin_roles"])),
        rows=MappingProxyType({name: supplied[name].count if name in supplied else none for name in RELATIONS}),
        rejections=rejections,
        warnings=tuple(warnings),
        not_supplied=frozenset(RELATIONS) - frozenset(supplied),
        disputed=MappingProxyType(disputed),
    )


def _by_case(rows: Rows) -> _Rows:
    case_at = rows.relation.position("case_ref")
    keys: defaultdict[str, list[object]] = defaultdict(list)
    for key, row in rows.first.items():
        keys[row[case_at]].append(key)
    for key, further in rows.others.items():
        for case_ref in dict.fromkeys(row[case_at] for row in further):
            if case_ref != rows.first[key][case_at]:
                keys[case_ref].append(key)
    return _Rows(rows=rows, case_at=case_at, keys=keys)


def _readings(of_case: Mapping[str, _Rows]) -> tuple[dict[str, int], list[str]]:
    """How many readings each disputed case has, and a warning for each key whose rows disagree."""
    readings: dict[str, int] = {}
    warnings = []
    for name, one in of_case.items():
        for key, further in one.rows.others.items():
            concerned = sorted({row[one.case_at] for row in (one.rows.first[key], *further)})
            for case_ref in concerned:
                readings[case_ref] = max(readings.get(case_ref, 1), 1 + len(further))
            warnings.append(f"{name} {_named(key)}: rows of this key disagree; quarantined: case {', '.join(concerned)}")
    return readings, warnings


def _named(key: object) -> str:
    return " / ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)


def _derived(events: Rows) -> list[str]:
    counts = Counter(row[_EVENT_KIND] for row in events.every_row() if row[_EVENT_KIND] in DERIVED_EVENTS)
    return [
        f"cin_events.kind: {said(kind)} comes from another relation; ignored here: {count} row{'' if count == 1 else 's'}"
        for kind, count in sorted(counts.items())
    ]


def _unattached(supplied: Mapping[str, Rows], known: set[str]) -> list[str]:
    """One warning for each relation with rows of a case, or of a meeting, that the records do not hold."""
    meetings = {row[0] for row in supplied["cin_meetings"].every_row()}
    belongs = {relation.name: ("case_ref", known, "cin_cases") for relation in _OF_A_CASE if relation.name != "cin_cases"}
    belongs["cin_attendees"] = ("meeting_ref", meetings, "cin_meetings")
    warnings = []
    for name, rows in supplied.items():
        if name in belongs:
            column, there, where = belongs[name]
            at = rows.relation.position(column)
            stray = sum(1 for row in rows.every_row() if row[at] is not None and row[at] not in there)
            if stray:
                plural = "row names" if stray == 1 else "rows name"
                warnings.append(f"{name}: {stray} {plural} a {column} that {where} does not hold; attached to nothing")
    return warnings


def _disputed_people(rows: Rows) -> list[str]:
    return [f"cin_people {_named(key)}: rows of this key disagree; not written to, and no deputy" for key in rows.others]


def _disputed_attendees(rows: Rows | None) -> list[str]:
    keys = rows.others if rows else ()
    return [f"cin_attendees {_named(key)}: rows of this key disagree; the first one counts" for key in keys]


def _people(rows: Rows) -> dict[str, Person]:
    names = [column.name for column in rows.relation.columns]
    people = {}
    for key, row in rows.first.items():
        values = dict(zip(names, row, strict=True))
        if key in rows.others:
            # A wrong recipient does harm: nobody is written to until the rows agree.
            values |= {"email": None, "mobile": None, "teams_channel": None, "deputy_ref": None, "contact": "no"}
        people[row[0]] = Person(**values)
    return people


def _team_roles(rows: Rows) -> dict[str, tuple[RoleHolder, ...]]:
    teams: defaultdict[str, list[RoleHolder]] = defaultdict(list)
    for row in rows.first.values():
        if row[1] is not None:
            teams[row[1]].append(_role(row))
    return {team: tuple(sorted(teams[team], key=_role_order)) for team in sorted(teams)}


def _attendees(rows: Rows | None) -> Mapping[str, tuple[Attendee, ...]]:
    meetings: defaultdict[str, list[Attendee]] = defaultdict(list)
    for meeting_ref, person_ref, capacity, invited_on, response in rows.first.values() if rows else ():
        one = Attendee(person_ref=person_ref, capacity=capacity, invited_on=invited_on, response=response)
        meetings[meeting_ref].append(one)
    return {ref: tuple(sorted(found, key=lambda one: one.person_ref)) for ref, found in meetings.items()}


def _row_builder(name: str, make: Callable[..., _Value]) -> Callable[..., _Value]:
    """Makes a row into its own value: columns are named as fields are, but for those that only say what it belongs to."""
    columns = [column.name for column in RELATIONS[name].columns]
    attaching = [column for column in ("case_ref", "team") if column in columns]

    def build(row: Values, **also: object) -> _Value:
        fields: dict[str, Any] = dict(zip(columns, row, strict=True))
        for column in attaching:
            del fields[column]
        return make(**fields, **also)

    return build


_fact = _row_builder("cin_facts", Fact)
_event = _row_builder("cin_events", Event)
_meeting = _row_builder("cin_meetings", Meeting)
_action = _row_builder("cin_actions", Action)
_visit = _row_builder("cin_visits", Visit)
_transfer = _row_builder("cin_transfers", Transfer)
_role = _row_builder("cin_roles", RoleHolder)
_CASE_COLUMNS = [column.name for column in RELATIONS["cin_cases"].columns]


def _case(case_ref: str, reading: int, of_case: Mapping[str, _Rows], attendees: Mapping[str, tuple[Attendee, ...]]) -> Case:
    """One case in one reading; what it holds is in order of day, then of reference, whatever order the records gave."""

    def rows(name: str) -> list[Values]:
        return of_case[name].of_case(case_ref, reading) if name in of_case else []

    (own,) = rows("cin_cases")
    events = (_event(row) for row in rows("cin_events") if row[_EVENT_KIND] not in DERIVED_EVENTS)
    meetings = (_meeting(row, attendees=attendees.get(row[0], ())) for row in rows("cin_meetings"))
    return Case(
        **dict(zip(_CASE_COLUMNS, own, strict=True)),
        facts=tuple(sorted(map(_fact, rows("cin_facts")), key=lambda one: (one.fact, one.since_on or date.min, one.value))),
        events=tuple(sorted(events, key=lambda one: (one.happened_on, one.event_ref))),
        meetings=tuple(sorted(meetings, key=lambda one: (one.scheduled_at, one.meeting_ref))),
        actions=tuple(sorted(map(_action, rows("cin_actions")), key=lambda one: one.action_ref)),
        visits=tuple(sorted(map(_visit, rows("cin_visits")), key=lambda one: (one.visited_on, one.visit_ref))),
        transfers=tuple(sorted(map(_transfer, rows("cin_transfers")), key=lambda one: one.transfer_ref)),
        roles=tuple(sorted(map(_role, rows("cin_roles")), key=_role_order)),
    )


def _role_order(holder: RoleHolder) -> tuple[str, date, str, date]:
    return holder.role, holder.from_on or date.min, holder.person_ref, holder.until_on or date.max
