"""Anything written in a pack: read strictly, with every fault of it told at once.

Pydantic looks at a rule as a whole only once every part of it is right. Here what concerns the whole is told from what is
written, so that no fault waits for another to be mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails

# The place within what is being read, and what is wrong there.
Fault = tuple[tuple[str | int, ...], str]


def meant(key: str, allowed: Iterable[str]) -> str:
    """The allowed key that a key is, or is most like; the key itself where it is like none."""
    allowed = tuple(allowed)
    return key if key in allowed else next(iter(get_close_matches(key, allowed, n=1)), key)


def rows(written: Any) -> list[Any]:
    """What stands in a list; nothing where it is no list."""
    return list(written) if isinstance(written, (list, tuple)) else []


def refuse(faults: Iterable[Fault], found: Iterable[InitErrorDetails] = ()) -> None:
    """Raise one ValidationError with all these faults, each at its place, beside those found before; with none, do nothing."""
    own = [InitErrorDetails(type="value_error", loc=place, input=None, ctx={"error": ValueError(said)}) for place, said in faults]
    if told := [*own, *found]:
        raise ValidationError.from_exception_data("what is written", told)


class Rule(BaseModel):
    """Anything written in a pack: unknown keys are refused and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @classmethod
    def given(cls, written: Any) -> dict[str, Any]:
        """What is written of a rule, by its own keys: one with a slip in it counts as the one it is like. Empty for no rule."""
        if not isinstance(written, dict):
            return {}
        said = {key: value for key, value in written.items() if value is not None and value is not False and value != ()}
        return {meant(str(key), cls.model_fields): value for key, value in said.items()}

    @classmethod
    def faults_of(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """What is wrong with the rule as a whole, as far as what is written tells it; its parts may be faulty themselves."""
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, written: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        faults = list(cls.faults_of(cls.given(written))) if isinstance(written, dict) else []
        try:
            rule = read(written)
        except ValidationError as error:
            refuse(faults, (_again(one) for one in error.errors(include_url=False)))
            raise
        refuse(faults)
        return rule


def _again(fault: Any) -> InitErrorDetails:
    return InitErrorDetails(type=fault["type"], loc=fault["loc"], input=fault["input"], ctx=fault.get("ctx", {}))
