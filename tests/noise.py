"""How much the service says: a council's thirteen weeks, decided day by day, and what came to whom."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from living_council import CASELOAD, FIRST_ON, LAST_ON, LivingCouncil

from cin_reminders.case import Case
from cin_reminders.day import Day, calendar_of, make_day, work_out_duties
from cin_reminders.line import Told, bundles_of
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.notices import Decision
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Policy
from cin_reminders.sample.names import STAFF_DOMAIN
from cin_reminders.settings import Delivery, LedgerSettings, Records, Settings
from cin_reminders.telling import Before, decide_who_to_tell

WEEKS = 13
# What somebody is to the council, the highest post first.
POSTS = ("head_of_service", "service_manager", "team_manager", "practitioner", "other")
MANAGERS = ("team_manager", "service_manager", "head_of_service")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One message: who got it on which day, its notices, and how many lines they make."""

    on: date
    person_ref: str
    lines: int
    notices: tuple[tuple[str, str, str], ...]  # duty, figure, stage


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Everything that was sent over the weeks, to whom, and how the council stood meanwhile."""

    policy: str
    days: tuple[date, ...]
    post_of: Mapping[str, str]
    sent: tuple[Sent, ...]
    caseload: float  # open cases of one practitioner, on average over people and days
    open_cases: float
    overdue: float  # overdue duties of a procedure for each open case
    before: int  # notices of the day before the first one counted, on which an empty ledger hears of everything

    @property
    def weeks(self) -> float:
        """The length of the time counted, in weeks of five working days."""
        return len(self.days) / 5

    def people(self, *posts: str) -> list[str]:
        """Everybody who holds one of these posts, those who heard nothing among them."""
        return sorted(ref for ref, post in self.post_of.items() if post in posts)

    def messages_a_week(self, *posts: str) -> list[float]:
        """For each of these people, how many messages came to them in a week, the fewest first."""
        counts = Counter(one.person_ref for one in self.sent)
        return sorted(counts[ref] / self.weeks for ref in self.people(*posts))

    def of(self, *posts: str) -> list[Sent]:
        """The messages that came to these people."""
        here = set(self.people(*posts))
        return [one for one in self.sent if one.person_ref in here]

    @property
    def messages_a_practitioner(self) -> float:
        """Messages a week to a practitioner with eighteen cases: the mean, taken up or down to eighteen."""
        return statistics.mean(self.messages_a_week("practitioner")) * CASELOAD / self.caseload

    @property
    def lines_a_practitioner(self) -> float:
        """The lines of a message to a practitioner: the mean."""
        return statistics.mean(one.lines for one in self.of("practitioner"))

    def planned_a_day(self) -> dict[date, int]:
        """How many notices each day's run plans."""
        counts = Counter(dict.fromkeys(self.days, 0))
        for one in self.sent:
            counts[one.on] += len(one.notices)
        return dict(counts)


def listen(
    council: LivingCouncil, policy: Policy, *, weeks: int = WEEKS, progress: Callable[[date], None] = lambda day: None
) -> Noise:
    """Decide every working day of the weeks that end on the last day, with all that was decided counted as told.

    The run of the working day before the first one goes uncounted: a ledger that knows nothing hears of everything at once.
    """
    settings = settings_for(policy)
    calendar = calendar_of(settings)
    first_on = max(FIRST_ON, LAST_ON + timedelta(days=3) - timedelta(weeks=weeks))
    days = [day for n in range((LAST_ON - first_on).days + 1) if calendar.is_open_day(day := first_on + timedelta(days=n))]
    told: dict[DutyKey, list[Notice]] = {}
    sent: list[Sent] = []
    standing = _Standing()
    at_first = 0
    for on in [calendar.back(first_on, 1), *days]:
        day = make_day(settings, on, policy, council.as_it_stood(on))
        letters = _one_day(day, told, standing)
        if on < first_on:
            at_first = sum(len(one.notices) for one in letters)
            standing = _Standing()
        else:
            sent += letters
        progress(on)
    return Noise(
        policy=policy.id,
        days=tuple(days),
        post_of=_posts(council, standing.leads, sent),
        sent=tuple(sent),
        caseload=standing.caseload,
        open_cases=standing.open_cases / len(days),
        overdue=standing.overdue / standing.open_cases,
        before=at_first,
    )


def settings_for(policy: Policy) -> Settings:
    """The settings of a council that has just begun; nothing here is ever opened."""
    return Settings(
        council=policy.id,
        policy=policy.id,
        records=Records(url="csv:nowhere"),
        ledger=LedgerSettings(url="sqlite:///nowhere.db"),
        delivery=Delivery(allowed_domains=(STAFF_DOMAIN,)),
        base=Path(),
    )


def _one_day(day: Day, told: dict[DutyKey, list[Notice]], standing: _Standing) -> list[Sent]:
    duties = work_out_duties(day)
    standing.look(day)
    standing.overdue += sum(
        one.standing == "overdue" and one.figure == "procedure" for _, found in duties.rows(day.on) for one in found
    )
    decisions = decide_who_to_tell(day, duties, Before(notices=told))
    _keep(told, decisions.recorded)
    letters = []
    for ref, found in decisions.by_person.items():
        _keep(told, (replace(one.notice, outcome="told", told_on=day.on) for one in found))
        lines = bundles_of(_told(one, *decisions.about[one.notice.key.of_duty]) for one in found)
        notices = tuple((one.notice.key.subject, one.obligation.figure, one.notice.key.stage) for one in found)
        letters.append(Sent(on=day.on, person_ref=ref, lines=len(lines), notices=notices))
    return letters


def _told(decision: Decision, case: Case, obligation: Obligation) -> Told:
    return Told(notice=decision.notice, obligation=obligation, case=case, worker="", why_you=decision.notice.reason)


def _keep(told: dict[DutyKey, list[Notice]], notices: Iterable[Notice]) -> None:
    """What a ledger would hold after it: one notice for each key, the latest outcome standing."""
    for notice in notices:
        others = [one for one in told.get(notice.key.of_duty, ()) if one.key != notice.key]
        told[notice.key.of_duty] = [*others, notice]


class _Standing:
    """How the council stands over the days that are counted."""

    def __init__(self) -> None:
        self.open_cases = 0
        self.overdue = 0
        self.leads: set[str] = set()
        self._loads: list[int] = []

    def look(self, day: Day) -> None:
        """Count the open cases of one morning, and those of each practitioner."""
        loads: Counter[str] = Counter()
        for case in day.extract.cases:
            if case.is_open_on(day.on):
                self.open_cases += 1
                lead = day.directory.lead_of(case, day.on)
                loads[lead.person_ref if lead else ""] += 1
        self.leads |= loads.keys() - {""}
        self._loads += loads.values()

    @property
    def caseload(self) -> float:
        """The open cases of one practitioner, on average over people and days."""
        return statistics.mean(self._loads)


def _posts(council: LivingCouncil, leads: Iterable[str], sent: Iterable[Sent]) -> dict[str, str]:
    """Everybody's highest post over the whole time; whoever heard something and holds none is `other`."""
    held: dict[str, set[str]] = {ref: {"practitioner"} for ref in leads}
    for team in council.teams:
        for one in council.extract.team_roles[team.name]:
            held.setdefault(one.person_ref, set()).add(one.role)
    for letter in sent:
        held.setdefault(letter.person_ref, set()).add("other")
    return {ref: next(post for post in POSTS if post in posts | {"other"}) for ref, posts in held.items()}
