"""Working days in England: which days count, and where a count of them ends.

One table for each calendar answers every question by looking up, never by walking day by day. Bank holidays come from
the official GOV.UK list for England and Wales, kept in ``bank_holidays.json``; the years outside that list are worked
out by ``holidays``. Every function is of dates alone: nothing here knows what day it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

import holidays
from dateutil.relativedelta import relativedelta

from cin_reminders.errors import BeyondCalendarError, SettingsError
from cin_reminders.length import Length

FIRST_DAY = date(1990, 1, 1)
YEARS_PAST_THE_LIST = 5
WARN_DAYS = 90
EXTRA_DAY = "bank holiday (announced by the council's settings)"
CLOSED = "council closed"

_WEEKEND = {5: "Saturday", 6: "Sunday"}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class DayStep:
    """One day of a count: its number among the working days, or why it was skipped. Exactly one of the two is None."""

    day: date
    number: int | None
    why: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """The days that count, in order, and for each day of the calendar how many of them come before it."""

    days: tuple[date, ...]
    before: tuple[int, ...]

    def counts(self, index: int) -> bool:
        return self.before[index + 1] > self.before[index]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Calendar:
    """The working days of one council, from ``first`` to ``last``.

    ``last`` is 31 December of the fifth year after the newest official list, and ``official_until`` the last day of that
    list's newest year. A day outside the calendar raises BeyondCalendarError, except where None is the answer.
    """

    first: date
    last: date
    official_until: date
    _working: _Table = field(repr=False)
    _open: _Table = field(repr=False)
    _bank_holidays: Mapping[date, str] = field(repr=False)

    def is_working_day(self, day: date) -> bool:
        """A working day is any day that is not a Saturday, a Sunday or a bank holiday in England."""
        return self._working.counts(self._index(day))

    def is_open_day(self, day: date) -> bool:
        """An open day is a working day on which the council is not closed."""
        return self._open.counts(self._index(day))

    def why_not_working(self, day: date) -> str | None:
        """Why the day does not count: Saturday, Sunday or the bank holiday's name; None for a working day."""
        self._index(day)  # refuses a day outside the calendar
        return _WEEKEND.get(day.weekday()) or self._bank_holidays.get(day)

    def why_not_open(self, day: date) -> str | None:
        """Why nobody is at work that day: as ``why_not_working``, or ``council closed``; None for an open day."""
        return self.why_not_working(day) or (None if self.is_open_day(day) else CLOSED)

    def add(self, start: date, n: int) -> date:
        """The nth working day after the start, which is day 0 whether or not it is a working day itself.

        ``n`` is at least 1: what 0 working days from a weekend would be, nobody has said. Raises ValueError for less, and
        BeyondCalendarError where the answer lies past the calendar. Source: ``How we count`` in the duties.
        """
        if n < 1:
            raise ValueError(f"a count of working days starts at 1, not {n}")
        at = self._working.before[self._index(start) + 1] + n - 1
        if at >= len(self._working.days):
            raise self._beyond(f"The day {n} working days after {_in_words(start)}")
        return self._working.days[at]

    def between(self, a: date, b: date) -> int:
        """How many working days lie after ``a``, up to and including ``b``; 0 where ``b`` is not after ``a``."""
        before = self._working.before
        return max(0, before[self._index(b) + 1] - before[self._index(a) + 1])

    def back(self, day: date, n: int) -> date:
        """The nth working day before the day; for n = 0 the day itself, or the last working day before it.

        Raises ValueError for a negative ``n``, and BeyondCalendarError where the answer lies before the calendar.
        """
        if n < 0:
            raise ValueError(f"working days are counted back from 0, not {n}")
        index = self._index(day)
        at = self._working.before[index] - n if n else self._working.before[index + 1] - 1
        if at < 0:
            raise self._beyond(f"The day {n} working days before {_in_words(day)}")
        return self._working.days[at]

    def book_by(self, due_on: date) -> date | None:
        """The last open day on or before the due date: the last day on which it can be done at work.

        None past the calendar, where bank holidays are not known; the due date itself never moves.
        """
        return None if due_on > self.last else self.open_on_or_before(due_on)

    def open_on_or_before(self, day: date) -> date:
        """The day itself if the council is open, else the last open day before it."""
        at = self._open.before[self._index(day) + 1] - 1
        if at < 0:
            raise self._beyond(f"The last open day up to {_in_words(day)}")
        return self._open.days[at]

    def open_on_or_after(self, day: date) -> date:
        """The day itself if the council is open, else the first open day after it."""
        at = self._open.before[self._index(day)]
        if at >= len(self._open.days):
            raise self._beyond(f"The first open day from {_in_words(day)}")
        return self._open.days[at]

    def due_on(self, start: date, length: Length) -> date | None:
        """The last day in time for a length that starts on ``start``, which is day 0; never moved off a weekend or bank holiday.

        Working days are counted by the table: None where the count leaves the calendar, never a guess. Calendar days,
        weeks (of 7 days) and months (to the corresponding date, or the month's last day) also reach past it.
        """
        if length.unit == "working days":
            try:
                return self.add(start, length.count)
            except BeyondCalendarError:
                return None
        try:
            match length.unit:
                case "calendar days":
                    return start + timedelta(days=length.count)
                case "weeks":
                    return start + timedelta(weeks=length.count)
                case "months":
                    return start + relativedelta(months=length.count)
        except (ValueError, OverflowError):
            return None  # past the year 9999

    def steps(self, start: date, until: date) -> tuple[DayStep, ...]:
        """Each day after the start, up to and including ``until``: its number as a working day, or why it was skipped."""
        number = 0
        steps = []
        for index in range(self._index(start) + 1, self._index(until) + 1):
            day = self.first + timedelta(days=index)
            why = self.why_not_working(day)
            number += why is None
            steps.append(DayStep(day=day, number=number if why is None else None, why=why))
        return tuple(steps)

    def _index(self, day: date) -> int:
        # Without this check a day before the first would count from the far end of the table and give a wrong date in silence.
        if not self.first <= day <= self.last:
            raise self._beyond(_in_words(day))
        return day.toordinal() - self.first.toordinal()

    def _beyond(self, what: str) -> BeyondCalendarError:
        extent = f"{_in_words(self.first)} to {_in_words(self.last)}"
        return BeyondCalendarError(f"{what} lies outside the working-day calendar, which runs from {extent}")


