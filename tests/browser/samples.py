"""What is looked at in a browser: each page with one line, with forty, and with the longest words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import cycle

from told_meetings import FESTIVAL, NO_INTERPRETER, PEOPLE, SCHOOL_HOURS, a_page, unreached
from told_notices import CALENDAR, LATE, ON, SOON, TODAY, VERY_LATE, a_harm, a_review, one_of_each_standing

from cin_reminders.agenda import AskedOfMeeting, asked_of_meeting
from cin_reminders.calendar_entry import revision
from cin_reminders.cards import compose_card
from cin_reminders.case import Action, Attendee, Case, Fact, Meeting, Person
from cin_reminders.chair import Check, Unreached, chairs_copy
from cin_reminders.invitation_words import Reader, words_for
from cin_reminders.line import Told
from cin_reminders.meeting_copies import Saying, Sender, Writer
from cin_reminders.meetings_ahead import MeetingAhead
from cin_reminders.messages import compose_words
from cin_reminders.occasion import Page
from cin_reminders.policy_file import load_policy
from cin_reminders.readers import Reader as ReaderOfMeeting
from cin_reminders.report import Entry, Report
from cin_reminders.report_pages import SAMPLES, report_html
from cin_reminders.sitting import Sitting

COUNCIL = "Ellershire County Council"
CONTACT = "the Child in Need team on 01632 960000"
FAMILY_CONTACT = "the family team on 01632 960000"
PERSON = Person(person_ref="p1", name="Alex Morgan", kind="professional", email="alex.morgan@council.gov.uk")
# No break in any of them: a mail program's window must not grow for it.
LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunter"[:60]
TEAMS = ("North Family Support", "South Family Safeguarding", "Assessment and Planning", "Children with Disabilities")
WORKERS = ("Grace Whitfield", "Tom Adeyemi", "Priya Nair", "Owen Hughes", "Kirsty Coleman")


def message(
    told: Sequence[Told], *meetings: Page, name: str = PERSON.name, council: str = COUNCIL, contact: str = CONTACT
) -> str:
    """The HTML of a message."""
    return compose_words(
        person=replace(PERSON, name=name),
        told=told,
        on=ON,
        council=council,
        wrong_contact=contact,
        calendar=CALENDAR,
        meetings=meetings,
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


def two_meetings() -> tuple[Page, ...]:
    """The meetings of an ordinary day: one has changed, the other has something to mend."""
    return (
        a_page("reminder", "HT-2951", day=date(2026, 5, 12), checks=CHECKS, late=1),  # Tuesday
        a_page("changed-1", "MR-8834", "MR-8835", day=date(2026, 5, 7)),  # Thursday
    )


def all_meetings() -> tuple[Page, ...]:
    """One meeting of each kind of news, all that is ever said of one among them."""
    lost = unreached("nurse", "mother", "child", stage="changed-1")
    return (
        *two_meetings(),
        a_page("cancelled", "AB 12"),
        a_page("unreached-1", "CD 34", unreached=lost, checks=CHECKS, is_complex=True),
        a_page("unreached-1", "EF 56", is_off=True, unreached=unreached("nurse", stage="cancelled")),
        a_page("invitation", "GH 78", reader="staff", is_complex=True),
    )


def longest_meeting() -> Page:
    """A meeting whose every word is as long as it may be, without a blank."""
    found = (replace(SCHOOL_HOURS, what=LONG, why=LONG, do=LONG), replace(FESTIVAL, what=LONG, why=LONG, do=LONG))
    link = f"https://meet.example/{LONG * 6}"
    return a_page(
        "changed-1", LONG, venue=LONG, online_url=link, checks=found, late=1, meeting_name=LONG, why=LONG, procedure=LONG
    )


def messages() -> dict[str, str]:
    """The messages to look at, by name."""
    manager = {"role": "team_manager"}
    return {
        "two-meetings": message([a_review("QX-4410", LATE), a_review("WN-1207", SOON)], *two_meetings()),
        "meetings-alone": message([], *all_meetings()),
        "manager-meeting": message(reviews(40, **manager), two_meetings()[0]),
        "longest-meeting": message(longest(), longest_meeting(), name=LONG, council=LONG, contact=LONG),
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


CHECKS = (NO_INTERPRETER, SCHOOL_HOURS, FESTIVAL)
ANSWERS = ("yes", "no", "unsure", None)


def sitting(labels: Sequence[str], *, attendees: int = 5, late: int = 1, word: str = "") -> Sitting:
    """A review of complex cases at which so many people meet; every name is ``word``, where one is given."""
    capacities = cycle(("education", "health", "parent", "child", "other"))
    people = tuple(
        Attendee(person_ref=f"p{n}", capacity=next(capacities), response=ANSWERS[n % len(ANSWERS)]) for n in range(attendees)
    )
    meeting = Meeting(
        meeting_ref="M1",
        kind="review",
        scheduled_at=datetime(2026, 5, 26, 16),  # Tuesday
        ends_at=datetime(2026, 5, 26, 17, 30),  # Tuesday
        venue=word or "Ellerford Family Centre, 3 Mill Lane",
        online_url=f"https://meet.example/{word * 6 or 'ellerford-26-may'}",
        attendees=people,
    )
    actions = tuple(Action(action_ref=f"A-{n + 1}", owner_ref="p0", due_on=date(2026, 4, 24)) for n in range(late))  # Friday
    cases = (
        Case(case_ref=label, label=label, plan_type="child_in_need", facts=(Fact(fact="complex", value="yes"),), actions=actions)
        for label in labels
    )
    return Sitting(meeting_ref="M1", meetings=tuple((case, meeting) for case in cases))


def notice(
    reader: Reader,
    stage: str,
    about: Sitting,
    *,
    checks: Sequence[Check] = CHECKS,
    word: str = "",
    policy: str = "cumbria",
    lost: Sequence[Unreached] = (),
) -> str:
    """The HTML of a notice of a meeting."""
    edition = load_policy(policy).newest
    asked: AskedOfMeeting = asked_of_meeting(edition.meetings, kind=about.kind, cases=about.cases, on=ON)
    names = cycle((word,) if word else WORKERS)
    people = {
        one.person_ref: Person(person_ref=one.person_ref, name=next(names), kind="professional", organisation=word or None)
        for one in about.attendees
    }
    return words_for(
        reader=reader,
        stage=stage,
        sitting=about,
        council=word or COUNCIL,
        contact=word or (FAMILY_CONTACT if reader in ("partner", "family", "child") else CONTACT),
        name=word or PERSON.name,
        meeting_name=word or "Child in Need meeting",
        family_name=word or "family meeting",
        asked=asked,
        chair=chairs_copy(sitting=about, people=people, asked=asked, checks=checks, on=ON, languages=("pl",), unreached=lost),
        procedure=f"{edition.title}, {edition.edition}",
    ).html


def sheets() -> dict[str, list[tuple[str, str]]]:
    """The notices that belong beside each other in one picture: for each what it is, and its HTML."""
    one = sitting(["HT-2951"], late=1)
    lost = unreached("p1", "p2")
    return {
        "meeting-chair": [
            ("Reminder to the chair", notice("chair", "reminder", one, checks=CHECKS[:1])),
            ("Not reached", notice("chair", "unreached-1", one, checks=(), lost=lost)),
        ],
        "meeting-staff-partner": [
            ("Invitation to staff", notice("staff", "invitation", one)),
            ("Change, to a partner", notice("partner", "changed-1", one)),
            ("Cancellation, to staff", notice("staff", "cancelled", one)),
        ],
        "meeting-family": [
            ("Invitation to the family", notice("family", "invitation", one, policy="specialist-childrens-services")),
            ("Reminder to a child", notice("child", "reminder", one)),
            ("Cancellation, to the family", notice("family", "cancelled", one)),
        ],
    }


def calendar_files() -> dict[str, list[tuple[str, bytes]]]:
    """The calendar files of two people over the life of one meeting, in order: for each what it is, and its bytes."""
    booked = sitting(["HT-2951"])
    moved = with_columns(booked, scheduled_at=datetime(2026, 5, 28, 10), ends_at=datetime(2026, 5, 28, 11, 30))  # Thursday
    moved = with_columns(moved, venue="Wrenhollow Library, Room 2")
    turns = {
        "invitation": ("The invitation", booked),
        "changed-1": ("It moves", moved),
        "cancelled": ("It is cancelled", with_columns(moved, cancelled_on=date(2026, 5, 25))),  # Monday
    }
    stages = tuple(turns)
    alex, priya = replace(PERSON, email="alex.morgan@council.example"), replace(PEOPLE["teacher"], email="p.nair@school.example")
    return {
        calendar: [
            (what, calendar_file(about, kind, person, stages[: number + 1]))
            for number, (what, about) in enumerate(turns.values())
        ]
        for calendar, kind, person in (
            ("To somebody who works for the council", "staff", alex),
            ("To a partner, a teacher", "partner", priya),
        )
    }


def calendar_file(about: Sitting, kind: str, person: Person, stages: Sequence[str]) -> bytes:
    """The calendar file that goes with the last of the stages of a meeting which somebody is told."""
    edition = load_policy("cumbria").newest.model_copy(update={"council": COUNCIL})
    asked = asked_of_meeting(edition.meetings, kind=about.kind, cases=about.cases, on=ON)
    writer = Writer(
        meeting=MeetingAhead(sitting=about, edition=edition, checks=(), would_read=(), asked=asked),
        people={},
        sender=Sender(
            contact=CONTACT, family_name="family meeting", family_contact=FAMILY_CONTACT, mailbox="meetings@council.example"
        ),
        on=ON,
    )
    assert person.email
    return writer.calendar_file(
        ReaderOfMeeting(person_ref=person.person_ref, kind=kind, why="you are asked to this meeting", person=person),
        Saying(stage=stages[-1], is_changed=len(stages) > 1),
        attendee=person.email,
        secret=b"of a made-up council",
        revision=revision(stages),
        stamped_at=datetime(2026, 5, 5, 6, 30, tzinfo=UTC),  # Tuesday
    ).content


def with_columns(about: Sitting, **columns: object) -> Sitting:
    """The same meeting after somebody has changed its row in the records."""
    return replace(about, meetings=tuple((case, replace(meeting, **columns)) for case, meeting in about.meetings))  # type: ignore[arg-type]


def notices() -> dict[str, str]:
    """The notices of a meeting to look at, by name."""
    one, many, long = sitting(["AB 12"]), sitting(["AB 12", "CD 34"], attendees=40, late=6), sitting([LONG], word=LONG)
    readers: tuple[Reader, ...] = ("chair", "staff", "partner", "family", "child")
    return {
        **{f"{reader}-invitation": notice(reader, "invitation", one) for reader in readers},
        **{f"{reader}-cancelled": notice(reader, "cancelled", one) for reader in readers},
        "family-changed": notice("family", "changed-1", one),
        "chair-unreached": notice("chair", "unreached-1", one, lost=unreached("p0", "p2", "p3")),
        "chair-forty": notice("chair", "reminder", many, checks=CHECKS * 5),
        **{f"{reader}-longest": notice(reader, "reminder", long, word=LONG) for reader in readers},
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
