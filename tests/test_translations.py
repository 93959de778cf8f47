"""A council's own texts for families are used whole or not at all; `check` names every fault and each language without a text."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from small_council import EARLY, SmallCouncil, small_council

from cin_reminders.case import Case, Meeting, Person
from cin_reminders.errors import SettingsError
from cin_reminders.family_words import PlainPage, family_words, faults_of_translation
from cin_reminders.occasion import STAGES, NoticeWords
from cin_reminders.settings import load_settings
from cin_reminders.sitting import Sitting
from cin_reminders.translations import languages_without_text, read_translations

ON = date(2026, 3, 16)  # Monday
PAGE = (Path(__file__).parent.parent / "docs" / "settings.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"<!-- translation -->\n```jinja\n(.+?)```\n<!-- /translation -->", PAGE, flags=re.DOTALL)
SOUND = """\
Spotkanie: {{ page.starts_at.day }}.{{ page.starts_at.month }}

Dzień {{ page.starts_at.day }}, {{ page.at }}, {{ page.venue }}, {{ page.link }}. Kontakt: {{ page.contact }}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    return tmp_path / "texts"


def put(folder: Path, name: str = "meeting_family.pl.txt", text: str | bytes = SOUND) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(folder: Path) -> list[str]:
    """What is said of a folder that is refused."""
    with pytest.raises(SettingsError) as refused:
        read_translations(folder)
    return list(refused.value.problems)


# ---- read


def test_the_texts_of_a_folder_are_read_by_the_names_of_their_files(folder: Path) -> None:
    put(folder)
    put(folder, "meeting_child.pt-br.txt", SOUND.replace("Spotkanie", "Reunião"))

    assert read_translations(folder) == {
        "meeting_child.pt-br.txt": SOUND.replace("Spotkanie", "Reunião"),
        "meeting_family.pl.txt": SOUND,
    }


def test_a_folder_without_a_text_is_right(folder: Path) -> None:
    assert read_translations(folder) == {}


def test_a_text_as_windows_saves_it_reads_as_any_other(folder: Path) -> None:
    put(folder, text=b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())

    assert words(read_translations(folder)) == words({"meeting_family.pl.txt": SOUND})


def test_a_tab_is_a_blank(folder: Path) -> None:
    put(folder, text=SOUND.replace("Spotkanie: ", "Spotkanie:\t"))

    assert words(read_translations(folder)).subject == "Spotkanie: 14.5"


@pytest.mark.parametrize("name", [".DS_Store", ".meeting_family.pl.txt.swp", ".gitkeep"])
def test_files_whose_names_begin_with_a_dot_are_passed_over(folder: Path, name: str) -> None:
    put(folder)
    put(folder, name, b"\xff\x00")
    (folder / ".old").mkdir()

    assert list(read_translations(folder)) == ["meeting_family.pl.txt"]


@pytest.mark.skipif(os.name == "nt", reason="Windows lets few people make links")
def test_a_link_to_a_text_is_the_text_and_a_folder_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    elsewhere = put(tmp_path, "anything")
    (folder / "meeting_family.pl.txt").symlink_to(elsewhere)
    (tmp_path / "link").symlink_to(folder)

    assert read_translations(tmp_path / "link") == {"meeting_family.pl.txt": SOUND}


# ---- refused


def test_a_folder_that_is_not_there_or_none_is_named(folder: Path) -> None:
    assert faults(folder / "none") == ["meetings.translations: the folder none cannot be read: No such file or directory"]
    assert faults(put(folder)) == ["meetings.translations: the folder meeting_family.pl.txt cannot be read: Not a directory"]


