"""What waits between one daily run and the next, sent by the flow deliver-due: once, if it is still true, and nothing besides."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from contextvars import copy_context
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import smtp_server
from live_channels import Ends, council_at, deliver_at, live, mailed, run_at
from prefect import State
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from small_council import DUE, EARLY, LAST, OVERDUE, SmallCouncil, first_meeting, many_cases

from cin_reminders.errors import CinRemindersError
from cin_reminders.flows.deliver import deliver_due

SATURDAY, NEXT_DAY = "2026-03-21", "2026-03-25"  # the day after LAST; the Wednesday after OVERDUE
GREYLISTING = smtp_server.Step(at="RCPT", reply="451 4.7.1 later")
HEARD = {"lena": 1, "tom": 1}


@pytest.fixture(autouse=True)
def the_word_is_given(prefect_harness: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment says in its environment that messages may really go."""
    monkeypatch.setenv("CIN_REMINDERS__LIVE", "true")


@contextmanager
def relay(*steps: smtp_server.Step) -> Iterator[smtp_server.Running]:
    with smtp_server.running_server(behaviour=smtp_server.Behaviour(steps=steps)) as mail:
        yield mail


def with_relay(council: SmallCouncil, mail: smtp_server.Running | None, **more: Any) -> SmallCouncil:
    """The council's settings with this relay, or with none that answers, and no Teams."""
    return Ends(mail=mail, teams="", channels=(), **more).reach(council)


def waiting(folder: Path, on: str = OVERDUE, **more: Any) -> SmallCouncil:
    """A council whose messages of a day wait, since its relay was down."""
    council = council_at(folder, Ends(teams="", channels=()), **more)
    assert live(council, on).code == 1
    assert {message["state"] for message in council.messages()} == {"planned"}
    return council


def due(council: SmallCouncil, on: str) -> State[Any]:
    """The flow as Prefect carries it out."""
    state: State[Any] = deliver_due(settings=str(council.settings), on=date.fromisoformat(on), return_state=True)
    return state


def done(council: SmallCouncil, on: str) -> dict[str, int]:
    """What a delivery that went well says that it did."""
    state = due(council, on)
    assert state.is_completed(), state.message
    counts: dict[str, int] = state.result()
    return counts


def unreadable(council: SmallCouncil) -> None:
    (council.folder / "records.db").write_bytes(b"no database")


# ---- reads only what it must


def test_where_nothing_waits_the_records_are_not_even_read(tmp_path: Path) -> None:
    with relay() as mail:
        council = waiting(tmp_path)
        with_relay(council, mail)
        assert done(council, OVERDUE) == {"sent": 2}
        unreadable(council)

        assert done(council, OVERDUE) == {}
        assert mailed(mail) == HEARD


def test_where_something_waits_records_that_cannot_be_read_fail_the_flow_and_nothing_is_lost(tmp_path: Path) -> None:
    with relay() as mail:
        council = waiting(tmp_path)
        with_relay(council, mail)
        unreadable(council)

        state = due(council, OVERDUE)

        assert state.is_failed()
        assert mail.messages == []
        council.write_records()
        assert done(council, OVERDUE) == {"sent": 2}


def test_what_waits_for_a_later_moment_does_not_have_the_records_read(tmp_path: Path) -> None:
    with relay() as mail:
        council = council_at(tmp_path, Ends(mail=mail, teams="", channels=()))
        assert run_at(council, SATURDAY, f"{SATURDAY}T06:30").messages == {"planned": 1}  # until Monday 23 March, 00:00
        unreadable(council)

        assert deliver_at(council, SATURDAY, f"{SATURDAY}T12:00") is None
        assert deliver_at(council, DUE, "2026-03-22T23:59") is None
        with pytest.raises(CinRemindersError):
            deliver_at(council, DUE, f"{DUE}T00:00")


def test_its_steps_are_those_a_manager_would_know(tmp_path: Path) -> None:
    with relay() as mail, get_client(sync_client=True) as client:
        council = waiting(tmp_path)
        with_relay(council, mail)
        state = due(council, OVERDUE)

        assert steps_of(client, state) == {"Read the records", "Tell them"}


