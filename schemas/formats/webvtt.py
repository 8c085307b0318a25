"""WebVTT: captions as Teams, Zoom and YouTube export them.

Blank lines within a cue don't end it, whatever the standard says. A cue without a name
goes on with the speaker before it; captions that roll on repeat their last line, which is read once.

Tried: webvtt-py 0.6.0 loses cues with bad times, and the text after a
blank line in a cue; of two voices in one cue it tells the first; it tells no lines. pysubs2 1.8.1 reads the name of the
next cue into the text, and a cue with a bad time into the one before.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from schemas.cues import Cue, Part, Reading, read_cues, speak, told_by_layout
from schemas.format import Format
from schemas.regex import regex
from schemas.roster import Roster

_COMMENT: Final = regex(r"(?:WEBVTT|NOTE|STYLE|REGION|X-TIMESTAMP-MAP)\b")
_TAG: Final = regex(r"</?(?:v|c|i|b|u|ruby|rt|lang|[0-9:.]+)(?:[.\s][^<>]{0,500})?>")
_ENTITY: Final = regex(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_VOICE: Final = regex(r"<v(?:\.[^\s>]*)?[ \t\n]+([^<>]{0,200})>")
_ROLLING: Final = 0.3
"""If at least this share of cues opens with the last line of the cue before and goes on, captions roll."""

_ROWS: Final = 8
"""No more rows than this roll at once."""


def _read(text: str, roster: Roster) -> Reading | str:
    reading = Reading()
    cues = read_cues(text, reading, _COMMENT)
    if not cues and not _COMMENT.match(text):
        return "has no cue such as `00:01.000 --> 00:02.500`"
    _unroll(cues, reading)
    speak([part for cue in cues for part in _parts(cue, reading)], reading, roster)
    return reading


def _unroll(cues: list[Cue], reading: Reading) -> None:
    """Take out the lines that captions show once more while they roll on."""
    shown = [[_TAG.sub("", line).strip() for line in cue.body if _TAG.sub("", line).strip()] for cue in cues]
    rolls = [len(new) > 1 and bool(old) and old[-1] == new[0] for old, new in pairwise(shown)]
    if sum(rolls) < 2 or sum(rolls) < _ROLLING * len(rolls):
        return
    for cue, (old, new) in zip(cues[1:], pairwise(shown), strict=True):
        again = next(
            (count for count in range(min(len(old), len(new), _ROWS), 0, -1) if old[-count:] == new[:count]), 0
        )
        while again:
            line = cue.body.pop(0)
            again -= bool(_TAG.sub("", line).strip())
            cue.line += 1
            reading.skip(line)


def _parts(cue: Cue, reading: Reading) -> Iterable[Part]:
    """What a cue holds, cut at its voice tags; markup is spent."""

    def tag(found: re.Match[str]) -> str:
        reading.skip(found[0])
        return ""

    def entity(found: re.Match[str]) -> str:
        decoded = html.unescape(found[0])
        reading.elsewhere += len(found[0]) - len(decoded)
        return decoded

    body = "".join(cue.body)
    line, voice, at = cue.line, None, 0
    for found in [*_VOICE.finditer(body), None]:
        piece = body[at : found.start() if found else len(body)]
        yield Part(cue, voice, line, _ENTITY.sub(entity, _TAG.sub(tag, piece)))
        if found:
            reading.skip(found[0])
            line, at = line + body.count("\n", at, found.end()), found.end()
            voice = " ".join(html.unescape(found[1]).split())


_PARSE, _FORCED = told_by_layout(
    "webvtt",
    "does not begin with WEBVTT",
    _read,
)

FORMAT = Format(
    name="webvtt",
    brief="begins with WEBVTT; cues of one speaker are one turn",
    parse=_PARSE,
    forced=_FORCED,
    signs="-->",
    lines_within=False,
    cuts_by_time=True,
    joint=" ",
)
