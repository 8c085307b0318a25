"""Group sources into batches by their bytes, and cut a batch into parts by what its bytes hold.

Memory follows the batch, and within it lines and values more than bytes. How many there are is known once the bytes are
at hand: a batch is judged as a whole mostly, and part by part where its sources are dense.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from secrets import randbelow
from typing import TYPE_CHECKING, Final

from schemas.limits import BATCH_BYTES, BATCH_SOURCES, PART_CUTS
from schemas.speaker_files import SPEAKERS, kin

if TYPE_CHECKING:
    import polars as pl

    from schemas.listing import Source

_CUTS: Final = b"\n\t|<{[,\\"
"""What cuts a text into lines, cells, cues or values of JSON. It is coarser than what `schemas.decoding` counts, as it
is counted in one pass; a comma too many costs nothing."""

_OTHERS: Final = bytes(set(range(256)) - set(_CUTS))

_STEP: Final = 64
"""One byte of so many tells nearly as well, in a fifth of the time."""

_NEAR: Final = 0.8
"""The part of a limit from which an estimate isn't enough: it is off by a hundredth of that."""

_FEW: Final = 1_000 * _STEP
"""Of a limit of fewer cuts it says nothing."""


def batches(sources: Iterable[Source], limit: int = BATCH_BYTES) -> Iterator[list[Source]]:
    """Group sources in order into batches of about `limit` bytes; a larger source is a batch of its own.

    TextGrids that may be of one recording follow each other, in one batch.
    """
    group: list[Source] = []
    size = 0
    for bundle in _bundles(sources, limit):
        more = sum(source.bytes for source in bundle)
        if group and (size + more > limit or len(group) + len(bundle) > BATCH_SOURCES):
            yield group
            group, size = [], 0
        group += bundle
        size += more
    if group:
        yield group


def _bundles(sources: Iterable[Source], limit: int) -> Iterator[list[Source]]:
    """Sources that are to be judged at once."""
    bundles: dict[str | int, list[Source]] = {}
    for place, source in enumerate(sources):
        name = kin(source.path)
        bundles.setdefault(place if name is None else name, []).append(source)
    for bundle in bundles.values():
        if len(bundle) <= SPEAKERS and sum(source.bytes for source in bundle) <= limit:
            yield bundle
        else:
            yield from ([source] for source in bundle)


def parts(raw: pl.DataFrame, limit: int = PART_CUTS) -> Iterator[pl.DataFrame]:
    """Loaded sources in order in parts of about `limit` lines and values; a denser source is a part of its own.

    TextGrids that may be of one recording are in one part, unless they are denser than two.
    """
    begin, count = 0, 0
    last: str | None = None
    # One source is one part, however dense; a text that leaves Polars is copied.
    dense = len(raw) > 1 and (limit < _FEW or _estimated(raw["data"]) > _NEAR * limit)
    for place, (path, data) in enumerate(zip(raw["path"], raw["data"], strict=True) if dense else ()):
        found = 0 if data is None else _cuts(data)
        name = kin(path)
        most = limit if name is None or name != last else 2 * limit
        last = name
        if place > begin and count + found > most:
            yield raw[begin:place]
            begin, count = place, 0
        count += found
    yield raw[begin:]


def _estimated(texts: Iterable[bytes | None]) -> int:
    """About how many cuts there are in some texts; which of their bytes are looked at nobody can know beforehand."""
    first = randbelow(_STEP)
    looked = (data[(first + place) % _STEP :: _STEP] for place, data in enumerate(texts) if data is not None)
    return _STEP * _cuts(b"".join(looked))


def _cuts(data: bytes) -> int:
    return len(data.translate(None, _OTHERS))
