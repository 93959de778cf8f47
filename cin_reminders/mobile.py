"""A mobile number as people write it, read into the one form that can be written to."""

from __future__ import annotations

import re

# What people put between the figures of a number. A slash or a comma is none of it: that would be two numbers.
_BETWEEN = re.compile(r"[\s().\u2010-\u2015-]+")
# Mobile numbers of the United Kingdom after +44, Isle of Man included (7624). 70 is for numbers that forward calls, 76 for
# pagers: https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbering-data.
_UK_MOBILE = re.compile(r"(?:\+44|0044|0)(7(?:[1-57-9][0-9]{8}|624[0-9]{6}))")
# Another country's number has its code and at most 15 figures (ITU-T E.164); those of +1 and +7 have eleven.
_FOREIGN = re.compile(r"\+(?:[17][0-9]{10}|(?!44)[2-689][0-9]{7,14})")


def read_mobile(text: str) -> str | None:
    """The one mobile number that a text is, as `+447700900123`, or None where it is none that could be texted.

    A number of the United Kingdom may begin with 07, +447 or 00447, with blanks, brackets, dots and hyphens anywhere, and with
    the (0) that some write after +44. Another country's begins with its + and is kept where its length is possible: without
    the + a slip in a number from here would be somebody's number elsewhere.
    """
    figures = _BETWEEN.sub("", re.sub(r"^(\s*(?:\+|00)\s*44)\s*\(0\)", r"\1", text))
    if at_home := _UK_MOBILE.fullmatch(figures):
        return f"+44{at_home[1]}"
    return figures if _FOREIGN.fullmatch(figures) else None
