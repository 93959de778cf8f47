"""The weekly report: how the duties stand on one day, how each day of the week before went, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cin_reminders.day import READ, Day, Duties, read_day, work_out_duties
from cin_reminders.last_run import why_older
from cin_reminders.ledger import Ledger, open_ledger
from cin_reminders.looking_back import last_days, why_untold
from cin_reminders.outlook import why_not_used
from cin_reminders.publish import page_of, publish_report, untold_stages
from cin_reminders.run import Steps, refuse_impossible_day, simply
from cin_reminders.settings import Settings
from cin_reminders.week import DayDone
from cin_reminders.words import day_in_words

STEPS = (READ, "Work out the duties", "Publish the report", "Look back on the week")
_WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """What a weekly report found: the report's page, the open days of the week before, and how much of what waits for a person.

    ``held`` says why the extract could not be trusted; the report says so too, unless one of that day stood already, which is
    left as it was (``is_published``). ``why_held`` says of everything that holds the runs why it does.
    """

    report: Path
    standings: Mapping[str, int]
    days: tuple[DayDone, ...]
    waiting: Mapping[str, int]
    held: str | None
    is_published: bool
    why_held: tuple[str, ...]


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
        report = page_of(folder, on)
        # The morning's report may be of a good extract: of one that cannot be trusted nothing is put in its place.
        is_published = held is None or not report.exists()
        if is_published:
            why = held or why_untold(ledger, mode, on)
            report = steps("Publish the report", lambda: publish_report(day, duties, ledger, folder, held=why))
        days = steps("Look back on the week", lambda: last_days(ledger, mode, on, day.calendar, number=_WEEK.days))
        return Week(
            report=report,
            standings=duties.standings(on),
            days=days,
            waiting=_waiting(day, duties, ledger),
            held=held,
            is_published=is_published,
            why_held=tuple(_why_held(day, ledger, held)),
        )


def _waiting(day: Day, duties: Duties, ledger: Ledger) -> dict[str, int]:
    mode = day.settings.delivery.mode
    lately = ledger.counts_between(day.on - _WEEK, day.on, mode)
    return {
        "messages of which nobody knows whether they arrived": len(ledger.uncertain(mode)),
        "messages refused for good": sum(messages.get("failed", 0) for messages in lately.values()),
        "notices for which there is nobody to tell": len(untold_stages(duties, ledger.notices(mode))),
        "holds in force": len(ledger.holds_on(day.on)),
    }


def _why_held(day: Day, ledger: Ledger, failed_extract: str | None) -> Iterator[str]:
    """Why nothing new is sent until a person has decided, in words that Prefect may keep."""
    mode = day.settings.delivery.mode
    if failed_extract:
        yield f"the records cannot be trusted: {failed_extract}"
    older = why_older(ledger, day.settings.path(day.settings.report.folder), mode)
    if older:
        yield older
    runs = [one for one in ledger.runs_between(mode, day.on - _WEEK, day.on) if one.outcome in ("good", "failed", "held")]
    last = max(runs, key=lambda one: (one.business_date, one.finished_at), default=None)
    if last and last.outcome == "held" and last.held not in (failed_extract, older):
        # A person's own words for a hold stay in the ledger; one held for its size is known by what it would have told.
        why = "its state says why" if last.notices is None else last.held
        yield f"the run of {day_in_words(last.business_date)} was held: {why}"
