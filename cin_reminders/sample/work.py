"""The work between the meetings of a made-up plan: the visits to the children, and what was agreed to be done."""

from __future__ import annotations

from datetime import date

from cin_reminders.sample.plans import Plan

SOMETIMES = 0.04  # the share of visits and actions that were late in the past; nothing of it is late now


def visit(plan: Plan, *, last_on: date | None = None) -> None:
    """Visit the children about as often as the plan says, up to the last day of work or to a last visit on the day given."""
    council = plan.council
    interval = plan.visit_interval or "4 weeks"
    until = last_on or plan.until
    day = plan.started_on
    while True:
        limit = council.diary.limit(day, interval)
        following = max(council.diary.before(limit, council.rng.randrange(5)), council.diary.after(day, 1))
        too_late = council.diary.after(limit, council.rng.randint(1, 3))
        if council.chance(SOMETIMES) and too_late <= until:
            following = too_late
        if following > until:
            break
        unseen_on = council.diary.before(following, 2)
        if council.chance(0.06) and unseen_on > day:
            record_visit(plan, unseen_on, child_seen="no")
        recorded_late = 14 if council.chance(SOMETIMES) else 0
        record_visit(plan, following, child_seen=council.rng.choice(("yes",) * 9 + (None,)), recorded_late=recorded_late)
        day = following
    if last_on and last_on > day:
        record_visit(plan, last_on, child_seen="yes")


def record_visit(plan: Plan, visited_on: date, *, child_seen: str | None, recorded_late: int = 0) -> None:
    """Record one visit to every child."""
    recorded_on = plan.council.recorded_after(visited_on, late=recorded_late)
    for case_ref in plan.cases:
        plan.council.add(
            "cin_visits",
            visit_ref=plan.council.ref("V"),
            case_ref=case_ref,
            visited_on=visited_on,
            child_seen=child_seen,
            recorded_on=recorded_on,
        )


def agree_action(
    plan: Plan, agreed_on: date, due_on: date | None, *, completed_on: date | None = None, owner_ref: str | None = None
) -> None:
    """Record what somebody agreed to do for each child."""
    for case_ref in plan.cases:
        plan.council.add(
            "cin_actions",
            action_ref=plan.council.ref("A"),
            case_ref=case_ref,
            owner_ref=owner_ref or _an_owner(plan),
            due_on=due_on,
            completed_on=completed_on,
            agreed_on=agreed_on,
            recorded_on=plan.council.recorded_after(agreed_on),
        )


def agree_usual_actions(plan: Plan, held_on: date, next_on: date | None) -> None:
    """Record what one meeting agreed: done by its date for the most part, and always before the next meeting asks."""
    council, diary, rng = plan.council, plan.council.diary, plan.council.rng
    last_day = diary.before(next_on, 1) if next_on else diary.after(held_on, 25)
    for _ in range(rng.randint(1, 2 if len(plan.cases) == 1 else 1)):
        due_on = max(held_on, min(last_day, diary.after(held_on, rng.randint(5, 25))))
        done_on = max(held_on, diary.before(due_on, rng.randrange(4)))
        too_late = diary.after(due_on, rng.randint(1, 4))
        if council.chance(SOMETIMES) and too_late <= min(last_day, plan.until):
            done_on = too_late
        agree_action(plan, held_on, due_on, completed_on=done_on if done_on <= plan.until else None)


def _an_owner(plan: Plan) -> str:
    household, rng = plan.household, plan.council.rng
    partners = [person for person, capacity in household.others if capacity in ("education", "health", "other")]
    return rng.choice([household.lead_ref] * 3 + list(household.parents) + partners)
