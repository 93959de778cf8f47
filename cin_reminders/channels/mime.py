"""The bytes of an e-mail: built, parsed again and compared before anything leaves.

Headers are written here and not by ``email``'s own folding: in Python 3.11 that folding moves spaces in long headers, and
turns an encoded word found in a subject (``=?utf-8?q?x=0ABcc=3A...?=``) into a header of its own. Text that is not short plain
ASCII is therefore encoded whole (RFC 2047), so that it can only ever be text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.parser import Parser
from email.utils import format_datetime, parseaddr
from typing import Any

from cin_reminders.channels import NotSent
from cin_reminders.channels.body import Multipart, body_of, calendar_faults
from cin_reminders.letter import Letter

LINE_LIMIT = 998  # octets without the line end (RFC 5322, 2.1.1)
FOLD_AT = 78  # the length that RFC 5322 asks for where it can be had

# Control characters, lone surrogates, line and paragraph separators: no header of ours has use for one.
UNWANTED = frozenset({"Cc", "Cs", "Zl", "Zp"})
MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>")
DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def message_id(key: str, *, secret: bytes, domain: str) -> str:
    """The Message-ID of a message: always the same for the same message, and nobody can read the message's key in it.

    It is HMAC-SHA256 of the key, cut to 128 bits so that the header stays on one line. Raises ValueError for an empty
    secret or a domain that is none.
    """
    if not secret:
        raise ValueError("secret: empty; it must be at least one byte")
    if not DOMAIN.fullmatch(domain):
        raise ValueError(f"domain: {domain!r} is not a domain; letters, digits, dots and hyphens are allowed")
    return f"<{hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:32]}@{domain}>"


def sender_problems(*, from_address: str, from_name: str, reply_to: str) -> tuple[str, ...]:
    """What is wrong with the council's own sender details: none, or one line for each fault, naming the setting."""
    faults = {
        "from_address": _address_fault(from_address),
        "from_name": _text_fault(from_name),
        "reply_to": _address_fault(reply_to),
    }
    return tuple(f"{place}: {fault}" for place, fault in faults.items() if fault)


