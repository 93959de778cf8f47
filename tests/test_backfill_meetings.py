"""Days without a run on which notices of meetings had their day: shown, put on record, or told where they are still true."""

from __future__ import annotations

from pathlib import Path

import pytest
from past_days import backfilled, workdays
from small_council import DOMAIN, Row, SmallCouncil, case, plan_agreed, professional, small_council
from test_meeting_messages import BETWEEN, LISTS, MEETING, REMINDER, TOMORROW, attends, booked, move, of_meetings, rows

BEFORE, FRIDAY = "2026-03-10", "2026-03-13"  # Tuesday: the last run before the outage; Friday
MONDAY = "2026-03-16"
AFTER = "2026-03-19"  # Thursday: the meeting is over
EVERYBODY = {"CHAIR", "TEACHER", "MUM", "NAN"}


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    """A council whose last run was the day before the reminders of its one meeting."""
    found = small_council(tmp_path, rows=rows(), delivery=LISTS)
    found.run(BEFORE)
    return found


def all_told(council: SmallCouncil, first: str, last: str) -> list[tuple[str, str]]:
    """Who was told what of meetings on the days, with every repeat."""
    return sorted(one for on in workdays(first, last) for one in of_meetings(council, on))


def with_a_second_meeting(**columns: object) -> dict[str, list[Row]]:
    """Another case with a meeting of its own, chaired by the same person; Nora alone attends it."""
    found = rows()
    found["cin_cases"].append(case("C2", label="CD 34"))
    found["cin_events"].append(plan_agreed("C2"))
    found["cin_meetings"].append(booked("C2", **({"meeting_ref": "M2", "note_taker_ref": None} | columns)))
    found["cin_people"].append(professional("NORA", "Nora Pike", email=f"nora@{DOMAIN}"))
    found["cin_attendees"].append(attends("NORA") | {"meeting_ref": "M2"})
    return found


