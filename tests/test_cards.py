"""A channel's card: counts, labels and links, small enough to be posted, and nothing that Markdown could make more of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from cases import a_case, event, meeting
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft6Validator
from markdown_it import MarkdownIt
from told_notices import CALENDAR, LATE, ON, SOON, VERY_LATE, a_harm, a_review, one_of_each_standing, told_of

from cin_reminders.cards import ADDRESS, CASES, COPY, LABEL, MOST_BYTES, CardWords, compose_card
from cin_reminders.channels.card_post import MOST_OCTETS, posted
from cin_reminders.line import Told
from cin_reminders.rendering import plain

# What Adaptive Cards' own renderer is used with, as its authors port it to Python.
MARKDOWN = MarkdownIt("js-default")
REPORT = "https://records.example/report"


def compose(*notices: Told, heading: str = "North", link: str | None = REPORT, on: date = ON) -> CardWords:
    return compose_card(told=notices, on=on, council="Cumbria", heading=heading, calendar=CALENDAR, link=link)


def blocks(words: CardWords) -> list[str]:
    """The card's texts as they are posted, before Markdown."""
    return [block["text"] for block in json.loads(words.card)["body"]]


def rendered(markdown: str) -> tuple[str, list[tuple[str, str]], set[str]]:
    """What Markdown makes of a text: the words seen, each linked word with its address, and every kind of mark-up met."""
    words, links, kinds, address = "", list[tuple[str, str]](), set[str](), ""
    for block in MARKDOWN.parse(markdown):
        kinds.add(block.type)
        for part in block.children or []:
            kinds.add(part.type)
            words += part.content
            if part.type == "link_open":
                address = str(part.attrs["href"])
                links.append(("", address))
            elif part.type == "link_close":
                address = ""
            elif address:
                links[-1] = (links[-1][0] + part.content, address)
    return words, links, kinds


def seen(words: CardWords) -> list[str]:
    return [rendered(text)[0] for text in blocks(words)]


def links(words: CardWords) -> list[tuple[str, str]]:
    return [link for text in blocks(words) for link in rendered(text)[1]]


def assert_that_markdown_finds_text_and_links_alone(words: CardWords) -> None:
    text_alone = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "link_open", "link_close"}
    for text in blocks(words):
        assert rendered(text)[2] <= text_alone, text


# ---- what stands on it


def test_a_card_counts_and_then_names_the_cases_of_each_duty_the_latest_first() -> None:
    words = compose(a_review("EF 56", SOON), a_review("CD 34", LATE), a_review("AB 12", VERY_LATE))

    assert words.title == "Child in Need: 2 late, 1 due soon (Tue 5 May 2026)"
    assert seen(words) == [
        "Child in Need: 2 late, 1 due soon",
        "Cumbria, North. Tuesday 5 May 2026.",
        "Late: 2",
        "Review of the plan: AB 12 (14 working days late); CD 34 (6 working days late)",
        "Due soon: 1",
        "Review of the plan: EF 56 (due in 8 working days)",
        COPY,
    ]


def test_the_plain_text_says_what_the_card_says() -> None:
    words = compose(a_review("AB 12", VERY_LATE, url="https://records.example/ab12"), a_review("EF 56", SOON, url=None))

    assert words.text == (
        "Child in Need: 1 late, 1 due soon\n"
        "=================================\n"
        "Cumbria, North. Tuesday 5 May 2026.\n"
        "\n"
        "Late: 1\n"
        "-------\n"
        "* Review of the plan: AB 12 (14 working days late)\n"
        "  AB 12: https://records.example/ab12\n"
        "\n"
        "Due soon: 1\n"
        "-----------\n"
        "* Review of the plan: EF 56 (due in 8 working days)\n"
        "\n"
        f"{COPY}\n"
        f"The report: {REPORT}\n"
    )


