"""What GOV.UK Notify is asked for one letter: which of the council's templates, filled with what, under which reference.

Notify reads Markdown in what an e-mail's template is filled with, and takes a new line for a line break. The values come from
records, so they are made harmless first (https://www.notifications.service.gov.uk/using-notify/formatting).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cin_reminders.address import read_address
from cin_reminders.letter import Letter, NotifyCall
from cin_reminders.mobile import read_mobile
from cin_reminders.occasion import STAGES

KINDS = ("email", "text")
# `email`, and more narrowly `cancelled.email`, `email.pl`, `cancelled.email.pl`.
TEMPLATE_NAME = re.compile(rf"((?:{'|'.join(STAGES)})\.)?({'|'.join(KINDS)})(\.[a-z]{{2,3}}(?:-[a-z0-9]+)*)?")
TEMPLATE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# Notify takes 918 characters in a text message and counts what a template adds and the service's name, which it may put first:
# https://www.notifications.service.gov.uk/pricing/text-messages.
LONGEST_TEXT = 918 - 60

# Control characters, separators of lines and paragraphs, lone surrogates: a value is one line.
_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Stands between two characters, has no width, and is read out by nothing (word joiner).
_JOINER = "\u2060"
# What makes a line more than a line: a heading, inset text, a list, a rule, a table, a block of code, a named link. Notify takes
# `14.30` for the first point of a list, and would say "1. 30".
_BEGINS_SOMETHING = re.compile(r"[#^*•+>=_`~|<:\[-]|[0-9]+[.)]")
# A link with words of its own, `[words](address)`, and a placeholder, `((name))`.
_OPENS_SOMETHING = re.compile(r"(?<=[](])(?=\()")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request to GOV.UK Notify. ``template`` is the name that the settings give a template; the reference is no person's."""

    kind: str
    template: str
    to: str
    personalisation: Mapping[str, str]
    reference: str


def asked_for(letter: Letter, templates: Collection[str], *, secret: bytes) -> Asked:
    """What Notify is asked for a letter, with the narrowest of the templates that fits it.

    ``secret`` keys the reference. Raises ValueError, which says nothing of the reader, where the letter is not for Notify, its
    address is none, no template fits or a text message would be too long.
    """
    call = letter.call
    if call is None:
        raise ValueError("the letter is not for GOV.UK Notify")
    # What was checked is what is written to, however the records spell it.
    if call.kind == "email":
        address = read_address(letter.to_address)
        to = address.written if address else None
    else:
        to = read_mobile(letter.to_address)
    if to is None:
        raise ValueError(f"the letter is for {'no e-mail address' if call.kind == 'email' else 'no mobile number'}")
    template = template_for(call, templates)
    if template is None:
        raise ValueError(f"notify.templates has none for {'e-mails' if call.kind == 'email' else 'text messages'}")
    return Asked(
        kind=call.kind,
        template=template,
        to=to,
        personalisation=MappingProxyType(_personalisation(letter, call)),
        reference=reference_of(letter.key, secret),
    )


def reference_of(letter_key: str, secret: bytes) -> str:
    """What Notify knows a letter by: always the same for the same letter, and nobody can read the letter's key in it."""
    return hmac.new(secret, letter_key.encode(), hashlib.sha256).hexdigest()[:32]


def template_for(call: NotifyCall, templates: Collection[str]) -> str | None:
    """The name of the template that fits a call most narrowly; None where none does.

    Language comes before stage: a plain text that the family can read is better than a fitting one that it cannot.
    """
    stage = call.stage.partition("-")[0]
    language = call.language.lower().replace("_", "-")
    named = [f"{call.kind}.{one}" for one in dict.fromkeys((language, language.partition("-")[0]))]
    wanted = (name for plain in (*named, call.kind) for name in (f"{stage}.{plain}", plain))
    return next((name for name in wanted if name in templates), None)


def _personalisation(letter: Letter, call: NotifyCall) -> dict[str, str]:
    """The values by their placeholders. Subject and body are the letter's, also where it was changed for a rehearsal."""
    parts = {name: _one_line(value) for name, value in call.values if name not in ("subject", "body")}
    subject, blocks = _one_line(letter.subject), list(_blocks(letter.text))
    if call.kind == "text":
        return {**parts, "subject": subject, "body": _shortened(blocks, list(parts.values()))}
    shown = {name: _as_text(value) for name, value in {**parts, "subject": subject}.items()}
    return {**shown, "body": "\n\n".join(map(_block_as_text, blocks))}


def _one_line(text: str) -> str:
    return " ".join(_UNWANTED.sub(" ", text).split())


def _blocks(text: str) -> Iterator[str]:
    """The paragraphs, each on one line, a list on one line a point; a list stays with the words that announce it."""
    announced = ""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        points = re.split(r"\n(?=- )", paragraph)
        block = "\n".join(filter(None, map(_one_line, points)))
        if announced and not block.startswith("- "):
            yield announced
            announced = ""
        block = f"{announced}\n\n{block}" if announced else block
        announced = block if block.endswith((":", "：")) else ""
        if not announced:
            yield block
    if announced:
        yield announced


def _block_as_text(block: str) -> str:
    """A block of an e-mail: its lines are text, save for the hyphens of our own lists."""
    return "\n".join(
        f"- {_as_text(line.removeprefix('- '))}" if line.startswith("- ") else _as_text(line) for line in block.split("\n")
    )


def _as_text(line: str) -> str:
    """A line that Markdown has nothing to do with, to the eye the same as before."""
    begins = _JOINER if _BEGINS_SOMETHING.match(line) else ""
    return begins + _OPENS_SOMETHING.sub(_JOINER, line)


def _shortened(blocks: Iterable[str], parts: Iterable[str]) -> str:
    """A text message: where it is too long, without what the reader can do without, the last first.

    What holds a figure or one of the parts stays, so that no date, time, place, link or telephone number is ever left out.
    """
    needed = [part for part in parts if part]
    kept = list(blocks)
    spare = [place for place, block in enumerate(kept) if not _is_needed(block, needed)]
    length = len("\n\n".join(kept))
    while length > LONGEST_TEXT:
        if not spare or len(kept) == 1:
            raise ValueError(f"the text message has {length} characters, over the {LONGEST_TEXT} that there is room for")
        length -= len(kept.pop(spare.pop())) + len("\n\n")
    return "\n\n".join(kept)


def _is_needed(block: str, parts: Sequence[str]) -> bool:
    return any(map(str.isdigit, block)) or any(part in block for part in parts)
