"""The made-up council while it is being made: what its records hold so far, and how one more thing is recorded."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date

from cin_reminders.sample.practice import Diary, Practice
from cin_reminders.sample.rows import Rows, empty_rows, whole_row


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """A team: its name, its manager, its lead practitioners and the officer who takes its notes."""

    name: str
    disabilities: bool
    manager_ref: str
    lead_refs: tuple[str, ...]
    note_taker_ref: str


class Council:
    """What has been made so far. ``on`` is the business date: nothing later than it is recorded as having happened."""

    def __init__(self, *, practice: Practice, on: date, seed: int) -> None:
        self.practice = practice
        self.on = on
        self.diary = Diary()
        self.rng = random.Random(seed)  # noqa: S311 - made-up rows, not secrets
        self.rows: Rows = empty_rows()
        self.teams: list[Team] = []
        self.team_of: dict[str, Team] = {}
        self.partners: dict[str, list[str]] = {}
        # Who is free for a case, as heaps of (cases, person): lead practitioners by whether theirs is a disability team.
        self.free_leads: dict[bool, list[tuple[int, str]]] = {True: [], False: []}
        self.free_coordinators: list[tuple[int, str]] = []
        self._turns: Counter[str] = Counter()

    def add(self, relation: str, **values: object) -> dict[str, object]:
        """Record one row, and return it so that a story can still change it."""
        row = whole_row(relation, **values)
        self.rows[relation].append(row)
        return row

    def turn(self, what: str) -> int:
        """How often this has been asked before: 0, 1, 2 and so on."""
        self._turns[what] += 1
        return self._turns[what] - 1

    def ref(self, letter: str) -> str:
        """The next reference of its kind, such as M-00012."""
        return f"{letter}-{self.turn(letter) + 1:05d}"

    def event(self, case_ref: str, kind: str, day: date, *, meeting_ref: str | None = None) -> None:
        """Record an event of a case, unless its day has not come yet."""
        if day > self.on:
            return
        self.add(
            "cin_events",
            event_ref=self.ref("E"),
            case_ref=case_ref,
            kind=kind,
            happened_on=day,
            recorded_on=self.recorded_after(day),
            meeting_ref=meeting_ref,
        )

    def fact(self, case_ref: str, fact: str, value: str, since_on: date | None = None, until_on: date | None = None) -> None:
        """Record what is true of a case."""
        self.add("cin_facts", case_ref=case_ref, fact=fact, value=value, since_on=since_on, until_on=until_on)

    def recorded_after(self, day: date, *, late: int = 0) -> date:
        """When something that happened on a day was recorded: within two working days, or so many later."""
        return max(day, min(self.on, self.diary.after(day, late or self.rng.choice((0, 0, 1, 2)))))

    def by_now(self, day: date) -> date | None:
        """The day if it has come; else nothing, since it has not happened."""
        return day if day <= self.on else None

    def chance(self, share: float) -> bool:
        """Whether something happens that happens in this share of cases."""
        return self.rng.random() < share
