"""docs/duties.md has a row for each duty of each procedure, and one for whatever is left out: it is made from the packs.

To write it anew after a change of a pack: `.venv/bin/python tests/test_duties_table.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from cases import POLICIES, policy

from cin_reminders.examples import Example, load_examples
from cin_reminders.policy import Duty, Edition
from cin_reminders.policy_file import EXAMPLES
from cin_reminders.rule_words import asked_in_words, duty_in_words
from cin_reminders.words import count_of, day_in_words

FILE = Path(__file__).parent.parent / "docs" / "duties.md"
PACKS = resources.files("cin_reminders") / "policies"
HEAD = """\
# The duties of the five procedures

For a policy officer who reads a pack beside the chapter. Each procedure has three tables: every duty in the chapter's order, what
the notices of a meeting say (agenda, what the chair is to settle, what to bring), and everything else that the chapter asks, with
the reason why no duty says it. Nothing is left out in silence.

Where the chapter numbers no paragraphs they are counted from the one that begins with the assessment (the first, in Specialist
Children's Services). `policy show` says more of each duty: what it asks in our own words, and who hears what when. "The council's
figure" marks a prompt: the procedure gives no time, so it is worded as outstanding and is never a breach. Each duty is proved by
worked examples beside its pack: the table names the first that is in time and the first that is late, and counts the others.

This file is made from the packs and a test keeps it true: `.venv/bin/python tests/test_duties_table.py` writes it anew.
"""


def page() -> str:
    """The whole file."""
    return "\n".join((HEAD, *(line for name in POLICIES for line in of_policy(name)))) + "\n"


def of_policy(name: str) -> Iterator[str]:
    """One procedure: its doubts, its duties, and what is not modelled."""
    edition = policy(name).newest
    folder = f"../cin_reminders/policies/{name}"
    examples = load_examples(PACKS / name / EXAMPLES, policy(name))
    yield f"## {edition.council[:1].upper()}{edition.council[1:]}: {edition.title}"
    yield ""
    yield f"Edition {edition.edition}, in force from {day_in_words(edition.in_force_on)}: pack `{name}`,"
    yield f"[its rules]({folder}/{edition.in_force_on}.yaml) and [its worked examples]({folder}/{EXAMPLES})."
    yield f"It covers plans of the types {', '.join(edition.plan_types)}."
    yield ""
    yield from (f"- Doubt. {doubt}" for doubt in edition.doubts)
    yield ""
    yield from table(("Duty", "Clause", "Starts", "Due", "Met by", "Proved by", "Doubt"), duties(edition, examples))
    yield ""
    yield "In the notices of a meeting:"
    yield ""
    yield from table(("Clause", "Where", "What it says"), asked(edition))
    yield ""
    yield "Not modelled:"
    yield ""
    left_out = ((one.clause, one.asks, one.reason) for one in edition.not_modelled)
    yield from table(("Clause", "What it asks", "Why no duty says it"), left_out)
    yield ""


def duties(edition: Edition, examples: tuple[Example, ...]) -> Iterator[tuple[str, ...]]:
    for duty in edition.duties:
        words = duty_in_words(duty)
        name = f"**{duty.title}** (`{duty.duty}`)"
        yield name, duty.clause, words["Starts"], due(duty, words), words["Met by"], proved(duty, examples), duty.doubt or ""


def asked(edition: Edition) -> Iterator[tuple[str, ...]]:
    """What the notices of a meeting say, in the order of the pack."""
    words = edition.meetings
    for where, rows in (("agenda", words.agenda), ("to settle", words.to_settle), ("to bring", words.to_bring)):
        for one in rows:
            yield one.clause, where, asked_in_words(one).replace(f" ({one.clause})", "")


def due(duty: Duty, words: dict[str, str]) -> str:
    """How long there is, with whatever changes it."""
    said = words["Due"] + (" (the council's figure)" if duty.figure == "council" else "")
    parts = [said, words.get("Instead", ""), words.get("Agreed", "")]
    parts += [f"not asked {words['Not asked']}"] if "Not asked" in words else []
    return "; ".join(part for part in parts if part)


def proved(duty: Duty, examples: tuple[Example, ...]) -> str:
    """The first worked example in time, the first other one that is late, and how many more mention the duty."""
    about = [one for one in examples if duty.duty in mentioned(one)]
    in_time, late = ([one for one in about if stands(duty, one, *ways)] for ways in (("met",), ("met_late", "overdue")))
    shown = [*in_time[:1], *[one for one in late if one not in in_time[:1]][:1]]
    more = len(about) - len(shown)
    return "; ".join(f"“{one.name}”" for one in shown) + (f"; and {count_of(more, 'other')}" if more else "")


def stands(duty: Duty, example: Example, *standings: str) -> bool:
    return any(one.duty == duty.duty and one.standing in standings for one in example.expect)


def mentioned(example: Example) -> set[str]:
    return {one.duty for one in example.expect} | set(example.nothing)


def table(headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def test_the_page_is_what_the_packs_say() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "write it anew: .venv/bin/python tests/test_duties_table.py"


@pytest.mark.parametrize("name", POLICIES)
def test_every_duty_has_a_row_in_the_order_of_the_pack(name: str) -> None:
    rows = [line for line in of_policy(name) if line.startswith("| **")]
    assert [row.split("`")[1] for row in rows] == [duty.duty for duty in policy(name).newest.duties]


@pytest.mark.parametrize("name", POLICIES)
def test_everything_that_is_not_modelled_has_a_row_with_its_reason(name: str) -> None:
    text = "\n".join(of_policy(name))
    for one in policy(name).newest.not_modelled:
        assert f"| {one.clause} | {one.asks} | {one.reason} |" in text


@pytest.mark.parametrize("name", POLICIES)
def test_everything_that_a_meetings_notice_says_has_a_row(name: str) -> None:
    text, words = "\n".join(of_policy(name)), policy(name).newest.meetings
    for one in (*words.agenda, *words.to_settle, *words.to_bring):
        assert any(line.startswith(f"| {one.clause} | ") and one.says in line for line in text.split("\n"))


@pytest.mark.parametrize("name", POLICIES)
def test_every_duty_is_mentioned_by_a_worked_example(name: str) -> None:
    examples = load_examples(PACKS / name / EXAMPLES, policy(name))
    assert {duty.duty for duty in policy(name).newest.duties} <= {duty for one in examples for duty in mentioned(one)}


@pytest.mark.parametrize("name", POLICIES)
def test_no_cell_breaks_its_table(name: str) -> None:
    rows = [line for line in of_policy(name) if line.startswith("|")]
    assert {row.count("|") for row in rows} == {8, 4}


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
