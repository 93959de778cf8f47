"""Meetings in a person's message of the day: seen at once, said in full once, and shorter than one message each."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from told_meetings import (
    CONTACT,
    FESTIVAL,
    LATER,
    LINK,
    NO_INTERPRETER,
    SCHOOL_HOURS,
    SOON,
    VENUE,
    Flaw,
    a_page,
    unreached,
)
from told_notices import CALENDAR, LATE, ON, TODAY, a_review

from cin_reminders.case import Person
from cin_reminders.line import Told
from cin_reminders.messages import Words, compose_words
from cin_reminders.occasion import Page

PERSON = Person(person_ref="p1", name="Alex Morgan", kind="professional", email="alex.morgan@council.gov.uk")
NEXT_YEAR = date(2027, 1, 7)  # Thursday


def compose(*pages: Page, told: tuple[Told, ...] = ()) -> Words:
    return compose_words(
        person=PERSON,
        told=told,
        on=ON,
        council="Ellershire County Council",
        wrong_contact=CONTACT,
        calendar=CALENDAR,
        meetings=pages,
    )


def flat(text: str) -> str:
    return " ".join(text.split())


def in_short(words: Words) -> str:
    """The part of the plain text that says each meeting in one line."""
    return flat(words.text.partition("Your meetings\n=")[2].partition("\n=")[0])


def in_full(words: Words) -> str:
    """The part of the plain text that says each meeting in full, to its end."""
    return words.text.partition("Your meetings in full\n")[2].partition("Why you got this\n")[0]


def headings(words: Words) -> list[str]:
    """The headings of the HTML below the title."""
    return [flat(re.sub("<[^>]+>", "", one)) for one in re.findall(r"<h[2-6].*?</h[2-6]>", words.html, re.DOTALL)]


class Spoken(HTMLParser):
    """The words of a page, without its head."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def seen(html: str) -> str:
    spoken = Spoken()
    spoken.feed(html.partition("<body>")[2] or html.partition("<body")[2])
    return flat("".join(spoken.words))


# ---- the title and the subject


@pytest.mark.parametrize(
    "pages, said",
    [
        ([a_page()], "1 meeting"),
        ([a_page(), a_page("invitation")], "2 meetings"),
        ([a_page("cancelled")], "1 meeting cancelled"),
        ([a_page("changed-2"), a_page("changed-1")], "2 meetings changed"),
        ([a_page(), a_page("changed-1"), a_page("cancelled")], "1 meeting cancelled, 1 meeting changed, 1 other meeting"),
        ([a_page(checks=(NO_INTERPRETER, FESTIVAL))], "1 meeting, 1 to mend"),
        ([a_page("changed-1", checks=(NO_INTERPRETER,)), a_page(checks=(SCHOOL_HOURS,))],
         "1 meeting changed, 1 other meeting, 2 to mend"),
        ([a_page("unreached-1", unreached=unreached("nurse", "mother"))], "2 not reached, 1 meeting"),
        ([a_page("unreached-1", is_off=True, unreached=unreached("nurse", stage="cancelled"))],
         "1 meeting cancelled, 1 not reached"),
        ([a_page("reminder", is_changed=True)], "1 meeting changed"),
        ([a_page(reader="staff")], "1 meeting"),
    ],
)  # fmt: skip
def test_the_subject_counts_the_meetings_what_is_new_of_them_and_what_to_mend(pages: list[Page], said: str) -> None:
    words = compose(*pages)

    assert words.subject == f"Child in Need: {said} (Tue 5 May 2026)"
    assert flat(words.text).startswith(f"Child in Need: {said} =")


def test_the_subject_says_breaches_first_then_what_is_new_of_a_meeting_then_the_rest() -> None:
    pages = [a_page(checks=(NO_INTERPRETER,)), a_page("cancelled")]
    words = compose(*pages, told=(a_review("QX 1", LATE), a_review("QX 2", TODAY)))

    assert words.subject == "Child in Need: 1 late, 1 meeting cancelled, 1 due soon, 1 other meeting, 1 to mend (Tue 5 May 2026)"


def test_the_subject_holds_no_label_and_no_name() -> None:
    subject = compose(a_page("unreached-1", "ZANZIBAR", unreached=unreached("nurse")), a_page("cancelled", "QUILL")).subject

    assert not re.search("ZANZIBAR|QUILL|Owen", subject)


def test_a_message_about_no_duty_and_no_meeting_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one notice"):
        compose()


def test_a_message_of_duties_alone_says_nothing_of_meetings() -> None:
    words = compose(told=(a_review("QX 1", LATE),))

    assert "Your meetings" not in words.text + words.html
    assert "calendar file" not in words.text + words.html


# ---- each in one line


