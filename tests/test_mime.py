"""The bytes of an e-mail say exactly what the letter says, to the one person it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from cin_reminders.calendar_entry import entry
from cin_reminders.channels import NotSent
from cin_reminders.channels.body import Multipart, Part
from cin_reminders.channels.mime import build_mime, message_id, needs_smtputf8, sender_problems
from cin_reminders.letter import CalendarFile, Letter

SENT_AT = datetime(2026, 5, 4, 6, 30, 15, 123456, tzinfo=timezone(timedelta(hours=1)))  # Monday
LETTER = Letter(
    key="cumbria/live/2026-05-04/P123/email",
    message_id="<0123456789abcdef@reminders.council.gov.uk>",
    to_address="j.smith@council.gov.uk",
    to_name="Jo Smith",
    subject="Review of A1 due Friday 8 May",
    text="The review is due.\n",
    html="<p>The review is due.</p>\n",
)
HEADERS = [
    "Subject",
    "From",
    "To",
    "Reply-To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]


def built(letter: Letter = LETTER, **other: object) -> bytes:
    sender = {
        "from_address": "reminders@council.gov.uk",
        "from_name": "Child in Need reminders",
        "reply_to": "cin@council.gov.uk",
    }
    return build_mime(letter, **{**sender, "sent_at": SENT_AT, **other})  # type: ignore[arg-type]


def read(letter: Letter = LETTER, **other: object) -> EmailMessage:
    message = message_from_bytes(built(letter, **other), policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def content_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_an_email_says_who_it_is_from_who_it_is_for_where_to_answer_and_that_a_machine_sent_it() -> None:
    message = read()
    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["From"] == "Child in Need reminders <reminders@council.gov.uk>"
    assert message["To"] == "Jo Smith <j.smith@council.gov.uk>"
    assert message["Reply-To"] == "cin@council.gov.uk"
    assert message["Date"].datetime == SENT_AT.replace(microsecond=0)
    assert message["Message-ID"] == LETTER.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"


def test_the_plain_text_stands_before_the_html() -> None:
    message = read()
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert content_of(message, "plain") == LETTER.text
    assert content_of(message, "html") == LETTER.html


def test_the_same_letter_at_the_same_moment_gives_the_same_bytes() -> None:
    assert built() == built()


def test_a_person_without_a_name_is_written_to_by_address_alone() -> None:
    assert read(replace(LETTER, to_name=""))["To"] == "j.smith@council.gov.uk"


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Zoë’s review – due 8 May",
        "Two  spaces, and one at the end ",
        " one at the start",
        "word " * 100,
        "é b " * 100,
        "x" * 1200,
        "😀" * 300,
        "x" * 70 + " é " + "y" * 80,
        "A quoted =?utf-8?q?word?= stays as it is typed",
        "=?utf-8?q?x=0ABcc=3A?= thief@elsewhere.test",
    ],
)
def test_any_subject_comes_back_as_it_was_written(subject: str) -> None:
    message = read(replace(LETTER, subject=subject))
    assert message["Subject"] == subject
    assert sorted(message.keys()) == sorted(HEADERS)


@pytest.mark.parametrize(
    "name",
    [
        "O’Brien, Zoë (Children's Services)",
        "Smith, John",
        'Ann "Annie" Lee',
        "back\\slash",
        "X <thief@elsewhere.test>",
        "Zoë <thief@elsewhere.test>",
        "a@elsewhere.test, b",
        "Zoë " * 30,
        "J" * 200,
        "Łukasz Żółć, Team Manager – Assessment & Safeguarding (North Cumbria); x",
        "=?utf-8?q?x=0ABcc=3A_thief=40elsewhere.test?=",
        "=?utf-8?q?thief=40elsewhere.test=2C?=",
    ],
)
def test_whatever_a_name_holds_the_letter_is_for_one_address_and_no_header_is_added(name: str) -> None:
    message = read(replace(LETTER, to_name=name), from_name=name)
    assert sorted(message.keys()) == sorted(HEADERS)
    for header, address in (("To", LETTER.to_address), ("From", "reminders@council.gov.uk")):
        (found,) = message[header].addresses
        assert found.addr_spec == address
        assert found.display_name.split() == name.split() or found.display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize("place", ["subject", "to_name", "to_address", "message_id"])
@pytest.mark.parametrize(
    "character", ["\r", "\n", "\r\nBcc: thief@elsewhere.test", "\0", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"]
)
def test_a_control_character_in_a_header_is_refused_for_good_and_the_header_is_named(place: str, character: str) -> None:
    letter = replace(LETTER, **{place: f"{getattr(LETTER, place)}{character}"})
    with pytest.raises(NotSent, match=place) as refused:
        built(letter)
    assert refused.value.permanent
    assert "Smith" not in str(refused.value)
    assert "j.smith" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "smith",
        "@council.gov.uk",
        "smith@",
        "a b@council.gov.uk",
        "a@x.test, b@x.test",
        "<a@x.test>",
        "Jo <a@x.test>",
        "a@x.test>",
        "a@@x",
    ],
)
def test_an_address_that_is_not_one_plain_address_is_refused_for_good_without_being_repeated(address: str) -> None:
    with pytest.raises(NotSent, match="to_address: is not one plain") as refused:
        built(replace(LETTER, to_address=address))
    assert refused.value.permanent
    assert not address or address not in str(refused.value)
    assert refused.value.__context__ is None


def test_all_faults_of_a_letter_are_told_together() -> None:
    with pytest.raises(NotSent, match=r"subject: .*to_name: .*message_id: ") as refused:
        built(replace(LETTER, subject="a\nb", to_name="a\0b", message_id="none"))
    assert "U+000A" in str(refused.value)


def test_a_sender_that_cannot_stand_in_an_email_is_told_with_the_name_of_the_setting() -> None:
    problems = sender_problems(from_address="nobody", from_name="a\nb", reply_to="x y")
    assert [problem.partition(":")[0] for problem in problems] == ["from_address", "from_name", "reply_to"]
    assert sender_problems(from_address="a@council.gov.uk", from_name="", reply_to="b@council.gov.uk") == ()


def test_an_address_outside_ascii_is_written_as_it_is_and_needs_a_relay_that_takes_it() -> None:
    written = built(replace(LETTER, to_address="zoë@council.gov.uk"))
    assert '\r\nTo: "Jo Smith" <zoë@council.gov.uk>\r\n'.encode() in written
    assert needs_smtputf8("a@council.gov.uk", "zoë@council.gov.uk")
    assert not needs_smtputf8("a@council.gov.uk", LETTER.to_address)


@pytest.mark.parametrize(
    "text, comes_back",
    [
        ("", "\n"),
        ("no end", "no end\n"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        ("ends twice\n\n", "ends twice\n\n"),
        ("trailing blanks   \t\n", "trailing blanks   \t\n"),
        (".\n..\n.starts with a dot\n", ".\n..\n.starts with a dot\n"),
        ("From here\n--\n--=_\n", "From here\n--\n--=_\n"),
        ("x" * 998 + "\n", "x" * 998 + "\n"),
        ("x" * 5000 + "\n", "x" * 5000 + "\n"),
        ("é–😀" * 1000 + "\n", "é–😀" * 1000 + "\n"),
        ("=?utf-8?q?left=20alone?=\n", "=?utf-8?q?left=20alone?=\n"),
    ],
)
def test_a_body_comes_back_as_written_but_for_its_line_ends_and_no_line_is_too_long(text: str, comes_back: str) -> None:
    letter = replace(LETTER, text=text, html=text)
    message = read(letter)
    assert content_of(message, "plain") == comes_back
    assert content_of(message, "html") == comes_back
    lines = built(letter).split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert built(letter).isascii()


def test_a_body_that_is_no_text_is_refused_for_good() -> None:
    with pytest.raises(NotSent, match=r"html: .*surrogate") as refused:
        built(replace(LETTER, html="\ud800"))
    assert refused.value.permanent


def test_a_moment_without_a_time_zone_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="sent_at"):
        built(sent_at=datetime(2026, 5, 4, 6, 30))  # Monday


WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)


@settings(max_examples=150, deadline=None)
@given(subject=WORDS, name=WORDS, text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_words_without_control_characters_can_be_sent(subject: str, name: str, text: str) -> None:
    message = read(replace(LETTER, subject=subject, to_name=name, text=text))
    assert message["Subject"] == subject
    assert sorted(message.keys()) == sorted(HEADERS)


def test_a_message_id_is_stable_differs_by_key_and_secret_and_hides_the_key() -> None:
    def of(key: str, secret: bytes = b"s3cret") -> str:
        return message_id(key, secret=secret, domain="council.gov.uk")

    assert of(LETTER.key) == "<bd3d23f71138a12e43cad896a194b7e2@council.gov.uk>"
    assert len({of("a"), of("b"), of("a", b"other")}) == 3
    assert "P123" not in of(LETTER.key)


@pytest.mark.parametrize(
    "wrong",
    [lambda: message_id("k", secret=b"", domain="x.test"), lambda: message_id("k", secret=b"s", domain="x.test>\r\nBcc: a")],
)
def test_a_message_id_needs_a_secret_and_a_domain(wrong: Callable[[], str]) -> None:
    with pytest.raises(ValueError, match=r"secret|domain"):
        wrong()


def test_a_moment_in_utc_is_as_good() -> None:
    assert read(sent_at=datetime(2026, 5, 4, 5, 30, tzinfo=UTC))["Date"] == "Mon, 04 May 2026 05:30:00 +0000"  # Monday


# ---- the sender's name


def test_a_letter_may_call_its_sender_by_a_name_of_its_own() -> None:
    assert read(replace(LETTER, from_name="Zoë’s council"))["From"] == "Zoë’s council <reminders@council.gov.uk>"
    assert read(replace(LETTER, from_name=""))["From"] == "Child in Need reminders <reminders@council.gov.uk>"


def test_a_name_that_takes_the_place_of_the_senders_says_nothing_of_it() -> None:
    assert b"Child in Need" not in built(replace(LETTER, from_name="The council"))


def test_a_name_of_its_own_that_could_add_a_header_is_refused_for_good() -> None:
    with pytest.raises(NotSent, match=r"from_name: .*U\+000D") as refused:
        built(replace(LETTER, from_name="Council\r\nBcc: thief@elsewhere.test"))
    assert refused.value.permanent


# ---- calendar files


def calendar_file(method: Any = "REQUEST", summary: str = "Family meeting", **changes: Any) -> CalendarFile:
    details: dict[str, Any] = {
        "uid": "0a1b2c",
        "sequence": 1,
        "starts_at": datetime(2026, 5, 18, 10),  # Monday
        "ends_at": datetime(2026, 5, 18, 11, 15),
        "venue": "Oakmarsh Family Centre, Room 2",
        "url": "https://meet.council.gov.uk/m/42?a=1&b=2",
        "description": "Zoë’s side\nA=B, x; y. " + "long words and more of them " * 12,
        "organiser": "cin@council.gov.uk",
        "attendee": "j.smith@council.gov.uk",
        "stamped_at": SENT_AT,
    }
    return CalendarFile(content=entry(**{**details, "summary": summary, "method": method, **changes}), method=method)


def with_lines(*lines: str | bytes, method: Any = "REQUEST") -> CalendarFile:
    """A calendar file of these lines, which a program need not understand."""
    body = b"".join((one if isinstance(one, bytes) else one.encode()) + b"\r\n" for one in lines)
    return CalendarFile(content=b"BEGIN:VCALENDAR\r\nMETHOD:%b\r\n%bEND:VCALENDAR\r\n" % (method.encode(), body), method=method)


def carrying(*files: CalendarFile, is_invitation: bool = False) -> Letter:
    return replace(LETTER, calendar_files=files, is_invitation=is_invitation)


def structure(message: EmailMessage) -> Any:
    """The kinds of part, each multipart with what is in it."""
    kind = message.get_content_type()
    return (kind, [structure(part) for part in message.iter_parts()]) if message.is_multipart() else kind


def calendars_in(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.walk() if part.get_content_type() == "text/calendar"]


@pytest.mark.parametrize("is_invitation", [True, False])
def test_a_letter_without_a_calendar_file_is_the_octets_it_always_was(is_invitation: bool) -> None:
    letter = replace(LETTER, text="Zoë’s review = due.\n", html="<p>Zoë’s review is due.</p>\n" * 9)
    found = built(replace(letter, is_invitation=is_invitation))

    assert sha256(found).hexdigest() == "ce0daabe33a11b1985419b64910b85bf2e8a48ca3d166dba66425c30a0a7bb6d"


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_invitation_is_a_third_way_to_say_the_same_so_that_mail_programs_show_a_meeting(method: str) -> None:
    file = calendar_file(method)
    message = read(carrying(file, is_invitation=True))

    assert structure(message) == ("multipart/alternative", ["text/plain", "text/html", "text/calendar"])
    [part] = calendars_in(message)
    assert dict(part["Content-Type"].params) == {"charset": "utf-8", "method": method}
    assert part["Content-Transfer-Encoding"] == "quoted-printable"
    assert part["Content-Disposition"] is None
    assert part.get_payload(decode=True) == file.content
    assert content_of(message, "plain") == LETTER.text
    assert content_of(message, "html") == LETTER.html


def test_a_letter_about_several_things_has_its_files_attached_and_is_no_invitation() -> None:
    files = [calendar_file(method, summary=f"Meeting {n}") for n, method in enumerate(["REQUEST", "CANCEL", "REQUEST", "CANCEL"])]
    message = read(carrying(*files))

    alternative = ("multipart/alternative", ["text/plain", "text/html"])
    assert structure(message) == ("multipart/mixed", [alternative, *["text/calendar"] * 4])
    parts = calendars_in(message)
    assert [part.get_filename() for part in parts] == ["invite.ics", "cancelled.ics", "invite-2.ics", "cancelled-2.ics"]
    assert {part.get_content_disposition() for part in parts} == {"attachment"}
    assert [part["Content-Type"].params["method"] for part in parts] == ["REQUEST", "CANCEL", "REQUEST", "CANCEL"]
    assert [part.get_payload(decode=True) for part in parts] == [file.content for file in files]
    assert content_of(message, "plain") == LETTER.text
    assert content_of(message, "html") == LETTER.html


@pytest.mark.parametrize("is_invitation, files, kind", [(False, 1, "mixed"), (True, 1, "alternative"), (True, 2, "mixed")])
def test_a_letter_is_an_invitation_only_where_it_is_about_its_one_file(is_invitation: bool, files: int, kind: str) -> None:
    letter = carrying(*[calendar_file()] * files, is_invitation=is_invitation)

    assert read(letter).get_content_type() == f"multipart/{kind}"


@pytest.mark.parametrize("is_invitation", [True, False])
def test_calendar_programs_read_the_meeting_that_was_meant_out_of_the_letter(is_invitation: bool) -> None:
    summary = "Zoë’s meeting – é😀 = " + "and more " * 20
    file = calendar_file(summary=summary)
    [part] = calendars_in(read(carrying(file, is_invitation=is_invitation)))

    text = part.get_content()
    assert isinstance(text, str)
    by_vobject = vobject.readOne(text).vevent
    [by_icalendar] = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert by_vobject.summary.value == str(by_icalendar["SUMMARY"]) == summary.strip()
    assert by_vobject.dtstart.value.isoformat() == "2026-05-18T10:00:00+01:00"  # Monday
    assert by_icalendar.decoded("DTSTART").isoformat() == "2026-05-18T10:00:00+01:00"


@pytest.mark.parametrize("is_invitation", [True, False])
def test_a_letter_with_a_file_is_the_same_octets_each_time_all_ascii_and_in_short_lines(is_invitation: bool) -> None:
    letter = carrying(calendar_file(summary="Zoë 😀 " * 40), is_invitation=is_invitation)

    assert built(letter) == built(letter)
    assert built(letter).isascii()
    assert max(map(len, built(letter).split(b"\r\n"))) <= 78
    assert b"\n" not in built(letter).replace(b"\r\n", b"")


LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\t"), max_size=18).map(lambda one: f" {one}")


@settings(max_examples=150, deadline=None)
@given(
    contents=st.lists(st.lists(LINES, max_size=6), min_size=1, max_size=3),
    is_invitation=st.booleans(),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
)
def test_whatever_stands_in_calendar_files_their_octets_arrive(contents: list[list[str]], is_invitation: bool, text: str) -> None:
    files = [with_lines(*lines) for lines in contents]
    message = read(replace(carrying(*files, is_invitation=is_invitation), text=text))

    assert [part.get_payload(decode=True) for part in calendars_in(message)] == [file.content for file in files]


@settings(max_examples=60, deadline=None)
@given(summary=WORDS, description=st.text(st.characters(exclude_categories=["Cs"]), max_size=300), venue=WORDS)
def test_every_file_that_this_service_makes_can_be_sent(summary: str, description: str, venue: str) -> None:
    file = calendar_file(summary=summary, description=description, venue=venue)

    assert built(carrying(file, is_invitation=True))


@pytest.mark.parametrize("is_invitation", [True, False])
def test_a_boundary_that_stands_in_a_file_and_in_a_text_ends_no_part(is_invitation: bool) -> None:
    plain = read(carrying(calendar_file(), is_invitation=is_invitation))
    boundaries = [found for part in plain.walk() if (found := part.get_boundary())]
    assert len(set(boundaries)) == len(boundaries) == (1 if is_invitation else 2)
    written = "".join(f"--{one}\r\n--{one}--\r\n" for one in boundaries)
    file = with_lines(*written.split("\r\n"))

    letter = replace(carrying(file, is_invitation=is_invitation), text=written, html=written)

    assert structure(read(letter)) == structure(plain)
    assert [part.get_payload(decode=True) for part in calendars_in(read(letter))] == [file.content]
    for one in boundaries:
        assert not one.startswith(tuple(other for other in boundaries if other != one))
        parts = next(part for part in plain.walk() if part.get_boundary() == one)
        assert built(letter).count(f"--{one}".encode()) == len(list(parts.iter_parts())) + 1


@pytest.mark.parametrize(
    "content, fault",
    [
        (b"", "must be one calendar"),
        (b"\xef\xbb\xbf" + with_lines().content, "must be one calendar"),
        (with_lines().content + b"X", "must be one calendar"),
        (with_lines().content.removesuffix(b"\r\n"), "must be one calendar"),
        (with_lines().content.replace(b"METHOD:REQUEST\r\n", b""), "must say METHOD:REQUEST"),
        (with_lines(method="CANCEL").content, "must say METHOD:REQUEST"),
        (with_lines("x" * 76).content, "holds a line of more than 75 octets"),
        (with_lines("é" * 38).content, "holds a line of more than 75 octets"),
        (with_lines("a\nb").content, r"other than text and line ends of CR LF \(U\+000A\)"),
        (with_lines("a\rb").content, r"other than text and line ends of CR LF \(U\+000D\)"),
        (with_lines("a\0b").content, r"other than text and line ends of CR LF \(U\+0000\)"),
        (with_lines(b"\xff").content, "is not UTF-8"),
        (with_lines("a").content.decode().encode("utf-16"), "is not UTF-8"),
    ],
)
def test_a_calendar_file_that_could_not_arrive_as_it_is_or_be_believed_is_refused_for_good(content: bytes, fault: str) -> None:
    with pytest.raises(NotSent, match=rf"calendar_files\[1\]: .*{fault}") as refused:
        built(carrying(calendar_file(), CalendarFile(content=content, method="REQUEST")))
    assert refused.value.permanent
    assert "calendar_files[0]" not in str(refused.value)


@pytest.mark.parametrize("line", ["x" * 75, "é" * 37, " \t x", ""])
def test_the_longest_line_and_any_text_may_stand_in_a_calendar_file(line: str) -> None:
    file = with_lines(line)

    [part] = calendars_in(read(carrying(file)))

    assert part.get_payload(decode=True) == file.content


def test_all_faults_of_all_files_are_told_beside_those_of_the_letter_and_nothing_of_them_is_repeated() -> None:
    wrong = CalendarFile(content=b"BEGIN:VCALENDAR\r\nSUMMARY:Jo Smith's \x00 meeting" + b"x" * 75, method="CANCEL")
    with pytest.raises(NotSent) as refused:
        built(replace(carrying(wrong, wrong), subject="a\nb"))

    said = str(refused.value)
    assert "subject: " in said
    for number in (0, 1):
        assert said.count(f"calendar_files[{number}]: ") == 4
    assert "Smith" not in said


# ---- what is compared before a letter leaves

BODY = Multipart(
    kind="mixed",
    boundary="=_b",
    parts=(
        Part(headers=(("Content-Type", "text/plain"), ("Content-Transfer-Encoding", "quoted-printable")), content=b"one\r\n"),
        Part(
            headers=(("Content-Type", "text/calendar; method=CANCEL"), ("Content-Disposition", 'attachment; filename="a.ics"')),
            content=b"two\r\n",
        ),
    ),
)


def is_read_as_meant(written: str) -> bool:
    return BODY.is_what(message_from_bytes(written.encode(), policy=policy.compat32))


def test_a_body_is_read_as_it_was_meant() -> None:
    assert is_read_as_meant("\r\n".join(BODY.lines()))


@pytest.mark.parametrize(
    "old, new",
    [
        ("multipart/mixed", "multipart/alternative"),
        ("=_b", "=_c"),
        ("--=_b--", ""),
        ("--=_b--\r\n", "--=_b--\r\nand more"),
        ("\r\n\r\n--=_b\r\n", "\r\n\r\nand more\r\n--=_b\r\n"),
        ("one", "ones"),
        ("method=CANCEL", "method=REQUEST"),
        ("attachment", "inline"),
        ("a.ics", "b.ics"),
        ("two", "two\r\n\r\n--=_b\r\n\r\nthree"),
        ("--=_b--\r\n", ""),
        ("Content-Type: text/plain\r\n", "Content-Type: text/plain\r\nBcc: thief@elsewhere.test\r\n"),
        ('Content-Disposition: attachment; filename="a.ics"\r\n', ""),
    ],
)
def test_a_body_that_reads_otherwise_than_it_was_meant_is_noticed(old: str, new: str) -> None:
    written = "\r\n".join(BODY.lines())
    assert old in written

    assert not is_read_as_meant(written.replace(old, new, 1))


@pytest.mark.parametrize("other", [replace(BODY, parts=BODY.parts[::-1]), replace(BODY, boundary="=_c")])
def test_parts_in_another_order_or_with_another_boundary_are_noticed(other: Multipart) -> None:
    assert not is_read_as_meant("\r\n".join(other.lines()))


def test_a_letter_that_reads_otherwise_never_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Part, "lines", lambda part: [f"Content-Type: {part.headers[0][1]}", "", "something else"])

    with pytest.raises(NotSent, match="does not read back as it was written: the bodies and files") as refused:
        built(carrying(calendar_file(), is_invitation=True))
    assert refused.value.permanent
