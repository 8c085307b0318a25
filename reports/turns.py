"""What a transcript's page is made of: turns as stored and as shown, findings, repairs, and what recurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reports.diff import Part

Side = Literal["one", "other", "third"]
"""Where a speaker's turns stand on the page."""


@dataclass(frozen=True)
class Finding:
    """One violation; the fields are columns of the table ``findings``."""

    path: str
    turn: int | None
    line: int | None
    code: str
    rule: str
    severity: str
    message: str
    evidence: str | None
    offset: int | None
    waived: str | None = None


@dataclass(frozen=True)
class Repair:
    """One touched turn, numbered as read; the fields are columns of the table ``repairs``."""

    turn: int
    line: int
    speaker: str
    role: str | None
    repair: str
    code: str
    before: str
    after: str | None


@dataclass(frozen=True)
class Step:
    """A repair as a page tells it; `parts` are what it changed, where the turn itself doesn't show that."""

    repair: str
    code: str
    removed: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Spoken:
    """One turn as stored; the fields are columns of the tables ``release`` and ``quarantine``."""

    turn: int
    speaker: str
    role: str | None
    text: str
    line: int
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class PutIn(Spoken):
    """A turn that a repair made of what stood within the turn of its number; `piece` counts those from 1."""

    piece: int = 1


@dataclass(frozen=True)
class Loop:
    """That a turn is one of those that repeat each other: the `place`th of `total`, between two others.

    A finding lists the first turns only, so that the last of these has none after it.
    """

    finding: Finding
    place: int
    total: int
    previous: int | None
    following: int | None


@dataclass(frozen=True)
class Note:
    """A finding beside its turn, numbered within it; its evidence as a `quote` where that could not be marked.

    `turns` are those in which it recurs.
    """

    number: int
    finding: Finding
    quote: str | None
    turns: tuple[int, ...]


@dataclass(frozen=True)
class Turn:
    """A turn as a page shows it.

    `skipped` turns before it, and `clipped` characters after it, are not shown; of its text, `untold` characters are
    not told.
    """

    number: int
    speaker: str
    role: str | None
    side: Side
    line: int
    start: float | None
    end: float | None
    state: Literal["kept", "changed", "removed", "added"]
    parts: tuple[Part, ...]
    repairs: tuple[Step, ...]
    notes: tuple[Note, ...]
    loops: tuple[Loop, ...]
    skipped: int
    clipped: int
    piece: int = 0
    untold: int = 0

    @property
    def anchor(self) -> str:
        """Its name on the page; a turn that was put in has that of the turn it stood in, and a number."""
        return f"turn-{self.number}-{self.piece}" if self.piece else f"turn-{self.number}"

    @property
    def stops(self) -> bool:
        """Whether there is a finding or a repair to look at."""
        return bool(self.notes or self.repairs)

    @property
    def silent(self) -> bool:
        """Whether nothing can be seen of what was said, nor a mark where it stood."""
        return not self.untold and not any(part.mark or part.text.strip() for part in self.parts)

    @property
    def plain(self) -> bool:
        """Whether there is nothing to look at but what was said."""
        return self.state == "kept" and not (self.notes or self.repairs or self.loops)
