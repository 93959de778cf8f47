"""Stopping in good order: a process that is asked to end finishes the message in hand first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


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
