"""What each expectation costs by itself, as a share of ``wc -w`` on the same files in the same run.

    python -m tests.benches.rule_costs [--turns N] [--files N] [--folder FOLDER] [--rounds N] [--write]

Processor time of evaluating one expectation alone on the turns that were read, with its neighbours' columns at hand:
the least of several rounds, in each of which ``wc -w`` runs too. ``--write`` puts the table into `COSTS.md` beside this
file. In a suite one pass looks for the signs of all, so that all together cost far less than the sum. Expectations about
whole transcripts are one aggregation in a suite, and alone here; those about sources look at what reading has found, and
cost nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

# One thread, so that processor time is what one core would need; read when Polars is imported.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import polars as pl

from expectations.evaluate import evaluate
from expectations.plan import plan_of, with_neighbours
from expectations.rule import Violation
from expectations.search import Search
from expectations.suite import Suite, load_suite
from schemas.batching import batches
from schemas.listing import list_sources
from schemas.loading import load
from schemas.reading import Batch, read
from tests.benches.corpus import make

FILE = Path(__file__).with_name("COSTS.md")


def counted(folder: Path) -> float:
    """Processor seconds of ``wc -w`` on all files."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["sh", "-c", f"find '{folder}' -name '*.txt' -print0 | xargs -0 cat | wc -w"],
        check=True,
        stdout=subprocess.PIPE,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def evaluated(violations: tuple[Violation, ...], parts: list[pl.DataFrame]) -> tuple[float, int, int]:
    """Processor seconds of looking for violations; the turns that were looked at closely, and those found."""
    started = time.process_time()
    close = found = 0
    for part in parts:
        looks = (each.when if each.first_look is None else each.first_look for each in violations)
        masks = {str(n): look for n, look in enumerate(looks)}
        flags = part.lazy().select(**masks).select(pl.all().fill_null(True)).collect()
        seen: set[int] = set()
        for number, violation in enumerate(violations):
            if flags[str(number)].any():
                rows = part.filter(flags[str(number)])
                close += 0 if number else len(rows)
                keys = rows.filter(violation.when).select("transcript_key", "turn").rows()
                seen.update(map(hash, keys))
        found += len(seen)
    return time.process_time() - started, close, found


def aggregated(violations: tuple[Violation, ...], parts: list[pl.DataFrame]) -> tuple[float, int]:
    """Processor seconds of looking for violations by whole transcripts; how many were found."""
    started = time.process_time()
    masks = {str(n): each.when for n, each in enumerate(violations)}
    flags = [part.group_by("transcript_key", maintain_order=True).agg(**masks) for part in parts]
    found = sum(len(each.filter(pl.any_horizontal(list(masks)))) for each in flags)
    return time.process_time() - started, found


def searched(search: Search, parts: list[pl.DataFrame]) -> tuple[float, int]:
    """Processor seconds of a search over all turns; how many transcripts it found something in."""
    started = time.process_time()
    found = sum(search.find(part).drop_nulls("message")["transcript_key"].n_unique() for part in parts)
    return time.process_time() - started, found


def together(suite: Suite, read_batches: list[Batch]) -> float:
    """Processor seconds of evaluating all expectations at once, as a check does."""
    started = time.process_time()
    for batch in read_batches:
        evaluate(batch, suite)
    return time.process_time() - started


def table(turns: int, files: int, folder: Path, rounds: int) -> str:
    """The costs, dearest first, in Markdown."""
    corpus = folder / f"{turns}-turns"
    corpus.parent.mkdir(parents=True, exist_ok=True)
    make(corpus, turns=turns, files=files)
    suite = load_suite()
    read_batches = [read(load(sources), suite.roster) for sources in batches(list_sources(corpus))]
    parts = [with_neighbours(batch.turns.lazy()).collect() for batch in read_batches]
    words = min(counted(corpus) for _ in range(rounds))
    lines: list[tuple[float, str, str, int]] = []
    plan = plan_of(suite)
    for check, violations in plan.turns:
        timed = [evaluated(violations, parts) for _ in range(rounds)]
        words = min(words, counted(corpus))
        least = min(seconds for seconds, _, _ in timed)
        lines.append((least, check.expectation.code, f"{timed[0][1]:,}", timed[0][2]))
    for check, violations in plan.transcripts:
        counts = [aggregated(violations, parts) for _ in range(rounds)]
        lines.append((min(seconds for seconds, _ in counts), check.expectation.code, "", counts[0][1]))
    for check, search in plan.searches:
        counts = [searched(search, parts) for _ in range(rounds)]
        lines.append((min(seconds for seconds, _ in counts), f"{check.expectation.code} (search)", "", counts[0][1]))
    lines.sort(reverse=True)
    size = sum(path.stat().st_size for path in corpus.glob("*/*.txt"))
    rows = [f"| {code} | {seconds / words:.3f} | {close} | {found:,} |" for seconds, code, close, found in lines]
    total = min(together(suite, read_batches) for _ in range(rounds)) / words
    return "\n".join(
        (
            "# What the expectations cost",
            "",
            "Made by `make costs`. Processor time of each alone, as a share of that of `wc -w` on the same files in the same",
            "run; the turns that its cheap search lets through, where it has one, and the turns or transcripts found. What",
            "most of them pay for alone, a pass over all texts in search of their signs, all of them together pay for once.",
            "",
            f"{turns:,} turns in {files:,} files, {size / 1e6:.0f} MB; one thread of {platform.machine()} with "
            f"{os.cpu_count()} cores,",
            f"Python {platform.python_version()}, Polars {version('polars')}.",
            "",
            "| code | × `wc -w` | looked at closely | found |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            f"| all together | {total:.3f} | | |",
            "",
        )
    )


def main() -> None:
    """Measure, and print or write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=250_000)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "turnproof-bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    told = table(options.turns, options.files, options.folder.resolve(), options.rounds)
    if options.write:
        FILE.write_text(told, encoding="utf-8")
    print(told, end="")


if __name__ == "__main__":
    main()
