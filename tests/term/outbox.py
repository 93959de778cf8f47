"""What lies in the outbox, as whoever gets it reads it: every word of a message, decoded, and its calendar files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

from .canary import canaries_in, mobiles_in, says_child_in_need


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One message. ``to`` is an address or a mobile number, ``text`` what is to be read.

    What stands anywhere in it, decoded, was searched: for canaries, for mobile numbers, and for a child in need.
    """

    key: str
    channel: str
    to: str
    text: str
    canaries: frozenset[str]
    mobiles: frozenset[str]
    says_child_in_need: bool
    calendar_files: tuple[bytes, ...] = ()


def posted_on(outbox: Path, day: str) -> Iterator[Posted]:
    """Every message of a day."""
    for file in sorted((outbox / day).glob("*")) if (outbox / day).exists() else ():
        if file.suffix == ".eml":
            yield _email(file)
        elif file.suffix == ".json":
            yield _notify(file)
        else:
            assert file.suffix == ".txt", f"nobody expects {file.name}"
            assert file.with_suffix(".json").exists()


def _email(file: Path) -> Posted:
    raw = file.read_bytes()
    # Each header is read once: the parser of the policy itself reads one again whenever it is looked at.
    letter = message_from_bytes(raw)
    header = {name: policy.SMTP.header_fetch_parse(name, letter[name]) for name in ("Subject", "From", "To", "Reply-To")}
    contents: dict[str, list[bytes]] = {}
    for part in letter.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            contents.setdefault(part.get_content_type(), []).append(content)
    [to] = header["To"].addresses
    calendars = contents.get("text/calendar", [])
    texts = [content.decode() for found in contents.values() for content in found]
    headers = [str(one) for one in header.values()]
    head = raw.decode().partition("\r\n\r\n")[0]
    said = [head, *headers, *texts, *map(unescape, texts), *map(_unfolded, calendars)]
    text = "\n".join([headers[0], contents["text/plain"][0].decode()])
    return _searched(file, "email", to.addr_spec, text, said, calendars)


def _searched(file: Path, channel: str, to: str, text: str, said: Iterable[str], calendars: Iterable[bytes] = ()) -> Posted:
    everything = "\n".join(said)
    return Posted(
        key=key_of(file),
        channel=channel,
        to=to,
        text=text,
        canaries=frozenset(canaries_in(everything)),
        mobiles=frozenset(mobiles_in(everything)),
        says_child_in_need=says_child_in_need(everything),
        calendar_files=tuple(calendars),
    )


def _unfolded(calendar: bytes) -> str:
    """A calendar file with its long lines made whole, and its values as they are meant."""
    return re.sub(r"\\([,;\\])", r"\1", re.sub(r"\r\n[ \t]", "", calendar.decode())).replace("\\n", "\n")


def _notify(file: Path) -> Posted:
    """A call of GOV.UK Notify; the text beside it is what its template makes of it."""
    asked = json.loads(file.read_text(encoding="utf-8"))
    text = file.with_suffix(".txt").read_text(encoding="utf-8")
    strings = list(_strings(asked))
    return _searched(file, "notify", asked["to"], "\n".join([text, *strings]), [text, file.read_text(encoding="utf-8"), *strings])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield str(name)
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif value is not None:
        yield str(value)


def key_of(file: Path) -> str:
    """The key of a message, from the name of its file: `+` is a stroke, `^` stands before a capital, `%2E` is a character."""

    def read(found: re.Match[str]) -> str:
        mark = found.group()
        return "/" if mark == "+" else mark[1] if mark[0] == "^" else bytes.fromhex(mark[1:]).decode()

    return re.sub(r"\+|\^[A-Z]|%[0-9A-F]{2}", read, file.stem)
