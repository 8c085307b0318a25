"""Conversations in JSON: one record a line, or one document; the chat formats differ only in their keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

import polars as pl

from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, REFUSALS
from schemas.format import Parsed
from schemas.roster import Roster

_LISTS: Final = r'"(messages|conversations)"\s*:\s*\['
"""The keys that hold a conversation; the first one in a source tells its format."""

_ONE_PART: Final = (
    r'("(?:content|value)"\s*:\s*)\[\s*\{\s*"type"\s*:\s*"text"\s*,\s*"text"\s*:\s*("(?:[^"\\]|\\.)*")\s*\}\s*\]'
)
"""A text given as a list of one text part. No string can hold it: a quote within a string is written ``\\"``."""

_SURROGATE: Final = r"\\u[dD][89a-fA-F]"
_PAIR: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
"""Half a character, and a whole one, as JSON escapes them. Polars makes NULs of halves that stand alone."""

_RECORDS: Final = pl.Schema(
    {
        "source_key": pl.UInt32(),
        "record": pl.UInt32(),
        "line": pl.UInt32(),
        "json": pl.String(),
        "lines": pl.List(pl.UInt32),
        "trouble": pl.String(),
    }
)
"""Records as found: ``lines`` where the lines of single messages are known, ``trouble`` where there is no JSON."""


