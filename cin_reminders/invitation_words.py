"""Notices of a meeting in words: to its chair, to other professionals, to partners, to the family and to a child.

A family and a partner never read of a child in need, of another attendee or of another's address; a family reads plain words and
no label. No day is called today or tomorrow, since a message may be read later than it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, get_args

from cin_reminders.agenda import AskedOfMeeting
from cin_reminders.chair import Answers, ChairsCopy, Found, Point, points
from cin_reminders.family_words import PLAIN_SAMPLES, PlainPage, family_words
from cin_reminders.occasion import (
    ENGLISH,
    FAMILY_NAME,
    STAGES,
    UNREACHED,
    Block,
    Entry,
    Listed,
    NoticeWords,
    Page,
    Via,
    day_of,
    place_of,
    start_of,
    time_of,
)
from cin_reminders.rendering import plain, render_mail, render_text
from cin_reminders.sitting import Sitting
from cin_reminders.unsaid import says_child_in_need
from cin_reminders.words import joined, nearest

Reader = Literal["chair", "staff", "partner", "family", "child"]
_SUBJECTS = {
    "invitation": "Invitation",
    "reminder": "Reminder",
    "tomorrow": "Reminder",
    "changed": "Changed",
    "cancelled": "Cancelled",
    UNREACHED: "Not reached",
}
_NEWS = {
    "invitation": "You are invited to this meeting.",
    "reminder": "This is a reminder of the meeting.",
    "tomorrow": "This is a reminder of the meeting.",
    "changed": "The meeting has changed. What stands here takes the place of what you were told before.",
    "cancelled": "The meeting is cancelled. If you were told another day for it, that is off too.",
}
_CHAIR = {
    "invitation": "You are to chair this meeting.",
    "reminder": "You chair this meeting.",
    "tomorrow": "You chair this meeting.",
}
# Why somebody is told, where nothing else is said; True for the chair.
_WHY = {True: "you chair this meeting", False: "you are asked to this meeting"}
_NOT_REACHED = "Not everybody could be told of this meeting."
_NOT_REACHED_OFF = "The meeting is cancelled, and not everybody could be told so."
_MOST_LABELS = 3
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingPage:
    """One notice of a meeting as its templates are given it, and what had to be left out of it: `venue`, `link`."""

    page: Page
    left_out: tuple[str, ...] = ()


def words_for(
    *,
    reader: Reader,
    stage: str,
    sitting: Sitting,
    council: str,
    contact: str,
    name: str = "",
    meeting_name: str = "",
    family_name: str = FAMILY_NAME,
    asked: AskedOfMeeting | None = None,
    chair: ChairsCopy | None = None,
    procedure: str = "",
    why: str = "",
    is_changed: bool = False,
    via: Via | None = None,
    language: str = ENGLISH,
    translations: Mapping[str, str] = _NONE,
) -> NoticeWords:
    """The words of one notice of a meeting for one reader, in a message of its own.

    What professionals and partners are told is as ``page_for`` says. ``via``: a notice for the family goes to somebody who passes
    it on. ``translations`` are texts for families by the name of their file, `meeting_family.pl.txt`; where there is none in the
    reader's language, the words are English and say so.

    Raises ValueError for an unknown reader or stage, and where a setting would name "child in need" to a family or a partner.
    """
    if reader not in get_args(Reader):
        raise ValueError(f"no reader is called {reader!r}{nearest(reader, get_args(Reader))}")
    if reader == "family" or reader == "child":
        kind = _kind_of(stage, is_changed, STAGES)
        _check_settings(council=council, contact=contact, family_name=family_name)
        return family_words(
            reader=reader,
            stage=kind,
            sitting=sitting,
            council=council,
            contact=contact,
            family_name=family_name,
            to_bring=[one.says for one in (asked or AskedOfMeeting()).family_brings],
            via=via,
            language=language,
            translations=translations,
        )
    found = page_for(
        reader=reader,
        stage=stage,
        sitting=sitting,
        council=council,
        contact=contact,
        name=name,
        meeting_name=meeting_name,
        family_name=family_name,
        asked=asked,
        chair=chair,
        procedure=procedure,
        why=why,
        is_changed=is_changed,
    )
    template = "meeting_partner" if reader == "partner" else "meeting_staff"
    return NoticeWords(
        subject=found.page.title,
        text=render_text(f"{template}.txt", page=found.page),
        html=render_mail(f"{template}.html", page=found.page),
        left_out=found.left_out,
    )


def page_for(
    *,
    reader: Literal["chair", "staff", "partner"],
    stage: str,
    sitting: Sitting,
    council: str,
    contact: str,
    name: str = "",
    meeting_name: str = "",
    family_name: str = FAMILY_NAME,
    asked: AskedOfMeeting | None = None,
    chair: ChairsCopy | None = None,
    procedure: str = "",
    why: str = "",
    is_changed: bool = False,
) -> MeetingPage:
    """What a professional is told of one meeting, for a message of its own or as a part of the message of the day.

    ``stage``: `invitation`, `reminder`, `tomorrow`, `changed` or `cancelled` (or `changed-2`), and for the chair `unreached`
    (or `unreached-` with anything after it). ``is_changed``: the reader was told something else before, whatever the stage.
    ``name`` is the reader's own, ``meeting_name`` the procedure's name for the meeting, ``family_name`` the one for families and
    partners. ``chair`` is what the chair reads beside. ``procedure`` says where the clauses stand. ``why`` says why they get it,
    as a fragment: `you chair this meeting`.

    Raises ValueError for an unknown stage, and where a setting would name "child in need" to a partner.
    """
    chairs, inside = reader == "chair", reader != "partner"
    kind = _kind_of(stage, is_changed, (*STAGES, UNREACHED) if chairs else STAGES)
    if not inside:
        _check_settings(council=council, contact=contact, family_name=family_name)
    asked, own_copy, why = asked or AskedOfMeeting(), chair if chairs else None, why or _WHY[chairs]
    is_on = kind != "cancelled" and not (own_copy is not None and own_copy.is_off)
    if not is_on:
        kind = kind if kind == UNREACHED else "cancelled"
        own_copy = own_copy and ChairsCopy(is_off=True, unreached=own_copy.unreached)
    venue, link, left_out = place_of(sitting, kind if is_on else "cancelled", guarded=not inside)
    called = (meeting_name or "meeting") if inside else family_name
    # Without the label a school could not tell whom the meeting is about. The council chose it, and it is never a name.
    subject = f"{_SUBJECTS[kind]}: {called} about {_in_short(sitting.labels)}, {day_of(sitting)} at {start_of(sitting)}"
    if own_copy and own_copy.to_mend:
        subject += f" ({len(own_copy.to_mend)} to mend)"
    page = Page(
        title=plain(subject),
        stage=kind,
        is_on=is_on,
        starts_at=sitting.scheduled_at,
        meeting=called,
        council=council,
        name=name,
        news=_news(kind, why, chairs=chairs, is_on=is_on),
        labels=joined(sitting.labels, "and"),
        day=day_of(sitting),
        time=time_of(sitting),
        venue=venue,
        link=link,
        asked=_listed(asked, own_copy) if is_on else (),
        chair=own_copy,
        procedure=procedure if inside else "",
        reason=_sentence(why),
        contact=contact,
    )
    return MeetingPage(page=page, left_out=left_out)


def _check_settings(**settings: str) -> None:
    for setting, said in settings.items():
        if says_child_in_need(said):
            raise ValueError(f'{setting}: families and partners read it, so it may not say "child in need"')


def _news(kind: str, why: str, *, chairs: bool, is_on: bool) -> str:
    if kind == UNREACHED:
        return _NOT_REACHED if is_on else _NOT_REACHED_OFF
    # Whoever is told in the place of somebody else, or for want of a chair, is not told that they are invited or chair it.
    if kind in _CHAIR and why != _WHY[chairs]:
        return _sentence(why)
    return _CHAIR.get(kind, _NEWS[kind]) if chairs else _NEWS[kind]


def _listed(asked: AskedOfMeeting, chair: ChairsCopy | None) -> tuple[Listed, ...]:
    """What the procedure asks, under its headings; what is for the chair alone stands in the chair's copy."""
    lists = (
        Listed(heading="For you to settle", points=chair.to_settle if chair else ()),
        Listed(heading="Agenda", points=chair.agenda if chair else (), is_ordered=True),
        Listed(heading="What the professionals are asked to bring" if chair else "What to bring", points=points(asked.to_bring)),
    )
    return tuple(one for one in lists if one.points)


