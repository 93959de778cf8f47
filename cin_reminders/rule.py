"""What a duty is made of: the words of a pack, each checked as it is read.

A rule says what starts a clock, how long it runs, what meets it and who hears of it. ``when`` is plain equality of facts;
nothing here is an expression.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, ValidationInfo

from cin_reminders.case import (
    CONSENT_VALUES,
    DATE_FACTS,
    DERIVED_EVENTS,
    FACTS,
    LENGTH_FACTS,
    MEETING_KINDS,
    OUTCOMES,
    RECORDED_EVENTS,
    ROLES,
    YES_NO,
    YES_NO_FACTS,
)
from cin_reminders.length import Length, parse_length
from cin_reminders.words import nearest
from cin_reminders.written import Fault, Rule, refuse, rows

# Events that a rule may name beyond those a council records: each is worked out from a dated column of the contract.
COLUMN_EVENTS = (
    "action_completed",
    "visit_made",
    "initial_meeting_booked",
    "everyone_invited",
    "next_review_agreed",
    "transfer_notified",
    "transfer_permission_sought",
    "transfer_documents_complete",
    "transfer_agencies_told",
    "service_manager_told",
)
EVENTS = (*RECORDED_EVENTS, *DERIVED_EVENTS, *COLUMN_EVENTS)
# People that a rule may name beyond the roles of the contract: each belongs to one meeting or one action.
OWN_ROLES = ("chair", "note_taker", "action_owner")
TOLD = (*ROLES, *OWN_ROLES)
# Facts about the case itself that a rule may test beside cin_facts.
CASE_FACTS = ("plan_type", "team")
# What each fact that a rule may test can say; nothing: any text.
_FACTS_SAY: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(YES_NO_FACTS, YES_NO),
    "consent": CONSENT_VALUES,
    **dict.fromkeys(CASE_FACTS, ()),
}
_MEETINGS_SAY: Mapping[str, tuple[str, ...]] = {"lead_attending": YES_NO, "outcome": OUTCOMES}


def known(word: str, allowed: tuple[str, ...], what: str) -> str:
    """The word itself. Raises ValueError with the nearest allowed word where it is none."""
    if word not in allowed:
        raise ValueError(f"no {what} is called {word!r}{nearest(word, allowed)}")
    return word


def as_list(value: Any) -> Any:
    """One thing stands for a list of it."""
    return [value] if isinstance(value, (str, dict)) else value


def as_length(value: Any) -> Any:
    """A length as text; in a pack a bare `days` is refused, since it may mean either kind."""
    return parse_length(value, bare_days=False) if isinstance(value, str) else value


def as_days(length: Length) -> Length:
    """The length itself. Raises ValueError where it is not counted in days that are all alike."""
    if length.unit not in ("calendar days", "weeks"):
        raise ValueError("looking_back is a number of calendar days or weeks")
    return length


def _of_kind(fact: str, facts: tuple[str, ...], kind: str) -> str:
    if fact not in facts:
        raise ValueError(f"{fact} is no {kind}; allowed: {', '.join(facts)}")
    return fact


def date_fact_name(word: str) -> str:
    """A fact whose value is a date."""
    return _of_kind(word, DATE_FACTS, "date")


def interval_name(word: str) -> str:
    """A fact whose value is a length."""
    return _of_kind(word, LENGTH_FACTS, "length")


def role_name(word: str) -> str:
    """A role of the contract, or a person of one meeting or action."""
    return known(word, TOLD, "role")


def stage_to(word: str) -> str:
    """A role, or whoever the duty names first."""
    return known(word, ("first_told", *TOLD), "role")


def faults_of_test(test: Any, say: Mapping[str, tuple[str, ...]] = _FACTS_SAY, none: str = "no fact") -> Iterator[Fault]:
    """Whatever keeps a plain test from ever being true: a name that stands for nothing, or a value that it can never have."""
    for name, value in test.items() if isinstance(test, dict) else ():
        if name in DATE_FACTS + LENGTH_FACTS:
            yield (name,), f"is a date or a length, which cannot be tested; allowed: {', '.join(say)}"
        elif name not in say:
            yield (name,), f"{none} is called {name!r}{nearest(name, say)}"
        elif say[name] and value not in say[name]:
            found = repr(value) if isinstance(value, str) else "nothing" if value is None else "a list or a mapping"
            yield (name,), f"may be {', '.join(say[name])}, not {found}"


def own_names(info: ValidationInfo, key: Literal["events", "facts"]) -> tuple[str, ...]:
    """The names that the edition being read declares as its own; whoever reads it hands them on as the context."""
    return tuple((info.context or {}).get(key, ()))


def event_name(word: str, info: ValidationInfo) -> str:
    """An event of the contract, one worked out from a dated column, or one that the edition declares."""
    return known(word, (*EVENTS, *own_names(info, "events")), "event")


def fact_name(word: str, info: ValidationInfo) -> str:
    """A fact of the contract, the team or plan type of the case, or a fact that the edition declares."""
    return known(word, (*FACTS, *CASE_FACTS, *own_names(info, "facts")), "fact")


def values_of(fact: str) -> tuple[str, ...]:
    """Every value that a fact can have, where the contract says so; empty where any text may stand."""
    return _FACTS_SAY.get(fact, ())


def possible_test(test: Any, info: ValidationInfo) -> Any:
    """What the facts must be. Raises ValueError for a value that a fact can never have, since it would never hold."""
    refuse(faults_of_test(test, {**_FACTS_SAY, **dict.fromkeys(own_names(info, "facts"), ())}))
    return test


def _test_of_meeting(test: Any) -> Any:
    refuse(faults_of_test(test, _MEETINGS_SAY, "nothing of a meeting"))
    return test


EventName = Annotated[str, AfterValidator(event_name)]
FactName = Annotated[str, AfterValidator(fact_name)]
DateFact = Annotated[FactName, AfterValidator(date_fact_name)]
LengthFact = Annotated[FactName, AfterValidator(interval_name)]
RoleName = Annotated[str, AfterValidator(role_name)]
StageTo = Annotated[str, AfterValidator(stage_to)]
Events = Annotated[tuple[EventName, ...], BeforeValidator(as_list), Field(min_length=1)]
Span = Annotated[Length, BeforeValidator(as_length, json_schema_input_type=str)]
When = Annotated[dict[FactName, str], BeforeValidator(possible_test)]
Outcomes = Annotated[tuple[Literal[OUTCOMES], ...], BeforeValidator(as_list)]  # type: ignore[valid-type]


class Start(Rule):
    """What starts a clock. Each happening of ``event`` is a start of its own.

    ``outcome`` and ``outcome_not`` keep to meetings with, or without, these outcomes; ``action_overdue`` to meetings on whose
    day an action of the plan was overdue; ``after`` puts each start that long after the happening. ``earliest_of`` and
    ``latest_of`` make one start of the first happening of each. ``end_of``: the first day on which the child is no longer on
    a child protection plan, or no longer looked after.
    ``visits_from``: that event and each visit after it. ``action``, ``meeting`` and ``transfer``: each row, even without its
    date. ``dispute``: a transfer disputed, or notified this long ago and not accepted. ``any_of``: several of these together.
    """

    event: Events | None = None
    outcome: Outcomes = ()
    outcome_not: Outcomes = ()
    action_overdue: bool = False
    after: Span | None = None
    earliest_of: Events | None = None
    latest_of: Events | None = None
    visits_from: EventName | None = None
    end_of: Literal["child_protection_plan", "looked_after"] | None = None
    action: Literal["agreed"] | None = None
    meeting: Literal["booked"] | None = None
    transfer: Literal["out_known"] | None = None
    dispute: Span | None = None
    any_of: Annotated[tuple[Start, ...], Field(min_length=1)] | None = None

    @classmethod
    def faults_of(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """More or fewer ways to start than one; what goes with an event and has none; what cannot stand in a list."""
        if len(given.keys() & set(WAYS_TO_START)) != 1:
            yield (), f"needs exactly one of {', '.join(WAYS_TO_START)}"
        elif given.keys() & {"outcome", "outcome_not", "action_overdue", "after"} and "event" not in given:
            yield (), "outcome, outcome_not, action_overdue and after go with event"
        for index, one in enumerate(rows(given.get("any_of"))):
            for way in sorted(cls.given(one).keys() & {"action", "meeting", "transfer"}):
                yield ("any_of", index, way), "cannot stand in a list of starts; give it a duty of its own"

    @property
    def events(self) -> frozenset[str]:
        """Every event that the start names."""
        named = {*(self.event or ()), *(self.earliest_of or ()), *(self.latest_of or ())}
        if self.visits_from:
            named |= {self.visits_from, "visit_made"}
        return frozenset(named.union(*(one.events for one in self.any_of or ())))

    @property
    def waits_for_an_end(self) -> bool:
        """Whether a child protection plan, or being looked after, has to end for a clock to start."""
        return self.end_of is not None or any(one.waits_for_an_end for one in self.any_of or ())


WAYS_TO_START = (
    "event",
    "earliest_of",
    "latest_of",
    "visits_from",
    "end_of",
    "action",
    "meeting",
    "transfer",
    "dispute",
    "any_of",
)


class MetBy(Rule):
    """What meets a duty.

    ``event``: any such happening on the start day or later; ``later``: any such happening on a later day. ``same``: the
    happening of that kind which belongs to the very meeting, action or transfer that started the clock. ``same_meeting``:
    what names another meeting than the one that started the clock does not count. ``before_start``: happenings of these
    kinds also count when they lie before the start, and after the previous start. ``already``: happenings of these kinds at
    any time before the start count as the start day. ``role``: a role on the case that is held then or begins later.
    ``looking_back``: only happenings from this long before the start up to the start count, the latest of them.
    ``staying_open``: the due date itself, if the case has not closed before it; one that closes earlier breaks the duty
    that day.
    """

    event: Annotated[tuple[EventName, ...], BeforeValidator(as_list)] = ()
    later: Annotated[tuple[EventName, ...], BeforeValidator(as_list)] = ()
    same: EventName | None = None
    same_meeting: bool = False
    before_start: Annotated[tuple[EventName, ...], BeforeValidator(as_list)] = ()
    already: Annotated[tuple[EventName, ...], BeforeValidator(as_list)] = ()
    role: RoleName | None = None
    looking_back: Annotated[Span, AfterValidator(as_days)] | None = None
    staying_open: bool = False

    @classmethod
    def faults_of(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """Nothing that could ever meet the duty."""
        if not any(given.get(way) for way in ("event", "later", "same", "role", "staying_open")):
            yield (), "needs at least one of event, later, same, role, staying_open"

    @property
    def events(self) -> tuple[str, ...]:
        """Every event that can meet the duty, in the order of the pack."""
        return (*self.event, *self.later, *((self.same,) if self.same else ()))


class DueBy(Rule):
    """A due date that is not a length of the procedure's own: taken from the case."""

    fact: DateFact | None = None
    interval: LengthFact | None = None
    action: Literal["due_on"] | None = None
    start: Literal["same_day"] | None = None
    meeting: Literal["working_day_before"] | None = None

    @classmethod
    def faults_of(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """More or fewer ways to be due than one."""
        if len(given.keys() & cls.model_fields.keys()) != 1:
            yield (), f"needs exactly one of {', '.join(cls.model_fields)}"


class Variation(Rule):
    """Another length, where all the facts named are as said."""

    when: When = Field(min_length=1)
    length: Span
    clause: str | None = None


class AgreedInterval(Rule):
    """An interval agreed for this case. A shorter one always counts; a longer one only where ``longer_when`` is recorded.

    ``expected_when``: facts under which an interval ought to be agreed, so that a missing one is named.
    """

    fact: LengthFact
    longer_when: When = Field(default_factory=dict)
    expected_when: When = Field(default_factory=dict)


class FirstOf(Rule):
    """The first of these roles that somebody holds."""

    first_of: Annotated[tuple[RoleName, ...], Field(min_length=2)]


class Where(Rule):
    """One role where the meeting is as said, another otherwise."""

    role: RoleName
    when: Annotated[
        dict[Literal["lead_attending", "outcome"], str],
        Field(min_length=1, max_length=1),
        BeforeValidator(_test_of_meeting),
    ]
    otherwise: RoleName


def _way_of_telling(written: Any) -> str:
    if isinstance(written, Where) or Where.given(written).keys() & Where.model_fields.keys():
        return "by the meeting"
    return "the first of" if isinstance(written, (dict, FirstOf)) else "a role"


# Told apart before they are read, so that a slip in one is no fault of the others. A tag with a space in it is no key of a pack.
Told = Annotated[
    Annotated[RoleName, Tag("a role")] | Annotated[FirstOf, Tag("the first of")] | Annotated[Where, Tag("by the meeting")],
    Discriminator(_way_of_telling),
]


def as_start(value: Any) -> Any:
    """One event, or a list of events, stands for itself; a list of mappings for any of them."""
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return {"any_of": [as_start(one) for one in value]}
    return {"event": value} if isinstance(value, (str, list)) else value


def as_events(value: Any) -> Any:
    """One event, or a list of events, stands for what any of them meets."""
    return {"event": value} if isinstance(value, (str, list)) else value


def in_words(when: When) -> str:
    """What the facts must be, as an error or an explanation says it."""
    return " and ".join(f"{fact} = {value}" for fact, value in when.items())


def meeting_kinds_of(events: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds of meeting whose holding is among the events, in the order initial, review, closing."""
    return tuple(kind for kind in MEETING_KINDS if f"{kind}_meeting_held" in events)
