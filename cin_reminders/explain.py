"""Why a date is what it is: one duty of one case, for a person who has to defend it.

The same explanation serves the terminal, programs (JSON) and, shorter, each message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cin_reminders.case import Case
from cin_reminders.corrections import corrections
from cin_reminders.holds import Hold, why_held
from cin_reminders.ladder import Rung, rungs
from cin_reminders.notice import Notice
from cin_reminders.notices import Decision, dealt_with, decide, roles_told, untold
from cin_reminders.obligations import Obligation
from cin_reminders.recipients import Directory
from cin_reminders.working_days import Calendar, DayStep


@dataclass(frozen=True, kw_only=True, slots=True)
class StageToCome:
    """A stage not reached yet: its day, and whom it would be told if everything stayed as it is."""

    stage: str
    on: date
    people: tuple[tuple[str, str], ...]  # person_ref, why
    why_nobody: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """One obligation with every day counted, what was told or not, what the next run does, and what is to come.

    ``due_not_open`` says why nobody is at work on the due date; ``held`` which hold keeps everybody from being told; ``names``
    are those of the people it speaks of.
    """

    case: Case
    obligation: Obligation
    days: tuple[DayStep, ...]
    told: tuple[Notice, ...]
    next_run: tuple[Decision, ...]
    to_come: tuple[StageToCome, ...]
    due_not_open: str | None
    held: str | None
    names: Mapping[str, str]


def explain(
    case: Case,
    obligation: Obligation,
    before: Sequence[Notice],
    *,
    directory: Directory,
    calendar: Calendar,
    on: date,
    notify_from: date | None = None,
    holds: Sequence[Hold] = (),
) -> Explanation:
    """Everything that an obligation's date and its notices rest on; ``holds`` are those in force on the day."""
    told = sorted(before, key=lambda notice: (notice.stage_on or date.min, notice.key.stage, notice.key.person_ref))
    done = dealt_with(before)
    coming = [
        _to_come(rung, case, obligation, directory, on)
        for rung in ([] if obligation.is_settled else rungs(obligation, calendar))
        if rung.on > on and rung.name not in done and (notify_from is None or rung.on >= notify_from)
    ]
    next_run = decide(case, obligation, before, directory=directory, calendar=calendar, on=on, notify_from=notify_from)
    told_today = {one.notice.key.person_ref for one in next_run if one.recipient}
    next_run += corrections(case, obligation, before, directory=directory, on=on, told_today=told_today)
    held = why_held(holds, obligation.case_ref, obligation.duty)
    if held is not None:
        next_run = tuple(untold(one, "held", held) if one.recipient else one for one in next_run)
    refs = {notice.key.person_ref for notice in (*told, *(one.notice for one in next_run))}
    refs |= {ref for stage in coming for ref, _ in stage.people}
    due_on = obligation.due_on
    return Explanation(
        case=case,
        obligation=obligation,
        days=counted_days(obligation, calendar),
        told=tuple(told),
        next_run=next_run,
        to_come=tuple(coming),
        held=None if obligation.is_settled else held,
        due_not_open=calendar.why_not_open(due_on) if due_on and due_on <= calendar.last else None,
        names={ref: directory.people[ref].name for ref in refs if ref in directory.people},
    )


def _to_come(rung: Rung, case: Case, obligation: Obligation, directory: Directory, on: date) -> StageToCome:
    roles = roles_told(rung, case, obligation, directory, on)
    resolved = [directory.resolve(case, role, on, obligation) for role in roles]
    people = {one.person.person_ref: one.why for found in resolved for one in found.recipients}
    why_nobody = "; ".join(dict.fromkeys(obstacle for found in resolved for obstacle in found.obstacles))
    return StageToCome(stage=rung.name, on=rung.on, people=tuple(people.items()), why_nobody="" if people else why_nobody)


def counted_days(obligation: Obligation, calendar: Calendar) -> tuple[DayStep, ...]:
    """Each day from the start to the due date: its number in the count, or why it was skipped.

    Where the length is in working days, weekends and bank holidays are skipped; in any other length every day counts.
    Empty where the date is no count: a date taken from the records.
    """
    start, due_on = obligation.started_on, obligation.due_on
    if start is not None and obligation.rule.start_day_counts:
        start -= timedelta(days=1)
    if start is None or due_on is None or due_on <= start or obligation.length is None:
        return ()
    if obligation.length.unit == "working days":
        return calendar.steps(start, due_on)
    return tuple(
        DayStep(day=start + timedelta(days=number), number=number, why=None) for number in range(1, (due_on - start).days + 1)
    )


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain values: dates as YYYY-MM-DD, every day of the count."""
    one = explanation.obligation
    return {
        **obligation_as_json(one),
        "title": one.rule.title,
        "says": one.rule.says,
        "edition": one.edition.edition,
        "in_force_on": one.edition.in_force_on.isoformat(),
        "basis": one.basis,
        "length": str(one.length) if one.length else None,
        "facts_read_on": _iso(one.facts_read_on),
        "doubt": one.rule.doubt,
        "ended_why": one.ended_why,
        "held": explanation.held,
        "notes": list(one.notes),
        "steps": [{"day": step.day.isoformat(), "number": step.number, "why": step.why} for step in explanation.days],
        "told": [_notice_as_json(notice) for notice in explanation.told],
        "next_run": [_notice_as_json(decision.notice) for decision in explanation.next_run],
        "to_come": [
            {
                "stage": stage.stage,
                "on": stage.on.isoformat(),
                "to": [{"person_ref": ref, "why": why} for ref, why in stage.people],
                "why_nobody": stage.why_nobody or None,
            }
            for stage in explanation.to_come
        ],
    }


def _notice_as_json(notice: Notice) -> dict[str, Any]:
    return {
        "stage": notice.key.stage,
        "stage_on": _iso(notice.stage_on),
        "person_ref": notice.key.person_ref or None,
        "role": notice.role or None,
        "outcome": notice.outcome,
        "reason": notice.reason,
    }


def obligation_as_json(one: Obligation) -> dict[str, Any]:
    """An obligation as plain values; other programs rely on these names."""
    return {
        "case_ref": one.case_ref,
        "policy": one.policy,
        "duty": one.duty,
        "start_ref": one.start_ref,
        "started_on": _iso(one.started_on),
        "due_on": _iso(one.due_on),
        "book_by": _iso(one.book_by),
        "standing": one.standing,
        "met_on": _iso(one.met_on),
        "met_recorded_on": _iso(one.met_recorded_on),
        "ended_on": _iso(one.ended_on),
        "working_days_late": one.working_days_late,
        "missing": list(one.missing),
        "figure": one.figure,
        "clause": one.clause,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
