"""Claiming, sending and settling: the states of a message, each step its own commit.

    planned -> claimed -> sending -> sent | failed | uncertain

A crash leaves a row where its last commit put it, so that of each worker at most one message is in doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cin_reminders.errors import LedgerError, UsageError
from cin_reminders.ledger_database import Database
from cin_reminders.ledger_schema import (
    MESSAGE_COLUMNS,
    NOTICE_KEY,
    decision,
    message,
    message_from,
    message_row,
    notice_from,
)
from cin_reminders.ledger_schema import notice as notice_table
from cin_reminders.ledger_statements import BEGIN, CHANGE, CHANGE_NOTICES, CLAIM, LOCKED, NOTICES, first_due
from cin_reminders.notice import Message, Notice, NoticeKey, key_of_next_part
from cin_reminders.owner import is_gone
from cin_reminders.waiting import LEASE, Waiting

# Sent, failed and withdrawn are the end: what comes later is another message.
TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    "planned": ("claimed", "withdrawn", "uncertain"),
    "claimed": ("sending", "planned", "withdrawn"),
    "sending": ("sent", "failed", "uncertain", "planned"),
    "uncertain": ("sent", "failed", "planned"),
    "sent": (),
    "failed": (),
    "withdrawn": (),
}
_NOTICE_OUTCOMES = {"sent": "told", "failed": "failed", "withdrawn": "withdrawn"}
_BY_HAND = {"sent": "sent", "failed": "failed", "resend": "planned"}


class LeaseLost(Exception):
    """The message is no longer in this owner's hands: whoever stopped for too long must not send it."""