def steps_of(client: SyncPrefectClient, state: State[Any]) -> set[str]:
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    found: list[Any] = []
    until = time.monotonic() + 20
    while len(found) < 2 and time.monotonic() < until:  # Prefect writes them down a moment later
        found = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])))
        time.sleep(0.1)
    return {one.name for one in found}


# ---- sends once


def test_once_the_relay_is_back_everybody_hears_once(tmp_path: Path) -> None:
    council = waiting(tmp_path)
    down = due(council, OVERDUE)
    assert down.is_failed()
    assert "the messages could not go" in str(down.message)
    with relay() as mail:
        with_relay(council, mail)

        assert done(council, OVERDUE) == {"sent": 2}
        assert done(council, OVERDUE) == {}
        assert live(council, OVERDUE).code == 0

        assert mailed(mail) == HEARD


def test_two_at_once_send_each_message_once(tmp_path: Path) -> None:
    council = waiting(tmp_path, rows=many_cases(20))
    with relay() as mail:
        with_relay(council, mail)
        with ThreadPoolExecutor(2) as both:
            states = [flow.result() for flow in [both.submit(copy_context().run, due, council, OVERDUE) for _ in range(2)]]

        assert [state.is_completed() for state in states] == [True, True], states
        assert mailed(mail) == {f"leadc{number:03}": 1 for number in range(20)} | {"tom": 1}
    assert {message["state"] for message in council.messages()} == {"sent"}


def test_a_delivery_beside_a_daily_run_sends_each_message_once(tmp_path: Path) -> None:
    council = waiting(tmp_path, rows=many_cases(20))
    with relay() as mail:
        with_relay(council, mail)
        run = council.start("run", "--on", OVERDUE, "--live", "--json")
        due(council, OVERDUE)
        run.communicate(timeout=60)
        done(council, OVERDUE)

        assert mailed(mail) == {f"leadc{number:03}": 1 for number in range(20)} | {"tom": 1}


def test_nothing_new_is_planned(tmp_path: Path) -> None:
    council = waiting(tmp_path, EARLY)
    with relay() as mail:
        with_relay(council, mail)
        # A day later the case has another stage; only the one that waits goes.
        council.rows["cin_events"][0]["happened_on"] = "2026-02-25"  # Wednesday: due on Wednesday 18 March
        council.write_records()

        assert done(council, "2026-03-17") == {"sent": 1}  # Tuesday: `last` would go today

    assert [one["stage"] for message in council.messages() for one in message["notices"]] == ["early"]


def test_a_message_that_cannot_be_put_into_words_fails_the_flow_and_keeps_no_other_back(tmp_path: Path) -> None:
    council = waiting(tmp_path)
    a_message_that_is_nobodys(council)
    with relay() as mail:
        with_relay(council, mail)
        state = due(council, OVERDUE)

        assert state.is_failed()
        assert str(state.message).endswith("incomplete: 1 message could not be put into words")
        assert mailed(mail) == {"tom": 1}
    assert [message["reason"] for message in council.messages("--state", "planned")] == ["could not be composed: KeyError"]


def test_a_run_says_the_same_of_such_a_message(tmp_path: Path) -> None:
    council = waiting(tmp_path)
    a_message_that_is_nobodys(council)
    with relay() as mail:
        with_relay(council, mail)
        done = live(council, OVERDUE)

    assert (done.code, done.json["failed"]) == (1, "1 message could not be put into words")


