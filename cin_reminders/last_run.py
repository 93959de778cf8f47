"""What is known beside the ledger of the last run, so that a ledger put back from an older copy is noticed.

An older copy does not know whom the days since have told, and would tell them again. A small file in the report's folder names
the last run made from here; a ledger that does not hold that run holds the sending until a person has said that it is right.
"""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

from cin_reminders.ledger import Ledger, Run
from cin_reminders.whole_file import write_whole
from cin_reminders.words import day_in_words

ACCEPTED = "accept-ledger"  # the kind of decision by which a person says that a ledger is right


def keep_last_run(folder: Path, ledger: Ledger, done: Run) -> None:
    """Note in the report's folder which run was the last, by its business date and its end; it holds no word about anybody.

    While a run is missing from the ledger and nobody has accepted that, the note of it stays.
    """
    if why_older(ledger, folder, done.mode) is not None:
        return
    note = {
        "council": ledger.council,
        "business_date": done.business_date.isoformat(),
        "finished_at": done.finished_at.isoformat(),
    }
    # A folder that cannot be written to fails the report too, and there it is said.
    with contextlib.suppress(OSError):
        write_whole(_file(folder, done.mode), json.dumps(note).encode())


def why_older(ledger: Ledger, folder: Path, mode: str) -> str | None:
    """Why the ledger must be an older copy, or another one; None where nothing says so, or where a person has accepted it."""
    last = _last_run(folder, ledger.council, mode)
    if last is None:
        return None
    business_date, finished_at = last
    if ledger.has_run(business_date, finished_at) or any(one.at >= finished_at for one in ledger.decisions(ACCEPTED)):
        return None
    return (
        f"the ledger does not hold the run of {day_in_words(business_date)}, which was made from here: it is an older copy "
        "or another ledger, and people would be told again. Put the right one back; or record the days that it lacks with "
        f"`cin-reminders backfill --mode record`, then say that it is right with `cin-reminders {ACCEPTED}`"
    )


def _file(folder: Path, mode: str) -> Path:
    return folder / f"last-run-{mode}.json"


def _last_run(folder: Path, council: str, mode: str) -> tuple[date, datetime] | None:
    """The business date and the end of the last run made from here; None where the note is not there, or not this council's."""
    try:
        note = json.loads(_file(folder, mode).read_bytes())
        if note["council"] != council:
            return None
        return date.fromisoformat(note["business_date"]), datetime.fromisoformat(note["finished_at"]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        # Without the note a run is as it would be on a new machine: it is a second look, and no part of the ledger.
        return None
