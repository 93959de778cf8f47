"""A backfill as a Prefect flow: its typed parameters are a form in Prefect's own page, and each day is a step that it shows.

What Prefect keeps is dates and counts; which cases and people they are, the command line says.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.artifacts import create_progress_artifact, create_table_artifact, update_progress_artifact

from cin_reminders.backfill import backfill as fill_back
from cin_reminders.backfilled import Backfilled, Mode, PastDay
from cin_reminders.flows.daily import Held, NotDone, as_task, scheduled_on, without_its_words
from cin_reminders.run import World
from cin_reminders.settings import load_settings
from cin_reminders.stopping import wish_to_stop
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
    shown = create_progress_artifact(progress=0.0, key="backfill-progress", description="How far the backfill is")
    assert isinstance(shown, UUID)

    def show(day: PastDay, of: int) -> None:
        logger.info("%s: %d missed, %d recorded", day.day, len(day.missed), day.recorded)
        update_progress_artifact(artifact_id=shown, progress=100 * ((day.day - from_on).days + 1) / of)

    with wish_to_stop() as stop, without_its_words("The backfill"):
        world = World(clock=lambda: datetime.now(UTC), sleep=time.sleep, stop=stop, scheduled=on is None)
        found = load_settings(Path(settings))
        done = fill_back(found, from_on, to_on, mode, on or scheduled_on(), world, as_task, each_day=show)
    about = f"The days from {day_in_words(from_on)} to {day_in_words(to_on)}, looked at on {day_in_words(done.on)}"
    create_table_artifact(key="backfill-days", table=_rows(done), description=about)
    if done.held:
        raise Held(f"held: {done.held}")
    if done.why_incomplete:
        raise NotDone(f"incomplete: {done.why_incomplete}")
    return done.counts()


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
