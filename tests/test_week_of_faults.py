"""A week and a half on one machine, with something wrong on nearly every day: what docs/week-of-faults.md tells.

The machine is brought up as docs/operations.md says, and its clock is moved from one morning to the next: Prefect's schedules
fire by themselves, over a bank holiday, a change of clocks and days without power. Everybody hears, once, what a council without
faults tells on the days that this one could live.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import http_server
import pytest
import smtp_server
from certificates import authority
from live_channels import path_of
from machine import Machine, Run
from patience import wait_until
from prefect_commands import ROOT, free_port
from small_council import DOMAIN, Row, SmallCouncil, many_cases, small_council
from smtp_server import Behaviour, Step

from cin_reminders.ledger import open_ledger
from cin_reminders.words import day_in_words

# A busy machine takes twice what an idle one does.
pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1800)]

PAGE = ROOT / "docs" / "week-of-faults.md"
# One case for each lead practitioner, begun on another of these days, so that somebody is to hear of something every day.
BEGAN_ON = [f"2027-03-{day:02}" for day in (1, 2, 3, 4, 5, 8, 9, 10)]  # Monday to Friday, Monday to Wednesday
CHANNEL = "data-team"
DATABASES = ("prefect", "records", "ledger")
# While a message is stuck something is killed: the relay has seen its last octet, and has not answered.
STUCK = Behaviour(steps=(Step(at="DOT", nth=1, seconds=8),))
Told = tuple[str, str, str, str]  # person, role, stage, case
# How often a worker looks for runs, and a run that waits for another one looks again, in seconds.
QUICK = {"PREFECT_WORKER_QUERY_SECONDS": "2", "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "3"}
WHO, WHY = ("--by", "data team"), ("--why", "as the page on operations says")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What came of one day."""

    runs: tuple[tuple[str, str], ...]  # the daily runs that came to an end: of which day, and how
    letters: Counter[str]  # by address; one that is sent again after a doubt is the same letter
    told: set[Told]
    alarms: tuple[str, ...]
    watchman: tuple[str, ...]


@dataclass(kw_only=True)
class Week:
    """The machine, what stands at its other ends, and what each day brought."""

    machine: Machine
    web: http_server.Running
    relay_port: int
    mail: list[smtp_server.Taken] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)  # the daily ones, as Prefect said last
    days: dict[str, Seen] = field(default_factory=dict)

    @property
    def council(self) -> SmallCouncil:
        return self.machine.council

    @contextmanager
    def relay(self, behaviour: Behaviour | None = None) -> Iterator[None]:
        """The council's relay, for as long as the block lasts."""
        with smtp_server.running_server(behaviour=behaviour, port=self.relay_port) as relay:
            yield
        self.mail += relay.messages

    def comes(self, on: str, at: str, flow: str = "daily-reminders") -> str:
        """It becomes that time of that day: the state in which the run ends that is planned for it."""
        hour, minute = divmod(int(at[:2]) * 60 + int(at[3:]) - 1, 60)
        self.machine.set_clock(f"{on}T{hour:02}:{minute:02}:55")
        return self.machine.ended(flow, f"{on}T{at}").state

    def is_stuck(self) -> bool:
        """Whether a message is with the relay."""
        return "sending" in self._states()

    def is_all_sent(self) -> bool:
        """Whether nothing waits for a delivery."""
        return not self._states() & {"planned", "sending"}

    def _states(self) -> set[str]:
        with closing(open_ledger(self.council.ledger, self.council.folder, "testshire")) as book:
            return {message.state for message, _ in book.messages(mode="live")}

    def alarms(self) -> list[str]:
        """Of which failed runs the operator has heard in Teams, each once: on SQLite Prefect may do an action twice."""
        posted = [json.loads(one.body) for one in self.web.taken if one.path == path_of(CHANNEL)]
        said = [tuple(block["text"] for block in one["attachments"][0]["content"]["body"]) for one in posted]
        return [lines[1] for lines in dict.fromkeys(said) if lines[0].endswith("failed")]

    def hears(self, number: int) -> None:
        """Wait for so many alarms in all."""
        wait_until(lambda: len(self.alarms()) == number, 120)

    def watchman(self) -> list[str]:
        """What the watchman outside has heard."""
        return [one.path for one in self.web.asked if one.path.startswith("/beat")]

    def live(self, on: str, day: Callable[[Week, str], None]) -> None:
        """Live a day, and keep what came of it."""
        mail, alarms, watchman = len(self.mail), len(self.alarms()), len(self.watchman())
        before = self.runs
        day(self, on)
        letters = {taken.parsed["Message-ID"]: taken.rcpt_tos for taken in self.mail[mail:]}
        if self.machine.is_up:
            self.runs = self.machine.runs("daily-reminders")
        self.days[on] = Seen(
            runs=tuple((one.planned_at[:10], one.state) for one in self.runs if one not in before),
            letters=Counter(address for addresses in letters.values() for address in addresses),
            told=self.council.told(on),
            alarms=tuple(self.alarms()[alarms:]),
            watchman=tuple(self.watchman()[watchman:]),
        )


