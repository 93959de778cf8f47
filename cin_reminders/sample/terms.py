"""The made-up council's term dates, as a file that `meetings.term_dates` may name."""

from __future__ import annotations

from datetime import date

# First and last day by month and day, and whether the days lie in the calendar year in which the school year ends.
_YEAR = (
    ("term", (9, 2), (12, 18), 0),
    ("closed", (10, 26), (10, 30), 0),
    ("term", (1, 5), (3, 26), 1),
    ("closed", (2, 15), (2, 19), 1),
    ("term", (4, 13), (7, 20), 1),
    ("closed", (5, 25), (5, 29), 1),
)


def term_dates_text(on: date) -> str:
    """A CSV file with the school year before the business date's, that one and the next."""
    begins = on.year - (on.month < 9)
    rows = [
        f"{date(year + later, *first)},{date(year + later, *last)},{kind}"
        for year in (begins - 1, begins, begins + 1)
        for kind, first, last, later in _YEAR
    ]
    return "\n".join(["first_on,last_on,kind", *rows]) + "\n"
