"""What people who were told something hear once it has changed: a breach that is met, a date that is another one now.

Both stand beside the ladder: they go to whoever was really told, and to nobody else. Whoever was told of a breach hears once when
it is met (docs/counting.md, The ladder); whoever was told a date that has changed since hears the new one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from cin_reminders.case import Case
from cin_reminders.notice import REOPENED, Notice, NoticeKey
from cin_reminders.notices import Decision, why_not_for
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Duty, Edition
from cin_reminders.recipients import Directory, Recipient

ALL_CLEAR = "all_clear"
_CHANGED = "changed-"
_NOT_ASKED = "the records no longer show what called for it"


def is_correction(stage: str) -> bool:
    """Whether a stage says that a date which somebody was told has changed."""
    return stage.startswith(_CHANGED)


def corrections(
    case: Case,
    obligation: Obligation,
    before: Sequence[Notice],
    *,
    directory: Directory,
    on: date,
    told_today: Collection[str] = (),
) -> tuple[Decision, ...]:
    """What each person who was told of an obligation has to hear today because it is met, or due on another day.

    ``told_today`` are those who hear of it today anyway: that line carries the new date, so they get no second one. Somebody who
    no longer has to do with the case hears nothing more of it, which is recorded once.
    """
    decisions = []
    for ref, told in _told_by_person(before).items():
        stage = _stage_for(obligation, before, ref, told)
        if stage is None or (ref in told_today and stage != ALL_CLEAR):
            continue
        decision = _decision(stage, case, obligation, before, told[-1], directory, on)
        if decision is not None:
            decisions.append(decision)
    return tuple(decisions)


def why_not_true(notice: Notice, obligation: Obligation) -> str | None:
    """Why a correction or an all-clear planned earlier is no longer true, in words; None where it still is."""
    if notice.key.stage == ALL_CLEAR:
        return None if obligation.met_on is not None else "no longer recorded as done"
    if obligation.is_settled and obligation.ended_why != _NOT_ASKED:
        return "met meanwhile" if obligation.met_on else f"ended: {obligation.ended_why}"
    return None if notice.due_on == obligation.due_on else "its date has changed again"


def _last_told(before: Sequence[Notice], person_ref: str) -> Notice | None:
    """The last notice of an obligation that really reached a person."""
    told = _told_by_person(before).get(person_ref)
    return told[-1] if told else None


def no_longer_asked(case: Case, edition: Edition, rule: Duty, start_ref: str, on: date) -> Obligation:
    """A duty that the records no longer call for: what started it was taken out, or a fact that it rests on was changed."""
    return Obligation(
        case_ref=case.case_ref,
        policy=edition.policy,
        duty=rule.duty,
        start_ref=start_ref,
        standing="ended",
        ended_on=on,
        ended_why=_NOT_ASKED,
        working_days_late=0,
        figure=rule.figure,
        clause=rule.clause,
        basis="no longer in the records",
        rule=rule,
        edition=edition,
    )


def was_due_on(obligation: Obligation, before: Sequence[Notice], person_ref: str) -> date | None:
    """The date that a person was told last, where it is another one now; None where they were told none or this one."""
    last = _last_told(before, person_ref)
    return last.due_on if last is not None and last.due_on != obligation.due_on else None


def _told_by_person(before: Sequence[Notice]) -> dict[str, list[Notice]]:
    """What each person was really told, in the order in which they were."""
    told: dict[str, list[Notice]] = {}
    for one in sorted(before, key=lambda notice: (notice.told_on or notice.stage_on or date.min, notice.stage_on or date.min)):
        if one.outcome == "told" and one.key.person_ref:
            told.setdefault(one.key.person_ref, []).append(one)
    return told


def _stage_for(obligation: Obligation, before: Sequence[Notice], ref: str, told: Sequence[Notice]) -> str | None:
    theirs = [one for one in before if one.key.person_ref == ref and one.outcome not in REOPENED]
    if obligation.met_on is not None:
        heard = any(one.key.stage == ALL_CLEAR for one in theirs)
        return ALL_CLEAR if not heard and any(map(_is_of_a_breach, told)) else None
    if obligation.is_settled and obligation.ended_why != _NOT_ASKED:
        return None
    dates = [one.due_on for one in theirs if one.outcome == "planned"] or [told[-1].due_on]
    if dates[0] is None or dates[0] == obligation.due_on:
        return None
    return f"{_CHANGED}{1 + sum(is_correction(one.key.stage) for one in theirs)}"


def _is_of_a_breach(notice: Notice) -> bool:
    late = notice.stage_on is not None and notice.due_on is not None and notice.stage_on > notice.due_on
    return late and not is_correction(notice.key.stage)


def _decision(
    stage: str, case: Case, obligation: Obligation, before: Sequence[Notice], last: Notice, directory: Directory, on: date
) -> Decision | None:
    ref = last.key.person_ref
    notice = Notice(
        key=NoticeKey(
            case_ref=obligation.case_ref,
            subject=obligation.duty,
            start_ref=obligation.start_ref,
            stage=stage,
            person_ref=ref,
        ),
        outcome="planned",
        reason=last.reason,
        role=last.role,
        due_on=obligation.due_on,
        stage_on=on,
        was_due_on=was_due_on(obligation, before, ref) if stage != ALL_CLEAR else None,
    )
    refusal = why_not_for(ref, last.role, case, obligation, directory, on)
    if refusal is None:
        why = last.reason.removeprefix("you are ")
        recipient = Recipient(person=directory.people[ref], role=last.role, why=why)
        return Decision(notice=notice, obligation=obligation, recipient=recipient)
    if any(one.key == notice.key for one in before):
        return None  # said already
    return Decision(notice=replace(notice, outcome="withdrawn", reason=refusal), obligation=obligation)
