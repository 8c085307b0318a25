"""The store's rows as the dataclasses of `pages`; each page queries what it shows and nothing else."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl

from reports.history import WINDOW, Fared, Place, Summary
from reports.overview import Explained
from reports.pages import Flagged, Outcome, Pair, Requeue, Run, RunPage, Unreadable, Validated, Validation
from reports.rows import READING, built, count, grouped, names, rank, worst_first
from reports.shapes import histograms
from reports.turns import Finding
from schemas.columns import SEVERITIES, VERDICTS
from schemas.regex import regex
from schemas.store import Store

TRANSCRIPT_PAGES: Final = 25_000
"""Transcripts of a run that get a page, worst first; the run's page says how many it leaves out."""

SOURCE_ROWS: Final = 500
"""Unreadable sources, findings about whole sources, those about the drop, and pairs of duplicates, that a run's page
lists; it says how many it leaves out."""

_FIRED: Final = 5
"""Transcripts that the page of an expectation leads to."""

_OWN: Final = r"^GX_[A-Z0-9_]{1,80}$"
"""Codes of a suite's own, which the catalogue doesn't know; they name files."""

_PAIRS: Final = {
    "D501": regex(r"the same text as (.+?)(?:, released before)?", re.DOTALL),
    "D502": regex(r"nearly the same as (.+): \d+% alike", re.DOTALL),
}
"""Codes whose findings name another transcript, and how."""


def requeued(store: Store, finished: pl.DataFrame) -> pl.DataFrame:
    """Every transcript that was judged again, with the run's time: (transcript, run, origin, verdict, finished).

    Args:
        store: where the rows are.
        finished: the finished runs, as the store gives them.
    """
    finished = finished.select("run", "finished")
    rows = store.scan_runs("requeued", finished["run"].to_list())
    return rows.select("transcript", "run", "origin", "verdict").collect().join(finished, on="run")


def runs(finished: pl.DataFrame, requeued: pl.DataFrame) -> tuple[Run, ...]:
    """The finished runs, oldest first as the store gives them, and how they hang together."""
    requeues = set(requeued["run"])
    by: dict[str, list[str]] = defaultdict(list)
    for run, origin in requeued.select("run", "origin").unique().sort("run").iter_rows():
        by[origin].append(run)
    return tuple(
        Run(**row, requeue=row["run"] in requeues, requeued_by=tuple(by[row["run"]]))
        for row in finished.iter_rows(named=True)
    )


def windows(runs: Iterable[Run]) -> dict[str, tuple[str, ...]]:
    """For each run those that it is compared with, oldest first: the last under the same suite, but no requeues."""
    past: dict[str, list[str]] = defaultdict(list)
    found: dict[str, tuple[str, ...]] = {}
    for run in runs:
        found[run.run] = tuple(past[run.suite])
        if not run.requeue:
            past[run.suite] = [*past[run.suite][1 - WINDOW :], run.run]
    return found


def of_suites(store: Store, runs: Sequence[Run]) -> tuple[Explained, ...]:
    """What is known of codes that are suites' own: what the newest run that looked for each said of it, by code.

    Args:
        store: where the rows are.
        runs: the finished runs, oldest first.
    """
    order = pl.LazyFrame(
        {"run": [run.run for run in runs], "place": range(len(runs))}, {"run": pl.String, "place": pl.UInt32}
    )
    rows = store.scan("outcomes").filter(pl.col("code").str.contains(_OWN)).join(order, on="run")
    newest = rows.sort("place").unique("code", keep="last").sort("code")
    told = newest.select("code", "rule", "scope", "severity", "brief", "why", "remedy").collect()
    return tuple(
        Explained(**row, since="", about_thresholds="", thresholds=(), examples=())
        for row in told.iter_rows(named=True)
    )


def run_page(store: Store, run: Run, requeued: pl.DataFrame, before: Sequence[Summary]) -> RunPage:
    """What the page of `run` shows, compared with the runs `before`, oldest first."""

    def rows(table: str) -> pl.LazyFrame:
        return store.scan_run(table, run.run)

    tallies = _tallies(rows("findings"))
    outcomes = _outcomes(rows("outcomes"), tallies)
    flagged = _flagged(rows("transcripts"), tallies, run).collect().lazy()
    unreadable = rows("sources").filter(pl.col("verdict") == "unreadable")
    listed = unreadable.select("path", "bytes").sort("path").head(SOURCE_ROWS).collect()
    of_drop = pl.col("code").is_in([each.code for each in outcomes if each.scope == "drop"])
    of_pair = of_drop & pl.col("code").is_in(list(_PAIRS))
    # Most findings are about transcripts, which have pages of their own.
    found = rows("findings").filter(pl.col("transcript").is_null() | of_drop).collect(engine="streaming").lazy()
    about_sources = found.filter(pl.col("transcript").is_null() & ~of_drop)
    reasons = grouped(Finding, worst_first(about_sources.join(listed.lazy(), on="path", how="semi"), "path"), by="path")
    others = about_sources.join(unreadable, on="path", how="anti")
    about_drop = found.filter(of_drop & ~of_pair)
    worst = tuple(built(Flagged, flagged.head(TRANSCRIPT_PAGES)))
    pairs = found.filter(of_pair).sort("code", *READING).head(SOURCE_ROWS)
    return RunPage(
        run=run,
        outcomes=outcomes,
        validation=_validation(rows("validations")),
        flagged=worst,
        flagged_total=count(flagged),
        unreadable=tuple(Unreadable(path, size, tuple(reasons[path])) for path, size in listed.iter_rows()),
        unreadable_total=count(unreadable),
        source_findings=tuple(built(Finding, others.sort(*READING).head(SOURCE_ROWS))),
        source_findings_total=count(others),
        drop_findings=tuple(built(Finding, about_drop.sort("code", *READING).head(SOURCE_ROWS))),
        drop_findings_total=count(about_drop),
        pairs=tuple(_pair(finding) for finding in built(Finding, pairs)),
        pairs_total=count(found.filter(of_pair)),
        requeues=tuple(_requeues(requeued, run)),
        before=tuple(before),
        summary=_summary(store, run, outcomes, worst),
    )


