"""The order of sending, row by row: whatever keeps a notice from a person stands in the ledger with its reason.

Entitled, suppressed, held, quiet hours, already told, grouped, throttled, send, settle.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from small_council import (
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    TO_SERVICE_MANAGER,
    SmallCouncil,
    case,
    first_meeting,
    plan_agreed,
    role,
    small_council,
)
from smtp_server import Behaviour, Step, refused_port, running_server
from test_daily_run import live, live_council, move_to, recipients

from cin_reminders.run import World, deliver_due, run_day
from cin_reminders.settings import load_settings

NEXT_DAY = "2026-03-17"  # Tuesday after EARLY
GREYLISTING = Behaviour(steps=(Step(at="RCPT", reply="451 4.7.1 later"),))
REFUSING = Behaviour(steps=(Step(at="RCPT", reply="550 5.1.1 no such user"),))


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def kept(council: SmallCouncil, on: str, **wanted: str) -> list[tuple[str, str]]:
    """What the ledger says became of the first meeting's notices, and why: what `explain` shows."""
    (meeting,) = [one for one in council.cin("explain", "C1", "--on", on, "--json").json if one["duty"] == "initial_meeting"]
    found = [one for one in meeting["told"] if all(one[name] == value for name, value in wanted.items())]
    return [(one["outcome"], one["reason"]) for one in found]


# ---- entitled


def test_entitled_somebody_who_left_between_planning_and_sending_is_not_written_to(tmp_path: Path) -> None:
    with running_server(behaviour=GREYLISTING) as server:
        council = live_council(tmp_path, server)
        assert run_at(council, EARLY, f"{EARLY}T06:30").messages == {"planned": 1}
    council.rows["cin_people"][0]["active_until"] = "2026-03-15"  # Sunday
    council.write_records()
    with running_server() as server:
        move_to(council, server)
        deliver_at(council, EARLY, f"{EARLY}T10:00")
        assert server.messages == []

    assert kept(council, EARLY, stage="early", person_ref="LEAD") == [("withdrawn", "the person has left")]


def deliver_at(council: SmallCouncil, on: str, moment: str, *, scheduled: bool = False) -> Any:
    """What waits is delivered with the clock at a moment, in UTC."""
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    world = World(clock=lambda: at, sleep=lambda _: None, scheduled=scheduled)
    return deliver_due(load_settings(council.settings, live=True), date.fromisoformat(on), world)


# ---- suppressed


def test_suppressed_a_stage_that_a_later_one_overtook_is_superseded(council: SmallCouncil) -> None:
    council.run(OVERDUE)

    assert kept(council, OVERDUE, stage="early") == [("superseded", "overdue was reached before it went")]


def test_suppressed_a_duty_met_before_the_message_went_is_not_told(tmp_path: Path) -> None:
    with running_server(behaviour=GREYLISTING) as server:
        council = live_council(tmp_path, server)
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
    council.rows["cin_meetings"] = [first_meeting(held_on=DUE, record_shared_on=DUE)]
    council.write_records()
    with running_server() as server:
        move_to(council, server)
        deliver_at(council, OVERDUE, f"{OVERDUE}T10:00")
        assert server.messages == []

    assert kept(council, OVERDUE, stage="overdue", person_ref="LEAD") == [("withdrawn", "met meanwhile")]


# ---- held


def test_held_a_case_on_hold_is_silent_says_so_and_is_told_once_the_hold_is_over(council: SmallCouncil) -> None:
    held = council.cin("hold", "C1", "--until", LAST, "--by", "S-7", "--why", "court this week", "--on", EARLY)
    assert held.code == 0, held.err

    summary = council.run(EARLY)

    assert summary["messages"] == {}
    assert summary["not_told"] == {"held": 1}
    assert kept(council, EARLY, stage="early") == [("held", "held until Friday 20 March 2026 by S-7: court this week")]
    assert council.run(LAST)["messages"] == {}
    after = council.run(DUE)
    assert after["holds_ended"] == ["case C1 is held until Friday 20 March 2026 by S-7: court this week"]
    assert {stage for _, _, stage, _ in council.told(DUE)} == {"last"}
    assert council.run(OVERDUE)["holds_ended"] == []


def test_held_a_reminder_that_a_hold_kept_for_weeks_still_goes_while_there_is_time(council: SmallCouncil) -> None:
    # 12 months: due on 2 March 2027, so that the reminder of five working days before is not overtaken by the limit.
    council.cin("hold", "C1", "--until", "2026-03-19", "--by", "S-7", "--why", "court", "--on", EARLY)
    council.run(EARLY)
    council.run("2026-03-19")  # Thursday

    council.run(LAST)

    assert {stage for _, _, stage, _ in council.told(LAST)} == {"last"}
    assert kept(council, LAST, stage="early")[0][0] in ("superseded", "held")


