"""The commands by which a person has a word: a hold and its release, a held extract, ledger or run, a message in doubt."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cin_reminders.case import LONDON
from cin_reminders.cli.program import app
from cin_reminders.cli.shared import AsJson, By, On, business_date, err, now, out, print_json
from cin_reminders.deciding import ON_THE_COMMAND_LINE, Asked, decide
from cin_reminders.ledger import open_ledger
from cin_reminders.settings import load_settings

CaseArgument = Annotated[str | None, typer.Argument(metavar="CASE", help="One case, by its reference.")]
Everything = Annotated[bool, typer.Option("--all", help="The whole service instead of one case.")]
DutyName = Annotated[str | None, typer.Option("--duty", help="This duty only, by its name in the pack.")]
Until = Annotated[
    str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="The last day of the hold, at most 366 days ahead.")
]
WhyShown = Annotated[str, typer.Option("--why", help="Why; reports show it, so name nobody.")]


@app.command()
def hold(
    context: typer.Context,
    case: CaseArgument = None,
    everything: Everything = False,
    duty: DutyName = None,
    until: Until = None,
    by: By = "",
    why: WhyShown = "",
    on: On = None,
) -> None:
    """Tell nobody of a case, of a duty or of anything until a day is over; what is still true then is told."""
    _decide(context, "hold", on, by=by, why=why, case=case, everything=everything, duty=duty, until=until)


@app.command()
def release(
    context: typer.Context,
    case: CaseArgument = None,
    everything: Everything = False,
    duty: DutyName = None,
    by: By = "",
    why: WhyShown = "",
    on: On = None,
) -> None:
    """End a hold before its day; give the same case and duty that it was put on."""
    _decide(context, "release", on, by=by, why=why, case=case, everything=everything, duty=duty)


@app.command("release-run")
def release_run(context: typer.Context, by: By, why: WhyShown, on: On = None) -> None:
    """Say that a day's run may send although it is far larger than usual; the next run of that day does."""
    _decide(context, "release-run", on, by=by, why=why)


@app.command("accept-extract")
def accept_extract(context: typer.Context, by: By, why: WhyShown, on: On = None) -> None:
    """Say that the day's extract is right although a guard holds it; the next run of that day uses it."""
    _decide(context, "accept-extract", on, by=by, why=why)


@app.command("accept-ledger")
def accept_ledger(context: typer.Context, by: By, why: WhyShown, on: On = None) -> None:
    """Say that the ledger is right although it lacks a run that was made; runs send again from now on."""
    _decide(context, "accept-ledger", on, by=by, why=why)


@app.command()
def settle(
    context: typer.Context,
    key: str,
    by: By,
    why: WhyShown,
    as_: Annotated[str, typer.Option("--as", help="sent, failed, or resend.")],
) -> None:
    """Decide a message of which nobody knows whether it arrived."""
    _decide(context, "settle", None, by=by, why=why, key=key, settle_as=as_)


@app.command()
def audit(context: typer.Context, as_json_: AsJson = False) -> None:
    """List what people decided, in the order in which they did: when, who, what kind, about what, why."""
    settings = load_settings(context.obj)
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as book:
        decisions = book.decisions()
    if as_json_:
        print_json(
            [
                {"at": one.at.isoformat(timespec="seconds"), "by": one.by, "kind": one.kind, "key": one.key, "why": one.why}
                for one in decisions
            ]
        )
        return
    table = Table()
    for heading in ("When", "Who", "What", "About", "Why"):
        table.add_column(heading, overflow="fold", min_width=16 if heading == "When" else None)
    for one in decisions:
        table.add_row(f"{one.at.astimezone(LONDON):%Y-%m-%d %H:%M}", *map(escape, (one.by, one.kind, one.key, one.why)))
    out.print(table)


def _decide(context: typer.Context, what: str, on: str | None, **given: Any) -> None:
    settings = load_settings(context.obj)
    asked = Asked(what=what, on=business_date(on), **given)
    decided = decide(settings, asked, ON_THE_COMMAND_LINE, now=now(), warn=_warn)
    for line in (*decided.said, *decided.quoted):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _warn(text: str) -> None:
    err.print(f"cin-reminders: {text}", markup=False, highlight=False, soft_wrap=True)
