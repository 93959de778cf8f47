"""What a run would do now: whom it would tell, and what would hold it. Nothing here is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from cin_reminders.day import Day, Decisions, Duties, decide_who_to_tell
from cin_reminders.guards import why_extract_failed
from cin_reminders.ledger import Ledger, LedgerAbsent, open_ledger
from cin_reminders.notice import DutyKey, Notice
from cin_reminders.settings import Settings


def why_not_used(day: Day, ledger: Ledger) -> str | None:
    """Why the day's extract must not be used; None where it may be, or where a person has said that it is right."""
    if any(one.key == day.on.isoformat() for one in ledger.decisions("accept-extract")):
        return None
    # How much the records hold has nothing to do with whether messages go live.
    runs = [one for mode in ("folder", "live") if (one := ledger.baseline_run(mode))]
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


def notices_before(settings: Settings) -> Mapping[DutyKey, Sequence[Notice]]:
    """What the ledger already holds in the present mode; nothing where no ledger stands yet."""
    with standing_ledger(settings) as book:
        return book.notices(settings.delivery.mode) if book else {}


def would_tell(day: Day, duties: Duties) -> tuple[Decisions, str | None]:
    """Whom a run would tell now, and why a guard would hold it (None: it would not). Nothing is recorded.

    What waits in the ledger goes with the rest; who had today's message already gets no second one.
    """
    mode = day.settings.delivery.mode
    with standing_ledger(day.settings) as book:
        if book is None:
            return decide_who_to_tell(day, duties, {}), None
        messages = [message for message, _ in book.messages(mode=mode)]
        before, held = book.notices(mode), why_not_used(day, book)
    waiting = {one.key for one in messages if one.state == "planned" and not one.doubts}
    had = {one.person_ref for one in messages if one.day == day.on and one.key not in waiting}
    unheard = {
        key: [one for one in notices if one.outcome != "planned" or one.message_key not in waiting]
        for key, notices in before.items()
    }
    decisions = decide_who_to_tell(day, duties, unheard)
    return replace(decisions, by_person={ref: found for ref, found in decisions.by_person.items() if ref not in had}), held
