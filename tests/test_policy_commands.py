"""`policy list`, `show`, `check`, `diff`, `new` and `schema`, as a policy officer runs them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cin_reminders.cli.policy import policy_app
from cin_reminders.errors import CinRemindersError, PolicyError, UsageError
from cin_reminders.pack_template import begun_pack
from cin_reminders.policy_file import load_policy, packs

OTHERS = Path(__file__).parent / "packs"
PACK = """\
policy: a-council
council: A Council
title: Child in Need
edition: first
in_force_on: 2024-01-01
plan_types: [child_in_need]
events: [panel_held]
facts: [reviewed_elsewhere]
duties:
  - duty: review
    title: Review
    do: Hold the review
    clause: "3.1"
    says: Reviews follow every 8 weeks.
    start: [initial_meeting_held, panel_held]
    length: 8 weeks
    not_where: [{reviewed_elsewhere: yes}]
    met_by: {later: [review_meeting_held, panel_held]}
    first_told: lead_practitioner
ladder:
  agreed_by: nobody yet
  procedure:
    - {stage: overdue, working_days_after: 1, to: first_told}
"""
EXAMPLES = """\
- name: a panel is within 8 weeks of the first meeting
  on: 2026-07-01  # Wednesday
  case:
    facts: [{fact: reviewed_elsewhere, value: no}]
    meetings: [{kind: initial, held_on: 2026-05-04}]  # Monday
    events: [{kind: panel_held, happened_on: 2026-06-29}]  # Monday
  expect:
    - {duty: review, started_on: 2026-05-04, due_on: 2026-06-29, standing: met}
    - {duty: review, started_on: 2026-06-29, standing: upcoming}
