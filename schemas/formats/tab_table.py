r"""Tables in plain text: rows such as ``A|text|act``, Markdown tables, and rows cut by tabs without a header.

A row is a turn: such corpora cut by turn, and what they annotate holds for the row. Where a header names a speaker and
a text, these are its columns; otherwise the speaker comes first, or after a time, and the text next. In Markdown
``\|`` is a bar of the text and ``<br>`` a line break.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import Final, NamedTuple

import polars as pl

from schemas.cues import Reading, collect, lines_of
from schemas.format import Format, Parsed
from schemas.layouts import TIME, seconds
from schemas.regex import regex
from schemas.roster import Roster
from schemas.tables import named

_CELL: Final = r"[^|\t\s][^|\t\n]{0,39}"
_PIPES: Final = rf"^\s*{_CELL}\|[^\n]*\n\s*{_CELL}\|"
_TABS: Final = rf"^\s*{_CELL}\t[^\n]*\n(?:[ ]*\n)*{_CELL}\t"
_MARKDOWN: Final = r"(?m)^[ \t]*\|?[^\n|]*\|[^\n]*\n[ \t]*[|+]?[ \t]*:?-{2,}:?[ \t]*[|+]"
_LINE: Final = regex(r"[^\n]+")
_RULE: Final = regex(r"(?=.*--)[\s|+:-]*")
_TIME: Final = regex(rf"[ \t]*[\[(]?({TIME})[\])]?[ \t]*")
_BREAK: Final = regex(r"<br ?/?>", re.IGNORECASE)
_SPEAKERS: Final = ("speaker", "caller", "role", "name", "who", "from", "participant")
_TEXTS: Final = ("text", "utterance", "message", "content", "transcript", "said", "turn")
_TIMES: Final = ("time", "timestamp", "start", "start time")
_REASON: Final = "has no rows such as `A|text` or `| A | text |`, and none of a name, a tab and a text"


class _Row(NamedTuple):
    """A line that holds cells: where it stands, the line, its cells as written, and how many characters are none."""

    line: int
    written: str
    cells: list[str]
    frame: int


class _Layout(NamedTuple):
    """The places of speaker, text and time, how many cells a row has, and whether the first row is a header."""

    speaker: int
    text: int
    time: int | None
    width: int
    headed: bool


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read tables in plain text; see `schemas.format.Format`."""
    head = pl.col("text").str.head(4096)
    barred = head.str.contains("|", literal=True) & (head.str.contains(_PIPES) | head.str.contains(_MARKDOWN))
    return collect(sources, barred | head.str.contains(_TABS), _REASON, _read)


def _read(text: str) -> Reading | str:
    first = (found[0] for found in _LINE.finditer(text) if "\t" in found[0])
    if any(named([cell.strip("* \n") for cell in line.split("\t")]) for line in islice(first, 2)):
        # It knows more columns, below a line that tells its separator or none.
        return "has a header with a speaker and a text column, as a turn table has"
    lines = lines_of(text)
    bar = "|" if sum("|" in line for line in lines) >= sum("\t" in line for line in lines) else "\t"
    ruled = bar == "|" and any("|" in line and _RULE.fullmatch(line) for line in lines)
    rows = [
        _row(place, line, bar, ruled)
        for place, line in enumerate(lines, start=1)
        if bar in line and not (ruled and _RULE.fullmatch(line))
    ]
    layout = _layout(rows, bar, ruled) if 2 * len(rows) >= sum(bool(line.strip()) for line in lines) else None
    if layout is None:
        return f"has lines with {'|' if bar == '|' else 'tabs'} that are no table of speakers and texts"
    reading = Reading()
    reading.above(lines[: rows[0].line - 1], text)
    by_line = {row.line: row for row in rows[layout.headed :]}
    for place, line in enumerate(lines[rows[0].line - 1 :], start=rows[0].line):
        if place in by_line:
            _say(by_line[place], layout, ruled, reading)
            continue
        reading.skip(line)
        if place != rows[0].line and line.strip() and not _RULE.fullmatch(line):
            reading.broken(place, f"expected {layout.width} columns, found 1")
    return reading


