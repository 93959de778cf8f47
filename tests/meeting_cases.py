"""One booked meeting and the people around it: what the tests of meeting notices are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from cin_reminders.case import Attendee, Case, Meeting, Person, RoleHolder
from cin_reminders.meeting_notices import MeetingDecision, decide_meeting
from cin_reminders.notice import RECORDED, REOPENED, MeetingNotice, NoticeKey
from cin_reminders.readers import MeetingRules
from cin_reminders.recipients import Directory
from cin_reminders.sitting import Sitting, sittings
from cin_reminders.working_days import Calendar, make_calendar

CALENDAR = make_calendar()
BOOKED = date(2026, 6, 1)  # Monday
DAY = date(2026, 6, 18)  # Thursday
REMIND, EVE = date(2026, 6, 11), date(2026, 6, 17)  # Thursday, Wednesday
RULES = MeetingRules(invite=True, secret=b"of the council", children_from_age=12)
BORN = date(2012, 3, 9)  # 14 years old on the day of the meeting


def person(ref: str, kind: str = "professional", **more: Any) -> Person:
    """Somebody who may be written to, unless the test says otherwise."""
    domain = "council.gov.uk" if kind == "professional" else "family.example.org"
    return Person(person_ref=ref, **({"name": ref.title(), "kind": kind, "email": f"{ref}@{domain}", "contact": "yes"} | more))


def directory(
    *changed: Person, allowed: Sequence[str] = ("council.gov.uk",), colleagues: Iterable[str] = ("deputy",)
) -> Directory:
    """The usual people, some of them changed or added; ``colleagues`` work in the team of the case."""
    usual = [
        *(person(ref) for ref in ("chair", "worker", "deputy")),
        person("teacher", email="teacher@school.example.org"),
        person("mother", "family"),
        person("child", "child", email=None, mobile="07700 900123"),
    ]
    return Directory(
        people={one.person_ref: one for one in (*usual, *changed)},
        team_members={"North": frozenset(colleagues)},
        allowed_domains=frozenset(allowed),
        partner_domains=frozenset({"school.example.org"}),
    )


def comes(ref: str, capacity: str = "other", **more: Any) -> Attendee:
    return Attendee(person_ref=ref, capacity=capacity, **more)


USUAL = (comes("worker"), comes("teacher", "education"), comes("mother", "parent"))


def meeting(attendees: Sequence[Attendee] = USUAL, day: date = DAY, *, at: int = 10, **more: Any) -> Meeting:
    usual: dict[str, Any] = {"kind": "review", "booked_on": BOOKED, "venue": "Room 2", "chair_ref": "chair"}
    scheduled_at = datetime.combine(day, time(at))
    return Meeting(**({"meeting_ref": "M1", "scheduled_at": scheduled_at, "attendees": tuple(attendees)} | usual | more))


def case(*meetings: Meeting, ref: str = "C1", **more: Any) -> Case:
    usual: dict[str, Any] = {"label": f"label {ref}", "plan_type": "child_in_need", "team": "North", "born_on": BORN}
    roles = (RoleHolder(role="lead_practitioner", person_ref="worker"),)
    return Case(**({"case_ref": ref, "meetings": meetings, "roles": roles} | usual | more))


def sitting(*cases: Case, left_out: Sequence[str] = ()) -> Sitting:
    """The one meeting of some cases."""
    (one,) = sittings(cases, left_out=left_out)
    return one


def booked(attendees: Sequence[Attendee] = USUAL, day: date = DAY, **more: Any) -> Sitting:
    """The usual meeting of one case."""
    return sitting(case(meeting(attendees, day, **more)))


@dataclass
class Book:
    """The ledger of one meeting, in memory: what somebody heard is never written again, what nobody heard may be."""

    kept: dict[NoticeKey, MeetingNotice] = field(default_factory=dict)
    sent: list[tuple[date, str, str]] = field(default_factory=list)  # day, person, stage

    def run(
        self,
        about: Sitting,
        on: date,
        people: Directory | None = None,
        *,
        rules: MeetingRules = RULES,
        calendar: Calendar = CALENDAR,
        failing: Iterable[str] = (),
        down: bool = False,
        refuse: Callable[[MeetingNotice], str | None] = lambda notice: None,
    ) -> tuple[MeetingDecision, ...]:
        """One daily run: decide, record, send. What goes to ``failing`` fails for good; ``down``: nothing goes at all today.

        ``refuse`` is asked at the moment of sending.
        """
        found = decide_meeting(
            about, tuple(self.kept.values()), directory=people or directory(), rules=rules, calendar=calendar, on=on
        )
        assert len({one.notice.key for one in found}) == len(found), "one notice is decided twice"
        for one in found:
            key, outcome = one.notice.key, one.notice.outcome
            known = self.kept.get(key)
            if known is not None:
                assert known.outcome in (*REOPENED, *RECORDED), f"{key} is decided again"
            if one.reader is not None:
                assert outcome == "planned"
                outcome = "withdrawn" if down or refuse(one.notice) else "failed" if key.person_ref in failing else "told"
            self.kept[key] = replace(one.notice, outcome=outcome, told_on=on if outcome == "told" else None)
            if outcome == "told":
                self.sent.append((on, key.person_ref, key.stage))
        return found

    def told(self, ref: str) -> list[str]:
        """The stages that a person was told, in order."""
        return [stage for _, who, stage in self.sent if who == ref]

    def told_as(self, ref: str, stage: str) -> MeetingNotice:
        """The notice by which a person was told a stage."""
        told = (one for one in self.kept.values() if one.outcome == "told")
        return next(one for one in told if (one.key.person_ref, one.key.stage) == (ref, stage))


def told(found: Iterable[MeetingDecision]) -> dict[str, str]:
    """Who is told which stage."""
    return {one.notice.key.person_ref: one.notice.key.stage for one in found if one.reader}


def recorded(found: Iterable[MeetingDecision], ref: str) -> dict[str, tuple[str, str]]:
    """What is recorded of one person without telling them: each stage's outcome and reason."""
    return {
        one.notice.key.stage: (one.notice.outcome, one.notice.reason)
        for one in found
        if one.reader is None and one.notice.key.person_ref == ref
    }
