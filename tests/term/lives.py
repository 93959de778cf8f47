"""How the meetings of a term are lived: each morning the records have what happened since the morning before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from .canary import LINK, MEETING, VENUE
from .family_lives import DAY, TO_A_FAMILY, Families
from .people import Family, Row

# What happens to a meeting that is to come, on how many of a thousand working days.
TO_A_MEETING = {
    "move_day": 20,
    "move_time": 15,
    "move_back": 30,  # of those that were moved
    "change_venue": 20,
    "change_link": 12,
    "change_end": 5,
    "cancel": 14,
    "change_chair": 12,
    "change_notes": 10,
    "add_attendee": 25,
    "take_off_attendee": 18,
    "answer": 90,
    "invite_by_hand": 50,
    "disagree": 25,  # of those that siblings share
}
PER_MILLE = 1000


@dataclass
class Meeting:
    """One meeting: a row for each case that shares it, and what it was before."""

    rows: list[Row]
    family: Family
    attendees: list[Row] = field(default_factory=list)
    before: list[Row] = field(default_factory=list)

    @property
    def first(self) -> Row:
        return self.rows[0]

    @property
    def is_cancelled(self) -> bool:
        return self.first["cancelled_on"] is not None

    @property
    def day(self) -> date:
        day: date = self.first["scheduled_at"].date()
        return day

    def set(self, **values: object) -> None:
        for row in self.rows:
            row.update(values)

    def moved(self, **values: object) -> None:
        """Set what attendees have to know, keeping what it was."""
        self.before.append({name: self.first[name] for name in ("scheduled_at", "ends_at", "venue", "online_url")})
        self.set(**values)


class Term(Families):
    """A council's records over one term. Call ``morning`` for each day in order; ``rows`` are then those of that day."""

    def __init__(self, seed: int, families: int, first_on: date) -> None:
        super().__init__(seed, first_on)
        self.meetings: list[Meeting] = []
        self._of_family: defaultdict[int, list[Meeting]] = defaultdict(list)
        self.families = [self._a_family() for _ in range(families)]

    def morning(self, on: date) -> None:
        """Everything that happened up to the evening before a day."""
        self.on = on
        for meeting in list(self.meetings):
            self._live_on(meeting)
        for family in self.families:
            for name, share in TO_A_FAMILY.items():
                if self.rng.random() * PER_MILLE < share:
                    self._happens(name, family)
            self._book_if_wanted(family)

    def _happens(self, name: str, to: Meeting | Family) -> None:
        if getattr(self, f"_{name}")(to):
            self.lived[name] += 1

    # ---- families and what they begin with

    def _a_family(self) -> Family:
        family = self.people.family()
        began_on = self.first_on - timedelta(days=self.rng.randrange(-50, 120))
        for case in family.cases:
            self._event(case["case_ref"], "plan_agreed", began_on)
        if began_on < self.first_on - timedelta(days=30):
            held_on = began_on + timedelta(days=self.rng.randrange(3, 25))
            meeting = self._new_meeting(family, "initial", self._moment(held_on))
            meeting.set(booked_on=began_on)
            self._held(meeting)
        return family

    # ---- a meeting from its booking to its end

    def _book_if_wanted(self, family: Family) -> None:
        ahead = sum(not one.is_cancelled and one.first["held_on"] is None for one in self._of_family[id(family)])
        if self.people.chance((0.5, 0.1, 0)[min(ahead, 2)]):
            self._book(family)

    def _book(self, family: Family) -> None:
        open_cases = [case for case in family.cases if not case.get("closed_on")]
        if not open_cases:
            return
        has_met = any(one.first["held_on"] for one in self._of_family[id(family)])
        kind = self.people.one_of((92, "review"), (8, "closing")) if has_met else "initial"
        day = self._a_day(self.rng.randrange(3, 26))
        meeting = self._new_meeting(family, kind, self._moment(day), alone=self.people.chance(0.1))
        meeting.set(booked_on=self.people.one_of((88, self.eve), (12, None)))
        self.lived["book"] += 1

    def _a_day(self, days_ahead: int) -> date:
        """A day to come, now and then one on a weekend or a bank holiday."""
        day = self.on + timedelta(days=days_ahead)
        while day.weekday() >= 5 and not self.people.chance(0.06):
            day += DAY
        return day

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time(self.rng.randrange(8, 17), self.rng.choice((0, 15, 30))))

    def _ends_at(self, starts_at: datetime) -> datetime | None:
        return self.people.one_of((80, starts_at + timedelta(minutes=self.rng.choice((45, 60, 90)))), (20, None))

    def _a_venue(self) -> str:
        named = self.people.one_of((96, "Room"), (2, "Child in Need Centre"), (2, "Child-in-need hub,  floor 2,"))
        return f"{named} {self.people.canaries.new(VENUE)}"

    def _a_link(self) -> str:
        return f"https://meet.example/{self.people.canaries.new(LINK)}"

    def _new_meeting(self, family: Family, kind: str, starts_at: datetime, *, alone: bool = False) -> Meeting:
        rng, chance = self.rng, self.people.chance
        venue, link = self.people.one_of((75, (True, False)), (12, (True, True)), (13, (False, True)))
        said = {
            "meeting_ref": self.people.canaries.new(MEETING),
            "kind": kind,
            "scheduled_at": starts_at,
            "ends_at": self._ends_at(starts_at),
            "venue": self._a_venue() if venue else None,
            "venue_accessible": rng.choice(("yes", "no", None)),
            "online_url": self._a_link() if link else None,
            "chair_ref": self._a_chair(family),
            "note_taker_ref": rng.choice((None, rng.choice(self.people.leads))),
            "lead_attending": self.people.one_of((80, None), (12, "yes"), (8, "no")),
            **dict.fromkeys(("booked_on", "held_on", "cancelled_on", "next_review_on", "outcome", "outcome_recorded_on")),
            **dict.fromkeys(("record_shared_on", "plan_shared_on")),
        }
        cases = [case for case in family.cases if not case.get("closed_on")]
        rows = [said | {"case_ref": case["case_ref"]} for case in (cases[:1] if alone else cases)]
        meeting = Meeting(rows=rows, family=family)
        self.rows["cin_meetings"] += rows
        for ref, capacity in self._asked(meeting):
            by_hand = self.on - DAY if chance(0.4) else None
            self._ask(meeting, ref, capacity, invited_on=by_hand)
        self.meetings.append(meeting)
        self._of_family[id(family)].append(meeting)
        return meeting

    def _a_chair(self, family: Family) -> str | None:
        others = (self.rng.choice(self.people.coordinators), family.lead, self.people.nurses[5])
        return self.people.one_of((84, family.chair), (8, others[0]), (3, others[1]), (1, others[2]), (1, "nobody"), (3, None))

    def _asked(self, meeting: Meeting) -> Iterator[tuple[str, str]]:
        family, chance = meeting.family, self.people.chance
        for number, person in enumerate(family.parents):
            if chance(0.45 if number else 0.8):
                yield person["person_ref"], "parent"
        for row in meeting.rows:
            if chance(0.35):
                yield family.children[row["case_ref"]]["person_ref"], "child"
        for ref, capacity, share in (
            *((person["person_ref"], "family", 0.25) for person in family.others),
            (family.lead, "other", 0.35),
            (family.teacher, "education", 0.35),
            (family.nurse, "health", 0.3),
            (self.rng.choice(self.people.advocates), "advocate", 0.08),
            (self.rng.choice(self.people.interpreters), "interpreter", 0.08),
            (self.rng.choice(self.people.police), "other", 0.05),
            (self.rng.choice(self.people.leads), "family", 0.02),  # recorded both as a professional and as family
        ):
            if chance(share):
                yield ref, capacity

    def _ask(self, meeting: Meeting, ref: str, capacity: str, *, invited_on: date | None) -> bool:
        if any(row["person_ref"] == ref for row in meeting.attendees):
            return False
        row = {"meeting_ref": meeting.first["meeting_ref"], "person_ref": ref, "capacity": capacity, "invited_on": invited_on}
        meeting.attendees.append(row)
        self.rows["cin_attendees"].append(row)
        return True

    def _live_on(self, meeting: Meeting) -> None:
        """What becomes of one meeting since the morning before."""
        if meeting.first["held_on"] is not None:
            return
        if meeting.is_cancelled:
            if self.rng.random() < 0.08 and (self.on - meeting.first["cancelled_on"]).days < 15:
                self._book_again(meeting)
            return
        if meeting.day < self.on:
            self._pass(meeting)
            return
        for name, share in TO_A_MEETING.items():
            if self.rng.random() * PER_MILLE < share and not meeting.is_cancelled:
                self._happens(name, meeting)

    def _pass(self, meeting: Meeting) -> None:
        """The day of the meeting has passed: it was held, or did not take place, or nobody has recorded which."""
        went = self.people.one_of((80, "held"), (10, ""), (6, "move_day"), (4, "cancel"))
        if went == "held":
            self._held(meeting)
            self.lived["held"] += 1
        elif went:
            self._happens(went, meeting)

    def _held(self, meeting: Meeting) -> None:
        day = meeting.day
        outcome = self.people.one_of((70, "continue"), (25, "amend"), (5, "close"))
        next_on = self.people.one_of((40, None), (45, day + timedelta(days=28)), (15, day + timedelta(days=110)))
        for row in meeting.rows:
            if row["cancelled_on"] is None:
                row |= dict.fromkeys(("held_on", "outcome_recorded_on", "record_shared_on", "plan_shared_on"), day)
                row |= {"outcome": outcome, "next_review_on": next_on}
                self._event(row["case_ref"], "parents_agreement_recorded", day, meeting_ref=row["meeting_ref"])

    def _book_again(self, meeting: Meeting) -> None:
        starts_at = meeting.first["scheduled_at"]
        if starts_at.date() <= self.on or self.people.chance(0.5):
            starts_at = self._moment(self._a_day(self.rng.randrange(3, 20)))
        meeting.moved(scheduled_at=starts_at, ends_at=self._ends_at(starts_at), cancelled_on=None)
        self.lived["book_again"] += 1

    # ---- what happens to a meeting; each says whether it did

    def _move_day(self, meeting: Meeting) -> bool:
        starts_at = datetime.combine(self._a_day(self.rng.randrange(1, 20)), meeting.first["scheduled_at"].time())
        meeting.moved(scheduled_at=starts_at, ends_at=self._ends_at(starts_at))
        return True

    def _move_time(self, meeting: Meeting) -> bool:
        starts_at = self._moment(meeting.day)
        meeting.moved(scheduled_at=starts_at, ends_at=self._ends_at(starts_at))
        return True

    def _move_back(self, meeting: Meeting) -> bool:
        if not meeting.before or meeting.before[-1]["scheduled_at"].date() < self.on:
            return False
        meeting.set(**meeting.before.pop())
        return True

    def _change_venue(self, meeting: Meeting) -> bool:
        meeting.moved(venue=self._a_venue())
        return True

    def _change_link(self, meeting: Meeting) -> bool:
        if not meeting.first["venue"]:
            meeting.moved(online_url=self._a_link())
        else:
            meeting.moved(online_url=None if meeting.first["online_url"] else self._a_link())
        return True

    def _change_end(self, meeting: Meeting) -> bool:
        meeting.moved(ends_at=self._ends_at(meeting.first["scheduled_at"]))
        return True

    def _cancel(self, meeting: Meeting) -> bool:
        if len(meeting.rows) > 1 and self.people.chance(0.3):
            # For one of the children only: it goes ahead for the others.
            self.rng.choice(meeting.rows[1:])["cancelled_on"] = self.eve
            self.lived["cancel_for_one"] += 1
            return False
        meeting.set(cancelled_on=self.eve)
        return True

    def _change_chair(self, meeting: Meeting) -> bool:
        meeting.set(chair_ref=self._a_chair(meeting.family))
        return True

    def _change_notes(self, meeting: Meeting) -> bool:
        meeting.set(note_taker_ref=self.rng.choice((None, *self.people.leads)), lead_attending=self.rng.choice((None, "no")))
        return True

    def _add_attendee(self, meeting: Meeting) -> bool:
        asked = list(self._asked(meeting))
        return bool(asked) and self._ask(meeting, *self.rng.choice(asked), invited_on=self.rng.choice((None, self.eve)))

    def _take_off_attendee(self, meeting: Meeting) -> bool:
        if not meeting.attendees:
            return False
        row = meeting.attendees.pop(self.rng.randrange(len(meeting.attendees)))
        self.rows["cin_attendees"].remove(row)
        return True

    def _answer(self, meeting: Meeting) -> bool:
        if meeting.attendees:
            self.rng.choice(meeting.attendees)["response"] = self.people.one_of((60, "yes"), (25, "no"), (15, "unsure"))
        return bool(meeting.attendees)

    def _invite_by_hand(self, meeting: Meeting) -> bool:
        row = self.rng.choice(meeting.attendees) if meeting.attendees else {"invited_on": self.eve}
        if row["invited_on"] is not None:
            return False
        row["invited_on"] = self.eve
        return True

    def _disagree(self, meeting: Meeting) -> bool:
        """The rows of siblings part, or come together again."""
        *_, last = meeting.rows
        if last is meeting.first:
            return False
        differ = last["venue"] != meeting.first["venue"]
        last["venue"] = meeting.first["venue"] if differ else self._a_venue()
        return not differ
