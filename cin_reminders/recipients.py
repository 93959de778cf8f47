"""Who is told: a role on a case, resolved on the business date to people who may be written to.

Nobody to tell is never silence: the deputy of somebody who is away, else the next role up, always saying why (docs/counting.md,
The ladder). Only professionals of the council are told of a duty, at a domain it allows; ``contact = no`` is never written to,
by anybody, for any reason. Whoever stands in for somebody is told only of cases that they may see anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from cin_reminders.address import read_address
from cin_reminders.case import Case, Extract, Meeting, Person, RoleHolder
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
OUTSIDE = "has an e-mail address outside the allowed domains"
PARTNER = "is at a partner organisation, and partners get meeting notices only"
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
class _Tried:
    """One holder of a role: whoever is told, themselves or in their place, and what stood in the way, in words."""

    recipient: Recipient | None
    obstacles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Whom the records name to be told in somebody's place, and what they are in words that ``pause`` joins to a verb."""

    person_ref: str
    why: str
    pause: str
    short: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """Everybody the records name on one day, and which addresses this council lets the service write to.

    ``team_members`` are the people who work in each team. Domains are in small ASCII letters. ``allowed_domains`` empty means no
    restriction but that of partners: the settings allow that for files only, never for live sending.
    """

    people: Mapping[str, Person]
    team_roles: Mapping[str, tuple[RoleHolder, ...]] = field(default_factory=lambda: MappingProxyType({}))
    team_members: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    allowed_domains: frozenset[str] = frozenset()
    partner_domains: frozenset[str] = frozenset()

    def why_not(self, person_ref: str, on: date) -> str | None:
        """Why a person cannot be told of a duty on the day, in words; None where they can."""
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
        """Why nothing of a duty goes to a person's e-mail address, in words that do not repeat it."""
        if not person.email:
            return "has no e-mail address"
        address = read_address(person.email)
        if address is None:
            return "has an e-mail address that is none"
        if address.domain in self.partner_domains:
            return PARTNER
        if self.allowed_domains and address.domain not in self.allowed_domains:
            return OUTSIDE
        return None

    def may_see(self, case: Case, person_ref: str, on: date) -> bool:
        """Whether a person has a role in the case or its team on the day.

        A role in the case: a row of its own in force, or the chair of one of its meetings. In its team: a role for the team, or
        one in another open case of the team.
        """
        return (
            any(one.person_ref == person_ref and one.holds_on(on) for one in case.roles)
            or person_ref in self.team_members.get(case.team or "", ())
            or any(one.chair_ref == person_ref and not _is_cancelled(one, on) for one in case.meetings)
        )

    def resolve(
        self, case: Case, role: str, on: date, obligation: Obligation, unreachable: frozenset[str] = frozenset()
    ) -> Resolved:
        """Whom to tell for a role: its holders, a deputy, or the next role up that somebody can be told in.

        ``unreachable`` names people to whom this very notice failed for good.
        """
        obstacles: list[str] = []
        because = ""
        for step in (role, *_above(role)):
            tried = [self._try(case, ref, step, on, unreachable) for ref in self.holders_of(case, step, on, obligation)]
            obstacles += [said for one in tried for said in one.obstacles] if tried else [f"no {spoken_role(step)} is recorded"]
            found = [replace(one.recipient, why=one.recipient.why + because) for one in tried if one.recipient]
            if found:
                return Resolved(recipients=_once(found), obstacles=tuple(obstacles))
            # Of a holder and a stand-in, what stood in the stand-in's way says both.
            because = because or f", and {tried[0].obstacles[-1] if tried else obstacles[-1]}"
        return Resolved(recipients=(), obstacles=tuple(obstacles))

    def _try(self, case: Case, ref: str, role: str, on: date, unreachable: frozenset[str]) -> _Tried:
        held_as = f"the {spoken_role(role)}"
        obstacle = "could not be reached" if ref in unreachable else self.why_not(ref, on)
        if obstacle is None:
            return _Tried(recipient=Recipient(person=self.people[ref], role=role, why=held_as), obstacles=())
        obstacles = [f"{held_as} {obstacle}"]
        named = self.named_for(ref, role, on)
        if named is None:
            return _Tried(recipient=None, obstacles=tuple(obstacles))
        ref = named.person_ref
        obstacle = "could not be reached" if ref in unreachable else self.why_not_instead(case, ref, on)
        if obstacle is None:
            recipient = Recipient(person=self.people[ref], role=role, why=named.why)
            return _Tried(recipient=recipient, obstacles=tuple(obstacles))
        return _Tried(recipient=None, obstacles=(*obstacles, f"{named.why}{named.pause} {obstacle}"))

    def why_not_instead(self, case: Case, person_ref: str, on: date) -> str | None:
        """Why a person cannot be told of a case in the place of another, in words; None where they can."""
        obstacle = self.why_not(person_ref, on)
        if obstacle is None and not self.may_see(case, person_ref, on):
            return "has no role in the case or its team"
        return obstacle

    def stand_in_for(self, case: Case, person_ref: str, role: str, on: date) -> str | None:
        """Who is told of a case in the place of somebody in a role; None where nobody is named, or they may not see the case."""
        named = self.named_for(person_ref, role, on)
        return named.person_ref if named and self.may_see(case, named.person_ref, on) else None

    def named_for(self, person_ref: str, role: str, on: date) -> Named | None:
        """Whom the records name to be told in the place of somebody in a role, whether or not they may be; None for nobody.

        The deputy of somebody who is away; whoever a professional is contacted through (`contact = via`).
        """
        person = self.people.get(person_ref)
        if person is None:
            return None
        if person.contact == "via" and person.kind == "professional" and not person.has_left_by(on):
            ref, short = person.contact_via_ref, "the person named for that"
            why, pause = f"the person through whom the {spoken_role(role)} is contacted", ""
        elif person.is_away_on(on):
            ref, short = person.deputy_ref, "the deputy"
            why, pause = f"the deputy of the {spoken_role(role)}, who is away", ","
        else:
            return None
        return Named(person_ref=ref, why=why, pause=pause, short=short) if ref and ref != person_ref else None

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
        return self.holding(case, role, on)

    def holding(self, case: Case, role: str, on: date) -> tuple[str, ...]:
        """Who holds one of the roles of cin_roles on the day, reachable or not."""
        teams = self.team_roles.get(case.team or "", ())
        return _latest(role, case.roles, on) or _latest(role, teams, on)

    def lead_of(self, case: Case, on: date) -> Person | None:
        """The case's lead practitioner on the day, whoever may be told in their place."""
        refs = self.holding(case, "lead_practitioner", on)
        found = (self.people.get(ref) for ref in refs)
        # A row that names a child or a relative here is wrong, and must not put their name into a message.
        return next((person for person in found if person is not None and person.kind == "professional"), None)

    def worker_of(self, case: Case, on: date) -> str:
        """The name of the case's lead practitioner on the day, as messages and the report say it."""
        lead = self.lead_of(case, on)
        return lead.name if lead else "nobody recorded"


