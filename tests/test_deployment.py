"""prefect.yaml says what it means to say: Prefect itself passes over a key that it does not know."""

from __future__ import annotations

import time
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect.cli.deploy._models import ConcurrencyLimitSpec, PrefectYamlModel, RawScheduleConfig
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import ConcurrencyLimitConfig, FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_commands import prefect

ROOT = Path(__file__).parent.parent
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def written() -> dict[str, Any]:
    """What prefect.yaml says, as it stands."""
    return dict(yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8")))


def unknown_keys(written: dict[str, Any]) -> list[str]:
    """Each key that Prefect's own models of the file do not take up, as a path."""
    understood = PrefectYamlModel.model_validate(deepcopy(written)).model_dump(mode="json", by_alias=True, exclude_unset=True)
    return list(_lost(written, understood, ""))


def _lost(written: Any, understood: Any, path: str) -> list[str]:
    if isinstance(written, dict):
        if not isinstance(understood, dict):
            return [path]
        lost = [f"{path}.{key}".lstrip(".") for key in written if key not in understood]
        return lost + [
            one for key in written if key in understood for one in _lost(written[key], understood[key], f"{path}.{key}")
        ]
    if isinstance(written, list):
        pairs = zip(written, understood, strict=True)
        return [one for index, (left, right) in enumerate(pairs) for one in _lost(left, right, f"{path}[{index}]".lstrip("."))]
    return []


def test_prefect_takes_up_every_key_of_the_file(written: dict[str, Any]) -> None:
    assert unknown_keys(written) == []


@pytest.mark.parametrize(
    "where, slip, lost",
    [
        ((), "deploymnets", "deploymnets"),
        (("deployments", 0), "concurency_limit", "deployments[0].concurency_limit"),
        (("deployments", 0, "concurrency_limit"), "colision_strategy", "deployments[0].concurrency_limit.colision_strategy"),
        (("deployments", 0, "work_pool"), "nmae", "deployments[0].work_pool.nmae"),
    ],
)
def test_a_misspelt_key_is_noticed(written: dict[str, Any], where: tuple[Any, ...], slip: str, lost: str) -> None:
    place: Any = written
    for step in where:
        place = place[step]
    place[slip] = "x"

    assert unknown_keys(written) == [lost]


def test_a_misspelt_key_of_a_schedule_is_refused_by_prefect_itself(written: dict[str, Any]) -> None:
    written["deployments"][0]["schedules"][0]["timezon"] = "Europe/London"

    with pytest.raises(ValueError, match="timezon"):
        unknown_keys(written)


DAILY, DUE, DECISION, RETENTION = "daily-reminders", "deliver-due", "record-decision", "retention"


@pytest.mark.parametrize(
    "name, cron, collision",
    [
        # A second daily run waits for the first. What one delivery leaves, the next in a quarter of an hour takes up.
        (DAILY, "30 6 * * 1-5", "ENQUEUE"),
        (DUE, "*/15 7-18 * * 1-5", "CANCEL_NEW"),
        # On the first of a month, before the day's run.
        (RETENTION, "0 5 1 * *", "ENQUEUE"),
    ],
)
def test_each_flow_is_at_its_hours_in_london_one_at_a_time(written: dict[str, Any], name: str, cron: str, collision: str) -> None:
    deployments = {one.name: one for one in PrefectYamlModel.model_validate(written).deployments}
    assert [*deployments] == [DAILY, DUE, DECISION, RETENTION]
    deployment = deployments[name]
    (schedule,) = deployment.schedules or []

    assert isinstance(schedule, RawScheduleConfig)
    assert (schedule.cron, schedule.timezone, schedule.active) == (cron, "Europe/London", True)
    assert isinstance(deployment.concurrency_limit, ConcurrencyLimitSpec)
    limit = ConcurrencyLimitConfig.model_validate(deployment.concurrency_limit.model_dump())
    assert (limit.limit, limit.collision_strategy.value) == (1, collision)
    assert deployment.work_pool is not None
    assert deployment.work_pool.name == "cin-reminders"


def test_a_decision_is_made_when_a_person_makes_it(written: dict[str, Any]) -> None:
    [decision] = [one for one in PrefectYamlModel.model_validate(written).deployments if one.name == DECISION]

    assert not decision.schedules
    assert decision.enforce_parameter_schema is True


@pytest.mark.parametrize("which", range(4), ids=[DAILY, DUE, DECISION, RETENTION])
def test_each_flow_is_where_the_file_says_and_takes_the_parameters_that_it_gives(written: dict[str, Any], which: int) -> None:
    deployment = written["deployments"][which]
    path, _, name = deployment["entrypoint"].partition(":")
    flow = load_flow_from_entrypoint(f"{ROOT / path}:{name}")

    assert flow.name == deployment["name"]
    assert flow.retries == 0
    assert set(deployment["parameters"]) <= set(flow.parameters.properties)
    # A person fills in the form of a decision.
    assert deployment["name"] == DECISION or set(flow.parameters.required) <= set(deployment["parameters"])
    assert deployment["work_pool"]["job_variables"] == {"env": {"DO_NOT_TRACK": "1"}}


def test_the_three_documented_commands_make_deployments_that_are_scheduled(prefect_server: str, written: dict[str, Any]) -> None:
    prefect(prefect_server, "work-pool", "create", "cin-reminders", "--type", "process")
    prefect(prefect_server, "deploy", "--all")

    with temporary_settings({PREFECT_API_URL: prefect_server}), get_client(sync_client=True) as client:
        found = {name: client.read_deployment_by_name(f"{name}/{name}") for name in (DAILY, DUE)}
        starts = {name: scheduled_starts(client, deployment) for name, deployment in found.items()}

    for number, (deployment, collision) in enumerate(zip(found.values(), ("ENQUEUE", "CANCEL_NEW"), strict=True)):
        assert deployment.global_concurrency_limit is not None
        assert deployment.global_concurrency_limit.limit == 1
        assert deployment.concurrency_options is not None
        assert deployment.concurrency_options.collision_strategy.value == collision
        assert deployment.work_pool_name == "cin-reminders"
        assert deployment.parameters == written["deployments"][number]["parameters"]
    assert {(start.hour, start.minute) for start in starts[DAILY]} == {(6, 30)}
    assert starts[DUE]
    assert all(7 <= start.hour <= 18 and start.minute % 15 == 0 for start in starts[DUE])
    assert all(start.isoweekday() <= 5 for found in starts.values() for start in found)


def scheduled_starts(client: SyncPrefectClient, deployment: DeploymentResponse) -> set[datetime]:
    """When the server will start the runs of a deployment, in London's time; its scheduler makes them a moment later."""
    deadline = time.monotonic() + 30
    runs: list[FlowRun] = []
    while not runs and time.monotonic() < deadline:
        time.sleep(0.5)
        of_it = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
        # Another file may have triggered runs by hand on the same server.
        runs = [run for run in client.read_flow_runs(deployment_filter=of_it) if run.auto_scheduled]
    return {run.expected_start_time.astimezone(LONDON) for run in runs if run.expected_start_time}
