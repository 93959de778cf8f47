"""Festivals on or near a day, with their doubt, and what the sources do not know."""

from __future__ import annotations

import warnings
from datetime import date, timedelta

import pytest
from cases import d
from hypothesis import given
from hypothesis import strategies as st

from cin_reminders.festivals import FESTIVALS, Festival, _festivals_of, festivals_near, not_known

DAY = timedelta(days=1)


def near(day: str) -> list[str]:
    return [one.name for one in festivals_near(d(day))]


# Each with its first and last day in 2026 as published by those who keep it.
IN_2026 = {
    "Lunar New Year": ("2026-02-17", "2026-02-18"),  # Tuesday, Wednesday
    "Holi": ("2026-03-04", "2026-03-04"),  # Wednesday
    "Eid al-Fitr": ("2026-03-21", "2026-03-21"),  # Saturday
    "Passover": ("2026-04-02", "2026-04-03"),  # Thursday, Friday
    "Passover (last days)": ("2026-04-08", "2026-04-09"),  # Wednesday, Thursday
    "Orthodox Good Friday": ("2026-04-10", "2026-04-10"),  # Friday
    "Orthodox Easter": ("2026-04-12", "2026-04-12"),  # Sunday
    "Vaisakhi": ("2026-04-14", "2026-04-14"),  # Tuesday
    "Shavuot": ("2026-05-22", "2026-05-23"),  # Friday, Saturday
    "Eid al-Adha": ("2026-05-27", "2026-05-27"),  # Wednesday
    "Rosh Hashanah": ("2026-09-12", "2026-09-13"),  # Saturday, Sunday
    "Yom Kippur": ("2026-09-21", "2026-09-21"),  # Monday
    "Sukkot": ("2026-09-26", "2026-09-27"),  # Saturday, Sunday
    "Simchat Torah (with Shemini Atzeret)": ("2026-10-03", "2026-10-04"),  # Saturday, Sunday
    "Diwali": ("2026-11-08", "2026-11-08"),  # Sunday
}


def test_the_festivals_of_2026_fall_when_they_are_kept() -> None:
    found: dict[str, Festival] = {}
    for number in range(365):
        found |= {one.name: one for one in festivals_near(date(2026, 1, 1) + number * DAY)}
    assert {name: (one.first_on.isoformat(), one.last_on.isoformat()) for name, one in found.items()} == IN_2026
    assert set(found) == set(FESTIVALS)


def test_a_festival_is_near_from_the_day_before_it_to_its_last_day() -> None:
    assert near("2026-09-19") == []  # Saturday
    assert near("2026-09-20") == ["Yom Kippur"]  # Sunday, when it begins at sunset
    assert near("2026-09-21") == ["Yom Kippur"]  # Monday
    assert near("2026-09-22") == []  # Tuesday


def test_a_festival_of_two_days_outside_israel_is_near_on_the_second() -> None:
    assert near("2026-05-23") == ["Shavuot"]  # Saturday
    assert "Shavuot" not in near("2026-05-24")  # Sunday


def test_an_eid_may_fall_a_day_either_side() -> None:
    assert "Eid al-Adha" not in near("2026-05-24")  # Sunday
    assert "Eid al-Adha" in near("2026-05-25")  # Monday, the evening on which it may begin
    assert "Eid al-Adha" in near("2026-05-28")  # Thursday, a day late
    assert "Eid al-Adha" not in near("2026-05-29")  # Friday


def test_a_festival_says_its_doubt_and_that_it_begins_at_sunset() -> None:
    (eid,) = festivals_near(d("2026-05-27"))
    assert str(eid) == "Eid al-Adha is expected on Wed 27 May 2026, a day either side, from sunset the evening before"
    (diwali,) = festivals_near(d("2026-11-08"))
    assert str(diwali) == "Diwali is on Sun 8 Nov 2026"
    (new_year,) = festivals_near(d("2026-02-18"))
    assert str(new_year) == "Lunar New Year is on Tue 17 Feb 2026 to Wed 18 Feb 2026"


def test_what_the_source_itself_calls_an_estimate_is_in_doubt() -> None:
    (new_year,) = festivals_near(d("2035-02-08"))  # Thursday
    assert str(new_year) == "Lunar New Year is expected on Thu 8 Feb 2035 to Fri 9 Feb 2035, a day either side"


def test_a_year_with_two_of_one_eid_has_both() -> None:
    assert near("2033-01-03") == ["Eid al-Fitr"]  # Monday
    assert near("2033-12-23") == ["Eid al-Fitr"]  # Friday


def test_a_festival_on_the_first_days_of_a_year_is_near_in_the_year_before() -> None:
    # Eid al-Fitr is expected on Monday 3 January 2033; the day before the earliest is Saturday 1 January.
    assert near("2033-01-01") == ["Eid al-Fitr"]
    assert near("2032-12-31") == []  # Friday
    # Eid al-Adha is expected on Monday 26 December 2039, and Lunar New Year on 24 January 2039.
    assert near("2039-12-27") == ["Eid al-Adha"]  # Tuesday


def test_a_bank_holiday_kept_in_lieu_is_no_festival() -> None:
    assert near("2027-02-08") == []  # Monday, observed in Singapore for Lunar New Year on Sunday


def test_the_bonfires_before_holi_are_not_holi() -> None:
    (holi,) = festivals_near(d("2026-03-03"))  # Tuesday
    assert (holi.name, holi.first_on) == ("Holi", d("2026-03-04"))


@pytest.mark.parametrize("year", range(2001, 2036))
def test_every_festival_is_known_up_to_2035(year: int) -> None:
    assert not_known(year) == ()


@pytest.mark.parametrize("year", [2036, 2050])
def test_from_2036_what_the_source_does_not_know_is_said(year: int) -> None:
    assert not_known(year) == ("Diwali", "Holi", "Vaisakhi")


def test_a_source_that_ends_is_not_asked_for_more() -> None:
    _festivals_of.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [len(not_known(year)) for year in (2000, 2001, 2035, 2036)] == [3, 0, 0, 3]


@given(st.dates(date(2001, 1, 8), date(2035, 12, 24)))
def test_a_festival_is_near_when_one_of_its_possible_days_or_the_next_is_the_day(day: date) -> None:
    known = {one for number in range(-9, 10) for one in festivals_near(day + number * DAY)}
    expected = set()
    for one in known:
        sure = [one.first_on + number * DAY for number in range((one.last_on - one.first_on).days + 1)]
        possible = sure if one.is_sure else [each + shift * DAY for each in sure for shift in (-1, 0, 1)]
        if day in possible or day + DAY in possible:
            expected.add(one)
    assert set(festivals_near(day)) == expected
