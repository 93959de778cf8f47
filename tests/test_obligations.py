"""What is due and how it stands, sentence by sentence of the duties: starts, limits, facts, ends, standings.

The worked examples beside each pack hold the limits of each procedure; here are the rules that all of them share.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from cases import a_case, action, all_of, calendar, coordinator, d, event, fact, meeting, moved_in, only, policy, visit

from cin_reminders.case import Case
from cin_reminders.obligations import STANDINGS, Obligation, covers, listed, obligations
from cin_reminders.policy import Policy
from cin_reminders.policy_file import load_policy
from cin_reminders.working_days import make_calendar

AGREED = event("plan_agreed", "2026-03-02")  # Monday; 15 working days: Monday 23 March
HELD = meeting("initial", "2026-03-02")  # Monday; 8 weeks: Monday 27 April; 10 working days: Monday 16 March


def standing(case: Case, on: str, duty: str = "initial_meeting", name: str = "cumbria") -> str:
    return only(case, name, on, duty).standing


# ---- days


def test_the_day_of_the_start_is_day_nought_and_done_on_the_last_day_is_in_time() -> None:
    in_time, late = (a_case(events=[AGREED], meetings=[meeting("initial", day)]) for day in ("2026-03-23", "2026-03-24"))
    assert standing(in_time, "2026-04-01") == "met"  # held on the Monday
    assert standing(late, "2026-04-01") == "met_late"  # held on the Tuesday


def test_overdue_begins_the_day_after_the_limit() -> None:
    assert standing(a_case(events=[AGREED]), "2026-03-23") == "upcoming"  # Monday
    assert standing(a_case(events=[AGREED]), "2026-03-24") == "overdue"  # Tuesday


def test_a_start_on_a_weekend_or_bank_holiday_has_the_next_working_day_as_its_first() -> None:
    for start in ("2026-04-03", "2026-04-04", "2026-04-06"):  # Good Friday, Saturday, Easter Monday
        case = a_case(meetings=[meeting("initial", start)])
        assert only(case, "cumbria", "2026-04-06", "record_shared").due_on == d("2026-04-20")  # Monday


def test_the_limit_never_moves_and_the_day_to_book_by_is_the_last_working_day_up_to_it() -> None:
    one = only(a_case(meetings=[meeting("initial", "2026-11-02")]), "cumbria", "2026-11-03", "review")  # Monday
    assert (one.due_on, one.book_by) == (d("2026-12-28"), d("2026-12-24"))  # Monday, a substitute day; Thursday


def test_a_day_on_which_the_council_is_closed_moves_the_day_to_book_by_and_no_limit() -> None:
    closed = make_calendar(closure_days=[d("2026-03-20"), d("2026-03-23")])  # Friday, Monday
    (one, _) = obligations(a_case(events=[AGREED]), policy("cumbria"), closed, d("2026-03-02"))
    assert (one.duty, one.due_on, one.book_by) == ("initial_meeting", d("2026-03-23"), d("2026-03-19"))  # Monday, Thursday


def test_a_bank_holiday_announced_late_makes_the_limit_later() -> None:
    announced = make_calendar(extra_days=[d("2026-03-04")])  # Wednesday
    (one, _) = obligations(a_case(events=[AGREED]), policy("cumbria"), announced, d("2026-03-02"))
    assert one.due_on == d("2026-03-24")  # Tuesday


@pytest.mark.parametrize(
    "on, late",
    [("2026-03-23", 0), ("2026-03-24", 1), ("2026-03-27", 4), ("2026-03-28", 4), ("2026-03-30", 5), ("2026-04-07", 9)],
)  # Monday, Tuesday, Friday, Saturday, Monday, the Tuesday after Easter
def test_lateness_counts_the_working_days_after_the_limit(on: str, late: int) -> None:
    assert only(a_case(events=[AGREED]), "cumbria", on, "initial_meeting").working_days_late == late


def test_lateness_stops_on_the_day_the_duty_was_met() -> None:
    case = a_case(events=[AGREED], meetings=[meeting("initial", "2026-03-26")])  # Thursday
    assert only(case, "cumbria", "2026-06-01", "initial_meeting").working_days_late == 3


def test_past_the_calendar_a_working_day_length_is_unknown_and_weeks_have_no_day_to_book_by() -> None:
    case = a_case(meetings=[meeting("initial", "2033-12-22")])  # Thursday
    record, review = (only(case, "cumbria", "2033-12-22", duty) for duty in ("record_shared", "review"))
    assert (record.due_on, record.book_by, record.standing) == (None, None, "unknown")
    assert (review.due_on, review.book_by, review.standing) == (d("2034-02-16"), None, "upcoming")


# ---- starts


def test_each_meeting_starts_its_own_record_and_its_own_review() -> None:
    case = a_case(meetings=[HELD, meeting("review", "2026-04-13", record_shared_on="2026-04-14")])  # Monday, Tuesday
    assert [one.standing for one in all_of(case, "cumbria", "2026-04-20", "record_shared")] == ["overdue", "met"]
    assert [one.started_on for one in all_of(case, "cumbria", "2026-04-20", "review")] == [d("2026-03-02"), d("2026-04-13")]


def test_each_agreement_starts_its_own_first_meeting() -> None:
    case = a_case(events=[AGREED, event("plan_agreed", "2026-03-09")])  # Monday
    assert [one.due_on for one in all_of(case, "cumbria", "2026-03-10", "initial_meeting")] == [d("2026-03-23"), d("2026-03-30")]


def test_a_review_is_counted_from_the_last_meeting_and_not_from_the_last_limit() -> None:
    case = a_case(meetings=[HELD, meeting("review", "2026-03-09")])  # Monday
    assert all_of(case, "cumbria", "2026-03-10", "review")[1].due_on == d("2026-05-04")  # Monday


@pytest.mark.parametrize("kind", ["initial", "review", "closing"])
def test_any_meeting_of_a_later_day_meets_a_review_and_none_of_the_same_day_does(kind: str) -> None:
    same, later = (a_case(meetings=[HELD, meeting(kind, day, ref="M2")]) for day in ("2026-03-02", "2026-03-03"))
    assert all_of(same, "cumbria", "2026-03-10", "review")[0].met_on is None  # Monday
    assert all_of(later, "cumbria", "2026-03-10", "review")[0].met_on == d("2026-03-03")  # Tuesday


def test_a_closing_meeting_starts_no_review_but_a_record() -> None:
    case = a_case(meetings=[meeting("closing", "2026-03-02")])  # Monday
    assert {one.duty for one in found_on(case, "2026-03-10")} == {"invitations", "record_shared"}


def test_two_meetings_of_one_day_are_two_starts_and_are_told_apart_by_their_references() -> None:
    case = a_case(meetings=[meeting("review", "2026-03-02", ref="M2"), meeting("initial", "2026-03-02", ref="M1")])  # Monday
    assert [(one.start_ref, one.subject) for one in all_of(case, "cumbria", "2026-03-10", "record_shared")] == [
        ("M1", "M1"),
        ("M2", "M2"),
    ]


def test_a_record_counts_for_its_own_meeting_only() -> None:
    case = a_case(meetings=[HELD, meeting("review", "2026-03-03", record_shared_on="2026-03-05")])  # Tuesday, Thursday
    assert [one.met_on for one in all_of(case, "cumbria", "2026-03-10", "record_shared")] == [None, d("2026-03-05")]


def test_what_is_dated_after_the_business_date_has_not_happened_yet() -> None:
    case = a_case(
        events=[AGREED], meetings=[meeting("initial", "2026-03-10", record_shared_on="2026-03-12")]
    )  # Tuesday, Thursday
    # It stands in the diary all the same, so people can be invited to it.
    assert [one.duty for one in found_on(case, "2026-03-01")] == ["invitations"]  # Sunday
    assert standing(case, "2026-03-09") == "upcoming"  # Monday
    assert standing(case, "2026-03-10") == "met"  # Tuesday
    assert standing(case, "2026-03-11", "record_shared") == "upcoming"  # Wednesday
    assert standing(case, "2026-03-12", "record_shared") == "met"  # Thursday


def test_late_recording_is_told_apart_from_late_practice() -> None:
    case = a_case(events=[AGREED], meetings=[meeting("initial", "2026-03-20", recorded_on="2026-04-09")])  # Friday, Thursday
    one = only(case, "cumbria", "2026-04-20", "initial_meeting")
    assert (one.standing, one.met_on, one.met_recorded_on) == ("met", d("2026-03-20"), d("2026-04-09"))


def test_a_thing_dated_before_its_start_meets_nothing_and_is_told() -> None:
    case = a_case(meetings=[meeting("initial", "2026-03-02", record_shared_on="2026-02-27")])  # Monday, Friday
    one = only(case, "cumbria", "2026-03-03", "record_shared")
    assert (one.standing, one.met_on) == ("upcoming", None)
    assert one.notes == ("recorded for Fri 27 Feb 2026, before the clock started on Mon 2 Mar 2026, so it does not count",)


def test_a_thing_dated_on_its_start_meets_it_and_nothing_is_told() -> None:
    case = a_case(meetings=[meeting("initial", "2026-03-02", record_shared_on="2026-03-02")])  # Monday
    one = only(case, "cumbria", "2026-03-03", "record_shared")
    assert (one.standing, one.notes) == ("met", ())


def test_an_action_completed_before_it_was_agreed_is_told_and_stays_open() -> None:
    one = only(a_case(actions=[action("2026-03-20", "2026-03-02", "2026-02-27")]), "cumbria", "2026-03-03", "action")
    assert (one.standing, len(one.notes)) == ("upcoming", 1)


@pytest.mark.parametrize("kind", ["initial_meeting_held", "case_closed"])
def test_an_event_that_another_relation_tells_counts_for_nothing(kind: str) -> None:
    case = a_case(events=[AGREED, event(kind, "2026-03-03")])  # Tuesday
    assert standing(case, "2026-03-10") == "upcoming"
    assert all_of(case, "cumbria", "2026-03-10", "record_shared") == []


def test_an_event_of_an_unknown_kind_is_no_error() -> None:
    assert standing(a_case(events=[AGREED, event("tea_made", "2026-03-03")]), "2026-03-10") == "upcoming"  # Tuesday


def test_a_first_meeting_held_before_the_agreement_and_after_the_previous_one_meets_it() -> None:
    before = event("plan_agreed", "2026-01-05")  # Monday
    for held, met in (("2026-01-05", None), ("2026-01-06", d("2026-01-06")), ("2026-03-01", d("2026-03-01"))):
        case = a_case(events=[before, AGREED], meetings=[meeting("initial", held)])  # Monday, Tuesday, Sunday
        assert all_of(case, "cumbria", "2026-03-10", "initial_meeting")[1].met_on == met


def test_two_agreements_of_one_day_are_both_met_by_a_first_meeting_before_them() -> None:
    twice = [event("plan_agreed", "2026-03-02", ref=ref) for ref in ("E1", "E2")]  # Monday
    case = a_case(events=twice, meetings=[meeting("initial", "2026-02-26")])  # Thursday
    assert [one.met_on for one in all_of(case, "cumbria", "2026-03-10", "initial_meeting")] == [d("2026-02-26")] * 2


def test_an_agreement_that_never_counted_is_no_previous_one() -> None:
    # The agreement of 5 January fell into a child protection plan, so a meeting before it may still meet that of March.
    on_a_plan = fact("child_protection_plan", "yes", "2026-01-05", "2026-01-09")  # Monday to Friday
    case = a_case(
        events=[event("plan_agreed", "2026-01-05"), AGREED], meetings=[meeting("initial", "2026-01-02")], facts=[on_a_plan]
    )
    assert only(case, "cumbria", "2026-03-10", "initial_meeting").met_on == d("2026-01-02")  # Friday


def test_a_transfer_is_met_by_no_meeting_before_it() -> None:
    before, after = (
        a_case(transfers=[moved_in("2026-03-02")], meetings=[meeting("initial", day)]) for day in ("2026-03-01", "2026-03-02")
    )
    assert only(before, "norfolk", "2026-03-10", "transfer_in_meeting").met_on is None  # Sunday
    assert only(after, "norfolk", "2026-03-10", "transfer_in_meeting").met_on == d("2026-03-02")  # Monday


def test_a_coordinator_by_a_role_counts_from_the_later_of_the_start_and_the_first_day_of_the_role() -> None:
    for begins, met in ((None, "2026-03-02"), ("2026-01-05", "2026-03-02"), ("2026-03-03", "2026-03-03")):  # Monday, Tuesday
        case = a_case(events=[AGREED], roles=[coordinator(begins)])
        assert only(case, "salford", "2026-03-10", "coordinator_after_six_months").met_on == d(met)


def test_a_coordinator_of_the_team_is_not_one_of_the_case() -> None:
    assert only(a_case(events=[AGREED], team="North"), "salford", "2026-03-10", "coordinator_after_six_months").met_on is None


# ---- visits and actions


def visits(case: Case, on: str) -> list[tuple[date | None, date | None, str]]:
    return [(one.started_on, one.due_on, one.standing) for one in all_of(case, "cumbria", on, "visit")]


def test_visits_are_a_chain_from_the_agreement_and_then_from_each_visit() -> None:
    case = a_case(visit_interval="2 weeks", events=[AGREED], visits=[visit("2026-03-16"), visit("2026-03-31")])  # Monday, Tuesday
    assert visits(case, "2026-04-01") == [
        (d("2026-03-02"), d("2026-03-16"), "met"),  # Monday, Monday
        (d("2026-03-16"), d("2026-03-30"), "met_late"),  # Monday, Monday
        (d("2026-03-31"), d("2026-04-14"), "upcoming"),  # Tuesday, Tuesday
    ]


def test_a_visit_on_which_the_child_was_not_seen_breaks_no_chain_and_makes_none() -> None:
    case = a_case(visit_interval="2 weeks", events=[AGREED], visits=[visit("2026-03-10", "no")])  # Tuesday
    assert visits(case, "2026-03-12") == [(d("2026-03-02"), d("2026-03-16"), "upcoming")]  # Monday, Monday


def test_the_agreement_and_the_visits_of_one_day_are_one_start() -> None:
    twice = [visit("2026-03-09", ref="V1"), visit("2026-03-09", ref="V2"), visit("2026-03-02")]  # Monday, Monday
    assert [start for start, _, _ in visits(a_case(events=[AGREED], visits=twice), "2026-03-12")] == [
        d("2026-03-02"),
        d("2026-03-09"),
    ]


def test_where_a_visit_falls_on_the_day_of_the_agreement_the_agreement_is_the_start() -> None:
    case = a_case(events=[AGREED], visits=[visit("2026-03-02", ref="A visit")])  # Monday
    assert only(case, "cumbria", "2026-03-12", "visit").start_ref == AGREED.event_ref


def test_a_visit_before_the_agreement_is_no_start_but_without_an_agreement_it_is() -> None:
    earlier = visit("2026-02-27")  # Friday
    assert [start for start, _, _ in visits(a_case(events=[AGREED], visits=[earlier]), "2026-03-12")] == [
        d("2026-03-02")
    ]  # Monday
    assert [start for start, _, _ in visits(a_case(visits=[earlier]), "2026-03-12")] == [d("2026-02-27")]  # Friday


def test_the_interval_of_a_visit_is_the_one_in_force_on_its_start() -> None:
    rows = [fact("visit_interval", "4 weeks", "2026-03-02"), fact("visit_interval", "1 week", "2026-03-03")]  # Monday, Tuesday
    case = a_case(events=[AGREED], visits=[visit("2026-03-09")], facts=rows)  # Monday
    assert [due for _, due, _ in visits(case, "2026-03-12")] == [d("2026-03-30"), d("2026-03-16")]  # Monday, Monday


def test_an_action_with_no_date_is_unknown_until_it_is_completed() -> None:
    case = a_case(actions=[action(None, "2026-03-02", "2026-03-05")])  # Monday, Thursday
    before, after = (only(case, "cumbria", on, "action") for on in ("2026-03-04", "2026-03-05"))  # Wednesday, Thursday
    assert (before.standing, before.due_on, before.missing) == ("unknown", None, ("due_on",))
    assert (after.standing, after.met_on, after.missing) == ("met", d("2026-03-05"), ("due_on",))


def test_an_action_whose_agreement_is_not_recorded_is_met_by_whatever_day_it_was_completed() -> None:
    one = only(a_case(actions=[action("2026-03-20", None, "2025-01-06")]), "cumbria", "2026-03-02", "action")  # Friday, Monday
    assert (one.started_on, one.standing, one.met_on) == (None, "met", d("2025-01-06"))


# ---- limits, agreed intervals and facts


def test_a_longer_interval_needs_its_fact_and_a_shorter_one_needs_none() -> None:
    for agreed, due, missing in (
        ("4 weeks", "2026-03-30", ()),  # Monday
        ("8 weeks", "2026-04-27", ()),  # Monday
        ("9 weeks", "2026-04-27", ("exceptional_circumstances",)),  # Monday
    ):
        one = only(a_case(meetings=[HELD], review_interval=agreed), "cumbria", "2026-03-10", "review")
        assert (one.due_on, one.missing) == (d(due), missing)


def test_facts_are_read_on_the_limit_day_at_the_latest() -> None:
    for since, due in (("2026-04-27", "2026-05-04"), ("2026-04-28", "2026-04-27")):  # Monday, Tuesday
        rows = [fact("exceptional_circumstances", "yes", since)]
        one = only(a_case(meetings=[HELD], review_interval="9 weeks", facts=rows), "cumbria", "2026-06-01", "review")
        assert one.due_on == d(due)  # Monday


def test_facts_are_read_the_day_before_the_duty_was_met_at_the_latest() -> None:
    reviewed = meeting("review", "2026-04-20")  # Monday
    for since, due in (("2026-04-19", "2026-03-30"), ("2026-04-20", "2026-04-27")):  # Sunday, Monday
        rows = [fact("review_interval", "4 weeks", since)]
        case = a_case(meetings=[HELD, reviewed], facts=rows)
        assert all_of(case, "cumbria", "2026-06-01", "review")[0].due_on == d(due)  # Monday


def test_facts_are_read_on_the_business_date_at_the_latest() -> None:
    case = a_case(meetings=[HELD], facts=[fact("review_interval", "4 weeks", "2026-03-10")])  # Tuesday
    assert only(case, "cumbria", "2026-03-09", "review").due_on == d("2026-04-27")  # Monday
    assert only(case, "cumbria", "2026-03-10", "review").due_on == d("2026-03-30")  # Monday


def test_in_norfolk_facts_are_read_at_the_end_of_the_six_weeks_even_where_twelve_would_apply() -> None:
    disabled = fact("disabled", "yes")
    for since, due in (("2026-04-13", "2026-05-25"), ("2026-04-14", "2026-04-13")):  # Monday, Tuesday
        case = a_case(meetings=[HELD], facts=[disabled, fact("stable_long_term_plan", "yes", since)])
        assert only(case, "norfolk", "2026-05-01", "review").due_on == d(due)  # Monday


def test_a_fact_that_gives_a_date_is_read_on_the_business_date() -> None:
    rows = [fact("supervision_order_ends", "2026-06-01"), fact("supervision_order_ends", "2026-12-01", "2026-07-01")]
    case = a_case(events=[event("supervision_order_made", "2026-03-02")], facts=rows)  # Monday
    assert only(case, "salford", "2026-06-30", "supervision_order_decision").due_on == d("2026-06-01")  # Tuesday; Monday
    assert only(case, "salford", "2026-07-01", "supervision_order_decision").due_on == d("2026-12-01")  # Wednesday; Tuesday


def test_a_fact_is_missing_only_where_its_value_could_change_the_date() -> None:
    case = a_case(meetings=[HELD], review_interval="16 weeks", facts=[fact("disabled", "no")])
    assert only(case, "norfolk", "2026-03-10", "review").missing == ("exceptional_circumstances",)
    case = a_case(meetings=[HELD], facts=[fact("disabled", "no")])
    assert only(case, "norfolk", "2026-03-10", "review").missing == ()


def test_where_facts_are_unknown_the_earlier_date_stands_with_the_ordinary_standing() -> None:
    one = only(a_case(meetings=[HELD]), "norfolk", "2026-04-14", "review")  # Tuesday
    assert (one.due_on, one.standing, set(one.missing)) == (d("2026-04-13"), "overdue", {"disabled", "stable_long_term_plan"})


def test_a_duty_that_does_not_apply_gives_no_obligation() -> None:
    case = a_case(events=[AGREED], facts=[fact("long_term_support", "yes")])
    assert all_of(case, "salford", "2026-03-10", "twelve_month_consultation") == []


def test_the_next_review_date_never_moves_the_limit() -> None:
    case = a_case(meetings=[meeting("initial", "2026-03-02", next_review_on="2026-03-30")])  # Monday, Monday
    assert only(case, "cumbria", "2026-04-01", "review").due_on == d("2026-04-27")  # Monday


def test_an_obligation_says_on_what_its_date_rests() -> None:
    plain = only(a_case(meetings=[HELD]), "cumbria", "2026-03-10", "review")
    assert plain.basis.startswith("8 weeks")
    shorter = only(a_case(meetings=[HELD], review_interval="4 weeks"), "cumbria", "2026-03-10", "review")
    assert shorter.basis.startswith("4 weeks, agreed for this case and shorter than 8 weeks")
    facts = [fact("disabled", "yes"), fact("stable_long_term_plan", "yes")]
    varied = only(a_case(meetings=[HELD], facts=facts), "norfolk", "2026-03-10", "review")
    assert varied.basis.startswith("12 weeks, since disabled is yes and stable long term plan is yes")
    assert plain.clause.endswith("paragraph 16")
    assert (plain.figure, plain.policy, plain.edition.edition) == ("procedure", "cumbria", "v23")


# ---- ends

PROTECTED = ("child_protection_plan", "looked_after")


def test_closing_ends_a_duty_on_that_day_and_no_earlier() -> None:
    case = a_case(events=[AGREED], closed_on="2026-03-26")  # Thursday
    assert standing(case, "2026-03-25") == "overdue"  # Wednesday
    one = only(case, "cumbria", "2026-03-26", "initial_meeting")  # Thursday
    assert (one.standing, one.ended_on, one.ended_why, one.working_days_late) == ("ended", d("2026-03-26"), "the case closed", 3)
    assert only(case, "cumbria", "2026-09-01", "initial_meeting").working_days_late == 3  # Tuesday


@pytest.mark.parametrize("name", PROTECTED)
def test_a_protected_period_ends_a_duty_on_its_first_day(name: str) -> None:
    case = a_case(events=[AGREED], facts=[fact(name, "yes", "2026-03-10")])  # Tuesday
    assert standing(case, "2026-03-09") == "upcoming"  # Monday
    one = only(case, "cumbria", "2026-03-10", "initial_meeting")  # Tuesday
    assert (one.standing, one.ended_on) == ("ended", d("2026-03-10"))
    words = {"child_protection_plan": "subject to a child protection plan", "looked_after": "looked after"}
    assert one.ended_why == f"the child became {words[name]}"


def test_met_on_the_day_it_ended_is_met_and_later_evidence_does_not_count() -> None:
    for held, expected in (("2026-03-10", "met"), ("2026-03-11", "ended")):  # Tuesday, Wednesday
        for ending in ({"closed_on": "2026-03-10"}, {"facts": [fact("looked_after", "yes", "2026-03-10")]}):
            case = a_case(events=[AGREED], meetings=[meeting("initial", held)], **ending)
            assert standing(case, "2026-04-01") == expected


def test_met_late_before_it_ended_stays_met_late() -> None:
    case = a_case(events=[AGREED], meetings=[meeting("initial", "2026-03-24")], closed_on="2026-03-25")  # Tuesday, Wednesday
    one = only(case, "cumbria", "2026-04-01", "initial_meeting")
    assert (one.standing, one.ended_on, one.working_days_late) == ("met_late", None, 1)


def test_the_earlier_of_closing_and_a_protected_period_ends_a_duty() -> None:
    case = a_case(events=[AGREED], facts=[fact("looked_after", "yes", "2026-03-10")], closed_on="2026-03-12")  # Tuesday, Thursday
    assert only(case, "cumbria", "2026-04-01", "initial_meeting").ended_on == d("2026-03-10")
    case = a_case(events=[AGREED], facts=[fact("looked_after", "yes", "2026-03-12")], closed_on="2026-03-10")
    assert only(case, "cumbria", "2026-04-01", "initial_meeting").ended_on == d("2026-03-10")


@pytest.mark.parametrize("name", PROTECTED)
@pytest.mark.parametrize(
    "agreed, starts",
    [("2026-03-09", True), ("2026-03-10", False), ("2026-03-20", False), ("2026-03-21", True)],
)  # Monday, Tuesday, Friday, Saturday
def test_nothing_starts_from_the_first_to_the_last_day_of_a_protected_period(name: str, agreed: str, starts: bool) -> None:
    case = a_case(events=[event("plan_agreed", agreed)], facts=[fact(name, "yes", "2026-03-10", "2026-03-20")])
    assert bool(all_of(case, "cumbria", "2026-04-01", "initial_meeting")) is starts


def test_a_duty_that_a_protected_period_ended_stays_ended_after_it() -> None:
    case = a_case(events=[AGREED], facts=[fact("looked_after", "yes", "2026-03-10", "2026-03-20")])  # Tuesday to Friday
    assert standing(case, "2026-06-01") == "ended"  # Monday


def test_a_protected_period_of_tomorrow_has_not_begun() -> None:
    case = a_case(events=[AGREED], facts=[fact("looked_after", "yes", "2026-03-10")])  # Tuesday
    assert standing(case, "2026-03-09") == "upcoming"  # Monday


def test_nothing_starts_after_closing_but_what_outlives_it() -> None:
    outliving = ["record_shared", "outcome_recorded"]
    for held, duties in (("2026-03-02", [*outliving, "review", "oversight"]), ("2026-03-03", outliving)):  # Monday, Tuesday
        case = a_case(meetings=[meeting("review", held)], closed_on="2026-03-02")  # Monday
        assert {one.duty for one in found_on(case, "2026-03-10") if one.started_on} == set(duties)


def test_what_outlives_closing_is_still_ended_by_a_protected_period() -> None:
    case = a_case(meetings=[HELD], closed_on="2026-03-06", facts=[fact("looked_after", "yes", "2026-03-09")])  # Friday, Monday
    assert only(case, "cumbria", "2026-04-01", "record_shared").ended_on == d("2026-03-09")


def test_a_final_review_looks_back_56_days_and_no_further() -> None:
    for held, met in (("2026-03-02", d("2026-03-02")), ("2026-03-01", None)):  # Monday, Sunday
        case = a_case(meetings=[meeting("review", held)], closed_on="2026-04-27")  # Monday
        assert only(case, "psw-brief-2020", "2026-05-01", "final_review").met_on == met


@pytest.mark.parametrize(
    "due, until, ended",
    [
        ("2026-03-20", "2026-03-19", None),  # Friday, Thursday
        ("2026-03-20", "2026-03-20", "2026-03-10"),  # Friday, Tuesday
        ("2026-03-20", None, "2026-03-10"),  # Friday, Tuesday
        (None, None, None),
    ],
)
def test_an_action_with_no_start_ends_with_a_period_in_force_on_or_after_its_date(
    due: str | None, until: str | None, ended: str | None
) -> None:
    case = a_case(actions=[action(due)], facts=[fact("looked_after", "yes", "2026-03-10", until)])  # Tuesday
    assert only(case, "cumbria", "2026-04-01", "action").ended_on == (d(ended) if ended else None)


def test_an_action_with_no_start_ends_on_its_date_where_the_period_has_no_first_day() -> None:
    case = a_case(actions=[action("2026-03-20")], facts=[fact("looked_after", "yes")])  # Friday
    assert standing(case, "2026-03-19", "action") == "upcoming"  # Thursday
    assert only(case, "cumbria", "2026-03-20", "action").ended_on == d("2026-03-20")  # Friday


# ---- what is listed


def duties_listed(case: Case, on: str, *, closed: bool = False) -> list[str]:
    return [one.duty for one in listed(case, found_on(case, on), d(on), closed=closed)]


def found_on(case: Case, on: str) -> tuple[Obligation, ...]:
    return obligations(case, policy("cumbria"), calendar(), d(on))


def test_an_open_case_lists_everything_and_a_closed_one_what_outlives_closing_and_is_not_met() -> None:
    second = meeting("closing", "2026-03-03", record_shared_on="2026-03-04")  # Tuesday, Wednesday
    case = a_case(meetings=[HELD, second], closed_on="2026-03-10")  # Tuesday
    everything = ["invitations", "invitations", "record_shared", "record_shared", "plan_shared", "review", "oversight"]
    assert duties_listed(case, "2026-03-09") == everything  # Monday: still open
    assert duties_listed(case, "2026-03-10") == ["record_shared", "plan_shared"]  # Tuesday: those of the first meeting
    assert duties_listed(case, "2026-03-10", closed=True) == everything


def test_a_case_is_open_until_the_day_before_it_closes() -> None:
    case = a_case(closed_on="2026-03-10")  # Tuesday
    assert case.is_open_on(d("2026-03-09"))  # Monday
    assert not case.is_open_on(d("2026-03-10"))  # Tuesday


def test_a_plan_type_that_the_pack_does_not_cover_is_out_of_scope_and_no_error() -> None:
    case = a_case(plan_type="family_support", events=[AGREED])
    assert not covers(policy("cumbria"), case)
    assert obligations(case, policy("cumbria"), calendar(), d("2026-03-10")) == ()
    assert covers(policy("norfolk"), case)


def test_obligations_come_in_the_order_of_the_procedure_and_then_of_days() -> None:
    meetings = [meeting("review", "2026-03-09"), HELD]  # Monday
    found = found_on(a_case(events=[AGREED], meetings=meetings, actions=[action("2026-03-20")]), "2026-03-10")
    order = [duty.duty for duty in policy("cumbria").newest.duties]
    assert [one.duty for one in found] == sorted((one.duty for one in found), key=order.index)
    assert [one.started_on for one in found if one.duty == "review"] == [d("2026-03-02"), d("2026-03-09")]


def test_the_same_case_read_twice_gives_the_same_answer() -> None:
    case = a_case(events=[AGREED], meetings=[HELD])
    assert found_on(case, "2026-03-10") == found_on(case, "2026-03-10")


def test_a_duty_is_settled_once_it_is_met_or_ended() -> None:
    assert not found_on(a_case(events=[AGREED]), "2026-03-10")[0].is_settled
    assert found_on(a_case(events=[AGREED], meetings=[meeting("initial", "2026-03-05")]), "2026-03-10")[0].is_settled  # Thursday
    assert found_on(a_case(events=[AGREED], closed_on="2026-03-05"), "2026-03-10")[0].is_settled  # Thursday


def test_every_standing_is_one_of_six() -> None:
    assert STANDINGS == ("upcoming", "overdue", "met", "met_late", "ended", "unknown")


def test_standings_only_move_forward_from_one_day_to_the_next() -> None:
    """No day between the agreement and a year later gives a standing that an earlier day had already left."""
    case = a_case(events=[AGREED], meetings=[meeting("initial", "2026-03-26")])  # Thursday, three working days late
    days = (d("2026-03-02") + timedelta(days=number) for number in range(366))
    seen = [only(case, "cumbria", day.isoformat(), "initial_meeting").standing for day in days]
    assert list(dict.fromkeys(seen)) == ["upcoming", "overdue", "met_late"]
    assert seen == sorted(seen, key=["upcoming", "overdue", "met_late"].index)


# ---- rules that a council may write in a pack of its own

HEAD = """\
policy: a-council
council: A Council
title: t
edition: {edition}
in_force_on: {day}
plan_types: [child_in_need]
ladder: {{agreed_by: nobody yet, procedure: []}}
duties:
  - {{duty: x, title: t, do: d, clause: c, says: s, first_told: chair, {rule}}}
