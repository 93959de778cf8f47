"""The daily run as Prefect carries it out: called here, and deployed, triggered and carried out by a real worker."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from http_server import running_server as running_web_server
from prefect import State, flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    LogFilter,
    LogFilterFlowRunId,
)
from prefect.client.schemas.objects import Artifact, FlowRun
from prefect.flow_engine import run_flow
from prefect.runtime import flow_run as runtime
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Scheduled
from prefect.types._datetime import parse_datetime
from prefect_commands import free_port, prefect
from small_council import cin
from smtp_server import Running, running_server

from cin_reminders.case import LONDON, RowCount
from cin_reminders.flows.daily import as_task, daily_reminders, scheduled_on
from cin_reminders.flows.weekly_report import weekly_report
from cin_reminders.ledger import create_ledger, open_ledger
from cin_reminders.notice import Message
from cin_reminders.records.relations import RELATIONS, Kind
from cin_reminders.sample import make_sample, write_database, write_sqlite
from cin_reminders.sample.rows import Rows, empty_rows, whole_row

ROOT = Path(__file__).parent.parent
ON = date(2024, 9, 18)  # a Wednesday, in summer time, and past on every machine: live messages never go for days to come
STAFF = "staff.exampleshire.example"
STEPS = ["Read the records", "Work out the duties", "Decide who to tell", "Tell them", "Publish the report"]
CANARY = "qzkanarie"
SECRET = "qzsecret-of-the-relay"
LOGIN = ("cin-reminders", SECRET)


def council(folder: Path, rows: Rows, more: str = "") -> Path:
    """A council in a folder: records, an empty ledger and the settings, whose path is returned."""
    write_sqlite(rows, folder / "records.db")
    return settings_file(folder, records="sqlite:///records.db", ledger="sqlite:///ledger.db", more=more)


def settings_file(folder: Path, *, records: str, ledger: str, more: str = "") -> Path:
    create_ledger(ledger, folder)
    file = folder / "cin_reminders.toml"
    file.write_text(
        f"""
        council = "cumbria"
        policy = "cumbria"
        [records]
        url = "{records}"
        [ledger]
        url = "{ledger}"
        [delivery]
        allowed_domains = ["{STAFF}"]
        {more}
        """,
        encoding="utf-8",
    )
    return file


def sample() -> Rows:
    return make_sample(policy="cumbria", on=ON, cases=20)


# ---- called here


@pytest.fixture
def client(prefect_harness: None) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        yield client


def run_of(client: SyncPrefectClient, state: State[Any]) -> FlowRun:
    assert state.state_details.flow_run_id is not None
    return client.read_flow_run(state.state_details.flow_run_id)


def steps_of(client: SyncPrefectClient, run: FlowRun, expected: int) -> list[str]:
    """The names of a run's task runs in the order in which they began; Prefect writes them down a moment later."""
    deadline = time.monotonic() + 20
    while True:
        found = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
        if len(found) >= expected or time.monotonic() > deadline:
            return [one.name for one in sorted(found, key=lambda one: str(one.start_time))]
        time.sleep(0.2)


def test_a_run_says_its_steps_and_its_counts_as_a_manager_would_know_them(client: SyncPrefectClient, tmp_path: Path) -> None:
    settings = council(tmp_path, sample())

    state = daily_reminders(settings=str(settings), on=ON, return_state=True)

    assert state.is_completed()
    result = state.result()
    assert result["business_date"] == "2024-09-18"
    assert result["cases_evaluated"] == 20
    assert result["rows_read"] == result["rows_accepted"] + result["rows_rejected"]
    letters = [path for kind in ("*.eml", "*+notify.json") for path in (tmp_path / "outbox").rglob(kind)]
    assert result["messages"] == {"sent": len(letters)}
    run = run_of(client, state)
    assert steps_of(client, run, len(STEPS)) == STEPS
    shown = artifacts_of(client, run)
    assert {key: artifact.type for key, artifact in shown.items()} == {
        "daily-counts-cumbria": "table",
        "daily-story-cumbria": "markdown",
        "daily-progress-cumbria": "progress",
    }
    assert shown["daily-progress-cumbria"].data == 100
    assert shown["daily-counts-cumbria"].description == "Counts of 2024-09-18"
    table = {row["what"]: row["count"] for row in json.loads(str(shown["daily-counts-cumbria"].data))}
    assert table["cases"] == 20
    assert table["rows read"] == result["rows_read"]
    assert table["duties met late"] == result["obligations"]["met_late"]
    assert table["messages sent"] == result["messages"]["sent"]
    story = str(shown["daily-story-cumbria"].data)
    assert story.startswith("# Wed 18 Sep 2024\n\nThe run was done.\n")
    assert f"- {result['messages']['sent']} messages sent today\n" in story


