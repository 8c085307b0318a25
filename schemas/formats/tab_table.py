"""Tables without a header: Zoom's chat, ``hh:mm:ss<TAB> Name:<TAB>text``, and rows such as ``A|text|act``.

Messages of Zoom's chat that follow each other are one speaker's turn. A row of a pipe table is a turn: such corpora cut
by turn, and what they annotate holds for the row.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import polars as pl

from schemas.cues import Reading, collect, lines_of, seconds
from schemas.format import Format, Parsed
from schemas.roster import Roster

_ZOOM_HEAD: Final = r"^\s*[0-9]{1,2}:[0-9]{2}:[0-9]{2}[ ]*\t[^\t\n]*[:：]"
_PIPE_HEAD: Final = r"^\s*[^|\s][^|\n]{0,39}\|[^\n]*\n\s*[^|\s][^|\n]{0,39}\|"
_ZOOM: Final = re.compile(
    r"([0-9]{1,2}:[0-9]{2}:[0-9]{2})[ ]*\t[ \t]*(?:From[ \t]+([^\t\n]{1,80}?)[ \t]+to[ \t]+[^\t\n:]{1,80}?"
    r"|(?:From[ \t]+)?([^\t\n:]{1,80}?))[ \t]*[:：](?=\s|\Z)"
)
_SPEAKER_HEADS: Final = frozenset({"speaker", "caller", "role", "name", "who"})


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read chats and pipe tables; see `schemas.format.Format`."""
    head = pl.col("text").str.head(4096)
    mine = head.str.contains(_ZOOM_HEAD) | head.str.contains(_PIPE_HEAD)
    reason = "no lines such as `00:12:03<TAB> Name:<TAB>text`, and no rows such as `A|text`"
    return collect(sources, mine, reason, lambda text: _zoom(text) if re.match(_ZOOM_HEAD, text) else _pipes(text))


def _zoom(text: str) -> Reading | str:
    reading = Reading()
    lines = lines_of(text)
    heads = [(place, found) for place, line in enumerate(lines) if (found := _ZOOM.match(line))]
    if not heads:
        return "no name stands after its time"
    for line in lines[: heads[0][0]]:
        reading.skip(line)
    for (place, found), until in zip(heads, [*(place for place, _ in heads[1:]), len(lines)], strict=True):
        start = seconds(found[1])
        if start is None:
            reading.broken(place + 1, f"expected a time, found {found[1]!r}")
        reading.skip(found[0])
        body = lines[place][found.end() :] + "".join(lines[place + 1 : until])
        reading.say(found[2] or found[3], body, place + 1, (start, None), join="\n")
    return reading


def _pipes(text: str) -> Reading | str:
    rows = [(line, row, row.split("|")) for line, row in enumerate(lines_of(text), start=1)]
    filled = [cells for _, row, cells in rows if row.strip()]
    width, share = Counter(map(len, filled)).most_common(1)[0]
    speakers = Counter(cells[0].strip() for cells in filled)
    # A table has rows of one width, and few speakers say all there is.
    if width < 2 or share < 0.5 * len(filled) or max(speakers.values()) < 2 or len(speakers) > 0.5 * len(filled) + 1:
        return "its lines with | are no table of speakers and texts"
    reading = Reading()
    headed = filled[0][0].strip().lower() in _SPEAKER_HEADS
    for line, row, cells in rows:
        if headed or not row.strip():
            headed = headed and not row.strip()
            reading.skip(row)
        elif len(cells) < width:
            reading.broken(line, f"expected {width} columns, found {len(cells)}")
            reading.skip(row)
        else:
            # A | beyond those of the other rows is part of the text; the last columns are annotations.
            last = len(cells) - max(width - 2, 0)
            notes = cells[last:]
            reading.skip(cells[0], "|", *notes, "|" * len(notes))
            reading.say(cells[0].strip(), "|".join(cells[1:last]), line)
    return reading


FORMAT = Format(
    name="tab_table",
    brief="Zoom's chat, `00:12:03<TAB> Name:<TAB>text`, or rows such as `A|text|act`",
    parse=parse,
    lines_within=False,
)