def test_each_label_links_to_its_record_where_there_is_one() -> None:
    words = compose(a_review("AB 12", url="https://records.example/ab12"), a_review("CD 34", SOON, url=None))

    assert links(words) == [("AB 12", "https://records.example/ab12")]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:void(0)",
        "https://records.example/a b",
        "//records.example/a",
        f"https://r.example/{'x' * ADDRESS}",
        f"https://r.example/{'*' * 200}",
    ],
)
def test_a_link_that_is_no_plain_address_or_too_long_is_left_out_and_the_label_stays(url: str) -> None:
    words = compose(a_review("AB 12", url=url))

    assert links(words) == []
    assert "AB 12 (6 working days late)" in seen(words)[3]


def test_the_report_is_one_press_away_where_there_is_one() -> None:
    assert json.loads(compose(a_review("AB 12")).card)["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open the report", "url": REPORT}
    ]
    assert "actions" not in json.loads(compose(a_review("AB 12"), link=None).card)


def test_siblings_at_one_meeting_are_one_line() -> None:
    words = compose(a_review("AB 12", meeting_ref="m"), a_review("CD 34", meeting_ref="m"))

    assert "Late: 1" in seen(words)
    assert "Review of the plan: AB 12 and CD 34 (6 working days late)" in seen(words)


def test_cases_that_stand_alike_are_named_together() -> None:
    words = compose(a_review("AB 12"), a_review("CD 34"), a_review("EF 56"), a_review("GH 78", VERY_LATE))

    assert "Review of the plan: GH 78 (14 working days late); AB 12, CD 34 and EF 56 (6 working days late)" in seen(words)


def test_what_the_heading_says_is_not_said_again_of_the_case() -> None:
    sunday = date(2026, 5, 3)  # the day after the review was due
    assert "Review of the plan: AB 12" in seen(compose(a_review("AB 12", "2026-03-07", on=sunday), on=sunday))

    no_visit_recorded = a_case(case_ref="c", label="AB 12", events=[event("plan_agreed", "2026-03-02")])
    assert "Visit to the child: AB 12" in seen(compose(told_of(no_visit_recorded, "visit")))


def test_harm_comes_first_although_its_figure_is_the_councils_own() -> None:
    words = compose(a_review("AB 12", VERY_LATE), a_harm("CD 34", "2026-05-01"))

    assert seen(words)[2:4] == ["To act on at once: 1", "Response to possible significant harm: CD 34 (due today)"]


def test_a_meeting_that_has_a_name_of_its_own_bears_it() -> None:
    order = a_case(case_ref="c", label="AB 12", plan_type="supervision_order", meetings=[meeting("review", "2026-01-20")])
    words = compose(told_of(order, "review", under="salford"))

    assert "Supervision Order Review Meeting (SORM): AB 12" in seen(words)[3]


def test_a_card_names_no_person_and_gives_no_reason_and_no_note() -> None:
    one = a_review("AB 12", worker="Morgan Persona")
    noted = replace(one, why_you="you are the wizard", obligation=replace(one.obligation, notes=("a note of the record",)))
    words = compose(noted)

    for secret in ("Morgan", "wizard", "a note of the record", one.obligation.clause, one.case.case_ref):
        assert secret not in words.card
        assert secret not in words.text


def test_a_card_says_that_the_email_is_the_record() -> None:
    assert seen(compose(a_review("AB 12")))[-1] == "This is only a copy: the e-mail is the record of what was told."


def test_a_card_without_notices_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one notice"):
        compose()


# ---- a card that Teams takes


def official(version: str) -> Draft6Validator:
    """The official schema of Adaptive Cards."""
    return Draft6Validator(json.loads(files("adaptive_cards").joinpath(f"schemas/schema-{version}.json").read_text("utf-8")))


@pytest.mark.parametrize("version", ["1.2", "1.4"])
def test_a_card_keeps_to_the_official_schema_of_its_version_and_of_the_newest_that_teams_takes(version: str) -> None:
    for words in (compose(*one_of_each_standing()), compose(*many(200)), compose(a_review("AB 12", url=None), link=None)):
        card = json.loads(words.card)
        assert [error.message for error in official(version).iter_errors(card)] == []
        assert card["version"] == "1.2"


