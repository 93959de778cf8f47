"""Each reader's copy of a meeting's notice: its words, and the calendar file that goes with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from cin_reminders.address import read_address
from cin_reminders.calendar_entry import Revision, entry, method_of, uid
from cin_reminders.case import Person
from cin_reminders.chair import ChairsCopy, Unreached, chairs_copy
from cin_reminders.family_words import is_written_in
from cin_reminders.invitation_words import MeetingPage, page_for, words_for
from cin_reminders.letter import CalendarFile
from cin_reminders.meeting_stages import REMINDER, UNREACHED, kind_of
from cin_reminders.meetings_ahead import MeetingAhead
from cin_reminders.occasion import NoticeWords, Via, place_of
from cin_reminders.readers import INSIDE, Reader
from cin_reminders.words import joined

# Not the one that notices go by: an entry put into a calendar from a mere look is never taken for a real one.
_OF_A_LOOK = b"a look at the meetings, and no notice"
_MARKS = re.compile("[=-]{3,}")
_FIRST = Revision(sequence=0, cancellations=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """What every copy says of whom it comes from: the council, who answers staff, families and partners, and the mailbox.

    ``translations`` are the council's texts for families in other languages, by the names of their files.
    """

    contact: str
    family_name: str
    family_contact: str
    mailbox: str
    translations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """What one notice says beside the meeting itself: its stage, and whether the reader was told something else before.

    ``unreached`` are those whom nothing could be brought to, which the chair alone reads.
    """

    stage: str
    is_changed: bool = False
    unreached: tuple[Unreached, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """Writes the copies of one meeting, as the records stand on a day."""

    meeting: MeetingAhead
    people: Mapping[str, Person]
    sender: Sender
    on: date

    def words(self, reader: Reader, saying: Saying) -> NoticeWords:
        """A reader's copy as a message of its own. Raises ValueError where the council's name may not be said to this reader."""
        return self._words(reader, saying, self._chairs_copy(reader, saying))

    def page(self, reader: Reader, saying: Saying) -> MeetingPage:
        """What somebody of the council is told of the meeting as a part of their message of the day."""
        chair = self._chairs_copy(reader, saying)
        return page_for(reader=reader.kind, **self._said(reader, saying, chair))  # type: ignore[arg-type]

    def calendar_file(
        self,
        reader: Reader,
        saying: Saying,
        *,
        attendee: str,
        secret: bytes,
        revision: Revision,
        stamped_at: datetime,
        words: NoticeWords | None = None,
    ) -> CalendarFile:
        """The entry in a reader's calendar. ``attendee`` is the address that the letter goes to, ``words`` what it says."""
        sitting, method = self.meeting.sitting, method_of(saying.stage)
        if words is None or reader.kind == "chair":
            # What the chair alone reads stays in the message: colleagues often look into each other's calendars.
            plain = replace(saying, stage=REMINDER) if kind_of(saying.stage) == UNREACHED else saying
            words = self._words(reader, plain, None)
        inside = _is_inside(reader)
        venue, link, _ = place_of(sitting, kind_of(saying.stage), guarded=not inside)
        called = self.meeting.name if inside else self.sender.family_name[:1].upper() + self.sender.family_name[1:]
        content = entry(
            uid=uid(sitting.meeting_ref, reader.person_ref, secret=secret, cancellations=revision.cancellations),
            sequence=revision.sequence,
            method=method,
            summary=called if reader.is_of_the_family else f"{called} about {joined(sitting.labels, 'and')}",
            starts_at=sitting.scheduled_at,
            ends_at=sitting.ends_at,
            venue=venue,
            url=link,
            description=_for_a_calendar(words.text),
            organiser=self.sender.mailbox,
            organiser_name=self.meeting.edition.council,
            attendee=attendee,
            stamped_at=stamped_at,
        )
        return CalendarFile(content=content, method=method)

    def _words(self, reader: Reader, saying: Saying, chair: ChairsCopy | None) -> NoticeWords:
        return words_for(
            reader=reader.kind,  # type: ignore[arg-type]
            via=_via(reader),
            language=reader.language,
            translations=self.sender.translations,
            **self._said(reader, saying, chair),
        )

    def _said(self, reader: Reader, saying: Saying, chair: ChairsCopy | None) -> dict[str, Any]:
        edition, inside = self.meeting.edition, _is_inside(reader)
        return {
            "stage": saying.stage,
            "sitting": self.meeting.sitting,
            "council": edition.council,
            "contact": self.sender.contact if inside else self.sender.family_contact,
            "name": reader.person.name if reader.person and not reader.is_of_the_family else "",
            "meeting_name": self.meeting.name,
            "family_name": self.sender.family_name,
            "asked": self.meeting.asked,
            "chair": chair,
            "procedure": f"{edition.title}, {edition.edition}",
            "why": reader.why,
            "is_changed": saying.is_changed,
            "whom": _whom(reader),
        }

    def _chairs_copy(self, reader: Reader, saying: Saying) -> ChairsCopy | None:
        if reader.kind != "chair":
            return None
        others = [one.reader for one in self.meeting.would_read if one.stage and not _is_inside(one.reader)]
        return chairs_copy(
            sitting=self.meeting.sitting,
            people=self.people,
            asked=self.meeting.asked,
            checks=self.meeting.checks,
            on=self.on,
            languages=list(self._not_written(others)),
            left_out=place_of(self.meeting.sitting, kind_of(saying.stage), guarded=True)[2] if others else (),
            unreached=saying.unreached,
        )

    def _not_written(self, readers: Iterable[Reader]) -> Iterable[str]:
        """The language recorded for each of the family whose words are English for want of a text in it."""
        for one in readers:
            if one.is_of_the_family and not is_written_in(one.kind, one.language, self.sender.translations):
                yield one.language


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One reader's copy. ``calendar_file`` is None for somebody with a mobile number alone."""

    reader: Reader
    words: NoticeWords
    calendar_file: bytes | None


