"""The worked examples of the five packs come out, and a file of examples that cannot be used says why."""

from __future__ import annotations

import re
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from cases import POLICIES, calendar, plain_council, policy
from plain.evaluator import evaluate

from cin_reminders.errors import PolicyError
from cin_reminders.examples import Example, failures, load_examples
from cin_reminders.policy_file import EXAMPLES, load_policy, policy_folder

PACKS = resources.files("cin_reminders") / "policies"
ALL = [(name, example) for name in POLICIES for example in load_examples(PACKS / name / EXAMPLES, policy(name))]
every_example = pytest.mark.parametrize("name, example", ALL, ids=[f"{name}: {example.name}" for name, example in ALL])


@every_example
def test_the_example_comes_out(name: str, example: Example) -> None:
    assert failures(policy(name), [example], calendar()) == []


@every_example
def test_the_example_comes_out_of_the_plain_evaluator_too(name: str, example: Example) -> None:
    found = evaluate(plain_council(example.case), name, example.on, closed=True)
    found.sort(key=lambda one: (one["started_on"] or date.min, one["start_ref"]))
    for duty in {one.duty for one in example.expect} | set(example.nothing):
        expected = [one for one in example.expect if one.duty == duty]
        plain = [one for one in found if one["duty"] == duty]
        assert len(plain) == len(expected), duty
        for one, other in zip(expected, plain, strict=True):
            written = one.model_dump(include=one.model_fields_set)
            if "missing" in written:
                written["missing"] = sorted(written["missing"])
            assert {field: other[field] for field in written} == written


@pytest.mark.parametrize("name", POLICIES)
def test_every_duty_of_the_pack_has_an_example_in_time_and_one_that_is_late(name: str) -> None:
    seen = {(one.duty, one.standing) for known, example in ALL if known == name for one in example.expect}
    for duty in policy(name).newest.duties:
        assert (duty.duty, "met") in seen, duty.duty
        assert {(duty.duty, "met_late"), (duty.duty, "overdue")} & seen, duty.duty


@pytest.mark.parametrize("name", POLICIES)
def test_each_date_of_the_examples_has_its_weekday_beside_it(name: str) -> None:
    for line in (PACKS / name / EXAMPLES).read_text(encoding="utf-8").splitlines():
        written, _, comment = line.partition("  # ")
        days = [date.fromisoformat(day) for day in re.findall(r"\d{4}-\d{2}-\d{2}", written)]
        if days:
            assert comment.split(", ") == [day.strftime("%a") for day in days], line


# ---- what a failing example says


AGREED = """
- name: the first meeting is due on the fifteenth working day
  on: 2026-03-24  # Tue
  case:
    events: [{kind: plan_agreed, happened_on: 2026-03-02}]  # Mon
"""


def examples(folder: Path, text: str) -> tuple[Example, ...]:
    (folder / EXAMPLES).write_text(text, encoding="utf-8")
    return load_examples(folder / EXAMPLES, policy("cumbria"))


def failing(folder: Path, text: str) -> list[str]:
    return failures(policy("cumbria"), examples(folder, text), calendar())


def test_an_example_that_does_not_come_out_says_what_was_expected_and_what_was_found(tmp_path: Path) -> None:
    expect = "  expect: [{duty: initial_meeting, due_on: 2026-03-24, standing: upcoming, missing: [disabled]}]"
    assert failing(tmp_path, AGREED + expect) == [
        "the first meeting is due on the fifteenth working day: "
        "initial_meeting started on 2026-03-02: expected due_on 2026-03-24, found 2026-03-23; "
        "initial_meeting started on 2026-03-02: expected standing upcoming, found overdue; "
        "initial_meeting started on 2026-03-02: expected missing disabled, found none"
    ]


def test_only_what_is_written_is_compared(tmp_path: Path) -> None:
    assert failing(tmp_path, AGREED + "  expect: [{duty: initial_meeting}]") == []


def test_a_date_written_as_nothing_is_compared_with_nothing(tmp_path: Path) -> None:
    assert failing(tmp_path, AGREED + "  expect: [{duty: initial_meeting, met_on: }]") == []
    (said,) = failing(tmp_path, AGREED + "  expect: [{duty: initial_meeting, due_on: }]")
    assert said.endswith("initial_meeting started on 2026-03-02: expected due_on None, found 2026-03-23")


def test_an_obligation_too_many_fails_the_example(tmp_path: Path) -> None:
    (said,) = failing(tmp_path, AGREED + "  nothing: [initial_meeting]")
    assert said.endswith(": initial_meeting: expected 0 obligations, found 1, started on 2026-03-02")


def test_an_obligation_too_few_fails_the_example(tmp_path: Path) -> None:
    expect = "  expect: [{duty: initial_meeting}, {duty: initial_meeting}, {duty: review}]"
    (said,) = failing(tmp_path, AGREED + expect)
    assert said.endswith(
        "initial_meeting: expected 2 obligations, found 1, started on 2026-03-02; review: expected 1 obligation, found 0"
    )


def test_duties_that_an_example_does_not_mention_are_left_alone(tmp_path: Path) -> None:
    # The agreement starts a visit as well.
    assert failing(tmp_path, AGREED + "  nothing: [review]") == []


def test_what_an_example_leaves_out_of_its_rows_is_filled_in(tmp_path: Path) -> None:
    case = "case: {meetings: [{kind: initial, held_on: 2026-03-02}], roles: [{role: team_manager}]}"
    (example,) = examples(tmp_path, f"- {{name: a, on: 2026-03-02, nothing: [visit], {case}}}")
    (meeting,), (role,) = example.case.meetings, example.case.roles
    assert (meeting.meeting_ref, str(meeting.scheduled_at), role.person_ref) == ("meeting-1", "2026-03-02 10:00:00", "role-1")
    assert (example.case.case_ref, example.case.plan_type) == ("example", "child_in_need")


