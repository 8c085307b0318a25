"""What one run is to do."""

from __future__ import annotations

from dataclasses import dataclass, replace

from expectations.waivers import Waiver
from schemas.listing import Source
from schemas.manifest import Lack


@dataclass(frozen=True)
class Plan:
    """What one run is to do.

    Attributes:
        run: 16 hexadecimal digits.
        drop: name of the drop.
        found: sources in the drop.
        known: of these, how many were judged before, by their content.
        batches: the sources to judge.
        waivers: those of the store that counted when the run was planned.
        manifests: how many files of the drop only tell what else is in it; they are no sources.
        lacks: what they name and the drop didn't hold when the run was planned.
    """

    run: str
    drop: str
    found: int
    known: int
    batches: tuple[tuple[Source, ...], ...]
    waivers: tuple[Waiver, ...] = ()
    manifests: int = 0
    lacks: tuple[Lack, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of what is to be judged."""
        return sum(source.bytes for batch in self.batches for source in batch)

    def only(self, number: int) -> Plan:
        """This plan for who judges one batch: without the sources of the others, of which there may be millions."""
        batches = tuple(batch if each == number else () for each, batch in enumerate(self.batches))
        return replace(self, batches=batches, lacks=())
