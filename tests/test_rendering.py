"""Templates: what they may do, what becomes of a value, and that each can be checked before a run."""

from __future__ import annotations

from importlib.resources import files

import pytest
from jinja2 import TemplateError, UndefinedError
from jinja2.exceptions import SecurityError

from cin_reminders import rendering
from cin_reminders.rendering import check_templates, plain, render_html, render_mail, render_text, underlined, wrapped


def text_of(template: str, **values: object) -> str:
    return rendering._TEXT.from_string(template).render(values)


def html_of(template: str, **values: object) -> str:
    return rendering._HTML.from_string(template).render(values)


def test_every_template_of_the_package_renders_with_its_sample() -> None:
    assert check_templates() == []


def test_there_is_a_sample_for_every_template() -> None:
    names = {file.name for file in files("cin_reminders").joinpath("templates").iterdir()}

    assert {"message.txt", "message.html", "report.html"} <= names


def test_a_template_with_a_slip_is_reported_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from cin_reminders import messages

    monkeypatch.setattr(messages, "SAMPLES", {"message.txt": (None,), "no-such.txt": (None,)})
    problems = check_templates()

    assert any(problem.startswith("templates/message.txt: UndefinedError") for problem in problems)
    assert any(problem.startswith("templates/no-such.txt: TemplateNotFound") for problem in problems)
    assert "templates/message.html: has no sample to check it with" in problems


def test_html_escapes_every_value() -> None:
    assert html_of("{{ label }}", label='<b a="1">&</b>') == "&lt;b a=&#34;1&#34;&gt;&amp;&lt;/b&gt;"


def test_plain_text_keeps_every_sign_as_it_is() -> None:
    assert text_of("{{ label }} {{ label | wrapped }}", label="<b> & 'c'") == "<b> & 'c' <b> & 'c'"


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\0", "\x1b", "\x85", "\u2028", "\u2029", "\u202e", "\u2066", "\ud800"])
def test_a_character_that_could_start_a_line_or_turn_the_writing_becomes_a_blank(character: str) -> None:
    assert plain(f"a{character}b") == "a b"
    assert text_of("{{ label }}", label=f"a{character}b") == "a b"
    assert html_of("{{ label }}", label=f"a{character}b") == "a b"


@pytest.mark.parametrize("word", ["Zoë", "Müller-Łukasz", "محمد", "李", "👩‍👧", "O’Brien"])
def test_names_of_every_script_stay_as_they_are(word: str) -> None:
    assert plain(word) == word


@pytest.mark.parametrize(
    "template", ["{{ absent }}", "{{ label.absent }}", "{% if absent %}{% endif %}", "{{ absent | wrapped }}"]
)
def test_a_name_that_is_not_there_is_an_error(template: str) -> None:
    for environment in (text_of, html_of):
        with pytest.raises(UndefinedError):
            environment(template, label="x")


@pytest.mark.parametrize("template", ["{{ ''.__class__.__mro__ }}", "{{ label.__class__.__init__.__globals__ }}"])
def test_a_template_cannot_reach_behind_a_value(template: str) -> None:
    with pytest.raises(SecurityError):
        html_of(template, label="x")


def test_a_template_cannot_change_a_value() -> None:
    with pytest.raises(SecurityError):
        html_of("{{ labels.append(1) }}", labels=[])


@pytest.mark.parametrize("value", [[], {}, set()])
def test_a_value_that_can_change_is_refused_by_its_name(value: object) -> None:
    for render in (render_text, render_html, render_mail):
        with pytest.raises(TypeError, match="page: a template is given frozen values only"):
            render("message.txt", page=value)


def test_a_template_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TemplateError):
        render_text("../settings.py")


def test_no_template_marks_a_value_as_safe_or_turns_escaping_off() -> None:
    for file in files("cin_reminders").joinpath("templates").iterdir():
        source = file.read_text(encoding="utf-8")
        assert "safe" not in source
        assert "autoescape" not in source


def test_lines_are_at_most_72_columns_and_a_long_word_is_never_broken() -> None:
    address = "https://records.example/" + "a-b" * 40
    lines = wrapped("word " * 30 + address, "* ", "  ").split("\n")

    assert [len(line) > 72 for line in lines] == [False, False, False, True]
    assert lines[0].startswith("* word")
    assert lines[-1] == f"  {address}"


def test_a_heading_is_underlined_as_far_as_it_goes() -> None:
    assert underlined("Late: 1", "-") == "Late: 1\n-------"