@dataclass(frozen=True)
class ChatKeys:
    """How a chat format names its parts: the list of messages, and in a message its speaker and its text."""

    messages: str
    speaker: str
    text: str

    def parse(self, sources: pl.DataFrame, _roster: Roster) -> Parsed:
        """Read the sources whose first list of messages goes by this format's key; see `schemas.format.Format`."""
        told = sources.with_columns(
            like_json=pl.col("text").str.strip_chars_start().str.contains(r"^[\[{]"),
            key=pl.col("text").str.extract(_LISTS),
        )
        mine = pl.col("like_json") & pl.col("key").eq_missing(pl.lit(self.messages))
        reason = (
            pl.when("like_json")
            .then(pl.lit(f'has no list "{self.messages}"'))
            .otherwise(pl.lit("does not begin with { or ["))
        )
        refusals = told.filter(~mine).select("source_key", reason=reason).cast(REFUSALS)
        claimed = told.filter(mine)
        if claimed.is_empty():
            return Parsed(refusals=refusals)
        return self._assemble(self._decode(_records(claimed)), refusals)

    def _decode(self, records: pl.DataFrame) -> pl.DataFrame:
        """Add ``messages``, a list of structs; it is null, and ``trouble`` says why, where there is no conversation."""
        message = pl.Struct({self.speaker: pl.String, self.text: pl.String})
        shape = pl.Struct({self.messages: pl.List(message)})
        decoded = pl.col("json").str.json_decode(shape).struct.field(self.messages).alias("messages")
        plain = pl.col("json").str.replace_all(_ONE_PART, "$1$2")
        records = records.with_columns(
            json=pl.when(pl.col("json").str.contains('"type"')).then(plain).otherwise("json")
        )
        lone = pl.col("json").str.replace_all(_PAIR, "").str.contains(_SURROGATE)
        if not records.filter(pl.col("json").str.contains(_SURROGATE)).select(lone.any()).item():
            try:
                return self._told_apart(records.with_columns(decoded))
            except pl.exceptions.ComputeError:
                # One odd record fails the whole column.
                pass
        each = [self._regular(text) for text in records["json"]]
        regular = pl.DataFrame(each, schema={"json": pl.String, "found": pl.String}, orient="row")
        records = records.with_columns(regular["json"], pl.coalesce("trouble", regular["found"]))
        return self._told_apart(records.with_columns(decoded))

    def _told_apart(self, records: pl.DataFrame) -> pl.DataFrame:
        nameless = pl.element().struct.field(self.speaker).is_null().arg_true()
        records = records.with_columns(nameless=pl.col("messages").list.eval(nameless).list.first())
        trouble = (
            pl.when(pl.col("messages").is_null())
            .then(pl.lit(f'has no list "{self.messages}"'))
            .when(pl.col("nameless").is_not_null())
            .then(pl.format('message {} has no "{}"', "nameless", pl.lit(self.speaker)))
        )
        return records.with_columns(trouble=pl.coalesce("trouble", trouble))

    def _regular(self, text: str | None) -> tuple[str | None, str | None]:
        """A record with nothing but speakers and texts, or what is wrong with it. Texts in parts are joined."""
        if text is None:
            return None, None
        try:
            record = json.loads(text)
            messages = cast("dict[str, Any]", record).get(self.messages) if isinstance(record, dict) else None
            if not isinstance(messages, list):
                return None, f'has no list "{self.messages}"'
            plain = [self._message(place, message) for place, message in enumerate(cast("list[object]", messages))]
        except RecursionError:
            return None, "is nested too deeply"
        except json.JSONDecodeError as error:
            return None, f"is not JSON: {error.msg} at column {error.colno}"
        except _OddMessageError as error:
            return None, str(error)
        return json.dumps({self.messages: plain}), None

    def _message(self, place: int, message: object) -> dict[str, str | None]:
        if not isinstance(message, dict):
            raise _OddMessageError(f"message {place} is no object")
        fields = cast("dict[str, Any]", message)
        speaker = fields.get(self.speaker)
        if not isinstance(speaker, str):
            raise _OddMessageError(f'message {place} has no "{self.speaker}"')
        return {self.speaker: _paired(speaker), self.text: _text(fields.get(self.text))}

    def _assemble(self, records: pl.DataFrame, refusals: pl.DataFrame) -> Parsed:
        broken = pl.col("trouble").is_not_null()
        messages = records.filter(~broken).select(
            "source_key", "record", "line", "lines", "messages", count=pl.col("messages").list.len()
        )
        content = pl.element().struct.field(self.text).str.len_chars()
        expected = (
            messages.with_columns(expected=pl.col("messages").list.eval(content).list.sum())
            .group_by("source_key")
            .agg(pl.col("expected").sum())
        )
        turns = (
            messages.with_columns(
                lines=pl.when(pl.col("lines").list.len() == pl.col("count"))
                .then("lines")
                .otherwise(pl.col("line").repeat_by("count"))
            )
            .filter(pl.col("count") > 0)
            .explode("messages", "lines")
            .select(
                "source_key",
                "record",
                speaker=pl.col("messages").struct.field(self.speaker).fill_null(""),
                text=pl.col("messages").struct.field(self.text).fill_null(""),
                line="lines",
                start=pl.lit(None),
                end=pl.lit(None),
            )
            .cast(PARSED_TURNS)
        )
        in_turns = turns.group_by("source_key").agg(in_turns=pl.col("text").str.len_chars().sum())
        accounts = (
            records.select(pl.col("source_key").unique(maintain_order=True))
            .join(expected, on="source_key", how="left", maintain_order="left")
            .join(in_turns, on="source_key", how="left", maintain_order="left")
            .select("source_key", pl.col("expected").fill_null(0), pl.col("in_turns").fill_null(0), elsewhere=pl.lit(0))
        )
        problems = records.filter(broken).select(
            "source_key",
            "record",
            "line",
            kind=pl.lit("broken"),
            detail=pl.format("record {} {}", "record", "trouble"),
        )
        return Parsed(
            turns=turns,
            records=records.select(PARSED_RECORDS.names()).cast(PARSED_RECORDS),
            accounts=accounts.cast(PARSED_ACCOUNTS),
            problems=problems.cast(PROBLEMS),
            refusals=refusals,
        )


class _OddMessageError(ValueError):
    """A message that is not what its format says."""


