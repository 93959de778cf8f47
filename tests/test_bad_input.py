"""Records that are wrong: what stops a run before anything is worked out, what holds it, and what only spoils a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_council import (
    EARLY,
    LAST,
    OVERDUE,
    TO_SERVICE_MANAGER,
    Row,
    SmallCouncil,
    case,
    first_meeting,
    head_of_service,
    lead,
    managers,
    many_cases,
    of,
    plan_agreed,
    role,
    service_manager,
    small_council,
    team_manager,
    usual_rows,
)
from smtp_server import refused_port

from cin_reminders.records.relations import RELATIONS


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


@pytest.fixture(params=["csv", "sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> SmallCouncil:
    """The same council with its records in each place they may lie."""
    where = {"csv": "csv:extract", "sqlite": "sqlite:///records.db"}
    records = where.get(request.param) or str(request.getfixturevalue("postgresql_url"))
    return small_council(tmp_path, records=records)


def nothing_came_of_it(council: SmallCouncil) -> None:
    assert council.messages() == []
    assert not council.outbox.exists()
    assert not (council.folder / "reports").exists()


# ---- what stops a run


def test_the_same_records_give_the_same_run_wherever_they_lie(anywhere: SmallCouncil) -> None:
    summary = anywhere.run(EARLY)

    assert (summary["rows_read"], summary["rows_accepted"], summary["cases_evaluated"]) == (11, 11, 1)
    assert summary["obligations"] == {"upcoming": 1, "overdue": 0, "met": 0, "met_late": 0, "ended": 0, "unknown": 1}
    assert anywhere.told(EARLY) == {("LEAD", "lead_practitioner", "early", "C1")}


@pytest.mark.parametrize("command", ["run", "obligations", "preview", "report"])
def test_missing_columns_and_relations_are_all_named_before_anything_is_worked_out(anywhere: SmallCouncil, command: str) -> None:
    anywhere.without = {"cin_events.happened_on", "cin_cases.plan_type", "cin_roles"}
    anywhere.write_records()

    answer = anywhere.cin(command, "--on", EARLY, "--json")

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.splitlines() == [
        "cin-reminders: cin_cases.plan_type: missing; the column is required",
        "cin-reminders: cin_events.happened_on: missing; the column is required",
        "cin-reminders: cin_roles: missing; a table, view, CSV file or query of this name is required",
    ]
    nothing_came_of_it(anywhere)


def test_optional_columns_and_relations_may_be_absent(anywhere: SmallCouncil) -> None:
    optional = [relation.name for relation in RELATIONS.values() if not relation.required]
    anywhere.rows["cin_facts"] = []
    anywhere.without = {*optional, "cin_cases.label", "cin_cases.closed_on", "cin_people.contact", "cin_roles.until_on"}
    anywhere.write_records()

    summary = anywhere.run(EARLY)

    assert summary["not_supplied"] == sorted(optional)
    assert summary["messages"] == {"sent": 1}


def test_records_that_are_not_there_are_named(council: SmallCouncil) -> None:
    (council.folder / "records.db").unlink()

    answer = council.cin("run", "--on", EARLY, "--json")

    assert (answer.code, answer.out) == (1, "")
    assert "records.db" in answer.err
    nothing_came_of_it(council)


def test_a_database_that_cannot_be_reached_is_named_without_its_password(council: SmallCouncil) -> None:
    council.records = f"postgresql+psycopg://reader:hunter2@127.0.0.1:{refused_port()}/mosaic"
    council.write_settings()

    for command in (("run", "--on", EARLY), ("check", "--on", EARLY), ("obligations", "--on", EARLY)):
        answer = council.cin(*command)

        assert answer.code == 1
        assert "mosaic" in answer.err + answer.out
        assert "hunter2" not in answer.err + answer.out
    nothing_came_of_it(council)


def test_a_ledger_that_cannot_be_reached_is_named_without_its_password(council: SmallCouncil) -> None:
    council.ledger = f"postgresql+psycopg://keeper:hunter2@127.0.0.1:{refused_port()}/ledger"
    council.write_settings()

    for command in (
        ("run", "--on", EARLY),
        ("check", "--on", EARLY),
        ("ledger",),
        ("init",),
        ("upgrade",),
        ("preview", "--on", EARLY),
    ):
        answer = council.cin(*command)

        assert answer.code == 1, command
        assert "ledger" in answer.err + answer.out
        assert "hunter2" not in answer.err + answer.out
    assert not council.outbox.exists()


def test_a_run_that_could_not_read_the_records_goes_well_once_they_are_there_again(council: SmallCouncil) -> None:
    records = council.folder / "records.db"
    away = records.rename(council.folder / "away.db")
    assert council.cin("run", "--on", EARLY).code == 1

    away.rename(records)

    assert council.run(EARLY)["messages"] == {"sent": 1}


# ---- what spoils a row


ONE_BAD_ROW_EACH: dict[str, tuple[Row, str]] = {
    "cin_cases": (case("C9", closed_on="31/02/2026"), "closed_on"),
    "cin_facts": ({"case_ref": "C1", "fact": "disabled", "value": "perhaps"}, "value"),
    "cin_events": (plan_agreed("C1", event_ref="E9", happened_on="2026-02-31"), "happened_on"),
    "cin_meetings": ({"meeting_ref": "M9", "case_ref": "C1", "kind": "chat", "scheduled_at": "2026-03-23T10:00"}, "kind"),
    "cin_attendees": ({"meeting_ref": "M9", "person_ref": "LEAD", "capacity": "uncle"}, "capacity"),
    "cin_people": (lead(person_ref="P9", name=None), "name"),
    "cin_roles": (role("lead_practitioner", "LEAD", case_ref="C1", team="North"), "case_ref"),
    "cin_actions": ({"action_ref": "A9", "case_ref": "C1", "due_on": "1900-01-01"}, "due_on"),
    "cin_visits": ({"visit_ref": "V9", "case_ref": "C1", "visited_on": "2099-01-01"}, "visited_on"),
    "cin_transfers": ({"transfer_ref": "T9", "case_ref": "C1", "direction": "sideways"}, "direction"),
}


def test_a_bad_row_of_each_relation_is_counted_and_named_and_the_rest_goes_on(anywhere: SmallCouncil) -> None:
    for relation, (row, _) in ONE_BAD_ROW_EACH.items():
        anywhere.rows.setdefault(relation, []).append(row)
    anywhere.write_records()

    summary = anywhere.run(EARLY)

    assert summary["rows_read"] == sum(len(rows) for rows in anywhere.rows.values()) == 21
    assert summary["rows_rejected"] == 10
    assert summary["rows_read"] == summary["rows_accepted"] + summary["rows_rejected"]
    assert [(one["relation"], one["column"]) for one in summary["rejections"]] == [
        (relation, column) for relation, (_, column) in ONE_BAD_ROW_EACH.items()
    ]
    assert all(one["key"] and one["reason"] for one in summary["rejections"])
    assert ("LEAD", "lead_practitioner", "early", "C1") in anywhere.told(EARLY)


def test_a_reason_never_repeats_the_cell(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C9", closed_on="Billy Fisher"))
    council.rows["cin_people"].append(lead(person_ref="P9", kind="Billy Fisher"))
    council.write_records()

    answer = council.cin("run", "--on", EARLY, "--json")

    assert answer.json["rows_rejected"] == 2
    assert "Billy" not in answer.out + answer.err


def test_the_team_manager_of_a_case_that_cannot_be_read_hears_of_it_at_every_run(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C9", closed_on="31/02/2026"))
    council.write_records()

    for on in (EARLY, "2026-03-17", "2026-03-18"):  # Monday to Wednesday
        council.run(on)
        assert ("TEAM", "team_manager", "unreadable", "C9") in council.told(on)
    assert (
        council.cin("explain", "C9", "--on", EARLY).err
        == "cin-reminders: case C9: its row was rejected; `cin-reminders check` says why\n"
    )


def test_two_rows_of_one_key_that_agree_are_one(council: SmallCouncil) -> None:
    council.rows["cin_events"].append(plan_agreed())
    council.write_records()

    summary = council.run(EARLY)

    assert (summary["rows_read"], summary["rows_rejected"], summary["quarantined"]) == (12, 0, [])
    assert summary["messages"] == {"sent": 1}


def test_a_case_whose_rows_disagree_gets_no_reminder_and_escalates_by_the_earlier_date(council: SmallCouncil) -> None:
    # Monday, a week after the other: by this row the meeting would be due on Monday 30 March.
    council.rows["cin_events"].append(plan_agreed(happened_on="2026-03-09"))
    council.write_records()

    for on in (EARLY, LAST):
        summary = council.run(on)
        assert (summary["quarantined"], summary["messages"]) == (["C1"], {})
    [meeting] = of(council.cin("obligations", "--on", LAST, "--json").json, duty="initial_meeting")
    assert (meeting["due_on"], meeting["standing"]) == ("2026-03-23", "upcoming")

    council.run(OVERDUE)
    assert council.told(OVERDUE) == {
        ("LEAD", "lead_practitioner", "overdue", "C1"),
        ("TEAM", "team_manager", "overdue", "C1"),
    }


def test_a_case_of_a_plan_type_outside_the_procedure_is_counted_and_no_error(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", plan_type="family_support"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.write_records()

    summary = council.run(EARLY)

    assert (summary["cases_evaluated"], summary["out_of_scope"], summary["rows_rejected"]) == (1, 1, 0)


# ---- what holds a run


def held(council: SmallCouncil, on: str) -> str:
    """Why a run was held: exit 3, and nothing new was told."""
    before = council.messages()
    answer = council.cin("run", "--on", on, "--json")
    assert answer.code == 3, answer.out + answer.err
    assert council.messages() == before
    why = answer.json["held"]
    assert isinstance(why, str)
    return why


def test_an_empty_extract_is_held_and_closes_nothing(anywhere: SmallCouncil) -> None:
    anywhere.run(EARLY)
    rows, anywhere.rows = anywhere.rows, {}
    anywhere.write_records()

    assert "empty" in held(anywhere, OVERDUE)

    anywhere.rows = rows
    anywhere.write_records()
    anywhere.run(OVERDUE)
    assert anywhere.told(OVERDUE) == {("LEAD", "lead_practitioner", "overdue", "C1"), ("TEAM", "team_manager", "overdue", "C1")}


def test_an_empty_extract_is_held_on_the_very_first_day_too(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows={"cin_cases": []})

    assert "empty" in held(council, EARLY)


def test_an_extract_of_which_every_case_is_unreadable_is_held(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = [case(plan_type=None)]
    council.write_records()

    assert "rejected" in held(council, EARLY)


def test_a_half_loaded_extract_is_held_until_a_person_accepts_it(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(10))
    council.run("2026-03-13")  # Friday
    council.rows["cin_cases"] = council.rows["cin_cases"][:5]
    council.write_records()

    assert "cin_cases fell from 10 to 5" in held(council, EARLY)
    assert "cin_cases fell from 10 to 5" in held(council, EARLY)
    accepted = council.cin("accept-extract", "--on", EARLY, "--by", "A. Clerk", "--why", "five plans were archived")
    assert accepted.code == 0
    assert council.run(EARLY)["messages"] == {"sent": 5}
    # From then on it is what the next is measured by.
    assert council.run("2026-03-17")["held"] is None


@pytest.mark.parametrize(
    "by, why, said",
    [("", "archived", "--by: must say who decides it"), ("A. Clerk", " ", "--why: must say why it is decided so")],
)
def test_an_extract_is_accepted_by_somebody_for_a_reason(council: SmallCouncil, by: str, why: str, said: str) -> None:
    answer = council.cin("accept-extract", "--on", EARLY, "--by", by, "--why", why)

    assert answer.code == 2
    assert said in answer.err


def test_an_acceptance_is_for_its_own_day(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(10))
    council.run("2026-03-13")  # Friday
    council.rows["cin_cases"] = council.rows["cin_cases"][:5]
    council.write_records()
    council.cin("accept-extract", "--on", EARLY, "--by", "A. Clerk", "--why", "archived")

    held(council, "2026-03-17")


@pytest.mark.parametrize("left, is_held", [(8, False), (7, True)])
def test_an_extract_may_shrink_by_a_fifth_and_no_more(tmp_path: Path, left: int, is_held: bool) -> None:
    council = small_council(tmp_path, rows=many_cases(10))
    council.run("2026-03-13")  # Friday
    gone = {row["case_ref"] for row in council.rows["cin_cases"][left:]}
    council.rows = {name: [row for row in rows if row.get("case_ref") not in gone] for name, rows in council.rows.items()}
    council.write_records()

    assert council.cin("run", "--on", EARLY).code == (3 if is_held else 0)


@pytest.mark.parametrize("gone", ["empty", "absent"])
def test_a_relation_that_was_there_and_is_no_longer_holds_the_run(council: SmallCouncil, gone: str) -> None:
    council.rows["cin_visits"] = [{"visit_ref": "V1", "case_ref": "C1", "visited_on": "2026-03-10"}]  # Tuesday
    council.write_records()
    council.run("2026-03-13")  # Friday
    if gone == "empty":
        council.rows["cin_visits"] = []
    else:
        council.without = {"cin_visits"}
    council.write_records()

    assert "cin_visits held 1 row at the last good run" in held(council, EARLY)


def test_a_trial_in_files_measures_the_first_live_extract_too(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(10))
    council.run("2026-03-13")  # Friday
    council.rows["cin_cases"] = council.rows["cin_cases"][:5]
    council.write_records()
    council.delivery = 'mode = "live"\nallowed_domains = ["council.gov.uk"]\nnotify_from = 2026-03-01'
    council.more = f'[email]\nhost = "localhost"\nport = {refused_port()}'
    council.write_settings()

    answer = council.cin("run", "--on", EARLY, "--live", "--json")

    assert answer.code == 3
    assert "fell from 10 to 5" in answer.json["held"]


def test_a_preview_says_that_a_run_would_be_held(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=many_cases(10))
    council.run("2026-03-13")  # Friday
    council.rows["cin_cases"] = council.rows["cin_cases"][:5]
    council.write_records()

    answer = council.cin("preview", "--on", EARLY, "--json")

    assert answer.code == 0
    assert len(answer.json) == 5
    assert "a run would be held: " in answer.err


def test_breaches_told_before_a_case_became_unreadable_go_on_to_the_next_manager(council: SmallCouncil) -> None:
    council.run(OVERDUE)
    council.rows["cin_cases"] = [case(closed_on="soon"), case("C2")]
    council.write_records()

    council.run(TO_SERVICE_MANAGER)

    assert ("SERVICE", "service_manager", "escalate_service_manager", "C1") in council.told(TO_SERVICE_MANAGER)


def test_usual_rows_are_what_the_counts_here_rest_on() -> None:
    assert sum(len(rows) for rows in usual_rows().values()) == 11


def test_who_is_told_of_a_breach_is_told_that_a_row_which_may_have_met_it_could_not_be_read(council: SmallCouncil) -> None:
    """The meeting was held in time; one cell of its row is garbage, so the whole row is rejected."""
    council.rows["cin_meetings"] = [first_meeting(scheduled_at="20.03.2026 10:00", held_on="2026-03-20")]
    council.write_records()

    said = council.run(OVERDUE)
    letters = [letter.get_body(("plain",)).get_content() for letter in council.letters()]
    explained = council.cin("explain", "C1", "--on", OVERDUE).out

    assert said["rows_rejected"] == 1
    assert letters
    for text in (*letters, explained):
        assert "could not be read (cin_meetings M-C1 / C1: scheduled_at)" in " ".join(text.split())


def test_a_row_that_could_not_have_met_a_duty_is_not_held_against_it(council: SmallCouncil) -> None:
    council.rows["cin_visits"] = [{"visit_ref": "V1", "case_ref": "C1", "visited_on": "31/02/2026"}]
    council.write_records()

    assert council.run(OVERDUE)["rows_rejected"] == 1
    explained = council.cin("explain", "C1", "--on", OVERDUE, "--json").json
    [meeting] = [one for one in explained if one["duty"] == "initial_meeting"]
    assert meeting["notes"] == []


def test_check_names_whoever_holds_a_role_and_cannot_be_told(council: SmallCouncil) -> None:
    council.rows["cin_roles"] = [role("lead_practitioner", "NOBODY", case_ref="C1"), *managers()]
    council.rows["cin_people"] = [team_manager(email="tom at home"), service_manager(), head_of_service()]
    council.write_records()

    said = council.cin("check", "--on", OVERDUE)

    assert said.code == 0
    assert "NOBODY (lead practitioner; 1 open case) is not among the people in the records, so somebody else is told" in said.out
    assert "TEAM (team manager; 1 open case) has an e-mail address that is none, so somebody else is told" in said.out


def test_check_says_that_a_run_would_be_held_or_would_watch_nothing(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = [case(plan_type="Child in Need")]
    council.write_records()
    nothing = council.cin("check", "--on", OVERDUE)
    council.rows["cin_cases"] = []
    council.write_records()
    empty = council.cin("check", "--on", OVERDUE)

    assert (nothing.code, empty.code) == (1, 1)
    assert "no case is of a plan type that cumbria covers" in nothing.out
    assert "a run would be held: the extract is empty" in empty.out


def test_a_ledger_that_cannot_be_used_hides_nothing_that_check_says_of_the_records(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = [case(), case("C2", plan_type="early_help")]
    council.rows["cin_roles"] = [role("lead_practitioner", "LEAD", case_ref="C1"), role("team_manager", "TEAM", team="North")]
    council.write_records()
    (council.folder / "ledger.db").write_bytes(b"no database")

    said = council.cin("check", "--on", OVERDUE)

    assert said.code == 1
    assert "team North has no head of service" in said.out
    assert "1 case of a plan type that cumbria does not cover" in said.out
    assert said.out.count("problem: ") == 1
