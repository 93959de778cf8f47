"""A pack is read strictly: every fault is told with its file, its line, its place and what is allowed there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from cases import a_case, action, calendar, d, event, fact, meeting

from cin_reminders import pack_yaml
from cin_reminders.case import Transfer
from cin_reminders.errors import PolicyError
from cin_reminders.obligations import obligations
from cin_reminders.policy import Edition, Policy
from cin_reminders.policy_file import load_policy, packs, policy_folder
from cin_reminders.rule import WAYS_TO_START, DueBy

FILE = "2024-01-01.yaml"
HEAD = """\
policy: a-council
council: A Council
title: Child in Need
edition: first
in_force_on: 2024-01-01  # Monday
plan_types: [child_in_need]
"""
LADDER = """\
ladder:
  agreed_by: nobody yet
  procedure:
    - {stage: overdue, working_days_after: 1, to: first_told}
"""
# Line 9 of the file is the first line of the duty.
REVIEW = """\
duties:

  - duty: review
    title: Review
    do: Hold the review
    clause: "3.1"
    says: Reviews follow every 8 weeks.
    start: [initial_meeting_held, review_meeting_held]
    length: 8 weeks
    met_by: {later: review_meeting_held}
    first_told: lead_practitioner
"""
OTHER = """\
  - {duty: other, title: b, do: b, clause: b, says: b, start: plan_agreed, length: 1 week, met_by: plan_agreed, first_told: chair}
"""
WHOLE = HEAD + REVIEW + OTHER + LADDER


def load(folder: Path, text: str | bytes, file: str = FILE) -> Policy:
    (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_policy(str(folder))


def faults(folder: Path, text: str | bytes, file: str = FILE) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as error:
        load(folder, text, file)
    return error.value.problems


def with_line(old: str, new: str) -> str:
    assert WHOLE.count(old) == 1
    return WHOLE.replace(old, new)


# ---- what is read


def test_the_pack_of_these_tests_is_read(tmp_path: Path) -> None:
    (edition,) = load(tmp_path, WHOLE).editions
    assert (edition.policy, edition.in_force_on) == ("a-council", d("2024-01-01"))  # Monday
    assert [(duty.duty, str(duty.length)) for duty in edition.duties] == [("review", "8 weeks"), ("other", "1 week")]


def test_a_folder_may_be_named_relative_to_another(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / FILE).write_text(WHOLE, encoding="utf-8")
    assert load_policy("ours", tmp_path).id == "a-council"


def test_editions_are_read_oldest_first_and_each_governs_the_clocks_that_start_under_it(tmp_path: Path) -> None:
    second = WHOLE.replace("2024-01-01", "2025-03-03").replace("edition: first", "edition: second").replace("8 weeks", "6 weeks")
    (tmp_path / "2025-03-03.yaml").write_text(second, encoding="utf-8")
    policy = load(tmp_path, WHOLE)
    assert [one.edition for one in policy.editions] == ["first", "second"]
    assert policy.edition_for(d("2025-03-02")).edition == "first"  # Sunday
    assert policy.edition_for(d("2025-03-03")).edition == "second"  # Monday
    assert policy.newest.edition == "second"


def test_the_first_edition_also_covers_earlier_clocks(tmp_path: Path) -> None:
    assert load(tmp_path, WHOLE).edition_for(d("1999-12-31")).edition == "first"  # Friday


def test_worked_examples_are_no_edition(tmp_path: Path) -> None:
    (tmp_path / "examples.yaml").write_text("- name: an example", encoding="utf-8")
    assert len(load(tmp_path, WHOLE).editions) == 1


def test_words_stay_as_they_are_written(tmp_path: Path) -> None:
    (edition,) = load(tmp_path, with_line('clause: "3.1"', 'clause: "3.10"').replace("edition: first", "edition: yes")).editions
    assert (edition.edition, edition.duties[0].clause) == ("yes", "3.10")


def test_the_folder_of_a_pack_is_found_by_its_id_and_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    assert policy_folder("ours", tmp_path) == tmp_path / "ours"
    assert (policy_folder("cumbria") / "examples.yaml").is_file()
    assert (policy_folder(str(policy_folder("cumbria"))) / "examples.yaml").is_file()


# ---- the file


def test_an_unknown_pack_is_told_with_the_nearest() -> None:
    with pytest.raises(PolicyError) as error:
        load_policy("cumbira")
    assert error.value.problems == ("no pack is called 'cumbira' and no folder stands at that path; did you mean 'cumbria'?",)


def test_an_unknown_pack_that_is_like_none_is_told_with_all() -> None:
    with pytest.raises(PolicyError, match=f"allowed: {', '.join(packs())}"):
        load_policy("xyz")


def test_a_folder_with_no_edition_is_refused(tmp_path: Path) -> None:
    (tmp_path / "examples.yaml").write_text("- name: an example", encoding="utf-8")
    with pytest.raises(PolicyError) as error:
        load_policy(str(tmp_path))
    assert error.value.problems == (
        f"{tmp_path}: the folder holds no edition; an edition is a file named by the day it came into force, 2024-08-12.yaml",
    )


def test_a_file_named_by_another_day_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, WHOLE, "2024-01-02.yaml") == (
        "2024-01-02.yaml:5: in_force_on: is 2024-01-01, so the file must be named 2024-01-01.yaml",
    )


def test_editions_of_two_policies_in_one_folder_are_refused(tmp_path: Path) -> None:
    other = WHOLE.replace("2024-01-01", "2025-03-03").replace("policy: a-council", "policy: another")
    (tmp_path / "2025-03-03.yaml").write_text(other, encoding="utf-8")
    (said,) = faults(tmp_path, WHOLE)
    assert said.endswith("its editions name different policies (a-council, another); one folder holds one policy")


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, WHOLE.replace("A Council", "Ynys Môn").encode("latin-1")) == (f"{FILE}: is not UTF-8 text",)


def test_a_file_that_is_not_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, "policy: a\nduties: [\ntitle: b\n")
    assert said.startswith(f"{FILE}:4: is not YAML: ")


FORMS = """\
clause: 3.1
edition: '2.10'
none: ~
empty:
quoted: "~"
aliased: &a [x, "#"]
again: *a
yes: no
yes: 2026-01-02
folded: >
  two
  lines