# ---- the days, each as it was lived


def monday(week: Week, on: str) -> None:
    """Nothing. At 06:20 the service is brought up by `make up`; at 06:30 and 07:30 its schedules fire."""
    week.machine.set_clock(f"{on}T06:20")
    week.machine.cin("init")
    week.machine.make("up")
    with week.relay():
        assert week.comes(on, "06:30") == "Completed"
        assert week.comes(on, "07:30", "weekly-report") == "Completed"


def tuesday(week: Week, on: str) -> None:
    """In the night the records were emptied. At 09:15 they are back, and somebody types `cin-reminders run`."""
    rows, week.council.rows = week.council.rows, {}
    week.council.write_records()
    with week.relay():
        assert week.comes(on, "06:30") == "Failed"
        week.hears(1)
        week.council.rows = rows
        week.council.write_records()
        week.machine.set_clock(f"{on}T09:15")
        week.machine.cin("run")


def wednesday(week: Week, on: str) -> None:
    """The relay is away until ten o'clock."""
    # Nothing listens at the relay's port.
    assert week.comes(on, "06:30") == "Failed"
    week.hears(2)
    with week.relay():
        week.machine.set_clock(f"{on}T09:59:55")
        wait_until(week.is_all_sent, 120)


def thursday(week: Week, on: str) -> None:
    """The worker is killed (`kill -9`), with its run, while a message is with the relay. At 08:50 `make up` begins another."""
    with week.relay(STUCK):
        week.machine.set_clock(f"{on}T06:29:55")
        wait_until(week.is_stuck, 120)
        week.machine.kill("worker")
    # No sign of life for a minute and a half.
    week.machine.set_clock(f"{on}T06:35")
    assert week.machine.ended("daily-reminders", f"{on}T06:30").state == "Crashed"
    week.hears(3)
    with week.relay():
        week.machine.set_clock(f"{on}T08:50")
        week.machine.make("up")
        week.machine.set_clock(f"{on}T08:59:55")
        # The delivery sends what the dead run had planned, and has the day's run begin again.
        assert week.machine.ended("daily-reminders", f"{on}T09:0").state == "Completed"
        wait_until(week.is_all_sent, 120)
    week.machine.type_in("bash", "-euc", f"pg_dump --format=custom --file={week.council.folder}/ledger.dump ledger")


def good_friday(week: Week, on: str) -> None:
    """It is Good Friday."""
    with week.relay():
        assert week.comes(on, "06:30") == "Completed"


def easter_monday(week: Week, on: str) -> None:
    """On Saturday night the power fails; on Sunday the clocks go forward. It is Easter Monday."""
    week.machine.set_clock("2027-03-27T22:00")  # Saturday; the clocks go forward in the night to Sunday
    week.machine.kill("worker", "server")


def tuesday_without_power(week: Week, on: str) -> None:
    """Still no power."""


