"""Records from a folder of CSV files, one a relation: UTF-8 with or without a byte order mark, and a header row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from cin_reminders.errors import RecordsError
from cin_reminders.records.relations import RELATIONS
from cin_reminders.records.rows import Source


def sources(folder: Path) -> tuple[dict[str, Source], dict[str, str]]:
    """The relations that have a file in the folder, and by name what is wrong with others.

    Raises RecordsError where there is no such folder.
    """
    if not folder.is_dir():
        raise RecordsError([f"records.url: there is no folder {folder}"])
    found: dict[str, Source] = {}
    problems: dict[str, str] = {}
    for name in RELATIONS:
        file = folder / f"{name}.csv"
        if not file.exists():
            continue
        try:
            header = next(_lines(file), None)
        except RecordsError as error:
            problems[name] = str(error)
            continue
        if header is None:
            problems[name] = f"{file.name}: empty; it must begin with a header row"
            continue
        columns = tuple(cell.strip().lower() for cell in header)
        found[name] = Source(columns=columns, rows=partial(_rows, file))
    return found, problems


def _rows(file: Path) -> Iterator[Sequence[str]]:
    lines = _lines(file)
    next(lines, None)
    return lines


def _lines(file: Path) -> Iterator[list[str]]:
    """Each line with anything on it. Raises RecordsError, which names the file and the line."""
    line = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            # Strict: after a stray quotation mark nobody can tell where a row ends, and rows would be lost in silence.
            reader = csv.reader(text, strict=True)
            for cells in reader:
                line = reader.line_num
                if cells:
                    yield cells
    except UnicodeDecodeError:
        raise RecordsError([f"{file.name}: not UTF-8, after line {line}; save it as `CSV UTF-8`"]) from None
    except csv.Error as error:
        raise RecordsError([f"{file.name}: not readable as CSV, after line {line}: {error}"]) from None
    except OSError as error:
        raise RecordsError([f"{file.name}: cannot be read: {error.strerror}"]) from None
