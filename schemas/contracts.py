"""Hold a frame to its contract at a boundary.

Kept apart from `columns` because it imports Pandera, which takes seconds: only commands that touch the store pay.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

import polars as pl

from schemas.errors import ContractError
from schemas.stored import STORED

if TYPE_CHECKING:
    from pandera.polars import DataFrameModel, DataFrameSchema

MODELS: Final = {
    "release": ("schemas.turns", "StoredTurns"),
    "quarantine": ("schemas.turns", "StoredQuarantine"),
    "transcripts": ("schemas.transcripts", "StoredTranscripts"),
    "findings": ("schemas.findings", "StoredFindings"),
    "repairs": ("schemas.repairs", "StoredRepairs"),
    "sources": ("schemas.sources", "StoredSources"),
    "fingerprints": ("schemas.fingerprints", "StoredFingerprints"),
    "requeued": ("schemas.requeued", "StoredRequeued"),
    "tallies": ("schemas.outcomes", "StoredTallies"),
    "outcomes": ("schemas.outcomes", "StoredOutcomes"),
    "validations": ("schemas.validations", "StoredValidations"),
    "waivers": ("schemas.waivers", "StoredWaivers"),
    "forgotten": ("schemas.forgotten", "StoredForgotten"),
    "runs": ("schemas.runs", "StoredRuns"),
}
"""The Pandera model of each table of the store."""


def model(table: str) -> type[DataFrameModel]:
    """The Pandera model of a table, imported on first use."""
    module, name = MODELS[table]
    found: type[DataFrameModel] = getattr(import_module(module), name)
    return found


def validate(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` if it keeps the contract of `table`.

    Validates eagerly: on a LazyFrame Pandera checks names and types only and passes bad values in silence. It takes
    half a millisecond a column, whatever is in it, so it isn't asked of those where types and nulls tell all there is.

    Raises:
        ContractError: naming columns, checks and row counts. Never a value: rows hold personal text.
    """
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - slow, see above

    rest, full, present = _contract(table)
    sound = frame.schema == STORED[table] and not any(frame.select(pl.col(present).null_count()).row(0))
    try:
        if sound:
            rest.validate(frame.select(list(rest.columns)), lazy=True)
            return frame
        return full.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases: pl.DataFrame = getattr(error, "failure_cases")  # noqa: B009 - Pandera doesn't type the attribute
        raise ContractError(f"{table}: {_summary(cases)}") from None


@cache
def _contract(table: str) -> tuple[DataFrameSchema, DataFrameSchema, list[str]]:
    """What Pandera has to look at if types are right and nothing is missing, what else, and what may not be missing."""
    full = model(table).to_schema()
    plain = [name for name, column in full.columns.items() if not (column.checks or column.unique)]
    present = [name for name, column in full.columns.items() if not column.nullable]
    return full.remove_columns(plain), full, present


def _summary(cases: pl.DataFrame) -> str:
    counted = cases.group_by("column", "check", maintain_order=True).len()
    broken = [
        f"column {column} breaks {check} in {count} place{'s' if count > 1 else ''}"
        for column, check, count in counted.iter_rows()
    ]
    return "expected a frame that keeps its contract, found that " + "; ".join(broken)
