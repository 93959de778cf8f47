"""Records that are out of reach when a run begins, through Prefect: it asks again, and tells everybody once; or fails once.

A real PostgreSQL stands behind a gate that is shut at first. What may pass by itself is in test_records_outage.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from gate import Gate, gate_before
from live_channels import Ends, council_at, live
from past_days import told_once
from prefect import State
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.settings import PREFECT_API_URL
from small_council import EARLY, OVERDUE, SmallCouncil, many_cases, small_council

from cin_reminders.backfilled import Mode
from cin_reminders.flows.backfill import backfill
from cin_reminders.flows.daily import STEPS, daily_reminders
from cin_reminders.flows.deliver import deliver_due
from cin_reminders.flows.retention import retention
from cin_reminders.flows.weekly_report import weekly_report
from cin_reminders.ledger import open_ledger

CASES = 3
ALL_DAY = 99  # nobody is let through
WAITS = "CIN_REMINDERS__RECORDS__TRY_AGAIN_SECONDS"


@pytest.fixture
def client(prefect_harness: None) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment's environment may say how long it waits."""
    monkeypatch.setenv(WAITS, "[1, 2]")


@pytest.fixture
def behind_a_gate(tmp_path: Path, postgresql_url: str) -> Iterator[Callable[..., tuple[SmallCouncil, Gate]]]:
    """Makes a council whose records are in PostgreSQL, behind a gate that is shut to so many callers."""
    with ExitStack() as gates:

        def make(*, shut_to: int, **more: Any) -> tuple[SmallCouncil, Gate]:
            gate = gates.enter_context(gate_before(postgresql_url, shut_to=shut_to))
            council = small_council(tmp_path, records=postgresql_url, **({"rows": many_cases(CASES)} | more))
            council.records = gate.url
            council.write_settings()
            return council, gate

        yield make


def daily(council: SmallCouncil, on: str = EARLY) -> State[Any]:
    state: State[Any] = daily_reminders(settings=str(council.settings), on=date.fromisoformat(on), return_state=True)
    return state


def runs_in_the_ledger(council: SmallCouncil, on: str = EARLY) -> list[str]:
    day = date.fromisoformat(on)
    with closing(open_ledger(council.ledger, council.folder, "testshire")) as book:
        return [one.outcome for one in book.runs_between("folder", day, day)]


def states_of(client: SyncPrefectClient, state: State[Any]) -> list[str]:
    """Each state that a run was in: the operator's alarm goes by them."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    return [str(one.name) for one in client.read_flow_run_states(run_id)]


def tries_of_steps(client: SyncPrefectClient, state: State[Any]) -> dict[str, int | None]:
    """How often Prefect would try each step of a run again; it writes them down a moment later."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    until = time.monotonic() + 20
    while True:
        found = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])))
        if len(found) == len(STEPS) or time.monotonic() > until:
            return {one.name: one.empirical_policy.retries for one in found}
        time.sleep(0.2)


# ---- tried again


def test_records_that_are_out_of_reach_at_first_are_read_at_the_second_try_and_everybody_is_told_once(
    client: SyncPrefectClient, behind_a_gate: Callable[..., tuple[SmallCouncil, Gate]]
) -> None:
    council, gate = behind_a_gate(shut_to=1)

    state = daily(council)

    assert states_of(client, state) == ["Pending", "Running", "Completed"]
    assert gate.callers == 2
    assert state.result()["business_date"] == EARLY
    assert state.result()["messages"] == {"sent": CASES}
    assert len(council.sent_to()) == len(set(council.sent_to())) == CASES
    assert told_once(council)
    assert runs_in_the_ledger(council) == ["good"]
    # What sends has no second try, whatever went wrong.
    assert tries_of_steps(client, state) == {
        "Read the records": 2,
        "Work out the duties": 0,
        "Decide who to tell": 0,
        "Tell them": 0,
        "Publish the report": 0,
    }


def test_records_that_stay_out_of_reach_fail_the_run_once_after_the_last_try(
    client: SyncPrefectClient, behind_a_gate: Callable[..., tuple[SmallCouncil, Gate]]
) -> None:
    council, gate = behind_a_gate(shut_to=ALL_DAY)

    state = daily(council)

    assert states_of(client, state) == ["Pending", "Running", "Failed"]
    assert "cannot be reached" in str(state.message)
    assert gate.callers == 3
    assert runs_in_the_ledger(council) == ["failed"]
    assert council.messages() == []
    # The next run finds nothing in its way.
    gate.open()
    assert daily(council).is_completed()
    assert len(council.sent_to()) == CASES


def test_where_the_council_wants_no_second_try_there_is_none(
    client: SyncPrefectClient, behind_a_gate: Callable[..., tuple[SmallCouncil, Gate]], monkeypatch: pytest.MonkeyPatch
) -> None:
    council, gate = behind_a_gate(shut_to=1)
    monkeypatch.setenv(WAITS, "[]")

    assert daily(council).is_failed()
    assert gate.callers == 1


