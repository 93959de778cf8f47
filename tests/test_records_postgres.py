"""Records in PostgreSQL: its own types, its views, one moment of it, and no way to write to it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import psycopg
import pytest

from cin_reminders.case import Extract
from cin_reminders.errors import RecordsError
from cin_reminders.records import contract, read_records

TABLES = """
    CREATE TABLE cin_cases (case_ref text, plan_type text, team text, born_on date, closed_on date);
    CREATE TABLE cin_events (event_ref text, case_ref text, kind text, happened_on date, recorded_on timestamptz);
    CREATE TABLE cin_meetings (
        meeting_ref text, case_ref text, kind text, scheduled_at timestamp, ends_at timestamptz, venue_accessible boolean
    );
    CREATE TABLE cin_people (person_ref text, name text, kind text, active_until date);
    CREATE TABLE cin_roles (case_ref text, team text, role text, person_ref text);
    INSERT INTO cin_cases VALUES ('C1', 'child_in_need', 'North', '2014-05-12', NULL);
    INSERT INTO cin_events VALUES ('E1', 'C1', 'plan_agreed', '2026-03-02', '2026-03-02 09:00+00');
    INSERT INTO cin_meetings VALUES ('M1', 'C1', 'initial', '2026-03-16 10:00', NULL, true);
    INSERT INTO cin_people VALUES ('P1', 'Alex Moss', 'professional', NULL);
    INSERT INTO cin_roles VALUES ('C1', NULL, 'lead_practitioner', 'P1');
