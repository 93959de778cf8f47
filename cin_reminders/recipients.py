"""Who is told: a role on a case, resolved on the business date to people who may be written to.

Nobody to tell is never silence: the deputy of somebody who is away, else the next role up, always saying why (docs/counting.md,
The ladder). Only professionals are told of a duty; ``contact = no`` is never written to, by anybody, for any reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from email_validator import EmailNotValidError, validate_email

from cin_reminders.case import Case, Meeting, Person, RoleHolder
from cin_reminders.obligations import Obligation
from cin_reminders.rule import FirstOf, Where, meeting_kinds_of
from cin_reminders.words import day_in_words

UPWARDS = ("chair", "cin_coordinator", "lead_practitioner", "team_manager", "service_manager", "head_of_service")
# Where a role outside that order goes up to.
_JOINS_AT = {
    "note_taker": "lead_practitioner",
    "action_owner": "lead_practitioner",
    "practice_manager": "service_manager",
    "safeguarding_service_manager": "head_of_service",
}
MANAGERS = ("team_manager", "service_manager", "head_of_service", "practice_manager", "safeguarding_service_manager")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """One person to tell, the role in which they are told, and the reason in words that follow `you are`."""

    person: Person
    role: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """Whom a role came to, and what stood in the way on the path there, in words."""

    recipients: tuple[Recipient, ...]
    obstacles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """Everybody the records name, and which addresses this council lets the service write to.

    ``allowed_domains`` empty means no restriction: the settings allow that for files only, never for live sending.
    """

    people: Mapping[str, Person]
    team_roles: Mapping[str, tuple[RoleHolder, ...]] = field(default_factory=lambda: MappingProxyType({}))
    allowed_domains: frozenset[str] = frozenset()

    def why_not(self, person_ref: str, on: date) -> str | None:
        """Why a person cannot be told on the day, in words; None where they can."""
        person = self.people.get(person_ref)
        if person is None:
            return "is not among the people in the records"
        if person.kind != "professional":
            return "is not a professional"
        if person.contact == "no":
            return "must not be contacted"
        if person.has_left_by(on):
            return "has left"
        if person.contact == "via":
            return "is contacted through somebody else only"
        if person.is_away_on(on):
            return "is away" + (f" until {day_in_words(person.away_until)}" if person.away_until else "")
        return self.why_not_address(person)

    def why_not_address(self, person: Person) -> str | None:
        """Why a person's e-mail address cannot be used, in words that do not repeat it."""
        if not person.email:
            return "has no e-mail address"
        try:
            address = validate_email(person.email, check_deliverability=False, test_environment=True)
        except EmailNotValidError:
            return "has an e-mail address that is none"
        # A council may write a domain with letters of its own in the settings, or as the network knows it.
        if self.allowed_domains and self.allowed_domains.isdisjoint((address.ascii_domain.lower(), address.domain.lower())):
            return "has an e-mail address outside the allowed domains"
        return None

    def resolve(
        self, case: Case, role: str, on: date, obligation: Obligation, unreachable: frozenset[str] = frozenset()
    ) -> Resolved:
        """Whom to tell for a role: its holders, a deputy, or the next role up that somebody can be told in.

        ``unreachable`` names people to whom this very notice failed for good.
        """
        obstacles: list[str] = []
        for step in (role, *_above(role)):
            refs = self.holders_of(case, step, on, obligation)
            found = [one for ref in refs if (one := self._reach(ref, step, on, unreachable, obstacles))]
            if found:
                because = "" if step == role else f", and {obstacles[0]}" if obstacles else ""
                return Resolved(
                    recipients=tuple(Recipient(person=one.person, role=one.role, why=one.why + because) for one in _once(found)),
                    obstacles=tuple(obstacles),
                )
            if not refs:
                obstacles.append(f"no {_spoken(step)} is recorded")
        return Resolved(recipients=(), obstacles=tuple(obstacles))

    def _reach(self, ref: str, role: str, on: date, unreachable: frozenset[str], obstacles: list[str]) -> Recipient | None:
        obstacle = "could not be reached" if ref in unreachable else self.why_not(ref, on)
        if obstacle is None:
            return Recipient(person=self.people[ref], role=role, why=f"the {_spoken(role)}")
        obstacles.append(f"the {_spoken(role)} {obstacle}")
        stand_in, why = self.stand_in_for(ref, role, on)
        if stand_in is None or stand_in in unreachable:
            return None
        obstacle = self.why_not(stand_in, on)
        if obstacle is None:
            return Recipient(person=self.people[stand_in], role=role, why=why)
        obstacles.append(f"{why.split(',')[0]} {obstacle}")
        return None

    def stand_in_for(self, person_ref: str, role: str, on: date) -> tuple[str | None, str]:
        """Who is told in the place of somebody in a role, and what they are in words; None where nobody is named.

        The deputy of somebody who is away; whoever a professional is contacted through (`contact = via`).
        """
        person = self.people.get(person_ref)
        if person is None:
            return None, ""
        if person.contact == "via" and person.kind == "professional" and not person.has_left_by(on):
            return person.contact_via_ref, f"the person through whom the {_spoken(role)} is contacted"
        if person.is_away_on(on):
            return person.deputy_ref, f"the deputy of the {_spoken(role)}, who is away"
        return None, ""

    def holders_of(self, case: Case, role: str, on: date, obligation: Obligation) -> tuple[str, ...]:
        """Who holds a role on the day, reachable or not: the case's own row wins over its team's, the newest over older ones."""
        if role in ("chair", "note_taker"):
            meeting = meeting_of(case, obligation, on)
            ref = meeting and (meeting.chair_ref if role == "chair" else meeting.note_taker_ref)
            return (ref,) if ref else ()
        if role == "action_owner":
            owner = next((one.owner_ref for one in case.actions if one.action_ref == obligation.subject), None)
            # An action that the family took on is followed up with the worker.
            return (owner,) if owner and owner in self.people and self.people[owner].kind == "professional" else ()
        return self._holding(case, role, on)

    def _holding(self, case: Case, role: str, on: date) -> tuple[str, ...]:
        teams = self.team_roles.get(case.team or "", ())
        return _latest(role, case.roles, on) or _latest(role, teams, on)

    def lead_of(self, case: Case, on: date) -> Person | None:
        """The case's lead practitioner on the day, whoever may be told in their place."""
        refs = self._holding(case, "lead_practitioner", on)
        found = (self.people.get(ref) for ref in refs)
        # A row that names a child or a relative here is wrong, and must not put their name into a message.
        return next((person for person in found if person is not None and person.kind == "professional"), None)

    def worker_of(self, case: Case, on: date) -> str:
        """The name of the case's lead practitioner on the day, as messages and the report say it."""
        lead = self.lead_of(case, on)
        return lead.name if lead else "nobody recorded"


