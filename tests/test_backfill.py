"""Days without a run, shown, put on record, or told where something can still be done: each person once, whatever happens."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import http_server
import pytest
from live_channels import Ends, cards, council_at, live, mailed
from past_days import backfill, backfilled, missed, outcomes, stages, told_once, workdays
from small_council import (
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    REPEATS,
    TO_HEAD_OF_SERVICE,
    TO_SERVICE_MANAGER,
    SmallCouncil,
    case,
    finished,
    first_meeting,
    many_cases,
    plan_agreed,
    professional,
    role,
    small_council,
    usual_rows,
)
from smtp_server import running_server
from test_gathering import two_cases

from cin_reminders.backfill import backfill as fill_back
from cin_reminders.backfilled import Mode
from cin_reminders.purge import purge
from cin_reminders.run import World
from cin_reminders.settings import load_settings

BEFORE = "2026-03-13"  # Friday: the last run before the outage
NEXT_DAY = "2026-03-25"  # Wednesday after OVERDUE
LATER = date(2026, 7, 1)  # Wednesday


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    """A council whose last run was on Friday 13 March, before any stage of its one duty."""
    found = small_council(tmp_path)
    found.run(BEFORE)
    return found


def everything_kept(council: SmallCouncil) -> dict[str, Any]:
    """The ledger, the outbox and the reports, byte for byte."""
    with closing(sqlite3.connect(council.folder / "ledger.db")) as ledger:
        kept: dict[str, Any] = {"ledger": list(ledger.iterdump())}
    for folder in ("outbox", "reports"):
        kept |= {str(file): file.read_bytes() for file in (council.folder / folder).rglob("*") if file.is_file()}
    return kept


def reports(council: SmallCouncil) -> list[str]:
    """The days that have a report."""
    return sorted(file.stem.removeprefix("report-") for file in (council.folder / "reports").glob("report-*.html"))


def book_and_hold(council: SmallCouncil, held_on: str, **more: object) -> None:
    council.rows["cin_meetings"] = [first_meeting(held_on=held_on, record_shared_on=held_on, **more)]
    council.write_records()


# ---- plan: what was missed, day by day


def test_a_plan_says_day_by_day_what_was_due_and_who_missed_what(council: SmallCouncil) -> None:
    plan = backfilled(council, "plan", "2026-03-14", NEXT_DAY, NEXT_DAY)

    assert missed(plan) == {EARLY: ["LEAD early"], LAST: ["LEAD last"], OVERDUE: ["LEAD overdue", "TEAM overdue"]}
    by_day = {day["day"]: day for day in plan["days"]}
    assert len(by_day) == 12
    assert (by_day[DUE]["fell_due"], by_day[DUE]["overdue"]) == (1, 0)
    assert (by_day[OVERDUE]["fell_due"], by_day[OVERDUE]["overdue"]) == (0, 1)
    assert (by_day[OVERDUE]["people"], by_day[OVERDUE]["missed"], by_day[OVERDUE]["stages"]) == (2, 2, {"overdue": 2})
    assert plan["missed"] == 4


def test_a_plan_changes_nothing(council: SmallCouncil) -> None:
    before = everything_kept(council)

    backfilled(council, "plan", "2026-03-14", NEXT_DAY, NEXT_DAY)

    assert everything_kept(council) == before


def test_what_a_plan_shows_is_what_runs_on_those_days_would_have_told(tmp_path: Path) -> None:
    rows = many_cases(5)
    for number, event in enumerate(rows["cin_events"]):
        event["happened_on"] = f"2026-03-{2 + number:02}"  # Monday to Friday
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    ran, idle = small_council(here, rows=rows), small_council(there, rows=rows)
    days = [*workdays("2026-03-16", TO_SERVICE_MANAGER)]

    told = {}
    for on in days:
        ran.run(on)
        told[on] = sorted((person, stage, ref) for person, _, stage, ref in ran.told(on))
    plan = backfilled(idle, "plan", days[0], days[-1], days[-1])

    shown = {
        day["day"]: sorted((one["person_ref"], one["stage"], one["case_ref"]) for one in day["notices"]) for day in plan["days"]
    }
    assert {day: found for day, found in shown.items() if found} == {day: found for day, found in told.items() if found}
    assert plan["missed"] == 21


def test_a_day_that_was_told_missed_nothing_and_says_how_its_run_went(council: SmallCouncil) -> None:
    council.run(EARLY)

    plan = backfilled(council, "plan", BEFORE, LAST, LAST)

    assert missed(plan) == {LAST: ["LEAD last"]}
    assert [(day["run"], day["messages"]) for day in plan["days"] if day["run"]] == [("good", {}), ("good", {"sent": 1})]


def test_a_day_off_says_why_nothing_goes_on_it(council: SmallCouncil) -> None:
    plan = backfilled(council, "plan", "2026-04-02", "2026-04-07", "2026-04-07")

    assert {day["day"]: day["closed"] for day in plan["days"]} == {
        "2026-04-02": None,
        "2026-04-03": "Good Friday",
        "2026-04-04": "Saturday",
        "2026-04-05": "Sunday",
        "2026-04-06": "Easter Monday",
        "2026-04-07": None,
    }


def test_what_was_recorded_only_later_was_not_known_on_the_day(council: SmallCouncil) -> None:
    book_and_hold(council, held_on=DUE, recorded_on=OVERDUE)
    assert missed(backfilled(council, "plan", OVERDUE, OVERDUE, NEXT_DAY)) == {}

    book_and_hold(council, held_on=DUE, recorded_on=NEXT_DAY)
    plan = backfilled(council, "plan", OVERDUE, OVERDUE, NEXT_DAY)

    # The first day of the range says what its run would have told of the range, not of the days before it.
    assert missed(plan) == {OVERDUE: ["LEAD overdue", "TEAM overdue"]}


def test_what_was_recorded_on_a_day_off_would_have_gone_on_the_next_working_day(council: SmallCouncil) -> None:
    council.rows["cin_events"] = [plan_agreed(recorded_on="2026-03-28")]  # Saturday
    council.write_records()

    assert [*missed(backfilled(council, "plan", "2026-03-16", "2026-03-31", "2026-03-31"))] == ["2026-03-30"]  # Monday


def test_a_plan_in_words_names_each_day_and_says_that_nothing_was_changed(council: SmallCouncil) -> None:
    answer = council.cin("backfill", "--from", "2026-03-15", "--to", EARLY, "--mode", "plan", "--on", EARLY)

    assert answer.code == 0
    assert "Sunday" in answer.out
    assert "1 early" in answer.out
    assert "Nothing was changed" in answer.out
    assert "Mon 16 Mar 2026: 1 missed (2 of 2)" in answer.err


# ---- record: nobody is told late, and the reports are whole


def test_what_is_on_record_is_told_to_nobody_and_explain_says_so(council: SmallCouncil) -> None:
    done = backfilled(council, "record", "2026-03-16", OVERDUE, NEXT_DAY)

    assert done["recorded"] == 3
    assert council.run(NEXT_DAY)["messages"] == {}
    assert outcomes(council, NEXT_DAY) == {"early": "historic", "last": "historic", "overdue": "historic"}
    assert "recorded on Wed 25 Mar 2026, when its day was over, and told to nobody" in " ".join(
        council.cin("explain", "C1", "--on", NEXT_DAY).out.split()
    )


def test_the_stages_after_it_go_on_their_days_to_those_who_never_heard_too(council: SmallCouncil) -> None:
    backfilled(council, "record", "2026-03-16", OVERDUE, NEXT_DAY)

    for on in workdays(NEXT_DAY, TO_SERVICE_MANAGER):
        council.run(on)

    assert stages(council, TO_SERVICE_MANAGER) == {(person, "escalate_service_manager") for person in ("SERVICE", "TEAM", "LEAD")}
    assert len(council.letters()) == 3


def test_of_a_breach_whose_stages_are_all_on_record_the_repeats_go_on(council: SmallCouncil) -> None:
    backfilled(council, "record", "2026-03-16", TO_HEAD_OF_SERVICE, "2026-04-09")

    for on in workdays("2026-04-09", REPEATS[0]):
        council.run(on)

    assert {on: stages(council, on) for on in workdays("2026-04-09", REPEATS[0]) if stages(council, on)} == {
        REPEATS[0]: {("TEAM", "repeat-1")}
    }


def test_of_stages_that_all_became_known_on_one_day_none_is_told_late(council: SmallCouncil) -> None:
    council.rows["cin_events"] = [plan_agreed(recorded_on="2026-04-24")]  # Friday: two repeats have had their days
    council.write_records()

    plan = backfilled(council, "plan", "2026-03-16", "2026-04-27", "2026-04-27")
    done = backfilled(council, "record", "2026-03-16", "2026-04-24", "2026-04-27")

    assert [*missed(plan)] == [*missed(done)] == ["2026-04-24"]
    assert council.run("2026-04-27")["messages"] == {}  # Monday
    assert council.run(REPEATS[2])["messages"] == {"sent": 1}


def test_each_day_without_a_run_gets_a_report_that_says_so_and_the_others_keep_theirs(council: SmallCouncil) -> None:
    before = {day: (council.folder / "reports" / f"report-{day}.html").read_bytes() for day in reports(council)}

    backfilled(council, "record", BEFORE, "2026-03-17", OVERDUE)

    assert reports(council) == [BEFORE, EARLY, "2026-03-17"]  # no weekend
    assert (council.folder / "reports" / f"report-{BEFORE}.html").read_bytes() == before[BEFORE]
    page = (council.folder / "reports" / f"report-{EARLY}.html").read_text(encoding="utf-8")
    assert "no run was made on this day; on Tue 24 Mar 2026 it was put on record, and nobody was told" in page
    # Written again it says the same.
    council.cin("report", "--on", EARLY)
    page = (council.folder / "reports" / f"report-{EARLY}.html").read_text(encoding="utf-8")
    assert "no run was made on this day" in page


def test_a_day_that_was_told_and_has_lost_its_report_gets_one_that_says_nothing_else(council: SmallCouncil) -> None:
    council.run(EARLY)
    (council.folder / "reports" / f"report-{EARLY}.html").unlink()

    backfilled(council, "record", EARLY, EARLY, "2026-03-17")

    page = (council.folder / "reports" / f"report-{EARLY}.html").read_text(encoding="utf-8")
    assert "is held" not in page
    assert "put on record" not in page


def test_a_day_whose_run_failed_says_after_the_record_that_no_run_told_anybody(council: SmallCouncil) -> None:
    (council.folder / "records.db").unlink()
    assert council.cin("run", "--on", EARLY).code == 1
    council.write_records()

    backfilled(council, "record", EARLY, EARLY, "2026-03-17")

    page = (council.folder / "reports" / f"report-{EARLY}.html").read_text(encoding="utf-8")
    assert "no run told anybody on this day; on Tue 17 Mar 2026 it was put on record, and nobody was told" in page


def test_recorded_twice_it_is_on_record_once(council: SmallCouncil) -> None:
    backfilled(council, "record", "2026-03-16", OVERDUE, NEXT_DAY)
    before = everything_kept(council)

    again = backfilled(council, "record", "2026-03-16", OVERDUE, NEXT_DAY)

    assert (again["missed"], again["recorded"]) == (0, 0)
    assert everything_kept(council) == before


@pytest.mark.parametrize("first, is_told", [(OVERDUE, False), (NEXT_DAY, True)])
def test_a_stage_whose_day_lies_before_the_first_is_still_told(council: SmallCouncil, first: str, is_told: bool) -> None:
    backfilled(council, "record", first, "2026-03-26", "2026-03-27")

    council.run("2026-03-27")  # Friday

    assert bool(stages(council, "2026-03-27")) is is_told


@pytest.mark.parametrize("last, is_told", [(OVERDUE, False), (DUE, True)])
def test_a_stage_whose_day_lies_after_the_last_is_still_told(council: SmallCouncil, last: str, is_told: bool) -> None:
    backfilled(council, "record", "2026-03-16", last, NEXT_DAY)

    council.run(NEXT_DAY)

    assert bool(stages(council, NEXT_DAY)) is is_told


def test_a_reminder_that_would_have_gone_sooner_in_company_is_left_to_its_own_day(tmp_path: Path) -> None:
    council = two_cases(tmp_path, "gathered")
    for on in workdays(EARLY, DUE):
        council.run(on)

    # On Tuesday the last reminder of C2, whose day is Wednesday, would have gone with the breach of C1.
    done = backfilled(council, "record", OVERDUE, OVERDUE, NEXT_DAY)

    assert missed(done) == {OVERDUE: ["LEAD overdue", "TEAM overdue"]}
    council.run(NEXT_DAY)
    assert council.told(NEXT_DAY) == {("LEAD", "lead_practitioner", "last", "C2")}


def test_a_message_that_waits_from_one_of_its_days_is_taken_back(tmp_path: Path) -> None:
    with running_server() as mail:
        council = council_at(tmp_path, Ends(teams="", channels=()))
        assert live(council, OVERDUE).code == 1  # the relay is down
        assert {one["state"] for one in council.messages()} == {"planned"}
        Ends(mail=mail, teams="", channels=()).reach(council)

        backfilled(council, "record", OVERDUE, OVERDUE, NEXT_DAY)

        assert live(council, NEXT_DAY).code == 0
        assert mailed(mail) == {}


def test_what_a_hold_keeps_waiting_is_not_put_on_record_but_told_when_the_hold_is_over(council: SmallCouncil) -> None:
    council.cin("hold", "C1", "--until", NEXT_DAY, "--by", "S-1", "--why", "in court", "--on", OVERDUE)

    assert backfilled(council, "record", OVERDUE, OVERDUE, NEXT_DAY)["recorded"] == 0

    council.run("2026-03-26")  # Thursday
    assert stages(council, "2026-03-26") == {("LEAD", "overdue"), ("TEAM", "overdue")}


def test_whoever_was_told_of_a_breach_before_the_outage_still_hears_that_it_is_met(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    book_and_hold(council, held_on=NEXT_DAY)

    assert missed(backfilled(council, "plan", NEXT_DAY, "2026-03-26", "2026-03-27")) == {}
    assert backfilled(council, "record", NEXT_DAY, "2026-03-26", "2026-03-27")["recorded"] == 0

    council.run("2026-03-27")
    assert stages(council, "2026-03-27") == {("LEAD", "all_clear"), ("TEAM", "all_clear")}


def test_an_outage_on_record_does_not_make_the_next_run_larger_than_usual(council: SmallCouncil) -> None:
    council.more = "[guards]\nrun_at_least = 1"
    council.write_settings()
    for on in workdays("2026-03-02", BEFORE):
        council.run(on)

    backfilled(council, "record", "2026-03-16", "2026-03-19", LAST)

    assert council.run(LAST)["messages"] == {"sent": 1}


# ---- send: what can still be acted on, today's stage, once


def test_whoever_missed_something_is_told_todays_stage_and_nothing_else(council: SmallCouncil) -> None:
    done = backfilled(council, "send", "2026-03-16", DUE, OVERDUE)

    assert done["messages"] == {"sent": 2}
    assert stages(council, OVERDUE) == {("LEAD", "overdue"), ("TEAM", "overdue")}
    assert outcomes(council, OVERDUE) == {"early": "superseded", "last": "superseded", "overdue": "told"}


def test_what_is_only_due_today_is_left_to_the_days_own_run(council: SmallCouncil) -> None:
    council.run(EARLY)

    done = backfilled(council, "send", EARLY, "2026-03-19", LAST)

    assert (done["missed"], done["messages"]) == (0, {})
    assert council.run(LAST)["messages"] == {"sent": 1}


def test_whoever_missed_something_gets_the_whole_of_todays_message_and_only_one(tmp_path: Path) -> None:
    rows = usual_rows()
    rows["cin_cases"].append(case("C2"))
    rows["cin_events"].append(plan_agreed("C2", happened_on="2026-03-03"))  # Tuesday: its last reminder is on Monday 23 March
    rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref="C2"))
    council = small_council(tmp_path, rows=rows)
    for on in workdays(BEFORE, "2026-03-19"):
        council.run(on)

    done = backfilled(council, "send", LAST, LAST, DUE)

    assert missed(done) == {LAST: ["LEAD last"]}  # of C1 alone
    assert {(stage, ref) for _, _, stage, ref in council.told(DUE)} == {("last", "C1"), ("last", "C2")}
    assert council.run(DUE)["messages"] == {"sent": 1}


def test_of_a_case_that_missed_nothing_nothing_is_decided(tmp_path: Path) -> None:
    rows = many_cases(2)
    rows["cin_events"][1]["happened_on"] = "2026-02-27"  # Friday: its last reminder is on Thursday 19 March
    council = small_council(tmp_path, rows=rows)
    council.run("2026-03-12")  # Thursday

    backfilled(council, "send", "2026-03-19", "2026-03-19", LAST)

    assert outcomes(council, LAST, "C001") == {"early": "superseded", "last": "told"}
    assert outcomes(council, LAST, "C000") == {}


def test_after_the_days_run_nothing_is_left_to_tell(council: SmallCouncil) -> None:
    council.run(OVERDUE)

    done = backfilled(council, "send", "2026-03-16", OVERDUE, OVERDUE)

    assert (done["missed"], done["messages"]) == (0, {})
    assert len(council.letters()) == 2


def test_what_was_entered_after_the_days_run_goes_to_those_who_have_had_no_message_yet(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    council.rows["cin_cases"].append(case("C2"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.rows["cin_people"].append(professional("OTHER", "Olive Reed"))
    council.rows["cin_roles"].append(role("lead_practitioner", "OTHER", case_ref="C2"))
    council.write_records()

    done = backfilled(council, "send", "2026-03-16", OVERDUE, OVERDUE)

    assert done["messages"] == {"sent": 1}  # besides the two of the run
    assert ("OTHER", "lead_practitioner", "overdue", "C2") in council.told(OVERDUE)
    council.run(NEXT_DAY)
    assert ("TEAM", "team_manager", "overdue", "C2") in council.told(NEXT_DAY)


@pytest.mark.parametrize("order", [("send", "run"), ("run", "send"), ("send", "send", "run", "run", "send")])
def test_beside_the_days_run_in_any_order_everybody_hears_what_one_run_alone_would_tell(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    rows = many_cases(6)
    for number, event in enumerate(rows["cin_events"]):
        event["happened_on"] = f"2026-03-{2 + number % 3:02}"  # so that the limit of some is over, and of some is today
    rows["cin_roles"] = [one | {"person_ref": "LEAD"} if one["role"] == "lead_practitioner" else one for one in rows["cin_roles"]]
    told = []
    for name, steps in (("alone", ("run",)), ("both", order)):
        (tmp_path / name).mkdir()
        council = small_council(tmp_path / name, rows=rows)
        council.run(BEFORE)
        for step in steps:
            if step == "run":
                council.run(OVERDUE)
            else:
                backfilled(council, "send", "2026-03-16", DUE, OVERDUE)
        told.append(council.told(OVERDUE))
        assert told_once(council)
    assert told[0] == told[1] != set()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_backfills_and_a_run_at_the_same_time_tell_everybody_once(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    ledger = {"ledger": request.getfixturevalue("postgresql_url")} if database == "postgresql" else {}
    council = small_council(tmp_path, rows=many_cases(12), **ledger)
    council.run(BEFORE)
    run = ("run", "--on", OVERDUE, "--json")
    send, record = (
        ("backfill", "--from", EARLY, "--to", DUE, "--mode", mode, "--on", OVERDUE, "--json") for mode in ("send", "record")
    )

    at_once = [council.start(*words) for words in (send, run, record, send)]
    answers = [finished(process) for process in at_once]

    assert [answer.code for answer in answers] == [0] * 4, [answer.err for answer in answers]
    # In whatever order they came, today's stage is told, and to everybody.
    assert len(council.told(OVERDUE)) == 24
    assert told_once(council)
    assert len(council.letters()) == 13  # twelve leads and their manager


def test_what_has_been_met_meanwhile_is_not_told(council: SmallCouncil) -> None:
    book_and_hold(council, held_on=DUE, recorded_on=NEXT_DAY)

    done = backfilled(council, "send", OVERDUE, OVERDUE, NEXT_DAY)

    assert done["missed"] == 2
    assert done["messages"] == {}
    assert council.letters() == []


def purge_before(council: SmallCouncil, line: str) -> None:
    """Retention carried out long after, on Wednesday 1 July 2026, so that everything from a day on is kept."""
    now = datetime(2026, 7, 1, 5, tzinfo=UTC)
    purge(load_settings(council.settings), LATER, now=now, by="the command purge", before=date.fromisoformat(line))


@pytest.mark.parametrize("mode", [*Mode])
def test_over_days_that_were_purged_nothing_is_worked_out_and_nobody_told(council: SmallCouncil, mode: Mode) -> None:
    purge_before(council, NEXT_DAY)

    done = backfilled(council, mode, EARLY, OVERDUE, str(LATER))

    assert {day["closed"] for day in done["days"]} == {"older than what is kept"}
    assert (done["missed"], done["recorded"], done["messages"], council.letters()) == (0, 0, {}, [])


def test_from_the_first_day_that_was_kept_on_everything_is_worked_out(council: SmallCouncil) -> None:
    purge_before(council, LAST)

    plan = backfilled(council, "plan", EARLY, LAST, str(LATER))

    assert missed(plan) == {LAST: ["LEAD last"]}
    assert [day["day"] for day in plan["days"] if day["closed"] == "older than what is kept"] == [
        f"2026-03-{day}" for day in range(16, 20)
    ]


def test_whoever_has_a_message_waiting_from_before_gets_it_although_they_missed_nothing(tmp_path: Path) -> None:
    with running_server() as mail:
        council = council_at(tmp_path, Ends(teams="", channels=()))
        assert live(council, LAST).code == 1  # the relay is down: the lead's reminder waits
        Ends(mail=mail, teams="", channels=()).reach(council)

        done = backfilled(council, "send", DUE, DUE, DUE, "--live")

        assert (done["missed"], done["messages"]) == (0, {"sent": 1})
        assert live(council, DUE).code == 0
        assert mailed(mail) == {"lena": 1}


def test_what_is_told_is_not_copied_to_teams(tmp_path: Path) -> None:
    with running_server() as mail, http_server.running_server() as web:
        council = council_at(tmp_path, Ends(mail=mail, web=web))
        live(council, BEFORE)

        backfilled(council, "send", EARLY, OVERDUE, OVERDUE, "--live")

        assert mailed(mail) == {"lena": 1, "tom": 1}
        assert cards(web) == []


def test_far_more_than_usual_is_held_for_a_persons_word(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(3), more="[guards]\nrun_at_least = 2")
    for on in workdays("2026-03-02", BEFORE):
        council.run(on)

    answer = backfill(council, "send", "2026-03-16", LAST, LAST)

    assert answer.code == 3
    assert answer.json["held"].startswith("3 notices would be told")
    assert council.letters() == []
    council.cin("release-run", "--on", LAST, "--by", "S-1", "--why", "an outage")
    assert backfilled(council, "send", "2026-03-16", LAST, LAST)["messages"] == {"sent": 3}


# ---- stopped and begun again


def killed_after(council: SmallCouncil, mode: str, first: str, last: str, on: str, *, day: str = "", said: str = "") -> None:
    """A backfill in a process of its own, which dies by kill -9 once a day is done, or a message has come so far."""
    program = """
