"""What all five procedures share: how a duty starts, is met and ends, and the duties written in several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import product
from typing import Any

from .duties_days import ONE_DAY
from .duties_records import (
    Row,
    Seen,
    booked,
    event_days,
    events,
    fact_on,
    first_after,
    first_from,
    held,
    in_a_period,
    interval_on,
    look_at,
)

Obligation = dict[str, Any]
ANY_MEETING = ("initial", "review", "closing")
PROMPT = "5 working days"
PROMPT_AT_ONCE = "1 working day"


def outlives_closing(duty: str) -> bool:
    """The duties that go on after the case has closed."""
    return duty.startswith("transfer_out_") or duty in (
        "record_shared",
        "plan_shared",
        "plan_updated",
        "plan_copies",
        "outcome_recorded",
        "parents_agreement",
        "transfer_dispute",
        "final_review",
    )


def may_start(seen: Seen, duty: str, start: date) -> bool:
    """Nothing starts on a child protection plan or while looked after, nor after closing except what outlives it."""
    if start > seen.on or in_a_period(seen, start):
        return False
    return seen.closed_on is None or start <= seen.closed_on or outlives_closing(duty)


def end_of(seen: Seen, duty: str, start: date | None, due_on: date | None) -> date | None:
    """The day the duty ended, if it had ended by the business date."""
    ends: list[date] = []
    if seen.closed_on is not None and not outlives_closing(duty):
        ends.append(seen.closed_on)
    for period in seen.periods:
        if start is not None:
            if period.first is not None and period.first >= start:
                ends.append(period.first)
        elif due_on is not None and (period.last is None or period.last >= due_on):
            ends.append(due_on if period.first is None else period.first)
    return min((e for e in ends if e <= seen.on), default=None)


def met_in_time_to_count(seen: Seen, duty: str, start: date | None, due_on: date | None, met_on: date | None) -> date | None:
    """The day it was met, unless the duty had ended before that day."""
    ended_on = end_of(seen, duty, start, due_on)
    return None if met_on is not None and ended_on is not None and met_on > ended_on else met_on


def obligation(
    seen: Seen,
    duty: str,
    *,
    start: date | None,
    due_on: date | None,
    met_on: date | None,
    figure: str,
    ref: str,
    missing: Iterable[str] = (),
) -> list[Obligation]:
    """One obligation in a list, or an empty list where nothing could start that day."""
    if start is not None and not may_start(seen, duty, start):
        return []
    ended_on = end_of(seen, duty, start, due_on)
    met_on = met_in_time_to_count(seen, duty, start, due_on, met_on)
    if met_on is not None:
        standing = "met" if due_on is None or met_on <= due_on else "met_late"
        ended_on = None
    elif ended_on is not None:
        standing = "ended"
    elif due_on is None:
        standing = "unknown"
    else:
        standing = "overdue" if seen.on > due_on else "upcoming"
    late = 0 if due_on is None else seen.days.working_days_in(due_on, met_on or ended_on or seen.on)
    return [
        {
            "case_ref": seen.case_ref,
            "policy": seen.policy,
            "duty": duty,
            "started_on": start,
            "due_on": due_on,
            "book_by": seen.days.book_by(due_on),
            "standing": standing,
            "met_on": met_on,
            "ended_on": ended_on,
            "working_days_late": late,
            "missing": sorted(set(missing)),
            "figure": figure,
            "start_ref": ref,
        }
    ]


def reading_day(seen: Seen, limit_on: date | None, met_on: date | None) -> date:
    """Facts are read on the earliest of: the ordinary limit day, the day before the duty was met, the business date."""
    days = [seen.on]
    if limit_on is not None:
        days.append(limit_on)
    if met_on is not None:
        days.append(met_on - ONE_DAY)
    return min(days)


def worth_naming(known: dict[str, str | None], outcome: Callable[[dict[str, str]], object]) -> list[str]:
    """The unknown facts (yes or no) whose value could make a difference, whatever the other unknown ones are: by trying all."""
    unknown = [name for name, value in known.items() if value is None]
    named = set()
    for values in product(("yes", "no"), repeat=len(unknown)):
        tried = {name: value for name, value in known.items() if value is not None} | dict(zip(unknown, values, strict=True))
        for name in unknown:
            if outcome(tried | {name: "yes"}) != outcome(tried | {name: "no"}):
                named.add(name)
    return sorted(named)


def every_completion(known: dict[str, str | None]) -> list[dict[str, str]]:
    """Each way in which the unknown facts (yes or no) could be filled in."""
    unknown = [name for name, value in known.items() if value is None]
    return [
        {name: value for name, value in known.items() if value is not None} | dict(zip(unknown, values, strict=True))
        for values in product(("yes", "no"), repeat=len(unknown))
    ]


# initial_meeting. A meeting held (or, in Norfolk, booked) on the start day or later meets it. So does an initial meeting held
# before the start and after the previous start, the earliest if several: the plan was agreed there.
def initial_meeting(seen: Seen, start_kind: str, length: str, figure: str, later_evidence: list[date]) -> list[Obligation]:
    found = []
    starting = [e for e in events(seen, start_kind) if may_start(seen, "initial_meeting", e["happened_on"])]
    for event in starting:
        start = event["happened_on"]
        previous = max((e["happened_on"] for e in starting if e["happened_on"] < start), default=None)
        before = [
            m["held_on"] for m in held(seen, "initial") if m["held_on"] < start and (previous is None or m["held_on"] > previous)
        ]
        found += obligation(
            seen,
            "initial_meeting",
            start=start,
            due_on=seen.days.after(start, length),
            met_on=min(before) if before else first_from(later_evidence, start),
            figure=figure,
            ref=event["event_ref"],
        )
    return found


# review, first_review, further_review: from each meeting of these kinds, to the next meeting of any kind on a later day.
def review(
    seen: Seen,
    duty: str,
    kinds: tuple[str, ...],
    ordinary: str,
    *,
    longer_if_exceptional: bool,
    name_if_high_support: bool = False,
) -> list[Obligation]:
    found = []
    for meeting in held(seen, *kinds):
        start = meeting["held_on"]
        limit_on = seen.days.after(start, ordinary)
        assert limit_on is not None
        met_on = first_after([m["held_on"] for m in held(seen, *ANY_MEETING)], start)
        read_on = reading_day(seen, limit_on, met_in_time_to_count(seen, duty, start, limit_on, met_on))
        agreed = interval_on(seen, "review_interval", read_on)
        agreed_on = None if agreed is None else seen.days.after(start, agreed)
        known = {"exceptional_circumstances": fact_on(seen.facts, "exceptional_circumstances", read_on)}
        if not longer_if_exceptional:
            known = {}

        def due(
            facts: dict[str, str],
            limit_on: date = limit_on,
            agreed: str | None = agreed,
            agreed_on: date | None = agreed_on,
        ) -> date | None:
            if agreed is None:
                return limit_on
            if facts.get("exceptional_circumstances") == "yes":
                return agreed_on
            return limit_on if agreed_on is None else min(limit_on, agreed_on)

        missing = worth_naming(known, due)
        if agreed is None and known.get("exceptional_circumstances") == "yes":
            missing.append("review_interval")
        if agreed is None and name_if_high_support and fact_on(seen.facts, "high_support", read_on) == "yes":
            missing.append("review_interval")
        found += obligation(
            seen,
            duty,
            start=start,
            due_on=earliest([due(facts) for facts in every_completion(known)]),
            met_on=met_on,
            figure="procedure",
            ref=meeting["meeting_ref"],
            missing=missing,
        )
    return found


def earliest(days: list[date | None]) -> date | None:
    """Where a fact is unknown the earlier date stands; None only where there is no date at all."""
    return min((d for d in days if d is not None), default=None)


# record_shared, plan_shared, plan_updated, plan_copies, outcome_recorded: from a meeting held, by that meeting's own column,
# if the date there is not before the meeting.
def of_the_meeting(seen: Seen, duty: str, meetings: list[Row], column: str, length: str, figure: str) -> list[Obligation]:
    found = []
    for meeting in meetings:
        start = meeting["held_on"]
        found += obligation(
            seen,
            duty,
            start=start,
            due_on=seen.days.after(start, length),
            met_on=first_from([d for d in [meeting.get(column)] if d is not None], start),
            figure=figure,
            ref=meeting["meeting_ref"],
        )
    return found


# oversight, plan_recorded, reassessment: from a meeting held, by an event of the case on that day or later; an event that names
# another meeting is about that other one.
def after_the_meeting(seen: Seen, duty: str, meetings: list[Row], met_by: tuple[str, ...]) -> list[Obligation]:
    found = []
    for meeting in meetings:
        start = meeting["held_on"]
        found += obligation(
            seen,
            duty,
            start=start,
            due_on=seen.days.after(start, PROMPT),
            met_on=first_from(event_days(seen, *met_by, of_meeting=meeting["meeting_ref"]), start),
            figure="council",
            ref=meeting["meeting_ref"],
        )
    return found


# A prompt from an event to another event of the case, on the same day or later.
def after_the_event(seen: Seen, duty: str, started_by: tuple[str, ...], met_by: tuple[str, ...], length: str) -> list[Obligation]:
    found = []
    for event in events(seen, *started_by):
        start = event["happened_on"]
        found += obligation(
            seen,
            duty,
            start=start,
            due_on=seen.days.after(start, length),
            met_on=first_from(event_days(seen, *met_by), start),
            figure="council",
            ref=event["event_ref"],
        )
    return found


# early_review: from a significant change, by a review meeting (not a closing one). It is a review: on a later day.
def early_review(seen: Seen) -> list[Obligation]:
    found = []
    for event in events(seen, "significant_change"):
        start = event["happened_on"]
        found += obligation(
            seen,
            "early_review",
            start=start,
            due_on=seen.days.after(start, PROMPT),
            met_on=first_after([m["held_on"] for m in held(seen, "review")], start),
            figure="council",
            ref=event["event_ref"],
        )
    return found


# closure_decision: from a review whose outcome is close, by the closing of the case, or by a later review.
def closure_decision(seen: Seen) -> list[Obligation]:
    found = []
    for meeting in held(seen, "review"):
        if meeting.get("outcome") != "close":
            continue
        start = meeting["held_on"]
        closed = [] if seen.closed_on is None else [seen.closed_on]
        later = first_after([m["held_on"] for m in held(seen, "review")], start)
        found += obligation(
            seen,
            "closure_decision",
            start=start,
            due_on=seen.days.after(start, PROMPT),
            met_on=earliest([first_from(closed, start), later]),
            figure="council",
            ref=meeting["meeting_ref"],
        )
    return found


# invitations: from a meeting booked, until every attendee has been invited: the day the last of them was. Where nobody is
# listed, nobody has been invited. With no booking day recorded there is no due date.
def invitations(seen: Seen) -> list[Obligation]:
    if "cin_attendees" not in seen.council:
        return []
    found = []
    for meeting in booked(seen):
        start = meeting.get("booked_on")
        invited = [a.get("invited_on") for a in seen.council["cin_attendees"] if a["meeting_ref"] == meeting["meeting_ref"]]
        days = [d for d in invited if d is not None and d <= seen.on]
        all_invited = [max(days)] if days and len(days) == len(invited) else []
        found += obligation(
            seen,
            "invitations",
            start=start,
            due_on=None if start is None else seen.days.after(start, PROMPT),
            met_on=first_from(all_invited, start),
            figure="council",
            ref=meeting["meeting_ref"],
            missing=["booked_on"] if start is None else [],
        )
    return found


# action: from the day it was agreed, by its own due date, until it is completed.
def action(seen: Seen) -> list[Obligation]:
    found = []
    for row in seen.actions:
        start = row.get("agreed_on")
        found += obligation(
            seen,
            "action",
            start=start,
            due_on=row.get("due_on"),
            met_on=first_from([d for d in [row.get("completed_on")] if d is not None], start),
            figure="procedure",
            ref=row["action_ref"],
            missing=["due_on"] if row.get("due_on") is None else [],
        )
    return found


# visit, monitoring_visit: from each plan agreed and from each visit after the first of them (with none, from each visit), to the
# next visit on a later day. One start a day. A visit on which the child was not seen is no visit.
def visit(seen: Seen, duty: str) -> list[Obligation]:
    if "cin_visits" not in seen.council:
        return []
    agreed = events(seen, "plan_agreed")
    starts: dict[date, str] = {}
    for event in agreed:
        starts.setdefault(event["happened_on"], event["event_ref"])
    for row in sorted(seen.visits, key=lambda v: (v["visited_on"], v["visit_ref"])):
        if not agreed or row["visited_on"] > agreed[0]["happened_on"]:
            starts.setdefault(row["visited_on"], row["visit_ref"])
    found = []
    for start, ref in sorted(starts.items()):
        interval = None
        day = start
        while interval is None and day <= seen.on:
            interval = interval_on(seen, "visit_interval", day)
            day += ONE_DAY
        found += obligation(
            seen,
            duty,
            start=start,
            due_on=None if interval is None else seen.days.after(start, interval),
            met_on=first_after([v["visited_on"] for v in seen.visits], start),
            figure="procedure",
            ref=ref,
            missing=["visit_interval"] if interval is None else [],
        )
    return found


# harm_response: one working day from harm identified, by an event or by a meeting's outcome; the two of one meeting are one
# start, on the earlier day. Met by a strategy discussion (one that names another meeting is about that other one).
def harm_response(seen: Seen, met_by: tuple[str, ...] = ("strategy_discussion_held",)) -> list[Obligation]:
    starts: list[tuple[date, str, str | None]] = []
    counted = set()
    for meeting in held(seen, *ANY_MEETING):
        if meeting.get("outcome") != "harm":
            continue
        told = [e for e in events(seen, "harm_identified") if e.get("meeting_ref") == meeting["meeting_ref"]]
        if told:
            counted.add(told[0]["event_ref"])
            starts.append((min(told[0]["happened_on"], meeting["held_on"]), told[0]["event_ref"], meeting["meeting_ref"]))
        else:
            starts.append((meeting["held_on"], meeting["meeting_ref"], meeting["meeting_ref"]))
    for event in events(seen, "harm_identified"):
        if event["event_ref"] not in counted:
            starts.append((event["happened_on"], event["event_ref"], event.get("meeting_ref")))
    found = []
    for start, ref, meeting_ref in starts:
        found += obligation(
            seen,
            "harm_response",
            start=start,
            due_on=seen.days.after(start, PROMPT_AT_ONCE),
            met_on=first_from(event_days(seen, *met_by, of_meeting=meeting_ref), start),
            figure="council",
            ref=ref,
        )
    return found


def has_an_overdue_action(seen: Seen, day: date) -> bool:
    """Whether some action of the case stood overdue on that day, seen from that day."""
    then = look_at(seen.council, seen.policy, seen.row, day, seen.days)
    return any(o["standing"] == "overdue" for o in action(then))
