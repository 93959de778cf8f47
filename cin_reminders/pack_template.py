"""A new council's pack, begun from one that stands: the same rules and comments under the new council's own name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date

from cin_reminders.policy import PACK_ID

ID_ALLOWED = "an id begins with a small letter and goes on with small letters, figures and hyphens"
_DRAFT = "draft"


def begun_pack(
    edition: str, examples: str | None, *, source: str, new_id: str, council: str | None, in_force_on: date
) -> Mapping[str, str]:
    """The files of the new pack by their names: one edition, and the worked examples if the source has them.

    ``edition`` and ``examples`` are the source's YAML. Every comment and every rule is kept; id, council, edition and day are
    the new one's. Without a council's name the id stands for it. Raises ValueError for an id that no pack may have.
    """
    if not re.fullmatch(PACK_ID, new_id):
        raise ValueError(f"{new_id!r} cannot be a pack's id: {ID_ALLOWED}")
    heading = (
        f"# Begun from the pack {source}. Read every clause beside your own chapter, change what differs, and delete this line.\n"
    )
    text = edition
    for key, value in (
        ("policy", new_id),
        ("council", json.dumps(council or new_id.replace("-", " ").title(), ensure_ascii=False)),
        ("edition", _DRAFT),
        ("in_force_on", in_force_on.isoformat()),
    ):
        text = _with_value(text, key, value)
    files = {f"{in_force_on.isoformat()}.yaml": heading + text}
    return files | ({"examples.yaml": examples} if examples is not None else {})


def _with_value(text: str, key: str, value: str) -> str:
    """The text with another value behind a key; a comment behind the value stays."""
    # Only at the beginning of a line: the same word further in belongs to something else.
    pattern = rf"""(?m)^{key}:[ \t]*(?:"[^"\n]*"|'[^'\n]*'|[^#\n]*?)(?P<comment>[ \t]+\#.*)?$"""
    return re.sub(pattern, lambda found: f"{key}: {value}{found['comment'] or ''}", text, count=1)
