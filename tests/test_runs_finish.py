"""Stopping in good order: whoever stops a worker lets its runs finish the message in hand first, and no other is begun."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from patience import wait_until
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_commands import ROOT
from small_council import EARLY, many_cases, small_council
from smtp_server import Behaviour, Step, running_server

from cin_reminders.flows.daily import daily_reminders
from cin_reminders.ledger import open_ledger
from cin_reminders.owner import start_of
from cin_reminders.pilot import Pilot, running, stop
from cin_reminders.stopping import let_runs_finish

CASES = 4  # each with a lead practitioner of its own, who gets one message that day
LIVE = {"CIN_REMINDERS__LIVE": "true"}

# Prefect's own worker (3.8.8) kills its runs outright when it is asked to stop.
WORKER = """
import signal, subprocess, sys

run = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])

def end(*_):
    run.kill()
    sys.exit()

signal.signal(signal.SIGTERM, end)
run.wait()
signal.pause()
"""
RUN = """
import pathlib, signal, sys, time

file, wishes = pathlib.Path(sys.argv[1]), []
signal.signal(signal.SIGTERM, lambda *_: wishes.append(1))
file.write_text("sending")
while not wishes:
    time.sleep(0.01)
time.sleep(0.5)
file.write_text(f"sent, after {len(wishes)} wish")
"""
DEAF = """
import pathlib, signal, sys, time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text("sending")
time.sleep(60)
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """A worker with one run in the middle of a message, as many as are asked for."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(run: str) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen([sys.executable, "-c", WORKER, run, str(tmp_path / "message")]))
        wait_until(lambda: (tmp_path / "message").exists(), 30, every=0.02)
        return begun[-1]

    yield begin
    for process in begun:
        process.terminate()
        process.wait()


def test_a_pilot_that_is_stopped_lets_a_run_finish_its_message_before_the_worker_kills_it(
    tmp_path: Path, worker: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    process, pilot = worker(RUN), Pilot(folder=tmp_path)
    (tmp_path / "worker.pid").write_text(f"{process.pid} {start_of(process.pid)} {pilot.port}", encoding="utf-8")

    stop(pilot, lambda _: None)

    assert process.wait(5) == 0
    assert (tmp_path / "message").read_text() == "sent, after 1 wish"


def test_a_unit_that_is_stopped_does_the_same_by_the_process_id_of_its_worker(
    tmp_path: Path, worker: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    process = worker(RUN)

    done = subprocess.run([sys.executable, "-m", "cin_reminders.stopping", str(process.pid)], check=False)

    assert done.returncode == 0
    assert (tmp_path / "message").read_text() == "sent, after 1 wish"
    assert process.poll() is None  # to stop it is the unit's own


def test_a_run_that_does_not_end_is_not_waited_for_without_end(worker: Callable[[str], subprocess.Popen[bytes]]) -> None:
    process, before = worker(DEAF), time.monotonic()

    assert not let_runs_finish(process.pid, 0.3)
    assert time.monotonic() - before < 10


def test_a_worker_without_a_run_or_none_at_all_keeps_nobody_waiting() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()

    assert let_runs_finish(ended.pid, 0)
    # What systemd says of a worker that ended by itself.
    assert subprocess.run([sys.executable, "-m", "cin_reminders.stopping"], check=False).returncode == 0


@pytest.fixture
def prefects_worker(prefect_server: str, tmp_path: Path) -> Iterator[Pilot]:
    """Prefect's own worker, of the pool `stopping`, as a pilot's."""
    pilot = Pilot(folder=tmp_path / "pilot")
    pilot.folder.mkdir()
    with (pilot.folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "stopping", "--type", "process"],
            env=os.environ | LIVE | {"PREFECT_API_URL": prefect_server, "PREFECT_WORKER_QUERY_SECONDS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    (pilot.folder / "worker.pid").write_text(f"{process.pid} {start_of(process.pid)} {pilot.port}", encoding="utf-8")
    yield pilot
    process.kill()
    process.wait()


@pytest.mark.timeout(300)
def test_prefects_own_worker_stopped_while_messages_go_leaves_none_in_doubt(
    prefect_server: str, prefects_worker: Pilot, tmp_path: Path
) -> None:
    slow = Behaviour(steps=(Step(at="DOT", nth=2, seconds=5),))
    with running_server(behaviour=slow) as relay, temporary_settings({PREFECT_API_URL: prefect_server}):
        council = small_council(
            tmp_path,
            rows=many_cases(CASES),
            delivery='mode = "live"\nnotify_from = 2026-03-01\nallowed_domains = ["council.gov.uk"]',
            more=f'[email]\nhost = "localhost"\nport = {relay.port}\nsecurity = "starttls"\nca_file = "{relay.ca_file}"\n'
            'from_address = "cin-reminders@council.gov.uk"\nreply_to = "data@council.gov.uk"',
        )
        with get_client(sync_client=True) as client:
            wait_until(lambda: any(pool.name == "stopping" for pool in client.read_work_pools()), 60, every=0.02)
            deployment = client.create_deployment(
                client.create_flow(daily_reminders),
                name="stopping",
                work_pool_name="stopping",
                path=str(ROOT),
                entrypoint="cin_reminders/flows/daily.py:daily_reminders",
                parameters={"settings": str(council.settings), "on": EARLY},
            )
            run = client.create_flow_run_from_deployment(deployment)
            # The second message is with the relay, which has not answered.
            wait_until(lambda: len(relay.messages) == 2, 120, every=0.02)

            stop(prefects_worker, lambda _: None)

            ended = client.read_flow_run(run.id).state
            client.delete_work_pool("stopping")

    with closing(open_ledger(council.ledger, council.folder, "testshire")) as book:
        states = Counter(message.state for message, _ in book.messages(mode="live"))
    assert states == {"sent": 2, "planned": CASES - 2}
    assert len(relay.messages) == 2
    assert ended is not None
    assert "stopped before every message had gone" in str(ended.message)
    assert running(prefects_worker) == {}
