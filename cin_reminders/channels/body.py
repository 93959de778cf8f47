"""The body of an e-mail: its text, its HTML and the calendar files that go with them, as MIME parts (RFC 2045, RFC 2046).

What it takes for mail programs to show a meeting, and to show none, is from: RFC 6047 (iMIP), 2.4; [MS-OXCMAIL], 2.1.3.3.8.2,
the parts that Exchange itself writes; [MS-STANOICAL], 2.2.168, where Outlook looks; https://devguide.calconnect.org/iMIP.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.quoprimime import body_encode

from cin_reminders.calendar_entry import attachment
from cin_reminders.letter import CalendarFile, Letter

LINE_WIDTH = 76  # of quoted-printable (RFC 2045, 6.7)
CALENDAR_LINE = 75  # octets without the line end (RFC 5545, 3.1)

_ENCODING = ("Content-Transfer-Encoding", "quoted-printable")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of a letter that a person or a calendar reads: its headers, and the octets that are to arrive."""

    headers: tuple[tuple[str, str], ...]
    content: bytes

    def lines(self) -> list[str]:
        """The part as it is written, its content in quoted-printable."""
        encoded = body_encode(self.content.decode("latin-1"), LINE_WIDTH)
        return [*(f"{name}: {value}" for name, value in self.headers), "", *encoded.split("\n")]

    def is_what(self, read: Message) -> bool:
        """Whether a part that was read has the same headers in the same order, and the same octets."""
        return tuple(read.items()) == self.headers and read.get_payload(decode=True) == self.content


@dataclass(frozen=True, kw_only=True, slots=True)
class Multipart:
    """Parts with a boundary between them: `alternative` ways to say one thing, or `mixed`, a letter and its files."""

    kind: str
    boundary: str
    parts: tuple[Part | Multipart, ...]

    def lines(self) -> list[str]:
        """The parts as they are written, the last boundary's line end included."""
        lines = [f"Content-Type: multipart/{self.kind};", f' boundary="{self.boundary}"', ""]
        for part in self.parts:
            lines += [f"--{self.boundary}", *part.lines()]
        return [*lines, f"--{self.boundary}--", ""]

    def is_what(self, read: Message) -> bool:
        """Whether what was read is of the same kind and has the same parts in the same order, with nothing beside them."""
        inner = read.get_payload()
        return (
            read.get_content_type() == f"multipart/{self.kind}"
            and read.get_boundary() == self.boundary
            and not read.defects
            and not read.preamble
            and not read.epilogue
            and isinstance(inner, list)
            and len(inner) == len(self.parts)
            and all(part.is_what(one) for part, one in zip(self.parts, inner, strict=True))
        )


def body_of(letter: Letter) -> Multipart:
    """The parts of a letter: text and HTML, with its calendar file as a third way to say the same, or with files attached."""
    # That the HTML says the version again is needless and allowed; without it each letter's octets would change.
    told = [_text_part("plain", letter.text), _text_part("html", letter.html, ("MIME-Version", "1.0"))]
    shows_meeting = letter.is_invitation and len(letter.calendar_files) == 1
    if shows_meeting:
        # Mail programs show a meeting for a calendar part that is the last of the alternatives and is named no attachment.
        told.append(_calendar_part(letter.calendar_files[0]))
    alternative = Multipart(kind="alternative", boundary=_boundary(letter), parts=tuple(told))
    if shows_meeting or not letter.calendar_files:
        return alternative
    # In a mixed letter Outlook looks for a meeting in the first part alone, so that a file attached behind it is a file. A
    # letter about several things needs that: once a meeting is accepted, Outlook takes its whole letter out of the inbox.
    files = (
        _calendar_part(file, ("Content-Disposition", f'attachment; filename="{name}"'))
        for file, name in _with_names(letter.calendar_files)
    )
    return Multipart(kind="mixed", boundary=_boundary(letter, "mixed"), parts=(alternative, *files))


def _boundary(letter: Letter, kind: str = "") -> str:
    # Quoted-printable never yields "=_", so that a boundary cannot occur in a part; a fixed one keeps the bytes the same.
    return "=_" + hashlib.sha256(f"{kind}{letter.message_id}".encode()).hexdigest()[:32]


def _text_part(subtype: str, text: str, *more: tuple[str, str]) -> Part:
    content_type = ("Content-Type", f'text/{subtype}; charset="utf-8"')
    return Part(headers=(content_type, _ENCODING, *more), content=_lines(text))


def _calendar_part(file: CalendarFile, *more: tuple[str, str]) -> Part:
    content_type = ("Content-Type", attachment(file.method).content_type)
    return Part(headers=(content_type, _ENCODING, *more), content=file.content)


def _with_names(files: Sequence[CalendarFile]) -> Iterator[tuple[CalendarFile, str]]:
    """Each file with a name of its own in its letter: `invite.ics`, `invite-2.ics`, `cancelled.ics`."""
    seen: Counter[str] = Counter()
    for file in files:
        name = attachment(file.method).file_name
        seen[name] += 1
        stem, _, ending = name.rpartition(".")
        yield file, name if seen[name] == 1 else f"{stem}-{seen[name]}.{ending}"


def _lines(text: str) -> bytes:
    """The text with every line end as CR LF, and one at the end: what a mail body can hold."""
    return b"".join(line + b"\r\n" for line in text.encode().splitlines()) or b"\r\n"


def calendar_faults(file: CalendarFile) -> Iterator[str]:
    """What would keep a calendar file from arriving as it is, or a mail program from believing in it; none of it is repeated."""
    lines = file.content.split(b"\r\n")
    if lines[0] != b"BEGIN:VCALENDAR" or lines[-2:] != [b"END:VCALENDAR", b""]:
        yield "must be one calendar, from BEGIN:VCALENDAR to the line end after END:VCALENDAR"
    # RFC 6047, 2.4 wants the two the same; where they differ, Outlook goes by the one and others by the other.
    if f"METHOD:{file.method}".encode() not in lines:
        yield f"must say METHOD:{file.method}, as the letter does"
    if max(map(len, lines)) > CALENDAR_LINE:
        yield f"holds a line of more than {CALENDAR_LINE} octets"
    try:
        text = b"".join(lines).decode()
    except UnicodeDecodeError:
        yield "is not UTF-8"
        return
    if bad := sorted({f"U+{ord(one):04X}" for one in text if one != "\t" and unicodedata.category(one) == "Cc"}):
        yield f"holds characters other than text and line ends of CR LF ({', '.join(bad)})"
