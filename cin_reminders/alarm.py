"""The alarm: those who run the service are told that something is wrong with it, by the council's own e-mail and Teams.

It goes in every mode, a rehearsal's included, since it says nothing of a case or a person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from html import escape

from cin_reminders.channels import Channel, ChannelDown, Doubtful, NotSent
from cin_reminders.channels.mime import message_id
from cin_reminders.errors import CinRemindersError
from cin_reminders.letter import Letter
from cin_reminders.outgoing import channels_to_operator, close
from cin_reminders.rendering import plain
from cin_reminders.settings import Settings


class NotTold(CinRemindersError):
    """An alarm could not be handed over. The text says by which channel and why, and holds no address."""


def tell_operator(settings: Settings, subject: str, body: str, clock: Callable[[], datetime]) -> None:
    """Send an alarm to ``watch.operator`` and to ``watch.operator_channel``, those of the two that the settings name.

    Both are tried, whatever becomes of the other. Raises NotTold with why for each that failed, and SettingsError where a
    channel cannot be made.
    """
    channels = channels_to_operator(settings, clock)
    try:
        faults = [fault for name, channel in channels.items() if (fault := _sent(name, channel, settings, subject, body, clock))]
    finally:
        close(channels)
    if faults:
        raise NotTold("; ".join(faults))


def _sent(name: str, channel: Channel, settings: Settings, subject: str, body: str, clock: Callable[[], datetime]) -> str | None:
    lines = [plain(line) for line in body.splitlines() if line.strip()]
    subject = plain(subject)
    letter = _card(settings, subject, lines) if name == "teams" else _letter(settings, subject, lines, clock())
    try:
        channel.send(letter)
    except (NotSent, ChannelDown, Doubtful) as error:
        return f"{name}: {error}"
    return None


def _letter(settings: Settings, subject: str, lines: list[str], moment: datetime) -> Letter:
    key = f"alarm {moment.isoformat()}"
    domain = settings.email.from_address.rpartition("@")[2]
    return Letter(
        key=key,
        message_id=message_id(key, secret=settings.council.encode(), domain=domain),
        to_address=settings.watch.operator or "",
        to_name="",
        subject=subject,
        text="\n".join(lines) + "\n",
        html="".join(_paragraphs(lines)),
    )


def _paragraphs(lines: list[str]) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>Child in Need reminders</title></head><body>\n'
    yield from (f"<p>{escape(line)}</p>\n" for line in lines)
    yield "</body></html>\n"


def _card(settings: Settings, subject: str, lines: list[str]) -> Letter:
    blocks = [{"type": "TextBlock", "text": text, "wrap": True} for text in (subject, *lines)]
    schema = "http://adaptivecards.io/schemas/adaptive-card.json"
    card = {"$schema": schema, "type": "AdaptiveCard", "version": "1.4", "body": blocks}
    return Letter(
        key="alarm",
        message_id="",
        to_address=settings.watch.operator_channel or "",
        to_name="",
        subject=subject,
        text="\n".join((subject, *lines)) + "\n",
        html="",
        card=json.dumps(card),
    )
