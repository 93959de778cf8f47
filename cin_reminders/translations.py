"""A council's own texts of the notices for families, in other languages: read from a folder, and looked at before any is used.

docs/settings.md says how to write one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from cin_reminders.case import Person
from cin_reminders.errors import SettingsError
from cin_reminders.family_words import faults_of_translation, is_written_in
from cin_reminders.occasion import ENGLISH, STAGES
from cin_reminders.rendering import plain
from cin_reminders.words import count_of, joined

_PLACE = "meetings.translations"


def read_translations(folder: Path) -> Mapping[str, str]:
    """The texts of a folder by the names of their files, each fit to be sent to a family: `meeting_family.pl.txt`.

    Files whose names begin with a dot are passed over. Raises SettingsError with every fault of every other file, so that no
    text is left out in silence: a name that no language has, a text that is not UTF-8, that cannot be filled in, or that leaves
    out what a family could not do without.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise SettingsError([f"{_PLACE}: the folder {plain(folder.name)} cannot be read: {error.strerror}"]) from None
    texts: dict[str, str] = {}
    problems = []
    for path in paths:
        try:
            text = _read(path)
        except OSError as error:
            faults = [f"cannot be read: {error.strerror}"]
        except ValueError as error:
            faults = [str(error)]
        else:
            texts[path.name] = text
            faults = _faults(path.name, text)
        problems += [f"{_PLACE}: {plain(path.name)}: {fault}" for fault in faults]
    if problems:
        raise SettingsError(problems)
    return texts


def _read(path: Path) -> str:
    """The text of a file, each tab as a blank. Raises OSError, and ValueError for what is no text."""
    if path.is_dir():
        raise ValueError("is a folder; the texts stand beside each other in one")
    # A pipe or a device is never opened: reading one might never end.
    if not path.is_file():
        raise ValueError("is no file, or a link that leads to none")
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\t", " ")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8; only texts for families stand in this folder, saved as UTF-8") from None


def _faults(name: str, text: str) -> list[str]:
    # A subject with a control character is refused by every way of sending e-mail, on the day that it is needed.
    bad = sorted({f"U+{ord(one):04X}" for one in text if one not in "\r\n" and unicodedata.category(one) in ("Cc", "Zl", "Zp")})
    faults = [f"holds control characters ({', '.join(bad)})"] if bad else []
    if name.split(".")[1:] == [ENGLISH, "txt"]:
        faults.append("would never be used: the English text comes with the service")
    try:
        faults += _by_stages(faults_of_translation(name, text))
    except Exception as error:  # what a council writes into its template may go wrong in any way that Python knows
        faults.append(f"cannot be filled in: {type(error).__name__}: {error}")
    return faults


def _by_stages(faults: Iterable[str]) -> Iterator[str]:
    """The faults as they were found, but what several stages have in common is said once."""
    stages: dict[str, list[str]] = {}
    for fault in faults:
        stage, _, what = fault.partition(": ")
        if stage in STAGES:
            stages.setdefault(what, []).append(stage)
        else:
            yield fault
    for what, at in stages.items():
        yield f"{'every letter' if len(at) == len(STAGES) else joined(at, 'and')}: {what}"


def languages_without_text(people: Iterable[Person], translations: Mapping[str, str], on: date) -> Iterator[str]:
    """Each language recorded for families, and for children, in which there is no text, with the number of people: a line a kind.

    Counted is whoever the records let be written to, themselves or through somebody, and who has not left.
    """
    wanting: dict[str, Counter[str]] = {"family": Counter(), "child": Counter()}
    for person in people:
        may_be_told = person.kind in wanting and person.contact != "no" and not person.has_left_by(on)
        if may_be_told and not is_written_in(person.kind, person.language, translations):
            wanting[person.kind][person.language.strip().lower()] += 1
    for kind, languages in wanting.items():
        if languages:
            most_first = sorted(languages.items(), key=lambda one: (-one[1], one[0]))
            named = ", ".join(f"{language!r} ({_said(language, number)})" for language, number in most_first)
            yield f"{_PLACE}: there is no meeting_{kind} text in {named}: these people would read English"


def _said(language: str, number: int) -> str:
    # A file is found by the language as the records have it.
    no_code = "" if re.match(r"[a-z]{2,3}(?![a-z])", language) else "; no code such as pl, so no file can be in it"
    return f"{count_of(number, 'person', 'people')}{no_code}"
