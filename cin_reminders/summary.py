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
    """What one run read, worked out and told. ``held`` says why nothing new was sent, ``failed`` what is left undone."""

    business_date: date
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    cases_evaluated: int
    out_of_scope: int
    obligations: Mapping[str, int]
    messages: Mapping[str, int]
    held: str | None
    failed: str | None
    note: str | None
    put_off: int
    untold: int
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
            "held": self.held,
            "failed": self.failed,
            "note": self.note,
            "put_off": self.put_off,
            "untold": self.untold,
            "rejections": [
                {"relation": one.relation, "key": one.key, "column": one.column, "reason": one.reason} for one in self.rejections
            ],
            "warnings": list(self.warnings),
            "not_supplied": list(self.not_supplied),
            "not_watched": list(self.not_watched),
            "quarantined": list(self.quarantined),
            "report": str(self.report) if self.report else None,
        }