"""


def ran(*arguments: str | Path) -> tuple[int, str]:
    """The exit code and what was printed; an error that the command line would print is raised."""
    result = CliRunner().invoke(policy_app, [str(one) for one in arguments])
    if isinstance(result.exception, CinRemindersError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def written(folder: Path, text: str = PACK, examples: str | None = EXAMPLES) -> Path:
    (folder / "2024-01-01.yaml").write_text(text, encoding="utf-8")
    if examples is not None:
        (folder / "examples.yaml").write_text(examples, encoding="utf-8")
    return folder


# ---- list and show


def test_every_pack_of_the_service_is_listed() -> None:
    code, said = ran("list")
    assert code == 0
    assert [line.split(":")[0] for line in said.splitlines()] == list(packs())
    assert "cumbria: Cumbria, Child in Need Plans and Reviews, v23, from Mon 12 Aug 2024; " in said


def test_the_list_is_one_document_for_programs() -> None:
    rows = json.loads(ran("list", "--json")[1])
    assert [row["policy"] for row in rows] == list(packs())
    assert rows[0]["in_force_on"] == "2024-08-12"


@pytest.mark.parametrize("name", packs())
def test_a_procedure_is_shown_whole_and_in_its_order(name: str) -> None:
    code, said = ran("show", name)
    edition, words = load_policy(name).newest, " ".join(said.split())
    assert code == 0
    places = [words.index(f"{number}. {duty.title} ({duty.duty})") for number, duty in enumerate(edition.duties, start=1)]
    assert places == sorted(places)
    for duty in edition.duties:
        for text in (duty.clause, duty.says, duty.do, duty.doubt or "", str(duty.length or "")):
            assert " ".join(text.split()) in words
    for left_out in edition.not_modelled:
        assert f"{left_out.clause}: {left_out.asks}. Why: {left_out.reason}" in words
    for doubt in edition.doubts:
        assert doubt in words


def test_a_duty_is_shown_with_its_start_its_length_what_meets_it_and_who_hears() -> None:
    said = ran("show", "norfolk")[1]
    review = " ".join(said[said.index("Review of the plan (review)") :].split())
    for words in (
        "Starts each initial or review meeting held",
        "Due 6 weeks",
        "Instead 12 weeks where disabled is yes and stable long-term plan is yes (paragraph 14)",
        "Agreed the review interval agreed for the plan, where it is shorter, or where exceptional circumstances is yes",
        "Met by initial, review or closing meeting held, on a later day than the start",
        "First told the lead practitioner",
        "Ladder procedure",
    ):
        assert words in review
    assert "overdue: 1 working day after the due date: whoever is first told and the team manager" in review


def test_a_pack_is_shown_by_its_path_and_names_its_other_editions() -> None:
    said = ran("show", OTHERS / "two-editions")[1]
    assert (
        "Edition second, in force on Mon 1 Jun 2026. It governs the clocks that start from then on, and those that were open"
        in said
    )
    assert "Other editions: first from Wed 1 Jan 2025." in said


def test_an_unknown_pack_is_told_with_the_nearest() -> None:
    with pytest.raises(PolicyError, match="did you mean 'cumbria'"):
        ran("show", "cumbira")


# ---- check


@pytest.mark.parametrize("name", packs())
def test_each_pack_of_the_service_is_well(name: str) -> None:
    code, said = ran("check", name)
    assert (code, said.startswith(f"All is well: {len(load_policy(name).newest.duties)} duties, ")) == (0, True)


def test_a_pack_outside_the_service_is_checked_by_its_path_with_its_examples(tmp_path: Path) -> None:
    assert ran("check", written(tmp_path)) == (0, "All is well: 1 duty, 1 example.\n")


def test_a_pack_without_examples_is_well_but_proves_nothing(tmp_path: Path) -> None:
    code, said = ran("check", written(tmp_path, examples=None))
    assert code == 0
    assert said == "note: no examples.yaml beside it, so nothing proves the pack yet.\nAll is well: 1 duty, 0 examples.\n"


def test_every_fault_is_told_at_once_with_file_line_place_and_the_nearest_word(tmp_path: Path) -> None:
    text = (
        PACK.replace("council: A Council", "councl: A Council")
        .replace("length: 8 weeks", "length: 8 days")
        .replace("first_told: lead_practitioner", "first_told: lead_practioner")
        .replace("later: [review_meeting_held, panel_held]", "later: [review_meeting_held, panel_hold]")
        .replace("{reviewed_elsewhere: yes}", "{reviewed_elsewere: yes}")
    )
    code, said = ran("check", written(tmp_path, text))
    assert code == 1
    for problem in (
        "2024-01-01.yaml:2: councl: no such key; did you mean 'council'?",
        "2024-01-01.yaml:16: duties[0].length: `days` alone is not clear",
        "2024-01-01.yaml:17: duties[0].not_where[0].reviewed_elsewere: no fact is called 'reviewed_elsewere'; "
        "did you mean 'reviewed_elsewhere'?",
        "2024-01-01.yaml:18: duties[0].met_by.later[1]: no event is called 'panel_hold'; did you mean 'panel_held'?",
        "duties[0].first_told: no role is called 'lead_practioner'; did you mean 'lead_practitioner'?",
    ):
        assert f"problem: {problem}" in said or problem in said
    assert said.splitlines()[-1].endswith(" problems.")


def test_an_example_that_does_not_come_out_is_a_problem(tmp_path: Path) -> None:
    code, said = ran("check", written(tmp_path, examples=EXAMPLES.replace("due_on: 2026-06-29", "due_on: 2026-06-30")))
    assert code == 1
    assert "problem: examples.yaml: a panel is within 8 weeks of the first meeting: review started on 2026-05-04: " in said
    assert "expected due_on 2026-06-30, found 2026-06-29" in said
    assert said.endswith("1 problem.\n")


def test_an_example_with_an_unknown_event_is_told_with_the_nearest(tmp_path: Path) -> None:
    code, said = ran("check", written(tmp_path, examples=EXAMPLES.replace("kind: panel_held", "kind: panel_hold")))
    assert (code, "did you mean 'panel_held'?" in said) == (1, True)


def test_one_edition_is_checked_by_its_file() -> None:
    code, said = ran("check", OTHERS / "two-editions" / "2025-01-01.yaml")
    assert (code, said.splitlines()[-1]) == (0, "All is well: 2 duties, 0 examples.")


@pytest.mark.parametrize(
    "old, new, fault",
    [
        ("events: [panel_held]", "events: [plan_agreed, panel_held]", "events[0]: plan_agreed stands in the contract already"),
        ("facts: [reviewed_elsewhere]", "facts: [team, reviewed_elsewhere]", "facts[0]: team stands in the contract already"),
        ("events: [panel_held]", "events: [panel_held, Panel]", "events[1]: string should match pattern"),
        ("events: [panel_held]", "events: []", "no event is called 'panel_held'"),
        (
            "not_where: [{reviewed_elsewhere: yes}]",
            "not_where: [{disabled: perhaps}]",
            "disabled: may be yes, no, not 'perhaps'",
        ),
        (
            "length: 8 weeks\n    not_where: [{reviewed_elsewhere: yes}]",
            "due_by: {fact: disabled}",
            "disabled is no date; allowed:",
        ),
        (
            "length: 8 weeks\n    not_where: [{reviewed_elsewhere: yes}]",
            "due_by: {interval: reviewed_elsewhere}",
            "reviewed_elsewhere is no length; allowed:",
        ),
        (
            "length: 8 weeks\n    not_where: [{reviewed_elsewhere: yes}]",
            "due_by: {fact: planning_meeting_on}\n    start_day_counts: yes",
            "only a count has a first day",
        ),
        ("length: 8 weeks", "length: 1 working day\n    start_day_counts: yes", "due before anything could be done"),
        (
            "{later: [review_meeting_held, panel_held]}",
            "{staying_open: yes}",
            "met_by.staying_open: goes with length and outlives_closing",
        ),
        ("start: [initial_meeting_held, panel_held]", "start: {end_of: looked_after, after: 3 months}", "after go with event"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert PACK.count(old) == 1
    code, said = ran("check", written(tmp_path, PACK.replace(old, new)))
    assert (code, fault in said) == (1, True), said


def test_the_faults_of_a_whole_edition_are_told_together(tmp_path: Path) -> None:
    twice = PACK[PACK.index("  - duty: review") : PACK.index("ladder:")]
    text = PACK.replace("ladder:\n", twice + "    ladder: quick\nmeeting_names: {child_in_neet: Meeting}\nladder:\n")
    said = ran("check", written(tmp_path, text))[1]
    assert "duty review stands twice" in said
    assert "duties[1].ladder: no ladder is called 'quick'" in said
    assert "did you mean 'child_in_need'?" in said


# ---- diff


def test_the_difference_of_two_editions_is_said_in_the_words_of_the_rules() -> None:
    code, said = ran("diff", OTHERS / "two-editions" / "2025-01-01.yaml", OTHERS / "two-editions")
    assert code == 0
    assert "review: due: was: 8 weeks; is now: 6 weeks\n" in said
    assert "plan_shared: new: Copy of the plan (3.2)" in said
    assert "record_shared: gone; it was: Record of the meeting (3.2)" in said
    assert said.endswith("7 changes.\n")


def test_a_pack_has_no_difference_from_itself() -> None:
    assert ran("diff", "cumbria", "cumbria") == (0, "Nothing changed.\n")


def test_the_difference_is_one_document_for_programs() -> None:
    changes = json.loads(ran("diff", "cumbria", "norfolk", "--json")[1])
    assert {"about": "review", "what": "due", "was": "8 weeks", "now": "6 weeks"} in changes


# ---- new


@pytest.mark.parametrize("source", packs())
def test_a_new_pack_passes_check_at_once(tmp_path: Path, source: str) -> None:
    code, said = ran("new", "north-shire", "--from", source, "--dir", tmp_path, "--in-force", "2026-10-01")
    assert (code, f"{tmp_path / 'north-shire' / '2026-10-01.yaml'} is written." in said) == (0, True)

    policy = load_policy("north-shire", tmp_path)
    (edition,) = policy.editions
    assert (policy.id, edition.council, edition.edition) == ("north-shire", "North Shire", "draft")
    assert edition.in_force_on == date(2026, 10, 1)  # Thursday
    assert edition.duties == load_policy(source).newest.duties
    code, said = ran("check", tmp_path / "north-shire")
    assert (code, said.startswith("All is well: ")) == (0, True), said


def test_comments_and_rules_are_copied_as_they_stand(tmp_path: Path) -> None:
    ran("new", "north-shire", "--from", "cumbria", "--dir", tmp_path)
    text = (tmp_path / "north-shire" / "2024-08-12.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Begun from the pack cumbria. ")
    assert "  # Who hears what, when, is the council's own decision and no part of the procedure." in text


def test_what_stands_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "north-shire").mkdir()
    with pytest.raises(UsageError, match="stands already and is left as it is"):
        ran("new", "north-shire", "--from", "cumbria", "--dir", tmp_path)
    assert list((tmp_path / "north-shire").iterdir()) == []


@pytest.mark.parametrize(
    "new_id, more, said",
    [
        ("North Shire", (), "an id begins with a small letter"),
        ("../elsewhere", (), "an id begins with a small letter"),
        ("salford", (), "a pack of this id comes with the service"),
        ("north-shire", ("--in-force", "1/10/2026"), "is no day; write it YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_begun_is_refused_and_nothing_is_written(
    tmp_path: Path, new_id: str, more: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        ran("new", new_id, "--from", "cumbria", "--dir", tmp_path / "packs", *more)
    assert list(tmp_path.iterdir()) == []


def test_a_pack_can_be_begun_from_a_folder(tmp_path: Path) -> None:
    ran("new", "north-shire", "--from", OTHERS / "knowsley", "--dir", tmp_path, "--council", 'The "North" Shire')
    assert load_policy("north-shire", tmp_path).newest.council == 'The "North" Shire'


def test_only_the_keys_of_the_edition_itself_get_other_values() -> None:
    text = "policy: old  # the id\nedition: '2.10'\nin_force_on: 2024-01-01\ncouncil: Old\nladder:\n  council: []\n"
    files = begun_pack(text, None, source="old", new_id="new", council="New", in_force_on=date(2026, 10, 1))
    assert files["2026-10-01.yaml"].splitlines()[1:] == [
        "policy: new  # the id",
        "edition: draft",
        "in_force_on: 2026-10-01",
        'council: "New"',
        "ladder:",
        "  council: []",
    ]


# ---- schema


def test_the_schema_is_printed_for_an_editor() -> None:
    schema = json.loads(ran("schema")[1])
    assert schema["additionalProperties"] is False
    assert "panel_held" not in json.dumps(schema)


def test_the_schema_for_a_pack_knows_the_packs_own_names() -> None:
    assert "panel_held" in ran("schema", OTHERS / "knowsley")[1]
