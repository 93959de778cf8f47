"""One reader a column: a raw cell becomes a value of the contract, or is refused with what is allowed.

A reason never repeats the cell, since whatever stands in a column may be a name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from cin_reminders.case import CONSENT_VALUES, DATE_FACTS, LENGTH_FACTS, LONDON, YES_NO_FACTS
from cin_reminders.length import parse_length
from cin_reminders.records.relations import Column, Kind

BLANK = "must not be blank"
FIRST_YEAR, LAST_YEAR = 1990, 2050

Read = Callable[[object], Any]

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?", re.ASCII)
# A line separator breaks a line in mail and calendar files as a newline does.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_YEARS = f"the year must be {FIRST_YEAR} to {LAST_YEAR}"
_NO_SUCH_DAY = "there is no such day in the calendar"


class Unreadable(ValueError):
    """A cell that cannot be understood. The text says what is allowed."""


@dataclass(kw_only=True, slots=True)
class Reading:
    """What is shared by all columns of one reading: the date format, the days already understood, the cells cleaned."""

    date_format: str | None
    days: dict[str, date] = field(default_factory=dict)
    cleaned: Counter[str] = field(default_factory=Counter)


def reader(column: Column, reading: Reading, place: str) -> Read:
    """The function that reads one column's cells; ``place`` is the name under which cleaned cells are counted.

    A blank cell becomes None. The function raises Unreadable.
    """
    text = partial(_text, reading.cleaned, place)
    match column.kind:
        case Kind.TEXT:
            return text
        case Kind.DATE:
            return partial(read_day, reading)
        case Kind.MOMENT:
            return _moment
        case Kind.YES_NO:
            return partial(_yes_no, text)
        case Kind.WORD:
            return partial(_word, text, {word: word for word in column.words}, f"must be {_any_of(column.words)}")
        case Kind.OPEN_WORD:
            return partial(_open_word, text, {word: word for word in column.words})
        case Kind.WORDS:
            return partial(_words, text, column.words)
        case Kind.LENGTH:
            return partial(_length, text)
        case Kind.FACT_VALUE:
            # Read once its fact is known: see read_fact.
            return lambda cell: cell


def read_fact(reading: Reading, place: str, fact: str, cell: object) -> str:
    """The value of a fact, by the fact's name; a date becomes ISO text. Raises Unreadable, which says what the fact allows."""
    text = partial(_text, reading.cleaned, place)
    value: str | None
    if fact in YES_NO_FACTS:
        value = _yes_no(text, cell)
    elif fact == "consent":
        value = _word(text, {word: word for word in CONSENT_VALUES}, f"must be {_any_of(CONSENT_VALUES)}", cell)
    elif fact in DATE_FACTS:
        day = read_day(reading, cell)
        value = None if day is None else day.isoformat()
    elif fact in LENGTH_FACTS:
        value = _length(text, cell)
    else:
        value = _text(reading.cleaned, place, _plain(cell))
    if value is None:
        raise Unreadable(BLANK)
    return value


def _plain(cell: object) -> object:
    """What an unknown fact holds, as text: nothing says what type it should have."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (date, float)):
        return str(cell)
    return cell


def _any_of(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _text(cleaned: Counter[str], place: str, cell: object) -> str | None:
    if cell is None:
        return None
    if type(cell) is not str:
        # Refs are often numbers in a council's own tables: a whole number has one way to be written.
        if isinstance(cell, bool) or not isinstance(cell, (int, Decimal, UUID, str)):
            raise Unreadable("must be text")
        cell = str(cell)
    # isprintable is much faster than the pattern, and true of nearly every cell.
    if not cell.isprintable() and _CONTROL.search(cell):
        cleaned[place] += 1
        cell = _CONTROL.sub(" ", cell)
    return cell.strip() or None


def read_day(reading: Reading, cell: object) -> date | None:
    """A date from a date, the date part of a moment (an aware one in London), or text. Raises Unreadable."""
    if cell is None:
        return None
    if type(cell) is str:
        known = reading.days.get(cell)
        if known is not None:
            return known
        text = cell.strip()
        if not text:
            return None
        day = _day_from_text(text, reading.date_format)
    elif isinstance(cell, datetime):
        day = _local(cell).date()
    elif isinstance(cell, date):
        day = cell
    else:
        raise Unreadable(f"must be a date, {reading.date_format or 'YYYY-MM-DD'}")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unreadable(_YEARS)
    # Only whole days are kept: with a time part every cell may be new, and the store would grow without end.
    if type(cell) is str and len(cell) <= 10:
        reading.days[cell] = day
    return day


def _day_from_text(text: str, date_format: str | None) -> date:
    if date_format is not None:
        try:
            return datetime.strptime(text, date_format).date()
        except ValueError:
            raise Unreadable(f"must be a date that exists, written {date_format}") from None
    match = _DAY.fullmatch(text)
    if match is None:
        raise Unreadable("must be a date, YYYY-MM-DD")
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        raise Unreadable(f"{_NO_SUCH_DAY}; a date is YYYY-MM-DD") from None


def _moment(cell: object) -> datetime | None:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if isinstance(cell, datetime):
        moment = _local(cell).replace(microsecond=0)
    else:
        match = _MOMENT.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if match is None:
            raise Unreadable("must be a local date and time with no offset, YYYY-MM-DDTHH:MM")
        try:
            moment = datetime.fromisoformat(match[1])
        except ValueError:
            raise Unreadable("there is no such day or time; it is YYYY-MM-DDTHH:MM") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Unreadable(_YEARS)
    return moment


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment
    # A moment at the far ends of the calendar cannot change its zone.
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Unreadable(_YEARS)
    return moment.astimezone(LONDON).replace(tzinfo=None)


_YES_NO: Mapping[object, str] = {"yes": "yes", "no": "no"}


def _yes_no(text: Read, cell: object) -> str | None:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return _word(text, _YES_NO, "must be yes or no", cell)


def _word(text: Read, words: Mapping[object, str], allowed: str, cell: object) -> str | None:
    if type(cell) is str and cell in words:
        return words[cell]
    said = text(cell) if isinstance(cell, str) else cell
    if said is None:
        return None
    if not isinstance(said, str) or said.lower() not in words:
        raise Unreadable(allowed)
    return words[said.lower()]


def _open_word(text: Read, words: Mapping[str, str], cell: object) -> str | None:
    if type(cell) is str and cell in words:
        return words[cell]
    said: str | None = text(cell)
    return said and words.get(said.lower(), said)


def _words(text: Read, words: tuple[str, ...], cell: object) -> tuple[str, ...]:
    said = text(cell)
    found = {part.strip().lower() for part in (said or "").split(",")} - {""}
    if not found <= set(words):
        raise Unreadable(f"must be any of {', '.join(words)}, comma separated")
    return tuple(word for word in words if word in found)


def _length(text: Read, cell: object) -> str | None:
    said = text(cell)
    if said is None:
        return None
    try:
        # In its full words, so that a bare `10 days` cannot be read in two ways further on.
        return str(parse_length(said))
    except ValueError as error:
        raise Unreadable(str(error)) from None
