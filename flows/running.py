"""What `turnproof run` does: the flow over one drop after the other, and what a person sees of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
from rich.box import ASCII2, ROUNDED
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.checking import counted
from flows.pipeline import Result
from flows.settings import Settings
from flows.validating import aside
from schemas.columns import VERDICTS
from schemas.errors import TurnproofError
from schemas.places import absolute, told
from schemas.store import Store

COLOURS = {"accepted": "green", "repaired": "cyan", "quarantined": "red", "unreadable": "magenta"}
SHOWN = 12
"""How many transcripts that were not simply accepted are named on the terminal; the report names all."""


def run_drops(
    drops: Sequence[Path],
    settings: Settings,
    repairs: tuple[str, ...],
    observer: Callable[[int, int], None],
    form: str | None = None,
) -> list[Result | TurnproofError]:
    """Run the flow over each drop; one that can't be worked with doesn't keep the others from being judged.

    Returns:
        For each drop its result, or the error that a person is to be told.
    """
    with aside():
        # Prefect takes a second to import, and its server longer to start; Great Expectations is imported meanwhile.
        from flows.scale import progress_to  # noqa: PLC0415 - slow, see above
        from flows.validate import validate_drop  # noqa: PLC0415 - likewise

        done = 0

        def count(size: int, total: int) -> None:
            nonlocal done
            done += size
            observer(done, total)

        async def run_one(drop: Path) -> Result | TurnproofError:
            try:
                return await validate_drop(
                    drop, settings.store, settings.site_folder, settings.suite, repairs, form, settings.dask
                )
            except TurnproofError as error:
                return error

        async def run_all() -> list[Result | TurnproofError]:
            return [await run_one(drop) for drop in drops]

        with progress_to(count):
            return asyncio.run(run_all())


def show(result: Result, settings: Settings) -> None:
    """Print the verdicts of a drop, the transcripts that were not simply accepted, and where the report is."""
    console = Console(highlight=False, soft_wrap=True)
    plan, row = result.plan, result.row
    if row is None:
        console.print(Text(f"{plan.drop}: nothing to do, all {plan.found:,} sources were judged before."))
        if plan.lacks:
            console.print(Text(f"It lacks {len(plan.lacks):,} files, the first: {plan.lacks[0].detail}."))
        console.print(Text(f"Report: {told(absolute(result.report))}"))
        return
    box = ROUNDED if console.is_terminal else ASCII2
    verdicts = Table("verdict", box=box, title=f"{plan.drop} under the suite {row['suite']}", title_justify="left")
    for column in ("sources", "transcripts"):
        verdicts.add_column(column, justify="right")
    for verdict in (*VERDICTS, "unreadable"):
        transcripts = row.get(f"transcripts_{verdict}")
        verdicts.add_row(
            Text(verdict, COLOURS[verdict]), f"{row[verdict]:,}", "" if transcripts is None else f"{transcripts:,}"
        )
    if plan.known:
        verdicts.add_row("judged before", f"{plan.known:,}", "")
    verdicts.add_section()
    verdicts.add_row("found", f"{plan.found:,}", f"{row['transcripts']:,}")
    console.print(verdicts)
    if plan.manifests:
        console.print(Text(f"Beside {counted(plan.manifests, 'manifest')}, which only tells what else is there."))
    flagged = worst(Store(settings.store), plan.run)
    for transcript, verdict, turns, released, codes in flagged.head(SHOWN).iter_rows():
        change = f"{turns} turns, {released} released" if released else f"{turns} turns"
        console.print(Text.assemble((f"{verdict:<12}", COLOURS[verdict]), f"{transcript}  {codes}  ({change})"))
    if len(flagged) > SHOWN:
        console.print(Text(f"… and {len(flagged) - SHOWN:,} more in the report"))
    console.print(Text(f"Gate {row['gate']}: {row['gate_reason']}"))
    console.print(Text(f"Report: {told(absolute(result.report))}"))


def worst(store: Store, run: str) -> pl.DataFrame:
    """The repaired and quarantined transcripts of a run: (transcript, verdict, turns, released_turns, codes)."""
    grave = store.scan_run("findings", run).filter(pl.col("severity") != "info")
    codes = grave.group_by("transcript").agg(codes=pl.col("code").unique().sort().str.join(" "))
    return (
        store.scan_run("transcripts", run)
        .filter(pl.col("verdict") != "accepted")
        .join(codes, on="transcript", how="left")
        .sort("verdict", "critical", "transcript", descending=[False, True, False])
        .select("transcript", "verdict", "turns", "released_turns", pl.col("codes").fill_null(""))
        .collect()
    )
