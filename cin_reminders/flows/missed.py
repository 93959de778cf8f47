"""A daily run that never was: begun by the next delivery, since Prefect begins nothing again.

It happens where the server was down for longer than Prefect had planned ahead, three runs of each deployment, and where a run was
killed before it had said anything to the ledger.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import FlowRun

from cin_reminders.case import LONDON

DAILY = "daily-reminders"
# A run that dies of itself would be begun at every delivery of the day.
DEATHS = 3
# A worker that has taken a run has its process up within seconds; killed in between, it leaves the run so for good.
PENDING_FOR = timedelta(minutes=10)


def begin_daily_run(settings: str, now: datetime) -> bool:
    """Have the daily run of the deployment that reads this settings file begin now; False where it is not to be.

    It is not where one is on its way or runs already, where a person has paused the deployment or its schedule, and where three
    of today's have died.
    """
    with get_client(sync_client=True) as client:
        for deployment in client.read_deployments(flow_filter=FlowFilter(name=FlowFilterName(any_=[DAILY]))):
            if deployment.parameters.get("settings") != settings or deployment.paused:
                continue
            if any(schedule.active for schedule in deployment.schedules) and _may_begin(client, deployment.id, now):
                client.create_flow_run_from_deployment(deployment.id)
                return True
    return False


def _may_begin(client: SyncPrefectClient, deployment_id: UUID, now: datetime) -> bool:
    midnight = now.astimezone(LONDON).replace(hour=0, minute=0, second=0, microsecond=0)
    todays = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])),
        # Up to now: tomorrow's is planned already.
        flow_run_filter=FlowRunFilter(
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"after_": midnight, "before_": now})
        ),
    )
    deaths = sum(run.state is not None and run.state.is_crashed() for run in todays)
    return deaths < DEATHS and not any(_is_on_its_way(run, now) for run in todays)


def _is_on_its_way(run: FlowRun, now: datetime) -> bool:
    if run.state is None or run.state.is_final():
        return False
    return not (run.state.is_pending() and now - run.state.timestamp > PENDING_FOR)