"""


def test_a_pack_reads_the_same_by_the_fast_reader_and_by_pythons_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forms = tmp_path / "forms.yaml"
    forms.write_text(FORMS, encoding="utf-8")
    files = [forms, *(file for name in packs() for file in policy_folder(name).iterdir())]
    fast = list(map(pack_yaml.read_yaml, files))

    monkeypatch.setattr(pack_yaml, "_FAST_LOADER", yaml.SafeLoader)

    assert len(fast) > 10
    assert [len(one.faults) for one in fast] == [2, *[0] * (len(files) - 1)]
    assert list(map(pack_yaml.read_yaml, files)) == fast


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, "policy: a\0b\n")
    assert said.startswith(f"{FILE}: is not YAML: ")


@pytest.mark.parametrize(
    "text, said",
    [
        ("duties: &a [*a]\n", ":1: duties[0]: holds itself; an alias may not stand inside what it names"),
        (
            "policy: b\nduties: &a\n  - {start: *a}\n",
            ":2: duties[0].start: holds itself; an alias may not stand inside what it names",
        ),
        ("? &a [*a]\n: b\n", ":1: the whole file: a key is text, and one here is a list or a mapping"),
        ("policy: " + "[" * 5000, ": is nested too deep to be read"),
    ],
    ids=["a list in itself", "a list in its own duty", "a key in itself", "many lists"],
)
def test_yaml_without_an_end_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert faults(tmp_path, text) == (FILE + said,)


def test_an_alias_of_something_else_is_read(tmp_path: Path) -> None:
    text = with_line("title: Review", "title: &name Review").replace("do: Hold the review", "do: *name")
    assert load(tmp_path, text).newest.duties[0].do == "Review"


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text) == (f"{FILE}: is empty",)


@pytest.mark.parametrize("text", ["a word", "- a\n- b\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text) == (f"{FILE}: an edition is a mapping of keys such as policy, title, duties",)


# ---- keys


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("council: A Council", "council: A Council\ncouncl: a", ":3: councl: no such key; did you mean 'council'?"),
        ("    do: Hold the review", "    do: a\n    clauses: b", ":12: duties[0].clauses: no such key; did you mean 'clause'?"),
        (
            "{later: review_meeting_held}",
            "{later: review_meeting_held, same_meting: yes}",
            ":16: duties[0].met_by.same_meting: no such key; did you mean 'same_meeting'?",
        ),
        (
            "working_days_after: 1",
            "working_day_after: 1, working_days_after: 1",
            ":22: ladder.procedure[0].working_day_after: no such key; did you mean 'working_days_after'?",
        ),
        ("  agreed_by: nobody yet", "  agreed_by: a\n  agreed: b", ":21: ladder.agreed: no such key; did you mean 'agreed_on'?"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest_one(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert faults(tmp_path, with_line(old, new)) == (FILE + said,)


def test_an_unknown_key_that_is_like_none_is_told_with_all_that_are_allowed(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, with_line("    length: 8 weeks", "    length: 8 weeks\n    zzz: 1"))
    assert said.startswith(f"{FILE}:16: duties[0].zzz: no such key; allowed: duty, title, do, clause, says")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("edition: first", "edition: first\nedition: first", ":5: edition: stands twice; a key may stand once"),
        (
            "    length: 8 weeks",
            "    length: 8 weeks\n    length: 6 weeks",
            ":16: duties[0].length: stands twice; a key may stand once",
        ),
    ],
)
def test_a_key_that_stands_twice_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert faults(tmp_path, with_line(old, new)) == (FILE + said,)


@pytest.mark.parametrize("key", ["policy", "council", "title", "edition", "in_force_on", "plan_types"])
def test_a_missing_key_of_the_edition_is_named(tmp_path: Path, key: str) -> None:
    text = "\n".join(line for line in WHOLE.splitlines() if not line.startswith(f"{key}:"))
    assert faults(tmp_path, text) == (f"{FILE}:1: {key}: is missing; it must be given",)


@pytest.mark.parametrize("key", ["title", "do", "clause", "says", "start", "met_by", "first_told"])
def test_a_missing_key_of_a_duty_is_named_with_the_line_of_its_duty(tmp_path: Path, key: str) -> None:
    text = "\n".join(line for line in WHOLE.splitlines() if not line.startswith(f"    {key}:"))
    assert faults(tmp_path, text) == (f"{FILE}:9: duties[0].{key}: is missing; it must be given",)


def test_an_edition_with_no_duty_is_refused(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, HEAD + "duties: []\n" + LADDER)
    assert said.startswith(f"{FILE}:7: duties: ")


# ---- values


@pytest.mark.parametrize("number", ["3.1", "2.10", "3", "1_0", "3:10"])
def test_a_section_number_without_quotes_is_refused(tmp_path: Path, number: str) -> None:
    assert faults(tmp_path, with_line('clause: "3.1"', f"clause: {number}")) == (
        f'{FILE}:12: duties[0].clause: {number} is read as a number by YAML; put it in quotes: "{number}"',
    )


def test_an_edition_that_is_a_number_without_quotes_is_refused(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, with_line("edition: first", "edition: 2.10"))
    assert said == f'{FILE}:4: edition: 2.10 is read as a number by YAML; put it in quotes: "2.10"'


@pytest.mark.parametrize("clause", ["1.3 (5)", "3.6, with 2.2", "paragraph 3", "'3.1'"])
def test_a_section_that_is_no_mere_number_needs_no_quotes(tmp_path: Path, clause: str) -> None:
    assert load(tmp_path, with_line('clause: "3.1"', f"clause: {clause}")).newest.duties[0].clause == clause.strip("'")


def test_bare_days_are_refused(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, with_line("length: 8 weeks", "length: 10 days"))
    assert said.startswith(f"{FILE}:15: duties[0].length: `days` alone is not clear, say `working days` or `calendar days`")


@pytest.mark.parametrize("length", ["8", "weeks", "0 weeks", "8 years", "eight weeks", "-8 weeks"])
def test_a_length_that_is_none_is_refused_with_what_is_allowed(tmp_path: Path, length: str) -> None:
    (said,) = faults(tmp_path, with_line("length: 8 weeks", f"length: {length}"))
    assert said.startswith(
        f"{FILE}:15: duties[0].length: a length is `N working days`, `N calendar days`, `N weeks` or `N months`"
    )


VARIATIONS = """\
    length: 8 weeks
    variations:
      - {when: {disabled: yes}, length: 12 weeks}
      - {when: {%s}, length: 10 weeks}
