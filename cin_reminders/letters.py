"""Letters: the words of a message, put together at the moment of sending, once more asked whether each notice is still true.

A notice goes only where the records still bear it out, the person may still be told, and no hold covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cin_reminders.address import read_address
from cin_reminders.cards import compose_card
from cin_reminders.case import Case
from cin_reminders.corrections import is_beside_the_ladder, why_not_now, why_not_true
from cin_reminders.courtesy import channel_name
from cin_reminders.day import Day
from cin_reminders.delivery import Composed
from cin_reminders.envelopes import card_for, message_for, own_channel
from cin_reminders.foreseen import NOT_BOOKED, still_to_book
from cin_reminders.holds import Hold, why_held
from cin_reminders.letter import Letter
from cin_reminders.line import Told
from cin_reminders.meeting_day import MeetingDay
from cin_reminders.meeting_letters import MeetingLetters, OneMeeting, mail
from cin_reminders.messages import compose_words
from cin_reminders.notice import DutyKey, MeetingNotice, Message, Notice, NoticeKey, key_of_next_part
from cin_reminders.notices import why_no_longer_asked
from cin_reminders.obligations import Obligation
from cin_reminders.settings import STAGING_CHANNEL
from cin_reminders.telling import Decisions
from cin_reminders.words import joined


def composer(
    day: Day,
    about: Mapping[DutyKey, tuple[Case, Obligation]],
    meetings: MeetingLetters,
    holds: Callable[[], Sequence[Hold]] = tuple,
) -> Callable[[Message, tuple[Notice, ...]], Composed]:
    """What puts a message into words at the moment of sending, after asking again whether each notice is still true.

    ``holds`` gives the holds in force at that moment.
    """

    def compose(message: Message, notices: tuple[Notice, ...]) -> Composed:
        in_force = holds()
        told: list[Told] = []
        of_meetings: list[MeetingNotice] = []
        withdrawn: dict[NoticeKey, str] = {}
        held: dict[NoticeKey, str] = {}
        for notice in notices:
            case, obligation = about.get(notice.key.of_duty, (None, None))
            if isinstance(notice, MeetingNotice):
                refusal, hold = meetings.why_not_sent(notice, message), meetings.why_held(notice, in_force)
            else:
                refusal = _why_not_sent(day, notice, case, obligation, meetings.meetings)
                hold = why_held(in_force, notice.key.case_ref, notice.key.subject)
            if refusal is not None:
                withdrawn[notice.key] = refusal
            elif hold is not None:
                held[notice.key] = hold
            elif isinstance(notice, MeetingNotice):
                of_meetings.append(notice)
            elif case is not None and obligation is not None:
                told.append(_told(day, notice, case, obligation, meetings.meetings))
        if told and message.channel == "teams" and _channel_of(day, message) is None:
            withdrawn |= {one.notice.key: "the person has no Teams channel any more" for one in told}
            told = []
        if not told and not of_meetings:
            reason = "; ".join(dict.fromkeys((*withdrawn.values(), *held.values())))
            return Composed(letter=None, withdrawn=withdrawn, held=held, reason=reason)
        letter, left = letter_for(day, message, told, meetings, of_meetings)
        return Composed(
            letter=letter,
            withdrawn=withdrawn,
            held=held,
            dates={one.notice.key: one.obligation.due_on for one in told if one.notice.due_on != one.obligation.due_on},
            rest=[one.key for one in left],
            next_part=next_part(message) if left else None,
        )

    return compose


def _why_not_sent(day: Day, notice: Notice, case: Case | None, obligation: Obligation | None, meetings: MeetingDay) -> str | None:
    """Why a notice of a duty must not go after all, by the records as they are now; None where it still may."""
    if case is None or obligation is None:
        return "no longer in the records"
    to_channel = channel_name(notice.key.person_ref)
    if to_channel is None:
        why = why_not_now(notice, case, obligation, day.directory, day.on)
    elif not _may_show(day, to_channel, case):
        why = "whoever the channel belongs to may no longer see the case"
    elif is_beside_the_ladder(notice.key.stage):
        why = why_not_true(notice, obligation)
    else:
        # A Teams channel holds no role: what counts is whether the duty is still open.
        why = why_no_longer_asked(notice, obligation, day.on)
    if why is None and notice.key.stage == NOT_BOOKED and still_to_book(case, obligation, meetings.circumstances) is None:
        return "booked meanwhile"
    return why


def _may_show(day: Day, name: str, case: Case) -> bool:
    """Whether a Teams channel may be shown a case: its team's managers' own, or that of a person who may be told of it."""
    if name == day.settings.teams.managers.get(case.team or ""):
        return True
    owners = (ref for ref, person in day.extract.people.items() if person.teams_channel == name)
    return any(day.directory.why_not(ref, day.on) is None and day.directory.may_see(case, ref, day.on) for ref in owners)


def letter_for(
    day: Day,
    message: Message,
    told: Sequence[Told],
    meetings: MeetingLetters,
    of_meetings: Sequence[MeetingNotice] = (),
) -> tuple[Letter, tuple[Notice, ...]]:
    """A message in words, addressed, and what did not fit into it, which goes in the next part.

    A Teams card has no room for everything. Whoever does not work for the council reads of one meeting at a time, and of
    nothing else; what they are told beside goes first.
    """
    if message.channel == "teams":
        letter, left = _card_letter(day, message, told)
        return letter, tuple(one.notice for one in left)
    found = meetings.of_each(of_meetings)
    together = [one for one in found if not one.is_own_letter]
    alone = [one for one in found if one.is_own_letter]
    address = _address_of(day, message)
    if told or len(together) > 1:
        letter = _letter_of_the_day(day, message, told, meetings, together, address)
    else:
        first = (together or alone)[0]
        alone = [one for one in alone if one is not first]
        letter = meetings.letter(message, first, address)
    return _as_staged(day, message, letter), tuple(notice for one in alone for notice in one.notices)


def _address_of(day: Day, message: Message) -> str:
    """Where a message goes, as the address was checked, however the records spell it; the letters of a rehearsal to one place."""
    delivery = day.settings.delivery
    if delivery.mode == "staging" and delivery.staging_address is not None:
        return delivery.staging_address
    address = read_address(day.extract.people[message.person_ref].email or "")
    return address.written if address is not None else ""


def _letter_of_the_day(
    day: Day, message: Message, told: Sequence[Told], meetings: MeetingLetters, together: Sequence[OneMeeting], address: str
) -> Letter:
    settings, person = day.settings, day.extract.people[message.person_ref]
    words = compose_words(
        person=person,
        told=told,
        meetings=[one.page() for one in together],
        on=day.on,
        calendar=day.calendar,
        council=day.policy.newest.council,
        wrong_contact=settings.wrong_contact,
        report_url=report_url(day),
        silence=day.silence,
    )
    files = (meetings.calendar_file(one, address) for one in together)
    return replace(mail(settings, message, person, address, words), calendar_files=tuple(file for file in files if file))


def _card_letter(day: Day, message: Message, told: Sequence[Told]) -> tuple[Letter, tuple[Told, ...]]:
    name = _channel_of(day, message)
    assert name is not None
    # A card has no subject, so that a rehearsal's says in itself whom it was meant for.
    teams = [team for team, channel in day.settings.teams.managers.items() if channel == name]
    heading = joined(teams, "and") if teams else "for you"
    if day.settings.delivery.mode == "staging":
        heading = f"Staging, for {name}"
    words = compose_card(
        told=told,
        on=day.on,
        calendar=day.calendar,
        council=day.policy.newest.council,
        heading=heading,
        link=report_url(day),
        is_copy=channel_name(message.person_ref) is not None,
    )
    letter = Letter(
        key=message.key,
        message_id="",
        to_address=name,
        to_name="",
        subject=words.title,
        text=words.text,
        html="",
        card=words.card,
    )
    return _as_staged(day, message, letter), words.left


def _channel_of(day: Day, message: Message) -> str | None:
    """The Teams channel that a card is for: the one it is a copy for, or its person's own."""
    return channel_name(message.person_ref) or own_channel(day, message.person_ref)


