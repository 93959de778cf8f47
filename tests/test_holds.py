"""Holds: what one covers, how long it is in force, how it is put on and lifted, and how the ledger keeps it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from ledgers import COUNCIL, MORNING, TODAY

from cin_reminders.errors import LedgerError, UsageError
from cin_reminders.holds import Hold, why_all_held, why_held
from cin_reminders.ledger import Ledger, create_ledger, open_ledger

FRIDAY = date(2026, 5, 8)  # Friday
NEXT_FRIDAY = date(2026, 5, 15)  # Friday
DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    url = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    create_ledger(url, tmp_path)
    return open_ledger(url, tmp_path, COUNCIL)


def a_hold(case_ref: str = "C1", duty: str = "", until_on: date = FRIDAY, **more: object) -> Hold:
    plain = {"id": 1, "by": "S-00001", "why": "family bereavement", "at": MORNING}
    return Hold(**plain | {"case_ref": case_ref, "duty": duty, "until_on": until_on} | more)


def put_on(ledger: Ledger, case_ref: str = "C1", duty: str = "", until_on: date = FRIDAY, **more: object) -> Hold:
    plain = {"by": "S-00001", "why": "family bereavement", "on": TODAY, "now": MORNING}
    return ledger.hold(**plain | {"case_ref": case_ref, "duty": duty, "until_on": until_on} | more)


def lift(ledger: Ledger, case_ref: str = "C1", duty: str = "", **more: object) -> tuple[Hold, ...]:
    plain = {"by": "S-00002", "why": "the funeral was on Tuesday", "on": TODAY, "now": MORNING + DAY}
    return ledger.release(**plain | {"case_ref": case_ref, "duty": duty} | more)


# ---- what a hold covers


@pytest.mark.parametrize(
    "hold, case_ref, duty, covered",
    [
        (a_hold("C1"), "C1", "review", True),
        (a_hold("C1"), "C2", "review", False),
        (a_hold("C1", "review"), "C1", "review", True),
        (a_hold("C1", "review"), "C1", "visit", False),
        (a_hold("C1", "review"), "C2", "review", False),
        (a_hold("", "review"), "C2", "review", True),
        (a_hold("", "review"), "C2", "visit", False),
        (a_hold("", ""), "C2", "visit", True),
    ],
)
def test_a_hold_covers_its_case_and_duty_and_no_other(hold: Hold, case_ref: str, duty: str, covered: bool) -> None:
    assert (why_held([hold], case_ref, duty) is not None) is covered


def test_without_a_hold_nothing_is_held() -> None:
    assert why_held([], "C1", "review") is None
    assert why_all_held([]) is None


def test_only_a_hold_of_every_case_and_duty_holds_the_whole_service() -> None:
    assert why_all_held([a_hold("C1"), a_hold("C1", "review"), a_hold("", "review")]) is None
    assert why_all_held([a_hold("C1"), a_hold("")]) == (
        "the whole service is held until Friday 8 May 2026 by S-00001: family bereavement"
    )


@pytest.mark.parametrize(
    "hold, begins",
    [
        (a_hold("C1"), "held until Friday 8 May 2026 by S-00001: family bereavement"),
        (a_hold("C1", "review"), "the duty review of case C1 is held until Friday 8 May 2026 by S-00001"),
        (a_hold("", "review"), "the duty review of every case is held until Friday 8 May 2026 by S-00001"),
        (a_hold(""), "the whole service is held until Friday 8 May 2026 by S-00001"),
    ],
)
def test_the_reason_says_what_is_held_until_when_by_whom_and_why(hold: Hold, begins: str) -> None:
    assert str(why_held([hold], "C1", "review")).startswith(begins)


def test_of_several_holds_the_one_that_lasts_longest_is_named() -> None:
    holds = [a_hold("C1", id=1), a_hold("", until_on=NEXT_FRIDAY, id=2), a_hold("C1", "review", id=3)]

    for given in (holds, holds[::-1]):
        assert str(why_held(given, "C1", "review")).startswith("the whole service is held until Friday 15 May 2026")


def test_of_holds_that_end_on_one_day_the_newest_is_named_in_whatever_order_they_come() -> None:
    holds = [a_hold("C1", id=1, why="illness"), a_hold("C1", id=2, why="a funeral")]

    for given in (holds, holds[::-1]):
        assert str(why_held(given, "C1", "review")).endswith(": a funeral")


def test_a_hold_is_in_force_on_its_last_day_and_not_on_the_day_after() -> None:
    assert a_hold().is_in_force_on(FRIDAY)
    assert not a_hold().is_in_force_on(FRIDAY + DAY)
    assert not a_hold(released_at=MORNING).is_in_force_on(FRIDAY)


# ---- put on, and over


def test_a_hold_comes_back_from_the_ledger_as_it_was_put_on(ledger: Ledger) -> None:
    hold = put_on(ledger, "C1", "review", by=" S-00001 ", why="family\n bereavement")

    assert ledger.holds_on(TODAY) == (hold,)
    assert hold == a_hold("C1", "review", id=hold.id)


def test_the_ledger_finds_a_hold_up_to_its_last_day_and_not_on_the_day_after(ledger: Ledger) -> None:
    hold = put_on(ledger)

    assert ledger.holds_on(FRIDAY) == (hold,)
    assert ledger.holds_on(FRIDAY + DAY) == ()
    assert ledger.all_holds() == (hold,)


def test_a_run_made_up_for_an_earlier_day_finds_what_is_held_now(ledger: Ledger) -> None:
    hold = put_on(ledger)

    assert ledger.holds_on(TODAY - 30 * DAY) == (hold,)


def test_a_hold_that_ended_by_itself_is_said_once_by_whoever_asks_every_day(ledger: Ledger) -> None:
    hold = put_on(ledger)
    put_on(ledger, "C2", until_on=NEXT_FRIDAY)
    put_on(ledger, "C3")
    lift(ledger, "C3")
    days = [TODAY + number * DAY for number in range(8)]

    said = [(on, ledger.holds_ended(after, on)) for after, on in pairwise(days)]

    assert [(on, found) for on, found in said if found] == [(FRIDAY + DAY, (hold,))]


def test_a_hold_that_ended_while_nobody_asked_is_said_at_the_next_run(ledger: Ledger) -> None:
    hold = put_on(ledger)

    assert ledger.holds_ended(FRIDAY, FRIDAY + 3 * DAY) == (hold,)
    assert ledger.holds_ended(FRIDAY + DAY, FRIDAY + 3 * DAY) == ()


@pytest.mark.parametrize(
    "days, fault",
    [
        (-1, "until 2026-05-04: is over already; allowed: 2026-05-05 to 2027-05-06"),
        (0, None),
        (366, None),
        (367, "until 2027-05-07: is more than 366 days ahead; allowed: 2026-05-05 to 2027-05-06"),
    ],
)
def test_a_hold_ends_between_today_and_366_days_from_now(ledger: Ledger, days: int, fault: str | None) -> None:
    if fault is None:
        assert put_on(ledger, until_on=TODAY + days * DAY).until_on == TODAY + days * DAY
        return
    with pytest.raises(UsageError) as refused:
        put_on(ledger, until_on=TODAY + days * DAY)
    assert str(refused.value) == fault


@pytest.mark.parametrize(
    "word, said",
    [
        ({"by": " "}, "by: must say who decides it"),
        ({"why": "\n"}, "why: must say why it is decided so"),
        ({"by": "https://canary.example"}, "by: must hold no link"),
        ({"why": "ask canary@council.gov.uk"}, "why: must hold no e-mail address and no link"),
        ({"why": "see https://canary.example"}, "why: must hold no e-mail address and no link"),
        ({"why": "canary \x1b[2J"}, "why: must hold no control characters"),
    ],
)
def test_who_and_why_are_said_and_can_be_shown_to_anybody(ledger: Ledger, word: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        put_on(ledger, **word)
    assert "canary" not in str(refused.value)

    put_on(ledger)
    with pytest.raises(UsageError, match=said):
        lift(ledger, **word)

    assert len(ledger.holds_on(TODAY)) == 1
    assert [one.kind for one in ledger.decisions()] == ["hold"]


@pytest.mark.parametrize(
    "by, named",
    [
        ("lena.moss@council.gov.uk", "lena.moss"),
        ("Lena Moss <lena.moss@council.gov.uk>", "Lena Moss <lena.moss>"),
        ("Lena Moss @ North", "Lena Moss @ North"),
        ("S-00001", "S-00001"),
    ],
)
def test_a_work_address_says_who_and_is_kept_whole_but_no_reason_repeats_it(ledger: Ledger, by: str, named: str) -> None:
    hold = put_on(ledger, by=by)

    assert (hold.by, hold.owner) == (by, named)
    assert [one.by for one in ledger.decisions()] == [by]
    assert why_held([hold], "C1", "review") == f"held until Friday 8 May 2026 by {named}: family bereavement"


def test_every_fault_of_a_hold_is_said_at_once(ledger: Ledger) -> None:
    with pytest.raises(UsageError) as refused:
        put_on(ledger, until_on=TODAY - DAY, by="", why="")

    assert [line.split()[0] for line in str(refused.value).splitlines()] == ["until", "by:", "why:"]


# ---- two of the same


def test_of_two_holds_of_the_same_both_stand_and_the_later_end_counts(ledger: Ledger) -> None:
    put_on(ledger, until_on=NEXT_FRIDAY)
    put_on(ledger, until_on=FRIDAY)

    assert len(ledger.holds_on(FRIDAY)) == 2
    assert "Friday 15 May 2026" in str(why_held(ledger.holds_on(FRIDAY), "C1", "review"))
    assert len(ledger.holds_on(NEXT_FRIDAY)) == 1


def test_a_release_ends_both_of_two_holds_of_the_same(ledger: Ledger) -> None:
    put_on(ledger, until_on=NEXT_FRIDAY)
    put_on(ledger, until_on=FRIDAY)

    assert len(lift(ledger)) == 2

    assert ledger.holds_on(TODAY) == ()


# ---- released


def test_a_released_hold_says_when_by_whom_and_why(ledger: Ledger) -> None:
    put_on(ledger)

    [hold] = lift(ledger)

    assert (hold.released_at, hold.released_by, hold.released_why) == (MORNING + DAY, "S-00002", "the funeral was on Tuesday")
    assert ledger.all_holds() == (hold,)
    assert ledger.holds_on(TODAY) == ()


def test_a_release_ends_exactly_what_it_names(ledger: Ledger) -> None:
    places = [("C1", ""), ("C1", "review"), ("C1", "visit"), ("C2", ""), ("", "review"), ("", "")]
    for place in places:
        put_on(ledger, *place)

    for number, place in enumerate(places, start=1):
        assert [(one.case_ref, one.duty) for one in lift(ledger, *place)] == [place]
        assert [(one.case_ref, one.duty) for one in ledger.holds_on(TODAY)] == places[number:]


def test_what_is_released_twice_is_not_held_the_second_time(ledger: Ledger) -> None:
    put_on(ledger)
    [first] = lift(ledger)

    with pytest.raises(UsageError, match="case C1 is not held"):
        lift(ledger, by="S-00009", now=MORNING + 2 * DAY)

    assert ledger.all_holds() == (first,)


def test_a_hold_can_be_released_on_its_last_day_and_not_on_the_day_after(ledger: Ledger) -> None:
    put_on(ledger)

    with pytest.raises(UsageError, match="case C1 is not held"):
        lift(ledger, on=FRIDAY + DAY)

    assert len(lift(ledger, on=FRIDAY)) == 1


@pytest.mark.parametrize(
    "case_ref, duty, said",
    [
        (
            "C1",
            "",
            "case C1 is not held; in force for it: the duty review of case C1, until Friday 8 May 2026; "
            "the duty visit of every case, until Friday 15 May 2026",
        ),
        ("C9", "", "case C9 is not held; in force for it: the duty visit of every case, until Friday 15 May 2026"),
        (
            "",
            "",
            "the whole service is not held; in force for every case: the duty visit of every case, until Friday 15 May 2026",
        ),
    ],
)
def test_releasing_what_is_not_held_names_what_is(ledger: Ledger, case_ref: str, duty: str, said: str) -> None:
    put_on(ledger, "C1", "review")
    put_on(ledger, "C2")
    put_on(ledger, "", "visit", NEXT_FRIDAY)

    with pytest.raises(UsageError) as refused:
        lift(ledger, case_ref, duty)

    assert str(refused.value) == said
    assert len(ledger.holds_on(TODAY)) == 3
    assert [one.kind for one in ledger.decisions()] == ["hold"] * 3


def test_a_reference_with_a_slip_in_it_gets_the_nearest_that_is_held(ledger: Ledger) -> None:
    put_on(ledger, "C-00171")

    with pytest.raises(UsageError, match=r"^case C-0171 is not held; did you mean 'C-00171'\?$"):
        lift(ledger, "C-0171")
    with pytest.raises(UsageError, match=r"^the whole service is not held$"):
        lift(ledger, "")


# ---- kept


@pytest.mark.parametrize(
    "place, key", [(("C1", ""), "C1"), (("C1", "review"), "C1/review"), (("", ""), "--all"), (("", "review"), "--all/review")]
)
def test_a_hold_and_its_release_stand_in_the_chain_of_decisions(ledger: Ledger, place: tuple[str, str], key: str) -> None:
    put_on(ledger, *place)
    lift(ledger, *place)

    assert [(one.kind, one.key, one.by, one.why, one.at) for one in ledger.decisions()] == [
        ("hold", key, "S-00001", "until 2026-05-08: family bereavement", MORNING),
        ("release", key, "S-00002", "the funeral was on Tuesday", MORNING + DAY),
    ]


def test_a_hold_that_cannot_be_kept_leaves_no_decision(ledger: Ledger) -> None:
    """Both or neither: a decision without its hold would say that messages were stopped which were not."""
    rename(ledger, "hold", "hold_away")

    with pytest.raises(LedgerError):
        put_on(ledger)

    rename(ledger, "hold_away", "hold")
    assert ledger.decisions() == []


def test_a_release_whose_decision_cannot_be_kept_lifts_nothing(ledger: Ledger) -> None:
    hold = put_on(ledger)
    rename(ledger, "decision", "decision_away")

    with pytest.raises(LedgerError):
        lift(ledger)

    assert ledger.all_holds() == (hold,)


def rename(ledger: Ledger, table: str, to: str) -> None:
    with ledger._database.writing() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {to}")


def test_one_council_neither_sees_nor_lifts_the_holds_of_another(postgresql_url: str, tmp_path: Path) -> None:
    create_ledger(postgresql_url, tmp_path)
    cumbria, salford = (open_ledger(postgresql_url, tmp_path, council) for council in ("cumbria", "salford"))
    hold = put_on(cumbria)

    assert salford.holds_on(TODAY) == salford.all_holds() == salford.holds_ended(TODAY, NEXT_FRIDAY) == ()
    with pytest.raises(UsageError, match=r"^case C1 is not held$"):
        lift(salford)
    assert cumbria.holds_on(TODAY) == (hold,)
    assert salford.decisions() == []
