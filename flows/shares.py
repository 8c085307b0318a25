"""What a worker takes at once: some of the sources at paths, listed and packed until then."""

from __future__ import annotations

import pickle
import sys
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

from expectations.suite import Suite
from flows.workers import in_order, workers
from schemas.batching import batches
from schemas.listing import STDIN, Source, each_source, list_standard_input
from schemas.manifest import Lack, apart, lacking
from schemas.parting import may_be_cut, parted
from schemas.places import is_remote

READ_BYTES: Final = 24 * 2**20
"""Sources of this size are read at once: memory follows it, and each such batch costs 45 ms whatever is in it. Those of
32 MiB take a thirtieth less time, and memory that grows by a sixth from one million turns to five."""

BATCHES: Final = 4
"""Batches in a share at most. To judge what they leave costs 50 ms whatever it is; of six it takes a tenth more memory
for five million turns than for one."""

_SEVERAL: Final = 2 * READ_BYTES
"""Of so many bytes there are several shares."""


@dataclass(frozen=True, slots=True)
class Share:
    """Batches of sources that are to be judged one after the other; whoever takes an empty one only gets ready.

    A source as an object takes 400 bytes, and each process that only looks at it copies them, since Python writes down
    in it who holds it. Packed, it takes 20, which nobody copies.

    Attributes:
        size: bytes of its sources.
        packed: lists of sources, pickled and compressed.
    """

    size: int = 0
    packed: bytes = b""

    def batches(self) -> list[list[Source]]:
        """The sources, anew each time."""
        if not self.packed:
            return []
        found: list[list[Source]] = pickle.loads(zlib.decompress(self.packed))  # noqa: S301 - of our own making
        return found


def shares(sources: Iterable[Source], size: int, most: int) -> Iterator[Share]:
    """Sources in batches of about `size` bytes, and these in shares of at most `most`, which get smaller to the end."""
    left = deque(batches(sources, size))
    while left:
        # So that no worker is left with the last for long, however long each takes.
        count = min(most, ceil(len(left) / (workers() + 1)))
        some = [left.popleft() for _ in range(count)]
        yield Share(sum(source.bytes for batch in some for source in batch), zlib.compress(pickle.dumps(some), 1))


class Listed:
    """What is at paths, in shares; it is listed when they are asked for.

    Attributes:
        count: how many sources there are, besides manifests.
        manifests: how many of these there are.
        lacks: what they say and isn't so.
        shares: all that were given, but for empty ones.
    """

    def __init__(self, paths: Sequence[Path], suite: Suite, *, cut: bool = True, most: int = BATCHES) -> None:
        self.count = self.manifests = 0
        self.lacks: tuple[Lack, ...] = ()
        self.shares: list[Share] = []
        self._paths, self._suite, self._cut, self._most = paths, suite, cut, most

    def __iter__(self) -> Iterator[Share]:
        """List all, and give shares; at first empty ones, once it is clear that there will be several.

        So the processes get ready while the rest is listed, and have nothing of it in their memory.
        """
        listed: list[Source] = []
        total = 0
        for source in self._each():
            listed.append(source)
            if total <= _SEVERAL < total + source.bytes and all(map(_is_plain, listed)):
                yield from [Share()] * workers()
            total += source.bytes
        manifests, files = apart(listed)
        self.manifests, self.lacks, self.count = len(manifests), lacking(manifests, listed), len(files)
        self.shares += shares(_in_parts(files, self._suite) if self._cut else files, READ_BYTES, self._most)
        # There may be millions, and what is packed is enough.
        del listed, files
        yield from self.shares

    def _each(self) -> Iterator[Source]:
        if STDIN in self._paths:
            yield from list_standard_input(sys.stdin.buffer)
        for path in self._paths:
            if path != STDIN:
                yield from each_source(path)


def _is_plain(source: Source) -> bool:
    """Whether a source is a file that is neither unpacked, fetched nor cut in this process before others read it."""
    return source.holder is None and not may_be_cut(source) and not is_remote(source.place)


def _in_parts(files: Sequence[Source], suite: Suite) -> list[Source]:
    """The sources, the large ones in parts where they can be cut."""
    large = [place for place, each in enumerate(files) if may_be_cut(each)]
    found = dict(in_order(lambda place: list(parted([files[place]], suite.reading)), large, apart=True))
    return [part for place, each in enumerate(files) for part in found.get(place, (each,))]
