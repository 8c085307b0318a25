"""Group sources into batches by their bytes, and cut a batch into parts by what its bytes hold.

Memory follows the batch, and within it lines and values more than bytes. How many there are is known once the bytes are
at hand: a batch is judged as a whole mostly, and part by part where its sources are dense.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from schemas.limits import BATCH_BYTES, BATCH_SOURCES, PART_CUTS

if TYPE_CHECKING:
    import polars as pl

    from schemas.listing import Source

_CUTS: Final = b"\n\t|<{[,\\"
"""What cuts a text into lines, cells, cues or values of JSON. It is coarser than what `schemas.decoding` counts: every
batch is counted, which takes 6 ms for 16 MB in one pass, and a comma too many costs nothing."""

_OTHERS: Final = bytes(set(range(256)) - set(_CUTS))


def batches(sources: Iterable[Source], limit: int = BATCH_BYTES) -> Iterator[list[Source]]:
    """Group sources in order into batches of about `limit` bytes; a larger source is a batch of its own."""
    group: list[Source] = []
    size = 0
    for source in sources:
        if group and (size + source.bytes > limit or len(group) == BATCH_SOURCES):
            yield group
            group, size = [], 0
        group.append(source)
        size += source.bytes
    if group:
        yield group


def parts(raw: pl.DataFrame, limit: int = PART_CUTS) -> Iterator[pl.DataFrame]:
    """Loaded sources in order in parts of about `limit` lines and values; a denser source is a part of its own."""
    begin, count = 0, 0
    # One source is one part, however dense; a text that leaves Polars is copied.
    for place, data in enumerate(raw["data"] if len(raw) > 1 else ()):
        found = 0 if data is None else len(data.translate(None, _OTHERS))
        if place > begin and count + found > limit:
            yield raw[begin:place]
            begin, count = place, 0
        count += found
    yield raw[begin:]
