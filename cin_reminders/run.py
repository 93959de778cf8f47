"""The daily run from end to end, and what it says of itself.

Each step has a name that a manager would know. The caller says how a step is carried out, so that the flow can show each one
in Prefect and a command can simply do it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar

from cin_reminders.about import About, about
from cin_reminders.case import RowCount
from cin_reminders.day import READ, Day, Duties, read_day, work_out_duties
from cin_reminders.delivery import Composed, Delivered, deliver, may_go_again
from cin_reminders.envelopes import other_channel
from cin_reminders.errors import CinRemindersError, UsageError
from cin_reminders.following import follow_up
from cin_reminders.holding import recent_holds
from cin_reminders.holds import in_words, why_all_held
from cin_reminders.last_run import keep_last_run, why_older
from cin_reminders.ledger import Ledger, Run, open_ledger
from cin_reminders.letters import composer
from cin_reminders.looking_back import silence_for_managers, silence_of
from cin_reminders.meeting_day import MeetingDay, meeting_day
from cin_reminders.meeting_letters import NOTIFY, MeetingLetters
from cin_reminders.notice import MeetingNotice, Message, Notice
from cin_reminders.obligations import STANDINGS
from cin_reminders.opening import Closed, closed_at, families_wait_at, is_over
from cin_reminders.outgoing import channels_of, close
from cin_reminders.outlook import is_released, why_not_used
from cin_reminders.owner import this_owner
from cin_reminders.publish import publish_report
from cin_reminders.settings import PREFIX, Settings
from cin_reminders.summary import Summary
from cin_reminders.telling import Decisions, Planned, RunTooLarge, everything, plan
from cin_reminders.unreachable import unreachable_holders
from cin_reminders.words import count_of, day_in_words
from cin_reminders.working_days import make_calendar

Result = TypeVar("Result")


class Steps(Protocol):
    """How one named step is carried out."""

    def __call__(self, name: str, work: Callable[[], Result]) -> Result:
        """Do the work under the step's name and hand back what came of it."""


def simply(name: str, work: Callable[[], Result]) -> Result:
    """Carry a step out with nothing around it."""
    return work()


