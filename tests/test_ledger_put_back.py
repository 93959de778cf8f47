"""A ledger put back from an older copy is noticed: nothing goes until a person has said that it is right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from live_channels import Ends, deliver_at, live, mailed
from past_days import backfilled, outcomes, stages, told_once, workdays
from small_council import EARLY, LAST, OVERDUE, TO_SERVICE_MANAGER, SmallCouncil, small_council
from smtp_server import running_server

NEXT_DAY = "2026-03-25"  # Wednesday after OVERDUE
NOTICED = "the ledger does not hold the run of Tue 24 Mar 2026, which was made from here"


@dataclass(frozen=True)
class Kept:
    """A council whose ledger can be copied, and the copy put back."""

    council: SmallCouncil
    copy: Callable[[], None]
    put_back: Callable[[], None]


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    if request.param == "sqlite":
        council = small_council(tmp_path)
        file, copied = tmp_path / "ledger.db", tmp_path / "ledger.copy"
        return Kept(council, lambda: _copied(file, copied), lambda: _copied(copied, file))
    url = request.getfixturevalue("postgresql_url")
    council = small_council(tmp_path, ledger=sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    name, server = str(sa.make_url(url).database), request.getfixturevalue("postgresql_server").get_uri()
    return Kept(council, lambda: _database(server, f"{name}_copy", name), lambda: _database(server, name, f"{name}_copy"))


def _copied(file: Path, to: Path) -> None:
    for leftover in ("-wal", "-shm"):
        Path(f"{to}{leftover}").unlink(missing_ok=True)
    shutil.copy(file, to)


def _database(server: str, name: str, of: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {of}")


def copied_too_early(kept: Kept) -> SmallCouncil:
    """Runs from Friday 13 to Tuesday 24 March, and then the ledger as it stood on Thursday 19."""
    for on in workdays("2026-03-13", OVERDUE):
        kept.council.run(on)
        if on == "2026-03-19":
            kept.copy()
    kept.put_back()
    return kept.council


def test_an_older_copy_holds_the_run_and_says_what_to_do(kept: Kept) -> None:
    council = copied_too_early(kept)
    letters = len(council.letters())

    for _ in range(4):  # the runs that are held get the numbers of those that were lost
        answer = council.cin("run", "--on", NEXT_DAY, "--json")
        assert answer.code == 3
        assert answer.json["held"].startswith(NOTICED)
        for remedy in ("Put the right one back", "backfill --mode record", "accept-ledger"):
            assert remedy in answer.json["held"]
    assert len(council.letters()) == letters
    page = (council.folder / "reports" / f"report-{NEXT_DAY}.html").read_text(encoding="utf-8")
    assert NOTICED in page


def test_the_right_ledger_put_back_after_all_runs_as_if_nothing_had_been(kept: Kept) -> None:
    for on in workdays("2026-03-13", OVERDUE):
        kept.council.run(on)
    kept.copy()
    kept.put_back()

    assert kept.council.run(NEXT_DAY)["messages"] == {}


def test_with_the_lost_days_on_record_and_a_persons_word_it_goes_on_and_nobody_is_told_twice(kept: Kept) -> None:
    council = copied_too_early(kept)

    # What the ledger has lost is what a plan calls missed.
    done = backfilled(council, "record", LAST, OVERDUE, NEXT_DAY)
    assert done["recorded"] == 2
    assert council.cin("run", "--on", NEXT_DAY).code == 3
    assert council.cin("accept-ledger", "--by", "S-1", "--why", "a copy of Thursday").code == 0

    assert council.run(NEXT_DAY)["messages"] == {}
    assert outcomes(council, NEXT_DAY) == {"early": "told", "last": "historic", "overdue": "historic"}
    for on in workdays("2026-03-26", TO_SERVICE_MANAGER):
        council.run(on)
    assert ("SERVICE", "escalate_service_manager") in stages(council, TO_SERVICE_MANAGER)
    assert told_once(council)
    assert [one["kind"] for one in council.cin("audit", "--json").json] == ["accept-ledger"]


def test_a_word_for_one_copy_is_none_for_the_next(kept: Kept) -> None:
    council = copied_too_early(kept)
    council.cin("accept-ledger", "--by", "S-1", "--why", "a copy of Thursday")
    kept.copy()
    council.run(NEXT_DAY)

    kept.put_back()

    assert (
        council.cin("run", "--on", "2026-03-26", "--json")
        .json["held"]
        .startswith("the ledger does not hold the run of Wed 25 Mar 2026")
    )


def test_a_new_ledger_under_an_old_installation_is_noticed_too(tmp_path: Path) -> None:
    council = small_council(tmp_path)
    council.run(EARLY)
    for file in tmp_path.glob("ledger.db*"):
        file.unlink()
    assert council.cin("init").code == 0

    assert council.cin("run", "--on", LAST).code == 3
    assert "the ledger does not hold the run of Mon 16 Mar 2026" in council.cin("check", "--on", LAST).out
    assert "a run would be held: the ledger does not hold" in council.cin("preview", "--on", LAST).err


def test_what_waits_in_an_older_copy_is_not_delivered_either(tmp_path: Path) -> None:
    with running_server() as mail:
        council = Ends(teams="", channels=()).reach(small_council(tmp_path))
        assert live(council, OVERDUE).code == 1  # the relay is down: two messages wait
        shutil.copy(tmp_path / "ledger.db", tmp_path / "ledger.copy")
        Ends(mail=mail, teams="", channels=()).reach(council)
        live(council, OVERDUE)
        assert mailed(mail) == {"lena": 1, "tom": 1}
        _copied(tmp_path / "ledger.copy", tmp_path / "ledger.db")

        assert deliver_at(council, OVERDUE, f"{OVERDUE}T12:00") is None
        assert live(council, OVERDUE).code == 3
        assert mailed(mail) == {"lena": 1, "tom": 1}


@pytest.mark.parametrize(
    "note",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"council": "testshire"}',
        b'{"council": "elsewhere", "business_date": "2026-03-16", "finished_at": "2026-03-16T06:31:00+00:00"}',
    ],
    ids=["gone", "empty", "cut off", "a list", "null", "half", "another council's"],
)
def test_a_note_that_says_nothing_holds_nothing_and_is_written_anew(tmp_path: Path, note: bytes | None) -> None:
    council = small_council(tmp_path)
    council.run(EARLY)
    file = tmp_path / "reports" / "last-run-folder.json"
    file.unlink() if note is None else file.write_bytes(note)

    assert council.run(LAST)["messages"] == {"sent": 1}

    assert json.loads(file.read_bytes())["business_date"] == LAST


def test_the_note_names_a_run_and_nobody(tmp_path: Path) -> None:
    council = small_council(tmp_path)
    council.run(OVERDUE)

    note: dict[str, Any] = json.loads((tmp_path / "reports" / "last-run-folder.json").read_bytes())

    assert set(note) == {"council", "business_date", "finished_at"}
    assert (note["council"], note["business_date"]) == ("testshire", OVERDUE)


def test_a_trial_in_files_and_the_live_service_each_have_a_note(tmp_path: Path) -> None:
    with running_server() as mail:
        council = small_council(tmp_path)
        council.run(EARLY)
        Ends(mail=mail, teams="", channels=()).reach(council)
        live(council, LAST)

    assert sorted(file.name for file in (tmp_path / "reports").glob("last-run-*")) == [
        "last-run-folder.json",
        "last-run-live.json",
    ]


def test_a_report_folder_that_cannot_be_written_to_fails_as_before_and_loses_nothing(tmp_path: Path) -> None:
    council = small_council(tmp_path)
    (tmp_path / "reports").write_text("in the way")

    answer = council.cin("run", "--on", EARLY, "--json")

    assert answer.code == 1
    assert answer.json["failed"].startswith("the report cannot be written")
    assert stages(council, EARLY) == {("LEAD", "early")}
