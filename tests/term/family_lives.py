"""What happens to a family beside its meetings: to its cases, to who may be written to, to what is true of a child."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from itertools import count

from .people import Family, People, Row

DAY = timedelta(days=1)
# What happens to a family, on how many of a thousand working days.
TO_A_FAMILY = {
    "close_a_case": 3,
    "restrict": 5,
    "lift_restriction": 80,  # of those restricted
    "contradict": 4,
    "take_back_contradiction": 250,
    "leave_the_procedure": 1,
    "come_back_to_the_procedure": 150,
    "say_no_contact": 3,
    "say_yes_to_contact": 20,  # of those with no
    "be_reached_through_somebody": 2,
    "become_disabled": 2,
    "want_an_advocate": 3,
    "step_down": 4,
    "be_protected": 1.5,
    "no_longer_be_protected": 60,
    "change_significantly": 4,
    "agree_an_interval": 4,
    "change_the_lead": 3,
    "speak_another_language": 1,
    "put_on_hold": 3,
}


class Families:
    """The records of a council's families, and what is recorded of them; ``on`` is the morning that they are of."""

    def __init__(self, seed: int, first_on: date) -> None:
        self.people = People(seed, first_on)
        self.rng, self.rows = self.people.rng, self.people.rows
        self.first_on = self.on = first_on
        self.lived: Counter[str] = Counter()
        self.holds: dict[str, date] = {}  # cases, and the last day of the hold
        self._events = count(1)

    @property
    def eve(self) -> date:
        """The day on which what the morning brings was recorded."""
        return self.on - DAY

    def _event(self, case_ref: str, kind: str, happened_on: date, **more: object) -> None:
        ref = f"E-{next(self._events)}"
        row = {"event_ref": ref, "case_ref": case_ref, "kind": kind, "happened_on": happened_on} | more
        self.rows["cin_events"].append(row)

    def _fact(self, case: Row, fact: str, value: str) -> None:
        self.rows["cin_facts"].append({"case_ref": case["case_ref"], "fact": fact, "value": value, "since_on": self.eve})

    def _in_force(self, family: Family, fact: str) -> Iterator[Row]:
        refs = {case["case_ref"] for case in family.cases}
        for row in self.rows["cin_facts"]:
            if row["fact"] == fact and row["value"] == "yes" and row["case_ref"] in refs and not row.get("until_on"):
                yield row

    # ---- what happens to a family; each says whether it did

    def _open_case(self, family: Family) -> Row | None:
        found = [case for case in family.cases if not case.get("closed_on")]
        return self.rng.choice(found) if found else None

    def _close_a_case(self, family: Family) -> bool:
        case = self._open_case(family)
        if case is not None:
            case["closed_on"] = self.eve
        return case is not None

    def _restrict(self, family: Family) -> bool:
        case = self._open_case(family)
        if case is None or any(self._in_force(family, "restricted")):
            return False
        self._fact(case, "restricted", "yes")
        return True

    def _lift_restriction(self, family: Family) -> bool:
        for row in self._in_force(family, "restricted"):
            if row["since_on"] < self.eve:
                row["until_on"] = self.eve
                return True
        return False

    def _contradict(self, family: Family) -> bool:
        """A case has two rows that differ."""
        case = self.rng.choice(family.cases)
        if sum(row["case_ref"] == case["case_ref"] for row in self.rows["cin_cases"]) > 1:
            return False
        self.rows["cin_cases"].append(deepcopy(case) | {"review_interval": "5 weeks"})
        return True

    def _take_back_contradiction(self, family: Family) -> bool:
        mine = {id(case) for case in family.cases}
        refs = {case["case_ref"] for case in family.cases}
        for row in self.rows["cin_cases"]:
            if row["case_ref"] in refs and id(row) not in mine:
                self.rows["cin_cases"] = [one for one in self.rows["cin_cases"] if one is not row]
                return True
        return False

    def _leave_the_procedure(self, family: Family) -> bool:
        self.rng.choice(family.cases)["plan_type"] = "family_help"
        return True

    def _come_back_to_the_procedure(self, family: Family) -> bool:
        gone = [case for case in family.cases if case["plan_type"] == "family_help"]
        for case in gone:
            case["plan_type"] = "child_in_need"
        return bool(gone)

    def _relative(self, family: Family) -> Row:
        return self.rng.choice([*family.parents, *family.others, *family.children.values()])

    def _say_no_contact(self, family: Family) -> bool:
        self._relative(family)["contact"] = "no"
        return True

    def _say_yes_to_contact(self, family: Family) -> bool:
        person = self._relative(family)
        was, person["contact"] = person.get("contact"), "yes"
        return was == "no"

    def _be_reached_through_somebody(self, family: Family) -> bool:
        person = self.rng.choice(family.parents)
        person |= {"contact": "via", "contact_via_ref": self.rng.choice((family.lead, family.teacher))}
        return True

    def _become_disabled(self, family: Family) -> bool:
        self._fact(self.rng.choice(family.cases), self.rng.choice(("disabled", "parent_disabled")), "yes")
        return True

    def _want_an_advocate(self, family: Family) -> bool:
        self._fact(self.rng.choice(family.cases), "advocate_wanted", self.rng.choice(("yes", "yes", "no")))
        return True

    def _step_down(self, family: Family) -> bool:
        self._event(self.rng.choice(family.cases)["case_ref"], "stepped_down_from_cp", self.eve)
        return True

    def _be_protected(self, family: Family) -> bool:
        self._fact(self.rng.choice(family.cases), self.rng.choice(("child_protection_plan", "looked_after")), "yes")
        return True

    def _no_longer_be_protected(self, family: Family) -> bool:
        ended = 0
        for fact in ("child_protection_plan", "looked_after"):
            for row in self._in_force(family, fact):
                row["until_on"] = max(self.eve, row["since_on"])
                ended += 1
        return bool(ended)

    def _change_significantly(self, family: Family) -> bool:
        self._event(self.rng.choice(family.cases)["case_ref"], "significant_change", self.eve)
        return True

    def _agree_an_interval(self, family: Family) -> bool:
        case = self.rng.choice(family.cases)
        self._fact(case, "review_interval", self.rng.choice(("4 weeks", "6 weeks", "20 working days")))
        return True

    def _change_the_lead(self, family: Family) -> bool:
        family.lead = self.rng.choice(self.people.leads)
        for case in family.cases:
            for row in self.rows["cin_roles"]:
                if row.get("case_ref") == case["case_ref"] and row["role"] == "lead_practitioner" and not row.get("until_on"):
                    row["until_on"] = max(self.eve, row.get("from_on") or self.eve)
            self.people.role("lead_practitioner", family.lead, case_ref=case["case_ref"], from_on=self.on)
        return True

    def _speak_another_language(self, family: Family) -> bool:
        self.rng.choice(family.parents)["language"] = self.rng.choice(("so", "en_GB", "English"))
        return True

    def _put_on_hold(self, family: Family) -> bool:
        """A person keeps the service silent about a case for some days; the program is told so by whoever reads this."""
        case = self._open_case(family)
        if case is None or self.holds.get(case["case_ref"], self.eve) >= self.on:
            return False
        self.holds[case["case_ref"]] = self.on + timedelta(days=self.rng.randrange(9))
        return True
