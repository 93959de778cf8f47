from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from ladder_cases import case

from cin_reminders.case import Extract, RowCount
from cin_reminders.guards import why_extract_failed, why_run_too_large
from cin_reminders.working_days import make_calendar

SHARE = 0.2


def counts(**read: int) -> dict[str, RowCount]:
    """Rows of each relation, every one of them usable."""
    return {relation: RowCount(read=number, accepted=number, rejected=0) for relation, number in read.items()}


def extract(
    rows: Mapping[str, RowCount] | None = None, *, not_supplied: frozenset[str] = frozenset(), empty: bool = False
) -> Extract:
    return Extract(
        cases=() if empty else (case(),),
        people={},
        team_roles={},
        rows=rows or counts(cin_cases=100, cin_meetings=500, cin_visits=40),
        not_supplied=not_supplied,
    )


LAST = counts(cin_cases=100, cin_meetings=500, cin_visits=40)


def test_an_extract_like_the_last_may_be_used() -> None:
    assert why_extract_failed(extract(), LAST, SHARE) is None


def test_a_first_extract_has_nothing_to_be_measured_against() -> None:
    assert why_extract_failed(extract(counts(cin_cases=1)), None, SHARE) is None


def test_an_extract_that_grew_may_be_used() -> None:
    assert why_extract_failed(extract(counts(cin_cases=900, cin_meetings=5000, cin_visits=400)), LAST, SHARE) is None


@pytest.mark.parametrize("last", [None, LAST])
def test_an_empty_extract_has_failed_even_the_first(last: Mapping[str, RowCount] | None) -> None:
    found = why_extract_failed(extract(counts(cin_cases=0, cin_meetings=500), empty=True), last, SHARE)
    assert found == "the extract is empty: cin_cases holds no row"


def test_an_extract_of_rejected_cases_has_failed_even_the_first() -> None:
    rows = {"cin_cases": RowCount(read=100, accepted=0, rejected=100)}
    assert why_extract_failed(extract(rows, empty=True), None, SHARE) == (
        "the extract cannot be used: every row of cin_cases was rejected"
    )


def test_a_relation_that_went_to_zero_has_failed() -> None:
    found = why_extract_failed(extract(counts(cin_cases=100, cin_meetings=500, cin_visits=0)), LAST, SHARE)
    assert found == "the extract has shrunk: cin_visits held 40 rows at the last good run and now holds none"


def test_a_relation_that_is_gone_has_failed() -> None:
    rows = counts(cin_cases=100, cin_meetings=500)
    found = why_extract_failed(extract(rows, not_supplied=frozenset({"cin_visits"})), LAST, SHARE)
    assert found == "the extract has shrunk: cin_visits held 40 rows at the last good run and now is not supplied"


def test_a_relation_of_one_row_that_went_to_zero_has_failed() -> None:
    last = counts(cin_cases=100, cin_transfers=1)
    found = why_extract_failed(extract(counts(cin_cases=100, cin_transfers=0)), last, SHARE)
    assert found == "the extract has shrunk: cin_transfers held 1 row at the last good run and now holds none"


def test_a_relation_that_never_was_there_is_not_missed() -> None:
    last = counts(cin_cases=100, cin_visits=0)
    rows = counts(cin_cases=100)
    assert why_extract_failed(extract(rows, not_supplied=frozenset({"cin_visits"})), last, SHARE) is None


@pytest.mark.parametrize("now, failed", [(80, False), (79, True)], ids=["by the share", "by one row more"])
def test_cases_may_shrink_by_the_share_and_not_by_more(now: int, failed: bool) -> None:
    found = why_extract_failed(extract(counts(cin_cases=now)), counts(cin_cases=100), SHARE)
    assert (found is not None) is failed
    if found:
        assert "cin_cases fell from 100 to 79 usable rows since the last good run, by more than 20%" in found


@pytest.mark.parametrize("before, share, now", [(30, 0.7, 9), (70, 0.7, 21), (10, 0.1, 9), (20, 0.35, 13), (1000, 0.333, 667)])
def test_a_shrinking_by_exactly_the_share_may_always_be_used(before: int, share: float, now: int) -> None:
    assert why_extract_failed(extract(counts(cin_cases=now)), counts(cin_cases=before), share) is None
    assert why_extract_failed(extract(counts(cin_cases=now - 1)), counts(cin_cases=before), share) is not None


