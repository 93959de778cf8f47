"""The service as a council has it, run each weekday of the term over that morning's records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from small_council import SmallCouncil, small_council

import cin_reminders
from cin_reminders.run import World, run_day
from cin_reminders.settings import load_settings
from cin_reminders.summary import Summary

from .checks import HALF_TERM, MET_BY, SCHOOL_BEGINS, SCHOOL_UNTIL, TERMS, UNDERSTANDING_FROM
from .outbox import Posted, posted_on
from .people import COUNCIL_DOMAIN, PARTNER_DOMAINS, Row, Rows
from .told import CHILDREN_FROM_AGE

RUN_AT = time(5, 30)  # in UTC: at 06:30 in London in summer, before any meeting of the day
PACK = Path(cin_reminders.__file__).parent / "policies/salford/2015-10-01.yaml"
MAILBOX = f"meetings@{COUNCIL_DOMAIN}"


@dataclass(frozen=True, kw_only=True)
class Service:
    """One council's service in a folder of its own."""

    council: SmallCouncil

    def write(self, rows: Rows) -> None:
        """Put a morning's records where the service reads them."""
        self.council.rows = {relation: [_written(row) for row in found] for relation, found in rows.items()}
        self.council.write_records()

    def run(self, on: date) -> Summary:
        """The day's run."""
        moments = _ticking(datetime.combine(on, RUN_AT, tzinfo=UTC))
        world = World(clock=lambda: next(moments), sleep=lambda seconds: None)
        return run_day(load_settings(self.council.settings), on, world)

    def hold(self, case_ref: str, on: date, until_on: date) -> None:
        """Keep silent about a case up to and including a day."""
        words = ("--by", f"manager@{COUNCIL_DOMAIN}", "--why", "checked first")
        answer = self.council.cin("hold", case_ref, "--on", on.isoformat(), "--until", until_on.isoformat(), *words)
        assert answer.code == 0, answer.err

    def posted(self, on: date) -> list[Posted]:
        """What the day's run put into the outbox."""
        return list(posted_on(self.council.outbox, on.isoformat()))

    def ahead(self, on: date) -> Any:
        """What `meetings` shows of all meetings to come."""
        answer = self.council.cin("meetings", "--on", on.isoformat(), "--days", "366", "--json")
        assert answer.code == 0, answer.err
        return answer.json

    def ledger(self) -> list[Any]:
        """Every message that the ledger has."""
        return self.council.messages()


def service_in(folder: Path) -> Service:
    """A service ready for its first run, in mode folder."""
    terms = [f"{first_on},{last_on},term" for first_on, last_on in TERMS]
    closed = f"{HALF_TERM[0]},{HALF_TERM[1]},closed"
    (folder / "terms.csv").write_text("\n".join(["first_on,last_on,kind", *terms, closed, ""]), encoding="utf-8")
    _write_pack(folder / "pack")
    domains = ", ".join(f'"{one}"' for one in PARTNER_DOMAINS)
    council = small_council(
        folder,
        policy="pack",
        delivery=f'mode = "folder"\nallowed_domains = ["{COUNCIL_DOMAIN}"]\npartner_domains = [{domains}]',
        more=f"""
[meetings]
invite = true
children_from_age = {CHILDREN_FROM_AGE}
understanding_from = {UNDERSTANDING_FROM}
term_dates = "terms.csv"
school_begins = {SCHOOL_BEGINS}
school_until = {SCHOOL_UNTIL}
[email]
from_address = "{MAILBOX}"
reply_to = "{MAILBOX}"
[caps]
a_person = 0
a_case = 0
[guards]
run_at_least = 100000
""",
    )
    return Service(council=council)


def _write_pack(folder: Path) -> None:
    """Salford's procedure with none but the duties that ask for a meeting: it alone says who chairs after a step-down."""
    folder.mkdir()
    duty = re.compile(r"^  - duty: (\w+)\n(?:(?: {4}.*)?\n)*", re.MULTILINE)
    pack = duty.sub(lambda found: found[0] if found[1] in MET_BY else "", PACK.read_text(encoding="utf-8"))
    assert duty.findall(pack) == [*MET_BY]
    (folder / PACK.name).write_text(pack, encoding="utf-8")


def _written(row: Row) -> Row:
    """A row as a database without types holds it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _ticking(moment: datetime) -> Iterator[datetime]:
    while True:
        yield moment
        moment += timedelta(milliseconds=10)
