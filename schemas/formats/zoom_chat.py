"""Zoom's chat: ``hh:mm:ss<TAB> Name:<TAB>text``, also ``From Name to Everyone:``.

It is cut where a message was sent: messages that follow each other are one speaker's turn. What stands before the first
message is a saved chat's own heading.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.cues import Reading, collect, lines_of
from schemas.format import Format, Parsed
from schemas.layouts import seconds
from schemas.regex import regex
from schemas.roster import Roster

_HEAD: Final = r"^\s*[0-9]{1,2}:[0-9]{2}:[0-9]{2}[ ]*(?:\t|From[ \t])[^\t\n]*[:：]"
_MESSAGE: Final = regex(
    r"([0-9]{1,2}:[0-9]{2}:[0-9]{2})[ ]*(?:\t[ \t]*|(?=From[ \t]))"
    r"(?:From[ \t]+([^\t\n]{1,80}?)[ \t]+to[ \t]+[^\t\n:]{1,80}?"
    r"|(?:From[ \t]+)?([^\t\n:]{1,80}?))[ \t]*[:：](?=\s|\Z)"
)


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read saved chats; see `schemas.format.Format`."""
    mine = pl.col("text").str.head(4096).str.contains(_HEAD)
    return collect(sources, mine, "has no lines such as `00:12:03<TAB> Name:<TAB>text`", _read)


def _read(text: str) -> Reading | str:
    reading = Reading()
    lines = lines_of(text)
    heads = [(place, found) for place, line in enumerate(lines) if (found := _MESSAGE.match(line))]
    if not heads:
        return "has no name after its times, as in `00:12:03<TAB> Name:<TAB>text`"
    for line in lines[: heads[0][0]]:
        reading.skip(line)
    for (place, found), until in zip(heads, [*(place for place, _ in heads[1:]), len(lines)], strict=True):
        start = seconds(found[1])
        if start is None:
            reading.broken(place + 1, f"expected a time, found {found[1]!r}")
        reading.skip(found[0])
        body = lines[place][found.end() :] + "".join(lines[place + 1 : until])
        reading.say(found[2] or found[3], body, place + 1, (start, None))
    return reading


FORMAT = Format(
    name="zoom_chat",
    brief="Zoom's chat, `00:12:03<TAB> Name:<TAB>text`; messages in a row are one turn",
    parse=parse,
    signs=r"[0-9]:[0-9]{2}:[0-9]{2}[ ]*\t",
    forced=lambda sources, _roster: collect(sources, pl.lit(True), "", _read),
    lines_within=False,
    cuts_by_time=True,
)
