"""Tar archives, of POSIX (ustar, pax) and of GNU: their members, one header after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from schemas.containers.entry import DEVICE, LINK, TOO_MANY, Entry
from schemas.errors import SourceError
from schemas.files import Window
from schemas.limits import MEMBERS, TAR_HEADER_BYTES, sized
from schemas.regex import regex

_BLOCK: Final = 512
_OCTAL: Final = regex(rb"[ \0]*([0-7]*)[ \0]*")
_RECORD: Final = regex(rb"([1-9][0-9]{0,7}) ")
_EXTENSIONS: Final = b"xXgLKV"
"""Types of headers that only tell of the member behind them (pax, GNU), or of the archive."""
_NO_DATA: Final = {b"1": LINK, b"2": LINK, b"3": DEVICE, b"4": DEVICE, b"6": DEVICE}
_SPARSE: Final = ("broken", "it is stored with holes; pack it without --sparse")
_PARTIAL: Final = ("broken", "it is but a part, the rest is in another volume; pack it in one")


@dataclass(frozen=True)
class _Known:
    """What extended headers say of the member behind them."""

    name: bytes | None = None
    size: int | None = None
    sparse: bool = False


def entries(file: Window) -> Iterator[Entry]:
    """The members of a tar archive, in order.

    Raises:
        SourceError: where it is damaged or cut off, since nothing behind that can be found; or has too many headers.
    """
    at, headers, members, known = 0, 0, 0, _Known()
    while block := file.read(at, _BLOCK):
        if not block.strip(b"\0"):
            _check_rest(file, at)
            return
        headers += 1
        kind = block[156:157]
        size = _size(block)
        if size is None:
            break
        data = at + _BLOCK
        if members == MEMBERS or headers > 4 * MEMBERS:
            raise SourceError(*TOO_MANY)
        if kind in _EXTENSIONS:
            known = _extended(known, kind, file, data, size)
        else:
            entry, data = _entry(block, file, data, size, known)
            size, known = entry.packed, _Known()
            members += 1
            yield entry
        at = data + -(-size // _BLOCK) * _BLOCK
    if at >= file.size:
        raise SourceError("broken", "is cut off: it has no end mark; copy it again")
    raise SourceError("broken", f"is damaged at byte {at:,}, and nothing behind that can be read; pack it again")


def _entry(block: bytes, file: Window, data: int, size: int, known: _Known) -> tuple[Entry, int]:
    """A member from its own header and what is known of it; and where its data begin."""
    kind = block[156:157]
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == b"ustar\0" and (prefix := block[345:500].partition(b"\0")[0]):
        name = prefix + b"/" + name
    name = name if known.name is None else known.name
    size = size if known.size is None else known.size
    trouble = _NO_DATA.get(kind)
    folder = kind in (b"5", b"D") or (name.endswith(b"/") and not size)
    if trouble is not None or kind == b"5":
        size = 0
    elif kind == b"S":
        more = block[482]
        while more:
            more = (file.read(data, _BLOCK) + bytes(_BLOCK))[504]
            data += _BLOCK
        trouble = _SPARSE
    elif known.sparse:
        trouble = _SPARSE
    elif kind == b"M":
        trouble = _PARTIAL
    if trouble is None and data + size > file.size:
        trouble = ("broken", "is cut off: the archive ends within it; copy the archive again")
    shown = name.decode("utf-8", "surrogateescape")
    return Entry(shown, data, size, size, folder=folder, trouble=trouble), data


def _extended(known: _Known, kind: bytes, file: Window, data: int, size: int) -> _Known:
    """What is known of the next member after one more extended header."""
    if kind not in b"xXL":
        return known
    if size > TAR_HEADER_BYTES:
        detail = f"a header of {sized(size)} at byte {data:,} is larger than {sized(TAR_HEADER_BYTES)}"
        raise SourceError("oversized", f"{detail}, the most that is taken; pack it again")
    found = file.read(data, size)
    if kind == b"L":
        return replace(known, name=found.partition(b"\0")[0])
    at = 0
    while (record := _RECORD.match(found, at)) is not None:
        end = at + int(record[1])
        key, _, value = found[record.end() : end - 1].partition(b"=")
        if key in (b"path", b"GNU.sparse.name"):
            known = replace(known, name=value)
        elif key == b"size" and value.isdigit() and len(value) < 20:
            known = replace(known, size=int(value))
        if key.startswith(b"GNU.sparse."):
            known = replace(known, sparse=True)
        at = max(end, record.end())
    return known


def _size(block: bytes) -> int | None:
    """The size that a header tells; None where the header is damaged."""
    written = _octal(block[148:156])
    blank = block[:148] + b" " * 8 + block[156:]
    if len(block) < _BLOCK or written is None:
        return None
    if sum(blank) != written and sum(byte - 256 * (byte > 127) for byte in blank) != written:
        return None
    field = block[124:136]
    # Eight GiB and more don't fit in octal digits.
    return int.from_bytes(field[1:], "big") if field[0] == 0x80 else _octal(field)


def _octal(field: bytes) -> int | None:
    found = _OCTAL.fullmatch(field)
    return int(found[1] or b"0", 8) if found else None


def _check_rest(file: Window, at: int) -> None:
    """See that nothing but zeros is behind the end mark.

    Raises:
        SourceError: if there is.
    """
    for piece in file.pieces(start=at):
        if piece.strip(b"\0"):
            detail = f"goes on behind its end mark at byte {at:,}, where nothing is read; pack it again"
            raise SourceError("broken", detail)
