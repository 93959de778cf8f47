"""The ledger's holds: put on, lifted, and asked for by day. Each is kept as a person's decision in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cin_reminders.errors import UsageError
from cin_reminders.holds import Hold, faults_of_end, faults_of_word, held_in_words, tidy
from cin_reminders.ledger_database import Database
from cin_reminders.ledger_schema import hold as hold_table
from cin_reminders.words import day_in_full

RECENT = timedelta(seconds=1)
_COLUMNS = tuple(column for column in hold_table.c if column.name != "council")


class Holding:
    """The part of the ledger that keeps holds. It works beside the part that keeps decisions."""

    council: str
    _database: Database
    _decide: Callable[..., None]

    def hold(self, *, case_ref: str, duty: str, until_on: date, by: str, why: str, on: date, now: datetime) -> Hold:
        """Put a hold on a case (empty: the whole service) and a duty (empty: every duty), and keep who decided it.

        A second hold of the same does not replace the first: it is held until the later of their ends. Raises UsageError, with
        every fault, for a hold without an owner or a reason, or one that would not end within 366 days of ``on``.
        """
        faults = [*faults_of_end(until_on, on), *faults_of_word(by, why)]
        if faults:
            raise UsageError("\n".join(faults))
        row = {"case_ref": case_ref, "duty": duty, "until_on": until_on, "by": tidy(by), "why": tidy(why), "at": now}
        with self._database.writing() as connection:
            # The end is part of what was decided, and the chain of decisions must show it after the hold is purged.
            said = f"until {until_on}: {row['why']}"
            self._decide(connection, "hold", decision_key(case_ref, duty), by=tidy(by), why=said, now=now)
            insert = sa.insert(hold_table).returning(*_COLUMNS)
            return Hold(**connection.execute(insert, {"council": self.council, **row}).one()._mapping)

    def release(self, *, case_ref: str, duty: str, by: str, why: str, on: date, now: datetime) -> tuple[Hold, ...]:
        """End every hold of exactly this case and duty that is in force on a day; return them as they stand now.

        Raises UsageError where there is none, naming what is held for the case, and where who or why is not said.
        """
        faults = faults_of_word(by, why)
        if faults:
            raise UsageError("\n".join(faults))
        lift = (
            sa.update(hold_table)
            .where(*self._in_force(on), hold_table.c.case_ref == case_ref, hold_table.c.duty == duty)
            .values(released_at=now, released_by=tidy(by), released_why=tidy(why))
            .returning(*_COLUMNS)
        )
        with self._database.writing() as connection:
            lifted = [Hold(**row._mapping) for row in connection.execute(lift)]
            if not lifted:
                raise UsageError(_not_held(case_ref, duty, self._found(connection, *self._in_force(on))))
            self._decide(connection, "release", decision_key(case_ref, duty), by=tidy(by), why=tidy(why), now=now)
            return tuple(sorted(lifted, key=lambda hold: hold.id))

    def holds_on(self, on: date) -> tuple[Hold, ...]:
        """The holds in force on a business date, in the order in which they were put on.

        A hold that stands now counts for every earlier date too: a run made up for then must not tell what is held today.
        """
        with self._database.reading() as connection:
            return self._found(connection, *self._in_force(on))

    def holds_ended(self, after: date, on: date) -> tuple[Hold, ...]:
        """The holds that were still in force on the day ``after`` and had ended by themselves on the day ``on``."""
        ended = (hold_table.c.released_at.is_(None), hold_table.c.until_on >= after, hold_table.c.until_on < on)
        with self._database.reading() as connection:
            return self._found(connection, *ended)

    def all_holds(self) -> tuple[Hold, ...]:
        """Every hold there ever was, ended and released ones too, in the order in which they were put on."""
        with self._database.reading() as connection:
            return self._found(connection)

    def _in_force(self, on: date) -> tuple[Any, ...]:
        return (hold_table.c.council == self.council, hold_table.c.released_at.is_(None), hold_table.c.until_on >= on)

    def _found(self, connection: Connection, *where: Any) -> tuple[Hold, ...]:
        query = sa.select(*_COLUMNS).where(hold_table.c.council == self.council, *where).order_by(hold_table.c.id)
        return tuple(Hold(**row._mapping) for row in connection.execute(query))


def recent_holds(ledger: Holding, on: date, clock: Callable[[], datetime]) -> Callable[[], Sequence[Hold]]:
    """The holds in force on a day, never older than a second: a letter takes a twentieth of one, and a person's word many."""
    asked_at: datetime | None = None
    holds: Sequence[Hold] = ()

    def recent() -> Sequence[Hold]:
        nonlocal asked_at, holds
        moment = clock()
        if asked_at is None or moment - asked_at >= RECENT:
            asked_at, holds = moment, ledger.holds_on(on)
        return holds

    return recent


def decision_key(case_ref: str, duty: str) -> str:
    """What a hold is about, as the chain of decisions names it: `C1`, `C1/review`, `--all`, `--all/review`."""
    return "/".join([case_ref or "--all", *([duty] if duty else [])])


def _not_held(case_ref: str, duty: str, in_force: Sequence[Hold]) -> str:
    """That there is nothing to release, and what there is instead."""
    said = f"{held_in_words(case_ref, duty)} is not held"
    near = [hold for hold in in_force if hold.case_ref in ("", case_ref)]
    if near:
        held = "; ".join(dict.fromkeys(f"{hold.about}, until {day_in_full(hold.until_on, None)}" for hold in near))
        return f"{said}; in force {'for it' if case_ref else 'for every case'}: {held}"
    alike = get_close_matches(case_ref, sorted({hold.case_ref for hold in in_force}), n=1) if case_ref else []
    return said + "".join(f"; did you mean {ref!r}?" for ref in alike)
