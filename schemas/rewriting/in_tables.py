"""Turns in the cells of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from schemas.rewriting.edits import LOST, CantRewriteError, Edit, Wanted, line_starts


class _Cell(NamedTuple):
    start: int
    end: int
    row: int


def edits(text: str, turns: Sequence[Wanted]) -> list[Edit]:
    """What to change in a table; see `schemas.rewriting.rewritten`.

    Raises:
        CantRewriteError: if a turn is not the text of one cell, or one is to be put in: other cells of its row would
            have to be made up.
    """
    if any(turn.put_in for turn in turns):
        raise CantRewriteError("a turn can't be put in: the other cells of its row are not known")
    separator = max(",;\t", key=text.lstrip("\ufeff \t\n").partition("\n")[0].count)
    rows, cells = _scanned(text, separator)
    found: list[Edit] = []
    for turn in turns:
        if not turn.touched:
            continue
        places = [cell for cell in cells.get(turn.line, ()) if _value(text, cell).strip() == turn.text.strip()]
        if len(places) != 1:
            raise CantRewriteError(LOST)
        cell = places[0]
        if turn.after is None:
            found.append(Edit(*rows[cell.row], ""))
        else:
            value = _value(text, cell).replace(turn.text, turn.after, 1) if turn.text else turn.after
            found.append(Edit(cell.start, cell.end, _cell(value, text[cell.start] == '"', separator)))
    return found


def _scanned(text: str, separator: str) -> tuple[list[tuple[int, int]], dict[int, list[_Cell]]]:
    """The rows with their line ends, and the cells by the line that they begin on."""
    one = re.compile(rf'"(?:[^"]|"")*"|[^{re.escape(separator)}\n"]*')
    starts = line_starts(text)
    rows: list[tuple[int, int]] = []
    cells: dict[int, list[_Cell]] = {}
    place, row_start, line = 0, 0, 0
    while place < len(text):
        found = one.match(text, place)
        end = found.end() if found else place
        if end < len(text) and text[end] not in (separator, "\n"):
            raise CantRewriteError("its quotes are not sound")
        while line + 1 < len(starts) and starts[line + 1] <= place:
            line += 1
        cells.setdefault(line + 1, []).append(_Cell(place, end, len(rows)))
        place = end + 1
        if end >= len(text) or text[end] == "\n":
            rows.append((row_start, min(place, len(text))))
            row_start = place
    return rows, cells


def _value(text: str, cell: _Cell) -> str:
    raw = text[cell.start : cell.end]
    return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw


def _cell(value: str, quoted: bool, separator: str) -> str:
    if quoted or any(each in value for each in (separator, '"', "\n", "\r")) or value != value.strip():
        doubled = value.replace('"', '""')
        return f'"{doubled}"'
    return value
