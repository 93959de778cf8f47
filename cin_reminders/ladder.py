"""The days of a ladder: when each stage of one obligation is reached.

Stages before the limit are counted back from the last day to book, stages after it from the due date. A stage that falls on
a day the council is closed goes earlier before the limit and later after it (docs/counting.md, The ladder).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from cin_reminders.errors import BeyondCalendarError
from cin_reminders.length import Length
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Stage
from cin_reminders.working_days import Calendar

# A reminder more working days stale than this, when first seen, is no longer worth sending.
STALE_AFTER = 5
AT_ONCE = Length(count=1, unit="working days")


@dataclass(frozen=True, slots=True)
class Rung:
    """One stage of one obligation, with its day. A repeated stage has a rung for each time: repeat-1, repeat-2 ..."""

    name: str
    on: date
    stage: Stage


def rungs(obligation: Obligation, calendar: Calendar) -> tuple[Rung, ...]:
    """Every stage of an obligation in the order of their days; none where no due date can be worked out."""
    due_on, book_by = obligation.due_on, obligation.book_by
    if due_on is None:
        return ()
    found: list[Rung] = []
    for stage in obligation.edition.ladder_of(obligation.rule):
        for time in range(stage.times):
            day = _day(stage, time, obligation.started_on, due_on, book_by, calendar)
            if day is not None and waits_for_monday(obligation):
                day = _monday_from(day, calendar)
            if day is not None:
                found.append(Rung(f"{stage.stage}-{time + 1}" if stage.every else stage.stage, day, stage))
    found.sort(key=lambda rung: rung.on)
    return tuple(found)


def _day(stage: Stage, time: int, started_on: date | None, due_on: date, book_by: date | None, calendar: Calendar) -> date | None:
    try:
        if stage.working_days_before is not None:
            return calendar.open_on_or_before(calendar.back(book_by, stage.working_days_before)) if book_by else None
        further = time * (stage.every or 0)
        if stage.working_days_after is not None:
            return calendar.open_on_or_after(calendar.add(due_on, stage.working_days_after + further))
        if started_on is None:
            return None
        count = (stage.working_days_after_start or 0) + further
        return calendar.open_on_or_after(calendar.add(started_on, count) if count else started_on)
    except BeyondCalendarError:
        # No stage lies past the calendar: its days are not known yet.
        return None


def waits_for_monday(obligation: Obligation) -> bool:
    """Whether a prompt goes into the digest of the week: all but those of one working day, unless the council asks for daily."""
    prompt = obligation.figure == "council" and obligation.rule.length != AT_ONCE
    return prompt and obligation.edition.ladder.prompts == "monday"


def _monday_from(day: date, calendar: Calendar) -> date | None:
    """The first Monday on or after a day, or the next day the council is open where that Monday is none."""
    try:
        return calendar.open_on_or_after(day + timedelta(days=-day.weekday() % 7))
    except BeyondCalendarError:
        return None


def spoken_stage(name: str) -> str:
    """What people call a stage: `escalate_service_manager` is the escalation to the service manager."""
    return name.replace("escalate_", "escalation to the ").replace("_", " ").replace("-", " ")


def is_urgent(rung: Rung, obligation: Obligation) -> bool:
    """Whether a stage always goes, however late: it tells of a limit that has passed, or of a duty of one working day.

    Such a duty (harm, consent, a dispute) goes at once; a harm response tells its managers before any limit has passed.
    """
    return rung.stage.is_breach or obligation.rule.length == AT_ONCE


def is_skipped(rung: Rung, obligation: Obligation) -> bool:
    """Whether a stage falls on or before the day the clock started, so that there is nothing to remind of yet."""
    at_once = rung.stage.working_days_after_start == 0
    return obligation.started_on is not None and rung.on <= obligation.started_on and not at_once
