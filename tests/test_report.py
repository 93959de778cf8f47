"""The report: figures that add up, late recording apart from late practice, and pages that carry no surprises."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from small_council import EARLY, LAST, OVERDUE, SmallCouncil, lead, plan_agreed, role, small_council
from small_council import case as case_row

from cin_reminders.case import Action, Case, Event, Meeting, Rejection, RowCount, Visit
from cin_reminders.holds import Hold
from cin_reminders.notice import Notice, NoticeKey
from cin_reminders.obligations import STANDINGS, Obligation, listed, obligations
from cin_reminders.policy import NotModelled, Policy
from cin_reminders.policy_file import load_policy
from cin_reminders.report import Entry, RecordsRead, Report, make_report
from cin_reminders.report_pages import COLUMNS, MOST_ROWS, csv_line, csv_lines, report_html, report_json
from cin_reminders.sending import Sending
from cin_reminders.unreachable import Unreachable
from cin_reminders.working_days import make_calendar

TUESDAY = date(2026, 5, 5)
CALENDAR = make_calendar()
CUMBRIA = load_policy("cumbria")
READ = RecordsRead(
    rows={"cin_cases": RowCount(read=10, accepted=9, rejected=1), "cin_events": RowCount(read=5, accepted=5, rejected=0)},
    rejections=(Rejection(relation="cin_cases", key="c9", column="closed_on", reason="is no date of the form YYYY-MM-DD"),),
    warnings=("cin_cases: nobody knows the column colour",),
    out_of_scope=2,
)


def held(ref: str, day: date, recorded_on: date | None = None) -> Meeting:
    return Meeting(
        meeting_ref=ref, kind="review", scheduled_at=datetime(day.year, day.month, day.day), held_on=day, recorded_on=recorded_on
    )


def a_case(ref: str, *meetings: Meeting, label: str | None = None, team: str | None = "North", **more: object) -> Case:
    return Case(case_ref=ref, label=label or ref, plan_type="child_in_need", team=team, meetings=meetings, **more)  # type: ignore[arg-type]


def rows_of(*cases: Case, policy: Policy = CUMBRIA) -> Iterator[tuple[Case, tuple[Obligation, ...]]]:
    for case in cases:
        yield case, listed(case, obligations(case, policy, CALENDAR, TUESDAY), TUESDAY)


def report_of(*cases: Case, policy: Policy = CUMBRIA, **more: object) -> Report:
    values: dict[str, object] = {"records": READ, "worker_of": lambda case: "Alex Morgan", **more}
    return make_report(
        rows_of(*cases, policy=policy),
        on=TUESDAY,
        council="Cumbria",
        policy=policy,
        calendar=CALENDAR,
        **values,  # type: ignore[arg-type]
    )


def entries_of(*cases: Case) -> list[Entry]:
    entries: list[Entry] = []
    report_of(*cases, each=entries.append)
    return entries


# ---- figures


def test_every_duty_is_counted_once_under_its_standing() -> None:
    report = report_of(a_case("c1", held("m1", date(2026, 3, 9))), a_case("c2", held("m2", date(2026, 4, 27))))  # Mondays
    by_duty = {duty.duty: dict(zip(STANDINGS, duty.counts, strict=True)) for duty in report.duties}

    assert report.cases == 2
    assert by_duty["review"]["overdue"] == 1
    assert by_duty["review"]["upcoming"] == 1
    assert report.obligations == sum(duty.total for duty in report.duties) == sum(report.standings)


def test_a_duty_with_nothing_under_it_is_listed_with_zeros() -> None:
    report = report_of()

    assert [duty.duty for duty in report.duties] == [rule.duty for rule in CUMBRIA.newest.duties]
    assert sum(report.standings) == 0


def test_the_overdue_list_is_worst_first() -> None:
    days = {"a": date(2026, 3, 9), "b": date(2026, 2, 2), "c": date(2026, 3, 2)}  # Mondays
    report = report_of(*(a_case(ref, held(f"m{ref}", day)) for ref, day in days.items()))

    assert [one.label for one in report.overdue if one.duty == "review"] == ["b", "c", "a"]
    assert [one.working_days_late for one in report.overdue if one.duty == "review"] == [23, 5, 1]


def test_a_duty_due_today_is_not_overdue_and_one_due_yesterday_is() -> None:
    today = a_case("today", held("m1", date(2026, 3, 10)))  # Tuesday, 8 weeks before
    yesterday = a_case("yesterday", held("m2", date(2026, 3, 9)))  # Monday

    assert [one.label for one in report_of(today, yesterday).overdue if one.duty == "review"] == ["yesterday"]


def test_what_the_council_set_itself_is_outstanding_and_in_no_list_of_breaches() -> None:
    report = report_of(a_case("c1", held("m1", date(2026, 3, 9))))  # Monday

    assert {one.duty for one in report.overdue} == {"review", "record_shared"}
    assert {one.duty for one in report.outstanding} == {"outcome_recorded", "oversight"}
    assert "breach of it" in report_html(report)


@pytest.mark.parametrize(
    "recorded_on, is_late_recording",
    [
        (date(2026, 3, 30), False),  # Monday, the due date itself
        (date(2026, 3, 31), True),  # Tuesday
        (None, False),
    ],
)
def test_late_recording_begins_the_day_after_the_due_date(recorded_on: date | None, is_late_recording: bool) -> None:
    case = a_case("c1", held("m1", date(2026, 2, 2)), held("m2", date(2026, 3, 27), recorded_on))  # Monday, Friday
    report = report_of(case)

    assert bool(report.recorded_late) is is_late_recording
    assert report.met_late == 0
    if is_late_recording:
        assert report.recorded_late[0].recorded_days_later == 2


def test_late_practice_is_no_late_recording() -> None:
    case = a_case(
        "c1", held("m1", date(2026, 2, 2)), held("m2", date(2026, 3, 31), date(2026, 4, 30))
    )  # Monday, Tuesday, Thursday
    report = report_of(case)

    assert report.recorded_late == ()
    assert report.met_late == 1


def test_missing_facts_are_counted_in_plain_words() -> None:
    cases = [a_case(f"c{number}", held(f"m{number}", date(2026, 4, 13))) for number in range(3)]  # Monday

    assert ("stable long-term plan", 3) in report_of(*cases, policy=load_policy("norfolk")).missing


def test_a_doubt_of_the_edition_and_one_of_a_duty_are_both_listed() -> None:
    doubts = report_of(policy=load_policy("psw-brief-2020")).doubts

    assert any(doubt.startswith("First Child in Need meeting: The brief says") for doubt in doubts)
    assert CUMBRIA.newest.doubts[0] in report_of().doubts


def test_duties_without_their_relation_and_what_is_not_modelled_are_not_watched() -> None:
    left_out = NotModelled(clause="paragraph 3", asks="Invite the school", reason="no timescale")
    policy = CUMBRIA.model_copy(update={"editions": (CUMBRIA.newest.model_copy(update={"not_modelled": (left_out,)}),)})
    records = replace(READ, not_supplied=frozenset({"cin_visits", "cin_transfers"}))
    report = report_of(policy=policy, records=records)

    assert [(one.what, one.why) for one in report.not_watched] == [
        ("Visit to the child", "the council does not supply cin_visits"),
        ("Invite the school (paragraph 3)", "no timescale"),
    ]


def test_the_books_balance() -> None:
    report = report_of()

    assert (report.rows_read, report.rows_rejected) == (15, 1)
    assert json.loads(report_json(report))["rows"] == {"read": 15, "accepted": 14, "rejected": 1}


def test_cases_are_read_one_at_a_time_and_not_kept() -> None:
    alive: list[int] = []

    def cases() -> Iterator[tuple[Case, tuple[Obligation, ...]]]:
        import gc
        import weakref

        class Watched(Case):  # a slotted Case cannot be watched; one that has a place for it can
            pass

        seen: list[weakref.ref[Watched]] = []
        for number in range(5):
            case = Watched(case_ref=str(number), label="x", plan_type="child_in_need")
            seen.append(weakref.ref(case))
            yield case, ()
            del case
            gc.collect()
            alive.append(sum(one() is not None for one in seen))

    make_report(
        cases(), on=TUESDAY, council="c", policy=CUMBRIA, calendar=CALENDAR, records=READ, worker_of=lambda case: "somebody"
    )
    assert max(alive) <= 1


# ---- CSV


def test_the_csv_holds_every_listed_obligation() -> None:
    case = a_case("c1", held("m1", date(2026, 3, 9)), label="AB 12")
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(entries_of(case))))))

    assert [row["duty"] for row in rows] == ["invitations", "record_shared", "review", "outcome_recorded", "oversight"]
    assert rows[2]["due_on"] == "2026-05-04"
    assert rows[2]["met_on"] == ""
    assert rows[2]["worker"] == "Alex Morgan"
    assert tuple(rows[0]) == COLUMNS


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0="])
def test_no_cell_can_act_as_a_formula(start: str) -> None:
    entry = replace(entries_of(a_case("c1", held("m1", date(2026, 3, 9))))[0], label=f"{start}HYPERLINK(1)")
    [row] = csv.reader(io.StringIO(csv_line(entry), newline=""))

    assert row[COLUMNS.index("label")] == f"'{start}HYPERLINK(1)"


def test_a_plain_cell_stays_as_it_is() -> None:
    entry = replace(entries_of(a_case("c1", held("m1", date(2026, 3, 9))))[0], label='A-B "12", Zoë')
    [row] = csv.reader(io.StringIO(csv_line(entry), newline=""))

    assert row[COLUMNS.index("label")] == 'A-B "12", Zoë'


# ---- JSON


def test_the_json_says_each_count_by_name_and_each_date_as_iso() -> None:
    said = json.loads(report_json(report_of(a_case("c1", held("m1", date(2026, 3, 9))), sending=Sending(messages={"sent": 3}))))

    assert said["on"] == "2026-05-05"
    assert said["standings"]["overdue"] == 4
    assert said["standings"]["unknown"] == 1
    assert next(duty for duty in said["duties"] if duty["duty"] == "review")["counts"]["overdue"] == 1
    assert said["overdue"][0]["due_on"] == "2026-03-23"
    assert said["messages"] == {"sent": 3}


# ---- the page


def test_the_page_says_what_was_sent_who_was_untold_and_which_rows_were_bad() -> None:
    key = NoticeKey(case_ref="c7", subject="review", start_ref="m1", stage="escalate_service_manager")
    untold = Notice(key=key, outcome="no_recipient", reason="no head of service is recorded", due_on=date(2026, 4, 27))
    page = report_html(report_of(sending=Sending(messages={"sent": 4, "failed": 1}, untold=(untold,)), quarantined=["c8"]))

    assert "<li>sent: 4</li>" in page
    assert "escalate service manager" in page
    assert "no head of service is recorded" in page
    assert "is no date of the form YYYY-MM-DD" in page
    assert "the earlier date: c8." in page
    assert "Cases with a type of plan that this procedure does not cover: 2." in page


def test_who_cannot_be_told_is_listed_with_the_roles_the_reason_and_the_cases() -> None:
    away = Unreachable(
        person_ref="p7", roles=("cin_coordinator", "action_owner"), why="is away, and the deputy has left", cases=12
    )
    report = report_of(unreachable=[away])
    page = report_html(report)

    cells = "<td>coordinator, owner of the action</td><td>is away, and the deputy has left</td>"
    assert f'<th scope="row">p7</th>{cells}<td class="number">12</td>' in page
    assert json.loads(report_json(report))["unreachable"] == [
        {
            "person_ref": "p7",
            "roles": ["cin_coordinator", "action_owner"],
            "why": "is away, and the deputy has left",
            "cases": 12,
        }
    ]


def test_where_everybody_can_be_told_there_is_no_such_list() -> None:
    assert "Who cannot be told" not in report_html(report_of())


def a_hold(case_ref: str = "C1", duty: str = "", **more: Any) -> Hold:
    plain = {"id": 1, "until_on": date(2026, 5, 8), "by": "S-7", "why": "a funeral", "at": datetime(2026, 5, 1, 9, tzinfo=UTC)}
    return Hold(**plain | {"case_ref": case_ref, "duty": duty} | more)  # until a Friday, since a Friday


def test_each_hold_in_force_is_listed_with_its_end_its_owner_its_reason_and_its_first_day() -> None:
    report = report_of(sending=Sending(holds=(a_hold(duty="review"), a_hold("", by="lena@council.gov.uk"))))
    page = report_html(report)

    cells = '<td class="day">Fri 8 May 2026</td><td>S-7</td><td>a funeral</td><td class="day">Fri 1 May 2026</td>'
    assert f'<th scope="row">the duty review of case C1</th>{cells}' in page
    assert "No hold is in force." not in page
    assert json.loads(report_json(report))["holds"] == [
        {"what": what, "until_on": "2026-05-08", "by": by, "why": "a funeral", "put_on": "2026-05-01"}
        for what, by in (("the duty review of case C1", "S-7"), ("the whole service", "lena"))
    ]


def test_a_hold_put_on_shortly_after_midnight_in_summer_began_that_day_in_london() -> None:
    before_midnight_elsewhere = datetime(2026, 5, 1, 23, 30, tzinfo=UTC)

    (pause,) = report_of(sending=Sending(holds=(a_hold(at=before_midnight_elsewhere),))).holds

    assert pause.put_on == date(2026, 5, 2)


def test_holds_that_ended_by_themselves_are_listed_apart_from_those_in_force() -> None:
    page = report_html(report_of(sending=Sending(holds_ended=(a_hold("C2"),))))

    ended = page.index("Ended by themselves since the last run")
    assert page.index("No hold is in force.") < ended < page.index('<th scope="row">case C2</th>')


def test_without_holds_the_page_says_that_none_is_in_force() -> None:
    page = report_html(report_of())

    assert '<h2 id="holds">Holds</h2>\n<p>No hold is in force.</p>' in page
    assert "Ended by themselves" not in page


def test_what_nobody_has_heard_of_is_counted_by_reason_and_what_waits_too() -> None:
    waits = "quiet hours: waits until Wednesday 6 May 2026, 08:00"
    sending = Sending(not_told={"put_off": 2, "held": 3, "over_the_cap": 0}, waiting={waits: 4})
    page = report_html(report_of(sending=sending))

    assert f'<th scope="row">{waits}</th><td class="number">4</td>' in page
    assert re.findall(r"<tr><th scope=.row.>(held by a person|over the cap|its person)[^<]*</th><td[^>]*>(\d)</td>", page) == [
        ("held by a person", "3"),
        ("its person", "2"),
    ]
    said = json.loads(report_json(report_of(sending=sending)))
    assert said["not_told"] == {"held": 3, "put_off": 2}
    assert said["waiting"] == {waits: 4}


def test_a_run_that_was_held_says_so_and_why_at_the_top_and_one_that_was_not_says_nothing() -> None:
    page = report_html(report_of(sending=Sending(held="900 notices would be told")))

    assert page.index("The run of this day is held") < page.index("900 notices would be told.") < page.index("<h2")
    assert json.loads(report_json(report_of(sending=Sending(held="why"))))["held"] == "why"
    assert "is held" not in report_html(report_of())
    assert json.loads(report_json(report_of()))["held"] is None


def test_a_page_about_nothing_says_so() -> None:
    page = report_html(
        make_report(
            [], on=TUESDAY, council="Cumbria", policy=CUMBRIA, calendar=CALENDAR, records=RecordsRead(rows={}), worker_of=str
        )
    )  # type: ignore[arg-type]

    assert page.count("<p>None.</p>") == 3
    assert "For every notice there was somebody to tell." in page


def test_a_value_from_the_records_is_text_on_the_page() -> None:
    page = report_html(report_of(a_case("c1", held("m1", date(2026, 3, 9)), label="<script>alert(1)</script>", team="<b>")))

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_needs_nothing_from_anywhere_else_and_its_tables_have_headers() -> None:
    page = report_html(report_of(a_case("c1", held("m1", date(2026, 3, 9)))))

    assert not re.search(r"<(img|link|script|iframe)|url\(|@import|https?://", page)
    assert all("scope=" in header for header in re.findall(r"<th\b[^>]*>", page))
    assert page.count("<table>") == page.count("<caption")


def test_a_very_long_list_is_cut_on_the_page_and_says_so() -> None:
    report = report_of(a_case("c1", held("m1", date(2026, 3, 9))))
    page = report_html(replace(report, overdue=report.overdue[:1] * (MOST_ROWS + 1)))

    assert "Not shown here, but in the CSV: 1." in page
    assert f"Overdue: {MOST_ROWS + 1}" in page


def test_what_is_absent_is_not_recorded_and_never_not_held() -> None:
    case = a_case(
        "c1",
        held("m1", date(2026, 3, 9)),
        actions=(Action(action_ref="a1", agreed_on=date(2026, 4, 1)),),
        events=(Event(event_ref="e1", kind="plan_agreed", happened_on=date(2026, 1, 5)),),
        visits=(Visit(visit_ref="v1", visited_on=date(2026, 2, 2)),),
    )

    assert "not held" not in report_html(report_of(case)).lower()


# ---- what the ledger says, told by the program


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def written(council: SmallCouncil, on: str) -> Any:
    """The figures of a day's report as its run left them."""
    return json.loads((council.folder / "reports" / f"report-{on}.json").read_text(encoding="utf-8"))


