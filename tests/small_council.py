"""A tiny council of hand-made rows in a folder of its own, and the installed program driven as its data team would.

Its one case began on Monday 2 March 2026 under Cumbria's procedure, so that its first meeting is due on Monday 23 March.
"""

from __future__ import annotations

import atexit
import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import sqlalchemy as sa

from cin_reminders.cli import main
from cin_reminders.records.relations import RELATIONS

Row = dict[str, object]

PROGRAM = Path(sys.executable).with_name("cin-reminders")
DOMAIN = "council.gov.uk"

# The ladder of the one duty: 15 working days after Mon 2 March, Good Friday and Easter Monday between the later stages.
EARLY, LAST = "2026-03-16", "2026-03-20"  # Monday, Friday
DUE = "2026-03-23"  # Monday
OVERDUE, TO_SERVICE_MANAGER, TO_HEAD_OF_SERVICE = "2026-03-24", "2026-03-30", "2026-04-08"  # Tuesday, Monday, Wednesday
REPEATS = ("2026-04-15", "2026-04-22", "2026-04-29", "2026-05-07", "2026-05-14", "2026-05-21")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the program said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output; anything beside it is an error of the program."""
        return json.loads(self.out)

    def checked(self) -> Answer:
        """Never a traceback, whatever happened."""
        assert "Traceback" not in self.err, self.err
        assert "Traceback" not in self.out, self.out
        return self


@dataclass(kw_only=True)
class SmallCouncil:
    """A council's folder: its records, its settings, and what its data team types."""

    folder: Path
    rows: dict[str, list[Row]]
    records: str = "sqlite:///records.db"
    ledger: str = "sqlite:///ledger.db"
    delivery: str = 'mode = "folder"'
    more: str = ""
    policy: str = "cumbria"
    without: set[str] = field(default_factory=set)  # relations and relation.columns that are not supplied

    @property
    def settings(self) -> Path:
        return self.folder / "cin_reminders.toml"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def write_settings(self) -> None:
        self.settings.write_text(
            f'council = "testshire"\npolicy = "{self.policy}"\n[records]\nurl = "{self.records}"\n'
            f'[ledger]\nurl = "{self.ledger}"\n[delivery]\n{self.delivery}\npatience_seconds = 0\n{self.more}\n',
            encoding="utf-8",
        )

    def write_records(self) -> None:
        """Put the rows where the settings say, over what was there."""
        if self.records.startswith("csv:"):
            self._write_csv(self.folder / self.records.removeprefix("csv:"))
        elif self.records == "sqlite:///records.db":
            self._write_sqlite(self.folder / "records.db")
        else:
            self._write_postgresql(self.records)

    def tables(self) -> Iterator[tuple[str, list[str], list[Row]]]:
        """Each relation that is supplied: its columns and its rows."""
        for relation in RELATIONS.values():
            if relation.name not in self.without:
                columns = [one.name for one in relation.columns if f"{relation.name}.{one.name}" not in self.without]
                yield relation.name, columns, self.rows.get(relation.name, [])

    def _write_csv(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.csv"):
            old.unlink()
        for name, columns, rows in self.tables():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)

    def _write_sqlite(self, file: Path) -> None:
        file.unlink(missing_ok=True)
        connection = sqlite3.connect(file)
        for name, columns, rows in self.tables():
            connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", [[row.get(one) for one in columns] for row in rows])
        connection.commit()
        connection.close()

    def _write_postgresql(self, url: str) -> None:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            for relation in RELATIONS:
                connection.execute(sa.text(f"DROP TABLE IF EXISTS {relation}"))
            for name, columns, rows in self.tables():
                connection.execute(sa.text(f"CREATE TABLE {name} ({', '.join(f'{one} text' for one in columns)})"))
                if rows:
                    marks = ", ".join(f":{one}" for one in columns)
                    filled = [{one: row.get(one) for one in columns} for row in rows]
                    connection.execute(sa.text(f"INSERT INTO {name} VALUES ({marks})"), filled)
        engine.dispose()

    def cin(self, *arguments: str) -> Answer:
        """The program in this process: what it printed, and its exit code."""
        return cin("--settings", str(self.settings), *arguments)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The installed program in a process of its own."""
        return subprocess.Popen(
            [PROGRAM, "--settings", str(self.settings), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )

    def run(self, on: str, *more: str) -> Any:
        """A daily run that must be done without complaint; its summary."""
        answer = self.cin("run", "--on", on, "--json", *more)
        assert answer.code == 0, answer.err + answer.out
        return answer.json

    def messages(self, *more: str) -> list[Any]:
        """What the ledger says of messages."""
        answer = self.cin("ledger", "--json", *more)
        assert answer.code == 0, answer.err
        found: list[Any] = answer.json
        return found

    def told(self, on: str) -> set[tuple[str, str, str, str]]:
        """Who was told what on a day: person, role, stage, case."""
        return {
            (message["to"]["person_ref"], notice["role"], notice["stage"], notice["case_ref"])
            for message in self.messages()
            for notice in message["notices"]
            if message["day"] == on and notice["outcome"] == "told"
        }

    def letters(self) -> list[EmailMessage]:
        """Every message in the outbox, as a mail program reads it."""
        found = []
        for file in sorted(self.outbox.rglob("*.eml")):
            letter = message_from_bytes(file.read_bytes(), policy=policy.SMTP)
            assert isinstance(letter, EmailMessage)
            found.append(letter)
        return found

    def sent_to(self) -> list[str]:
        """The address of each letter in the outbox, sorted."""
        return sorted(address.addr_spec for letter in self.letters() for address in letter["To"].addresses)


def finished(process: subprocess.Popen[str]) -> Answer:
    """A process of the program at its end."""
    out, err = process.communicate(timeout=60)
    return Answer(code=process.returncode, out=out, err=err).checked()


def cin(*arguments: str) -> Answer:
    """The program in this process, called as from a shell."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    before, sys.argv = sys.argv, ["cin-reminders", *arguments]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.argv = before
    assert isinstance(code, int)
    return Answer(code=code, out=out.getvalue(), err=err.getvalue()).checked()


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """The working folder, for as long as the block lasts."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def small_council(folder: Path, *, set_up: bool = True, **more: Any) -> SmallCouncil:
    """A council with one case, ready for its first run: settings, records and an empty ledger."""
    rows = more.pop("rows", None) or usual_rows()
    council = SmallCouncil(folder=folder, rows=rows, **more)
    council.write_settings()
    council.write_records()
    if set_up and council.ledger == "sqlite:///ledger.db":
        shutil.copy(_empty_ledger(), folder / "ledger.db")
    elif set_up:
        made = council.cin("init")
        assert made.code == 0, made.err
    return council


@cache
def _empty_ledger() -> Path:
    """What `init` makes, made once: a copy takes a tenth of the time."""
    folder = Path(mkdtemp(prefix="cin-ledger-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    assert cin("--settings", str(folder / "cin_reminders.toml"), "init").code == 0
    return folder / "ledger.db"


def usual_rows() -> dict[str, list[Row]]:
    """One case with nothing wrong, and the four people above it; every relation has a row, but no meeting is booked."""
    return {
        "cin_cases": [case()],
        "cin_facts": [{"case_ref": "C1", "fact": "disabled", "value": "no"}],
        "cin_events": [plan_agreed()],
        "cin_people": [lead(), team_manager(), service_manager(), head_of_service()],
        "cin_roles": [role("lead_practitioner", "LEAD", case_ref="C1"), *managers()],
    }


def case(case_ref: str = "C1", **more: object) -> Row:
    return {"case_ref": case_ref, "plan_type": "child_in_need", "team": "North"} | more


def plan_agreed(case_ref: str = "C1", **more: object) -> Row:
    # Monday.
    return {"event_ref": f"E-{case_ref}", "case_ref": case_ref, "kind": "plan_agreed", "happened_on": "2026-03-02"} | more


def first_meeting(case_ref: str = "C1", **more: object) -> Row:
    # Monday, the last day in time.
    return {"meeting_ref": f"M-{case_ref}", "case_ref": case_ref, "kind": "initial", "scheduled_at": f"{DUE}T10:00"} | more


def professional(person_ref: str, name: str, **more: object) -> Row:
    email = f"{name.split()[0].lower()}@{DOMAIN}"
    return {"person_ref": person_ref, "name": name, "kind": "professional", "email": email} | more


def lead(**more: object) -> Row:
    return professional("LEAD", "Lena Moss") | more


def team_manager(**more: object) -> Row:
    return professional("TEAM", "Tom Ashby") | more


def service_manager(**more: object) -> Row:
    return professional("SERVICE", "Sara Brook") | more


def head_of_service(**more: object) -> Row:
    return professional("HEAD", "Hugh Dale") | more


def role(role: str, person_ref: str, **more: object) -> Row:
    return {"role": role, "person_ref": person_ref} | more


def managers(team: str = "North") -> list[Row]:
    found = (("team_manager", "TEAM"), ("service_manager", "SERVICE"), ("head_of_service", "HEAD"))
    return [role(name, ref, team=team) for name, ref in found]


def many_cases(number: int, each_lead: bool = True) -> dict[str, list[Row]]:
    """Several cases alike, each with a lead practitioner of its own."""
    rows = usual_rows()
    refs = [f"C{count:03}" for count in range(number)]
    rows["cin_cases"] = [case(ref) for ref in refs]
    rows["cin_events"] = [plan_agreed(ref) for ref in refs]
    rows["cin_facts"] = []
    rows["cin_people"] += [professional(f"L{ref}", f"lead{ref} Moss") for ref in refs]
    rows["cin_roles"] = [*(role("lead_practitioner", f"L{ref}", case_ref=ref) for ref in refs), *managers()]
    return rows


def of(rows: Sequence[Mapping[str, Any]], **wanted: object) -> list[Any]:
    """The rows that have all these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]