@pytest.mark.parametrize(
    "name, text, fault",
    [
        ("meeting_family.pl.txt", SOUND.encode("utf-16"), "is not UTF-8; "),
        ("meeting_family.pl.txt", SOUND.encode("iso-8859-2"), "is not UTF-8; "),
        ("photo.jpg", b"\xff\xd8", "is not UTF-8; only texts for families stand in this folder"),
        ("meeting_family.pl.txt", "", "every letter: does not say the day"),
        ("meeting_family.pl.txt", SOUND.replace("page.at", "page.att"), "has no attribute 'att'"),
        ("meeting_family.pl.txt", SOUND.replace("Kontakt", "Child in need"), 'says "child in need"'),
        ("meeting_family.pl.txt", SOUND.replace("page.at ", "1 / 0 "), "cannot be filled in: ZeroDivisionError"),
        ("meeting_family.pl.txt", SOUND.replace("page.at ", "'%(x)s' % {} "), "cannot be filled in: KeyError"),
        ("meeting_family.pl.txt", SOUND.replace("Spotkanie", "Spot\x0ckanie"), "holds control characters (U+000C)"),
        ("meeting_family.pl.txt", SOUND.replace("Spotkanie", "Spot\u2028kanie"), "holds control characters (U+2028)"),
        ("meeting_family.en.txt", SOUND, "would never be used: the English text comes with the service"),
        ("meeting_family.PL.txt", SOUND, "must be named as meeting_family.pl.txt"),
        ("meeting_staff.pl.txt", SOUND, "must be named as meeting_family.pl.txt"),
        ("meeting_family.pl.txt~", SOUND, "must be named as meeting_family.pl.txt"),
        ("read me.md", "About these texts", "must be named as meeting_family.pl.txt"),
    ],
)
def test_a_file_that_could_not_be_sent_to_a_family_or_would_never_be_is_refused(
    folder: Path, name: str, text: str | bytes, fault: str
) -> None:
    put(folder, "meeting_child.ro.txt")
    put(folder, name, text)

    found = faults(folder)

    assert all(one.startswith(f"meetings.translations: {name}: ") for one in found)
    assert any(fault in one for one in found)


def test_english_of_another_country_is_a_language_of_its_own(folder: Path) -> None:
    put(folder, "meeting_family.en-ie.txt")

    assert list(read_translations(folder)) == ["meeting_family.en-ie.txt"]


def test_every_fault_of_every_file_is_said_at_once(folder: Path) -> None:
    put(folder, text=SOUND.replace("{{ page.at }}, ", "").replace("Kontakt", "Child in need"))
    put(folder, "meeting_child.pl.txt", b"\xff")
    put(folder, "notes.txt", "")
    (folder / "old").mkdir()

    found = faults(folder)

    named = list(dict.fromkeys(one.split(": ")[1] for one in found))
    assert named == ["meeting_child.pl.txt", "meeting_family.pl.txt", "notes.txt", "old"]
    assert [one for one in found if "old: " in one] == [
        "meetings.translations: old: is a folder; the texts stand beside each other in one"
    ]
    assert any("does not say the time" in one for one in found)
    assert any('says "child in need"' in one for one in found)


def test_what_several_letters_lack_is_said_once_with_their_stages(folder: Path) -> None:
    late = '{% if page.stage != "tomorrow" and page.stage != "cancelled" %}{{ page.at }}{% endif %}'
    put(folder, text=SOUND.replace("{{ page.contact }}", "").replace("{{ page.venue }}", "").replace("{{ page.at }}", late))

    assert [one.removeprefix("meetings.translations: meeting_family.pl.txt: ") for one in faults(folder)] == [
        "every letter: does not say the contact",
        "invitation, reminder, tomorrow and changed: does not say the place",
        "tomorrow: does not say the time",
    ]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.timeout(20)
def test_a_pipe_and_a_link_to_nowhere_are_refused_and_never_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "meeting_family.pl.txt")
    (folder / "meeting_child.pl.txt").symlink_to(folder / "gone")
    (folder / "meeting_child.ro.txt").symlink_to(folder / "meeting_child.ro.txt")

    assert {one.split(": ", 2)[2] for one in faults(folder)} == {"is no file, or a link that leads to none"}
    assert len(faults(folder)) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that is there and that nobody can read")
