"""Who holds a claim: a process on a host, so that a claim of a process which is gone need not wait for its lease."""

from __future__ import annotations

import itertools
import os
import socket
from dataclasses import dataclass
from pathlib import Path

_count = itertools.count(1)


def this_owner() -> str:
    """A name for one delivery of this process, never given twice: host, process id, the process's start, a number.

    The process id is only worth something within one process namespace, so that the namespace is part of the host.
    """
    found = _stat(os.getpid())
    return f"{_host()}:{os.getpid()}:{found.start if found else ''}:{next(_count)}"


def is_gone(owner: str) -> bool:
    """Whether the owner's process certainly runs no more: only ever said of a process of this host.

    Of another host, or where there is no /proc, nothing is known: its lease must run out.
    """
    host, _, rest = owner.partition(":")
    pid, _, rest = rest.partition(":")
    started, _, _ = rest.partition(":")
    if host != _host() or not pid.isdigit() or not started:
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # another user's process: it exists
    found = _stat(int(pid))
    # A process id is used again sooner or later, but with another start.
    return found is not None and (found.has_ended or found.start != started)


def start_of(pid: int) -> str | None:
    """When a process of this host began, in clock ticks after the host did; None where it runs no more, or without /proc."""
    found = _stat(pid)
    return None if found is None or found.has_ended else found.start


def children_of(pid: int) -> set[int]:
    """The processes that a process of this host has begun and that still run; none where there is no /proc."""
    there = {int(folder.name): _stat(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    return {child for child, found in there.items() if found and found.parent == pid and not found.has_ended}


def _host() -> str:
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}/{''.join(filter(str.isdigit, namespace))}"


@dataclass(frozen=True, kw_only=True)
class _Stat:
    """What the host says of a process; its start in clock ticks after the host's."""

    state: str
    parent: int
    start: str

    @property
    def has_ended(self) -> bool:
        """Whether it waits for nothing but its parent."""
        return self.state in "ZX"


def _stat(pid: int) -> _Stat | None:
    """What /proc says of a process; None where it does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The program's name stands in brackets and may hold brackets and blanks. What comes after it is counted from there.
    fields = stat.rpartition(")")[2].split()
    return _Stat(state=fields[0], parent=int(fields[1]), start=fields[19])
