"""Reads a policy pack: one YAML file for each edition, with its worked examples beside it.

A pack is refused with every fault at once, each with its file, line, place and the nearest word that is allowed.
"""

from __future__ import annotations

from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cin_reminders.agenda import Asked, Brought, MeetingWords
from cin_reminders.errors import PolicyError
from cin_reminders.pack_yaml import PackFile, Place, read_yaml
from cin_reminders.policy import Duty, Edition, Ladder, NotModelled, Policy, Stage
from cin_reminders.rule import AgreedInterval, DueBy, FirstOf, MetBy, Start, Variation, Where
from cin_reminders.words import nearest

EXAMPLES = "examples.yaml"
_KEYS_UNDER: dict[str, tuple[str, ...]] = {
    "duties": tuple(Duty.model_fields),
    "start": tuple(Start.model_fields),
    "met_by": tuple(MetBy.model_fields),
    "due_by": tuple(DueBy.model_fields),
    "variations": tuple(Variation.model_fields),
    "agreed_interval": tuple(AgreedInterval.model_fields),
    "first_told": (*FirstOf.model_fields, *Where.model_fields),
    "meetings": tuple(MeetingWords.model_fields),
    "agenda": tuple(Asked.model_fields),
    "to_settle": tuple(Asked.model_fields),
    "to_bring": tuple(Brought.model_fields),
    "ladder": tuple(Ladder.model_fields),
    "procedure": tuple(Stage.model_fields),
    "council": tuple(Stage.model_fields),
    "named": tuple(Stage.model_fields),
    "not_modelled": tuple(NotModelled.model_fields),
}


def packs() -> tuple[str, ...]:
    """The ids of the packs that come with the service."""
    root = resources.files("cin_reminders") / "policies"
    return tuple(sorted(folder.name for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith("_")))


def policy_folder(name: str, base: Path = Path()) -> Traversable:
    """The folder of a pack, by its id or by its path (relative to ``base``). Raises PolicyError with the nearest id."""
    if name in packs():
        return resources.files("cin_reminders") / "policies" / name
    path = base / name
    if path.is_dir():
        return path
    raise PolicyError([f"no pack is called {name!r} and no folder stands at that path{nearest(name, packs())}"])


def load_policy(name: str, base: Path = Path()) -> Policy:
    """The policy of a pack, by its id or by the path of its folder, relative to ``base``. Raises PolicyError with every fault."""
    folder = policy_folder(name, base)
    files = sorted((one for one in folder.iterdir() if _is_edition(one)), key=lambda one: one.name)
    if not files:
        raise PolicyError(
            [f"{name}: the folder holds no edition; an edition is a file named by the day it came into force, 2024-08-12.yaml"]
        )
    read = [(file := read_yaml(one), _edition(file)) for one in files]
    problems = [problem for file, _ in read for problem in file.problems()]
    ids = {
        file.content["policy"]
        for file, _ in read
        if isinstance(file.content, dict) and isinstance(file.content.get("policy"), str)
    }
    if len(ids) > 1:
        problems.append(f"{name}: its editions name different policies ({', '.join(sorted(ids))}); one folder holds one policy")
    if problems:
        raise PolicyError(problems)
    editions = tuple(edition for _, edition in read if edition is not None)
    return Policy(id=editions[0].policy, editions=editions)


def load_edition(file: Traversable) -> Edition:
    """One edition from its own file, whatever else lies beside it. Raises PolicyError with every fault."""
    read = read_yaml(file)
    edition = _edition(read)
    if edition is None or read.problems():
        raise PolicyError(read.problems())
    return edition


def _is_edition(file: Traversable) -> bool:
    return file.is_file() and file.name.endswith((".yaml", ".yml")) and file.name != EXAMPLES


def _edition(file: PackFile) -> Edition | None:
    """The edition in a file; where there is none, the file holds the faults that say why."""
    if file.content is None:
        return None
    if not isinstance(file.content, dict):
        file.faults.append((0, "", "an edition is a mapping of keys such as policy, title, duties"))
        return None
    edition: Edition | None = None
    try:
        edition = Edition.model_validate(file.content, context=_own_names(file.content))
    except ValidationError as error:
        file.add_read(error.errors(), _keys)
    day = edition.in_force_on if edition else _day(file.content.get("in_force_on"))
    if day is not None and file.name.rsplit(".", 1)[0] != day.isoformat():
        file.add(("in_force_on",), f"is {day}, so the file must be named {day}.yaml")
    return edition


def _own_names(content: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The names that an edition declares, before anything else in it is checked against them."""
    declared = {key: content.get(key) for key in ("events", "facts")}
    return {
        key: tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()
        for key, names in declared.items()
    }


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _keys(place: Place) -> tuple[str, ...]:
    """The keys that may stand beside the one at a place."""
    keys = tuple(Edition.model_fields)
    for step in place[:-1]:
        keys = _KEYS_UNDER.get(str(step), keys)
    return keys