def put_on_hold(council: SmallCouncil, *what: str, until: str = LAST) -> None:
    answer = council.cin("hold", *what, "--until", until, "--by", "S-7", "--why", "court this week", "--on", EARLY)
    assert answer.code == 0, answer.err


def test_a_hold_stands_in_the_report_until_its_last_day_and_its_end_in_the_next(council: SmallCouncil) -> None:
    put_on_hold(council, "C1")

    for on in (EARLY, LAST):
        council.run(on)
        assert [one["what"] for one in written(council, on)["holds"]] == ["case C1"]
        assert written(council, on)["holds_ended"] == []
    council.run("2026-03-23")  # Monday, the first working day after

    said = written(council, "2026-03-23")
    assert (said["holds"], [one["what"] for one in said["holds_ended"]]) == ([], ["case C1"])
    council.run(OVERDUE)
    assert written(council, OVERDUE)["holds_ended"] == []


def test_what_a_hold_keeps_is_counted_while_it_is_true_and_no_longer_once_it_is_told(council: SmallCouncil) -> None:
    put_on_hold(council, "C1", until=EARLY)
    council.run(EARLY)
    assert written(council, EARLY)["not_told"] == {"held": 1}

    council.run("2026-03-17")  # Tuesday

    assert written(council, "2026-03-17")["not_told"] == {}


