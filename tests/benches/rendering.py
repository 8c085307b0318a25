"""What a rendering of dialogues is: how they are written as one file of a format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Dialogue = list[tuple[str, str]]
"""Turns: the role, ``patient`` or ``therapist``, and what is said, without blanks around it."""

ROLES: Final = ("patient", "therapist")


def whole(dialogue: Dialogue) -> Dialogue:
    """A dialogue of which nothing is lost."""
    return dialogue


def unbroken(dialogue: Dialogue) -> Dialogue:
    """A dialogue whose texts lost their line breaks and double blanks."""
    return [(role, " ".join(text.split())) for role, text in dialogue]


@dataclass(frozen=True)
class Rendering:
    """How dialogues are written as one file of a format.

    Attributes:
        name: unique.
        format: the format that claims the file.
        suffix: of the file.
        render: a file of the dialogues.
        several: whether one file can hold several dialogues; else `render` gets one.
        kept: what is left of a dialogue that is read back.
    """

    name: str
    format: str
    suffix: str
    render: Callable[[Sequence[Dialogue]], str | bytes]
    several: bool = True
    kept: Callable[[Dialogue], Dialogue] = whole

    def write(self, folder: Path, dialogues: Sequence[Dialogue], together: int) -> list[Path]:
        """Write files of `together` dialogues each (of one, where a file holds no more), named in order."""
        step = together if self.several else 1
        folder.mkdir(parents=True, exist_ok=True)
        written: list[Path] = []
        for place in range(0, len(dialogues), step):
            made = self.render(dialogues[place : place + step])
            written.append(folder / f"{place:06d}{self.suffix}")
            written[-1].write_bytes(made if isinstance(made, bytes) else made.encode())
        return written


def label(role: str) -> str:
    """A role as a label of the suite's roster."""
    return role.capitalize()


def labelled(dialogues: Sequence[Dialogue]) -> str:
    """The only dialogue as labelled text."""
    return "\n\n".join(f"{label(role)}: {text}" for role, text in dialogues[0]) + "\n"
