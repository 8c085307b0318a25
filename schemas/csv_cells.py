"""The cells of CSV and TSV files, with the line of each row.

Files with one header are read together by `pl.read_csv`, which is as fast as reading gets; rows find their lines by the
line breaks that they hold. It doesn't tell where a row is broken, and fills short rows up in silence: so what it gives
must account for every character of its file. A file where it doesn't, or that it refuses, is read by Python's csv
module row by row, which goes on after a broken one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import polars as pl

from schemas.columns import PROBLEMS
from schemas.csv_headers import Header
from schemas.limits import TABLE_CELLS
from schemas.regex import regex
from schemas.tables import CELLS, COLUMNS, TALLIES

_CELL: Final = r'(?:"(?:[^"]|"")*"|[^"\n%][^\n%]*|)'
"""A sound cell; ``%`` stands for the separator."""

_RESTARTS: Final = 10
"""So many quotes that are never closed are passed over; each costs reading the rest once more."""

_SMALL: Final = 4096
"""Bytes: files that are no larger together are not read in halves to find the odd one."""

_MILLISECONDS: Final = regex(r"(?i)(?<=[a-z])[\W_]?ms\s*$")


class Cells(NamedTuple):
    """What was read: `CELLS`, `TALLIES`, and `schemas.columns.PROBLEMS`."""

    cells: pl.DataFrame
    tallies: pl.DataFrame
    problems: pl.DataFrame


def read(sources: pl.DataFrame, heads: Mapping[str, tuple[Header, Mapping[str, int]]]) -> Cells:
    """Read the tables.

    Args:
        sources: source_key, text, head, which is null where a source is not to be read.
        heads: by the text of the header, what it says, and the places of the columns to read.
    """
    texts, sizes = bodies(sources, {head: header.separator for head, (header, _) in heads.items()})
    parts = [
        part
        for (head,), group in sizes.group_by("head", maintain_order=True)
        for part in _read(group, texts, *heads[str(head)])
    ]
    frames = [
        pl.concat([pl.DataFrame(schema=schema), *(part[place] for part in parts)])
        for place, schema in enumerate((CELLS, TALLIES, PROBLEMS))
    ]
    cells, tallies, problems = (frame.sort("source_key", maintain_order=True) for frame in frames)
    return Cells(cells, tallies, problems)


def bodies(sources: pl.DataFrame, separators: Mapping[str, str]) -> tuple[dict[int, bytes], pl.DataFrame]:
    """What follows the headers, without the line breaks at the end, by source; and what there is to know of it.

    Texts are kept out of the frame, since Polars copies the only row of one at every step, whatever is asked of it.

    Args:
        sources: as `read` gets them.
        separators: by the text of the header.
    """
    told = pl.col("head").is_not_null()
    body = pl.when(told).then("text").str.slice(pl.col("head").str.len_chars()).str.strip_chars_end("\n")
    found = sources.select(
        "source_key",
        "head",
        body=body,
        separator=pl.col("head").replace_strict(separators, default=None, return_dtype=pl.String),
        above=pl.col("head").str.count_matches("\n", literal=True),
        expected=pl.col("text").str.len_chars().cast(pl.Int64),
    ).with_columns(
        _breaks("body").alias("breaks"),
        quotes=pl.col("body").str.count_matches('"', literal=True),
        size=pl.col("body").str.len_chars().cast(pl.Int64),
    )
    sound = pl.col("quotes") == 0
    for separator in sorted(set(separators.values())):
        cell = _CELL.replace("%", re.escape(separator))
        quoted = pl.when((pl.col("quotes") > 0) & (pl.col("separator") == separator)).then("body")
        sound |= quoted.str.contains(rf"^(?:{cell}[{re.escape(separator)}\n])*{cell}$").fill_null(False)
    found = found.with_columns(sound=sound)
    sizes = found.drop("body").filter(told)
    rows = found.select("source_key", pl.col("body").cast(pl.Binary)).iter_rows()
    return {key: text for key, text in rows if text is not None}, sizes


def _read(
    sources: pl.DataFrame, texts: Mapping[int, bytes], head: Header, places: Mapping[str, int]
) -> Iterator[Cells]:
    """Read tables with one header: those that are sound together, and the others row by row."""
    cells = (pl.col("breaks") + 1) * len(head.names)
    large = sources.filter(cells > TABLE_CELLS)
    if len(large):
        told = (
            f"has {len(head.names)} columns, and with them more than the {TABLE_CELLS:,} cells that are taken; split it"
        )
        problems = large.select("source_key", record=None, line=None, kind=pl.lit("oversized"), detail=pl.lit(told))
        tallies = large.select("source_key", "expected", elsewhere="expected")
        yield Cells(pl.DataFrame(schema=CELLS), tallies.cast(TALLIES), problems.cast(PROBLEMS))
        sources = sources.filter(cells <= TABLE_CELLS)
    sound = sources["sound"]
    yield from _in_groups(sources.filter(sound), texts, head, places)
    if not sound.all():
        yield one_by_one(sources.filter(~sound), texts, head, places)


def _in_groups(
    sources: pl.DataFrame, texts: Mapping[int, bytes], head: Header, places: Mapping[str, int]
) -> Iterator[Cells]:
    """Read tables together, or in halves where a row of theirs has too few cells or too many."""
    found = together(sources, texts, head, places)
    half = len(sources) // 2
    if found is not None:
        yield found
    elif half and sources["size"].sum() > _SMALL:
        yield from _in_groups(sources[:half], texts, head, places)
        yield from _in_groups(sources[half:], texts, head, places)
    else:
        yield one_by_one(sources, texts, head, places)


def together(
    sources: pl.DataFrame, texts: Mapping[int, bytes], head: Header, places: Mapping[str, int]
) -> Cells | None:
    """Read tables whose quotes are sound by Polars; None where a row has not the width of the header."""
    full = sources.filter(pl.col("size") > 0)
    names = [str(place) for place in range(len(head.names))]
    text = b"\n".join(texts[key] for key in full["source_key"])
    try:
        rows = pl.read_csv(
            text,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=head.separator,
            empty_string_is_null=False,
            raise_if_empty=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    if (rows[names[-1]] == "").any() and not _even(text.decode(), head):
        return None
    rows = _with_blanks(_placed(rows, names, full), names, str(places["text"]))
    marks = pl.col(names).str.count_matches('"', literal=True).cast(pl.Int64) if full["quotes"].sum() else pl.lit(0)
    said = pl.col(str(places["text"])).str.len_chars().cast(pl.Int64)
    sums = rows.group_by("source_key").agg(
        rows=pl.len(),
        told=pl.sum_horizontal(pl.col(names).str.len_chars().cast(pl.Int64)).sum(),
        marks=pl.sum_horizontal(marks).sum(),
        text=said.filter(~pl.col("blank")).sum(),
    )
    counted = sources.join(sums, on="source_key", how="left", maintain_order="left").with_columns(
        pl.col("rows", "told", "marks", "text").fill_null(0)
    )
    # What is in no cell: separators, line breaks between rows, and quotes that are not written twice in a cell.
    between = pl.col("rows") * len(names) - (pl.col("rows") > 0) + pl.col("quotes") - pl.col("marks")
    counted = counted.with_columns(read=pl.col("told") + between)
    if (counted["read"] != counted["size"]).any():
        return None
    around = pl.col("expected") - pl.col("size")
    tallies = counted.select("source_key", "expected", elsewhere=around + pl.col("read") - pl.col("text"))
    before = [_breaks(name) for name in names[: places["text"]]]
    rows = rows.with_columns(text_line=pl.sum_horizontal(pl.col("line"), *before) if full["breaks"].sum() else "line")
    cells = _cells(rows.filter(~pl.col("blank")), head, places)
    return Cells(cells, tallies.cast(TALLIES), pl.DataFrame(schema=PROBLEMS))


def _even(text: str, head: Header) -> bool:
    """Whether all rows of a table with sound quotes are as wide as the header.

    Polars fills short rows up and takes an empty cell too many; a row of each would make up for the other's characters.
    """
    plain = re.sub(r'"(?:[^"]|"")*"', "", text) if '"' in text else text
    separators = pl.Series(plain.split("\n"), dtype=pl.String).str.count_matches(head.separator, literal=True)
    return bool((separators == len(head.names) - 1).all())


def _with_blanks(rows: pl.DataFrame, names: list[str], text: str) -> pl.DataFrame:
    """Rows with ``blank``: whether all their cells are. Spreadsheets leave such rows at the end."""
    rows = rows.with_columns(blank=~pl.col(text).str.contains(r"\S"))
    if not rows["blank"].any():
        return rows
    filled = pl.any_horizontal(pl.col(names).str.contains(r"\S"))
    return rows.with_columns(blank=pl.col("blank") & ~filled)


def _placed(rows: pl.DataFrame, names: list[str], sources: pl.DataFrame) -> pl.DataFrame:
    """Rows with their source and their line: files begin where those before end, and rows too."""
    lines = sources["breaks"] + 1
    first = lines.cum_sum() - lines
    plain = len(rows) == lines.sum()
    height = (pl.lit(0, pl.UInt32) if plain else pl.sum_horizontal(map(_breaks, names))) + 1
    row = rows.select(row=height.cum_sum() - height).to_series() if not plain else pl.int_range(len(rows), eager=True)
    place = first.search_sorted(row, side="right") - 1
    line = row - first.gather(place) + sources["above"].gather(place) + 1
    return rows.with_columns(sources["source_key"].gather(place), line=line)


def _breaks(column: str) -> pl.Expr:
    return pl.col(column).str.count_matches("\n", literal=True).cast(pl.Int64)


def _cells(rows: pl.DataFrame, head: Header, places: Mapping[str, int]) -> pl.DataFrame:
    """The columns that are wanted, by what they hold."""
    chosen = {what: pl.col(str(places[what])) if what in places else pl.lit(None, pl.String) for what in COLUMNS}
    for what in ("start", "end"):
        if what in places and _MILLISECONDS.search(head.names[places[what]]):
            chosen[what] = (chosen[what].cast(pl.Float64, strict=False) / 1000).cast(pl.String)
    return rows.select("source_key", "line", "text_line", **chosen).cast(CELLS)


def one_by_one(sources: pl.DataFrame, texts: Mapping[int, bytes], head: Header, places: Mapping[str, int]) -> Cells:
    """Read tables by Python's csv module."""
    width = len(head.names)
    rows: list[tuple[object, ...]] = []
    tallies: list[tuple[int, int, int]] = []
    problems: list[tuple[int, None, int, str, str]] = []
    for source, above, expected in sources.select("source_key", "above", "expected").iter_rows():
        characters = 0
        for place, cells, trouble in rows_of(texts[source].decode(), head.separator):
            line = above + place
            if trouble is not None or len(cells) != width:
                told = trouble or f"has {len(cells)} cells where the header has {width}"
                problems.append((source, None, line, "broken", f"the row at line {line} {told}"))
                continue
            characters += len(cells[places["text"]])
            before = sum(cell.count("\n") for cell in cells[: places["text"]])
            rows.append((source, line, line + before, *cells))
        tallies.append((source, expected, expected - characters))
    schema = {"source_key": pl.UInt32, "line": pl.UInt32, "text_line": pl.UInt32}
    frame = pl.DataFrame(rows, schema | {str(place): pl.String for place in range(width)}, orient="row")
    return Cells(
        _cells(frame, head, places),
        pl.DataFrame(tallies, TALLIES, orient="row"),
        pl.DataFrame(problems, PROBLEMS, orient="row"),
    )


def rows_of(text: str, separator: str) -> Iterator[tuple[int, list[str], str | None]]:
    """The rows of a table: (line, cells, what is wrong); blank ones are left out."""
    # A cell is never larger than its source, which is in memory already.
    limit = csv.field_size_limit(max(len(text), 1))
    try:
        yield from _rows_within(text, separator)
    finally:
        csv.field_size_limit(limit)


def _rows_within(text: str, separator: str) -> Iterator[tuple[int, list[str], str | None]]:
    lines = list(io.StringIO(text, newline="\n"))
    first, restarts = 0, 0
    while first < len(lines):
        reader = csv.reader(lines[first:], delimiter=separator, strict=True)
        while True:
            line = first + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is never closed takes all rows after it: begin again right after its line.
                swallowed = first + reader.line_num == len(lines) and line < len(lines)
                restarts += swallowed
                rest = ", and the rest was not read" if restarts > _RESTARTS else ""
                yield line, [], f"is not sound: {error}{rest}"
                if rest:
                    return
                if swallowed:
                    first = line
                    break
                continue
            if any(cell.strip() for cell in cells):
                yield line, cells, None
