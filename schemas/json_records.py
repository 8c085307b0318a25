"""The records of JSON that holds transcripts: one a line, in one document, nested, or one message a row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

import polars as pl

from schemas.json_look import skip_blanks
from schemas.json_shapes import CHATS, id_of, shape_of

RECORDS: Final = pl.Schema(
    {
        "source_key": pl.UInt32(),
        "record": pl.UInt32(),
        "line": pl.UInt32(),
        "json": pl.String(),
        "lines": pl.List(pl.UInt32),
        "trouble": pl.String(),
    }
)
"""Records as found: ``lines`` where the lines of single messages are known, ``trouble`` where there is no JSON.

``record`` is null for what belongs to no record that could be told: a broken row.
"""

_DECODER: Final = json.JSONDecoder()

BARE: Final = "messages"
"""The key under which a list without one is put."""


class OddRecordError(ValueError):
    """A record that is not what its format says."""

    kind = "broken"


class OtherShapeError(OddRecordError):
    """A sound record with the shape of another format."""

    kind = "mixed"


class _Value(NamedTuple):
    """One JSON value: its line, its text, the lines of its list's items, and what is wrong with it."""

    line: int
    json: str | None = None
    lines: list[int] | None = None
    trouble: str | None = None


@dataclass
class _Text:
    """A JSON text that is walked from front to back, with the lines counted on the way, from `first` on."""

    text: str
    first: int = 1
    counted: int = 0
    breaks: int = 0

    def line_at(self, position: int) -> int:
        """The line of a place, cheap where it comes after the last one asked for."""
        if position < self.counted:
            self.counted, self.breaks = 0, 0
        self.breaks += self.text.count("\n", self.counted, position)
        self.counted = position
        return self.first + self.breaks

    def children(self, start: int) -> Iterator[tuple[str | None, int, int, object]]:
        """The values within the sound array or object at `start`: key, begin, end, value."""
        position, is_object = skip_blanks(self.text, start + 1), self.text[start] == "{"
        while self.text[position] not in "]}":
            key = None
            if is_object:
                key, position = _DECODER.raw_decode(self.text, position)
                position = skip_blanks(self.text, skip_blanks(self.text, position) + 1)
            value, end = _DECODER.raw_decode(self.text, position)
            yield key, position, end, value
            position = skip_blanks(self.text, end)
            if self.text[position] == ",":
                position = skip_blanks(self.text, position + 1)


def paired(text: str) -> str:
    """`text` with each lone surrogate, which no UTF-8 can hold, replaced by U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def loaded(text: str) -> tuple[Any, str | None]:
    """A JSON text's value, and what is wrong with it."""
    try:
        return json.loads(text), None
    except RecursionError:
        return None, "is nested too deeply"
    except ValueError as error:
        return None, _wrong(error)


def other_shape(value: object, name: str) -> OtherShapeError | None:
    """What to say of a record that is no record of the format `name` but looks like another's."""
    other = shape_of(value).format
    known = other is not None and other != name
    return OtherShapeError(f"has the shape of {other} in a source of {name}") if known else None


def _wrong(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error.msg} at column {error.colno}"
    # Python reads no number of more than 4,300 digits, lest it take for ever.
    return "holds a number too long to read"


