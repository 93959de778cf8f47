"""The daily run over days and weeks: who hears what on which day, each of them once, whatever happens in between."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_council import (
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    REPEATS,
    TO_HEAD_OF_SERVICE,
    TO_SERVICE_MANAGER,
    Answer,
    SmallCouncil,
    case,
    finished,
    first_meeting,
    many_cases,
    plan_agreed,
    professional,
    role,
    small_council,
)
from smtp_server import Behaviour, Running, Step, refused_port, running_server

LEAD_EARLY = ("LEAD", "lead_practitioner", "early", "C1")
NEXT_DAY = "2026-03-17"  # Tuesday after EARLY


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def weekdays(first: str, last: str) -> Iterator[str]:
    """Every day of the schedule, bank holidays among them."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        if day.weekday() < 5:
            yield day.isoformat()
        day += timedelta(days=1)


def messages_of(council: SmallCouncil, on: str) -> list[Any]:
    return [message for message in council.messages() if message["day"] == on]


# ---- the ladder, day by day


def test_over_a_quarter_each_person_hears_each_stage_on_its_day_and_nothing_else(council: SmallCouncil) -> None:
    expected = {
        EARLY: {("LEAD", "lead_practitioner", "early", "C1")},
        LAST: {("LEAD", "lead_practitioner", "last", "C1")},
        OVERDUE: {("LEAD", "lead_practitioner", "overdue", "C1"), ("TEAM", "team_manager", "overdue", "C1")},
        TO_SERVICE_MANAGER: {("SERVICE", "service_manager", "escalate_service_manager", "C1")},
        TO_HEAD_OF_SERVICE: {("HEAD", "head_of_service", "escalate_head_of_service", "C1")},
    }
    expected |= {on: {("TEAM", "team_manager", f"repeat-{time_}", "C1")} for time_, on in enumerate(REPEATS, start=1)}

    for on in weekdays("2026-03-13", "2026-05-28"):
        council.run(on)
        assert council.told(on) == expected.get(on, set()), on

    assert len(council.letters()) == sum(map(len, expected.values()))


def test_after_missed_days_the_latest_stage_goes_and_the_earlier_are_on_record(council: SmallCouncil) -> None:
    council.run("2026-03-13")  # Friday, and no run until the day after the limit

    council.run(OVERDUE)

    assert {stage for _, _, stage, _ in council.told(OVERDUE)} == {"overdue"}
    [meeting, *_] = council.cin("explain", "C1", "--on", OVERDUE, "--json").json
    assert {told["stage"]: told["outcome"] for told in meeting["told"]} == {
        "early": "superseded",
        "last": "superseded",
        "overdue": "told",
    }


def test_a_reminder_a_week_old_is_not_sent_but_shown_and_an_escalation_always_goes(council: SmallCouncil) -> None:
    council.rows["cin_events"] = [plan_agreed(happened_on="2026-02-25")]  # Wednesday: due Wed 18 March
    council.write_records()

    council.run("2026-03-30")  # Monday: the service manager's stage is three working days old

    assert council.told("2026-03-30") == {
        ("SERVICE", "service_manager", "escalate_service_manager", "C1"),
        ("TEAM", "team_manager", "escalate_service_manager", "C1"),
        ("LEAD", "lead_practitioner", "escalate_service_manager", "C1"),
    }


@pytest.mark.parametrize("held_on, is_in_time", [(DUE, True), (OVERDUE, False)])
def test_of_a_duty_once_met_people_hear_that_it_is_and_then_nothing(
    council: SmallCouncil, held_on: str, is_in_time: bool
) -> None:
    for on in (EARLY, LAST, OVERDUE):
        council.run(on)
    council.rows["cin_meetings"] = [first_meeting(held_on=held_on, record_shared_on=held_on)]
    council.write_records()

    told = {}
    for on in ("2026-03-25", TO_SERVICE_MANAGER, TO_HEAD_OF_SERVICE):
        council.run(on)
        notices = [notice for message in messages_of(council, on) for notice in message["notices"]]
        told[on] = [notice["stage"] for notice in notices if notice["duty"] == "initial_meeting"]
    assert told == {"2026-03-25": ["all_clear", "all_clear"], TO_SERVICE_MANAGER: [], TO_HEAD_OF_SERVICE: []}
    explained = council.cin("explain", "C1", "--on", TO_HEAD_OF_SERVICE, "--json").json
    [meeting] = [one for one in explained if one["duty"] == "initial_meeting"]
    assert meeting["standing"] == ("met" if is_in_time else "met_late")


