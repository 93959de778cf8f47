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
    """The mark of another machine that has used a ledger's file; None where none has. Nothing is written."""
    ours = _mark_of(ledger)
    marks = (one for one in ledger.parent.iterdir() if one.name.startswith(f"{ledger.name}{_MARK}"))
    return min((one.name for one in marks if not _is_same(one, ours)), default=None)


def settle_on_this_machine(ledger: Path) -> str | None:
    """Mark a ledger's file as used on this machine, unless another has; return the mark of that other, as above.

    Two that begin in the same moment may both be refused, and are never both let in.
    """
    ours = _mark_of(ledger)
    was_there = ours.exists()
    # Where nothing can be written the ledger itself will say so.
    with contextlib.suppress(OSError):
        ours.touch(mode=0o600)
    other = other_machine(ledger)
    if other is not None and not was_there:
        with contextlib.suppress(OSError):
            ours.unlink()
    return other


def _is_same(one: Path, other: Path) -> bool:
    # The name of a machine may change; what follows it stays.
    return one.name.rpartition("-")[2] == other.name.rpartition("-")[2]


def _mark_of(ledger: Path) -> Path:
    name = socket.gethostname()
    try:
        identity = _IDENTITY.read_text(encoding="utf-8").strip()
    except OSError:
        identity = ""
    # The identity itself is nobody else's business, and a container may have none.
    mark = sha256(f"cin-reminders {identity or name}".encode()).hexdigest()[:12]
    return ledger.with_name(f"{ledger.name}{_MARK}{re.sub('[^A-Za-z0-9]+', '-', name)}-{mark}")
