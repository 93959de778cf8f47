"""Making, opening and upgrading a ledger: nothing but `create_ledger` makes one, and nothing replaces one that stands."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import traceback
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from ledgers import COUNCIL, MORNING, TODAY, a_message, a_notice, plan, plan_one, standing

import cin_reminders.migrations
from cin_reminders.errors import LedgerError
from cin_reminders.ledger import LedgerAbsent, create_ledger, open_ledger, upgrade_ledger, why_not_this_version
from cin_reminders.ledger_schema import VERSION, VERSION_TABLE, VERSIONS, metadata

SQLITE = "sqlite:///ledger.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return SQLITE if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))


def engine_of(url: str, base: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{base}/ledger.db" if url == SQLITE else url)


def set_version(url: str, base: Path, version: str) -> None:
    with engine_of(url, base).begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{version}'"))


def test_a_new_ledger_can_be_opened_and_is_empty(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)

    ledger = open_ledger(url, tmp_path, COUNCIL)

    assert ledger.messages() == []
    assert ledger.is_new("live")


def test_a_ledger_that_stands_is_never_touched(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)
    ledger = open_ledger(url, tmp_path, COUNCIL)
    plan_one(ledger)

    with pytest.raises(LedgerError, match="stands already; nothing was touched"):
        create_ledger(url, tmp_path)

    assert standing(ledger).state == "planned"


def test_a_file_of_any_kind_where_the_ledger_should_go_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("notes")

    with pytest.raises(LedgerError, match="stands already"):
        create_ledger(SQLITE, tmp_path)

    assert (tmp_path / "ledger.db").read_text() == "notes"


def test_a_ledger_without_its_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="its folder does not exist"):
        create_ledger("sqlite:///nowhere/ledger.db", tmp_path)


def test_a_missing_ledger_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        open_ledger(SQLITE, tmp_path, COUNCIL)
    with pytest.raises(LedgerError, match="does not exist"):
        upgrade_ledger(SQLITE, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_goes_missing_while_open_does_not_come_back_empty(tmp_path: Path) -> None:
    create_ledger(SQLITE, tmp_path)
    ledger = open_ledger(SQLITE, tmp_path, COUNCIL)
    ledger.close()
    for file in tmp_path.iterdir():
        file.unlink()

    with pytest.raises(LedgerError, match="cannot be opened"):
        ledger.messages()

    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_was_never_made_is_told_from_one_that_cannot_be_used(url: str, tmp_path: Path) -> None:
    for look in (lambda: open_ledger(url, tmp_path, COUNCIL), lambda: upgrade_ledger(url, tmp_path)):
        with pytest.raises(LedgerAbsent, match="put it back, or run `cin-reminders init` where there never was one") as caught:
            look()
        assert "not finished" not in str(caught.value)

    create_ledger(url, tmp_path)
    set_version(url, tmp_path, "9999")
    with pytest.raises(LedgerError) as unusable:
        open_ledger(url, tmp_path, COUNCIL)
    assert not isinstance(unusable.value, LedgerAbsent)


def test_a_postgresql_ledger_may_share_its_database_with_other_tables(postgresql_url: str, tmp_path: Path) -> None:
    with engine_of(postgresql_url, tmp_path).begin() as connection:
        connection.execute(sa.text("CREATE TABLE cin_cases (case_ref TEXT)"))

    with pytest.raises(LedgerAbsent, match="run `cin-reminders init`"):
        open_ledger(postgresql_url, tmp_path, COUNCIL)
    create_ledger(postgresql_url, tmp_path)

    assert open_ledger(postgresql_url, tmp_path, COUNCIL).messages() == []


def test_a_postgresql_database_made_without_an_encoding_keeps_every_letter(postgresql_server: Any, tmp_path: Path) -> None:
    # As a server that was installed without a language makes them.
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE any_bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    url = postgresql_server.get_uri(database="any_bytes", driver="psycopg")
    create_ledger(url, tmp_path)
    with closing(open_ledger(url, tmp_path, COUNCIL)) as ledger:
        plan_one(ledger, role="Zoë's deputy – 子")

        kept = standing(ledger).role

    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute("DROP DATABASE any_bytes WITH (FORCE)")
    assert kept == "Zoë's deputy – 子"


def test_a_postgresql_database_whose_tables_are_somebody_elses_is_no_ledger(postgresql_url: str, tmp_path: Path) -> None:
    with engine_of(postgresql_url, tmp_path).begin() as connection:
        connection.execute(sa.text("CREATE TABLE message (body TEXT)"))

    with pytest.raises(LedgerError, match="is no ledger") as caught:
        open_ledger(postgresql_url, tmp_path, COUNCIL)
    assert not isinstance(caught.value, LedgerAbsent)


def test_somebody_elses_database_is_no_ledger(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("CREATE TABLE cin_cases (case_ref TEXT)")

    with pytest.raises(LedgerError, match="is no ledger"):
        open_ledger(SQLITE, tmp_path, COUNCIL)
    with pytest.raises(LedgerError, match="is no ledger"):
        upgrade_ledger(SQLITE, tmp_path)


def test_an_older_ledger_asks_for_an_upgrade_and_no_other_does() -> None:
    versions = ("0001", "0002")

    assert why_not_this_version("0001", versions) == "this program's is 0002: run `cin-reminders upgrade`"
    assert why_not_this_version("0001", versions, upgrading=True) is None
    for upgrading in (False, True):
        assert why_not_this_version("0002", versions, upgrading=upgrading) is None
        assert "does not know" in str(why_not_this_version("0000", versions, upgrading=upgrading))
        assert "newer" in str(why_not_this_version("0003", versions, upgrading=upgrading))


@pytest.mark.parametrize("version", ["0000", "", "0000\nsecond line"])
def test_a_version_that_no_program_made_is_said_in_one_line_whether_opened_or_upgraded(
    url: str, tmp_path: Path, version: str
) -> None:
    create_ledger(url, tmp_path)
    set_version(url, tmp_path, version)

    for look in (lambda: open_ledger(url, tmp_path, COUNCIL), lambda: upgrade_ledger(url, tmp_path)):
        with pytest.raises(LedgerError, match="which this program does not know: put back a copy") as caught:
            look()
        assert "upgrade" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_newer_ledger_is_opened_by_no_older_program(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)
    set_version(url, tmp_path, "9999")

    with pytest.raises(LedgerError, match="newer than this program's 0003"):
        open_ledger(url, tmp_path, COUNCIL)
    with pytest.raises(LedgerError, match="newer than this program's 0003"):
        upgrade_ledger(url, tmp_path)


def test_upgrading_a_ledger_of_this_version_changes_nothing(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)
    plan_one(open_ledger(url, tmp_path, COUNCIL))

    assert upgrade_ledger(url, tmp_path) == (VERSION, VERSION)
    assert standing(open_ledger(url, tmp_path, COUNCIL)).state == "planned"


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)

    with engine_of(url, tmp_path).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_migration_is_a_version_that_the_program_knows() -> None:
    folder = Path(cin_reminders.migrations.__file__).parent

    assert [one.revision for one in ScriptDirectory(str(folder)).walk_revisions()] == list(reversed(VERSIONS))
    assert VERSIONS[-1] == VERSION


@pytest.mark.parametrize("statement", ["CREATE TABLE message", "INSERT INTO ledger_version"])
def test_a_making_killed_half_way_leaves_no_half_of_a_ledger(tmp_path: Path, statement: str) -> None:
    kill("make", SQLITE, tmp_path, after=statement)

    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    with pytest.raises(LedgerError, match=r"its making was not finished\. Remove it and run `cin-reminders init`"):
        open_ledger(SQLITE, tmp_path, COUNCIL)


def test_a_ledger_of_the_first_version_is_upgraded_and_keeps_every_row(url: str, tmp_path: Path) -> None:
    before = first_ledger(url, tmp_path)
    with pytest.raises(LedgerError, match=r"is of version 0001, this program's is \d+: run `cin-reminders upgrade`"):
        open_ledger(url, tmp_path, COUNCIL)

    assert upgrade_ledger(url, tmp_path) == ("0001", VERSION)

    assert rows_of_first_ledger(url, tmp_path) == before
    assert upgrade_ledger(url, tmp_path) == (VERSION, VERSION)


def test_an_upgraded_ledger_has_exactly_the_tables_of_a_new_one(url: str, tmp_path: Path) -> None:
    first_ledger(url, tmp_path)

    upgrade_ledger(url, tmp_path)

    with engine_of(url, tmp_path).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_upgraded_ledger_is_worked_with_as_one_that_was_always_new(url: str, tmp_path: Path) -> None:
    first_ledger(url, tmp_path)
    upgrade_ledger(url, tmp_path)
    ledger = open_ledger(url, tmp_path, COUNCIL)

    found = {message.key: (message.state, [notice.outcome for notice in notices]) for message, notices in ledger.messages()}
    assert found == {"K1": ("sent", ["told"]), "K2": ("planned", ["planned"])}
    assert not ledger.is_new("live")
    assert [(one.kind, one.at) for one in ledger.decisions()] == [("accept-extract", MORNING)]
    last = ledger.baseline_run("live")
    assert last is not None
    assert (last.notices, last.rows["cin_cases"].accepted) == (1, 9)  # by what the ledger says was told that day
    # Whoever was told is not told again, and who waits is.
    assert plan(ledger, a_message("K3"), a_notice("C1")) == ()
    claimed = ledger.claim_next("live", "me", MORNING)
    assert claimed is not None
    assert claimed[0].key == "K2"
    hold = ledger.hold(case_ref="C1", duty="", until_on=TODAY, by="S-00001", why="illness", on=TODAY, now=MORNING)
    assert ledger.holds_on(TODAY) == (hold,)


@pytest.mark.parametrize(
    "statement", ["ALTER TABLE run", "CREATE TABLE hold", "CREATE INDEX hold_council", "UPDATE ledger_version"]
)
def test_an_upgrade_killed_half_way_leaves_the_older_ledger_whole(url: str, tmp_path: Path, statement: str) -> None:
    before = first_ledger(url, tmp_path)

    kill("upgrade", url, tmp_path, after=statement)

    with engine_of(url, tmp_path).connect() as connection:
        assert "hold" not in sa.inspect(connection).get_table_names()
    with pytest.raises(LedgerError, match="is of version 0001"):
        open_ledger(url, tmp_path, COUNCIL)
    assert upgrade_ledger(url, tmp_path) == ("0001", VERSION)
    assert rows_of_first_ledger(url, tmp_path) == before


def kill(what: str, url: str, base: Path, *, after: str) -> None:
    script = Path(__file__).parent / "kill_campaign/migrate.py"
    killed = subprocess.run([sys.executable, script, what, base, url, after], check=False)
    assert killed.returncode == -signal.SIGKILL


# What the program of version 0001 kept, as plain values: it had no other columns.
_AT = "2026-05-05T05:30:00.000000+00:00"
_MESSAGE = {
    "council": COUNCIL,
    "mode": "live",
    "channel": "email",
    "person_ref": "P1",
    "person_kind": "professional",
    "role": "lead_practitioner",
    "day": "2026-05-05",  # Tuesday
    "urgency": "reminder",
    "doubts": 0,
    "reason": "",
}
_NOTICE = {
    "council": COUNCIL,
    "mode": "live",
    "subject": "review",
    "start_ref": "M1",
    "stage": "early",
    "person_ref": "P1",
    "reason": "first",
    "role": "lead_practitioner",
    "due_on": "2026-05-12",  # Tuesday
    "urgency": "reminder",
}
FIRST_ROWS: dict[str, list[dict[str, object]]] = {
    "message": [
        _MESSAGE | {"key": "K1", "state": "sent", "attempts": 1, "subject": "1 due soon", "settled_at": _AT},
        _MESSAGE | {"key": "K2", "state": "planned", "attempts": 0},
    ],
    "notice": [
        _NOTICE | {"case_ref": "C1", "outcome": "told", "message_key": "K1"},
        _NOTICE | {"case_ref": "C2", "outcome": "planned", "message_key": "K2"},
        _NOTICE | {"case_ref": "C3", "outcome": "missed", "person_ref": ""},
    ],
    "run": [
        {
            "council": COUNCIL,
            "mode": "live",
            "business_date": "2026-05-05",  # Tuesday
            "started_at": _AT,
            "finished_at": _AT,
            "outcome": "good",
            "rows": '{"cin_cases": {"read": 10, "accepted": 9, "rejected": 1}}',
            "counts": '{"sent": 1}',
        }
    ],
    "decision": [
        {"council": COUNCIL, "at": _AT, "by": "A. Clerk", "why": "archived", "kind": "accept-extract", "key": "2026-05-05"}
    ],
}


def first_ledger(url: str, base: Path) -> dict[str, list[tuple[object, ...]]]:
    """Make a ledger as the program of version 0001 left it, with rows in each of its tables; return them."""
    if url == SQLITE:
        with sqlite3.connect(base / "ledger.db") as file:
            file.execute("PRAGMA journal_mode = WAL")
    with engine_of(url, base).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "cin_reminders:migrations")
        command.upgrade(config, "0001")
    with engine_of(url, base).begin() as connection:
        for table, rows in FIRST_ROWS.items():
            for row in rows:
                connection.execute(sa.insert(sa.table(table, *map(sa.column, row))), row)
    return rows_of_first_ledger(url, base)


def rows_of_first_ledger(url: str, base: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each table of version 0001 in the columns that were written."""
    with engine_of(url, base).connect() as connection:
        found = {}
        for table, rows in FIRST_ROWS.items():
            columns = sorted({name for row in rows for name in row})
            query = sa.select(*map(sa.column, columns)).select_from(sa.table(table))
            found[table] = sorted((tuple(row) for row in connection.execute(query)), key=str)
        assert {table: len(rows) for table, rows in found.items()} == {table: len(rows) for table, rows in FIRST_ROWS.items()}
        return found


