"""One machine for a SQLite ledger: its locks do not hold across a network share, so that a second machine is refused.

The machine leaves its name in the name of an empty file beside the ledger. Nothing is kept inside the ledger, so that a
ledger that moves, without that file, is at home on the machine it comes to.
"""

from __future__ import annotations

import contextlib
import re
import socket
from hashlib import sha256
from pathlib import Path

_MARK = "-used-on-"
_IDENTITY = Path("/etc/machine-id")


def other_machine(ledger: Path) -> str | None:
    """Mark a ledger's file as used on this machine; return the mark of another one, where one has used it before.

    Two that begin in the same moment may both be refused, and never both be let in.
    """
    marks = f"{ledger.name}{_MARK}"
    ours = ledger.with_name(f"{marks}{_this_machine()}")
    was_there = ours.exists()
    # Where nothing can be written the ledger itself will say so.
    with contextlib.suppress(OSError):
        ours.touch(mode=0o600)
    others = sorted(one.name for one in ledger.parent.iterdir() if one.name.startswith(marks) and not _is_same(one, ours))
    if others and not was_there:
        with contextlib.suppress(OSError):
            ours.unlink()
    return others[0] if others else None


def _is_same(one: Path, other: Path) -> bool:
    # The name of a machine may change; what follows it stays.
    return one.name.rpartition("-")[2] == other.name.rpartition("-")[2]


def _this_machine() -> str:
    name = socket.gethostname()
    try:
        identity = _IDENTITY.read_text(encoding="utf-8").strip()
    except OSError:
        identity = ""
    # The identity itself is nobody else's business, and a container may have none.
    mark = sha256(f"cin-reminders {identity or name}".encode()).hexdigest()[:12]
    return f"{re.sub('[^A-Za-z0-9]+', '-', name)}-{mark}"
