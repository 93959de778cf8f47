"""The made-up council's rows, written where the service can read them: an SQLite file, CSV files or another database."""

from __future__ import annotations

import csv
import os
import sqlite3
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Column, Date, DateTime, MetaData, Table, Text, create_engine

from cin_reminders.records.relations import RELATIONS, Kind, Relation
from cin_reminders.sample.rows import COLUMNS, Rows

PRIVATE = 0o600


def write_sqlite(rows: Rows, path: Path) -> None:
    """Write the ten relations into a new SQLite file that only its owner may read; every column is text, dates are ISO.

    Raises FileExistsError for a file that stands: made-up rows never replace somebody's records.
    """
    # Made before SQLite opens it, so that it is never readable by others, not even for a moment.
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    with closing(sqlite3.connect(path)) as connection, connection:
        for relation, columns in COLUMNS.items():
            connection.execute(f"CREATE TABLE {relation} ({', '.join(f'{column} TEXT' for column in columns)})")
            places = ", ".join("?" for _ in columns)
            connection.executemany(
                f"INSERT INTO {relation} VALUES ({places})",  # noqa: S608 - names from the contract, values bound
                ([as_text(row[column]) for column in columns] for row in rows[relation]),
            )


def write_csv(rows: Rows, folder: Path) -> None:
    """Write one CSV file a relation into the folder, which is made if need be; what is not recorded is an empty cell."""
    folder.mkdir(parents=True, exist_ok=True)
    for relation, columns in COLUMNS.items():
        with (folder / f"{relation}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([as_text(row[column]) for column in columns] for row in rows[relation])


def write_database(rows: Rows, url: str, *, typed: bool = False) -> None:
    """Create the ten tables in a database and fill them, in one transaction.

    Every column is text, so that the faulty rows fit too. ``typed`` makes dates DATE and moments TIMESTAMP, as in most
    councils, and leaves out the rows that such columns cannot hold. Raises SQLAlchemy's error if a table stands already.
    """
    metadata = MetaData()
    tables = {name: _table(relation, metadata, typed=typed) for name, relation in RELATIONS.items()}
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection, checkfirst=False)
            for name, table in tables.items():
                found = rows[name]
                kept = [row for row in found if _fits(RELATIONS[name], row)] if typed else [_in_text(row) for row in found]
                if kept:
                    connection.execute(table.insert(), kept)
    finally:
        engine.dispose()


def as_text(value: object) -> str | None:
    """A value as text: a date or moment in ISO, nothing as nothing."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return None if value is None else str(value)


def _in_text(row: dict[str, object]) -> dict[str, object]:
    return {column: as_text(value) for column, value in row.items()}


def _table(relation: Relation, metadata: MetaData, *, typed: bool) -> Table:
    types = {Kind.DATE: Date, Kind.MOMENT: DateTime} if typed else {}
    return Table(relation.name, metadata, *(Column(column.name, types.get(column.kind, Text)()) for column in relation.columns))


def _fits(relation: Relation, row: dict[str, object]) -> bool:
    wanted = {Kind.DATE: date, Kind.MOMENT: datetime}
    return all(
        row[column.name] is None or isinstance(row[column.name], wanted[column.kind])
        for column in relation.columns
        if column.kind in wanted
    )