def records(sources: pl.DataFrame, told: str | None, layout: str = "records") -> pl.DataFrame:
    """The records of JSON lines and JSON documents, in order, as `RECORDS`.

    Args:
        sources: (source_key, text).
        told: the key of the list whose items' lines are wanted; None without. Lists without a key get `BARE`.
        layout: as `schemas.json_shapes.Shape` says. ``nested`` ones are found within their records, and ``rows`` put
            together to conversations, in order of their first rows.
    """
    lines = _lines(sources)
    opens = pl.col("json").str.starts_with("{") & pl.col("json").str.ends_with("}")
    if layout != "records":
        opens |= pl.col("json").str.starts_with("[") & pl.col("json").str.ends_with("]")
    # One record a line, whatever a few broken lines look like; else the source is one document.
    by_line = lines.group_by("source_key").agg(jsonl=(opens.mean() >= 0.5) & _many(layout)).filter("jsonl")
    is_document = ~sources["source_key"].is_in(by_line["source_key"].implode())
    documents: list[tuple[int, str]] = []
    if is_document.any():
        lines = lines.join(by_line, on="source_key", how="semi", maintain_order="left")
        documents = sources.filter(is_document).select("source_key", "text").rows()
    if layout == "records":
        found = lines.with_columns(record=pl.int_range(pl.len()).over("source_key"), lines=None, trouble=None)
        rows: list[tuple[object, ...]] = [
            (source, record, *value) for source, text in documents for record, value in enumerate(_document(text, told))
        ]
    else:
        found = lines.clear().with_columns(record=None, lines=None, trouble=None)
        values: dict[int, list[_Value]] = {key: [] for key in sources["source_key"]}
        for source, line, text in lines.select("source_key", "line", "json").iter_rows():
            values[source].append(_Value(line, text))
        for source, text in documents:
            values[source] += _document(text, None)
        arranged = _grouped if layout == "rows" else _nested
        rows = [(source, *row) for source, each in values.items() for row in arranged(each, told or BARE)]
    named = found.select(pl.col(name).cast(kind) for name, kind in RECORDS.items())
    return pl.concat([named, pl.DataFrame(rows, schema=RECORDS, orient="row")]).sort(
        "source_key", "record", nulls_last=True, maintain_order=True
    )


def _lines(sources: pl.DataFrame) -> pl.DataFrame:
    """The lines of texts that aren't blank, without the blanks around them: source_key, line, json."""
    keys, texts = sources["source_key"], sources["text"].alias("json")
    if len(texts) == 1:
        # To split an only text takes five times its size for a moment, to split it beside another nothing.
        keys, texts = keys.clone().append(keys), texts.clone().append(pl.Series([None], dtype=pl.String))
    lines = (
        pl.DataFrame([keys, texts.str.split("\n")])
        .with_columns(line=pl.int_ranges(1, pl.col("json").list.len() + 1, dtype=pl.UInt32))
        .explode("json", "line")
        .filter(pl.col("json") != "")
    )
    ends = [edge.str.strip_chars() == "" for edge in (pl.col("json").str.head(1), pl.col("json").str.tail(1))]
    if lines.select(pl.any_horizontal(*ends).any()).item():
        # What strips a text copies it.
        lines = lines.with_columns(pl.col("json").str.strip_chars()).filter(pl.col("json") != "")
    return lines.select("source_key", "line", "json")


def _many(layout: str) -> pl.Expr:
    # A list on a single line is a document of records or rows.
    return pl.lit(True) if layout == "records" else (pl.len() > 1) | pl.col("json").first().str.starts_with("{")


def _document(text: str, told: str | None) -> Iterator[_Value]:
    """The values of one JSON document: itself, or an array's items; those before a break are kept."""
    walk = _Text(text)
    key = None if told is None else re.compile(rf'"{re.escape(told)}"\s*:\s*\[')
    start = skip_blanks(text, 0)
    is_array = text[start] == "["
    position = start + is_array
    while True:
        position = skip_blanks(text, position)
        if is_array and text.startswith("]", position):
            yield from _behind(walk, position + 1)
            return
        line = walk.line_at(position)
        try:
            _, end = _DECODER.raw_decode(text, position)
        except RecursionError:
            yield _Value(line, trouble="is nested too deeply")
            return
        except ValueError as error:
            yield _Value(getattr(error, "lineno", line), trouble=_wrong(error))
            return
        found = None if key is None else key.search(text, position, end)
        yield _Value(line, text[position:end], None if found is None else _item_lines(walk, found.end() - 1))
        if not is_array:
            yield from _behind(walk, end)
            return
        position = skip_blanks(text, end)
        if text.startswith(",", position):
            position += 1


