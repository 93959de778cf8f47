from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ladder_cases import (
    CALENDAR,
    DUE,
    EARLY,
    HEAD,
    LAST,
    OVERDUE,
    REPEATS,
    ROLES,
    SERVICE,
    STARTED,
    Book,
    at_once,
    case,
    directory,
    held_by,
    holds,
    meeting,
    notice,
    owed,
    person,
    reasons,
    recorded,
    told,
    with_rule,
)

from cin_reminders.case import Case
from cin_reminders.ladder import rungs
from cin_reminders.notice import Notice
from cin_reminders.notices import Decision, decide, still_entitled
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Stage
from cin_reminders.recipients import Directory

DAY = timedelta(days=1)
ESM, HOS = "escalate_service_manager", "escalate_head_of_service"
CASE = case()
ONE = owed(CASE)


def on(
    day: date,
    *before: Notice,
    about: Case = CASE,
    one: Obligation = ONE,
    people: Directory | None = None,
    notify_from: date | None = None,
) -> tuple[Decision, ...]:
    """What is decided about the first meeting, due Thursday 18 June, on a day."""
    return decide(about, one, before, directory=people or directory(), calendar=CALENDAR, on=day, notify_from=notify_from)


# ---- when a stage is reached


@pytest.mark.parametrize(
    "day, stage, before, people",
    [
        (EARLY, "early", (), {"lead"}),
        (LAST, "last", (notice("early", "lead"),), {"lead"}),
        (OVERDUE, "overdue", (notice("last", "lead"),), {"lead", "manager"}),
        (SERVICE, ESM, (notice("overdue", "lead"), notice("overdue", "manager")), {"service"}),
        (HEAD, HOS, (notice("overdue", "lead"), notice("overdue", "manager"), notice(ESM, "service")), {"head"}),
        (REPEATS[0], "repeat-1", (notice(HOS, "head"),), {"manager"}),
    ],
)
def test_each_stage_goes_on_its_day_to_its_people(day: date, stage: str, before: Sequence[Notice], people: set[str]) -> None:
    assert told(on(day, *before)) == {(stage, ref) for ref in people}


def test_a_stage_is_not_told_the_day_before_and_is_told_the_day_after() -> None:
    assert on(EARLY - DAY) == ()  # Wednesday
    assert told(on(EARLY)) == {("early", "lead")}  # Thursday
    assert told(on(EARLY + DAY)) == {("early", "lead")}  # Friday


def test_a_stage_told_is_not_told_again_and_the_next_waits_for_its_day() -> None:
    assert on(LAST - DAY, notice("early", "lead")) == ()  # Tuesday
    assert told(on(LAST, notice("early", "lead"))) == {("last", "lead")}  # Wednesday


def test_on_the_due_date_nothing_is_overdue() -> None:
    before = (notice("early", "lead"), notice("last", "lead"))
    assert on(DUE, *before) == ()  # Thursday
    assert told(on(OVERDUE, *before)) == {("overdue", "lead"), ("overdue", "manager")}  # Friday


def test_after_missed_days_the_latest_stage_goes_and_the_earlier_is_superseded() -> None:
    friday, wednesday = date(2026, 6, 12), date(2026, 6, 17)
    assert told(on(friday)) == {("early", "lead")}
    found = on(wednesday)
    assert told(found) == {("last", "lead")}
    assert recorded(found) == {"early": "superseded"}
    assert reasons(found)["early"] == "last was reached before it went"


def test_a_notice_says_its_true_date() -> None:
    [one] = [found.notice for found in on(HEAD + timedelta(days=40)) if found.notice.key.person_ref == "head"]
    assert (one.stage_on, one.due_on, one.urgency) == (HEAD, DUE, "escalation")


def test_a_notice_says_why_it_is_theirs() -> None:
    assert reasons(on(OVERDUE)) == {
        "lead": "you are the lead practitioner",
        "manager": "you are the team manager",
        "early": "overdue was reached before it went",
        "last": "overdue was reached before it went",
    }


