"""Following: what became of a message after GOV.UK Notify took it, until that is final or can no longer be learnt.

Taken is not brought: the number may be wrong, or the phone off for days. Notify tells for seven days, and is asked at every
delivery until then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import sqlalchemy as sa

from cin_reminders.channels import Channel, ChannelDown
from cin_reminders.ledger_database import Database
from cin_reminders.ledger_schema import message, notice

# How long Notify keeps what became of a message, unless the council's service has it keep it longer.
KEPT = timedelta(days=7)
_CHANNEL = "notify"

# https://docs.notifications.service.gov.uk/rest-api.html#get-message-status: on the way, brought, and not brought.
ON_THE_WAY = ("created", "sending", "pending")
# `sent` is the last that is heard of a text message to another country.
BROUGHT = ("delivered", "sent")
NOT_BROUGHT: Mapping[str, str] = MappingProxyType(
    {
        "permanent-failure": "there is no such address or number, or it took nothing",
        "temporary-failure": "the inbox was full or the phone off for as long as it was tried",
        "technical-failure": "a fault on the way there",
        "validation-failed": "it was not fit to be sent",
    }
)
UNKNOWN = "unknown"  # nothing final was learnt in the time that Notify keeps it
_FINAL = (*BROUGHT, *NOT_BROUGHT, UNKNOWN)


@runtime_checkable
class Tells(Protocol):
    """A channel that knows what became of a letter after it was taken."""

    def status(self, letter_key: str) -> str | None:
        """What became of the letter of this key so far; None where nothing is known. Raises ChannelDown."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowedUp:
    """What was learnt of messages that had been taken: how many by what became of them, and what kept from asking on."""

    counts: Mapping[str, int]
    channel_down: str | None = None
    stopped: bool = False


class Following:
    """The part of the ledger that knows what became of messages after they were taken."""

    council: str
    _database: Database

    def to_follow(self, mode: str, since: datetime) -> list[str]:
        """The keys of the messages taken since a moment of which nothing final is known, the oldest first."""
        query = sa.select(message.c.key).where(*self._open(mode), message.c.settled_at >= since)
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(message.c.settled_at, message.c.key)).scalars())

    def follow(self, key: str, status: str, now: datetime) -> bool:
        """Keep what became of a message that was taken; where it was not brought, it and its notices have failed.

        False where nothing is kept: it is known already, something final is, or this is no word for what may become of it.
        """
        if status not in (*ON_THE_WAY, *_FINAL):
            return False
        kept: dict[str, Any] = {"followed": status}
        reason = f"GOV.UK Notify could not bring it: {NOT_BROUGHT[status]} ({status})" if status in NOT_BROUGHT else None
        if reason is not None:
            kept |= {"state": "failed", "reason": reason, "settled_at": now}
        this = (message.c.council == self.council, message.c.key == key, message.c.state == "sent")
        with self._database.writing() as connection:
            # One statement asks and changes, so that of two at once only one finds it still open.
            update = sa.update(message).where(*this, message.c.followed.not_in((*_FINAL, status))).values(kept)
            if connection.execute(update).rowcount != 1:
                return False
            if reason is not None:
                told = (notice.c.council == self.council, notice.c.message_key == key, notice.c.outcome == "told")
                connection.execute(sa.update(notice).where(*told).values(outcome="failed", reason=reason, told_on=None))
            return True

    def lose_sight(self, mode: str, before: datetime) -> int:
        """Give up on the messages taken before a moment of which nothing final is known; return how many they are."""
        update = sa.update(message).where(*self._open(mode), message.c.settled_at < before).values(followed=UNKNOWN)
        with self._database.writing() as connection:
            return connection.execute(update).rowcount

    def _open(self, mode: str) -> tuple[Any, ...]:
        return (
            message.c.council == self.council,
            message.c.mode == mode,
            message.c.channel == _CHANNEL,
            message.c.state == "sent",
            message.c.followed.not_in(_FINAL),
        )


def follow_up(
    ledger: Following,
    mode: str,
    channels: Mapping[str, Channel],
    clock: Callable[[], datetime],
    stop: Callable[[], bool] = lambda: False,
) -> FollowedUp:
    """Ask what became of every message that was taken in the last seven days, until that is final; older ones stay unknown.

    Where the channel cannot be asked, the rest waits for the next time, and so it does once ``stop`` says so. Nothing is asked
    where messages are files. Raises LedgerError where the ledger cannot be used.
    """
    counts: Counter[str] = Counter()
    channel: object = channels.get(_CHANNEL)
    since = clock() - KEPT
    if isinstance(channel, Tells):
        for key in ledger.to_follow(mode, since):
            if stop():
                return FollowedUp(counts=MappingProxyType(dict(counts)), stopped=True)
            try:
                status = channel.status(key)
            except ChannelDown as error:
                return FollowedUp(counts=MappingProxyType(dict(counts)), channel_down=str(error))
            if status is not None and ledger.follow(key, status, clock()):
                counts[status] += 1
    elif channel is not None:
        return FollowedUp(counts=MappingProxyType({}))
    if lost := ledger.lose_sight(mode, since):
        counts[UNKNOWN] += lost
    return FollowedUp(counts=MappingProxyType(dict(counts)))
