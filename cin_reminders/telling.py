"""Who is told what today: every decision of the day, each with its reason, and what a run adds to the ledger.

The order never changes. Entitled: the ladder's roles come to people who may be told. Suppressed: what a later stage, or the duty
being met, has made pointless. Held: what a person's hold covers. Already told: who had today's message, or this very notice.
Grouped: one message a person and channel. Throttled: what is over a cap. Opening hours and, once more, entitlement, suppression
and holds are asked at the moment of sending (see ``letters`` and ``delivery``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cin_reminders.about import About, about, faults_of, partly_read
from cin_reminders.caps import Reminders, over_the_cap
from cin_reminders.corrections import corrections, was_due_on
from cin_reminders.courtesy import by_channel
from cin_reminders.day import Day, Duties
from cin_reminders.envelopes import card_for, message_for
from cin_reminders.errors import BeyondCalendarError
from cin_reminders.foreseen import foreseen
from cin_reminders.gathering import AHEAD, brought_forward, kept_for_company, meetings_gathered
from cin_reminders.guards import why_run_too_large
from cin_reminders.holds import Hold, why_held
from cin_reminders.meeting_day import MeetingDay, by_meeting, meeting_day
from cin_reminders.meeting_letters import why_meeting_held
from cin_reminders.meeting_notices import MeetingDecision, meeting_untold
from cin_reminders.meeting_stages import REMINDER, STAGES, cannot_wait
from cin_reminders.notice import DutyKey, MeetingNotice, Notice, NoticeKey
from cin_reminders.notices import Decision, decide, tell_at_once, untold
from cin_reminders.planning import Planning
from cin_reminders.policy import Edition
from cin_reminders.readers import INSIDE
from cin_reminders.unreadable import STAGE, Unreadable


@dataclass(frozen=True, kw_only=True)
class Before:
    """What the ledger says before the day's decisions.

    ``had`` are the people, and the Teams channels, whose message of the day is on its way or gone; ``cards`` the copies that
    Teams channels got; ``usual`` how many notices were planned on each of the last days with a good run, and ``held_since`` the
    day since which runs are held for their size.
    """

    notices: Mapping[DutyKey, Sequence[Notice]] = field(default_factory=dict)
    holds: Sequence[Hold] = ()
    had: Collection[str] = frozenset()
    reminders: Reminders = field(default_factory=Reminders)
    cards: Collection[NoticeKey] = frozenset()
    usual: Sequence[tuple[date, int]] = ()
    held_since: date | None = None


def read_before(planning: Planning, mode: str, on: date, holds: Sequence[Hold]) -> Before:
    """What the ledger says before the day's decisions; ``holds`` are those in force on the day."""
    by_person, by_case = planning.reminders_of(mode, on)
    usual = planning.usual(mode)
    had = {
        ref
        for ref, messages in planning.messages_of(mode, on).items()
        # A message that was withdrawn told nobody anything.
        if any(message.state not in ("planned", "withdrawn") or message.doubts for message in messages)
    }
    return Before(
        notices=planning.notices(mode),
        holds=holds,
        had=had,
        reminders=Reminders(by_person=by_person, by_case=by_case),
        cards=planning.cards(mode),
        usual=usual,
        held_since=planning.held_for_its_size_since(mode, max((day for day, _ in usual if day < on), default=None)),
    )


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Who is to be told what today: by person, by Teams channel, and what was decided without telling anybody.

    ``about`` holds every case and obligation that a notice may be about, those of unreadable cases among them. ``of_meetings``
    are the notices of meetings by person, ``meetings`` the day's meetings, and ``told_of_meetings`` what was told of each before.
    """

    by_person: Mapping[str, tuple[Decision, ...]]
    recorded: tuple[Notice, ...]
    about: About
    meetings: MeetingDay
    by_channel: Mapping[str, tuple[Decision, ...]] = field(default_factory=dict)
    of_meetings: Mapping[str, tuple[MeetingDecision, ...]] = field(default_factory=dict)
    told_of_meetings: Mapping[str, Sequence[MeetingNotice]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many notices people are to be told."""
        return sum(map(len, (*self.by_person.values(), *self.of_meetings.values())))

    def people(self) -> Iterator[tuple[str, tuple[Decision, ...], tuple[MeetingDecision, ...]]]:
        """Everybody who is to be told something, with what they are told of duties and of meetings."""
        for ref in sorted({*self.by_person, *self.of_meetings}):
            yield ref, self.by_person.get(ref, ()), self.of_meetings.get(ref, ())

    @property
    def not_told(self) -> dict[str, int]:
        """How many notices wait or found nobody today, by outcome."""
        counts = Counter(notice.outcome for notice in self.recorded)
        return {outcome: counts[outcome] for outcome in ("no_recipient", "held", "put_off", "over_the_cap") if counts[outcome]}


