"""Records in an SQLite file: never created, never written, and read as they stood at one moment."""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa
from records_rows import case, council, event, read_sqlite, write_sqlite

from cin_reminders.errors import RecordsError
from cin_reminders.records import contract, read_records
from cin_reminders.records.relations import RELATIONS


def problems_of(url: str, base: Path, **queries: str) -> tuple[str, ...]:
    with pytest.raises(RecordsError) as caught:
        read_records(url, queries=queries, date_format=None, base=base)
    return caught.value.problems


def test_a_database_file_that_is_not_there_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    (problem,) = problems_of("sqlite:///records.db", tmp_path)
    assert problem == f"records.url: there is no database file {tmp_path / 'records.db'}"
    assert list(tmp_path.iterdir()) == []


def test_an_absolute_path_and_a_name_with_odd_characters_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a b#%20.db"
    write_sqlite(file, council())
    url = sa.URL.create("sqlite", database=str(file)).render_as_string()
    assert len(read_records(url, queries={}, date_format=None, base=Path("/nowhere")).cases) == 1


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_without_a_file_holds_no_records(tmp_path: Path, url: str) -> None:
    assert problems_of(url, tmp_path) == ("records.url: must name the database file, sqlite:///FILE",)


def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_text("case_ref,label\n" * 100)
    (problem,) = problems_of("sqlite:///records.db", tmp_path)
    assert "file is not a database" in problem


def test_every_missing_relation_is_named_at_once(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "records.db", {"cin_cases": [{"label": "AB"}], "cin_visits": [{"visit_ref": "V1"}]})
    problems = problems_of("sqlite:///records.db", tmp_path)
    assert [problem.split(":")[0] for problem in problems] == [
        "cin_cases.case_ref",
        "cin_cases.plan_type",
        "cin_events",
        "cin_meetings",
        "cin_people",
        "cin_roles",
        "cin_visits.case_ref",
        "cin_visits.visited_on",
    ]


def test_a_view_and_a_query_serve_as_well_as_a_table(tmp_path: Path) -> None:
    records = council()
    write_sqlite(tmp_path / "records.db", {"plans": records.pop("cin_cases"), "log": records.pop("cin_events")} | records)
    connection = sqlite3.connect(tmp_path / "records.db")
    connection.execute("CREATE VIEW CIN_CASES AS SELECT case_ref AS Case_Ref, plan_type, team FROM plans")
    connection.close()
    query = "SELECT event_ref, case_ref, kind, happened_on, ':colon' AS meeting_ref FROM log WHERE kind LIKE 'plan%';\n"
    extract = read_records("sqlite:///records.db", queries={"cin_events": query}, date_format=None, base=tmp_path)
    assert extract.cases[0].team == "North"
    assert extract.cases[0].events[0].meeting_ref == ":colon"


def test_a_query_counts_before_the_table_of_the_same_name(tmp_path: Path) -> None:
    query = "SELECT 'C7' AS case_ref, 'short_breaks' AS plan_type"
    extract = read_sqlite(tmp_path, council(), queries={"cin_cases": query})
    assert [one.case_ref for one in extract.cases] == ["C7"]


def test_faulty_queries_are_named_together(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "records.db", council())
    problems = problems_of(
        "sqlite:///records.db",
        tmp_path,
        cin_case="SELECT 1",
        cin_events="SELECT event_ref FROM nowhere",
        cin_people="SELECT person_ref, name FROM cin_people",
        cin_roles="DELETE FROM cin_roles",
    )
    assert problems[0] == f"records.queries.cin_case: there is no such relation; they are {', '.join(RELATIONS)}"
    assert problems[1] == "records.queries.cin_events: cannot be read: no such table: nowhere"
    assert problems[2].startswith("records.queries.cin_roles: cannot be read: attempt to write a readonly database")
    assert problems[3] == "cin_people.kind: missing; the column is required"
    assert len(problems) == 4


