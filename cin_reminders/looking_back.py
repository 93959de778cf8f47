"""Looking back from a day: how the open days before it went, by what the ledger keeps of their runs and of their messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from cin_reminders.ledger import Ledger
from cin_reminders.week import TWO_WEEKS, DayDone, day_done, days_done, said_of_silence
from cin_reminders.working_days import Calendar

_DAY = timedelta(days=1)


def last_days(ledger: Ledger, mode: str, on: date, calendar: Calendar, *, number: int) -> tuple[DayDone, ...]:
    """How the open days among so many calendar days before a day went, from the service's first day on.

    A day's messages are counted as they stand now: what waited when its run ended may have gone since.
    """
    first_on, last_on = on - timedelta(days=number), on - timedelta(days=1)
    runs = ledger.runs_between(mode, first_on, last_on)
    if ledger.run_before(mode, first_on) is None:
        first_on = min((one.business_date for one in runs), default=on)
    outcomes = [(one.business_date, one.outcome) for one in runs]
    return days_done(outcomes, ledger.counts_between(first_on, last_on, mode), first_on, last_on, calendar)


def silence_of(ledger: Ledger, mode: str, on: date, calendar: Calendar, *, outcome: str) -> tuple[str, ...]:
    """What is odd about the silence of a day that ended so, and of the days since the last good run: the run itself says it."""
    before = _two_weeks_and_their_measure(ledger, mode, on, calendar)
    since = max((one.on for one in before if one.outcome == "good"), default=date.min)
    messages = ledger.counts(on, mode)
    # What waits for the end of the quiet hours, or for another try, goes today. A run that was not good says itself why.
    is_over = outcome == "good" and not messages.get("planned") and not messages.get("claimed")
    today = [day_done(on, outcome, messages)] if is_over else []
    return _said(on, calendar, [*before, *today], since)


def silence_for_managers(ledger: Ledger, mode: str, on: date, calendar: Calendar) -> tuple[str, ...]:
    """What is odd about the silence of the days since managers were last told of anything: their next message says it."""
    with ledger.looking() as planning:
        since = planning.managers_told_before(mode, on)
    return _said(on, calendar, _two_weeks_and_their_measure(ledger, mode, on, calendar), since or date.min)


def _two_weeks_and_their_measure(ledger: Ledger, mode: str, on: date, calendar: Calendar) -> tuple[DayDone, ...]:
    return last_days(ledger, mode, on, calendar, number=2 * TWO_WEEKS.days)


def _said(on: date, calendar: Calendar, days: Sequence[DayDone], since: date) -> tuple[str, ...]:
    # On a day off nobody is to hear anything.
    return said_of_silence(days, max(since, on - TWO_WEEKS - _DAY)) if calendar.is_open_day(on) else ()


def why_untold(ledger: Ledger, mode: str, on: date) -> str | None:
    """Why the last run of a day was held, or what stands in its place on record, so that a report written later says so too."""
    last = ledger.last_run(mode, on)
    return last.held if last and last.outcome in ("held", "recorded") else None
