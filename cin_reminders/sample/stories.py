"""The stories of an ordinary day: plans that run as they should, each told as one family's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from cin_reminders.sample.council import Council
from cin_reminders.sample.families import Household, a_household
from cin_reminders.sample.meetings import book_meeting, hold_meetings, meeting_days, start_before
from cin_reminders.sample.plans import Plan, open_plan
from cin_reminders.sample.work import agree_action, visit

SOON = 10  # working days: inside this a review that is not booked is a breach foreseen


def a_running_plan(
    council: Council,
    household: Household,
    last_held_on: date,
    *,
    reviews: int,
    next_on: date | None = None,
    book: bool = True,
    late: dict[int, int] | None = None,
    shared: dict[int, int | None] | None = None,
    outcomes: dict[int, str] | None = None,
    last_visit_on: date | None = None,
    rhythm: str | None = None,
    **opening: Any,
) -> Plan:
    """A plan with its meetings held up to a last one, its visits made, and the next meeting booked if there is a day for it.

    ``rhythm`` is how often its reviews were held, where neither the procedure's ordinary length nor an agreed one says so.
    """
    interval = rhythm or opening.get("interval")
    days = meeting_days(council, last_held_on, reviews=reviews, interval=interval, late=late)
    started_on = opening.pop("started_on", None) or start_before(council, days[0])
    plan = open_plan(council, household, started_on, **opening)
    by = council.diary.before(council.diary.limit(last_held_on, interval or length_after(council, reviews)), 0)
    hold_meetings(plan, days, next_on=next_on or by, shared=shared, outcomes=outcomes)
    if next_on and book:
        book_meeting(plan, next_on)
    visit(plan, last_on=last_visit_on)
    return plan


def how_many_reviews(council: Council) -> int:
    """From none, where only the initial meeting was held, to as many as plans have here."""
    return council.rng.randint(0, council.practice.most_reviews)


def length_after(council: Council, reviews: int) -> str:
    """How long the review after so many reviews may take."""
    return council.practice.review_length(reviews + 1)


def held_with_time_left(council: Council, length: str, *, least: int = SOON + 1, most: int = 10_000) -> date:
    """A past day for the last meeting, so that the next review is due in so many working days or later."""
    diary, on = council.diary, council.on
    days = [diary.earliest_start(length, diary.after(on, least))]
    while (following := diary.after(days[-1], 1)) < on and diary.limit(following, length) <= diary.after(on, min(most, 600)):
        days.append(following)
    return council.rng.choice(days)


def a_day_for_the_next(council: Council, last_held_on: date, length: str) -> date:
    """A day to come on which the next review would be in time."""
    diary = council.diary
    by = diary.before(diary.limit(last_held_on, length), 0)
    return max(diary.after(council.on, 1), diary.before(by, council.rng.randrange(6)))


def an_ordinary_plan(council: Council, children: int, *, plan_type: str | None = None, disabilities: bool = False) -> None:
    """Nothing is due for a fortnight and more; the next review may or may not be booked. Siblings share their meetings."""
    household = a_household(council, children=children, disabilities=disabilities)
    reviews = how_many_reviews(council)
    length = length_after(council, reviews)
    last = held_with_time_left(council, length)
    booked = council.chance(0.6)
    next_on = a_day_for_the_next(council, last, length)
    a_running_plan(council, household, last, reviews=reviews, next_on=next_on, book=booked, plan_type=plan_type)


def a_short_breaks_plan(council: Council, children: int) -> None:
    """A plan for short breaks for a disabled child."""
    an_ordinary_plan(council, children, plan_type="short_breaks", disabilities=True)


def a_new_plan(council: Council, children: int, *, due_in: int, booked: bool, youngest: int = 0, unborn: bool = False) -> None:
    """A plan agreed lately that has had no meeting; its limit is so many working days ahead, or as near as can be."""
    diary, length = council.diary, council.practice.first_meeting
    wanted = diary.after(council.on, due_in) if due_in > 0 else diary.before(council.on, -due_in)
    started_on = min(council.on, diary.earliest_start(length, wanted))
    plan = open_plan(council, a_household(council, children=children, youngest=youngest, unborn=unborn), started_on)
    if booked and due_in > 0:
        book_meeting(plan, diary.before(diary.limit(started_on, length), 0), kind="initial", booked_on=started_on)
    visit(plan)


def a_new_plan_with_a_meeting_booked(council: Council, children: int) -> None:
    """The first meeting is booked in time."""
    a_new_plan(council, children, due_in=council.rng.choice((2, 3, 4, 8)), booked=True)


def a_new_plan_near_its_limit(council: Council, children: int) -> None:
    """The limit is days away and nothing is booked."""
    a_new_plan(council, children, due_in=1 + council.turn("near the limit") % 3, booked=False)


def a_new_plan_at_its_limit(council: Council, children: int) -> None:
    """The last day in time is today."""
    a_new_plan(council, children, due_in=0, booked=False)


def an_unborn_child(council: Council, children: int) -> None:
    """A plan made before the birth."""
    household = a_household(council, unborn=True)
    length = council.practice.first_review
    last = held_with_time_left(council, length)
    a_running_plan(council, household, last, reviews=0, next_on=a_day_for_the_next(council, last, length))


def a_review_soon(council: Council, children: int, *, booked: bool) -> None:
    """A review falls due within the next ten working days."""
    reviews = how_many_reviews(council)
    length = length_after(council, reviews)
    last = held_with_time_left(council, length, least=1 + council.turn("soon") % SOON, most=SOON)
    next_on = a_day_for_the_next(council, last, length)
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, next_on=next_on, book=booked)


def a_review_soon_and_booked(council: Council, children: int) -> None:
    """The review that falls due is booked."""
    a_review_soon(council, children, booked=True)


def a_review_soon_and_not_booked(council: Council, children: int) -> None:
    """The review that falls due is not booked."""
    a_review_soon(council, children, booked=False)


def a_review_today(council: Council, children: int) -> None:
    """The review is held today; nobody can have recorded it yet."""
    reviews = how_many_reviews(council)
    last = held_with_time_left(council, length_after(council, reviews), least=3, most=12)
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, next_on=council.on)


def a_cancelled_meeting(council: Council, children: int) -> None:
    """A meeting was cancelled, and another booked in time."""
    reviews = how_many_reviews(council)
    length = length_after(council, reviews)
    last = held_with_time_left(council, length, least=8, most=14)
    plan = a_running_plan(
        council, a_household(council, children=children), last, reviews=reviews, next_on=a_day_for_the_next(council, last, length)
    )
    cancelled_on = council.diary.before(council.on, council.rng.randint(1, 3))
    book_meeting(plan, council.diary.after(cancelled_on, 1), booked_on=plan.held[-1], cancelled_on=cancelled_on)


def a_supervision_order(council: Council, children: int) -> None:
    """The court has made a supervision order, which runs for a year unless it is renewed."""
    household = a_household(council, children=children)
    reviews = how_many_reviews(council)
    length = length_after(council, reviews)
    last = held_with_time_left(council, length)
    plan = a_running_plan(
        council,
        household,
        last,
        reviews=reviews,
        next_on=a_day_for_the_next(council, last, length),
        plan_type="supervision_order",
        complex_case=True,
    )
    plan.event("supervision_order_made", plan.started_on)
    ends_on = council.diary.limit(plan.started_on, "12 months")
    renewed_on = council.diary.before(ends_on, 15)
    plan.fact("supervision_order_ends", ends_on.isoformat(), plan.started_on)
    plan.event("renewal_decision_recorded", renewed_on)
    if renewed_on <= council.on:
        plan.fact("supervision_order_ends", (ends_on + timedelta(days=365)).isoformat(), renewed_on)


def an_agreed_interval(council: Council, children: int, interval: str, *, exceptional: bool = False) -> None:
    """The plan's reviews keep an interval that was agreed for it."""
    reviews = council.rng.randint(1, 3)
    last = held_with_time_left(council, interval, least=4)
    next_on = a_day_for_the_next(council, last, interval)
    household = a_household(council, children=children)
    known = {"exceptional_circumstances": "yes"} if exceptional else {}
    a_running_plan(council, household, last, reviews=reviews, next_on=next_on, interval=interval, known=known)


