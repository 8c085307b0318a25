"""What a defect and a lure are; they are planted by the modules of `planted/`.

None of this looks at the checks. Wordings come from the serving stacks, chat templates and data sets that leave them;
places, numbers and names are drawn at random.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from tests.accuracy.sound import Dialogue, Turn

CONTEXT, PER_TURN = 4_000, 4
"""Tokens that the context of the model holds, and those that its template takes for each turn."""


class Source(NamedTuple):
    """A file as it is to be read, where a dialogue alone would not show the defect."""

    suffix: str
    data: bytes


class Planted(NamedTuple):
    """What was planted.

    Attributes:
        turn: where it is; None if it is the transcript's or the source's as a whole.
        evidence: the exact slice that shows it, if known.
        source: the file that holds it; the dialogue is written as labelled text or JSON without.
    """

    turn: int | None
    evidence: str | None = None
    source: Source | None = None


Plant = Callable[[Dialogue, random.Random], Planted]
Lure = Callable[[Dialogue, random.Random], Source | None]


@dataclass(frozen=True)
class Defect:
    """One kind of defect.

    Attributes:
        code: the code that has to find it.
        name: the function's.
        plant: changes a dialogue and tells where.
        also: other codes that are right to fire on it, at any turn.
    """

    code: str
    name: str
    plant: Plant
    also: frozenset[str] = field(default_factory=frozenset[str])


@dataclass
class Score:
    """How one code did.

    Attributes:
        planted: defects that it has to find.
        missed: those it didn't, by kind.
        wrong: transcripts where it fired without a reason, by kind.
        told: defects with known evidence that it found.
        exact: those among them where the evidence is exactly the defect.
    """

    planted: int = 0
    missed: Counter[str] = field(default_factory=Counter[str])
    wrong: Counter[str] = field(default_factory=Counter[str])
    told: int = 0
    exact: int = 0

    @property
    def hits(self) -> int:
        """Defects found."""
        return self.planted - self.missed.total()

    @property
    def precision(self) -> float:
        """Hits among all transcripts where the code fired; 1 where it never did."""
        fired = self.hits + self.wrong.total()
        return self.hits / fired if fired else 1.0

    @property
    def recall(self) -> float:
        """Hits among what was planted."""
        return self.hits / self.planted if self.planted else float("nan")


DEFECTS: list[Defect] = []
LURES: list[tuple[str, str, Lure]] = []
"""Hard negatives: the code that must stay silent, a name, and what puts it into a dialogue."""


def defect(code: str, *also: str) -> Callable[[Plant], Plant]:
    """Mark a function that plants a defect that `code` has to find."""

    def register(plant: Plant) -> Plant:
        DEFECTS.append(Defect(code, plant.__name__, plant, frozenset(also)))
        return plant

    return register


def lure(code: str) -> Callable[[Lure], Lure]:
    """Mark a function that puts something sound into a dialogue that looks like `code`'s defect."""

    def register(put: Lure) -> Lure:
        LURES.append((code, put.__name__, put))
        return put

    return register


def planted() -> tuple[list[Defect], list[tuple[str, str, Lure]]]:
    """All defects and lures, in the order of their modules' names."""
    folder = import_module("tests.accuracy.planted")
    for module in sorted(iter_modules(folder.__path__), key=lambda module: module.name):
        import_module(f"{folder.__name__}.{module.name}")
    return DEFECTS, LURES


def anywhere(dialogue: Dialogue, rng: random.Random) -> int:
    """Any turn but the first two: an error in the opening would be rare."""
    return rng.randrange(2, len(dialogue.turns))


def answer(dialogue: Dialogue, rng: random.Random) -> int:
    """A turn of the one who answers, the last one as often as all others together."""
    places = [n for n, turn in enumerate(dialogue.turns) if turn.speaker == dialogue.speakers[1]]
    return places[-1] if rng.random() < 0.5 else rng.choice(places)


def halves(text: str) -> tuple[str, str]:
    """The first half of a text and the rest, cut after a sentence where there is one."""
    middle = len(text) // 2
    for mark in (". ", "? ", "! ", "。", "\n"):
        place = text.find(mark, middle)
        if place != -1:
            return text[: place + 1], text[place + len(mark) :]
    return text, ""


def lengthen(dialogue: Dialogue) -> None:
    """Make a dialogue twice as long: what recurs twice might be chance, five times is not."""
    turns = dialogue.turns
    if turns[0].speaker == turns[-1].speaker:
        turns.append(Turn(dialogue.speakers[1], "Yes. Let me think about it."))
    turns += [Turn(turn.speaker, f"Well. {turn.text}") for turn in turns]
