"""The stories that need somebody today: what is late, what was late, and what nobody recorded."""

from __future__ import annotations

from datetime import date
from typing import Any

from cin_reminders.sample.council import Council
from cin_reminders.sample.families import a_household
from cin_reminders.sample.meetings import book_meeting
from cin_reminders.sample.plans import Plan
from cin_reminders.sample.stories import (
    a_day_for_the_next,
    a_new_plan,
    a_running_plan,
    held_with_time_left,
    how_many_reviews,
    length_after,
)
from cin_reminders.sample.work import agree_action, record_visit

OVERDUE_BY = (1, 3, 7, 12, 30)  # working days: one for each step of the ladder, and one long past it


def an_overdue_review(council: Council, children: int) -> None:
    """The review's limit has passed by 1, 3, 7, 12 or 30 working days."""
    late_by = OVERDUE_BY[council.turn("overdue review") % len(OVERDUE_BY)]
    reviews = how_many_reviews(council)
    due_on = council.diary.before(council.on, late_by)
    last = council.diary.latest_start(length_after(council, reviews), due_on)
    plan = a_running_plan(council, a_household(council, children=children), last, reviews=reviews)
    if late_by <= 3:
        book_meeting(plan, council.diary.after(council.on, 4))


def a_new_plan_past_its_limit(council: Council, children: int) -> None:
    """No first meeting is recorded, and its limit has passed."""
    a_new_plan(council, children, due_in=-(3, 8)[council.turn("past the limit") % 2], booked=False)


def a_review_that_was_late(council: Council, children: int) -> None:
    """One review in the plan's history was held late; nothing is late now."""
    reviews = council.rng.randint(1, council.practice.most_reviews)
    length = length_after(council, reviews)
    last = held_with_time_left(council, length)
    late = {council.rng.randint(1, reviews): council.rng.randint(1, 9)}
    next_on = a_day_for_the_next(council, last, length)
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, late=late, next_on=next_on)


def a_record_shared_late(council: Council, children: int) -> None:
    """A meeting's record reached everyone after its limit."""
    _a_plan_with_time_left(council, children, reviews=2, shared={-2: 23})


def a_record_not_shared(council: Council, children: int) -> None:
    """The latest meeting's record has reached nobody, and its limit has passed."""
    reviews = council.rng.randint(0, 3)
    length = length_after(council, reviews)
    held_on = council.diary.before(council.on, 22 + council.rng.randrange(4))
    next_on = a_day_for_the_next(council, held_on, length)
    household = a_household(council, children=children)
    a_running_plan(council, household, held_on, reviews=reviews, next_on=next_on, shared={-1: None})


def a_meeting_nobody_recorded(council: Council, children: int) -> None:
    """A meeting's day has passed, and the records say neither that it was held nor that it was cancelled."""
    reviews = how_many_reviews(council)
    last = held_with_time_left(council, length_after(council, reviews), least=2, most=6)
    scheduled_on = council.diary.before(council.on, council.rng.randint(1, 4))
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, next_on=scheduled_on)


def a_review_booked_too_late(council: Council, children: int) -> None:
    """The review is booked for a day after its limit: a breach foreseen."""
    reviews = how_many_reviews(council)
    last = held_with_time_left(council, length_after(council, reviews), least=4, most=7)
    too_late = council.diary.after(council.on, 12)
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, next_on=too_late)


def a_meeting_recorded_late(council: Council, children: int) -> None:
    """A review was held in time and recorded long afterwards: late recording, not late practice."""
    plan = _a_plan_with_time_left(council, children, reviews=2)
    for row in plan.meetings[1]:
        row["recorded_on"] = council.diary.after(plan.held[1], 12 + council.rng.randrange(6))


def an_overdue_visit(council: Council, children: int) -> None:
    """The children were last visited longer ago than the plan says."""
    last_visit_on = _too_long_ago(council)
    _a_plan_with_time_left(council, children, reviews=1, visit_interval="4 weeks", last_visit_on=last_visit_on)


def a_child_not_seen(council: Council, children: int) -> None:
    """Somebody called, and the child was not seen: the visit is still to be made."""
    last_visit_on = _too_long_ago(council)
    plan = _a_plan_with_time_left(council, children, reviews=1, visit_interval="4 weeks", last_visit_on=last_visit_on)
    for days_ago in (4, 1):
        record_visit(plan, council.diary.before(council.on, days_ago), child_seen="no")


def an_overdue_action(council: Council, children: int) -> None:
    """Something agreed at the last meeting was to be done by now."""
    diary = council.diary
    plan = _a_plan_with_time_left(council, children, reviews=1)
    turn = council.turn("overdue action")
    due_on = max(plan.held[-1], diary.before(council.on, 1 + 3 * (turn % 5)))
    owner_ref = council.rng.choice([plan.household.lead_ref, *plan.household.parents])
    if turn % 3 == 1:
        # A school or a health service is told of no duty: the lead practitioner hears in its place.
        owner_ref = next(ref for ref, capacity in plan.household.others if capacity in ("education", "health"))
    agree_action(plan, plan.held[-1], due_on, owner_ref=owner_ref)


