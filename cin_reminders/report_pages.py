"""The report's pages: the figures as one HTML page, as a CSV of every listed obligation, and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from cin_reminders.case import Rejection
from cin_reminders.obligations import STANDINGS
from cin_reminders.rendering import render_html
from cin_reminders.report import DutyCount, Entry, NotWatched, RelationCount, Report
from cin_reminders.sending import Pause, Untold, Word
from cin_reminders.unreachable import Unreachable

COLUMNS = tuple(field.name for field in fields(Entry))
# A list on the page is cut after so many rows; the CSV holds them all.
MOST_ROWS = 1000
_NOT_TOLD = {
    "held": "held by a person; told once the hold is over, if still true",
    "over_the_cap": "over the cap of a person or a case; goes on a later day",
    "put_off": "its person had the day's message already; goes with the next",
    "no_recipient": "nobody could be told, up to the head of service",
}
# What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """One list of obligations on the page, cut where it is too long to read."""

    name: str
    heading: str
    intro: str
    rows: tuple[Entry, ...]
    left_out: int
    recording: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportPage:
    """Everything the template of the report is given."""

    report: Report
    standings: tuple[tuple[str, int], ...]
    headings: tuple[str, ...]
    listings: tuple[Listing, ...]
    not_told: tuple[tuple[str, int], ...]


def report_html(report: Report) -> str:
    """The report as one page that needs nothing from anywhere else; a list of more than 1,000 rows is cut and says so."""
    return render_html("report.html", page=_page(report))


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The CSV of listed obligations, a row at a time, the header first; no cell can act as a formula in a spreadsheet.

    Dates are YYYY-MM-DD or empty. Lines end in CR LF (RFC 4180).
    """
    yield _csv_row(COLUMNS)
    for entry in entries:
        yield csv_line(entry)


def csv_line(entry: Entry) -> str:
    """One row of the CSV, for whoever writes it while the report is being made."""
    return _csv_row(_cell(getattr(entry, column)) for column in COLUMNS)


def report_json(report: Report) -> str:
    """The figures as JSON: the names are those of the Report, a date is YYYY-MM-DD or null, counts by standing are named."""
    plain = _plain(report)
    plain["standings"] = dict(zip(STANDINGS, report.standings, strict=True))
    for duty in plain["duties"]:
        duty["counts"] = dict(zip(STANDINGS, duty["counts"], strict=True))
    for counts in ("missing", "messages", "waiting", "not_told"):
        plain[counts] = dict(getattr(report, counts))
    plain["rows"] = {
        "read": report.rows_read,
        "accepted": report.rows_read - report.rows_rejected,
        "rejected": report.rows_rejected,
    }
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _page(report: Report) -> ReportPage:
    return ReportPage(
        report=report,
        standings=tuple((_in_words(standing), number) for standing, number in zip(STANDINGS, report.standings, strict=True)),
        headings=tuple(map(_in_words, STANDINGS)),
        not_told=tuple((_NOT_TOLD[outcome], number) for outcome, number in report.not_told),
        listings=(
            _listing(
                "overdue",
                "Overdue",
                "Past a limit of the procedure, and nothing recorded that meets it. Worst first.",
                report.overdue,
            ),
            _listing(
                "outstanding",
                "Outstanding by the council's own figure",
                "The procedure gives no figure for these, so none of them is a breach of it.",
                report.outstanding,
            ),
            _listing(
                "recorded-late",
                "Done in time, recorded late",
                "Late recording, not late practice: done by the due date, entered only after it.",
                report.recorded_late,
                recording=True,
            ),
        ),
    )


def _listing(name: str, heading: str, intro: str, entries: tuple[Entry, ...], *, recording: bool = False) -> Listing:
    return Listing(
        name=name,
        heading=f"{heading}: {len(entries)}",
        intro=intro,
        rows=entries[:MOST_ROWS],
        left_out=max(0, len(entries) - MOST_ROWS),
        recording=recording,
    )


def _in_words(standing: str) -> str:
    return {"met_late": "met late", "unknown": "no date"}.get(standing, standing)


def _csv_row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    # A quotation mark in front keeps a spreadsheet from computing what a record holds; some skip blanks before the sign.
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "; ".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


_SAMPLE_ENTRY = Entry(
    case_ref="c1",
    label="AB 12",
    team="North",
    worker="Sam Sample",
    policy="sample",
    edition="1",
    duty="review",
    title="Review of the plan",
    figure="procedure",
    clause="paragraph 16",
    started_on=date(2026, 3, 4),
    due_on=date(2026, 4, 29),
    book_by=None,
    standing="overdue",
    met_on=None,
    met_recorded_on=None,
    ended_on=None,
    working_days_late=3,
    recorded_days_later=0,
    missing=("disabled",),
)
_SAMPLE_PAUSE = Pause(what="case c1", until_on=date(2026, 5, 8), by="p1", why="a funeral", put_on=date(2026, 5, 1))
_SAMPLE = Report(
    council="Sample",
    on=date(2026, 5, 4),
    policy="sample",
    editions=("Child in Need (1)",),
    cases=1,
    out_of_scope=1,
    obligations=1,
    standings=(0, 1, 0, 0, 0, 0),
    duties=(DutyCount(duty="review", title="Review of the plan", figure="council", counts=(0, 1, 0, 0, 0, 0)),),
    overdue=(_SAMPLE_ENTRY,),
    outstanding=(_SAMPLE_ENTRY,),
    recorded_late=(_SAMPLE_ENTRY,),
    met_late=1,
    missing=(("disabled", 1),),
    doubts=("The chapter does not say which days.",),
    relations=(RelationCount(relation="cin_cases", read=2, accepted=1, rejected=1),),
    rejections=(Rejection(relation="cin_cases", key="c2", column="closed_on", reason="is no date"),),
    warnings=("cin_cases has a column that the contract does not know",),
    quarantined=("c3",),
    not_watched=(NotWatched(what="Visit to the child", why="the council does not supply cin_visits"),),
    held="the whole service is held",
    messages=(("sent", 1),),
    waiting=(("quiet hours: waits until Tuesday 5 May 2026, 08:00", 1),),
    not_told=(("held", 1), ("over_the_cap", 1), ("put_off", 1), ("no_recipient", 1)),
    untold=(
        Untold(case_ref="c1", duty="review", stage="overdue", due_on=date(2026, 4, 29), reason="no team manager is recorded"),
    ),
    holds=(_SAMPLE_PAUSE,),
    holds_ended=(_SAMPLE_PAUSE,),
    silence=("Nothing was sent on Thu 14 May 2026: there was no run. What is still true goes with the next good run.",),
    decided=(Word(said_on=date(2026, 5, 1), by="p1", kind="release-run", about="2026-05-01", why="checked"),),
    unreachable=(Unreachable(person_ref="p1", roles=("cin_coordinator",), why="has no e-mail address", cases=3),),
)
# What `check` renders the template with.
_CUT = replace(_page(_SAMPLE), listings=tuple(replace(listing, left_out=1) for listing in _page(_SAMPLE).listings))
_EMPTY = replace(
    _SAMPLE,
    overdue=(),
    outstanding=(),
    recorded_late=(),
    missing=(),
    doubts=(),
    rejections=(),
    warnings=(),
    quarantined=(),
    not_watched=(),
    held=None,
    messages=(),
    waiting=(),
    not_told=(),
    untold=(),
    holds=(),
    holds_ended=(),
    silence=(),
    decided=(),
    unreachable=(),
)
SAMPLES: Mapping[str, tuple[ReportPage, ...]] = {"report.html": (_page(_SAMPLE), _CUT, _page(_EMPTY))}
