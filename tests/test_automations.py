"""What Prefect's server does by itself: a run that died is ended, and whoever runs the service is told of one that failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import http_server
import httpx
import pytest
import smtp_server
from live_channels import Ends, council_at
from patience import wait_until
from prefect import tags
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.events.schemas.automations import EventTrigger
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Failed, Pending, Running, Scheduled
from small_council import EARLY, small_council
from smtp_server import Behaviour, Step

from cin_reminders.flows.automations import (
    OURS,
    RUN_AGAIN,
    alarms_of,
    council_tag,
    ending_the_dead,
    names_of_alarms,
    put_in_place,
    take_away,
)
from cin_reminders.flows.daily import NotDone, daily_reminders
from cin_reminders.flows.deliver import deliver_due
from cin_reminders.flows.operator import OperatorOfCouncil

SIGNATURE = "canary-sig"
TUESDAY = date(2026, 3, 24)
WHY = "the messages could not go: the relay refuses the login"
BY_PREFECT = "Flow run encountered an exception:"


@pytest.fixture
def client(prefect_server: str) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: prefect_server}), get_client(sync_client=True) as client:
        yield client


def held_run(folder: Path, council: str) -> str:
    """A daily run that a guard really holds, with its state in Prefect's own words; its name."""
    folder.mkdir()
    held = small_council(folder)
    held.rows = {}
    held.write_records()
    with tags(OURS, council_tag(council)):
        state = daily_reminders(settings=str(held.settings), on=TUESDAY, return_state=True)
    assert str(state.message).startswith(f"{BY_PREFECT} NotDone: ")
    with get_client(sync_client=True) as client:
        return client.read_flow_run(state.state_details.flow_run_id).name


def failed_run(client: SyncPrefectClient, flow: Any, council: str) -> FlowRun:
    run = client.create_flow_run(flow, tags=[OURS, council_tag(council)])
    # As Prefect itself words it, which the held run shows.
    client.set_flow_run_state(run.id, Failed(message=f"{BY_PREFECT} NotDone: {NotDone(TUESDAY, WHY)}"), force=True)
    return run


def settings_file(folder: Path, relay: smtp_server.Running, web: http_server.Running) -> Path:
    (folder / "webhooks.toml").write_text(f'data-team = "{web.origin}/hook?sig={SIGNATURE}"\n', encoding="utf-8")
    file = folder / "cin_reminders.toml"
    file.write_text(
        f"""
        council = "north"
        policy = "cumbria"
        [records]
        url = "csv:."
        [email]
        host = "{relay.host}"
        port = {relay.port}
        ca_file = "{relay.ca_file}"
        from_address = "cin-reminders@council.gov.uk"
        reply_to = "data.team@council.gov.uk"
        [teams]
        webhooks_file = "webhooks.toml"
        ca_file = "{web.ca_file}"
        [watch]
        operator = "data.team@council.gov.uk"
        operator_channel = "data-team"
        """,
        encoding="utf-8",
    )
    return file


