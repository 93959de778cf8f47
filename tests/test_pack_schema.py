"""The schema for editors takes what the loader takes, and marks what the loader refuses."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cin_reminders.errors import PolicyError
from cin_reminders.length import LONGEST, UNITS, parse_length
from cin_reminders.pack_keys import MEANINGS
from cin_reminders.pack_schema import LENGTH_PATTERN, pack_schema
from cin_reminders.policy import Edition
from cin_reminders.policy_file import load_edition, packs
from cin_reminders.rule import EVENTS, TOLD, Rule

TESTS = Path(__file__).parent
OURS = sorted((TESTS.parent / "cin_reminders" / "policies").glob("*/2*.yaml"))
OTHERS = sorted((TESTS / "packs").glob("*/2*.yaml"))
HEAD = """\
policy: a-council
council: A Council
title: Child in Need
edition: first
in_force_on: 2024-01-01
plan_types: [child_in_need]
ladder: {agreed_by: nobody yet, procedure: [{stage: overdue, working_days_after: 1, to: first_told}]}
duties:
  - duty: review
    title: Review
    do: Hold the review
    clause: "3.1"
    says: Reviews follow every 8 weeks.
"""
USUAL = {
    "start": "[initial_meeting_held, review_meeting_held]",
    "length": "8 weeks",
    "met_by": "review_meeting_held",
    "first_told": "lead_practitioner",
}


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2 as an editor reads it: `yes` and dates are text, `true` and whole numbers are not."""


EditorLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789"),
    ("null", r"null|~|", ["n", "~", ""]),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def as_an_editor_reads(text: str) -> Any:
    return yaml.load(text, Loader=EditorLoader)


@cache
def validator() -> Any:
    return jsonschema.Draft202012Validator(pack_schema())


def marked(text: str, schema: Any = None) -> list[str]:
    """What an editor would mark."""
    checks = jsonschema.Draft202012Validator(schema) if schema else validator()
    return [error.message for error in checks.iter_errors(as_an_editor_reads(text))]


def with_duty(**keys: str | None) -> str:
    lines = (f"    {key}: {value}" for key, value in {**USUAL, **keys}.items() if value is not None)
    return HEAD + "\n".join(lines) + "\n"


def is_loaded(folder: Path, text: str) -> bool:
    file = folder / "2024-01-01.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load_edition(file)
    except PolicyError:
        return False
    return True


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(pack_schema())


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.parent.name)
def test_each_pack_of_the_service_is_valid(file: Path) -> None:
    assert marked(file.read_text(encoding="utf-8")) == []


def test_those_are_all_the_packs() -> None:
    assert {file.parent.name for file in OURS} == set(packs())


@pytest.mark.parametrize("file", OTHERS, ids=lambda file: f"{file.parent.name} {file.stem}")
def test_each_pack_of_another_council_is_valid_by_a_schema_that_knows_its_own_names(file: Path) -> None:
    edition = load_edition(file)
    assert marked(file.read_text(encoding="utf-8"), pack_schema(events=edition.events, facts=edition.facts)) == []


