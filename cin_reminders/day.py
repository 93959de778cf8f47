"""One council's day: its records, its procedure and its calendar on one business date, and every duty worked out from them.

The daily run, preview and explain all begin here; who is told what is decided in ``telling`` and said in ``letters``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from cin_reminders.case import Case, Extract, Rejection
from cin_reminders.errors import UsageError
from cin_reminders.notice import DutyKey
from cin_reminders.obligations import STANDINGS, Obligation, covers, listed, obligations
from cin_reminders.outgoing import known_channels
from cin_reminders.policy import Policy
from cin_reminders.policy_file import load_policy
from cin_reminders.recipients import Directory, make_directory
from cin_reminders.records import read_records
from cin_reminders.settings import Settings
from cin_reminders.working_days import Calendar, make_calendar

READ = "Read the records"  # the step of a run that does so


@dataclass(frozen=True, kw_only=True)
class Day:
    """A council's records, procedure and calendar on one business date."""

    settings: Settings
    policy: Policy
    calendar: Calendar
    on: date
    extract: Extract
    directory: Directory
    teams_channels: frozenset[str] | None = frozenset()  # those that can be shown a card; None: any
    silence: tuple[str, ...] = ()  # what managers are to know of days on which the service told nobody anything


@dataclass(frozen=True, kw_only=True)
class Duties:
    """Every case of the day with its obligations, and each obligation by its key, settled ones too."""

    by_case: Mapping[str, tuple[Case, tuple[Obligation, ...]]]
    by_key: Mapping[DutyKey, tuple[Case, Obligation]]
    out_of_scope: int
    quarantined: frozenset[str] = frozenset()

    def rows(self, on: date, *, closed: bool = False) -> Iterator[tuple[Case, tuple[Obligation, ...]]]:
        """Each case with the obligations that people see of it."""
        for case, found in self.by_case.values():
            yield case, listed(case, found, on, closed=closed)

    def standings(self, on: date) -> dict[str, int]:
        """How many listed obligations stand how, every standing named."""
        counts = Counter(one.standing for _, found in self.rows(on) for one in found)
        return {standing: counts[standing] for standing in STANDINGS}


def calendar_of(settings: Settings) -> Calendar:
    """The council's working days: the official list with the days that its settings add, put back or close."""
    days = settings.calendar
    return make_calendar(extra_days=days.extra_days, put_back_days=days.put_back_days, closure_days=days.closure_days)


def read_day(settings: Settings, on: date) -> Day:
    """Read the council's records once. Raises RecordsError or PolicyError with every fault, before anything is worked out."""
    return make_day(settings, on, load_policy(settings.policy, settings.base), read_extract(settings))


def read_extract(settings: Settings) -> Extract:
    """The council's records as they stand now. Raises RecordsError with every fault."""
    records = settings.records
    return read_records(records.url, queries=records.queries, date_format=records.date_format, base=settings.base)


def make_day(settings: Settings, on: date, policy: Policy, extract: Extract) -> Day:
    """A council's day over records that have been read."""
    return Day(
        settings=settings,
        policy=policy,
        calendar=calendar_of(settings),
        on=on,
        extract=extract,
        directory=_directory(settings, on, extract),
        teams_channels=known_channels(settings),
    )


def another_day(day: Day, on: date, extract: Extract) -> Day:
    """The same council on another day, over what its records held then."""
    return replace(day, on=on, extract=extract, directory=_directory(day.settings, on, extract))


def _directory(settings: Settings, on: date, extract: Extract) -> Directory:
    delivery = settings.delivery
    return make_directory(extract, on, allowed_domains=delivery.allowed_domains, partner_domains=delivery.partner_domains)


def work_out_duties(day: Day) -> Duties:
    """Every obligation of every case. A quarantined case stands by the earlier of its dates."""
    by_case: dict[str, tuple[Case, tuple[Obligation, ...]]] = {}
    by_key: dict[DutyKey, tuple[Case, Obligation]] = {}
    out_of_scope = 0
    policy = day.policy.watching(day.extract.not_supplied)
    unread: dict[str, list[Rejection]] = {}
    for rejection in day.extract.rejections:
        if rejection.case_ref:
            unread.setdefault(rejection.case_ref, []).append(rejection)
    for case in day.extract.cases:
        if not covers(day.policy, case):
            out_of_scope += 1
            continue
        found = obligations(case, policy, day.calendar, day.on)
        for other in day.extract.disputed.get(case.case_ref, ()):
            found = _by_the_earlier(found, obligations(other, policy, day.calendar, day.on))
        if rows := unread.get(case.case_ref):
            found = tuple(_said_of_unread_rows(one, rows) for one in found)
        by_case[case.case_ref] = (case, found)
        by_key.update((one.key, (case, one)) for one in found)
    return Duties(by_case=by_case, by_key=by_key, out_of_scope=out_of_scope, quarantined=frozenset(day.extract.disputed))


def _said_of_unread_rows(obligation: Obligation, unread: Sequence[Rejection]) -> Obligation:
    """A duty still open, with a note of each rejected row of its case that may have met it or changed its date.

    It is still told: one bad cell must not silence a breach. But whoever is told can see that it may have been met.
    """
    rows = [one for one in unread if one.relation in obligation.rule.rests_on]
    if not rows or obligation.is_settled:
        return obligation
    named = "; ".join(f"{one.relation} {one.key}: {one.column}" for one in rows)
    note = f"a row of this case could not be read ({named}), so this may be done already, or due on another day"
    return replace(obligation, notes=(*obligation.notes, note))


def _by_the_earlier(one: Sequence[Obligation], other: Sequence[Obligation]) -> tuple[Obligation, ...]:
    """Two readings of a case made one: what either leaves open is open, and of two dates the earlier stands."""
    merged: dict[tuple[str, str], Obligation] = {}
    for obligation in (*one, *other):
        key = (obligation.duty, obligation.start_ref)
        standing = merged.get(key)
        if standing is None or _urgency(obligation) < _urgency(standing):
            merged[key] = obligation
    return tuple(merged.values())


def _urgency(obligation: Obligation) -> tuple[bool, date]:
    return obligation.is_settled, obligation.due_on or date.max


def known_case(day: Day, ref: str) -> None:
    """Raise UsageError, with the nearest reference, for a case that the records do not hold."""
    refs = [case.case_ref for case in day.extract.cases]
    if ref not in refs:
        rejected = any(one.relation == "cin_cases" and one.key == ref for one in day.extract.rejections)
        # Only the nearest: a council has thousands of cases.
        near = [f"; did you mean {one!r}?" for one in get_close_matches(ref, refs, n=1)]
        why = (
            "its row was rejected; `cin-reminders check` says why" if rejected else "no such case in the records" + "".join(near)
        )
        raise UsageError(f"case {ref}: {why}")
