"""The plain answer: every obligation of a council's cases, read day by day from the table of duties."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from . import duties_cumbria, duties_norfolk, duties_psw, duties_salford, duties_specialist
from .duties_days import days_of
from .duties_everywhere import Obligation, outlives_closing
from .duties_records import Council, Seen, look_at

POLICIES: dict[str, Callable[[Seen], list[Obligation]]] = {
    "cumbria": duties_cumbria.duties,
    "salford": duties_salford.duties,
    "specialist-childrens-services": duties_specialist.duties,
    "psw-brief-2020": duties_psw.duties,
    "norfolk": duties_norfolk.duties,
}
PLAN_TYPES = ("child_in_need", "supervision_order", "short_breaks")


def plan_types_of(policy: str) -> tuple[str, ...]:
    """The plan types that a procedure covers; a case of another is out of scope and has no obligations."""
    return (*PLAN_TYPES, "family_support") if policy == "norfolk" else PLAN_TYPES


def evaluate(
    council: Council,
    policy: str,
    on: date,
    *,
    closed: bool = False,
    extra_days: Iterable[date] = (),
    closure_days: Iterable[date] = (),
    put_back: Iterable[date] = (),
) -> list[Obligation]:
    """Every obligation of the cases open on the day, and of closed cases those that outlive closing and are not met.

    With ``closed``, every obligation of closed cases too. ``extra_days`` are bank holidays announced late, ``put_back``
    bank holidays taken away again.
    """
    days = days_of(extra_days, closure_days, put_back)
    found: list[Obligation] = []
    for row in council["cin_cases"]:
        if row["plan_type"] not in plan_types_of(policy):
            continue
        seen = look_at(council, policy, row, on, days)
        for obligation in POLICIES[policy](seen):
            is_met = obligation["standing"] in ("met", "met_late")
            if seen.closed_on is None or closed or (outlives_closing(obligation["duty"]) and not is_met):
                found.append(obligation)
    return found
