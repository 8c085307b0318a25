"""A batch as the engine sees it: one lazy frame, missing values alike, rows numbered."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import polars as pl
from great_expectations.core.batch import BatchData

from expectations.gx.errors import NotEvaluatedError, first_line

ROW: Final = "gx row number"
MASK: Final = "gx mask "
"""What the columns that the engine adds are called, or begin with."""


class PolarsBatchData(BatchData):  # type: ignore[misc]  # Great Expectations is untyped to mypy (pyproject.toml)
    """The rows of a batch.

    NaN becomes null, because Great Expectations and pandas know one kind of missing value; categories become the text
    they stand for, because pandas compares them as text.

    Attributes:
        schema: columns and types after that.
        rows: the frame, with the number of each row as `ROW`.
        empty: the same without any row.
    """

    def __init__(self, execution_engine: Any, frame: pl.DataFrame | pl.LazyFrame) -> None:
        super().__init__(execution_engine=execution_engine)
        lazy = frame.lazy()
        given = lazy.collect_schema()
        for name in given:
            if name == ROW or name.startswith(MASK):
                raise NotEvaluatedError(f'expected a frame without a column "{name}", which the engine adds; rename it')
        changes = {name: change for name, kind in given.items() if (change := _plain(pl.col(name), kind)) is not None}
        plain = lazy.with_columns(**changes) if changes else lazy
        self.schema: pl.Schema = plain.collect_schema() if changes else given
        self.rows: pl.LazyFrame = plain.with_row_index(ROW)
        self.empty = pl.DataFrame(schema={ROW: pl.get_index_type(), **self.schema})
        self._tried: set[str] = set()

    def try_out(self, expression: pl.Expr, key: str, subject: str) -> None:
        """Evaluate `expression` on no rows, once for each `key`.

        A bad regex or type fails here, and so its own expectation only; within the fused query it would take every
        other one down with it.

        Raises:
            NotEvaluatedError: if Polars can't, naming the `subject`.
        """
        self.try_once(key, subject, lambda: self.empty.select(expression))

    def try_once(self, key: str, subject: str, attempt: Callable[[], object]) -> None:
        """Make an `attempt` that touches no rows, once for each `key`.

        Raises:
            NotEvaluatedError: if Polars can't, naming the `subject`.
        """
        if key in self._tried:
            return
        try:
            attempt()
        except pl.exceptions.PolarsError as error:
            raise NotEvaluatedError(f"{subject} can't be evaluated by Polars: {first_line(error)}") from None
        self._tried.add(key)

    @property
    def dataframe(self) -> pl.LazyFrame:
        """The frame; Great Expectations' own batch data call it so."""
        return self.rows.drop(ROW)


def _plain(column: pl.Expr, kind: pl.DataType) -> pl.Expr | None:
    if kind.is_float():
        return column.fill_nan(None)
    if isinstance(kind, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    return None