def make_directory(
    extract: Extract, on: date, *, allowed_domains: Iterable[str] = (), partner_domains: Iterable[str] = ()
) -> Directory:
    """The directory of a council's records on one day; domains are in small ASCII letters, as the settings hold them."""
    return Directory(
        people=extract.people,
        team_roles=extract.team_roles,
        team_members=members_of_teams(extract.cases, extract.team_roles, on),
        allowed_domains=frozenset(allowed_domains),
        partner_domains=frozenset(partner_domains),
    )


def members_of_teams(
    cases: Iterable[Case], team_roles: Mapping[str, Iterable[RoleHolder]], on: date
) -> Mapping[str, frozenset[str]]:
    """The people who work in each team on the day: in a role for the team, or in a role in an open case of it."""
    found: dict[str, set[str]] = {}
    for team, holders in team_roles.items():
        found.setdefault(team, set()).update(one.person_ref for one in holders if one.holds_on(on))
    for case in cases:
        if case.team and case.is_open_on(on):
            found.setdefault(case.team, set()).update(one.person_ref for one in case.roles if one.holds_on(on))
    return {team: frozenset(refs) for team, refs in found.items()}


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
    booked = [one for one in case.meetings if one.kind in kinds and is_booked(one, on)]
    return min(booked, key=lambda one: (one.scheduled_at, one.meeting_ref)) if booked else None


def is_booked(meeting: Meeting, on: date) -> bool:
    """Whether a meeting is still to be held: its day has not passed, and it was neither held nor cancelled."""
    # What is dated after the business date has not happened yet: a day that is looked at again later still shows its bookings.
    is_held = meeting.held_on is not None and meeting.held_on <= on
    return meeting.scheduled_at.date() >= on and not is_held and not _is_cancelled(meeting, on)


def _is_cancelled(meeting: Meeting, on: date) -> bool:
    return meeting.cancelled_on is not None and meeting.cancelled_on <= on


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


def spoken_role(role: str) -> str:
    """What people call a role."""
    return {"cin_coordinator": "coordinator", "action_owner": "owner of the action"}.get(role, role.replace("_", " "))
