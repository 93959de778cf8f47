"""The purge from end to end: the ledger's old rows, the old messages in the outbox, the old reports.

Which duties are still open the records say, so that nothing is removed where they cannot be read, or must not be used.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime

from cin_reminders.about import partly_read
from cin_reminders.case import LONDON
from cin_reminders.day import READ, Day, read_day, work_out_duties
from cin_reminders.errors import CinRemindersError, UsageError
from cin_reminders.ledger import open_ledger
from cin_reminders.notice import DutyKey
from cin_reminders.old_files import old_letters, old_reports, remove
from cin_reminders.outlook import why_not_used
from cin_reminders.retention import Removed, faults_of_line, line_of
from cin_reminders.run import Steps, refuse_impossible_day, simply
from cin_reminders.settings import Settings

# In their order; how far a purge is, is said by them.
STEPS = (READ, "Work out the duties", "Forget in the ledger", "Remove old files")


def purge(settings: Settings, on: date, *, now: datetime, by: str, before: date | None = None, steps: Steps = simply) -> Removed:
    """Remove what is personal and older than a day, by default than the settings keep, and say of how much it went.

    Nothing of a duty that is open on the business date is touched, nor of a case with a row that could not be read or that
    disagrees with another. Raises UsageError for a day in the last three months, or a business date that has not come;
    CinRemindersError where nothing says which duties are open, or a file could not be removed.
    """
    refuse_impossible_day(on)
    months = settings.retention.months
    before, why = (line_of(on, months), f"kept for {months} months") if before is None else (before, f"kept from {before} on")
    faults = [f"--on {on}: lies in the future"] if on > now.astimezone(LONDON).date() else []
    faults += faults_of_line(before, on)
    if faults:
        raise UsageError("\n".join(faults))
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as ledger:
        day = steps(READ, lambda: read_day(settings, on))
        unusable = why_not_used(day, ledger)
        if unusable is not None:
            raise CinRemindersError(f"nothing was removed, since nothing says which duties are open: {unusable}")
        needed = steps("Work out the duties", lambda: _is_needed(day))
        removed = steps("Forget in the ledger", lambda: ledger.purge(before, needed, by=by, why=why, now=now))
        whole = ledger.whole_messages(before)
    outbox, reports = settings.path(settings.delivery.folder), settings.path(settings.report.folder)
    of_letters, of_reports = steps(
        "Remove old files", lambda: (remove(old_letters(outbox, before, whole)), remove(old_reports(reports, before)))
    )
    refused = [*of_letters[1], *of_reports[1]]
    if refused:
        reasons = ", ".join(sorted({error.strerror or type(error).__name__ for error in refused}))
        where = f"{outbox} and {reports}"
        raise CinRemindersError(
            f"the ledger is done, but not every old file in {where} could be removed: {reasons}; run it again once they can be"
        )
    return replace(removed, files=of_letters[0] + of_reports[0])


def _is_needed(day: Day) -> Callable[[DutyKey], bool]:
    """Whether what was told of a duty stays whole: it is open, or of a case of which the records do not say all."""
    not_whole = {*partly_read(day), *day.extract.disputed}
    is_open = {key for key, (_, obligation) in work_out_duties(day).by_key.items() if not obligation.is_settled}
    return lambda key: key in is_open or key[0] in not_whole
