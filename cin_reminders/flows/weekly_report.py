"""The weekly report as a Prefect flow: the figures of the day, and a look back on the week that is over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from prefect import flow

from cin_reminders.flows.daily import NotDone, reading_again, scheduled_on, without_its_words
from cin_reminders.flows.page import Page
from cin_reminders.settings import load_settings
from cin_reminders.story import story_of_week
from cin_reminders.weekly import STEPS, report_week


@flow(name="weekly-report", retries=0, persist_result=False, log_prints=False)
def weekly_report(settings: str = "cin_reminders.toml", on: date | None = None) -> dict[str, int]:
    """Publish the report, and show how each day of the last week went and what waits for a person. Nobody is told anything.

    ``settings`` is the path of a council's settings file; ``on`` the business date, by default the London date of the scheduled
    start. Fails where the records could not be trusted, after publishing what they say where no report of that day stands.
    """
    business_date = on or scheduled_on()
    with without_its_words("The weekly report"):
        council = load_settings(Path(settings))
        page = Page("weekly", council.council)
        week = report_week(council, business_date, page.steps(reading_again(council), STEPS))
    counts = {f"duties {standing}".replace("_", " "): number for standing, number in week.standings.items()} | dict(week.waiting)
    page.done(counts, story_of_week(council.council, week.days, week.waiting, week.why_held), f"the week before {business_date}")
    if week.held:
        stands = "" if week.is_published else "; the report that stood of this day is left as it was"
        raise NotDone(business_date, f"{week.held}{stands}", held=True)
    return counts
