"""One delivery in a process of its own, which dies by kill -9 at a named step of one message, or at no step.

    deliver_once.py URL BASE OUTBOX STEP KEY

STEP is one of claimed, composed, begun, taken, settled; `none` delivers to the end. It waits for a line on its standard input
before it starts, so that several can start together, and prints the keys of what it sent.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from ledgers import COUNCIL, Clock, Outbox, words  # noqa: E402

from cin_reminders.delivery import deliver  # noqa: E402
from cin_reminders.ledger import open_ledger  # noqa: E402
from cin_reminders.owner import this_owner  # noqa: E402

url, base, outbox, step, fatal_key = sys.argv[1:]


def reach(here: str, key: str) -> None:
    if (here, key) == (step, fatal_key):
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)


class DyingOutbox(Outbox):
    def send(self, letter):
        reach("begun", letter.key)
        answer = super().send(letter)
        print(letter.key, flush=True)
        reach("taken", letter.key)
        time.sleep(0.002)  # long enough for another process to come in between
        return answer


class DyingLedger:
    def __init__(self, ledger):
        self.ledger = ledger

    def __getattr__(self, name):
        return getattr(self.ledger, name)

    def begin_sending(self, key, *given, **more):
        reach("composed", key)
        self.ledger.begin_sending(key, *given, **more)

    def settle(self, key, *given, **more):
        self.ledger.settle(key, *given, **more)
        reach("settled", key)


def compose(message, notices):
    reach("claimed", message.key)
    return words(message, notices)


ledger = open_ledger(url, Path(base), COUNCIL)
print("ready", flush=True)
sys.stdin.readline()
clock = Clock()
deliver(
    DyingLedger(ledger),
    mode="live",
    channels={"email": DyingOutbox(Path(outbox))},
    compose=compose,
    clock=clock,
    owner=this_owner(),
    sleep=clock.sleep,
    patience=timedelta(0),
)
