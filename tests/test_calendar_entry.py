"""A calendar file says one meeting to one reader, and after any series of files each calendar equals the records."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from calendars import HAS_ICAL_JS, Held, read_by_ical_js, replay
from dateutil.tz import tzical
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cin_reminders.calendar_entry import END_UNKNOWN, MOST, Revision, attachment, entry, method_of, revision, uid

LONDON = ZoneInfo("Europe/London")
SECRET = b"a secret of the council"
STAMPED_AT = datetime(2026, 5, 4, 6, 30, tzinfo=UTC)  # Monday
STARTS_AT = datetime(2026, 5, 18, 10)  # Monday
UID = uid("M-00017", "P-00042", secret=SECRET)
MEETING: dict[str, Any] = {
    "uid": UID,
    "sequence": 0,
    "method": "REQUEST",
    "summary": "Family meeting",
    "starts_at": STARTS_AT,
    "ends_at": datetime(2026, 5, 18, 11, 15),
    "venue": "Oakmarsh Family Centre, Room 2",
    "url": "https://meet.council.gov.uk/m/42?a=1&b=2",
    "description": "Please bring what you would like to talk about.",
    "organiser": "family.meetings@council.gov.uk",
    "attendee": "jo@example.org",
    "stamped_at": STAMPED_AT,
}
needs_ical_js = pytest.mark.skipif(not HAS_ICAL_JS, reason="needs Node and the packages of tests/browser: npm ci there")


def file(**changes: Any) -> bytes:
    return entry(**{**MEETING, **changes})


def unfolded(written: bytes) -> list[str]:
    return written.decode().replace("\r\n ", "").split("\r\n")


def event_of(written: bytes) -> Any:
    return vobject.readOne(written.decode()).vevent


# ---- what stands in it


def test_a_file_says_the_meeting_and_nothing_else() -> None:
    lines = unfolded(file())

    assert lines[:5] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Meeting notices//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
    ]
    assert sorted(lines[lines.index("BEGIN:VEVENT") + 1 : lines.index("END:VEVENT")]) == [
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:jo@example.org",
        "CLASS:PRIVATE",
        "DESCRIPTION:Please bring what you would like to talk about.\\nhttps://meet.council.gov.uk/m/42?a=1&b=2",
        "DTEND;TZID=Europe/London:20260518T111500",
        "DTSTAMP:20260504T063000Z",
        "DTSTART;TZID=Europe/London:20260518T100000",
        "LOCATION:Oakmarsh Family Centre\\, Room 2",
        "ORGANIZER:mailto:family.meetings@council.gov.uk",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "SUMMARY:Family meeting",
        f"UID:{UID}",
        "URL:https://meet.council.gov.uk/m/42?a=1&b=2",
    ]
    assert [line for line in lines if line.startswith("BEGIN")] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VTIMEZONE",
        "BEGIN:DAYLIGHT",
        "BEGIN:STANDARD",
        "BEGIN:VEVENT",
    ]


def test_a_cancellation_names_the_same_entry_and_takes_it_out() -> None:
    lines = unfolded(file(method="CANCEL", sequence=3))

    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:3", f"UID:{UID}"} <= set(lines)


def test_the_same_meeting_gives_the_same_bytes() -> None:
    assert file() == file()


def test_it_names_nobody_but_the_reader_and_the_councils_mailbox() -> None:
    addresses = set(re.findall(r"[\w.]+@[\w.]+", "\n".join(unfolded(file()))))

    assert addresses == {"family.meetings@council.gov.uk", "jo@example.org"}


def test_it_does_not_say_which_service_made_it() -> None:
    written = file().decode().lower()

    assert not [word for word in ("cin", "child", "in need", "reminder") if word in written]


def test_the_councils_name_stands_beside_its_mailbox() -> None:
    [line] = [line for line in unfolded(file(organiser_name='Salford "Families", West; 1')) if line.startswith("ORGANIZER")]

    assert line == "ORGANIZER;CN=\"Salford 'Families', West; 1\":mailto:family.meetings@council.gov.uk"


@pytest.mark.parametrize(
    "address, written",
    [
        ("o'brien+school@example.org", "mailto:o'brien+school@example.org"),
        ("50%&more?x=1#y@example.org", "mailto:50%25%26more%3Fx%3D1%23y@example.org"),
    ],
)
def test_an_address_is_written_as_a_link_that_leads_to_it(address: str, written: str) -> None:
    assert event_of(file(attendee=address)).attendee.value == written


@pytest.mark.parametrize(
    "method, content_type, file_name",
    [
        ("REQUEST", "text/calendar; charset=utf-8; method=REQUEST", "invite.ics"),
        ("CANCEL", "text/calendar; charset=utf-8; method=CANCEL", "cancelled.ics"),
    ],
)
def test_the_letter_names_the_method_that_stands_in_the_file(method: Any, content_type: str, file_name: str) -> None:
    found = attachment(method)

    assert (found.content_type, found.file_name) == (content_type, file_name)


# ---- the link and the place


def test_a_link_stands_in_the_description_once() -> None:
    link = "https://meet.council.gov.uk/m/4"

    assert event_of(file(url=link, description=f"Join here: {link}")).description.value == f"Join here: {link}"
    assert event_of(file(url=link, description=f"Not {link}2")).description.value == f"Not {link}2\n{link}"


def test_without_a_venue_the_link_is_the_place() -> None:
    assert event_of(file(venue=None)).location.value == MEETING["url"]


def test_without_a_venue_or_a_link_no_place_is_said() -> None:
    event = event_of(file(venue=None, url=None))

    assert not hasattr(event, "location")
    assert not hasattr(event, "url")
    assert event.description.value == MEETING["description"]


@pytest.mark.parametrize(
    "written",
    [
        "see the e-mail",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://[",
        "https://a.example/<b>",
        "https://\u212aent.example/",
    ],
)
def test_what_is_no_link_of_the_web_comes_out_as_text_alone(written: str) -> None:
    event = event_of(file(url=written))

    assert not hasattr(event, "url")
    assert written in event.description.value


# ---- times


def times(written: bytes) -> tuple[datetime, datetime]:
    event = event_of(written)
    return event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC)


@pytest.mark.parametrize("ends_at", [None, STARTS_AT, STARTS_AT - timedelta(hours=2)])
def test_where_no_end_is_known_one_hour_is_shown_and_the_text_says_so(ends_at: datetime | None) -> None:
    written = file(ends_at=ends_at)

    assert times(written) == (datetime(2026, 5, 18, 9, tzinfo=UTC), datetime(2026, 5, 18, 10, tzinfo=UTC))
    assert event_of(written).description.value.splitlines()[-1] == END_UNKNOWN


def test_where_the_end_is_known_nothing_is_said_of_it() -> None:
    written = file(ends_at=STARTS_AT + timedelta(minutes=1))

    assert times(written)[1] == datetime(2026, 5, 18, 9, 1, tzinfo=UTC)
    assert END_UNKNOWN not in event_of(written).description.value


def test_the_sentence_about_the_end_can_be_in_the_readers_language() -> None:
    written = file(ends_at=None, end_unknown="Nie wiadomo, kiedy spotkanie się kończy.")

    assert event_of(written).description.value.endswith("Nie wiadomo, kiedy spotkanie się kończy.")


def test_a_moment_with_a_zone_is_shown_at_londons_time() -> None:
    assert "DTSTART;TZID=Europe/London:20260518T103000" in unfolded(file(starts_at=datetime(2026, 5, 18, 9, 30, tzinfo=UTC)))


def test_the_moment_of_writing_is_said_in_utc() -> None:
    assert "DTSTAMP:20260504T063000Z" in unfolded(file(stamped_at=STAMPED_AT.astimezone(LONDON)))


def test_a_time_that_the_clocks_leave_out_is_an_hour_later() -> None:
    gone = datetime(2026, 3, 29, 1, 30)  # Sunday, the clocks go from 01:00 to 02:00

    assert "DTSTART;TZID=Europe/London:20260329T023000" in unfolded(file(starts_at=gone, ends_at=None))


def test_an_hour_counts_as_one_where_the_clocks_go_on() -> None:
    before = datetime(2026, 3, 29, 0, 30)  # Sunday
    lines = unfolded(file(starts_at=before, ends_at=None))

    assert "DTEND;TZID=Europe/London:20260329T023000" in lines


def changes_of(year: int) -> Iterator[datetime]:
    """The last minute before and the first after each change of London's clock, and noon on the days about it."""
    day = datetime(year, 1, 1, 12)
    while day.year == year:
        if day.replace(tzinfo=LONDON).utcoffset() != (day - timedelta(days=1)).replace(tzinfo=LONDON).utcoffset():
            midnight = day.replace(hour=0)
            yield from (day - timedelta(days=1), midnight + timedelta(minutes=59), midnight + timedelta(hours=2), day)
        day += timedelta(days=1)


