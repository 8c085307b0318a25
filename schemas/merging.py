"""Pieces become turns: what one speaker says in a row is one turn where a format cuts speech by time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from schemas.columns import TOOLS

if TYPE_CHECKING:
    from schemas.format import Format, Parsed

MERGES: Final = ("auto", "always", "never")
"""What a suite may say of pieces of one speaker in a row: as their format does, merge them, leave them."""


def merges(form: Format, merge: str) -> bool:
    """Whether pieces of one speaker in a row are one turn in a format, where the suite says `merge`."""
    return merge == "always" or (merge == "auto" and form.cuts_by_time)


def keeps_lines(form: Format, merge: str) -> bool:
    """Whether each line break within a turn's text is one in its source."""
    return form.lines_within and (form.joint is None or not merges(form, merge))


def merged(parsed: Parsed, form: Format, merge: str) -> Parsed:
    """What a format made of its sources, with pieces merged as the suite says.

    A turn begins at the line of its first piece that says something and at the start of its first piece; it ends at the
    last end that is known. Accounts stay as they are: they count the source's characters, and joints are ours.
    """
    turns = parsed.turns
    if not merges(form, merge) or len(turns) < 2:
        return parsed
    who = pl.struct("source_key", "record", "speaker")
    turns = turns.with_columns(run=who.rle_id(), says=pl.col("text") != "")
    if not (turns["run"].diff() == 0).any():
        return parsed
    tools = [name for name in TOOLS.names() if name in turns.columns]
    first = pl.col("says").cast(pl.UInt32).cum_sum().over("run") == 1
    joint = pl.when(pl.col("says") & ~first).then(pl.lit(form.joint) if form.joint is not None else _breaks())
    turns = (
        turns.with_columns(text=pl.concat_str(joint.fill_null(""), "text"))
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("source_key", "record", "speaker").first(),
            pl.col("text").str.join(""),
            pl.coalesce(pl.col("line").filter("says").first(), pl.col("line").first()),
            pl.col("start").first(),
            pl.col("end").drop_nulls().last(),
            *(pl.col(name).drop_nulls().explode(empty_as_null=False) for name in tools),
        )
        # Nothing to do with tools is null, never an empty list.
        .with_columns(pl.when(pl.col(name).list.len() > 0).then(name) for name in tools)
        .select(parsed.turns.columns)
    )
    return replace(parsed, turns=turns)


def _breaks() -> pl.Expr:
    """As many line breaks as stand between a piece and the one before it that says something; at least a blank."""
    ends = pl.col("line") + pl.col("text").str.count_matches("\n", literal=True)
    before = pl.when("says").then(ends).forward_fill().shift(1)
    breaks = pl.col("line").cast(pl.Int64) - before.cast(pl.Int64)
    return pl.when(breaks > 0).then(pl.lit("\n").repeat_by(breaks.clip(0)).list.join("")).otherwise(pl.lit(" "))
