"""List sources; `schemas.loading` loads their bytes.

A file is a source; so is each member of an archive, under the path of the archive and its own. What is compressed is
unpacked to a temporary file without a name, once, and read from there. Objects are listed and loaded many at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final

from schemas import places
from schemas.containers.compression import unpacked
from schemas.containers.entry import Entry
from schemas.containers.members import is_document, members
from schemas.errors import InputError, SourceError
from schemas.files import PIECE, Stamp, Window, give, glimpse, opened, shown
from schemas.limits import ARCHIVE_BYTES, SOURCE_BYTES
from schemas.many import for_each
from schemas.signatures import HEAD_BYTES, archive, compression, holds
from schemas.walking import is_wanted, reason, walk

STDIN: Final = Path("-")
"""The path that stands for standard input."""

STREAM: Final = Path("/dev/stdin")
"""Where its bytes are found; no file in a folder goes by that name."""


@dataclass(frozen=True, slots=True)
class Holder:
    """What holds a source, where that is not the file itself.

    Attributes:
        stamp: of the file when it was listed; places are good for no other.
        compression: what the file as a whole is compressed by, see `schemas.signatures.COMPRESSED`.
        archive: the kind of archive that it is, ``zip`` or ``tar``.
    """

    stamp: Stamp
    compression: str | None
    archive: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of what a file holds a source is, where it isn't all of it (see `schemas.parting`).

    Attributes:
        begin: its first byte; of a Parquet file, its first row.
        bytes: its size.
        lines, records: how many there are before it.
        rows: of a Parquet file, how many it has; else none.
    """

    begin: int
    bytes: int
    lines: int
    records: int
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """One source to read.

    Attributes:
        path: as findings name it.
        place: the path of the file that it is, or that holds it; a string, since it takes a third of a path's memory.
        bytes: its size, unpacked.
        holder: the archive or compressed file that holds it.
        entry: which member of an archive it is.
        trouble: kind and detail of why it can't be read, where that is known beforehand.
        stamp: of the file when it was listed, where nothing holds the source.
        part: which part of the file it is, where it isn't all of it.
    """

    path: str
    place: str
    bytes: int
    holder: Holder | None = None
    entry: Entry | None = None
    trouble: tuple[str, str] | None = None
    stamp: Stamp | None = None
    part: Part | None = None

    @property
    def file(self) -> Path:
        """The file that it is, or that holds it."""
        return Path(self.place)

    def __reduce__(self) -> tuple[object, ...]:
        """How it is pickled; what dataclasses do themselves takes three times as long."""
        own = self.path, self.place, self.bytes, self.holder, self.entry, self.trouble, self.stamp, self.part
        return Source, own


def list_sources(path: Path, *, within: bool = False) -> list[Source]:
    """What `each_source` finds."""
    return list(each_source(path, within=within))


def each_source(path: Path, *, within: bool = False) -> Iterator[Source]:
    """The sources at a path: of the file or object itself, or of all of a folder in order of name.

    In a folder, hidden files, the reports that stand beside mended copies, and ``_SUCCESS`` are left out.

    Links in a folder are listed but never followed.

    Args:
        path: a file or a folder, on disk or in an object store.
        within: name sources by their place in the folder (a file by its name), as a drop does, rather than by the path
            that leads there.

    Raises:
        InputError: if there is nothing at `path`, a folder holds no file, or an object store doesn't answer.
    """
    if places.is_remote(path):
        yield from _list_objects(path, within=within)
        return
    if path.is_file():
        yield from _sources(shown(path.name if within else path), os.fspath(path))
        return
    if not path.exists():
        raise InputError(f"{shown(path)}: expected a file or a folder, found nothing there; check the path")
    if not path.is_dir():
        raise InputError(f"{shown(path)}: expected a file or a folder, found neither; name a regular file")
    try:
        os.scandir(path).close()
    except OSError as error:
        raise InputError(
            f"{shown(path)}: expected a folder to list, found {error.strerror}; mend its permissions"
        ) from None
    begin = len(os.path.join(path, "")) if within and path != Path() else 0
    empty = True
    for file, trouble in walk(path):
        for source in _sources(shown(file[begin:]), file, trouble):
            empty = False
            yield source
    if empty:
        raise InputError(f"{shown(path)}: expected a folder with transcripts, found no file in it; check the path")


def list_standard_input(stream: BinaryIO) -> list[Source]:
    """The sources that come on a stream; they can be loaded until `schemas.files.forget`."""
    first = stream.read(PIECE)
    most = SOURCE_BYTES if not holds(first) else ARCHIVE_BYTES
    rest = iter(partial(stream.read, PIECE), b"")
    try:
        give(STREAM, chain([first], islice(rest, most // PIECE)))
    except SourceError as trouble:
        return [Source(str(STDIN), str(STREAM), 0, trouble=(trouble.kind, trouble.detail))]
    return list(_sources(str(STDIN), str(STREAM)))


def _sources(path: str, file: str, trouble: tuple[str, str] | None = None) -> Iterator[Source]:
    """The sources that a file is or holds."""
    try:
        if trouble is not None:
            raise SourceError(*trouble)
        size, stamp, head = glimpse(file, HEAD_BYTES)
        if holds(head):
            with opened(file) as window:
                yield from _members(path, file, window, archive(head), compression(head))
        else:
            yield Source(path, file, size, stamp=stamp)
    except SourceError as caught:
        yield Source(path, file, 0, trouble=(caught.kind, caught.detail))
    except OSError as error:
        yield Source(path, file, 0, trouble=("unreadable", reason(error)))


def _members(path: str, file: str, window: Window, kind: str | None, packing: str | None) -> Iterator[Source]:
    """The sources that an archive or a compressed file holds.

    Raises:
        SourceError: if there should be more.
    """
    stamp = window.stamp
    if packing is not None:
        window = unpacked(window, packing)
        # Any other archive in compressed data is one within another.
        kind = "tar" if archive(window.read(0, HEAD_BYTES)) == "tar" else None
    holder = Holder(stamp, packing, kind)
    if kind is None:
        yield Source(path, file, window.size, holder)
        return
    entries, trouble = members(window, kind)
    if kind == "zip" and is_document(entries):
        yield Source(path, file, window.size, stamp=stamp)
        return
    for entry in entries:
        size = entry.size if entry.trouble is None else 0
        yield Source(f"{path}/{entry.name}", file, size, holder, entry, entry.trouble)
    if trouble is not None:
        raise trouble


def _list_objects(path: Path, *, within: bool) -> list[Source]:
    found = [each for each in places.listed(path) if is_wanted(*each.path.relative_to(path).parts)]
    if not found:
        raise InputError(f"{shown(places.told(path))}: expected an object or a folder of some, found none; check it")

    def sources(each: places.Object) -> list[Source]:
        own = path.name if each.path == path else each.path.relative_to(path)
        return list(_object_sources(shown(own if within else places.told(each.path)), each))

    return list(chain.from_iterable(for_each(sources, found, remote=True)))


def _object_sources(path: str, found: places.Object) -> Iterator[Source]:
    """The sources that an object is or holds; only one that holds others is fetched as a whole."""
    place = os.fspath(found.path)
    try:
        start = places.head(found, HEAD_BYTES)
        if holds(start):
            with opened(found.path, found.stamp) as window:
                yield from _members(path, place, window, archive(start), compression(start))
        else:
            yield Source(path, place, found.bytes, stamp=found.stamp)
    except SourceError as caught:
        yield Source(path, place, 0, trouble=(caught.kind, caught.detail))
    except OSError as error:
        yield Source(path, place, 0, trouble=("unreadable", reason(error)), stamp=found.stamp)