def test_a_closed_case_is_silent_from_the_day_it_closes(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    council.rows["cin_cases"] = [case(closed_on=TO_SERVICE_MANAGER)]
    council.write_records()

    assert council.run(TO_SERVICE_MANAGER)["messages"] == {}
    assert council.run(TO_HEAD_OF_SERVICE)["messages"] == {}


def test_the_chair_of_the_booked_meeting_is_reminded_too(council: SmallCouncil) -> None:
    council.rows["cin_people"].append(professional("CHAIR", "Carol Stone"))
    council.rows["cin_meetings"] = [first_meeting(chair_ref="CHAIR")]
    council.write_records()

    council.run(EARLY)

    of_the_meeting = ("CHAIR", "chair", "reminder", "C1")
    assert council.told(EARLY) == {LEAD_EARLY, ("CHAIR", "chair", "early", "C1"), of_the_meeting}
    assert len([one for one in messages_of(council, EARLY) if one["to"]["person_ref"] == "CHAIR"]) == 1


def test_a_second_run_of_the_day_tells_nobody_anything_again(council: SmallCouncil) -> None:
    first = council.run(OVERDUE)
    letters = {file: file.read_bytes() for file in council.outbox.rglob("*.eml")}

    second = council.run(OVERDUE)

    assert first["messages"] == second["messages"] == {"sent": 2}
    assert {file: file.read_bytes() for file in council.outbox.rglob("*.eml")} == letters


def test_what_a_preview_shows_is_what_a_run_sends(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(4))
    council.run(EARLY)

    for on in weekdays(LAST, OVERDUE):
        preview = council.cin("preview", "--on", on, "--json").json
        council.run(on)
        assert [essence(message) for message in preview] == [essence(message) for message in messages_of(council, on)]


def essence(message: Any) -> Any:
    notices = sorted((one["case_ref"], one["duty"], one["stage"], one["due_on"], one["reason"]) for one in message["notices"])
    return message["key"], message["to"], message["subject"], notices


def test_a_letter_is_addressed_to_one_person_and_says_case_date_clause_and_why(council: SmallCouncil) -> None:
    council.run(EARLY)

    [letter] = council.letters()
    assert [address.addr_spec for address in letter["To"].addresses] == ["lena@council.gov.uk"]
    assert "C1" not in letter["Subject"]
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    for said in ("C1", "23 March", "paragraph 2", "lead practitioner"):
        assert said in text
    html = letter.get_body(("html",))
    assert html is not None
    assert "paragraph 2" in html.get_content()


# ---- who hears it instead


def told_early(council: SmallCouncil) -> list[tuple[str, str, str]]:
    """Who heard of the early stage: person, role, and why they."""
    council.write_records()
    council.run(EARLY)
    return [
        (message["to"]["person_ref"], notice["role"], notice["reason"])
        for message in council.messages()
        for notice in message["notices"]
        if notice["outcome"] == "told"
    ]


@pytest.mark.parametrize(
    "change, why",
    [
        ({"contact": "no"}, "the lead practitioner must not be contacted"),
        ({"email": None}, "the lead practitioner has no e-mail address"),
        ({"email": "lena at council"}, "the lead practitioner has an e-mail address that is none"),
        ({"active_until": "2026-03-15"}, "the lead practitioner has left"),  # Sunday
        ({"away_from": "2026-03-16", "away_until": "2026-03-16"}, "the lead practitioner is away until Mon 16 Mar 2026"),
        ({"kind": "family", "contact": "yes"}, "the lead practitioner is not a professional"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
def test_somebody_who_cannot_be_told_is_never_silence(council: SmallCouncil, change: dict[str, object], why: str) -> None:
    council.rows["cin_people"][0] |= change

    assert told_early(council) == [("TEAM", "team_manager", f"you are the team manager, and {why}")]
    assert "lena" not in " ".join(council.sent_to())


@pytest.mark.parametrize("active_until, told", [("2026-03-16", "LEAD"), ("2026-03-15", "TEAM")])
def test_the_last_day_of_a_person_still_counts(council: SmallCouncil, active_until: str, told: str) -> None:
    council.rows["cin_people"][0]["active_until"] = active_until

    assert [person for person, _, _ in told_early(council)] == [told]


def test_the_deputy_hears_for_somebody_who_is_away(council: SmallCouncil) -> None:
    council.rows["cin_people"][0] |= {"away_from": EARLY, "away_until": EARLY, "deputy_ref": "DEPUTY"}
    council.rows["cin_people"].append(professional("DEPUTY", "Dora Lane"))
    council.rows["cin_roles"].append(role("practice_manager", "DEPUTY", team="North"))

    assert told_early(council) == [("DEPUTY", "lead_practitioner", "you are the deputy of the lead practitioner, who is away")]


def test_a_deputy_from_another_team_is_not_told_and_the_next_role_up_hears_why(council: SmallCouncil) -> None:
    council.rows["cin_people"][0] |= {"away_from": EARLY, "away_until": EARLY, "deputy_ref": "DEPUTY"}
    council.rows["cin_people"].append(professional("DEPUTY", "Dora Lane"))
    council.rows["cin_roles"].append(role("practice_manager", "DEPUTY", team="South"))

    why = "the deputy of the lead practitioner, who is away, has no role in the case or its team"
    assert told_early(council) == [("TEAM", "team_manager", f"you are the team manager, and {why}")]


def test_a_role_that_ended_yesterday_is_no_longer_told(council: SmallCouncil) -> None:
    council.rows["cin_roles"][0]["until_on"] = "2026-03-15"  # Sunday

    assert told_early(council) == [("TEAM", "team_manager", "you are the team manager, and no lead practitioner is recorded")]


def test_a_role_of_the_case_wins_over_the_team(council: SmallCouncil) -> None:
    council.rows["cin_people"].append(professional("OTHER", "Otto Wren"))
    council.rows["cin_roles"].append(role("lead_practitioner", "OTHER", team="North"))

    assert [person for person, _, _ in told_early(council)] == ["LEAD"]


def test_an_address_outside_the_allowed_domains_is_refused_and_the_next_role_up_hears(council: SmallCouncil) -> None:
    council.delivery = 'mode = "folder"\nallowed_domains = ["council.gov.uk"]'
    council.write_settings()
    council.rows["cin_people"][0]["email"] = "lena@council.gov.uk.example"

    told = told_early(council)

    assert told == [
        (
            "TEAM",
            "team_manager",
            "you are the team manager, and the lead practitioner has an e-mail address outside the allowed domains",
        )
    ]


def test_where_nobody_at_all_can_be_told_the_run_says_how_often(council: SmallCouncil) -> None:
    for person in council.rows["cin_people"]:
        person["contact"] = "no"
    council.write_records()

    summary = council.run(EARLY)

    assert (summary["messages"], summary["untold"]) == ({}, 1)
    [meeting, *_] = council.cin("explain", "C1", "--on", EARLY, "--json").json
    [told] = meeting["told"]
    assert (told["stage"], told["outcome"]) == ("early", "no_recipient")
    assert "must not be contacted" in told["reason"]


# ---- two at once, and killed


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest) -> str:
    return "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))


def test_two_runs_at_once_send_each_person_each_message_once(ledger: str, tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server, rows=many_cases(20), ledger=ledger)

        both = [council.start("run", "--on", OVERDUE, "--json", "--live") for _ in range(2)]
        answers = [finished(process) for process in both]

        assert [answer.code for answer in answers] == [0, 0], answers
        assert recipients(server) == Counter(
            {f"leadc{count:03}@council.gov.uk": 1 for count in range(20)} | {"tom@council.gov.uk": 1}
        )
    assert {message["state"] for message in council.messages()} == {"sent"}
    assert len(council.messages()) == 21


def test_reports_written_at_once_are_whole_and_none_takes_anothers_away(council: SmallCouncil) -> None:
    council.run(OVERDUE)

    at_once = [council.start("report", "--on", OVERDUE, "--json") for _ in range(4)]
    answers = [finished(process) for process in at_once]

    assert [(answer.code, answer.err) for answer in answers] == [(0, "")] * 4
    assert all(answer.json == answers[0].json for answer in answers)
    assert not list((council.folder / "reports").glob(".*"))
    assert not list((council.folder / "reports").glob("*.new"))


def test_a_run_killed_at_any_moment_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(40))
    seeded = random.Random(7)

    for after in sorted(seeded.sample(range(1, 38), 3)):
        process = council.start("run", "--on", OVERDUE)
        while process.poll() is None and len(list(council.outbox.rglob("*.eml"))) < after:
            time.sleep(0.001)
        time.sleep(seeded.random() * 0.005)
        process.send_signal(signal.SIGKILL)
        finished(process)
    written = {file: file.stat().st_mtime_ns for file in council.outbox.rglob("*.eml")}
    assert 0 < len(written) < 41

    council.run(OVERDUE)

    assert len(council.letters()) == 41
    assert len(set(council.sent_to())) == 41
    assert {message["state"] for message in council.messages()} == {"sent"}
    rewritten = [file for file, at in written.items() if file.stat().st_mtime_ns != at]
    assert rewritten == []


def test_a_run_that_is_asked_to_stop_finishes_its_message_and_says_what_is_left(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(60))
    process = council.start("run", "--on", EARLY, "--json")
    while process.poll() is None and len(list(council.outbox.rglob("*.eml"))) < 3:
        time.sleep(0.001)

    process.terminate()
    answer = finished(process)

    assert answer.code == 1
    assert "stopped before every message had gone" in answer.json["failed"]
    states = Counter(message["state"] for message in council.messages())
    assert states["sent"] == len(council.letters())
    assert set(states) == {"sent", "planned"}
    assert council.run(EARLY)["messages"] == {"sent": 60}


# ---- live: to a real relay


def live_council(folder: Path, server: Running | int, *, notify_from: str | None = "2026-03-01", **more: Any) -> SmallCouncil:
    """A council whose messages really go to a relay on this machine."""
    port, ca_file = (server, "") if isinstance(server, int) else (server.port, f'ca_file = "{server.ca_file}"\n')
    since = f"notify_from = {notify_from}\n" if notify_from else ""
    security = more.pop("security", "starttls")
    return small_council(
        folder,
        delivery=f'mode = "live"\nallowed_domains = ["council.gov.uk"]\n{since}',
        more=f'[email]\nhost = "localhost"\nport = {port}\nsecurity = "{security}"\n{ca_file}'
        f'from_address = "cin-reminders@council.gov.uk"\nreply_to = "data@council.gov.uk"\n{more.pop("email", "")}',
        **more,
    )


def move_to(council: SmallCouncil, server: Running) -> None:
    """The relay is on another port now."""
    text = council.settings.read_text().splitlines()
    kept = [line for line in text if not line.startswith(("port =", "ca_file ="))]
    at = kept.index('host = "localhost"')
    council.settings.write_text(
        "\n".join([*kept[: at + 1], f"port = {server.port}", f'ca_file = "{server.ca_file}"', *kept[at + 1 :]])
    )


def recipients(server: Running) -> Counter[str]:
    assert all(len(taken.rcpt_tos) == 1 for taken in server.messages)
    return Counter(taken.rcpt_tos[0] for taken in server.messages)


def live(council: SmallCouncil, on: str) -> Answer:
    return council.cin("run", "--on", on, "--live", "--json")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_live_messages_go_over_tls_with_a_login_to_the_right_people_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: Any
) -> None:
    monkeypatch.setenv("CIN_REMINDERS__EMAIL__PASSWORD", "correct horse")
    with running_server(security=security, login=("cin", "correct horse")) as server:
        council = live_council(tmp_path, server, security=security, email='username = "cin"')

        for _ in range(2):
            answer = live(council, OVERDUE)
            assert (answer.code, answer.json["messages"]) == (0, {"sent": 2})

        assert recipients(server) == Counter(["lena@council.gov.uk", "tom@council.gov.uk"])
        assert {taken.user for taken in server.messages} == {"cin"}
        assert {taken.mail_from for taken in server.messages} == {"cin-reminders@council.gov.uk"}
        assert all(taken.parsed["Reply-To"].addresses[0].addr_spec == "data@council.gov.uk" for taken in server.messages)
    assert not council.outbox.exists()
    assert {message["channel"] for message in council.messages()} == {"email"}
    assert "correct horse" not in answer.out + answer.err


def test_live_without_the_word_that_messages_may_go_is_held(tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server)

        answer = council.cin("run", "--on", OVERDUE, "--json")

        assert answer.code == 3
        assert "neither --live nor CIN_REMINDERS__LIVE=true" in answer.json["held"]
        assert (server.connections, council.messages()) == (0, [])


def test_the_first_live_day_without_notify_from_is_held(tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server, notify_from=None)

        answer = live(council, OVERDUE)

        assert answer.code == 3
        assert "notify_from" in answer.json["held"]
        assert (server.connections, council.messages()) == (0, [])


@pytest.mark.parametrize("notify_from, stages", [(OVERDUE, {"overdue"}), ("2026-03-25", set())])
def test_people_hear_of_nothing_from_before_notify_from(tmp_path: Path, notify_from: str, stages: set[str]) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server, notify_from=notify_from)

        assert live(council, "2026-03-25").code == 0  # Wednesday

    assert {stage for _, _, stage, _ in council.told("2026-03-25")} == stages


