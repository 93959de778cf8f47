"""One day's work: read the records, work out the duties, decide who to tell, tell them, publish the report.

The daily run, preview and explain are this one pipeline; they differ only in what they do with its decisions. The commands
and the flows are thin over it. The business date and the clock are arguments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cin_reminders.case import Case, Extract, Rejection
from cin_reminders.channels.mime import message_id
from cin_reminders.delivery import Composed
from cin_reminders.letter import Letter
from cin_reminders.line import Told
from cin_reminders.messages import compose_words
from cin_reminders.notice import DutyKey, Message, Notice, NoticeKey
from cin_reminders.notices import Decision, decide, still_entitled, tell_at_once
from cin_reminders.obligations import STANDINGS, Obligation, covers, listed, obligations
from cin_reminders.planning import Planning
from cin_reminders.policy import Policy
from cin_reminders.policy_file import load_policy
from cin_reminders.recipients import Directory
from cin_reminders.records import read_records
from cin_reminders.settings import Settings
from cin_reminders.unreadable import STAGE, unreadable
from cin_reminders.working_days import Calendar, make_calendar


@dataclass(frozen=True, kw_only=True)
class Day:
    """A council's records, procedure and calendar on one business date."""

    settings: Settings
    policy: Policy
    calendar: Calendar
    on: date
    extract: Extract
    directory: Directory


@dataclass(frozen=True, kw_only=True)
class Duties:
    """Every case of the day with its obligations, and each obligation by its key, settled ones too."""

    by_case: Mapping[str, tuple[Case, tuple[Obligation, ...]]]
    by_key: Mapping[DutyKey, tuple[Case, Obligation]]
    out_of_scope: int
    quarantined: frozenset[str] = frozenset()

    def rows(self, on: date, *, closed: bool = False) -> Iterator[tuple[Case, tuple[Obligation, ...]]]:
        """Each case with the obligations that people see of it."""
        for case, found in self.by_case.values():
            yield case, listed(case, found, on, closed=closed)

    def standings(self, on: date) -> dict[str, int]:
        """How many listed obligations stand how, every standing named."""
        counts = Counter(one.standing for _, found in self.rows(on) for one in found)
        return {standing: counts[standing] for standing in STANDINGS}


def calendar_of(settings: Settings) -> Calendar:
    """The council's working days: the official list with the days that its settings add, put back or close."""
    days = settings.calendar
    return make_calendar(extra_days=days.extra_days, put_back_days=days.put_back_days, closure_days=days.closure_days)


def read_day(settings: Settings, on: date) -> Day:
    """Read the council's records once. Raises RecordsError or PolicyError with every fault, before anything is worked out."""
    return make_day(settings, on, load_policy(settings.policy, settings.base), read_extract(settings))


def read_extract(settings: Settings) -> Extract:
    """The council's records as they stand now. Raises RecordsError with every fault."""
    records = settings.records
    return read_records(records.url, queries=records.queries, date_format=records.date_format, base=settings.base)


def make_day(settings: Settings, on: date, policy: Policy, extract: Extract) -> Day:
    """A council's day over records that have been read."""
    directory = Directory(
        people=extract.people,
        team_roles=extract.team_roles,
        allowed_domains=frozenset(settings.delivery.allowed_domains),
    )
    return Day(settings=settings, policy=policy, calendar=calendar_of(settings), on=on, extract=extract, directory=directory)


def work_out_duties(day: Day) -> Duties:
    """Every obligation of every case. A quarantined case stands by the earlier of its dates."""
    by_case: dict[str, tuple[Case, tuple[Obligation, ...]]] = {}
    by_key: dict[DutyKey, tuple[Case, Obligation]] = {}
    out_of_scope = 0
    policy = day.policy.watching(day.extract.not_supplied)
    unread: dict[str, list[Rejection]] = {}
    for rejection in day.extract.rejections:
        if rejection.case_ref:
            unread.setdefault(rejection.case_ref, []).append(rejection)
    for case in day.extract.cases:
        if not covers(day.policy, case):
            out_of_scope += 1
            continue
        found = obligations(case, policy, day.calendar, day.on)
        for other in day.extract.disputed.get(case.case_ref, ()):
            found = _by_the_earlier(found, obligations(other, policy, day.calendar, day.on))
        if rows := unread.get(case.case_ref):
            found = tuple(_said_of_unread_rows(one, rows) for one in found)
        by_case[case.case_ref] = (case, found)
        by_key.update((one.key, (case, one)) for one in found)
    return Duties(by_case=by_case, by_key=by_key, out_of_scope=out_of_scope, quarantined=frozenset(day.extract.disputed))


