"""`cin-reminders meetings`: what it shows of the meetings to come, whom it would tell, what it writes; it sends nothing."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from small_council import (
    DUE,
    EARLY,
    Answer,
    Row,
    SmallCouncil,
    case,
    first_meeting,
    lead,
    plan_agreed,
    professional,
    role,
    small_council,
    usual_rows,
)

from cin_reminders.unsaid import says_child_in_need

LISTS = 'mode = "folder"\nallowed_domains = ["council.gov.uk"]\npartner_domains = ["school.example"]'
MEETING = "2026-03-17"  # Tuesday, in time, and no festival near
VENUE = "12 Canary Street"


def attends(person_ref: str, capacity: str, **more: object) -> Row:
    return {"meeting_ref": "M-C1", "person_ref": person_ref, "capacity": capacity, "invited_on": "2026-03-03"} | more


def relative(person_ref: str, kind: str = "family", **more: object) -> Row:
    email = f"{person_ref.lower()}@family.example"
    return {"person_ref": person_ref, "name": f"Canary-{person_ref}", "kind": kind, "email": email, "contact": "yes"} | more


def booked(case_ref: str = "C1", **more: object) -> Row:
    """A meeting that Lena Moss chairs, at ten."""
    usual = {"scheduled_at": f"{MEETING}T10:00", "ends_at": f"{MEETING}T11:00", "booked_on": "2026-03-03", "venue": VENUE}
    return first_meeting(case_ref, **(usual | {"meeting_ref": "M-C1", "chair_ref": "LEAD", "note_taker_ref": "TEAM"} | more))


def rows(*meetings: Row) -> dict[str, list[Row]]:
    found = usual_rows()
    found["cin_cases"] = [case(label="AB 12", born_on="2012-01-10")]
    found["cin_meetings"] = list(meetings or [booked()])
    found["cin_people"] += [
        relative("MUM"),
        relative("DAD", contact="no"),
        relative("KID", "child"),
        professional("TEACHER", "Tess Reed", email="tess@school.example"),
        professional("NURSE", "Nora Hill"),
    ]
    found["cin_attendees"] = [
        attends("MUM", "parent"),
        attends("DAD", "parent"),
        attends("KID", "child"),
        attends("TEACHER", "education"),
        attends("NURSE", "health", response="no"),
    ]
    return found


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    return small_council(tmp_path, rows=rows(), delivery=LISTS)


def look(council: SmallCouncil, *arguments: str, on: str = EARLY) -> Answer:
    council.write_settings()
    council.write_records()
    return council.cin("meetings", "--on", on, *arguments)


def seen(council: SmallCouncil, *arguments: str, on: str = EARLY) -> Any:
    answer = look(council, "--json", *arguments, on=on)
    assert answer.code == 0, answer.err
    return answer.json


def names(found: Any) -> list[str]:
    """The checks of the one meeting."""
    [meeting] = found["meetings"]
    return [one["name"] for one in meeting["checks"]]


def flat(text: str) -> str:
    return " ".join(text.split())


# ---- which meetings


@pytest.mark.parametrize("on, days, is_shown", [("2026-03-13", "4", True), ("2026-03-13", "3", False), (MEETING, "1", True)])
def test_a_meeting_is_shown_from_its_own_day_to_so_many_days_before_it(
    council: SmallCouncil, on: str, days: str, is_shown: bool
) -> None:
    # Friday, Friday, Tuesday.
    assert bool(seen(council, "--days", days, on=on)["meetings"]) is is_shown


def test_a_meeting_of_yesterday_is_not_shown(council: SmallCouncil) -> None:
    assert seen(council, on="2026-03-18")["meetings"] == []  # Wednesday


def test_how_many_days_are_shown_is_the_councils_own_choice(council: SmallCouncil) -> None:
    council.more = "[meetings]\ndays = 2"
    assert seen(council)["until"] == "2026-03-18"  # Wednesday
    council.more = ""
    assert seen(council)["until"] == "2026-04-15"  # Wednesday


@pytest.mark.parametrize("gone", [{"held_on": EARLY}, {"cancelled_on": EARLY}])
def test_a_meeting_that_was_held_or_cancelled_is_not_shown(council: SmallCouncil, gone: Row) -> None:
    council.rows["cin_meetings"] = [booked(**gone)]
    assert seen(council)["meetings"] == []


def test_siblings_have_one_meeting_and_one_case_can_be_asked_for(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", label="CD 34", born_on="2012-01-10"))
    council.rows["cin_events"].append(plan_agreed("C2"))
    council.rows["cin_meetings"].append(booked("C2"))
    council.rows["cin_cases"].append(case("C3", label="EF 56"))

    [meeting] = seen(council)["meetings"]

    assert (meeting["case_refs"], meeting["labels"]) == (["C1", "C2"], ["AB 12", "CD 34"])
    assert [one["meeting_ref"] for one in seen(council, "--case", "C2")["meetings"]] == ["M-C1"]
    assert seen(council, "--case", "C3")["meetings"] == []


def test_a_sibling_whose_rows_contradict_each_other_is_left_out(council: SmallCouncil) -> None:
    council.rows["cin_cases"] += [case("C2", label="CD 34"), case("C2", label="Canary")]
    council.rows["cin_meetings"].append(booked("C2"))

    answer = look(council)

    assert "about AB 12 [" in answer.out
    assert "CD 34" not in answer.out
    assert "Canary" not in answer.out
    assert look(council, "--case", "C2").code == 2


def test_a_case_that_nobody_knows_is_a_wrong_call_with_the_nearest(council: SmallCouncil) -> None:
    answer = look(council, "--case", "C11")
    assert (answer.code, answer.out) == (2, "")
    assert "did you mean 'C1'?" in answer.err


# ---- what is wrong


def test_each_check_says_what_is_wrong_why_it_matters_and_what_to_do(council: SmallCouncil) -> None:
    council.rows["cin_meetings"] = [booked(chair_ref=None)]

    answer = look(council)

    assert "1 meeting from Mon 16 Mar 2026 to Wed 15 Apr 2026; 1 has something to mend." in answer.out
    said = "To mend No chair is recorded for the meeting. Why: Nobody prepares the meeting"
    assert said in flat(answer.out)
    assert "Do: Agree who chairs it and record it." in flat(answer.out)
    assert "Chair nobody that the records name" in flat(answer.out)


def test_an_advisory_stands_apart_and_is_nothing_to_mend(council: SmallCouncil) -> None:
    # Friday, on which Eid al-Fitr is expected.
    council.rows["cin_meetings"] = [booked(scheduled_at="2026-03-20T10:00", ends_at="2026-03-20T11:00")]

    answer = look(council)

    assert "; none has something to mend." in answer.out
    assert "To consider Eid al-Fitr is expected on" in flat(answer.out)
    assert names(seen(council)) == ["festival"]


@pytest.mark.parametrize("begins, is_found", [("15:29", True), ("15:30", False)])
def test_a_meeting_in_school_hours_is_found_by_the_councils_own_term_dates(
    council: SmallCouncil, begins: str, is_found: bool
) -> None:
    council.rows["cin_meetings"] = [booked(scheduled_at=f"{MEETING}T{begins}", ends_at=f"{MEETING}T16:00")]
    assert names(seen(council)) == []
    council.more = '[meetings]\nterm_dates = "terms.csv"'
    (council.folder / "terms.csv").write_text("first_on,last_on,kind\n2026-01-05,2026-03-27,term\n", encoding="utf-8")

    assert ("school_hours" in names(seen(council))) is is_found


def test_term_dates_that_cannot_be_read_are_refused_with_every_fault(council: SmallCouncil) -> None:
    council.more = '[meetings]\nterm_dates = "terms.csv"'
    (council.folder / "terms.csv").write_text("first_on,last_on,kind\n2026-01-05,x,term\n2026-01-05,2026-01-06,Canary\n")

    answer = look(council)

    assert (answer.code, answer.out) == (2, "")
    assert [line.split(": ")[1:3] for line in answer.err.splitlines()] == [
        ["meetings.term_dates", "terms.csv, line 2, last_on"],
        ["meetings.term_dates", "terms.csv, line 3, kind"],
    ]
    assert "Canary" not in answer.err


@pytest.mark.parametrize("policy, is_found", [("salford", True), ("norfolk", False)])
def test_salford_alone_asks_for_the_coordinator_after_a_step_down(tmp_path: Path, policy: str, is_found: bool) -> None:
    council = small_council(tmp_path, rows=rows(), delivery=LISTS, policy=policy)
    step = {"event_ref": "E-2", "case_ref": "C1", "kind": "stepped_down_from_cp", "happened_on": "2026-03-02"}  # Monday
    council.rows["cin_events"].append(step)
    assert ("not_the_coordinator" in names(seen(council))) is is_found
    council.rows["cin_roles"].append(role("cin_coordinator", "LEAD", case_ref="C1"))
    assert "not_the_coordinator" not in names(seen(council))


# ---- nothing booked


def test_a_case_with_nothing_booked_says_how_many_days_are_left_and_the_last(council: SmallCouncil) -> None:
    council.rows["cin_meetings"] = council.rows["cin_attendees"] = []
    # Away from the day of the limit, Monday 23 March.
    council.rows["cin_people"][0] = lead(away_from=DUE)

    found = seen(council)

    [one] = found["cases"]
    assert one["limits"] == [
        {
            "duty": "initial_meeting",
            "figure": "procedure",
            "due_on": DUE,
            "chair_ref": "LEAD",
            "days_left": ["2026-03-17", "2026-03-18", "2026-03-19", "2026-03-20"],  # Tuesday to Friday
            "last_on": "2026-03-20",
        }
    ]
    said = flat(look(council).out)
    assert "No meeting on these days, and something is wrong: 1 case" in said
    assert "There are 4 working days left on which Lena Moss, the lead practitioner, is not away; the last is Fri 20" in said


@pytest.mark.parametrize("on, is_said", [("2026-03-09", True), ("2026-03-06", False), (DUE, True), ("2026-03-24", False)])
def test_nothing_booked_is_said_from_the_tenth_working_day_before_the_limit_to_the_limit(
    council: SmallCouncil, on: str, is_said: bool
) -> None:
    # Monday, Friday, Monday, Tuesday.
    council.rows["cin_meetings"] = council.rows["cin_attendees"] = []
    assert bool(seen(council, on=on)["cases"]) is is_said


def test_a_case_with_a_meeting_among_those_shown_is_not_listed_again(council: SmallCouncil) -> None:
    assert seen(council)["cases"] == []


# ---- who would read it


def readers(found: Any) -> dict[str, tuple[str | None, str | None]]:
    """As what each person would read of the one meeting, or why they would not."""
    [meeting] = found["meetings"]
    return {one["person_ref"]: (one["reads_as"], one["why_not"]) for one in meeting["readers"]}


def test_everybody_is_shown_with_what_they_read_it_as_or_why_they_are_told_nothing(council: SmallCouncil) -> None:
    assert readers(seen(council)) == {
        "LEAD": ("chair", None),
        "MUM": ("family", None),
        "DAD": (None, "must not be contacted"),
        "KID": (None, "is a child, and the council writes to none"),
        "TEACHER": ("partner", None),
        "NURSE": (None, "has answered that they are not coming"),
    }


@pytest.mark.parametrize("age, reads_as", [(14, "child"), (15, None)])
def test_a_child_is_a_reader_from_the_age_that_the_council_has_set(council: SmallCouncil, age: int, reads_as: str | None) -> None:
    council.more = f"[meetings]\nchildren_from_age = {age}"
    assert readers(seen(council))["KID"][0] == reads_as


@pytest.mark.parametrize("invite, stage", [("true", "invitation"), ("false", "reminder")])
def test_somebody_whom_nobody_invited_gets_an_invitation_only_where_the_council_lets_it(
    council: SmallCouncil, invite: str, stage: str
) -> None:
    council.more = f"[meetings]\ninvite = {invite}"
    council.rows["cin_attendees"][0]["invited_on"] = None

    [meeting] = seen(council)["meetings"]

    stages = {one["person_ref"]: one["stage"] for one in meeting["readers"]}
    assert (stages["MUM"], stages["TEACHER"]) == (stage, "reminder")


def test_no_partner_is_told_where_the_case_is_called_by_what_no_partner_may_read(council: SmallCouncil) -> None:
    council.rows["cin_cases"] = [case(label="CIN 12", born_on="2012-01-10")]

    found = readers(seen(council))

    assert found["TEACHER"] == (None, "would read what the case is called, and that names a child in need")
    assert (found["MUM"][0], found["LEAD"][0]) == ("family", "chair")


def test_nobody_is_told_of_a_meeting_of_siblings_whose_rows_disagree(council: SmallCouncil) -> None:
    council.rows["cin_cases"].append(case("C2", label="CD 34", born_on="2012-01-10"))
    council.rows["cin_meetings"].append(booked("C2", venue="Elsewhere"))

    found = seen(council)

    assert {reads_as for reads_as, _ in readers(found).values()} == {None}
    assert names(found)[0] == "rows_disagree"


def test_what_is_shown_names_no_child_and_nobody_of_a_family_and_no_place(council: SmallCouncil) -> None:
    council.more = "[meetings]\nchildren_from_age = 12"
    for answer in (look(council), look(council, "--json")):
        for canary in ("Canary", "@", "2012-01-10"):
            assert canary not in answer.out, canary
        assert "LEAD" in answer.out
    assert "Lena Moss [LEAD]" in look(council).out
    assert "Lena Moss" not in look(council, "--json").out


def test_what_the_procedure_asks_is_said_once_for_all_the_meetings_shown(council: SmallCouncil) -> None:
    said = "How the family gets there, whether the time suits them, and who minds the children (paragraph 7)"
    council.rows["cin_meetings"].append(booked(meeting_ref="M-2", kind="review", scheduled_at=f"{MEETING}T14:00", ends_at=None))

    out = flat(look(council).out)

    assert out.count(said) == 1
    assert "What the procedure asks at each of these meetings To settle" in out
    assert "The figures" not in out
    council.rows["cin_facts"].append({"case_ref": "C1", "fact": "complex", "value": "yes"})
    assert "To bring The figures behind each concern" in flat(look(council).out)


# ---- the copies


def test_every_readers_copy_is_written_where_nobody_else_may_read_it(council: SmallCouncil) -> None:
    folder = council.folder / "look"

    found = seen(council, "--out", str(folder))

    [meeting] = found["meetings"]
    files = {one["person_ref"]: one["file"] for one in meeting["readers"]}
    assert files == {
        "LEAD": "2026-03-17-1000-001-chair-1",
        "MUM": "2026-03-17-1000-001-family-1",
        "TEACHER": "2026-03-17-1000-001-partner-1",
        "DAD": None,
        "KID": None,
        "NURSE": None,
    }
    wanted = {f"{name}.{ending}" for name in files.values() if name for ending in ("txt", "html", "ics")}
    assert {path.name for path in folder.iterdir()} == wanted | {"read-me-first.txt"}
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_chairs_copy_has_what_to_mend_and_the_agenda_and_its_calendar_file_has_neither(council: SmallCouncil) -> None:
    council.rows["cin_attendees"] = [one for one in council.rows["cin_attendees"] if one["capacity"] != "education"]
    look(council, "--out", str(council.folder / "look"))

    stem = council.folder / "look" / "2026-03-17-1000-001-chair-1"
    text, entry = stem.with_suffix(".txt").read_text(), stem.with_suffix(".ics").read_text()

    for said in ("To mend: 1", "Agenda", "Who has answered"):
        assert said in text
        assert said not in entry
    [event] = Calendar.from_ical(entry).walk("VEVENT")
    assert event["SUMMARY"] == "Child in Need meeting about AB 12"
    assert event["ORGANIZER"] == "mailto:cin-reminders@localhost.example"


@pytest.mark.parametrize("reader", ["family", "child", "partner"])
def test_no_copy_for_a_family_or_a_partner_says_what_they_may_not_read(council: SmallCouncil, reader: str) -> None:
    council.more = "[meetings]\nchildren_from_age = 12\n[email]\nreply_to = 'families@council.gov.uk'"
    look(council, "--out", str(council.folder / "look"))
    files = sorted((council.folder / "look").glob(f"*-{reader}-1.*"))
    own = {"family": "mum@", "child": "kid@", "partner": "tess@"}[reader]

    assert [path.suffix for path in files] == [".html", ".ics", ".txt"]
    for path in files:
        # Lines of a calendar file are folded.
        text = path.read_text().replace("\n ", "")
        assert not says_child_in_need(text)
        others = {"mum@", "dad@", "kid@", "tess@", "nora@", "lena@", "Lena", "Nora", "Canary-"} - {own}
        assert [one for one in others if one in text] == []
        if reader != "partner":
            assert "AB 12" not in text


def test_a_place_that_names_a_child_in_need_is_left_out_and_the_chair_hears_of_it(council: SmallCouncil) -> None:
    council.rows["cin_meetings"] = [booked(venue="The CIN hub")]
    look(council, "--out", str(council.folder / "look"))
    texts = {path.name: path.read_text() for path in (council.folder / "look").glob("*") if path.name != "read-me-first.txt"}

    assert [name for name, text in texts.items() if "CIN hub" in text and "chair" not in name] == []
    assert 'The venue says "child in need"' in flat(texts["2026-03-17-1000-001-chair-1.txt"])


def test_the_chair_hears_who_would_get_english_for_want_of_a_text(council: SmallCouncil) -> None:
    council.rows["cin_people"] = [
        one | {"language": "pl"} if one["person_ref"] == "MUM" else one for one in council.rows["cin_people"]
    ]
    look(council, "--out", str(council.folder / "look"))

    assert "the language recorded as pl" in flat((council.folder / "look" / "2026-03-17-1000-001-chair-1.txt").read_text())


def test_somebody_with_a_mobile_number_alone_has_no_calendar_file(council: SmallCouncil) -> None:
    people = council.rows["cin_people"]
    council.rows["cin_people"] = [
        one | {"email": None, "mobile": "07700 900123"} if one["person_ref"] == "MUM" else one for one in people
    ]
    look(council, "--out", str(council.folder / "look"))

    assert [path.suffix for path in sorted((council.folder / "look").glob("*family*"))] == [".html", ".txt"]


def test_references_that_would_lead_elsewhere_stay_inside_the_folder(council: SmallCouncil) -> None:
    bad = "../../escaped"
    council.rows["cin_meetings"] = [booked(meeting_ref=bad)]
    for one in council.rows["cin_attendees"]:
        one["meeting_ref"] = bad

    assert look(council, "--out", str(council.folder / "look")).code == 0
    assert list(council.folder.parent.rglob("*escaped*")) == []


def test_a_folder_that_holds_something_is_refused_and_left_alone(council: SmallCouncil) -> None:
    folder = council.folder / "look"
    folder.mkdir(mode=0o700)
    (folder / "thesis.txt").write_text("years of work")

    answer = look(council, "--out", str(folder))

    assert (answer.code, answer.out) == (2, "")
    assert "holds something already" in answer.err
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are not known there")
@pytest.mark.parametrize("mode, code", [(0o750, 2), (0o701, 2), (0o700, 0)])
def test_a_folder_that_others_may_read_is_refused(council: SmallCouncil, mode: int, code: int) -> None:
    folder = council.folder / "look"
    folder.mkdir()
    folder.chmod(mode)
    assert look(council, "--out", str(folder)).code == code


# ---- nothing is sent and nothing recorded


def test_it_sends_nothing_records_nothing_and_says_so(council: SmallCouncil) -> None:
    before = (council.folder / "ledger.db").read_bytes()

    answer = look(council, "--out", str(council.folder / "look"))

    assert "nothing is sent and nothing recorded" in answer.out
    assert (seen(council)["sent"], seen(council)["recorded"]) == (False, False)
    assert (council.folder / "ledger.db").read_bytes() == before
    assert not council.outbox.exists()
    assert council.messages() == []


def test_it_needs_no_ledger(tmp_path: Path) -> None:
    council = small_council(tmp_path, rows=rows(), delivery=LISTS, set_up=False)
    assert look(council).code == 0
    assert not (tmp_path / "ledger.db").exists()


def test_every_line_of_the_text_ends_within_the_width_of_a_page(council: SmallCouncil) -> None:
    lines = look(council).out.splitlines()
    assert max(map(len, lines)) <= 100
    assert re.search(r"^Tuesday 17 March$", "\n".join(lines), flags=re.MULTILINE)
