"""What people read: by when, how late, why, and never a name of a child."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from cin_reminders.case import Action, Case, Event, Fact, Meeting, Person, RoleHolder
from cin_reminders.length import parse_length
from cin_reminders.line import LATE, OUTSTANDING, Told, bundles_of, tone_of, web_address
from cin_reminders.messages import MOST_LINES, WORST, Words, compose_words
from cin_reminders.notice import Notice, NoticeKey
from cin_reminders.obligations import Obligation, obligations
from cin_reminders.policy_file import load_policy
from cin_reminders.working_days import make_calendar

TUESDAY = date(2026, 5, 5)  # the Monday before it is the early May bank holiday
CALENDAR = make_calendar()
CUMBRIA = load_policy("cumbria")
PERSON = Person(person_ref="p1", name="Alex Morgan", kind="professional", email="alex.morgan@council.gov.uk")


def held(ref: str, day: date, kind: str = "review", **more: object) -> Meeting:
    values = {"scheduled_at": datetime(day.year, day.month, day.day, 10), "held_on": day, **more}
    return Meeting(meeting_ref=ref, kind=kind, **values)  # type: ignore[arg-type]


def a_case(ref: str = "c1", label: str = "AB 12", **more: object) -> Case:
    values: dict[str, object] = {
        "plan_type": "child_in_need",
        "team": "North",
        "record_url": f"https://records.example/cases/{ref}",
        "roles": (RoleHolder(role="lead_practitioner", person_ref="p1"),),
        **more,
    }
    return Case(case_ref=ref, label=label, **values)  # type: ignore[arg-type]


def found(case: Case, duty: str, on: date = TUESDAY, policy: object = CUMBRIA) -> Obligation:
    """The last obligation of a duty in a case: tests have one each, or mean the latest."""
    return [one for one in obligations(case, policy, CALENDAR, on) if one.duty == duty][-1]  # type: ignore[arg-type]


def told(
    case: Case,
    duty: str = "review",
    *,
    role: str = "lead_practitioner",
    on: date = TUESDAY,
    why_you: str = "you are the lead practitioner",
    worker: str = "Alex Morgan",
    obligation: Obligation | None = None,
) -> Told:
    obligation = obligation or found(case, duty, on)
    key = NoticeKey(case_ref=case.case_ref, subject=duty, start_ref=obligation.start_ref, stage="overdue", person_ref="p1")
    notice = Notice(key=key, outcome="planned", reason=why_you, role=role, due_on=obligation.due_on)
    return Told(notice=notice, obligation=obligation, case=case, worker=worker, why_you=why_you)


def compose(*notices: Told, on: date = TUESDAY) -> Words:
    return compose_words(
        person=PERSON, told=notices, on=on, council="Cumbria", wrong_contact="the CIN team on 01228 000000", calendar=CALENDAR
    )


def flat(text: str) -> str:
    return " ".join(text.split())


def review_held(day: date, **more: object) -> Case:
    """A case whose last review was held on the day, so that the next is due 8 weeks later."""
    return a_case(meetings=(held("m1", day),), **more)


# ---- by when, and how late


def test_a_review_one_working_day_late_says_so_with_the_day_it_was_due() -> None:
    words = compose(told(review_held(date(2026, 3, 9))))  # Monday; due Monday 4 May, a bank holiday

    assert "1 WORKING DAY LATE. It was due Monday 4 May." in flat(words.text)
    assert words.subject == "Child in Need: 1 late (Tue 5 May 2026)"


def test_on_its_last_day_it_is_due_today_and_not_late() -> None:
    words = compose(told(review_held(date(2026, 3, 10))))  # Tuesday; due Tuesday 5 May

    assert "DUE TODAY. Due Tuesday 5 May." in flat(words.text)
    assert words.subject == "Child in Need: 1 due soon (Tue 5 May 2026)"


def test_what_is_to_come_says_how_many_working_days_are_left() -> None:
    words = compose(told(review_held(date(2026, 3, 16))))  # Monday; due Monday 11 May

    assert "DUE IN 4 WORKING DAYS. Due Monday 11 May." in flat(words.text)


def test_a_limit_on_a_sunday_names_the_day_to_book_by() -> None:
    words = compose(told(review_held(date(2026, 3, 15))))  # Sunday; due Sunday 10 May

    assert "Due Sunday 10 May: book by Friday 8 May." in flat(words.text)


def test_a_limit_on_a_working_day_names_no_other_day() -> None:
    words = compose(told(review_held(date(2026, 3, 13))))  # Friday; due Friday 8 May

    assert "book by" not in words.text


def test_a_limit_before_the_next_working_day_is_not_given_as_0_working_days() -> None:
    on = date(2026, 5, 8)  # Friday
    words = compose(told(review_held(date(2026, 3, 15)), on=on), on=on)  # due Sunday 10 May

    assert "DUE BEFORE THE NEXT WORKING DAY" in flat(words.text)
    assert "0 working days" not in words.text.lower()


def test_another_year_is_named() -> None:
    on = date(2026, 12, 21)  # Monday
    words = compose(told(review_held(date(2026, 11, 9)), on=on), on=on)  # Monday; due Monday 4 January 2027

    assert "Due Monday 4 January 2027." in flat(words.text)


def test_most_late_comes_first_and_then_what_is_soonest() -> None:
    days = {"AA 1": date(2026, 3, 20), "BB 2": date(2026, 2, 27), "CC 3": date(2026, 3, 12), "DD 4": date(2026, 2, 2)}
    cases = [review_held(day, ref=label, label=label) for label, day in days.items()]
    text = compose(*map(told, cases)).text

    assert sorted(days, key=lambda label: text.index(f"* {label}:")) == ["DD 4", "BB 2", "CC 3", "AA 1"]


# ---- why


def test_a_line_says_the_rule_the_clause_the_clock_and_its_length() -> None:
    text = flat(compose(told(review_held(date(2026, 3, 9)))).text)

    assert found(review_held(date(2026, 3, 9)), "review").rule.says.rstrip(".") in text
    assert "Review meeting held Monday 9 March; 8 weeks (paragraph 16)." in text


def test_a_rule_is_said_in_full_once_at_the_end_of_the_plain_text_and_each_line_names_its_clause() -> None:
    first = review_held(date(2026, 3, 2), ref="c1", label="AB 12")
    second = review_held(date(2026, 3, 9), ref="c2", label="CD 34")
    text = flat(compose(told(first), told(second)).text)

    assert text.count("Reviews follow as agreed") == 1
    assert text.count("8 weeks (paragraph 16).") == 2
    assert text.index("CD 34") < text.index("The rules, in our words") < text.index("Reviews follow as agreed")


def test_a_folded_why_says_its_rule_in_full_since_nobody_has_unfolded_the_one_above() -> None:
    cases = [review_held(day, ref=day.isoformat()) for day in (date(2026, 3, 2), date(2026, 3, 9))]  # Mondays

    assert compose(*map(told, cases)).html.count("Reviews follow as agreed") == 2


def test_what_is_absent_is_not_recorded_and_never_not_held() -> None:
    words = compose(told(review_held(date(2026, 3, 9))))

    settles = "Not recorded: initial, review or closing meeting held after Monday 9 March. Recording it settles this."
    assert settles in flat(words.text)
    assert "not held" not in (words.text + words.html).lower()


def test_a_missing_fact_is_named_in_plain_words() -> None:
    norfolk = load_policy("norfolk")
    case = review_held(date(2026, 3, 23))
    obligation = found(case, "review", policy=norfolk)  # 6 weeks: due Monday 4 May
    words = compose(told(case, obligation=obligation))

    assert obligation.missing
    assert "Not recorded: disabled, stable long-term plan. Recording it could change the date." in flat(words.text)


def test_facts_that_contradict_each_other_are_said_to_be_recorded_twice() -> None:
    since_on = date(2026, 1, 5)  # Monday
    facts = tuple(Fact(fact="disabled", value=value, since_on=since_on) for value in ("yes", "no"))
    case = review_held(date(2026, 3, 23), facts=facts)
    words = compose(told(case, obligation=found(case, "review", policy=load_policy("norfolk"))))

    assert "Recorded in two ways that contradict each other: disabled." in flat(words.text)


def test_without_a_due_date_it_says_what_would_give_one() -> None:
    case = a_case(actions=(Action(action_ref="a1", owner_ref="p1", agreed_on=date(2026, 4, 1)),))
    words = compose(told(case, "action"))

    assert words.subject == "Child in Need: 1 with no date (Tue 5 May 2026)"
    assert "NO DUE DATE. No due date is recorded for the action." in flat(words.text)
    assert "Recording it gives a date." in flat(words.text)


def test_a_doubt_about_the_rule_is_said() -> None:
    case = a_case(events=(Event(event_ref="e1", kind="assessment_completed", happened_on=date(2026, 4, 24)),))  # Friday
    words = compose(told(case, obligation=found(case, "initial_meeting", policy=load_policy("psw-brief-2020"))))

    assert "In doubt: The brief says" in flat(words.text)


def councils_own(obligation: Obligation) -> Obligation:
    return replace(obligation, figure="council", rule=obligation.rule.model_copy(update={"figure": "council"}))


def test_a_duty_with_the_councils_own_figure_is_outstanding_and_never_late_or_a_breach() -> None:
    case = review_held(date(2026, 2, 23))  # Monday; due Monday 20 April
    words = compose(told(case, obligation=councils_own(found(case, "review"))))

    assert words.subject == "Child in Need: 1 outstanding (Tue 5 May 2026)"
    assert (
        "OUTSTANDING FOR 10 WORKING DAYS. Wanted by Monday 20 April. The council's own figure; the procedure gives none."
        in flat(words.text)
    )
    for said in (words.text, words.html):
        assert "breach" not in said
        assert not re.search(r"working days? late|overdue", said, re.IGNORECASE)


def test_late_recording_is_told_apart_from_late_practice() -> None:
    meetings = (held("m1", date(2026, 2, 2)), held("m2", date(2026, 3, 30), recorded_on=date(2026, 4, 17)))  # Mondays, Friday
    case = a_case(meetings=meetings)
    obligation = obligations(case, CUMBRIA, CALENDAR, TUESDAY)
    review = next(one for one in obligation if one.duty == "review" and one.start_ref == "m1")  # due Monday 30 March
    words = compose(told(case, obligation=review))

    assert words.subject == "Child in Need: 1 settled (Tue 5 May 2026)"
    assert "DONE IN TIME. Done Monday 30 March; recorded 12 working days later." in flat(words.text)


def test_late_practice_says_how_late() -> None:
    case = a_case(meetings=(held("m1", date(2026, 2, 2)), held("m2", date(2026, 3, 31))))  # Monday, Tuesday
    review = next(one for one in obligations(case, CUMBRIA, CALENDAR, TUESDAY) if one.start_ref == "m1" and one.duty == "review")
    words = compose(told(case, obligation=review))

    assert "DONE, 1 WORKING DAY LATE. Done Tuesday 31 March; it was due Monday 30 March." in flat(words.text)


def test_what_ended_says_when_and_why_and_asks_for_nothing() -> None:
    case = review_held(date(2026, 3, 16), closed_on=date(2026, 5, 1))  # Monday, Friday
    text = flat(compose(told(case)).text)

    assert "ENDED. Ended Friday 1 May: the case closed." in text
    assert "settles" not in text


def test_the_procedures_own_name_for_a_meeting_is_used() -> None:
    salford = load_policy("salford")
    order = replace(review_held(date(2026, 2, 2)), plan_type="supervision_order")  # Monday; due Saturday 2 May
    ordinary = review_held(date(2026, 2, 2), ref="c2", label="CD 34")
    text = flat(compose(told(order, obligation=found(order, "review", policy=salford))).text)

    assert "AB 12: Hold the review: Supervision Order Review Meeting (SORM)" in text
    assert "SORM" not in compose(told(ordinary, obligation=found(ordinary, "review", policy=salford))).text


def test_evidence_from_before_the_clock_is_shown_as_not_counting() -> None:
    case = a_case(meetings=(held("m1", date(2026, 4, 13), record_shared_on=date(2026, 4, 10)),))  # Monday, Friday
    words = compose(told(case, "record_shared"))

    assert "Recorded for Fri 10 Apr 2026, before the clock started on Mon 13 Apr 2026, so it does not count." in flat(words.text)


# ---- siblings


def test_siblings_at_one_meeting_are_one_line_with_all_labels() -> None:
    cases = [review_held(date(2026, 3, 9), ref=f"c{number}", label=f"AB {number}") for number in (1, 2, 3)]
    words = compose(*map(told, cases))

    assert words.subject == "Child in Need: 1 late (Tue 5 May 2026)"
    assert "* AB 1, AB 2 and AB 3: Hold the review" in words.text
    assert links_of(words.html) == [f"https://records.example/cases/c{number}" for number in (1, 2, 3)]


def test_a_sibling_with_another_due_date_has_a_line_of_its_own() -> None:
    one, two = (review_held(date(2026, 3, 9), ref=ref, label=ref) for ref in ("c1", "c2"))
    two = replace(two, review_interval="6 weeks")

    assert len(bundles_of([told(one), told(two)])) == 2


def test_two_cases_at_two_meetings_on_one_day_are_two_lines() -> None:
    cases = [a_case(ref=ref, label=ref, meetings=(held(f"m-{ref}", date(2026, 3, 9)),)) for ref in ("c1", "c2")]

    assert len(bundles_of(map(told, cases))) == 2


# ---- for a manager


def managers(count: int, *, teams: int = 3) -> list[Told]:
    notices = []
    for number in range(count):
        day = date.fromordinal(date(2026, 3, 9).toordinal() - number)  # Monday and the days before it
        case = a_case(
            ref=f"c{number}",
            label=f"AB {number}",
            team=f"Team {number % teams}",
            meetings=(held(f"m{number}", day),),
        )
        notices.append(told(case, role="team_manager", why_you="you are the team manager", worker=f"Worker {number % 5}"))
    return notices


def test_a_manager_reads_breaches_by_team_and_worker_worst_first() -> None:
    text = compose(*managers(6, teams=2)).text

    headings = re.findall(r"^(Team \d): (\d) late$", text, re.MULTILINE)
    assert headings == [("Team 1", "3"), ("Team 0", "3")]
    assert text.index("* AB 5:") < text.index("* AB 1:") < text.index("* AB 4:")
    assert text.index("Lead practitioner: Worker 0") < text.index("* AB 5:")


def test_40_lines_are_all_listed() -> None:
    text = compose(*managers(MOST_LINES)).text

    assert len(re.findall(r"^\* ", text, re.MULTILINE)) == MOST_LINES
    assert "in the report" not in text


def test_past_40_lines_stand_the_worst_20_the_counts_by_team_and_where_the_rest_is() -> None:
    words = compose(*managers(MOST_LINES + 1))

    assert words.subject == "Child in Need: 41 late (Tue 5 May 2026)"
    listed = [int(number) for number in re.findall(r"^\* AB (\d+)", words.text, re.MULTILINE)]
    assert len(listed) == WORST
    assert set(listed) == set(range(21, 41))
    assert re.findall(r"^Team \d: (\d of \d+) late$", words.text, re.MULTILINE) == ["7 of 14", "7 of 14", "6 of 13"]
    assert "These are the worst 20 of 41. The other 21 stand in the report." in flat(words.text)
    assert "- Team 0: 14 late, 0 outstanding, 0 other" in words.text
    assert '<th class="team" scope="row"' in words.html


def test_a_duty_of_one_working_day_is_never_hidden_behind_a_long_list() -> None:
    case = a_case(ref="harm", label="ZZ 99", meetings=(held("mh", date(2026, 5, 1)),))  # Friday
    harm = councils_own(found(case, "review"))
    harm = replace(harm, length=parse_length("1 working day"), due_on=TUESDAY, book_by=TUESDAY)
    text = compose(*managers(50), told(case, obligation=harm, role="service_manager", why_you="you are the service manager")).text

    assert text.index("To act on at once: 1") < text.index("* ZZ 99:") < text.index("* AB 49:")


def test_a_chair_who_is_also_a_manager_reads_two_sections() -> None:
    own, managed = review_held(date(2026, 3, 9)), review_held(date(2026, 3, 2), ref="c2", label="CD 34", team=None)
    text = compose(
        told(own, role="chair", why_you="you are the chair"),
        told(managed, role="team_manager", why_you="you are the team manager", worker="nobody recorded"),
    ).text

    assert text.index("For you to do") < text.index("* AB 12:") < text.index("For you as a manager") < text.index("* CD 34:")
    assert "No team recorded: 1 late" in text
    assert "Lead practitioner: nobody recorded" in text


# ---- why you, and what if it is wrong


def test_the_end_says_why_you_and_how_often_and_whom_to_tell_that_it_is_wrong() -> None:
    cases = [a_case(ref=f"c{number}", meetings=(held(f"m{number}", date(2026, 3, 9)),)) for number in range(3)]
    text = flat(compose(told(cases[0]), told(cases[1]), told(cases[2], role="chair", why_you="you are the chair")).text)

    assert "Why you got this" in text
    assert "- You are the lead practitioner (2) - You are the chair (1)" in text
    assert "tell the CIN team on 01228 000000." in text


def test_a_message_about_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one notice"):
        compose()


# ---- what must never happen


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://records.example/1",
        "//records.example/1",
        "records.example/1",
        "https:///1",
        "https://records.example/a b",
        "https://records.example/\n",
        "http://[broken",
        "",
    ],
)
def test_a_link_that_is_not_plain_http_is_left_out(url: str) -> None:
    words = compose(told(review_held(date(2026, 3, 9), record_url=url)))

    assert web_address(url) is None
    assert links_of(words.html) == []
    assert "Record of" not in words.text


@pytest.mark.parametrize(
    "url", ["https://records.example/1?a=b&c=d", "http://records.example:8080/1", "HTTPS://records.example/1"]
)
def test_a_link_of_http_or_https_stands_in_both_forms(url: str) -> None:
    words = compose(told(review_held(date(2026, 3, 9), record_url=url)))

    assert links_of(words.html) == [url]
    assert f"  {url}\n" in words.text


def test_a_value_from_the_records_is_text_and_never_markup() -> None:
    nasty = '<img src=x onerror="alert(1)">&{{ 7 * 7 }}'
    case = review_held(date(2026, 3, 9), label=nasty, team=nasty)
    words = compose(told(case, role="team_manager", worker=nasty, why_you=f"you are {nasty}"))

    assert "<img" not in words.html
    assert "49" not in words.html
    assert nasty in flat(words.text)
    assert "&amp;" not in words.text


def test_a_value_cannot_start_a_line_of_its_own() -> None:
    case = review_held(date(2026, 3, 9), label="AB 12\n\nClick here\r\u2028\u202e")
    text = compose(told(case)).text

    assert "* AB 12  Click here" in text.replace("   ", "  ")
    assert not set("\r\u2028\u202e\x0b") & set(text)


def test_the_subject_holds_counts_and_a_date_and_no_label() -> None:
    case = review_held(date(2026, 3, 9), label="ZANZIBAR", ref="QUILL")
    subject = compose(told(case)).subject

    assert re.fullmatch(r"Child in Need: \d+ late \(Tue 5 May 2026\)", subject)


def test_a_case_is_named_by_its_label_and_not_by_its_birth_date_or_family() -> None:
    case = review_held(date(2026, 3, 9), born_on=date(2015, 7, 9), family_ref="FAM-QUILLFEATHER")
    words = compose(told(case))

    for said in (words.text, words.html):
        assert "QUILLFEATHER" not in said
        assert "2015" not in said


# ---- how it can be read


def test_the_text_keeps_to_72_columns_but_never_breaks_a_link() -> None:
    url = "https://records.example/" + "x" * 90
    text = compose(*managers(20), told(review_held(date(2026, 3, 10), record_url=url))).text

    assert [line for line in text.split("\n") if len(line) > 72] == [f"  {url}"]
    assert "\n\n\n" not in text


class Reader(HTMLParser):
    """Collects what a screen reader and a mail program go by."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags_of(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(html)
    return reader.tags


