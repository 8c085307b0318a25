"""What the pages of flagged transcripts show; the text of only a few is in memory at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from reports.conversation import conversation
from reports.pages import Flagged, Outcome, Requeue, Run, TranscriptPage
from reports.rows import grouped, names, worst_first
from reports.turns import Finding, Repair, Spoken
from reports.veil import Veil
from schemas.store import Store

_AT_ONCE: Final = 16_000_000
"""Characters of transcripts that are looked up at once, at most; less where it makes more to do at the same time."""

_LEAST: Final = 2_000_000
_SHARES: Final = 6

_EACH: Final = 50
"""Characters that a turn or a finding counts as: of very many short ones the rows take more than the text."""


@dataclass(frozen=True)
class Placed:
    """A flagged transcript among those of its run that have a page; `place` counts from 1."""

    flagged: Flagged
    place: int
    previous: Flagged | None
    following: Flagged | None


def placed(flagged: Sequence[Flagged]) -> list[list[Placed]]:
    """Flagged transcripts, which come worst first, in groups that lie near each other in the store."""
    around = zip(flagged, (None, *flagged), (*flagged[1:], None), strict=False)
    all_placed = [Placed(one, place, *beside) for place, (one, *beside) in enumerate(around, start=1)]
    sizes = [one.characters + _EACH * (one.turns + one.findings) for one in flagged]
    most = max(_LEAST, min(_AT_ONCE, sum(sizes) // _SHARES))
    groups: list[list[Placed]] = []
    left = 0
    for one, size in sorted(
        zip(all_placed, sizes, strict=True), key=lambda each: (each[0].flagged.batch, each[0].flagged.transcript)
    ):
        if size > left:
            groups.append([])
            left = most
        groups[-1].append(one)
        left -= size
    return groups


def transcript_pages(
    store: Store,
    run: Run,
    outcomes: dict[str, Outcome],
    places: int,
    requeued: pl.DataFrame,
    veil: Veil,
    group: Sequence[Placed],
) -> Iterator[TranscriptPage]:
    """What the pages of a group of flagged transcripts show.

    Args:
        store: the store.
        run: their run.
        outcomes: of the run, by code.
        places: how many of its transcripts have a page.
        requeued: as `reports.facts.requeued` gives it.
        veil: how much of the text they tell.
        group: the transcripts.
    """
    findings, repairs, turns, requeues = _of_group(store, run, [each.flagged for each in group], requeued)
    for each in group:
        name = each.flagged.transcript
        rebuilt = veil.turns(conversation(turns[name], repairs[name], findings[name]))
        numbers = {turn.number for turn in rebuilt}
        yield TranscriptPage(
            run=run,
            transcript=each.flagged,
            place=each.place,
            places=places,
            previous=each.previous,
            following=each.following,
            outcomes=outcomes,
            findings=tuple(map(veil.finding, findings[name])),
            unplaced=tuple(veil.finding(found) for found in findings[name] if found.turn not in numbers),
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
