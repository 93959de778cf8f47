"""How the last days went, and what is said of a silence."""

from __future__ import annotations

from datetime import date

import pytest

from cin_reminders.week import USUAL_AT_LEAST, DayDone, days_done, in_words, said_of_silence
from cin_reminders.working_days import make_calendar

CALENDAR = make_calendar(closure_days=[date(2026, 11, 19)])  # a Thursday
MONDAY, TUESDAY, WEDNESDAY, FRIDAY = (date(2026, 11, day) for day in (16, 17, 18, 20))
NEXT_MONDAY = date(2026, 11, 23)


def good(on: date, sent: int = 10) -> DayDone:
    return DayDone(on=on, outcome="good", sent=sent)


def test_weekends_and_days_on_which_the_council_is_closed_are_no_days_to_miss() -> None:
    days = days_done([], {}, MONDAY, NEXT_MONDAY, CALENDAR)

    assert [day.on for day in days] == [MONDAY, TUESDAY, WEDNESDAY, FRIDAY, NEXT_MONDAY]
    assert {day.outcome for day in days} == {None}


@pytest.mark.parametrize(
    "outcomes, best",
    [
        (["held", "good"], "good"),
        (["good", "held"], "good"),
        (["held", "failed"], "failed"),
        (["held", "held"], "held"),
        (["late", "held"], "held"),
        (["failed", "recorded"], "recorded"),
        (["recorded", "good"], "good"),
    ],
)
def test_a_day_is_as_good_as_the_best_of_its_runs(outcomes: list[str], best: str) -> None:
    (day,) = days_done([(MONDAY, outcome) for outcome in outcomes], {}, MONDAY, MONDAY, CALENDAR)

    assert day == DayDone(on=MONDAY, outcome=best)


def test_a_days_messages_are_those_that_have_gone_and_those_in_doubt() -> None:
    messages = {MONDAY: {"sent": 4, "planned": 8, "withdrawn": 16, "sending": 1, "uncertain": 2}, TUESDAY: {"sent": 32}}

    (day,) = days_done([(MONDAY, "good")], messages, MONDAY, MONDAY, CALENDAR)

    assert day == DayDone(on=MONDAY, outcome="good", sent=4, in_doubt=3)


def test_a_day_with_messages_and_no_run_on_record_had_one_that_was_broken_off() -> None:
    monday, tuesday = days_done([], {MONDAY: {"withdrawn": 1}}, MONDAY, TUESDAY, CALENDAR)

    assert (monday.outcome, tuesday.outcome) == ("broken off", None)


def test_a_run_of_another_day_changes_nothing() -> None:
    (day,) = days_done([(TUESDAY, "good")], {}, MONDAY, MONDAY, CALENDAR)

    assert day.outcome is None


SINCE_EVER = date.min
LATER = "What is still true goes with the next good run."


def test_days_without_a_run_are_named_together() -> None:
    said = said_of_silence([good(MONDAY), DayDone(on=TUESDAY), DayDone(on=WEDNESDAY), good(FRIDAY)], MONDAY)

    assert said == (f"Nothing was sent on Tue 17 Nov 2026 and Wed 18 Nov 2026: there was no run. {LATER}",)


@pytest.mark.parametrize("since, is_said", [(MONDAY, True), (TUESDAY, False)])
def test_a_day_is_spoken_of_where_it_lies_after_the_one_that_was_given(since: date, is_said: bool) -> None:
    assert bool(said_of_silence([good(MONDAY), DayDone(on=TUESDAY), good(WEDNESDAY)], since)) is is_said


@pytest.mark.parametrize(
    "outcome, why",
    [
        (None, "there was no run"),
        ("broken off", "the run was broken off"),
        ("held", "the run was held"),
        ("failed", "the run was not done whole"),
        ("late", "the run began when the day was over"),
    ],
)
def test_why_a_day_was_silent_is_said_by_how_its_run_went(outcome: str | None, why: str) -> None:
    said = said_of_silence([DayDone(on=MONDAY, outcome=outcome)], SINCE_EVER)

    assert said == (f"Nothing was sent on Mon 16 Nov 2026: {why}. {LATER}",)


def test_of_a_day_on_record_nothing_is_promised() -> None:
    said = said_of_silence([DayDone(on=MONDAY, outcome="recorded")], SINCE_EVER)

    assert said == ("Nothing was sent on Mon 16 Nov 2026: put on record, and nobody was told.",)


