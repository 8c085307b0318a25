"""Judge a million turns in one process and by two workers of Dask, in turn on this machine, and compare the tables.

    python -m tests.benches.scale [--turns N] [--files N] [--folder FOLDER] [--workers N] [--rounds N]

Both are whole commands, `turnproof run`, into an empty store each time, with Prefect's server already there. Prints
seconds on the wall and of the processors, workers included. Two workers have no more cores than one process, whose
Polars uses all there are: this shows that the tables are equal, and what Dask costs, but not what more machines gain.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.benches.corpus import make
from tests.flows.on_dask import a_prefect_server, differing, turnproof
from tests.flows.test_kills import tables_of


def timed(folder: Path, corpus: Path, dask: str, server: str) -> tuple[float, float]:
    """Wall and processor seconds of one run."""
    shutil.rmtree(folder / dask, ignore_errors=True)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    arguments = ("run", str(corpus), "--store", f"{dask}/store", "--dask", dask)
    done = turnproof(folder, *arguments, PREFECT_API_URL=server)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Make the corpus, run, print, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "turnproof-bench")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    corpus = options.folder.resolve() / f"{options.turns}-turns"
    corpus.parent.mkdir(parents=True, exist_ok=True)
    make(corpus, turns=options.turns, files=options.files)
    with tempfile.TemporaryDirectory() as name:
        folder, workers = Path(name), str(options.workers)
        (folder / "prefect").mkdir()
        with a_prefect_server(folder / "prefect") as server:
            print(f"{options.turns:,} turns in {options.files:,} files, on {os.cpu_count()} cores")
            print(f"{'round':<8}{'1 process s':>14}{'cpu s':>10}{f'{workers} workers s':>14}{'cpu s':>10}{'ratio':>8}")
            for place in range(options.rounds):
                alone, shared = (timed(folder, corpus, dask, server) for dask in ("0", workers))
                print(
                    f"{place:<8}{alone[0]:>14.1f}{alone[1]:>10.1f}{shared[0]:>14.1f}{shared[1]:>10.1f}"
                    f"{shared[0] / alone[0]:>8.2f}"
                )
        tables = tables_of(folder / "0")
        wrong = differing(folder / workers, tables)
        batches = tables["runs"]["batches"].sum()
        rows = sum(map(len, tables.values()))
        print(f"{batches} batches, {rows:,} rows in {len(tables)} tables: ", end="")
        print(f"not equal: {', '.join(wrong)}" if wrong else "all equal")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
