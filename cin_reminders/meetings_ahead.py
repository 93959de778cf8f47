"""The meetings of the days to come as whoever prepares them sees them, and the cases for which none is booked in time.

Of each meeting: what is wrong with it, who would read of it as what and who would not, what has to be brought and settled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cin_reminders.agenda import Asked, AskedOfMeeting, asked_of_meeting
from cin_reminders.booking import days_left, likely_chair, not_booked_for
from cin_reminders.case import Case, Person
from cin_reminders.meeting_check import Circumstances, MeetingCheck, Obligations, occasion
from cin_reminders.meeting_checks import checks_of_case, checks_of_meeting
from cin_reminders.meeting_stages import INVITATION, REMINDER
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Edition, Policy
from cin_reminders.readers import MeetingRules, Reader, readers
from cin_reminders.sitting import Sitting


@dataclass(frozen=True, kw_only=True, slots=True)
class WouldRead:
    """One person who would be told of a meeting: at which stage, or why not, in words that follow `who`."""

    reader: Reader
    stage: str | None = None
    why_not: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingAhead:
    """One meeting to come with everything found out about it; ``sitting`` holds the cases that it still concerns."""

    sitting: Sitting
    edition: Edition
    checks: tuple[MeetingCheck, ...]
    would_read: tuple[WouldRead, ...]
    asked: AskedOfMeeting

    @property
    def name(self) -> str:
        """What the procedure calls it."""
        return self.edition.meeting_name(self.sitting.cases[0].plan_type)

    @property
    def to_mend(self) -> tuple[MeetingCheck, ...]:
        """What is wrong with it."""
        return tuple(one for one in self.checks if not one.advisory)

    @property
    def to_consider(self) -> tuple[MeetingCheck, ...]:
        """What may be right as it is."""
        return tuple(one for one in self.checks if one.advisory)


@dataclass(frozen=True, kw_only=True, slots=True)
class NearLimit:
    """A limit by which nothing is booked: who would chair, what makes them so, and the days left on which they are not away."""

    obligation: Obligation
    chair: Person | None
    chair_as: str
    days_left: tuple[date, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseAhead:
    """A case with no meeting among those shown, and what is wrong with how its meetings follow each other."""

    case: Case
    checks: tuple[MeetingCheck, ...]
    limits: tuple[NearLimit, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ahead:
    """The meetings from a business date to a last day, in order of time, and the cases that want one, nearest limit first."""

    on: date
    until_on: date
    meetings: tuple[MeetingAhead, ...]
    cases: tuple[CaseAhead, ...]

    def only(self, case_ref: str) -> Ahead:
        """What concerns one case."""
        return replace(
            self,
            meetings=tuple(one for one in self.meetings if case_ref in one.sitting.case_refs),
            cases=tuple(one for one in self.cases if one.case.case_ref == case_ref),
        )


def meetings_ahead(
    cases: Iterable[Case],
    obligations: Obligations,
    *,
    sittings: Iterable[Sitting],
    left_out: Collection[str],
    policy: Policy,
    circumstances: Circumstances,
    rules: MeetingRules,
    until_on: date,
) -> Ahead:
    """Everything to be seen of the meetings up to and including ``until_on``.

    ``left_out`` are the references of cases of which nothing is said. What the procedure asks is read from the edition in force
    on the day of the meeting.
    """
    found = []
    for sitting in sittings:
        to_come = occasion(sitting, circumstances)
        if to_come is not None and to_come.sitting.day <= until_on:
            edition = policy.edition_for(to_come.sitting.day)
            found.append(meeting_ahead(to_come.sitting, edition, obligations, circumstances, rules))
    found.sort(key=lambda one: (one.sitting.scheduled_at, one.sitting.meeting_ref))
    booked = {ref for one in found for ref in one.sitting.case_refs}
    others = (case for case in cases if case.case_ref not in booked and case.case_ref not in left_out)
    wanting = [one for case in others if (one := _case(case, obligations.get(case.case_ref, ()), circumstances))]
    wanting.sort(key=_urgency)
    return Ahead(on=circumstances.on, until_on=until_on, meetings=tuple(found), cases=tuple(wanting))


def _urgency(one: CaseAhead) -> tuple[bool, date, str]:
    due = [limit.obligation.due_on for limit in one.limits if limit.obligation.due_on]
    return not due, min(due, default=date.max), one.case.case_ref


def meeting_ahead(
    sitting: Sitting, edition: Edition, obligations: Obligations, circumstances: Circumstances, rules: MeetingRules
) -> MeetingAhead:
    """Everything that is found out about one meeting, for the cases that it concerns on the business date."""
    asked_here = replace(circumstances, coordinator_chairs=edition.meetings.coordinator_chairs_after_step_down)
    on = circumstances.on
    return MeetingAhead(
        sitting=sitting,
        edition=edition,
        checks=checks_of_meeting(sitting, obligations, asked_here),
        would_read=tuple(
            _would_read(sitting, one, rules) for one in readers(sitting, directory=circumstances.directory, rules=rules, on=on)
        ),
        asked=asked_of_meeting(edition.meetings, kind=sitting.kind, cases=sitting.cases, on=on),
    )


def _would_read(sitting: Sitting, reader: Reader, rules: MeetingRules) -> WouldRead:
    why_not = reader.obstacle
    if why_not is None and sitting.disagreements:
        why_not = "cannot be told when and where while the records do not agree on it"
    if why_not is None and reader.has_declined:
        why_not = "has answered that they are not coming"
    if why_not is not None:
        return WouldRead(reader=reader, why_not=why_not)
    return WouldRead(reader=reader, stage=INVITATION if rules.invite and not reader.is_invited else REMINDER)


def _case(case: Case, obligations: Sequence[Obligation], circumstances: Circumstances) -> CaseAhead | None:
    checks = checks_of_case(case, obligations, circumstances)
    if not checks:
        return None
    limits = tuple(_near_limits(case, obligations, circumstances))
    return CaseAhead(case=case, checks=checks, limits=limits)


def _near_limits(case: Case, obligations: Sequence[Obligation], circumstances: Circumstances) -> Iterator[NearLimit]:
    found = likely_chair(case, circumstances)
    chair, chair_as = found if found else (None, "")
    for one in not_booked_for(case, obligations, circumstances):
        if one.due_on:
            left = days_left(one.due_on, circumstances.on, chair, circumstances.calendar)
            yield NearLimit(obligation=one, chair=chair, chair_as=chair_as, days_left=left)


# ---- as plain values; other programs rely on these names


def as_json(ahead: Ahead) -> dict[str, Any]:
    """Everything as plain values. Nobody's name is in it, and no address: people stand by their references."""
    return {
        "on": ahead.on.isoformat(),
        "until": ahead.until_on.isoformat(),
        "sent": False,
        "recorded": False,
        "meetings": [_meeting_as_json(one) for one in ahead.meetings],
        "cases": [_case_as_json(one) for one in ahead.cases],
    }


