"""What is due: each duty of the procedure, applied to each start in one case, as it stood on the business date.

Everything here follows duties.md (How we count). The same inputs always give the same answer; the business date is an
argument, and so is the working-day calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from cin_reminders.case import Action, Case
from cin_reminders.due import Due, work_out_due
from cin_reminders.facts import Period, protected_periods
from cin_reminders.length import Length
from cin_reminders.policy import Duty, Edition, MetBy, Policy
from cin_reminders.timeline import Happening, Timeline
from cin_reminders.words import day_in_words
from cin_reminders.working_days import Calendar

STANDINGS = ("upcoming", "overdue", "met", "met_late", "ended", "unknown")
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Obligation:
    """A duty applied to one start in one case: when it is due, how it stands, and what it rests on.

    ``working_days_late`` counts the working days after ``due_on`` up to the day it was met or ended, or to the business
    date; 0 when not late. ``missing`` names the facts that are not recorded and could change the date. ``notes`` are
    sentences about evidence that does not count.
    """

    case_ref: str
    policy: str
    duty: str
    start_ref: str
    subject: str | None
    started_on: date | None
    due_on: date | None
    book_by: date | None
    standing: str
    met_on: date | None
    met_recorded_on: date | None
    ended_on: date | None
    ended_why: str | None
    working_days_late: int
    missing: tuple[str, ...]
    figure: str
    clause: str
    basis: str
    length: Length | None
    facts_read_on: date | None
    notes: tuple[str, ...]
    rule: Duty
    edition: Edition

    @property
    def is_settled(self) -> bool:
        """Whether nothing more can be asked: met, met late or ended."""
        return self.met_on is not None or self.ended_on is not None


@dataclass(frozen=True, slots=True)
class Clock:
    """One start of one duty, before anything is said about how it stands."""

    on: date | None
    ref: str
    subject: str | None
    previous_on: date | None = None
    action: Action | None = None


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


class _Reading:
    """One case read on one business date."""

    def __init__(self, case: Case, policy: Policy, calendar: Calendar, on: date) -> None:
        self.case, self.policy, self.calendar, self.on = case, policy, calendar, on
        self.timeline = Timeline(case, on)
        self.protected = protected_periods(case, read_on=on)

    def of(self, edition: Edition) -> Iterator[Obligation]:
        for rule in edition.duties:
            for clock in self._clocks(rule):
                if self.policy.edition_for(clock.on or self.on) is edition and not self._never_started(rule, clock):
                    obligation = self._obligation(edition, rule, clock)
                    if obligation is not None:
                        yield obligation

    # --- starts ---------------------------------------------------------------------------------------------------

    def _clocks(self, rule: Duty) -> Iterator[Clock]:
        start = rule.start
        if start.action:
            yield from (
                Clock(action.agreed_on, action.action_ref, action.action_ref, action=action)
                for action in sorted(self.case.actions, key=lambda one: (one.agreed_on or date.min, one.action_ref))
                if action.agreed_on is None or action.agreed_on <= self.on
            )
            return
        happenings = self._starting(rule)
        earlier: date | None = None
        previous: date | None = None
        for happening in happenings:
            if previous is not None and previous < happening.on:
                earlier = previous
            # A start that never counted is no start, so nothing is looked for behind it.
            if not self._is_protected(happening.on):
                previous = happening.on
            yield Clock(happening.on, happening.ref, happening.subject, earlier)

    def _starting(self, rule: Duty) -> list[Happening]:
        start = rule.start
        if start.visits_from:
            return self._visit_starts(start.visits_from)
        if start.earliest_of or start.latest_of:
            firsts = [found[0] for kind in (start.earliest_of or start.latest_of or ()) if (found := self.timeline.of([kind]))]
            if start.latest_of and len(firsts) < len(start.latest_of):
                return []
            return firsts and [min(firsts) if start.earliest_of else max(firsts)]
        found = self.timeline.of(start.event or ())
        return [happening for happening in found if not start.outcome or happening.outcome in start.outcome]

    def _visit_starts(self, first_kind: str) -> list[Happening]:
        agreed, visits = self.timeline.of([first_kind]), self.timeline.of(["visit_made"])
        if agreed:
            visits = [visit for visit in visits if visit.on > agreed[0].on]
        by_day: dict[date, Happening] = {}
        for happening in sorted((*agreed, *visits), key=lambda one: (one.on, one.ref)):
            by_day.setdefault(happening.on, happening)
        return list(by_day.values())

    def _never_started(self, rule: Duty, clock: Clock) -> bool:
        if clock.on is None:
            return False
        after_closing = self.case.closed_on is not None and clock.on > self.case.closed_on
        return self._is_protected(clock.on) or (after_closing and not rule.outlives_closing)

    def _is_protected(self, day: date) -> bool:
        return any(period.covers(day) for period in self.protected)

    # --- ends -----------------------------------------------------------------------------------------------------

    def _end(self, rule: Duty, clock: Clock) -> tuple[date, str] | None:
        ends: list[tuple[date, str]] = []
        closed_on = self.case.closed_on
        if closed_on is not None and closed_on <= self.on and not rule.outlives_closing:
            ends.append((closed_on, "the case closed"))
        for period in self.protected:
            day = _end_by(period, clock)
            if day is not None and day <= self.on:
                why = "became subject to a child protection plan" if period.fact == "child_protection_plan" else "became looked after"
                ends.append((day, f"the child {why}"))
        return min(ends) if ends else None

    # --- what meets it --------------------------------------------------------------------------------------------

    def _met(self, rule: Duty, clock: Clock, ended_on: date | None) -> Happening | None:
        met_by = rule.met_by
        until = min(self.on, ended_on) if ended_on else self.on
        if clock.on is None:
            found = self.timeline.belonging_to(clock.ref, met_by.same) if met_by.same else []
        elif met_by.looking_back:
            return self._met_looking_back(met_by, clock.on)
        else:
            found = self._met_from(met_by, clock, clock.on)
        in_time = [happening for happening in found if happening.on <= until]
        return min(in_time) if in_time else None

    def _met_from(self, met_by: MetBy, clock: Clock, start: date) -> list[Happening]:
        begins = start + _DAY if met_by.counts_from == "day_after_start" else start
        found = [happening for happening in self.timeline.of(met_by.event) if happening.on >= begins]
        if met_by.same and clock.subject:
            found += [one for one in self.timeline.belonging_to(clock.subject, met_by.same) if one.on >= begins]
        for happening in self.timeline.of(met_by.before_start):
            if happening.on < start and (clock.previous_on is None or happening.on > clock.previous_on):
                found.append(happening)
        # Whoever was already allocated counts from the start.
        found += [Happening(start, one.kind, one.ref) for one in self.timeline.of(met_by.already) if one.on < start]
        if met_by.role:
            found += [
                Happening(max(start, holder.from_on or start), "role_begins", holder.person_ref)
                for holder in self.case.roles
                if holder.role == met_by.role and (holder.until_on is None or holder.until_on >= start)
            ]
        return found

    def _met_looking_back(self, met_by: MetBy, start: date) -> Happening | None:
        assert met_by.looking_back is not None
        first = start - timedelta(days=met_by.looking_back.count)
        found = [happening for happening in self.timeline.of(met_by.event) if first <= happening.on <= start]
        return found[-1] if found else None

    # --- all together ---------------------------------------------------------------------------------------------

    def _obligation(self, edition: Edition, rule: Duty, clock: Clock) -> Obligation | None:
        end = self._end(rule, clock)
        ended_on = end[0] if end else None
        met = self._met(rule, clock, ended_on)
        met_on = met.on if met else None
        due = work_out_due(self.case, rule, clock.on, clock.action, met_on, self.calendar, self.on)
        if due is None:
            return None
        if met_on is not None:
            ended_on, end = None, None
        return Obligation(
            case_ref=self.case.case_ref,
            policy=self.policy.id,
            duty=rule.duty,
            start_ref=clock.ref,
            subject=clock.subject,
            started_on=clock.on,
            due_on=due.on,
            book_by=self.calendar.book_by(due.on) if due.on else None,
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
            notes=self._notes(rule, clock),
            rule=rule,
            edition=edition,
        )

    def _late(self, due_on: date | None, until: date) -> int:
        return self.calendar.between(due_on, until) if due_on and due_on < until else 0

    def _notes(self, rule: Duty, clock: Clock) -> tuple[str, ...]:
        if clock.on is None or not rule.met_by.same or not clock.subject:
            return ()
        early = [one for one in self.timeline.belonging_to(clock.subject, rule.met_by.same) if one.on < clock.on]
        return tuple(
            f"recorded for {day_in_words(one.on)}, before the clock started on {day_in_words(clock.on)}, so it does not count"
            for one in early
        )


def _end_by(period: Period, clock: Clock) -> date | None:
    if clock.on is not None:
        return period.first if period.first is not None and period.first > clock.on else None
    # An action with no start: only a period in force on or after its due date can end it (duties.md, Actions).
    due_on = clock.action.due_on if clock.action else None
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
