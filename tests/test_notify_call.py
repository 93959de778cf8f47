"""What GOV.UK Notify is asked: the template that fits, values that are only text, and a text message that says when and where."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meeting_cases import booked

from cin_reminders.family_words import PLAIN_SAMPLES, family_words
from cin_reminders.letter import Letter, NotifyCall
from cin_reminders.notify_call import LONGEST_TEXT, TEMPLATE_NAME, Asked, asked_for, reference_of, template_for
from cin_reminders.occasion import STAGES

JOINER = "\u2060"
PARTS = (
    ("meeting", "family meeting"),
    ("day", "Thursday 14 May 2026"),
    ("time", "10:00 to 11:30"),
    ("venue", "Mill Lane"),
    ("link", "https://meet.example/a_b(c)"),
    ("contact", "children's services on 01632 960000"),
)
CALL = NotifyCall(kind="email", stage="reminder", language="en", values=PARTS)
LETTER = Letter(
    key="cumbria/live/2026-05-04/F123/notify",
    message_id="",
    to_address="pat.parent@mail.example",
    to_name="",
    subject="Reminder: family meeting",
    text="Hello,\n",
    html="",
    call=CALL,
)


def asked(letter: Letter = LETTER, templates: tuple[str, ...] = ("email", "text")) -> Asked:
    return asked_for(letter, templates, secret=b"cumbria")


def email(text: str = "Hello,\n", **values: str) -> Asked:
    return asked(replace(LETTER, text=text, call=replace(CALL, values=(*PARTS, *values.items()))))


def text_message(text: str, values: tuple[tuple[str, str], ...] = PARTS) -> str:
    call = NotifyCall(kind="text", stage="reminder", language="en", values=values)
    return asked(replace(LETTER, to_address="07700 900123", text=text, call=call)).personalisation["body"]


# ---- the template


ALL = ("email", "text", "cancelled.email", "email.pl", "cancelled.email.pl", "email.zh", "email.zh-hant")


@pytest.mark.parametrize(
    "stage, language, kind, chosen",
    [
        ("cancelled", "pl", "email", "cancelled.email.pl"),
        ("reminder", "pl", "email", "email.pl"),
        ("cancelled", "en", "email", "cancelled.email"),
        ("reminder", "en", "email", "email"),
        ("cancelled", "pl", "text", "text"),
        ("cancelled", "PL", "email", "cancelled.email.pl"),
        ("reminder", "pl-PL", "email", "email.pl"),
        ("reminder", "pl_PL", "email", "email.pl"),
        ("reminder", "zh-Hant", "email", "email.zh-hant"),
        ("reminder", "zh-Hans", "email", "email.zh"),
        # A text that the family can read is better than one for the occasion that it cannot.
        ("cancelled", "zh", "email", "email.zh"),
        ("changed-2", "en", "email", "email"),
        ("cancelled-2", "en", "email", "cancelled.email"),
    ],
)
def test_the_narrowest_template_is_chosen_language_before_stage(stage: str, language: str, kind: str, chosen: str) -> None:
    call = NotifyCall(kind=kind, stage=stage, language=language, values=())  # type: ignore[arg-type]

    assert template_for(call, ALL) == chosen


def test_without_any_that_fits_there_is_none() -> None:
    assert template_for(CALL, ("text", "email.pl", "cancelled.email")) is None


@pytest.mark.parametrize("name", [*ALL, *(f"{stage}.text" for stage in STAGES)])
def test_a_name_of_a_template_is_a_kind_with_a_stage_before_and_a_language_after(name: str) -> None:
    assert TEMPLATE_NAME.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["sms", "mail", "email.cancelled", "overdue.email", "email.polish", "email.", ".email", "email.PL"]
)
def test_what_is_no_name_of_a_template_is_none(name: str) -> None:
    assert not TEMPLATE_NAME.fullmatch(name)


# ---- the reference


def test_the_reference_is_the_same_for_the_same_letter_and_says_nothing_of_its_key() -> None:
    reference = reference_of(LETTER.key, b"cumbria")

    assert reference == hmac.new(b"cumbria", LETTER.key.encode(), hashlib.sha256).hexdigest()[:32] == asked().reference
    assert reference != reference_of(f"{LETTER.key}-2", b"cumbria")
    assert reference != reference_of(LETTER.key, b"salford")


# ---- values that are only text


@pytest.mark.parametrize(
    "recorded, begins",
    [
        ("# Room 3", True),
        ("#3", True),
        ("^ Annex", True),
        ("* Annex", True),
        ("*Annex*", True),
        ("- Annex", True),
        ("• Annex", True),
        ("+ Annex", True),
        ("14. Church Road", True),
        ("14.30", True),
        ("14) Church Road", True),
        ("--- Annex", True),
        ("===", True),
        ("> Annex", True),
        ("```", True),
        ("~~~", True),
        ("| a | b |", True),
        ("[1]: https://elsewhere.example", True),
        ("<b>Annex</b>", True),
        ("14 Church Road", False),
        ("Room #3", False),
        ("St Mary's - the hall", False),
        ("10:00 to 11:30", False),
    ],
)
def test_what_would_begin_something_in_markdown_is_text_and_looks_the_same(recorded: str, begins: bool) -> None:
    value = email(venue=recorded).personalisation["venue"]

    assert value == (JOINER if begins else "") + recorded


@pytest.mark.parametrize(
    "recorded, kept",
    [
        ("[Annex](https://elsewhere.example)", f"{JOINER}[Annex]{JOINER}(https://elsewhere.example)"),
        ("at [Annex](https://elsewhere.example)", f"at [Annex]{JOINER}(https://elsewhere.example)"),
        ("![x](https://elsewhere.example/x.png)", f"![x]{JOINER}(https://elsewhere.example/x.png)"),
        ("the ((contact)) there", f"the ({JOINER}(contact)) there"),
        ("the (((contact)))", f"the ({JOINER}({JOINER}(contact)))"),
        ("Room 3 (first floor)", "Room 3 (first floor)"),
        ("[Room 3] (first floor)", f"{JOINER}[Room 3] (first floor)"),
    ],
)
def test_a_link_with_words_of_its_own_and_a_placeholder_are_text(recorded: str, kept: str) -> None:
    assert email(venue=recorded).personalisation["venue"] == kept


def test_a_link_to_join_stays_the_link_that_it_is() -> None:
    assert email().personalisation["link"] == "https://meet.example/a_b(c)"


@pytest.mark.parametrize(
    "recorded",
    [
        "Mill\nLane",
        "Mill\r\nLane",
        " Mill  Lane ",
        "Mill\tLane",
        "Mill\u2028Lane",
        "Mill\u2029Lane",
        "Mill\x00Lane",
        "Mill\ud800Lane",
        "Mill\x85Lane",
    ],
)
def test_a_value_is_one_line_whatever_the_records_hold(recorded: str) -> None:
    assert email(venue=recorded).personalisation["venue"] == "Mill Lane"


def test_a_subject_is_one_line_too() -> None:
    said = asked(replace(LETTER, subject="Reminder:\n# family meeting")).personalisation["subject"]

    assert said == "Reminder: # family meeting"


def test_the_words_of_the_letter_come_unbroken_since_notify_breaks_at_every_new_line() -> None:
    listed = "- Day: Thursday\n  14 May\n- Place: 14. Church\n  Road"
    text = f"Please come to the\nfamily meeting.\n\n{listed}\n\n# At last:\n\n- [x](y)\n"

    assert email(text).personalisation["body"].split("\n") == [
        "Please come to the family meeting.",
        "",
        "- Day: Thursday 14 May",
        "- Place: 14. Church Road",
        "",
        f"{JOINER}# At last:",
        "",
        f"- {JOINER}[x]{JOINER}(y)",
    ]


def test_subject_and_body_are_the_letters_own_whatever_its_values_say() -> None:
    said = email("Please come.\n", subject="Another", body="Another").personalisation

    assert (said["subject"], said["body"]) == ("Reminder: family meeting", "Please come.")


@given(st.text(max_size=60))
def test_whatever_a_value_is_nothing_begins_in_it_nothing_opens_and_it_can_be_sent(recorded: str) -> None:
    for value in (email(venue=recorded).personalisation["venue"], email(recorded).personalisation["body"]):
        value.encode()
        for line in value.split("\n"):
            rest = line.removeprefix("- ")
            assert not re.match(r"\s|[#^*•+>=_`~|<\[]|[0-9]+[.)]", rest)
            assert "](" not in line
            assert "((" not in line


@given(st.text(max_size=60))
def test_no_word_of_a_value_is_lost(recorded: str) -> None:
    said = email(venue=recorded).personalisation["venue"].replace(JOINER, "")
    wanted = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", " ", recorded).replace(JOINER, "")

    assert said.split() == wanted.split()


# ---- a text message


NEEDED = "You can reach us here: 01632 960000."
SPARE = "Is this not for you?"


def test_a_text_message_has_no_marks_in_it() -> None:
    assert text_message("# Hello,\n\n14.30 at [x](y)\n") == "# Hello,\n\n14.30 at [x](y)"


@pytest.mark.parametrize("over, kept", [(0, True), (1, False)])
def test_what_does_not_fit_is_left_out_from_the_end_where_it_can_be_spared(over: int, kept: bool) -> None:
    filling = "x" * (LONGEST_TEXT - len(f"\n\n{NEEDED}\n\n{SPARE}") + over)

    said = text_message(f"{filling}\n\n{NEEDED}\n\n{SPARE}\n")

    assert len(said) <= LONGEST_TEXT
    assert said == "\n\n".join([filling, NEEDED, *([SPARE] if kept else [])])


def test_the_words_that_announce_a_list_go_with_it() -> None:
    filling = "x" * (LONGEST_TEXT - len(f"\n\n{NEEDED}") - 30)

    said = text_message(f"{filling}\n\nPlease tell us if:\n\n- you cannot come\n- you need help\n\n{NEEDED}\n")

    assert said == f"{filling}\n\n{NEEDED}"


@pytest.mark.parametrize("needed", ["am 3. Mai", "at Mill Lane", "https://meet.example/a_b(c)", "um ١٠"])
def test_no_figure_and_no_part_is_ever_left_out(needed: str) -> None:
    text = "\n\n".join(["y" * 400, "z" * 500, needed])

    assert text_message(text) == f"{'y' * 400}\n\n{needed}"


def test_an_empty_part_keeps_nothing() -> None:
    text = "\n\n".join(["y" * 400, "z" * 500])

    assert text_message(text, (("venue", ""), ("link", ""))) == "y" * 400


@pytest.mark.parametrize("text", ["1" * (LONGEST_TEXT + 1), "x" * (LONGEST_TEXT + 1), f"{'1' * 500}\n\n{'2' * 500}"])
def test_what_cannot_be_spared_and_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^the text message has \d+ characters, over the 858 that there is room for$"):
        text_message(text)


@pytest.mark.parametrize("name", PLAIN_SAMPLES)
def test_every_notice_for_a_family_fits_and_says_when_where_and_how_to_reach_somebody(name: str) -> None:
    venue = "Sample Family Centre, Upper Ground Floor, 3 Mill Lane, Sampleton SA1 1AA"
    for stage in STAGES:
        words = family_words(
            reader="child" if "child" in name else "family",
            stage=stage,
            sitting=booked(venue=venue, online_url="https://meet.example/sample"),
            council="Sample Council",
            contact="children's services on 01632 960000",
            family_name="family meeting",
            to_bring=("Please read the plan", "Please bring what you want to say"),
            via=None,
            language="en",
            translations={},
        )
        said = text_message(words.text, words.values)
        assert len(said) <= LONGEST_TEXT
        whole = " ".join(words.text.split())
        shown = {key for key, value in words.values if value and value in whole}
        assert {key for key, value in words.values if value and value in said} == shown
        assert shown >= {"day", "contact"} | ({"time", "venue", "link"} if stage != "cancelled" else set())


def test_long_texts_take_no_time_to_speak_of() -> None:
    assert len(email("Hello.\n" * 300_000).personalisation["body"]) == 2_099_999
    assert len(text_message("Hello.\n\n" * 100_000)) <= LONGEST_TEXT


def test_the_day_of_the_samples_is_a_thursday() -> None:
    assert date(2026, 5, 14).weekday() == 3
