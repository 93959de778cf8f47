"""Delivery by real processes, several at once and killed at every step: nothing is lost, and at most one message is in doubt."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from ledgers import COUNCIL, ELSEWHERE, Clock, Outbox, a_message, a_notice, outcomes, standing, words

from cin_reminders.claiming import LEASE
from cin_reminders.delivery import Delivered, deliver
from cin_reminders.ledger import Ledger, create_ledger, open_ledger

SCRIPT = Path(__file__).parent / "kill_campaign/deliver_once.py"
BEFORE_SENDING = ("claimed", "composed")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    create_ledger(url, tmp_path)
    return url


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Ledger:
    return open_ledger(url, tmp_path, COUNCIL)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def plan_many(ledger: Ledger, number: int, **more: object) -> list[str]:
    keys = [f"K{count:03}" for count in range(number)]
    with ledger.planning() as planning:
        for key in keys:
            planning.add(a_message(key, **more), [a_notice(f"{key}-1"), a_notice(f"{key}-2")])
    return keys


def start(url: str, base: Path, outbox: Outbox, step: str = "none", key: str = "") -> subprocess.Popen[str]:
    """A delivery in a process of its own, ready to begin."""
    arguments = [sys.executable, str(SCRIPT), url, str(base), str(outbox.file), step, key]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    process.stdin.write("\n")
    process.stdin.flush()


def run_to_its_end(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    output, _ = process.communicate("\n", timeout=60)
    return process.returncode, output.split()


def deliver_here(ledger: Ledger, outbox: Outbox, clock: Clock) -> Delivered:
    return deliver(
        ledger,
        mode="live",
        channels={"email": outbox},
        compose=words,
        clock=clock,
        owner=ELSEWHERE,
        sleep=clock.sleep,
        patience=timedelta(0),
    )


def states(ledger: Ledger) -> dict[str, str]:
    return {message.key: message.state for message, _ in ledger.messages()}


def test_two_processes_at_once_send_each_message_once(url: str, ledger: Ledger, outbox: Outbox, tmp_path: Path) -> None:
    keys = plan_many(ledger, 60)
    both = [start(url, tmp_path, outbox) for _ in range(2)]
    for process in both:
        go(process)

    (first, sent_by_first), (second, sent_by_second) = (run_to_its_end(process) for process in both)

    assert (first, second) == (0, 0)
    assert sent_by_first
    assert sent_by_second
    assert outbox.taken() == dict.fromkeys(keys, 1)
    assert set(states(ledger).values()) == {"sent"}


@pytest.mark.parametrize("step", ["claimed", "composed", "begun", "taken", "settled"])
def test_a_delivery_killed_at_any_step_loses_nothing_and_leaves_one_in_doubt_at_most(
    step: str, url: str, ledger: Ledger, outbox: Outbox, tmp_path: Path
) -> None:
    keys = plan_many(ledger, 5)
    clock = Clock()

    code, _ = run_to_its_end(start(url, tmp_path, outbox, step, "K002"))
    assert code == -signal.SIGKILL
    deliver_here(ledger, outbox, clock)

    # At once: everybody else has theirs, and the one in doubt is listed.
    in_doubt = ["K002"] if step in ("begun", "taken") else []
    assert [message.key for message in ledger.uncertain("live")] == in_doubt
    assert {key for key, state in states(ledger).items() if state != "sent"} == set(in_doubt)
    assert all(outbox.taken()[key] == 1 for key in keys if key not in in_doubt)

    # A reminder to a professional goes once more, after its lease.
    clock.now += LEASE
    deliver_here(ledger, outbox, clock)
    assert states(ledger) == dict.fromkeys(keys, "sent")
    assert outbox.taken() == {key: 2 if key == "K002" and step == "taken" else 1 for key in keys}
    assert outcomes(ledger, "K002") == {"told": 2}


@pytest.mark.parametrize("step", ["begun", "taken"])
def test_a_message_to_a_family_killed_in_sending_waits_for_a_person(
    step: str, ledger: Ledger, outbox: Outbox, url: str, tmp_path: Path
) -> None:
    plan_many(ledger, 2, person_kind="family")

    run_to_its_end(start(url, tmp_path, outbox, step, "K000"))
    for days in range(3):
        clock = Clock()
        clock.move(days=days)
        deliver_here(ledger, outbox, clock)

    assert states(ledger) == {"K000": "uncertain", "K001": "sent"}
    assert outbox.taken() == ({"K000": 1, "K001": 1} if step == "taken" else {"K001": 1})


@pytest.mark.parametrize("step", ["begun", "taken"])
def test_an_escalation_killed_in_sending_goes_again_at_once(
    step: str, ledger: Ledger, outbox: Outbox, url: str, tmp_path: Path
) -> None:
    plan_many(ledger, 2, urgency="escalation")

    run_to_its_end(start(url, tmp_path, outbox, step, "K000"))
    deliver_here(ledger, outbox, Clock())

    assert states(ledger) == {"K000": "sent", "K001": "sent"}
    assert outbox.taken() == {"K000": 2 if step == "taken" else 1, "K001": 1}
    assert len(set(outbox.file.read_text().split())) == 4  # two keys, each with one Message-ID


@pytest.mark.parametrize("step", ["begun", "taken"])
def test_where_the_channel_knows_nothing_stays_in_doubt(
    step: str, ledger: Ledger, outbox: Outbox, url: str, tmp_path: Path
) -> None:
    keys = plan_many(ledger, 3, person_kind="family")
    outbox.knows = True

    run_to_its_end(start(url, tmp_path, outbox, step, "K001"))
    deliver_here(ledger, outbox, Clock())

    assert states(ledger) == dict.fromkeys(keys, "sent")
    assert outbox.taken() == dict.fromkeys(keys, 1)


def test_kills_at_any_moment_leave_one_in_doubt_each_and_lose_nothing(
    url: str, ledger: Ledger, outbox: Outbox, tmp_path: Path
) -> None:
    keys = plan_many(ledger, 150)
    moments = random.Random(20260505)
    kills = 6

    for _ in range(kills):
        doubts_before = sum(message.doubts for message, _ in ledger.messages())
        process = start(url, tmp_path, outbox)
        go(process)
        time.sleep(moments.uniform(0.01, 0.12))
        process.kill()
        process.communicate()
        ledger.recover("live", Clock().now)
        assert sum(message.doubts for message, _ in ledger.messages()) - doubts_before <= 1

    clock = Clock()
    clock.now += LEASE
    deliver_here(ledger, outbox, clock)

    taken = outbox.taken()
    assert set(states(ledger).values()) == {"sent"}
    assert set(taken) == set(keys)
    twice = [key for key in keys if taken[key] > 1]
    assert all(taken[key] <= 1 + standing(ledger, key).doubts for key in keys)
    assert len(twice) <= kills
