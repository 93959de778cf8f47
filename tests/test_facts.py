"""What was true on a day: which row holds, which of two wins, and when the child was on a plan or looked after."""

from __future__ import annotations

from datetime import date

import pytest
from cases import a_case, d, fact

from cin_reminders.case import Case, Fact
from cin_reminders.facts import Period, contradictions, first_interval_after, protected_periods, read_fact, read_interval

MONDAY = d("2026-03-02")


def with_facts(*facts: Fact, **columns: object) -> Case:
    return a_case(facts=list(facts), **columns)


def value(case: Case, on: str, name: str = "disabled") -> str | None:
    return read_fact(case, name, d(on)).value


def interval(case: Case, on: str, name: str = "review_interval") -> str | None:
    found = read_interval(case, name, d(on))
    return str(found) if found else None


# ---- one fact


def test_what_is_not_recorded_is_unknown_and_no_contradiction() -> None:
    reading = read_fact(a_case(), "disabled", MONDAY)
    assert (reading.value, reading.contradicted) == (None, False)


def test_a_fact_with_no_first_day_was_always_true() -> None:
    assert value(with_facts(fact("disabled", "yes")), "1990-01-01") == "yes"  # Monday


def test_a_fact_holds_from_its_first_day() -> None:
    case = with_facts(fact("disabled", "yes", "2026-03-02"))  # Monday
    assert value(case, "2026-03-01") is None  # Sunday
    assert value(case, "2026-03-02") == "yes"  # Monday


def test_a_fact_holds_to_its_last_day() -> None:
    case = with_facts(fact("disabled", "yes", until="2026-03-02"))  # Monday
    assert value(case, "2026-03-02") == "yes"  # Monday
    assert value(case, "2026-03-03") is None  # Tuesday


def test_the_latest_first_day_wins_whatever_the_order_of_the_rows() -> None:
    older, newer = fact("disabled", "yes", "2026-02-02"), fact("disabled", "no", "2026-03-02")  # Monday, Monday
    for rows in ((older, newer), (newer, older)):
        assert value(with_facts(*rows), "2026-03-01") == "yes"  # Sunday
        assert value(with_facts(*rows), "2026-03-02") == "no"  # Monday


def test_the_older_row_holds_again_once_the_newer_is_over() -> None:
    case = with_facts(fact("disabled", "yes", "2026-02-02"), fact("disabled", "no", "2026-03-02", "2026-03-06"))  # to Friday
    assert value(case, "2026-03-06") == "no"  # Friday
    assert value(case, "2026-03-07") == "yes"  # Saturday


def test_any_dated_row_beats_one_with_no_first_day() -> None:
    case = with_facts(fact("disabled", "no", "1990-01-02"), fact("disabled", "yes"))  # Tuesday
    assert value(case, "2026-03-02") == "no"  # Monday
    assert value(case, "1990-01-01") == "yes"  # Monday


def test_two_rows_of_one_day_that_contradict_each_other_are_unknown_and_reported() -> None:
    case = with_facts(fact("disabled", "yes", "2026-03-02"), fact("disabled", "no", "2026-03-02"))  # Monday
    reading = read_fact(case, "disabled", MONDAY)
    assert (reading.value, reading.contradicted) == (None, True)
    assert contradictions(case, MONDAY) == ("disabled",)
    assert contradictions(case, d("2026-03-01")) == ()  # Sunday


def test_two_rows_of_one_day_that_agree_are_no_contradiction() -> None:
    case = with_facts(fact("disabled", "yes", "2026-03-02"), fact("disabled", "yes", "2026-03-02", "2026-03-09"))  # Monday
    assert value(case, "2026-03-02") == "yes"  # Monday
    assert contradictions(case, MONDAY) == ()


def test_a_contradiction_is_over_when_one_of_the_two_rows_is() -> None:
    case = with_facts(fact("disabled", "yes", "2026-03-02"), fact("disabled", "no", "2026-03-02", "2026-03-06"))  # to Friday
    assert value(case, "2026-03-06") is None  # Friday
    assert value(case, "2026-03-07") == "yes"  # Saturday


