"""Opening hours: on which days and at what times messages may go. What is due meanwhile waits for the next opening.

Nobody is written to on a day the council is not at work, nor in the quiet hours that a council may set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cin_reminders.case import LONDON
from cin_reminders.words import day_in_full
from cin_reminders.working_days import Calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """Nothing may go now: until when, and why in words."""

    until: datetime
    why: str


def closed_at(
    moment: datetime,
    on: date,
    calendar: Calendar,
    *,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
) -> Closed | None:
    """Until when no message may go, and why; None where it may go now.

    ``on`` is the business date, which must be a working day on which the council is open. ``moment`` is the time on the clock:
    between ``quiet_from`` and ``quiet_until``, times of day in London, nothing goes; the last of them is open again.
    """
    opens = quiet_until or time()
    if not calendar.is_open_day(on):
        until = _at(calendar.open_on_or_after(on), opens)
        return Closed(until=until, why=f"{calendar.why_not_open(on)}: waits until {_spoken(until, opens)}")
    if quiet_from is None or quiet_until is None:
        return None
    return _quiet_at(moment, calendar, quiet_from, quiet_until)


def is_over(on: date, moment: datetime) -> bool:
    """Whether a business date is over in London at a moment."""
    return on < moment.astimezone(LONDON).date()


def families_wait_at(moment: datetime, calendar: Calendar, *, family_from: time, family_until: time) -> Closed | None:
    """Until when no family is written to, and why; None where they may be now: nobody is woken by a text message."""
    quiet = _quiet_at(moment, calendar, family_until, family_from)
    return quiet and Closed(until=quiet.until, why=f"families are written to from {family_from:%H:%M}: waits until then")


def _quiet_at(moment: datetime, calendar: Calendar, quiet_from: time, quiet_until: time) -> Closed | None:
    opens = quiet_until
    here = moment.astimezone(LONDON)
    now = here.time()
    over_midnight = quiet_until < quiet_from
    is_quiet = (now >= quiet_from or now < quiet_until) if over_midnight else quiet_from <= now < quiet_until
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=1) if over_midnight and now >= quiet_from else here.date()
    until = _at(calendar.open_on_or_after(day), opens)
    return Closed(until=until, why=f"quiet hours: waits until {_spoken(until, opens)}")


def _at(day: date, at: time) -> datetime:
    # Kept in London's own time: across a change of clocks the hour on the wall stays the same.
    return datetime.combine(day, at, tzinfo=LONDON)


def _spoken(until: datetime, opens: time) -> str:
    return day_in_full(until.date(), None) + (f", {opens:%H:%M}" if opens != time() else "")