def decide_who_to_tell(day: Day, duties: Duties, before: Before) -> Decisions:
    """Every decision of the day, given what the ledger already holds."""
    faults = faults_of(day, before.notices)
    known_about = about(day, duties, before.notices, faults)
    meetings, told_of_meetings = meeting_day(day, duties), by_meeting(before.notices)
    of_meetings = [_of_a_meeting(one, meetings, before, day.on) for one in meetings.decide(told_of_meetings)]
    found = _by_the_ladder(day, known_about, faults, before.notices)
    found += _corrections(day, known_about, before.notices, found)
    # A quarantined case only escalates: which of its dates is true, nobody knows yet.
    found = [one for one in found if one.notice.key.case_ref not in duties.quarantined or one.notice.urgency == "escalation"]
    found = _each(found, lambda one: _as_held(one, before.holds))
    found = _each(found, lambda one: _as_put_off(one, before.had, day.on))
    free = _free(duties, known_about, before.holds)
    if _in_force(day).ladder.reminders == "gathered":
        at_once = [one for one in of_meetings if one.notice.key.stage != REMINDER]
        company = _people_told((), at_once)
        found = kept_for_company(found, before.notices, day.on, company=company)
        found += brought_forward(
            free,
            before.notices,
            found,
            directory=day.directory,
            calendar=day.calendar,
            on=day.on,
            notify_from=day.settings.delivery.notify_from,
            company=company,
        )
        of_meetings = meetings_gathered(
            of_meetings,
            [_of_a_meeting(one, meetings, before, day.on) for one in meetings.decide(told_of_meetings, _ahead_until(day))],
            company=_people_told(found, at_once),
        )
    found += foreseen(
        free,
        before.notices,
        decided={one.notice.key.of_duty for one in found},
        told=_people_told(found, of_meetings) - {*before.had},
        circumstances=meetings.circumstances,
        notify_from=day.settings.delivery.notify_from,
    )
    of_meetings = _in_company(of_meetings, _people_told(found, of_meetings))
    over = over_the_cap(
        [one for one in found if one.recipient],
        a_person=day.settings.caps.a_person,
        a_case=day.settings.caps.a_case,
        had=before.reminders,
    )
    found = [untold(one, "over_the_cap", over[one.notice.key]) if one.notice.key in over else one for one in found]
    by_person: dict[str, list[Decision]] = {}
    for decision in found:
        if decision.recipient is not None:
            by_person.setdefault(decision.recipient.person.person_ref, []).append(decision)
    told = {ref: tuple(theirs) for ref, theirs in sorted(by_person.items())}
    copies = by_channel(told, known_about, managers=day.settings.teams.managers, known=day.teams_channels)
    return Decisions(
        by_person=told,
        recorded=tuple(
            [decision.notice for decision in found if decision.recipient is None]
            + [decision.notice for decision in of_meetings if decision.reader is None]
        ),
        about=known_about,
        meetings=meetings,
        of_meetings=_by_reader(of_meetings),
        told_of_meetings=told_of_meetings,
        by_channel={
            name: new
            for name, copied in sorted(copies.items())
            if name not in before.had and (new := tuple(one for one in copied if one.notice.key not in before.cards))
        },
    )