CHANGES = [moment for year in range(2020, 2036) for moment in changes_of(year)]


def test_the_clock_in_the_file_is_londons_from_2020_to_2035() -> None:
    text = file().decode()
    zone = tzical(io.StringIO(text[text.index("BEGIN:VTIMEZONE") : text.index("BEGIN:VEVENT")])).get()

    assert len(CHANGES) == 16 * 2 * 4
    for moment in CHANGES:
        assert moment.replace(tzinfo=zone).utcoffset() == moment.replace(tzinfo=LONDON).utcoffset(), moment
        for minutes in (59, 60):  # both changes are at 01:00 UTC
            utc = moment.replace(hour=0, minute=0, tzinfo=UTC) + timedelta(minutes=minutes)
            assert utc.astimezone(zone).replace(tzinfo=None) == utc.astimezone(LONDON).replace(tzinfo=None), utc


@pytest.mark.node
@needs_ical_js
def test_ical_js_reads_londons_clock_from_the_file_from_2020_to_2035() -> None:
    found = read_by_ical_js([file(starts_at=moment, ends_at=None) for moment in CHANGES])

    assert {one["events"][0]["zone"] for one in found} == {"Europe/London"}
    assert [one["events"][0]["starts"] for one in found] == [moment.replace(tzinfo=LONDON).timestamp() for moment in CHANGES]


