"""Cards: what a channel in Teams is shown on one day: counts, labels and links, and nothing else.

A card is a courtesy. The e-mail is the record of what was told, so a card names no person, gives no reason and no note, and says
that it is only a copy.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from cin_reminders.line import HEADINGS, Bundle, LineWriter, Told, bundles_of, is_at_once, tone_of, web_address
from cin_reminders.messages import counted
from cin_reminders.rendering import plain, underlined, wrapped
from cin_reminders.words import day_in_full, day_in_words, joined
from cin_reminders.working_days import Calendar

# Teams takes 28,672 bytes after an encoding of its own; 20,480 posted keep clear of it, and 1,024 are left for the envelope.
MOST_BYTES = 20_480 - 1_024
# What a card is made of is bounded, so that one line always fits: characters of a label, characters of any other words, bytes of
# a link as it is posted, and cases in one line. What is longer is shortened, loses its link, or becomes two lines.
LABEL, WORDS, ADDRESS, CASES = 60, 120, 500, 8
AT_ONCE = "To act on at once"
COPY = "This is only a copy: the e-mail is the record of what was told."

# What Markdown would take for more than text. Only these get a backslash, since Teams on a phone shows it.
_MARKS = re.compile(r"[\\`*_{\[\]<~]|&(?=#?\w+;)|(?<=\])\(|^[-+#>]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
# What would end a link in Markdown, or begin something in it, written as an address on the web may write it.
_IN_LINK = str.maketrans({character: f"%{ord(character):02X}" for character in '()<>\\"*`{}|^~'})


@dataclass(frozen=True, kw_only=True, slots=True)
class CardWords:
    """A card: its title, the Adaptive Card as JSON, the same as plain text, and the notices that a further card must carry."""

    title: str
    card: str
    text: str
    left: tuple[Told, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """One line of a message, as a card shows it: each case with its link, and how late it is."""

    heading: str
    duty: str
    cases: tuple[tuple[str, str | None], ...]
    status: str
    told: Bundle


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    """What stands around the entries."""

    title: str
    intro: str
    link: str | None
    number: int
    is_copy: bool


_Groups = Mapping[str, Mapping[str, Sequence[_Entry]]]


def compose_card(
    *,
    told: Sequence[Told],
    on: date,
    council: str,
    heading: str,
    calendar: Calendar,
    link: str | None,
    is_copy: bool = True,
) -> CardWords:
    """A channel's card for the day: how many duties stand how, then the labels of their cases by duty, the worst first.

    ``heading`` says whose channel it is, ``link`` leads to the report, and where ``is_copy`` an e-mail says the same. The card
    stays under 20,480 bytes as posted: what does not fit is in ``left``, whole lines, the least urgent ones, for a further
    card. A label past 60 characters is shortened, and a link past 500 bytes left out. The Adaptive Card is of version 1.2, which
    every client of Teams knows. Raises ValueError for no notices.
    """
    if not told:
        raise ValueError("a card needs at least one notice")
    bundles = sorted(bundles_of(told), key=lambda bundle: not is_at_once(bundle))
    entries = _entries(bundles, on, calendar)
    frame = _Frame(
        title=f"Child in Need: {counted(bundles)}",
        intro=f"{_clipped(council, WORDS)}, {_clipped(heading, WORDS)}. {day_in_full(on, None)}.",
        link=_short_address(link),
        number=len(entries),
        is_copy=is_copy,
    )
    shown = len(entries)
    if len(_card(frame, entries)) > MOST_BYTES:
        fitting = bisect_right(range(1, shown), MOST_BYTES, key=lambda number: len(_card(frame, entries[:number])))
        shown = max(1, fitting)
    return CardWords(
        title=f"{frame.title} ({day_in_words(on)})",
        card=_card(frame, entries[:shown]),
        text=_text(frame, entries[:shown]),
        left=tuple(one for entry in entries[shown:] for one in entry.told),
    )


def _entries(bundles: Sequence[Bundle], on: date, calendar: Calendar) -> list[_Entry]:
    writer = LineWriter(on, calendar)
    return [_entry(bundle[first : first + CASES], writer) for bundle in bundles for first in range(0, len(bundle), CASES)]


def _entry(bundle: Bundle, writer: LineWriter) -> _Entry:
    line, rule = writer.line(bundle), bundle[0].obligation.rule
    # The line says a meeting's own name after what to do, where the procedure has one for such a plan.
    duty = rule.title + line.do.removeprefix(rule.do)
    status = line.status[:1].lower() + line.status[1:]
    return _Entry(
        heading=AT_ONCE if is_at_once(bundle) else HEADINGS[tone_of(bundle)],
        duty=_clipped(duty, WORDS),
        cases=tuple((_clipped(one.case.label, LABEL) or "no label", _short_address(one.case.record_url)) for one in bundle),
        # The heading has said these.
        status="" if status in ("late", "outstanding", "no due date") else status,
        told=bundle,
    )


def _short_address(url: str | None) -> str | None:
    address = web_address(url)
    return address if address and len(json.dumps(_in_link(address))) <= ADDRESS else None


def _clipped(words: str, most: int) -> str:
    words = " ".join(plain(words).split())
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def _grouped(entries: Sequence[_Entry]) -> _Groups:
    """The entries by standing and by duty; they come worst first, so each stands where its worst entry stands."""
    groups: dict[str, dict[str, list[_Entry]]] = {}
    for entry in entries:
        groups.setdefault(entry.heading, {}).setdefault(entry.duty, []).append(entry)
    return groups


def _number(duties: Mapping[str, Sequence[_Entry]]) -> int:
    return sum(map(len, duties.values()))


def _rest(frame: _Frame, shown: int) -> str:
    if shown == frame.number:
        return ""
    return f"These are the worst {shown} of {frame.number}. The other {frame.number - shown} follow in a further card."


def _cases(entries: Iterable[_Entry], shown: Callable[[str, str | None], str]) -> str:
    """The cases of one duty, those that stand alike together: `AB 12 and CD 34 (3 working days late); EF 56 (late)`."""
    alike = groupby(entries, key=lambda entry: entry.status)
    return "; ".join(
        joined([shown(label, url) for entry in found for label, url in entry.cases], "and") + (f" ({status})" if status else "")
        for status, found in alike
    )


# ---- as an Adaptive Card


def _card(frame: _Frame, entries: Sequence[_Entry]) -> str:
    body = [_block(frame.title, size="large", weight="bolder"), _block(_escaped(frame.intro), spacing="none")]
    if rest := _rest(frame, len(entries)):
        body.append(_block(rest))
    for heading, duties in _grouped(entries).items():
        body.append(_block(f"{heading}: {_number(duties)}", weight="bolder", spacing="medium", separator=True))
        for duty, found in duties.items():
            body.append(_block(f"{_escaped(duty)}: {_cases(found, _marked_up)}", spacing="small"))
    if frame.is_copy:
        body.append(_block(COPY, size="small", spacing="medium", separator=True))
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "lang": "en",
        "fallbackText": frame.title,
        "body": body,
    }
    if frame.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the report", "url": frame.link}]
    # ASCII only, so that its length in characters is its length in bytes, however it is encoded on its way.
    return json.dumps(card, separators=(",", ":"))


def _block(text: str, **more: object) -> dict[str, object]:
    return {"type": "TextBlock", "text": text, "wrap": True, **more}


def _marked_up(label: str, url: str | None) -> str:
    return f"[{_escaped(label)}]({_in_link(url)})" if url else _escaped(label)


def _escaped(words: str) -> str:
    """Words that Markdown leaves as they are."""
    # A block of rich text would need no backslash, but the links in it do not work in every Teams.
    return _MARKS.sub(r"\\\g<0>", words)


def _in_link(url: str) -> str:
    return re.sub(r"&(?=#?\w+;)", "&amp;", url.translate(_IN_LINK))


# ---- as plain text


def _text(frame: _Frame, entries: Sequence[_Entry]) -> str:
    return "\n".join(_text_lines(frame, entries)) + "\n"


def _text_lines(frame: _Frame, entries: Sequence[_Entry]) -> Iterator[str]:
    yield underlined(frame.title, "=")
    yield wrapped(frame.intro)
    if rest := _rest(frame, len(entries)):
        yield wrapped(rest)
    for heading, duties in _grouped(entries).items():
        yield ""
        yield underlined(f"{heading}: {_number(duties)}", "-")
        for duty, found in duties.items():
            yield wrapped(f"{duty}: {_cases(found, _label)}", "* ", "  ")
            yield from (wrapped(f"{label}: {url}", "  ", "  ") for entry in found for label, url in entry.cases if url)
    if frame.is_copy:
        yield ""
        yield wrapped(COPY)
    if frame.link:
        yield wrapped(f"The report: {frame.link}")


def _label(label: str, url: str | None) -> str:
    return label
