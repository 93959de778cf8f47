"""A letter: one message, composed and addressed, ready for a channel to carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarFile:
    """A meeting as a calendar file (iCalendar), and whether it puts the entry into the reader's calendar or takes it out."""

    content: bytes
    method: Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NotifyCall:
    """What GOV.UK Notify is asked to send: an e-mail or a text message, and what the council's template there is filled with.

    ``stage`` and ``language`` choose among the council's templates; ``values`` are given by the names of their placeholders.
    """

    kind: Literal["email", "text"]
    stage: str
    language: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What one person gets on one channel today, in words.

    ``key`` is the message's key in the ledger; it never leaves the service except through ``message_id``. A letter with a
    ``card`` is for a Teams channel: ``to_address`` is then the channel's name in the settings, ``card`` an Adaptive Card as
    JSON, ``text`` the same card for eyes without Teams, and ``html`` and ``message_id`` are empty. A letter with a ``call`` goes
    by GOV.UK Notify: ``to_address`` is then an e-mail address or a mobile number, and ``message_id`` is empty.

    ``from_name`` is what the sender is called to this reader, where it is not what the settings say. ``calendar_files`` go with
    the letter; ``is_invitation`` says that its one calendar file is what the letter is about, and the letter nothing else.
    """

    key: str
    message_id: str
    to_address: str
    to_name: str
    subject: str
    text: str
    html: str
    card: str = ""
    call: NotifyCall | None = None
    from_name: str = ""
    calendar_files: tuple[CalendarFile, ...] = ()
    is_invitation: bool = False
