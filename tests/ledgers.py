"""What the tests of the ledger and of delivery share: notices, messages, a clock moved by hand, a channel that keeps books."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cin_reminders.channels import ChannelDown, Doubtful, NotSent
from cin_reminders.delivery import Composed, Delivered, deliver
from cin_reminders.ledger import Ledger
from cin_reminders.letter import Letter
from cin_reminders.notice import Message, Notice, NoticeKey

COUNCIL = "cumbria"
TODAY = date(2026, 5, 5)  # Tuesday, after the early May bank holiday
MORNING = datetime(2026, 5, 5, 5, 30, tzinfo=UTC)
# Of another host: nothing is known of its process, so that only its lease counts.
ELSEWHERE = "elsewhere/1:4242:99:1"
ELSEWHERE_TOO = "elsewhere/1:4243:99:1"


def a_notice(case_ref: str = "C1", stage: str = "early", person_ref: str = "P1", **more: object) -> Notice:
    key = NoticeKey(case_ref=case_ref, subject="review", start_ref="M1", stage=stage, person_ref=person_ref)
    return Notice(**{"key": key, "outcome": "planned", "reason": "first", "due_on": date(2026, 5, 12)} | more)  # Tuesday


def a_message(key: str = "K1", person_ref: str = "P1", **more: object) -> Message:
    plain = {"mode": "live", "channel": "email", "role": "lead_practitioner", "day": TODAY, "urgency": "reminder"}
    return Message(**plain | {"key": key, "person_ref": person_ref} | more)


def plan(ledger: Ledger, message: Message, *notices: Notice) -> tuple[Notice, ...]:
    with ledger.planning() as planning:
        return planning.add(message, notices)


def plan_one(ledger: Ledger, key: str = "K1", **more: object) -> None:
    """One message with one notice, which is nobody else's."""
    plan(ledger, a_message(key, **more), a_notice(f"case of {key}"))


def standing(ledger: Ledger, key: str = "K1") -> Message:
    return next(message for message, _ in ledger.messages() if message.key == key)


def outcomes(ledger: Ledger, key: str = "K1") -> dict[str, int]:
    return Counter(notice.outcome for message, notices in ledger.messages() if message.key == key for notice in notices)


def owner_of_a_process_that_ended() -> str:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from cin_reminders.owner import this_owner; print(this_owner())"
    root = str(Path(__file__).parents[1])
    return subprocess.run([sys.executable, "-c", code, root], check=True, capture_output=True, text=True).stdout.strip()


class Clock:
    """Stands still until it is moved, or until somebody sleeps."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def move(self, **length: float) -> None:
        self.now += timedelta(**length)


class Outbox:
    """A channel that appends each letter's Message-ID to a file, where every process can count it, and fails as it is told to.

    ``answers`` holds, by key, what to raise at each try in turn; after that, and for any other key, the letter is taken.
    """

    name = "outbox"

    def __init__(self, file: Path, answers: dict[str, list[Exception]] | None = None, *, knows: bool = False) -> None:
        self.file = file
        self.answers = answers or {}
        self.knows = knows
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> str:
        self.letters.append(letter)
        waiting = self.answers.get(letter.key, [])
        if waiting:
            raise waiting.pop(0)
        self.take(letter)
        return "250 taken"

    def take(self, letter: Letter) -> None:
        descriptor = os.open(self.file, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        os.write(descriptor, f"{letter.key}\t{letter.message_id}\n".encode())
        os.close(descriptor)

    def holds(self, letter_key: str) -> bool | None:
        return letter_key in self.taken() if self.knows else None

    def taken(self) -> Counter[str]:
        """How often each key was taken."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return Counter(line.split("\t")[0] for line in lines)

    def close(self) -> None:
        pass


def words(message: Message, notices: tuple[Notice, ...]) -> Composed:
    """The plainest letter there is."""
    text = f"{len(notices)} notices"
    return Composed(
        letter=Letter(
            key=message.key,
            message_id=f"<{message.key}.{message.attempts}@cin.example>",
            to_address=f"{message.person_ref}@council.example",
            to_name="",
            subject=text,
            text=text,
            html="",
        )
    )


def not_now(retry_after: float | None = None) -> NotSent:
    return NotSent("451 try again", permanent=False, retry_after=retry_after)


def never() -> NotSent:
    return NotSent("550 no such mailbox", permanent=True)


def no_answer() -> Doubtful:
    return Doubtful("no reply after the final dot")


def down() -> ChannelDown:
    return ChannelDown("the relay refuses the login")


def run(ledger: Ledger, outbox: Outbox, clock: Clock, **more: object) -> Delivered:
    """One delivery as a live run does it, which waits for nothing unless a test says so."""
    plain = {"mode": "live", "compose": words, "owner": ELSEWHERE, "patience": timedelta(0), "jitter": lambda: 0.0}
    return deliver(ledger, channels={"email": outbox, "teams": outbox}, clock=clock, sleep=clock.sleep, **plain | more)
