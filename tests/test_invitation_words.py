"""The notices of a meeting in words: what each reader is told, in which words, and what some of them must never read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
import textstat
from cases import POLICIES, a_case, action, d, fact, policy

from cin_reminders.agenda import asked_of_meeting
from cin_reminders.case import Attendee, Case, Meeting, Person
from cin_reminders.chair import ChairsCopy, Unreached, chairs_copy
from cin_reminders.family_words import faults_of_translation
from cin_reminders.invitation_words import Reader, page_for, words_for
from cin_reminders.occasion import STAGES, NoticeWords
from cin_reminders.rendering import check_templates
from cin_reminders.sitting import Sitting
from cin_reminders.unsaid import says_child_in_need

ON = d("2026-05-07")  # Thursday
COUNCIL = "Ellershire County Council"
CONTACT = "Ellershire County Council on 01632 960000"
VENUE = "Ellerford Centre, 3 Mill Lane"
LINK = "https://meet.example/ab-12"
OUTSIDE: tuple[Reader, ...] = ("partner", "family", "child")
READERS: tuple[Reader, ...] = ("chair", "staff", *OUTSIDE)
PEOPLE = {
    one.person_ref: one
    for one in (
        Person(person_ref="teacher", name="Priya Nair", kind="professional", organisation="Ellerford School"),
        Person(person_ref="nurse", name="Owen Hughes", kind="professional"),
        Person(person_ref="mother", name="Kelly Winterbourne", kind="family"),
        Person(person_ref="aunt", name="Denise Winterbourne", kind="family"),
        Person(person_ref="child", name="Jamie Winterbourne", kind="child"),
        Person(person_ref="sister", name="Robin Winterbourne", kind="child"),
    )
}
ATTENDEES = (
    Attendee(person_ref="teacher", capacity="education", response="yes"),
    Attendee(person_ref="mother", capacity="parent", response="no"),
    Attendee(person_ref="nurse", capacity="health"),
    Attendee(person_ref="child", capacity="child", response="unsure"),
)


@dataclass(frozen=True, kw_only=True)
class Check:
    what: str = "No interpreter is down to attend."
    why: str = "A parent's language is recorded as pl."
    do: str = "Ask for an interpreter."
    advisory: bool = False


def a_sitting(*labels: str, cases: tuple[Case, ...] = (), attendees: tuple[Attendee, ...] = ATTENDEES, **columns: Any) -> Sitting:
    """A review on Thursday 14 May 2026 from ten to half past eleven, about AB 12."""
    usual = {
        "scheduled_at": datetime(2026, 5, 14, 10),  # Thursday
        "ends_at": datetime(2026, 5, 14, 11, 30),  # Thursday
        "venue": VENUE,
        "online_url": LINK,
    }
    meeting = Meeting(meeting_ref="M1", kind="review", attendees=attendees, **(usual | columns))
    cases = cases or tuple(a_case(case_ref=f"C{n}", label=label) for n, label in enumerate(labels or ("AB 12",)))
    return Sitting(meeting_ref="M1", meetings=tuple((case, meeting) for case in cases))


def words(reader: Reader, stage: str = "invitation", sitting: Sitting | None = None, **more: Any) -> NoticeWords:
    usual = {"council": COUNCIL, "contact": CONTACT, "name": "Alex Morgan", "meeting_name": "Child in Need meeting"}
    return words_for(reader=reader, stage=stage, sitting=sitting or a_sitting(), **(usual | more))


def copy(sitting: Sitting | None = None, **more: Any) -> ChairsCopy:
    sitting = sitting or a_sitting()
    asked = asked_of_meeting(policy("cumbria").newest.meetings, kind="review", cases=sitting.cases, on=ON)
    return chairs_copy(sitting=sitting, **({"people": PEOPLE, "asked": asked, "checks": (), "on": ON} | more))


def flat(text: str) -> str:
    """The words in one line, as they follow each other."""
    return " ".join(text.split())


def seen(html: str) -> str:
    """The words of a page in one line."""
    return flat(re.sub(r"<[^>]+>", " ", re.sub(r"<(style|title).*?</\1>", "", html, flags=re.DOTALL)))


# ---- for everybody


def test_every_template_renders_with_its_sample() -> None:
    assert check_templates() == []


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("stage", ["invitation", "reminder", "tomorrow", "changed-1", "changed-12"])
def test_every_notice_of_a_meeting_to_come_says_day_time_place_and_link(reader: Reader, stage: str) -> None:
    found = words(reader, stage)
    assert "Thursday 14 May 2026 at 10:00" in found.subject
    for text in (flat(found.text), seen(found.html)):
        for said in ("Day: Thursday 14 May 2026", "Time: 10:00 to 11:30", f"Place: {VENUE}", f"Online: {LINK}", CONTACT):
            assert said in text
    assert f'href="{LINK}"' in found.html


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("stage", ["cancelled", "cancelled-2"])
def test_a_cancellation_says_which_meeting_and_no_place_to_go_to(reader: Reader, stage: str) -> None:
    sitting = a_sitting(cases=(a_case(label="AB 12", facts=[fact("complex", "yes")]),))
    asked = asked_of_meeting(policy("cumbria").newest.meetings, kind="review", cases=sitting.cases, on=ON)
    found = words(reader, stage, sitting, asked=asked, chair=copy(checks=(Check(),)))
    assert found.subject.startswith("Cancelled: ")
    assert "to mend" not in found.subject
    for text in (flat(found.text), seen(found.html)):
        assert "Thursday 14 May 2026" in text
        for absent in (VENUE, LINK, "Place", "bring", "missed", "Agenda", "whether you are coming"):
            assert absent not in text


@pytest.mark.parametrize("reader", ["chair", "staff", "partner", "family"])
def test_a_cancellation_also_takes_back_another_day_that_was_told(reader: Reader) -> None:
    assert re.search(r"told (of )?another day for it.* is off too", flat(words(reader, "cancelled").text))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("stage", STAGES)
def test_no_day_is_called_today_or_tomorrow(reader: Reader, stage: str) -> None:
    found = words(reader, stage, chair=copy())
    assert not re.search(r"\b(today|tomorrow)\b", f"{found.subject} {found.text} {seen(found.html)}", re.IGNORECASE)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("stage", ["invitation", "reminder", "tomorrow"])
def test_whoever_was_told_something_else_before_reads_that_it_has_changed(reader: Reader, stage: str) -> None:
    assert words(reader, stage, is_changed=True).subject.startswith("Changed: ")
    assert not words(reader, stage).subject.startswith("Changed: ")


@pytest.mark.parametrize("reader", READERS)
def test_a_cancellation_of_what_had_changed_is_a_cancellation(reader: Reader) -> None:
    assert words(reader, "cancelled", is_changed=True).subject.startswith("Cancelled: ")


@pytest.mark.parametrize(
    "ends_at, time",
    [
        (datetime(2026, 5, 14, 10, 5), "10:00 to 10:05"),
        (datetime(2026, 5, 14, 10), "10:00"),
        (datetime(2026, 5, 15, 11), "10:00"),
        (None, "10:00"),
    ],
)
def test_an_end_is_said_where_it_is_later_on_that_day(ends_at: datetime | None, time: str) -> None:
    assert f"- Time: {time}\n" in words("family", sitting=a_sitting(ends_at=ends_at)).text


@pytest.mark.parametrize("reader", READERS)
def test_a_place_that_is_not_recorded_is_not_made_up(reader: Reader) -> None:
    text = words(reader, sitting=a_sitting(venue=None, online_url=None)).text
    place = {
        "family": "We will tell you where it is.",
        "child": "We will tell you where it is.",
        "partner": "Place: not known yet",
    }
    assert place.get(reader, "Place: not recorded") in text
    assert "Online" not in text


@pytest.mark.parametrize("reader", READERS)
def test_a_meeting_online_alone_has_a_link_and_no_place(reader: Reader) -> None:
    text = words(reader, sitting=a_sitting(venue=None)).text
    assert f"Online: {LINK}" in text
    assert "Place" not in text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://a b.example", "meet.example"])
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_link_is_left_out(reader: Reader, url: str) -> None:
    found = words(reader, sitting=a_sitting(online_url=url))
    assert url not in found.text + found.html


@pytest.mark.parametrize("reader", READERS)
def test_a_venue_can_start_no_line_and_no_tag(reader: Reader) -> None:
    venue = "Hall\n\nSubject: pay here\r\n- Day: Friday\u2028<a href='https://evil.example'>x</a>\u202e"
    found = words(reader, sitting=a_sitting(venue=venue))
    assert not re.search(r"^(Subject|- Day: Friday)", found.text, re.MULTILINE)
    assert "\u202e" not in found.text + found.html
    assert "<a href='https://evil.example'" not in found.html
    assert 'href="https://evil.example' not in found.html


@pytest.mark.parametrize("reader", ["chair", "staff", "partner"])
def test_a_label_can_start_no_line_of_the_subject(reader: Reader) -> None:
    assert "\n" not in words(reader, sitting=a_sitting("AB\nBcc: x")).subject


def test_an_unknown_reader_or_stage_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'family'"):
        words("famly")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="did you mean 'reminder'"):
        words("family", "remindr")
    for stage in ("changed-", "changed-x", "reminder-1"):
        with pytest.raises(ValueError, match="no stage"):
            words("family", stage)


# ---- what partners and families must not read


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("reader", OUTSIDE)
@pytest.mark.parametrize("stage", STAGES)
def test_partners_and_families_never_read_of_a_child_in_need_or_of_anybody_who_attends(
    reader: Reader, stage: str, name: str
) -> None:
    facts = [fact("complex", "yes"), fact("assessment_sharing_agreed", "yes")]
    sitting = a_sitting(cases=(a_case(label="AB 12", facts=facts),))
    edition = policy(name).newest
    asked = asked_of_meeting(edition.meetings, kind="review", cases=sitting.cases, on=ON)
    more = {"asked": asked, "chair": copy(sitting, checks=(Check(),)), "procedure": edition.title}
    found = words(reader, stage, sitting, **more)
    for text in (found.subject, found.text, seen(found.html), found.html, *(value for _, value in found.values)):
        assert not says_child_in_need(text)
        assert edition.title not in text
        assert not [person.name for person in PEOPLE.values() if person.name in text]
        assert "paragraph" not in text
        assert "interpreter is down" not in text


@pytest.mark.parametrize("reader", ["family", "child"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_family_reads_no_label_and_no_name_not_even_their_own(reader: Reader, stage: str) -> None:
    found = words(reader, stage, name="Kelly Winterbourne")
    for text in (found.subject, found.text, found.html):
        assert "AB 12" not in text
        assert "Winterbourne" not in text


def test_a_partner_reads_the_label_since_they_could_not_tell_which_family_otherwise() -> None:
    found = words("partner", sitting=a_sitting("AB 12", "CD 34"))
    assert found.subject == "Invitation: family meeting about AB 12 and CD 34, Thursday 14 May 2026 at 10:00"
    assert "About: AB 12 and CD 34" in found.text


@pytest.mark.parametrize(
    "labels, said",
    [
        (("A", "B", "C"), "about A, B and C,"),
        (("A", "B", "C", "D"), "about A, B and 2 others,"),
    ],
)
def test_a_subject_has_room_for_three_labels(labels: tuple[str, ...], said: str) -> None:
    found = words("partner", sitting=a_sitting(*labels))
    assert said in found.subject
    assert all(f"{label}" in found.text.split("About: ")[1].split("\n")[0] for label in labels)


@pytest.mark.parametrize("reader", OUTSIDE)
def test_a_venue_that_names_a_child_in_need_is_left_out_and_said_to_be(reader: Reader) -> None:
    found = words(reader, sitting=a_sitting(venue="Child in Need Hub, 3 Mill Lane"))
    assert found.left_out == ("venue",)
    assert "Mill Lane" not in found.text + found.html
    assert words(reader).left_out == ()


@pytest.mark.parametrize("reader", OUTSIDE)
def test_a_link_that_names_a_child_in_need_is_left_out_and_said_to_be(reader: Reader) -> None:
    found = words(reader, sitting=a_sitting(online_url="https://meet.example/child-in-need/1"))
    assert found.left_out == ("link",)
    assert "meet.example" not in found.text + found.html


@pytest.mark.parametrize("reader", ["chair", "staff"])
def test_those_who_work_for_the_council_read_every_venue(reader: Reader) -> None:
    assert "Child in Need Hub" in words(reader, sitting=a_sitting(venue="Child in Need Hub")).text


@pytest.mark.parametrize("reader", OUTSIDE)
@pytest.mark.parametrize("setting", ["council", "contact", "family_name"])
def test_a_setting_that_names_a_child_in_need_is_refused_by_its_name(reader: Reader, setting: str) -> None:
    with pytest.raises(ValueError, match=f"^{setting}: families and partners read it"):
        words(reader, **{setting: "the Child in Need team"})


def test_the_same_settings_may_stand_for_those_who_work_for_the_council() -> None:
    assert "the Child in Need team" in words("staff", contact="the Child in Need team").text


# ---- families


def test_a_family_reads_that_they_may_bring_a_supporter_or_an_advocate() -> None:
    text = flat(words("family").text)
    assert "You can bring someone to support you." in text
    assert "It can also be an advocate. An advocate is a person who helps you to have your say." in text


def test_a_child_reads_so_too_and_that_they_need_not_come() -> None:
    text = flat(words("child").text)
    assert "You can bring an advocate." in text
    assert "You do not have to come. You can tell us what you think" in text


def test_the_councils_own_name_for_the_meeting_is_used() -> None:
    found = words("family", family_name="planning meeting")
    assert found.subject == "You are invited: planning meeting on Thursday 14 May 2026 at 10:00"
    assert "family meeting" not in found.text


def test_a_family_is_told_what_to_read_before_where_the_procedure_asks_it() -> None:
    sitting = a_sitting(cases=(a_case(facts=[fact("assessment_sharing_agreed", "yes")]),))
    asked = asked_of_meeting(policy("specialist-childrens-services").newest.meetings, kind="review", cases=sitting.cases, on=ON)
    assert "please read it before you come" in flat(words("family", asked=asked).text)
    assert "read it" not in words("child", asked=asked).text
    assert "Before the meeting" not in words("family").text


def test_somebody_of_the_family_who_passes_a_notice_on_reads_so_and_no_label() -> None:
    text = flat(words("family", via="family").text)
    assert "We are sending you this to pass on. Please pass it on as soon as you can." in text
    assert "pass on" not in words("family").text


def test_a_professional_who_passes_a_notice_on_reads_for_which_family() -> None:
    text = flat(words("child", via="professional", sitting=a_sitting("AB 12", "CD 34")).text)
    assert "to pass on to the family of AB 12 and CD 34." in text


def test_the_parts_of_a_notice_go_by_name_to_a_service_with_templates_of_its_own() -> None:
    assert dict(words("family").values) == {
        "meeting": "family meeting",
        "day": "Thursday 14 May 2026",
        "time": "10:00 to 11:30",
        "venue": VENUE,
        "link": LINK,
        "contact": CONTACT,
    }
    assert words("partner").values == words("staff").values == ()


def test_a_cancellation_hands_on_no_place_to_go_to() -> None:
    values = dict(words("family", "cancelled").values)
    assert (values["day"], values["venue"], values["link"]) == ("Thursday 14 May 2026", "", "")


def sentences(text: str) -> str:
    """What a family has to read, each line of a list as a sentence; without the day, the place and the council's own name."""
    body = text.replace(CONTACT, "the council").replace(COUNCIL, "")
    lines = " ".join(line if not line.startswith("- ") else f"\n{line}\n" for line in body.replace("\n\n", "\n.\n").split("\n"))
    parts = (part.strip(" .:-") for part in re.split(r"\n| \. ", lines))
    return " ".join(f"{part}." for part in parts if part and not re.match("(Day|Time|Place|Online):", part))