def test_a_file_that_cannot_be_read_is_named_beside_the_faults_of_the_others(folder: Path) -> None:
    (folder / "meeting_family.pl.txt").symlink_to("/proc/self/mem")
    put(folder, "notes.txt", "")

    assert faults(folder)[0] == "meetings.translations: meeting_family.pl.txt: cannot be read: Input/output error"
    assert len(faults(folder)) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_name_that_a_terminal_could_not_show_is_still_told(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/a\xff\nb.txt"))).write_text("x")

    [fault] = faults(folder)

    assert fault.startswith("meetings.translations: a  b.txt: must be named as ")


# ---- the settings


@pytest.mark.parametrize("written", ["", "."])
def test_the_folder_of_the_settings_is_no_folder_of_texts(tmp_path: Path, written: str) -> None:
    (tmp_path / "s.toml").write_text(
        f'council = "t"\npolicy = "cumbria"\n[records]\nurl = "csv:x"\n[meetings]\ntranslations = "{written}"\n', encoding="utf-8"
    )

    with pytest.raises(SettingsError, match="meetings: translations: must be a folder of its own"):
        load_settings(tmp_path / "s.toml")


# ---- check


def somebody(kind: str = "family", language: str = "pl", **more: Any) -> Person:
    return Person(**{"person_ref": "P", "name": "Kelly Hill", "kind": kind, "contact": "yes", "language": language} | more)


def wanting(people: Sequence[Person], *texts: str) -> list[str]:
    return list(languages_without_text(people, dict.fromkeys(texts, SOUND), ON))


@pytest.mark.parametrize(
    "one, counts",
    [
        (somebody(), True),
        (somebody("child"), True),
        (somebody(contact="via"), True),
        (somebody(contact="no"), False),
        (somebody("professional"), False),
        (somebody(language="en"), False),
        (somebody(language=" EN-gb "), False),
        (somebody(language="English"), False),
        (somebody(active_until=ON), True),
        (somebody(active_until=date(2026, 3, 15)), False),  # Sunday
    ],
)
def test_whoever_may_be_written_to_and_would_read_english_for_want_of_a_text_is_counted(one: Person, counts: bool) -> None:
    assert (wanting([one]) != []) is counts


@pytest.mark.parametrize("language", ["pl", "PL", "pl-PL", "pl_PL"])
def test_a_language_with_a_text_is_not_mentioned_and_a_child_needs_a_text_for_children(language: str) -> None:
    assert wanting([somebody(language=language)], "meeting_family.pl.txt") == []
    assert wanting([somebody("child", language)], "meeting_family.pl.txt") != []
    assert wanting([somebody("child", language)], "meeting_child.pl.txt") == []


def test_the_languages_without_a_text_are_named_the_commonest_first_with_those_that_no_file_can_be_in() -> None:
    people = [somebody(language=one) for one in ("ro", "pl", "Polish", "pl", "pt_BR")]

    assert wanting([*people, somebody("child", "ur")]) == [
        "meetings.translations: there is no meeting_family text in 'pl' (2 people), "
        "'polish' (1 person; no code such as pl, so no file can be in it), 'pt_br' (1 person), 'ro' (1 person): "
        "these people would read English",
        "meetings.translations: there is no meeting_child text in 'ur' (1 person): these people would read English",
    ]


@pytest.fixture
def council(tmp_path: Path) -> SmallCouncil:
    council = small_council(tmp_path, more='[meetings]\ntranslations = "texts"\n')
    (tmp_path / "texts").mkdir()
    for kind in ("family", "child"):
        row = {
            "person_ref": kind,
            "name": "Canary",
            "kind": kind,
            "language": "pl",
            "contact": "yes",
            "email": "canary@home.test",
        }
        council.rows["cin_people"].append(row)
    return council


def check(council: SmallCouncil) -> list[str]:
    """What `check` says of the texts, problems and notes."""
    council.write_settings()
    council.write_records()
    out = council.cin("check", "--on", EARLY).out
    assert "anary" not in out
    return [line for line in out.splitlines() if "meetings.translations" in line]


def test_check_says_every_fault_of_the_texts_as_a_problem_and_then_nothing_of_languages(council: SmallCouncil) -> None:
    put(council.folder / "texts", text=b"\xff")
    put(council.folder / "texts", "notes.txt")

    found = check(council)

    assert len(found) == 2
    assert all(line.startswith("problem: meetings.translations: ") for line in found)


def test_check_hides_no_fault_of_the_texts_behind_one_of_the_term_dates(council: SmallCouncil) -> None:
    put(council.folder / "texts", text=b"\xff")
    council.more += 'term_dates = "gone.csv"\n'

    assert len(check(council)) == 1


def test_check_notes_the_languages_of_families_without_a_text(council: SmallCouncil) -> None:
    note = "note: meetings.translations: there is no meeting_family text in 'pl' (1 person): these people would read English"
    assert check(council) == [note]

    put(council.folder / "texts")

    assert check(council) == []


@pytest.mark.parametrize("from_age, said", [("", False), ("children_from_age = 12\n", True)])
def test_check_notes_the_languages_of_children_only_where_children_are_written_to(
    council: SmallCouncil, from_age: str, said: bool
) -> None:
    put(council.folder / "texts")
    council.more += from_age

    assert any("meeting_child" in line for line in check(council)) is said


# ---- the page that says how to write one


def words(
    translations: dict[str, str] | Any,
    stage: str = "invitation",
    via: Literal["professional", "family"] | None = None,
    **columns: Any,
) -> NoticeWords:
    """A notice to a Polish family of a meeting on Thursday 14 May 2026 from ten to half past eleven."""
    usual: dict[str, Any] = {
        "scheduled_at": datetime(2026, 5, 14, 10),  # Thursday
        "ends_at": datetime(2026, 5, 14, 11, 30),  # Thursday
        "venue": "Ellerford Centre",
        "online_url": "https://meet.example/ab-12",
    }
    meeting = Meeting(meeting_ref="M1", kind="review", **(usual | columns))
    case = Case(case_ref="C1", label="AB 12", plan_type="child_in_need")
    return family_words(
        reader="family",
        stage=stage,
        sitting=Sitting(meeting_ref="M1", meetings=((case, meeting),)),
        council="Cumbria Council",
        contact="01632 960000",
        family_name="family meeting",
        to_bring=[],
        via=via,
        language="pl",
        translations=translations,
    )


def example(stage: str = "invitation", **more: Any) -> NoticeWords:
    return words({"meeting_family.pl.txt": EXAMPLE}, stage, **more)


def test_the_text_on_the_page_can_be_used_as_it_stands(folder: Path) -> None:
    put(folder, text=EXAMPLE)

    assert faults_of_translation("meeting_family.pl.txt", EXAMPLE) == ()
    assert read_translations(folder) == {"meeting_family.pl.txt": EXAMPLE}


def test_the_text_on_the_page_says_the_meeting_in_polish() -> None:
    found = example()

    assert found.language == "pl"
    assert found.subject == "Zaproszenie na spotkanie: czwartek, 14 maja 2026, godz. 10:00"
    assert (
        "- Dzień: czwartek, 14 maja 2026\n- Godzina: 10:00\n- Miejsce: Ellerford Centre\n- Online: https://meet.example/ab-12\n"
        in (found.text)
    )
    assert found.text.endswith("Cumbria Council\n")
    assert '<html lang="pl"' in found.html


@pytest.mark.parametrize("stage", STAGES)
def test_the_text_on_the_page_holds_at_every_stage_and_leaves_no_brace(stage: str) -> None:
    found = example(stage)

    assert not re.search(r"[{}%]", found.subject + found.text)
    assert ("odwołane" in found.text) is (stage == "cancelled")
    assert ("Ellerford" in found.text) is (stage != "cancelled")


def test_the_text_on_the_page_is_passed_on_by_name_of_the_case_to_a_professional_alone() -> None:
    assert "przekazać tę wiadomość rodzinie: AB 12." in example(via="professional").text
    assert "przekazać tę wiadomość dalej." in example(via="family").text
    assert "przekazać" not in example().text


def test_the_text_on_the_page_says_where_it_will_be_told_if_nobody_knows_the_place() -> None:
    assert "Miejsce podamy później." in example(venue=None, online_url=None).text


def test_the_page_names_all_that_a_text_is_given_and_nothing_else() -> None:
    named = re.findall(r"^\| `page\.([a-z_]+)` \| [^|]+ \|$", PAGE, flags=re.MULTILINE)

    assert sorted(named) == sorted(field.name for field in fields(PlainPage))
    assert len(named) == len(set(named))
