"""Notices of meetings in words, at the moment of sending: once more asked whether each still may go, then written and addressed.

Somebody of the council reads of their meetings in their message of the day. A partner, a family or a child gets a letter of its
own for each meeting, and nothing else in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cin_reminders.calendar_entry import Revision
from cin_reminders.case import LONDON, Person
from cin_reminders.chair import Unreached
from cin_reminders.channels.mime import message_id
from cin_reminders.holds import Hold, why_held
from cin_reminders.letter import CalendarFile, Letter, NotifyCall
from cin_reminders.meeting_copies import Saying, Writer
from cin_reminders.meeting_day import MeetingDay, sender_of
from cin_reminders.meeting_stages import (
    CANCELLED,
    UNREACHED,
    foremost,
    is_chair_unreached,
    kind_of,
    still_to_reach,
    told_to,
    unreached_by,
)
from cin_reminders.messages import Words
from cin_reminders.notice import MeetingNotice, Message
from cin_reminders.occasion import NoticeWords, Page
from cin_reminders.readers import INSIDE, Reader, readers, way_to
from cin_reminders.settings import Settings

NOTIFY = "notify"


@dataclass(frozen=True, kw_only=True)
class OneMeeting:
    """What one person is told of one meeting: as whom, in which words, and which of their calendar files goes with it."""

    notices: tuple[MeetingNotice, ...]
    reader: Reader
    saying: Saying
    writer: Writer
    revision: Revision
    is_off: bool

    @property
    def is_own_letter(self) -> bool:
        """Whether it is a letter of its own: whoever does not work for the council is told of one meeting at a time."""
        return self.reader.kind not in INSIDE

    @property
    def goes_by_notify(self) -> bool:
        """Whether it goes to somebody of the family themselves."""
        return goes_by_notify(self.reader)

    def words(self) -> NoticeWords:
        """Its words as a message of its own."""
        return self.writer.words(self.reader, self.saying)

    def page(self) -> Page:
        """Its words as a part of the message of the day."""
        return self.writer.page(self.reader, self.saying).page


@dataclass(frozen=True, kw_only=True)
class MeetingLetters:
    """Writes the notices of a day's meetings; ``before`` gives what the ledger holds of them, by meeting."""

    meetings: MeetingDay
    before: Callable[[], Mapping[str, Sequence[MeetingNotice]]]
    clock: Callable[[], datetime]

    @property
    def _settings(self) -> Settings:
        return self.meetings.day.settings

    def why_not_sent(self, notice: MeetingNotice, message: Message) -> str | None:
        """Why a notice must not go after all, by the records as they are now; None where it still may."""
        if message.channel == "teams":
            return "a notice of a meeting does not go to Teams"
        before = self.before().get(notice.meeting_ref, ())
        return self.meetings.why_not_sent(notice, before) or self._why_too_late(notice)

    def _why_too_late(self, notice: MeetingNotice) -> str | None:
        """Why a notice sent later on the day of the meeting has no point any more; what has become of it is told all day."""
        sitting, now = self.meetings.sittings[notice.meeting_ref], self.clock().astimezone(LONDON)
        is_today = now.date() == self.meetings.day.on == sitting.day
        if not is_today or kind_of(notice.key.stage) in (CANCELLED, UNREACHED):
            return None
        return "it has begun" if now.replace(tzinfo=None) >= sitting.scheduled_at.replace(tzinfo=None) else None

    def why_held(self, notice: MeetingNotice, holds: Sequence[Hold]) -> str | None:
        """What a person's hold on any of the cases that share the meeting says; None where none does."""
        return why_meeting_held(self.meetings, notice.meeting_ref, holds)

    def of_each(self, notices: Iterable[MeetingNotice]) -> list[OneMeeting]:
        """What a person's notices say, meeting by meeting in the order of time; several of one meeting are one."""
        found: dict[str, list[MeetingNotice]] = {}
        for one in notices:
            found.setdefault(one.meeting_ref, []).append(one)
        return sorted(map(self._one, found.values()), key=lambda one: one.writer.meeting.sitting.scheduled_at)

    def _one(self, notices: Sequence[MeetingNotice]) -> OneMeeting:
        first, day = notices[0], self.meetings.day
        ref, person_ref = first.meeting_ref, first.key.person_ref
        meeting, before = self.meetings.ahead(ref), self.before().get(ref, ())
        everybody = readers(
            meeting.sitting,
            directory=self.meetings.circumstances.directory,
            rules=self.meetings.rules,
            on=day.on,
            chair_is_unreached=is_chair_unreached(meeting.sitting, before),
        )
        reader = next(one for one in everybody if one.person_ref == person_ref)
        is_changed, cancellations = told_to(before, person_ref, first.told_what, beside={one.key for one in notices})
        saying = Saying(
            stage=foremost(one.key.stage for one in notices),
            is_changed=is_changed,
            unreached=tuple(_unreached(still_to_reach(unreached_by(before), everybody), person_ref))
            if reader.kind == "chair"
            else (),
        )
        return OneMeeting(
            notices=tuple(notices),
            reader=reader,
            saying=saying,
            writer=Writer(
                meeting=meeting,
                people=day.extract.people,
                sender=sender_of(self._settings, self.meetings.translations),
                on=day.on,
            ),
            revision=Revision(sequence=max(one.sequence for one in notices), cancellations=cancellations),
            is_off=first.told_what == CANCELLED,
        )

    def calendar_file(self, one: OneMeeting, attendee: str, words: NoticeWords | None = None) -> CalendarFile | None:
        """The calendar file that goes with it to an address; None where the entry was taken out of the calendar before."""
        if one.is_off and one.saying.stage == UNREACHED:
            return None
        return one.writer.calendar_file(
            one.reader,
            one.saying,
            attendee=attendee,
            secret=self._settings.council.encode(),
            revision=one.revision,
            stamped_at=self.clock(),
            words=words,
        )

    def letter(self, message: Message, one: OneMeeting, attendee: str) -> Letter:
        """A letter about one meeting and nothing else. ``attendee`` is the address that it really goes to."""
        person = one.reader.person
        assert person is not None
        words = one.words()
        if one.goes_by_notify:
            return self._call(message, one, person, words)
        file = self.calendar_file(one, attendee, words)
        return replace(
            mail(self._settings, message, person, attendee, words),
            # What the council's own people read in the sender's name may say what no partner may read.
            from_name=one.writer.meeting.edition.council if one.is_own_letter else "",
            calendar_files=(file,) if file else (),
            is_invitation=file is not None,
        )

    def _call(self, message: Message, one: OneMeeting, person: Person, words: NoticeWords) -> Letter:
        way = way_to(person, self.meetings.rules.family_ways)
        assert way is not None
        kind, address = way
        stage = "changed" if one.saying.is_changed and not one.is_off else kind_of(one.saying.stage)
        return Letter(
            key=message.key,
            message_id="",
            to_address=address,
            to_name="",
            subject=words.subject,
            text=words.text,
            html="",
            call=NotifyCall(kind=kind, stage=stage, language=words.language, values=words.values),
        )