# ---- a first run long after


def test_a_first_run_long_after_tells_the_head_of_service_and_copies_the_lower_roles() -> None:
    found = on(REPEATS[5] + timedelta(days=30))
    assert told(found) == {(HOS, ref) for ref in ("head", "service", "manager", "lead")}
    assert recorded(found) == {
        **dict.fromkeys(("early", "last", "overdue", ESM), "superseded"),
        **{f"repeat-{number}": "superseded" for number in range(1, 7)},
    }


def test_those_who_heard_of_the_breach_are_not_copied() -> None:
    found = on(HEAD, notice("overdue", "lead"), notice("overdue", "manager"))
    assert told(found) == {(HOS, "head"), (HOS, "service")}
    assert recorded(found) == {"early": "superseded", "last": "superseded", ESM: "superseded"}


def test_a_reminder_heard_is_not_a_breach_heard() -> None:
    assert (HOS, "lead") in told(on(HEAD, notice("early", "lead"), notice("last", "lead")))


def test_who_was_copied_once_is_not_copied_at_the_next_stage() -> None:
    book = Book()
    book.run(CASE, ONE, SERVICE)
    book.run(CASE, ONE, HEAD)
    assert book.told() == {(ESM, "service"), (ESM, "manager"), (ESM, "lead"), (HOS, "head")}


def test_a_copy_that_waited_a_day_still_goes() -> None:
    book = Book()
    book.run(CASE, ONE, HEAD, down=True)
    assert book.sent == []
    book.run(CASE, ONE, HEAD + DAY)
    assert book.told() == {(HOS, ref) for ref in ("head", "service", "manager", "lead")}


def test_a_copy_that_failed_for_good_goes_up() -> None:
    about = case(held_by(lead_practitioner="other"))
    book = Book()
    book.run(about, ONE, HEAD, failing={"head", "manager", "service", "other"})
    assert book.sent == []
    found = book.run(about, ONE, HEAD + DAY)
    assert told(found) == set()
    assert reasons(found)[HOS] == "the head of service could not be reached"


# ---- repeats


def test_the_team_manager_hears_every_5_working_days_at_most_6_times() -> None:
    book = Book()
    day = EARLY
    while day < REPEATS[5] + timedelta(days=60):
        book.run(CASE, ONE, day)
        day += DAY
    repeats = [(day, stage, ref) for day, stage, ref in book.sent if stage.startswith("repeat")]
    assert repeats == [(day, f"repeat-{number}", "manager") for number, day in enumerate(REPEATS, 1)]


def test_of_several_repeats_missed_the_latest_goes() -> None:
    found = on(REPEATS[2], notice(HOS, "head"), notice(ESM, "service"), notice("overdue", "manager"))
    assert told(found) == {("repeat-3", "manager")}
    assert recorded(found) == dict.fromkeys(("early", "last", "repeat-1", "repeat-2"), "superseded")


def test_a_repeat_never_supersedes_an_escalation() -> None:
    before = (notice("overdue", "lead"), notice("overdue", "manager"), notice(ESM, "service"))
    found = on(REPEATS[1], *before)
    assert (HOS, "head") in told(found)
    assert HOS not in recorded(found)


def test_a_repeat_goes_beside_an_escalation_that_others_hear() -> None:
    before = (notice("overdue", "lead"), notice("overdue", "manager"), notice(ESM, "service"))
    assert told(on(REPEATS[0], *before)) == {(HOS, "head"), ("repeat-1", "manager")}


def test_an_escalation_after_a_repeat_still_goes() -> None:
    before = (notice("overdue", "manager"), notice(ESM, "service"), notice("repeat-1", "manager"))
    assert told(on(REPEATS[0] + DAY, *before)) == {(HOS, "head")}


