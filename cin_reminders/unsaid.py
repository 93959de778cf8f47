"""What no family and no partner may read: that a meeting is about a child in need."""

from __future__ import annotations

import re

_PHRASE = re.compile(r"child(?:ren)?(?:[’']s)?[\W_]*in[\W_]*need", re.IGNORECASE)
# As a word of its own and in capitals: a link or an address on the web may hold the three letters by chance.
_SHORT = re.compile(r"(?<![A-Za-z0-9])C\.?I\.?N(?![A-Za-z0-9])")


def says_child_in_need(text: str) -> bool:
    """Whether a text names "child in need", in whatever spelling, or by its short form as a word in capitals."""
    return bool(_PHRASE.search(text) or _SHORT.search(text))
