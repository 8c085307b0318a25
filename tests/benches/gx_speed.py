"""How fast Great Expectations is on Polars: python -m tests.benches.gx_speed [rows]

Six core checks on rows of text, by Great Expectations on Polars, by plain Polars and by Great Expectations on pandas,
each in a process of its own, on a frame in memory. CPU seconds are those of the validation alone, without imports and
without reading the frame; peak memory is that of the whole process, Great Expectations' own 250 MB included. Last, all our
expectations over flags of as many turns.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.table import Table

ROLES: Final = ("user", "assistant", "system")
NUMBER: Final = r"\b\d{3}-\d{2}-\d{4}\b"
ENGINES: Final = {"gx-polars": "GX on Polars", "polars": "plain Polars", "gx-pandas": "GX on pandas"}


def made(rows: int) -> pl.DataFrame:
    """Rows of text, some 450 characters each, a few of which fail each check."""
    words = pl.Series([f"word{place}" for place in range(997)])
    place = pl.int_range(rows, dtype=pl.UInt32).alias("place")
    # Without a random seed: each word is chosen by the row's own number.
    chosen = [
        words.gather(pl.select(((place + 1) * (3 + 2 * n)).hash() % 997).to_series()).alias(str(n)) for n in range(56)
    ]
    return (
        pl.DataFrame(chosen)
        .select(text=pl.concat_str(pl.all(), separator=" "))
        .with_row_index("turn")
        .with_columns(
            text=pl.when(pl.col("turn") % 1009 == 0).then(pl.lit("123-45-6789")).otherwise("text"),
            role=pl.when(pl.col("turn") % 5003 == 0)
            .then(pl.lit("ghost"))
            .otherwise(pl.when(pl.col("turn") % 2 == 0).then(pl.lit("user")).otherwise(pl.lit("assistant"))),
            turn_id=pl.when(pl.col("turn") % 4001 == 0).then(0).otherwise("turn"),
        )
    )


def checks(**_: Any) -> list[Any]:
    """The six checks."""
    import great_expectations.expectations as gxe

    return [
        gxe.ExpectColumnValuesToNotBeNull(column="text"),
        gxe.ExpectColumnValuesToBeInSet(column="role", value_set=list(ROLES)),
        gxe.ExpectColumnValuesToBeBetween(column="turn", min_value=0, max_value=10**9),
        gxe.ExpectColumnValueLengthsToBeBetween(column="text", min_value=12, max_value=8000),
        gxe.ExpectColumnValuesToNotMatchRegex(column="text", regex=NUMBER),
        gxe.ExpectColumnValuesToBeUnique(column="turn_id"),
    ]


def by_great_expectations(engine: str, frame: Any) -> Callable[[], list[int]]:
    """A run of the six checks by Great Expectations."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    import expectations.gx

    assert expectations.gx.SUPPORTED
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = getattr(context.data_sources, f"add_{engine}")(engine).add_dataframe_asset("rows")
    definition = asset.add_batch_definition_whole_dataframe("all")

    def run() -> list[int]:
        suite = gx.ExpectationSuite(name="six", expectations=checks())
        found = definition.get_batch({"dataframe": frame}).validate(suite, result_format="SUMMARY")
        return sorted(each.result["unexpected_count"] for each in found.results)

    return run


def by_polars(frame: pl.DataFrame) -> Callable[[], list[int]]:
    """A run of the same checks, written by hand."""
    text = pl.col("text")
    length = text.str.len_chars()
    wrong = [
        text.is_null(),
        ~pl.col("role").is_in(ROLES),
        ~pl.col("turn").is_between(0, 10**9),
        ~length.is_between(12, 8000),
        text.str.contains(NUMBER),
        ~pl.col("turn_id").is_unique(),
    ]
    columns = {str(place): each for place, each in enumerate(wrong)}
    return lambda: sorted(frame.lazy().select(**columns).select(pl.all().sum()).collect().row(0))


