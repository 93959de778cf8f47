"""Words that stand in the records once and nowhere else, so that whatever is sent can be searched for what it must not say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# What a canary stands in: a name, a case's label, an address, a venue, and so on.
NAME, LABEL, EMAIL, ORGANISATION, RECORD = "nm", "lb", "em", "og", "ur"
VENUE, LINK, PERSON, CASE, MEETING, FAMILY = "vn", "ln", "pp", "cc", "mm", "fm"
_KINDS = frozenset({NAME, LABEL, EMAIL, ORGANISATION, RECORD, VENUE, LINK, PERSON, CASE, MEETING, FAMILY})
_NUMBER = re.compile(r"\d{4}q", re.IGNORECASE)
# Numbers that Ofcom keeps for drama; nobody has one.
_MOBILE = re.compile(r"(?:\+44|\b0)\s?7700[\s-]?9\d\d[\s-]?\d\d\d")
# Whatever stands between the words, a tag among it.
_CHILD_IN_NEED = re.compile(r"child(?:ren)?(?:\W|_|<[^>]*>)*in(?:\W|_|<[^>]*>)*need|\bC\.?I\.?N\b", re.IGNORECASE)


@dataclass
class Canaries:
    """Gives each thing a canary of its own."""

    given: dict[str, int] = field(default_factory=dict)

    def new(self, kind: str) -> str:
        number = self.given[kind] = self.given.get(kind, 0) + 1
        return f"{kind}{number:04}q"

    def mobile(self) -> str:
        number = self.given["mobile"] = self.given.get("mobile", -1) + 1
        assert number < 1000
        return f"07700 900{number:03}"


def canaries_in(text: str) -> set[str]:
    """Every canary in a text, in small letters."""
    found = (text[max(one.start() - 2, 0) : one.end()].lower() for one in _NUMBER.finditer(text))
    return {one for one in found if one[:2] in _KINDS}


def mobiles_in(text: str) -> set[str]:
    """Every mobile number in a text, as its last nine digits."""
    return {re.sub(r"\D", "", one)[-9:] for one in _MOBILE.findall(text)}


def says_child_in_need(text: str) -> bool:
    """Whether a text names a child in need, in words or by the short form."""
    return bool(_CHILD_IN_NEED.search(text))
