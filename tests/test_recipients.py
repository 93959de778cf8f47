from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from ladder_cases import (
    DUE,
    OVERDUE,
    action,
    case,
    directory,
    held_by,
    holds,
    meeting,
    owed,
    person,
    with_rule,
)

from cin_reminders.case import Case, Person
from cin_reminders.obligations import Obligation
from cin_reminders.recipients import Directory, first_told, meeting_of

ON = OVERDUE  # Friday 19 June 2026
DAY = timedelta(days=1)


def whom(role: str, people: Directory | None = None, about: Case | None = None, one: Obligation | None = None) -> dict[str, str]:
    """Whom a role comes to on Friday 19 June, each with the reason."""
    about = about or case()
    resolved = (people or directory()).resolve(about, role, ON, one or owed(about))
    return {recipient.person.person_ref: recipient.why for recipient in resolved.recipients}


def manager(**more: object) -> Directory:
    """The usual people, the team manager as the test says, with the deputy named."""
    return directory(person("manager", **({"deputy_ref": "deputy"} | more)))


UP = ["service"]
DEPUTY = ["deputy"]
SELF = ["manager"]


def test_a_role_comes_to_its_holder() -> None:
    assert whom("team_manager") == {"manager": "the team manager"}


# ---- who holds a role


def test_the_cases_own_row_wins_over_its_teams() -> None:
    people = directory(North=[holds("team_manager", "other")])
    assert list(whom("team_manager", people)) == ["manager"]
    assert list(whom("team_manager", people, case(held_by(team_manager=None)))) == ["other"]


def test_another_teams_row_is_nobodys_here() -> None:
    people = directory(South=[holds("team_manager", "other")])
    assert list(whom("team_manager", people, case(held_by(team_manager=None)))) == UP


def test_a_case_with_no_team_has_its_own_roles_alone() -> None:
    people = directory(North=[holds("team_manager", "other")])
    assert list(whom("team_manager", people, case(held_by(team_manager=None), team=None))) == UP


@pytest.mark.parametrize(
    "from_on, until_on, expected",
    [
        pytest.param(ON, None, "other", id="begins today"),
        pytest.param(ON + DAY, None, "manager", id="begins tomorrow"),
        pytest.param(date(2026, 6, 1), ON, "other", id="last day today"),
        pytest.param(date(2026, 6, 1), ON - DAY, "manager", id="ended yesterday"),
        pytest.param(None, None, "other", id="always"),
    ],
)
def test_a_role_is_held_from_its_first_day_to_its_last(from_on: date | None, until_on: date | None, expected: str) -> None:
    people = directory(North=[holds("team_manager", "manager")])
    about = case((*held_by(team_manager=None), holds("team_manager", "other", from_on, until_on)))
    assert list(whom("team_manager", people, about)) == [expected]


def test_the_newest_holder_wins_over_an_older_row_that_nobody_ended() -> None:
    rows = [
        holds("team_manager", "other"),
        holds("team_manager", "deputy", date(2025, 1, 6)),
        holds("team_manager", "manager", date(2026, 1, 5)),
    ]
    assert list(whom("team_manager", about=case((*held_by(team_manager=None), *rows)))) == ["manager"]


def test_two_who_hold_a_role_from_one_day_are_both_told() -> None:
    rows = [holds("team_manager", ref, date(2026, 1, 5)) for ref in ("other", "manager")]
    assert list(whom("team_manager", about=case((*held_by(team_manager=None), *rows)))) == ["manager", "other"]


def test_of_two_holders_the_one_who_can_be_told_is_enough() -> None:
    rows = [holds("team_manager", ref) for ref in ("other", "manager")]
    about = case((*held_by(team_manager=None), *rows))
    assert list(whom("team_manager", directory(person("other", email=None)), about)) == ["manager"]


def test_a_holder_who_is_also_deputy_of_the_other_holder_is_told_once() -> None:
    rows = [holds("team_manager", ref) for ref in ("other", "manager")]
    people = directory(person("manager", away_from=ON, deputy_ref="other"))
    assert list(whom("team_manager", people, case((*held_by(team_manager=None), *rows)))) == ["other"]


def test_the_lead_practitioner_of_a_case_may_be_recorded_for_its_team() -> None:
    people = directory(North=[holds("lead_practitioner", "other")])
    for roles, ref in ((held_by(), "lead"), (held_by(lead_practitioner=None), "other")):
        lead = people.lead_of(case(roles), ON)
        assert lead is not None
        assert lead.person_ref == ref
    assert directory().lead_of(case(held_by(lead_practitioner=None)), ON) is None


# ---- who cannot be told


