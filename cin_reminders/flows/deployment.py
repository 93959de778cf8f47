"""One council's deployments on Prefect's server, with the work pool and the automations that go with them: made, and removed.

Every council is deployed from the one prefect.yaml: its settings file, its name and its tag are all that differ.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL

from cin_reminders.errors import CinRemindersError, UsageError
from cin_reminders.flows.automations import (
    OURS,
    alarms_of,
    council_tag,
    ending_the_dead,
    names_of_alarms,
    put_in_place,
    take_away,
)
from cin_reminders.flows.operator import OperatorOfCouncil
from cin_reminders.outgoing import refuse_silent_operator
from cin_reminders.settings import Settings, load_settings

CHECKOUT = Path(__file__).parent.parent.parent
_SECONDS = 300


class NotDeployed(CinRemindersError):
    """A deployment could not be made, or not be removed."""


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
    refuse_silent_operator(settings)
    wanted = of_council(_written(), settings.council, file)
    with _server() as client:
        for pool in _pools(wanted):
            _have_pool(client, pool)
        _deploy_all(wanted)
        names = [f"{one['entrypoint'].rpartition(':')[2].replace('_', '-')}/{one['name']}" for one in wanted["deployments"]]
        _see_that_they_stand(client, names)
        put_in_place(client, ending_the_dead())
        _have_alarms(client, settings, file, say)
    return names


def remove(file: Path, say: Callable[[str], None]) -> list[str]:
    """Take all that is one council's off the server that PREFECT_API_URL names, and return the names of what was there.

    What councils share, the work pool and the automation that ends a dead run, goes with the last of them. A run in hand goes on
    to its end. Raises as ``deploy`` does.
    """
    council = load_settings(file).council
    with _server() as client:
        # The alarms first: a run that was to begin goes with its deployment, and would be told as one that did not begin.
        removed = [f"the alarm {name!r}" for name in names_of_alarms(council) if take_away(client, name)]
        removed += [f"the block {name!r}" for name in _without_block(client, council)]
        for deployment in client.read_deployments(deployment_filter=_tagged(OURS, council_tag(council))):
            flow = client.read_flow(deployment.flow_id)
            client.delete_deployment(deployment.id)
            removed.append(f"{flow.name}/{deployment.name}")
        if client.read_deployments(deployment_filter=_tagged(OURS), limit=1):
            say("Other councils are deployed there: the work pool and what ends a dead run stay.")
        else:
            removed += _without_what_was_shared(client)
    return removed


@contextmanager
def _server() -> Iterator[SyncPrefectClient]:
    """Prefect's server, once it has answered; what it refuses is said in words of ours."""
    if not PREFECT_API_URL.value():
        raise UsageError("PREFECT_API_URL: is not set; it must name Prefect's server, as http://127.0.0.1:4200/api")
    with get_client(sync_client=True) as client:
        if (fault := client.api_healthcheck()) is not None:
            raise NotDeployed(f"Prefect's server does not answer: {type(fault).__name__}")
        try:
            yield client
        except PrefectHTTPStatusError as error:
            raise NotDeployed(_refused(error.response.status_code)) from None


def _refused(status: int) -> str:
    if status != 401:
        return f"Prefect's server refuses it, with HTTP status {status}"
    what = (
        "is not what Prefect's server asks for"
        if PREFECT_API_AUTH_STRING.value()
        else "is not set, and Prefect's server asks for it"
    )
    return f"PREFECT_API_AUTH_STRING: {what}; it must be USER:PASSWORD, as the server has it in PREFECT_SERVER_API_AUTH_STRING"


def _tagged(*tags: str) -> DeploymentFilter:
    return DeploymentFilter(tags=DeploymentFilterTags(all_=[*tags]))


def _without_block(client: SyncPrefectClient, council: str) -> list[str]:
    name = _block_name(council)
    try:
        block = client.read_block_document_by_name(name, OperatorOfCouncil.get_block_type_slug())
    except ObjectNotFound:
        return []
    client.delete_block_document(block.id)
    return [name]


def _without_what_was_shared(client: SyncPrefectClient) -> list[str]:
    removed = [f"the automation {name!r}" for name in [ending_the_dead().name] if take_away(client, name)]
    for pool in _pools(_written()):
        # Somebody's own flows may run there too.
        if client.read_deployments(work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])), limit=1):
            continue
        try:
            client.delete_work_pool(pool)
        except ObjectNotFound:
            continue
        removed.append(f"the work pool {pool!r}")
    return removed


def _written() -> dict[str, Any]:
    """What prefect.yaml says."""
    written: dict[str, Any] = yaml.safe_load(_prefect_yaml().read_text(encoding="utf-8"))
    return written


def _pools(said: dict[str, Any]) -> list[str]:
    return sorted({one["work_pool"]["name"] for one in said["deployments"]})


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
    made: Any = block.save(_block_name(settings.council), overwrite=True)
    for alarm in alarms_of(settings.council, UUID(str(made))):
        put_in_place(client, alarm)


def _block_name(council: str) -> str:
    # Prefect allows small letters, figures and dashes.
    return f"cin-reminders-{council.replace('_', '-')}"
