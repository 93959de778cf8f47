"""The duties of specialist children's services, row by row."""

from __future__ import annotations

from .duties_everywhere import (
    ANY_MEETING,
    PROMPT,
    Obligation,
    action,
    early_review,
    harm_response,
    initial_meeting,
    met_in_time_to_count,
    obligation,
    of_the_meeting,
    reading_day,
    review,
)
from .duties_records import Seen, booked, event_days, fact_on, first_from, held


# From the day a plan was agreed to be needed: an initial meeting. No figure.
def specialist_initial_meeting(seen: Seen) -> list[Obligation]:
    return initial_meeting(seen, "plan_agreed", PROMPT, "council", [m["held_on"] for m in held(seen, "initial")])


# From each meeting held, of whatever kind: the plan shared within 10 days, read as calendar days.
def specialist_plan_shared(seen: Seen) -> list[Obligation]:
    return of_the_meeting(seen, "plan_shared", held(seen, *ANY_MEETING), "plan_shared_on", "10 calendar days", "procedure")


# From the initial meeting: the first review within 3 months, or sooner if agreed.
def specialist_first_review(seen: Seen) -> list[Obligation]:
    return review(seen, "first_review", ("initial",), "3 months", longer_if_exceptional=False, name_if_high_support=True)


# From the last review: the next within 6 months, or sooner if agreed.
def specialist_further_review(seen: Seen) -> list[Obligation]:
    return review(seen, "further_review", ("review",), "6 months", longer_if_exceptional=False, name_if_high_support=True)


# From a meeting booked: the assessment shared by the working day before it, unless the parents do not agree to that. No figure.
def specialist_assessment_seen(seen: Seen) -> list[Obligation]:
    duty = "assessment_seen"
    found = []
    for meeting in booked(seen):
        start = meeting.get("booked_on")
        due_on = seen.days.working_day_before(meeting["scheduled_at"].date())
        met_on = first_from(event_days(seen, "assessment_shared", of_meeting=meeting["meeting_ref"]), start)
        read_on = reading_day(seen, due_on, met_in_time_to_count(seen, duty, start, due_on, met_on))
        agreed = fact_on(seen.facts, "assessment_sharing_agreed", read_on)
        if agreed != "no":
            found += obligation(
                seen,
                duty,
                start=start,
                due_on=due_on,
                met_on=met_on,
                figure="council",
                ref=meeting["meeting_ref"],
                missing=["assessment_sharing_agreed"] if agreed is None else [],
            )
    return found


# From harm identified: a strategy discussion, or a decision for a higher level of intervention.
def specialist_harm_response(seen: Seen) -> list[Obligation]:
    return harm_response(seen, ("strategy_discussion_held", "next_steps_decision_recorded"))


def duties(seen: Seen) -> list[Obligation]:
    """Every obligation of one case under the procedure of specialist children's services."""
    return (
        specialist_initial_meeting(seen)
        + specialist_plan_shared(seen)
        + specialist_first_review(seen)
        + specialist_further_review(seen)
        + early_review(seen)
        + specialist_assessment_seen(seen)
        + action(seen)
        + specialist_harm_response(seen)
    )
