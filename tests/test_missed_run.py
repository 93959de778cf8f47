"""A day whose run never was, or died before it had told the ledger: the next delivery has it begin, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId, FlowRunFilter, FlowRunFilterState
from prefect.client.schemas.filters import FlowRunFilterStateType as OfType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Crashed, Pending, Running
from small_council import SmallCouncil, small_council

from cin_reminders.case import LONDON
from cin_reminders.flows.daily import daily_reminders
from cin_reminders.flows.deliver import deliver_due
from cin_reminders.flows.missed import begin_daily_run


@pytest.fixture
def client(prefect_server: str) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: prefect_server}), get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def deployed(client: SyncPrefectClient, council: SmallCouncil, *, active: bool = True, paused: bool = False) -> UUID:
    """The council's daily run, planned for half past six on each weekday."""
    return client.create_deployment(
        client.create_flow(daily_reminders),
        name=f"missed-{uuid4()}",
        parameters={"settings": str(council.settings)},
        schedules=[DeploymentScheduleCreate(schedule=CronSchedule(cron="30 6 * * 1-5", timezone="Europe/London"), active=active)],
        paused=paused,
    )


def begun(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    """The runs of a deployment that were not planned by its schedule."""
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])),
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=OfType(any_=[*StateType]))),
    )
    return [one for one in found if not one.auto_scheduled]


def test_it_is_begun_once_however_many_deliveries_miss_it(client: SyncPrefectClient, council: SmallCouncil) -> None:
    deployment = deployed(client, council)

    assert [begin_daily_run(str(council.settings), datetime.now(UTC)) for _ in range(3)] == [True, False, False]

    (run,) = begun(client, deployment)
    # No date of its own: the one of its start, as of any run that a schedule begins.
    assert run.parameters == {"settings": str(council.settings)}


@pytest.mark.parametrize("died", [True, False])
def test_one_that_died_is_begun_again_and_one_that_runs_is_not(
    client: SyncPrefectClient, council: SmallCouncil, died: bool
) -> None:
    deployment = deployed(client, council)
    run = client.create_flow_run_from_deployment(deployment)
    client.set_flow_run_state(run.id, Running(), force=True)
    if died:
        client.set_flow_run_state(run.id, Crashed(message="no sign of life"), force=True)

    assert begin_daily_run(str(council.settings), datetime.now(UTC)) is died


def test_a_day_whose_runs_have_died_three_times_is_left_to_a_person(client: SyncPrefectClient, council: SmallCouncil) -> None:
    deployment = deployed(client, council)

    begins = []
    for _ in range(4):
        begins.append(begin_daily_run(str(council.settings), datetime.now(UTC)))
        for run in begun(client, deployment):
            client.set_flow_run_state(run.id, Crashed(message="no sign of life"), force=True)

    assert begins == [True, True, True, False]


@pytest.mark.parametrize("minutes, again", [(9, False), (11, True)])
def test_one_whose_process_never_came_up_is_begun_again_after_ten_minutes(
    client: SyncPrefectClient, council: SmallCouncil, minutes: int, again: bool
) -> None:
    deployment = deployed(client, council)
    run = client.create_flow_run_from_deployment(deployment)
    client.set_flow_run_state(run.id, Pending(), force=True)

    assert begin_daily_run(str(council.settings), datetime.now(UTC) + timedelta(minutes=minutes)) is again


@pytest.mark.parametrize("how", [{"active": False}, {"paused": True}], ids=["schedule off", "deployment paused"])
def test_what_a_person_has_paused_is_not_begun(client: SyncPrefectClient, council: SmallCouncil, how: dict[str, bool]) -> None:
    deployment = deployed(client, council, **how)

    assert begin_daily_run(str(council.settings), datetime.now(UTC)) is False
    assert begun(client, deployment) == []


def test_another_councils_run_is_none_of_its_business(client: SyncPrefectClient, council: SmallCouncil) -> None:
    deployment = deployed(client, council)

    assert begin_daily_run(f"{council.settings}.other", datetime.now(UTC)) is False
    assert begun(client, deployment) == []


def test_a_delivery_has_todays_run_begin_until_the_ledger_knows_of_one(client: SyncPrefectClient, council: SmallCouncil) -> None:
    deployment = deployed(client, council)

    assert deliver_due(settings=str(council.settings)) == {}
    (run,) = begun(client, deployment)
    client.set_flow_run_state(run.id, Completed(), force=True)
    assert deliver_due(settings=str(council.settings)) == {}
    assert len(begun(client, deployment)) == 2

    for one in begun(client, deployment):
        client.set_flow_run_state(one.id, Completed(), force=True)
    council.run(f"{datetime.now(LONDON):%Y-%m-%d}")
    assert deliver_due(settings=str(council.settings)) == {}
    assert len(begun(client, deployment)) == 2


def test_a_delivery_of_another_day_asked_for_by_a_person_begins_nothing(client: SyncPrefectClient, council: SmallCouncil) -> None:
    deployment = deployed(client, council)

    deliver_due(settings=str(council.settings), on=datetime.now(LONDON).date())

    assert begun(client, deployment) == []
