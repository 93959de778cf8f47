"""The program itself, before it has any command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cin_reminders.settings import DEFAULT_FILE

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Reminders and escalations for Child in Need plans, from a council's own procedure and records.",
)


@app.callback()
def everything(
    context: typer.Context,
    settings: Annotated[Path, typer.Option("--settings", help="The council's settings file.")] = DEFAULT_FILE,
) -> None:
    """Reminders and escalations for Child in Need plans, from a council's own procedure and records."""
    context.obj = settings
