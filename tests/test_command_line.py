"""The command line as a council's data team meets it: what each command prints, what it leaves alone, how it ends."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from small_council import (
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    PROGRAM,
    SmallCouncil,
    case,
    cin,
    finished,
    first_meeting,
    many_cases,
    of,
    small_council,
    working_in,
)

from cin_reminders.ledger_schema import VERSION, VERSION_TABLE

STANDINGS = {"upcoming", "overdue", "met", "met_late", "ended", "unknown"}


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file but the ledger's own working files, with what is in it."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith(("-wal", "-shm"))
    }


def is_date_or_null(value: object) -> bool:
    return value is None or (isinstance(value, str) and date.fromisoformat(value).isoformat() == value)


# ---- what is printed where


@pytest.mark.parametrize(
    "arguments",
    [
        ("obligations", "--on", EARLY, "--json"),
        ("explain", "C1", "--on", EARLY, "--json"),
        ("preview", "--on", EARLY, "--json"),
        ("run", "--on", EARLY, "--json"),
        ("ledger", "--json"),
        ("report", "--on", EARLY, "--json"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_json_is_one_document_on_standard_output_and_nothing_else(council: SmallCouncil, arguments: tuple[str, ...]) -> None:
    answer = council.cin(*arguments)

    assert answer.code == 0
    assert isinstance(answer.json, (list, dict))
    assert answer.err == ""


def test_the_installed_program_keeps_to_it_in_a_process_of_its_own(council: SmallCouncil) -> None:
    answer = finished(council.start("run", "--on", EARLY, "--json"))

    assert (answer.code, answer.json["messages"]) == (0, {"sent": 1})
    assert answer.err == ""


def test_obligations_have_the_promised_keys_and_types(council: SmallCouncil) -> None:
    council.rows["cin_meetings"] = [first_meeting(held_on="2026-03-24", recorded_on="2026-03-26")]  # Tuesday, a day late
    council.write_records()

    found = council.cin("obligations", "--on", "2026-04-08", "--json").json

    promised = {"case_ref", "policy", "duty", "started_on", "due_on", "book_by", "standing", "met_on", "ended_on"}
    promised |= {"working_days_late", "missing", "figure", "clause"}
    for one in found:
        assert promised <= set(one)
        assert all(is_date_or_null(one[name]) for name in ("started_on", "due_on", "book_by", "met_on", "ended_on"))
        assert type(one["working_days_late"]) is int
        assert isinstance(one["missing"], list)
        assert one["standing"] in STANDINGS
        assert one["figure"] in ("procedure", "council")
        assert all(isinstance(one[name], str) and one[name] for name in ("case_ref", "policy", "duty", "clause"))
    assert len({json.dumps(one, sort_keys=True) for one in found}) == len(found)
    [meeting] = of(found, duty="initial_meeting")
    assert (meeting["due_on"], meeting["met_on"], meeting["standing"]) == (DUE, "2026-03-24", "met_late")
    assert meeting["working_days_late"] == 1


def test_messages_have_the_promised_keys_in_preview_and_in_the_ledger(council: SmallCouncil) -> None:
    preview = council.cin("preview", "--on", EARLY, "--json").json
    council.run(EARLY)
    ledger = council.messages()

    for found, state in ((preview, "planned"), (ledger, "sent")):
        [message] = found
        assert {"key", "state", "channel", "to", "subject", "notices"} <= set(message)
        assert (message["state"], message["channel"]) == (state, "folder")
        assert message["to"] == {"person_ref": "LEAD", "role": "lead_practitioner"}
        [notice] = message["notices"]
        assert {"case_ref", "duty", "stage", "due_on", "reason"} <= set(notice)
        assert (notice["case_ref"], notice["duty"], notice["stage"], notice["due_on"]) == ("C1", "initial_meeting", "early", DUE)
        assert notice["reason"] == "you are the lead practitioner"
    assert preview[0]["subject"] == ledger[0]["subject"]


def test_a_run_has_the_promised_keys_and_types(council: SmallCouncil) -> None:
    summary = council.run(EARLY)

    assert summary["business_date"] == EARLY
    for name in ("rows_read", "rows_accepted", "rows_rejected", "cases_evaluated"):
        assert type(summary[name]) is int
    assert set(summary["obligations"]) == STANDINGS
    assert all(type(count) is int for count in (*summary["obligations"].values(), *summary["messages"].values()))
    assert summary["held"] is None


def test_the_tables_for_people_cut_no_date_short(council: SmallCouncil) -> None:
    answer = council.cin("obligations", "--on", OVERDUE)

    assert DUE in answer.out
    assert "initial_meeting" in re.sub(r"\s|[│┃]", "", answer.out) or "initial_meeting" in answer.out
    assert "…" not in answer.out


# ---- what is asked for


@pytest.mark.parametrize("on", ["yesterday", "31/03/2026", "2026-02-31", "2026-3-2", "20260302", "1970-01-01", "2099-01-01", ""])
@pytest.mark.parametrize("command", ["run", "obligations", "accept-extract", "release-run", "hold", "release"])
def test_a_business_date_that_cannot_be_is_refused(council: SmallCouncil, command: str, on: str) -> None:
    before = files_of(council.folder)
    more = () if command in ("run", "obligations") else ("--by", "A. Clerk", "--why", "asked")
    more += {"hold": ("C1", "--until", EARLY), "release": ("C1",)}.get(command, ())

    answer = council.cin(command, "--on", on, *more)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"cin-reminders: --on {on}: ")
    assert len(answer.err.splitlines()) == 1
    assert files_of(council.folder) == before


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("obligations", "--standing", "overdu"), "did you mean 'overdue'?"),
        (("obligations", "--case", "C01"), "did you mean 'C1'?"),
        (("explain", "C01"), "did you mean 'C1'?"),
        (("ledger", "--state", "uncertian"), "did you mean 'uncertain'?"),
        (("rnu",), "Did you mean 'run'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_word_that_is_none_gets_the_nearest_one(council: SmallCouncil, arguments: tuple[str, ...], said: str) -> None:
    answer = council.cin(*arguments)

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_an_unknown_case_does_not_list_every_case_of_the_council(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(40))

    answer = council.cin("explain", "ZEBRA", "--on", EARLY)

    assert answer.code == 2
    assert "no such case" in answer.err
    assert len(answer.err) < 200


def test_obligations_can_be_narrowed_to_a_case_and_a_standing(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(3))

    of_one = council.cin("obligations", "--on", OVERDUE, "--case", "C001", "--json").json
    overdue = council.cin("obligations", "--on", OVERDUE, "--standing", "overdue", "--json").json

    assert {one["case_ref"] for one in of_one} == {"C001"}
    assert {(one["case_ref"], one["duty"]) for one in overdue} == {(ref, "initial_meeting") for ref in ("C000", "C001", "C002")}


def test_obligations_of_a_closed_case_are_listed_only_when_asked_for(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = [case(closed_on="2026-03-10")]  # Tuesday
    council.write_records()

    open_on_the_day_before = council.cin("obligations", "--on", "2026-03-09", "--json").json
    assert [one["standing"] for one in of(open_on_the_day_before, duty="initial_meeting")] == ["upcoming"]
    assert council.cin("obligations", "--on", "2026-03-10", "--json").json == []
    closed = council.cin("obligations", "--on", "2026-03-10", "--closed", "--json").json
    assert [(one["standing"], one["ended_on"]) for one in of(closed, duty="initial_meeting")] == [("ended", "2026-03-10")]


def test_explain_counts_every_day_and_says_who_hears_next(council: SmallCouncil) -> None:
    [one, *_] = council.cin("explain", "C1", "--on", "2026-03-13", "--json").json  # Friday

    assert (one["duty"], one["clause"], one["due_on"]) == ("initial_meeting", "paragraph 2", DUE)
    assert [step["number"] for step in one["steps"] if step["number"]] == list(range(1, 16))
    assert {step["why"] for step in one["steps"] if not step["number"]} == {"Saturday", "Sunday"}
    assert [(stage["stage"], stage["on"]) for stage in one["to_come"]][:3] == [
        ("early", EARLY),
        ("last", LAST),
        ("overdue", OVERDUE),
    ]
    assert [to["person_ref"] for to in one["to_come"][2]["to"]] == ["LEAD", "TEAM"]


def test_explain_says_who_was_told(council: SmallCouncil) -> None:
    council.run(EARLY)

    [one, *_] = council.cin("explain", "C1", "--on", EARLY, "--json").json

    assert [(told["stage"], told["person_ref"], told["outcome"]) for told in one["told"]] == [("early", "LEAD", "told")]


def test_explain_of_a_case_outside_the_procedure_says_so(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", plan_type="family_support"))
    council.write_records()

    answer = council.cin("explain", "C2", "--on", EARLY)

    assert answer.code == 2
    assert "plan type" in answer.err
    assert "cumbria" in answer.err


# ---- what is left alone


@pytest.mark.parametrize(
    "arguments",
    [("check",), ("obligations", "--on", EARLY), ("explain", "C1", "--on", EARLY), ("preview", "--on", EARLY), ("ledger",)],
    ids=lambda arguments: arguments[0],
)
def test_looking_changes_nothing(council: SmallCouncil, arguments: tuple[str, ...]) -> None:
    before = files_of(council.folder)

    assert council.cin(*arguments).code == 0

    assert files_of(council.folder) == before
    assert council.messages() == []


def test_a_preview_into_a_folder_writes_what_a_run_would_and_still_tells_nobody(council: SmallCouncil, tmp_path: Path) -> None:
    assert council.cin("preview", "--on", EARLY, "--out", str(tmp_path / "look")).code == 0

    assert len(list((tmp_path / "look").rglob("*.eml"))) == 1
    assert not council.outbox.exists()
    assert council.messages() == []
    assert council.run(EARLY)["messages"] == {"sent": 1}


def test_a_preview_after_the_run_is_empty(council: SmallCouncil) -> None:
    council.run(EARLY)

    assert council.cin("preview", "--on", EARLY, "--json").json == []


def test_a_preview_works_before_there_is_a_ledger(tmp_path: Path) -> None:
    council = small_council(tmp_path, set_up=False)

    assert len(council.cin("preview", "--on", EARLY, "--json").json) == 1
    assert not (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize("command", ["preview", "report"])
def test_a_folder_that_cannot_be_written_is_named(council: SmallCouncil, command: str) -> None:
    answer = council.cin(command, "--on", EARLY, "--out", str(council.settings))

    assert answer.code == 1
    assert "cin_reminders.toml" in answer.err or "folder" in answer.err


def test_a_report_is_three_files_that_only_their_owner_reads(council: SmallCouncil, tmp_path: Path) -> None:
    answer = council.cin("report", "--on", OVERDUE, "--out", str(tmp_path / "for-me"), "--json")

    assert answer.json["on"] == OVERDUE
    files = sorted((tmp_path / "for-me").iterdir())
    assert [file.name for file in files] == [f"report-{OVERDUE}.{ending}" for ending in ("csv", "html", "json")]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert not (council.folder / "reports").exists()


def test_a_cell_of_the_report_is_never_a_formula(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = [case(label="=cmd|calc", team="@North")]
    council.rows["cin_roles"] = [row | ({"team": "@North"} if row.get("team") else {}) for row in council.rows["cin_roles"]]
    council.rows["cin_people"][0]["name"] = "-Lena"
    council.write_records()
    council.run(OVERDUE)

    lines = (council.folder / "reports" / f"report-{OVERDUE}.csv").read_text(encoding="utf-8")

    assert "cmd|calc" in lines
    assert not re.search(r'(^|,)"?[=+\-@]', lines, re.MULTILINE)


# ---- settings file and ledger


def test_init_writes_settings_and_an_empty_ledger_once(tmp_path: Path) -> None:
    settings = tmp_path / "cin_reminders.toml"

    first = cin("--settings", str(settings), "init", "--policy", "norfolk")
    assert first.code == 0
    assert 'policy = "norfolk"' in settings.read_text()
    assert (tmp_path / "ledger.db").stat().st_mode & 0o777 == 0o600
    settings.write_text(settings.read_text() + "# ours\n")
    before = files_of(tmp_path)

    second = cin("--settings", str(settings), "init", "--policy", "salford")
    assert second.code == 0
    assert second.out.count("left as it is") == 2
    assert files_of(tmp_path) == before


def test_init_uses_the_working_folder_when_no_file_is_named(tmp_path: Path) -> None:
    with working_in(tmp_path):
        assert cin("init").code == 0

    assert sorted(file.name for file in tmp_path.iterdir() if "-" not in file.name) == ["cin_reminders.toml", "ledger.db"]


def test_init_of_an_unknown_pack_writes_nothing(tmp_path: Path) -> None:
    answer = cin("--settings", str(tmp_path / "cin_reminders.toml"), "init", "--policy", "cumbra")

    assert answer.code == 2
    assert "did you mean 'cumbria'?" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_init_in_a_folder_that_does_not_exist_says_so(tmp_path: Path) -> None:
    answer = cin("--settings", str(tmp_path / "nowhere" / "cin_reminders.toml"), "init")

    assert answer.code in (1, 2)
    assert "nowhere" in answer.err


def test_what_init_writes_passes_every_check_but_for_the_records_that_are_not_there(tmp_path: Path) -> None:
    settings = tmp_path / "cin_reminders.toml"
    cin("--settings", str(settings), "init")

    answer = cin("--settings", str(settings), "check", "--on", EARLY)

    assert answer.code == 1
    [problem] = [line for line in answer.out.splitlines() if line.startswith("problem: ")]
    assert "records.db" in problem


def test_a_run_without_a_ledger_is_refused_and_makes_none(tmp_path: Path) -> None:
    council = small_council(tmp_path, set_up=False)
    before = files_of(tmp_path)

    answer = council.cin("run", "--on", EARLY, "--json")

    assert (answer.code, answer.out) == (1, "")
    assert "ledger.db does not exist" in answer.err
    assert "cin-reminders init" in answer.err
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("command", [("ledger",), ("upgrade",), ("settle", "K", "--as", "sent", "--by", "me", "--why", "seen")])
def test_no_other_command_makes_a_ledger_either(tmp_path: Path, command: tuple[str, ...]) -> None:
    council = small_council(tmp_path, set_up=False)

    assert council.cin(*command).code == 1
    assert not (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize("command", [("run", "--on", EARLY), ("ledger",), ("upgrade",), ("init",), ("preview", "--on", EARLY)])
def test_a_ledger_of_a_newer_program_is_left_alone(council: SmallCouncil, command: tuple[str, ...]) -> None:
    set_version(council, "9999")

    answer = council.cin(*command)

    assert answer.code == 1
    assert "version 9999, newer than this program's" in answer.err
    assert version(council) == "9999"
    assert not council.outbox.exists()


def test_upgrade_says_the_version_and_changes_nothing_where_it_is_the_newest(council: SmallCouncil) -> None:
    answer = council.cin("upgrade")

    assert answer.code == 0
    assert VERSION in answer.out
    assert version(council) == VERSION


def version(council: SmallCouncil) -> str:
    connection = sqlite3.connect(council.folder / "ledger.db")
    [(found,)] = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}")
    connection.close()
    return str(found)


def set_version(council: SmallCouncil, number: str) -> None:
    in_ledger(council, f"UPDATE {VERSION_TABLE} SET version_num = ?", number)


def in_ledger(council: SmallCouncil, statement: str, *values: str) -> None:
    connection = sqlite3.connect(council.folder / "ledger.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


# ---- settle, ledger


def doubtful(council: SmallCouncil) -> str:
    """A message of which nobody knows whether it arrived, as a crash would leave it."""
    council.run(EARLY)
    [message] = council.messages()
    in_ledger(council, "UPDATE message SET state = 'uncertain', settled_at = NULL")
    in_ledger(council, "UPDATE notice SET outcome = 'planned'")
    return str(message["key"])


@pytest.mark.parametrize("as_, state", [("sent", "sent"), ("failed", "failed"), ("resend", "planned")])
def test_a_person_settles_a_doubtful_message(council: SmallCouncil, as_: str, state: str) -> None:
    key = doubtful(council)

    answer = council.cin("settle", key, "--as", as_, "--by", "A. Clerk", "--why", "looked into the mailbox")

    assert answer.code == 0
    [message] = council.messages()
    assert (message["state"], "looked into the mailbox" in message["reason"]) == (state, True)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"--as": "snet"}, "sent, failed, resend"),
        ({"--by": " "}, "by"),
        ({"--why": ""}, "why"),
        ({"key": "no/such/key"}, "no/such/key"),
    ],
)
def test_a_settlement_that_says_too_little_is_refused(council: SmallCouncil, change: Mapping[str, str], said: str) -> None:
    given = {"key": doubtful(council), "--as": "sent", "--by": "A. Clerk", "--why": "seen"} | change
    key = given.pop("key")

    answer = council.cin("settle", key, *(part for pair in given.items() for part in pair))

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert council.messages()[0]["state"] == "uncertain"


def test_a_message_that_arrived_is_not_settled_again(council: SmallCouncil) -> None:
    council.run(EARLY)
    [message] = council.messages()

    answer = council.cin("settle", message["key"], "--as", "resend", "--by", "A. Clerk", "--why", "to be sure")

    assert answer.code == 2
    assert "only an uncertain one" in answer.err


def test_the_ledger_is_asked_by_state_case_and_person(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(3))
    council.run(EARLY)

    assert len(council.messages("--state", "sent")) == 3
    assert council.messages("--state", "failed") == []
    assert [message["to"]["person_ref"] for message in council.messages("--case", "C001")] == ["LC001"]
    assert [message["notices"][0]["case_ref"] for message in council.messages("--person", "LC002")] == ["C002"]


# ---- check


def test_check_is_quiet_about_problems_where_there_are_none(council: SmallCouncil) -> None:
    answer = council.cin("check", "--on", EARLY)

    assert (answer.code, answer.err) == (0, "")
    assert "problem" not in answer.out


def test_check_lists_every_problem_one_a_line(council: SmallCouncil) -> None:
    council.without = {"cin_events.happened_on", "cin_people.name", "cin_roles"}
    council.write_records()
    council.policy = "cumbra"
    council.more = '[email]\nfrom_address = "no address"'
    council.write_settings()
    set_version(council, "9999")

    answer = council.cin("check", "--on", EARLY)

    problems = [line for line in answer.out.splitlines() if line.startswith("problem: ")]
    assert answer.code == 1
    for place in ("cin_events.happened_on", "cin_people.name", "cin_roles", "did you mean 'cumbria'?", "from_address", "9999"):
        assert len([line for line in problems if place in line]) == 1, (place, problems)
    assert len(problems) == 6
    assert "6 problems" in answer.out


def test_check_notes_what_a_run_would_report(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", team="East", closed_on="31/02/2026"))
    council.rows["cin_cases"].append(case("C3", plan_type="family_support"))
    council.rows["cin_cases"].append(case("C4", team="South"))
    council.without = {"cin_transfers"}
    council.write_records()

    answer = council.cin("check", "--on", EARLY)

    assert answer.code == 0
    for said in (
        "cin_cases C2: closed_on",
        "1 case of a plan type",
        "team South has no team manager",
        "cin_transfers is not supplied",
    ):
        assert said in answer.out


def test_check_says_how_many_messages_wait_for_a_person(council: SmallCouncil) -> None:
    doubtful(council)

    assert "1 message" in council.cin("check", "--on", EARLY).out


# ---- the world around


def test_paths_count_from_the_settings_file_wherever_the_program_is_called(council: SmallCouncil, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    with working_in(elsewhere):
        answer = cin("--settings", "../cin_reminders.toml", "run", "--on", EARLY, "--json")

    assert answer.code == 0
    assert list(elsewhere.iterdir()) == []
    assert len(council.letters()) == 1
    assert (council.folder / "reports" / f"report-{EARLY}.html").exists()


@pytest.mark.parametrize("number", [1, 600], ids=["a short list", "more than a pipe holds"])
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, number: int) -> None:
    council = small_council(tmp_path, rows=many_cases(number))
    process = council.start("obligations", "--on", EARLY, "--json")
    assert process.stdout is not None
    process.stdout.close()

    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.wait(30)


def test_help_names_every_command_without_any_settings(tmp_path: Path) -> None:
    answer = subprocess.run([PROGRAM, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)

    looking = ("check", "obligations", "explain", "preview", "ledger", "report", "audit")
    deciding = ("hold", "release", "release-run", "accept-extract", "settle")
    for command in ("demo", "init", "upgrade", "run", *looking, *deciding):
        assert re.search(rf"^  {command} ", answer.stdout, re.MULTILINE), command


def test_a_report_that_cannot_be_written_makes_the_run_incomplete_and_untells_nobody(council: SmallCouncil) -> None:
    (council.folder / "reports").write_text("in the way")

    answer = council.cin("run", "--on", EARLY, "--json")

    assert answer.code == 1
    assert "the report cannot be written" in answer.json["failed"]
    assert answer.json["messages"] == {"sent": 1}
    assert len(council.letters()) == 1


def test_a_fault_that_nobody_foresaw_is_one_line_that_repeats_nothing(
    council: SmallCouncil, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("Lena Moss")

    monkeypatch.setattr("cin_reminders.cli.look.show_obligations", broken)

    answer = council.cin("obligations", "--on", EARLY)

    assert answer.code == 1
    assert answer.err.startswith("cin-reminders: a fault of this program: KeyError in test_command_line.py, line ")
    assert "Lena" not in answer.err
