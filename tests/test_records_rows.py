"""What a row of the records may say, and what happens to one that cannot be understood."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from records_rows import attendee, case, council, event, fact, meeting, person, read_csv, read_sqlite, role

from cin_reminders.case import Extract, RowCount
from cin_reminders.records.relations import RELATIONS, documentation


def only_rejection(extract: Extract) -> tuple[str, str, str, str]:
    (rejection,) = extract.rejections
    return rejection.relation, rejection.key, rejection.column, rejection.reason


def balances(extract: Extract) -> bool:
    return all(count.read == count.accepted + count.rejected for count in extract.rows.values())


def test_a_small_council_is_read_whole(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council())
    (one,) = extract.cases
    assert (one.case_ref, one.label, one.plan_type, one.team) == ("C1", "C1", "child_in_need", "North")
    assert one.events[0].happened_on == date(2026, 3, 2)  # Monday
    assert one.meetings[0].scheduled_at == datetime(2026, 3, 16, 10, 0)  # Monday
    assert one.roles[0].person_ref == "P1"
    assert extract.people["P1"].contact == "yes"
    assert extract.warnings == extract.rejections == ()


def test_all_ten_relations_are_counted_and_those_not_supplied_are_named(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_visits=[{"visit_ref": "V1", "case_ref": "C1", "visited_on": "2026-03-02"}]))
    assert list(extract.rows) == list(RELATIONS)
    assert extract.rows["cin_visits"] == RowCount(read=1, accepted=1, rejected=0)
    assert extract.rows["cin_facts"] == RowCount(read=0, accepted=0, rejected=0)
    assert extract.not_supplied == {"cin_facts", "cin_attendees", "cin_actions", "cin_transfers"}


def test_everything_of_a_case_is_attached_to_it(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(
            cin_facts=[fact("disabled", "Yes", since_on="2026-01-05")],
            cin_attendees=[attendee(invited_on="2026-03-09", response="unsure")],
            cin_actions=[{"action_ref": "A1", "case_ref": "C1", "owner_ref": "P1", "due_on": "2026-04-01"}],
            cin_visits=[{"visit_ref": "V1", "case_ref": "C1", "visited_on": "2026-03-04", "child_seen": "no"}],
            cin_transfers=[{"transfer_ref": "T1", "case_ref": "C1", "direction": "in", "documents_sent": "plan, Assessment"}],
            cin_roles=[role(), role(case_ref=None, team="North", role="team_manager")],
        ),
    )
    (one,) = extract.cases
    assert (one.facts[0].value, one.facts[0].since_on) == ("yes", date(2026, 1, 5))
    assert one.meetings[0].attendees[0].response == "unsure"
    assert one.actions[0].due_on == date(2026, 4, 1)
    assert one.visits[0].visited_on == date(2026, 3, 4)
    assert one.transfers[0].documents_sent == ("assessment", "plan")
    assert extract.team_roles["North"][0].role == "team_manager"


def test_cases_come_in_the_order_of_their_references_and_what_they_hold_in_the_order_of_days(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(
            cin_cases=[case("C2"), case("C10"), case("C1")],
            cin_events=[event("E1", happened_on="2026-05-05"), event("E3"), event("E2")],
        ),
    )
    assert [one.case_ref for one in extract.cases] == ["C1", "C10", "C2"]
    assert [one.event_ref for one in extract.cases[0].events] == ["E2", "E3", "E1"]


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    records = council(
        cin_cases=[case("C1"), case("C2")],
        cin_events=[event("E1"), event("E2", kind="oversight_recorded"), event("E3", case_ref="C2")],
        cin_roles=[role(), role(person_ref="P2"), role(person_ref="P3", from_on="2026-01-05")],
        cin_facts=[fact("complex", "yes"), fact("complex", "no"), fact("disabled", "no")],
    )
    (tmp_path / "backwards").mkdir()
    backwards = {name: rows[::-1] for name, rows in records.items()}
    assert read_csv(tmp_path, records).cases == read_csv(tmp_path / "backwards", backwards).cases


# Dates


@pytest.mark.parametrize("text", ["2026-03-02", " 2026-03-02 ", "2026-03-02T09:30", "2026-03-02 00:00:00.000"])
def test_a_date_is_iso_and_a_time_after_it_is_dropped(tmp_path: Path, text: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event(happened_on=text)]))
    assert extract.cases[0].events[0].happened_on == date(2026, 3, 2)  # Monday


@pytest.mark.parametrize(
    "text",
    [
        "20260302",
        "2026-W10-1",
        "02/03/2026",
        "2026-3-2",
        "31/02/2026",
        "2026-03-02T25",
        "2 March 2026",
        "2026-03-02Z",
        "٢٠٢٦-٠٣-٠٢",
    ],
)
def test_a_date_written_in_any_other_way_is_rejected_and_never_guessed(tmp_path: Path, text: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event(happened_on=text)]))
    relation, key, column, reason = only_rejection(extract)
    assert (relation, key, column) == ("cin_events", "E1", "happened_on")
    assert "YYYY-MM-DD" in reason
    assert text not in reason
    assert extract.rows["cin_events"] == RowCount(read=1, accepted=0, rejected=1)


def test_the_29th_of_february_is_a_day_of_a_leap_year_only(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path, council(cin_events=[event("E1", happened_on="2028-02-29"), event("E2", happened_on="2026-02-29")])
    )
    assert [one.event_ref for one in extract.cases[0].events] == ["E1"]
    assert "no such day" in only_rejection(extract)[3]


@pytest.mark.parametrize(
    "text, accepted",
    [("1989-12-31", 0), ("1990-01-01", 1), ("2050-12-31", 1), ("2051-01-01", 0), ("1900-01-01", 0), ("2099-01-01", 0)],
)
def test_a_year_is_1990_to_2050(tmp_path: Path, text: str, accepted: int) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event(happened_on=text)]))
    assert extract.rows["cin_events"].accepted == accepted
    assert all(rejection.reason == "the year must be 1990 to 2050" for rejection in extract.rejections)


def test_another_date_format_takes_the_place_of_iso(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(
            cin_events=[event("E1", happened_on="02/03/2026"), event("E2", happened_on="2026-03-02")],
            cin_facts=[fact("planning_meeting_on", "16/03/2026")],
        ),
        date_format="%d/%m/%Y",
    )
    assert extract.cases[0].events[0].happened_on == date(2026, 3, 2)  # Monday
    assert extract.cases[0].facts[0].value == "2026-03-16"
    assert only_rejection(extract) == ("cin_events", "E2", "happened_on", "must be a date that exists, written %d/%m/%Y")


@pytest.mark.parametrize("text", ["2026-03-16T10:00", "2026-03-16 10:00", "2026-03-16T10:00:00", "2026-03-16 10:00:00.000"])
def test_a_moment_is_a_local_date_and_time(tmp_path: Path, text: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_meetings=[meeting(scheduled_at=text)]))
    assert extract.cases[0].meetings[0].scheduled_at == datetime(2026, 3, 16, 10, 0)  # Monday


@pytest.mark.parametrize(
    "text", ["2026-03-16", "2026-03-16T10", "2026-03-16T10:00Z", "2026-03-16T10:00+00:00", "2026-03-16T24:30", "10:00"]
)
def test_a_moment_without_its_time_or_with_an_offset_is_rejected(tmp_path: Path, text: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_meetings=[meeting(scheduled_at=text)]))
    assert only_rejection(extract)[:3] == ("cin_meetings", "M1 / C1", "scheduled_at")
    assert extract.cases[0].meetings == ()


# Words


@pytest.mark.parametrize("cell, value", [("yes", "yes"), (" YES ", "yes"), ("No", "no"), ("", None), (None, None)])
def test_yes_and_no_may_be_written_in_any_case(tmp_path: Path, cell: str | None, value: str | None) -> None:
    extract = read_sqlite(tmp_path, council(cin_meetings=[meeting(venue_accessible=cell)]))
    assert extract.cases[0].meetings[0].venue_accessible == value


@pytest.mark.parametrize("cell", ["y", "1", 1, "true", "maybe Alex"])
def test_anything_but_yes_or_no_is_rejected(tmp_path: Path, cell: object) -> None:
    extract = read_sqlite(tmp_path, council(cin_meetings=[meeting(venue_accessible=cell)]))
    assert only_rejection(extract) == ("cin_meetings", "M1 / C1", "venue_accessible", "must be yes or no")


@pytest.mark.parametrize(
    "records, column",
    [
        (council(cin_meetings=[meeting(kind="strategy")]), "kind"),
        (council(cin_meetings=[meeting(outcome="done")]), "outcome"),
        (council(cin_attendees=[attendee(capacity="neighbour")]), "capacity"),
        (council(cin_attendees=[attendee(response="perhaps")]), "response"),
        (council(cin_people=[person(kind="robot")]), "kind"),
        (council(cin_people=[person(contact="sometimes")]), "contact"),
        (council(cin_transfers=[{"transfer_ref": "T1", "case_ref": "C1", "direction": "up"}]), "direction"),
        (
            council(cin_transfers=[{"transfer_ref": "T1", "case_ref": "C1", "direction": "in", "documents_sent": "plan, photo"}]),
            "documents_sent",
        ),
        (council(cin_cases=[case(review_interval="soon")]), "review_interval"),
        (council(cin_cases=[case(visit_interval="0 weeks")]), "visit_interval"),
    ],
)
def test_a_word_that_is_not_allowed_is_rejected_with_those_that_are(tmp_path: Path, records: dict, column: str) -> None:
    extract = read_sqlite(tmp_path, records)
    relation, _, at, reason = only_rejection(extract)
    assert at == column
    for word in ("strategy", "done", "neighbour", "perhaps", "robot", "sometimes", "photo", "soon"):
        assert word not in reason
    words = next(one.words for one in RELATIONS[relation].columns if one.name == column)
    assert all(word in reason for word in words)
    assert balances(extract)


def test_an_unknown_event_kind_is_reported_once_with_a_count_and_kept(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path, council(cin_events=[event("E1", kind="tea_drunk"), event("E2", kind="tea_drunk"), event("E3")])
    )
    assert [one.kind for one in extract.cases[0].events] == ["tea_drunk", "tea_drunk", "plan_agreed"]
    assert extract.warnings == ("cin_events.kind: `tea_drunk` is not known to the contract; 2 rows kept",)


def test_an_unknown_role_is_reported_and_kept(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_roles=[role(role="tea_maker")]))
    assert extract.cases[0].roles[0].role == "tea_maker"
    assert extract.warnings == ("cin_roles.role: `tea_maker` is not known to the contract; 1 row kept",)


def test_an_unknown_fact_is_reported_once_and_kept(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path, council(cin_facts=[fact("left_handed", "a bit"), fact("left_handed", 3, since_on="2026-01-05")])
    )
    assert [one.value for one in extract.cases[0].facts] == ["a bit", "3"]
    assert extract.warnings == ("cin_facts.fact: `left_handed` is not known to the contract; 2 rows kept",)


def test_an_unknown_word_that_is_no_code_is_not_repeated(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event(kind="Robin Vale was upset")]))
    assert extract.warnings == ("cin_events.kind: (not a code) is not known to the contract; 1 row kept",)


def test_an_event_worked_out_from_another_relation_is_accepted_but_not_attached(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event("E1"), event("E2", kind="initial_meeting_held")]))
    assert [one.event_ref for one in extract.cases[0].events] == ["E1"]
    assert extract.rows["cin_events"].accepted == 2
    assert extract.warnings == ("cin_events.kind: `initial_meeting_held` comes from another relation; ignored here: 1 row",)


# Facts


@pytest.mark.parametrize(
    "name, cell, value",
    [
        ("disabled", " YES", "yes"),
        ("consent", "Withdrawn", "withdrawn"),
        ("supervision_order_ends", "2026-09-30", "2026-09-30"),
        ("review_interval", "1 Month", "1 month"),
        ("visit_interval", "10 days", "10 calendar days"),
    ],
)
def test_the_value_of_a_fact_is_read_by_its_name(tmp_path: Path, name: str, cell: str, value: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_facts=[fact(name, cell)]))
    assert extract.cases[0].facts[0].value == value


@pytest.mark.parametrize(
    "name, allowed",
    [
        ("disabled", "yes or no"),
        ("consent", "given, refused or withdrawn"),
        ("planning_meeting_on", "YYYY-MM-DD"),
        ("review_interval", "N weeks"),
    ],
)
def test_a_value_that_its_fact_does_not_allow_is_rejected(tmp_path: Path, name: str, allowed: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_facts=[fact(name, "Robin Vale")]))
    relation, key, column, reason = only_rejection(extract)
    assert (relation, key, column) == ("cin_facts", f"C1 / {name}", "value")
    assert allowed in reason
    assert "Robin" not in reason


@pytest.mark.parametrize("until_on, accepted", [("2026-03-02", 1), ("2026-03-01", 0)])
def test_a_fact_may_end_on_the_day_it_begins_but_not_before(tmp_path: Path, until_on: str, accepted: int) -> None:
    extract = read_sqlite(tmp_path, council(cin_facts=[fact("disabled", "yes", since_on="2026-03-02", until_on=until_on)]))
    assert extract.rows["cin_facts"].accepted == accepted
    assert [one.reason for one in extract.rejections] == ["must not be before since_on"] * (1 - accepted)


@pytest.mark.parametrize(
    "records, column",
    [
        (council(cin_roles=[role(from_on="2026-03-02", until_on="2026-03-01")]), "until_on"),
        (council(cin_people=[person(away_from="2026-03-02", away_until="2026-03-01")]), "away_until"),
        (council(cin_meetings=[meeting(ends_at="2026-03-16T09:59")]), "ends_at"),
    ],
)
def test_nothing_ends_before_it_begins(tmp_path: Path, records: dict, column: str) -> None:
    assert only_rejection(read_sqlite(tmp_path, records))[2] == column


# Lengths


@pytest.mark.parametrize(
    "cell, kept",
    [("20 working days", "20 working days"), ("10 days", "10 calendar days"), ("1 week", "1 week"), ("3 MONTHS", "3 months")],
)
def test_an_agreed_interval_is_a_length_and_bare_days_are_calendar_days(tmp_path: Path, cell: str, kept: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_cases=[case(review_interval=cell, visit_interval=cell)]))
    assert (extract.cases[0].review_interval, extract.cases[0].visit_interval) == (kept, kept)


# People and roles


@pytest.mark.parametrize("kind, contact", [("professional", "yes"), ("family", "no"), ("child", "no")])
def test_only_a_professional_may_be_written_to_where_the_records_do_not_say(tmp_path: Path, kind: str, contact: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_people=[person(kind=kind)]))
    assert extract.people["P1"].contact == contact
    assert extract.people["P1"].language == "en"


@pytest.mark.parametrize("said", ["NO", "Yes", "via"])
def test_what_the_records_say_of_contact_stands(tmp_path: Path, said: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_people=[person(kind="family", contact=said)]))
    assert extract.people["P1"].contact == said.lower()


@pytest.mark.parametrize("case_ref, team", [("C1", "North"), (None, None), (" ", "")])
def test_a_role_is_held_for_a_case_or_for_a_team_and_never_both_or_neither(tmp_path: Path, case_ref: str, team: str) -> None:
    extract = read_sqlite(tmp_path, council(cin_roles=[role(case_ref=case_ref, team=team)]))
    assert only_rejection(extract)[2:] == ("case_ref", "exactly one of case_ref and team must be given")


# Text, keys, rejections


def test_control_characters_in_text_become_a_space_with_a_warning(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(cin_people=[person(name="Alex\r\nMoss\x00"), person("P2", name="Bo\u2028Lee"), person("P3", name="Cy\xa0Dé")]),
    )
    assert [one.name for one in extract.people.values()] == ["Alex  Moss", "Bo Lee", "Cy\xa0Dé"]
    assert extract.warnings == ("cin_people.name: control characters became a space in 2 cells",)


def test_blank_text_is_not_recorded_and_a_blank_label_is_the_reference(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_cases=[case(label="  ", team="\t", record_url="")]))
    assert (extract.cases[0].label, extract.cases[0].team, extract.cases[0].record_url) == ("C1", None, None)


def test_a_reference_that_is_a_number_in_the_database_is_read_as_text(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_cases=[case(17)], cin_events=[event(case_ref="17")]))  # type: ignore[arg-type]
    assert extract.cases[0].case_ref == "17"
    assert len(extract.cases[0].events) == 1


@pytest.mark.parametrize("cell", [b"\xff\x00", 1.5])
def test_a_reference_that_is_neither_text_nor_a_whole_number_is_rejected(tmp_path: Path, cell: object) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event(cell)]))  # type: ignore[arg-type]
    assert only_rejection(extract) == ("cin_events", "row 1", "event_ref", "must be text")


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_row_without_its_key_is_rejected_and_called_by_its_number(tmp_path: Path, blank: str | None) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event("E1"), event(blank)]))  # type: ignore[arg-type]
    assert only_rejection(extract) == ("cin_events", "row 2", "event_ref", "must not be blank")
    assert extract.rejections[0].case_ref == "C1"


def test_a_rejected_case_says_its_reference_and_team_and_everything_that_is_wrong(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_cases=[case("C1", born_on="12/05/2014", closed_on="2099-01-01", plan_type=None)]))
    (rejection,) = extract.rejections
    assert (rejection.case_ref, rejection.team, rejection.column) == ("C1", "North", "plan_type")
    assert rejection.reason == "must not be blank; born_on: must be a date, YYYY-MM-DD; closed_on: the year must be 1990 to 2050"
    assert extract.cases == ()
    assert extract.rows["cin_cases"] == RowCount(read=1, accepted=0, rejected=1)


def test_a_rejected_row_does_not_stop_the_next(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event("E1", happened_on="never"), event("E2")]))
    assert [one.event_ref for one in extract.cases[0].events] == ["E2"]


def test_rows_of_a_case_that_is_not_there_are_counted_in_one_warning_a_relation(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(
            cin_events=[event("E1"), event("E2", case_ref="C9"), event("E3", case_ref="C8")],
            cin_roles=[role(case_ref="C9"), role(case_ref=None, team="North")],
            cin_attendees=[attendee("M9")],
        ),
    )
    assert extract.warnings == (
        "cin_events: 2 rows name a case_ref that cin_cases does not hold; attached to nothing",
        "cin_attendees: 1 row names a meeting_ref that cin_meetings does not hold; attached to nothing",
        "cin_roles: 1 row names a case_ref that cin_cases does not hold; attached to nothing",
    )
    assert extract.rows["cin_events"].accepted == 3


def test_an_unknown_column_is_a_warning(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_cases=[case(shoe_size="3", **{'"Robin Vale"': "x"})]))
    assert extract.warnings == ("cin_cases: not in the contract and not read: column (not a code), `shoe_size`",)


def test_the_documentation_names_every_column_of_the_contract() -> None:
    text = documentation()
    for relation in RELATIONS.values():
        assert f"## {relation.name}" in text
        assert all(f"| {column.name} | {column.kind.value} |" in text for column in relation.columns)


def test_the_relations_and_columns_are_those_of_the_records_contract() -> None:
    assert [name for name, relation in RELATIONS.items() if relation.required] == [
        "cin_cases",
        "cin_events",
        "cin_meetings",
        "cin_people",
        "cin_roles",
    ]
    needed = {name: [one.name for one in relation.columns if not one.optional] for name, relation in RELATIONS.items()}
    assert needed == {
        "cin_cases": ["case_ref", "plan_type"],
        "cin_facts": ["case_ref", "fact", "value"],
        "cin_events": ["event_ref", "case_ref", "kind", "happened_on"],
        "cin_meetings": ["meeting_ref", "case_ref", "kind", "scheduled_at"],
        "cin_attendees": ["meeting_ref", "person_ref", "capacity"],
        "cin_people": ["person_ref", "name", "kind"],
        "cin_roles": ["role", "person_ref"],
        "cin_actions": ["action_ref", "case_ref"],
        "cin_visits": ["visit_ref", "case_ref", "visited_on"],
        "cin_transfers": ["transfer_ref", "case_ref", "direction"],
    }
