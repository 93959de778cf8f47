"""Who holds a claim: a process on a host, so that a claim of a process which is gone need not wait for its lease."""

from __future__ import annotations

import itertools
import os
import socket
from pathlib import Path

_count = itertools.count(1)


def this_owner() -> str:
    """A name for one delivery of this process, never given twice: host, process id, the process's start, a number.

    The process id is only worth something within one process namespace, so that the namespace is part of the host.
    """
    found = _state_and_start(os.getpid())
    return f"{_host()}:{os.getpid()}:{found[1] if found else ''}:{next(_count)}"


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
    found = _state_and_start(int(pid))
    # A process id is used again sooner or later, but with another start. A zombie has ended, and waits for its parent only.
    return found is not None and (found[0] in "ZX" or found[1] != started)


def start_of(pid: int) -> str | None:
    """When a process of this host began, in clock ticks after the host did; None where it runs no more, or without /proc."""
    found = _state_and_start(pid)
    return None if found is None or found[0] in "ZX" else found[1]


def _host() -> str:
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}/{''.join(filter(str.isdigit, namespace))}"


def _state_and_start(pid: int) -> tuple[str, str] | None:
    """The process's state and its start in clock ticks after the host's; None where /proc does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The program's name stands in brackets and may hold brackets and blanks. After it the state is the 1st, the start the 20th.
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]