@pytest.mark.parametrize("gone", [("head_of_service",), ("head_of_service", "service_manager")], ids=" and ".join)
def test_repeats_go_on_where_an_escalation_has_nobody_to_hear_it(gone: tuple[str, ...]) -> None:
    about = case(held_by(**dict.fromkeys(gone)))
    book = Book()
    day = EARLY
    while day <= REPEATS[5]:
        book.run(about, ONE, day)
        day += DAY
    assert {stage for _, stage, ref in book.sent if ref == "manager"} == {"overdue", *(f"repeat-{n}" for n in range(1, 7))}
    assert book.recorded(HOS) == "no_recipient"


def test_repeats_go_on_where_an_escalation_failed_for_good() -> None:
    book = Book()
    day = EARLY
    while day <= REPEATS[5]:
        book.run(CASE, ONE, day, failing={"head"})
        day += DAY
    assert {f"repeat-{n}" for n in range(1, 7)} < {stage for _, stage, ref in book.sent if ref == "manager"}


# ---- stale, skipped, before the day the council wants


def test_a_reminder_5_working_days_stale_goes_and_one_6_working_days_stale_is_missed() -> None:
    far = with_rule(ONE, ladder=(Stage(stage="early", working_days_before=10, to=("first_told",)),))
    day = rungs(far, CALENDAR)[0].on
    assert day == date(2026, 6, 4)  # Thursday
    assert told(on(date(2026, 6, 11), one=far)) == {("early", "lead")}  # Thursday
    found = on(date(2026, 6, 12), one=far)  # Friday
    assert told(found) == set()
    assert recorded(found) == {"early": "missed"}
    assert reasons(found)["early"] == "6 working days had passed since its day, Thu 4 Jun 2026"


@pytest.mark.parametrize("outcome, is_told", [("held", True), ("put_off", True), ("over_the_cap", True), ("withdrawn", False)])
def test_a_reminder_that_was_made_to_wait_is_not_missed_for_it(outcome: str, is_told: bool) -> None:
    far = with_rule(ONE, ladder=(Stage(stage="early", working_days_before=10, to=("first_told",)),))
    found = on(date(2026, 6, 12), notice("early", "lead", outcome), one=far)  # Friday, 6 working days after its day
    assert told(found) == ({("early", "lead")} if is_told else set())


def test_an_escalation_is_never_too_stale() -> None:
    assert (HOS, "head") in told(on(date(2027, 6, 18)))


def test_a_reminder_that_somebody_heard_is_not_missed_however_long_another_is_owed_it() -> None:
    far = with_rule(ONE, ladder=(Stage(stage="early", working_days_before=10, to=("first_told", "team_manager")),))
    before = (notice("early", "lead"), notice("early", "manager", "withdrawn"))
    assert told(on(date(2026, 6, 11), *before, one=far)) == {("early", "manager")}  # Thursday
    assert on(date(2026, 6, 12), *before, one=far) == ()  # Friday


def test_a_stage_on_the_day_the_clock_started_is_skipped_and_one_on_the_next_day_goes() -> None:
    assert recorded(on(EARLY, one=owed(CASE, started_on=EARLY))) == {"early": "skipped"}
    assert told(on(EARLY, one=owed(CASE, started_on=EARLY - DAY))) == {("early", "lead")}


def test_a_stage_before_the_day_the_council_wants_is_closed_and_one_on_that_day_goes() -> None:
    assert told(on(EARLY, notify_from=EARLY)) == {("early", "lead")}
    found = on(EARLY, notify_from=EARLY + DAY)
    assert told(found) == set()
    assert recorded(found) == {"early": "before_notify_from"}


def test_who_would_have_heard_before_the_day_the_council_wants_is_copied_when_a_higher_stage_goes() -> None:
    found = on(HEAD, notify_from=HEAD)
    assert told(found) == {(HOS, "head"), (HOS, "lead"), (HOS, "manager"), (HOS, "service")}
    assert recorded(found) == dict.fromkeys(("early", "last", "overdue", ESM), "before_notify_from")


