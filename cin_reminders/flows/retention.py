"""Retention as a Prefect flow: what is personal and older than the set time is removed, once a month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger

from cin_reminders.flows.daily import reading_again, scheduled_on, without_its_words
from cin_reminders.flows.page import Page
from cin_reminders.purge import STEPS, purge
from cin_reminders.settings import load_settings


@flow(name="retention", retries=0, persist_result=False, log_prints=False)
def retention(settings: str = "cin_reminders.toml", on: date | None = None, before: date | None = None) -> dict[str, Any]:
    """Remove addresses, subjects and people's own words that are older than the settings keep, and old messages and reports.

    ``settings`` is the path of a council's settings file; ``on`` the business date, by default the London date of the scheduled
    start; ``before`` the first day that is kept, by default so many months before as the settings say. Safe to run again.
    """
    with without_its_words("The purge"):
        council = load_settings(Path(settings))
        page = Page("retention", council.council)
        removed = purge(
            council,
            on or scheduled_on(),
            now=datetime.now(UTC),
            by="the deployment retention",
            before=before,
            steps=page.steps(reading_again(council), STEPS),
        )
    get_run_logger().info(removed.in_words())
    counted = removed.as_json()
    counts = {what: number for what, number in counted.items() if what != "before"}
    page.done(counts, f"{removed.in_words()}\n", f"what is older than {removed.before}")
    return counted
