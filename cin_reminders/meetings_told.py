"""Meetings in a person's message of the day: each in one line first, then in full, and what a procedure asks of several once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from cin_reminders.invitation_words import MEETING_PAGES
from cin_reminders.occasion import UNREACHED, Listed, Page
from cin_reminders.words import count_of, day_in_full

CANCELLED, CHANGED = "cancelled", "changed"
# What is new of a meeting, in the order in which a reader must know it.
_NEWS = (CANCELLED, CHANGED, UNREACHED)


@dataclass(frozen=True, kw_only=True, slots=True)
class InShort:
    """One meeting in one line. ``tone`` is that of a line: `changed`, `outstanding` where something is to be mended, `soon`."""

    when: str
    labels: str
    tone: str
    status: str
    further: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InFull:
    """One meeting with everything that the person is told of it, but for what is said of several at once."""

    when: str
    news: str
    page: Page


@dataclass(frozen=True, kw_only=True, slots=True)
class Meetings:
    """The meetings that a person is told of today. A cancelled one is said in its line, and in full only whom to tell so.

    ``files`` says how many calendar files go with the message, ``procedures`` where the clauses of ``shared`` stand.
    """

    lines: tuple[InShort, ...]
    files: str
    in_full: tuple[InFull, ...]
    shared: tuple[Listed, ...]
    procedures: tuple[str, ...]
    reasons: tuple[str, ...]


def meetings_of(pages: Sequence[Page], on: date) -> Meetings:
    """The meetings as the message of the day says them: what is new of one first, then the soonest."""
    ordered = sorted(pages, key=_urgency)
    in_full = [page for page in ordered if page.is_on or (page.chair and page.chair.unreached)]
    return Meetings(
        lines=tuple(_in_short(page, on) for page in ordered),
        files=_files(ordered),
        in_full=tuple(_in_full(page, on) for page in in_full),
        shared=tuple(_shared(in_full)),
        procedures=tuple(dict.fromkeys(page.procedure for page in in_full if page.asked and page.procedure)),
        reasons=_reasons(ordered),
    )


def counted_meetings(pages: Sequence[Page]) -> tuple[list[str], list[str]]:
    """The meetings counted for a title: what is new (`1 meeting cancelled`, `2 not reached`), and the rest (`2 meetings`)."""
    standings = [_standing(page) for page in pages]
    told = {standing: standings.count(standing) for standing in (CANCELLED, CHANGED)}
    news = [f"{count_of(number, 'meeting')} {standing}" for standing, number in told.items() if number]
    others = len(pages) - sum(told.values())
    further = [count_of(others, "other meeting" if news else "meeting")] if others else []
    copies = [page.chair for page in pages if page.chair]
    unreached, to_mend = sum(len(one.unreached) for one in copies), sum(len(one.to_mend) for one in copies)
    return [*news, *_some(unreached, "not reached")], [*further, *_some(to_mend, "to mend")]


def _reasons(pages: Iterable[Page]) -> tuple[str, ...]:
    """Why the person is told of their meetings, each reason once with the cases whose meetings it stands for."""
    about: dict[str, dict[str, None]] = {}
    for page in pages:
        about.setdefault(page.reason.rstrip("."), {})[page.labels] = None
    return tuple(f"{why}: {'; '.join(labels)}" for why, labels in about.items())


def _standing(page: Page) -> str:
    return page.stage if page.is_on else CANCELLED


def _urgency(page: Page) -> tuple[int, datetime, str]:
    standing = _standing(page)
    return _NEWS.index(standing) if standing in _NEWS else len(_NEWS), page.starts_at or datetime.max, page.labels


def _day(page: Page, on: date) -> str:
    return day_in_full(page.starts_at.date(), on) if page.starts_at else page.day


def _in_short(page: Page, on: date) -> InShort:
    is_changed = page.stage == CHANGED
    if page.is_on:
        unreached, to_mend = (len(page.chair.unreached), len(page.chair.to_mend)) if page.chair else (0, 0)
        said = [*(["changed"] if is_changed else []), *_some(unreached, "not reached"), *_some(to_mend, "to mend")]
        status, further = "; ".join(said).capitalize(), _where(page)
    else:
        # The news of a meeting that is off says all there is to know.
        status, _, further = page.news.rstrip(".").partition(". ")
    return InShort(
        when=f"{_day(page, on)}, {page.time.partition(' ')[0]}",
        labels=page.labels,
        tone="changed" if is_changed or not page.is_on else "outstanding" if status else "soon",
        status=status,
        further=further,
    )


def _in_full(page: Page, on: date) -> InFull:
    news = f"{page.meeting[:1].upper()}{page.meeting[1:]}. {page.news}"
    return InFull(when=f"{_day(page, on)}, {page.time}", news=news, page=page)


def _where(page: Page) -> str:
    if page.venue:
        return f"{page.venue} or online" if page.link else page.venue
    return "Online" if page.link else "Place not recorded"


def _some(number: int, words: str) -> list[str]:
    return [f"{number} {words}"] if number else []


def _files(pages: Sequence[Page]) -> str:
    """How many calendar files go with the message: of a meeting that was taken out of the calendar before, none."""
    number = sum(page.is_on or page.stage != UNREACHED for page in pages)
    if not number:
        return ""
    return "A calendar file is attached." if number == 1 else f"{number} calendar files are attached."


def _shared(pages: Sequence[Page]) -> Iterator[Listed]:
    """What a procedure asks of the meetings, each list once, with the cases of its meetings where it is not asked of all."""
    asked: dict[Listed, dict[str, None]] = {}
    for page in pages:
        for one in page.asked:
            asked.setdefault(one, {})[page.labels] = None
    everybody = {page.labels for page in pages if page.is_on}
    for one, labels in asked.items():
        yield one if set(labels) == everybody else replace(one, heading=f"{one.heading}: {'; '.join(labels)}")


# ---- what `check` renders the templates with

SAMPLE = meetings_of(MEETING_PAGES, date(2026, 5, 4))  # Monday
