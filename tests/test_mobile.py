"""A mobile number is read however people write it, and what could be nobody's, or somebody else's, is read as none."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cin_reminders.mobile import read_mobile


@pytest.mark.parametrize(
    "written",
    [
        "07700900123",
        "07700 900 123",
        " 07700 900123 ",
        "(07700) 900-123",
        "07700.900.123",
        "07700\u2011900\u2011123",
        "07700\u00a0900123",
        "+447700900123",
        "+44 7700 900123",
        "+44 (0)7700 900123",
        "+44(0) 7700 900123",
        "00447700900123",
        "0044 (0) 7700 900 123",
    ],
)
def test_a_number_from_here_is_one_however_it_is_written(written: str) -> None:
    assert read_mobile(written) == "+447700900123"


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "none",
        "0770090012",
        "077009001234",
        "7700900123",
        "447700900123",
        "+4407700900123",
        "+44 (0)(0)7700 900123",
        "(0)447700900123",
        "01632 960000",
        "020 7946 0000",
        "0800 1111",
        "999",
        "07700 900123 / 07700 900124",
        "07700 900123, 07700 900124",
        "07700 900123 mum",
        "tel:07700900123",
        "07700 900123 ext. 4",
        "O7700 900123",
        "٠٧٧٠٠٩٠٠١٢٣",
        "07700900123\x00",
    ],
)
def test_what_is_no_mobile_number_is_none(written: str) -> None:
    assert read_mobile(written) is None


@pytest.mark.parametrize(
    "written, is_mobile",
    [
        ("07000 900123", False),  # forwards calls, at a price
        ("07100 900123", True),
        ("07500 900123", True),
        ("07600 900123", False),  # a pager
        ("07623 900123", False),
        ("07624 900123", True),  # the Isle of Man
        ("07625 900123", False),
        ("07900 900123", True),
        ("08000 900123", False),
    ],
)
def test_only_the_ranges_of_mobile_numbers_are_read(written: str, is_mobile: bool) -> None:
    assert (read_mobile(written) is not None) is is_mobile


@pytest.mark.parametrize(
    "written, read",
    [
        ("+353 85 012 3456", "+353850123456"),
        ("+48 512-345-678", "+48512345678"),
        ("+1 (555) 010-9999", "+15550109999"),
        ("+7 999 123 45 67", "+79991234567"),
        ("+7700 900123", None),  # a slip in a number from here
        ("+1 555 010 999", None),
        ("+3531234", None),
        ("+353123456", "+353123456"),
        ("+353123456789012", "+353123456789012"),
        ("+3531234567890123", None),
        ("+0 7700 900123", None),
        ("+44 1632 960000", None),
        ("00353 85 012 3456", None),
        ("353850123456", None),
    ],
)
def test_another_countrys_number_is_kept_with_its_plus_where_its_length_is_possible(written: str, read: str | None) -> None:
    assert read_mobile(written) == read


GAPS = st.text(alphabet=" ()-.\u00a0\u2013", max_size=3)


@given(figures=st.from_regex(r"7[1-57-9][0-9]{8}", fullmatch=True), before=st.sampled_from(["0", "+44", "0044"]), data=st.data())
def test_whatever_stands_between_the_figures_the_number_is_the_same(figures: str, before: str, data: st.DataObject) -> None:
    written = before + "".join(data.draw(GAPS) + figure for figure in figures)

    assert read_mobile(written) == f"+44{figures}"


@given(st.text(alphabet="0123456789+ ()-./x\n", max_size=24) | st.text(max_size=24))
@example("+44" + "0" * 10)
def test_whatever_is_read_is_read_again_as_the_same_and_has_the_form_that_is_written_to(text: str) -> None:
    read = read_mobile(text)

    assert read is None or (re.fullmatch(r"\+[1-9][0-9]{7,14}", read) and read_mobile(read) == read)


@given(st.text(alphabet="0123456789+ ()-.", max_size=24))
def test_no_figure_is_lost_or_made_up_but_those_before_the_number(text: str) -> None:
    read = read_mobile(text)

    if read is not None:
        assert re.sub(r"[^0-9]", "", text).endswith(read.removeprefix("+44").removeprefix("+"))
