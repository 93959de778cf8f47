"""The daily run as a Prefect flow: a thin shell that gives each step a name a manager would know.

Prefect keeps parameters, names, logs, errors and artifacts in clear, so nothing here hands it more than dates and counts.
Nothing that sends is ever tried again by Prefect: the ledger alone decides what still has to go. The reading alone is, where the
records cannot be reached.
"""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run

from cin_reminders.case import LONDON
from cin_reminders.day import READ
from cin_reminders.errors import CinRemindersError, RecordsUnreachable
from cin_reminders.flows.page import Page
from cin_reminders.heartbeat import say_how_it_went
from cin_reminders.run import Steps, World, run_day
from cin_reminders.settings import Settings, load_settings
from cin_reminders.stopping import Wish, wish_to_stop
from cin_reminders.story import story_of_day, why_held
from cin_reminders.summary import Summary
from cin_reminders.words import day_in_words

Result = TypeVar("Result")

# Those of a day on which nothing is amiss; how far a run is, is said by them.
STEPS = (READ, "Work out the duties", "Decide who to tell", "Tell them", "Publish the report")

# A parameter of the flow would be kept by Prefect, which can keep no function.
_announce: ContextVar[Callable[[str], None]] = ContextVar("announce", default=lambda _: None)


class NotDone(CinRemindersError):
    """A run of a business date was held by a guard, or left something undone. The text is counts and reasons only.

    Prefect puts the name of this class before it.
    """

    def __init__(self, on: date, why: str, *, held: bool = False) -> None:
        super().__init__(f"{day_in_words(on)}, {'held' if held else 'incomplete'}: {why}")
        self.exit_code = 3 if held else 1


class Broken(CinRemindersError):
    """A fault of this program: of what kind and where, never in its own words, which may name a child."""


@flow(name="daily-reminders", retries=0, persist_result=False, log_prints=False)
def daily_reminders(settings: str = "cin_reminders.toml", on: date | None = None) -> dict[str, Any]:
    """Read the council's records, work out what is due, tell each person once, and escalate what is late.

    ``settings`` is the path of a council's settings file; ``on`` the business date, by default the London date of the
    scheduled start. Fails where the run was held or left something undone, after doing what it safely could.
    """
    logger = get_run_logger()
    business_date = on or scheduled_on()
    with wish_to_stop() as stop, without_its_words("The run"):
        council = load_settings(Path(settings))
        page = Page("daily", council.council)
        world = World(clock=lambda: datetime.now(UTC), sleep=time.sleep, stop=stop, scheduled=on is None)
        # A run of some other day, a late one too, says nothing of whether today's was done.
        is_watched = business_date == datetime.now(LONDON).date()
        try:
            summary = run_day(council, business_date, world, page.steps(reading_again(council, stop), STEPS))
        except Exception:
            if is_watched:
                say_how_it_went(council, good=False)
            page.done({}, f"# {day_in_words(business_date)}\n\n**The run failed.** Its state says why.\n", f"{business_date}")
            raise
        unheard = say_how_it_went(council, good=summary.exit_code == 0) if is_watched else None
    rows = f"{summary.rows_read} rows read, {summary.rows_rejected} rejected"
    logger.info("%s: %s, %d cases", business_date, rows, summary.cases_evaluated)
    if unheard:
        logger.warning("the watchman outside could not be told: %s", unheard)
    page.done(_counts(summary), story_of_day(summary, unheard), f"{business_date}")
    if summary.held:
        raise NotDone(business_date, why_held(summary), held=True)
    if summary.failed:
        raise NotDone(business_date, summary.failed)
    return summary.as_json()


def scheduled_on() -> date:
    """The business date of a scheduled run: the London date of its scheduled start, however late it came to start."""
    start = (flow_run.scheduled_start_time or datetime.now(UTC)).astimezone(LONDON)
    # Prefect's moments are of a class of their own, and so would their date be.
    return date(start.year, start.month, start.day)


def run_with_a_temporary_server(
    settings: Path, on: date, home: Path, announce: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """One daily run through Prefect with a server that lives only as long as the run.

    ``home`` keeps Prefect's own files; ``announce`` hears each step's name as it begins. Of what Prefect says, warnings and
    errors alone come through from now on, on the standard error and without a traceback: the caller gets the error itself.
    """
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_HOME,
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
        PREFECT_SERVER_ANALYTICS_ENABLED,
        PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
        temporary_settings,
    )

    # Its use is not reported to anybody, and a server that happens to be configured on this machine is left alone.
    os.environ["DO_NOT_TRACK"] = "1"
    # Prefect's logging was set up when it was imported, so its settings come too late. It stays so until the process ends, which
    # is when the server is stopped.
    for handler in logging.getLogger().handlers:
        handler.addFilter(_trouble_alone)
    announced = _announce.set(announce)
    wanted = temporary_settings(
        updates={
            PREFECT_HOME: home,
            PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: True,
            PREFECT_SERVER_ANALYTICS_ENABLED: False,
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 90,  # twenty are few for an old laptop
        },
        restore_defaults={PREFECT_API_URL},
    )
    try:
        with wanted:
            found: dict[str, Any] = daily_reminders(settings=str(settings), on=on)
            return found
    finally:
        _announce.reset(announced)


def _trouble_alone(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = None
    return record.levelno >= logging.WARNING


def as_task(name: str, work: Callable[[], Result], waits: Sequence[int] = ()) -> Result:
    """Carry a step out as a task of its name, which Prefect shows.

    It is tried again after each of ``waits``, in seconds, where the records could not be reached, and else never.
    """

    @task(
        name=name,
        task_run_name=name,
        retries=len(waits),
        retry_delay_seconds=list(waits),
        retry_condition_fn=_is_out_of_reach,
        persist_result=False,
        cache_policy=NO_CACHE,
    )
    def step() -> Result:
        with without_its_words(name):
            return work()

    _announce.get()(name)
    return step()


def _is_out_of_reach(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), RecordsUnreachable)


def reading_again(council: Settings, stop: Wish | None = None) -> Steps:
    """Steps as tasks, of which the reading waits and asks again while the records cannot be reached.

    Whoever asks the process to end meanwhile is obeyed at once: nothing is in hand yet.
    """

    def step(name: str, work: Callable[[], Result]) -> Result:
        if name != READ:
            return as_task(name, work)
        with stop.obeyed_at_once() if stop else nullcontext():
            return as_task(name, work, council.records.try_again_seconds)

    return step


@contextmanager
def without_its_words(step: str) -> Iterator[None]:
    """An error that nobody foresaw goes on as its kind and its place alone: Prefect would keep its text."""
    try:
        yield
    except CinRemindersError:
        raise
    except Exception as error:
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "cin_reminders" in Path(frame.filename).parts]
        raise Broken(f"{step}: {type(error).__name__} at {Path(ours[-1].filename).name} line {ours[-1].lineno}") from None


def _counts(summary: Summary) -> dict[str, int]:
    counts = {"rows read": summary.rows_read, "rows rejected": summary.rows_rejected, "cases": summary.cases_evaluated}
    counts |= {f"duties {standing}": count for standing, count in summary.obligations.items()}
    counts |= {f"messages {state}": count for state, count in summary.messages.items()}
    return {what.replace("_", " "): count for what, count in counts.items()}