def a_shorter_interval(council: Council, children: int) -> None:
    """Reviews are held more often than the procedure asks."""
    an_agreed_interval(council, children, council.practice.shorter_interval)


def exceptional_circumstances(council: Council, children: int) -> None:
    """A longer interval was agreed, and its reason is recorded; where the procedure knows no such reason, a shorter one."""
    longer = council.practice.longer_interval
    an_agreed_interval(council, children, longer or council.practice.shorter_interval, exceptional=longer is not None)


def a_longer_interval_without_its_reason(council: Council, children: int) -> None:
    """Somebody agreed a longer interval and recorded no reason, so the ordinary limit stands."""
    reviews = council.rng.randint(1, 2)
    last = held_with_time_left(council, length_after(council, reviews), least=4, most=25)
    known = {"exceptional_circumstances": None, "review_interval": "9 months"}
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, known=known)


def a_stable_long_term_plan(council: Council, children: int) -> None:
    """A disabled child whose plan is stable, with the longer interval that some procedures allow for it."""
    reviews = council.rng.randint(1, 3)
    stable = council.practice.stable_interval
    length = stable or length_after(council, reviews)
    last = held_with_time_left(council, length)
    household = a_household(council, children=children, disabilities=True)
    next_on = a_day_for_the_next(council, last, length)
    known = {"stable_long_term_plan": "yes"}
    a_running_plan(
        council, household, last, reviews=reviews, rhythm=stable, next_on=next_on, plan_type="short_breaks", known=known
    )


def little_is_recorded(council: Council, children: int) -> None:
    """A plan of which the records say hardly more than its dates."""
    reviews = council.rng.randint(1, 2)
    last = held_with_time_left(council, length_after(council, reviews))
    facts = ("disabled", "complex", "long_term_support", "exceptional_circumstances", "parent_disabled", "advocate_wanted")
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, known=dict.fromkeys(facts))


def high_support_without_an_interval(council: Council, children: int) -> None:
    """The family needs much support, and nobody recorded how often it is to be reviewed."""
    reviews = council.rng.randint(0, 2)
    last = held_with_time_left(council, length_after(council, reviews))
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, known={"high_support": "yes"})


def no_visit_interval(council: Council, children: int) -> None:
    """Nobody recorded how often the child is to be visited."""
    reviews = how_many_reviews(council)
    last = held_with_time_left(council, length_after(council, reviews))
    a_running_plan(council, a_household(council, children=children), last, reviews=reviews, visit_interval=None)


def an_action_without_a_date(council: Council, children: int) -> None:
    """Something was agreed, and nobody said by when."""
    reviews = how_many_reviews(council)
    last = held_with_time_left(council, length_after(council, reviews))
    plan = a_running_plan(council, a_household(council, children=children), last, reviews=reviews)
    agree_action(plan, last, None)


def a_plan_type_outside_the_policy(council: Council, children: int) -> None:
    """Early help is no plan under any of the five procedures."""
    an_ordinary_plan(council, children, plan_type="early_help")