def test_what_a_trial_wrote_to_files_does_not_count_as_told_when_live(tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server)
        settings = council.settings.read_text()
        council.settings.write_text(settings.replace('mode = "live"', 'mode = "folder"'))
        council.run(OVERDUE)
        assert len(council.letters()) == 2
        council.settings.write_text(settings)

        assert live(council, OVERDUE).json["messages"] == {"sent": 2}
        assert sum(recipients(server).values()) == 2
    assert Counter(message["mode"] for message in council.messages()) == {"folder": 2, "live": 2}


def test_while_the_relay_is_down_nothing_fails_and_the_next_run_sends(tmp_path: Path) -> None:
    council = live_council(tmp_path, refused_port())

    answer = live(council, OVERDUE)

    assert answer.code == 1
    assert "localhost" in answer.json["failed"]
    assert answer.json["messages"] == {"planned": 2}
    with running_server() as server:
        move_to(council, server)
        preview = council.cin("preview", "--on", OVERDUE, "--json").json
        assert sorted(message["to"]["person_ref"] for message in preview) == ["LEAD", "TEAM"]

        again = live(council, OVERDUE)

        assert (again.code, again.json["messages"]) == (0, {"sent": 2})
        assert sum(recipients(server).values()) == 2


def test_what_waited_overnight_goes_in_the_next_days_message(tmp_path: Path) -> None:
    council = live_council(tmp_path, refused_port())
    assert live(council, OVERDUE).code == 1
    with running_server() as server:
        move_to(council, server)

        assert live(council, "2026-03-25").json["messages"] == {"sent": 2}  # Wednesday

        assert recipients(server) == Counter(["lena@council.gov.uk", "tom@council.gov.uk"])
    assert Counter(message["state"] for message in council.messages()) == {"withdrawn": 2, "sent": 2}


