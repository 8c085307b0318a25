"""Slices of texts that share their memory."""

from __future__ import annotations

from typing import Final

import polars as pl

_FEW: Final = 64
"""Of so many different slices at most each is made by itself, which takes 0.2 ms."""


def within(texts: pl.Series, front: pl.Series, back: pl.Series | None = None) -> pl.Series:
    """Each text without its first `front` and its last `back` characters.

    Polars copies what it slices, unless the place is the same for all rows: then the slices share the memory of their
    texts. As the ends of texts are mostly alike, each kind is sliced by itself.
    """
    text, behind = pl.col("text"), pl.lit(0, pl.UInt32) if back is None else back
    frame = texts.to_frame("text").with_columns(front=front, back=behind).with_row_index("row")
    kinds = frame.partition_by("front", "back", as_dict=True, include_key=False)
    if not 0 < len(kinds) <= _FEW:
        return frame.select(
            text.str.slice("front", text.str.len_chars() - pl.col("front") - pl.col("back"))
        ).to_series()
    parts = [
        each.select("row", text.str.slice(before).str.head(-after) if after else text.str.slice(before))
        for (before, after), each in kinds.items()
    ]
    return pl.concat(parts).sort("row")["text"]
