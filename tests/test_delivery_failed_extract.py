"""Days on which the relay or the extract fails: what an extract is measured by, and what waits for a good one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from small_council import OVERDUE, Answer, SmallCouncil, many_cases, small_council
from smtp_server import Running, refused_port, running_server

NEXT_DAY = "2026-03-25"  # Wednesday


def live_council(folder: Path, rows: dict[str, Any]) -> SmallCouncil:
    """A council whose relay is down, so that all that is due waits."""
    council = small_council(
        folder, rows=rows, delivery='mode = "live"\nallowed_domains = ["council.gov.uk"]\nnotify_from = 2026-03-01'
    )
    reach(council, None)
    return council


def reach(council: SmallCouncil, server: Running | None) -> None:
    """Settings under which the relay is this one, or none that answers."""
    relay = f'port = {server.port}\nca_file = "{server.ca_file}"' if server else f"port = {refused_port()}"
    council.more = f'[email]\nhost = "localhost"\n{relay}\nsecurity = "starttls"\nfrom_address = "cin-reminders@council.gov.uk"\n'
    council.more += 'reply_to = "data@council.gov.uk"'
    council.write_settings()


def run(council: SmallCouncil, on: str) -> Answer:
    return council.cin("run", "--on", on, "--live", "--json")


def recipients(server: Running) -> Counter[str]:
    return Counter(taken.rcpt_tos[0] for taken in server.messages)


def lose_cases(council: SmallCouncil, left: int) -> None:
    council.rows = council.rows | {"cin_cases": council.rows["cin_cases"][:left]}
    council.write_records()


def test_an_extract_is_measured_though_no_message_ever_went(tmp_path: Path) -> None:
    council = live_council(tmp_path, many_cases(10))
    assert run(council, OVERDUE).code == 1  # the first run of all: read, planned, and nobody to take it
    lose_cases(council, 4)

    answer = run(council, NEXT_DAY)

    assert answer.code == 3
    assert "cin_cases fell from 10 to 4" in answer.json["held"]


def test_a_held_extract_is_never_what_the_next_is_measured_by(tmp_path: Path) -> None:
    council = live_council(tmp_path, many_cases(10))
    run(council, OVERDUE)
    lose_cases(council, 4)

    for _ in range(2):
        assert "cin_cases fell from 10 to 4" in run(council, NEXT_DAY).json["held"]


def test_records_that_could_not_be_read_are_no_measure(tmp_path: Path) -> None:
    council = live_council(tmp_path, many_cases(10))
    run(council, OVERDUE)
    records = (tmp_path / "records.db").read_bytes()
    (tmp_path / "records.db").unlink()
    assert run(council, OVERDUE).code == 1
    (tmp_path / "records.db").write_bytes(records)
    lose_cases(council, 4)

    assert "cin_cases fell from 10 to 4" in run(council, NEXT_DAY).json["held"]


def test_a_run_that_broke_off_after_reading_is_a_measure(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(10))
    (tmp_path / "outbox").write_text("no folder")
    assert council.cin("run", "--on", OVERDUE).code == 1
    (tmp_path / "outbox").unlink()
    lose_cases(council, 4)

    assert "cin_cases fell from 10 to 4" in council.cin("run", "--on", NEXT_DAY, "--json").json["held"]


def test_what_a_failed_extract_does_not_bear_out_waits_and_goes_the_moment_the_extract_is_good(tmp_path: Path) -> None:
    council = live_council(tmp_path, many_cases(10))
    run(council, OVERDUE)
    whole = council.rows
    lose_cases(council, 4)
    with running_server() as server:
        reach(council, server)
        assert run(council, OVERDUE).code == 3
        assert sum(recipients(server).values()) == 5
        waiting = council.messages("--state", "planned")
        assert {message["reason"] for message in waiting} == {"not borne out by the failed extract: waits for a good one"}
        assert {notice["outcome"] for message in waiting for notice in message["notices"]} == {"planned"}

        council.rows = whole
        council.write_records()
        answer = run(council, OVERDUE)

        assert (answer.code, answer.json["failed"]) == (0, None)
        assert Counter(f"leadc{number:03}@council.gov.uk" for number in range(10)) <= recipients(server)
        assert set(recipients(server).values()) == {1}
    assert {message["state"] for message in council.messages()} == {"sent"}


def test_an_extract_accepted_on_the_day_decides_at_once_what_waited(tmp_path: Path) -> None:
    council = live_council(tmp_path, many_cases(10))
    run(council, OVERDUE)
    lose_cases(council, 4)
    with running_server() as server:
        reach(council, server)
        run(council, OVERDUE)
        council.cin("accept-extract", "--on", OVERDUE, "--by", "A. Clerk", "--why", "six plans were archived")

        answer = run(council, OVERDUE)

        assert (answer.code, answer.json["failed"]) == (0, None)
        assert sum(recipients(server).values()) == 5
    assert Counter(message["state"] for message in council.messages()) == {"sent": 5, "withdrawn": 6}


def test_what_turned_untrue_overnight_shows_that_it_was_carried_over(tmp_path: Path) -> None:
    council = live_council(tmp_path, many_cases(2))
    run(council, OVERDUE)
    council.rows["cin_cases"][0]["closed_on"] = OVERDUE
    council.write_records()
    with running_server() as server:
        reach(council, server)
        assert run(council, NEXT_DAY).code == 0

    said = f"carried over to {NEXT_DAY}"
    shown = [(message, one) for message in council.messages() for one in message["notices"] if one["case_ref"] == "C000"]
    assert {message["to"]["person_ref"] for message, _ in shown} == {"LC000", "TEAM"}
    assert {(message["day"], message["state"], message["reason"]) for message, _ in shown} == {(OVERDUE, "withdrawn", said)}
    assert {(one["outcome"], one["reason"]) for _, one in shown} == {("withdrawn", said)}
    # What was still true stands, told, in the next day's message.
    still = {(message["day"], one["outcome"]) for message in council.messages("--case", "C001") for one in message["notices"]}
    assert (NEXT_DAY, "told") in still
    [explained, *_] = council.cin("explain", "C000", "--on", NEXT_DAY, "--json").json
    assert {(told["outcome"], told["reason"]) for told in explained["told"] if told["person_ref"]} == {("withdrawn", said)}
    assert said in council.cin("explain", "C000", "--on", NEXT_DAY).out
