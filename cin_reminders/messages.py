"""Messages: what one person is told on one day, in words, shortest way first: what to do, by when, and why.

A case is named by its label only, a date is written with its weekday, and what is absent is "not recorded", since the records
cannot say that something was not done. Nothing here decides who is told; that has been decided (see ``notices``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from cin_reminders import occasion
from cin_reminders.case import Person
from cin_reminders.line import (
    CHANGED,
    DONE,
    HEADINGS,
    LATE,
    NO_DATE,
    NO_TEAM,
    OUTSTANDING,
    SOON,
    Bundle,
    Line,
    LineWriter,
    Link,
    Told,
    bundles_of,
    is_at_once,
    tone_of,
)
from cin_reminders.meetings_told import SAMPLE as _MEETINGS
from cin_reminders.meetings_told import Meetings, counted_meetings, meetings_of
from cin_reminders.recipients import MANAGERS
from cin_reminders.rendering import render_mail, render_text
from cin_reminders.words import day_in_full, day_in_words
from cin_reminders.working_days import Calendar

MOST_LINES = 40
WORST = 20
_COUNTED = {
    LATE: "late",
    OUTSTANDING: "outstanding",
    SOON: "due soon",
    CHANGED: "changed",
    NO_DATE: "with no date",
    DONE: "settled",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A message in words: its subject, its plain text and its HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Lines under one small heading, or under none."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Parts under one heading."""

    heading: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamCount:
    """How many lines a team has, and how many of them are late or outstanding."""

    team: str
    late: int
    outstanding: int
    other: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """What a person is told as practitioner or chair, or as manager. ``rest`` says what is not listed."""

    heading: str
    groups: tuple[Group, ...]
    counts: tuple[TeamCount, ...] = ()
    rest: str = ""
    report: Link | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Everything the templates of a message are given."""

    title: str
    council: str
    day: str
    name: str
    sections: tuple[Section, ...]
    meetings: Meetings
    procedures: str
    rules: tuple[str, ...]
    reasons: tuple[str, ...]
    wrong_contact: str
    silence: tuple[str, ...] = ()


def compose_words(
    *,
    person: Person,
    told: Sequence[Told],
    on: date,
    council: str,
    wrong_contact: str,
    calendar: Calendar,
    meetings: Sequence[occasion.Page] = (),
    report_url: str | None = None,
    silence: Sequence[str] = (),
) -> Words:
    """One person's message for the day: their meetings in short, what they are to do or to see to, and the meetings in full.

    Siblings at one meeting are one line. Past 40 lines a manager reads the worst 20 and the counts by team. ``calendar``
    counts the working days left; ``wrong_contact`` is whom to tell that something is wrong; ``report_url`` is where the report
    can be opened. ``meetings`` are the notices of meetings, one a meeting; ``silence`` tells managers of days before on which
    the service told nobody anything. Raises ValueError for no notices at all.
    """
    if not told and not meetings:
        raise ValueError("a message needs at least one notice")
    report = Link(label="Open the report", url=report_url) if report_url else None
    writer = _Sections(LineWriter(on, calendar), report)
    own = bundles_of(one for one in told if one.notice.role not in MANAGERS)
    managed = bundles_of(one for one in told if one.notice.role in MANAGERS)
    title = "Child in Need: " + _title(own + managed, meetings)
    sections = [writer.own_section(own)] if own else []
    sections += [writer.managers_section(managed)] if managed else []
    of_meetings = meetings_of(meetings, on)
    page = Page(
        title=title,
        council=council,
        day=day_in_full(on, None),
        name=person.name,
        sections=tuple(sections),
        meetings=of_meetings,
        procedures=_procedures(told, of_meetings),
        rules=tuple(writer.lines.rules),
        reasons=(*_reasons(told), *of_meetings.reasons),
        wrong_contact=wrong_contact,
        silence=tuple(silence) if managed else (),
    )
    return Words(
        subject=f"{title} ({day_in_words(on)})",
        text=render_text("message.txt", page=page),
        html=render_mail("message.html", page=page),
    )


class _Sections:
    """Puts lines into sections, groups and parts."""

    def __init__(self, lines: LineWriter, report: Link | None) -> None:
        self.lines, self.report = lines, report

    def own_section(self, bundles: list[Bundle]) -> Section:
        return Section(heading="For you to do", groups=self._by_tone(bundles))

    def managers_section(self, bundles: list[Bundle]) -> Section:
        bundles = sorted(bundles, key=lambda bundle: not is_at_once(bundle))
        at_once = [bundle for bundle in bundles if is_at_once(bundle)]
        shown = bundles if len(bundles) <= MOST_LINES else bundles[: max(WORST, len(at_once))]
        groups: list[Group] = []
        if at_once:
            lines = tuple(self.lines.line(bundle, who=_team_and_worker(bundle)) for bundle in at_once)
            groups.append(Group(heading=f"To act on at once: {len(lines)}", parts=(Part(heading="", lines=lines),)))
        further = shown[len(at_once) :]
        groups += self._by_team([bundle for bundle in further if tone_of(bundle) == LATE], _late_by_team(bundles[len(at_once) :]))
        groups += self._by_tone([bundle for bundle in further if tone_of(bundle) != LATE], in_teams=True)
        if len(shown) == len(bundles):
            return Section(heading="For you as a manager", groups=tuple(groups))
        rest = f"These are the worst {len(shown)} of {len(bundles)}. The other {len(bundles) - len(shown)} stand in the report."
        return Section(
            heading="For you as a manager", groups=tuple(groups), counts=_team_counts(bundles), rest=rest, report=self.report
        )

    def _by_tone(self, bundles: list[Bundle], *, in_teams: bool = False) -> tuple[Group, ...]:
        groups = []
        for tone, found in groupby(bundles, key=tone_of):
            who = _team_and_worker if in_teams else _worker_unless_you
            lines = tuple(self.lines.line(bundle, who=who(bundle)) for bundle in found)
            groups.append(Group(heading=f"{HEADINGS[tone]}: {len(lines)}", parts=(Part(heading="", lines=lines),)))
        return tuple(groups)

    def _by_team(self, bundles: list[Bundle], late: Mapping[str, int]) -> list[Group]:
        # The bundles come worst first, so a team stands where its worst line stands, and a worker within the team likewise.
        teams: dict[str, dict[str, list[Bundle]]] = {}
        for bundle in bundles:
            teams.setdefault(_team(bundle), {}).setdefault(bundle[0].worker, []).append(bundle)
        return [
            Group(
                heading=f"{team}: {_of(sum(map(len, workers.values())), late[team])} late",
                parts=tuple(
                    Part(heading=f"Lead practitioner: {worker}", lines=tuple(self.lines.line(bundle) for bundle in found))
                    for worker, found in workers.items()
                ),
            )
            for team, workers in teams.items()
        ]


def counted(bundles: Iterable[Bundle]) -> str:
    """How many lines stand how, in words: `3 late, 2 due soon`."""
    return ", ".join(_counts(bundles).values())


def _counts(bundles: Iterable[Bundle]) -> dict[str, str]:
    number = Counter(map(tone_of, bundles))
    return {tone: f"{number[tone]} {word}" for tone, word in _COUNTED.items() if number[tone]}


def _title(bundles: Iterable[Bundle], meetings: Sequence[occasion.Page]) -> str:
    """What stands in the message, counted: breaches first, then what is new of a meeting, then the rest."""
    duties = _counts(bundles)
    late = [duties.pop(LATE)] if LATE in duties else []
    news, further = counted_meetings(meetings)
    return ", ".join([*late, *news, *duties.values(), *further])


def _team_counts(bundles: Iterable[Bundle]) -> tuple[TeamCount, ...]:
    teams: dict[str, Counter[str]] = {}
    for bundle in bundles:
        teams.setdefault(_team(bundle), Counter())[tone_of(bundle)] += 1
    counts = [
        TeamCount(
            team=team,
            late=tones[LATE],
            outstanding=tones[OUTSTANDING],
            other=sum(tones[tone] for tone in (SOON, CHANGED, NO_DATE, DONE)),
        )
        for team, tones in teams.items()
    ]
    return tuple(sorted(counts, key=lambda count: (-count.late, -count.outstanding, count.team)))


def _late_by_team(bundles: Iterable[Bundle]) -> Mapping[str, int]:
    return Counter(_team(bundle) for bundle in bundles if tone_of(bundle) == LATE)


def _of(shown: int, all_of_them: int) -> str:
    return str(shown) if shown == all_of_them else f"{shown} of {all_of_them}"


def _reasons(told: Iterable[Told]) -> tuple[str, ...]:
    """Why the person is told, each reason once with the number of notices behind it."""
    return tuple(f"{why[:1].upper()}{why[1:]} ({number})" for why, number in Counter(one.why_you for one in told).most_common())


def _procedures(told: Iterable[Told], meetings: Meetings) -> str:
    """The written procedures that the clauses stand in, each with its edition; none where no clause is named."""
    editions = (one.obligation.edition for one in told)
    of_duties = (f"{edition.title}, {edition.edition}" for edition in editions)
    return " and ".join(dict.fromkeys((*of_duties, *meetings.procedures)))


def _team(bundle: Bundle) -> str:
    return bundle[0].case.team or NO_TEAM


def _team_and_worker(bundle: Bundle) -> str:
    return f"{_team(bundle)}; lead practitioner: {bundle[0].worker}"


def _worker_unless_you(bundle: Bundle) -> str:
    one = bundle[0]
    return "" if one.notice.role == "lead_practitioner" else f"Lead practitioner: {one.worker}"


_SAMPLE_LINE = Line(
    labels="AB 12 and CD 34",
    do="Hold the review",
    tone=LATE,
    status="3 working days late",
    by="It was due Wednesday 29 April.",
    who="Lead practitioner: Sam Sample",
    why="A review takes place every 8 weeks (paragraph 16).",
    clock="review meeting held Wednesday 4 March; 8 weeks.",
    doubt="The chapter does not say which days.",
    missing="Not recorded: disabled. Recording it could change the date.",
    notes=("Recorded for an earlier day, so it does not count.",),
    right="Not recorded: review meeting held after Wednesday 4 March. Recording it settles this.",
    links=(Link(label="AB 12", url="https://records.example/ab12"),),
)
_SAMPLE = Page(
    title="Child in Need: 1 late",
    council="Sample",
    day="Monday 4 May 2026",
    name="Sam Sample",
    sections=(
        Section(
            heading="For you as a manager",
            groups=(
                Group(heading="North: 1 late", parts=(Part(heading="Lead practitioner: Sam Sample", lines=(_SAMPLE_LINE,)),)),
            ),
            counts=(TeamCount(team="North", late=1, outstanding=0, other=0),),
            rest="These are the worst 1 of 2.",
            report=Link(label="Open the report", url="https://reports.example/today.html"),
        ),
        Section(heading="For you to do", groups=(Group(heading="Late: 1", parts=(Part(heading="", lines=(_SAMPLE_LINE,)),)),)),
    ),
    meetings=_MEETINGS,
    procedures="Child in Need Plans and Reviews, v23",
    rules=("Reviews follow every 8 weeks (paragraph 16).",),
    reasons=("You are the team manager (1)",),
    wrong_contact="the CIN team",
    silence=("Nothing was sent on Thu 30 Apr 2026: there was no run.",),
)
# What `check` renders each template with: everything, duties alone, and meetings alone.
_SAMPLES = (
    _SAMPLE,
    replace(_SAMPLE, meetings=meetings_of((), date(2026, 5, 4))),
    replace(_SAMPLE, sections=(), procedures="", rules=()),
)
SAMPLES: Mapping[str, tuple[Page, ...]] = dict.fromkeys(("message.txt", "message.html"), _SAMPLES)
