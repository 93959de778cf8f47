"""prefect.yaml says what it means to say: Prefect itself passes over a key that it does not know."""

from __future__ import annotations

import time
from copy import deepcopy
from datetime import datetime, timedelta
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

from cin_reminders.flows.automations import OURS, SILENT_FOR
from cin_reminders.flows.deployment import of_council

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


DAILY, DUE, WEEKLY = "daily-reminders", "deliver-due", "weekly-report"
BACKFILL, DECISION, RETENTION = "backfill", "record-decision", "retention"
NAMES = [DAILY, DUE, WEEKLY, BACKFILL, DECISION, RETENTION]
# A second daily run waits for the first. What one delivery leaves, the next in a quarter of an hour takes up.
COLLISIONS = dict.fromkeys(NAMES, "ENQUEUE") | {DUE: "CANCEL_NEW"}
# What whoever starts a run by hand has to fill in.
FILLED_IN = {BACKFILL: {"from_on", "to_on"}, DECISION: {"what", "who", "why"}}


@pytest.mark.parametrize(
    "name, cron",
    [
        (DAILY, "30 6 * * 1-5"),
        (DUE, "*/15 7-18 * * 1-5"),
        # After the daily run, whose work it reports.
        (WEEKLY, "30 7 * * 1"),
        # On the first of a month, before the day's run.
        (RETENTION, "0 5 1 * *"),
    ],
)
def test_each_flow_is_at_its_hours_in_london(written: dict[str, Any], name: str, cron: str) -> None:
    deployments = {one.name: one for one in PrefectYamlModel.model_validate(written).deployments}
    assert [*deployments] == NAMES
    deployment = deployments[name]
    (schedule,) = deployment.schedules or []

    assert isinstance(schedule, RawScheduleConfig)
    assert (schedule.cron, schedule.timezone, schedule.active) == (cron, "Europe/London", True)


@pytest.mark.parametrize("name", NAMES)
def test_each_flow_runs_one_at_a_time_on_the_one_work_pool(written: dict[str, Any], name: str) -> None:
    [deployment] = [one for one in PrefectYamlModel.model_validate(written).deployments if one.name == name]

    assert isinstance(deployment.concurrency_limit, ConcurrencyLimitSpec)
    limit = ConcurrencyLimitConfig.model_validate(deployment.concurrency_limit.model_dump())
    assert (limit.limit, limit.collision_strategy.value) == (1, COLLISIONS[name])
    assert deployment.work_pool is not None
    assert deployment.work_pool.name == "cin-reminders"


@pytest.mark.parametrize("name", [BACKFILL, DECISION])
def test_what_a_person_begins_has_no_schedule(written: dict[str, Any], name: str) -> None:
    [deployment] = [one for one in PrefectYamlModel.model_validate(written).deployments if one.name == name]

    assert deployment.schedules == []


def test_a_backfill_shows_unless_told_otherwise(written: dict[str, Any]) -> None:
    [deployment] = [one for one in PrefectYamlModel.model_validate(written).deployments if one.name == BACKFILL]

    assert deployment.parameters is not None
    assert deployment.parameters["mode"] == "plan"


def test_what_does_not_fit_the_form_of_a_decision_is_refused_before_it_is_kept(written: dict[str, Any]) -> None:
    [deployment] = [one for one in PrefectYamlModel.model_validate(written).deployments if one.name == DECISION]

    assert deployment.enforce_parameter_schema is True


@pytest.mark.parametrize("which", range(len(NAMES)), ids=NAMES)
def test_each_flow_is_where_the_file_says_and_takes_the_parameters_that_it_gives(written: dict[str, Any], which: int) -> None:
    deployment = written["deployments"][which]
    path, _, name = deployment["entrypoint"].partition(":")
    flow = load_flow_from_entrypoint(f"{ROOT / path}:{name}")

    assert flow.name == deployment["name"]
    assert flow.retries == 0
    assert set(deployment["parameters"]) <= set(flow.parameters.properties)
    assert set(flow.parameters.required) - FILLED_IN.get(flow.name, set()) <= set(deployment["parameters"])
    assert deployment["tags"][0] == OURS
    environment = deployment["work_pool"]["job_variables"]["env"]
    assert environment["DO_NOT_TRACK"] == "1"
    # A run that lives says so three times before it is taken for dead.
    assert 3 * timedelta(seconds=int(environment["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])) <= SILENT_FOR


@pytest.mark.parametrize("which", range(len(NAMES)), ids=NAMES)
def test_each_description_reads_well_on_prefects_page(written: dict[str, Any], which: int) -> None:
    description = written["deployments"][which]["description"]

    assert description[0].isupper()
    assert description.endswith(".")
    assert 60 < len(description) < 400
    assert "\n" not in description.strip()


def test_a_councils_deployments_differ_in_name_tag_and_settings_alone(written: dict[str, Any]) -> None:
    before = deepcopy(written)

    one, other = (of_council(written, council, Path(f"/srv/{council}/cin.toml")) for council in ("north", "south"))

    assert written == before
    assert {deployment["name"] for deployment in one["deployments"]} == {"north"}
    assert [deployment["tags"][-1] for deployment in other["deployments"]] == ["council-south"] * len(NAMES)
    for deployment, plain in zip(other["deployments"], written["deployments"], strict=True):
        assert deployment["parameters"] == plain["parameters"] | {"settings": "/srv/south/cin.toml"}
        same = deployment.keys() - {"name", "tags", "parameters"}
        assert {key: deployment[key] for key in same} == {key: plain[key] for key in same}
    assert unknown_keys(one) == []


def test_prefects_own_commands_make_deployments_that_are_scheduled(prefect_server: str, written: dict[str, Any]) -> None:
    # Another file may have left it on this server.
    prefect(prefect_server, "work-pool", "create", "cin-reminders", "--type", "process", "--overwrite")
    prefect(prefect_server, "deploy", "--all")

    with temporary_settings({PREFECT_API_URL: prefect_server}), get_client(sync_client=True) as client:
        found = {name: client.read_deployment_by_name(f"{name}/{name}") for name in NAMES}
        starts = {name: scheduled_starts(client, found[name]) for name in (DAILY, DUE, WEEKLY, RETENTION)}

    for number, (name, deployment) in enumerate(found.items()):
        assert deployment.global_concurrency_limit is not None
        assert deployment.global_concurrency_limit.limit == 1
        assert deployment.concurrency_options is not None
        assert deployment.concurrency_options.collision_strategy.value == COLLISIONS[name]
        assert deployment.work_pool_name == "cin-reminders"
        assert deployment.parameters == written["deployments"][number]["parameters"]
    assert {(start.hour, start.minute) for start in starts[DAILY]} == {(6, 30)}
    assert {(start.isoweekday(), start.hour, start.minute) for start in starts[WEEKLY]} == {(1, 7, 30)}
    assert {(start.day, start.hour, start.minute) for start in starts[RETENTION]} == {(1, 5, 0)}
    assert starts[DUE]
    assert all(7 <= start.hour <= 18 and start.minute % 15 == 0 for start in starts[DUE])
    assert all(start.isoweekday() <= 5 for name in (DAILY, DUE) for start in starts[name])


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
