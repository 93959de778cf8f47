"""The ledger: what was planned, told and decided, so that nobody is told twice and nothing is dropped in silence.

``create_ledger`` alone makes one. A ledger that is missing is never replaced by an empty one, which would tell everybody
everything again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cin_reminders.case import RowCount
from cin_reminders.claiming import Claiming
from cin_reminders.errors import LedgerError
from cin_reminders.following import Following
from cin_reminders.holding import Holding
from cin_reminders.ledger_database import BUSY, Database
from cin_reminders.ledger_schema import (
    MESSAGE_COLUMNS,
    NOTICE_COLUMNS,
    VERSION,
    VERSION_TABLE,
    VERSIONS,
    decision,
    message,
    message_from,
    metadata,
    notice,
    notice_from,
    run,
)
from cin_reminders.notice import DutyKey, MeetingNotice, Message, Notice
from cin_reminders.planning import Planning
from cin_reminders.purging import Purging

_PUT_IT_BACK = "put it back, or run `cin-reminders init` where there never was one"
RUN_OUTCOMES = ("good", "held", "failed", "late", "recorded")


class LedgerAbsent(LedgerError):
    """There is no ledger where the settings say: none was ever made, or the one that was is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One daily run: ``held`` says why nothing was sent, ``rows`` what was read of each relation, ``counts`` what came of it.

    A ``late`` one began by its schedule when its day was over, and sent nothing; one that is ``recorded`` was none: a person put
    the day on record. ``notices`` is how many it planned to tell people that the ledger did not know; None where it planned none.

    A failed run has rows only where its extract was read to the end and used.
    """

    mode: str
    business_date: date
    started_at: datetime
    finished_at: datetime
    outcome: str
    held: str | None = None
    rows: Mapping[str, RowCount] = field(default_factory=lambda: MappingProxyType({}))
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    notices: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a person decided: what kind of decision, about what (``key``), who and why."""

    at: datetime
    by: str
    why: str
    kind: str
    key: str


