"""What a procedure says of its meetings: as the packs hold it, and as a council may write it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import POLICIES, a_case, d, fact, policy

from cin_reminders.agenda import Asked, AskedOfMeeting, asked_of_meeting
from cin_reminders.case import Case
from cin_reminders.errors import PolicyError
from cin_reminders.pack_difference import differences
from cin_reminders.pack_page import page_of
from cin_reminders.pack_schema import pack_schema
from cin_reminders.policy import Edition, Policy
from cin_reminders.policy_file import load_edition
from cin_reminders.unsaid import says_child_in_need

ON = d("2026-05-07")  # Thursday
PACK = """\
policy: a-council
council: A Council
title: Child in Need
edition: first
in_force_on: 2024-01-01  # Monday
plan_types: [child_in_need]
duties:
  - duty: review
    title: Review
    do: Hold the review
    clause: "3.1"
    says: Reviews follow every 8 weeks.
    start: initial_meeting_held
    length: 8 weeks
    met_by: {later: review_meeting_held}
    first_told: lead_practitioner
meetings:
  agenda:
    - {says: What has gone well, clause: "2.3"}
    - {says: What is to change, clause: "2.3", kinds: [review, closing]}
  to_settle:
    - {says: Who takes the notes, clause: "2.4"}
  to_bring:
    - {says: The figures, clause: "2.5", when: {complex: yes}}
    - {says: The assessment, clause: "2.6", not_where: [{assessment_sharing_agreed: no}]}
    - {says: Your own plan, clause: "2.7", who: family}
ladder:
  agreed_by: nobody yet
  procedure:
    - {stage: overdue, working_days_after: 1, to: first_told}
