"""The demonstration, as a newcomer runs it: the installed program, Prefect with its own server, a made-up council."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from small_council import Answer, cin, finished

ON = "2026-05-05"  # Tuesday


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    folder = tmp_path_factory.mktemp("newcomer") / "demo"
    program = Path(sys.executable).parent / "cin-reminders"
    command = [str(program), "demo", "--dir", str(folder), "--policy", "salford", "--on", ON]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return folder, finished(process)


def test_it_ends_well_and_says_what_to_try_next(made: tuple[Path, Answer]) -> None:
    _, answer = made

    assert answer.code == 0
    for said in ("Read the records ...", "Tell them ...", "Rows rejected", "Overdue", "Late: the worst", "Escalated to"):
        assert said in answer.out, said
    assert len(re.findall(r"cin-reminders --settings", answer.out)) == 4


def test_its_messages_are_e_mails_to_staff_alone(made: tuple[Path, Answer]) -> None:
    folder, _ = made
    letters = [message_from_bytes(path.read_bytes(), policy=default) for path in (folder / "outbox").rglob("*.eml")]

    assert letters
    assert {letter["To"].addresses[0].domain for letter in letters} == {"staff.exampleshire.example"}


def test_no_message_holds_the_name_of_a_child_or_of_a_family(made: tuple[Path, Answer]) -> None:
    folder, _ = made
    with sqlite3.connect(folder / "records.db") as records:
        names = [name for (name,) in records.execute("SELECT name FROM cin_people WHERE kind <> 'professional'") if name]
    text = "\n".join(path.read_text(encoding="utf-8") for path in (folder / "outbox").rglob("*.*"))

    assert names
    assert [name for name in names if name in text] == []


def test_teams_cards_lie_beside_the_messages_as_json_and_as_text_and_name_nobody(made: tuple[Path, Answer]) -> None:
    folder, _ = made
    cards = sorted((folder / "outbox").rglob("*.json"))
    with sqlite3.connect(folder / "records.db") as records:
        names = [name for (name,) in records.execute("SELECT name FROM cin_people") if name]

    assert cards
    for card in cards:
        text = card.read_text(encoding="utf-8") + card.with_suffix(".txt").read_text(encoding="utf-8")
        [attached] = json.loads(card.read_text(encoding="utf-8"))["attachments"]
        assert attached["content"]["type"] == "AdaptiveCard"
        assert [name for name in names if name in text] == []
        assert "@" not in text


def test_the_same_day_again_tells_nobody_anything_again(made: tuple[Path, Answer]) -> None:
    folder, _ = made
    settings = str(folder / "cin_reminders.toml")
    before = sorted((folder / "outbox").rglob("*.*"))
    again = cin("--settings", settings, "run", "--on", ON, "--json")

    assert again.code == 0
    assert json.loads(again.out)["messages"] == {"sent": sum(path.suffix == ".eml" for path in before)}
    assert json.loads(again.out)["cards"] == {"sent": sum(path.suffix == ".json" for path in before)}
    assert sorted((folder / "outbox").rglob("*.*")) == before


def test_a_folder_that_holds_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    answer = cin("demo", "--dir", str(tmp_path))

    assert answer.code == 2
    assert "holds something else" in answer.err
    assert (tmp_path / "thesis.txt").exists()
