"""The six checks by libraries that validate frames, on turns that `tests.benches.six.plain` has parsed.

``python -m tests.benches.six.frames NAME FOLDER`` prints one JSON object: what parsing and checking took, and how many
violations there are of each check. Each library is asked for every violation with its place, as Turnproof gives it.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import polars as pl

from tests.benches.six import CHECKS, ERROR, LABELS, LIBRARIES, LONGEST, TOKEN
from tests.benches.six.plain import files, turns

Columns = dict[str, list[Any]]
"""path, turn, speaker, and text."""

REPEATS: Final = (pl.col("speaker") == pl.col("speaker").shift(1)) & (pl.col("path") == pl.col("path").shift(1))

HOLDS: Final = dict(
    zip(
        CHECKS,
        (
            ~REPEATS.fill_null(False),
            pl.col("text").str.contains(r"\S"),
            pl.col("text").str.len_chars() <= LONGEST,
            ~pl.col("text").str.contains(ERROR),
            ~pl.col("text").str.contains(TOKEN),
            pl.col("speaker").is_in(LABELS),
        ),
        strict=True,
    )
)
"""What holds of a turn where each check does."""


def parsed(folder: Path) -> Columns:
    """The turns of all files."""
    columns: Columns = {"path": [], "turn": [], "speaker": [], "text": []}
    for path in files(folder):
        said = turns(path)
        columns["path"] += [str(path)] * len(said)
        columns["turn"] += range(len(said))
        columns["speaker"] += [speaker for speaker, _ in said]
        columns["text"] += [text for _, text in said]
    return columns


def by_great_expectations(columns: Columns) -> Callable[[], dict[str, int]]:
    """Great Expectations on pandas."""
    gx: Any = import_module("great_expectations")
    gxe: Any = import_module("great_expectations.expectations")
    bars: Any = import_module("great_expectations.data_context.types.base").ProgressBarsConfig
    # pandas comes with Great Expectations, and without types.
    frame: Any = import_module("pandas").DataFrame(columns)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = bars(globally=False, metric_calculations=False)
    batches = context.data_sources.add_pandas("turns").add_dataframe_asset("turns")
    definition = batches.add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite(
        name="six",
        expectations=[
            gxe.ExpectColumnValuesToBeInSet(column="repeats", value_set=[False]),
            gxe.ExpectColumnValuesToMatchRegex(column="text", regex=r"\S"),
            gxe.ExpectColumnValueLengthsToBeBetween(column="text", max_value=LONGEST),
            gxe.ExpectColumnValuesToNotMatchRegex(column="text", regex=ERROR),
            gxe.ExpectColumnValuesToNotMatchRegex(column="text", regex=TOKEN),
            gxe.ExpectColumnValuesToBeInSet(column="speaker", value_set=list(LABELS)),
        ],
    )
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": ["path", "turn"]}

    def run() -> dict[str, int]:
        same = frame["path"] == frame["path"].shift(1)
        frame["repeats"] = (frame["speaker"] == frame["speaker"].shift(1)) & same
        found = definition.get_batch({"dataframe": frame}).validate(suite, result_format=wanted)
        assert all(
            len(each.result["unexpected_index_list"] or ()) == each.result["unexpected_count"] for each in found.results
        )
        return dict(zip(CHECKS, (each.result["unexpected_count"] for each in found.results), strict=True))

    return run


def by_pandera(columns: Columns) -> Callable[[], dict[str, int]]:
    """Pandera on Polars, all failures at once."""
    pa: Any = import_module("pandera.polars")
    errors: Any = import_module("pandera.errors")
    frame = pl.DataFrame(columns)

    def check(name: str, holds: pl.Expr) -> Any:
        return pa.Check(lambda data: data.lazyframe.select(holds.alias(name)), name=name)

    schema = pa.DataFrameSchema(
        {"path": pa.Column(str), "turn": pa.Column(int), "speaker": pa.Column(str), "text": pa.Column(str)},
        checks=[check(name, holds) for name, holds in HOLDS.items()],
    )

    def run() -> dict[str, int]:
        try:
            schema.validate(frame, lazy=True)
        except errors.SchemaErrors as error:
            rows = error.failure_cases.filter(pl.col("check").is_in(CHECKS))
            return dict.fromkeys(CHECKS, 0) | dict(rows.group_by("check").len().iter_rows())
        return dict.fromkeys(CHECKS, 0)

    return run


def by_dataframely(columns: Columns) -> Callable[[], dict[str, int]]:
    """Dataframely on Polars: the rows that fail, with what each fails."""
    dy: Any = import_module("dataframely")
    frame = pl.DataFrame(columns)
    members: dict[str, Any] = {
        "path": dy.String(),
        "turn": dy.Int64(),
        "speaker": dy.String(),
        "text": dy.String(),
    }
    for name, holds in HOLDS.items():
        members[name.replace(" ", "_")] = dy.rule()(lambda cls, holds=holds: holds)
    schema: Any = type(dy.Schema)("Turns", (dy.Schema,), members)

    def run() -> dict[str, int]:
        failed = schema.filter(frame).failure
        assert len(failed.invalid()) > 0
        return {name: failed.counts().get(name.replace(" ", "_"), 0) for name in CHECKS}

    return run


VALIDATORS: Final = dict(zip(LIBRARIES, (by_great_expectations, by_pandera, by_dataframely), strict=True))
"""What makes a run of the checks from turns, by library."""


def main() -> None:
    """Parse a folder, check it by one library, print what that took."""
    warnings.simplefilter("ignore")
    began = time.perf_counter(), time.process_time()
    columns = parsed(Path(sys.argv[2]))
    read = time.perf_counter(), time.process_time()
    run = VALIDATORS[sys.argv[1]](columns)
    del columns
    ready = time.perf_counter(), time.process_time()
    counts = run()
    done = time.perf_counter(), time.process_time()
    parse = [after - before for before, after in zip(began, read, strict=True)]
    check = [after - before for before, after in zip(ready, done, strict=True)]
    print(json.dumps({"parse": parse, "check": check, "counts": counts}))


if __name__ == "__main__":
    main()
