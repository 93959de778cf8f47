"""Delivery: the one loop that claims messages, has them put into words, hands them over and keeps what became of them.

The order is what makes a crash harmless: claim (commit), compose, begin to send (commit), send, settle (commit). It is also
the only loop that tries again; nothing above it and no channel does.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from cin_reminders.channels import Channel, ChannelDown, Doubtful, NotSent
from cin_reminders.claiming import Claiming, LeaseLost
from cin_reminders.letter import Letter
from cin_reminders.notice import Message, Notice, NoticeKey
from cin_reminders.opening import Closed

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
BROKEN_WAIT = timedelta(minutes=15)
LONGEST_WISH = timedelta(days=1)  # a channel's own wish is followed up to here
# How often a message may be handed over with no answer before only a person can decide it.
HANDED_OVER_AT_MOST = {"escalation": 3, "reminder": 2}
_NAP = timedelta(seconds=5)  # so that a wish to stop is heard while waiting


_NO_REASONS: Mapping[NoticeKey, str] = MappingProxyType({})
_NO_REST: Mapping[str, Closed] = MappingProxyType({})
# How many cards one Teams channel takes within how long (Microsoft's limits for a webhook). One relay has none that we know of.
PACE: Mapping[str, tuple[tuple[int, timedelta], ...]] = {"teams": ((4, timedelta(seconds=1)), (100, timedelta(hours=1)))}


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """What to send now: the letter without the notices that must not go, each with its reason, or no letter at all and why.

    ``held`` are notices that a person's hold covers; ``rest`` those that did not fit, which go into ``next_part``; ``dates`` the
    due dates that the letter says where they are others than were planned. With no letter the message is withdrawn; with
    ``leave`` it stays as it is, for another delivery to decide.
    """

    letter: Letter | None
    withdrawn: Mapping[NoticeKey, str] = field(default_factory=lambda: _NO_REASONS)
    held: Mapping[NoticeKey, str] = field(default_factory=lambda: _NO_REASONS)
    rest: Collection[NoticeKey] = ()
    next_part: Message | None = None
    dates: Mapping[NoticeKey, date | None] = field(default_factory=lambda: MappingProxyType({}))
    reason: str = ""
    leave: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """What one delivery did: its messages by the state it left them in, and what kept it from doing more.

    ``broken`` counts messages that could not be put into words through a fault of this program.
    """

    counts: Mapping[str, int]
    broken: int = 0
    channel_down: str | None = None
    stopped: bool = False
    closed: Closed | None = None


def deliver(
    ledger: Claiming,
    *,
    mode: str,
    channels: Mapping[str, Channel],
    compose: Callable[[Message, tuple[Notice, ...]], Composed],
    clock: Callable[[], datetime],
    owner: str,
    sleep: Callable[[float], None],
    patience: timedelta,
    urgencies: Collection[str] | None = None,
    closed: Callable[[datetime], Closed | None] = lambda _: None,
    resting: Mapping[str, Closed] = _NO_REST,
    fallback: Callable[[Message], Message | None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str], None] | None = None,
    jitter: Callable[[], float] = random.random,
) -> Delivered:
    """Send every message that is due, each once, and wait up to ``patience`` for those whose next try comes soon.

    ``owner`` is a name that no other delivery has or had. ``clock`` gives aware moments, ``sleep`` takes seconds, ``jitter``
    gives numbers from 0 to 1. ``compose`` is called after the claim, at the moment of sending: it checks again that everything
    is still true and still for this person. While ``closed`` says so, nothing is sent: what is due waits, with that reason; so
    does what is for one of the ``resting`` channels.
    ``fallback`` gives the message in which the notices of one that failed for good go by another channel, if there is one. Once
    ``stop`` says so, the present message is finished and no other is taken. Raises LedgerError where the ledger cannot be used; a
    message then in hand is settled by a later delivery.
    """
    hand = _Hand(
        ledger=ledger,
        channels=dict(channels),
        compose=compose,
        fallback=fallback,
        clock=clock,
        owner=owner,
        jitter=jitter,
        progress=progress or (lambda _: None),
    )
    until = clock() + patience
    stopped = False
    shut: Closed | None = None
    hand.recover(mode)
    for name in hand.channels.keys() & resting.keys():
        hand.rest(mode, name, resting[name], urgencies)
    while hand.channels:
        if stopped := stop():
            break
        if shut := closed(clock()):
            hand.wait(mode, shut, urgencies)
            break
        claimed = ledger.claim_next(mode, owner, clock(), urgencies=urgencies, channels=tuple(hand.channels))
        if claimed is not None:
            hand.deliver_one(*claimed, not_before=until)
            continue
        due = ledger.next_try(mode, urgencies, tuple(hand.channels))
        now = clock()
        if due is None or due >= until or now >= until:
            break
        sleep(min(max(due - now, timedelta(seconds=1)), _NAP).total_seconds())
    return Delivered(
        counts=MappingProxyType(dict(Counter(hand.states.values()))),
        broken=len(hand.broken),
        channel_down="; ".join(hand.down) or None,
        stopped=stopped,
        closed=shut,
    )


@dataclass(kw_only=True)
class _Hand:
    """One delivery at work: what it works with, and what it has done so far."""

    ledger: Claiming
    channels: dict[str, Channel]  # those that work
    compose: Callable[[Message, tuple[Notice, ...]], Composed]
    fallback: Callable[[Message], Message | None]
    clock: Callable[[], datetime]
    owner: str
    jitter: Callable[[], float]
    progress: Callable[[str], None]
    states: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    down: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)  # channels that want nothing from us until a person mends that

    def recover(self, mode: str) -> None:
        """Take up what earlier deliveries left, and decide what may have been sent by the channel's knowledge, else by class."""
        self.ledger.recover(mode, self.clock(), tuple(self.channels))
        for doubtful in self.ledger.uncertain(mode):
            channel = self.channels.get(doubtful.channel)
            try:
                held = channel.holds(doubtful.key) if channel else None
            except ChannelDown as error:
                self._is_down(doubtful.channel, str(error))
                continue
            now = self.clock()
            if channel is None:
                # A channel that no longer is in the settings, or that broke a moment ago: nothing new is known of it.
                self._is_now(doubtful, "uncertain")
                continue
            if held:
                decided = ("sent", "the channel holds it")
            elif held is False:
                decided = ("planned", "the channel does not hold it: sent again")
            elif may_go_again(doubtful, now):
                decided = ("planned", "no answer came: sent again")
            else:
                self._is_now(doubtful, "uncertain")
                continue
            if self.ledger.resolve(doubtful, now, *decided):
                self._is_now(doubtful, decided[0])

    def wait(self, mode: str, shut: Closed, urgencies: Collection[str] | None) -> None:
        """Have everything that is due wait until messages may go again, saying why."""
        for key in self.ledger.wait_until(mode, shut.until, shut.why, urgencies):
            self.states[key] = "planned"

    def rest(self, mode: str, name: str, shut: Closed, urgencies: Collection[str] | None) -> None:
        """Have what is for one channel wait until it opens; the others go on."""
        for key in self.ledger.wait_until(mode, shut.until, shut.why, urgencies, (name,)):
            self.states[key] = "planned"
        del self.channels[name]

    def deliver_one(self, message: Message, notices: tuple[Notice, ...], *, not_before: datetime) -> None:
        """Take one claimed message to its end; a broken one is not taken up again before ``not_before``."""
        try:
            self._deliver_one(message, notices, not_before)
        except LeaseLost:
            # It is in other hands, which say what becomes of it.
            self.progress(f"{message.key}: no longer ours")

    def _deliver_one(self, message: Message, notices: tuple[Notice, ...], not_before: datetime) -> None:
        if message.channel in self.refused:
            self._by_another_way(message)
            return
        try:
            composed = self.compose(message, notices) if notices else Composed(letter=None, reason="nothing is left to say")
        except Exception as error:
            self.broken.add(message.key)
            # The class alone: the text of an unforeseen error may name a child.
            self._settle(
                message, "planned", f"could not be composed: {type(error).__name__}", max(not_before, self.clock() + BROKEN_WAIT)
            )
            return
        if composed.leave:
            self.ledger.leave(message.key, self.owner, self.clock(), composed.reason)
            self._is_now(message, "planned")
            return
        if composed.letter is None:
            self._settle(message, "withdrawn", composed.reason, composed=composed)
            return
        # By what the channel is: in a folder every message is a file.
        pace = PACE.get(self.channels[message.channel].name, ())
        again_at = self.ledger.paced(message, composed.letter.to_address, self.clock(), pace)
        if again_at is not None:
            self._settle(message, "planned", "as many have gone to this channel as it takes at a time", again_at)
            return
        # Sent again it keeps its Message-ID, so that a mail program can tell that the two are one.
        letter = replace(composed.letter, message_id=message.message_id or composed.letter.message_id)
        self.ledger.begin_sending(
            message.key,
            self.owner,
            self.clock(),
            subject=letter.subject,
            address=letter.to_address,
            message_id=letter.message_id,
            withdrawn=composed.withdrawn,
            held=composed.held,
            rest=composed.rest,
            next_part=composed.next_part,
            dates=composed.dates,
        )
        if message.lease_until is not None and message.lease_until <= self.clock():
            # Stopped between the commit and here: another may be sending it by now.
            self._settle(message, "planned", "stopped past the lease, before sending")
            return
        self._send(message, letter)

    def _by_another_way(self, message: Message) -> None:
        """What was to go by a channel that wants nothing from us goes by the other one, or waits where there is none for it."""
        other = self.fallback(message)
        if other is None:
            self.ledger.leave(message.key, self.owner, self.clock(), "channel down")
            self._is_now(message, "planned")
        else:
            self._settle(message, "withdrawn", "channel down", moved_to=other)

    def _send(self, message: Message, letter: Letter) -> None:
        channel = self.channels[message.channel]
        try:
            answer = channel.send(letter)
        except NotSent as error:
            if error.permanent:
                self._settle(message, "failed", str(error), moved_to=self.fallback(message))
            else:
                wait = wait_before(message.attempts + 1, error.retry_after, self.jitter())
                self._settle(message, "planned", str(error), self.clock() + wait)
        except ChannelDown as error:
            other = self.fallback(message) if error.lasting else None
            if other is not None:
                self.refused.add(message.channel)
                self.down.append(str(error))
                self._settle(message, "failed", str(error), moved_to=other)
                return
            self._is_down(message.channel, str(error))
            self._settle(message, "planned", f"channel down: {error}")
        except Doubtful as error:
            self._settle(message, "uncertain", str(error))
        except Exception as error:
            broke = f"{channel.name} broke: {type(error).__name__}"
            self._is_down(message.channel, broke)
            self._settle(message, "uncertain", broke)
        else:
            self._settle(message, "sent", answer)

    def _settle(
        self,
        message: Message,
        state: str,
        reason: str,
        next_try_at: datetime | None = None,
        *,
        composed: Composed | None = None,
        moved_to: Message | None = None,
    ) -> None:
        self.ledger.settle(
            message.key,
            self.owner,
            self.clock(),
            state,
            reason,
            next_try_at,
            withdrawn=composed.withdrawn if composed else _NO_REASONS,
            held=composed.held if composed else _NO_REASONS,
            moved_to=moved_to,
        )
        self._is_now(message, state)

    def _is_down(self, name: str, why: str) -> None:
        """A channel at fault takes no more letters in this delivery; the others go on."""
        del self.channels[name]
        self.down.append(why)

    def _is_now(self, message: Message, state: str) -> None:
        self.states[message.key] = state
        self.progress(f"{message.key}: {state}")


def may_go_again(doubtful: Message, now: datetime) -> bool:
    """Whether a message that may have been taken is sent once more, rather than wait for a person.

    An escalation is, up to three times in all; a reminder to a professional once, after its lease. A message to a family and
    a Teams post never are.
    """
    if doubtful.person_kind != "professional" or doubtful.channel == "teams":
        return False
    if doubtful.urgency != "escalation" and doubtful.lease_until is not None and doubtful.lease_until > now:
        return False
    return doubtful.doubts < HANDED_OVER_AT_MOST.get(doubtful.urgency, 1)


def wait_before(attempt: int, wish: float | None, jitter: float) -> timedelta:
    """How long to wait after a failed attempt (the first is 1): the channel's wish in seconds, else twice as long each time.

    Up to a quarter is taken off by ``jitter`` (0 to 1), so that many messages put off together do not come back together.
    """
    if wish is not None and math.isfinite(wish) and wish > 0:
        return timedelta(seconds=min(wish, LONGEST_WISH.total_seconds()))
    doubled: timedelta = FIRST_WAIT * int(2 ** min(attempt - 1, 16))
    return min(doubled, LONGEST_WAIT) * (1 - jitter / 4)
