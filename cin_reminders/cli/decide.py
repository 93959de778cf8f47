"""The commands by which a person has a word: a hold and its release, a held extract or run, a message in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cin_reminders.case import LONDON
from cin_reminders.cli.program import app
from cin_reminders.cli.shared import AsJson, By, On, Why, business_date, err, known_case, now, out, print_json
from cin_reminders.day import read_day
from cin_reminders.errors import CinRemindersError, UsageError
from cin_reminders.holds import Hold, faults_of_end, faults_of_word, in_words, lasting_longest
from cin_reminders.last_run import ACCEPTED
from cin_reminders.ledger import Ledger, open_ledger
from cin_reminders.policy_file import load_policy
from cin_reminders.settings import Settings, load_settings
from cin_reminders.words import count_of, day_in_full, nearest

CaseArgument = Annotated[str | None, typer.Argument(metavar="CASE", help="One case, by its reference.")]
Everything = Annotated[bool, typer.Option("--all", help="The whole service instead of one case.")]
DutyName = Annotated[str | None, typer.Option("--duty", help="This duty only, by its name in the pack.")]
Until = Annotated[
    str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="The last day of the hold, at most 366 days ahead.")
]
WhyShown = Annotated[str, typer.Option("--why", help="Why; reports show it, so name nobody.")]
_SHOWN = 5


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
    settings = load_settings(context.obj)
    when = business_date(on)
    until_on, faults = _last_day(until, when)
    faults = [*_faults_of_target(case, everything, duty), *faults, *(f"--{one}" for one in faults_of_word(by, why))]
    case_ref, duty_name = (case or "").strip(), (duty or "").strip()
    if case_ref and not everything:
        faults += _unknown_case(settings, case_ref, when)
    if duty_name:
        faults += _unknown_duty(settings, duty_name)
    if faults or until_on is None:
        raise UsageError("\n".join(faults))
    with closing(_ledger(settings)) as book:
        put_on = book.hold(case_ref=case_ref, duty=duty_name, until_on=until_on, by=by, why=why, on=when, now=now())
        longer = [one for one in _covering(book, when, case_ref, duty_name) if one.until_on > until_on]
    what = f"about {put_on.about}" if case_ref or duty_name else "at all"
    _say(f"Nothing is sent {what} up to and including {_day(until_on)}, decided by {put_on.by}.")
    if other := lasting_longest(longer):
        _say(f"An earlier hold lasts longer and stands: {in_words(other)}.")
    else:
        _say(f"The hold ends by itself: what is still true on {_day(until_on + timedelta(days=1))} is told from then on.")


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
    settings = load_settings(context.obj)
    when = business_date(on)
    faults = [*_faults_of_target(case, everything, duty), *(f"--{one}" for one in faults_of_word(by, why))]
    if faults:
        raise UsageError("\n".join(faults))
    case_ref, duty_name = (case or "").strip(), (duty or "").strip()
    with closing(_ledger(settings)) as book:
        [first, *others] = book.release(case_ref=case_ref, duty=duty_name, by=by, why=why, on=when, now=now())
        still = _covering(book, when, case_ref, duty_name)
        parts = [one for one in book.holds_on(when) if not duty_name and (not case_ref or one.case_ref in ("", case_ref))]
    ended = f"{count_of(1 + len(others), 'hold')} on {first.about} {'end' if others else 'ends'} now"
    _say(f"{ended}, decided by {first.released_by}; what is still true is told from the next run on.")
    if other := lasting_longest(still):
        _say(f"But it stays held: {in_words(other)}.")
    elif parts:
        names = list(dict.fromkeys(one.about for one in parts))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        _say(f"Still held: {'; '.join(names[:_SHOWN])}{more}.")


@app.command("release-run")
def release_run(context: typer.Context, by: By, why: Why, on: On = None) -> None:
    """Say that a day's run may send although it is far larger than usual; the next run of that day does."""
    settings = load_settings(context.obj)
    when = business_date(on)
    with closing(_ledger(settings)) as book:
        book.record_decision("release-run", when.isoformat(), by=by, why=why, now=now())
    _say(f"The run of {when} is released, decided by {by}.")


