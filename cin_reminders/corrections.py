"""What people who were told something hear once it has changed: a breach that is met, a date that is another one now.

Both stand beside the ladder: they go to whoever was really told, and to nobody else. Whoever was told of a breach hears once when
it is met (docs/counting.md, The ladder); whoever was told a date that has changed since hears the new one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from cin_reminders.case import Case
from cin_reminders.ladder import AT_ONCE
from cin_reminders.notice import REOPENED, Notice, NoticeKey
from cin_reminders.notices import Decision, still_entitled, why_not_for
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Duty, Edition
from cin_reminders.recipients import Directory, Recipient

ALL_CLEAR = "all_clear"
_CHANGED = "changed-"
_NOT_ASKED = "the records no longer show what called for it"


def is_correction(stage: str) -> bool:
    """Whether a stage says that something which somebody was told has changed."""
    return stage.startswith(_CHANGED)


def is_all_clear(stage: str) -> bool:
    """Whether a stage says that a breach which somebody was told of is met."""
    return stage.startswith(ALL_CLEAR)


def corrections(
    case: Case,
    obligation: Obligation,
    before: Sequence[Notice],
    *,
    directory: Directory,
    on: date,
    told_today: Collection[str] = (),
    partly_read: bool = False,
) -> tuple[Decision, ...]:
    """What each person who was told of an obligation has to hear today because it is met, or due on another day.

    ``told_today`` are those who hear of it today anyway: that line carries the new date, so they get no second one. Of a case
    that is only ``partly_read``, since a row of it was rejected, no date is corrected. Somebody who no longer has to do with
    the case, or whom this very correction could not reach, hears nothing more of it, which is recorded.
    """
    decisions = []
    for ref, told in _told_by_person(before).items():
        stage = _stage_for(obligation, [one for one in before if one.key.person_ref == ref], told, on)
        if stage is None or (is_correction(stage) and (ref in told_today or partly_read)):
            continue
        decision = _decision(stage, case, obligation, before, told[-1], directory, on)
        if decision is not None:
            decisions.append(decision)
    return tuple(decisions)


def why_not_true(notice: Notice, obligation: Obligation) -> str | None:
    """Why a correction or an all-clear planned earlier is no longer true, in words; None where it still is."""
    if is_all_clear(notice.key.stage):
        return None if obligation.met_on is not None else "no longer recorded as done"
    if obligation.is_settled and obligation.ended_why != _NOT_ASKED:
        return "met meanwhile" if obligation.met_on else f"ended: {obligation.ended_why}"
    return None if notice.due_on == obligation.due_on else "its date has changed again"


def is_beside_the_ladder(stage: str) -> bool:
    """Whether a stage is no rung of a ladder, but tells what has become of something told before."""
    return is_all_clear(stage) or is_correction(stage)


def why_not_now(notice: Notice, case: Case, obligation: Obligation, directory: Directory, on: date) -> str | None:
    """Why a notice to a person planned earlier, of whatever stage, must not go after all, in words; None where it still may."""
    if not is_beside_the_ladder(notice.key.stage):
        return still_entitled(notice, case, obligation, directory, on)
    return why_not_true(notice, obligation) or why_not_for(notice.key.person_ref, notice.role, case, obligation, directory, on)


def was_due_on(obligation: Obligation, before: Sequence[Notice], person_ref: str) -> date | None:
    """The date that a person was told last, where it is another one now; None where they were told none or this one."""
    told = _told_by_person(before).get(person_ref)
    return told[-1].due_on if told and told[-1].due_on != obligation.due_on else None


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


def _told_by_person(before: Sequence[Notice]) -> dict[str, list[Notice]]:
    """What each person was really told, in the order in which they were."""
    told: dict[str, list[Notice]] = {}
    for one in sorted(before, key=_when):
        if one.outcome == "told" and one.key.person_ref:
            told.setdefault(one.key.person_ref, []).append(one)
    return told


def _when(notice: Notice) -> tuple[date, date]:
    stage_on = notice.stage_on or date.min
    return notice.told_on or stage_on, stage_on


def _stage_for(obligation: Obligation, theirs: Sequence[Notice], told: Sequence[Notice], on: date) -> str | None:
    """What one person has to hear, given all that the ledger has for them (``theirs``) and what they were told, in its order."""
    # What stands in a message on its way is as good as told.
    last = max((*told, *(one for one in theirs if one.outcome == "planned")), key=_when)
    heard_done = is_all_clear(last.key.stage)
    if obligation.met_on is not None:
        since = _since_the_last_all_clear(told)
        return None if heard_done or not any(_is_of_a_breach(one, obligation) for one in since) else _numbered(ALL_CLEAR, theirs)
    if obligation.is_settled:
        asked_no_more = obligation.ended_why == _NOT_ASKED and last.due_on is not None and not heard_done
        # A date long past of which nobody was told as a breach was kept in time: only its rows have gone from the records.
        over = last.due_on is not None and last.due_on < on and not any(_is_of_a_breach(one, obligation) for one in told)
        return _numbered(_CHANGED, theirs) if asked_no_more and not over else None
    no_date = last.due_on is None and not is_correction(last.key.stage)
    if not heard_done and (no_date or last.due_on == obligation.due_on):
        return None
    return _numbered(_CHANGED, theirs)


def _numbered(stage: str, theirs: Sequence[Notice]) -> str:
    """The name of a person's next correction or all-clear: `changed-1`, `changed-2`; the first all-clear has no number."""
    heard = sum(one.key.stage.startswith(stage) for one in theirs if one.outcome not in REOPENED)
    if stage == ALL_CLEAR:
        return f"{ALL_CLEAR}-{heard + 1}" if heard else ALL_CLEAR
    return f"{stage}{heard + 1}"


def _since_the_last_all_clear(told: Sequence[Notice]) -> Sequence[Notice]:
    """What a person was told after they last heard that it is done; that it is so no more is told by a correction."""
    cleared = [number for number, one in enumerate(told) if is_all_clear(one.key.stage)]
    return told if not cleared else told[cleared[-1] + 1 :]


def _is_of_a_breach(notice: Notice, obligation: Obligation) -> bool:
    """Whether a notice told somebody of a limit that had passed; the council's own figure is none, but for one working day."""
    if obligation.figure != "procedure" and obligation.rule.length != AT_ONCE:
        return False
    return notice.stage_on is not None and notice.due_on is not None and notice.stage_on > notice.due_on


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
        was_due_on=None if is_all_clear(stage) else was_due_on(obligation, before, ref),
    )
    known = next((one for one in before if one.key == notice.key), None)
    if known is not None and known.outcome == "failed":
        return None  # they cannot be reached, and it is nobody else's to hear
    refusal = why_not_for(ref, last.role, case, obligation, directory, on)
    if refusal is None:
        why = last.reason.removeprefix("you are ")
        recipient = Recipient(person=directory.people[ref], role=last.role, why=why)
        return Decision(notice=notice, obligation=obligation, recipient=recipient)
    if known is not None:
        return None  # said already
    return Decision(notice=replace(notice, outcome="withdrawn", reason=refusal), obligation=obligation)