def a_plan_that_drifted(council: Council, children: int) -> None:
    """A review found an action overdue, and the threshold was talked about; the action has been done since."""
    diary = council.diary
    plan = _a_plan_with_time_left(council, children, reviews=2)
    before, review = plan.held[-2:]
    done_on = min(council.on, diary.after(review, 4))
    agree_action(plan, before, diary.before(review, 6), completed_on=done_on)
    plan.event("threshold_discussion_held", diary.after(review, 2))


def consent_withdrawn(council: Council, children: int, *, decided: bool = True) -> None:
    """The family no longer agrees to a plan, and a manager decides what follows."""
    plan = _a_plan_with_time_left(council, children, reviews=1)
    day = council.diary.before(council.on, 9 if decided else 4)
    if decided:
        plan.event(council.rng.choice(("consent_withdrawn", "consent_refused")), day)
        plan.event("next_steps_decision_recorded", council.diary.after(day, 1))
    else:
        plan.fact("consent", "withdrawn", day)


def consent_withdrawn_and_undecided(council: Council, children: int) -> None:
    """Nobody has recorded what follows from a consent withdrawn four working days ago."""
    consent_withdrawn(council, children, decided=False)


def harm_was_identified(council: Council, children: int) -> None:
    """Somebody saw harm; the strategy discussion was held by the next working day."""
    if council.turn("harm") % 2:
        plan = _a_plan_with_time_left(council, children, reviews=2, outcomes={-1: "harm"})
        day = plan.held[-1]
    else:
        plan = _a_plan_with_time_left(council, children, reviews=1)
        day = council.diary.before(council.on, 25)
        plan.event("harm_identified", day)
    plan.event("strategy_discussion_held", council.diary.after(day, 1))


def harm_identified_today(council: Council, children: int) -> None:
    """Somebody saw harm today: the managers hear at once."""
    _a_plan_with_time_left(council, children, reviews=1).event("harm_identified", council.on)


def a_significant_change(council: Council, children: int) -> None:
    """Something changed, and the review was brought forward."""
    plan = _a_plan_with_time_left(council, children, reviews=2)
    plan.event("significant_change", council.diary.before(plan.held[-1], 3))


def a_significant_change_just_now(council: Council, children: int) -> None:
    """Something changed two days ago; the early review is still to come."""
    _a_plan_with_time_left(council, children, reviews=1).event("significant_change", council.diary.before(council.on, 2))


def a_significant_change_unanswered(council: Council, children: int) -> None:
    """Something changed two weeks ago, and no review has been recorded since."""
    length = length_after(council, 1)
    last = council.diary.before(council.on, 14)
    next_on = a_day_for_the_next(council, last, length)
    plan = a_running_plan(council, a_household(council, children=children), last, reviews=1, next_on=next_on)
    plan.event("significant_change", council.diary.before(council.on, 10))


def seven_months_without_a_coordinator(council: Council, children: int) -> None:
    """A plan has run for seven months, and no coordinator is allocated."""
    last = council.diary.before(council.on, 22)
    a_running_plan(council, a_household(council, children=children), last, reviews=2, coordinator=False)


def a_year_without_a_consultation(council: Council, children: int) -> None:
    """A plan has run for more than a year, and nobody was consulted about going on."""
    household = a_household(council, children=children)
    last = council.diary.before(council.on, 15)
    known = {"complex": "yes", "long_term_support": "no"}
    a_running_plan(council, household, last, reviews=5, consultation=False, known=known)


def a_complex_family_without_a_coordinator(council: Council, children: int) -> None:
    """An assessment recommended a coordinator three days ago; none is allocated yet."""
    last = council.diary.before(council.on, 20)
    household = a_household(council, children=children)
    plan = a_running_plan(council, household, last, reviews=0, coordinator=False, known={"complex": "yes"})
    plan.event("coordinator_criteria_met", council.diary.before(council.on, 3))


def _too_long_ago(council: Council) -> date:
    """The day of a last visit after which one every four weeks fell due 2 to 14 working days ago."""
    due_on = council.diary.before(council.on, (2, 4, 8, 14)[council.turn("missed visit") % 4])
    return council.diary.latest_start("4 weeks", due_on)


def _a_plan_with_time_left(council: Council, children: int, *, reviews: int, **telling: Any) -> Plan:
    """A plan whose next review is weeks away and booked, so that its trouble stands alone."""
    length = length_after(council, reviews)
    last = held_with_time_left(council, length)
    next_on = a_day_for_the_next(council, last, length)
    return a_running_plan(council, a_household(council, children=children), last, reviews=reviews, next_on=next_on, **telling)
