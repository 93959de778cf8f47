"""Courtesy copies: what people are told by e-mail today, once more as a card in the Teams channels that the council named.

A card is never the only copy of anything, so nothing here decides who is told; it only says which channel shows it too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from cin_reminders.case import Case
from cin_reminders.notice import DutyKey
from cin_reminders.notices import Decision
from cin_reminders.obligations import Obligation
from cin_reminders.recipients import MANAGERS

_PREFIX = "teams:"
_WHY = "a copy of what people are told by e-mail"


def channel_ref(name: str) -> str:
    """What the ledger writes in a person's place for a Teams channel."""
    return _PREFIX + name


def channel_name(ref: str) -> str | None:
    """The name of a Teams channel, as the settings have it; None for a person's reference."""
    return ref.removeprefix(_PREFIX) if ref.startswith(_PREFIX) else None


def by_channel(
    told: Mapping[str, Sequence[Decision]],
    about: Mapping[DutyKey, tuple[Case, Obligation]],
    *,
    managers: Mapping[str, str],
    known: Collection[str] | None,
) -> dict[str, tuple[Decision, ...]]:
    """The day's copies by Teams channel: what a team's managers are told, and what a person with a channel of their own is.

    ``managers`` names the channel of each team; ``known`` are the channels that can be shown a card, None for any. A stage that
    several people are told stands once on one card.
    """
    found: dict[str, dict[tuple[DutyKey, str], Decision]] = {}
    for decisions in told.values():
        for one in decisions:
            case, _ = about[one.obligation.key]
            names = {one.recipient.person.teams_channel} if one.recipient else set()
            if one.notice.role in MANAGERS:
                names.add(managers.get(case.team or ""))
            for name in names:
                if not name or (known is not None and name not in known):
                    continue
                key = replace(one.notice.key, person_ref=channel_ref(name))
                copy = replace(one, notice=replace(one.notice, key=key, role="", urgency="reminder", reason=_WHY))
                found.setdefault(channel_ref(name), {}).setdefault((one.obligation.key, key.stage), copy)
    return {ref: tuple(copies.values()) for ref, copies in found.items()}
