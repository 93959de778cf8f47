"""The commands that act: the day's run, and the purge."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer

from cin_reminders.cli.program import app
from cin_reminders.cli.shared import (
    AsJson,
    On,
    business_date,
    err,
    now,
    out,
    print_json,
    read_date,
)
from cin_reminders.purge import purge as remove_what_is_old
from cin_reminders.run import World, run_day
from cin_reminders.settings import PREFIX, load_settings
from cin_reminders.stopping import wish_to_stop
from cin_reminders.tables import show_run


@app.command()
def run(
    context: typer.Context,
    on: On = None,
    as_json_: AsJson = False,
    live: Annotated[bool, typer.Option("--live", help="Yes, messages may really go (with delivery.mode live).")] = False,
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
    with wish_to_stop() as stop:
        summary = run_day(settings, when, World(clock=now, sleep=time.sleep, stop=stop))
    if as_json_:
        print_json(summary.as_json())
    else:
        show_run(out, summary.as_json())
        if summary.outbox:
            out.print(f"The messages lie in {summary.outbox}, the report is {summary.report}", soft_wrap=True)
    raise typer.Exit(summary.exit_code)


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
    first_kept = None if before is None else read_date("--before", before)
    removed = remove_what_is_old(
        load_settings(context.obj), business_date(on), now=now(), by="the command purge", before=first_kept
    )
    if as_json_:
        print_json(removed.as_json())
    else:
        out.print(removed.in_words(), soft_wrap=True, highlight=False)
