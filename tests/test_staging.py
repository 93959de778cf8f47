"""A rehearsal: every message really goes, but to one address and one Teams channel, and says whom it was meant for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import http_server
import pytest
import smtp_server
from live_channels import TOKEN, Ends, by_graph, card_rows, cards, council_at, deliver_at, live, mailed, run_at, words_of
from small_council import DUE, EARLY, OVERDUE, TO_SERVICE_MANAGER, SmallCouncil, many_cases, usual_rows

from cin_reminders.channels import NotSent
from cin_reminders.errors import SettingsError
from cin_reminders.letter import Letter
from cin_reminders.outgoing import channels_of, close
from cin_reminders.settings import load_settings

REHEARSAL = "rehearsal@council.gov.uk"
CHANNELS = ("North managers", "Duty desk", "staging")


@contextmanager
def staging(**more: Any) -> Iterator[Ends]:
    address = f'staging_address = "{REHEARSAL}"\n' + more.pop("delivery", "")
    with (
        smtp_server.running_server(behaviour=more.pop("relay", None)) as mail,
        http_server.running_server(usual=more.pop("usual", None)) as web,
    ):
        yield Ends(mail=mail, web=web, mode="staging", **{"delivery": address, "channels": CHANNELS} | more)


def with_own_channels() -> dict[str, Any]:
    """The usual rows, where everybody has a Teams channel of their own."""
    rows = usual_rows()
    rows["cin_people"] = [row | {"teams_channel": "Duty desk"} for row in rows["cin_people"]]
    return rows


def staged(council: SmallCouncil, on: str) -> Any:
    """A run that nobody gave the word for: in a rehearsal nobody has to."""
    answer = council.cin("run", "--on", on, "--json")
    assert answer.code == 0, answer.err + answer.out
    return answer.json


def test_every_message_really_goes_and_to_the_one_address_alone(tmp_path: Path) -> None:
    with staging() as here:
        council = council_at(tmp_path, here, rows=many_cases(12))

        assert staged(council, OVERDUE)["messages"] == {"sent": 13}

        assert mailed(here.mail) == {"rehearsal": 13}
        letters = [taken.parsed for taken in here.mail.messages]
        assert {str(address) for letter in letters for address in letter["To"].addresses} == {REHEARSAL}
        assert all(letter["Cc"] is None and letter["Bcc"] is None for letter in letters)
    assert not council.outbox.exists()


def test_each_says_in_its_subject_that_it_is_a_rehearsal_and_for_whom_without_a_name(tmp_path: Path) -> None:
    with staging() as here:
        council = council_at(tmp_path, here)
        staged(council, OVERDUE)

        subjects = sorted(taken.parsed["Subject"] for taken in here.mail.messages)
    assert subjects == [
        "[Staging, for LEAD] Child in Need: 1 late (Tue 24 Mar 2026)",
        "[Staging, for TEAM] Child in Need: 1 late (Tue 24 Mar 2026)",
    ]
    assert {m["subject"] for m in council.messages() if m["channel"] == "email"} == set(subjects)


def test_what_they_say_is_what_the_people_would_have_been_told(tmp_path: Path) -> None:
    texts = []
    for mode in ("staging", "live"):
        folder = tmp_path / mode
        folder.mkdir()
        with staging() as here:
            here.mode, here.delivery = mode, here.delivery if mode == "staging" else ""
            council = council_at(folder, here)
            live(council, OVERDUE)
            texts.append(sorted(taken.parsed.get_body(("plain",)).get_content() for taken in here.mail.messages))
    assert texts[0] == texts[1]
    assert len(texts[0]) == 2


def test_cards_go_to_the_webhook_named_staging_alone_and_say_whose_they_are(tmp_path: Path) -> None:
    with staging() as here:
        council = council_at(tmp_path, here, rows=with_own_channels())
        staged(council, OVERDUE)

        found = sorted(map(words_of, cards(here.web, "staging")))
        assert (cards(here.web), cards(here.web, "Duty desk")) == ([], [])
    assert ["Staging, for Duty desk" in found[0], "Staging, for North managers" in found[1]] == [True, True]
    assert len(found) == 2


def test_the_channel_of_a_rehearsal_knows_no_other_webhook_whatever_a_letter_says(tmp_path: Path) -> None:
    card = json.dumps({"type": "AdaptiveCard", "version": "1.2", "body": []})
    with staging() as here:
        council = council_at(tmp_path, here)
        channels = channels_of(load_settings(council.settings), lambda: datetime(2026, 3, 24, 6, 30, tzinfo=UTC))
        letter = Letter(key="K", message_id="", to_address="North managers", to_name="", subject="", text="", html="", card=card)

        with pytest.raises(NotSent):
            channels["teams"].send(letter)
        assert channels["teams"].send(replace(letter, to_address="staging")) == "202 queued"
        close(channels)

        assert len(here.web.asked) == 1


def test_without_a_webhook_named_staging_no_card_goes_anywhere(tmp_path: Path) -> None:
    with staging(channels=("North managers", "Duty desk")) as here:
        council = council_at(tmp_path, here, rows=with_own_channels())
        staged(council, OVERDUE)

        assert here.web.connections == 0
        assert mailed(here.mail) == {"rehearsal": 2}
    assert card_rows(council) == []


def test_what_was_staged_does_not_count_as_told_when_live(tmp_path: Path) -> None:
    with staging() as here:
        council = council_at(tmp_path, here)
        for on in (EARLY, OVERDUE):
            staged(council, on)
        assert mailed(here.mail) == {"rehearsal": 3}

        here.mode, here.delivery = "live", ""
        here.reach(council)
        for _ in range(2):
            assert live(council, OVERDUE).code == 0

        assert mailed(here.mail) == {"rehearsal": 3, "lena": 1, "tom": 1}
        assert len(cards(here.web)) == 1
    assert {message["mode"] for message in council.messages()} == {"staging", "live"}


def test_a_message_staged_and_not_yet_gone_never_goes_out_live(tmp_path: Path) -> None:
    later = smtp_server.Behaviour(steps=(smtp_server.Step(at="RCPT", nth=1, reply="451 4.7.1 later"),))
    with staging(relay=later) as here:
        council = council_at(tmp_path, here)
        run_at(council, EARLY, f"{EARLY}T06:30")
        assert [message["state"] for message in council.messages()] == ["planned"]
        here.mode, here.delivery = "live", ""
        here.reach(council)

        assert deliver_at(council, EARLY, f"{EARLY}T12:00") is None
        assert mailed(here.mail) == {}


def test_a_second_run_of_a_rehearsal_sends_nothing(tmp_path: Path) -> None:
    with staging() as here:
        council = council_at(tmp_path, here)
        for _ in range(3):
            staged(council, TO_SERVICE_MANAGER)

        assert mailed(here.mail) == {"rehearsal": 3}
        assert len(cards(here.web, "staging")) == 1


def test_a_rehearsal_by_graph_goes_to_the_one_address_too(tmp_path: Path) -> None:
    with staging(delivery='channel = "graph"', usual=TOKEN) as here:
        council = council_at(tmp_path, here)
        staged(council, EARLY)

        (letter,) = by_graph(here.web)
    assert [str(address) for address in letter["To"].addresses] == [REHEARSAL]
    assert letter["Subject"].startswith("[Staging, for LEAD] ")


@pytest.mark.parametrize("fallback", ["graph", "teams"])
def test_the_second_way_of_a_rehearsal_leads_to_nobody_else_either(tmp_path: Path, fallback: str) -> None:
    refusing = smtp_server.Behaviour(steps=(smtp_server.Step(at="RCPT", reply="550 5.1.1 no such user"),))
    with staging(delivery=f'fallback = "{fallback}"', usual=TOKEN, relay=refusing) as here:
        council = council_at(tmp_path, here, rows=with_own_channels())
        staged(council, EARLY)

        # One of them is the day's courtesy copy for the person's own channel.
        assert len(cards(here.web, "staging")) == (2 if fallback == "teams" else 1)
        assert (cards(here.web), cards(here.web, "Duty desk")) == ([], [])
        addressed = [str(address) for letter in by_graph(here.web) for address in letter["To"].addresses]
        assert addressed == ([REHEARSAL] if fallback == "graph" else [])
    assert [message["state"] for message in council.messages("--person", "LEAD")].count("sent") == 1


def test_an_address_that_may_not_be_written_to_live_is_refused_in_a_rehearsal_too(tmp_path: Path) -> None:
    rows = usual_rows()
    rows["cin_people"][0]["email"] = "lena@elsewhere.example"
    with staging() as here:
        council = council_at(tmp_path, here, rows=rows)
        staged(council, EARLY)

        assert [taken.parsed["Subject"].split("]")[0] for taken in here.mail.messages] == ["[Staging, for TEAM"]


def test_a_rehearsal_keeps_the_days_on_which_nothing_goes(tmp_path: Path) -> None:
    with staging() as here:
        council = council_at(tmp_path, here)
        assert staged(council, "2026-03-21")["messages"] == {"planned": 1}  # Saturday
        assert here.mail.messages == []

        assert staged(council, DUE)["messages"] == {"sent": 1}  # Monday


def test_a_preview_of_a_rehearsal_shows_what_it_would_send(tmp_path: Path) -> None:
    with staging() as here:
        council = council_at(tmp_path, here)
        preview = council.cin("preview", "--on", OVERDUE, "--json", "--out", str(tmp_path / "seen"))
        staged(council, OVERDUE)

    assert preview.code == 0, preview.err
    assert {m["subject"] for m in preview.json} == {m["subject"] for m in council.messages()}
    (posted,) = (tmp_path / "seen").rglob("*.json")
    assert "Staging, for North managers" in json.dumps(json.loads(posted.read_text(encoding="utf-8")))


# ---- settings that are refused


@pytest.mark.parametrize(
    "mode, delivery, why",
    [
        ("staging", "", "mode staging needs delivery.staging_address: the one address that every message is sent to"),
        (
            "staging",
            'staging_address = "somebody@elsewhere.example"',
            "staging_address: its domain elsewhere.example must stand in allowed_domains",
        ),
        ("staging", 'staging_address = "nobody"', "staging_address: is no e-mail address"),
        (
            "live",
            f'staging_address = "{REHEARSAL}"',
            "staging_address: in mode live messages go to everybody; set mode to staging, or take this out",
        ),
    ],
)
def test_settings_that_would_miss_the_one_address_are_refused_before_anything_is_sent(
    tmp_path: Path, mode: str, delivery: str, why: str
) -> None:
    with staging() as here:
        council = council_at(tmp_path, here)
        here.mode, here.delivery = mode, delivery
        here.reach(council)

        with pytest.raises(SettingsError) as refused:
            load_settings(council.settings, live=True)
        answer = live(council, OVERDUE)

        assert why in str(refused.value)
        assert answer.code == 2
        assert (here.mail.connections, here.web.connections) == (0, 0)
    assert "somebody@" not in answer.out + answer.err


def test_the_word_that_messages_may_go_changes_nothing_in_a_rehearsal(tmp_path: Path) -> None:
    with staging() as here:
        council = council_at(tmp_path, here)
        assert live(council, OVERDUE).code == 0

        assert mailed(here.mail) == {"rehearsal": 2}
