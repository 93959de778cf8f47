"""What the commands share: their options, the clock, the day that is asked for, and how an answer is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from cin_reminders.case import LONDON
from cin_reminders.day import Day, read_day
from cin_reminders.errors import UsageError
from cin_reminders.notice import MeetingNotice, Message, Notice
from cin_reminders.run import refuse_impossible_day
from cin_reminders.settings import load_settings

# Into a file or a pipe a table need not fit a screen.
out = Console(width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True)

On = Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help="The business date; today in London if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
CaseRef = Annotated[str | None, typer.Option("--case", help="One case only, by its reference.")]
By = Annotated[str, typer.Option("--by", help="Who decides it.")]


def business_date(text: str | None) -> date:
    """The business date given, or today in London. Raises UsageError for what is no date, or lies outside every calendar."""
    return datetime.now(LONDON).date() if text is None else day_given("--on", text)


def day_given(option: str, text: str) -> date:
    """The day given with an option. Raises UsageError for what is no date, or lies outside every calendar."""
    day = date_given(option, text)
    refuse_impossible_day(day, option)
    return day


def date_given(option: str, text: str) -> date:
    """The date given with an option. Raises UsageError for what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise UsageError(f"{option} {text}: is no date; write it as YYYY-MM-DD")
    return day


def days_given(texts: Mapping[str, str]) -> list[date]:
    """The days given with several options. Raises UsageError with every one that is none."""
    days, faults = [], []
    for option, text in texts.items():
        try:
            days.append(day_given(option, text))
        except UsageError as error:
            faults.append(str(error))
    if faults:
        raise UsageError("\n".join(faults))
    return days


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def read_day_of(context: typer.Context, on: str | None) -> Day:
    """The day that a command is about, read from the council's records."""
    return read_day(load_settings(context.obj), business_date(on))


def message_as_json(message: Message, notices: tuple[Notice, ...], subject: str | None) -> dict[str, Any]:
    """A message as plain values; other programs rely on these names."""
    return {
        "key": message.key,
        "state": message.state,
        # Both carry e-mail; by which of the two is `via`.
        "channel": "email" if message.channel == "graph" else message.channel,
        "via": message.channel,
        "mode": message.mode,
        "day": message.day.isoformat(),
        "to": {"person_ref": message.person_ref, "role": message.role},
        "subject": subject,
        "reason": message.reason,
        "notices": [
            {
                "case_ref": notice.key.case_ref,
                "meeting_ref" if isinstance(notice, MeetingNotice) else "duty": notice.key.subject,
                "start_ref": notice.key.start_ref,
                "stage": notice.key.stage,
                "due_on": notice.due_on.isoformat() if notice.due_on else None,
                "was_due_on": notice.was_due_on.isoformat() if notice.was_due_on else None,
                "told_on": notice.told_on.isoformat() if notice.told_on else None,
                "role": notice.role,
                "outcome": notice.outcome,
                "reason": notice.reason,
            }
            for notice in notices
        ],
    }


def print_json(document: Any) -> None:
    """One JSON document on the standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