# ---- what is refused


def refused(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as error:
        examples(folder, text)
    return error.value.problems


def test_a_duty_that_the_policy_does_not_have_is_refused_with_the_nearest(tmp_path: Path) -> None:
    expect = "  expect:\n    - {duty: initial_meting}\n  nothing: [reviews]\n"
    assert refused(tmp_path, AGREED + expect) == (
        "examples.yaml:7: [0].expect[0].duty: 'initial_meting' is not known here; did you mean 'initial_meeting'?",
        "examples.yaml:8: [0].nothing[0]: 'reviews' is not known here; did you mean 'review'?",
    )


def test_an_unknown_key_is_refused_with_the_nearest_at_every_depth(tmp_path: Path) -> None:
    text = """
- name: a
  on: 2026-03-02  # Mon
  expects: []
  case:
    closed: 2026-03-02  # Mon
    events: [{kind: plan_agreed, happend_on: 2026-03-02}]  # Mon
  expect: [{duty: review, due: 2026-03-02}]  # Mon
"""
    assert refused(tmp_path, text) == (
        "examples.yaml:4: [0].expects: no such key; did you mean 'expect'?",
        "examples.yaml:6: [0].case.closed: no such key; did you mean 'closed_on'?",
        "examples.yaml:7: [0].case.events[0].happend_on: no such key; did you mean 'happened_on'?",
        "examples.yaml:8: [0].expect[0].due: no such key; did you mean 'due_on'?",
    )


def test_words_that_the_records_contract_does_not_know_are_refused(tmp_path: Path) -> None:
    text = """
- name: a
  on: 2026-03-02  # Mon
  case:
    review_interval: six weeks
    events: [{kind: record_shared, happened_on: 2026-03-02}]  # Mon
    meetings: [{kind: first, held_on: 2026-03-02, outcome: stop}]  # Mon
    facts:
      - {fact: disable, value: yes}
      - {fact: disabled, value: Yes}
      - {fact: consent, value: yes}
      - {fact: planning_meeting_on, value: 2026-02-30}
      - {fact: visit_interval, value: often}
    roles: [{role: chair}]
  nothing: [review]
"""
    places = [problem.split(": ")[1] for problem in refused(tmp_path, text)]
    assert places == [
        "[0].case.review_interval",
        "[0].case.events[0].kind",
        "[0].case.meetings[0].kind",
        "[0].case.meetings[0].outcome",
        "[0].case.facts[0].fact",
        "[0].case.facts[1].value",
        "[0].case.facts[2].value",
        "[0].case.facts[3].value",
        "[0].case.facts[4].value",
        "[0].case.roles[0].role",
    ]


def test_a_date_and_a_standing_that_are_none_are_refused(tmp_path: Path) -> None:
    text = AGREED + "  expect: [{duty: review, due_on: 31/02/2026, standing: late}]"
    due_on, standing = refused(tmp_path, text)
    assert due_on.startswith("examples.yaml:6: [0].expect[0].due_on: input should be a valid date")
    assert standing.startswith("examples.yaml:6: [0].expect[0].standing: may be 'upcoming', 'overdue', 'met'")


def test_an_example_that_proves_nothing_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, AGREED) == ("examples.yaml:2: [0]: needs expect or nothing, or it proves nothing",)


def test_a_duty_both_expected_and_not_is_refused(tmp_path: Path) -> None:
    text = AGREED + "  expect: [{duty: review}]\n  nothing: [review]\n"
    assert refused(tmp_path, text) == ("examples.yaml:2: [0]: review: stands under expect and under nothing",)


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    text = (AGREED + "  nothing: [review]\n") * 2
    assert refused(tmp_path, text) == ("examples.yaml:8: [1].name: stands twice; each example has a name of its own",)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (said,) = refused(tmp_path, AGREED + "  nothing: [review]\n  nothing: [action]\n")
    assert said == "examples.yaml:7: [0].nothing: stands twice; a key may stand once"


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "examples.yaml: is empty"),
        ("name: a", "examples.yaml: holds a list of examples, each with name, on, case, and expect or nothing"),
        ("- [", "examples.yaml:2: is not YAML: "),
        ("- &a [*a]", "examples.yaml:1: [0][0]: holds itself; an alias may not stand inside what it names"),
        ("- a", "examples.yaml:1: [0]: must be a mapping of keys"),
        ("- {name: a, on: 2026-03-02, case: b, nothing: [review]}", "examples.yaml:1: [0].case: must be a mapping of keys"),
        (
            "- {name: a, on: 2026-03-02, case: {events: a}, nothing: [review]}",
            "examples.yaml:1: [0].case.events: must be a list",
        ),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = refused(tmp_path, text + "\n" if text else "")
    assert problem.startswith(said)


def test_faults_of_every_kind_stand_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = AGREED + "  expect: [{duty: review, due: 2026-03-02}]\n  nothing: [visits]\n  nothing: [reviews]\n"  # Mon
    lines = [problem.split(": ")[0] for problem in refused(tmp_path, text)]
    assert lines == ["examples.yaml:6", "examples.yaml:8", "examples.yaml:8"]


def test_the_examples_of_a_pack_by_its_path_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    for file in (PACKS / "cumbria").iterdir():
        (tmp_path / "ours" / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    rules = load_policy("ours", tmp_path)
    assert load_examples(policy_folder("ours", tmp_path) / EXAMPLES, rules) == load_examples(PACKS / "cumbria" / EXAMPLES, rules)


def test_a_pack_without_examples_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such file; a pack has worked examples beside it"):
        load_examples(tmp_path / EXAMPLES, policy("cumbria"))
