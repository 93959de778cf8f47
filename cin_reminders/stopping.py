"""Stopping in good order: a process that is asked to end finishes the message in hand first.

``python -m cin_reminders.stopping PID`` asks the runs of the Prefect worker with that process id, for the unit that keeps one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from cin_reminders.owner import children_of

# Longer than a relay may take for a message, as the settings come, and shorter than systemd waits for a unit.
PATIENCE_SECONDS = 100.0


class Wish:
    """Whether this process has been asked to end."""

    def __init__(self) -> None:
        self._is_wished = False
        self._before: Any = None  # what a SIGTERM did before it became a wish; None in a thread, which hears none

    def __call__(self) -> bool:
        """Whether it has, until now."""
        return self._is_wished

    @contextmanager
    def heard(self) -> Iterator[None]:
        """For as long as the block lasts a SIGTERM becomes the wish."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._before = signal.signal(signal.SIGTERM, self._hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, self._before)

    @contextmanager
    def obeyed_at_once(self) -> Iterator[None]:
        """While nothing is in hand: a SIGTERM ends the work there and then, as it would have without us."""
        if self._before is None:
            yield
            return
        signal.signal(signal.SIGTERM, self._before)
        try:
            if self._is_wished:
                signal.raise_signal(signal.SIGTERM)
            yield
        finally:
            signal.signal(signal.SIGTERM, self._hear)

    def _hear(self, signum: int, frame: FrameType | None) -> None:
        self._is_wished = True


@contextmanager
def wish_to_stop() -> Iterator[Wish]:
    """A SIGTERM becomes a wish: the message in hand is finished and its lease let go, and no other is taken."""
    wish = Wish()
    with wish.heard():
        yield wish


def let_runs_finish(worker: int, seconds: float = PATIENCE_SECONDS) -> bool:
    """Ask each run of a Prefect worker to finish the message in hand, and wait until none is left; False if one still runs then.

    The worker itself would kill them with the message in hand as soon as it was asked to stop. ``worker`` is its process id on
    this host; ``seconds`` is how long to wait.
    """
    until = time.monotonic() + seconds
    asked: set[int] = set()
    while runs := children_of(worker):
        # Once each: a run that has heard it is on its way out, and a second wish would cut that short.
        for run in runs - asked:
            with suppress(ProcessLookupError):
                os.kill(run, signal.SIGTERM)
        asked |= runs
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


if __name__ == "__main__":
    # Of a worker that ended by itself systemd gives no number.
    sys.exit(0 if all(let_runs_finish(int(worker)) for worker in sys.argv[1:]) else 1)
