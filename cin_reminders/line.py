"""A line of a message: one thing to do or to know, in words.

What to do, by when, how late, why: the rule, its clause and what started the clock. A case is named by its label only, a date is
written with its weekday, and what is absent is "not recorded", since the records cannot say that something was not done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from cin_reminders.case import Case
from cin_reminders.corrections import is_correction
from cin_reminders.facts import contradictions
from cin_reminders.notice import Notice
from cin_reminders.obligations import Obligation
from cin_reminders.rendering import plain
from cin_reminders.words import count_of, day_in_full, either, joined, spoken
from cin_reminders.working_days import Calendar

NO_TEAM = "No team recorded"

# How a line stands, in the order in which people read them; each with its heading and its word in the subject.
LATE, OUTSTANDING, SOON, CHANGED, NO_DATE, DONE = "late", "outstanding", "soon", "changed", "no_date", "done"
HEADINGS = {
    LATE: "Late",
    OUTSTANDING: "Outstanding",
    SOON: "Due soon",
    CHANGED: "Changed since you were told",
    NO_DATE: "No date can be worked out",
    DONE: "Settled",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One notice for a person, with what it is about. ``why_you`` is a fragment: `you are the lead practitioner`.

    ``to_book`` says how many days are left, where a meeting ought to be booked by now and is not.
    """

    notice: Notice
    obligation: Obligation
    case: Case
    worker: str
    why_you: str
    to_book: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A way into the records system; ``url`` is http or https."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One thing to do or to know, as a reader sees it. An empty text is left out."""

    labels: str
    do: str
    tone: str
    status: str
    by: str
    who: str
    why: str
    clock: str
    doubt: str
    missing: str
    notes: tuple[str, ...]
    right: str
    links: tuple[Link, ...]


Bundle = tuple[Told, ...]


