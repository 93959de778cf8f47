"""What every channel keeps to, whatever it speaks: the contract that delivery builds on.

A letter is taken (words come back), certainly not taken (NotSent, or ChannelDown where the channel itself is at fault), or nobody
can say (Doubtful). Once all of it was handed over, only an answer can say which: a stall or a lost connection leaves a doubt.
Before that, neither does. And one call never hands a letter over twice, nor says a word of it or of a secret.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import http_server
import pytest
import smtp_server
from http_server import Reply, as_json
from notify_service import API_KEY, EMAIL_TEMPLATE, NotifyService, an_error, running_notify

from cin_reminders.calendar_entry import entry
from cin_reminders.channels import Channel, ChannelDown, Doubtful, NotSent
from cin_reminders.channels.email import EmailChannel, EmailRelay
from cin_reminders.channels.folder import FolderChannel
from cin_reminders.channels.graph import GraphChannel, GraphMailbox
from cin_reminders.channels.notify import NotifyChannel
from cin_reminders.channels.notify import NotifyService as CouncilsNotify
from cin_reminders.channels.teams import TeamsChannel, TeamsWebhooks
from cin_reminders.letter import CalendarFile, Letter, NotifyCall

SENT_AT = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)  # Monday
STALL = 2.0  # seconds that a channel waits for an answer where a test lets it wait in vain
SENDER: dict[str, Any] = {
    "from_address": "reminders@council.gov.uk",
    "from_name": "CIN reminders",
    "reply_to": "cin@council.gov.uk",
}
LETTER = Letter(
    key="cumbria/live/2026-05-04/P123/email",
    message_id="<0123456789abcdef@reminders.council.gov.uk>",
    to_address="canary-address@council.gov.uk",
    to_name="Canary-Name",
    subject="Canary-Subject due Friday 8 May",
    text="Canary-Text.\n",
    html="<p>Canary-Html.</p>\n",
)
CARD = replace(
    LETTER,
    key="cumbria/live/2026-05-04/P123/teams",
    message_id="",
    to_address="North managers",
    html="",
    card=json.dumps({"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "Canary-Card"}]}),
)
CALL = replace(
    LETTER,
    key="cumbria/live/2026-05-04/F123/notify",
    message_id="",
    html="",
    call=NotifyCall(kind="email", stage="reminder", language="en", values=(("venue", "Canary-Venue"),)),
)
SECRETS = ("canary-password", "canary-client-secret", "canary-token", "canary-sig")

# What the other side does. What becomes of a letter then is in is_as_agreed, the same for every channel.
SITUATIONS = (
    "takes it",
    "refuses it for good",
    "refuses it for now",
    "asks to wait",
    "stalls after the last octet",
    "drops after the last octet",
    "drops before the last octet",
    "is not there",
    "is not trusted",
)
# Where a channel cannot come into a situation, and why.
CANNOT_HAPPEN = {
    ("folder", "refuses it for now"): "a folder takes a letter, or cannot be written at all",
    ("folder", "asks to wait"): "a folder asks for nothing",
    ("folder", "stalls after the last octet"): "a disk answers or fails: there is no other side",
    ("folder", "drops after the last octet"): "a file appears whole or not at all",
    ("folder", "drops before the last octet"): "a file appears whole or not at all",
    ("folder", "is not trusted"): "a folder shows no certificate",
    ("email", "asks to wait"): "SMTP has no way to say for how long",
    ("teams", "drops before the last octet"): "a card is so short that the sockets have all of it before anybody can hang up",
}


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A channel, a letter for it, and what its other side has seen whole and not refused."""

    channel: Channel
    letter: Letter
    taken: Callable[[], list[Any]]


@contextmanager
def folder(situation: str, place: Path, *, letter: Letter = LETTER, ending: str = "eml") -> Iterator[Stand]:
    if situation == "is not there":
        (place / "outbox").touch()
    key = "no key" if situation == "refuses it for good" else letter.key
    channel = FolderChannel(place / "outbox", **SENDER, clock=lambda: SENT_AT)
    yield Stand(
        channel=channel,
        letter=replace(letter, key=key),
        taken=lambda: [file.read_bytes() for file in place.rglob(f"*.{ending}")],
    )


