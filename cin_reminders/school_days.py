"""When a child is of an age for nursery or school, by English law, and when lessons are held, by the council's own term dates.

There is no national source of term dates: of a day that the council's dates do not reach, nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cin_reminders.errors import BeyondCalendarError
from cin_reminders.words import day_in_words
from cin_reminders.working_days import Calendar

# How long a meeting is taken to last where the records give no end.
USUAL_LENGTH = timedelta(hours=1)
WARN_DAYS = 90

_DAY = timedelta(days=1)
# The months in which funded early education begins, each on its first day.
_FUNDED_FROM = (1, 4, 9)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A run of days, the first and the last included."""

    first_on: date
    last_on: date

    def covers(self, day: date) -> bool:
        """Whether the day is one of the run."""
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, kw_only=True, slots=True)
class TermDates:
    """A council's terms, each from its first to its last day of lessons, and what is closed within them, such as half terms.

    ``terms`` are in order and do not overlap; there is at least one.
    """

    terms: tuple[Span, ...]
    closed: tuple[Span, ...] = ()

    def reach(self, day: date) -> bool:
        """Whether the dates say anything of a day: from the first day of the first term to the last day of the last."""
        return bool(self.terms) and self.terms[0].first_on <= day <= self.terms[-1].last_on


@dataclass(frozen=True, kw_only=True, slots=True)
class SchoolDays:
    """The days and the hours in which a council's schools teach. Hours are local; lessons are over at ``until``.

    Raises ValueError where the hours do not follow each other.
    """

    dates: TermDates
    begins: time
    until: time

    def __post_init__(self) -> None:
        if self.begins >= self.until:
            raise ValueError("school hours must begin before they end")

    def is_school_day(self, day: date, calendar: Calendar) -> bool:
        """A school day is a working day within a term on which schools are not closed; a day the dates do not reach is none."""
        if not any(term.covers(day) for term in self.dates.terms) or any(span.covers(day) for span in self.dates.closed):
            return False
        try:
            return calendar.is_working_day(day)
        except BeyondCalendarError:
            return False

    def has_lessons(self, starts_at: datetime, ends_at: datetime | None, calendar: Calendar) -> bool:
        """Whether any part of a meeting falls in lessons; one that ends as lessons begin, or begins as they end, does not.

        With no end recorded, or one that is not after the start, a meeting is taken to last an hour.
        """
        if not self.is_school_day(starts_at.date(), calendar):
            return False
        ends_at = ends_at if ends_at and ends_at > starts_at else starts_at + USUAL_LENGTH
        day = starts_at.date()
        return starts_at < datetime.combine(day, self.until) and datetime.combine(day, self.begins) < ends_at


def school_age(born_on: date) -> Span:
    """When a child is of school age: from the September after the fourth birthday to the last Friday of June of the year of 16.

    School years run from 1 September. Admission to reception is offered from that September (School Admissions Code, 2.17),
    up to a year before a child must attend (Education Act 1996, section 8(2)). A child may leave on the last Friday of June
    of the school year in which they turn 16 (section 8(3), and the School Leaving Date Order 1997). Where a young person is
    between 16 and 18 (college, training, work) nobody can tell from the records, so nothing is said of it.
    """
    year = _end_of_school_year(born_on)
    return Span(first_on=date(year + 4, 9, 1), last_on=_last_friday_of_june(year + 16))


def nursery_age(born_on: date) -> Span:
    """When a child is of nursery age: from the term after the third birthday until school age.

    From 1 January, 1 April or 1 September after it each child in England is entitled to funded early education (Childcare Act
    2006, section 7). Two-year-olds are entitled by their parents' income or work, of which the records say nothing.
    """
    third = (born_on.year + 3, born_on.month, born_on.day)
    starts = (date(year, month, 1) for year in (third[0], third[0] + 1) for month in _FUNDED_FROM)
    # Compared as numbers, since 29 February has no third birthday of its own.
    first_on = next(day for day in starts if (day.year, day.month, day.day) > third)
    return Span(first_on=first_on, last_on=school_age(born_on).first_on - _DAY)


def age_on(born_on: date, day: date) -> int:
    """How many years old somebody is on a day; whoever was born on 29 February is a year older from 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def term_dates_warning(dates: TermDates, on: date) -> str | None:
    """A warning from 90 days before a council's term dates end, and ever after; None before that."""
    last_on = dates.terms[-1].last_on
    left = (last_on - on).days
    if left > WARN_DAYS:
        return None
    return (
        f"The term dates {'ended' if left < 0 else 'end'} on {day_in_words(last_on)}: add the next school year's, "
        "or no meeting after that is checked against school hours."
    )


def _end_of_school_year(day: date) -> int:
    """The calendar year in which the school year of a day ends."""
    return day.year + (day.month >= 9)


def _last_friday_of_june(year: int) -> date:
    last = date(year, 6, 30)
    return last - timedelta(days=(last.weekday() - 4) % 7)
