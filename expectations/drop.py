"""What a drop-level expectation is: one about a drop as a whole, evaluated once, after all its batches.

Its function takes thresholds only and returns a `Comparison`, which looks at a `Drop`: small frames, no texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from expectations.rule import Example
from schemas.columns import FINGERPRINTS
from schemas.manifest import Lack

MEMBERS: Final = pl.Schema(
    {
        "path": pl.String(),
        "transcript": pl.String(),
        "record": pl.UInt32(),
        "line": pl.UInt32(),
        "characters": pl.UInt64(),
        "digest": pl.Int64(),
        "sketch": pl.List(pl.Int64),
    }
)
"""The transcripts of a drop, one a row, in order; ``sketch`` is null where none was made (`turnproof check`)."""

RELEASED: Final = pl.Schema({"drop": pl.String(), **FINGERPRINTS})
"""Transcripts that were judged before: `schemas.columns.FINGERPRINTS` with their drops."""

RATES: Final = pl.Schema({"run": pl.String, "code": pl.String, "violated": pl.UInt32, "judged": pl.UInt32})
"""How many transcripts (or sources) violated an expectation in a run, of how many where it could be evaluated."""

SAID: Final = pl.Schema({"transcript": pl.String, "turn": pl.UInt32, "role": pl.String, "text": pl.String})
"""Turns of a drop: as released, or as read where they are quarantined. ``role`` is null where nobody knows it."""

DROP_FOUND: Final = pl.Schema(
    {
        "path": pl.String,
        "record": pl.UInt32,
        "line": pl.UInt32,
        "severity": pl.String,
        "message": pl.String,
        "evidence": pl.String,
    }
)
"""What a `Comparison` finds, one violation a row.

``path`` is null, with ``record`` and ``line``, where it is the whole drop; ``severity`` where it is the expectation's
own; ``evidence``, a slice of some turn's text, where there is none.
"""


@dataclass(frozen=True)
class Drop:
    """What a drop-level expectation can look at. None stands for what isn't known: without a store there is no past.

    Attributes:
        name: as findings name it.
        members: the transcripts of the drop, `MEMBERS`.
        released: those that were released before, `RELEASED`; read only what is needed, there may be millions.
        runs: finished runs before this one, oldest first, as in `schemas.stored.STORED`.
        run: this run's row, as far as it is known before its gate.
        rates: how often expectations were violated, in this run and in those before it, `RATES`.
        turns: what is said in the drop, `SAID`; it may be larger than memory.
        warn, fail: the suite's gates.
        swept: for the nightly run, when it looked for what is new; None for any other run.
        lacks: what its manifests name and it doesn't hold, and which of its files are growing.
    """

    name: str
    members: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MEMBERS))
    released: pl.LazyFrame | None = None
    runs: pl.DataFrame | None = None
    run: dict[str, object] | None = None
    rates: pl.LazyFrame | None = None
    turns: pl.LazyFrame | None = None
    warn: float = 0.05
    fail: float = 0.20
    swept: datetime | None = None
    lacks: tuple[Lack, ...] | None = None


@dataclass(frozen=True)
class Comparison:
    """A violation of a drop, found by a function.

    Attributes:
        find: makes `DROP_FOUND` of a drop; None says that it could not be evaluated.
    """

    find: Callable[[Drop], pl.DataFrame | None]


@dataclass(frozen=True)
class Dropped:
    """A drop that a drop-level expectation holds or is violated on.

    Attributes:
        transcripts: what is in it.
        before: what was released before; None stands for no store.
        past: rows of finished runs before this one, as far as they matter; ``violated`` tells how many transcripts
            violated each code.
        run: this run's row, likewise.
        swept: when the nightly run looked for what is new.
        lacks: what it lacks.
    """

    transcripts: tuple[Example, ...] = ()
    before: tuple[Example, ...] | None = None
    past: tuple[dict[str, object], ...] | None = None
    run: dict[str, object] | None = None
    swept: datetime | None = None
    lacks: tuple[Lack, ...] | None = None


def dropped(
    *transcripts: Example,
    before: Sequence[Example] | None = None,
    past: Sequence[dict[str, object]] | None = None,
    run: dict[str, object] | None = None,
    swept: datetime | None = None,
    lacks: Sequence[Lack] | None = None,
) -> Dropped:
    """An example of a drop; see `Dropped`."""
    return Dropped(
        transcripts,
        None if before is None else tuple(before),
        None if past is None else tuple(past),
        run,
        swept,
        None if lacks is None else tuple(lacks),
    )


def held_back(run: dict[str, object]) -> tuple[int, int]:
    """How many transcripts and sources of a run have no release, of how many; a source counts where it held none."""
    quarantined, unreadable, judged = (
        int(str(run[name])) for name in ("transcripts_quarantined", "unreadable", "transcripts")
    )
    return quarantined + unreadable, judged + unreadable
