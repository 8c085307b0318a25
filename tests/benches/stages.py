"""Where the time of a check and of a run goes, stage by stage, in one process on one thread.

    python -m tests.benches.stages [--turns N] [--rounds N] [--folder FOLDER] [--json FILE]

The real functions run; those that are named here are watched, each with what it takes itself, without the watched ones
that it calls. What each expectation takes alone is told by `tests.benches.rule_costs`.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from importlib.metadata import version
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

# Read when Polars is imported.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

from expectations.catalogue import texts
from expectations.suite import load_suite
from flows import checking, pipeline, shares
from reports.outputs import write
from schemas.store import Store
from tests.benches.measuring import keep, parser
from tests.benches.shapes import corpus

CHECK: Final = {
    "list": ("flows.shares.each_source",),
    "load": ("flows.checking.load",),
    "decode": ("schemas.reading.decode",),
    "parse": ("flows.checking.read",),
    "evaluate: a look at all turns": ("flows.checking.look",),
    "evaluate: a close look at some": ("flows.checking.conclude",),
    "findings: rows": ("flows.checking.finding_rows", "flows.checking.abridged"),
    "digests of transcripts": ("flows.checking._members",),
    "checks of the whole drop": ("flows.checking.evaluate_drop",),
    "findings: JSON lines": ("reports.outputs.jsonl.write",),
}
RUN: Final = {
    "list": ("flows.pipeline.list_sources",),
    "hash the sources": ("flows.pipeline.digests",),
    "load": ("flows.pipeline.load",),
    "decode": ("schemas.reading.decode",),
    "parse": ("expectations.judge.read",),
    "evaluate": ("expectations.judge.evaluate",),
    "repair": ("expectations.judge.mend",),
    "fingerprints": ("expectations.judge.fingerprints",),
    "verdicts and tables": ("flows.pipeline.judge",),
    "contracts": ("schemas.store.validate",),
    "files of the tables": ("schemas.store.Store.write",),
    "commits": ("schemas.store.Store.commit",),
    "checks of the whole drop": ("flows.pipeline.judge_drop",),
    "sums and gate": ("flows.pipeline.run_row", "flows.pipeline.outcomes_of", "flows.pipeline.gate_of"),
    "Great Expectations": ("flows.pipeline.validation_of",),
    "site": ("flows.pipeline.publish",),
}
"""The functions of each stage, where they are looked up."""


@dataclass(frozen=True)
class Stage:
    """What a stage took.

    Attributes:
        command: ``check`` or ``run``.
        stage: its name; ``the rest`` is what no watched function took.
        wall, cpu: seconds.
        megabytes: of the corpus.
    """

    command: str
    stage: str
    wall: float
    cpu: float
    megabytes: float


class Clock:
    """Seconds by stage, on the wall and of the processor; of stages within each other the inner one counts."""

    def __init__(self) -> None:
        self.taken: dict[str, tuple[float, float]] = {}
        self._inner: list[tuple[float, float]] = []

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Count the block for a stage, but for the stages within it."""
        began = time.perf_counter(), time.process_time()
        self._inner.append((0.0, 0.0))
        try:
            yield
        finally:
            whole = time.perf_counter() - began[0], time.process_time() - began[1]
            inner = self._inner.pop()
            mine = self.taken.get(name, (0.0, 0.0))
            self.taken[name] = mine[0] + whole[0] - inner[0], mine[1] + whole[1] - inner[1]
            if self._inner:
                outer = self._inner[-1]
                self._inner[-1] = outer[0] + whole[0], outer[1] + whole[1]

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, counted for a stage."""

        @wraps(function)
        def call(*arguments: Any, **more: Any) -> Any:
            with self.stage(name):
                return function(*arguments, **more)

        @wraps(function)
        def each(*arguments: Any, **more: Any) -> Iterator[Any]:
            things = function(*arguments, **more)
            while True:
                with self.stage(name):
                    thing = next(things, self)
                if thing is self:
                    return
                yield thing

        return each if isgeneratorfunction(function) else call


@contextmanager
def watching(stages: dict[str, tuple[str, ...]], clock: Clock) -> Generator[None]:
    """Watch the functions of stages within the block; one that isn't there any more is told, and its stage is empty."""
    with ExitStack() as stack:
        for stage, places in stages.items():
            for place in places:
                holder, name = found(place)
                if hasattr(holder, name):
                    function = getattr(holder, name)
                    stack.enter_context(patch.object(holder, name, clock.watched(stage, function)))
                else:
                    print(f"{stage}: {place} is gone, so it isn't measured", file=sys.stderr)
        yield


def found(place: str) -> tuple[Any, str]:
    """What holds a function, a module or a class, and the function's name."""
    path, _, name = place.rpartition(".")
    try:
        return import_module(path), name
    except ModuleNotFoundError:
        module, _, kind = path.rpartition(".")
        return getattr(import_module(module), kind), name


def one_by_one(work: Callable[[Any], Any], things: Iterable[Any], **_: bool) -> Iterator[tuple[Any, Any]]:
    """What `flows.workers.in_order` does, in this process."""
    return ((thing, work(thing)) for thing in things)


def check(place: Path) -> None:
    """What `turnproof check` does, but for starting."""
    suite = load_suite()
    checked = checking.check_paths([place], suite, lambda done, total: None)
    words = texts(each.expectation for each in suite.checks)
    write(checked.findings, "jsonl", catalogue=words, out=io.StringIO(), version=version("turnproof"))


def run(place: Path) -> None:
    """What `turnproof run` does, but for Prefect and for imports."""
    with tempfile.TemporaryDirectory() as name:
        store = Store(Path(name) / "store")
        pipeline.run_drop(place, store, load_suite(), Path(name) / "site")


COMMANDS: Final = {"check": (check, CHECK), "run": (run, RUN)}


def measured(command: str, place: Path, small: Path, rounds: int) -> list[Stage]:
    """The stages of a command on a corpus: the least that each took in some rounds."""
    work, stages = COMMANDS[command]
    with patch.object(checking, "in_order", one_by_one), patch.object(shares, "in_order", one_by_one):
        # What is imported and compiled once belongs to no stage.
        work(small)
        clocks = [Clock() for _ in range(rounds)]
        for clock in clocks:
            with watching(stages, clock), clock.stage("the rest"):
                work(place)
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) / 1e6
    names = [name for name in (*stages, "the rest") if name in clocks[0].taken]
    taken = {name: list(zip(*(clock.taken[name] for clock in clocks), strict=True)) for name in names}
    return [Stage(command, name, min(wall), min(cpu), size) for name, (wall, cpu) in taken.items()]


def main() -> None:
    """Make the corpus, measure, print."""
    told = parser(__doc__, turns=1_000_000, rounds=2).parse_args()
    place, small = corpus(told.folder, told.turns, "files"), corpus(told.folder, 10_000, "files")
    rows = [stage for command in COMMANDS for stage in measured(command, place, small, told.rounds)]
    for command in COMMANDS:
        mine = [row for row in rows if row.command == command]
        total = sum(row.cpu for row in mine)
        print(f"{command:<33}{'wall s':>9}{'cpu s':>9}{'share':>8}{'MB/cpu s':>10}")
        for row in mine:
            rate = row.megabytes / row.cpu if row.cpu else 0.0
            print(f"  {row.stage:<31}{row.wall:>9.3f}{row.cpu:>9.3f}{row.cpu / total:>8.1%}{rate:>10,.0f}")
        print(f"  {'all':<31}{sum(row.wall for row in mine):>9.3f}{total:>9.3f}", flush=True)
    keep(told.json, rows)


if __name__ == "__main__":
    main()
