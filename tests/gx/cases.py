"""Each supported expectation of GX's core, with arguments that hold here and fail there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import great_expectations.expectations as gxe

_BINS = {"bins": [0, 1, 2, 3, 4], "weights": [0.25, 0.25, 0.25, 0.25]}
_SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}
_PAIR = {"column_A": "text", "column_B": "other"}
_WORDS = ["user", "bot", "system", "tool"]

CASES: list[tuple[str, dict[str, Any]]] = [
    ("ExpectColumnDistinctValuesToBeInSet", {"column": "text", "value_set": ["user", "bot"]}),
    ("ExpectColumnDistinctValuesToBeInSet", {"column": "number", "value_set": [1, 2, 40]}),
    ("ExpectColumnDistinctValuesToContainSet", {"column": "text", "value_set": ["user", "ghost"]}),
    ("ExpectColumnDistinctValuesToContainSet", {"column": "number", "value_set": [1, 3]}),
    ("ExpectColumnDistinctValuesToEqualSet", {"column": "text", "value_set": _WORDS}),
    ("ExpectColumnKLDivergenceToBeLessThan", {"column": "share", "partition_object": _BINS, "threshold": 0.5}),
    (
        "ExpectColumnKLDivergenceToBeLessThan",
        {"column": "text", "partition_object": {"values": _WORDS, "weights": [0.25] * 4}, "threshold": 0.6},
    ),
    ("ExpectColumnMaxToBeBetween", {"column": "number", "max_value": 7}),
    ("ExpectColumnMaxToBeBetween", {"column": "share", "min_value": 1.75, "strict_min": True}),
    ("ExpectColumnMeanToBeBetween", {"column": "share", "min_value": 0, "max_value": 1}),
    ("ExpectColumnMedianToBeBetween", {"column": "number", "min_value": 2, "max_value": 4}),
    ("ExpectColumnMinToBeBetween", {"column": "number", "min_value": 0}),
    ("ExpectColumnMostCommonValueToBeInSet", {"column": "text", "value_set": ["user"], "ties_okay": True}),
    ("ExpectColumnMostCommonValueToBeInSet", {"column": "number", "value_set": [3]}),
    ("ExpectColumnPairValuesAToBeGreaterThanB", {"column_A": "twice", "column_B": "number", "or_equal": True}),
    (
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "twice", "column_B": "number", "ignore_row_if": "either_value_is_missing"},
    ),
    ("ExpectColumnPairValuesToBeEqual", _PAIR),
    ("ExpectColumnPairValuesToBeEqual", {**_PAIR, "ignore_row_if": "either_value_is_missing", "mostly": 0.5}),
    ("ExpectColumnPairValuesToBeEqual", {**_PAIR, "ignore_row_if": "neither"}),
    (
        "ExpectColumnPairValuesToBeInSet",
        {**_PAIR, "value_pairs_set": [("user", "user"), ("bot", "bot"), ("bot", None)]},
    ),
    ("ExpectColumnProportionOfNonNullValuesToBeBetween", {"column": "text", "min_value": 0.9}),
    ("ExpectColumnProportionOfUniqueValuesToBeBetween", {"column": "text", "max_value": 0.6}),
    (
        "ExpectColumnQuantileValuesToBeBetween",
        {
            "column": "number",
            "quantile_ranges": {
                "quantiles": [0.0, 0.25, 0.5, 1.0],
                "value_ranges": [[0, 0], [1, 2], [3, 4], [7, None]],
            },
        },
    ),
    ("ExpectColumnStdevToBeBetween", {"column": "share", "max_value": 1}),
    ("ExpectColumnSumToBeBetween", {"column": "number", "min_value": 1, "max_value": 30}),
    ("ExpectColumnToExist", {"column": "text"}),
    ("ExpectColumnToExist", {"column": "ghost"}),
    ("ExpectColumnUniqueValueCountToBeBetween", {"column": "text", "min_value": 3, "max_value": 5}),
    ("ExpectColumnValueLengthsToBeBetween", {"column": "text", "min_value": 2, "max_value": 4}),
    ("ExpectColumnValueLengthsToBeBetween", {"column": "text", "min_value": 3, "strict_min": True, "mostly": 0.5}),
    ("ExpectColumnValueLengthsToEqual", {"column": "text", "value": 4}),
    ("ExpectColumnValueZScoresToBeLessThan", {"column": "number", "threshold": 1.5, "double_sided": True}),
    ("ExpectColumnValueZScoresToBeLessThan", {"column": "share", "threshold": 1, "double_sided": False}),
    ("ExpectColumnValuesToBeBetween", {"column": "number", "min_value": 0, "max_value": 6}),
    ("ExpectColumnValuesToBeBetween", {"column": "share", "min_value": 0, "strict_min": True}),
    (
        "ExpectColumnValuesToBeBetween",
        {"column": "day", "min_value": datetime(2026, 1, 2), "max_value": datetime(2026, 2, 2)},
    ),
    ("ExpectColumnValuesToBeDateutilParseable", {"column": "when"}),
    ("ExpectColumnValuesToBeDecreasing", {"column": "number"}),
    ("ExpectColumnValuesToBeDecreasing", {"column": "day", "strictly": True}),
    ("ExpectColumnValuesToBeInSet", {"column": "text", "value_set": _WORDS}),
    ("ExpectColumnValuesToBeInSet", {"column": "number", "value_set": [1, 2.0, "a", None, True]}),
    ("ExpectColumnValuesToBeInSet", {"column": "text", "value_set": []}),
    ("ExpectColumnValuesToBeInSet", {"column": "yes", "value_set": [True]}),
    ("ExpectColumnValuesToBeIncreasing", {"column": "number"}),
    ("ExpectColumnValuesToBeIncreasing", {"column": "share", "strictly": True, "mostly": 0.5}),
    ("ExpectColumnValuesToBeIncreasing", {"column": "day"}),
    ("ExpectColumnValuesToBeJsonParseable", {"column": "json"}),
    ("ExpectColumnValuesToBeJsonParseable", {"column": "when"}),
    ("ExpectColumnValuesToBeNull", {"column": "text"}),
    ("ExpectColumnValuesToBeNull", {"column": "share", "mostly": 0.1}),
    ("ExpectColumnValuesToBeUnique", {"column": "text"}),
    ("ExpectColumnValuesToBeUnique", {"column": "number"}),
    ("ExpectColumnValuesToMatchJsonSchema", {"column": "json", "json_schema": _SCHEMA}),
    ("ExpectColumnValuesToMatchRegex", {"column": "text", "regex": "^(user|bot)"}),
    ("ExpectColumnValuesToMatchRegex", {"column": "text", "regex": r"\w{2,}$", "mostly": 0.9}),
    ("ExpectColumnValuesToMatchRegexList", {"column": "text", "regex_list": ["^u", "t$"]}),
    ("ExpectColumnValuesToMatchRegexList", {"column": "text", "regex_list": ["^.", "o"], "match_on": "all"}),
    ("ExpectColumnValuesToMatchStrftimeFormat", {"column": "when", "strftime_format": "%Y-%m-%d"}),
    ("ExpectColumnValuesToNotBeInSet", {"column": "text", "value_set": ["tool"]}),
    ("ExpectColumnValuesToNotBeInSet", {"column": "day", "value_set": ["2026-01-03", "2026-02-01"]}),
    ("ExpectColumnValuesToNotBeNull", {"column": "share"}),
    ("ExpectColumnValuesToNotBeNull", {"column": "text", "mostly": 0.5}),
    ("ExpectColumnValuesToNotBeOutliers", {"column": "number", "method": "iqr", "multiplier": 1.5}),
    ("ExpectColumnValuesToNotBeOutliers", {"column": "share", "method": "std", "multiplier": 1.0}),
    ("ExpectColumnValuesToNotMatchRegex", {"column": "text", "regex": "<|\\d"}),
    ("ExpectColumnValuesToNotMatchRegexList", {"column": "text", "regex_list": ["<", "病"]}),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["text", "other"]}),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["text", "number"], "ignore_row_if": "any_value_is_missing"}),
    ("ExpectMulticolumnSumToEqual", {"column_list": ["number", "twice"], "sum_total": 9}),
    ("ExpectMulticolumnValuesToBeEqual", {"column_list": ["text", "other"]}),
    ("ExpectMulticolumnValuesToBeEqual", {"column_list": ["number", "twice"], "ignore_row_if": "never"}),
    ("ExpectSelectColumnValuesToBeUniqueWithinRecord", {"column_list": ["number", "twice", "text"]}),
    ("ExpectSelectColumnValuesToBeUniqueWithinRecord", {"column_list": ["text", "other"], "mostly": 0.2}),
    ("ExpectTableColumnCountToBeBetween", {"min_value": 3, "max_value": 9}),
    ("ExpectTableColumnCountToEqual", {"value": 10}),
    ("ExpectTableColumnsToMatchOrderedList", {"column_list": ["key", "text"]}),
    ("ExpectTableColumnsToMatchSet", {"column_set": ["key", "text", "ghost"], "exact_match": False}),
    ("ExpectTableRowCountToBeBetween", {"min_value": 2, "max_value": 8}),
    ("ExpectTableRowCountToEqual", {"value": 8}),
]

ON_NO_PANDAS = {
    "ExpectColumnValuesToMatchLikePattern",
    "ExpectColumnValuesToMatchLikePatternList",
    "ExpectColumnValuesToNotMatchLikePattern",
    "ExpectColumnValuesToNotMatchLikePatternList",
}
"""GX has no pandas metric for these: there is nothing to compare with. `test_text` tests them."""


def expectation(place: int) -> Any:
    """The expectation of a case; its place is kept in its meta, because GX reorders results."""
    kind, arguments = CASES[place]
    return getattr(gxe, kind)(**arguments, meta={"case": place})
