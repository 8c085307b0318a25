"""Hold turn tables that come from outside to the contract of `schemas.input_turns`.

Pandera takes seconds to import, and nearly every table is sound. So the contract's rules stand here once more, as one
cheap look by Polars; where that finds anything, Pandera judges the table and its failure cases become problems. A test
holds the two together. What is told names the rule, the column and the row, never what a cell holds.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.columns import PROBLEMS

RULES: Final[dict[str, tuple[str, str]]] = {
    "transcript_not_null": ("contract", "has no transcript id, where other rows have one"),
    "speaker_not_null": ("contract", "has no speaker"),
    "speaker_not_blank": ("contract", "has no speaker"),
    "text_not_null": ("contract", "has no text"),
    "order_whole": ("contract_doubt", "has an order that is no whole number from 0 on"),
    "order_unique": ("contract_doubt", "has the order of another row of its transcript"),
    "start_a_time": ("contract_doubt", "has a start that is no time from 0 on"),
    "end_a_time": ("contract_doubt", "has an end that is no time from 0 on"),
    "end_not_before_start": ("contract_doubt", "ends before it starts"),
}
"""The kind of problem and the words for each rule of the contract."""

JUDGED: Final = ("talk", "transcript", "order", "speaker", "text", "start", "end")
"""The columns that Pandera sees."""

_MOSTLY: Final = 0.5
"""A column of which at least this share is numbers (or times) is to hold numbers; any other holds ids or dates."""


def violations(rows: pl.DataFrame) -> pl.DataFrame:
    """What rows of turn tables break, as `schemas.columns.PROBLEMS`.

    Args:
        rows: source_key, record, line, talk, transcript, order, speaker, text, start, end as text, and ``at``,
            ``begin``, ``stop``, which are order, start and end as numbers.
    """
    due = held(rows)
    wrong = due.filter(pl.any_horizontal(suspect()))["source_key"].unique()
    if wrong.is_empty():
        return pl.DataFrame(schema=PROBLEMS)
    from schemas.input_turns import failures  # noqa: PLC0415 - Pandera takes seconds

    due = due.filter(pl.col("source_key").is_in(wrong.implode()))
    told = pl.DataFrame([(rule, *RULES[rule]) for rule in RULES], ["rule", "kind", "told"], orient="row")
    return (
        due.with_row_index("index")
        .join(failures(due.select(JUDGED)), on="index", maintain_order="left")
        .join(told, on="rule", maintain_order="left")
        .unique(["index", "told"], keep="first", maintain_order=True)
        .select("source_key", "record", "line", "kind", detail=pl.format("the row at line {} {}", "line", "told"))
        .cast(PROBLEMS)
    )


def held(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as the contract wants them: NaN where a cell of a column of numbers is none, null where nothing is due."""
    share = {
        key: pl.col(value).is_not_null().sum() >= _MOSTLY * pl.col(key).is_not_null().sum()
        for key, value in (("order", "at"), ("start", "begin"), ("end", "stop"))
    }
    there = {f"has_{key}": pl.col(key).is_not_null().any() for key in ("transcript", *share)}
    kinds = rows.group_by("source_key").agg(**there, **{f"is_{key}": each for key, each in share.items()})
    odd = pl.lit(float("nan"))
    return rows.join(kinds, on="source_key", maintain_order="left").select(
        "source_key",
        "record",
        "line",
        "talk",
        "speaker",
        "text",
        transcript=pl.when("has_transcript").then("transcript").otherwise(pl.lit("")),
        order=pl.when(pl.col("has_order") & pl.col("is_order")).then(pl.col("at").fill_null(odd)),
        start=pl.when("is_start").then(pl.when(pl.col("start").is_not_null()).then(pl.col("begin").fill_null(odd))),
        end=pl.when("is_end").then(pl.when(pl.col("end").is_not_null()).then(pl.col("stop").fill_null(odd))),
    )


def suspect() -> list[pl.Expr]:
    """Where the contract may be broken; true wherever it is."""
    order, start, end = pl.col("order"), pl.col("start"), pl.col("end")
    return [
        pl.col("transcript").is_null(),
        pl.col("text").is_null(),
        (pl.col("speaker").str.strip_chars().str.len_bytes() == 0).fill_null(True),
        ~(order.is_finite() & (order >= 0) & (order.floor() == order)),
        # Rows are in order, so that those with one number follow each other.
        (order == order.shift(1)) & (pl.col("talk") == pl.col("talk").shift(1)),
        ~(start.is_finite() & (start >= 0)),
        ~(end.is_finite() & (end >= 0)),
        (end < start) & start.is_finite(),
    ]
