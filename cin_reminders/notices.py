"""Who must be told what today: each obligation's ladder against what has been told already.

Every decision says why, whether or not somebody is told. A stage is reached when its day is today or earlier; of several
reached at once the latest goes and the earlier ones are recorded (docs/counting.md, The ladder).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cin_reminders.case import Case
from cin_reminders.ladder import STALE_AFTER, Rung, is_skipped, is_urgent, rungs, spoken_stage
from cin_reminders.notice import RECORDED, REOPENED, WAITING, Notice, NoticeKey
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Stage
from cin_reminders.recipients import Directory, Recipient, first_told
from cin_reminders.words import count_of, day_in_words
from cin_reminders.working_days import Calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A notice, and the person it is for where somebody is to be told."""

    notice: Notice
    obligation: Obligation
    recipient: Recipient | None = None


def untold(decision: Decision, outcome: str, reason: str) -> Decision:
    """The same decision, but nobody is told today: what keeps it, and why."""
    return replace(decision, notice=replace(decision.notice, outcome=outcome, reason=reason), recipient=None)


def decide(
    case: Case,
    obligation: Obligation,
    before: Sequence[Notice],
    *,
    directory: Directory,
    calendar: Calendar,
    on: date,
    notify_from: date | None = None,
) -> tuple[Decision, ...]:
    """What to tell, to whom, about one obligation today, given the notices already recorded for it.

    A settled obligation is silent. What is decided without telling anybody (skipped, superseded, missed, before the day from
    which the council wants to be told) is a decision too, so that `why did nobody hear` has an answer.
    """
    if obligation.is_settled:
        return ()
    reached = [rung for rung in rungs(obligation, calendar) if rung.on <= on]
    done = dealt_with(before)
    asked = _Asked(case=case, obligation=obligation, before=before, directory=directory, on=on)
    decisions: list[Decision] = []
    in_play: list[Rung] = []
    for rung in reached:
        if rung.name in done:
            continue
        why = _not_in_play(rung, obligation, notify_from)
        if why is None:
            in_play.append(rung)
        else:
            decisions.append(_recorded(obligation, rung, *why))
    went = [rung for rung in reached if rung.name in done]
    told_today: set[str] = set()
    for rung in asked.highest_first(in_play):
        by = next((one for one in reversed(went) if asked.mutes(one, rung, reached)), None)
        if by is not None:
            decisions += asked.closed(rung, "superseded", f"{spoken_stage(by.name)} was reached before it went")
            continue
        found = _tell(rung, asked.passed_over(rung, reached, in_play), asked)
        people = {one.recipient.person.person_ref for one in found if one.recipient}
        stale = calendar.between(rung.on, on)
        if found and stale > STALE_AFTER and not is_urgent(rung, obligation) and not asked.kept_waiting(rung):
            reason = f"{count_of(stale, 'working day')} had passed since its day, {day_in_words(rung.on)}"
            decisions += asked.closed(rung, "missed", reason)
        elif people and people <= told_today:
            decisions += asked.closed(rung, "superseded", f"{spoken_stage(went[-1].name)} goes to the same people today")
            continue
        else:
            decisions += found
        went.append(rung)
        told_today |= people
    return tuple(decisions)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """One obligation on one day, with the notices already recorded for it."""

    case: Case
    obligation: Obligation
    before: Sequence[Notice]
    directory: Directory
    on: date

    def is_escalation(self, rung: Rung) -> bool:
        """Whether a stage is one that no repeat takes the place of."""
        return is_urgent(rung, self.obligation) and not rung.stage.is_repeat

    def highest_first(self, in_play: Sequence[Rung]) -> list[Rung]:
        """The stages in the order in which they are tried: escalations before repeats and reminders, of each the latest first."""
        return sorted(in_play, key=lambda rung: (self.is_escalation(rung), in_play.index(rung)), reverse=True)

    def passed_over(self, going: Rung, reached: Sequence[Rung], in_play: Sequence[Rung]) -> list[Rung]:
        """The lower escalations that nobody heard of, for whatever reason: their roles are copied."""
        if not self.is_escalation(going):
            return []
        lower = reached[: reached.index(going)]
        return [one for one in lower if self.is_escalation(one) and (one in in_play or not self.heard([one.name]))]

    def mutes(self, went: Rung, rung: Rung, reached: Sequence[Rung]) -> bool:
        """Whether a stage that went makes this one pointless: any later one does, but a repeat mutes no escalation."""
        return reached.index(went) > reached.index(rung) and not (went.stage.is_repeat and self.is_escalation(rung))

    def closed(self, rung: Rung, outcome: str, reason: str) -> list[Decision]:
        """A stage recorded without telling anybody; nothing to record where somebody heard of it, or where it stands recorded."""
        of_stage = [one for one in self.before if one.key.stage == rung.name]
        # Whoever was kept waiting for it waits no longer.
        waiting = [
            Decision(notice=replace(one, outcome=outcome, reason=reason), obligation=self.obligation)
            for one in of_stage
            if one.outcome in WAITING
        ]
        known = waiting or any(_is_live(one) or not one.key.person_ref for one in of_stage)
        return waiting if known else [_recorded(self.obligation, rung, outcome, reason)]

    def kept_waiting(self, rung: Rung) -> bool:
        """Whether a stage was to be told before now and had to wait: it is late through no fault of the records."""
        return any(one.key.stage == rung.name and one.outcome in WAITING for one in self.before)

    def heard(self, names: Iterable[str]) -> set[str]:
        """Who has been told, or is about to be, of any of these stages."""
        return {one.key.person_ref for one in self.before if _is_live(one) and one.key.stage in names}

    def roles(self, rung: Rung) -> tuple[str, ...]:
        """The roles that a stage goes to, those first told each by name."""
        first = self.first_told
        return tuple(dict.fromkeys(role for named in rung.stage.to for role in (first if named == "first_told" else (named,))))

    @property
    def first_told(self) -> tuple[str, ...]:
        return first_told(self.case, self.obligation, self.directory, self.on)

    def is_courtesy(self, role: str) -> bool:
        """A chair who hears beside those first told: where a meeting has none, nobody else takes that place."""
        return role == "chair" and role not in self.first_told


