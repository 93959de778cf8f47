"""Records from a database: any SQLAlchemy URL, read-only, in one consistent snapshot."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGInspector
from sqlalchemy.engine import URL

from cin_reminders.errors import RecordsError, RecordsUnreachable
from cin_reminders.records.outage import may_pass
from cin_reminders.records.relations import RELATIONS
from cin_reminders.records.rows import Source

ROWS_AT_A_TIME = 2000

# The first that the database knows: each sees one moment, and none but the last can hold up those who work in the records.
_SNAPSHOTS = ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE")
# PostgreSQL's classes of error whose first line speaks of the question, the login or the server, never of what a row holds.
_SAYS_NO_VALUES = ("08", "25", "28", "3D", "3F", "42", "53", "57")

_SECRET = re.compile("pass|pwd|secret|token|connect$", re.IGNORECASE)

# Where the package that brings a driver is not called like its module.
_PACKAGES = {"MySQLdb": "mysqlclient", "mysql": "mysql-connector-python"}


@contextmanager
def reading(url: str, *, base: Path) -> Iterator[sa.Connection]:
    """A connection that can only read, and sees the records as they stood at one moment.

    A relative SQLite file lies under ``base``. Raises RecordsError in one line, without the password and without any row;
    RecordsUnreachable where the fault may pass by itself.
    """
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        allowed = "must be csv:FOLDER or a database URL (sqlite:///FILE, postgresql+psycopg://...)"
        raise RecordsError([f"records.url: {allowed}"]) from None
    if address.get_backend_name() != "sqlite" and url.count("@") > 1:
        # The end of the password would be taken for the host, and named as one.
        raise RecordsError(["records.url: an @ that does not stand before the host must be written as %40"])
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    place = f"{address.get_backend_name()} database {address.database or '(no name)'} on {address.host or 'this machine'}"
    engine = _engine(address, base)
    try:
        try:
            connection = _at_one_moment(engine)
        except (sa.exc.SQLAlchemyError, OSError, ValueError) as error:
            raise _failed(error, f"records.url: {place} cannot be reached: {_why(error, address, connecting=True)}") from None
        # Nothing is ever committed: leaving rolls back.
        with connection:
            try:
                yield connection
            except (sa.exc.SQLAlchemyError, OSError) as error:
                raise _failed(error, f"records.url: {place} cannot be read: {_why(error, address)}") from None
    finally:
        engine.dispose()


def sources(connection: sa.Connection, queries: Mapping[str, str]) -> tuple[dict[str, Source], dict[str, str]]:
    """The relations that the database, or the settings' query for them, supplies; and by name what is wrong with others."""
    problems = {
        name: f"records.queries.{name}: there is no such relation; they are {', '.join(RELATIONS)}"
        for name in queries
        if name not in RELATIONS
    }
    tables = _tables(connection, problems)
    found: dict[str, Source] = {}
    for name in RELATIONS:
        statement: sa.Select[Any] | str
        if name in queries:
            statement = queries[name].strip().rstrip(";")
        elif name in tables:
            statement = sa.select(sa.text("*")).select_from(tables[name])
        else:
            continue
        try:
            # A faulty query spoils the transaction in PostgreSQL, and the next one must still be looked at.
            with connection.begin_nested(), closing(_ask(connection, statement)) as result:
                columns = tuple(result.keys())
        except sa.exc.SQLAlchemyError as error:
            where = f"records.queries.{name}" if name in queries else name
            failed = _failed(error, f"{where}: cannot be read: {_why(error, connection.engine.url)}")
            if isinstance(failed, RecordsUnreachable):
                raise failed from None
            problems[name] = str(failed)
            continue
        if not isinstance(statement, str):
            # What the contract does not know is not fetched: it may be large, or a child's own words.
            known = {column.name for column in RELATIONS[name].columns}
            wanted: list[sa.ColumnClause[Any]] = [sa.column(column) for column in columns if column.lower() in known]
            fetched = tuple(str(column.name).lower() for column in wanted)
            extra = tuple(column.lower() for column in columns if column.lower() not in known)
            statement = sa.select(*wanted).select_from(tables[name])
        else:
            fetched, extra = tuple(column.lower() for column in columns), ()
        found[name] = Source(columns=fetched, unread=extra, rows=partial(_rows, connection, name, statement))
    return found, problems


def _rows(connection: sa.Connection, name: str, statement: sa.Select[Any] | str) -> Iterator[Sequence[object]]:
    try:
        with closing(_ask(connection, statement)) as result:
            for part in result.partitions(ROWS_AT_A_TIME):
                yield from part
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise _failed(error, f"{name}: cannot be read to its end: {_why(error, connection.engine.url)}") from None


def _ask(connection: sa.Connection, statement: sa.Select[Any] | str) -> sa.CursorResult[Any]:
    options: dict[str, Any] = {"stream_results": True, "yield_per": ROWS_AT_A_TIME}
    if isinstance(statement, str):
        # As the council wrote it: `%` and `:name` are no parameters.
        return connection.exec_driver_sql(statement, execution_options={**options, "no_parameters": True})
    return connection.execute(statement, execution_options=options)


