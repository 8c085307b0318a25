"""Unpack gzip, bzip2, xz, Zstandard and the DEFLATE of zip: piece by piece, and never more than is allowed.

The standard library's decompressors are used, and for Zstandard `backports.zstd`, which is the standard library's own
module from Python 3.14 on; not its file classes, as these pass over rubbish after the end in silence, and can't be told
how much memory to take.
"""

from __future__ import annotations

import sys
import zlib
from bz2 import BZ2Decompressor
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from lzma import LZMADecompressor
from typing import Final, Protocol

from schemas.errors import SourceError
from schemas.files import Window, kept, spool
from schemas.limits import ARCHIVE_BYTES, MEMORY_BYTES, SOURCE_BYTES, allowed, excess, sized
from schemas.signatures import HEAD_BYTES, archive

IN_BYTES: Final = 2**14
"""Bytes to unpack at a time; few, as what is left of them is copied for each stream that ends within."""

_OUT_BYTES: Final = 2**18
"""Bytes to make of them at a time."""


class CutOffError(SourceError):
    """Compressed data end too early; what came before is whole."""


class Decompressor(Protocol):
    """What decompressors of `bz2`, `lzma` and `zstd` have in common."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without more input."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes of what the input so far unpacks to."""
        ...


class Inflater:
    """A decompressor of `zlib`, made like the others.

    Args:
        wbits: 31 for gzip, -15 for DEFLATE as in zip.
    """

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes of what the input so far unpacks to."""
        found = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(found) < max_length
        return found


def unpack(packed: Iterable[bytes], make: Callable[[], Decompressor]) -> Iterator[bytes]:
    """Yield what compressed bytes unpack to, in pieces, one stream after the other.

    Raises:
        CutOffError: if there should be more.
        SourceError: if they are damaged.
    """
    inner: Decompressor | None = None
    begun = False
    for piece in packed:
        data = piece
        while True:
            if inner is None:
                # Zeros fill up the blocks of tapes and of xz.
                data = data.lstrip(b"\0") if begun else data
                if not data:
                    break
                inner, begun = make(), True
            try:
                found = inner.decompress(data, _OUT_BYTES)
            except Exception:  # Each library has errors of its own.
                detail = f"its compressed data are damaged, or take more than {sized(MEMORY_BYTES)} to unpack"
                raise SourceError("broken", f"{detail}; pack it again") from None
            if found:
                yield found
            if inner.eof:
                data, inner = inner.unused_data, None
            elif inner.needs_input:
                break
            else:
                data = b""
    if inner is not None or not begun:
        raise CutOffError("broken", "is cut off: its compressed data end too early; copy it again")


def unpacked(file: Window, name: str) -> Window:
    """What a compressed file unpacks to, in a temporary file without a name.

    A tar archive that is cut off is kept, as members that come before are whole; its ``trouble`` tells.

    Args:
        file: the whole of it.
        name: one of `schemas.signatures.COMPRESSED`.

    Raises:
        SourceError: if it is damaged, cut off, or unpacks to too much.
    """
    return kept(file.stamp, lambda: _unpacked(file, name))


def _unpacked(file: Window, name: str) -> Window:
    pieces = unpack(file.pieces(IN_BYTES), _makers(name))
    begin: list[bytes] = []
    for piece in pieces:
        begin.append(piece)
        if sum(map(len, begin)) >= HEAD_BYTES:
            break
    tape = archive(b"".join(begin)) == "tar"
    # Chats in lines are read in parts, see `schemas.parting`.
    most = ARCHIVE_BYTES if tape or b"".join(begin).lstrip().startswith(b"{") else SOURCE_BYTES
    cut: list[CutOffError] = []

    def counted() -> Iterator[bytes]:
        count = 0
        try:
            for piece in chain(begin, pieces):
                count += len(piece)
                if count > allowed(file.size, most):
                    raise SourceError("oversized", excess(file.size, most))
                yield piece
        except CutOffError as trouble:
            if not tape:
                raise
            cut.append(trouble.with_traceback(None))

    found = spool(counted(), file.stamp)
    return replace(found, trouble=cut[0]) if cut else found


def _makers(name: str) -> Callable[[], Decompressor]:
    """What makes decompressors."""
    if name == "gzip":
        return lambda: Inflater(31)
    if name == "bzip2":
        return BZ2Decompressor
    if name == "xz":
        return lambda: LZMADecompressor(memlimit=MEMORY_BYTES)
    # Here, as little is compressed so, and the others are imported anyway.
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdDecompressor
    else:
        from backports.zstd import ZstdDecompressor
    return ZstdDecompressor
