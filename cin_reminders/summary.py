"""What one run read, worked out and told, as people and programs read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cin_reminders.case import Rejection


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one run read, worked out and told. ``held`` says why nothing new was sent, ``failed`` what is left undone.

    ``not_told`` counts the notices that wait or found nobody, by outcome; ``refused`` the people with a role whose address is
    outside the lists of those who may be written to; ``holds`` are those in force, ``holds_ended`` those
    that ended by themselves since the last run.
    """

    business_date: date
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    cases_evaluated: int
    out_of_scope: int
    obligations: Mapping[str, int]
    messages: Mapping[str, int]
    cards: Mapping[str, int]
    held: str | None
    failed: str | None
    note: str | None
    not_told: Mapping[str, int]
    refused: int
    holds: tuple[str, ...]
    holds_ended: tuple[str, ...]
    rejections: tuple[Rejection, ...]
    warnings: tuple[str, ...]
    not_supplied: tuple[str, ...]
    not_watched: tuple[str, ...]
    quarantined: tuple[str, ...]
    report: Path | None
    outbox: Path | None

    @property
    def exit_code(self) -> int:
        """0 done, 1 failed or incomplete, 3 held."""
        return 3 if self.held else 1 if self.failed else 0

    def as_json(self) -> dict[str, Any]:
        """The summary as plain values; other programs rely on these names."""
        return {
            "business_date": self.business_date.isoformat(),
            "rows_read": self.rows_read,
            "rows_accepted": self.rows_accepted,
            "rows_rejected": self.rows_rejected,
            "cases_evaluated": self.cases_evaluated,
            "out_of_scope": self.out_of_scope,
            "obligations": dict(self.obligations),
            "messages": dict(self.messages),
            "cards": dict(self.cards),
            "held": self.held,
            "failed": self.failed,
            "note": self.note,
            "put_off": self.not_told.get("put_off", 0),
            "untold": self.not_told.get("no_recipient", 0),
            "not_told": dict(self.not_told),
            "refused": self.refused,
            "holds": list(self.holds),
            "holds_ended": list(self.holds_ended),
            "rejections": [
                {"relation": one.relation, "key": one.key, "column": one.column, "reason": one.reason} for one in self.rejections
            ],
            "warnings": list(self.warnings),
            "not_supplied": list(self.not_supplied),
            "not_watched": list(self.not_watched),
            "quarantined": list(self.quarantined),
            "report": str(self.report) if self.report else None,
        }
