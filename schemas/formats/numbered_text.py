"""Numbered transcripts of counselling: ``T1 …``, ``C 2: …``, a letter or a word for the speaker and a running number.

The numbers run up, for each speaker alone or for all together; that tells them from labels such as ``Speaker 1``, which
recur, and from numbered lists. What a listener says in between, ``(T: Mhm)``, is part of the turn. Page headers
within a turn (``Page 3 of 9``, and lines that come back with another number) are nobody's text.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Final

import polars as pl

from schemas.cues import Reading, collect, lines_of
from schemas.format import Format, Parsed
from schemas.headers import speech_above
from schemas.regex import regex
from schemas.roster import Roster

_HEAD: Final = r"(?m)^[ \t]*[\[(]?\p{Lu}\p{L}{0,11}[ \t]?[0-9]{1,4}[\])]?(?:[ \t]*[:：.)][ \t]|[ \t]+\S)"
_MARK: Final = regex(
    r"[ \t]*[\[(]?([^\W\d_]{1,12})[ \t]?([0-9]{1,4})(?:[\])])?(?:[ \t]*[:：.)](?=\s|\Z)|(?=[ \t]+\S))[ \t]*"
)
_PAGE: Final = regex(r"\s*(?:[-–] ?[0-9]+ ?[-–]|(?:page|seite|pagina|página|p\.)\s*[0-9]+.{0,12})\s*", re.I)
_FEWEST: Final = 4
_REASON: Final = "has no running numbers behind its labels, as in `T1 …` and `C1: …`"

Mark = tuple[int, str, int, str]
"""A line's place, the speaker, the number, and the characters of both."""


def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
    """Read numbered transcripts; see `schemas.format.Format`."""
    # Several of them at the beginning; a look at each text's head is cheap.
    mine = pl.col("text").str.head(4096).str.count_matches(_HEAD) >= 2
    return collect(sources, mine, _REASON, lambda text: _read(text, roster))


def _read(text: str, roster: Roster) -> Reading | str:
    lines = lines_of(text)
    marks = _running(
        [
            (place, found[1], int(found[2]), found[0])
            for place, line in enumerate(lines)
            if (found := _MARK.match(line)) and found[1][0].isupper() and not _PAGE.fullmatch(line)
        ]
    )
    speakers = Counter(speaker for _, speaker, _, _ in marks)
    filled = sum(bool(line.strip()) for line in lines)
    changes = sum(one[1] != other[1] for one, other in pairwise(marks))
    few = len(marks) < _FEWEST or len(speakers) < 2 or len(marks) < 0.1 * filled
    # Steps and weeks in a text are numbered, too, but people take turns, and one of them begins.
    if few or 2 * changes < len(marks) - 1 or speech_above(lines[: marks[0][0]], titled=True):
        return _REASON
    reading = Reading()
    reading.above(lines[: marks[0][0]], text, titled=True)
    pages = _page_headers(lines)
    for (place, speaker, _, written), end in zip(marks, [*(mark[0] for mark in marks[1:]), len(lines)], strict=True):
        reading.skip(written)
        body = [lines[place][len(written) :]]
        for other in range(place + 1, end):
            if other in pages:
                # Its line break stays, so that each line of the turn is one of the source.
                kept = "\n" if lines[other].endswith("\n") else ""
                reading.elsewhere += len(lines[other]) - len(kept)
                body.append(kept)
            else:
                body.append(lines[other])
        reading.say(speaker, "".join(body), place + 1)
    return reading


def _running(marks: list[Mark]) -> list[Mark]:
    """The marks of speakers whose numbers run up: each larger than the one before, by one mostly."""
    by_speaker: dict[str, list[int]] = {}
    for _, speaker, number, _ in marks:
        by_speaker.setdefault(speaker, []).append(number)
    running = {
        speaker
        for speaker, numbers in by_speaker.items()
        if len(numbers) > 1
        and all(0 < after - before <= 2 * len(by_speaker) + 2 for before, after in pairwise(numbers))
    }
    return [mark for mark in marks if mark[1] in running]


def _page_headers(lines: list[str]) -> set[int]:
    """The places of lines that name a page, or that come back with another number and stand apart."""
    alike = Counter(re.sub(r"[0-9]+", "0", line.strip()) for line in lines if re.search(r"[0-9]", line))
    return {
        place
        for place, line in enumerate(lines)
        if _PAGE.fullmatch(line) or ("\f" in line and alike[re.sub(r"[0-9]+", "0", line.strip())] > 1)
    }


FORMAT = Format(
    name="numbered_text",
    brief="a turn begins with its speaker's letter and a running number, as in `T1 …` and `C 2: …`",
    parse=parse,
    forced=lambda sources, roster: collect(sources, pl.lit(True), _REASON, lambda text: _read(text, roster)),
    signs=r"(?m)^[ \t]*\p{Lu}\p{L}{0,11}[ \t]?[0-9]{1,4}[:. ]",
    lines_within=True,
    joint=None,
)
