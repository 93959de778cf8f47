"""On which days and at what times messages may go, and when they go instead."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from cin_reminders.opening import closed_at
from cin_reminders.working_days import make_calendar

CALENDAR = make_calendar(closure_days=[date(2026, 5, 6)])  # Wednesday
TUESDAY = date(2026, 5, 5)
EVENING, MORNING = time(18), time(8)


def opens_at(
    moment: str, on: date = TUESDAY, quiet_from: time | None = EVENING, quiet_until: time | None = MORNING
) -> str | None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    shut = closed_at(at, on, CALENDAR, quiet_from=quiet_from, quiet_until=quiet_until)
    return shut.until.isoformat() if shut else None


@pytest.mark.parametrize(
    "moment, until",
    [
        ("2026-05-05T06:59", "2026-05-05T08:00:00+01:00"),  # Tuesday, a minute before eight in London
        ("2026-05-05T07:00", None),
        ("2026-05-05T16:59", None),
        ("2026-05-05T17:00", "2026-05-07T08:00:00+01:00"),  # the council is closed on Wednesday
        ("2026-05-05T23:30", "2026-05-07T08:00:00+01:00"),  # Wednesday by London's clock already
    ],
)
def test_in_quiet_hours_nothing_goes_before_the_next_opening(moment: str, until: str | None) -> None:
    assert opens_at(moment) == until


@pytest.mark.parametrize(
    "moment, until",
    [
        ("2026-05-05T10:59", None),
        ("2026-05-05T11:00", "2026-05-05T13:00:00+01:00"),  # noon in London
        ("2026-05-05T11:59", "2026-05-05T13:00:00+01:00"),
        ("2026-05-05T12:00", None),
    ],
)
def test_quiet_hours_may_lie_within_one_day(moment: str, until: str | None) -> None:
    assert opens_at(moment, quiet_from=time(12), quiet_until=time(13)) == until


@pytest.mark.parametrize(
    "on, until",
    [
        (date(2026, 5, 1), None),  # Friday
        (date(2026, 5, 2), "2026-05-05T00:00:00+01:00"),  # Saturday before the early May bank holiday
        (date(2026, 5, 4), "2026-05-05T00:00:00+01:00"),  # Monday, the bank holiday itself
        (date(2026, 5, 5), None),
        (date(2026, 5, 6), "2026-05-07T00:00:00+01:00"),  # Wednesday, closed
    ],
)
def test_on_a_day_that_the_council_is_not_at_work_nothing_goes_before_the_next_one(on: date, until: str | None) -> None:
    assert opens_at("2026-05-05T10:00", on, quiet_from=None, quiet_until=None) == until


def test_after_a_day_off_it_goes_once_the_quiet_hours_are_over() -> None:
    assert opens_at("2026-05-02T10:00", date(2026, 5, 2)) == "2026-05-05T08:00:00+01:00"  # Saturday; Tuesday


@pytest.mark.parametrize(
    "moment, until",
    [
        ("2026-03-29T20:00", "2026-03-30T08:00:00+01:00"),  # the Sunday on which summer time begins
        ("2026-10-25T20:00", "2026-10-26T08:00:00+00:00"),  # the Sunday on which it ends
    ],
)
def test_across_a_change_of_clocks_the_hour_on_the_wall_stays(moment: str, until: str) -> None:
    # The business date is the Friday before, a run that was made up for on Sunday evening.
    on = date.fromisoformat(moment[:10]).replace(day=int(moment[8:10]) - 2)
    assert opens_at(moment, on) == until


def test_without_quiet_hours_any_time_of_a_working_day_will_do() -> None:
    assert opens_at("2026-05-05T02:00", quiet_from=None, quiet_until=None) is None


def test_the_reason_says_why_and_until_when() -> None:
    saturday = closed_at(datetime(2026, 5, 2, 9, tzinfo=UTC), date(2026, 5, 2), CALENDAR)
    evening = closed_at(datetime(2026, 5, 5, 18, tzinfo=UTC), TUESDAY, CALENDAR, quiet_from=EVENING, quiet_until=MORNING)

    assert saturday is not None
    assert saturday.why == "Saturday: waits until Tuesday 5 May 2026"
    assert evening is not None
    assert evening.why == "quiet hours: waits until Thursday 7 May 2026, 08:00"
