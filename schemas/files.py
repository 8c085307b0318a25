"""Files as they are read: regular ones only, without following links, and by several threads at once.

An object of an object store is fetched to a temporary file without a name, and read from there.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from threading import RLock
from typing import IO, Final

from schemas import places
from schemas.errors import SourceError
from schemas.limits import ARCHIVE_BYTES, sized
from schemas.regex import regex

_CONTROL: Final = regex(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, separators of lines, and what turns the direction of writing."""

PIECE: Final = 2**18
"""Bytes are read, unpacked and hashed in pieces of this size."""

Stamp = tuple[int, ...]

_KEPT_FILES: Final = 8
"""How many fetched and unpacked files are kept for the next reader: two for each thread that reads, and two more."""


@dataclass(frozen=True)
class Window:
    """A stretch of an open file. Reading from it moves no position, so that threads may share the file.

    Attributes:
        number: the file's descriptor.
        start: where the stretch begins.
        size: its length in bytes.
        stamp: what changes when the file does.
        owner: what keeps the file open, if something does.
        trouble: why there is no more of it, where there should be.
    """

    number: int
    start: int
    size: int
    stamp: Stamp = ()
    owner: object = None
    trouble: SourceError | None = None

    def read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on; fewer only where the stretch, or the file, ends."""
        return _read(self.number, self.start + offset, max(0, min(size, self.size - offset)))

    def pieces(self, size: int = PIECE, start: int = 0) -> Iterator[bytes]:
        """All from `start` on, in pieces of `size`."""
        return (self.read(offset, size) for offset in range(start, self.size, size))


def _read(number: int, offset: int, size: int) -> bytes:
    """So many bytes of a file; fewer only where it ends."""
    parts: list[bytes] = []
    while size and (part := os.pread(number, size, offset)):
        parts.append(part)
        offset += len(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class _Nameless:
    """A temporary file without a name: it vanishes with the process, however that ends, and with this object."""

    def __init__(self) -> None:
        self.file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - it is closed with this object

    def __del__(self) -> None:
        self.file.close()


_kept: Final[OrderedDict[Stamp, Window]] = OrderedDict()
_given: Final[dict[str, Window]] = {}
_keeping: Final = RLock()
_numbers: Final = count()


def spool(pieces: Iterable[bytes], stamp: Stamp = ()) -> Window:
    """Write bytes to a temporary file without a name.

    Raises:
        SourceError: if there is no room for them.
    """
    owner = _Nameless()
    size = 0
    try:
        for piece in pieces:
            owner.file.write(piece)
            size += len(piece)
        owner.file.flush()
    except OSError as error:
        detail = f"there is no room to unpack or fetch it ({error.strerror}); set TMPDIR to a folder that has some"
        raise SourceError("unreadable", detail) from None
    return Window(owner.file.fileno(), 0, size, stamp, owner)


def kept(stamp: Stamp, make: Callable[[], Window]) -> Window:
    """What `make` makes for `stamp`, made once where possible: the last few are kept."""
    with _keeping:
        found = _kept.pop(stamp, None) or make()
        _kept[stamp] = found
        while len(_kept) > _KEPT_FILES:
            _kept.popitem(last=False)
        return found


def give(path: Path, pieces: Iterable[bytes]) -> None:
    """Let `opened` find bytes at a path, until `forget`.

    Raises:
        SourceError: if there is no room for them.
    """
    _given[os.fspath(path)] = spool(pieces, (next(_numbers),))


def forget() -> None:
    """Let go of what is kept, once all is read: it takes room in the temporary folder."""
    with _keeping:
        _kept.clear()
        _given.clear()


def opened(path: Path | str, wanted: Stamp | None = None) -> AbstractContextManager[Window]:
    """The whole of a regular file, or of an object, while it is open.

    Args:
        path: where it is.
        wanted: the stamp that it should have; of an object with it, what was fetched is kept for the next time.

    Raises:
        InputError: if an object store doesn't answer.
        OSError: if it can't be opened.
        SourceError: if it is a link, or no regular file.
    """
    if _given and (given := _given.get(os.fspath(path))) is not None:
        return nullcontext(given)
    try:
        return _Open(_descriptor(path))
    except OSError:
        if not places.is_remote(path):
            raise
        found = Path(path)
        return nullcontext(_fetched(found) if wanted is None else kept((*wanted, 1), lambda: _fetched(found)))


def glimpse(path: Path | str, size: int) -> tuple[int, Stamp, bytes]:
    """The size of a regular file, its stamp, and its first `size` bytes: what `opened` tells, in half the time.

    Raises:
        OSError: if it can't be opened.
        SourceError: if it is a link, or no regular file.
    """
    if _given and (given := _given.get(os.fspath(path))) is not None:
        return given.size, given.stamp, given.read(0, size)
    number = _descriptor(path)
    try:
        found = _regular(number)
        return found.st_size, _stamp(found), _read(number, 0, min(size, found.st_size))
    finally:
        os.close(number)


def content(path: Path | str, most: int) -> bytes | None:
    """All of a regular file, or of an object, None where it is larger than `most` bytes; sooner than by `opened`.

    Raises:
        InputError: if an object store doesn't answer.
        OSError: if it can't be opened.
        SourceError: if it is a link, or no regular file.
    """
    if _given or places.is_remote(path):
        with opened(path) as window:
            return window.read(0, window.size) if window.size <= most else None
    number = _descriptor(path)
    try:
        size = _regular(number).st_size
        return _read(number, 0, size) if size <= most else None
    finally:
        os.close(number)


def _descriptor(path: Path | str) -> int:
    try:
        # Without following links: a drop could otherwise publish any file of the machine. Without blocking, lest a
        # pipe hang the run.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        if not places.is_remote(path) and os.path.islink(path):
            raise SourceError("unreadable", "it is a link, and links are not followed") from None
        raise


def _regular(number: int) -> os.stat_result:
    found = os.fstat(number)
    if not stat.S_ISREG(found.st_mode):
        raise SourceError("unreadable", "it is no regular file")
    return found


class _Open:
    """An open file; there are many, and a generator would take twice as long."""

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> Window:
        try:
            found = _regular(self._number)
        except SourceError:
            os.close(self._number)
            raise
        return Window(self._number, 0, found.st_size, _stamp(found))

    def __exit__(self, *_: object) -> None:
        os.close(self._number)


def stamp(path: Path | str) -> Stamp:
    """The stamp of a file as it is now; that of a link is of the link itself.

    Raises:
        InputError: if an object store doesn't answer.
        OSError: if there is none.
    """
    return places.look(Path(path)).stamp if places.is_remote(path) else _stamp(os.lstat(path))


def _fetched(path: Path) -> Window:
    found, pieces = places.content(path)
    if found.bytes > ARCHIVE_BYTES:
        raise SourceError("oversized", f"holds more than {sized(ARCHIVE_BYTES)}, the most that is taken; split it")
    return spool(pieces, found.stamp)


def _stamp(found: os.stat_result) -> Stamp:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def shown(path: Path | str) -> str:
    """A path as text that any output can hold.

    Bytes that are no UTF-8, and control characters, which could steer a terminal or break a line, are written in
    hexadecimal.
    """
    text = os.fspath(path)
    if text.isascii() and text.isprintable():
        return text
    if not text.isascii():
        text = os.fsencode(text).decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
