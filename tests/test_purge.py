"""The purge as the data team runs it, and the whole program on the days after it: nobody is told anything again.

A twin lives the same days without a purge; what the two tell afterwards must be the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from small_council import (
    DUE,
    EARLY,
    LAST,
    OVERDUE,
    REPEATS,
    TO_HEAD_OF_SERVICE,
    TO_SERVICE_MANAGER,
    SmallCouncil,
    case,
    first_meeting,
    many_cases,
    of,
    plan_agreed,
    small_council,
)

from cin_reminders.errors import CinRemindersError
from cin_reminders.ledger import Ledger, open_ledger
from cin_reminders.purge import purge
from cin_reminders.retention import Removed
from cin_reminders.settings import load_settings

LADDER = (EARLY, LAST, OVERDUE, TO_SERVICE_MANAGER, TO_HEAD_OF_SERVICE, *REPEATS)
MET, TOLD_MET = "2026-05-28", "2026-05-29"  # Thursday, Friday
PURGED_ON = date(2026, 11, 30)  # Monday
LINE = date(2026, 8, 28)  # Friday: all that was told lies before it
AFTER = ("2026-11-30", "2026-12-01", "2027-01-05", "2027-03-02")  # Monday, Tuesdays
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> SmallCouncil:
    """Two cases of two lead practitioners: the first was told of everything, met and closed, the second is open."""
    council = small_council(tmp_path_factory.mktemp("lived"), rows=many_cases(2), more="[guards]\nshrink_share = 0.9")
    for on in LADDER:
        council.run(on)
    council.rows["cin_meetings"] = [met("C000", MET)]
    council.rows["cin_cases"] = [case("C000", closed_on=TOLD_MET), case("C001")]
    council.write_records()
    council.run(TOLD_MET)
    return council


@pytest.fixture
def council(lived: SmallCouncil, tmp_path: Path) -> SmallCouncil:
    return twin_of(lived, tmp_path / "council")


def met(case_ref: str, on: str) -> dict[str, object]:
    """A first meeting that was held, with everything that follows one done on the same day."""
    return first_meeting(case_ref, held_on=on, scheduled_at=f"{on}T10:00", record_shared_on=on, plan_shared_on=on)


@contextmanager
def ledger_of(council: SmallCouncil) -> Iterator[Ledger]:
    with closing(open_ledger(council.ledger, council.folder, "testshire")) as ledger:
        yield ledger


def purged(council: SmallCouncil, on: date = PURGED_ON, before: date | None = LINE, now: datetime = NOW) -> Removed:
    return purge(load_settings(council.settings), on, now=now, by="the command purge", before=before)


def twin_of(council: SmallCouncil, folder: Path) -> SmallCouncil:
    """The same council in another folder, with records, a ledger and an outbox of its own."""
    shutil.copytree(council.folder, folder)
    rows = {name: [dict(row) for row in found] for name, found in council.rows.items()}
    return SmallCouncil(folder=folder, rows=rows, more=council.more)


def told(council: SmallCouncil) -> set[tuple[object, ...]]:
    return {(on, *one) for on in {message["day"] for message in council.messages()} for one in council.told(on)}


def keys(council: SmallCouncil) -> list[tuple[Any, ...]]:
    """Every notice with what became of it: what stops repeats."""
    with ledger_of(council) as ledger:
        found = [one for notices in ledger.notices("folder").values() for one in notices]
    return sorted((str(one.key), one.outcome, str(one.told_on), str(one.due_on)) for one in found)


# ---- what a purge does


def test_of_the_duty_that_is_met_the_words_go_and_of_the_open_one_everything_stays(council: SmallCouncil) -> None:
    before = {one["key"]: one["subject"] for one in council.messages()}

    removed = purged(council)

    left = {one["key"]: one["subject"] for one in council.messages()}
    of_c000 = {one["key"] for one in council.messages() if {notice["case_ref"] for notice in one["notices"]} == {"C000"}}
    assert any("/LC000/" in key for key in of_c000)
    assert left == {key: None if key in of_c000 else subject for key, subject in before.items()}
    assert (removed.messages, removed.kept) == (len(of_c000), len(before) - len(of_c000))


def test_the_letters_of_emptied_messages_go_from_the_outbox_with_the_old_reports(council: SmallCouncil) -> None:
    letters, reports = len(council.letters()), len(list((council.folder / "reports").glob("report-*")))
    mine = council.outbox / "notes.txt"
    mine.write_text("mine")

    removed = purged(council)

    left = council.sent_to()
    assert "leadc000@council.gov.uk" not in left
    assert left.count("leadc001@council.gov.uk") == len(council.messages("--person", "LC001"))
    assert len(left) == letters - removed.messages == removed.kept
    assert removed.files == removed.messages + reports
    assert [file.name for file in (council.folder / "reports").iterdir()] == ["last-run-folder.json"]
    assert mine.exists()


def test_no_key_that_stops_a_repeat_is_lost(council: SmallCouncil) -> None:
    before = keys(council)

    purged(council)

    assert keys(council) == before


def test_a_second_purge_finds_nothing_left(council: SmallCouncil) -> None:
    first = purged(council)

    assert purged(council) == Removed(before=LINE, kept=first.kept)


def test_once_the_open_duty_is_met_its_words_go_too(council: SmallCouncil) -> None:
    purged(council)
    council.rows["cin_meetings"].append(met("C001", "2026-11-26"))
    council.write_records()

    removed = purged(council)

    assert removed.kept == 0
    assert {one["subject"] for one in council.messages()} == {None}
    assert council.letters() == []


def test_each_purge_stands_in_the_audit_and_in_the_next_report(council: SmallCouncil) -> None:
    purged(council)
    council.run("2026-11-30")

    [entry] = of(council.cin("audit", "--json").json, kind="purge")
    page = (council.folder / "reports" / "report-2026-11-30.html").read_text(encoding="utf-8")
    assert (entry["by"], entry["key"], entry["why"]) == ("the command purge", "2026-08-28", "kept from 2026-08-28 on")
    assert '<th scope="row">purge</th><td>2026-08-28</td><td>the command purge</td>' in page


# ---- the days after it


def test_nobody_is_told_anything_again_after_a_purge(council: SmallCouncil) -> None:
    before = told(council)
    purged(council)

    for on in AFTER:
        assert council.run(on)["messages"] == {}
    assert told(council) == before


@pytest.mark.parametrize(
    "change, heard",
    [
        ({"cin_meetings": [met("C000", MET), met("C001", "2026-11-26")]}, {("LC001", "all_clear")}),
        # The meeting is taken back and the case is open again: what was told as done is not.
        (
            {"cin_meetings": [first_meeting("C000", scheduled_at=f"{DUE}T10:00")], "cin_cases": [case("C000"), case("C001")]},
            {("LC000", "changed-1")},
        ),
        # The plan was agreed a day later than recorded: each date that was told is another one.
        (
            {"cin_events": [plan_agreed(ref, happened_on="2026-03-03") for ref in ("C000", "C001")]},  # Tuesday
            {("LC001", "changed-1")},
        ),
    ],
    ids=["a breach is met", "a meeting is taken back", "a date is moved"],
)
def test_what_changes_after_a_purge_is_told_as_without_one(
    council: SmallCouncil, tmp_path: Path, change: dict[str, Any], heard: set[tuple[str, str]]
) -> None:
    twin = twin_of(council, tmp_path / "twin")
    before = told(council)
    purged(council)

    for one in (council, twin):
        one.rows |= change
        one.write_records()
        for on in AFTER:
            one.run(on)

    assert {(person, stage) for _, person, _, stage, _ in told(council) - before} >= heard
    assert told(council) == told(twin)
    assert text_after(council) == text_after(twin)


def text_after(council: SmallCouncil) -> dict[str, str]:
    """What each letter of the days after the purge says, by its file."""
    return {
        file.name: str(message_from_bytes(file.read_bytes(), policy=policy.SMTP).get_body(("plain",)).get_content())
        for file in council.outbox.rglob("*.eml")
        if file.parent.name >= AFTER[0]
    }


def test_a_run_for_a_day_that_was_purged_tells_nobody_and_says_why(council: SmallCouncil) -> None:
    purged(council)
    before = told(council)

    last_gone = council.cin("run", "--on", "2026-08-27", "--json")
    first_kept = council.cin("run", "--on", "2026-08-28", "--json")

    assert (last_gone.code, first_kept.code) == (3, 0)
    assert last_gone.json["held"] == (
        "what is older than Fri 28 Aug 2026 has been removed, so nothing is told of Thu 27 Aug 2026"
    )
    assert told(council) == before


# ---- what is refused


def refused(council: SmallCouncil, **more: Any) -> str:
    with pytest.raises(CinRemindersError) as error:
        purged(council, **more)
    return str(error.value)


def test_a_line_in_the_last_three_months_and_a_date_to_come_are_refused_at_once(council: SmallCouncil) -> None:
    said = refused(council, on=date(2026, 12, 1), before=date(2026, 9, 2))

    assert said.splitlines() == [
        "--on 2026-12-01: lies in the future",
        "before 2026-09-02: is in the last 3 months or to come; allowed: up to 2026-09-01",
    ]
    assert council.cin("audit", "--json").json == []


def test_the_business_date_is_that_of_london(council: SmallCouncil) -> None:
    summer_night = datetime(2026, 7, 31, 23, 30, tzinfo=UTC)  # 1 August in London

    assert purged(council, on=date(2026, 8, 1), before=date(2026, 5, 1), now=summer_night).before == date(2026, 5, 1)
    assert "future" in refused(council, on=date(2026, 8, 2), before=date(2026, 5, 1), now=summer_night)


def test_nothing_is_removed_where_the_records_cannot_be_used(council: SmallCouncil) -> None:
    before = council.messages()
    council.rows = {**council.rows, "cin_meetings": []}  # a relation that went to none
    council.write_records()

    said = refused(council)

    assert said.startswith("nothing was removed, since nothing says which duties are open: ")
    assert (council.messages(), council.cin("audit", "--json").json) == (before, [])


def test_nothing_is_removed_where_the_records_cannot_be_read(council: SmallCouncil) -> None:
    (council.folder / "records.db").unlink()

    refused(council)

    assert council.cin("audit", "--json").json == []


@pytest.mark.parametrize(
    "relation, slip",
    [
        ("cin_cases", {"case_ref": "C000", "plan_type": "child_in_need", "closed_on": "31/02/2026"}),
        ("cin_events", {"event_ref": "E-slip", "case_ref": "C000", "kind": "plan_agreed", "happened_on": "soon"}),
        ("cin_cases", {"case_ref": "C000", "plan_type": "child_in_need", "team": "South"}),
    ],
    ids=["its own row is rejected", "a row of it is rejected", "its rows disagree"],
)
def test_of_a_case_of_which_the_records_do_not_say_all_everything_stays(
    council: SmallCouncil, relation: str, slip: dict[str, object]
) -> None:
    rows = [] if "closed_on" in slip else council.rows[relation]
    council.rows[relation] = [*rows, slip, *([] if rows else [case("C001")])]
    council.write_records()

    assert purged(council).messages == 0


def test_a_ledger_that_is_not_there_is_no_reason_to_remove_files(council: SmallCouncil) -> None:
    (council.folder / "ledger.db").unlink()

    refused(council)

    assert council.letters() != []


def test_an_outbox_that_cannot_be_read_is_said_after_everything_else_is_done(council: SmallCouncil) -> None:
    shutil.rmtree(council.outbox)
    council.outbox.write_text("no folder")

    said = refused(council)

    assert said.startswith("the ledger is done, but not every old file in ")
    assert said.endswith("could be removed: Not a directory; run it again once they can be")
    assert list((council.folder / "reports").glob("report-*")) == []


# ---- as it is typed


def test_the_command_says_in_a_line_what_it_removed_and_in_json_with_names(tmp_path: Path) -> None:
    council = small_council(tmp_path)

    said = council.cin("purge", "--before", "2020-01-01", "--on", "2026-03-16")
    plain = council.cin("purge", "--on", "2026-03-16", "--json")

    assert (said.code, said.out) == (0, "Nothing was left that is older than Wednesday 1 January 2020.\n")
    counts = dict.fromkeys(("messages", "notices", "decisions", "holds", "runs", "files", "kept"), 0)
    assert (plain.code, plain.json) == (0, {"before": "2024-03-16", **counts})
    assert [one["by"] for one in council.cin("audit", "--json").json] == ["the command purge"] * 2


@pytest.mark.parametrize("before", ["", "soon", "2026-02-30", "20200101"])
def test_what_is_no_date_is_refused(tmp_path: Path, before: str) -> None:
    answer = small_council(tmp_path).cin("purge", "--before", before)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"cin-reminders: --before {before}: is no date; write it as YYYY-MM-DD\n"


def test_the_settings_say_how_long_is_kept(tmp_path: Path) -> None:
    council = small_council(tmp_path, more="[retention]\nmonths = 36")

    assert council.cin("purge", "--on", "2026-03-16", "--json").json["before"] == "2023-03-16"


@pytest.mark.parametrize("months, code", [(2, 2), (3, 0), (120, 0), (121, 2)])
def test_between_three_months_and_ten_years_can_be_kept(tmp_path: Path, months: int, code: int) -> None:
    council = small_council(tmp_path, set_up=False, more=f"[retention]\nmonths = {months}")

    assert council.cin("init").code == code
