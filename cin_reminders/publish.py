"""Publishes the report: one page for people, a table for spreadsheets, figures for programs, in the report's folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from cin_reminders.day import Day, Duties
from cin_reminders.errors import CinRemindersError
from cin_reminders.ledger import Ledger
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.notices import dealt_with
from cin_reminders.report import Entry, RecordsRead, make_report
from cin_reminders.report_pages import csv_lines, report_html, report_json
from cin_reminders.unreachable import unreachable_holders


def publish_report(day: Day, duties: Duties, ledger: Ledger | None, folder: Path) -> Path:
    """Write the day's report as HTML, CSV and JSON and return the page's path.

    What was told, and what nobody could be told, is read from the ledger, so that a report written later says the same; with
    no ledger nothing was told.

    Only the account that runs the service may read the files: they name cases and workers. Raises CinRemindersError where
    they cannot be written.
    """
    entries: list[Entry] = []
    mode = day.settings.delivery.mode
    messages = ledger.counts(day.on, mode) if ledger else {}
    untold = _untold(duties, ledger.notices(mode)) if ledger else ()
    report = make_report(
        duties.rows(day.on),
        on=day.on,
        council=day.policy.newest.council,
        policy=day.policy,
        calendar=day.calendar,
        records=RecordsRead(
            rows=day.extract.rows,
            rejections=day.extract.rejections,
            warnings=day.extract.warnings,
            not_supplied=day.extract.not_supplied,
            out_of_scope=duties.out_of_scope,
        ),
        worker_of=lambda case: day.directory.worker_of(case, day.on),
        messages=messages,
        untold=untold,
        unreachable=unreachable_holders((case for case, _ in duties.by_case.values()), day.directory, day.on),
        quarantined=duties.quarantined,
        each=entries.append,
    )
    name = f"report-{day.on.isoformat()}"
    page = folder / f"{name}.html"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / f"{name}.csv", "".join(csv_lines(entries)))
        _write(folder / f"{name}.json", report_json(report))
        _write(page, report_html(report))
    except OSError as error:
        raise CinRemindersError(f"the report cannot be written to {folder}: {error.strerror}") from None
    return page


def _untold(duties: Duties, notices: Mapping[DutyKey, Sequence[Notice]]) -> tuple[Notice, ...]:
    """The stages that nobody could be told, of duties that are still open, and of which nobody has heard since."""
    found = []
    for key, of_duty in notices.items():
        _, obligation = duties.by_key.get(key, (None, None))
        if obligation is None or not obligation.is_settled:
            done = dealt_with([one for one in of_duty if one.outcome != "no_recipient"])
            found += [one for one in of_duty if one.outcome == "no_recipient" and one.key.stage not in done]
    return tuple(found)


def _write(path: Path, text: str) -> None:
    """Put a file in place whole: whoever opens it meanwhile sees the old one or the new one."""
    made = path.with_name(path.name + ".new")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as file:
        file.write(text)
    made.replace(path)
