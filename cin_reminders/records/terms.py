"""A council's term dates, from a CSV file or a calendar file (.ics), so that no child who is to come is asked out of lessons.

A CSV file has the columns `first_on`, `last_on` and `kind` (term or closed); a half term or training day within a term is a row
of its own. A calendar file has whole-day events whose title says which it is. Nothing is guessed: what does not say is refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path

from icalendar import Calendar, Component, Event
from icalendar.error import IncompleteComponent, InvalidCalendar

from cin_reminders.errors import RecordsError
from cin_reminders.records.columns import Reading, Unreadable, read_day
from cin_reminders.school_days import Span, TermDates
from cin_reminders.words import day_in_words

COLUMNS = ("first_on", "last_on", "kind")
KINDS = ("term", "closed")
# No term in England is longer, and no half term: what is longer has a wrong year, or an end that belongs to another.
LONGEST_TERM = timedelta(weeks=26)
LONGEST_HALF_TERM = timedelta(days=16)

_DAY = timedelta(days=1)
_HALF_TERM = re.compile(r"\bhalf[- ]?term\b")
_CLOSED = re.compile(r"\b(half[- ]?term|holidays?|break|inset|training|closed|closure|bank|staff day|non[- ]pupil)\b")
_TERM = re.compile(r"\bterm\b")
_BEGINS = re.compile(r"\b(begins?|starts?|opens?|start of|beginning of|first day)\b")
_ENDS = re.compile(r"\b(ends?|finish(es)?|closes?|end of|last day)\b")
_TITLES = "a title has the word `term`, or says half term, holiday, break, training day, INSET or closed"


@dataclass(kw_only=True, slots=True)
class _Read:
    """What one file said: the runs of days, each with its place in the file, and every fault."""

    name: str
    terms: list[tuple[str, Span]] = field(default_factory=list)
    closed: list[tuple[str, Span]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def fault(self, place: str, why: str) -> None:
        self.faults.append(f"{self.name}, {place}: {why}")


def read_term_dates(file: Path) -> TermDates:
    """The terms and closed days that a file holds, by its ending `.csv` or `.ics`.

    Raises RecordsError with every fault found: its line or event, and what is allowed there. No cell or title is repeated.
    """
    read = _Read(name=file.name)
    ending = file.suffix.lower()
    if ending not in (".csv", ".ics"):
        raise RecordsError([f"{file.name}: term dates are a .csv or an .ics file"])
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecordsError([f"{file.name}: not UTF-8; save it as `CSV UTF-8`, or export the calendar again"]) from None
    except OSError as error:
        raise RecordsError([f"{file.name}: cannot be read: {error.strerror}"]) from None
    if ending == ".csv":
        _read_csv(text, read)
    else:
        _read_calendar(text, read)
    terms = _in_order(read)
    if not terms and not read.faults:
        read.faults.append(f"{file.name}: there is no term in it")
    if read.faults:
        raise RecordsError(read.faults)
    return TermDates(terms=tuple(terms), closed=tuple(sorted({span for _, span in read.closed}, key=_first)))


def _first(span: Span) -> tuple[date, date]:
    return span.first_on, span.last_on


def _in_order(read: _Read) -> list[Span]:
    """The terms in order of days, each once; what overlaps or is too long is a fault."""
    rows = sorted({span: place for place, span in reversed(read.terms)}.items(), key=lambda row: _first(row[0]))
    for span, place in rows:
        if span.last_on - span.first_on > LONGEST_TERM:
            read.fault(place, "a term of more than 26 weeks; look at its year, and whether its end is another term's")
    for (earlier, _), (later, place) in pairwise(rows):
        if later.first_on <= earlier.last_on:
            read.fault(place, f"begins before the term of {day_in_words(earlier.first_on)} has ended; terms must not overlap")
    return [span for span, _ in rows]


# ---- CSV


def _read_csv(text: str, read: _Read) -> None:
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(lines, [])]
        missing = [name for name in COLUMNS if header.count(name) != 1]
        if missing:
            read.fault("line 1", f"must name each of the columns {', '.join(COLUMNS)} once; look at {', '.join(missing)}")
            return
        for cells in lines:
            if any(cell.strip() for cell in cells):
                _read_row(header, cells, f"line {lines.line_num}", read)
    except csv.Error as error:
        read.fault(f"after line {lines.line_num}", f"not readable as CSV: {error}")


def _read_row(header: Sequence[str], cells: Sequence[str], place: str, read: _Read) -> None:
    if len(cells) != len(header):
        read.fault(place, f"must have {len(header)} cells as the header row does, has {len(cells)}")
        return
    row = dict(zip(header, cells, strict=True))
    days = {name: _day(row[name], f"{place}, {name}", read) for name in ("first_on", "last_on")}
    kind = row["kind"].strip().lower()
    if kind not in KINDS:
        read.fault(f"{place}, kind", f"must be {' or '.join(KINDS)}")
        return
    first_on, last_on = days["first_on"], days["last_on"]
    if first_on and last_on:
        if last_on < first_on:
            read.fault(f"{place}, last_on", "must not be before first_on")
        else:
            (read.terms if kind == "term" else read.closed).append((place, Span(first_on=first_on, last_on=last_on)))


def _day(cell: object, place: str, read: _Read) -> date | None:
    try:
        day = read_day(Reading(date_format=None), cell)
    except Unreadable as unreadable:
        read.fault(place, str(unreadable))
        return None
    if day is None:
        read.fault(place, "must not be blank")
    return day


# ---- calendar files


def _read_calendar(text: str, read: _Read) -> None:
    try:
        calendars = Calendar.from_ical(text.encode(), multiple=True)
    except ValueError:
        # The parser's own words repeat what stands in the file.
        read.faults.append(f"{read.name}: not readable as a calendar file")
        return
    begins: list[tuple[str, date]] = []
    ends: list[tuple[str, date]] = []
    for place, event in _events(calendars):
        span = _days_of(event, place, read)
        if span is None:
            continue
        title = str(event.get("SUMMARY", "")).lower()
        marks = [mark for mark, found in ((begins, _BEGINS), (ends, _ENDS)) if found.search(title)]
        if _CLOSED.search(title):
            _take_closed(title, bool(marks), place, span, read)
        elif not _TERM.search(title):
            read.fault(place, f"says neither term nor closed: {_TITLES}; leave out what is neither")
        elif not marks:
            read.terms.append((place, span))
        elif len(marks) == 2 or span.last_on > span.first_on:
            read.fault(place, "the first or last day of a term must be an event of that one day")
        else:
            marks[0].append((place, span.first_on))
    _pair(begins, ends, read)


def _events(calendars: Iterable[Component]) -> Iterator[tuple[str, Event]]:
    events = [event for calendar in calendars for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    return ((f"event {number}", event) for number, event in enumerate(events, start=1))


def _days_of(event: Event, place: str, read: _Read) -> Span | None:
    """The days of a whole-day event, whose end is the day after its last (RFC 5545, 3.6.1)."""
    if event.errors or "RRULE" in event or "RDATE" in event:
        read.fault(place, "cannot be understood; each must have a first day, may have an end, and must not repeat")
        return None
    try:
        start, end = _whole(event.start), _whole(event.end)
    except (IncompleteComponent, InvalidCalendar):
        read.fault(place, "must have a first day, and an end of the same kind")
        return None
    if start is None or end is None:
        read.fault(place, "must be of whole days, not of hours")
        return None
    if end < start:
        read.fault(place, "must not end before it begins")
        return None
    # Some programs write one day with an end on that very day.
    days = _day(start, place, read), _day(max(start, end - _DAY), place, read)
    return Span(first_on=days[0], last_on=days[1]) if days[0] and days[1] else None


def _whole(moment: date | datetime) -> date | None:
    """The day of a moment that is one, or a midnight; None for any other."""
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if (moment.hour, moment.minute, moment.second) == (0, 0, 0) else None


def _take_closed(title: str, marked: bool, place: str, span: Span, read: _Read) -> None:
    if marked:
        read.fault(place, "a half term, a holiday or closed days must be one event, from the first day to the last")
    elif _HALF_TERM.search(title) and span.last_on - span.first_on > LONGEST_HALF_TERM:
        read.fault(place, "a half term of more than 16 days; if schools teach on these days, call it a term")
    else:
        read.closed.append((place, span))


def _pair(begins: Sequence[tuple[str, date]], ends: Sequence[tuple[str, date]], read: _Read) -> None:
    """Each first day of a term with the last day that follows it; a first or last day alone is a fault."""
    marks = sorted([(day, 0, place) for place, day in begins] + [(day, 1, place) for place, day in ends])
    opened: tuple[str, date] | None = None
    for day, is_end, place in marks:
        if is_end and opened:
            read.terms.append((opened[0], Span(first_on=opened[1], last_on=day)))
            opened = None
        elif is_end:
            read.fault(place, "the last day of a term, and no first day before it")
        else:
            if opened:
                read.fault(opened[0], "the first day of a term, and no last day after it")
            opened = (place, day)
    if opened:
        read.fault(opened[0], "the first day of a term, and no last day after it")
