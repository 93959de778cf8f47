"""Whether a meeting is booked, and in time: the checks that set a meeting, or the lack of one, against the limit.

``due_on`` is the limit and is never moved. What the council asks for without a figure in the procedure is never called a breach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cin_reminders.case import Case, Meeting, Person
from cin_reminders.errors import BeyondCalendarError
from cin_reminders.facts import protected_periods
from cin_reminders.meeting_check import Circumstances, MeetingCheck, Obligations, Occasion, met_by_meeting, raised
from cin_reminders.obligations import Obligation
from cin_reminders.recipients import meeting_of
from cin_reminders.words import count_of, day_in_words
from cin_reminders.working_days import Calendar

# How many working days before the limit a breach is foreseen where nothing is booked.
FORESEEN_BEFORE = 10
_DAY = timedelta(days=1)


def days_left(due_on: date, on: date, chair: Person | None, calendar: Calendar) -> tuple[date, ...]:
    """The days after ``on``, up to and including the limit, on which the council is open and the chair is not away.

    With no chair, the open days alone. Raises BeyondCalendarError where the limit lies past the calendar.
    """
    days = (on + _DAY * number for number in range(1, (due_on - on).days + 1))
    return tuple(day for day in days if calendar.is_open_day(day) and not (chair and chair.is_away_on(day)))


def likely_chair(case: Case, circumstances: Circumstances) -> tuple[Person, str] | None:
    """Who would chair a meeting that nobody has booked, with what makes them so; None where the records name nobody.

    The chair of the last meeting held; else the coordinator; else the lead practitioner. Somebody who has left is passed over.
    """
    directory, on = circumstances.directory, circumstances.on
    last = last_held(case, on)
    named = [(last.chair_ref, "who chaired the last meeting")] if last and last.chair_ref else []
    for role, why in (("cin_coordinator", "the coordinator"), ("lead_practitioner", "the lead practitioner")):
        named += [(ref, why) for ref in directory.holding(case, role, on)]
    found = ((directory.people.get(ref), why) for ref, why in named)
    return next(
        ((one, why) for one, why in found if one and one.kind == "professional" and not one.has_left_by(on)),
        None,
    )


def last_held(case: Case, on: date) -> Meeting | None:
    """The last meeting of a case held by the day; None where none was."""
    held = [one for one in case.meetings if one.held_on and one.held_on <= on]
    return max(held, key=lambda one: (one.held_on, one.scheduled_at, one.meeting_ref)) if held else None


def booked_late(occasion: Occasion, obligations: Obligations) -> Iterator[MeetingCheck]:
    """The meeting is booked for a day after the limit of a duty that it is to meet, and none is booked before it."""
    on, calendar = occasion.circumstances.on, occasion.circumstances.calendar
    found: dict[tuple[str, date], list[tuple[Case, Obligation]]] = {}
    for case, meeting in occasion.sitting.meetings:
        for one in obligations.get(case.case_ref, ()):
            if met_by_meeting(one) and one.due_on and one.due_on < occasion.sitting.day:
                nearest = meeting_of(case, one, on)
                if nearest and nearest.meeting_ref == meeting.meeting_ref:
                    found.setdefault((one.duty, one.due_on), []).append((case, one))
    for (_, due_on), rows in found.items():
        cases, first = [case for case, _ in rows], rows[0][1]
        # Past the calendar nobody knows which days are working days.
        late = calendar.between(due_on, occasion.sitting.day) if occasion.sitting.day <= calendar.last else 0
        by = f"{count_of(late, 'working day')} after" if late else "after"
        limit = "the limit of the procedure" if first.figure == "procedure" else "the day that the council asks for"
        yield raised(
            occasion,
            cases,
            name="booked_late",
            what=f"The meeting is on {day_in_words(occasion.sitting.day)}, {by} {limit} for “{first.rule.title}”"
            f"{occasion.of(cases)}: {day_in_words(due_on)}.",
            why="The plan is not looked at in the time in which it has to be, and support for the child may wait.",
            do=_bring_forward(first, on, "Move it to"),
        )


def not_booked(case: Case, obligations: Sequence[Obligation], circumstances: Circumstances) -> Iterator[MeetingCheck]:
    """Nothing is booked, and the limit is 10 working days away or fewer: a breach foreseen. Once past, it is overdue."""
    for one in not_booked_for(case, obligations, circumstances):
        if one.due_on:
            yield _not_booked(case, one, one.due_on, circumstances)


def not_booked_for(case: Case, obligations: Sequence[Obligation], circumstances: Circumstances) -> Iterator[Obligation]:
    """The obligations of a case for which a meeting ought to be booked by now and none is."""
    on = circumstances.on
    for one in obligations:
        if met_by_meeting(one) and one.due_on and on <= one.due_on and meeting_of(case, one, on) is None:
            try:
                if circumstances.calendar.back(one.due_on, FORESEEN_BEFORE) <= on:
                    yield one
            except BeyondCalendarError:
                continue


def days_left_in_words(case: Case, due_on: date, circumstances: Circumstances) -> tuple[str, str]:
    """How many working days are left to hold a meeting that nobody has booked, and the last one; then what to do."""
    calendar, on = circumstances.calendar, circumstances.on
    chair = likely_chair(case, circumstances)
    person = chair[0] if chair else None
    left = days_left(due_on, on, person, calendar)
    today = calendar.is_open_day(on) and not (person and person.is_away_on(on))
    free = f" on which {chair[0].name}, {chair[1]}, is not away" if chair else ""
    rest = "" if chair else " The records name nobody who would chair it."
    if left:
        are = "is 1 working day" if len(left) == 1 else f"are {len(left)} working days"
        last = day_in_words(left[-1])
        return f"There {are} left{free}; the last is {last}.{rest}", f"Book the meeting for {last} or earlier."
    if today:
        return f"Today is the last working day{free}.{rest}", "Hold the meeting today, or say why it cannot be held in time."
    said = f"No working day is left{free}.{rest}"
    return said, "Ask somebody else to chair, or say why the meeting cannot be held in time."


def _not_booked(case: Case, obligation: Obligation, due_on: date, circumstances: Circumstances) -> MeetingCheck:
    said, do = days_left_in_words(case, due_on, circumstances)
    limit = "is due by" if obligation.figure == "procedure" else "is asked for by the council by"
    return MeetingCheck(
        name="not_booked",
        what=f"No meeting is booked for “{obligation.rule.title}” of {case.label}, which {limit} {day_in_words(due_on)}. {said}",
        why="A meeting that is not booked by now is seldom held in time: people need notice, and the family has to be asked.",
        do=do,
        case_refs=(case.case_ref,),
    )


def review_agreed_late(case: Case, obligations: Sequence[Obligation], circumstances: Circumstances) -> Iterator[MeetingCheck]:
    """The review date agreed at the last meeting lies past the limit that this meeting started."""
    last = last_held(case, circumstances.on)
    agreed_on = last.next_review_on if last else None
    if last is None or agreed_on is None:
        return
    limits = [one for one in obligations if one.start_ref == last.meeting_ref and met_by_meeting(one) and one.due_on]
    for one in limits:
        if one.due_on and agreed_on > one.due_on:
            limit = "the limit of the procedure" if one.figure == "procedure" else "the day that the council asks for"
            yield MeetingCheck(
                name="review_agreed_late",
                what=f"The next review of {case.label} was agreed for {day_in_words(agreed_on)}, "
                f"after {limit}: {day_in_words(one.due_on)}.",
                why="Whoever keeps to what was agreed misses the limit.",
                do=_bring_forward(one, circumstances.on, "Agree a date on"),
                case_refs=(case.case_ref,),
            )


def review_agreed_passed(case: Case, circumstances: Circumstances) -> Iterator[MeetingCheck]:
    """The review date agreed at the last meeting has passed, and no meeting is recorded since."""
    on = circumstances.on
    last = last_held(case, on)
    if last is None or last.next_review_on is None or last.next_review_on >= on or not case.is_open_on(on):
        return
    # Under child protection and in care other procedures say when people meet.
    if any(period.covers(on) for period in protected_periods(case, read_on=on)):
        return
    yield MeetingCheck(
        name="review_agreed_passed",
        what=f"The next review of {case.label} was agreed for {day_in_words(last.next_review_on)}, "
        f"and no meeting is recorded since the one of {day_in_words(last.held_on or last.next_review_on)}.",
        why="The family and everybody else was told that date, and may think that nobody looks at the plan any more.",
        do="Record the meeting if it was held; if not, book one and tell everybody.",
        case_refs=(case.case_ref,),
    )


def _bring_forward(obligation: Obligation, on: date, how: str) -> str:
    by = obligation.book_by or obligation.due_on
    if by is None or by < on:
        return "That day has passed: hold the meeting as soon as everybody can come, and say why it is late."
    return f"{how} {day_in_words(by)} or earlier, or say why it cannot be held in time."
