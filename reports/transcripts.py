"""What the pages of flagged transcripts show; the text of only a few is in memory at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from reports.conversation import conversation
from reports.pages import Flagged, Requeue, Run, RunPage, TranscriptPage
from reports.rows import grouped, names, worst_first
from reports.turns import Finding, Repair, Spoken
from reports.veil import Veil
from schemas.store import Store

_AT_ONCE: Final = 16_000_000
"""Characters of transcripts that are looked up at once."""

_EACH: Final = 50
"""Characters that a turn or a finding counts as: of very many short ones the rows take more than the text."""


def transcript_pages(store: Store, page: RunPage, requeued: pl.DataFrame, veil: Veil) -> Iterator[TranscriptPage]:
    """What the page of each flagged transcript shows.

    Args:
        store: the store.
        page: the page of their run.
        requeued: as `reports.facts.requeued` gives it.
        veil: how much of the text they tell.
    """
    neighbours = (None, *page.flagged, None)
    places = {flagged.transcript: place for place, flagged in enumerate(page.flagged, start=1)}
    outcomes = {outcome.code: outcome for outcome in page.outcomes}
    for group in _groups(page.flagged):
        findings, repairs, turns, requeues = _of_group(store, page.run, group, requeued)
        for flagged in group:
            name, place = flagged.transcript, places[flagged.transcript]
            rebuilt = veil.turns(conversation(turns[name], repairs[name], findings[name]))
            numbers = {turn.number for turn in rebuilt}
            yield TranscriptPage(
                run=page.run,
                transcript=flagged,
                place=place,
                places=len(page.flagged),
                previous=neighbours[place - 1],
                following=neighbours[place + 1],
                outcomes=outcomes,
                findings=tuple(map(veil.finding, findings[name])),
                unplaced=tuple(veil.finding(each) for each in findings[name] if each.turn not in numbers),
                turns=rebuilt,
                requeues=tuple(requeues[name]),
            )


def _of_group(
    store: Store, run: Run, group: list[Flagged], requeued: pl.DataFrame
) -> tuple[dict[str, list[Finding]], dict[str, list[Repair]], dict[str, list[Spoken]], dict[str, list[Requeue]]]:
    wanted = pl.col("transcript").is_in(pl.Series([each.transcript for each in group], dtype=pl.String).implode())
    batches = sorted({flagged.batch for flagged in group})

    def rows(table: str) -> pl.LazyFrame:
        return store.scan_run(table, run.run).filter(wanted)

    def of_batches(table: str) -> pl.LazyFrame:
        # A file holds a batch: what the range leaves out isn't opened.
        return rows(table).filter(pl.col("batch").is_between(batches[0], batches[-1]))

    repaired = [flagged.transcript for flagged in group if flagged.verdict == "repaired"]
    stored = [of_batches(table).select("transcript", *names(Spoken)) for table in ("release", "quarantine")]
    requeues = requeued.lazy().filter(wanted & ((pl.col("run") == run.run) | (pl.col("origin") == run.run)))
    if run.requeue:
        # What stays quarantined lies where the run that read it had put it.
        mine = requeues.filter((pl.col("run") == run.run) & (pl.col("verdict") == "quarantined"))
        places = mine.select("transcript", run="origin")
        as_read = store.scan("quarantine").join(places, on=["run", "transcript"], how="semi")
        stored.append(as_read.select("transcript", *names(Spoken)))
    steps = of_batches("repairs").filter(pl.col("transcript").is_in(repaired))
    return (
        grouped(Finding, worst_first(rows("findings"), "transcript"), by="transcript"),
        grouped(Repair, steps, by="transcript") if repaired else defaultdict(list),
        grouped(Spoken, pl.concat(stored), by="transcript"),
        grouped(Requeue, requeues.with_columns(transcripts=1).sort("finished", "run"), by="transcript"),
    )


def _groups(flagged: Iterable[Flagged]) -> Iterator[list[Flagged]]:
    """Transcripts that lie near each other in the store, some megabytes of text at a time."""
    group: list[Flagged] = []
    size = 0
    for one in sorted(flagged, key=lambda one: (one.batch, one.transcript)):
        its_size = one.characters + _EACH * (one.turns + one.findings)
        if group and size + its_size > _AT_ONCE:
            yield group
            group, size = [], 0
        group.append(one)
        size += its_size
    if group:
        yield group