def mail(settings: Settings, message: Message, person: Person, address: str, words: Words | NoticeWords) -> Letter:
    """A message in words as an e-mail to a person's address. Its Message-ID is always the same for the same message."""
    domain = settings.email.from_address.rpartition("@")[2]
    return Letter(
        key=message.key,
        message_id=message_id(message.key, secret=settings.council.encode(), domain=domain),
        to_address=address,
        to_name=person.name,
        subject=words.subject,
        text=words.text,
        html=words.html,
    )


def why_meeting_held(meetings: MeetingDay, meeting_ref: str, holds: Sequence[Hold]) -> str | None:
    """What a hold on a meeting, or on any of the cases that share it, says; None where none does."""
    sitting = meetings.sittings.get(meeting_ref)
    found = (why_held(holds, ref, meeting_ref) for ref in (sitting.case_refs if sitting else ()))
    return next(filter(None, found), None)


def goes_by_notify(reader: Reader) -> bool:
    """Whether a reader is of the family and hears through nobody who works for the council."""
    return reader.is_of_the_family and not reader.is_passed_on


def _unreached(notices: Iterable[MeetingNotice], person_ref: str) -> Iterable[Unreached]:
    for failed in notices:
        if failed.key.person_ref != person_ref:
            kind = kind_of(failed.key.stage)
            # An earlier chair was to hear of others: what they missed is the meeting itself.
            yield Unreached(person_ref=failed.key.person_ref, stage="reminder" if kind == UNREACHED else kind)
