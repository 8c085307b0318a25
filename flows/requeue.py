"""Judge quarantined transcripts again, under today's suite and waivers, from their turns as they were read.

A requeue is a run of its own on a drop: its row comes last and makes the rest visible, and its id follows from the
transcripts, the suite, the waivers and the version, so that one that died is found again and finished. Nothing of
earlier runs is changed: the table ``requeued`` links each transcript to the run that had quarantined it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import polars as pl

from expectations.judge import Judged, judge_again
from expectations.suite import Suite
from expectations.waivers import Waiver
from flows.finishing import keyed, outcomes_of, run_row
from flows.held import BY_READING, KEY, Choice, batch_of, choose, held, standing
from flows.plan import Plan
from flows.publishing import publish
from flows.waiving import counting
from schemas import places
from schemas.columns import VERDICTS
from schemas.errors import BusyError
from schemas.store import Store
from schemas.stored import STORED

BATCH_CHARACTERS: Final = 16_000_000
"""Characters of turns that are judged at once; a source is never cut, as its findings are about all of it."""


@dataclass(frozen=True)
class Requeued:
    """What became of the quarantined transcripts of a drop.

    Attributes:
        drop: its name.
        run: the id of the requeue; None where there was nothing new to judge.
        verdicts: how many transcripts by verdict.
        by_reading: of those that stay, how many are held by what only reading their source again can change.
        known: transcripts that were judged again before, under the same suite and waivers.
        report: the page of the requeue, or the index.
    """

    drop: str
    run: str | None
    verdicts: dict[str, int]
    by_reading: int
    known: int
    report: Path


def requeue(store: Store, suite: Suite, site: Path, choice: Choice) -> list[Requeued | BusyError]:
    """Judge again what is chosen, one drop after the other, and publish.

    Raises:
        InputError: if what is chosen isn't quarantined, or nothing is.
        StoreError: if the store can't be read or written.
    """
    chosen = choose(store, choice)
    waivers, _ = counting(store)
    done = [_requeue_drop(name, chosen, store, suite, waivers) for name in chosen["drop"].unique().sort()]
    index = publish(store, site)
    return [each if isinstance(each, BusyError) else replace(each, report=_page(index, each.run)) for each in done]


def told(result: Requeued) -> list[str]:
    """What became of a drop's transcripts, in lines for people."""
    lines: list[str] = []
    if result.known:
        lines.append(
            f"{result.drop}: {_transcripts(result.known)} judged again before, under this suite and these waivers"
        )
    if result.run is not None:
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in result.verdicts.items())
        lines.append(f"{result.drop}: {_transcripts(sum(result.verdicts.values()))} judged again: {counts}")
    if result.by_reading:
        lines.append(
            f"{result.drop}: {_transcripts(result.by_reading)} held by what was found in reading, which turns can't "
            "tell again; mend the source and judge it with `turnproof run`, or waive the finding"
        )
    return [*lines, f"Report: {places.told(places.absolute(result.report))}"]


def policy_of(suite: Suite, waivers: Sequence[Waiver]) -> str:
    """16 hexadecimal digits that stand for all that decides on a verdict but the turns."""
    told = [suite.digest, version("turnproof"), [each.id for each in waivers]]
    return sha256(json.dumps(told).encode()).hexdigest()[:16]


def _requeue_drop(
    drop: str, chosen: pl.DataFrame, store: Store, suite: Suite, waivers: tuple[Waiver, ...]
) -> Requeued | BusyError:
    try:
        with store.claim(drop) as claimed:
            return _judge_held(drop, chosen, claimed, suite, waivers)
    except BusyError as error:
        return error