def _as_staged(day: Day, message: Message, letter: Letter) -> Letter:
    """The letter as it is sent: in a rehearsal to the one address that the settings name, saying whom it was meant for."""
    delivery = day.settings.delivery
    if delivery.mode != "staging" or delivery.staging_address is None:
        return letter
    to_address = STAGING_CHANNEL if letter.card else delivery.staging_address
    subject = f"[Staging, for {message.person_ref}] {letter.subject}"
    # Whatever it was to be: the one address of a rehearsal is an e-mail address.
    call = replace(letter.call, kind="email") if letter.call else None
    return replace(letter, to_address=to_address, to_name="", subject=subject, call=call)


def next_part(message: Message) -> Message:
    """The message that carries on where a full card ends: `.../teams`, `.../teams-2`, `.../teams-3`."""
    return replace(
        message,
        key=key_of_next_part(message.key),
        state="planned",
        owner=None,
        lease_until=None,
        attempts=0,
        doubts=0,
        next_try_at=None,
        reason="",
    )


def report_url(day: Day) -> str | None:
    """Where the day's report can be opened, where the council has put its reports on its own network."""
    folder = day.settings.report.url
    return f"{folder.rstrip('/')}/report-{day.on.isoformat()}.html" if folder else None


def previewed(
    day: Day, decisions: Decisions, clock: Callable[[], datetime]
) -> Iterator[tuple[Message, tuple[Notice, ...], Letter]]:
    """The messages that a run would send now, in words; nothing is recorded. ``clock`` gives the moment of calendar files."""
    meetings = MeetingLetters(meetings=decisions.meetings, before=lambda: decisions.told_of_meetings, clock=clock)
    planned = [(message_for(day, ref, found, sat), found, sat) for ref, found, sat in decisions.people()]
    planned += [(card_for(day, ref), found, ()) for ref, found in decisions.by_channel.items()]
    for message, found, sat in planned:
        told = [_told(day, one.notice, *decisions.about[one.obligation.key], decisions.meetings) for one in found]
        of_meetings = [one.notice for one in sat]
        while told or of_meetings:
            letter, left = letter_for(day, message, told, meetings, of_meetings)
            here = (*(one.notice for one in told), *of_meetings)
            yield message, tuple(one for one in here if one not in left), letter
            message = next_part(message) if left else message
            told = [one for one in told if one.notice in left]
            of_meetings = [one for one in of_meetings if one in left]


def _told(day: Day, notice: Notice, case: Case, obligation: Obligation, meetings: MeetingDay) -> Told:
    return Told(
        notice=notice,
        obligation=obligation,
        case=case,
        worker=day.directory.worker_of(case, day.on),
        why_you=notice.reason,
        to_book=still_to_book(case, obligation, meetings.circumstances) or "",
    )
