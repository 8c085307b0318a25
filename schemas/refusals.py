"""Why no format claims a source, told so that a person finds the reason that matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from schemas.format import Format

_HEAD: Final = 16_384
"""So many characters of a source are searched for what makes it look like a format."""


def reasons(texts: pl.DataFrame, refusals: pl.DataFrame, tried: Sequence[Format]) -> pl.DataFrame:
    """Each refused source's reasons as one text: rows of (source_key, reasons).

    The formats that a source looks like come first, each with its reason; after them the others, of which those with
    the same reason share it.

    Args:
        texts: the sources, with ``source_key`` and ``text``.
        refusals: source_key, format, reason.
        tried: the formats.
    """
    if refusals.is_empty():
        return pl.DataFrame(schema={"source_key": pl.UInt32, "reasons": pl.String})
    texts = texts.join(refusals, on="source_key", how="semi")
    head = pl.col("text").str.head(_HEAD)
    begins = head.str.strip_chars_start()
    like_json = begins.str.starts_with("{") | begins.str.starts_with("[")
    near = texts.select(
        "source_key",
        *((like_json if form.json else _looks_like(form, head) & ~like_json).alias(form.name) for form in tried),
    ).unpivot(index="source_key", variable_name="format", value_name="near")
    told = refusals.join(near, on=["source_key", "format"], how="left").sort("source_key", "format")
    rows = told.group_by("source_key", maintain_order=True).agg(pl.struct("near", "format", "reason"))
    return pl.DataFrame(
        [
            (key, _told([(each["near"], each["format"], each["reason"]) for each in items]))
            for key, items in rows.rows()
        ],
        schema={"source_key": pl.UInt32, "reasons": pl.String},
        orient="row",
    )


def _looks_like(form: Format, head: pl.Expr) -> pl.Expr:
    return pl.lit(False) if form.signs is None else head.str.contains(form.signs)


def _told(items: list[tuple[bool, str, str]]) -> str:
    if len(items) == 1:
        return f"it can't be read as {items[0][1]}: it {items[0][2]}"
    near = _shared((name, reason) for is_near, name, reason in items if is_near)
    far = _shared((name, reason) for is_near, name, reason in items if not is_near)
    if not near or not far:
        return f"no format claims it: {near or far}"
    return f"no format claims it: {near}. It looks even less like the others: {far}"


def _shared(items: Iterable[tuple[str, str]]) -> str:
    names: dict[str, list[str]] = {}
    for name, reason in items:
        names.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(each)}: {reason}" for reason, each in names.items())
