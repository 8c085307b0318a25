"""What publishing costs, and what the pages weigh: ``python -m tests.benches.publishing [--large N] [--runs N]``.

First a drop of 100,000 transcripts with 20,000 flagged, then one more ordinary drop after 10 and up to 1,000 runs. Stores
are filled with rows, nothing is judged. Prints figures; compare them on the same machine only, and within one call.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl

from expectations.catalogue import catalogue
from flows.publishing import publish
from reports.history import WINDOW
from schemas.maintenance import compact, vacuum
from schemas.store import Store
from schemas.store_files import PROPERTIES
from schemas.stored import STORED
from tests.reports.little_store import SEEDS, run_row, spoken

AT_ONCE = dict.fromkeys(("delta.logRetentionDuration", "delta.deletedFileRetentionDuration"), "interval 0 seconds")
"""A thousand nights pass in minutes: what Delta keeps for a week goes at once."""

BATCH = 5_000
"""Transcripts that are stored at once."""


def fill(store: Store, run: str, at: datetime, transcripts: int, flagged: int, turns: int) -> None:
    """Store one run: `flagged` quarantined transcripts among `transcripts`, each of `turns` turns of the seeds."""
    for table, batch, rows in rows_of(run, at, transcripts, flagged, turns):
        store.append(table, rows, transaction=f"{run}:{batch}:{table}")


def rows_of(
    run: str, at: datetime, transcripts: int, flagged: int, turns: int
) -> Iterator[tuple[str, int, pl.DataFrame]]:
    """The rows of one run, by table and batch."""
    said = [turn["text"] for seed in sorted(SEEDS.glob("*.txt")) for turn in spoken(seed.name)[:40]]
    drop, every = f"{at:%Y-%m-%d}-{run[-4:]}", transcripts // flagged
    for batch, start in enumerate(range(0, transcripts, BATCH)):
        numbers = range(start, min(start + BATCH, transcripts))
        names = pl.DataFrame({"number": numbers}).select(
            "number", transcript=pl.format("part/{}.txt", pl.col("number").cast(pl.String).str.zfill(6))
        )
        held = pl.col("number") % every == 0
        talk = pl.DataFrame({"turn": range(turns)}).with_columns(
            speaker=pl.when(pl.col("turn") % 2 == 0).then(pl.lit("Patient")).otherwise(pl.lit("Therapist")),
            line=2 * pl.col("turn") + 1,
        )
        texts = pl.Series("text", [said[(7 * n + t) % len(said)] for n in numbers for t in range(turns)])
        spoken_turns = names.join(talk, how="cross").with_columns(texts, role=pl.col("speaker").str.to_lowercase())
        yield _stored(run, drop, batch, "release", spoken_turns.filter(~held))
        yield _stored(run, drop, batch, "quarantine", spoken_turns.filter(held))
        rows = names.with_columns(
            path="transcript", record=0, line=1, turns=turns, warning=0, info=0, critical=held.cast(pl.UInt32),
            released_turns=pl.when(held).then(0).otherwise(turns), characters=turns * 350, repairs=pl.lit([], pl.List(pl.String)),
            verdict=pl.when(held).then(pl.lit("quarantined")).otherwise(pl.lit("accepted")),
            speakers=pl.lit(["Patient", "Therapist"]),
        )  # fmt: skip
        yield _stored(run, drop, batch, "transcripts", rows)
        found = names.filter(held).with_columns(
            path="transcript", record=0, turn=turns // 2, line=turns + 1, severity=pl.lit("critical"),
            rule=pl.lit("no_notes_about_the_text"), code=pl.lit("C404"), message=pl.lit("a note about the text itself"),
        )  # fmt: skip
        yield _stored(run, drop, batch, "findings", found)
    fared = [
        {"code": rule.code, "rule": rule.name, "scope": rule.scope, "severity": rule.severity, "unknown": 0,
         "violated": flagged if rule.code == "C404" else 0, "findings": flagged if rule.code == "C404" else 0,
         "holds": transcripts - (flagged if rule.code == "C404" else 0), "brief": rule.brief, "why": "", "remedy": ""}
        for rule in catalogue().values()
    ]  # fmt: skip
    yield _stored(run, drop, 0, "outcomes", pl.DataFrame(fared))
    counts: dict[str, Any] = {
        "found": transcripts, "accepted": transcripts - flagged, "quarantined": flagged, "transcripts": transcripts,
        "transcripts_accepted": transcripts - flagged, "transcripts_quarantined": flagged, "turns": transcripts * turns,
    }  # fmt: skip
    yield _stored(run, drop, 0, "runs", pl.DataFrame([run_row(run, drop, at, **counts)], schema=STORED["runs"]))


def _stored(run: str, drop: str, batch: int, table: str, rows: pl.DataFrame) -> tuple[str, int, pl.DataFrame]:
    given = rows.with_columns(run=pl.lit(run), drop=pl.lit(drop), batch=pl.lit(batch))
    frame = given.select(
        pl.col(name).cast(kind) if name in given.columns else pl.lit(None, kind).alias(name)
        for name, kind in STORED[table].items()
    )
    return table, batch, frame


def timed(store: Store, site: Path) -> tuple[float, float]:
    """Seconds that publishing takes: on the clock, and of the processors."""
    started, used = time.perf_counter(), time.process_time()
    publish(store, site)
    return time.perf_counter() - started, time.process_time() - used


def large(folder: Path, transcripts: int, turns: int) -> None:
    """A large drop: the time to publish it, and what its page weighs and takes to open."""
    from playwright.sync_api import sync_playwright

    store, site, run = Store(folder / "large"), folder / "large-site", "00000000000000f1"
    fill(store, run, datetime(2026, 11, 1, 3, tzinfo=UTC), transcripts, transcripts // 5, turns)
    wall, used = timed(store, site)
    told = f"{transcripts:,} transcripts of {turns} turns, {transcripts // 5:,} flagged"
    print(f"{told}: published in {wall:.1f} s, {used:.1f} s of the processors")
    page = site / "runs" / run / "index.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        opened = browser.new_page()
        loaded: list[Any] = []
        opened.on("request", lambda request: loaded.append(Path(request.url.removeprefix("file://"))))
        started = time.perf_counter()
        opened.goto(page.as_uri())
        took, weight = time.perf_counter() - started, sum(path.stat().st_size for path in loaded)
        print(f"its page opens in {took:.2f} s, with {weight / 1e3:.0f} kB in {len(loaded)} files")
        started = time.perf_counter()
        opened.get_by_label("Search").fill("99")
        opened.locator(".shown", has_text=f" of {transcripts // 5:,}").wait_for()
        print(f"searched through all in {time.perf_counter() - started:.2f} s")
        browser.close()
    print(f"the site has {sum(path.stat().st_size for path in site.rglob('*') if path.is_file()) / 1e6:.0f} MB")


def many(folder: Path, runs: int, times: int) -> None:
    """One more ordinary drop after 10 runs, 40 (the pages show 30), 500 and many.

    The last 30 runs of each history are ordinary, those before them small, and stored many at once: upkeep would have
    put them together. Each history is put aside when it has grown so far, and the drops are then published to them in
    turn, so that what else the machine does falls on all alike.
    """
    store, site, done = Store(folder / "many"), folder / "many-site", 0
    grown: dict[int, tuple[Store, Path]] = {}
    for count in sorted({10, min(40, runs), min(500, runs), runs}):
        small = range(done, max(done, count - WINDOW))
        old: dict[str, list[pl.DataFrame]] = {}
        for number in small:
            for table, _, rows in rows_of(f"{number:016x}", _night(number), 20, 2, 20):
                old.setdefault(table, []).append(rows)
        for table, frames in old.items():
            store.append(table, pl.concat(frames), transaction=f"{done}:{table}")
        for number in range(small.stop, count):
            _ordinary(store, number)
        done = count
        compact(store)
        vacuum(store, 0)
        publish(store, site)
        aside = folder / f"after-{count}"
        shutil.copytree(store.root, aside / "store")
        shutil.copytree(site, aside / "site")
        grown[count] = Store(aside / "store"), aside / "site"
        print(f"{count:,} runs are there", flush=True)
    took: dict[int, list[tuple[float, float]]] = {count: [] for count in grown}
    for one_more in range(times):
        for count, (its_store, its_site) in grown.items():
            _ordinary(its_store, count + one_more)
            took[count].append(timed(its_store, its_site))
    first = (1.0, 1.0)
    for count, (_, its_site) in grown.items():
        wall, used = (statistics.median(each) for each in zip(*took[count], strict=True))
        first = first if count > 10 else (wall, used)
        print(
            f"one more drop after {count:,} runs: {wall:.2f} s, {used:.2f} s of the processors (medians of {times}); "
            f"{wall / first[0]:.2f} times, of the processors {used / first[1]:.2f}; "
            f"home {(its_site / 'index.html').stat().st_size / 1e3:.0f} kB"
        )


def _ordinary(store: Store, number: int) -> None:
    fill(store, f"{number:016x}", _night(number), 500, 50, 20)


def _night(number: int) -> datetime:
    return datetime(2024, 1, 1, 3, tzinfo=UTC) + timedelta(days=number)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=9, help="publishings after each number of runs")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if told.large:
            large(Path(folder), told.large, told.turns)
        if told.runs:
            with patch.dict(PROPERTIES, AT_ONCE):
                many(Path(folder), told.runs, told.times)


if __name__ == "__main__":
    main()
