"""A first look at the turns of a batch: what may violate an expectation is kept, and the rest let go.

Most turns are sound, and to tell so takes one pass over all texts for the signs of all expectations, and cheap
expressions. Judging the few that are left costs the same for one batch as for several, mostly for compiling searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from expectations.plan import Plan, with_neighbours
from expectations.search import FOUND
from schemas.reading import Batch

SIGNED: Final = "signed"
"""Flags a turn in which a sign of some expectation stands."""


@dataclass(frozen=True)
class Looked:
    """What a first look leaves of batches.

    Attributes:
        batch: them all, with the turns that may violate an expectation only. These are `expectations.plan.TURNS`, with
            ``signed``, and a flag for each violation that a cheap expression tells, by its place in the plan.
        spoken: how many transcripts have turns.
        aggregated: transcript_key, and what the expectations at this level make of each transcript with turns.
        found: what searches found: ``code`` and `expectations.search.FOUND`, with ``line`` and ``text`` of the turn.
        lines: transcript_key, turn and line of the transcripts that violate an expectation at their level.
    """

    batch: Batch
    spoken: int
    aggregated: pl.DataFrame
    found: pl.DataFrame
    lines: pl.DataFrame


def look(batch: Batch, plan: Plan) -> Looked:
    """Look at a batch."""
    turns = with_neighbours(batch.turns.lazy()).collect()
    aggregated = turns.group_by("transcript_key", maintain_order=True).agg(**plan.aggregates)
    names = [f"{check.expectation.code} {n}" for check, some in plan.transcripts for n in range(len(some))]
    keys = aggregated.filter(pl.any_horizontal(pl.lit(False), *names)).select("transcript_key")
    return Looked(
        batch=replace(batch, turns=_alone(_suspected(turns, plan))),
        spoken=len(aggregated),
        aggregated=aggregated,
        found=_alone(_found(turns, plan)),
        lines=turns.select("transcript_key", "turn", "line").join(keys, on="transcript_key", how="semi"),
    )


def gathered(looks: Iterable[Looked], limit: int) -> Iterator[Looked]:
    """What is left of batches, of as many at once as have `limit` bytes of text left."""
    some: list[Looked] = []
    size = 0
    for each in looks:
        some.append(each)
        size += int(each.batch.turns["text"].str.len_bytes().sum())
        if size > limit:
            yield _joined(some)
            some, size = [], 0
    if some:
        yield _joined(some)


def _alone(frame: pl.DataFrame) -> pl.DataFrame:
    """The same with texts of their own: a slice keeps the texts of its whole batch in memory."""
    return frame.with_columns(pl.concat_str("text", pl.lit("")))


def _joined(looks: Sequence[Looked]) -> Looked:
    """Several as one; keys, which are row numbers, count on."""
    if len(looks) == 1:
        return looks[0]
    counts = {"source_key": 0, "transcript_key": 0}
    parts: list[dict[str, pl.DataFrame]] = []
    for each in looks:
        frames = {**vars(each.batch), "aggregated": each.aggregated, "found": each.found, "lines": each.lines}
        on = [pl.col(key) + pl.lit(count, pl.UInt32) for key, count in counts.items()]
        parts.append(
            {
                name: frame.with_columns(key for key in on if key.meta.output_name() in frame.columns)
                for name, frame in frames.items()
            }
        )
        counts["source_key"] += len(each.batch.sources)
        counts["transcript_key"] += len(each.batch.transcripts)
    joined = {name: pl.concat([each[name] for each in parts]) for name in parts[0]}
    own = [joined.pop(name) for name in ("aggregated", "found", "lines")]
    return Looked(Batch(**joined), sum(each.spoken for each in looks), *own)


def suspects(looked: Looked, plan: Plan) -> Iterator[pl.DataFrame]:
    """The turns where each violation of `plan.turns` may apply, in its order."""
    violations = [each for _, some in plan.turns for each in some]
    signs = {str(place): pl.col("text").str.contains(each.signs) for place, each in enumerate(violations) if each.signs}
    turns = looked.batch.turns
    near = turns.with_row_index("row").filter(SIGNED).select("row", "text")
    told = near.select("row", **signs) if len(near) else near.select("row")
    signed, cheap = _flagged(told.drop("row")), _flagged(turns.select(list(plan.cheap)))
    none = turns.clear()
    for name in map(str, range(len(violations))):
        rows = [told["row"].filter(told[name])] if name in signed else []
        rows += [turns[name].arg_true()] if name in cheap else []
        if rows:
            yield turns[rows[0] if len(rows) == 1 else pl.concat(rows).unique().sort()]
        else:
            yield none


def _flagged(flags: pl.DataFrame) -> set[str]:
    """The names of the columns that are true somewhere."""
    rows = flags.select(pl.all().any()).rows(named=True)
    return {name for row in rows for name, there in row.items() if there}


def _suspected(turns: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    found = [pl.lit(True)] if plan.signs is None else [pl.col("text").str.contains(each) for each in plan.signs]
    signed = pl.any_horizontal(pl.lit(False), *found)
    flags = [SIGNED, *plan.cheap]
    # Lazy, so that two violations with the same `maybe` pay for it once. Null counts as true: it is to be looked at.
    flagged = turns.lazy().with_columns(signed.alias(SIGNED), **plan.cheap).with_columns(pl.col(flags).fill_null(True))
    return flagged.filter(pl.any_horizontal(flags)).collect()


def _found(turns: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    parts = [pl.DataFrame(schema={"code": pl.String, **FOUND})]
    for check, search in plan.searches:
        found = search.find(turns)
        if len(found):
            kinds = (pl.col(name).cast(kind) for name, kind in FOUND.items())
            parts.append(found.select(pl.lit(check.expectation.code).alias("code"), *kinds))
    found = pl.concat(parts)
    if not found["turn"].is_not_null().any():
        return found.with_columns(line=pl.lit(None, pl.UInt32), text=pl.lit(None, pl.String))
    said = turns.select("transcript_key", "turn", "line", "text")
    return found.join(said, on=["transcript_key", "turn"], how="left", maintain_order="left")
