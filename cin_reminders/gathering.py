"""Gathering: what may go in a message that its person gets today anyway, so that fewer messages say the same.

People stop reading what comes too often. A reminder that would go within two working days goes today, where everybody it is for
gets a message today; nothing ever waits for it, and what tells of a breach keeps its day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from cin_reminders.case import Case
from cin_reminders.errors import BeyondCalendarError
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.notices import Decision, decide
from cin_reminders.obligations import Obligation
from cin_reminders.recipients import Directory
from cin_reminders.working_days import Calendar

AHEAD = 2  # working days


def brought_forward(
    about: Mapping[DutyKey, tuple[Case, Obligation]],
    before: Mapping[DutyKey, Sequence[Notice]],
    *,
    told: Collection[str],
    decided: Collection[DutyKey],
    directory: Directory,
    calendar: Calendar,
    on: date,
    notify_from: date | None = None,
) -> Iterator[Decision]:
    """The reminders of the next two working days that can go today: ``told`` are the people who get a message today.

    Only a reminder of a limit in the procedure that has not passed, and only where all whom it is for are among ``told``, since a
    stage goes to everybody on one day. ``decided`` are the duties of which something is decided today: they are left alone.
    """
    try:
        until = calendar.add(on, AHEAD)
    except BeyondCalendarError:
        return
    for key, (case, obligation) in about.items():
        if obligation.is_settled or obligation.figure != "procedure" or key in decided:
            continue
        coming = decide(
            case, obligation, before.get(key, ()), directory=directory, calendar=calendar, on=until, notify_from=notify_from
        )
        if coming and all(_may_go_today(one, told, on) for one in coming):
            yield from coming


def _may_go_today(decision: Decision, told: Collection[str], on: date) -> bool:
    notice = decision.notice
    if decision.recipient is None or notice.urgency != "reminder":
        return False
    return notice.stage_on is not None and notice.stage_on > on and notice.key.person_ref in told
