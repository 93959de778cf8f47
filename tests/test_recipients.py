from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from ladder_cases import (
    DUE,
    OVERDUE,
    ROLES,
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

from cin_reminders.address import read_address
from cin_reminders.case import Case, Person, RoleHolder
from cin_reminders.obligations import Obligation
from cin_reminders.recipients import OUTSIDE, PARTNER, Directory, first_told, meeting_of, members_of_teams

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
    assert whom("team_manager", people, case((*held_by(team_manager=None), *rows))) == {
        "other": "the deputy of the team manager, who is away"
    }


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
    "deputy, why",
    [
        (person("deputy", away_from=ON), "is away"),
        (person("deputy", contact="no"), "must not be contacted"),
        (person("deputy", active_until=ON - DAY), "has left"),
        (person("deputy", kind="family"), "is not a professional"),
        (person("deputy", email="deputy@elsewhere.org"), "has an e-mail address outside the allowed domains"),
        (person("deputy", email="deputy@nhs.example"), f"{PARTNER}"),
    ],
)
def test_where_the_deputy_cannot_be_told_either_it_goes_up_and_says_of_both(deputy: Person, why: str) -> None:
    away = person("manager", away_from=ON, away_until=ON, deputy_ref="deputy")
    people = directory(away, deputy, allowed=["council.gov.uk"], partners=["nhs.example"])
    about = case()
    resolved = people.resolve(about, "team_manager", ON, owed(about))

    said = f"the deputy of the team manager, who is away, {why}"
    assert [(one.person.person_ref, one.why) for one in resolved.recipients] == [("service", f"the service manager, and {said}")]
    assert resolved.obstacles == ("the team manager is away until Fri 19 Jun 2026", said)


# ---- who may stand in


NO_ROLE = "has no role in the case or its team"


def stands_in(about: Case, *, colleagues: Iterable[str] = (), **more: object) -> list[str]:
    """Whom the team manager's notice goes to where they are away and `other` is their deputy."""
    people = directory(person("manager", **({"away_from": ON, "deputy_ref": "other"} | more)), colleagues=colleagues)
    return list(whom("team_manager", people, about))


def test_a_deputy_who_has_no_role_in_the_case_or_its_team_is_passed_over_and_the_next_role_up_hears_why() -> None:
    people = manager(away_from=ON, deputy_ref="other")
    assert whom("team_manager", people) == {
        "service": f"the service manager, and the deputy of the team manager, who is away, {NO_ROLE}"
    }


def test_a_deputy_from_the_same_team_is_told() -> None:
    assert stands_in(case(), colleagues=["other"]) == ["other"]
    assert stands_in(case(team="South"), colleagues=["other"]) == UP


def test_a_deputy_of_a_case_with_no_team_needs_a_role_in_the_case() -> None:
    assert stands_in(case(team=None), colleagues=["other"]) == UP
    assert stands_in(case((*held_by(), holds("cin_coordinator", "other")), team=None)) == ["other"]


@pytest.mark.parametrize(
    "from_on, until_on, expected",
    [
        pytest.param(ON, None, ["other"], id="begins today"),
        pytest.param(ON + DAY, None, UP, id="begins tomorrow"),
        pytest.param(None, ON, ["other"], id="last day today"),
        pytest.param(None, ON - DAY, UP, id="ended yesterday"),
    ],
)
def test_a_deputy_whom_the_case_names_in_any_role_is_told_while_the_role_lasts(
    from_on: date | None, until_on: date | None, expected: list[str]
) -> None:
    assert stands_in(case((*held_by(), holds("cin_coordinator", "other", from_on, until_on)))) == expected


