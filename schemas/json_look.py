"""One look at the first sound records of a source tells which JSON format claims it, and in which shape it comes.

All JSON formats share this look, so that one at most claims a source, and reading takes it once for all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

import polars as pl

from schemas.columns import REFUSALS
from schemas.json_shapes import CHATS, LISTS, SHAPE, Shape, shape_as, shape_of_items
from schemas.regex import regex

_USUAL: Final = {"messages": {"role": "", "content": ""}, "conversations": {"from": "", "value": ""}}
"""The messages of the lists that most often go by these keys."""

_TOLD: Final = regex(rf'"({"|".join(sorted(LISTS))})"\s*:\s*\[', re.IGNORECASE)
"""What tells a format where no record is sound. No text can hold it: a quote within a text is written ``\\"``."""

_LINE: Final = regex(r"\S[^\n]*")

_BLANKS: Final = " \t\n\r"

_OPENING: Final = ("{", "[")

_DECODER: Final = json.JSONDecoder()

_TRIES: Final = 20
"""So many records, broken or of no known shape, are passed over in search of one that tells the format."""


def claim(
    sources: pl.DataFrame, name: str, reason: str, *, messages: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sources that are a JSON format's, and the refusals of the others.

    Args:
        sources: `schemas.columns.TEXTS`, with the column ``shape`` where someone has looked already.
        name: the format's.
        reason: why it refuses what begins like JSON.
        messages: whether it takes every source of messages with a speaker and a text, whosever by their keys.

    Returns:
        claimed: the sources with the fields of `Shape`.
        refusals: `schemas.columns.REFUSALS`.
    """
    if "shape" not in sources.columns:
        sources = sources.with_columns(shape=shapes(sources["text"]))
    shape = sources["shape"]
    form, speaker, content = (shape.struct.field(field) for field in ("format", "speaker", "content"))
    mine = form.eq_missing(name)
    if messages:
        mine |= form.is_in(sorted(CHATS)).fill_null(False) & speaker.is_not_null() & content.is_not_null()
    no_json = pl.lit("does not begin with { or [")
    told = pl.when(pl.col("shape").is_null()).then(no_json).otherwise(pl.lit(reason))
    refusals = pl.DataFrame([sources["source_key"], shape]).filter(~mine).select("source_key", reason=told)
    # By columns: a frame of one row, which may be large, would be copied.
    columns = [sources[name].filter(mine) for name in ("source_key", "text")]
    return pl.DataFrame([*columns, *shape.filter(mine).struct.unnest()]), refusals.cast(REFUSALS)


def shapes(texts: pl.Series, wanted: str | None = None) -> pl.Series:
    """The `Shape` of each text that begins like JSON, null of any other; that of the format `wanted` before others."""
    # Most sources are no JSON, and a text that leaves Polars is copied.
    first = texts.str.extract(rf"^[{_BLANKS}]*([{{\[])")
    looked = (None if one not in _OPENING else look(texts[place], wanted) for place, one in enumerate(first))
    return pl.Series("shape", [None if each is None else each._asdict() for each in looked], dtype=SHAPE)


def look(text: str, wanted: str | None = None) -> Shape | None:
    """The shape of a source, that of the format `wanted` before others; None where it doesn't begin like JSON."""
    start = skip_blanks(text, 0)
    if not text.startswith(_OPENING, start):
        return None
    values = _by_line(text, start) or _of_document(text, start)
    sound, first = False, None
    for value in islice(values, _TRIES):
        sound, shape = True, shape_as(wanted, value)
        if isinstance(value, list) and shape.format in CHATS:
            shape = shape._replace(layout="nested")
        if shape.format is not None and wanted in (None, shape.format):
            return shape
        first = first or (shape if shape.format is not None else None)
    return first or _from_afar(text, sound=sound)


def is_by_line(text: str) -> bool:
    """Whether a text is JSON lines, as far as its first lines tell."""
    start = skip_blanks(text, 0)
    return text.startswith(_OPENING, start) and _by_line(text, start) is not None


def _by_line(text: str, start: int) -> Iterator[object] | None:
    """The sound values of JSON lines; None for a document."""
    lines = [found[0].rstrip() for found in islice(_LINE.finditer(text, start), 2 * _TRIES)]
    closed = [line for line in lines if line[0] + line[-1] in ("{}", "[]")]
    if len(closed) * 2 < len(lines) or (text[start] == "[" and len(lines) == 1):
        return None
    return (value for line in closed for value in _sound(line, 0))


def _of_document(text: str, start: int) -> Iterator[object]:
    """A document's sound value, or an array's items up to the first that is broken."""
    if text[start] == "{":
        return _sound(text, start)
    return _sound(text, start + 1, many=True)


def _sound(text: str, position: int, *, many: bool = False) -> Iterator[object]:
    """The sound value at a place, and if there are `many` those that follow it in their array."""
    while not text.startswith("]", position := skip_blanks(text, position)):
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        yield value
        if not many:
            return
        position = skip_blanks(text, end) + 1


def _from_afar(text: str, *, sound: bool) -> Shape:
    """The shape by the first list that may be one of messages, where no record tells: a document that is cut off.

    Where nothing in it is `sound`, since it is cut off within the first message, the key of the list has to do.
    """
    for found in islice(_TOLD.finditer(text), _TRIES):
        try:
            item, _ = _DECODER.raw_decode(text, skip_blanks(text, found.end()))
        except (ValueError, RecursionError):
            continue
        shape = shape_of_items(found[1], [item], 0)
        if shape is not None:
            return shape
    first = None if sound else _TOLD.search(text)
    if first is None or first[1].lower() not in _USUAL:
        return Shape()
    return shape_of_items(first[1], [_USUAL[first[1].lower()]], 0) or Shape()


def skip_blanks(text: str, position: int) -> int:
    """The first place from `position` on that is no blank."""
    while text[position : position + 1] in tuple(_BLANKS):
        position += 1
    return position
