"""What is in quarantine: which transcripts, and the batches that they were read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from expectations.catalogue import catalogue
from expectations.finding_rows import FINDING_ROWS
from expectations.rule import milder
from expectations.suite import Suite
from expectations.yaml_file import near
from reports.visible import visible_line
from schemas.columns import PROBLEMS, TURNS
from schemas.errors import InputError
from schemas.format import formats
from schemas.merging import keeps_lines
from schemas.places import told
from schemas.reading import STAGES, Batch
from schemas.store import Store

BY_READING: Final = tuple(each.code for each in catalogue().values() if each.scope == "source")
"""Codes of what only reading a source can find."""

KEY: Final = ["origin", "transcript"]
"""What tells a transcript from all others: the run that read it, and its id."""


@dataclass(frozen=True)
class Choice:
    """What is to be judged again: these transcripts, those of a run, or, if neither is named, all."""

    transcripts: tuple[str, ...] = ()
    run: str | None = None


def held(store: Store) -> pl.DataFrame:
    """The transcripts that are quarantined today: (origin, drop, transcript, path, record, line, characters).

    Those of a source that was judged in another version since are left out, those that a requeue released, and those
    whose turns were deleted.
    """
    order = store.runs().select("run").with_row_index("order").lazy()
    latest = (
        store.scan("sources")
        .select("run", "drop", "path")
        .join(order, on="run")
        .group_by("drop", "path")
        .agg(pl.col("run").sort_by("order").last())
    )
    forgotten = store.scan("forgotten").filter(pl.col("what") != "pages").select("run")
    released = store.scan("requeued").filter(pl.col("verdict") != "quarantined").select(KEY)
    return (
        store.scan("transcripts")
        .filter(pl.col("verdict") == "quarantined")
        .join(latest, on=["run", "drop", "path"], how="semi")
        .join(forgotten, on="run", how="anti")
        .select("drop", "transcript", "path", "record", "line", "characters", origin="run")
        .join(released, on=KEY, how="anti")
        .sort("drop", "origin", "path", "record")
        .collect()
    )


def choose(store: Store, choice: Choice) -> pl.DataFrame:
    """Of `held` what is chosen.

    Raises:
        InputError: if a transcript or the run isn't among them, or nothing is quarantined at all.
    """
    there = held(store)
    if there.is_empty():
        raise InputError(
            f"{told(store.root)}: expected transcripts in quarantine, found none; there is nothing to requeue"
        )
    if choice.run is not None:
        again = store.scan("requeued").filter(pl.col("run") == choice.run).select(KEY).collect()
        some = there.filter(pl.col("origin") == choice.run)
        some = pl.concat([some, there.join(again, on=KEY, how="semi", maintain_order="left")])
        if some.is_empty():
            hint = near(choice.run, there["origin"].unique().to_list()) or "the report's pages name the runs"
            raise InputError(
                f"--run: expected a run with transcripts in quarantine, found {visible_line(choice.run)}; {hint}"
            )
        return some
    for name in choice.transcripts:
        if not (there["transcript"] == name).any():
            if len(store.scan("transcripts").filter(pl.col("transcript") == name).head(1).collect()):
                raise InputError(
                    visible_line(
                        f"{name}: expected a transcript in quarantine, found it released, or its source judged "
                    )
                    + "anew since; there is nothing to requeue"
                )
            hint = near(name, there["transcript"].to_list()) or "`turnproof requeue --all` takes all there are"
            raise InputError(
                visible_line(f"{name}: expected a transcript in quarantine, found none of this id; {hint}")
            )
    return there.filter(pl.col("transcript").is_in(choice.transcripts)) if choice.transcripts else there


def batch_of(group: pl.DataFrame, store: Store, suite: Suite) -> Batch:
    """A batch of transcripts as reading had made it, but for its problems; roles are those of today's roster."""
    runs, paths = (group[name].unique().implode() for name in ("origin", "path"))
    of_lines = [each.name for each in formats().values() if keeps_lines(each, suite.reading.merge)]
    ledger = (
        store.scan("sources")
        .filter(pl.col("run").is_in(runs), pl.col("path").is_in(paths))
        .rename({"run": "origin", "characters": "expected"})
        .drop("drop", "batch", "verdict", "transcripts", "turns")
        .collect()
    )
    sources = (
        group.select("origin", "path")
        .unique(maintain_order=True)
        .with_row_index("source_key")
        .join(ledger.unique(["origin", "path"]), on=["origin", "path"], how="left", maintain_order="left")
        .with_columns(
            stage=pl.lit(len(STAGES) - 1, pl.UInt8), lines_within=pl.col("format").is_in(of_lines).fill_null(False)
        )
    )
    transcripts = group.join(
        sources.select("source_key", "origin", "path"), on=["origin", "path"], maintain_order="left"
    ).with_row_index("transcript_key")
    turns = (
        store.scan("quarantine")
        .filter(pl.col("run").is_in(runs), pl.col("transcript").is_in(group["transcript"].implode()))
        .rename({"run": "origin"})
        .collect()
        .join(transcripts.select("transcript_key", *KEY), on=KEY)
        .sort("transcript_key", "turn")
    )
    turns = turns.with_columns(suite.roster.roles_of(turns["speaker"]).alias("role"))
    return Batch(
        sources=sources,
        transcripts=transcripts.select("transcript_key", "source_key", "record", "line", "transcript"),
        turns=turns.select("transcript_key", *(name for name in TURNS if name != "transcript"), "calls", "answers"),
        problems=pl.DataFrame(schema=PROBLEMS),
    )


def standing(group: pl.DataFrame, batch: Batch, store: Store, suite: Suite) -> pl.DataFrame:
    """What was found when the sources of a batch were read: `expectations.finding_rows.FINDING_ROWS`.

    That can't be found again from turns, so it stands, but never weighs more than today's suite says.
    """
    runs, paths = (group[name].unique().implode() for name in ("origin", "path"))
    keys = batch.transcripts.select("source_key", "transcript_key", "transcript")
    stored = (
        store.scan("findings")
        .filter(pl.col("run").is_in(runs), pl.col("path").is_in(paths), pl.col("code").is_in(BY_READING))
        .rename({"run": "origin"})
        .collect()
        .join(batch.sources.select("source_key", "origin", "path"), on=["origin", "path"])
        .join(keys, on=["source_key", "transcript"], how="left")
        .filter(pl.col("transcript").is_null() | pl.col("transcript_key").is_not_null())
    )
    weights = {check.expectation.code: check.severity for check in suite.checks}
    severity = [
        milder(each, weights[code]) if code in weights else None
        for code, each in stored.select("code", "severity").iter_rows()
    ]
    return (
        stored.with_columns(severity=pl.Series(severity, dtype=pl.String))
        .drop_nulls("severity")
        .select(pl.col(name).cast(kind) for name, kind in FINDING_ROWS.items())
        .sort("source_key", "transcript_key", "line", "code", "message", nulls_last=False)
    )
