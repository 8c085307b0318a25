"""What values a threshold takes, by the annotation of its parameter."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

_WORDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", type(None): "null"}
_LARGEST: Final = 10**15
"""More than any count, and few enough that no expression overflows."""


@lru_cache(maxsize=512)
def kinds(rule: Callable[..., object]) -> dict[str, Any]:
    """The types of a rule's thresholds by name."""
    hints = get_type_hints(rule)
    parameters = inspect.signature(rule).parameters.values()
    return {each.name: hints[each.name] for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}


def in_words(kind: Any) -> str:
    """A type as a person would say it: ``a whole number or null``."""
    if kind in _WORDS:
        return _WORDS[kind]
    parts, origin = get_args(kind), get_origin(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(map(in_words, parts)))
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}"
    items = {str: "texts", int: "whole numbers", float: "numbers"}
    return f"a list of {items.get(parts[0], 'values')}"


def fits(value: object, kind: Any) -> bool:
    """Whether a value from a suite has a type; a whole number is a number, too."""
    if kind in _WORDS:
        if kind is float or kind is int:
            number = isinstance(value, int | float if kind is float else int) and not isinstance(value, bool)
            return number and math.isfinite(cast("float", value)) and abs(cast("float", value)) <= _LARGEST
        return isinstance(value, kind)
    parts, origin = get_args(kind), get_origin(kind)
    if origin in (Union, types.UnionType):
        return any(fits(value, each) for each in parts)
    if origin is Literal:
        return value in parts
    return isinstance(value, list) and all(fits(each, parts[0]) for each in cast("list[object]", value))