def test_each_meeting_is_one_line_with_its_day_time_case_and_place_before_every_duty() -> None:
    words = compose(a_page("reminder", "AB 12", "CD 34"), told=(a_review("QX 1", LATE),))

    assert f"* Thursday 14 May, 16:00: AB 12 and CD 34 {VENUE} or online." in in_short(words)
    assert words.text.index("Thursday 14 May") < words.text.index("* QX 1") < words.text.index("Your meetings in full")
    assert headings(words)[:3] == ["Your meetings", "For you to do", "Late: 1"]


def test_a_meeting_of_another_year_names_it() -> None:
    assert "Thursday 7 January 2027, 16:00: AB 12" in in_short(compose(a_page(day=NEXT_YEAR)))


@pytest.mark.parametrize(
    "venue, url, said",
    [
        (VENUE, None, f"{VENUE}."),
        (None, LINK, "Online."),
        (None, None, "Place not recorded."),
        ("City Hall", LINK, "City Hall or online."),
    ],
)
def test_a_line_says_where(venue: str | None, url: str | None, said: str) -> None:
    assert f"AB 12 {said}" in in_short(compose(a_page(venue=venue, online_url=url)))


@pytest.mark.parametrize(
    "page, said",
    [
        (a_page("changed-1", checks=(NO_INTERPRETER,)), f"CHANGED; 1 TO MEND. {VENUE}"),
        (a_page("unreached-2", unreached=unreached("nurse")), f"1 NOT REACHED. {VENUE}"),
        (a_page(checks=(FESTIVAL,)), f"AB 12 {VENUE}"),
        (a_page("cancelled"), "THE MEETING IS CANCELLED. If you were told another day for it, that is off too."),
        (a_page("unreached", is_off=True, unreached=unreached("nurse", stage="cancelled")),
         "THE MEETING IS CANCELLED, AND NOT EVERYBODY COULD BE TOLD SO. *"),
    ],
)  # fmt: skip
def test_a_line_says_first_what_is_new_and_what_is_wrong(page: Page, said: str) -> None:
    assert said in in_short(compose(page, a_page(day=NEXT_YEAR))) + " *"


def test_what_is_new_comes_first_and_then_what_is_soonest() -> None:
    pages = [
        a_page("reminder", "LATER", day=LATER),
        a_page("unreached-1", "UNREACHED", day=NEXT_YEAR, unreached=unreached("nurse")),
        a_page("tomorrow", "SOON", day=SOON),
        a_page("changed-1", "CHANGED", day=LATER),
        a_page("changed-1", "CHANGED SOON", day=SOON),
        a_page("cancelled", "CANCELLED", day=NEXT_YEAR),
    ]
    order = ["CANCELLED", "CHANGED SOON", "CHANGED", "UNREACHED", "SOON", "LATER"]

    words = compose(*pages)
    assert re.findall(r"16:00: ([A-Z ]+)\n", words.text) == order
    assert re.findall(r"17:30: ([A-Z ]+)\n", words.text) == order[1:]


def test_the_order_in_which_meetings_are_given_changes_nothing() -> None:
    early, late, other = a_page("reminder", "B", day=SOON), a_page("reminder", "A"), a_page("reminder", "C", reader="staff")

    assert compose(early, late, other).text == compose(other, late, early).text


@pytest.mark.parametrize(
    "pages, said",
    [
        ([a_page()], "A calendar file is attached."),
        ([a_page(), a_page("cancelled")], "2 calendar files are attached."),
        ([a_page(), a_page("unreached-1", unreached=unreached("nurse"))], "2 calendar files are attached."),
        ([a_page(), a_page("unreached-1", is_off=True)], "A calendar file is attached."),
    ],
)
def test_the_message_says_once_how_many_calendar_files_go_with_it(pages: list[Page], said: str) -> None:
    words = compose(*pages)

    assert words.text.count("calendar file") == words.html.count("calendar file") == 1
    assert said in words.text
    assert said in words.html


def test_where_the_entry_was_taken_out_of_the_calendar_before_no_calendar_file_is_promised() -> None:
    words = compose(a_page("unreached-1", is_off=True, unreached=unreached("nurse")))

    assert "calendar file" not in words.text + words.html


@pytest.mark.parametrize(
    "page, tone",
    [
        (a_page(), "soon"),
        (a_page(checks=(FESTIVAL,)), "soon"),
        (a_page(checks=(NO_INTERPRETER,)), "outstanding"),
        (a_page("unreached-1", unreached=unreached("nurse")), "outstanding"),
        (a_page("changed-1", checks=(NO_INTERPRETER,)), "changed"),
        (a_page("cancelled"), "changed"),
        (a_page("unreached-1", is_off=True, unreached=unreached("nurse")), "changed"),
    ],
)
def test_the_bar_of_a_line_tells_what_is_new_and_what_is_wrong_from_the_rest(page: Page, tone: str) -> None:
    assert re.findall(r'<li class="line (\w+)"', compose(page).html)[0] == tone


