"""Days on which nothing was sent, from end to end: what managers read of them, and what the week's story says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import smtp_server
from ledgers import COUNCIL, MORNING, Clock, Outbox, plan_one
from ledgers import run as deliver
from live_channels import Ends, council_at, deliver_at, killed_once, mailed, run_at, scheduled_at
from past_days import workdays
from small_council import DUE, EARLY, LAST, OVERDUE, SmallCouncil, many_cases

from cin_reminders.ledger import Run, create_ledger, open_ledger
from cin_reminders.looking_back import silence_for_managers
from cin_reminders.settings import load_settings
from cin_reminders.story import story_of_week
from cin_reminders.weekly import report_week
from cin_reminders.working_days import make_calendar

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

    done = run_at(quiet_until_eight, NEXT_DAY, f"{NEXT_DAY}T06:31")

    said = "Nothing was sent on Wed 25 Mar 2026, although 6 messages are usual."
    assert said in (quiet_until_eight.folder / "reports" / f"report-{NEXT_DAY}.html").read_text(encoding="utf-8")
    quiet = "nothing is sent on Wed 25 Mar 2026 now, quiet hours: waits until Wednesday 25 March 2026, 08:00"
    assert done.note == f"{quiet}. {said}"


def test_in_quiet_hours_a_day_without_a_run_is_said_all_the_same(quiet_until_eight: SmallCouncil) -> None:
    done = run_at(quiet_until_eight, DAY_AFTER, f"{DAY_AFTER}T06:31")

    assert "Nothing was sent on Wed 25 Mar 2026: there was no run." in done.note


# ---- an outage, after which every missed run begins late


def said_to(mail: smtp_server.Running, who: str) -> list[str]:
    """What the last message to somebody says of days on which nothing was sent, above everything else."""
    (*_, last) = [one.parsed.get_body(("plain",)).get_content() for one in mail.messages if one.rcpt_tos[0].startswith(f"{who}@")]
    paragraphs = [" ".join(paragraph.split()) for paragraph in last.replace("\r", "").split("\n\n")]
    return [paragraph for paragraph in paragraphs if paragraph.startswith("Nothing was sent")]


def told_of_silence(mail: smtp_server.Running) -> dict[str, bool]:
    """Who got a message, and whether it speaks of days on which nothing was sent; what the relay held is taken out of it."""
    taken, mail.messages[:] = list(mail.messages), []
    return {
        address.partition("@")[0]: "Nothing was sent" in one.parsed.get_body(("plain",)).get_content()
        for one in taken
        for address in one.rcpt_tos
    }


@pytest.fixture
def after_an_outage(tmp_path: Path, mail: smtp_server.Running) -> SmallCouncil:
    """A council without power from Monday to Wednesday, 9 o'clock; the runs of Monday and Tuesday have just begun."""
    council = council_of(tmp_path, mail)
    for on in (EARLY, LAST):
        scheduled_at(council, on, f"{on}T06:31")
    mail.messages.clear()
    for on in (DUE, OVERDUE):
        scheduled_at(council, on, f"{NEXT_DAY}T09:00")
    return council


TOO_LATE = "Nothing was sent on Mon 23 Mar 2026 and Tue 24 Mar 2026: the run began when the day was over."


def test_runs_that_begin_when_their_day_is_over_send_nothing_and_managers_hear_so_once(
    after_an_outage: SmallCouncil, mail: smtp_server.Running
) -> None:
    assert mail.messages == []

    wednesday = scheduled_at(after_an_outage, NEXT_DAY, f"{NEXT_DAY}T09:00")
    assert wednesday.note == f"{TOO_LATE} {LATER}"
    assert told_of_silence(mail) == {"lena": False, "tom": True}

    thursday = scheduled_at(after_an_outage, DAY_AFTER, f"{DAY_AFTER}T06:31")
    assert thursday.note is None
    monday = scheduled_at(after_an_outage, NEXT_MONDAY, f"{NEXT_MONDAY}T06:31")
    assert "23 Mar" not in monday.note  # but Friday, which had no run
    assert mailed(mail) == {"sara": 1}


def test_a_late_run_may_come_after_the_days_own_and_the_days_are_named_all_the_same(
    tmp_path: Path, mail: smtp_server.Running
) -> None:
    council = council_of(tmp_path, mail)
    for on in (EARLY, LAST):
        scheduled_at(council, on, f"{on}T06:31")
    mail.messages.clear()

    wednesday, *_ = [scheduled_at(council, on, f"{NEXT_DAY}T09:00") for on in (NEXT_DAY, DUE, OVERDUE)]

    assert wednesday.note == f"Nothing was sent on Mon 23 Mar 2026 and Tue 24 Mar 2026: there was no run. {LATER}"
    assert told_of_silence(mail) == {"lena": False, "tom": True}