@dataclass(frozen=True, kw_only=True)
class World:
    """What a run needs of the world: the moment, a way to wait, a wish to stop, and somewhere to say how far it is."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: Callable[[], bool] = lambda: False
    scheduled: bool = False  # whether the business date is that of a schedule, and not one that a person named
    progress: Callable[[str], None] = lambda _: None


def run_day(
    settings: Settings,
    on: date,
    world: World,
    steps: Steps = simply,
    *,
    only: Callable[[Decisions], Decisions] = everything,
) -> Summary:
    """Read the records, work out what is due, tell people once, publish the report.

    ``only`` says which of the day's decisions are carried out; a daily run carries out all. Raises the errors of its parts where
    nothing could be done at all; the ledger then keeps that the run failed.
    """
    refuse_impossible_day(on)
    # A channel that cannot be made would only show once people are to be told.
    close(channels_of(settings, world.clock))
    ledger = open_ledger(settings.ledger.url, settings.base, settings.council)
    try:
        started_at = world.clock()
        used: Mapping[str, RowCount] = {}
        try:
            day = steps(READ, lambda: read_day(settings, on))
            failed_extract = why_not_used(day, ledger)
            if failed_extract is None:
                # Whatever breaks from here on, the next extract is measured by this one.
                used = day.extract.rows
            return _run(day, failed_extract, ledger, world, steps, started_at, only)
        except Exception as error:
            # The text of an error that nobody foresaw may hold what a row holds.
            why = str(error).splitlines()[0] if isinstance(error, CinRemindersError) else type(error).__name__
            ledger.record_run(replace(_record(settings, on, started_at, world.clock(), "failed", why), rows=used))
            raise
    finally:
        ledger.close()


def refuse_impossible_day(on: date, option: str = "--on") -> None:
    """Raise UsageError for a business date that no calendar covers; ``option`` is where it was given."""
    calendar = make_calendar()
    if not calendar.first.year < on.year <= calendar.last.year:
        raise UsageError(f"{option} {on}: a business date lies between {calendar.first.year + 1} and {calendar.last.year}")


def _run(
    day: Day,
    failed_extract: str | None,
    ledger: Ledger,
    world: World,
    steps: Steps,
    started_at: datetime,
    only: Callable[[Decisions], Decisions],
) -> Summary:
    settings = day.settings
    guard = _why_held(day, ledger, world)
    held = failed_extract or guard
    # What is still true is the next run's to tell: what a late one planned or put off would only be in its way.
    late = _is_late(settings, day.on, world)
    duties = None if failed_extract else steps("Work out the duties", lambda: work_out_duties(day))
    planned: Planned | None = None
    delivered: Delivered | None = None
    report: Path | None = None
    unpublished: str | None = None
    if not late and held is None and duties is not None:
        planned = steps("Decide who to tell", lambda: _plan(day, duties, ledger, world, only))
        if planned.held is None:
            delivered = steps("Tell them", lambda: _tell(day, planned.decisions.about, planned.decisions.meetings, ledger, world))
        held = planned.held
    elif not late and guard is None:
        # What stands in the ledger already was true of a good extract: an escalation that waits still goes.
        waiting = work_out_duties(day)
        delivered = steps(
            "Tell what was late already",
            lambda: _tell(day, waiting.by_key, meeting_day(day, waiting), ledger, world, of_failed_extract=True),
        )
    if duties is not None:
        folder = settings.path(settings.report.folder)
        try:
            report = steps("Publish the report", lambda: publish_report(day, duties, ledger, folder, held=held))
        except CinRemindersError as error:
            # People have been told by now: the run still says whom.
            unpublished = str(error)
    summary = summary_of(day, duties, planned, delivered, held, ledger, report, unpublished)
    outcome = _outcome(summary, late)
    if late:
        # Which days were silent, its own among them, is the next run's to say.
        summary = replace(summary, note=f"{day_in_words(day.on)} is over: what is still true goes with the next run")
    elif odd := silence_of(ledger, settings.delivery.mode, day.on, day.calendar, outcome=outcome):
        closed = [f"{summary.note}."] if summary.note else []
        summary = replace(summary, note=" ".join([*closed, *odd]))
    record = _record(settings, day.on, started_at, world.clock(), outcome, summary.held or summary.failed)
    notices = planned.notices if planned else None
    ledger.record_run(replace(record, rows=day.extract.rows, counts=summary.messages, notices=notices))
    keep_last_run(settings.path(settings.report.folder), ledger, record)
    return summary


def _outcome(summary: Summary, late: bool) -> str:
    if summary.held:
        return "held"
    if summary.failed:
        return "failed"
    # Nobody was told of the day, nor will be: the next run must say so, and is not measured by this one.
    return "late" if late else "good"


def deliver_due(settings: Settings, on: date, world: World, steps: Steps = simply) -> Delivered | None:
    """Send what waits in the ledger and may go now, if it is still true; None where nothing waits, and then nothing is read.

    A scheduled one that begins after its day is over leaves everything to today's. Nothing new is planned. Raises the errors of
    its parts as ``run_day`` does.
    """
    refuse_impossible_day(on)
    close(channels_of(settings, world.clock))
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as ledger:
        if _is_late(settings, on, world):
            return None
        _follow(settings, ledger, world)
        if not _is_anything_to_do(settings, ledger, world.clock()):
            return None
        day = steps(READ, lambda: read_day(settings, on))
        if _why_held(day, ledger, world) is not None:
            return None
        failed_extract = why_not_used(day, ledger) is not None
        duties = work_out_duties(day)
        known = about(day, duties, ledger.notices(settings.delivery.mode))
        meetings = meeting_day(day, duties)
        return steps("Tell them", lambda: _tell(day, known, meetings, ledger, world, of_failed_extract=failed_extract))


def has_run(settings: Settings, on: date) -> bool:
    """Whether the ledger knows of a run of a business date, however it went."""
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as ledger:
        return bool(ledger.runs_between(settings.delivery.mode, on, on))


def _is_anything_to_do(settings: Settings, ledger: Ledger, now: datetime) -> bool:
    """Whether a delivery would find anything to do. A message in doubt that only a person can decide is nothing."""
    mode = settings.delivery.mode
    # A folder knows what it holds, whoever asks.
    in_doubt = any(mode == "folder" or may_go_again(one, now) for one in ledger.uncertain(mode))
    return in_doubt or ledger.is_anything_due(mode, now)


def _why_held(day: Day, ledger: Ledger, world: World) -> str | None:
    delivery = day.settings.delivery
    why = why_all_held(ledger.holds_on(day.on)) or why_older(ledger, day.settings.path(day.settings.report.folder), delivery.mode)
    if why is not None:
        return why
    kept_from = ledger.purged_before()
    if kept_from is not None and day.on < kept_from:
        return f"what is older than {day_in_words(kept_from)} has been removed, so nothing is told of {day_in_words(day.on)}"
    if delivery.mode == "folder":
        return None
    if delivery.mode == "live" and not delivery.live:
        return f"delivery.mode is live, but neither --live nor {PREFIX}LIVE=true says that messages may really go"
    if day.on > world.clock().date() + timedelta(days=1):
        return f"{day_in_words(day.on)} lies in the future, and live messages go only for days that have come"
    if delivery.mode == "live" and delivery.notify_from is None and ledger.is_new("live"):
        return (
            "this ledger has told nobody yet, so everything late would be told at once; set delivery.notify_from to the first "
            "day that people are to hear of"
        )
    return None


def _is_late(settings: Settings, on: date, world: World) -> bool:
    """Whether a scheduled run begins after its day is over, as all do that were missed while nothing ran."""
    # Files disturb nobody.
    return world.scheduled and settings.delivery.mode != "folder" and is_over(on, world.clock())


def _closed_at(day: Day, moment: datetime) -> Closed | None:
    delivery = day.settings.delivery
    if delivery.mode == "folder":
        # Files disturb nobody.
        return None
    return closed_at(
        moment,
        day.on,
        day.calendar,
        quiet_from=delivery.quiet_from,
        quiet_until=delivery.quiet_until,
    )


def _resting(day: Day, moment: datetime) -> dict[str, Closed]:
    """The channels by which nothing goes now: families are written to by day."""
    notify = day.settings.notify
    rest = families_wait_at(moment, day.calendar, family_from=notify.family_from, family_until=notify.family_until)
    return {} if rest is None or day.settings.delivery.mode == "folder" else {NOTIFY: rest}


def _why_silent(day: Day, delivered: Delivered | None) -> str | None:
    if delivered is None or delivered.closed is None:
        return None
    return f"nothing is sent on {day_in_words(day.on)} now, {delivered.closed.why}"


def _plan(day: Day, duties: Duties, ledger: Ledger, world: World, only: Callable[[Decisions], Decisions]) -> Planned:
    # What a crashed run still holds is let go first: else its message stays, and its person gets two today.
    ledger.recover(day.settings.delivery.mode, world.clock())
    # Before anything is decided: a chair hears today of whoever could not be reached yesterday.
    _follow(day.settings, ledger, world)
    holds, released = ledger.holds_on(day.on), is_released(day, ledger)
    try:
        with ledger.planning() as planning:
            return plan(day, duties, planning, holds=holds, released=released, only=only)
    except RunTooLarge as error:
        return Planned(messages=0, notices=error.decisions.number, decisions=error.decisions, held=str(error))


def _follow(settings: Settings, ledger: Ledger, world: World) -> None:
    """Ask what became of what was handed over before. Where nobody can say now, it is asked again at the next delivery."""
    if not settings.notify.is_on:
        return
    channels = channels_of(settings, world.clock)
    try:
        followed = follow_up(ledger, settings.delivery.mode, channels, world.clock, world.stop)
    finally:
        close(channels)
    for status, number in sorted(followed.counts.items()):
        world.progress(f"{number} sent before: {status}")
    if followed.channel_down:
        world.progress(f"what became of messages sent before cannot be learnt now: {followed.channel_down}")


def _tell(
    day: Day, known: About, meetings: MeetingDay, ledger: Ledger, world: World, *, of_failed_extract: bool = False
) -> Delivered:
    silence = silence_for_managers(ledger, day.settings.delivery.mode, day.on, day.calendar)
    day = replace(day, silence=silence)
    channels = channels_of(day.settings, world.clock)
    # Read once: nothing that this delivery sends changes what anybody was told of another message's meeting.
    before = cache(lambda: ledger.meeting_notices(day.settings.delivery.mode))
    letters = MeetingLetters(meetings=meetings, before=before, clock=world.clock)
    words = composer(day, known, letters, recent_holds(ledger, day.on, world.clock))

    def words_or_wait(message: Message, notices: tuple[Notice, ...]) -> Composed:
        why = "not borne out by the failed extract: waits for a good one"
        # An escalation goes with what may go with it: who is asked to a meeting is read from the extract that failed.
        late = tuple(one for one in notices if not isinstance(one, MeetingNotice))
        if not late:
            return Composed(letter=None, leave=True, reason=why)
        composed = words(message, late)
        # Nothing may be inferred from a failed extract, so no message is withdrawn for it, and no notice as untrue.
        if composed.letter is None:
            return Composed(letter=None, leave=True, reason=why)
        of_meetings = {one.key for one in notices if isinstance(one, MeetingNotice)}
        return replace(composed, withdrawn=dict.fromkeys((*composed.withdrawn, *of_meetings), why))

    try:
        return deliver(
            ledger,
            mode=day.settings.delivery.mode,
            channels=channels,
            compose=words_or_wait if of_failed_extract else words,
            urgencies=("escalation",) if of_failed_extract else None,
            closed=lambda moment: _closed_at(day, moment),
            resting=_resting(day, world.clock()),
            fallback=lambda message, notices: other_channel(day, message, notices),
            clock=world.clock,
            owner=this_owner(),
            sleep=world.sleep,
            patience=timedelta(seconds=day.settings.delivery.patience_seconds),
            stop=world.stop,
            progress=world.progress,
        )
    finally:
        close(channels)


def _refused(day: Day, duties: Duties) -> set[str]:
    """Whoever holds a role on an open case and has an address outside the lists of those who may be written to."""
    cases = [case for case, _ in duties.by_case.values()]
    return {one.person_ref for one in unreachable_holders(cases, day.directory, day.on) if one.is_refused}


def _holds_ended(day: Day, ledger: Ledger) -> tuple[str, ...]:
    """The holds that ended by themselves since the day before the last run, so that whoever reads this run hears of each."""
    last = ledger.run_before(day.settings.delivery.mode, day.on)
    return tuple(in_words(hold) for hold in ledger.holds_ended(last, day.on)) if last else ()


def _record(settings: Settings, on: date, started_at: datetime, finished_at: datetime, outcome: str, why: str | None) -> Run:
    return Run(
        mode=settings.delivery.mode,
        business_date=on,
        started_at=started_at,
        finished_at=finished_at,
        outcome=outcome,
        held=why,
    )


def summary_of(
    day: Day,
    duties: Duties | None,
    planned: Planned | None,
    delivered: Delivered | None,
    held: str | None,
    ledger: Ledger,
    report: Path | None,
    unpublished: str | None,
) -> Summary:
    """What came of a run, in figures and references."""
    settings, rows = day.settings, day.extract.rows.values()
    failed = unpublished
    if delivered is not None and delivered.channel_down:
        waits = delivered.counts.get("planned") or delivered.counts.get("uncertain")
        what = "the messages could not go" if waits else "a channel is at fault, and its messages went another way"
        failed = f"{what}: {delivered.channel_down}"
    elif delivered is not None and delivered.broken:
        failed = f"{count_of(delivered.broken, 'message')} could not be put into words"
    elif delivered is not None and delivered.stopped:
        failed = "stopped before every message had gone; run again to do what is left"
    folder = settings.delivery.mode == "folder" and delivered is not None
    return Summary(
        business_date=day.on,
        rows_read=sum(count.read for count in rows),
        rows_accepted=sum(count.accepted for count in rows),
        rows_rejected=sum(count.rejected for count in rows),
        cases_evaluated=len(duties.by_case) if duties else 0,
        out_of_scope=duties.out_of_scope if duties else 0,
        obligations=duties.standings(day.on) if duties else dict.fromkeys(STANDINGS, 0),
        # A held run only sends what earlier days left waiting, and says so.
        messages=delivered.counts if held and delivered else ledger.counts(day.on, settings.delivery.mode),
        cards=ledger.counts(day.on, settings.delivery.mode, cards=True),
        held=held,
        failed=failed,
        note=_why_silent(day, delivered),
        not_told=planned.decisions.not_told if planned else {},
        refused=len(_refused(day, duties)) if duties else 0,
        holds=tuple(in_words(hold) for hold in ledger.holds_on(day.on)),
        holds_ended=_holds_ended(day, ledger),
        rejections=day.extract.rejections,
        warnings=(*day.extract.warnings, *(planned.decisions.meetings.warnings if planned else ())),
        not_supplied=tuple(sorted(day.extract.not_supplied)),
        not_watched=day.policy.not_watched(day.extract.not_supplied),
        quarantined=tuple(sorted(day.extract.disputed)),
        report=report,
        outbox=settings.path(settings.delivery.folder) if folder else None,
    )