def copies_of(writer: Writer, *, stamped_at: datetime) -> tuple[Copy, ...]:
    """A copy for everybody who would read of the meeting, the chair first, to be looked at before any is ever sent.

    ``stamped_at`` is the moment that the calendar files bear, with its time zone. Raises ValueError where the council's name, in
    the pack, would name a child in need to a family or a partner.
    """
    told = [one for one in writer.meeting.would_read if one.stage]
    copies = []
    for one in sorted(told, key=lambda one: one.reader.kind != "chair"):
        saying = Saying(stage=one.stage or "")
        address = read_address(one.reader.person.email) if one.reader.person and one.reader.person.email else None
        file = None
        if address is not None:
            file = writer.calendar_file(
                one.reader, saying, attendee=address.written, secret=_OF_A_LOOK, revision=_FIRST, stamped_at=stamped_at
            )
        copies.append(
            Copy(reader=one.reader, words=writer.words(one.reader, saying), calendar_file=file.content if file else None)
        )
    return tuple(copies)


def _whom(reader: Reader) -> str:
    """Who hears of the meeting through a reader alone, in words: to the council's own people by name, but for a child."""
    named = {person.person_ref: _called(capacity, person, reader) for capacity, person in reader.passes_on_to}
    if not named:
        return ""
    who = joined(sorted(set(named.values())), "and")
    return (
        f"{who}, who {'hears' if len(named) == 1 else 'hear'} of this through you"
        if _is_inside(reader)
        else (f"{who} who {'hears' if len(named) == 1 else 'hear'} of this through you")
    )


def _called(capacity: str, person: Person, reader: Reader) -> str:
    if capacity == "child" or person.kind == "child":
        return "the child"
    if _is_inside(reader) and reader.in_place_of is None:
        return person.name
    return "the parent" if capacity == "parent" else "the person"


def _for_a_calendar(text: str) -> str:
    """A plain text without its title, which the entry has already, its rows of marks and its line ends within a paragraph."""
    lines = text.split("\n")
    marks = [number for number, line in enumerate(lines) if _MARKS.fullmatch(line)]
    if marks and set(lines[marks[0]]) == {"="}:
        lines = lines[marks[0] + 1 :]
    kept: list[str] = []
    for line in lines:
        if _MARKS.fullmatch(line):
            kept.append("")
        elif kept and kept[-1] and line and not line.startswith("- "):
            kept[-1] += f" {line.strip()}"
        else:
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _is_inside(reader: Reader) -> bool:
    return reader.kind in INSIDE


def _via(reader: Reader) -> Via | None:
    if reader.in_place_of is None or not reader.is_of_the_family:
        return None
    return "professional" if reader.is_passed_on else "family"
