"""A term of 500 meetings that are booked, moved, cancelled and held, with the service at work on every day of it.

It ends with every attendee's calendar equal to the records, every check raised exactly when it is true, and nobody written to who
must not be. What must be so is worked out by ``tests/term`` from the raw rows, day by day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from calendars import HAS_ICAL_JS, read_by_ical_js
from term.calendar import Entry, MailboxCalendar
from term.canary import canaries_in, mobiles_in, says_child_in_need
from term.lived import FIRST_ON, LAST_ON, Lived, live
from term.lives import TO_A_FAMILY, TO_A_MEETING, Term
from term.outbox import posted_on
from term.people import Row, Rows
from term.table import Table, Version, version_of
from term.told import Knowledge, Telling, back, readers

from cin_reminders.meeting_checks import NAMES

SEED, FAMILIES, MEETINGS = 1, 70, 500
# A term takes about a minute, and the first test that asks about it waits for it.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return live(tmp_path_factory.mktemp("term"), seed=SEED, families=FAMILIES)


def nothing_in(found: list[str]) -> None:
    """No line at all; the first ones say what is wrong."""
    assert not found, f"{len(found)} in all:\n" + "\n".join(found[:20])


# ---- the term


def test_a_term_has_500_meetings_and_everything_happens_to_some_of_them(term: Lived) -> None:
    assert term.meetings >= MEETINGS
    assert term.days == 61  # Mondays to Fridays of 13 weeks, without Good Friday, Easter Monday and two days in May
    never = [name for name in (*TO_A_MEETING, *TO_A_FAMILY, "book", "book_again", "held") if not term.happened[name]]
    assert never == []
    assert min(term.happened[name] for name in ("move_day", "cancel", "held", "move_back", "answer")) >= 20


def test_every_run_of_the_term_is_a_good_one(term: Lived) -> None:
    nothing_in(term.runs)


def test_every_check_is_raised_exactly_when_it_is_true(term: Lived) -> None:
    nothing_in(term.checks)
    assert [name for name in NAMES if not term.raised[name]] == []


def test_every_calendar_holds_what_its_owner_was_to_be_told_and_nothing_else(term: Lived) -> None:
    nothing_in(term.calendars)
    assert term.entries > 5000


def test_whoever_is_asked_to_a_meeting_has_it_in_their_calendar_as_the_records_have_it(term: Lived) -> None:
    nothing_in(term.against_records)


@pytest.mark.node
@pytest.mark.skipif(not HAS_ICAL_JS, reason="needs Node and the packages of tests/browser: npm ci there")
def test_another_calendar_program_reads_the_same_in_every_calendar_at_the_end(term: Lived) -> None:
    read = [one["events"][0] for one in read_by_ical_js(file for _, file in term.last_files)]
    assert len(read) > 500
    held = [(entry.starts_at.timestamp(), entry.ends_at.timestamp(), entry.place) for entry, _ in term.last_files]
    assert [(one["starts"], one["ends"], one["location"]) for one in read] == held


def test_whoever_must_be_told_something_is_told_it_on_its_day(term: Lived) -> None:
    nothing_in(term.not_told)
    stages = ("invitation", "reminder", "tomorrow", "changed", "cancelled")
    kinds = ("inside", "partner", "family", "passes_on")
    assert [f"{kind} {stage}" for kind in kinds[:3] for stage in stages if term.told[f"{kind} {stage}"] < 5] == []
    assert [kind for kind in kinds if not any(term.told[f"{kind} {stage}"] for stage in stages)] == []


def test_nobody_is_told_who_must_not_be_nor_the_same_again_and_again(term: Lived) -> None:
    nothing_in(term.told_wrongly)


def test_no_message_says_what_its_reader_must_not_read(term: Lived) -> None:
    nothing_in(term.said_wrongly)


def test_every_letter_about_a_meeting_says_the_day_the_time_and_the_place_of_the_records(term: Lived) -> None:
    nothing_in(term.texts)


# ---- what the term is made of, and those who watch it


def test_a_term_is_always_the_same_for_the_same_seed() -> None:
    def lived(seed: int) -> Rows:
        term = Term(seed, 5, FIRST_ON)
        for number in range(14):
            term.morning(FIRST_ON + timedelta(days=number))
        return term.rows

    assert lived(1) == lived(1)
    assert lived(1) != lived(2)


def test_a_canary_is_found_in_small_letters_whatever_stands_around_it() -> None:
    assert canaries_in("Room VN0012q, <b>nm0003q</b> xx0001q 0001q vn12q mailto:em0004q@x") == {"vn0012q", "nm0003q", "em0004q"}
    assert mobiles_in("07700 900123, +447700900124 and 4407700900125") == {"700900123", "700900124"}


@pytest.mark.parametrize("text, is_said", [
    ("CHILD IN NEED", True),
    ("child-in-need_hub", True),
    ("child <b>in</b>&nbsp;need".replace("&nbsp;", "\N{NO-BREAK SPACE}"), True),
    ("children in need", True),
    ("about CIN 12", True),
    ("a child in needle work", True),
    ("the cinema", False),
    ("a child is in need", False),
])  # fmt: skip
def test_a_child_in_need_is_noticed_however_it_is_written(text: str, is_said: bool) -> None:
    assert says_child_in_need(text) is is_said


def file(*, sequence: int = 0, method: str = "REQUEST", day: int = 18, stamp: int = 1, uid: str = "U1") -> bytes:
    """A calendar file of a meeting in June 2026, when London is an hour ahead."""
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{uid}", f"SEQUENCE:{sequence}"),
        *(f"DTSTAMP:202606{stamp:02}T090000Z", f"DTSTART;TZID=Europe/London:202606{day:02}T100000"),
        *(f"DTEND;TZID=Europe/London:202606{day:02}T110000", r"LOCATION:Room 2\, floor 1", "END:VEVENT", "END:VCALENDAR", ""),
    ]
    return "\r\n".join(lines).encode()


def held(*files: bytes) -> list[int]:
    """The days in June of the meetings in a calendar that took these files."""
    calendar = MailboxCalendar()
    for one in files:
        calendar.take(one)
    return [one.starts_at.day for one in calendar.entries()]


def test_a_calendar_takes_the_highest_sequence_and_of_two_alike_the_latest() -> None:
    assert held(file(), file(sequence=1, day=19)) == [19]
    assert held(file(sequence=1, day=19), file(stamp=2)) == [19]
    assert held(file(), file(day=19, stamp=2)) == [19]
    assert held(file(stamp=2), file(day=19)) == [18]
    assert held(file(), file(uid="U2", day=19)) == [18, 19]


def test_a_cancelled_meeting_is_in_the_calendar_no_more_and_comes_back_under_another_uid_alone() -> None:
    cancelled = file(sequence=1, method="CANCEL")
    assert held(file(), cancelled) == []
    assert held(file(sequence=2), cancelled) == [18]
    assert held(file(), cancelled, file(sequence=2)) == []
    assert held(file(), cancelled, file(sequence=2, uid="U2", day=19)) == [19]


@pytest.mark.parametrize("changed, is_fault", [
    (file(day=19, stamp=2), True),
    (file(sequence=1, day=19), False),
    (file(stamp=2), False),
    (file(method="CANCEL", stamp=2), True),
    (file(sequence=1, method="CANCEL"), False),
])  # fmt: skip
def test_a_change_or_a_cancellation_under_the_old_sequence_is_noticed(changed: bytes, is_fault: bool) -> None:
    calendar = MailboxCalendar()
    calendar.take(file())
    calendar.take(changed)
    assert bool(calendar.faults) is is_fault


def test_a_calendar_shows_a_meeting_at_the_time_of_london() -> None:
    calendar = MailboxCalendar()
    calendar.take(file())
    ten = datetime(2026, 6, 18, 9, tzinfo=UTC)
    assert calendar.entries() == [Entry(starts_at=ten, ends_at=ten + timedelta(hours=1), place="Room 2, floor 1")]


def test_an_outbox_without_the_day_holds_nothing(tmp_path: Any) -> None:
    assert list(posted_on(tmp_path, "2026-03-02")) == []


# ---- who may be told, by the second reading

ON = date(2026, 3, 10)  # Tuesday
DAY = datetime(2026, 3, 24, 10)  # Tuesday


def small(*attendees: tuple[Row, str], **more: Any) -> Table:
    """One meeting of one case, its chair and who is asked to it."""
    chair = {"person_ref": "CHAIR", "kind": "professional", "email": "chair@council.gov.uk"}
    meeting = {
        "meeting_ref": "M",
        "case_ref": "C",
        "kind": "review",
        "scheduled_at": DAY,
        "chair_ref": "CHAIR",
        "venue": "Room 2",
    }
    rows: Rows = {
        "cin_cases": [
            {"case_ref": "C", "label": "AB 12", "plan_type": "child_in_need", "team": "North", "born_on": date(2013, 1, 1)}
        ],
        "cin_meetings": [
            dict.fromkeys(("ends_at", "online_url", "booked_on", "held_on", "cancelled_on")) | meeting | more.pop("meeting", {})
        ],
        "cin_people": [chair, *(person for person, _ in attendees)],
        "cin_attendees": [
            {"meeting_ref": "M", "person_ref": person["person_ref"], "capacity": capacity, "invited_on": None}
            for person, capacity in attendees
        ],
        "cin_roles": [],
        "cin_facts": more.pop("facts", []),
    }
    rows["cin_cases"][0] |= more.pop("case", {})
    return Table(rows=rows, on=more.pop("on", ON), **more)


def one(kind: str = "family", **more: Any) -> Row:
    return {"person_ref": "ONE", "kind": kind, "email": "one@family.example", "contact": "yes"} | more


OTHER = {"person_ref": "OTHER", "kind": "family", "email": "other@family.example", "contact": "yes"}
CHILD, PROFESSIONAL = "child", "professional"


@pytest.mark.parametrize("person, capacity, reads", [
    (one(), "parent", "family"),
    (one(contact="no"), "parent", None),
    (one(contact=None), "parent", None),
    (one(email=None), "parent", None),
    (one(email=None, mobile="07700 900001"), "parent", "family"),
    (one(active_until=date(2026, 3, 9)), "parent", None),  # Monday, the day before
    (one(active_until=ON), "parent", "family"),
    (one(CHILD), "child", "family"),
    (one(CHILD), "other", None),
    (one(PROFESSIONAL, email="one@council.gov.uk", contact=None), "other", "inside"),
    (one(PROFESSIONAL, email="one@school.example"), "education", "partner"),
    (one(PROFESSIONAL, email="one@elsewhere.example"), "education", None),
    (one(PROFESSIONAL, email="one@council.gov.uk"), "parent", None),
    (one(PROFESSIONAL, email="one@council.gov.uk", contact="no"), "other", None),
])  # fmt: skip
def test_the_second_reading_knows_who_may_be_written_to(person: Row, capacity: str, reads: str | None) -> None:
    found = readers(small((person, capacity)), "M")
    assert found.pop("CHAIR").kind == "inside"
    assert {ref: one.kind for ref, one in found.items()} == ({} if reads is None else {"ONE": reads})


@pytest.mark.parametrize(
    "through, reads", [({}, "family"), ({"contact": "no"}, None), ({"contact": "via"}, None), ({"kind": "child"}, None)]
)
def test_somebody_reached_through_another_is_told_by_them_alone(through: Row, reads: str | None) -> None:
    table = small((one(contact="via", contact_via_ref="OTHER"), "parent"))
    table.people["OTHER"] = OTHER | through
    found = readers(table, "M")
    assert {ref: each.kind for ref, each in found.items() if ref != "CHAIR"} == ({} if reads is None else {"OTHER": reads})


@pytest.mark.parametrize("born_on, is_told", [(date(2014, 3, 10), True), (date(2014, 3, 11), False), (None, False)])
def test_a_child_is_told_from_the_twelfth_birthday_on(born_on: date | None, is_told: bool) -> None:
    table = small((one(CHILD), "child"), case={"born_on": born_on})
    assert ("ONE" in readers(table, "M")) is is_told


@pytest.mark.parametrize("more", [
    {"case": {"closed_on": ON}},
    {"case": {"plan_type": "family_help"}},
    {"facts": [{"case_ref": "C", "fact": "restricted", "value": "yes", "until_on": ON}]},
    {"on_hold": {"C"}},
    {"meeting": {"held_on": ON}},
    {"meeting": {"booked_on": date(2026, 3, 11)}},  # Wednesday, the day after
])  # fmt: skip
def test_of_a_meeting_that_may_not_be_spoken_of_nobody_knows_anything(more: Any) -> None:
    knowledge = Knowledge()
    knowledge.after_the_run(small((one(), "parent"), **more), {})
    assert knowledge.known == {}


def test_somebody_who_was_told_knows_of_each_change_and_whoever_leaves_the_list_keeps_what_they_had() -> None:
    knowledge = Knowledge()
    booked, moved = small((one(), "parent")), small((one(), "parent"), meeting={"venue": "Room 3"}, on=date(2026, 3, 11))
    gone = small(meeting={"cancelled_on": date(2026, 3, 12)}, on=date(2026, 3, 12))
    for table, venue in ((booked, "Room 2"), (moved, "Room 3"), (gone, "Room 3")):
        knowledge.after_the_run(table, {})
        assert [each.what.venue for each in knowledge.of("ONE") if each.what] == [venue]
    assert knowledge.of("CHAIR") == []
    assert [day for day, ref, _ in knowledge.must if ref == "ONE"] == [ON, date(2026, 3, 11)]
    assert knowledge.must[date(2026, 3, 12), "CHAIR", "M"].what is None


def test_whoever_somebody_else_invited_is_told_by_the_reminders_alone() -> None:
    for on, is_told in ((date(2026, 3, 16), False), (date(2026, 3, 17), True)):  # Monday, Tuesday
        knowledge, table = Knowledge(), small((one(), "parent"), on=on)
        table.attendees["M"][0]["invited_on"] = date(2026, 3, 2)  # Monday
        knowledge.after_the_run(table, {})
        assert bool(knowledge.of("ONE")) is is_told
    assert back(DAY.date(), 5) == date(2026, 3, 17)


def test_while_rows_of_siblings_disagree_nobody_is_told_anything() -> None:
    table = small((one(), "parent"))
    first = table.meetings["M"][0]
    for venue, is_told in (("Room  2", True), ("Room 9", False)):
        table.meetings["M"][1:] = [first | {"venue": venue}]
        knowledge = Knowledge()
        knowledge.after_the_run(table, {})
        assert bool(knowledge.known) is is_told
    assert version_of([first]) == Version(starts_at=DAY, ends_at=None, venue="Room 2", link="")


def test_somebody_in_a_chairs_place_is_told_only_with_something_else() -> None:
    for seen, is_told in ((set(), False), ({"vn0001q"}, True)):
        table = small(meeting={"chair_ref": None, "venue": "vn0001q"})
        table.roles["C"] = [{"role": "lead_practitioner", "person_ref": "CHAIR", "case_ref": "C"}]
        knowledge = Knowledge()
        knowledge.after_the_run(table, {"CHAIR": seen})
        assert (knowledge.of("CHAIR") != []) is is_told
    assert knowledge.of("CHAIR") == [
        Telling(kind="inside", what=version_of(table.meetings["M"]), labels=frozenset({"AB 12"}), places=frozenset({"vn0001q"}))
    ]


def test_the_term_ends_on_a_friday_with_meetings_to_come() -> None:
    term = Term(SEED, 20, FIRST_ON)
    on = FIRST_ON
    while on <= LAST_ON:
        term.morning(on)
        on += timedelta(days=1)
    assert LAST_ON.weekday() == 4
    assert [each for each in term.meetings if each.day > LAST_ON and not each.is_cancelled]
