"""CSV for spreadsheets: a row a finding, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

from typing import Final, TextIO

import polars as pl

from reports.outputs.rows import ROWS_AT_ONCE
from reports.visible import visible_text

_FORMULA: Final = r"^\s*[=+\-@\t\r\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
"""How a cell begins that spreadsheets evaluate; the last four are full-width forms, which some take as well."""

_HIDDEN: Final = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}]"
"""What `visible_text` may spell out; cells without are left alone, which is quicker."""


def write(findings: pl.DataFrame, *, catalogue: pl.DataFrame, out: TextIO, version: str) -> None:
    """Print a header and a row a finding; `transcript` is the 0-based index of the transcript in its source.

    Cells that begin like a formula get an apostrophe before them, and the file begins with a byte order mark, without
    which spreadsheets take UTF-8 for something else.
    """
    cells = findings.select(
        _cell("path"),
        pl.col("record").alias("transcript"),
        "turn",
        "line",
        "code",
        _cell("rule"),
        "severity",
        _cell("message"),
        _cell("evidence"),
        pl.col("fix").is_not_null().alias("fixable"),
        _cell("waived"),
    )
    for number, part in enumerate(cells.iter_slices(ROWS_AT_ONCE)):
        out.write(part.write_csv(include_header=not number, include_bom=not number, quote_style="non_numeric"))
    if cells.is_empty():
        out.write(cells.write_csv(include_bom=True, quote_style="non_numeric"))


def _cell(name: str) -> pl.Expr:
    text = pl.col(name)
    seen = pl.when(text.str.contains(_HIDDEN)).then(text.map_elements(visible_text, pl.String)).otherwise(text)
    return pl.when(text.str.contains(_FORMULA)).then(pl.lit("'") + seen).otherwise(seen).alias(name)