def _said_of_unread_rows(obligation: Obligation, unread: Sequence[Rejection]) -> Obligation:
    """A duty still open, with a note of each rejected row of its case that may have met it or changed its date.

    It is still told: one bad cell must not silence a breach. But whoever is told can see that it may have been met.
    """
    rows = [one for one in unread if one.relation in obligation.rule.rests_on]
    if not rows or obligation.is_settled:
        return obligation
    named = "; ".join(f"{one.relation} {one.key}: {one.column}" for one in rows)
    note = f"a row of this case could not be read ({named}), so this may be done already, or due on another day"
    return replace(obligation, notes=(*obligation.notes, note))


def _by_the_earlier(one: Sequence[Obligation], other: Sequence[Obligation]) -> tuple[Obligation, ...]:
    """Two readings of a case made one: what either leaves open is open, and of two dates the earlier stands."""
    merged: dict[tuple[str, str], Obligation] = {}
    for obligation in (*one, *other):
        key = (obligation.duty, obligation.start_ref)
        standing = merged.get(key)
        if standing is None or _urgency(obligation) < _urgency(standing):
            merged[key] = obligation
    return tuple(merged.values())


def _urgency(obligation: Obligation) -> tuple[bool, date]:
    return obligation.is_settled, obligation.due_on or date.max


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Who is to be told what today: by person, and what was decided without telling anybody.

    ``about`` holds every case and obligation that a notice may be about, those of unreadable cases among them.
    """

    by_person: Mapping[str, tuple[Decision, ...]]
    recorded: tuple[Notice, ...]
    about: Mapping[DutyKey, tuple[Case, Obligation]]

    @property
    def untold(self) -> tuple[Notice, ...]:
        """The notices that nobody could be told, up to the head of service."""
        return tuple(notice for notice in self.recorded if notice.outcome == "no_recipient")


def decide_who_to_tell(day: Day, duties: Duties, before: Mapping[DutyKey, Sequence[Notice]]) -> Decisions:
    """Every decision of the day, given what the ledger already holds."""
    about = dict(duties.by_key)
    found: list[Decision] = []
    for one in unreadable(day.extract, before, day.policy, day.calendar, day.on):
        about.update((breach.key, (one.case, breach)) for breach in one.breaches)
        about[one.fault.key] = (one.case, one.fault)
        if not before.get(one.fault.key):
            found += tell_at_once(one.case, one.fault, STAGE, "team_manager", day.directory, day.on)
    for key, (case, obligation) in about.items():
        for decision in decide(
            case,
            obligation,
            before.get(key, ()),
            directory=day.directory,
            calendar=day.calendar,
            on=day.on,
            notify_from=day.settings.delivery.notify_from,
        ):
            # A quarantined case only escalates: which of its dates is true, nobody knows yet.
            if case.case_ref not in duties.quarantined or decision.notice.urgency == "escalation":
                found.append(decision)
    by_person: dict[str, list[Decision]] = {}
    for decision in found:
        if decision.recipient is not None:
            by_person.setdefault(decision.recipient.person.person_ref, []).append(decision)
    return Decisions(
        by_person={ref: tuple(theirs) for ref, theirs in sorted(by_person.items())},
        recorded=tuple(decision.notice for decision in found if decision.recipient is None),
        about=about,
    )


def message_for(day: Day, person_ref: str, decisions: Sequence[Decision]) -> Message:
    """The message that carries a person's notices of the day. It is urgent where any of them tells of a breach."""
    mode, channel = day.settings.delivery.mode, channel_name(day.settings)
    urgent = [one.notice for one in decisions if one.notice.urgency == "escalation"]
    first = urgent[0] if urgent else decisions[0].notice
    return Message(
        key=f"{day.settings.council}/{mode}/{day.on.isoformat()}/{person_ref}/{channel}",
        mode=mode,
        channel=channel,
        person_ref=person_ref,
        role=first.role,
        day=day.on,
        urgency=first.urgency,
    )