def test_a_relay_with_a_strangers_certificate_gets_nothing(tmp_path: Path) -> None:
    with running_server(behaviour=Behaviour(certificate="self-signed")) as server:
        council = live_council(tmp_path, server)

        answer = live(council, OVERDUE)

        assert answer.code == 1
        assert "certificate" in answer.json["failed"]
        assert answer.json["messages"] == {"planned": 2}
        assert server.messages == []


def test_a_recipient_refused_for_good_is_failed_and_the_next_role_up_hears_at_the_next_run(tmp_path: Path) -> None:
    refuse_first = Behaviour(steps=(Step(at="RCPT", nth=1, reply="550 5.1.1 no such user"),))
    with running_server(behaviour=refuse_first) as server:
        council = live_council(tmp_path, server)

        first = live(council, EARLY)
        assert (first.code, first.json["messages"]) == (0, {"failed": 1})
        second = live(council, EARLY)

        assert (second.code, second.json["messages"]) == (0, {"failed": 1, "sent": 1})
        assert recipients(server) == Counter(["tom@council.gov.uk"])
    assert council.told(EARLY) == {("TEAM", "team_manager", "early", "C1")}
    [notice] = [notice for message in council.messages("--state", "sent") for notice in message["notices"]]
    assert notice["reason"] == "you are the team manager, and the lead practitioner could not be reached"