def test_nothing_can_be_written_through_the_connection(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "records.db", council())
    with pytest.raises(RecordsError, match="readonly"), contract.reading("sqlite:///records.db", base=tmp_path) as connection:
        connection.exec_driver_sql("DELETE FROM cin_cases")


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_what_another_connection_commits_meanwhile_is_not_seen(tmp_path: Path, journal: str) -> None:
    write_sqlite(tmp_path / "records.db", council())
    writer = sqlite3.connect(tmp_path / "records.db", timeout=0, isolation_level=None)
    writer.execute(f"PRAGMA journal_mode = {journal}")
    with contract.reading("sqlite:///records.db", base=tmp_path) as connection:
        found, _ = contract.sources(connection, {})
        assert len(list(found["cin_cases"].rows())) == 1
        # Without a write-ahead log the writer must wait for the reader instead.
        with pytest.raises(sqlite3.OperationalError, match="locked") if journal == "DELETE" else nullcontext():
            writer.execute("INSERT INTO cin_events VALUES ('E2', 'C1', 'plan_agreed', '2026-03-03')")
        assert len(list(found["cin_events"].rows())) == 1
    writer.close()


def test_text_that_is_not_utf_8_names_the_relation_and_not_the_text(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "records.db", council())
    connection = sqlite3.connect(tmp_path / "records.db")
    connection.execute("UPDATE cin_people SET name = CAST(x'526F62EB' AS TEXT)")
    connection.commit()
    connection.close()
    (problem,) = problems_of("sqlite:///records.db", tmp_path)
    assert problem.startswith("cin_people: ")
    assert "UTF-8" in problem
    assert "Rob" not in problem


@pytest.mark.parametrize(
    "url, said",
    [
        ("no url", "must be csv:FOLDER or a database URL"),
        ("nonsense://host/db", "no kind of database is called `nonsense`"),
        ("mysql+pymysql://u:sesame@host/db", "`mysql+pymysql` needs the Python package pymysql, which is not installed"),
        ("mysql://u:sesame@host/db", "`mysql` needs the Python package mysqlclient, which is not installed"),
        ("mysql+mysqlconnector://u:sesame@host/db", "needs the Python package mysql-connector-python, which is not installed"),
        ("mssql+pyodbc://u:sesame@host/db", "`mssql+pyodbc` needs the Python package pyodbc, which is not installed"),
        ("postgresql+psycopg2://u:sesame@host/db", "needs the Python package psycopg2, which is not installed"),
        ("postgresql+asyncpg://u:sesame@host/db", "asynchronous driver"),
        ("postgresql+psycopg://u:sesame@host:port/db", "must be csv:FOLDER or a database URL"),
        ("postgresql+psycopg://u:sesame@127.0.0.1:1/db?connect_timeout=2", "cannot be reached"),
        ("postgresql+psycopg://u@127.0.0.1:1/db?password=sesame&nonsense=1", "cannot be reached"),
        ("postgresql+psycopg://u@127.0.0.1:1/db?password=sesame&password=sesame", "cannot be reached"),
        ("postgresql://u:sesame@127.0.0.1:1/db?connect_timeout=2", "cannot be reached"),
        ("postgres://u:sesame@127.0.0.1:1/db?connect_timeout=2", "cannot be reached"),
        ("postgresql+psycopg://u:open@sesame@127.0.0.1:1/db", "must be written as %40"),
        ("postgresql+psycopg://u:open@127.0.0.1/sesame@127.0.0.1:1/db", "must be written as %40"),
    ],
)
def test_a_url_that_cannot_be_used_is_said_in_one_line_without_its_password(tmp_path: Path, url: str, said: str) -> None:
    (problem,) = problems_of(url, tmp_path)
    assert problem.startswith("records.url: ")
    assert said in problem
    assert "sesame" not in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    "url",
    [
        "mssql+pyodbc://u:sesame@host/db",
        "mssql+pyodbc://u@host/db?Password=sesame&Password=sesame",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3DSQL%3BUID%3Du%3BPWD%3D%7Bsesame%7D",
    ],
)
def test_what_a_driver_says_of_a_login_is_told_without_the_password(url: str) -> None:
    said = sa.exc.OperationalError("", None, Exception("login failed\nfor u with PWD=sesame"))

    assert contract._why(said, sa.make_url(url), connecting=True) == "login failed for u with PWD=***"


def test_a_thousand_cases_are_read_in_parts(tmp_path: Path) -> None:
    many = council(
        cin_cases=[case(f"C{number:05}") for number in range(2500)],
        cin_events=[event(f"E{number}", case_ref=f"C{number % 2500:05}") for number in range(5000)],
    )
    extract = read_sqlite(tmp_path, many)
    assert (len(extract.cases), extract.rows["cin_events"].accepted) == (2500, 5000)
    assert all(len(one.events) == 2 for one in extract.cases)
