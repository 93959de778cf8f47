"""The report: how a council's Child in Need duties stand on one day, as figures that anybody can check.

What was done late is told apart from what was recorded late, a duty with the council's own figure is outstanding and never a
breach, and what the service cannot see is said beside what it can. Everything here is a value; ``report_pages`` writes it down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cin_reminders.case import Case, Rejection, RowCount
from cin_reminders.line import NO_TEAM
from cin_reminders.obligations import STANDINGS, Obligation
from cin_reminders.policy import Duty, Policy
from cin_reminders.sending import NOT_TOLD, Pause, Sending, Untold, Word, as_pause, as_untold
from cin_reminders.unreachable import Unreachable
from cin_reminders.words import spoken
from cin_reminders.working_days import Calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordsRead:
    """What was read for the report: rows by relation, what could not be used, and what was not there.

    ``out_of_scope`` counts the cases whose plan type the procedure does not cover.
    """

    rows: Mapping[str, RowCount]
    rejections: tuple[Rejection, ...] = ()
    warnings: tuple[str, ...] = ()
    not_supplied: frozenset[str] = frozenset()
    out_of_scope: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One obligation as the report lists it. ``recorded_days_later`` counts the working days from done to recorded."""

    case_ref: str
    label: str
    team: str
    worker: str
    policy: str
    edition: str
    duty: str
    title: str
    figure: str
    clause: str
    started_on: date | None
    due_on: date | None
    book_by: date | None
    standing: str
    met_on: date | None
    met_recorded_on: date | None
    ended_on: date | None
    working_days_late: int
    recorded_days_later: int
    missing: tuple[str, ...]

    @property
    def is_breach(self) -> bool:
        """Overdue against a limit of the procedure itself."""
        return self.standing == "overdue" and self.figure == "procedure"

    @property
    def is_recorded_late(self) -> bool:
        """Done in time, but recorded only after the due date: late recording, not late practice."""
        return (
            self.standing == "met"
            and self.due_on is not None
            and self.met_recorded_on is not None
            and self.met_recorded_on > self.due_on
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyCount:
    """One duty and how many of its obligations have each standing, in the order of STANDINGS."""

    duty: str
    title: str
    figure: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All obligations of the duty."""
        return sum(self.counts)


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationCount:
    """How many rows of one relation were read, used and rejected: read = accepted + rejected."""

    relation: str
    read: int
    accepted: int
    rejected: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NotWatched:
    """Something that this report says nothing about, and why."""

    what: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The figures of one day. ``standings`` is in the order of STANDINGS; the lists are worst first. ``held``: the run was."""

    council: str
    on: date
    policy: str
    editions: tuple[str, ...]
    cases: int
    out_of_scope: int
    obligations: int
    standings: tuple[int, ...]
    duties: tuple[DutyCount, ...]
    overdue: tuple[Entry, ...]
    outstanding: tuple[Entry, ...]
    recorded_late: tuple[Entry, ...]
    met_late: int
    missing: tuple[tuple[str, int], ...]
    doubts: tuple[str, ...]
    relations: tuple[RelationCount, ...]
    rejections: tuple[Rejection, ...]
    warnings: tuple[str, ...]
    quarantined: tuple[str, ...]
    not_watched: tuple[NotWatched, ...]
    held: str | None
    messages: tuple[tuple[str, int], ...]
    waiting: tuple[tuple[str, int], ...]
    not_told: tuple[tuple[str, int], ...]
    untold: tuple[Untold, ...]
    holds: tuple[Pause, ...]
    holds_ended: tuple[Pause, ...]
    silence: tuple[str, ...]
    decided: tuple[Word, ...]
    unreachable: tuple[Unreachable, ...]

    @property
    def rows_read(self) -> int:
        """All rows read, over all relations."""
        return sum(relation.read for relation in self.relations)

    @property
    def rows_rejected(self) -> int:
        """All rows that could not be used, over all relations."""
        return sum(relation.rejected for relation in self.relations)


def make_report(
    rows: Iterable[tuple[Case, tuple[Obligation, ...]]],
    *,
    on: date,
    council: str,
    policy: Policy,
    calendar: Calendar,
    records: RecordsRead,
    worker_of: Callable[[Case], str],
    sending: Sending | None = None,
    unreachable: Iterable[Unreachable] = (),
    quarantined: Iterable[str] = (),
    each: Callable[[Entry], object] = lambda entry: None,
) -> Report:
    """The report of one day, from each case with the obligations that are to be listed; cases are read once and not kept.

    ``worker_of`` names a case's lead practitioner. ``each`` is handed every listed obligation as it passes, so that the full list
    can be written in the same reading. ``sending`` is what the ledger says of the day's messages, ``unreachable`` whoever in a
    role cannot be told, ``quarantined`` the references of cases whose rows contradict each other.
    """
    sending = sending or Sending()
    cases = 0
    by_duty: dict[str, Counter[str]] = {}
    missing: Counter[str] = Counter()
    overdue: list[Entry] = []
    outstanding: list[Entry] = []
    recorded_late: list[Entry] = []
    for case, found in rows:
        cases += 1
        worker = worker_of(case) if found else ""
        for obligation in found:
            entry = _entry(case, obligation, worker, calendar)
            by_duty.setdefault(entry.duty, Counter())[entry.standing] += 1
            if not obligation.is_settled:
                missing.update(entry.missing)
            if entry.standing == "overdue":
                (overdue if entry.is_breach else outstanding).append(entry)
            elif entry.is_recorded_late:
                recorded_late.append(entry)
            each(entry)
    totals = sum(by_duty.values(), Counter[str]())
    return Report(
        council=council,
        on=on,
        policy=policy.id,
        editions=tuple(f"{one.title} ({one.edition})" for one in policy.editions),
        cases=cases,
        out_of_scope=records.out_of_scope,
        obligations=totals.total(),
        standings=tuple(totals[standing] for standing in STANDINGS),
        duties=tuple(_duty_counts(policy, by_duty)),
        overdue=_worst_first(overdue),
        outstanding=_worst_first(outstanding),
        recorded_late=tuple(sorted(recorded_late, key=lambda one: (-one.recorded_days_later, one.label, one.duty))),
        met_late=totals["met_late"],
        missing=tuple((spoken(fact), number) for fact, number in sorted(missing.items(), key=lambda one: (-one[1], one[0]))),
        doubts=_doubts(policy),
        relations=tuple(
            RelationCount(relation=name, read=count.read, accepted=count.accepted, rejected=count.rejected)
            for name, count in sorted(records.rows.items())
        ),
        rejections=records.rejections,
        warnings=records.warnings,
        quarantined=tuple(sorted(quarantined)),
        not_watched=_not_watched(policy, records.not_supplied),
        held=sending.held,
        messages=tuple(sorted(sending.messages.items())),
        waiting=tuple(sorted(sending.waiting.items())),
        not_told=tuple((outcome, sending.not_told[outcome]) for outcome in NOT_TOLD if sending.not_told.get(outcome)),
        untold=tuple(as_untold(notice) for notice in sending.untold),
        holds=tuple(map(as_pause, sending.holds)),
        holds_ended=tuple(map(as_pause, sending.holds_ended)),
        silence=sending.silence,
        decided=sending.decided,
        unreachable=tuple(unreachable),
    )


def _entry(case: Case, obligation: Obligation, worker: str, calendar: Calendar) -> Entry:
    met_on, recorded_on = obligation.met_on, obligation.met_recorded_on
    later = calendar.between(met_on, recorded_on) if met_on and recorded_on and met_on < recorded_on <= calendar.last else 0
    return Entry(
        case_ref=case.case_ref,
        label=case.label,
        team=case.team or NO_TEAM,
        worker=worker,
        policy=obligation.policy,
        edition=obligation.edition.edition,
        duty=obligation.duty,
        title=obligation.rule.title,
        figure=obligation.figure,
        clause=obligation.clause,
        started_on=obligation.started_on,
        due_on=obligation.due_on,
        book_by=obligation.book_by,
        standing=obligation.standing,
        met_on=met_on,
        met_recorded_on=recorded_on,
        ended_on=obligation.ended_on,
        working_days_late=obligation.working_days_late,
        recorded_days_later=later,
        missing=obligation.missing,
    )


def _worst_first(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda one: (-one.working_days_late, one.due_on or date.max, one.label, one.duty)))


