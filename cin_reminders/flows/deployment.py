"""One council's deployments on Prefect's server, with the work pool and the automations that go with them, in one step.

Every council is deployed from the one prefect.yaml: its settings file, its name and its tag are all that differ.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL

from cin_reminders.errors import CinRemindersError, UsageError
from cin_reminders.flows.automations import alarms_of, council_tag, ending_the_dead, names_of_alarms, put_in_place, take_away
from cin_reminders.flows.operator import OperatorOfCouncil
from cin_reminders.outgoing import channels_to_operator, close
from cin_reminders.settings import Settings, load_settings

CHECKOUT = Path(__file__).parent.parent.parent
_SECONDS = 300


class NotDeployed(CinRemindersError):
    """A deployment could not be made."""


def of_council(written: dict[str, Any], council: str, settings: Path) -> dict[str, Any]:
    """What prefect.yaml says, for one council: deployments under its name and tag, which read its settings file."""
    said = deepcopy(written)
    for deployment in said["deployments"]:
        deployment["name"] = council
        deployment["tags"] = [*deployment.get("tags", []), council_tag(council)]
        if "settings" in deployment.get("parameters", {}):
            deployment["parameters"]["settings"] = str(settings)
    return said


def deploy(file: Path, say: Callable[[str], None]) -> list[str]:
    """Put one council's deployments in place on the server that PREFECT_API_URL names, and return their names.

    Done again, it brings what stands to what prefect.yaml and the settings say now. Raises SettingsError for settings that
    cannot be used, UsageError where no server is named, and NotDeployed where the server does not take them.
    """
    settings, file = load_settings(file), file.resolve()
    if not PREFECT_API_URL.value():
        raise UsageError("PREFECT_API_URL: is not set; it must name Prefect's server, as http://127.0.0.1:4200/api")
    # What cannot tell the operator would only show on the day that something fails.
    close(channels_to_operator(settings, _never))
    written = yaml.safe_load(_prefect_yaml().read_text(encoding="utf-8"))
    wanted = of_council(written, settings.council, file)
    with get_client(sync_client=True) as client:
        if (fault := client.api_healthcheck()) is not None:
            raise NotDeployed(f"Prefect's server does not answer: {type(fault).__name__}")
        _see_that_we_may(client)
        for pool in sorted({one["work_pool"]["name"] for one in wanted["deployments"]}):
            _have_pool(client, pool)
        _deploy_all(wanted)
        names = [f"{one['entrypoint'].rpartition(':')[2].replace('_', '-')}/{one['name']}" for one in wanted["deployments"]]
        _see_that_they_stand(client, names)
        put_in_place(client, ending_the_dead())
        _have_alarms(client, settings, file, say)
    return names


def _see_that_we_may(client: SyncPrefectClient) -> None:
    try:
        client.api_version()
    except PrefectHTTPStatusError as error:
        status = error.response.status_code
        why = (
            "refuses us: PREFECT_API_AUTH_STRING must be its USER:PASSWORD" if status in (401, 403) else "has a fault of its own"
        )
        raise NotDeployed(f"Prefect's server {why} ({status})") from None


def _prefect_yaml() -> Path:
    file = CHECKOUT / "prefect.yaml"
    if not file.is_file():
        raise NotDeployed("prefect.yaml: is not beside the package; deploy from a checkout of this service")
    return file


def _have_pool(client: SyncPrefectClient, name: str) -> None:
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        _prefect("work-pool", "create", name, "--type", "process", allowed="already exists")


def _deploy_all(wanted: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "prefect.yaml")
        file.write_text(yaml.safe_dump(wanted, allow_unicode=True, sort_keys=False), encoding="utf-8")
        _prefect("deploy", "--all", "--prefect-file", str(file))


def _prefect(*words: str, allowed: str | None = None) -> None:
    """One of Prefect's own commands, in the folder of prefect.yaml, where workers will look for the flows."""
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "prefect", "--no-prompt", *words],
        cwd=CHECKOUT,
        env=os.environ | {"DO_NOT_TRACK": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode != 0 and not (allowed and allowed in said):
        raise NotDeployed(f"prefect {' '.join(words[:2])} failed: {' '.join(said.split())[-500:]}")


def _see_that_they_stand(client: SyncPrefectClient, names: list[str]) -> None:
    # Prefect skips a file that it cannot read with a word in yellow, and calls that a success.
    absent = []
    for name in names:
        try:
            client.read_deployment_by_name(name)
        except ObjectNotFound:
            absent.append(name)
    if absent:
        raise NotDeployed(f"Prefect did not make {', '.join(absent)}")


def _have_alarms(client: SyncPrefectClient, settings: Settings, file: Path, say: Callable[[str], None]) -> None:
    watch = settings.watch
    if watch.operator is None and watch.operator_channel is None:
        for name in names_of_alarms(settings.council):
            take_away(client, name)
        say("watch.operator is not set: nobody is told when a run fails, or when none begins")
        return
    block = OperatorOfCouncil(settings=str(file))
    made: Any = block.save(f"cin-reminders-{settings.council.replace('_', '-')}", overwrite=True)
    for alarm in alarms_of(settings.council, UUID(str(made))):
        put_in_place(client, alarm)


def _never() -> Any:
    raise AssertionError("nothing is sent here")
