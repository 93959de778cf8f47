"""Which day is the first to be kept, and what is said of what went."""

from __future__ import annotations

from datetime import date

import pytest

from cin_reminders.retention import REMOVED, Removed, faults_of_line, line_of, without_own_words

ON = date(2026, 11, 30)  # Monday


@pytest.mark.parametrize(
    "on, months, line",
    [
        (date(2026, 11, 1), 24, date(2024, 11, 1)),
        (date(2028, 2, 29), 24, date(2026, 2, 28)),  # no leap day two years before
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
    ],
)
def test_what_is_kept_reaches_so_many_months_back_to_the_same_day(on: date, months: int, line: date) -> None:
    assert line_of(on, months) == line


def test_the_last_three_months_are_never_removed() -> None:
    assert faults_of_line(date(2026, 8, 30), ON) == []
    assert faults_of_line(date(2026, 8, 31), ON) == [
        "before 2026-08-31: is in the last 3 months or to come; allowed: up to 2026-08-30"
    ]


def test_a_day_to_come_is_refused() -> None:
    assert len(faults_of_line(date(2027, 1, 1), ON)) == 1


def test_what_went_is_one_line_without_what_there_was_none_of() -> None:
    removed = Removed(before=date(2024, 11, 1), messages=12, notices=1, holds=2, files=30, kept=1)

    assert removed.in_words() == (
        "Removed what was older than Friday 1 November 2024: the words of 12 messages and 1 notice, 2 holds that were over, "
        "30 files; 1 older message stays, since it is still needed."
    )


def test_a_purge_that_found_nothing_says_so() -> None:
    assert Removed(before=date(2024, 11, 1)).in_words() == "Nothing was left that is older than Friday 1 November 2024."


def test_each_count_has_its_name_for_other_programs() -> None:
    counts = {"messages": 1, "notices": 2, "decisions": 3, "holds": 4, "runs": 5, "files": 6, "kept": 7}

    assert Removed(before=ON, **counts).as_json() == {"before": "2026-11-30", **counts}


@pytest.mark.parametrize(
    "why, left",
    [
        ("a funeral", REMOVED),
        ("until 2026-05-04: a funeral", f"until 2026-05-04: {REMOVED}"),
        ("until 2026-05-04: agreed with the team manager", "until 2026-05-04: agreed with the team manager"),
        ("agreed with the team manager, Lena", REMOVED),
        ("see until 2026-05-04: agreed with the team manager", REMOVED),
        (REMOVED, REMOVED),
    ],
)
def test_own_words_go_and_the_last_day_of_a_hold_and_a_reason_from_the_list_stay(why: str, left: str) -> None:
    assert without_own_words(why) == left