def test_two_rows_with_no_first_day_can_contradict_each_other_too() -> None:
    case = with_facts(fact("disabled", "yes"), fact("disabled", "no"))
    assert contradictions(case, MONDAY) == ("disabled",)


def test_the_team_and_the_plan_type_are_read_from_the_case() -> None:
    case = a_case(team="North", plan_type="short_breaks")
    assert (value(case, "2026-03-02", "team"), value(case, "2026-03-02", "plan_type")) == ("North", "short_breaks")  # Monday
    assert value(a_case(), "2026-03-02", "team") is None  # Monday


# ---- intervals


def test_the_interval_of_the_case_counts_on_every_day() -> None:
    assert interval(a_case(review_interval="6 weeks"), "1990-01-01") == "6 weeks"  # Monday


def test_a_dated_interval_beats_that_of_the_case_from_its_first_day() -> None:
    case = with_facts(fact("review_interval", "4 weeks", "2026-03-02"), review_interval="6 weeks")  # Monday
    assert interval(case, "2026-03-01") == "6 weeks"  # Sunday
    assert interval(case, "2026-03-02") == "4 weeks"  # Monday


def test_the_interval_of_the_case_counts_again_once_the_dated_one_is_over() -> None:
    case = with_facts(fact("review_interval", "4 weeks", "2026-03-02", "2026-03-06"), review_interval="6 weeks")  # to Friday
    assert interval(case, "2026-03-06") == "4 weeks"  # Friday
    assert interval(case, "2026-03-07") == "6 weeks"  # Saturday


def test_an_interval_with_no_first_day_counts_where_the_case_has_none() -> None:
    assert interval(with_facts(fact("review_interval", "4 weeks")), "2026-03-02") == "4 weeks"  # Monday
    assert (
        interval(with_facts(fact("review_interval", "4 weeks"), review_interval="6 weeks"), "2026-03-02") == "6 weeks"
    )  # Monday


def test_two_intervals_of_one_day_that_contradict_each_other_leave_that_of_the_case() -> None:
    rows = fact("review_interval", "4 weeks", "2026-03-02"), fact("review_interval", "5 weeks", "2026-03-02")  # Monday
    assert interval(with_facts(*rows, review_interval="6 weeks"), "2026-03-02") == "6 weeks"  # Monday
    assert interval(with_facts(*rows), "2026-03-02") is None  # Monday
    assert contradictions(with_facts(*rows), MONDAY) == ("review_interval",)


def test_the_visit_interval_is_read_in_the_same_way() -> None:
    case = with_facts(fact("visit_interval", "4 weeks", "2026-03-02"), visit_interval="20 working days")  # Monday
    assert interval(case, "2026-03-01", "visit_interval") == "20 working days"  # Sunday
    assert interval(case, "2026-03-02", "visit_interval") == "4 weeks"  # Monday


def first_after(case: Case, after: str, read_on: str) -> str | None:
    found = first_interval_after(case, "visit_interval", d(after), read_on=d(read_on))
    return str(found) if found else None


def test_the_first_interval_recorded_later_is_found_from_the_day_it_is_known() -> None:
    case = with_facts(fact("visit_interval", "4 weeks", "2026-03-12"), fact("visit_interval", "2 weeks", "2026-03-16"))
    assert first_after(case, "2026-03-02", "2026-03-11") is None  # Monday; Wednesday
    assert first_after(case, "2026-03-02", "2026-03-12") == "4 weeks"  # Monday; Thursday
    assert first_after(case, "2026-03-02", "2026-03-20") == "4 weeks"  # Monday; Friday
    assert first_after(case, "2026-03-12", "2026-03-20") == "2 weeks"  # Thursday; Friday


def test_two_first_intervals_that_contradict_each_other_wait_for_the_next() -> None:
    rows = [fact("visit_interval", text, "2026-03-12") for text in ("4 weeks", "5 weeks")]  # Thursday
    case = with_facts(*rows, fact("visit_interval", "2 weeks", "2026-03-16"))  # Monday
    assert first_after(case, "2026-03-02", "2026-03-15") is None  # Monday; Sunday
    assert first_after(case, "2026-03-02", "2026-03-16") == "2 weeks"  # Monday; Monday


