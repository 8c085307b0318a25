"""What a run is summed up by once its batches are judged: outcomes, what holds of the whole drop, its gate, its row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version

import polars as pl

from expectations.catalogue import texts
from expectations.drop import MEMBERS, RELEASED, SAID, Drop, held_back
from expectations.evaluate_drop import evaluate_drop, tallied
from expectations.suite import Suite
from flows.plan import Plan
from flows.validating import validate
from schemas.columns import SOURCE_VERDICTS, VERDICTS
from schemas.manifest import grown
from schemas.store import Store
from schemas.stored import STORED


def keyed(frame: pl.DataFrame, plan: Plan, number: int) -> pl.DataFrame:
    """Rows of a batch with what tells them apart from those of other runs and batches."""
    return frame.with_columns(run=pl.lit(plan.run), drop=pl.lit(plan.drop), batch=pl.lit(number, pl.UInt32))


def outcomes_of(plan: Plan, store: Store, suite: Suite) -> pl.DataFrame:
    """The tallies of the batches, summed up, with what a page needs to explain a code."""
    words = texts(check.expectation for check in suite.checks)
    return _summed(plan, store).collect().join(words.drop("rule", "severity"), on="code", maintain_order="left")


def validation_of(plan: Plan, outcomes: pl.DataFrame, suite: Suite) -> pl.DataFrame:
    """What Great Expectations says of the outcomes."""
    found = validate(outcomes, suite)
    told = {
        "run": plan.run,
        "drop": plan.drop,
        "suite": suite.name,
        "success": found["success"],
        "evaluated": found["statistics"]["evaluated_expectations"],
        "successful": found["statistics"]["successful_expectations"],
        "result": json.dumps(found, ensure_ascii=False),
    }
    return pl.DataFrame([told], schema=STORED["validations"])


def run_row(plan: Plan, store: Store, suite: Suite, started: datetime) -> dict[str, object]:
    """The run's row of the table ``runs``, but for its gate."""
    sources = store.scan_run("sources", plan.run).select("path", "verdict", "bytes").collect()
    transcripts = (
        store.scan_run("transcripts", plan.run)
        .select("verdict", "turns", "released_turns", "characters", "tokens")
        .collect()
    )
    # A large file comes in parts, and is what the worst of them is, lest one that is lost be passed over.
    worst = sources.group_by("path").agg(pl.col("verdict").cast(pl.Enum(SOURCE_VERDICTS)).max())["verdict"]
    by_source = {verdict: int((worst == verdict).sum()) for verdict in SOURCE_VERDICTS}
    by_transcript = {verdict: int((transcripts["verdict"] == verdict).sum()) for verdict in VERDICTS}
    return {
        "run": plan.run,
        "drop": plan.drop,
        "suite": suite.name,
        "suite_digest": suite.digest,
        "version": version("turnproof"),
        "started": started,
        "finished": datetime.now(UTC),
        "bytes": sources["bytes"].sum(),
        "batches": len(plan.batches),
        "found": plan.found,
        "known": plan.known,
        **by_source,
        "transcripts": len(transcripts),
        **{f"transcripts_{verdict}": count for verdict, count in by_transcript.items()},
        "turns": transcripts["turns"].cast(pl.UInt64).sum(),
        "released_turns": transcripts["released_turns"].cast(pl.UInt64).sum(),
        "characters": transcripts["characters"].sum(),
        "tokens": transcripts["tokens"].sum() if transcripts["tokens"].count() else None,
        "manifests": plan.manifests,
    }


def judge_drop(plan: Plan, store: Store, suite: Suite, row: dict[str, object]) -> None:
    """Evaluate what is to hold of the drop as a whole, and commit that as one more batch, tallies last."""
    number, transaction = len(plan.batches), f"{plan.run}:drop"
    if store.holds("tallies", transaction):
        return
    told = evaluate_drop(_drop(plan, store, suite, row), suite, plan.waivers)
    store.append("findings", keyed(told.findings, plan, number), transaction=transaction)
    # An interrupted try may have committed its findings, and what was released before may have grown since.
    stored = store.scan_run("findings", plan.run).filter(pl.col("batch") == number).select("code").collect()
    tallies = tallied(told.outcomes, stored["code"])
    store.append("tallies", keyed(tallies, plan, number), transaction=transaction)


def _summed(plan: Plan, store: Store) -> pl.LazyFrame:
    return (
        store.scan_run("tallies", plan.run)
        .group_by("run", "drop", "code", "rule", "scope", "severity")
        .agg(pl.col("holds", "violated", "unknown", "findings").sum())
        .sort("code")
    )


def _drop(plan: Plan, store: Store, suite: Suite, row: dict[str, object]) -> Drop:
    places = store.scan_run("transcripts", plan.run).select("transcript", "batch", "path", "record", "line")
    prints = store.scan_run("fingerprints", plan.run).drop("batch")
    members = places.join(prints, on="transcript").sort("batch", "path", "record")
    outcomes = (store.scan("outcomes").filter(pl.col("run") != plan.run), _summed(plan, store))
    rate = pl.col("run", "code", "violated"), (pl.col("holds") + pl.col("violated")).alias("judged")
    return Drop(
        plan.drop,
        members.select(MEMBERS.names()).collect(),
        released=store.scan("fingerprints").filter(pl.col("run") != plan.run).select(RELEASED.names()),
        runs=drop_runs(store).filter(pl.col("run") != plan.run),
        run=row,
        rates=pl.concat([each.filter(pl.col("scope") != "drop").select(*rate) for each in outcomes]),
        turns=pl.concat([store.scan_run(table, plan.run).select(SAID.names()) for table in ("release", "quarantine")]),
        warn=suite.warn,
        fail=suite.fail,
        lacks=plan.lacks + grown(source for batch in plan.batches for source in batch),
    )


def drop_runs(store: Store) -> pl.DataFrame:
    """The finished runs of drops, oldest first; requeues, which bring nothing new, are left out."""
    requeues = store.scan("requeued").select("run").collect()
    return store.runs().join(requeues, on="run", how="anti", maintain_order="left")


def gate_of(plan: Plan, store: Store, row: dict[str, object], suite: Suite) -> dict[str, object]:
    """The gate: that of D504, named by the suite or not; and a warning at least where the whole drop is critical.

    What is waived counts for nothing.
    """
    held, judged = held_back(row)
    counts = f"{held:,} of {judged:,} transcripts ({held / judged:.1%}) are quarantined or unreadable"
    gate, reason = "passed", counts
    whole = store.scan_run("findings", plan.run).filter(pl.col("batch") == len(plan.batches)).collect()
    excused = whole.filter(code="D504")["waived"].drop_nulls()
    for name, limit, verb in (("warned", suite.warn, "warns"), ("failed", suite.fail, "fails")):
        if held and held / judged >= limit and excused.is_empty():
            gate, reason = name, f"{counts}; the gate {verb} from {limit:.0%}"
    if len(excused):
        reason += f"; D504 is waived: {excused[0]}"
    grave = whole.filter((pl.col("severity") == "critical") & (pl.col("code") != "D504") & pl.col("waived").is_null())
    if len(grave):
        gate = "warned" if gate == "passed" else gate
        times = grave.group_by("code").len().sort("code").iter_rows()
        reason += "; of the drop as a whole: " + ", ".join(
            f"{code} {count:,} {'time' if count == 1 else 'times'}" for code, count in times
        )
    return {"gate": gate, "gate_reason": reason}
