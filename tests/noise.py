"""How much the service says: a council's thirteen weeks, decided day by day, and what came to whom.

A ladder may remind each on its own day, or gather reminders into fewer messages. The duties of a day are the same for both, so
they are worked out once, and each way goes on with what was told in its own way on the days before.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from living_council import CASELOAD, FIRST_ON, LAST_ON, LivingCouncil

from cin_reminders.case import Case
from cin_reminders.day import Day, Duties, calendar_of, make_day, work_out_duties
from cin_reminders.line import Told, bundles_of
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.notices import Decision
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Policy
from cin_reminders.sample.names import STAFF_DOMAIN
from cin_reminders.sections import Delivery, LedgerSettings, Records
from cin_reminders.settings import Settings
from cin_reminders.telling import Before, decide_who_to_tell

WEEKS = 13
# The two ways that a ladder may remind.
DAILY, GATHERED = "daily", "gathered"
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
    reminders: str
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
    council: LivingCouncil,
    policy: Policy,
    *,
    reminders: Sequence[str] = (DAILY, GATHERED),
    weeks: int = WEEKS,
    progress: Callable[[date], None] = lambda day: None,
) -> tuple[Noise, ...]:
    """Decide every working day of the weeks that end on the last day, once for each way to remind.

    All that was decided counts as told. The run of the working day before the first one goes uncounted: a ledger that knows
    nothing hears of everything at once.
    """
    settings = settings_for(policy)
    calendar = calendar_of(settings)
    first_on = max(FIRST_ON, LAST_ON + timedelta(days=3) - timedelta(weeks=weeks))
    days = [day for n in range((LAST_ON - first_on).days + 1) if calendar.is_open_day(day := first_on + timedelta(days=n))]
    ears = [_Ear(reminding(policy, way)) for way in reminders]
    standing = _Standing()
    for on in [calendar.back(first_on, 1), *days]:
        day = make_day(settings, on, policy, council.as_it_stood(on))
        duties = work_out_duties(day)
        if on >= first_on:
            standing.look(day, duties)
        for ear in ears:
            ear.hear(day, duties, counts=on >= first_on)
        progress(on)
    return tuple(
        Noise(
            policy=policy.id,
            reminders=way,
            days=tuple(days),
            post_of=_posts(council, standing.leads, ear.sent),
            sent=tuple(ear.sent),
            caseload=standing.caseload,
            open_cases=standing.open_cases / len(days),
            overdue=standing.overdue / standing.open_cases,
            before=ear.before,
        )
        for way, ear in zip(reminders, ears, strict=True)
    )


def reminding(policy: Policy, reminders: str) -> Policy:
    """The same policy with a ladder that reminds in this way, `daily` or `gathered`."""
    editions = tuple(
        edition.model_copy(update={"ladder": edition.ladder.model_copy(update={"reminders": reminders})})
        for edition in policy.editions
    )
    return policy.model_copy(update={"editions": editions})


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


class _Ear:
    """What one way to remind has told so far, to whom and when."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.told: dict[DutyKey, list[Notice]] = {}
        self.sent: list[Sent] = []
        self.before = 0

    def hear(self, day: Day, duties: Duties, *, counts: bool) -> None:
        """Decide one day, and keep what it told; a day that does not count leaves its number of notices alone."""
        decisions = decide_who_to_tell(replace(day, policy=self.policy), duties, Before(notices=self.told))
        _keep(self.told, decisions.recorded)
        for ref, found, sat in decisions.people():
            _keep(self.told, (replace(one.notice, outcome="told", told_on=day.on) for one in (*found, *sat)))
            if not counts:
                self.before += len(found) + len(sat)
                continue
            lines = bundles_of(_told(one, *decisions.about[one.notice.key.of_duty]) for one in found)
            notices = tuple((one.notice.key.subject, one.obligation.figure, one.notice.key.stage) for one in found)
            notices += tuple(("meeting", "", one.notice.key.stage) for one in sat)
            meetings = {one.notice.meeting_ref for one in sat}
            self.sent.append(Sent(on=day.on, person_ref=ref, lines=len(lines) + len(meetings), notices=notices))


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

    def look(self, day: Day, duties: Duties) -> None:
        """Count the open cases of one morning, those of each practitioner, and what is overdue."""
        loads: Counter[str] = Counter()
        for case in day.extract.cases:
            if case.is_open_on(day.on):
                self.open_cases += 1
                lead = day.directory.lead_of(case, day.on)
                loads[lead.person_ref if lead else ""] += 1
        self.overdue += sum(
            one.standing == "overdue" and one.figure == "procedure" for _, found in duties.rows(day.on) for one in found
        )
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
