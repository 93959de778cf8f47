"""The documentation says what the program does: what can be checked is checked."""

from __future__ import annotations

import re
from pathlib import Path

from cin_reminders.claiming import TRANSITIONS
from cin_reminders.cli import app
from cin_reminders.notice import MESSAGE_STATES, OUTCOMES
from cin_reminders.policy_file import packs
from cin_reminders.records.relations import documentation

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
STATES = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| `([a-z_]+)` \|", text, flags=re.MULTILINE)


def test_every_outcome_and_state_is_said_and_no_other() -> None:
    assert first_cells(STATES) == [*OUTCOMES, *MESSAGE_STATES]


def test_what_comes_after_a_state_is_what_the_ledger_allows() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| [^|]+ \| ?([^|]*)\|$", STATES, flags=re.MULTILINE)
    said = {state: set(re.findall(r"`([a-z]+)`", after)) for state, after in rows}

    assert said == {state: set(allowed) for state, allowed in TRANSITIONS.items()}


def test_the_tables_of_the_records_contract_are_those_of_the_reader() -> None:
    assert (ROOT / "docs" / "records.md").read_text(encoding="utf-8").endswith(documentation())


def test_every_command_stands_in_the_readme() -> None:
    names = {command.name or str(command.callback.__name__) for command in app.registered_commands if command.callback}

    for name in names:
        assert f"`{name}" in README or f"`cin-reminders {name}" in README, name


def test_every_pack_stands_in_the_readme() -> None:
    for pack in packs():
        assert f"`{pack}`" in README


def test_every_file_the_readme_points_to_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_every_section_that_the_source_names_is_there() -> None:
    headings = set(re.findall(r"^## (.+)$", (ROOT / "docs" / "counting.md").read_text(encoding="utf-8"), flags=re.MULTILINE))
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "cin_reminders").rglob("*.py"))
    named = {" ".join(one.split()) for one in re.findall(r"docs/counting\.md,\s+([^).]+)[).]", source)}

    assert named
    assert named <= headings
