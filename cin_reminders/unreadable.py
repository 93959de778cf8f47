"""Cases whose own row could not be read: their manager hears of it at every run, and breaches already told go on.

Nothing can be worked out for such a case, and nothing may be inferred from that: what was last known of a breach stands until
the row can be read again (docs/counting.md, Bad data).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cin_reminders.case import Case, Extract, Rejection
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Duty, Edition, Policy
from cin_reminders.working_days import Calendar

STAGE = "unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """What is still known of a case that cannot be read: that its row is wrong, and the breaches people were told of."""

    case: Case
    fault: Obligation
    breaches: tuple[Obligation, ...]


def unreadable(
    extract: Extract, before: Mapping[DutyKey, Sequence[Notice]], policy: Policy, calendar: Calendar, on: date
) -> tuple[Unreadable, ...]:
    """Every case whose row was rejected and which nothing else in the extract makes readable."""
    readable = {case.case_ref for case in extract.cases}
    faults = {
        one.case_ref: one
        for one in extract.rejections
        if one.relation == "cin_cases" and one.case_ref and one.case_ref not in readable
    }
    told: dict[str, list[tuple[DutyKey, Sequence[Notice]]]] = {}
    for key, notices in before.items():
        if key[0] in faults:
            told.setdefault(key[0], []).append((key, notices))
    return tuple(_unreadable(ref, fault, told.get(ref, ()), policy, calendar, on) for ref, fault in sorted(faults.items()))


def _unreadable(
    ref: str,
    fault: Rejection,
    told: Iterable[tuple[DutyKey, Sequence[Notice]]],
    policy: Policy,
    calendar: Calendar,
    on: date,
) -> Unreadable:
    # The label may be what could not be read, so the reference stands for it.
    case = Case(case_ref=ref, label=ref, plan_type="", team=fault.team)
    rules = {duty.duty: (edition, duty) for edition in policy.editions for duty in edition.duties}
    breaches = []
    for (_, duty, start_ref), notices in told:
        known = [one for one in notices if one.urgency == "escalation" and one.outcome in ("told", "planned") and one.due_on]
        if known and duty in rules:
            newest = max(known, key=lambda one: one.stage_on or date.min)
            assert newest.due_on is not None
            breaches.append(_breach(case, *rules[duty], start_ref, newest.due_on, calendar, on))
    return Unreadable(case=case, fault=_fault(case, fault, policy.newest, on), breaches=tuple(breaches))


def _breach(case: Case, edition: Edition, rule: Duty, start_ref: str, due_on: date, calendar: Calendar, on: date) -> Obligation:
    return _obligation(
        case,
        edition,
        rule,
        start_ref=start_ref,
        due_on=due_on,
        standing="overdue",
        late=calendar.between(due_on, on),
        basis="as last read; the case's own row cannot be read now",
    )


def _fault(case: Case, fault: Rejection, edition: Edition, on: date) -> Obligation:
    # No duty of the procedure, but told like one; what starts and meets it is never asked.
    rule = Duty.model_validate(
        {
            "duty": "record_unreadable",
            "title": "A case that cannot be read",
            "do": f"Have the record put right ({fault.column}: {fault.reason})",
            "clause": "records contract, bad data",
            "says": "A case whose record cannot be read is not watched until it is put right.",
            "figure": "council",
            "start": "plan_agreed",
            "length": "1 working day",
            "met_by": "plan_agreed",
            "first_told": "team_manager",
        }
    )
    return _obligation(
        case, edition, rule, start_ref=on.isoformat(), due_on=None, standing="unknown", late=0, basis="its row was rejected"
    )


def _obligation(
    case: Case, edition: Edition, rule: Duty, *, start_ref: str, due_on: date | None, standing: str, late: int, basis: str
) -> Obligation:
    return Obligation(
        case_ref=case.case_ref,
        policy=edition.policy,
        duty=rule.duty,
        start_ref=start_ref,
        due_on=due_on,
        standing=standing,
        working_days_late=late,
        figure=rule.figure,
        clause=rule.clause,
        basis=basis,
        rule=rule,
        edition=edition,
    )
