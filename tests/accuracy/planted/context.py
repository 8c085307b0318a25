"""Dialogues that a model's context holds, and those it doesn't, to the turn."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.accuracy.planting import CONTEXT, PER_TURN, Planted, defect, lure
from tests.accuracy.sound import HELPERS, Dialogue, Turn, cut, is_foreign, voices
from tests.tokenizer import written


@cache
def tokenizer_file() -> Path:
    """A tokenizer as a person would name it."""
    return written(Path(mkdtemp()) / "tokenizer.json")


@cache
def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(tokenizer_file()))
    made.no_truncation()
    made.no_padding()
    return made


def _grown(dialogue: Dialogue, rng: random.Random) -> int:
    """Let others go on until the context is full by one turn too many; how many turns there are then."""
    while is_foreign(dialogue.voice):
        other = cut(rng)
        dialogue.voice, dialogue.speakers, dialogue.turns = other.voice, other.speakers, other.turns
    said = [text for name, turns in voices().items() if not is_foreign(name) for _, text in turns]
    rng.shuffle(said)
    full = sum(len(_tokenizer().encode(turn.text).ids) + PER_TURN for turn in dialogue.turns)
    for text in said:
        if full > CONTEXT:
            break
        answers = next(each for each in dialogue.speakers if each != dialogue.turns[-1].speaker)
        dialogue.turns.append(Turn(answers, text.replace("\n", " ")))
        full += len(_tokenizer().encode(dialogue.turns[-1].text).ids) + PER_TURN
    assert full > CONTEXT
    return len(dialogue.turns)


@defect("L303", "S202", "C405", "C409", "C411", "C416", "C417", "C418", "C419", "L304", "S211")
def too_long_by_a_turn(dialogue: Dialogue, rng: random.Random) -> Planted:
    _grown(dialogue, rng)
    return Planted(None)


@lure("L303")
def as_long_as_can_be(dialogue: Dialogue, rng: random.Random) -> None:
    _grown(dialogue, rng)
    del dialogue.turns[-1]
    while dialogue.turns[-1].speaker not in HELPERS:
        del dialogue.turns[-1]