def test_a_name_that_a_pack_declares_is_unknown_to_the_schema_of_all() -> None:
    assert marked((TESTS / "packs" / "knowsley" / "2000-01-01.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "old, new",
    [
        ("    length: 8 weeks", "    lenght: 8 weeks"),
        ("council: A Council", "councl: A Council"),
        ("working_days_after", "working_day_after"),
        ("agreed_by", "agreedby"),
    ],
)
def test_a_misspelt_key_is_marked(old: str, new: str) -> None:
    text = with_duty()
    assert text.count(old) == 1
    assert marked(text) == []
    assert marked(text.replace(old, new))


SHORTHANDS: list[dict[str, str | None]] = [
    {"start": "plan_agreed"},
    {"start": "[plan_agreed, became_resident]"},
    {"start": "{event: plan_agreed}"},
    {"start": "{event: [plan_agreed, became_resident], after: 3 months}"},
    {"start": "[plan_agreed, {event: review_meeting_held, outcome: amend}]"},
    {"start": "{any_of: [{event: plan_agreed}, {end_of: looked_after}]}"},
    {"start": "{event: review_meeting_held, outcome_not: [close, harm], action_overdue: yes}"},
    {"start": "{event: review_meeting_held, action_overdue: true}"},
    {"start": "{earliest_of: [plan_agreed, assessment_completed]}"},
    {"start": "{dispute: 5 working days}"},
    {"met_by": "[review_meeting_held, case_closed]"},
    {"met_by": "{later: review_meeting_held, before_start: [initial_meeting_held]}"},
    {"met_by": "{role: cin_coordinator}"},
    {"met_by": "{event: review_meeting_held, looking_back: 8 weeks}"},
    {"met_by": "{event: plan_recorded, same_meeting: yes}"},
    {"met_by": "{staying_open: yes}", "outlives_closing": "yes"},
    {"first_told": "[lead_practitioner, team_manager]"},
    {"first_told": "{first_of: [cin_coordinator, chair]}"},
    {"first_told": "[{first_of: [cin_coordinator, chair]}, team_manager]"},
    {"first_told": "{role: note_taker, when: {lead_attending: no}, otherwise: chair}"},
    {"copied_to": "practice_manager"},
    {"copied_to": "[practice_manager, head_of_service]"},
    {"length": "10 Working Days"},
    {"length": '" 1  month "'},
    {"length": None, "due_by": "{interval: visit_interval}", "start_day_counts": "yes"},
    {"variations": "[{when: {disabled: yes, team: North}, length: 12 weeks}]"},
    {"not_where": "[{complex: no}, {consent: refused}]"},
    {"agreed_interval": "{fact: review_interval, longer_when: {exceptional_circumstances: yes}}"},
    {"outlives_closing": "false"},
    {"doubt": "null"},
]
REFUSED: list[dict[str, str | None]] = [
    {"start": "inital_meeting_held"},
    {"start": "{event: plan_agreed, outcom: close}"},
    {"start": "[plan_agreed, {event: nothing}]"},
    {"start": "{end_of: disabled}"},
    {"start": "[]"},
    {"start": "{any_of: [plan_agreed]}"},
    {"met_by": "[{event: review_meeting_held}]"},
    {"met_by": "{role: nobody}"},
    {"length": "8 days"},
    {"length": "0 weeks"},
    {"length": "8"},
    {"length": "00000 weeks"},
    {"clause": "3.10"},
    {"figure": "ours"},
    {"first_told": "lead_practioner"},
    {"first_told": "{first_of: [chair]}"},
    {"first_told": "{role: note_taker, when: {chair: no}, otherwise: chair}"},
    {"variations": "[{when: {disable: yes}, length: 12 weeks}]"},
    {"variations": "[{when: {disabled: perhaps}, length: 12 weeks}]"},
    {"not_where": "[{consent: maybe}]"},
    {"length": None, "due_by": "{fact: disabled}"},
    {"agreed_interval": "{fact: complex}"},
    {"outlives_closing": "perhaps"},
    {"duty": "Review"},
    {"says": None, "clause": None, "first_told": None},
]


def said(keys: dict[str, str | None]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in keys.items())


@pytest.mark.parametrize("keys", SHORTHANDS, ids=said)
def test_what_the_loader_takes_is_not_marked(tmp_path: Path, keys: dict[str, str | None]) -> None:
    assert is_loaded(tmp_path, with_duty(**keys))
    assert marked(with_duty(**keys)) == []


def text_with(keys: dict[str, str | None]) -> str:
    """A key of the heading is put in its place there, and left out where its value is None."""
    text = HEAD
    for key, value in keys.items():
        if key in ("duty", "clause", "says"):
            pattern = rf"(?m)^(  - |    ){key}: .*$"
            text = re.sub(pattern, rf"\g<1>{key}: {value}" if value else r"\g<1>figure: council", text, count=1)
    rest = {key: value for key, value in keys.items() if key not in ("duty", "clause", "says")}
    return text + with_duty(**rest).removeprefix(HEAD)


@pytest.mark.parametrize("keys", REFUSED, ids=said)
def test_what_the_loader_refuses_at_one_place_is_marked(tmp_path: Path, keys: dict[str, str | None]) -> None:
    assert not is_loaded(tmp_path, text_with(keys))
    assert marked(text_with(keys))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("count", [1, 2, LONGEST, LONGEST + 1, 0])
def test_a_length_is_marked_exactly_where_the_loader_refuses_it(unit: str, count: int) -> None:
    text = f"{count} {unit.removesuffix('s') if count == 1 else unit}"
    try:
        parse_length(text, bare_days=False)
        taken = True
    except ValueError:
        taken = False
    assert bool(re.search(LENGTH_PATTERN, text)) is taken


# ---- what an editor shows


@pytest.mark.parametrize("model", MEANINGS, ids=lambda model: model.__name__)
def test_every_key_that_the_loader_takes_has_a_meaning_and_nothing_else_has(model: type[Rule]) -> None:
    assert set(MEANINGS[model]) == set(model.model_fields)


def test_every_definition_of_the_loader_is_among_them() -> None:
    schema = pack_schema()
    assert {model.__name__ for model in MEANINGS} == {*schema["$defs"], Edition.__name__}


def test_each_key_shows_its_meaning() -> None:
    schema = pack_schema()
    assert schema["properties"]["doubts"]["description"] == MEANINGS[Edition]["doubts"]
    undescribed = [
        (name, key)
        for name, one in schema["$defs"].items()
        for key, value in one["properties"].items()
        if "description" not in value
    ]
    assert undescribed == []


def test_events_facts_and_roles_are_offered() -> None:
    schema = pack_schema(events=["panel_held"], facts=["reviewed_elsewhere"])
    duty = schema["$defs"]["Duty"]["properties"]
    assert duty["start"]["anyOf"][0]["enum"] == [*EVENTS, "panel_held"]
    assert duty["copied_to"]["anyOf"][0]["enum"] == list(TOLD)
    when = schema["$defs"]["Variation"]["properties"]["when"]["properties"]
    assert when["disabled"]["enum"] == ["yes", "no"]
    assert "reviewed_elsewhere" in when
