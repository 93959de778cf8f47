"""What was recorded as true of a case on a given day.

A row holds from ``since_on`` (none: always) to ``until_on``, both included. The latest ``since_on`` wins and any dated row
beats an undated one; two rows of one day that contradict each other are unknown
(docs/counting.md, Limits, agreed intervals and facts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from cin_reminders.case import Case, Fact
from cin_reminders.length import Length, parse_length

PROTECTED = ("child_protection_plan", "looked_after")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """One fact on one day: its value, or None with whether the rows contradict each other."""

    value: str | None
    contradicted: bool = False
    dated: bool = False


NOT_RECORDED = Reading(None)


def read_fact(case: Case, fact: str, on: date) -> Reading:
    """What the records say of a fact on a day. `team` and `plan_type` are read from the case itself."""
    if fact == "team":
        return Reading(case.team)
    if fact == "plan_type":
        return Reading(case.plan_type)
    best: list[Fact] = []
    for row in case.facts:
        if row.fact != fact or not _in_force(row, on):
            continue
        if not best or _rank(row) > _rank(best[0]):
            best = [row]
        elif _rank(row) == _rank(best[0]):
            best.append(row)
    if not best:
        return NOT_RECORDED
    values = {row.value for row in best}
    dated = best[0].since_on is not None
    return Reading(best[0].value, dated=dated) if len(values) == 1 else Reading(None, contradicted=True, dated=dated)


def read_interval(case: Case, fact: str, on: date) -> Length | None:
    """The interval agreed for a case as it stood on a day: a dated fact, else the case's own column, else an undated fact.

    Two facts of one day that contradict each other leave the column.
    """
    reading = read_fact(case, fact, on)
    text = reading.value if reading.dated and not reading.contradicted else _column(case, fact) or reading.value
    return parse_length(text) if text else None


def first_interval_after(case: Case, fact: str, after: date, *, read_on: date) -> Length | None:
    """The first interval recorded later than a day, as far as the records go on ``read_on``."""
    rows = [row for row in case.facts if row.fact == fact and (row.since_on is None or row.since_on <= read_on)]
    intervals = (read_interval(case, fact, day) for day in _changes(rows) if after < day <= read_on)
    return next((interval for interval in intervals if interval is not None), None)


def contradictions(case: Case, on: date) -> tuple[str, ...]:
    """The facts whose rows contradict each other on the day, to be reported."""
    names = dict.fromkeys(row.fact for row in case.facts)
    return tuple(name for name in names if read_fact(case, name, on).contradicted)


@dataclass(frozen=True, slots=True)
class Period:
    """A run of days on which a fact was `yes`, both ends included; None is an open end."""

    fact: str
    first: date | None
    last: date | None

    def covers(self, day: date) -> bool:
        """Whether the day lies in the period; its first and last day do."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def protected_periods(case: Case, *, read_on: date) -> tuple[Period, ...]:
    """When the child was on a child protection plan or looked after, as far as the records go on ``read_on``."""
    return tuple(period for fact in PROTECTED for period in _periods(case, fact, read_on))


def _periods(case: Case, fact: str, read_on: date) -> Iterator[Period]:
    rows = tuple(row for row in case.facts if row.fact == fact and (row.since_on is None or row.since_on <= read_on))
    if not rows:
        return
    known = Case(case_ref=case.case_ref, label="", plan_type="", facts=rows)
    changes = _changes(rows)
    first: date | None = None
    running = read_fact(known, fact, (changes[0] if changes else read_on) - _DAY).value == "yes"
    for day in changes:
        now = read_fact(known, fact, day).value == "yes"
        if now and not running:
            first, running = day, True
        elif running and not now:
            yield Period(fact, first, day - _DAY)
            first, running = None, False
    if running:
        yield Period(fact, first, None)


def _changes(rows: Iterable[Fact]) -> list[date]:
    """The only days on which a value can change: a row begins, or ended the day before."""
    rows = tuple(rows)
    return sorted({row.since_on for row in rows if row.since_on} | {row.until_on + _DAY for row in rows if row.until_on})


def _in_force(row: Fact, on: date) -> bool:
    return (row.since_on is None or row.since_on <= on) and (row.until_on is None or on <= row.until_on)


def _rank(row: Fact) -> date:
    return row.since_on or date.min


def _column(case: Case, fact: str) -> str | None:
    if fact == "review_interval":
        return case.review_interval
    if fact == "visit_interval":
        return case.visit_interval
    return None