import os, signal, sys, time
from datetime import UTC, date, datetime
from pathlib import Path
from cin_reminders.backfill import backfill
from cin_reminders.backfilled import Mode
from cin_reminders.run import World
from cin_reminders.settings import load_settings

settings, mode, first, last, on, day, said = sys.argv[1:]

def die(reached):
    if reached:
        os.kill(os.getpid(), signal.SIGKILL)

world = World(
    clock=lambda: datetime.now(UTC), sleep=time.sleep, progress=lambda text: die(said and text.endswith(said))
)
days = [date.fromisoformat(one) for one in (first, last, on)]
show = lambda done, of: die(done.day.isoformat() == day)
backfill(load_settings(Path(settings), live=True), days[0], days[1], Mode(mode), days[2], world, each_day=show)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(council.settings), mode, first, last, on, day, said],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_killed_while_it_records_it_goes_on_where_it_was(council: SmallCouncil) -> None:
    killed_after(council, "record", "2026-03-16", OVERDUE, NEXT_DAY, day=LAST)
    assert outcomes(council, LAST) == {"early": "historic", "last": "historic"}

    done = backfilled(council, "record", "2026-03-16", OVERDUE, NEXT_DAY)

    assert done["recorded"] == 1
    assert council.run(NEXT_DAY)["messages"] == {}
    assert reports(council) == [BEFORE, *workdays("2026-03-16", NEXT_DAY)]


