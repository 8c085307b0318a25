"""Recordings whose speakers have a TextGrid each: tell which files belong together, and make one of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import polars as pl

from schemas.columns import PROBLEMS
from schemas.cues import Reading
from schemas.errors import InputError
from schemas.format import Parsed
from schemas.regex import regex
from schemas.textgrids import NOBODY, Grid, read_grid, times_of

SPEAKERS: Final = 8
"""The most files of one recording."""

_FILE: Final = regex(r"(?P<kin>(?:.*/)?(?:[^/]*[ _.-])?)(?P<own>[^/ _.-]+)\.textgrid", re.IGNORECASE | re.DOTALL)

_AT_ONCE: Final = 0.25
"""The share of what one says during which the other may speak, too. In conversations a tenth is usual; two annotators
of one recording have nearly all of it in common, and so have clips of one length that are spoken throughout."""

Times = tuple[float, float]


@dataclass(frozen=True)
class _Voice:
    """Who speaks in a file, and when, one stretch after the other."""

    name: str
    said: list[Times]


def kin(path: str) -> str | None:
    """What the files of one recording's speakers have in common, such as ``drop/s01_``; None if it is no TextGrid."""
    found = _FILE.fullmatch(path) if path[-9:].lower() == ".textgrid" else None
    return None if found is None else found["kin"]


def told(parsed: Parsed, sources: pl.DataFrame) -> Parsed:
    """What was parsed of TextGrids (`schemas.columns.TEXTS`), with a problem for each that holds a part of a whole."""
    alone = (
        parsed.turns.group_by("source_key").agg(pl.col("speaker").unique()).filter(pl.col("speaker").list.len() == 1)
    )
    texts = sources.join(alone, on="source_key", how="semi", maintain_order="left")
    problems = [
        (texts["source_key"][place], 0, 1, "apart", _detail(texts["path"], group, place))
        for group in conversations(texts["path"].to_list(), texts["text"].to_list())
        for place in group
    ]
    rows = pl.DataFrame(problems, PROBLEMS, orient="row")
    return replace(parsed, problems=pl.concat([parsed.problems, rows]))


def _detail(paths: pl.Series, group: list[int], place: int) -> str:
    others = ", ".join(paths[other].rpartition("/")[2] for other in group if other != place)
    return f"holds one speaker of a conversation, and {others} the rest; make one file of them with `turnproof join`"


def conversations(paths: Sequence[str], texts: Sequence[str]) -> list[list[int]]:
    """Which TextGrids, each with one speaker, hold a conversation together."""
    groups: dict[tuple[str, float, float], list[int]] = defaultdict(list)
    for place, (path, text) in enumerate(zip(paths, texts, strict=True)):
        if (name := kin(path)) is not None and (times := times_of(text)) is not None:
            groups[name, round(times[0], 1), round(times[1], 1)].append(place)
    some = [group for group in groups.values() if 2 <= len(group) <= SPEAKERS]
    return [group for group in some if _converse([_voice(paths[place], texts[place]) for place in group])]


def _converse(voices: list[_Voice]) -> bool:
    names = {voice.name for voice in voices}
    # Who is nobody goes by the file's name, and a number alone is one of a clip.
    named = len(names) == len(voices) and not any(voice.name.isdecimal() for voice in voices)
    return named and all(_take_turns(one.said, other.said) for one, other in combinations(voices, 2))


def _voice(path: str, text: str) -> _Voice:
    grid = read_grid(text, Reading())
    (name,) = {speaker.name for speaker in grid.speakers.values()}
    said: list[Times] = []
    for start, end in sorted(each.times for each in grid.spoken):
        if said and start <= said[-1][1]:
            said[-1] = said[-1][0], max(end, said[-1][1])
        elif start < end:
            said.append((start, end))
    return _Voice(_own(path) if name == NOBODY else name, said)


def _take_turns(one: list[Times], other: list[Times]) -> bool:
    """Whether two seldom speak at once."""
    both, place, at = 0.0, 0, 0
    while place < len(one) and at < len(other):
        both += max(0.0, min(one[place][1], other[at][1]) - max(one[place][0], other[at][0]))
        if one[place][1] < other[at][1]:
            place += 1
        else:
            at += 1
    return both <= _AT_ONCE * min(sum(end - start for start, end in said) for said in (one, other))


def title(paths: Sequence[str]) -> str:
    """What a file that is made of these may be called, without its suffix."""
    common = kin(paths[0]) or ""
    folder, _, name = common.rpartition("/")
    return name.rstrip(" _.-") or folder.rpartition("/")[2] or "conversation"


def joined(files: Sequence[tuple[str, str]]) -> str:
    """One TextGrid of several, by path and text, with a tier a speaker.

    Raises:
        InputError: if one is broken, or says nothing.
    """
    grids = [_grid(path, text) for path, text in files]
    every = [name for grid in grids for name in {speaker.name for speaker in grid.speakers.values()}]
    times = [found for _, text in files if (found := times_of(text)) is not None]
    said = [each.times for grid in grids for each in grid.spoken]
    begin, end = min(start for start, _ in times + said), max(until for _, until in times + said)
    tiers: list[str] = []
    for (path, _), grid in zip(files, grids, strict=True):
        for tier, speaker in grid.speakers.items():
            name = speaker.name
            if name == NOBODY or every.count(name) > 1:
                name = _own(path) if name == NOBODY else f"{_own(path)} {name}"
            spoken = [(*each.times, each.text.string or "") for each in grid.spoken if each.tier == tier]
            tiers.append(_tier(f"{name} - words" if speaker.words else name, begin, end, spoken))
    head = f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n{begin}\n{end}\n<exists>\n{len(tiers)}\n'
    return head + "".join(tiers)


def _grid(path: str, text: str) -> Grid:
    reading = Reading()
    grid = read_grid(text, reading)
    for line, _, detail in reading.problems:
        raise InputError(f"{path}:{line}: expected a whole TextGrid, found one that is broken ({detail}); mend it")
    if not grid.spoken:
        raise InputError(f"{path}: expected a TextGrid in which somebody speaks, found none; leave it out")
    return grid


def _tier(name: str, begin: float, end: float, spoken: list[tuple[float, float, str]]) -> str:
    """A tier in short form; Praat wants its intervals without gaps."""
    rows: list[tuple[float, float, str]] = []
    at = begin
    for start, until, text in sorted(spoken):
        if start > at:
            rows.append((at, start, ""))
        rows.append((start, until, text))
        at = until
    if at < end:
        rows.append((at, end, ""))
    lines = "".join(f"{start}\n{until}\n{_quoted(text)}\n" for start, until, text in rows)
    return f'"IntervalTier"\n{_quoted(name)}\n{begin}\n{end}\n{len(rows)}\n{lines}'


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _own(path: str) -> str:
    found = _FILE.fullmatch(path)
    return path.rpartition("/")[2] if found is None else found["own"]
