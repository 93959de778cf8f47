"""What is posted to a Teams channel for an Adaptive Card, to the octet."""

from __future__ import annotations

import json

# Teams takes 28 KB, measured after it has written the card in its own way: https://learn.microsoft.com/connectors/teams.
MOST_OCTETS = 20 * 1024


def posted(card_json: str) -> bytes:
    """The octets that are posted for an Adaptive Card: at most ``MOST_OCTETS`` of them can go.

    Everything outside ASCII is written as an escape, which is the longest that Teams can make of it. Raises ValueError for
    what is no Adaptive Card in JSON.
    """
    try:
        card = json.loads(card_json)
    except RecursionError:
        card = None
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise ValueError("is not an Adaptive Card in JSON")
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return json.dumps({"type": "message", "attachments": [attachment]}, separators=(",", ":"), allow_nan=False).encode()
