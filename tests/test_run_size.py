"""A run far larger than usual is held for a person's word: nothing of it is told, nothing of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_channels import Ends, council_at, scheduled_at
from past_days import workdays
from small_council import (
    OVERDUE,
    SmallCouncil,
    case,
    many_cases,
    plan_agreed,
    professional,
    role,
    small_council,
)
from smtp_server import running_server

FIRST = "2026-03-16"  # Monday: one case's reminder
NEXT = "2026-03-17"  # Tuesday


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    """One case that is reminded of on Monday, after two quiet weeks; ten notices may go, or three times the usual."""
    found = small_council(tmp_path, more="[guards]\nrun_at_least = 10")
    for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13):  # Monday to Friday, twice
        found.run(f"2026-03-{day:02}")
    return found


def add_cases(council: SmallCouncil, number: int, agreed_on: str) -> None:
    """Cases whose plan was agreed on a day, each with a lead practitioner of its own; the day is part of their references."""
    for count in range(number):
        ref = f"N{agreed_on[-2:]}{count:02}"
        council.rows["cin_cases"].append(case(ref))
        council.rows["cin_events"].append(plan_agreed(ref, happened_on=agreed_on))
        council.rows["cin_people"].append(professional(f"L{ref}", f"lead{ref} Moss"))
        council.rows["cin_roles"].append(role("lead_practitioner", f"L{ref}", case_ref=ref))
    council.write_records()


def test_a_run_of_no_more_than_usual_goes(council: SmallCouncil) -> None:
    assert council.run(FIRST)["messages"] == {"sent": 1}
    add_cases(council, 10, "2026-03-03")  # Tuesday: reminded of on the Tuesday a fortnight later

    assert council.run(NEXT)["messages"] == {"sent": 10}


def test_a_run_far_above_the_usual_is_held_and_nothing_of_it_is_kept(council: SmallCouncil) -> None:
    council.run(FIRST)
    add_cases(council, 11, "2026-03-03")

    answer = council.cin("run", "--on", NEXT, "--json")

    assert answer.code == 3
    assert answer.json["held"].startswith("11 notices would be told, and 10 at most are usual for 1 working day")
    assert answer.json["messages"] == {}
    assert len(council.messages()) == 1
    assert Path(answer.json["report"]).exists()
    assert len(council.letters()) == 1


def test_what_a_held_run_would_say_can_be_looked_at(council: SmallCouncil) -> None:
    council.run(FIRST)
    add_cases(council, 11, "2026-03-03")
    council.cin("run", "--on", NEXT, "--json")

    looked = council.cin("preview", "--on", NEXT, "--json")

    assert len(looked.json) == 11
    assert "a run would be held: 11 notices would be told" in looked.err


def test_a_persons_word_releases_the_run_of_that_day_and_no_other(council: SmallCouncil) -> None:
    council.run(FIRST)
    add_cases(council, 11, "2026-03-03")
    assert council.cin("run", "--on", NEXT, "--json").code == 3

    said = council.cin("release-run", "--on", NEXT, "--by", "S-1", "--why", "eleven new plans on one day")

    assert said.code == 0, said.err
    assert council.run(NEXT)["messages"] == {"sent": 11}
    assert [one["kind"] for one in council.cin("audit", "--json").json] == ["release-run"]
    # One day that was released does not make eleven the usual.
    add_cases(council, 11, "2026-03-04")
    assert council.cin("run", "--on", "2026-03-18", "--json").code == 3


@pytest.mark.parametrize("number, code", [(40, 0), (41, 3)])
def test_after_days_that_were_missed_more_may_go(council: SmallCouncil, number: int, code: int) -> None:
    add_cases(council, 3, "2026-03-02")
    council.run(FIRST)
    add_cases(council, 4, "2026-03-03")
    council.run(NEXT)
    # Four on each of two days: twelve may go after one working day, and 48 after four of them. Eight are last reminders.
    add_cases(council, number, "2026-03-09")  # Monday: reminded of on Monday 23 March

    assert council.cin("run", "--on", "2026-03-23", "--json").code == code


@pytest.mark.parametrize("number, is_held", [(40, False), (41, True)])
def test_missed_runs_that_begin_late_leave_the_measure_as_it_was(tmp_path: Path, number: int, is_held: bool) -> None:
    with running_server() as mail:
        guards = "[guards]\nrun_at_least = 10"
        council = council_at(tmp_path, Ends(mail=mail, teams="", channels=(), more=guards))
        for day in workdays("2026-03-02", "2026-03-13"):  # Monday to Friday, twice
            scheduled_at(council, day, f"{day}T06:31")
        for day, cases, agreed_on in ((FIRST, 3, "2026-03-02"), (NEXT, 4, "2026-03-03")):
            add_cases(council, cases, agreed_on)
            scheduled_at(council, day, f"{day}T06:31")
        add_cases(council, number, "2026-03-09")
        for missed in workdays("2026-03-18", "2026-03-20"):  # Wednesday to Friday
            assert scheduled_at(council, missed, "2026-03-23T06:00").held is None

        assert (scheduled_at(council, "2026-03-23", "2026-03-23T06:31").held is not None) is is_held


def test_a_run_that_is_held_grows_no_smaller_by_waiting(council: SmallCouncil) -> None:
    council.run(FIRST)
    add_cases(council, 11, "2026-03-03")

    codes = [council.cin("run", "--on", f"2026-03-{day}", "--json").code for day in (17, 18, 19, 20)]

    assert codes == [3, 3, 3, 3]


def test_runs_of_one_day_again_do_not_make_the_usual_smaller(council: SmallCouncil) -> None:
    add_cases(council, 7, "2026-03-02")
    council.run(FIRST)
    add_cases(council, 8, "2026-03-03")
    council.run(NEXT)
    for _ in range(25):
        council.run(NEXT)
    add_cases(council, 24, "2026-03-04")

    assert council.run("2026-03-18")["messages"] == {"sent": 24}


def test_a_first_run_is_never_held_for_its_size(tmp_path: Path) -> None:
    council = small_council(tmp_path, more="[guards]\nrun_at_least = 1", rows=many_cases(60))

    assert council.run(OVERDUE)["messages"] == {"sent": 61}
