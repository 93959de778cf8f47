"""Outages from end to end: the whole program goes through the days, some of them missed, and people hear what is true, once."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from live_channels import Ends, council_at, deliver_at, mailed, run_at
from past_days import backfilled, missed, outcomes, stages, told_once, workdays
from small_council import (
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    REPEATS,
    TO_HEAD_OF_SERVICE,
    TO_SERVICE_MANAGER,
    SmallCouncil,
    first_meeting,
    plan_agreed,
    small_council,
)
from smtp_server import running_server

from cin_reminders.ledger_schema import VERSION, VERSION_TABLE, VERSIONS

Told = dict[str, set[tuple[str, str]]]

PACKS = Path(__file__).parent / "packs"
MANAGERS = {TO_HEAD_OF_SERVICE: {("HEAD", "escalate_head_of_service")}, REPEATS[0]: {("TEAM", "repeat-1")}}
BREACH = {("LEAD", "overdue"), ("TEAM", "overdue")}


def through(council: SmallCouncil, first: str, last: str) -> Told:
    """A run on each day of the schedule; who was told what on those on which anybody was."""
    told = {}
    for on in workdays(first, last):
        council.run(on)
        told[on] = stages(council, on)
    assert told_once(council)
    return {on: found for on, found in told.items() if found}


# ---- days missed, and caught up by the next run alone


def test_after_three_days_missed_the_next_run_tells_what_is_true_and_the_days_after_are_as_ever(tmp_path: Path) -> None:
    council = small_council(tmp_path)

    before = through(council, "2026-03-13", "2026-03-19")  # Friday to Thursday; then no run until Wednesday
    after = through(council, "2026-03-25", REPEATS[0])

    assert before == {EARLY: {("LEAD", "early")}}
    escalated = {TO_SERVICE_MANAGER: {("SERVICE", "escalate_service_manager")}}
    assert after == {"2026-03-25": BREACH} | escalated | MANAGERS
    assert outcomes(council, REPEATS[0])["last"] == "superseded"


def test_after_a_week_missed_whoever_heard_of_no_stage_hears_of_the_latest(tmp_path: Path) -> None:
    council = small_council(tmp_path)

    through(council, "2026-03-13", DUE)  # Friday to Monday; then no run for a week
    after = through(council, "2026-03-31", REPEATS[0])  # Tuesday

    late = {(person, "escalate_service_manager") for person in ("LEAD", "TEAM", "SERVICE")}
    assert after == {"2026-03-31": late} | MANAGERS
    assert outcomes(council, REPEATS[0])["overdue"] == "superseded"


@pytest.mark.parametrize("first, last, next_day", [(LAST, OVERDUE, "2026-03-25"), (OVERDUE, TO_SERVICE_MANAGER, "2026-03-31")])
def test_missed_days_that_are_told_by_a_backfill_are_told_as_the_next_run_would_have(
    tmp_path: Path, first: str, last: str, next_day: str
) -> None:
    told = []
    for name in ("run", "backfill"):
        (tmp_path / name).mkdir()
        council = small_council(tmp_path / name)
        through(council, "2026-03-13", "2026-03-19")
        for on in workdays(LAST, "2026-03-23"):
            if on < first:
                council.run(on)
        if name == "backfill":
            backfilled(council, "send", first, last, next_day)
        told.append(through(council, next_day, REPEATS[0]))
    assert told[0] == told[1]
    assert told[0][next_day]


def test_three_days_told_and_then_put_on_record_are_whole_in_the_reports(tmp_path: Path) -> None:
    council = small_council(tmp_path)
    through(council, "2026-03-13", "2026-03-19")
    backfilled(council, "send", LAST, OVERDUE, "2026-03-25")

    done = backfilled(council, "record", LAST, OVERDUE, "2026-03-25")

    assert done["recorded"] == 0
    reports = {file.stem for file in (council.folder / "reports").glob("*.html")}
    assert reports == {f"report-{on}" for on in workdays("2026-03-13", "2026-03-25")}
    assert through(council, "2026-03-25", TO_SERVICE_MANAGER) == {
        "2026-03-25": BREACH,
        TO_SERVICE_MANAGER: {("SERVICE", "escalate_service_manager")},
    }


# ---- the clocks change


@pytest.mark.parametrize(
    "agreed_on, early, friday, monday, half_past_six, before_eight, eight",
    [
        # They go forward on Sunday 29 March: on Monday London is an hour ahead of UTC.
        ("2026-03-02", "2026-03-26", "2026-03-27", "2026-03-30", "05:30", "06:59", "07:00"),
        # They go back on Sunday 25 October: on Monday London has UTC.
        ("2026-09-28", "2026-10-22", "2026-10-23", "2026-10-26", "06:30", "07:59", "08:00"),
    ],
    ids=["forward", "back"],
)
def test_over_a_change_of_clocks_a_missed_friday_is_caught_up_once_when_the_quiet_hours_end(
    tmp_path: Path, agreed_on: str, early: str, friday: str, monday: str, half_past_six: str, before_eight: str, eight: str
) -> None:
    with running_server() as mail:
        quiet = "quiet_from = 20:00:00\nquiet_until = 08:00:00"
        council = council_at(tmp_path, Ends(mail=mail, teams="", channels=(), delivery=quiet))
        council.rows["cin_events"] = [plan_agreed(happened_on=agreed_on)]  # the service manager's stage is on the Monday
        council.write_records()
        run_at(council, early, f"{early}T09:00")  # Thursday: told of the breach; no run on Friday
        mail.messages.clear()

        assert [day["day"] for day in backfilled(council, "plan", friday, monday, monday)["days"]][0::3] == [friday, monday]
        assert run_at(council, monday, f"{monday}T{half_past_six}").messages == {"planned": 1}
        deliver_at(council, monday, f"{monday}T{before_eight}")
        assert mailed(mail) == {}

        for moment in (eight, "10:00"):
            deliver_at(council, monday, f"{monday}T{moment}")
            assert mailed(mail) == {"sara": 1}


# ---- what the days depend on changes in between


def test_a_bank_holiday_announced_on_the_day_moves_the_limit_and_nobody_is_told_of_a_breach_that_was_none(tmp_path: Path) -> None:
    council = small_council(tmp_path)
    through(council, "2026-03-13", LAST)
    council.more = f"[calendar]\nextra_days = [{DUE}]"  # announced on Monday 23 March itself; no run until Wednesday
    council.write_settings()

    plan = backfilled(council, "plan", DUE, "2026-03-25", "2026-03-25")
    after = through(council, "2026-03-25", "2026-03-27")

    assert plan["days"][0]["closed"] is not None
    assert missed(plan) == {"2026-03-25": ["LEAD overdue", "TEAM overdue"]}
    assert after == {"2026-03-25": BREACH}
    texts = [letter.get_body(("plain",)).get_content() for letter in council.letters() if "lena@" in str(letter["To"])]
    assert ["You were told Monday 23 March" in " ".join(text.split()) for text in texts].count(True) == 1


def test_an_edition_that_comes_into_force_in_between_governs_the_days_from_its_own_on(tmp_path: Path) -> None:
    held, shared = "2026-04-27", "2026-04-28"  # Monday, Tuesday
    council = small_council(tmp_path, policy=str(PACKS / "two-editions"))
    council.rows["cin_meetings"] = [
        first_meeting(scheduled_at=f"{held}T10:00", held_on=held, record_shared_on=shared, plan_shared_on=shared)
    ]
    council.write_records()
    # Eight weeks are over on Monday 22 June; from Monday 1 June on it is six, which are over on Monday 8 June.
    before = through(council, "2026-05-26", "2026-05-29")  # Tuesday to Friday; then no run until Wednesday 10 June

    plan = backfilled(council, "plan", "2026-06-01", "2026-06-09", "2026-06-10")
    after = through(council, "2026-06-10", "2026-06-12")

    assert before == {}
    assert missed(plan)["2026-06-09"] == ["LEAD overdue", "TEAM overdue"]
    assert after == {"2026-06-10": BREACH}
    [review] = [one for one in council.cin("explain", "C1", "--on", "2026-06-10", "--json").json if one["duty"] == "review"]
    assert review["due_on"] == "2026-06-08"


# ---- an upgrade with a migration in between


def as_the_program_before_left_it(council: SmallCouncil) -> None:
    """The council's ledger in the version before this program's, with all that it held in it."""
    old, new = council.folder / "ledger.db", council.folder / "older.db"
    engine = sa.create_engine(f"sqlite:///{new}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "cin_reminders:migrations")
        command.upgrade(config, VERSIONS[-2])
    engine.dispose()
    with closing(sqlite3.connect(new)) as file, file:
        file.execute("ATTACH ? AS now", (str(old),))
        tables = [name for (name,) in file.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        for table in tables:
            if table != VERSION_TABLE:
                columns = ", ".join(f'"{row[1]}"' for row in file.execute(f"PRAGMA main.table_info({table})"))
                file.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")
    for leftover in ("-wal", "-shm"):
        Path(f"{old}{leftover}").unlink(missing_ok=True)
    shutil.move(new, old)


def test_an_upgrade_in_the_middle_of_an_outage_loses_nothing_and_tells_nobody_twice(tmp_path: Path) -> None:
    council = small_council(tmp_path)
    before = through(council, "2026-03-13", LAST)
    as_the_program_before_left_it(council)

    refused = council.cin("run", "--on", "2026-03-25")
    assert refused.code == 1
    assert "run `cin-reminders upgrade`" in refused.err
    assert council.cin("backfill", "--from", DUE, "--to", OVERDUE, "--mode", "record", "--on", "2026-03-25").code == 1
    assert VERSION in council.cin("upgrade").out

    assert missed(backfilled(council, "plan", "2026-03-16", OVERDUE, "2026-03-25")) == {OVERDUE: ["LEAD overdue", "TEAM overdue"]}
    after = through(council, "2026-03-25", TO_SERVICE_MANAGER)
    assert before == {EARLY: {("LEAD", "early")}, LAST: {("LEAD", "last")}}
    assert after == {"2026-03-25": BREACH, TO_SERVICE_MANAGER: {("SERVICE", "escalate_service_manager")}}
