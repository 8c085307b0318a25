"""SRT (SubRip): numbered cues, with a label where the speaker changes.

Captions without the first line ``WEBVTT`` are read as this, too. A label may stand on two lines. Where labels are in
capitals, one that stands there once is one, too, if it opens its cue.

Tried: srt 3.5.3 raises at a cue with a bad time, or leaves it out and logs its text; pysrt 1.1.2 sets that time to zero
and loses the text after a blank line in a cue; pysubs2 1.8.1 reads that cue into the one before. None tells lines.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.cues import Part, Reading, read_cues, speak, told_by_layout
from schemas.format import Format
from schemas.regex import regex
from schemas.roster import Roster

_TAG: Final = regex(r"</?(?:[biu]|font(?:\s[^<>\n]{0,500})?)>|\{\\an?[0-9]{1,2}\}", re.IGNORECASE)


def _read(text: str, roster: Roster) -> Reading | str:
    reading = Reading()

    def tag(found: re.Match[str]) -> str:
        reading.skip(found[0])
        return ""

    cues = read_cues(text, reading)
    if not cues:
        return "has no cue such as `00:00:01,000 --> 00:00:02,500`"
    speak([Part(cue, None, cue.line, _TAG.sub(tag, "".join(cue.body))) for cue in cues], reading, roster)
    return reading


_PARSE, _FORCED = told_by_layout(
    "srt",
    "does not begin with a number and a time such as `00:00:01,000 -->`",
    _read,
)

FORMAT = Format(
    name="srt",
    brief="numbered cues with times such as `00:00:01,000 --> 00:00:02,500`; cues of one speaker are one turn",
    parse=_PARSE,
    forced=_FORCED,
    signs="-->",
    lines_within=False,
    cuts_by_time=True,
    joint=" ",
)
