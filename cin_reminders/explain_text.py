"""An explanation as a person reads it: about ten lines that can be pasted into a letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

from cin_reminders.explain import Explanation, StageToCome
from cin_reminders.facts import contradictions
from cin_reminders.ladder import spoken_stage
from cin_reminders.notice import Notice
from cin_reminders.obligations import Obligation
from cin_reminders.words import count_of, day_in_words, labelled, spoken
from cin_reminders.working_days import CLOSED, DayStep

_INDENT = 11
_MOST_TO_COME = 3
_OUTCOMES = {
    "no_recipient": "nobody could be told",
    "before_notify_from": "not wanted yet",
    "put_off": "put off",
    "over_the_cap": "over the cap",
}
_WEEKEND = ("Saturday", "Sunday")


def as_text(explanation: Explanation, on: date) -> str:
    """An explanation in about ten lines that can be pasted into a letter."""
    return "\n".join(_lines(explanation, on))


def _lines(explanation: Explanation, on: date) -> Iterator[str]:
    one, rule = explanation.obligation, explanation.obligation.rule
    yield f"{rule.title} ({one.duty}): {standing_in_words(one)}"
    clause = one.clause if one.clause.startswith(one.edition.title) else f"{one.edition.title}: {one.clause}"
    yield from _labelled("Rule", f"{rule.says} [{clause}; edition {one.edition.edition}]")
    if one.figure == "council":
        yield from _labelled("Figure", "the council's own; the procedure gives none")
    started = day_in_words(one.started_on) if one.started_on else "not recorded"
    yield from _labelled("Started", f"{started}: {one.started_by or 'the start'} [{one.start_ref}]")
    yield from _labelled("Due", _due(explanation))
    yield from _labelled("Counted", _strip(explanation.days))
    yield from _labelled("Skipped", _skipped(explanation.days))
    if one.missing:
        torn = contradictions(explanation.case, on)
        facts = [f"{spoken(name)} ({'contradictory' if name in torn else 'not recorded'})" for name in one.missing]
        change = "could change the date" if one.due_on else "would give a date"
        yield from _labelled("Missing", f"{', '.join(facts)}; recording it {change}")
    yield from _labelled("Doubt", rule.doubt or "")
    yield from _labelled("Note", "; ".join(one.notes))
    yield from _labelled("Held", (explanation.held or "").removeprefix("held "))
    yield from _hearing(explanation)


def _due(explanation: Explanation) -> str:
    one = explanation.obligation
    if one.due_on is None:
        return f"cannot be worked out: {one.basis}"
    text = f"{day_in_words(one.due_on)}: {one.basis}"
    if one.facts_read_on:
        text += f", facts as they stood on {day_in_words(one.facts_read_on)}"
    if one.book_by and one.book_by != one.due_on:
        closed = explanation.due_not_open == CLOSED
        why = "the council is closed that day, so " if closed else f"that day is {explanation.due_not_open}, so "
        text += f"; {why}the last day to book is {day_in_words(one.book_by)}"
    return text


def _hearing(explanation: Explanation) -> Iterator[str]:
    """Who was told, who waits to be, who was not and why, and what comes: a line for each stage, or for each reason."""
    names, told = explanation.names, explanation.told
    yield from _listed("Told", _by_stage((one for one in told if one.outcome == "told"), names))
    waiting = [one for one in told if one.outcome == "planned"]
    waiting += [one.notice for one in explanation.next_run if one.recipient]
    yield from _listed("Next run", _by_stage(waiting, names))
    untold = {one.key: one for one in told if one.outcome not in ("told", "planned")}
    for decision in explanation.next_run:
        # What the next run sends again is no longer untold; what it cannot send is said as it stands today.
        untold.pop(decision.notice.key, None)
        if decision.recipient is None:
            untold[decision.notice.key] = decision.notice
    yield from _listed("Not told", _by_reason(untold.values(), names))
    further = len(explanation.to_come) - _MOST_TO_COME
    coming = [_coming(stage, names) for stage in explanation.to_come[:_MOST_TO_COME]]
    yield from _listed("To come", coming + ([f"and {count_of(further, 'further stage')}"] if further > 0 else []))


def standing_in_words(one: Obligation) -> str:
    """How an obligation stands, as a sentence says it."""
    days_late = count_of(one.working_days_late, "working day")
    late = f", {days_late} late" if one.working_days_late else ""
    if one.met_on:
        recorded = ""
        if one.met_recorded_on and one.met_recorded_on > one.met_on:
            recorded = f" (recorded {day_in_words(one.met_recorded_on)})"
        return f"{'met late' if one.standing == 'met_late' else 'met'} on {day_in_words(one.met_on)}{late}{recorded}"
    if one.ended_on:
        overdue = f", {days_late} after it was due" if one.working_days_late else ""
        return f"ended on {day_in_words(one.ended_on)}{overdue}, since {one.ended_why}"
    if one.due_on is None:
        return "no due date can be worked out"
    if one.standing == "overdue":
        word, was = ("overdue", "it was due") if one.figure == "procedure" else ("outstanding", "it was wanted by")
        return f"{word}{late}; {was} {day_in_words(one.due_on)} and is not recorded as done"
    return f"due {day_in_words(one.due_on)}"


def _labelled(label: str, text: str) -> Iterator[str]:
    return labelled(label, text, _INDENT)


def _listed(label: str, entries: Iterable[str]) -> Iterator[str]:
    for entry in entries:
        yield from _labelled(label, entry)
        label = ""


def _strip(days: Sequence[DayStep]) -> str:
    """The counted days, each run of neighbours as one: `1-4: Tue 7 to Fri 10 Apr`."""
    counted = [step for step in days if step.number is not None]
    runs = []
    for _, group in groupby(counted, key=lambda step: step.day.toordinal() - (step.number or 0)):
        run = list(group)
        numbers = f"{run[0].number}" if len(run) == 1 else f"{run[0].number}-{run[-1].number}"
        span = _short(run[0].day) if len(run) == 1 else f"{_short(run[0].day)} to {_short(run[-1].day)}"
        runs.append(f"{numbers}: {span}")
    return f"days {'; '.join(runs)}" if runs else ""


def _skipped(days: Sequence[DayStep]) -> str:
    """Every day that does not count, with its reason: `Fri 3 Apr (Good Friday); weekends: 4-5, 11-12 Apr`."""
    weekends = [step.day for step in days if step.why in _WEEKEND]
    said = [f"{_short(step.day)} ({step.why})" for step in days if step.why and step.why not in _WEEKEND]
    months = []
    for month, group in groupby(weekends, key=lambda day: f"{day:%b}"):
        numbers = []
        for _, run in groupby(enumerate(group), key=lambda place: place[1].toordinal() - place[0]):
            first, *rest = [day.day for _, day in run]
            numbers.append(f"{first}-{rest[-1]}" if rest else f"{first}")
        months.append(f"{', '.join(numbers)} {month}")
    return "; ".join([*said, *([f"weekends: {', '.join(months)}"] if months else [])])


def _short(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _who(ref: str, names: Mapping[str, str]) -> str:
    return f"{names[ref]} [{ref}]" if ref in names else f"[{ref}]"


def _stage(name: str, on: date | None) -> str:
    return f"{spoken_stage(name)} ({_short(on)})" if on else spoken_stage(name)


def _by_stage(notices: Iterable[Notice], names: Mapping[str, str]) -> list[str]:
    """Each stage with everybody who hears of it and in what capacity."""
    stages: dict[str, list[str]] = {}
    for one in notices:
        said = f"{_who(one.key.person_ref, names)}, {one.reason.removeprefix('you are ')}"
        stages.setdefault(_stage(one.key.stage, one.stage_on), []).append(said)
    return [f"{stage}: {'; '.join(people)}" for stage, people in stages.items()]


def _by_reason(notices: Iterable[Notice], names: Mapping[str, str]) -> list[str]:
    """Each reason with the stages that it kept from being told."""
    reasons: dict[str, list[str]] = {}
    for one in sorted(notices, key=lambda one: one.stage_on or date.min):
        person = f"{_who(one.key.person_ref, names)}, " if one.key.person_ref else ""
        outcome = _OUTCOMES.get(one.outcome, one.outcome)
        reasons.setdefault(f"{person}{outcome}, {one.reason}", []).append(_stage(one.key.stage, one.stage_on))
    return [f"{', '.join(stages)}: {reason}" for reason, stages in reasons.items()]


def _coming(stage: StageToCome, names: Mapping[str, str]) -> str:
    people = "; ".join(f"{_who(ref, names)}, {why}" for ref, why in stage.people)
    return f"{_stage(stage.stage, stage.on)}: {people or f'nobody to tell, {stage.why_nobody}'}"
