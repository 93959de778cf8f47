"""Every check on a meeting, worked out a second time from the raw rows: one sentence and one plain condition each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from plain.duties_everywhere import early_review
from plain.duties_records import look_at
from plain.duties_salford import salford_initial_meeting, salford_review

from .people import COUNCIL_DOMAIN, NO_ADDRESS, PARTNER_DOMAINS, Row
from .table import Table, rows_disagree, said
from .told import DAYS, age, back

UNDERSTANDING_FROM = 10
# The term dates that the council gives, and its school hours.
TERMS = ((date(2026, 1, 5), date(2026, 3, 27)), (date(2026, 4, 13), date(2026, 7, 21)))
HALF_TERM = (date(2026, 5, 25), date(2026, 5, 29))
SCHOOL_BEGINS, SCHOOL_UNTIL = time(8, 45), time(15, 30)
# The festivals of these months, written out by hand: the day before the first, to the last; where the moon decides, one more
# day on either side.
FESTIVALS = (
    (date(2026, 3, 3), date(2026, 3, 4)),  # Holi, Wednesday 4 March
    (date(2026, 3, 19), date(2026, 3, 22)),  # Eid al-Fitr, expected on Saturday 21 March
    (date(2026, 4, 1), date(2026, 4, 3)),  # Passover, Thursday 2 and Friday 3 April
    (date(2026, 4, 7), date(2026, 4, 9)),  # its last days, Wednesday 8 and Thursday 9 April
    (date(2026, 4, 9), date(2026, 4, 10)),  # Orthodox Good Friday
    (date(2026, 4, 11), date(2026, 4, 12)),  # Orthodox Easter
    (date(2026, 4, 13), date(2026, 4, 14)),  # Vaisakhi, Tuesday 14 April
    (date(2026, 5, 21), date(2026, 5, 23)),  # Shavuot, Friday 22 and Saturday 23 May
    (date(2026, 5, 25), date(2026, 5, 28)),  # Eid al-Adha, expected on Wednesday 27 May
)
ENGLISH = ("en", "en-GB", "en_GB", "English")
# Which kinds of meeting meet a duty; no other duty of this procedure asks for a meeting alone.
MET_BY = {
    "initial_meeting": ("initial",),
    "review": ("initial", "review", "closing"),
    "early_review": ("review",),
}

Raised = Counter[tuple[str, tuple[str, ...]]]  # a check and the cases it concerns


@dataclass(frozen=True, kw_only=True)
class Found:
    """Every check of a day: of each meeting to come, and of each case that has none to come."""

    of_meetings: dict[str, Raised]
    of_cases: dict[str, Raised]


def checks_of(table: Table) -> Found:
    """Every check that is true on the day of a table."""
    duties: dict[str, list[Row]] = {}
    for ref, rows in table.cases.items():
        seen = look_at(table.rows, "salford", rows[0], table.on, DAYS)
        found = [*salford_initial_meeting(seen), *salford_review(seen), *early_review(seen)]
        duties[ref] = [one for one in found if one["standing"] in ("upcoming", "overdue")]
    of_meetings: dict[str, Raised] = {}
    has_one = set()
    for meeting_ref in table.meetings:
        rows = table.concerned(meeting_ref)
        if rows and all(_is_to_come(row, table.on) for row in rows) and not table.is_held(meeting_ref):
            refs = [row["case_ref"] for row in rows]
            has_one.update(refs)
            found: Raised = Counter(_of_meeting(table, rows, duties))
            for ref in refs:
                found.update(_of_case(table, ref, duties.get(ref, [])))
            of_meetings[meeting_ref] = found
    of_cases = {
        ref: found
        for ref in table.cases
        if ref not in has_one and table.may_be_spoken_of(ref) and table.is_open(ref)
        if (found := Counter(_of_case(table, ref, duties.get(ref, []))))
    }
    return Found(of_meetings=of_meetings, of_cases=of_cases)


def _is_to_come(row: Row, on: date) -> bool:
    return row["scheduled_at"].date() >= on and row["held_on"] is None and row["cancelled_on"] is None


def _meetings_of(table: Table, case_ref: str) -> list[Row]:
    return [row for rows in table.meetings.values() for row in rows if row["case_ref"] == case_ref]


def _next_for(table: Table, case_ref: str, duty: str) -> Row | None:
    """The next meeting booked for a case of a kind that meets the duty."""
    booked = [row for row in _meetings_of(table, case_ref) if row["kind"] in MET_BY[duty] and _is_to_come(row, table.on)]
    return min(booked, key=lambda row: (row["scheduled_at"], row["meeting_ref"]), default=None)


def _of_case(table: Table, case_ref: str, duties: Iterable[Row]) -> Iterator[tuple[str, tuple[str, ...]]]:
    held = [row for row in _meetings_of(table, case_ref) if row["held_on"] is not None]
    last = max(held, key=lambda row: (row["held_on"], row["scheduled_at"], row["meeting_ref"]), default=None)
    agreed_on = last["next_review_on"] if last else None
    for one in duties:
        # Nothing is booked 10 working days before the limit.
        if one["due_on"] >= table.on >= back(one["due_on"], 10) and _next_for(table, case_ref, one["duty"]) is None:
            yield "not_booked", (case_ref,)
        # The agreed next review date is past the limit.
        if last and agreed_on and one["start_ref"] == last["meeting_ref"] and agreed_on > one["due_on"]:
            yield "review_agreed_late", (case_ref,)
    # Or it has passed without a meeting; not while the child is protected or in care.
    in_care = "yes" in (table.fact(case_ref, "child_protection_plan"), table.fact(case_ref, "looked_after"))
    if agreed_on and agreed_on < table.on and not in_care:
        yield "review_agreed_passed", (case_ref,)


def _of_meeting(table: Table, rows: list[Row], duties: dict[str, list[Row]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    on, first = table.on, rows[0]
    everybody = tuple(row["case_ref"] for row in rows)
    starts_at: datetime = first["scheduled_at"]
    day = starts_at.date()
    cases = {ref: table.cases[ref][0] for ref in everybody}
    asked = table.attendees.get(first["meeting_ref"], [])
    coming = [row for row in asked if row.get("response") != "no"]
    listed = Counter(row["capacity"] for row in asked)

    def some(which: Iterable[str]) -> tuple[str, ...]:
        return tuple(ref for ref in everybody if ref in set(which))

    # The rows of siblings say different times or places.
    if rows_disagree(rows):
        yield "rows_disagree", everybody
    # Booked after the limit of a duty, and none before it: said once for each duty and limit.
    late: dict[tuple[str, date], list[str]] = {}
    for ref in everybody:
        for one in duties.get(ref, []):
            nearest = _next_for(table, ref, one["duty"])
            if one["due_on"] < day and nearest and nearest["meeting_ref"] == first["meeting_ref"]:
                late.setdefault((one["duty"], one["due_on"]), []).append(ref)
    for refs in late.values():
        yield "booked_late", some(refs)
    # On a weekend or a bank holiday.
    if not DAYS.is_working(day):
        yield "not_a_working_day", everybody
    # No chair, or one who will have left.
    if not any(row["chair_ref"] in table.people and not table.has_left(table.people[row["chair_ref"]], day) for row in rows):
        yield "no_chair", everybody
    # The first meeting after a step-down is not chaired by the coordinator.
    if refs := [row["case_ref"] for row in rows if _wants_coordinator(table, row)]:
        yield "not_the_coordinator", some(refs)
    # No note taker while the lead practitioner is away, or is not coming.
    takers = [table.people[row["note_taker_ref"]] for row in rows if row["note_taker_ref"]]
    if not any(not table.has_left(taker, day) and not _is_away(taker, day) for taker in takers) and (
        refs := [row["case_ref"] for row in rows if row["lead_attending"] == "no" or _lead_is_away(table, row["case_ref"], day)]
    ):
        yield "no_note_taker", some(refs)
    # An attendee nobody can reach.
    if any(_nobody_reaches(table, row, day) for row in coming):
        yield "cannot_be_reached", everybody
    # A family member with another language who is to come, and no interpreter.
    family = [table.people[row["person_ref"]] for row in coming if table.people[row["person_ref"]]["kind"] != "professional"]
    speak_another = any((person.get("language") or "en") not in ENGLISH for person in family)
    if speak_another and not any(row["capacity"] == "interpreter" for row in coming):
        yield "no_interpreter", everybody
    # An advocate is wanted, and none invited.
    if not listed["advocate"] and (refs := [ref for ref in everybody if table.fact(ref, "advocate_wanted") == "yes"]):
        yield "no_advocate", some(refs)
    # Not recorded as accessible, where a child or a parent is disabled; a meeting that is only online has no place.
    is_place = bool(said(rows, "venue")) or not said(rows, "online_url")
    disabled = [ref for ref in everybody if "yes" in (table.fact(ref, "disabled"), table.fact(ref, "parent_disabled"))]
    if is_place and disabled and {row["venue_accessible"] for row in rows if row["venue_accessible"]} != {"yes"}:
        yield "venue_not_accessible", some(disabled)
    # Fewer children are asked than are old enough to be.
    born = {ref: case.get("born_on") for ref, case in cases.items()}
    old_enough = [ref for ref, born_on in born.items() if born_on and age(born_on, day) >= UNDERSTANDING_FROM]
    if listed["child"] < len(old_enough):
        yield "child_not_invited", some(old_enough)
    # No parent; nobody from education for a child of nursery or school age; nobody from health.
    if not listed["parent"]:
        yield "parent_not_invited", everybody
    learning = [ref for ref, born_on in born.items() if born_on and _nursery_from(born_on) <= day <= _school_until(born_on)]
    if learning and not listed["education"]:
        yield "education_not_invited", some(learning)
    if not listed["health"]:
        yield "health_not_invited", everybody
    # In school hours where a child comes and one is of school age.
    at_school = [ref for ref in learning if day >= _school_from(born[ref])]
    if at_school and any(row["capacity"] == "child" for row in coming) and _is_in_lessons(rows, starts_at):
        yield "school_hours", some(at_school)
    # On or near a festival.
    if any(first_on <= day <= last_on for first_on, last_on in FESTIVALS):
        yield "festival", everybody
    assert on <= day


def _wants_coordinator(table: Table, row: Row) -> bool:
    case_ref = row["case_ref"]
    steps = [
        event["happened_on"]
        for event in table.rows["cin_events"]
        if event["case_ref"] == case_ref and event["kind"] == "stepped_down_from_cp" and event["happened_on"] <= table.on
    ]
    if not steps:
        return False
    for other in _meetings_of(table, case_ref):
        is_before = (other["scheduled_at"], other["meeting_ref"]) < (row["scheduled_at"], row["meeting_ref"])
        if (_is_to_come(other, table.on) and is_before) or (other["held_on"] and other["held_on"] >= max(steps)):
            return False
    return row["chair_ref"] not in table.holders(case_ref, "cin_coordinator")


def _is_away(person: Row, day: date) -> bool:
    return bool(person.get("away_from")) and person["away_from"] <= day <= person["away_until"]


def _lead_is_away(table: Table, case_ref: str, day: date) -> bool:
    return any(_is_away(table.people[ref], day) for ref in table.holders(case_ref, "lead_practitioner"))


def _nobody_reaches(table: Table, attendee: Row, day: date) -> bool:
    """Nobody has reached them yet, and this service cannot; or they will have left by then."""
    person = table.people[attendee["person_ref"]]
    if table.has_left(person, day):
        return True
    if attendee.get("response") or (attendee["invited_on"] or date.max) <= table.on:
        return False
    contact = table.contact(person)
    if contact == "via":
        through = table.people.get(person["contact_via_ref"] or "")
        return through is None or table.contact(through) != "yes" or table.has_left(through) or _has_no_address(through)
    return contact == "no" or _has_no_address(person)


def _has_no_address(person: Row) -> bool:
    email = person.get("email")
    has_email = email is not None and email != NO_ADDRESS
    if person["kind"] != "professional":
        return not (has_email or person.get("mobile"))
    return not has_email or str(email).partition("@")[2] not in (COUNCIL_DOMAIN, *PARTNER_DOMAINS)


# ---- school


def _school_year(born_on: date, years: int) -> int:
    """The year on whose 31 August the school year ends in which a child turns so many years old."""
    turned = born_on.year + years
    return turned + ((born_on.month, born_on.day) >= (9, 1))


def _school_from(born_on: date) -> date:
    """The September after the fourth birthday."""
    return date(_school_year(born_on, 4), 9, 1)


def _school_until(born_on: date) -> date:
    """The last Friday of June of the school year of the sixteenth birthday."""
    day = date(_school_year(born_on, 16), 6, 30)
    while day.weekday() != 4:
        day -= timedelta(days=1)
    return day


def _nursery_from(born_on: date) -> date:
    """The first of January, April or September after the third birthday."""
    day = born_on + timedelta(days=3 * 365)
    while (day.month, day.day) not in ((1, 1), (4, 1), (9, 1)) or age(born_on, day - timedelta(days=1)) < 3:
        day += timedelta(days=1)
    return day


def _is_in_lessons(rows: list[Row], starts_at: datetime) -> bool:
    """Whether any of it falls in lessons; where no end is known it lasts an hour."""
    day = starts_at.date()
    is_term = any(first_on <= day <= last_on for first_on, last_on in TERMS) and not HALF_TERM[0] <= day <= HALF_TERM[1]
    if not is_term or not DAYS.is_working(day):
        return False
    ends_at = next((row["ends_at"] for row in rows if row["ends_at"]), None) or starts_at + timedelta(hours=1)
    return starts_at.time() < SCHOOL_UNTIL and ends_at.time() > SCHOOL_BEGINS
