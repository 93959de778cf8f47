"""Which faults of a database may be over in some minutes: it restarts, cannot be reached, or is kept locked for a while."""

from __future__ import annotations

import re
import sqlite3

import sqlalchemy as sa

# PostgreSQL's codes: a question that a standby had to drop, two that waited for each other, a lock, a limit of time.
_PASSING = {"40001", "40P01", "55P03", "57014"}
# While a connection is made the driver hands on no code, and what is said is all there is.
_ANSWER = re.compile(r"(?:FATAL|ERROR|PANIC): +(.*)")
_PASSING_ANSWERS = (
    "the database system is ",
    "terminating connection ",
    "sorry, too many clients",
    "remaining connection slots ",
)
_NO_ANSWER = re.compile(
    "connection refused|connection reset|timed out|timeout expired|no route to host|network is unreachable"
    "|closed the connection unexpectedly|is the server running locally|temporary failure in name resolution",
    re.IGNORECASE,
)


def may_pass(error: Exception) -> bool:
    """Whether the same question may well be answered in some minutes.

    Never where a server gave a reason of its own that is not known to pass: asked again and again with a wrong password it would
    lock the account.
    """
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    if isinstance(cause, ConnectionError | TimeoutError) or (
        isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    ):
        return True
    state = getattr(cause, "sqlstate", None)
    if state is not None or not isinstance(error, sa.exc.OperationalError):
        return state in _PASSING
    # One text may tell of several hosts, of which one did not answer and another refused the password.
    answers = _ANSWER.findall(str(cause))
    if answers:
        return all(one.startswith(_PASSING_ANSWERS) for one in answers)
    return _NO_ANSWER.search(str(cause)) is not None
