"""A made-up council: ten relations of rows that look like a real day's records, for trials, tests and demonstrations.

Nobody in it exists. The same arguments always give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import cycle

from cin_reminders.errors import UsageError
from cin_reminders.sample import moves as moves
from cin_reminders.sample import stories as stories
from cin_reminders.sample import troubles as troubles
from cin_reminders.sample.council import Council
from cin_reminders.sample.faults import add_faults
from cin_reminders.sample.practice import practice_of
from cin_reminders.sample.rows import Rows
from cin_reminders.sample.staff import hire_staff
from cin_reminders.sample.writers import write_csv, write_database, write_sqlite

__all__ = ["make_sample", "write_csv", "write_database", "write_sqlite"]

Story = Callable[[Council, int], None]

OUT_OF = 250
SIBLINGS = 50  # of 250 cases, those in families whose children share meetings
FAMILIES: tuple[tuple[Story, int], ...] = (
    (stories.an_ordinary_plan, 2),
    (moves.a_closed_plan, 3),
    (stories.an_ordinary_plan, 2),
    (stories.a_review_soon_and_booked, 2),
    (stories.an_ordinary_plan, 4),
    (moves.a_closed_plan, 2),
    (stories.an_ordinary_plan, 3),
    (stories.a_review_soon_and_booked, 2),
)
# How many of 250 cases are of one child with such a story; the rest are ordinary plans.
EVERYWHERE: tuple[tuple[Story, int], ...] = (
    (stories.a_new_plan_with_a_meeting_booked, 7),
    (stories.a_new_plan_near_its_limit, 4),
    (stories.a_new_plan_at_its_limit, 2),
    (troubles.a_new_plan_past_its_limit, 2),
    (stories.an_unborn_child, 3),
    (stories.a_review_soon_and_booked, 11),
    (stories.a_review_soon_and_not_booked, 8),
    (stories.a_review_today, 2),
    (troubles.an_overdue_review, 5),
    (troubles.a_review_that_was_late, 6),
    (troubles.a_record_shared_late, 4),
    (troubles.a_record_not_shared, 2),
    (troubles.a_meeting_nobody_recorded, 3),
    (troubles.a_review_booked_too_late, 2),
    (troubles.a_meeting_recorded_late, 4),
    (stories.a_cancelled_meeting, 4),
    (stories.a_supervision_order, 10),
    (stories.a_short_breaks_plan, 10),
    (stories.a_stable_long_term_plan, 7),
    (stories.a_shorter_interval, 4),
    (stories.exceptional_circumstances, 3),
    (stories.a_longer_interval_without_its_reason, 2),
    (stories.little_is_recorded, 5),
    (stories.no_visit_interval, 2),
    (stories.an_action_without_a_date, 3),
    (troubles.an_overdue_action, 6),
    (troubles.an_overdue_visit, 4),
    (troubles.a_child_not_seen, 2),
    (troubles.a_plan_that_drifted, 2),
    (troubles.consent_withdrawn, 2),
    (troubles.consent_withdrawn_and_undecided, 1),
    (troubles.harm_was_identified, 2),
    (troubles.harm_identified_today, 1),
    (troubles.a_significant_change, 3),
    (troubles.a_significant_change_just_now, 1),
    (troubles.a_significant_change_unanswered, 1),
    (moves.a_plan_about_to_close, 2),
    (moves.a_closed_plan, 28),
    (moves.a_child_now_on_a_protection_plan, 3),
    (moves.a_looked_after_child, 2),
    (moves.a_plan_after_a_protection_plan, 5),
    (moves.a_child_who_moved_in, 2),
    (moves.a_child_who_moves_out, 2),
    (stories.a_plan_type_outside_the_policy, 2),
)
ONLY_IN: dict[str, tuple[tuple[Story, int], ...]] = {
    "salford": (
        (troubles.seven_months_without_a_coordinator, 1),
        (troubles.a_year_without_a_consultation, 1),
        (troubles.a_complex_family_without_a_coordinator, 2),
    ),
    # No duty here watches visits or consent, so more of the day's trouble lies in actions and plans.
    "specialist-childrens-services": (
        (stories.high_support_without_an_interval, 2),
        (troubles.an_overdue_action, 3),
        (troubles.a_record_not_shared, 2),
    ),
    "norfolk": (
        (moves.a_child_who_moved_in, 5),
        (moves.a_child_who_just_moved_in, 2),
        (moves.a_move_in_without_a_meeting, 1),
        (moves.a_child_who_moves_out, 3),
        (moves.a_child_about_to_move_out, 2),
        (moves.a_move_out_with_papers_missing, 1),
        (moves.a_disputed_move, 1),
    ),
}


def make_sample(*, policy: str, on: date, cases: int = OUT_OF, seed: int = 2026) -> Rows:
    """A council that works by one of the five procedures, as its records stand on the business date.

    Of its open cases about one in ten has something overdue. Besides ``cases`` good ones there are a few faulty rows, which a
    reader must reject or report. Raises UsageError for a policy that is none of the five, or for fewer cases than one.
    """
    if cases < 1:
        raise UsageError(f"A made-up council needs at least 1 case, not {cases}.")
    council = Council(practice=practice_of(policy), on=on, seed=seed)
    hire_staff(council, cases)
    told = list(_told(policy, cases))
    council.rng.shuffle(told)
    for story, children in told:
        story(council, children)
    add_faults(council)
    return council.rows


def _told(policy: str, cases: int) -> Iterator[tuple[Story, int]]:
    """The stories to tell, each with its number of children, who make up exactly so many cases."""
    left, siblings = cases, round(SIBLINGS * cases / OUT_OF)
    for story, children in cycle(FAMILIES):
        if siblings < children:
            break
        yield story, children
        siblings -= children
        left -= children
    for story, share in EVERYWHERE + ONLY_IN.get(policy, ()):
        for _ in range(min(left, round(share * cases / OUT_OF))):
            yield story, 1
            left -= 1
    for _ in range(left):
        yield stories.an_ordinary_plan, 1
