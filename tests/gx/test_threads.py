"""Threads that share one context, asset and checkpoint."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl
import pytest

from expectations.gx.data import PolarsBatchData


@pytest.mark.slow
def test_every_run_sees_its_own_frame(context: Any) -> None:
    """500 runs take some 15 s: GX takes 30 ms a run, whatever the data."""
    definition = context.data_sources.add_polars("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    checks = [gxe.ExpectTableRowCountToEqual(value=1), gxe.ExpectColumnValuesToBeInSet(column="n", value_set=[0])]
    suite = context.suites.add(gx.ExpectationSuite(name="s", expectations=checks))
    validation = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=definition, suite=suite))

    def run(size: int) -> tuple[int, list[int]]:
        frame = pl.DataFrame({"n": [size] * size})
        found = validation.run(batch_parameters={"dataframe": frame if size % 2 else frame.lazy()}).results
        told = [each.result.get("observed_value", each.result.get("unexpected_count")) for each in found]
        values = next(
            each.result["partial_unexpected_list"] for each in found if "partial_unexpected_list" in each.result
        )
        return size, [*told, *set(values)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run, range(1, 501)))
    assert all(found == [size] * 3 for size, found in results)


def test_a_frame_is_freed_with_its_batch(context: Any) -> None:
    definition = context.data_sources.add_polars("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    batch = definition.get_batch({"dataframe": pl.DataFrame({"n": [1]})})
    batch.validate(gxe.ExpectTableRowCountToEqual(value=1))
    kept = weakref.ref(batch.data)
    assert isinstance(kept(), PolarsBatchData)
    del batch
    gc.collect()
    assert kept() is None
