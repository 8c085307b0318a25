"""Findings as rows: of turns, with the place of their evidence, and of transcripts; and where in its source each is."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.first_look import Looked
from expectations.rule import Violation, milder
from expectations.suite import Check
from expectations.wording import MASK, fix_of, message_of

FINDING_ROWS: Final = pl.Schema(
    {
        "source_key": pl.UInt32,
        "transcript_key": pl.UInt32,
        "turn": pl.UInt32,
        "line": pl.UInt32,
        "code": pl.String,
        "rule": pl.String,
        "severity": pl.String,
        "message": pl.String,
        "evidence": pl.String,
        "offset": pl.UInt32,
        "fix": pl.String,
    }
)
"""`schemas.columns.FINDINGS` while the batch is at hand; ``transcript_key`` is null for a whole source."""

FOUND_ROWS: Final = pl.Schema(
    {name: kind for name, kind in FINDING_ROWS.items() if name != "source_key"} | {"breaks": pl.UInt32}
)
"""The same within transcripts, before their place in the source is known.

``line`` is that of the turn, null for a whole transcript, and ``breaks`` how many line breaks stand before it.
"""

_TOLD: Final = 1_000
"""So many characters tell where a piece of evidence stands; to search for an endless one takes more than Polars has."""


def turn_findings(rows: pl.DataFrame, check: Check, violation: Violation) -> pl.DataFrame:
    """`FOUND_ROWS` of the turns that violate an expectation, rows of `expectations.plan.TURNS`."""
    severity = pl.lit(milder(violation.severity or check.severity, check.severity))
    evidence = pl.lit(None, pl.String) if violation.evidence is None else violation.evidence
    rows = rows.with_columns(evidence=evidence)
    if violation.context is not None:
        rows = rows.with_columns(context=violation.context)
        rows = rows.with_columns(at=_place("text", "context") + _place("context", "evidence"))
    shown = shown_in_turns(rows, check, severity, message_of(violation, rows), fix_of(violation))
    # As many characters as before, so that the place can still be shown.
    masked = pl.col("evidence").str.replace_all(r"[\p{L}\p{N}]", MASK)
    return shown.with_columns(evidence=masked) if violation.masked else shown


def transcript_findings(rows: pl.DataFrame, check: Check, violation: Violation) -> pl.DataFrame:
    """The same, but for ``line`` and ``breaks``, of transcripts: rows of (transcript_key, turn) and the values told."""
    return rows.select(
        "transcript_key",
        pl.col("turn").cast(pl.UInt32),
        code=pl.lit(check.expectation.code),
        rule=pl.lit(check.expectation.name),
        severity=pl.lit(milder(violation.severity or check.severity, check.severity)),
        message=message_of(violation, rows),
        evidence=pl.lit(None, pl.String),
        offset=pl.lit(None, pl.UInt32),
        fix=fix_of(violation),
    )


def shown_in_turns(
    rows: pl.DataFrame,
    check: Check,
    severity: pl.Expr | str,
    message: pl.Expr | str,
    fix: pl.Expr,
) -> pl.DataFrame:
    """`FOUND_ROWS` from rows of turns, with the place of their evidence: ``at``, or else its first in the text."""
    at = _place("text", "evidence")
    if "at" in rows.columns:
        at = pl.coalesce("at", at)
    # A turn may be enormous; what shows the fault need not be.
    rows = rows.with_columns(at=at)
    before = pl.col("text").cast(pl.Binary).bin.slice(0, pl.col("at")).cast(pl.String)
    shown = rows.with_columns(before=before).select(
        "transcript_key",
        "turn",
        "line",
        breaks=pl.col("before").str.count_matches("\n", literal=True).fill_null(0),
        code=pl.lit(check.expectation.code),
        rule=pl.lit(check.expectation.name),
        severity=severity,
        message=message,
        evidence="evidence",
        offset=pl.col("before").str.len_chars(),
        fix=fix,
    )
    return shown.select(pl.col(name).cast(kind) for name, kind in FOUND_ROWS.items())


def located(findings: pl.DataFrame, looked: Looked) -> pl.DataFrame:
    """`FINDING_ROWS` from `FOUND_ROWS`; a finding of a whole transcript gets its line."""
    places = looked.batch.transcripts.select("transcript_key", "source_key", begins="line").join(
        looked.batch.sources.select("source_key", "lines_within"), on="source_key"
    )
    line = pl.coalesce("line", "begins") + pl.when("lines_within").then("breaks").otherwise(0)
    return (
        findings.join(places, on="transcript_key", maintain_order="left")
        .with_columns(line=line)
        .select(pl.col(name).cast(kind) for name, kind in FINDING_ROWS.items())
    )


def _place(text: str, part: str) -> pl.Expr:
    """The byte at which the text of one column holds that of another."""
    return pl.col(text).str.find(pl.col(part).str.head(_TOLD), literal=True)