def test_where_escalations_lie_before_that_day_the_repeats_go() -> None:
    assert told(on(REPEATS[0], notify_from=REPEATS[0])) == {("repeat-1", "manager")}


def test_a_day_the_council_wants_put_forward_later_keeps_silent_about_what_it_closed() -> None:
    assert on(SERVICE, *(notice(stage, outcome="before_notify_from") for stage in ("early", "last", "overdue", ESM))) == ()


def test_a_duty_with_no_due_date_tells_nobody() -> None:
    assert on(HEAD, one=owed(CASE, due_on=None)) == ()


def test_a_due_date_past_the_calendar_tells_nobody() -> None:
    assert on(HEAD, one=owed(CASE, due_on=CALENDAR.last + DAY)) == ()


# ---- silence


@pytest.mark.parametrize(
    "settled", [{"met_on": OVERDUE}, {"ended_on": OVERDUE, "ended_why": "the case closed"}], ids=["met", "ended"]
)
def test_a_settled_duty_is_silent(settled: dict[str, object]) -> None:
    assert on(HEAD, one=replace(ONE, **settled)) == ()  # type: ignore[arg-type]


def test_a_higher_stage_told_mutes_the_lower() -> None:
    assert told(on(HEAD, notice(HOS, "head"))) == set()


def test_a_moved_date_never_repeats_a_notice() -> None:
    later = owed(CASE, due_on=DUE + timedelta(weeks=4))
    before = (notice("early", "lead"), notice("last", "lead"), notice("overdue", "lead"), notice("overdue", "manager"))
    day = EARLY
    found = set()
    while day <= DUE + timedelta(weeks=5):
        found |= told(on(day, *before, one=later))
        day += DAY
    assert found == {(ESM, "service")}


# ---- failed, withdrawn


def test_a_notice_that_failed_goes_to_the_next_role_up() -> None:
    found = on(OVERDUE + DAY, notice("overdue", "lead"), notice("overdue", "manager", "failed"), notice("last", "lead"))
    assert reasons(found)["service"] == "you are the service manager, and the team manager could not be reached"
    assert told(found) == {("overdue", "service")}


def test_a_failed_notice_told_in_another_role_is_done_with() -> None:
    before = (notice("overdue", "lead"), notice("overdue", "manager", "failed"), notice("overdue", "service"))
    assert told(on(OVERDUE + DAY, *before)) == set()
    assert "overdue" not in recorded(on(SERVICE, *before))


def test_a_withdrawn_notice_is_told_again() -> None:
    before = (notice("overdue", "lead"), notice("overdue", "manager", "withdrawn"))
    assert told(on(OVERDUE + DAY, *before)) == {("overdue", "manager")}


def test_a_notice_in_a_message_that_waits_is_not_planned_again() -> None:
    assert told(on(OVERDUE, notice("overdue", "lead", "planned"), notice("overdue", "manager", "planned"))) == set()


def test_a_withdrawn_notice_is_not_told_after_a_higher_stage() -> None:
    before = (notice("overdue", "lead"), notice("overdue", "manager", "withdrawn"), notice(ESM, "service"))
    assert told(on(SERVICE, *before)) == set()


def test_who_takes_a_role_over_hears_what_the_last_holder_was_not_told() -> None:
    before = (notice("overdue", "lead"), notice("overdue", "manager", "withdrawn"))
    assert told(on(OVERDUE + DAY, *before, about=case(held_by(team_manager="other")))) == {("overdue", "other")}


def test_who_takes_a_role_over_is_not_told_what_the_last_holder_was() -> None:
    before = (notice("overdue", "lead"), notice("overdue", "manager"))
    assert told(on(OVERDUE + DAY, *before, about=case(held_by(team_manager="other")))) == set()


# ---- who is told


def test_one_person_in_two_roles_gets_one_notice() -> None:
    about = case(held_by(team_manager="lead"))
    assert told(on(OVERDUE, about=about)) == {("overdue", "lead")}
    assert told(on(HEAD, about=case(held_by(**dict.fromkeys(ROLES, "lead"))))) == {(HOS, "lead")}


