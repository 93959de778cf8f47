"""Religious festivals on or near a day: an advisory for whoever books a meeting, never tied to any family's faith.

The days are those of ``holidays`` for Israel (Jewish festivals), India (Diwali, Holi, Vaisakhi) and Singapore (Eid, Lunar New
Year), and of ``dateutil`` for Orthodox Easter. Bank holidays have a check of their own, so Christmas is not repeated here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays
from dateutil.easter import EASTER_ORTHODOX, easter

from cin_reminders.words import day_in_words

_DAY = timedelta(days=1)
_ESTIMATED = " (estimated)"
# What the library has of India's festivals, which it keeps by list and not by rule.
_INDIA = (2001, 2035)
# Each source's own name of a festival, and what it is called here.
_JEWISH = {
    "Pesach": "Passover",
    "Seventh day of Pesach": "Passover (last days)",
    "Shavuot": "Shavuot",
    "Rosh Hashanah": "Rosh Hashanah",
    "Yom Kippur": "Yom Kippur",
    "Sukkot": "Sukkot",
    "Simchat Torah / Shemini Atzeret": "Simchat Torah (with Shemini Atzeret)",
}
# In Israel these are one day; elsewhere each has a second.
_LONGER_ABROAD = frozenset(_JEWISH) - {"Rosh Hashanah", "Yom Kippur"}
_INDIAN = {"Diwali": "Diwali", "Holi": "Holi", "Vaisakhi": "Vaisakhi"}
_MUSLIM = {"Eid al-Fitr": "Eid al-Fitr", "Eid al-Adha": "Eid al-Adha"}
_SINGAPORE = {"Chinese New Year": "Lunar New Year", **_MUSLIM}
_AT_SUNSET = {*_JEWISH.values(), *_MUSLIM.values()}
_ORTHODOX = {"Orthodox Good Friday": -2, "Orthodox Easter": 0}
FESTIVALS = (*_JEWISH.values(), *_INDIAN.values(), *_SINGAPORE.values(), *_ORTHODOX)


@dataclass(frozen=True, kw_only=True, slots=True)
class Festival:
    """A festival from its first day to its last. ``is_sure`` False: it may fall a day earlier or later.

    ``at_sunset``: it begins at sunset on the evening before its first day.
    """

    name: str
    first_on: date
    last_on: date
    is_sure: bool
    at_sunset: bool

    def is_near(self, day: date) -> bool:
        """Whether a day is one on which the festival may fall, or the day before the first of these."""
        doubt = _DAY * (not self.is_sure)
        return self.first_on - doubt - _DAY <= day <= self.last_on + doubt

    def __str__(self) -> str:
        days = day_in_words(self.first_on) + (f" to {day_in_words(self.last_on)}" if self.last_on > self.first_on else "")
        said = f"{self.name} is on {days}" if self.is_sure else f"{self.name} is expected on {days}, a day either side"
        return said + (", from sunset the evening before" if self.at_sunset else "")


def festivals_near(day: date) -> tuple[Festival, ...]:
    """The festivals that fall on a day or begin on the next, as far as the sources know of them; in order of their days."""
    # Some days either side of the new year belong to a festival of the other year.
    years = range((day - 7 * _DAY).year, (day + 7 * _DAY).year + 1)
    found = [one for year in years for one in _festivals_of(year) if one.is_near(day)]
    return tuple(sorted(found, key=lambda one: (one.first_on, one.name)))


def not_known(year: int) -> tuple[str, ...]:
    """The festivals of which the sources say nothing in a year, so that a silence is not taken for a day that suits everybody.

    From 2036 these are Diwali, Holi and Vaisakhi. No year passes without each of the festivals.
    """
    found = {one.name for one in _festivals_of(year)}
    return tuple(name for name in FESTIVALS if name not in found)


@cache
def _festivals_of(year: int) -> tuple[Festival, ...]:
    return (
        *_by_country("IL", year, _JEWISH),
        *(_by_country("IN", year, _INDIAN) if _INDIA[0] <= year <= _INDIA[1] else ()),
        *_by_country("SG", year, _SINGAPORE),
        *_orthodox(year),
    )


def _by_country(country: str, year: int, names: dict[str, str]) -> Iterator[Festival]:
    # Without the language the names follow the machine's own.
    categories = ("public", "optional") if country == "IN" else ("public",)
    listed = holidays.country_holidays(country, years=year, language="en_US", categories=categories)
    begun: dict[str, Festival] = {}
    for day, label in sorted(listed.items()):
        for one in label.split("; "):
            name = one.removesuffix(_ESTIMATED)
            if name not in names:
                continue
            earlier = begun.get(name)
            if earlier and day - earlier.last_on == _DAY:
                festival = _festival(names[name], earlier.first_on, day, is_sure=earlier.is_sure)
            else:
                if earlier:
                    yield earlier  # twice in one year, as an Eid may be
                last_on = day + _DAY if name in _LONGER_ABROAD else day
                # A lunar month begins when the moon is seen, which differs from place to place.
                is_sure = names[name] not in _MUSLIM and not one.endswith(_ESTIMATED)
                festival = _festival(names[name], day, last_on, is_sure=is_sure)
            begun[name] = festival
    yield from begun.values()


def _orthodox(year: int) -> Iterator[Festival]:
    sunday = easter(year, EASTER_ORTHODOX)
    for name, days in _ORTHODOX.items():
        day = sunday + days * _DAY
        yield _festival(name, day, day, is_sure=True)


def _festival(name: str, first_on: date, last_on: date, *, is_sure: bool) -> Festival:
    return Festival(name=name, first_on=first_on, last_on=last_on, is_sure=is_sure, at_sunset=name in _AT_SUNSET)
