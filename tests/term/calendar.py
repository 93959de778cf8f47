"""The calendar of one mailbox, as a calendar program keeps it from the files that come in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import vobject


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One meeting in a calendar; the times are in UTC."""

    starts_at: datetime
    ends_at: datetime
    place: str


@dataclass
class MailboxCalendar:
    """Takes files as RFC 5546 says: the highest SEQUENCE of a UID counts, then the latest DTSTAMP, and CANCEL removes.

    What was once removed does not come back under the same UID, since some calendars (Google's) refuse it for good. ``faults``
    are the files that changed or cancelled a meeting without a higher SEQUENCE, which some programs then leave as it was.
    """

    faults: list[str] = field(default_factory=list)

    _known: dict[str, tuple[int, datetime, Entry | None]] = field(default_factory=dict)
    _files: dict[str, bytes] = field(default_factory=dict)

    def take(self, file: bytes) -> None:
        """One calendar file that came in."""
        # Times are read here, since the library works its zones out anew for each file, which takes most of a minute.
        calendar = vobject.readOne(file.decode(), transform=False)
        [event] = calendar.vevent_list
        uid, sequence, stamped_at = event.uid.value, int(event.sequence.value), _moment(event.dtstamp)
        before = self._known.get(uid)
        entry = Entry(
            starts_at=_moment(event.dtstart),
            ends_at=_moment(event.dtend),
            place=_text(event.location.value) if hasattr(event, "location") else "",
        )
        is_cancelled = calendar.method.value == "CANCEL"
        if before is not None and sequence <= before[0] and (is_cancelled or before[2] != entry):
            self.faults.append(f"{uid}: another meeting, or none, under SEQUENCE {sequence}")
        if before is not None and ((sequence, stamped_at) <= before[:2] or before[2] is None):
            return
        self._known[uid] = (sequence, stamped_at, None if is_cancelled else entry)
        self._files[uid] = file

    def entries(self) -> list[Entry]:
        """What it holds."""
        return [entry for entry, _ in self.files()]

    def files(self) -> list[tuple[Entry, bytes]]:
        """What it holds, each with the file that says so."""
        return [(entry, self._files[uid]) for uid, (_, _, entry) in self._known.items() if entry is not None]


def _moment(line: Any) -> datetime:
    """A time in UTC: one that ends in Z is, any other names its zone."""
    if line.value.endswith("Z"):
        return datetime.strptime(line.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return datetime.strptime(line.value, "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(line.tzid_param)).astimezone(UTC)


def _text(value: str) -> str:
    """A value as it is meant, without the strokes that keep its commas and semicolons."""
    return re.sub(r"\\([,;\\])", r"\1", value)
