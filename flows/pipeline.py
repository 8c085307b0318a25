"""The main job as plain functions: plan a drop, judge its batches, finish the run. No Prefect here.

The run's id follows from what is judged and how, so that a run that died is found again and finished: batches that it
had committed are not judged twice, and its row, which makes the rest visible, comes last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Final

import polars as pl

from expectations.catalogue import texts
from expectations.drop import MEMBERS, RELEASED, Drop, held_back
from expectations.evaluate_drop import evaluate_drop, tallied
from expectations.judge import judge
from expectations.suite import Suite
from expectations.waivers import Waiver
from flows.waiving import counting
from reports.site import publish
from schemas.columns import STORED, VERDICTS
from schemas.errors import InputError
from schemas.files import forget, shown
from schemas.listing import Source, batches, digest, list_sources, load
from schemas.store import Store

PROGRESS: Final[ContextVar[Callable[[int, int], None] | None]] = ContextVar("PROGRESS", default=None)
"""Called with the bytes of each batch that is done and those of the run; not a parameter, as Prefect records those."""


@dataclass(frozen=True)
class Plan:
    """What one run is to do.

    Attributes:
        run: 16 hexadecimal digits.
        drop: name of the drop.
        found: sources in the drop.
        known: of these, how many were judged before, by their content.
        batches: the sources to judge.
        waivers: those of the store that counted when the run was planned.
    """

    run: str
    drop: str
    found: int
    known: int
    batches: tuple[tuple[Source, ...], ...]
    waivers: tuple[Waiver, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of what is to be judged."""
        return sum(source.bytes for batch in self.batches for source in batch)


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
    with store.claim(drop_name(drop)):
        plan = make_plan(drop, store, suite)
        started = datetime.now(UTC)
        for number in range(len(plan.batches)):
            judge_batch(plan, number, store, suite)
        return finish(plan, store, suite, started, site)


def drop_name(drop: Path) -> str:
    """The name of a drop: that of its file or folder."""
    name = drop.resolve().name
    return shown(Path(name)) if name else "drop"


def drops_in(inbox: Path) -> list[Path]:
    """The drops of an inbox: each of its files and folders, hidden ones left out, in order of name.

    Raises:
        InputError: if there is no such folder, or nothing in it.
    """
    try:
        found = sorted(path for path in inbox.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"{inbox}: expected an inbox with drops, found {error.strerror}; name a drop, or set TURNPROOF_INBOX"
        ) from None
    if not found:
        raise InputError(f"{inbox}: expected an inbox with drops, found it empty; name a drop, or put one there")
    return found


def check_drops(drops: Sequence[Path]) -> Sequence[Path]:
    """`drops` if there is something in each.

    Raises:
        InputError: if there is nothing at one.
    """
    for drop in drops:
        list_sources(drop, within=True)
    return drops


def make_plan(drop: Path, store: Store, suite: Suite) -> Plan:
    """List a drop and leave out what was judged before.

    A source that can't be opened counts as judged if it could not be opened the last time either.

    Raises:
        InputError: if there is no such drop, or nothing in it.
        StoreError: if the ledger can't be read.
    """
    name = drop_name(drop)
    found = list_sources(drop, within=True)
    digests = {source.path: digest(source) for source in found}
    ledger = store.scan("sources").select("drop", "path", "sha256").collect()
    judged = set(ledger["sha256"].drop_nulls())
    unopened = set(ledger.filter((pl.col("drop") == name) & pl.col("sha256").is_null())["path"])
    new = [
        source
        for source in found
        if (source.path not in unopened if digests[source.path] is None else digests[source.path] not in judged)
    ]
    waivers, _ = counting(store)
    told: list[object] = [
        name,
        suite.digest,
        version("turnproof"),
        [(source.path, digests[source.path]) for source in new],
        [each.id for each in waivers],
    ]
    return Plan(
        run=sha256(json.dumps(told).encode()).hexdigest()[:16],
        drop=name,
        found=len(found),
        known=len(found) - len(new),
        batches=tuple(map(tuple, batches(new))),
        waivers=waivers,
    )


def judge_batch(plan: Plan, number: int, store: Store, suite: Suite) -> bool:
    """Judge one batch and commit it; return False where an earlier, interrupted try had done so.

    The batch's tallies are its last commit.
    """
    transaction = f"{plan.run}:{number}"
    new = not store.holds("tallies", transaction)
    if new:
        store.prepare()
        judged = judge(load(plan.batches[number]), suite, plan.waivers)
        for table, frame in {**judged.tables(), "tallies": judged.outcomes}.items():
            store.append(table, _keyed(frame, plan, number), transaction=transaction)
    if (progress := PROGRESS.get()) is not None:
        progress(sum(source.bytes for source in plan.batches[number]), plan.bytes)
    return new


