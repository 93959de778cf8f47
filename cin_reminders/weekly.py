"""The weekly report: how the duties stand on one day, how each day of the week before went, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cin_reminders.day import READ, read_day, work_out_duties
from cin_reminders.ledger import open_ledger
from cin_reminders.looking_back import last_days
from cin_reminders.outlook import why_not_used
from cin_reminders.publish import publish_report
from cin_reminders.run import Steps, refuse_impossible_day, simply
from cin_reminders.settings import Settings
from cin_reminders.week import DayDone

STEPS = (READ, "Work out the duties", "Publish the report", "Look back on the week")


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """What a weekly report found: the report's page, the open days of the week before, and how much of what waits for a person.

    ``held`` says why the extract could not be trusted; the report says so too.
    """

    report: Path
    standings: Mapping[str, int]
    days: tuple[DayDone, ...]
    waiting: Mapping[str, int]
    held: str | None


def report_week(settings: Settings, on: date, steps: Steps = simply) -> Week:
    """Publish the report of a day and look back on the seven days before it. Nobody is told anything.

    Raises the errors of its parts, as a daily run does.
    """
    refuse_impossible_day(on)
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as ledger:
        mode, folder = settings.delivery.mode, settings.path(settings.report.folder)
        day = steps(READ, lambda: read_day(settings, on))
        held = why_not_used(day, ledger)
        duties = steps("Work out the duties", lambda: work_out_duties(day))
        report = steps("Publish the report", lambda: publish_report(day, duties, ledger, folder, held=held))
        days = steps("Look back on the week", lambda: last_days(ledger, mode, on, day.calendar, number=7))
        waiting = {
            "messages of which nobody knows whether they arrived": len(ledger.uncertain(mode)),
            "holds in force": len(ledger.holds_on(on)),
        }
    return Week(report=report, standings=duties.standings(on), days=days, waiting=waiting, held=held)
