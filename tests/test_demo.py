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


STAFF, PARTNERS = "staff.exampleshire.example", {"school.example", "health.example"}


def letters_of(folder: Path) -> list[tuple[str, str]]:
    """Each e-mail of the outbox: the domain that it goes to, and all that stands in it as a mail program shows it."""
    found = []
    for path in (folder / "outbox").rglob("*.eml"):
        letter = message_from_bytes(path.read_bytes(), policy=default)
        said = [str(letter["Subject"])]
        said += [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
        found.append((letter["To"].addresses[0].domain, "\n".join(said)))
    return found


def names_of(folder: Path, kinds: str) -> list[str]:
    with sqlite3.connect(folder / "records.db") as records:
        return [name for (name,) in records.execute(f"SELECT name FROM cin_people WHERE kind IN ({kinds})") if name]


def test_its_messages_are_e_mails_to_staff_and_partners_and_letters_to_families_by_notify(made: tuple[Path, Answer]) -> None:
    folder, _ = made
    domains = {domain for domain, _ in letters_of(folder)}

    assert STAFF in domains
    assert domains - {STAFF} <= PARTNERS
    assert list((folder / "outbox").rglob("*+notify.json"))


def test_no_message_holds_the_name_of_a_child_and_none_but_the_councils_own_that_of_a_family(made: tuple[Path, Answer]) -> None:
    folder, _ = made
    children, families = names_of(folder, "'child'"), names_of(folder, "'family'")
    letters = letters_of(folder)
    everything = "\n".join(
        [said for _, said in letters] + [path.read_text(encoding="utf-8") for path in (folder / "outbox").rglob("*.[jt]*")]
    )
    not_to_staff = "\n".join(
        [said for domain, said in letters if domain != STAFF]
        + [json.loads(path.read_text(encoding="utf-8"))["personalisation"]["body"] for path in notes_of(folder)]
    )

    assert children
    assert families
    assert [name for name in children if name in everything] == []
    # A chair reads which parents have answered.
    assert [name for name in families if name in not_to_staff] == []


def notes_of(folder: Path) -> list[Path]:
    return sorted((folder / "outbox").rglob("*+notify.json"))


def test_teams_cards_lie_beside_the_messages_as_json_and_as_text_and_name_nobody(made: tuple[Path, Answer]) -> None:
    folder, _ = made
    cards = sorted((folder / "outbox").rglob("*+teams.json"))
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
    assert json.loads(again.out)["messages"] == {"sent": sum(path.suffix == ".eml" for path in before) + len(notes_of(folder))}
    assert json.loads(again.out)["cards"] == {"sent": sum(path.name.endswith("+teams.json") for path in before)}
    assert sorted((folder / "outbox").rglob("*.*")) == before


def test_a_folder_that_holds_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    answer = cin("demo", "--dir", str(tmp_path))

    assert answer.code == 2
    assert "holds something else" in answer.err
    assert (tmp_path / "thesis.txt").exists()
