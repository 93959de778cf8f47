"""What changed between two editions, in the words of their rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cin_reminders.agenda import Asked
from cin_reminders.policy import Edition, Stage
from cin_reminders.rule_words import asked_in_words, duty_in_words, stage_in_words
from cin_reminders.words import day_in_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing that differs: ``was`` is None for what is new, ``now`` for what is gone.

    ``about`` is a duty or a ladder, empty for the edition itself.
    """

    about: str
    what: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        place = f"{self.about}: {self.what}" if self.about and self.what else self.about or self.what
        if self.was is None:
            return f"{place}: new: {self.now}"
        if self.now is None:
            return f"{place}: gone; it was: {self.was}"
        return f"{place}: was: {self.was}; is now: {self.now}"


def differences(old: Edition, new: Edition) -> tuple[Change, ...]:
    """Every difference that a reader would notice: the edition, its duties in the new one's order, its meetings, its ladders.

    What is left out counts too. Empty where both say the same. The order of duties is no difference.
    """
    return (
        *_between("", _edition_in_words(old), _edition_in_words(new)),
        *_duties(old, new),
        *_between("agenda", _asked(old.meetings.agenda), _asked(new.meetings.agenda)),
        *_between("to settle", _asked(old.meetings.to_settle), _asked(new.meetings.to_settle)),
        *_between("to bring", _asked(old.meetings.to_bring), _asked(new.meetings.to_bring)),
        *_ladders(old, new),
        *_between("not modelled", _left_out(old), _left_out(new)),
    )


def _edition_in_words(edition: Edition) -> Mapping[str, str]:
    takes = {"new_clocks": "new clocks", "open_clocks": "new clocks and those open on that day"}
    parts = {
        "council": edition.council,
        "title": edition.title,
        "edition": edition.edition,
        "in force on": day_in_words(edition.in_force_on),
        "applies to": takes[edition.applies_to],
        "plan types": ", ".join(edition.plan_types),
        "coordinator chairs after a step-down": "yes" if edition.meetings.coordinator_chairs_after_step_down else "no",
        "meetings": "; ".join(f"{plan_type}: {name}" for plan_type, name in edition.meeting_names.items()),
        "own events": ", ".join(edition.events),
        "own facts": ", ".join(edition.facts),
        "doubts": " ".join(edition.doubts),
        "ladder agreed by": edition.ladder.agreed_by,
        "ladder agreed on": day_in_words(edition.ladder.agreed_on) if edition.ladder.agreed_on else "",
    }
    return {what: words for what, words in parts.items() if words}


def _duties(old: Edition, new: Edition) -> Iterator[Change]:
    was = {duty.duty: duty_in_words(duty) for duty in old.duties}
    now = {duty.duty: duty_in_words(duty) for duty in new.duties}
    for name in _both(was, now):
        if name in was and name in now:
            yield from _between(name, _lower(was[name]), _lower(now[name]))
        else:
            before, after = (_in_short(duties[name]) if name in duties else None for duties in (was, now))
            yield Change(about=name, what="", was=before, now=after)


def _in_short(duty: Mapping[str, str]) -> str:
    return f"{duty['Title']} ({duty['Clause']}): {duty['Starts']}; due: {duty['Due']}; met by: {duty['Met by']}"


def _lower(parts: Mapping[str, str]) -> Mapping[str, str]:
    return {heading.lower(): words for heading, words in parts.items()}


def _asked(all_of_them: Iterable[Asked]) -> Mapping[str, str]:
    by_clause: dict[str, list[str]] = {}
    for one in all_of_them:
        by_clause.setdefault(one.clause, []).append(asked_in_words(one).replace(f" ({one.clause})", ""))
    return {
        clause: words[0] if len(words) == 1 else " ".join(f"({number}) {one}" for number, one in enumerate(words, start=1))
        for clause, words in by_clause.items()
    }


def _ladders(old: Edition, new: Edition) -> Iterator[Change]:
    was, now = old.ladder.by_name, new.ladder.by_name
    for name in _both(was, now):
        yield from _between(f"ladder {name}", _stages(was.get(name, ())), _stages(now.get(name, ())))


def _stages(stages: Iterable[Stage]) -> Mapping[str, str]:
    return {stage.stage: stage_in_words(stage) for stage in stages}


def _left_out(edition: Edition) -> Mapping[str, str]:
    return {one.clause: f"{one.asks} ({one.reason})" for one in edition.not_modelled}


def _between(about: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for what in _both(was, now):
        if was.get(what) != now.get(what):
            yield Change(about=about, what=what, was=was.get(what), now=now.get(what))


def _both(was: Iterable[str], now: Iterable[str]) -> Iterable[str]:
    """The names of both, in the order of the newer, what is gone last."""
    return dict.fromkeys((*now, *was))
