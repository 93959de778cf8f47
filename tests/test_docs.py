"""The documentation says what the program does: what can be checked is checked."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from cin_reminders.claiming import TRANSITIONS
from cin_reminders.cli import app
from cin_reminders.ledger import RUN_OUTCOMES
from cin_reminders.notice import MESSAGE_STATES, OUTCOMES
from cin_reminders.policy_file import packs
from cin_reminders.records.relations import documentation
from cin_reminders.week import HOW_IT_WENT, DayDone, in_words

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
STATES = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| `([a-z_]+)` \|", text, flags=re.MULTILINE)


def test_every_outcome_and_state_is_said_and_no_other() -> None:
    assert first_cells(STATES) == [*OUTCOMES, *MESSAGE_STATES]


def test_what_comes_after_a_state_is_what_the_ledger_allows() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| [^|]+ \| ?([^|]*)\|$", STATES, flags=re.MULTILINE)
    said = {state: set(re.findall(r"`([a-z]+)`", after)) for state, after in rows}

    assert said == {state: set(allowed) for state, allowed in TRANSITIONS.items()}


def test_how_a_days_run_can_have_gone_is_said_in_the_order_in_which_it_counts() -> None:
    [section] = re.findall(r"^## How a day's run can have gone$(.+?)^## ", STATES, flags=re.MULTILINE | re.DOTALL)
    said = re.findall(r"^\| ([a-z ]+) \| (?:`([a-z]+)` )?\| [^|]+ \|$", section, flags=re.MULTILINE)

    assert said == [(words, outcome if outcome in RUN_OUTCOMES else "") for outcome, words in HOW_IT_WENT.items()] + [
        (in_words(DayDone(on=date(2026, 11, 16))), "")  # a Monday
    ]
    assert {outcome for _, outcome in said} - {""} == set(RUN_OUTCOMES)


def test_the_tables_of_the_records_contract_are_those_of_the_reader() -> None:
    assert (ROOT / "docs" / "records.md").read_text(encoding="utf-8").endswith(documentation())


def test_every_command_stands_in_the_readme() -> None:
    names = {command.name or str(command.callback.__name__) for command in app.registered_commands if command.callback}

    for name in names:
        assert f"`{name}" in README or f"`cin-reminders {name}" in README, name


def test_every_pack_stands_in_the_readme() -> None:
    for pack in packs():
        assert f"`{pack}`" in README


def test_every_file_the_readme_points_to_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_every_section_that_the_source_names_is_there() -> None:
    headings = set(re.findall(r"^## (.+)$", (ROOT / "docs" / "counting.md").read_text(encoding="utf-8"), flags=re.MULTILINE))
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "cin_reminders").rglob("*.py"))
    named = {" ".join(one.split()) for one in re.findall(r"docs/counting\.md,\s+([^).]+)[).]", source)}

    assert named
    assert named <= headings


# ---- the order in which it is decided

ORDER = re.findall(r"^\| \d\. ([a-z ]+): [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", STATES, flags=re.MULTILINE)
SOURCE = " ".join(
    # Pieces of one text that the source breaks over lines are one text again.
    re.sub(r'"\s+f?"', "", path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "cin_reminders").rglob("*.py"))
)


def test_every_step_of_the_order_is_said_and_no_other() -> None:
    steps = ["entitled", "suppressed", "held", "quiet hours", "already told", "grouped", "throttled", "send", "settle"]

    assert [step for step, *_ in ORDER] == steps


def test_each_step_names_tests_that_show_it() -> None:
    written = (ROOT / "tests" / "test_send_order.py").read_text(encoding="utf-8")
    for step, _, _, tests in ORDER:
        named = re.findall(r"`(\w+)`", tests)
        assert named, step
        for name in named:
            assert step.replace(" ", "_") in name, (step, name)
            assert f"def {name}(" in written, name


def test_what_a_step_leaves_is_an_outcome_or_a_state_and_every_outcome_is_left_by_one() -> None:
    left = {word for _, leaves, _, _ in ORDER for word in re.findall(r"`([a-z_]+)`", leaves)}

    assert left <= {*OUTCOMES, *MESSAGE_STATES}
    assert left >= {*OUTCOMES}


def test_each_reason_is_one_that_the_program_gives() -> None:
    for step, _, reasons, _ in ORDER:
        quoted = re.findall(r'"([^"]+)"', reasons)
        assert quoted, step
        for reason in quoted:
            for words in reason.split("…"):
                assert words.strip(" ,:") in SOURCE, (step, reason)


def test_every_state_of_a_message_is_left_by_a_step_or_taken_on_the_way() -> None:
    left = {word for _, leaves, _, _ in ORDER for word in re.findall(r"`([a-z_]+)`", leaves)}

    assert {*MESSAGE_STATES} - left == {"claimed"}


def test_every_module_that_the_readme_names_is_there() -> None:
    [tree] = re.findall(r"^    cin_reminders/\n((?:      .+\n)+)", README, flags=re.MULTILINE)
    names = {name for line in tree.splitlines() for name in re.split(r"\s{2,}", line.strip())[0].split()}
    standing = {path.name.removesuffix(".py") for path in (ROOT / "cin_reminders").iterdir()}

    assert names
    for name in names:
        wanted = name.rstrip("/")
        assert any(re.fullmatch(wanted.replace("*", ".*"), one) for one in standing), name
