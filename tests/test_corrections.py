"""What people who were told something hear once it has changed: the all-clear, and the date that is another one now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_council import (
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    TO_SERVICE_MANAGER,
    SmallCouncil,
    first_meeting,
    plan_agreed,
    professional,
    role,
    small_council,
)

from cin_reminders.words import day_in_words

DAY_AFTER = "2026-03-25"  # Wednesday after OVERDUE
DAY_AFTER_THAT = "2026-03-26"  # Thursday


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def change(council: SmallCouncil, **rows: Any) -> None:
    council.rows |= rows
    council.write_records()


def meeting_held(on: str, **more: object) -> dict[str, list[dict[str, object]]]:
    return {"cin_meetings": [first_meeting(held_on=on, **more)]}


def stages(council: SmallCouncil, on: str) -> set[tuple[str, str]]:
    """Who was told which stage on a day, of the first meeting alone."""
    return {
        (message["to"]["person_ref"], notice["stage"])
        for message in council.messages()
        for notice in message["notices"]
        if message["day"] == on and notice["outcome"] == "told" and notice["duty"] == "initial_meeting"
    }


def text_of(council: SmallCouncil, on: str, address: str) -> str:
    """The subject and the plain text of what somebody got on a day."""
    day = f"({day_in_words(date.fromisoformat(on))})"
    (letter,) = [one for one in council.letters() if one["To"].addresses[0].addr_spec == address and day in one["Subject"]]
    body = letter.get_body(("plain",))
    assert body is not None
    return f"{letter['Subject']}\n{body.get_content()}"


# ---- all clear


def test_whoever_was_told_of_a_breach_hears_once_that_it_is_met(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    change(council, **meeting_held(DAY_AFTER))

    council.run(DAY_AFTER)
    council.run(DAY_AFTER_THAT)

    assert stages(council, OVERDUE) == {("LEAD", "overdue"), ("TEAM", "overdue")}
    assert stages(council, DAY_AFTER) == {("LEAD", "all_clear"), ("TEAM", "all_clear")}
    assert stages(council, DAY_AFTER_THAT) == set()
    said = text_of(council, DAY_AFTER, "tom@council.gov.uk")
    assert "1 settled" in said.splitlines()[0]
    assert "DONE, 2 WORKING DAYS LATE" in said


def test_whoever_was_only_reminded_in_time_hears_no_all_clear(council: SmallCouncil) -> None:
    council.run(EARLY)
    council.run(LAST)
    change(council, **meeting_held(DUE))

    council.run(DUE)
    council.run(OVERDUE)

    assert stages(council, EARLY) == {("LEAD", "early")}
    assert stages(council, DUE) | stages(council, OVERDUE) == set()


def test_the_all_clear_goes_up_as_far_as_the_breach_went(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    council.run(TO_SERVICE_MANAGER)
    change(council, **meeting_held("2026-03-31"))  # Tuesday

    council.run("2026-03-31")

    assert stages(council, "2026-03-31") == {("LEAD", "all_clear"), ("TEAM", "all_clear"), ("SERVICE", "all_clear")}


def test_a_breach_that_ends_with_the_case_is_silent(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    council.rows["cin_cases"][0]["closed_on"] = DAY_AFTER
    council.write_records()

    council.run(DAY_AFTER)

    assert stages(council, DAY_AFTER) == set()


def test_somebody_who_no_longer_has_the_case_hears_no_all_clear_and_the_reason_is_kept(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    people = [*council.rows["cin_people"], professional("NEXT", "Nora Finch")]
    roles = [
        role("lead_practitioner", "LEAD", case_ref="C1", until_on=OVERDUE),
        role("lead_practitioner", "NEXT", case_ref="C1", from_on=DAY_AFTER),
        *council.rows["cin_roles"][1:],
    ]
    change(council, cin_people=people, cin_roles=roles, **meeting_held(DAY_AFTER))

    council.run(DAY_AFTER)

    assert stages(council, DAY_AFTER) == {("TEAM", "all_clear")}
    (kept,) = [one for one in notices_of(council) if one["stage"] == "all_clear" and one["person_ref"] == "LEAD"]
    assert kept["outcome"] == "withdrawn"
    assert "no longer holds the role" in kept["reason"]


def notices_of(council: SmallCouncil) -> list[Any]:
    """Every notice of the first meeting that `explain` shows."""
    (meeting,) = [
        one for one in council.cin("explain", "C1", "--on", DAY_AFTER_THAT, "--json").json if one["duty"] == "initial_meeting"
    ]
    found: list[Any] = meeting["told"]
    return found


def test_the_chair_of_the_meeting_that_was_late_hears_the_all_clear_too(council: SmallCouncil) -> None:
    council.rows["cin_people"].append(professional("CHAIR", "Chris Lund"))
    booked = first_meeting(scheduled_at="2026-03-27T10:00", chair_ref="CHAIR", booked_on="2026-03-20")  # Friday, Friday
    change(council, cin_meetings=[booked])
    council.run(OVERDUE)
    change(council, cin_meetings=[booked | {"held_on": "2026-03-27"}])

    council.run("2026-03-27")

    assert ("CHAIR", "overdue") in stages(council, OVERDUE)
    assert ("CHAIR", "all_clear") in stages(council, "2026-03-27")


def test_what_the_relay_never_took_was_not_told_so_it_needs_no_all_clear(council: SmallCouncil) -> None:
    # In another mode: what was written to files counts for nobody who is written to.
    council.run(OVERDUE)
    council.settings.write_text(
        council.settings.read_text(encoding="utf-8").replace('mode = "folder"', 'mode = "folder"\nfolder = "elsewhere"'),
        encoding="utf-8",
    )
    change(council, **meeting_held(DAY_AFTER))
    preview = council.cin("preview", "--on", DAY_AFTER, "--json").json

    assert {one["to"]["person_ref"] for one in preview} == {"LEAD", "TEAM"}


# ---- a date that has changed


def agreed_later(council: SmallCouncil) -> None:
    # Thursday: 15 working days after it is Thursday 26 March.
    change(council, cin_events=[plan_agreed(happened_on="2026-03-05")])


def agreed_earlier(council: SmallCouncil) -> None:
    # Wednesday: 15 working days after it is Wednesday 18 March.
    change(council, cin_events=[plan_agreed(happened_on="2026-02-25")])


def bank_holiday_announced(council: SmallCouncil) -> None:
    text = council.settings.read_text(encoding="utf-8")
    council.settings.write_text(text + "\n[calendar]\nextra_days = [2026-03-18]\n", encoding="utf-8")  # Wednesday


@pytest.mark.parametrize(
    "moved, now",
    [
        (agreed_later, "You were told Monday 23 March; it is due Thursday 26 March."),
        (agreed_earlier, "You were told Monday 23 March; it is due Wednesday 18 March."),
        (bank_holiday_announced, "You were told Monday 23 March; it is due Tuesday 24 March."),
    ],
)
def test_whoever_was_told_a_date_hears_the_new_one_once(
    council: SmallCouncil, moved: Callable[[SmallCouncil], None], now: str
) -> None:
    council.run(EARLY)
    moved(council)
    next_day, the_day_after = "2026-03-17", "2026-03-18"  # Tuesday, Wednesday

    council.run(next_day)

    if moved is agreed_earlier:
        # The reminder of the last day goes today anyway, and carries the new date.
        assert stages(council, next_day) == {("LEAD", "last")}
        assert "You were told Monday 23 March before." in joined(text_of(council, next_day, "lena@council.gov.uk"))
    else:
        assert stages(council, next_day) == {("LEAD", "changed-1")}
        said = text_of(council, next_day, "lena@council.gov.uk")
        assert "1 changed" in said.splitlines()[0]
        assert now in joined(said)
    council.run(the_day_after)
    assert stages(council, the_day_after) == set()


def joined(text: str) -> str:
    return " ".join(text.split())


def test_a_date_that_moves_twice_is_corrected_twice_and_back_again_too(council: SmallCouncil) -> None:
    council.run(EARLY)
    for day, agreed_on, number in (
        ("2026-03-17", "2026-03-05", 1),  # Tuesday; Thursday
        ("2026-03-18", "2026-03-06", 2),  # Wednesday; Friday
        ("2026-03-19", "2026-03-02", 3),  # Thursday; Monday, as at first
    ):
        change(council, cin_events=[plan_agreed(happened_on=agreed_on)])
        council.run(day)
        assert stages(council, day) == {("LEAD", f"changed-{number}")}


def test_a_breach_that_was_none_after_all_is_corrected_to_everybody_who_heard_of_it(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    change(council, cin_events=[plan_agreed(happened_on="2026-03-16")])  # Monday: due on Wednesday 8 April

    council.run(DAY_AFTER)

    assert stages(council, DAY_AFTER) == {("LEAD", "changed-1"), ("TEAM", "changed-1")}
    said = joined(text_of(council, DAY_AFTER, "tom@council.gov.uk"))
    assert "You were told Monday 23 March; it is due Wednesday 8 April." in said


def test_a_duty_that_is_asked_for_no_more_is_taken_back(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    change(council, cin_events=[plan_agreed("C1", kind="oversight_recorded")])  # it was typed as the wrong kind

    council.run(DAY_AFTER)
    council.run(DAY_AFTER_THAT)

    assert stages(council, DAY_AFTER) == {("LEAD", "changed-1"), ("TEAM", "changed-1")}
    said = joined(text_of(council, DAY_AFTER, "tom@council.gov.uk"))
    assert "NO LONGER ASKED FOR. You were told Monday 23 March, but the records no longer show what called for it." in said
    assert stages(council, DAY_AFTER_THAT) == set()


def test_nothing_is_taken_back_for_a_row_that_could_not_be_read(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    change(council, cin_events=[plan_agreed(happened_on="31/02/2026")])

    council.run(DAY_AFTER)

    assert stages(council, DAY_AFTER) == set()


def test_nothing_is_taken_back_for_a_relation_that_is_not_supplied(tmp_path: Path) -> None:
    council = small_council(tmp_path, policy="psw-brief-2020")
    council.rows["cin_actions"] = [
        {"action_ref": "A1", "case_ref": "C1", "owner_ref": "LEAD", "due_on": DUE, "agreed_on": "2026-03-02"}
    ]
    council.write_records()
    council.run(OVERDUE)
    assert any(one["notices"] for one in council.messages())
    council.without.add("cin_actions")
    council.write_records()

    # One that was there and is gone is a failed extract; once a person has accepted it, it still says nothing of the action.
    assert council.cin("run", "--on", DAY_AFTER, "--json").code == 3
    council.cin("accept-extract", "--on", DAY_AFTER, "--by", "S-1", "--why", "actions moved to another system")
    council.run(DAY_AFTER)

    assert not [one for message in council.messages() if message["day"] == DAY_AFTER for one in message["notices"]]


def test_a_correction_that_is_overtaken_before_it_goes_is_not_sent(council: SmallCouncil) -> None:
    council.run(EARLY)
    agreed_later(council)
    seen = council.cin("preview", "--on", "2026-03-17", "--json").json
    change(council, cin_events=[plan_agreed()])

    council.run("2026-03-17")

    assert [one["stage"] for message in seen for one in message["notices"]] == ["changed-1"]
    assert stages(council, "2026-03-17") == set()


def test_explain_shows_the_correction_and_the_all_clear(council: SmallCouncil) -> None:
    council.run(EARLY)
    agreed_later(council)
    council.run("2026-03-17")
    change(council, **meeting_held("2026-03-30"))  # Monday, two working days late

    said = council.cin("explain", "C1", "--on", "2026-03-30").out

    assert "changed 1 (Tue 17 Mar): Lena Moss [LEAD], the lead practitioner" in said


# ---- records that are put right again


def test_an_all_clear_that_was_wrong_is_taken_back_and_given_again_once_it_is_true(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    change(council, **meeting_held(DAY_AFTER))
    council.run(DAY_AFTER)
    change(council, cin_meetings=[first_meeting(cancelled_on="2026-03-20")])  # it had been recorded for the wrong child

    council.run(DAY_AFTER_THAT)
    council.run("2026-03-27")  # Friday
    change(council, **meeting_held("2026-03-30"))
    council.run("2026-03-30")  # Monday
    council.run("2026-03-31")

    assert stages(council, DAY_AFTER_THAT) == {("LEAD", "changed-1"), ("TEAM", "changed-1")}
    said = joined(text_of(council, DAY_AFTER_THAT, "tom@council.gov.uk"))
    assert "You were told that it was done or asked for no more; it was due Monday 23 March, 3 working days ago." in said
    assert stages(council, "2026-03-27") == set()
    assert stages(council, "2026-03-30") == {("LEAD", "all_clear-2"), ("TEAM", "all_clear-2")}
    assert stages(council, "2026-03-31") == set()


def test_a_duty_that_is_asked_for_again_is_told_to_everybody_who_heard_that_it_was_not(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    change(council, cin_events=[plan_agreed("C1", kind="oversight_recorded")])
    council.run(DAY_AFTER)
    change(council, cin_events=[plan_agreed()])

    council.run(DAY_AFTER_THAT)

    assert stages(council, DAY_AFTER_THAT) == {("LEAD", "changed-2"), ("TEAM", "changed-2")}


def test_a_row_that_can_and_cannot_be_read_by_turns_corrects_no_date(council: SmallCouncil) -> None:
    council.run(EARLY)
    visit = {"visit_ref": "V1", "case_ref": "C1", "visited_on": "31/02/2026"}
    council.rows["cin_visits"] = [visit]
    change(council, cin_events=[plan_agreed(happened_on="2026-03-05")])

    council.run("2026-03-17")  # Tuesday: the case is read in part, so which date is right, nobody knows
    council.rows["cin_visits"] = [visit | {"visited_on": "2026-02-27"}]  # Friday
    change(council)
    council.run("2026-03-18")  # Wednesday: read in full

    assert stages(council, "2026-03-17") == set()
    assert stages(council, "2026-03-18") == {("LEAD", "changed-1")}


def test_a_duty_kept_in_time_long_ago_is_not_taken_back_when_its_rows_leave_the_extract(council: SmallCouncil) -> None:
    council.run(EARLY)
    change(council, **meeting_held(DUE))
    council.run(DUE)
    another = first_meeting(meeting_ref="M2", cancelled_on="2026-03-20")
    events = [plan_agreed("C1", kind="oversight_recorded", happened_on="2026-06-01")]  # Monday
    change(council, cin_events=events, cin_meetings=[another])

    council.run("2026-06-02")  # Tuesday

    assert stages(council, "2026-06-02") == set()


def test_a_duty_of_a_closed_case_is_not_taken_back(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    council.rows["cin_cases"][0]["closed_on"] = DAY_AFTER
    change(council, cin_events=[plan_agreed("C1", kind="oversight_recorded")])

    council.run(DAY_AFTER)

    assert stages(council, DAY_AFTER) == set()


def test_of_the_councils_own_figure_there_is_no_all_clear_since_it_is_no_breach(council: SmallCouncil) -> None:
    # Oversight after the first meeting: a prompt, wanted by a day of the council's own.
    change(council, **meeting_held(DUE, record_shared_on=DUE, plan_shared_on=DUE))
    council.run("2026-04-13")  # Monday: outstanding
    told = {notice["duty"] for message in council.messages() for notice in message["notices"]}
    assert "oversight" in told
    change(council, cin_events=[plan_agreed(), plan_agreed(event_ref="E2", kind="oversight_recorded", happened_on="2026-04-14")])

    council.run("2026-04-14")  # Tuesday

    last = [notice["stage"] for message in council.messages() for notice in message["notices"] if message["day"] == "2026-04-14"]
    assert "all_clear" not in last
