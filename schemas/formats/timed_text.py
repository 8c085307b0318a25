"""Labelled text with times: ``[00:12] Name: text`` and the other ways in which transcribers write it.

A text is read line by line, and a line that begins with a time, or with a name and a time, begins a piece. A time alone
says that the speaker goes on. Styles may be mixed: ``[00:12] Name: text``, ``Name (00:12:03): text``, ``**Name:**
[00:00:00] text``, ``Name: 00:01:02`` and the text below. YAML front matter, titles, dates and known keys such as
``Duration: 00:31:12`` above the first speaker are no text (`schemas.headers`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from schemas.cues import Reading, is_name, learned, lines_of, told_by_layout
from schemas.format import Format
from schemas.headers import front_matter, is_key
from schemas.layouts import TIME, seconds
from schemas.regex import regex
from schemas.roster import Roster

_SPAN: Final = rf"({TIME})(?:[ \t]*(?:-|–|-->|to)[ \t]*({TIME}))?"
_NAME: Final = r"[*_]{0,3}([^\W\d_][^:：\n]{0,59}?)[*_]{0,3}"
_TIME_FIRST: Final = regex(rf"(?:\[{_SPAN}\]|\({_SPAN}\))[:：]?[ \t]*")
_NAME_AFTER: Final = regex(r"[*_]{0,3}([^\W\d_][^:：\n]{0,39}?)[*_]{0,3}[:：][*_]{0,3}(?=\s|\Z|[^\x00-\x7f])[ \t]*")
_NAME_FIRST: Final = regex(
    rf"{_NAME}[:：]?[*_]{{0,3}}[ \t]*(?:\[{_SPAN}\]|\({_SPAN}\))[*_]{{0,3}}[:：]?[*_]{{0,3}}[ \t]*"
    rf"|{_NAME}(?::[*_]{{0,3}}[ \t]+|：[*_]{{0,3}}[ \t]*){_SPAN}[ \t]*$"
)

Mark = tuple[str, str | None, str | None, str | None]
"""What opens a line: its characters, the name, start and end as written."""


def _read(text: str, roster: Roster) -> Reading | str:
    front = front_matter(text, roster)
    lines = lines_of(text[len(front) :])
    timed = [(line, time) for line in lines if (time := _TIME_FIRST.match(line))]
    after = [label[1] for line, time in timed if (label := _NAME_AFTER.match(line, time.end()))]
    # Where nearly every time has its name, a name that stands there once is one, too.
    names = learned(after, roster) | learned(after if len(after) >= 0.8 * len(timed) else after[:1], roster, sure=True)
    marks = [_mark(line, names, roster) for line in lines]
    if not any(marks):
        return "has no name with its times"
    reading = Reading()
    reading.skip(front)
    offset = 1 + front.count("\n")
    starts = [place for place, mark in enumerate(marks) if mark] + [len(lines)]
    reading.above(lines[: starts[0]], text, offset=offset)
    speaker = ""
    for place, until in pairwise(starts):
        mark = marks[place]
        if mark is None:
            continue
        written, name, *times = mark
        start, end = (_time(each, offset + place, reading) for each in times)
        reading.skip(written)
        speaker = name or speaker
        reading.say(
            speaker, "".join([lines[place][len(written) :], *lines[place + 1 : until]]), offset + place, (start, end)
        )
    return reading


def _mark(line: str, names: set[str], roster: Roster) -> Mark | None:
    if first := _TIME_FIRST.match(line):
        name = _NAME_AFTER.match(line, first.end())
        named = name is not None and name[1] in names
        end = name.end() if name is not None and named else first.end()
        return line[:end], name[1] if name and named else None, first[1] or first[3], first[2] or first[4]
    if (found := _NAME_FIRST.match(line)) and not is_key(line):
        groups = found.groups()
        name_first = groups[0] or groups[5]
        if is_name(name_first) or roster.role(name_first) is not None:
            return found[0], name_first, groups[1] or groups[3] or groups[6], groups[2] or groups[4] or groups[7]
    return None


def _time(written: str | None, line: int, reading: Reading) -> float | None:
    time = None if written is None else seconds(written)
    if time is None and written is not None:
        reading.broken(line, f"expected a time, found {written!r}")
    return time


_PARSE, _FORCED = told_by_layout(
    "timed_text",
    "has no times with most of its labels, as in `[00:12] Name: text` or `Name (00:12:03): text`",
    _read,
)

FORMAT = Format(
    name="timed_text",
    brief="a turn begins with a name and a time, as in `[00:12] Name: text` or `Name (00:12:03): text`",
    parse=_PARSE,
    forced=_FORCED,
    signs=r"[\[(][0-9]{1,2}:[0-9]{2}",
    lines_within=True,
    cuts_by_time=True,
    joint=None,
)