# A grade is a year of school in the United States: in the fourth, children are 9 to 10 years old. GOV.UK asks for a reading
# age of 9. The last of these counts up to 4.9 as the fourth grade and below.
FORMULAS = {
    "flesch_kincaid_grade": 4.0,
    "gunning_fog": 4.5,
    "spache_readability": 4.0,
    "dale_chall_readability_score_v2": 4.9,
}


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("reader", ["family", "child"])
@pytest.mark.parametrize("via", [None, "family"])
def test_a_nine_year_old_can_read_it(reader: Reader, stage: str, via: Any, formula: str) -> None:
    text = sentences(words(reader, stage, via=via).text)
    assert len(text.split()) > 25
    assert getattr(textstat, formula)(text) <= FORMULAS[formula]


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_child_reads_is_simpler_still(stage: str) -> None:
    family, child = (textstat.flesch_kincaid_grade(sentences(words(reader, stage).text)) for reader in ("family", "child"))
    assert child <= 2
    assert child < family


def test_what_a_chair_reads_would_not_pass() -> None:
    text = sentences(words("chair", chair=copy()).text)
    failed = [formula for formula, most in FORMULAS.items() if getattr(textstat, formula)(text) > most]
    assert failed == ["gunning_fog", "dale_chall_readability_score_v2"]


