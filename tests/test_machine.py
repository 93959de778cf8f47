"""A SQLite ledger is for one machine: another that reaches it over a network share is refused, and says what to do."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from small_council import LAST, small_council

from cin_reminders.errors import LedgerError
from cin_reminders.ledger import create_ledger, open_ledger
from cin_reminders.machine import other_machine, settle_on_this_machine

URL = "sqlite:///ledger.db"
NOW = datetime(2026, 3, 23, 6, 30, tzinfo=UTC)  # Monday
ELSEWHERE = "ledger.db-used-on-elsewhere-0123456789ab"


def marks(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.glob("ledger.db-used-on-*"))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    create_ledger(URL, tmp_path)
    return tmp_path / "ledger.db"


def use(ledger: Path) -> None:
    """Open the ledger and write to it, as a run does."""
    with closing(open_ledger(URL, ledger.parent, "cumbria")) as book:
        book.record_decision("release-run", "2026-03-23", by="data team", why="looked at", now=NOW)


def test_a_ledger_is_used_any_number_of_times_on_one_machine(ledger: Path) -> None:
    for _ in range(2):
        use(ledger)

    assert len(marks(ledger.parent)) == 1


def test_looking_into_a_ledger_marks_nothing(ledger: Path) -> None:
    with closing(open_ledger(URL, ledger.parent, "cumbria")) as book:
        assert book.decisions() == []

    assert marks(ledger.parent) == []


def test_a_ledger_that_another_machine_uses_is_refused_even_for_a_look_and_left_as_it_was(ledger: Path) -> None:
    (ledger.parent / ELSEWHERE).touch()

    with pytest.raises(LedgerError, match=r"in use on another machine, and SQLite is for one alone.*" + ELSEWHERE):
        open_ledger(URL, ledger.parent, "cumbria")

    assert marks(ledger.parent) == [ELSEWHERE]


def test_of_two_machines_that_opened_it_in_one_moment_the_later_is_refused_before_it_writes(ledger: Path) -> None:
    with closing(open_ledger(URL, ledger.parent, "cumbria")) as book:
        (ledger.parent / ELSEWHERE).touch()
        with pytest.raises(LedgerError, match="in use on another machine"):
            book.record_decision("release-run", "2026-03-23", by="data team", why="looked at", now=NOW)
        assert book.decisions() == []

    # Our own mark would shut out the machine that was there first.
    assert marks(ledger.parent) == [ELSEWHERE]


def test_where_two_marks_stand_both_machines_are_refused(ledger: Path) -> None:
    use(ledger)
    (ledger.parent / ELSEWHERE).touch()

    assert settle_on_this_machine(ledger) == ELSEWHERE
    assert len(marks(ledger.parent)) == 2


def test_a_ledger_that_has_moved_is_at_home_once_the_mark_is_gone(ledger: Path) -> None:
    (ledger.parent / ELSEWHERE).touch()
    (ledger.parent / ELSEWHERE).unlink()

    use(ledger)


def test_a_machine_that_changed_its_name_alone_is_still_the_same(ledger: Path) -> None:
    use(ledger)
    (mark,) = marks(ledger.parent)
    renamed = f"ledger.db-used-on-as-it-was-called-{mark.rpartition('-')[2]}"
    (ledger.parent / mark).rename(ledger.parent / renamed)

    assert other_machine(ledger) is None


def test_a_mark_beside_another_ledger_in_the_folder_means_nothing(ledger: Path) -> None:
    (ledger.parent / "other-ledger.db-used-on-elsewhere-0123456789ab").touch()

    assert other_machine(ledger) is None


def test_a_run_beside_a_ledger_in_use_elsewhere_tells_nobody_and_says_what_to_do(tmp_path: Path) -> None:
    council = small_council(tmp_path)
    (tmp_path / ELSEWHERE).touch()

    answer = council.cin("run", "--on", LAST)

    assert answer.code == 1
    assert "PostgreSQL" in answer.err
    assert council.letters() == []
