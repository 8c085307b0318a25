"""The store's rows as the dataclasses of `pages`; each page queries what it shows and nothing else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any, Final, TypeVar

import polars as pl

from reports.conversation import Finding, Repair, Spoken, conversation
from reports.pages import Flagged, Outcome, Requeue, Run, RunPage, TranscriptPage, Unreadable, Validated, Validation
from schemas.columns import SEVERITIES, VERDICTS
from schemas.store import Store

TRANSCRIPT_PAGES: Final = 2_000
"""Transcripts of a run that get a page, worst first; the run's page says how many it leaves out."""

SOURCE_ROWS: Final = 500
"""Unreadable sources, findings about whole sources, and those about the drop, that a run's page lists; it
says how many it leaves out."""

TRANSCRIPT_FINDINGS: Final = 500
"""Findings that a transcript's page explains, worst first; it says how many it leaves out."""

_CHARACTERS_AT_ONCE, _TRANSCRIPTS_AT_ONCE = 4_000_000, 200

_Row = TypeVar("_Row")


def runs(store: Store) -> tuple[Run, ...]:
    """Every finished run, newest first."""
    requeues: set[str] = set()
    by: dict[str, list[str]] = defaultdict(list)
    for run, origin in store.scan("requeued").select("run", "origin").unique().sort("run").collect().iter_rows():
        requeues.add(run)
        by[origin].append(run)
    return tuple(
        Run(**row, requeue=row["run"] in requeues, requeued_by=tuple(by[row["run"]]))
        for row in store.runs().reverse().iter_rows(named=True)
    )


def run_page(store: Store, run: Run) -> RunPage:
    """What the page of `run` shows."""
    waived = _rows(store, "findings", run).drop_nulls(["waived", "transcript"]).select("transcript").unique()
    flagged = (
        _rows(store, "transcripts", run)
        .join(waived.with_columns(waived=True), on="transcript", how="left")
        .filter(
            (pl.col("verdict") != "accepted")
            | (pl.sum_horizontal(SEVERITIES) > 0)
            | (pl.col("repairs").list.len() > 0)
            | pl.col("waived")
            | pl.lit(run.requeue)
        )
    )
    worst = flagged.with_columns(rank=_rank("verdict", VERDICTS)).sort(
        "rank", "critical", "warning", "info", "transcript", descending=[True, True, True, True, False]
    )
    unreadable = _rows(store, "sources", run).filter(pl.col("verdict") == "unreadable")
    listed = unreadable.select("path", "bytes").sort("path").head(SOURCE_ROWS).collect()
    outcomes = _outcomes(store, run)
    of_drop = pl.col("code").is_in([each.code for each in outcomes if each.scope == "drop"])
    about_drop = _rows(store, "findings", run).filter(of_drop)
    about_sources = _rows(store, "findings", run).filter(pl.col("transcript").is_null() & ~of_drop)
    reasons = _grouped(
        Finding, _worst_first(about_sources.join(listed.lazy(), on="path", how="semi"), "path"), by="path"
    )
    others = about_sources.join(unreadable, on="path", how="anti")
    return RunPage(
        run=run,
        outcomes=outcomes,
        validation=_validation(_rows(store, "validations", run)),
        flagged=tuple(_built(Flagged, worst.head(TRANSCRIPT_PAGES))),
        flagged_total=_count(flagged),
        unreadable=tuple(Unreadable(path, size, tuple(reasons[path])) for path, size in listed.iter_rows()),
        unreadable_total=_count(unreadable),
        source_findings=tuple(_built(Finding, others.sort(*_READING).head(SOURCE_ROWS))),
        source_findings_total=_count(others),
        drop_findings=tuple(_built(Finding, about_drop.sort("code", *_READING).head(SOURCE_ROWS))),
        drop_findings_total=_count(about_drop),
        requeues=tuple(
            _built(
                Requeue,
                _requeues(store, run)
                .group_by("run", "origin", "finished", "verdict")
                .agg(transcripts=pl.len())
                .sort("finished", "run", "origin", "verdict"),
            )
        ),
    )


def _outcomes(store: Store, run: Run) -> tuple[Outcome, ...]:
    standing = _rows(store, "findings", run).filter(pl.col("waived").is_null())
    worst = standing.group_by("code").agg(worst=_rank("severity", SEVERITIES).max())
    rows = _rows(store, "outcomes", run).join(worst, on="code", how="left")
    named = rows.with_columns(pl.col("worst").replace_strict(range(len(SEVERITIES)), SEVERITIES))
    return tuple(sorted(_built(Outcome, named), key=_failures_first))


def _requeues(store: Store, run: Run) -> pl.LazyFrame:
    """What `run` judged again, and what of it was judged again, a transcript a row."""
    finished = store.scan("runs").select("run", "finished")
    rows = store.scan("requeued").filter((pl.col("run") == run.run) | (pl.col("origin") == run.run))
    return rows.join(finished, on="run")


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


