"""The report: figures that add up, late recording apart from late practice, and pages that carry no surprises."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest

from cin_reminders.case import Action, Case, Event, Meeting, Rejection, RowCount, Visit
from cin_reminders.notice import Notice, NoticeKey
from cin_reminders.obligations import STANDINGS, Obligation, listed, obligations
from cin_reminders.policy import NotModelled, Policy
from cin_reminders.policy_file import load_policy
from cin_reminders.report import Entry, RecordsRead, Report, make_report
from cin_reminders.report_pages import COLUMNS, MOST_ROWS, csv_line, csv_lines, report_html, report_json
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
    said = json.loads(report_json(report_of(a_case("c1", held("m1", date(2026, 3, 9))), messages={"sent": 3})))

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
    page = report_html(report_of(messages={"sent": 4, "failed": 1}, untold=[untold], quarantined=["c8"]))

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