"""


@pytest.mark.parametrize("when", ["disabled: yes", "complex: no", "disabled: yes, complex: no"])
def test_variations_that_can_both_be_true_are_refused(tmp_path: Path, when: str) -> None:
    (said,) = faults(tmp_path, with_line("    length: 8 weeks\n", VARIATIONS % when))
    other = when.replace(": ", " = ").replace(", ", " and ")
    assert said == (
        f"{FILE}:18: duties[0].variations[1]: variations overlap: disabled = yes and {other} can both be true; "
        "let them differ in the value of one fact that both name"
    )


@pytest.mark.parametrize("when", ["disabled: no", "disabled: no, complex: yes"])
def test_variations_that_differ_in_the_value_of_one_fact_are_read(tmp_path: Path, when: str) -> None:
    assert len(load(tmp_path, with_line("    length: 8 weeks\n", VARIATIONS % when)).newest.duties[0].variations) == 2


def test_a_variation_that_can_never_be_true_is_not_told_to_overlap_as_well(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, with_line("    length: 8 weeks\n", VARIATIONS % "disabled: Yes, complex: no"))
    assert said.startswith(f"{FILE}:18: duties[0].variations[1].when.disabled: may be yes, no")


def test_a_variation_of_no_fact_is_refused(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, with_line("    length: 8 weeks\n", VARIATIONS % ""))
    assert said.startswith(f"{FILE}:18: duties[0].variations[1].when: ")


@pytest.mark.parametrize(
    "old, new, said",
    [
        (
            "start: [initial_meeting_held, review_meeting_held]",
            "start: inital_meeting_held",
            ":14: duties[0].start: no event is called 'inital_meeting_held'; did you mean 'initial_meeting_held'?",
        ),
        (
            "{later: review_meeting_held}",
            "{later: review_held}",
            ":16: duties[0].met_by.later: no event is called 'review_held'; did you mean 'review_meeting_held'?",
        ),
        (
            "    length: 8 weeks",
            "    length: 8 weeks\n    agreed_interval: {fact: review_intervall}",
            ":16: duties[0].agreed_interval.fact: no fact is called 'review_intervall'; did you mean 'review_interval'?",
        ),
        (
            "    length: 8 weeks",
            "    length: 8 weeks\n    not_where: [{disable: yes}]",
            ":16: duties[0].not_where[0].disable: no fact is called 'disable'; did you mean 'disabled'?",
        ),
        (
            "to: first_told",
            "to: team_manger",
            ":22: ladder.procedure[0].to: no role is called 'team_manger'; did you mean 'team_manager'?",
        ),
    ],
)
def test_a_name_that_stands_for_nothing_is_told_with_the_nearest(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert faults(tmp_path, with_line(old, new)) == (FILE + said,)


def test_a_role_that_stands_for_nothing_is_told_with_the_nearest(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, with_line("first_told: lead_practitioner", "first_told: lead_practioner"))
    assert said == f"{FILE}:17: duties[0].first_told: no role is called 'lead_practioner'; did you mean 'lead_practitioner'?"


@pytest.mark.parametrize(
    "told, said",
    [
        ("{first_off: [chair, team_manager]}", ".first_off: no such key; did you mean 'first_of'?"),
        ("{first_of: [chair, team_manger]}", ".first_of[1]: no role is called 'team_manger'; did you mean 'team_manager'?"),
        ("{first_of: [chair]}", ".first_of: needs at least 2"),
        ("[chair, {first_off: [chair, team_manager]}]", "[1].first_off: no such key; did you mean 'first_of'?"),
        (
            "{role: chair, when: {outcome: amend}, otherwize: team_manager}",
            ".otherwize: no such key; did you mean 'otherwise'?",
        ),
        ("{rolle: chair, when: {outcome: amend}, otherwise: team_manager}", ".rolle: no such key; did you mean 'role'?"),
        ("{role: chair, when: {outcome: amend}}", ".otherwise: is missing; it must be given"),
        (
            "{role: chair, when: {outcomes: amend}, otherwise: team_manager}",
            ".when.outcomes: nothing of a meeting is called 'outcomes'; did you mean 'outcome'?",
        ),
        (
            "{role: chair, when: {outcome: amended}, otherwise: team_manager}",
            ".when.outcome: may be continue, amend, close, assess, harm, not 'amended'",
        ),
        (
            "{role: chair, when: {lead_attending: No}, otherwise: team_manager}",
            ".when.lead_attending: may be yes, no, not 'No'",
        ),
        ("[chair, team_manger]", "[1]: no role is called 'team_manger'; did you mean 'team_manager'?"),
    ],
)
def test_one_slip_in_who_is_told_is_one_fault_at_its_place(tmp_path: Path, told: str, said: str) -> None:
    assert faults(tmp_path, with_line("first_told: lead_practitioner", f"first_told: {told}")) == (
        f"{FILE}:17: duties[0].first_told{said}",
    )


@pytest.mark.parametrize(
    "start, said",
    [
        (
            "[initial_meeting_held, {evnt: review_meeting_held, outcome: amend}]",
            "[1].evnt: no such key; did you mean 'event'?",
        ),
        (
            "[initial_meeting_held, {event: review_meeting_held, outcom: amend}]",
            "[1].outcom: no such key; did you mean 'outcome'?",
        ),
        (
            "[inital_meeting_held, {event: review_meeting_held, outcome: amend}]",
            "[0]: no event is called 'inital_meeting_held'; did you mean 'initial_meeting_held'?",
        ),
        (
            "[initial_meeting_held, {event: review_held, outcome: amend}]",
            "[1].event: no event is called 'review_held'; did you mean 'review_meeting_held'?",
        ),
        (
            "[initial_meeting_held, review_held]",
            "[1]: no event is called 'review_held'; did you mean 'review_meeting_held'?",
        ),
        ("{evnt: review_meeting_held}", ".evnt: no such key; did you mean 'event'?"),
        ("{any_of: []}", ".any_of: needs at least 1"),
    ],
)
def test_one_slip_in_a_start_is_one_fault_at_its_place(tmp_path: Path, start: str, said: str) -> None:
    line = with_line("start: [initial_meeting_held, review_meeting_held]", f"start: {start}")
    assert faults(tmp_path, line) == (f"{FILE}:14: duties[0].start{said}",)


def test_a_slip_in_a_key_that_must_be_given_is_one_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, with_line("    says: Reviews", "    sais: Reviews")) == (
        f"{FILE}:13: duties[0].sais: no such key; did you mean 'says'?",
    )
    assert faults(tmp_path, with_line("    length: 8 weeks", "    lenght: 8 weeks")) == (
        f"{FILE}:15: duties[0].lenght: no such key; did you mean 'length'?",
    )


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("title: Review", "title: [Review]", ":10: duties[0].title: must be text"),
        ("start: [initial_meeting_held, review_meeting_held]", "start: ", ":14: duties[0].start: must be a mapping of keys"),
        ("    length: 8 weeks", "    due_by: planning_meeting_on", ":15: duties[0].due_by: must be a mapping of keys"),
        ("plan_types: [child_in_need]", "plan_types: child_in_need", ":6: plan_types: must be a list"),
        (
            "    length: 8 weeks",
            "    length: 8 weeks\n    not_where: {disabled: yes}",
            ":16: duties[0].not_where: must be a list",
        ),
        (
            "first_told: lead_practitioner",
            "first_told: {role: chair, when: {outcome: amend, lead_attending: yes}, otherwise: chair}",
            ":17: duties[0].first_told.when: may hold at most 1",
        ),
    ],
)
def test_what_is_written_in_another_form_is_told_with_the_right_one(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert faults(tmp_path, with_line(old, new)) == (FILE + said,)


def test_a_fault_in_the_only_duty_is_the_only_fault(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, HEAD + REVIEW.replace("title: Review", "title: [Review]") + LADDER)
    assert said.startswith(f"{FILE}:10: duties[0].title: ")


QUICK = "    length: 8 weeks\n    ladder: quick"


def test_a_ladder_that_is_not_there_is_told_at_its_place(tmp_path: Path) -> None:
    assert faults(tmp_path, with_line("    length: 8 weeks", QUICK) + "  named: {quickly: []}\n") == (
        f"{FILE}:16: duties[0].ladder: no ladder is called 'quick'; did you mean 'quickly'?",
    )


def test_a_ladder_where_none_is_named_is_told_so(tmp_path: Path) -> None:
    assert faults(tmp_path, with_line("    length: 8 weeks", QUICK)) == (
        f"{FILE}:16: duties[0].ladder: no ladder is called 'quick': none stands under ladder.named",
    )


def test_a_ladder_whose_list_of_names_has_a_slip_is_not_told_as_well(tmp_path: Path) -> None:
    assert faults(tmp_path, with_line("    length: 8 weeks", QUICK) + "  namd: {quick: []}\n") == (
        f"{FILE}:24: ladder.namd: no such key; did you mean 'named'?",
    )


def test_a_duty_that_stands_twice_is_told_at_its_place(tmp_path: Path) -> None:
    assert faults(tmp_path, HEAD + REVIEW + OTHER.replace("other", "review") + LADDER) == (
        f"{FILE}:18: duties[1].duty: duty review stands twice",
    )


def test_a_plan_type_that_the_pack_does_not_cover_has_no_name_for_its_meetings(tmp_path: Path) -> None:
    names = "plan_types: [child_in_need]\nmeeting_names:\n  default: a\n  child_in_ned: b"
    assert faults(tmp_path, with_line("plan_types: [child_in_need]", names)) == (
        f"{FILE}:9: meeting_names.child_in_ned: no plan type of this pack is called 'child_in_ned'; "
        "did you mean 'child_in_need'?",
    )


# ---- facts: what each can say, and what each is for


TESTS = (
    "variations: [{when: {%s}, length: 10 weeks}]",
    "not_where: [{%s}]",
    "agreed_interval: {fact: review_interval, longer_when: {%s}}",
    "agreed_interval: {fact: review_interval, expected_when: {%s}}",
)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    "when, said",
    [
        ("disabled: true", "disabled: may be yes, no, not 'true'"),
        ("disabled: No", "disabled: may be yes, no, not 'No'"),
        ("disabled: ''", "disabled: may be yes, no, not ''"),
        ("disabled: ", "disabled: may be yes, no, not nothing"),
        ("disabled: [yes]", "disabled: may be yes, no, not a list"),
        ("consent: yes", "consent: may be given, refused, withdrawn, not 'yes'"),
        (
            "supervision_order_ends: 2026-03-02",  # Monday
            "supervision_order_ends: is a date or a length, which cannot be tested",
        ),
        ("review_interval: 6 weeks", "review_interval: is a date or a length, which cannot be tested"),
        ("disable: yes", "disable: no fact is called 'disable'; did you mean 'disabled'?"),
    ],
)
def test_a_fact_is_tested_for_what_it_can_say_alone(tmp_path: Path, test: str, when: str, said: str) -> None:
    (found,) = faults(tmp_path, with_line("    length: 8 weeks", f"    length: 8 weeks\n    {test % when}"))
    assert found.startswith(f"{FILE}:16: duties[0].")
    assert f".{said}" in found


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("when", ["disabled: yes", "disabled: no", "consent: refused", "team: North", "plan_type: family_help"])
def test_a_fact_may_be_tested_for_what_it_can_say(tmp_path: Path, test: str, when: str) -> None:
    assert load(tmp_path, with_line("    length: 8 weeks", f"    length: 8 weeks\n    {test % when}")).id == "a-council"


@pytest.mark.parametrize(
    "old, new, said",
    [
        (
            "    length: 8 weeks",
            "    due_by: {fact: disabled}",
            ":15: duties[0].due_by.fact: disabled is no date; allowed: supervision_order_ends, planning_meeting_on",
        ),
        (
            "    length: 8 weeks",
            "    due_by: {interval: planning_meeting_on}",
            ":15: duties[0].due_by.interval: planning_meeting_on is no length; allowed: review_interval, visit_interval",
        ),
        (
            "    length: 8 weeks",
            "    length: 8 weeks\n    agreed_interval: {fact: disabled}",
            ":16: duties[0].agreed_interval.fact: disabled is no length; allowed: review_interval, visit_interval",
        ),
        (
            "    length: 8 weeks",
            "    due_by: {fact: supervision_order_end}",
            ":15: duties[0].due_by.fact: no fact is called 'supervision_order_end'; did you mean 'supervision_order_ends'?",
        ),
    ],
)
def test_a_date_is_a_date_and_a_length_a_length(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert faults(tmp_path, with_line(old, new)) == (FILE + said,)


# ---- a start, and the due dates that go with it


STARTS = {
    "action": "{action: agreed}",
    "meeting": "{meeting: booked}",
    "transfer": "{transfer: out_known}",
    "event": "plan_agreed",
    "earliest_of": "{earliest_of: [plan_agreed, assessment_completed]}",
    "latest_of": "{latest_of: [plan_agreed, assessment_completed]}",
    "visits_from": "{visits_from: plan_agreed}",
    "dispute": "{dispute: 5 working days}",
    "end_of": "{end_of: looked_after}",
    "any_of": "[plan_agreed, {event: review_meeting_held, outcome: amend}]",
}
LIMITS = {
    "length": "length: 8 weeks",
    "fact": "due_by: {fact: planning_meeting_on}",
    "interval": "due_by: {interval: visit_interval}",
    "action": "due_by: {action: due_on}",
    "start": "due_by: {start: same_day}",
    "meeting": "due_by: {meeting: working_day_before}",
}
ALLOWED = {"action": {"action"}, "meeting": {"length", "meeting"}, "transfer": {"length"}}
TOGETHER = [
    (start, limit, limit in ALLOWED.get(start, {"length", "fact", "interval", "start"})) for start in STARTS for limit in LIMITS
]


def with_start(start: str, limit: str) -> str:
    line = with_line("start: [initial_meeting_held, review_meeting_held]", f"start: {STARTS[start]}")
    return line.replace("    length: 8 weeks", f"    {LIMITS[limit]}")


def test_every_way_to_start_is_tried_with_every_limit() -> None:
    assert set(STARTS) == set(WAYS_TO_START)
    assert set(LIMITS) == {"length", *DueBy.model_fields}


@pytest.mark.parametrize("start, limit", [(start, limit) for start, limit, fits in TOGETHER if fits])
def test_a_due_date_that_goes_with_its_start_is_worked_out_for_every_case(tmp_path: Path, start: str, limit: str) -> None:
    """With every day recorded, and with none: no start may be of a kind that the due date cannot be worked out from."""
    rules = load(tmp_path, with_start(start, limit))
    known = a_case(
        events=[event("plan_agreed", "2026-03-02"), event("assessment_completed", "2026-03-02")],  # Monday
        meetings=[meeting("review", "2026-03-09", outcome="amend", booked_on="2026-03-02")],  # Monday, Monday
        actions=[action(due="2026-03-09", agreed="2026-03-02")],  # Monday, Monday
        transfers=[
            Transfer(
                transfer_ref="T1",
                direction="out",
                known_on=d("2026-03-02"),  # Monday
                notified_on=d("2026-03-02"),  # Monday
                disputed_on=d("2026-03-03"),  # Tuesday
            )
        ],
        visit_interval="4 weeks",
        facts=[
            fact("planning_meeting_on", "2026-03-16"),  # Monday
            fact("looked_after", "yes", "2026-01-05", "2026-02-27"),  # Monday, Friday
        ],
    )
    unknown = a_case(
        meetings=[meeting("review", None, scheduled="2026-03-09")],  # Monday
        actions=[action(due=None)],
        transfers=[Transfer(transfer_ref="T1", direction="out")],
    )
    on = d("2026-04-01")  # Wednesday
    found = [one for one in obligations(known, rules, calendar(), on) if one.duty == "review"]
    assert found
    assert all(one.due_on for one in found)
    obligations(unknown, rules, calendar(), on)


@pytest.mark.parametrize("start, limit", [(start, limit) for start, limit, fits in TOGETHER if not fits])
def test_a_due_date_that_does_not_go_with_its_start_is_refused(tmp_path: Path, start: str, limit: str) -> None:
    (said,) = faults(tmp_path, with_start(start, limit))
    place = "length" if limit == "length" else f"due_by.{limit}"
    assert said.startswith(f"{FILE}:15: duties[0].{place}: does not go with a start by {start}; with it go: ")


def test_what_goes_with_a_start_is_said_as_it_is_written(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, with_start("meeting", "fact"))
    assert said.endswith("; with it go: length, due_by: {meeting: working_day_before}")


@pytest.mark.parametrize("start", ["action", "meeting", "transfer"])
def test_rows_that_may_lack_their_day_start_a_duty_of_their_own(tmp_path: Path, start: str) -> None:
    line = with_line("start: [initial_meeting_held, review_meeting_held]", f"start: [plan_agreed, {STARTS[start]}]")
    assert faults(tmp_path, line) == (
        f"{FILE}:14: duties[0].start[1].{start}: cannot stand in a list of starts; give it a duty of its own",
    )


@pytest.mark.parametrize(
    "old, new, place, said",
    [
        (
            "length: 8 weeks",
            "length: 8 weeks\n    due_by: {fact: planning_meeting_on}",
            "duties[0]",
            "exactly one of length and due_by",
        ),
        ("    length: 8 weeks\n", "", "duties[0]", "exactly one of length and due_by"),
        ("start: [initial_meeting_held, review_meeting_held]", "start: {}", "duties[0].start", "exactly one of event"),
        (
            "{later: review_meeting_held}",
            "{}",
            "duties[0].met_by",
            "at least one of event, later, same, role",
        ),
        ("working_days_after: 1, ", "", "ladder.procedure[0]", "exactly one of working_days_before"),
        ("working_days_after: 1", "working_days_after: 1, times: 3", "ladder.procedure[0]", "times and every go together"),
        ("policy: a-council", "policy: A Council", "policy", "should match pattern"),
        ("duty: review", "duty: Review", "duties[0].duty", "should match pattern"),
        ("in_force_on: 2024-01-01", "in_force_on: 01/01/2024", "in_force_on", "valid date"),
    ],
)
def test_a_rule_that_is_not_whole_is_refused(tmp_path: Path, old: str, new: str, place: str, said: str) -> None:
    (found,) = faults(tmp_path, with_line(old, new))
    _, where, what = found.split(": ", 2)
    assert (where, said in what) == (place, True)


# ---- all together


def test_several_faults_are_told_together_each_with_its_line(tmp_path: Path) -> None:
    text = (
        WHOLE.replace("council: A Council", "councl: A Council")
        .replace("title: Child in Need\n", "")
        .replace('clause: "3.1"', "clause: 3.1")
        .replace("length: 8 weeks", "length: 8 days")
        .replace("agreed_by: nobody yet", "agreed_by: nobody yet\n  agreed_on: soon")
    )
    places = [problem.split(": ")[0] + " " + problem.split(": ")[1] for problem in faults(tmp_path, text)]
    assert places == [
        f"{FILE}:1 title",
        f"{FILE}:2 councl",
        f"{FILE}:11 duties[0].clause",
        f"{FILE}:14 duties[0].length",
        f"{FILE}:20 ladder.agreed_on",
    ]


def test_faults_stand_in_the_order_of_their_lines_whoever_finds_them(tmp_path: Path) -> None:
    text = (
        WHOLE.replace("plan_types: [child_in_need]", "plan_types: [child_in_need]\nplan_types: [child_in_need]")
        .replace("clause: b", "clause: 2.1")
        .replace("first_told: lead_practitioner", "zzz: 1\n    first_told: lead_practitioner")
        .replace("title: Review", "title: [Review]")
    )
    lines = [int(problem.split(":")[1]) for problem in faults(tmp_path, text)]
    assert lines == [7, 11, 18, 20]


def test_faults_of_the_whole_do_not_hide_behind_those_of_a_part(tmp_path: Path) -> None:
    text = """\