def test_held_a_hold_put_on_after_planning_keeps_the_message_back(tmp_path: Path) -> None:
    with running_server(behaviour=GREYLISTING) as server:
        council = live_council(tmp_path, server)
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
    put_on = council.cin("hold", "C1", "--until", OVERDUE, "--by", "S-7", "--why", "bereavement", "--on", OVERDUE)
    assert put_on.code == 0, put_on.err
    with running_server() as server:
        move_to(council, server)
        deliver_at(council, OVERDUE, f"{OVERDUE}T10:00")
        assert server.messages == []
        assert kept(council, OVERDUE, stage="overdue", person_ref="LEAD") == [
            ("held", "held until Tuesday 24 March 2026 by S-7: bereavement")
        ]
        # Wednesday: the hold is over, and the breach is as true as before.
        assert live(council, "2026-03-25").json["messages"] == {"sent": 2}


def test_held_the_whole_service_on_hold_sends_nothing_and_says_who_holds_it(tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server)
        council.cin("hold", "--all", "--until", OVERDUE, "--by", "S-1", "--why", "wrong dates after the move", "--on", OVERDUE)

        answer = live(council, OVERDUE)

        assert answer.code == 3
        assert answer.json["held"] == ("the whole service is held until Tuesday 24 March 2026 by S-1: wrong dates after the move")
        assert Path(answer.json["report"]).exists()
        assert server.messages == []
        assert live(council, "2026-03-25").json["messages"] == {"sent": 2}


# ---- quiet hours


def run_at(council: SmallCouncil, on: str, moment: str, *, scheduled: bool = False) -> Any:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    world = World(clock=lambda: at, sleep=lambda _: None, scheduled=scheduled)
    return run_day(load_settings(council.settings, live=True), date.fromisoformat(on), world)


def quiet_council(folder: Path, server: Any) -> SmallCouncil:
    council = live_council(folder, server)
    text = council.settings.read_text(encoding="utf-8")
    quiet = 'mode = "live"\nquiet_from = 18:00:00\nquiet_until = 08:00:00\n'
    council.settings.write_text(text.replace('mode = "live"\n', quiet), encoding="utf-8")
    return council


def test_quiet_hours_a_message_waits_with_its_reason_and_goes_exactly_once_when_they_are_over(tmp_path: Path) -> None:
    with running_server() as server:
        council = quiet_council(tmp_path, server)

        early = run_at(council, OVERDUE, f"{OVERDUE}T06:30")

        assert early.messages == {"planned": 2}
        assert {one["reason"] for one in council.messages()} == {"quiet hours: waits until Tuesday 24 March 2026, 08:00"}
        assert deliver_at(council, OVERDUE, f"{OVERDUE}T07:59") is None
        assert server.messages == []
        assert deliver_at(council, OVERDUE, f"{OVERDUE}T08:00").counts == {"sent": 2}
        assert deliver_at(council, OVERDUE, f"{OVERDUE}T08:15") is None
        assert recipients(server) == {"lena@council.gov.uk": 1, "tom@council.gov.uk": 1}


def test_quiet_hours_what_was_met_meanwhile_is_not_sent_when_they_are_over(tmp_path: Path) -> None:
    with running_server() as server:
        council = quiet_council(tmp_path, server)
        run_at(council, OVERDUE, f"{OVERDUE}T06:30")
        council.rows["cin_meetings"] = [first_meeting(held_on=DUE, record_shared_on=DUE)]
        council.write_records()

        assert deliver_at(council, OVERDUE, f"{OVERDUE}T08:00").counts == {"withdrawn": 2}
        assert server.messages == []


def test_after_its_day_is_over_a_scheduled_run_tells_nothing_and_the_next_one_tells_what_is_true_once(tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server)

        for missed in (OVERDUE, "2026-03-25"):  # Tuesday, Wednesday: both start on Thursday morning, when the worker is back
            late = run_at(council, missed, "2026-03-26T06:00", scheduled=True)
            assert late.note.endswith("2026 is over: what is still true goes with the next run")
        assert council.messages() == []
        assert server.messages == []
        today = run_at(council, "2026-03-26", "2026-03-26T06:30", scheduled=True)

        assert today.messages == {"sent": 2}
        assert recipients(server) == {"lena@council.gov.uk": 1, "tom@council.gov.uk": 1}
        assert all("(Thu 26 Mar 2026)" in taken.parsed["Subject"] for taken in server.messages)


