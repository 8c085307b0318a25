"""Mend transcripts: repair and evaluate again until nothing is left that a repair changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from expectations.repair import CHANGES, repair
from expectations.suite import Suite
from schemas.reading import Batch

ROUNDS: Final = 60
"""A transcript that changes in so many rounds is left as it was: it has more wrong with it than a repair should hide.
Each round makes one kind of repair, so this allows for turns with some fifty speakers' labels in them."""

STEPS: Final = pl.Schema([*CHANGES.items(), ("repair", pl.String()), ("before", pl.String()), ("as_read", pl.UInt32())])
"""`CHANGES` over all rounds, in the order in which they were made. ``turn`` counts as in its round, ``as_read`` is the
turn's number in the source; one that was put in has that of the turn that it stood in, and an empty ``before``."""


@dataclass(frozen=True)
class Mended:
    """What repairs made of the transcripts that they touched.

    Attributes:
        turns: their turns as mended, with ``as_read`` and ``put_in`` (whether it had stood within another turn).
        steps: `STEPS`.
        findings: what is found in them as mended; `expectations.finding_rows.FINDING_ROWS` with ``as_read``.
    """

    turns: pl.DataFrame
    steps: pl.DataFrame
    findings: pl.DataFrame


def mend(batch: Batch, findings: pl.DataFrame, suite: Suite, find: Callable[[Batch], pl.DataFrame]) -> Mended:
    """Make the suite's repairs in a batch.

    Args:
        batch: as read.
        findings: what was found in it, as `find` gives it; a finding whose ``fix`` is null asks for no repair.
        suite: says which repairs may be made.
        find: evaluates a batch. Its turns have ``as_read``.
    """
    fixable = pl.col("fix").is_in(list(suite.repairs)).fill_null(False) & pl.col("transcript_key").is_not_null()
    keys = findings.filter(fixable).select("transcript_key").unique()
    turns = _of(batch.turns, keys).with_columns(as_read=pl.col("turn"), put_in=False)
    steps = [pl.DataFrame(schema=STEPS)]
    some = replace(batch, turns=turns, problems=batch.problems.clear())
    current = _of(findings, keys)
    # Only what changed in a round has to be looked at in the next.
    active, found, unsettled = keys, current, keys.clear()
    for number in range(ROUNDS):
        numbers = some.turns.select("transcript_key", "turn", "as_read")
        after, changes = repair(_of(some.turns, active), _of(found, active), suite.repairs, suite.roster)
        if changes.is_empty():
            break
        steps.append(changes.join(numbers, on=["transcript_key", "turn"], maintain_order="left"))
        active = changes.select("transcript_key").unique()
        if number == ROUNDS - 1:
            unsettled = active
        # A turn that was put in knows nothing of itself yet.
        after = _of(after, active).with_columns(pl.col("put_in").fill_null(True))
        turns = pl.concat([_but(some.turns, active), after]).sort("transcript_key", "turn")
        some = replace(some, turns=turns)
        found = find(
            replace(some, turns=_of(turns, active), transcripts=_of(batch.transcripts, active)),
        )
        current = pl.concat([_but(current, active), found], how="diagonal")
    all_steps = pl.concat([each.select(STEPS.names()).cast(STEPS) for each in steps])
    touched = _but(all_steps.select("transcript_key").unique(), unsettled)
    turns = _of(some.turns, touched)
    found = _of(current, touched).join(
        turns.select("transcript_key", "turn", "as_read"),
        on=["transcript_key", "turn"],
        how="left",
        maintain_order="left",
    )
    return Mended(turns=turns, steps=_of(all_steps, touched), findings=found)


def _of(frame: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    return frame.join(keys, on="transcript_key", how="semi", maintain_order="left")


def _but(frame: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    return frame.join(keys, on="transcript_key", how="anti", maintain_order="left")
