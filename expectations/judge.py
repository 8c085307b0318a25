"""Judge a batch: read, evaluate, repair what may be repaired, evaluate again, and give every transcript its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from expectations.evaluate import Evaluation, evaluate
from expectations.fingerprints import fingerprints
from expectations.mending import Mended, mend
from expectations.suite import Suite
from expectations.tokens import tokens_of
from expectations.waivers import Waiver, waive
from schemas.batching import parts
from schemas.columns import FINDINGS, FINGERPRINTS, OUTCOMES, QUARANTINED, REPAIRS, SOURCES, TRANSCRIPTS, TURNS
from schemas.reading import Batch, read


@dataclass(frozen=True)
class Judged:
    """A judged batch, as frames of `schemas.columns`.

    Attributes:
        release: turns of accepted and repaired transcripts, as released.
        quarantine: turns of quarantined transcripts, as read.
        transcripts, findings, repairs, sources, fingerprints, outcomes: as their schemas say.
        failures: by code, why an expectation could not be evaluated at all.
    """

    release: pl.DataFrame
    quarantine: pl.DataFrame
    transcripts: pl.DataFrame
    findings: pl.DataFrame
    repairs: pl.DataFrame
    sources: pl.DataFrame
    fingerprints: pl.DataFrame
    outcomes: pl.DataFrame
    failures: Mapping[str, str]

    def tables(self) -> dict[str, pl.DataFrame]:
        """The frames that are stored batch by batch, by table."""
        names = ("release", "quarantine", "transcripts", "findings", "repairs", "sources", "fingerprints")
        return {name: getattr(self, name) for name in names}


def judge(raw: pl.DataFrame, suite: Suite, waivers: Sequence[Waiver] = ()) -> Judged:
    """Judge sources.

    Args:
        raw: bytes as `schemas.loading.load` gives them.
        suite: the policy.
        waivers: those that count.
    """
    return _joined([_judge(part, suite, waivers) for part in parts(raw)])


def _judge(raw: pl.DataFrame, suite: Suite, waivers: Sequence[Waiver]) -> Judged:
    batch = read(raw, suite.roster, suite.reading)
    found, mended = mended_of(batch, suite, waivers)
    mended = _sound(batch, found, mended)
    return _judged(batch, found, mended.turns, mended.steps, suite.tokenizer)


def _joined(judged: Sequence[Judged]) -> Judged:
    """Parts of a batch as one."""
    if len(judged) == 1:
        return judged[0]
    counts = pl.col("holds", "violated", "unknown", "findings").sum()
    outcomes = pl.concat([each.outcomes for each in judged]).group_by(
        "code", "rule", "scope", "severity", maintain_order=True
    )
    return Judged(
        **{name: pl.concat([each.tables()[name] for each in judged]) for name in judged[0].tables()},
        outcomes=_as(outcomes.agg(counts), OUTCOMES),
        failures={code: why for each in judged for code, why in each.failures.items()},
    )


def judge_again(batch: Batch, standing: pl.DataFrame, suite: Suite, waivers: Sequence[Waiver] = ()) -> Judged:
    """Judge transcripts again from their turns as they were read.

    Args:
        batch: the turns; it has no problems, which only reading finds.
        standing: what reading had found, `expectations.finding_rows.FINDING_ROWS`. It can't be found again, so it
            stands, unless it is waived.
        suite: the policy.
        waivers: those that count.
    """
    found, mended = mended_of(batch, suite, waivers)
    stand = standing.group_by("code").agg(sources=pl.col("source_key").n_unique(), rows=pl.len())
    of_sources = pl.col("scope") == "source"
    outcomes = (
        found.outcomes.join(stand, on="code", how="left", maintain_order="left")
        .filter(~of_sources | pl.col("rows").is_not_null())
        .with_columns(
            holds=pl.when(of_sources).then(0).otherwise("holds"),
            violated=pl.when(of_sources).then("sources").otherwise("violated"),
            unknown=pl.when(of_sources).then(len(batch.sources) - pl.col("sources")).otherwise("unknown"),
            findings=pl.when(of_sources).then("rows").otherwise("findings"),
        )
    )
    both = pl.concat([waive(batch, standing, waivers), found.findings])
    found = replace(found, findings=both, outcomes=_as(outcomes, OUTCOMES))
    mended = _sound(batch, found, mended)
    return _judged(batch, found, mended.turns, mended.steps, suite.tokenizer)


def mended_of(batch: Batch, suite: Suite, waivers: Sequence[Waiver] = ()) -> tuple[Evaluation, Mended]:
    """What is found in a batch, with ``waived``, and what the suite's repairs make of it."""
    found = evaluate(batch, suite)
    found = replace(found, findings=waive(batch, found.findings, waivers))
    return found, mend(batch, found.findings, suite, lambda some: waive(some, evaluate(some, suite).findings, waivers))


