"""The story of a run in Markdown, for Prefect's page: what a manager would want to know, in counts and dates alone.

Prefect keeps it in clear, so nothing of a case, a person or a decision's own words is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cin_reminders.backfilled import Backfilled, Mode
from cin_reminders.summary import Summary
from cin_reminders.week import DayDone, in_words
from cin_reminders.words import count_of, day_in_words

_WHERE = "docs/operations.md says what to do."


def story_of_day(summary: Summary, heartbeat: str | None = None) -> str:
    """What one daily run did, and what of it needs a person. ``heartbeat`` says why the watchman outside could not be told."""
    return "\n".join(_day(summary, heartbeat)) + "\n"


def _day(summary: Summary, heartbeat: str | None) -> Iterator[str]:
    yield f"# {day_in_words(summary.business_date)}"
    yield ""
    if summary.held:
        yield f"**Held: nothing new was sent.** {why_held(summary)}. {_WHERE}"
    elif summary.failed:
        yield f"**Not done whole:** {summary.failed}. {_WHERE}"
    else:
        yield "The run was done."
    yield ""
    late = summary.obligations["overdue"]
    yield f"- {count_of(summary.cases_evaluated, 'case')} looked at; {count_of(late, 'duty', 'duties')} overdue"
    yield f"- {count_of(summary.messages.get('sent', 0), 'message')} sent today"
    doubtful = summary.messages.get("uncertain", 0)
    needed = {
        f"{count_of(doubtful, 'message')} of which nobody knows whether it arrived": doubtful,
        f"{count_of(summary.messages.get('failed', 0), 'message')} refused for good": summary.messages.get("failed", 0),
        f"{count_of(summary.not_told.get('no_recipient', 0), 'notice')} for which there is nobody to tell": summary.not_told.get(
            "no_recipient", 0
        ),
        f"{count_of(summary.refused, 'person', 'people')} at no allowed domain": summary.refused,
        f"{count_of(summary.rows_rejected, 'row')} rejected": summary.rows_rejected,
        f"{count_of(len(summary.quarantined), 'case')} whose rows contradict each other": len(summary.quarantined),
        f"{count_of(len(summary.holds), 'hold')} in force": len(summary.holds),
    }
    yield from (f"- {words}" for words, number in needed.items() if number)
    if summary.note:
        yield f"- {summary.note}"
    if heartbeat:
        yield f"- The watchman outside could not be told: {heartbeat}"


def why_held(summary: Summary) -> str:
    """Why a run was held, in words that Prefect may keep: a person's own words stay in the ledger."""
    if summary.held in summary.holds:
        return "a person holds the whole service; `cin-reminders audit` says who and why"
    return summary.held or ""


def story_of_delivery(counts: Mapping[str, int], undone: str | None) -> str:
    """What one delivery between two runs did: the messages by state, and what is left undone."""
    states = [f"- {count_of(number, 'message')} {state}" for state, number in counts.items() if number]
    return "\n".join([*([f"**Not done whole:** {undone}. {_WHERE}", ""] if undone else []), *(states or ["- no message"])]) + "\n"


def story_of_backfill(done: Backfilled, held: str | None) -> str:
    """What a backfill found on the days without a run, and what became of it. ``held`` says why nothing new was told."""
    lines = [f"# {day_in_words(done.from_on)} to {day_in_words(done.to_on)}", ""]
    if held:
        lines += [f"**Held: nothing new was sent.** {held}. {_WHERE}", ""]
    elif done.why_incomplete:
        lines += [f"**Not done whole:** {done.why_incomplete}. {_WHERE}", ""]
    lines.append(f"- {count_of(done.missed, 'notice')} missed on {count_of(len(done.days), 'day')}")
    if done.mode is Mode.RECORD:
        lines.append(f"- {count_of(done.recorded, 'stage')} put on record, and told to nobody")
    elif done.mode is Mode.SEND:
        lines += [f"- {count_of(number, 'message')} {state}" for state, number in done.messages.items()] or ["- no message"]
    else:
        lines.append("- nothing was changed")
    return "\n".join(lines) + "\n"


def story_of_week(council: str, days: Sequence[DayDone], open_matters: Mapping[str, int], why_held: Sequence[str] = ()) -> str:
    """How the days of a week went, and what waits for a person's word at the end of it: what holds the runs, then the counts."""
    lines = [
        f"# {council}: {day_in_words(days[0].on)} to {day_in_words(days[-1].on)}" if days else f"# {council}: no open day",
        "",
    ]
    lines += [f"- {day_in_words(one.on)}: {in_words(one)}" for one in days]
    waiting = [*(f"- {why}" for why in why_held), *(f"- {what}: {number}" for what, number in open_matters.items() if number)]
    lines += ["", *(["For a person to decide:", "", *waiting] if waiting else ["Nothing waits for a person."])]
    return "\n".join(lines) + "\n"