def test_nothing_stands_empty_where_there_is_nothing_to_say() -> None:
    for page in (a_page("cancelled"), a_page("unreached", is_off=True, unreached=unreached("nurse")), a_page(attendees=())):
        assert not re.search(r"<(ul|ol|p|li|h\d)\b[^>]*>\s*</", compose(page).html)


# ---- each in full


def test_each_meeting_in_full_says_place_link_what_to_mend_and_the_rest_in_that_order() -> None:
    words = compose(a_page(checks=(FESTIVAL, NO_INTERPRETER), late=1))
    said = (
        "Thursday 14 May, 16:00 to 17:30: AB 12",
        "Child in Need meeting. You chair this meeting.",
        f"Place: {VENUE}",
        f"Online: {LINK}",
        "To mend: 1",
        NO_INTERPRETER.what,
        f"What to do: {NO_INTERPRETER.do}",
        "Worth a thought: 1",
        FESTIVAL.what,
        "Who has answered: 1 not coming, 2 not answered yet, 2 coming",
        "Not coming: Owen Hughes (health)",
        "Actions overdue: 1",
        "AB 12: action A-1, of Priya Nair, was due Friday 24 April",
        "For you to settle",
        "Agenda",
    )
    for text in (flat(in_full(words)), seen(words.html).partition("Your meetings in full")[2]):
        places = [text.find(one) for one in said]
        assert -1 not in places
        assert places == sorted(places)


def test_what_is_folded_away_says_what_it_holds() -> None:
    html = compose(a_page(checks=(FESTIVAL,), late=2)).html

    summary = re.search(r"<summary[^>]*>([^<]*)</summary>", html)
    assert summary
    assert summary[1] == "Answers: 1 not coming, 2 not answered yet, 2 coming; 2 actions overdue; 1 worth a thought"


def test_with_nothing_to_fold_nothing_is_folded() -> None:
    assert "<details" not in compose(a_page(attendees=())).html


def test_a_cancelled_meeting_is_said_in_its_line_alone() -> None:
    words = compose(a_page("cancelled"))

    assert "in full" not in words.text + words.html
    for absent in (VENUE, LINK, "Agenda", "settle"):
        assert absent not in words.text + words.html


def test_of_a_cancelled_meeting_those_who_could_not_be_told_stand_in_full() -> None:
    words = compose(a_page("unreached-1", is_off=True, unreached=unreached("nurse", stage="cancelled"), checks=(NO_INTERPRETER,)))

    assert "Owen Hughes (health) could not be told that the meeting is cancelled." in flat(in_full(words))
    for absent in (VENUE, LINK, "Agenda", "interpreter", "answered"):
        assert absent not in words.text + words.html


def test_those_who_were_not_reached_come_before_what_is_to_mend() -> None:
    text = flat(in_full(compose(a_page("unreached-1", unreached=unreached("nurse"), checks=(NO_INTERPRETER,)))))

    assert text.index("Not reached: 1") < text.index("Owen Hughes") < text.index("To mend: 1")


def test_whoever_attends_is_asked_whether_they_come_and_reads_nothing_of_the_chairs() -> None:
    words = compose(a_page("invitation", reader="staff", checks=(NO_INTERPRETER,), late=1))

    for text in (flat(words.text), seen(words.html)):
        assert "Child in Need meeting. You are invited to this meeting." in text
        assert f"Please tell {CONTACT} whether you are coming." in text
        for absent in ("Agenda", "settle", "overdue", "mend", "answered", "Winterbourne"):
            assert absent not in text


def test_a_chair_is_not_asked_whether_they_come() -> None:
    words = compose(a_page())

    assert "whether you are coming" not in flat(words.text) + seen(words.html)


# ---- what several meetings share


def test_what_is_asked_of_all_meetings_is_said_once_and_of_no_case() -> None:
    words = compose(a_page("reminder", "AB 12"), a_page("reminder", "CD 34"), a_page("reminder", "EF 56"))

    for said in (words.text, words.html):
        assert said.count("Introductions") == 1
        assert said.count("who minds") == 1
    assert re.search(r"<ol[^>]*>\s*<li[^>]*>Introductions", words.html)
    assert headings(words)[-4:-2] == ["For you to settle", "Agenda"]


def test_what_is_asked_of_some_meetings_alone_says_of_which_cases() -> None:
    pages = [
        a_page("reminder", "AB 12", is_complex=True),
        a_page("reminder", "CD 34"),
        a_page("reminder", "EF 56", is_complex=True),
    ]
    words = compose(*pages)

    assert "What the professionals are asked to bring: AB 12; EF 56" in headings(words)
    assert "Agenda" in headings(words)


