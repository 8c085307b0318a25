"""Repairs: what can be mended in a transcript, with a record of every step.

An expectation names the repair that mends it (`Violation.fix`); a suite says which repairs may be made. Safe ones take
away what nobody said; unsafe ones change or reorder what somebody may have said, and are off unless a suite asks. Each
is a file in `expectations.repairs`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import polars as pl

from schemas.roster import Roster

CHANGES: Final = pl.Schema(
    {
        "transcript_key": pl.UInt32,
        "turn": pl.UInt32,
        "piece": pl.UInt32,
        "speaker": pl.String,
        "role": pl.String,
        "code": pl.String,
        "after": pl.String,
    }
)
"""One touched turn a row; ``after`` is its new text, null where it is taken out. ``piece`` is 0 for the turn itself,
and counts the turns that are put in after it, of which alone ``speaker`` and ``role`` are told."""

Change = Callable[[pl.DataFrame, pl.DataFrame, Roster], pl.DataFrame]


@dataclass(frozen=True)
class Repair:
    """One kind of repair.

    Attributes:
        name: as suites name it.
        safe: whether it may be made without a person asking for it.
        order: where it comes among the repairs that a transcript asks for; only one kind is made at a time.
        brief: what it does.
        change: makes `CHANGES` of whole transcripts' turns, the findings that it is to mend (transcript_key, turn,
            code, evidence, offset), and the roster.
    """

    name: str
    safe: bool
    order: int
    brief: str
    change: Change


@cache
def repairs() -> dict[str, Repair]:
    """All repairs by name, in the order in which they are made: every module of `expectations.repairs`."""
    folder = import_module("expectations.repairs")
    modules = (import_module(f"{folder.__name__}.{module.name}") for module in iter_modules(folder.__path__))
    found: list[Repair] = [module.REPAIR for module in modules]
    return {each.name: each for each in sorted(found, key=lambda each: each.order)}


def rewriting(mend: Callable[[str, str], str]) -> Change:
    """A change that gives each turn the text that `mend` makes of its text and of the evidence against it."""

    def change(turns: pl.DataFrame, findings: pl.DataFrame, _roster: Roster) -> pl.DataFrame:
        asked = findings.join(turns, on=["transcript_key", "turn"], maintain_order="left").select(
            "transcript_key", "turn", "code", "text", "evidence"
        )
        after = [mend(text, evidence or "") for text, evidence in asked.select("text", "evidence").iter_rows()]
        return asked.select(
            "transcript_key",
            "turn",
            "code",
            pl.Series("after", after, dtype=pl.String),
            piece=0,
            speaker=None,
            role=None,
        )

    return change


def taking_out(_turns: pl.DataFrame, findings: pl.DataFrame, _roster: Roster) -> pl.DataFrame:
    """A change that takes out each turn that it is asked to mend."""
    return findings.select("transcript_key", "turn", "code", piece=0, speaker=None, role=None, after=None)


def repair(
    turns: pl.DataFrame, findings: pl.DataFrame, names: Collection[str], roster: Roster
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make the repairs that findings ask for: in each transcript one kind, and in each turn once.

    What is left to mend comes up again when the result is evaluated. Two kinds at a time could undo each other: one may
    take a turn out whose text another has just put into the turn before.

    Args:
        turns: the turns of whole transcripts, with ``transcript_key``, ``turn``, ``speaker``, ``role`` and ``text``.
        findings: of these transcripts, with ``fix``; see `expectations.finding_rows.FINDING_ROWS`.
        names: the repairs that may be made.
        roster: labels and their roles.

    Returns:
        The turns, numbered anew, and the changes as `CHANGES`, numbered as before, with ``repair`` and ``before``
        (empty for a turn that was put in). What a repair leaves as it was is no change.
    """
    wanted = findings.filter(pl.col("fix").is_in(list(names)) & pl.col("turn").is_not_null())
    texts = turns.select("transcript_key", "turn", before="text", spoken_by="speaker", spoken_as="role")
    made = [pl.DataFrame(schema={**CHANGES, "repair": pl.String})]
    for each in repairs().values():
        asked = wanted.filter(pl.col("fix") == each.name).unique(
            ["transcript_key", "turn"], keep="first", maintain_order=True
        )
        if len(asked):
            change = each.change(turns, asked, roster).select(CHANGES.names()).cast(CHANGES)
            made.append(change.with_columns(repair=pl.lit(each.name)))
    inserted = pl.col("piece") > 0
    changes = (
        pl.concat(made)
        .join(texts, on=["transcript_key", "turn"], maintain_order="left")
        .with_columns(
            before=pl.when(inserted).then(pl.lit("")).otherwise("before"),
            speaker=pl.when(inserted).then("speaker").otherwise("spoken_by"),
            role=pl.when(inserted).then("role").otherwise("spoken_as"),
        )
        .filter(inserted | pl.col("after").ne_missing(pl.col("before")))
        .filter(pl.col("repair") == pl.col("repair").first().over("transcript_key"))
        .drop("spoken_by", "spoken_as")
        .sort("transcript_key", "turn", "piece", maintain_order=True)
    )
    return _changed(turns, changes), changes


def _changed(turns: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    place = ["transcript_key", "turn"]
    kept = (
        turns.join(
            changes.filter(pl.col("piece") == 0).select(*place, "after", touched=True),
            on=place,
            how="left",
            maintain_order="left",
        )
        .filter(pl.col("touched").is_null() | pl.col("after").is_not_null())
        .with_columns(text=pl.coalesce("after", "text"), piece=pl.lit(0, pl.UInt32))
        .select(*turns.columns, "piece")
    )
    new = changes.filter(pl.col("piece") > 0)
    if len(new):
        # What was put in has its line from the turn that it stood in, and neither times nor tools.
        known = ["line", "as_read"] if "as_read" in turns.columns else ["line"]
        put_in = new.join(turns.select(*place, *known), on=place, maintain_order="left").with_columns(text="after")
        kept = pl.concat([kept, put_in.select(name for name in kept.columns if name in put_in.columns)], how="diagonal")
        kept = kept.sort("transcript_key", "turn", "piece", maintain_order=True)
    return kept.with_columns(turn=pl.int_range(pl.len(), dtype=pl.UInt32).over("transcript_key")).select(turns.columns)
