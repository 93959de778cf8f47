"""Days gone by without a run: what was due and missed, put on record, or told where something can still be done.

Each day is worked out once more by the pipeline of the daily run, from the records as they stand now, as far as they were known
on that day (docs/backfill.md). What the ledger holds is never told again, so that a day that was told has nothing left to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from cin_reminders.backfilled import Backfilled, Mode, PastDay
from cin_reminders.corrections import is_beside_the_ladder
from cin_reminders.day import READ, Day, Duties, another_day, read_day, work_out_duties
from cin_reminders.errors import UsageError
from cin_reminders.hindsight import as_known_on
from cin_reminders.ledger import Ledger, Run, open_ledger
from cin_reminders.looking_back import why_untold
from cin_reminders.meeting_stages import STAGES
from cin_reminders.notice import RECORDED, DutyKey, MeetingNotice, Notice, NoticeKey
from cin_reminders.outlook import why_not_used
from cin_reminders.publish import page_of, publish_report
from cin_reminders.run import Steps, World, refuse_impossible_day, run_day, simply
from cin_reminders.settings import Settings
from cin_reminders.telling import Before, Decisions, decide_who_to_tell
from cin_reminders.words import day_in_words

_DAY = timedelta(days=1)


def backfill(
    settings: Settings,
    from_on: date,
    to_on: date,
    mode: Mode,
    on: date,
    world: World,
    steps: Steps = simply,
    *,
    each_day: Callable[[PastDay, int], None] = lambda day, of: None,
) -> Backfilled:
    """Go through past days, both ends included, on the business date ``on``: show them, record them, or tell what they missed.

    ``each_day`` hears of each day as it is done, and how many there are in all. A day that is recorded is kept at once, so that a
    backfill that was stopped goes on where it was when it is begun again. Raises UsageError for days that cannot be backfilled.
    """
    _refuse_days(from_on, to_on, mode, on)
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as ledger:
        today = steps(READ, lambda: read_day(settings, on))
        # Nothing may be inferred from a failed extract, of the past as little as of today.
        held = why_not_used(today, ledger)
        past = _Past(today=today, ledger=ledger, world=world, from_on=from_on, to_on=to_on)
        days: list[PastDay] = []
        if held is None:
            for one in past.days(mode, steps):
                days.append(one)
                each_day(one, past.number)
        done = Backfilled(
            from_on=from_on,
            to_on=to_on,
            mode=mode,
            on=on,
            days=tuple(days),
            held=held,
            stopped=held is None and len(days) < past.number,
        )
        if mode is not Mode.SEND or done.exit_code != 0:
            return done
        missed = {_about(notice) for one in days for notice in one.missed}
        waiting = {message.person_ref for message, _ in ledger.messages(mode=settings.delivery.mode, state="planned")}
        before = ledger.counts(on, settings.delivery.mode)
        told = run_day(settings, on, world, steps, only=lambda decisions: _of_whoever_missed(decisions, missed, waiting))
        after = ledger.counts(on, settings.delivery.mode)
        messages = {state: count - before.get(state, 0) for state, count in after.items() if count > before.get(state, 0)}
        return replace(done, held=told.held, failed=told.failed, messages=messages, run=told)


def _refuse_days(from_on: date, to_on: date, mode: Mode, on: date) -> None:
    """Raise UsageError, with every fault, for days that cannot be backfilled on the business date."""
    faults = []
    for name, day in (("--from", from_on), ("--to", to_on), ("--on", on)):
        try:
            refuse_impossible_day(day, name)
        except UsageError as error:
            faults.append(str(error))
    if from_on > to_on:
        faults.append(f"--from {from_on}: lies after --to {to_on}; the first day comes first")
    last = on - _DAY if mode is Mode.RECORD else on
    why = "what is due on the business date itself is told by its run" if mode is Mode.RECORD else "it has not come yet"
    faults += [
        f"{name} {day}: {why}; allowed: up to {last}" for name, day in (("--from", from_on), ("--to", to_on)) if day > last
    ]
    if faults:
        raise UsageError("\n".join(faults))


@dataclass(frozen=True, kw_only=True)
class _Past:
    """The days of a backfill: today's records and ledger, and the first and the last day."""

    today: Day
    ledger: Ledger
    world: World
    from_on: date
    to_on: date

    @property
    def number(self) -> int:
        """How many days there are, weekends among them."""
        return (self.to_on - self.from_on).days + 1

    def days(self, mode: Mode, steps: Steps) -> Iterator[PastDay]:
        """Each day in turn, until a wish to stop."""
        supposed = {key: {one.key: one for one in known} for key, known in self.ledger.notices(self._mode).items()}
        for count in range(self.number):
            if self.world.stop():
                return
            on = self.from_on + count * _DAY
            if mode is Mode.RECORD:
                yield steps(f"Record {day_in_words(on)}", partial(self._record, on))
            else:
                yield steps(f"Look at {day_in_words(on)}", partial(self._look_at, on, supposed))

    def _look_at(self, on: date, supposed: dict[DutyKey, dict[NoticeKey, Notice]]) -> PastDay:
        """What a run on the day would have told; ``supposed`` has the ledger's notices, and what earlier days would have left."""
        day, duties = self._as_known(on)
        if self._why_closed(day) is not None:
            return self._past_day(day, duties)
        decisions = self._decide(day, duties, {key: tuple(known.values()) for key, known in supposed.items()})
        for notice in _left_by(decisions, on):
            supposed.setdefault(notice.key.of_duty, {})[notice.key] = notice
        return self._past_day(day, duties, missed=self._in_range(_told(decisions), duties))

    def _record(self, on: date) -> PastDay:
        """Close what a run on the day would have told, and publish its report where there is none."""
        day, duties = self._as_known(on)
        if self._why_closed(day) is not None:
            return self._past_day(day, duties)
        with self.ledger.planning() as planning:
            # What still waits of earlier days would go late too.
            planning.carry_over(self._mode, self.today.on)
            decisions = self._decide(day, duties, planning.notices(self._mode))
            missed = self._in_range(_told(decisions), duties)
            closed = [one for one in self._in_range(decisions.recorded, duties) if one.outcome in RECORDED]
            reason = f"recorded on {day_in_words(self.today.on)}, when its day was over, and told to nobody"
            recorded = planning.record(self._mode, [*(_as_historic(one, reason) for one in missed), *closed])
        done = self._past_day(day, duties, missed=missed, recorded=len(recorded))
        self._make_whole(day, duties, recorded=len(recorded))
        return done

    def _make_whole(self, day: Day, duties: Duties, *, recorded: int) -> None:
        """A day on which nobody was told anything stands in the ledger as put on record, and every day has a report.

        A day that a run left untold is on record only where this closed something of it: what a hold kept waiting still goes.
        """
        runs = {one.outcome for one in self.ledger.runs_between(self._mode, day.on, day.on)}
        is_told = "good" in runs or self.ledger.counts(day.on, self._mode).get("sent")
        if "recorded" not in runs and not is_told and (recorded or not runs):
            now = self.world.clock()
            before = "no run told anybody" if runs else "no run was made"
            why = f"{before} on this day; on {day_in_words(self.today.on)} it was put on record, and nobody was told"
            self.ledger.record_run(
                Run(mode=self._mode, business_date=day.on, started_at=now, finished_at=now, outcome="recorded", held=why)
            )
        folder = day.settings.path(day.settings.report.folder)
        if not page_of(folder, day.on).exists():
            publish_report(day, duties, self.ledger, folder, held=why_untold(self.ledger, self._mode, day.on))

    @property
    def _mode(self) -> str:
        return self.today.settings.delivery.mode

    def _as_known(self, on: date) -> tuple[Day, Duties]:
        day = another_day(self.today, on, as_known_on(self.today.extract, on))
        return day, work_out_duties(day)

    def _decide(self, day: Day, duties: Duties, notices: Mapping[DutyKey, Sequence[Notice]]) -> Decisions:
        return decide_who_to_tell(day, duties, Before(notices=notices, holds=self.ledger.holds_on(day.on)))

    def _in_range(self, notices: Iterable[Notice], duties: Duties) -> tuple[Notice, ...]:
        """The stages of duties and of meetings whose day is one of the backfill's.

        That something has changed which somebody was told, or that a breach is met, is no past day's: the next run tells it. So
        it is with a case that cannot be read.
        """
        return tuple(
            one
            for one in notices
            if (one.key.stage in STAGES if isinstance(one, MeetingNotice) else _is_of_ladder(one, duties))
            and one.stage_on is not None
            and self.from_on <= one.stage_on <= self.to_on
        )

    def _why_closed(self, day: Day) -> str | None:
        """Why nothing goes on a day: it is not open, or what stood of it in the ledger is no longer whole."""
        kept_from = self.ledger.purged_before()
        if kept_from is not None and day.on < kept_from:
            return "older than what is kept"
        return day.calendar.why_not_open(day.on)

    def _past_day(self, day: Day, duties: Duties, *, missed: tuple[Notice, ...] = (), recorded: int = 0) -> PastDay:
        last = self.ledger.last_run(self._mode, day.on)
        return PastDay(
            day=day.on,
            closed=self._why_closed(day),
            run=last.outcome if last else None,
            fell_due=sum(one.due_on == day.on for _, found in duties.rows(day.on) for one in found),
            overdue=duties.standings(day.on)["overdue"],
            messages=self.ledger.counts(day.on, self._mode),
            missed=missed,
            recorded=recorded,
        )