def test_a_plan_shows_what_runs_on_those_days_would_have_told_of_meetings(council: SmallCouncil, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    ran = small_council(tmp_path / "there", rows=rows(), delivery=LISTS)
    told = {}
    for on in workdays(BEFORE, TOMORROW):
        ran.run(on)
        told[on] = sorted(f"{person} {stage}" for person, stage in of_meetings(ran, on))

    plan = backfilled(council, "plan", REMINDER, TOMORROW, TOMORROW)

    shown = {
        day["day"]: sorted(f"{one['person_ref']} {one['stage']}" for one in day["notices"] if "meeting_ref" in one)
        for day in plan["days"]
    }
    assert {on: shown[on] for on in told if on != BEFORE} == {on: found for on, found in told.items() if on != BEFORE}
    assert sorted(on for on, found in shown.items() if found) == [REMINDER, TOMORROW]
    assert {one.split()[0] for one in told[REMINDER]} == EVERYBODY
    assert {one.split()[1] for one in told[REMINDER]} == {"reminder"}


def test_a_plan_in_json_names_the_meeting_as_a_meeting(council: SmallCouncil) -> None:
    [day] = backfilled(council, "plan", REMINDER, REMINDER, BETWEEN)["days"]

    assert {(one["meeting_ref"], one["due_on"]) for one in day["notices"]} == {("M1", MEETING)}


def test_reminders_of_meetings_that_are_on_record_go_to_nobody_and_the_later_ones_go(council: SmallCouncil) -> None:
    done = backfilled(council, "record", REMINDER, REMINDER, BETWEEN)

    assert done["recorded"] == len(EVERYBODY)
    for on in workdays(BETWEEN, TOMORROW):
        council.run(on)
    assert all_told(council, BEFORE, MONDAY) == []
    assert of_meetings(council, TOMORROW) == {(person, "tomorrow") for person in EVERYBODY}


def test_recorded_twice_they_are_on_record_once(council: SmallCouncil) -> None:
    backfilled(council, "record", REMINDER, REMINDER, BETWEEN)

    again = backfilled(council, "record", REMINDER, REMINDER, FRIDAY)

    assert (again["missed"], again["recorded"]) == (0, 0)


@pytest.mark.parametrize("first, is_told", [(REMINDER, False), (BETWEEN, True)])
def test_a_reminder_whose_day_lies_before_the_first_is_still_told(council: SmallCouncil, first: str, is_told: bool) -> None:
    backfilled(council, "record", first, BETWEEN, FRIDAY)

    council.run(FRIDAY)

    assert of_meetings(council, FRIDAY) == ({(person, "reminder") for person in EVERYBODY} if is_told else set())


def test_once_the_meeting_is_on_another_day_what_was_on_record_is_told_for_that_day(council: SmallCouncil) -> None:
    backfilled(council, "record", REMINDER, REMINDER, BETWEEN)
    move(council, scheduled_at="2026-03-20T16:00", ends_at="2026-03-20T17:00")  # Friday: its reminder is on Friday 13 March

    council.run(FRIDAY)

    assert of_meetings(council, FRIDAY) == {(person, "reminder") for person in EVERYBODY}


def test_that_a_meeting_was_moved_is_told_although_the_days_are_on_record(council: SmallCouncil) -> None:
    council.run(REMINDER)
    move(council, scheduled_at="2026-03-23T16:00", ends_at="2026-03-23T17:00")  # Monday: its reminder is on Monday 16 March

    done = backfilled(council, "record", BETWEEN, BETWEEN, FRIDAY)
    council.run(FRIDAY)

    assert done["recorded"] == 0
    assert of_meetings(council, FRIDAY) == {(person, "changed-1") for person in EVERYBODY}


def test_whoever_missed_a_notice_of_a_meeting_is_told_it_once(council: SmallCouncil) -> None:
    done = backfilled(council, "send", REMINDER, REMINDER, BETWEEN)

    assert done["messages"] == {"sent": len(EVERYBODY)}
    backfilled(council, "send", REMINDER, REMINDER, BETWEEN)
    for on in workdays(BETWEEN, FRIDAY):
        council.run(on)
    assert all_told(council, BEFORE, FRIDAY) == [(person, "reminder") for person in sorted(EVERYBODY)]


def test_of_several_missed_the_latest_is_told(council: SmallCouncil) -> None:
    backfilled(council, "send", REMINDER, TOMORROW, TOMORROW)

    assert all_told(council, BEFORE, TOMORROW) == [(person, "tomorrow") for person in sorted(EVERYBODY)]


def test_of_a_meeting_whose_day_is_over_nobody_is_told(council: SmallCouncil) -> None:
    done = backfilled(council, "send", REMINDER, TOMORROW, AFTER)

    assert done["missed"] > len(EVERYBODY)
    assert all_told(council, BEFORE, AFTER) == []


def test_of_a_meeting_that_was_cancelled_meanwhile_nobody_who_heard_nothing_is_told(council: SmallCouncil) -> None:
    move(council, cancelled_on=BETWEEN)

    backfilled(council, "send", REMINDER, REMINDER, BETWEEN)

    assert all_told(council, BEFORE, BETWEEN) == []


def test_whoever_is_only_reminded_today_is_left_to_the_days_own_run(tmp_path: Path) -> None:
    # Thursday 19 March: its reminder is on Thursday 12 March.
    second = with_a_second_meeting(scheduled_at="2026-03-19T16:00", ends_at="2026-03-19T17:00")
    council = small_council(tmp_path, rows=second, delivery=LISTS)
    council.run(BEFORE)

    backfilled(council, "send", REMINDER, REMINDER, BETWEEN)

    assert ("NORA", "reminder") not in of_meetings(council, BETWEEN)
    assert ("TEACHER", "reminder") in of_meetings(council, BETWEEN)
    council.run(BETWEEN)
    assert ("NORA", "reminder") in of_meetings(council, BETWEEN)


def test_a_meeting_that_cases_share_is_told_although_the_first_of_them_has_closed_meanwhile(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", label="CD 34"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.rows["cin_meetings"].append(booked("C2"))
    council.rows["cin_cases"][0]["closed_on"] = BETWEEN
    council.write_records()

    backfilled(council, "send", REMINDER, REMINDER, FRIDAY)

    assert of_meetings(council, FRIDAY) == {(person, "reminder") for person in EVERYBODY}
