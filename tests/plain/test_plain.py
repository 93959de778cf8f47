"""The plain evaluator against answers worked out by hand from the table of duties."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import holidays
import pytest

from .councils import make_council
from .duties_days import BANK_HOLIDAYS, FIRST_DAY, HORIZON, ONE_DAY, Days
from .evaluator import POLICIES, evaluate

MONDAY = date(2026, 3, 2)


def d(text: str) -> date:
    return date.fromisoformat(text)


def words(text: str) -> list[str]:
    return text.split()


def council(policy_rows: dict[str, list[dict[str, Any]]], **case: Any) -> dict[str, list[dict[str, Any]]]:
    """One case, C1, with these rows."""
    relations = words("facts events meetings attendees people roles actions visits transfers")
    made: dict[str, list[dict[str, Any]]] = {f"cin_{name}": [] for name in relations}
    made["cin_cases"] = [{"case_ref": "C1", "plan_type": "child_in_need", **case}]
    for name, rows in policy_rows.items():
        made[f"cin_{name}"] = [row if name == "attendees" else {"case_ref": "C1", **row} for row in rows]
    return made


def event(kind: str, day: str, meeting_ref: str | None = None) -> dict[str, Any]:
    return {"event_ref": f"{kind} {day}", "kind": kind, "happened_on": d(day), "meeting_ref": meeting_ref}


def meeting(kind: str, held: str | None, **columns: Any) -> dict[str, Any]:
    day = d(held) if held else columns.pop("scheduled")
    row = {"meeting_ref": f"{kind} {day}", "kind": kind, "scheduled_at": datetime(day.year, day.month, day.day, 10)}
    return row | {"held_on": d(held) if held else None} | columns


def fact(name: str, value: str, since: str | None = None, until: str | None = None) -> dict[str, Any]:
    return {"fact": name, "value": value, "since_on": d(since) if since else None, "until_on": d(until) if until else None}


def only(
    made: dict[str, list[dict[str, Any]]], policy: str, duty: str, on: str, number: int = 0, closed: bool = False
) -> dict[str, Any]:
    """One obligation of a duty, counted in order of its start."""
    found = [o for o in evaluate(made, policy, d(on), closed=closed) if o["duty"] == duty]
    return sorted(found, key=lambda o: (o["started_on"] or date.min, o["start_ref"]))[number]


def none(made: dict[str, list[dict[str, Any]]], policy: str, duty: str, on: str, closed: bool = False) -> bool:
    return not [o for o in evaluate(made, policy, d(on), closed=closed) if o["duty"] == duty]


def test_the_bank_holidays_written_by_hand_are_those_of_the_library() -> None:
    library = {day for day in holidays.country_holidays("GB", subdiv="ENG", years=range(2012, 2034)) if day.weekday() < 5}
    assert {day for day in BANK_HOLIDAYS if day.weekday() < 5} == library
    assert min(BANK_HOLIDAYS) >= FIRST_DAY
    assert max(BANK_HOLIDAYS) <= HORIZON


@pytest.mark.parametrize(
    "start,length,due",
    [
        ("2026-04-02", "15 working days", "2026-04-27"),
        ("2026-04-04", "15 working days", "2026-04-27"),
        ("2026-04-06", "15 working days", "2026-04-27"),
        ("2026-04-03", "1 working day", "2026-04-07"),
        ("2026-05-22", "15 working days", "2026-06-15"),
        ("2026-12-18", "10 working days", "2027-01-06"),
        ("2026-12-24", "1 working day", "2026-12-29"),
        ("2027-12-24", "1 working day", "2027-12-29"),
        ("2022-09-16", "1 working day", "2022-09-20"),
        ("2023-05-05", "1 working day", "2023-05-09"),
        ("2020-05-01", "1 working day", "2020-05-04"),
        ("2026-11-30", "3 months", "2027-02-28"),
        ("2026-01-03", "3 months", "2026-04-03"),
        ("2026-11-02", "8 weeks", "2026-12-28"),
        ("2028-02-29", "12 months", "2029-02-28"),
    ],
)
def test_the_worked_lengths_come_out(start: str, length: str, due: str) -> None:
    assert Days().after(d(start), length) == d(due)


def test_book_by_leaves_bank_holidays_and_closure_days() -> None:
    assert Days().book_by(d("2026-12-28")) == d("2026-12-24")  # Monday, a substitute day; Thursday
    assert Days(closure_days=frozenset({d("2026-12-24")})).book_by(d("2026-12-28")) == d("2026-12-23")


def test_past_the_horizon_weeks_have_no_book_by_and_working_days_no_date() -> None:
    start = HORIZON - ONE_DAY
    assert Days().book_by(Days().after(start, "8 weeks")) is None
    assert Days().after(start, "15 working days") is None


def test_an_extra_day_moves_a_limit_and_a_closure_day_does_not() -> None:
    made = council({"events": [event("plan_agreed", "2026-03-02")]})  # Monday; 15 working days: Monday 23 March
    off = [d("2026-03-04")]
    assert evaluate(made, "cumbria", MONDAY)[0]["due_on"] == d("2026-03-23")
    assert evaluate(made, "cumbria", MONDAY, extra_days=off)[0]["due_on"] == d("2026-03-24")
    assert evaluate(made, "cumbria", MONDAY, closure_days=off)[0]["due_on"] == d("2026-03-23")


def test_cumbria_initial_meeting_is_in_time_on_the_last_day_and_late_on_the_next() -> None:
    agreed = event("plan_agreed", "2026-03-02")  # Monday; due Monday 23 March
    in_time = council({"events": [agreed], "meetings": [meeting("initial", "2026-03-23")]})
    late = council({"events": [agreed], "meetings": [meeting("initial", "2026-03-24")]})
    assert only(in_time, "cumbria", "initial_meeting", "2026-04-01")["standing"] == "met"
    told = only(late, "cumbria", "initial_meeting", "2026-04-01")
    assert (told["standing"], told["working_days_late"], told["figure"]) == ("met_late", 1, "procedure")
    assert only(late, "cumbria", "initial_meeting", "2026-03-23")["standing"] == "upcoming"


def test_an_initial_meeting_before_the_agreement_meets_it() -> None:
    made = council({"events": [event("plan_agreed", "2026-03-10")], "meetings": [meeting("initial", "2026-03-05")]})
    told = only(made, "salford", "initial_meeting", "2026-03-12")
    assert (told["standing"], told["met_on"], told["figure"]) == ("met", d("2026-03-05"), "council")


def test_a_review_earlier_than_the_assessment_does_not_meet_the_brief_but_one_on_its_day_does() -> None:
    completed = event("assessment_completed", "2026-03-10")  # Tuesday; 5 calendar days: Sunday 15th
    before = council({"events": [completed], "meetings": [meeting("review", "2026-03-09")]})
    on_the_day = council({"events": [completed], "meetings": [meeting("review", "2026-03-10")]})
    told = only(before, "psw-brief-2020", "initial_meeting", "2026-03-17")
    assert (told["standing"], told["due_on"], told["working_days_late"]) == ("overdue", d("2026-03-15"), 2)
    assert told["book_by"] == d("2026-03-13")
    assert only(on_the_day, "psw-brief-2020", "initial_meeting", "2026-03-17")["standing"] == "met"


def test_a_longer_interval_needs_exceptional_circumstances_and_they_are_named() -> None:
    held = [meeting("initial", "2026-03-02")]  # Monday; 8 weeks: Monday 27 April
    made = council({"meetings": held}, review_interval="12 weeks")
    told = only(made, "cumbria", "review", "2026-04-01")
    assert (told["due_on"], told["missing"]) == (d("2026-04-27"), ["exceptional_circumstances"])
    made = council({"meetings": held, "facts": [fact("exceptional_circumstances", "yes")]}, review_interval="12 weeks")
    told = only(made, "cumbria", "review", "2026-04-01")
    assert (told["due_on"], told["missing"]) == (d("2026-05-25"), [])
    made = council({"meetings": held, "facts": [fact("exceptional_circumstances", "yes")]})
    told = only(made, "cumbria", "review", "2026-04-01")
    assert (told["due_on"], told["missing"]) == (d("2026-04-27"), ["review_interval"])
    assert only(council({"meetings": held}), "cumbria", "review", "2026-04-01")["missing"] == []


def test_a_shorter_interval_counts_and_what_a_review_agrees_is_for_the_next_one() -> None:
    meetings = [meeting("initial", "2026-03-02"), meeting("review", "2026-04-20")]
    made = council({"meetings": meetings, "facts": [fact("review_interval", "4 weeks", "2026-04-20")]})
    assert only(made, "cumbria", "review", "2026-05-01", 0)["due_on"] == d("2026-04-27")
    assert only(made, "cumbria", "review", "2026-05-01", 1)["due_on"] == d("2026-05-18")


def test_an_extension_recorded_after_the_limit_does_not_mend_the_breach() -> None:
    held = [meeting("initial", "2026-03-02")]
    for since, due in (("2026-04-27", "2026-05-25"), ("2026-04-28", "2026-04-27")):
        made = council({"meetings": held, "facts": [fact("exceptional_circumstances", "yes", since)]}, review_interval="12 weeks")
        assert only(made, "cumbria", "review", "2026-05-10")["due_on"] == d(due)


def test_norfolk_gives_twelve_weeks_to_a_disabled_child_with_a_stable_plan_and_names_what_could_change_that() -> None:
    held = [meeting("review", "2026-03-02")]  # 6 weeks: Monday 13 April; 12 weeks: Monday 25 May
    both = [fact("disabled", "yes"), fact("stable_long_term_plan", "yes")]
    told = only(council({"meetings": held, "facts": both}), "norfolk", "review", "2026-04-01")
    assert (told["due_on"], told["missing"]) == (d("2026-05-25"), [])
    told = only(council({"meetings": held}), "norfolk", "review", "2026-04-01")
    assert (told["due_on"], told["missing"]) == (d("2026-04-13"), ["disabled", "stable_long_term_plan"])
    told = only(council({"meetings": held, "facts": [fact("disabled", "no")]}), "norfolk", "review", "2026-04-01")
    assert told["missing"] == []
    told = only(council({"meetings": held}, review_interval="8 weeks"), "norfolk", "review", "2026-04-01")
    assert told["missing"] == ["disabled", "exceptional_circumstances", "stable_long_term_plan"]


def test_two_facts_of_one_day_that_contradict_each_other_are_unknown() -> None:
    facts = [fact("disabled", "yes", "2026-01-05"), fact("disabled", "no", "2026-01-05"), fact("stable_long_term_plan", "yes")]
    told = only(council({"meetings": [meeting("review", "2026-03-02")], "facts": facts}), "norfolk", "review", "2026-04-01")
    assert (told["due_on"], told["missing"]) == (d("2026-04-13"), ["disabled"])


def test_a_closing_meeting_meets_a_review_but_starts_none() -> None:
    made = council({"meetings": [meeting("review", "2026-03-02"), meeting("closing", "2026-04-01")]})
    reviews = [o for o in evaluate(made, "cumbria", d("2026-05-01")) if o["duty"] == "review"]
    assert [(o["started_on"], o["met_on"]) for o in reviews] == [(d("2026-03-02"), d("2026-04-01"))]


def test_a_meeting_of_the_same_day_does_not_meet_a_review() -> None:
    made = council({"meetings": [meeting("initial", "2026-03-02"), meeting("review", "2026-03-02")]})
    assert [o["standing"] for o in evaluate(made, "psw-brief-2020", MONDAY) if o["duty"] == "review"] == ["upcoming"] * 2


def test_visits_start_from_the_plan_and_from_each_visit_on_which_the_child_was_seen() -> None:
    visits = [
        {"visit_ref": "V0", "visited_on": d("2026-02-20"), "child_seen": "yes"},
        {"visit_ref": "V1", "visited_on": d("2026-03-10"), "child_seen": "no"},
        {"visit_ref": "V2", "visited_on": d("2026-03-17"), "child_seen": None},
    ]
    made = council({"events": [event("plan_agreed", "2026-03-02")], "visits": visits}, visit_interval="10 working days")
    found = [o for o in evaluate(made, "cumbria", d("2026-03-20")) if o["duty"] == "visit"]
    assert [(o["started_on"], o["due_on"], o["standing"]) for o in found] == [
        (d("2026-03-02"), d("2026-03-16"), "met_late"),
        (d("2026-03-17"), d("2026-03-31"), "upcoming"),
    ]


def test_a_visit_with_no_interval_is_unknown_and_names_it() -> None:
    made = council({"events": [event("plan_agreed", "2026-03-02")]})
    told = only(made, "norfolk", "monitoring_visit", "2026-03-20")
    assert (told["standing"], told["due_on"], told["missing"]) == ("unknown", None, ["visit_interval"])
    made["cin_facts"] = [{"case_ref": "C1", **fact("visit_interval", "4 weeks", "2026-03-12")}]
    assert only(made, "norfolk", "monitoring_visit", "2026-03-20")["due_on"] == d("2026-03-30")


def test_closing_ends_a_duty_and_keeps_its_lateness_but_a_record_still_has_to_be_shared() -> None:
    made = council({"meetings": [meeting("review", "2026-01-05")]}, closed_on=d("2026-03-04"))  # 8 weeks: Monday 2 March
    told = only(made, "cumbria", "review", "2026-06-01", closed=True)
    assert (told["standing"], told["ended_on"], told["working_days_late"]) == ("ended", d("2026-03-04"), 2)
    assert none(made, "cumbria", "review", "2026-06-01")
    assert only(made, "cumbria", "record_shared", "2026-06-01")["standing"] == "overdue"
    assert only(made, "cumbria", "review", "2026-03-03")["standing"] == "overdue"


def test_a_child_protection_plan_ends_a_duty_and_nothing_starts_while_it_lasts() -> None:
    facts = [fact("child_protection_plan", "yes", "2026-03-10", "2026-04-10")]
    for day, listed in (("2026-03-09", 1), ("2026-03-10", 0), ("2026-04-10", 0), ("2026-04-11", 1)):
        made = council({"events": [event("plan_agreed", day)], "facts": facts})
        assert len([o for o in evaluate(made, "cumbria", d("2026-04-20")) if o["duty"] == "initial_meeting"]) == listed
    meetings = [meeting("initial", "2026-03-10")]
    made = council({"events": [event("plan_agreed", "2026-03-09")], "facts": facts, "meetings": meetings})
    assert only(made, "cumbria", "initial_meeting", "2026-04-20")["standing"] == "met"
    made["cin_meetings"][0]["held_on"] = d("2026-03-11")
    told = only(made, "cumbria", "initial_meeting", "2026-04-20")
    assert (told["standing"], told["ended_on"], told["met_on"]) == ("ended", d("2026-03-10"), None)


def test_an_action_with_no_agreement_day_ends_with_a_period_in_force_on_its_due_day() -> None:
    actions = [{"action_ref": "A1", "due_on": d("2026-03-20")}]
    for until, standing in (("2026-03-19", "overdue"), ("2026-03-20", "ended")):
        made = council({"actions": actions, "facts": [fact("looked_after", "yes", "2026-03-01", until)]})
        assert only(made, "norfolk", "action", "2026-04-01")["standing"] == standing
    made = council({"actions": actions, "facts": [fact("looked_after", "yes", None, "2026-03-20")]})
    assert only(made, "norfolk", "action", "2026-04-01")["ended_on"] == d("2026-03-20")


def test_an_action_with_no_due_day_is_unknown_until_completed() -> None:
    made = council({"actions": [{"action_ref": "A1", "agreed_on": MONDAY, "completed_on": d("2026-03-05")}]})
    assert only(made, "salford", "action", "2026-03-04")["standing"] == "unknown"
    told = only(made, "salford", "action", "2026-03-05")
    assert (told["standing"], told["missing"]) == ("met", ["due_on"])


def test_a_harm_outcome_and_a_harm_event_of_one_meeting_are_one_start() -> None:
    review = meeting("review", "2026-03-02", outcome="harm")
    made = council({"meetings": [review], "events": [event("harm_identified", "2026-03-03", review["meeting_ref"])]})
    found = [o for o in evaluate(made, "cumbria", d("2026-03-04")) if o["duty"] == "harm_response"]
    assert [(o["started_on"], o["due_on"], o["standing"]) for o in found] == [(MONDAY, d("2026-03-03"), "overdue")]


def test_a_coordinator_allocated_before_the_start_counts_unless_the_role_had_ended() -> None:
    events = [event("supervision_order_made", "2026-03-02")]
    role = {"role": "cin_coordinator", "person_ref": "P1", "from_on": d("2026-01-05")}
    for until, met_on in ((None, MONDAY), (MONDAY, MONDAY), (d("2026-03-01"), None)):
        made = council({"events": events, "roles": [{**role, "until_on": until}]})
        assert only(made, "salford", "coordinator_for_complexity", "2026-03-05")["met_on"] == met_on


def test_the_twelve_month_consultation_is_not_asked_of_long_term_support() -> None:
    events = [event("plan_agreed", "2026-03-02")]
    told = only(council({"events": events}), "salford", "twelve_month_consultation", "2026-03-05")
    assert (told["due_on"], told["missing"]) == (d("2027-03-02"), ["complex", "long_term_support"])
    made = council({"events": events, "facts": [fact("long_term_support", "yes")]})
    assert none(made, "salford", "twelve_month_consultation", "2026-03-05")


def test_the_final_review_looks_back_fifty_six_days() -> None:
    for held, standing in (("2026-01-05", "met"), ("2026-01-04", "overdue")):  # 2 March less 56 days is 5 January
        made = council({"meetings": [meeting("review", held)]}, closed_on=MONDAY)
        assert only(made, "psw-brief-2020", "final_review", "2026-03-03", closed=True)["standing"] == standing


def test_the_assessment_is_due_the_working_day_before_the_meeting() -> None:
    booked = meeting("initial", None, scheduled=d("2026-04-07"), booked_on=None)  # Tuesday after Easter; Thursday 2 April
    told = only(council({"meetings": [booked]}), "specialist-childrens-services", "assessment_seen", "2026-03-05")
    assert (told["started_on"], told["due_on"], told["missing"]) == (None, d("2026-04-02"), ["assessment_sharing_agreed"])


def test_first_and_further_reviews_have_their_own_figures() -> None:
    made = council({"meetings": [meeting("initial", "2026-03-02"), meeting("review", "2026-06-02")]})
    first = only(made, "specialist-childrens-services", "first_review", "2026-06-10")
    assert (first["due_on"], first["standing"]) == (d("2026-06-02"), "met")
    assert only(made, "specialist-childrens-services", "further_review", "2026-06-10")["due_on"] == d("2026-12-02")


def test_a_review_with_an_action_overdue_that_day_starts_one_threshold_discussion() -> None:
    actions = [{"action_ref": f"A{n}", "due_on": d("2026-03-01"), "completed_on": d("2026-03-03")} for n in (1, 2)]
    made = council({"meetings": [meeting("review", "2026-03-02")], "actions": actions})
    assert only(made, "psw-brief-2020", "threshold_discussion", "2026-03-05")["started_on"] == MONDAY
    for action in made["cin_actions"]:
        action["completed_on"] = MONDAY
    assert none(made, "psw-brief-2020", "threshold_discussion", "2026-03-05")


def test_consent_refused_as_a_fact_and_as_an_event_of_that_day_is_one_start() -> None:
    facts = [fact("consent", "refused", "2026-03-02")]
    made = council({"facts": facts, "events": [event("consent_refused", "2026-03-02")]})
    assert len([o for o in evaluate(made, "psw-brief-2020", MONDAY) if o["duty"] == "consent_decision"]) == 1
    assert only(council({"facts": facts}), "psw-brief-2020", "consent_decision", "2026-03-03")["due_on"] == d("2026-03-03")


def test_a_transfer_not_accepted_in_the_councils_figure_is_a_dispute() -> None:
    transfer = {"transfer_ref": "T1", "direction": "out", "known_on": MONDAY, "notified_on": MONDAY}
    told = only(council({"transfers": [transfer]}), "norfolk", "transfer_dispute", "2026-03-09")
    assert (told["started_on"], told["due_on"]) == (d("2026-03-09"), d("2026-03-10"))
    assert none(council({"transfers": [transfer]}), "norfolk", "transfer_dispute", "2026-03-08")
    accepted = transfer | {"accepted_on": d("2026-03-09")}
    assert none(council({"transfers": [accepted]}), "norfolk", "transfer_dispute", "2026-03-20")


def test_the_next_review_date_meets_its_duty_on_the_day_of_the_meeting() -> None:
    made = council({"meetings": [meeting("review", "2026-03-02", next_review_on=d("2026-05-01"))]})
    assert only(made, "norfolk", "review_date_agreed", "2026-03-05")["met_on"] == MONDAY
    made = council({"meetings": [meeting("review", "2026-03-02", outcome="close")]})
    assert none(made, "norfolk", "review_date_agreed", "2026-03-05")


def test_a_plan_type_that_the_procedure_does_not_cover_has_no_obligations() -> None:
    made = council({"events": [event("plan_agreed", "2026-03-02")]}, plan_type="family_support")
    assert evaluate(made, "cumbria", MONDAY) == []
    assert evaluate(made, "norfolk", MONDAY)


def test_a_derived_kind_in_the_events_counts_for_nothing() -> None:
    events = [event("plan_agreed", "2026-03-02"), event("initial_meeting_held", "2026-03-03"), event("case_closed", "2026-03-03")]
    assert only(council({"events": events}), "cumbria", "initial_meeting", "2026-03-05")["standing"] == "upcoming"


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_made_up_councils_reach_every_duty_and_every_standing(policy: str) -> None:
    made = make_council(7, 120, policy)
    assert made == make_council(7, 120, policy)
    found = [o for on in ("2026-03-18", "2026-09-30", "2027-01-04") for o in evaluate(made, policy, d(on), closed=True)]
    standings = {(o["duty"], o["standing"]) for o in found}
    assert {standing for _, standing in standings} == {"upcoming", "overdue", "met", "met_late", "ended", "unknown"}
    assert {duty for duty, _ in standings} == DUTIES[policy]


DUTIES = {
    "cumbria": set(
        words(
            "initial_meeting record_shared plan_shared review early_review oversight outcome_recorded closure_decision "
            "invitations action visit harm_response"
        )
    ),
    "salford": set(
        words(
            "initial_meeting review coordinator_for_complexity coordinator_after_six_months twelve_month_consultation "
            "supervision_order_decision invitations record_shared parents_agreement plan_shared early_review outcome_recorded "
            "reassessment closure_decision action visit harm_response"
        )
    ),
    "specialist-childrens-services": set(
        words("initial_meeting plan_shared first_review further_review early_review assessment_seen action harm_response")
    ),
    "psw-brief-2020": set(
        words(
            "initial_meeting review record_shared plan_shared plan_updated visit action threshold_discussion consent_decision "
            "step_down_date planning_meeting invitations final_review harm_response"
        )
    ),
    "norfolk": set(
        words(
            "initial_meeting review_date_agreed review plan_recorded plan_copies early_review transfer_in_meeting "
            "transfer_out_notice transfer_out_permission transfer_out_documents transfer_out_agencies transfer_dispute "
            "transfer_decision monitoring_visit invitations action harm_response"
        )
    ),
}