@pytest.mark.parametrize("name", POLICIES)
def test_what_a_procedure_asks_a_family_to_bring_can_be_read_at_that_age(name: str) -> None:
    for one in policy(name).newest.meetings.to_bring:
        if one.who == "family":
            assert [
                formula
                for formula in ("flesch_kincaid_grade", "spache_readability")
                if getattr(textstat, formula)(f"{one.says}.") > 4.5
            ] == []


# ---- other languages

POLISH = """\
{% if page.stage == "cancelled" %}
Odwołane: {{ page.starts_at.day }}.{{ page.starts_at.month }}
{% else %}
Spotkanie: {{ page.starts_at.day }}.{{ page.starts_at.month }} o {{ page.at }}
{% endif %}

{% if page.stage == "cancelled" %}
Spotkanie {{ page.starts_at.day }}.{{ page.starts_at.month }} nie odbędzie się.
{% else %}
- Dzień: {{ page.starts_at.day }}.{{ page.starts_at.month }}.{{ page.starts_at.year }}
- Godzina: {{ page.at }}
- Miejsce: {{ page.venue }}
- Online: {{ page.link }}
{% endif %}

Kontakt: {{ page.contact }}
"""
TRANSLATIONS = {"meeting_family.pl.txt": POLISH}


@pytest.mark.parametrize("language", ["pl", "PL", "pl-PL", "pl_pl"])
def test_a_family_reads_their_language_where_the_council_has_a_text_in_it(language: str) -> None:
    found = words("family", language=language, translations=TRANSLATIONS)
    assert found.language == "pl"
    assert found.subject == "Spotkanie: 14.5 o 10:00"
    assert f"- Miejsce: {VENUE}" in found.text
    assert '<html lang="pl"' in found.html
    assert f"Miejsce: {VENUE}" in seen(found.html).replace("Miejsce : ", "Miejsce: ")


