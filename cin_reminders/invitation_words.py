"""Notices of a meeting in words: to its chair, to other professionals, to partners, to the family and to a child.

A family and a partner never read of a child in need, of another attendee or of another's address; a family reads plain words and
no label. No day is called today or tomorrow, since a message may be read later than it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, get_args

from cin_reminders.agenda import AskedOfMeeting
from cin_reminders.chair import Answers, ChairsCopy, Found, Point, points
from cin_reminders.family_words import PLAIN_SAMPLES, PlainPage, family_words
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
}
_NEWS = {
    "invitation": "You are invited to this meeting.",
    "reminder": "This is a reminder of the meeting.",
    "tomorrow": "This is a reminder of the meeting.",
    "changed": "The meeting has changed. What stands below takes the place of what you were told before.",
    "cancelled": "The meeting is cancelled. If you were told another day for it, that is off too.",
}
_CHAIR = {
    "invitation": "You are to chair this meeting.",
    "reminder": "You chair this meeting.",
    "tomorrow": "You chair this meeting.",
}
_MOST_LABELS = 3
_NONE: Mapping[str, str] = MappingProxyType({})


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
    """The words of one notice of a meeting for one reader.

    ``stage``: `invitation`, `reminder`, `tomorrow`, `changed` or `cancelled` (or `changed-2`). ``is_changed``: the reader was
    told something else before, whatever the stage. ``name`` is the reader's own, said to professionals and partners only.
    ``meeting_name`` is the procedure's name for the meeting, ``family_name`` the one for families and partners. ``procedure``
    says where the clauses stand. ``why`` says to a professional or a partner why they get it, as a fragment: `you chair this
    meeting`. ``via``: a notice for the family goes to somebody who passes it on. ``translations`` are texts for families by the
    name of their file, `meeting_family.pl.txt`; where there is none in the reader's language, the words are English and say so.

    Raises ValueError for an unknown reader or stage, and where a setting would name "child in need" to a family or a partner.
    """
    kind = _kind_of(stage, is_changed)
    if reader not in get_args(Reader):
        raise ValueError(f"no reader is called {reader!r}{nearest(reader, get_args(Reader))}")
    asked = asked or AskedOfMeeting()
    inside = reader in ("chair", "staff")
    for setting, said in {} if inside else {"council": council, "contact": contact, "family_name": family_name}.items():
        if says_child_in_need(said):
            raise ValueError(f'{setting}: families and partners read it, so it may not say "child in need"')
    if reader in ("family", "child"):
        return family_words(
            reader="child" if reader == "child" else "family",
            stage=kind,
            sitting=sitting,
            council=council,
            contact=contact,
            family_name=family_name,
            to_bring=[one.says for one in asked.family_brings],
            via=via,
            language=language,
            translations=translations,
        )
    chairs, is_on = reader == "chair", kind != "cancelled"
    own_copy = chair if chairs and is_on else None
    venue, link, left_out = place_of(sitting, kind, guarded=not inside)
    # Without the label a school could not tell whom the meeting is about. The council chose it, and it is never a name.
    subject = f"{_SUBJECTS[kind]}: {(meeting_name or 'meeting') if inside else family_name} about {_in_short(sitting.labels)}, "
    subject += f"{day_of(sitting)} at {start_of(sitting)}"
    if own_copy and own_copy.to_mend:
        subject += f" ({len(own_copy.to_mend)} to mend)"
    page = Page(
        title=plain(subject),
        stage=kind,
        council=council,
        name=name,
        news=_CHAIR.get(kind, _NEWS[kind]) if chairs else _NEWS[kind],
        labels=joined(sitting.labels, "and"),
        day=day_of(sitting),
        time=time_of(sitting),
        venue=venue,
        link=link,
        to_bring=points(asked.to_bring) if is_on else (),
        chair=own_copy,
        procedure=procedure if inside else "",
        reason=_sentence(why or ("you chair this meeting" if chairs else "you are asked to this meeting")),
        contact=contact,
    )
    template = "meeting_staff" if inside else "meeting_partner"
    return NoticeWords(
        subject=page.title,
        text=render_text(f"{template}.txt", page=page),
        html=render_mail(f"{template}.html", page=page),
        left_out=left_out,
    )


def _kind_of(stage: str, is_changed: bool) -> str:
    kind = re.sub(r"^(changed|cancelled)-\d+$", r"\1", stage)
    if kind not in STAGES:
        raise ValueError(f"no stage of a meeting's notices is called {stage!r}{nearest(kind, STAGES)}")
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
    to_mend=(_FOUND,),
    to_consider=(_FOUND,),
    answered="1 coming",
    answers=(Answers(heading="Coming", people=("Sam Sample (Sample School, education)",)),),
    overdue=("AB 12: action A-1, of Sam Sample, was due Friday 1 May",),
    to_settle=(_POINT,),
    agenda=(_POINT,),
    notes=("There is no text in the language recorded as pl.",),
)
_PAGES = tuple(
    Page(
        title="Reminder: family meeting about AB 12, Thursday 14 May 2026 at 10:00",
        blocks=(Block(text="Hello"), Block(entries=(Entry(label="Online", text="x", url="https://meet.example/x"),))),
        stage=stage,
        council="Sample Council",
        name="Sam Sample",
        news=_NEWS[stage],
        labels="AB 12",
        day="Thursday 14 May 2026",
        time="10:00 to 11:30",
        venue="Sample Centre",
        link="https://meet.example/sample",
        to_bring=(_POINT,),
        chair=chair,
        procedure="Child in Need Plans and Reviews, v23",
        reason="You chair the meeting.",
        contact="the team on 01632 960000",
    )
    for stage in STAGES
    for chair in (None, _CHAIRS)
)
_HTML = tuple(f"meeting_{name}.html" for name in ("page", "staff", "partner", "family"))
SAMPLES: Mapping[str, tuple[Page | PlainPage, ...]] = {
    **dict.fromkeys((*_HTML, "meeting_staff.txt", "meeting_partner.txt"), _PAGES),
    **PLAIN_SAMPLES,
}
