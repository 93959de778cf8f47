"""When a duty is due: its length, its variations, the interval agreed for the case, or a date the records give.

Facts and agreed intervals are read as they stood on the earliest of the ordinary limit day, the day before the duty was met
and the business date (docs/counting.md, Limits, agreed intervals and facts).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product

from cin_reminders.case import Case
from cin_reminders.clocks import Clock
from cin_reminders.facts import first_interval_after, read_fact, read_interval
from cin_reminders.length import Length
from cin_reminders.policy import Duty
from cin_reminders.rule import When
from cin_reminders.working_days import Calendar

_DAY = timedelta(days=1)
_OTHER = "some other value"


def last_day(calendar: Calendar, started_on: date, length: Length, *, start_day_counts: bool) -> date | None:
    """The last day in time for a length; where the start day counts, it is day 1 if it counts at all, not day 0.

    None where a count of working days leaves the calendar.
    """
    if not start_day_counts:
        return calendar.due_on(started_on, length)
    if length.unit == "working days":
        return calendar.due_on(started_on - _DAY, length)
    # A month from and including the 1st ends on the month's last day, whatever came before the 1st.
    until = calendar.due_on(started_on, length)
    return until and until - _DAY


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


def work_out_due(case: Case, rule: Duty, clock: Clock, met_on: date | None, calendar: Calendar, on: date) -> Due | None:
    """When the duty is due; None where the procedure does not ask it of this case at all."""
    if rule.length is not None and clock.on is not None:
        return _by_length(case, rule, rule.length, clock.on, met_on, calendar, on)
    due = _by_record(case, rule, clock, calendar, on)
    if not rule.not_where:
        return due
    read_on = min(day for day in (due.on, met_on and met_on - _DAY, on) if day is not None)
    recorded = {fact: read_fact(case, fact, read_on).value for fact in rule.facts}

    def due_if(facts: Mapping[str, str | None]) -> Due | None:
        return None if any(_holds(when, facts) for when in rule.not_where) else due

    applies, missing = _answer(rule, recorded, due_if)
    return replace(due, missing=(*due.missing, *missing), facts_read_on=read_on) if applies else None


def _by_record(case: Case, rule: Duty, clock: Clock, calendar: Calendar, on: date) -> Due:
    """A due date that the records give, or none because a date is not recorded."""
    due_by = rule.due_by
    if due_by is None:
        return Due(None, f"the day the clock started is not recorded ({_spoken(clock.wanting)})", (clock.wanting,))
    if due_by.action or due_by.meeting:
        if clock.own_due_on is None:
            return Due(None, "no due date is recorded for the action", (clock.wanting,))
        return Due(clock.own_due_on, "the date agreed for the action" if due_by.action else "the working day before the meeting")
    assert clock.on is not None
    if due_by.start:
        return Due(clock.on, "due on the day the clock started")
    if due_by.interval:
        return _by_interval(case, rule, due_by.interval, clock.on, calendar, on)
    assert due_by.fact is not None
    value = read_fact(case, due_by.fact, on).value
    if value is None:
        return Due(None, f"the date {_spoken(due_by.fact)} is not recorded", (due_by.fact,))
    return Due(date.fromisoformat(value), f"the date recorded as {_spoken(due_by.fact)}")


def _by_interval(case: Case, rule: Duty, fact: str, started_on: date, calendar: Calendar, on: date) -> Due:
    interval = read_interval(case, fact, started_on) or first_interval_after(case, fact, started_on, read_on=on)
    if interval is None:
        return Due(None, f"no {_spoken(fact)} is recorded", (fact,))
    due_on = last_day(calendar, started_on, interval, start_day_counts=rule.start_day_counts)
    return Due(due_on, f"{interval}, the {_spoken(fact)} recorded for this plan{_first_day(rule)}", length=interval)


def _first_day(rule: Duty) -> str:
    return ", the day of the start counted" if rule.start_day_counts else ""


def _by_length(
    case: Case, rule: Duty, length: Length, started_on: date, met_on: date | None, calendar: Calendar, on: date
) -> Due | None:
    def ends(length: Length) -> date | None:
        return last_day(calendar, started_on, length, start_day_counts=rule.start_day_counts)

    ordinary = ends(length)
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
        limit_on = ends(limit)
        if agreed and interval is not None:
            agreed_on = ends(interval)
            longer = bool(agreed.longer_when) and _holds(agreed.longer_when, facts)
            if longer:
                return Due(agreed_on, f"{interval}, agreed for this case, since {_in_words(agreed.longer_when)}", length=interval)
            if limit_on is None or (agreed_on is not None and agreed_on < limit_on):
                return Due(agreed_on, f"{interval}, agreed for this case and shorter than {limit}", length=interval)
        return Due(limit_on, basis, length=limit)

    due, missing = _answer(rule, recorded, due_if)
    if due is None:
        return None
    if agreed and interval is None:
        # Where one ought to be agreed (exceptional circumstances, much support), the interval itself is what is missing.
        expected = [when for when in (agreed.longer_when, agreed.expected_when) if when]
        if any(all(read_fact(case, fact, read_on).value == value for fact, value in when.items()) for when in expected):
            missing = (*missing, agreed.fact)
    return Due(due.on, due.basis + _first_day(rule), missing, due.length, read_on if rule.facts or agreed else None)


def _answer(
    rule: Duty, recorded: Mapping[str, str | None], due_if: Callable[[Mapping[str, str | None]], Due | None]
) -> tuple[Due | None, tuple[str, ...]]:
    """The due date where facts may be unknown, and the facts not recorded that could change it, or whether the duty applies.

    Every value the rule tests is tried for every fact not recorded, together. The earliest date of all stands; a fact is named
    when, for some values of the others, the answer turns on it.
    """
    unknown = [fact for fact, value in recorded.items() if value is None]
    plain = due_if(recorded)
    if not unknown:
        return plain, ()
    tested = {fact: (*_tested(rule, fact), _OTHER) for fact in unknown}
    answers = {values: due_if({**recorded, **dict(zip(unknown, values, strict=True))}) for values in product(*tested.values())}
    turning = []
    for place, fact in enumerate(unknown):
        seen: dict[tuple[str, ...], set[date | str | None]] = {}
        for values, answer in answers.items():
            said = answer.on if answer else "does not apply"
            seen.setdefault(values[:place] + values[place + 1 :], set()).add(said)
        if any(len(found) > 1 for found in seen.values()):
            turning.append(fact)
    # The first of equals, so that the words are those of what is recorded.
    possible = [due for due in (plain, *answers.values()) if due is not None]
    return min(possible, key=lambda due: due.on or date.max, default=None), tuple(turning)


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
