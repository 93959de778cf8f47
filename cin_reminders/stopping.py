"""Stopping in good order: a process that is asked to end finishes the message in hand first.

``python -m cin_reminders.stopping PID`` asks the runs of the Prefect worker with that process id, for the unit that keeps one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from cin_reminders.owner import children_of

# Longer than a relay may take for a message, as the settings come, and shorter than systemd waits for a unit.
PATIENCE_SECONDS = 100.0


@contextmanager
def wish_to_stop() -> Iterator[Callable[[], bool]]:
    """A SIGTERM becomes a wish: the message in hand is finished and its lease let go, and no other is taken."""
    wished = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield wished.is_set
        return

    def wish(signum: int, frame: FrameType | None) -> None:
        wished.set()

    before = signal.signal(signal.SIGTERM, wish)
    try:
        yield wished.is_set
    finally:
        signal.signal(signal.SIGTERM, before)


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
