"""`deploy` and `deploy --remove` against a server that asks for a password and that two councils share."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect_commands import Server, running_prefect
from small_council import PROGRAM, Answer, SmallCouncil, small_council

from cin_reminders.flows.automations import ending_the_dead, names_of_alarms

pytestmark = pytest.mark.timeout(600)

WORD = "council:qzsecret"
FLOWS = ["backfill", "daily-reminders", "deliver-due", "record-decision", "retention", "weekly-report"]
WATCHED = '[email]\nhost = "localhost"\n[watch]\noperator = "data.team@council.gov.uk"'


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server as docs/operations.md has it: nobody opens it without its user and password."""
    with running_prefect(PREFECT_SERVER_API_AUTH_STRING=WORD) as server:
        yield server


@pytest.fixture
def councils(tmp_path: Path) -> dict[str, SmallCouncil]:
    """Two councils that share a server, and of whose names one begins with the other."""
    return {name: made(tmp_path / name, name) for name in ("north", "north_2")}


def made(folder: Path, name: str) -> SmallCouncil:
    folder.mkdir()
    council = small_council(folder, set_up=False, more=WATCHED)
    text = council.settings.read_text(encoding="utf-8").replace('"testshire"', f'"{name}"')
    council.settings.write_text(text, encoding="utf-8")
    return council


def deploy(council: SmallCouncil, server: Server, *more: str, word: str | None = WORD) -> Answer:
    """What `deploy` says as a data team types it."""
    environment = os.environ | {"PREFECT_API_URL": server.url} | ({"PREFECT_API_AUTH_STRING": word} if word else {})
    done = subprocess.run(
        [PROGRAM, "--settings", council.settings, "deploy", *more],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    return Answer(code=done.returncode, out=done.stdout, err=done.stderr).checked()


def asked(server: Server, what: str, **filters: Any) -> Any:
    """What Prefect's own interface answers: ``what`` is as `deployments/filter`."""
    answer = httpx.post(f"{server.url}/{what}", json=filters, auth=("council", "qzsecret"), timeout=30)
    return answer.raise_for_status().json()


def standing(server: Server) -> dict[str, set[str]]:
    """What of ours is on the server, by its name, and which councils have runs that are to begin."""
    of_people = {"block_documents": {"is_anonymous": {"eq_": False}}}
    return {
        "deployments": {f"{one['entrypoint'].rpartition(':')[2]}/{one['name']}" for one in asked(server, "deployments/filter")},
        "automations": {one["name"] for one in asked(server, "automations/filter")},
        "blocks": {one["name"] for one in asked(server, "block_documents/filter", **of_people)},
        "pools": {one["name"] for one in asked(server, "work_pools/filter")},
        "runs": {name for name in ("north", "north_2") if has_runs(server, name)},
    }


def has_runs(server: Server, council: str) -> bool:
    return bool(asked(server, "flow_runs/count", flow_runs={"tags": {"all_": [f"council-{council}"]}}))


@pytest.mark.parametrize(
    "word, said",
    [
        (None, "is not set, and Prefect's server asks for it"),
        ("council:another", "is not what Prefect's server asks for"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--remove",)], ids=["deploy", "remove"])
def test_without_the_servers_password_it_says_which_setting_is_wanting(
    server: Server, councils: dict[str, SmallCouncil], word: str | None, said: str, more: tuple[str, ...]
) -> None:
    answer = deploy(councils["north"], server, *more, word=word)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"cin-reminders: PREFECT_API_AUTH_STRING: {said}; it must be USER:PASSWORD")
    assert "PREFECT_SERVER_API_AUTH_STRING" in answer.err
    assert WORD not in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_council_is_taken_off_a_server_on_which_another_keeps_all_that_it_has(
    server: Server, councils: dict[str, SmallCouncil]
) -> None:
    for council in councils.values():
        assert deploy(council, server).code == 0
    # The server makes the runs that are to begin a moment later.
    deadline = time.monotonic() + 60
    while not all(has_runs(server, name) for name in councils) and time.monotonic() < deadline:
        time.sleep(0.5)
    before = standing(server)
    assert before["runs"] == {"north", "north_2"}

    first, second = (deploy(councils["north"], server, "--remove") for _ in range(2))
    after = standing(server)
    last = deploy(councils["north_2"], server, "--remove")
    at_the_end = standing(server)

    assert (first.code, second.code, last.code) == (0, 0, 0)
    stays = "Other councils are deployed there: the work pool and what ends a dead run stay."
    assert sorted(first.out.splitlines()) == sorted([stays, *(f"{one} is removed" for one in all_of("north"))])
    assert second.out.splitlines() == [stays, "Nothing of this council stands there."]
    # The other's are all there, and so are the runs that are to begin.
    ours = {name: {one for one in found if not is_norths(one)} for name, found in before.items()}
    assert after == ours
    assert after["automations"] == {ending_the_dead().name, *names_of_alarms("north_2")}
    shared = [f"the automation {ending_the_dead().name!r}", "the work pool 'cin-reminders'"]
    assert sorted(last.out.splitlines()) == sorted(f"{one} is removed" for one in [*all_of("north_2"), *shared])
    assert at_the_end == {name: set() for name in before}


def all_of(council: str) -> list[str]:
    """What a council has on the server, as it is named when it goes."""
    block = f"the block 'cin-reminders-{council.replace('_', '-')}'"
    return [*(f"the alarm {name!r}" for name in names_of_alarms(council)), block, *(f"{flow}/{council}" for flow in FLOWS)]


def is_norths(name: str) -> bool:
    return name in ("north", "cin-reminders-north", *names_of_alarms("north")) or name.endswith("/north")


def test_where_nothing_was_ever_deployed_nothing_is_removed_and_a_pool_of_somebody_elses_flows_stays(
    server: Server, councils: dict[str, SmallCouncil]
) -> None:
    asked(server, "work_pools/", name="cin-reminders", type="process")
    flow = asked(server, "flows/", name="payroll")
    where = {"flow_id": flow["id"], "work_pool_name": "cin-reminders", "entrypoint": "payroll.py:pay"}
    theirs = asked(server, "deployments/", name="monthly", **where)

    answer = deploy(councils["north"], server, "--remove")

    assert (answer.code, answer.out) == (0, "Nothing of this council stands there.\n")
    assert standing(server)["pools"] == {"cin-reminders"}
    for one in (f"deployments/{theirs['id']}", "work_pools/cin-reminders"):
        httpx.delete(f"{server.url}/{one}", auth=("council", "qzsecret"), timeout=30).raise_for_status()