@contextmanager
def email(situation: str, place: Path) -> Iterator[Stand]:
    step = {
        "refuses it for good": smtp_server.Step(at="RCPT", reply=f"550 5.1.1 <{LETTER.to_address}>: no such user"),
        "refuses it for now": smtp_server.Step(at="RCPT", reply=f"451 4.7.1 <{LETTER.to_address}> greylisted"),
        "stalls after the last octet": smtp_server.Step(at="DOT", seconds=30.0),
        "drops after the last octet": smtp_server.Step(at="DOT", drop=True),
        "drops before the last octet": smtp_server.Step(at="DATA", drop=True),
    }.get(situation)
    behaviour = smtp_server.Behaviour(
        steps=(step,) if step else (), certificate="self-signed" if situation == "is not trusted" else "good"
    )
    with smtp_server.running_server(behaviour=behaviour, login=("cin", "canary-password")) as server:
        relay = EmailRelay(
            host=server.host,
            port=smtp_server.refused_port() if situation == "is not there" else server.port,
            security="starttls",
            username="cin",
            password="canary-password",
            ca_file=server.ca_file,
            timeout=STALL,
            **SENDER,
        )
        channel = EmailChannel(relay, clock=lambda: SENT_AT)
        yield Stand(channel=channel, letter=LETTER, taken=lambda: [taken.content for taken in server.messages])
        channel.close()


def over_https(situation: str, path: str) -> http_server.Behaviour:
    words = json.dumps({"error": {"code": "ErrorInvalidRecipients", "message": "canary-address Canary-Subject"}}).encode()
    step = {
        "refuses it for good": http_server.Step(at="BODY", path=path, reply=Reply(status=400, body=words)),
        "refuses it for now": http_server.Step(at="BODY", path=path, reply=Reply(status=503, body=words)),
        "asks to wait": http_server.Step(
            at="BODY", path=path, reply=Reply(status=429, headers={"Retry-After": "77"}, body=words)
        ),
        "stalls after the last octet": http_server.Step(at="BODY", path=path, seconds=30.0),
        "drops after the last octet": http_server.Step(at="BODY", path=path, drop=True),
        "drops before the last octet": http_server.Step(at="HEAD", path=path, drop=True),
    }.get(situation)
    return http_server.Behaviour(
        steps=(step,) if step else (), certificate="self-signed" if situation == "is not trusted" else "good"
    )


@contextmanager
def graph(situation: str, place: Path) -> Iterator[Stand]:
    usual = {"/token": as_json(200, {"access_token": "canary-token", "expires_in": 3599})}
    with http_server.running_server(usual=usual, behaviour=over_https(situation, "/sendMail")) as server:
        origin = f"https://localhost:{smtp_server.refused_port() if situation == 'is not there' else server.port}"
        mailbox = GraphMailbox(
            tenant="council.onmicrosoft.com",
            client_id="0a1b",
            client_secret="canary-client-secret",
            authority=origin,
            endpoint=f"{origin}/v1.0",
            ca_file=server.ca_file,
            timeout=STALL,
            **SENDER,
        )
        channel = GraphChannel(mailbox, clock=lambda: SENT_AT)
        letter = LONG if situation == "drops before the last octet" else LETTER
        yield Stand(
            channel=channel,
            letter=letter,
            taken=lambda: [taken.body for taken in server.taken if taken.path.endswith("/sendMail")],
        )
        channel.close()


@contextmanager
def teams(situation: str, place: Path) -> Iterator[Stand]:
    with http_server.running_server(behaviour=over_https(situation, "/invoke")) as server:
        port = smtp_server.refused_port() if situation == "is not there" else server.port
        webhooks = TeamsWebhooks(
            urls={CARD.to_address: f"https://localhost:{port}/workflows/0abc/invoke?sig=canary-sig"},
            ca_file=server.ca_file,
            timeout=STALL,
        )
        channel = TeamsChannel(webhooks)
        yield Stand(channel=channel, letter=CARD, taken=lambda: [taken.body for taken in server.taken])
        channel.close()


