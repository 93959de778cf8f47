"""Who is told what of a meeting today: each person's invitation and reminders, and what has changed since they were told.

Every decision says why, whether or not somebody is told. Each person has stages of their own: whoever is asked late is told
late. Of several stages reached the latest goes. Only what the service itself told counts as told: somebody whom a colleague
invited hears of no change, until a reminder tells them when and where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cin_reminders.errors import BeyondCalendarError
from cin_reminders.ladder import STALE_AFTER, spoken_stage
from cin_reminders.meeting_stages import (
    CANCELLED,
    CHANGED,
    INVITATION,
    STAGES,
    UNREACHED,
    WORKING_DAYS_BEFORE,
    in_order,
    is_chair_unreached,
    is_live,
    is_still_to_reach,
    kind_of,
    number_of,
    still_to_reach,
    told_to,
    unreached_by,
    went,
)
from cin_reminders.notice import RECORDED, MeetingNotice, NoticeKey
from cin_reminders.readers import MeetingRules, Reader, readers
from cin_reminders.recipients import Directory
from cin_reminders.sitting import Sitting, fingerprint
from cin_reminders.words import day_in_words
from cin_reminders.working_days import Calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingDecision:
    """A notice of a meeting, and who reads it where somebody is to be told.

    ``sitting`` holds the cases that may be spoken of. ``is_changed``: the person was told something else before, and the words
    must say that this is new. ``cancellations`` counts those that the person was told before.
    """

    notice: MeetingNotice
    sitting: Sitting
    reader: Reader | None = None
    is_changed: bool = False
    cancellations: int = 0


def meeting_untold(decision: MeetingDecision, outcome: str, reason: str) -> MeetingDecision:
    """The same decision, but nobody is told today: what keeps it, and why."""
    return replace(decision, reader=None, notice=replace(decision.notice, outcome=outcome, reason=reason))


def decide_meeting(
    sitting: Sitting,
    before: Sequence[MeetingNotice],
    *,
    directory: Directory,
    rules: MeetingRules,
    calendar: Calendar,
    on: date,
    ahead_until: date | None = None,
) -> tuple[MeetingDecision, ...]:
    """What to tell, to whom, about one meeting today, given every notice of this meeting recorded so far.

    A stage is reached on its day; with ``ahead_until``, one whose day comes by then is reached today.

    ``before`` is gathered by the meeting, whatever case its notices bear: the first case may have closed since. A meeting that
    was held, whose cases have closed, or that nobody was told of before it was cancelled is silent.
    """
    now = sitting.as_of(on)
    if now is None or sitting.is_held_by(on):
        return ()
    asked = _Asked(
        sitting=now, what=_told_what(now, rules, on), rules=rules, calendar=calendar, on=on, reached_by=ahead_until or on
    )
    found: list[MeetingDecision] = []
    unreached = unreached_by(before)
    everybody = readers(now, directory=directory, rules=rules, on=on, chair_is_unreached=is_chair_unreached(now, before))
    unreached = still_to_reach(unreached, everybody)
    for reader in everybody:
        theirs = [one for one in before if one.key.person_ref == reader.person_ref]
        found += _for(asked, reader, theirs)
        if reader.kind == "chair":
            found += _of_those_unreached(asked, reader, theirs, unreached)
    # Whoever left the list is told nothing more: they may have been taken off it to protect somebody.
    for ref in sorted({one.key.person_ref for one in before} - {"", *(one.person_ref for one in everybody)}):
        gone = Reader(person_ref=ref, kind="", why="", obstacle="is no longer asked to this meeting")
        found += _for(asked, gone, [one for one in before if one.key.person_ref == ref])
    return tuple(found)


def why_not_sent(
    notice: MeetingNotice,
    sitting: Sitting | None,
    before: Sequence[MeetingNotice] = (),
    *,
    directory: Directory,
    rules: MeetingRules,
    on: date,
) -> str | None:
    """Why a notice planned earlier must not go after all, in words; None where it still may.

    ``before`` is every notice of the meeting that the ledger holds.
    Asked at the moment of sending, of the records as they are then.
    """
    now = sitting.as_of(on) if sitting else None
    if sitting is None or now is None:
        return "no longer in the records" if sitting is None else "the case has closed"
    if sitting.is_held_by(on):
        return "held meanwhile"
    what = _told_what(now, rules, on)
    if what != notice.told_what:
        return "cancelled meanwhile" if what == CANCELLED else "when or where it is has changed again"
    if now.disagreements and what != CANCELLED:
        return _disagreement(now)
    if max(now.day, notice.was_due_on or now.day) < on:
        return "its day has passed"
    everybody = readers(now, directory=directory, rules=rules, on=on, chair_is_unreached=is_chair_unreached(now, before))
    reader = next((one for one in everybody if one.person_ref == notice.key.person_ref), None)
    if reader is None:
        return "the person is no longer asked to this meeting"
    if kind_of(notice.key.stage) == UNREACHED and not is_still_to_reach(notice, everybody):
        return "whom it is about is asked no more, or must not be told"
    if reader.has_declined and notice.key.stage in WORKING_DAYS_BEFORE:
        return "the person has answered that they are not coming"
    return f"the person {reader.obstacle}" if reader.obstacle else None


def _told_what(now: Sitting, rules: MeetingRules, on: date) -> str:
    return CANCELLED if now.is_cancelled_by(on) else fingerprint(now, rules.secret)


def _disagreement(now: Sitting) -> str:
    return f"the cases that share it ({', '.join(now.case_refs)}) do not agree on {' and '.join(now.disagreements)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """One meeting as it stands today, and what whoever is told today is told of it."""

    sitting: Sitting
    what: str
    rules: MeetingRules
    calendar: Calendar
    on: date
    reached_by: date

    def day_of(self, stage: str) -> date | None:
        """The day on which a stage is reached; None where bank holidays so far off are not known."""
        if stage == INVITATION:
            return self.sitting.booked_on or self.on
        try:
            return self.calendar.open_on_or_before(self.calendar.back(self.sitting.day, WORKING_DAYS_BEFORE[stage]))
        except BeyondCalendarError:
            return None

    def is_long_past(self) -> bool:
        """Whether nobody asks any more why a reminder of the meeting did not go."""
        try:
            return self.calendar.between(self.sitting.day, self.on) > STALE_AFTER
        except BeyondCalendarError:
            return True

    def why_not_in_play(self, stage: str, day: date) -> tuple[str, str] | None:
        """The outcome and the reason of a stage that goes to nobody, whoever they are."""
        booked_on = self.sitting.booked_on
        if stage != INVITATION and booked_on is not None and day <= booked_on:
            return "skipped", f"its day, {day_in_words(day)}, is not after the day the meeting was booked"
        notify_from = self.rules.notify_from
        if notify_from is not None and day < notify_from:
            return "before_notify_from", f"its day, {day_in_words(day)}, is before {day_in_words(notify_from)}"
        return None


def _for(asked: _Asked, reader: Reader, theirs: Sequence[MeetingNotice]) -> Iterator[MeetingDecision]:
    """What one person is told today, or why they are not, given what was recorded for them."""
    one = _Person(asked=asked, reader=reader, theirs=theirs)
    heard = one.heard
    if asked.what == CANCELLED:
        if heard is not None and heard.told_what != CANCELLED and one.may_still_come():
            yield from one.told(one.numbered(CANCELLED), asked.on)
        return
    going = None
    if reader.kind:
        closed, going = one.stages()
        # Of somebody who is not told anyway, what went before is of no interest.
        yield from () if reader.obstacle or asked.sitting.disagreements else closed
    if going is not None:
        yield from one.told(*going)
    elif heard is not None and heard.told_what != asked.what and one.may_still_come():
        yield from one.told(one.numbered(CHANGED), asked.on)


def _of_those_unreached(
    asked: _Asked, reader: Reader, theirs: Sequence[MeetingNotice], unreached: Sequence[MeetingNotice]
) -> Iterator[MeetingDecision]:
    """The chair hears once of each notice that could not be brought, so that somebody tells its person another way."""
    one = _Person(asked=asked, reader=reader, theirs=theirs)
    heard = {notice.key.stage for notice in theirs if is_live(notice)}
    for failed in unreached if one.may_still_come() else ():
        stage = f"{UNREACHED}-{failed.key.stage}-{failed.key.person_ref}"
        if failed.key.person_ref != reader.person_ref and stage not in heard:
            yield from one.told(stage, asked.on)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Person:
    """One person and one meeting today, with every notice of it that was recorded for them."""

    asked: _Asked
    reader: Reader
    theirs: Sequence[MeetingNotice]

    @property
    def heard(self) -> MeetingNotice | None:
        """What the person was told last, or is about to be."""
        live = [one for one in self.theirs if is_live(one)]
        return max(live, key=in_order, default=None)

    def may_still_come(self) -> bool:
        """Whether the person may be waiting for the meeting: the day in the records, or the one they were told, is to come."""
        heard = self.heard
        days = [self.asked.sitting.day, *([heard.due_on] if heard is not None and heard.due_on else [])]
        return max(days) >= self.asked.on

    def numbered(self, kind: str) -> str:
        """The next stage of a kind that there can be several of: `changed-1`, `changed-2`; `cancelled`, `cancelled-2`."""
        # Above every number that the person was told: one of them may have failed since, and its row stands.
        told = [number_of(one.key.stage) for one in self.theirs if is_live(one) and kind_of(one.key.stage) == kind]
        number = 1 + max(told, default=0)
        return kind if kind == CANCELLED and number == 1 else f"{kind}-{number}"

    def stages(self) -> tuple[list[MeetingDecision], tuple[str, date] | None]:
        """The stages that are closed today without telling the person, and the one that goes with its day."""
        asked = self.asked
        closed: list[MeetingDecision] = []
        in_play: list[tuple[str, date]] = []
        for stage in STAGES:
            day = asked.day_of(stage)
            if day is None or day > asked.reached_by or self._is_dealt_with(stage):
                continue
            why = asked.why_not_in_play(stage, day)
            if why is None:
                in_play.append((stage, day))
            else:
                closed.append(self._decision(stage, day, *why))
        if asked.sitting.day < asked.on:
            if asked.is_long_past():
                return [], None
            passed = f"the meeting's day, {day_in_words(asked.sitting.day)}, had passed"
            return [*closed, *(self._decision(stage, day, "missed", passed) for stage, day in in_play)], None
        going = None
        for stage, day in reversed(in_play):
            later = going[0] if going else self._later_told(stage)
            if later is not None:
                reached = f"{spoken_stage(later)} was reached before it went"
                closed.append(self._decision(stage, day, "superseded", reached))
            elif self.reader.has_declined:
                closed += self._withheld(stage, day, "the person has answered that they are not coming")
            else:
                going = stage, day
        return closed, going

    def told(self, stage: str, day: date) -> Iterator[MeetingDecision]:
        """The person is told, or it is recorded once why they are not."""
        asked, reader = self.asked, self.reader
        if self._has_failed(stage):
            return
        if reader.obstacle is not None:
            yield from self._withheld(stage, day, f"the person {reader.obstacle}")
        elif asked.what != CANCELLED and asked.sitting.disagreements:
            yield from self._withheld(stage, day, _disagreement(asked.sitting))
        else:
            decision = self._decision(stage, day, "planned", reader.why)
            is_changed, cancellations = told_to(self.theirs, reader.person_ref, asked.what)
            yield replace(decision, reader=reader, is_changed=is_changed, cancellations=cancellations)

    def _withheld(self, stage: str, day: date, reason: str) -> list[MeetingDecision]:
        # Withdrawn, and not closed: once nothing stands in the way any more, it goes.
        known = any(one.key.stage == stage and (one.outcome, one.reason) == ("withdrawn", reason) for one in self.theirs)
        return [] if known else [self._decision(stage, day, "withdrawn", reason)]

    def _is_dealt_with(self, stage: str) -> bool:
        """Whether a stage asks for nothing more of this person.

        A stage that was closed without telling them opens again once the meeting is on another day.
        """
        if stage == INVITATION and (not self.asked.rules.invite or self.reader.is_invited or self.heard is not None):
            return True
        mine = [one for one in self.theirs if one.key.stage == stage]
        closed = any(is_live(one) or (one.outcome in RECORDED and one.due_on == self.asked.sitting.day) for one in mine)
        return closed or self._has_failed(stage)

    def _has_failed(self, stage: str) -> bool:
        """Whether this very thing could not be brought to the person. It is not tried again; the next stage is."""
        return any(one.key.stage == stage and one.outcome == "failed" and one.told_what == self.asked.what for one in self.theirs)

    def _later_told(self, stage: str) -> str | None:
        """A later stage of the same day of the meeting that went to the person, whether or not it reached them."""
        later = STAGES[STAGES.index(stage) + 1 :]
        gone = {one.key.stage for one in self.theirs if one.due_on == self.asked.sitting.day and went(one)}
        return next((one for one in reversed(later) if one in gone), None)

    def _decision(self, stage: str, day: date, outcome: str, reason: str) -> MeetingDecision:
        asked, heard = self.asked, self.heard
        ref = asked.sitting.meeting_ref
        told_on = heard.due_on if heard is not None else None
        notice = MeetingNotice(
            key=NoticeKey(
                case_ref=asked.sitting.case_refs[0],
                subject=ref,
                start_ref=ref,
                stage=stage,
                person_ref=self.reader.person_ref,
            ),
            outcome=outcome,
            reason=reason,
            role=self.reader.kind,
            due_on=asked.sitting.day,
            stage_on=day,
            was_due_on=told_on if told_on != asked.sitting.day else None,
            told_what=asked.what,
            sequence=0 if heard is None else heard.sequence + (heard.told_what != asked.what),
        )
        return MeetingDecision(notice=notice, sitting=asked.sitting)