def test_what_a_hold_kept_is_counted_no_more_once_a_later_stage_is_told(council: SmallCouncil) -> None:
    put_on_hold(council, "C1", until="2026-03-19")  # Thursday
    council.run(EARLY)

    council.run(LAST)

    assert council.told(LAST) == {("LEAD", "lead_practitioner", "last", "C1")}
    assert written(council, LAST)["not_told"] == {}


def test_what_a_hold_kept_of_somebody_who_has_left_since_is_counted_no_more(council: SmallCouncil) -> None:
    put_on_hold(council, "C1")
    council.run(EARLY)
    council.rows["cin_roles"][0]["person_ref"] = "OTHER"
    council.rows["cin_people"].append(lead(person_ref="OTHER", email="other@council.gov.uk"))
    council.write_records()

    council.run("2026-03-17")  # Tuesday

    assert written(council, "2026-03-17")["not_told"] == {"held": 1}


def test_what_is_over_the_cap_and_what_comes_up_after_todays_message_is_counted(tmp_path: Path) -> None:
    council = small_council(tmp_path, more="[caps]\na_person = 1")
    for ref in ("C0", "C2"):
        council.rows["cin_cases"].append(case_row(ref))
        council.rows["cin_events"].append(plan_agreed(ref))
        council.rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref=ref))
    council.write_records()
    council.run(EARLY)
    assert written(council, EARLY)["not_told"] == {"over_the_cap": 2}

    council.run(EARLY)

    assert written(council, EARLY)["not_told"] == {"put_off": 2}


