"""A person's word on what is sent: a hold and its release, a message in doubt, a held extract, ledger or run.

The command line and the form in Prefect's page both ask for it here, so that both check it alike and keep the same of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cin_reminders.case import LONDON
from cin_reminders.day import known_case, read_day
from cin_reminders.errors import CinRemindersError, UsageError
from cin_reminders.guards import is_of_the_extract
from cin_reminders.holds import Hold, faults_of_end, faults_of_word, in_words, lasting_longest
from cin_reminders.last_run import ACCEPTED, why_older
from cin_reminders.ledger import Ledger, open_ledger
from cin_reminders.policy_file import load_policy
from cin_reminders.settings import Settings
from cin_reminders.words import count_of, day_in_full, nearest

_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """What the places are called where a word is given, so that an error names them as the person sees them."""

    prefix: str
    everything: str

    def of(self, name: str) -> str:
        """One place by its name: `--until` on the command line, `until` in the form."""
        return f"{self.prefix}{name}"


ON_THE_COMMAND_LINE = Places(prefix="--", everything="--all")
IN_THE_FORM = Places(prefix="", everything="everything")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a person decides, as it was given. None is absent; a blank is not, since a blank case must never come to mean all.

    ``what`` is `hold`, `release`, `settle`, `accept-extract`, `accept-ledger` or `release-run`; ``on`` the business date.
    """

    what: str
    by: str
    why: str
    on: date
    case: str | None = None
    everything: bool = False
    duty: str | None = None
    until: str | None = None
    key: str | None = None
    settle_as: str | None = None

    @property
    def case_ref(self) -> str:
        """The case that it is about; empty for the whole service."""
        return (self.case or "").strip()

    @property
    def duty_name(self) -> str:
        """The duty that it is about; empty for every duty."""
        return (self.duty or "").strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What came of it, in lines. ``quoted`` repeats the reason of an earlier hold: for people alone, not for Prefect to keep."""

    said: tuple[str, ...]
    quoted: tuple[str, ...] = ()


def decide(settings: Settings, asked: Asked, places: Places, *, now: datetime, warn: Callable[[str], None]) -> Decided:
    """Check a person's word and keep it in the ledger; say what follows from it.

    ``warn`` hears what could not be checked: a word to stop messages is taken even where the records cannot be read. Raises
    UsageError with every fault at once, and LedgerError where the ledger cannot be used.
    """
    takes, does = _KINDS[asked.what]
    faults = [*_needless(asked, places, takes), *_faults_of_target(asked, places, takes), *_faults_of_end(asked, places, takes)]
    faults += [*_faults_of_settling(asked, places, takes), *(places.of(one) for one in faults_of_word(asked.by, asked.why))]
    today = now.astimezone(LONDON).date()
    if asked.on > today:
        # A mistyped year would switch a guard off for a day that nobody has seen.
        faults.append(f"{places.of('on')} {asked.on}: has not come yet; allowed: up to {today}")
    if asked.what == "hold":
        if asked.case_ref and not asked.everything:
            faults += _unknown_case(settings, asked, warn)
        if asked.duty_name:
            faults += _unknown_duty(settings, asked, places, warn)
    if faults:
        raise UsageError("\n".join(faults))
    with closing(open_ledger(settings.ledger.url, settings.base, settings.council)) as ledger:
        # Asked before the word is kept: afterwards nothing is held any more.
        then = _what_then(settings, ledger, asked, today)
        decided = does(ledger, asked, now)
    return replace(decided, said=(*decided.said, *then))


def _hold(ledger: Ledger, asked: Asked, now: datetime) -> Decided:
    case_ref, duty, until_on = asked.case_ref, asked.duty_name, date.fromisoformat(asked.until or "")
    put_on = ledger.hold(case_ref=case_ref, duty=duty, until_on=until_on, by=asked.by, why=asked.why, on=asked.on, now=now)
    what = f"about {put_on.about}" if case_ref or duty else "at all"
    said = f"Nothing is sent {what} up to and including {_day(until_on)}, decided by {put_on.by}."
    longest = lasting_longest(one for one in _covering(ledger, asked) if one.until_on > until_on)
    if longest:
        return Decided(said=(said,), quoted=(f"An earlier hold lasts longer and stands: {in_words(longest)}.",))
    over = _day(until_on + timedelta(days=1))
    return Decided(said=(said, f"The hold ends by itself: what is still true on {over} is told from then on."))


def _release(ledger: Ledger, asked: Asked, now: datetime) -> Decided:
    case_ref, duty = asked.case_ref, asked.duty_name
    [first, *others] = ledger.release(case_ref=case_ref, duty=duty, by=asked.by, why=asked.why, on=asked.on, now=now)
    ended = f"{count_of(1 + len(others), 'hold')} on {first.about} {'end' if others else 'ends'} now"
    said = f"{ended}, decided by {first.released_by}; what is still true is told from the next run on."
    if longest := lasting_longest(_covering(ledger, asked)):
        return Decided(said=(said,), quoted=(f"But it stays held: {in_words(longest)}.",))
    parts = [one for one in ledger.holds_on(asked.on) if not duty and (not case_ref or one.case_ref in ("", case_ref))]
    names = list(dict.fromkeys(one.about for one in parts))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Decided(said=(said, *([f"Still held: {'; '.join(names[:_SHOWN])}{more}."] if names else [])))


def _settle(ledger: Ledger, asked: Asked, now: datetime) -> Decided:
    key, settle_as = asked.key or "", asked.settle_as or ""
    ledger.settle_by_hand(key, settle_as, by=asked.by, why=asked.why, now=now)
    return Decided(said=(f"{key}: {settle_as}, decided by {asked.by}",))


def _accept_extract(ledger: Ledger, asked: Asked, now: datetime) -> Decided:
    ledger.record_decision(asked.what, asked.on.isoformat(), by=asked.by, why=asked.why, now=now)
    return Decided(said=(f"The extract of {asked.on} is accepted, decided by {asked.by}.",))


def _accept_ledger(ledger: Ledger, asked: Asked, now: datetime) -> Decided:
    ledger.record_decision(ACCEPTED, asked.on.isoformat(), by=asked.by, why=asked.why, now=now)
    return Decided(said=(f"The ledger is accepted as it stands, decided by {asked.by}.",))


def _release_run(ledger: Ledger, asked: Asked, now: datetime) -> Decided:
    ledger.record_decision(asked.what, asked.on.isoformat(), by=asked.by, why=asked.why, now=now)
    return Decided(said=(f"The run of {asked.on} is released, decided by {asked.by}.",))


# What each kind of word takes beside who and why, and what is done with it.
_KINDS: Mapping[str, tuple[frozenset[str], Callable[[Ledger, Asked, datetime], Decided]]] = {
    "hold": (frozenset({"case", "everything", "duty", "until"}), _hold),
    "release": (frozenset({"case", "everything", "duty"}), _release),
    "settle": (frozenset({"key", "settle_as"}), _settle),
    "accept-extract": (frozenset(), _accept_extract),
    ACCEPTED: (frozenset(), _accept_ledger),
    "release-run": (frozenset(), _release_run),
}


# What a word that lets a held run go is about.
_LETS_GO = {"accept-extract": "its extract", ACCEPTED: "its ledger", "release-run": "its size"}


def _what_then(settings: Settings, ledger: Ledger, asked: Asked, today: date) -> list[str]:
    """What has to be done once a held run may go, since nothing begins it again; or that none is held for that.

    A word may come before the run: whoever archived half the cases at six knows at once that the extract is right.
    """
    if asked.what not in _LETS_GO:
        return []
    is_today = asked.on == today
    covers = "The word is for this day alone" + ("." if is_today else ": a run of today needs one of its own.")
    if asked.what == ACCEPTED:
        covers = "The word covers every run made before it."
    if not _is_held(settings, ledger, asked):
        day = "today" if is_today else _day(asked.on)
        return [f"No run of {day} is held for {_LETS_GO[asked.what]}. One made from now on goes by this word. {covers}"]
    command = "cin-reminders run" + (" --live" if settings.delivery.mode == "live" else "")
    how = (
        f"today (press Run, or `{command}`)"
        if is_today
        else f"for {_day(asked.on)} (press Run, Custom run and give on as {asked.on}, or `{command} --on {asked.on}`)"
    )
    return [f"Now run daily-reminders again {how}, or the backfill that was held: nothing new is told before. {covers}"]


def _is_held(settings: Settings, ledger: Ledger, asked: Asked) -> bool:
    """Whether the last run of the day was held for what the word is about."""
    mode = settings.delivery.mode
    if asked.what == ACCEPTED:
        return why_older(ledger, settings.path(settings.report.folder), mode) is not None
    last = ledger.last_run(mode, asked.on)
    if last is None or last.outcome != "held":
        return False
    # Of the runs that are held, only one of which it was worked out how many it would tell is held for how many they are.
    return last.notices is not None if asked.what == "release-run" else is_of_the_extract(last.held or "")


def _needless(asked: Asked, places: Places, takes: frozenset[str]) -> Iterator[str]:
    """What was given and means nothing to this kind of word: whoever gave it meant something else."""
    for name in ("case", "everything", "duty", "until", "key", "settle_as"):
        if name not in takes and getattr(asked, name) not in (None, False):
            yield f"{places.of(name)}: {asked.what} takes none; leave it empty"


def _faults_of_target(asked: Asked, places: Places, takes: frozenset[str]) -> Iterator[str]:
    """What is wrong with the case and duty given. A blank one must never come to mean all of them."""
    if "case" not in takes:
        return
    if asked.case is not None and asked.everything:
        yield f"give a case or {places.everything}, not both"
    elif asked.case is None and not asked.everything:
        yield f"which case? Give its reference, or {places.everything} for the whole service"
    elif asked.case is not None and not asked.case_ref:
        yield f"the case given is blank; give its reference, or {places.everything} for the whole service"
    if asked.duty is not None and not asked.duty_name:
        yield f"{places.of('duty')}: must not be blank; leave it out for every duty"


def _faults_of_end(asked: Asked, places: Places, takes: frozenset[str]) -> Iterator[str]:
    """What is wrong with the last day of a hold."""
    if "until" not in takes:
        return
    if asked.until is None:
        yield f"{places.of('until')}: must be given: a hold has an end"
        return
    try:
        day = date.fromisoformat(asked.until)
    except ValueError:
        day = None
    if day is None or day.isoformat() != asked.until:
        yield f"{places.of('until')} {asked.until}: is no date; write it as YYYY-MM-DD"
        return
    yield from (places.of(one) for one in faults_of_end(day, asked.on))


def _faults_of_settling(asked: Asked, places: Places, takes: frozenset[str]) -> Iterator[str]:
    """What is wanting to settle a message; which ones can be settled, and as what, the ledger says."""
    if "key" not in takes:
        return
    if not (asked.key or "").strip():
        yield "which message? Give its key; `cin-reminders ledger --state uncertain` lists those in doubt"
    if asked.settle_as is None:
        yield f"{places.of('settle_as')}: must be given: sent, failed or resend"


def _unknown_case(settings: Settings, asked: Asked, warn: Callable[[str], None]) -> list[str]:
    """That the records hold no such case. Where they cannot be read the hold is taken: it must be possible to stop messages."""
    ref = asked.case_ref
    try:
        day = read_day(settings, asked.on)
    except CinRemindersError as error:
        warn(f"whether case {ref} exists could not be checked: {str(error).splitlines()[0]}")
        return []
    if any(one.relation == "cin_cases" and one.key == ref for one in day.extract.rejections):
        # What is late in a case whose row cannot be read is still told, and so it can be held.
        return []
    try:
        known_case(day, ref)
    except UsageError as error:
        return [str(error)]
    return []


def _unknown_duty(settings: Settings, asked: Asked, places: Places, warn: Callable[[str], None]) -> list[str]:
    """That no edition of the pack has such a duty; taken as it is where the pack cannot be read."""
    name = asked.duty_name
    try:
        policy = load_policy(settings.policy, settings.base)
    except CinRemindersError as error:
        warn(f"whether the duty {name} exists could not be checked: {str(error).splitlines()[0]}")
        return []
    names = list(dict.fromkeys(duty.duty for edition in policy.editions for duty in edition.duties))
    return [] if name in names else [f"{places.of('duty')} {name}: no such duty{nearest(name, names)}"]


def _covering(ledger: Ledger, asked: Asked) -> list[Hold]:
    """The holds in force that cover all of what was asked about."""
    return [one for one in ledger.holds_on(asked.on) if one.covers(asked.case_ref, asked.duty_name)]


def _day(day: date) -> str:
    return day_in_full(day, None)
