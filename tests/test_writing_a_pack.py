"""The page on writing a pack is true: its pack loads, its examples come out, and its tables are the loader's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cin_reminders.case import FACTS
from cin_reminders.cli.policy import policy_app
from cin_reminders.pack_keys import keys_in_markdown
from cin_reminders.policy_file import load_policy
from cin_reminders.rule import CASE_FACTS, EVENTS, TOLD

PAGE = (Path(__file__).parent.parent / "docs" / "writing-a-pack.md").read_text(encoding="utf-8")
FILES = {text.split("\n", 1)[0].removeprefix("# "): text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "north-shire"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_pack_of_the_page_passes_check_with_its_examples(pack: Path) -> None:
    result = CliRunner().invoke(policy_app, ["check", str(pack)])
    assert (result.exit_code, result.stdout) == (0, "All is well: 4 duties, 4 examples.\n")


def test_the_fault_that_the_page_shows_is_the_one_that_is_told(pack: Path) -> None:
    shown = re.search(r"problem: (\S+?):\d+: (duties\S+ .*)", PAGE)
    assert shown
    file = pack / shown[1]
    file.write_text(file.read_text(encoding="utf-8").replace("length: 10 working days", "length: 10 days"), encoding="utf-8")
    assert shown[2] in CliRunner().invoke(policy_app, ["check", str(pack)]).stdout


def test_every_key_stands_on_the_page_with_its_meaning() -> None:
    assert keys_in_markdown() in PAGE


@pytest.mark.parametrize("word", [*EVENTS, *FACTS, *CASE_FACTS, *TOLD, "first_told"])
def test_every_word_that_a_key_may_name_stands_on_the_page(word: str) -> None:
    assert f"`{word}`" in PAGE[PAGE.index("## Every word") :]


def test_every_command_of_the_page_is_one() -> None:
    commands = {command.name or command.callback.__name__ for command in policy_app.registered_commands if command.callback}
    named = set(re.findall(r"(?:cin-reminders |`)policy ([a-z]+)", PAGE))
    assert named == commands - {"list_"}


def test_the_pack_of_the_page_is_of_the_council_that_it_speaks_of(pack: Path) -> None:
    assert load_policy(str(pack)).id == "north-shire"
