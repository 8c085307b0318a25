"""The columns of the store's tables, in plain Polars types, beside those of frames in memory (`schemas.columns`)."""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.columns import (
    FINDINGS,
    FINGERPRINTS,
    OUTCOMES,
    QUARANTINED,
    REPAIRS,
    REQUEUED,
    SOURCES,
    TRANSCRIPTS,
    TURNS,
    UTC,
)


def _joined(*schemas: pl.Schema) -> pl.Schema:
    return pl.Schema([column for schema in schemas for column in schema.items()])


_RUN: Final = pl.Schema({"run": pl.String, "drop": pl.String})
_BATCH: Final = _joined(_RUN, pl.Schema({"batch": pl.UInt32}))

STORED: Final[dict[str, pl.Schema]] = {
    "release": _joined(_BATCH, TURNS),
    "quarantine": _joined(_BATCH, QUARANTINED),
    "transcripts": _joined(_BATCH, TRANSCRIPTS),
    "findings": _joined(_BATCH, FINDINGS),
    "repairs": _joined(_BATCH, REPAIRS),
    "sources": _joined(_BATCH, SOURCES),
    "fingerprints": _joined(_BATCH, FINGERPRINTS),
    "requeued": _joined(_BATCH, REQUEUED),
    "tallies": _joined(_BATCH, OUTCOMES),
    "outcomes": _joined(_RUN, OUTCOMES, pl.Schema({"brief": pl.String, "why": pl.String, "remedy": pl.String})),
    "validations": _joined(
        _RUN,
        pl.Schema(
            {
                "suite": pl.String(),
                "success": pl.Boolean(),
                "evaluated": pl.UInt32(),
                "successful": pl.UInt32(),
                "result": pl.String(),
            }
        ),
    ),
    "waivers": pl.Schema(
        {
            "waiver": pl.String(),
            "event": pl.String(),
            "code": pl.String(),
            "transcript": pl.String(),
            "turn": pl.UInt32(),
            "pattern": pl.String(),
            "reason": pl.String(),
            "by": pl.String(),
            "until": pl.Date(),
            "at": UTC,
        }
    ),
    "forgotten": _joined(_RUN, pl.Schema({"what": pl.String(), "at": UTC})),
    "runs": pl.Schema(
        {
            "run": pl.String(),
            "drop": pl.String(),
            "suite": pl.String(),
            "suite_digest": pl.String(),
            "version": pl.String(),
            "started": UTC,
            "finished": UTC,
            "bytes": pl.UInt64(),
            "batches": pl.UInt32(),
            "found": pl.UInt32(),
            "known": pl.UInt32(),
            "accepted": pl.UInt32(),
            "repaired": pl.UInt32(),
            "quarantined": pl.UInt32(),
            "unreadable": pl.UInt32(),
            "transcripts": pl.UInt32(),
            "transcripts_accepted": pl.UInt32(),
            "transcripts_repaired": pl.UInt32(),
            "transcripts_quarantined": pl.UInt32(),
            "turns": pl.UInt64(),
            "released_turns": pl.UInt64(),
            "characters": pl.UInt64(),
            "tokens": pl.UInt64(),
            "manifests": pl.UInt32(),
            "gate": pl.String(),
            "gate_reason": pl.String(),
        }
    ),
}
"""The store's tables.

``tallies`` are a batch's outcomes, its last commit; ``outcomes`` sum them up for the run, with what a page needs to
explain a code: a brief, why it matters, and what to do; ``validations`` are what Great Expectations says of them, as
JSON. In ``runs``, ``found`` = ``known`` (judged before, by content)
+ ``accepted`` + ``repaired`` + ``quarantined`` + ``unreadable``, all in sources; ``transcripts_*`` count transcripts,
``turns``, ``characters`` and, where the suite names a tokenizer, ``tokens`` what was read of them; ``manifests`` are
files that only tell what else the drop holds.
``forgotten`` says of which finished runs the pages, the turns or everything were deleted, and when; what a run stored
in ``sources`` stays, so that nothing is judged again.
A requeue is a run, too: it has rows in ``requeued``, none in ``sources`` and ``quarantine``, and knows all it finds.
"""