# ---- what people wrote


NASTY = [
    "Room 1\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:another",
    "a\nATTENDEE:mailto:mallory@example.org",
    "a\rBEGIN:VALARM",
    "a\u2028BEGIN:VEVENT\u2029b\x85c\x0bd\x0ce\x1cf",
    "semi;colon, comma: colon \"quoted\" 'single' ^n ^' %0D%0A =0D=0A",
    "C:\\New\\Names\\;\\,\\\\",
    "BEGIN:VEVENT",
    "\u202eevil\u202c \u200fright to left\u200e \u2066isolated\u2069",
    "x" * 5000,
    "é" * 3000,
    "👩‍👧" * 500,
    " led and trailed by blanks\t",
    "\x00\x07\x1b[31m\x7f",
    "half a character \ud83d",
    "",
]
NAMES = {
    "UID",
    "SEQUENCE",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "SUMMARY",
    "LOCATION",
    "DESCRIPTION",
    "STATUS",
    "CLASS",
    "ORGANIZER",
    "ATTENDEE",
}


def as_text(written: str) -> str:
    """What is to be read of what somebody wrote, on one line."""
    shown = (" " if one.isspace() or ord(one) < 32 or 127 <= ord(one) < 160 else one for one in written.replace("\\", "/"))
    return " ".join("".join("\ufffd" if 0xD800 <= ord(one) < 0xE000 else one for one in shown).split())


def said_by_icalendar(written: bytes) -> tuple[str, str, str]:
    [event] = icalendar.Calendar.from_ical(written).walk("VEVENT")
    return str(event["SUMMARY"]), str(event.get("LOCATION", "")), str(event["DESCRIPTION"])


def said_by_vobject(written: bytes) -> tuple[str, str, str]:
    calendar = vobject.readOne(written.decode())
    [event] = calendar.vevent_list
    return event.summary.value, event.location.value if hasattr(event, "location") else "", event.description.value


READERS: list[Callable[[bytes], tuple[str, str, str]]] = [said_by_icalendar, said_by_vobject]


def nasty_file(text: str) -> bytes:
    return file(summary=f"Meeting {text}", venue=text, description=f"Bring: {text}", organiser_name=text, url=None)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_whatever_was_written_comes_out_as_text(text: str) -> None:
    comes_out_as_text(text)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_what_was_written_to_do_harm_comes_out_as_text(text: str) -> None:
    comes_out_as_text(text)


