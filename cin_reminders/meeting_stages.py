"""The stages of a meeting's notices: what each says, and what those that a person was told add up to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from cin_reminders.notice import MeetingNotice, NoticeKey
from cin_reminders.readers import Reader
from cin_reminders.sitting import Sitting

INVITATION, REMINDER, TOMORROW = "invitation", "reminder", "tomorrow"
# In the order in which they are reached, with the working days before the meeting on which each goes.
STAGES = (INVITATION, REMINDER, TOMORROW)
WORKING_DAYS_BEFORE = {REMINDER: 5, TOMORROW: 1}
# What stands as told where a person was told that there is no meeting. No fingerprint is this.
CANCELLED = "cancelled"
CHANGED = "changed"
# To the chair, with the reference of somebody whom no notice of the meeting could be brought to.
UNREACHED = "unreached"
_FOREMOST = (CANCELLED, CHANGED, UNREACHED, TOMORROW, REMINDER, INVITATION)


def is_cancellation(stage: str) -> bool:
    """Whether a stage says that a meeting is cancelled: `cancelled`, or `cancelled-2` once it had been booked again."""
    return kind_of(stage) == CANCELLED


def kind_of(stage: str) -> str:
    """What a stage says, whatever its number: `changed-2` is `changed`."""
    return stage.partition("-")[0]


def foremost(stages: Iterable[str]) -> str:
    """What a reader is told where several stages of one meeting go to them at once: what has become of it, then its day."""
    return min(map(kind_of, stages), key=_FOREMOST.index)


def cannot_wait(stage: str) -> bool:
    """Whether a notice goes even to somebody who had the day's message: tomorrow they may stand before a locked door."""
    return kind_of(stage) in (TOMORROW, CHANGED, CANCELLED)


def unreached_by(before: Sequence[MeetingNotice]) -> tuple[MeetingNotice, ...]:
    """The last notice of each person whom it could not be brought to, by the order of their references."""
    last = {one.key.person_ref: one for one in sorted(filter(went, before), key=in_order)}
    return tuple(last[ref] for ref in sorted(last) if last[ref].outcome == "failed")


def is_chair_unreached(sitting: Sitting, before: Sequence[MeetingNotice]) -> bool:
    """Whether the last notice to the chair could not be brought, so that somebody else has to hear what a chair would."""
    return any(one.key.person_ref == sitting.chair_ref for one in unreached_by(before))


def still_to_reach(unreached: Sequence[MeetingNotice], everybody: Iterable[Reader]) -> tuple[MeetingNotice, ...]:
    """The notices that somebody else may bring: to people who are still asked, and who may be told.

    Whoever must not be contacted any more, or was taken off the list, is never named to anybody as somebody to be told.
    """
    may_be_told = {one.person_ref for one in everybody if one.may_be_told}
    return tuple(one for one in unreached if one.key.person_ref in may_be_told)


def told_to(
    before: Iterable[MeetingNotice], person_ref: str, told_what: str, *, beside: Collection[NoticeKey] = ()
) -> tuple[bool, int]:
    """Whether a person was told something else of a meeting than is said now, and how many cancellations they were told.

    ``beside`` are the keys of the notices that say it now, which the ledger may hold already.
    """
    theirs = [one for one in before if one.key not in beside and one.key.person_ref == person_ref and is_live(one)]
    heard = max(theirs, key=in_order, default=None)
    return heard is not None and heard.told_what != told_what, sum(is_cancellation(one.key.stage) for one in theirs)


def is_still_to_reach(notice: MeetingNotice, everybody: Iterable[Reader]) -> bool:
    """Whether whom a notice says nothing reached is still asked, and may be told by somebody else."""
    about = notice.key.stage
    return any(about.endswith(f"-{one.person_ref}") and one.may_be_told for one in everybody)


def number_of(stage: str) -> int:
    """Which of its kind a stage is: `changed-2` the second, `cancelled` the first."""
    number = stage.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() else 1


def is_live(notice: MeetingNotice) -> bool:
    """Whether the person has been told, or is about to be."""
    return notice.outcome in ("told", "planned")


def in_order(notice: MeetingNotice) -> tuple[int, date]:
    """In the order in which a person's notices of one meeting were planned."""
    return notice.sequence, notice.stage_on or date.min


def went(notice: MeetingNotice) -> bool:
    """Whether a notice was on its way to somebody, whether or not it reached them."""
    return notice.outcome in ("told", "planned", "failed")