@pytest.mark.parametrize(
    "flow, of",
    [
        (weekly_report, {"on": date(2026, 3, 16)}),  # Monday, EARLY
        (retention, {"on": date(2026, 3, 16)}),
        (backfill, {"on": date(2026, 3, 24), "from_on": date(2026, 3, 20), "to_on": date(2026, 3, 23), "mode": Mode.PLAN}),
    ],
    ids=["weekly-report", "retention", "backfill"],
)
def test_the_other_flows_that_nobody_watches_ask_again_too(
    client: SyncPrefectClient, behind_a_gate: Callable[..., tuple[SmallCouncil, Gate]], flow: Any, of: dict[str, Any]
) -> None:
    council, gate = behind_a_gate(shut_to=1)

    state = flow(settings=str(council.settings), return_state=True, **of)

    assert state.is_completed(), state.message
    assert gate.callers == 2


# ---- not tried again


def test_a_missing_table_is_not_tried_again(
    client: SyncPrefectClient, behind_a_gate: Callable[..., tuple[SmallCouncil, Gate]]
) -> None:
    council, gate = behind_a_gate(shut_to=0, without={"cin_roles"})

    state = daily(council)

    assert state.is_failed()
    assert "cin_roles: missing" in str(state.message)
    assert gate.callers == 1
    assert runs_in_the_ledger(council) == ["failed"]


@pytest.fixture
def locked_out(postgresql_server: Any) -> Iterator[str]:
    """Somebody who must say a password; the server asks it of nobody else."""
    name = "reads_again_reader"
    rules = postgresql_server.pgdata / "pg_hba.conf"
    before = rules.read_text(encoding="utf-8")
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'right'")
        rules.write_text(f"local all {name} scram-sha-256\n{before}", encoding="utf-8")
        connection.execute("SELECT pg_reload_conf()")
        yield name
        rules.write_text(before, encoding="utf-8")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(f"DROP ROLE {name}")


def test_a_refused_password_is_not_tried_again(
    client: SyncPrefectClient, behind_a_gate: Callable[..., tuple[SmallCouncil, Gate]], locked_out: str
) -> None:
    council, gate = behind_a_gate(shut_to=0)
    council.records = gate.url.replace("postgres:@", f"{locked_out}:sesame@")
    council.write_settings()

    state = daily(council)

    assert state.is_failed()
    assert f'password authentication failed for user "{locked_out}"' in str(state.message)
    assert "sesame" not in str(state.message)
    assert gate.callers == 1
    assert runs_in_the_ledger(council) == ["failed"]


def test_a_delivery_leaves_records_that_are_out_of_reach_to_the_next_one(
    client: SyncPrefectClient, tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIN_REMINDERS__LIVE", "true")
    council = council_at(tmp_path, Ends(teams="", channels=()))
    assert live(council, OVERDUE).code == 1  # its relay is down, so that messages wait
    with gate_before(postgresql_url, shut_to=1) as gate:
        council.records = gate.url
        council.write_settings()

        state = deliver_due(settings=str(council.settings), on=date.fromisoformat(OVERDUE), return_state=True)

        assert state.is_failed()
        assert gate.callers == 1


# ---- while it waits


RUN = """
import sys
from datetime import date
from cin_reminders.flows.daily import daily_reminders

daily_reminders(settings=sys.argv[1], on=date.fromisoformat(sys.argv[2]))
"""


@pytest.fixture
def start(prefect_harness: None) -> Iterator[Callable[[SmallCouncil], subprocess.Popen[str]]]:
    """Starts a council's daily run in a process of its own, and comes back once it waits for its second try."""
    started: list[subprocess.Popen[str]] = []

    def start(council: SmallCouncil) -> subprocess.Popen[str]:
        run = subprocess.Popen(
            [sys.executable, "-c", RUN, str(council.settings), EARLY],
            env=os.environ | {"PREFECT_API_URL": str(PREFECT_API_URL.value())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(run)
        said = ""
        while "Retry 1/1 will start" not in said:
            assert run.stdout is not None
            line = run.stdout.readline()
            assert line, said
            said += line
        return run

    yield start
    for run in started:
        run.kill()
        run.communicate()


@pytest.mark.parametrize("kept_in", ["sqlite", "postgresql"])
def test_while_a_run_waits_nobody_else_has_to_and_whoever_ends_it_is_obeyed_at_once(
    start: Callable[[SmallCouncil], subprocess.Popen[str]],
    behind_a_gate: Callable[..., tuple[SmallCouncil, Gate]],
    postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch,
    kept_in: str,
) -> None:
    monkeypatch.setenv(WAITS, "[600]")
    council, _ = behind_a_gate(shut_to=1, ledger="sqlite:///ledger.db" if kept_in == "sqlite" else postgresql_url)
    run = start(council)

    # The day is run by hand, and the ledger is free for it.
    begun = time.monotonic()
    council.run(EARLY)
    assert time.monotonic() - begun < 60
    assert len(council.sent_to()) == CASES
    with psycopg.connect(postgresql_url.replace("+psycopg", "")) as connection:
        others = "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert {state for (state,) in connection.execute(others)} == ({"idle"} if kept_in == "postgresql" else set())

    run.terminate()
    out, _ = run.communicate(timeout=30)

    assert run.returncode == -signal.SIGTERM, out
    assert runs_in_the_ledger(council) == ["good"]
    assert len(council.sent_to()) == CASES
