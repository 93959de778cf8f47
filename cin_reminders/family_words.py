"""Notices of a meeting for a family and for a child: plain words, in the reader's language where the council has a text in it.

The text is the only source of the words: its first line is the subject, and the HTML is made from its paragraphs, so that another
language needs one file. No label, no clause, no name: whoever reads it by mistake learns nothing of a child.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from jinja2 import TemplateError

from cin_reminders.occasion import (
    ENGLISH,
    FAMILY_NAME,
    STAGES,
    Block,
    Entry,
    NoticeWords,
    Page,
    Via,
    day_of,
    place_of,
    start_of,
    time_of,
)
from cin_reminders.rendering import render_mail, render_own_text, render_text, wrapped
from cin_reminders.sitting import Sitting
from cin_reminders.unsaid import says_child_in_need
from cin_reminders.words import joined


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainPage:
    """What the text for a family or a child is given; ``starts_at`` is for languages that write a date their own way."""

    stage: str
    council: str
    meeting: str
    starts_at: datetime
    day: str
    at: str
    time: str
    venue: str
    link: str
    to_bring: tuple[str, ...]
    contact: str
    via: Via | None
    label: str
    whom: str


def family_words(
    *,
    reader: Literal["family", "child"],
    stage: str,
    sitting: Sitting,
    council: str,
    contact: str,
    family_name: str,
    to_bring: Sequence[str],
    via: Via | None,
    language: str,
    translations: Mapping[str, str],
    whom: str = "",
) -> NoticeWords:
    """One notice for somebody of the family or for a child; see ``invitation_words.words_for``."""
    venue, link, left_out = place_of(sitting, stage, guarded=True)
    page = PlainPage(
        stage=stage,
        council=council,
        meeting=family_name,
        starts_at=sitting.scheduled_at,
        day=day_of(sitting),
        at=start_of(sitting),
        time=time_of(sitting),
        venue=venue,
        link=link,
        to_bring=tuple(to_bring) if stage != "cancelled" else (),
        contact=contact.rstrip("."),
        via=via,
        # Somebody who works for the council passes on for many; a family knows for whom it does.
        label=joined(sitting.labels, "and") if via == "professional" else "",
        whom=whom,
    )
    used, rendered = _rendered(f"meeting_{reader}", page, language, translations)
    subject, _, body = rendered.partition("\n")
    blocks = tuple(_blocks(body, link))
    html_page = Page(title=subject, blocks=blocks, language="en-GB" if used == ENGLISH else used)
    words = NoticeWords(
        subject=subject,
        text=_as_text(blocks),
        html=render_mail("meeting_family.html", page=html_page),
        language=used,
        values=tuple((key, getattr(page, key)) for key in ("meeting", "day", "time", "venue", "link", "contact")),
        left_out=left_out,
    )
    if any(map(says_child_in_need, (words.subject, words.text))) and via != "professional":
        raise ValueError(f'the text for a family ({used}) says "child in need", which no family may read')
    return words


def _rendered(name: str, page: PlainPage, language: str, translations: Mapping[str, str]) -> tuple[str, str]:
    """The language that the words are in, and the words. A council's text that fails on this very meeting leaves English."""
    used, own = _translation(name, language, translations)
    if own is not None:
        try:
            return used, render_own_text(own, page=page)
        except Exception:  # a text of their own may raise anything, and nobody may be left without a word for it
            used = ENGLISH
    return used, render_text(f"{name}.txt", page=page)


def is_written_in(reader: str, language: str, translations: Mapping[str, str]) -> bool:
    """Whether somebody of the family reads their own language: it is English, or the council has a text in it."""
    spoken = language.strip().lower().replace("_", "-").partition("-")[0]
    return spoken in (ENGLISH, "eng", "english", "") or _translation(f"meeting_{reader}", language, translations)[1] is not None


