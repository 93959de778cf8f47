"""Small words about words: the nearest allowed one, a name of the contract, a date or a list as people write it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from textwrap import wrap

WIDTH = 100
# Happenings, facts and roles whose name does not read as plain words by itself.
_SPOKEN = {
    "stepped_down_from_cp": "step down from child protection",
    "became_resident": "child resident here",
    "coordinator_criteria_met": "criteria for a coordinator met",
    "parents_agreement_recorded": "parents' agreement recorded",
    "cin_coordinator": "coordinator",
    "due_on": "the date by which the action is due",
    "stable_long_term_plan": "stable long-term plan",
    "long_term_support": "long-term support",
    "supervision_order_ends": "the day the supervision order ends",
    "planning_meeting_on": "the day of the planning meeting",
}


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


def day_in_full(day: date, on: date | None) -> str:
    """A day with its weekday: `Friday 8 May`, and with its year where that is not the year of ``on``."""
    return f"{day:%A} {day.day} {day:%B}" + ("" if on and day.year == on.year else f" {day.year}")


def spoken(name: str) -> str:
    """The name of a happening, a fact or a role, in plain words."""
    return _SPOKEN.get(name, name.replace("_", " "))


def either(kinds: Sequence[str]) -> str:
    """Several kinds of happening as people say them: `initial, review or closing meeting held`."""
    meetings = [kind.removesuffix("_meeting_held") for kind in kinds if kind.endswith("_meeting_held")]
    others = [spoken(kind) for kind in kinds if not kind.endswith("_meeting_held")]
    return " or ".join([*([f"{joined(meetings, 'or')} meeting held"] if meetings else []), *others])


def joined(words: Sequence[str], last: str) -> str:
    """Several words as one list: `AB 12, CD 34 and EF 56`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def labelled(label: str, text: str, indent: int) -> Iterator[str]:
    """A label with its text beside it, folded at 100 columns so that the text starts at ``indent``; nothing for no text."""
    if text:
        first, *rest = wrap(text, WIDTH - indent)
        yield f"  {label:<{indent - 2}}{first}"
        yield from (" " * indent + line for line in rest)