def make_calendar(
    *,
    extra_days: Iterable[date] = (),
    put_back_days: Iterable[date] = (),
    closure_days: Iterable[date] = (),
) -> Calendar:
    """The working days of a council: every weekday but the bank holidays of England, as its settings amend them.

    ``extra_days`` are bank holidays announced after this list was made, ``put_back_days`` bank holidays that became
    working days; both may stay in the settings once the list has them. ``closure_days`` are days on which the council is
    closed: they never stop a clock. Raises SettingsError with every fault found: a day outside the calendar, a day both
    extra and put back, a weekend put back.
    """
    return _calendar(frozenset(extra_days), frozenset(put_back_days), frozenset(closure_days))


# A run asks for its council's calendar at several steps, and always for the same one.
@lru_cache(maxsize=4)
def _calendar(extra: Set[date], put_back: Set[date], closed: Set[date]) -> Calendar:
    official_until = date(max(_official_list()).year, 12, 31)
    last = date(official_until.year + YEARS_PAST_THE_LIST, 12, 31)
    _refuse_faults({"extra_days": extra, "put_back_days": put_back, "closure_days": closed}, last)

    listed = {day: name for day, name in _bank_holidays(last.year).items() if day not in put_back}
    names = dict.fromkeys(extra, EXTRA_DAY) | listed

    def works(day: date) -> bool:
        return day.weekday() not in _WEEKEND and day not in names

    working = _table(last, works)
    return Calendar(
        first=FIRST_DAY,
        last=last,
        official_until=official_until,
        _working=working,
        _open=_table(last, lambda day: works(day) and day not in closed) if closed else working,
        _bank_holidays=MappingProxyType(names),
    )


def official_list_warning(calendar: Calendar, on: date) -> str | None:
    """A warning from 90 days before the official list of bank holidays ends, and ever after; None before that."""
    end = _in_words(calendar.official_until)
    days = (calendar.official_until - on).days
    if days > WARN_DAYS:
        return None
    return (
        f"The official list of bank holidays {'ended' if days < 0 else 'ends'} on {end}: install a version with a newer list. "
        f"Bank holidays after that, up to {_in_words(calendar.last)}, are worked out by rule, which misses any that is announced."
    )


def _refuse_faults(settings: Mapping[str, Set[date]], last: date) -> None:
    faults = [
        f"{name}: {day.isoformat()} is outside the calendar; {_in_words(FIRST_DAY)} to {_in_words(last)} is allowed"
        for name, days in settings.items()
        for day in sorted(days)
        if not FIRST_DAY <= day <= last
    ]
    faults += [
        f"put_back_days: {day.isoformat()} is a {_WEEKEND[day.weekday()]}; a bank holiday from Monday to Friday is allowed"
        for day in sorted(settings["put_back_days"])
        if day.weekday() in _WEEKEND
    ]
    faults += [
        f"put_back_days: {day.isoformat()} is also in extra_days; a day can be in one of the two"
        for day in sorted(settings["put_back_days"] & settings["extra_days"])
    ]
    if faults:
        raise SettingsError(faults)


def _table(last: date, counts: Callable[[date], bool]) -> _Table:
    days: list[date] = []
    before = [0]
    day = FIRST_DAY
    while day <= last:
        if counts(day):
            days.append(day)
        before.append(len(days))
        day += _ONE_DAY
    return _Table(days=tuple(days), before=tuple(before))


@cache
def _official_list() -> Mapping[date, str]:
    """The GOV.UK list: past years vanish from the feed, so this copy only ever grows."""
    names: dict[date, str] = {}
    for event in json.loads(files("cin_reminders").joinpath("bank_holidays.json").read_text("utf-8"))["events"]:
        notes = f" ({event['notes'].lower()})" if "notes" in event else ""
        names[date.fromisoformat(event["date"])] = event["title"] + notes
    return MappingProxyType(names)


@cache
def _bank_holidays(last_year: int) -> Mapping[date, str]:
    """Every bank holiday up to the end of the last year: in a year that the official list has, that list alone decides."""
    official = _official_list()
    official_years = {day.year for day in official}
    years = range(FIRST_DAY.year, last_year + 1)
    # Without the subdivision Easter Monday and late August are missing; without the language the names follow the machine's own.
    by_rule = holidays.country_holidays("GB", subdiv="ENG", years=years, language="en_GB")
    names = {day: name for day, name in by_rule.items() if day.year not in official_years}
    return MappingProxyType({day: name.replace("(observed)", "(substitute day)") for day, name in names.items()} | dict(official))


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