@pytest.mark.parametrize("wrong", [{"style": "heading"}, {"text": 1}, {"size": "huge"}, {"type": "Header"}])
def test_the_official_schema_finds_a_block_that_is_wrong(wrong: dict[str, Any]) -> None:
    card = json.loads(compose(a_review("AB 12")).card)
    card["body"][0] |= wrong

    assert not official("1.2").is_valid(card)


def test_as_posted_a_card_stays_under_what_the_channel_takes_and_fills_it_well() -> None:
    sizes = [len(posted(compose(*many(160, padding=padding)).card)) for padding in range(100, 160, 3)]

    assert max(sizes) <= MOST_OCTETS
    # So near that a card without room for its envelope would be over.
    assert max(sizes) > MOST_OCTETS - 1_000
    assert min(sizes) > MOST_OCTETS - 1_300


# ---- words stay words


MARK_UP = [
    "[x](http://evil.example)",
    "![x](http://evil.example)",
    "\\[x\\](http://evil.example)",
    "<http://evil.example>",
    "**AB**",
    "_AB_",
    "A_B_C",
    "~~AB~~",
    "`AB`",
    "<at>everyone</at>",
    "<b>AB</b>",
    "AB &amp; CD",
    "A & B",
    "{{DATE(2026-05-05T00:00:00Z)}}",
    "# AB",
    "1. AB",
    "> AB",
]


@pytest.mark.parametrize("label", MARK_UP)
def test_mark_up_in_a_label_a_title_or_a_heading_stays_text(label: str) -> None:
    words = compose(
        a_review(label, url="https://records.example/1"),
        a_review("CD 34", SOON, url=None, title=label),
        heading=label,
    )

    assert_that_markdown_finds_text_and_links_alone(words)
    assert seen(words)[1] == f"Cumbria, {label}. Tuesday 5 May 2026."
    assert f"{label} (6 working days late)" in seen(words)[3]
    assert seen(words)[5].startswith(f"{label}: CD 34")
    assert links(words) == [(label, "https://records.example/1")]
    assert not re.search(r"\{\{(DATE|TIME)", words.card)


def test_a_usual_label_is_posted_as_it_is() -> None:
    for label in ("MF-5502", "AB 12", "A & B", "C/2026.14 (2)", "№ 7"):
        assert f"Review of the plan: {label} (6" in blocks(compose(a_review(label, url=None)))[3], label


def test_a_link_in_a_label_is_broken_even_for_a_reader_that_knows_no_backslash() -> None:
    words = compose(a_review("[x](http://evil.example)", url=None))

    assert "](" not in blocks(words)[3]


@pytest.mark.parametrize(
    "url", ["https://r.example/a(1)/b", "https://r.example/?q=[a]*b*", "https://r.example/?a=1&lt;=2", "https://r.example/a_b_c"]
)
def test_an_address_with_mark_up_in_it_is_still_the_address(url: str) -> None:
    ((label, address),) = links(compose(a_review("AB 12", url=url)))

    assert label == "AB 12"
    for character, code in {"(": "%28", ")": "%29", "*": "%2A", "[": "%5B", "]": "%5D", "<": "%3C"}.items():
        address = address.replace(code, character)
    assert address == url


def test_a_long_label_is_shortened_and_60_letters_are_not() -> None:
    assert f"{'x' * 60} (6" in seen(compose(a_review("x" * 60)))[3]
    assert f"{'x' * 59}… (6" in seen(compose(a_review("x" * 61)))[3]


def test_a_control_character_starts_no_line() -> None:
    words = compose(a_review("AB\n# 12\r\u2028\u202e"))

    assert "Review of the plan: AB # 12 (6 working days late)" in seen(words)
    assert "* Review of the plan: AB # 12 (6 working days late)\n" in words.text


# ---- small enough


def many(number: int, padding: int = 150) -> list[Told]:
    urls = (f"https://records.example/{'r' * padding}/{n}" for n in range(number))
    return [a_review(f"AB {n:03}", VERY_LATE if n % 2 else SOON, url=url) for n, url in enumerate(urls)]


def labels(told: Iterable[Told]) -> list[str]:
    return [one.case.label for one in told]


def named(words: CardWords) -> list[str]:
    return [label for label, _ in links(words)]


