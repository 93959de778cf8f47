"""Salford's duties, row by row."""

from __future__ import annotations

from datetime import date

from .duties_everywhere import (
    ANY_MEETING,
    PROMPT,
    Obligation,
    action,
    after_the_meeting,
    closure_decision,
    early_review,
    every_completion,
    harm_response,
    initial_meeting,
    invitations,
    met_in_time_to_count,
    obligation,
    of_the_meeting,
    reading_day,
    review,
    visit,
    worth_naming,
)
from .duties_records import Seen, date_fact_on, event_days, events, fact_on, first_from, held


# From the day a plan was agreed to be needed: an initial meeting. No figure.
def salford_initial_meeting(seen: Seen) -> list[Obligation]:
    return initial_meeting(seen, "plan_agreed", PROMPT, "council", [m["held_on"] for m in held(seen, "initial")])


# From the last initial or review meeting: the next within 3 months; sooner if agreed; as agreed in exceptional circumstances.
def salford_review(seen: Seen) -> list[Obligation]:
    return review(seen, "review", ("initial", "review"), "3 months", longer_if_exceptional=True)


# The first day, from the start, on which the case had a coordinator: by an event (before the start counts as the start), or by
# the case's own role if that had not ended before the start (from before the start, or from a day not recorded: the start).
def coordinator_from(seen: Seen, start: date) -> date | None:
    days = [max(start, day) for day in event_days(seen, "coordinator_allocated")]
    for role in seen.coordinators:
        if role.get("until_on") is None or role["until_on"] >= start:
            days.append(start if role.get("from_on") is None else max(start, role["from_on"]))
    return min(days, default=None)


# From criteria met, a step-down or a supervision order: a coordinator allocated. No figure.
def salford_coordinator_for_complexity(seen: Seen) -> list[Obligation]:
    found = []
    for event in events(seen, "coordinator_criteria_met", "stepped_down_from_cp", "supervision_order_made"):
        start = event["happened_on"]
        found += obligation(
            seen,
            "coordinator_for_complexity",
            start=start,
            due_on=seen.days.after(start, PROMPT),
            met_on=coordinator_from(seen, start),
            figure="council",
            ref=event["event_ref"],
        )
    return found


# From the day a plan was agreed to be needed: a coordinator allocated within 6 months.
def salford_coordinator_after_six_months(seen: Seen) -> list[Obligation]:
    found = []
    for event in events(seen, "plan_agreed"):
        start = event["happened_on"]
        found += obligation(
            seen,
            "coordinator_after_six_months",
            start=start,
            due_on=seen.days.after(start, "6 months"),
            met_on=coordinator_from(seen, start),
            figure="procedure",
            ref=event["event_ref"],
        )
    return found


# From the day a plan was agreed to be needed: at 12 months, a consultation on going on, or a decision on next steps, recorded.
# Not where the plan says that support is long-term, nor where the package is not complex.
def salford_twelve_month_consultation(seen: Seen) -> list[Obligation]:
    duty = "twelve_month_consultation"
    found = []
    for event in events(seen, "plan_agreed"):
        start = event["happened_on"]
        due_on = seen.days.after(start, "12 months")
        met_on = first_from(event_days(seen, "extension_consultation_recorded", "next_steps_decision_recorded"), start)
        read_on = reading_day(seen, due_on, met_in_time_to_count(seen, duty, start, due_on, met_on))
        known = {name: fact_on(seen.facts, name, read_on) for name in ("long_term_support", "complex")}

        def applies(facts: dict[str, str]) -> bool:
            return not (facts["long_term_support"] == "yes" or facts["complex"] == "no")

        if any(applies(facts) for facts in every_completion(known)):
            found += obligation(
                seen,
                duty,
                start=start,
                due_on=due_on,
                met_on=met_on,
                figure="procedure",
                ref=event["event_ref"],
                missing=worth_naming(known, applies),
            )
    return found


# From a supervision order made: a decision whether to renew recorded by the day the order ends.
def salford_supervision_order_decision(seen: Seen) -> list[Obligation]:
    ends = date_fact_on(seen, "supervision_order_ends", seen.on)
    found = []
    for event in events(seen, "supervision_order_made"):
        start = event["happened_on"]
        found += obligation(
            seen,
            "supervision_order_decision",
            start=start,
            due_on=ends,
            met_on=first_from(event_days(seen, "renewal_decision_recorded"), start),
            figure="procedure",
            ref=event["event_ref"],
            missing=["supervision_order_ends"] if ends is None else [],
        )
    return found


# From each meeting held, of whatever kind: its record shared. No figure.
def salford_record_shared(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "record_shared", held(seen, *ANY_MEETING), "record_shared_on", PROMPT, "council")


# From the day a meeting's record was shared (not before the meeting was held): the parents' agreement recorded. No figure.
def salford_parents_agreement(seen: Seen) -> list[Obligation]:
    found = []
    for meeting in held(seen, *ANY_MEETING):
        start = meeting.get("record_shared_on")
        if start is None or start < meeting["held_on"]:
            continue
        found += obligation(
            seen,
            "parents_agreement",
            start=start,
            due_on=seen.days.after(start, PROMPT),
            met_on=first_from(event_days(seen, "parents_agreement_recorded", of_meeting=meeting["meeting_ref"]), start),
            figure="council",
            ref=meeting["meeting_ref"],
        )
    return found


# From each meeting held, of whatever kind: the plan shared. No figure.
def salford_plan_shared(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "plan_shared", held(seen, *ANY_MEETING), "plan_shared_on", PROMPT, "council")


# From each review: its outcome recorded. No figure.
def salford_outcome_recorded(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "outcome_recorded", held(seen, "review"), "outcome_recorded_on", PROMPT, "council")


# From a review that asks for an assessment: the reassessment started. No figure.
def salford_reassessment(seen: Seen) -> list[Obligation]:
    meetings = [m for m in held(seen, "review") if m.get("outcome") == "assess"]
    return after_the_meeting(seen, "reassessment", meetings, ("reassessment_started",))


def duties(seen: Seen) -> list[Obligation]:
    """Every obligation of one case under Salford's procedure."""
    return (
        salford_initial_meeting(seen)
        + salford_review(seen)
        + salford_coordinator_for_complexity(seen)
        + salford_coordinator_after_six_months(seen)
        + salford_twelve_month_consultation(seen)
        + salford_supervision_order_decision(seen)
        + invitations(seen)
        + salford_record_shared(seen)
        + salford_parents_agreement(seen)
        + salford_plan_shared(seen)
        + early_review(seen)
        + salford_outcome_recorded(seen)
        + salford_reassessment(seen)
        + closure_decision(seen)
        + action(seen)
        + visit(seen, "visit")
        + harm_response(seen)
    )
