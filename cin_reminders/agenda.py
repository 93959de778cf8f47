"""What a written procedure says of the meeting itself: its agenda, what the chair is to settle, what people bring.

None of it has a timescale, so no duty says it: it stands in the notice of the meeting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from cin_reminders.case import MEETING_KINDS, Case
from cin_reminders.facts import read_fact
from cin_reminders.rule import When, as_list
from cin_reminders.unsaid import says_child_in_need
from cin_reminders.written import Fault, Rule

Kinds = Annotated[tuple[Literal[MEETING_KINDS], ...], BeforeValidator(as_list)]  # type: ignore[valid-type]


class Asked(Rule):
    """One thing that a procedure asks of a meeting.

    It is asked at meetings of the ``kinds`` named (none named: at every meeting), where all of ``when`` is recorded of the case
    and none of ``not_where``.
    """

    says: Annotated[str, Field(min_length=1)]
    clause: str
    kinds: Kinds = ()
    when: When = Field(default_factory=dict)
    not_where: tuple[When, ...] = ()

    def is_asked(self, *, kind: str, cases: Iterable[Case], on: date) -> bool:
        """Whether it is asked of a meeting of this kind: of one at least of its cases, by the facts as they stand on the day."""
        return (not self.kinds or kind in self.kinds) and any(self._is_asked_of(case, on) for case in cases)

    def _is_asked_of(self, case: Case, on: date) -> bool:
        return _holds(self.when, case, on) and not any(_holds(test, case, on) for test in self.not_where)


def _holds(test: When, case: Case, on: date) -> bool:
    return all(read_fact(case, fact, on).value == value for fact, value in test.items())


class Brought(Asked):
    """One thing to bring or to do before a meeting: for the professionals, partners included, or for the family."""

    who: Literal["professionals", "family"] = "professionals"

    @classmethod
    def faults_of(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """Words that neither a family nor a partner may read."""
        if says_child_in_need(str(given.get("says", ""))):
            yield (
                ("says",),
                "goes to partners or to the family, who never read of a child in need; say `the meeting` or `the plan`",
            )


class MeetingWords(Rule):
    """What the notices of an edition's meetings say beside date, time and place, and who is to chair."""

    coordinator_chairs_after_step_down: bool = False
    agenda: tuple[Asked, ...] = ()
    to_settle: tuple[Asked, ...] = ()
    to_bring: tuple[Brought, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedOfMeeting:
    """What a procedure asks of one meeting, each in the order of the pack."""

    agenda: tuple[Asked, ...] = ()
    to_settle: tuple[Asked, ...] = ()
    to_bring: tuple[Asked, ...] = ()
    family_brings: tuple[Asked, ...] = ()


def asked_of_meeting(words: MeetingWords, *, kind: str, cases: Sequence[Case], on: date) -> AskedOfMeeting:
    """What is asked of a meeting of this kind about these cases, by the facts as they stand on ``on``.

    Siblings share a meeting: what is asked of one of them is asked of the meeting.
    """

    def asked(all_of_them: Iterable[Asked]) -> tuple[Asked, ...]:
        return tuple(one for one in all_of_them if one.is_asked(kind=kind, cases=cases, on=on))

    return AskedOfMeeting(
        agenda=asked(words.agenda),
        to_settle=asked(words.to_settle),
        to_bring=asked(one for one in words.to_bring if one.who == "professionals"),
        family_brings=asked(one for one in words.to_bring if one.who == "family"),
    )
