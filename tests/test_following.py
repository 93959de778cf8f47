"""What became of messages that GOV.UK Notify took: it is asked until that is final, and what was not brought has failed, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ledgers import (
    COUNCIL,
    ELSEWHERE,
    ELSEWHERE_TOO,
    MORNING,
    Clock,
    Outbox,
    a_message,
    a_notice,
    outcomes,
    plan,
    plan_one,
    standing,
)
from notify_service import API_KEY, EMAIL_TEMPLATE, NotifyService, running_notify

from cin_reminders.channels import Channel, ChannelDown
from cin_reminders.channels.folder import FolderChannel
from cin_reminders.channels.notify import NotifyChannel
from cin_reminders.channels.notify import NotifyService as CouncilsNotify
from cin_reminders.claiming import TransitionError
from cin_reminders.following import BROUGHT, KEPT, NOT_BROUGHT, ON_THE_WAY, FollowedUp, follow_up
from cin_reminders.ledger import Ledger, create_ledger, open_ledger
from cin_reminders.letter import Letter, NotifyCall

A_MOMENT = timedelta(microseconds=1)
SECRET = b"cumbria"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    create_ledger(url, tmp_path)
    return url


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Ledger:
    return open_ledger(url, tmp_path, COUNCIL)


class Notify:
    """A channel that says of each letter what it is told to say, and counts how often it was asked."""

    name = "notify"

    def __init__(self, said: dict[str, Any] | None = None) -> None:
        self.said = said or {}
        self.asked: list[str] = []

    def status(self, letter_key: str) -> str | None:
        self.asked.append(letter_key)
        answer = self.said.get(letter_key)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def send(self, letter: Letter) -> str:
        raise NotImplementedError

    def holds(self, letter_key: str) -> bool | None:
        return None

    def close(self) -> None:
        pass


def taken(ledger: Ledger, key: str = "K1", *, at: datetime = MORNING, channel: str = "notify", mode: str = "live") -> None:
    """One message with one notice, which the channel took at a moment."""
    plan_one(ledger, key, channel=channel, person_kind="family", mode=mode)
    bring(ledger, key, at, "sent", mode)


def bring(ledger: Ledger, key: str, at: datetime, state: str, mode: str = "live") -> None:
    claimed = ledger.claim_next(mode, ELSEWHERE, at)
    assert claimed is not None
    assert claimed[0].key == key
    ledger.begin_sending(key, ELSEWHERE, at, subject="", address="", message_id="")
    ledger.settle(key, ELSEWHERE, at, state, "201 accepted")


def following(ledger: Ledger, channel: Channel, at: datetime = MORNING, **more: Any) -> FollowedUp:
    return follow_up(ledger, "live", {"notify": channel}, Clock(at), **more)


# ---- which are followed


def test_a_message_is_followed_from_the_moment_it_was_taken(ledger: Ledger) -> None:
    taken(ledger)

    assert ledger.to_follow("live", MORNING) == ["K1"]
    assert ledger.to_follow("live", MORNING + A_MOMENT) == []


def test_the_oldest_is_asked_about_first(ledger: Ledger) -> None:
    taken(ledger, "K2")
    taken(ledger, "K1", at=MORNING + A_MOMENT)

    assert ledger.to_follow("live", MORNING) == ["K2", "K1"]


@pytest.mark.parametrize("channel", ["email", "graph", "teams"])
def test_what_went_by_another_channel_is_not_followed(ledger: Ledger, channel: str) -> None:
    taken(ledger, channel=channel)

    assert ledger.to_follow("live", MORNING) == []
    assert ledger.lose_sight("live", MORNING + A_MOMENT) == 0


def test_another_modes_and_another_councils_messages_are_not_followed(ledger: Ledger, url: str, tmp_path: Path) -> None:
    taken(ledger, "K1", mode="staging")
    taken(open_ledger(url, tmp_path, "salford"), "K2")

    assert ledger.to_follow("live", MORNING) == []
    assert not ledger.follow("K2", "permanent-failure", MORNING)
    assert ledger.lose_sight("live", MORNING + A_MOMENT) == 0


@pytest.mark.parametrize("state", ["failed", "uncertain"])
def test_what_was_not_taken_is_not_followed(ledger: Ledger, state: str) -> None:
    plan_one(ledger, channel="notify", person_kind="family")
    bring(ledger, "K1", MORNING, state)

    assert ledger.to_follow("live", MORNING) == []
    assert not ledger.follow("K1", "permanent-failure", MORNING)
    assert standing(ledger).state == state


# ---- what is learnt of one


@pytest.mark.parametrize("status", ON_THE_WAY)
def test_what_is_on_its_way_is_kept_and_followed_on(ledger: Ledger, status: str) -> None:
    taken(ledger)

    assert ledger.follow("K1", status, MORNING)

    assert (standing(ledger).state, standing(ledger).followed) == ("sent", status)
    assert ledger.to_follow("live", MORNING) == ["K1"]


def test_what_is_known_already_is_no_news(ledger: Ledger) -> None:
    taken(ledger)

    assert [ledger.follow("K1", status, MORNING) for status in ("sending", "sending", "pending", "sending")] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("status", BROUGHT)
def test_what_was_brought_stays_told_and_is_not_asked_about_again(ledger: Ledger, status: str) -> None:
    taken(ledger)

    assert ledger.follow("K1", status, MORNING)

    assert (standing(ledger).state, standing(ledger).followed, outcomes(ledger)) == ("sent", status, {"told": 1})
    assert ledger.to_follow("live", MORNING) == []


@pytest.mark.parametrize("status", NOT_BROUGHT)
def test_what_was_not_brought_has_failed_with_its_notices_and_says_why(ledger: Ledger, status: str) -> None:
    told_of_both = (a_notice("C1"), a_notice("C2"))
    plan(ledger, a_message(channel="notify", person_kind="family"), *told_of_both)
    bring(ledger, "K1", MORNING, "sent")
    later = MORNING + timedelta(hours=3)

    assert ledger.follow("K1", status, later)

    [(message, notices)] = ledger.messages()
    assert (message.state, message.followed, message.settled_at) == ("failed", status, later)
    assert message.reason == f"GOV.UK Notify could not bring it: {NOT_BROUGHT[status]} ({status})"
    assert {(one.outcome, one.reason, one.told_on) for one in notices} == {("failed", message.reason, None)}
    assert len(notices) == 2
    assert ledger.to_follow("live", MORNING) == []


def test_notices_that_were_left_out_of_a_message_do_not_fail_with_it(ledger: Ledger) -> None:
    kept, left_out = a_notice("C1"), a_notice("C2")
    plan(ledger, a_message(channel="notify", person_kind="family"), kept, left_out)
    ledger.claim_next("live", ELSEWHERE, MORNING)
    more = {"withdrawn": {left_out.key: "no longer true"}}
    ledger.begin_sending("K1", ELSEWHERE, MORNING, subject="", address="", message_id="", **more)
    ledger.settle("K1", ELSEWHERE, MORNING, "sent", "201 accepted")

    ledger.follow("K1", "permanent-failure", MORNING)

    assert outcomes(ledger) == {"failed": 1, "withdrawn": 1}


def test_another_messages_notices_stay_told(ledger: Ledger) -> None:
    taken(ledger, "K1")
    taken(ledger, "K2")

    ledger.follow("K1", "permanent-failure", MORNING)

    assert (outcomes(ledger, "K1"), outcomes(ledger, "K2")) == ({"failed": 1}, {"told": 1})


@pytest.mark.parametrize("first, second", [("delivered", "permanent-failure"), ("permanent-failure", "delivered")])
def test_what_is_final_is_never_changed(ledger: Ledger, first: str, second: str) -> None:
    taken(ledger)
    ledger.follow("K1", first, MORNING)
    before = ledger.messages()

    assert not ledger.follow("K1", second, MORNING + timedelta(days=1))

    assert ledger.messages() == before


@pytest.mark.parametrize("status", ["", "lost", "Delivered", "permanent-failure of 07700 900123"])
def test_a_word_that_is_not_known_is_not_kept_and_the_message_is_followed_on(ledger: Ledger, status: str) -> None:
    taken(ledger)

    assert not ledger.follow("K1", status, MORNING)

    assert standing(ledger).followed == ""
    assert ledger.to_follow("live", MORNING) == ["K1"]


def test_of_two_that_learn_it_at_once_one_keeps_it(ledger: Ledger, url: str, tmp_path: Path) -> None:
    for number in range(20):
        taken(ledger, f"K{number:02}")
    kept: list[tuple[str, bool]] = []
    start = threading.Barrier(2)

    def learn() -> None:
        own = open_ledger(url, tmp_path, COUNCIL)
        start.wait()
        for number in range(20):
            key = f"K{number:02}"
            kept.append((key, own.follow(key, "temporary-failure", MORNING)))

    threads = [threading.Thread(target=learn) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(key for key, was_kept in kept if was_kept) == [f"K{number:02}" for number in range(20)]
    assert len(kept) == 40


def test_whoever_sent_it_can_no_longer_settle_it_otherwise(ledger: Ledger) -> None:
    taken(ledger)
    ledger.follow("K1", "permanent-failure", MORNING)

    with pytest.raises(TransitionError):
        ledger.settle("K1", ELSEWHERE, MORNING, "sent", "201 accepted")

    assert standing(ledger).state == "failed"
    assert ledger.claim_next("live", ELSEWHERE_TOO, MORNING + timedelta(days=1)) is None


# ---- the seven days


def test_after_seven_days_without_a_final_word_it_stays_unknown_and_told(ledger: Ledger) -> None:
    taken(ledger)
    notify = Notify({"K1": "sending"})

    assert following(ledger, notify, MORNING + KEPT).counts == {"sending": 1}
    assert following(ledger, notify, MORNING + KEPT + A_MOMENT).counts == {"unknown": 1}

    assert (standing(ledger).state, standing(ledger).followed, outcomes(ledger)) == ("sent", "unknown", {"told": 1})
    assert following(ledger, notify, MORNING + KEPT + timedelta(days=1)).counts == {}
    assert notify.asked == ["K1"]


def test_what_was_never_asked_about_in_seven_days_stays_unknown_too(ledger: Ledger) -> None:
    taken(ledger)

    assert following(ledger, Notify(), MORNING + timedelta(days=30)).counts == {"unknown": 1}


def test_where_notify_is_no_longer_in_the_settings_what_it_took_stays_unknown(ledger: Ledger) -> None:
    taken(ledger)

    assert follow_up(ledger, "live", {}, Clock(MORNING)).counts == {}
    assert follow_up(ledger, "live", {}, Clock(MORNING + KEPT + A_MOMENT)).counts == {"unknown": 1}


# ---- the loop


def test_each_message_is_asked_about_and_counted_by_what_became_of_it(ledger: Ledger) -> None:
    for key in ("K1", "K2", "K3", "K4"):
        taken(ledger, key)
    notify = Notify({"K1": "delivered", "K2": "permanent-failure", "K3": "delivered"})

    assert following(ledger, notify) == FollowedUp(counts={"delivered": 2, "permanent-failure": 1})

    assert [standing(ledger, key).followed for key in ("K1", "K2", "K3", "K4")] == [
        "delivered",
        "permanent-failure",
        "delivered",
        "",
    ]
    assert following(ledger, notify).counts == {}
    assert notify.asked == ["K1", "K2", "K3", "K4", "K4"]


def test_where_it_cannot_be_asked_the_rest_waits_and_what_is_known_stays(ledger: Ledger) -> None:
    for key in ("K1", "K2", "K3"):
        taken(ledger, key)
    notify = Notify({"K1": "delivered", "K2": ChannelDown("GOV.UK Notify: it cannot be reached"), "K3": "delivered"})

    followed = following(ledger, notify)

    assert followed == FollowedUp(counts={"delivered": 1}, channel_down="GOV.UK Notify: it cannot be reached")
    assert notify.asked == ["K1", "K2"]
    assert ledger.to_follow("live", MORNING) == ["K2", "K3"]


def test_a_wish_to_stop_is_heard_before_each_message(ledger: Ledger) -> None:
    for key in ("K1", "K2"):
        taken(ledger, key)
    notify = Notify({"K1": "delivered", "K2": "delivered"})
    wishes = iter([False, True])

    assert following(ledger, notify, stop=lambda: next(wishes)) == FollowedUp(counts={"delivered": 1}, stopped=True)
    assert notify.asked == ["K1"]


@pytest.mark.parametrize("at", [MORNING, MORNING + timedelta(days=30)])
def test_nothing_is_asked_or_given_up_where_messages_are_files(ledger: Ledger, tmp_path: Path, at: datetime) -> None:
    taken(ledger, mode="folder")
    files = FolderChannel(tmp_path, from_address="a@b.example", from_name="", reply_to="a@b.example", clock=lambda: at)

    assert follow_up(ledger, "folder", {"notify": files, "folder": files}, Clock(at)).counts == {}

    assert standing(ledger).followed == ""


def test_a_channel_that_keeps_no_such_books_is_not_asked(ledger: Ledger, tmp_path: Path) -> None:
    taken(ledger)

    assert following(ledger, Outbox(tmp_path / "taken")).counts == {}


# ---- with Notify itself


def at_notify(then: Callable[[NotifyChannel], None], service: NotifyService) -> None:
    with running_notify(service) as server:
        council = CouncilsNotify(
            api_key=API_KEY, templates={"email": EMAIL_TEMPLATE}, secret=SECRET, base_url=server.origin, ca_file=server.ca_file
        )
        channel = NotifyChannel(council, clock=Clock())
        then(channel)
        channel.close()


def test_a_letter_is_followed_from_its_taking_to_its_failure(ledger: Ledger) -> None:
    key = "cumbria/live/2026-05-05/F1/notify"
    letter = Letter(
        key=key,
        message_id="",
        to_address="parent@mail.example",
        to_name="",
        subject="You are invited",
        text="Please come.\n",
        html="",
        call=NotifyCall(kind="email", stage="invitation", language="en", values=()),
    )

    def follow(channel: NotifyChannel) -> None:
        channel.send(letter)
        taken(ledger, key)
        learnt = [following(ledger, channel).counts for _ in range(4)]
        assert learnt == [{"created": 1}, {"sending": 1}, {"permanent-failure": 1}, {}]

    at_notify(follow, NotifyService(statuses=("created", "sending", "permanent-failure")))
    assert (standing(ledger, key).state, outcomes(ledger, key)) == ("failed", {"failed": 1})


def test_the_morning_is_a_working_day() -> None:
    assert (MORNING.date(), MORNING.tzinfo) == (date(2026, 5, 5), UTC)  # Tuesday
