"""When a child is of an age for nursery or school, and whether a meeting falls in lessons."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from cases import calendar, d
from hypothesis import given
from hypothesis import strategies as st

from cin_reminders.school_days import (
    SchoolDays,
    Span,
    TermDates,
    age_on,
    nursery_age,
    school_age,
    term_dates_warning,
)

DAY = timedelta(days=1)
# Wednesday 2 September to Friday 18 December 2026, and Tuesday 5 January to Thursday 25 March 2027.
AUTUMN = Span(first_on=d("2026-09-02"), last_on=d("2026-12-18"))
SPRING = Span(first_on=d("2027-01-05"), last_on=d("2027-03-25"))
HALF_TERM = Span(first_on=d("2026-10-26"), last_on=d("2026-10-30"))  # Monday to Friday
DATES = TermDates(terms=(AUTUMN, SPRING), closed=(HALF_TERM,))
SCHOOL = SchoolDays(dates=DATES, begins=time(8, 45), until=time(15, 30))


def lessons(starts: str, ends: str | None = None, day: str = "2026-11-02") -> bool:
    """Whether a meeting falls in lessons on Monday 2 November 2026, unless another day is given."""
    ends_at = datetime.fromisoformat(f"{day}T{ends}") if ends else None
    return SCHOOL.has_lessons(datetime.fromisoformat(f"{day}T{starts}"), ends_at, calendar())


# ---- school age


@pytest.mark.parametrize(
    "born, first, last",
    [
        ("2021-08-31", "2025-09-01", "2037-06-26"),  # four on the last day of a school year
        ("2021-09-01", "2026-09-01", "2038-06-25"),  # four on the first day of the next
        ("2010-06-26", "2014-09-01", "2026-06-26"),  # sixteen on the leaving day itself
        ("2010-08-31", "2014-09-01", "2026-06-26"),  # sixteen after that day, before the next school year
        ("2010-09-01", "2015-09-01", "2027-06-25"),
        ("2020-02-29", "2024-09-01", "2036-06-27"),
    ],
)
def test_school_age_is_from_the_september_after_the_fourth_birthday_to_the_last_friday_of_june(
    born: str, first: str, last: str
) -> None:
    span = school_age(d(born))
    assert (span.first_on, span.last_on) == (d(first), d(last))
    assert span.last_on.weekday() == 4  # a Friday


def test_a_child_is_of_school_age_on_the_first_and_last_day_and_not_the_day_before_or_after() -> None:
    span = school_age(d("2010-08-31"))
    assert [span.covers(day) for day in (span.first_on - DAY, span.first_on, span.last_on, span.last_on + DAY)] == [
        False,
        True,
        True,
        False,
    ]


def by_the_act(born_on: date) -> date:
    """The day on which a child may leave school, by section 8(3) of the Education Act 1996, one case after the other."""
    sixteen = date(born_on.year + 16, born_on.month, born_on.day) if (born_on.month, born_on.day) != (2, 29) else None
    turns = sixteen or date(born_on.year + 16, 2, 29)  # sixteen years after a leap year is one, save past 2100
    leaving = next(day for day in (date(turns.year, 6, number) for number in range(30, 0, -1)) if day.weekday() == 4)
    if turns == leaving or leaving < turns < date(turns.year, 9, 1):
        return leaving
    if turns < leaving:
        return leaving
    return next(day for day in (date(turns.year + 1, 6, number) for number in range(30, 0, -1)) if day.weekday() == 4)


@given(st.dates(date(1990, 1, 1), date(2050, 12, 31)))
def test_a_child_may_leave_school_when_the_act_says_so(born_on: date) -> None:
    assert school_age(born_on).last_on == by_the_act(born_on)


@given(st.dates(date(1990, 1, 1), date(2050, 12, 31)))
def test_every_child_starts_school_at_four_and_goes_from_nursery_to_school_without_a_gap(born_on: date) -> None:
    school, nursery = school_age(born_on), nursery_age(born_on)
    # Whoever turns five on 1 September itself was four on the day before, as everybody else of that school year.
    assert age_on(born_on, school.first_on - DAY) == 4
    assert nursery.last_on + DAY == school.first_on
    assert age_on(born_on, nursery.first_on - DAY) == age_on(born_on, nursery.first_on) == 3


@pytest.mark.parametrize(
    "born, first",
    [
        ("2022-12-31", "2026-01-01"),
        ("2023-01-01", "2026-04-01"),
        ("2023-03-31", "2026-04-01"),
        ("2023-04-01", "2026-09-01"),
        ("2023-08-31", "2026-09-01"),
        ("2023-09-01", "2027-01-01"),
        ("2024-02-29", "2027-04-01"),
    ],
)
def test_nursery_age_begins_with_the_term_after_the_third_birthday(born: str, first: str) -> None:
    assert nursery_age(d(born)).first_on == d(first)


def test_whoever_was_born_on_29_february_is_a_year_older_from_1_march() -> None:
    assert (age_on(d("2016-02-29"), d("2026-02-28")), age_on(d("2016-02-29"), d("2026-03-01"))) == (9, 10)


# ---- lessons


def test_a_meeting_that_ends_as_lessons_begin_is_outside_them_and_one_a_minute_longer_is_not() -> None:
    assert not lessons("08:00", "08:45")
    assert lessons("08:00", "08:46")


def test_a_meeting_that_begins_as_lessons_end_is_outside_them_and_one_a_minute_earlier_is_not() -> None:
    assert not lessons("15:30", "16:30")
    assert lessons("15:29", "16:30")


def test_a_meeting_around_the_whole_of_the_lessons_falls_in_them() -> None:
    assert lessons("08:00", "17:00")


def test_a_meeting_with_no_end_is_taken_to_last_an_hour() -> None:
    assert not lessons("07:45")
    assert lessons("07:46")


def test_an_end_that_is_not_after_the_start_is_no_end() -> None:
    assert lessons("08:00", "08:00")
    assert not lessons("07:45", "07:00")


@pytest.mark.parametrize(
    "day, is_one",
    [
        ("2026-09-01", False),  # Tuesday, the day before term
        ("2026-09-02", True),  # Wednesday, its first day
        ("2026-10-23", True),  # Friday before half term
        ("2026-10-26", False),  # Monday of half term
        ("2026-10-30", False),  # Friday of half term
        ("2026-11-02", True),  # Monday after it
        ("2026-11-07", False),  # Saturday
        ("2026-12-18", True),  # Friday, the last day
        ("2026-12-21", False),  # Monday of the holidays
        ("2027-01-04", False),  # Monday before term
        ("2027-01-05", True),  # Tuesday
        ("2027-03-26", False),  # Good Friday, the day after term
        ("2027-03-29", False),  # Easter Monday
        ("2040-11-05", False),  # Monday, past the calendar
    ],
)
def test_a_school_day_is_a_working_day_in_a_term_on_which_schools_are_not_closed(day: str, is_one: bool) -> None:
    assert SCHOOL.is_school_day(d(day), calendar()) is is_one
    assert lessons("10:00", day=day) is is_one


def test_a_bank_holiday_within_a_term_is_no_school_day() -> None:
    term = Span(first_on=d("2026-04-20"), last_on=d("2026-07-21"))
    school = SchoolDays(dates=TermDates(terms=(term,)), begins=time(9), until=time(15))
    assert not school.is_school_day(d("2026-05-04"), calendar())  # the early May bank holiday, a Monday
    assert school.is_school_day(d("2026-05-05"), calendar())  # Tuesday


def test_a_day_past_the_calendar_is_no_school_day_even_in_a_term() -> None:
    term = Span(first_on=d("2045-04-17"), last_on=d("2045-07-21"))
    school = SchoolDays(dates=TermDates(terms=(term,)), begins=time(9), until=time(15))
    assert not school.is_school_day(d("2045-05-02"), calendar())  # Tuesday


def test_the_dates_reach_from_the_first_term_to_the_last_and_no_further() -> None:
    days = ("2026-09-01", "2026-09-02", "2026-12-25", "2027-03-25", "2027-03-26")
    assert [DATES.reach(d(day)) for day in days] == [False, True, True, True, False]


def test_hours_that_do_not_follow_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="begin before they end"):
        SchoolDays(dates=DATES, begins=time(9), until=time(9))


@given(
    st.integers(0, 24 * 60 - 1),
    st.integers(1, 600),
    st.dates(AUTUMN.first_on - 7 * DAY, SPRING.last_on + 7 * DAY),
)
def test_a_meeting_falls_in_lessons_when_one_of_its_minutes_does(start: int, length: int, day: date) -> None:
    midnight = datetime.combine(day, time())
    starts_at = midnight + timedelta(minutes=start)
    in_lessons = any(
        time(8, 45) <= (moment := starts_at + timedelta(minutes=minute)).time() < time(15, 30) and moment.date() == day
        for minute in range(length)
    )
    expected = in_lessons and SCHOOL.is_school_day(day, calendar())
    assert SCHOOL.has_lessons(starts_at, starts_at + timedelta(minutes=length), calendar()) is expected


# ---- when the dates end


def test_the_end_of_the_term_dates_is_warned_of_from_ninety_days_before() -> None:
    assert term_dates_warning(DATES, d("2026-12-24")) is None  # Thursday, 91 days before
    assert term_dates_warning(DATES, d("2026-12-25")) == (  # Friday
        "The term dates end on Thu 25 Mar 2027: add the next school year's, "
        "or no meeting after that is checked against school hours."
    )
    assert str(term_dates_warning(DATES, d("2027-03-25"))).startswith("The term dates end on Thu 25 Mar 2027")
    assert str(term_dates_warning(DATES, d("2027-03-26"))).startswith("The term dates ended on Thu 25 Mar 2027")
