"""Which of Great Expectations' core expectations Polars evaluates, and why it leaves the others."""

from __future__ import annotations

from typing import Final

SUPPORTED: Final = (
    "ExpectColumnDistinctValuesToBeInSet",
    "ExpectColumnDistinctValuesToContainSet",
    "ExpectColumnDistinctValuesToEqualSet",
    "ExpectColumnKLDivergenceToBeLessThan",
    "ExpectColumnMaxToBeBetween",
    "ExpectColumnMeanToBeBetween",
    "ExpectColumnMedianToBeBetween",
    "ExpectColumnMinToBeBetween",
    "ExpectColumnMostCommonValueToBeInSet",
    "ExpectColumnPairValuesAToBeGreaterThanB",
    "ExpectColumnPairValuesToBeEqual",
    "ExpectColumnPairValuesToBeInSet",
    "ExpectColumnProportionOfNonNullValuesToBeBetween",
    "ExpectColumnProportionOfUniqueValuesToBeBetween",
    "ExpectColumnQuantileValuesToBeBetween",
    "ExpectColumnStdevToBeBetween",
    "ExpectColumnSumToBeBetween",
    "ExpectColumnToExist",
    "ExpectColumnUniqueValueCountToBeBetween",
    "ExpectColumnValueLengthsToBeBetween",
    "ExpectColumnValueLengthsToEqual",
    "ExpectColumnValueZScoresToBeLessThan",
    "ExpectColumnValuesToBeBetween",
    "ExpectColumnValuesToBeDateutilParseable",
    "ExpectColumnValuesToBeDecreasing",
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnValuesToBeIncreasing",
    "ExpectColumnValuesToBeJsonParseable",
    "ExpectColumnValuesToBeNull",
    "ExpectColumnValuesToBeUnique",
    "ExpectColumnValuesToMatchJsonSchema",
    "ExpectColumnValuesToMatchLikePattern",
    "ExpectColumnValuesToMatchLikePatternList",
    "ExpectColumnValuesToMatchRegex",
    "ExpectColumnValuesToMatchRegexList",
    "ExpectColumnValuesToMatchStrftimeFormat",
    "ExpectColumnValuesToNotBeInSet",
    "ExpectColumnValuesToNotBeNull",
    "ExpectColumnValuesToNotBeOutliers",
    "ExpectColumnValuesToNotMatchLikePattern",
    "ExpectColumnValuesToNotMatchLikePatternList",
    "ExpectColumnValuesToNotMatchRegex",
    "ExpectColumnValuesToNotMatchRegexList",
    "ExpectCompoundColumnsToBeUnique",
    "ExpectMulticolumnSumToEqual",
    "ExpectMulticolumnValuesToBeEqual",
    "ExpectSelectColumnValuesToBeUniqueWithinRecord",
    "ExpectTableColumnCountToBeBetween",
    "ExpectTableColumnCountToEqual",
    "ExpectTableColumnsToMatchOrderedList",
    "ExpectTableColumnsToMatchSet",
    "ExpectTableRowCountToBeBetween",
    "ExpectTableRowCountToEqual",
)
"""What Polars evaluates, by class."""

_SQL = "it is written in SQL, or asks a second table of a database"
_TYPES = "it speaks of pandas', Spark's or SQL's types, engine by engine; Polars knows the types of a frame for certain"

LEFT_OUT: Final[dict[str, str]] = {
    "ExpectColumnTypeToBe": _TYPES,
    "ExpectColumnValuesToBeInTypeList": _TYPES,
    "ExpectColumnValuesToBeOfType": _TYPES,
    "ExpectMulticolumnValuesToBeUnique": "GX itself gives it no metric",
    "ExpectQueryResultsToMatchComparison": _SQL,
    "ExpectTableRowCountToEqualOtherTable": _SQL,
    "UnexpectedRowsExpectation": _SQL,
}
"""What it doesn't, and why. In a suite they fail, with a sentence."""