def _translation(name: str, language: str, translations: Mapping[str, str]) -> tuple[str, str | None]:
    """The language to write in, with a council's own text; none for English, and for a language that has no text."""
    wanted = language.strip().lower().replace("_", "-")
    for one in dict.fromkeys((wanted, wanted.partition("-")[0])):
        if one != ENGLISH and (own := translations.get(f"{name}.{one}.txt")) is not None:
            return one, own
    return ENGLISH, None


def _blocks(body: str, link: str) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n", body.strip("\n")):
        lines = paragraph.split("\n")
        if all(line.startswith("- ") for line in lines):
            yield Block(entries=tuple(_entry(line.removeprefix("- "), link) for line in lines))
        elif paragraph.strip():
            yield Block(text=" ".join(line.strip() for line in lines))


def _entry(line: str, link: str) -> Entry:
    label, colon, text = line.partition(": ")
    if not colon:
        return Entry(label="", text=line)
    return Entry(label=label, text=text, url=link if text == link else "")


def _as_text(blocks: Sequence[Block]) -> str:
    parts = []
    for block in blocks:
        said = (f"{one.label}: {one.text}" if one.label else one.text for one in block.entries)
        parts.append("\n".join(wrapped(one, "- ", "  ") for one in said) if block.entries else str(wrapped(block.text)))
    return "\n\n".join(parts) + "\n"


def faults_of_translation(file_name: str, text: str) -> tuple[str, ...]:
    """What is wrong with a council's own text for families: its name, its template, and what a family could not do without.

    Each fault is one line without the file's name. Empty where it may be used.
    """
    if not re.fullmatch(r"meeting_(family|child)\.[a-z]{2,3}(-[a-z0-9]+)*\.txt", file_name):
        return ("must be named as meeting_family.pl.txt and meeting_child.pl.txt are: the language in small letters",)
    return tuple(dict.fromkeys(_faults_of_translation(text)))


def _faults_of_translation(text: str) -> Iterator[str]:
    for page in _PLAIN_SAMPLES:
        try:
            rendered = render_own_text(text, page=page)
        except (TemplateError, TypeError, ValueError) as error:
            yield f"{page.stage}: {type(error).__name__}: {error}"
            continue
        body = rendered.partition("\n")[2]
        needed = {"the day": str(page.starts_at.day), "the contact": page.contact}
        if page.stage != "cancelled":
            needed |= {"the time": page.at, "the place": page.venue, "the link": page.link}
        yield from (f"{page.stage}: does not say {what}" for what, said in needed.items() if said and said not in body)
        if not body.startswith("\n"):
            yield f"{page.stage}: the first line is the subject; an empty line must follow it"
        if says_child_in_need(rendered):
            yield f'{page.stage}: says "child in need"'


# ---- what `check` renders the texts with

_WHEN = datetime(2026, 5, 14, 10)  # Thursday
_PLACES: tuple[tuple[str, str, tuple[str, ...], Via | None], ...] = (
    ("Sample Centre, 3 Mill Lane", "https://meet.example/sample", ("Please read the plan",), None),
    ("Sample Centre, 3 Mill Lane", "", (), "family"),
    ("", "", (), "professional"),
)


def _sample(stage: str, venue: str, link: str, to_bring: tuple[str, ...], via: Via | None) -> PlainPage:
    is_on = stage != "cancelled"
    return PlainPage(
        stage=stage,
        council="Sample Council",
        meeting=FAMILY_NAME,
        starts_at=_WHEN,
        day="Thursday 14 May 2026",
        at="10:00",
        time="10:00 to 11:30",
        venue=venue if is_on else "",
        link=link if is_on else "",
        to_bring=to_bring if is_on else (),
        contact="Sample Council on 01632 960000",
        via=via,
        label="AB 12" if via == "professional" else "",
        whom="the parent who hears of this through you" if via == "professional" else "",
    )


_PLAIN_SAMPLES = tuple(_sample(stage, *place) for stage in STAGES for place in _PLACES)
PLAIN_SAMPLES: Mapping[str, tuple[PlainPage, ...]] = dict.fromkeys(("meeting_family.txt", "meeting_child.txt"), _PLAIN_SAMPLES)
