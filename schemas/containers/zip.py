"""Zip archives: their members, as the directory at the end lists them, and what is in one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from typing import Final
from zlib import crc32

from schemas.containers.compression import IN_BYTES, Inflater, unpack
from schemas.containers.entry import DEVICE, LINK, TOO_MANY, Entry
from schemas.errors import SourceError
from schemas.files import Window
from schemas.limits import MEMBERS

_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LISTED: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_UNSET: Final = 2**32 - 1
"""In place of a number of more than 32 bits, which then stands in an extra field."""
_LISTED_BYTES: Final = 512
"""What a member takes at most of the directory, on average; mostly it is 46 and the length of its name."""
_DAMAGED: Final = ("broken", "its directory, at the end, is damaged; pack it again")


def entries(file: Window) -> Iterator[Entry]:
    """The members of a zip archive, in order of its directory.

    Raises:
        SourceError: where the directory can't be read on; or is too large, or of a bomb.
    """
    start, listed, count = _directory(file)
    found: list[Entry] = []
    at = 0
    while at + _LISTED.size <= len(listed) and listed.startswith(b"PK\x01\x02", at):
        if len(found) == MEMBERS:
            raise SourceError(*TOO_MANY)
        entry, at = _entry(listed, at)
        found.append(entry)
    end = 0
    for entry in sorted(found, key=lambda each: each.offset):
        if entry.offset < end:
            raise SourceError("oversized", "its members overlap, as those of a bomb do; take it out of the drop")
        end = entry.offset + _LOCAL.size + entry.packed
    yield from found
    if at != len(listed) or count % 2**16 != len(found) % 2**16 or end > start:
        raise SourceError(*_DAMAGED)


def contents(file: Window, entry: Entry) -> Iterator[bytes]:
    """The bytes of a member, in pieces.

    Raises:
        SourceError: if they are damaged, or not as many as the directory says.
    """
    local = file.read(entry.offset, _LOCAL.size)
    if len(local) < _LOCAL.size or not local.startswith(b"PK\x03\x04"):
        raise SourceError("broken", "its header is not where the directory of the archive says; pack it again")
    start = entry.offset + _LOCAL.size + sum(_LOCAL.unpack(local)[-2:])
    packed = replace(file, start=file.start + start, size=max(0, min(entry.packed, file.size - start)))
    pieces = unpack(packed.pieces(IN_BYTES), lambda: Inflater(-15)) if entry.deflated else packed.pieces()
    size = crc = 0
    for piece in pieces:
        size += len(piece)
        if size > entry.size:
            break
        crc = crc32(piece, crc)
        yield piece
    if size != entry.size or crc != entry.crc:
        raise SourceError("broken", "its size or checksum is not what the archive says; pack it again")


def _directory(file: Window) -> tuple[int, bytes, int]:
    """Where the directory begins, its bytes, and how many members it should list."""
    begin = max(0, file.size - _END.size - 2**16)
    tail = file.read(begin, file.size)
    at = tail.rfind(b"PK\x05\x06")
    # The signature may stand in the comment that follows the record.
    while at >= 0 and (at + _END.size > len(tail) or at + _END.size + _END.unpack_from(tail, at)[-1] != len(tail)):
        at = tail.rfind(b"PK\x05\x06", 0, at)
    if at < 0:
        raise SourceError("broken", "is cut off: it has no directory at its end; copy it again")
    *_, count, size, start, _ = _END.unpack_from(tail, at)
    end = begin + at
    locator = file.read(end - _LOCATOR.size, _LOCATOR.size) if end >= _LOCATOR.size else b""
    if locator.startswith(b"PK\x06\x07"):
        end = _LOCATOR.unpack(locator)[2]
        record = file.read(end, _END_64.size)
        if len(record) < _END_64.size or not record.startswith(b"PK\x06\x06"):
            raise SourceError(*_DAMAGED)
        *_, count, size, start = _END_64.unpack(record)
    if start + size != end:
        raise SourceError(*_DAMAGED)
    if size > _LISTED_BYTES * MEMBERS:
        raise SourceError(*TOO_MANY)
    return start, file.read(start, size), count


def _entry(listed: bytes, at: int) -> tuple[Entry, int]:
    """The member that is listed at a place, and the place of the next."""
    _, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, _, _, attributes, offset = (
        _LISTED.unpack_from(listed, at)
    )
    at += _LISTED.size
    raw, fields = listed[at : at + name], listed[at + name : at + name + extra]
    if _UNSET in (size, packed, offset):
        size, packed, offset = _long(fields, size, packed, offset)
    mode = S_IFMT(attributes >> 16)
    trouble = None
    if mode == S_IFLNK:
        trouble = LINK
    elif mode not in (0, S_IFREG, S_IFDIR):
        trouble = DEVICE
    elif flags & 0x2041:
        trouble = ("broken", "it is encrypted; pack it without a password")
    elif method not in (0, 8):
        trouble = ("broken", f"it is compressed by method {method}; pack it with DEFLATE, as nearly all tools do")
    elif method == 0 and packed != size:
        trouble = ("broken", "its size is not what the archive says; pack it again")
    shown = _name(raw, utf8=bool(flags & 0x800))
    folder = shown.endswith(("/", "\\")) and not size
    entry = Entry(shown, offset, packed, size, crc, deflated=method == 8, folder=folder, trouble=trouble)
    return entry, at + name + extra + comment


def _long(fields: bytes, *numbers: int) -> Iterator[int]:
    """Numbers, with those that are unset taken from the extra field for 64 bits, where they stand in order."""
    at, long = 0, b""
    while at + 4 <= len(fields):
        kind, size = struct.unpack_from("<2H", fields, at)
        if kind == 1:
            long = fields[at + 4 : at + 4 + size]
        at += 4 + size
    for number in numbers:
        if number == _UNSET and len(long) >= 8:
            yield int.from_bytes(long[:8], "little")
            long = long[8:]
        else:
            yield number


def _name(raw: bytes, *, utf8: bool) -> str:
    """A name as text: many tools write UTF-8 without saying so, the others the code page of DOS."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape") if utf8 else raw.decode("cp437")
