"""A look at the meetings of a council's day: its settings and records joined, and every reader's copy in files of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cin_reminders.day import Day, Duties, work_out_duties
from cin_reminders.errors import CinRemindersError, UsageError
from cin_reminders.meeting_check import meeting_duties_of
from cin_reminders.meeting_copies import Copy, Sender, Writer, copies_of
from cin_reminders.meeting_day import family_ways, meeting_day, not_spoken_of, school_days_of, sender_of, translations_of
from cin_reminders.meetings_ahead import Ahead, MeetingAhead, meetings_ahead
from cin_reminders.meetings_text import NOTHING_SENT

INDEX = "read-me-first.txt"


def meeting_duties(day: Day) -> Duties:
    """Every obligation of the day that asks for a meeting, worked out in a fraction of the time that all of them take."""
    return work_out_duties(replace(day, policy=meeting_duties_of(day.policy)))


def look_ahead(day: Day, duties: Duties, *, days: int) -> Ahead:
    """The meetings of the day and so many days after it, and the cases for which none is booked in time.

    Nothing is said of cases outside the procedure, nor of those whose rows contradict each other. Raises SettingsError where
    the term dates cannot be read.
    """
    school_days_of(day.settings)
    meetings = meeting_day(day, duties)
    return meetings_ahead(
        day.extract.cases,
        meetings.obligations,
        sittings=meetings.sittings.values(),
        left_out=not_spoken_of(day, duties),
        policy=day.policy,
        circumstances=meetings.circumstances,
        # As if there were a way to write to families, so that their words can be looked at.
        rules=replace(meetings.rules, family_ways=family_ways(day.settings)),
        until_on=day.on + timedelta(days=days),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenCopies:
    """How many copies were written, and the files of each by meeting and reader, without their endings."""

    number: int
    files: Mapping[tuple[str, str], str]


def write_copies(day: Day, ahead: Ahead, folder: Path, stamped_at: datetime) -> WrittenCopies:
    """Write what each reader would get into files that nobody but the owner can read: .txt, .html, and .ics where they have mail.

    File names hold no reference: ``read-me-first.txt`` says whose each is. Raises UsageError for a folder that holds something
    or that others may read, and CinRemindersError where it cannot be written or the council's name may not be said to families.
    """
    _make_private(folder)
    sender = sender_of(day.settings, translations_of(day.settings))
    files: dict[tuple[str, str], str] = {}
    index = [NOTHING_SENT, "Each line: the files, the meeting, the reader and what they read it as.", ""]
    try:
        for number, meeting in enumerate(ahead.meetings, start=1):
            seen: dict[str, int] = {}
            for copy in _copies(day, meeting, sender, stamped_at):
                kind = copy.reader.kind
                seen[kind] = seen.get(kind, 0) + 1
                name = f"{meeting.sitting.scheduled_at:%Y-%m-%d-%H%M}-{number:03}-{kind}-{seen[kind]}"
                _write_copy(folder / name, copy)
                files[meeting.sitting.meeting_ref, copy.reader.person_ref] = name
                index.append(f"{name}: {meeting.sitting.meeting_ref!r}, {copy.reader.person_ref!r}, {kind}")
        _write(folder / INDEX, ("\n".join(index) + "\n").encode())
    except OSError as error:
        raise CinRemindersError(f"--out {folder}: cannot be written: {error.strerror}") from None
    return WrittenCopies(number=len(files), files=files)


def _copies(day: Day, meeting: MeetingAhead, sender: Sender, stamped_at: datetime) -> tuple[Copy, ...]:
    writer = Writer(meeting=meeting, people=day.extract.people, sender=sender, on=day.on)
    try:
        return copies_of(writer, stamped_at=stamped_at)
    except ValueError as error:
        # Only what the council itself wrote can be at fault: its name in the pack, or its mailbox.
        said = "; ".join(str(error).splitlines()).replace("organiser:", "email.reply_to:")
        raise CinRemindersError(f"policy {day.policy.id} and the settings: {said}") from None


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"--out {folder}: holds something already; name a folder that is empty or does not exist")
        # Windows has no such rights; there the folder's own list of who may read it counts.
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            raise UsageError(f"--out {folder}: others may read it; name a folder that does not exist, or that is yours alone")
    except OSError as error:
        raise UsageError(f"--out {folder}: is no folder that can be written: {error.strerror}") from None


def _write_copy(path: Path, copy: Copy) -> None:
    text = f"Subject: {copy.words.subject}\n\n{copy.words.text}"
    _write(path.with_name(f"{path.name}.txt"), text.encode())
    _write(path.with_name(f"{path.name}.html"), copy.words.html.encode())
    if copy.calendar_file is not None:
        _write(path.with_name(f"{path.name}.ics"), copy.calendar_file)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