class LineWriter:
    """Writes the lines of one message, and remembers the rules they rest on, in the order in which they came up."""

    def __init__(self, on: date, calendar: Calendar) -> None:
        self.on, self.calendar = on, calendar
        self.rules: dict[str, None] = {}

    def line(self, bundle: Bundle, *, who: str = "") -> Line:
        """One line in words; ``who`` names the team or the worker where the heading above it does not."""
        first = bundle[0]
        obligation, rule = first.obligation, first.obligation.rule
        why = f"{rule.says.rstrip('.')} ({rule.clause})."
        self.rules[why] = None
        tone = tone_of(bundle)
        # Nothing is to be done any more, or the line was told in full before: short.
        short = tone in (CHANGED, DONE)
        status, by = self._changed(first) if tone == CHANGED else (self._status(obligation), self._by(obligation))
        return Line(
            labels=_labels(bundle),
            do=_do(first),
            tone=tone,
            status=status,
            by=by,
            who=who,
            why=why,
            clock="" if tone == DONE or obligation.is_settled else self._clock(first),
            doubt="" if short else rule.doubt or "",
            missing="" if short else _missing(bundle, self.on),
            notes=() if tone == DONE else self._notes(bundle, tone),
            right="" if short else self._right(obligation),
            links=tuple(Link(label=one.case.label, url=url) for one in bundle if (url := web_address(one.case.record_url))),
        )

    def _notes(self, bundle: Bundle, tone: str) -> tuple[str, ...]:
        notes = [one.to_book for one in bundle if one.to_book and tone == SOON]
        notes += [note for one in bundle for note in one.obligation.notes]
        if tone != CHANGED:
            notes += [f"you were told {day_in_full(was, self.on)} before" for one in bundle if (was := one.notice.was_due_on)]
        return tuple(dict.fromkeys(map(_sentence, notes)))

    def _changed(self, told: Told) -> tuple[str, str]:
        """What has become of a date that the person was told, and which it was."""
        obligation, was = told.obligation, told.notice.was_due_on
        before = f"You were told {day_in_full(was, self.on)}" if was else "You were told that it was done or asked for no more"
        if obligation.ended_why:
            return "No longer asked for", f"{before}, but {obligation.ended_why}."
        if obligation.due_on is None:
            return "No date now", f"{before}. {_sentence(obligation.basis)}"
        return "New date", f"{before}; it {self._now(obligation, obligation.due_on)}."

    def _now(self, obligation: Obligation, due_on: date) -> str:
        day = day_in_full(due_on, self.on)
        if obligation.standing != "overdue":
            return f"is due {day}"
        return f"was due {day}, {count_of(obligation.working_days_late, 'working day')} ago"

    def _status(self, obligation: Obligation) -> str:
        late = count_of(obligation.working_days_late, "working day")
        if obligation.met_on is not None:
            return f"Done, {late} late" if obligation.standing == "met_late" else "Done in time"
        if obligation.standing == "ended":
            return "Ended"
        if obligation.due_on is None:
            return "No due date"
        if obligation.standing == "overdue":
            if obligation.figure == "council":
                return f"Outstanding for {late}" if obligation.working_days_late else "Outstanding"
            return f"{late} late" if obligation.working_days_late else "Late"
        return "Due " + self._left(obligation.due_on)

    def _left(self, due_on: date) -> str:
        if due_on == self.on:
            return "today"
        if due_on > self.calendar.last:
            return "later"
        left = self.calendar.between(self.on, due_on)
        return f"in {count_of(left, 'working day')}" if left else "before the next working day"

    def _by(self, obligation: Obligation) -> str:
        due_on, own_figure = obligation.due_on, obligation.figure == "council"
        if obligation.met_on is not None:
            return self._done(obligation, obligation.met_on)
        if obligation.ended_on is not None:
            return f"Ended {day_in_full(obligation.ended_on, self.on)}: {obligation.ended_why}."
        if due_on is None:
            return _sentence(obligation.basis)
        day = day_in_full(due_on, self.on)
        council = " The council's own figure; the procedure gives none." if own_figure else ""
        if obligation.standing == "overdue":
            return f"{'Wanted by' if own_figure else 'It was due'} {day}.{council}"
        book_by = obligation.book_by
        book = f": book by {day_in_full(book_by, self.on)}" if book_by and self.on <= book_by != due_on else ""
        return f"{'Wanted by' if own_figure else 'Due'} {day}{book}.{council}"

    def _done(self, obligation: Obligation, met_on: date) -> str:
        done, recorded_on = f"Done {day_in_full(met_on, self.on)}", obligation.met_recorded_on
        if obligation.due_on is not None and obligation.standing == "met_late":
            done += f"; it was due {day_in_full(obligation.due_on, self.on)}"
        if recorded_on is None or recorded_on <= met_on:
            return done + "."
        return f"{done}; recorded {count_of(self.calendar.between(met_on, recorded_on), 'working day')} later."

    def _clock(self, told: Told) -> str:
        """What started the clock, how long it runs and the clause that says so."""
        obligation, clause = told.obligation, told.obligation.clause
        if obligation.started_on is None:
            # Without a due date the basis is what is said of the date already.
            return f"{_sentence(obligation.basis).rstrip('.')} ({clause})." if obligation.due_on else f"({clause})"
        by = obligation.started_by or "clock started"
        # A start that is itself a count ends in a date of its own.
        comma = "," if by[0].isdigit() else ""
        started = f"{by}{comma} {day_in_full(obligation.started_on, self.on)}"
        basis = f"; {obligation.basis}" if obligation.due_on else ""
        return f"{_sentence(started).rstrip('.')}{basis} ({clause})."

    def _right(self, obligation: Obligation) -> str:
        """What would settle it. Nobody can tell from the records that something was not done, only that it is not recorded."""
        start = obligation.rule.start
        if obligation.is_settled or (obligation.started_on is None and not start.action):
            return ""
        what = self._evidence(obligation)
        if obligation.standing == "overdue":
            return f"Not recorded: {what}. Recording it settles this."
        return f"Settled once recorded: {what}."

    def _evidence(self, obligation: Obligation) -> str:
        rule, start = obligation.rule.met_by, obligation.started_on
        what = either(rule.events)
        if rule.role:
            what = " or ".join(part for part in (what, f"a {spoken(rule.role)} for the case") if part)
        if rule.staying_open:
            what = " or ".join(part for part in (what, "the case open on the due date") if part)
        if rule.looking_back and start:
            return f"{what} in the {rule.looking_back} up to {day_in_full(start, self.on)}"
        if rule.same or start is None:
            return what
        after = "after" if rule.later and not rule.event else "on or after"
        return f"{what} {after} {day_in_full(start, self.on)}"


