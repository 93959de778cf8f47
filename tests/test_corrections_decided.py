"""What one person has to hear once something has changed, decided from the notices that the ledger holds of one duty."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ladder_cases import DUE, case, directory, notice, owed

from cin_reminders.corrections import corrections
from cin_reminders.obligations import Obligation

CASE = case()
ONE = owed(CASE)
LATER = date(2026, 7, 1)  # Wednesday


def heard(*before: object, one: Obligation = ONE, **more: object) -> list[str]:
    found = corrections(CASE, one, before, directory=directory(), on=LATER, **more)  # type: ignore[arg-type]
    return [one.notice.key.stage for one in found if one.recipient]


OLD = date(2026, 6, 1)  # Monday
LEAD = {"role": "lead_practitioner", "reason": "you are the lead practitioner"}


def told(stage: str, day: int, outcome: str = "told", due_on: date | None = OLD) -> object:
    on = date(2026, 6, day)
    return notice(stage, "lead", outcome, stage_on=on, told_on=on if outcome == "told" else None, due_on=due_on, **LEAD)


def test_whoever_was_told_another_date_hears_the_new_one() -> None:
    assert heard(told("early", 10)) == ["changed-1"]
    assert heard(told("early", 10, due_on=DUE)) == []


def test_whoever_hears_of_it_today_anyway_gets_no_correction_beside_it() -> None:
    assert heard(told("early", 10), told_today={"lead"}) == []


def test_of_a_case_that_is_read_in_part_no_date_is_corrected() -> None:
    assert heard(told("early", 10), partly_read=True) == []


def test_a_correction_on_its_way_is_not_planned_again() -> None:
    assert heard(told("early", 10), told("changed-1", 11, "planned", DUE)) == []


def test_an_older_message_whose_fate_is_not_known_does_not_bring_the_correction_back_every_day() -> None:
    doubtful = told("last", 11, "planned")
    assert heard(told("early", 10), doubtful, told("changed-1", 12, due_on=DUE)) == []


def test_a_correction_that_could_not_reach_its_person_is_not_tried_every_day() -> None:
    assert heard(told("early", 10), told("changed-1", 11, "failed", DUE)) == []


@pytest.mark.parametrize("outcome", ["withdrawn", "held", "put_off", "over_the_cap"])
def test_a_correction_that_was_kept_back_goes_under_the_same_name(outcome: str) -> None:
    assert heard(told("early", 10), told("changed-1", 11, outcome, DUE)) == ["changed-1"]


def test_what_reached_nobody_needs_no_correction() -> None:
    assert heard(told("early", 10, "failed")) == []
    assert heard(told("early", 10, "superseded")) == []


# ---- all clear

MET = replace(ONE, met_on=date(2026, 6, 30), standing="met_late")  # Tuesday
BREACH = ("overdue", 19)  # Friday, the day after it was due


def test_an_all_clear_on_its_way_is_not_planned_again() -> None:
    breach = told(*BREACH, due_on=DUE)
    assert heard(breach, one=MET) == ["all_clear"]
    assert heard(breach, told("all_clear", 30, "planned", DUE), one=MET) == []


def test_after_an_all_clear_only_a_new_breach_brings_another() -> None:
    breach, clear = told(*BREACH, due_on=DUE), told("all_clear", 22, due_on=DUE)
    moved_to_come = told("changed-1", 23, due_on=date(2026, 6, 30))  # Tuesday: not late by the new date
    still_late = told("changed-1", 23, due_on=DUE)
    assert heard(breach, clear, moved_to_come, one=MET) == []
    assert heard(breach, clear, still_late, one=MET) == ["all_clear-2"]
