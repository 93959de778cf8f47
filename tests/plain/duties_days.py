"""Counting days one at a time, over a list of bank holidays written out by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

# England: New Year, Good Friday, Easter Monday, early May, spring, summer, Christmas, Boxing Day, each moved off a weekend as
# the law moves it; and the days given once: 2012 and 2022 (jubilees), 2020 (early May on the 8th), 2022 (funeral), 2023
# (coronation).
_WRITTEN_OUT = """
2012 01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26
2013 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26
2014 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26
2015 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28
2016 01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27
2017 01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26
2018 01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26
2019 01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26
2020 01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28
2021 01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28
2022 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27
2023 01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26
2024 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26
2025 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26
2026 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28
2027 01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28
2028 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26
2029 01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26
2030 01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26
2031 01-01 04-11 04-14 05-05 05-26 08-25 12-25 12-26
2032 01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28
2033 01-03 04-15 04-18 05-02 05-30 08-29 12-26 12-27
"""

BANK_HOLIDAYS = frozenset(
    date.fromisoformat(f"{line.split()[0]}-{month_day}")
    for line in _WRITTEN_OUT.strip().splitlines()
    for month_day in line.split()[1:]
)
FIRST_DAY = date(2012, 1, 1)
# 31 December of the fifth year after the newest official list, which ends with 2028.
HORIZON = date(2033, 12, 31)
ONE_DAY = timedelta(days=1)

_LENGTH = re.compile(r"(\d+) (working day|calendar day|day|week|month)s?")


@dataclass(frozen=True, kw_only=True)
class Days:
    """One council's days: which are worked, which of those the offices are closed on."""

    extra_days: frozenset[date] = field(default=frozenset())
    put_back: frozenset[date] = field(default=frozenset())
    closure_days: frozenset[date] = field(default=frozenset())

    def is_working(self, day: date) -> bool:
        """Monday to Friday, not a bank holiday."""
        if day < FIRST_DAY or day > HORIZON:
            raise ValueError(f"{day} lies outside the written-out bank holidays")
        if day.weekday() >= 5 or day in self.extra_days:
            return False
        return day not in BANK_HOLIDAYS or day in self.put_back

    def working_days_after(self, start: date, number: int) -> date | None:
        """The Nth working day after the start, which is day 0; None past the horizon."""
        day = start
        counted = 0
        while counted < number:
            day += ONE_DAY
            if day > HORIZON:
                return None
            if self.is_working(day):
                counted += 1
        return day

    def after(self, start: date, length: str) -> date | None:
        """The start plus a length in words; None where the length is in working days and runs past the horizon."""
        number, unit = parse_length(length)
        if unit == "working day":
            return self.working_days_after(start, number)
        if unit == "week":
            return start + timedelta(days=7 * number)
        if unit == "month":
            return months_after(start, number)
        return start + timedelta(days=number)

    def working_days_in(self, after: date, until: date) -> int:
        """How many working days lie after the one day, up to and including the other."""
        counted = 0
        day = after
        while day < until and day < HORIZON:
            day += ONE_DAY
            if self.is_working(day):
                counted += 1
        return counted

    def working_day_before(self, day: date) -> date | None:
        """The last working day before this day; None past the horizon."""
        if day > HORIZON:
            return None
        day -= ONE_DAY
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def book_by(self, due_on: date | None) -> date | None:
        """The last working day on or before the limit on which the offices are open; None past the horizon."""
        if due_on is None or due_on > HORIZON:
            return None
        day = due_on
        while not self.is_working(day) or day in self.closure_days:
            day -= ONE_DAY
        return day


def days_of(extra_days: Iterable[date], closure_days: Iterable[date], put_back: Iterable[date]) -> Days:
    """One council's days from its lists."""
    return Days(extra_days=frozenset(extra_days), closure_days=frozenset(closure_days), put_back=frozenset(put_back))


def parse_length(length: str) -> tuple[int, str]:
    """The number and the unit (singular) of a length; a bare ``days`` is calendar days."""
    matched = _LENGTH.fullmatch(length.strip())
    if matched is None:
        raise ValueError(f"not a length: {length}")
    unit = "calendar day" if matched[2] == "day" else matched[2]
    return int(matched[1]), unit


def months_after(start: date, number: int) -> date:
    """The corresponding date so many months later, clipped to the end of that month."""
    year, month = start.year, start.month
    for _ in range(number):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    day = start.day
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1