"""


@pytest.fixture
def writer(postgresql_url: str) -> Iterator[psycopg.Connection]:
    """Somebody who works in the records; each statement is committed at once."""
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(TABLES)
        yield connection


def read(url: str, base: Path, **queries: str) -> Extract:
    return read_records(url, queries=queries, date_format=None, base=base)


def problems_of(url: str, base: Path, **queries: str) -> tuple[str, ...]:
    with pytest.raises(RecordsError) as caught:
        read(url, base, **queries)
    return caught.value.problems


def test_dates_moments_and_booleans_come_from_the_driver(writer: psycopg.Connection, postgresql_url: str, tmp_path: Path) -> None:
    (one,) = read(postgresql_url, tmp_path).cases
    assert one.born_on == date(2014, 5, 12)  # Monday
    assert one.events[0].recorded_on == date(2026, 3, 2)  # Monday
    assert one.meetings[0].scheduled_at == datetime(2026, 3, 16, 10, 0)  # Monday
    assert one.meetings[0].venue_accessible == "yes"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_an_address_without_a_driver_means_the_one_that_is_installed(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path, scheme: str
) -> None:
    assert len(read(postgresql_url.replace("postgresql+psycopg", scheme), tmp_path).cases) == 1


def test_dates_from_the_driver_do_not_depend_on_the_format_of_text(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    extract = read_records(postgresql_url, queries={}, date_format="%d/%m/%Y", base=tmp_path)
    assert extract.cases[0].events[0].happened_on == date(2026, 3, 2)  # Monday


@pytest.mark.parametrize(
    "moment, local",
    [
        ("2026-03-29 00:59+00", datetime(2026, 3, 29, 0, 59)),  # Sunday, the last minute of winter time
        ("2026-03-29 01:00+00", datetime(2026, 3, 29, 2, 0)),  # Sunday, the first of summer time
        ("2026-07-01 23:30+00", datetime(2026, 7, 2, 0, 30)),  # Thursday in London
    ],
)
def test_an_aware_moment_becomes_london_time(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path, moment: str, local: datetime
) -> None:
    writer.execute("UPDATE cin_meetings SET scheduled_at = '2026-03-02 10:00', ends_at = %s", [moment])
    writer.execute("UPDATE cin_events SET recorded_on = %s", [moment])
    (one,) = read(postgresql_url, tmp_path).cases
    assert one.meetings[0].ends_at == local
    assert one.events[0].recorded_on == local.date()


@pytest.mark.parametrize("strange", ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01", "1989-12-31"])
def test_a_date_that_python_cannot_hold_spoils_its_row_and_not_the_run(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path, strange: str
) -> None:
    writer.execute("INSERT INTO cin_cases VALUES ('C2', 'child_in_need', 'South', NULL, %s)", [strange])
    writer.execute("UPDATE cin_events SET recorded_on = %s", [strange])
    extract = read(postgresql_url, tmp_path)
    assert [(one.relation, one.column, one.team) for one in extract.rejections] == [
        ("cin_cases", "closed_on", "South"),
        ("cin_events", "recorded_on", None),
    ]
    assert [one.case_ref for one in extract.cases] == ["C1"]


def test_text_columns_are_read_as_text(writer: psycopg.Connection, postgresql_url: str, tmp_path: Path) -> None:
    writer.execute("ALTER TABLE cin_events ALTER happened_on TYPE text, ALTER recorded_on TYPE text")
    writer.execute("UPDATE cin_events SET happened_on = '2026-03-02', recorded_on = '31/02/2026'")
    extract = read(postgresql_url, tmp_path)
    assert [one.column for one in extract.rejections] == ["recorded_on"]


def test_a_view_a_materialized_view_and_a_query_serve_as_well_as_a_table(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    writer.execute("ALTER TABLE cin_cases RENAME TO plans; CREATE VIEW cin_cases AS SELECT * FROM plans")
    writer.execute("ALTER TABLE cin_roles RENAME TO who; CREATE MATERIALIZED VIEW cin_roles AS SELECT * FROM who")
    columns = "7 AS event_ref, case_ref, 'plan_agreed'::text AS kind, born_on + 1 AS happened_on"
    query = f"SELECT {columns} FROM plans WHERE team LIKE 'N%';"
    (one,) = read(postgresql_url, tmp_path, cin_events=query).cases
    assert one.roles[0].person_ref == "P1"
    assert (one.events[0].event_ref, one.events[0].happened_on) == ("7", date(2014, 5, 13))  # Tuesday


def test_relations_in_another_schema_are_found_unless_two_schemas_have_them(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    writer.execute("CREATE SCHEMA cin")
    for name in ("cin_cases", "cin_events", "cin_meetings", "cin_people", "cin_roles"):
        writer.execute(f"ALTER TABLE {name} SET SCHEMA cin")
    assert len(read(postgresql_url, tmp_path).cases) == 1
    writer.execute("CREATE SCHEMA old; CREATE TABLE old.cin_cases (case_ref text)")
    assert "several schemas (cin, old)" in problems_of(postgresql_url, tmp_path)[0]


def test_what_another_connection_commits_meanwhile_is_not_seen(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    with contract.reading(postgresql_url, base=tmp_path) as connection:
        found, problems = contract.sources(connection, {})
        assert problems == {}
        assert len(list(found["cin_cases"].rows())) == 1
        writer.execute("INSERT INTO cin_cases VALUES ('C2', 'child_in_need'); DELETE FROM cin_events")
        assert len(list(found["cin_cases"].rows())) == 1
        assert len(list(found["cin_events"].rows())) == 1
    extract = read(postgresql_url, tmp_path)
    assert (extract.rows["cin_cases"].read, extract.rows["cin_events"].read) == (2, 0)


@pytest.mark.parametrize("statement", ["DELETE FROM cin_cases", "CREATE TABLE new (x int)", "SELECT nextval('counter')"])
def test_nothing_can_be_written_through_the_connection(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path, statement: str
) -> None:
    writer.execute("CREATE SEQUENCE counter")
    with (
        pytest.raises(RecordsError, match="read-only transaction"),
        contract.reading(postgresql_url, base=tmp_path) as connection,
    ):
        connection.exec_driver_sql(statement)


def test_faulty_queries_are_named_together(writer: psycopg.Connection, postgresql_url: str, tmp_path: Path) -> None:
    problems = problems_of(
        postgresql_url, tmp_path, cin_cases="SELECT colour FROM cin_cases", cin_roles="SELECT * FROM nowhere", cin_people="DELETE"
    )
    assert [problem.split(":")[0] for problem in problems] == [
        f"records.queries.{name}" for name in ("cin_cases", "cin_people", "cin_roles")
    ]
    assert 'column "colour" does not exist' in problems[0]
    assert 'relation "nowhere" does not exist' in problems[2]


def test_an_error_in_a_row_never_repeats_what_the_row_holds(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    query = "SELECT person_ref, name, kind, name::date AS active_until FROM cin_people"
    with pytest.raises(RecordsError) as caught:
        read(postgresql_url, tmp_path, cin_people=query)
    (problem,) = caught.value.problems
    assert problem.startswith(("cin_people: cannot be read to its end: ", "records.queries.cin_people: cannot be read: "))
    assert "22007" in problem
    assert "Alex" not in problem
    assert "Alex" not in "".join(traceback.format_exception(caught.value))


def test_a_connection_that_is_cut_off_is_a_failed_reading(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    with contract.reading(postgresql_url, base=tmp_path) as connection:
        found, _ = contract.sources(connection, {})
        mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        writer.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
        with pytest.raises(RecordsError) as caught:
            list(found["cin_people"].rows())
    (problem,) = caught.value.problems
    assert "cin_people" in problem
    assert "\n" not in problem


def test_a_login_that_is_refused_does_not_tell_the_password(
    writer: psycopg.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    url = postgresql_url.replace("postgres:@", "nobody:sesame@")
    assert "sesame" in url
    (problem,) = problems_of(url, tmp_path)
    assert problem.startswith("records.url: postgresql database")
    assert "cannot be reached" in problem
    assert "sesame" not in problem
    assert "\n" not in problem


def test_a_relation_that_the_login_may_not_read_is_named(writer: psycopg.Connection, postgresql_url: str, tmp_path: Path) -> None:
    writer.execute("DROP ROLE IF EXISTS records_reader; CREATE ROLE records_reader LOGIN")
    writer.execute("GRANT SELECT ON cin_cases, cin_events, cin_meetings, cin_roles TO records_reader")
    assert problems_of(postgresql_url.replace("postgres:@", "records_reader:@"), tmp_path) == (
        "cin_people: cannot be read: permission denied for table cin_people",
    )
    writer.execute("DROP OWNED BY records_reader; DROP ROLE records_reader")
