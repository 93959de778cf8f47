"""Eight councils, one ledger in PostgreSQL, three workers as processes of their own: killed in the middle, and two at once.

Every message arrives once, what is doubtful is listed, and every council's day is done.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
import yaml
from machine import descendants
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Crashed
from prefect_commands import ROOT, prefect
from small_council import EARLY, SmallCouncil, finished, many_cases, small_council
from smtp_server import Behaviour, Running, Step, running_server

from cin_reminders.flows.deployment import of_council
from cin_reminders.ledger import create_ledger, open_ledger
from cin_reminders.owner import start_of

# A busy machine takes minutes over what an idle one does in one.
pytestmark = pytest.mark.timeout(600)

COUNCILS = [f"council-{number}" for number in range(1, 9)]
CASES = 4  # each with a lead practitioner of its own, who gets one message that day
WORKERS = 3
# Two messages during which a worker is killed: the relay has seen their last octet, and has not answered.
STUCK = tuple(Step(at="DOT", nth=nth, seconds=6) for nth in (4, 14))
# And one during which its day is run by hand as well. The worker that is left comes so far: a killed one leaves three at most.
# The relay's answer comes in time for its sender to hear it.
BESIDE = Step(at="DOT", nth=23, seconds=30)
TAKEN_FOR = timedelta(seconds=20)  # far longer than a worker takes to start a process
LIVE = {"CIN_REMINDERS__LIVE": "true"}


@dataclass(kw_only=True)
class Campaign:
    """What the day left behind."""

    councils: dict[str, SmallCouncil]
    relay: Running
    ledger: str
    killed: list[str] = field(default_factory=list)
    by_hand: dict[str, int] = field(default_factory=dict)  # the exit code, by the council
    runs: dict[str, list[str | None]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def ledger(postgresql_server: Any) -> Iterator[str]:
    """One empty ledger for all of them."""
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE many_councils")
        url = postgresql_server.get_uri(database="many_councils", driver="psycopg")
        create_ledger(url, Path())
        yield url
        connection.execute("DROP DATABASE many_councils WITH (FORCE)")


@pytest.fixture(scope="module")
def campaign(prefect_server: str, ledger: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    folder = tmp_path_factory.mktemp("councils")
    every = Step(at="DOT", seconds=0.1)
    with running_server(behaviour=Behaviour(steps=(*STUCK, BESIDE, every))) as relay:
        councils = {name: made(folder / name, name, ledger, relay) for name in COUNCILS}
        campaign = Campaign(councils=councils, relay=relay, ledger=ledger)
        with temporary_settings({PREFECT_API_URL: prefect_server}), get_client(sync_client=True) as client:
            deploy_all(prefect_server, councils, folder)
            runs = {name: [begin(client, name)] for name in COUNCILS}
            with workers(prefect_server, folder) as pool:
                for _ in STUCK:
                    campaign.killed.append(kill_whoever_is_sending(ledger, pool))
                # The same day once more, while the third worker is in the middle of it.
                name, _ = stuck_at_the_relay(ledger, pool)
                campaign.by_hand[name] = finished(councils[name].start("run", "--on", EARLY, **LIVE)).code
                wait_for_ends(client, [run for (run,) in runs.values()], or_dead=True)
                # What the automation does for a run that died (test_automations), and the day is run again.
                for name, (run,) in runs.items():
                    if not is_over(client, run):
                        client.set_flow_run_state(run.id, Crashed(message="no sign of life"), force=True)
                        runs[name].append(begin(client, name))
                wait_for_ends(client, [of_one[-1] for of_one in runs.values()])
            campaign.runs = {name: [client.read_flow_run(run.id).state_name for run in found] for name, found in runs.items()}
            client.delete_work_pool("cin-reminders")
        yield campaign


def test_both_workers_were_killed_while_they_sent_and_the_third_did_the_rest(campaign: Campaign) -> None:
    assert len({*campaign.killed}) == len(STUCK)
    # Each council had its run done, some after one that died.
    assert {found[-1] for found in campaign.runs.values()} == {"Completed"}
    assert sum("Crashed" in found for found in campaign.runs.values()) >= 1


def test_one_day_was_run_twice_at_once_and_both_runs_are_good(campaign: Campaign) -> None:
    on = date.fromisoformat(EARLY)
    [(name, code)] = campaign.by_hand.items()
    book = open_ledger(campaign.ledger, Path(), name)
    by_hand, by_the_worker = book.runs_between("live", on, on)  # as they ended
    book.close()

    assert code == 0
    assert by_the_worker.started_at < by_hand.started_at < by_hand.finished_at < by_the_worker.finished_at
    assert (by_hand.outcome, by_the_worker.outcome) == ("good", "good")


def test_every_message_arrives_once(campaign: Campaign) -> None:
    arrived = Counter(address for taken in campaign.relay.messages for address in taken.rcpt_tos)

    assert len(arrived) == len(COUNCILS) * CASES
    assert set(arrived.values()) == {1}


def test_what_nobody_knows_of_is_listed_one_at_most_for_each_kill_and_all_else_is_sent(campaign: Campaign) -> None:
    states: Counter[str] = Counter()
    for name in COUNCILS:
        book = open_ledger(campaign.ledger, Path(), name)
        of_one = Counter(message.state for message, _ in book.messages(mode="live"))
        book.close()
        assert of_one.total() == CASES
        listed = campaign.councils[name].messages("--state", "uncertain")
        assert len(listed) == of_one["uncertain"]
        states += of_one

    assert states["uncertain"] == len(STUCK)
    assert states == {"sent": len(COUNCILS) * CASES - len(STUCK), "uncertain": len(STUCK)}


def test_every_councils_day_is_done_and_its_report_is_its_own(campaign: Campaign) -> None:
    on = date.fromisoformat(EARLY)
    for name, council in campaign.councils.items():
        book = open_ledger(campaign.ledger, Path(), name)
        assert "good" in {run.outcome for run in book.runs_between("live", on, on)}
        book.close()
        assert (council.folder / "reports" / f"report-{EARLY}.html").exists()


# ---- how it is done


def made(folder: Path, name: str, ledger: str, relay: Running) -> SmallCouncil:
    """A council with its own people, whose ledger is everybody's."""
    folder.mkdir()
    rows = many_cases(CASES)
    for person in rows["cin_people"]:
        person["email"] = f"{person['person_ref']}.{name}@council.gov.uk"
    council = small_council(
        folder,
        rows=rows,
        set_up=False,
        ledger=ledger,
        delivery='mode = "live"\nnotify_from = 2026-03-01\nallowed_domains = ["council.gov.uk"]',
        more=f'[email]\nhost = "localhost"\nport = {relay.port}\nsecurity = "starttls"\nca_file = "{relay.ca_file}"\n'
        'from_address = "cin-reminders@council.gov.uk"\nreply_to = "data@council.gov.uk"\ntimeout_seconds = 90',
    )
    text = council.settings.read_text(encoding="utf-8").replace('"testshire"', f'"{name}"')
    council.settings.write_text(text, encoding="utf-8")
    return council


