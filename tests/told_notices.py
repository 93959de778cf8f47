"""Notices as a person is told of them: one case each, its last review held on a day that the test says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from cases import a_case, event, meeting, policy

from cin_reminders.case import Case
from cin_reminders.line import Told
from cin_reminders.notice import Notice, NoticeKey
from cin_reminders.obligations import obligations
from cin_reminders.working_days import make_calendar

CALENDAR = make_calendar()
ON = date(2026, 5, 5)  # Tuesday; the Monday before it is the early May bank holiday
# Reviews are due 8 weeks after these: 14 and 6 working days late on that Tuesday, due on it, and 8 working days away.
VERY_LATE, LATE, TODAY, SOON = "2026-02-17", "2026-02-27", "2026-03-10", "2026-03-20"  # Tuesday, Friday, Tuesday, Friday


def told_of(
    case: Case,
    duty: str = "review",
    *,
    on: date = ON,
    role: str = "lead_practitioner",
    worker: str = "Alex Morgan",
    under: str = "cumbria",
    title: str | None = None,
    which: int = -1,
    stage: str = "overdue",
    was_due_on: date | None = None,
) -> Told:
    """An obligation of a duty in a case, the latest unless ``which`` says another, told to a person.

    With ``title`` the duty bears another name.
    """
    obligation = [one for one in obligations(case, policy(under), CALENDAR, on) if one.duty == duty][which]
    if title:
        obligation = replace(obligation, rule=obligation.rule.model_copy(update={"title": title, "do": title}))
    why = f"you are the {role.replace('_', ' ')}"
    notice = Notice(
        key=NoticeKey(case_ref=case.case_ref, subject=duty, start_ref=obligation.start_ref, stage=stage, person_ref="p1"),
        outcome="planned",
        reason=why,
        role=role,
        due_on=obligation.due_on,
        was_due_on=was_due_on,
    )
    return Told(notice=notice, obligation=obligation, case=case, worker=worker, why_you=why)


def a_review(label: str, held_on: str = LATE, *, url: str | None = "", meeting_ref: str | None = None, **more: Any) -> Told:
    """A review of a case of its own; ``url`` None leaves the record without a link."""
    about = {name: more.pop(name) for name in ("role", "worker", "title", "on", "stage", "was_due_on") if name in more}
    reviews = [meeting("review", held_on, meeting_ref or f"m {label}")]
    address = f"https://records.example/cases/{label.replace(' ', '-')}" if url == "" else url
    return told_of(a_case(case_ref=f"c {label}", label=label, record_url=address, meetings=reviews, **more), **about)


def a_harm(label: str, happened_on: str, **more: Any) -> Told:
    """Possible harm recorded: a duty that leaves one working day."""
    case = a_case(case_ref=f"c {label}", label=label, events=[event("harm_identified", happened_on)], **more)
    return told_of(case, "harm_response", role="team_manager")


def one_of_each_standing() -> list[Told]:
    """Late, outstanding by the council's own figure, due soon, changed, without a date, settled: one line each."""
    met = a_case(
        case_ref="c6", label="KL 91", meetings=[meeting("review", VERY_LATE, "m1"), meeting("review", "2026-04-24", "m2")]
    )
    outcome = a_case(case_ref="c2", label="CD 34", meetings=[meeting("review", "2026-04-20", "m3", outcome=None)])
    undated = a_case(case_ref="c5", label="IJ 90", events=[event("plan_agreed", "2026-03-02")])
    return [
        a_review("AB 12", VERY_LATE),
        told_of(outcome, "outcome_recorded", role="chair"),
        a_review("EF 56", SOON),
        a_review("GH 78", SOON, stage="changed-1", was_due_on=date(2026, 5, 12)),
        told_of(undated, "visit"),
        told_of(met, which=0, stage="all_clear"),
    ]