def finish(plan: Plan, store: Store, suite: Suite, started: datetime, site: Path) -> Result:
    """Sum up the batches, commit the run's own row last, and publish the site."""
    forget()
    if not plan.batches:
        return Result(plan, None, publish(store, site))
    row = _run_row(plan, store, suite, started)
    _judge_drop(plan, store, suite, row)
    outcomes = _outcomes(plan, store, suite)
    store.append("outcomes", outcomes, transaction=plan.run)
    store.append("validations", _validation(plan, outcomes, suite), transaction=plan.run)
    row |= _gate(plan, store, row, suite)
    store.append("runs", pl.DataFrame([row], schema=STORED["runs"]), transaction=plan.run)
    index = publish(store, site)
    return Result(plan, row, index.parent / "runs" / plan.run / "index.html")


@contextmanager
def progress_to(observer: Callable[[int, int], None]) -> Generator[None]:
    """Tell `observer` of each batch that is done within the block."""
    token = PROGRESS.set(observer)
    try:
        yield
    finally:
        PROGRESS.reset(token)


def _keyed(frame: pl.DataFrame, plan: Plan, number: int) -> pl.DataFrame:
    return frame.with_columns(run=pl.lit(plan.run), drop=pl.lit(plan.drop), batch=pl.lit(number, pl.UInt32))


def _outcomes(plan: Plan, store: Store, suite: Suite) -> pl.DataFrame:
    counts = ["holds", "violated", "unknown", "findings"]
    words = texts(check.expectation for check in suite.checks)
    return (
        store.scan_run("tallies", plan.run)
        .group_by("run", "drop", "code", "rule", "scope", "severity")
        .agg(pl.col(counts).sum())
        .sort("code")
        .collect()
        .join(words.drop("rule", "severity"), on="code", maintain_order="left")
    )


def _validation(plan: Plan, outcomes: pl.DataFrame, suite: Suite) -> pl.DataFrame:
    # Great Expectations takes seconds to import.
    found = import_module("expectations.gx.transcripts.validation").validate_tallies(outcomes, suite)
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


def _run_row(plan: Plan, store: Store, suite: Suite, started: datetime) -> dict[str, object]:
    sources = store.scan_run("sources", plan.run).select("verdict", "bytes").collect()
    transcripts = store.scan_run("transcripts", plan.run).select("verdict", "turns", "released_turns").collect()
    by_source = {verdict: int((sources["verdict"] == verdict).sum()) for verdict in (*VERDICTS, "unreadable")}
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
    }


def _judge_drop(plan: Plan, store: Store, suite: Suite, row: dict[str, object]) -> None:
    """Evaluate what is to hold of the drop as a whole, and commit that as one more batch, tallies last."""
    number, transaction = len(plan.batches), f"{plan.run}:drop"
    if store.holds("tallies", transaction):
        return
    told = evaluate_drop(_drop(plan, store, suite, row), suite)
    store.append("findings", _keyed(told.findings, plan, number), transaction=transaction)
    # An interrupted try may have committed its findings, and what was released before may have grown since.
    stored = store.scan_run("findings", plan.run).filter(pl.col("batch") == number).select("code").collect()
    tallies = tallied(told.outcomes, stored["code"])
    store.append("tallies", _keyed(tallies, plan, number), transaction=transaction)


def _drop(plan: Plan, store: Store, suite: Suite, row: dict[str, object]) -> Drop:
    places = store.scan_run("transcripts", plan.run).select("transcript", "batch", "path", "record", "line")
    prints = store.scan_run("fingerprints", plan.run).drop("batch")
    members = places.join(prints, on="transcript").sort("batch", "path", "record")
    return Drop(
        plan.drop,
        members.select(MEMBERS.names()).collect(),
        store.scan("fingerprints").filter(pl.col("run") != plan.run).select(RELEASED.names()),
        store.runs().filter(pl.col("run") != plan.run),
        row,
        suite.warn,
        suite.fail,
    )


def _gate(plan: Plan, store: Store, row: dict[str, object], suite: Suite) -> dict[str, object]:
    """The gate: that of D504, named by the suite or not, and a warning at least where the whole drop is critical."""
    held, judged = held_back(row)
    counts = f"{held:,} of {judged:,} transcripts ({held / judged:.1%}) are quarantined or unreadable"
    gate, reason = "passed", counts
    for name, limit, verb in (("warned", suite.warn, "warns"), ("failed", suite.fail, "fails")):
        if held and held / judged >= limit:
            gate, reason = name, f"{counts}; the gate {verb} from {limit:.0%}"
    whole = (pl.col("batch") == len(plan.batches)) & (pl.col("severity") == "critical") & (pl.col("code") != "D504")
    grave = store.scan_run("findings", plan.run).filter(whole).group_by("code").len().sort("code").collect()
    if len(grave):
        gate = "warned" if gate == "passed" else gate
        reason += "; of the drop as a whole: " + ", ".join(
            f"{code} {count:,} times" for code, count in grave.iter_rows()
        )
    return {"gate": gate, "gate_reason": reason}