@pytest.mark.parametrize("point", [{"day": DUE}, {"said": ": sent"}], ids=["before it told anybody", "after the first"])
def test_killed_while_it_sends_it_tells_the_rest_and_nobody_twice(tmp_path: Path, point: dict[str, str]) -> None:
    with running_server() as mail:
        council = council_at(tmp_path, Ends(mail=mail, teams="", channels=()))
        live(council, BEFORE)
        killed_after(council, "send", "2026-03-16", DUE, OVERDUE, **point)

        for _ in range(2):
            assert backfill(council, "send", "2026-03-16", DUE, OVERDUE, "--live").code == 0

        assert mailed(mail) == {"lena": 1, "tom": 1}


@pytest.mark.parametrize("mode", [Mode.PLAN, Mode.RECORD, Mode.SEND])
def test_asked_to_stop_it_ends_after_the_day_in_hand_and_says_that_more_is_left(council: SmallCouncil, mode: Mode) -> None:
    done_so_far: list[str] = []
    noon = datetime(2026, 3, 25, 12, tzinfo=UTC)
    world = World(clock=lambda: noon, sleep=lambda _: None, stop=lambda: len(done_so_far) == 2)
    first, last, on = date(2026, 3, 16), date(2026, 3, 24), date(2026, 3, 25)

    stopped = fill_back(
        load_settings(council.settings), first, last, mode, on, world, each_day=lambda day, of: done_so_far.append(str(day.day))
    )

    assert done_so_far == [EARLY, "2026-03-17"]
    assert stopped.exit_code == 1
    assert stopped.as_json()["failed"] == "stopped before every day was done; run again to do what is left"
    # What was not looked at may be what overtakes the rest, so that nothing is told, and nothing planned.
    assert council.messages() == []