def test_the_week_says_of_a_late_run_that_it_was_late(after_an_outage: SmallCouncil) -> None:
    scheduled_at(after_an_outage, NEXT_DAY, f"{NEXT_DAY}T09:00")

    assert week_of(after_an_outage, DAY_AFTER)[-3:] == [
        "- Mon 23 Mar 2026: begun too late, 0 messages sent",
        "- Tue 24 Mar 2026: begun too late, 0 messages sent",
        "- Wed 25 Mar 2026: done, 2 messages sent",
    ]


def test_a_run_that_begins_late_on_its_own_day_is_as_good_as_any(tmp_path: Path, mail: smtp_server.Running) -> None:
    council = council_of(tmp_path, mail)

    assert scheduled_at(council, EARLY, f"{EARLY}T23:59").messages == {"sent": 1}  # winter: the same in London

    assert week_of(council, "2026-03-17")[-1] == "- Mon 16 Mar 2026: done, 1 message sent"


def test_a_day_done_by_hand_stays_done_when_its_own_run_begins_late(tmp_path: Path, mail: smtp_server.Running) -> None:
    council = council_of(tmp_path, mail)
    run_at(council, EARLY, f"{EARLY}T10:00")
    scheduled_at(council, EARLY, "2026-03-17T06:00")  # Tuesday

    assert scheduled_at(council, "2026-03-17", "2026-03-17T06:31").note is None


# ---- days put on record


def on_record(council: SmallCouncil, first: str, last: str, on: str) -> None:
    answer = council.cin("backfill", "--from", first, "--to", last, "--mode", "record", "--on", on)
    assert answer.code == 0, answer.err


def test_of_days_on_record_managers_read_that_nobody_was_told_and_of_no_hold(tmp_path: Path, mail: smtp_server.Running) -> None:
    council = council_of(tmp_path, mail)
    on_record(council, EARLY, "2026-03-18", "2026-03-19")  # Monday to Wednesday, on Thursday

    said = run_at(council, "2026-03-19", "2026-03-19T06:31").note

    days = "Mon 16 Mar 2026, Tue 17 Mar 2026 and Wed 18 Mar 2026"
    assert said == f"Nothing was sent on {days}: put on record, and nobody was told."
    assert week_of(council, "2026-03-19")[-3:] == [
        f"- {day} Mar 2026: put on record, 0 messages sent" for day in ("Mon 16", "Tue 17", "Wed 18")
    ]


@pytest.mark.parametrize("how", ["held", "late", "failed"])
def test_a_day_that_a_run_left_untold_and_a_person_put_on_record_is_on_record(
    tmp_path: Path, mail: smtp_server.Running, how: str
) -> None:
    council = council_of(tmp_path, mail)
    if how == "held":
        rows, council.rows = council.rows, {}
        council.write_records()
        assert run_at(council, EARLY, f"{EARLY}T06:31").held
        council.rows = rows
        council.write_records()
    elif how == "late":
        scheduled_at(council, EARLY, "2026-03-17T06:00")  # Tuesday
    else:
        Ends(teams="", channels=()).reach(council)
        run_at(council, EARLY, f"{EARLY}T06:31")
        Ends(mail=mail, teams="", channels=()).reach(council)
    on_record(council, EARLY, EARLY, "2026-03-17")

    done = run_at(council, "2026-03-17", "2026-03-17T06:31")

    assert done.note == "Nothing was sent on Mon 16 Mar 2026: put on record, and nobody was told."
    assert mail.messages == []


def test_a_day_of_which_nothing_could_be_put_on_record_stays_as_its_run_left_it(
    tmp_path: Path, mail: smtp_server.Running
) -> None:
    council = council_of(tmp_path, mail)
    council.cin("hold", "--all", "--until", EARLY, "--by", "S-1", "--why", "wrong dates", "--on", EARLY)
    run_at(council, EARLY, f"{EARLY}T06:31")
    on_record(council, EARLY, EARLY, "2026-03-17")  # what a hold kept waiting is not closed

    done = run_at(council, "2026-03-17", "2026-03-17T06:31")

    assert done.note == f"Nothing was sent on Mon 16 Mar 2026: the run was held. {LATER}"
    assert mailed(mail) == {"lena": 1}