def test_the_end_of_one_of_two_contradicting_intervals_brings_the_other() -> None:
    case = with_facts(
        fact("visit_interval", "4 weeks", "2026-03-12", "2026-03-13"),  # Thursday, Friday
        fact("visit_interval", "5 weeks", "2026-03-12"),  # Thursday
    )
    assert first_after(case, "2026-03-02", "2026-03-13") is None  # Monday; Friday
    assert first_after(case, "2026-03-02", "2026-03-14") == "5 weeks"  # Monday; Saturday


# ---- on a child protection plan, or looked after


def periods(*facts: Fact, on: str = "2026-06-01") -> list[tuple[date | None, date | None]]:
    """The periods as the records told of them by the day, a Monday where none is said."""
    return [(period.first, period.last) for period in protected_periods(with_facts(*facts), read_on=d(on))]


@pytest.mark.parametrize("name", ["child_protection_plan", "looked_after"])
def test_a_period_runs_from_its_first_to_its_last_day(name: str) -> None:
    assert periods(fact(name, "yes", "2026-03-02", "2026-03-20")) == [(MONDAY, d("2026-03-20"))]  # to Friday


def test_a_period_covers_its_first_and_its_last_day_and_no_other() -> None:
    period = Period("looked_after", MONDAY, d("2026-03-20"))  # to Friday
    assert [period.covers(d(day)) for day in ("2026-03-01", "2026-03-02")] == [False, True]  # Sunday, Monday
    assert [period.covers(d(day)) for day in ("2026-03-20", "2026-03-21")] == [True, False]  # Friday, Saturday


def test_a_period_with_an_open_end_covers_every_day_on_that_side() -> None:
    assert Period("looked_after", None, MONDAY).covers(d("1990-01-01"))  # Monday
    assert Period("looked_after", MONDAY, None).covers(d("2050-01-01"))  # Saturday


def test_a_period_that_still_lasts_has_no_last_day() -> None:
    assert periods(fact("looked_after", "yes", "2026-03-02")) == [(MONDAY, None)]  # Monday


def test_a_period_that_was_always_there_has_no_first_day() -> None:
    assert periods(fact("looked_after", "yes", until="2026-03-20")) == [(None, d("2026-03-20"))]  # Friday
    assert periods(fact("looked_after", "yes")) == [(None, None)]


def test_a_period_that_begins_after_the_day_of_reading_is_not_known_yet() -> None:
    row = fact("looked_after", "yes", "2026-03-02")  # Monday
    assert periods(row, on="2026-03-01") == []  # Sunday
    assert periods(row, on="2026-03-02") == [(MONDAY, None)]  # Monday


def test_a_row_that_says_no_ends_a_period_the_day_before() -> None:
    rows = fact("looked_after", "yes", "2026-03-02"), fact("looked_after", "no", "2026-03-21")  # Monday, Saturday
    assert periods(*rows) == [(MONDAY, d("2026-03-20"))]  # Friday


def test_two_periods_that_touch_are_one() -> None:
    rows = fact("looked_after", "yes", "2026-03-02", "2026-03-20"), fact("looked_after", "yes", "2026-03-21", "2026-04-10")
    assert periods(*rows) == [(MONDAY, d("2026-04-10"))]  # Friday


def test_two_periods_with_a_day_between_them_are_two() -> None:
    rows = fact("looked_after", "yes", "2026-03-02", "2026-03-20"), fact("looked_after", "yes", "2026-03-22", "2026-04-10")
    assert periods(*rows) == [(MONDAY, d("2026-03-20")), (d("2026-03-22"), d("2026-04-10"))]  # Friday; Sunday, Friday


def test_no_is_no_period() -> None:
    assert periods(fact("looked_after", "no", "2026-03-02"), fact("child_protection_plan", "no")) == []


def test_days_on_which_two_rows_contradict_each_other_are_in_no_period() -> None:
    rows = fact("looked_after", "yes", "2026-03-02"), fact("looked_after", "no", "2026-03-02", "2026-03-06")  # to Friday
    assert periods(*rows) == [(d("2026-03-07"), None)]  # Saturday
