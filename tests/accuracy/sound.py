"""Sound dialogues to plant defects in: ours in `sound/`, and what is sound of the seeds."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "sound"
SEEDS = Path(__file__).parents[2] / "seeds"

_TURN = re.compile(r"^(\w+)(?:: |：)", re.MULTILINE)
_SEED_TURNS = {"000_5e2886c1de792e6d.txt": 16, "004_0dc557d1df3e3ecc.txt": 14}
"""So many turns of a seed are taken: later ones hold errors, a note, and the loops."""


HELPERS = frozenset(
    "Agent Asistente Assistant Coach Counselor Doctor Interviewer Therapeut Therapist Tutor 咨询师".split()
)
"""Who helps or asks: the one to have the last word."""


@dataclass
class Turn:
    """One turn: the speaker's label as it stands in the source, and the text."""

    speaker: str
    text: str


@dataclass
class Dialogue:
    """A sound piece of a dialogue.

    Attributes:
        voice: the name of the dialogue that it is cut from.
        speakers: the labels of the two, the first to speak first.
        turns: alternate, and begin with either.
    """

    voice: str
    speakers: tuple[str, str]
    turns: list[Turn]


@cache
def voices() -> dict[str, list[tuple[str, str]]]:
    """The turns (label, text) of every sound dialogue, by its name."""
    ours = {file.stem: _turns(file.read_text("utf-8")) for file in sorted(FOLDER.glob("*.txt"))}
    seeds = {file: _turns((SEEDS / file).read_text("utf-8"))[:count] for file, count in _SEED_TURNS.items()}
    return ours | seeds


def cut(rng: random.Random) -> Dialogue:
    """Six turns or more in a row of some sound dialogue, ending with the one who helps."""
    voice = rng.choice(sorted(voices()))
    whole = voices()[voice]
    first, second = whole[0][0], whole[1][0]
    end = rng.choice([end for end in range(6, len(whole) + 1) if whole[end - 1][0] in HELPERS])
    start = 2 * rng.randrange((end - 6) // 2 + 1)
    return Dialogue(voice, (first, second), [Turn(*turn) for turn in whole[start:end]])


def is_foreign(voice: str) -> bool:
    """Whether a dialogue isn't in English."""
    return voice.endswith(("_de", "_es", "_zh"))


def labelled(dialogue: Dialogue) -> str:
    """A dialogue as labelled text."""
    return "\n\n".join(f"{turn.speaker}: {turn.text}".rstrip(" ") for turn in dialogue.turns) + "\n"


def _turns(text: str) -> list[tuple[str, str]]:
    # The labels of these files are known: the two that stand first. A line such as "Step 2: …" is no turn.
    labels = list(dict.fromkeys(match[1] for match in _TURN.finditer(text)))[:2]
    marks = [match for match in _TURN.finditer(text) if match[1] in labels]
    ends = [*(match.start() for match in marks[1:]), len(text)]
    return [(mark[1], text[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=True)]