@contextmanager
def notify(situation: str, place: Path) -> Iterator[Stand]:
    behaviour = over_https(situation, "/email")
    if situation == "refuses it for good":
        words = f"email_address Not a valid email address: {LETTER.to_address}"
        refusal = http_server.Step(at="BODY", path="/email", reply=an_error(400, "ValidationError", words))
        behaviour = http_server.Behaviour(steps=(refusal,))
    with running_notify(NotifyService(), behaviour) as server:
        service = CouncilsNotify(
            api_key=API_KEY,
            templates={"email": EMAIL_TEMPLATE},
            secret=b"cumbria",
            base_url=f"https://localhost:{smtp_server.refused_port() if situation == 'is not there' else server.port}",
            ca_file=server.ca_file,
            timeout=STALL,
        )
        channel = NotifyChannel(service, clock=lambda: SENT_AT)
        yield Stand(
            channel=channel,
            letter=replace(CALL, text=LONG.text) if situation == "drops before the last octet" else CALL,
            taken=lambda: [taken.body for taken in server.taken if taken.path.endswith("/email")],
        )
        channel.close()


# More than the sockets between the two can hold, so that the other side can go while it is written.
LONG = replace(LETTER, text="Canary-Text.\n" * 600_000)
CHANNELS: dict[str, Callable[[str, Path], AbstractContextManager[Stand]]] = {
    "folder": folder,
    "folder, of cards": partial(folder, letter=CARD, ending="json"),
    "folder, of letters to families": partial(folder, letter=CALL, ending="json"),
    "email": email,
    "graph": graph,
    "teams": teams,
    "notify": notify,
}


def own_name(name: str) -> str:
    return name.partition(",")[0]


CASES = [(name, situation) for name in CHANNELS for situation in SITUATIONS if (own_name(name), situation) not in CANNOT_HAPPEN]


def outcome(stand: Stand) -> str | Exception:
    try:
        return stand.channel.send(stand.letter)
    except (NotSent, ChannelDown, Doubtful) as error:
        return error


def is_as_agreed(situation: str, came: str | Exception) -> bool:
    match situation:
        case "takes it":
            return isinstance(came, str) and came != ""
        case "refuses it for good":
            return isinstance(came, NotSent) and came.permanent
        case "refuses it for now":
            return isinstance(came, NotSent) and not came.permanent
        case "asks to wait":
            return isinstance(came, NotSent) and not came.permanent and came.retry_after == 77.0
        case "stalls after the last octet" | "drops after the last octet":
            return isinstance(came, Doubtful)
        case "drops before the last octet":
            return isinstance(came, NotSent) and not came.permanent
        case "is not there":
            return isinstance(came, ChannelDown) or (isinstance(came, NotSent) and not came.permanent)
        case "is not trusted":
            return isinstance(came, ChannelDown)
    raise AssertionError(situation)


