"""What is due: each duty of the procedure, applied to each start in one case, as it stood on the business date.

Everything here follows docs/counting.md. The same inputs always give the same answer; the business date is an
argument, and so is the working-day calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cin_reminders.case import Case
from cin_reminders.clocks import Clock, Known, clocks
from cin_reminders.due import Due, work_out_due
from cin_reminders.facts import Period, protected_periods
from cin_reminders.length import Length
from cin_reminders.notice import DutyKey
from cin_reminders.policy import Duty, Edition, Policy
from cin_reminders.rule import MetBy
from cin_reminders.timeline import Happening, Timeline
from cin_reminders.words import day_in_words
from cin_reminders.working_days import Calendar

_PROTECTION = {"child_protection_plan": "subject to a child protection plan", "looked_after": "looked after"}
# Longer than any run of days off.
_SOME_DAYS = timedelta(days=10)
STANDINGS = ("upcoming", "overdue", "met", "met_late", "ended", "unknown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Obligation:
    """A duty applied to one start in one case: when it is due, how it stands, and what it rests on.

    ``working_days_late`` counts the working days after ``due_on`` up to the day it was met or ended, or to the business
    date; 0 when not late. ``started_by`` says in words what started the clock. ``missing`` names the facts that are not
    recorded and could change the date. ``notes`` are sentences about evidence that does not count.
    """

    case_ref: str
    policy: str
    duty: str
    start_ref: str
    subject: str | None = None
    started_on: date | None = None
    started_by: str = ""
    due_on: date | None = None
    book_by: date | None = None
    standing: str
    met_on: date | None = None
    met_recorded_on: date | None = None
    ended_on: date | None = None
    ended_why: str | None = None
    working_days_late: int
    missing: tuple[str, ...] = ()
    figure: str
    clause: str
    basis: str
    length: Length | None = None
    facts_read_on: date | None = None
    notes: tuple[str, ...] = ()
    rule: Duty
    edition: Edition

    @property
    def key(self) -> DutyKey:
        """What makes it the same obligation on every day."""
        return self.case_ref, self.duty, self.start_ref

    @property
    def is_settled(self) -> bool:
        """Whether nothing more can be asked: met, met late or ended."""
        return self.met_on is not None or self.ended_on is not None


def covers(policy: Policy, case: Case) -> bool:
    """Whether the procedure says anything about this type of plan; a case it does not cover is out of scope, no error."""
    return case.plan_type in policy.newest.plan_types


def obligations(case: Case, policy: Policy, calendar: Calendar, on: date) -> tuple[Obligation, ...]:
    """Every obligation of one case that had started by the business date, in the order of the procedure and then of days."""
    if not covers(policy, case):
        return ()
    reading = _Reading(case, policy, calendar, on)
    return tuple(obligation for edition in policy.editions for obligation in reading.of(edition))


def listed(case: Case, found: tuple[Obligation, ...], on: date, *, closed: bool = False) -> tuple[Obligation, ...]:
    """The obligations people see: all of an open case; of a closed one those that outlive closing and are not met."""
    if closed or case.is_open_on(on):
        return found
    return tuple(one for one in found if one.rule.outlives_closing and one.met_on is None)


_ClockOf = tuple[str, str, date | None]  # the duty, what started it, when


class _Reading:
    """One case read on one business date."""

    def __init__(self, case: Case, policy: Policy, calendar: Calendar, on: date) -> None:
        self.case, self.policy, self.calendar, self.on = case, policy, calendar, on
        self.timeline = Timeline(case, on)
        self._open_when: dict[date, frozenset[_ClockOf]] = {}
        self.protected = protected_periods(case, read_on=on)
        self.known = Known(
            case=case,
            timeline=self.timeline,
            calendar=calendar,
            on=on,
            protected=self.protected,
            had_action_overdue=self._had_action_overdue,
        )

    def of(self, edition: Edition) -> Iterator[Obligation]:
        for rule in edition.duties:
            for clock in clocks(rule.start, self.known):
                if self._edition_of(rule, clock) is edition and not self._never_started(rule, clock):
                    obligation = self._obligation(edition, rule, clock)
                    if obligation is not None:
                        yield obligation

    def _edition_of(self, rule: Duty, clock: Clock) -> Edition:
        """The edition that governs a clock: the one of its start, or the newest that took it over while it was open."""
        edition = self.policy.edition_for(clock.on or self.on)
        if clock.on is not None:
            for newer in self.policy.taking_over(clock.on, self.on):
                if self._has(newer, rule.duty, clock) and self._was_open(newer, rule.duty, clock):
                    edition = newer
        return edition

    def _has(self, edition: Edition, duty: str, clock: Clock) -> bool:
        """Whether the duty of this name starts the same clock in the edition: one that it drops stays where it was."""
        starts = (rule.start for rule in edition.duties if rule.duty == duty)
        return any((one.ref, one.on) == (clock.ref, clock.on) for start in starts for one in clocks(start, self.known))

    def _was_open(self, newer: Edition, duty: str, clock: Clock) -> bool:
        """Whether the clock was neither met nor ended on the day the edition came into force, by what stood before it."""
        day = newer.in_force_on
        if day not in self._open_when:
            then = _Reading(self.case, self.policy.before(newer), self.calendar, day)
            found = (one for edition in then.policy.editions for one in then.of(edition) if not one.is_settled)
            self._open_when[day] = frozenset((one.duty, one.start_ref, one.started_on) for one in found)
        return (duty, clock.ref, clock.on) in self._open_when[day]

    def _never_started(self, rule: Duty, clock: Clock) -> bool:
        if clock.on is None:
            return False
        after_closing = self.case.closed_on is not None and clock.on > self.case.closed_on
        # A case that had closed already could not stay open.
        outlives = rule.outlives_closing and not rule.met_by.staying_open
        return self.known.is_protected(clock.on) or (after_closing and not outlives)

    def _had_action_overdue(self, day: date) -> bool:
        """Whether an action of the plan stood overdue on the day, as the records would have shown it then."""
        if not any(action.due_on and action.due_on < day for action in self.case.actions):
            return False
        edition = self.policy.edition_for(day)
        rules = tuple(rule for rule in edition.duties if rule.start.action)
        actions = edition.model_copy(update={"duties": rules})
        policy = self.policy.model_copy(update={"editions": (actions,)})
        then = _Reading(self.case, policy, self.calendar, day)
        return any(one.standing == "overdue" for one in then.of(actions))

    # --- ends -----------------------------------------------------------------------------------------------------

    def _end(self, rule: Duty, clock: Clock) -> tuple[date, str] | None:
        ends: list[tuple[date, str]] = []
        closed_on = self.case.closed_on
        if closed_on is not None and closed_on <= self.on and not rule.outlives_closing:
            ends.append((closed_on, "the case closed"))
        for period in self.protected:
            day = _end_by(period, clock, rule)
            if day is not None and day <= self.on:
                ends.append((day, f"the child became {_PROTECTION[period.fact]}"))
        return min(ends) if ends else None

    # --- what meets it --------------------------------------------------------------------------------------------

    def _met(self, rule: Duty, clock: Clock, ended_on: date | None) -> Happening | None:
        met_by = rule.met_by
        until = min(self.on, ended_on) if ended_on else self.on
        if met_by.looking_back and clock.on:
            return self._met_looking_back(met_by, met_by.looking_back, clock.on)
        found = self._evidence(met_by, clock)
        in_time = [happening for happening in found if happening.on <= until]
        return min(in_time) if in_time else None

    def _evidence(self, met_by: MetBy, clock: Clock) -> Iterator[Happening]:
        """Everything that counts towards one start, in no order. Where the start has no day, any day counts."""
        start = clock.on or date.min
        for one in self.timeline.of(met_by.event):
            if one.on >= start and not (met_by.same_meeting and self._is_of_another_meeting(one, clock)):
                yield one
        yield from (one for one in self.timeline.of(met_by.later) if one.on > start)
        if met_by.same and clock.subject:
            yield from (one for one in self.timeline.belonging_to(clock.subject, met_by.same) if one.on >= start)
        for one in self.timeline.of(met_by.before_start):
            if one.on < start and (clock.previous_on is None or one.on > clock.previous_on):
                yield one
        # Whoever was already allocated counts from the start.
        yield from (Happening(start, one.kind, one.ref) for one in self.timeline.of(met_by.already) if one.on < start)
        for holder in self.case.roles:
            if holder.role == met_by.role and (holder.until_on is None or holder.until_on >= start):
                yield Happening(max(start, holder.from_on or start), "role_begins", holder.person_ref)

    def _is_of_another_meeting(self, happening: Happening, clock: Clock) -> bool:
        return happening.subject is not None and clock.subject is not None and happening.subject != clock.subject

    def _met_looking_back(self, met_by: MetBy, length: Length, start: date) -> Happening | None:
        first = start - timedelta(days=length.count * (7 if length.unit == "weeks" else 1))
        found = [happening for happening in self.timeline.of(met_by.event) if first <= happening.on <= start]
        return found[-1] if found else None

    # --- all together ---------------------------------------------------------------------------------------------

    def _obligation(self, edition: Edition, rule: Duty, clock: Clock) -> Obligation | None:
        end = self._end(rule, clock)
        ended_on = end[0] if end else None
        met = self._met(rule, clock, ended_on)
        met_on = met.on if met else None
        due = work_out_due(self.case, rule, clock, met_on, self.calendar, self.on)
        if due is None:
            return None
        if rule.met_by.staying_open and due.on is not None:
            due, met = self._kept_open(due, due.on, met, ended_on)
            met_on = met.on if met else None
        if met_on is not None:
            ended_on, end = None, None
        return Obligation(
            case_ref=self.case.case_ref,
            policy=self.policy.id,
            duty=rule.duty,
            start_ref=clock.ref,
            subject=clock.subject,
            started_by=clock.started_by,
            started_on=clock.on,
            due_on=due.on,
            book_by=self._book_by(due.on) if due.on else None,
            standing=_standing(due, met_on, ended_on, self.on),
            met_on=met_on,
            met_recorded_on=met.recorded_on if met else None,
            ended_on=ended_on,
            ended_why=end[1] if end else None,
            working_days_late=self._late(due.on, met_on or ended_on or self.on),
            missing=due.missing,
            figure=rule.figure,
            clause=rule.clause,
            basis=due.basis,
            length=due.length,
            facts_read_on=due.facts_read_on,
            notes=self._notes(rule, clock, met),
            rule=rule,
            edition=edition,
        )

    def _kept_open(self, due: Due, due_on: date, met: Happening | None, ended_on: date | None) -> tuple[Due, Happening | None]:
        """A case that stays open meets the duty on its due date; one that closes earlier breaks it on the day it closes."""
        closed_on = self.case.closed_on
        if closed_on is not None and closed_on < min(due_on, ended_on or due_on) and closed_on <= self.on:
            basis = f"the case closed then; it should have stayed open until {day_in_words(due_on)} ({due.basis})"
            return replace(due, on=closed_on, basis=basis, length=None), met
        if due_on <= min(self.on, ended_on or self.on) and (met is None or due_on < met.on):
            met = Happening(due_on, "stayed_open", self.case.case_ref)
        return due, met

    def _late(self, due_on: date | None, until: date) -> int:
        return self.calendar.between(due_on, until) if due_on and due_on < until else 0

    def _book_by(self, due_on: date) -> date | None:
        # Before the calendar's first days there is nothing to book by.
        return self.calendar.book_by(due_on) if due_on > self.calendar.first + _SOME_DAYS else None

    def _notes(self, rule: Duty, clock: Clock, met: Happening | None) -> tuple[str, ...]:
        """What is dated before the start meets nothing, and is told (docs/counting.md, Starts and meetings of duties)."""
        if clock.on is None:
            return ()
        start, met_by, early = clock.on, rule.met_by, list[Happening]()
        if met_by.same and clock.subject:
            early = [one for one in self.timeline.belonging_to(clock.subject, met_by.same) if one.on < start]
        elif met is None and clock.previous_on is None and not met_by.looking_back:
            # After an earlier start it may well belong to that one.
            early = [one for one in self.timeline.of(met_by.event) if one.on < start][-1:]
        return tuple(
            f"recorded for {day_in_words(one.on)}, before the clock started on {day_in_words(start)}, so it does not count"
            for one in early
        )


def _end_by(period: Period, clock: Clock, rule: Duty) -> date | None:
    if clock.on is not None:
        return period.first if period.first is not None and period.first > clock.on else None
    # Without a start, only a period in force on or after the row's own due date can end it (docs/counting.md, Actions).
    due_on = clock.own_due_on if rule.due_by else None
    if due_on is None or (period.last is not None and period.last < due_on):
        return None
    return period.first or due_on


def _standing(due: Due, met_on: date | None, ended_on: date | None, on: date) -> str:
    if met_on is not None:
        return "met_late" if due.on is not None and met_on > due.on else "met"
    if ended_on is not None:
        return "ended"
    if due.on is None:
        return "unknown"
    return "overdue" if on > due.on else "upcoming"