def test_nobody_else_on_the_machine_can_read_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_ledger(SQLITE, tmp_path)
        with open_ledger(SQLITE, tmp_path, COUNCIL).planning():
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)

    assert {*modes} > {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
    assert {*modes.values()} == {0o600}


def test_the_file_is_kept_with_a_write_ahead_log(tmp_path: Path) -> None:
    create_ledger(SQLITE, tmp_path)

    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_ledger_locked_by_another_process_is_waited_for_and_then_said(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)
    impatient = open_ledger(url, tmp_path, COUNCIL, busy=timedelta(milliseconds=200))

    with (
        open_ledger(url, tmp_path, COUNCIL).planning(),
        pytest.raises(LedgerError, match="another process has kept it locked"),
        impatient.planning(),
    ):
        pytest.fail("two plannings at once")

    plan_one(impatient)


def test_a_second_planning_waits_for_the_first_and_finds_what_it_added(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)
    first, second = (open_ledger(url, tmp_path, COUNCIL) for _ in range(2))
    begun, found = threading.Event(), []

    def plan_second() -> None:
        begun.set()
        with second.planning() as planning:
            found.append({key: len(notices) for key, notices in planning.notices("live").items()})
            found.append(len(planning.add(a_message(), [a_notice(), a_notice(stage="last")])))

    with first.planning() as planning:
        other = threading.Thread(target=plan_second)
        other.start()
        begun.wait(5)
        planning.add(a_message(), [a_notice()])
        other.join(0.3)
        assert found == []
    other.join(10)

    assert found == [{("C1", "review", "M1"): 1}, 1]
    [(_, notices)] = first.messages()
    assert len(notices) == 2


def test_two_councils_plan_in_one_postgresql_ledger_at_the_same_time(postgresql_url: str, tmp_path: Path) -> None:
    create_ledger(postgresql_url, tmp_path)
    cumbria, salford = (open_ledger(postgresql_url, tmp_path, council) for council in ("cumbria", "salford"))

    with cumbria.planning() as one, salford.planning() as other:
        one.add(a_message(), [a_notice()])
        other.add(a_message(), [a_notice()])

    assert len(cumbria.messages()) == len(salford.messages()) == 1


@pytest.mark.parametrize(
    "url, why",
    [
        ("ledger.db", "no database address"),
        ("mysql://council@host/ledger", "is a mysql address"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("postgresql://council@host:port/ledger", "the port must be a number"),
        ("postgresql://council:sesame/ledger", "the port must be a number"),
        ("postgresql://council:open@sesame@host/ledger", "must be written as %40"),
        ("postgresql://council:open@sesame/x@host/ledger", "must be written as %40"),
        ("postgresql://council:open@host?sesame@host/ledger", "must be written as %40"),
    ],
)
def test_an_address_that_cannot_hold_a_ledger_is_refused(url: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=why) as caught:
        open_ledger(url, tmp_path, COUNCIL)

    assert "sesame" not in "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://council:sesame@127.0.0.1:1/ledger",
        "postgresql://council:se%40same@127.0.0.1:1/ledger",
        "postgresql://council@127.0.0.1:1/ledger?password=sesame",
        "postgresql://council@127.0.0.1:1/ledger?password=sesame&password=sesame",
        "postgresql://council@127.0.0.1:1/ledger?sslpassword=sesame&sslmode=prefer",
    ],
)
def test_an_unreachable_server_is_named_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"127\.0\.0\.1:1/ledger.*does not answer, or refuses this user") as caught:
        open_ledger(url, tmp_path, COUNCIL)

    assert "same" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_database_fault_never_repeats_what_a_row_holds(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)
    with engine_of(url, tmp_path).begin() as connection:
        connection.execute(sa.text("DROP TABLE message"))

    with pytest.raises(LedgerError, match="cannot be used: ") as caught:
        plan(open_ledger(url, tmp_path, COUNCIL), a_message(person_ref="canary"), a_notice("canary"))

    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    create_ledger(SQLITE, tmp_path)
    ledger = open_ledger(SQLITE, tmp_path, COUNCIL)
    with ledger._database.engine.connect() as connection:  # the size at which this connection finds its disk full
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    many = [a_notice(f"C{number}") for number in range(5000)]

    with pytest.raises(LedgerError, match="the disk is full"):
        plan(ledger, a_message(), *many)

    assert ledger.messages() == []


def test_a_moment_without_its_offset_is_refused(tmp_path: Path) -> None:
    create_ledger(SQLITE, tmp_path)

    with pytest.raises(LedgerError, match="ValueError"):
        open_ledger(SQLITE, tmp_path, COUNCIL).claim_next("live", "me", datetime(2026, 5, 5, 5, 30))


def test_moments_come_back_aware_and_in_utc(url: str, tmp_path: Path) -> None:
    create_ledger(url, tmp_path)
    ledger = open_ledger(url, tmp_path, COUNCIL)
    plan_one(ledger)

    ledger.claim_next("live", "me", MORNING.astimezone(), timedelta(minutes=15))

    assert standing(ledger).lease_until == datetime(2026, 5, 5, 5, 45, tzinfo=UTC)
    assert standing(ledger).lease_until.tzinfo is UTC
