"""The Notify channel asks GOV.UK Notify once for each letter, and tells a letter at fault from a template, a key, or the way."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from certificates import authority, server_context
from http_server import Behaviour, Reply, Running, Step, as_json, as_page, silent_port
from notify_service import (
    API_KEY,
    EMAIL_TEMPLATE,
    SECRET,
    SERVICE_ID,
    TEXT_TEMPLATE,
    NotifyService,
    Template,
    an_error,
    refusal_of,
    running_notify,
)
from requests.adapters import HTTPAdapter
from smtp_server import refused_port

from cin_reminders.channels import ChannelDown, Doubtful, NotSent
from cin_reminders.channels.https import Untrusted
from cin_reminders.channels.notify import NotifyChannel
from cin_reminders.channels.notify import NotifyService as CouncilsNotify
from cin_reminders.channels.notify_line import NotifyLine
from cin_reminders.letter import Letter, NotifyCall
from cin_reminders.notify_call import reference_of

SENT_AT = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)  # Monday
KEY = "cumbria/live/2026-05-04/F123/notify"
NUMBER = "+447700900123"
ADDRESS = "pat.parent@mail.example"
CALL = NotifyCall(
    kind="email", stage="invitation", language="en", values=(("day", "Thursday 14 May 2026"), ("venue", "Mill Lane"))
)
EMAIL = Letter(
    key=KEY,
    message_id="",
    to_address=ADDRESS,
    to_name="Pat Parent",
    subject="You are invited",
    text="Hello,\n\nPlease come on Thursday 14 May 2026.\n",
    html="<p>Never sent.</p>\n",
    call=CALL,
)
TEXT = replace(EMAIL, to_address="07700 900123", call=replace(CALL, kind="text"))
STALL = 1.0  # seconds that the client waits for an answer where a test lets it wait in vain


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = SENT_AT) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def councils(server: Running | None = None, **other: Any) -> CouncilsNotify:
    place = {"base_url": server.origin, "ca_file": server.ca_file} if server else {}
    plain = {"api_key": API_KEY, "templates": {"email": EMAIL_TEMPLATE, "text": TEXT_TEMPLATE}, "secret": b"cumbria"}
    return CouncilsNotify(**{**plain, "timeout": 10.0, **place, **other})


@contextmanager
def notify(
    *steps: Step, service: NotifyService | None = None, clock: Clock | None = None, **other: Any
) -> Iterator[tuple[NotifyChannel, NotifyService, Running]]:
    service = service or NotifyService()
    with running_notify(service, Behaviour(steps=steps)) as server:
        channel = NotifyChannel(councils(server, **other), clock=clock or Clock())
        try:
            yield channel, service, server
        finally:
            channel.close()


def answering(reply: Reply, path: str = "") -> Step:
    return Step(at="BODY", path=path, reply=reply)


def outcome(channel: NotifyChannel, letter: Letter = EMAIL) -> str | Exception:
    try:
        return channel.send(letter)
    except (NotSent, ChannelDown, Doubtful) as error:
        return error


# ---- taken


def test_an_email_is_asked_for_with_the_councils_template_the_words_and_the_parts() -> None:
    with notify() as (channel, service, server):
        assert channel.send(EMAIL) == "201 accepted"
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", "/v2/notifications/email")
    assert json.loads(asked.body) == {
        "email_address": ADDRESS,
        "template_id": EMAIL_TEMPLATE,
        "personalisation": {
            "subject": "You are invited",
            "body": "Hello,\n\nPlease come on Thursday 14 May 2026.",
            "day": "Thursday 14 May 2026",
            "venue": "Mill Lane",
        },
        "reference": reference_of(KEY, b"cumbria"),
    }
    assert len(service.notifications) == 1


def test_a_text_message_is_asked_for_with_the_number_in_its_one_form() -> None:
    with notify() as (channel, service, server):
        assert channel.send(TEXT) == "201 accepted"
    (asked,) = server.asked
    assert asked.target == "/v2/notifications/sms"
    said = json.loads(asked.body)
    assert (said["phone_number"], said["template_id"]) == (NUMBER, TEXT_TEMPLATE)
    assert service.notifications[0]["body"] == "Hello,\n\nPlease come on Thursday 14 May 2026."


def test_the_narrowest_template_is_asked_for_by_its_id() -> None:
    polish = "55555555-5555-4555-8555-555555555555"
    service = NotifyService(templates={polish: Template(kind="email"), EMAIL_TEMPLATE: Template(kind="email")})
    with notify(service=service, templates={"email": EMAIL_TEMPLATE, "email.pl": polish}) as (channel, _, _):
        channel.send(replace(EMAIL, call=replace(CALL, language="pl")))
        channel.send(EMAIL)
    assert [one["template"]["id"] for one in service.notifications] == [polish, EMAIL_TEMPLATE]


def test_neither_the_letters_key_nor_the_readers_name_nor_its_html_leaves_the_service() -> None:
    with notify() as (channel, _, server):
        channel.send(EMAIL)
    (asked,) = server.asked
    said = f"{asked.target} {asked.headers} {asked.body.decode()}"
    for canary in (KEY, "F123", "Pat Parent", "Never sent", SECRET):
        assert canary not in said


# ---- the letter at fault: it goes nowhere, and Notify is not asked


@pytest.mark.parametrize(
    "letter, why",
    [
        (replace(EMAIL, call=None), "the letter is not for GOV.UK Notify"),
        (replace(EMAIL, to_address="pat at mail"), "the letter is for no e-mail address"),
        (replace(EMAIL, to_address=NUMBER), "the letter is for no e-mail address"),
        (replace(TEXT, to_address=ADDRESS), "the letter is for no mobile number"),
        (replace(TEXT, to_address="01632 960000"), "the letter is for no mobile number"),
        (replace(TEXT, text="1" * 859), "the text message has 859 characters, over the 858 that there is room for"),
    ],
)
def test_a_letter_that_cannot_go_is_refused_for_good_and_never_handed_over(letter: Letter, why: str) -> None:
    with notify() as (channel, _, server):
        came = outcome(channel, letter)
    assert isinstance(came, NotSent)
    assert (came.permanent, str(came)) == (True, why)
    assert server.asked == []


def test_without_a_template_of_its_kind_a_letter_is_refused_for_good() -> None:
    with notify(templates={"email": EMAIL_TEMPLATE}) as (channel, _, server):
        came = outcome(channel, TEXT)
    assert isinstance(came, NotSent)
    assert (came.permanent, str(came)) == (True, "notify.templates has none for text messages")
    assert server.asked == []


# ---- what Notify's refusals mean


@pytest.mark.parametrize(
    "error, words, permanent",
    [
        ("ValidationError", "phone_number Not a UK mobile number", True),
        ("ValidationError", "phone_number Too many digits", True),
        ("InvalidPhoneError", "Not a UK mobile number", True),
        ("BadRequestError", "Cannot send to international mobile numbers", True),
        ("BadRequestError", "Text messages cannot be longer than 918 characters. Your message is 1000 characters", True),
        ("ValidationError", "template_id is not a valid UUID", False),
        ("BadRequestError", "Template not found", False),
        ("BadRequestError", "Template has been deleted", False),
        ("BadRequestError", "email template is not suitable for sms notification", False),
        ("BadRequestError", "Missing personalisation: room", False),
        ("BadRequestError", "Service is not allowed to send text messages", False),
        ("BadRequestError", "something said otherwise than today", False),
        ("SomeNewError", "something said otherwise than today", False),
    ],
)
def test_a_letter_or_its_reader_at_fault_has_failed_and_one_that_a_person_can_mend_waits(
    error: str, words: str, permanent: bool
) -> None:
    with notify(answering(an_error(400, error, f"{words} {NUMBER}"))) as (channel, _, server):
        came = outcome(channel, TEXT)
    assert isinstance(came, NotSent)
    assert came.permanent is permanent
    assert str(came).startswith(f"GOV.UK Notify answered 400 {error}: ")
    assert len(server.asked) == 1
    for canary in (NUMBER, words, "room"):
        assert canary not in str(came)


def test_the_reason_names_the_template_to_look_at() -> None:
    with notify(answering(an_error(400, "BadRequestError", "Template not found"))) as (channel, _, _):
        assert "the template email of notify.templates" in str(outcome(channel))


def test_what_the_stand_in_refuses_by_itself_is_understood() -> None:
    service = NotifyService(templates={EMAIL_TEMPLATE: Template(kind="email", placeholders=("body", "room"))})
    with notify(service=service) as (channel, _, _):
        missing, unknown = outcome(channel), outcome(channel, TEXT)
    assert isinstance(missing, NotSent)
    assert isinstance(unknown, NotSent)
    assert (missing.permanent, unknown.permanent) == (False, False)
    assert service.notifications == []


@pytest.mark.parametrize(
    "status, error, words",
    [
        (400, "BadRequestError", "Can’t send to this recipient using a team-only API key"),
        (400, "BadRequestError", "Can't send to this recipient when service is in trial mode"),
        (403, "AuthError", "Invalid token: API key not found"),
        (403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds"),
        (401, "AuthError", "Unauthorized: authentication token must be provided"),
    ],
)
def test_a_key_that_is_not_let_in_stops_the_channel_until_a_person_mends_it(status: int, error: str, words: str) -> None:
    with notify(answering(an_error(status, error, words))) as (channel, _, _):
        came = outcome(channel)
    assert isinstance(came, ChannelDown)
    assert came.lasting
    assert str(came).startswith(f"GOV.UK Notify answered {status} {error}: ")


def test_a_key_of_another_secret_is_not_let_in() -> None:
    with notify(api_key=f"other-{SERVICE_ID}-99999999-9999-4999-8999-999999999999") as (channel, service, _):
        came = outcome(channel)
    assert isinstance(came, ChannelDown)
    assert came.lasting
    assert service.notifications == []


@pytest.mark.parametrize("seconds, is_let_in", [(-31, False), (-30, True), (30, True), (31, False)])
def test_the_stand_in_takes_a_token_of_half_a_minute_either_way(seconds: int, is_let_in: bool) -> None:
    with notify() as (channel, _, server):
        channel.send(EMAIL)
    token = server.asked[0].headers["Authorization"]
    issued = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["iat"]
    assert (refusal_of(token, issued + seconds) is None) is is_let_in


@pytest.mark.parametrize("headers, wait", [({}, 60.0), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "soon"}, 60.0)])
def test_too_many_requests_in_a_minute_wait_as_long_as_is_asked_or_a_minute(headers: dict[str, str], wait: float) -> None:
    refusal = {"status_code": 429, "errors": [{"error": "RateLimitError", "message": "Exceeded rate limit"}]}
    with notify(answering(as_json(429, refusal, **headers))) as (channel, _, _):
        came = outcome(channel)
    assert isinstance(came, NotSent)
    assert (came.permanent, came.retry_after) == (False, wait)


@pytest.mark.parametrize(
    "now, wait",
    [
        (datetime(2026, 5, 4, 5, 30, tzinfo=UTC), timedelta(hours=18, minutes=30)),  # Monday
        (datetime(2026, 5, 4, 23, 59, 59, tzinfo=UTC), timedelta(seconds=1)),
        (datetime(2026, 5, 5, tzinfo=UTC), timedelta(days=1)),  # Tuesday
        (datetime.fromisoformat("2026-05-05T00:30+01:00"), timedelta(minutes=30)),  # Tuesday in London, Monday by UTC
    ],
)
def test_a_days_allowance_that_is_used_up_waits_for_notifys_next_day(now: datetime, wait: timedelta) -> None:
    refusal = an_error(429, "TooManyRequestsError", "Exceeded send limits (250000) for today")
    with notify(answering(refusal), clock=Clock(now)) as (channel, _, _):
        came = outcome(channel)
    assert isinstance(came, NotSent)
    assert (came.permanent, came.retry_after) == (False, wait.total_seconds())


@pytest.mark.parametrize("status", [500, 502, 504, 520])
def test_a_fault_of_notifys_own_leaves_a_doubt(status: int) -> None:
    with notify(answering(an_error(status, "Exception", "Internal server error"))) as (channel, _, _):
        came = outcome(channel)
    assert isinstance(came, Doubtful)
    assert str(came) == f"GOV.UK Notify answered {status} Exception: the letter may have been taken"


@pytest.mark.parametrize("status", [408, 503])
def test_notify_closed_for_now_has_taken_nothing(status: int) -> None:
    with notify(answering(Reply(status=status, headers={"Retry-After": "9"}))) as (channel, _, _):
        came = outcome(channel)
    assert isinstance(came, NotSent)
    assert (came.permanent, came.retry_after) == (False, 9.0)


# ---- answers that are none


@pytest.mark.parametrize(
    "reply",
    [
        as_page(200),
        as_page(201),
        Reply(status=201, body=b"<html>"),
        Reply(status=404),
        as_page(403 + 2),
        Reply(status=302, headers={"Location": "/v2/notifications/elsewhere"}),
        Reply(status=307, headers={"Location": "/v2/notifications/elsewhere"}),
    ],
)
def test_what_is_no_answer_of_notifys_stops_the_channel_and_no_redirect_is_followed(reply: Reply) -> None:
    with notify(Step(at="BODY", nth=1, reply=reply)) as (channel, service, server):
        came = outcome(channel)
    assert isinstance(came, ChannelDown)
    assert not came.lasting
    assert len(server.asked) == 1
    assert service.notifications == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=201),
        Reply(status=201, body=b"created"),
        Reply(status=204),
        as_json(201, []),
        as_json(201, {"id": "7"}),
        as_json(201, {"id": None}),
        Reply(status=201, headers={"Content-Length": "500"}, body=b'{"id": '),
        Reply(status=201, body=b"[" * 100_000),
    ],
)
def test_a_yes_that_makes_no_sense_leaves_a_doubt(reply: Reply) -> None:
    step = Step(at="BODY", reply=reply, drop="Content-Length" in reply.headers)
    with notify(step) as (channel, _, server):
        came = outcome(channel)
    assert isinstance(came, Doubtful)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'{"errors": 7}', b'{"errors": [7, null]}', b'{"errors": [{"error": 7}]}', b"\xff\xfe", b"[" * 100_000],
)
@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_a_refusal_that_makes_no_sense_is_known_by_its_status(status: int, body: bytes) -> None:
    with notify(answering(Reply(status=status, body=body))) as (channel, _, _):
        came = outcome(channel)
    assert isinstance(came, {400: NotSent, 403: ChannelDown, 429: NotSent, 500: Doubtful}[status])
    assert not getattr(came, "permanent", False)


def test_no_more_is_read_of_an_answer_than_any_of_notifys_has() -> None:
    long = Reply(raw=b"HTTP/1.1 201 so\r\nContent-Length: 900000\r\n\r\n" + b" " * 100_000)
    with notify(answering(long), timeout=30.0) as (channel, _, _):
        began = time.monotonic()
        assert isinstance(outcome(channel), Doubtful)
        assert time.monotonic() - began < 15.0


@contextmanager
def trickling() -> Iterator[int]:
    """A port at which an answer comes one octet at a time, each soon after the last, for 20 seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            with contextlib.suppress(OSError), server_context("good").wrap_socket(listener.accept()[0], server_side=True) as end:
                end.recv(65536)
                end.sendall(b"HTTP/1.1 201 so\r\nContent-Length: 900000\r\n\r\n")
                for _ in range(100):
                    end.sendall(b" ")
                    time.sleep(0.2)

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_an_answer_that_trickles_is_waited_for_no_longer_than_any_other(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(authority().cert_pem.bytes())
    with trickling() as port:
        other = {"base_url": f"https://localhost:{port}", "ca_file": tmp_path / "ca.pem", "timeout": 1.0}
        channel = NotifyChannel(councils(**other), clock=Clock())
        began = time.monotonic()
        assert isinstance(outcome(channel), Doubtful)
        assert time.monotonic() - began < 10.0


# ---- the way there


def test_a_port_that_never_says_a_word_is_no_way_there() -> None:
    with silent_port() as port:
        channel = NotifyChannel(councils(base_url=f"https://localhost:{port}", timeout=0.5), clock=Clock())
        came = outcome(channel)
    assert isinstance(came, ChannelDown)
    assert str(came) == "GOV.UK Notify: it cannot be reached: no answer in time"


def test_a_port_that_nobody_listens_at_is_no_way_there() -> None:
    channel = NotifyChannel(councils(base_url=f"https://localhost:{refused_port()}"), clock=Clock())
    came = outcome(channel)
    assert isinstance(came, ChannelDown)
    assert "cannot be reached" in str(came)


@pytest.mark.parametrize("certificate, why", [("other name", "it is another host's"), ("self-signed", "self-signed certificate")])
def test_a_certificate_that_is_not_trusted_gets_no_letter(certificate: Any, why: str) -> None:
    with running_notify(behaviour=Behaviour(certificate=certificate)) as server:
        came = outcome(NotifyChannel(councils(server), clock=Clock()))
    assert isinstance(came, ChannelDown)
    assert str(came) == f"GOV.UK Notify: its certificate is not trusted: {why}"
    assert server.asked == []


def test_a_server_without_tls_gets_no_letter() -> None:
    with running_notify(behaviour=Behaviour(tls=False)) as server:
        came = outcome(NotifyChannel(councils(server, timeout=STALL), clock=Clock()))
    assert isinstance(came, ChannelDown)
    assert server.asked == []


@pytest.fixture
def line(tmp_path: Path) -> NotifyLine:
    """The line as it is to Notify itself, which heeds the environment; only authority: one that signed nothing."""
    other = tmp_path / "other.pem"
    other.write_bytes(trustme.CA().cert_pem.bytes())
    return NotifyLine("api.notifications.service.gov.uk", ca_file=other, timeout=5.0)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_environment_adds_no_authority_of_its_own(variable: str, line: NotifyLine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with running_notify() as server:
        monkeypatch.setenv(variable, str(server.ca_file))
        monkeypatch.setenv("NO_PROXY", "localhost")
        with pytest.raises(Untrusted, match=r"^its certificate is not trusted: "):
            line.get(f"{server.origin}/v2/notifications")
    assert server.asked == []


def test_the_only_authority_stays_the_only_one(line: NotifyLine) -> None:
    with running_notify() as server, pytest.raises(Untrusted):
        line.get(f"{server.origin}/v2/notifications")

    adapter = line.get_adapter("https://api.notifications.service.gov.uk/")
    assert isinstance(adapter, HTTPAdapter)
    assert adapter.poolmanager.connection_pool_kw["ssl_context"].cert_store_stats()["x509_ca"] == 1


def test_no_login_of_a_netrc_file_takes_the_keys_place(line: NotifyLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login cin password canary-password\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    headers = {"Authorization": "Bearer of.the.key"}

    request = line.prepare_request(requests.Request("POST", "https://api.notifications.service.gov.uk/", headers=headers))

    assert request.headers["Authorization"] == "Bearer of.the.key"


@pytest.mark.parametrize("address", ["http://localhost/", "ftp://localhost/", "file:///etc/hostname"])
def test_nothing_goes_but_by_https(line: NotifyLine, address: str) -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        line.get(address)


def test_no_proxy_leads_back_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{refused_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with notify() as (channel, _, _):
        assert channel.send(EMAIL) == "201 accepted"


def test_a_proxy_that_lets_nothing_through_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{refused_port()}")
    came = outcome(NotifyChannel(councils(), clock=Clock()))
    assert isinstance(came, ChannelDown)
    assert str(came) == "GOV.UK Notify: the proxy that the environment names does not let it through"


def test_a_cookie_of_one_answer_does_not_go_with_the_next_letter() -> None:
    taken = as_json(201, {"id": "11111111-1111-4111-8111-111111111111"}, **{"Set-Cookie": "who=F123; Path=/"})
    with notify(Step(at="BODY", nth=1, reply=taken)) as (channel, _, server):
        channel.send(EMAIL)
        channel.send(EMAIL)
    assert [asked.headers.get("Cookie") for asked in server.asked] == [None, None]


def test_each_letter_has_a_connection_of_its_own() -> None:
    with notify() as (channel, _, server):
        for _ in range(3):
            channel.send(EMAIL)
    assert server.connections == 3


# ---- what Notify holds, and what became of it


def test_a_letter_is_held_once_it_was_taken_and_before_nobody_can_say() -> None:
    with notify() as (channel, _, _):
        assert channel.holds(KEY) is None
        channel.send(EMAIL)
        assert channel.holds(KEY) is True
        assert channel.holds(f"{KEY}-2") is None


def test_a_letter_that_was_taken_without_an_answer_is_found_afterwards() -> None:
    with notify(Step(at="BODY", path="/email", drop=True)) as (channel, service, _):
        assert isinstance(outcome(channel), Doubtful)
        assert channel.holds(KEY) is True
    assert len(service.notifications) == 1


NO_ANSWERS = (
    answering(an_error(403, "AuthError", "Invalid token: API key not found"), "/notifications"),
    answering(an_error(429, "RateLimitError", "Exceeded rate limit"), "/notifications"),
    answering(an_error(500, "Exception", "Internal server error"), "/notifications"),
    answering(as_page(200), "/notifications"),
    answering(Reply(status=200, body=b"rubbish"), "/notifications"),
    answering(as_json(200, []), "/notifications"),
    answering(as_json(200, {"notifications": None}), "/notifications"),
    answering(Reply(status=200, body=b"[" * 100_000), "/notifications"),
    Step(at="BODY", path="/notifications", drop=True),
    Step(at="CONNECT", drop=True),
    Step(at="BODY", path="/notifications", seconds=30.0),
)


@pytest.mark.parametrize("step", NO_ANSWERS)
def test_where_notify_cannot_be_asked_nobody_knows_and_what_became_of_a_letter_waits(step: Step) -> None:
    with notify(step, timeout=STALL) as (channel, _, _):
        assert channel.holds(KEY) is None
        with pytest.raises(ChannelDown, match=r"^GOV\.UK Notify"):
            channel.status(KEY)


def test_another_letter_in_the_answer_is_not_this_one() -> None:
    others = [{"reference": None, "status": "delivered"}, {"reference": "0" * 32, "status": "delivered"}, 7]
    with notify(answering(as_json(200, {"notifications": others}))) as (channel, _, _):
        assert channel.holds(KEY) is None
        assert channel.status(KEY) is None


@pytest.mark.parametrize(
    "later, first, said",
    [
        ("sending", "permanent-failure", "sending"),
        ("permanent-failure", "sending", "permanent-failure"),
        ("permanent-failure", "delivered", "delivered"),
        ("delivered", "permanent-failure", "delivered"),
    ],
)
def test_of_a_letter_that_went_twice_the_later_counts_unless_either_was_delivered(later: str, first: str, said: str) -> None:
    reference = reference_of(KEY, b"cumbria")
    both = [
        {"reference": reference, "status": status, "created_at": f"2026-05-0{day}T05:30:00.000000Z"}
        for day, status in ((5, later), (4, first))
    ]
    for found in (both, both[::-1]):
        with notify(answering(as_json(200, {"notifications": found}))) as (channel, _, _):
            assert channel.status(KEY) == said


def test_what_became_of_a_letter_is_said_in_notifys_own_word() -> None:
    with notify(service=NotifyService(statuses=("created", "sending", "temporary-failure"))) as (channel, _, _):
        assert channel.status(KEY) is None
        channel.send(TEXT)
        assert [channel.status(KEY) for _ in range(4)] == ["created", "sending", "temporary-failure", "temporary-failure"]


# ---- what is said of all this


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_nothing_of_what_notify_says_reaches_an_error_or_a_log(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    words = f"phone_number Not a UK mobile number {NUMBER} Mill Lane"
    with notify(answering(an_error(status, "Canary7", words))) as (channel, _, _):
        came = outcome(channel, TEXT)
    told = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    link: BaseException | None = came if isinstance(came, BaseException) else None
    while link is not None:
        told += [str(link), repr(link)]
        link = link.__cause__ or link.__context__
    assert told
    for canary in (NUMBER, "7700", "Mill Lane", "Canary7", "mobile number", KEY, SECRET, SERVICE_ID):
        assert canary not in " ".join(told)


def test_neither_the_key_nor_what_keys_the_references_is_in_what_is_shown_of_the_service() -> None:
    service = councils()
    for canary in (API_KEY, SECRET, "cumbria"):
        assert canary not in repr(service)
    assert SECRET not in repr(NotifyChannel(service, clock=Clock()))


# ---- settings of it that cannot be


@pytest.mark.parametrize(
    "key",
    [
        "",
        "canary",
        SECRET,
        f"{SERVICE_ID}{SECRET}",
        f"name-{SERVICE_ID}-{SECRET} ",
        f"na me-{SERVICE_ID}-{SECRET}",
        f"\n{API_KEY}",
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValueError, match=r"^api_key: is not a key as GOV\.UK Notify shows it") as refused:
        councils(api_key=key)
    assert not key.strip() or key.strip() not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.notifications.service.gov.uk",
        "https://api.notifications.service.gov.uk.example",
        "https://example.gov.uk",
        "https://api.notifications.service.gov.uk/v2",
        "https://api.notifications.service.gov.uk:8443",
        "https://user:pass@api.notifications.service.gov.uk",
    ],
)
def test_an_address_that_is_not_notifys_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^base_url: "):
        councils(base_url=url)


def test_every_fault_of_the_settings_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"^api_key: ") as refused:
        councils(api_key="", base_url="http://localhost", timeout=0.0)
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ["api_key", "base_url", "timeout"]


def test_a_file_that_holds_no_authority_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    with pytest.raises(ValueError, match=r"^ca_file: .* cannot be read as certificates in PEM form$"):
        NotifyChannel(councils(ca_file=tmp_path / "ca.pem"), clock=Clock())


def test_a_key_without_a_name_of_its_own_is_a_key() -> None:
    assert councils(api_key=f"{SERVICE_ID}-{SECRET}")


# ---- without the client


WITHOUT_CLIENT = """
import sys
from datetime import datetime
from pathlib import Path
sys.modules["notifications_python_client"] = None  # as Python marks a module that cannot be had
from cin_reminders.errors import SettingsError
from cin_reminders.outgoing import channels_of
from cin_reminders.settings import load_settings
try:
    channels_of(load_settings(Path(sys.argv[1])), lambda: datetime.max)
except SettingsError as error:
    print(error)
"""
SETTINGS = f"""
council = "testshire"
policy = "cumbria"
[records]
url = "csv:extract"
[delivery]
mode = "live"
allowed_domains = ["council.gov.uk"]
[email]
host = "localhost"
[notify]
api_key_file = "key"
[notify.templates]
email = "{EMAIL_TEMPLATE}"
"""


def test_where_the_client_is_not_installed_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(API_KEY, encoding="utf-8")
    (tmp_path / "cin_reminders.toml").write_text(SETTINGS, encoding="utf-8")

    command = [sys.executable, "-c", WITHOUT_CLIENT, str(tmp_path / "cin_reminders.toml")]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]).stdout

    assert said == (
        "notify: the client of GOV.UK Notify is not installed; install it with `make notify`, "
        "or pip install --no-deps --require-hashes -r requirements/notify.lock\n"
    )
