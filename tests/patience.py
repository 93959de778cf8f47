"""Waiting for what another process or thread brings about, as long as a busy machine may need, and no longer."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(what: Callable[[], object], seconds: float = 60, *, every: float = 0.2) -> None:
    """Until something is so, asked ``every`` so many seconds; fails where it does not come to be."""
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(every)
    assert what()