def _kind_of(stage: str, is_changed: bool, stages: Sequence[str]) -> str:
    kind = re.sub(r"^(changed|cancelled)-\d+$|^(unreached)-.+$", r"\1\2", stage)
    if kind not in stages:
        raise ValueError(f"no stage of a meeting's notices is called {stage!r}{nearest(kind, stages)}")
    return "changed" if is_changed and kind != "cancelled" else kind


def _sentence(why: str) -> str:
    return f"{why[:1].upper()}{why[1:]}."


def _in_short(labels: Sequence[str]) -> str:
    if len(labels) <= _MOST_LABELS:
        return joined(labels, "and")
    return joined([*labels[: _MOST_LABELS - 1], f"{len(labels) - _MOST_LABELS + 1} others"], "and")


# ---- what `check` renders each template with

_POINT = Point(says="What has gone well", clause="paragraph 6")
_FOUND = Found(
    what="Nobody is down to take notes.", why="The record is due in 10 working days.", do="Ask somebody to take notes."
)
_CHAIRS = ChairsCopy(
    unreached=(_FOUND,),
    to_mend=(_FOUND,),
    to_consider=(_FOUND,),
    answered="1 coming",
    answers=(Answers(heading="Coming", people=("Sam Sample (Sample School, education)",)),),
    overdue=("AB 12: action A-1, of Sam Sample, was due Friday 1 May",),
    to_settle=(_POINT,),
    agenda=(_POINT,),
    notes=("There is no text in the language recorded as pl.",),
)
_LISTED = (Listed(heading="For you to settle", points=(_POINT,)), Listed(heading="Agenda", points=(_POINT,), is_ordered=True))
# Family and partners never get the last two; their templates must not mind.
MEETING_PAGES = tuple(
    Page(
        title="Reminder: family meeting about AB 12, Thursday 14 May 2026 at 10:00",
        blocks=(Block(text="Hello"), Block(entries=(Entry(label="Online", text="x", url="https://meet.example/x"),))),
        stage=stage,
        is_on=is_on,
        starts_at=datetime(2026, 5, 14, 10),  # Thursday
        meeting="family meeting",
        council="Sample Council",
        name="Sam Sample",
        news=_NEWS.get(stage, _NOT_REACHED),
        labels="AB 12",
        day="Thursday 14 May 2026",
        time="10:00 to 11:30",
        venue="Sample Centre",
        link="https://meet.example/sample",
        asked=_LISTED,
        chair=chair,
        procedure="Child in Need Plans and Reviews, v23",
        reason="You chair the meeting.",
        contact="the team on 01632 960000",
    )
    for stage, is_on in (*((stage, stage != "cancelled") for stage in STAGES), (UNREACHED, True), (UNREACHED, False))
    for chair in (None, _CHAIRS)
)
_HTML = tuple(f"meeting_{name}.html" for name in ("page", "parts", "staff", "partner", "family"))
SAMPLES: Mapping[str, tuple[Page | PlainPage, ...]] = {
    **dict.fromkeys((*_HTML, "meeting_parts.txt", "meeting_staff.txt", "meeting_partner.txt"), MEETING_PAGES),
    **PLAIN_SAMPLES,
}
