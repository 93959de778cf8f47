"""Which files a purge removes: the service's own, older than the line, and no link."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cin_reminders.old_files import old_letters, old_reports, remove

LINE = date(2026, 5, 5)  # Tuesday
OLD, NEW = "2026-05-04", "2026-05-05"  # Monday, Tuesday


def put(file: Path, *, written: date | None = None) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("AB 12")
    if written:
        moment = datetime(written.year, written.month, written.day, 12, tzinfo=UTC).timestamp()
        os.utime(file, (moment, moment))
    return file


def letter(outbox: Path, day: str, kind: str = "eml", person: str = "^L^E^A^D") -> Path:
    return put(outbox / day / f"testshire+folder+{day}+{person}+email.{kind}")


def letters(outbox: Path, *whole: str) -> set[Path]:
    return set(old_letters(outbox, LINE, whole))


def test_the_letters_of_the_day_before_the_line_go_and_those_of_the_line_stay(tmp_path: Path) -> None:
    old = {letter(tmp_path, OLD, kind) for kind in ("eml", "json", "txt")}
    letter(tmp_path, NEW)

    assert letters(tmp_path) == old


def test_the_letter_of_a_message_that_stays_whole_stays(tmp_path: Path) -> None:
    letter(tmp_path, OLD)
    other = letter(tmp_path, OLD, person="^T^E^A^M")

    assert letters(tmp_path, f"testshire/folder/{OLD}/LEAD/email") == {other}


@pytest.mark.parametrize(
    "name",
    [
        f"{OLD}/notes.txt",  # no letter
        f"{OLD}/testshire+folder+{NEW}+p1+email.eml",  # of another day
        f"{OLD}/testshire+folder+{OLD}+p1+email.pdf",  # of no kind that is written
        f"{OLD}/testshire+folder+{OLD}+p1+email.eml.bak",
        f"{OLD}/more/testshire+folder+{OLD}+p1+email.eml",  # deeper than any letter
        f"testshire+folder+{OLD}+p1+email.eml",  # in no folder of a day
        f"old/testshire+folder+{OLD}+p1+email.eml",
        "2026-02-30/testshire+folder+2026-02-30+p1+email.eml",  # no day of any year
    ],
)
def test_a_file_that_is_not_the_services_own_stays(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)

    assert letters(tmp_path) == set()


def test_a_link_is_neither_followed_nor_removed(tmp_path: Path) -> None:
    outbox, elsewhere = tmp_path / "outbox", tmp_path / "elsewhere"
    target = letter(elsewhere, OLD)
    outbox.mkdir()
    (outbox / OLD).symlink_to(elsewhere / OLD)
    (outbox / "2026-05-01").mkdir()
    (outbox / "2026-05-01" / "testshire+folder+2026-05-01+p1+email.eml").symlink_to(target)
    (outbox / f"report-{OLD}.html").symlink_to(target)

    assert letters(outbox) == set()
    assert list(old_reports(outbox, LINE)) == []


def test_old_reports_go_in_each_of_their_forms_and_nothing_else_of_their_folder(tmp_path: Path) -> None:
    old = {put(tmp_path / f"report-{OLD}.{kind}") for kind in ("html", "csv", "json")}
    for name in (
        f"report-{NEW}.html",
        f"my-report-{OLD}.html",
        f"report-{OLD}.docx",
        "report-2026-02-30.html",
        f"more/report-{OLD}.csv",
    ):
        put(tmp_path / name)

    assert set(old_reports(tmp_path, LINE)) == old


@pytest.mark.parametrize("written, goes", [(date(2026, 5, 4), True), (LINE, False)])
def test_what_a_crash_left_half_written_goes_by_its_day(tmp_path: Path, written: date, goes: bool) -> None:
    half = put(tmp_path / ".tmp4k2_a9.part", written=written)

    assert list(old_reports(tmp_path, LINE)) == ([half] if goes else [])


def test_what_a_crash_left_half_written_beside_old_letters_goes_with_them(tmp_path: Path) -> None:
    half = put(tmp_path / OLD / ".tmp4k2_a9.part")

    assert letters(tmp_path) == {half}


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert letters(tmp_path / "outbox") == set()
    assert list(old_reports(tmp_path / "reports", LINE)) == []


def test_the_folder_of_a_day_goes_once_it_is_empty_and_one_with_anything_left_in_it_stays(tmp_path: Path) -> None:
    letter(tmp_path, "2026-05-01")
    letter(tmp_path, OLD)
    mine = put(tmp_path / OLD / "notes.txt")

    assert remove(old_letters(tmp_path, LINE, ())) == (2, [])
    assert sorted(tmp_path.rglob("*")) == [mine.parent, mine]


def test_the_folder_of_the_reports_stays_even_where_it_is_empty(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    put(reports / f"report-{OLD}.html")

    assert remove(old_reports(reports, LINE)) == (1, [])
    assert reports.is_dir()


def test_a_folder_that_cannot_be_read_is_said_and_does_not_break(tmp_path: Path) -> None:
    no_folder = put(tmp_path / "outbox")

    removed, refused = remove(old_letters(no_folder, LINE, ()))

    assert removed == 0
    assert [type(error) for error in refused] == [NotADirectoryError]


def test_a_file_that_another_purge_took_away_meanwhile_is_no_fault(tmp_path: Path) -> None:
    letter(tmp_path, OLD)
    found = list(old_letters(tmp_path, LINE, ()))
    found[0].unlink()

    assert remove(iter(found)) == (1, [])
