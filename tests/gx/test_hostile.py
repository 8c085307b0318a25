"""What a result may carry: no text unless asked for, and no markup in pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.checkpoint import UpdateDataDocsAction

from tests.gx.conftest import failure, quiet

EVIL = "<script>alert('x')</script>"
FRAME = pl.DataFrame(
    {
        "key": [1, 2],
        "text": [EVIL, EVIL + "&\"'"],
        "other": ["secret", "secret"],
        "list": [[EVIL], ["secret"]],
        "day": ["2026-01-01", "secret"],
    }
)
CHECKS: list[Any] = [
    gxe.ExpectColumnValuesToNotMatchRegex(column="text", regex="script"),
    gxe.ExpectColumnValuesToBeInSet(column="text", value_set=["a"]),
    gxe.ExpectColumnValuesToBeUnique(column="other"),
    gxe.ExpectColumnValuesToBeNull(column="list"),
    gxe.ExpectColumnPairValuesToBeEqual(column_A="text", column_B="other"),
    gxe.ExpectMulticolumnValuesToBeEqual(column_list=["text", "other"]),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["other", "other"]),
    gxe.ExpectColumnDistinctValuesToBeInSet(column="text", value_set=["a"]),
    gxe.ExpectColumnDistinctValuesToEqualSet(column="other", value_set=["a"]),
    gxe.ExpectColumnMostCommonValueToBeInSet(column="other", value_set=["a"]),
    gxe.ExpectColumnMaxToBeBetween(column="text", min_value=1),
    gxe.ExpectColumnKLDivergenceToBeLessThan(
        column="other", partition_object={"values": ["a"], "weights": [1.0]}, threshold=0.1
    ),
    gxe.ExpectColumnValuesToMatchStrftimeFormat(column="day", strftime_format="%Y"),
    gxe.ExpectColumnValuesToBeBetween(column="day", min_value=1),
    gxe.ExpectColumnMeanToBeBetween(column="text", min_value=1),
    gxe.ExpectColumnQuantileValuesToBeBetween(
        column="text", quantile_ranges={"quantiles": [0.5], "value_ranges": [[1, 2]]}
    ),
    gxe.ExpectColumnValuesToMatchJsonSchema(column="text", json_schema={"type": "string"}),
    gxe.ExpectColumnValuesToBeDateutilParseable(column="text"),
]


@pytest.mark.parametrize("form", ["BASIC", "SUMMARY", "COMPLETE"])
def test_no_text_of_a_column_is_in_a_result_unless_asked_for(context: Any, form: str) -> None:
    definition = context.data_sources.add_polars("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    asked = {"result_format": form, "include_unexpected_rows": True, "unexpected_index_column_names": ["key"]}
    suite = gx.ExpectationSuite(name="s", expectations=CHECKS)
    found = definition.get_batch({"dataframe": FRAME}).validate(suite, result_format=asked)
    for each in found.results:
        assert not each.success
        told = json.dumps({"result": each.to_json_dict()["result"], "trouble": each.to_json_dict()["exception_info"]})
        assert "<script" not in told, each.expectation_config.type
        assert "secret" not in told, each.expectation_config.type


def test_a_value_that_decides_is_refused_where_it_would_be_shown(context: Any) -> None:
    definition = context.data_sources.add_polars("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    check = gxe.ExpectColumnMostCommonValueToBeInSet(column="other", value_set=["secret"])
    found = definition.get_batch({"dataframe": FRAME}).validate(check)
    assert not found.success
    assert "allow it with show_values=True on the data source" in str(failure(found))


@pytest.mark.slow
def test_pages_show_values_as_text(tmp_path: Path) -> None:
    """Data Docs take seconds."""
    context = quiet(gx.get_context(mode="file", project_root_dir=tmp_path))
    source = context.data_sources.add_polars("p", show_values=True)
    definition = source.add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    suite = context.suites.add(gx.ExpectationSuite(name="s", expectations=CHECKS))
    validation = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=definition, suite=suite))
    asked = {"result_format": "COMPLETE", "unexpected_index_column_names": ["key"]}
    checkpoint = gx.Checkpoint(
        name="c",
        validation_definitions=[validation],
        actions=[UpdateDataDocsAction(name="docs")],
        result_format=asked,
    )
    found = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": FRAME})
    (run,) = found.run_results.values()
    # The result itself stays as it is.
    assert EVIL in {
        value for each in run.results for value in each.result.get("partial_unexpected_list", []) if value == EVIL
    }
    pages = [path.read_text() for path in tmp_path.rglob("*.html") if "validations" in path.parts]
    assert pages
    for page in pages:
        assert "alert(" in page
        assert "<script>alert" not in page
