"""How long a procedure, a plan or a person allows: ``15 working days``, ``8 weeks``, ``3 months``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Unit = Literal["working days", "calendar days", "weeks", "months"]

UNITS: tuple[Unit, ...] = get_args(Unit)
LONGEST = 9999
ALLOWED = f"a length is `N working days`, `N calendar days`, `N weeks` or `N months`, N a whole number from 1 to {LONGEST}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """A whole number of working days, calendar days, weeks or months, at least 1.

    A week is 7 days. A month runs to the corresponding date, or to the month's last day where there is none. Raises
    ValueError, which says what is allowed.
    """

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.count <= LONGEST or self.unit not in UNITS:
            raise ValueError(ALLOWED)

    def __str__(self) -> str:
        return f"{self.count} {self.unit.removesuffix('s') if self.count == 1 else self.unit}"


def parse_length(text: str, *, bare_days: bool = True) -> Length:
    """Read a length as people write it: ``15 working days``, ``1 Month``, ``6  weeks``.

    ``10 days`` with no other word means calendar days, the stricter reading; with ``bare_days=False`` it is refused.
    Raises ValueError, which says what is allowed and never repeats the text, since a record may hold a name there.
    """
    words = text.lower().split()
    number, unit = (words[0], " ".join(words[1:])) if words else ("", "")
    if not unit.endswith("s"):
        unit += "s"
    if unit == "days":
        if not bare_days:
            raise ValueError(f"`days` alone is not clear, say `working days` or `calendar days`: {ALLOWED}")
        unit = "calendar days"
    # int() would take `+5`, `1_0` and digits of other scripts.
    if unit not in UNITS or not (number.isascii() and number.isdecimal()):
        raise ValueError(ALLOWED)
    return Length(count=int(number), unit=unit)
