"""The duties of the PSW brief of 2020, row by row."""

from __future__ import annotations

from datetime import date, timedelta

from .duties_everywhere import (
    ANY_MEETING,
    PROMPT,
    PROMPT_AT_ONCE,
    Obligation,
    action,
    after_the_event,
    after_the_meeting,
    harm_response,
    has_an_overdue_action,
    initial_meeting,
    invitations,
    obligation,
    of_the_meeting,
    review,
    visit,
)
from .duties_records import Seen, date_fact_on, event_days, events, first_from, held


# From the assessment completed: any meeting held within 5 days, read as calendar days.
def psw_initial_meeting(seen: Seen) -> list[Obligation]:
    evidence = [m["held_on"] for m in held(seen, *ANY_MEETING)]
    return initial_meeting(seen, "assessment_completed", "5 calendar days", "procedure", evidence)


# From the last initial or review meeting: the next within 8 weeks, or sooner if agreed. No exception is written.
def psw_review(seen: Seen) -> list[Obligation]:
    return review(seen, "review", ("initial", "review"), "8 weeks", longer_if_exceptional=False)


# From each meeting held, of whatever kind: its minutes shared within 20 working days.
def psw_record_shared(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "record_shared", held(seen, *ANY_MEETING), "record_shared_on", "20 working days", "procedure")


# From the initial meeting: the plan shared. No figure.
def psw_plan_shared(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "plan_shared", held(seen, "initial"), "plan_shared_on", PROMPT, "council")


# From each review: the updated plan shared. No figure.
def psw_plan_updated(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "plan_updated", held(seen, "review"), "plan_shared_on", PROMPT, "council")


# From a review on whose day an action stood overdue: a threshold discussion, one a review however many actions. No figure.
def psw_threshold_discussion(seen: Seen) -> list[Obligation]:
    if "cin_actions" not in seen.council:
        return []
    meetings = [m for m in held(seen, "review") if has_an_overdue_action(seen, m["held_on"])]
    return after_the_meeting(seen, "threshold_discussion", meetings, ("threshold_discussion_held",))


# From consent refused or withdrawn: next steps decided and recorded, the next working day. A consent fact's first day counts as
# the event; with an event of the same kind on that day they are one.
def psw_consent_decision(seen: Seen) -> list[Obligation]:
    decided = event_days(seen, "next_steps_decision_recorded")
    starts = [(e["happened_on"], e["kind"], e["event_ref"]) for e in events(seen, "consent_refused", "consent_withdrawn")]
    for fact in seen.facts:
        if fact["fact"] == "consent" and fact["value"] in ("refused", "withdrawn") and fact.get("since_on") is not None:
            told: tuple[date, str] = (fact["since_on"], f"consent_{fact['value']}")
            if told not in [(day, kind) for day, kind, _ in starts]:
                starts.append((*told, seen.case_ref))
    found = []
    for start, _, ref in sorted(starts):
        found += obligation(
            seen,
            "consent_decision",
            start=start,
            due_on=seen.days.after(start, PROMPT_AT_ONCE),
            met_on=first_from(decided, start),
            figure="council",
            ref=ref,
        )
    return found


# From a step-down from child protection: a date set for the planning meeting. No figure.
def psw_step_down_date(seen: Seen) -> list[Obligation]:
    return after_the_event(seen, "step_down_date", ("stepped_down_from_cp",), ("planning_meeting_date_set",), PROMPT)


# From a step-down from child protection: the initial meeting held by the planning date.
def psw_planning_meeting(seen: Seen) -> list[Obligation]:
    planned = date_fact_on(seen, "planning_meeting_on", seen.on)
    found = []
    for event in events(seen, "stepped_down_from_cp"):
        start = event["happened_on"]
        found += obligation(
            seen,
            "planning_meeting",
            start=start,
            due_on=planned,
            met_on=first_from([m["held_on"] for m in held(seen, "initial")], start),
            figure="procedure",
            ref=event["event_ref"],
            missing=["planning_meeting_on"] if planned is None else [],
        )
    return found


# From the closing of the case, due that day: the latest review or closing meeting of that day or of the 56 days before.
def psw_final_review(seen: Seen) -> list[Obligation]:
    closed_on = seen.closed_on
    if closed_on is None:
        return []
    looked_back = [
        m["held_on"] for m in held(seen, "review", "closing") if closed_on - timedelta(days=56) <= m["held_on"] <= closed_on
    ]
    return obligation(
        seen,
        "final_review",
        start=closed_on,
        due_on=closed_on,
        met_on=max(looked_back, default=None),
        figure="procedure",
        ref=seen.case_ref,
    )


def duties(seen: Seen) -> list[Obligation]:
    """Every obligation of one case under the PSW brief of 2020."""
    return (
        psw_initial_meeting(seen)
        + psw_review(seen)
        + psw_record_shared(seen)
        + psw_plan_shared(seen)
        + psw_plan_updated(seen)
        + visit(seen, "visit")
        + action(seen)
        + psw_threshold_discussion(seen)
        + psw_consent_decision(seen)
        + psw_step_down_date(seen)
        + psw_planning_meeting(seen)
        + invitations(seen)
        + psw_final_review(seen)
        + harm_response(seen)
    )
