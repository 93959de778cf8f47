"""An edition as text to be read beside the chapter: each duty in order, who hears what when, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator

from cin_reminders.policy import Edition, Policy
from cin_reminders.rule_words import asked_in_words, duty_in_words, stage_in_words
from cin_reminders.words import day_in_words, labelled

_INDENT = 14
_TAKES = {
    "new_clocks": "It governs the clocks that start from then on.",
    "open_clocks": "It governs the clocks that start from then on, and those that were open on that day.",
}


def page_of(policy: Policy, edition: Edition) -> str:
    """The whole of one edition, in about ten lines a duty."""
    return "\n".join(line.rstrip() for line in _lines(policy, edition))


def _lines(policy: Policy, edition: Edition) -> Iterator[str]:
    yield f"{edition.council}: {edition.title} (pack {edition.policy})"
    yield f"Edition {edition.edition}, in force on {day_in_words(edition.in_force_on)}. {_TAKES[edition.applies_to]}"
    others = [f"{one.edition} from {day_in_words(one.in_force_on)}" for one in policy.editions if one is not edition]
    if others:
        yield f"Other editions: {', '.join(others)}."
    yield from _labelled("Plan types", ", ".join(edition.plan_types))
    yield from _labelled("Meetings", "; ".join(f"{plan_type}: {name}" for plan_type, name in edition.meeting_names.items()))
    yield from _labelled("Own events", ", ".join(edition.events))
    yield from _labelled("Own facts", ", ".join(edition.facts))
    for doubt in edition.doubts:
        yield from _labelled("Doubt", doubt)
    for number, duty in enumerate(edition.duties, start=1):
        words = duty_in_words(duty)
        yield ""
        yield f"{number}. {words.pop('Title')} ({duty.duty})"
        for heading, said in words.items():
            yield from _labelled(heading, said)
    meetings = {"Agenda": edition.meetings.agenda, "To settle": edition.meetings.to_settle, "To bring": edition.meetings.to_bring}
    yield from ("", "What the notices of a meeting say")
    for heading, asked in meetings.items():
        for number, point in enumerate(asked):
            yield from _labelled("" if number else heading, asked_in_words(point))
    if edition.meetings.coordinator_chairs_after_step_down:
        yield from _labelled("Chair", "the coordinator, at the first meeting after a step-down from child protection")
    if not any(meetings.values()):
        yield from _labelled("", "date, time and place only")
    yield from ("", "Who hears what, when")
    yield from _labelled("Agreed by", edition.ladder.agreed_by)
    for name, stages in edition.ladder.by_name.items():
        yield f"  Ladder {name}"
        for stage in stages:
            yield from _labelled("", f"{stage.stage}: {stage_in_words(stage)}")
    yield from ("", "What the procedure asks that no duty says")
    for one in edition.not_modelled:
        yield from _labelled("", f"{one.clause}: {one.asks}. Why: {one.reason}")
    if not edition.not_modelled:
        yield from _labelled("", "nothing is listed")


def _labelled(label: str, text: str) -> Iterator[str]:
    return labelled(label, text, _INDENT)
