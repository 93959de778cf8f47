"""Small words about words: the nearest allowed one, a date as people write it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches


def nearest(word: str, allowed: Iterable[str]) -> str:
    """An ending for an error: the allowed word most like this one, or all of them where none is near."""
    allowed = tuple(allowed)
    match = get_close_matches(word, allowed, n=1, cutoff=0.6)
    if match:
        return f"; did you mean {match[0]!r}?"
    return f"; allowed: {', '.join(allowed)}"


def day_in_words(day: date) -> str:
    """A date as people write it, with its weekday: `Mon 4 May 2026`."""
    return f"{day:%a} {day.day} {day:%b} {day.year}"


def count_of(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 review`, `3 reviews`."""
    return f"{number} {one if number == 1 else (many or one + 's')}"