def _engine(address: URL, base: Path) -> sa.Engine:
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, base)
    try:
        engine = sa.create_engine(address, poolclass=sa.NullPool, hide_parameters=True)
    except sa.exc.NoSuchModuleError:
        raise RecordsError([f"records.url: no kind of database is called `{address.drivername}`"]) from None
    except ModuleNotFoundError as error:
        module = (error.name or address.get_driver_name()).partition(".")[0]
        needs = f"needs the Python package {_PACKAGES.get(module, module)}, which is not installed"
        raise RecordsError([f"records.url: `{address.drivername}` {needs}"]) from None
    except ImportError as error:
        why = " ".join(str(error).split())
        raise RecordsError([f"records.url: the driver of `{address.drivername}` cannot be loaded: {why}"]) from None
    except (sa.exc.SQLAlchemyError, ValueError, TypeError):
        raise RecordsError([f"records.url: {address.drivername} cannot use this URL"]) from None
    if engine.dialect.is_async:
        raise RecordsError([f"records.url: `{address.drivername}` is an asynchronous driver; PostgreSQL's is postgresql+psycopg"])
    if engine.dialect.driver == "psycopg":
        sa.event.listen(engine, "connect", _keep_strange_dates)
    return engine


def _sqlite(address: URL, base: Path) -> sa.Engine:
    if not address.database or address.database == ":memory:":
        raise RecordsError(["records.url: must name the database file, sqlite:///FILE"])
    file = (base / address.database).absolute()
    if not file.is_file():
        raise RecordsError([f"records.url: there is no database file {file}"])

    def connect() -> sqlite3.Connection:
        # Without an isolation level of its own the driver begins no transaction that we did not ask for.
        return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool, hide_parameters=True)
    # The driver begins nothing for a SELECT, so that each would see a moment of its own.
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN DEFERRED"))
    return engine


def _at_one_moment(engine: sa.Engine) -> sa.Connection:
    connection = engine.connect()
    try:
        if engine.dialect.name == "postgresql":
            return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        if engine.dialect.name != "sqlite" and (driver := connection.connection.dbapi_connection) is not None:
            levels = engine.dialect.get_isolation_level_values(driver)
            best = next((level for level in _SNAPSHOTS if level in levels), None)
            if best is not None:
                return connection.execution_options(isolation_level=best)
        return connection
    except BaseException:
        connection.close()
        raise


def _keep_strange_dates(driver_connection: Any, _record: object) -> None:
    """A date that Python cannot hold (PostgreSQL's `infinity`) comes as text, so that it spoils its row and not the run."""
    from psycopg import DataError
    from psycopg.adapt import Loader
    from psycopg.pq import Format

    adapters = driver_connection.adapters
    for kind in ("date", "timestamp", "timestamptz"):
        usual = adapters.get_loader(adapters.types[kind].oid, Format.TEXT)

        class Tolerant(Loader):
            usual_loader: Any = usual

            def __init__(self, oid: int, context: Any = None) -> None:
                super().__init__(oid, context)
                self._usual = self.usual_loader(oid, context)

            def load(self, data: Any) -> Any:
                try:
                    return self._usual.load(data)
                except DataError:
                    return bytes(data).decode(errors="replace")

        adapters.register_loader(kind, Tolerant)


def _tables(connection: sa.Connection, problems: dict[str, str]) -> dict[str, sa.TableClause]:
    """The tables and views of the contract: those of the usual schema, or of the only other schema that has any."""
    inspector = sa.inspect(connection)
    usual = _of_schema(inspector, None)
    if usual:
        return usual
    others = {}
    for schema in inspector.get_schema_names():
        if schema not in (inspector.default_schema_name, "information_schema") and (tables := _of_schema(inspector, schema)):
            others[schema] = tables
    if len(others) > 1:
        problems["*"] = f"records.url: relations stand in several schemas ({', '.join(others)}); let the login see only one"
    return next(iter(others.values()), {})


def _of_schema(inspector: sa.Inspector, schema: str | None) -> dict[str, sa.TableClause]:
    names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    if isinstance(inspector, PGInspector):
        names += [*inspector.get_materialized_view_names(schema), *inspector.get_foreign_table_names(schema)]
    return {name.lower(): sa.table(name, schema=schema) for name in names if name.lower() in RELATIONS}


def _failed(error: Exception, said: str) -> RecordsError:
    return RecordsUnreachable([said]) if may_pass(error) else RecordsError([said])


def _why(error: Exception, address: URL, *, connecting: bool = False) -> str:
    """What the database said in one line, as far as it can be told without a password and without what a row holds."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    state = getattr(cause, "sqlstate", None)
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    if isinstance(cause, sqlite3.Error):
        # "Could not decode to UTF-8 column 'name' with text '...'" ends with the cell itself.
        said = str(cause).partition(" with text ")[0]
    elif not isinstance(error, sa.exc.DBAPIError):
        said = str(cause)
    elif isinstance(state, str) and state.startswith(_SAYS_NO_VALUES):
        said = primary or str(cause)
    elif connecting or (state is None and type(error) is sa.exc.OperationalError):
        said = str(cause)
    else:
        return f"{type(cause).__name__}{f' ({state})' if state else ''}; what it says may hold records, and is left out"
    said = " ".join(said.split())
    for secret in sorted(_secrets(address), key=len, reverse=True):
        said = said.replace(secret, "***")
    return said[:300]


def _secrets(address: URL) -> set[str]:
    """Every password that the URL holds: a driver's own settings may carry some, and so may an ODBC text among them."""
    given = [one for name, values in address.normalized_query.items() if _SECRET.search(name) for one in values]
    settings = (part.partition("=") for one in given for part in one.split(";"))
    inner = [value.strip(" {}") for name, _, value in settings if _SECRET.search(name)]
    return {str(secret) for secret in (address.password, *given, *inner) if secret}
