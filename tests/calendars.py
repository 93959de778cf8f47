"""A calendar program at the other end: what it holds after the files that came to it, read by libraries of other authors."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import vobject

BROWSER = Path(__file__).parent / "browser"
NODE = shutil.which("node")
HAS_ICAL_JS = NODE is not None and (BROWSER / "node_modules/ical.js").exists()


@dataclass(frozen=True, kw_only=True)
class Held:
    """One entry as its owner sees it; the times are in UTC."""

    starts_at: datetime
    ends_at: datetime
    summary: str
    place: str
    said: str


@dataclass(frozen=True, kw_only=True)
class _Version:
    sequence: int
    stamped_at: datetime
    method: str
    held: Held

    @property
    def rank(self) -> tuple[int, datetime]:
        return self.sequence, self.stamped_at


def replay(files: Iterable[bytes], *, takes_back: bool = False) -> dict[str, Held]:
    """What a calendar holds after these files, by UID: the highest SEQUENCE counts, then the latest DTSTAMP; CANCEL removes.

    A calendar that does not take back refuses for good a UID that was once removed, as Google's does. Files of several
    people may be mixed, since their UIDs differ.
    """
    known: dict[str, _Version] = {}
    for file in files:
        uid, version = _read(file)
        earlier = known.get(uid)
        if earlier is None or (version.rank > earlier.rank and (takes_back or earlier.method != "CANCEL")):
            known[uid] = version
    return {uid: version.held for uid, version in known.items() if version.method != "CANCEL"}


def _read(file: bytes) -> tuple[str, _Version]:
    calendar = vobject.readOne(file.decode())
    [event] = calendar.vevent_list
    return event.uid.value, _Version(
        sequence=int(event.sequence.value),
        stamped_at=event.dtstamp.value,
        method=calendar.method.value,
        held=Held(
            starts_at=event.dtstart.value.astimezone(UTC),
            ends_at=event.dtend.value.astimezone(UTC),
            summary=event.summary.value,
            place=event.location.value if hasattr(event, "location") else "",
            said=event.description.value,
        ),
    )


def read_by_ical_js(files: Iterable[bytes]) -> list[dict[str, Any]]:
    """What npm's ical.js finds in each file, by its own reading of the time zone in it."""
    assert NODE is not None
    given = json.dumps([file.decode() for file in files])
    answer = subprocess.run(
        [NODE, BROWSER / "ical-check.mjs"], input=given, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return list(json.loads(answer.stdout))