def test_meetings_of_two_kinds_have_each_its_own_agenda() -> None:
    pages = [
        a_page("reminder", label, kind=kind, under="psw-brief-2020")
        for label, kind in (("AB 12", "initial"), ("CD 34", "review"))
    ]
    found = headings(compose(*pages))

    assert {"For you to settle", "Agenda: AB 12", "Agenda: CD 34"} <= set(found)


def test_what_is_asked_of_a_meeting_that_was_cancelled_is_not_said_nor_missed() -> None:
    off = a_page("unreached-1", "EF 56", is_off=True, unreached=unreached("nurse", stage="cancelled"))

    assert "Agenda" in headings(compose(a_page("reminder", "AB 12"), a_page("cancelled", "CD 34"), off))


def test_the_procedure_is_named_once() -> None:
    for told in ((), (a_review("QX 1", LATE),)):
        words = compose(a_page("reminder", "AB 12"), a_page("reminder", "CD 34"), told=told)
        assert words.text.count("Child in Need Plans and Reviews") == 1
        assert words.html.count("Child in Need Plans and Reviews") == 1


@pytest.mark.parametrize(
    "page",
    [
        a_page("cancelled"),
        a_page(procedure=""),
        a_page("unreached", is_off=True, unreached=unreached("nurse", stage="cancelled")),
    ],
)
def test_without_a_paragraph_no_procedure_is_named(page: Page) -> None:
    words = compose(page)

    assert "stand in:" not in words.text + words.html
    assert "The rules" not in words.text


# ---- why, and whether it can be read


def test_the_end_says_why_with_the_cases_whose_meetings_it_is_about() -> None:
    pages = [
        a_page("reminder", "AB 12"),
        a_page("changed-1", "CD 34", "EF 56"),
        a_page("reminder", "GH 78", reader="staff"),
        a_page("reminder", "AB 12", day=SOON),
    ]
    words = compose(*pages, told=(a_review("QX 1", LATE),))
    said = (
        "You are the lead practitioner (1)",
        "You chair this meeting: CD 34 and EF 56; AB 12",
        "You are asked to this meeting: GH 78",
    )

    assert flat(words.text).index(f"- {said[0]} - {said[1]} - {said[2]} Is something wrong?")
    assert f"{said[0]} {said[1]} {said[2]}" in seen(words.html).replace("&amp;", "&")


def test_no_child_and_nobody_of_the_family_who_was_not_reached_is_named() -> None:
    words = compose(a_page("unreached-1", attendees=(), unreached=unreached("mother", "aunt", "child")))

    assert "Winterbourne" not in words.text + words.html


@pytest.mark.parametrize(
    "more",
    [
        {"venue": "Hall\n\nClick here\r\u2028<a href='https://evil.example'>x</a>\u202e"},
        {"checks": (Flaw(what="<b>x</b>\nBcc: y", why="<i>", do="{{ 7 * 7 }}"),)},
        {"online_url": "javascript:alert(1)"},
        {"meeting_name": "<img src=x>\n\nmeeting"},
        {"why": "you <b>chair</b>\nthis meeting"},
    ],
)
def test_a_value_from_the_records_is_text_and_starts_no_line(more: dict[str, Any]) -> None:
    words = compose(a_page(**more), a_page("reminder", "AB\n12"))

    assert not set("\r\u2028\u202e") & set(words.text + words.html)
    assert not re.search(r"<(a href=.https://evil|b>|i>|img)", words.html)
    assert not re.search(r"^(Click|Bcc|this meeting|12)", words.text, re.MULTILINE)
    assert "49" not in words.text + seen(words.html)
    assert "javascript" not in words.text + words.html


def test_the_text_keeps_to_72_columns_and_leaves_no_two_empty_lines_together() -> None:
    pages = [
        a_page("changed-1", "AB 12", checks=(NO_INTERPRETER, FESTIVAL), late=3, is_complex=True),
        a_page("unreached", "CD 34", unreached=unreached("nurse")),
    ]
    text = compose(*pages, a_page("cancelled"), told=(a_review("QX 1", LATE),)).text

    assert [line for line in text.split("\n") if len(line) > 72] == []
    assert "\n\n\n" not in text
    assert not re.search(r"[^\n]\n- Place", text)


def test_twenty_meetings_stay_below_what_a_mail_program_shows_uncut() -> None:
    pages = [
        a_page("reminder", f"AB {n}", checks=(NO_INTERPRETER, SCHOOL_HOURS, FESTIVAL), late=2, is_complex=True) for n in range(20)
    ]

    # Gmail cuts a message off after 102 KB.
    assert len(compose(*pages).html.encode()) < 100_000
