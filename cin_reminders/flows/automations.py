"""What Prefect does by itself about runs: ends one that died, and tells the operator of one that failed or never began.

Each is told once, and a delivery that fails every quarter of an hour is told once an hour.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ActionTypes, ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

OURS = "cin-reminders"  # the tag of every deployment of this service
# Three times what the deployments say as PREFECT_FLOWS_HEARTBEAT_FREQUENCY: one lost in the post is no death.
SILENT_FOR = timedelta(seconds=90)
NOT_BEGUN_FOR = timedelta(minutes=30)
# docs/operations.md says the same.
RUN_AGAIN = (
    "the next delivery begins the day again, from 07:00 to 18:45 and up to three times. Sooner or later than that: press Run on "
    "daily-reminders, or `cin-reminders run --live`"
)

_RUN: dict[str, str | list[str]] = {"prefect.resource.id": "prefect.flow-run.*"}
_EACH_RUN = {"prefect.resource.id"}
_ENDS = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Crashed", "Cancelled", "TimedOut")}
# What Prefect puts before the words of an error says nothing to whoever has to act.
_WHY = "{{ flow_run.state.message | replace('Flow run encountered an exception: ', '') | replace('NotDone: ', '') }}"
_WHAT_TO_DO = "What to do: docs/operations.md, What each alarm means. What the run did and did not do is in the ledger."


def ending_the_dead(silent_for: timedelta = SILENT_FOR) -> AutomationCore:
    """A run that has given no sign of life is ended as crashed, so that the next one need not wait for it.

    What it left undone, a day that it had not yet planned among it, is done by the run that the next delivery begins.
    """
    return AutomationCore(
        name=f"{OURS}: end a run that died",
        description="A run whose machine or process is gone stays Running for ever otherwise, and the next would wait for it.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *_ENDS},
            match=_RUN,
            match_related=_tagged(OURS),
            for_each=_EACH_RUN,
            posture=Posture.Proactive,
            threshold=1,
            within=silent_for,
        ),
        actions=[
            ChangeFlowRunState(
                name="Crashed",
                state=StateType.CRASHED,
                message=f"no sign of life: its process or machine is gone. If it was the daily run: {RUN_AGAIN}",
            )
        ],
    )


def names_of_alarms(council: str) -> tuple[str, str, str]:
    """What the three alarms of one council are called."""
    return (
        f"{OURS} {council}: a run failed",
        f"{OURS} {council}: deliveries keep failing",
        f"{OURS} {council}: the daily run has not begun",
    )


def alarms_of(council: str, operator: UUID, not_begun_for: timedelta = NOT_BEGUN_FOR) -> tuple[AutomationCore, ...]:
    """The alarms of one council, each told through the block ``operator``."""
    failed, delivery, not_begun = names_of_alarms(council)
    this = council_tag(council)
    bad = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}
    how = f"The run {{{{ flow_run.name }}}} of {{{{ flow.name }}}} ended as {{{{ flow_run.state.name }}}}: {_WHY}"
    return (
        AutomationCore(
            name=failed,
            description="Tells the operator of each run that failed, was held or crashed; deliveries have an alarm of their own.",
            trigger=EventTrigger(
                expect=bad,
                match=_RUN,
                match_related=[
                    _tagged(this),
                    _of_flows("daily-reminders", "weekly-report", "backfill", "record-decision", "retention"),
                ],
                posture=Posture.Reactive,
                threshold=1,
            ),
            actions=[_telling(operator, f"{council}: a run of the Child in Need reminders failed", how)],
        ),
        AutomationCore(
            name=delivery,
            description="Tells the operator when four deliveries failed within an hour and a half: each takes up what one left.",
            trigger=EventTrigger(
                expect=bad,
                match=_RUN,
                match_related=[_tagged(this), _of_flows("deliver-due")],
                posture=Posture.Reactive,
                threshold=4,
                within=timedelta(minutes=90),
            ),
            actions=[_telling(operator, f"{council}: Child in Need reminders cannot be delivered", how)],
        ),
        AutomationCore(
            name=not_begun,
            description="Tells the operator when the daily run has not begun half an hour after its time: no worker takes it.",
            trigger=EventTrigger(
                after={"prefect.flow-run.Late"},
                expect={"prefect.flow-run.Running", *_ENDS},
                match=_RUN,
                match_related=[_tagged(this), _of_flows("daily-reminders")],
                for_each=_EACH_RUN,
                posture=Posture.Proactive,
                threshold=1,
                within=not_begun_for,
            ),
            actions=[
                _telling(
                    operator,
                    f"{council}: today's run of the Child in Need reminders has not begun",
                    # On SQLite Prefect now and then loses sight of a beginning: the reader sees how the run stands.
                    "The run {{ flow_run.name }} was to begin half an hour ago, and is {{ flow_run.state.name }}. "
                    "If that is Late: is a worker running?",
                )
            ],
        ),
    )


def council_tag(council: str) -> str:
    """The tag of everything in Prefect that is one council's."""
    return f"council-{council}"


def put_in_place(client: SyncPrefectClient, automation: AutomationCore) -> None:
    """Make an automation, or bring the one of its name to what is wanted; one that is so already is left alone.

    Prefect forgets what a changed automation was waiting for, a run that has just died among it.
    """
    standing = client.read_automations_by_name(automation.name)
    if not standing:
        client.create_automation(automation)
        return
    if _as_wanted(standing[0]) != _as_wanted(automation):
        client.update_automation(standing[0].id, automation)
    # Two deployments at once may each have made one.
    for another in standing[1:]:
        client.delete_automation(another.id)


def take_away(client: SyncPrefectClient, name: str) -> bool:
    """Delete every automation of a name; whether there was one."""
    standing = client.read_automations_by_name(name)
    for one in standing:
        client.delete_automation(one.id)
    return bool(standing)


def _as_wanted(automation: AutomationCore) -> dict[str, object]:
    # Not as JSON: the events that a trigger waits for are a set, which becomes a list in any order.
    return automation.model_dump(include={"name", "description", "enabled", "trigger", "actions"})


def _tagged(*tags: str) -> dict[str, str | list[str]]:
    return {"prefect.resource.role": "tag", "prefect.resource.id": [f"prefect.tag.{tag}" for tag in tags]}


def _of_flows(*names: str) -> dict[str, str | list[str]]:
    return {"prefect.resource.role": "flow", "prefect.resource.name": [*names]}


def _telling(operator: UUID, subject: str, body: str) -> ActionTypes:
    return SendNotification(block_document_id=operator, subject=subject, body=f"{body}\n{_WHAT_TO_DO}")
