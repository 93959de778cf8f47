"""Days on which nothing was sent, from end to end: what managers read of them, and what the week's story says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import smtp_server
from live_channels import Ends, council_at, deliver_at, killed_once, run_at
from small_council import DUE, EARLY, LAST, OVERDUE, SmallCouncil, many_cases

from cin_reminders.settings import load_settings
from cin_reminders.story import story_of_week
from cin_reminders.weekly import report_week

NEXT_DAY, DAY_AFTER, NEXT_MONDAY = "2026-03-25", "2026-03-26", "2026-03-30"  # Wednesday, Thursday, Monday
LATER = "What is still true goes with the next good run."


@pytest.fixture
def mail() -> Iterator[smtp_server.Running]:
    with smtp_server.running_server() as relay:
        yield relay


def council_of(folder: Path, mail: smtp_server.Running, **more: object) -> SmallCouncil:
    """A council whose messages really go by this relay, after a good run on the Friday before anything is due."""
    found = council_at(folder, Ends(mail=mail, teams="", channels=()), **more)
    run_at(found, "2026-03-13", "2026-03-13T06:31")
    return found


def week_of(council: SmallCouncil, on: str) -> list[str]:
    """The days of the week before, as the weekly story has them."""
    week = report_week(load_settings(council.settings, live=True), date.fromisoformat(on))
    story = story_of_week("testshire", week.days, week.waiting)
    return [line for line in story.splitlines() if line.startswith("- ") and " Mar 2026: " in line]


# ---- what went later, or before its run died


def test_a_day_whose_messages_a_later_delivery_sent_is_no_silence(tmp_path: Path, mail: smtp_server.Running) -> None:
    council = council_of(tmp_path, mail)
    for on in (EARLY, LAST, DUE):
        run_at(council, on, f"{on}T06:31")
    Ends(teams="", channels=()).reach(council)  # nothing listens at the relay's port
    assert run_at(council, OVERDUE, f"{OVERDUE}T06:31").failed
    Ends(mail=mail, teams="", channels=()).reach(council)
    deliver_at(council, OVERDUE, f"{OVERDUE}T07:15")

    assert run_at(council, NEXT_DAY, f"{NEXT_DAY}T06:31").note is None
    assert "- Tue 24 Mar 2026: not done whole, 2 messages sent" in week_of(council, NEXT_MONDAY)


def test_a_day_whose_messages_never_went_is_a_silence(tmp_path: Path, mail: smtp_server.Running) -> None:
    council = council_of(tmp_path, mail)
    for on in (EARLY, LAST, DUE):
        run_at(council, on, f"{on}T06:31")
    Ends(teams="", channels=()).reach(council)
    run_at(council, OVERDUE, f"{OVERDUE}T06:31")
    Ends(mail=mail, teams="", channels=()).reach(council)

    said = run_at(council, NEXT_DAY, f"{NEXT_DAY}T06:31").note

    assert said == f"Nothing was sent on Tue 24 Mar 2026: the run was not done whole. {LATER}"


def test_a_run_that_was_killed_is_no_silence_once_a_delivery_has_sent_the_rest(tmp_path: Path, mail: smtp_server.Running) -> None:
    council = council_of(tmp_path, mail, rows=many_cases(4))
    killed_once(council, EARLY, ": sent")
    deliver_at(council, EARLY, f"{EARLY}T07:15")

    assert run_at(council, "2026-03-17", "2026-03-17T06:31").note is None
    assert len(mail.messages) == 4
    assert "- Mon 16 Mar 2026: broken off, 4 messages sent" in week_of(council, "2026-03-18")


@pytest.fixture
def quiet_until_eight(tmp_path: Path, mail: smtp_server.Running) -> SmallCouncil:
    """A council in whose quiet hours each run falls, after three days with messages: six, six and seven."""
    quiet = Ends(mail=mail, teams="", channels=(), delivery="quiet_from = 20:00:00\nquiet_until = 08:00:00")
    council = council_at(tmp_path, quiet, rows=many_cases(6))
    for on in (EARLY, LAST, OVERDUE):
        run_at(council, on, f"{on}T06:31")
        deliver_at(council, on, f"{on}T08:15")
    return council


def test_in_quiet_hours_the_days_messages_are_counted_once_they_have_gone(quiet_until_eight: SmallCouncil) -> None:
    assert [line for line in week_of(quiet_until_eight, NEXT_DAY) if "no run" not in line] == [
        "- Fri 20 Mar 2026: done, 6 messages sent",
        "- Tue 24 Mar 2026: done, 7 messages sent",
    ]


def test_in_quiet_hours_a_day_with_nothing_to_send_is_odd_and_one_whose_messages_wait_is_not(
    quiet_until_eight: SmallCouncil,
) -> None:
    waited = (quiet_until_eight.folder / "reports" / f"report-{OVERDUE}.html").read_text(encoding="utf-8")
    assert "messages are usual" not in waited

    run_at(quiet_until_eight, NEXT_DAY, f"{NEXT_DAY}T06:31")

    empty = (quiet_until_eight.folder / "reports" / f"report-{NEXT_DAY}.html").read_text(encoding="utf-8")
    assert "Nothing was sent on Wed 25 Mar 2026, an open day; 6 messages are usual." in empty
