"""A meeting as an entry in one person's own calendar: the file that goes with a meeting notice.

The file is an iCalendar object (RFC 5545) as mail programs exchange them (RFC 5546). Its method is ``REQUEST``, though the
reader is not asked to answer (``RSVP=FALSE`` says so), and never ``PUBLISH``: Outlook takes a published file for a mere
attachment and makes a second entry of one that has moved, where a request moves the entry that stands.

Each file names one reader and the council's mailbox, and nobody else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal, get_args
from urllib.parse import quote, urlsplit

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.prop import vCalAddress

from cin_reminders.case import LONDON

Method = Literal["REQUEST", "CANCEL"]

# Names neither this service nor what it is about: a family reads it too, in the calendar's own details.
PRODUCT = "-//Meeting notices//EN"
LENGTH_WHEN_UNKNOWN = timedelta(hours=1)
END_UNKNOWN = "The end of the meeting is not known. One hour is shown."

STATUSES = {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}
FILE_NAMES = {"REQUEST": "invite.ics", "CANCEL": "cancelled.ics"}
MOST = 2**31 - 1  # the largest whole number of RFC 5545, 3.3.8

# Whatever any program takes for the end of a line: some parsers split at each of these.
LINE_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
PLAIN_ADDRESS = re.compile(r"""[^\s@<>()\[\]",;:\\]+@[^\s@<>()\[\]",;:\\]+""")
LINK = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """Which file this is of all that one person gets about one meeting.

    ``sequence`` rises with each change and cancellation and never falls. ``cancellations`` counts those before this file:
    a meeting booked again is a new entry, since some calendars (Google's, Nextcloud) refuse a name once it was removed.
    """

    sequence: int
    cancellations: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """What a letter says of the file that it carries. Outlook believes in a meeting only where the type names the method."""

    content_type: str
    file_name: str


def method_of(stage: str) -> Method:
    """A cancellation takes the entry out of the calendar; a notice of any other stage puts it in or mends it."""
    return "CANCEL" if _is("cancelled", stage) else "REQUEST"


def revision(stages: Sequence[str]) -> Revision:
    """The revision of a file, from the stages of one meeting that one person was told, in order, this notice last.

    A reminder keeps the number of what it reminds of: a higher one would make the reader's own answer void. A change, a
    cancellation and whatever follows a cancellation raise it by 1. Raises ValueError where there is no stage.
    """
    if not stages:
        raise ValueError("stages: empty; the notice that carries the file must be among them")
    raised = [_is("changed", now) or _is("cancelled", now) or _is("cancelled", before) for before, now in pairwise(stages)]
    return Revision(sequence=sum(raised), cancellations=sum(_is("cancelled", stage) for stage in stages[:-1]))


def uid(meeting_ref: str, person_ref: str, *, secret: bytes, cancellations: int = 0) -> str:
    """The name of one meeting in one person's calendar: always the same, and neither can be read in it.

    ``person_ref`` is of the person whose calendar it is. Two people's names for one meeting differ, so that nobody can
    tell from them who else was asked. It is HMAC-SHA256 cut to 160 bits. Raises ValueError for an empty secret.
    """
    if not secret:
        raise ValueError("secret: empty; it must be at least one byte")
    named = json.dumps(["calendar entry", meeting_ref, person_ref, cancellations])
    return hmac.new(secret, named.encode(), hashlib.sha256).hexdigest()[:40]


def attachment(method: Method) -> Attachment:
    """The content type and the file name under which a letter carries the file."""
    return Attachment(content_type=f"text/calendar; charset=utf-8; method={method}", file_name=FILE_NAMES[method])


def entry(
    *,
    uid: str,
    sequence: int,
    method: Method,
    summary: str,
    starts_at: datetime,
    ends_at: datetime | None,
    venue: str | None,
    url: str | None,
    description: str,
    organiser: str,
    attendee: str,
    stamped_at: datetime,
    organiser_name: str = "",
    end_unknown: str = END_UNKNOWN,
) -> bytes:
    """The calendar file of one meeting for one reader, in UTF-8, with the meeting at London's time all the year.

    Times without a zone are London's; in the hour that comes twice in October the first is meant, and an hour left out in
    March is shown as the clock then goes. Where no end is known, or none after the start, one hour is shown and
    ``end_unknown`` says so below the description. The link stands there too, and in place of a venue that is missing:
    Outlook shows it nowhere else. What people wrote comes out as text, each backslash as a stroke, since calendar programs
    disagree on what it begins. No alarm is set, and the entry is private: those who may look into the calendar see the
    time alone.

    ``organiser`` is the mailbox that a person reads, ``attendee`` the address that the letter goes to. Raises ValueError
    with every fault, one a line, without repeating what was given.
    """
    _refuse(uid=uid, sequence=sequence, method=method, stamped_at=stamped_at, organiser=organiser, attendee=attendee)
    start = _in_london(starts_at)
    end = _in_london(ends_at) if ends_at else start
    is_end_known = end.astimezone(UTC) > start.astimezone(UTC)
    link = _one_line(url or "")
    said = [_lines(description), "" if link in description.split() else link, "" if is_end_known else _lines(end_unknown)]

    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", stamped_at)  # the library writes it in UTC
    event.add("dtstart", start)
    event.add("dtend", end if is_end_known else _in_london(start.astimezone(UTC) + LENGTH_WHEN_UNKNOWN))
    event.add("summary", _one_line(summary))
    if place := _one_line(venue or "") or link:
        event.add("location", place)
    if _is_link(link):
        event.add("url", link)
    event.add("description", "\n".join(part for part in said if part))
    event.add("status", STATUSES[method])
    event.add("class", "PRIVATE")
    event.add("organizer", _mailbox(organiser, _named(organiser_name)))
    event.add("attendee", _mailbox(attendee, {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "FALSE"}))

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_london())
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _is(kind: str, stage: str) -> bool:
    return stage.partition("-")[0] == kind


def _refuse(*, uid: str, sequence: int, method: str, stamped_at: datetime, organiser: str, attendee: str) -> None:
    faults = {
        "uid": None if re.fullmatch(r"[!-~]+", uid) else "must be printable ASCII without a blank",
        "sequence": None if 0 <= sequence <= MOST else f"must be 0 to {MOST}",
        "method": None if method in get_args(Method) else f"must be one of {', '.join(get_args(Method))}",
        "stamped_at": "has no time zone" if stamped_at.tzinfo is None else None,
        "organiser": _address_fault(organiser),
        "attendee": _address_fault(attendee),
    }
    if problems := [f"{place}: {fault}" for place, fault in faults.items() if fault]:
        raise ValueError("\n".join(problems))


def _address_fault(address: str) -> str | None:
    is_plain = PLAIN_ADDRESS.fullmatch(address) and not any(unicodedata.category(one) in {"Cc", "Cs"} for one in address)
    return None if is_plain else "is not one plain e-mail address"


def _in_london(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=LONDON, fold=0)
    # By way of UTC, which gives a time that no clock in London shows the one that the clocks go on to.
    return aware.astimezone(UTC).astimezone(LONDON)


def _lines(text: str) -> str:
    """The text with plain line ends, nothing in it that RFC 5545 forbids, and no backslash."""
    cleaned = LINE_BREAK.sub("\n", text).replace("\\", "/")
    return "".join(_allowed(character) for character in cleaned).strip()


def _one_line(text: str) -> str:
    return " ".join(_lines(text).split())


def _allowed(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return " " if kind == "Cc" and character != "\n" else character


def _is_link(text: str) -> bool:
    if not LINK.fullmatch(text):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:  # brackets that hold no address
        return False


def _named(name: str) -> dict[str, str]:
    # The one way to write a quotation mark here (RFC 6868) is not known to Outlook.
    shown = _one_line(name).replace('"', "'")
    return {"CN": shown} if shown else {}


def _mailbox(address: str, parameters: dict[str, str]) -> vCalAddress:
    # What a link to a mailbox may hold as it is (RFC 6068, 2); the library writes it out as given.
    mailbox = vCalAddress("mailto:" + quote(address, safe="@!$'*+"))
    mailbox.params.update(parameters)
    return mailbox


def _london() -> Timezone:
    """London's clock as two yearly rules, since Outlook reads nothing else of a time zone. They hold from 1996 on."""
    zone = Timezone()
    zone.add("tzid", LONDON.key)
    gmt, bst = timedelta(0), timedelta(hours=1)
    for change, name, first, before, after in (
        (TimezoneDaylight(), "BST", datetime(1996, 3, 31, 1), gmt, bst),  # the last Sunday in March
        (TimezoneStandard(), "GMT", datetime(1996, 10, 27, 2), bst, gmt),  # the last Sunday in October
    ):
        change.add("dtstart", first)
        change.add("rrule", {"freq": "yearly", "bymonth": first.month, "byday": "-1su"})
        change.add("tzname", name)
        change.add("tzoffsetfrom", before)
        change.add("tzoffsetto", after)
        zone.add_component(change)
    return zone