@pytest.mark.parametrize(
    "more, expected",
    [
        pytest.param({"held_on": date(2026, 6, 1)}, ["other"], id="held"),
        pytest.param({"scheduled": date(2026, 7, 6)}, ["other"], id="booked"),
        pytest.param({"scheduled": date(2026, 7, 6), "cancelled_on": ON + DAY}, ["other"], id="cancelled tomorrow: not yet"),
        pytest.param({"scheduled": date(2026, 7, 6), "cancelled_on": ON}, UP, id="cancelled today"),
        pytest.param({"held_on": date(2026, 6, 1), "chair_ref": "chair"}, UP, id="somebody else chairs"),
    ],
)
def test_a_deputy_who_chairs_a_meeting_of_the_case_is_told(more: dict[str, Any], expected: list[str]) -> None:
    assert stands_in(case(meetings=(meeting(**({"chair_ref": "other"} | more)),))) == expected


def test_taking_notes_at_a_meeting_is_no_role_in_the_case() -> None:
    assert stands_in(case(meetings=(meeting(held_on=date(2026, 6, 1), note_taker_ref="other"),))) == UP


@pytest.mark.parametrize(
    "row, team, expected",
    [
        pytest.param(holds("service_manager", "other", ON), "North", True, id="for the team, from today"),
        pytest.param(holds("service_manager", "other", ON + DAY), "North", False, id="for the team, from tomorrow"),
        pytest.param(holds("service_manager", "other", None, ON), "North", True, id="for the team, to today"),
        pytest.param(holds("service_manager", "other", None, ON - DAY), "North", False, id="for the team, to yesterday"),
        pytest.param(holds("service_manager", "other"), "South", False, id="for another team"),
    ],
)
def test_who_holds_a_role_for_a_team_works_in_it(row: RoleHolder, team: str, expected: bool) -> None:
    assert ("other" in members_of_teams((), {team: (row,)}, ON).get("North", ())) is expected


@pytest.mark.parametrize(
    "more, expected",
    [
        pytest.param({}, True, id="an open case of the team"),
        pytest.param({"closed_on": ON + DAY}, True, id="closes tomorrow"),
        pytest.param({"closed_on": ON}, False, id="closed today"),
        pytest.param({"team": "South"}, False, id="another team's case"),
        pytest.param({"team": None}, False, id="a case with no team"),
        pytest.param({"roles": (holds("lead_practitioner", "other", None, ON),)}, True, id="their last day today"),
        pytest.param({"roles": (holds("lead_practitioner", "other", None, ON - DAY),)}, False, id="handed over yesterday"),
    ],
)
def test_who_has_a_role_in_an_open_case_of_a_team_works_in_it(more: dict[str, Any], expected: bool) -> None:
    roles = more.pop("roles", (holds("lead_practitioner", "other"),))
    assert ("other" in members_of_teams([case(roles, **more)], {}, ON).get("North", ())) is expected


def test_a_deputys_deputy_is_not_asked() -> None:
    people = directory(person("manager", away_from=ON, deputy_ref="deputy"), person("deputy", away_from=ON, deputy_ref="other"))
    assert list(whom("team_manager", people)) == UP


@pytest.mark.parametrize(
    "deputy_ref, why",
    [
        pytest.param(None, "the team manager is away", id="none named"),
        pytest.param("manager", "the team manager is away", id="themselves"),
        pytest.param(
            "nobody", "the deputy of the team manager, who is away, is not among the people in the records", id="unknown"
        ),
    ],
)
def test_without_a_deputy_it_goes_up(deputy_ref: str | None, why: str) -> None:
    assert whom("team_manager", manager(away_from=ON, deputy_ref=deputy_ref)) == {"service": f"the service manager, and {why}"}


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


# ---- which addresses are written to


def why_not_at(email: str, *, allowed: Iterable[str] = ("council.gov.uk",), partners: Iterable[str] = ()) -> str | None:
    """Why nothing goes to an address, in words."""
    return directory(allowed=allowed, partners=partners).why_not_address(person("manager", email=email))


