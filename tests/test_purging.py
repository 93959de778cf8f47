"""What a purge takes out of the ledger, and what it leaves: on both databases, with each boundary in a pair."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from ledgers import COUNCIL, ELSEWHERE, MORNING, a_message, a_notice, plan

from cin_reminders import purging
from cin_reminders.errors import LedgerError
from cin_reminders.ledger import Ledger, Run, create_ledger, open_ledger
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.retention import REMOVED, Removed

LINE = date(2026, 5, 5)  # Tuesday: the first day that is kept
DAY_BEFORE = date(2026, 5, 4)  # Monday
# The line begins at midnight in London, which is an hour before midnight UTC in summer.
MIDNIGHT = datetime(2026, 5, 4, 23, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)  # Friday
WORD = {"by": "S-00001", "why": "a bereavement"}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = "sqlite:///ledger.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
    create_ledger(url, tmp_path)
    return url


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with closing(open_ledger(url, tmp_path, COUNCIL)) as ledger:
        yield ledger


def purge(ledger: Ledger, *needed: DutyKey, is_needed: Callable[[DutyKey], bool] | None = None) -> Removed:
    needs = is_needed or (lambda key: key in needed)
    return ledger.purge(LINE, needs, by="the command purge", why="kept for 24 months", now=NOW)


ANSWER = "250 taken for lena@council.gov.uk"


def sent(ledger: Ledger, key: str, *notices: Notice, day: date = DAY_BEFORE, state: str = "sent", answer: str = ANSWER) -> None:
    """One message that went, or failed, as delivery leaves it."""
    plan(ledger, a_message(key, day=day), *(notices or (an_old_notice(f"case of {key}"),)))
    ledger.claim_next("live", ELSEWHERE, MORNING)
    about = {"subject": "AB 12: review", "address": "lena@council.gov.uk", "message_id": "<m@cin>"}
    ledger.begin_sending(key, ELSEWHERE, MORNING, **about)
    ledger.settle(key, ELSEWHERE, MORNING, state, answer)


def an_old_notice(case_ref: str = "C1", **more: object) -> Notice:
    return a_notice(case_ref, **{"due_on": DAY_BEFORE, "stage_on": DAY_BEFORE} | more)


def recorded(ledger: Ledger, *notices: Notice) -> None:
    with ledger.planning() as planning:
        planning.record("live", notices)


def words(ledger: Ledger) -> dict[str, tuple[str | None, str | None, str | None, str]]:
    """What is left of each message beside its key and state."""
    return {one.key: (one.subject, one.address, one.message_id, one.reason) for one, _ in ledger.messages()}


def reasons(ledger: Ledger) -> dict[str, str]:
    """The reason of each notice, by its case."""
    return {key[0]: one.reason for key, found in ledger.notices("live").items() for one in found}


GONE = (None, None, None, REMOVED)
WHOLE = ("AB 12: review", "lena@council.gov.uk", "<m@cin>", ANSWER)


# ---- messages


def test_the_message_of_the_last_day_before_the_line_is_emptied_and_that_of_the_line_is_whole(ledger: Ledger) -> None:
    sent(ledger, "old", day=DAY_BEFORE)
    sent(ledger, "new", day=LINE)

    removed = purge(ledger)

    assert words(ledger) == {"old": GONE, "new": WHOLE}
    assert (removed.messages, removed.kept) == (1, 0)


def test_where_nothing_was_answered_nothing_is_said_to_be_removed(ledger: Ledger) -> None:
    sent(ledger, "old", answer="")

    assert purge(ledger).messages == 1
    assert words(ledger) == {"old": (None, None, None, "")}


@pytest.mark.parametrize("state", ["sent", "failed"])
def test_what_became_of_a_message_and_of_its_notices_stays(ledger: Ledger, state: str) -> None:
    sent(ledger, "old", an_old_notice(role="team_manager"), state=state)
    [(before, [notice])] = ledger.messages()

    purge(ledger)

    [(after, [same])] = ledger.messages()
    assert (after.state, after.day, after.person_ref, after.settled_at) == (state, DAY_BEFORE, "P1", before.settled_at)
    assert (same.key, same.outcome, same.due_on) == (notice.key, notice.outcome, DAY_BEFORE)
    assert (same.told_on, same.role) == (DAY_BEFORE if state == "sent" else None, "team_manager")


def test_a_message_stays_whole_where_one_of_its_duties_is_still_open(ledger: Ledger) -> None:
    sent(ledger, "open", an_old_notice("C1"), an_old_notice("C2"))
    sent(ledger, "over", an_old_notice("C3"))

    removed = purge(ledger, ("C2", "review", "M1"))

    assert words(ledger) == {"open": WHOLE, "over": GONE}
    assert (removed.messages, removed.kept) == (1, 1)


@pytest.mark.parametrize("which", [("C1", "record", "M1"), ("C1", "review", "M2"), ("C2", "review", "M1")])
def test_another_duty_that_is_open_keeps_nothing_of_this_one(ledger: Ledger, which: DutyKey) -> None:
    sent(ledger, "old", an_old_notice("C1"))

    purge(ledger, which)

    assert words(ledger) == {"old": GONE}


@pytest.mark.parametrize("due_on, left", [(DAY_BEFORE, GONE), (LINE, WHOLE)])
def test_a_message_stays_whole_where_it_tells_of_a_day_that_is_not_older_than_the_line(
    ledger: Ledger, due_on: date, left: object
) -> None:
    sent(ledger, "old", an_old_notice(due_on=due_on))

    purge(ledger)

    assert words(ledger) == {"old": left}


def test_a_message_that_has_not_come_to_an_end_stays_whole_and_is_counted(ledger: Ledger) -> None:
    sent(ledger, "doubtful", state="uncertain")
    sent(ledger, "new", day=LINE)
    plan(ledger, a_message("waiting", day=DAY_BEFORE), an_old_notice("C9"))

    removed = purge(ledger)

    assert words(ledger) == {"doubtful": WHOLE, "new": WHOLE, "waiting": (None, None, None, "")}
    assert (removed.messages, removed.kept) == (0, 2)
    assert ledger.whole_messages(LINE) == {"doubtful", "waiting"}


# ---- notices


@pytest.mark.parametrize("outcome", ["held", "failed", "no_recipient", "withdrawn"])
def test_a_reason_that_may_quote_somebody_goes(ledger: Ledger, outcome: str) -> None:
    recorded(ledger, an_old_notice(outcome=outcome, reason="held by lena: a funeral"))

    assert purge(ledger).notices == 1
    assert reasons(ledger) == {"C1": REMOVED}


@pytest.mark.parametrize("outcome", ["superseded", "missed", "skipped", "before_notify_from", "put_off", "over_the_cap"])
def test_a_reason_of_dates_and_stages_alone_stays(ledger: Ledger, outcome: str) -> None:
    recorded(ledger, an_old_notice(outcome=outcome, reason="overdue was reached before it went"))

    assert purge(ledger).notices == 0
    assert reasons(ledger) == {"C1": "overdue was reached before it went"}


def test_why_somebody_was_told_stays_since_a_correction_says_it_again(ledger: Ledger) -> None:
    sent(ledger, "old", an_old_notice(reason="you are the team manager"))

    purge(ledger)

    assert reasons(ledger) == {"C1": "you are the team manager"}


@pytest.mark.parametrize(
    "more, goes",
    [
        ({"stage_on": DAY_BEFORE}, True),
        ({"stage_on": LINE}, False),
        ({"stage_on": None, "due_on": DAY_BEFORE}, True),
        ({"due_on": LINE}, False),
        ({"due_on": None}, True),
    ],
)
def test_a_notice_is_older_than_the_line_by_its_stage_and_by_what_it_is_about(
    ledger: Ledger, more: dict[str, date | None], goes: bool
) -> None:
    recorded(ledger, an_old_notice(outcome="held", reason="a funeral", **more))

    assert purge(ledger).notices == int(goes)
    assert reasons(ledger) == {"C1": REMOVED if goes else "a funeral"}


def test_a_notice_of_an_open_duty_keeps_its_reason(ledger: Ledger) -> None:
    recorded(ledger, *(an_old_notice(case, outcome="held", reason="a funeral") for case in ("C1", "C2")))

    assert purge(ledger, ("C1", "review", "M1")).notices == 1
    assert reasons(ledger) == {"C1": "a funeral", "C2": REMOVED}


# ---- decisions, holds, runs


@pytest.mark.parametrize("at, left", [(MIDNIGHT - timedelta(seconds=1), REMOVED), (MIDNIGHT, "a bereavement")])
def test_own_words_of_a_decision_go_that_was_made_before_midnight_in_london(ledger: Ledger, at: datetime, left: str) -> None:
    ledger.record_decision("release-run", "2026-05-04", **WORD, now=at)

    purge(ledger)

    [decision] = ledger.decisions("release-run")
    assert (decision.at, decision.by, decision.key, decision.why) == (at, "S-00001", "2026-05-04", left)


@pytest.mark.parametrize(
    "by, left", [("S-00001", "S-00001"), ("Lena Moss", REMOVED), ("lena@council.gov.uk", REMOVED), ("lena1@council", REMOVED)]
)
def test_who_decided_stays_where_it_is_a_reference_and_goes_where_it_is_a_name(ledger: Ledger, by: str, left: str) -> None:
    ledger.record_decision("release-run", "2026-05-04", by=by, why="x", now=MORNING - timedelta(days=9))

    purge(ledger)

    assert ledger.decisions("release-run")[0].by == left


@pytest.mark.parametrize(
    "why, left", [("a funeral", f"until 2026-05-04: {REMOVED}"), ("agreed with the team manager",) * 2], ids=["own", "code"]
)
def test_of_a_hold_that_is_over_its_last_day_and_a_reason_from_the_list_stay(ledger: Ledger, why: str, left: str) -> None:
    put_on = date(2026, 4, 30)  # Thursday
    ledger.hold(case_ref="C1", duty="", until_on=DAY_BEFORE, by="S-1", why=why, on=put_on, now=MIDNIGHT - timedelta(days=4))

    assert purge(ledger).holds == 1
    assert ledger.all_holds() == ()
    assert ledger.decisions("hold")[0].why == left.replace(why, f"until 2026-05-04: {why}")


def test_a_hold_that_ended_on_the_line_stays(ledger: Ledger) -> None:
    ledger.hold(case_ref="C1", duty="", until_on=LINE, **WORD, on=DAY_BEFORE, now=MIDNIGHT - timedelta(days=1))

    assert purge(ledger).holds == 0
    assert [one.why for one in ledger.all_holds()] == ["a bereavement"]


@pytest.mark.parametrize("released_at, number", [(MIDNIGHT - timedelta(seconds=1), 1), (MIDNIGHT, 0)])
def test_a_hold_goes_that_was_released_before_the_line(ledger: Ledger, released_at: datetime, number: int) -> None:
    ledger.hold(case_ref="C1", duty="", until_on=date(2026, 8, 3), **WORD, on=DAY_BEFORE, now=MIDNIGHT - timedelta(days=1))
    ledger.release(case_ref="C1", duty="", **WORD, on=DAY_BEFORE, now=released_at)

    assert purge(ledger).holds == number


@pytest.mark.parametrize("on, left", [(DAY_BEFORE, REMOVED), (LINE, "held by lena: a funeral")])
def test_why_a_run_was_held_goes_and_its_figures_stay(ledger: Ledger, on: date, left: str) -> None:
    said = {"outcome": "held", "held": "held by lena: a funeral", "counts": {"sent": 3}, "notices": 7}
    done = Run(mode="live", business_date=on, started_at=MORNING, finished_at=MORNING, **said)
    ledger.record_run(done)

    purge(ledger)

    kept = ledger.last_run("live", on)
    assert kept is not None
    assert (kept.held, kept.outcome, dict(kept.counts), kept.notices) == (left, "held", {"sent": 3}, 7)


def test_a_run_that_said_nothing_is_not_counted(ledger: Ledger) -> None:
    ledger.record_run(Run(mode="live", business_date=DAY_BEFORE, started_at=MORNING, finished_at=MORNING, outcome="good"))

    assert purge(ledger).runs == 0


# ---- again, in turns, beside others


def fill(ledger: Ledger) -> None:
    for number in range(7):
        sent(ledger, f"K{number}")
    recorded(ledger, *(an_old_notice(f"C{number}", outcome="failed", reason="550 lena@council.gov.uk") for number in range(7)))
    for _ in range(7):
        ledger.record_decision("release-run", "2026-05-04", by="Lena", why="a funeral", now=MIDNIGHT - timedelta(days=1))


def test_a_second_purge_finds_nothing_and_is_kept_as_one_all_the_same(ledger: Ledger) -> None:
    fill(ledger)

    assert purge(ledger) == Removed(before=LINE, messages=7, notices=7, decisions=7)
    assert purge(ledger) == Removed(before=LINE)
    assert [(one.by, one.key, one.why) for one in ledger.decisions("purge")] == [
        ("the command purge", "2026-05-05", "kept for 24 months")
    ] * 2


def test_what_stays_whole_keeps_no_later_batch_from_its_turn(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ledger)
    monkeypatch.setattr(purging, "_IN_ONE", 2)
    open_still = [
        *((f"case of K{number}", "review", "M1") for number in range(3)),
        ("C0", "review", "M1"),
        ("C1", "review", "M1"),
    ]

    removed = purge(ledger, *open_still)

    assert (removed.messages, removed.kept, removed.notices, removed.decisions) == (4, 3, 5, 7)
    assert [key for key, left in words(ledger).items() if left == WHOLE] == ["K0", "K1", "K2"]


def test_a_purge_that_was_killed_keeps_its_batches_and_is_finished_by_the_next(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger)
    monkeypatch.setattr(purging, "_IN_ONE", 2)

    def dies_at_the_fifth(key: DutyKey) -> bool:
        if key[0] == "case of K4":
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        purge(ledger, is_needed=dies_at_the_fifth)

    assert sum(left == GONE for left in words(ledger).values()) == 4
    assert ledger.purged_before() == LINE
    assert purge(ledger) == Removed(before=LINE, messages=3, notices=7, decisions=7)


def test_a_purge_waits_while_a_run_plans_and_then_finds_what_it_left(url: str, ledger: Ledger, tmp_path: Path) -> None:
    sent(ledger, "K1", an_old_notice("C1"))
    recorded(ledger, an_old_notice("C2", outcome="failed", reason="550 no"))
    done = threading.Event()

    def purge_beside() -> None:
        with closing(open_ledger(url, tmp_path, COUNCIL)) as other:
            purge(other)
        done.set()

    beside = threading.Thread(target=purge_beside)
    with ledger.planning() as planning:
        beside.start()
        assert not done.wait(0.5)
        # What failed is planned again at this very moment.
        assert planning.add(a_message("K2", day=LINE), [an_old_notice("C2", reason="you are the team manager")])
    beside.join(30)

    assert done.is_set()
    assert reasons(ledger) == {"C1": "first", "C2": "you are the team manager"}


def test_nothing_of_another_council_is_touched(url: str, ledger: Ledger, tmp_path: Path) -> None:
    with closing(open_ledger(url, tmp_path, "norfolk")) as other:
        fill(other)
        other.hold(case_ref="C1", duty="", until_on=DAY_BEFORE, **WORD, on=DAY_BEFORE, now=MORNING)
        other.record_run(
            Run(mode="live", business_date=DAY_BEFORE, started_at=MORNING, finished_at=MORNING, outcome="held", held="why")
        )

        assert purge(ledger) == Removed(before=LINE)

        assert set(words(other).values()) == {WHOLE}
        assert REMOVED not in reasons(other).values()
        assert other.decisions()[0].by == "Lena"
        assert (len(other.all_holds()), other.purged_before()) == (1, None)
        kept = other.last_run("live", DAY_BEFORE)
        assert kept is not None
        assert kept.held == "why"


def test_who_had_an_earlier_purge_made_is_not_removed_by_a_later_one(ledger: Ledger) -> None:
    ledger.purge(
        date(2024, 5, 5), lambda _: False, by="the command purge", why="kept for 24 months", now=MORNING - timedelta(weeks=9)
    )

    assert purge(ledger).decisions == 0
    assert {(one.by, one.why) for one in ledger.decisions("purge")} == {("the command purge", "kept for 24 months")}


def test_the_day_from_which_all_is_kept_is_that_of_the_purge_that_went_furthest(ledger: Ledger) -> None:
    assert ledger.purged_before() is None

    purge(ledger)
    ledger.purge(DAY_BEFORE, lambda _: False, by="the command purge", why="kept from then on", now=NOW)

    assert ledger.purged_before() == LINE


def test_what_was_removed_cannot_be_read_in_the_file_of_a_sqlite_ledger_any_more(tmp_path: Path) -> None:
    create_ledger("sqlite:///ledger.db", tmp_path)
    with closing(open_ledger("sqlite:///ledger.db", tmp_path, COUNCIL)) as ledger:
        # Some builds of SQLite overwrite by themselves.
        engine = ledger._database.engine
        engine.dispose()
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA secure_delete = OFF"))
        for number in range(30):
            sent(ledger, f"K{number}")
        assert b"lena@council" in b"".join(file.read_bytes() for file in tmp_path.iterdir())

        purge(ledger)

        assert b"lena@council" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_sqlite_ledger_that_somebody_else_writes_all_the_while_is_said_to_be_in_use(tmp_path: Path) -> None:
    create_ledger("sqlite:///ledger.db", tmp_path)
    at_once = timedelta(milliseconds=50)
    with (
        closing(open_ledger("sqlite:///ledger.db", tmp_path, COUNCIL, busy=at_once)) as ledger,
        closing(open_ledger("sqlite:///ledger.db", tmp_path, COUNCIL)) as other,
        other.planning(),
        pytest.raises(LedgerError, match="another process has kept it locked for too long"),
    ):
        ledger._database.write_anew()
