"""One late or coming duty, the people around it, and a ledger in memory: what the tests of the ladder are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from cin_reminders.case import Action, Case, Event, Fact, Meeting, Person, RoleHolder
from cin_reminders.notice import REOPENED, Notice, NoticeKey
from cin_reminders.notices import Decision, decide
from cin_reminders.obligations import Obligation, obligations
from cin_reminders.policy import Duty, Policy, Stage
from cin_reminders.policy_file import load_policy
from cin_reminders.recipients import Directory
from cin_reminders.sections import Delivery
from cin_reminders.working_days import Calendar, make_calendar

CALENDAR = make_calendar()
STARTED = date(2026, 6, 1)  # Monday
DUE = date(2026, 6, 18)  # Thursday
# The stages of a duty due on Thursday 18 June 2026.
EARLY, LAST, OVERDUE = date(2026, 6, 11), date(2026, 6, 17), date(2026, 6, 19)  # Thursday, Wednesday, Friday
SERVICE, HEAD = date(2026, 6, 25), date(2026, 7, 2)  # Thursdays
REPEATS = tuple(date(2026, month, day) for month, day in ((7, 9), (7, 16), (7, 23), (7, 30), (8, 6), (8, 13)))  # Thursdays

ROLES = {
    "lead_practitioner": "lead",
    "team_manager": "manager",
    "service_manager": "service",
    "head_of_service": "head",
}


@cache
def pack(name: str) -> Policy:
    return load_policy(name)


def person(ref: str, **more: Any) -> Person:
    """A professional who may be written to, unless the test says otherwise."""
    usual = {"name": ref.title(), "kind": "professional", "email": f"{ref}@council.gov.uk", "contact": "yes"}
    return Person(person_ref=ref, **(usual | more))


def directory(
    *changed: Person,
    allowed: Iterable[str] = (),
    partners: Iterable[str] = (),
    without: Iterable[str] = (),
    colleagues: Iterable[str] = ("deputy",),
    **teams: Sequence[RoleHolder],
) -> Directory:
    """The usual people, with some of them changed, added or left out; the roles of teams; ``colleagues`` work in team North."""
    refs = (*ROLES.values(), "chair", "coordinator", "practice", "safeguarding", "deputy", "other")
    people = {ref: person(ref) for ref in refs if ref not in without} | {one.person_ref: one for one in changed}
    team_roles = {team: tuple(holders) for team, holders in teams.items()}
    lists = Delivery(allowed_domains=tuple(allowed), partner_domains=tuple(partners))
    return Directory(
        people=people,
        team_roles=team_roles,
        team_members={"North": frozenset(colleagues)},
        allowed_domains=frozenset(lists.allowed_domains),
        partner_domains=frozenset(lists.partner_domains),
    )


def holds(role: str, ref: str, from_on: date | None = None, until_on: date | None = None) -> RoleHolder:
    return RoleHolder(role=role, person_ref=ref, from_on=from_on, until_on=until_on)


def held_by(**people: str | None) -> tuple[RoleHolder, ...]:
    """The usual holders of the four roles; a role given as None is vacant."""
    return tuple(holds(role, ref) for role, ref in ({**ROLES, **people}).items() if ref)


def meeting(kind: str = "review", scheduled: date = DUE, ref: str = "M1", **more: Any) -> Meeting:
    return Meeting(meeting_ref=ref, kind=kind, scheduled_at=datetime(scheduled.year, scheduled.month, scheduled.day, 10), **more)


def case(roles: Sequence[RoleHolder] = held_by(), **more: Any) -> Case:
    usual: dict[str, Any] = {
        "case_ref": "C1",
        "label": "AB",
        "plan_type": "child_in_need",
        "team": "North",
        "visit_interval": "4 weeks",
        "events": (Event(event_ref="E1", kind="plan_agreed", happened_on=STARTED),),
    }
    return Case(roles=tuple(roles), **(usual | more))


def owed(
    about: Case,
    duty: str = "initial_meeting",
    *,
    policy: str = "cumbria",
    due_on: date | None = DUE,
    started_on: date | None = STARTED,
    calendar: Calendar = CALENDAR,
    on: date = STARTED,
) -> Obligation:
    """A duty of a case as it stands on a day, still open, with its dates put where the test wants them."""
    found = next(one for one in obligations(about, pack(policy), calendar, on) if one.duty == duty)
    book_by = calendar.book_by(due_on) if due_on else None
    return replace(found, due_on=due_on, book_by=book_by, started_on=started_on, met_on=None, ended_on=None)


def with_rule(one: Obligation, *, ladder: Sequence[Stage] | None = None, **changes: Any) -> Obligation:
    """The same obligation under a changed rule, or with a ladder of its own."""
    rule = Duty.model_validate({**one.rule.model_dump(), **changes})
    if ladder is None:
        return replace(one, rule=rule)
    steps = one.edition.ladder.model_copy(update={"named": {"own": tuple(ladder)}})
    return replace(one, rule=rule.model_copy(update={"ladder": "own"}), edition=one.edition.model_copy(update={"ladder": steps}))


def notice(stage: str, person_ref: str = "", outcome: str = "told", **more: Any) -> Notice:
    """A notice of the usual duty, as the ledger holds it."""
    key = NoticeKey(case_ref="C1", subject="initial_meeting", start_ref="E1", stage=stage, person_ref=person_ref)
    breach = stage.startswith(("overdue", "escalate", "repeat"))
    usual: dict[str, Any] = {"reason": "", "role": "", "due_on": DUE, "urgency": "escalation" if breach else "reminder"}
    return Notice(key=key, outcome=outcome, **(usual | more))


def at_once(one: Obligation) -> Obligation:
    """The same obligation as a harm response: two managers at once, the head of service on the next working day."""
    ladder = (
        Stage(stage="at_once", working_days_after_start=0, to=("team_manager", "service_manager")),
        Stage(stage="next_day", working_days_after_start=1, to=("head_of_service",)),
    )
    return with_rule(one, ladder=ladder, length="1 working day", variations=(), agreed_interval=None)


@dataclass
class Book:
    """The ledger of one obligation, in memory: a notice is kept once, and only one that nobody heard of is written again."""

    kept: dict[NoticeKey, Notice] = field(default_factory=dict)
    sent: list[tuple[date, str, str]] = field(default_factory=list)  # day, stage, person

    def run(
        self,
        about: Case,
        one: Obligation,
        on: date,
        people: Directory | None = None,
        *,
        calendar: Calendar = CALENDAR,
        notify_from: date | None = None,
        failing: Iterable[str] = (),
        down: bool = False,
    ) -> tuple[Decision, ...]:
        """One daily run: decide, record, send. What goes to ``failing`` fails for good; ``down``: nothing goes at all today."""
        decisions = decide(
            about,
            one,
            tuple(self.kept.values()),
            directory=people or directory(),
            calendar=calendar,
            on=on,
            notify_from=notify_from,
        )
        for decision in decisions:
            key = decision.notice.key
            known = self.kept.get(key)
            if known is not None and known.outcome not in REOPENED:
                assert decision.notice.outcome == "no_recipient", f"{key} is decided again"
                continue
            outcome = decision.notice.outcome
            if decision.recipient:
                outcome = "withdrawn" if down else "failed" if key.person_ref in failing else "told"
            self.kept[key] = replace(decision.notice, outcome=outcome)
            if outcome == "told":
                self.sent.append((on, key.stage, key.person_ref))
        return decisions

    def told(self) -> set[tuple[str, str]]:
        return {(stage, ref) for _, stage, ref in self.sent}

    def recorded(self, stage: str) -> str | None:
        """What was recorded of a stage without telling anybody."""
        found = [one.outcome for key, one in self.kept.items() if key.stage == stage and not key.person_ref]
        return found[0] if found else None


def told(decisions: Iterable[Decision]) -> set[tuple[str, str]]:
    """Who is told of which stage."""
    return {(one.notice.key.stage, one.notice.key.person_ref) for one in decisions if one.recipient}


def recorded(decisions: Iterable[Decision]) -> dict[str, str]:
    """What is recorded of which stage without telling anybody."""
    return {one.notice.key.stage: one.notice.outcome for one in decisions if not one.recipient}


def reasons(decisions: Iterable[Decision]) -> dict[str, str]:
    """The reason in words for each person, or for each stage that nobody is told of."""
    return {one.notice.key.person_ref or one.notice.key.stage: one.notice.reason for one in decisions}


def fact(name: str, value: str, since_on: date | None = None) -> Fact:
    return Fact(fact=name, value=value, since_on=since_on)


def action(owner: str | None, due_on: date | None = DUE, agreed_on: date | None = STARTED) -> Action:
    return Action(action_ref="A1", owner_ref=owner, due_on=due_on, agreed_on=agreed_on)