def _meeting_as_json(one: MeetingAhead) -> dict[str, Any]:
    sitting, asked = one.sitting, one.asked
    return {
        "meeting_ref": sitting.meeting_ref,
        "case_refs": list(sitting.case_refs),
        "labels": list(sitting.labels),
        "kind": sitting.kind,
        "name": one.name,
        "scheduled_at": sitting.scheduled_at.isoformat(timespec="minutes"),
        "ends_at": sitting.ends_at.isoformat(timespec="minutes") if sitting.ends_at else None,
        "has_venue": bool(sitting.venue),
        "has_link": bool(sitting.online_url),
        "chair_ref": sitting.chair_ref,
        "checks": [_check_as_json(check) for check in one.checks],
        "readers": [
            {
                "person_ref": would.reader.person_ref,
                "in_place_of": would.reader.in_place_of.person_ref if would.reader.in_place_of else None,
                "reads_as": would.reader.kind if would.stage else None,
                "stage": would.stage,
                "why_not": would.why_not,
            }
            for would in one.would_read
        ],
        "to_bring": _asked_as_json(asked.to_bring),
        "family_brings": _asked_as_json(asked.family_brings),
        "to_settle": _asked_as_json(asked.to_settle),
        "agenda": _asked_as_json(asked.agenda),
    }


def _case_as_json(one: CaseAhead) -> dict[str, Any]:
    return {
        "case_ref": one.case.case_ref,
        "label": one.case.label,
        "team": one.case.team,
        "checks": [_check_as_json(check) for check in one.checks],
        "limits": [
            {
                "duty": limit.obligation.duty,
                "figure": limit.obligation.figure,
                "due_on": limit.obligation.due_on.isoformat() if limit.obligation.due_on else None,
                "chair_ref": limit.chair.person_ref if limit.chair else None,
                "days_left": [day.isoformat() for day in limit.days_left],
                "last_on": limit.days_left[-1].isoformat() if limit.days_left else None,
            }
            for limit in one.limits
        ],
    }


def _check_as_json(check: MeetingCheck) -> dict[str, Any]:
    return {
        "name": check.name,
        "advisory": check.advisory,
        "what": check.what,
        "why": check.why,
        "do": check.do,
        "case_refs": list(check.case_refs),
    }


def _asked_as_json(asked: Iterable[Asked]) -> list[Mapping[str, str]]:
    return [{"says": one.says, "clause": one.clause} for one in asked]
