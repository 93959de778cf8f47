"""Channels carry letters out of the service; one file a channel.

A channel is a small class with ``name`` and ``send``. ``send`` returns when the other side has taken the letter, and
raises one of the three errors below otherwise. It never retries: the one retry loop is in ``delivery``.
"""

from __future__ import annotations

from typing import Protocol

from cin_reminders.letter import Letter


class NotSent(Exception):
    """The letter was certainly not taken. ``permanent`` says that trying this letter again is useless.

    ``retry_after`` is the other side's own wish in seconds, where it gave one. The text holds no address and no body.
    """

    def __init__(self, why: str, *, permanent: bool, retry_after: float | None = None) -> None:
        self.permanent = permanent
        self.retry_after = retry_after
        super().__init__(why)


class ChannelDown(Exception):
    """The channel itself is at fault: relay unreachable, login refused, certificate not trusted. No letter has failed.

    ``lasting`` says that it will be so until a person mends it: the other side is there, and wants nothing from us.
    """

    def __init__(self, why: str, *, lasting: bool = False) -> None:
        self.lasting = lasting
        super().__init__(why)


class Doubtful(Exception):
    """The letter was handed over and no answer came: it may or may not have been taken."""


class Channel(Protocol):
    """Something that carries a letter to one person."""

    name: str

    def send(self, letter: Letter) -> str:
        """Hand the letter over; return what the other side said, without any address. Raises NotSent, ChannelDown or Doubtful."""
        ...

    def holds(self, letter_key: str) -> bool | None:
        """Whether a letter of this key was taken earlier; None where this channel has no way to know."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
