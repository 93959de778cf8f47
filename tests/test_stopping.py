"""A process that is asked to end: the work goes on to a good end, or ends there and then where nothing is in hand."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from cin_reminders.stopping import wish_to_stop


class Ended(BaseException):
    """What a SIGTERM does where nobody made a wish of it."""


@pytest.fixture(autouse=True)
def ended_by_a_signal() -> Iterator[None]:
    def end(signum: int, frame: FrameType | None) -> None:
        raise Ended

    before = signal.signal(signal.SIGTERM, end)
    yield
    assert signal.getsignal(signal.SIGTERM) is end, "what a SIGTERM did before was not put back"
    signal.signal(signal.SIGTERM, before)


def ask_to_end() -> None:
    signal.raise_signal(signal.SIGTERM)


def test_whoever_asks_while_something_is_in_hand_is_heard_and_the_work_goes_on() -> None:
    with wish_to_stop() as stop:
        assert not stop()
        ask_to_end()
        assert stop()


def test_whoever_asks_while_nothing_is_in_hand_is_obeyed_at_once() -> None:
    with wish_to_stop() as stop, pytest.raises(Ended), stop.obeyed_at_once():
        ask_to_end()


def test_whoever_asked_before_is_obeyed_once_nothing_is_in_hand() -> None:
    begun = False
    with wish_to_stop() as stop:
        ask_to_end()
        with pytest.raises(Ended), stop.obeyed_at_once():
            begun = True
    assert not begun


def test_after_a_time_with_nothing_in_hand_the_work_goes_on_again() -> None:
    with wish_to_stop() as stop:
        with stop.obeyed_at_once():
            pass
        ask_to_end()
        assert stop()


def test_a_thread_hears_no_wish_and_works_all_the_same() -> None:
    worked = []

    def work() -> None:
        with wish_to_stop() as stop, stop.obeyed_at_once():
            worked.append(stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert worked == [False]
