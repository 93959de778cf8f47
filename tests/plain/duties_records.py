"""One case as the records show it on the business date, and what was true of it on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .duties_days import ONE_DAY, Days, parse_length

Row = dict[str, Any]
Council = dict[str, list[Row]]

# Kinds that the other relations tell: standing in cin_events they are ignored.
DERIVED = (
    "initial_meeting_held",
    "review_meeting_held",
    "closing_meeting_held",
    "record_shared",
    "plan_shared",
    "outcome_recorded",
    "became_resident",
    "case_closed",
)
ENDING_FACTS = ("child_protection_plan", "looked_after")


@dataclass(frozen=True, kw_only=True)
class Period:
    """A run of days on a child protection plan, or looked after; None: no first day recorded, or no last day yet."""

    first: date | None
    last: date | None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What can be seen of one case on the business date: nothing that is dated after it has happened."""

    council: Council
    policy: str
    row: Row
    on: date
    days: Days
    closed_on: date | None
    facts: list[Row]
    events: list[Row]
    meetings: list[Row]
    actions: list[Row]
    visits: list[Row]
    transfers: list[Row]
    coordinators: list[Row]
    periods: list[Period]

    @property
    def case_ref(self) -> str:
        return str(self.row["case_ref"])


def look_at(council: Council, policy: str, row: Row, on: date, days: Days) -> Seen:
    """Gather one case's rows, leaving out whatever is dated after the business date."""

    def rows(relation: str) -> list[Row]:
        return [dict(r) for r in council.get(relation, []) if r.get("case_ref") == row["case_ref"]]

    def happened(day: date | None) -> bool:
        return day is not None and day <= on

    facts = [f for f in rows("cin_facts") if f.get("since_on") is None or f["since_on"] <= on]
    events = [e for e in rows("cin_events") if e["kind"] not in DERIVED and happened(e["happened_on"])]
    meetings = rows("cin_meetings")
    for meeting in meetings:
        for column in ("held_on", "cancelled_on", "record_shared_on", "plan_shared_on", "outcome_recorded_on"):
            if not happened(meeting.get(column)):
                meeting[column] = None
    actions = [a for a in rows("cin_actions") if a.get("agreed_on") is None or a["agreed_on"] <= on]
    for action in actions:
        if not happened(action.get("completed_on")):
            action["completed_on"] = None
    visits = [v for v in rows("cin_visits") if happened(v["visited_on"]) and v.get("child_seen") != "no"]
    coordinators = [
        r for r in rows("cin_roles") if r["role"] == "cin_coordinator" and (r.get("from_on") is None or r["from_on"] <= on)
    ]
    return Seen(
        council=council,
        policy=policy,
        row=row,
        on=on,
        days=days,
        closed_on=row["closed_on"] if happened(row.get("closed_on")) else None,
        facts=facts,
        events=events,
        meetings=meetings,
        actions=actions,
        visits=visits,
        transfers=rows("cin_transfers"),
        coordinators=coordinators,
        periods=[p for fact in ENDING_FACTS for p in periods_of(facts, fact, on)],
    )


def fact_rows_on(facts: list[Row], name: str, day: date) -> tuple[list[Row], list[Row]]:
    """The dated rows in force on the day that share the latest since_on, and the undated rows in force on the day."""
    in_force = [
        f
        for f in facts
        if f["fact"] == name
        and (f.get("since_on") is None or f["since_on"] <= day)
        and (f.get("until_on") is None or day <= f["until_on"])
    ]
    dated = [f for f in in_force if f.get("since_on") is not None]
    latest = [f for f in dated if f["since_on"] == max(g["since_on"] for g in dated)]
    return latest, [f for f in in_force if f.get("since_on") is None]


def fact_on(facts: list[Row], name: str, day: date) -> str | None:
    """The value of a fact on a day; None where nothing is recorded, or two rows of one day contradict each other."""
    dated, undated = fact_rows_on(facts, name, day)
    values = {str(f["value"]) for f in (dated or undated)}
    return values.pop() if len(values) == 1 else None


def interval_on(seen: Seen, name: str, day: date) -> str | None:
    """The review or visit interval agreed on a day.

    A dated fact beats the column of cin_cases. Where two dated ones contradict each other the column counts. The column
    and an undated fact both mean always: the column counts.
    """
    dated, undated = fact_rows_on(seen.facts, name, day)
    column = seen.row.get(name)
    values = {parse_length(f["value"]): str(f["value"]) for f in dated}
    if len(values) == 1:
        return next(iter(values.values()))
    if column is not None:
        return str(column)
    if values:
        return None
    values = {parse_length(f["value"]): str(f["value"]) for f in undated}
    return next(iter(values.values())) if len(values) == 1 else None


def date_fact_on(seen: Seen, name: str, day: date) -> date | None:
    """A fact whose value is a date."""
    value = fact_on(seen.facts, name, day)
    return None if value is None else date.fromisoformat(value[:10])


def periods_of(facts: list[Row], name: str, on: date) -> list[Period]:
    """Each run of days on which the fact is yes and which had begun by the business date, found by walking the days."""
    told = [f[c] for f in facts if f["fact"] == name for c in ("since_on", "until_on") if f.get(c) is not None]
    day = min([*told, on]) - ONE_DAY
    stop = max([*told, on]) + ONE_DAY
    runs: list[tuple[date | None, date | None]] = []
    first: date | None = None
    running = False
    if fact_on(facts, name, day) == "yes":
        running = True
    while day < stop:
        day += ONE_DAY
        yes = fact_on(facts, name, day) == "yes"
        if yes and not running:
            running, first = True, day
        elif running and not yes:
            runs.append((first, day - ONE_DAY))
            running, first = False, None
    if running:
        runs.append((first, None))
    return [Period(first=f, last=la) for f, la in runs if f is None or f <= on]


def in_a_period(seen: Seen, day: date) -> bool:
    """Whether the child is on a child protection plan or looked after that day, the first and last day included."""
    return any((p.first is None or p.first <= day) and (p.last is None or day <= p.last) for p in seen.periods)


def held(seen: Seen, *kinds: str) -> list[Row]:
    """The meetings held by the business date, of these kinds."""
    meetings = [m for m in seen.meetings if m.get("held_on") is not None and m["kind"] in kinds]
    return sorted(meetings, key=lambda m: (m["held_on"], m["meeting_ref"]))


def booked(seen: Seen) -> list[Row]:
    """The meetings that stand in the diary: not cancelled, and not booked only after the business date."""
    return [
        m for m in seen.meetings if m.get("cancelled_on") is None and (m.get("booked_on") is None or m["booked_on"] <= seen.on)
    ]


def events(seen: Seen, *kinds: str) -> list[Row]:
    """The events that have happened, of these kinds."""
    return sorted((e for e in seen.events if e["kind"] in kinds), key=lambda e: (e["happened_on"], e["event_ref"]))


def event_days(seen: Seen, *kinds: str, of_meeting: str | None = None) -> list[date]:
    """The days of these events; with a meeting, without those that name another meeting."""
    return [
        e["happened_on"]
        for e in events(seen, *kinds)
        if of_meeting is None or e.get("meeting_ref") is None or e["meeting_ref"] == of_meeting
    ]


def first_from(days: list[date], start: date | None) -> date | None:
    """The first of these days on the start day or later."""
    return min((d for d in days if start is None or d >= start), default=None)


def first_after(days: list[date], start: date) -> date | None:
    """The first of these days on a later day than the start."""
    return min((d for d in days if d > start), default=None)
