"""The frames that our expectations can judge, and how each is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from expectations.gx.errors import NotEvaluatedError
from expectations.plan import TURNS, with_neighbours
from expectations.search import Search

TALLIES: Final = ("code", "holds", "violated", "unknown")
"""The columns of a frame that tells only how often each expectation held: the store's ``outcomes`` and ``tallies``."""

View = Callable[[pl.LazyFrame], pl.LazyFrame]

KEY: Final = "transcript_key"
_KEYS: Final = ("run", "drop", "transcript")
"""What tells transcripts apart where there is no `KEY`: of these, the columns that are there."""

_NEEDED: Final = ("turn", "speaker", "role", "text")


def has_tallies(schema: Mapping[str, pl.DataType]) -> bool:
    """Whether a frame is one of tallies."""
    return all(name in schema for name in TALLIES)


def has_flag(schema: Mapping[str, pl.DataType], code: str) -> bool:
    """Whether a frame carries the flag of an expectation: a Boolean column named by its code."""
    return isinstance(schema.get(code), pl.Boolean)


def check_turns(schema: Mapping[str, pl.DataType], code: str, scope: str) -> None:
    """Look whether an expectation of this scope can be evaluated on a frame itself, turn by turn.

    Raises:
        NotEvaluatedError: if it can't, saying what would do.
    """
    otherwise = f'or a frame with the flag "{code}", or the store\'s table outcomes'
    if scope not in ("turn", "transcript"):
        raise NotEvaluatedError(
            f"{code} looks at each {scope} and can't be told from turns; validate the store's table outcomes, "
            f'or a frame with the flag "{code}"'
        )
    missing = [name for name in _NEEDED if name not in schema]
    if KEY not in schema and "transcript" not in schema:
        missing.append("transcript")
    if missing:
        raise NotEvaluatedError(
            f"{code} needs a frame of turns, and this one has no column {', '.join(missing)}; validate the store's "
            f"table release, {otherwise}"
        )


def turns_view(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of a frame of turns as expectations see them: `expectations.plan.TURNS`, and what else there is.

    A store promises no order, so they are sorted. Columns that it lacks are null; Delta's integers become ours.
    """
    names = rows.collect_schema().names()
    keys = [KEY] if KEY in names else [name for name in _KEYS if name in names]
    rows = rows.sort(*keys, "turn")
    if KEY not in names:
        rows = rows.with_columns(pl.struct(keys).rle_id().alias(KEY))
    rows = rows.with_columns(
        (pl.col(name) if name in (*names, KEY) else pl.lit(None)).cast(kind).alias(name) for name, kind in TURNS.items()
    )
    return with_neighbours(rows)


def searched_view(search: Search, kept: Mapping[str, pl.DataType]) -> View:
    """The transcripts of a frame of turns with what a search finds in each.

    Args:
        search: what looks for violations.
        kept: columns whose first value in a transcript is kept, with their types.

    Returns:
        What makes of rows the columns `KEY`, ``violated`` (null where it could not be evaluated), ``at`` (the first
        turn where it is violated) and those that are kept.
    """
    schema = pl.Schema([(KEY, TURNS[KEY]), *kept.items(), ("violated", pl.Boolean()), ("at", pl.UInt32())])

    def judge(turns: pl.DataFrame) -> pl.DataFrame:
        told = pl.col("message").is_not_null()
        found = search.find(turns.select(TURNS.names()))
        first = found.group_by(KEY).agg(violated=pl.when(told.any()).then(True), at=pl.col("turn").filter(told).min())
        judged = turns.group_by(KEY, maintain_order=True).agg(pl.col(name).first() for name in kept)
        judged = judged.join(first.with_columns(found=True), on=KEY, how="left", maintain_order="left")
        holds = pl.col("found").is_null()
        judged = judged.with_columns(violated=pl.when(holds).then(False).otherwise("violated"))
        return judged.select(pl.col(name).cast(kind) for name, kind in schema.items())

    return lambda rows: turns_view(rows).map_batches(judge, schema=schema)
