"""Records as a folder of CSV files, however a council's spreadsheet program wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest
from records_rows import case, council, event, fact, person, read_csv, write_csv

from cin_reminders.errors import RecordsError
from cin_reminders.records import read_records


def problems_of(base: Path, **settings: object) -> tuple[str, ...]:
    with pytest.raises(RecordsError) as caught:
        read_records("csv:extract", **({"queries": {}, "date_format": None, "base": base} | settings))  # type: ignore[arg-type]
    return caught.value.problems


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    write_csv(tmp_path / "extract", council())
    return tmp_path / "extract"


def test_a_folder_of_csv_files_is_read_as_a_database_is(tmp_path: Path) -> None:
    one = read_csv(tmp_path, council(cin_facts=[fact("disabled", "yes")]))
    assert one.cases[0].facts[0].value == "yes"
    assert "cin_facts" not in one.not_supplied
    assert "cin_actions" in one.not_supplied


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_text(tmp_path: Path, extract: Path) -> None:
    (extract / "cin_cases.csv").write_bytes(b"\xef\xbb\xbfcase_ref,plan_type\r\nC1,child_in_need\r\n\r\nC2,short_breaks\r\n")
    one = read_records("csv:extract", queries={}, date_format=None, base=tmp_path)
    assert [(each.case_ref, each.plan_type) for each in one.cases] == [("C1", "child_in_need"), ("C2", "short_breaks")]
    assert one.rows["cin_cases"].read == 2
    assert one.warnings == ()


def test_quotes_commas_and_newlines_inside_a_cell_stay_in_the_cell(tmp_path: Path) -> None:
    one = read_csv(tmp_path, council(cin_people=[person(name='Moss, "Alex"', organisation="North\nSchool")]))
    assert one.people["P1"].name == 'Moss, "Alex"'
    assert one.people["P1"].organisation == "North School"
    assert one.warnings == ("cin_people.organisation: control characters became a space in 1 cell",)


def test_a_nul_becomes_a_space(tmp_path: Path, extract: Path) -> None:
    (extract / "cin_people.csv").write_bytes(b"person_ref,name,kind\nP1,Alex\x00Moss,professional\n")
    one = read_records("csv:extract", queries={}, date_format=None, base=tmp_path)
    assert one.people["P1"].name == "Alex Moss"


def test_header_names_may_have_blanks_and_capitals(tmp_path: Path, extract: Path) -> None:
    (extract / "cin_cases.csv").write_text("Case_Ref, PLAN_TYPE \nC1,child_in_need\n")
    assert len(read_records("csv:extract", queries={}, date_format=None, base=tmp_path).cases) == 1


@pytest.mark.parametrize("line, cells", [("C2,child_in_need,AB,12", 4), ("C2,child_in_need", 2)])
def test_a_row_with_a_cell_too_many_or_too_few_is_rejected(tmp_path: Path, extract: Path, line: str, cells: int) -> None:
    (extract / "cin_cases.csv").write_text(f"case_ref,plan_type,label\nC1,child_in_need,AB\n{line}\n")
    one = read_records("csv:extract", queries={}, date_format=None, base=tmp_path)
    (rejection,) = one.rejections
    assert (rejection.key, rejection.column, rejection.case_ref) == ("C2", "row", "C2")
    assert rejection.reason == f"must have 3 cells as the header row does, has {cells}"
    assert [each.case_ref for each in one.cases] == ["C1"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_in_another_encoding_is_named(tmp_path: Path, extract: Path, encoding: str) -> None:
    (extract / "cin_people.csv").write_bytes("person_ref,name,kind\nP1,Zoë Moss,professional\n".encode(encoding))
    (problem,) = problems_of(tmp_path)
    assert problem.startswith("cin_people.csv: not UTF-8")
    assert "Zo" not in problem


def test_a_stray_quotation_mark_stops_the_run_and_names_the_file(tmp_path: Path, extract: Path) -> None:
    (extract / "cin_events.csv").write_text(
        'event_ref,case_ref,kind,happened_on\nE1,C1,"plan_agreed,2026-03-02\nE2,C1,x,2026-03-02\n'
    )
    (problem,) = problems_of(tmp_path)
    assert problem.startswith("cin_events.csv: not readable as CSV, after line 1")


def test_every_faulty_file_is_named_at_once(tmp_path: Path, extract: Path) -> None:
    (extract / "cin_people.csv").write_bytes(b"person_ref,name,kind\nP1,Zo\xeb,professional\n")
    (extract / "cin_events.csv").write_bytes(b"event_ref,case_ref,kind,happened_on\nE1,C\xeb,plan_agreed,2026-03-02\n")
    assert [problem.split(":")[0] for problem in problems_of(tmp_path)] == ["cin_events.csv", "cin_people.csv"]


def test_every_missing_relation_and_column_is_named_at_once(tmp_path: Path, extract: Path) -> None:
    (extract / "cin_roles.csv").unlink()
    (extract / "cin_people.csv").write_text("")
    (extract / "cin_cases.csv").write_text("case_ref,case_ref,label\n")
    (extract / "cin_visits.csv").write_text("visit_ref,case_ref\n")
    assert problems_of(tmp_path, date_format="%d/%m", queries={"cin_cases": "SELECT 1"}) == (
        "records.date_format: `%d/%m` does not say the day, month and year; write it as %d/%m/%Y",
        "records.queries: a folder of CSV files takes no queries",
        "cin_people.csv: empty; it must begin with a header row",
        "cin_cases.plan_type: missing; the column is required",
        "cin_cases.case_ref: stands 2 times",
        "cin_roles: missing; a table, view, CSV file or query of this name is required",
        "cin_visits.visited_on: missing; the column is required",
    )


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == (f"records.url: there is no folder {tmp_path / 'extract'}",)


def test_a_header_row_alone_is_a_relation_without_rows(tmp_path: Path, extract: Path) -> None:
    (extract / "cin_events.csv").write_text("event_ref,case_ref,kind,happened_on\n")
    one = read_records("csv:extract", queries={}, date_format=None, base=tmp_path)
    assert one.rows["cin_events"].read == 0
    assert "cin_events" not in one.not_supplied


def test_dates_in_the_settings_format_are_read_from_csv(tmp_path: Path) -> None:
    one = read_csv(
        tmp_path,
        council(cin_cases=[case(born_on="01/09/2014")], cin_events=[event(happened_on="02/03/2026")]),
        date_format="%d/%m/%Y",
    )
    assert one.cases[0].born_on is not None
    assert one.cases[0].born_on.isoformat() == "2014-09-01"  # Monday


@pytest.mark.parametrize("date_format", ["%d/%m", "%Y", "%Q", "day"])
def test_a_date_format_that_cannot_tell_every_day_is_refused(tmp_path: Path, extract: Path, date_format: str) -> None:
    (problem,) = problems_of(tmp_path, date_format=date_format)
    assert problem.startswith("records.date_format")
