"""Otter: a line with a name, two spaces and a time, and below it what was said.

Title, date, keywords and speakers above the first such line are the tool's own (`schemas.headers`), and so is its last
line, ``Transcribed by https://otter.ai``. Whoever Otter doesn't know is ``Unknown Speaker``, a label as any other; one
person under two names is two labels (``turnproof turns --roster`` says so).
"""

from __future__ import annotations

import re
from typing import Final

from schemas.cues import Reading, is_name, lines_of, told_by_layout
from schemas.format import Format
from schemas.layouts import TIME, seconds
from schemas.regex import regex
from schemas.roster import Roster

_HEADER: Final = regex(rf"([^\W\d_][^:：\n]{{0,59}}?)[ \t]{{2,}}({TIME})[ \t]*\n?")
_FOOTER: Final = regex(r"Transcribed by https?://otter\.ai/?\s*")


def _read(text: str, roster: Roster) -> Reading | str:
    reading = Reading()
    lines = lines_of(text)
    headers: list[tuple[int, str, float | None]] = []
    for place, line in enumerate(lines):
        header = _HEADER.fullmatch(line)
        if header and (is_name(header[1]) or roster.role(header[1]) is not None):
            start = seconds(header[2])
            if start is None:
                reading.broken(place + 1, f"expected a time, found {header[2]!r}")
            headers.append((place, header[1], start))
    if not headers:
        return "has no name before its times"
    reading.above(lines[: headers[0][0]], text, titled=True)
    ends = [place for place, *_ in headers[1:]] + [len(lines)]
    for (place, speaker, start), end in zip(headers, ends, strict=True):
        reading.skip(lines[place])
        body = "".join(lines[place + 1 : end])
        if end == len(lines) and (footer := re.search(rf"^{_FOOTER.pattern}\Z", body, re.MULTILINE)):
            reading.skip(footer[0])
            body = body[: footer.start()]
        reading.say(speaker, body, place + (2 if body.strip() else 1), (start, None))
    return reading


_PARSE, _FORCED = told_by_layout(
    "otter",
    "has no lines such as `Name  0:49`, with two spaces and a time",
    _read,
)

FORMAT = Format(
    name="otter",
    brief="a line such as `Name  0:49` before what was said; paragraphs of one speaker are one turn",
    parse=_PARSE,
    forced=_FORCED,
    signs=r"(?m)[ \t][0-9]{1,2}:[0-9]{2}[ \t]*$",
    lines_within=False,
    cuts_by_time=True,
)
