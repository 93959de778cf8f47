"""How long: what people write, what we read, and what we refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cin_reminders.length import LONGEST, UNITS, Length, Unit, parse_length


@pytest.mark.parametrize(
    "text, count, unit",
    [
        ("15 working days", 15, "working days"),
        ("10 calendar days", 10, "calendar days"),
        ("8 weeks", 8, "weeks"),
        ("3 months", 3, "months"),
        ("1 working day", 1, "working days"),
        ("1 calendar day", 1, "calendar days"),
        ("1 week", 1, "weeks"),
        ("1 month", 1, "months"),
        ("6 WEEKS", 6, "weeks"),
        ("20 Working Days", 20, "working days"),
        ("  20   working\u00a0 days ", 20, "working days"),
        ("06 weeks", 6, "weeks"),
        ("9999 weeks", 9999, "weeks"),
    ],
)
def test_a_length_is_read_as_people_write_it(text: str, count: int, unit: Unit) -> None:
    assert parse_length(text) == Length(count=count, unit=unit)


def test_bare_days_are_calendar_days_in_the_councils_data() -> None:
    assert parse_length("10 days") == Length(count=10, unit="calendar days")
    assert parse_length("1 day") == Length(count=1, unit="calendar days")


@pytest.mark.parametrize("text", ["10 days", "1 day", "10 DAYS"])
def test_bare_days_are_refused_in_a_policy(text: str) -> None:
    with pytest.raises(ValueError, match="`working days` or `calendar days`"):
        parse_length(text, bare_days=False)


def test_the_other_units_are_read_where_bare_days_are_refused() -> None:
    assert parse_length("10 calendar days", bare_days=False) == Length(count=10, unit="calendar days")
    assert parse_length("10 working days", bare_days=False) == Length(count=10, unit="working days")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "weeks",
        "8",
        "0 weeks",
        "-1 weeks",
        "+8 weeks",
        "1.5 weeks",
        "1,5 weeks",
        "1_0 weeks",
        "10000 weeks",
        "\u0666 weeks",  # six, in Arabic-Indic digits
        "six weeks",
        "8weeks",
        "8 weekss",
        "8 workings days",
        "2 years",
        "1 fortnight",
        "8 weeks 2 days",
        "every 8 weeks",
    ],
)
def test_what_is_no_length_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="`N working days`, `N calendar days`, `N weeks` or `N months`"):
        parse_length(text)


def test_a_refusal_never_repeats_the_text() -> None:
    with pytest.raises(ValueError, match="a length is") as refusal:
        parse_length("ask Zanzibar Quillfeather")
    assert "zanzibar" not in str(refusal.value).lower()


@pytest.mark.parametrize("count", [0, -1, LONGEST + 1])
def test_a_length_is_at_least_1_and_at_most_the_longest(count: int) -> None:
    with pytest.raises(ValueError, match="a whole number from 1 to 9999"):
        Length(count=count, unit="weeks")


def test_one_of_a_unit_is_written_in_the_singular() -> None:
    assert [str(Length(count=1, unit=unit)) for unit in UNITS] == ["1 working day", "1 calendar day", "1 week", "1 month"]
    assert str(Length(count=15, unit="working days")) == "15 working days"


@given(count=st.integers(1, LONGEST), unit=st.sampled_from(UNITS))
def test_what_is_written_reads_back_the_same(count: int, unit: Unit) -> None:
    length = Length(count=count, unit=unit)
    assert parse_length(str(length), bare_days=False) == length
