"""What each key of a pack means, once: the editor's schema shows it, and the page on writing a pack prints it.

A test keeps it true: every key that the loader takes has a meaning here, and nothing else has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cin_reminders.agenda import Asked, Brought, MeetingWords
from cin_reminders.policy import Duty, Edition, Ladder, NotModelled, Stage
from cin_reminders.rule import AgreedInterval, DueBy, FirstOf, MetBy, Start, Variation, Where
from cin_reminders.written import Rule

_ASKED = {
    "says": "What is asked, in your own words.",
    "clause": "The section or paragraph. A number goes in quotes.",
    "kinds": "At which meetings: `initial`, `review`, `closing`, or a list. If not given: at every meeting.",
    "when": "What the facts must be, all of them: `{complex: yes}`. If not given: whatever they are.",
    "not_where": "Facts under which it is not asked: any one of the list is enough.",
}
MEANINGS: Mapping[type[Rule], Mapping[str, str]] = {
    Edition: {
        "policy": "The pack's id, in small letters, figures and hyphens. The same in every edition.",
        "council": "The council's name, as messages and reports say it.",
        "title": "The title of the written procedure.",
        "edition": "The edition as the procedure names it. A number goes in quotes.",
        "in_force_on": "The day the edition came into force, YYYY-MM-DD; the file bears this name.",
        "applies_to": (
            "`new_clocks` (if not given): clocks that start on that day or later. `open_clocks`: also those that were neither "
            "met nor ended by the end of that day; their due date is worked out anew by this edition's duty of the same name."
        ),
        "plan_types": "The types of plan that the procedure covers, as the records name them. Any others are out of scope.",
        "events": "Kinds of event of your own, recorded in cin_events, that the duties below may then name.",
        "facts": "Facts of your own, recorded in cin_facts, that `when` and `not_where` below may then name.",
        "doubts": "What the procedure leaves unclear as a whole. Every report lists it.",
        "meeting_names": "What the procedure calls a meeting: `default`, and one for a plan type that has its own name.",
        "duties": "What the procedure asks, in the order of its chapter.",
        "meetings": "What the procedure says of the meeting itself. `cin-reminders meetings` shows it, as the notices would.",
        "ladder": "Who hears what, and when: the council's own decision.",
        "not_modelled": "What the procedure asks that no duty here says, and why, so that nothing is left out in silence.",
    },
    Duty: {
        "duty": "The duty's name, in small letters and underscores. It never changes: the ledger remembers by it.",
        "title": "What people call the duty.",
        "do": "What to do, as a message asks it: begin with a verb.",
        "clause": "The section or paragraph. A number goes in quotes.",
        "says": "What the procedure asks, in your own words, in one sentence.",
        "figure": "`procedure` (if not given): the procedure gives the length. `council`: it gives none, the council chose it.",
        "start": "What starts the clock: an event, a list of events, or one of the ways below.",
        "length": "How long there is: `15 working days`, `10 calendar days`, `8 weeks`, `3 months`. Never bare `days`.",
        "start_day_counts": "`yes`: the day of the start is day 1 of the count, not day 0.",
        "due_by": "Instead of `length`: where the due date is taken from the case.",
        "variations": "Other lengths for some cases. No two may both hold for one case.",
        "agreed_interval": "An interval agreed for the case, which may be shorter than `length`.",
        "not_where": "Facts under which the duty is not asked at all: any one of the list is enough.",
        "met_by": "What meets the duty: an event, a list of events, or one of the ways below.",
        "first_told": "Who hears first: a role, a list of roles, the first role that somebody holds, or one by the meeting.",
        "copied_to": "Roles that get a copy of what the first told are told.",
        "outlives_closing": "`yes`: the duty stands although the case has closed.",
        "ladder": "The name of a ladder under `ladder: named:`, if the duty has one of its own.",
        "doubt": "What the procedure leaves unclear here, and how the pack reads it. Messages and reports say it.",
    },
    Start: {
        "event": "Each happening of the event, or of any in a list, starts a clock of its own.",
        "outcome": "With `event`: only meetings with this outcome.",
        "outcome_not": "With `event`: not meetings with this outcome.",
        "action_overdue": "With `event`: `yes`: only where an action of the plan was overdue on that day.",
        "after": "With `event`: the clock starts this long after the happening.",
        "earliest_of": "One start: the earlier of the first happenings of these events.",
        "latest_of": "One start: the later of the first happenings of these events, once all have happened.",
        "visits_from": "The event, and each visit after it on which the child was seen.",
        "end_of": "The first day after a `child_protection_plan`, or after the child was `looked_after`.",
        "action": "`agreed`: each action of the plan.",
        "meeting": "`booked`: each meeting that is booked.",
        "transfer": "`out_known`: each move to another authority that is known.",
        "dispute": "Each transfer that is disputed, or was notified this long ago and not accepted.",
        "any_of": "Several of these ways together; a plain list says the same.",
    },
    MetBy: {
        "event": "Such an event on the day of the start or later.",
        "later": "Such an event on a later day than the start.",
        "same": "The event that belongs to the very meeting, action or transfer that started the clock.",
        "same_meeting": "`yes`: an event recorded for another meeting does not count.",
        "before_start": "Such an event before the start also counts, if it came after the previous start.",
        "already": "Such an event at any time before the start counts, as on the day of the start.",
        "role": "A role on the case that somebody holds then, or takes up later.",
        "looking_back": "Only events in this long before the start count.",
        "staying_open": "`yes`: the due date itself, if the case is still open then. Closing earlier breaks the duty that day.",
    },
    DueBy: {
        "fact": "The date that this fact gives.",
        "interval": "The interval recorded for the case: `review_interval` or `visit_interval`.",
        "action": "`due_on`: the date agreed for the action.",
        "start": "`same_day`: the day of the start.",
        "meeting": "`working_day_before`: the working day before the meeting.",
    },
    Variation: {
        "when": "What the facts must be, all of them: `{disabled: yes}`. `team` and `plan_type` count as facts.",
        "length": "The length for such a case.",
        "clause": "The section or paragraph, if it is another than the duty's.",
    },
    AgreedInterval: {
        "fact": "Where it is recorded: `review_interval` or `visit_interval`.",
        "longer_when": "Facts under which an agreed interval may be longer than `length`. If not given, it may only be shorter.",
        "expected_when": "Facts under which an interval ought to be agreed, so that a missing one is named.",
    },
    FirstOf: {"first_of": "Roles in order: the first that somebody holds."},
    Where: {
        "role": "Who hears, where the meeting is as `when` says.",
        "when": "`lead_attending` or `outcome` of the meeting.",
        "otherwise": "Who hears where it is not.",
    },
    MeetingWords: {
        "coordinator_chairs_after_step_down": (
            "`yes`: the coordinator is to chair the first meeting after a step-down from child protection."
        ),
        "agenda": "What the chair goes through, in order.",
        "to_settle": "What the chair is asked to see to before the meeting or at it.",
        "to_bring": "What people bring, or do before they come.",
    },
    Asked: _ASKED,
    Brought: {
        **_ASKED,
        "says": "What to bring, in your own words. Partners and families read it, so never `child in need`.",
        "who": "`professionals` (if not given), partners from outside the council included, or `family`, in plain words.",
    },
    Ladder: {
        "agreed_by": "Who agreed it.",
        "agreed_on": "The day they did.",
        "prompts": "Whether the stages of duties with the council's own figure wait for `monday` or go `daily`.",
        "reminders": "Whether those of the procedure's figures go on their own days, `daily`, or `gathered` into fewer messages.",
        "procedure": "The stages of a duty whose figure the procedure gives.",
        "council": "The stages of a duty whose figure is the council's own.",
        "named": "Ladders with a name, for duties that ask for theirs by `ladder`.",
    },
    Stage: {
        "stage": "The stage's name, in small letters and underscores.",
        "working_days_before": "Reached so many working days before the last day to do it.",
        "working_days_after": "Reached so many working days after the due date.",
        "working_days_after_start": "Reached so many working days after the start; 0 is at once.",
        "every": "With `times`: again every so many working days.",
        "times": "With `every`: how often in all.",
        "to": "Who hears: `first_told`, a role, or a list.",
    },
    NotModelled: {
        "clause": "The section or paragraph. A number goes in quotes.",
        "asks": "What it asks.",
        "reason": "Why no duty says it.",
    },
}
_HEADINGS = {
    Edition: "An edition",
    Duty: "`duties`: each duty",
    Start: "`start`",
    MetBy: "`met_by`",
    DueBy: "`due_by`",
    Variation: "`variations`: each one",
    AgreedInterval: "`agreed_interval`",
    FirstOf: "`first_told`: the first role that somebody holds",
    Where: "`first_told`: by the meeting",
    MeetingWords: "`meetings`",
    Asked: "`agenda` and `to_settle`: each one",
    Brought: "`to_bring`: each one",
    Ladder: "`ladder`",
    Stage: "`ladder`: each stage",
    NotModelled: "`not_modelled`: each one",
}


def with_meanings(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with each key's meaning beside it, where an editor shows it."""
    described = {model.__name__: meanings for model, meanings in MEANINGS.items()}
    definitions = {name: _described(one, described.get(name, {})) for name, one in schema["$defs"].items()}
    return {**_described(schema, described["Edition"]), "$defs": definitions}


def _described(schema: dict[str, Any], meanings: Mapping[str, str]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    said = {key: {**one, "description": meanings[key]} for key, one in properties.items() if key in meanings}
    return {**schema, "properties": {**properties, **said}}


def keys_in_markdown() -> str:
    """Every key with its meaning as Markdown tables, in the order in which a pack is written; `*` marks one that must stand."""
    parts = []
    for model, meanings in MEANINGS.items():
        rows = [f"| `{key}`{'*' if model.model_fields[key].is_required() else ''} | {said} |" for key, said in meanings.items()]
        parts.append("\n".join([f"### {_HEADINGS[model]}", "", "| key | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts)