class Ledger(Claiming, Following, Holding, Purging):
    """One council's part of the ledger."""

    @contextmanager
    def planning(self) -> Iterator[Planning]:
        """One planning at a time: a second process waits here, then finds what the first has added."""
        with self._database.writing() as connection:
            self._database.take_turn(connection, self.council)
            yield Planning(connection, self.council)

    @contextmanager
    def looking(self) -> Iterator[Planning]:
        """What a planning would find; nothing is locked, and nothing may be added."""
        with self._database.reading() as connection:
            yield Planning(connection, self.council)

    def notices(self, mode: str) -> dict[DutyKey, list[Notice]]:
        """Every notice of the mode, by its case, its duty or meeting, and its start; nothing is locked."""
        with self.looking() as planning:
            return planning.notices(mode)

    def meeting_notices(self, mode: str) -> dict[str, list[MeetingNotice]]:
        """Every notice of a meeting of the mode, by the meeting; nothing is locked."""
        with self.looking() as planning:
            return planning.meeting_notices(mode)

    def messages(
        self, *, mode: str | None = None, state: str | None = None, case: str | None = None, person: str | None = None
    ) -> list[tuple[Message, tuple[Notice, ...]]]:
        """The messages that fit every word given, each with all its notices; by day, then by key."""
        where: list[Any] = [message.c.council == self.council]
        for column, wanted in ((message.c.mode, mode), (message.c.state, state), (message.c.person_ref, person)):
            if wanted is not None:
                where.append(column == wanted)
        if case is not None:
            of_case = sa.select(notice.c.message_key).where(notice.c.council == self.council, notice.c.case_ref == case)
            where.append(message.c.key.in_(of_case))
        keys = sa.select(message.c.key).where(*where)
        with self._database.reading() as connection:
            notices: dict[str, list[Notice]] = {}
            in_them = sa.select(*NOTICE_COLUMNS).where(notice.c.council == self.council, notice.c.message_key.in_(keys))
            for row in connection.execute(in_them.order_by(*notice.primary_key)):
                notices.setdefault(row.message_key, []).append(notice_from(row))
            found = connection.execute(sa.select(*MESSAGE_COLUMNS).where(*where).order_by(message.c.day, message.c.key))
            return [(message_from(row), tuple(notices.get(row.key, ()))) for row in found]

    def counts(self, day: date, mode: str, *, cards: bool = False) -> dict[str, int]:
        """How many of the day's messages to people are in each state; or of its ``cards``, the copies in Teams channels."""
        return self.counts_between(day, day, mode, cards=cards).get(day, {})

    def counts_between(self, first_on: date, last_on: date, mode: str, *, cards: bool = False) -> dict[date, dict[str, int]]:
        """The same of each day from one to another that has any, both included."""
        to_channel = message.c.person_kind == "channel"
        query = (
            sa.select(message.c.day, message.c.state, sa.func.count().label("number"))
            .where(
                message.c.council == self.council,
                message.c.mode == mode,
                message.c.day.between(first_on, last_on),
                to_channel if cards else ~to_channel,
            )
            .group_by(message.c.day, message.c.state)
        )
        found: dict[date, dict[str, int]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.day, {})[row.state] = row.number
        return found

    def is_new(self, mode: str) -> bool:
        """Whether nobody was ever told anything in this mode."""
        told = sa.select(notice.c.case_ref).where(
            notice.c.council == self.council, notice.c.mode == mode, notice.c.outcome == "told"
        )
        with self._database.reading() as connection:
            return connection.execute(told.limit(1)).first() is None

    def baseline_run(self, mode: str) -> Run | None:
        """The newest run whose extract was used, whatever became of its messages: the next extract is measured by it.

        That is the run of the latest business date, and of that day's the last to finish; None where there was none. A run that
        was held, or that failed before it had read everything, is none.
        """
        query = (
            sa.select(run)
            .where(run.c.council == self.council, run.c.mode == mode, run.c.outcome.in_(("good", "failed")))
            .order_by(run.c.business_date.desc(), run.c.finished_at.desc(), run.c.id.desc())
        )
        with self._database.reading() as connection:
            return next((_run_from(row) for row in connection.execute(query) if row.outcome == "good" or row.rows), None)

    def run_before(self, mode: str, on: date) -> date | None:
        """The business date of the last run before a day that was not held or broken; None where there was none."""
        query = sa.select(sa.func.max(run.c.business_date)).where(
            run.c.council == self.council, run.c.mode == mode, run.c.outcome == "good", run.c.business_date < on
        )
        with self._database.reading() as connection:
            day: date | None = connection.execute(query).scalar()
            return day

    def last_run(self, mode: str, on: date) -> Run | None:
        """The last run of a business date to finish, whatever became of it; None where there was none."""
        query = (
            sa.select(run)
            .where(run.c.council == self.council, run.c.mode == mode, run.c.business_date == on)
            .order_by(run.c.finished_at.desc(), run.c.id.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            return _run_from(row) if row else None

    def runs_between(self, mode: str, first_on: date, last_on: date) -> list[Run]:
        """The runs of the business dates from one to another, both included, in the order in which they finished."""
        query = (
            sa.select(run)
            .where(run.c.council == self.council, run.c.mode == mode, run.c.business_date.between(first_on, last_on))
            .order_by(run.c.finished_at, run.c.id)
        )
        with self._database.reading() as connection:
            return [_run_from(row) for row in connection.execute(query)]

    def has_run(self, business_date: date, finished_at: datetime) -> bool:
        """Whether the ledger holds this very run. Its number would be no sign: an older copy gives it to another one."""
        query = sa.select(run.c.id).where(
            run.c.council == self.council, run.c.business_date == business_date, run.c.finished_at == finished_at
        )
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def record_run(self, done: Run) -> None:
        """Keep how a run went. Raises ValueError for an outcome that is none of ``RUN_OUTCOMES``."""
        if done.outcome not in RUN_OUTCOMES:
            raise ValueError(f"a run cannot be {done.outcome!r}; allowed: {', '.join(RUN_OUTCOMES)}")
        row = {column.name: getattr(done, column.name) for column in run.c if column.name not in ("id", "council")}
        row |= {
            "council": self.council,
            "rows": {relation: asdict(count) for relation, count in done.rows.items()},
            "counts": dict(done.counts),
        }
        with self._database.writing() as connection:
            connection.execute(sa.insert(run), row)

    def record_decision(self, kind: str, key: str, *, by: str, why: str, now: datetime) -> None:
        """Keep what a person decided. Raises UsageError where who or why is not said."""
        with self._database.writing() as connection:
            self._decide(connection, kind, key, by=by, why=why, now=now)

    def decisions(self, kind: str | None = None) -> list[Decision]:
        """What people decided, in the order in which they did."""
        columns = [decision.c[name] for name in ("at", "by", "why", "kind", "key")]
        query = sa.select(*columns).where(decision.c.council == self.council).order_by(decision.c.id)
        if kind is not None:
            query = query.where(decision.c.kind == kind)
        with self._database.reading() as connection:
            return [Decision(**row._mapping) for row in connection.execute(query)]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def create_ledger(url: str, base: Path) -> None:
    """Make an empty ledger; ``base`` is the folder that a relative SQLite path counts from.

    Raises LedgerError where one stands already, which is left untouched.
    """
    database = Database(url, base)
    try:
        if database.file is not None:
            _new_file(database, database.file)
        with database.writing() as connection:
            database.take_turn(connection, "migrations")
            if _tables(connection):
                raise LedgerError(f"{database.where} stands already; nothing was touched")
            _migrate(connection)
    finally:
        database.close()


def open_ledger(url: str, base: Path, council: str, busy: timedelta = BUSY) -> Ledger:
    """Open one council's part of a ledger that stands; ``busy`` is how long to wait while another process has it locked.

    Raises LedgerAbsent where there is none, and LedgerError where it is unreachable, no ledger, or not of this program's version.
    Never creates anything.
    """
    database = _standing(url, base, busy)
    try:
        with database.reading() as connection:
            _version(database, connection)
    except BaseException:
        database.close()
        raise
    return Ledger(database, council)


def upgrade_ledger(url: str, base: Path) -> tuple[str, str]:
    """Bring an older ledger to this program's version; return the version it had and the one it has now.

    Raises LedgerAbsent where there is none, and LedgerError where it is unreachable, no ledger, newer than this program, or of a
    version that it does not know.
    """
    database = _standing(url, base, BUSY)
    try:
        with database.writing() as connection:
            database.take_turn(connection, "migrations")
            found = _version(database, connection, upgrading=True)
            _migrate(connection)
        return found, VERSION
    finally:
        database.close()


def _new_file(database: Database, file: Path) -> None:
    if not file.parent.is_dir():
        raise LedgerError(f"{database.where} cannot be made: its folder does not exist")
    try:
        # It holds who was told what: nobody else on this machine may read it, from its first moment on.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise LedgerError(f"{database.where} stands already; nothing was touched") from None
    except OSError as error:
        raise LedgerError(f"{database.where} cannot be made: {error.strerror}") from None
    database.keep_write_ahead_log()


def _standing(url: str, base: Path, busy: timedelta) -> Database:
    database = Database(url, base, busy)
    if database.file is not None and not database.file.is_file():
        raise LedgerAbsent(f"{database.where} does not exist; {_PUT_IT_BACK}")
    database.keep_to_one_machine()
    return database


def _tables(connection: Connection) -> set[str]:
    ours = {VERSION_TABLE, *metadata.tables}
    return ours & set(sa.inspect(connection).get_table_names())


def _version(database: Database, connection: Connection, *, upgrading: bool = False) -> str:
    tables = _tables(connection)
    if not tables and database.file is None:
        # A PostgreSQL database stands before any ledger is in it, and may hold other things.
        raise LedgerAbsent(f"{database.where} holds no ledger; {_PUT_IT_BACK}")
    if not tables and not sa.inspect(connection).get_table_names():
        raise LedgerError(f"{database.where} is empty: its making was not finished. Remove it and run `cin-reminders init`")
    if VERSION_TABLE not in tables:
        raise LedgerError(f"{database.where} is no ledger: run `cin-reminders init` with another ledger.url")
    found = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    if not isinstance(found, str):
        raise LedgerError(f"{database.where} does not say its version: put back a copy")
    fault = why_not_this_version(found, VERSIONS, upgrading=upgrading)
    if fault is not None:
        raise LedgerError(f"{database.where} is of version {' '.join(found.split())}, {fault}")
    return found


def why_not_this_version(found: str, versions: Sequence[str], *, upgrading: bool = False) -> str | None:
    """Why a ledger of a version cannot be opened, or upgraded, by a program that knows these, the oldest first; None: it can."""
    newest = versions[-1]
    if found > newest:
        return f"newer than this program's {newest}: install a newer program"
    if found not in versions:
        return "which this program does not know: put back a copy, or use the program that made it"
    if found != newest and not upgrading:
        return f"this program's is {newest}: run `cin-reminders upgrade`"
    return None


def _migrate(connection: Connection) -> None:
    # Alembic is slow to load, and needed only here.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "cin_reminders:migrations")
    command.upgrade(config, VERSION)


def _run_from(row: Row[Any]) -> Run:
    values = {name: value for name, value in row._mapping.items() if name not in ("id", "council")}
    values["rows"] = MappingProxyType({relation: RowCount(**count) for relation, count in values["rows"].items()})
    values["counts"] = MappingProxyType(values["counts"])
    return Run(**values)
