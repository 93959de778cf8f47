"""The rows that go wrong in any council's records: what a reader must reject, report or set aside."""

from __future__ import annotations

from datetime import date, timedelta

from cin_reminders.sample.council import Council
from cin_reminders.sample.rows import whole_row


def add_faults(council: Council) -> None:
    """Add the eleven rows that are wrong, each in its own way, without touching one that is right."""
    case_ref = str(council.rows["cin_cases"][0]["case_ref"])
    _repeated(council)
    _disagreeing(council)
    _rejected(council, case_ref)
    _reported(council, case_ref)


def _rejected(council: Council, case_ref: str) -> None:
    on, team = council.on, council.teams[0].name
    council.add(
        "cin_cases", case_ref="C-90001", label="XY-9001", plan_type="child_in_need", team=team, review_interval="fortnightly"
    )
    council.add("cin_events", event_ref="E-90001", case_ref=case_ref, kind="oversight_recorded", happened_on="31/02/2026")
    council.add("cin_visits", visit_ref="V-90001", case_ref=case_ref, visited_on=date(1900, 1, 1), child_seen="yes")
    council.add("cin_actions", action_ref="A-90001", due_on=on, agreed_on=on)
    council.add("cin_facts", case_ref=case_ref, fact="visit_interval", value="now and then")
    meeting = next(row for row in council.rows["cin_meetings"] if row["held_on"])
    council.add("cin_meetings", **(meeting | {"meeting_ref": "M-90001", "outcome": "adjourned"}))


def _reported(council: Council, case_ref: str) -> None:
    day = council.diary.before(council.on, 8)
    council.add("cin_events", event_ref="E-90002", case_ref=case_ref, kind="school_exclusion", happened_on=day)
    council.add("cin_events", event_ref="E-90003", case_ref=case_ref, kind="review_meeting_held", happened_on=day)
    council.add(
        "cin_people",
        person_ref="S-90001",
        name="Morag Templeton",
        kind="professional",
        organisation="Oakmarsh\x0bYouth Theatre",
        contact="no",
    )


def _repeated(council: Council) -> None:
    council.rows["cin_events"].append(dict(council.rows["cin_events"][0]))


def _disagreeing(council: Council) -> None:
    """The latest meeting of one open case stands twice, with days that differ: the case must be set aside."""
    open_cases = {row["case_ref"] for row in council.rows["cin_cases"] if row["closed_on"] is None}
    meeting = [row for row in council.rows["cin_meetings"] if row["held_on"] and row["case_ref"] in open_cases][-1]
    held_on = meeting["held_on"]
    assert isinstance(held_on, date)
    council.rows["cin_meetings"].append(whole_row("cin_meetings", **(meeting | {"held_on": held_on - timedelta(days=7)})))
