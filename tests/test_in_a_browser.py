"""What people read, in a real browser: on a narrow window, in the dark, with images off, and read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from browser import samples
from browser.calendar_page import ICAL_JS, calendar_page
from browser.chromium import AXE, CHROMIUM, LIBRARIES, SCHEMES, card_page, chromium, opened, read_aloud, sticking_out, violations

pytestmark = pytest.mark.browser
MESSAGES, REPORTS, CARDS, NOTICES = samples.messages(), samples.reports(), samples.cards(), samples.notices()
PAGES = {
    **{f"message {name}": html for name, html in MESSAGES.items()},
    **{f"report {name}": html for name, html in REPORTS.items()},
    **{f"notice {name}": html for name, html in NOTICES.items()},
}
NARROW = (320, 640)  # CSS pixels: what a window of 640 has at 200 % zoom, and that window

needs_packages = pytest.mark.skipif(
    not all(path.exists() for path in (AXE, ICAL_JS, *LIBRARIES)), reason="needs the packages of tests/browser: npm ci there"
)


@pytest.fixture(scope="module")
def window() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with chromium() as window:
        yield window


def test_nothing_of_a_page_is_left_for_the_next_one(window: Any) -> None:
    with opened(window, "<script>window.mark = 1</script><img src='https://asked.example/for.png'>", scheme="dark") as page:
        assert page.evaluate("window.mark") == 1
        assert page.asked_for == ["https://asked.example/for.png"]

    with opened(window, "<p>Another page</p>") as page:
        assert page.evaluate("window.mark") is None
        assert page.asked_for == []
        assert page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")


# ---- for everybody


@pytest.mark.node
@needs_packages
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong_with_a_page(window: Any, name: str, scheme: str) -> None:
    # The contrast of what a table's frame hides cannot be measured, so the widest table of a report gets all the room it wants.
    roomy, width = ("max-width: none", 2400) if name.startswith("report") else ("max-width: 1100px", 640)
    with opened(window, PAGES[name].replace("max-width: 1100px", roomy), scheme=scheme, width=width) as page:
        assert violations(page) == []


@pytest.mark.parametrize("width", NARROW)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_window(window: Any, name: str, width: int) -> None:
    with opened(window, PAGES[name], width=width) as page:
        assert sticking_out(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", ["forty", "past-forty", "two-meetings", "meetings-alone"])
def test_only_words_too_long_for_the_window_are_broken(window: Any, name: str) -> None:
    with opened(window, MESSAGES[name], width=320) as page:
        assert broken_words(page) == []


def broken_words(page: Any) -> list[str]:
    """Every word that stands on more than one line."""
    return list(
        page.evaluate("""() => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
            for (let node; node = walker.nextNode();)
                for (const word of node.data.matchAll(/[^\\s-]+/g)) {
                    const range = document.createRange();
                    range.setStart(node, word.index);
                    range.setEnd(node, word.index + word[0].length);
                    if (new Set([...range.getClientRects()].map(one => Math.round(one.top))).size > 1) found.push(word[0]);
                }
            return found;
        }""")
    )


@pytest.mark.parametrize(
    "page_name",
    ["message forty", "message two-meetings", "report forty", "notice chair-forty", "notice family-invitation"],
)
def test_in_the_dark_paper_ink_and_links_have_colours_of_their_own(window: Any, page_name: str) -> None:
    light, dark = (colours(window, PAGES[page_name], scheme) for scheme in SCHEMES)

    assert light.keys() == dark.keys()
    assert [what for what in light if light[what] == dark[what]] == []


def colours(window: Any, html: str, scheme: str) -> dict[str, str]:
    with opened(window, html, scheme=scheme) as page:
        found = page.evaluate("""() => {
            const found = selector => document.querySelector(selector);
            const of = (selector, property) => found(selector) && getComputedStyle(found(selector))[property];
            const small = '.small, .quiet', late = '.late .status, strong.late';
            return {
                paper: of('body', 'backgroundColor'), ink: of('body', 'color'), heading: of('h1', 'color'),
                link: of('a', 'color'), late: of(late, 'color'), bar: of('li.late', 'borderLeftColor'), quiet: of(small, 'color'),
            };
        }""")
    return {what: colour for what, colour in found.items() if colour}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_standing_has_a_bar_of_its_own_colour(window: Any, scheme: str) -> None:
    with opened(window, MESSAGES["each-standing"], scheme=scheme) as page:
        bars = page.evaluate("""() => Object.fromEntries([...document.querySelectorAll('li.line')].map(
            line => [line.className.split(' ')[1], getComputedStyle(line).borderLeftColor]))""")

    assert set(bars) == {"late", "outstanding", "soon", "changed", "no_date", "done"}
    # What asks for nothing today has no colour.
    assert bars["no_date"] == bars["done"]
    assert len(set(bars.values())) == 5


# ---- in mail programs


@pytest.mark.parametrize(
    "name",
    [
        "message each-standing",
        "message past-forty",
        "message meetings-alone",
        "notice chair-invitation",
        "notice family-invitation",
    ],
)
def test_without_its_style_sheet_a_message_looks_the_same(window: Any, name: str) -> None:
    with_it, without_it = (looks(window, PAGES[name], drop) for drop in (False, True))

    assert len(with_it) > 20
    assert with_it == without_it


def looks(window: Any, html: str, drop: bool) -> list[dict[str, str]]:
    """How each element looks in the light, with the style sheet in the head or without."""
    with opened(window, re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL) if drop else html) as page:
        return list(
            page.evaluate("""() => [...document.body.querySelectorAll('*')].map(element => {
                const style = getComputedStyle(element), box = element.getBoundingClientRect();
                const looks = ['color', 'backgroundColor', 'font', 'margin', 'padding', 'border', 'listStyle', 'textAlign'];
                return {
                    what: `${element.tagName} ${element.className}`, at: `${box.x} ${box.y} ${box.width} ${box.height}`,
                    ...Object.fromEntries(looks.map(name => [name, style[name]])),
                };
            })""")
        )


def test_the_bar_of_a_line_stands_where_word_keeps_it() -> None:
    # Outlook's Word keeps borders and padding of list lines and table cells, and neither of a block or a paragraph.
    line = re.search(r'<li class="line late" style="([^"]*)"', MESSAGES["each-standing"])

    assert line
    assert "border-left-color: #a51d1d" in line[1]
    assert "padding: 10px 12px" in line[1]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_has_no_picture(window: Any, name: str) -> None:
    with opened(window, PAGES[name]) as page:
        assert page.evaluate("document.images.length") == 0
        assert page.asked_for == []


# ---- read aloud


def aloud(window: Any, html: str) -> list[tuple[str, str, dict[str, Any]]]:
    with opened(window, html) as page:
        return read_aloud(page)


@pytest.mark.parametrize("name", PAGES)
def test_headings_come_in_order_and_skip_no_level(window: Any, name: str) -> None:
    levels = [int(properties["level"]) for role, _, properties in aloud(window, PAGES[name]) if role == "heading"]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []


def test_a_message_is_read_from_what_is_most_urgent_to_whom_to_tell(window: Any) -> None:
    headings = [name for role, name, _ in aloud(window, MESSAGES["each-standing"]) if role == "heading"]

    assert headings == [
        "Child in Need: 1 late, 1 outstanding, 1 due soon, 1 changed, 1 with no date, 1 settled",
        "For you to do",
        "Late: 1",
        "Outstanding: 1",
        "Due soon: 1",
        "Changed since you were told: 1",
        "No date can be worked out: 1",
        "Settled: 1",
        "Why you got this",
        "Is something wrong?",
    ]


def test_the_meetings_of_a_day_are_read_in_short_before_the_duties_and_in_full_after_them(window: Any) -> None:
    headings = [name for role, name, _ in aloud(window, MESSAGES["two-meetings"]) if role == "heading"]

    assert headings == [
        "Child in Need: 1 late, 1 meeting changed, 1 due soon, 1 other meeting, 2 to mend",
        "Your meetings",
        "For you to do",
        "Late: 1",
        "Due soon: 1",
        "Your meetings in full",
        "Thursday 7 May, 16:00 to 17:30: MR-8834 and MR-8835",
        "Tuesday 12 May, 16:00 to 17:30: HT-2951",
        "To mend: 2",
        "For you to settle",
        "Agenda",
        "Why you got this",
        "Is something wrong?",
    ]


def test_what_a_case_is_called_is_not_broken_in_two_beside_its_meeting(window: Any) -> None:
    with opened(window, MESSAGES["two-meetings"], width=320) as page:
        heights = page.evaluate("[...document.querySelectorAll('.label')].map(one => one.getBoundingClientRect().height)")

    assert len(heights) == 4
    assert max(heights) < 30  # one line


@pytest.mark.parametrize("width, most", [(390, 760), (640, 620)])
def test_the_meetings_and_the_first_breach_stand_on_the_first_screen(window: Any, width: int, most: int) -> None:
    with opened(window, MESSAGES["two-meetings"], width=width) as page:
        bottom = page.evaluate("document.querySelector('li.late .status').getBoundingClientRect().bottom")

    assert bottom < most


def test_every_line_is_read_as_one_of_a_list_and_its_link_says_which_record(window: Any) -> None:
    nodes = aloud(window, MESSAGES["forty"])
    roles = [role for role, _, _ in nodes]

    # The forty lines, and the one reason.
    assert roles.count("listitem") == 41
    assert [name for role, name, _ in nodes if role == "link"][:2] == ["AL-1234", "AP-1364"]
    assert roles.count("link") == 40


def test_the_counts_by_team_are_a_table_whose_cells_are_read_with_team_and_column(window: Any) -> None:
    nodes = aloud(window, MESSAGES["past-forty"])

    assert [name for role, name, _ in nodes if role == "table"] == ["By team"]
    assert [name for role, name, _ in nodes if role == "columnheader"] == ["Team", "Late", "Outstanding", "Other"]
    assert [name for role, name, _ in nodes if role == "rowheader"] == [
        "Children with Disabilities",
        "North Family Support",
        "South Family Safeguarding",
        "Assessment and Planning",
    ]


def test_every_table_of_the_report_has_a_name_and_headers_both_ways(window: Any) -> None:
    nodes = aloud(window, REPORTS["forty"])
    tables = [name for role, name, _ in nodes if role == "table"]

    assert len(tables) >= 6
    assert all(tables)
    assert {"columnheader", "rowheader"} <= {role for role, _, _ in nodes}
    assert [name for role, name, _ in nodes if role in ("columnheader", "rowheader") and not name] == []


# ---- cards, as the official renderer shows them


@pytest.mark.node
@needs_packages
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", CARDS)
def test_the_official_renderer_shows_a_card_and_axe_finds_nothing_wrong(window: Any, name: str, scheme: str) -> None:
    with opened(window, card_page(CARDS[name], scheme), scheme=scheme) as page:
        assert page.evaluate("window.faults") == []
        assert "This is only a copy" in page.inner_text("main")
        assert violations(page) == []


@pytest.mark.node
@needs_packages
@pytest.mark.parametrize("width", NARROW)
@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_no_wider_than_the_window(window: Any, name: str, width: int) -> None:
    with opened(window, card_page(CARDS[name], "light"), width=width) as page:
        assert sticking_out(page) == []


@pytest.mark.node
@needs_packages
def test_each_label_on_a_card_opens_its_record(window: Any) -> None:
    with opened(window, card_page(CARDS["one"], "light")) as page:
        links = page.evaluate("[...document.querySelectorAll('a')].map(one => [one.textContent, one.href])")
        buttons = page.evaluate(
            "[...document.querySelectorAll('button, [role=button], [role=link]')].map(one => one.textContent)"
        )

    assert links == [["AB 12", "https://records.example/cases/AB-12"]]
    assert buttons == ["Open the report"]


@pytest.mark.node
@needs_packages
def test_mark_up_in_a_label_is_shown_as_it_stands(window: Any) -> None:
    with opened(window, card_page(CARDS["mark-up"], "light")) as page:
        links = page.evaluate("[...document.querySelectorAll('a')].map(one => one.textContent)")
        hosts = page.evaluate("[...document.querySelectorAll('a')].map(one => one.hostname)")
        marked_up = page.evaluate("document.querySelectorAll('main :is(strong, em, at, code, s, img)').length")

    assert links == ["[x](http://evil.example)", "<at>all</at>", "**AB** _12_"]
    assert set(hosts) == {"records.example"}
    assert marked_up == 0


# ---- calendar files, as another program's parser reads them


@pytest.fixture(scope="module")
def calendars(window: Any) -> list[list[dict[str, tuple[str, bool]]]]:
    """What ical.js finds: for each calendar and file the value of each name, and whether it is marked as new."""
    with opened(window, calendar_page(samples.calendar_files())) as page:
        return list(
            page.evaluate("""() => [...document.querySelectorAll('section')].map(
                calendar => [...calendar.querySelectorAll('dl')].map(file => Object.fromEntries(
                    [...file.querySelectorAll('dt')].map(({textContent, nextSibling: value}) =>
                        [textContent, [value.textContent, value.className === 'new']]))))""")
        )


@pytest.mark.node
@needs_packages
def test_each_calendar_holds_one_entry_that_moves_and_goes(calendars: Any) -> None:
    assert len(calendars) == 2
    for files in calendars:
        assert [[file[name][0] for name in ("METHOD", "SEQUENCE", "DTSTART", "STATUS")] for file in files] == [
            ["REQUEST", "0", "2026-05-26 16:00, Europe/London", "CONFIRMED"],
            ["REQUEST", "1", "2026-05-28 10:00, Europe/London", "CONFIRMED"],
            ["CANCEL", "2", "2026-05-28 10:00, Europe/London", "CANCELLED"],
        ]
        assert len({file["UID"][0] for file in files}) == 1


@pytest.mark.node
@needs_packages
def test_two_calendars_share_no_name_and_a_partners_says_no_child_in_need(calendars: Any) -> None:
    staff, partner = calendars

    assert staff[0]["UID"] != partner[0]["UID"]
    assert {file["ATTENDEE"][0] for file in partner} == {"mailto:p.nair@school.example"}
    assert "child in need" in str(staff).lower()
    assert "child in need" not in str(partner).lower()


@pytest.mark.node
@needs_packages
def test_what_differs_from_the_file_before_is_marked(calendars: Any) -> None:
    for files in calendars:
        assert [[name for name, (_, is_new) in file.items() if is_new] for file in files] == [
            [],
            ["SEQUENCE", "DTSTART", "DTEND", "LOCATION", "DESCRIPTION"],
            ["METHOD", "SEQUENCE", "LOCATION", "STATUS", "DESCRIPTION"],
        ]
