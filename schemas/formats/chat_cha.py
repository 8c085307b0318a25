"""CHAT (``.cha``), the format of TalkBank: main lines ``*PAT:<TAB>text`` between ``@Begin`` and ``@End``.

Lines that begin with ``%`` or ``@`` are no turns, and one that begins with a tab goes on with the line before. Times
stand between two U+0015. A speaker is a participant's name or role where the roster knows that, else the code.

Tried: pylangacq 0.23.0 refuses a whole file for a participant's role that is not in its list; without being strict it
drops a main line that lacks its colon and glues a stray line to the utterance before, both without a word. It tells no
lines.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import polars as pl

from schemas.cues import Reading, collect, lines_of
from schemas.format import Format, Parsed
from schemas.regex import regex
from schemas.roster import Roster

_MAIN: Final = regex(r"\*([^\s:]{1,20}):[ \t]*")
_BULLET: Final = regex(r"(?<![ \t])[ \t]*\x15[^\x15\n]*?([0-9]{1,12})_([0-9]{1,12})(?:_[0-9])?-?\x15")
_PARTICIPANTS: Final = regex(r"^@Participants:((?:[^\n]*(?:\n[\t ][^\n]*)*))", re.MULTILINE)


def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
    """Read CHAT; see `schemas.format.Format`."""
    head = pl.col("text").str.head(1024).str.strip_chars_start()
    mine = head.str.contains(r"^@(?:UTF8|Begin|Font|PID|Window|Color words)\b") & head.str.contains(
        "@Begin", literal=True
    )
    return collect(sources, mine, "does not begin with @UTF8 or @Begin", lambda text: _read(text, roster))


def _forced(sources: pl.DataFrame, roster: Roster) -> Parsed:
    mine = pl.col("text").str.contains(r"(?m)^\*[^\s:]{1,20}:")
    return collect(sources, mine, "has no main line such as `*PAT:`", lambda text: _read(text, roster))


def _read(text: str, roster: Roster) -> Reading:
    reading = Reading()
    names = _names(text, roster)
    lines = lines_of(text)
    tiers: list[list[str]] = []
    places: list[int] = []
    for line, row in enumerate(lines, start=1):
        if tiers and (row.startswith(("\t", " ")) or not row.strip()):
            tiers[-1].append(row)
        else:
            tiers.append([row])
            places.append(line)
    for line, tier in zip(places, tiers, strict=True):
        main = _MAIN.match(tier[0])
        if main:
            reading.skip(main[0])
            _utterance(names.get(main[1], main[1]), [tier[0][main.end() :], *tier[1:]], line, reading)
            continue
        reading.skip(*tier)
        if tier[0].strip() and not tier[0].startswith(("@", "%")):
            reading.broken(line, f"expected a line that begins with *, @ or %, found {tier[0].strip()[:60]!r}")
    if not any(row.strip() == "@End" for row in lines):
        reading.broken(len(lines), "expected @End, found the end of the file")
    return reading


def _utterance(speaker: str, rows: list[str], line: int, reading: Reading) -> None:
    """Say one main line; its continuation lines, which a tab begins, are joined by spaces for their breaks."""
    start: float | None = None
    end: float | None = None

    def bullet(found: re.Match[str]) -> str:
        nonlocal start, end
        start = int(found[1]) / 1000 if start is None else start
        end = int(found[2]) / 1000
        reading.skip(found[0])
        return ""

    plain = [_BULLET.sub(bullet, row) for row in rows]
    if any("\x15" in row for row in plain):
        reading.broken(line, "expected times such as 0_1500 between two U+0015, found one that stands alone")
    for place, row in enumerate(plain):
        if row.strip() or place == 0:
            reading.say(speaker, row, line + place, (start, end), join=" " if place else None)
        else:
            reading.skip(row)


def _names(text: str, roster: Roster) -> dict[str, str]:
    """Speakers by code: a participant's name or role where the roster knows that rather than the code."""
    found = _PARTICIPANTS.search(text)
    entries = [entry.split() for entry in found[1].split(",")] if found else []
    names: dict[str, str] = {}
    for code, *others in (entry for entry in entries if entry):
        known = [label for each in (code, *others) if roster.role(label := each.replace("_", " ")) is not None]
        names[code] = known[0] if known else code
    # Two participants of one role are told apart by their codes.
    counts = Counter(names.values())
    return {code: name if counts[name] == 1 else code for code, name in names.items()}


FORMAT = Format(
    name="chat_cha",
    brief="CHAT: begins with @UTF8 or @Begin, main lines `*PAT:<TAB>text`; utterances of one speaker are one turn",
    parse=parse,
    forced=_forced,
    signs=r"(?m)^(?:\*\w+:|@\w+)",
    lines_within=False,
    cuts_by_time=True,
    joint=" ",
)
