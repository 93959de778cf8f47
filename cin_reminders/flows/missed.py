"""A daily run that never was: begun by the next delivery, since Prefect begins nothing again.

It happens where the server was down for longer than Prefect had planned ahead, three runs of each deployment, and where a run was
killed before it had said anything to the ledger.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES, StateType

DAILY = "daily-reminders"


def begin_daily_run(settings: str) -> bool:
    """Have the daily run of the deployment that reads this settings file begin now; False where it is not to be.

    It is not where one is on its way or runs already, and where a person has paused the deployment or its schedule.
    """
    with get_client(sync_client=True) as client:
        for deployment in client.read_deployments(flow_filter=FlowFilter(name=FlowFilterName(any_=[DAILY]))):
            if deployment.parameters.get("settings") != settings or deployment.paused:
                continue
            if any(schedule.active for schedule in deployment.schedules) and not _is_on_its_way(client, deployment.id):
                client.create_flow_run_from_deployment(deployment.id)
                return True
    return False


def _is_on_its_way(client: SyncPrefectClient, deployment_id: UUID) -> bool:
    unfinished = [state for state in StateType if state not in TERMINAL_STATES]
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=unfinished)),
            # Tomorrow's is planned already.
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": datetime.now(UTC)}),
        ),
        limit=1,
    )
    return bool(found)