def _judge_held(drop: str, chosen: pl.DataFrame, store: Store, suite: Suite, waivers: tuple[Waiver, ...]) -> Requeued:
    started, policy = datetime.now(UTC), policy_of(suite, waivers)
    # Another requeue may have had the drop until now.
    asked = held(store).filter(pl.col("drop") == drop).join(chosen, on=KEY, how="semi", maintain_order="left")
    before = store.scan("requeued").filter(pl.col("policy") == policy).select(KEY).collect()
    rows = asked.join(before, on=KEY, how="anti", maintain_order="left")
    known = len(asked) - len(rows)
    if rows.is_empty():
        return Requeued(drop, None, {}, 0, known, Path())
    told = ["requeue", drop, policy, rows.select(KEY).rows()]
    sources = len(rows.select("origin", "path").unique())
    run = sha256(json.dumps(told).encode()).hexdigest()[:16]
    plan = Plan(run, drop, found=sources, known=sources, batches=(), waivers=waivers)
    groups = _groups(rows)
    for number, group in enumerate(groups):
        transaction = f"{run}:{number}"
        if store.holds("tallies", transaction):
            continue
        store.prepare()
        batch = batch_of(group, store, suite)
        judged = judge_again(batch, standing(group, batch, store, suite), suite, waivers)
        for table, frame in _tables(judged, group, policy).items():
            store.append(table, keyed(frame, plan, number), transaction=transaction)
    store.append("outcomes", outcomes_of(plan, store, suite), transaction=run)
    row = _row(plan, len(groups), store, suite, started)
    store.append("runs", pl.DataFrame([row], schema=STORED["runs"]), transaction=run)
    verdicts = {verdict: int(str(row[f"transcripts_{verdict}"])) for verdict in VERDICTS}
    return Requeued(drop, run, verdicts, _held_by_reading(store, run), known, Path())


def _groups(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Transcripts in batches of about so many characters, whole sources each."""
    groups: list[list[pl.DataFrame]] = []
    size = BATCH_CHARACTERS
    for source in rows.partition_by("origin", "path", maintain_order=True):
        characters = int(source["characters"].sum())
        if size + characters > BATCH_CHARACTERS:
            groups.append([])
            size = 0
        groups[-1].append(source)
        size += characters
    return [pl.concat(group) for group in groups]


def _tables(judged: Judged, group: pl.DataFrame, policy: str) -> dict[str, pl.DataFrame]:
    """What is stored of a batch, its tallies last. Sources are in the ledger, and turns as read in the quarantine."""
    verdicts = judged.transcripts.select("verdict")
    return {
        "release": judged.release,
        "transcripts": judged.transcripts,
        "findings": judged.findings,
        "repairs": judged.repairs,
        "fingerprints": judged.fingerprints.filter("released"),
        "requeued": pl.concat([group.select(KEY), verdicts], how="horizontal").with_columns(policy=pl.lit(policy)),
        "tallies": judged.outcomes,
    }


def _row(plan: Plan, batches: int, store: Store, suite: Suite, started: datetime) -> dict[str, object]:
    row = run_row(plan, store, suite, started)
    left = int(str(row["transcripts_quarantined"]))
    return row | {
        "batches": batches,
        "gate": "warned" if left else "passed",
        "gate_reason": f"a requeue: {left:,} of {row['transcripts']:,} transcripts stay quarantined",
    }


def _held_by_reading(store: Store, run: str) -> int:
    """How many transcripts of a requeue stay quarantined for what only reading their sources again can change."""
    critical = (
        store.scan_run("findings", run)
        .filter((pl.col("severity") == "critical") & pl.col("waived").is_null() & pl.col("code").is_in(BY_READING))
        .select("path", "transcript")
        .collect()
    )
    whole = critical.filter(pl.col("transcript").is_null())["path"].unique().implode()
    alone = critical["transcript"].drop_nulls().unique().implode()
    held_back = pl.col("path").is_in(whole) | pl.col("transcript").is_in(alone) | (pl.col("turns") == 0)
    left = store.scan_run("transcripts", run).filter((pl.col("verdict") == "quarantined") & held_back)
    return int(left.select(pl.len()).collect().item())


def _transcripts(count: int) -> str:
    return f"{count:,} transcript{'' if count == 1 else 's'}"


def _page(index: Path, run: str | None) -> Path:
    return index if run is None else index.parent / "runs" / run / "index.html"
