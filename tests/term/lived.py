"""One term lived through with the service at work, and everything in which it was not as it must be."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .calendar import Entry, MailboxCalendar
from .canary import canaries_in
from .checks import Raised, checks_of
from .letters import missing_in, venue_of, wrong_in
from .lives import DAY, Term
from .outbox import Posted
from .service import Service, service_in
from .table import Table, rows_disagree, version_of
from .told import DAYS, Key, Knowledge, Telling, readers

FIRST_ON = date(2026, 3, 2)  # Monday
LAST_ON = date(2026, 5, 29)  # Friday; Easter and both May bank holidays lie between
LONDON = ZoneInfo("Europe/London")
LOOKED_AT = (0, 3)  # on Mondays and Thursdays the checks are compared


@dataclass
class Lived:
    """What came of a term; each list has one line for each thing that is wrong, and is empty where nothing is."""

    meetings: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    days: int = 0
    raised: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    last_files: list[tuple[Entry, bytes]] = field(default_factory=list)  # of every calendar at the end
    runs: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    against_records: list[str] = field(default_factory=list)
    not_told: list[str] = field(default_factory=list)
    told_wrongly: list[str] = field(default_factory=list)
    said_wrongly: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def live(folder: Path, *, seed: int, families: int, last_on: date = LAST_ON) -> Lived:
    """Live through a term, always the same for the same seed."""
    watch = _Watch(service=service_in(folder), term=Term(seed, families, FIRST_ON))
    on = FIRST_ON
    while on <= last_on:
        if DAYS.is_working(on):
            watch.a_day(on)
        on += DAY
    return watch.end()


@dataclass
class _Watch:
    """Who watches the service over the term, and compares."""

    service: Service
    term: Term
    knowledge: Knowledge = field(default_factory=Knowledge)
    found: Lived = field(default_factory=Lived)
    posted: dict[str, Posted] = field(default_factory=dict)  # by key
    calendars: dict[str, MailboxCalendar] = field(default_factory=lambda: defaultdict(MailboxCalendar))  # by address
    places: dict[str, str] = field(default_factory=dict)  # the meeting of each place
    held: set[str] = field(default_factory=set)  # cases on hold

    def a_day(self, on: date) -> None:
        """A morning's records, the run over them, and what came of it."""
        self.term.morning(on)
        self.service.write(self.term.rows)
        for case_ref, until_on in self.term.holds.items():
            if until_on >= on and case_ref not in self.held:
                self.service.hold(case_ref, on, until_on)
        self.held = {case_ref for case_ref, until_on in self.term.holds.items() if until_on >= on}
        summary = self.service.run(on)
        if summary.held or summary.failed:
            self.found.runs.append(f"{on}: {summary.held or summary.failed}")
        table = Table(rows=self.term.rows, on=on, on_hold=self.held)
        for rows in table.meetings.values():
            for row in rows:
                for canary in canaries_in(f"{row['venue']} {row['online_url']}"):
                    self.places[canary] = row["meeting_ref"]
        posted = self.service.posted(on)
        seen: dict[str, set[str]] = defaultdict(set)
        for one in posted:
            self.posted[one.key] = one
            for file in one.calendar_files:
                self.calendars[one.to].take(file)
            seen[one.to].update(*(canaries_in(file.decode().replace("\r\n ", "")) for file in one.calendar_files))
        by_person = {ref: seen[str(row.get("email"))] for ref, row in table.people.items() if str(row.get("email")) in seen}
        self.knowledge.after_the_run(table, by_person)
        self.found.days += 1
        if on.weekday() in LOOKED_AT or on == LAST_ON:
            self._compare_checks(table)
            self._compare_calendars(table)

    # ---- checks

    def _compare_checks(self, table: Table) -> None:
        """Every check raised, and none else: of each meeting to come, and of each case that has none."""
        shown, must = self.service.ahead(table.on), checks_of(table)
        of_meetings = {one["meeting_ref"]: _raised(one) for one in shown["meetings"]}
        of_cases = {one["case_ref"]: _raised(one) for one in shown["cases"]}
        for is_raised, is_true in ((of_meetings, must.of_meetings), (of_cases, must.of_cases)):
            for ref in sorted(is_raised.keys() ^ is_true.keys()):
                self.found.checks.append(f"{table.on} {ref}: {'shown' if ref in is_raised else 'not shown'}")
            for ref in sorted(is_raised.keys() & is_true.keys()):
                self.found.raised.update(name for name, _ in is_true[ref])
                self.found.checks += [f"{table.on} {ref}: raised, and not true: {one}" for one in is_raised[ref] - is_true[ref]]
                self.found.checks += [f"{table.on} {ref}: true, and not raised: {one}" for one in is_true[ref] - is_raised[ref]]

    # ---- calendars

    def _compare_calendars(self, table: Table) -> None:
        """Each calendar holds what its owner should know, and nothing else."""
        owners: dict[str, list[str]] = defaultdict(list)
        for ref, row in table.people.items():
            if row["kind"] == "professional" and row.get("email"):
                owners[row["email"]].append(ref)
        for address in sorted({*owners, *self.calendars}):
            holds = Counter(self.calendars[address].entries())
            must = Counter(_entry(one) for ref in owners[address] for one in self.knowledge.of(ref))
            self.found.entries += sum(must.values())
            where = f"{table.on} {owners[address]}"
            self.found.calendars += [f"{where}: holds, and should not: {self._named(one)}" for one in holds - must]
            self.found.calendars += [f"{where}: should hold, and does not: {self._named(one)}" for one in must - holds]
            for ref in owners[address]:
                self._against_the_records(table, ref, holds)

    def _against_the_records(self, table: Table, ref: str, holds: Counter[Entry]) -> None:
        """Whoever is still asked, and has a meeting to come in their calendar, has it there as the records have it."""
        mine = defaultdict(list)
        for entry in holds:
            for canary in canaries_in(entry.place):
                mine[self.places[canary]].append(entry)
        for meeting_ref, entries in mine.items():
            rows = table.concerned(meeting_ref)
            is_silent = not rows or rows_disagree(rows) or table.is_held(meeting_ref) or table.is_on_hold(meeting_ref)
            is_over = is_silent or rows[0]["scheduled_at"].date() < table.on
            reads = None if is_over else readers(table, meeting_ref).get(ref)
            if reads is None:
                continue
            now = Telling(kind=reads.kind, what=version_of(rows))
            if rows[0]["cancelled_on"] is not None or entries != [_entry(now)]:
                self.found.against_records.append(f"{table.on} {ref} {meeting_ref}: {entries}")

    def _named(self, entry: Entry) -> str:
        meetings = {self.places[one] for one in canaries_in(entry.place)}
        return f"{entry.starts_at:%a %d %b %H:%M} UTC, {entry.place!r} {sorted(meetings)}"

    # ---- who was told what

    def end(self) -> Lived:
        """Compare what the ledger and the outbox say was told with what had to be, and with what could be at most."""
        found, term = self.found, self.term
        found.meetings, found.happened = term.lived["book"], term.lived
        found.calendars += [fault for calendar in self.calendars.values() for fault in calendar.faults]
        found.last_files = [file for calendar in self.calendars.values() for file in calendar.files()]
        told: Counter[Key] = Counter()
        extra: Counter[tuple[str, str]] = Counter()
        ledger = {message["key"]: message for message in self.service.ledger() if message["state"] == "sent"}
        found.said_wrongly += [f"{key}: in the outbox alone" for key in sorted(self.posted.keys() - ledger.keys())]
        found.said_wrongly += [f"{key}: in the ledger alone" for key in sorted(ledger.keys() - self.posted.keys())]
        for key, message in ledger.items():
            on, ref = date.fromisoformat(message["day"]), message["to"]["person_ref"]
            tellings: list[Telling] = []
            for notice in message["notices"]:
                if "meeting_ref" not in notice or notice["outcome"] != "told":
                    continue
                at = (on, ref, notice["meeting_ref"])
                telling = self.knowledge.must.get(at) or self.knowledge.may.get(at)
                if telling is None:
                    found.told_wrongly.append(f"{at}: {notice['stage']}")
                    continue
                tellings.append(telling)
                told[at] += 1
                found.told[f"{telling.kind} {notice['stage'].partition('-')[0]}"] += 1
                extra[ref, notice["meeting_ref"]] += at not in self.knowledge.must
            if key in self.posted:
                allowed = {self._label(notice["case_ref"]) for notice in message["notices"] if "meeting_ref" not in notice}
                letter, people = self.posted[key], term.people.person_of
                found.said_wrongly += [f"{key}: {one}" for one in wrong_in(letter, people[ref], tellings, allowed, people)]
                found.texts += [f"{key}: {one}" for one in missing_in(letter, tellings)]
        found.not_told += [f"{at}" for at in self.knowledge.must if not told[at]]
        found.told_wrongly += [f"{at}: reminded {number} times more" for at, number in extra.items() if number > 2]
        return found

    def _label(self, case_ref: str) -> str:
        return next(str(row["label"]) for row in self.term.rows["cin_cases"] if row["case_ref"] == case_ref)


def _raised(shown: Any) -> Raised:
    return Counter((one["name"], tuple(one["case_refs"])) for one in shown["checks"])


def _entry(telling: Telling) -> Entry:
    """A meeting as an entry: an hour where no end is known, the link in place of a venue that is missing or may not be read."""
    assert telling.what is not None
    starts_at = telling.what.starts_at.replace(tzinfo=LONDON).astimezone(UTC)
    ends_at = (
        telling.what.ends_at.replace(tzinfo=LONDON).astimezone(UTC) if telling.what.ends_at else starts_at + timedelta(hours=1)
    )
    return Entry(starts_at=starts_at, ends_at=ends_at, place=venue_of(telling) or telling.what.link)
