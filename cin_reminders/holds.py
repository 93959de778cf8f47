"""Holds: a pause that a person put on messages, with an owner, a reason and an end.

A hold covers one case or the whole service, and there every duty or one. It is in force up to and including the day it was
given, and ends by itself the day after: what is still true then is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cin_reminders.words import day_in_full

# A pause of a year is a decision not to tell, and that is the procedure's to make.
LONGEST = timedelta(days=366)
# A staff or case reference: a digit in it and no blank, which keeps most names out. No look-ahead: pydantic's patterns have none.
REFERENCE = "[A-Za-z0-9._/-]*[0-9][A-Za-z0-9._/-]*"

_LINK = re.compile(r"://")
_ADDRESS_OR_LINK = re.compile(r"\S@\S|://")
_AT_A_DOMAIN = re.compile(r"(?<=\S)@[^\s<>,;]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """A person's word that nobody is told of a case, a duty or anything at all until a day is over.

    An empty ``case_ref`` is the whole service, an empty ``duty`` every duty. A released hold says when, by whom and why.
    """

    id: int
    case_ref: str
    duty: str
    until_on: date
    by: str
    why: str
    at: datetime
    released_at: datetime | None = None
    released_by: str | None = None
    released_why: str | None = None

    @property
    def about(self) -> str:
        """What is held, in words."""
        return held_in_words(self.case_ref, self.duty)

    @property
    def owner(self) -> str:
        """Whose hold it is, as reasons, reports and logs say it: of a work address the part before the @."""
        return shown_owner(self.by)

    def is_in_force_on(self, on: date) -> bool:
        """Whether the hold still stands on a day: its last day is one of them, and a released hold stands on none."""
        return self.released_at is None and on <= self.until_on

    def covers(self, case_ref: str, duty: str) -> bool:
        """Whether nobody is told of this duty of this case while the hold stands."""
        return self.case_ref in ("", case_ref) and self.duty in ("", duty)


def shown_owner(by: str) -> str:
    """Who decided something, as reports show it: of a work address the part before the @."""
    return _AT_A_DOMAIN.sub("", by)


def held_in_words(case_ref: str, duty: str) -> str:
    """What a hold covers: `case C1`, `the duty review of every case`, `the whole service`."""
    if duty:
        return f"the duty {duty} of {f'case {case_ref}' if case_ref else 'every case'}"
    return f"case {case_ref}" if case_ref else "the whole service"


def why_held(holds: Iterable[Hold], case_ref: str, duty: str) -> str | None:
    """Why nobody is told of a duty of a case today, as the ledger keeps it; None where no hold covers it.

    ``holds`` are those in force today. Where several cover it, the one that lasts longest is named.
    """
    longest = lasting_longest(hold for hold in holds if hold.covers(case_ref, duty))
    if longest is None:
        return None
    words = in_words(longest)
    # Wherever a notice is read its case stands beside it.
    return words if longest.duty or not longest.case_ref else words.removeprefix(f"{longest.about} is ")


def why_all_held(holds: Iterable[Hold]) -> str | None:
    """Why nobody is told anything at all today; None where no hold covers the whole service and every duty."""
    return why_held(holds, "", "")


def lasting_longest(holds: Iterable[Hold]) -> Hold | None:
    """Of several holds the one that ends last, and of those the newest; None where there is none."""
    return max(holds, key=lambda hold: (hold.until_on, hold.id), default=None)


def in_words(hold: Hold) -> str:
    """A hold as people read it: what is held, up to and including which day, by whom and why."""
    return f"{hold.about} is held until {day_in_full(hold.until_on, None)} by {hold.owner}: {hold.why}"


def tidy(text: str) -> str:
    """Who or why as one line: each run of blanks and line ends is one blank."""
    return " ".join(text.split())


def faults_of_end(until_on: date, on: date) -> list[str]:
    """Why a hold that is put on a day cannot last until another: it would be over already, or longer than 366 days."""
    latest = on + LONGEST
    if until_on < on:
        return [f"until {until_on}: is over already; allowed: {on} to {latest}"]
    if until_on > latest:
        return [f"until {until_on}: is more than {LONGEST.days} days ahead; allowed: {on} to {latest}"]
    return []


def faults_of_word(by: str, why: str) -> list[str]:
    """Why a person's word cannot be kept: it must say who and why, and both are shown in reports and reasons.

    A work address is a fair way to say who. What is refused is not repeated.
    """
    found = []
    for name, text, missing, refused, words in (
        ("by", by, "who decides it", _LINK, "no link"),
        ("why", why, "why it is decided so", _ADDRESS_OR_LINK, "no e-mail address and no link"),
    ):
        line = tidy(text)
        if not line:
            found.append(f"{name}: must say {missing}")
        elif refused.search(line):
            found.append(f"{name}: must hold {words}, since reports show it")
        elif not line.isprintable():
            found.append(f"{name}: must hold no control characters")
    return found