def test_two_holders_of_a_role_are_both_told() -> None:
    about = case((*held_by(team_manager=None), holds("team_manager", "manager"), holds("team_manager", "other")))
    assert told(on(OVERDUE, about=about)) == {("overdue", "lead"), ("overdue", "manager"), ("overdue", "other")}


def test_where_a_vacant_role_goes_up_to_somebody_told_already_they_get_one_notice() -> None:
    assert told(on(OVERDUE, about=case(held_by(lead_practitioner=None)))) == {("overdue", "manager")}


def test_nobody_at_all_is_recorded_and_tried_again_the_next_day() -> None:
    nobody = case(())
    book = Book()
    found = book.run(nobody, ONE, EARLY)
    assert recorded(found) == {"early": "no_recipient"}
    assert reasons(found)["early"] == (
        "no lead practitioner is recorded; no team manager is recorded; no service manager is recorded; "
        "no head of service is recorded"
    )
    assert recorded(book.run(nobody, ONE, EARLY + DAY)) == {"early": "no_recipient"}
    book.run(CASE, ONE, EARLY + 2 * DAY)
    assert book.told() == {("early", "lead")}
    assert told(book.run(CASE, ONE, EARLY + 3 * DAY)) == set()


def test_a_head_of_service_who_is_not_there_is_recorded_though_the_lower_roles_are_copied() -> None:
    vacant = case(held_by(head_of_service=None))
    book = Book()
    found = book.run(vacant, ONE, HEAD)
    assert told(found) == {(HOS, ref) for ref in ("service", "manager", "lead")}
    assert recorded(found)[HOS] == "no_recipient"
    book.run(CASE, ONE, HEAD + DAY)
    assert (HOS, "head") in book.told()


def test_a_reminder_goes_also_to_the_chair_of_the_next_booked_meeting() -> None:
    about = case(meetings=(meeting("initial", scheduled=DUE, chair_ref="chair"),))
    assert told(on(EARLY, about=about)) == {("early", "lead"), ("early", "chair")}
    assert (HOS, "chair") not in told(on(HEAD, about=about))


@pytest.mark.parametrize("chair", [None, "chair"], ids=["none", "who has left"])
def test_where_the_next_meeting_has_no_chair_to_tell_nobody_takes_that_place(chair: str | None) -> None:
    about = case(meetings=(meeting("initial", scheduled=DUE, chair_ref=chair),))
    people = directory(person("chair", active_until=STARTED))
    found = on(EARLY, about=about, people=people)
    assert told(found) == {("early", "lead")}
    assert recorded(found) == {}


def test_a_chair_who_is_away_is_stood_in_for() -> None:
    about = case(meetings=(meeting("initial", scheduled=DUE, chair_ref="chair"),))
    people = directory(person("chair", away_from=EARLY, deputy_ref="deputy"))
    assert told(on(EARLY, about=about, people=people)) == {("early", "lead"), ("early", "deputy")}


def test_cumbrias_record_goes_up_where_no_chair_is_recorded_and_the_reason_is_said() -> None:
    about = case(meetings=(meeting("initial", held_on=STARTED),))
    found = on(EARLY, about=about, one=owed(about, "record_shared"))
    assert reasons(found) == {"lead": "you are the lead practitioner, and no chair is recorded"}


def test_where_the_chair_is_told_for_want_of_a_coordinator_a_vacant_chair_goes_up() -> None:
    about = case(meetings=(meeting("initial", held_on=STARTED),))
    one = with_rule(owed(about, "record_shared"), first_told={"first_of": ["cin_coordinator", "chair"]})
    assert reasons(on(EARLY, about=about, one=one)) == {"lead": "you are the lead practitioner, and no chair is recorded"}


