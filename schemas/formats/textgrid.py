"""TextGrid, the format of Praat, long and short: a tier a speaker, intervals with times; tiers of points are none.

Forced aligners write tiers of words and phones, for each speaker (MFA: ``Anna - words``, ``Anna - phones``) or for one
(MAUS: ``ORT-MAU``, ``MAU``). A speaker's own tier is read before one of words, and phones and syllables never are; an
aligner's marks for silence are nothing said. Who speaks in tiers without a name is ``Speaker``.

A file is a transcript. Where each speaker of a recording has a file of their own, merge these in Praat: no file tells
of the others.

Praat itself reads numbers, quoted strings and flags, and takes all else for comments; so does this.

Tried: praatio 6.2.2 reads both forms, but tells no lines, keeps silent about a tier that is cut off and refuses
overlaps. textgrid 1.6.1 and praat-textgrids 1.4.0 fail on the short form; tgt 1.5 needs NumPy.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from schemas.cues import Reading, collect
from schemas.format import Format, Parsed
from schemas.limits import LINES
from schemas.roster import Roster

_TOKEN: Final = re.compile(
    r'"((?:[^"]++|"")*+)("|\Z)|(?<!\S)(-?[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][-+]?[0-9]{1,3})?)(?!\S)'
)
_ALIGNED: Final = re.compile(
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

_CLASSES: Final = ("IntervalTier", "TextTier")


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    line: int
    number: float | None
    string: str | None
    closed: bool


@dataclass(frozen=True)
class _Interval:
    times: tuple[float, float]
    tier: str
    text: _Token


@dataclass(frozen=True)
class _Speaker:
    name: str
    words: bool


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read TextGrids; see `schemas.format.Format`."""
    begins = pl.col("text").str.head(256).str.strip_chars_start()
    mine = begins.str.contains(r'^File type\s*=\s*"ooTextFile') & begins.str.contains('"TextGrid"', literal=True)
    return collect(sources, mine, 'does not begin with File type = "ooTextFile" for a TextGrid', _read)


def _forced(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    return collect(sources, pl.col("text").str.contains('"IntervalTier"', literal=True), "has no IntervalTier", _read)


def _read(text: str) -> Reading:
    reading = Reading()
    tokens = _tokens(text, reading)
    intervals: list[_Interval] = []
    place = next((at for at, token in enumerate(tokens) if token.string in _CLASSES), len(tokens))
    while place < len(tokens):
        place = _tier(tokens, place, intervals, reading)
    speakers = _speakers({each.tier for each in intervals})
    intervals = [each for each in intervals if each.tier in speakers and not _is_silence(each, speakers[each.tier])]
    at = 0
    for spoken in sorted(intervals, key=lambda each: each.text.start):
        # Quotes, and one of each two quotes within, are Praat's.
        string = spoken.text.string or ""
        reading.skip(text[at : spoken.text.start], '""' if spoken.text.closed else '"')
        reading.skip('"' * string.count('"'))
        at = spoken.text.end
    reading.skip(text[at:])
    last: _Speaker | None = None
    for spoken in sorted(intervals, key=lambda each: each.times[0]):
        who = speakers[spoken.tier]
        # Words are no pieces: those in a row are one.
        join = " " if who.words and last == who else None
        reading.say(who.name, spoken.text.string or "", spoken.text.line, spoken.times, join=join)
        last = who
    return reading


def _speakers(tiers: set[str]) -> dict[str, _Speaker]:
    """Who speaks in which tiers, without those that say once more what others say."""
    told = {tier: _told(tier) for tier in tiers}
    own = {name for name, kind in told.values() if kind == "own"}
    named = {name for name, _ in told.values()} - {""}
    return {
        tier: _Speaker(name or "Speaker", kind == "words")
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


def _is_silence(interval: _Interval, who: _Speaker) -> bool:
    return who.words and (interval.text.string or "").strip() in _SILENCE


def _tokens(text: str, reading: Reading) -> list[_Token]:
    tokens: list[_Token] = []
    line, counted = 1, 0
    for found in _TOKEN.finditer(text):
        if len(tokens) >= LINES:
            detail = f"holds more than {LINES:,} numbers and texts, the most that are taken at once; split it"
            reading.problems.append((line, "oversized", detail))
            return tokens
        line, counted = line + text.count("\n", counted, found.start()), found.start()
        number = None if found[3] is None else float(found[3])
        string = None if found[1] is None else found[1].replace('""', '"')
        tokens.append(_Token(found.start(), found.end(), line, number, string, bool(found[2])))
        if found[1] is not None and not found[2]:
            reading.broken(line, "expected a closing quote, found the end of the file")
    return tokens


def _tier(tokens: list[_Token], place: int, intervals: list[_Interval], reading: Reading) -> int:
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
                intervals.append(_Interval((times[0], times[1]), name, part[-1]))
            found, at = found + 1, at + width
        else:
            if sound:
                reading.broken(tokens[at].line, f"expected an interval of tier {name!r}: two times and a text")
            sound, at = False, at + 1
    if sound and found != count:
        reading.broken(line, f"expected {count:g} intervals in tier {name!r}, found {found}")
    return end


def _next_tier(tokens: list[_Token], place: int) -> int:
    # A text may be "IntervalTier", too; a class is followed by a name.
    while place < len(tokens) and not (
        tokens[place].string in _CLASSES and place + 1 < len(tokens) and tokens[place + 1].string is not None
    ):
        place += 1
    return place


FORMAT = Format(
    name="textgrid",
    brief="Praat's TextGrid: a tier a speaker; intervals in order of time, those of one speaker are one turn",
    parse=parse,
    forced=_forced,
    signs=r"IntervalTier|ooTextFile",
    lines_within=False,
    cuts_by_time=True,
    joint=" ",
)
