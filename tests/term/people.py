"""Who there is in the made-up council: its staff, those of other organisations, and families of every kind that records hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from .canary import CASE, EMAIL, FAMILY, LABEL, NAME, ORGANISATION, PERSON, RECORD, Canaries

Row = dict[str, Any]
Rows = dict[str, list[Row]]
_T = TypeVar("_T")

RELATIONS = (
    *("cin_cases", "cin_facts", "cin_events", "cin_meetings", "cin_attendees"),
    *("cin_people", "cin_roles", "cin_actions", "cin_visits", "cin_transfers"),
)
COUNCIL_DOMAIN = "council.gov.uk"
PARTNER_DOMAINS = ("school.example", "nhs.example", "advocacy.example")
REFUSED_DOMAIN = "elsewhere.example"
TEAMS = ("North", "South")
NO_ADDRESS = "not an address"


@dataclass
class Family:
    """The cases of one household, and whom its meetings may ask."""

    cases: list[Row] = field(default_factory=list)
    parents: list[Row] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)
    children: dict[str, Row] = field(default_factory=dict)  # by the case that is theirs
    lead: str = ""
    chair: str = ""
    teacher: str = ""
    nurse: str = ""


class People:
    """Makes everybody up, always the same for the same seed, and puts each into the records."""

    def __init__(self, seed: int, first_on: date) -> None:
        self.rng = Random(seed)
        self.first_on = first_on
        self.canaries = Canaries()
        self.rows: Rows = {relation: [] for relation in RELATIONS}
        self.person_of: dict[str, Row] = {}
        self.leads = [self.staff() for _ in range(6)]
        self.coordinators = [self.staff() for _ in range(4)]
        self.teachers = [self.partner("school.example") for _ in range(24)]
        self.nurses = [self.partner("nhs.example") for _ in range(16)]
        self.advocates = [self.partner("advocacy.example") for _ in range(4)]
        self.interpreters = [self.partner("advocacy.example") for _ in range(4)]
        self.police = [self.partner(REFUSED_DOMAIN) for _ in range(3)]
        self.managers = {team: self.staff() for team in TEAMS}
        for team, manager in self.managers.items():
            self.role("team_manager", manager, team=team)
        for role in ("service_manager", "head_of_service", "practice_manager", "safeguarding_service_manager"):
            holder = self.staff()
            for team in TEAMS:
                self.role(role, holder, team=team)
        self._awkward_professionals()

    # ---- chance

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def one_of(self, *choices: tuple[float, _T]) -> _T:
        """One of several, each as often as its weight says."""
        return self.rng.choices([one for _, one in choices], [weight for weight, _ in choices])[0]

    # ---- rows

    def role(self, role: str, person_ref: str, **of: Any) -> None:
        self.rows["cin_roles"].append({"role": role, "person_ref": person_ref} | of)

    def person(self, kind: str, **more: Any) -> Row:
        name = f"{self.rng.choice(('Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn'))} {self.canaries.new(NAME).capitalize()}"
        row = {"person_ref": self.canaries.new(PERSON), "name": name, "kind": kind} | more
        self.rows["cin_people"].append(row)
        self.person_of[row["person_ref"]] = row
        return row

    def staff(self, domain: str = COUNCIL_DOMAIN, **more: Any) -> str:
        row = self.person("professional", email=f"{self.canaries.new(EMAIL)}@{domain}", **more)
        return str(row["person_ref"])

    def partner(self, domain: str, **more: Any) -> str:
        return self.staff(domain, organisation=f"{self.canaries.new(ORGANISATION)} Trust", **more)

    def _awkward_professionals(self) -> None:
        """Those who cannot be written to, or only through somebody: one for each reason."""
        people = self.person_of
        for ref in (self.teachers[0], self.nurses[0]):
            people[ref]["contact"] = "no"
        people[self.teachers[1]]["email"] = None
        people[self.nurses[1]]["email"] = NO_ADDRESS
        people[self.teachers[2]] |= {"contact": "via", "contact_via_ref": self.teachers[3]}
        people[self.nurses[2]] |= {"contact": "via", "contact_via_ref": self.nurses[0]}  # who must not be written to
        people[self.teachers[4]] |= {"contact": "via", "contact_via_ref": self.teachers[2]}  # a chain
        people[self.coordinators[3]] |= {"contact": "via", "contact_via_ref": self.managers["North"]}
        people[self.leads[5]] |= {"contact": "via", "contact_via_ref": self.teachers[5]}  # at a partner's
        people[self.nurses[3]] |= {"contact": "via", "contact_via_ref": self.leads[0]}  # at the council
        people[self.nurses[4]]["active_until"] = self.first_on - timedelta(days=1)
        people[self.nurses[5]]["active_until"] = self.first_on + timedelta(days=40)
        people[self.leads[4]] |= {
            "away_from": self.first_on + timedelta(days=14),
            "away_until": self.first_on + timedelta(days=25),
        }

    # ---- families

    def family(self) -> Family:
        """A household with a case for each child, who works with it, and the roles in each case."""
        rng, one = self.rng, Family()
        team = rng.choice(TEAMS)
        one.lead, one.chair = rng.choice(self.leads), rng.choice(self.coordinators)
        one.teacher, one.nurse = rng.choice(self.teachers), rng.choice(self.nurses)
        language = self.one_of((80, "en"), (4, None), (2, "en-GB"), (8, "pl"), (6, "ur"))
        for _ in range(self.one_of((60, 1), (40, 2))):
            one.parents.append(self.person("family", language=language, **self._reached()))
        for _ in range(self.one_of((70, 0), (30, 1))):
            one.others.append(self.person("family", **self._reached()))
        self._some_through_others(one)
        family_ref = self.canaries.new(FAMILY)
        for _ in range(self.one_of((58, 1), (27, 2), (12, 3), (3, 4))):
            self._a_child(one, family_ref, team)
        return one

    def _reached(self) -> Row:
        """How somebody of a family may be reached: by e-mail, by mobile, by both, by neither, and whether they may be at all."""
        email, mobile = f"{self.canaries.new(EMAIL)}@family.example", self.canaries.mobile()
        by: Row = self.one_of(
            (34, {"email": email}),
            (26, {"mobile": mobile}),
            (26, {"email": email, "mobile": mobile}),
            (9, {}),
            (5, {"email": NO_ADDRESS}),
        )
        return by | {"contact": self.one_of((72, "yes"), (14, "no"), (14, None))}

    def _some_through_others(self, one: Family) -> None:
        """One in eight is reached through somebody else only, not always through anybody who may be written to."""
        everybody = [*one.parents, *one.others]
        for person in everybody:
            if self.chance(0.12):
                others = [other["person_ref"] for other in everybody if other is not person]
                through = [one.lead, one.lead, self.managers["North"], one.teacher, person["person_ref"], None, *others * 3]
                person |= {"contact": "via", "contact_via_ref": self.rng.choice(through)}

    def _a_child(self, one: Family, family_ref: str, team: str) -> None:
        rng = self.rng
        case_ref = self.canaries.new(CASE)
        label = self.canaries.new(LABEL)
        years = rng.choice((*range(18), 4, 5, 10, 11, 12, 12, 13))
        born_on = self.first_on - timedelta(days=365 * years + rng.randrange(365))
        about: Row = self.one_of(
            (90, {"born_on": born_on}), (5, {}), (5, {"expected_on": self.first_on + timedelta(days=rng.randrange(20, 120))})
        )
        case = {
            "case_ref": case_ref,
            # A council's own choice of words, and a bad one.
            "label": f"CIN {label}" if self.chance(0.02) else label,
            "plan_type": self.one_of((90, "child_in_need"), (7, "short_breaks"), (3, "supervision_order")),
            "family_ref": family_ref,
            "team": team,
            "review_interval": self.one_of((55, None), (25, "6 weeks"), (10, "4 weeks"), (10, "2 months")),
            "record_url": f"https://records.council.example/{self.canaries.new(RECORD)}",
        } | about
        self.rows["cin_cases"].append(case)
        one.cases.append(case)
        self.role("lead_practitioner", one.lead, case_ref=case_ref)
        if self.chance(0.9):
            self.role("cin_coordinator", one.chair, case_ref=case_ref)
        for fact, share in (("disabled", 0.12), ("parent_disabled", 0.08), ("advocate_wanted", 0.12)):
            if self.chance(share):
                self.rows["cin_facts"].append({"case_ref": case_ref, "fact": fact, "value": "yes"})
        one.children[case_ref] = self.person("child", **self._reached())
