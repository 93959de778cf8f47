"""The locked packages work together: what a newer or looser set breaks shows here."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import create_engine, inspect

ROOT = Path(__file__).parent.parent
LOCKS = sorted(ROOT.glob("requirements/*.lock"))
# A lock that names a host works only where that host is reached. In two parts each, so that this file does not name them either.
INDEX_HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "deb." + "debian.org",
    "--index" + "-url",
]
NOT_OURS = {"demo", "build", "dist", "node_modules", "venv", "__pycache__"}
PIN = re.compile(r"^[A-Za-z0-9][\w.-]*(\[[\w.,-]+\])?==[^\s;]+( ; [^\\]+)?$")
HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")


@flow
def count_to(number: int) -> int:
    return sum(1 for _ in range(number))


def test_a_flow_runs_through_prefect(prefect_harness: None) -> None:
    state = count_to(3, return_state=True)

    assert state.is_completed()
    assert state.result() == 3
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
    assert run.state_name == "Completed"


def test_a_deployed_cron_gets_a_scheduled_run_within_30_seconds(prefect_server: str) -> None:
    with temporary_settings({PREFECT_API_URL: prefect_server}):
        deployment = count_to.to_deployment(
            name="weekdays", schedule=Cron("30 6 * * 1-5", timezone="Europe/London"), parameters={"number": 3}
        )
        deployment_id = deployment.apply()
        deadline = time.monotonic() + 30
        runs = []
        with get_client(sync_client=True) as client:
            while not runs and time.monotonic() < deadline:
                time.sleep(0.5)
                runs = client.read_flow_runs(deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])))

    assert runs, "the scheduler made no run: is the SQLAlchemy or FastAPI of the lock too new for this Prefect?"
    assert {run.state_name for run in runs} == {"Scheduled"}
    for run in runs:
        start = run.expected_start_time.in_timezone("Europe/London")
        assert (start.hour, start.minute) == (6, 30)
        assert start.isoweekday() <= 5


def test_a_test_gets_an_empty_postgresql_database_of_its_own(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    try:
        with engine.connect() as connection:
            assert connection.dialect.server_version_info >= (18,)
        assert inspect(engine).get_table_names() == []
    finally:
        engine.dispose()


def test_there_is_a_lock_to_run_one_to_write_to_families_and_one_to_test() -> None:
    assert [lock.name for lock in LOCKS] == ["notify.lock", "run.lock", "test.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_of_a_lock_is_pinned_to_one_version_with_hashes(lock: Path) -> None:
    for pin, hashes in locked(lock):
        assert PIN.match(pin), f"{lock.name}: {pin} is not pinned"
        assert hashes, f"{lock.name}: {pin} has no hash"
        assert all(HASH.match(one) for one in hashes), f"{lock.name}: {pin} has a hash that is none"


@pytest.mark.parametrize("name", ["notify.lock", "run.lock"])
def test_what_is_tested_is_what_is_run(name: str) -> None:
    run, test = (dict(locked(ROOT / "requirements" / one)) for one in (name, "test.lock"))
    # The same version, from the same files; the condition may be worded otherwise where only a test package asks for it.
    bare = {pin.partition(" ;")[0]: hashes for pin, hashes in test.items()}

    assert {pin for pin, hashes in run.items() if bare.get(pin.partition(" ;")[0]) != hashes} == set()


@pytest.mark.parametrize(
    "line",
    [
        "prefect>=3.8.8",
        "prefect",
        "prefect==3.8.8 --hash=sha1:00",
        "prefect @ file:///somewhere",
        "-e .",
    ],
)
def test_a_loose_line_would_be_noticed(line: str) -> None:
    assert not PIN.match(line)


def test_no_lock_names_any_address() -> None:
    for lock in LOCKS:
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name


def test_no_file_names_a_package_index() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in our_files()
        for host in INDEX_HOSTS
        if host in path.read_bytes().decode("utf-8", errors="ignore")
    ]

    assert named == []


def locked(lock: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Each entry of a lock: what is pinned, and its hashes."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", "\0").splitlines()
    entries = [[part.strip() for part in line.split("\0")] for line in lines if line.strip()]
    return [(pin, tuple(hashes)) for pin, *hashes in entries]


def our_files() -> list[Path]:
    """Every file that could be committed; .venv and the tools' own folders begin with a dot."""
    found = [path for path in ROOT.glob("*") if path.is_file()] + list((ROOT / ".ci").glob("*"))
    for folder in ROOT.iterdir():
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in NOT_OURS and folder.suffix != ".egg-info":
            found += [path for path in folder.rglob("*") if path.is_file() and not NOT_OURS & set(path.relative_to(folder).parts)]
    return found
