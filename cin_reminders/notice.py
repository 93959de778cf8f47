"""A notice: one obligation or meeting, one stage, one person; and the message that carries notices to a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

# What became of a notice. The closed list: docs/states.md says each in words.
OUTCOMES = (
    "planned",  # stands in a message that has not gone yet
    "told",  # its message was sent
    "superseded",  # a later stage was reached before this one went
    "missed",  # a reminder more than five working days stale when first seen
    "skipped",  # its day falls on or before the day the clock started
    "before_notify_from",  # its day lies before the date from which the council wants to be told
    "historic",  # its day was over when a person had it recorded, and nobody is told late
    "no_recipient",  # nobody could be told, up to the head of service
    "withdrawn",  # no longer true, or no longer for this person, at the moment of sending
    "failed",  # its message failed for good
    "held",  # a person's hold covers it
    "put_off",  # its person had the day's message already
    "over_the_cap",  # more than its person, or its case, gets on one day
)
# A stage with one of these is closed without anybody having been told. A stage that nobody could be told of stays open.
RECORDED = ("superseded", "missed", "skipped", "before_notify_from", "historic")
# A stage with one of these waits for another day: it was to be told, and something kept it.
WAITING = ("held", "put_off", "over_the_cap")
# A stage with one of these may be planned again: nobody has heard of it.
REOPENED = ("withdrawn", "failed", *WAITING)

MESSAGE_STATES = ("planned", "claimed", "sending", "sent", "failed", "uncertain", "withdrawn")


DutyKey = tuple[str, str, str]  # the case, the duty, what started it


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeKey:
    """What makes a notice the same notice on every day. The due date is no part of it: a moved date repeats nothing.

    ``subject`` is the duty's name, or the reference of a meeting. ``person_ref`` is empty where a stage is recorded
    without anybody being told.
    """

    case_ref: str
    subject: str
    start_ref: str
    stage: str
    person_ref: str = ""

    @property
    def of_duty(self) -> DutyKey:
        """What the notice is about, whatever its stage and person."""
        return self.case_ref, self.subject, self.start_ref


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A notice with what was decided about it and why."""

    key: NoticeKey
    outcome: str
    reason: str
    role: str = ""
    due_on: date | None = None
    stage_on: date | None = None
    urgency: str = "reminder"  # or "escalation": a breach
    message_key: str | None = None
    told_on: date | None = None
    was_due_on: date | None = None  # what the person was told before, where it is another date


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingNotice(Notice):
    """A notice of a meeting. Its ``due_on`` is the day of the meeting as the person is told it.

    ``told_what`` is the mark of when and where, or ``cancelled``. ``sequence`` counts how often before the person was told
    something else of this meeting: the number of the calendar file.
    """

    told_what: str
    sequence: int = 0

    @property
    def meeting_ref(self) -> str:
        """The meeting that it is about, whatever case it bears."""
        return self.key.start_ref


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One person's message on one channel on one day, as the ledger holds it."""

    key: str
    mode: str
    channel: str
    person_ref: str
    role: str
    day: date
    urgency: str
    state: str = "planned"
    owner: str | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    next_try_at: datetime | None = None
    reason: str = ""
    subject: str | None = None
    address: str | None = None
    message_id: str | None = None
    settled_at: datetime | None = None
    person_kind: str = "professional"  # as in the records; a doubtful message to anybody else is never sent again by itself
    doubts: int = 0  # how often it was handed over and no answer came
    followed: str = ""  # what became of it after it was taken, where the channel can tell


def key_of_next_part(key: str) -> str:
    """The key of the message that carries on where one ends: after `.../teams` comes `.../teams-2`, then `.../teams-3`."""
    numbered = re.fullmatch(r"(.*/[a-z]+)-(\d+)", key, re.ASCII)
    return f"{numbered[1]}-{int(numbered[2]) + 1}" if numbered else f"{key}-2"
