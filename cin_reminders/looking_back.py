"""Looking back from a day: how the open days before it went, by what the ledger keeps of their runs and of their messages."""

from __future__ import annotations

from datetime import date, timedelta

from cin_reminders.ledger import Ledger
from cin_reminders.week import DayDone, day_done, days_done, said_of_silence
from cin_reminders.working_days import Calendar


def last_days(ledger: Ledger, mode: str, on: date, calendar: Calendar, *, number: int = 14) -> tuple[DayDone, ...]:
    """How the open days among so many calendar days before a day went, from the service's first day on.

    A day's messages are counted as they stand now: what waited when its run ended may have gone since.
    """
    first_on, last_on = on - timedelta(days=number), on - timedelta(days=1)
    runs = ledger.runs_between(mode, first_on, last_on)
    if ledger.run_before(mode, first_on) is None:
        first_on = min((one.business_date for one in runs), default=on)
    outcomes = [(one.business_date, one.outcome) for one in runs]
    return days_done(outcomes, ledger.counts_between(first_on, last_on, mode), first_on, last_on, calendar)


def silence_until(ledger: Ledger, mode: str, on: date, calendar: Calendar, *, outcome: str | None = None) -> tuple[str, ...]:
    """What is odd about the silence of a day that ended so (None: it has not ended) and of the days since the last good run."""
    # On a day off nobody is to hear anything.
    if not calendar.is_open_day(on):
        return ()
    messages = ledger.counts(on, mode)
    # What waits for the end of the quiet hours, or for another try, goes today.
    ended = None if messages.get("planned") or messages.get("claimed") else outcome
    today = day_done(on, ended, messages)
    return said_of_silence((*last_days(ledger, mode, on, calendar), today))


def why_untold(ledger: Ledger, mode: str, on: date) -> str | None:
    """Why the last run of a day was held, or what stands in its place on record, so that a report written later says so too."""
    last = ledger.last_run(mode, on)
    return last.held if last and last.outcome in ("held", "recorded") else None
