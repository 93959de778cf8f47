"""The JSON Schema of a pack's edition, for completion and a first check in an editor.

It is made from the loader's own definitions, with every shorthand that the loader takes: one thing for a list of it, an event
for a whole start. It reads YAML as an editor does (version 1.2: ``yes`` is text, ``true`` and ``5`` are not).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from cin_reminders import rule
from cin_reminders.case import DATE_FACTS, FACTS, LENGTH_FACTS
from cin_reminders.length import ALLOWED
from cin_reminders.pack_keys import with_meanings
from cin_reminders.policy import Edition

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LENGTH_PATTERN = r"^\s*0*[1-9][0-9]{0,3}\s+([Ww]orking [Dd]ays?|[Cc]alendar [Dd]ays?|[Ww]eeks?|[Mm]onths?)\s*$"
_Schema = dict[str, Any]


def pack_schema(*, events: Iterable[str] = (), facts: Iterable[str] = ()) -> _Schema:
    """The schema of one edition. ``events`` and ``facts`` are names that a pack declares as its own, beside the known ones."""
    made = Edition.model_json_schema(schema_generator=_generator(tuple(events), tuple(facts)))
    return {"$schema": DIALECT, **with_meanings(made), "title": "An edition of a written procedure"}


def _generator(events: tuple[str, ...], facts: tuple[str, ...]) -> type[GenerateJsonSchema]:
    """What turns the loader's definitions into a schema; pydantic makes it itself, so the names are closed over."""
    known_events, known_facts = (*rule.EVENTS, *events), (*FACTS, *rule.CASE_FACTS, *facts)
    # The words allowed at a place, by the function with which the loader checks them there.
    words = {
        rule.event_name: known_events,
        rule.fact_name: known_facts,
        rule.date_fact_name: DATE_FACTS,
        rule.interval_name: LENGTH_FACTS,
        rule.role_name: rule.TOLD,
        rule.stage_to: ("first_told", *rule.TOLD),
    }

    class Generator(GenerateJsonSchema):
        def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> _Schema:
            check = schema["function"]["function"]
            allowed = words.get(check)
            return _one_of(allowed) if allowed else super().function_after_schema(schema)

        def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> _Schema:
            shorthand: Any = schema["function"]["function"]
            if shorthand is rule.possible_test:
                return _facts_as_said(known_facts)
            if shorthand is rule.as_length:
                return {"type": "string", "pattern": LENGTH_PATTERN, "description": ALLOWED, "examples": ["15 working days"]}
            whole = self.generate_inner(schema["schema"])
            event = _one_of(known_events)
            if shorthand is rule.as_list:
                return {"anyOf": [whole["items"], whole]}
            if shorthand is rule.as_events:
                return {"anyOf": [event, _list_of(event), whole]}
            if shorthand is rule.as_start:
                return {"anyOf": [event, _list_of({"anyOf": [event, whole]}), whole]}
            return super().function_before_schema(schema)

        def bool_schema(self, schema: core_schema.BoolSchema) -> _Schema:
            return {"enum": ["yes", "no", True, False]}

    return Generator


def _one_of(words: Iterable[str]) -> _Schema:
    return {"type": "string", "enum": list(words)}


def _list_of(one: _Schema) -> _Schema:
    return {"type": "array", "items": one, "minItems": 1}


def _facts_as_said(facts: tuple[str, ...]) -> _Schema:
    """What facts must be for a rule to hold: the values that each can have."""
    properties = {fact: _one_of(values) if (values := rule.values_of(fact)) else {"type": "string"} for fact in facts}
    return {"type": "object", "properties": properties, "additionalProperties": False}
