"""The tiers of TextGrids, the files of Praat: who speaks in them, and when."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from schemas.cues import Reading
from schemas.limits import LINES
from schemas.regex import regex

NOBODY: Final = "Speaker"
"""Who speaks in tiers without a name."""

_TOKEN: Final = regex(
    r'"((?:[^"]++|"")*+)("|\Z)|(?<!\S)(-?[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][-+]?[0-9]{1,3})?)(?!\S)'
)
_ALIGNED: Final = regex(
    r"(?:(?P<name>.*\S)[ ]*[-_/:][ ]*)??(?:(?P<words>words?|ort(?:-mau)?|wrd)"
    r"|(?P<own>utterances?|sentences?|transcript(?:ion)?|trn(?:-mau)?|text)"
    r"|phones?|phonemes?|pho|kan(?:-mau)?|mau|mas|syll?(?:able)?s?)",
    re.IGNORECASE,
)
"""A tier as aligners name it, with or without its speaker."""

_LONGEST: Final = 200
"""Characters of a tier's name in which a kind is looked for."""

_SILENCE: Final = frozenset({"<eps>", "<p:>", "<p>", "sil", "sp", "<sil>", "#"})
"""What aligners write between words."""

_HEAD: Final = 1000
"""Characters in which a file's own times stand."""

_CLASSES: Final = ("IntervalTier", "TextTier")


@dataclass(frozen=True)
class Token:
    """A number or a text; ``start`` and ``end`` are its place in the file."""

    start: int
    end: int
    line: int
    number: float | None
    string: str | None
    closed: bool


@dataclass(frozen=True)
class Interval:
    """What is said from one second to another."""

    times: tuple[float, float]
    tier: str
    text: Token


@dataclass(frozen=True)
class Speaker:
    """Who speaks in a tier, and whether it is cut into words."""

    name: str
    words: bool


@dataclass(frozen=True)
class Grid:
    """What a TextGrid holds.

    Attributes:
        speakers: who speaks in a tier, by the tier's name; a tier in which nobody does is none.
        spoken: what they say, in the order of the file.
    """

    speakers: dict[str, Speaker]
    spoken: list[Interval]


def read_grid(text: str, reading: Reading) -> Grid:
    """The tiers of a TextGrid, without those that say once more what others say; what is broken goes to `reading`."""
    tokens = _tokens(text, reading)
    intervals: list[Interval] = []
    place = next((at for at, token in enumerate(tokens) if token.string in _CLASSES), len(tokens))
    while place < len(tokens):
        place = _tier(tokens, place, intervals, reading)
    speakers = _speakers({each.tier for each in intervals})
    spoken = [each for each in intervals if each.tier in speakers and not _is_silence(each, speakers[each.tier])]
    heard = {each.tier for each in spoken}
    speaking = {tier: speaker for tier, speaker in speakers.items() if tier in heard}
    return Grid(speaking, sorted(spoken, key=lambda each: each.text.start))


def times_of(text: str) -> tuple[float, float] | None:
    """When the recording of a TextGrid begins and ends, in seconds; None where it doesn't say."""
    numbers = (float(found[3]) for found in _TOKEN.finditer(text[:_HEAD]) if found[3] is not None)
    times = tuple(islice(filter(math.isfinite, numbers), 2))
    return (times[0], times[1]) if len(times) == 2 else None


def _speakers(tiers: set[str]) -> dict[str, Speaker]:
    """Who speaks in which tiers, without those that say once more what others say."""
    told = {tier: _told(tier) for tier in tiers}
    own = {name for name, kind in told.values() if kind == "own"}
    named = {name for name, _ in told.values()} - {""}
    return {
        tier: Speaker(name or NOBODY, kind == "words")
        for tier, (name, kind) in told.items()
        # An aligner's tiers that name nobody are of those who are named.
        if kind != "phones" and (kind == "own" or name not in own) and (name or not named)
    }


def _told(tier: str) -> tuple[str, str]:
    """The speaker that a tier's name tells, "" where none, and whether it holds words, phones, or what is said."""
    found = _ALIGNED.fullmatch(tier) if len(tier) <= _LONGEST else None
    if found is None:
        return tier, "own"
    return found["name"] or "", "words" if found["words"] else "own" if found["own"] else "phones"


def _is_silence(interval: Interval, who: Speaker) -> bool:
    return who.words and (interval.text.string or "").strip() in _SILENCE


def _tokens(text: str, reading: Reading) -> list[Token]:
    tokens: list[Token] = []
    line, counted = 1, 0
    for found in _TOKEN.finditer(text):
        if len(tokens) >= LINES:
            detail = f"holds more than {LINES:,} numbers and texts, the most that are taken at once; split it"
            reading.problems.append((line, "oversized", detail))
            return tokens
        line, counted = line + text.count("\n", counted, found.start()), found.start()
        number = None if found[3] is None else float(found[3])
        string = None if found[1] is None else found[1].replace('""', '"')
        tokens.append(Token(found.start(), found.end(), line, number, string, bool(found[2])))
        if found[1] is not None and not found[2]:
            reading.broken(line, "expected a closing quote, found the end of the file")
    return tokens


def _tier(tokens: list[Token], place: int, intervals: list[Interval], reading: Reading) -> int:
    """Read the tier whose class is at `place`; where the next one begins."""
    head, line = tokens[place + 1 : place + 5], tokens[place].line
    names = [token.string for token in head[:1]]
    numbers = [token.number for token in head[1:]]
    if len(numbers) < 3 or names[0] is None or None in numbers:
        reading.broken(line, "expected a tier's name, times and size, found something else")
        return _next_tier(tokens, place + 1)
    name, count = names[0].strip(), numbers[2]
    end, at, found, sound = _next_tier(tokens, place + 2), place + 5, 0, True
    of_points = tokens[place].string == "TextTier"
    while at < end:
        width = 2 if of_points else 3
        part = tokens[at : min(at + width, end)]
        times = [token.number for token in part[:-1] if token.number is not None]
        if len(times) == width - 1 and part[-1].string is not None and all(map(math.isfinite, times)):
            if not of_points and part[-1].string.strip():
                intervals.append(Interval((times[0], times[1]), name, part[-1]))
            found, at = found + 1, at + width
        else:
            if sound:
                reading.broken(tokens[at].line, f"expected an interval of tier {name!r}: two times and a text")
            sound, at = False, at + 1
    if sound and found != count:
        reading.broken(line, f"expected {count:g} intervals in tier {name!r}, found {found}")
    return end


def _next_tier(tokens: list[Token], place: int) -> int:
    # A text may be "IntervalTier", too; a class is followed by a name.
    while place < len(tokens) and not (
        tokens[place].string in _CLASSES and place + 1 < len(tokens) and tokens[place + 1].string is not None
    ):
        place += 1
    return place