def wednesday_after(week: Week, on: str) -> None:
    """At 09:10 the power is back, and `make up` brings the service up."""
    week.machine.set_clock(f"{on}T09:10")
    with week.relay():
        week.machine.make("up")
        for missed in ("2027-03-29", "2027-03-30"):
            assert week.machine.ended("daily-reminders", f"{missed}T06:30").state == "Completed"
        assert week.machine.ended("weekly-report", "2027-03-29T07:30").state == "Completed"
        # Prefect had planned three runs ahead, and today's was not among them.
        week.machine.set_clock(f"{on}T09:14:55")
        assert week.machine.ended("daily-reminders", on).state == "Completed"


def thursday_with_an_older_ledger(week: Week, on: str) -> None:
    """In the night last Thursday's copy of the ledger was put in its place. At 09:30 the days since are put on record
    (`backfill`), the ledger is accepted, and `cin-reminders run` is typed.
    """
    assert week.comes(on, "05:00", "retention") == "Completed"
    week.machine.type_in("bash", "-euc", f"pg_restore --clean --if-exists --dbname=ledger {week.council.folder}/ledger.dump")
    with week.relay():
        assert week.comes(on, "06:30") == "Failed"
        week.hears(4)
        week.machine.set_clock(f"{on}T09:30")
        week.machine.cin("backfill", "--from", "2027-03-26", "--to", "2027-03-31", "--mode", "record")
        week.machine.cin("accept-ledger", *WHO, *WHY)
        week.machine.cin("run")


def friday(week: Week, on: str) -> None:
    """Prefect's server is killed while a message is with the relay. `make up` begins another."""
    with week.relay(STUCK):
        week.machine.set_clock(f"{on}T06:29:55")
        wait_until(week.is_stuck, 120)
        week.machine.kill("server")
        time.sleep(1)
        week.machine.make("up")
        assert week.machine.ended("daily-reminders", f"{on}T06:30").state == "Completed"


DAYS: dict[str, Callable[[Week, str], None]] = {
    "2027-03-22": monday,
    "2027-03-23": tuesday,
    "2027-03-24": wednesday,
    "2027-03-25": thursday,
    "2027-03-26": good_friday,
    "2027-03-29": easter_monday,
    "2027-03-30": tuesday_without_power,
    "2027-03-31": wednesday_after,
    "2027-04-01": thursday_with_an_older_ledger,
    "2027-04-02": friday,
}
# The days that could be lived: the council is at work, and there is power.
LIVED = [on for on in DAYS if on not in ("2027-03-26", "2027-03-29", "2027-03-30")]


@pytest.fixture(scope="module")
def debian() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL as Debian has it; Prefect wants an extension that the wheel's lacks."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("needs Debian's PostgreSQL: apt-get install postgresql")
    # Not under tmp_path, where the account that it runs as may not enter.
    folder = Path(tempfile.mkdtemp(prefix="cin-debian-pg-"))
    shutil.chown(folder, "postgres")
    as_postgres = ("runuser", "-u", "postgres", "--")
    control = (*as_postgres, str(found[-1].with_name("pg_ctl")), "-D", str(folder / "data"), "-w")
    subprocess.run([*as_postgres, str(found[-1]), "-D", str(folder / "data"), "-E", "UTF8"], check=True, capture_output=True)
    options = f"-k {folder} -c listen_addresses="
    subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], check=True, stdout=subprocess.DEVNULL)
    try:
        for name in DATABASES:
            subprocess.run([*as_postgres, "createdb", "-h", str(folder), name], check=True)
        yield folder
    finally:
        subprocess.run([*control, "-m", "fast", "stop"], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def week(debian: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    """All of it, lived."""
    folder, relay_port = tmp_path_factory.mktemp("machine"), free_port()
    prefect, records, ledger = (f"postgres@/{name}?host={debian}" for name in DATABASES)
    with http_server.running_server() as web:
        psycopg = "postgresql+psycopg://"
        council = council_at(folder, web, relay_port, records=f"{psycopg}{records}", ledger=f"{psycopg}{ledger}")
        environment = {
            "CIN_REMINDERS__LIVE": "true",
            "PREFECT_API_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://{prefect}",
            "PGHOST": str(debian),
            "PGUSER": "postgres",
            **QUICK,
        }
        week = Week(machine=Machine(council=council, port=free_port(), more=environment), web=web, relay_port=relay_port)
        try:
            for on, day in DAYS.items():
                week.live(on, day)
        finally:
            week.machine.make("down")
        yield week


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Told]]:
    """Who is told what by a council of the same records to which nothing happens, on the days that this one could live."""
    council = small_council(tmp_path_factory.mktemp("quiet"), rows=rows(), delivery='mode = "folder"\nnotify_from = 2027-03-22')
    for on in LIVED:
        council.run(on)
    return {on: council.told(on) for on in LIVED}


