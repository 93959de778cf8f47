"""A small council's records for the tests: one open case with one person, written as SQLite or as CSV files."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from cin_reminders.case import Extract
from cin_reminders.records import read_records

Row = dict[str, object]
Council = dict[str, list[Row]]


def council(**relations: Sequence[Row]) -> Council:
    """The five required relations with one row each where the test does not say otherwise, and whatever else it gives."""
    usual: Council = {
        "cin_cases": [case()],
        "cin_events": [event()],
        "cin_meetings": [meeting()],
        "cin_people": [person()],
        "cin_roles": [role()],
    }
    return usual | {name: [dict(row) for row in rows] for name, rows in relations.items()}


def case(case_ref: str = "C1", **more: object) -> Row:
    return {"case_ref": case_ref, "plan_type": "child_in_need", "team": "North"} | more


def event(event_ref: str = "E1", **more: object) -> Row:
    # Monday.
    return {"event_ref": event_ref, "case_ref": "C1", "kind": "plan_agreed", "happened_on": "2026-03-02"} | more


def meeting(meeting_ref: str = "M1", **more: object) -> Row:
    # Monday.
    return {"meeting_ref": meeting_ref, "case_ref": "C1", "kind": "initial", "scheduled_at": "2026-03-16T10:00"} | more


def attendee(meeting_ref: str = "M1", **more: object) -> Row:
    return {"meeting_ref": meeting_ref, "person_ref": "P1", "capacity": "health"} | more


def person(person_ref: str = "P1", **more: object) -> Row:
    return {"person_ref": person_ref, "name": "Alex Moss", "kind": "professional", "email": "alex@council.gov.uk"} | more


def role(**more: object) -> Row:
    return {"case_ref": "C1", "team": None, "role": "lead_practitioner", "person_ref": "P1"} | more


def fact(name: str, value: object, **more: object) -> Row:
    return {"case_ref": "C1", "fact": name, "value": value} | more


def columns_of(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def write_sqlite(file: Path, records: Mapping[str, Sequence[Row]]) -> None:
    connection = sqlite3.connect(file)
    for name, rows in records.items():
        columns = columns_of(rows)
        connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", [[row.get(column) for column in columns] for row in rows])
    connection.commit()
    connection.close()


def write_csv(folder: Path, records: Mapping[str, Sequence[Row]]) -> None:
    folder.mkdir(exist_ok=True)
    for name, rows in records.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns_of(rows))
            writer.writeheader()
            writer.writerows(rows)


def read_sqlite(
    base: Path, records: Mapping[str, Sequence[Row]], *, date_format: str | None = None, queries: Mapping[str, str] | None = None
) -> Extract:
    write_sqlite(base / "records.db", records)
    return read_records("sqlite:///records.db", queries=queries or {}, date_format=date_format, base=base)


def read_csv(base: Path, records: Mapping[str, Sequence[Row]], *, date_format: str | None = None) -> Extract:
    write_csv(base / "extract", records)
    return read_records("csv:extract", queries={}, date_format=date_format, base=base)
