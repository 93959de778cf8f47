"""The records as far as they were known on a past day, worked out from the records as they stand now.

What was recorded after the day is left out, where the records say when it was recorded. Whatever carries no such date counts as
known from the day it is about: a value that was changed since, or a row that was taken out, nobody can tell (docs/backfill.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from cin_reminders.case import Case, Extract, Meeting


def as_known_on(extract: Extract, on: date) -> Extract:
    """The records without what was recorded after a day; every case stays, so that none seems to have gone."""
    return replace(
        extract,
        cases=tuple(_known(case, on) for case in extract.cases),
        disputed={ref: tuple(_known(case, on) for case in readings) for ref, readings in extract.disputed.items()},
    )


def _known(case: Case, on: date) -> Case:
    return replace(
        case,
        events=tuple(one for one in case.events if not _later(one.recorded_on, on)),
        meetings=tuple(_meetings(case, on)),
        actions=tuple(replace(one, completed_on=None) if _later(one.recorded_on, on) else one for one in case.actions),
        visits=tuple(one for one in case.visits if not _later(one.recorded_on, on)),
    )


def _meetings(case: Case, on: date) -> Iterator[Meeting]:
    """A meeting that was recorded as held after the day was only booked then, or not even that."""
    for one in case.meetings:
        if not _later(one.recorded_on, on):
            yield replace(one, outcome=None) if _later(one.outcome_recorded_on, on) else one
        elif not _later(one.booked_on, on):
            yield replace(one, held_on=None, outcome=None, outcome_recorded_on=None, next_review_on=None)


def _later(recorded_on: date | None, on: date) -> bool:
    return recorded_on is not None and recorded_on > on
