"""The stories of children who come and go: plans that end, protection plans, care, and moves between authorities."""

from __future__ import annotations

from datetime import date, timedelta

from cin_reminders.sample.council import Council
from cin_reminders.sample.families import a_household
from cin_reminders.sample.meetings import hold_meetings, meeting_days, start_before
from cin_reminders.sample.plans import Plan, open_plan
from cin_reminders.sample.stories import (
    a_day_for_the_next,
    a_running_plan,
    held_with_time_left,
    how_many_reviews,
    length_after,
)
from cin_reminders.sample.work import visit

EVERYTHING = "assessment,plan,minutes,summary"
KEPT_FOR = 690  # calendar days: a little less than the 24 months for which the contract keeps closed cases


def a_closed_plan(council: Council, children: int) -> None:
    """The family needs no plan any more: a closing meeting, or a review that decided to close, and the case was closed."""
    rng, diary = council.rng, council.diary
    last = diary.before(council.on - timedelta(days=rng.randrange(8, KEPT_FOR)), 0)
    closing = council.chance(0.7)
    days = meeting_days(council, last, reviews=rng.randint(1, council.practice.most_reviews))
    plan = open_plan(
        council,
        a_household(council, children=children, youngest=4),
        start_before(council, days[0]),
        closed_on=diary.after(last, rng.randint(1, 4)),
    )
    hold_meetings(plan, days, closing=closing, outcomes={-1: "close"})
    visit(plan)


def a_plan_about_to_close(council: Council, children: int) -> None:
    """The review two days ago decided to close; the manager has still to do so."""
    held_on = council.diary.before(council.on, 2)
    a_running_plan(
        council, a_household(council, children=children), held_on, reviews=council.rng.randint(1, 3), outcomes={-1: "close"}
    )


def a_child_now_on_a_protection_plan(council: Council, children: int) -> None:
    """A conference made a child protection plan; the case stays open, and this service is silent about it."""
    _ended_by(council, children, "child_protection_plan")


def a_looked_after_child(council: Council, children: int) -> None:
    """The child has come into care; the case stays open, and this service is silent about it."""
    _ended_by(council, children, "looked_after")


def a_plan_after_a_protection_plan(council: Council, children: int) -> None:
    """A conference ended the child protection plan and decided on a Child in Need plan instead."""
    diary = council.diary
    reviews = council.rng.randint(0, 2)
    length = length_after(council, reviews)
    last = held_with_time_left(council, length)
    next_on = a_day_for_the_next(council, last, length)
    plan = a_running_plan(
        council,
        a_household(council, children=children, youngest=4),
        last,
        reviews=reviews,
        next_on=next_on,
        complex_case=True,
        start_events=("stepped_down_from_cp", "plan_agreed"),
    )
    began_on = plan.started_on - timedelta(days=council.rng.randrange(120, 400))
    # Nothing starts on a day of the protection plan, its last one included, so it ends the day before.
    plan.fact("child_protection_plan", "yes", began_on, plan.started_on - timedelta(days=1))
    plan.event("planning_meeting_date_set", diary.after(plan.started_on, 1))
    plan.fact("planning_meeting_on", plan.held[0].isoformat(), diary.after(plan.started_on, 1))


def a_child_who_moved_in(council: Council, children: int) -> None:
    """Another authority's plan came with the child, and the meeting was held in time."""
    reviews = council.rng.randint(0, 2)
    length = length_after(council, reviews)
    last = held_with_time_left(council, length)
    plan = a_running_plan(
        council, a_household(council, children=children), last, reviews=reviews, next_on=a_day_for_the_next(council, last, length)
    )
    _transfer_in(plan, min(council.diary.before(plan.held[0], 17), council.diary.before(plan.started_on, 1)))


def a_child_who_just_moved_in(council: Council, children: int, *, days_here: int = 13) -> None:
    """The child moved in lately, and the transfer meeting is still to come; nobody has agreed a plan here."""
    resident_on = council.diary.before(council.on, days_here)
    plan = open_plan(council, a_household(council, children=children), resident_on, start_events=())
    _transfer_in(plan, resident_on)
    visit(plan)


