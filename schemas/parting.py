"""Cut large files of chats, one a line, and large Parquet files into parts that are read as sources of their own.

A source is judged as a whole, in some 10 to 15 times its size of memory and by one process. A transcript that is a line
or a row, or rows that follow each other, needs nothing of the others, so that a file of any size can be judged part by
part, and by several processes. Parts have the path of their file, and their transcripts and lines the numbers that they
have in it: nothing that is told of a transcript depends on where a file was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from schemas.errors import SourceError
from schemas.files import Window
from schemas.format import ReadingOptions
from schemas.json_look import is_by_line, look
from schemas.json_shapes import CHATS
from schemas.limits import BATCH_BYTES, SOURCE_BYTES
from schemas.listing import Part, Source
from schemas.loading import whole
from schemas.places import is_remote
from schemas.regex import regex

PART_BYTES: Final = BATCH_BYTES
"""A part is of about this size, as the batches that sources are read in; a file of less than two is left as it is."""

_PARQUET_BYTES: Final = 2**20
"""Packed, a Parquet file may be a tenth of what it holds, or less; smaller ones are not looked into."""

_PIECE: Final = 2**18
"""Bytes that are looked at in one go for the ends of lines."""

_HEAD: Final = 2**20
"""Bytes at the beginning of a file that tell what its lines are."""

_BLANK: Final = regex(rb"\n\s*\n")
_LEAD: Final = regex(rb"\s*\n")


def parted(sources: Iterable[Source], options: ReadingOptions) -> Iterator[Source]:
    """The sources, with parts in place of each large one that can be cut.

    What changes, is no such file after all or can't be read stays as it is: who loads it will tell. So does an object
    of a store, which would have to be fetched to be cut, and a member of an archive.
    """
    for source in sources:
        parts: tuple[Part, ...] = ()
        if may_be_cut(source):
            try:
                with whole(source) as window:
                    parts = tuple(_parts(window, options))
            except (OSError, SourceError):
                parts = ()
        yield from (replace(source, bytes=part.bytes, part=part) for part in parts) if len(parts) > 1 else (source,)


def may_be_cut(source: Source) -> bool:
    """Whether a source may have parts, as far as its size tells."""
    least = _PARQUET_BYTES if source.holder is None else 2 * PART_BYTES
    return source.bytes >= least and source.entry is None and not is_remote(source.place)


def _parts(window: Window, options: ReadingOptions) -> Iterator[Part]:
    if window.read(0, 4) == b"PAR1" and options.format in {None, "parquet"}:
        # Slow to import.
        from schemas import parquet_parts

        yield from parquet_parts.parts(window, PART_BYTES)
    elif window.size >= 2 * PART_BYTES and _holds_chats(window, options):
        yield from _parts_of_lines(window)


def _holds_chats(window: Window, options: ReadingOptions) -> bool:
    """Whether the first lines are records that are transcripts, one each."""
    head, _, _ = window.read(0, _HEAD).rpartition(b"\n")
    try:
        text = head.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return False
    shape = look(text, options.format) if is_by_line(text) and options.format in {None, *CHATS} else None
    return shape is not None and shape.format in CHATS and shape.layout == "records"


def _parts_of_lines(window: Window) -> Iterator[Part]:
    """The parts of a file, none where a line is too long to be one."""
    begin = end = lines = records = 0
    line, record = lines, records
    for piece in _lines(window):
        end += len(piece)
        lines, records = lines + _breaks(piece), records + _filled(piece)
        if end - begin >= PART_BYTES and window.size - end >= PART_BYTES // 2:
            yield Part(begin, end - begin, line, record)
            begin, line, record = end, lines, records
    if begin < end:
        yield Part(begin, end - begin, line, record)


def _lines(window: Window) -> Iterator[bytes]:
    """All bytes, in pieces that end where a line does."""
    rest: list[bytes] = []
    for piece in window.pieces(_PIECE):
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield b"".join((*rest, piece[:cut]))
            rest = []
        rest.append(piece[cut:])
        if len(rest) * _PIECE > SOURCE_BYTES:
            raise SourceError("oversized", "has a line that no part can hold")
    if any(rest):
        yield b"".join(rest)


def _breaks(lines: bytes) -> int:
    """How many line breaks there are once all are of one kind."""
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines.count(b"\n")


def _filled(lines: bytes) -> int:
    """How many lines aren't blank."""
    if b"\r" in lines:
        lines = lines.replace(b"\r", b"\n")
    if _LEAD.match(lines) or _BLANK.search(lines):
        return sum(not line.isspace() for line in lines.split(b"\n") if line)
    return lines.count(b"\n") + (not lines.endswith(b"\n"))
