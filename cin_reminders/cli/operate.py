"""The commands of those who run the service through Prefect: deploy it, start a pilot on one machine, stop it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cin_reminders.cli.program import app
from cin_reminders.cli.shared import out
from cin_reminders.outgoing import refuse_silent_operator
from cin_reminders.pilot import FOLDER, PORT, Pilot, as_exports, start, stop
from cin_reminders.settings import load_settings

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The port of Prefect's page, on this machine alone.")]


@app.command()
def deploy(
    context: typer.Context,
    remove: Annotated[bool, typer.Option("--remove", help="Take off it all that is this council's.")] = False,
) -> None:
    """Put the council's deployments, alarms and work pool on the server that PREFECT_API_URL names, or take them off it."""
    # Prefect is slow to load, and needed only here.
    from cin_reminders.flows import deployment

    if remove:
        removed = deployment.remove(context.obj, _say)
        for name in removed:
            _say(f"{name} is removed")
        if not removed:
            _say("Nothing of this council stands there.")
        return
    for name in deployment.deploy(context.obj, _say):
        _say(f"{name} stands")


@app.command()
def up(context: typer.Context, port: Port = PORT) -> None:
    """Start Prefect's server, the council's deployments and a worker on this machine, for a pilot."""
    # What is wrong with them is said before anything starts.
    refuse_silent_operator(load_settings(context.obj))
    pilot = _pilot_of(context.obj, port)
    # Prefect reads its settings when it is loaded: they stand before it is.
    os.environ.update(pilot.environment())
    start(pilot, lambda: deploy(context), _say)
    _say(f"Prefect's page   {pilot.page} (on this machine alone; what it asks for stands in {pilot.word_file})")
    _say(f"What they say    {pilot.folder / 'logs'}")
    _say(f"For Prefect's own commands: {as_exports(pilot)}")
    _say("The council's runs begin by themselves. `make down` stops everything; nothing is lost.")


@app.command()
def down(context: typer.Context) -> None:
    """Stop the worker and the server that `up` started; a message in hand is finished first."""
    stop(_pilot_of(context.obj, PORT), _say)


def _pilot_of(settings: Path, port: int) -> Pilot:
    # Settings that have been spoilt meanwhile are no reason why a pilot could not be stopped.
    return Pilot(folder=(settings.parent / FOLDER).absolute(), port=port)


def _say(line: str) -> None:
    out.print(line, markup=False, highlight=False, soft_wrap=True)
