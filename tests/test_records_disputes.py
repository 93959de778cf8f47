"""Rows that stand twice: identical ones collapse, and those that disagree are never settled by chance."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from records_rows import attendee, case, council, event, meeting, person, read_sqlite, role

from cin_reminders.case import RowCount


def test_identical_rows_collapse_and_all_count_as_accepted(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(
            cin_events=[event(), event(happened_on="2026-03-02 00:00"), event(kind="PLAN_AGREED")],
            cin_roles=[role(), role()],
            cin_people=[person(), person()],
        ),
    )
    assert len(extract.cases[0].events) == len(extract.cases[0].roles) == 1
    assert extract.people["P1"].email == "alex@council.gov.uk"
    assert extract.rows["cin_events"] == RowCount(read=3, accepted=3, rejected=0)
    assert extract.disputed == {}
    assert extract.warnings == ()


def test_a_case_whose_rows_disagree_is_quarantined_with_its_other_reading(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(
            cin_cases=[case(), case("C2")],
            cin_events=[event(happened_on="2026-03-02"), event(happened_on="2026-03-05"), event("E2", case_ref="C2")],
        ),
    )
    assert extract.cases[0].events[0].happened_on == date(2026, 3, 2)  # Monday
    assert list(extract.disputed) == ["C1"]
    (other,) = extract.disputed["C1"]
    assert other.events[0].happened_on == date(2026, 3, 5)  # Thursday
    assert extract.rows["cin_events"].accepted == 3
    assert extract.warnings == ("cin_events E1: rows of this key disagree; quarantined: case C1",)


def test_two_rows_of_one_case_that_disagree_are_two_readings_of_it(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_cases=[case(closed_on=None), case(closed_on="2026-03-31")]))
    assert extract.cases[0].closed_on is None
    assert [one.closed_on for one in extract.disputed["C1"]] == [date(2026, 3, 31)]  # Tuesday
    assert len(extract.disputed["C1"][0].events) == 1


def test_several_disputes_of_one_case_are_read_row_by_row_and_not_in_every_combination(tmp_path: Path) -> None:
    days = ("2026-03-02", "2026-03-03", "2026-03-04")
    extract = read_sqlite(
        tmp_path,
        council(
            cin_events=[*(event("E1", happened_on=day) for day in days), event("E2"), event("E2", happened_on="2026-04-01")],
            cin_meetings=[meeting(), meeting(held_on="2026-03-16")],
        ),
    )
    readings = [
        ({one.event_ref: one.happened_on.isoformat() for one in reading.events}, reading.meetings[0].held_on)
        for reading in (extract.cases[0], *extract.disputed["C1"])
    ]
    held = date(2026, 3, 16)  # Monday
    assert readings == [
        ({"E1": "2026-03-02", "E2": "2026-03-02"}, None),
        ({"E1": "2026-03-03", "E2": "2026-04-01"}, held),
        ({"E1": "2026-03-04", "E2": "2026-04-01"}, held),
    ]


def test_a_row_claimed_by_two_cases_quarantines_both(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path, council(cin_cases=[case("C1"), case("C2")], cin_events=[event(case_ref="C1"), event(case_ref="C2")])
    )
    assert [len(one.events) for one in extract.cases] == [1, 0]
    assert {ref: [len(one.events) for one in others] for ref, others in extract.disputed.items()} == {"C1": [0], "C2": [1]}
    assert extract.warnings == ("cin_events E1: rows of this key disagree; quarantined: case C1, C2",)


def test_siblings_who_share_a_meeting_do_not_dispute_it(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(
            cin_cases=[case("C1"), case("C2")],
            cin_meetings=[meeting(case_ref="C1"), meeting(case_ref="C2", outcome="amend")],
            cin_attendees=[attendee()],
        ),
    )
    assert extract.disputed == {}
    assert [one.meetings[0].outcome for one in extract.cases] == [None, "amend"]
    assert [len(one.meetings[0].attendees) for one in extract.cases] == [1, 1]


def test_a_person_whose_rows_disagree_is_not_written_to(tmp_path: Path) -> None:
    extract = read_sqlite(
        tmp_path,
        council(
            cin_people=[
                person(mobile="07700900001", teams_channel="north", deputy_ref="P2"),
                person(email="another@council.gov.uk"),
                person("P2"),
            ]
        ),
    )
    one = extract.people["P1"]
    assert (one.email, one.mobile, one.teams_channel, one.deputy_ref, one.contact) == (None, None, None, None, "no")
    assert extract.people["P2"].contact == "yes"
    assert extract.disputed == {}
    assert extract.warnings == ("cin_people P1: rows of this key disagree; not written to, and no deputy",)


def test_an_attendee_whose_rows_disagree_counts_once_by_the_first(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_attendees=[attendee(response="yes"), attendee(response="no")]))
    assert [one.response for one in extract.cases[0].meetings[0].attendees] == ["yes"]
    assert extract.disputed == {}
    assert extract.warnings == ("cin_attendees M1 / P1: rows of this key disagree; the first one counts",)


def test_a_dispute_about_a_case_that_is_not_there_quarantines_nothing(tmp_path: Path) -> None:
    extract = read_sqlite(tmp_path, council(cin_events=[event(case_ref="C9"), event(case_ref="C9", happened_on="2026-03-03")]))
    assert extract.disputed == {}
    assert "cin_events: 2 rows name a case_ref that cin_cases does not hold; attached to nothing" in extract.warnings