@pytest.mark.parametrize("reader, language", [("family", "ro"), ("child", "pl"), ("family", "p"), ("family", "")])
def test_whoever_has_no_text_in_their_language_reads_english_and_it_is_said(reader: Reader, language: str) -> None:
    found = words(reader, language=language, translations=TRANSLATIONS)
    assert found.language == "en"
    assert found.text == words(reader).text


@pytest.mark.parametrize("language", ["en", "en-GB", "EN"])
def test_english_is_the_services_own_text(language: str) -> None:
    found = words("family", language=language, translations={"meeting_family.en.txt": POLISH})
    assert (found.language, found.text) == ("en", words("family").text)


def test_professionals_read_english() -> None:
    assert words("partner", language="pl", translations=TRANSLATIONS).text == words("partner").text


def test_a_sound_text_in_another_language_has_no_fault() -> None:
    assert faults_of_translation("meeting_family.pl.txt", POLISH) == ()


@pytest.mark.parametrize(
    "old, new, fault",
    [
        ("- Godzina: {{ page.at }}\n", "", "invitation: does not say the time"),
        ("- Miejsce: {{ page.venue }}\n", "", "invitation: does not say the place"),
        ("- Online: {{ page.link }}\n", "", "invitation: does not say the link"),
        ("Kontakt: {{ page.contact }}\n", "", "cancelled: does not say the contact"),
        ("{{ page.venue }}", "{{ page.venu }}", "UndefinedError"),
        ("{% endif %}\n\nKontakt", "\n\nKontakt", "TemplateSyntaxError"),
        ("Kontakt:", "Child in Need:", 'says "child in need"'),
        ("o {{ page.at }}\n{% endif %}\n\n", "o {{ page.at }}\n{% endif %}\n", "the first line is the subject"),
        ("{{ page.at }}\n{% endif %}", "{{ page.at.__class__.__mro__ }}\n{% endif %}", "SecurityError"),
    ],
)
def test_a_text_that_a_family_could_not_do_with_is_told(old: str, new: str, fault: str) -> None:
    assert old in POLISH
    assert any(fault in one for one in faults_of_translation("meeting_family.pl.txt", POLISH.replace(old, new)))