def _behind(walk: _Text, end: int) -> Iterator[_Value]:
    """What to say of a text that goes on where its document ends."""
    position = skip_blanks(walk.text, end)
    if position < len(walk.text):
        yield _Value(walk.line_at(position), trouble="is not JSON: something follows the end of the document")


def _item_lines(walk: _Text, start: int) -> list[int]:
    """The line of each item of the sound list at `start`."""
    return [walk.line_at(position) for _, position, _, _ in walk.children(start)]


Row = tuple[int | None, int, str | None, list[int] | None, str | None]
"""The columns of `RECORDS` after the first."""


def _nested(values: Iterable[_Value], told: str) -> Iterator[Row]:
    """The transcripts within records, each a record of its own."""
    record = 0
    for value in values:
        found: Iterable[_Value] = [value]
        if value.json is not None:
            content, trouble = loaded(value.json)
            walk = _Text(value.json, value.line)
            inner = list(_within(walk, 0, content, told)) if trouble is None else []
            found = inner or [value if trouble is None else _Value(value.line, trouble=trouble)]
        for each in found:
            yield record, each.line, each.json, each.lines, each.trouble
            record += 1


def _within(walk: _Text, start: int, value: object, told: str) -> Iterator[_Value]:
    """The transcripts within the sound value at `start`: lists of messages, and records that hold one."""
    shape = shape_of(value)
    if shape.format in CHATS and shape.layout == "records" and (shape.told or isinstance(value, list)):
        line = walk.line_at(start)
        end = _DECODER.raw_decode(walk.text, start)[1]
        text = walk.text[start:end]
        if shape.told is None:
            yield _Value(line, f"{{{json.dumps(told)}: {text}}}", _item_lines(walk, start))
            return
        key = next(at for name, at, _, _ in walk.children(start) if name == shape.told)
        yield _Value(line, text, _item_lines(walk, key))
    elif shape.layout == "nested":
        yield from _beside(walk, start, told)


def _beside(walk: _Text, start: int, told: str) -> Iterator[_Value]:
    """The transcripts within the members of the sound array or object at `start`; a member that should be one is told.

    So should all items of an array, and what an object holds under the key ``session_2`` where that under ``session_1``
    is one, or with the same list in it.
    """
    # Without the values: all of a source at once would take many times its size.
    members: list[tuple[str, int, list[_Value], bool, bool]] = []
    for key, position, _, value in walk.children(start):
        line = walk.line_at(position)
        inner = list(_within(walk, position, value, told)) if walk.text[position] in "{[" else []
        members.append((_stem(key), line, inner, value == [], isinstance(value, dict) and told in value))
    alike = {stem for stem, _, inner, _, _ in members if inner}
    for stem, line, inner, is_empty, has_list in members:
        yield from inner
        if not inner and not is_empty and (stem in alike or has_list):
            yield _Value(line, trouble="is no transcript, as others beside it are")


def _stem(key: str | None) -> str:
    """A key without its numbers; the same for all items of an array, which have none."""
    return "" if key is None else re.sub(r"[0-9]+", "", key)


def _grouped(values: Iterable[_Value], told: str) -> Iterator[Row]:
    """Conversations put together from messages, by the conversation that each names, or of all that name none."""
    groups: dict[str | None, list[_Value]] = {}
    broken: list[Row] = []
    for row, value in enumerate(values):
        content, trouble = loaded(value.json) if value.json is not None else (None, value.trouble)
        if trouble is None and not isinstance(content, dict):
            trouble = "is no object"
        if trouble is not None:
            broken.append((None, value.line, None, None, f"row {row} {trouble}"))
        else:
            groups.setdefault(id_of(cast("dict[str, Any]", content)), []).append(value)
    for record, rows in enumerate(groups.values()):
        messages = ",".join(row.json or "" for row in rows)
        yield record, rows[0].line, f"{{{json.dumps(told)}: [{messages}]}}", [row.line for row in rows], None
    yield from broken
