"""What is looked at in a browser: each page with one line, with forty, and with the longest words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle

from told_notices import CALENDAR, LATE, ON, SOON, TODAY, VERY_LATE, a_harm, a_review, one_of_each_standing

from cin_reminders.cards import compose_card
from cin_reminders.case import Person
from cin_reminders.line import Told
from cin_reminders.messages import compose_words
from cin_reminders.report import Entry, Report
from cin_reminders.report_pages import SAMPLES, report_html

COUNCIL = "Ellershire County Council"
CONTACT = "the Child in Need team on 01632 960000"
PERSON = Person(person_ref="p1", name="Alex Morgan", kind="professional", email="alex.morgan@council.gov.uk")
# No break in any of them: a mail program's window must not grow for it.
LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunter"[:60]
TEAMS = ("North Family Support", "South Family Safeguarding", "Assessment and Planning", "Children with Disabilities")
WORKERS = ("Grace Whitfield", "Tom Adeyemi", "Priya Nair", "Owen Hughes", "Kirsty Coleman")


def message(told: Sequence[Told], *, name: str = PERSON.name, council: str = COUNCIL, contact: str = CONTACT) -> str:
    """The HTML of a message."""
    return compose_words(
        person=replace(PERSON, name=name), told=told, on=ON, council=council, wrong_contact=contact, calendar=CALENDAR
    ).html


def card(told: Sequence[Told], *, heading: str = TEAMS[0], council: str = COUNCIL) -> str:
    """An Adaptive Card as JSON."""
    link = "https://records.example/reports/2026-05-05"
    return compose_card(told=told, on=ON, council=council, heading=heading, calendar=CALENDAR, link=link).card


def reviews(number: int, **more: str) -> list[Told]:
    """So many reviews in four teams, two in three of them late."""
    days, teams, workers = cycle((VERY_LATE, LATE, SOON)), cycle(TEAMS), cycle(WORKERS)
    labels = (f"{'ABCDEFGHJK'[n % 10]}{'LMNPRSTVWX'[n // 10]}-{1234 + 271 * n % 8000}" for n in range(number))
    return [a_review(label, next(days), team=next(teams), worker=next(workers), **more) for label in labels]


def longest(role: str = "lead_practitioner") -> list[Told]:
    """Lines whose every word is as long as it may be, without a blank."""
    url = f"https://records.example/{'x' * 400}"
    one = a_review(LONG, VERY_LATE, title=LONG, team=LONG, worker=LONG, role=role, url=url)
    noted = replace(one, why_you=f"you are the {LONG}", obligation=replace(one.obligation, notes=(LONG, LONG), missing=(LONG,)))
    return [noted, a_review(LONG[::-1], SOON, title=LONG, team=LONG, worker=LONG, role=role, url=url)]


def messages() -> dict[str, str]:
    """The messages to look at, by name."""
    manager = {"role": "team_manager"}
    return {
        "one": message([a_review("AB 12", TODAY, worker="Alex Morgan")]),
        "each-standing": message(one_of_each_standing()),
        "forty": message(reviews(40)),
        "manager": message([a_harm("QX-4410", "2026-05-01"), *reviews(40, **manager)][:40]),
        "past-forty": message(reviews(64, **manager)),
        "longest": message(longest(), name=LONG, council=LONG, contact=LONG),
        "longest-manager": message(longest("team_manager") + reviews(45, **manager), name=LONG, council=LONG),
    }


def report(rows: Sequence[Entry] | None = None, **more: object) -> str:
    """The HTML of a report; every part of it has something in it."""
    sample: Report = SAMPLES["report.html"][0].report
    rows = sample.overdue if rows is None else rows
    listings = {"overdue": tuple(rows), "outstanding": tuple(rows), "recorded_late": tuple(rows)}
    return report_html(replace(sample, council=COUNCIL, **(listings | more)))  # type: ignore[arg-type]


def reports() -> dict[str, str]:
    """The reports to look at, by name."""
    (entry,) = SAMPLES["report.html"][0].report.overdue
    forty = [
        replace(entry, label=one.case.label, team=one.case.team, worker=one.worker, working_days_late=n, missing=())
        for n, one in enumerate(reviews(40))
    ]
    long = replace(entry, label=LONG, team=LONG, worker=LONG, title=LONG, missing=(LONG, LONG))
    return {
        "one": report(),
        "forty": report(forty),
        "longest": report([long], editions=(LONG,), doubts=(LONG,), warnings=(LONG,), missing=((LONG, 1),)),
    }


def cards() -> dict[str, str]:
    """The cards to look at, by name."""
    return {
        "one": card([a_review("AB 12", TODAY)]),
        "each-standing": card(one_of_each_standing()),
        "forty": card([a_harm("QX-4410", "2026-05-01"), *reviews(40)]),
        "longest": card(longest(), heading=LONG, council=LONG),
        "mark-up": card([a_review("[x](http://evil.example)"), a_review("**AB** _12_", SOON), a_review("<at>all</at>", TODAY)]),
    }
