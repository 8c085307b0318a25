"""What Parquet files hold, read by PyArrow: only the columns that are wanted, in batches, within limits.

Not by Polars: damaged files make it ask for memory that no machine has, and that ends the process, the whole drop with
it. PyArrow raises for each of them. Importing it takes long, so it is imported where there is a Parquet file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from io import RawIOBase
from itertools import accumulate
from typing import Any, Final, NamedTuple

import polars as pl

from schemas.files import Window
from schemas.limits import ROWS, SOURCE_BYTES, allowed, excess, sized

_DATA: Final = pl.col("data").bin
MINE: Final = _DATA.starts_with(b"PAR1\x15") | (
    (_DATA.starts_with(b"PAR1") | _DATA.starts_with(b"PARE"))
    & (_DATA.ends_with(b"\0PAR1") | _DATA.ends_with(b"\0PARE"))
)
"""Which bytes are a Parquet file: its mark and the beginning of a page, which every writer puts there; or the mark at
both ends, the last one after the footer's size. Text may begin with ``PAR1:``."""

_BATCH: Final = 512
"""Rows read at once. A file may repeat one long text in all its rows and be tiny: reading stops at the limit, which
memory exceeds by a batch at most."""


class _Stream(RawIOBase):
    """A stretch of an open file as PyArrow reads it."""

    def __init__(self, window: Window) -> None:
        self._window, self._place = window, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = offset + (0, self._place, self._window.size)[whence]
        return self._place

    def read(self, size: int = -1) -> bytes:
        found = self._window.read(self._place, self._window.size if size < 0 else size)
        self._place += len(found)
        return found


class BrokenParquetError(Exception):
    """A Parquet file that can't be read; the message is what follows "the file", without any of its content."""


class OversizedParquetError(BrokenParquetError):
    """A Parquet file that holds more than is taken."""


class Cells(NamedTuple):
    """What was read of a file.

    Attributes:
        rows: cells as text.
        characters: how many there are in the column of the text as it lies in the file, which `rows` should have.
    """

    rows: pl.DataFrame
    characters: int


