"""Who must know what of a meeting, read a second time from the raw rows: whom the service may write to, and what they know then.

Each rule stands in a sentence beside it: from the records contract, the duties ("Meeting notices"), decision 6 and the page on
who hears what. What a person knows of a meeting is the last that they should have been told, and their calendar holds that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from plain.duties_days import Days

from .canary import canaries_in, says_child_in_need
from .people import Row
from .table import Table, Version, is_cancelled, rows_disagree, said, version_of

CHILDREN_FROM_AGE = 12
FAMILY = ("child", "parent", "family")
DAYS = Days()


@dataclass(frozen=True, kw_only=True)
class Reads:
    """One person who may be told of a meeting: as what, and whether there is still anything to ask them.

    ``kind`` is `inside` (the council's staff), `partner`, `family`, or `passes_on` (a professional who reads what a family does).
    """

    kind: str
    is_invited: bool
    has_declined: bool
    stands_in: bool = False  # for a chair, where none is recorded: told only where they get a message anyway


# ---- who may be told


def readers(table: Table, meeting_ref: str) -> dict[str, Reads]:
    """Everybody who may be told of a meeting on the day; whoever is not here must hear nothing of it."""
    rows = table.concerned(meeting_ref)
    listed = {row["person_ref"]: row for row in table.attendees.get(meeting_ref, [])}
    said_of_it = [*rows, *table.of_closed_cases(meeting_ref)]
    chair = next((row["chair_ref"] for row in said_of_it if row["chair_ref"]), None)
    found: dict[str, list[Reads]] = {}
    asked: list[tuple[str, Row | None]] = list(listed.items())
    if chair is not None and chair not in listed:
        asked.append((chair, None))
    # Where no chair who works for the council can be told, the lead practitioner hears what the chair would.
    told_as_chair = chair in table.people and any(
        kind == "inside" for _, kind in _who_reads(table, meeting_ref, rows, table.people[chair], listed.get(chair), chairs=True)
    )
    lead = None if told_as_chair else next((ref for row in rows if (ref := table.lead_of(row["case_ref"]))), None)
    lead = None if lead == chair else lead
    if lead is not None and lead not in listed:
        asked.append((lead, None))

    def place(one: tuple[str, Row | None]) -> tuple[bool, bool]:
        """Whoever is asked in their own right is so first; then the chair, whose copy says the most."""
        person = table.people.get(one[0])
        return person is not None and table.contact(person) == "via", one[0] not in (chair, lead)

    for ref, attendee in sorted(asked, key=place):
        if ref in table.people:
            for reader_ref, kind in _who_reads(table, meeting_ref, rows, table.people[ref], attendee, chairs=ref == chair):
                invited = attendee is not None and _is_invited(attendee, table.on)
                declined = attendee is not None and attendee.get("response") == "no" and ref != chair
                stands_in = attendee is None and ref == lead
                reads = Reads(kind=kind, is_invited=invited, has_declined=declined, stands_in=stands_in)
                found.setdefault(reader_ref, []).append(reads)
    # A label that names a child in need: no partner is told of such a case, nor any professional who passes a notice on.
    names_it = any(says_child_in_need(table.cases[row["case_ref"]][0]["label"]) for row in rows)
    return {
        ref: Reads(
            kind=each[0].kind,
            is_invited=all(one.is_invited for one in each),
            has_declined=all(one.has_declined for one in each),
            stands_in=all(one.stands_in for one in each),
        )
        for ref, each in found.items()
        if not (names_it and each[0].kind in ("partner", "passes_on"))
    }


def _is_invited(attendee: Row, on: date) -> bool:
    """Whoever the records say was invited, and whoever has answered."""
    return attendee.get("response") is not None or (attendee.get("invited_on") or date.max) <= on


def _who_reads(
    table: Table, meeting_ref: str, rows: list[Row], person: Row, attendee: Row | None, *, chairs: bool
) -> Iterator[tuple[str, str]]:
    """The person, or whoever they are reached through, and as what; nobody where nobody may be written to."""
    capacity = attendee["capacity"] if attendee else ""
    is_professional = person["kind"] == "professional"
    # `no` is never written to, on any channel, for any reason; nor is whoever has left.
    if table.contact(person) == "no" or table.has_left(person):
        return
    # Recorded both as a professional and as one of the family: nobody knows which, so nothing is sent.
    if is_professional and capacity in FAMILY:
        return
    # Only a professional chairs.
    if chairs and not is_professional:
        return
    if not is_professional and "child" in (person["kind"], capacity) and not _is_old_enough(table, meeting_ref, capacity):
        return
    if table.contact(person) == "via":
        yield from _through(table, rows, person)
    elif table.is_reached(person):
        yield person["person_ref"], ("partner" if table.is_partner(person) else "inside") if is_professional else "family"


def _is_old_enough(table: Table, meeting_ref: str, capacity: str) -> bool:
    """A child is written to where every child of the meeting is old enough, since the records do not say which is which."""
    born = [table.cases[row["case_ref"]][0].get("born_on") for row in table.meetings[meeting_ref]]
    children = sum(row["capacity"] == "child" for row in table.attendees[meeting_ref])
    return capacity == "child" and children <= len(born) and all(day and age(day, table.on) >= CHILDREN_FROM_AGE for day in born)


def age(born_on: date, on: date) -> int:
    """The age in whole years."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _through(table: Table, rows: list[Row], person: Row) -> Iterator[tuple[str, str]]:
    """`via` goes through the named person: one who may be written to, no child, nobody reached through somebody in turn.

    A professional is reached through a professional only. What the staff reads goes to those alone who work on one of the cases;
    what a family would read may be passed on by whoever the records name.
    """
    named = table.people.get(person.get("contact_via_ref") or "")
    if named is None or named is person or table.contact(named) != "yes" or table.has_left(named) or named["kind"] == "child":
        return
    if not table.is_reached(named):
        return
    if person["kind"] != "professional":
        yield named["person_ref"], "passes_on" if named["kind"] == "professional" else "family"
    elif named["kind"] == "professional":
        if table.is_partner(named):
            yield named["person_ref"], "partner"
        elif any(table.works_on(row["case_ref"], named["person_ref"]) for row in rows):
            yield named["person_ref"], "inside"


# ---- what they are told, and so know


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What one person is told of one meeting, and as what they read it; no version: that it is cancelled.

    ``labels`` are those of the cases that may be spoken of, ``places`` what the rows say of where it is, or was to be.
    """

    kind: str
    what: Version | None
    labels: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()


Key = tuple[date, str, str]  # day, person, meeting


@dataclass
class Knowledge:
    """What everybody knows of every meeting, if the service has told them what it must: by person and meeting.

    ``must`` is told on that day; ``may`` is told there besides: a reminder of what is known, twice at most.
    """

    known: dict[tuple[str, str], Telling] = field(default_factory=dict)
    must: dict[Key, Telling] = field(default_factory=dict)
    may: dict[Key, Telling] = field(default_factory=dict)
    _reminded: set[tuple[str, str, int]] = field(default_factory=set)

    def of(self, person_ref: str) -> list[Telling]:
        """The meetings that a person knows of."""
        return [one for (ref, _), one in self.known.items() if ref == person_ref and one.what is not None]

    def after_the_run(self, table: Table, seen: Mapping[str, Collection[str]]) -> None:
        """What a day's run adds.

        ``seen`` are the canaries in each person's calendar files of the day, from which alone it can be told whether somebody
        who stands in for a chair had a message anyway.
        """
        for meeting_ref in table.meetings:
            rows = table.concerned(meeting_ref)
            # One that was held, or of cases that are closed or may not be spoken of, is silent: people keep what they have.
            if rows and not table.is_held(meeting_ref) and not table.is_on_hold(meeting_ref):
                self._of_meeting(table, meeting_ref, rows, seen)

    def _of_meeting(self, table: Table, meeting_ref: str, rows: list[Row], seen: Mapping[str, Collection[str]]) -> None:
        now = (
            None if all(is_cancelled(row, table.on) for row in rows) else version_of([*rows, *table.of_closed_cases(meeting_ref)])
        )
        # While the rows of siblings disagree nobody can be told when and where.
        if now is not None and rows_disagree(rows):
            return
        labels = frozenset(table.cases[row["case_ref"]][0]["label"] for row in rows)
        places = frozenset(canaries_in(" ".join((*said(rows, "venue"), *said(rows, "online_url")))))
        # Whoever is off the list, or may be written to no more, is not here: they hear nothing and keep what they have.
        for ref, reads in readers(table, meeting_ref).items():
            telling = Telling(kind=reads.kind, what=now, labels=labels, places=places)
            is_told = self._is_told(table.on, ref, meeting_ref, reads, rows, now)
            before = self.known.get((ref, meeting_ref))
            if reads.stands_in and (before is None or before.what == now):
                is_told = is_told and now is not None and not places.isdisjoint(seen.get(ref, ()))
            if is_told:
                self.known[ref, meeting_ref] = telling
                self.must[table.on, ref, meeting_ref] = telling
                if now is not None:
                    day = now.starts_at.date()
                    self._reminded |= {(ref, meeting_ref, number) for number in (5, 1) if back(day, number) <= table.on}
            elif before is not None and before.what == now and _is_near(table.on, rows) and not reads.has_declined:
                self.may[table.on, ref, meeting_ref] = telling

    def _is_told(self, on: date, ref: str, meeting_ref: str, reads: Reads, rows: list[Row], now: Version | None) -> bool:
        day, before = rows[0]["scheduled_at"].date(), self.known.get((ref, meeting_ref))
        if before is not None and before.what != now:
            # Whoever was told hears of every change, as long as the meeting, or the day they were told, is to come.
            return max([day, *([before.what.starts_at.date()] if before.what else [])]) >= on
        if now is None or day < on:
            return False
        if before is None:
            # Whoever nobody has invited is invited. Others hear by the reminders alone, if those come after the booking.
            by_reminder = any(booked_on(rows) < back(day, number) <= on for number in (5, 1))
            return not reads.is_invited or (by_reminder and not reads.has_declined)
        # 5 working days before a meeting, and the working day before, whoever knows of it is reminded, once by each.
        due = [number for number in (5, 1) if on == back(day, number) > booked_on(rows)]
        return not reads.has_declined and any((ref, meeting_ref, number) not in self._reminded for number in due)


def _is_near(on: date, rows: list[Row]) -> bool:
    day = rows[0]["scheduled_at"].date()
    return back(day, 5) <= on <= day


def booked_on(rows: list[Row]) -> date:
    """The first day on which any row of a meeting was booked; where none says, long ago."""
    return min((row["booked_on"] for row in rows if row["booked_on"]), default=date.min)


def back(day: date, number: int) -> date:
    """So many working days before a day."""
    while number:
        day -= timedelta(days=1)
        number -= DAYS.is_working(day)
    return day
