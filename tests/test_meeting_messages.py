"""Notices of meetings as people get them: who hears what on which day, in which message, with which calendar file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from small_council import (
    DOMAIN,
    Row,
    SmallCouncil,
    case,
    first_meeting,
    plan_agreed,
    professional,
    role,
    small_council,
    usual_rows,
)

LISTS = f'mode = "folder"\nallowed_domains = ["{DOMAIN}"]\npartner_domains = ["school.example"]'
BOOKED = "2026-03-03"  # Tuesday
MEETING = "2026-03-18"  # Wednesday, in time
REMINDER, TOMORROW = "2026-03-11", "2026-03-17"  # Wednesday, Tuesday
BETWEEN = "2026-03-12"  # Thursday
VENUE, ELSEWHERE = "Mill Lane Centre", "Town Hall"


def attends(person_ref: str, capacity: str = "other", **more: object) -> Row:
    return {"meeting_ref": "M1", "person_ref": person_ref, "capacity": capacity, "invited_on": BOOKED} | more


def booked(case_ref: str = "C1", **more: object) -> Row:
    usual = {"meeting_ref": "M1", "scheduled_at": f"{MEETING}T16:00", "ends_at": f"{MEETING}T17:00", "booked_on": BOOKED}
    return first_meeting(case_ref, **(usual | {"venue": VENUE, "chair_ref": "CHAIR", "note_taker_ref": "TEAM"} | more))


def rows() -> dict[str, list[Row]]:
    found = usual_rows()
    found["cin_cases"] = [case(label="AB 12", born_on="2012-01-10")]
    found["cin_meetings"] = [booked()]
    found["cin_people"] += [
        professional("CHAIR", "Carla Finch"),
        professional("TEACHER", "Tess Reed", email="tess@school.example"),
        {"person_ref": "MUM", "name": "Maria Holt", "kind": "family", "contact": "yes", "email": "maria@family.example"},
        {"person_ref": "DAD", "name": "Dan Holt", "kind": "family", "contact": "no", "email": "dan@family.example"},
        {"person_ref": "NAN", "name": "Nell Holt", "kind": "family", "contact": "yes", "mobile": "07700 900123"},
    ]
    found["cin_attendees"] = [
        attends("TEACHER", "education"),
        attends("MUM", "parent"),
        attends("DAD", "parent"),
        attends("NAN", "family"),
    ]
    return found


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path, rows=rows(), delivery=LISTS)


def of_meetings(council: SmallCouncil, on: str) -> set[tuple[str, str]]:
    """Who was told what of a meeting on a day: person and stage."""
    return {
        (message["to"]["person_ref"], notice["stage"])
        for message in council.messages()
        for notice in message["notices"]
        if message["day"] == on and notice.get("meeting_ref") and notice["outcome"] == "told"
    }


def move(council: SmallCouncil, **columns: object) -> None:
    council.rows["cin_meetings"][0].update(columns)
    council.write_records()


def events(council: SmallCouncil, address: str) -> list[tuple[str, int, str]]:
    """What an address was sent for its calendar, in order: method, sequence and name of each file."""
    found = []
    for letter in council.letters():
        if [one.addr_spec for one in letter["To"].addresses] == [address]:
            for part in letter.walk():
                if part.get_content_type() == "text/calendar":
                    calendar = Calendar.from_ical(part.get_content())
                    (event,) = calendar.walk("VEVENT")
                    assert part["Content-Type"].params["method"] == calendar["METHOD"]
                    found.append((str(calendar["METHOD"]), int(event["SEQUENCE"]), str(event["UID"])))
    return found


def calls(council: SmallCouncil, on: str) -> dict[str, Any]:
    """What GOV.UK Notify would be asked on a day, by the address."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((council.outbox / on).glob("*+notify.json"))]
    return {one["to"]: one for one in found}


# ---- the stages, day by day


def test_each_person_is_reminded_five_working_days_before_and_on_the_working_day_before(council: SmallCouncil) -> None:
    everybody = ("CHAIR", "TEACHER", "MUM", "NAN")

    council.run("2026-03-10")  # Tuesday, the day before
    assert of_meetings(council, "2026-03-10") == set()
    for on, stage in ((REMINDER, "reminder"), (BETWEEN, None), (TOMORROW, "tomorrow"), (MEETING, None)):
        council.run(on)
        assert of_meetings(council, on) == ({(ref, stage) for ref in everybody} if stage else set()), on


