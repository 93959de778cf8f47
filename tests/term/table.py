"""The rows of one morning, and what they say on that day: of cases, of meetings, of people."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from .people import COUNCIL_DOMAIN, PARTNER_DOMAINS, Row, Rows

IN_SCOPE = ("child_in_need", "supervision_order", "short_breaks")
_ADDRESS = re.compile(r"[\w.-]+@[\w-]+(\.[\w-]+)+")


@dataclass(frozen=True, kw_only=True)
class Version:
    """When and where a meeting is; None in place of one: it is cancelled."""

    starts_at: datetime
    ends_at: datetime | None
    venue: str
    link: str


@dataclass(kw_only=True)
class Table:
    """The rows of one morning, so that each can be found."""

    rows: Rows
    on: date
    on_hold: Collection[str] = ()  # cases
    cases: dict[str, list[Row]] = field(init=False)
    people: dict[str, Row] = field(init=False)
    meetings: dict[str, list[Row]] = field(init=False)
    attendees: dict[str, list[Row]] = field(init=False)
    roles: dict[str, list[Row]] = field(init=False)  # by case
    facts: dict[str, list[Row]] = field(init=False)  # by case

    def __post_init__(self) -> None:
        self.cases = _by("case_ref", self.rows["cin_cases"])
        self.people = {row["person_ref"]: row for row in self.rows["cin_people"]}
        self.meetings = _by("meeting_ref", self.rows["cin_meetings"])
        self.attendees = _by("meeting_ref", self.rows["cin_attendees"])
        self.roles = _by("case_ref", self.rows["cin_roles"])
        self.facts = _by("case_ref", self.rows["cin_facts"])

    # ---- cases

    def fact(self, case_ref: str, name: str) -> str | None:
        """What a fact was on the day: the newest row in force counts, and those of one day that differ say nothing."""
        rows = [
            row
            for row in self.facts.get(case_ref, [])
            if row["fact"] == name
            and (row.get("since_on") or date.min) <= self.on
            and self.on <= (row.get("until_on") or date.max)
        ]
        newest = max((row.get("since_on") or date.min for row in rows), default=None)
        values = {row["value"] for row in rows if (row.get("since_on") or date.min) == newest}
        return values.pop() if len(values) == 1 else None

    def is_open(self, case_ref: str) -> bool:
        return (self.cases[case_ref][0].get("closed_on") or date.max) > self.on

    def may_be_spoken_of(self, case_ref: str) -> bool:
        """A restricted case is left out, and one outside the procedure, or with rows that contradict each other."""
        rows = self.cases[case_ref]
        return len(rows) == 1 and rows[0]["plan_type"] in IN_SCOPE and self.fact(case_ref, "restricted") != "yes"

    # ---- meetings

    def concerned(self, meeting_ref: str) -> list[Row]:
        """The rows of a meeting that count: of open cases that may be spoken of; cancelled ones only where all are.

        One that was cancelled for every case counts though they have closed since: whoever was asked has to hear of it.
        """
        booked = self._booked(meeting_ref)
        rows = [row for row in booked if self.is_open(row["case_ref"])]
        counting = [row for row in rows if not is_cancelled(row, self.on)] or rows
        return counting or [row for row in booked if all(is_cancelled(one, self.on) for one in booked)]

    def of_closed_cases(self, meeting_ref: str) -> list[Row]:
        """The rows of cases that have closed: they still say where a meeting is that goes ahead for another."""
        return [row for row in self._booked(meeting_ref) if not self.is_open(row["case_ref"]) and not is_cancelled(row, self.on)]

    def _booked(self, meeting_ref: str) -> list[Row]:
        return [
            row
            for row in sorted(self.meetings[meeting_ref], key=lambda row: str(row["case_ref"]))
            if self.may_be_spoken_of(row["case_ref"]) and (row["booked_on"] or date.min) <= self.on
        ]

    def is_held(self, meeting_ref: str) -> bool:
        return any(
            row["held_on"] is not None and row["held_on"] <= self.on and self.may_be_spoken_of(row["case_ref"])
            for row in self.meetings[meeting_ref]
        )

    def is_on_hold(self, meeting_ref: str) -> bool:
        """A hold on any of the cases that share a meeting keeps everybody silent about it."""
        rows = self.meetings[meeting_ref]
        return any(row["case_ref"] in self.on_hold and self.may_be_spoken_of(row["case_ref"]) for row in rows)

    def holders(self, case_ref: str, role: str) -> list[str]:
        """Who holds a role in a case today, the newest only; no team of this council has a coordinator or a lead of its own."""
        rows = [
            row
            for row in self.roles.get(case_ref, [])
            if row["role"] == role and (row.get("from_on") or date.min) <= self.on <= (row.get("until_on") or date.max)
        ]
        newest = max((row.get("from_on") or date.min for row in rows), default=None)
        return [row["person_ref"] for row in rows if (row.get("from_on") or date.min) == newest]

    def lead_of(self, case_ref: str) -> str | None:
        return next(iter(self.holders(case_ref, "lead_practitioner")), None)

    # ---- people

    def contact(self, person: Row) -> str:
        """Unknown means yes for a professional, and no for a family and a child."""
        return str(person.get("contact") or ("yes" if person["kind"] == "professional" else "no"))

    def has_left(self, person: Row, by: date | None = None) -> bool:
        return bool(person.get("active_until")) and person["active_until"] < (by or self.on)

    def domain(self, person: Row) -> str:
        email = str(person.get("email") or "")
        return email.partition("@")[2] if _ADDRESS.fullmatch(email) else ""

    def is_partner(self, person: Row) -> bool:
        return person["kind"] == "professional" and self.domain(person) in PARTNER_DOMAINS

    def is_reached(self, person: Row) -> bool:
        """A professional by e-mail at the council's domain or a partner's; a family by e-mail or mobile, if they may be."""
        if person["kind"] == "professional":
            return self.domain(person) in (COUNCIL_DOMAIN, *PARTNER_DOMAINS)
        return self.contact(person) == "yes" and bool(person.get("mobile") or self.domain(person))

    def works_on(self, case_ref: str, person_ref: str) -> bool:
        """Whether somebody has a role in a case or its team, works in another open case of the team, or chairs its meetings."""
        team = self.cases[case_ref][0]["team"]
        colleagues = {ref for ref in self.cases if self.cases[ref][0]["team"] == team and self.is_open(ref)} | {case_ref}
        has_role = any(
            (row.get("team") == team or row.get("case_ref") in colleagues)
            and (row.get("from_on") or date.min) <= self.on <= (row.get("until_on") or date.max)
            for row in self.rows["cin_roles"]
            if row["person_ref"] == person_ref
        )
        chairs = any(
            row["case_ref"] == case_ref and row["chair_ref"] == person_ref and not is_cancelled(row, self.on)
            for row in self.rows["cin_meetings"]
        )
        return has_role or chairs


def _by(column: str, rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.get(column) is not None:
            found.setdefault(row[column], []).append(row)
    return found


def is_cancelled(row: Row, on: date) -> bool:
    return row["cancelled_on"] is not None and row["cancelled_on"] <= on


def said(rows: list[Row], column: str) -> list[str]:
    """What rows say in one column, each once, a blank more or less being nothing."""
    return list(dict.fromkeys(" ".join(str(row[column]).split()) for row in rows if row[column]))


def rows_disagree(rows: list[Row]) -> bool:
    """Whether rows that share a meeting say two things of when or where it is."""
    return any(len(said(rows, column)) > 1 for column in ("scheduled_at", "ends_at", "venue", "online_url"))


def version_of(rows: list[Row]) -> Version:
    """When and where a meeting is, by its rows."""
    ends_at = next((row["ends_at"] for row in rows if row["ends_at"]), None)
    venue, link = (next(iter(said(rows, column)), "") for column in ("venue", "online_url"))
    return Version(starts_at=rows[0]["scheduled_at"], ends_at=ends_at, venue=venue, link=link)
