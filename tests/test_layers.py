"""A pure middle and thin ends: what may import what, read from the source itself.

A module that is not named below belongs to the pure middle, so a new one falls under its rule at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

PACKAGE = "cin_reminders"
SOURCE = Path(__file__).parent.parent / PACKAGE

# The ends: the modules and folders that touch the world. Everything else works with values alone.
ENDS = {
    "records",
    "channels",
    "ledger",
    "ledger_database",
    "ledger_schema",
    "ledger_statements",
    "migrations",
    "planning",
    "purging",
    "old_files",
    "purge",
    "claiming",
    "holding",
    "waiting",
    "following",
    "owner",
    "sample",
    "stopping",
    "whole_file",
    "delivery",
    "settings",
    "day",
    "deciding",
    "about",
    "envelopes",
    "telling",
    "letters",
    "meeting_day",
    "meeting_letters",
    "run",
    "backfill",
    "last_run",
    "outlook",
    "look_ahead",
    "outgoing",
    "publish",
    "weekly",
    "heartbeat",
    "alarm",
    "looking_back",
    "machine",
    "pilot",
    "translations",
    "checkup",
    "demo",
    "flows",
    "cli",
}
# What joins the two halves, the day's work with the commands and flows over it: they alone import what decides and what sends.
JOINTS = {
    "day",
    "about",
    "meeting_day",
    "meeting_letters",
    "envelopes",
    "telling",
    "letters",
    "run",
    "outlook",
    "publish",
    "backfill",
    "checkup",
    "demo",
    "flows",
    "cli",
}
# Below these nothing reads a clock: the business date and the moment are arguments.
CLOCK_READERS = {"flows", "cli"}
WORLD = {
    "prefect",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "smtplib",
    "os",
    "socket",
    "ssl",
    "subprocess",
    "httpx",
    "requests",
    "notifications_python_client",
    "typer",
}
CLOCKS = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
}


def source_files() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if "__pycache__" not in path.parts)


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """The first name below the package: `flows` for `cin_reminders.flows.daily`."""
    return [*module.split("."), ""][1]


def names_imported(module: str, source: str, *, is_package: bool = False) -> dict[str, str]:
    """Each name that the source imports, with what it stands for, relative imports and those for types alone included."""
    here = module.split(".") if is_package else module.split(".")[:-1]
    names: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            names |= {alias.asname or alias.name: f"{origin}.{alias.name}" for alias in node.names}
    return names


def faults(module: str, source: str, *, is_package: bool = False) -> Iterator[str]:
    """Every breach of the layers in one module."""
    names = names_imported(module, source, is_package=is_package)
    imported = set(names.values())
    foreign = {name.split(".")[0] for name in imported if not is_ours(name)}
    ours = {part_of(name) for name in imported if is_ours(name)}
    part = part_of(module)

    if part not in ENDS:
        yield from (f"{module} is of the pure middle and imports {name}" for name in sorted(foreign & WORLD))
        yield from (f"{module} is of the pure middle and imports {PACKAGE}.{name}" for name in sorted(ours & ENDS))
    if part != "flows" and "prefect" in foreign:
        yield f"{module} imports prefect, which is for flows alone"
    if part not in JOINTS and {"delivery", "obligations"} <= ours:
        yield f"{module} imports both delivery and obligations, which is for the joints alone: {', '.join(sorted(JOINTS))}"
    if part not in CLOCK_READERS:
        yield from (f"{module}, line {line}: reads the clock ({clock})" for line, clock in clocks_read(source, names))


def is_ours(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def clocks_read(source: str, names: dict[str, str]) -> Iterable[tuple[int, str]]:
    """Each mention of a clock, called there or only handed on, whatever it was imported as."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute | ast.Name):
            first, *rest = ast.unparse(node).split(".")
            known = ".".join([names.get(first, ""), *rest])
            if known in CLOCKS:
                yield node.lineno, known


@pytest.mark.parametrize("path", source_files(), ids=lambda path: module_of(path))
def test_the_module_keeps_to_its_layer(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert list(faults(module_of(path), source, is_package=path.name == "__init__.py")) == []


def test_every_end_is_there() -> None:
    """A name with a slip in it would free nothing, and a name left behind would free whatever comes to bear it."""
    assert ENDS - {path.stem for path in SOURCE.iterdir()} == set()


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import os.path",
        "from os import environ",
        "import sqlalchemy as sa",
        "from sqlalchemy.engine import Engine",
        "import smtplib",
        "from cin_reminders import ledger",
        "from cin_reminders.records.contract import read",
        "from . import delivery",
        "from .settings import Settings",
        "def late():\n    import os",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cin_reminders.channels import Channel",
    ],
)
def test_a_module_of_the_middle_that_touches_the_world_is_noticed(source: str) -> None:
    assert len(list(faults("cin_reminders.obligations", source))) == 1
    assert len(list(faults("cin_reminders.a_new_module", source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import json",
        "from datetime import date",
        "from cin_reminders.case import Case",
        "from . import case",
        "from posixpath import join",
    ],
)
def test_a_module_of_the_middle_may_import_values_and_plain_tools(source: str) -> None:
    assert list(faults("cin_reminders.obligations", source)) == []


def test_prefect_is_for_flows_alone() -> None:
    assert list(faults("cin_reminders.flows.daily", "from prefect import flow")) == []
    assert list(faults("cin_reminders.cli", "from prefect import flow")) != []
    assert list(faults("cin_reminders.delivery", "import prefect.logging")) != []


def test_the_joints_alone_join_what_decides_and_what_sends() -> None:
    both = "from cin_reminders import delivery, obligations"

    assert list(faults("cin_reminders.flows.daily", both)) == []
    assert list(faults("cin_reminders.cli", both)) == []
    assert list(faults("cin_reminders.records.contract", both)) != []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import date\ndate.today()",
        "from datetime import datetime\ndatetime.now()",
        "from datetime import datetime as moment, UTC\nmoment.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "import datetime as dt\ndt.date.today()",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "from datetime import date\ndef due(today=date.today): ...",
    ],
)
def test_a_clock_is_noticed_below_the_command_line_and_the_flows(source: str) -> None:
    assert len(list(faults("cin_reminders.ledger", source))) == 1
    assert list(faults("cin_reminders.cli", source)) == []
    assert list(faults("cin_reminders.flows.daily", source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1)\ntime.monotonic()",
        "from datetime import date\ndate(2026, 4, 27)",
        "from sqlalchemy import func\nfunc.now()",
    ],
)
def test_waiting_and_fixed_dates_are_no_clock(source: str) -> None:
    assert list(faults("cin_reminders.ledger", source)) == []
