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
from cin_reminders.gathering import brought_forward, kept_for_company
from cin_reminders.guards import why_run_too_large
from cin_reminders.holds import Hold, why_held
from cin_reminders.notice import DutyKey, Message, Notice, NoticeKey
from cin_reminders.notices import Decision, decide, tell_at_once, untold
from cin_reminders.planning import Planning
from cin_reminders.policy import Edition
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

    ``about`` holds every case and obligation that a notice may be about, those of unreadable cases among them.
    """

    by_person: Mapping[str, tuple[Decision, ...]]
    recorded: tuple[Notice, ...]
    about: About
    by_channel: Mapping[str, tuple[Decision, ...]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many notices people are to be told."""
        return sum(map(len, self.by_person.values()))

    @property
    def not_told(self) -> dict[str, int]:
        """How many notices wait or found nobody today, by outcome."""
        counts = Counter(notice.outcome for notice in self.recorded)
        return {outcome: counts[outcome] for outcome in ("no_recipient", "held", "put_off", "over_the_cap") if counts[outcome]}


def decide_who_to_tell(day: Day, duties: Duties, before: Before) -> Decisions:
    """Every decision of the day, given what the ledger already holds."""
    faults = faults_of(day, before.notices)
    known_about = about(day, duties, before.notices, faults)
    found = _by_the_ladder(day, known_about, faults, before.notices)
    found += _corrections(day, known_about, before.notices, found)
    # A quarantined case only escalates: which of its dates is true, nobody knows yet.
    found = [one for one in found if one.notice.key.case_ref not in duties.quarantined or one.notice.urgency == "escalation"]
    found = _each(found, lambda one: _as_held(one, before.holds))
    found = _each(found, lambda one: _as_put_off(one, before.had, day.on))
    if _in_force(day).ladder.reminders == "gathered":
        found = kept_for_company(found, before.notices, day.on)
        found += _brought_forward(day, duties, known_about, before, found)
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
        recorded=tuple(decision.notice for decision in found if decision.recipient is None),
        about=known_about,
        by_channel={
            name: new
            for name, copied in sorted(copies.items())
            if name not in before.had and (new := tuple(one for one in copied if one.notice.key not in before.cards))
        },
    )


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


def _brought_forward(
    day: Day, duties: Duties, known_about: About, before: Before, found: Sequence[Decision]
) -> Iterator[Decision]:
    """The reminders of the next days that go today; those of a case that is held or whose rows disagree wait for their day."""
    free = {
        key: known
        for key, known in known_about.items()
        if key[0] not in duties.quarantined and why_held(before.holds, key[0], key[1]) is None
    }
    return brought_forward(
        free,
        before.notices,
        found,
        directory=day.directory,
        calendar=day.calendar,
        on=day.on,
        notify_from=day.settings.delivery.notify_from,
    )


def _each(found: Iterable[Decision], rule: Callable[[Decision], Decision]) -> list[Decision]:
    """The decisions after one step of the order, which is asked only of those that would still be told."""
    return [rule(one) if one.recipient is not None else one for one in found]


def _as_held(decision: Decision, holds: Sequence[Hold]) -> Decision:
    why = why_held(holds, decision.notice.key.case_ref, decision.notice.key.subject)
    return decision if why is None else untold(decision, "held", why)


def _as_put_off(decision: Decision, had: Collection[str], on: date) -> Decision:
    if decision.notice.key.person_ref not in had:
        return decision
    return untold(decision, "put_off", f"the person had the message of {on.isoformat()} already; goes with the next")


def message_for(day: Day, person_ref: str, decisions: Sequence[Decision]) -> Message:
    """The message that carries a person's notices of the day. It is urgent where any of them tells of a breach."""
    urgent = [one.notice for one in decisions if one.notice.urgency == "escalation"]
    first = urgent[0] if urgent else decisions[0].notice
    channel = day.settings.delivery.first_channel
    return _message(day, person_ref, channel, role=first.role, urgency=first.urgency)


def card_for(day: Day, channel_ref: str) -> Message:
    """The message that carries a Teams channel's card of the day: a courtesy, never an escalation."""
    return _message(day, channel_ref, "teams", person_kind="channel")


def own_channel(day: Day, person_ref: str) -> str | None:
    """The Teams channel of a person's own, where the records name one that can be shown a card."""
    person = day.extract.people.get(person_ref)
    name = person.teams_channel if person else None
    return name if name and (day.teams_channels is None or name in day.teams_channels) else None


def other_channel(day: Day, failed: Message) -> Message | None:
    """The message by which the notices of one that failed for good go another way; None where there is no other.

    Teams is a courtesy, so no escalation goes there alone; nor does a Teams card go by e-mail.
    """
    delivery = day.settings.delivery
    if delivery.mode == "folder" or delivery.fallback is None or failed.channel != delivery.first_channel:
        return None
    if delivery.fallback == "teams" and (failed.urgency == "escalation" or own_channel(day, failed.person_ref) is None):
        return None
    return _message(day, failed.person_ref, delivery.fallback, role=failed.role, urgency=failed.urgency)


def _message(
    day: Day, ref: str, channel: str, *, role: str = "", urgency: str = "reminder", person_kind: str = "professional"
) -> Message:
    mode = day.settings.delivery.mode
    return Message(
        key=f"{day.settings.council}/{mode}/{day.on.isoformat()}/{ref}/{channel}",
        mode=mode,
        channel=channel,
        person_ref=ref,
        role=role,
        day=day.on,
        urgency=urgency,
        person_kind=person_kind,
    )


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
    for ref, found in decisions.by_person.items():
        added = planning.add(message_for(day, ref, found), [one.notice for one in found])
        messages, notices = messages + bool(added), notices + len(added)
    for name, found in decisions.by_channel.items():
        planning.add(card_for(day, name), [one.notice for one in found])
    planning.record(mode, decisions.recorded)
    return Planned(messages=messages, notices=notices, decisions=decisions)
