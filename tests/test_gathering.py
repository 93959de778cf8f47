"""`reminders: gathered`: what goes in a message that its person gets anyway, what waits for one, and what never waits."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import small_council as small
from ladder_cases import (
    CALENDAR,
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    case,
    directory,
    meeting,
    notice,
    owed,
    person,
    told,
    with_rule,
)

import cin_reminders
from cin_reminders.corrections import corrections
from cin_reminders.gathering import brought_forward, days_heard, kept_for_company
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.notices import Decision, decide, untold
from cin_reminders.obligations import Obligation
from cin_reminders.policy import Stage
from cin_reminders.recipients import Directory

MONDAY, TUESDAY, WEDNESDAY = date(2026, 6, 8), date(2026, 6, 9), date(2026, 6, 10)  # of the week of EARLY, a Thursday
FRIDAY, SATURDAY = date(2026, 6, 12), date(2026, 6, 13)
NEXT_MONDAY, NEXT_TUESDAY = date(2026, 6, 15), date(2026, 6, 16)  # of the week of LAST, a Wednesday
OTHER: DutyKey = ("C9", "review", "M9")  # what somebody was told of another case

Before = dict[DutyKey, list[Notice]]


def was_told(*days: date, ref: str = "lead", outcome: str = "told") -> Before:
    """A ledger in which somebody was told something of another case on these days."""
    found = []
    for number, day in enumerate(days):
        known = notice(f"repeat-{number}", ref, outcome, told_on=day)
        found.append(replace(known, key=replace(known.key, case_ref="C9", subject="review", start_ref="M9")))
    return {OTHER: found}


def due(on: date, one: Obligation | None = None, before: Iterable[Notice] = ()) -> list[Decision]:
    """What the ladder asks for on a day of a duty due on Thursday 18 June."""
    return list(decide(case(), one or owed(case()), tuple(before), directory=directory(), calendar=CALENDAR, on=on))


def another(on: date, ref: str = "lead") -> Decision:
    """Something else that a person hears on a day and that cannot wait: a breach of another case."""
    key = replace(notice("overdue").key, case_ref="C9", subject="review", start_ref="M9", person_ref=ref)
    (one,) = [one for one in due(OVERDUE) if one.notice.key.person_ref == "lead"]
    return replace(one, notice=replace(one.notice, key=key, stage_on=on))


def waiting(found: Iterable[Decision]) -> dict[tuple[str, str], str]:
    """What is put off, by stage and person, and why."""
    return {
        (one.notice.key.stage, one.notice.key.person_ref): one.notice.reason for one in found if one.notice.outcome == "put_off"
    }


# ---- what waits for company


def test_a_first_reminder_waits_where_its_person_heard_something_this_week() -> None:
    found = kept_for_company(due(EARLY), was_told(MONDAY), EARLY)

    assert told(found) == set()
    assert waiting(found) == {
        ("early", "lead"): "the person was told something on 1 day of this week already; goes with the next message"
    }


def test_a_first_reminder_goes_where_its_person_last_heard_something_last_week() -> None:
    assert told(kept_for_company(due(EARLY), was_told(MONDAY - timedelta(days=1)), EARLY)) == {("early", "lead")}


@pytest.mark.parametrize("heard_on, goes", [(WEDNESDAY, False), (EARLY, True)])
def test_what_was_heard_earlier_today_is_no_earlier_day(heard_on: date, goes: bool) -> None:
    assert bool(told(kept_for_company(due(EARLY), was_told(heard_on), EARLY))) is goes


def test_the_days_are_counted_and_not_the_notices() -> None:
    heard = was_told(MONDAY, MONDAY, TUESDAY)

    assert days_heard(heard, EARLY) == {"lead": 2}
    assert "on 2 days of this week already" in str(waiting(kept_for_company(due(EARLY), heard, EARLY)))


@pytest.mark.parametrize("outcome", ["planned", "put_off", "withdrawn", "failed", "over_the_cap"])
def test_what_did_not_reach_a_person_was_not_heard(outcome: str) -> None:
    assert told(kept_for_company(due(EARLY), was_told(MONDAY, outcome=outcome), EARLY)) == {("early", "lead")}


def test_one_persons_week_is_nobody_elses() -> None:
    both = [*due(EARLY), *(replace(one, notice=replace(one.notice, key=notice("early", "chair").key)) for one in due(EARLY))]

    assert told(kept_for_company(both, was_told(MONDAY, ref="chair"), EARLY)) == {("early", "lead")}


def test_a_first_reminder_goes_with_anything_that_cannot_wait() -> None:
    assert ("early", "lead") in told(kept_for_company([*due(EARLY), another(EARLY)], was_told(MONDAY), EARLY))


def test_what_another_person_hears_is_no_company() -> None:
    found = kept_for_company([*due(EARLY), another(EARLY, "manager")], was_told(MONDAY), EARLY)

    assert told(found) == {("overdue", "manager")}


def test_what_waits_goes_on_the_first_day_of_the_next_week_however_alone() -> None:
    heard = was_told(MONDAY, EARLY)
    kept = [one.notice for one in kept_for_company(due(EARLY), heard, EARLY)]
    still = [one.notice for one in kept_for_company(due(FRIDAY, before=kept), heard, FRIDAY)]

    assert [one.outcome for one in (*kept, *still)] == ["put_off", "put_off"]
    assert told(kept_for_company(due(NEXT_MONDAY, before=still), heard, NEXT_MONDAY)) == {("early", "lead")}


@pytest.mark.parametrize(
    "heard_on, goes",
    [
        (date(2026, 8, 28), True),  # Friday, before the bank holiday on Monday 31 August
        (date(2026, 8, 31), False),  # the bank holiday itself, should anybody have been told something on it
    ],
)
def test_the_week_begins_on_its_first_working_day(heard_on: date, goes: bool) -> None:
    on = date(2026, 9, 1)  # Tuesday
    one = owed(case(), due_on=date(2026, 9, 8))  # Tuesday

    assert bool(told(kept_for_company(due(on, one), was_told(heard_on), on))) is goes


def test_an_all_clear_waits_and_a_changed_date_does_not() -> None:
    of_a_breach = [notice("overdue", "lead", told_on=MONDAY, stage_on=MONDAY, due_on=date(2026, 6, 5), role="lead_practitioner")]
    one = owed(case(), due_on=date(2026, 6, 5))  # Friday
    done = replace(one, met_on=TUESDAY, standing="met_late")
    moved = replace(one, due_on=DUE)
    for now, stage, waits in ((done, "all_clear", True), (moved, "changed-1", False)):
        found = list(corrections(case(), now, of_a_breach, directory=directory(), on=WEDNESDAY))
        assert told(found) == {(stage, "lead")}

        kept = kept_for_company(found, {one.key: of_a_breach}, WEDNESDAY)

        assert bool(waiting(kept)) is waits


def test_what_nobody_is_told_anyway_is_left_as_it_is() -> None:
    held = [untold(one, "held", "a hold") for one in due(EARLY)]

    assert kept_for_company(held, was_told(MONDAY), EARLY) == held


# ---- what never waits


def test_the_last_reminder_before_a_limit_never_waits() -> None:
    assert told(kept_for_company(due(LAST), was_told(NEXT_MONDAY, NEXT_TUESDAY), LAST)) == {("last", "lead")}


def test_a_breach_never_waits() -> None:
    assert told(kept_for_company(due(OVERDUE), was_told(LAST), OVERDUE)) == {("overdue", "lead"), ("overdue", "manager")}


def test_a_ladders_only_reminder_is_its_last_whatever_it_is_called() -> None:
    early = Stage(stage="early", working_days_before=5, to=("first_told",))
    last = Stage(stage="last", working_days_before=1, to=("first_told",))

    for ladder, waits in (((early,), False), ((early, last), True)):
        found = kept_for_company(due(EARLY, with_rule(owed(case()), ladder=ladder)), was_told(MONDAY), EARLY)
        assert bool(waiting(found)) is waits


@pytest.mark.parametrize("to, waits", [("team_manager", False), ("first_told", True)])
def test_a_reminder_waits_only_where_the_same_people_hear_a_later_one(to: str, waits: bool) -> None:
    ladder = (
        Stage(stage="first", working_days_before=5, to=("first_told",)),
        Stage(stage="second", working_days_before=1, to=(to,)),  # type: ignore[arg-type]
    )

    found = kept_for_company(due(EARLY, with_rule(owed(case()), ladder=ladder)), was_told(MONDAY), EARLY)

    assert bool(waiting(found)) is waits


@pytest.mark.parametrize("urgency, waits", [("escalation", False), ("reminder", True)])
def test_what_goes_at_once_never_waits_at_whatever_stage(urgency: str, waits: bool) -> None:
    found = [replace(one, notice=replace(one.notice, urgency=urgency)) for one in due(EARLY)]

    assert bool(waiting(kept_for_company(found, was_told(MONDAY), EARLY))) is waits


# ---- what goes sooner


def sooner(
    on: date,
    *found: Decision,
    one: Obligation | None = None,
    before: Iterable[Notice] = (),
    people: Directory | None = None,
    notify_from: date | None = None,
) -> set[tuple[str, str]]:
    """Which stages of a duty due on Thursday 18 June go on a day with what is decided anyway, and to whom."""
    about = one or owed(case())
    coming = brought_forward(
        {about.key: (case(), about)},
        {about.key: list(before)},
        found,
        directory=people or directory(),
        calendar=CALENDAR,
        on=on,
        notify_from=notify_from,
    )
    return told(coming)


FIRST_TOLD_EARLY = [notice("early", "lead", told_on=EARLY)]


@pytest.mark.parametrize("on, goes", [(NEXT_MONDAY, True), (FRIDAY, False)])  # two and three working days before
def test_a_reminder_goes_up_to_two_working_days_sooner_with_a_message_of_the_day(on: date, goes: bool) -> None:
    assert sooner(on, another(on), before=FIRST_TOLD_EARLY) == ({("last", "lead")} if goes else set())


def test_a_weekend_between_is_not_counted() -> None:
    one = owed(case(), due_on=LAST)  # so that the last reminder has its day on Tuesday 16 June

    assert sooner(FRIDAY, another(FRIDAY), one=one, before=FIRST_TOLD_EARLY) == {("last", "lead")}


def test_nothing_goes_sooner_where_there_is_no_message_today() -> None:
    assert sooner(NEXT_MONDAY, before=FIRST_TOLD_EARLY) == set()
    assert sooner(NEXT_MONDAY, another(NEXT_MONDAY, "manager"), before=FIRST_TOLD_EARLY) == set()


def test_a_message_that_waits_itself_brings_nothing_forward() -> None:
    waits = untold(another(NEXT_MONDAY), "put_off", "waits")

    assert sooner(NEXT_MONDAY, waits, before=FIRST_TOLD_EARLY) == set()


@pytest.mark.parametrize("has_company, goes", [(("lead",), False), (("lead", "chair"), True)])
def test_a_stage_goes_sooner_to_everybody_it_is_for_or_to_nobody(has_company: tuple[str, ...], goes: bool) -> None:
    about = case(meetings=(meeting("initial", chair_ref="chair"),))
    one = owed(about)
    coming = brought_forward(
        {one.key: (about, one)},
        {},
        [another(TUESDAY, ref) for ref in has_company],
        directory=directory(),
        calendar=CALENDAR,
        on=TUESDAY,
    )

    assert told(coming) == ({("early", "lead"), ("early", "chair")} if goes else set())


@pytest.mark.parametrize("urgency, goes", [("escalation", False), ("reminder", True)])
def test_a_breach_keeps_its_day(urgency: str, goes: bool) -> None:
    # The stage of the day after tomorrow, once as the breach that it is and once as a reminder to the same two people.
    to = ("first_told", "team_manager")
    place = {"working_days_after": 1} if urgency == "escalation" else {"working_days_before": 1}
    one = with_rule(owed(case(), due_on=DUE), ladder=[Stage(stage="stage", to=to, **place)])  # type: ignore[arg-type]
    on = DUE if urgency == "escalation" else NEXT_MONDAY

    assert bool(sooner(on, another(on), another(on, "manager"), one=one)) is goes


@pytest.mark.parametrize("figure, goes", [("council", False), ("procedure", True)])
def test_a_prompt_of_the_councils_own_figure_keeps_its_monday(figure: str, goes: bool) -> None:
    usual = owed(case(), due_on=NEXT_TUESDAY)  # so that the last reminder has its day on Monday 15 June
    one = replace(with_rule(usual, ladder=usual.edition.ladder.procedure), figure=figure)

    found = sooner(FRIDAY, another(FRIDAY), one=one, before=FIRST_TOLD_EARLY)

    assert bool(found) is goes


def test_a_duty_of_which_something_is_decided_today_is_left_alone() -> None:
    one = owed(case())
    of_this = replace(another(NEXT_MONDAY), notice=notice("changed-1", "lead"))

    assert of_this.notice.key.of_duty == one.key
    assert sooner(NEXT_MONDAY, of_this, before=FIRST_TOLD_EARLY) == set()


def test_what_went_sooner_does_not_go_again_on_its_day() -> None:
    sent = [*FIRST_TOLD_EARLY, notice("last", "lead", told_on=NEXT_MONDAY, stage_on=LAST)]

    assert sooner(NEXT_TUESDAY, another(NEXT_TUESDAY), before=sent) == set()
    assert told(due(LAST, before=sent)) == set()


@pytest.mark.parametrize("started_on, goes", [(NEXT_MONDAY, False), (SATURDAY, True)])
def test_nothing_is_reminded_of_on_the_day_it_starts(started_on: date, goes: bool) -> None:
    one = owed(case(), started_on=started_on)

    assert bool(sooner(NEXT_MONDAY, another(NEXT_MONDAY), one=one, before=FIRST_TOLD_EARLY)) is goes


@pytest.mark.parametrize("notify_from, goes", [(NEXT_TUESDAY, False), (NEXT_MONDAY, True)])
def test_nobody_is_reminded_before_the_day_from_which_the_council_wants_to_be_told(notify_from: date, goes: bool) -> None:
    assert bool(sooner(NEXT_MONDAY, another(NEXT_MONDAY), before=FIRST_TOLD_EARLY, notify_from=notify_from)) is goes


@pytest.mark.parametrize("away_from, goes", [(NEXT_TUESDAY, False), (NEXT_MONDAY, True)])
def test_a_deputy_of_the_day_after_tomorrow_hears_nothing_today(away_from: date, goes: bool) -> None:
    away = directory(person("lead", away_from=away_from, away_until=DUE, deputy_ref="deputy"))

    found = sooner(NEXT_MONDAY, another(NEXT_MONDAY, "deputy"), before=FIRST_TOLD_EARLY, people=away)

    assert found == ({("last", "deputy")} if goes else set())


def test_a_duty_that_is_done_brings_nothing_forward() -> None:
    done = replace(owed(case()), met_on=FRIDAY, standing="met")

    assert sooner(NEXT_MONDAY, another(NEXT_MONDAY), one=done, before=FIRST_TOLD_EARLY) == set()


def test_nothing_is_brought_forward_from_past_the_calendars_end() -> None:
    assert sooner(CALENDAR.last, another(CALENDAR.last)) == set()


# ---- the whole program, under a pack of the council's own


PACK = Path(cin_reminders.__file__).parent / "policies" / "cumbria"
DAYS = [day for day in (date(2026, 3, 16) + timedelta(days=n) for n in range(12)) if day.weekday() < 5]  # from a Monday on
# The first meeting of C1 is due on Monday 23 March, that of C2 on Thursday 26 March.
ONE_DAY = {
    "daily": [
        ("2026-03-16", "C1 early, C2 not_booked"),  # Monday
        ("2026-03-19", "C2 early"),  # Thursday
        ("2026-03-20", "C1 last"),  # Friday
        ("2026-03-24", "C1 overdue"),  # Tuesday
        ("2026-03-25", "C2 last"),  # Wednesday
        ("2026-03-27", "C2 overdue"),  # Friday
    ],
    "gathered": [
        ("2026-03-16", "C1 early, C2 not_booked"),  # Monday
        ("2026-03-20", "C1 last, C2 early"),  # Friday
        ("2026-03-24", "C1 overdue, C2 last"),  # Tuesday
        ("2026-03-27", "C2 overdue"),  # Friday
    ],
}


def two_cases(folder: Path, reminders: str) -> small.SmallCouncil:
    """A council whose own copy of a pack says how to remind, and a practitioner with two cases."""
    pack = shutil.copytree(PACK, folder / "cumbria")
    for edition in pack.glob("2*.yaml"):
        text = edition.read_text(encoding="utf-8")
        assert text.count("\nladder:\n") == 1
        edition.write_text(text.replace("\nladder:\n", f"\nladder:\n  reminders: {reminders}\n"), encoding="utf-8")
    rows = small.usual_rows()
    rows["cin_cases"].append(small.case("C2"))
    rows["cin_events"].append(small.plan_agreed("C2", happened_on="2026-03-05"))  # Thursday
    rows["cin_roles"].append(small.role("lead_practitioner", "LEAD", case_ref="C2"))
    return small.small_council(folder, policy="./cumbria", rows=rows)


def heard_by_the_lead(council: small.SmallCouncil) -> list[tuple[str, str]]:
    """Each message of the practitioner: its day, and what stands in it."""
    return sorted(
        (message["day"], ", ".join(sorted(f"{one['case_ref']} {one['stage']}" for one in message["notices"])))
        for message in council.messages("--person", "LEAD")
        if message["state"] == "sent"
    )


@pytest.mark.parametrize("reminders", ["daily", "gathered"])
def test_a_pack_that_gathers_says_the_same_in_fewer_messages(tmp_path: Path, reminders: str) -> None:
    council = two_cases(tmp_path, reminders)
    for day in DAYS:
        council.run(day.isoformat())
        council.run(day.isoformat())  # a second run of a day adds nothing

    assert heard_by_the_lead(council) == ONE_DAY[reminders]


def test_a_reminder_that_waits_for_company_says_so_in_the_run_and_in_explain(tmp_path: Path) -> None:
    council = two_cases(tmp_path, "gathered")
    council.run("2026-03-16")  # Monday

    assert council.run("2026-03-19")["not_told"] == {"put_off": 1}  # Thursday
    [told] = [one["told"] for one in council.cin("explain", "C2", "--on", "2026-03-19", "--json").json if one["told"]]
    assert [(one["stage"], one["outcome"], one["reason"]) for one in told] == [
        ("not_booked", "told", "you are the lead practitioner"),
        ("early", "put_off", "the person was told something on 1 day of this week already; goes with the next message"),
    ]


def test_a_case_on_hold_brings_nothing_forward(tmp_path: Path) -> None:
    council = two_cases(tmp_path, "gathered")
    for day in DAYS[:5]:
        council.run(day.isoformat())
    held = council.cin("hold", "C2", "--until", "2026-03-24", "--by", "S-1", "--why", "a pause", "--on", "2026-03-24")
    assert held.code == 0, held.err
    council.run("2026-03-24")  # Tuesday

    assert heard_by_the_lead(council)[-1] == ("2026-03-24", "C1 overdue")
    council.run("2026-03-25")  # Wednesday, its own day
    assert heard_by_the_lead(council)[-1] == ("2026-03-25", "C2 last")


@pytest.mark.parametrize(
    "reminders, on",
    [
        ("daily", {"reminder": "2026-03-17", "tomorrow": "2026-03-23"}),
        ("gathered", {"reminder": "2026-03-16", "tomorrow": "2026-03-20"}),
    ],
)
def test_reminders_of_a_meeting_go_in_a_message_that_its_chair_gets_anyway(
    tmp_path: Path, reminders: str, on: dict[str, str]
) -> None:
    """The meeting is on Tuesday 24 March; its chair has a message on Monday 16 and on Friday 20 March anyway."""
    council = two_cases(tmp_path, reminders)
    council.rows["cin_meetings"] = [chaired_by("LEAD", "2026-03-24T10:00")]
    council.rows["cin_people"].append(small.professional("OTHER", "Olga Reed"))
    council.rows["cin_attendees"] = [{"meeting_ref": "M1", "person_ref": "OTHER", "capacity": "other"}]
    council.write_records()

    for day in DAYS:
        council.run(day.isoformat())

    assert told_of_meetings(council, "LEAD") == set(on.items())
    # Who has no other message has the first reminder on its own day, or, where reminders are gathered, none but the last.
    assert told_of_meetings(council, "OTHER") == {("tomorrow", "2026-03-23")} | (
        {("reminder", "2026-03-17")} if reminders == "daily" else set()
    )


def test_the_first_reminder_of_a_meeting_waits_for_company_and_else_the_last_one_takes_its_place(tmp_path: Path) -> None:
    """Nothing but two meetings goes to their chair: reminded of on Tuesday 17 and Thursday 19 March, held a week later."""
    council = two_cases(tmp_path, "gathered")
    council.rows["cin_people"].append(small.professional("OTHER", "Olga Reed"))
    council.rows["cin_meetings"] = [
        chaired_by("OTHER", "2026-03-24T10:00"),  # Tuesday: the last reminder's day is Monday 23 March
        chaired_by("OTHER", "2026-03-26T10:00", meeting_ref="M2"),  # Thursday: Wednesday 25 March
    ]
    council.write_records()

    for day in DAYS:
        council.run(day.isoformat())

    assert told_of_meetings(council, "OTHER", "M1") == {("tomorrow", "2026-03-23")}
    # With the first meeting's, two working days before its own.
    assert told_of_meetings(council, "OTHER", "M2") == {("tomorrow", "2026-03-23")}


def chaired_by(ref: str, scheduled_at: str, meeting_ref: str = "M1") -> small.Row:
    more = {"meeting_ref": meeting_ref, "scheduled_at": scheduled_at, "chair_ref": ref, "note_taker_ref": "TEAM", "venue": "Hall"}
    return small.first_meeting(kind="review", booked_on="2026-03-02", **more)  # Monday


def told_of_meetings(council: small.SmallCouncil, ref: str, meeting_ref: str = "M1") -> set[tuple[str, str]]:
    """What a person was told of a meeting: stage and day."""
    return {
        (notice["stage"], notice["told_on"])
        for message in council.messages("--person", ref)
        for notice in message["notices"]
        if notice.get("meeting_ref") == meeting_ref and notice["outcome"] == "told"
    }
