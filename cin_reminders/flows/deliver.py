"""What waits in the ledger, as a Prefect flow: sent once it may go, between one daily run and the next.

A message waits for another try, for the end of the quiet hours or for a working day. The records are read only when one does.
And where the day's own run never was, it has that begin.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path

from prefect import flow, get_run_logger

from cin_reminders.day import READ
from cin_reminders.flows.daily import NotDone, as_task, scheduled_on, without_its_words
from cin_reminders.flows.missed import begin_daily_run
from cin_reminders.flows.page import Page
from cin_reminders.opening import is_over
from cin_reminders.run import World, has_run
from cin_reminders.run import deliver_due as deliver_what_is_due
from cin_reminders.settings import Settings, load_settings
from cin_reminders.stopping import wish_to_stop
from cin_reminders.story import story_of_delivery
from cin_reminders.words import count_of

STEPS = (READ, "Tell them")


@flow(name="deliver-due", retries=0, persist_result=False, log_prints=False)
def deliver_due(settings: str = "cin_reminders.toml", on: date | None = None) -> dict[str, int]:
    """Send the messages that wait and may go now, each after asking the records again whether it is still true.

    ``settings`` is the path of a council's settings file; ``on`` the business date, by default the London date of the scheduled
    start. Nothing new is planned; where the ledger knows of no run of today, the daily run is begun. Fails where a channel is
    down, or a message could not be put into words.
    """
    business_date = on or scheduled_on()
    with wish_to_stop() as stop, without_its_words("The delivery"):
        council = load_settings(Path(settings))
        page = Page("delivery", council.council)
        world = World(clock=lambda: datetime.now(UTC), sleep=time.sleep, stop=stop, scheduled=on is None)
        # What it cannot read now, the next one in a quarter of an hour reads: nothing waits here.
        delivered = deliver_what_is_due(council, business_date, world, page.steps(as_task, STEPS))
    if on is None:
        _see_that_today_has_its_run(settings, council, business_date)
    if delivered is None:
        # Dozens of times a day: a page for each would bury those that say something.
        return {}
    get_run_logger().info("messages by state: %s", dict(delivered.counts))
    undone = None
    if delivered.channel_down:
        undone = f"the messages could not go: {delivered.channel_down}"
    elif delivered.broken:
        undone = f"{count_of(delivered.broken, 'message')} could not be put into words"
    counts = {f"messages {state}": number for state, number in delivered.counts.items()}
    page.done(counts, story_of_delivery(delivered.counts, undone), f"a delivery of {business_date}")
    if undone:
        raise NotDone(business_date, undone)
    return dict(delivered.counts)


def _see_that_today_has_its_run(settings: str, council: Settings, business_date: date) -> None:
    logger, now = get_run_logger(), datetime.now(UTC)
    if is_over(business_date, now) or has_run(council, business_date):
        return
    try:
        if begin_daily_run(settings, now):
            logger.warning("the ledger knows of no run of %s: the daily run is begun", business_date)
    except Exception as error:
        # The next delivery looks again.
        logger.warning("Prefect's server could not be asked to begin the daily run: %s", type(error).__name__)