class TransitionError(LedgerError):
    """A message cannot go from the state it is in to the state asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovered:
    """What was taken from owners that are gone: messages that wait again, and messages that may have been sent."""

    planned: int
    uncertain: int


class Claiming(Waiting):
    """The part of the ledger that delivery works with."""

    def __init__(self, database: Database, council: str) -> None:
        self.council = council
        self._database = database

    def claim_next(
        self,
        mode: str,
        owner: str,
        now: datetime,
        lease: timedelta = LEASE,
        urgencies: Collection[str] | None = None,
        channels: Collection[str] | None = None,
    ) -> tuple[Message, tuple[Notice, ...]] | None:
        """Take the next message that is due, with its notices: escalations first, then the oldest; None when there is none.

        Teams posts come last of all. Only those of ``urgencies`` and for one of ``channels``, where they are given.

        What this owner left alone it does not get again.
        """
        due = first_due(_sorted(urgencies), _sorted(channels))
        asked = {"of_council": self.council, "of_mode": mode, "by_owner": owner, "at_moment": now}
        with self._database.writing() as connection:
            # Two statements: inside one UPDATE, PostgreSQL may run the sub-select again and let two workers take one row.
            # A webhook that answers slowly is no reason for an e-mail to wait.
            key = connection.execute(due[0], asked).scalar() or connection.execute(due[1], asked).scalar()
            if key is None:
                return None
            this = self._of(key)
            claimed = connection.execute(CLAIM, this | {"state": "claimed", "owner": owner, "lease_until": now + lease}).one()
            notices = connection.execute(NOTICES, this)
            return message_from(claimed), tuple(notice_from(row) for row in notices)

    def begin_sending(
        self,
        key: str,
        owner: str,
        now: datetime,
        *,
        subject: str,
        address: str,
        message_id: str,
        withdrawn: Mapping[NoticeKey, str] | None = None,
        held: Mapping[NoticeKey, str] | None = None,
        rest: Collection[NoticeKey] = (),
        next_part: Message | None = None,
        dates: Mapping[NoticeKey, date | None] | None = None,
    ) -> None:
        """Say that the message is about to be handed over, to which address and without which of its notices.

        ``rest`` are those that go into ``next_part``, another message, which is made where it does not stand yet; ``dates`` the
        due dates that are said now, where they are others than were planned. Raises LeaseLost unless the message is claimed by
        this owner and the lease still runs.
        """
        begin = {"by_owner": owner, "at_moment": now, "said": subject, "sent_to": address, "known_as": message_id}
        with self._database.writing() as connection:
            if connection.execute(BEGIN, self._of(key) | begin).rowcount != 1:
                raise LeaseLost(key)
            self._leave_out(connection, key, withdrawn or {})
            self._leave_out(connection, key, held or {}, outcome="held")
            for notice_key, due_on in (dates or {}).items():
                this = sa.update(notice_table).where(*self._standing_in(key), *_is_notice(notice_key))
                connection.execute(this.values(due_on=due_on))
            if next_part is not None:
                self._hand_on(connection, key, next_part, rest)

    def settle(
        self,
        key: str,
        owner: str,
        now: datetime,
        state: str,
        reason: str,
        next_try_at: datetime | None = None,
        *,
        withdrawn: Mapping[NoticeKey, str] | None = None,
        held: Mapping[NoticeKey, str] | None = None,
        moved_to: Message | None = None,
    ) -> None:
        """Keep what became of a message; its notices follow: sent is told, failed is failed, withdrawn is withdrawn.

        ``withdrawn`` and ``held`` give single notices an outcome and a reason of their own; with ``moved_to`` those of a failed
        message go into another one instead, in the same step. Back to planned with no ``next_try_at`` says that nothing was
        tried at all. Raises LeaseLost where another owner has it by now, and TransitionError where its state does not lead there.
        """
        with self._database.writing() as connection:
            standing = self._locked(connection, key)
            if standing is None or standing.owner != owner:
                raise LeaseLost(key)
            attempts = standing.attempts - (standing.state == "sending" and state == "planned" and next_try_at is None)
            self._leave_out(connection, key, withdrawn or {})
            self._leave_out(connection, key, held or {}, outcome="held")
            if moved_to is not None:
                self._hand_on(connection, key, moved_to)
                reason = f"{reason}; its notices go by {moved_to.channel}"
            self._move(connection, standing, state, now, reason, next_try_at=next_try_at, attempts=attempts)

    def leave(self, key: str, owner: str, now: datetime, reason: str) -> None:
        """Put a claimed message back as it was: it may go at once, in any delivery but this owner's.

        Raises LeaseLost unless the message is claimed by this owner.
        """
        with self._database.writing() as connection:
            standing = self._locked(connection, key)
            if standing is None or (standing.state, standing.owner) != ("claimed", owner):
                raise LeaseLost(key)
            # Its owner stays on it as the one who is not to claim it again.
            self._move(connection, standing, "planned", now, reason, owner=owner)

    def recover(self, mode: str, now: datetime, channels: Collection[str] | None = None) -> Recovered:
        """Take messages from owners whose lease has run out or whose process is gone from this host.

        What was only claimed waits again; what was being sent may have gone, and is uncertain. So is what may have gone once
        and was to go again by a channel that is none of ``channels`` any more: only a person can decide that.
        """
        moved = {"planned": 0, "uncertain": 0}
        ours = (message.c.council == self.council, message.c.mode == mode)
        held = sa.select(message.c.key).where(*ours, message.c.state.in_(("claimed", "sending")))
        if channels is not None:
            gone = sa.and_(message.c.state == "planned", message.c.doubts > 0, message.c.channel.not_in(channels))
            stranded = sa.select(message.c.key).where(*ours, gone)
            with self._database.reading() as connection:
                keys = connection.execute(stranded).scalars().all()
            for key in keys:
                with self._database.writing() as connection:
                    row = self._locked(connection, key)
                    if row is not None and row.state == "planned":
                        self._move(connection, row, "uncertain", now, f"{row.channel} is no channel of the settings any more")
                        moved["uncertain"] += 1
        with self._database.reading() as connection:
            keys = connection.execute(held).scalars().all()
        for key in keys:
            with self._database.writing() as connection:
                # Read again under the lock: its owner may have settled it meanwhile.
                row = self._locked(connection, key)
                if row is None or row.state not in ("claimed", "sending"):
                    continue
                if row.lease_until is not None and row.lease_until > now and not is_gone(row.owner or ""):
                    continue
                state = "planned" if row.state == "claimed" else "uncertain"
                self._move(connection, row, state, now, "its sender stopped before an answer was kept")
                moved[state] += 1
        return Recovered(**moved)

    def uncertain(self, mode: str) -> list[Message]:
        """The messages that may or may not have been taken, the oldest first."""
        query = sa.select(*MESSAGE_COLUMNS).where(
            message.c.council == self.council, message.c.mode == mode, message.c.state == "uncertain"
        )
        with self._database.reading() as connection:
            return [message_from(row) for row in connection.execute(query.order_by(message.c.day, message.c.key))]

    def resolve(self, doubtful: Message, now: datetime, state: str, reason: str) -> bool:
        """Settle an uncertain message as sent, or let it be sent again (planned); False where it has moved on meanwhile.

        Its last owner loses it: what that one says from now on no longer counts.
        """
        with self._database.writing() as connection:
            row = self._locked(connection, doubtful.key)
            if row is None or row.state != "uncertain" or row.doubts != doubtful.doubts:
                return False
            self._move(connection, row, state, now, reason, owner=None)
            return True

    def settle_by_hand(self, key: str, as_: str, *, by: str, why: str, now: datetime) -> None:
        """A person decides an uncertain message: it was sent, it failed, or it is sent again. The decision is kept.

        Raises UsageError where the message is not uncertain, or where who or why is not said.
        """
        if as_ not in _BY_HAND:
            raise UsageError(f"a message cannot be settled as {as_!r}; allowed: {', '.join(_BY_HAND)}")
        with self._database.writing() as connection:
            row = self._locked(connection, key)
            if row is None:
                raise UsageError(f"the ledger holds no message {key}")
            if row.state != "uncertain":
                raise UsageError(f"message {key} is {row.state}; only an uncertain one is settled by hand")
            self._decide(connection, f"settle as {as_}", key, by=by, why=why, now=now)
            self._move(connection, row, _BY_HAND[as_], now, f"settled by hand as {as_}: {why.strip()}", owner=None)

    def _decide(self, connection: Connection, kind: str, key: str, *, by: str, why: str, now: datetime) -> None:
        missing = [name for name, value in (("by", by), ("why", why)) if not value.strip()]
        if missing:
            raise UsageError(f"a decision needs {' and '.join(missing)}: who decides it, and why")
        row = {"council": self.council, "at": now, "by": by.strip(), "why": why.strip(), "kind": kind, "key": key}
        connection.execute(sa.insert(decision), row)

    def _of(self, key: str) -> dict[str, Any]:
        return {"of_council": self.council, "of_key": key}

    def _standing_in(self, key: str) -> tuple[Any, ...]:
        columns = notice_table.c
        return (columns.council == self.council, columns.message_key == key, columns.outcome == "planned")

    def _leave_out(
        self, connection: Connection, key: str, reasons: Mapping[NoticeKey, str], *, outcome: str = "withdrawn"
    ) -> None:
        for notice_key, reason in reasons.items():
            this = sa.update(notice_table).where(*self._standing_in(key), *_is_notice(notice_key))
            connection.execute(this.values(outcome=outcome, reason=reason))

    def _hand_on(self, connection: Connection, key: str, to: Message, which: Collection[NoticeKey] | None = None) -> None:
        """Put notices of one message into another, which is made where it does not stand yet: all of them if not said which.

        What has gone already, or is in somebody's hands, takes nothing more: then it is the next of the same name (`teams-3`).
        """
        while (standing := self._locked(connection, to.key)) is not None and (standing.state != "planned" or standing.doubts):
            to = replace(to, key=key_of_next_part(to.key))
        if standing is None:
            connection.execute(sa.insert(message), message_row(self.council, to))
        elif to.urgency == "escalation":
            connection.execute(sa.update(message).where(*self._is(to.key)).values(urgency="escalation"))
        move = sa.update(notice_table).where(*self._standing_in(key)).values(message_key=to.key)
        if which is None:
            connection.execute(move)
        for one in which or ():
            connection.execute(move.where(*_is_notice(one)))

    def _locked(self, connection: Connection, key: str) -> Message | None:
        row = connection.execute(LOCKED, self._of(key)).first()
        return None if row is None else message_from(row)

    def _move(
        self,
        connection: Connection,
        standing: Message,
        state: str,
        now: datetime,
        reason: str,
        **more: Any,
    ) -> None:
        if state not in TRANSITIONS[standing.state]:
            allowed: Sequence[str] = TRANSITIONS[standing.state] or ("nothing",)
            raise TransitionError(
                f"message {standing.key} is {standing.state}: it cannot become {state}; allowed: {', '.join(allowed)}"
            )
        values: dict[str, Any] = {"state": state, "reason": reason, "next_try_at": None, **more}
        if state == "planned":
            values = {"owner": None, **values, "lease_until": None}
        elif state == "uncertain":
            # Its owner and lease stay: an owner that was only slow still knows the answer, and a reminder waits for the lease.
            values["doubts"] = standing.doubts + 1
        else:
            values |= {"lease_until": None, "settled_at": now}
        this = self._of(standing.key)
        connection.execute(CHANGE, this | values)
        if state in _NOTICE_OUTCOMES:
            outcome: dict[str, Any] = {"outcome": _NOTICE_OUTCOMES[state]}
            outcome |= {"told_on": standing.day} if state == "sent" else {"reason": reason}
            connection.execute(CHANGE_NOTICES, this | outcome)


def _sorted(names: Collection[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(names))


def _is_notice(key: NoticeKey) -> list[Any]:
    return [notice_table.c[part] == getattr(key, part) for part in NOTICE_KEY]
