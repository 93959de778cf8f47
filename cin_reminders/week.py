"""How the last days went: on which of them the service did its work, and on which nobody was told anything.

A service that is silent looks the same whether all is well or nothing runs, so the silence itself is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from cin_reminders.words import count_of, day_in_words, joined
from cin_reminders.working_days import Calendar

BROKEN_OFF = "broken off"  # the day has messages, and no run of it came to an end
# With less than this usual, a day on which nobody need hear anything is nothing to wonder at.
USUAL_AT_LEAST = 3
TWO_WEEKS = timedelta(days=14)
_NAMED_AT_MOST = 5
# The first that fits counts of a day's runs: a day that was held in the morning and released at noon was good, and what a person
# put on record afterwards is on record, however its run had ended.
HOW_IT_WENT = {
    "good": "done",
    "recorded": "put on record",
    "failed": "not done whole",
    "held": "held",
    "late": "begun too late",
    BROKEN_OFF: BROKEN_OFF,
}
_LATER = "What is still true goes with the next good run."
_WHY_SILENT = {
    None: f"there was no run. {_LATER}",
    BROKEN_OFF: f"the run was broken off. {_LATER}",
    "held": f"the run was held. {_LATER}",
    "failed": f"the run was not done whole. {_LATER}",
    "late": f"the run began when the day was over. {_LATER}",
    "recorded": "put on record, and nobody was told.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DayDone:
    """One open day: the best outcome of its runs (None: there was no run), and how many of its messages have gone by now.

    ``in_doubt`` are those of which nobody knows whether they arrived.
    """

    on: date
    outcome: str | None = None
    sent: int = 0
    in_doubt: int = 0

    @property
    def is_silent(self) -> bool:
        """Whether it is known that nobody was told anything."""
        return not self.sent and not self.in_doubt


def day_done(on: date, outcome: str | None, messages: Mapping[str, int]) -> DayDone:
    """One open day, with how many of its messages are in each state."""
    in_doubt = messages.get("sending", 0) + messages.get("uncertain", 0)
    return DayDone(on=on, outcome=outcome, sent=messages.get("sent", 0), in_doubt=in_doubt)


def days_done(
    runs: Collection[tuple[date, str]],
    messages: Mapping[date, Mapping[str, int]],
    first_on: date,
    last_on: date,
    calendar: Calendar,
) -> tuple[DayDone, ...]:
    """Each open day from one to another, both included, with what its runs made of it.

    ``runs`` are business date and outcome, in any order; ``messages`` how many of each day's are in each state.
    """
    found = []
    for on in _open_days(first_on, last_on, calendar):
        outcomes = {outcome for day, outcome in runs if day == on}
        of_day = messages.get(on, {})
        best = next((one for one in HOW_IT_WENT if one in outcomes), BROKEN_OFF if of_day else None)
        found.append(day_done(on, best, of_day))
    return tuple(found)


def said_of_silence(days: Sequence[DayDone], since: date) -> tuple[str, ...]:
    """What is odd about the days after another on which nothing was sent, in whole sentences; none where nothing is.

    Odd is a day without a run, or whose run was held, began late or left something undone, with nobody told; and a good day
    with nobody told, where ``USUAL_AT_LEAST`` messages or more were usual in the two weeks before it, which ``days`` holds too.
    """
    silent = [one for one in days if one.on > since and one.is_silent]
    said = []
    for outcome, words in _WHY_SILENT.items():
        if named := [one.on for one in silent if one.outcome == outcome]:
            said.append(f"Nothing was sent on {_named(named)}: {words}")
    if odd := [one.on for one in silent if one.outcome == "good" and _usual_before(days, one.on) >= USUAL_AT_LEAST]:
        usual = count_of(round(_usual_before(days, odd[0])), "message")
        said.append(f"Nothing was sent on {_named(odd)}, although {usual} are usual.")
    return tuple(said)


def _usual_before(days: Sequence[DayDone], on: date) -> float:
    """How many messages a good day had in the two weeks before a day: as many days had more as had fewer."""
    sent = [one.sent for one in days if one.outcome == "good" and on - TWO_WEEKS <= one.on < on]
    return median(sent) if sent else 0


def in_words(day: DayDone) -> str:
    """How one day went, in a few words."""
    if day.outcome is None:
        return "no run"
    in_doubt = f", {day.in_doubt} in doubt" if day.in_doubt else ""
    return f"{HOW_IT_WENT[day.outcome]}, {count_of(day.sent, 'message')} sent{in_doubt}"


def _named(days: Sequence[date]) -> str:
    if len(days) > _NAMED_AT_MOST:
        return f"{len(days)} open days from {day_in_words(days[0])} to {day_in_words(days[-1])}"
    return joined([day_in_words(day) for day in days], "and")


def _open_days(first_on: date, last_on: date, calendar: Calendar) -> Iterator[date]:
    for number in range((last_on - first_on).days + 1):
        day = first_on + timedelta(days=number)
        if calendar.is_open_day(day):
            yield day
