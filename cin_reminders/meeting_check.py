"""A check on a meeting, and what every check reads: one sitting to come, and the council's own choices.

A check says three things in plain words: what is wrong, why it matters, and what to do. It is written for the chair, so it may
name a professional; it never names a member of a family, and calls a case by its label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cin_reminders.case import Attendee, Case, Person
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Duty, Policy
from cin_reminders.recipients import Directory
from cin_reminders.rule import meeting_kinds_of
from cin_reminders.school_days import SchoolDays
from cin_reminders.sitting import Sitting
from cin_reminders.words import joined
from cin_reminders.working_days import Calendar

# No age stands in the procedures, nor in law; 10 is the age from which the law holds a child to answer for what they do.
UNDERSTANDING_FROM = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingCheck:
    """One thing that is wrong with a meeting, or with the lack of one, for the cases it concerns.

    ``name`` is the same for the same kind of fault on every day. An ``advisory`` one may need nothing done.
    """

    name: str
    what: str
    why: str
    do: str
    case_refs: tuple[str, ...]
    advisory: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What all checks of one day share: the people, the working days, the business date, and what the council has chosen.

    ``school`` None: the council has given no term dates, and nothing is said of lessons. ``understanding_from`` is the age in
    years from which a child is expected to be invited. ``coordinator_chairs``: the procedure asks the coordinator to chair the
    first meeting after a step-down from child protection.
    """

    directory: Directory
    calendar: Calendar
    on: date
    school: SchoolDays | None = None
    understanding_from: int = UNDERSTANDING_FROM
    coordinator_chairs: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """A sitting that is booked and to come, and what is known of the day on which it is looked at."""

    sitting: Sitting
    circumstances: Circumstances

    @property
    def coming(self) -> tuple[Attendee, ...]:
        """Everybody who is listed and has not said no."""
        return tuple(one for one in self.sitting.attendees if one.response != "no")

    def lists(self, capacity: str) -> bool:
        """Whether anybody is listed in a capacity, in another as well or not, whatever they answered."""
        return any(one.capacity == capacity for _, meeting in self.sitting.meetings for one in meeting.attendees)

    def there(self, person_ref: str | None) -> Person | None:
        """The person, if the records know them and they have not left by the day of the meeting."""
        person = self.circumstances.directory.people.get(person_ref or "")
        return None if person is None or person.has_left_by(self.sitting.day) else person

    def of(self, cases: Sequence[Case]) -> str:
        """Which of the cases a fault concerns, to follow a noun; nothing where it is all of them."""
        return "" if len(cases) == len(self.sitting.meetings) else f" of {labels(cases)}"


def occasion(sitting: Sitting, circumstances: Circumstances) -> Occasion | None:
    """The sitting, if it is booked and to come for any open case; None where it was held or cancelled, or its day has passed."""
    on = circumstances.on
    now = sitting.as_of(on)
    if now is None or now.day < on or now.is_held_by(on) or now.is_cancelled_by(on):
        return None
    return Occasion(sitting=now, circumstances=circumstances)


def raised(
    occasion: Occasion,
    cases: Sequence[Case] | None = None,
    *,
    name: str,
    what: str,
    why: str,
    do: str,
    advisory: bool = False,
) -> MeetingCheck:
    """A check on the meeting, for some of its cases or, where none are given, for all."""
    refs = tuple(case.case_ref for case in (occasion.sitting.cases if cases is None else cases))
    return MeetingCheck(name=name, what=what, why=why, do=do, case_refs=refs, advisory=advisory)


def met_by_meeting(obligation: Obligation) -> bool:
    """Whether an obligation that still stands asks for a meeting, and for nothing else.

    A decision to close, which a later review may meet as well, does not ask for a meeting.
    """
    return not obligation.is_settled and asks_for_meeting(obligation.rule)


def asks_for_meeting(rule: Duty) -> bool:
    """Whether a duty is met by a meeting and by nothing else."""
    met_by = rule.met_by
    if met_by.same or met_by.looking_back:
        return False
    events = {*met_by.event, *met_by.later} - {"initial_meeting_booked"}
    return bool(events) and events == {f"{kind}_meeting_held" for kind in meeting_kinds_of(tuple(events))}


def meeting_duties_of(policy: Policy) -> Policy:
    """The same policy with none but the duties that ask for a meeting: no other has to do with a check on one."""
    editions = (
        edition.model_copy(update={"duties": tuple(duty for duty in edition.duties if asks_for_meeting(duty))})
        for edition in policy.editions
    )
    return policy.model_copy(update={"editions": tuple(editions)})


def labels(cases: Sequence[Case]) -> str:
    """The cases as the council calls them: `AB 12, CD 34 and EF 56`."""
    return joined([case.label for case in cases], "and")


Obligations = Mapping[str, Sequence[Obligation]]