def test_whoever_nobody_has_invited_is_invited_only_where_the_council_lets_the_service(tmp_path: Path) -> None:
    for invite in (False, True):
        folder = tmp_path / str(invite)
        folder.mkdir()
        council = small_council(folder, rows=rows(), delivery=LISTS, more=f"[meetings]\ninvite = {str(invite).lower()}")
        council.rows["cin_attendees"][0]["invited_on"] = ""
        council.write_records()

        council.run(BOOKED)

        # The chair has no row among the attendees, so nobody says that they were asked.
        assert of_meetings(council, BOOKED) == ({("TEACHER", "invitation"), ("CHAIR", "invitation")} if invite else set())


def test_a_meeting_that_moves_is_told_once_to_those_who_were_told_and_their_entry_moves(council: SmallCouncil) -> None:
    council.run(REMINDER)
    move(council, venue=ELSEWHERE)
    council.run(BETWEEN)

    assert of_meetings(council, BETWEEN) == {(ref, "changed-1") for ref in ("CHAIR", "TEACHER", "MUM", "NAN")}
    council.run("2026-03-13")  # Friday
    assert of_meetings(council, "2026-03-13") == set()
    (first, second) = events(council, "tess@school.example")
    assert (first[:2], second[:2]) == (("REQUEST", 0), ("REQUEST", 1))
    assert first[2] == second[2]


def test_a_cancelled_meeting_is_taken_out_and_one_booked_again_is_a_new_entry(council: SmallCouncil) -> None:
    council.run(REMINDER)
    move(council, cancelled_on=BETWEEN)
    council.run(BETWEEN)
    assert of_meetings(council, BETWEEN) == {(ref, "cancelled") for ref in ("CHAIR", "TEACHER", "MUM", "NAN")}

    move(council, cancelled_on="")
    council.run("2026-03-13")  # Friday

    assert of_meetings(council, "2026-03-13") == {(ref, "changed-1") for ref in ("CHAIR", "TEACHER", "MUM", "NAN")}
    (asked, taken_out, again) = events(council, "carla@council.gov.uk")
    assert [one[0] for one in (asked, taken_out, again)] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [one[1] for one in (asked, taken_out, again)] == [0, 1, 2]
    assert asked[2] == taken_out[2] != again[2]


def test_a_meeting_put_on_another_day_is_told_once_as_changed_and_no_reminder_repeats_it(council: SmallCouncil) -> None:
    council.run(TOMORROW)
    move(council, scheduled_at="2026-03-20T16:00", ends_at="2026-03-20T17:00")  # Friday

    council.run(MEETING)

    # The reminder of the new day is due, and says what a notice of the change would.
    assert {stage for _, stage in of_meetings(council, MEETING)} == {"reminder"}
    assert all("changed" in letter["Subject"].lower() for letter in council.letters() if "20 March" in letter["Subject"])
    assert [one[:2] for one in events(council, "tess@school.example")] == [("REQUEST", 0), ("REQUEST", 1)]
    council.run("2026-03-19")  # Thursday
    assert of_meetings(council, "2026-03-19") == set()


# ---- one message, and what is in it


def test_somebody_of_the_council_reads_of_duties_and_meetings_in_one_message(council: SmallCouncil) -> None:
    council.rows["cin_meetings"][0]["chair_ref"] = "LEAD"
    move(council, scheduled_at="2026-03-23T16:00", ends_at="2026-03-23T17:00")  # Monday, the last day in time

    council.run("2026-03-16")  # Monday: five working days before both

    (message,) = [one for one in council.messages() if one["to"]["person_ref"] == "LEAD"]
    assert [one.get("duty") or one.get("meeting_ref") for one in message["notices"]] == ["M1", "initial_meeting"]
    (letter,) = [one for one in council.letters() if one["To"].addresses[0].addr_spec == "lena@council.gov.uk"]
    assert letter.get_content_type() == "multipart/mixed"
    assert [part.get_filename() for part in letter.iter_attachments()] == ["invite.ics"]


