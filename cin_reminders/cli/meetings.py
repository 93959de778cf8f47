"""The command that looks at the meetings to come. It sends nothing and records nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cin_reminders.cli.program import app
from cin_reminders.cli.shared import AsJson, CaseRef, On, now, print_json, read_day_of
from cin_reminders.day import known_case
from cin_reminders.errors import UsageError
from cin_reminders.look_ahead import INDEX, look_ahead, meeting_duties, write_copies
from cin_reminders.meetings_ahead import as_json
from cin_reminders.meetings_text import as_text


@app.command()
def meetings(
    context: typer.Context,
    on: On = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=366, help="How many days ahead; else as the settings say.")
    ] = None,
    case: CaseRef = None,
    as_json_: AsJson = False,
    folder: Annotated[Path | None, typer.Option("--out", help="Write what each reader would get into this new folder.")] = None,
) -> None:
    """Look at the meetings to come: what is wrong with each, and who would read of it as what. Nothing is sent."""
    day = read_day_of(context, on)
    if case is not None:
        known_case(day, case)
    duties = meeting_duties(day)
    if case is not None and case not in duties.by_case:
        raise UsageError(f"case {case} is of a plan type that the policy {day.policy.id} does not cover")
    if case in duties.quarantined:
        raise UsageError(f"case {case}: its rows contradict each other, so nothing is said of its meetings")
    ahead = look_ahead(day, duties, days=days or day.settings.meetings.days)
    if case is not None:
        ahead = ahead.only(case)
    written = write_copies(day, ahead, folder, now()) if folder else None
    if as_json_:
        document = as_json(ahead)
        for meeting in document["meetings"]:
            for reader in meeting["readers"]:
                key = (meeting["meeting_ref"], reader["person_ref"])
                reader["file"] = written.files.get(key) if written else None
        print_json(document)
        return
    typer.echo(as_text(ahead, day.extract.people))
    if written is not None:
        typer.echo(f"\nWhat each reader would get lies in {folder} ({written.number} copies; {INDEX} says whose).")
