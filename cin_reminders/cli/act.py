"""The commands that act: the day's run, a backfill of days without one, and the purge."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer

from cin_reminders.backfill import backfill as fill_back
from cin_reminders.backfilled import Mode, PastDay
from cin_reminders.cli.program import app
from cin_reminders.cli.shared import (
    AsJson,
    On,
    business_date,
    date_given,
    days_given,
    err,
    now,
    out,
    print_json,
)
from cin_reminders.heartbeat import say_how_it_went
from cin_reminders.purge import purge as remove_what_is_old
from cin_reminders.run import World, run_day
from cin_reminders.settings import PREFIX, load_settings
from cin_reminders.stopping import wish_to_stop
from cin_reminders.tables import show_backfill, show_run
from cin_reminders.words import day_in_words

Live = Annotated[bool, typer.Option("--live", help="Yes, messages may really go (with delivery.mode live).")]


@app.command()
def run(
    context: typer.Context,
    on: On = None,
    as_json_: AsJson = False,
    live: Live = False,
    through_prefect: Annotated[
        bool, typer.Option("--through-prefect", help="As a Prefect flow, with a temporary server.")
    ] = False,
) -> None:
    """Do the day's run: read the records, work out what is due, tell each person once, publish the report."""
    settings = load_settings(context.obj, live=live)
    when = business_date(on)
    if through_prefect:
        from cin_reminders.flows.daily import run_with_a_temporary_server

        if live:
            # The flow reads the settings itself, and Prefect would keep a parameter.
            os.environ[f"{PREFIX}LIVE"] = "true"
        home = (settings.base / ".prefect").absolute()
        done = run_with_a_temporary_server(context.obj, when, home, lambda step: err.print(f"{step} ..."))
        print_json(done) if as_json_ else show_run(out, done)
        return
    # A run of some other day says nothing of whether today's was done.
    is_todays = when == business_date(None)
    try:
        with wish_to_stop() as stop:
            summary = run_day(settings, when, World(clock=now, sleep=time.sleep, stop=stop))
    except Exception:
        if is_todays:
            say_how_it_went(settings, good=False)
        raise
    unheard = say_how_it_went(settings, good=summary.exit_code == 0) if is_todays else None
    if unheard:
        err.print(f"The watchman outside could not be told: {unheard}", markup=False, soft_wrap=True)
    if as_json_:
        print_json(summary.as_json())
    else:
        show_run(out, summary.as_json())
        if summary.outbox:
            out.print(f"The messages lie in {summary.outbox}, the report is {summary.report}", soft_wrap=True)
    raise typer.Exit(summary.exit_code)


@app.command()
def backfill(
    context: typer.Context,
    from_: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="The first day.")],
    to: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last day.")],
    mode: Annotated[
        Mode, typer.Option("--mode", help="Show what was missed; put it on record; or tell what can still be acted on.")
    ],
    on: On = None,
    as_json_: AsJson = False,
    live: Live = False,
) -> None:
    """Go through days without a run: show what they missed, put it on record, or tell what can still be acted on."""
    settings = load_settings(context.obj, live=live)
    when = business_date(on)
    first, last = days_given({"--from": from_, "--to": to})

    def say(day: PastDay, of: int) -> None:
        missed = f"{len(day.missed)} missed" if day.closed is None else day.closed
        err.print(f"{day_in_words(day.day)}: {missed} ({(day.day - first).days + 1} of {of})", markup=False, highlight=False)

    with wish_to_stop() as stop:
        done = fill_back(settings, first, last, mode, when, World(clock=now, sleep=time.sleep, stop=stop), each_day=say)
    print_json(done.as_json()) if as_json_ else show_backfill(out, done.as_json())
    raise typer.Exit(done.exit_code)


@app.command()
def purge(
    context: typer.Context,
    before: Annotated[
        str | None,
        typer.Option("--before", metavar="YYYY-MM-DD", help="The first day to keep; as the settings say if not given."),
    ] = None,
    on: On = None,
    as_json_: AsJson = False,
) -> None:
    """Remove addresses, subjects and people's own words that are older than is kept; what stops repeats stays."""
    first_kept = None if before is None else date_given("--before", before)
    removed = remove_what_is_old(
        load_settings(context.obj), business_date(on), now=now(), by="the command purge", before=first_kept
    )
    if as_json_:
        print_json(removed.as_json())
    else:
        out.print(removed.in_words(), soft_wrap=True, highlight=False)