"""


def own(folder: Path, rule: str, day: str = "2020-01-01", edition: str = "first") -> Policy:
    (folder / f"{day}.yaml").write_text(HEAD.format(rule=rule, day=day, edition=edition), encoding="utf-8")
    return load_policy(str(folder))


def under(rules: Policy, case: Case, on: str) -> list[Obligation]:
    return list(obligations(case, rules, calendar(), d(on)))


def test_the_edition_is_the_one_in_force_when_the_clock_started(tmp_path: Path) -> None:
    own(tmp_path, "start: plan_agreed, length: 15 working days, met_by: initial_meeting_held")
    rules = own(tmp_path, "start: plan_agreed, length: 5 working days, met_by: initial_meeting_held", "2026-03-02", "second")
    events = [event("plan_agreed", "2026-03-01"), AGREED]  # Sunday, Monday
    found = under(rules, a_case(events=events), "2026-03-03")
    assert [(one.edition.edition, one.due_on) for one in found] == [("first", d("2026-03-20")), ("second", d("2026-03-09"))]
    (early,) = under(rules, a_case(events=[event("plan_agreed", "2019-12-02")]), "2026-03-03")  # Monday
    assert early.edition.edition == "first"


def test_a_duty_may_start_from_meetings_of_one_outcome(tmp_path: Path) -> None:
    rules = own(
        tmp_path, "start: {event: review_meeting_held, outcome: amend}, length: 5 working days, met_by: {same: plan_shared}"
    )
    meetings = [
        meeting("review", "2026-03-02", outcome="amend"),
        meeting("review", "2026-03-03", outcome="continue"),
    ]  # Monday, Tuesday
    assert [one.started_on for one in under(rules, a_case(meetings=meetings), "2026-03-10")] == [d("2026-03-02")]


@pytest.mark.parametrize("way, start", [("earliest_of", "2026-03-02"), ("latest_of", "2026-03-04")])  # Monday, Wednesday
def test_a_duty_may_start_from_the_earliest_or_the_latest_of_several_events(tmp_path: Path, way: str, start: str) -> None:
    rules = own(tmp_path, f"start: {{{way}: [plan_agreed, assessment_completed]}}, length: 1 week, met_by: plan_recorded")
    both = a_case(events=[AGREED, event("assessment_completed", "2026-03-04"), event("plan_agreed", "2026-03-06")])
    assert [one.started_on for one in under(rules, both, "2026-03-10")] == [d(start)]


@pytest.mark.parametrize("way, count", [("earliest_of", 1), ("latest_of", 0)])
def test_the_latest_of_several_events_waits_for_all_of_them(tmp_path: Path, way: str, count: int) -> None:
    rules = own(tmp_path, f"start: {{{way}: [plan_agreed, assessment_completed]}}, length: 1 week, met_by: plan_recorded")
    assert len(under(rules, a_case(events=[AGREED]), "2026-03-10")) == count


def test_a_rule_may_turn_on_the_plan_type_or_the_team(tmp_path: Path) -> None:
    rules = own(tmp_path, "start: plan_agreed, length: 1 week, not_where: [{team: North}], met_by: plan_recorded")
    assert under(rules, a_case(events=[AGREED], team="North"), "2026-03-10") == []
    (one,) = under(rules, a_case(events=[AGREED], team="South"), "2026-03-10")
    assert one.missing == ()


TRANSFERS = {
    "transfer_in_meeting",
    "transfer_out_notice",
    "transfer_out_permission",
    "transfer_out_documents",
    "transfer_out_agencies",
    "transfer_dispute",
    "transfer_decision",
}


def test_duties_that_need_a_relation_which_is_not_supplied_are_not_watched() -> None:
    for name, relation, unwatched in (
        ("cumbria", "cin_attendees", {"invitations"}),
        ("cumbria", "cin_visits", {"visit"}),
        ("norfolk", "cin_transfers", TRANSFERS),
        ("psw-brief-2020", "cin_actions", {"action", "threshold_discussion"}),
        ("psw-brief-2020", "cin_facts", {"planning_meeting"}),
        ("salford", "cin_facts", {"supervision_order_decision"}),
    ):
        watched = policy(name).watching(frozenset({relation}))
        assert {duty.duty for duty in policy(name).newest.duties} - {duty.duty for duty in watched.newest.duties} == unwatched
    assert policy("cumbria").watching(frozenset()) is policy("cumbria")