def links_of(html: str) -> list[str | None]:
    return [attributes["href"] for tag, attributes in tags_of(html) if tag == "a"]


def test_the_html_has_a_language_headings_without_a_gap_and_real_lists() -> None:
    tags = tags_of(compose(*managers(41), told(review_held(date(2026, 3, 9)))).html)

    assert ("html", "en-GB") in [(tag, attributes.get("lang")) for tag, attributes in tags]
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in tags if tag == "th")
    assert any(tag == "li" for tag, _ in tags)


def test_the_html_needs_nothing_from_anywhere_else() -> None:
    html = compose(*managers(41)).html

    assert not {tag for tag, _ in tags_of(html)} & {"img", "link", "script", "iframe", "object", "form", "input"}
    assert "url(" not in html
    assert "@import" not in html


def test_styles_stand_at_the_elements_and_the_dark_ones_in_the_head() -> None:
    html = compose(told(review_held(date(2026, 3, 9)))).html

    assert html.count("<style") == 1
    assert "@media (prefers-color-scheme: dark)" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "color: #a51d1d" in html


def test_late_is_said_in_words_and_not_by_colour_alone() -> None:
    bundle = (told(review_held(date(2026, 3, 9))),)

    assert tone_of(bundle) == LATE
    assert "1 working day late." in compose(*bundle).html
    assert tone_of((replace(bundle[0], obligation=councils_own(bundle[0].obligation)),)) == OUTSTANDING


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    "paper, inks",
    [
        ("#ffffff", ["#1b1f23", "#4b5158", "#a51d1d", "#8a4b00", "#1451a0"]),
        ("#15181c", ["#eceff2", "#bcc3cb", "#ff9c94", "#f5bd6b", "#8cc2ff"]),
    ],
)
def test_every_ink_is_easy_to_read_on_its_paper(paper: str, inks: list[str]) -> None:
    late, outstanding = told(review_held(date(2026, 3, 9))), review_held(date(2026, 3, 9), ref="c2")
    html = compose(late, told(outstanding, obligation=councils_own(found(outstanding, "review")))).html

    for ink in inks:
        assert ink in html
        lighter, darker = sorted((luminance(paper), luminance(ink)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2.2, level AA
