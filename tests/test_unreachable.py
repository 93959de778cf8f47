"""Who cannot be told: each person once for a reason, with the open cases concerned, and nobody who is reached after all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from ladder_cases import action, case, directory, held_by, holds, meeting, person

from cin_reminders.case import Case, Person
from cin_reminders.recipients import OUTSIDE, PARTNER
from cin_reminders.unreachable import Unreachable, unreachable_holders

ON = date(2026, 6, 19)  # Friday
DAY = timedelta(days=1)
ELSEWHERE, NURSE = "somebody@elsewhere.org", "nurse@nhs.example"


def gaps(*people: Person, cases: Iterable[Case] = (), colleagues: Iterable[str] = ()) -> list[tuple[str, str, str, int]]:
    """Everybody listed on Friday 19 June: person, roles, reason, open cases."""
    known = directory(*people, allowed=["council.gov.uk"], partners=["nhs.example"], colleagues=colleagues)
    return [(one.person_ref, one.held_as, one.why, one.cases) for one in unreachable_holders(cases or [case()], known, ON)]


def test_where_everybody_can_be_told_nobody_is_listed() -> None:
    assert gaps() == []


def test_an_address_outside_both_lists_is_refused_and_counted_over_the_open_cases() -> None:
    cases = [case(), case(case_ref="C2"), case(case_ref="C3", closed_on=ON)]
    assert gaps(person("manager", email=ELSEWHERE), cases=cases) == [("manager", "team manager", OUTSIDE, 2)]


@pytest.mark.parametrize("closed_on, expected", [(ON, 0), (ON + DAY, 1)], ids=["closed today", "closes tomorrow"])
def test_a_closed_case_concerns_nobody(closed_on: date, expected: int) -> None:
    assert len(gaps(person("lead", email=None), cases=[case(closed_on=closed_on)])) == expected


def test_refused_is_an_address_outside_both_lists_and_nothing_else() -> None:
    one = Unreachable(person_ref="lead", roles=("lead_practitioner",), why=OUTSIDE, cases=1)
    assert one.is_refused
    assert not replace(one, why="has no e-mail address").is_refused
    assert not replace(one, why=PARTNER).is_refused


@pytest.mark.parametrize(
    "wrong, why",
    [
        ({"email": None}, "has no e-mail address"),
        ({"email": "lead at council"}, "has an e-mail address that is none"),
        ({"email": NURSE}, PARTNER),
        ({"contact": "no"}, "must not be contacted"),
        ({"active_until": ON - DAY}, "has left"),
        ({"kind": "family"}, "is not a professional"),
        ({"away_from": ON, "away_until": ON}, "is away until Fri 19 Jun 2026"),
    ],
)
def test_each_reason_for_which_a_lead_practitioner_cannot_be_told_is_said(wrong: dict[str, object], why: str) -> None:
    assert gaps(person("lead", **wrong)) == [("lead", "lead practitioner", why, 1)]


def test_a_holder_whom_the_records_do_not_know_is_listed() -> None:
    assert gaps(cases=[case(held_by(lead_practitioner="nobody"))]) == [
        ("nobody", "lead practitioner", "is not among the people in the records", 1)
    ]


def test_a_role_of_the_team_is_looked_at_where_the_case_has_none_of_its_own() -> None:
    silent = person("other", contact="no")
    known = directory(silent, North=[holds("team_manager", "other")])
    own, teams = case(), case(held_by(team_manager=None), case_ref="C2")
    assert [(one.person_ref, one.cases) for one in unreachable_holders([own, teams], known, ON)] == [("other", 1)]


def test_who_is_away_is_no_gap_where_the_deputy_is_told() -> None:
    away = person("manager", away_from=ON, deputy_ref="deputy")
    assert gaps(away, colleagues=["deputy"]) == []
    assert gaps(away, person("deputy", email=None), colleagues=["deputy"]) == [
        ("manager", "team manager", "is away, and the deputy has no e-mail address", 1)
    ]


def test_a_deputy_who_may_see_one_case_and_not_another_is_a_gap_for_the_other_alone() -> None:
    away = person("manager", away_from=ON, deputy_ref="deputy")
    seen = case((*held_by(), holds("cin_coordinator", "deputy")))
    assert gaps(away, cases=[seen, case(case_ref="C2")]) == [
        ("manager", "team manager", "is away, and the deputy has no role in the case or its team", 1)
    ]


def test_one_person_in_several_roles_is_one_line_that_counts_each_case_once() -> None:
    booked = meeting(scheduled=date(2026, 7, 6), chair_ref="lead")  # Monday
    about = case(meetings=(booked,), actions=(action("lead"), replace(action("lead"), action_ref="A2")))
    assert gaps(person("lead", email=None), cases=[about]) == [
        ("lead", "lead practitioner, chair, owner of the action", "has no e-mail address", 1)
    ]


@pytest.mark.parametrize(
    "more, expected",
    [
        pytest.param({"scheduled": ON}, 1, id="today"),
        pytest.param({"scheduled": ON - DAY}, 0, id="yesterday"),
        pytest.param({"scheduled": ON + DAY, "cancelled_on": ON}, 0, id="cancelled"),
    ],
)
def test_the_chair_of_a_meeting_to_come_is_looked_at(more: dict[str, object], expected: int) -> None:
    about = case(meetings=(meeting(**({"chair_ref": "other"} | more)),))  # type: ignore[arg-type]
    assert len(gaps(person("other", email=None), cases=[about])) == expected


@pytest.mark.parametrize("completed_on, expected", [(ON, 0), (ON + DAY, 1), (None, 1)])
def test_the_owner_of_an_action_is_looked_at_until_it_is_completed(completed_on: date | None, expected: int) -> None:
    about = case(actions=(replace(action("other"), completed_on=completed_on),))
    assert len(gaps(person("other", email=ELSEWHERE), cases=[about])) == expected


def test_a_partner_who_owns_an_action_or_chairs_is_no_gap() -> None:
    booked = meeting(scheduled=date(2026, 7, 6), chair_ref="other")  # Monday
    about = case(meetings=(booked,), actions=(action("other"),))
    assert gaps(person("other", email=NURSE), cases=[about]) == []


def test_a_family_member_who_owns_an_action_is_no_gap() -> None:
    assert gaps(person("other", kind="family", contact="no"), cases=[case(actions=(action("other"),))]) == []


def test_most_cases_come_first() -> None:
    cases = [
        case(),
        case(held_by(lead_practitioner="other"), case_ref="C2"),
        case(held_by(lead_practitioner="other"), case_ref="C3"),
    ]
    assert [ref for ref, *_ in gaps(person("lead", email=None), person("other", email=None), cases=cases)] == ["other", "lead"]


def test_no_reason_repeats_an_address_or_a_name() -> None:
    [(_, _, why, _)] = gaps(person("manager", name="Nora Noname", email="nora@elsewhere.org"))
    assert not {"nora", "noname", "elsewhere"} & set(why.lower().replace(".", " ").replace("@", " ").split())