def _row(place: int, line: str, bar: str, ruled: bool) -> _Row:
    """The cells of a line; a bar that begins it, and with that one that ends it, is its frame's."""
    # In a text without rules, a backslash is one.
    cells = re.split(r"(?<!\\)\|", line) if ruled else line.split(bar)
    if bar != "|" or cells[0].strip() or len(cells) < 3:
        return _Row(place, line, cells, 0)
    inner = cells[1 : None if cells[-1].strip() else -1]
    return _Row(place, line, inner, len(line) - sum(map(len, inner)) - len(inner) + 1)


def _layout(rows: list[_Row], bar: str, ruled: bool) -> _Layout | None:
    """How a table is laid out; None where its rows are no turns: too few, too uneven, or of too many speakers."""
    if len(rows) < 2:
        return None
    names = [cell.strip("*_ \t\n").lower() for cell in rows[0].cells]
    speaker, text, time = (
        next((names.index(name) for name in known if name in names), None) for known in (_SPEAKERS, _TEXTS, _TIMES)
    )
    if speaker is not None and text is not None:
        return _Layout(speaker, text, time, len(names), True)
    headed = ruled or speaker == 0
    said = rows[1:] if headed else rows
    first = int(all(_TIME.fullmatch(row.cells[0]) for row in said))
    width, share = Counter(len(row.cells) for row in said).most_common(1)[0]
    speakers = Counter(row.cells[first].strip() for row in said if len(row.cells) > first)
    if bar == "\t" and not _are_names(speakers, said[0].cells[first : first + 1]):
        return None
    if bar == "|" and not all(any(map(str.isalnum, name)) for name in speakers if speakers[name] > 1):
        # A chat template's tokens, <|im_start|>, hold bars, too.
        return None
    few = max(speakers.values(), default=0) >= 2 and len(speakers) <= 0.5 * len(said) + 1
    if width < first + 2 or share < 0.5 * len(said) or not few:
        return None
    return _Layout(first, first + 1, 0 if first else None, width, headed)


def _are_names(speakers: Counter[str], first: list[str]) -> bool:
    """Whether what comes before tabs are names: no labels with a colon, no numbers, and in the first row no header."""
    labels = sum(name.endswith((":", "：")) for name in speakers)
    return (
        2 * labels <= len(speakers)
        and all(any(map(str.isalpha, name)) for name in speakers if name)
        and all(speakers[name.strip()] > 1 for name in first)
    )


def _say(row: _Row, layout: _Layout, ruled: bool, reading: Reading) -> None:
    """Say the text of a row; its other cells are annotations."""
    cells, width = row.cells, layout.width
    if len(cells) < width:
        reading.broken(row.line, f"expected {width} columns, found {len(cells)}")
        reading.skip(row.written)
        return
    # A bar beyond those of the other rows is part of the text.
    more = len(cells) - width
    until = layout.text + 1 + more
    speaker = cells[layout.speaker + (more if layout.speaker > layout.text else 0)]
    bar = "|" if "|" in row.written else "\t"
    text = bar.join(cells[layout.text : until])
    reading.elsewhere += len(row.written) - len(text)
    plain = _BREAK.sub("\n", text.replace("\\|", "|")) if ruled else text
    reading.elsewhere += len(text) - len(plain)
    start = None
    if layout.time is not None and (time := _TIME.fullmatch(cells[layout.time])):
        start = seconds(time[1])
    reading.say(speaker.strip("*_ \t\n"), plain, row.line, (start, None))


FORMAT = Format(
    name="tab_table",
    brief="rows such as `A|text|act`, a Markdown table of speakers and texts, or names and texts cut by tabs",
    parse=parse,
    signs=r"(?m)^[^|\n]*\|[^|\n]*\||^[^\t\n]+\t",
    forced=lambda sources, _roster: collect(sources, pl.lit(True), "", _read),
    lines_within=False,
)