def _of_a_meeting(decision: MeetingDecision, meetings: MeetingDay, before: Before, on: date) -> MeetingDecision:
    """A decision about a meeting after the steps of the order that ask more than the records; it counts against no cap."""
    notice = decision.notice
    if decision.reader is None:
        return decision
    held = why_meeting_held(meetings, notice.meeting_ref, before.holds)
    if held is not None:
        return meeting_untold(decision, "held", held)
    if notice.key.person_ref in before.had and not cannot_wait(notice.key.stage):
        return meeting_untold(decision, "put_off", _had_the_message_of(on))
    return decision


def _by_reader(found: Iterable[MeetingDecision]) -> dict[str, tuple[MeetingDecision, ...]]:
    by_reader: dict[str, list[MeetingDecision]] = {}
    for one in found:
        if one.reader is not None:
            by_reader.setdefault(one.reader.person_ref, []).append(one)
    return {ref: tuple(theirs) for ref, theirs in sorted(by_reader.items())}


def _by_the_ladder(
    day: Day, known_about: About, faults: Sequence[Unreadable], before: Mapping[DutyKey, Sequence[Notice]]
) -> list[Decision]:
    """What each ladder asks for today; of a case that cannot be read its team's manager hears at once."""
    found: list[Decision] = []
    for one in faults:
        if not before.get(one.fault.key):
            found += tell_at_once(one.case, one.fault, STAGE, "team_manager", day.directory, day.on)
    for key, (case, obligation) in known_about.items():
        known = before.get(key, ())
        for decision in decide(
            case,
            obligation,
            known,
            directory=day.directory,
            calendar=day.calendar,
            on=day.on,
            notify_from=day.settings.delivery.notify_from,
        ):
            moved = was_due_on(obligation, known, decision.notice.key.person_ref)
            found.append(replace(decision, notice=replace(decision.notice, was_due_on=moved)) if moved else decision)
    return found


def _corrections(
    day: Day, known_about: About, before: Mapping[DutyKey, Sequence[Notice]], found: Iterable[Decision]
) -> list[Decision]:
    """What those who were told something hear because it has changed."""
    not_whole = partly_read(day)
    told_today: dict[DutyKey, set[str]] = {}
    for one in found:
        if one.recipient is not None:
            told_today.setdefault(one.obligation.key, set()).add(one.recipient.person.person_ref)
    return [
        decision
        for key, known in before.items()
        if key in known_about
        for decision in corrections(
            *known_about[key],
            known,
            directory=day.directory,
            on=day.on,
            told_today=told_today.get(key, frozenset()),
            partly_read=key[0] in not_whole,
        )
    ]


def _in_force(day: Day) -> Edition:
    """The edition whose ladder counts today; before the first is in force, the newest."""
    in_force = [one for one in day.policy.editions if one.in_force_on <= day.on]
    return max(in_force, key=lambda one: one.in_force_on, default=day.policy.newest)


def _ahead_until(day: Day) -> date:
    """The day up to which reminders may go today; none goes early where bank holidays so far off are not known."""
    try:
        return day.calendar.add(day.on, AHEAD)
    except BeyondCalendarError:
        return day.on


def _free(duties: Duties, known_about: About, holds: Sequence[Hold]) -> About:
    """The open duties that may be told sooner than their ladder says: none of a case that is held or whose rows disagree."""
    return {
        key: (case, obligation)
        for key, (case, obligation) in known_about.items()
        if not obligation.is_settled and key[0] not in duties.quarantined and why_held(holds, key[0], key[1]) is None
    }


def _people_told(found: Iterable[Decision], of_meetings: Iterable[MeetingDecision]) -> set[str]:
    """Whoever works for the council and gets a message today, whether or not anybody stands in for a chair."""
    told = {one.recipient.person.person_ref for one in found if one.recipient is not None}
    inside = (one.reader for one in of_meetings if one.reader is not None and one.reader.kind in INSIDE)
    return told | {reader.person_ref for reader in inside if not reader.stands_in}


