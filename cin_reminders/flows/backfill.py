"""A backfill as a Prefect flow: its typed parameters are a form in Prefect's own page, and each day is a step that it shows.

What Prefect keeps is dates and counts; which cases and people they are, the command line says.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger

from cin_reminders.backfill import backfill as fill_back
from cin_reminders.backfilled import Backfilled, Mode, PastDay
from cin_reminders.flows.daily import NotDone, reading_again, scheduled_on, without_its_words
from cin_reminders.flows.page import Page
from cin_reminders.run import World
from cin_reminders.settings import load_settings
from cin_reminders.stopping import wish_to_stop
from cin_reminders.story import story_of_backfill, why_held
from cin_reminders.words import day_in_words


@flow(name="backfill", retries=0, persist_result=False, log_prints=False)
def backfill(
    from_on: date, to_on: date, mode: Mode = Mode.PLAN, settings: str = "cin_reminders.toml", on: date | None = None
) -> dict[str, Any]:
    """Go through days without a run: show what they missed, put it on record, or tell what can still be acted on.

    ``from_on`` and ``to_on`` are the first and the last day; ``mode`` is plan, record or send; ``settings`` is the path of a
    council's settings file; ``on`` the business date, by default the London date of the scheduled start. Fails where a guard held
    it or something is left to do.
    """
    logger = get_run_logger()
    with wish_to_stop() as stop, without_its_words("The backfill"):
        council = load_settings(Path(settings))
        page = Page("backfill", council.council)

        def show(day: PastDay, of: int) -> None:
            logger.info("%s: %d missed, %d recorded", day.day, len(day.missed), day.recorded)
            page.is_at(100 * ((day.day - from_on).days + 1) / of)

        world = World(clock=lambda: datetime.now(UTC), sleep=time.sleep, stop=stop, scheduled=on is None)
        steps = reading_again(council, stop)
        done = fill_back(council, from_on, to_on, mode, on or scheduled_on(), world, steps, each_day=show)
    held = why_held(done.run) if done.run else done.held
    about = f"the days from {day_in_words(from_on)} to {day_in_words(to_on)}, looked at on {day_in_words(done.on)}"
    page.table("days", _rows(done), f"Of {about}")
    page.done(_counts(done), story_of_backfill(done, held), about)
    if held:
        raise NotDone(done.on, held, held=True)
    if done.why_incomplete:
        raise NotDone(done.on, done.why_incomplete)
    return done.counts()


def _counts(done: Backfilled) -> dict[str, int]:
    counts = {"days": len(done.days), "notices missed": done.missed, "stages recorded": done.recorded}
    return counts | {f"messages {state}": number for state, number in done.messages.items()}


def _rows(done: Backfilled) -> list[dict[str, Any]]:
    return [
        {
            "day": day_in_words(one.day),
            "run": one.closed or one.run or "none",
            "fell due": one.fell_due,
            "overdue": one.overdue,
            "missed": len(one.missed),
            "people": one.people,
            "recorded": one.recorded,
        }
        for one in done.days
    ]
