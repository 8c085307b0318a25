"""Cut large Parquet files into parts: rows that hold whole transcripts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from importlib import import_module
from itertools import accumulate, pairwise
from typing import Any, Final

from schemas.errors import SourceError
from schemas.files import Window
from schemas.formats.parquet import Layout, layout_of
from schemas.limits import ARCHIVE_BYTES, allowed
from schemas.listing import Part
from schemas.parquet import BrokenParquetError, OversizedParquetError, ParquetFile, as_strings

_RUNS: Final = 2_000_000
"""The most transcripts of a turn table that is cut; where each begins is kept."""

_CUTS: Final = 16
"""A row group is cut into no more than so many parts, as to read one takes reading those before it in its group."""


def parts(window: Window, size: int) -> Iterator[Part]:
    """The parts of a file, of about `size` bytes of the columns that are read; none where it isn't cut.

    It isn't where it is small or unpacks to too much, holds dialogues as texts, of which the first ones tell what they
    are, or where rows of a transcript don't follow each other.

    Raises:
        SourceError: if it can't be read.
    """
    try:
        file = ParquetFile(window)
        layout = layout_of(file)
        if layout is None or layout.text or (layout.turns and "transcript" not in layout.turns):
            return
        groups = file.groups(layout.names)
        unpacked = sum(each for _, each in groups)
        # What unpacks to too much, or contradicts itself, is left to who reads the whole, and refuses it.
        if not 2 * size <= unpacked <= allowed(window.size, ARCHIVE_BYTES) or not _agree(groups, file.rows):
            return
        begins = _begins(file, layout.turns["transcript"]) if layout.turns else None
    except BrokenParquetError as error:
        raise _trouble(error) from None
    if begins is not None and not begins:
        return
    yield from _cut_at(groups, size, begins, file.rows, max(len(layout.lists), 1))


def _agree(groups: list[tuple[int, int]], rows: int) -> bool:
    return all(count >= 0 for count, _ in groups) and sum(count for count, _ in groups) == rows


def _cut_at(
    groups: list[tuple[int, int]], size: int, begins: list[int] | None, rows: int, records: int
) -> Iterator[Part]:
    """Parts that begin where transcripts do; without `begins` each row holds as many as `records` says."""
    begin = told = done = 0
    for count, unpacked in groups:
        pieces = min(max(unpacked // size, 1), _CUTS)
        for number in range(pieces):
            end = done + count * (number + 1) // pieces
            told += unpacked // pieces
            if begins is not None:
                place = bisect_left(begins, end)
                end = begins[place] if place < len(begins) else rows
            if told >= size and begin < end < rows:
                yield Part(begin, told, begin, _before(begins, begin, records), end - begin)
                begin, told = end, 0
        done += count
    if begin < rows:
        yield Part(begin, told, begin, _before(begins, begin, records), rows - begin)


def _before(begins: list[int] | None, row: int, records: int) -> int:
    """How many transcripts begin before a row."""
    return row * records if begins is None else bisect_left(begins, row)


def _begins(file: ParquetFile, name: str) -> list[int]:
    """The rows at which the transcripts of a turn table begin; none where one's rows don't follow each other.

    Raises:
        BrokenParquetError: if they can't be read.
    """
    compute = import_module("pyarrow.compute")
    begins: list[int] = []
    seen: set[str | None] = set()
    row, last = 0, None
    for span in pairwise([0, *accumulate(rows for rows, _ in file.groups([name]))]):
        for batch in file.columns([name], range(*span)):
            found: Any = compute.run_end_encode(as_strings(batch[name]))
            for begin, value in zip([0, *found.run_ends.to_pylist()], found.values.to_pylist(), strict=False):
                # As `schemas.tables` tells them apart.
                transcript = value if value is not None and value.strip() else None
                if not begins or transcript != last:
                    if transcript in seen or len(begins) == _RUNS:
                        return []
                    seen.add(transcript)
                    begins.append(row + begin)
                last = transcript
            row += len(batch[name])
    return begins


def cut(window: Window, begin: int, rows: int) -> bytes:
    """A Parquet file of its own of some rows, with the columns that are read, not compressed.

    Raises:
        SourceError: if they can't be read.
    """
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    try:
        file = ParquetFile(window)
        names = (layout_of(file) or Layout({}, {})).names
        found = [
            arrow.record_batch([batch[name] for name in names], names=names)
            for batch in file.columns(names, range(begin, begin + rows))
        ]
    except BrokenParquetError as error:
        raise _trouble(error) from None
    out = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_batches(found), out, compression="none", use_dictionary=False)
    whole: bytes = out.getvalue().to_pybytes()
    return whole


def _trouble(error: BrokenParquetError) -> SourceError:
    return SourceError("oversized" if isinstance(error, OversizedParquetError) else "broken", f"the file {error}")
