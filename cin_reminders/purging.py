"""Purging: what is personal goes from the ledger's old rows; the rows stay, since their keys stop repeats.

Every batch is a transaction of its own under the planning lock, so that a daily run waits for one batch at most, and a purge
that was killed is finished by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cin_reminders.case import LONDON
from cin_reminders.ledger_database import Database
from cin_reminders.ledger_schema import decision, hold, message, notice, run
from cin_reminders.notice import DutyKey
from cin_reminders.retention import PURGE, QUOTING, REMOVED, Removed, without_name, without_own_words

_IN_ONE = 500  # rows in one transaction
_ENDED = ("sent", "failed", "withdrawn")
_SAYS_WHOM = sa.or_(
    message.c.address.is_not(None),
    message.c.subject.is_not(None),
    message.c.message_id.is_not(None),
    message.c.reason.not_in(("", REMOVED)),
)
_NOTHING = {"address": None, "subject": None, "message_id": None}
_KEY = [column for column in notice.primary_key if column.name != "council"]

# One batch: from behind which row on, to which row it came (None: there are no more), of how many the words went, how many stay.
Batch = Callable[[Connection, Any], tuple[Any, int, int]]


class Purging:
    """The part of the ledger that forgets. It works beside the part that keeps decisions."""

    council: str
    _database: Database
    _decide: Callable[..., None]

    def purge(self, before: date, is_needed: Callable[[DutyKey], bool], *, by: str, why: str, now: datetime) -> Removed:
        """Remove what is personal from everything older than a day, and keep who had it removed; say of how much it went.

        ``is_needed``: a duty is still open, so that all that was told of it stays whole. So does what is about a day that is not
        older. Which notices there were and what became of each stays for ever.
        """
        with self._database.writing() as connection:
            # First of all: whoever asks for an older day from now on must know that what is there is not all there was.
            self._decide(connection, PURGE, before.isoformat(), by=by, why=why, now=now)
        midnight = datetime.combine(before, time(), LONDON)
        messages, kept = self._in_turns(lambda connection, after: self._messages(connection, after, before, is_needed))
        notices, _ = self._in_turns(lambda connection, after: self._notices(connection, after, before, is_needed))
        decisions, _ = self._in_turns(lambda connection, after: self._decisions(connection, after, midnight))
        with self._turn() as connection:
            kept += self._not_ended(connection, before)
            old = (run.c.council == self.council, run.c.business_date < before, run.c.held != REMOVED)
            runs = connection.execute(sa.update(run).where(*old).values(held=REMOVED)).rowcount
            # Its kind, its case and its last day stay among the decisions.
            over = sa.or_(hold.c.until_on < before, hold.c.released_at < midnight)
            holds = connection.execute(sa.delete(hold).where(hold.c.council == self.council, over)).rowcount
        self._database.write_anew()
        return Removed(before=before, messages=messages, notices=notices, decisions=decisions, holds=holds, runs=runs, kept=kept)

    def purged_before(self) -> date | None:
        """The first day that every purge so far has kept whole; None where there was no purge."""
        newest = sa.select(sa.func.max(decision.c.key)).where(decision.c.council == self.council, decision.c.kind == PURGE)
        with self._database.reading() as connection:
            day = connection.execute(newest).scalar()
        return date.fromisoformat(day) if day else None

    def whole_messages(self, before: date) -> frozenset[str]:
        """The keys of the messages older than a day that stayed whole."""
        query = sa.select(message.c.key).where(
            message.c.council == self.council, message.c.day < before, sa.or_(message.c.state.not_in(_ENDED), _SAYS_WHOM)
        )
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    @contextmanager
    def _turn(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            self._database.take_turn(connection, self.council)
            yield connection

    def _in_turns(self, batch: Batch) -> tuple[int, int]:
        changed = kept = 0
        after = None
        while True:
            with self._turn() as connection:
                after, changed_now, kept_now = batch(connection, after)
            changed, kept = changed + changed_now, kept + kept_now
            if after is None:
                return changed, kept

    def _messages(
        self, connection: Connection, after: str | None, before: date, is_needed: Callable[[DutyKey], bool]
    ) -> tuple[str | None, int, int]:
        where = (message.c.council == self.council, message.c.day < before, message.c.state.in_(_ENDED), _SAYS_WHOM)
        found = sa.select(message.c.key).where(*where, message.c.key > (after or "")).order_by(message.c.key).limit(_IN_ONE)
        keys = connection.execute(found).scalars().all()
        if not keys:
            return None, 0, 0
        columns = (notice.c.message_key, notice.c.case_ref, notice.c.subject, notice.c.start_ref, notice.c.due_on)
        in_them = sa.select(*columns).where(notice.c.council == self.council, notice.c.message_key.in_(keys))
        needed = {
            key
            for key, case_ref, subject, start_ref, due_on in connection.execute(in_them)
            if _is_to_come(due_on, before) or is_needed((case_ref, subject, start_ref))
        }
        purged = [key for key in keys if key not in needed]
        reason = sa.case((message.c.reason == "", ""), else_=REMOVED)
        change = sa.update(message).where(message.c.council == self.council, message.c.key.in_(purged))
        connection.execute(change.values(reason=reason, **_NOTHING))
        return keys[-1], len(purged), len(needed)

    def _notices(
        self, connection: Connection, after: Any, before: date, is_needed: Callable[[DutyKey], bool]
    ) -> tuple[Any, int, int]:
        where = [
            notice.c.council == self.council,
            notice.c.outcome.in_(QUOTING),
            notice.c.reason.not_in(("", REMOVED)),
            sa.func.coalesce(notice.c.stage_on, notice.c.due_on) < before,
        ]
        if after is not None:
            where.append(sa.tuple_(*_KEY) > sa.tuple_(*after))
        rows = connection.execute(sa.select(*_KEY, notice.c.due_on).where(*where).order_by(*_KEY).limit(_IN_ONE)).all()
        if not rows:
            return None, 0, 0
        purged = [
            {f"of_{column.name}": row._mapping[column.name] for column in _KEY}
            for row in rows
            if not _is_to_come(row.due_on, before) and not is_needed((row.case_ref, row.subject, row.start_ref))
        ]
        if purged:
            this = [column == sa.bindparam(f"of_{column.name}") for column in _KEY]
            change = sa.update(notice).where(notice.c.council == self.council, *this).values(reason=REMOVED)
            connection.execute(change, purged)
        return tuple(rows[-1][: len(_KEY)]), len(purged), len(rows) - len(purged)

    def _decisions(self, connection: Connection, after: int | None, midnight: datetime) -> tuple[int | None, int, int]:
        where = (decision.c.council == self.council, decision.c.at < midnight, decision.c.kind != PURGE)
        found = sa.select(decision.c.id, decision.c.by, decision.c.why).where(*where, decision.c.id > (after or 0))
        rows = connection.execute(found.order_by(decision.c.id).limit(_IN_ONE)).all()
        changed = 0
        for row in rows:
            left = {"by": without_name(row.by), "why": without_own_words(row.why)}
            if left != {"by": row.by, "why": row.why}:
                connection.execute(sa.update(decision).where(decision.c.id == row.id).values(**left))
                changed += 1
        return (rows[-1].id if rows else None), changed, len(rows) - changed

    def _not_ended(self, connection: Connection, before: date) -> int:
        where = (message.c.council == self.council, message.c.day < before, message.c.state.not_in(_ENDED))
        number: int = connection.execute(sa.select(sa.func.count()).select_from(message).where(*where)).scalar_one()
        return number


def _is_to_come(due_on: date | None, before: date) -> bool:
    """Whether a notice is about a day from which on everything stays: a meeting told of long before it, say."""
    return due_on is not None and due_on >= before
