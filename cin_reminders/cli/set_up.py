"""The commands that set a council up: try, begin, upgrade, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cin_reminders.checkup import check_up
from cin_reminders.cli.program import app
from cin_reminders.cli.shared import (
    On,
    business_date,
    out,
)
from cin_reminders.errors import LedgerError, Problems, SettingsError
from cin_reminders.ledger import create_ledger, open_ledger, upgrade_ledger
from cin_reminders.settings import load_settings
from cin_reminders.starter import settings_text
from cin_reminders.words import count_of


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="A folder to make; it must not hold anything else.")] = Path("demo"),
    policy: Annotated[str, typer.Option("--policy", help="The pack that the made-up council works by.")] = "cumbria",
    on: On = None,
) -> None:
    """Make a council up and do one real daily run over it through Prefect."""
    from cin_reminders.demo import run_demo

    run_demo(folder, policy, business_date(on), out)


@app.command()
def init(
    context: typer.Context, policy: Annotated[str, typer.Option("--policy", help="The pack to start with.")] = "cumbria"
) -> None:
    """Write a commented settings file, if there is none, and an empty ledger; what stands is never touched."""
    file: Path = context.obj
    if file.exists():
        out.print(f"{file} stands already and is left as it is.", soft_wrap=True)
    else:
        text = settings_text(policy)
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise SettingsError([f"{file}: cannot be written: {error.strerror}"]) from None
        out.print(f"{file} is written: read it and change what is not so.", soft_wrap=True)
    settings = load_settings(file)
    try:
        open_ledger(settings.ledger.url, settings.base, settings.council).close()
    except LedgerError as absent:
        try:
            create_ledger(settings.ledger.url, settings.base)
        except LedgerError as error:
            # It stands and cannot be used, or it cannot be made: both say what to do about it.
            raise Problems(dict.fromkeys([str(absent), str(error)])) from None
        out.print("An empty ledger is made.")
    else:
        out.print("The ledger stands already and is left as it is.")


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the ledger to this program's version."""
    settings = load_settings(context.obj)
    found, now = upgrade_ledger(settings.ledger.url, settings.base)
    out.print(f"The ledger is of version {now}." if found == now else f"The ledger went from version {found} to {now}.")


@app.command()
def check(context: typer.Context, on: On = None) -> None:
    """Look at settings, packs, records, ledger and channel: every problem, one a line."""
    settings = load_settings(context.obj)
    problems, remarks = check_up(settings, business_date(on))
    for remark in remarks:
        out.print(f"note: {remark}", markup=False, soft_wrap=True)
    for problem in problems:
        out.print(f"problem: {problem}", markup=False, soft_wrap=True)
    said = count_of(len(remarks), "note")
    out.print(f"{count_of(len(problems), 'problem')}, {said}." if problems else f"Nothing stops a run; {said}.")
    raise typer.Exit(1 if problems else 0)