@pytest.mark.parametrize(
    "name", ["meeting_family.txt", "family.pl.txt", "meeting_staff.pl.txt", "meeting_family.PL.txt", "meeting_family.pl.html"]
)
def test_a_text_whose_name_would_never_be_found_is_told(name: str) -> None:
    (fault,) = faults_of_translation(name, POLISH)
    assert "meeting_family.pl.txt" in fault


def test_a_text_that_names_a_child_in_need_is_never_used() -> None:
    with pytest.raises(ValueError, match="no family may read"):
        words("family", language="pl", translations={"meeting_family.pl.txt": POLISH.replace("Kontakt", "Child in Need")})


# ---- the chair


def test_the_chair_reads_the_agenda_and_what_to_settle_with_their_paragraphs() -> None:
    text = flat(words("chair", chair=copy(), procedure="Child in Need Plans and Reviews, v23").text)
    assert "Agenda ------ - Introductions (paragraph 6)." in text
    assert "For you to settle" in text
    assert "who minds the children (paragraph 7)" in text
    assert "The paragraphs named above stand in: Child in Need Plans and Reviews, v23." in text


def test_the_chair_reads_who_has_answered_what_those_who_decline_first() -> None:
    text = words("chair", chair=copy()).text
    assert "Who has answered: 1 not coming, 1 not sure, 1 not answered yet, 1 coming" in flat(text)
    lines = [line for line in text.split("\n") if re.match("- (Not|Coming)", line)]
    assert lines == [
        "- Not coming: Kelly Winterbourne (parent)",
        "- Not sure: the child",
        "- Not answered yet: Owen Hughes (health)",
        "- Coming: Priya Nair (Ellerford School, education)",
    ]


