"""What a notice may be about: every duty of the day, and those of which only the ledger still knows.

A case whose own row cannot be read keeps the breaches that people were told of. A duty that somebody was told of and that the
records call for no more is taken back. Nothing is inferred from what is missing or could not be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cin_reminders.case import Case
from cin_reminders.corrections import no_longer_asked
from cin_reminders.day import Day, Duties
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.obligations import Obligation
from cin_reminders.unreadable import Unreadable, unreadable

About = Mapping[DutyKey, tuple[Case, Obligation]]


def partly_read(day: Day) -> frozenset[str]:
    """The cases of which at least one row was rejected."""
    return frozenset(one.case_ref for one in day.extract.rejections if one.case_ref)


def faults_of(day: Day, before: Mapping[DutyKey, Sequence[Notice]]) -> tuple[Unreadable, ...]:
    """The cases whose own row could not be read, with what is still known of each."""
    return unreadable(day.extract, before, day.policy, day.calendar, day.on)


def about(
    day: Day, duties: Duties, before: Mapping[DutyKey, Sequence[Notice]], faults: Sequence[Unreadable] | None = None
) -> About:
    """Every case and obligation that a notice may be about, by its key; ``before`` is what the ledger has of notices."""
    found = dict(duties.by_key)
    for one in faults_of(day, before) if faults is None else faults:
        found.update((breach.key, (one.case, breach)) for breach in one.breaches)
        found[one.fault.key] = (one.case, one.fault)
    return found | _asked_no_more(day, duties, before)


def _asked_no_more(
    day: Day, duties: Duties, before: Mapping[DutyKey, Sequence[Notice]]
) -> dict[DutyKey, tuple[Case, Obligation]]:
    """Duties that somebody was told of and that the records of an open case, read in full, no longer call for."""
    not_whole = partly_read(day)
    watched = {
        duty.duty: (edition, duty)
        for edition in day.policy.watching(day.extract.not_supplied).editions
        for duty in edition.duties
    }
    found = {}
    for key, known in before.items():
        case_ref, duty, start_ref = key
        if key in duties.by_key or case_ref not in duties.by_case or case_ref in not_whole or duty not in watched:
            continue
        case, _ = duties.by_case[case_ref]
        if case.is_open_on(day.on) and any(one.outcome in ("told", "planned") for one in known):
            found[key] = (case, no_longer_asked(case, *watched[duty], start_ref, day.on))
    return found
