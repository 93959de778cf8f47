"""Reads a policy pack: one YAML file for each edition, with its worked examples beside it.

A pack is refused with every fault at once, each with its file, line, place and the nearest word that is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cin_reminders.errors import PolicyError
from cin_reminders import policy as rules
from cin_reminders.policy import Edition, Policy
from cin_reminders.words import nearest

EXAMPLES = "examples.yaml"
# Text that YAML itself would read as a number: section 1.10 would become 1.1.
_NUMBER_TAGS = ("tag:yaml.org,2002:float", "tag:yaml.org,2002:int")
_TEXT_KEYS = ("clause", "edition")
_WRITTEN_UNDER: dict[str, type[rules.Rule]] = {
    "duties": rules.Duty,
    "start": rules.Start,
    "met_by": rules.MetBy,
    "due_by": rules.DueBy,
    "variations": rules.Variation,
    "agreed_interval": rules.AgreedInterval,
    "ladder": rules.Ladder,
    "procedure": rules.Stage,
    "council": rules.Stage,
    "named": rules.Stage,
    "not_modelled": rules.NotModelled,
}


def packs() -> tuple[str, ...]:
    """The ids of the packs that come with the service."""
    root = resources.files("cin_reminders") / "policies"
    return tuple(sorted(folder.name for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith("_")))


def load_policy(name: str, base: Path = Path()) -> Policy:
    """The policy of a pack, by its id or by the path of its folder (relative to ``base``). Raises PolicyError with every fault."""
    folder = _folder(name, base)
    files = sorted((one for one in folder.iterdir() if _is_edition(one)), key=lambda one: one.name)
    if not files:
        raise PolicyError([f"{name}: the folder holds no edition; an edition is a file named by the day it came into force, 2024-08-12.yaml"])
    problems: list[str] = []
    editions: list[Edition] = []
    for file in files:
        edition, faults = _read_edition(file)
        problems += faults
        if edition is not None:
            editions.append(edition)
    ids = {edition.policy for edition in editions}
    if not problems and len(ids) > 1:
        problems.append(f"{name}: its editions name different policies ({', '.join(sorted(ids))}); one folder holds one policy")
    if problems:
        raise PolicyError(problems)
    return Policy(id=editions[0].policy, editions=tuple(editions))


def _folder(name: str, base: Path) -> Traversable:
    own = resources.files("cin_reminders") / "policies" / name
    if name in packs():
        return own
    path = base / name
    if path.is_dir():
        return path
    raise PolicyError([f"no pack is called {name!r} and no folder stands at that path{nearest(name, packs())}"])


def _is_edition(file: Traversable) -> bool:
    return file.is_file() and file.name.endswith((".yaml", ".yml")) and file.name != EXAMPLES


def _read_edition(file: Traversable) -> tuple[Edition | None, list[str]]:
    content, lines, problems = read_yaml(file)
    if content is None:
        return None, problems
    if not isinstance(content, dict):
        return None, [*problems, f"{file.name}: an edition is a mapping of keys such as policy, title, duties"]
    edition: Edition | None = None
    try:
        edition = Edition.model_validate(content)
    except ValidationError as error:
        problems += [_fault(file.name, lines, content, fault) for fault in error.errors()]
    if edition is not None and file.name.rsplit(".", 1)[0] != edition.in_force_on.isoformat():
        problems.append(f"{file.name}: in_force_on: is {edition.in_force_on}, so the file must be named {edition.in_force_on}.yaml")
    return (edition if not problems else None), problems


def read_yaml(file: Traversable) -> tuple[Any, dict[tuple[Any, ...], int], list[str]]:
    """The plain content of a YAML file as text, the line of each place in it, and the faults of its form.

    Every scalar is kept as the text that was written: `yes` stays `yes` and `2.10` stays `2.10`.
    """
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        return None, {}, [f"{file.name}: is not UTF-8 text"]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, {}, [f"{file.name}:{line}: is not YAML: {error.problem}"]
    except yaml.YAMLError as error:
        return None, {}, [f"{file.name}: is not YAML: {error}".splitlines()[0]]
    if node is None:
        return None, {}, [f"{file.name}: is empty"]
    lines: dict[tuple[Any, ...], int] = {}
    problems: list[str] = []
    content = _plain(node, (), lines, problems, file.name)
    return content, lines, problems


def _plain(node: yaml.Node, path: tuple[Any, ...], lines: dict[tuple[Any, ...], int], problems: list[str], name: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else str(key_node.value)
            place = (*path, key)
            if key in found:
                problems.append(f"{name}:{key_node.start_mark.line + 1}: {_place(place)}: stands twice; a key may stand once")
            found[key] = _plain(value_node, place, lines, problems, name)
            lines[place] = key_node.start_mark.line + 1
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, (*path, index), lines, problems, name) for index, one in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    if path and path[-1] in _TEXT_KEYS and node.style is None and node.tag in _NUMBER_TAGS:
        problems.append(
            f"{name}:{node.start_mark.line + 1}: {_place(path)}: {node.value} is read as a number by YAML; "
            f'put it in quotes: "{node.value}"'
        )
    if node.tag == "tag:yaml.org,2002:null" and node.style is None:
        return None
    return str(node.value)


def _fault(name: str, lines: dict[tuple[Any, ...], int], content: Any, fault: Any) -> str:
    path = tuple(_steps(content, fault["loc"]))
    line = next((lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in lines), 1)
    return f"{name}:{line}: {_place(path) or 'the whole file'}: {_said(content, path, fault)}"


def _steps(content: Any, loc: tuple[Any, ...]) -> Iterator[Any]:
    """The part of pydantic's place that is a place in the file: it also names the alternatives that it tried."""
    here = content
    for step in loc:
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        elif not isinstance(here, (dict,)):
            continue
        elif step is loc[-1]:
            yield step
            return
        else:
            continue
        yield step


def _said(content: Any, path: tuple[Any, ...], fault: Any) -> str:
    kind, message = fault["type"], str(fault["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"no such key{nearest(str(path[-1]), _allowed_keys(path))}"
    if kind == "missing":
        return "is missing; it must be given"
    if kind == "literal_error":
        return f"may be {fault['ctx']['expected']}"
    return message[:1].lower() + message[1:]


def _allowed_keys(path: tuple[Any, ...]) -> tuple[str, ...]:
    model: type[rules.Rule] = Edition
    for step in path[:-1]:
        model = _WRITTEN_UNDER.get(str(step), model)
    return tuple(model.model_fields)


def _place(path: tuple[Any, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