def test_greylisting_is_no_failure(tmp_path: Path) -> None:
    with running_server(behaviour=Behaviour(steps=(Step(at="RCPT", nth=1, reply="451 4.7.1 later"),))) as server:
        council = live_council(tmp_path, server)

        answer = live(council, EARLY)

        assert (answer.code, answer.json["messages"]) == (0, {"planned": 1})
        assert live(council, NEXT_DAY).json["messages"] == {"sent": 1}
        assert recipients(server) == Counter(["lena@council.gov.uk"])


def duty_met(council: SmallCouncil) -> None:
    council.rows["cin_meetings"] = [first_meeting(held_on=OVERDUE, record_shared_on=OVERDUE)]


def case_closed(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = [case(closed_on=OVERDUE)]


def role_ended(council: SmallCouncil) -> None:
    council.rows["cin_people"].append(professional("NEW", "Nina Frost"))
    council.rows["cin_roles"][0]["until_on"] = DUE
    council.rows["cin_roles"].append(role("lead_practitioner", "NEW", case_ref="C1", from_on=OVERDUE))


def must_not_be_contacted(council: SmallCouncil) -> None:
    council.rows["cin_people"][0]["contact"] = "no"


def date_moved(council: SmallCouncil) -> None:
    council.rows["cin_events"] = [plan_agreed(happened_on="2026-03-09")]  # Monday: due Mon 30 March


@pytest.mark.parametrize(
    "change, reason, others_sent",
    [
        (duty_met, "met meanwhile", 0),
        (case_closed, "ended: ", 0),
        (role_ended, "no longer holds the role", 1),
        (must_not_be_contacted, "must not be contacted", 1),
        (date_moved, "no longer late", 0),
    ],
)
@pytest.mark.parametrize("on", [OVERDUE, "2026-03-25"], ids=["the same day", "the next day"])
def test_what_is_no_longer_true_between_two_tries_is_not_sent_and_the_reason_kept(
    tmp_path: Path, change: Any, reason: str, others_sent: int, on: str
) -> None:
    council = live_council(tmp_path, refused_port())
    assert live(council, OVERDUE).code == 1
    change(council)
    council.write_records()
    with running_server() as server:
        move_to(council, server)

        assert live(council, on).code == 0

        assert recipients(server)["lena@council.gov.uk"] == 0
        assert recipients(server)["tom@council.gov.uk"] == others_sent
    mine = [notice for message in council.messages("--person", "LEAD") for notice in message["notices"]]
    assert [notice["outcome"] for notice in mine] == ["withdrawn"]
    if on == OVERDUE:
        assert reason in mine[0]["reason"]


def test_an_escalation_that_waits_still_goes_on_the_day_of_a_failed_extract(tmp_path: Path) -> None:
    rows = many_cases(10)
    council = live_council(tmp_path, refused_port(), rows=rows)
    assert live(council, "2026-03-13").code == 0  # Friday: nothing to tell
    assert live(council, OVERDUE).code == 1  # Tuesday: breaches that wait for the relay
    council.rows = rows | {"cin_cases": rows["cin_cases"][:4]}
    council.write_records()
    with running_server() as server:
        move_to(council, server)

        answer = live(council, OVERDUE)

        assert answer.code == 3
        assert "fell from 10 to 4" in answer.json["held"]
        assert answer.json["messages"]["sent"] == 5  # the run says what went, though it was held
        sent = recipients(server)
        assert sent == Counter({f"leadc{count:03}@council.gov.uk": 1 for count in range(4)} | {"tom@council.gov.uk": 1})
        # Of those whose case is missing from the extract nothing is inferred: their messages wait.
        assert Counter(message["state"] for message in council.messages() if message["day"] == OVERDUE) == {
            "sent": 5,
            "planned": 6,
        }


def test_on_a_day_that_is_no_working_day_live_messages_wait(tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server)

        saturday = live(council, "2026-03-21").json  # `last` was yesterday
        assert saturday["messages"] == {"planned": 1}
        assert saturday["note"] == "nothing is sent on Sat 21 Mar 2026 now, Saturday: waits until Monday 23 March 2026"
        (waiting,) = council.messages()
        assert waiting["reason"] == "Saturday: waits until Monday 23 March 2026"
        assert server.connections == 0
        assert live(council, DUE).json["messages"] == {"sent": 1}  # Monday, still in time
        assert live(council, DUE).json["messages"] == {"sent": 1}
        assert sum(recipients(server).values()) == 1


def test_a_live_run_for_a_day_to_come_is_held(tmp_path: Path) -> None:
    with running_server() as server:
        council = live_council(tmp_path, server)

        answer = live(council, "2033-03-01")

        assert answer.code == 3
        assert "future" in answer.json["held"]
        assert server.connections == 0


def test_a_report_written_later_says_what_the_run_said(council: SmallCouncil) -> None:
    """The figures of what was told come from the ledger, so that nobody reads afterwards that nobody was told."""
    said = Path(council.run(OVERDUE)["report"]).with_suffix(".json")
    before = said.read_text(encoding="utf-8")

    again = council.cin("report", "--on", OVERDUE, "--json")

    assert again.code == 0
    assert json.loads(before)["messages"] == {"sent": len(council.sent_to())}
    assert again.json == json.loads(before) == json.loads(said.read_text(encoding="utf-8"))