def comes_out_as_text(text: str) -> None:
    written = nasty_file(text)

    lines = written.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?!\n)", written)
    event = unfolded(written)
    inside = event[event.index("BEGIN:VEVENT") + 1 : event.index("END:VEVENT")]
    names = [re.split("[;:]", line)[0] for line in inside]
    assert sorted(names) == sorted(NAMES - ({"LOCATION"} if not as_text(text) else set()))
    for reader in READERS:
        summary, place, said = reader(written)
        assert summary == as_text(f"Meeting {text}"), reader
        assert place == as_text(text), reader
        assert as_text(said) == as_text(f"Bring: {text}"), reader


@pytest.mark.node
@needs_ical_js
def test_ical_js_too_finds_text_alone_in_what_was_written_to_do_harm() -> None:
    found = read_by_ical_js([nasty_file(text) for text in NASTY])

    assert {tuple(one["inside"]) for one in found} == {("vtimezone", "vevent")}
    assert [one["events"][0]["location"] for one in found] == [as_text(text) for text in NASTY]
    assert [one["events"][0]["summary"] for one in found] == [as_text(f"Meeting {text}") for text in NASTY]
    assert {tuple(one["events"][0]["attendees"]) for one in found} == {("mailto:jo@example.org",)}


def test_lines_of_a_description_stay_lines() -> None:
    assert event_of(file(description="What to bring:\r\n- a list\n- a pen", url=None)).description.value.splitlines() == [
        "What to bring:",
        "- a list",
        "- a pen",
    ]


# ---- what is refused


def test_every_fault_is_told_at_once_and_no_address_repeated() -> None:
    with pytest.raises(ValueError, match="uid") as refused:
        file(
            uid="a b",
            sequence=-1,
            method="PUBLISH",
            stamped_at=datetime(2026, 5, 4),
            organiser="mallory",
            attendee="a@example.org\r\nBCC:b@example.org",
        )

    assert str(refused.value).splitlines() == [
        "uid: must be printable ASCII without a blank",
        "sequence: must be 0 to 2147483647",
        "method: must be one of REQUEST, CANCEL",
        "stamped_at: has no time zone",
        "organiser: is not one plain e-mail address",
        "attendee: is not one plain e-mail address",
    ]


def test_the_largest_sequence_is_taken_and_the_next_refused() -> None:
    assert f"SEQUENCE:{MOST}" in unfolded(file(sequence=MOST))
    with pytest.raises(ValueError, match="sequence"):
        file(sequence=MOST + 1)


@pytest.mark.parametrize("address", ["", "a", "a@b@c.example", "a@example.org, b@example.org", "Jo <jo@example.org>", "a@b\x00"])
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="attendee: is not one plain e-mail address"):
        file(attendee=address)


# ---- one name for a meeting in a calendar


def test_a_meeting_has_always_the_same_name_in_one_calendar() -> None:
    assert uid("M-1", "P-1", secret=SECRET) == uid("M-1", "P-1", secret=SECRET)


def test_every_other_meeting_person_secret_and_booking_has_another_name() -> None:
    names = [
        uid("M-1", "P-1", secret=SECRET),
        uid("M-2", "P-1", secret=SECRET),
        uid("M-1", "P-2", secret=SECRET),
        uid("M-1P", "-1", secret=SECRET),
        uid("M-1", "P-1", secret=b"another"),
        uid("M-1", "P-1", secret=SECRET, cancellations=1),
    ]

    assert len(set(names)) == len(names)


def test_nobody_can_read_the_meeting_or_the_person_in_the_name() -> None:
    assert re.fullmatch("[0-9a-f]{40}", UID)


def test_a_name_needs_a_secret() -> None:
    with pytest.raises(ValueError, match="secret"):
        uid("M-1", "P-1", secret=b"")


# ---- which file it is