@pytest.mark.parametrize(
    "away_from, away_until, expected",
    [
        pytest.param(ON, ON, DEPUTY, id="first and last day"),
        pytest.param(ON + DAY, None, SELF, id="the day before"),
        pytest.param(ON - DAY, ON - DAY, SELF, id="the day after"),
        pytest.param(ON - DAY, None, DEPUTY, id="no end recorded"),
        pytest.param(None, ON + DAY, SELF, id="no beginning recorded"),
    ],
)
def test_who_is_away_is_stood_in_for_by_the_deputy(away_from: date | None, away_until: date | None, expected: list[str]) -> None:
    assert list(whom("team_manager", manager(away_from=away_from, away_until=away_until))) == expected


def test_a_deputy_hears_why() -> None:
    assert whom("team_manager", manager(away_from=ON)) == {"deputy": "the deputy of the team manager, who is away"}


@pytest.mark.parametrize(
    "deputy",
    [
        person("deputy", away_from=ON),
        person("deputy", contact="no"),
        person("deputy", active_until=ON - DAY),
        person("deputy", kind="family"),
    ],
)
def test_where_the_deputy_cannot_be_told_either_it_goes_up(deputy: Person) -> None:
    people = directory(person("manager", away_from=ON, away_until=ON, deputy_ref="deputy"), deputy)
    assert whom("team_manager", people) == {"service": "the service manager, and the team manager is away until Fri 19 Jun 2026"}


def test_a_deputys_deputy_is_not_asked() -> None:
    people = directory(person("manager", away_from=ON, deputy_ref="deputy"), person("deputy", away_from=ON, deputy_ref="other"))
    assert list(whom("team_manager", people)) == UP


@pytest.mark.parametrize(
    "away_from, deputy_ref", [(ON, None), (ON, "nobody"), (ON, "manager")], ids=["none named", "unknown", "themselves"]
)
def test_without_a_deputy_it_goes_up(away_from: date, deputy_ref: str | None) -> None:
    assert list(whom("team_manager", manager(away_from=away_from, deputy_ref=deputy_ref))) == UP


@pytest.mark.parametrize("active_until, expected", [(ON, SELF), (ON - DAY, UP)], ids=["last day", "the day after"])
def test_who_has_left_is_told_up_to_the_last_day(active_until: date, expected: list[str]) -> None:
    assert list(whom("team_manager", manager(active_until=active_until))) == expected


@pytest.mark.parametrize(
    "wrong, why",
    [
        ({"contact": "no"}, "the team manager must not be contacted"),
        ({"active_until": ON - DAY}, "the team manager has left"),
        ({"email": None}, "the team manager has no e-mail address"),
        ({"email": "no address"}, "the team manager has an e-mail address that is none"),
        ({"email": "manager@elsewhere.org"}, "the team manager has an e-mail address outside the allowed domains"),
        ({"email": "manager@mail.council.gov.uk"}, "the team manager has an e-mail address outside the allowed domains"),
        ({"email": "manager@council.gov.uk.evil.org"}, "the team manager has an e-mail address outside the allowed domains"),
        ({"kind": "family"}, "the team manager is not a professional"),
        ({"away_from": ON, "deputy_ref": None}, "the team manager is away"),
        ({"contact": "via", "contact_via_ref": None}, "the team manager is contacted through somebody else only"),
    ],
)
def test_who_cannot_be_told_is_passed_over_and_the_reason_said(wrong: dict[str, object], why: str) -> None:
    people = directory(person("manager", **wrong), allowed=["council.gov.uk"])
    assert whom("team_manager", people) == {"service": f"the service manager, and {why}"}


def test_a_role_held_by_somebody_the_records_do_not_know_goes_up() -> None:
    assert whom("team_manager", directory(without=["manager"])) == {
        "service": "the service manager, and the team manager is not among the people in the records"
    }


@pytest.mark.parametrize("allowed", ["bücher.council.org", "xn--bcher-kva.council.org"])
@pytest.mark.parametrize("written", ["Bücher.Council.org", "XN--bcher-kva.council.org"])
def test_a_domain_is_allowed_however_its_letters_are_written(allowed: str, written: str) -> None:
    people = directory(person("manager", email=f"manager@{written}"), allowed=[allowed])
    assert list(whom("team_manager", people)) == SELF


def test_no_reason_repeats_an_address_or_a_name() -> None:
    people = directory(person("manager", name="Nora Noname", email="nora@elsewhere.org"), allowed=["council.gov.uk"])
    assert not {"nora", "noname", "elsewhere"} & set(" ".join(whom("team_manager", people).values()).lower().split())