@app.command("accept-extract")
def accept_extract(context: typer.Context, by: By, why: Why, on: On = None) -> None:
    """Say that the day's extract is right although a guard holds it; the next run of that day uses it."""
    settings = load_settings(context.obj)
    when = business_date(on)
    with closing(_ledger(settings)) as book:
        book.record_decision("accept-extract", when.isoformat(), by=by, why=why, now=now())
    _say(f"The extract of {when} is accepted, decided by {by}.")


@app.command("accept-ledger")
def accept_ledger(context: typer.Context, by: By, why: Why, on: On = None) -> None:
    """Say that the ledger is right although it lacks a run that was made; runs send again from now on."""
    settings = load_settings(context.obj)
    when = business_date(on)
    with closing(_ledger(settings)) as book:
        book.record_decision(ACCEPTED, when.isoformat(), by=by, why=why, now=now())
    _say(f"The ledger is accepted as it stands, decided by {by}.")


@app.command()
def settle(
    context: typer.Context,
    key: str,
    by: By,
    why: Why,
    as_: Annotated[str, typer.Option("--as", help="sent, failed, or resend.")],
) -> None:
    """Decide a message of which nobody knows whether it arrived."""
    settings = load_settings(context.obj)
    with closing(_ledger(settings)) as book:
        book.settle_by_hand(key, as_, by=by, why=why, now=now())
    _say(f"{key}: {as_}, decided by {by}")


@app.command()
def audit(context: typer.Context, as_json_: AsJson = False) -> None:
    """List what people decided, in the order in which they did: when, who, what kind, about what, why."""
    with closing(_ledger(load_settings(context.obj))) as book:
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


def _faults_of_target(case: str | None, everything: bool, duty: str | None) -> Iterator[str]:
    """What is wrong with the case and duty given. A blank one must never come to mean all of them."""
    if case is not None and everything:
        yield "give a case or --all, not both"
    elif case is None and not everything:
        yield "which case? Give its reference, or --all for the whole service"
    elif case is not None and not case.strip():
        yield "the case given is blank; give its reference, or --all for the whole service"
    if duty is not None and not duty.strip():
        yield "--duty: must not be blank; leave it out for every duty"


def _last_day(until: str | None, on: date) -> tuple[date | None, list[str]]:
    """The last day of a hold, and what is wrong with it."""
    if until is None:
        return None, ["--until: must be given: a hold has an end"]
    try:
        day = date.fromisoformat(until)
    except ValueError:
        day = None
    if day is None or day.isoformat() != until:
        return None, [f"--until {until}: is no date; write it as YYYY-MM-DD"]
    return day, [f"--{one}" for one in faults_of_end(day, on)]


def _unknown_case(settings: Settings, ref: str, on: date) -> list[str]:
    """That the records hold no such case. Where they cannot be read the hold is taken: it must be possible to stop messages."""
    try:
        day = read_day(settings, on)
    except CinRemindersError as error:
        _warn(f"whether case {ref} exists could not be checked: {str(error).splitlines()[0]}")
        return []
    if any(one.relation == "cin_cases" and one.key == ref for one in day.extract.rejections):
        # What is late in a case whose row cannot be read is still told, and so it can be held.
        return []
    try:
        known_case(day, ref)
    except UsageError as error:
        return [str(error)]
    return []


def _unknown_duty(settings: Settings, name: str) -> list[str]:
    """That no edition of the pack has such a duty; taken as it is where the pack cannot be read."""
    try:
        policy = load_policy(settings.policy, settings.base)
    except CinRemindersError as error:
        _warn(f"whether the duty {name} exists could not be checked: {str(error).splitlines()[0]}")
        return []
    names = list(dict.fromkeys(duty.duty for edition in policy.editions for duty in edition.duties))
    return [] if name in names else [f"--duty {name}: no such duty{nearest(name, names)}"]


def _covering(book: Ledger, on: date, case_ref: str, duty: str) -> list[Hold]:
    """The holds in force on a day that cover all of a case, or all of one of its duties."""
    return [one for one in book.holds_on(on) if one.covers(case_ref, duty)]


def _day(day: date) -> str:
    return day_in_full(day, None)


def _ledger(settings: Settings) -> Ledger:
    return open_ledger(settings.ledger.url, settings.base, settings.council)


def _say(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def _warn(text: str) -> None:
    err.print(f"cin-reminders: {text}", markup=False, highlight=False, soft_wrap=True)