@pytest.mark.parametrize(
    "stages, sequence, cancellations",
    [
        (["invitation"], 0, 0),
        (["reminder"], 0, 0),
        (["changed-1"], 0, 0),
        (["invitation", "reminder", "tomorrow"], 0, 0),
        (["invitation", "changed-1"], 1, 0),
        (["invitation", "changed-1", "reminder", "changed-2"], 2, 0),
        (["invitation", "changed-1", "tomorrow"], 1, 0),
        (["invitation", "cancelled"], 1, 0),
        (["invitation", "cancelled", "invitation"], 2, 1),
        (["invitation", "cancelled", "changed-1"], 2, 1),
        (["invitation", "cancelled", "changed-1", "reminder"], 2, 1),
        (["invitation", "cancelled", "changed-1", "cancelled-2"], 3, 1),
        (["invitation", "cancelled", "changed-1", "cancelled-2", "changed-2"], 4, 2),
    ],
)
def test_changes_and_cancellations_raise_the_number_and_reminders_do_not(
    stages: list[str], sequence: int, cancellations: int
) -> None:
    assert revision(stages) == Revision(sequence=sequence, cancellations=cancellations)


def test_a_file_needs_the_notice_that_carries_it() -> None:
    with pytest.raises(ValueError, match="stages"):
        revision([])


@pytest.mark.parametrize("stage", ["invitation", "reminder", "tomorrow", "changed-1"])
def test_every_notice_but_a_cancellation_puts_the_entry_in(stage: str) -> None:
    assert method_of(stage) == "REQUEST"


@pytest.mark.parametrize("stage", ["cancelled", "cancelled-2"])
def test_a_cancellation_takes_the_entry_out(stage: str) -> None:
    assert method_of(stage) == "CANCEL"


# ---- what a calendar holds in the end


@dataclass(frozen=True)
class Booking:
    """What the records say of the meeting on one day."""

    starts_at: datetime
    ends_at: datetime | None = None
    venue: str = "Oakmarsh Family Centre"
    is_cancelled: bool = False


def notices(history: list[Booking]) -> Iterator[tuple[str, Booking]]:
    """What one person is told as the records change: by their stages, with a reminder where nothing has changed."""
    changes = 0
    for number, (before, now) in enumerate(pairwise([None, *history])):
        if before is None and not now.is_cancelled:
            yield "invitation", now
        elif before is not None and now.is_cancelled and not before.is_cancelled:
            yield f"cancelled-{number}", before
        elif before is not None and not now.is_cancelled and before != now:
            changes += 1
            yield f"changed-{changes}", now
        elif not now.is_cancelled:
            yield "reminder", now


def files(history: list[Booking], *, person_ref: str = "P-1") -> list[bytes]:
    told: list[str] = []
    written = []
    for minutes, (stage, booking) in enumerate(notices(history)):
        told.append(stage)
        this = revision(told)
        written.append(
            file(
                uid=uid("M-1", person_ref, secret=SECRET, cancellations=this.cancellations),
                sequence=this.sequence,
                method=method_of(stage),
                starts_at=booking.starts_at,
                ends_at=booking.ends_at,
                venue=booking.venue,
                stamped_at=STAMPED_AT + timedelta(minutes=minutes),
            )
        )
    return written


def in_the_records(booking: Booking) -> list[Held]:
    if booking.is_cancelled:
        return []
    starts_at = booking.starts_at.replace(tzinfo=LONDON).astimezone(UTC)
    ends_at = booking.ends_at.replace(tzinfo=LONDON).astimezone(UTC) if booking.ends_at else starts_at + timedelta(hours=1)
    said = [MEETING["description"], MEETING["url"], *([] if booking.ends_at else [END_UNKNOWN])]
    return [Held(starts_at=starts_at, ends_at=ends_at, summary="Family meeting", place=booking.venue, said="\n".join(said))]


def held(written: list[bytes], *, takes_back: bool = False) -> list[Held]:
    return list(replay(written, takes_back=takes_back).values())


