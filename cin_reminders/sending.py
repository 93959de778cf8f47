"""What the report says of a day's messages: those that went, those that wait, what nobody has heard of, and which holds stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from cin_reminders.case import LONDON
from cin_reminders.holds import Hold
from cin_reminders.notice import WAITING, Notice

# Outcomes of notices that a duty calls for and that nobody has heard of so far.
NOT_TOLD = (*WAITING, "no_recipient")


@dataclass(frozen=True, kw_only=True, slots=True)
class Untold:
    """A notice that nobody could be told, up to the head of service, and what stood in the way."""

    case_ref: str
    duty: str
    stage: str
    due_on: date | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """A hold as the report lists it: what nobody is told of, up to and including which day, by whom, why, and since when."""

    what: str
    until_on: date
    by: str
    why: str
    put_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What a person decided, as the report lists it: on which day in London, who, what kind of decision, about what, why."""

    said_on: date
    by: str
    kind: str
    about: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """What the report says of the day's messages: those that went or wait, and what was told to nobody, and why.

    ``held`` says why the whole run was held. ``messages`` counts the day's by state, ``waiting`` those still to go by the
    reason, ``not_told`` by outcome the notices that stand in no message although their duty calls for them. ``untold`` are the
    notices that nobody could be told. ``holds`` are those in force, ``holds_ended`` those that ended by themselves since the
    last run, ``decided`` what people decided since it. ``silence`` says what is odd about nothing having been sent, today or on
    the days before.
    """

    held: str | None = None
    messages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    waiting: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    not_told: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    untold: tuple[Notice, ...] = ()
    holds: tuple[Hold, ...] = ()
    holds_ended: tuple[Hold, ...] = ()
    silence: tuple[str, ...] = ()
    decided: tuple[Word, ...] = ()


def as_untold(notice: Notice) -> Untold:
    """A notice that nobody could be told, as the report lists it."""
    return Untold(
        case_ref=notice.key.case_ref,
        duty=notice.key.subject,
        stage=notice.key.stage,
        due_on=notice.due_on,
        reason=notice.reason,
    )


def as_pause(hold: Hold) -> Pause:
    """A hold as the report lists it."""
    put_on = hold.at.astimezone(LONDON).date()
    return Pause(what=hold.about, until_on=hold.until_on, by=hold.owner, why=hold.why, put_on=put_on)