def artifacts_of(client: SyncPrefectClient, run: FlowRun) -> dict[str, Artifact]:
    """What the page shows of a run, by its key; of a key the newest."""
    found = client.read_artifacts(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    return {str(one.key): one for one in sorted(found, key=lambda one: str(one.updated))}


def test_a_persons_own_words_for_a_hold_stay_out_of_prefect(client: SyncPrefectClient, tmp_path: Path) -> None:
    settings = council(tmp_path, sample())
    cin(
        "--settings",
        str(settings),
        "hold",
        "--all",
        "--until",
        "2024-09-18",
        "--on",
        "2024-09-18",
        "--by",
        CANARY,
        "--why",
        CANARY,
    )

    state = daily_reminders(settings=str(settings), on=ON, return_state=True)

    run = run_of(client, state)
    assert "NotDone: Wed 18 Sep 2024, held: a person holds the whole service" in str(state.message)
    logs = client.read_logs(log_filter=LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
    assert CANARY not in f"{run} {logs} {artifacts_of(client, run)}"


def test_the_weekly_report_says_how_each_day_of_the_week_before_went(client: SyncPrefectClient, tmp_path: Path) -> None:
    settings = council(tmp_path, sample())
    daily_reminders(settings=str(settings), on=date(2024, 9, 16), return_state=True)  # Monday
    daily_reminders(settings=str(settings), on=ON, return_state=True)

    state = weekly_report(settings=str(settings), on=date(2024, 9, 20), return_state=True)  # Friday

    assert state.is_completed()
    run = run_of(client, state)
    assert steps_of(client, run, 4) == ["Read the records", "Work out the duties", "Publish the report", "Look back on the week"]
    shown = artifacts_of(client, run)
    assert sorted(shown) == ["weekly-counts-cumbria", "weekly-progress-cumbria", "weekly-story-cumbria"]
    days = [line.partition(", ")[0] for line in str(shown["weekly-story-cumbria"].data).splitlines() if line.startswith("- ")]
    assert days == [
        "- Mon 16 Sep 2024: done",
        "- Tue 17 Sep 2024: no run",
        "- Wed 18 Sep 2024: done",
        "- Thu 19 Sep 2024: no run",
    ]
    assert (tmp_path / "reports" / "report-2024-09-20.html").exists()
    # Looking back is no run, and tells nobody anything.
    book = open_ledger("sqlite:///ledger.db", tmp_path, "cumbria")
    assert book.last_run("folder", date(2024, 9, 20)) is None
    book.close()


def test_a_weekly_report_leaves_the_days_own_as_it_was_where_the_records_are_gone_and_says_so(
    client: SyncPrefectClient, tmp_path: Path
) -> None:
    settings = council(tmp_path, sample())
    daily_reminders(settings=str(settings), on=ON)
    page = tmp_path / "reports" / "report-2024-09-18.html"
    before = page.read_bytes()
    (tmp_path / "records.db").unlink()
    write_sqlite(empty_rows(), tmp_path / "records.db")

    state = weekly_report(settings=str(settings), on=ON, return_state=True)

    assert state.is_failed()
    assert str(state.message).endswith(
        "Wed 18 Sep 2024, held: the extract is empty: cin_cases holds no row; the report that stood of this day is left as it was"
    )
    assert page.read_bytes() == before
    story = str(artifacts_of(client, run_of(client, state))["weekly-story-cumbria"].data)
    assert "- the records cannot be trusted: the extract is empty: cin_cases holds no row\n" in story
    assert "Nothing waits for a person" not in story


def test_a_weekly_report_of_an_empty_extract_is_published_and_fails(client: SyncPrefectClient, tmp_path: Path) -> None:
    settings = council(tmp_path, empty_rows())

    state = weekly_report(settings=str(settings), on=ON, return_state=True)

    assert state.is_failed()
    assert "held: the extract is empty" in str(state.message)
    assert (tmp_path / "reports" / "report-2024-09-18.html").exists()


@pytest.mark.parametrize("rows, path", [(sample, "/ping"), (empty_rows, "/ping/fail")])
def test_todays_run_is_told_to_the_watchman_outside(
    client: SyncPrefectClient, tmp_path: Path, rows: Callable[[], Rows], path: str
) -> None:
    today = datetime.now(LONDON).date()
    with running_web_server() as watchman:
        watch = f'[watch]\nheartbeat_url = "{watchman.origin}/ping"\nca_file = "{watchman.ca_file}"'
        settings = council(tmp_path, rows(), watch)

        daily_reminders(settings=str(settings), on=ON, return_state=True)
        assert watchman.asked == []  # a day long over says nothing of today
        daily_reminders(settings=str(settings), on=today, return_state=True)

    assert [asked.target for asked in watchman.asked] == [path]


@pytest.mark.parametrize("days_late, heard", [(0, ["/ping"]), (1, [])])
def test_a_scheduled_run_is_told_to_the_watchman_on_its_own_day_alone(
    client: SyncPrefectClient, tmp_path: Path, days_late: int, heard: list[str]
) -> None:
    today = datetime.now(LONDON).replace(hour=0, minute=0, second=0, microsecond=0)
    with running_web_server() as watchman:
        watch = f'[watch]\nheartbeat_url = "{watchman.origin}/ping"\nca_file = "{watchman.ca_file}"'
        settings = council(tmp_path, sample(), watch)
        run = client.create_flow_run(
            daily_reminders,
            parameters={"settings": str(settings)},
            state=Scheduled(scheduled_time=(today - timedelta(days=days_late)).astimezone(UTC)),
        )

        run_flow(daily_reminders, flow_run=run, parameters=run.parameters)

    assert [asked.target for asked in watchman.asked] == heard


def test_a_run_that_breaks_is_told_to_the_watchman_as_failed(client: SyncPrefectClient, tmp_path: Path) -> None:
    with running_web_server() as watchman:
        watch = f'[watch]\nheartbeat_url = "{watchman.origin}/ping"\nca_file = "{watchman.ca_file}"'
        settings = council(tmp_path, sample(), watch)
        (tmp_path / "records.db").unlink()

        state = daily_reminders(settings=str(settings), on=datetime.now(LONDON).date(), return_state=True)

    assert state.is_failed()
    assert [asked.target for asked in watchman.asked] == ["/ping/fail"]
    assert "**The run failed.**" in str(artifacts_of(client, run_of(client, state))["daily-story-cumbria"].data)


def test_a_watchman_who_is_away_fails_no_run_and_is_said(client: SyncPrefectClient, tmp_path: Path) -> None:
    watch = f'[watch]\nheartbeat_url = "https://localhost:{free_port()}/ping"'
    settings = council(tmp_path, sample(), watch)

    state = daily_reminders(settings=str(settings), on=datetime.now(LONDON).date(), return_state=True)

    assert state.is_completed()
    story = str(artifacts_of(client, run_of(client, state))["daily-story-cumbria"].data)
    assert "The watchman outside could not be told: watch.heartbeat_url: it cannot be reached" in story


def test_an_empty_extract_ends_as_a_failed_run_that_says_why(client: SyncPrefectClient, tmp_path: Path) -> None:
    settings = council(tmp_path, empty_rows())

    state = daily_reminders(settings=str(settings), on=ON, return_state=True)

    assert state.is_failed()
    run = run_of(client, state)
    assert run.state_name == "Failed"
    assert run.state is not None
    assert str(run.state.message).endswith("NotDone: Wed 18 Sep 2024, held: the extract is empty: cin_cases holds no row")
    steps = steps_of(client, run, 1)
    assert steps[0] == "Read the records"
    assert not {"Work out the duties", "Tell them"} & set(steps)
    assert not (tmp_path / "outbox").exists()


def test_a_missing_column_ends_as_a_failed_run_that_names_it(client: SyncPrefectClient, tmp_path: Path) -> None:
    settings = council(tmp_path, sample())
    with closing(sqlite3.connect(tmp_path / "records.db")) as records, records:
        records.execute("ALTER TABLE cin_meetings RENAME COLUMN scheduled_at TO planned_at")

    state = daily_reminders(settings=str(settings), on=ON, return_state=True)

    assert state.is_failed()
    assert "cin_meetings" in str(state.message)
    assert "scheduled_at" in str(state.message)


@flow
def a_run_that_breaks() -> None:
    as_task("Tell them", lambda: dict[str, str]()[CANARY])


def test_what_an_unforeseen_error_says_never_reaches_prefect(client: SyncPrefectClient, caplog: pytest.LogCaptureFixture) -> None:
    state = a_run_that_breaks(return_state=True)

    assert state.is_failed()
    assert re.search(r"Tell them: KeyError at \w+\.py line \d+", str(state.message))
    run = run_of(client, state)
    logs = client.read_logs(log_filter=LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
    assert CANARY not in f"{run} {logs} {state.result(raise_on_failure=False)!r} {caplog.text}"


# ---- the business date


@pytest.mark.parametrize(
    "start, on",
    [
        # The Sunday on which the clocks go forward, at 01:00 UTC.
        ("2024-03-31 00:59", date(2024, 3, 31)),
        ("2024-03-31 22:59", date(2024, 3, 31)),  # 23:59 in London
        ("2024-03-31 23:00", date(2024, 4, 1)),  # 00:00 in London
        # The Sunday on which they go back, at 01:00 UTC.
        ("2024-10-26 22:59", date(2024, 10, 26)),  # 23:59 in London
        ("2024-10-26 23:00", date(2024, 10, 27)),  # 00:00 in London
        ("2024-10-27 23:59", date(2024, 10, 27)),  # the same in London: winter
        ("2024-10-28 00:00", date(2024, 10, 28)),
        # Midnight UTC in summer time is one o'clock in London.
        ("2024-06-18 23:59", date(2024, 6, 19)),
        ("2024-06-19 00:00", date(2024, 6, 19)),
        # Half past six in London, in winter and in summer; and a run that began a tenth of a second early.
        ("2024-01-17 06:30", date(2024, 1, 17)),
        ("2024-06-19 05:30", date(2024, 6, 19)),
    ],
)
def test_the_business_date_is_the_london_date_of_the_scheduled_start(
    start: str, on: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prefect's own way to test what reads its runtime.
    monkeypatch.setattr(runtime, "scheduled_start_time", datetime.fromisoformat(f"{start}+00:00"), raising=False)

    assert scheduled_on() == on


def test_a_run_that_starts_late_is_still_of_the_day_it_was_scheduled_for(client: SyncPrefectClient, tmp_path: Path) -> None:
    settings = council(tmp_path, sample())
    midnight_has_gone = datetime(2024, 9, 17, 23, 30, tzinfo=UTC)  # a Tuesday; Wednesday 00:30 in London
    run = client.create_flow_run(
        daily_reminders, parameters={"settings": str(settings)}, state=Scheduled(scheduled_time=midnight_has_gone)
    )

    done: Any = run_flow(daily_reminders, flow_run=run, parameters=run.parameters)

    assert datetime.now(UTC) - midnight_has_gone > timedelta(days=1)
    assert done["business_date"] == "2024-09-18"
    assert (tmp_path / "reports" / "report-2024-09-18.html").exists()


def test_the_business_date_is_a_plain_date(monkeypatch: pytest.MonkeyPatch) -> None:
    # Prefect's own moments give dates of another class, whose differences behave otherwise.
    monkeypatch.setattr(runtime, "scheduled_start_time", parse_datetime("2024-09-18T05:30:00+00:00"), raising=False)

    assert type(scheduled_on()) is date


# ---- with a temporary server


def test_with_a_temporary_server_a_run_says_its_steps_and_a_held_one_why_in_a_line(tmp_path: Path) -> None:
    good, empty = tmp_path / "good", tmp_path / "empty"
    good.mkdir()
    empty.mkdir()
    program = f"""
import sys
from datetime import date
from pathlib import Path

from cin_reminders.errors import CinRemindersError
from cin_reminders.flows.daily import run_with_a_temporary_server

on, home = date.fromisoformat("{ON}"), Path(sys.argv[1])
run_with_a_temporary_server(Path(sys.argv[2]), on, home, announce=print)
try:
    run_with_a_temporary_server(Path(sys.argv[3]), on, home)
except CinRemindersError as error:
    print(error, error.exit_code)
"""

    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / ".prefect", council(good, sample()), council(empty, empty_rows())],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    held = "Wed 18 Sep 2024, held: the extract is empty: cin_cases holds no row"
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [*STEPS, f"{held} 3"]
    (line,) = done.stderr.splitlines()
    assert "ERROR" in line
    assert held in line


# ---- deployed, triggered, carried out by a worker


# Every other deployment, with what a person fills in.
OTHERS: dict[str, dict[str, str]] = {
    "deliver-due": {},
    "weekly-report": {},
    "backfill": {"from_on": "2024-09-16", "to_on": "2024-09-17", "mode": "send"},  # Monday, Tuesday
    "record-decision": {"what": "accept-extract", "who": "S-00012", "why": "checked and found right"},
    "retention": {},
}


@dataclass(frozen=True, kw_only=True)
class Day:
    """Two triggered runs of one day, one of every other deployment, and what they left behind."""

    runs: tuple[FlowRun, FlowRun]
    others: tuple[FlowRun, ...]
    mail_after_each: tuple[int, int]
    relay: Running
    messages: list[tuple[Message, Any]]
    rows: Mapping[str, RowCount]
    homes: tuple[Path, ...]


@pytest.fixture(scope="module")
def databases(postgresql_server: Any) -> Iterator[tuple[str, str]]:
    """Two empty PostgreSQL databases, for the records and for the ledger."""
    names = ("through_prefect_records", "through_prefect_ledger")
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
        yield tuple(postgresql_server.get_uri(database=name, driver="psycopg") for name in names)
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def day(prefect_server: str, databases: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """The repository's own prefect.yaml deployed, a worker, and the same day triggered twice, live."""
    folder, worker_home = tmp_path_factory.mktemp("council"), tmp_path_factory.mktemp("worker")
    records, ledger = databases
    write_database(with_canaries(sample()), records)
    with running_server(security="tls", login=LOGIN) as relay, temporary_settings({PREFECT_API_URL: prefect_server}):
        settings = settings_file(
            folder,
            records=records,
            ledger=ledger,
            more=f"""
            mode = "live"
            notify_from = 2024-01-01
            [email]
            host = "{relay.host}"
            port = {relay.port}
            security = "tls"
            username = "{LOGIN[0]}"
            ca_file = "{relay.ca_file}"
            from_address = "cin-reminders@{STAFF}"
            reply_to = "data.team@{STAFF}"
            """,
        )
        prefect(prefect_server, "work-pool", "create", "cin-reminders", "--type", "process", "--overwrite")
        prefect(prefect_server, "deploy", "--all")
        with get_client(sync_client=True) as client, worker(prefect_server, worker_home):
            first = trigger(client, settings)
            mail = len(relay.messages)
            second = trigger(client, settings)
            mails = (mail, len(relay.messages))
            # At once, as they are on a bad day.
            begun = [begin(client, settings, flow_name, **filled_in) for flow_name, filled_in in OTHERS.items()]
            others = tuple(ended(client, one) for one in begun)
            client.delete_work_pool("cin-reminders")
        book = open_ledger(ledger, folder, "cumbria")
        messages = book.messages(mode="live")
        last = book.last_run("live", ON)
        book.close()
        assert last is not None
        yield Day(
            runs=(first, second),
            others=others,
            mail_after_each=mails,
            relay=relay,
            messages=messages,
            rows=last.rows,
            homes=(home_of(prefect_server), worker_home),
        )


def test_a_triggered_run_of_each_deployment_is_completed_by_the_worker(day: Day) -> None:
    assert [run.state_name for run in day.runs] == ["Completed", "Completed"], [run.state for run in day.runs]
    assert [run.parameters["on"] for run in day.runs] == ["2024-09-18", "2024-09-18"]
    assert [run.state_name for run in day.others] == ["Completed"] * len(OTHERS), [run.state for run in day.others]


def test_the_relay_holds_exactly_the_messages_that_the_ledger_calls_sent_one_a_person(day: Day) -> None:
    sent = [message for message, _ in day.messages if message.state == "sent"]

    assert sent
    assert len(sent) == len(day.messages)
    assert {taken.user for taken in day.relay.messages} == {LOGIN[0]}
    assert sorted(str(taken.parsed["Message-ID"]) for taken in day.relay.messages) == sorted(str(one.message_id) for one in sent)
    assert sorted(taken.rcpt_tos for taken in day.relay.messages) == sorted((str(one.address),) for one in sent)
    assert len({one.person_ref for one in sent}) == len(sent)


def test_a_second_run_of_the_day_sends_nothing(day: Day) -> None:
    first, second = day.mail_after_each

    assert first > 0
    assert second == first


def test_no_word_of_the_records_is_anywhere_in_prefect(day: Day) -> None:
    # What is searched for was there to be found: it stands in the mail. And the search finds what Prefect does keep.
    assert all(CANARY in taken.parsed.as_string() for taken in day.relay.messages)
    kept = "\n".join(everything_in(home) for home in day.homes)
    for flow_name in ("daily", "weekly", "backfill", "decision", "retention"):
        assert all(f"{flow_name}-{what}-cumbria" in kept for what in ("counts", "story", "progress")), flow_name
    read, rejected = (sum(getattr(one, what) for one in day.rows.values()) for what in ("read", "rejected"))
    assert f"{read} rows read, {rejected} rejected" in kept
    # A reason was at hand in each relation that has a list, a date, a length or a yes in it: in all of them.
    assert {relation for relation, one in day.rows.items() if one.rejected} == set(RELATIONS)

    assert CANARY not in kept.lower()
    assert SECRET not in kept


def test_prefect_keeps_no_result_of_a_run(day: Day) -> None:
    # Results are pickles in base64, in which no search would find anything.
    assert [path for home in day.homes for path in (home / "storage").rglob("*") if path.is_file()] == []


TOLD = {"name", "label", "venue", "organisation", "team", "record_url", "online_url", "mobile", "teams_channel"}


def with_canaries(rows: Rows) -> Rows:
    """The rows with a canary in every reference and in all that names somebody or something.

    Of each relation there is beside them, for each of its columns, a row with a canary in that column alone: where a word of a
    list, a date, a length or a yes belongs, or a kind, a role or a fact that nobody knows.
    """

    def sung(column: str, value: object) -> object:
        if value is None or not (column in TOLD or column == "email" or column.endswith("_ref")):
            return value
        return f"{CANARY}.{value}" if column == "email" else f"{CANARY} {value}" if column in TOLD else f"{CANARY}-{value}"

    found = {relation: [{column: sung(column, row[column]) for column in row} for row in part] for relation, part in rows.items()}
    for name, relation in RELATIONS.items():
        row = found[name][0] if found[name] else whole_row(name)
        for place in relation.columns:
            # A warning repeats a word that looks like a code.
            word = f"{CANARY}_unheard_of" if place.kind is Kind.OPEN_WORD else f"{CANARY} 31/02"
            found[name].append(row | dict.fromkeys(relation.key, f"{CANARY}-{place.name}") | {place.name: word})
    return found


def everything_in(home: Path) -> str:
    """Every file in a folder of Prefect's as text, and its database once more as SQL, in which nothing is split between pages."""
    found = [path.read_bytes().decode("utf-8", errors="replace") for path in home.rglob("*") if path.is_file()]
    for database in home.glob("*.db"):
        with closing(sqlite3.connect(database)) as connection:
            found += connection.iterdump()
    return "\n".join(found)


def home_of(api_url: str) -> Path:
    """The folder in which the server keeps its database and its log."""
    with urllib.request.urlopen(f"{api_url}/admin/settings") as answer:
        return Path(json.load(answer)["home"])


def trigger(client: SyncPrefectClient, settings: Path) -> FlowRun:
    """One daily run by its deployment, waited for."""
    return ended(client, begin(client, settings, "daily-reminders"))


def begin(client: SyncPrefectClient, settings: Path, flow_name: str, **filled_in: str) -> FlowRun:
    """One run of a deployment, begun by hand."""
    deployment = client.read_deployment_by_name(f"{flow_name}/{flow_name}")
    parameters = {"settings": str(settings), "on": ON.isoformat()} | filled_in
    begun: FlowRun = client.create_flow_run_from_deployment(deployment.id, parameters=parameters)
    return begun


def ended(client: SyncPrefectClient, run: FlowRun) -> FlowRun:
    """A run as it is once it has ended."""
    deadline = time.monotonic() + 120
    while not (run.state and run.state.is_final()) and time.monotonic() < deadline:
        time.sleep(0.5)
        run = client.read_flow_run(run.id)
    return run


@contextmanager
def worker(api_url: str, home: Path) -> Iterator[None]:
    """A worker as a council would start it, with the word that messages may really go in its environment."""
    with (home / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "cin-reminders"],
            cwd=home,
            env=os.environ
            | {
                "PREFECT_API_URL": api_url,
                "PREFECT_HOME": str(home),
                "PREFECT_WORKER_QUERY_SECONDS": "1",
                "CIN_REMINDERS__LIVE": "true",
                "CIN_REMINDERS__EMAIL__PASSWORD": SECRET,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
