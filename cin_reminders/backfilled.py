"""What a backfill found on each past day and did about it, as people and programs read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from cin_reminders.notice import MeetingNotice, Notice
from cin_reminders.summary import Summary


class Mode(StrEnum):
    """What a backfill does: show what was missed, put it on record, or tell what can still be acted on."""

    PLAN = "plan"
    RECORD = "record"
    SEND = "send"


@dataclass(frozen=True, kw_only=True, slots=True)
class PastDay:
    """One past day: what fell due and was overdue on it, the messages the ledger holds of it, and what it ``missed``.

    ``closed`` says why nothing goes on it, ``run`` how its last run went (None: there was none), ``recorded`` how many stages
    this backfill closed.
    """

    day: date
    closed: str | None
    run: str | None
    fell_due: int
    overdue: int
    messages: Mapping[str, int]
    missed: tuple[Notice, ...]
    recorded: int

    @property
    def stages(self) -> dict[str, int]:
        """How many notices were missed of each stage."""
        return dict(sorted(Counter(one.key.stage for one in self.missed).items()))

    @property
    def people(self) -> int:
        """How many people missed a message."""
        return len({one.key.person_ref for one in self.missed})

    def counts(self) -> dict[str, Any]:
        """The day in figures, with nothing that names a case or a person."""
        return {
            "day": self.day.isoformat(),
            "closed": self.closed,
            "run": self.run,
            "fell_due": self.fell_due,
            "overdue": self.overdue,
            "messages": dict(self.messages),
            "people": self.people,
            "missed": len(self.missed),
            "stages": self.stages,
            "recorded": self.recorded,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Backfilled:
    """A backfill from its first to its last day.

    ``held`` says why nothing was done, or nothing new sent; ``stopped``, or ``failed`` and why, that something is left to do.
    ``messages`` counts, by state, those that it added to today's, and ``run`` is the run that added them.
    """

    from_on: date
    to_on: date
    mode: Mode
    on: date
    days: tuple[PastDay, ...]
    held: str | None = None
    stopped: bool = False
    failed: str | None = None
    messages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    run: Summary | None = None

    @property
    def missed(self) -> int:
        """How many notices the days missed."""
        return sum(len(one.missed) for one in self.days)

    @property
    def recorded(self) -> int:
        """How many stages this backfill closed."""
        return sum(one.recorded for one in self.days)

    @property
    def why_incomplete(self) -> str | None:
        """What is left undone; None where nothing is."""
        return "stopped before every day was done; run again to do what is left" if self.stopped else self.failed

    @property
    def exit_code(self) -> int:
        """0 done, 1 incomplete, 3 held."""
        return 3 if self.held else 1 if self.why_incomplete else 0

    def counts(self) -> dict[str, Any]:
        """The backfill in figures, with nothing that names a case or a person."""
        return {
            "from": self.from_on.isoformat(),
            "to": self.to_on.isoformat(),
            "mode": str(self.mode),
            "business_date": self.on.isoformat(),
            "days": [one.counts() for one in self.days],
            "missed": self.missed,
            "recorded": self.recorded,
            "messages": dict(self.messages),
            "held": self.held,
            "failed": self.why_incomplete,
        }

    def as_json(self) -> dict[str, Any]:
        """The backfill as plain values, each missed notice among them; other programs rely on these names."""
        days = [one.counts() | {"notices": [_as_json(notice) for notice in one.missed]} for one in self.days]
        return self.counts() | {"days": days}


def _as_json(notice: Notice) -> dict[str, Any]:
    return {
        "case_ref": notice.key.case_ref,
        "meeting_ref" if isinstance(notice, MeetingNotice) else "duty": notice.key.subject,
        "start_ref": notice.key.start_ref,
        "stage": notice.key.stage,
        "stage_on": notice.stage_on.isoformat() if notice.stage_on else None,
        "due_on": notice.due_on.isoformat() if notice.due_on else None,
        "person_ref": notice.key.person_ref,
        "role": notice.role,
        "reason": notice.reason,
    }
