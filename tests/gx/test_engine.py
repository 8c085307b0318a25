"""How the engine behaves in Great Expectations: everywhere pandas works, it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.exceptions.exceptions import BuildBatchRequestError
from great_expectations.expectations.row_conditions import Column

import expectations.gx.engine
from expectations.gx import LEFT_OUT
from tests.gx.conftest import failure, quiet

FRAME = pl.DataFrame(
    {
        "key": [10, 11, 12, 13],
        "role": ["user", "bot", "user", None],
        "text": ["Hello", "Hi <b>", "Bye", "…"],
        "score": [0.5, float("nan"), None, 2.0],
    }
)


def validate(
    context: Any, frame: pl.DataFrame | pl.LazyFrame, *checks: Any, form: Any = "COMPLETE", **source: Any
) -> Any:
    """The results of some expectations on a frame, in their order."""
    name = f"source {len(context.data_sources.all())}"
    asset = context.data_sources.add_polars(name, **source).add_dataframe_asset("frames")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    for place, check in enumerate(checks):
        check.meta = {"place": place}
    found = batch.validate(gx.ExpectationSuite(name="suite", expectations=list(checks)), result_format=form)
    return sorted(found.results, key=lambda each: each.expectation_config.meta["place"])


def test_a_checkpoint_runs_on_frames_eager_and_lazy(context: Any) -> None:
    asset = context.data_sources.add_polars("frames").add_dataframe_asset("turns")
    definition = asset.add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name="s", expectations=[gxe.ExpectTableRowCountToEqual(value=4)]))
    validation = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=definition, suite=suite))
    checkpoint = context.checkpoints.add(gx.Checkpoint(name="c", validation_definitions=[validation]))
    for frame, success in ((FRAME, True), (FRAME.lazy(), True), (FRAME.head(2), False)):
        result = checkpoint.run(batch_parameters={"dataframe": frame})
        assert result.success is success
        assert json.loads(json.dumps(result.describe_dict()))["success"] is success


def test_a_suite_costs_one_query(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[int] = []
    collect_all = pl.collect_all

    def counted(plans: list[pl.LazyFrame]) -> list[pl.DataFrame]:
        queries.append(len(plans))
        return collect_all(plans)

    monkeypatch.setattr(pl, "collect_all", counted)
    results = validate(
        context,
        FRAME,
        gxe.ExpectColumnValuesToNotBeNull(column="role"),
        gxe.ExpectColumnValuesToBeInSet(column="role", value_set=["user"], row_condition=Column("key") > 10),
        gxe.ExpectColumnMeanToBeBetween(column="score", min_value=0),
        gxe.ExpectColumnValueZScoresToBeLessThan(column="key", threshold=3, double_sided=True),
        gxe.ExpectColumnValuesToMatchRegex(column="text", regex="(?=x)"),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["key", "role"]),
    )
    # Three domains: all rows, those of the condition, those with any value in the columns.
    assert queries == [3]
    assert [each.success for each in results] == [False, False, True, True, False, True]


def test_row_conditions(context: Any) -> None:
    def unexpected(condition: Any) -> list[int]:
        check = gxe.ExpectColumnValuesToBeNull(column="key", row_condition=condition)
        return list(validate(context, FRAME, check)[0].result["unexpected_index_list"])

    assert unexpected(Column("role") == "user") == [0, 2]
    # A missing value is unlike any value, as in pandas.
    assert unexpected(Column("role") != "user") == [1, 3]
    assert unexpected(Column("role").is_not_in(["user"])) == [1, 3]
    assert unexpected(Column("role").is_in(["user", "ghost"])) == [0, 2]
    assert unexpected(Column("role").is_null()) == [3]
    assert unexpected(Column("score").is_not_null()) == [0, 3]
    assert unexpected((Column("role") == "user") & (Column("key") >= 12)) == [2]
    assert unexpected((Column("key") < 11) | (Column("key") > 12)) == [0, 3]


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (Column("ghost") == 1, 'the row condition names the column "ghost", which the frame doesn\'t have'),
        (Column("role") > 1, "the row condition can't be evaluated by Polars: cannot compare string with numeric"),
    ],
)
def test_a_row_condition_that_cannot_be_evaluated_fails_its_own_expectation(
    context: Any, condition: Any, sentence: str
) -> None:
    bad, good = validate(
        context,
        FRAME,
        gxe.ExpectColumnValuesToNotBeNull(column="key", row_condition=condition),
        gxe.ExpectColumnValuesToNotBeNull(column="key"),
    )
    assert not bad.success
    assert sentence in str(failure(bad))
    assert good.success


@pytest.mark.filterwarnings("ignore:.*(condition_parser|row_condition) parameter:DeprecationWarning")
def test_a_row_condition_written_for_pandas_is_refused(context: Any) -> None:
    check = gxe.ExpectColumnValuesToNotBeNull(column="key", row_condition="key > 1", condition_parser="pandas")
    assert 'expected a row condition such as Column("role") == "user"' in str(
        failure(validate(context, FRAME, check)[0])
    )


def test_a_bad_regex_fails_its_own_expectation_with_a_sentence_that_names_it(context: Any) -> None:
    bad, good = validate(
        context,
        FRAME,
        gxe.ExpectColumnValuesToMatchRegex(column="text", regex="^(?!x)"),
        gxe.ExpectColumnValuesToMatchRegex(column="text", regex="."),
    )
    assert not bad.success
    assert "the regex '^(?!x)' can't be used with Polars, whose regexes are Rust's: look-around" in str(failure(bad))
    assert good.success


def test_what_fails_on_the_data_fails_alone_and_tells_no_values(context: Any) -> None:
    frame = FRAME.lazy().with_columns(bad=pl.col("text").map_batches(_raise, return_dtype=pl.String))
    bad, good, other = validate(
        context,
        frame,
        gxe.ExpectColumnValuesToMatchRegex(column="bad", regex="x"),
        gxe.ExpectColumnValuesToNotBeNull(column="text"),
        gxe.ExpectTableRowCountToEqual(value=4),
    )
    assert good.success
    assert other.success
    assert not bad.success
    assert "failed on the data (ValueError)" in str(failure(bad))
    assert "Hi" not in json.dumps(bad.to_json_dict())


def _raise(values: pl.Series) -> pl.Series:
    if len(values):
        raise ValueError(f"the value was {values[1]}")
    return values


# GX doesn't even register the one without a metric.
@pytest.mark.parametrize("name", sorted(LEFT_OUT.keys() - {"ExpectMulticolumnValuesToBeUnique"}))
def test_what_is_left_out_never_passes(context: Any, name: str) -> None:
    arguments: dict[str, dict[str, Any]] = {
        "ExpectColumnTypeToBe": {"column": "key", "type_": "int64"},
        "ExpectColumnValuesToBeInTypeList": {"column": "key", "type_list": ["Int64", "int64", "int"]},
        "ExpectColumnValuesToBeOfType": {"column": "key", "type_": "Int64"},
        "ExpectQueryResultsToMatchComparison": {
            "base_query": "SELECT 1",
            "comparison_data_source_name": "x",
            "comparison_query": "SELECT 1",
        },
        "ExpectTableRowCountToEqualOtherTable": {"other_table_name": "x"},
        "UnexpectedRowsExpectation": {"unexpected_rows_query": "SELECT * FROM {batch} WHERE key > 99"},
    }
    assert not validate(context, FRAME, getattr(gxe, name)(**arguments[name]))[0].success


def test_a_missing_column_fails_with_the_sentence_of_great_expectations(context: Any) -> None:
    result = validate(context, FRAME, gxe.ExpectColumnValuesToNotBeNull(column="ghost"))[0]
    assert failure(result) == 'Error: The column "ghost" in BatchData does not exist.'


def test_an_index_column_that_is_missing_fails(context: Any) -> None:
    form = {"result_format": "COMPLETE", "unexpected_index_column_names": ["ghost"]}
    result = validate(context, FRAME, gxe.ExpectColumnValuesToBeNull(column="key"), form=form)[0]
    assert 'The unexpected_index_column "ghost" does not exist' in str(failure(result))


def test_like_patterns(context: Any) -> None:
    results = validate(
        context,
        pl.DataFrame({"text": ["abc", "a.c", "a%c", "line\nc", None]}),
        gxe.ExpectColumnValuesToMatchLikePattern(column="text", like_pattern="a_c"),
        gxe.ExpectColumnValuesToNotMatchLikePattern(column="text", like_pattern="%.%"),
        gxe.ExpectColumnValuesToMatchLikePatternList(column="text", like_pattern_list=["a%", "%c"], match_on="all"),
        gxe.ExpectColumnValuesToMatchLikePatternList(column="text", like_pattern_list=["a%", "l%c"], match_on="any"),
        gxe.ExpectColumnValuesToNotMatchLikePatternList(column="text", like_pattern_list=["abc", "line%"]),
    )
    assert [each.result["unexpected_index_list"] for each in results] == [[3], [1], [3], [], [0, 3]]


def test_categories_are_text(context: Any) -> None:
    frame = FRAME.with_columns(
        role=pl.col("role").cast(pl.Enum(["bot", "user"])), text=pl.col("text").cast(pl.Categorical)
    )
    results = validate(
        context,
        frame,
        gxe.ExpectColumnValuesToBeInSet(column="role", value_set=["user", "ghost"]),
        gxe.ExpectColumnValuesToMatchRegex(column="text", regex="e"),
    )
    assert [each.result["unexpected_index_list"] for each in results] == [[1], [1, 3]]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"dataframe": [1]}, "expected a Polars DataFrame or LazyFrame as dataframe, found list"),
        ({}, "expected dataframe, found no batch parameters"),
        ({"dataframe": FRAME, "year": 1}, "expected dataframe, found dataframe, year"),
    ],
)
def test_wrong_batch_parameters_are_refused(context: Any, parameters: dict[str, Any], sentence: str) -> None:
    definition = context.data_sources.add_polars("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    with pytest.raises(BuildBatchRequestError, match=sentence):
        definition.get_batch(parameters)


def test_parquet_files_and_delta_tables(context: Any, tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "turns.parquet")
    FRAME.write_delta(tmp_path / "turns")
    FRAME.head(1).write_delta(tmp_path / "turns", mode="append")
    source = context.data_sources.add_polars("files")
    assets = [
        source.add_parquet_asset("parquet", tmp_path / "turns.parquet"),
        source.add_delta_asset("delta", tmp_path / "turns"),
        source.add_delta_asset("first", tmp_path / "turns", version=0),
    ]
    counts: list[int] = []
    for asset in assets:
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch()
        counts.append(batch.validate(gxe.ExpectTableRowCountToEqual(value=4)).result["observed_value"])
    assert counts == [4, 5, 4]
    with pytest.raises(ConnectionError, match="expected a table that can be read"):
        source.add_parquet_asset("ghost", tmp_path / "ghost.parquet")


def test_a_project_in_files_is_loaded_again(tmp_path: Path) -> None:
    context = quiet(gx.get_context(mode="file", project_root_dir=tmp_path))
    source = context.data_sources.add_polars("frames", show_values=True)
    definition = source.add_dataframe_asset("turns").add_batch_definition_whole_dataframe("all")
    check = gxe.ExpectColumnValuesToBeInSet(
        column="role", value_set=["user"], mostly=0.9, row_condition=Column("key") > 10, severity="warning"
    )
    suite = context.suites.add(gx.ExpectationSuite(name="s", expectations=[check]))
    validation = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=definition, suite=suite))
    context.checkpoints.add(gx.Checkpoint(name="c", validation_definitions=[validation], result_format="COMPLETE"))

    again = gx.get_context(mode="file", project_root_dir=tmp_path)
    assert again.data_sources.get("frames").show_values is True
    found = again.checkpoints.get("c").run(batch_parameters={"dataframe": FRAME})
    (run,) = found.run_results.values()
    assert run.results[0].result["unexpected_list"] == ["bot"]
    assert not found.success


def test_rows_and_head_are_frames_of_pandas(context: Any) -> None:
    form = {"result_format": "COMPLETE", "include_unexpected_rows": True}
    result = validate(context, FRAME, gxe.ExpectColumnValuesToBeNull(column="score"), form=form, show_values=True)[0]
    rows = result.result["unexpected_rows"]
    assert rows["text"].to_dict() == {0: "Hello", 3: "…"}
    definition = context.data_sources.add_polars("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    head = definition.get_batch({"dataframe": FRAME}).head(n_rows=2).data
    assert head["key"].tolist() == [10, 11]
    assert set(head["text"]) == {"(hidden)"}


def test_a_column_named_like_the_engines_own_is_refused() -> None:
    engine = expectations.gx.engine.PolarsExecutionEngine()
    with pytest.raises(expectations.gx.NotEvaluatedError, match="which the engine adds; rename it"):
        engine.load_batch_data("b", pl.DataFrame({"gx row number": [1]}))  # type: ignore[arg-type, unused-ignore]  # a frame is taken as well as GX's own batch data
