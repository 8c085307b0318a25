"""Judge a batch: read, evaluate, repair what may be repaired, evaluate again, and give every transcript its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from expectations.evaluate import Evaluation, evaluate
from expectations.repair import CHANGES, repair
from expectations.suite import Suite
from schemas.columns import FINDINGS, OUTCOMES, REPAIRS, SOURCES, TRANSCRIPTS, TURNS
from schemas.reading import Batch, read

_ROUNDS: Final = 20
"""Repairs are made until none is left to make; a transcript that still asks for one then is left as it was."""


@dataclass(frozen=True)
class Judged:
    """A judged batch, as frames of `schemas.columns`.

    Attributes:
        release: turns of accepted and repaired transcripts, as released.
        quarantine: turns of quarantined transcripts, as read.
        transcripts, findings, repairs, sources, outcomes: as their schemas say.
        failures: by code, why an expectation could not be evaluated at all.
    """

    release: pl.DataFrame
    quarantine: pl.DataFrame
    transcripts: pl.DataFrame
    findings: pl.DataFrame
    repairs: pl.DataFrame
    sources: pl.DataFrame
    outcomes: pl.DataFrame
    failures: Mapping[str, str]

    def tables(self) -> dict[str, pl.DataFrame]:
        """The frames that are stored batch by batch, by table."""
        names = ("release", "quarantine", "transcripts", "findings", "repairs", "sources")
        return {name: getattr(self, name) for name in names}


def judge(raw: pl.DataFrame, suite: Suite) -> Judged:
    """Judge sources.

    Args:
        raw: bytes as `schemas.listing.load` gives them.
        suite: the policy.
    """
    batch = read(raw, suite.roster, suite.reading)
    found = evaluate(batch, suite)
    mended, changes = _mend(batch, found, suite)
    return _judged(batch, found, mended, changes)


def finding_rows(batch: Batch, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings with paths and transcript ids in place of keys: `schemas.columns.FINDINGS`."""
    return (
        findings.join(batch.sources.select("source_key", "path"), on="source_key", maintain_order="left")
        .join(
            batch.transcripts.select("transcript_key", "transcript", "record"),
            on="transcript_key",
            how="left",
            maintain_order="left",
        )
        .select(pl.col(name).cast(kind) for name, kind in FINDINGS.items())
    )