def _text(content: object) -> str | None:
    """The text of a message: a string, nothing, or parts of which the text ones are joined by line breaks."""
    if content is None:
        return None
    if isinstance(content, list):
        parts = [
            cast("dict[str, object]", part).get("text") if isinstance(part, dict) else part
            for part in cast("list[object]", content)
        ]
        return _paired("\n".join(part for part in parts if isinstance(part, str)))
    return _paired(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))


def _paired(text: str) -> str:
    """`text` with each lone surrogate, which no UTF-8 can hold, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _records(sources: pl.DataFrame) -> pl.DataFrame:
    """The records of JSON lines and JSON documents, in order; see `_RECORDS`."""
    lines = (
        sources.select("source_key", json=pl.col("text").str.split("\n"))
        .with_columns(line=pl.int_ranges(1, pl.col("json").list.len() + 1))
        .explode("json", "line")
        .with_columns(pl.col("json").str.strip_chars())
        .filter(pl.col("json") != "")
        .with_columns(whole=pl.col("json").str.starts_with("{") & pl.col("json").str.ends_with("}"))
    )
    # One object a line, whatever a few broken lines look like; else the source is one document.
    by_line = lines.group_by("source_key").agg(jsonl=pl.col("whole").mean() >= 0.5).filter("jsonl")
    listed = (
        lines.join(by_line, on="source_key", how="semi", maintain_order="left")
        .with_columns(record=pl.int_range(pl.len()).over("source_key"), lines=None, trouble=None)
        .select(pl.col(name).cast(kind) for name, kind in _RECORDS.items())
    )
    documents = sources.join(by_line, on="source_key", how="anti", maintain_order="left")
    rows = [(key, *row) for key, text in documents.select("source_key", "text").iter_rows() for row in _document(text)]
    return pl.concat([listed, pl.DataFrame(rows, schema=_RECORDS, orient="row")]).sort("source_key", "record")


def _document(text: str) -> Iterator[tuple[int, int, str | None, list[int] | None, str | None]]:
    """The records of one JSON document: (record, line, JSON, lines of its messages, what is wrong).

    Records are the document itself or, in an array, its items; those before a break are kept.
    """
    decoder = json.JSONDecoder()
    start = _skip_blanks(text, 0)
    is_array = text[start] == "["
    position, record, line, counted = start + is_array, 0, 1, 0
    while True:
        position = _skip_blanks(text, position)
        line, counted = line + text.count("\n", counted, position), position
        if is_array and text.startswith("]", position):
            return
        try:
            value, end = decoder.raw_decode(text, position)
        except RecursionError:
            yield record, line, None, None, "is nested too deeply"
            return
        except json.JSONDecodeError as error:
            yield record, error.lineno, None, None, f"is not JSON: {error.msg} at column {error.colno}"
            return
        yield record, line, json.dumps(value), _message_lines(text, (position, end), line, decoder, value), None
        position, record = _skip_blanks(text, end), record + 1
        if not is_array:
            if position < len(text):
                extra = line + text.count("\n", counted, position)
                yield record, extra, None, None, "is not JSON: something follows the end of the document"
            return
        if text.startswith(",", position):
            position += 1


def _message_lines(
    text: str, span: tuple[int, int], line: int, decoder: json.JSONDecoder, record: object
) -> list[int] | None:
    """The line of each message of the record in `span`, which begins at `line`; None if it can't be told."""
    key = re.compile(_LISTS).search(text, *span)
    messages = cast("dict[str, Any]", record).get(key[1]) if key and isinstance(record, dict) else None
    if key is None or not isinstance(messages, list):
        return None
    found: list[int] = []
    counted, position = span[0], key.end()
    for _ in cast("list[object]", messages):
        position = _skip_blanks(text, position)
        line, counted = line + text.count("\n", counted, position), position
        found.append(line)
        position = _skip_blanks(text, decoder.raw_decode(text, position)[1]) + 1
    return found


def _skip_blanks(text: str, position: int) -> int:
    while text[position : position + 1] in (" ", "\t", "\n", "\r"):
        position += 1
    return position
