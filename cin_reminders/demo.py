"""The demonstration: a made-up council in a folder of its own, and one real daily run over it."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

from rich.console import Console

from cin_reminders.errors import UsageError
from cin_reminders.flows.daily import run_with_a_temporary_server
from cin_reminders.ledger import create_ledger, open_ledger
from cin_reminders.policy_file import packs
from cin_reminders.sample import make_sample, names, write_sqlite
from cin_reminders.sample.terms import term_dates_text
from cin_reminders.settings import load_settings
from cin_reminders.starter import settings_text
from cin_reminders.tables import show_overdue, show_run
from cin_reminders.words import day_in_words, nearest
from cin_reminders.working_days import make_calendar

SEED = 2026
_MARK = ".cin-reminders-demo"


def run_demo(folder: Path, policy: str, on: date, console: Console) -> None:
    """Make the council, run the day through Prefect with a temporary server, and say what happened and where to look.

    On a day that is no working day the last one before it is taken. Raises UsageError for a folder that holds anything else.
    """
    if policy not in packs():
        raise UsageError(f"--policy {policy}: no such pack{nearest(policy, packs())}")
    on = make_calendar().open_on_or_before(on)
    _make_room(folder)
    console.print(f"1 of 3  Making a council up in {folder} as its records stand on {day_in_words(on)} ...", soft_wrap=True)
    write_sqlite(make_sample(policy=policy, on=on, seed=SEED), folder / "records.db")
    (folder / "term-dates.csv").write_text(term_dates_text(on), encoding="utf-8")
    settings_file = folder / "cin_reminders.toml"
    settings_file.write_text(_settings_text(policy), encoding="utf-8")
    settings = load_settings(settings_file)
    create_ledger(settings.ledger.url, settings.base)
    console.print("2 of 3  One daily run through Prefect, with a server of its own (about 15 seconds) ...")
    with warnings.catch_warnings():
        # Prefect's own libraries warn of each other; nothing in it is for the reader of a demonstration.
        warnings.simplefilter("ignore")
        home = (folder / ".prefect").absolute()
        done = run_with_a_temporary_server(settings_file.absolute(), on, home, lambda step: console.print(f"        {step} ..."))
    console.print("3 of 3  What came of it")
    show_run(console, done)
    figures = json.loads(Path(done["report"]).with_suffix(".json").read_text(encoding="utf-8"))
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as book:
        messages = book.messages()
    told = Counter(notice.role for _, notices in messages for notice in notices if notice.urgency == "escalation")
    show_overdue(console, figures["overdue"], told.most_common())
    where = f"{folder / 'outbox'} (open one with any mail program; cards for Teams and letters to families are .txt and .json)"
    console.print(f"\nThe messages lie in {where}", soft_wrap=True)
    console.print(f"The report is       {folder / 'reports'}/report-{on}.html", soft_wrap=True)
    case = figures["overdue"][0]["case_ref"] if figures["overdue"] else "C0001"
    program = f"cin-reminders --settings {settings_file}"
    console.print("\nTry next:", soft_wrap=True)
    for command in (f"explain {case} --on {on}", f"meetings --on {on}", f"run --on {on}", f"ledger --case {case}"):
        console.print(f"  .venv/bin/{program} {command}", soft_wrap=True, markup=False, highlight=False)
    console.print("A second run tells nobody anything again.")


def _make_room(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise UsageError(f"--dir {folder}: holds something else; name a folder that is empty or does not exist")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def _settings_text(policy: str) -> str:
    text = settings_text(policy).replace("@council.example", f"@{names.STAFF_DOMAIN}")
    for key, domains in (
        ("allowed_domains", (names.STAFF_DOMAIN,)),
        ("partner_domains", (names.SCHOOL_DOMAIN, names.HEALTH_DOMAIN)),
    ):
        text = re.sub(rf"(?m)^{key} = \[\]", f"{key} = {json.dumps(domains)}", text)
    text = re.sub(r"(?m)^# (term_dates|children_from_age) = ", r"\1 = ", text)
    channels = (f"{json.dumps(team)} = {json.dumps(channel)}\n" for team, channel in names.MANAGERS_CHANNELS.items())
    return f"{text}\n[teams.managers]\n{''.join(channels)}"