policy: a-council
title: Child in Need
edition: first
in_force_on: 2024-01-02  # Tuesday
plan_types: [child_in_need]
meeting_names: {family_support: b}
duties:
  - duty: review
    title: [Review]
    do: a
    clause: b
    says: c
    start: {event: plan_agred, action: agreed}
    length: 8 days
    due_by: {fact: disabled, interval: visit_interval}
    met_by: {same_meeting: maybe}
    first_told: nobody
    ladder: quick
  - duty: review
    title: a
    do: a
    clause: b
    says: c
    start: {action: agreed}
    due_by: {fact: disabled}
    agreed_interval: {fact: review_interval}
    variations:
      - {when: {disabled: yes}, length: 8 days}
      - {when: {complex: yes}, length: 6 weeks}
      - {when: {complex: maybe}, length: 6 weeks}
    met_by: {event: plan_agreed, looking_back: 3 months}
    first_told: chair
    ladder: slow
ladder:
  agreed_by: nobody yet
  procedure:
    - {stage: Early, to: first_told}
    - {stage: late, working_days_after: none, every: 5, to: first_told}
"""
    found = [problem.removeprefix(f"{FILE}:").split(": ")[:2] for problem in faults(tmp_path, text)]
    assert [f"{line} {place}" for line, place in found] == [
        "1 council",
        "4 in_force_on",
        "6 meeting_names.family_support",
        "8 duties[0]",
        "9 duties[0].title",
        "13 duties[0].start",
        "13 duties[0].start.event",
        "14 duties[0].length",
        "15 duties[0].due_by",
        "15 duties[0].due_by.fact",
        "16 duties[0].met_by",
        "16 duties[0].met_by.same_meeting",
        "17 duties[0].first_told",
        "18 duties[0].ladder",
        "19 duties[1].duty",
        "25 duties[1].due_by.fact",
        "25 duties[1].due_by.fact",
        "26 duties[1].agreed_interval",
        "27 duties[1].variations",
        "28 duties[1].variations[0].length",
        "29 duties[1].variations[1]",
        "30 duties[1].variations[2].when.complex",
        "31 duties[1].met_by.looking_back",
        "33 duties[1].ladder",
        "37 ladder.procedure[0]",
        "37 ladder.procedure[0].stage",
        "38 ladder.procedure[1]",
        "38 ladder.procedure[1].working_days_after",
    ]


def test_the_faults_of_all_editions_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "2025-03-03.yaml").write_text(
        WHOLE.replace("8 weeks", "8 days").replace("2024-01-01", "2025-03-03"), encoding="utf-8"
    )
    files = [problem.split(":")[0] for problem in faults(tmp_path, with_line("length: 8 weeks", "length: 6 days"))]
    assert files == [FILE, "2025-03-03.yaml"]


def test_editions_that_name_two_policies_are_told_beside_their_own_faults(tmp_path: Path) -> None:
    other = WHOLE.replace("2024-01-01", "2025-03-03").replace("policy: a-council", "policy: another")
    (tmp_path / "2025-03-03.yaml").write_text(other, encoding="utf-8")
    length, policies = faults(tmp_path, with_line("length: 8 weeks", "length: 8 days"))
    assert length.startswith(f"{FILE}:15: ")
    assert "its editions name different policies" in policies


def test_the_schema_for_editors_comes_from_the_same_definitions() -> None:
    schema = Edition.model_json_schema()
    assert set(schema["properties"]) == set(Edition.model_fields)
    assert schema["additionalProperties"] is False