WINTER = Booking(starts_at=datetime(2026, 3, 27, 10), ends_at=datetime(2026, 3, 27, 11))  # Friday before the clocks go on
SUMMER = Booking(starts_at=datetime(2026, 3, 30, 10), ends_at=datetime(2026, 3, 30, 11))  # Monday after
AUTUMN = Booking(starts_at=datetime(2026, 10, 23, 10), ends_at=datetime(2026, 10, 23, 11))  # Friday before the clocks go back
LATER = Booking(starts_at=datetime(2026, 10, 26, 10), ends_at=datetime(2026, 10, 26, 11))  # Monday after
STORY = {
    "booked": [WINTER],
    "moved": [WINTER, SUMMER],
    "moved back": [WINTER, SUMMER, WINTER],
    "cancelled": [WINTER, SUMMER, WINTER, Booking(WINTER.starts_at, is_cancelled=True)],
    "booked again": [WINTER, SUMMER, WINTER, Booking(WINTER.starts_at, is_cancelled=True), AUTUMN],
    "moved again": [WINTER, SUMMER, WINTER, Booking(WINTER.starts_at, is_cancelled=True), AUTUMN, LATER],
}


@pytest.mark.parametrize("takes_back", [True, False])
@pytest.mark.parametrize("history", STORY.values(), ids=STORY)
def test_after_each_turn_of_a_meeting_the_calendar_equals_the_records(history: list[Booking], takes_back: bool) -> None:
    assert held(files(history), takes_back=takes_back) == in_the_records(history[-1])


@pytest.mark.node
@needs_ical_js
def test_ical_js_reads_every_turn_of_a_meeting_as_the_records_have_it() -> None:
    found = read_by_ical_js(files(STORY["moved again"]))

    assert [one["method"] for one in found] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL", "REQUEST", "REQUEST"]
    assert [one["events"][0]["sequence"] for one in found] == [0, 1, 2, 3, 4, 5]
    assert [one["events"][0]["status"] for one in found] == ["CONFIRMED"] * 3 + ["CANCELLED"] + ["CONFIRMED"] * 2
    assert len({one["events"][0]["uid"] for one in found[:4]}) == len({one["events"][0]["uid"] for one in found[4:]}) == 1
    told = [booking for _, booking in notices(STORY["moved again"])]
    seen = [(one["events"][0]["starts"], one["events"][0]["ends"], one["events"][0]["location"]) for one in found]
    [records] = zip(*map(in_the_records, told), strict=True)
    assert seen == [(one.starts_at.timestamp(), one.ends_at.timestamp(), one.place) for one in records]


def test_a_meeting_booked_again_under_its_old_name_would_be_refused_by_some_calendars() -> None:
    first, cancelled = file(), file(method="CANCEL", sequence=1)
    again = file(sequence=2)

    assert len(replay([first, cancelled, again], takes_back=True)) == 1
    assert replay([first, cancelled, again], takes_back=False) == {}


def test_a_reminder_that_comes_late_does_not_bring_an_old_time_back() -> None:
    old, reminder, moved = file(), file(stamped_at=STAMPED_AT + timedelta(days=9)), file(sequence=1, starts_at=SUMMER.starts_at)

    assert replay([old, moved, reminder]) == replay([old, moved])


moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
lengths = st.none() | st.integers(1, 600).map(lambda minutes: timedelta(minutes=minutes))
venues = st.sampled_from(["Oakmarsh Family Centre", "Wrenhollow School; Hall, door B", "Ellerford"])


def is_on_the_clock(moment: datetime) -> bool:
    return moment.replace(tzinfo=LONDON).astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) == moment


@st.composite
def bookings(draw: st.DrawFn) -> Booking:
    starts_at, length = draw(moments.filter(is_on_the_clock)), draw(lengths)
    start = starts_at.replace(tzinfo=LONDON).astimezone(UTC)
    ends_at = (start + length).astimezone(LONDON).replace(tzinfo=None) if length else None
    if ends_at and ends_at.replace(tzinfo=LONDON).astimezone(UTC) != start + length:
        ends_at = None  # in the second of two equal hours, which the records cannot say
    return Booking(starts_at, ends_at, draw(venues), is_cancelled=draw(st.integers(0, 3)) == 0)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([WINTER, SUMMER, AUTUMN, LATER]) | bookings(), min_size=1, max_size=8), st.randoms())
@example([WINTER, Booking(WINTER.starts_at, is_cancelled=True)] * 3, None)
def test_after_any_series_in_whatever_order_it_comes_the_calendar_equals_the_records(history: list[Booking], random: Any) -> None:
    written = files(history)
    if random:
        random.shuffle(written)

    assert held(written) == held(written, takes_back=True) == in_the_records(history[-1])