@pytest.mark.parametrize("flow", ["run", "delivery"])
def test_what_begins_after_its_day_is_over_leaves_todays_messages_to_today(tmp_path: Path, flow: str) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server)
        reachable = council.settings.read_text(encoding="utf-8")
        council.settings.write_text(reachable.replace(f"port = {server.port}", f"port = {refused_port()}"), encoding="utf-8")
        assert run_at(council, OVERDUE, f"{OVERDUE}T06:30", scheduled=True).messages == {"planned": 2}
        council.settings.write_text(reachable, encoding="utf-8")

        # Monday's, missed while nothing ran, begins beside Tuesday's.
        if flow == "run":
            run_at(council, DUE, f"{OVERDUE}T06:31", scheduled=True)
        else:
            assert deliver_at(council, DUE, f"{OVERDUE}T06:35", scheduled=True) is None
        assert server.messages == []

        assert deliver_at(council, OVERDUE, f"{OVERDUE}T07:00", scheduled=True).counts == {"sent": 2}
        assert recipients(server) == {"lena@council.gov.uk": 1, "tom@council.gov.uk": 1}


def test_quiet_hours_do_not_apply_to_files(tmp_path: Path) -> None:
    council = small_council(tmp_path, delivery='mode = "folder"\nquiet_from = 00:00:00\nquiet_until = 23:59:59')

    assert run_at(council, OVERDUE, f"{OVERDUE}T06:30").messages == {"sent": 2}


# ---- already told


def test_already_told_a_notice_is_told_once_whatever_is_run_again(council: SmallCouncil) -> None:
    council.run(EARLY)
    council.run(EARLY)
    council.run(NEXT_DAY)

    ((outcome, reason),) = kept(council, NEXT_DAY, stage="early")
    assert (outcome, reason) == ("told", "you are the lead practitioner")
    assert len(council.letters()) == 1


def test_already_told_what_comes_up_after_todays_message_goes_with_the_next(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    council.rows["cin_cases"].append(case("C2"))
    council.rows["cin_events"].append(plan_agreed("C2", kind="harm_identified", happened_on=OVERDUE))
    council.rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref="C2"))
    council.write_records()

    again = council.run(OVERDUE)

    assert again["not_told"]["put_off"] == 1
    told = council.cin("explain", "C2", "--on", OVERDUE, "--json").json[0]["told"]
    assert ("put_off", "the person had the message of 2026-03-24 already; goes with the next") in [
        (one["outcome"], one["reason"]) for one in told
    ]
    council.run("2026-03-25")
    assert {ref for ref, _, _, case_ref in council.told("2026-03-25") if case_ref == "C2"} >= {"TEAM"}


# ---- grouped


def test_grouped_one_person_gets_one_message_with_everything(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref="C2"))
    council.write_records()

    council.run(EARLY)

    (message,) = council.messages()
    assert {one["case_ref"] for one in message["notices"]} == {"C1", "C2"}
    assert len(council.letters()) == 1


# ---- throttled


def test_throttled_what_is_over_the_cap_waits_with_its_reason_and_goes_the_next_day(tmp_path: Path) -> None:
    council = small_council(tmp_path, more="[caps]\na_person = 1")
    council.rows["cin_cases"].append(case("C0"))
    council.rows["cin_events"].append(plan_agreed("C0"))
    council.rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref="C0"))
    council.write_records()

    first = council.run(EARLY)

    assert first["not_told"] == {"over_the_cap": 1}
    assert council.told(EARLY) == {("LEAD", "lead_practitioner", "early", "C0")}
    assert kept(council, EARLY, stage="early") == [
        ("over_the_cap", "the person has 1 reminder today already; goes on a later day")
    ]
    council.run(NEXT_DAY)
    assert council.told(NEXT_DAY) == {("LEAD", "lead_practitioner", "early", "C1")}


def test_throttled_an_escalation_never_waits_for_a_cap(tmp_path: Path) -> None:
    council = small_council(tmp_path, more="[caps]\na_person = 1\na_case = 1")
    council.rows["cin_cases"].append(case("C2"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref="C2"))
    council.write_records()

    council.run(OVERDUE)

    assert {(ref, case_ref) for ref, _, _, case_ref in council.told(OVERDUE)} == {
        (ref, case_ref) for ref in ("LEAD", "TEAM") for case_ref in ("C1", "C2")
    }


# ---- send, settle


def test_send_and_settle_what_the_relay_took_is_told_with_its_day(tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server)
        live(council, TO_SERVICE_MANAGER)

    (message,) = council.messages("--person", "SERVICE")
    assert message["state"] == "sent"
    assert message["reason"].startswith("250")
    assert {(one["outcome"], one["told_on"]) for one in message["notices"]} == {("told", TO_SERVICE_MANAGER)}


def test_settle_what_the_relay_refused_for_good_is_failed_with_its_answer(tmp_path: Path) -> None:
    with running_server(behaviour=REFUSING) as server:
        council = live_council(tmp_path, server)
        live(council, EARLY)

    (message,) = council.messages()
    assert (message["state"], message["reason"]) == ("failed", "the relay answered 550 5.1.1 to RCPT TO")
    assert [one["outcome"] for one in message["notices"]] == ["failed"]
