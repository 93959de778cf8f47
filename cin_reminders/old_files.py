"""Old files of the service's own: its messages in the outbox and its reports, by the day in their names.

A link is never followed and never removed, and neither is a file of any other name.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from cin_reminders.channels.folder import file_name

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LETTER = re.compile(r"([A-Za-z0-9_+^%~-]+)\.(eml|json|txt)")
_REPORT = re.compile(r"report-(\d{4}-\d\d-\d\d)\.(html|csv|json)")
# What a crash left of a file that was being written.
_UNFINISHED = re.compile(r"\.[a-z0-9_]+\.part")


def old_letters(outbox: Path, before: date, whole: Collection[str]) -> Iterator[Path]:
    """The files of messages of the days before a day, without those of the messages (``whole``, by key) that stay.

    Raises OSError where the folder cannot be read; one that is not there holds nothing.
    """
    stay = {file_name(key) for key in whole}
    for folder in _entries(outbox):
        day = _day(folder.name)
        if day is None or day >= before or not folder.is_dir(follow_symlinks=False):
            continue
        for file in _entries(Path(folder.path)):
            letter = _LETTER.fullmatch(file.name)
            is_ours = letter is not None and f"+{day}+" in letter[1] and letter[1] not in stay
            if file.is_file(follow_symlinks=False) and (is_ours or _UNFINISHED.fullmatch(file.name)):
                yield Path(file.path)


def old_reports(folder: Path, before: date) -> Iterator[Path]:
    """The reports of the days before a day. Raises OSError where the folder cannot be read."""
    for file in _entries(folder):
        if not file.is_file(follow_symlinks=False):
            continue
        report = _REPORT.fullmatch(file.name)
        day = _day(report[1]) if report else _written_on(file) if _UNFINISHED.fullmatch(file.name) else None
        if day is not None and day < before:
            yield Path(file.path)


def remove(files: Iterator[Path]) -> tuple[int, list[OSError]]:
    """Remove files; how many went, and what kept the others. The folder of a day goes once it is empty."""
    removed, refused = 0, []
    folders = set()
    try:
        for file in files:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                refused.append(error)
            else:
                removed += 1
                folders.add(file.parent)
    except OSError as error:
        refused.append(error)
    for folder in folders:
        if _day(folder.name):
            # No folder that holds anything is removed.
            with contextlib.suppress(OSError):
                folder.rmdir()
    return removed, refused


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda one: one.name)
    except FileNotFoundError:
        return []


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name) if _DAY.fullmatch(name) else None
    except ValueError:
        return None


def _written_on(file: os.DirEntry[str]) -> date:
    return datetime.fromtimestamp(file.stat(follow_symlinks=False).st_mtime, UTC).date()
