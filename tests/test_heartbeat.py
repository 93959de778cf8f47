"""The heartbeat: the watchman outside hears that a run was good or was not, and nothing else; without him all goes on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from http_server import Behaviour, Reply, Running, Step, running_server, silent_port

from cin_reminders.heartbeat import say_how_it_went
from cin_reminders.settings import Settings

SECRET = "qz-who-knows-this-can-say-that-all-is-well"


def watched(url: str | None, ca_file: Path | None = None, **more: object) -> Settings:
    watch = {"heartbeat_url": url, "ca_file": ca_file, "timeout_seconds": 5, **more}
    return Settings(council="cumbria", policy="cumbria", records={"url": "csv:."}, watch=watch)  # type: ignore[arg-type]


def at(server: Running, path: str = f"/ping/{SECRET}") -> Settings:
    return watched(f"{server.origin}{path}", server.ca_file)


def test_a_good_run_calls_the_address_and_any_other_the_one_with_fail_at_its_end() -> None:
    with running_server() as server:
        assert say_how_it_went(at(server), good=True) is None
        assert say_how_it_went(at(server), good=False) is None
        assert say_how_it_went(at(server, "/ping/"), good=False) is None

    assert [asked.target for asked in server.asked] == [f"/ping/{SECRET}", f"/ping/{SECRET}/fail", "/ping/fail"]


def test_nothing_is_said_but_that() -> None:
    with running_server() as server:
        say_how_it_went(at(server), good=True)

    (asked,) = server.asked
    assert asked.body == b""
    assert "cumbria" not in f"{asked.headers} {asked.target}"


def test_without_an_address_nobody_is_called() -> None:
    assert say_how_it_went(watched(None), good=True) is None


@pytest.mark.parametrize(
    "behaviour, why",
    [
        (Behaviour(steps=(Step(at="BODY", reply=Reply(status=500)),)), "it answered 500"),
        # A redirect would take the address to whoever it names.
        (
            Behaviour(steps=(Step(at="BODY", reply=Reply(status=302, headers={"Location": "https://localhost/"})),)),
            "it answered 302",
        ),
        (Behaviour(steps=(Step(at="BODY", drop=True),)), "no answer came"),
        (Behaviour(certificate="self-signed"), "its certificate is not trusted"),
        (Behaviour(certificate="other name"), "its certificate is not trusted"),
    ],
)
def test_a_watchman_who_cannot_be_told_is_said_without_his_address(behaviour: Behaviour, why: str) -> None:
    with running_server(behaviour=behaviour) as server:
        said = say_how_it_went(at(server), good=True)

    assert said is not None
    assert why in said
    assert SECRET not in said


def test_a_watchman_who_never_answers_is_waited_for_as_long_as_the_settings_say() -> None:
    began = time.monotonic()
    with silent_port() as port:
        said = say_how_it_went(watched(f"https://localhost:{port}/ping", timeout_seconds=1), good=True)

    assert said is not None
    assert 0.9 < time.monotonic() - began < 5


def test_an_authority_that_is_no_file_is_said(tmp_path: Path) -> None:
    said = say_how_it_went(watched("https://localhost/ping", tmp_path / "absent.pem"), good=True)

    assert said is not None
    assert said.startswith("watch.ca_file")


@pytest.mark.parametrize(
    "url", ["http://h.example/p", "h.example/p", "https://u:p@h.example/p", "https://h.example/p?x=1", "https://"]
)
def test_what_is_no_plain_https_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="heartbeat_url: must be an https") as refused:
        watched(url)

    assert "h.example" not in str(refused.value).partition("[type=")[0]