def test_a_notice_that_stands_alone_is_an_invitation_that_mail_programs_know(council: SmallCouncil) -> None:
    council.run(REMINDER)

    (letter,) = [one for one in council.letters() if one["To"].addresses[0].addr_spec == "carla@council.gov.uk"]
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html", "text/calendar"]


def test_a_partner_with_two_meetings_gets_a_letter_for_each(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", label="CD 34"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref="C2"))
    council.rows["cin_meetings"].append(booked("C2", meeting_ref="M2", scheduled_at=f"{MEETING}T14:00"))
    council.rows["cin_attendees"].append(attends("TEACHER", "education", meeting_ref="M2"))
    council.write_records()

    council.run(REMINDER)

    letters = [one for one in council.letters() if one["To"].addresses[0].addr_spec == "tess@school.example"]
    said = [letter.get_body(("plain",)).get_content() for letter in letters]
    assert len(said) == 2
    assert all(("AB 12" in one) != ("CD 34" in one) for one in said)
    assert all(letter["From"].addresses[0].display_name == "Cumbria" for letter in letters)


def test_the_family_hears_by_notify_in_words_that_name_nobody(council: SmallCouncil) -> None:
    council.run(REMINDER)

    found = calls(council, REMINDER)
    assert {to: one["kind"] for to, one in found.items()} == {"maria@family.example": "email", "+447700900123": "text"}
    for one in found.values():
        said = json.dumps(one)
        assert VENUE in said
        for unsaid in ("AB 12", "Child in Need", "child in need", "Holt", "Reed", "Finch", "school.example"):
            assert unsaid not in said
    kinds = {one["to"]["person_ref"]: one["channel"] for one in council.messages() if one["day"] == REMINDER}
    assert kinds == {"CHAIR": "folder", "TEACHER": "folder", "MUM": "notify", "NAN": "notify"}


def test_whoever_must_not_be_contacted_is_never_written_to(council: SmallCouncil) -> None:
    for on in (REMINDER, TOMORROW):
        council.run(on)

    assert all(one["to"]["person_ref"] != "DAD" for one in council.messages())
    assert all("dan@family" not in file.read_text(errors="replace") for file in council.outbox.rglob("*.*"))


@pytest.mark.parametrize("cancelled_on", ["", BETWEEN])
def test_no_file_for_a_partner_names_a_place_that_says_child_in_need(council: SmallCouncil, cancelled_on: str) -> None:
    move(council, venue="The Child in Need centre", online_url="https://meet.example/child-in-need")
    council.run(REMINDER)
    move(council, cancelled_on=cancelled_on)
    council.run(BETWEEN)

    letters = [one for one in council.letters() if one["To"].addresses[0].addr_spec == "tess@school.example"]
    assert len(letters) == (2 if cancelled_on else 1)
    for letter in letters:
        said = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
        assert len(said) == 3
        assert not [one for one in said if "in need" in one.lower() or "in-need" in one.lower()]


def test_the_entry_says_in_plain_words_what_the_letter_says_and_nothing_twice(council: SmallCouncil) -> None:
    council.run(REMINDER)

    (letter,) = [one for one in council.letters() if one["To"].addresses[0].addr_spec == "tess@school.example"]
    (file,) = [part.get_content() for part in letter.walk() if part.get_content_type() == "text/calendar"]
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    description = str(event["DESCRIPTION"])
    assert description.startswith("Cumbria. For Tess Reed.\n\nThis is a reminder of the meeting.\n\n- About: AB 12\n")
    assert "==" not in description
    assert "--" not in description
    assert f"- Place: {VENUE}" in description


# ---- what keeps a notice back


def test_a_hold_on_any_of_the_cases_that_share_a_meeting_keeps_its_notices_back(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", label="CD 34"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.rows["cin_meetings"].append(booked("C2"))
    council.write_records()
    answer = council.cin("hold", "C2", "--until", REMINDER, "--by", "S-7", "--why", "bereavement", "--on", REMINDER)
    assert answer.code == 0, answer.err

    assert council.run(REMINDER)["not_told"]["held"] == 4
    assert of_meetings(council, REMINDER) == set()
    council.run(BETWEEN)
    assert {ref for ref, stage in of_meetings(council, BETWEEN) if stage == "reminder"} == {"CHAIR", "TEACHER", "MUM", "NAN"}


def test_a_restricted_sibling_is_in_nobodys_notice(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", label="CD 34"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.rows["cin_facts"].append({"case_ref": "C2", "fact": "restricted", "value": "yes"})
    council.rows["cin_meetings"].append(booked("C2"))
    council.write_records()

    council.run(REMINDER)

    assert len(of_meetings(council, REMINDER)) == 4
    for letter in council.letters():
        said = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
        assert any("AB 12" in one for one in said)
        assert all("CD 34" not in one for one in said)


def test_what_has_become_of_a_meeting_goes_even_to_whoever_had_the_days_message(council: SmallCouncil) -> None:
    council.run(REMINDER)
    move(council, cancelled_on=REMINDER)

    council.run(REMINDER)

    assert of_meetings(council, REMINDER) == {
        (ref, stage) for ref in ("CHAIR", "TEACHER", "MUM", "NAN") for stage in ("reminder", "cancelled")
    }
    assert len([one for one in council.messages() if one["to"]["person_ref"] == "CHAIR"]) == 2
    council.run(REMINDER)
    assert len([one for one in council.messages() if one["to"]["person_ref"] == "CHAIR"]) == 2


def test_where_nobody_is_recorded_as_the_chair_the_lead_practitioner_hears_it_with_what_they_get_anyway(
    council: SmallCouncil,
) -> None:
    council.rows["cin_meetings"][0]["chair_ref"] = ""
    council.write_records()

    council.run(REMINDER)
    assert "LEAD" not in {ref for ref, _ in of_meetings(council, REMINDER)}
    council.run("2026-03-16")  # Monday, five working days before the limit

    assert ("LEAD", "reminder") in of_meetings(council, "2026-03-16")
    (letter,) = [one for one in council.letters() if one["To"].addresses[0].addr_spec == "lena@council.gov.uk"]
    text = letter.get_body(("plain",)).get_content()
    assert "Nobody is recorded as the chair" in text


# ---- a breach foreseen


def test_a_meeting_that_nobody_has_booked_is_told_ten_working_days_before_with_another_message(council: SmallCouncil) -> None:
    """C2 began on Monday 16 February, so its first meeting is due on Monday 9 March; C1's on Monday 23 March."""
    council.rows["cin_meetings"] = []
    council.rows["cin_attendees"] = []
    council.rows["cin_cases"].append(case("C2", label="CD 34"))
    council.rows["cin_events"].append(plan_agreed("C2", happened_on="2026-02-16"))
    council.rows["cin_roles"].append(role("lead_practitioner", "LEAD", case_ref="C2"))
    council.write_records()

    council.run("2026-03-06")  # Friday: C2's last reminder; C1's limit is eleven working days off
    assert {one[2] for one in council.told("2026-03-06")} == {"last"}
    council.run("2026-03-10")  # Tuesday: C2 is overdue, C1's limit nine working days off

    assert ("LEAD", "lead_practitioner", "not_booked", "C1") in council.told("2026-03-10")
    (letter,) = [
        one
        for one in council.letters()
        if one["To"].addresses[0].addr_spec == "lena@council.gov.uk" and "10 Mar" in one["Subject"]
    ]
    text = " ".join(letter.get_body(("plain",)).get_content().split())
    assert "No meeting is booked. There are 9 working days left on which Lena Moss, the lead practitioner, is not away" in text
    assert "the last is Mon 23 Mar" in text
    council.run("2026-03-11")  # Wednesday
    assert council.told("2026-03-11") == set()


# ---- preview


def test_the_preview_shows_the_messages_that_the_run_then_sends(council: SmallCouncil) -> None:
    council.run(REMINDER)
    move(council, venue=ELSEWHERE)

    would = council.cin("preview", "--on", BETWEEN, "--json").json
    council.run(BETWEEN)

    sent = [one for one in council.messages() if one["day"] == BETWEEN]
    assert {(one["key"], one["subject"]) for one in would} == {(one["key"], one["subject"]) for one in sent}
    assert all("changed" in one["subject"].lower() for one in sent)