def channel_name(settings: Settings) -> str:
    """What carries the messages: files in a folder, or e-mail where the service is live."""
    return "email" if settings.delivery.mode == "live" else "folder"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What a run added to the ledger: messages, and notices put off because their person had today's message already."""

    messages: int
    put_off: int
    decisions: Decisions = field(repr=False)


def plan(day: Day, duties: Duties, planning: Planning) -> Planned:
    """Add today's messages to the ledger, in the one transaction that holds its planning lock.

    Waiting messages of earlier days are taken back first, so that everybody gets one message that is true today.
    """
    mode = day.settings.delivery.mode
    planning.carry_over(mode, day.on)
    decisions = decide_who_to_tell(day, duties, planning.notices(mode))
    had = planning.messages_of(mode, day.on)
    messages = put_off = 0
    for ref, found in decisions.by_person.items():
        if any(message.state != "planned" or message.doubts for message in had.get(ref, ())):
            put_off += len(found)
            planning.record(mode, [_put_off(one.notice, day.on) for one in found])
            continue
        messages += ref not in had
        planning.add(message_for(day, ref, found), [one.notice for one in found])
    planning.record(mode, decisions.recorded)
    return Planned(messages=messages, put_off=put_off, decisions=decisions)


def _put_off(notice: Notice, on: date) -> Notice:
    reason = f"the person had the message of {on.isoformat()} already; goes with the next"
    return replace(notice, outcome="withdrawn", reason=reason)


def composer(day: Day, about: Mapping[DutyKey, tuple[Case, Obligation]]) -> Callable[[Message, tuple[Notice, ...]], Composed]:
    """What puts a message into words at the moment of sending, after asking again whether each notice is still true."""

    def compose(message: Message, notices: tuple[Notice, ...]) -> Composed:
        told: list[Told] = []
        withdrawn: dict[NoticeKey, str] = {}
        for notice in notices:
            case, obligation = about.get(notice.key.of_duty, (None, None))
            refusal = still_entitled(notice, case, obligation, day.directory, day.on)
            if refusal is not None:
                withdrawn[notice.key] = refusal
            elif case is not None and obligation is not None:
                told.append(_told(day, notice, case, obligation))
        if not told:
            return Composed(letter=None, withdrawn=withdrawn, reason="; ".join(dict.fromkeys(withdrawn.values())))
        return Composed(letter=letter_for(day, message, told), withdrawn=withdrawn)

    return compose


def letter_for(day: Day, message: Message, told: Sequence[Told]) -> Letter:
    """A person's message in words, addressed."""
    settings = day.settings
    person = day.extract.people[message.person_ref]
    assert person.email is not None
    words = compose_words(
        person=person,
        told=told,
        on=day.on,
        calendar=day.calendar,
        council=day.policy.newest.council,
        wrong_contact=settings.wrong_contact,
    )
    domain = settings.email.from_address.rpartition("@")[2]
    return Letter(
        key=message.key,
        message_id=message_id(message.key, secret=settings.council.encode(), domain=domain),
        to_address=person.email,
        to_name=person.name,
        subject=words.subject,
        text=words.text,
        html=words.html,
    )


def previewed(day: Day, decisions: Decisions) -> Iterator[tuple[Message, tuple[Notice, ...], Letter]]:
    """The messages that a run would send now, in words; nothing is recorded."""
    for ref, found in decisions.by_person.items():
        message = message_for(day, ref, found)
        told = [_told(day, one.notice, *decisions.about[one.obligation.key]) for one in found]
        yield message, tuple(one.notice for one in found), letter_for(day, message, told)


def _told(day: Day, notice: Notice, case: Case, obligation: Obligation) -> Told:
    return Told(
        notice=notice,
        obligation=obligation,
        case=case,
        worker=day.directory.worker_of(case, day.on),
        why_you=notice.reason,
    )
