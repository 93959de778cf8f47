"""Publishes the report: one page for people, a table for spreadsheets, figures for programs, in the report's folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cin_reminders.case import Case
from cin_reminders.day import Day, Duties
from cin_reminders.errors import CinRemindersError
from cin_reminders.notice import Notice
from cin_reminders.report import Entry, RecordsRead, Report, make_report
from cin_reminders.report_pages import csv_lines, report_html, report_json


def publish_report(
    day: Day, duties: Duties, folder: Path, messages: Mapping[str, int], untold: tuple[Notice, ...]
) -> tuple[Path, Report]:
    """Write the day's report as HTML, CSV and JSON and return the page's path with the figures.

    Only the account that runs the service may read the files: they name cases and workers. Raises CinRemindersError where
    they cannot be written.
    """
    entries: list[Entry] = []
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
        worker_of=lambda case: _worker(day, case),
        messages=messages,
        untold=untold,
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
    return page, report


def _worker(day: Day, case: Case) -> str:
    lead = day.directory.lead_of(case, day.on)
    return lead.name if lead else "nobody recorded"


def _write(path: Path, text: str) -> None:
    """Put a file in place whole: whoever opens it meanwhile sees the old one or the new one."""
    made = path.with_name(path.name + ".new")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as file:
        file.write(text)
    made.replace(path)