def test_no_child_is_named_to_the_chair_either() -> None:
    sister = Attendee(person_ref="sister", capacity="other")
    found = words("chair", chair=copy(a_sitting(attendees=(*ATTENDEES, sister))))
    assert "Jamie" not in found.text + found.html
    assert "Robin" not in found.text + found.html
    assert found.text.count("one of the children") == 2


def test_whoever_attends_as_a_child_is_not_named_whatever_else_is_recorded_of_them() -> None:
    found = copy(a_sitting(attendees=(Attendee(person_ref="mother", capacity="child"),)))
    assert found.answers[0].people == ("the child",)


def test_an_attendee_of_whom_the_records_know_nothing_is_counted() -> None:
    found = copy(a_sitting(attendees=(Attendee(person_ref="nobody", capacity="health"),)))
    assert found.answers[0].people == ("somebody of whom no more is recorded (health)",)


@pytest.mark.parametrize(
    "due, completed, is_late",
    [
        ("2026-05-06", None, True),  # Wednesday
        ("2026-05-07", None, False),  # Thursday
        ("2026-05-06", "2026-05-07", False),  # Wednesday, Thursday
        ("2026-05-06", "2026-05-08", True),  # Wednesday, Friday
        (None, None, False),
    ],
)
def test_the_chair_reads_of_every_action_overdue_on_the_day(due: str | None, completed: str | None, is_late: bool) -> None:
    sitting = a_sitting(cases=(a_case(label="AB 12", actions=[action(due, completed=completed)]),))
    assert copy(sitting).overdue == (("AB 12: action A1, was due Wednesday 6 May",) if is_late else ())


def test_an_action_names_its_owner_but_never_a_child() -> None:
    late = (
        replace(action("2026-05-06", ref=ref), owner_ref=owner) for ref, owner in (("A1", "nurse"), ("A2", "child"), ("A3", "x"))
    )
    assert copy(a_sitting(cases=(a_case(label="AB 12", actions=list(late)),))).overdue == (
        "AB 12: action A1, of Owen Hughes, was due Wednesday 6 May",
        "AB 12: action A2, of the child, was due Wednesday 6 May",
        "AB 12: action A3, was due Wednesday 6 May",
    )


def test_what_to_mend_comes_first_and_is_counted_in_the_subject() -> None:
    advisory = Check(what="A festival is expected that day.", why="Families may keep it.", do="Ask them.", advisory=True)
    found = words("chair", chair=copy(checks=(advisory, Check())))
    assert found.subject.endswith("(1 to mend)")
    text = flat(found.text)
    headings = [
        text.index(one) for one in ("To mend: 1", "Worth a thought: 1", "Who has answered", "For you to settle", "Agenda")
    ]
    assert headings == sorted(headings)
    assert "No interpreter is down to attend. A parent's language is recorded as pl. What to do: Ask for an interpreter." in text


def test_an_advisory_alone_leaves_the_subject_as_it_is() -> None:
    assert "to mend" not in words("chair", chair=copy(checks=(Check(advisory=True),))).subject


def test_the_chair_hears_who_got_english_for_want_of_a_text() -> None:
    assert copy(languages=("pl", "ro", "pl")).notes == (
        "There is no text in the language recorded as pl, so 2 people got it in English. Please see that they understand it.",
        "There is no text in the language recorded as ro, so 1 person got it in English. Please see that they understand it.",
    )


def test_the_chair_hears_what_families_and_partners_were_not_told() -> None:
    (note,) = copy(left_out=("venue", "venue")).notes
    assert note.startswith('The venue says "child in need", which no family or partner may read')
    assert copy(left_out=()).notes == ()


