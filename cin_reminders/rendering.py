"""Rendering: values into text and HTML through Jinja2's sandbox, the one place where templates meet what the records hold.

Every template escapes, plain text included, an undefined name is an error, and a template is only ever given values that
cannot change.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from datetime import date
from typing import Any

import css_inline
from jinja2 import PackageLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from cin_reminders.words import day_in_words

WIDTH = 72
# Control characters, line and paragraph separators, lone surrogates: a value must not begin a line of its own.
_UNWANTED = frozenset({"Cc", "Zl", "Zp", "Cs"})
# Characters that turn the direction of writing, so that a reader sees something other than what stands there.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(value: object) -> str:
    """The value as one line of text: each control character is a blank. Every other character stays as it is."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text  # as nearly every value is: nothing to look for
    return "".join(
        " " if character in _TURNING or unicodedata.category(character) in _UNWANTED else character for character in text
    )


def wrapped(value: object, first: str = "", then: str = "") -> Markup:
    """The value as lines of at most 72 columns; a longer word, such as an address on the web, is never broken.

    ``first`` begins the first line and ``then`` each further one.
    """
    lines = textwrap.wrap(
        plain(value), WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )
    return Markup("\n".join(lines))  # noqa: S704 - plain text, see _as_text


def underlined(value: object, mark: str) -> Markup:
    """A heading in plain text: the value with a line of marks under it."""
    lines = str(wrapped(value)).split("\n")
    return Markup("\n".join([*lines, mark * max(map(len, lines))]))  # noqa: S704 - plain text, see _as_text


def _day(value: date | None) -> str:
    return day_in_words(value) if value else "–"


def _as_text(value: object) -> object:
    # Autoescape is on for plain text too, but `&amp;` has no business there. What could do harm in plain text is a character
    # that starts a line or turns the writing round. So those are taken out, and the rest is marked as needing no more escaping.
    return value if hasattr(value, "__html__") else Markup(plain(value))  # noqa: S704


def _as_html(value: object) -> object:
    # Markup of our own stays; any other value is cleaned here and then escaped by Jinja2.
    return value if hasattr(value, "__html__") else plain(value)


def _environment(finalize: Any) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("cin_reminders"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        auto_reload=False,  # the templates are part of the program: asking the disk after each costs as much as rendering it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrapped"] = wrapped
    environment.filters["underlined"] = underlined
    environment.filters["day"] = _day
    return environment


_TEXT = _environment(_as_text)
_HTML = _environment(_as_html)
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


def render_text(template: str, **values: object) -> str:
    """A plain text from a template and frozen values: no trailing blanks, no two empty lines together, one newline at the end.

    Raises TypeError for a value that can change, and jinja2.TemplateError where the template asks for what is not there.
    """
    return _tidied(_render(_TEXT, template, values))


def _tidied(text: str) -> str:
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def render_own_text(source: str, **values: object) -> str:
    """A plain text from a template that the council wrote itself. Raises as ``render_text`` does."""
    return _tidied(_filled(_TEXT.from_string(source), values))


def render_html(template: str, **values: object) -> str:
    """An HTML page from a template and frozen values. Raises as ``render_text`` does."""
    return _render(_HTML, template, values)


def render_mail(template: str, **values: object) -> str:
    """An HTML page for a mail program: its styles stand at each element, and only those marked to be kept stay in the head.

    Raises as ``render_text`` does.
    """
    return _INLINER.inline(render_html(template, **values))


def _render(environment: ImmutableSandboxedEnvironment, template: str, values: dict[str, object]) -> str:
    return _filled(environment.get_template(template), values)


def _filled(template: Template, values: dict[str, object]) -> str:
    for name, value in values.items():
        try:
            hash(value)
        except TypeError:
            raise TypeError(f"{name}: a template is given frozen values only, and this one can change") from None
    return template.render(values)


def check_templates() -> list[str]:
    """What is wrong with the templates: each is rendered with sample values that reach every branch; none or one line a fault."""
    # Only here, since all of these render through this module.
    from cin_reminders import invitation_words, messages, report_pages

    samples = {**messages.SAMPLES, **report_pages.SAMPLES, **invitation_words.SAMPLES}
    problems = [f"templates/{name}: has no sample to check it with" for name in _HTML.list_templates() if name not in samples]
    for name, pages in samples.items():
        render = render_text if name.endswith(".txt") else render_mail
        for page in pages:
            try:
                render(name, page=page)
            except (TemplateError, TypeError, css_inline.InlineError) as error:
                place = f", line {line}" if (line := getattr(error, "lineno", None)) else ""
                problems.append(f"templates/{name}{place}: {type(error).__name__}: {error}")
    return list(dict.fromkeys(problems))