def test_salfords_consultation_is_copied_to_two_managers() -> None:
    about = case(held_by(practice_manager="practice", safeguarding_service_manager="safeguarding"))
    one = owed(about, "twelve_month_consultation", policy="salford")
    assert told(on(EARLY, about=about, one=one)) == {("early", "lead"), ("early", "practice"), ("early", "safeguarding")}


# ---- duties of one working day


def test_harm_seen_after_a_weekend_reaches_the_two_managers_and_the_head_of_service() -> None:
    harm = at_once(owed(CASE, started_on=date(2026, 6, 12), due_on=date(2026, 6, 15)))  # Friday, Monday
    assert told(on(date(2026, 6, 12), one=harm)) == {("at_once", "manager"), ("at_once", "service")}
    assert told(on(date(2026, 6, 15), one=harm)) == {("next_day", ref) for ref in ("head", "manager", "service")}


def test_harm_recorded_weeks_late_is_told_all_the_same() -> None:
    harm = at_once(owed(CASE, started_on=date(2026, 6, 12), due_on=date(2026, 6, 15)))  # Friday, Monday
    found = on(date(2026, 7, 31), one=harm)
    assert told(found) == {("next_day", ref) for ref in ("head", "manager", "service")}
    assert {one.notice.urgency for one in found} == {"escalation"}


# ---- at the moment of sending


def planned(ref: str = "manager", role: str = "team_manager", stage: str = "overdue") -> Notice:
    return notice(stage, ref, "planned", role=role)


def entitled(
    one: Obligation | None = ONE, *, about: Case | None = CASE, people: Directory | None = None, of: Notice | None = None
) -> str | None:
    return still_entitled(of or planned(), about, one, people or directory(), OVERDUE)


def test_what_is_still_true_may_go() -> None:
    assert entitled() is None


@pytest.mark.parametrize(
    "one, why",
    [
        (None, "no longer in the records"),
        (replace(ONE, met_on=OVERDUE), "met meanwhile"),
        (replace(ONE, ended_on=OVERDUE, ended_why="the case closed"), "ended: the case closed"),
        (owed(CASE, due_on=OVERDUE), "no longer late: its date has changed"),
        (owed(CASE, due_on=None), "no longer late: its date has changed"),
        (owed(CASE, due_on=DUE - DAY), None),
    ],
    ids=["gone", "met", "ended", "due later", "no date", "due earlier"],
)
def test_what_is_no_longer_true_does_not_go(one: Obligation | None, why: str | None) -> None:
    assert entitled(one) == why


def test_a_reminder_of_a_date_put_later_may_go() -> None:
    of = planned("lead", "lead_practitioner", "last")
    assert still_entitled(of, CASE, owed(CASE, due_on=DUE + DAY), directory(), LAST) is None


@pytest.mark.parametrize(
    "changed, why",
    [
        ({"contact": "no"}, "the person must not be contacted"),
        ({"active_until": DUE}, "the person has left"),
        ({"away_from": OVERDUE}, "the person is away"),
        ({"email": None}, "the person has no e-mail address"),
    ],
)
def test_who_may_no_longer_be_told_is_not(changed: dict[str, object], why: str) -> None:
    assert entitled(people=directory(person("manager", **changed))) == why


def test_who_no_longer_holds_the_role_is_not_told() -> None:
    assert entitled(about=case(held_by(team_manager="other"))) == "the person no longer holds the role"


@pytest.mark.parametrize(
    "stood_in_for",
    [{"away_from": OVERDUE, "deputy_ref": "deputy"}, {"contact": "via", "contact_via_ref": "deputy"}],
    ids=["deputy", "via"],
)
def test_who_stands_in_may_be_told_only_while_standing_in(stood_in_for: dict[str, object]) -> None:
    assert entitled(of=planned("deputy"), people=directory(person("manager", **stood_in_for))) is None
    assert entitled(of=planned("deputy")) == "the person no longer holds the role"