def _not_in_play(rung: Rung, obligation: Obligation, notify_from: date | None) -> tuple[str, str] | None:
    if is_skipped(rung, obligation):
        return "skipped", f"its day, {day_in_words(rung.on)}, is not after the day the clock started"
    if notify_from is not None and rung.on < notify_from:
        return "before_notify_from", f"its day, {day_in_words(rung.on)}, is before {day_in_words(notify_from)}"
    return None


def dealt_with(before: Sequence[Notice]) -> set[str]:
    """The stages that ask for nothing more: recorded without telling anybody, or told to everybody they were for.

    A stage of which one notice came to nothing, or which one of its roles could not be told, is looked at again every day.
    """
    recorded = {notice.key.stage for notice in before if notice.outcome in RECORDED}
    owed = {notice.key.stage for notice in before if notice.outcome in (*REOPENED, "no_recipient")}
    return recorded | ({notice.key.stage for notice in before if _is_live(notice)} - owed)


def _is_live(notice: Notice) -> bool:
    return bool(notice.key.person_ref) and notice.outcome not in REOPENED


def _tell(rung: Rung, below: Sequence[Rung], asked: _Asked) -> list[Decision]:
    """The notices of one stage: to its own roles, and to the roles of the lower stages passed over, who never heard of any."""
    case, obligation, directory, on = asked.case, asked.obligation, asked.directory, asked.on
    failed = {one.key.person_ref for one in asked.before if one.key.stage == rung.name and one.outcome == "failed"}
    heard = asked.heard([rung.name])
    heard_any = asked.heard([one.key.stage for one in asked.before if one.urgency == "escalation"])
    own = asked.roles(rung)
    copied = [role for one in below for role in asked.roles(one) if role not in own]
    told: dict[str, Decision] = {}
    obstacles: list[str] = []
    own_reached = False
    for role in dict.fromkeys((*own, *copied)):
        resolved = directory.resolve(case, role, on, obligation, frozenset(failed))
        if asked.is_courtesy(role) and all(one.role != role for one in resolved.recipients):
            continue
        if role in own:
            own_reached |= bool(resolved.recipients)
            obstacles += resolved.obstacles
        for recipient in resolved.recipients:
            ref = recipient.person.person_ref
            if ref not in told and ref not in (heard if role in own else heard | heard_any):
                notice = _notice(obligation, rung, "planned", f"you are {recipient.why}", ref, recipient.role)
                told[ref] = Decision(notice=notice, obligation=obligation, recipient=recipient)
    if own_reached:
        return list(told.values())
    why = "; ".join(dict.fromkeys(obstacles)) or "no role is named"
    return [*told.values(), _recorded(obligation, rung, "no_recipient", why)]


