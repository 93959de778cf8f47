"""The bytes of an e-mail say exactly what the letter says, to the one person it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cin_reminders.channels import NotSent
from cin_reminders.channels.mime import build_mime, message_id, needs_smtputf8, sender_problems
from cin_reminders.letter import Letter

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
