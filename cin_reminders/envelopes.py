"""Envelopes: which message carries what a person is told on a day, by which channel it goes, and by which other if that fails."""

from __future__ import annotations

from collections.abc import Sequence

from cin_reminders.day import Day
from cin_reminders.meeting_letters import NOTIFY, goes_by_notify
from cin_reminders.meeting_notices import MeetingDecision
from cin_reminders.notice import Message
from cin_reminders.notices import Decision
from cin_reminders.readers import INSIDE


def message_for(day: Day, person_ref: str, decisions: Sequence[Decision], of_meetings: Sequence[MeetingDecision] = ()) -> Message:
    """The message that carries a person's notices of the day. It is urgent where any of them tells of a breach.

    Somebody of the family hears by GOV.UK Notify, everybody else as the council sends its e-mail.
    """
    # What they are told in their own right says as whom they get it, before what they only pass on.
    sat = sorted(of_meetings, key=lambda one: one.reader is None or one.reader.kind not in INSIDE)
    notices = [*(one.notice for one in decisions), *(one.notice for one in sat)]
    urgent = [one for one in notices if one.urgency == "escalation"]
    first = urgent[0] if urgent else notices[0]
    reader = sat[0].reader if sat and not decisions else None
    by_notify = reader is not None and goes_by_notify(reader)
    return _message(
        day,
        person_ref,
        NOTIFY if by_notify else day.settings.delivery.first_channel,
        role=first.role,
        urgency=first.urgency,
        person_kind=reader.person.kind if reader is not None and reader.person is not None else "professional",
    )


def card_for(day: Day, channel_ref: str) -> Message:
    """The message that carries a Teams channel's card of the day: a courtesy, never an escalation."""
    return _message(day, channel_ref, "teams", person_kind="channel")


def own_channel(day: Day, person_ref: str) -> str | None:
    """The Teams channel of a person's own, where the records name one that can be shown a card."""
    person = day.extract.people.get(person_ref)
    name = person.teams_channel if person else None
    return name if name and (day.teams_channels is None or name in day.teams_channels) else None


def other_channel(day: Day, failed: Message) -> Message | None:
    """The message by which the notices of one that failed for good go another way; None where there is no other.

    Teams is a courtesy, so no escalation goes there alone; nor does a Teams card go by e-mail.
    """
    delivery = day.settings.delivery
    if delivery.mode == "folder" or delivery.fallback is None or failed.channel != delivery.first_channel:
        return None
    if delivery.fallback == "teams" and (failed.urgency == "escalation" or own_channel(day, failed.person_ref) is None):
        return None
    return _message(day, failed.person_ref, delivery.fallback, role=failed.role, urgency=failed.urgency)


def _message(
    day: Day, ref: str, channel: str, *, role: str = "", urgency: str = "reminder", person_kind: str = "professional"
) -> Message:
    mode = day.settings.delivery.mode
    return Message(
        key=f"{day.settings.council}/{mode}/{day.on.isoformat()}/{ref}/{channel}",
        mode=mode,
        channel=channel,
        person_ref=ref,
        role=role,
        day=day.on,
        urgency=urgency,
        person_kind=person_kind,
    )
