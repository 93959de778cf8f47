"""The chain of people's decisions, as whoever must answer for them reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from small_council import EARLY, LAST, OVERDUE, SmallCouncil, small_council

from cin_reminders.ledger import open_ledger

ON = ("--on", EARLY)  # Monday
# One in winter and one in summer: people read both by the clock on the wall.
IN_WINTER = datetime(2026, 3, 16, 6, 30, tzinfo=UTC)
IN_SUMMER = datetime(2026, 6, 1, 6, 30, tzinfo=UTC)


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path)


def decide(council: SmallCouncil, kind: str = "accept-extract", key: str = EARLY, **more: object) -> None:
    plain = {"by": "A. Clerk", "why": "five plans were archived", "now": IN_WINTER}
    ledger = open_ledger(council.ledger, council.folder, "testshire")
    ledger.record_decision(kind, key, **plain | more)
    ledger.close()


def test_every_kind_of_word_stands_in_the_chain_in_the_order_in_which_it_was_said(council: SmallCouncil) -> None:
    word = ("--by", "A. Clerk", "--why", "asked by the service manager", *ON)
    said = [
        ("hold", "C1", "--until", "2026-03-20", *word),  # Friday
        ("accept-extract", *word),
        ("release-run", *word),
        ("release", "C1", *word),
        ("hold", "--all", "--duty", "review", "--until", "2026-03-20", *word),
    ]
    for command in said:
        assert council.cin(*command).code == 0

    chain = council.cin("audit", "--json")

    assert (chain.code, chain.err) == (0, "")
    assert [(one["kind"], one["key"]) for one in chain.json] == [
        ("hold", "C1"),
        ("accept-extract", EARLY),
        ("release-run", EARLY),
        ("release", "C1"),
        ("hold", "--all/review"),
    ]
    assert {one["by"] for one in chain.json} == {"A. Clerk"}
    assert chain.json[0]["why"] == "until 2026-03-20: asked by the service manager"
    moments = [datetime.fromisoformat(one["at"]) for one in chain.json]
    assert moments == sorted(moments)
    assert all(moment.utcoffset() == timedelta(0) for moment in moments)


def test_a_settled_message_stands_in_the_chain(council: SmallCouncil) -> None:
    decide(council, "settle as sent", "testshire/live/2026-03-16/LEAD/email", why="seen in the mailbox")

    [one] = council.cin("audit", "--json").json

    assert one == {
        "at": "2026-03-16T06:30:00+00:00",
        "by": "A. Clerk",
        "kind": "settle as sent",
        "key": "testshire/live/2026-03-16/LEAD/email",
        "why": "seen in the mailbox",
    }


def test_people_read_the_chain_by_the_clock_of_london(council: SmallCouncil) -> None:
    decide(council)
    decide(council, now=IN_SUMMER)

    answer = council.cin("audit")

    assert (answer.code, answer.err) == (0, "")
    assert "2026-03-16 06:30" in answer.out
    assert "2026-06-01 07:30" in answer.out
    assert answer.out.count("five plans were archived") == 2


def test_a_word_that_looks_like_markup_is_shown_as_it_was_typed(council: SmallCouncil) -> None:
    decide(council, why="[red]urgent[/red]")

    assert "[red]urgent[/red]" in council.cin("audit").out


def test_a_council_without_decisions_has_an_empty_chain(council: SmallCouncil) -> None:
    assert council.cin("audit", "--json").json == []
    assert council.cin("audit").code == 0


def test_what_was_refused_is_no_decision(council: SmallCouncil) -> None:
    assert council.cin("hold", "C1", *ON).code == 2
    assert council.cin("release", "C1", "--by", "A. Clerk", "--why", "asked", *ON).code == 2

    assert council.cin("audit", "--json").json == []


def test_a_report_lists_what_was_decided_since_the_run_before_and_the_next_one_does_not(council: SmallCouncil) -> None:
    word = ("--by", "lena@council.gov.uk", "--why", "checked by two", *ON)
    assert council.cin("accept-extract", *word).code == 0
    council.run(EARLY)
    assert council.cin("release-run", *word).code == 0
    council.run(LAST)
    council.run(OVERDUE)

    reports = council.folder / "reports"
    pages = [(reports / f"report-{on}.html").read_text(encoding="utf-8") for on in (EARLY, LAST, OVERDUE)]

    for kind, listed in (("accept-extract", [True, False, False]), ("release-run", [False, True, False])):
        row = f'<th scope="row">{kind}</th><td>{EARLY}</td><td>lena</td><td>checked by two</td>'
        assert [row in page for page in pages] == listed
    assert ["<p>Nothing since the last run.</p>" in page for page in pages] == [False, False, True]