def test_the_chair_reads_what_the_professionals_are_asked_to_bring() -> None:
    sitting = a_sitting(cases=(a_case(facts=[fact("complex", "yes")]),))
    asked = asked_of_meeting(policy("cumbria").newest.meetings, kind="review", cases=sitting.cases, on=ON)
    text = flat(words("chair", chair=copy(sitting), asked=asked).text)
    assert "What the professionals are asked to bring" in text
    assert "how many appointments were missed in which period" in text


@pytest.mark.parametrize("reader", ["staff", "partner"])
def test_other_professionals_read_what_to_bring_and_nothing_of_the_chairs(reader: Reader) -> None:
    sitting = a_sitting(cases=(a_case(label="AB 12", facts=[fact("complex", "yes")], actions=[action("2026-05-06")]),))
    asked = asked_of_meeting(policy("cumbria").newest.meetings, kind="review", cases=sitting.cases, on=ON)
    text = flat(words(reader, sitting=sitting, asked=asked, chair=copy(sitting, checks=(Check(),))).text)
    assert "What to bring" in text
    assert "how many appointments were missed in which period" in text
    assert f"Please tell {CONTACT} whether you are coming." in text
    for absent in ("Agenda", "settle", "overdue", "mend", "answered", "Winterbourne"):
        assert absent not in text


@pytest.mark.parametrize("reader, why", [("chair", "You chair this meeting."), ("staff", "You are asked to this meeting.")])
def test_a_professional_reads_why_they_got_it(reader: Reader, why: str) -> None:
    assert f"- {why}" in words(reader).text
    assert "- You stand in." in words(reader, why="you stand in").text


@pytest.mark.parametrize("stage", ["invitation", "reminder", "tomorrow"])
@pytest.mark.parametrize(
    "reader, why",
    [
        ("chair", "nobody is recorded as the chair of this meeting, and you are the lead practitioner"),
        ("staff", "somebody who is asked to this meeting hears of it through you"),
        ("partner", "somebody who is asked to this meeting hears of it through you"),
    ],
)
def test_whoever_reads_in_the_place_of_another_is_told_so_and_not_that_they_are_invited_or_chair(
    reader: Reader, why: str, stage: str
) -> None:
    text = flat(words(reader, stage, why=why).text)
    assert text.count(f"{why[0].upper()}{why[1:]}.") == 2
    for absent in ("You chair", "You are to chair", "You are invited"):
        assert absent not in text


@pytest.mark.parametrize("stage, said", [("changed-1", "The meeting has changed."), ("cancelled", "The meeting is cancelled.")])
def test_whoever_reads_in_the_place_of_another_still_hears_first_what_is_new(stage: str, said: str) -> None:
    assert said in flat(words("chair", stage, why="you stand in").text).partition("Why you got this")[0]