def by_flags(rows: int) -> Callable[[], list[int]]:
    """A run of all our expectations over flags of as many turns."""
    import great_expectations as gx

    from expectations.gx.transcripts import CLASSES
    from expectations.gx.transcripts.validation import quiet_context

    codes = [each().code for each in CLASSES.values()]
    number = pl.int_range(rows, dtype=pl.UInt32)
    columns = {code: (number + place) % 1009 == 0 for place, code in enumerate(codes)}
    flags = pl.LazyFrame().select(turn=number, **columns).collect()
    source = quiet_context().data_sources.add_polars("flags")
    definition = source.add_dataframe_asset("turns").add_batch_definition_whole_dataframe("all")

    def run() -> list[int]:
        suite = gx.ExpectationSuite(name="ours", expectations=[each() for each in CLASSES.values()])
        found = definition.get_batch({"dataframe": flags}).validate(suite, result_format="SUMMARY")
        return [each.result["unexpected_count"] for each in found.results]

    return run


def measure(engine: str, folder: Path) -> None:
    """Run the checks by one engine in this process, and print what they took."""
    warnings.simplefilter("ignore")
    if engine == "gx-pandas":
        pd: Any = import_module("pandas")
        run = by_great_expectations("pandas", pd.read_pickle(folder / "rows.pickle"))  # made above
    elif engine == "flags":
        run = by_flags(pl.scan_parquet(folder / "rows.parquet").select(pl.len()).collect().item())
    elif engine == "gx-polars":
        run = by_great_expectations("polars", pl.read_parquet(folder / "rows.parquet"))
    else:
        run = by_polars(pl.read_parquet(folder / "rows.parquet"))
    began, clock = time.process_time(), time.perf_counter()
    found = run()
    took = {"cpu": time.process_time() - began, "wall": time.perf_counter() - clock, "found": found}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(json.dumps({**took, "peak": peak}))


def main() -> None:
    """Make the rows, measure each engine, print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = (sys.executable, "-m", "tests.benches.gx_speed")
        subprocess.run([*program, "make", name, str(rows)], check=True)
        results: dict[str, dict[str, Any]] = {}
        for engine in ENGINES:
            told = subprocess.run([*program, engine, name], check=True, capture_output=True, text=True)
            results[engine] = json.loads(told.stdout.splitlines()[-1])
            assert results[engine]["found"] == results["gx-polars"]["found"], "the engines disagree"
        told = subprocess.run([*program, "flags", name], check=True, capture_output=True, text=True)
        flags = json.loads(told.stdout.splitlines()[-1])
        size = (folder / "rows.parquet").stat().st_size / 2**20
    table = Table(
        "",
        "CPU s",
        "wall s",
        "peak MB",
        title=f"{rows:,} rows of text, six checks ({size:.0f} MB of compressed Parquet)",
    )
    for engine, label in ENGINES.items():
        took = results[engine]
        table.add_row(label, f"{took['cpu']:.2f}", f"{took['wall']:.2f}", f"{took['peak']:,.0f}")
    own = f"our {len(flags['found'])} expectations over flags"
    table.add_row(own, f"{flags['cpu']:.2f}", f"{flags['wall']:.2f}", f"{flags['peak']:,.0f}")
    Console().print(table)
    ours, plain, pandas = (results[engine] for engine in ENGINES)
    print(
        f"GX on Polars against GX on pandas: {pandas['cpu'] / ours['cpu']:.1f} times less CPU, "
        f"{ours['peak'] / pandas['peak']:.2f} of the peak memory; against plain Polars {ours['cpu'] / plain['cpu']:.2f} "
        "times the CPU"
    )


def make(folder: Path, rows: int) -> None:
    """Write the rows for Polars and for pandas, which can't read Parquet without PyArrow."""
    pd: Any = import_module("pandas")
    frame = made(rows)
    frame.write_parquet(folder / "rows.parquet")
    pd.DataFrame(frame.to_dict(as_series=False)).to_pickle(folder / "rows.pickle")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        make(Path(sys.argv[2]), int(sys.argv[3])) if sys.argv[1] == "make" else measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
