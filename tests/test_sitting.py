"""A sitting: one meeting with every case that shares it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from meeting_cases import BOOKED, DAY, booked, case, comes, meeting, sitting

from cin_reminders.case import Attendee
from cin_reminders.sitting import fingerprint, sittings

SECRET = b"of the council"
EARLIER, LATER = DAY - timedelta(days=1), DAY + timedelta(days=1)  # Wednesday, Friday


def test_siblings_who_share_a_meeting_have_one_sitting_in_the_order_of_their_cases() -> None:
    (one,) = sittings([case(meeting(), ref="C2", label="CD"), case(meeting(), ref="C1", label="AB")])

    assert (one.meeting_ref, one.case_refs, one.labels) == ("M1", ("C1", "C2"), ("AB", "CD"))
    assert (one.scheduled_at, one.day, one.venue, one.chair_ref) == (datetime(2026, 6, 18, 10), DAY, "Room 2", "chair")


def test_each_meeting_of_a_case_has_a_sitting_of_its_own() -> None:
    found = sittings([case(meeting(meeting_ref="M2"), meeting(meeting_ref="M1"))])

    assert [one.meeting_ref for one in found] == ["M1", "M2"]


def test_two_children_of_one_label_are_one_label() -> None:
    assert sitting(case(meeting(), ref="C1", label="AB"), case(meeting(), ref="C2", label="AB")).labels == ("AB",)


def test_a_case_left_out_is_not_spoken_of() -> None:
    one = sitting(case(meeting(), ref="C1"), case(meeting(), ref="C2"), left_out=["C1"])

    assert (one.case_refs, one.labels) == (("C2",), ("label C2",))
    assert [left.case_ref for left in one.left_out] == ["C1"]


def test_a_meeting_of_cases_left_out_alone_is_no_sitting() -> None:
    assert sittings([case(meeting())], left_out=["C1"]) == ()


# ---- who comes


def test_everybody_who_comes_is_there_once() -> None:
    one = sitting(case(meeting([comes("b"), comes("a")]), ref="C1"), case(meeting([comes("a"), comes("c")]), ref="C2"))

    assert [attendee.person_ref for attendee in one.attendees] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "first, second, merged",
    [
        (comes("a", "other"), comes("a", "parent"), comes("a", "parent")),
        (comes("a", "family"), comes("a", "child"), comes("a", "child")),
        (comes("a", "health"), comes("a", "other"), comes("a", "health")),
        (comes("a"), comes("a", invited_on=BOOKED), comes("a", invited_on=BOOKED)),
        (comes("a", invited_on=LATER), comes("a", invited_on=BOOKED), comes("a", invited_on=BOOKED)),
        (comes("a", response="no"), comes("a", response="yes"), comes("a", response="no")),
        (comes("a"), comes("a", response="yes"), comes("a", response="yes")),
    ],
)
def test_rows_of_one_person_become_one(first: Attendee, second: Attendee, merged: Attendee) -> None:
    assert sitting(case(meeting([first]), ref="C1"), case(meeting([second]), ref="C2")).attendees == (merged,)


# ---- what its rows say together


def test_what_one_row_leaves_blank_another_fills() -> None:
    one = sitting(
        case(meeting(venue="", chair_ref=None), ref="C1"), case(meeting(online_url="https://meet.example.org/1"), ref="C2")
    )

    assert (one.venue, one.online_url, one.chair_ref) == ("Room 2", "https://meet.example.org/1", "chair")
    assert one.disagreements == ()


@pytest.mark.parametrize(
    "other, said",
    [
        ({"at": 11}, ("the time",)),
        ({"venue": "Room 3"}, ("the venue",)),
        ({"venue": "Room 2 "}, ()),
        ({"venue": ""}, ()),
        ({"online_url": "https://meet.example.org/2"}, ("the link",)),
        ({"ends_at": datetime(2026, 6, 18, 12)}, ("the end",)),
        ({"ends_at": datetime(2026, 6, 18, 12), "venue": "Room 3"}, ("the end", "the venue")),
    ],
)
def test_rows_that_differ_on_when_or_where_disagree(other: dict[str, Any], said: tuple[str, ...]) -> None:
    whole = {"online_url": "https://meet.example.org/1", "ends_at": datetime(2026, 6, 18, 11)}
    one = sitting(case(meeting(**whole), ref="C1"), case(meeting(**(whole | other)), ref="C2"))

    assert one.disagreements == said


def test_it_was_booked_on_the_first_day_that_a_row_says() -> None:
    one = sitting(case(meeting(booked_on=LATER), ref="C1"), case(meeting(booked_on=BOOKED), ref="C2"))

    assert one.booked_on == BOOKED
    assert booked(booked_on=None).booked_on is None


# ---- whom it still concerns


def test_a_case_that_closes_leaves_the_sitting_on_that_day() -> None:
    one = sitting(case(meeting(), ref="C1", closed_on=DAY), case(meeting(), ref="C2"))
    day_before, on_the_day = one.as_of(EARLIER), one.as_of(DAY)

    assert day_before is not None
    assert day_before.case_refs == ("C1", "C2")
    assert on_the_day is not None
    assert on_the_day.case_refs == ("C2",)
    assert [left.case_ref for left in on_the_day.left_out] == ["C1"]
    assert booked_for(closed_on=DAY).as_of(DAY) is None


def booked_for(**columns: Any) -> Any:
    return sitting(case(meeting(), **columns))


def test_a_meeting_not_booked_yet_concerns_nobody() -> None:
    assert booked().as_of(BOOKED - timedelta(days=1)) is None  # Sunday
    assert booked().as_of(BOOKED) is not None  # Monday
    assert booked(booked_on=None).as_of(date(2026, 1, 5)) is not None  # Monday


def test_it_goes_ahead_as_long_as_it_does_for_one_case() -> None:
    one = sitting(case(meeting(cancelled_on=DAY), ref="C1"), case(meeting(), ref="C2")).as_of(DAY)

    assert one is not None
    assert one.case_refs == ("C2",)
    assert not one.is_cancelled_by(DAY)
    assert one.cancelled_on is None


def test_it_has_no_day_of_cancelling_while_it_goes_ahead_for_any_case() -> None:
    assert sitting(case(meeting(cancelled_on=DAY), ref="C1"), case(meeting(), ref="C2")).cancelled_on is None


def test_it_is_cancelled_once_it_is_for_every_open_case() -> None:
    both = sitting(case(meeting(cancelled_on=EARLIER), ref="C1"), case(meeting(cancelled_on=DAY), ref="C2"))

    assert not both.is_cancelled_by(EARLIER)
    assert both.is_cancelled_by(DAY)
    assert both.cancelled_on == DAY
    other_closed = sitting(case(meeting(cancelled_on=DAY), ref="C1"), case(meeting(), ref="C2", closed_on=DAY)).as_of(DAY)
    assert other_closed is not None
    assert other_closed.is_cancelled_by(DAY)


def test_it_was_held_once_any_row_says_so() -> None:
    one = sitting(case(meeting(), ref="C1"), case(meeting(held_on=DAY), ref="C2"))

    assert not one.is_held_by(EARLIER)
    assert one.is_held_by(DAY)
    assert one.held_on == DAY


# ---- the mark of when and where


@pytest.mark.parametrize(
    "other",
    [
        {"at": 11},
        {"day": LATER},
        {"ends_at": datetime(2026, 6, 18, 11)},
        {"venue": "Room 3"},
        {"venue": None},
        {"online_url": "https://meet.example.org/1"},
        {"meeting_ref": "M2"},
    ],
)
def test_another_time_or_place_has_another_mark(other: dict[str, Any]) -> None:
    assert fingerprint(booked(**other), SECRET) != fingerprint(booked(), SECRET)


@pytest.mark.parametrize(
    "other",
    [
        {"chair_ref": None},
        {"attendees": ()},
        {"kind": "initial"},
        {"venue": " Room  2"},
        {"online_url": ""},
        {"cancelled_on": DAY},
    ],
)
def test_whatever_else_changes_has_the_same_mark(other: dict[str, Any]) -> None:
    assert fingerprint(booked(**other), SECRET) == fingerprint(booked(), SECRET)


def test_what_stands_in_one_column_is_not_taken_for_another() -> None:
    venue = booked(venue="https://meet.example.org/1", online_url=None)
    link = booked(venue=None, online_url="https://meet.example.org/1")

    assert fingerprint(venue, SECRET) != fingerprint(link, SECRET)


def test_the_mark_shows_nothing_of_the_place_and_needs_the_secret() -> None:
    mark = fingerprint(booked(venue="7 Sample Street"), SECRET)

    assert len(mark) == 32
    assert set(mark) <= set("0123456789abcdef")
    assert mark != fingerprint(booked(venue="7 Sample Street"), b"of another council")
    with pytest.raises(ValueError, match="secret: empty"):
        fingerprint(booked(), b"")
