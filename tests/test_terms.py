"""A council's term dates from CSV and calendar files, and what is wrong with others, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import d

from cin_reminders.errors import RecordsError
from cin_reminders.records.terms import read_term_dates
from cin_reminders.school_days import Span, TermDates

AUTUMN = Span(first_on=d("2026-09-02"), last_on=d("2026-12-18"))  # Wednesday to Friday
SPRING = Span(first_on=d("2027-01-05"), last_on=d("2027-03-25"))  # Tuesday to Thursday
HALF_TERM = Span(first_on=d("2026-10-26"), last_on=d("2026-10-30"))  # Monday to Friday
TRAINING = Span(first_on=d("2026-11-27"), last_on=d("2026-11-27"))  # Friday
DATES = TermDates(terms=(AUTUMN, SPRING), closed=(HALF_TERM, TRAINING))

CSV = """first_on,last_on,kind,name
2027-01-05,2027-03-25,term,Spring
2026-09-02,2026-12-18,Term,Autumn
2026-10-26,2026-10-30,closed,Half term

2026-11-27,2026-11-27,closed,Training day
"""


def event(title: str, first: str, after: str | None = None, *more: str) -> str:
    """A whole-day event; ``after`` is the day after its last."""
    lines = ["BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z", f"DTSTART;VALUE=DATE:{first}"]
    lines += [f"DTEND;VALUE=DATE:{after}"] if after else []
    return "\r\n".join([*lines, f"SUMMARY:{title}", *more, "END:VEVENT", ""])


def calendar_of(*events: str) -> str:
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//council//EN\r\n" + "".join(events) + "END:VCALENDAR\r\n"


AUTUMN_EVENT = event("Autumn term 2026", "20260902", "20261219")


def read(folder: Path, text: str | bytes, name: str = "terms.csv") -> TermDates:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_term_dates(file)


def faults(folder: Path, text: str | bytes, name: str = "terms.csv") -> list[str]:
    with pytest.raises(RecordsError) as caught:
        read(folder, text, name)
    return list(caught.value.problems)


def faults_of_events(folder: Path, *events: str) -> list[str]:
    return faults(folder, calendar_of(*events), "terms.ics")


# ---- CSV


def test_terms_and_closed_days_are_read_from_csv_in_any_order(tmp_path: Path) -> None:
    assert read(tmp_path, CSV) == DATES


def test_a_byte_order_mark_and_lines_of_windows_do_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode()) == DATES


def test_a_row_that_stands_twice_counts_once(tmp_path: Path) -> None:
    assert read(tmp_path, CSV + "2026-09-02,2026-12-18,term,Again\n2026-11-27,2026-11-27,closed,Again\n") == DATES


def test_every_fault_of_a_csv_file_is_said_at_once_and_no_cell_is_repeated(tmp_path: Path) -> None:
    text = (
        "first_on,last_on,kind\n"
        "2026-09-02,2026-12-18,term\n"
        "02/09/2026,2026-12-18,Jamie\n"
        "2026-10-30,2026-10-26,closed\n"
        ",2026-02-30,closed\n"
        "2026-10-26,2026-10-30\n"
    )
    assert faults(tmp_path, text) == [
        "terms.csv, line 3, first_on: must be a date, YYYY-MM-DD",
        "terms.csv, line 3, kind: must be term or closed",
        "terms.csv, line 4, last_on: must not be before first_on",
        "terms.csv, line 5, first_on: must not be blank",
        "terms.csv, line 5, last_on: there is no such day in the calendar; a date is YYYY-MM-DD",
        "terms.csv, line 6: must have 3 cells as the header row does, has 2",
    ]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    assert faults(tmp_path, "first_on,until,kind\n") == [
        "terms.csv, line 1: must name each of the columns first_on, last_on, kind once; look at last_on"
    ]


def test_an_empty_file_has_no_header(tmp_path: Path) -> None:
    assert len(faults(tmp_path, "")) == 1


def test_a_file_without_a_term_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, "first_on,last_on,kind\n2026-10-26,2026-10-30,closed\n") == ["terms.csv: there is no term in it"]


def test_a_stray_quotation_mark_is_a_fault_and_not_a_lost_row(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, 'first_on,last_on,kind\n2026-09-02,2026-12-18,"term\n')
    assert fault.startswith("terms.csv, after line ")


def test_terms_that_overlap_by_a_day_are_refused_and_terms_that_follow_each_other_are_not(tmp_path: Path) -> None:
    text = "first_on,last_on,kind\n2026-09-02,2026-12-18,term\n2026-12-{},2027-03-25,term\n"
    assert len(read(tmp_path, text.format("19")).terms) == 2
    assert faults(tmp_path, text.format("18")) == [
        "terms.csv, line 3: begins before the term of Wed 2 Sep 2026 has ended; terms must not overlap"
    ]


def test_a_term_of_twenty_six_weeks_is_the_longest(tmp_path: Path) -> None:
    text = "first_on,last_on,kind\n2026-09-02,{},term\n"
    assert read(tmp_path, text.format("2027-03-03"))  # Wednesday, 26 weeks later
    (fault,) = faults(tmp_path, text.format("2027-03-04"))
    assert "more than 26 weeks" in fault


# ---- calendar files


def test_terms_and_closed_days_are_read_from_a_calendar_file(tmp_path: Path) -> None:
    text = calendar_of(
        AUTUMN_EVENT,
        event("Half-term holiday", "20261026", "20261031"),
        event("INSET day", "20261127"),
        event("Spring Term", "20270105", "20270326"),
    )
    assert read(tmp_path, text, "terms.ics") == DATES


def test_a_term_may_be_two_events_its_first_day_and_its_last(tmp_path: Path) -> None:
    text = calendar_of(
        event("Spring term begins", "20270105"),
        event("End of autumn term", "20261218", "20261219"),
        event("Spring term ends", "20270325"),
        event("Autumn term starts", "20260902"),
    )
    assert read(tmp_path, text, "terms.ICS").terms == (AUTUMN, SPRING)


def test_one_day_whose_end_is_that_day_is_one_day(tmp_path: Path) -> None:
    text = calendar_of(AUTUMN_EVENT, event("Training day", "20261127", "20261127"))
    assert read(tmp_path, text, "terms.ics").closed == (TRAINING,)


def test_days_from_midnight_to_midnight_are_whole_days_and_hours_are_not(tmp_path: Path) -> None:
    at = "BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20261127T{}\r\nDTEND:20261128T000000\r\nSUMMARY:Closed\r\nEND:VEVENT\r\n"
    assert read(tmp_path, calendar_of(AUTUMN_EVENT, at.format("000000")), "terms.ics").closed == (TRAINING,)
    assert faults_of_events(tmp_path, AUTUMN_EVENT, at.format("090000")) == [
        "terms.ics, event 2: must be of whole days, not of hours"
    ]


def test_every_fault_of_a_calendar_file_is_said_at_once_and_no_title_is_repeated(tmp_path: Path) -> None:
    found = faults_of_events(
        tmp_path,
        event("Disco for Jamie", "20261127"),
        event("Half term begins", "20261026"),
        event("Term starts and ends", "20260902"),
        event("Summer term begins", "20260420", "20260422"),
        event("Autumn half term", "20260902", "20261023"),
        event("Term 1", "20260902", "20261219", "RRULE:FREQ=YEARLY"),
        event("Term 2", "20261218", "20260902"),
        "BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:Term 3\r\nEND:VEVENT\r\n",
    )
    assert [fault.split(":")[0] for fault in found] == [f"terms.ics, event {number}" for number in range(1, 9)]
    assert not any("Jamie" in fault or "isco" in fault for fault in found)
    assert "one event, from the first day to the last" in found[1]
    assert "more than 16 days" in found[4]
    assert "must not repeat" in found[5]


def test_a_day_in_a_year_that_is_none_is_refused(tmp_path: Path) -> None:
    assert faults_of_events(tmp_path, AUTUMN_EVENT, event("Closed", "19891231", "19900103")) == [
        "terms.ics, event 2: the year must be 1990 to 2050"
    ]


def test_a_first_day_without_a_last_and_a_last_without_a_first_are_faults(tmp_path: Path) -> None:
    found = faults_of_events(
        tmp_path,
        event("Term ends", "20260721"),
        event("Term begins", "20260902"),
        event("Term begins", "20270105"),
    )
    assert found == [
        "terms.ics, event 1: the last day of a term, and no first day before it",
        "terms.ics, event 2: the first day of a term, and no last day after it",
        "terms.ics, event 3: the first day of a term, and no last day after it",
    ]


def test_a_half_term_of_sixteen_days_and_one_more_is_the_longest(tmp_path: Path) -> None:
    text = calendar_of(AUTUMN_EVENT, event("Half term", "20261017", "20261103"))  # Saturday to Monday, 17 days
    assert read(tmp_path, text, "terms.ics")
    assert len(faults_of_events(tmp_path, AUTUMN_EVENT, event("Half term", "20261017", "20261104"))) == 1


@pytest.mark.parametrize("text", ["", "first_on,last_on,kind\n", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"])
def test_what_is_no_calendar_file_is_refused(tmp_path: Path, text: str) -> None:
    (fault,) = faults(tmp_path, text, "terms.ics")
    assert fault.startswith("terms.ics: ")


# ---- the file


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, CSV, "terms.xlsx") == ["terms.xlsx: term dates are a .csv or an .ics file"]


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, CSV.replace("Half", "Ferié").encode("latin-1"))
    assert fault.startswith("terms.csv: not UTF-8")


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(RecordsError) as caught:
        read_term_dates(tmp_path / "none.csv")
    assert caught.value.problems == ("none.csv: cannot be read: No such file or directory",)