"""


def edition(folder: Path, old: str = "", new: str = "") -> Edition:
    assert not old or PACK.count(old) == 1
    file = folder / "2024-01-01.yaml"
    file.write_text(PACK.replace(old, new) if old else PACK, encoding="utf-8")
    return load_edition(file)


def faults(folder: Path, old: str, new: str) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        edition(folder, old, new)
    return list(refused.value.problems)


def asked(name: str, *cases: Case, kind: str = "review") -> AskedOfMeeting:
    return asked_of_meeting(policy(name).newest.meetings, kind=kind, cases=cases or (a_case(),), on=ON)


def said(points: tuple[Asked, ...]) -> str:
    return " / ".join(one.says for one in points)


# ---- the five procedures


def test_two_procedures_have_an_agenda() -> None:
    assert [name for name in POLICIES if policy(name).newest.meetings.agenda] == ["cumbria", "psw-brief-2020"]


def test_cumbria_begins_with_introductions_and_ends_with_what_is_to_be_done() -> None:
    says = [one.says for one in asked("cumbria").agenda]
    assert (says[0], says[-1]) == ("Introductions", "What is to be done next, to bring the plan up to date")
    assert {one.clause for one in asked("cumbria").agenda} == {"paragraph 6"}


def test_the_brief_has_one_agenda_for_the_first_meeting_and_another_for_a_review() -> None:
    first, review = (asked("psw-brief-2020", kind=kind).agenda for kind in ("initial", "review"))
    assert [one.clause for one in first] == ["Child in Need Reviews, paragraph 1"]
    assert "Drift or delay" in said(review)
    assert said(first) not in said(review)


@pytest.mark.parametrize("name, clause", [("cumbria", "paragraph 7"), ("salford", "1.4"), ("norfolk", "paragraph 5")])
def test_transport_timing_and_childcare_are_for_the_chair_to_settle(name: str, clause: str) -> None:
    (one,) = [one for one in asked(name).to_settle if one.clause == clause]
    assert one.says == "How the family gets there, whether the time suits them, and who minds the children"


@pytest.mark.parametrize("name, clause", [("cumbria", "paragraphs 4 and 19"), ("salford", "3.4")])
def test_the_views_of_anybody_who_declined_are_asked_for(name: str, clause: str) -> None:
    (one,) = [one for one in asked(name).to_settle if one.clause == clause]
    assert one.says.startswith("The views of anybody who has declined")


def test_salford_asks_for_them_at_a_review_alone() -> None:
    assert "declined" in said(asked("salford", kind="review").to_settle)
    assert "declined" not in said(asked("salford", kind="initial").to_settle)


def test_specialist_services_ask_whether_the_help_is_useful_and_for_disagreements_with_reasons() -> None:
    to_settle = asked("specialist-childrens-services").to_settle
    assert [one.clause for one in to_settle] == ["paragraph 12", "paragraph 13"]
    assert "finds the help useful" in to_settle[0].says
    assert "reasons" in to_settle[1].says


def test_norfolk_asks_that_the_family_has_agreed_who_attends() -> None:
    assert asked("norfolk").to_settle[0] == policy("norfolk").newest.meetings.to_settle[0]
    assert "agreed who attends" in asked("norfolk").to_settle[0].says


@pytest.mark.parametrize("value, clauses", [("yes", ["paragraph 5"] * 2), ("no", []), (None, [])])
def test_cumbria_asks_for_figures_where_the_case_is_complex(value: str | None, clauses: list[str]) -> None:
    case = a_case(facts=[fact("complex", value)] if value else [])
    assert [one.clause for one in asked("cumbria", case).to_bring] == clauses


def test_what_is_asked_of_one_sibling_is_asked_of_the_meeting() -> None:
    plain, complex_ = a_case(), a_case(case_ref="C2", facts=[fact("complex", "yes")])
    assert asked("cumbria", plain, complex_).to_bring
    assert not asked("cumbria", plain, plain).to_bring


@pytest.mark.parametrize("since, is_asked", [("2026-05-07", True), ("2026-05-08", False)])
def test_a_fact_counts_as_it_stands_on_the_day(since: str, is_asked: bool) -> None:
    case = a_case(facts=[fact("complex", "yes", since)])
    assert bool(asked("cumbria", case).to_bring) is is_asked


@pytest.mark.parametrize("value, professionals, family", [("yes", 3, 1), ("no", 2, 0), (None, 3, 0)])
def test_the_assessment_is_asked_for_as_far_as_the_parents_agreed(value: str | None, professionals: int, family: int) -> None:
    case = a_case(facts=[fact("assessment_sharing_agreed", value)] if value else [])
    found = asked("specialist-childrens-services", case)
    assert (len(found.to_bring), len(found.family_brings)) == (professionals, family)


@pytest.mark.parametrize("name", POLICIES)
def test_nothing_to_bring_names_a_child_in_need(name: str) -> None:
    assert not any(says_child_in_need(one.says) for one in policy(name).newest.meetings.to_bring)


def test_salford_asks_the_coordinator_to_chair_after_a_step_down_and_no_other_does() -> None:
    assert [name for name in POLICIES if policy(name).newest.meetings.coordinator_chairs_after_step_down] == ["salford"]


# ---- what a council may write


def test_a_chair_after_a_step_down_is_shown_and_is_a_difference(tmp_path: Path) -> None:
    plain = edition(tmp_path)
    asked_for = edition(tmp_path, "meetings:\n", "meetings:\n  coordinator_chairs_after_step_down: yes\n")
    said = "the coordinator, at the first meeting after a step-down"
    assert said in " ".join(page_of(Policy(id="a-council", editions=(asked_for,)), asked_for).split())
    assert said not in " ".join(page_of(Policy(id="a-council", editions=(plain,)), plain).split())
    assert [str(one) for one in differences(plain, asked_for)] == [
        "coordinator chairs after a step-down: was: no; is now: yes",
    ]


def test_a_pack_need_say_nothing_of_its_meetings(tmp_path: Path) -> None:
    part = PACK[PACK.index("meetings:") : PACK.index("ladder:")]
    assert asked_of_meeting(edition(tmp_path, part, "").meetings, kind="review", cases=(a_case(),), on=ON) == AskedOfMeeting()


def test_one_kind_stands_for_a_list_of_it(tmp_path: Path) -> None:
    found = edition(tmp_path, "kinds: [review, closing]", "kinds: review").meetings
    assert found.agenda[1].kinds == ("review",)


@pytest.mark.parametrize(
    "old, new, fault",
    [
        ("to_settle:", "to_setle:", "meetings.to_setle: no such key; did you mean 'to_settle'?"),
        (
            "What has gone well, clause",
            "What has gone well, claus",
            "meetings.agenda[0].claus: no such key; did you mean 'clause'?",
        ),
        ("who: family", "who: families", "meetings.to_bring[2].who: may be 'professionals' or 'family'"),
        ("kinds: [review, closing]", "kinds: [revew]", "meetings.agenda[1].kinds[0]: may be 'initial', 'review' or 'closing'"),
        ("when: {complex: yes}", "when: {complx: yes}", "no fact is called 'complx'; did you mean 'complex'?"),
        ("when: {complex: yes}", "when: {complex: perhaps}", "may be yes, no, not 'perhaps'"),
        ('What has gone well, clause: "2.3"', "What has gone well, clause: 2.30", "is read as a number by YAML"),
        ("Who takes the notes", '""', "meetings.to_settle[0].says: string should have at least 1 character"),
        ("says: Your own plan", "says: Your Child-in-Need plan", "meetings.to_bring[2].says: goes to partners or to the family"),
        ("says: The figures", "says: The CIN figures", "meetings.to_bring[0].says: goes to partners or to the family"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    found = faults(tmp_path, old, new)
    assert len(found) == 1
    assert fault in found[0]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, '{says: Who takes the notes, clause: "2.4"}', "{say: Who, clause: 2.40, who: family}")
    assert len(found) == 3


def test_the_schema_for_editors_knows_them() -> None:
    definitions = pack_schema()["$defs"]
    assert definitions["Brought"]["properties"]["who"]["enum"] == ["professionals", "family"]
    assert definitions["Asked"]["properties"]["kinds"]["anyOf"][0]["enum"] == ["initial", "review", "closing"]


def test_a_procedure_is_shown_with_what_its_notices_say(tmp_path: Path) -> None:
    found = edition(tmp_path)
    shown = " ".join(page_of(Policy(id="a-council", editions=(found,)), found).split())
    assert "Agenda What has gone well (2.3) What is to change (2.3); at review or closing meetings To settle Who takes" in shown
    assert "The figures (2.5); where complex is yes The assessment (2.6); not where assessment sharing agreed is no" in shown
    assert "Your own plan (2.7); for the family" in shown


def test_a_change_of_them_is_a_difference(tmp_path: Path) -> None:
    changes = differences(edition(tmp_path), edition(tmp_path, "What has gone well", "What is going well"))
    assert [str(one) for one in changes] == [
        "agenda: 2.3: was: (1) What has gone well (2) What is to change; at review or closing meetings; "
        "is now: (1) What is going well (2) What is to change; at review or closing meetings"
    ]


# ---- what neither a family nor a partner may read


@pytest.mark.parametrize(
    "text",
    [
        "Child in Need",
        "CHILD  IN\u00a0NEED",
        "children in need",
        "child-in-need",
        "child_in_need",
        "a child's in need",
        "CIN",
        "the CIN team",
    ],
)
def test_a_child_in_need_is_found_in_every_spelling(text: str) -> None:
    assert says_child_in_need(text)


@pytest.mark.parametrize(
    "text", ["a child needs", "CINEMA", "Cincinnati", "https://meet.example/cin-12", "need", "MECIN", "in need"]
)
def test_other_words_are_left_alone(text: str) -> None:
    assert not says_child_in_need(text)
