"""Who is written to about a meeting, and as what kind of reader: its chair and its attendees, or whom the records name for them.

A family hears only where the records say yes, a child only where the council writes to children that old, a partner only at a
partner's domain, and ``contact = no`` is never written to. Somebody who is away still hears, so that it is in their calendar
when they are back: a meeting is with the person, and no deputy is asked in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from cin_reminders.address import read_address
from cin_reminders.case import Attendee, Person
from cin_reminders.mobile import read_mobile
from cin_reminders.recipients import PARTNER, Directory
from cin_reminders.sitting import Sitting
from cin_reminders.unsaid import says_child_in_need

# The kinds of reader, each with words of its own. Only the first two are told anything of a case but what it is called.
READERS = ("chair", "staff", "partner", "family", "child")
INSIDE = ("chair", "staff")
_OF_THE_FAMILY = ("child", "parent", "family")
# Of these the records do not say whether they work for the council: where no domains are set, they read what partners read.
_OUTSIDE_UNLESS_KNOWN = ("advocate", "interpreter", "education", "health")

Way = Literal["email", "text"]
WAYS: tuple[Way, ...] = ("email", "text")

_CHAIRS = "you chair this meeting"
_NO_CHAIR = "nobody is recorded as the chair of this meeting, and you are the lead practitioner"
_CHAIR_NOT_TOLD = "this service cannot tell the chair of this meeting, and you are the lead practitioner"
_INVITED = "you are asked to this meeting"
_PASSES_ON = "somebody who is asked to this meeting hears of it through you"


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingRules:
    """What a council has decided about notices of meetings.

    ``invite``: the service may invite those whom nobody has invited. ``family_ways``: how families are written to, `email` and
    `text`, the preferred first; with none, no family is.
    ``children_from_age``: the age in years from which a child is written to; None for no child. ``notify_from``: notices whose
    day is earlier are not sent. ``secret`` keeps what was told of a place from being read out of the ledger.
    """

    invite: bool
    secret: bytes = field(repr=False)
    family_ways: tuple[Way, ...] = ("email", "text")
    children_from_age: int | None = None
    notify_from: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """One person to write to about a meeting, or why they are not, in words that follow `the person`.

    ``in_place_of`` is whom the person passes it on to, ``passes_on_to`` everybody for whom they do, as what each is asked, be it
    beside a notice of their own. ``is_unreachable``: what is in the way is their address alone. ``is_invited``: the records say
    that they were invited, or have answered. ``has_declined``: they have answered no. ``stands_in``: no chair can be told, so the
    lead practitioner reads what one would.
    """

    person_ref: str
    kind: str
    why: str
    person: Person | None = None
    in_place_of: Person | None = None
    passes_on_to: tuple[tuple[str, Person], ...] = ()
    obstacle: str | None = None
    is_unreachable: bool = False
    is_invited: bool = False
    has_declined: bool = False
    stands_in: bool = False

    @property
    def may_be_told(self) -> bool:
        """Whether somebody may tell them, by whatever way: nothing is in the way, or nothing but their address."""
        return self.obstacle is None or self.is_unreachable

    @property
    def is_of_the_family(self) -> bool:
        """Whether what they read is written for a family or a child, whoever passes it on."""
        return self.kind in ("family", "child")

    @property
    def is_passed_on(self) -> bool:
        """Whether somebody who works for the council or a partner passes it on to a family."""
        return self.is_of_the_family and self.person is not None and self.person.kind == "professional"

    @property
    def language(self) -> str:
        """The language recorded for whoever is to understand it in the end."""
        person = self.in_place_of or self.person
        return person.language if person else "en"


def way_to(person: Person, ways: Iterable[Way]) -> tuple[Way, str] | None:
    """The first way of these by which somebody of the family can be written to, and the address or number; None for none."""
    address = read_address(person.email) if person.email else None
    places: Mapping[Way, str | None] = {
        "email": address.written if address else None,
        "text": read_mobile(person.mobile) if person.mobile else None,
    }
    return next(((way, place) for way in ways if (place := places[way])), None)


def readers(
    sitting: Sitting, *, directory: Directory, rules: MeetingRules, on: date, chair_is_unreached: bool = False
) -> tuple[Reader, ...]:
    """Everybody who hears of a meeting on the day, or would but for an obstacle: the chair, then the others by their references.

    Where no chair works for the council or none can be told, somebody stands in; so they do where ``chair_is_unreached``.

    One person is there once, however many ask for them: whoever is asked in their own right is so first, and counts as
    invited, or as having declined, only where all are for whom they are written to.
    """
    found: dict[str, Reader] = {}
    each = _each(sitting, directory, rules, on, chair_is_unreached)
    for reader in sorted(each, key=lambda one: one.in_place_of is not None):
        first = found.setdefault(reader.person_ref, reader)
        if first is not reader:
            found[reader.person_ref] = replace(
                first,
                is_invited=first.is_invited and reader.is_invited,
                has_declined=first.has_declined and reader.has_declined,
                passes_on_to=(*first.passes_on_to, *reader.passes_on_to),
                # Whoever somebody else waits for has to hear, company or not.
                stands_in=first.stands_in and reader.stands_in,
            )
    return tuple(sorted(found.values(), key=lambda one: (one.kind != "chair", one.person_ref)))


def _each(sitting: Sitting, directory: Directory, rules: MeetingRules, on: date, chair_is_unreached: bool) -> Iterator[Reader]:
    asked = _Asked(sitting=sitting, directory=directory, rules=rules, on=on)
    listed = {one.person_ref: one for one in sitting.attendees}
    chair = asked.reader(sitting.chair_ref, listed.pop(sitting.chair_ref, None), chairs=True) if sitting.chair_ref else None
    if chair is not None:
        yield chair
    instead = sitting.in_the_chairs_place
    can_be_told = chair is not None and chair.kind == "chair" and chair.obstacle is None and not chair_is_unreached
    if instead and not can_be_told and (chair is None or instead != chair.person_ref):
        yield asked.reader(instead, listed.pop(instead, None), chairs=True)
    for ref, attendee in listed.items():
        yield asked.reader(ref, attendee)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """One meeting on one day, with everybody the records know."""

    sitting: Sitting
    directory: Directory
    rules: MeetingRules
    on: date

    def reader(self, ref: str, attendee: Attendee | None, *, chairs: bool = False) -> Reader:
        person = self.directory.people.get(ref)
        is_the_chair = chairs and ref == self.sitting.chair_ref
        # Whoever is asked as well hears on their own account.
        stands_in = chairs and not is_the_chair and attendee is None
        instead = _CHAIR_NOT_TOLD if self.sitting.chair_ref else _NO_CHAIR
        why = _CHAIRS if is_the_chair else instead if chairs else _INVITED
        in_place_of: Person | None = None
        is_unreachable = False
        kind = "chair" if chairs else "staff"
        obstacle: str | None = "is not among the people in the records"
        if person is not None:
            kind, obstacle = self._kind(person, attendee, kind)
            if obstacle is None and person.contact == "via":
                named, kind, obstacle = self._through(person, attendee, kind)
                if obstacle is None:
                    person, in_place_of, why = named, person, _PASSES_ON
            elif obstacle is None:
                obstacle = self._why_not(person)
                is_unreachable = obstacle is not None
        reader = Reader(
            person_ref=person.person_ref if person else ref,
            kind=kind,
            why=why,
            person=person,
            in_place_of=in_place_of,
            passes_on_to=((attendee.capacity if attendee else "", in_place_of),) if in_place_of else (),
            obstacle=obstacle,
            is_unreachable=is_unreachable,
            stands_in=stands_in,
            is_invited=attendee is not None and self._is_invited(attendee),
            # A chair runs the meeting whatever the list of answers says.
            has_declined=attendee is not None and attendee.response == "no" and not is_the_chair,
        )
        # A school cannot do without what the case is called, nor can whoever passes a notice on; nobody has to name it so.
        if obstacle is None and (kind == "partner" or reader.is_passed_on) and any(map(says_child_in_need, self.sitting.labels)):
            reader = replace(reader, obstacle="would read what the case is called, and that names a child in need")
        return reader if reader.obstacle is None else replace(reader, person=None)

    def _is_invited(self, attendee: Attendee) -> bool:
        # Whoever has answered was asked, though nobody wrote down when.
        return attendee.response is not None or (attendee.invited_on is not None and attendee.invited_on <= self.on)

    def _kind(self, person: Person, attendee: Attendee | None, kind: str) -> tuple[str, str | None]:
        """As what a person reads, and what forbids to write to them or to anybody in their place."""
        capacity = attendee.capacity if attendee else ""
        if person.contact == "no":
            return kind, "must not be contacted"
        if person.has_left_by(self.on):
            return kind, "has left"
        if person.kind == "professional":
            # Unless the records say otherwise a professional may be written to, and a relative may not: no guess which this is.
            contradicted = "is recorded both as a professional and as one of the family" if capacity in _OF_THE_FAMILY else None
            return self._professional(person, capacity, kind), contradicted
        if kind == "chair":
            return kind, "is not a professional"
        if person.kind == "child" or capacity == "child":
            return "child", self._why_too_young(capacity)
        return "family", None if self.rules.family_ways else "is of the family, and the council writes to none"

    def _why_too_young(self, capacity: str) -> str | None:
        """Why a child is not written to. The records give no age but that of the cases' own children, and not who is who."""
        from_age = self.rules.children_from_age
        if from_age is None or not self.rules.family_ways:
            return "is a child, and the council writes to none"
        born = [case.born_on for case in (*self.sitting.cases, *self.sitting.left_out)]
        children = sum(one.capacity == "child" for one in self.sitting.attendees)
        if capacity != "child" or children > len(born) or None in born:
            return "is a child of an age that the records do not give"
        if any(_age(day, self.on) < from_age for day in born if day is not None):
            return "is a child, and not every child of this meeting is old enough to be written to"
        return None

    def _through(self, person: Person, attendee: Attendee | None, kind: str) -> tuple[Person, str, str | None]:
        """Whom to write to in a person's place and as what kind of reader; the person, and what stands in the way, for nobody."""
        named = self.directory.people.get(person.contact_via_ref or "")
        if named is None or named.person_ref == person.person_ref:
            return person, kind, "is contacted through somebody else only, and the records name nobody"
        reads_as = "family"  # what is passed on to a family reads as the family would read it, whoever passes it on
        if person.kind == "professional":
            chairs = person.person_ref in (self.sitting.chair_ref, self.sitting.in_the_chairs_place)
            reads_as = self._professional(named, attendee.capacity if attendee else "", "chair" if chairs else "staff")
        obstacle = self._why_not_through(named, person, reads_as)
        if obstacle is not None:
            return person, kind, f"is contacted through somebody else only, who {obstacle}"
        return named, reads_as, None

    def _why_not_through(self, named: Person, person: Person, reads_as: str) -> str | None:
        if named.contact == "no":
            return "must not be contacted"
        if named.has_left_by(self.on):
            return "has left"
        if named.kind == "child":
            return "is a child"
        if named.contact == "via":
            return "is contacted through somebody else in turn"
        if person.kind == "professional" and named.kind != "professional":
            return "is not a professional"
        if reads_as in ("chair", "staff") and not self._may_see(named):
            return "has no role in the case or its team"
        return self._why_not(named)

    def _may_see(self, person: Person) -> bool:
        return any(self.directory.may_see(case, person.person_ref, self.on) for case in self.sitting.cases)

    def _professional(self, person: Person, capacity: str, kind: str) -> str:
        """A professional outside the council reads what partners read, a chair among them."""
        unknown = not self.directory.allowed_domains and capacity in _OUTSIDE_UNLESS_KNOWN and kind != "chair"
        return "partner" if unknown or self.directory.why_not_address(person) == PARTNER else kind

    def _why_not(self, person: Person) -> str | None:
        """Why nothing reaches a person by the addresses in the records, in words that repeat none of them."""
        if person.kind == "professional":
            why = self.directory.why_not_address(person)
            return None if why == PARTNER else why
        if person.contact != "yes":
            return "must not be contacted"
        if way_to(person, self.rules.family_ways):
            return None
        if len(self.rules.family_ways) == 1 and way_to(person, WAYS):
            only = "e-mails" if self.rules.family_ways == ("email",) else "text messages"
            return f"cannot be reached by the {only} that the council sends to families"
        return "has neither a mobile number nor an e-mail address that could be used"


def _age(born_on: date, on: date) -> int:
    """The age in whole years. Whoever was born on 29 February is a year older on 1 March of a year without one."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
