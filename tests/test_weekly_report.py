"""The weekly report: it spoils no report of a day's run, and says what waits for a person, whatever that is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from live_channels import Ends, council_at, run_at
from small_council import DUE, EARLY, LAST, OVERDUE, SmallCouncil, many_cases, small_council
from smtp_server import Behaviour, Step, running_server

from cin_reminders.settings import load_settings
from cin_reminders.story import story_of_week
from cin_reminders.weekly import Week, report_week

NEXT_DAY = "2026-03-25"  # Wednesday
REFUSED = Behaviour(steps=(Step(at="RCPT", reply="550 5.1.1 no such user"),))
NOTHING = "Nothing waits for a person."


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def week(council: SmallCouncil, on: str) -> Week:
    return report_week(load_settings(council.settings, live=True), date.fromisoformat(on))


def waits(council: SmallCouncil, on: str) -> list[str]:
    """What the weekly story says that a person has to decide."""
    found = week(council, on)
    lines = story_of_week("testshire", found.days, found.waiting, found.why_held).splitlines()
    assert (NOTHING in lines) is not ("For a person to decide:" in lines)
    return lines[lines.index("For a person to decide:") + 2 :] if NOTHING not in lines else []


def report_of(council: SmallCouncil, on: str) -> tuple[str, ...]:
    return tuple(
        (council.folder / "reports" / f"report-{on}.{kind}").read_text(encoding="utf-8") for kind in ("html", "csv", "json")
    )


def without_records(council: SmallCouncil) -> None:
    council.rows = {}
    council.write_records()


# ---- the day's own report


def test_the_report_of_a_good_run_stands_when_the_records_cannot_be_trusted_an_hour_later(council: SmallCouncil) -> None:
    council.run(DUE)
    before = report_of(council, DUE)
    without_records(council)

    found = week(council, DUE)

    assert report_of(council, DUE) == before
    assert (found.held, found.is_published) == ("the extract is empty: cin_cases holds no row", False)


def test_of_a_day_without_a_report_one_is_published_that_says_that_it_cannot_be_trusted(council: SmallCouncil) -> None:
    council.run(LAST)
    without_records(council)

    found = week(council, DUE)

    assert "the extract is empty: cin_cases holds no row" in report_of(council, DUE)[0]
    assert found.is_published


def test_of_good_records_the_days_report_is_written_again(council: SmallCouncil) -> None:
    council.run(DUE)
    before = report_of(council, DUE)
    council.rows["cin_cases"][0]["label"] = "ZZ 99"
    council.write_records()

    assert week(council, DUE).is_published
    assert report_of(council, DUE) != before


def test_a_report_of_a_run_that_was_held_still_says_so_when_it_is_written_again(council: SmallCouncil) -> None:
    far_too_many(council)

    week(council, DUE)

    assert "notices would be told, and 1 at most are usual" in report_of(council, DUE)[0]


def far_too_many(council: SmallCouncil) -> None:
    """A run on Monday that is held for its size, after ten quiet days of a council with one case."""
    council.more = "[guards]\nrun_at_least = 1"
    council.write_settings()
    council.rows = many_cases(1)
    council.write_records()
    for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13):  # Monday to Friday, twice
        council.run(f"2026-03-{day:02}")
    council.rows = many_cases(3)
    council.write_records()
    assert council.cin("run", "--on", DUE).code == 3


# ---- what waits for a person


def test_where_nothing_waits_the_week_says_so(council: SmallCouncil) -> None:
    council.run(DUE)

    assert waits(council, DUE) == []


def test_records_that_cannot_be_trusted_wait_for_a_person(council: SmallCouncil) -> None:
    council.run(LAST)
    without_records(council)

    assert waits(council, DUE) == ["- the records cannot be trusted: the extract is empty: cin_cases holds no row"]


def test_a_run_that_was_held_for_the_same_records_is_not_said_twice(council: SmallCouncil) -> None:
    council.run(LAST)
    without_records(council)
    assert council.cin("run", "--on", DUE).code == 3

    assert len(waits(council, DUE)) == 1


def test_a_run_that_was_held_for_its_size_waits_with_its_reason_until_a_good_one(council: SmallCouncil) -> None:
    far_too_many(council)

    (said,) = waits(council, DUE)
    assert said.startswith("- the run of Mon 23 Mar 2026 was held: 3 notices would be told, and 1 at most are usual")

    council.cin("release-run", "--by", "S-1", "--why", "three new plans", "--on", DUE)
    council.run(DUE)
    assert waits(council, DUE) == []


def test_a_ledger_that_is_older_than_the_last_run_waits_for_a_person(council: SmallCouncil) -> None:
    copy = (council.folder / "ledger.db").read_bytes()
    council.run(LAST)
    (council.folder / "ledger.db").write_bytes(copy)

    (said,) = waits(council, DUE)

    assert said.startswith("- the ledger does not hold the run of Fri 20 Mar 2026, which was made from here")


def test_a_persons_own_words_stay_in_the_ledger(council: SmallCouncil) -> None:
    council.cin("hold", "--all", "--until", DUE, "--by", "S-1", "--why", "a canary sang", "--on", DUE)
    assert council.cin("run", "--on", DUE).code == 3
    while_held = waits(council, DUE)
    council.cin("release", "--all", "--by", "S-1", "--why", "it stopped", "--on", DUE)

    held = "- the run of Mon 23 Mar 2026 was held: its state says why"
    assert while_held == [held, "- holds in force: 1"]
    assert waits(council, DUE) == [held]


@pytest.mark.parametrize("on, is_said", [("2026-03-31", True), ("2026-04-01", False)])  # seven days later, and eight
def test_messages_that_were_refused_for_good_are_counted_for_a_week(tmp_path: Path, on: str, is_said: bool) -> None:
    with running_server(behaviour=REFUSED) as mail:
        council = council_at(tmp_path, Ends(mail=mail, teams="", channels=()))
        assert run_at(council, OVERDUE, f"{OVERDUE}T06:31").messages == {"failed": 2}

    assert ("- messages refused for good: 2" in waits(council, on)) is is_said


def test_stages_that_nobody_could_be_told_are_counted(council: SmallCouncil) -> None:
    council.rows["cin_roles"] = []
    council.write_records()
    council.run(LAST)

    assert waits(council, DUE) == ["- notices for which there is nobody to tell: 1"]


def test_messages_in_doubt_are_counted(tmp_path: Path) -> None:
    with running_server(behaviour=Behaviour(steps=(Step(at="DOT", drop=True),))) as mail:
        council = council_at(tmp_path, Ends(mail=mail, teams="", channels=()))
        run_at(council, EARLY, f"{EARLY}T06:31")

    assert waits(council, EARLY) == ["- messages of which nobody knows whether they arrived: 1"]
