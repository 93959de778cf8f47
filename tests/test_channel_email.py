"""The e-mail channel tells apart what was taken, what was not, what may have been, and a relay that is itself at fault."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from smtp_server import Behaviour, Moment, Running, Step, refused_port, running_server

from cin_reminders.channels import Channel, ChannelDown, Doubtful, NotSent
from cin_reminders.channels.email import EmailChannel, EmailRelay
from cin_reminders.channels.mime import build_mime
from cin_reminders.letter import Letter

SENT_AT = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)  # Monday
ADDRESS = "j.smith@council.gov.uk"
LETTER = Letter(
    key="cumbria/live/2026-05-04/P123/email",
    message_id="<0123456789abcdef@reminders.council.gov.uk>",
    to_address=ADDRESS,
    to_name="Jo Smith",
    subject="Review of A1 due Friday 8 May",
    text="The review is due.\n",
    html="<p>The review is due.</p>\n",
)
# More than the sockets between the two can hold: the client is still writing when the server goes.
LONG_LETTER = replace(LETTER, text="The review is due.\n" * 600_000)
SENDER: dict[str, Any] = {
    "from_address": "reminders@council.gov.uk",
    "from_name": "CIN reminders",
    "reply_to": "cin@council.gov.uk",
}
STALL = 2.0  # seconds that the client waits for an answer where a test lets it wait in vain


def relay_of(server: Running, **other: Any) -> EmailRelay:
    settings = {"host": server.host, "port": server.port, "security": "starttls", "ca_file": server.ca_file, "timeout": 10.0}
    return EmailRelay(**{**settings, **SENDER, **other})


@contextmanager
def channel_to(server: Running, **other: Any) -> Iterator[EmailChannel]:
    channel = EmailChannel(relay_of(server, **other), clock=lambda: SENT_AT)
    try:
        yield channel
    finally:
        channel.close()


def letters(count: int) -> list[Letter]:
    return [replace(LETTER, key=f"cumbria/live/2026-05-04/P{n}/email", message_id=f"<{n}@council.gov.uk>") for n in range(count)]


def steps(*all_steps: Step) -> Behaviour:
    return Behaviour(steps=all_steps)


# ---- Taken


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_arrives_whole_over_an_encrypted_connection(security: Any) -> None:
    with running_server(security=security) as server, channel_to(server, security=security) as channel:
        assert channel.send(LETTER) == "250 2.0.0 accepted"
    (taken,) = server.messages
    assert taken.mail_from == SENDER["from_address"]
    assert taken.rcpt_tos == (ADDRESS,)
    assert taken.content == build_mime(LETTER, sent_at=SENT_AT, **SENDER)
    assert taken.parsed["Subject"] == LETTER.subject
    assert taken.parsed["Message-ID"] == LETTER.message_id


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_relay_that_wants_a_login_gets_it(security: Any) -> None:
    with (
        running_server(security=security, login=("cin", "s3cret")) as server,
        channel_to(server, security=security, username="cin", password="s3cret") as channel,
    ):
        channel.send(LETTER)
    assert server.messages[0].user == "cin"


def test_a_relay_on_this_machine_may_be_spoken_to_without_encryption() -> None:
    with running_server(security="none") as server, channel_to(server, security="none") as channel:
        channel.send(LETTER)
    assert len(server.messages) == 1


def test_fifty_letters_go_over_one_connection_each_in_an_envelope_of_its_own() -> None:
    with running_server() as server, channel_to(server) as channel:
        for letter in letters(50):
            channel.send(letter)
    assert server.connections == 1
    assert [taken.parsed["Message-ID"] for taken in server.messages] == [letter.message_id for letter in letters(50)]
    assert {taken.rcpt_tos for taken in server.messages} == {(ADDRESS,)}


def test_a_channel_that_was_closed_opens_again() -> None:
    with running_server() as server, channel_to(server) as channel:
        channel.send(LETTER)
        channel.close()
        channel.close()
        channel.send(LETTER)
    assert server.connections == 2


def test_lines_that_start_with_a_dot_and_lines_far_too_long_arrive_as_written() -> None:
    text = ".\r\n..\r\n.hidden\r\n" + "x" * 998 + "\r\n" + "y" * 5000 + "\r\n.\r\n"
    with running_server() as server, channel_to(server) as channel:
        channel.send(replace(LETTER, text=text, html=f"<pre>\n{text}</pre>\n"))
        channel.send(LETTER)
    assert [part.get_content() for part in server.messages[0].parsed.iter_parts()] == [text, f"<pre>\r\n{text}</pre>\r\n"]
    assert len(server.messages) == 2


def test_a_long_subject_outside_ascii_arrives_as_written() -> None:
    subject = "Zoë’s review – " * 60
    with running_server() as server, channel_to(server) as channel:
        channel.send(replace(LETTER, subject=subject, to_name="O’Brien, Zoë"))
    assert server.messages[0].parsed["Subject"] == subject
    assert server.messages[0].parsed["To"].addresses[0].display_name == "O’Brien, Zoë"


def test_a_channel_cannot_know_what_a_relay_took_earlier() -> None:
    with running_server() as server, channel_to(server) as channel:
        as_channel: Channel = channel
        as_channel.send(LETTER)
        assert as_channel.holds(LETTER.key) is None


# ---- Headers that would be more than they seem


@pytest.mark.parametrize("subject", ["a\r\nBcc: thief@elsewhere.test", "a\nb", "a\0b"])
def test_a_letter_with_a_control_character_in_a_header_never_reaches_the_relay(subject: str) -> None:
    with running_server() as server, channel_to(server) as channel:
        for letter in (
            replace(LETTER, subject=subject),
            replace(LETTER, to_name=subject),
            replace(LETTER, to_address=ADDRESS + subject),
        ):
            with pytest.raises(NotSent) as refused:
                channel.send(letter)
            assert refused.value.permanent
    assert server.connections == 0


def test_an_encoded_word_in_a_subject_or_a_name_stays_text() -> None:
    sly = "=?utf-8?q?x=0ABcc=3A_thief=40elsewhere.test?="
    with running_server() as server, channel_to(server) as channel:
        channel.send(replace(LETTER, subject=sly, to_name=sly))
    (taken,) = server.messages
    assert taken.parsed["Subject"] == sly
    assert taken.parsed["Bcc"] is None
    assert [one.addr_spec for one in taken.parsed["To"].addresses] == [ADDRESS]
    assert taken.rcpt_tos == (ADDRESS,)


# ---- The relay is at fault: nobody's letter has failed


@pytest.mark.parametrize("certificate, why", [("self-signed", "self-signed certificate"), ("other name", "mismatch")])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_cannot_be_trusted_stops_the_channel(security: Any, certificate: Any, why: str) -> None:
    with (
        running_server(security=security, behaviour=Behaviour(certificate=certificate)) as server,
        channel_to(server, security=security) as channel,
        pytest.raises(ChannelDown, match=rf"certificate of the relay .* is not trusted: .*{why}"),
    ):
        channel.send(LETTER)
    assert server.messages == []


def test_an_authority_that_the_council_did_not_name_is_not_trusted() -> None:
    with (
        running_server() as server,
        channel_to(server, ca_file=None) as channel,
        pytest.raises(ChannelDown, match="is not trusted"),
    ):
        channel.send(LETTER)


def test_a_relay_that_offers_no_starttls_gets_nothing_in_the_clear() -> None:
    with running_server(security="none") as server, channel_to(server) as channel, pytest.raises(ChannelDown, match="STARTTLS"):
        channel.send(LETTER)
    assert server.messages == []


def test_a_relay_that_takes_starttls_back_gets_nothing_in_the_clear() -> None:
    behaviour = steps(Step(at="STARTTLS", reply="454 4.7.0 TLS not available"))
    with running_server(behaviour=behaviour) as server, channel_to(server) as channel, pytest.raises(ChannelDown, match="454"):
        channel.send(LETTER)
    assert server.messages == []


def test_a_wrong_password_stops_the_channel_and_is_not_repeated() -> None:
    with (
        running_server(login=("cin", "s3cret")) as server,
        channel_to(server, username="cin", password="wr0ng") as channel,
        pytest.raises(ChannelDown, match="refused the login with 535") as down,
    ):
        channel.send(LETTER)
    assert "wr0ng" not in str(down.value) + repr(relay_of(server, username="cin", password="wr0ng"))


@pytest.mark.parametrize(
    "behaviour",
    [
        steps(Step(at="CONNECT", reply="554 5.7.1 no service for you")),
        steps(Step(at="CONNECT", drop=True)),
        steps(Step(at="EHLO", reply="550 no")),
        steps(Step(at="STARTTLS", drop=True)),
        steps(Step(at="MAIL", reply="550 5.7.1 sender refused")),
        steps(Step(at="MAIL", reply="530 5.7.0 authentication required")),
        steps(Step(at="RCPT", reply="530 5.7.0 authentication required")),
        steps(Step(at="RCPT", reply="535 5.7.8 bad")),
        steps(Step(at="DATA", reply="538 5.7.11 encryption required")),
    ],
    ids=lambda behaviour: f"{behaviour.steps[0].at} {behaviour.steps[0].reply}",
)
def test_a_relay_that_refuses_us_ourselves_stops_the_channel(behaviour: Behaviour) -> None:
    with running_server(behaviour=behaviour) as server, channel_to(server) as channel, pytest.raises(ChannelDown):
        channel.send(LETTER)


def test_a_relay_that_wants_a_login_and_got_none_stops_the_channel() -> None:
    with (
        running_server(login=("cin", "s3cret")) as server,
        channel_to(server) as channel,
        pytest.raises(ChannelDown, match="530"),
    ):
        channel.send(LETTER)


def test_a_login_that_the_relay_does_not_offer_stops_the_channel() -> None:
    with (
        running_server(security="none") as server,
        channel_to(server, security="none", username="cin", password="s3cret") as channel,
        pytest.raises(ChannelDown, match="AUTH"),
    ):
        channel.send(LETTER)


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid", "not..a..name"])
def test_a_relay_that_cannot_be_reached_stops_the_channel(host: str) -> None:
    channel = EmailChannel(
        EmailRelay(host=host, port=refused_port(), security="tls", timeout=5.0, **SENDER), clock=lambda: SENT_AT
    )
    with pytest.raises(ChannelDown, match=f"{host}:.* cannot be reached"):
        channel.send(LETTER)


def test_a_relay_that_never_greets_stops_the_channel() -> None:
    behaviour = steps(Step(at="CONNECT", seconds=30.0))
    with (
        running_server(behaviour=behaviour) as server,
        channel_to(server, timeout=STALL) as channel,
        pytest.raises(ChannelDown, match="did not answer in time"),
    ):
        channel.send(LETTER)


# ---- The letter was not taken


@pytest.mark.parametrize(
    "at, reply, permanent",
    [
        ("MAIL", "451 4.3.0 try later", False),
        ("RCPT", "451 4.7.1 greylisted", False),
        ("RCPT", "452 4.5.3 too many", False),
        ("RCPT", "499 4.9.9 the last of the passing refusals", False),
        ("RCPT", "500 5.9.9 the first of the lasting ones", True),
        ("RCPT", "550 5.1.1 no such user", True),
        ("DATA", "451 4.3.0 try later", False),
        ("DATA", "554 5.5.1 no valid recipients", True),
        ("DOT", "452 4.3.1 disk full", False),
        ("DOT", "550 5.7.1 not wanted", True),
        ("DOT", "554 5.7.1 looks like spam", True),
    ],
)
def test_a_refusal_beginning_with_4_passes_one_beginning_with_5_lasts_and_the_next_letter_goes(
    at: Moment, reply: str, permanent: bool
) -> None:
    with running_server(behaviour=steps(Step(at=at, nth=1, reply=reply))) as server, channel_to(server) as channel:
        with pytest.raises(NotSent, match=reply[:9]) as refused:
            channel.send(LETTER)
        assert refused.value.permanent is permanent
        assert channel.send(LETTER) == "250 2.0.0 accepted"
    assert len(server.messages) == 1
    assert server.connections == 1


def test_each_letter_has_the_outcome_of_its_own_recipient() -> None:
    behaviour = steps(
        Step(at="RCPT", nth=2, reply="550 5.1.1 no such user"),
        Step(at="RCPT", nth=4, reply="451 4.7.1 greylisted"),
    )
    outcomes: list[bool | None] = []
    with running_server(behaviour=behaviour) as server, channel_to(server) as channel:
        for letter in letters(5):
            try:
                channel.send(letter)
                outcomes.append(None)
            except NotSent as refused:
                outcomes.append(refused.permanent)
    assert outcomes == [None, True, None, False, None]
    assert [taken.parsed["Message-ID"] for taken in server.messages] == [
        "<0@council.gov.uk>",
        "<2@council.gov.uk>",
        "<4@council.gov.uk>",
    ]
    assert server.connections == 1


@pytest.mark.parametrize("at", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_421_at_any_moment_passes_and_the_next_letter_goes_over_a_new_connection(at: Moment) -> None:
    behaviour = steps(Step(at=at, nth=1, reply="421 4.3.2 closing down", drop=True))
    with running_server(behaviour=behaviour) as server, channel_to(server) as channel:
        with pytest.raises(NotSent, match="421") as refused:
            channel.send(LETTER)
        assert not refused.value.permanent
        channel.send(LETTER)
    assert len(server.messages) == 1
    assert server.connections == 2


def test_421_after_letters_that_were_taken_concerns_the_one_letter_alone() -> None:
    behaviour = steps(Step(at="RCPT", nth=3, reply="421 4.7.0 too much", drop=True))
    with running_server(behaviour=behaviour) as server, channel_to(server) as channel:
        for letter in letters(2):
            channel.send(letter)
        with pytest.raises(NotSent, match="421"):
            channel.send(LETTER)
        channel.send(LETTER)
    assert len(server.messages) == 3
    assert server.connections == 2


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
def test_a_relay_that_hangs_up_or_stalls_before_the_letter_was_handed_over_has_not_taken_it(at: Moment) -> None:
    for step in (Step(at=at, nth=1, drop=True), Step(at=at, nth=1, seconds=30.0)):
        with running_server(behaviour=steps(step)) as server, channel_to(server, timeout=STALL) as channel:
            with pytest.raises(NotSent, match="lost before the letter was handed over") as refused:
                channel.send(LETTER)
            assert not refused.value.permanent
            channel.send(LETTER)
        assert len(server.messages) == 1


@pytest.mark.parametrize("step", [Step(at="BODY", nth=1), Step(at="BODY", nth=1, seconds=30.0)], ids=["hangs up", "stalls"])
@pytest.mark.parametrize("security", ["starttls", "none"])
def test_a_relay_that_goes_or_stalls_while_the_letter_is_written_has_not_taken_it(security: Any, step: Step) -> None:
    with (
        running_server(security=security, behaviour=steps(step)) as server,
        channel_to(server, security=security, timeout=STALL) as channel,
    ):
        with pytest.raises(NotSent) as refused:
            channel.send(LONG_LETTER)
        assert not refused.value.permanent
        channel.send(LETTER)
    assert len(server.messages) == 1


def test_an_answer_that_makes_no_sense_loses_the_connection_and_not_the_letter() -> None:
    with running_server(behaviour=steps(Step(at="RCPT", nth=1, reply="hello there"))) as server, channel_to(server) as channel:
        with pytest.raises(NotSent) as refused:
            channel.send(LETTER)
        assert not refused.value.permanent
        channel.send(LETTER)
    assert len(server.messages) == 1
    assert server.connections == 2


def test_an_address_outside_ascii_goes_only_where_the_relay_takes_it() -> None:
    wide = replace(LETTER, to_address="zoë@council.gov.uk")
    with running_server() as server, channel_to(server) as channel:
        channel.send(wide)
        channel.send(LETTER)
    assert [taken.rcpt_tos for taken in server.messages] == [("zoë@council.gov.uk",), (ADDRESS,)]
    with running_server(behaviour=Behaviour(smtputf8=False)) as server, channel_to(server) as channel:
        with pytest.raises(NotSent, match="SMTPUTF8") as refused:
            channel.send(wide)
        assert refused.value.permanent
        channel.send(LETTER)


# ---- It may have been taken


@pytest.mark.parametrize(
    "step",
    [
        Step(at="DOT", nth=1, drop=True),
        Step(at="DOT", nth=1, seconds=30.0),
        Step(at="DOT", nth=1, reply="what?"),
        Step(at="DOT", nth=1, reply="354 more"),
    ],
    ids=["hangs up", "stalls", "nonsense", "wants more"],
)
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_with_no_answer_after_the_final_dot_nobody_can_say_and_it_is_not_tried_again(security: Any, step: Step) -> None:
    with (
        running_server(security=security, behaviour=steps(step)) as server,
        channel_to(server, security=security, timeout=STALL) as channel,
    ):
        with pytest.raises(Doubtful):
            channel.send(LETTER)
        assert server.connections == 1
        channel.send(replace(LETTER, message_id="<next@council.gov.uk>"))
    assert server.messages[-1].parsed["Message-ID"] == "<next@council.gov.uk>"
    assert [taken.parsed["Message-ID"] for taken in server.messages].count(LETTER.message_id) <= 1
    assert server.connections == 2


def test_an_answer_just_in_time_is_an_answer() -> None:
    behaviour = steps(Step(at="DOT", seconds=STALL / 2))
    with running_server(behaviour=behaviour) as server, channel_to(server, timeout=STALL) as channel:
        assert channel.send(LETTER) == "250 2.0.0 accepted"


# ---- The connection between letters


@pytest.mark.parametrize("pause", [0.0, 0.2])
@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_connection_that_the_relay_closed_between_letters_is_made_again_in_silence(security: Any, pause: float) -> None:
    behaviour = steps(Step(at="DOT", nth=2, reply="250 2.0.0 Ok", drop=True))
    with running_server(security=security, behaviour=behaviour) as server, channel_to(server, security=security) as channel:
        for letter in letters(4):
            channel.send(letter)
            time.sleep(pause)
    assert len(server.messages) == 4
    assert server.connections == 2


@pytest.mark.parametrize("security", ["starttls", "none"])
def test_a_relay_that_tired_of_waiting_and_said_so_is_connected_to_again_in_silence(security: Any) -> None:
    behaviour = steps(Step(at="IDLE", nth=1, seconds=0.1, reply="421 4.4.2 idle too long", drop=True))
    with running_server(security=security, behaviour=behaviour) as server, channel_to(server, security=security) as channel:
        channel.send(LETTER)
        time.sleep(0.5)
        channel.send(LETTER)
    assert len(server.messages) == 2
    assert server.connections == 2


def test_a_relay_that_goes_at_the_next_letters_first_word_is_asked_again_once() -> None:
    with running_server(behaviour=steps(Step(at="MAIL", nth=2, drop=True))) as server, channel_to(server) as channel:
        for letter in letters(3):
            channel.send(letter)
    assert len(server.messages) == 3
    assert server.connections == 2


def test_a_relay_that_goes_again_after_that_is_left_alone() -> None:
    behaviour = steps(Step(at="MAIL", nth=2, drop=True), Step(at="MAIL", nth=3, drop=True))
    with running_server(behaviour=behaviour) as server, channel_to(server) as channel:
        channel.send(LETTER)
        with pytest.raises(NotSent) as refused:
            channel.send(LETTER)
        assert not refused.value.permanent
    assert server.connections == 2


def test_a_relay_that_does_not_take_a_reset_gets_a_new_connection() -> None:
    behaviour = steps(Step(at="RCPT", nth=1, reply="550 5.1.1 no such user", drop=True))
    with running_server(behaviour=behaviour) as server, channel_to(server) as channel:
        with pytest.raises(NotSent) as refused:
            channel.send(LETTER)
        assert refused.value.permanent
        channel.send(LETTER)
    assert server.connections == 2


# ---- No address in what is told


@pytest.mark.parametrize(
    "step",
    [
        Step(at="MAIL", reply=f"550 {ADDRESS} refused"),
        Step(at="RCPT", reply=f"550 5.1.1 <{ADDRESS}>: no such user"),
        Step(at="RCPT", reply=f"5.1.1 <{ADDRESS}>"),
        Step(at="DOT", reply=f"554 5.7.1{ADDRESS}"),
        Step(at="DOT", reply=f"250 2.1.5 queued for {ADDRESS}"),
        Step(at="CONNECT", reply=f"554 {ADDRESS}"),
        Step(at="DOT", drop=True),
    ],
    ids=lambda step: f"{step.at} {step.reply}",
)
def test_what_the_relay_says_of_an_address_is_not_passed_on(step: Step, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    with running_server(behaviour=steps(step)) as server, channel_to(server) as channel:
        try:
            told.append(channel.send(LETTER))
        except (NotSent, ChannelDown, Doubtful) as error:
            link: BaseException | None = error
            while link is not None:
                told.append(repr(link))
                link = link.__cause__ or link.__context__
    told += [record.getMessage() for record in caplog.records if record.name.startswith("cin_reminders")]
    assert told
    assert "smith" not in " ".join(told)


# ---- Settings


def test_every_fault_of_the_relays_settings_is_told_at_once() -> None:
    wrong: dict[str, Any] = {"host": "", "port": 0, "security": "ssl", "username": "zoë", "timeout": 0.0}
    with pytest.raises(ValueError, match="host: ") as refused:
        EmailRelay(**wrong, from_address="x", from_name="a\nb", reply_to="y")
    places = [line.partition(":")[0] for line in str(refused.value).splitlines()]
    assert places == [
        "host",
        "port",
        "security",
        "username, password",
        "username",
        "timeout",
        "from_address",
        "from_name",
        "reply_to",
    ]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_no_encryption_is_allowed_on_this_machine(host: str) -> None:
    assert EmailRelay(host=host, port=25, security="none", **SENDER).security == "none"


@pytest.mark.parametrize("host", ["relay.council.gov.uk", "10.0.0.1", "0.0.0.0", "localhost.council.gov.uk", "::"])
def test_no_encryption_is_refused_anywhere_else(host: str) -> None:
    with pytest.raises(
        ValueError, match=r"security: 'none' is allowed for a relay on this machine only .* use 'starttls' or 'tls'"
    ):
        EmailRelay(host=host, port=25, security="none", **SENDER)


def test_certificates_that_cannot_be_read_are_told_when_the_channel_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for ca_file in (tmp_path / "absent.pem", tmp_path / "empty.pem"):
        with pytest.raises(ValueError, match="ca_file"):
            EmailChannel(
                EmailRelay(host="relay.test", port=587, security="starttls", ca_file=ca_file, **SENDER), clock=lambda: SENT_AT
            )


def test_the_server_of_these_tests_is_as_strict_as_it_seems() -> None:
    with running_server(login=("cin", "s3cret")) as server, smtplib.SMTP(server.host, server.port) as client:
        assert client.docmd("MAIL", "FROM:<a@b.test>")[0] == 530
        client.starttls(context=ssl.create_default_context(cafile=server.ca_file))
        client.ehlo()
        assert client.mail("a@b.test")[0] == 530
        client.login("cin", "s3cret")
        client.mail("a@b.test")
        client.rcpt("c@d.test")
        client.docmd("DATA")
        client.send("x" * 1002 + "\r\n.\r\n")
        assert client.getreply()[0] == 500
