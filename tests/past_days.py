"""Days gone by without a run, backfilled as a council's data team would; what the tests of backfills share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from small_council import Answer, SmallCouncil


def backfill(council: SmallCouncil, mode: str, first: str, last: str, on: str, *more: str) -> Answer:
    """The command as it is typed, on a business date."""
    return council.cin("backfill", "--from", first, "--to", last, "--mode", mode, "--on", on, "--json", *more)


def backfilled(council: SmallCouncil, mode: str, first: str, last: str, on: str, *more: str) -> Any:
    """A backfill that must be done without complaint; what it says it did."""
    answer = backfill(council, mode, first, last, on, *more)
    assert answer.code == 0, answer.err + answer.out
    return answer.json


def missed(done: Any) -> dict[str, list[str]]:
    """Who missed what on each day that missed anything: `PERSON STAGE`."""
    found = {day["day"]: sorted(f"{one['person_ref']} {one['stage']}" for one in day["notices"]) for day in done["days"]}
    return {day: notices for day, notices in found.items() if notices}


def outcomes(council: SmallCouncil, on: str, case_ref: str = "C1") -> dict[str, str]:
    """What became of each stage of a case's first duty, as `explain` says it."""
    [first, *_] = council.cin("explain", case_ref, "--on", on, "--json").json
    return {told["stage"]: told["outcome"] for told in first["told"]}


def stages(council: SmallCouncil, on: str) -> set[tuple[str, str]]:
    """Who was told which stage on a day."""
    return {(person, stage) for person, _, stage, _ in council.told(on)}


def workdays(first: str, last: str) -> Iterator[str]:
    """Every day from Monday to Friday, both ends included."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        if day.weekday() < 5:
            yield day.isoformat()
        day += timedelta(days=1)


def told_once(council: SmallCouncil) -> bool:
    """Whether nobody was told the same of one duty twice, and nobody got two messages of one day."""
    messages = [one for one in council.messages() if one["state"] == "sent"]
    notices = [
        (one["to"]["person_ref"], notice["case_ref"], notice["duty"], notice["start_ref"], notice["stage"])
        for one in messages
        for notice in one["notices"]
        if notice["outcome"] == "told"
    ]
    days = [(one["to"]["person_ref"], one["day"]) for one in messages]
    return len(notices) == len(set(notices)) and len(days) == len(set(days))