@pytest.mark.parametrize(
    "email",
    [
        "manager@council.gov.uk",
        "manager@COUNCIL.Gov.UK",
        "MANAGER@council.gov.uk",
        "m.anager+cin@council.gov.uk",
        "o'connor@council.gov.uk",
        "siân@council.gov.uk",
    ],
)
def test_an_address_at_an_allowed_domain_is_written_to(email: str) -> None:
    assert why_not_at(email) is None


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("manager@mail.council.gov.uk", id="a subdomain is one of its own"),
        pytest.param("manager@gov.uk", id="the domain above"),
        pytest.param("manager@council.gov.uk.evil.org", id="the domain as the beginning of another"),
        pytest.param("manager@evilcouncil.gov.uk", id="the domain as the end of another"),
        pytest.param("manager@evil-council.gov.uk", id="the domain after a hyphen"),
        pytest.param("manager@council-gov.uk", id="a hyphen for a dot"),
        pytest.param("manager@councilxgov.uk", id="a letter for a dot"),
        pytest.param("manager@council.gov.ukx", id="one letter more"),
        pytest.param("council.gov.uk@evil.org", id="the domain as the mailbox"),
        pytest.param("manager+council.gov.uk@evil.org", id="the domain after a plus"),
        pytest.param("manager@\u0441ouncil.gov.uk", id="a Cyrillic letter that looks like c"),
        pytest.param("manager@c\u03bfuncil.gov.uk", id="a Greek letter that looks like o"),
        pytest.param("manager@xn--ouncil-hrf.gov.uk", id="the same as the network knows it"),
        pytest.param("manager@counc\u0131l.gov.uk", id="an i without its dot"),
    ],
)
def test_an_address_at_a_domain_that_only_looks_allowed_is_outside(email: str) -> None:
    assert why_not_at(email) == OUTSIDE


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("manager@council.gov.uk.", id="a dot at the end"),
        pytest.param("manager@.council.gov.uk", id="a dot at the beginning"),
        pytest.param("manager@council..gov.uk", id="two dots"),
        pytest.param(".manager@council.gov.uk", id="a mailbox that begins with a dot"),
        pytest.param("manager@evil.org@council.gov.uk", id="two at signs"),
        pytest.param("manager@evil.org,manager@council.gov.uk", id="two addresses"),
        pytest.param("manager@evil.org;manager@council.gov.uk", id="two addresses as some mail programs write them"),
        pytest.param("manager@evil.org manager@council.gov.uk", id="two addresses and a blank"),
        pytest.param('"manager@evil.org"@council.gov.uk', id="a quoted mailbox"),
        pytest.param('"man ager"@council.gov.uk', id="a quoted mailbox with a blank"),
        pytest.param("Nora <manager@council.gov.uk>", id="a display name"),
        pytest.param("<manager@council.gov.uk>", id="angle brackets"),
        pytest.param("manager@evil.org <manager@council.gov.uk>", id="an address for a display name"),
        pytest.param("manager(evil)@council.gov.uk", id="a comment"),
        pytest.param("manager@council.gov.uk(evil.org)", id="a comment after the domain"),
        pytest.param("manager@[192.0.2.1]", id="a number for a domain"),
        pytest.param(" manager@council.gov.uk", id="a blank before"),
        pytest.param("manager@council.gov.uk ", id="a blank after"),
        pytest.param("manager@council.gov.uk\r\nBcc: nora@evil.org", id="a line of its own"),
        pytest.param("manager@council.gov.uk\x00.evil.org", id="a NUL"),
        pytest.param("manager@council.gov.uk\u202egro.live", id="writing turned round"),
        pytest.param("manager\uff20council.gov.uk", id="an at sign that is none"),
        pytest.param("mailto:manager", id="no domain"),
        pytest.param("manager@counci\u00adl.gov.uk", id="a hyphen that shows only at the end of a line"),
        pytest.param("manager@localhost", id="this machine"),
        pytest.param("@council.gov.uk", id="no mailbox"),
    ],
)
def test_what_is_not_one_plain_address_is_none(email: str) -> None:
    assert why_not_at(email) == "has an e-mail address that is none"


