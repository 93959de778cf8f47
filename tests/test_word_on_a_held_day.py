"""A person's word that lets a held day go: which day it can be for, and what it says has to be done next."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_council import EARLY, SmallCouncil, many_cases, small_council

from cin_reminders.deciding import IN_THE_FORM, ON_THE_COMMAND_LINE, Asked, Places, decide
from cin_reminders.errors import UsageError
from cin_reminders.settings import load_settings

KINDS = ["accept-extract", "accept-ledger", "release-run"]
OF_THIS = {"accept-extract": "its extract", "accept-ledger": "its ledger", "release-run": "its size"}
COVERS = dict.fromkeys(KINDS, "The word is for this day alone.") | {"accept-ledger": "The word covers every run made before it."}
SAME_MORNING = "2026-03-16T09:00"  # Monday
WORD = ("--by", "S-00012", "--why", "five plans were archived")


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path, rows=many_cases(10), more="[guards]\nrun_at_least = 2")


def said(
    council: SmallCouncil, kind: str, *, now: str = SAME_MORNING, on: str = EARLY, places: Places = IN_THE_FORM
) -> list[str]:
    """What is said to whoever decides it at a moment, after the line that it is decided."""
    asked = Asked(what=kind, by="S-00012", why="looked at", on=datetime.fromisoformat(on).date())
    moment = datetime.fromisoformat(f"{now}+00:00").astimezone(UTC)
    first, *more = decide(load_settings(council.settings), asked, places, now=moment, warn=print).said
    assert first.endswith("decided by S-00012.")
    return more


def hold_back(council: SmallCouncil, kind: str) -> None:
    """Have the day's run held for what a kind of word is about."""
    # For its size no run is held that tells no more than one notice a case, until two weeks of runs are known.
    for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)[0 if kind == "release-run" else -1 :]:  # Monday to Friday, twice
        council.run(f"2026-03-{day:02}")
    if kind == "accept-extract":
        council.rows["cin_cases"] = council.rows["cin_cases"][:5]
        council.write_records()
    elif kind == "accept-ledger":
        # The note of a run that the ledger has never heard of.
        note = council.folder / "reports" / "last-run-folder.json"
        note.write_text(json.dumps(json.loads(note.read_text()) | {"finished_at": "2026-03-13T07:00:00+00:00"}))
    assert council.cin("run", "--on", EARLY, "--json").code == 3


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_lets_a_held_run_go_is_told_to_run_the_day_again_since_nothing_else_does(
    council: SmallCouncil, kind: str
) -> None:
    hold_back(council, kind)

    assert said(council, kind) == [
        "Now run daily-reminders again today (press Run, or `cin-reminders run`), or the backfill that was held: nothing new is "
        f"told before. {COVERS[kind]}"
    ]
    assert council.run(EARLY)["held"] is None


@pytest.mark.parametrize("kind", KINDS)
def test_of_an_earlier_day_it_says_how_to_run_that_one(council: SmallCouncil, kind: str) -> None:
    hold_back(council, kind)

    [line] = said(council, kind, now="2026-03-17T09:00")

    assert line.startswith(
        "Now run daily-reminders again for Monday 16 March 2026 (press Run, Custom run and give on as 2026-03-16, or "
        "`cin-reminders run --on 2026-03-16`), or the backfill that was held: "
    )
    assert ("a run of today needs one of its own" in line) is (kind != "accept-ledger")


def test_live_the_command_has_the_second_word(council: SmallCouncil) -> None:
    council.delivery = 'mode = "live"\nallowed_domains = ["council.gov.uk"]\nnotify_from = 2026-03-01'
    council.more = '[email]\nhost = "localhost"\nfrom_address = "cin@council.gov.uk"\nreply_to = "data@council.gov.uk"'
    council.write_settings()
    council.rows["cin_cases"] = []
    council.write_records()
    assert council.cin("run", "--on", EARLY, "--live").code == 3

    assert "`cin-reminders run --live`" in said(council, "accept-extract")[0]


@pytest.mark.parametrize("kind, other", [(kind, other) for kind in KINDS for other in (None, *KINDS) if other != kind])
def test_where_no_run_of_the_day_is_held_for_that_it_says_so_and_lets_a_later_one_go(
    council: SmallCouncil, kind: str, other: str | None
) -> None:
    """A word may come before the run: who loaded half the records at six knows at once that the half is right."""
    if other:
        hold_back(council, other)

    [line] = said(council, kind)

    assert line == f"No run of today is held for {OF_THIS[kind]}. One made from now on goes by this word. {COVERS[kind]}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_was_held_and_has_gone_meanwhile_is_held_no_longer(council: SmallCouncil, kind: str) -> None:
    hold_back(council, kind)
    said(council, kind)
    council.run(EARLY)

    assert said(council, kind)[0].startswith(f"No run of today is held for {OF_THIS[kind]}.")


@pytest.mark.parametrize(
    "kind, places, name",
    [
        *((kind, IN_THE_FORM, "on") for kind in KINDS),
        # From a day to come a hold would be longer than any may be.
        ("hold", ON_THE_COMMAND_LINE, "--on"),
        ("release", ON_THE_COMMAND_LINE, "--on"),
    ],
)
@pytest.mark.parametrize(
    "now, on, latest",
    [
        (SAME_MORNING, "2026-03-17", EARLY),
        (SAME_MORNING, "2027-03-16", EARLY),
        # Half past eleven at night by the sun is the next day in London's summer.
        ("2026-06-15T22:59", "2026-06-16", "2026-06-15"),
        ("2026-06-15T23:00", "2026-06-17", "2026-06-16"),
    ],
)
def test_a_day_to_come_is_refused_and_nothing_is_kept(
    council: SmallCouncil, kind: str, places: Places, name: str, now: str, on: str, latest: str
) -> None:
    """A mistyped year would switch a guard off for a day that nobody has seen."""
    more: dict[str, Any] = {"hold": {"everything": True, "until": on}, "release": {"everything": True}}.get(kind, {})
    asked = Asked(what=kind, by="S-00012", why="looked at", on=datetime.fromisoformat(on).date(), **more)
    moment = datetime.fromisoformat(f"{now}+00:00").astimezone(UTC)

    with pytest.raises(UsageError, match=rf"^{name} {on}: has not come yet; allowed: up to {latest}$") as refused:
        decide(load_settings(council.settings), asked, places, now=moment, warn=print)

    assert council.cin("audit", "--json").json == []
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_day_itself_is_taken_from_its_first_minute_in_london(council: SmallCouncil, kind: str) -> None:
    assert said(council, kind, now="2026-06-15T23:00", on="2026-06-16")


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_says_it_too(council: SmallCouncil, kind: str) -> None:
    hold_back(council, kind)

    answer = council.cin(kind, *WORD, "--on", EARLY)

    assert answer.code == 0
    assert f"`cin-reminders run --on {EARLY}`" in answer.out
    assert COVERS[kind].removesuffix(".") in answer.out
