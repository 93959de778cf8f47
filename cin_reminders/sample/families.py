"""The made-up families: who lives there, who may be written to, and who comes to their meetings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from cin_reminders.sample import names as names
from cin_reminders.sample.council import Council, Team
from cin_reminders.sample.staff import address, lead_and_team

DRAMA_MOBILE = "07700 900{:03d}"  # numbers that Ofcom keeps for fiction
NURSERY_AGE, SCHOOL_AGE, SENIOR_AGE, TEENAGE = 2, 4, 11, 14
MEETING_AGE = 8  # from here on a child is asked to the meeting


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """One child of a household, and the case that the records hold for them."""

    case_ref: str
    label: str
    person_ref: str | None
    born_on: date | None
    expected_on: date | None
    age: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Household:
    """A family with a plan for each child, and the people who work with them."""

    family_ref: str | None
    children: tuple[Child, ...]
    parents: tuple[str, ...]
    others: tuple[tuple[str, str], ...]  # (person, capacity) of everybody else who comes to meetings
    lead_ref: str
    team: Team

    @property
    def cases(self) -> tuple[str, ...]:
        """The references of the cases, eldest child's first."""
        return tuple(child.case_ref for child in self.children)

    @property
    def attendees(self) -> tuple[tuple[str, str], ...]:
        """Who is asked to a meeting, with the capacity in which they come."""
        children = tuple((child.person_ref, "child") for child in self.children if child.person_ref and child.age >= MEETING_AGE)
        return children + tuple((parent, "parent") for parent in self.parents) + self.others


def a_household(
    council: Council, *, children: int = 1, disabilities: bool = False, youngest: int = 2, unborn: bool = False
) -> Household:
    """A family with its lead practitioner and team.

    ``youngest`` is the least age in years, so that no plan is older than its child.
    """
    rng = council.rng
    language = rng.choice(names.LANGUAGES)
    adults_first, children_first, surnames = names.FAMILIES[language]
    surname = rng.choice(surnames)
    lead_ref, team = lead_and_team(council, disabilities=disabilities, children=children)
    parents = tuple(
        _parent(council, f"{first} {surname if council.chance(0.7) else rng.choice(surnames)}", language, lead_ref)
        for first in rng.sample(adults_first, 2 if council.chance(0.45) else 1)
    )
    young: tuple[Child, ...]
    if unborn:
        young = (_an_unborn_child(council, surname),)
    else:
        ages = sorted(rng.sample(range(youngest, 18), children), reverse=True)
        days_older = rng.randrange(1, 11) * 30
        given = rng.sample(children_first, children)
        young = tuple(
            _a_child(council, first, surname, language, age, days_older) for first, age in zip(given, ages, strict=True)
        )
    return Household(
        family_ref=council.ref("F") if children > 1 else None,
        children=young,
        parents=parents,
        others=_others(council, young, surname, language, lead_ref, disabilities=disabilities),
        lead_ref=lead_ref,
        team=team,
    )


def _a_child(council: Council, first: str, surname: str, language: str, age: int, days_older: int) -> Child:
    rng = council.rng
    birthday = council.on - timedelta(days=round(age * 365.25) + days_older + rng.randrange(20))
    reachable = age >= TEENAGE and council.chance(0.4)
    person_ref = council.ref("P")
    council.add(
        "cin_people",
        person_ref=person_ref,
        name=f"{first} {surname}",
        kind="child",
        mobile=DRAMA_MOBILE.format(rng.randrange(1000)) if reachable else None,
        language=language,
        contact="yes" if reachable else "no",
    )
    return Child(
        case_ref=council.ref("C"),
        label=f"{_initials(first, surname)}-{_number(council)}",
        person_ref=person_ref,
        born_on=birthday,
        expected_on=None,
        age=age,
    )


def _an_unborn_child(council: Council, surname: str) -> Child:
    return Child(
        case_ref=council.ref("C"),
        label=f"{_initials('Unborn', surname)}-{_number(council)}",
        person_ref=None,
        born_on=None,
        expected_on=council.on + timedelta(days=council.rng.randrange(25, 130)),
        age=-1,
    )


def _parent(council: Council, name: str, language: str, lead_ref: str) -> str:
    rng = council.rng
    contact = rng.choice(("yes",) * 12 + ("no",) * 5 + ("via",) * 2 + (None,))
    reachable = contact == "yes"
    ref = council.ref("P")
    council.add(
        "cin_people",
        person_ref=ref,
        name=name,
        kind="family",
        # Two people may have one name, never one address.
        email=address(name, names.FAMILY_DOMAIN).replace("@", f".{ref[2:].lstrip('0')}@") if council.chance(0.8) else None,
        mobile=DRAMA_MOBILE.format(rng.randrange(1000)) if reachable or council.chance(0.5) else None,
        language=language,
        contact=contact,
        contact_via_ref=lead_ref if contact == "via" else None,
    )
    return ref


def _others(
    council: Council, young: tuple[Child, ...], surname: str, language: str, lead_ref: str, *, disabilities: bool
) -> tuple[tuple[str, str], ...]:
    rng, partners = council.rng, council.partners
    found = {}
    for child in young:
        if child.age >= NURSERY_AGE:
            place = "nursery" if child.age < SCHOOL_AGE else "school" if child.age < SENIOR_AGE else "senior school"
            found[rng.choice(partners[place])] = "education"
        health = "midwife" if child.age < 0 else "health visitor" if child.age < SCHOOL_AGE else "school nurse"
        found[rng.choice(partners[health])] = "health"
    if disabilities:
        found[rng.choice(partners["paediatrician"])] = "health"
    if council.chance(0.2):
        found[rng.choice(partners["other"])] = "other"
    if council.chance(0.12):
        found[rng.choice(partners["advocate"])] = "advocate"
    # One family in five that needs an interpreter has none on the list: the check must find it.
    if language != "en" and council.chance(0.8):
        found[rng.choice(partners["interpreter"])] = "interpreter"
    if council.chance(0.15):
        first = rng.choice(names.FAMILIES[language][0])
        found[_parent(council, f"{first} {surname}", language, lead_ref)] = "family"
    return tuple(found.items())


def _initials(first: str, surname: str) -> str:
    return first[0] + surname[0]


def _number(council: Council) -> str:
    """Four digits that look like a case number: no two cases share them until there are ten thousand."""
    return f"{(council.turn('label') * 3677 + 412) % 10_000:04d}"
