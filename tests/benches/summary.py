"""The figures of all benches as Markdown: what `make bench` writes into `BENCH.md`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from tests.benches.chart import NAMES
from tests.benches.shapes import TURNS_A_FILE

Row = dict[str, Any]
"""A dataclass of one of the benches, as JSON has it."""

Figures = dict[str, list[Row]]
"""Rows by the bench that they are of."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """A table in Markdown, its first columns flush left."""
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def throughput(rows: list[Row]) -> list[str]:
    """Checks against ``wc -w``, and how they scale."""
    head = ("turns", "shape", "files", "MB", "check s", "CPU s", "peak MB", "`wc -w` s", "CPU s", "× wall", "× CPU")
    cells = [
        (
            f"{row['turns']:,}",
            NAMES[row["shape"]],
            f"{row['files']:,}",
            f"{row['bytes'] / 1e6:,.0f}",
            *took(row["check"]),
            f"{row['words']['wall']:.2f}",
            f"{row['words']['cpu']:.2f}",
            *((f"{row['wall']:.2f}", f"{row['cpu']:.2f}") if whole(row) else ("refused", "")),
        )
        for row in rows
    ]
    judged = [row for row in rows if whole(row)]
    planted, found, others = (sum(row[name] for row in judged) for name in ("planted", "found", "unplanted"))
    return [
        "## `turnproof check` against `wc -w`",
        "",
        "The default suite; findings into a file as JSON lines. Medians of rounds in which both run in turn; memory is",
        "looked at in a round of its own, as that holds a command up. `wc` reads the files that are checked; of Parquet,",
        "which it can't read, the same turns as text files.",
        "",
        "![Seconds and memory over turns](bench.svg)",
        "",
        *table(head, cells, 2),
        "",
        f"{found:,} of {planted:,} planted defects were found, and critical findings in {others:,} sound transcripts.",
        "",
        *[line for each in refused(rows) for line in (each, "")],
        *scaling(judged),
    ]


def whole(row: Row) -> bool:
    """Whether all of a corpus was judged."""
    return bool(row["transcripts"] >= row["turns"] // TURNS_A_FILE)


def refused(rows: list[Row]) -> list[str]:
    """A sentence for each corpus that was not judged as a whole, whose time says nothing."""
    return [
        f"Of {row['turns']:,} turns as {NAMES[row['shape']]} only {row['transcripts']:,} transcripts were judged: a source "
        "was larger than is taken."
        for row in rows
        if not whole(row)
    ]


def scaling(rows: list[Row]) -> list[str]:
    """How time and memory grow from each size to the next, by shape."""
    cells: list[tuple[str, ...]] = []
    for shape in dict.fromkeys(row["shape"] for row in rows):
        mine = sorted((row for row in rows if row["shape"] == shape), key=lambda row: row["turns"])
        for small, large in pairwise(mine):
            more = large["turns"] / small["turns"]
            time = large["check"]["wall"] / small["check"]["wall"]
            grown = large["check"]["memory"] / small["check"]["memory"]
            cells.append(
                (
                    NAMES[shape],
                    f"{small['turns']:,} → {large['turns']:,}",
                    f"× {more:.0f}",
                    f"× {time:.2f}",
                    f"× {grown:.2f}",
                )
            )
    if not cells:
        return []
    return [*table(("shape", "from → to", "turns", "time", "memory"), cells, 2), ""]


def took(timing: Row) -> tuple[str, str, str]:
    """Wall and processor seconds, and memory."""
    return f"{timing['wall']:.2f}", f"{timing['cpu']:.2f}", f"{timing['memory']:,.0f}"


def starting(rows: list[Row]) -> list[str]:
    """What commands take on one file."""
    cells = [
        (f"`{row['command'].partition(',')[0]}`{''.join(row['command'].partition(',')[1:])}", *took(row["took"]))
        for row in rows
    ]
    ratio = next((row["ratio"] for row in rows if row["ratio"] is not None), None)
    return [
        "## Start-up",
        "",
        *table(("command, on one file", "s", "CPU s", "peak MB"), cells),
        "",
        *([f"A check takes {ratio:.2f} times as long as the import of Polars."] if ratio else []),
        "",
    ]


def running(rows: list[Row]) -> list[str]:
    """Whole runs."""
    lines = ["## `turnproof run`", ""]
    for row in rows:
        rest = row["took"]["wall"] - row["start"]["wall"]
        cells = [
            (f"{row['turns']:,} turns in text files", *took(row["took"])),
            ("one file: what starting takes", *took(row["start"])),
        ]
        stored = sum(row["tables"].values())
        lines += [
            "Into an empty store, with the site and Prefect's embedded server.",
            "",
            *table(("drop", "s", "CPU s", "peak MB"), cells),
            "",
            f"Without starting: {rest:.1f} s, {row['turns'] / rest:,.0f} turns a second. The store has {stored / row['turns']:.0f} "
            f"bytes a turn, the site {row['site'] / row['turns']:.0f}.",
            "",
        ]
    return lines


def stages(rows: list[Row]) -> list[str]:
    """Where the time goes."""
    lines = [
        "## Stages",
        "",
        "One process, one thread; what a stage takes itself. What each expectation takes alone: [COSTS.md](COSTS.md).",
        "",
    ]
    for command in dict.fromkeys(row["command"] for row in rows):
        mine = [row for row in rows if row["command"] == command]
        total = sum(row["cpu"] for row in mine)
        cells = [
            (
                row["stage"],
                f"{row['wall']:.2f}",
                f"{row['cpu']:.2f}",
                f"{row['cpu'] / total:.1%}",
                f"{row['megabytes'] / row['cpu']:,.0f}" if row["cpu"] else "",
            )
            for row in mine
        ]
        whole = (
            "**all**",
            f"{sum(row['wall'] for row in mine):.2f}",
            f"{total:.2f}",
            "",
            f"{mine[0]['megabytes'] / total:,.0f}",
        )
        lines += [*table((f"`{command}`", "s", "CPU s", "share", "MB/CPU s"), [*cells, whole]), ""]
    return lines


def six(rows: list[Row]) -> list[str]:
    """The contenders."""
    ours = next(row["whole"] for row in rows if row["name"] == "Turnproof")
    head = ("", "s", "CPU s", "peak MB", "× wall", "× CPU", "parse CPU s", "check CPU s", "check × CPU")
    cells = [
        (
            row["name"],
            *took(row["whole"]),
            f"{row['whole']['wall'] / ours['wall']:.2f}",
            f"{row['whole']['cpu'] / ours['cpu']:.2f}",
            *(f"{row[part][1]:.2f}" if row[part] else "" for part in ("parse", "check")),
            f"{row['check'][1] / ours['cpu']:.2f}" if row["check"] else "",
        )
        for row in rows
    ]
    counts = [(row["name"], *(f"{count:,}" for count in row["counts"].values())) for row in rows]
    same = len({tuple(row["counts"].values()) for row in rows}) == 1
    return [
        "## Six checks, five ways",
        "",
        f"The same six checks over the same {rows[0]['turns']:,} turns in text files (`tests/benches/six/`), each a command of its",
        "own, in turn. × is how many times as much as Turnproof's whole command takes. The libraries check turns that plain",
        "Python has parsed; the last columns tell that apart, and without it.",
        "",
        *table(head, cells),
        "",
        *([] if same else ["**They count differently:**", ""]),
        *table(("violations", *rows[0]["counts"]), counts),
        "",
    ]


SECTIONS: Final = {
    "throughput": throughput,
    "six": six,
    "running": running,
    "starting": starting,
    "stages": stages,
}
"""What is written of each bench, in order."""


def document(machine: dict[str, str], figures: Figures) -> str:
    """The whole file."""
    lines = [
        "# How fast Turnproof is",
        "",
        "Made by `make bench BENCH=--write` on {processor} with {memory} of memory; Python {Python}, Polars {Polars},\n"
        "Turnproof {Turnproof}; `wc` in the locale {locale of wc}.".format(**machine),
        "",
    ]
    for name, section in SECTIONS.items():
        if figures.get(name):
            lines += section(figures[name])
    return "\n".join(lines).rstrip() + "\n"