def build_mime(letter: Letter, *, from_address: str, from_name: str, reply_to: str, sent_at: datetime) -> bytes:
    """The e-mail that carries a letter: plain text first, then HTML, addressed to one person, marked as sent by a machine.

    An invitation's calendar file comes third, as another way to say the same, so that mail programs show a meeting. The
    calendar files of any other letter are attached. ``from_name`` is the sender's name where the letter has none of its own.

    The same letter and moment give the same bytes. ``sent_at`` must know its time zone (ValueError if not). Raises a
    permanent NotSent, naming the header or the file, where the letter cannot be written so that it reads back exactly as it
    was meant.
    """
    if sent_at.tzinfo is None:
        raise ValueError("sent_at: has no time zone")
    from_name = letter.from_name or from_name
    _refuse_unwritable(letter, from_address=from_address, from_name=from_name, reply_to=reply_to)
    headers = {
        "Subject": _unstructured("Subject", letter.subject),
        "From": _mailbox("From", from_name, from_address),
        "To": _mailbox("To", letter.to_name, letter.to_address),
        "Reply-To": _mailbox("Reply-To", "", reply_to),
        "Date": format_datetime(sent_at),
        "Message-ID": letter.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    body = body_of(letter)
    lines = [*(f"{name}: {value}" for name, value in headers.items()), "MIME-Version: 1.0", *body.lines()]
    written = "\r\n".join(lines).encode()
    _compare(written, letter, headers, body, from_address=from_address, from_name=from_name, reply_to=reply_to, sent_at=sent_at)
    return written


def needs_smtputf8(*addresses: str) -> bool:
    """Whether one of these addresses can only be carried by a relay that takes addresses outside ASCII (RFC 6531)."""
    return not all(address.isascii() for address in addresses)


def _refuse_unwritable(letter: Letter, *, from_address: str, from_name: str, reply_to: str) -> None:
    faults = {
        "subject": _text_fault(letter.subject),
        "to_name": _text_fault(letter.to_name),
        "to_address": _address_fault(letter.to_address),
        "message_id": None if MESSAGE_ID.fullmatch(letter.message_id) else "is not of the form <letters@domain>",
        "text": _body_fault(letter.text),
        "html": _body_fault(letter.html),
    }
    problems = [*sender_problems(from_address=from_address, from_name=from_name, reply_to=reply_to)]
    problems += [f"{place}: {fault}" for place, fault in faults.items() if fault]
    for number, file in enumerate(letter.calendar_files):
        problems += [f"calendar_files[{number}]: {fault}" for fault in calendar_faults(file)]
    if problems:
        raise NotSent("the letter cannot be written as an e-mail: " + "; ".join(problems), permanent=True)


def _text_fault(text: str) -> str | None:
    bad = sorted({f"U+{ord(character):04X}" for character in text if unicodedata.category(character) in UNWANTED})
    return f"holds characters that no header may hold ({', '.join(bad)})" if bad else None


def _address_fault(address: str) -> str | None:
    if fault := _text_fault(address):
        return fault
    # The parser takes ASCII only; that letters outside it are allowed (RFC 6532) does not change the form. Its own messages
    # are not passed on: each of them quotes the address.
    plain = re.sub(r"[^\x00-\x7f]", "x", address)
    try:
        form = Address(addr_spec=plain).addr_spec
    except Exception:  # the parser raises IndexError and others of its own on some malformed addresses
        form = ""
    # smtplib reads the envelope's address with parseaddr: where the two disagree, letter and envelope would part ways.
    if "@" not in plain or form != plain or parseaddr(address)[1] != address:
        return "is not one plain e-mail address"
    return None


def _body_fault(text: str) -> str | None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return None


def _unstructured(name: str, text: str) -> str:
    fits = len(name) + 2 + len(text) <= FOLD_AT
    if fits and text.isascii() and "=?" not in text and text == text.strip():
        return text
    return Header(text, "utf-8", header_name=name, maxlinelen=76).encode(linesep="\r\n")


def _mailbox(name: str, display_name: str, address: str) -> str:
    if not display_name:
        return f"<{address}>"
    words = '"' + display_name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if not display_name.isascii() or "=?" in display_name or len(name) + 2 + len(words) > FOLD_AT:
        words = Header(display_name, "utf-8", header_name=name, maxlinelen=76).encode(linesep="\r\n")
    fits = "\r\n" not in words and len(name) + 2 + len(words) + len(f" <{address}>") <= FOLD_AT
    return words + (" " if fits else "\r\n ") + f"<{address}>"


def _compare(
    written: bytes,
    letter: Letter,
    headers: Mapping[str, str],
    body: Multipart,
    *,
    from_address: str,
    from_name: str,
    reply_to: str,
    sent_at: datetime,
) -> None:
    """Refuse a letter whose bytes do not read back as what was meant: the last guard against an injected header."""
    # Each header is read once as a mail program would: the parser of the policy itself reads one again whenever it is looked at.
    read = Parser(Message, policy=policy.compat32).parsestr(written.decode())
    raw = list(read.raw_items())
    if sorted(name for name, _ in raw) != sorted([*headers, "MIME-Version", "Content-Type"]):
        raise NotSent("the letter does not read back as it was written: other headers", permanent=True)
    said = {name: policy.SMTP.header_fetch_parse(name, value) for name, value in raw if name in headers}
    same = {
        "Subject": str(said["Subject"]) == letter.subject,
        "From": _reads_as(said["From"], from_name, from_address),
        "To": _reads_as(said["To"], letter.to_name, letter.to_address),
        "Reply-To": _reads_as(said["Reply-To"], "", reply_to),
        "Date": said["Date"].datetime == sent_at.replace(microsecond=0),
        "the bodies and files": body.is_what(read),
        "the line ends": not re.search(rb"(?<!\r)\n|\r(?!\n)", written),
        "the length of lines": max(map(len, written.split(b"\r\n"))) <= LINE_LIMIT,
    }
    same |= {name: str(said[name]) == headers[name] for name in ("Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress")}
    if differs := [what for what, is_same in same.items() if not is_same]:
        raise NotSent(f"the letter does not read back as it was written: {', '.join(differs)}", permanent=True)


def _reads_as(header: Any, display_name: str, address: str) -> bool:
    # Blanks are left out: Python's parser puts one too many between two encoded words of a long name.
    found = [("".join(one.display_name.split()), one.addr_spec) for one in header.addresses]
    return found == [("".join(display_name.split()), address)]
