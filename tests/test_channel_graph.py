"""The Graph channel sends the relay's very bytes, and tells a letter that failed from a mailbox, a login or a way that did."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from http_server import Behaviour, Reply, Running, Step, as_json, as_page, running_server, silent_port
from smtp_server import refused_port

from cin_reminders.channels import Channel, ChannelDown, Doubtful, NotSent
from cin_reminders.channels.graph import GraphChannel, GraphMailbox
from cin_reminders.channels.mime import build_mime
from cin_reminders.letter import Letter

SENT_AT = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)  # Monday
ADDRESS = "j.smith@council.gov.uk"
SECRET = "Xq8~very.secret_value"
LETTER = Letter(
    key="cumbria/live/2026-05-04/P123/graph",
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
APPLICATION: dict[str, Any] = {"tenant": "council.onmicrosoft.com", "client_id": "0a1b-2c3d", "client_secret": SECRET}
STALL = 2.0  # seconds that the client waits for an answer where a test lets it wait in vain
TOKEN = {"token_type": "Bearer", "expires_in": 3599, "access_token": "eyJ0.first-token.sig"}
USUAL = {"/token": as_json(200, TOKEN), "/sendMail": Reply(status=202)}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = SENT_AT

    def __call__(self) -> datetime:
        return self.now


def mailbox_of(server: Running, **other: Any) -> GraphMailbox:
    place = {"authority": server.origin, "endpoint": f"{server.origin}/v1.0", "ca_file": server.ca_file, "timeout": 10.0}
    return GraphMailbox(**{**place, **APPLICATION, **SENDER, **other})


@contextmanager
def graph(*steps: Step, clock: Clock | None = None, usual: dict[str, Reply] | None = None, **other: Any) -> Iterator[Any]:
    with running_server(usual=usual or USUAL, behaviour=Behaviour(steps=steps)) as server:
        channel = GraphChannel(mailbox_of(server, **other), clock=clock or Clock())
        try:
            yield channel, server
        finally:
            channel.close()


def sent(server: Running) -> list[bytes]:
    return [base64.b64decode(asked.body, validate=True) for asked in server.taken if asked.path.endswith("/sendMail")]


def logins(server: Running) -> int:
    return sum(asked.path.endswith("/token") for asked in server.asked)


def error(status: int, code: str, **headers: str) -> Reply:
    return as_json(status, {"error": {"code": code, "message": f"of {ADDRESS}"}}, **headers)


def on_send(reply: Reply | None = None, **other: Any) -> Step:
    return Step(at="BODY", path="/sendMail", nth=1, reply=reply, **other)


def on_login(reply: Reply | None = None, **other: Any) -> Step:
    return Step(at="BODY", path="/token", reply=reply, **other)


# ---- Taken


def test_the_very_bytes_that_the_relay_would_get_are_sent_from_the_councils_mailbox() -> None:
    with graph() as (channel, server):
        assert channel.send(LETTER) == "202 accepted"
    assert sent(server) == [build_mime(LETTER, sent_at=SENT_AT, **SENDER)]
    asked = server.taken[-1]
    assert (asked.method, asked.target) == ("POST", "/v1.0/users/reminders@council.gov.uk/sendMail")
    assert asked.headers["Content-Type"] == "text/plain"
    assert asked.headers["Authorization"] == f"Bearer {TOKEN['access_token']}"


def test_the_login_asks_for_the_applications_own_grants() -> None:
    with graph() as (channel, server):
        channel.send(LETTER)
    asked = server.asked[0]
    assert asked.target == "/council.onmicrosoft.com/oauth2/v2.0/token"
    assert parse_qs(asked.body.decode()) == {
        "client_id": ["0a1b-2c3d"],
        "client_secret": [SECRET],
        "scope": [f"{server.origin}/.default"],
        "grant_type": ["client_credentials"],
    }


def test_fifty_letters_go_with_one_login_over_one_connection() -> None:
    with graph() as (channel, server):
        for number in range(50):
            channel.send(replace(LETTER, message_id=f"<{number}@council.gov.uk>"))
    assert [message_from_bytes(content)["Message-ID"] for content in sent(server)] == [f"<{n}@council.gov.uk>" for n in range(50)]
    assert logins(server) == 1
    assert server.connections == 1


@pytest.mark.parametrize("age, wanted", [(timedelta(seconds=3298), 1), (timedelta(seconds=3299), 2)])
def test_a_token_serves_until_five_minutes_before_it_expires(age: timedelta, wanted: int) -> None:
    clock = Clock()
    with graph(clock=clock) as (channel, server):
        channel.send(LETTER)
        clock.now += age
        channel.send(LETTER)
    assert logins(server) == wanted


@pytest.mark.parametrize("lifetime", [None, "soon", -1, 10**12, True])
def test_a_token_with_no_lifetime_that_makes_sense_serves_one_letter(lifetime: Any) -> None:
    with graph(usual={**USUAL, "/token": as_json(200, {**TOKEN, "expires_in": lifetime})}) as (channel, server):
        channel.send(LETTER)
        channel.send(LETTER)
    assert logins(server) == 2


def test_a_token_refused_before_its_time_is_replaced_and_the_letter_goes_once() -> None:
    with graph(on_send(error(401, "InvalidAuthenticationToken"))) as (channel, server):
        assert channel.send(LETTER) == "202 accepted"
    assert logins(server) == 2
    assert len(sent(server)) == 1


def test_an_application_that_is_not_let_in_with_a_new_token_either_stops_the_channel() -> None:
    refused = Step(at="BODY", path="/sendMail", reply=error(401, "InvalidAuthenticationToken"))
    with graph(refused) as (channel, server), pytest.raises(ChannelDown, match="401"):
        channel.send(LETTER)
    assert logins(server) == 2
    assert len(server.asked) == 4


def test_a_channel_that_was_closed_opens_again_and_cannot_know_what_was_taken() -> None:
    with graph() as (channel, server):
        channel.send(LETTER)
        channel.close()
        channel.close()
        as_channel: Channel = channel
        as_channel.send(LETTER)
        assert as_channel.holds(LETTER.key) is None
    assert server.connections == 2


def test_a_connection_closed_between_letters_is_made_again_in_silence() -> None:
    with graph(Step(at="IDLE", path="/sendMail", nth=1, drop=True)) as (channel, server):
        channel.send(LETTER)
        time.sleep(0.2)
        channel.send(LETTER)
    assert len(sent(server)) == 2
    assert server.connections == 2


def test_a_connection_closed_unannounced_in_the_moment_of_writing_leaves_a_doubt() -> None:
    with graph(Step(at="BODY", path="/sendMail", nth=2, drop=True)) as (channel, _):
        channel.send(LETTER)
        with pytest.raises(Doubtful):
            channel.send(LETTER)


# ---- The letter was not taken


@pytest.mark.parametrize(
    "reply",
    [
        error(400, "ErrorInvalidRecipients"),
        error(400, "ErrorMimeContentInvalidBase64String"),
        error(413, "ErrorMessageSizeExceeded"),
        as_page(413),
        error(422, "UnprocessableEntity"),
    ],
    ids=lambda reply: f"{reply.status}",
)
def test_a_letter_refused_for_its_recipient_or_content_has_failed_and_the_next_goes(reply: Reply) -> None:
    with graph(on_send(reply)) as (channel, server):
        with pytest.raises(NotSent, match=str(reply.status)) as refused:
            channel.send(LETTER)
        assert refused.value.permanent
        assert channel.send(LETTER) == "202 accepted"
    assert len(sent(server)) == 1


DATE = {"Date": "Mon, 04 May 2026 05:30:00 GMT"}


@pytest.mark.parametrize(
    "reply, wish",
    [
        (error(429, "ApplicationThrottled", **{"Retry-After": "120"}), 120.0),
        (error(429, "TooManyRequests"), None),
        (error(503, "ErrorServerBusy", **{"Retry-After": "0"}), 0.0),
        (as_page(503), None),
        (error(509, "BandwidthLimitExceeded", **{"Retry-After": "7.5"}), 7.5),
        (error(408, "RequestTimeout"), None),
        (Reply(status=429, headers={"Retry-After": "Mon, 04 May 2026 05:31:30 GMT", **DATE}), 90.0),
        (Reply(status=429, headers={"Retry-After": "Mon, 04 May 2026 05:29:59 GMT", **DATE}), None),
        (Reply(status=429, headers={"Retry-After": "Mon, 04 May 2026 05:31:30 GMT"}), None),
        (Reply(status=429, headers={"Retry-After": "Mon, 04 May 2026 05:31:30", **DATE}), None),
        (Reply(status=429, headers={"Retry-After": "-3", **DATE}), None),
        (Reply(status=429, headers={"Retry-After": "later", **DATE}), None),
    ],
)
def test_too_much_or_closed_for_now_passes_and_the_wish_to_wait_is_handed_on(reply: Reply, wish: float | None) -> None:
    with graph(on_send(reply)) as (channel, server):
        with pytest.raises(NotSent, match=str(reply.status)) as refused:
            channel.send(LETTER)
        assert (refused.value.permanent, refused.value.retry_after) == (False, wish)
        channel.send(LETTER)
    assert len(sent(server)) == 1


@pytest.mark.parametrize("step", [Step(at="HEAD", path="/sendMail", drop=True), Step(at="HEAD", path="/sendMail", seconds=30.0)])
def test_a_server_that_goes_or_stalls_while_the_letter_is_written_has_not_taken_it(step: Step) -> None:
    with graph(step, timeout=STALL) as (channel, server):
        with pytest.raises(NotSent, match="before the letter was handed over") as refused:
            channel.send(LONG_LETTER)
        assert not refused.value.permanent
    assert sent(server) == []


@pytest.mark.parametrize("subject", ["a\r\nBcc: thief@elsewhere.test", "a\0b"])
def test_a_letter_with_a_control_character_in_a_header_never_leaves(subject: str) -> None:
    with graph() as (channel, server):
        for letter in (replace(LETTER, subject=subject), replace(LETTER, to_address=ADDRESS + subject)):
            with pytest.raises(NotSent) as refused:
                channel.send(letter)
            assert refused.value.permanent
    assert server.connections == 0


def test_nothing_of_a_letter_stands_in_an_address_or_a_header_of_the_request() -> None:
    odd = replace(LETTER, to_address="o'brien+x@council.gov.uk", subject="../../evil?x=1#y", to_name="Zoë %0d%0aX-Evil: 1")
    with graph() as (channel, server):
        channel.send(odd)
    asked = server.taken[-1]
    assert asked.target == "/v1.0/users/reminders@council.gov.uk/sendMail"
    assert not [value for value in asked.headers.values() if "brien" in value or "vil" in value]
    assert message_from_bytes(sent(server)[0], policy=policy.SMTP)["Subject"] == odd.subject


# ---- It may have been taken


@pytest.mark.parametrize(
    "step",
    [
        on_send(drop=True),
        on_send(seconds=30.0),
        on_send(error(500, "ErrorInternalServerError")),
        on_send(as_page(502)),
        on_send(error(504, "UnknownError")),
        on_send(Reply(status=200)),
        on_send(Reply(raw=b"what?\r\n\r\n"), drop=True),
    ],
    ids=["hangs up", "stalls", "500", "502", "504", "200", "nonsense"],
)
def test_with_no_answer_or_one_from_in_between_nobody_can_say_and_it_is_not_tried_again(step: Step) -> None:
    with graph(step, timeout=STALL) as (channel, server):
        with pytest.raises(Doubtful):
            channel.send(LETTER)
        assert sum(asked.path.endswith("/sendMail") for asked in server.asked) == 1
        assert channel.send(LETTER) == "202 accepted"


def test_an_answer_just_in_time_is_an_answer() -> None:
    with graph(on_send(seconds=STALL / 2), timeout=STALL) as (channel, _):
        assert channel.send(LETTER) == "202 accepted"


def test_a_yes_whose_rest_never_comes_is_a_yes() -> None:
    cut = Reply(status=202, headers={"Content-Length": "100"}, body=b"{")
    with graph(on_send(cut, drop=True)) as (channel, server):
        assert channel.send(LETTER) == "202 accepted"
        channel.send(LETTER)
    assert len(sent(server)) == 2


def test_an_answer_that_never_ends_is_not_read_to_its_end() -> None:
    endless = Reply(status=400, headers={"Content-Length": "1000000000"}, body=b"x" * 1_000_000)
    with graph(on_send(endless), timeout=STALL) as (channel, _):
        began = time.monotonic()
        with pytest.raises(ChannelDown):
            channel.send(LETTER)
        assert time.monotonic() - began < STALL


# ---- The mailbox, the login or the way is at fault: nobody's letter has failed


@pytest.mark.parametrize(
    "reply, why",
    [
        (error(403, "ErrorAccessDenied"), "403 ErrorAccessDenied: .*Mail.Send"),
        (error(403, "ErrorSendAsDenied"), "403"),
        (error(404, "ErrorInvalidUser"), "no such mailbox"),
        (error(404, "MailboxNotEnabledForRESTAPI"), "no such mailbox"),
        (error(400, "ErrorInvalidUser"), "400 ErrorInvalidUser"),
        (error(507, "ErrorQuotaExceeded"), "full"),
        (as_page(400), "something else may have answered"),
        (as_page(200), "something else may have answered"),
        (as_json(400, {"error": ["odd"]}), "something else"),
        (Reply(status=302, headers={"Location": "https://elsewhere.test/"}), "302"),
        (Reply(status=307, headers={"Location": "/v1.0/elsewhere/sendMail"}), "307"),
        (Reply(status=418), "418"),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Reply) else value,
)
def test_a_refusal_of_us_ourselves_stops_the_channel_and_is_not_followed_elsewhere(reply: Reply, why: str) -> None:
    with graph(on_send(reply)) as (channel, server), pytest.raises(ChannelDown, match=why):
        channel.send(LETTER)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "reply, why",
    [
        (
            as_json(401, {"error": "invalid_client", "error_codes": [7000222]}),
            r"401 \(AADSTS7000222\): the client_secret has expired",
        ),
        (as_json(401, {"error": "invalid_client", "error_codes": [7000215]}), "the client_secret is wrong"),
        (as_json(400, {"error": "unauthorized_client", "error_codes": [700016]}), "no application of this client_id"),
        (as_json(400, {"error": "invalid_request", "error_codes": [1]}), r"400 \(AADSTS1\)$"),
        (as_json(400, {"error": "odd", "error_codes": [ADDRESS]}), "refused with 400$"),
        (as_page(500), "refused with 500$"),
        (Reply(status=302, headers={"Location": "/elsewhere"}), "refused with 302$"),
        (as_page(200), "without a token"),
        (as_json(200, {**TOKEN, "access_token": "two lines\r\nX-Evil: 1"}), "without a token"),
        (as_json(200, ["token"]), "without a token"),
    ],
)
def test_a_login_that_is_refused_stops_the_channel_and_says_what_is_known(reply: Reply, why: str) -> None:
    with graph(on_login(reply)) as (channel, server), pytest.raises(ChannelDown, match=why):
        channel.send(LETTER)
    assert len(server.asked) == 1


@pytest.mark.parametrize("step", [on_login(drop=True), on_login(seconds=30.0)], ids=["hangs up", "stalls"])
def test_a_login_that_is_not_answered_leaves_no_letter_in_doubt(step: Step) -> None:
    with graph(step, timeout=STALL) as (channel, _), pytest.raises(ChannelDown, match="login"):
        channel.send(LETTER)


def test_a_login_that_asks_to_wait_passes() -> None:
    with graph(on_login(Reply(status=429, headers={"Retry-After": "30"}))) as (channel, _), pytest.raises(NotSent) as refused:
        channel.send(LETTER)
    assert (refused.value.permanent, refused.value.retry_after) == (False, 30.0)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_that_is_not_there_stops_the_channel(host: str) -> None:
    origin = f"https://{host}:{refused_port()}"
    mailbox = GraphMailbox(**APPLICATION, **SENDER, authority=origin, endpoint=f"{origin}/v1.0", timeout=5.0)
    with pytest.raises(ChannelDown, match="cannot be reached: Connection refused"):
        GraphChannel(mailbox, clock=Clock()).send(LETTER)


def test_a_server_that_never_greets_stops_the_channel() -> None:
    with silent_port() as port:
        origin = f"https://localhost:{port}"
        mailbox = GraphMailbox(**APPLICATION, **SENDER, authority=origin, endpoint=f"{origin}/v1.0", timeout=STALL)
        with pytest.raises(ChannelDown, match="no answer in time"):
            GraphChannel(mailbox, clock=Clock()).send(LETTER)


def test_a_server_that_hangs_up_before_it_says_who_it_is_stops_the_channel() -> None:
    behaviour = Behaviour(tls=False, steps=(Step(at="CONNECT", reply=Reply(raw=b"")),))
    with running_server(usual=USUAL, behaviour=behaviour) as server, pytest.raises(ChannelDown, match="cannot be reached"):
        GraphChannel(mailbox_of(server), clock=Clock()).send(LETTER)


@pytest.mark.parametrize(
    "behaviour, why",
    [
        (Behaviour(certificate="self-signed"), "not trusted: self-signed certificate"),
        (Behaviour(certificate="other name"), "not trusted: it is another host's"),
        (Behaviour(tls=False, steps=(Step(at="CONNECT", reply=Reply(status=400)),)), "no encrypted connection"),
    ],
    ids=["self-signed", "other name", "no TLS"],
)
def test_a_server_that_cannot_be_trusted_stops_the_channel_before_the_secret_goes(behaviour: Behaviour, why: str) -> None:
    with running_server(usual=USUAL, behaviour=behaviour) as server:
        with pytest.raises(ChannelDown, match=why):
            GraphChannel(mailbox_of(server), clock=Clock()).send(LETTER)
        assert server.asked == []


# ---- Proxies


def test_a_proxy_of_the_environment_is_used_and_sees_the_hosts_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server(usual={"": Reply(status=403)}, behaviour=Behaviour(tls=False)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        channel = GraphChannel(GraphMailbox(**APPLICATION, **SENDER, timeout=5.0), clock=Clock())
        with pytest.raises(ChannelDown, match="proxy that the environment names does not let it through"):
            channel.send(LETTER)
    (asked,) = proxy.asked
    assert (asked.method, asked.target, asked.body) == ("CONNECT", "login.microsoftonline.com:443", b"")
    assert SECRET not in str(asked.headers)


def test_no_proxy_stands_between_this_machine_and_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{refused_port()}")
    monkeypatch.setenv("NO_PROXY", "elsewhere.test")
    for host in ("localhost", "127.0.0.1"):
        with running_server(usual=USUAL) as server:
            origin = f"https://{host}:{server.port}"
            mailbox = mailbox_of(server, authority=origin, endpoint=f"{origin}/v1.0")
            assert GraphChannel(mailbox, clock=Clock()).send(LETTER) == "202 accepted"


def test_a_proxy_that_cannot_be_used_is_told_when_the_channel_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:pass@proxy.test:70")
    with pytest.raises(ValueError, match=r"proxy: .* HTTPS_PROXY") as refused:
        GraphChannel(GraphMailbox(**APPLICATION, **SENDER), clock=Clock())
    assert "pass" not in str(refused.value)


# ---- Nothing that must not be told


def test_no_log_names_an_address_a_token_or_a_secret_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link = {"Location": f"https://elsewhere.test/{ADDRESS}"}
    with graph(on_send(Reply(status=302, headers=link))) as (channel, _):
        with pytest.raises(ChannelDown):
            channel.send(LETTER)
        channel.send(LETTER)
    logged = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("asyncio"))
    for canary in ("smith", "reminders@", SECRET, "first-token", "Review", "sendMail"):
        assert canary not in logged


def test_the_logs_of_others_who_use_the_same_library_stay(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("httpx").info("somebody else's request")
    assert "somebody else's request" in caplog.text


def test_neither_mailbox_nor_channel_shows_the_secret() -> None:
    mailbox = GraphMailbox(**APPLICATION, **SENDER)
    assert SECRET not in repr(mailbox) + str(mailbox) + repr(GraphChannel(mailbox, clock=Clock()))


# ---- Settings


def test_every_fault_of_the_mailboxs_settings_is_told_at_once_and_no_secret_with_it() -> None:
    with pytest.raises(ValueError, match="tenant: ") as refused:
        GraphMailbox(
            tenant="a/b",
            client_id="",
            client_secret=f" {SECRET}\n",
            from_address="x",
            from_name="a\nb",
            reply_to="y",
            authority="http://login.microsoftonline.com",
            endpoint="https://graph.elsewhere.test/v1.0",
            timeout=0.0,
        )
    lines = str(refused.value).splitlines()
    places = "tenant client_id client_secret authority endpoint timeout from_address from_name reply_to"
    assert [line.partition(":")[0] for line in lines] == places.split()
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "authority, endpoint",
    [
        ("https://login.microsoftonline.com", "https://graph.microsoft.com/v1.0"),
        ("https://login.microsoftonline.com/", "https://graph.microsoft.com:443/v1.0/"),
        ("https://login.microsoftonline.us", "https://graph.microsoft.us/v1.0"),
        ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us/v1.0"),
        ("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn/v1.0"),
        ("https://localhost:8443", "https://[::1]:8443/beta"),
    ],
)
def test_the_clouds_of_microsoft_and_this_machine_are_allowed(authority: str, endpoint: str) -> None:
    assert GraphMailbox(**APPLICATION, **SENDER, authority=authority, endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint, why",
    [
        ("http://graph.microsoft.com/v1.0", "endpoint: must begin with https://"),
        ("https://graph.microsoft.com.elsewhere.test/v1.0", "endpoint: its host is none of graph.microsoft.com, "),
        ("https://elsewhere.test\\@graph.microsoft.com/v1.0", "endpoint: is not an address"),
        ("https://elsewhere.test@graph.microsoft.com/v1.0", "endpoint: may not hold a user"),
        ("https://graph.microsoft.com@elsewhere.test/v1.0", "endpoint: may not hold a user"),
        ("https://graph.microsoft.com/v1.0?x=1", "endpoint: may not hold .* a query"),
        ("https://graph.microsoft.com/v1.0#x", "endpoint: may not hold .* a fragment"),
        ("https://graph.microsoft.com:8443/v1.0", "endpoint: may name no other port than 443"),
        ("https://graph.microsoft.com", "endpoint: must end in /v1.0 or /beta"),
        ("https://10.0.0.1/v1.0", "endpoint: its host is none of"),
        ("https://grαph.microsoft.com/v1.0", "endpoint: is not an address"),
        ("https://[::1/v1.0", "endpoint: is not an address"),
        ("https://graph.microsoft.us/v1.0", "authority, endpoint: of two clouds; .* graph.microsoft.com"),
    ],
)
def test_no_secret_goes_to_any_other_place(endpoint: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        GraphMailbox(**APPLICATION, **SENDER, endpoint=endpoint)


def test_a_mailbox_of_odd_letters_stays_one_part_of_the_address() -> None:
    sender = {**SENDER, "from_address": "a/b?c=1#d%e@council.gov.uk"}
    with running_server(usual=USUAL) as server:
        GraphChannel(mailbox_of(server, **sender), clock=Clock()).send(LETTER)
    assert server.taken[-1].target == "/v1.0/users/a%2Fb%3Fc%3D1%23d%25e@council.gov.uk/sendMail"


def test_an_authority_holds_no_path() -> None:
    with pytest.raises(ValueError, match="authority: may not hold a path"):
        GraphMailbox(**APPLICATION, **SENDER, authority="https://login.microsoftonline.com/common")


def test_certificates_that_cannot_be_read_are_told_when_the_channel_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for ca_file in (tmp_path / "absent.pem", tmp_path / "empty.pem"):
        with pytest.raises(ValueError, match="ca_file"):
            GraphChannel(GraphMailbox(**APPLICATION, **SENDER, ca_file=ca_file), clock=Clock())
