"""A first look at the turns of a batch: what may violate an expectation is kept, and the rest let go.

Most turns are sound, and to tell so takes one pass over all texts for the signs of all expectations, and cheap
expressions. Judging the few that are left costs the same for one batch as for several, mostly for compiling searches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final

import polars as pl

from expectations.plan import Plan, with_neighbours
from expectations.search import FOUND
from schemas.reading import Batch

SIGNED: Final = "signed"
"""Flags a turn in which a sign of some expectation stands."""

_KEYS: Final = ("source_key", "transcript_key")


@dataclass(frozen=True)
class Looked:
    """What a first look leaves of batches; keys are their row numbers, counted through all of them.

    Attributes:
        sources, transcripts, problems: as in `schemas.reading.Batch`.
        turns: those that may violate an expectation, with what it asks of them (`expectations.plan.TURNS`), ``signed``,
            and a flag for each violation that is told by a cheap expression, by its place in the plan.
        spoken: how many transcripts have turns.
        aggregated: transcript_key, and what the expectations at this level make of each transcript with turns.
        found: what searches found: ``code`` and `expectations.search.FOUND`, with ``line`` and ``text`` of the turn.
        lines: transcript_key, turn and line of the transcripts that violate an expectation at their level.
    """

    sources: pl.DataFrame
    transcripts: pl.DataFrame
    problems: pl.DataFrame
    turns: pl.DataFrame
    spoken: int
    aggregated: pl.DataFrame
    found: pl.DataFrame
    lines: pl.DataFrame

    @property
    def bytes(self) -> int:
        """The bytes of the texts that are kept."""
        return sum(int(frame["text"].str.len_bytes().sum()) for frame in (self.turns, self.found))


def look(batch: Batch, plan: Plan) -> Looked:
    """Look at a batch."""
    turns = with_neighbours(batch.turns.lazy()).collect()
    aggregated = turns.group_by("transcript_key", maintain_order=True).agg(**plan.aggregates)
    names = [f"{check.expectation.code} {n}" for check, some in plan.transcripts for n in range(len(some))]
    violated = pl.any_horizontal(pl.lit(False), *names)
    keys = aggregated.filter(violated).select("transcript_key")
    lines = turns.select("transcript_key", "turn", "line").join(keys, on="transcript_key", how="semi")
    return Looked(
        sources=batch.sources,
        transcripts=batch.transcripts,
        problems=batch.problems,
        turns=_suspected(turns, plan),
        spoken=len(aggregated),
        aggregated=aggregated,
        found=_found(turns, plan),
        lines=lines,
    )


def together(looks: Sequence[Looked]) -> Looked:
    """What was left of several batches as what is left of one."""
    if len(looks) == 1:
        return looks[0]
    frames: dict[str, list[pl.DataFrame]] = {each.name: [] for each in fields(Looked) if each.name != "spoken"}
    counts = dict.fromkeys(_KEYS, 0)
    for one in looks:
        for name, several in frames.items():
            frame: pl.DataFrame = getattr(one, name)
            several.append(frame.with_columns(pl.col(key) + counts[key] for key in _KEYS if key in frame.columns))
        counts["source_key"] += len(one.sources)
        counts["transcript_key"] += len(one.transcripts)
    joined = {name: pl.concat(several) for name, several in frames.items()}
    return Looked(**joined, spoken=sum(each.spoken for each in looks))


def kept(looked: Looked) -> Looked:
    """The same, with texts of its own: a slice keeps the texts of its whole batch in memory."""
    own = pl.concat_str("text", pl.lit(""))
    return Looked(**{**vars(looked), "turns": looked.turns.with_columns(own), "found": looked.found.with_columns(own)})


def suspects(looked: Looked, plan: Plan) -> Iterator[pl.DataFrame]:
    """The turns where each violation of `plan.turns` may apply, in its order."""
    violations = [each for _, some in plan.turns for each in some]
    signs = {str(place): pl.col("text").str.contains(each.signs) for place, each in enumerate(violations) if each.signs}
    near = looked.turns.with_row_index("row").filter(SIGNED).select("row", "text")
    told = near.select("row", **signs) if len(near) else near.clear()
    for name in map(str, range(len(violations))):
        rows = [told["row"].filter(told[name])] if name in told.columns else []
        rows += [looked.turns[name].arg_true()] if name in plan.cheap else []
        yield looked.turns[rows[0] if len(rows) == 1 else pl.concat(rows).unique().sort()] if rows else near.clear()


def _suspected(turns: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    signed = pl.lit(False)
    if plan.signs is not None:
        signed = pl.col("text").str.contains(plan.signs)
    elif any(each.signs for _, some in plan.turns for each in some):
        signed = pl.lit(True)
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