def a_message_that_is_nobodys(council: SmallCouncil) -> None:
    """A fault of no kind that the program knows."""
    with closing(sqlite3.connect(council.folder / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE message SET person_ref = 'NOBODY' WHERE person_ref = 'LEAD'")


# ---- asks again whether it is true


def test_a_message_of_one_day_delivered_on_the_next_says_what_is_true_then(tmp_path: Path) -> None:
    with relay() as mail:
        council = waiting(tmp_path)
        with_relay(council, mail)

        assert done(council, NEXT_DAY) == {"sent": 2}

        letters = [taken.parsed for taken in mail.messages]
    assert {letter["Subject"] for letter in letters} == {"Child in Need: 1 late (Wed 25 Mar 2026)"}
    for letter in letters:
        text = letter.get_body(("plain",)).get_content()
        assert "Wednesday 25 March 2026" in text
        assert "2 WORKING DAYS LATE" in text
        assert "24 March" not in text


def test_what_was_met_overnight_is_withdrawn_and_nobody_hears_of_it(tmp_path: Path) -> None:
    with relay() as mail:
        council = waiting(tmp_path)
        with_relay(council, mail)
        council.rows["cin_meetings"] = [first_meeting(held_on=OVERDUE, record_shared_on=OVERDUE)]
        council.write_records()

        assert done(council, NEXT_DAY) == {"withdrawn": 2}
        assert mail.messages == []
    assert {one["reason"] for message in council.messages() for one in message["notices"]} == {"met meanwhile"}


def test_what_saturday_planned_goes_on_monday_though_mondays_run_failed(tmp_path: Path) -> None:
    with relay() as mail:
        council = council_at(tmp_path, Ends(mail=mail, teams="", channels=()))
        assert run_at(council, SATURDAY, f"{SATURDAY}T06:30").messages == {"planned": 1}
        unreadable(council)
        assert live(council, DUE).code == 1
        assert due(council, DUE).is_failed()
        council.write_records()

        assert done(council, DUE) == {"sent": 1}
        assert done(council, DUE) == {}

        (taken,) = mail.messages
    assert taken.parsed["Subject"] == "Child in Need: 1 due soon (Mon 23 Mar 2026)"
    assert "today" in taken.parsed.get_body(("plain",)).get_content().lower()


# ---- does not send


def test_on_the_day_of_a_failed_extract_only_escalations_that_it_bears_out_go(tmp_path: Path) -> None:
    council = waiting(tmp_path, rows=many_cases(10))
    council.rows["cin_cases"] = council.rows["cin_cases"][:4]
    council.write_records()
    with relay() as mail:
        with_relay(council, mail)

        done(council, NEXT_DAY)
        assert mailed(mail) == {f"leadc{number:03}": 1 for number in range(4)} | {"tom": 1}
        states = Counter(message["state"] for message in council.messages())
        assert states == {"sent": 5, "planned": 6}
        done(council, NEXT_DAY)
        assert sum(mailed(mail).values()) == 5


def test_on_the_day_of_a_failed_extract_no_reminder_goes(tmp_path: Path) -> None:
    council = waiting(tmp_path, EARLY, rows=many_cases(10))
    council.rows["cin_cases"] = council.rows["cin_cases"][:4]
    council.write_records()
    with relay() as mail:
        with_relay(council, mail)

        assert done(council, "2026-03-17") == {}  # Tuesday
        assert mail.messages == []
    assert {message["state"] for message in council.messages()} == {"planned"}


def test_while_the_whole_service_is_held_nothing_goes_and_then_it_does(tmp_path: Path) -> None:
    council = waiting(tmp_path)
    put_on = council.cin("hold", "--all", "--until", OVERDUE, "--by", "S-1", "--why", "wrong dates", "--on", OVERDUE)
    assert put_on.code == 0, put_on.err
    with relay() as mail:
        with_relay(council, mail)

        assert done(council, OVERDUE) == {}
        assert mail.connections == 0
        assert {message["state"] for message in council.messages()} == {"planned"}

        assert done(council, NEXT_DAY) == {"sent": 2}


def test_without_the_word_that_messages_may_go_nothing_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    council = waiting(tmp_path)
    monkeypatch.delenv("CIN_REMINDERS__LIVE")
    with relay() as mail:
        with_relay(council, mail)

        assert done(council, OVERDUE) == {}
        assert mail.connections == 0


def test_a_message_put_off_by_the_relay_waits_its_time_and_then_goes_once(tmp_path: Path) -> None:
    with relay(smtp_server.Step(at="RCPT", nth=1, reply="451 4.7.1 later")) as mail:
        council = council_at(tmp_path, Ends(mail=mail, teams="", channels=()))
        assert run_at(council, LAST, f"{LAST}T06:30").messages == {"planned": 1}

        assert deliver_at(council, LAST, f"{LAST}T06:30") is None  # less than a minute later
        assert done(council, LAST) == {"sent": 1}  # the real clock is far past it
        assert done(council, LAST) == {}

        assert mailed(mail) == {"lena": 1}
