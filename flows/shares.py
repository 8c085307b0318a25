"""What a worker takes at once: some of the sources that were listed, packed until then."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from typing import overload

from schemas.batching import batches
from schemas.listing import Source


class Shares(Sequence[list[Source]]):
    """Sources in shares of about so many bytes.

    A source as an object takes 400 bytes, and each process that only looks at it copies them, since Python writes down
    in it who holds it. Packed, it takes 100, which nobody copies.

    Attributes:
        bytes: the size of each share's sources.
    """

    def __init__(self, sources: Iterable[Source], size: int) -> None:
        self.bytes: list[int] = []
        self._packed: list[bytes] = []
        for share in batches(sources, size):
            self.bytes.append(sum(source.bytes for source in share))
            self._packed.append(pickle.dumps(share))

    def __len__(self) -> int:
        """How many shares there are."""
        return len(self._packed)

    @overload
    def __getitem__(self, place: int) -> list[Source]: ...
    @overload
    def __getitem__(self, place: slice) -> list[list[Source]]: ...
    def __getitem__(self, place: int | slice) -> list[Source] | list[list[Source]]:
        """The sources of a share."""
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        found: list[Source] = pickle.loads(self._packed[place])  # noqa: S301 - packed above, in this process
        return found