# ---- what is refused, and what holds it


@pytest.mark.parametrize("mode, last_allowed", [("plan", OVERDUE), ("send", OVERDUE), ("record", DUE)])
def test_a_day_that_has_not_come_is_refused_and_for_the_record_today_too(
    council: SmallCouncil, mode: str, last_allowed: str
) -> None:
    assert backfill(council, mode, EARLY, last_allowed, OVERDUE).code == 0
    first_refused = {OVERDUE: NEXT_DAY, DUE: OVERDUE}[last_allowed]
    before = everything_kept(council)

    answer = backfill(council, mode, EARLY, first_refused, OVERDUE)

    assert answer.code == 2
    assert answer.err.startswith(f"cin-reminders: --to {first_refused}: ")
    assert f"allowed: up to {last_allowed}" in answer.err
    assert everything_kept(council) == before


def test_days_that_cannot_be_are_all_named_at_once(council: SmallCouncil) -> None:
    wrong = backfill(council, "plan", "16.3.2026", "1066-10-14", OVERDUE)
    assert wrong.code == 2
    assert [line.split(": ")[1] for line in wrong.err.splitlines()] == ["--from 16.3.2026", "--to 1066-10-14"]

    turned = backfill(council, "plan", NEXT_DAY, EARLY, OVERDUE)
    assert turned.code == 2
    assert [line.removeprefix("cin-reminders: ") for line in turned.err.splitlines()] == [
        f"--from {NEXT_DAY}: lies after --to {EARLY}; the first day comes first",
        f"--from {NEXT_DAY}: it has not come yet; allowed: up to {OVERDUE}",
    ]


