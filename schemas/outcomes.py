"""The contract of outcomes: how each expectation fared over one run."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.columns import SEVERITIES
from schemas.keys import CODES, BatchKeys, RunKeys


class StoredOutcomes(RunKeys):
    """One expectation a row: ``holds`` + ``violated`` + ``unknown`` is the number of what was judged, see `scope`.

    ``brief``, ``why`` and ``remedy`` are the expectation's words at the time of the run, so that a page needs nothing
    but the store.
    """

    code: pl.String = pa.Field(str_matches=CODES)
    rule: pl.String
    scope: pl.String = pa.Field(isin=("source", "turn", "transcript", "drop"))
    severity: pl.String = pa.Field(isin=SEVERITIES)
    holds: pl.UInt32
    violated: pl.UInt32
    unknown: pl.UInt32
    findings: pl.UInt32
    brief: pl.String
    why: pl.String
    remedy: pl.String


class StoredTallies(BatchKeys):
    """The outcomes of one batch; its rows are the batch's last commit, so that a batch that has them is done."""

    code: pl.String = pa.Field(str_matches=CODES)
    rule: pl.String
    scope: pl.String = pa.Field(isin=("source", "turn", "transcript", "drop"))
    severity: pl.String = pa.Field(isin=SEVERITIES)
    holds: pl.UInt32
    violated: pl.UInt32
    unknown: pl.UInt32
    findings: pl.UInt32