def _in_company(of_meetings: Iterable[MeetingDecision], told: Collection[str]) -> list[MeetingDecision]:
    """The decisions without what only somebody in a chair's place would read, unless they get a message anyway.

    What has become of a meeting that they were told of always goes.
    """
    return [
        one
        for one in of_meetings
        if one.reader is None
        or not one.reader.stands_in
        or one.notice.key.stage not in STAGES
        or one.is_changed
        or one.reader.person_ref in told
    ]


def _each(found: Iterable[Decision], rule: Callable[[Decision], Decision]) -> list[Decision]:
    """The decisions after one step of the order, which is asked only of those that would still be told."""
    return [rule(one) if one.recipient is not None else one for one in found]


def _as_held(decision: Decision, holds: Sequence[Hold]) -> Decision:
    why = why_held(holds, decision.notice.key.case_ref, decision.notice.key.subject)
    return decision if why is None else untold(decision, "held", why)


def _as_put_off(decision: Decision, had: Collection[str], on: date) -> Decision:
    if decision.notice.key.person_ref not in had:
        return decision
    return untold(decision, "put_off", _had_the_message_of(on))


def _had_the_message_of(on: date) -> str:
    return f"the person had the message of {on.isoformat()} already; goes with the next"


def why_too_large(day: Day, duties: Duties, decisions: Decisions, before: Before) -> str | None:
    """Why the day's run is held for its size until a person releases it; None where it is no larger than usual."""
    guards = day.settings.guards
    return why_run_too_large(
        decisions.number,
        before.usual,
        day.on,
        day.calendar,
        times=guards.run_times,
        at_least=guards.run_at_least,
        open_cases=sum(case.is_open_on(day.on) for case, _ in duties.by_case.values()),
        held_since=before.held_since,
    )


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What a run added to the ledger: messages, and the notices in them that the ledger did not know; ``held``: why nothing."""

    messages: int
    notices: int
    decisions: Decisions = field(repr=False)
    held: str | None = None


class RunTooLarge(Exception):
    """A run would tell far more than usual: nothing of it is kept, and a person has to release it."""

    def __init__(self, why: str, decisions: Decisions) -> None:
        self.decisions = decisions
        super().__init__(why)


def everything(decisions: Decisions) -> Decisions:
    """All that was decided, as a daily run tells it."""
    return decisions


def plan(
    day: Day,
    duties: Duties,
    planning: Planning,
    *,
    holds: Sequence[Hold] = (),
    released: bool = True,
    only: Callable[[Decisions], Decisions] = everything,
) -> Planned:
    """Add today's messages to the ledger, in the one transaction that holds its planning lock.

    Waiting messages of earlier days are taken back first, so that everybody gets one message that is true today. ``only`` says
    which of the decisions are carried out. Raises RunTooLarge where far more would be told than usual, unless the run is
    ``released``.
    """
    mode = day.settings.delivery.mode
    planning.carry_over(mode, day.on)
    before = read_before(planning, mode, day.on, holds)
    decisions = only(decide_who_to_tell(day, duties, before))
    why = None if released else why_too_large(day, duties, decisions, before)
    if why is not None:
        raise RunTooLarge(why, decisions)
    messages = notices = 0
    for ref, of_duties, of_meetings in decisions.people():
        found = [*(one.notice for one in of_duties), *(one.notice for one in of_meetings)]
        added = planning.add(message_for(day, ref, of_duties, of_meetings), found, further=ref in before.had)
        messages, notices = messages + bool(added), notices + len(added)
    for name, copies in decisions.by_channel.items():
        planning.add(card_for(day, name), [one.notice for one in copies])
    planning.record(mode, decisions.recorded)
    return Planned(messages=messages, notices=notices, decisions=decisions)
