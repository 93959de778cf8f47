"""What a run would do now: whom it would tell, and what would hold it. Nothing here is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date

from cin_reminders.caps import Reminders
from cin_reminders.day import Day, Duties
from cin_reminders.guards import why_extract_failed
from cin_reminders.holds import Hold, why_all_held
from cin_reminders.last_run import why_older
from cin_reminders.ledger import Ledger, LedgerAbsent, open_ledger
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.settings import Settings
from cin_reminders.telling import Before, Decisions, decide_who_to_tell, read_before, why_too_large


def why_not_used(day: Day, ledger: Ledger) -> str | None:
    """Why the day's extract must not be used; None where it may be, or where a person has said that it is right."""
    if any(one.key == day.on.isoformat() for one in ledger.decisions("accept-extract")):
        return None
    # How much the records hold has nothing to do with whether messages go live.
    runs = [one for mode in ("folder", "live", "staging") if (one := ledger.baseline_run(mode))]
    last = max(runs, key=lambda one: (one.business_date, one.finished_at), default=None)
    return why_extract_failed(day.extract, last.rows if last else None, day.settings.guards.shrink_share)


@contextmanager
def standing_ledger(settings: Settings) -> Iterator[Ledger | None]:
    """The council's ledger to look into; None where none stands yet. Raises LedgerError for one that cannot be used."""
    try:
        book = open_ledger(settings.ledger.url, settings.base, settings.council)
    except LedgerAbsent:
        yield None
        return
    with closing(book):
        yield book


def is_released(day: Day, ledger: Ledger) -> bool:
    """Whether a person has said that the day's run may tell more than usual."""
    return any(one.key == day.on.isoformat() for one in ledger.decisions("release-run"))


def told_before(settings: Settings, on: date) -> tuple[Mapping[DutyKey, Sequence[Notice]], tuple[Hold, ...]]:
    """What the ledger holds in the present mode, and the holds in force on a day; nothing where no ledger stands yet."""
    with standing_ledger(settings) as book:
        return (book.notices(settings.delivery.mode), book.holds_on(on)) if book else ({}, ())


def would_tell(day: Day, duties: Duties) -> tuple[Decisions, str | None]:
    """Whom a run would tell now, and why a guard would hold it (None: it would not). Nothing is recorded.

    What waits in the ledger goes with the rest; who had today's message already gets no second one.
    """
    mode = day.settings.delivery.mode
    with standing_ledger(day.settings) as book:
        if book is None:
            return decide_who_to_tell(day, duties, Before()), None
        holds = book.holds_on(day.on)
        waiting = {one.key for one, _ in book.messages(mode=mode, state="planned") if not one.doubts}
        with book.looking() as planning:
            before = read_before(planning, mode, day.on, holds)
        older = why_older(book, day.settings.path(day.settings.report.folder), mode)
        held = why_not_used(day, book) or why_all_held(holds) or older
        released = is_released(day, book)
    notices = {
        key: [one for one in notices if one.outcome != "planned" or one.message_key not in waiting]
        for key, notices in before.notices.items()
    }
    # What waits is decided again here, so that it counts neither against a cap nor twice towards the size of the run.
    told_today = sum(one.told_on == day.on for known in notices.values() for one in known)
    usual = [*((earlier, number) for earlier, number in before.usual if earlier != day.on), (day.on, told_today)]
    before = replace(before, notices=notices, reminders=Reminders(), usual=usual)
    decisions = decide_who_to_tell(day, duties, before)
    return decisions, held or (None if released else why_too_large(day, duties, decisions, before))