def _duty_counts(policy: Policy, by_duty: Mapping[str, Counter[str]]) -> Iterable[DutyCount]:
    """Every duty of every edition, the newest edition's words for it, also where nothing stands under it."""
    rules: dict[str, Duty] = {rule.duty: rule for edition in policy.editions for rule in edition.duties}
    for name, rule in rules.items():
        counts = by_duty.get(name, Counter())
        yield DutyCount(duty=name, title=rule.title, figure=rule.figure, counts=tuple(counts[standing] for standing in STANDINGS))


def _doubts(policy: Policy) -> tuple[str, ...]:
    found = [doubt for edition in policy.editions for doubt in edition.doubts]
    found += [f"{rule.title}: {rule.doubt}" for edition in policy.editions for rule in edition.duties if rule.doubt]
    return tuple(dict.fromkeys(found))


def _not_watched(policy: Policy, not_supplied: frozenset[str]) -> tuple[NotWatched, ...]:
    found: dict[str, NotWatched] = {}
    for edition in policy.editions:
        for rule in edition.duties:
            absent = sorted(rule.needs & not_supplied)
            if absent:
                found[rule.title] = NotWatched(what=rule.title, why=f"the council does not supply {' and '.join(absent)}")
        for left_out in edition.not_modelled:
            found[left_out.asks] = NotWatched(what=f"{left_out.asks} ({left_out.clause})", why=left_out.reason)
    return tuple(found.values())
