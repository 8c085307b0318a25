"""Patterns, lengths and formats of text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

import polars as pl

from expectations.gx.errors import NotEvaluatedError, first_line
from expectations.gx.metrics.register import Cell, of, register_map, register_summary
from expectations.gx.metrics.sets import BOUNDS, between
from expectations.gx.values import as_text, parse_date


def matches(cell: Cell, regex: str) -> pl.Expr:
    """Whether a regex is found in the text.

    Raises:
        NotEvaluatedError: if Rust's regexes can't express it, naming it.
    """
    try:
        pl.Series([""]).str.contains(regex)
    except pl.exceptions.PolarsError as error:
        raise NotEvaluatedError(
            f"the regex {regex!r} can't be used with Polars, whose regexes are Rust's: {first_line(error)}"
        ) from None
    return as_text(cell.column, cell.kind, cell.subject).str.contains(regex)


def like(pattern: str, escape: str | None = None) -> str:
    """The regex of an SQL LIKE pattern: ``%`` is any text, ``_`` any character."""
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if escape and character == escape:
            parts.append(re.escape(next(characters, escape)))
        else:
            parts.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
    return f"(?s)^{''.join(parts)}$"


def _any_of(cell: Cell, regexes: Sequence[str], match_on: str | None = "any") -> pl.Expr:
    found = [matches(cell, regex) for regex in regexes]
    if match_on not in {"any", "all"}:
        raise NotEvaluatedError("match_on must be either 'any' or 'all'")
    return pl.any_horizontal(found) if match_on == "any" else pl.all_horizontal(found)


def _lengths(
    cell: Cell,
    min_value: int | None = None,
    max_value: int | None = None,
    strict_min: bool | None = None,
    strict_max: bool | None = None,
) -> pl.Expr:
    if min_value is None and max_value is None:
        raise NotEvaluatedError("min_value and max_value cannot both be None")
    return between(_length(cell), min_value, max_value, strict_min=strict_min, strict_max=strict_max)


def _length(cell: Cell) -> pl.Expr:
    return as_text(cell.column, cell.kind, cell.subject).str.len_chars()


def _told_by(cell: Cell, judge: Callable[[str], bool]) -> pl.Expr:
    """What a function of Python says of each value, for formats that only Python's own parsers define."""
    if not isinstance(cell.kind, pl.String | pl.Null):
        raise NotEvaluatedError(f"{cell.subject} needs text, and the column is {cell.kind}")

    def judge_all(values: pl.Series) -> pl.Series:
        return pl.Series([None if value is None else judge(value) for value in values], dtype=pl.Boolean)

    return cell.column.map_batches(judge_all, return_dtype=pl.Boolean, is_elementwise=True)


def _is_date(value: str) -> bool:
    try:
        parse_date(value)
    except (ValueError, OverflowError):
        return False
    return True


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _of_format(cell: Cell, strftime_format: str) -> pl.Expr:
    def judge(value: str) -> bool:
        try:
            # The format is the suite's; whether it tells a time zone is for its author to say.
            datetime.strptime(value, strftime_format)
        except ValueError:
            return False
        return True

    return _told_by(cell, judge)


def _of_schema(cell: Cell, json_schema: dict[str, Any]) -> pl.Expr:
    # jsonschema has no types; Great Expectations brings it.
    jsonschema: Any = import_module("jsonschema")
    validator = jsonschema.validators.validator_for(json_schema)
    try:
        validator.check_schema(json_schema)
    except jsonschema.SchemaError as error:
        raise NotEvaluatedError(f"expected a JSON schema, found that {error.message}") from None
    schema = validator(json_schema)

    def judge(value: str) -> bool:
        try:
            return bool(schema.is_valid(json.loads(value)))
        except (ValueError, RecursionError):
            return False

    return _told_by(cell, judge)


def _not_matches(cell: Cell, regex: str) -> pl.Expr:
    return ~matches(cell, regex)


def _matches_some(cell: Cell, regex_list: Sequence[str], match_on: str | None = "any") -> pl.Expr:
    return _any_of(cell, regex_list, match_on)


def _matches_none(cell: Cell, regex_list: Sequence[str]) -> pl.Expr:
    return ~_any_of(cell, regex_list)


def _like(cell: Cell, like_pattern: str, escape: str | None = None) -> pl.Expr:
    return matches(cell, like(like_pattern, escape))


def _not_like(cell: Cell, like_pattern: str, escape: str | None = None) -> pl.Expr:
    return ~_like(cell, like_pattern, escape)


def _like_some(
    cell: Cell, like_pattern_list: Sequence[str], match_on: str | None = None, escape: str | None = None
) -> pl.Expr:
    return _any_of(cell, [like(each, escape) for each in like_pattern_list], match_on or "any")


def _like_none(cell: Cell, like_pattern_list: Sequence[str], escape: str | None = None) -> pl.Expr:
    return ~_like_some(cell, like_pattern_list, escape=escape)


def _of_length(cell: Cell, value: int) -> pl.Expr:
    return _length(cell) == value


def register() -> None:
    """Register the metrics of this file."""
    register_map("column_values.match_regex", matches, keys=["regex"])
    register_map("column_values.not_match_regex", _not_matches, keys=["regex"])
    register_map("column_values.match_regex_list", _matches_some, keys=["regex_list", "match_on"])
    register_map("column_values.not_match_regex_list", _matches_none, keys=["regex_list"])
    register_map("column_values.match_like_pattern", _like, keys=["like_pattern", "escape"])
    register_map("column_values.not_match_like_pattern", _not_like, keys=["like_pattern", "escape"])
    register_map("column_values.match_like_pattern_list", _like_some, keys=["like_pattern_list", "match_on", "escape"])
    register_map("column_values.not_match_like_pattern_list", _like_none, keys=["like_pattern_list", "escape"])
    register_map("column_values.value_length.between", _lengths, keys=BOUNDS)
    register_map("column_values.value_length.equals", _of_length, keys=["value"])
    register_map("column_values.dateutil_parseable", of(lambda cell: _told_by(cell, _is_date)))
    register_map("column_values.json_parseable", of(lambda cell: _told_by(cell, _is_json)))
    register_map("column_values.match_json_schema", _of_schema, keys=["json_schema"])
    register_map("column_values.match_strftime_format", _of_format, keys=["strftime_format"])
    register_summary("column_values.length.max", of(lambda cell: _length(cell).max()))
    register_summary("column_values.length.min", of(lambda cell: _length(cell).min()))