def roles_told(rung: Rung, case: Case, obligation: Obligation, directory: Directory, on: date) -> tuple[str, ...]:
    """The roles that a stage is told to in this case, without a chair that the meeting does not have."""
    asked = _Asked(case=case, obligation=obligation, before=(), directory=directory, on=on)
    return tuple(
        role for role in asked.roles(rung) if not asked.is_courtesy(role) or directory.holders_of(case, role, on, obligation)
    )


def _recorded(obligation: Obligation, rung: Rung, outcome: str, reason: str) -> Decision:
    return Decision(notice=_notice(obligation, rung, outcome, reason), obligation=obligation)


def tell_at_once(
    case: Case, obligation: Obligation, stage: str, role: str, directory: Directory, on: date
) -> tuple[Decision, ...]:
    """A notice that stands on no ladder: told today to one role, or recorded as told to nobody."""
    rung = Rung(stage, on, Stage(stage=stage, working_days_after_start=0, to=(role,)))
    asked = _Asked(case=case, obligation=obligation, before=(), directory=directory, on=on)
    return tuple(_tell(rung, (), asked))


def _notice(obligation: Obligation, rung: Rung, outcome: str, reason: str, person_ref: str = "", role: str = "") -> Notice:
    return Notice(
        key=NoticeKey(
            case_ref=obligation.case_ref,
            subject=obligation.duty,
            start_ref=obligation.start_ref,
            stage=rung.name,
            person_ref=person_ref,
        ),
        outcome=outcome,
        reason=reason,
        role=role,
        due_on=obligation.due_on,
        stage_on=rung.on,
        urgency="escalation" if is_urgent(rung, obligation) else "reminder",
    )


def still_entitled(
    notice: Notice, case: Case | None, obligation: Obligation | None, directory: Directory, on: date
) -> str | None:
    """Why a notice planned earlier must not go after all, in words; None where it still may.

    Asked at the moment of sending, of the records as they are then: the duty is still open, and the person still holds the
    role, or stands in for somebody who does.
    """
    if case is None or obligation is None:
        return "no longer in the records"
    return why_no_longer_asked(notice, obligation, on) or why_not_for(
        notice.key.person_ref, notice.role, case, obligation, directory, on
    )


def why_no_longer_asked(notice: Notice, obligation: Obligation, on: date) -> str | None:
    """Why nobody need hear of a stage any more, in words: the duty is met, has ended or is no longer late. None: they need."""
    if obligation.is_settled:
        return "met meanwhile" if obligation.met_on else f"ended: {obligation.ended_why}"
    if notice.due_on is not None and notice.due_on < on and (obligation.due_on is None or on <= obligation.due_on):
        return "no longer late: its date has changed"
    return None


def why_not_for(ref: str, role: str, case: Case, obligation: Obligation, directory: Directory, on: date) -> str | None:
    """Why a person must not be told of a case in a role, in words; None where they may be written to and hold it, or stand in."""
    obstacle = directory.why_not(ref, on)
    if obstacle is not None:
        return f"the person {obstacle}"
    holders = directory.holders_of(case, role, on, obligation)
    if obligation.is_settled and role == "chair":
        # The meeting that settled it is over, so no booked one has its chair any more.
        holders = (*holders, *(one.chair_ref for one in case.meetings if one.chair_ref))
    if any(ref in (holder, directory.stand_in_for(case, holder, role, on)) for holder in holders):
        return None
    return "the person no longer holds the role"
