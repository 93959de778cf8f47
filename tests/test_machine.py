"""A SQLite ledger is for one machine: another that reaches it over a network share is refused, and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_council import LAST, small_council

from cin_reminders.errors import LedgerError
from cin_reminders.ledger import create_ledger, open_ledger
from cin_reminders.machine import other_machine

URL = "sqlite:///ledger.db"
ELSEWHERE = "ledger.db-used-on-elsewhere-0123456789ab"


def marks(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.glob("ledger.db-used-on-*"))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    create_ledger(URL, tmp_path)
    return tmp_path / "ledger.db"


def test_a_ledger_is_opened_any_number_of_times_on_one_machine(ledger: Path) -> None:
    for _ in range(2):
        open_ledger(URL, ledger.parent, "cumbria").close()

    assert len(marks(ledger.parent)) == 1


def test_a_ledger_that_another_machine_uses_is_refused_and_left_as_it_was(ledger: Path) -> None:
    (ledger.parent / ELSEWHERE).touch()

    with pytest.raises(LedgerError, match=r"in use on another machine, and SQLite is for one alone.*" + ELSEWHERE):
        open_ledger(URL, ledger.parent, "cumbria")

    # Our own mark would shut out the machine that was there first.
    assert marks(ledger.parent) == [ELSEWHERE]


def test_where_two_marks_stand_both_machines_are_refused(ledger: Path) -> None:
    open_ledger(URL, ledger.parent, "cumbria").close()
    (ledger.parent / ELSEWHERE).touch()

    assert other_machine(ledger) == ELSEWHERE
    assert len(marks(ledger.parent)) == 2


def test_a_ledger_that_has_moved_is_at_home_once_the_mark_is_gone(ledger: Path) -> None:
    (ledger.parent / ELSEWHERE).touch()
    (ledger.parent / ELSEWHERE).unlink()

    open_ledger(URL, ledger.parent, "cumbria").close()


def test_a_machine_that_changed_its_name_alone_is_still_the_same(ledger: Path) -> None:
    open_ledger(URL, ledger.parent, "cumbria").close()
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