def test_a_mode_that_is_none_is_refused_with_those_there_are(council: SmallCouncil) -> None:
    answer = backfill(council, "tell", EARLY, EARLY, OVERDUE)

    assert answer.code == 2
    assert "'plan', 'record', 'send'" in answer.err


def test_a_case_that_cannot_be_read_is_no_past_days_and_its_manager_hears_of_it_at_the_next_run(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", review_interval="often"))
    council.write_records()

    assert missed(backfilled(council, "plan", DUE, DUE, OVERDUE)) == {}
    assert backfilled(council, "record", DUE, DUE, OVERDUE)["recorded"] == 0

    council.run(OVERDUE)
    assert ("TEAM", "unreadable") in stages(council, OVERDUE)


@pytest.mark.parametrize("mode", ["plan", "record", "send"])
def test_nothing_is_inferred_from_an_extract_that_failed(council: SmallCouncil, mode: str) -> None:
    council.rows["cin_cases"] = []
    council.write_records()
    before = everything_kept(council)

    answer = backfill(council, mode, EARLY, LAST, OVERDUE)

    assert answer.code == 3
    assert answer.json["held"] == "the extract is empty: cin_cases holds no row"
    assert answer.json["days"] == []
    assert everything_kept(council) == before


def test_a_case_that_closed_meanwhile_was_missed_and_is_told_no_more(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = [case(closed_on=NEXT_DAY)]
    council.write_records()

    assert missed(backfilled(council, "plan", OVERDUE, OVERDUE, NEXT_DAY)) == {OVERDUE: ["LEAD overdue", "TEAM overdue"]}
    assert backfilled(council, "send", OVERDUE, OVERDUE, NEXT_DAY)["messages"] == {}
