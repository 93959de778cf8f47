"""Cumbria's duties, row by row."""

from __future__ import annotations

from .duties_everywhere import (
    ANY_MEETING,
    PROMPT,
    Obligation,
    action,
    after_the_meeting,
    closure_decision,
    early_review,
    harm_response,
    initial_meeting,
    invitations,
    of_the_meeting,
    review,
    visit,
)
from .duties_records import Seen, held


# From the day a plan was agreed to be needed: an initial meeting within 15 working days.
def cumbria_initial_meeting(seen: Seen) -> list[Obligation]:
    evidence = [m["held_on"] for m in held(seen, "initial")]
    return initial_meeting(seen, "plan_agreed", "15 working days", "procedure", evidence)


# From each meeting held, of whatever kind: its record shared within 10 working days.
def cumbria_record_shared(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "record_shared", held(seen, *ANY_MEETING), "record_shared_on", "10 working days", "procedure")


# From an initial meeting, and from a review that amends the plan: the plan shared. No figure.
def cumbria_plan_shared(seen: Seen) -> list[Obligation]:
    meetings = [m for m in held(seen, "initial", "review") if m["kind"] == "initial" or m.get("outcome") == "amend"]
    return of_the_meeting(seen, "plan_shared", meetings, "plan_shared_on", PROMPT, "council")


# From the last initial or review meeting: the next within 8 weeks; sooner if agreed; as agreed in exceptional circumstances.
def cumbria_review(seen: Seen) -> list[Obligation]:
    return review(seen, "review", ("initial", "review"), "8 weeks", longer_if_exceptional=True)


# From each initial meeting and each review: management oversight recorded. No figure.
def cumbria_oversight(seen: Seen) -> list[Obligation]:
    return after_the_meeting(seen, "oversight", held(seen, "initial", "review"), ("oversight_recorded",))


# From each review: its outcome recorded. No figure.
def cumbria_outcome_recorded(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "outcome_recorded", held(seen, "review"), "outcome_recorded_on", PROMPT, "council")


def duties(seen: Seen) -> list[Obligation]:
    """Every obligation of one case under Cumbria's procedure."""
    return (
        cumbria_initial_meeting(seen)
        + cumbria_record_shared(seen)
        + cumbria_plan_shared(seen)
        + cumbria_review(seen)
        + early_review(seen)
        + cumbria_oversight(seen)
        + cumbria_outcome_recorded(seen)
        + closure_decision(seen)
        + invitations(seen)
        + action(seen)
        + visit(seen, "visit")
        + harm_response(seen)
    )