@pytest.mark.timeout(300)
def test_the_operator_is_told_of_a_failed_run_by_mail_and_in_teams_and_of_no_other_councils(
    client: SyncPrefectClient, tmp_path: Path
) -> None:
    with smtp_server.running_server() as relay, http_server.running_server() as web:
        block = OperatorOfCouncil(settings=str(settings_file(tmp_path, relay, web)))
        for alarm in alarms_of("north", UUID(str(block.save("cin-reminders-north", overwrite=True)))):
            put_in_place(client, alarm)
        # The server takes a new automation up a moment after it was made.
        time.sleep(5)
        # Neither another council's, nor a single delivery, which the next one makes good.
        failed_run(client, daily_reminders, "south")
        failed_run(client, deliver_due, "north")
        run = held_run(tmp_path / "held", "north")
        wait_until(lambda: relay.messages and web.taken, 90)
        first = (len(relay.messages), len(web.taken))
        for _ in range(3):
            failed_run(client, deliver_due, "north")
        wait_until(lambda: len(relay.messages) > 1, 90)
    for name in names_of_alarms("north"):
        take_away(client, name)

    assert first == (1, 1)
    letter, of_deliveries = (taken.parsed for taken in relay.messages)
    assert letter["To"].addresses[0].addr_spec == "data.team@council.gov.uk"
    assert letter["Subject"] == "north: a run of the Child in Need reminders failed"
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    why = "Tue 24 Mar 2026, held: the extract is empty: cin_cases holds no row"
    assert f"The run {run} of daily-reminders ended as Failed: {why}\n" in text.replace("\r", "")
    assert "docs/operations.md" in text
    assert of_deliveries["Subject"] == "north: Child in Need reminders cannot be delivered"
    assert why.encode() in web.taken[0].body
    said = " ".join(of_deliveries.get_body(("plain",)).get_content().split())
    assert f"of deliver-due ended as Failed: Tue 24 Mar 2026, incomplete: {WHY}" in said
    # What Prefect keeps of the operator is where the settings are.
    (document,) = (
        one for one in client.read_block_documents_by_type("cin-reminders-operator") if one.name == "cin-reminders-north"
    )
    assert document.data == {"settings": str(tmp_path / "cin_reminders.toml")}


# A run of a deployment in a process of its own, as a worker starts it once it has set it to Pending.
CARRY_OUT = """
import sys
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

from cin_reminders.flows.daily import daily_reminders

with get_client(sync_client=True) as client:
    run = client.read_flow_run(UUID(sys.argv[1]))
run_flow(daily_reminders, flow_run=run, parameters=run.parameters)
"""


