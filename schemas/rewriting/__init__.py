"""Write a source again with its turns mended: only what a repair touches changes, everything else stays byte for byte.

Each kind of source (text, JSON, table) says where its turns stand; what then differs is cut out of the source's own
characters and put into its own spelling. Nothing here is trusted: whoever writes the result reads it first, and refuses
it where it reads as anything but the mended turns.
"""

from __future__ import annotations

import codecs
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final

from schemas.format import formats
from schemas.rewriting import in_json, in_tables, in_text
from schemas.rewriting.edits import CantRewriteError, Edit, Wanted, applied

_MARKS: Final = {
    "utf-8": (codecs.BOM_UTF8, b""),
    "utf-16-le": (codecs.BOM_UTF16_LE,),
    "utf-16-be": (codecs.BOM_UTF16_BE,),
    "windows-1252": (b"",),
}
"""The byte order marks that a source in each encoding may begin with."""

_TABLES: Final = ("turn_table",)

__all__ = ["CantRewriteError", "Wanted", "rewritten"]


def rewritten(data: bytes, encoding: str | None, form: str | None, turns: Sequence[Wanted]) -> bytes:
    """A source's bytes with its turns as wanted.

    Args:
        data: the source.
        encoding: how it was decoded, see `schemas.columns.SOURCES`.
        form: the format that it was read with.
        turns: all turns of the source, in the order of its transcripts.

    Raises:
        CantRewriteError: where that can't be done without losing something, with the reason.
    """
    mark, raw = _decoded(data, encoding)
    unix = raw.replace("\r\n", "\n").replace("\r", "\n")
    edits = _located(form)(unix, turns)
    # Where a line ends with two characters, everything behind it stands one further on.
    ends = [place - number for number, place in enumerate(_places(raw, "\r\n"))]
    moved = [Edit(e.start + bisect_left(ends, e.start), e.end + bisect_left(ends, e.end), e.text) for e in edits]
    if "\r" in raw:
        line_end = "\r\n" if ends else "\r"
        moved = [Edit(edit.start, edit.end, edit.text.replace("\n", line_end)) for edit in moved]
    try:
        return mark + applied(raw, moved).encode(encoding or "utf-8")
    except UnicodeEncodeError:
        raise CantRewriteError(f"its encoding {encoding} has no place for what a repair puts in") from None


def _decoded(data: bytes, encoding: str | None) -> tuple[bytes, str]:
    for mark in _MARKS.get(encoding or "", ()):
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding or "utf-8")
            except UnicodeDecodeError:
                break
            return mark, text
    raise CantRewriteError("its bytes could not all be read as text")


def _located(form: str | None) -> Callable[[str, Sequence[Wanted]], list[Edit]]:
    found = formats().get(form or "")
    if found is not None and found.json:
        return in_json.edits
    if form in _TABLES:
        return in_tables.edits
    if found is not None and found.lines_within:
        return in_text.edits
    raise CantRewriteError(f"the format {form} can't be written")


def _places(text: str, what: str) -> list[int]:
    places: list[int] = []
    place = text.find(what)
    while place >= 0:
        places.append(place)
        place = text.find(what, place + len(what))
    return places