@pytest.mark.parametrize(
    "email, written",
    [
        ("Manager@COUNCIL.gov.uk", "Manager@council.gov.uk"),
        ("manager@\uff43ouncil.gov.uk", "manager@council.gov.uk"),  # a wide c
        ("manager@council\u3002gov.uk", "manager@council.gov.uk"),  # an ideographic full stop
        ("manager@Bücher.example", "manager@xn--bcher-kva.example"),
        ("manager@bu\u0308cher.example", "manager@xn--bcher-kva.example"),  # u, and two dots to put on it
    ],
)
def test_what_was_checked_is_what_is_written_to(email: str, written: str) -> None:
    address = read_address(email)
    assert address is not None
    assert address.written == written


@pytest.mark.parametrize("listed", ["bücher.council.org", "BÜCHER.council.org", "xn--bcher-kva.council.org"])
@pytest.mark.parametrize("written", ["Bücher.Council.org", "XN--bcher-kva.council.org", "bu\u0308cher.council.org"])
def test_a_domain_is_listed_however_its_letters_are_written(listed: str, written: str) -> None:
    assert why_not_at(f"manager@{written}", allowed=[listed]) is None
    assert why_not_at(f"manager@{written}", partners=[listed]) == PARTNER


def test_with_no_list_any_domain_may_be_written_to_but_a_partners() -> None:
    assert why_not_at("manager@elsewhere.org", allowed=()) is None
    assert why_not_at("manager@elsewhere.org", allowed=(), partners=["elsewhere.org"]) == PARTNER


def test_a_partners_subdomain_is_outside_both_lists() -> None:
    assert why_not_at("nurse@trust.nhs.example", partners=["nhs.example"]) == OUTSIDE


def test_no_reason_repeats_an_address_or_a_name() -> None:
    people = directory(person("manager", name="Nora Noname", email="nora@elsewhere.org"), allowed=["council.gov.uk"])
    assert not {"nora", "noname", "elsewhere"} & set(" ".join(whom("team_manager", people).values()).lower().split())


def test_who_is_contacted_through_somebody_else_is_told_through_them() -> None:
    people = manager(contact="via", contact_via_ref="deputy")
    assert whom("team_manager", people) == {"deputy": "the person through whom the team manager is contacted"}


def test_whoever_a_professional_is_contacted_through_must_be_one_who_may_see_the_case() -> None:
    people = manager(contact="via", contact_via_ref="other")
    assert whom("team_manager", people) == {
        "service": f"the service manager, and the person through whom the team manager is contacted {NO_ROLE}"
    }


def test_nobody_who_has_left_is_contacted_through_anybody() -> None:
    assert list(whom("team_manager", manager(contact="via", contact_via_ref="deputy", active_until=ON - DAY))) == UP


def test_a_family_member_in_a_role_is_not_reached_through_anybody() -> None:
    assert list(whom("team_manager", manager(kind="family", contact="via", contact_via_ref="deputy"))) == UP


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
    assert resolved.obstacles[-1] == "the deputy of the team manager, who is away, could not be reached"


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


def test_an_action_that_a_partner_owns_is_told_to_the_lead_practitioner_saying_why() -> None:
    people = directory(person("other", email="other@nhs.example"), allowed=["council.gov.uk"], partners=["nhs.example"])
    about = case(actions=(action("other"),))
    assert whom("action_owner", people, about, owed(about, "action")) == {
        "lead": "the lead practitioner, and the owner of the action is at a partner organisation, "
        "and partners get meeting notices only"
    }


@pytest.mark.parametrize("role", ["lead_practitioner", "team_manager", "service_manager"])
def test_a_partner_is_told_of_no_duty_in_any_role(role: str) -> None:
    ref = ROLES[role]
    people = directory(person(ref, email=f"{ref}@nhs.example"), allowed=["council.gov.uk"], partners=["nhs.example"])
    assert ref not in whom(role, people)


def test_a_child_whom_a_row_names_as_the_worker_is_never_named() -> None:
    """A row that must be wrong, and must not put the name of a child into a manager's message or the report."""
    child = person("child", name="Zebedee Example", kind="child")

    assert directory(child).worker_of(case(held_by(lead_practitioner="child")), ON) == "nobody recorded"
    assert directory().worker_of(case(held_by(lead_practitioner="lead")), ON) == "Lead"
