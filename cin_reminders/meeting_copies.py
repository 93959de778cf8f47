"""Each reader's copy of a meeting's notice, in words and as a calendar file, for a council to look at before any is ever sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cin_reminders.address import read_address
from cin_reminders.calendar_entry import entry, uid
from cin_reminders.case import Person
from cin_reminders.chair import ChairsCopy, chairs_copy
from cin_reminders.invitation_words import words_for
from cin_reminders.meetings_ahead import MeetingAhead, WouldRead
from cin_reminders.occasion import ENGLISH, NoticeWords, Via
from cin_reminders.readers import Reader
from cin_reminders.words import joined

# Not the one that notices would go by: an entry put into a calendar from a mere look is never taken for a real one.
_SECRET = b"a look at the meetings, and no notice"
_OF_THE_FAMILY = ("family", "child")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """What every copy says of whom it comes from: the council, who answers staff, families and partners, and the mailbox."""

    contact: str
    family_name: str
    family_contact: str
    mailbox: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One reader's copy. ``calendar_file`` is None for somebody with a mobile number alone."""

    reader: Reader
    words: NoticeWords
    calendar_file: bytes | None


def copies_of(
    meeting: MeetingAhead, *, people: Mapping[str, Person], sender: Sender, on: date, stamped_at: datetime
) -> tuple[Copy, ...]:
    """A copy for everybody who would read of the meeting, the chair first.

    ``stamped_at`` is the moment that the calendar files bear, with its time zone. Raises ValueError where the council's name, in
    the pack, would name a child in need to a family or a partner.
    """
    told = [one for one in meeting.would_read if one.stage]
    others = [_copy(meeting, one, sender, None, stamped_at) for one in told if one.reader.kind != "chair"]
    copy = chairs_copy(
        sitting=meeting.sitting,
        people=people,
        asked=meeting.asked,
        checks=meeting.checks,
        on=on,
        languages=[one for copy in others if (one := _language_not_written(copy))],
        left_out=[what for copy in others for what in copy.words.left_out],
    )
    chairs = [_copy(meeting, one, sender, copy, stamped_at) for one in told if one.reader.kind == "chair"]
    return (*chairs, *others)


def _copy(meeting: MeetingAhead, would: WouldRead, sender: Sender, chair: ChairsCopy | None, stamped_at: datetime) -> Copy:
    reader = would.reader
    words = _words(meeting, would, sender, chair)
    # What the chair alone reads stays in the message: colleagues often look into each other's calendars.
    described = _words(meeting, would, sender, None) if chair else words
    return Copy(reader=reader, words=words, calendar_file=_calendar_file(meeting, reader, described, sender, stamped_at))


def _words(meeting: MeetingAhead, would: WouldRead, sender: Sender, chair: ChairsCopy | None) -> NoticeWords:
    reader, edition = would.reader, meeting.edition
    inside = reader.kind in ("chair", "staff")
    return words_for(
        reader=reader.kind,  # type: ignore[arg-type]
        stage=would.stage or "",
        sitting=meeting.sitting,
        council=edition.council,
        contact=sender.contact if inside else sender.family_contact,
        name=reader.person.name if reader.person and reader.kind not in _OF_THE_FAMILY else "",
        meeting_name=meeting.name,
        family_name=sender.family_name,
        asked=meeting.asked,
        chair=chair,
        procedure=f"{edition.title}, {edition.edition}",
        why=reader.why,
        via=_via(reader),
        language=(reader.in_place_of or reader.person).language if reader.person else ENGLISH,
    )


def _via(reader: Reader) -> Via | None:
    if reader.in_place_of is None or reader.person is None or reader.kind not in _OF_THE_FAMILY:
        return None
    return "professional" if reader.person.kind == "professional" else "family"


def _calendar_file(
    meeting: MeetingAhead, reader: Reader, words: NoticeWords, sender: Sender, stamped_at: datetime
) -> bytes | None:
    address = read_address(reader.person.email) if reader.person and reader.person.email else None
    if address is None:
        return None
    sitting = meeting.sitting
    of_the_family = reader.kind in _OF_THE_FAMILY
    called = meeting.name if reader.kind in ("chair", "staff") else sender.family_name[:1].upper() + sender.family_name[1:]
    return entry(
        uid=uid(sitting.meeting_ref, reader.person_ref, secret=_SECRET),
        sequence=0,
        method="REQUEST",
        summary=called if of_the_family else f"{called} about {joined(sitting.labels, 'and')}",
        starts_at=sitting.scheduled_at,
        ends_at=sitting.ends_at,
        venue=None if "venue" in words.left_out else sitting.venue,
        url=None if "link" in words.left_out else sitting.online_url,
        description=words.text,
        organiser=sender.mailbox,
        organiser_name=meeting.edition.council,
        attendee=address.written,
        stamped_at=stamped_at,
    )


def _language_not_written(copy: Copy) -> str | None:
    """The language recorded for somebody of the family whose words are English for want of a text in it."""
    person = copy.reader.in_place_of or copy.reader.person
    if person is None or copy.reader.kind not in _OF_THE_FAMILY or copy.words.language != ENGLISH:
        return None
    spoken = person.language.strip().lower().replace("_", "-").partition("-")[0]
    return None if spoken in (ENGLISH, "eng", "english", "") else person.language
