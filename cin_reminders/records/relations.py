"""The ten relations of the records contract, declared once: the readers and the documentation both come from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from cin_reminders import case


class Kind(Enum):
    """What a column holds; the value is what the documentation calls it."""

    TEXT = "text"
    DATE = "date"
    MOMENT = "date and time"
    YES_NO = "yes or no"
    WORD = "one of the allowed words"
    OPEN_WORD = "a word; one that is not known is reported and kept"
    WORDS = "any of the allowed words, comma separated"
    LENGTH = "a length: N working days, calendar days, weeks or months"
    FACT_VALUE = "what the fact asks for"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a relation: what it holds, whether it may be absent or blank, and the words it knows."""

    name: str
    kind: Kind
    optional: bool
    words: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """One table, view, file or query that a council lets the service read.

    Two rows with the same ``key`` that differ disagree; a relation without a key has no such rows. ``named_by`` says how
    a rejected row is called. No ``spans`` pair may end before it begins.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    named_by: tuple[str, ...] = ()
    spans: tuple[tuple[str, str], ...] = ()
    required: bool = False

    def position(self, column: str) -> int:
        """Where the column stands in a row that has been read."""
        return next(at for at, one in enumerate(self.columns) if one.name == column)


def _must(name: str, kind: Kind = Kind.TEXT, words: tuple[str, ...] = (), note: str = "") -> Column:
    return Column(name=name, kind=kind, optional=False, words=words, note=note)


def _may(name: str, kind: Kind = Kind.TEXT, words: tuple[str, ...] = (), note: str = "") -> Column:
    return Column(name=name, kind=kind, optional=True, words=words, note=note)


_DECLARED = (
    Relation(
        name="cin_cases",
        about="one row for each plan, open or closed in the last 24 months",
        required=True,
        key=("case_ref",),
        named_by=("case_ref",),
        columns=(
            _must("case_ref"),
            _may("label", note="what a message calls the case: initials or a reference, never a full name; default: case_ref"),
            _must("plan_type", note="child_in_need, family_support, supervision_order, short_breaks, or one a pack declares"),
            _may("family_ref", note="siblings who share meetings"),
            _may("team"),
            _may("born_on", Kind.DATE, note="never leaves the service"),
            _may("expected_on", Kind.DATE, note="unborn child"),
            _may("closed_on", Kind.DATE),
            _may("review_interval", Kind.LENGTH, note="the interval agreed for this plan"),
            _may("visit_interval", Kind.LENGTH, note="how often the plan says the child is visited"),
            _may("record_url", note="link into the records system"),
        ),
    ),
    Relation(
        name="cin_facts",
        about="what is true of a case, and since when",
        named_by=("case_ref", "fact"),
        spans=(("since_on", "until_on"),),
        columns=(
            _must("case_ref"),
            _must("fact", Kind.OPEN_WORD, case.FACTS),
            _must("value", Kind.FACT_VALUE, note="yes or no; given, refused or withdrawn for consent; a date; or a length"),
            _may("since_on", Kind.DATE),
            _may("until_on", Kind.DATE, note="inclusive"),
        ),
    ),
    Relation(
        name="cin_events",
        about="dated facts",
        required=True,
        key=("event_ref",),
        named_by=("event_ref",),
        columns=(
            _must("event_ref"),
            _must("case_ref"),
            _must("kind", Kind.OPEN_WORD, (*case.RECORDED_EVENTS, *case.DERIVED_EVENTS)),
            _must("happened_on", Kind.DATE),
            _may("recorded_on", Kind.DATE),
            _may("meeting_ref"),
        ),
    ),
    Relation(
        name="cin_meetings",
        about="meetings; siblings may share one: one row for each child",
        required=True,
        key=("meeting_ref", "case_ref"),
        named_by=("meeting_ref", "case_ref"),
        spans=(("scheduled_at", "ends_at"),),
        columns=(
            _must("meeting_ref"),
            _must("case_ref"),
            _must("kind", Kind.WORD, case.MEETING_KINDS),
            _must("scheduled_at", Kind.MOMENT),
            _may("booked_on", Kind.DATE),
            _may("recorded_on", Kind.DATE),
            _may("ends_at", Kind.MOMENT),
            _may("venue"),
            _may("venue_accessible", Kind.YES_NO),
            _may("online_url"),
            _may("held_on", Kind.DATE),
            _may("cancelled_on", Kind.DATE),
            _may("chair_ref"),
            _may("note_taker_ref"),
            _may("lead_attending", Kind.YES_NO),
            _may("next_review_on", Kind.DATE, note="the date agreed at the meeting"),
            _may("outcome", Kind.WORD, case.OUTCOMES),
            _may("outcome_recorded_on", Kind.DATE),
            _may("record_shared_on", Kind.DATE, note="the note, record or minutes reached everyone"),
            _may("plan_shared_on", Kind.DATE),
        ),
    ),
    Relation(
        name="cin_attendees",
        about="who is asked to which meeting",
        key=("meeting_ref", "person_ref"),
        named_by=("meeting_ref", "person_ref"),
        columns=(
            _must("meeting_ref"),
            _must("person_ref"),
            _must("capacity", Kind.WORD, case.CAPACITIES),
            _may("invited_on", Kind.DATE),
            _may("response", Kind.WORD, case.RESPONSES),
        ),
    ),
    Relation(
        name="cin_people",
        about="everybody who may be written to, or must not be",
        required=True,
        key=("person_ref",),
        named_by=("person_ref",),
        spans=(("away_from", "away_until"),),
        columns=(
            _must("person_ref"),
            _must("name"),
            _must("kind", Kind.WORD, case.PERSON_KINDS),
            _may("email"),
            _may("mobile"),
            _may("teams_channel"),
            _may("organisation"),
            _may("language", note="default: en"),
            _may("contact", Kind.WORD, case.CONTACTS, note="no: never written to; default: yes for a professional, else no"),
            _may("contact_via_ref"),
            _may("active_until", Kind.DATE),
            _may("away_from", Kind.DATE),
            _may("away_until", Kind.DATE),
            _may("deputy_ref"),
        ),
    ),
    Relation(
        name="cin_roles",
        about="who holds which role, for a case or for a team: exactly one of the two",
        required=True,
        named_by=("case_ref", "team", "role"),
        spans=(("from_on", "until_on"),),
        columns=(
            _may("case_ref"),
            _may("team"),
            _must("role", Kind.OPEN_WORD, case.ROLES),
            _must("person_ref"),
            _may("from_on", Kind.DATE),
            _may("until_on", Kind.DATE, note="inclusive"),
        ),
    ),
    Relation(
        name="cin_actions",
        about="who agreed to do what by when",
        key=("action_ref",),
        named_by=("action_ref",),
        columns=(
            _must("action_ref"),
            _must("case_ref"),
            _may("owner_ref"),
            _may("due_on", Kind.DATE),
            _may("completed_on", Kind.DATE),
            _may("agreed_on", Kind.DATE),
            _may("recorded_on", Kind.DATE),
        ),
    ),
    Relation(
        name="cin_visits",
        about="visits to the child",
        key=("visit_ref",),
        named_by=("visit_ref",),
        columns=(
            _must("visit_ref"),
            _must("case_ref"),
            _must("visited_on", Kind.DATE),
            _may("child_seen", Kind.YES_NO),
            _may("recorded_on", Kind.DATE),
        ),
    ),
    Relation(
        name="cin_transfers",
        about="a child moving between authorities",
        key=("transfer_ref",),
        named_by=("transfer_ref",),
        columns=(
            _must("transfer_ref"),
            _must("case_ref"),
            _must("direction", Kind.WORD, case.DIRECTIONS),
            _may("resident_on", Kind.DATE),
            _may("known_on", Kind.DATE),
            _may("notified_on", Kind.DATE),
            _may("permission_sought_on", Kind.DATE),
            _may("documents_sent", Kind.WORDS, case.TRANSFER_DOCUMENTS),
            _may("documents_sent_on", Kind.DATE),
            _may("agencies_told_on", Kind.DATE),
            _may("disputed_on", Kind.DATE),
            _may("service_manager_told_on", Kind.DATE),
            _may("accepted_on", Kind.DATE),
        ),
    ),
)

RELATIONS: Mapping[str, Relation] = MappingProxyType({relation.name: relation for relation in _DECLARED})


def documentation() -> str:
    """The ten relations as Markdown tables, for the documentation that a council's database team reads."""
    lines: list[str] = []
    for relation in RELATIONS.values():
        lines += [f"## {relation.name}{'' if relation.required else ' (optional)'}", "", f"{relation.about.capitalize()}.", ""]
        lines += ["| column | holds | |", "|---|---|---|"]
        for column in relation.columns:
            marks = ("key" if column.name in relation.key else "", "optional" if column.optional else "")
            about = "; ".join(filter(None, (*marks, " \\| ".join(column.words), column.note)))
            lines.append(f"| {column.name} | {column.kind.value} | {about} |")
        lines.append("")
    return "\n".join(lines)
