"""Worked examples: small cases beside a pack, with what the procedure asks of them on a day, worked out by hand.

They are the tests of the pack. An example names every obligation of the duties that it mentions, so that one too many fails it
as well as one too few; of each obligation only what is written is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from cin_reminders import case as records
from cin_reminders.case import Case
from cin_reminders.errors import PolicyError
from cin_reminders.length import parse_length
from cin_reminders.obligations import STANDINGS, Obligation, obligations
from cin_reminders.pack_yaml import Place, read_yaml
from cin_reminders.policy import Policy
from cin_reminders.rule import values_of
from cin_reminders.words import count_of, nearest
from cin_reminders.working_days import Calendar
from cin_reminders.written import Rule

_ROWS: Mapping[str, Any] = {
    "case": records.Case,
    "facts": records.Fact,
    "events": records.Event,
    "meetings": records.Meeting,
    "attendees": records.Attendee,
    "actions": records.Action,
    "visits": records.Visit,
    "transfers": records.Transfer,
    "roles": records.RoleHolder,
}
# What a row is called where the example has no need to say it.
_REFS = {
    "events": "event_ref",
    "meetings": "meeting_ref",
    "attendees": "person_ref",
    "actions": "action_ref",
    "visits": "visit_ref",
    "transfers": "transfer_ref",
    "roles": "person_ref",
}
_WORDS: Mapping[Place, tuple[str, ...]] = {
    ("facts", "fact"): records.FACTS,
    ("events", "kind"): records.RECORDED_EVENTS,
    ("meetings", "kind"): records.MEETING_KINDS,
    ("meetings", "outcome"): records.OUTCOMES,
    ("meetings", "lead_attending"): records.YES_NO,
    ("meetings", "venue_accessible"): records.YES_NO,
    ("attendees", "capacity"): records.CAPACITIES,
    ("attendees", "response"): records.RESPONSES,
    ("visits", "child_seen"): records.YES_NO,
    ("transfers", "direction"): records.DIRECTIONS,
    ("transfers", "documents_sent"): records.TRANSFER_DOCUMENTS,
    ("roles", "role"): records.ROLES,
}


def _whole_case(written: Any) -> Any:
    """The case with what an example may leave out: the references, the label, the plan type, the hour of a meeting held."""
    if not isinstance(written, dict):
        return written
    return {"case_ref": "example", "label": "example", "plan_type": "child_in_need"} | _whole_rows(written)


def _whole_rows(written: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [_whole_row(name, number, row) for number, row in enumerate(rows, start=1)]
        if name in _REFS and isinstance(rows, list)
        else rows
        for name, rows in written.items()
    }


def _whole_row(name: str, number: int, row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    usual = {_REFS[name]: f"{name[:-1]}-{number}"}
    if name == "meetings" and row.get("held_on"):
        usual["scheduled_at"] = f"{row['held_on']}T10:00"
    return usual | _whole_rows(row)


class Expected(Rule):
    """One obligation as the procedure asks it. Only what is written is compared."""

    duty: str
    started_on: date | None = None
    due_on: date | None = None
    book_by: date | None = None
    standing: Literal[STANDINGS] = "upcoming"  # type: ignore[valid-type]
    met_on: date | None = None
    ended_on: date | None = None
    working_days_late: int = 0
    missing: tuple[str, ...] = ()


class Example(Rule):
    """One case on one business date, and every obligation of the duties that it mentions.

    ``expect`` names the obligations of a duty in the order of their starts, one with no start first. ``nothing`` names the duties
    that ask nothing of this case.
    """

    name: Annotated[str, Field(min_length=1)]
    on: date
    case: Annotated[Case, BeforeValidator(_whole_case)]
    expect: tuple[Expected, ...] = ()
    nothing: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Example:
        if not self.expect and not self.nothing:
            raise ValueError("needs expect or nothing, or it proves nothing")
        both = sorted({one.duty for one in self.expect} & set(self.nothing))
        if both:
            raise ValueError(f"{', '.join(both)}: stands under expect and under nothing")
        return self


def load_examples(file: Traversable, policy: Policy) -> tuple[Example, ...]:
    """The worked examples beside a pack, in the order of the file. Raises PolicyError with every fault, in the order of the file.

    Refused are unknown keys, unknown duties of the policy, words that the records contract does not know, and a name that stands
    twice.
    """
    if not file.is_file():
        raise PolicyError([f"{file.name}: there is no such file; a pack has worked examples beside it"])
    written = read_yaml(file)
    if written.content is not None and not isinstance(written.content, list):
        written.faults.append((0, "", "holds a list of examples, each with name, on, case, and expect or nothing"))
    found: list[Example] = []
    names: list[Any] = []
    for index, one in enumerate(written.content if isinstance(written.content, list) else ()):
        try:
            found.append(Example.model_validate(one))
        except ValidationError as error:
            written.add_read(error.errors(), _keys, (index,))
        name = one.get("name") if isinstance(one, dict) else None
        if name and name in names:
            written.add((index, "name"), "stands twice; each example has a name of its own")
        names.append(name)
    for place, said in _unknown_words(written.content, (), _words_of(policy)):
        written.add(place, said)
    if written.faults:
        raise PolicyError(written.problems())
    return tuple(found)


def failures(policy: Policy, examples: Iterable[Example], calendar: Calendar) -> list[str]:
    """Each example that does not come out, in words: what was expected and what was found. Empty where all do."""
    failed = []
    for example in examples:
        differences = list(_differences(example, obligations(example.case, policy, calendar, example.on)))
        if differences:
            failed.append(f"{example.name}: {'; '.join(differences)}")
    return failed


def _differences(example: Example, obligated: Iterable[Obligation]) -> Iterator[str]:
    in_order = sorted(obligated, key=lambda one: one.started_on or date.min)
    for duty in dict.fromkeys((*(one.duty for one in example.expect), *example.nothing)):
        expected = [one for one in example.expect if one.duty == duty]
        found = [one for one in in_order if one.duty == duty]
        if len(expected) != len(found):
            starts = f", started on {', '.join(str(one.started_on) for one in found)}" if found else ""
            yield f"{duty}: expected {count_of(len(expected), 'obligation')}, found {len(found)}{starts}"
            continue
        for one, other in zip(expected, found, strict=True):
            for field in Expected.model_fields:
                wanted, got = _comparable(one, field), _comparable(other, field)
                if field in one.model_fields_set and wanted != got:
                    yield f"{duty} started on {other.started_on}: expected {field} {_said(wanted)}, found {_said(got)}"


def _comparable(one: Expected | Obligation, field: str) -> Any:
    value = getattr(one, field)
    return sorted(value) if field == "missing" else value


def _said(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)


def _words_of(policy: Policy) -> Mapping[Place, tuple[str, ...]]:
    duties = tuple(dict.fromkeys(duty.duty for edition in policy.editions for duty in edition.duties))
    events = [name for edition in policy.editions for name in edition.events]
    facts = [name for edition in policy.editions for name in edition.facts]
    return {
        **_WORDS,
        ("facts", "fact"): (*records.FACTS, *facts),
        ("events", "kind"): (*records.RECORDED_EVENTS, *events),
        ("expect", "duty"): duties,
        ("nothing",): duties,
    }


def _unknown_words(here: Any, path: Place, words: Mapping[Place, tuple[str, ...]]) -> Iterator[tuple[Place, str]]:
    """Every word in the file that is not one of the allowed ones at its place, as far as the place is known."""
    if isinstance(here, dict):
        if path and "facts" in path[-2:] and (fault := _fact_fault(here)):
            yield (*path, "value"), fault
        for key, value in here.items():
            yield from _unknown_words(value, (*path, key), words)
    elif isinstance(here, list):
        for index, value in enumerate(here):
            yield from _unknown_words(value, (*path, index), words)
    elif isinstance(here, str):
        place = tuple(step for step in path if isinstance(step, str))[-2:]
        if place in words and here not in words[place]:
            yield path, f"{here!r} is not known here{nearest(here, words[place])}"
        if place in (("case", "review_interval"), ("case", "visit_interval")) and (fault := _length_fault(here)):
            yield path, fault


def _fact_fault(row: dict[str, Any]) -> str | None:
    fact, value = row.get("fact"), row.get("value")
    if not isinstance(value, str):
        return None
    allowed = values_of(fact) if isinstance(fact, str) else ()
    if allowed and value not in allowed:
        return f"{value!r} is not known here; allowed: {', '.join(allowed)}"
    if fact in records.DATE_FACTS:
        try:
            date.fromisoformat(value)
        except ValueError:
            return "must be a date, YYYY-MM-DD"
    return _length_fault(value) if fact in records.LENGTH_FACTS else None


def _length_fault(text: str) -> str | None:
    try:
        parse_length(text)
    except ValueError as error:
        return str(error)
    return None


def _keys(place: Place) -> tuple[str, ...]:
    """The keys that may stand beside the one at a place."""
    inside = next((step for step in reversed(place[:-1]) if step in _ROWS or step == "expect"), None)
    row = _ROWS.get(str(inside))
    if is_dataclass(row):
        return tuple(field.name for field in fields(row))
    return tuple((Expected if inside == "expect" else Example).model_fields)
