"""Gathering: what may go in a message that its person gets anyway, so that fewer messages say the same.

People stop reading what comes too often. Where a council's ladder says `reminders: gathered`, a reminder that would go within two
working days goes today, where everybody it is for gets a message today; an all-clear, and a reminder that another one follows,
wait for a person's next message where they have heard something this week already, and for the first working day of the next
week at the latest. What tells of a breach, the last reminder before one, and a date that has changed never wait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

from cin_reminders.case import Case
from cin_reminders.corrections import is_all_clear
from cin_reminders.errors import BeyondCalendarError
from cin_reminders.meeting_notices import MeetingDecision, meeting_untold
from cin_reminders.meeting_stages import REMINDER
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.notices import Decision, decide, untold, why_not_for
from cin_reminders.obligations import Obligation
from cin_reminders.readers import INSIDE
from cin_reminders.recipients import Directory
from cin_reminders.words import count_of
from cin_reminders.working_days import Calendar

AHEAD = 2  # working days


def kept_for_company(
    found: Sequence[Decision], before: Mapping[DutyKey, Sequence[Notice]], on: date, *, company: Collection[str] = ()
) -> list[Decision]:
    """The decisions, with those put off that would be a message of their own and can wait for their person's next one.

    ``company`` are those who get a message for another reason. On the first day of a week nobody has heard anything yet, so
    nothing waits longer than until then.
    """
    heard = days_heard(before, on)
    at_once = {one.notice.key.person_ref for one in found if one.recipient is not None and not _may_wait(one)} | {*company}
    return [
        untold(one, "put_off", _why_waiting(heard[ref]))
        if one.recipient is not None and (ref := one.notice.key.person_ref) in heard and ref not in at_once
        else one
        for one in found
    ]


def meetings_gathered(
    found: Sequence[MeetingDecision],
    ahead: Sequence[MeetingDecision],
    *,
    company: Collection[str],
) -> list[MeetingDecision]:
    """What staff are told of meetings, in as few messages: reminders of the next days go in company, the first waits for it.

    ``ahead`` is what would be decided with the reminders of the next two working days; ``company`` are those who get a message
    for another reason. The first reminder waits until the last one takes its place; that one, and what has become of a meeting,
    never wait. Nor does anything to those who do not work for the council, who are told each on its day.
    """
    told = {*company, *(one.reader.person_ref for one in found if one.reader is not None and not _is_first_reminder(one))}
    sooner = {
        _place(one) for one in ahead if one.reader is not None and one.reader.kind in INSIDE and one.reader.person_ref in told
    }
    # What is said sooner may overtake what would be said today: each place is decided one way or the other.
    gathered = [one for one in ahead if _place(one) in sooner]
    for one in found:
        if _place(one) in sooner:
            continue
        waits = one.reader is not None and _is_first_reminder(one) and one.reader.person_ref not in told
        gathered.append(meeting_untold(one, "put_off", "goes with the next message, or as the last reminder") if waits else one)
    return gathered


def _place(decision: MeetingDecision) -> tuple[str, str]:
    """The meeting and the person of a decision."""
    return decision.notice.meeting_ref, decision.notice.key.person_ref


def _is_first_reminder(decision: MeetingDecision) -> bool:
    reader = decision.reader
    return reader is not None and reader.kind in INSIDE and decision.notice.key.stage == REMINDER


def days_heard(before: Mapping[DutyKey, Sequence[Notice]], on: date) -> Mapping[str, int]:
    """On how many earlier days of this week each person was told something; who was told nothing is left out."""
    monday = on - timedelta(days=on.weekday())
    heard: dict[str, set[date]] = {}
    for known in before.values():
        for one in known:
            if one.outcome == "told" and one.told_on is not None and monday <= one.told_on < on:
                heard.setdefault(one.key.person_ref, set()).add(one.told_on)
    return {ref: len(days) for ref, days in heard.items()}


def _may_wait(decision: Decision) -> bool:
    """Whether a notice is an all-clear, or a reminder after which the same people hear another one before the limit."""
    notice, obligation = decision.notice, decision.obligation
    if is_all_clear(notice.key.stage):
        return True
    days_before = {
        stage: stage.working_days_before
        for stage in obligation.edition.ladder_of(obligation.rule)
        if stage.working_days_before is not None
    }
    this = next((stage for stage in days_before if stage.stage == notice.key.stage), None)
    return (
        notice.urgency == "reminder"
        and this is not None
        and any(days < days_before[this] and set(this.to) <= set(later.to) for later, days in days_before.items())
    )


def _why_waiting(heard: int) -> str:
    return f"the person was told something on {count_of(heard, 'day')} of this week already; goes with the next message"


def brought_forward(
    about: Mapping[DutyKey, tuple[Case, Obligation]],
    before: Mapping[DutyKey, Sequence[Notice]],
    found: Sequence[Decision],
    *,
    directory: Directory,
    calendar: Calendar,
    on: date,
    notify_from: date | None = None,
    company: Collection[str] = (),
) -> Iterator[Decision]:
    """The reminders of the next two working days that go in today's messages (``found``, and those of ``company``).

    Only a reminder of a limit in the procedure that has not passed, and only where all whom it is for get a message today and may
    be told today, since a stage goes to everybody on one day. A duty of which something is decided today is left alone, and so is
    one that started today: there is nothing to remind of yet. Nobody is reminded before ``notify_from``.
    """
    if notify_from is not None and on < notify_from:
        return
    told = {one.notice.key.person_ref for one in found if one.recipient is not None} | {*company}
    decided = {one.notice.key.of_duty for one in found}
    try:
        until = calendar.add(on, AHEAD)
    except BeyondCalendarError:
        return
    for key, (case, obligation) in about.items():
        just_started = obligation.started_on is not None and on <= obligation.started_on
        if obligation.figure != "procedure" or key in decided or just_started:
            continue
        coming = decide(
            case, obligation, before.get(key, ()), directory=directory, calendar=calendar, on=until, notify_from=notify_from
        )
        if coming and all(_may_go_today(one, case, told, directory, on) for one in coming):
            yield from coming


def _may_go_today(decision: Decision, case: Case, told: Collection[str], directory: Directory, on: date) -> bool:
    notice, ref = decision.notice, decision.notice.key.person_ref
    if decision.recipient is None or notice.urgency != "reminder" or ref not in told:
        return False
    # Who stands in the day after tomorrow may be nobody to tell today.
    return why_not_for(ref, notice.role, case, decision.obligation, directory, on) is None