def test_days_that_were_silent_for_different_reasons_are_told_apart() -> None:
    said = said_of_silence([DayDone(on=MONDAY), DayDone(on=TUESDAY, outcome="held"), DayDone(on=WEDNESDAY)], SINCE_EVER)

    assert [one.partition(":")[0] for one in said] == [
        "Nothing was sent on Mon 16 Nov 2026 and Wed 18 Nov 2026",
        "Nothing was sent on Tue 17 Nov 2026",
    ]


@pytest.mark.parametrize("outcome", [None, "broken off", "held", "failed", "late", "recorded"])
@pytest.mark.parametrize("messages", [{"sent": 1}, {"in_doubt": 1}])
def test_a_day_on_which_somebody_was_told_or_may_have_been_is_no_silence(outcome: str | None, messages: dict[str, int]) -> None:
    assert said_of_silence([DayDone(on=MONDAY, outcome=outcome, **messages)], SINCE_EVER) == ()


def test_five_days_are_named_and_six_are_counted() -> None:
    days = [DayDone(on=date(2026, 11, day)) for day in (9, 10, 11, 12, 13, 16)]  # Monday to Monday

    assert "Fri 13 Nov 2026: there was no run" in said_of_silence(days[:5], SINCE_EVER)[0]
    assert "on 6 open days from Mon 9 Nov 2026 to Mon 16 Nov 2026: there" in said_of_silence(days, SINCE_EVER)[0]


def test_a_day_that_sends_nothing_is_odd_where_messages_are_usual_and_not_below() -> None:
    usual = [good(MONDAY, USUAL_AT_LEAST), good(TUESDAY, USUAL_AT_LEAST)]
    few = [good(MONDAY, USUAL_AT_LEAST - 1), good(TUESDAY, USUAL_AT_LEAST - 1)]

    assert said_of_silence([*usual, good(WEDNESDAY, 0)], TUESDAY) == (
        "Nothing was sent on Wed 18 Nov 2026, although 3 messages are usual.",
    )
    assert said_of_silence([*few, good(WEDNESDAY, 0)], TUESDAY) == ()
    assert said_of_silence([*usual, good(WEDNESDAY, 1)], TUESDAY) == ()


def test_odd_days_are_named_together_with_what_was_usual_before_the_first() -> None:
    days = [good(MONDAY, 9), good(TUESDAY, 5), good(WEDNESDAY, 0), good(FRIDAY, 0)]

    assert said_of_silence(days, SINCE_EVER) == (
        "Nothing was sent on Wed 18 Nov 2026 and Fri 20 Nov 2026, although 7 messages are usual.",
    )


@pytest.mark.parametrize("day, is_odd", [(2, True), (1, False)])  # Monday and Sunday, 14 and 15 days before
def test_what_is_usual_is_measured_by_the_two_weeks_before(day: int, is_odd: bool) -> None:
    assert bool(said_of_silence([good(date(2026, 11, day)), good(MONDAY, 0)], SINCE_EVER)) is is_odd


def test_a_day_without_a_good_run_says_nothing_of_what_is_usual() -> None:
    days = [DayDone(on=MONDAY, outcome="failed", sent=9), DayDone(on=TUESDAY, outcome="held", sent=9), good(WEDNESDAY, 0)]

    assert said_of_silence(days, SINCE_EVER) == ()


def test_a_first_day_has_nothing_to_be_measured_by() -> None:
    assert said_of_silence([good(MONDAY, 0)], SINCE_EVER) == ()


def test_each_day_is_said_in_a_few_words() -> None:
    days = [
        good(MONDAY, 1),
        DayDone(on=MONDAY, outcome="held"),
        DayDone(on=MONDAY, outcome="failed", sent=2, in_doubt=1),
        DayDone(on=MONDAY, outcome="broken off", sent=4),
        DayDone(on=MONDAY, outcome="late"),
        DayDone(on=MONDAY, outcome="recorded"),
        DayDone(on=MONDAY),
    ]

    assert [in_words(day) for day in days] == [
        "done, 1 message sent",
        "held, 0 messages sent",
        "not done whole, 2 messages sent, 1 in doubt",
        "broken off, 4 messages sent",
        "begun too late, 0 messages sent",
        "put on record, 0 messages sent",
        "no run",
    ]
