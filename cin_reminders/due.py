"""When a duty is due: its length, its variations, the interval agreed for the case, or a date the records give.

Facts and agreed intervals are read as they stood on the earliest of the ordinary limit day, the day before the duty was met
and the business date (duties.md, Limits, agreed intervals and facts).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product

from cin_reminders.case import Action, Case
from cin_reminders.facts import first_interval_after, read_fact, read_interval
from cin_reminders.length import Length
from cin_reminders.policy import Duty, When
from cin_reminders.working_days import Calendar

_DAY = timedelta(days=1)
_OTHER = "some other value"


@dataclass(frozen=True, slots=True)
class Due:
    """A due date, None where it cannot be worked out; the words it rests on; the facts that are missing.

    ``length`` is what was counted from the start, None for a date taken from the records; ``facts_read_on`` the day as of
    which facts and agreed intervals were read.
    """

    on: date | None
    basis: str
    missing: tuple[str, ...] = ()
    length: Length | None = None
    facts_read_on: date | None = None


def work_out_due(
    case: Case,
    rule: Duty,
    started_on: date | None,
    action: Action | None,
    met_on: date | None,
    calendar: Calendar,
    on: date,
) -> Due | None:
    """When the duty is due; None where the procedure does not ask it of this case at all."""
    if rule.length is not None and started_on is not None:
        return _by_length(case, rule, rule.length, started_on, met_on, calendar, on)
    due_by = rule.due_by
    assert due_by is not None
    if due_by.action and action is not None:
        if action.due_on is None:
            return Due(None, "no due date is recorded for the action", ("due_on",))
        return Due(action.due_on, "the date agreed for the action")
    assert started_on is not None
    if due_by.start:
        return Due(started_on, "due on the day the clock started")
    if due_by.fact:
        value = read_fact(case, due_by.fact, on).value
        if value is None:
            return Due(None, f"the date {_spoken(due_by.fact)} is not recorded", (due_by.fact,))
        return Due(date.fromisoformat(value), f"the date recorded as {_spoken(due_by.fact)}")
    assert due_by.interval is not None
    return _by_interval(case, due_by.interval, started_on, calendar, on)


def _by_interval(case: Case, fact: str, started_on: date, calendar: Calendar, on: date) -> Due:
    interval = read_interval(case, fact, started_on) or first_interval_after(case, fact, started_on, read_on=on)
    if interval is None:
        return Due(None, f"no {_spoken(fact)} is recorded", (fact,))
    return Due(
        calendar.due_on(started_on, interval), f"{interval}, the {_spoken(fact)} recorded for this plan", length=interval
    )


def _by_length(
    case: Case, rule: Duty, length: Length, started_on: date, met_on: date | None, calendar: Calendar, on: date
) -> Due | None:
    ordinary = calendar.due_on(started_on, length)
    read_on = min(day for day in (ordinary, met_on and met_on - _DAY, on) if day is not None)
    recorded = {fact: read_fact(case, fact, read_on).value for fact in rule.facts}
    agreed = rule.agreed_interval
    interval = read_interval(case, agreed.fact, read_on) if agreed else None

    def due_if(facts: Mapping[str, str | None]) -> Due | None:
        if any(_holds(when, facts) for when in rule.not_where):
            return None
        limit, basis = length, f"{length}"
        for variation in rule.variations:
            if _holds(variation.when, facts):
                limit, basis = variation.length, f"{variation.length}, since {_in_words(variation.when)}"
        limit_on = calendar.due_on(started_on, limit)
        if agreed and interval is not None:
            agreed_on = calendar.due_on(started_on, interval)
            longer = bool(agreed.longer_when) and _holds(agreed.longer_when, facts)
            if longer:
                return Due(
                    agreed_on, f"{interval}, agreed for this case, since {_in_words(agreed.longer_when)}", length=interval
                )
            if limit_on is None or (agreed_on is not None and agreed_on < limit_on):
                return Due(agreed_on, f"{interval}, agreed for this case and shorter than {limit}", length=interval)
        return Due(limit_on, basis, length=limit)

    due = due_if(recorded)
    if due is None:
        return None
    missing = _missing(rule, recorded, due_if)
    if agreed and interval is None:
        # Where one ought to be agreed (exceptional circumstances, much support), the interval itself is what is missing.
        expected = [when for when in (agreed.longer_when, agreed.expected_when) if when]
        if any(all(read_fact(case, fact, read_on).value == value for fact, value in when.items()) for when in expected):
            missing = (*missing, agreed.fact)
    return replace(due, missing=missing, facts_read_on=read_on if rule.facts or agreed else None)


def _missing(
    rule: Duty, recorded: Mapping[str, str | None], due_if: Callable[[Mapping[str, str | None]], Due | None]
) -> tuple[str, ...]:
    """The facts not recorded whose value could change the due date, or whether the duty applies at all.

    Every value the rule tests is tried for every fact not recorded, together: a fact is named when, for some values of the
    others, the answer turns on it.
    """
    unknown = [fact for fact, value in recorded.items() if value is None]
    if not unknown:
        return ()
    tested = {fact: (*_tested(rule, fact), _OTHER) for fact in unknown}
    answers: dict[tuple[str, ...], date | str | None] = {}
    for values in product(*tested.values()):
        due = due_if({**recorded, **dict(zip(unknown, values, strict=True))})
        answers[values] = due.on if due else "does not apply"
    turning = []
    for place, fact in enumerate(unknown):
        seen: dict[tuple[str, ...], set[date | str | None]] = {}
        for values, answer in answers.items():
            seen.setdefault(values[:place] + values[place + 1 :], set()).add(answer)
        if any(len(found) > 1 for found in seen.values()):
            turning.append(fact)
    return tuple(turning)


def _tested(rule: Duty, fact: str) -> tuple[str, ...]:
    whens: list[When] = [variation.when for variation in rule.variations] + list(rule.not_where)
    if rule.agreed_interval:
        whens.append(rule.agreed_interval.longer_when)
    return tuple(dict.fromkeys(when[fact] for when in whens if fact in when))


def _holds(when: When, facts: Mapping[str, str | None]) -> bool:
    return all(facts.get(fact) == value for fact, value in when.items())


def _in_words(when: When) -> str:
    return " and ".join(f"{_spoken(fact)} is {value}" for fact, value in when.items())


def _spoken(fact: str) -> str:
    return fact.replace("_", " ")