def finding_rows(batch: Batch, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings, with ``waived``, with paths and transcript ids in place of keys: `schemas.columns.FINDINGS`."""
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
    """Findings that nobody waived by transcript and severity: (transcript_key, critical, warning, info, whole).

    ``whole`` says that something critical is wrong with the whole source, which spoils all its transcripts.
    """
    findings = findings.filter(pl.col("waived").is_null())
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


def _sound(batch: Batch, found: Evaluation, mended: Mended) -> Mended:
    """What was mended so that it can be released; what is still critical, or has nothing left, stays as read."""
    whole = _worst(batch, found.findings).filter("whole")
    by_reading = pl.col("code").is_in(found.outcomes.filter(scope="source")["code"].implode())
    grave = (pl.col("severity") == "critical") & pl.col("waived").is_null()
    unsound = mended.findings.filter(grave)
    unread = found.findings.filter(grave & by_reading).select("transcript_key").drop_nulls()
    keys = (
        mended.turns.select("transcript_key")
        .unique()
        .join(unsound, on="transcript_key", how="anti")
        .join(whole, on="transcript_key", how="anti")
        .join(unread, on="transcript_key", how="anti")
    )
    return Mended(
        *(
            frame.join(keys, on="transcript_key", how="semi", maintain_order="left")
            for frame in (mended.turns, mended.steps, mended.findings)
        )
    )


def _judged(
    batch: Batch, found: Evaluation, mended: pl.DataFrame, steps: pl.DataFrame, tokenizer: str | None
) -> Judged:
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
        .join(tokens_of(turns, tokenizer), on="transcript_key", how="left", maintain_order="left")
        .join(
            mended.group_by("transcript_key").agg(left=pl.len()),
            on="transcript_key",
            how="left",
            maintain_order="left",
        )
        .join(repaired, on="transcript_key", how="left", maintain_order="left")
        .join(
            steps.group_by("transcript_key").agg(repairs=pl.col("repair").unique().sort()),
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
            mended.drop("as_read", "put_in").join(verdicts, on="transcript_key", maintain_order="left"),
        ]
    ).sort("transcript_key", "turn")
    return Judged(
        release=_as(released, TURNS),
        quarantine=_as(mine.filter(pl.col("verdict") == "quarantined"), QUARANTINED),
        transcripts=_as(transcripts, TRANSCRIPTS),
        findings=finding_rows(batch, found.findings),
        repairs=_repairs(steps, mine),
        sources=_sources(batch, transcripts),
        fingerprints=_fingerprints(released, transcripts, mine),
        outcomes=_as(found.outcomes, OUTCOMES),
        failures=found.failures,
    )


def _repairs(steps: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Every step, by the number and the line that its turn was read with."""
    names = turns.select("transcript_key", "transcript", "line", as_read="turn")
    rows = steps.drop("turn").join(names, on=["transcript_key", "as_read"], maintain_order="left")
    return _as(rows.rename({"as_read": "turn"}).sort("transcript_key", "turn", maintain_order=True), REPAIRS)


def _fingerprints(released: pl.DataFrame, transcripts: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Fingerprints of what is released, as released, and of what is quarantined, as read."""
    held = turns.filter(pl.col("verdict") == "quarantined")
    said = pl.concat([each.select("transcript_key", "turn", "text") for each in (released, held)])
    made = fingerprints(said.sort("transcript_key", "turn"))
    rows = made.join(transcripts, on="transcript_key", maintain_order="left")
    return _as(rows.with_columns(released=pl.col("verdict") != "quarantined"), FINGERPRINTS)


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
