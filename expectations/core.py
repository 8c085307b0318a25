"""Great Expectations' core expectations in a suite of ours: those that judge each turn by itself.

Each becomes an expectation like ours, with a finding for each turn that fails it: its condition is the expression that
`expectations.gx` evaluates for Great Expectations, too. Great Expectations is imported only where a suite has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import polars as pl

from expectations.rule import Expectation, Rule, Turns, Violation
from schemas.columns import TURNS
from schemas.errors import InputError
from schemas.regex import regex

TURN_BY_TURN: Final = frozenset(
    f"expect_{name}"
    for name in """
    column_pair_values_a_to_be_greater_than_b column_pair_values_to_be_equal column_pair_values_to_be_in_set
    column_value_lengths_to_be_between column_value_lengths_to_equal column_values_to_be_between
    column_values_to_be_dateutil_parseable column_values_to_be_in_set column_values_to_be_json_parseable
    column_values_to_be_null column_values_to_match_json_schema column_values_to_match_like_pattern
    column_values_to_match_like_pattern_list column_values_to_match_regex column_values_to_match_regex_list
    column_values_to_match_strftime_format column_values_to_not_be_in_set column_values_to_not_be_null
    column_values_to_not_match_like_pattern column_values_to_not_match_like_pattern_list
    column_values_to_not_match_regex column_values_to_not_match_regex_list multicolumn_sum_to_equal
    multicolumn_values_to_be_equal select_column_values_to_be_unique_within_record
    """.split()
)
"""The core expectations that a suite may have. The others look at many turns at once, or at the table as a whole."""

_FAMILIES: Final = tuple(f"expect_{name}" for name in "column compound multicolumn query select table".split())
_COLUMNS: Final = pl.Schema({name: kind for name, kind in TURNS.items() if name != "transcript"})
"""The columns of a turn that they may name."""

_CODE: Final = regex(r"GX_[A-Z0-9_]{1,80}")
_SHOWN: Final = 300
"""Characters of a sentence that a finding shows; a set of values may be long."""


@dataclass(frozen=True)
class CoreExpectation(Expectation):
    """One of Great Expectations' own, as a suite configures it."""

    kwargs: Mapping[str, Any]

    def __reduce__(self) -> tuple[Callable[..., Expectation], tuple[object, ...]]:  # type: ignore[override] # another function
        """To another process it goes as the suite has it: an expression of Great Expectations' is made there anew."""
        return core_expectation, (self.type, dict(self.kwargs), self.code)


def is_core(kind: str) -> bool:
    """Whether a type is one of Great Expectations' own, by its name."""
    return kind.startswith(_FAMILIES) or kind == "unexpected_rows_expectation"


def core_expectation(kind: str, kwargs: Mapping[str, Any], code: str = "") -> CoreExpectation:
    """An expectation of Great Expectations' own, to judge each turn.

    Args:
        kind: its type.
        kwargs: its arguments, as in a suite.
        code: of its findings; by default ``GX_`` and the name of the type.

    Raises:
        InputError: in the words "expected …, found …; …", if it can't judge each turn, or its arguments are wrong.
    """
    if kind not in TURN_BY_TURN:
        raise InputError(
            f"expected an expectation that judges each turn by itself, found {kind}; "
            "use one of ours, or validate a table of the store with it (`turnproof gx`)"
        )
    if kwargs.get("mostly", 1) != 1:
        raise InputError(
            f"expected no mostly, as each turn is judged by itself, found {kwargs['mostly']}; "
            "remove it, or set `severity: info`"
        )
    name = kind.removeprefix("expect_")
    code = code or f"GX_{name.upper()}"
    if not _CODE.fullmatch(code):
        raise InputError(f'expected a code such as GX_SHORT_TEXT, found "{code}"; mend it')
    try:
        masks = import_module("expectations.gx.masks")
    except ModuleNotFoundError as error:
        raise InputError(
            f"expected great_expectations to be installed for {kind}, found no {error.name}; "
            "install it: pip install 'great_expectations>=1.24,<1.25'"
        ) from None
    try:
        unexpected, sentence = masks.condition(kind, dict(kwargs), _COLUMNS)
    except ValueError as error:
        raise InputError(f"expected arguments that turns can be judged by, found that {error}; mend them") from None
    rule = _rule(unexpected, sentence[:_SHOWN])
    return CoreExpectation(code, name, "turn", "critical", "0.1", (), (), rule, kwargs)


def _rule(unexpected: pl.Expr, sentence: str) -> Rule:
    def rule(_turns: Turns, **_kwargs: Any) -> Violation:
        return Violation(when=unexpected, message="{expected}", values={"expected": pl.lit(sentence)})

    rule.__doc__ = (
        f"{sentence}\n\nWhy it matters: the suite asks for it; the expectation is one of Great Expectations' own.\n\n"
        "What to do: look at the turn, and mend the source or the suite."
    )
    return rule
