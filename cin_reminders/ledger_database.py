"""The database under the ledger: how it is reached, how a transaction is begun, and what its faults are called."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from cin_reminders.errors import LedgerError
from cin_reminders.machine import other_machine, settle_on_this_machine

# Longer than planning for the largest council takes: whoever finds the ledger in use waits for its turn.
BUSY = timedelta(minutes=10)

_ALLOWED = "allowed: sqlite:///FILE, postgresql://USER@HOST:PORT/NAME"
_SQLITE_FAULTS = {
    "SQLITE_BUSY": "another process has kept it locked for too long",
    "SQLITE_LOCKED": "another process has kept it locked for too long",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it may only be read; this user must be allowed to write the file and its folder",
    "SQLITE_CANTOPEN": "the file cannot be opened; this user must be allowed to write it and its folder",
    "SQLITE_NOTADB": "the file is not a SQLite database",
    "SQLITE_CORRUPT": "the file is damaged; put back a copy",
    "SQLITE_IOERR": "the disk gave an error",
}
_POSTGRES_FAULTS = {
    "55P03": "another process has kept it locked for too long",
    "53100": "the disk is full",
    "42501": "the database user may not do this",
    "25006": "it may only be read",
}


class Database:
    """A connection pool to one ledger, which never creates a file and never lets a driver's own error text out.

    A driver's text can hold the values of a row; what is raised instead is a LedgerError that names the ledger and the fault.
    """

    def __init__(self, url: str, base: Path, busy: timedelta = BUSY) -> None:
        parsed = _parsed(url)
        self.file = base / parsed.database if parsed.drivername == "sqlite" and parsed.database else None
        # Without its query, which may hold a password as well.
        shown = parsed.database if self.file else parsed.set(query={}).render_as_string(hide_password=True)
        self.where = f"the ledger {shown}"
        self.engine = _sqlite(self.file, busy) if self.file else _postgres(parsed, busy)
        self._is_to_settle = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads."""
        with self._saying_why(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes: it waits its turn at the start, and is kept whole at the end or not at all."""
        if self._is_to_settle and self.file is not None:
            self._refuse_another(settle_on_this_machine(self.file))
            self._is_to_settle = False
        with self._saying_why(), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def keep_to_one_machine(self) -> None:
        """Refuse a SQLite file that another machine uses, and make it this one's at the first write. Raises LedgerError."""
        if self.file is not None:
            self._refuse_another(other_machine(self.file))
            self._is_to_settle = True

    def _refuse_another(self, mark: str | None) -> None:
        if mark is not None:
            raise LedgerError(
                f"{self.where} is in use on another machine, and SQLite is for one alone: give ledger.url a PostgreSQL ledger, "
                f"or, where the service has moved here for good, delete the file {mark} beside it"
            )

    def take_turn(self, connection: Connection, name: str) -> None:
        """Wait until no other transaction holds the turn of this name; ours ends with the transaction.

        A SQLite transaction that writes has the whole ledger to itself already.
        """
        if self.file is None:
            number = int.from_bytes(sha256(f"cin_reminders {name}".encode()).digest()[:8], "big", signed=True)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def keep_write_ahead_log(self) -> None:
        """Set a new SQLite file to write-ahead logging, which it keeps: readers then never wait for a writer."""
        with self._saying_why(), self.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA journal_mode = WAL")

    def write_anew(self) -> None:
        """Write a SQLite file anew, without the bytes of what was changed or removed, which it and its log otherwise keep.

        Nobody can write meanwhile. PostgreSQL uses such a place again by itself. Raises LedgerError.
        """
        if self.file is None:
            return
        with self._saying_why(), self.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            try:
                driver.execute("VACUUM")
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise sa.exc.DBAPIError(None, None, error) from None

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    @contextmanager
    def _saying_why(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise LedgerError(f"{self.where} cannot be used: {_fault(error)}") from None


def _parsed(url: str) -> URL:
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise LedgerError(f"ledger.url is no database address; {_ALLOWED}") from None
    except ValueError:
        # Not repeated: where the host is missing, what stands in the port's place is the password.
        raise LedgerError(f"ledger.url: the port must be a number; {_ALLOWED}") from None
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        if url.count("@") > 1:
            # The end of the password would be taken for the host, and named as one.
            raise LedgerError("ledger.url: an @ that does not stand before the host must be written as %40")
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername != "sqlite":
        raise LedgerError(f"ledger.url is a {parsed.drivername} address; {_ALLOWED}")
    if parsed.database in (None, "", ":memory:"):
        raise LedgerError(
            "ledger.url names no file: a ledger that is gone with the process would tell everybody everything again"
        )
    return parsed


def _sqlite(file: Path, busy: timedelta) -> Engine:
    def connect() -> sqlite3.Connection:
        # mode=rw: a ledger that is missing must never come back empty. isolation_level None: transactions are begun below.
        connection = sqlite3.connect(
            f"file:{quote(str(file))}?mode=rw",
            uri=True,
            timeout=busy.total_seconds(),
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A plain BEGIN that writes later fails at once when another has written meanwhile, whatever the busy timeout says.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: URL, busy: timedelta) -> Engine:
    settings = f"-c lock_timeout={int(busy.total_seconds() * 1000)} -c timezone=UTC"
    return sa.create_engine(
        url,
        # A database made without an encoding would hand out bytes for text.
        connect_args={"connect_timeout": 10, "client_encoding": "utf8", "options": settings},
        isolation_level="READ COMMITTED",  # SKIP LOCKED and conditional updates are written for it
        pool_pre_ping=True,
        hide_parameters=True,
    )


def _fault(error: SQLAlchemyError) -> str:
    cause: Any = getattr(error, "orig", None)
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        plain = "_".join(name.split("_")[:2])
        return _SQLITE_FAULTS.get(plain, f"SQLite says {name}")
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return _POSTGRES_FAULTS.get(state, f"PostgreSQL says {state}")
    if isinstance(error, sa.exc.OperationalError):
        return "the database does not answer, or refuses this user"
    return f"{type(error).__name__}, caused by {type(cause).__name__}" if cause is not None else type(error).__name__
