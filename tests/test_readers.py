"""Who is written to about a meeting, and as what kind of reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from meeting_cases import BOOKED, DAY, RULES, booked, case, comes, directory, meeting, person, sitting

from cin_reminders.case import Attendee, Person
from cin_reminders.readers import MeetingRules, Reader, readers
from cin_reminders.sitting import Sitting

ON = date(2026, 6, 2)  # Tuesday
TURNS_12 = date(2014, 6, 2)  # 12 years old on that Tuesday


def read_by(about: Sitting, *people: Person, rules: MeetingRules = RULES, on: date = ON, **lists: Any) -> dict[str, Reader]:
    return {one.person_ref: one for one in readers(about, directory=directory(*people, **lists), rules=rules, on=on)}


def one_reader(attendee: Attendee, *people: Person, **more: Any) -> Reader:
    """The only reader of a meeting that nobody chairs."""
    (found,) = read_by(booked([attendee], chair_ref=None), *people, **more).values()
    return found


def obstacle(attendee: Attendee, *people: Person, **more: Any) -> str | None:
    return one_reader(attendee, *people, **more).obstacle


def test_the_chair_reads_first_and_then_everybody_who_comes() -> None:
    about = booked([comes("worker"), comes("teacher", "education"), comes("mother", "parent"), comes("child", "child")])
    found = readers(about, directory=directory(), rules=RULES, on=ON)

    assert [(one.person_ref, one.kind, one.obstacle) for one in found] == [
        ("chair", "chair", None),
        ("child", "child", None),
        ("mother", "family", None),
        ("teacher", "partner", None),
        ("worker", "staff", None),
    ]
    assert [one.why for one in found[:2]] == ["you chair this meeting", "you are asked to this meeting"]


def test_a_chair_who_is_on_the_list_as_well_reads_once_as_the_chair() -> None:
    found = read_by(booked([comes("chair")]))

    assert [(one.person_ref, one.kind) for one in found.values()] == [("chair", "chair")]


# ---- professionals and partners


def test_a_chair_from_outside_reads_what_partners_read() -> None:
    assert read_by(booked(chair_ref="teacher"))["teacher"].kind == "partner"


@pytest.mark.parametrize("capacity", ["education", "health", "advocate", "interpreter"])
def test_without_domains_those_who_may_be_from_outside_read_what_partners_read(capacity: str) -> None:
    assert one_reader(comes("worker", capacity), allowed=()).kind == "partner"
    assert one_reader(comes("worker", capacity)).kind == "staff"
    assert one_reader(comes("worker", "other"), allowed=()).kind == "staff"
    assert read_by(booked([comes("chair", capacity)]), allowed=())["chair"].kind == "chair"


def test_a_professional_at_neither_domain_is_not_written_to() -> None:
    free = person("free", email="free@elsewhere.example.org")

    assert obstacle(comes("free", "interpreter"), free) == "has an e-mail address outside the allowed domains"


@pytest.mark.parametrize("kind", ["professional", "family"])
def test_nobody_is_written_to_who_must_not_be(kind: str) -> None:
    assert obstacle(comes("them"), person("them", kind, contact="no")) == "must not be contacted"


def test_whoever_has_left_is_not_written_to() -> None:
    assert obstacle(comes("worker"), person("worker", active_until=ON)) is None
    assert obstacle(comes("worker"), person("worker", active_until=ON - timedelta(days=1))) == "has left"


def test_whoever_is_away_is_written_to_and_the_deputy_is_not() -> None:
    away = person("worker", away_from=ON, away_until=DAY, deputy_ref="deputy")
    found = read_by(booked([comes("worker")]), away)

    assert list(found) == ["chair", "worker"]
    assert found["worker"].obstacle is None


def test_somebody_unknown_is_not_written_to() -> None:
    assert obstacle(comes("stranger")) == "is not among the people in the records"


def test_a_relative_who_chairs_is_a_slip_in_the_records() -> None:
    assert read_by(booked(chair_ref="mother"))["mother"].obstacle == "is not a professional"


@pytest.mark.parametrize("capacity", ["child", "parent", "family"])
def test_a_professional_listed_as_one_of_the_family_is_not_written_to(capacity: str) -> None:
    """A parent typed in as a professional would be taken to agree to be written to."""
    said = "is recorded both as a professional and as one of the family"

    assert obstacle(comes("worker", capacity)) == said
    assert read_by(booked([comes("chair", capacity)]))["chair"].obstacle == said


# ---- families


@pytest.mark.parametrize("capacity", ["parent", "family", "advocate", "interpreter", "other"])
def test_whoever_is_no_professional_reads_what_families_read(capacity: str) -> None:
    assert one_reader(comes("mother", capacity)).kind == "family"


@pytest.mark.parametrize(
    "has, said",
    [
        ({"mobile": None}, None),
        ({"email": None, "mobile": "07700 900456"}, None),
        ({"email": "no address", "mobile": "07700 900456"}, None),
        ({"email": "no address"}, "has neither a mobile number nor an e-mail address that could be used"),
        ({"email": None}, "has neither a mobile number nor an e-mail address that could be used"),
    ],
)
def test_a_family_needs_an_address_or_a_number(has: dict[str, Any], said: str | None) -> None:
    assert obstacle(comes("aunt", "family"), person("aunt", "family", **has)) == said


def test_families_are_not_written_to_where_there_is_no_way_to() -> None:
    rules = replace(RULES, family_ways=())

    assert obstacle(comes("mother", "parent"), rules=rules) == "is of the family, and the council writes to none"
    assert obstacle(comes("child", "child"), rules=rules) == "is a child, and the council writes to none"
    assert obstacle(comes("worker"), rules=rules) is None


# ---- children


def test_a_child_is_written_to_from_the_day_they_are_old_enough() -> None:
    about = sitting(case(meeting([comes("child", "child")], chair_ref=None), born_on=TURNS_12))
    too_young = "is a child, and not every child of this meeting is old enough to be written to"

    assert read_by(about, on=ON - timedelta(days=1))["child"].obstacle == too_young
    assert read_by(about, on=ON)["child"].obstacle is None


def test_a_child_born_on_a_leap_day_is_older_from_the_first_of_march() -> None:
    about = sitting(case(meeting([comes("child", "child")], chair_ref=None, booked_on=None), born_on=date(2016, 2, 29)))

    assert read_by(about, on=date(2028, 2, 28))["child"].obstacle is not None
    assert read_by(about, on=date(2028, 2, 29))["child"].obstacle is None
    rules = replace(RULES, children_from_age=11)
    assert read_by(about, on=date(2027, 2, 28), rules=rules)["child"].obstacle is not None
    assert read_by(about, on=date(2027, 3, 1), rules=rules)["child"].obstacle is None


def test_no_child_is_written_to_unless_the_council_has_turned_it_on() -> None:
    rules = replace(RULES, children_from_age=None)

    assert obstacle(comes("child", "child"), rules=rules) == "is a child, and the council writes to none"


NO_AGE = "is a child of an age that the records do not give"


def test_a_child_of_unknown_age_is_not_written_to() -> None:
    for columns in ({"born_on": None}, {"born_on": None, "expected_on": DAY}):
        about = sitting(case(meeting([comes("child", "child")], chair_ref=None), **columns))
        assert read_by(about)["child"].obstacle == NO_AGE


def test_a_child_who_is_not_one_of_the_cases_is_not_written_to() -> None:
    friend = person("friend", "child")

    assert obstacle(comes("friend", "other"), friend) == NO_AGE
    both = read_by(booked([comes("child", "child"), comes("friend", "child")], chair_ref=None), friend)
    assert {ref: one.obstacle for ref, one in both.items()} == {"child": NO_AGE, "friend": NO_AGE}


def test_somebody_typed_in_as_family_who_comes_as_the_child_is_a_child() -> None:
    rules = replace(RULES, children_from_age=None)

    assert obstacle(comes("mother", "child"), rules=rules) == "is a child, and the council writes to none"


@pytest.mark.parametrize("left_out", [(), ("C2",)])
def test_of_siblings_who_cannot_be_told_apart_the_youngest_counts(left_out: Sequence[str]) -> None:
    """Nothing in the records says which attendee is the child of which case."""

    def child_with_sibling_born(born_on: date | None) -> str | None:
        mine = meeting([comes("child", "child")], chair_ref=None)
        about = sitting(case(mine, ref="C1"), case(mine, ref="C2", born_on=born_on), left_out=left_out)
        return read_by(about)["child"].obstacle

    assert child_with_sibling_born(TURNS_12) is None
    assert child_with_sibling_born(TURNS_12 + timedelta(days=1)) is not None
    assert child_with_sibling_born(None) == NO_AGE


# ---- whoever is reached through somebody else


def through(ref: str, kind: str = "family", by: str | None = "mother", **more: Any) -> Person:
    return person(ref, kind, contact="via", contact_via_ref=by, **more)


def test_somebody_reached_through_another_is_not_written_to_and_the_other_is() -> None:
    found = one_reader(comes("father", "parent"), through("father"))

    assert (found.person_ref, found.kind, found.obstacle) == ("mother", "family", None)
    assert found.in_place_of is not None
    assert found.in_place_of.person_ref == "father"
    assert found.why == "somebody who is asked to this meeting hears of it through you"


def test_a_professional_who_passes_it_on_to_a_family_reads_what_the_family_would() -> None:
    found = one_reader(comes("father", "parent"), through("father", by="worker"))

    assert (found.person_ref, found.kind, found.obstacle) == ("worker", "family", None)


def test_a_childs_go_between_is_written_to_only_where_the_child_would_be() -> None:
    found = one_reader(comes("child", "child"), through("child", "child"))
    assert (found.person_ref, found.kind, found.obstacle) == ("mother", "family", None)
    off = one_reader(comes("child", "child"), through("child", "child"), rules=replace(RULES, children_from_age=None))
    assert (off.person_ref, off.obstacle) == ("child", "is a child, and the council writes to none")


@pytest.mark.parametrize(
    "named, said",
    [
        (person("them", "family", contact="no"), "must not be contacted"),
        (person("them", "child"), "is a child"),
        (person("them", active_until=ON - timedelta(days=1)), "has left"),
        (through("them"), "is contacted through somebody else in turn"),
        (person("them", "family", email=None), "has neither a mobile number nor an e-mail address that could be used"),
        (person("them", email="them@elsewhere.example.org"), "has an e-mail address outside the allowed domains"),
    ],
)
def test_a_go_between_who_may_not_be_written_to_is_not(named: Person, said: str) -> None:
    found = one_reader(comes("father", "parent"), through("father", by="them"), named)

    assert found.person_ref == "father"
    assert found.obstacle == f"is contacted through somebody else only, who {said}"


@pytest.mark.parametrize("by", [None, "stranger", "father"])
def test_without_a_go_between_nobody_is_written_to(by: str | None) -> None:
    said = "is contacted through somebody else only, and the records name nobody"

    assert obstacle(comes("father", "parent"), through("father", by=by)) == said


def test_a_professionals_go_between_must_be_one_who_may_see_the_case() -> None:
    def instead(by: str, **lists: Any) -> Reader:
        return one_reader(comes("busy"), through("busy", "professional", by=by), **lists)

    assert (instead("deputy").person_ref, instead("deputy").kind, instead("deputy").obstacle) == ("deputy", "staff", None)
    unseen = instead("deputy", colleagues=())
    assert unseen.obstacle == "is contacted through somebody else only, who has no role in the case or its team"
    assert instead("mother").obstacle == "is contacted through somebody else only, who is not a professional"
    assert (instead("teacher").kind, instead("teacher").obstacle) == ("partner", None)


def test_the_chairs_go_between_reads_what_the_chair_would() -> None:
    busy = through("busy", "professional", by="deputy")

    found = read_by(booked((), chair_ref="busy"), busy)
    assert (found["deputy"].kind, found["deputy"].obstacle) == ("chair", None)
    unseen = read_by(booked((), chair_ref="busy"), busy, colleagues=())
    assert unseen["busy"].obstacle == "is contacted through somebody else only, who has no role in the case or its team"


def test_whoever_comes_and_passes_it_on_is_written_to_once_as_somebody_who_comes() -> None:
    about = booked([comes("father", "parent"), comes("mother", "parent", invited_on=BOOKED)], chair_ref=None)
    (found,) = read_by(about, through("father")).values()

    assert (found.person_ref, found.why, found.in_place_of) == ("mother", "you are asked to this meeting", None)
    assert not found.is_invited  # nobody has invited the father


@pytest.mark.parametrize("fathers, declined", [(None, False), ("yes", False), ("no", True)])
def test_whoever_declined_for_themselves_still_passes_it_on(fathers: str | None, declined: bool) -> None:
    about = booked([comes("father", "parent", response=fathers), comes("mother", "parent", response="no")], chair_ref=None)
    (found,) = read_by(about, through("father")).values()

    assert found.has_declined is declined


# ---- what the list says of them


def test_an_invitation_counts_from_its_day() -> None:
    assert one_reader(comes("worker", invited_on=ON)).is_invited
    assert not one_reader(comes("worker", invited_on=ON + timedelta(days=1))).is_invited
    assert not one_reader(comes("worker")).is_invited


@pytest.mark.parametrize("response, declined", [("yes", False), ("unsure", False), ("no", True)])
def test_whoever_has_answered_was_invited(response: str, declined: bool) -> None:
    found = one_reader(comes("worker", response=response))

    assert (found.is_invited, found.has_declined) == (True, declined)


def test_a_chair_declines_nothing() -> None:
    assert not read_by(booked([comes("chair", response="no")]))["chair"].has_declined


def test_no_obstacle_names_anybody_or_an_address() -> None:
    about = booked([comes("father", "parent"), comes("worker", "parent"), comes("free")])
    people = [through("father", by="them"), person("them", contact="no"), person("free", email="free@elsewhere.example.org")]
    said = " ".join(one.obstacle or "" for one in read_by(about, *people).values())

    assert said
    for name in ("father", "Father", "them", "Them", "elsewhere", "@", "worker"):
        assert name not in said