def test_who_is_contacted_through_somebody_else_is_told_through_them() -> None:
    people = manager(contact="via", contact_via_ref="other")
    assert whom("team_manager", people) == {"other": "the person through whom the team manager is contacted"}


def test_nobody_who_has_left_is_contacted_through_anybody() -> None:
    assert list(whom("team_manager", manager(contact="via", contact_via_ref="other", active_until=ON - DAY))) == UP


def test_a_family_member_in_a_role_is_not_reached_through_anybody() -> None:
    assert list(whom("team_manager", manager(kind="family", contact="via", contact_via_ref="other"))) == UP


# ---- the next role up


def test_vacant_roles_are_passed_on_the_way_up_and_the_first_reason_is_said() -> None:
    about = case(held_by(team_manager=None, service_manager=None))
    assert whom("team_manager", about=about) == {"head": "the head of service, and no team manager is recorded"}


@pytest.mark.parametrize(
    "role, expected",
    [
        ("chair", "coordinator"),
        ("cin_coordinator", "lead"),
        ("lead_practitioner", "manager"),
        ("team_manager", "service"),
        ("service_manager", "head"),
        ("note_taker", "lead"),
        ("action_owner", "lead"),
        ("practice_manager", "service"),
        ("safeguarding_service_manager", "head"),
    ],
)
def test_each_role_goes_up_to_the_next(role: str, expected: str) -> None:
    holders = [one for one in (*held_by(), holds("cin_coordinator", "coordinator")) if one.role != role]
    assert list(whom(role, about=case(holders))) == [expected]


def test_above_the_head_of_service_there_is_nobody() -> None:
    about = case(held_by(head_of_service=None))
    resolved = directory().resolve(about, "head_of_service", ON, owed(about))
    assert resolved.recipients == ()
    assert resolved.obstacles == ("no head of service is recorded",)


def test_somebody_a_notice_failed_for_is_passed_over() -> None:
    about = case()
    resolved = directory().resolve(about, "team_manager", ON, owed(about), frozenset({"manager"}))
    assert [(one.person.person_ref, one.why) for one in resolved.recipients] == [
        ("service", "the service manager, and the team manager could not be reached")
    ]


def test_a_deputy_a_notice_failed_for_is_passed_over() -> None:
    about = case()
    resolved = manager(away_from=ON).resolve(about, "team_manager", ON, owed(about), frozenset({"deputy"}))
    assert [one.person.person_ref for one in resolved.recipients] == UP


# ---- meetings


def of_a_meeting(**more: Any) -> tuple[Case, Obligation]:
    """A record to be shared after a review held on Monday 1 June."""
    about = case(meetings=(meeting(held_on=date(2026, 6, 1), **more),))
    return about, owed(about, "record_shared")


def test_the_chair_is_that_meetings() -> None:
    about, one = of_a_meeting(chair_ref="chair")
    assert whom("chair", about=about, one=one) == {"chair": "the chair"}


def test_a_vacant_chair_goes_up_and_the_reason_is_said() -> None:
    about, one = of_a_meeting()
    assert whom("chair", about=about, one=one) == {"lead": "the lead practitioner, and no chair is recorded"}


@pytest.mark.parametrize(
    "more, expected",
    [
        pytest.param({}, "M2", id="booked"),
        pytest.param({"scheduled": ON}, "M2", id="today"),
        pytest.param({"scheduled": ON - DAY}, None, id="its day is past"),
        pytest.param({"cancelled_on": ON}, None, id="cancelled today"),
        pytest.param({"cancelled_on": ON + DAY}, "M2", id="cancelled tomorrow: not yet"),
        pytest.param({"held_on": ON}, None, id="held today"),
        pytest.param({"held_on": ON + DAY}, "M2", id="held tomorrow: not yet"),
        pytest.param({"kind": "initial"}, "M2", id="an initial meeting is a next meeting too"),
    ],
)
def test_the_chair_for_a_review_is_the_next_booked_meetings(more: dict[str, Any], expected: str | None) -> None:
    usual: dict[str, Any] = {"scheduled": date(2026, 7, 6), "ref": "M2"}  # Monday
    booked = meeting(**(usual | more))
    about = case(meetings=(meeting(held_on=date(2026, 6, 1), chair_ref="other"), booked))
    found = meeting_of(about, owed(about, "review"), ON)
    assert (found.meeting_ref if found else None) == expected


def test_of_two_booked_meetings_the_sooner_is_next() -> None:
    booked = [meeting(scheduled=date(2026, 7, day), ref=f"M{day}") for day in (9, 7)]
    about = case(meetings=(meeting(held_on=date(2026, 6, 1)), *booked))
    found = meeting_of(about, owed(about, "review"), ON)
    assert found is not None
    assert found.meeting_ref == "M7"


