"""The ledger under any order of planning, claiming, sending, crashing, recovering and deciding: the books always balance."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledgers import COUNCIL, MORNING, Clock, Outbox, a_message, a_notice, words

from cin_reminders.claiming import LEASE, TRANSITIONS, LeaseLost
from cin_reminders.delivery import deliver
from cin_reminders.ledger import Ledger, create_ledger, open_ledger
from cin_reminders.notice import REOPENED, Message, Notice, NoticeKey

KINDS = {"P1": "professional", "P2": "professional", "F1": "family"}
EVERYTHING = [
    a_notice(case, stage, person, urgency="escalation" if stage == "overdue" else "reminder")
    for case, stage, person in product(["C1", "C2"], ["early", "overdue"], KINDS)
]
OPEN = ("planned", "claimed", "sending", "uncertain")
WORKERS = st.sampled_from(["elsewhere/1:1:1:1", "elsewhere/1:2:2:1"])


def reachable(state: str) -> set[str]:
    found, new = {state}, {state}
    while new:
        new = {after for before in new for after in TRANSITIONS[before]} - found
        found |= new
    return found


@dataclass
class Hand:
    """A worker with one message: how far it has come, and what the other side has answered."""

    message: Message
    notices: tuple[Notice, ...]
    step: str = "claimed"
    answer: tuple[str, str] = ("", "")


@dataclass
class World:
    """What truly happened: which letters were taken, whatever the ledger thinks."""

    taken: Counter[str] = field(default_factory=Counter)
    heard: dict[NoticeKey, list[str]] = field(default_factory=dict)

    def take(self, message: Message, notices: tuple[Notice, ...]) -> None:
        self.taken[message.key] += 1
        for notice in notices:
            self.heard.setdefault(notice.key, []).append(message.key)


class LedgerLife(RuleBasedStateMachine):
    _template: Path | None = None

    @initialize()
    def begin(self) -> None:
        if LedgerLife._template is None:
            folder = Path(tempfile.mkdtemp(prefix="cin-ledger-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            create_ledger("sqlite:///ledger.db", folder)
            LedgerLife._template = folder / "ledger.db"
        self.folder = Path(tempfile.mkdtemp(prefix="cin-ledger-"))
        shutil.copy(LedgerLife._template, self.folder)
        self.ledger: Ledger = open_ledger("sqlite:///ledger.db", self.folder, COUNCIL)
        self.clock = Clock()
        self.world = World()
        self.hands: dict[str, Hand] = {}
        self.seen: dict[str, str] = {}

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        self.after_clean_runs_everybody_was_told()
        self.ledger.close()
        shutil.rmtree(self.folder)

    # ---- what the service does

    @rule(notices=st.sets(st.sampled_from(range(len(EVERYTHING))), min_size=1))
    def plan(self, notices: set[int]) -> None:
        self.plan_what_is_new([EVERYTHING[number] for number in sorted(notices)])

    def plan_what_is_new(self, notices: list[Notice]) -> None:
        today = self.clock.now.date()
        with self.ledger.planning() as planning:
            planning.carry_over("live", today)
            known = {notice.key: notice for group in planning.notices("live").values() for notice in group}
            for person, kind in KINDS.items():
                new = [
                    notice
                    for notice in notices
                    if notice.key.person_ref == person and (notice.key not in known or known[notice.key].outcome in REOPENED)
                ]
                urgency = min((notice.urgency for notice in new), default="reminder")
                planning.add(a_message(f"{person}-{today}", person, day=today, urgency=urgency, person_kind=kind), new)

    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        if worker not in self.hands:
            claimed = self.ledger.claim_next("live", worker, self.clock())
            if claimed is not None:
                assert claimed[1], "a message without a notice was claimed"
                self.hands[worker] = Hand(*claimed)

    @rule(worker=WORKERS, drop=st.booleans())
    def begin_sending(self, worker: str, drop: bool) -> None:
        hand = self.hands.get(worker)
        if hand is None or hand.step != "claimed":
            return
        gone = hand.notices[:1] if drop and len(hand.notices) > 1 else ()
        hand.notices = hand.notices[len(gone) :]
        try:
            self.ledger.begin_sending(
                hand.message.key,
                worker,
                self.clock(),
                subject="s",
                address="a",
                message_id="<m>",
                withdrawn={notice.key: "met meanwhile" for notice in gone},
            )
            hand.step = "sending"
        except LeaseLost:
            assert self.clock() >= hand.message.lease_until
            del self.hands[worker]

    @rule(
        worker=WORKERS,
        taken=st.booleans(),
        said=st.sampled_from([("sent", ""), ("failed", ""), ("uncertain", ""), ("planned", "later"), ("planned", "down")]),
    )
    def send(self, worker: str, taken: bool, said: tuple[str, str]) -> None:
        """The other side takes the letter or not; only when it gives no answer can the two differ."""
        hand = self.hands.get(worker)
        if hand is None or hand.step != "sending":
            return
        hand.step = "answered"
        if self.clock() >= hand.message.lease_until:
            hand.answer = ("planned", "down")  # delivery looks at the clock once more before it sends
            return
        hand.answer = said
        if said[0] == "sent" or (said[0] == "uncertain" and taken):
            self.world.take(hand.message, hand.notices)

    @rule(worker=WORKERS)
    def settle(self, worker: str) -> None:
        hand = self.hands.get(worker)
        if hand is None or hand.step != "answered":
            return
        state, why = hand.answer
        try:
            self.ledger.settle(
                hand.message.key,
                worker,
                self.clock(),
                state,
                why,
                self.clock() + timedelta(minutes=5) if why == "later" else None,
            )
        except LeaseLost:
            assert self.clock() >= hand.message.lease_until
        del self.hands[worker]

    @rule(worker=WORKERS)
    def withdraw(self, worker: str) -> None:
        hand = self.hands.get(worker)
        if hand is not None and hand.step == "claimed" and self.clock() < hand.message.lease_until:
            self.ledger.settle(hand.message.key, worker, self.clock(), "withdrawn", "the case has closed")
            del self.hands[worker]

    @rule(worker=WORKERS)
    def leave_alone(self, worker: str) -> None:
        hand = self.hands.get(worker)
        if hand is not None and hand.step == "claimed":
            try:
                self.ledger.leave(hand.message.key, worker, self.clock(), "not borne out")
            except LeaseLost:
                assert self.clock() >= hand.message.lease_until
            del self.hands[worker]

    @rule(worker=WORKERS)
    def crash(self, worker: str) -> None:
        self.hands.pop(worker, None)

    @rule(length=st.sampled_from([timedelta(minutes=5), LEASE, timedelta(days=1)]))
    def time_passes(self, length: timedelta) -> None:
        self.clock.now += length

    @rule()
    def recover_and_resolve(self) -> None:
        self.deliver(stop=lambda: True)

    @rule(knows=st.booleans())
    def deliver_all(self, knows: bool) -> None:
        self.deliver(knows=knows)

    @precondition(lambda self: hasattr(self, "ledger") and self.ledger.uncertain("live"))
    @rule()
    def a_person_decides(self) -> None:
        # A person who asks is told the truth, once nobody is sending any more.
        for message in self.ledger.uncertain("live"):
            if not any(hand.message.key == message.key for hand in self.hands.values()):
                as_ = "sent" if self.world.taken[message.key] else "resend"
                self.ledger.settle_by_hand(message.key, as_, by="A Manager", why="asked", now=self.clock())

    def deliver(self, *, stop=lambda: False, knows: bool = False) -> None:
        world = self.world

        class TrueOutbox(Outbox):
            def __init__(self) -> None:
                self.composed: dict[str, tuple[Message, tuple[Notice, ...]]] = {}

            def send(self, letter) -> str:
                world.take(*self.composed[letter.key])
                return "250"

            def holds(self, letter_key: str) -> bool | None:
                return bool(world.taken[letter_key]) if knows else None

        channel = TrueOutbox()

        def compose(message, notices):
            channel.composed[message.key] = (message, notices)
            return words(message, notices)

        deliver(
            self.ledger,
            mode="live",
            channels={"email": channel},
            compose=compose,
            clock=self.clock,
            owner="elsewhere/1:9:9:1",
            sleep=self.clock.sleep,
            patience=timedelta(0),
            stop=stop,
        )

    # ---- what must always be so

    @invariant()
    def states_only_move_forward(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for message, _ in self.ledger.messages():
            assert message.state in reachable(self.seen.get(message.key, "planned"))
            self.seen[message.key] = message.state

    @invariant()
    def the_books_balance(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for message, notices in self.ledger.messages():
            kinds = {notice.outcome for notice in notices}
            if message.state in OPEN:
                assert kinds <= {"planned", "withdrawn"}
                assert "planned" in kinds
            elif message.state == "sent":
                assert kinds <= {"told", "withdrawn"}
            else:
                assert kinds <= {message.state, "withdrawn"}
            assert (message.owner is not None and message.lease_until is not None) or message.state not in ("claimed", "sending")

    @invariant()
    def nobody_hears_twice_without_a_doubt_to_explain_it(self) -> None:
        if not hasattr(self, "ledger"):
            return
        messages = {message.key: message for message, _ in self.ledger.messages()}
        for key, times in self.world.taken.items():
            message = messages[key]
            assert times <= 1 + message.doubts
            assert times <= {"escalation": 3, "reminder": 2}[message.urgency]
            if message.person_kind == "family":
                assert times == 1
        for notice, heard_in in self.world.heard.items():
            assert len(heard_in) <= 1 + sum(messages[key].doubts for key in set(heard_in))
            assert KINDS[notice.person_ref] == "professional" or len(heard_in) == 1

    @invariant()
    def what_is_told_was_heard(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for _, notices in self.ledger.messages(state="sent"):
            for notice in notices:
                assert notice.outcome != "told" or notice.key in self.world.heard

    def after_clean_runs_everybody_was_told(self) -> None:
        self.hands.clear()
        for _ in range(3):
            self.clock.now += timedelta(days=1)
            self.deliver()
            self.a_person_decides()
            self.plan_what_is_new(EVERYTHING)
            self.deliver()
        assert {notice.key for notice in EVERYTHING} <= set(self.world.heard)
        with self.ledger.planning() as planning:
            left = [notice for group in planning.notices("live").values() for notice in group if notice.outcome != "told"]
        assert left == []
        assert self.ledger.uncertain("live") == []


LedgerLife.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestLedgerLife = LedgerLife.TestCase


def test_the_morning_is_a_working_day() -> None:
    assert MORNING.weekday() == 1  # Tuesday