@pytest.mark.parametrize("reader", ["chair", "staff", "partner"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_part_of_the_message_of_the_day_says_what_a_message_of_its_own_would(reader: Any, stage: str) -> None:
    sitting = a_sitting(venue="Child in Need Hub")
    found = page_for(reader=reader, stage=stage, sitting=sitting, council=COUNCIL, contact=CONTACT, chair=copy(sitting))
    own = words_for(reader=reader, stage=stage, sitting=sitting, council=COUNCIL, contact=CONTACT, chair=copy(sitting))
    assert found.page.title == own.subject
    assert found.left_out == own.left_out
    assert found.page.news in flat(own.text)


# ---- those who could not be reached


def unreached(*refs: str, stage: str = "reminder", sitting: Sitting | None = None, **more: Any) -> ChairsCopy:
    return copy(sitting, unreached=[Unreached(person_ref=ref, stage=stage) for ref in refs], **more)


@pytest.mark.parametrize("stage", ["unreached", "unreached-2", "unreached-P-00123"])
def test_the_chair_reads_first_who_could_not_be_reached_and_what_to_do(stage: str) -> None:
    found = words("chair", stage, chair=unreached("nurse", checks=(Check(),)))
    assert found.subject == ("Not reached: Child in Need meeting about AB 12, Thursday 14 May 2026 at 10:00 (1 to mend)")
    said = (
        "Not everybody could be told of this meeting.",
        "Day: Thursday 14 May 2026",
        f"Place: {VENUE}",
        "Not reached: 1",
        "Owen Hughes (health) could not be reminded.",
        "The address or number in the records does not work.",
        "What to do: Tell them yourself when and where it is, and mend it in the records.",
        "To mend: 1",
        "Agenda",
    )
    for text in (flat(found.text), seen(found.html)):
        body = text.partition("Not everybody")[1] + text.partition("Not everybody")[2]
        places = [body.find(one) for one in said]
        assert -1 not in places
        assert places == sorted(places)


@pytest.mark.parametrize(
    "stage, said",
    [
        ("invitation", "could not be invited."),
        ("reminder", "could not be reminded."),
        ("tomorrow", "could not be reminded."),
        ("changed-3", "could not be told that the meeting has changed."),
        ("cancelled-2", "could not be told that the meeting is cancelled."),
    ],
)
def test_the_chair_reads_what_somebody_was_not_told(stage: str, said: str) -> None:
    (one,) = unreached("teacher", stage=stage).unreached
    assert one.what == f"Priya Nair (Ellerford School, education) {said}"


@pytest.mark.parametrize(
    "ref, said",
    [
        ("mother", "A parent could"),
        ("aunt", "One of the family could"),
        ("child", "The child could"),
        ("nobody", "Somebody of whom no more is recorded (other) could"),
    ],
)
def test_nobody_of_the_family_who_could_not_be_reached_is_named(ref: str, said: str) -> None:
    (one,) = unreached(ref).unreached
    assert one.what.startswith(said)


def test_of_two_children_either_is_one_of_them() -> None:
    sitting = a_sitting(attendees=(*ATTENDEES, Attendee(person_ref="sister", capacity="child")))
    (one,) = unreached("sister", sitting=sitting).unreached
    assert one.what.startswith("One of the children could")


def test_somebody_who_could_not_be_reached_twice_is_said_once_with_the_last() -> None:
    found = copy(unreached=[Unreached(person_ref="nurse", stage=stage) for stage in ("reminder", "changed-1")])
    (one,) = found.unreached
    assert one.what.endswith("could not be told that the meeting has changed.")


def test_of_a_cancelled_meeting_the_chair_reads_whom_to_tell_so_and_no_place_to_go_to() -> None:
    sitting = a_sitting(cancelled_on=ON)
    found = words(
        "chair", "unreached-1", sitting, chair=unreached("nurse", stage="cancelled", sitting=sitting, checks=(Check(),))
    )
    assert found.subject == "Not reached: Child in Need meeting about AB 12, Thursday 14 May 2026 at 10:00"
    for text in (flat(found.text), seen(found.html)):
        assert "The meeting is cancelled, and not everybody could be told so." in text
        assert "What to do: Tell them yourself, and mend it in the records." in text
        for absent in (VENUE, LINK, "Place", "Agenda", "mend:", "when and where", "answered"):
            assert absent not in text
    page = page_for(
        reader="chair",
        stage="unreached-1",
        sitting=sitting,
        council=COUNCIL,
        contact=CONTACT,
        chair=unreached("nurse", sitting=sitting),
    ).page
    assert (page.venue, page.link, page.asked) == ("", "", ())


def test_a_meeting_that_is_cancelled_only_the_next_day_is_still_to_be_held() -> None:
    friday = d("2026-05-08")  # Friday; the copy is of the Thursday before
    assert not copy(a_sitting(cancelled_on=friday)).is_off
    assert copy(a_sitting(cancelled_on=ON)).is_off


@pytest.mark.parametrize("stage", ["reminder", "changed-1"])
def test_whatever_the_stage_a_chair_is_sent_to_no_cancelled_meeting(stage: str) -> None:
    sitting = a_sitting(cancelled_on=ON)
    found = words("chair", stage, sitting, chair=unreached("nurse", sitting=sitting))
    assert found.subject.startswith("Cancelled: ")
    assert VENUE not in found.text
    assert "Not reached: 1" in found.text


def test_a_chair_who_was_told_something_else_reads_that_and_who_could_not_be_reached() -> None:
    found = words("chair", "unreached-1", is_changed=True, chair=unreached("nurse"))
    assert found.subject.startswith("Changed: ")
    assert "Not reached: 1" in found.text


def test_without_what_the_chair_alone_reads_a_notice_names_nobody_who_could_not_be_reached() -> None:
    text = words("chair", "unreached-1").text
    assert "Not everybody could be told" in text
    assert "Owen" not in text


@pytest.mark.parametrize("reader", ["staff", *OUTSIDE])
@pytest.mark.parametrize("stage", ["unreached", "unreached-1"])
def test_nobody_but_the_chair_is_told_that_somebody_could_not_be_reached(reader: Reader, stage: str) -> None:
    with pytest.raises(ValueError, match="no stage of a meeting's notices is called 'unreached"):
        words(reader, stage)


def test_everybody_was_reached_where_nobody_is_said_not_to_have_been() -> None:
    assert copy().unreached == ()
    assert "Not reached" not in words("chair", chair=copy()).text