def _tallies(findings: pl.LazyFrame) -> pl.LazyFrame:
    """Which codes there are in which transcripts, however many findings: (transcript, code, waived, rank)."""
    rows = findings.select(
        "transcript", "code", waived=pl.col("waived").is_not_null(), rank=rank("severity", SEVERITIES)
    )
    worst = rows.group_by("transcript", "code", "waived").agg(pl.col("rank").max())
    return worst.collect(engine="streaming").lazy()


def _flagged(transcripts: pl.LazyFrame, tallies: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """Transcripts with findings or repairs, worst first, each with the codes of its findings, worst first."""
    codes = (
        tallies.drop_nulls("transcript")
        .group_by("transcript", "code")
        .agg(pl.col("rank").max(), pl.col("waived").any())
        .sort("rank", "code", descending=[True, False])
        .group_by("transcript", maintain_order=True)
        .agg(codes=pl.col("code"), waived=pl.col("waived").any())
    )
    return (
        transcripts.join(codes, on="transcript", how="left")
        .with_columns(pl.col("codes").fill_null([]))
        .filter(
            (pl.col("verdict") != "accepted")
            | (pl.sum_horizontal(SEVERITIES) > 0)
            | (pl.col("repairs").list.len() > 0)
            | pl.col("waived")
            | pl.lit(run.requeue)
        )
        .with_columns(rank=rank("verdict", VERDICTS))
        .sort("rank", "critical", "warning", "info", "transcript", descending=[True, True, True, True, False])
    )


def _outcomes(outcomes: pl.LazyFrame, tallies: pl.LazyFrame) -> tuple[Outcome, ...]:
    worst = tallies.filter(~pl.col("waived")).group_by("code").agg(worst=pl.col("rank").max())
    rows = outcomes.join(worst, on="code", how="left")
    named = rows.with_columns(pl.col("worst").replace_strict(range(len(SEVERITIES)), SEVERITIES))
    return tuple(sorted(built(Outcome, named), key=_failures_first))


def _summary(store: Store, run: Run, outcomes: Sequence[Outcome], flagged: Sequence[Flagged]) -> Summary:
    """What later pages need to know of the run."""
    fired: dict[str, list[Place]] = defaultdict(list)
    for each in flagged:
        for code in each.codes:
            if len(fired[code]) < _FIRED:
                fired[code].append(Place(each.transcript, each.page))
    return Summary(
        run=run.run,
        fared={
            each.code: Fared(**{name: getattr(each, name) for name in names(Fared)})
            for each in sorted(outcomes, key=lambda each: each.code)
        },
        fired={code: tuple(places) for code, places in sorted(fired.items())},
        histograms=histograms(store, run.run),
    )


def _pair(finding: Finding) -> Pair:
    told = _PAIRS[finding.code].fullmatch(finding.message)
    return Pair(finding, told[1] if told else None)


def _requeues(requeued: pl.DataFrame, run: Run) -> list[Requeue]:
    """What `run` judged again, and what of it was judged again, by run and verdict."""
    rows = requeued.lazy().filter((pl.col("run") == run.run) | (pl.col("origin") == run.run))
    keys = ("run", "origin", "finished", "verdict")
    return built(Requeue, rows.group_by(keys).agg(transcripts=pl.len()).sort("finished", "run", "origin", "verdict"))


def _validation(rows: pl.LazyFrame) -> Validation | None:
    """What Great Expectations says of a run; None for one that an earlier version judged."""
    stored = rows.collect()
    if stored.is_empty():
        return None
    row = stored.row(0, named=True)
    results = tuple(_validated(each) for each in json.loads(row["result"])["results"])
    return Validation(row["success"], row["evaluated"], row["successful"], results)


def _validated(told: dict[str, Any]) -> Validated:
    counts = told["result"]
    judged, missing = counts["element_count"] or 0, counts["missing_count"] or 0
    return Validated(
        code=told["code"],
        type=told["type"],
        severity=told["severity"],
        success=told["success"],
        evaluated=judged - missing,
        unexpected=counts["unexpected_count"] or 0,
        percent=counts["unexpected_percent"],
        exception=told["exception"],
    )


def _failures_first(outcome: Outcome) -> tuple[bool, bool, int, int, str]:
    severity = SEVERITIES.index(outcome.shown)
    return (outcome.violated == 0, outcome.untroubled, -severity, -outcome.violated, outcome.code)
