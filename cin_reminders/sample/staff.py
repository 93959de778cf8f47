"""The made-up council's staff and partners: six teams as somebody from children's services would know them."""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from cin_reminders.sample import names as names
from cin_reminders.sample.council import Council, Team

LEAST_LEADS, CASES_FOR_A_LEAD = 25, 14
LEAST_TEAMS, LEADS_FOR_A_TEAM = 6, 6
CASES_FOR_A_COORDINATOR = 60
FEW_CASES = 6


def hire_staff(council: Council, cases: int) -> None:
    """Fill every post that so many cases need, then send a few people away as in any other week."""
    people = _staff_names(council)
    leads = [_employ(council, next(people)) for _ in range(max(LEAST_LEADS, cases // CASES_FOR_A_LEAD))]
    head = _employ(council, next(people))
    service_managers = [_employ(council, next(people)) for _ in range(2)]
    how_many = max(LEAST_TEAMS, len(leads) // LEADS_FOR_A_TEAM)
    note_takers = [_employ(council, next(people)) for _ in range(how_many // 2)]
    for number, name in zip(range(how_many), _team_names(), strict=False):
        team = Team(
            name=name,
            disabilities=name.startswith(names.DISABILITY_TEAM),
            manager_ref=_employ(council, next(people)),
            lead_refs=tuple(leads[number::how_many]),
            note_taker_ref=note_takers[number // 2 % len(note_takers)],
        )
        council.teams.append(team)
        council.team_of.update(dict.fromkeys(team.lead_refs, team))
        _team_role(council, name, "service_manager", service_managers[number % 2])
        _team_role(council, name, "head_of_service", head)
    if council.practice.coordinators:
        _hire_coordination_service(council, people, cases)
    _a_team_that_changed_its_manager(council, council.teams[4], next(people))
    for team in council.teams:
        if team is not council.teams[4]:
            _team_role(council, team.name, "team_manager", team.manager_ref)
    _an_ordinary_week(council)
    _partners(council, people, cases)


def lead_and_team(council: Council, *, disabilities: bool, children: int) -> tuple[str, Team]:
    """The lead practitioner with the fewest cases among those who do such work, and their team."""
    lead_ref = _freest(council.free_leads[disabilities], children)
    return lead_ref, council.team_of[lead_ref]


def free_coordinator(council: Council) -> str:
    """The CIN coordinator with the fewest cases."""
    return _freest(council.free_coordinators, 1)


def _freest(people: list[tuple[int, str]], more: int) -> str:
    load, ref = people[0]
    heapq.heapreplace(people, (load + more, ref))
    return ref


def address(name: str, domain: str) -> str:
    """An e-mail address made of a name: Siân O'Connor is sian.oconnor."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z.-]", "", plain.replace(" ", ".")) + "@" + domain


def _employ(council: Council, name: str, organisation: str = "Exampleshire Council", domain: str = names.STAFF_DOMAIN) -> str:
    ref = council.ref("S")
    council.add(
        "cin_people",
        person_ref=ref,
        name=name,
        kind="professional",
        email=address(name, domain),
        organisation=organisation,
        language="en",
        contact="yes",
    )
    return ref


def _team_role(
    council: Council, team: str, role: str, ref: str, from_on: date | None = None, until_on: date | None = None
) -> None:
    council.add("cin_roles", team=team, role=role, person_ref=ref, from_on=from_on, until_on=until_on)


def _hire_coordination_service(council: Council, people: Iterator[str], cases: int) -> None:
    practice_manager, safeguarding_manager = (_employ(council, next(people)) for _ in range(2))
    for team in council.teams:
        _team_role(council, team.name, "practice_manager", practice_manager)
        _team_role(council, team.name, "safeguarding_service_manager", safeguarding_manager)
    coordinators = [_employ(council, next(people)) for _ in range(max(4, cases // CASES_FOR_A_COORDINATOR))]
    council.free_coordinators += [(0, ref) for ref in coordinators]  # sorted, so a heap already
    _away(council, coordinators[1], deputy_ref=coordinators[2])


def _a_team_that_changed_its_manager(council: Council, team: Team, former_name: str) -> None:
    last_day = council.diary.before(council.on, 45)
    former = _employ(council, former_name)
    _person(council, former)["active_until"] = last_day
    _team_role(council, team.name, "team_manager", former, until_on=last_day)
    _team_role(council, team.name, "team_manager", team.manager_ref, from_on=last_day + timedelta(days=1))


def _an_ordinary_week(council: Council) -> None:
    first, second, third, fourth, fifth = council.teams[:5]
    _away(council, first.lead_refs[0], deputy_ref=first.lead_refs[1])
    # The deputy works in another team and may not see the cases, so that the next role up has to hear.
    _away(council, fourth.lead_refs[2], deputy_ref=third.lead_refs[3])
    # The deputy is away too, so that the next role up has to hear.
    _away(council, third.lead_refs[0], deputy_ref=third.lead_refs[1])
    _away(council, third.lead_refs[1], deputy_ref=third.lead_refs[2])
    _away(council, second.manager_ref, deputy_ref=second.lead_refs[0])
    _away(council, fifth.lead_refs[1], deputy_ref=fifth.lead_refs[2], starts_in=6)

    leaver = first.lead_refs[3]
    _person(council, leaver)["active_until"] = council.diary.before(council.on, 12)
    agency = second.lead_refs[2]
    _person(council, agency)["email"] = address(str(_person(council, agency)["name"]), names.AGENCY_DOMAIN)
    no_address = fourth.lead_refs[0]
    _person(council, no_address)["email"] = None
    silent = fifth.lead_refs[3]
    _person(council, silent)["contact"] = "no"
    for ref in (first.manager_ref, first.lead_refs[1], second.lead_refs[1]):
        _person(council, ref)["teams_channel"] = names.OWN_CHANNEL + ref.lower()
    for lead_ref, team in council.team_of.items():
        few = lead_ref in (leaver, no_address, silent)
        heapq.heappush(council.free_leads[team.disabilities], (FEW_CASES if few else 0, lead_ref))


def _away(council: Council, ref: str, *, deputy_ref: str, starts_in: int = 0) -> None:
    diary, on = council.diary, council.on
    person = _person(council, ref)
    person["away_from"] = diary.after(on, starts_in) if starts_in else diary.before(on, 3)
    person["away_until"] = diary.after(on, starts_in + 7)
    person["deputy_ref"] = deputy_ref


def _person(council: Council, ref: str) -> dict[str, object]:
    return next(row for row in council.rows["cin_people"] if row["person_ref"] == ref)


def _partners(council: Council, people: Iterator[str], cases: int) -> None:
    for _ in range(max(1, cases // 250)):
        for school in names.SCHOOLS:
            kind = "nursery" if "Nursery" in school else "senior school" if school in names.SENIOR_SCHOOLS else "school"
            for _ in range(2):
                _partner(council, kind, next(people), school, names.SCHOOL_DOMAIN)
        for service, kind in names.HEALTH_SERVICES:
            for _ in range(3):
                _partner(council, kind, next(people), service, names.HEALTH_DOMAIN)
        for organisation, kind in names.OTHER_PARTNERS:
            _partner(council, kind, next(people), organisation, names.PARTNER_DOMAIN)


def _partner(council: Council, kind: str, name: str, organisation: str, domain: str) -> None:
    council.partners.setdefault(kind, []).append(_employ(council, name, organisation, domain))


def _team_names() -> Iterator[str]:
    yield from names.FIRST_TEAMS
    for number in count(1):
        for place in names.PLACES:
            for service in names.SERVICES:
                yield f"{place} {service} {number}"
        yield f"{names.DISABILITY_TEAM} {number + 1}"


def _staff_names(council: Council) -> Iterator[str]:
    """Names that no two members of staff share; once the plain ones are used up, double-barrelled ones."""
    for last in ("", *names.STAFF_LAST):
        found = [f"{first} {one}{'-' + last if last else ''}" for first in names.STAFF_FIRST for one in names.STAFF_LAST]
        council.rng.shuffle(found)
        yield from found
