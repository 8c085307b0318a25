"""A report on one drop for whoever supplied it: what was found where, and what to do, as one file to mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from reports import facts
from reports.pages import Flagged, Outcome, Run, RunPage
from reports.rows import grouped, worst_first
from reports.turns import Finding
from reports.veil import Amount, Veil
from schemas.store import Store

TRANSCRIPTS: Final = 500
"""Transcripts that a report lists, worst first; it says how many it leaves out."""

FINDINGS: Final = 10
"""Findings of a transcript that a report lists, worst first; it says how many it leaves out."""

SOURCES: Final = 100
"""Unreadable sources that a report lists."""


@dataclass(frozen=True)
class Listed:
    """A transcript with its worst findings."""

    transcript: Flagged
    findings: tuple[Finding, ...]
    left_out: int


@dataclass(frozen=True)
class Letter:
    """What the report says; of `total` transcripts that aren't simply accepted it lists some."""

    run: Run
    page: RunPage
    amount: Amount
    violated: tuple[Outcome, ...]
    listed: tuple[Listed, ...]
    total: int


def letter(store: Store, run: str, amount: Amount) -> Letter:
    """The report on a run.

    Args:
        store: where the run is.
        run: its id; it must be finished.
        amount: how much of the transcripts' text it tells.

    Raises:
        StoreError: if the store can't be read.
    """
    finished = store.runs()
    requeued = facts.requeued(store, finished)
    row = next(each for each in facts.runs(finished, requeued) if each.run == run)
    told = facts.run_page(store, row, requeued, ())
    veil = Veil.over(amount, told.outcomes)
    page = veil.run(told)
    flagged = [each for each in page.flagged if each.findings]
    return Letter(
        run=row,
        page=page,
        amount=amount,
        violated=tuple(outcome for outcome in page.outcomes if outcome.violated),
        listed=tuple(_listed(store, row, flagged[:TRANSCRIPTS], veil)),
        total=len(flagged) + page.flagged_total - len(page.flagged),
    )


def _listed(store: Store, run: Run, flagged: list[Flagged], veil: Veil) -> Iterator[Listed]:
    names = pl.Series([each.transcript for each in flagged], dtype=pl.String)
    rows = store.scan_run("findings", run.run).filter(
        pl.col("transcript").is_in(names.implode()) & pl.col("waived").is_null()
    )
    found = grouped(Finding, worst_first(rows, "transcript"), by="transcript")
    for each in flagged:
        some = found[each.transcript][:FINDINGS]
        if some:
            by_place = sorted(some, key=lambda finding: (finding.turn or 0, finding.code))
            yield Listed(each, tuple(map(veil.finding, by_place)), each.findings - len(some))