def test_a_day_on_which_the_whole_service_is_held_still_has_its_report_and_says_why(council: SmallCouncil) -> None:
    put_on_hold(council, "--all")

    assert council.cin("run", "--on", EARLY, "--json").code == 3

    why = "the whole service is held until Friday 20 March 2026 by S-7: court this week"
    assert written(council, EARLY)["held"] == why
    assert written(council, EARLY)["standings"]["upcoming"] == 1
    again = council.cin("report", "--on", EARLY, "--json").json
    assert (again["held"], again["holds"]) == (why, written(council, EARLY)["holds"])


def test_a_run_far_larger_than_usual_has_its_report_and_says_why_it_was_held(tmp_path: Path) -> None:
    guards = "[guards]\nrun_times = 1.5\nrun_at_least = 1"
    council = small_council(tmp_path, delivery='mode = "folder"', more=guards)
    for day in (3, 4, 5, 6, 9, 10, 11, 12, 13):  # Tuesday 3 to Friday 13 March: with the next one two weeks
        council.run(f"2026-03-{day:02}")
    council.run(EARLY)
    council.rows["cin_cases"] += [case_row(f"D{number}") for number in range(9)]
    council.rows["cin_events"] += [plan_agreed(f"D{number}") for number in range(9)]
    council.rows["cin_roles"] += [role("lead_practitioner", "LEAD", case_ref=f"D{number}") for number in range(9)]
    council.write_records()

    assert council.cin("run", "--on", "2026-03-17", "--json").code == 3  # Tuesday

    assert written(council, "2026-03-17")["held"].startswith("9 notices would be told")
