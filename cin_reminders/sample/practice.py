"""How a well-run council works under each of the five procedures: the lengths and the papers that its day is made of.

The lengths repeat figures of the policy packs on purpose: the made-up council must look the same when a pack changes, as a
real council would until it has changed its ways.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from cin_reminders.errors import BeyondCalendarError, UsageError
from cin_reminders.length import parse_length
from cin_reminders.working_days import make_calendar

_DAYS_BACK = range(1, 1000)  # working days: four years, longer than any length below


@dataclass(frozen=True, kw_only=True, slots=True)
class Practice:
    """What one procedure makes of an ordinary plan; lengths are written as in the procedure."""

    start_events: tuple[str, ...] = ("plan_agreed",)
    first_meeting: str
    first_review: str
    further_review: str
    most_reviews: int = 6
    share_days: tuple[int, int] = (2, 4)  # working days from a meeting to its record and plan
    after_meeting: tuple[str, ...] = ()  # events recorded after each meeting
    assessment_before_meeting: bool = False
    parents_agree: bool = False
    coordinators: bool = False
    plan_types: tuple[str, ...] = ("child_in_need",)
    shorter_interval: str = "4 weeks"
    longer_interval: str | None = None  # with exceptional circumstances; None where the procedure allows none
    stable_interval: str | None = None  # for a disabled child with a stable long-term plan

    def review_length(self, meetings_held: int) -> str:
        """How long after the latest meeting the next review is due, when so many have been held."""
        return self.first_review if meetings_held == 1 else self.further_review


PRACTICES: dict[str, Practice] = {
    "cumbria": Practice(
        first_meeting="15 working days",
        first_review="8 weeks",
        further_review="8 weeks",
        after_meeting=("oversight_recorded",),
        longer_interval="12 weeks",
    ),
    "salford": Practice(
        first_meeting="5 working days",
        first_review="3 months",
        further_review="3 months",
        parents_agree=True,
        coordinators=True,
        shorter_interval="8 weeks",
        longer_interval="6 months",
    ),
    "specialist-childrens-services": Practice(
        first_meeting="5 working days",
        first_review="3 months",
        further_review="6 months",
        most_reviews=4,
        assessment_before_meeting=True,
        shorter_interval="8 weeks",
    ),
    "psw-brief-2020": Practice(
        start_events=("assessment_completed", "plan_agreed"),
        first_meeting="5 calendar days",
        first_review="8 weeks",
        further_review="8 weeks",
    ),
    "norfolk": Practice(
        first_meeting="5 working days",
        first_review="6 weeks",
        further_review="6 weeks",
        after_meeting=("plan_recorded",),
        plan_types=("child_in_need", "child_in_need", "child_in_need", "family_support"),
        longer_interval="10 weeks",
        stable_interval="12 weeks",
    ),
}


def practice_of(policy: str) -> Practice:
    """The practice of a council under one of the five procedures; raises UsageError for any other."""
    if policy not in PRACTICES:
        raise UsageError(f"There is no made-up council for the policy {policy!r}: choose one of {', '.join(sorted(PRACTICES))}.")
    return PRACTICES[policy]


class Diary:
    """The working days of England, counted backwards and forwards from the days of a made-up history."""

    def __init__(self) -> None:
        self._calendar = make_calendar()

    def after(self, day: date, count: int) -> date:
        """The working day so many after a day; with 0, the day itself or the next working day."""
        return self._calendar.add(day, count) if count else self._calendar.open_on_or_after(day)

    def before(self, day: date, count: int) -> date:
        """The working day so many before a day; with 0, the day itself or the working day before it."""
        return self._calendar.back(day, count)

    def limit(self, start: date, length: str) -> date:
        """The last day in time of a length such as `8 weeks` that starts on a day."""
        due_on = self._calendar.due_on(start, parse_length(length))
        if due_on is None:
            raise BeyondCalendarError(f"{length} from {start.isoformat()} lies outside the working-day calendar")
        return due_on

    def earliest_start(self, length: str, end: date) -> date:
        """The earliest working day from which a length still reaches the end."""
        return self.before(end, max(1, self._days_back(end, lambda start: self.limit(start, length) >= end)))

    def latest_start(self, length: str, end: date) -> date:
        """The latest working day from which a length ends on the given day or before it."""
        return self.before(end, 1 + self._days_back(end, lambda start: self.limit(start, length) > end))

    def _days_back(self, end: date, reaches: Callable[[date], bool]) -> int:
        """From how many working days before the end it still reaches: the later the start, the later the limit."""
        return bisect_left(_DAYS_BACK, True, key=lambda count: not reaches(self.before(end, count)))
