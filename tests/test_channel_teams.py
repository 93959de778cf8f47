"""The Teams channel posts a card once, believes no 200 blindly, and keeps a webhook's address to itself."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from http_server import Behaviour, Reply, Running, Step, as_json, as_page, running_server, silent_port
from hypothesis import given
from hypothesis import strategies as st
from smtp_server import refused_port

from cin_reminders.channels import Channel, ChannelDown, Doubtful, NotSent
from cin_reminders.channels.card_post import MOST_OCTETS, posted
from cin_reminders.channels.teams import TeamsChannel, TeamsWebhooks
from cin_reminders.letter import Letter

SIGNATURE = "sig=Zr7veryS3cret"
PATH = "/powerautomate/automations/direct/workflows/0abc9/triggers/manual/paths/invoke"
QUERY = f"?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&{SIGNATURE}"
CARD = json.dumps({"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "3 late – the worst first"}]})
LETTER = Letter(
    key="cumbria/live/2026-05-04/P123/teams",
    message_id="",
    to_address="North managers",
    to_name="",
    subject="Child in Need: 3 late",
    text="3 late\n",
    html="",
    card=CARD,
)
SOUTH = replace(LETTER, to_address="South managers")
STALL = 2.0  # seconds that the client waits for an answer where a test lets it wait in vain


def webhooks_of(server: Running, *names: str, **other: Any) -> TeamsWebhooks:
    urls = {name: f"{server.origin}{PATH}/{number}{QUERY}" for number, name in enumerate(names or ("North managers",), start=1)}
    return TeamsWebhooks(**{"urls": urls, "ca_file": server.ca_file, "timeout": 10.0, **other})


@contextmanager
def teams(*steps: Step, names: tuple[str, ...] = (), **other: Any) -> Iterator[Any]:
    with running_server(behaviour=Behaviour(steps=steps)) as server:
        channel = TeamsChannel(webhooks_of(server, *names, **other))
        try:
            yield channel, server
        finally:
            channel.close()


def first(reply: Reply | None = None, **other: Any) -> Step:
    return Step(at="BODY", nth=1, reply=reply, **other)


def card_of(length: int) -> str:
    """A card that is posted with this many octets."""
    empty = {"type": "AdaptiveCard", "body": ""}
    return json.dumps(empty | {"body": "x" * (length - len(posted(json.dumps(empty))))})


# ---- Taken


def test_a_card_is_posted_to_the_webhook_of_its_channel_as_workflows_want_it() -> None:
    with teams(names=("South managers", "North managers")) as (channel, server):
        assert channel.send(LETTER) == "202 queued"
    (asked,) = server.taken
    assert (asked.method, asked.target) == ("POST", f"{PATH}/2{QUERY}")
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.body == posted(CARD)
    assert json.loads(asked.body) == {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": json.loads(CARD)}
        ],
    }


def test_cards_for_several_channels_go_over_one_connection_each_to_its_own_webhook() -> None:
    with teams(names=("North managers", "South managers")) as (channel, server):
        for letter in (LETTER, SOUTH, LETTER):
            channel.send(letter)
    assert [asked.path[-2:] for asked in server.taken] == ["/1", "/2", "/1"]
    assert server.connections == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=202),
        Reply(status=200),
        Reply(status=200, body=b"1"),
        Reply(status=202, body=b"Accepted"),
        as_json(200, {"status": "done"}),
        as_json(200, {"error": None}),
    ],
    ids=lambda reply: f"{reply.status} {reply.body!r}",
)
def test_what_workflows_and_the_older_connectors_say_of_a_card_they_took(reply: Reply) -> None:
    with teams(first(reply)) as (channel, _):
        assert channel.send(LETTER) == f"{reply.status} queued"


def test_a_channel_that_was_closed_opens_again_and_cannot_know_what_was_taken() -> None:
    with teams() as (channel, server):
        channel.send(LETTER)
        channel.close()
        channel.close()
        as_channel: Channel = channel
        as_channel.send(LETTER)
        assert as_channel.holds(LETTER.key) is None
    assert server.connections == 2


def test_a_connection_closed_between_cards_is_made_again_in_silence() -> None:
    with teams(Step(at="IDLE", nth=1, drop=True)) as (channel, server):
        channel.send(LETTER)
        time.sleep(0.2)
        channel.send(LETTER)
    assert len(server.taken) == 2
    assert server.connections == 2


def test_a_cookie_that_one_webhook_sets_is_not_shown_to_the_next() -> None:
    with teams(first(Reply(headers={"Set-Cookie": "who=north; Path=/"})), names=("North managers", "South managers")) as (
        channel,
        server,
    ):
        channel.send(LETTER)
        channel.send(SOUTH)
    assert not [asked for asked in server.asked if "Cookie" in asked.headers]


# ---- The card itself


@pytest.mark.parametrize("length, fits", [(MOST_OCTETS, True), (MOST_OCTETS + 1, False)])
def test_a_card_of_twenty_kilobytes_as_posted_goes_and_one_octet_more_never_does(length: int, fits: bool) -> None:
    with teams() as (channel, server):
        letter = replace(LETTER, card=card_of(length))
        if fits:
            channel.send(letter)
        else:
            with pytest.raises(NotSent, match=f"{length} octets") as refused:
                channel.send(letter)
            assert refused.value.permanent
    assert [len(asked.body) for asked in server.asked] == ([length] if fits else [])


@pytest.mark.parametrize(
    "card", ["", "{", "[]", "null", '{"type": "MessageCard"}', '{"type": "AdaptiveCard", "x": NaN}', "[" * 100_000]
)
def test_what_is_no_card_never_leaves(card: str) -> None:
    with teams() as (channel, server):
        with pytest.raises(NotSent, match="not an Adaptive Card") as refused:
            channel.send(replace(LETTER, card=card))
        assert refused.value.permanent
    assert server.connections == 0


VALUES = st.recursive(st.text() | st.integers() | st.booleans() | st.none(), lambda inner: st.lists(inner), max_leaves=5)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_a_card_is_posted_as_it_was_written_and_in_ascii_alone(content: Mapping[str, Any]) -> None:
    card = {**content, "type": "AdaptiveCard"}
    octets = posted(json.dumps(card))
    assert octets.isascii()
    assert json.loads(octets)["attachments"][0]["content"] == card


def test_nothing_of_a_letter_stands_in_the_address_or_a_header_of_the_request() -> None:
    odd = replace(LETTER, key="../x\r\nX-Evil: 1", subject="a\r\nX-Evil: 1", to_name="X-Evil", text="X-Evil")
    with teams() as (channel, server):
        channel.send(odd)
    (asked,) = server.taken
    assert asked.target == f"{PATH}/1{QUERY}"
    assert "Evil" not in str(asked.headers) + asked.body.decode()


# ---- The card was not taken


def test_a_channel_with_no_webhook_is_refused_without_repeating_its_name() -> None:
    for name in ("North", "north managers", "j.smith@council.gov.uk", "https://elsewhere.test/hook", ""):
        with teams() as (channel, server):
            with pytest.raises(NotSent, match="no webhook of the Teams channel") as refused:
                channel.send(replace(LETTER, to_address=name))
            assert refused.value.permanent
            assert not name or name not in str(refused.value)
        assert server.connections == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 302, 308])
def test_a_webhook_that_refuses_the_card_or_is_gone_lasts_and_names_the_channel(status: int) -> None:
    elsewhere = Reply(status=status, headers={"Location": "/elsewhere"})
    with teams(first(elsewhere), names=("North managers", "South managers")) as (channel, server):
        with pytest.raises(NotSent, match=f"the Teams channel North managers answered {status}") as refused:
            channel.send(LETTER)
        assert refused.value.permanent
        assert ("make it again" in str(refused.value)) is (status in (401, 403, 404, 410))
        assert channel.send(SOUTH) == "202 queued"
    assert [asked.path[-2:] for asked in server.asked] == ["/1", "/2"]


@pytest.mark.parametrize(
    "reply, wish",
    [
        (Reply(status=429, headers={"Retry-After": "120"}), 120.0),
        (Reply(status=429), None),
        (
            Reply(
                status=429,
                headers={"Retry-After": "Mon, 04 May 2026 05:31:30 GMT", "Date": "Mon, 04 May 2026 05:30:00 GMT"},
            ),
            90.0,
        ),
        (as_page(503), None),
        (Reply(status=408), None),
        (Reply(status=425), None),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Reply) else f"{value}",
)
def test_too_much_or_closed_for_now_passes_and_the_wish_to_wait_is_handed_on(reply: Reply, wish: float | None) -> None:
    with teams(first(reply)) as (channel, server):
        with pytest.raises(NotSent, match=str(reply.status)) as refused:
            channel.send(LETTER)
        assert (refused.value.permanent, refused.value.retry_after) == (False, wish)
        channel.send(LETTER)
    assert len(server.taken) == 1


INNER = (
    "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {} with ContextId tcid=0,cv=01=2.."
)


@pytest.mark.parametrize(
    "words, permanent",
    [
        (INNER.format(429), False),
        (INNER.format(503), False),
        (INNER.format(400), True),
        (INNER.format(403), True),
        (INNER.format(404), True),
        (INNER.format(413), True),
        ("Webhook message delivery failed with error: Error contacting Microsoft Teams endpoint", False),
        ("Summary or Text is required.", True),
        ("Bad payload received by generic incoming webhook.", True),
        ('{"error": {"code": "WorkflowTriggerIsNotEnabled", "message": "no"}}', True),
        ("<html><body>Sign in</body></html>", True),
        ("\n <!DOCTYPE html><p>Sign in</p>", True),
    ],
)
@pytest.mark.parametrize("status", [200, 202])
def test_an_error_inside_a_yes_is_an_error(status: int, words: str, permanent: bool) -> None:
    with teams(first(Reply(status=status, body=words.encode()))) as (channel, _):
        with pytest.raises(NotSent, match=f"North managers answered {status} ") as refused:
            channel.send(LETTER)
        assert refused.value.permanent is permanent


def test_a_web_page_in_place_of_an_answer_is_none() -> None:
    with teams(first(as_page(200))) as (channel, _):
        with pytest.raises(NotSent, match="web page") as refused:
            channel.send(LETTER)
        assert refused.value.permanent


@pytest.mark.parametrize("step", [Step(at="CONNECT", drop=True), Step(at="HEAD", drop=True)], ids=["CONNECT", "HEAD"])
def test_a_server_that_hangs_up_early_is_not_posted_to_again_in_the_same_breath(step: Step) -> None:
    with teams(step) as (channel, server):
        with pytest.raises((NotSent, Doubtful)) as refused:
            channel.send(LETTER)
        assert isinstance(refused.value, Doubtful) or not refused.value.permanent
        assert server.connections == 1


def test_a_webhook_that_cannot_be_reached_keeps_no_other_channels_card_back() -> None:
    with running_server() as server:
        urls = {
            "North managers": f"https://localhost:{refused_port()}{PATH}{QUERY}",
            **webhooks_of(server, "South managers").urls,
        }
        channel = TeamsChannel(TeamsWebhooks(urls=urls, ca_file=server.ca_file))
        with pytest.raises(NotSent, match="North managers: it cannot be reached: Connection refused") as refused:
            channel.send(LETTER)
        assert not refused.value.permanent
        assert channel.send(SOUTH) == "202 queued"


def test_a_webhook_that_never_greets_has_taken_nothing() -> None:
    with silent_port() as port:
        channel = TeamsChannel(TeamsWebhooks(urls={"North managers": f"https://localhost:{port}{PATH}"}, timeout=STALL))
        with pytest.raises(NotSent, match="no answer in time") as refused:
            channel.send(LETTER)
        assert not refused.value.permanent


def test_a_webhook_that_hangs_up_before_it_says_who_it_is_keeps_no_other_channels_card_back() -> None:
    behaviour = Behaviour(tls=False, steps=(Step(at="CONNECT", reply=Reply(raw=b"")),))
    with running_server(behaviour=behaviour) as server:
        with pytest.raises(NotSent, match="North managers: it cannot be reached") as refused:
            TeamsChannel(webhooks_of(server)).send(LETTER)
        assert not refused.value.permanent


# ---- It may have been taken


@pytest.mark.parametrize(
    "step",
    [
        first(drop=True),
        first(seconds=30.0),
        first(as_page(500)),
        first(Reply(status=502)),
        first(Reply(status=504)),
        first(Reply(status=200, body=INNER.format(500).encode())),
        first(Reply(status=200, body=b"Something went wrong")),
        first(Reply(status=200, headers={"Content-Length": "100"}, body=b"1"), drop=True),
        first(Reply(raw=b"what?\r\n\r\n"), drop=True),
    ],
    ids=["hangs up", "stalls", "500", "502", "504", "500 inside", "unknown words", "cut off", "nonsense"],
)
def test_with_no_answer_or_one_of_no_known_meaning_nobody_can_say_and_it_is_not_posted_again(step: Step) -> None:
    with teams(step, timeout=STALL) as (channel, server):
        with pytest.raises(Doubtful, match="North managers"):
            channel.send(LETTER)
        assert len(server.asked) == 1
        assert channel.send(LETTER) == "202 queued"


def test_an_answer_just_in_time_is_an_answer() -> None:
    with teams(first(seconds=STALL / 2), timeout=STALL) as (channel, _):
        assert channel.send(LETTER) == "202 queued"


# ---- The other side cannot be trusted


@pytest.mark.parametrize(
    "behaviour, why",
    [
        (Behaviour(certificate="self-signed"), "not trusted: self-signed certificate"),
        (Behaviour(certificate="other name"), "not trusted: it is another host's"),
        (Behaviour(tls=False, steps=(Step(at="CONNECT", reply=Reply(status=400)),)), "no encrypted connection"),
    ],
    ids=["self-signed", "other name", "no TLS"],
)
def test_a_server_that_cannot_be_trusted_stops_the_channel_before_the_address_goes(behaviour: Behaviour, why: str) -> None:
    with running_server(behaviour=behaviour) as server:
        with pytest.raises(ChannelDown, match=why):
            TeamsChannel(webhooks_of(server)).send(LETTER)
        assert server.asked == []


def test_a_proxy_of_the_environment_sees_the_hosts_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server(usual={"": Reply(status=403)}, behaviour=Behaviour(tls=False)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        channel = TeamsChannel(TeamsWebhooks(urls={"North managers": f"https://prod-1.uksouth.logic.azure.com:443/w{QUERY}"}))
        with pytest.raises(NotSent, match="proxy") as refused:
            channel.send(LETTER)
        assert not refused.value.permanent
    (asked,) = proxy.asked
    assert (asked.method, asked.target, asked.body) == ("CONNECT", "prod-1.uksouth.logic.azure.com:443", b"")
    assert SIGNATURE not in str(asked.headers)


# ---- The address is a secret


@pytest.mark.parametrize(
    "step",
    [first(Reply(status=302, headers={"Location": f"https://elsewhere.test/{SIGNATURE}"})), first(drop=True), first()],
    ids=["redirect", "hangs up", "taken"],
)
def test_no_log_names_a_webhooks_address_at_any_level(step: Step, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with teams(step) as (channel, _), contextlib.suppress(NotSent, Doubtful):
        channel.send(LETTER)
    logged = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("asyncio"))
    assert "localhost" not in logged
    assert "S3cret" not in logged
    assert "invoke" not in logged


def test_neither_webhooks_nor_channel_shows_an_address() -> None:
    webhooks = TeamsWebhooks(urls={"North managers": f"https://prod-1.uksouth.logic.azure.com:443/w{QUERY}"})
    assert "https" not in repr(webhooks) + str(webhooks) + repr(TeamsChannel(webhooks))


@pytest.mark.parametrize(
    "url",
    [
        f"https://default5c07.61.environment.api.powerplatform.com:443{PATH}{QUERY}",
        f"https://prod-186.westus.logic.azure.com:443/workflows/3f29{QUERY}",
        "https://council.webhook.office.com/webhookb2/1a@2b/IncomingWebhook/3c/4d",
        f"https://127.0.0.1:8443{PATH}",
    ],
)
def test_the_hosts_of_webhooks_and_this_machine_are_allowed(url: str) -> None:
    assert TeamsWebhooks(urls={"North managers": url}).urls["North managers"] == url


@pytest.mark.parametrize(
    "url, why",
    [
        (f"http://prod-1.logic.azure.com/w{QUERY}", "must begin with https://"),
        (f"HTTPS://prod-1.logic.azure.com/w{QUERY}", "must begin with https://"),
        ("", "must begin with https://"),
        (
            f"https://prod-1.logic.azure.com.elsewhere.test/w{QUERY}",
            r"its host is none of \*.environment.api.powerplatform.com, ",
        ),
        (f"https://evil-logic.azure.com/w{QUERY}", "its host is none of"),
        (f"https://logic.azure.com/w{QUERY}", "its host is none of"),
        (f"https://10.0.0.1/w{QUERY}", "its host is none of"),
        (f"https://localhost.elsewhere.test/w{QUERY}", "its host is none of"),
        (f"https://elsewhere.test\\.logic.azure.com/w{QUERY}", "is not an address"),
        (f"https://elsewhere.test%2f.logic.azure.com/w{QUERY}", "is not an address"),
        (f"https://prod-1.logic.azure.com/w{QUERY}\r\nX-Evil: 1", "is not an address"),
        (f"https://prod-1.logic.azure.com/a b{QUERY}", "is not an address"),
        (f"https://x@prod-1.logic.azure.com/w{QUERY}", "may not hold a user"),
        (f"https://prod-1.logic.azure.com/w{QUERY}#x", "may not hold a user, a password or a fragment"),
        (f"https://prod-1.logic.azure.com:8443/w{QUERY}", "may name no other port than 443"),
        (f"https://prod-1.logic.azure.com:99999/w{QUERY}", "may name no other port than 443"),
        (f"https://prod-1.logic.azure.com:x/w{QUERY}", "is not an address"),
    ],
)
def test_any_other_address_is_refused_by_the_channels_name_and_not_repeated(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^North managers: {why}") as refused:
        TeamsWebhooks(urls={"North managers": url})
    assert "S3cret" not in str(refused.value)
    assert "elsewhere" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_every_fault_of_the_webhooks_is_told_at_once() -> None:
    urls = {
        "North managers": "http://elsewhere.test",
        "j.smith@council.gov.uk": "https://localhost/w",
        "": "https://localhost/w",
        "South": "https://elsewhere.test/w",
    }
    with pytest.raises(ValueError, match="North managers: ") as refused:
        TeamsWebhooks(urls=urls, timeout=0.0)
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "North managers",
        "webhook 2",
        "webhook 3",
        "South",
        "timeout",
    ]
    assert "smith" not in str(refused.value)


def test_webhooks_do_not_change_once_they_were_checked() -> None:
    urls = {"North managers": "https://localhost/w"}
    webhooks = TeamsWebhooks(urls=urls)
    urls["North managers"] = "https://elsewhere.test/w"
    assert webhooks.urls["North managers"] == "https://localhost/w"


def test_certificates_that_cannot_be_read_are_told_when_the_channel_is_made(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ca_file"):
        TeamsChannel(TeamsWebhooks(urls={}, ca_file=tmp_path / "absent.pem"))
