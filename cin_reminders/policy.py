"""A policy: every edition of one council's written procedure, as rules that can be applied and cited.

These definitions and those of ``rule`` are the only ones: the loader reads packs into them, and the JSON Schema for editors is
made from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cin_reminders.agenda import MeetingWords
from cin_reminders.case import DERIVED_EVENTS, FACTS
from cin_reminders.rule import (
    CASE_FACTS,
    EVENTS,
    WAYS_TO_START,
    AgreedInterval,
    DueBy,
    MetBy,
    RoleName,
    Span,
    StageTo,
    Start,
    Told,
    Variation,
    When,
    as_events,
    as_list,
    as_start,
    in_words,
    values_of,
)
from cin_reminders.words import nearest
from cin_reminders.written import Fault, Rule, rows

PACK_ID = "[a-z][a-z0-9-]*"
# What a duty may be due by after each start. A row (an action, a meeting booked, a transfer) may lack the day it started on.
_DUE_AFTER_ROWS: Mapping[str, tuple[str, ...]] = {
    "action": ("action",),
    "meeting": ("length", "meeting"),
    "transfer": ("length",),
}
_DUE_AFTER_EVENTS = ("length", "fact", "interval", "start")
_AS_WRITTEN = {
    "length": "length",
    "fact": "due_by: {fact: ...}",
    "interval": "due_by: {interval: ...}",
    "action": "due_by: {action: due_on}",
    "start": "due_by: {start: same_day}",
    "meeting": "due_by: {meeting: working_day_before}",
}


class Duty(Rule):
    """One rule of an edition: the clause, the clock, what meets it, who hears of it."""

    duty: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    title: str
    do: str
    clause: str
    says: str
    figure: Literal["procedure", "council"] = "procedure"
    start: Annotated[Start, BeforeValidator(as_start)]
    length: Span | None = None
    start_day_counts: bool = False
    due_by: DueBy | None = None
    variations: tuple[Variation, ...] = ()
    agreed_interval: AgreedInterval | None = None
    not_where: tuple[When, ...] = ()
    met_by: Annotated[MetBy, BeforeValidator(as_events)]
    first_told: Annotated[tuple[Told, ...], BeforeValidator(as_list), Field(min_length=1)]
    copied_to: Annotated[tuple[RoleName, ...], BeforeValidator(as_list)] = ()
    outlives_closing: bool = False
    ladder: str | None = None
    doubt: str | None = None

    @classmethod
    def faults_of(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """More or fewer limits than one, what does not go with it, and variations of it that can both be true."""
        if ("length" in given) == ("due_by" in given):
            yield (), "needs exactly one of length and due_by"
        elif "length" not in given:
            for key in sorted(given.keys() & {"variations", "agreed_interval"}):
                yield (key,), "goes with length, and this duty has none"
        start = Start.given(as_start(given.get("start"))).keys() & WAYS_TO_START
        limits: list[tuple[str, ...]] = [("length",)] if "length" in given else []
        limits += [("due_by", way) for way in DueBy.given(given.get("due_by")) if way in _AS_WRITTEN]
        for way in start if len(start) == len(limits) == 1 else ():
            allowed = _DUE_AFTER_ROWS.get(way, _DUE_AFTER_EVENTS)
            if limits[0][-1] not in allowed:
                yield (
                    limits[0],
                    f"does not go with a start by {way}; with it go: {', '.join(_AS_WRITTEN[one] for one in allowed)}",
                )
        yield from _overlaps(rows(given.get("variations")))
        if _is_yes(given.get("start_day_counts")):
            yield from _faults_of_counting(given, limits)
        met_by = MetBy.given(as_events(given.get("met_by")))
        if _is_yes(met_by.get("staying_open")) and not ("length" in given and _is_yes(given.get("outlives_closing"))):
            yield ("met_by", "staying_open"), "goes with length and outlives_closing: yes, or an early closing would go unseen"

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
        start = self.start
        needed = {_RELATION_OF[event] for event in (*start.events, *self.met_by.events) if event in _RELATION_OF}
        if start.action or start.action_overdue:
            needed.add("cin_actions")
        if start.transfer or start.dispute:
            needed.add("cin_transfers")
        if (self.due_by and self.due_by.fact) or start.waits_for_an_end:
            needed.add("cin_facts")
        return frozenset(needed)

    @property
    def rests_on(self) -> frozenset[str]:
        """The relations of which another row than the one that started the clock could meet the duty, or change its date."""
        met_by = self.met_by
        names = {*met_by.event, *met_by.later, *met_by.before_start, *met_by.already}
        relations = {
            _RELATION_OF.get(name, "cin_meetings" if name in DERIVED_EVENTS else "cin_events") for name in names - {"case_closed"}
        }
        if met_by.role:
            relations.add("cin_roles")
        if self.facts or self.agreed_interval or (self.due_by and (self.due_by.fact or self.due_by.interval)):
            relations.add("cin_facts")
        return frozenset(relations)


def _can_hold(when: Mapping[str, Any]) -> bool:
    """Whether every value of a test is one that its fact can have; facts that the edition declares can have any."""
    return all(not values_of(fact) or value in values_of(fact) for fact, value in when.items())


def _is_yes(value: Any) -> bool:
    return str(value).lower() in ("yes", "true", "on", "1")


def _faults_of_counting(given: Mapping[str, Any], limits: list[Any]) -> Iterator[Fault]:
    """A first day can be counted only where something is counted, and a count of that day alone leaves no time."""
    if limits not in ([("length",)], [("due_by", "interval")]):
        yield ("start_day_counts",), "goes with length, or with an interval: only a count has a first day"
    lengths = [("length", given.get("length"))]
    lengths += [("variations", Variation.given(one).get("length")) for one in rows(given.get("variations"))]
    for key, length in lengths:
        if isinstance(length, str) and length.split()[:1] == ["1"] and "day" in length:
            yield (key,), "a count of 1 day whose first day is the start would be due before anything could be done"


def _overlaps(variations: list[Any]) -> Iterator[Fault]:
    whens = [(index, Variation.given(one).get("when")) for index, one in enumerate(variations)]
    sound = [(index, when) for index, when in whens if isinstance(when, dict) and when and _can_hold(when)]
    for (_, one), (index, other) in combinations(sound, 2):
        if not any(other.get(fact, value) != value for fact, value in one.items()):
            yield (
                ("variations", index),
                f"variations overlap: {in_words(one)} and {in_words(other)} can both be true; "
                "let them differ in the value of one fact that both name",
            )


_RELATION_OF = {
    "visit_made": "cin_visits",
    "initial_meeting_booked": "cin_meetings",
    "action_completed": "cin_actions",
    "everyone_invited": "cin_attendees",
    "became_resident": "cin_transfers",
    "transfer_notified": "cin_transfers",
    "transfer_permission_sought": "cin_transfers",
    "transfer_documents_complete": "cin_transfers",
    "transfer_agencies_told": "cin_transfers",
    "service_manager_told": "cin_transfers",
}


class Stage(Rule):
    """A point on the ladder: counted in working days back from the last day to book, or on from the due date."""

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    working_days_before: Annotated[int, Field(ge=1, le=250)] | None = None
    working_days_after: Annotated[int, Field(ge=1, le=250)] | None = None
    working_days_after_start: Annotated[int, Field(ge=0, le=250)] | None = None
    every: Annotated[int, Field(ge=1, le=250)] | None = None
    times: Annotated[int, Field(ge=1, le=20)] = 1
    to: Annotated[tuple[StageTo, ...], BeforeValidator(as_list), Field(min_length=1)]

    @classmethod
    def faults_of(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """More or fewer places on the ladder than one, or a repeat without its number of times or its days between."""
        if len(given.keys() & {"working_days_before", "working_days_after", "working_days_after_start"}) != 1:
            yield (), "needs exactly one of working_days_before, working_days_after, working_days_after_start"
        if (str(given.get("times", 1)) != "1") != ("every" in given):
            yield (), "times and every go together"

    @property
    def is_breach(self) -> bool:
        """Whether the stage tells of a limit that has passed."""
        return self.working_days_after is not None

    @property
    def is_repeat(self) -> bool:
        """Whether the stage says again what an earlier stage said."""
        return self.every is not None


class Ladder(Rule):
    """Who hears what, when: a council's own decision, so it says who agreed it.

    ``prompts``: whether the stages of duties with the council's own figure wait for the digest of the next Monday.
    ``reminders``: whether those of the procedure's figures go each on its own day, or are gathered into fewer messages.
    """

    agreed_by: str
    agreed_on: date | None = None
    prompts: Literal["monday", "daily"] = "monday"
    reminders: Literal["daily", "gathered"] = "daily"
    procedure: tuple[Stage, ...]
    council: tuple[Stage, ...] = ()
    named: dict[str, tuple[Stage, ...]] = Field(default_factory=dict)

    @property
    def by_name(self) -> Mapping[str, tuple[Stage, ...]]:
        """Every ladder of the edition, those for the procedure's and for the council's own figures first."""
        return {"procedure": self.procedure, "council": self.council, **self.named}


class NotModelled(Rule):
    """Something the procedure asks that is no timescale, and why it is left out."""

    clause: str
    asks: str
    reason: str


OwnName = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]


class Edition(Rule):
    """One edition of a written procedure, in the order of its chapter.

    ``events`` and ``facts`` are names of the council's own beyond those of the contract: it records them in cin_events and
    cin_facts, and the edition uses them like any other. ``applies_to: open_clocks`` puts clocks that are open on the day the
    edition comes into force under it as well.
    """

    policy: Annotated[str, Field(pattern=f"^{PACK_ID}$")]
    council: str
    title: str
    edition: str
    in_force_on: date
    applies_to: Literal["new_clocks", "open_clocks"] = "new_clocks"
    plan_types: Annotated[tuple[str, ...], Field(min_length=1)]
    events: tuple[OwnName, ...] = ()
    facts: tuple[OwnName, ...] = ()
    doubts: tuple[str, ...] = ()
    meeting_names: dict[str, str] = Field(default_factory=dict)
    duties: Annotated[tuple[Duty, ...], Field(min_length=1)]
    meetings: MeetingWords = Field(default_factory=MeetingWords)
    ladder: Ladder
    not_modelled: tuple[NotModelled, ...] = ()

    @classmethod
    def faults_of(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """A duty that stands twice, a ladder that is not there, a name for the meetings of a plan that is not covered."""
        duties = [Duty.given(one) for one in rows(given.get("duties"))]
        names = [duty.get("duty") for duty in duties]
        for index, name in enumerate(names):
            if name is not None and name in names[:index]:
                yield ("duties", index, "duty"), f"duty {name} stands twice"
        named = Ladder.given(given.get("ladder")).get("named", {})
        ladders = tuple(named) if isinstance(named, dict) else ()
        for index, ladder in enumerate(duty.get("ladder") for duty in duties):
            if isinstance(ladder, str) and ladder not in ladders:
                near = nearest(ladder, ladders) if ladders else ": none stands under ladder.named"
                yield ("duties", index, "ladder"), f"no ladder is called {ladder!r}{near}"
        known = {"events": EVENTS, "facts": (*FACTS, *CASE_FACTS)}
        for key, names_known in known.items():
            for index, name in enumerate(rows(given.get(key))):
                if name in names_known:
                    yield (key, index), f"{name} stands in the contract already; only others are declared"
        covered = ("default", *rows(given.get("plan_types")))
        for plan_type in given.get("meeting_names") or ():
            if plan_type not in covered:
                yield (
                    ("meeting_names", plan_type),
                    f"no plan type of this pack is called {plan_type!r}{nearest(plan_type, covered)}",
                )

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

    def taking_over(self, started_on: date, on: date) -> tuple[Edition, ...]:
        """The editions for open clocks that came into force after a clock started and by the business date, oldest first."""
        # The first edition takes nothing over: it covers earlier clocks already.
        newer = (edition for edition in self.editions[1:] if started_on < edition.in_force_on <= on)
        return tuple(edition for edition in newer if edition.applies_to == "open_clocks")

    def before(self, edition: Edition) -> Policy:
        """The same policy as it stood before an edition came into force."""
        older = tuple(one for one in self.editions if one.in_force_on < edition.in_force_on)
        return self.model_copy(update={"editions": older})

    def watching(self, not_supplied: frozenset[str]) -> Policy:
        """The same policy without the duties that need a relation which the council does not supply."""
        if not not_supplied:
            return self
        editions = []
        for edition in self.editions:
            duties = tuple(duty for duty in edition.duties if not duty.needs & not_supplied)
            editions.append(edition.model_copy(update={"duties": duties}))
        return self.model_copy(update={"editions": tuple(editions)})

    def not_watched(self, not_supplied: frozenset[str]) -> tuple[str, ...]:
        """The duties of the newest edition that need a relation which the council does not supply."""
        return tuple(duty.duty for duty in self.newest.duties if duty.needs & not_supplied)

    @property
    def newest(self) -> Edition:
        """The edition that came into force last."""
        return self.editions[-1]
