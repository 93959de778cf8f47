"""A case as the records hold it: frozen values, one class a relation of the records contract.

Every date is a local calendar date. ``None`` means that the records do not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

# Where every date is one of the local calendar.
LONDON = ZoneInfo("Europe/London")
YES_NO = ("yes", "no")
MEETING_KINDS = ("initial", "review", "closing")
OUTCOMES = ("continue", "amend", "close", "assess", "harm")
CAPACITIES = ("child", "parent", "family", "advocate", "interpreter", "education", "health", "other")
PERSON_KINDS = ("professional", "family", "child")
RESPONSES = ("yes", "no", "unsure")
CONTACTS = ("yes", "no", "via")
DIRECTIONS = ("in", "out")
TRANSFER_DOCUMENTS = ("assessment", "plan", "minutes", "summary")
ROLES = (
    "lead_practitioner",
    "team_manager",
    "service_manager",
    "head_of_service",
    "cin_coordinator",
    "practice_manager",
    "safeguarding_service_manager",
)

# Kinds that a council records in cin_events.
RECORDED_EVENTS = (
    "plan_agreed",
    "assessment_completed",
    "plan_recorded",
    "oversight_recorded",
    "significant_change",
    "stepped_down_from_cp",
    "planning_meeting_date_set",
    "coordinator_criteria_met",
    "coordinator_allocated",
    "extension_consultation_recorded",
    "supervision_order_made",
    "renewal_decision_recorded",
    "consent_refused",
    "consent_withdrawn",
    "next_steps_decision_recorded",
    "harm_identified",
    "strategy_discussion_held",
    "threshold_discussion_held",
    "assessment_shared",
    "reassessment_started",
    "parents_agreement_recorded",
)
# Kinds worked out from another relation. In cin_events they are ignored with a warning: one thing is never counted twice.
DERIVED_EVENTS = (
    "initial_meeting_held",
    "review_meeting_held",
    "closing_meeting_held",
    "record_shared",
    "plan_shared",
    "outcome_recorded",
    "became_resident",
    "case_closed",
)

YES_NO_FACTS = (
    "disabled",
    "stable_long_term_plan",
    "exceptional_circumstances",
    "complex",
    "long_term_support",
    "high_support",
    "child_protection_plan",
    "looked_after",
    "parent_disabled",
    "advocate_wanted",
    "assessment_sharing_agreed",
    "restricted",
)
CONSENT_VALUES = ("given", "refused", "withdrawn")
DATE_FACTS = ("supervision_order_ends", "planning_meeting_on")
LENGTH_FACTS = ("review_interval", "visit_interval")
FACTS = (*YES_NO_FACTS, "consent", *DATE_FACTS, *LENGTH_FACTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing recorded as true of a case from ``since_on`` (None: always) to ``until_on`` inclusive (None: still)."""

    fact: str
    value: str
    since_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One dated fact of a case."""

    event_ref: str
    kind: str
    happened_on: date
    recorded_on: date | None = None
    meeting_ref: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Attendee:
    """One person's place at one meeting."""

    person_ref: str
    capacity: str
    invited_on: date | None = None
    response: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """One meeting as it concerns one child."""

    meeting_ref: str
    kind: str
    scheduled_at: datetime
    booked_on: date | None = None
    recorded_on: date | None = None
    ends_at: datetime | None = None
    venue: str | None = None
    venue_accessible: str | None = None
    online_url: str | None = None
    held_on: date | None = None
    cancelled_on: date | None = None
    chair_ref: str | None = None
    note_taker_ref: str | None = None
    lead_attending: str | None = None
    next_review_on: date | None = None
    outcome: str | None = None
    outcome_recorded_on: date | None = None
    record_shared_on: date | None = None
    plan_shared_on: date | None = None
    attendees: tuple[Attendee, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """What somebody agreed to do, by when."""

    action_ref: str
    owner_ref: str | None = None
    due_on: date | None = None
    completed_on: date | None = None
    agreed_on: date | None = None
    recorded_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One visit to the child. ``child_seen`` not recorded counts as seen."""

    visit_ref: str
    visited_on: date
    child_seen: str | None = None
    recorded_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """A child who moves between authorities."""

    transfer_ref: str
    direction: str
    resident_on: date | None = None
    known_on: date | None = None
    notified_on: date | None = None
    permission_sought_on: date | None = None
    documents_sent: tuple[str, ...] = ()
    documents_sent_on: date | None = None
    agencies_told_on: date | None = None
    disputed_on: date | None = None
    service_manager_told_on: date | None = None
    accepted_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleHolder:
    """Who holds a role, from ``from_on`` to ``until_on`` inclusive."""

    role: str
    person_ref: str
    from_on: date | None = None
    until_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the role is held on the day; both ends count, and an end that is not recorded is open."""
        return (self.from_on is None or self.from_on <= day) and (self.until_on is None or day <= self.until_on)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who may be written to, or must not be."""

    person_ref: str
    name: str
    kind: str
    email: str | None = None
    mobile: str | None = None
    teams_channel: str | None = None
    organisation: str | None = None
    language: str = "en"
    contact: str = "no"
    contact_via_ref: str | None = None
    active_until: date | None = None
    away_from: date | None = None
    away_until: date | None = None
    deputy_ref: str | None = None

    def is_away_on(self, day: date) -> bool:
        """Whether the person is away on the day: both ends count; no ``away_from`` means not away."""
        return self.away_from is not None and self.away_from <= day and (self.away_until is None or day <= self.away_until)

    def has_left_by(self, day: date) -> bool:
        """Whether the person's last active day lies before the day."""
        return self.active_until is not None and self.active_until < day


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One plan: an episode of work with one child, with everything the records hold about it."""

    case_ref: str
    label: str
    plan_type: str
    family_ref: str | None = None
    team: str | None = None
    born_on: date | None = None
    expected_on: date | None = None
    closed_on: date | None = None
    review_interval: str | None = None
    visit_interval: str | None = None
    record_url: str | None = None
    facts: tuple[Fact, ...] = ()
    events: tuple[Event, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    actions: tuple[Action, ...] = ()
    visits: tuple[Visit, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    roles: tuple[RoleHolder, ...] = ()

    def is_open_on(self, day: date) -> bool:
        """A case is open on a day if it has not closed, or closes later than that day."""
        return self.closed_on is None or self.closed_on > day


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """A row that could not be understood: where it stands and why. ``value`` is never repeated, since it may name a child."""

    relation: str
    key: str
    column: str
    reason: str
    case_ref: str | None = None
    team: str | None = None

    def __str__(self) -> str:
        return f"{self.relation} {self.key}: {self.column}: {self.reason}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RowCount:
    """How many rows of one relation were read and how many of them could be used: read = accepted + rejected."""

    read: int
    accepted: int
    rejected: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Extract:
    """One consistent reading of a council's records.

    ``disputed`` holds, for each case with rows of one key that disagree, every other reading of that case: the case is
    quarantined, and still escalates by the earlier of its dates.
    """

    cases: tuple[Case, ...]
    people: Mapping[str, Person]
    team_roles: Mapping[str, tuple[RoleHolder, ...]]
    rows: Mapping[str, RowCount]
    rejections: tuple[Rejection, ...] = ()
    warnings: tuple[str, ...] = ()
    not_supplied: frozenset[str] = frozenset()
    disputed: Mapping[str, tuple[Case, ...]] = field(default_factory=lambda: MappingProxyType({}))