@pytest.mark.parametrize("name, situation", CASES)
def test_a_letter_becomes_what_the_contract_says_is_handed_over_once_at_most_and_nothing_of_it_is_told(
    name: str, situation: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with CHANNELS[name](situation, tmp_path) as stand:
        came = outcome(stand)
        assert is_as_agreed(situation, came), came
        taken = stand.taken()
    may_be_taken = situation in ("takes it", "stalls after the last octet", "drops after the last octet")
    assert len(taken) == (1 if may_be_taken else 0)
    assert_says_nothing(came, caplog)


def assert_says_nothing(came: str | Exception, caplog: pytest.LogCaptureFixture) -> None:
    told = [came] if isinstance(came, str) else []
    link = came if isinstance(came, BaseException) else None
    while link is not None:
        told += [str(link), repr(link)]
        link = link.__cause__ or link.__context__
    # The servers of the tests log what they like; nobody's service runs them.
    told += [record.getMessage() for record in caplog.records if record.name not in ("asyncio", "mail.log")]
    words = " ".join(told).lower()
    assert words
    for canary in ("canary", "localhost:/", "/sendmail", "/invoke", "@", *SECRETS):
        assert canary not in words


@pytest.mark.parametrize("name", CHANNELS)
def test_the_same_letter_is_the_same_octets_the_second_time(name: str, tmp_path: Path) -> None:
    with CHANNELS[name]("takes it", tmp_path) as stand:
        assert stand.channel.send(stand.letter) == stand.channel.send(stand.letter)
        taken = stand.taken()
    assert len(taken) == (1 if own_name(name) == "folder" else 2)  # a letter's file replaces itself
    assert len(set(taken)) == 1


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_closes_as_often_as_it_is_asked_to_and_opens_again(name: str, tmp_path: Path) -> None:
    with CHANNELS[name]("takes it", tmp_path) as stand:
        stand.channel.close()
        assert stand.channel.send(stand.letter)
        stand.channel.close()
        stand.channel.close()
        assert stand.channel.send(stand.letter)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_knows_whether_it_holds_a_letter_or_says_that_it_cannot(name: str, tmp_path: Path) -> None:
    with CHANNELS[name]("takes it", tmp_path) as stand:
        before = stand.channel.holds(stand.letter.key)
        stand.channel.send(stand.letter)
        after = stand.channel.holds(stand.letter.key)
    # Where what is not found may yet be on its way, only a yes is certain.
    assert (before, after) in [(False, True), (None, True), (None, None)]


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_has_its_own_name_and_its_repr_no_secret(name: str, tmp_path: Path) -> None:
    with CHANNELS[name]("takes it", tmp_path) as stand:
        assert stand.channel.name == own_name(name)
        stand.channel.send(stand.letter)
        assert "canary" not in repr(stand.channel).lower()


@pytest.mark.parametrize("name", CHANNELS)
def test_a_letter_refused_for_good_leaves_the_channel_fit_for_the_next(name: str, tmp_path: Path) -> None:
    with CHANNELS[name]("refuses it for good", tmp_path) as stand:
        for _ in range(3):
            assert is_as_agreed("refuses it for good", outcome(stand))


def test_e_mail_is_the_same_octets_whichever_way_it_goes(tmp_path: Path) -> None:
    with ExitStack() as stack:
        by_folder, by_relay, by_graph = (
            stack.enter_context(CHANNELS[name]("takes it", tmp_path)) for name in ("folder", "email", "graph")
        )
        for stand in (by_folder, by_relay, by_graph):
            stand.channel.send(stand.letter)
        (in_folder,), (at_relay,), (at_graph,) = by_folder.taken(), by_relay.taken(), by_graph.taken()
    assert in_folder == at_relay == base64.b64decode(at_graph)


def test_every_situation_left_out_is_one_of_a_channel_here() -> None:
    assert {*CANNOT_HAPPEN} <= {(name, situation) for name in CHANNELS for situation in SITUATIONS}


# ---- calendar files


def calendar_file(summary: str) -> CalendarFile:
    content = entry(
        uid="0a1b2c",
        sequence=0,
        method="REQUEST",
        summary=summary,
        starts_at=datetime(2026, 5, 18, 10),  # Monday
        ends_at=None,
        venue=".hidden, Zoë’s room",
        url=None,
        description=".\n..\nFrom here on = lines begin with dots.\n" + "and go on " * 30,
        organiser="cin@council.gov.uk",
        attendee=LETTER.to_address,
        stamped_at=SENT_AT,
    )
    return CalendarFile(content=content, method="REQUEST")


def calendars_sent(name: str, place: Path, letter: Letter) -> list[EmailMessage]:
    """The calendar parts of a letter as they lie with the other side."""
    with CHANNELS[name]("takes it", place) as stand:
        stand.channel.send(letter)
        [taken] = stand.taken()
    message = message_from_bytes(base64.b64decode(taken) if name == "graph" else taken, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return [part for part in message.walk() if part.get_content_type() == "text/calendar"]


@pytest.mark.parametrize("name", ["folder", "email", "graph"])
def test_an_invitation_arrives_octet_for_octet_by_every_way_of_sending_e_mail(name: str, tmp_path: Path) -> None:
    file = calendar_file("Zoë’s meeting")

    [part] = calendars_sent(name, tmp_path, replace(LETTER, calendar_files=(file,), is_invitation=True))

    assert part.get_payload(decode=True) == file.content
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert part.get_content_disposition() is None


@pytest.mark.parametrize("name", ["folder", "email", "graph"])
def test_attached_calendar_files_arrive_octet_for_octet_by_every_way_of_sending_e_mail(name: str, tmp_path: Path) -> None:
    files = (calendar_file("One"), calendar_file("Another"))

    parts = calendars_sent(name, tmp_path, replace(LETTER, calendar_files=files))

    assert [part.get_payload(decode=True) for part in parts] == [file.content for file in files]
    assert [part.get_filename() for part in parts] == ["invite.ics", "invite-2.ics"]
