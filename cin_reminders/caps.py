"""Caps: how many reminders a person gets on one day, and how many go out of one case; what is over waits for a later day.

A message of sixty lines is not read, and a case that writes to everybody every day soon is not either. Escalations are never
capped: a breach is told however long the list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from cin_reminders.corrections import is_all_clear
from cin_reminders.notice import NoticeKey
from cin_reminders.notices import Decision
from cin_reminders.words import count_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminders:
    """How many reminders the day's messages hold already, by the person who gets them and by the case they are about."""

    by_person: Mapping[str, int] = field(default_factory=dict)
    by_case: Mapping[str, int] = field(default_factory=dict)


def over_the_cap(decisions: Iterable[Decision], *, a_person: int, a_case: int, had: Reminders) -> dict[NoticeKey, str]:
    """The reminders that wait because their person, or their case, has as many as it gets on one day, each with the reason.

    What is due first goes first. ``a_person`` and ``a_case`` count reminders a day; 0 is no cap. ``had`` is what the day's
    messages hold already.
    """
    people, cases = Counter(had.by_person), Counter(had.by_case)
    over: dict[NoticeKey, str] = {}
    for one in sorted(decisions, key=_most_urgent_first):
        key = one.notice.key
        if one.notice.urgency == "escalation":
            continue
        if a_person and people[key.person_ref] >= a_person:
            over[key] = f"the person has {count_of(a_person, 'reminder')} today already; goes on a later day"
        elif a_case and cases[key.case_ref] >= a_case:
            over[key] = f"{count_of(a_case, 'reminder')} go out of this case today already; goes on a later day"
        else:
            people[key.person_ref] += 1
            cases[key.case_ref] += 1
    return over


def _most_urgent_first(decision: Decision) -> tuple[bool, date, str, str, str, str]:
    key = decision.notice.key
    # That something is done can wait for what is still to be done.
    settled = is_all_clear(key.stage)
    return (settled, decision.notice.due_on or date.max, key.case_ref, key.subject, key.start_ref, key.person_ref)
