"""A rule in plain words, as a policy officer reads it beside the chapter: each part of a duty, and each stage of a ladder."""

from __future__ import annotations

from collections.abc import Sequence

from cin_reminders.agenda import Asked, Brought
from cin_reminders.policy import Duty, Stage
from cin_reminders.rule import DueBy, FirstOf, MetBy, Start, When, Where
from cin_reminders.words import count_of, either, joined, spoken

_ROWS = {
    "action": "each action agreed",
    "meeting": "each meeting booked",
    "transfer": "each move to another authority that is known",
}
_DUE_BY = {
    "action": "by the date agreed for the action",
    "start": "on the day of the start",
    "meeting": "the working day before the meeting",
}


def duty_in_words(duty: Duty) -> dict[str, str]:
    """Each part of a duty under its heading, in the order in which it is read; a part that says nothing is left out."""
    agreed = duty.agreed_interval
    parts = {
        "Title": duty.title,
        "Clause": duty.clause,
        "Asks": duty.says,
        "To do": duty.do,
        "Starts": start_in_words(duty.start),
        "Due": due_in_words(duty),
        "Figure": "the council's own; the procedure gives none" if duty.figure == "council" else "the procedure's",
        "Instead": "; ".join(
            f"{one.length} where {when_in_words(one.when)}{f' ({one.clause})' if one.clause else ''}" for one in duty.variations
        ),
        "Agreed": _agreed_in_words(duty) if agreed else "",
        "Not asked": "; or ".join(f"where {when_in_words(when)}" for when in duty.not_where),
        "Met by": met_in_words(duty.met_by),
        "First told": " and ".join(_told_in_words(one) for one in duty.first_told),
        "Copied to": _and(duty.copied_to),
        "Closing": "stands although the case has closed" if duty.outlives_closing else "ends the duty",
        "Ladder": duty.ladder or duty.figure,
        "Doubt": duty.doubt or "",
    }
    return {heading: words for heading, words in parts.items() if words}


def start_in_words(start: Start) -> str:
    """What starts a clock: `each initial or review meeting held`, `3 months after plan agreed`."""
    if start.any_of:
        return "; or ".join(start_in_words(one) for one in start.any_of)
    for way, words in _ROWS.items():
        if getattr(start, way):
            return words
    if start.visits_from:
        return f"{spoken(start.visits_from)}, and each visit after it"
    if start.end_of:
        return f"the end of {spoken(start.end_of)}: the first day without it"
    if start.dispute:
        return f"a transfer disputed, or notified {start.dispute} ago and not accepted"
    if start.earliest_of or start.latest_of:
        which = "earliest" if start.earliest_of else "latest"
        return f"the {which} of: {', '.join(spoken(kind) for kind in start.earliest_of or start.latest_of or ())}"
    events = either(start.event or ())
    words = f"{start.after} after {events}" if start.after else f"each {events}"
    if start.outcome:
        words += f" whose outcome is {' or '.join(start.outcome)}"
    if start.outcome_not:
        words += f" whose outcome is not {' or '.join(start.outcome_not)}"
    return words + (" on a day when an action of the plan was overdue" if start.action_overdue else "")


def due_in_words(duty: Duty) -> str:
    """How long there is, or where the due date comes from."""
    words = str(duty.length) if duty.length else _due_by_in_words(duty.due_by or DueBy(start="same_day"))
    return words + (", the day of the start counted as the first" if duty.start_day_counts else "")


def _due_by_in_words(due_by: DueBy) -> str:
    if due_by.fact:
        return f"by the date recorded as {spoken(due_by.fact)}"
    if due_by.interval:
        return f"by the {spoken(due_by.interval)} recorded for the plan"
    return next(words for way, words in _DUE_BY.items() if getattr(due_by, way))


def _agreed_in_words(duty: Duty) -> str:
    agreed = duty.agreed_interval
    assert agreed is not None
    words = f"the {spoken(agreed.fact)} agreed for the plan, where it is shorter"
    if agreed.longer_when:
        words += f", or where {when_in_words(agreed.longer_when)}"
    return words + (f"; one is expected where {when_in_words(agreed.expected_when)}" if agreed.expected_when else "")


def met_in_words(met_by: MetBy) -> str:
    """What meets a duty, each way after the other."""
    ways = []
    if met_by.event:
        when = f"in the {met_by.looking_back} up to the start" if met_by.looking_back else "on the day of the start or later"
        ways.append(f"{either(met_by.event)}, {when}")
    if met_by.later:
        ways.append(f"{either(met_by.later)}, on a later day than the start")
    if met_by.same:
        ways.append(f"{spoken(met_by.same)}, for the very meeting, action or transfer that started the clock")
    if met_by.before_start:
        ways.append(f"{either(met_by.before_start)} before the start, and after the start before it")
    if met_by.already:
        ways.append(f"{either(met_by.already)} at any time before the start")
    if met_by.role:
        ways.append(f"somebody holding the role of {spoken(met_by.role)} for the case")
    if met_by.staying_open:
        ways.append("the case staying open until the due date; closing earlier breaks it that day")
    return "; or ".join(ways) + ("; nothing recorded for another meeting" if met_by.same_meeting else "")


def _told_in_words(told: str | FirstOf | Where) -> str:
    if isinstance(told, FirstOf):
        first, *others = [spoken(role) for role in told.first_of]
        return f"the {first}" + "".join(f", else the {role}" for role in others)
    if isinstance(told, Where):
        where = " and ".join(f"{spoken(name)} is {value}" for name, value in told.when.items())
        return f"the {spoken(told.role)} where {where} at the meeting, else the {spoken(told.otherwise)}"
    return f"the {spoken(told)}"


def when_in_words(when: When) -> str:
    """What the facts must be: `disabled is yes and team is North`."""
    return " and ".join(f"{spoken(fact)} is {value}" for fact, value in when.items())


def asked_in_words(asked: Asked) -> str:
    """What is asked of a meeting, and of which: `The figures behind each concern (paragraph 5); where complex is yes`."""
    parts = [
        f"{asked.says} ({asked.clause})",
        *(["for the family"] if isinstance(asked, Brought) and asked.who == "family" else []),
    ]
    if asked.kinds:
        parts.append(f"at {joined([spoken(kind) for kind in asked.kinds], 'or')} meetings")
    if asked.when:
        parts.append(f"where {when_in_words(asked.when)}")
    parts += [f"not where {when_in_words(test)}" for test in asked.not_where]
    return "; ".join(parts)


def stage_in_words(stage: Stage) -> str:
    """When a stage is reached, and who hears: `1 working day after the due date: whoever is first told and the team manager`."""
    if stage.working_days_before is not None:
        when = f"{_days(stage.working_days_before)} before the last day to do it"
    elif stage.working_days_after is not None:
        when = f"{_days(stage.working_days_after)} after the due date"
    elif stage.working_days_after_start:
        when = f"{_days(stage.working_days_after_start)} after the start"
    else:
        when = "at once"
    if stage.every:
        when += f", then every {_days(stage.every)}, {stage.times} times in all"
    people = ["whoever is first told" if role == "first_told" else f"the {spoken(role)}" for role in stage.to]
    return f"{when}: {' and '.join(people)}"


def _days(number: int) -> str:
    return count_of(number, "working day")


def _and(roles: Sequence[str]) -> str:
    return " and ".join(f"the {spoken(role)}" for role in roles)
