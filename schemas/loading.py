"""Load the bytes of sources that were listed, whether they are a file, a part of one, or held by one."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from hashlib import sha256

import polars as pl

from schemas import places
from schemas.columns import RAW
from schemas.containers.compression import unpacked
from schemas.containers.members import contents
from schemas.errors import SourceError
from schemas.files import PIECE, Window, content, opened
from schemas.limits import SOURCE_BYTES, sized
from schemas.listing import Source
from schemas.many import for_each
from schemas.walking import reason


def load(sources: Sequence[Source], *, hashed: bool = True) -> pl.DataFrame:
    """The bytes of sources, as `schemas.columns.RAW`; a source that can't be read says why in ``trouble``.

    Links are not opened: a drop could otherwise publish any file of the machine.
    """
    rows = for_each(_load, sources, remote=_are_remote(sources))
    hashes = [sha256(data).hexdigest() if hashed and data is not None else None for data, _, _ in rows]
    return pl.DataFrame(
        {
            "path": [source.path for source in sources],
            "data": [data for data, _, _ in rows],
            "sha256": hashes,
            "kind": [kind for _, kind, _ in rows],
            "trouble": [trouble for _, _, trouble in rows],
            "lines_before": [None if source.part is None else source.part.lines for source in sources],
            "records_before": [None if source.part is None else source.part.records for source in sources],
        },
        schema=RAW,
    )


def digests(sources: Sequence[Source]) -> list[str | None]:
    """What `digest` says of each source."""
    return for_each(digest, sources, remote=_are_remote(sources))


def digest(source: Source) -> str | None:
    """SHA-256 of a source's bytes in hexadecimal, read in pieces; None where it can't be read."""
    found = sha256()
    try:
        for piece in pieces(source):
            found.update(piece)
    except (OSError, SourceError):
        return None
    return found.hexdigest()


def pieces(source: Source, size: int = PIECE) -> Iterator[bytes]:
    """The bytes of a source, in pieces of about `size`.

    Raises:
        InputError: if an object store doesn't answer.
        OSError: if it can't be opened.
        SourceError: if it can't be read.
    """
    if source.trouble is None and source.holder is None and source.bytes > SOURCE_BYTES:
        raise _too_large()
    with _opened(source) as file:
        if source.entry is not None and source.holder is not None and source.holder.archive is not None:
            yield from contents(_unpacked(source, file), source.holder.archive, source.entry)
            return
        window = _unpacked(source, file)
        if source.part is not None and source.part.rows:
            # Slow to import.
            from schemas.parquet_parts import cut

            yield cut(window, source.part.begin, source.part.rows)
            return
        if source.part is not None:
            window = replace(window, start=window.start + source.part.begin, size=source.part.bytes)
        _check_size(window)
        yield from window.pieces(size)


@contextmanager
def whole(source: Source) -> Generator[Window]:
    """All that the file of a source holds, unpacked.

    Raises:
        InputError: if an object store doesn't answer.
        OSError: if it can't be opened.
        SourceError: if it can't be read.
    """
    with _opened(source) as file:
        yield _unpacked(source, file)


def _opened(source: Source) -> AbstractContextManager[Window]:
    if source.trouble is not None:
        raise SourceError(*source.trouble)
    return opened(source.place, source.holder.stamp if source.holder else None)


def _unpacked(source: Source, file: Window) -> Window:
    """What a file holds; places that were found in it when it was listed are good for no other.

    Raises:
        SourceError: if it has changed, or can't be unpacked.
    """
    listed = source.stamp if source.holder is None else source.holder.stamp
    if file.stamp != listed and (source.holder is not None or source.part is not None):
        raise SourceError("unreadable", "it has changed since it was listed; judge it again")
    packing = None if source.holder is None else source.holder.compression
    return file if packing is None else unpacked(file, packing)


def _load(source: Source) -> tuple[bytes | None, str | None, str | None]:
    try:
        if source.trouble is None and source.holder is None and source.part is None:
            data = content(source.place, SOURCE_BYTES)
            if data is None:
                raise _too_large()
            return data, None, None
        return b"".join(pieces(source, SOURCE_BYTES)), None, None
    except SourceError as trouble:
        return None, trouble.kind, trouble.detail
    except OSError as error:
        return None, "unreadable", reason(error)


def _check_size(file: Window) -> None:
    if file.size > SOURCE_BYTES:
        raise _too_large()


def _too_large() -> SourceError:
    return SourceError("oversized", f"holds more than {sized(SOURCE_BYTES)}, the most that is taken; split it")


def _are_remote(sources: Sequence[Source]) -> bool:
    return bool(sources) and places.is_remote(sources[0].place)