def test_a_booked_review_is_not_where_a_first_meeting_will_be_held() -> None:
    about = case(meetings=(meeting(scheduled=date(2026, 7, 6)),))
    assert meeting_of(about, owed(about), ON) is None


def test_a_duty_after_a_meeting_met_by_an_event_is_about_that_meeting() -> None:
    about, one = of_a_meeting(chair_ref="chair")
    assert whom("chair", about=about, one=with_rule(one, met_by="plan_recorded")) == {"chair": "the chair"}


@pytest.mark.parametrize(
    "lead_attending, note_taker, role, expected",
    [
        ("no", "other", "note_taker", {"other": "the note taker"}),
        ("yes", "other", "lead_practitioner", {"lead": "the lead practitioner"}),
        (None, "other", "lead_practitioner", {"lead": "the lead practitioner"}),
        ("no", None, "note_taker", {"lead": "the lead practitioner, and no note taker is recorded"}),
    ],
)
def test_where_the_lead_practitioner_does_not_attend_the_note_taker_shares_the_plan(
    lead_attending: str | None, note_taker: str | None, role: str, expected: dict[str, str]
) -> None:
    taken = meeting(held_on=date(2026, 6, 1), lead_attending=lead_attending, note_taker_ref=note_taker)
    about = case(meetings=(taken,))
    one = owed(about, "plan_shared", policy="specialist-childrens-services")
    assert first_told(about, one, directory(), ON) == (role,)
    assert whom(role, about=about, one=one) == expected


# ---- who is first told


@pytest.mark.parametrize(
    "coordinator, expected", [("coordinator", "cin_coordinator"), (None, "lead_practitioner")], ids=["held", "vacant"]
)
def test_salford_tells_the_coordinator_else_the_lead_practitioner(coordinator: str | None, expected: str) -> None:
    about = case(held_by(cin_coordinator=coordinator), meetings=(meeting(held_on=date(2026, 6, 1)),))
    assert first_told(about, owed(about, "review", policy="salford"), directory(), ON) == (expected,)


def test_a_coordinator_who_has_left_is_passed_over_for_the_lead_practitioner_saying_why() -> None:
    about = case(held_by(cin_coordinator="coordinator"), meetings=(meeting(held_on=date(2026, 6, 1)),))
    people = directory(person("coordinator", active_until=ON - DAY))
    one = owed(about, "review", policy="salford")
    assert first_told(about, one, people, ON) == ("cin_coordinator",)
    assert whom("cin_coordinator", people, about, one) == {"lead": "the lead practitioner, and the coordinator has left"}


def test_salfords_consultation_is_copied_to_two_managers() -> None:
    about = case(held_by(practice_manager="practice", safeguarding_service_manager="safeguarding"))
    one = owed(about, "twelve_month_consultation", policy="salford")
    assert first_told(about, one, directory(), ON) == (
        "lead_practitioner",
        "practice_manager",
        "safeguarding_service_manager",
    )


@pytest.mark.parametrize(
    "owner, kind, role, expected",
    [
        ("other", "professional", "action_owner", {"other": "the owner of the action"}),
        ("other", "family", "lead_practitioner", {"lead": "the lead practitioner"}),
        ("other", "child", "lead_practitioner", {"lead": "the lead practitioner"}),
        ("unknown", "professional", "lead_practitioner", {"lead": "the lead practitioner"}),
        (None, "professional", "lead_practitioner", {"lead": "the lead practitioner"}),
    ],
)
def test_an_action_is_its_owners_if_a_professional_else_the_lead_practitioners(
    owner: str | None, kind: str, role: str, expected: dict[str, str]
) -> None:
    people = directory(person("other", kind=kind))
    about = case(actions=(action(owner),))
    one = owed(about, "action", due_on=DUE)
    assert first_told(about, one, people, ON) == (role,)
    assert whom(role, people, about, one) == expected


def test_an_owner_who_has_left_is_passed_over_for_the_lead_practitioner_saying_why() -> None:
    about = case(actions=(action("other"),))
    people = directory(person("other", active_until=ON - DAY))
    found = whom("action_owner", people, about, owed(about, "action"))
    assert found == {"lead": "the lead practitioner, and the owner of the action has left"}


def test_a_child_whom_a_row_names_as_the_worker_is_never_named() -> None:
    """A row that must be wrong, and must not put the name of a child into a manager's message or the report."""
    child = person("child", name="Zebedee Example", kind="child")

    assert directory(child).worker_of(case(held_by(lead_practitioner="child")), ON) == "nobody recorded"
    assert directory().worker_of(case(held_by(lead_practitioner="lead")), ON) == "Lead"
