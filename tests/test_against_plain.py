"""The obligations of made-up councils, through the real reader, against a second evaluator written independently."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cases import POLICIES, calendar, d, policy
from plain.councils import make_council
from plain.duties_records import Council
from plain.evaluator import evaluate

from cin_reminders.case import Extract
from cin_reminders.obligations import Obligation, listed, obligations
from cin_reminders.records import read_records
from cin_reminders.sample.rows import COLUMNS
from cin_reminders.sample.writers import write_sqlite

SEEDS = (1, 2, 3)
CASES = 30
BUSINESS_DATES = ("2026-03-18", "2026-12-31")  # Wednesday, Thursday
FIELDS = (
    "case_ref",
    "duty",
    "start_ref",
    "started_on",
    "policy",
    "due_on",
    "book_by",
    "standing",
    "met_on",
    "ended_on",
    "working_days_late",
    "missing",
    "figure",
)


def read(council: Council, folder: Path) -> Extract:
    """The council as the real reader gives it; a column that the council does not have is empty."""
    rows = {
        relation: [{column: row.get(column) for column in columns} for row in council[relation]]
        for relation, columns in COLUMNS.items()
    }
    write_sqlite(rows, folder / "records.db")
    return read_records("sqlite:///records.db", queries={}, date_format=None, base=folder)


def of_the_plain_one(one: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(tuple(sorted(one[field])) if field == "missing" else one[field] for field in FIELDS)


def of_ours(one: Obligation) -> tuple[Any, ...]:
    return tuple(tuple(sorted(one.missing)) if field == "missing" else getattr(one, field) for field in FIELDS)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", POLICIES)
def test_both_evaluators_find_the_same_obligations(name: str, seed: int, tmp_path: Path) -> None:
    council = make_council(seed, CASES, name)
    extract = read(council, tmp_path)
    assert extract.rejections == ()
    assert len(extract.cases) == CASES

    for on in map(d, BUSINESS_DATES):
        for closed in (False, True):
            plain = Counter(of_the_plain_one(one) for one in evaluate(council, name, on, closed=closed))
            ours = Counter(
                of_ours(one)
                for case in extract.cases
                for one in listed(case, obligations(case, policy(name), calendar(), on), on, closed=closed)
            )
            assert sorted(map(repr, plain - ours)) == sorted(map(repr, ours - plain)) == []


@pytest.mark.parametrize("name", POLICIES)
def test_the_councils_reach_every_duty_of_the_pack_and_every_standing(name: str, tmp_path: Path) -> None:
    extract = read(make_council(SEEDS[0], CASES * len(SEEDS), name), tmp_path)
    found = [one for on in BUSINESS_DATES for case in extract.cases for one in obligations(case, policy(name), calendar(), d(on))]
    assert {one.duty for one in found} == {duty.duty for duty in policy(name).newest.duties}
    assert {one.standing for one in found} == {"upcoming", "overdue", "met", "met_late", "ended", "unknown"}