def deploy_all(server: str, councils: dict[str, SmallCouncil], folder: Path) -> None:
    """The daily run of each council, from the one prefect.yaml; in one go, since each of Prefect's commands takes seconds."""
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    written["deployments"] = written["deployments"][:1]
    all_of_them = [of_council(written, name, council.settings)["deployments"][0] for name, council in councils.items()]
    file = folder / "prefect.yaml"
    file.write_text(yaml.safe_dump(written | {"deployments": all_of_them}), encoding="utf-8")
    prefect(server, "work-pool", "create", "cin-reminders", "--type", "process", "--overwrite")
    prefect(server, "deploy", "--all", "--prefect-file", str(file))


def begin(client: SyncPrefectClient, council: str) -> FlowRun:
    deployment = client.read_deployment_by_name(f"daily-reminders/{council}")
    return client.create_flow_run_from_deployment(deployment.id, parameters=deployment.parameters | {"on": EARLY})


def is_over(client: SyncPrefectClient, run: FlowRun) -> bool:
    state = client.read_flow_run(run.id).state
    return state is not None and state.is_final()


def wait_for_ends(client: SyncPrefectClient, runs: list[FlowRun], *, or_dead: bool = False) -> None:
    """Until each run is over, or, where that is asked for, dead."""
    deadline = time.monotonic() + 150
    left = list(runs)
    while left and time.monotonic() < deadline:
        time.sleep(1)  # each look asks the server of every run, and it has better things to do
        left = [run for run in left if not is_over(client, run) and not (or_dead and is_dead(client, run))]
    assert not left, [client.read_flow_run(run.id).state for run in left]


def is_dead(client: SyncPrefectClient, run: FlowRun) -> bool:
    """Whether the process of a run is gone, or never came to be although a worker took the run."""
    run = client.read_flow_run(run.id)
    if run.infrastructure_pid is not None:
        return start_of(int(run.infrastructure_pid.rpartition(":")[2])) is None
    return run.state_name == "Pending" and run.state is not None and datetime.now(UTC) - run.state.timestamp > TAKEN_FOR


@contextmanager
def workers(server: str, folder: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Three workers of one pool, each with a process of its own."""
    pool: dict[str, subprocess.Popen[bytes]] = {}
    environment = os.environ | LIVE | {"PREFECT_API_URL": server, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    for number in range(1, WORKERS + 1):
        name, home = f"worker-{number}", folder / f"worker-{number}"
        home.mkdir()
        with (home / "worker.log").open("wb") as log:
            pool[name] = subprocess.Popen(
                # One run at a time, so that none of them takes the whole day.
                [sys.executable, "-m", "prefect", "worker", "start", "--pool", "cin-reminders", "--name", name, "--limit", "1"],
                env=environment | {"PREFECT_HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
    try:
        yield pool
    finally:
        for process in pool.values():
            process.terminate()
        for process in pool.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def kill_whoever_is_sending(ledger: str, pool: dict[str, subprocess.Popen[bytes]]) -> str:
    """Kill -9 the worker under which a message is stuck at the relay, with all that it has started; its name."""
    _, name = stuck_at_the_relay(ledger, pool)
    worker = pool[name]
    for one in (worker.pid, *descendants(worker.pid)):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    worker.wait()
    return name


def stuck_at_the_relay(ledger: str, pool: dict[str, subprocess.Popen[bytes]]) -> tuple[str, str]:
    """Wait until a message is stuck at the relay under a worker that lives: the council whose it is, and the worker's name."""
    engine = sa.create_engine(ledger)
    before: set[tuple[str, str, str]] = set()
    deadline = time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            with engine.connect() as connection:
                rows = connection.execute(sa.text("SELECT council, key, owner FROM message WHERE state = 'sending'"))
                sending = {(row[0], row[1], row[2]) for row in rows}
            for council, _, owner in sorted(sending & before):
                pid = int(owner.split(":")[1])
                for name, worker in pool.items():
                    if worker.poll() is None and pid in {worker.pid, *descendants(worker.pid)}:
                        return council, name
            before = sending
            time.sleep(0.7)  # seven times what the relay takes for a message that is not stuck
    finally:
        engine.dispose()
    raise AssertionError("no message was stuck")
