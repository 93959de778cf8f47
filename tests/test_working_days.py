"""Working days: cases with known answers, both sides of every boundary, and a second way of counting."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from importlib.resources import files

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cin_reminders.errors import BeyondCalendarError, SettingsError
from cin_reminders.length import Length, parse_length
from cin_reminders.working_days import Calendar, DayStep, make_calendar, official_list_warning

CALENDAR = make_calendar()
ONE_DAY = timedelta(days=1)
OFFICIAL = json.loads(files("cin_reminders").joinpath("bank_holidays.json").read_text("utf-8"))
OFFICIAL_DAYS = frozenset(date.fromisoformat(event["date"]) for event in OFFICIAL["events"])

starts = st.dates(date(1990, 1, 1), date(2032, 12, 31))
counts = st.integers(1, 120)
lengths = st.sampled_from(["1 working day", "15 working days", "10 calendar days", "8 weeks", "12 months"]).map(parse_length)
weekdays = st.dates(date(1990, 1, 1), date(2033, 12, 31)).filter(lambda day: day.weekday() < 5)


# Cases with known answers


@pytest.mark.parametrize(
    "start, length, due, book_by",
    [
        (date(2026, 4, 2), "15 working days", date(2026, 4, 27), date(2026, 4, 27)),  # Thursday to Monday, Easter inside
        (date(2026, 4, 4), "15 working days", date(2026, 4, 27), date(2026, 4, 27)),  # Saturday to Monday: no roll forward
        (date(2026, 4, 6), "15 working days", date(2026, 4, 27), date(2026, 4, 27)),  # Easter Monday to Monday
        (date(2026, 4, 3), "1 working day", date(2026, 4, 7), date(2026, 4, 7)),  # Good Friday to Tuesday
        (date(2026, 5, 22), "15 working days", date(2026, 6, 15), date(2026, 6, 15)),  # Friday to Monday: Scotland differs
        (date(2026, 12, 18), "10 working days", date(2027, 1, 6), date(2027, 1, 6)),  # Friday to Wednesday
        (date(2026, 12, 24), "1 working day", date(2026, 12, 29), date(2026, 12, 29)),  # Thursday to Tuesday: a substitute
        (date(2027, 12, 24), "1 working day", date(2027, 12, 29), date(2027, 12, 29)),  # Friday to Wednesday: two substitutes
        (date(2022, 9, 16), "1 working day", date(2022, 9, 20), date(2022, 9, 20)),  # Friday to Tuesday: the state funeral
        (date(2023, 5, 5), "1 working day", date(2023, 5, 9), date(2023, 5, 9)),  # Friday to Tuesday: the coronation
        (date(2020, 5, 1), "1 working day", date(2020, 5, 4), date(2020, 5, 4)),  # Friday to Monday: early May moved to 8 May
        (date(2026, 11, 30), "3 months", date(2027, 2, 28), date(2027, 2, 26)),  # Monday to Sunday, book by Friday
        (date(2026, 1, 3), "3 months", date(2026, 4, 3), date(2026, 4, 2)),  # Saturday to Good Friday, book by Thursday
        (date(2026, 11, 2), "8 weeks", date(2026, 12, 28), date(2026, 12, 24)),  # Monday to the substitute day, book by Thursday
        (date(2028, 2, 29), "12 months", date(2029, 2, 28), date(2029, 2, 28)),  # Tuesday to Wednesday
    ],
)
def test_a_length_from_a_start_is_due_on_the_day_known_to_be_right(start: date, length: str, due: date, book_by: date) -> None:
    assert CALENDAR.due_on(start, parse_length(length)) == due
    assert CALENDAR.book_by(due) == book_by


@pytest.mark.parametrize(
    "start, length, due",
    [
        (date(2026, 3, 27), "10 calendar days", date(2026, 4, 6)),  # Friday to Easter Monday: never moved off a bank holiday
        (date(2026, 1, 31), "1 month", date(2026, 2, 28)),  # Saturday to Saturday
        (date(2028, 1, 31), "1 month", date(2028, 2, 29)),  # Monday to Tuesday, a leap year
        (date(2026, 2, 28), "1 month", date(2026, 3, 28)),  # Saturday to Saturday: the month's last day is not kept
        (date(2026, 3, 2), "1 week", date(2026, 3, 9)),  # Monday to Monday
    ],
)
def test_days_weeks_and_months_follow_the_dates_and_stop_at_the_months_end(start: date, length: str, due: date) -> None:
    assert CALENDAR.due_on(start, parse_length(length)) == due


# Which days count


@pytest.mark.parametrize(
    "day, why",
    [
        (date(2026, 4, 2), None),  # Thursday
        (date(2026, 4, 3), "Good Friday"),  # Friday
        (date(2026, 4, 4), "Saturday"),
        (date(2026, 4, 5), "Sunday"),
        (date(2026, 4, 6), "Easter Monday"),  # Monday
        (date(2026, 4, 7), None),  # Tuesday
        (date(2026, 12, 26), "Saturday"),  # Boxing Day
        (date(2026, 12, 28), "Boxing Day (substitute day)"),  # Monday
        (date(2022, 9, 19), "Bank Holiday for the State Funeral of Queen Elizabeth II"),  # Monday
        (date(2020, 5, 4), None),  # Monday
        (date(2020, 5, 8), "Early May bank holiday (VE day)"),  # Friday
        (date(2011, 4, 29), "Wedding of William and Catherine"),  # Friday, before the official list
        (date(2011, 4, 25), "Easter Monday"),
        (date(2029, 4, 2), "Easter Monday"),  # after the official list
        (date(2029, 8, 27), "Late Summer Bank Holiday"),  # Monday
        (date(2033, 12, 27), "Christmas Day (substitute day)"),  # Tuesday
    ],
)
def test_a_day_counts_unless_it_is_a_weekend_or_a_bank_holiday(day: date, why: str | None) -> None:
    assert CALENDAR.why_not_working(day) == why
    assert CALENDAR.why_not_open(day) == why
    assert CALENDAR.is_working_day(day) is (why is None)
    assert CALENDAR.is_open_day(day) is (why is None)


def test_the_official_list_has_every_year_from_2012_to_2028_in_order_and_on_weekdays() -> None:
    days = [date.fromisoformat(event["date"]) for event in OFFICIAL["events"]]
    assert days == sorted(set(days))
    assert sorted({day.year for day in days}) == list(range(2012, 2029))
    assert all(day.weekday() < 5 for day in days)
    assert OFFICIAL["division"] == "england-and-wales"


def test_the_official_list_and_the_holidays_library_agree_on_every_weekday() -> None:
    by_rule = holidays.country_holidays("GB", subdiv="ENG", years=range(2012, 2029))
    assert {day for day in by_rule if day.weekday() < 5} == OFFICIAL_DAYS


def test_the_calendar_follows_the_official_list_on_every_weekday_of_its_years() -> None:
    day = date(2012, 1, 1)  # Sunday
    while day <= date(2028, 12, 31):
        if day.weekday() < 5:
            assert CALENDAR.is_working_day(day) is (day not in OFFICIAL_DAYS), day
        day += ONE_DAY


# A second way of counting


def test_the_table_agrees_with_walking_day_by_day_from_every_day_of_2019_to_2028() -> None:
    after_the_list = {date(2029, 1, 1), date(2029, 3, 30), date(2029, 4, 2)}  # New Year's Day, Good Friday, Easter Monday
    start = date(2019, 1, 1)  # Tuesday
    while start <= date(2028, 12, 31):
        day, n = start, 0
        while n < 30:
            day += ONE_DAY
            if day.weekday() < 5 and day not in OFFICIAL_DAYS and day not in after_the_list:
                n += 1
                assert CALENDAR.add(start, n) == day, (start, n)
            assert CALENDAR.between(start, day) == n, (start, day)
        start += ONE_DAY


# Counting forward and back


@pytest.mark.parametrize("n", [0, -1])
def test_no_working_days_at_all_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="starts at 1"):
        CALENDAR.add(date(2026, 4, 2), n)  # Thursday


@pytest.mark.parametrize(
    "a, b, days",
    [
        (date(2026, 4, 2), date(2026, 4, 2), 0),  # Thursday to itself
        (date(2026, 4, 2), date(2026, 4, 6), 0),  # Thursday to Easter Monday
        (date(2026, 4, 2), date(2026, 4, 7), 1),  # Thursday to Tuesday
        (date(2026, 4, 3), date(2026, 4, 7), 1),  # Good Friday to Tuesday
        (date(2026, 4, 6), date(2026, 4, 7), 1),  # Easter Monday to Tuesday
        (date(2026, 4, 7), date(2026, 4, 8), 1),  # Tuesday to Wednesday: the first is not counted, the last is
        (date(2026, 4, 8), date(2026, 4, 7), 0),  # backwards
        (date(2026, 4, 27), date(2026, 4, 2), 0),  # far backwards
    ],
)
def test_between_counts_the_days_after_the_first_up_to_and_including_the_last(a: date, b: date, days: int) -> None:
    assert CALENDAR.between(a, b) == days


@pytest.mark.parametrize(
    "day, n, earlier",
    [
        (date(2026, 4, 9), 0, date(2026, 4, 9)),  # Thursday
        (date(2026, 4, 9), 1, date(2026, 4, 8)),  # Thursday to Wednesday
        (date(2026, 4, 9), 2, date(2026, 4, 7)),  # Thursday to Tuesday
        (date(2026, 4, 9), 3, date(2026, 4, 2)),  # Thursday to Thursday, over Easter
        (date(2026, 4, 6), 0, date(2026, 4, 2)),  # Easter Monday to Thursday
        (date(2026, 4, 6), 1, date(2026, 4, 2)),  # Easter Monday to Thursday: one working day before it
        (date(2026, 4, 6), 2, date(2026, 4, 1)),  # Easter Monday to Wednesday
    ],
)
def test_back_finds_the_nth_working_day_before_a_day(day: date, n: int, earlier: date) -> None:
    assert CALENDAR.back(day, n) == earlier


def test_counting_back_by_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="counted back from 0"):
        CALENDAR.back(date(2026, 4, 9), -1)  # Thursday


def test_steps_number_each_working_day_and_say_why_the_others_were_skipped() -> None:
    assert CALENDAR.steps(date(2026, 4, 2), date(2026, 4, 8)) == (  # Thursday to Wednesday
        DayStep(day=date(2026, 4, 3), number=None, why="Good Friday"),
        DayStep(day=date(2026, 4, 4), number=None, why="Saturday"),
        DayStep(day=date(2026, 4, 5), number=None, why="Sunday"),
        DayStep(day=date(2026, 4, 6), number=None, why="Easter Monday"),
        DayStep(day=date(2026, 4, 7), number=1, why=None),
        DayStep(day=date(2026, 4, 8), number=2, why=None),
    )


def test_there_are_no_steps_to_a_day_that_is_not_later() -> None:
    assert CALENDAR.steps(date(2026, 4, 8), date(2026, 4, 8)) == ()  # Wednesday
    assert CALENDAR.steps(date(2026, 4, 8), date(2026, 4, 7)) == ()  # Wednesday to Tuesday


# The ends of the calendar


def test_the_calendar_runs_from_1990_to_the_fifth_year_after_the_official_list() -> None:
    assert CALENDAR.first == date(1990, 1, 1)
    assert CALENDAR.official_until == date(2028, 12, 31)
    assert CALENDAR.last == date(2033, 12, 31)


LookUp = Callable[[Calendar, date], object]
BEFORE, AFTER, INSIDE = date(1989, 12, 31), date(2034, 1, 1), date(2026, 4, 8)


@pytest.mark.parametrize("day", [BEFORE, AFTER, date.min, date.max])
@pytest.mark.parametrize(
    "look_up",
    [
        Calendar.is_working_day,
        Calendar.is_open_day,
        Calendar.why_not_working,
        Calendar.why_not_open,
        Calendar.open_on_or_before,
        Calendar.open_on_or_after,
        lambda calendar, day: calendar.add(day, 1),
        lambda calendar, day: calendar.back(day, 0),
        lambda calendar, day: calendar.back(day, 1),
        lambda calendar, day: calendar.between(day, INSIDE),
        lambda calendar, day: calendar.between(INSIDE, day),
        lambda calendar, day: calendar.steps(day, INSIDE),
        lambda calendar, day: calendar.steps(INSIDE, day),
    ],
)
def test_a_day_outside_the_calendar_is_refused_with_the_range_in_words(look_up: LookUp, day: date) -> None:
    with pytest.raises(BeyondCalendarError, match="1 January 1990 to 31 December 2033"):
        look_up(CALENDAR, day)


def test_the_first_and_the_last_day_are_inside_the_calendar() -> None:
    assert CALENDAR.why_not_working(CALENDAR.first) == "New Year's Day"  # Monday
    assert CALENDAR.why_not_working(CALENDAR.last) == "Saturday"
    assert CALENDAR.add(CALENDAR.first, 1) == date(1990, 1, 2)  # Tuesday
    assert CALENDAR.back(CALENDAR.last, 0) == date(2033, 12, 30)  # Friday
    assert CALENDAR.between(CALENDAR.first, CALENDAR.last) == CALENDAR.steps(CALENDAR.first, date(2033, 12, 30))[-1].number


def test_counting_back_past_the_first_day_is_refused_and_never_wraps_round() -> None:
    assert CALENDAR.back(date(1990, 1, 3), 1) == date(1990, 1, 2)  # Wednesday to Tuesday
    for day, n in [(date(1990, 1, 3), 2), (date(1990, 1, 2), 1), (date(1990, 1, 1), 0), (date(1990, 1, 1), 1), (INSIDE, 99_999)]:
        with pytest.raises(BeyondCalendarError):
            CALENDAR.back(day, n)
    with pytest.raises(BeyondCalendarError):
        CALENDAR.open_on_or_before(date(1990, 1, 1))  # Monday, a bank holiday


def test_counting_past_the_last_day_is_refused() -> None:
    assert CALENDAR.add(date(2033, 12, 29), 1) == date(2033, 12, 30)  # Thursday to Friday
    with pytest.raises(BeyondCalendarError):
        CALENDAR.add(date(2033, 12, 29), 2)
    with pytest.raises(BeyondCalendarError):
        CALENDAR.open_on_or_after(date(2033, 12, 31))  # Saturday


def test_working_days_past_the_calendar_have_no_due_date_rather_than_a_guess() -> None:
    one, two = Length(count=1, unit="working days"), Length(count=2, unit="working days")
    assert CALENDAR.due_on(date(2033, 12, 29), one) == date(2033, 12, 30)  # Thursday to Friday
    assert CALENDAR.due_on(date(2033, 12, 29), two) is None
    assert CALENDAR.due_on(AFTER, one) is None
    assert CALENDAR.due_on(BEFORE, one) is None


def test_weeks_and_months_past_the_calendar_have_a_due_date_and_no_day_to_book_by() -> None:
    assert CALENDAR.due_on(date(2033, 12, 1), parse_length("3 months")) == date(2034, 3, 1)  # Thursday to Wednesday
    assert CALENDAR.due_on(date(2033, 12, 1), parse_length("8 weeks")) == date(2034, 1, 26)  # Thursday to Thursday
    assert CALENDAR.book_by(date(2034, 1, 1)) is None  # Sunday
    assert CALENDAR.book_by(date(2033, 12, 31)) == date(2033, 12, 30)  # Saturday, Friday


def test_a_length_past_the_year_9999_has_no_due_date() -> None:
    assert CALENDAR.due_on(date(9999, 12, 1), parse_length("2 months")) is None
    assert CALENDAR.due_on(date(9999, 12, 1), parse_length("9999 weeks")) is None


# What a council's settings change


def test_a_closure_day_never_stops_a_clock_but_moves_the_day_to_book_by() -> None:
    closed = make_calendar(closure_days=[date(2026, 12, 29), date(2026, 12, 30), date(2026, 12, 31)])  # Tuesday to Thursday
    assert closed.add(date(2026, 12, 24), 1) == date(2026, 12, 29)  # Thursday to Tuesday
    assert closed.between(date(2026, 12, 24), date(2026, 12, 31)) == 3
    assert closed.back(date(2026, 12, 31), 1) == date(2026, 12, 30)
    assert closed.is_working_day(date(2026, 12, 29))
    assert not closed.is_open_day(date(2026, 12, 29))
    assert closed.why_not_working(date(2026, 12, 29)) is None
    assert closed.why_not_open(date(2026, 12, 29)) == "council closed"
    assert closed.book_by(date(2026, 12, 31)) == date(2026, 12, 24)  # Thursday
    assert closed.open_on_or_after(date(2026, 12, 25)) == date(2027, 1, 4)  # Friday to Monday
    assert [step.number for step in closed.steps(date(2026, 12, 28), date(2026, 12, 31))] == [1, 2, 3]


def test_an_open_day_is_its_own_nearest_open_day() -> None:
    assert CALENDAR.open_on_or_before(date(2026, 12, 29)) == date(2026, 12, 29)  # Tuesday
    assert CALENDAR.open_on_or_after(date(2026, 12, 29)) == date(2026, 12, 29)


def test_a_weekend_or_bank_holiday_on_which_the_council_is_closed_keeps_its_own_reason() -> None:
    closed = make_calendar(closure_days=[date(2026, 12, 25), date(2026, 12, 26)])  # Friday, Saturday
    assert closed.why_not_open(date(2026, 12, 25)) == "Christmas Day"
    assert closed.why_not_open(date(2026, 12, 26)) == "Saturday"


def test_a_bank_holiday_announced_late_moves_due_dates_and_says_where_it_comes_from() -> None:
    extra = make_calendar(extra_days=[date(2026, 7, 20)])  # Monday
    assert CALENDAR.add(date(2026, 7, 17), 1) == date(2026, 7, 20)  # Friday to Monday
    assert extra.add(date(2026, 7, 17), 1) == date(2026, 7, 21)  # Friday to Tuesday
    assert extra.why_not_working(date(2026, 7, 20)) == "bank holiday (announced by the council's settings)"


def test_an_extra_day_that_the_list_has_by_now_keeps_the_lists_name() -> None:
    assert make_calendar(extra_days=[date(2026, 4, 6)]).why_not_working(date(2026, 4, 6)) == "Easter Monday"


def test_a_day_put_back_counts_again() -> None:
    put_back = make_calendar(put_back_days=[date(2026, 5, 4)])  # Monday, early May
    assert CALENDAR.add(date(2026, 5, 1), 1) == date(2026, 5, 5)  # Friday to Tuesday
    assert put_back.add(date(2026, 5, 1), 1) == date(2026, 5, 4)  # Friday to Monday
    assert put_back.why_not_open(date(2026, 5, 4)) is None


def test_a_put_back_day_that_the_list_has_dropped_by_now_changes_nothing() -> None:
    assert make_calendar(put_back_days=[date(2020, 5, 4)]).is_working_day(date(2020, 5, 4))  # Monday


def test_a_moved_bank_holiday_is_one_day_put_back_and_one_extra() -> None:
    moved = make_calendar(put_back_days=[date(2026, 5, 4)], extra_days=[date(2026, 5, 8)])  # Monday, Friday
    assert moved.between(date(2026, 5, 1), date(2026, 5, 8)) == CALENDAR.between(date(2026, 5, 1), date(2026, 5, 8)) == 4
    assert moved.is_working_day(date(2026, 5, 4))
    assert not moved.is_working_day(date(2026, 5, 8))


def test_every_fault_in_the_settings_days_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        make_calendar(
            extra_days=[date(2062, 5, 8), date(2026, 5, 4)],  # a mistyped year; Monday
            put_back_days=[date(2026, 5, 4), date(2026, 5, 9)],  # Monday, Saturday
            closure_days=[date(1926, 12, 29)],
        )
    assert refusal.value.problems == (
        "extra_days: 2062-05-08 is outside the calendar; 1 January 1990 to 31 December 2033 is allowed",
        "closure_days: 1926-12-29 is outside the calendar; 1 January 1990 to 31 December 2033 is allowed",
        "put_back_days: 2026-05-09 is a Saturday; a bank holiday from Monday to Friday is allowed",
        "put_back_days: 2026-05-04 is also in extra_days; a day can be in one of the two",
    )


# The warning that the official list ends


@pytest.mark.parametrize(
    "on, says",
    [
        (date(2026, 11, 2), None),  # Monday
        (date(2028, 10, 1), None),  # Sunday, 91 days before
        (date(2028, 10, 2), "ends on 31 December 2028"),  # Monday, 90 days before
        (date(2028, 12, 31), "ends on 31 December 2028"),  # Sunday
        (date(2029, 1, 1), "ended on 31 December 2028"),  # Monday
    ],
)
def test_the_end_of_the_official_list_is_warned_of_from_90_days_before(on: date, says: str | None) -> None:
    warning = official_list_warning(CALENDAR, on)
    assert warning is None if says is None else warning is not None and says in warning


# What holds for every date


@given(start=starts, n=counts)
def test_the_nth_working_day_after_a_day_is_a_working_day_with_n_between(start: date, n: int) -> None:
    due = CALENDAR.add(start, n)
    assert CALENDAR.is_working_day(due)
    assert CALENDAR.between(start, due) == n
    assert CALENDAR.steps(start, due)[-1] == DayStep(day=due, number=n, why=None)


@given(day=st.dates(date(1991, 1, 1), date(2033, 12, 30)), n=counts)
def test_counting_back_and_then_forward_returns_to_the_first_working_day_from_the_day(day: date, n: int) -> None:
    # With no closures the open days are the working days.
    assert CALENDAR.add(CALENDAR.back(day, n), n) == CALENDAR.open_on_or_after(day)


@given(start=starts, later=st.integers(0, 60), length=lengths)
def test_a_later_start_is_never_due_earlier(start: date, later: int, length: Length) -> None:
    due, due_later = CALENDAR.due_on(start, length), CALENDAR.due_on(start + later * ONE_DAY, length)
    assert due is not None
    assert due_later is None or due <= due_later


@given(start=starts, n=counts, ahead=st.integers(1, 200))
def test_an_added_holiday_never_makes_a_due_date_earlier_and_a_day_put_back_never_later(start: date, n: int, ahead: int) -> None:
    length, day = Length(count=n, unit="working days"), start + ahead * ONE_DAY
    due = CALENDAR.due_on(start, length)
    with_holiday = make_calendar(extra_days=[day]).due_on(start, length)
    assert due is not None
    assert with_holiday is None or with_holiday >= due
    if day.weekday() < 5:
        with_day_back = make_calendar(put_back_days=[day]).due_on(start, length)
        assert with_day_back is not None
        assert with_day_back <= due


@given(closed=weekdays, start=st.dates(date(1990, 1, 2), date(2032, 12, 31)), n=counts)
def test_a_closure_day_never_moves_a_due_date_and_never_moves_the_booking_later(closed: date, start: date, n: int) -> None:
    calendar, due = make_calendar(closure_days=[closed]), CALENDAR.add(start, n)
    assert calendar.add(start, n) == due
    book_by = calendar.book_by(due)
    assert book_by is not None
    assert book_by <= due
    assert calendar.is_open_day(book_by)