def _by_person(decisions: Decisions) -> dict[str, list[Notice]]:
    """What everybody is told, of duties and of meetings."""
    return {
        ref: [*(one.notice for one in of_duties), *(one.notice for one in of_meetings)]
        for ref, of_duties, of_meetings in decisions.people()
    }


def _told(decisions: Decisions) -> list[Notice]:
    return [one for found in _by_person(decisions).values() for one in found]


def _left_by(decisions: Decisions, on: date) -> Iterator[Notice]:
    """What a run would have left in the ledger: everybody told, and what was decided without telling anybody."""
    yield from (replace(one, outcome="told", told_on=on) for one in _told(decisions))
    yield from decisions.recorded


def _is_of_ladder(notice: Notice, duties: Duties) -> bool:
    return notice.key.of_duty in duties.by_key and not is_beside_the_ladder(notice.key.stage)


def _as_historic(notice: Notice, reason: str) -> Notice:
    """The stage closed. A duty's is closed for everybody, and names nobody; of a meeting each person has stages of their own."""
    historic = replace(notice, outcome="historic", reason=reason, was_due_on=None)
    if isinstance(notice, MeetingNotice):
        return historic
    return replace(historic, key=replace(notice.key, person_ref=""), role="")


def _about(notice: Notice) -> tuple[str, ...]:
    """What a notice is about: a duty, or a meeting whatever case the notice bears."""
    return (notice.meeting_ref,) if isinstance(notice, MeetingNotice) else notice.key.of_duty


def _of_whoever_missed(decisions: Decisions, missed: Collection[tuple[str, ...]], waiting: Collection[str]) -> Decisions:
    """The messages of whoever missed something or had a message waiting, whole, since a person gets one a day.

    Everything else is left to the day's own run. Nothing is copied to Teams, where that run's own card is still to come.
    """
    theirs = _by_person(decisions)
    people = {ref for ref, found in theirs.items() if ref in waiting or any(_about(one) in missed for one in found)}
    about = {_about(one) for ref in people for one in theirs[ref]} | set(missed)
    return replace(
        decisions,
        by_person={ref: found for ref, found in decisions.by_person.items() if ref in people},
        of_meetings={ref: found for ref, found in decisions.of_meetings.items() if ref in people},
        by_channel={},
        recorded=tuple(one for one in decisions.recorded if _about(one) in about),
    )
