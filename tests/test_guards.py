from __future__ import annotations

from collections.abc import Mapping

import pytest
from ladder_cases import case

from cin_reminders.case import Extract, RowCount
from cin_reminders.guards import why_extract_failed

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
    assert why_extract_failed(extract(rows, empty=True), None, SHARE) == "every row of cin_cases was rejected"


def test_a_relation_that_went_to_zero_has_failed() -> None:
    found = why_extract_failed(extract(counts(cin_cases=100, cin_meetings=500, cin_visits=0)), LAST, SHARE)
    assert found == "cin_visits held 40 rows at the last good run and now holds none"


def test_a_relation_that_is_gone_has_failed() -> None:
    rows = counts(cin_cases=100, cin_meetings=500)
    found = why_extract_failed(extract(rows, not_supplied=frozenset({"cin_visits"})), LAST, SHARE)
    assert found == "cin_visits held 40 rows at the last good run and now is not supplied"


def test_a_relation_of_one_row_that_went_to_zero_has_failed() -> None:
    last = counts(cin_cases=100, cin_transfers=1)
    found = why_extract_failed(extract(counts(cin_cases=100, cin_transfers=0)), last, SHARE)
    assert found == "cin_transfers held 1 row at the last good run and now holds none"


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
    assert found == "the extract fell from 80 to 40 usable rows since the last good run, by more than 20%"


def test_every_reason_is_said_at_once() -> None:
    found = why_extract_failed(extract(counts(cin_cases=10, cin_meetings=500, cin_visits=0)), LAST, SHARE)
    assert found is not None
    assert found.count(";") == 2
    assert "cin_visits" in found
    assert "cin_cases" in found
