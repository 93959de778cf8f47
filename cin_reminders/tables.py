"""Tables for the terminal: what a run read, what is due, late and escalated, in rows that a manager could read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cin_reminders.words import count_of

_STANDINGS = {
    "upcoming": "Due in time to come",
    "overdue": "Overdue",
    "met": "Done in time",
    "met_late": "Done late",
    "ended": "Ended before it was done",
    "unknown": "No due date can be worked out",
}
_STATES = {
    "planned": "Waiting for another try",
    "claimed": "Being sent by another run",
    "sending": "Being sent by another run",
    "sent": "Told today, by this run or an earlier one",
    "failed": "Refused for good",
    "uncertain": "Doubtful: a person must decide (cin-reminders ledger --state uncertain)",
    "withdrawn": "Withdrawn: no longer true",
}
_NOT_TOLD = {
    "no_recipient": "Nobody could be told (see the report)",
    "held": "Kept back by a person's hold",
    "put_off": "Put off, since the person had today's message already",
    "over_the_cap": "Put off, since the person or the case has as many reminders as it gets in a day",
}
_SHOWN = 10


def show_run(console: Console, summary: Mapping[str, Any]) -> None:
    """What one run read, worked out and told."""
    console.print(f"\n[bold]Run of {summary['business_date']}[/]")
    _counts(
        console,
        "The records",
        [
            ("Rows read", summary["rows_read"]),
            ("Rows that could be used", summary["rows_accepted"]),
            ("Rows rejected", summary["rows_rejected"]),
            ("Cases looked at", summary["cases_evaluated"]),
            ("Cases of a plan type outside the procedure", summary["out_of_scope"]),
            ("Cases whose rows contradict each other", len(summary["quarantined"])),
        ],
    )
    _counts(console, "The duties", [(_STANDINGS[standing], count) for standing, count in summary["obligations"].items()])
    messages = [(_STATES[state], count) for state, count in summary["messages"].items() if count]
    _counts(console, "The messages", messages or [("None today", 0)])
    cards = [(_STATES[state], count) for state, count in summary["cards"].items() if count]
    if cards:
        _counts(console, "Their copies in Teams", cards)
    for outcome, count in summary["not_told"].items():
        console.print(f"[bold]{_NOT_TOLD[outcome]}: {count_of(count, 'notice')}[/]", soft_wrap=True)
    if summary["refused"]:
        refused = count_of(summary["refused"], "person", "people")
        console.print(
            f"[bold]Refused, since their address is at no allowed domain: {refused}[/] (see the report)", soft_wrap=True
        )
    _some(console, "Holds in force", summary["holds"])
    _some(console, "Holds that ended by themselves", summary["holds_ended"])
    _some(
        console,
        "Rejected rows",
        [f"{one['relation']} {one['key']}: {one['column']}: {one['reason']}" for one in summary["rejections"]],
    )
    _some(console, "Warnings", summary["warnings"])
    _some(console, "Not watched, since a relation is not supplied", summary["not_watched"])
    if summary["note"]:
        console.print(escape(summary["note"]), soft_wrap=True)
    _say_what_is_left(console, summary)


def show_backfill(console: Console, done: Mapping[str, Any]) -> None:
    """What each past day missed, and what a backfill did about it."""
    table = Table(title=f"From {done['from']} to {done['to']}, looked at on {done['business_date']}", title_justify="left")
    for heading in ("Day", "Run", "Fell due", "Overdue", "Messages", "Missed", "People", "Which", "Recorded"):
        table.add_column(heading, overflow="fold", min_width=10 if heading == "Day" else None)
    for day in done["days"]:
        if day["closed"]:
            table.add_row(day["day"], escape(day["closed"]))
            continue
        which = ", ".join(f"{count} {stage.replace('_', ' ')}" for stage, count in day["stages"].items())
        figures = (day["fell_due"], day["overdue"], sum(day["messages"].values()), day["missed"], day["people"])
        table.add_row(day["day"], day["run"] or "none", *map(str, figures), which, str(day["recorded"]))
    console.print(table)
    if done["mode"] == "plan":
        console.print(
            "Nothing was changed. What was missed can be recorded (--mode record) or told (--mode send).", soft_wrap=True
        )
    if done["mode"] == "record":
        console.print(f"Recorded, and told to nobody: {count_of(done['recorded'], 'stage')}.", soft_wrap=True)
    if done["mode"] == "send":
        messages = [(_STATES[state], count) for state, count in done["messages"].items()]
        _counts(console, "The messages of today, besides those there were", messages or [("None", 0)])
    _say_what_is_left(console, done)


def _say_what_is_left(console: Console, done: Mapping[str, Any]) -> None:
    if done["held"]:
        console.print(f"[bold red]Held, nothing new was sent:[/] {escape(done['held'])}", soft_wrap=True)
    if done["failed"]:
        console.print(f"[bold red]Incomplete:[/] {escape(done['failed'])}", soft_wrap=True)


def show_overdue(console: Console, overdue: Sequence[Mapping[str, Any]], escalated: Sequence[tuple[str, int]]) -> None:
    """The worst of what is late, and how many people heard of breaches in which role."""
    table = Table(title=f"Late: the worst {min(len(overdue), _SHOWN)} of {len(overdue)}", title_justify="left")
    for heading in ("Case", "Team", "Duty", "Was due", "Working days late"):
        table.add_column(heading, justify="right" if heading == "Working days late" else "left")
    for one in overdue[:_SHOWN]:
        table.add_row(
            escape(one["label"]), escape(one["team"]), escape(one["title"]), one["due_on"], str(one["working_days_late"])
        )
    console.print(table)
    _counts(console, "Escalated to", [(role.replace("_", " "), count) for role, count in escalated])


def show_obligations(console: Console, rows: Iterable[Mapping[str, Any]]) -> None:
    """One line an obligation."""
    table = Table()
    for heading in ("Case", "Duty", "Started", "Due", "Book by", "Standing", "Days late", "Missing"):
        # A narrow terminal folds words, but a date that is cut is no date.
        table.add_column(heading, overflow="fold", min_width=10 if heading in ("Started", "Due", "Book by") else None)
    for one in rows:
        missing = ", ".join(one["missing"])
        dates = (one["started_on"] or "", one["due_on"] or "", one["book_by"] or "")
        table.add_row(escape(one["case_ref"]), one["duty"], *dates, one["standing"], str(one["working_days_late"] or ""), missing)
    console.print(table)


def show_messages(console: Console, messages: Iterable[Mapping[str, Any]]) -> None:
    """One line a message, with how many notices it carries."""
    table = Table()
    for heading in ("Key", "State", "To", "Role", "Subject", "Notices", "Reason"):
        table.add_column(heading, overflow="fold")
    for one in messages:
        to = one["to"]
        cells = (
            one["key"],
            one["state"],
            to["person_ref"],
            to["role"],
            one["subject"] or "",
            str(len(one["notices"])),
            one["reason"],
        )
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


def _counts(console: Console, title: str, rows: Iterable[tuple[str, int]]) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(min_width=46)
    table.add_column(justify="right", min_width=6)
    for what, count in rows:
        table.add_row(what, str(count))
    console.print(table)


def _some(console: Console, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console.print(f"[bold]{title}[/]")
    for line in lines[:_SHOWN]:
        console.print(f"  {escape(line)}", soft_wrap=True)
    if len(lines) > _SHOWN:
        console.print(f"  and {len(lines) - _SHOWN} more: see the report")
