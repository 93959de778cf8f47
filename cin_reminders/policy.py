"""A policy: every edition of one council's written procedure, as rules that can be applied and cited.

These definitions are the only ones: the loader reads packs into them, and the JSON Schema for editors is made from
them. A rule says what starts a clock, how long it runs, what meets it and who hears of it; nothing here is an expression.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cin_reminders.case import DERIVED_EVENTS, FACTS, MEETING_KINDS, OUTCOMES, RECORDED_EVENTS, ROLES
from cin_reminders.length import Length, parse_length
from cin_reminders.words import nearest

# Events that a rule may name beyond those a council records: each is worked out from a dated column of the contract.
COLUMN_EVENTS = (
    "action_agreed",
    "action_completed",
    "visit_made",
)
EVENTS = (*RECORDED_EVENTS, *DERIVED_EVENTS, *COLUMN_EVENTS)
# People that a rule may name beyond the roles of the contract: each belongs to one meeting or one action.
OWN_ROLES = ("chair", "note_taker", "action_owner")
TOLD = (*ROLES, *OWN_ROLES)
# Facts about the case itself that a rule may test beside cin_facts.
CASE_FACTS = ("plan_type", "team")


def _known(word: str, allowed: tuple[str, ...], what: str) -> str:
    if word not in allowed:
        raise ValueError(f"no {what} is called {word!r}{nearest(word, allowed)}")
    return word


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict)) else value


def _as_length(value: Any) -> Any:
    return parse_length(value, bare_days=False) if isinstance(value, str) else value


EventName = Annotated[str, AfterValidator(lambda word: _known(word, EVENTS, "event"))]
FactName = Annotated[str, AfterValidator(lambda word: _known(word, FACTS + CASE_FACTS, "fact"))]
RoleName = Annotated[str, AfterValidator(lambda word: _known(word, TOLD, "role"))]
StageTo = Annotated[str, AfterValidator(lambda word: _known(word, ("first_told", *TOLD), "role"))]
Events = Annotated[tuple[EventName, ...], BeforeValidator(_as_list), Field(min_length=1)]
Span = Annotated[Length, BeforeValidator(_as_length, json_schema_input_type=str)]
When = dict[FactName, str]


class Rule(BaseModel):
    """Anything written in a pack: unknown keys are refused and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Start(Rule):
    """What starts a clock. Each happening of ``event`` is a start of its own."""

    event: Events | None = None
    outcome: Annotated[tuple[Literal[OUTCOMES], ...], BeforeValidator(_as_list)] = ()  # type: ignore[valid-type]
    earliest_of: Events | None = None
    latest_of: Events | None = None
    visits_from: EventName | None = None
    action: Literal["agreed"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Start:
        ways = [self.event, self.earliest_of, self.latest_of, self.visits_from, self.action]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("needs exactly one of event, earliest_of, latest_of, visits_from, action")
        if self.outcome and self.event is None:
            raise ValueError("outcome goes with event")
        return self


class MetBy(Rule):
    """What meets a duty.

    ``event``: any such happening. ``same``: the happening of that kind which belongs to the very meeting or action that
    started the clock. ``counts_from``: the first day on which it counts. ``before_start``: happenings of these kinds also
    count when they lie before the start, and after the previous start. ``role``: a role on the case that is held.
    ``looking_back``: only happenings from this long before the start up to the start count, the latest of them.
    """

    event: Annotated[tuple[EventName, ...], BeforeValidator(_as_list)] = ()
    same: EventName | None = None
    counts_from: Literal["start_day", "day_after_start"] = "start_day"
    before_start: Annotated[tuple[EventName, ...], BeforeValidator(_as_list)] = ()
    already: Annotated[tuple[EventName, ...], BeforeValidator(_as_list)] = ()
    role: RoleName | None = None
    looking_back: Span | None = None

    @model_validator(mode="after")
    def _some_way(self) -> MetBy:
        if not self.event and self.same is None and self.role is None:
            raise ValueError("needs at least one of event, same, role")
        return self


class DueBy(Rule):
    """A due date that is not a length of the procedure's own: taken from the case."""

    fact: FactName | None = None
    interval: FactName | None = None
    action: Literal["due_on"] | None = None
    start: Literal["same_day"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> DueBy:
        if sum(way is not None for way in (self.fact, self.interval, self.action, self.start)) != 1:
            raise ValueError("needs exactly one of fact, interval, action, start")
        return self


class Variation(Rule):
    """Another length, where all the facts named are as said."""

    when: When = Field(min_length=1)
    length: Span
    clause: str | None = None


class AgreedInterval(Rule):
    """An interval agreed for this case. A shorter one always counts; a longer one only where ``longer_when`` is recorded.

    ``expected_when``: facts under which an interval ought to be agreed, so that a missing one is named.
    """

    fact: FactName
    longer_when: When = {}
    expected_when: When = {}


class FirstOf(Rule):
    """The first of these roles that somebody holds."""

    first_of: Annotated[tuple[RoleName, ...], Field(min_length=2)]


class Where(Rule):
    """One role where the meeting is as said, another otherwise."""

    role: RoleName
    when: Annotated[dict[Literal["lead_attending"], Literal["yes", "no"]], Field(min_length=1)]
    otherwise: RoleName


def _as_start(value: Any) -> Any:
    return {"event": value} if isinstance(value, (str, list)) else value


class Duty(Rule):
    """One rule of an edition: the clause, the clock, what meets it, who hears of it."""

    duty: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    title: str
    do: str
    clause: str
    says: str
    figure: Literal["procedure", "council"] = "procedure"
    start: Annotated[Start, BeforeValidator(_as_start)]
    length: Span | None = None
    due_by: DueBy | None = None
    variations: tuple[Variation, ...] = ()
    agreed_interval: AgreedInterval | None = None
    not_where: tuple[When, ...] = ()
    met_by: Annotated[MetBy, BeforeValidator(_as_start)]
    first_told: Annotated[tuple[RoleName | FirstOf | Where, ...], BeforeValidator(_as_list), Field(min_length=1)]
    copied_to: Annotated[tuple[RoleName, ...], BeforeValidator(_as_list)] = ()
    outlives_closing: bool = False
    ladder: str | None = None
    doubt: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Duty:
        if (self.length is None) == (self.due_by is None):
            raise ValueError("needs exactly one of length and due_by")
        if self.length is None and (self.variations or self.agreed_interval):
            raise ValueError("variations and agreed_interval go with length")
        for index, one in enumerate(self.variations):
            for other in self.variations[index + 1 :]:
                if not any(other.when.get(fact, value) != value for fact, value in one.when.items()):
                    raise ValueError(
                        f"variations overlap: {_in_words(one.when)} and {_in_words(other.when)} can both be true; "
                        "let them differ in the value of one fact that both name"
                    )
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """Every yes/no fact on which the due date, or whether the duty applies, can turn."""
        names = [fact for variation in self.variations for fact in variation.when]
        names += [fact for when in self.not_where for fact in when]
        if self.agreed_interval:
            names += self.agreed_interval.longer_when
        return tuple(dict.fromkeys(names))

    @property
    def needs(self) -> frozenset[str]:
        """The optional relations without which the duty has no start, no due date, or nothing that could ever meet it."""
        start, met_by = self.start, self.met_by
        events = {*(start.event or ()), *(start.earliest_of or ()), *(start.latest_of or ()), *met_by.event, met_by.same}
        needed = {_RELATION_OF[event] for event in events if event in _RELATION_OF}
        if start.visits_from:
            needed.add("cin_visits")
        if start.action:
            needed.add("cin_actions")
        if self.due_by and self.due_by.fact:
            needed.add("cin_facts")
        return frozenset(needed)


_RELATION_OF = {
    "visit_made": "cin_visits",
    "action_agreed": "cin_actions",
    "action_completed": "cin_actions",
    "became_resident": "cin_transfers",
}


def _in_words(when: When) -> str:
    return " and ".join(f"{fact} = {value}" for fact, value in when.items())


class Stage(Rule):
    """A point on the ladder: counted in working days back from the last day to book, or on from the due date."""

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    working_days_before: Annotated[int, Field(ge=1, le=250)] | None = None
    working_days_after: Annotated[int, Field(ge=1, le=250)] | None = None
    working_days_after_start: Annotated[int, Field(ge=0, le=250)] | None = None
    every: Annotated[int, Field(ge=1, le=250)] | None = None
    times: Annotated[int, Field(ge=1, le=20)] = 1
    to: Annotated[tuple[StageTo, ...], BeforeValidator(_as_list), Field(min_length=1)]

    @model_validator(mode="after")
    def _one_place(self) -> Stage:
        places = (self.working_days_before, self.working_days_after, self.working_days_after_start)
        if sum(place is not None for place in places) != 1:
            raise ValueError("needs exactly one of working_days_before, working_days_after, working_days_after_start")
        if (self.times > 1) != (self.every is not None):
            raise ValueError("times and every go together")
        return self

    @property
    def is_breach(self) -> bool:
        """Whether the stage tells of a limit that has passed."""
        return self.working_days_after is not None

    @property
    def is_repeat(self) -> bool:
        """Whether the stage says again what an earlier stage said."""
        return self.every is not None


class Ladder(Rule):
    """Who hears what, when: a council's own decision, so it says who agreed it."""

    agreed_by: str
    agreed_on: date | None = None
    procedure: tuple[Stage, ...]
    council: tuple[Stage, ...] = ()
    named: dict[str, tuple[Stage, ...]] = {}


class NotModelled(Rule):
    """Something the procedure asks that is no timescale, and why it is left out."""

    clause: str
    asks: str
    reason: str


class Edition(Rule):
    """One edition of a written procedure, in the order of its chapter."""

    policy: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    council: str
    title: str
    edition: str
    in_force_on: date
    applies_to: Literal["new_clocks"] = "new_clocks"
    plan_types: Annotated[tuple[str, ...], Field(min_length=1)]
    doubts: tuple[str, ...] = ()
    meeting_names: dict[str, str] = {}
    duties: Annotated[tuple[Duty, ...], Field(min_length=1)]
    ladder: Ladder
    not_modelled: tuple[NotModelled, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Edition:
        names = [duty.duty for duty in self.duties]
        for name in sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"duty {name} stands twice")
        for duty in self.duties:
            if duty.ladder is not None:
                _known(duty.ladder, tuple(self.ladder.named), "ladder")
        for plan_type in self.meeting_names:
            _known(plan_type, ("default", *self.plan_types), "plan type of this pack")
        return self

    def ladder_of(self, duty: Duty) -> tuple[Stage, ...]:
        """The stages of a duty: its own ladder, or the one for duties with the procedure's or with the council's figure."""
        if duty.ladder is not None:
            return self.ladder.named[duty.ladder]
        return self.ladder.procedure if duty.figure == "procedure" else self.ladder.council

    def meeting_name(self, plan_type: str) -> str:
        """What this procedure calls a meeting of such a plan."""
        return self.meeting_names.get(plan_type, self.meeting_names.get("default", "Child in Need meeting"))


class Policy(BaseModel):
    """Every edition of one procedure, oldest first."""

    model_config = ConfigDict(frozen=True)

    id: str
    editions: Annotated[tuple[Edition, ...], Field(min_length=1)]

    def edition_for(self, started_on: date) -> Edition:
        """The edition in force when a clock started; the first edition also covers earlier clocks."""
        in_force = [edition for edition in self.editions if edition.in_force_on <= started_on]
        return in_force[-1] if in_force else self.editions[0]

    def watching(self, not_supplied: frozenset[str]) -> Policy:
        """The same policy without the duties that need a relation which the council does not supply."""
        if not not_supplied:
            return self
        editions = []
        for edition in self.editions:
            duties = tuple(duty for duty in edition.duties if not duty.needs & not_supplied)
            editions.append(edition.model_copy(update={"duties": duties}))
        return self.model_copy(update={"editions": tuple(editions)})

    @property
    def newest(self) -> Edition:
        """The edition that came into force last."""
        return self.editions[-1]


def meeting_kinds_of(events: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds of meeting whose holding is among the events, in the order initial, review, closing."""
    return tuple(kind for kind in MEETING_KINDS if f"{kind}_meeting_held" in events)
