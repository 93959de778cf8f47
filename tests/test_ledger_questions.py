"""What the command line asks of the ledger: who was told what, how runs went, what people decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from ledgers import COUNCIL, ELSEWHERE, MORNING, TODAY, a_message, a_notice, plan

from cin_reminders.case import RowCount
from cin_reminders.errors import UsageError
from cin_reminders.ledger import Ledger, Run, create_ledger, open_ledger

TEN_CASES = {"cin_cases": RowCount(read=10, accepted=10, rejected=0)}


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    url = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    create_ledger(url, tmp_path)
    return open_ledger(url, tmp_path, COUNCIL)


def a_run(**more: object) -> Run:
    plain = {"mode": "live", "business_date": TODAY, "started_at": MORNING, "finished_at": MORNING, "outcome": "good"}
    return Run(**plain | more)


@pytest.mark.parametrize(
    "words, keys",
    [
        ({}, ["K1", "K2", "K3"]),
        ({"case": "C1"}, ["K1", "K2"]),
        ({"person": "P2"}, ["K2", "K3"]),
        ({"state": "claimed"}, ["K1"]),
        ({"mode": "folder"}, ["K3"]),
        ({"case": "C1", "person": "P2"}, ["K2"]),
        ({"case": "C9"}, []),
    ],
)
def test_messages_are_found_by_every_word_given(ledger: Ledger, words: dict[str, str], keys: list[str]) -> None:
    plan(ledger, a_message("K1", "P1"), a_notice("C1", person_ref="P1"), a_notice("C2", person_ref="P1"))
    plan(ledger, a_message("K2", "P2"), a_notice("C1", person_ref="P2"))
    plan(ledger, a_message("K3", "P2", mode="folder"), a_notice("C3", person_ref="P2"))
    ledger.claim_next("live", ELSEWHERE, MORNING)

    assert [message.key for message, _ in ledger.messages(**words)] == keys


def test_a_message_found_by_a_case_still_shows_all_its_notices(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice("C1"), a_notice("C2"))

    [(_, notices)] = ledger.messages(case="C1")

    assert [notice.key.case_ref for notice in notices] == ["C1", "C2"]


def test_the_days_messages_are_counted_by_state(ledger: Ledger) -> None:
    for number in range(3):
        plan(ledger, a_message(f"K{number}"), a_notice(f"C{number}"))
    plan(ledger, a_message("K9", day=date(2026, 5, 1)), a_notice("C9"))  # Friday
    ledger.claim_next("live", ELSEWHERE, MORNING, urgencies=["reminder"])

    assert ledger.counts(TODAY, "live") == {"planned": 3}
    assert ledger.counts(date(2026, 5, 1), "live") == {"claimed": 1}
    assert ledger.counts(TODAY, "folder") == {}


def test_the_messages_of_several_days_are_counted_by_day_the_first_and_the_last_among_them(ledger: Ledger) -> None:
    days = [date(2026, 5, day) for day in (4, 5, 6, 7)]  # Monday to Thursday
    for number, day in enumerate(days):
        plan(ledger, a_message(f"K{number}", day=day), a_notice(f"C{number}"))

    assert ledger.counts_between(days[1], days[2], "live") == {days[1]: {"planned": 1}, days[2]: {"planned": 1}}


def test_a_mode_is_new_until_somebody_was_told_in_it(ledger: Ledger) -> None:
    plan(ledger, a_message(), a_notice())
    assert ledger.is_new("live")

    ledger.claim_next("live", ELSEWHERE, MORNING)
    ledger.begin_sending("K1", ELSEWHERE, MORNING, subject="s", address="a", message_id="<m>")
    ledger.settle("K1", ELSEWHERE, MORNING, "sent", "250")

    assert not ledger.is_new("live")
    assert ledger.is_new("folder")


def test_a_run_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    done = a_run(
        rows={"cin_cases": RowCount(read=10, accepted=9, rejected=1)},
        counts={"sent": 4},
        finished_at=MORNING + timedelta(minutes=3),
    )

    ledger.record_run(done)

    assert ledger.baseline_run("live") == done


def test_an_extract_is_measured_by_the_newest_run_that_used_its_own(ledger: Ledger) -> None:
    assert ledger.baseline_run("live") is None
    good = a_run(business_date=date(2026, 5, 1), rows=TEN_CASES)  # Friday
    for run in (
        good,
        a_run(outcome="held", held="cin_cases fell from 10 to 4", rows={"cin_cases": RowCount(read=4, accepted=4, rejected=0)}),
        a_run(mode="folder", rows=TEN_CASES),
        replace(good, business_date=date(2026, 4, 30)),  # Thursday, a backfill recorded later
    ):
        ledger.record_run(run)

    assert ledger.baseline_run("live") == good


def test_a_run_that_failed_after_reading_used_its_extract(ledger: Ledger) -> None:
    ledger.record_run(a_run(business_date=date(2026, 5, 1), rows=TEN_CASES))  # Friday
    unsent = a_run(outcome="failed", held="the messages could not go", rows=TEN_CASES)

    ledger.record_run(unsent)

    assert ledger.baseline_run("live") == unsent


def test_a_run_that_failed_before_it_had_read_is_no_measure(ledger: Ledger) -> None:
    unsent = a_run(business_date=date(2026, 5, 1), outcome="failed", rows=TEN_CASES)  # Friday
    ledger.record_run(unsent)
    for day in (2, 3, 4, 5):
        ledger.record_run(a_run(business_date=date(2026, 5, day), outcome="failed", held="records.url: cannot be reached"))

    assert ledger.baseline_run("live") == unsent


def test_a_run_ends_in_one_of_three_ways(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="allowed: good, held, failed"):
        ledger.record_run(a_run(outcome="fine"))


def test_decisions_are_kept_in_order(ledger: Ledger) -> None:
    ledger.record_decision("release", "run 2026-05-05", by="A Manager", why="half term", now=MORNING)
    ledger.record_decision("hold", "C1", by="A Manager", why="court", now=MORNING + timedelta(hours=1))

    assert [(decision.kind, decision.key) for decision in ledger.decisions()] == [("release", "run 2026-05-05"), ("hold", "C1")]
    assert [decision.why for decision in ledger.decisions("hold")] == ["court"]


def test_a_decision_says_who_and_why(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="a decision needs by and why"):
        ledger.record_decision("hold", "C1", by="", why=" ", now=MORNING)


def test_one_council_sees_nothing_of_another(postgresql_url: str, tmp_path: Path) -> None:
    create_ledger(postgresql_url, tmp_path)
    cumbria, salford = (open_ledger(postgresql_url, tmp_path, council) for council in ("cumbria", "salford"))
    plan(cumbria, a_message(), a_notice())
    cumbria.record_run(a_run())
    cumbria.record_decision("hold", "C1", by="A Manager", why="court", now=MORNING)

    assert (salford.messages(), salford.counts(TODAY, "live"), salford.decisions(), salford.baseline_run("live")) == (
        [],
        {},
        [],
        None,
    )
    with salford.planning() as planning:
        assert planning.notices("live") == {}
        assert planning.carry_over("live", date(2026, 5, 6)) == 0  # Wednesday