@pytest.mark.parametrize("how, went", [("good", "done"), ("failed", "not done whole")])
def test_a_day_on_which_people_were_told_is_not_put_on_record_as_one_on_which_nobody_was(
    tmp_path: Path, mail: smtp_server.Running, how: str, went: str
) -> None:
    council = council_of(tmp_path, mail)
    if how == "failed":
        Ends(teams="", channels=()).reach(council)
    run_at(council, EARLY, f"{EARLY}T06:31")
    Ends(mail=mail, teams="", channels=()).reach(council)
    deliver_at(council, EARLY, f"{EARLY}T07:15")
    on_record(council, EARLY, EARLY, "2026-03-17")

    assert week_of(council, "2026-03-17")[-1] == f"- Mon 16 Mar 2026: {went}, 1 message sent"


# ---- a good day with nobody to tell


@pytest.fixture
def after_an_empty_day(tmp_path: Path, mail: smtp_server.Running) -> SmallCouncil:
    """A council of six cases to whom six messages are usual, and whose records say of Tuesday that nobody has a role."""
    council = council_at(tmp_path, Ends(mail=mail, teams="", channels=()), rows=many_cases(6))
    for on in (EARLY, LAST):
        scheduled_at(council, on, f"{on}T06:31")
    everybody = council.rows["cin_roles"]
    council.rows["cin_roles"] = [one | {"role": "observer"} for one in everybody]
    council.write_records()
    assert scheduled_at(council, OVERDUE, f"{OVERDUE}T06:31").messages == {}
    council.rows["cin_roles"] = everybody
    council.write_records()
    mail.messages.clear()
    return council


EMPTY = "Nothing was sent on Tue 24 Mar 2026, although 6 messages are usual."


def test_managers_hear_of_a_good_day_on_which_nothing_was_sent_with_their_next_message_and_once(
    after_an_empty_day: SmallCouncil, mail: smtp_server.Running
) -> None:
    leads = [f"leadc00{number}" for number in range(6)]

    scheduled_at(after_an_empty_day, NEXT_DAY, f"{NEXT_DAY}T06:31")
    assert EMPTY in said_to(mail, "tom")
    assert told_of_silence(mail) == dict.fromkeys(leads, False) | {"tom": True}

    for on in (DAY_AFTER, "2026-03-27"):  # Friday
        scheduled_at(after_an_empty_day, on, f"{on}T06:31")
    scheduled_at(after_an_empty_day, NEXT_MONDAY, f"{NEXT_MONDAY}T06:31")
    assert "24 Mar" not in " ".join(said_to(mail, "sara"))


def test_a_missed_day_is_said_to_managers_when_they_next_hear_though_others_heard_before(
    tmp_path: Path, mail: smtp_server.Running
) -> None:
    council = council_of(tmp_path, mail)
    scheduled_at(council, EARLY, f"{EARLY}T06:31")  # and no run from Tuesday to Thursday
    scheduled_at(council, LAST, f"{LAST}T06:31")
    scheduled_at(council, DUE, f"{DUE}T06:31")
    assert told_of_silence(mail) == {"lena": False}

    scheduled_at(council, OVERDUE, f"{OVERDUE}T06:31")

    days = "Tue 17 Mar 2026, Wed 18 Mar 2026 and Thu 19 Mar 2026"
    assert said_to(mail, "tom") == [f"Nothing was sent on {days}: there was no run. {LATER}"]


def test_an_odd_day_of_two_weeks_ago_is_measured_by_the_days_before_it(tmp_path: Path) -> None:
    create_ledger("sqlite:///ledger.db", tmp_path)
    empty, on = date(2026, 3, 9), date(2026, 3, 23)  # Mondays
    with closing(open_ledger("sqlite:///ledger.db", tmp_path, COUNCIL)) as ledger:
        for day in [date(2026, 3, day) for day in (2, 3, 4, 5, 6)] + [empty]:  # Monday to Friday
            ledger.record_run(Run(mode="live", business_date=day, started_at=MORNING, finished_at=MORNING, outcome="good"))
            for number in range(0 if day == empty else 3):
                plan_one(ledger, f"{day} {number}", day=day)
        deliver(ledger, Outbox(tmp_path / "outbox.txt"), Clock())

        said = silence_for_managers(ledger, "live", on, make_calendar())

    assert said[-1] == "Nothing was sent on Mon 9 Mar 2026, although 3 messages are usual."


@pytest.mark.parametrize("missed, is_said", [("2026-03-10", True), ("2026-03-09", False)])  # Tuesday, Monday
def test_what_lies_more_than_two_weeks_back_is_no_news(
    tmp_path: Path, mail: smtp_server.Running, missed: str, is_said: bool
) -> None:
    council = council_at(tmp_path, Ends(mail=mail, teams="", channels=()))
    for on in workdays("2026-03-06", OVERDUE):
        if on != missed:
            scheduled_at(council, on, f"{on}T06:31")

    assert bool(said_to(mail, "tom")) is is_said
