"""A council's records: ten relations from a database or a folder of CSV files become one extract; a source is one file here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cin_reminders.case import Extract
from cin_reminders.errors import RecordsError
from cin_reminders.records import contract, csv
from cin_reminders.records.assemble import assemble
from cin_reminders.records.columns import Reading
from cin_reminders.records.relations import RELATIONS
from cin_reminders.records.rows import Rows, Source, missing_columns, read_relation


def read_records(url: str, *, queries: Mapping[str, str], date_format: str | None, base: Path) -> Extract:
    """Everything that the council's records hold today, with each row that could not be understood and why.

    ``url`` is a database URL or ``csv:FOLDER``; relative files lie under ``base``. ``queries`` gives for a relation the SQL
    that returns its columns. ``date_format`` is how dates are written as text, in strptime's letters (None: YYYY-MM-DD).
    Raises RecordsError, before anything is evaluated, with every relation and column that is missing, or where the records
    cannot be reached or read; RecordsUnreachable where that may pass by itself. The rules are those of the records contract.
    """
    reading = Reading(date_format=date_format)
    problems = _date_format_problems(date_format)
    if url.startswith("csv:"):
        if queries:
            problems.append("records.queries: a folder of CSV files takes no queries")
        found, faults = csv.sources(base / url.removeprefix("csv:"))
        return _extract(found, faults, problems, reading, go_on=True)
    with contract.reading(url, base=base) as connection:
        found, faults = contract.sources(connection, queries)
        return _extract(found, faults, problems, reading, go_on=False)


def _extract(
    found: Mapping[str, Source], faults: Mapping[str, str], problems: list[str], reading: Reading, *, go_on: bool
) -> Extract:
    problems = [*problems, *faults.values()]
    for name, relation in RELATIONS.items():
        if name in found:
            columns = found[name].columns
            problems += [f"{place}: missing; the column is required" for place in missing_columns(relation, columns)]
            known = Counter(column for column in columns if any(column == one.name for one in relation.columns))
            problems += [f"{name}.{column}: stands {times} times" for column, times in known.items() if times > 1]
        elif relation.required and name not in faults:
            problems.append(f"{name}: missing; a table, view, CSV file or query of this name is required")
    if problems:
        raise RecordsError(problems)

    supplied: dict[str, Rows] = {}
    for name, relation in RELATIONS.items():
        if name in found:
            try:
                supplied[name] = read_relation(relation, found[name], reading)
            except RecordsError as error:
                # One file's fault says nothing about the next file; a lost connection is lost for all.
                if not go_on:
                    raise
                problems += error.problems
    if problems:
        raise RecordsError(problems)
    return assemble(supplied)


def _date_format_problems(date_format: str | None) -> list[str]:
    """A format that cannot tell one day from another would move every date in silence."""
    if date_format is None:
        return []
    day = datetime(2031, 12, 25)
    try:
        told = datetime.strptime(day.strftime(date_format), date_format).date()
    except ValueError:
        told = None
    if told == day.date():
        return []
    return [f"records.date_format: `{date_format}` does not say the day, month and year; write it as %d/%m/%Y"]