def first_told(case: Case, obligation: Obligation, directory: Directory, on: date) -> tuple[str, ...]:
    """The roles that hear first of a duty, each `first of` and `where` settled for this case."""
    roles: list[str] = []
    for told in obligation.rule.first_told:
        if isinstance(told, FirstOf):
            held = [role for role in told.first_of if directory.holders_of(case, role, on, obligation)]
            roles.append(held[0] if held else told.first_of[-1])
        elif isinstance(told, Where):
            meeting = meeting_of(case, obligation, on)
            here = meeting is not None and all(getattr(meeting, name) == value for name, value in told.when.items())
            roles.append(told.role if here else told.otherwise)
        else:
            roles.append(told)
    return tuple(dict.fromkeys((*roles, *obligation.rule.copied_to)))


def meeting_of(case: Case, obligation: Obligation, on: date) -> Meeting | None:
    """The meeting a duty is about: its own, or, where a meeting is still to be held, the next one booked."""
    met_by = obligation.rule.met_by
    kinds = () if met_by.same else meeting_kinds_of((*met_by.event, *met_by.later))
    if not kinds:
        return next((one for one in case.meetings if one.meeting_ref == obligation.subject), None)
    booked = [one for one in case.meetings if one.kind in kinds and _is_booked(one, on)]
    return min(booked, key=lambda one: (one.scheduled_at, one.meeting_ref)) if booked else None


def _is_booked(meeting: Meeting, on: date) -> bool:
    # What is dated after the business date has not happened yet: a day that is looked at again later still shows its bookings.
    over = (meeting.held_on, meeting.cancelled_on)
    return meeting.scheduled_at.date() >= on and all(day is None or day > on for day in over)


def _above(role: str) -> tuple[str, ...]:
    if role in _JOINS_AT:
        return UPWARDS[UPWARDS.index(_JOINS_AT[role]) :]
    return UPWARDS[UPWARDS.index(role) + 1 :]


def _latest(role: str, holders: Iterable[RoleHolder], on: date) -> tuple[str, ...]:
    """The newest holders of a role on the day: an older row that nobody ended is most likely a worker who has moved on."""
    held = (holder for holder in holders if holder.role == role and holder.holds_on(on))
    rows = sorted(held, key=lambda holder: (holder.from_on or date.min, holder.person_ref))
    newest = [row.person_ref for row in rows if row.from_on == rows[-1].from_on]
    return tuple(dict.fromkeys(newest))


def _once(found: Iterable[Recipient]) -> tuple[Recipient, ...]:
    first: dict[str, Recipient] = {}
    for one in found:
        first.setdefault(one.person.person_ref, one)
    return tuple(first.values())


def _spoken(role: str) -> str:
    return {"cin_coordinator": "coordinator", "action_owner": "owner of the action"}.get(role, role.replace("_", " "))
