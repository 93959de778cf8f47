"""Guards: what holds a run before anything is sent, so that a fault in an extract never reaches a person.

A failed extract is one from which nothing may be inferred: no case is taken as closed because it is missing from it
(docs/counting.md, Bad data).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from cin_reminders.case import Extract, RowCount
from cin_reminders.words import count_of
from cin_reminders.working_days import Calendar

# Below this many rows a relation other than cin_cases shrinks by the share too easily for it to mean anything.
_TELLING = 20
_TWO_WEEKS = 10  # days with a run, two Mondays with their digests among them
_THE_EXTRACT = "the extract"  # how each reason begins that is about one, and no other guard's


def why_extract_failed(extract: Extract, last: Mapping[str, RowCount] | None, share: float) -> str | None:
    """Why an extract must be taken as failed, in words; None where it may be used.

    ``last`` is what the last good run read of each relation; ``share`` the part (0 to 1) by which it may have shrunk. Only
    rows that could be used are counted for that: a relation whose dates turned unreadable has shrunk as surely as a short one.
    """
    if extract.rows["cin_cases"].read == 0:
        return f"{_THE_EXTRACT} is empty: cin_cases holds no row"
    if not extract.cases:
        return f"{_THE_EXTRACT} cannot be used: every row of cin_cases was rejected"
    if not last:
        return None
    reasons = [
        f"{relation} held {count_of(before.read, 'row')} at the last good run and now "
        + ("is not supplied" if relation in extract.not_supplied else "holds none")
        for relation, before in last.items()
        if before.read > 0 and _read(extract, relation) == 0
    ]
    total_before, total = sum(one.accepted for one in last.values()), sum(one.accepted for one in extract.rows.values())
    if _shrank(total_before, total, share):
        reasons.append(_fell("the whole", total_before, total, share))
    for relation, before in last.items():
        if _read(extract, relation) == 0:
            continue  # said above
        now = extract.rows[relation].accepted
        if (relation == "cin_cases" or before.accepted >= _TELLING) and _shrank(before.accepted, now, share):
            reasons.append(_fell(relation, before.accepted, now, share))
    return f"{_THE_EXTRACT} has shrunk: {'; '.join(reasons)}" if reasons else None


def is_of_the_extract(why: str) -> bool:
    """Whether a run was held since its extract failed, by the words that the ledger keeps of why."""
    return why.startswith(_THE_EXTRACT)


def _read(extract: Extract, relation: str) -> int:
    count = extract.rows.get(relation)
    return count.read if count else 0


def _shrank(before: int, now: int, share: float) -> bool:
    # In decimals, since 30 x (1 - 0.7) is a little more than 9 in binary.
    return before - now > before * Decimal(str(share))


def _fell(what: str, before: int, now: int, share: float) -> str:
    return f"{what} fell from {before} to {now} usable rows since the last good run, by more than {share:.0%}"


def why_run_too_large(
    number: int,
    usual: Sequence[tuple[date, int]],
    on: date,
    calendar: Calendar,
    *,
    times: float,
    at_least: int,
    open_cases: int = 0,
    held_since: date | None = None,
) -> str | None:
    """Why a run that would tell so many notices is held for a person's word; None where it is no larger than usual.

    ``usual`` has the last days with a good run and how many notices each planned. The usual is the busiest of them but one, for
    each working day that it made good, so that one day that a person released does not set it. A run is too large above
    ``times`` that for each working day since the last good run, and never at ``at_least`` notices or fewer. Until two weeks of
    runs are known, their Mondays among them, it is never too large with no more notices than there are open cases either. Once
    a run was held for its size (``held_since``), waiting makes the measure no larger.
    """
    told = dict(usual)
    days = sorted(day for day in told if day < on)
    if not days:
        return None
    rates = sorted(told[day] / max(1, calendar.between(earlier, day)) for earlier, day in pairwise(days)) or [told[days[0]]]
    known_well = len(days) >= _TWO_WEEKS
    busiest = rates[-2] if known_well else rates[-1]
    gap = max(1, calendar.between(days[-1], min(on, held_since or on)))
    allowed = max(float(at_least), 0.0 if known_well else float(open_cases), times * busiest * gap)
    # Whoever was told earlier today counts: a day is not made smaller by being told in pieces.
    total = number + told.get(on, 0)
    if total <= allowed or number == 0:
        return None
    since = f"{count_of(gap, 'working day')} since the last good run"
    return (
        f"{count_of(total, 'notice')} would be told, and {allowed:.0f} at most are usual for {since}; look at them with "
        "`cin-reminders preview`, and if they are right, say so with `cin-reminders release-run`"
    )
