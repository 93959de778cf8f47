"""What is kept for how long: what is personal goes after a set time, what stops repeats stays.

docs/retention.md says it for the data team, and docs/decisions/0010-what-retention-removes.md why it is so.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta

from cin_reminders.holds import REFERENCE
from cin_reminders.reason_codes import ReasonCode
from cin_reminders.words import count_of, day_in_full

# Nothing younger is removed: a ladder runs for about two months after a breach, and corrections come after it.
NEAREST_MONTHS = 3
# What stands where words of a person or of another program stood.
REMOVED = "removed: older than what is kept"
# Outcomes whose reason may quote a hold, say why a person could not be told, or repeat what another program answered.
QUOTING = ("held", "failed", "no_recipient", "withdrawn")
PURGE = "purge"  # the kind of the decision that is kept of each purge; it is about the first day that was kept whole

_CODES = frozenset(ReasonCode)
_UNTIL = re.compile(r"until \d{4}-\d\d-\d\d: ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """What a purge removed: of how many messages, notices, decisions and runs the words, and how many holds and files.

    ``before`` is the first day of which everything stays. ``kept`` counts the older messages that stay whole, since they are
    of a duty that is still open, or have not come to an end.
    """

    before: date
    messages: int = 0
    notices: int = 0
    decisions: int = 0
    holds: int = 0
    runs: int = 0
    files: int = 0
    kept: int = 0

    def as_json(self) -> dict[str, Any]:
        """The counts as plain values; other programs rely on these names."""
        return asdict(self) | {"before": self.before.isoformat()}

    def in_words(self) -> str:
        """The counts in one line."""
        counted = (
            (self.messages, "message"),
            (self.notices, "notice"),
            (self.decisions, "decision"),
            (self.runs, "run"),
        )
        *words, last = [count_of(number, what) for number, what in counted if number] or [""]
        of_words = f"the words of {', '.join(words) + ' and ' if words else ''}{last}" if last else ""
        holds = count_of(self.holds, "hold that was over", "holds that were over")
        gone = [of_words, holds if self.holds else "", count_of(self.files, "file") if self.files else ""]
        day = day_in_full(self.before, None)
        found = ", ".join(filter(None, gone))
        said = f"Removed what was older than {day}: {found}" if found else f"Nothing was left that is older than {day}"
        if not self.kept:
            return f"{said}."
        stay = "1 older message stays, since it is" if self.kept == 1 else f"{self.kept} older messages stay, since they are"
        return f"{said}; {stay} still needed."


def line_of(on: date, months: int) -> date:
    """The first day that is kept whole on a business date, where so many months are kept."""
    return on - relativedelta(months=months)


def faults_of_line(before: date, on: date) -> list[str]:
    """Why what is older than a day cannot be removed on a business date; empty where it can."""
    latest = line_of(on, NEAREST_MONTHS)
    if before <= latest:
        return []
    return [f"before {before}: is in the last {NEAREST_MONTHS} months or to come; allowed: up to {latest}"]


def without_own_words(why: str) -> str:
    """The reason of an old decision: one from the closed list stays, and so does the last day of a hold; own words go."""
    until = _UNTIL.match(why)
    head = until[0] if until else ""
    return why if why[len(head) :] in _CODES else f"{head}{REMOVED}"


def without_name(by: str) -> str:
    """Who made an old decision: a staff reference stays, a name or an address goes."""
    return by if re.fullmatch(REFERENCE, by) else REMOVED
