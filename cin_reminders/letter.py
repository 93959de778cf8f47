"""A letter: one message, composed and addressed, ready for a channel to carry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What one person gets on one channel today, in words.

    ``key`` is the message's key in the ledger; it never leaves the service except through ``message_id``. A letter with a
    ``card`` is for a Teams channel: ``to_address`` is then the channel's name in the settings, ``card`` an Adaptive Card as
    JSON, ``text`` the same card for eyes without Teams, and ``html`` and ``message_id`` are empty.
    """

    key: str
    message_id: str
    to_address: str
    to_name: str
    subject: str
    text: str
    html: str
    card: str = ""