@pytest.mark.parametrize("before, failed", [(19, False), (20, True)], ids=["19 rows", "20 rows"])
def test_a_relation_of_few_rows_may_shrink_and_one_of_20_may_not(before: int, failed: bool) -> None:
    last = counts(cin_cases=1000, cin_visits=before)
    found = why_extract_failed(extract(counts(cin_cases=1000, cin_visits=5)), last, SHARE)
    assert (found is not None) is failed


def test_few_cases_may_not_shrink_either() -> None:
    assert why_extract_failed(extract(counts(cin_cases=2)), counts(cin_cases=5), SHARE) is not None


def test_a_relation_whose_rows_are_all_rejected_has_shrunk() -> None:
    rows = counts(cin_cases=100, cin_visits=40) | {"cin_meetings": RowCount(read=500, accepted=0, rejected=500)}
    found = why_extract_failed(extract(rows), LAST, SHARE)
    assert found is not None
    assert "cin_meetings fell from 500 to 0 usable rows" in found


def test_many_small_losses_together_have_failed() -> None:
    small = {f"cin_{name}": 15 for name in ("facts", "events", "roles", "people")}
    last = counts(cin_cases=20, **small)
    found = why_extract_failed(extract(counts(cin_cases=20, **dict.fromkeys(small, 5))), last, SHARE)
    assert found == "the extract has shrunk: the whole fell from 80 to 40 usable rows since the last good run, by more than 20%"


def test_every_reason_is_said_at_once() -> None:
    found = why_extract_failed(extract(counts(cin_cases=10, cin_meetings=500, cin_visits=0)), LAST, SHARE)
    assert found is not None
    assert found.count(";") == 2
    assert "cin_visits" in found
    assert "cin_cases" in found


# ---- a run far larger than the usual one

FRIDAY, TUESDAY, WEDNESDAY = date(2026, 5, 1), date(2026, 5, 5), date(2026, 5, 6)  # Monday the 4th is a bank holiday


def too_large(number: int, usual: list[tuple[date, int]], on: date = WEDNESDAY, at_least: int = 10) -> str | None:
    return why_run_too_large(number, usual, on, make_calendar(), times=3, at_least=at_least)


USUAL = [(TUESDAY, 20), (FRIDAY, 10), (date(2026, 4, 30), 40), (date(2026, 4, 29), 5)]  # Thursday, Wednesday


def test_a_run_of_three_times_the_busiest_day_may_go_and_one_more_is_held() -> None:
    assert too_large(120, USUAL) is None
    assert too_large(121, USUAL) == (
        "121 notices would be told, and 120 at most are usual for 1 working day since the last good run; look at them with "
        "`cin-reminders preview`, and if they are right, say so with `cin-reminders release-run`"
    )


def test_after_an_outage_the_measure_grows_with_the_working_days() -> None:
    after_three = date(2026, 5, 8)  # Friday: three working days after Tuesday
    assert too_large(360, USUAL, after_three) is None
    assert too_large(361, USUAL, after_three) is not None


def test_a_day_that_made_good_several_is_no_busy_day() -> None:
    # 120 after three working days are 40 a day.
    usual = [(date(2026, 4, 24), 5), (date(2026, 4, 29), 120), (date(2026, 4, 30), 10)]  # Friday, Wednesday, Thursday
    assert too_large(121, usual, FRIDAY) is not None
    assert too_large(120, usual, FRIDAY) is None


def test_a_small_run_is_never_held() -> None:
    assert too_large(10, [(TUESDAY, 1)]) is None
    assert too_large(11, [(TUESDAY, 1)]) is not None


def test_a_first_run_has_nothing_to_be_measured_against() -> None:
    assert too_large(100_000, []) is None


def test_a_day_told_in_pieces_is_measured_as_a_whole() -> None:
    earlier_today = [(WEDNESDAY, 100), *USUAL]
    assert too_large(20, earlier_today) is None
    assert too_large(21, earlier_today) is not None


def test_a_second_run_with_nothing_new_is_not_held_for_what_the_first_told() -> None:
    assert too_large(0, [(WEDNESDAY, 500), *USUAL]) is None