def web_address(url: str | None) -> str | None:
    """A link that may stand in a message: http or https with a host and no blank in it; None for anything else."""
    if not url or plain(url) != url or any(character.isspace() for character in url):
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def bundles_of(told: Iterable[Told]) -> list[Bundle]:
    """The notices as lines, most urgent first: siblings at one meeting with one due date come together."""
    found: dict[tuple[object, ...], dict[str, Told]] = {}
    for one in told:
        obligation = one.obligation
        meetings = {meeting.meeting_ref for meeting in one.case.meetings}
        shared = obligation.subject in meetings
        about = (obligation.subject,) if shared else (obligation.case_ref, obligation.start_ref)
        key = (obligation.duty, shared, about, obligation.due_on, tone_of((one,)))
        found.setdefault(key, {})[one.case.case_ref] = one
    return sorted((tuple(cases.values()) for cases in found.values()), key=_urgency)


def _urgency(bundle: Bundle) -> tuple[int, int, date, str]:
    obligation = bundle[0].obligation
    return (
        tuple(HEADINGS).index(tone_of(bundle)),
        -max(one.obligation.working_days_late for one in bundle),
        obligation.due_on or date.max,
        bundle[0].case.label,
    )


def tone_of(bundle: Bundle) -> str:
    """How a line stands: late by the procedure, outstanding by the council's own figure, due soon, changed, dateless, settled."""
    obligation = bundle[0].obligation
    if is_correction(bundle[0].notice.key.stage):
        return CHANGED
    if obligation.is_settled:
        return DONE
    if obligation.standing == "overdue":
        return OUTSTANDING if obligation.figure == "council" else LATE
    return NO_DATE if obligation.due_on is None else SOON


def is_at_once(bundle: Bundle) -> bool:
    """Whether a duty leaves one working day (harm, consent, dispute): such a line is never hidden behind longer lists."""
    length = bundle[0].obligation.length
    return length is not None and (length.count, length.unit) == (1, "working days") and tone_of(bundle) not in (CHANGED, DONE)


def _labels(bundle: Bundle) -> str:
    return joined([one.case.label for one in bundle], "and")


def _do(told: Told) -> str:
    """What to do; where the procedure has a name of its own for the meetings of such a plan, with that name."""
    rule, edition = told.obligation.rule, told.obligation.edition
    of_a_meeting = any(event.endswith("_meeting_held") for event in (*rule.met_by.events, *rule.start.events))
    name = edition.meeting_name(told.case.plan_type)
    if not of_a_meeting or name == edition.meeting_name("default"):
        return rule.do
    return f"{rule.do}: {name}"


def _missing(bundle: Bundle, on: date) -> str:
    """The facts that are missing and what they would change, with the cases they are missing for where that is not all."""
    if tone_of(bundle) == DONE:
        return ""
    absent: dict[str, list[str]] = {}
    torn: dict[str, list[str]] = {}
    for one in bundle:
        contradicted = contradictions(one.case, on)
        for fact in one.obligation.missing:
            (torn if fact in contradicted else absent).setdefault(spoken(fact), []).append(one.case.label)
    if not absent and not torn:
        return ""
    said = [
        f"{what}: {_for_whom(facts, len(bundle))}."
        for what, facts in (("Not recorded", absent), ("Recorded in two ways that contradict each other", torn))
        if facts
    ]
    change = "Recording it gives a date." if tone_of(bundle) == NO_DATE else "Recording it could change the date."
    return " ".join([*said, change])


def _for_whom(facts: Mapping[str, Sequence[str]], everybody: int) -> str:
    return ", ".join(name if len(labels) == everybody else f"{name} ({joined(labels, 'and')})" for name, labels in facts.items())


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."
