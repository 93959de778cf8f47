"""Which faults of the records may pass by themselves, and which would be the same in an hour; with real servers and files."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import create_server, socket

import psycopg
import pytest
import sqlalchemy as sa
from gate import gate_before
from records_rows import council, write_sqlite
from smtp_server import refused_port
from sqlalchemy.engine import make_url

from cin_reminders.errors import RecordsError, RecordsUnreachable
from cin_reminders.records import contract, read_records
from cin_reminders.records.outage import may_pass

TABLES = """
    CREATE TABLE cin_cases (case_ref text, plan_type text);
    CREATE TABLE cin_events (event_ref text, case_ref text, kind text, happened_on date);
    CREATE TABLE cin_meetings (meeting_ref text, case_ref text, kind text, scheduled_at timestamp);
    CREATE TABLE cin_people (person_ref text, name text, kind text);
    CREATE TABLE cin_roles (case_ref text, team text, role text, person_ref text);
"""


def fault(url: str, base: Path = Path("/nowhere"), **queries: str) -> RecordsError:
    with pytest.raises(RecordsError) as caught:
        read_records(url, queries=queries, date_format=None, base=base)
    return caught.value


def passes(url: str, base: Path = Path("/nowhere"), **queries: str) -> bool:
    return isinstance(fault(url, base, **queries), RecordsUnreachable)


@pytest.fixture
def writer(postgresql_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(TABLES)
        yield connection


# ---- no connection is made


def on_port(port: int, more: str = "") -> str:
    return f"postgresql://reader:sesame@127.0.0.1:{port}/records{more}"


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """The port of a server that says one thing to whoever calls, and hangs up; None: it says nothing and keeps them waiting."""
    held: list[socket] = []

    def stand() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            held.append(caller)
            if answer is not None:
                while caller.recv(1000)[4:6] == b"\x04\xd2":  # may we speak in cipher? No.
                    caller.sendall(b"N")
                caller.sendall(answer)
                caller.close()

    with create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=stand, daemon=True).start()
        yield listener.getsockname()[1]
    for one in held:
        one.close()


def refusal(code: str, text: str) -> bytes:
    """How a PostgreSQL server refuses a connection."""
    fields = b"".join(f"{kind}{value}\0".encode() for kind, value in (("S", "FATAL"), ("V", "FATAL"), ("C", code), ("M", text)))
    return b"E" + (len(fields) + 5).to_bytes(4, "big") + fields + b"\0"


def test_a_port_on_which_nobody_listens_may_answer_later() -> None:
    assert passes(on_port(refused_port()))


def test_a_server_that_hangs_up_or_gives_no_answer_may_give_one_later() -> None:
    with answering(b"") as port:
        assert passes(on_port(port))
    with answering(None) as port:
        assert passes(on_port(port, "?connect_timeout=2"))


@pytest.mark.parametrize(
    "code, text, may_be_over",
    [
        ("57P03", "the database system is starting up", True),
        ("57P03", "the database system is shutting down", True),
        ("57P03", "the database system is in recovery mode", True),
        ("53300", "sorry, too many clients already", True),
        ("53300", "remaining connection slots are reserved for roles with the SUPERUSER attribute", True),
        ("57P01", "terminating connection due to administrator command", True),
        ("28P01", 'password authentication failed for user "reader"', False),
        ("28000", 'no pg_hba.conf entry for host "127.0.0.1", user "reader", database "records", no encryption', False),
        ("28000", 'role "reader" is not permitted to log in', False),
        ("3D000", 'database "records" does not exist', False),
        # What is not known is not tried again: its password may be what is wrong.
        ("28P01", "timeout expired before the password was right", False),
    ],
)
def test_of_what_a_server_says_at_the_door_only_what_passes_is_worth_another_try(code: str, text: str, may_be_over: bool) -> None:
    with answering(refusal(code, text)) as port:
        found = fault(on_port(port))

    assert text in str(found).replace("***", "sesame")
    assert isinstance(found, RecordsUnreachable) is may_be_over


def test_a_password_that_one_host_refuses_is_not_tried_again_because_another_was_out_of_reach() -> None:
    starting = refusal("57P03", "the database system is starting up")
    refused = refusal("28P01", "password authentication failed")
    with answering(refused) as refusing, answering(b"") as hanging_up, answering(starting) as starting_up:
        # What the last of them said comes first.
        for first, last, said in (
            (refusing, hanging_up, "closed the connection unexpectedly"),
            (hanging_up, refusing, "password authentication failed"),
            (refusing, starting_up, "the database system is starting up"),
            (starting_up, refusing, "password authentication failed"),
        ):
            found = fault(f"postgresql://reader:sesame@/records?host=127.0.0.1,127.0.0.1&port={first},{last}")
            assert said in str(found)
            assert not isinstance(found, RecordsUnreachable)


def test_a_host_that_does_not_exist_is_a_wrong_url() -> None:
    assert not passes("postgresql://reader:sesame@nowhere.invalid/records")


def test_a_socket_of_a_server_that_is_down_may_be_there_later(tmp_path: Path) -> None:
    assert passes(f"postgresql://reader@/records?host={tmp_path}")


# ---- the connection is lost, or the question is


def kill(connection: sa.Connection, writer: psycopg.Connection) -> None:
    mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    writer.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])


def cut_off_before_the_tables_are_looked_at(url: str, writer: psycopg.Connection) -> None:
    with contract.reading(url, base=Path("/nowhere")) as connection:
        kill(connection, writer)
        contract.sources(connection, {})


def cut_off_before_a_table_is_read(url: str, writer: psycopg.Connection) -> None:
    with contract.reading(url, base=Path("/nowhere")) as connection:
        found, _ = contract.sources(connection, {})
        kill(connection, writer)
        list(found["cin_people"].rows())


def cut_off_within_a_table(url: str, writer: psycopg.Connection) -> None:
    writer.execute("INSERT INTO cin_cases SELECT 'C' || n, 'child_in_need' FROM generate_series(1, 100000) n")
    with contract.reading(url, base=Path("/nowhere")) as connection:
        found, _ = contract.sources(connection, {})
        rows = found["cin_cases"].rows()
        next(rows)
        kill(connection, writer)
        list(rows)


@pytest.mark.parametrize(
    "cut_off", [cut_off_before_the_tables_are_looked_at, cut_off_before_a_table_is_read, cut_off_within_a_table]
)
def test_a_connection_that_is_lost_may_be_made_anew(
    writer: psycopg.Connection, postgresql_url: str, cut_off: Callable[[str, psycopg.Connection], None]
) -> None:
    with pytest.raises(RecordsUnreachable):
        cut_off(postgresql_url, writer)


def test_a_server_that_is_stopped_while_a_query_runs_may_answer_it_later(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    kill_me = "SELECT 'C1' AS case_ref, 'x' AS plan_type FROM pg_terminate_backend(pg_backend_pid()), pg_sleep(1)"
    assert passes(postgresql_url, tmp_path, cin_cases=kill_me)
    kill_me_later = (
        "SELECT 'C' || n AS case_ref, 'child_in_need' AS plan_type FROM generate_series(1, 5000) n "
        "WHERE n < 4000 OR pg_terminate_backend(pg_backend_pid())"
    )
    assert "cannot be read to its end" in str(fault(postgresql_url, tmp_path, cin_cases=kill_me_later))
    assert passes(postgresql_url, tmp_path, cin_cases=kill_me_later)


def test_a_table_that_is_kept_locked_and_a_limit_of_time_may_pass(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(postgresql_url.replace("+psycopg", "")) as loader:
        loader.execute("LOCK TABLE cin_people")
        assert passes(f"{postgresql_url}&options=-c lock_timeout=100", tmp_path)
        assert passes(f"{postgresql_url}&options=-c statement_timeout=100", tmp_path)


@pytest.mark.parametrize(
    "code, may_be_over", [("40001", True), ("40P01", True), ("42501", False), ("22012", False), ("53100", False)]
)
def test_a_question_that_was_dropped_for_others_sake_may_be_answered_later(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path, code: str, may_be_over: bool
) -> None:
    writer.execute(
        f"CREATE FUNCTION dropped() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '{code}'; END $$"
    )
    assert passes(postgresql_url, tmp_path, cin_cases="SELECT dropped() AS case_ref, 'x' AS plan_type") is may_be_over


@pytest.mark.parametrize(
    "spoilt",
    [
        "DROP TABLE cin_people",
        "ALTER TABLE cin_people DROP COLUMN kind",
        "DROP TABLE cin_people; CREATE VIEW cin_people AS SELECT 1 / (random() * 0)::integer AS person_ref",
    ],
)
def test_a_missing_table_a_missing_column_and_a_query_at_fault_would_be_the_same_later(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path, spoilt: str
) -> None:
    writer.execute(spoilt)
    assert not passes(postgresql_url, tmp_path)


def test_a_database_that_is_not_there_and_a_login_that_is_unknown_would_be_the_same_later(
    writer: psycopg.Connection, postgresql_url: str
) -> None:
    with gate_before(postgresql_url) as gate:
        database = str(make_url(postgresql_url).database)
        assert not passes(gate.url.replace(database, "nowhere"))
        assert not passes(gate.url.replace("postgres:@", "nobody:sesame@"))


# ---- files


def test_an_sqlite_file_that_somebody_keeps_locked_may_be_free_later(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    write_sqlite(file, council())
    with closing(sqlite3.connect(file, isolation_level=None)) as loader:
        loader.execute("BEGIN EXCLUSIVE")
        assert passes("sqlite:///records.db", tmp_path)


def test_a_file_or_folder_that_is_not_there_or_is_none_would_be_the_same_later(tmp_path: Path) -> None:
    assert not passes("sqlite:///records.db", tmp_path)
    assert not passes("csv:extract", tmp_path)
    (tmp_path / "extract").mkdir()
    assert not passes("csv:extract", tmp_path)
    (tmp_path / "records.db").write_text("case_ref,label\n" * 100)
    assert not passes("sqlite:///records.db", tmp_path)


# ---- drivers that are not here


@pytest.mark.parametrize(
    "said, is_lost, may_be_over",
    [
        ("(2003, \"Can't connect to MySQL server on 'records' ([Errno 111] Connection refused)\")", False, True),
        ('connection to server at "10.0.0.1", port 5432 failed: Connection timed out', False, True),
        ('connection to server at "10.0.0.1", port 5432 failed: timeout expired', False, True),
        ('connection to server at "10.0.0.1", port 5432 failed: No route to host', False, True),
        ('connection to server at "10.0.0.1", port 5432 failed: Network is unreachable', False, True),
        ('connection to server at "10.0.0.1", port 5432 failed: could not receive data: Connection reset by peer', False, True),
        ("failed to resolve host 'records': [Errno -3] Temporary failure in name resolution", False, True),
        ("failed to resolve host 'records': [Errno -2] Name or service not known", False, False),
        ('connection to server at "10.0.0.1", port 5432 failed: SSL error: certificate verify failed', False, False),
        ('connection to server at "10.0.0.1", port 5432 failed: fe_sendauth: no password supplied', False, False),
        ("[28000] Login failed for user 'reader'. (18456)", False, False),
        ("(1045, \"Access denied for user 'reader'@'records' (using password: YES)\")", False, False),
        ("[08S01] Communication link failure", True, True),  # SQLAlchemy knows how SQL Server says it
        ("[08S01] Communication link failure", False, False),
    ],
)
def test_another_drivers_words_count_as_far_as_they_are_known(said: str, is_lost: bool, may_be_over: bool) -> None:
    error = sa.exc.OperationalError("", None, Exception(said), connection_invalidated=is_lost)

    assert may_pass(error) is may_be_over


@pytest.mark.parametrize("error", [ConnectionRefusedError(), ConnectionResetError(), TimeoutError()])
def test_what_a_socket_says_of_itself_may_pass(error: OSError) -> None:
    assert may_pass(error)
    assert not may_pass(PermissionError())
    assert not may_pass(sa.exc.ProgrammingError("", None, Exception("Connection refused")))