@pytest.mark.parametrize(
    "stood_in_for",
    [{"away_from": OVERDUE, "deputy_ref": "deputy"}, {"contact": "via", "contact_via_ref": "deputy"}],
    ids=["deputy", "via"],
)
def test_who_stands_in_and_may_no_longer_see_the_case_is_not_told(stood_in_for: dict[str, object]) -> None:
    absent = person("manager", **stood_in_for)
    coordinating = case((*held_by(), holds("cin_coordinator", "deputy", None, OVERDUE)))
    handed_over = case((*held_by(), holds("cin_coordinator", "deputy", None, OVERDUE - DAY)))
    people = directory(absent, colleagues=())
    assert entitled(of=planned("deputy"), about=coordinating, people=people) is None
    assert entitled(of=planned("deputy"), about=handed_over, people=people) == "the person no longer holds the role"


def test_every_notice_decided_may_go_the_moment_it_is_decided() -> None:
    about = case(held_by(cin_coordinator="coordinator", service_manager=None))
    people = directory(person("manager", away_from=STARTED, deputy_ref="deputy"), person("lead", email=None))
    for day in (EARLY, LAST, OVERDUE, SERVICE, HEAD, *REPEATS):
        for one in on(day, about=about, people=people):
            if one.recipient:
                assert still_entitled(one.notice, about, ONE, people, day) is None


# ---- run after run

DAYS = st.dates(date(2026, 1, 5), date(2028, 1, 31))
GAPS = st.lists(st.integers(0, 30), min_size=1, max_size=12)
VACANT = st.sets(st.sampled_from(("lead_practitioner", "team_manager", "service_manager", "head_of_service")), max_size=4)


@settings(max_examples=150, deadline=None)
@given(due_on=DAYS, begins=st.integers(-15, 90), gaps=GAPS, vacant=VACANT, down=st.integers(0, 12))
def test_whatever_days_are_missed_each_breach_is_told_once_and_stages_only_move_forward(
    due_on: date, begins: int, gaps: list[int], vacant: set[str], down: int
) -> None:
    about = case(held_by(**dict.fromkeys(vacant)))
    one = owed(about, due_on=due_on, started_on=due_on - timedelta(days=60))
    order = [rung.name for rung in rungs(one, CALENDAR)]
    breach = next(rung.on for rung in rungs(one, CALENDAR) if rung.name == "overdue")
    book, day = Book(), due_on + timedelta(days=begins)
    for number, gap in enumerate(gaps):
        is_down = number == down
        before = len(book.sent)
        book.run(about, one, day, down=is_down)
        again = book.run(about, one, day, down=is_down)
        # A second run of the day adds nothing: Book refuses to record a notice twice.
        assert is_down or told(again) == set()
        if not is_down and day >= breach:
            heard = {stage for _, stage, _ in book.sent if stage.startswith(("overdue", "escalate", "repeat"))}
            everybody_gone = len(vacant) == 4
            assert heard or everybody_gone
            assert everybody_gone or all(stage in order for _, stage, _ in book.sent[before:])
        day += timedelta(days=gap)
    assert len(book.told()) == len(book.sent)
    for ref in {ref for _, _, ref in book.sent}:
        theirs = [order.index(stage) for _, stage, person_ref in book.sent if person_ref == ref]
        assert theirs == sorted(theirs)


@settings(max_examples=60, deadline=None)
@given(
    due_on=DAYS, begins=st.integers(0, 60), failing=st.sets(st.sampled_from(("lead", "manager", "service", "head")), max_size=3)
)
def test_whoever_a_message_fails_for_a_breach_climbs_one_role_a_run_until_somebody_is_told(
    due_on: date, begins: int, failing: set[str]
) -> None:
    one = owed(CASE, due_on=due_on, started_on=due_on - timedelta(days=60))
    overdue = next(rung.on for rung in rungs(one, CALENDAR) if rung.name == "overdue")
    book = Book()
    for number in range(1 + len(failing)):
        book.run(CASE, one, overdue + timedelta(days=begins + number), failing=failing)
    assert any(stage.startswith(("overdue", "escalate", "repeat")) for _, stage, _ in book.sent)
