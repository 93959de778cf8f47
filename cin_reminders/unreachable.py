"""Who cannot be told: the people in a role of whom a message would not reach anybody in their place either.

Somebody else is told instead, the next role up, and nobody would know why: so they are counted and listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from cin_reminders.case import ROLES, Case
from cin_reminders.recipients import OUTSIDE, PARTNER, Directory, is_booked, spoken_role


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreachable:
    """Somebody who cannot be told, in which roles, why in words, and how many open cases that concerns."""

    person_ref: str
    roles: tuple[str, ...]
    why: str
    cases: int

    @property
    def held_as(self) -> str:
        """The roles as people call them: `lead practitioner, chair`."""
        return ", ".join(map(spoken_role, self.roles))

    @property
    def is_refused(self) -> bool:
        """Whether the council's settings refuse the address: its domain stands in neither list."""
        return self.why == OUTSIDE


def unreachable_holders(cases: Iterable[Case], directory: Directory, on: date) -> tuple[Unreachable, ...]:
    """Everybody who on the day holds a role in an open case and cannot be told of it, most cases first.

    A role is one of cin_roles, for the case or its team, the chair of a meeting to come, or the owner of an action that is not
    completed. Somebody who is away and whose deputy is told is no gap, nor is a partner who chairs or owns an action.
    """
    found: dict[tuple[str, str], _Found] = {}
    for case in cases:
        if not case.is_open_on(on):
            continue
        for role, ref in dict.fromkeys(_in_a_role(case, directory, on)):
            why = _why_untold(case, role, ref, directory, on)
            if why is not None:
                one = found.setdefault((ref, why), _Found())
                one.roles[role] = None
                one.cases.add(case.case_ref)
    rows = (
        Unreachable(person_ref=ref, roles=tuple(one.roles), why=why, cases=len(one.cases)) for (ref, why), one in found.items()
    )
    return tuple(sorted(rows, key=lambda one: (-one.cases, one.person_ref, one.why)))


@dataclass(kw_only=True, slots=True)
class _Found:
    roles: dict[str, None] = field(default_factory=dict)  # in the order in which they were found, each once
    cases: set[str] = field(default_factory=set)


def _in_a_role(case: Case, directory: Directory, on: date) -> Iterator[tuple[str, str]]:
    for role in ROLES:
        yield from ((role, ref) for ref in directory.holding(case, role, on))
    yield from (("chair", one.chair_ref) for one in case.meetings if one.chair_ref and is_booked(one, on))
    for action in case.actions:
        owner = directory.people.get(action.owner_ref or "")
        # What the family agreed to do is the worker's to follow up.
        if owner and owner.kind == "professional" and (action.completed_on is None or action.completed_on > on):
            yield "action_owner", owner.person_ref


def _why_untold(case: Case, role: str, ref: str, directory: Directory, on: date) -> str | None:
    why = directory.why_not(ref, on)
    if why is None or (why == PARTNER and role not in ROLES):
        return None
    named = directory.named_for(ref, role, on)
    if named is None:
        return why
    instead = directory.why_not_instead(case, named.person_ref, on)
    return None if instead is None else f"{why}, and {named.short} {instead}"