def _worst(batch: Batch, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings by transcript and severity: (transcript_key, critical, warning, info, whole).

    ``whole`` says that something critical is wrong with the whole source, which spoils all its transcripts.
    """
    counts = findings.group_by("transcript_key").agg(
        (pl.col("severity") == severity).sum().alias(severity) for severity in ("critical", "warning", "info")
    )
    spoilt = findings.filter(pl.col("transcript_key").is_null() & (pl.col("severity") == "critical"))
    return (
        batch.transcripts.select("transcript_key", "source_key")
        .join(counts, on="transcript_key", how="left", maintain_order="left")
        .with_columns(
            pl.col("critical", "warning", "info").fill_null(0),
            whole=pl.col("source_key").is_in(spoilt["source_key"].unique().implode()),
        )
        .drop("source_key")
    )


def _mend(batch: Batch, found: Evaluation, suite: Suite) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The turns of transcripts that repairs make sound, and every turn that was touched in them, numbered as read."""
    fixable = pl.col("fix").is_in(list(suite.repairs)).fill_null(False)
    keys = found.findings.filter(fixable & pl.col("transcript_key").is_not_null()).select("transcript_key").unique()
    whole = _worst(batch, found.findings).filter("whole")
    keys = keys.join(whole, on="transcript_key", how="anti")
    as_read = pl.col("turn").alias("as_read")
    turns = batch.turns.join(keys, on="transcript_key", how="semi", maintain_order="left").with_columns(as_read)
    changes = pl.DataFrame(schema={**CHANGES, "as_read": pl.UInt32})
    findings = found.findings
    for _ in range(_ROUNDS):
        if turns.is_empty() or not findings.filter(fixable).height:
            break
        numbers = turns.select("transcript_key", "turn", "as_read")
        before = turns
        turns, made = repair(before, findings.join(keys, on="transcript_key", how="semi"), suite.repairs)
        if made.is_empty():
            break
        changes = pl.concat([changes, made.join(numbers, on=["transcript_key", "turn"], maintain_order="left")])
        some = replace(
            batch,
            turns=turns,
            transcripts=batch.transcripts.join(keys, on="transcript_key", how="semi", maintain_order="left"),
            problems=batch.problems.clear(),
        )
        findings = evaluate(some, suite).findings
    # What is still critical after repair, or has nothing left, keeps its turns as read.
    unsound = findings.filter((pl.col("severity") == "critical") | fixable).select("transcript_key")
    sound = keys.join(unsound, on="transcript_key", how="anti").join(turns, on="transcript_key", how="semi")
    sound = sound.join(changes, on="transcript_key", how="semi")
    return (
        turns.join(sound, on="transcript_key", how="semi", maintain_order="left"),
        changes.join(sound, on="transcript_key", how="semi", maintain_order="left"),
    )


def _judged(batch: Batch, found: Evaluation, mended: pl.DataFrame, changes: pl.DataFrame) -> Judged:
    turns = batch.turns
    repaired = mended.select("transcript_key", repaired=True).unique()
    read_turns = turns.group_by("transcript_key").agg(
        turns=pl.len(),
        characters=pl.col("text").str.len_chars().sum(),
        speakers=pl.col("speaker").unique(maintain_order=True),
    )
    transcripts = (
        batch.transcripts.join(_worst(batch, found.findings), on="transcript_key", maintain_order="left")
        .join(batch.sources.select("source_key", "path"), on="source_key", maintain_order="left")
        .join(read_turns, on="transcript_key", how="left", maintain_order="left")
        .join(
            mended.group_by("transcript_key").agg(left=pl.len()),
            on="transcript_key",
            how="left",
            maintain_order="left",
        )
        .join(repaired, on="transcript_key", how="left", maintain_order="left")
        .join(
            changes.group_by("transcript_key").agg(repairs=pl.col("repair").unique().sort()),
            on="transcript_key",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("turns").fill_null(0), pl.col("characters").fill_null(0))
        .with_columns(
            verdict=pl.when(pl.col("repaired").is_not_null())
            .then(pl.lit("repaired"))
            .when(pl.col("whole") | (pl.col("critical") > 0) | (pl.col("turns") == 0))
            .then(pl.lit("quarantined"))
            .otherwise(pl.lit("accepted")),
        )
        .with_columns(
            released_turns=pl.when(pl.col("verdict") == "quarantined").then(0).otherwise(pl.coalesce("left", "turns")),
            speakers=pl.col("speakers").fill_null([]),
            repairs=pl.col("repairs").fill_null([]),
        )
    )
    verdicts = transcripts.select("transcript_key", "transcript", "verdict")
    mine = turns.join(verdicts, on="transcript_key", maintain_order="left")
    released = pl.concat(
        [
            mine.filter(pl.col("verdict") == "accepted"),
            mended.drop("as_read").join(verdicts, on="transcript_key", maintain_order="left"),
        ]
    ).sort("transcript_key", "turn")
    return Judged(
        release=_as(released, TURNS),
        quarantine=_as(mine.filter(pl.col("verdict") == "quarantined"), TURNS),
        transcripts=_as(transcripts, TRANSCRIPTS),
        findings=finding_rows(batch, found.findings),
        repairs=_repairs(changes, mine),
        sources=_sources(batch, transcripts),
        outcomes=_as(found.outcomes, OUTCOMES),
        failures=found.failures,
    )


def _repairs(changes: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """What became of each touched turn in the end."""
    touched = changes.group_by("transcript_key", "as_read", maintain_order=True).agg(
        pl.col("repair").first(), pl.col("code").first(), pl.col("after").last()
    )
    rows = touched.join(
        turns.rename({"text": "before"}), left_on=["transcript_key", "as_read"], right_on=["transcript_key", "turn"]
    ).with_columns(turn="as_read")
    return _as(rows.sort("transcript_key", "turn"), REPAIRS)


def _sources(batch: Batch, transcripts: pl.DataFrame) -> pl.DataFrame:
    """Sources, each with the worst verdict of its transcripts."""
    verdict = pl.col("verdict")
    held = transcripts.group_by("source_key").agg(
        pl.len().alias("transcripts"),
        pl.col("turns").sum(),
        verdict=pl.when((verdict == "quarantined").any())
        .then(pl.lit("quarantined"))
        .when((verdict == "repaired").any())
        .then(pl.lit("repaired"))
        .otherwise(pl.lit("accepted")),
    )
    rows = batch.sources.join(held, on="source_key", how="left", maintain_order="left").with_columns(
        pl.col("transcripts", "turns").fill_null(0),
        pl.col("verdict").fill_null("unreadable"),
        characters="expected",
    )
    return _as(rows, SOURCES)


def _as(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
