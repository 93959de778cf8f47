"""A breach foreseen: a meeting that ought to be booked by now and is not, told while it can still be mended.

It goes in a message that its reader gets anyway, and never makes one of its own: the first reminder of the ladder comes in any
case, and says how many days are left as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from cin_reminders.booking import FORESEEN_BEFORE, days_left_in_words, not_booked_for
from cin_reminders.case import Case
from cin_reminders.meeting_check import Circumstances, asks_for_meeting
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.notices import Decision, tell_at_once
from cin_reminders.obligations import Obligation
from cin_reminders.recipients import first_told

NOT_BOOKED = "not_booked"


def foreseen(
    about: Mapping[DutyKey, tuple[Case, Obligation]],
    before: Mapping[DutyKey, Sequence[Notice]],
    *,
    decided: Collection[DutyKey],
    told: Collection[str],
    circumstances: Circumstances,
    notify_from: date | None,
) -> Iterator[Decision]:
    """The duties to hold a meeting for which none is booked 10 working days before the limit, told once to those who act first.

    ``decided`` are the duties of which something is told today anyway, ``told`` the people who get a message today. A duty of
    which anybody was told before is left to its ladder.
    """
    for key, (case, obligation) in about.items():
        heard = any(one.outcome in ("told", "planned") for one in before.get(key, ()))
        if heard or key in decided or not asks_for_meeting(obligation.rule):
            continue
        for one in not_booked_for(case, (obligation,), circumstances):
            if one.due_on is None or not _is_due_to_be_said(one, one.due_on, circumstances, notify_from):
                continue
            for role in first_told(case, one, circumstances.directory, circumstances.on):
                for decision in tell_at_once(case, one, NOT_BOOKED, role, circumstances.directory, circumstances.on):
                    if decision.recipient is not None and decision.recipient.person.person_ref in told:
                        yield decision


def still_to_book(case: Case, obligation: Obligation, circumstances: Circumstances) -> str | None:
    """What to say of a meeting that is not booked with its limit near: how many days are left. None where there is no need."""
    if obligation.is_settled or not asks_for_meeting(obligation.rule):
        return None
    found = [one for one in not_booked_for(case, (obligation,), circumstances) if one.due_on]
    if not found or found[0].due_on is None:
        return None
    return f"No meeting is booked. {days_left_in_words(case, found[0].due_on, circumstances)[0]}"


def _is_due_to_be_said(obligation: Obligation, due_on: date, circumstances: Circumstances, notify_from: date | None) -> bool:
    """Whether the day lies after the clock started and after the day from which the council wants to be told."""
    day = circumstances.calendar.back(due_on, FORESEEN_BEFORE)
    if notify_from is not None and day < notify_from:
        return False
    return obligation.started_on is None or day > obligation.started_on
