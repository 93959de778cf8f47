"""A letter: one message, composed and addressed, ready for a channel to carry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What one person gets on one channel today, in words.

    ``key`` is the message's key in the ledger; it never leaves the service except through ``message_id``.
    """

    key: str
    message_id: str
    to_address: str
    to_name: str
    subject: str
    text: str
    html: str
