"""Great Expectations on Polars.

Importing this package adds a data source to Great Expectations that evaluates suites on Polars frames, all metrics of
a suite in one lazy query::

    import expectations.gx
    import great_expectations as gx

    context = gx.get_context()
    source = context.data_sources.add_polars("frames")
    batch = source.add_dataframe_asset("turns").add_batch_definition_whole_dataframe("all")
    batch.get_batch({"dataframe": frame}).validate(suite)

From there on everything is as with pandas. Import it before a context is opened on a project that uses it. It knows
nothing of transcripts.

Results carry no values of columns that may hold text, unless the source is added with ``show_values=True``. Regular
expressions are Rust's: one with look-around fails its expectation with a sentence, and ``$`` matches at the very end
only, not before a last line break as Python's does.
"""

from __future__ import annotations

from expectations.gx.catalogue import LEFT_OUT, SUPPORTED
from expectations.gx.data import PolarsBatchData
from expectations.gx.datasource import PolarsDatasource, PolarsDeltaAsset, PolarsFrameAsset, PolarsParquetAsset
from expectations.gx.docs import escape_data_docs
from expectations.gx.engine import PolarsExecutionEngine
from expectations.gx.errors import NotEvaluatedError
from expectations.gx.metrics import register_metrics

register_metrics()
escape_data_docs()

__all__ = [
    "LEFT_OUT",
    "SUPPORTED",
    "NotEvaluatedError",
    "PolarsBatchData",
    "PolarsDatasource",
    "PolarsDeltaAsset",
    "PolarsExecutionEngine",
    "PolarsFrameAsset",
    "PolarsParquetAsset",
]
