"""The contract of validations: what Great Expectations says of a run."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.keys import RunKeys


class StoredValidations(RunKeys):
    """One run a row.

    ``result`` is the validation result as JSON: ``suite_name``, ``success``, ``statistics``, and in ``results``, for
    each expectation, its code, type, arguments, severity, success, counts of sources or transcripts, and why it could
    not be evaluated. It holds no text of transcripts.
    """

    suite: pl.String
    success: pl.Boolean
    evaluated: pl.UInt32
    successful: pl.UInt32
    result: pl.String = pa.Field(str_startswith="{")