class ParquetFile:
    """An open Parquet file.

    Attributes:
        types: PyArrow's types by the names of its columns; of columns with one name, the first.
        rows: how many there are.
    """

    def __init__(self, data: bytes | Window) -> None:
        """Read the footer.

        Args:
            data: the file, or where it lies if it is read in parts: then it may have any number of rows.

        Raises:
            BrokenParquetError: if there is no footer, or the file is encrypted, or tells of more than is taken.
        """
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        if isinstance(data, Window):
            self._size, ends = data.size, (data.read(0, 4), data.read(data.size - 4, 4))
            source = arrow.PythonFile(_Stream(data), "r")
        else:
            self._size, ends = len(data), (data[:4], data[-4:])
            source = arrow.BufferReader(data)
        if b"PARE" in ends:
            raise BrokenParquetError("is encrypted; export it without encryption")
        self._file: Any = _guarded(lambda: parquet.ParquetFile(source))
        schema: Any = _guarded(lambda: self._file.schema_arrow)
        names: list[str] = _guarded(lambda: schema.names)
        self.types: dict[str, Any] = {name: schema.field(names.index(name)).type for name in names}
        self.rows: int = self._file.metadata.num_rows
        if self.rows < 0 or (self.rows > ROWS and not isinstance(data, Window)):
            raise OversizedParquetError(f"tells of {self.rows:,} rows, more than the {ROWS:,} that are taken; split it")

    def groups(self, names: Sequence[str]) -> list[tuple[int, int]]:
        """The rows of each row group, and the bytes that columns of it unpack to, as the footer says.

        Raises:
            BrokenParquetError: if it doesn't say.
        """
        count: int = self._file.metadata.num_row_groups
        found: list[tuple[int, int]] = _guarded(
            lambda: [(self._file.metadata.row_group(each).num_rows, self._told(names, each)) for each in range(count)]
        )
        return found

    def columns(self, names: Sequence[str], chosen: range | None = None) -> Iterator[dict[str, Any]]:
        """Batches of the columns, as PyArrow's arrays by name.

        Args:
            names: of the columns.
            chosen: which rows, if not all.

        Raises:
            BrokenParquetError: if they can't be read, or hold more than is taken.
        """
        told = self.groups(names)
        if chosen is None and sum(size for _, size in told) > allowed(self._size, SOURCE_BYTES):
            raise OversizedParquetError(excess(self._size, SOURCE_BYTES))
        wanted = range(self.rows) if chosen is None else chosen
        ends = list(accumulate(rows for rows, _ in told))
        spans = [(end - rows, end) for end, (rows, _) in zip(ends, told, strict=True)]
        groups = [place for place, (begin, end) in enumerate(spans) if end > wanted.start and begin < wanted.stop]
        if chosen is None:
            groups = list(range(len(told)))
        place = spans[groups[0]][0] if groups else 0
        batches = iter(
            self._file.iter_batches(batch_size=_BATCH, row_groups=groups, columns=list(names), use_threads=False)
        )
        size = rows = 0
        while (chosen is None or rows < len(wanted)) and (batch := _guarded(lambda: next(batches, None))) is not None:
            _guarded(partial(batch.validate, full=True))
            if chosen is not None:
                skipped, place = max(wanted.start - place, 0), place + batch.num_rows
                batch = batch.slice(skipped, len(wanted) - rows)
            size, rows = size + batch.nbytes, rows + batch.num_rows
            if size > SOURCE_BYTES or rows > len(wanted):
                raise OversizedParquetError(f"unpacks to more than {sized(SOURCE_BYTES)}, the most that is taken")
            # Of columns with one name, the first.
            yield dict(reversed(list(zip(batch.schema.names, batch.columns, strict=True))))
        if rows < len(wanted):
            raise BrokenParquetError(f"holds {rows:,} of the {len(wanted):,} rows that it tells of")

    def _told(self, names: Sequence[str], group: int) -> int:
        """How many bytes the footer says that columns of a row group unpack to."""
        found = self._file.metadata.row_group(group)
        chunks = (found.column(place) for place in range(found.num_columns))
        return sum(max(chunk.total_uncompressed_size, 0) for chunk in chunks if _begins(chunk.path_in_schema, names))

    def first(self, name: str) -> list[str | None]:
        """The first texts of a column, at most a batch of them.

        Raises:
            BrokenParquetError: as `columns`.
        """
        none: list[str | None] = []
        rows = range(min(self.rows, _BATCH))
        return next((as_text(batch[name]).to_list() for batch in self.columns([name], rows)), none)

    def texts(self, wanted: Mapping[str, str]) -> Cells:
        """Columns of single values as text, by the names that they are wanted by; what has no text is null.

        Args:
            wanted: names of columns by the names they are to have; one of them is to be ``text``.

        Raises:
            BrokenParquetError: as `columns`.
        """
        parts: list[pl.DataFrame] = []
        characters = 0
        for batch in self.columns(sorted(set(wanted.values()))):
            characters += _characters(batch[wanted["text"]])
            parts.append(pl.DataFrame({new: as_text(batch[name]) for new, name in wanted.items()}))
        return Cells(pl.concat([pl.DataFrame(schema=dict.fromkeys(wanted, pl.String)), *parts]), characters)

    def messages(self, name: str, speaker: str, text: str) -> Cells:
        """The items of a column of lists: rows of (row, speaker, text), the row from 0.

        Raises:
            BrokenParquetError: as `columns`.
        """
        compute = import_module("pyarrow.compute")
        parts: list[pl.DataFrame] = []
        done = found = characters = 0
        for batch in self.columns([name]):
            lists = batch[name]
            items = compute.list_flatten(lists)
            characters += _characters(compute.struct_field(lists.flatten(), text))
            parts.append(
                pl.DataFrame(
                    {
                        "row": pl.Series(compute.list_parent_indices(lists).to_pylist(), dtype=pl.Int64) + done,
                        "speaker": as_text(compute.struct_field(items, speaker)),
                        "text": as_text(compute.struct_field(items, text)),
                    }
                )
            )
            done, found = done + len(lists), found + len(items)
            if found > ROWS:
                raise OversizedParquetError(f"holds more than {ROWS:,} messages, the most that are taken; split it")
        none = pl.DataFrame(schema={"row": pl.Int64, "speaker": pl.String, "text": pl.String})
        return Cells(pl.concat([none, *parts]), characters)


def is_text(kind: Any) -> bool:
    """Whether a type of PyArrow is text, plain or by a dictionary."""
    return str(kind).removeprefix("large_") in ("string", "string_view") or str(kind).startswith(
        "dictionary<values=str"
    )


def _characters(array: Any) -> int:
    """How many characters the texts of an array hold, counted by PyArrow, before anything is made of them."""
    arrow, compute = import_module("pyarrow"), import_module("pyarrow.compute")
    if not is_text(array.type):
        return 0
    length: Any = _guarded(lambda: compute.sum(compute.utf8_length(array.cast(arrow.large_string()))))
    return int(length.as_py() or 0)


def _begins(path: str, names: Sequence[str]) -> bool:
    return any(path == name or path.startswith(f"{name}.") for name in names)


def as_text(array: Any) -> pl.Series:
    """The values of an array as text, null where they have none."""
    try:
        return pl.Series(as_strings(array), dtype=pl.String)
    except UnicodeDecodeError:
        return pl.Series([None] * len(array), dtype=pl.String)


def as_strings(array: Any) -> Any:
    """The values of an array as PyArrow's strings, null where they have none."""
    arrow = import_module("pyarrow")
    if str(array.type).startswith("duration"):
        # As text it would be a number of some unit.
        array = arrow.nulls(len(array))
    try:
        return arrow.array(array).cast(arrow.large_string())
    except (arrow.ArrowException, UnicodeDecodeError):
        return arrow.nulls(len(array), arrow.large_string())


def _guarded(step: Callable[[], Any]) -> Any:
    """What a step of PyArrow gives; what it raises names columns and values, and is not told."""
    arrow = import_module("pyarrow")
    try:
        return step()
    except (arrow.ArrowException, OSError, ValueError, OverflowError, MemoryError, IndexError):
        raise BrokenParquetError("is damaged, or holds types that are not known; export it again") from None