@pytest.mark.timeout(300)
def test_a_run_that_died_is_ended_and_the_next_one_may_begin(
    client: SyncPrefectClient, prefect_server: str, tmp_path: Path
) -> None:
    put_in_place(client, ending_the_dead(timedelta(seconds=25)))
    # The server takes a new automation up a moment after it was made.
    time.sleep(5)
    with smtp_server.running_server(behaviour=Behaviour(steps=(Step(at="DOT", seconds=120),))) as relay:
        council = council_at(tmp_path, Ends(mail=relay))
        parameters = {"settings": str(council.settings), "on": EARLY}
        deployment = client.create_deployment(
            client.create_flow(daily_reminders), name=f"zombie-{uuid4()}", concurrency_limit=1, tags=[OURS]
        )
        dead, waiting = (client.create_flow_run_from_deployment(deployment, parameters=parameters) for _ in range(2))
        client.set_flow_run_state(dead.id, Pending())
        process = subprocess.Popen(
            [sys.executable, "-c", CARRY_OUT, str(dead.id)],
            env=os.environ | {"PREFECT_API_URL": prefect_server, "CIN_REMINDERS__LIVE": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Its first message is stuck at the relay. What sign of life it has given is Prefect's own.
        wait_until(lambda: [one["state"] for one in council.messages()] == ["sending"])
        process.kill()
        process.wait()
    before = state_of(client, dead)
    client.set_flow_run_state(waiting.id, Pending())
    meanwhile = state_of(client, waiting)

    wait_until(lambda: state_of(client, dead) == "Crashed")
    take_away(client, ending_the_dead().name)
    client.set_flow_run_state(waiting.id, Pending())

    assert (before, meanwhile) == ("Running", "AwaitingConcurrencySlot")
    assert state_of(client, waiting) == "Pending"
    said = str(client.read_flow_run(dead.id).state)
    assert "no sign of life" in said
    assert RUN_AGAIN in said


@pytest.mark.timeout(300)
def test_the_operator_is_told_of_a_daily_run_that_no_worker_takes_and_how_each_stands(
    client: SyncPrefectClient, tmp_path: Path
) -> None:
    tags = [OURS, council_tag("north")]
    with smtp_server.running_server() as relay, http_server.running_server() as web:
        block = OperatorOfCouncil(settings=str(settings_file(tmp_path, relay, web)))
        operator = UUID(str(block.save("cin-reminders-north", overwrite=True)))
        *_, not_begun = alarms_of("north", operator, not_begun_for=timedelta(seconds=12))
        put_in_place(client, not_begun)
        time.sleep(5)
        # Both are Late, as Prefect's own service finds; one is taken in time.
        daily = client.create_deployment(client.create_flow(daily_reminders), name=f"late-{uuid4()}", tags=tags)
        begun, left = (
            client.create_flow_run_from_deployment(daily, state=Scheduled(scheduled_time=datetime.now(UTC))) for _ in range(2)
        )
        wait_until(lambda: state_of(client, begun) == "Late")
        client.set_flow_run_state(begun.id, Running(), force=True)
        # Not of a delivery, nor of another council.
        delivery = client.create_deployment(client.create_flow(deliver_due), name=f"late-{uuid4()}", tags=tags)
        client.create_flow_run_from_deployment(delivery, state=Scheduled(scheduled_time=datetime.now(UTC)))
        wait_until(lambda: relay.messages and web.taken, 90)
        assert state_of(client, left) == "Late"
        time.sleep(15)
    take_away(client, not_begun.name)
    client.delete_flow_run(left.id)

    letters = [taken.parsed for taken in relay.messages]
    assert {letter["Subject"] for letter in letters} == {"north: today's run of the Child in Need reminders has not begun"}
    said = {letter.get_body(("plain",)).get_content().splitlines()[0] for letter in letters}  # type: ignore[union-attr]
    told = f"The run {left.name} was to begin half an hour ago, and is Late. If that is Late: is a worker running?"
    # On SQLite Prefect now and then does an action twice, or loses sight of a beginning: then the alarm says how that run stands.
    lost = f"The run {begun.name} was to begin half an hour ago, and is Running. If that is Late: is a worker running?"
    assert told in said
    assert said <= {told, lost}
    assert web.taken


def test_a_daily_run_that_no_worker_takes_is_told_after_half_an_hour() -> None:
    *_, not_begun = alarms_of("north", uuid4())

    assert isinstance(not_begun.trigger, EventTrigger)
    assert not_begun.trigger.within == timedelta(minutes=30)
    assert "half an hour ago" in str(not_begun.actions[0])


def test_what_is_as_wanted_is_left_alone_so_that_a_run_that_has_just_died_is_not_forgotten(
    client: SyncPrefectClient, prefect_server: str
) -> None:
    ours = [ending_the_dead().name, *names_of_alarms("north")]
    written = []
    for block in (1, 1, 2):
        put_in_place(client, ending_the_dead())
        for alarm in alarms_of("north", UUID(int=block)):
            put_in_place(client, alarm)
        ids = [client.read_automations_by_name(name)[0].id for name in ours]
        written.append([httpx.get(f"{prefect_server}/automations/{one}").json()["updated"] for one in ids])
    for name in ours:
        take_away(client, name)

    first, same, other = written
    assert same == first
    # Another block is another wish, of the alarms alone.
    assert other[0] == first[0]
    assert all(after != before for before, after in zip(first[1:], other[1:], strict=True))


def test_what_is_put_in_place_twice_stands_once_and_as_it_was_wanted_last(client: SyncPrefectClient) -> None:
    for seconds in (20, 30):
        put_in_place(client, ending_the_dead(timedelta(seconds=seconds)))
    # As where two councils were deployed in one moment.
    client.create_automation(ending_the_dead())
    put_in_place(client, ending_the_dead(timedelta(seconds=40)))

    (standing,) = client.read_automations_by_name(ending_the_dead().name)
    take_away(client, standing.name)

    assert standing.trigger.within == timedelta(seconds=40)  # type: ignore[union-attr]
    assert client.read_automations_by_name(standing.name) == []


def state_of(client: SyncPrefectClient, run: FlowRun) -> str | None:
    return client.read_flow_run(run.id).state_name
