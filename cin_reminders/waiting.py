"""Waiting: which messages of the ledger are to go, and until when they cannot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from cin_reminders.ledger_database import Database
from cin_reminders.ledger_schema import message
from cin_reminders.notice import Message

LEASE = timedelta(minutes=15)


class Waiting:
    """The part of the ledger that knows what waits for another try, for an opening or for its turn in a channel."""

    council: str
    _database: Database

    def next_try(
        self, mode: str, urgencies: Collection[str] | None = None, channels: Collection[str] | None = None
    ) -> datetime | None:
        """When the first of the messages that wait for another try is due; None where none waits."""
        query = sa.select(sa.func.min(message.c.next_try_at)).where(*self._waiting(mode, urgencies, channels))
        with self._database.reading() as connection:
            moment: datetime | None = connection.execute(query).scalar()
            return moment

    def is_anything_due(self, mode: str, now: datetime) -> bool:
        """Whether a message waits that may go now, or is in hands that may be gone; those in doubt are in ``uncertain``."""
        due = sa.or_(message.c.next_try_at.is_(None), message.c.next_try_at <= now)
        left = message.c.state.in_(("claimed", "sending"))
        query = sa.select(message.c.key).where(
            message.c.council == self.council, message.c.mode == mode, sa.or_(sa.and_(message.c.state == "planned", due), left)
        )
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def wait_until(
        self,
        mode: str,
        until: datetime,
        why: str,
        urgencies: Collection[str] | None = None,
        channels: Collection[str] | None = None,
    ) -> list[str]:
        """Have every message that could go before a moment wait until then, with the reason; return the keys of all that wait."""
        early = sa.or_(message.c.next_try_at.is_(None), message.c.next_try_at < until)
        waiting = self._waiting(mode, urgencies, channels)
        with self._database.writing() as connection:
            connection.execute(sa.update(message).where(*waiting, early).values(next_try_at=until, reason=why))
            return list(connection.execute(sa.select(message.c.key).where(*waiting)).scalars())

    def paced(self, standing: Message, address: str, now: datetime, pace: Sequence[tuple[int, timedelta]]) -> datetime | None:
        """When an address may be sent a claimed message of a channel, by how many it takes within how long; None: now.

        Where it may go now its place is taken in the same step, so that two deliveries at once keep to the pace together.
        """
        if not pace:
            return None
        since = now - max(length for _, length in pace)
        # What is in hand or in doubt counts as well; its lease tells when it was claimed.
        begun = sa.and_(message.c.state.in_(("claimed", "sending", "uncertain")), message.c.lease_until > since + LEASE)
        query = sa.select(message.c.state, message.c.settled_at, message.c.lease_until).where(
            message.c.council == self.council,
            message.c.channel == standing.channel,
            message.c.address == address,
            message.c.key != standing.key,
            message.c.state != "withdrawn",
            sa.or_(message.c.settled_at > since, begun),
        )
        with self._database.writing() as connection:
            self._database.take_turn(connection, f"{self.council} {standing.channel}")
            used = sorted((_handed_over_at(row, now) for row in connection.execute(query)), reverse=True)
            later = max((used[most - 1] + length for most, length in pace if len(used) >= most), default=now)
            if later > now:
                return later
            connection.execute(sa.update(message).where(*self._is(standing.key)).values(address=address))
            return None

    def _waiting(self, mode: str, urgencies: Collection[str] | None, channels: Collection[str] | None = None) -> list[Any]:
        where: list[Any] = [message.c.council == self.council, message.c.mode == mode, message.c.state == "planned"]
        for column, wanted in ((message.c.urgency, urgencies), (message.c.channel, channels)):
            if wanted is not None:
                where.append(column.in_(sorted(wanted)))
        return where

    def _is(self, key: str) -> tuple[Any, ...]:
        return (message.c.council == self.council, message.c.key == key)


def _handed_over_at(row: Row[Any], now: datetime) -> datetime:
    """When a message was handed over, as near as the ledger knows; one that is in hand may be at any moment from now on."""
    if row.state in ("claimed", "sending"):
        return now
    moment: datetime = row.settled_at or row.lease_until - LEASE
    return moment
