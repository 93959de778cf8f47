"""The commands that look: at the duties, the reasons, the messages, the ledger, the report."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cin_reminders.channels import ChannelDown, NotSent
from cin_reminders.cli.program import app
from cin_reminders.cli.shared import (
    AsJson,
    CaseRef,
    On,
    err,
    message_as_json,
    now,
    out,
    print_json,
    read_day_of,
)
from cin_reminders.day import known_case, work_out_duties
from cin_reminders.errors import CinRemindersError, UsageError
from cin_reminders.explain import as_json, explain, obligation_as_json
from cin_reminders.explain_text import as_text
from cin_reminders.ledger import open_ledger
from cin_reminders.letters import previewed
from cin_reminders.looking_back import why_untold
from cin_reminders.notice import MESSAGE_STATES
from cin_reminders.obligations import STANDINGS
from cin_reminders.outgoing import folder_channel
from cin_reminders.outlook import standing_ledger, told_before, why_not_used, would_tell
from cin_reminders.publish import publish_report
from cin_reminders.settings import load_settings
from cin_reminders.tables import show_messages, show_obligations
from cin_reminders.words import nearest


@app.command()
def obligations(
    context: typer.Context,
    on: On = None,
    case: CaseRef = None,
    standing: Annotated[str | None, typer.Option("--standing", help=f"One standing only: {', '.join(STANDINGS)}.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Every obligation of closed cases too.")] = False,
    as_json_: AsJson = False,
) -> None:
    """List every obligation: what started, when it is due, how it stands."""
    if standing is not None and standing not in STANDINGS:
        raise UsageError(f"--standing {standing}: no such standing{nearest(standing, STANDINGS)}")
    day = read_day_of(context, on)
    if case is not None:
        known_case(day, case)
    rows = [
        obligation_as_json(one)
        for about, found in work_out_duties(day).rows(day.on, closed=closed)
        if case in (None, about.case_ref)
        for one in found
        if standing in (None, one.standing)
    ]
    if as_json_:
        print_json(rows)
    else:
        show_obligations(out, rows)


@app.command("explain")
def explain_(context: typer.Context, case: str, on: On = None, as_json_: AsJson = False) -> None:
    """Say of each duty of one case why its date is what it is, who was told and who will be."""
    day = read_day_of(context, on)
    known_case(day, case)
    about, found = work_out_duties(day).by_case.get(case, (None, ()))
    if about is None:
        raise UsageError(f"case {case} is of a plan type that the policy {day.policy.id} does not cover")
    before, holds = told_before(day.settings, day.on)
    explained = [
        explain(
            about,
            one,
            [notice for notice in before.get(one.key, ()) if notice.stage_on is None or notice.stage_on <= day.on],
            directory=day.directory,
            calendar=day.calendar,
            on=day.on,
            notify_from=day.settings.delivery.notify_from,
            holds=holds,
        )
        # What is still open comes first: that is what is asked about.
        for one in sorted(found, key=lambda one: (one.is_settled, one.due_on or date.max))
    ]
    if as_json_:
        print_json([as_json(one) for one in explained])
        return
    out.print(f"Case {about.label}, as the records stood on {day.on}", markup=False)
    for rejection in day.extract.rejections:
        if rejection.case_ref == case:
            out.print(f"A row of this case could not be read: {rejection}", markup=False, soft_wrap=True)
    for one in explained:
        out.print("\n" + as_text(one, day.on), markup=False, soft_wrap=True)


@app.command()
def preview(
    context: typer.Context,
    on: On = None,
    as_json_: AsJson = False,
    folder: Annotated[Path | None, typer.Option("--out", help="Write the messages here as .eml files.")] = None,
) -> None:
    """Show the messages that a run would send; nothing is sent and nothing recorded."""
    day = read_day_of(context, on)
    decisions, held = would_tell(day, work_out_duties(day))
    if held:
        err.print(f"cin-reminders: a run would be held: {held}", markup=False, highlight=False, soft_wrap=True)
    rows = []
    channel = folder_channel(day.settings, folder.absolute(), now) if folder else None
    for message, notices, letter in previewed(day, decisions, now):
        rows.append(message_as_json(message, notices, letter.subject))
        if channel is not None:
            try:
                channel.send(letter)
            except (ChannelDown, NotSent) as error:
                raise CinRemindersError(f"--out {folder}: {message.key}: {error}") from None
    if as_json_:
        print_json(rows)
    else:
        show_messages(out, rows)


@app.command()
def ledger(
    context: typer.Context,
    state: Annotated[str | None, typer.Option("--state", help=f"One state only: {', '.join(MESSAGE_STATES)}.")] = None,
    case: CaseRef = None,
    person: Annotated[str | None, typer.Option("--person", help="One person only, by reference.")] = None,
    as_json_: AsJson = False,
) -> None:
    """Show what was told to whom."""
    if state is not None and state not in MESSAGE_STATES:
        raise UsageError(f"--state {state}: no such state{nearest(state, MESSAGE_STATES)}")
    settings = load_settings(context.obj)
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as book:
        rows = [
            message_as_json(message, notices, message.subject)
            for message, notices in book.messages(state=state, case=case, person=person)
        ]
    if as_json_:
        print_json(rows)
    else:
        show_messages(out, rows)


@app.command()
def report(
    context: typer.Context,
    on: On = None,
    folder: Annotated[Path | None, typer.Option("--out", help="The folder to write to, instead of the settings' own.")] = None,
    as_json_: AsJson = False,
) -> None:
    """Write the one-page report as HTML, CSV and JSON."""
    day = read_day_of(context, on)
    target = folder or day.settings.path(day.settings.report.folder)
    duties = work_out_duties(day)
    with standing_ledger(day.settings) as book:
        held = why_not_used(day, book) if book else None
        why = why_untold(book, day.settings.delivery.mode, day.on) if book else None
        page = publish_report(day, duties, book, target, held=why)
    if held is not None:
        err.print(f"A run would be held for its extract: {held}", markup=False, soft_wrap=True)
    if as_json_:
        sys.stdout.write(page.with_suffix(".json").read_text(encoding="utf-8").rstrip() + "\n")
    else:
        out.print(f"The report is {page}", soft_wrap=True)