def a_move_in_without_a_meeting(council: Council, children: int) -> None:
    """The child moved in 24 working days ago, and no meeting is recorded."""
    a_child_who_just_moved_in(council, children, days_here=24)


def a_child_who_moves_out(council: Council, children: int) -> None:
    """The family moves to another authority, which was told all it must know and has accepted the case."""
    known_on = council.diary.before(council.on, 16)
    _transfer_out(_a_plan_of_somebody_who_moves(council, children), known_on, EVERYTHING, accepted=True)


def a_child_about_to_move_out(council: Council, children: int) -> None:
    """The move became known two days ago, and its papers are not sent yet."""
    plan = _a_plan_of_somebody_who_moves(council, children)
    for case_ref in plan.cases:
        council.add(
            "cin_transfers",
            transfer_ref=council.ref("T"),
            case_ref=case_ref,
            direction="out",
            known_on=council.diary.before(council.on, 2),
        )


def a_move_out_with_papers_missing(council: Council, children: int) -> None:
    """The other authority was told, and has had the assessment and the plan only."""
    known_on = council.diary.before(council.on, 11)
    _transfer_out(_a_plan_of_somebody_who_moves(council, children), known_on, "assessment,plan", accepted=True)


def a_disputed_move(council: Council, children: int) -> None:
    """The other authority does not accept the case; the service managers are talking."""
    diary, known_on = council.diary, council.diary.before(council.on, 10)
    plan = _a_plan_of_somebody_who_moves(council, children)
    for row in _transfer_out(plan, known_on, EVERYTHING, accepted=False):
        row["disputed_on"] = diary.before(council.on, 4)
        row["service_manager_told_on"] = diary.before(council.on, 3)


def _ended_by(council: Council, children: int, fact: str) -> None:
    diary = council.diary
    since_on = diary.before(council.on, council.rng.randint(6, 40))
    last = diary.before(since_on, council.rng.randint(6, 15))
    days = meeting_days(council, last, reviews=how_many_reviews(council))
    household = a_household(council, children=children)
    plan = open_plan(council, household, start_before(council, days[0]), until=since_on)
    hold_meetings(plan, days, next_on=diary.before(diary.limit(last, length_after(council, len(days) - 1)), 0))
    visit(plan)
    plan.fact(fact, "yes", since_on)


def _a_plan_of_somebody_who_moves(council: Council, children: int) -> Plan:
    length = length_after(council, 1)
    last = held_with_time_left(council, length)
    household = a_household(council, children=children)
    return a_running_plan(council, household, last, reviews=1, next_on=a_day_for_the_next(council, last, length))


def _transfer_in(plan: Plan, resident_on: date) -> None:
    council, diary = plan.council, plan.council.diary
    for case_ref in plan.cases:
        council.add(
            "cin_transfers",
            transfer_ref=council.ref("T"),
            case_ref=case_ref,
            direction="in",
            resident_on=resident_on,
            known_on=diary.before(resident_on, 3),
            notified_on=diary.before(resident_on, 2),
            documents_sent="assessment,plan,minutes",
            documents_sent_on=resident_on,
            accepted_on=diary.after(resident_on, 1),
        )


def _transfer_out(plan: Plan, known_on: date, documents: str, *, accepted: bool) -> list[dict[str, object]]:
    council, diary = plan.council, plan.council.diary
    return [
        council.add(
            "cin_transfers",
            transfer_ref=council.ref("T"),
            case_ref=case_ref,
            direction="out",
            known_on=known_on,
            notified_on=diary.after(known_on, 1),
            permission_sought_on=diary.after(known_on, 1),
            documents_sent=documents,
            documents_sent_on=diary.after(known_on, 3),
            agencies_told_on=diary.after(known_on, 3),
            accepted_on=diary.after(known_on, 5) if accepted else None,
        )
        for case_ref in plan.cases
    ]
