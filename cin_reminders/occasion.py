"""A meeting as its notices see it: when and where, in words, and what one notice consists of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cin_reminders.chair import ChairsCopy, Point
from cin_reminders.line import web_address
from cin_reminders.rendering import plain
from cin_reminders.sitting import Sitting
from cin_reminders.unsaid import says_child_in_need
from cin_reminders.words import day_in_full

# Who passes a notice on to somebody who is reached through them.
Via = Literal["professional", "family"]
STAGES = ("invitation", "reminder", "tomorrow", "changed", "cancelled")
# A further one for the chair alone: somebody who was to be told could not be reached.
UNREACHED = "unreached"
FAMILY_NAME = "family meeting"
ENGLISH = "en"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeWords:
    """One notice of a meeting in words, and the language that they are in.

    ``values`` are its parts by name, for a service that keeps templates of its own (family and child only). ``left_out`` names
    what the records hold but this reader may not read: `venue`, `link`.
    """

    subject: str
    text: str
    html: str
    language: str = ENGLISH
    values: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line of a list: what stands before its colon, the rest, and the link that the rest is."""

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A paragraph, or a list of lines."""

    text: str = ""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """What a procedure asks of a meeting under one heading; ``is_ordered``: one after the other."""

    heading: str
    points: tuple[Point, ...]
    is_ordered: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What an HTML page, and the text for a professional or a partner, is given.

    ``is_on``: the meeting is to be held. ``starts_at`` is by the clock in London; a family's page has none, nor anything else
    below its paragraphs.
    """

    title: str
    language: str = "en-GB"
    blocks: tuple[Block, ...] = ()
    stage: str = ""
    is_on: bool = True
    starts_at: datetime | None = None
    meeting: str = ""
    council: str = ""
    name: str = ""
    news: str = ""
    labels: str = ""
    day: str = ""
    time: str = ""
    venue: str = ""
    link: str = ""
    asked: tuple[Listed, ...] = ()
    chair: ChairsCopy | None = None
    procedure: str = ""
    reason: str = ""
    contact: str = ""


def day_of(sitting: Sitting) -> str:
    """The day with its weekday and year: `Thursday 14 May 2026`."""
    return day_in_full(sitting.scheduled_at.date(), None)


def start_of(sitting: Sitting) -> str:
    """When it begins, as people say it: `10:00`."""
    return f"{sitting.scheduled_at:%H:%M}"


def time_of(sitting: Sitting) -> str:
    """From when to when, or from when alone where no end on that day is recorded: `10:00 to 11:30`."""
    ends = sitting.ends_at
    same_day = ends is not None and ends.date() == sitting.scheduled_at.date() and ends > sitting.scheduled_at
    return f"{start_of(sitting)} to {ends:%H:%M}" if same_day else start_of(sitting)


def place_of(sitting: Sitting, stage: str, *, guarded: bool) -> tuple[str, str, tuple[str, ...]]:
    """Venue and link, neither for a cancelled meeting; ``guarded``: without what names a child in need, and what that was."""
    if stage == "cancelled":
        return "", "", ()
    found = {"venue": plain(sitting.venue or "").strip(), "link": web_address(sitting.online_url) or ""}
    left_out = tuple(what for what, said in found.items() if guarded and says_child_in_need(said))
    shown = {what: "" if what in left_out else said for what, said in found.items()}
    return shown["venue"], shown["link"], left_out