def rows() -> dict[str, list[Row]]:
    found = many_cases(len(BEGAN_ON))
    for event, happened_on in zip(found["cin_events"], BEGAN_ON, strict=True):
        event["happened_on"] = happened_on
    return found


def council_at(folder: Path, web: http_server.Running, relay_port: int, *, records: str, ledger: str) -> SmallCouncil:
    """A council whose messages go to these ends, whose records and ledger are in PostgreSQL, and which has no ledger yet."""
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(authority().cert_pem.bytes())
    (folder / "webhooks.toml").write_text(f'{CHANNEL} = "{web.origin}{path_of(CHANNEL)}?sig=x"\n', encoding="utf-8")
    return small_council(
        folder,
        set_up=False,
        rows=rows(),
        records=records,
        ledger=ledger,
        delivery='mode = "live"\nnotify_from = 2027-03-22\nallowed_domains = ["council.gov.uk"]',
        more=f'[email]\nhost = "localhost"\nport = {relay_port}\nsecurity = "starttls"\nca_file = "{ca_file}"\n'
        'from_address = "cin-reminders@council.gov.uk"\nreply_to = "data@council.gov.uk"\n'
        f'[teams]\nwebhooks_file = "webhooks.toml"\nca_file = "{ca_file}"\n'
        f'[watch]\noperator_channel = "{CHANNEL}"\nheartbeat_url = "{web.origin}/beat"\nca_file = "{ca_file}"',
    )


# ---- what is true of it


def test_each_day_went_as_the_page_says(week: Week) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("|")][2:] == table(week)


def test_everybody_hears_what_a_council_without_faults_tells_on_the_days_that_could_be_lived(
    week: Week, quiet: dict[str, set[Told]]
) -> None:
    assert {on: seen.told for on, seen in week.days.items() if seen.told} == quiet


def test_whoever_is_told_gets_one_letter_that_day_and_nobody_else_gets_any(week: Week, quiet: dict[str, set[Told]]) -> None:
    for on, seen in week.days.items():
        wanted = {address_of(person) for person, *_ in quiet.get(on, ())}
        assert seen.letters == Counter(wanted), on


def address_of(person_ref: str) -> str:
    return {"TEAM": "tom", "SERVICE": "sara", "HEAD": "hugh"}.get(person_ref, f"lead{person_ref[1:]}".lower()) + f"@{DOMAIN}"


def table(week: Week) -> list[str]:
    """The rows of the page's table, a day each."""
    return ["| " + " | ".join(row(on, seen)) + " |" for on, seen in week.days.items()]


def row(on: str, seen: Seen) -> list[str]:
    runs = [f"{'' if day == on else 'of ' + in_words(day) + ': '}{state}" for day, state in seen.runs]
    watchman = ["something is wrong" if path.endswith("/fail") else "all is well" for path in seen.watchman]
    return [
        in_words(on),
        " ".join((DAYS[on].__doc__ or "").split()),
        "; ".join(runs) or "none",
        f"{len(seen.letters)}" if seen.letters else "nobody",
        f"{len(seen.alarms)}" if seen.alarms else "none",
        ", then ".join(watchman) or "nothing",
    ]


def in_words(day: str) -> str:
    return day_in_words(date.fromisoformat(day))