def test_what_does_not_fit_is_left_for_a_further_card_and_the_worst_go_first() -> None:
    told = many(200)
    words = compose(*told)

    assert MOST_BYTES - 400 < len(words.card) <= MOST_BYTES
    assert named(words) + labels(words.left) == [f"AB {n:03}" for n in (*range(1, 200, 2), *range(0, 200, 2))]
    shown = len(named(words))
    assert f"These are the worst {shown} of 200. The other {200 - shown} follow in a further card." in seen(words)
    assert f"These are the worst {shown} of 200." in words.text


def test_the_further_cards_carry_all_the_rest_and_the_last_says_nothing_of_more() -> None:
    told, found, cards = many(200), list[str](), 0
    while told:
        words = compose(*told)
        found += named(words)
        told, cards = list(words.left), cards + 1

    assert sorted(found) == [f"AB {n:03}" for n in range(200)]
    assert 2 <= cards <= 4
    assert not any("further card" in text for text in seen(words))


def test_what_fits_is_one_card() -> None:
    words = compose(*many(40))

    assert words.left == ()
    assert not any("further card" in text for text in seen(words))


def test_more_siblings_than_a_line_holds_are_two_lines() -> None:
    words = compose(*[a_review(f"AB {n}", meeting_ref="m") for n in range(CASES + 1)])

    assert seen(words)[2] == "Late: 2"
    assert len(named(words)) == CASES + 1


def test_siblings_with_the_longest_labels_and_links_there_can_be_fit_all_the_same() -> None:
    url = "https://records.example/".ljust(ADDRESS - 2, "x")
    told = [a_review("\U0001f600" * LABEL + f"{n}", meeting_ref="m", url=url, title="\U0001f600" * 200) for n in range(40)]
    cards = 0
    while told:
        words = compose(*told, heading="\U0001f600" * 200, link=url)
        assert len(posted(words.card)) <= MOST_OCTETS
        assert len(links(words)) == len(told) - len(words.left) > 0
        told, cards = list(words.left), cards + 1

    assert cards > 1


ONE = a_review("AB 12")
A_LABEL = st.one_of(
    st.text(max_size=80), st.text(alphabet="[]()*_~`<>\\{}&;#x!-1. ", max_size=80), st.text(alphabet="\U0001f600é", max_size=80)
)
AN_ADDRESS = st.one_of(st.none(), st.text(max_size=600), st.text(alphabet="[]()*_~`<>\\{}&;#x!-1.", max_size=600)).map(
    lambda path: None if path is None else f"https://records.example/{path}"
)


@settings(deadline=None, max_examples=150)
@given(
    cases=st.lists(st.tuples(A_LABEL, AN_ADDRESS, st.integers(0, 5), A_LABEL), min_size=1, max_size=60),
    heading=A_LABEL,
    link=AN_ADDRESS,
)
def test_whatever_the_labels_the_card_is_small_enough_and_nothing_is_lost(
    cases: list[tuple[str, str | None, int, str]], heading: str, link: str | None
) -> None:
    told = [
        replace(
            ONE,
            case=replace(ONE.case, case_ref=f"c{n}", label=label, record_url=url),
            obligation=replace(
                ONE.obligation,
                case_ref=f"c{n}",
                # Some of them are siblings at the meeting, the others' start is their own.
                subject=ONE.obligation.subject if late == 0 else None,
                working_days_late=late,
                rule=ONE.obligation.rule.model_copy(update={"title": title or "x"}),
            ),
        )
        for n, (label, url, late, title) in enumerate(cases)
    ]
    while told:
        words = compose(*told, heading=heading, link=link)
        shown = [one for one in told if one not in words.left]
        text = "\n".join(seen(words))

        assert len(posted(words.card)) <= MOST_OCTETS
        assert_that_markdown_finds_text_and_links_alone(words)
        assert shown
        assert all(as_shown(one.case.label) in text for one in shown)
        assert len(shown) + len(words.left) == len(told)
        told = list(words.left)


def as_shown(label: str) -> str:
    words = " ".join(plain(label).split()) or "no label"
    return words if len(words) <= LABEL else words[: LABEL - 1].rstrip()
