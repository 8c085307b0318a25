"""Repairs: what can be mended in a transcript, with a record of every turn that was touched.

An expectation names the repair that mends it (`Violation.fix`); a suite says which repairs may be made. Safe ones take
away what nobody said; unsafe ones change or reorder what somebody may have said, and are off unless a suite asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import polars as pl

CHANGES: Final = pl.Schema(
    {
        "transcript_key": pl.UInt32,
        "turn": pl.UInt32,
        "repair": pl.String,
        "code": pl.String,
        "after": pl.String,
    }
)
"""One touched turn a row; ``after`` is its new text, null where it is taken out."""


@dataclass(frozen=True)
class Repair:
    """One kind of repair.

    Attributes:
        name: as suites name it.
        safe: whether it may be made without a person asking for it.
        brief: what it does.
        change: makes `CHANGES` (without ``repair``) of the turns and of the findings it is to mend (transcript_key,
            turn, code, evidence, offset).
    """

    name: str
    safe: bool
    brief: str
    change: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]


def repair(turns: pl.DataFrame, findings: pl.DataFrame, names: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make the repairs that findings ask for, once.

    Args:
        turns: the turns of whole transcripts, with ``transcript_key``, ``turn`` and ``text``.
        findings: of these transcripts, with ``fix``; see `expectations.evaluate.FINDING_ROWS`.
        names: the repairs that may be made.

    Returns:
        The turns, numbered anew, and the changes as `CHANGES`, numbered as before.
    """
    wanted = findings.filter(pl.col("fix").is_in(list(names)) & pl.col("turn").is_not_null())
    made = [
        each.change(turns, wanted.filter(pl.col("fix") == each.name)).with_columns(repair=pl.lit(each.name))
        for each in REPAIRS.values()
        if (wanted["fix"] == each.name).any()
    ]
    # A turn is touched once a round; a later finding in it comes up again in the next.
    changes = pl.concat(
        [pl.DataFrame(schema=CHANGES), *(each.select(CHANGES.names()).cast(CHANGES) for each in made)]
    ).unique(["transcript_key", "turn"], keep="first", maintain_order=True)
    mended = (
        turns.join(
            changes.select("transcript_key", "turn", "after", touched=True),
            on=["transcript_key", "turn"],
            how="left",
            maintain_order="left",
        )
        .filter(pl.col("touched").is_null() | pl.col("after").is_not_null())
        .with_columns(text=pl.coalesce("after", "text"))
        .with_columns(turn=pl.int_range(pl.len(), dtype=pl.UInt32).over("transcript_key"))
        .select(turns.columns)
    )
    return mended, changes


def _trim_tail(_turns: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    return findings.select("transcript_key", "turn", "code", after=None)


def _strip_note(turns: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text")
    before = text.str.slice(0, pl.col("offset")).str.strip_chars_end()
    behind = text.str.slice(pl.col("offset") + pl.col("evidence").str.len_chars()).str.strip_chars_start()
    gap = pl.when((before != "") & (behind != "")).then(pl.lit("\n\n")).otherwise(pl.lit(""))
    return findings.join(
        turns.select("transcript_key", "turn", "text"), on=["transcript_key", "turn"], maintain_order="left"
    ).select("transcript_key", "turn", "code", after=pl.concat_str(before, gap, behind))


def _merge(turns: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    again = findings.select("transcript_key", "turn", "code", again=True)
    joined = turns.join(again, on=["transcript_key", "turn"], how="left", maintain_order="left").with_columns(
        group=pl.col("again").is_null().cum_sum()
    )
    merged = pl.col("text").str.join("\n\n").over("group")
    return (
        joined.with_columns(size=pl.len().over("group"), shared=pl.col("code").drop_nulls().first().over("group"))
        .filter(pl.col("size") > 1)
        .select(
            "transcript_key",
            "turn",
            code="shared",
            after=pl.when(pl.col("again").is_null()).then(merged),
        )
    )


REPAIRS: Final = {
    each.name: each
    for each in (
        Repair(
            "trim_tail", True, "takes out the last turn: a serving error, a placeholder, an unanswered one", _trim_tail
        ),
        Repair(
            "strip_note", False, "takes a note about the text out of a turn, with the blanks around it", _strip_note
        ),
        Repair("merge", False, "joins a turn to the one before, of the same speaker, with a blank line", _merge),
    )
}
