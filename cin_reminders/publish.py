"""Publishes the report: one page for people, a table for spreadsheets, figures for programs, in the report's folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from cin_reminders.case import LONDON
from cin_reminders.corrections import why_not_now
from cin_reminders.day import Day, Duties
from cin_reminders.errors import CinRemindersError
from cin_reminders.holds import shown_owner, why_all_held
from cin_reminders.ledger import Ledger
from cin_reminders.looking_back import silence_of
from cin_reminders.notice import RECORDED, WAITING, DutyKey, Notice
from cin_reminders.notices import dealt_with
from cin_reminders.report import Entry, RecordsRead, make_report
from cin_reminders.report_pages import csv_lines, report_html, report_json
from cin_reminders.sending import Sending, Word
from cin_reminders.unreachable import unreachable_holders
from cin_reminders.whole_file import write_whole


def publish_report(day: Day, duties: Duties, ledger: Ledger | None, folder: Path, *, held: str | None = None) -> Path:
    """Write the day's report as HTML, CSV and JSON and return the page's path.

    What was told, what nobody could be told and what is held is read from the ledger, so that a report written later says the
    same; with no ledger nothing was told. ``held`` says why the run that it reports on was held.

    Only the account that runs the service may read the files: they name cases and workers. Raises CinRemindersError where
    they cannot be written.
    """
    entries: list[Entry] = []
    report = make_report(
        duties.rows(day.on),
        on=day.on,
        council=day.policy.newest.council,
        policy=day.policy,
        calendar=day.calendar,
        records=RecordsRead(
            rows=day.extract.rows,
            rejections=day.extract.rejections,
            warnings=day.extract.warnings,
            not_supplied=day.extract.not_supplied,
            out_of_scope=duties.out_of_scope,
        ),
        worker_of=lambda case: day.directory.worker_of(case, day.on),
        sending=_sending(day, duties, ledger, held) if ledger else Sending(held=held),
        unreachable=unreachable_holders((case for case, _ in duties.by_case.values()), day.directory, day.on),
        quarantined=duties.quarantined,
        each=entries.append,
    )
    page = page_of(folder, day.on)
    try:
        write_whole(page.with_suffix(".csv"), "".join(csv_lines(entries)).encode())
        write_whole(page.with_suffix(".json"), report_json(report).encode())
        write_whole(page, report_html(report).encode())
    except OSError as error:
        raise CinRemindersError(f"the report cannot be written to {folder}: {error.strerror}") from None
    return page


def page_of(folder: Path, on: date) -> Path:
    """Where the report of a day stands, if there is one."""
    return folder / f"report-{on.isoformat()}.html"


def _sending(day: Day, duties: Duties, ledger: Ledger, held: str | None) -> Sending:
    mode = day.settings.delivery.mode
    notices, holds = ledger.notices(mode), ledger.holds_on(day.on)
    last = ledger.run_before(mode, day.on)
    untold = untold_stages(duties, notices)
    not_told = Counter(one.outcome for one in _kept_back(day, duties, notices))
    not_told["no_recipient"] = len(untold)
    return Sending(
        held=held or why_all_held(holds),
        messages=ledger.counts(day.on, mode),
        waiting=Counter(
            message.reason or "goes with the next delivery"
            for message, _ in ledger.messages(mode=mode, state="planned")
            if message.day <= day.on
        ),
        not_told=not_told,
        untold=untold,
        holds=holds,
        holds_ended=ledger.holds_ended(last, day.on) if last else (),
        silence=silence_of(ledger, mode, day.on, day.calendar, outcome="held" if held else "good"),
        decided=_decided_since(ledger, mode, last),
    )


def _decided_since(ledger: Ledger, mode: str, last: date | None) -> tuple[Word, ...]:
    """What people decided after the run of a day (None: ever) had finished, the oldest first."""
    run = ledger.last_run(mode, last) if last else None
    return tuple(
        Word(said_on=one.at.astimezone(LONDON).date(), by=shown_owner(one.by), kind=one.kind, about=one.key, why=one.why)
        for one in ledger.decisions()
        if run is None or one.at > run.finished_at
    )


def _kept_back(day: Day, duties: Duties, notices: Mapping[DutyKey, Sequence[Notice]]) -> Iterator[Notice]:
    """The notices that a person should have by now but for a hold, a cap or an earlier message, where they are still true."""
    unreadable = {one.key for one in day.extract.rejections if one.relation == "cin_cases"}
    for key, of_duty in notices.items():
        found = duties.by_key.get(key)
        over = {one.key.stage for one in of_duty if one.outcome in RECORDED}
        for one in of_duty:
            if one.outcome not in WAITING or one.key.stage in over:
                continue
            # Of a case that cannot be read nobody knows whether it is still true.
            if why_not_now(one, *found, day.directory, day.on) is None if found else one.key.case_ref in unreadable:
                yield one


def untold_stages(duties: Duties, notices: Mapping[DutyKey, Sequence[Notice]]) -> tuple[Notice, ...]:
    """The stages that nobody could be told, of duties that are still open, and of which nobody has heard since."""
    found = []
    for key, of_duty in notices.items():
        _, obligation = duties.by_key.get(key, (None, None))
        if obligation is None or not obligation.is_settled:
            done = dealt_with([one for one in of_duty if one.outcome != "no_recipient"])
            found += [one for one in of_duty if one.outcome == "no_recipient" and one.key.stage not in done]
    return tuple(found)
