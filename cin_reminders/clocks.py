"""What starts a clock: each start of a duty in one case, before anything is said of how it stands.

See docs/counting.md, Starts and meetings of duties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cin_reminders.case import Case
from cin_reminders.facts import Period
from cin_reminders.length import Length
from cin_reminders.rule import Start
from cin_reminders.timeline import Happening, Timeline, is_cancelled
from cin_reminders.words import day_in_words, either, spoken
from cin_reminders.working_days import Calendar

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """One start of one duty.

    ``on`` is None where the day is not recorded: ``wanting`` then names the column. ``previous_on`` is the last earlier day on
    which this duty's clock started; ``own_due_on`` a due date that comes with the row itself. ``started_by`` says what
    happened, in words.
    """

    on: date | None
    ref: str
    subject: str | None
    started_by: str = ""
    previous_on: date | None = None
    own_due_on: date | None = None
    wanting: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of a case on a business date, as far as starts ask for it."""

    case: Case
    timeline: Timeline
    calendar: Calendar
    on: date
    protected: tuple[Period, ...]
    had_action_overdue: Callable[[date], bool]

    def is_protected(self, day: date) -> bool:
        """Whether the child was on a child protection plan or looked after on the day."""
        return any(period.covers(day) for period in self.protected)


def clocks(start: Start, known: Known) -> Iterator[Clock]:
    """Every start that lies on or before the business date, earliest first; those without a day come first."""
    if start.action:
        yield from _of_rows(
            known, "due_on", "action agreed", ((one.agreed_on, one.action_ref, one.due_on) for one in known.case.actions)
        )
    elif start.meeting:
        meetings = (one for one in known.case.meetings if not is_cancelled(one, known.on))
        yield from _of_rows(
            known,
            "booked_on",
            "meeting booked",
            ((one.booked_on, one.meeting_ref, _day_before(one.scheduled_at.date(), known.calendar)) for one in meetings),
        )
    elif start.transfer:
        transfers = (one for one in known.case.transfers if one.direction == "out")
        yield from _of_rows(
            known, "known_on", "move to another authority known", ((one.known_on, one.transfer_ref, None) for one in transfers)
        )
    else:
        yield from _of_happenings(_starting(start, known), known)


def _of_rows(
    known: Known, wanting: str, started_by: str, rows: Iterable[tuple[date | None, str, date | None]]
) -> Iterator[Clock]:
    for on, ref, due_on in sorted(rows, key=lambda row: (row[0] or date.min, row[1])):
        if on is None or on <= known.on:
            yield Clock(on=on, ref=ref, subject=ref, started_by=started_by, own_due_on=due_on, wanting=wanting)


def _day_before(meeting_on: date, calendar: Calendar) -> date:
    """The working day before a meeting."""
    return calendar.back(meeting_on - _DAY, 0)


def _of_happenings(happenings: Iterable[Happening], known: Known) -> Iterator[Clock]:
    earlier: date | None = None
    previous: date | None = None
    for happening in happenings:
        if previous is not None and previous < happening.on:
            earlier = previous
        # A start that never counted is no start, so nothing is looked for behind it.
        if not known.is_protected(happening.on):
            previous = happening.on
        yield Clock(
            on=happening.on,
            ref=happening.ref,
            subject=happening.subject,
            started_by=happening.said or either([happening.kind]),
            previous_on=earlier,
        )


def _starting(start: Start, known: Known) -> list[Happening]:
    timeline = known.timeline
    if start.any_of:
        found = [happening for one in start.any_of for happening in _starting(one, known)]
        return sorted(found, key=lambda one: (one.on, one.ref))
    if start.visits_from:
        return _visits(timeline, start.visits_from)
    if start.dispute:
        return _disputes(known, start.dispute)
    if start.end_of:
        return _ends_of(known, start.end_of)
    if start.earliest_of or start.latest_of:
        firsts = [of_kind[0] for kind in (start.earliest_of or start.latest_of or ()) if (of_kind := timeline.of((kind,)))]
        if start.latest_of and len(firsts) < len(start.latest_of):
            return []
        return firsts and [min(firsts) if start.earliest_of else max(firsts)]
    found = [one for one in timeline.of(start.event or ()) if _is_start(start, one, known)]
    return _later(found, start.after, known) if start.after else found


def _later(found: list[Happening], after: Length, known: Known) -> list[Happening]:
    """Each start put a length after its happening, as far as that day has come."""
    later = []
    for one in found:
        day = known.calendar.due_on(one.on, after)
        if day is not None and day <= known.on:
            later.append(replace(one, on=day, said=f"{after} after {either([one.kind])} on {day_in_words(one.on)}"))
    return sorted(later, key=lambda one: (one.on, one.ref))


def _ends_of(known: Known, fact: str) -> list[Happening]:
    """The first day after each period of protection, as far as that day has come."""
    lasts = sorted(period.last for period in known.protected if period.fact == fact and period.last and period.last < known.on)
    return [Happening(last + _DAY, f"{fact}_ended", f"{fact}-ended-{last}", said=f"{spoken(fact)} ended") for last in lasts]


def _is_start(start: Start, happening: Happening, known: Known) -> bool:
    if start.outcome and happening.outcome not in start.outcome:
        return False
    if happening.outcome in start.outcome_not:
        return False
    # A record dated before its meeting is no record of it.
    if happening.kind == "record_shared" and not _held_by(known.case, happening):
        return False
    return not start.action_overdue or known.had_action_overdue(happening.on)


def _held_by(case: Case, document: Happening) -> bool:
    meeting = next(one for one in case.meetings if one.meeting_ref == document.subject)
    return meeting.held_on is not None and meeting.held_on <= document.on


def _visits(timeline: Timeline, first_kind: str) -> list[Happening]:
    """The event and each visit after it; without any such event, each visit. What falls on one day starts once."""
    agreed, visits = timeline.of((first_kind,)), timeline.of(("visit_made",))
    if agreed:
        visits = tuple(visit for visit in visits if visit.on > agreed[0].on)
    by_day: dict[date, Happening] = {}
    for happening in sorted((*agreed, *visits), key=lambda one: (one.on, one.ref)):
        by_day.setdefault(happening.on, happening)
    return list(by_day.values())


def _disputes(known: Known, unanswered_for: Length) -> list[Happening]:
    """A transfer disputed, or notified so long ago and not accepted by then: one start a transfer, on the earlier day."""
    found = []
    for transfer in known.case.transfers:
        days = [transfer.disputed_on] if transfer.disputed_on else []
        until = known.calendar.due_on(transfer.notified_on, unanswered_for) if transfer.notified_on else None
        if until and (transfer.accepted_on is None or transfer.accepted_on > until):
            days.append(until)
        if days and min(days) <= known.on:
            found.append(Happening(min(days), "transfer_disputed", transfer.transfer_ref, transfer.transfer_ref))
    return sorted(found, key=lambda one: (one.on, one.ref))
