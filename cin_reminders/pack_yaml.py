"""The YAML files of a pack: what is written in them, on which line, and the faults of each in the order of its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from cin_reminders.words import nearest
from cin_reminders.written import meant

Place = tuple[Any, ...]
# Text that YAML itself would read as a number: section 1.10 would become 1.1.
_NUMBER_TAGS = ("tag:yaml.org,2002:float", "tag:yaml.org,2002:int")
_TEXT_KEYS = ("clause", "edition")
# Written in C, it reads in a tenth of the time; a pyyaml that was built without it has the other alone.
_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")
_FORMS = {
    "tuple_type": "must be a list",
    "string_type": "must be text",
    **dict.fromkeys(("dict_type", "model_type", "dataclass_type"), "must be a mapping of keys"),
}


class _Endless(Exception):
    """Something that cannot be written out as plain text, lists and mappings: its line, and what is wrong."""


@dataclass(kw_only=True, slots=True)
class PackFile:
    """One YAML file: its plain content, the line of each place in it, and the faults found so far.

    Every scalar is the text that was written: `yes` stays `yes` and `2.10` stays `2.10`. ``content`` is None where the file
    cannot be read at all. A fault is its line (0: the file itself), its place in words, and what is wrong there.
    """

    name: str
    content: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, place: Place, said: str, line: int | None = None) -> None:
        """Note a fault at its place; the line is that of the place, or of the nearest one around it."""
        if line is None:
            line = next((self.lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in self.lines), 1)
        self.faults.append((line, in_words(place) or "the whole file", said))

    def add_read(self, found: Iterable[Mapping[str, Any]], keys: Callable[[Place], tuple[str, ...]], under: Place = ()) -> None:
        """Note what pydantic found in what stands ``under`` a place. ``keys``: those allowed beside the one at a place."""
        placed = [(tuple(_steps(self.content, (*under, *one["loc"]))), one) for one in found]
        slips = {(*place[:-1], meant(str(place[-1]), keys(place))) for place, one in placed if one["type"] in _UNKNOWN_KEY}
        for place, one in placed:
            # One slip is one fault: a key with a slip in it is not missing, and a list is not short of the one that is wrong.
            if not (one["type"] == "missing" and place in slips) and not _is_long_enough(self.content, place, one):
                self.add(place, _said(place, one, keys))

    def problems(self) -> list[str]:
        """Every fault in one line of text, in the order of their lines."""
        # Each once: pydantic looks twice at a rule that can hold rules of its own kind.
        return [
            f"{self.name}:{line}: {place}: {said}" if line else f"{self.name}: {said}"
            for line, place, said in sorted(set(self.faults))
        ]


def read_yaml(file: Traversable) -> PackFile:
    """What stands in a YAML file, with the faults of its form: not YAML, keys that stand twice, numbers without quotes."""
    found = PackFile(name=file.name)
    try:
        node = _composed(file.read_text(encoding="utf-8"))
        if node is None:
            found.faults.append((0, "", "is empty"))
        else:
            found.content = _plain(node, (), found, ())
    except OSError as error:
        found.faults.append((0, "", f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        found.faults.append((0, "", "is not UTF-8 text"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        found.faults.append((line, "is not YAML", str(error.problem)))
    except yaml.YAMLError as error:
        found.faults.append((0, "", f"is not YAML: {error}".splitlines()[0]))
    except _Endless as error:
        found.faults.append(error.args[0])
    except RecursionError:
        found.faults.append((0, "", "is nested too deep to be read"))
    return found


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_FAST_LOADER)
    except yaml.YAMLError:
        # Python's own reader says what is wrong, and where, in the better words.
        return yaml.compose(text, Loader=yaml.SafeLoader)


def in_words(place: Place) -> str:
    """A place in a file as people write it: `duties[0].start`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")


def _plain(node: yaml.Node, place: Place, found: PackFile, around: tuple[yaml.Node, ...]) -> Any:
    line = node.start_mark.line + 1
    found.lines[place] = line
    if any(node is one for one in around):
        raise _Endless((line, in_words(place), "holds itself; an alias may not stand inside what it names"))
    if isinstance(node, yaml.MappingNode):
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Endless(
                    (key_line, in_words(place) or "the whole file", "a key is text, and one here is a list or a mapping")
                )
            key = str(key_node.value)
            if key in content:
                found.add((*place, key), "stands twice; a key may stand once", key_line)
            content[key] = _plain(value_node, (*place, key), found, (*around, node))
            found.lines[*place, key] = key_line
        return content
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, (*place, index), found, (*around, node)) for index, one in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    if place and place[-1] in _TEXT_KEYS and not node.style and node.tag in _NUMBER_TAGS:
        found.add(place, f'{node.value} is read as a number by YAML; put it in quotes: "{node.value}"', line)
    if node.tag == "tag:yaml.org,2002:null" and not node.style:
        return None
    return str(node.value)


def _steps(content: Any, place: Place) -> Iterator[Any]:
    """The part of pydantic's place that is a place in the file: it also names the alternatives that it tried."""
    here = content
    for number, step in enumerate(place, start=1):
        if (isinstance(here, dict) and step in here) or (isinstance(here, list) and isinstance(step, int) and step < len(here)):
            here = here[step]
            yield step
        elif number == len(place) and isinstance(here, dict) and str(step).isidentifier():
            yield step


def _is_long_enough(content: Any, place: Place, fault: Mapping[str, Any]) -> bool:
    """Whether a list was found too short only because some of it is faulty, which is told already."""
    if fault["type"] != "too_short":
        return False
    for step in place:
        content = content[step]
    # One thing stands for a list of it.
    return (len(content) if isinstance(content, (list, dict)) else 1) >= int(fault["ctx"]["min_length"])


def _said(place: Place, fault: Mapping[str, Any], keys: Callable[[Place], tuple[str, ...]]) -> str:
    kind, message = fault["type"], str(fault["msg"]).removeprefix("Value error, ")
    if kind in _UNKNOWN_KEY:
        return f"no such key{nearest(str(place[-1]), keys(place))}"
    if kind == "missing":
        return "is missing; it must be given"
    if kind == "literal_error":
        return f"may be {fault['ctx']['expected']}"
    if kind == "too_short":
        return f"needs at least {fault['ctx']['min_length']}"
    if kind == "too_long":
        return f"may hold at most {fault['ctx']['max_length']}"
    return _FORMS.get(kind, message[:1].lower() + message[1:])