def transcript_pages(store: Store, page: RunPage) -> Iterator[TranscriptPage]:
    """What the page of each flagged transcript shows; the text of only a few is in memory at a time."""
    neighbours = (None, *page.flagged, None)
    places = {flagged.transcript: place for place, flagged in enumerate(page.flagged, start=1)}
    for group in _groups(page.flagged):
        findings, repairs, turns, requeues = _of_group(store, page.run, group)
        for flagged in group:
            name, place = flagged.transcript, places[flagged.transcript]
            rebuilt = conversation(turns[name], repairs[name], findings[name])
            numbers = {turn.number for turn in rebuilt}
            yield TranscriptPage(
                run=page.run,
                transcript=flagged,
                place=place,
                places=len(page.flagged),
                previous=neighbours[place - 1],
                following=neighbours[place + 1],
                outcomes={outcome.code: outcome for outcome in page.outcomes},
                findings=tuple(findings[name]),
                unplaced=tuple(finding for finding in findings[name] if finding.turn not in numbers),
                turns=rebuilt,
                requeues=tuple(requeues[name]),
            )


_READING: Final = ("path", "line", "turn", "code", "offset", "rule", "message", "evidence")


def _rows(store: Store, table: str, run: Run) -> pl.LazyFrame:
    return store.scan(table).filter(pl.col("run") == run.run)


def _of_group(
    store: Store, run: Run, group: list[Flagged]
) -> tuple[dict[str, list[Finding]], dict[str, list[Repair]], dict[str, list[Spoken]], dict[str, list[Requeue]]]:
    names = pl.Series([flagged.transcript for flagged in group], dtype=pl.String)

    def rows(table: str) -> pl.LazyFrame:
        return _rows(store, table, run).filter(pl.col("transcript").is_in(names.implode()))

    repaired = [flagged.transcript for flagged in group if flagged.verdict == "repaired"]
    stored = [rows(table).select("transcript", *_names(Spoken)) for table in ("release", "quarantine")]
    requeues = _requeues(store, run).filter(pl.col("transcript").is_in(names.implode()))
    if run.requeue:
        # What stays quarantined lies where the run that read it had put it.
        mine = requeues.filter((pl.col("run") == run.run) & (pl.col("verdict") == "quarantined"))
        places = mine.select("transcript", run="origin")
        as_read = store.scan("quarantine").join(places, on=["run", "transcript"], how="semi")
        stored.append(as_read.select("transcript", *_names(Spoken)))
    return (
        _grouped(Finding, _worst_first(rows("findings"), "transcript"), by="transcript"),
        _grouped(Repair, rows("repairs").filter(pl.col("transcript").is_in(repaired)), by="transcript"),
        _grouped(Spoken, pl.concat(stored), by="transcript"),
        _grouped(Requeue, requeues.with_columns(transcripts=1).sort("finished", "run"), by="transcript"),
    )


def _groups(flagged: Iterable[Flagged]) -> Iterator[list[Flagged]]:
    """Transcripts that lie near each other in the store, a few megabytes of text at a time."""
    group: list[Flagged] = []
    characters = 0
    for one in sorted(flagged, key=lambda one: (one.batch, one.transcript)):
        if group and (characters + one.characters > _CHARACTERS_AT_ONCE or len(group) == _TRANSCRIPTS_AT_ONCE):
            yield group
            group, characters = [], 0
        group.append(one)
        characters += one.characters
    if group:
        yield group


def _worst_first(findings: pl.LazyFrame, per: str) -> pl.LazyFrame:
    """The worst findings of each transcript or source, at most as many as a page explains."""
    return (
        findings.with_columns(rank=_rank("severity", SEVERITIES))
        .sort("rank", *_READING, descending=[True, *[False] * len(_READING)])
        .filter(pl.int_range(pl.len()).over(per) < TRANSCRIPT_FINDINGS)
    )


def _rank(column: str, order: tuple[str, ...]) -> pl.Expr:
    return pl.col(column).replace_strict(order, range(len(order)), return_dtype=pl.UInt8)


def _failures_first(outcome: Outcome) -> tuple[bool, bool, int, int, str]:
    severity = SEVERITIES.index(outcome.shown)
    return (outcome.violated == 0, outcome.unknown == 0, -severity, -outcome.violated, outcome.code)


def _count(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.len()).collect().item())


def _built(kind: Callable[..., _Row], rows: pl.LazyFrame) -> list[_Row]:
    return [kind(*values) for values in rows.select(_names(kind)).collect().iter_rows()]


def _grouped(kind: Callable[..., _Row], rows: pl.LazyFrame, *, by: str) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = defaultdict(list)
    for key, *values in rows.select(pl.col(by).alias("group"), *_names(kind)).collect().iter_rows():
        groups[key].append(kind(*values))
    return groups


def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]
