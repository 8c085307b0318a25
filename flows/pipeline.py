"""The main job as plain functions: plan a drop, judge its batches, finish the run. No Prefect here.

The run's id follows from what is judged and how, so that a run that died is found again and finished: batches that it
had committed are not judged twice, and its row, which makes the rest visible, comes last.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import polars as pl

from expectations.judge import judge
from expectations.suite import Suite
from flows.committing import LAST, Commits, Files
from flows.finishing import gate_of, judge_drop, keyed, outcomes_of, run_row, validation_of
from flows.plan import Plan
from flows.publishing import publish
from flows.waiving import counting
from schemas.batching import batches
from schemas.errors import InputError
from schemas.files import forget, shown
from schemas.limits import BATCH_BYTES
from schemas.listing import Source, list_sources
from schemas.loading import digests, load
from schemas.manifest import apart, lacking
from schemas.parting import parted
from schemas.store import Store
from schemas.stored import STORED

BATCHES: Final = 8
"""Batches that there are at least before they get larger, lest one process be left with the last."""


@dataclass(frozen=True)
class Result:
    """What became of a drop.

    Attributes:
        plan: what there was to do.
        row: the run's row of the table ``runs`` by column; None where there was nothing new.
        report: the page of the run, or the index where there was nothing new.
    """

    plan: Plan
    row: dict[str, object] | None
    report: Path


def run_drop(drop: Path, store: Store, suite: Suite, site: Path) -> Result:
    """Judge what is new in a drop, one batch after the other, and publish.

    Raises:
        InputError: if there is no such drop.
        BusyError: if another run holds it.
        StoreError: if the store can't be read or written.
    """
    with store.claim(drop_name(drop)) as claimed:
        plan = make_plan(drop, claimed, suite)
        started = datetime.now(UTC)
        commits = Commits(plan, claimed)
        for number in commits.left():
            commits.add(number, judge_batch(plan, number, claimed, suite))
        commits.finish()
        return finish(plan, claimed, suite, started, site)


def drop_name(drop: Path) -> str:
    """The name of a drop: that of its file or folder."""
    name = drop.resolve().name
    return shown(Path(name)) if name else "drop"


def check_drops(drops: Sequence[Path]) -> int:
    """How many bytes there are in drops.

    Raises:
        InputError: if there is nothing at one.
    """
    return sum(source.bytes for drop in drops for source in list_sources(drop, within=True))


def make_plan(drop: Path, store: Store, suite: Suite) -> Plan:
    """List a drop and leave out what was judged before.

    A source that can't be opened counts as judged if it could not be opened the last time either.

    Raises:
        InputError: if there is no such drop, or nothing in it.
        StoreError: if the ledger can't be read.
    """
    name = drop_name(drop)
    listed = list_sources(drop, within=True)
    manifests, found = apart(listed)
    if not found:
        raise InputError(
            f"{shown(drop)}: expected transcripts in the drop, found manifests only; wait for the files that they name"
        )
    sources = list(parted(found, suite.reading))
    hashes = digests(sources)
    judged, unopened = _seen(store, name, sources, hashes)
    new = [
        (source, digest)
        for source, digest in zip(sources, hashes, strict=True)
        if (source.path not in unopened if digest is None else digest not in judged)
    ]
    left = [source for source, _ in new]
    waivers, _ = counting(store)
    told: list[object] = [
        name,
        suite.digest,
        version("turnproof"),
        [(source.path, digest) for source, digest in new],
        [each.id for each in waivers],
    ]
    return Plan(
        run=sha256(json.dumps(told).encode()).hexdigest()[:16],
        drop=name,
        found=len(found),
        known=len(found) - len({source.path for source in left}),
        batches=tuple(map(tuple, batches(left, _limit(left)))),
        waivers=waivers,
        manifests=len(manifests),
        lacks=lacking(manifests, listed),
    )


def _limit(sources: Sequence[Source]) -> int:
    """The size of batches: large ones cost less, small ones keep each process busy to the end."""
    return max(BATCH_BYTES, min(2 * BATCH_BYTES, sum(source.bytes for source in sources) // BATCHES))


def _seen(
    store: Store, name: str, sources: Sequence[Source], hashes: Sequence[str | None]
) -> tuple[set[str], set[str]]:
    """Of the sources of a drop, the digests that were judged before, and the paths that could not be opened before.

    The ledger may be larger than memory; what of it concerns the drop is not.
    """
    mine = pl.LazyFrame(
        {"path": [source.path for source in sources], "sha256": hashes}, {"path": pl.String, "sha256": pl.String}
    )
    ledger = store.ledger().select("drop", "path", "sha256")
    judged = ledger.join(mine.drop_nulls("sha256"), on="sha256", how="semi").select("sha256").unique()
    lost = ledger.filter((pl.col("drop") == name) & pl.col("sha256").is_null())
    unopened = lost.join(mine, on="path", how="semi").select("path").unique()
    found = pl.collect_all([judged, unopened], engine="streaming")
    return set(found[0]["sha256"]), set(found[1]["path"])


def judge_batch(plan: Plan, number: int, store: Store, suite: Suite) -> Files:
    """Judge one batch, and write it to files that nobody sees until they are committed.

    Raises:
        StoreError: if the store can't be written.
    """
    judged = judge(load(plan.batches[number]), suite, plan.waivers)
    tables = {**judged.tables(), LAST: judged.outcomes}
    return {table: store.write(table, keyed(frame, plan, number)) for table, frame in tables.items()}


def finish(plan: Plan, store: Store, suite: Suite, started: datetime, site: Path) -> Result:
    """Sum up the batches, commit the run's own row last, and publish the site."""
    forget()
    if not plan.batches:
        return Result(plan, None, publish(store, site))
    row = run_row(plan, store, suite, started)
    judge_drop(plan, store, suite, row)
    outcomes = outcomes_of(plan, store, suite)
    store.append("outcomes", outcomes, transaction=plan.run)
    store.append("validations", validation_of(plan, outcomes, suite), transaction=plan.run)
    row |= gate_of(plan, store, row, suite)
    store.append("runs", pl.DataFrame([row], schema=STORED["runs"]), transaction=plan.run)
    index = publish(store, site)
    return Result(plan, row, index.parent / "runs" / plan.run / "index.html")
