"""The folder channel: a trial in which every e-mail, card for Teams and letter to a family becomes a file to be opened."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from pathlib import Path

from cin_reminders.channels import ChannelDown, NotSent
from cin_reminders.channels.card_post import posted
from cin_reminders.channels.mime import build_mime, sender_problems
from cin_reminders.letter import Letter
from cin_reminders.notify_call import KINDS, asked_for
from cin_reminders.whole_file import write_whole

LONGEST_NAME = 200  # of the 255 octets that file systems allow


class FolderChannel:
    """Writes each letter to a file of its own, with the very bytes that the e-mail channel would send.

    ``<folder>/<day>/<key>.eml``; a card for Teams is what would be posted, ``<key>.json``, and the same as text, ``<key>.txt``,
    and so is what GOV.UK Notify would be asked, by the names of ``templates`` and under a reference that ``secret`` keys.
    Nobody but the owner can read them, and a file is there whole or not at all. ``clock`` gives the moment for the Date header,
    with its time zone. Raises ValueError, with every fault, for a sender that cannot stand in an e-mail.
    """

    name = "folder"

    def __init__(
        self,
        folder: Path,
        *,
        from_address: str,
        from_name: str,
        reply_to: str,
        clock: Callable[[], datetime],
        templates: Collection[str] = KINDS,
        secret: bytes = b"",
    ) -> None:
        if problems := sender_problems(from_address=from_address, from_name=from_name, reply_to=reply_to):
            raise ValueError("\n".join(problems))
        self._folder = folder
        self._from_address = from_address
        self._from_name = from_name
        self._reply_to = reply_to
        self._clock = clock
        self._templates = templates
        self._secret = secret

    def send(self, letter: Letter) -> str:
        """Write the letter's file, over an earlier one of the same key; return ``written``.

        Raises a permanent NotSent for a letter that could not be sent as what it is or whose key is of no known form, and
        ChannelDown where the folder cannot be written (full, not ours, gone).
        """
        try:
            path = self.path_of(letter.key, "json" if letter.card or letter.call else "eml")
        except ValueError:
            raise NotSent("the letter's key is not council/mode/day/person/channel", permanent=True) from None
        # What counts as the letter last: once it is there, so is the text.
        files: dict[Path, bytes] = {}
        if letter.card:
            files = {path.with_suffix(".txt"): letter.text.encode(), path: _posted(letter)}
        elif letter.call:
            files = self._call(letter, path)
        else:
            files = {path: self._mime(letter)}
        try:
            for file, content in files.items():
                write_whole(file, content)
        except OSError as error:
            raise ChannelDown(f"the folder for messages cannot be written: {error.strerror}") from None
        return "written"

    def _mime(self, letter: Letter) -> bytes:
        return build_mime(
            letter, from_address=self._from_address, from_name=self._from_name, reply_to=self._reply_to, sent_at=self._clock()
        )

    def _call(self, letter: Letter, path: Path) -> dict[Path, bytes]:
        try:
            asked = asked_for(letter, self._templates, secret=self._secret)
        except ValueError as error:
            raise NotSent(str(error), permanent=True) from None
        values = dict(asked.personalisation)
        said = {
            "kind": asked.kind,
            "template": asked.template,
            "to": asked.to,
            "personalisation": values,
            "reference": asked.reference,
        }
        head = [f"To: {asked.to}", f"Template: {asked.template}"] + [f"Subject: {values['subject']}"] * (asked.kind == "email")
        return {
            path.with_suffix(".txt"): "\n".join([*head, "", values["body"], ""]).encode(),
            path: json.dumps(said, ensure_ascii=False, indent=2).encode(),
        }

    def holds(self, letter_key: str) -> bool:
        """Whether the file of a letter of this key is there. A key of no known form never had one."""
        try:
            return any(self.path_of(letter_key, kind).exists() for kind in ("eml", "json"))
        except ValueError:
            return False

    def path_of(self, letter_key: str, kind: str = "eml") -> Path:
        """The file of a letter: in a folder of its day, named by its key. Two keys never share a file.

        Raises ValueError for a key that is not council/mode/day/person/channel.
        """
        parts = letter_key.split("/")
        if len(parts) < 5 or not _is_day(parts[2]):
            raise ValueError("a letter's key is council/mode/day/person/channel, the day as YYYY-MM-DD")
        return self._folder / parts[2] / f"{file_name(letter_key)}.{kind}"

    def close(self) -> None:
        """Nothing is kept open."""


def _posted(letter: Letter) -> bytes:
    try:
        return posted(letter.card)
    except ValueError:
        raise NotSent("the letter's card is not an Adaptive Card in JSON", permanent=True) from None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def file_name(key: str) -> str:
    """The key as a file name that Linux, macOS and Windows all take, and that can be turned back into the key.

    A slash becomes ``+``. A capital gets ``^`` before it, since on Windows and macOS ``P1`` and ``p1`` would be one
    file. Everything but letters, digits, hyphen and underscore becomes ``%`` and its octets. A very long key is cut, and
    then ends in ``~`` and its SHA-256.
    """
    name = re.sub("[^a-z0-9_-]", _safe, key)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 65]}~{hashlib.sha256(key.encode()).hexdigest()}"


def _safe(found: re.Match[str]) -> str:
    character = found.group()
    if character == "/":
        return "+"
    if character.isascii() and character.isupper():
        return f"^{character}"
    # A lone surrogate has octets too: records that hold one still get a file.
    return "".join(f"%{octet:02X}" for octet in character.encode(errors="surrogatepass"))
