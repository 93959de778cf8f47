"""Stopping in good order: a process that is asked to end finishes the message in hand first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


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
