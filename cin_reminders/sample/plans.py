"""A made-up plan as it is agreed: the case of each child, who leads it and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from cin_reminders.sample import names as names
from cin_reminders.sample.council import Council
from cin_reminders.sample.families import Household
from cin_reminders.sample.staff import free_coordinator

VISIT_INTERVALS = ("4 weeks", "4 weeks", "20 working days", "6 weeks", "3 weeks", "10 working days")
LONG_ENOUGH_FOR_A_COORDINATOR = 80  # calendar days


@dataclass(kw_only=True, slots=True)
class Plan:
    """The plan of one household: one case for each child, told together."""

    council: Council
    household: Household
    started_on: date
    until: date  # the last day on which anybody worked on it
    visit_interval: str | None = None
    coordinator_ref: str | None = None
    coordinator_from: date | None = None
    held: list[date] = field(default_factory=list)
    meetings: list[list[dict[str, object]]] = field(default_factory=list)  # for each meeting held, a row for each child

    @property
    def cases(self) -> tuple[str, ...]:
        """The references of the cases."""
        return self.household.cases

    def event(self, kind: str, day: date, *, meeting_ref: str | None = None) -> None:
        """Record an event of every child's case."""
        for case_ref in self.cases:
            self.council.event(case_ref, kind, day, meeting_ref=meeting_ref)

    def fact(self, fact: str, value: str, since_on: date | None = None, until_on: date | None = None) -> None:
        """Record what is true of every child's case."""
        for case_ref in self.cases:
            self.council.fact(case_ref, fact, value, since_on, until_on)


def open_plan(
    council: Council,
    household: Household,
    started_on: date,
    *,
    plan_type: str | None = None,
    interval: str | None = None,
    visit_interval: str | None = "",
    closed_on: date | None = None,
    until: date | None = None,
    start_events: Sequence[str] | None = None,
    complex_case: bool = False,
    coordinator: bool = True,
    consultation: bool = True,
    known: Mapping[str, str | None] | None = None,
) -> Plan:
    """A manager agrees a plan: the case of each child, who leads it, and what is known from the start.

    ``known`` is what the records say otherwise than usual; None where they say nothing. An empty ``visit_interval`` is any.
    """
    rng, practice = council.rng, council.practice
    visits_agreed = rng.choice(VISIT_INTERVALS) if visit_interval == "" else visit_interval
    as_fact = council.chance(0.2)
    plan = Plan(
        council=council,
        household=household,
        started_on=started_on,
        until=closed_on or until or council.on,
        visit_interval=visits_agreed,
    )
    chosen = plan_type or rng.choice(practice.plan_types)
    for child in household.children:
        council.add(
            "cin_cases",
            case_ref=child.case_ref,
            label=child.label,
            plan_type=chosen,
            family_ref=household.family_ref,
            team=household.team.name,
            born_on=child.born_on,
            expected_on=child.expected_on,
            closed_on=closed_on,
            review_interval=interval,
            visit_interval=None if as_fact else visits_agreed,
            record_url=names.RECORDS_SITE + child.case_ref,
        )
        _the_lead(plan, child.case_ref)
    if as_fact and visits_agreed:
        plan.fact("visit_interval", visits_agreed, started_on)
    _what_is_known(plan, complex_case, known or {})
    for kind in practice.start_events if start_events is None else start_events:
        plan.event(kind, started_on)
    if practice.coordinators and coordinator:
        _allocate_coordinator(plan, at_once=complex_case)
    consulted_on = council.diary.before(council.diary.limit(started_on, "12 months"), 12)
    if practice.coordinators and consultation and consulted_on <= plan.until:
        plan.event("extension_consultation_recorded", consulted_on)
    return plan


def _the_lead(plan: Plan, case_ref: str) -> None:
    council, household = plan.council, plan.household
    from_on = plan.started_on
    colleagues = [ref for ref in household.team.lead_refs if ref != household.lead_ref]
    handed_over_on = council.diary.after(from_on, 30)
    if handed_over_on < plan.until and colleagues and council.chance(0.1):
        former = council.rng.choice(colleagues)
        council.add(
            "cin_roles", case_ref=case_ref, role="lead_practitioner", person_ref=former, from_on=from_on, until_on=handed_over_on
        )
        from_on = handed_over_on + timedelta(days=1)
    council.add("cin_roles", case_ref=case_ref, role="lead_practitioner", person_ref=household.lead_ref, from_on=from_on)


def _what_is_known(plan: Plan, complex_case: bool, known: Mapping[str, str | None]) -> None:
    council = plan.council
    disabled = "yes" if plan.household.team.disabilities else "no"
    usual: dict[str, str | None] = {
        "consent": "given",
        "disabled": disabled,
        "long_term_support": disabled,
        "complex": "yes" if complex_case or council.chance(0.7) else "no",
        "exceptional_circumstances": "no" if council.practice.longer_interval else None,
        "stable_long_term_plan": "no" if council.practice.stable_interval and disabled == "yes" else None,
    }
    for fact, share in (("parent_disabled", 0.1), ("advocate_wanted", 0.15)):
        if council.chance(0.6):
            usual[fact] = "yes" if council.chance(share) else "no"
    for fact, value in (usual | dict(known)).items():
        if value is not None:
            plan.fact(fact, value, plan.started_on)


def _allocate_coordinator(plan: Plan, *, at_once: bool) -> None:
    council, started_on = plan.council, plan.started_on
    allocated_on = started_on if at_once else started_on + timedelta(days=council.rng.randrange(7, LONG_ENOUGH_FOR_A_COORDINATOR))
    if allocated_on > plan.until:
        return
    plan.coordinator_ref, plan.coordinator_from = free_coordinator(council), allocated_on
    for case_ref in plan.cases:
        council.add("cin_roles", case_ref=case_ref, role="cin_coordinator", person_ref=plan.coordinator_ref, from_on=allocated_on)
