"""JSON that holds transcripts: which format's it is, and its records, one a line or in one document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, cast

import polars as pl

from schemas.columns import REFUSALS

LISTS: Final = "messages|conversations?|dialogs?|dialogues?|turns|utterances|exchanges|segments"
"""The keys of a list that may be a transcript, as a regular expression."""

SPEAKERS: Final = ("role", "speaker", "from", "author", "name")
CONTENTS: Final = ("content", "text", "value", "utterance", "message")
"""The keys of who speaks and of what is said, in order of preference where a message has several."""

EXCHANGES: Final = (
    ("user", "assistant"),
    ("human", "assistant"),
    ("human", "ai"),
    ("human", "bot"),
    ("user", "bot"),
    ("patient", "therapist"),
    ("client", "counselor"),
    ("client", "therapist"),
    ("instruction", "output"),
    ("input", "output"),
    ("prompt", "response"),
    ("prompt", "completion"),
    ("question", "answer"),
    ("query", "response"),
)
"""The keys of an exchange: what one side says, and what the other answers."""

DIALOGUES: Final = ("dialogue", "dialog", "conversation", "conversations", "transcript", "chat", "text", "content")
"""The keys of a whole dialogue as one text, likeliest first."""

_IDS: Final = ("conversation_id", "dialogue_id", "dialog_id", "transcript_id", "session_id")

_TOLD: Final = rf'"((?:{LISTS})"\s*:\s*\[|results"\s*:\s*\{{|(?:chosen|rejected)"\s*:\s*["\[]|reply[-_]to"\s*:)'
"""What tells a format, whichever comes first. No text can hold it: a quote within a text is written ``\\"``."""

_CANDIDATES: Final[dict[str | None, tuple[str, ...]]] = {
    "messages": ("openai_chat", "role_content", "exchanges"),
    "conversations": ("sharegpt", "role_content", "exchanges"),
    "segments": ("whisper", "role_content", "exchanges", "text_in_json"),
    "utterances": ("assemblyai", "role_content", "exchanges", "text_in_json"),
    "results": ("aws_transcribe", "deepgram"),
    "chosen": ("preference_pairs",),
    "rejected": ("preference_pairs",),
    "reply-to": ("convokit",),
    "reply_to": ("convokit",),
    None: ("exchanges", "role_content", "text_in_json"),
}
"""The formats that a key may tell; any other list, and no list at all, may be what None is."""

USUAL: Final = {"messages": "openai_chat", "conversations": "sharegpt", "exchanges": "exchanges"}
"""Whose a list is when its items don't tell."""

_TRIES: Final = 20
"""So many broken beginnings are passed over in search of one that tells the format."""

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
"""Records as found: ``lines`` where the lines of single messages are known, ``trouble`` where there is no JSON."""


class OddRecordError(ValueError):
    """A record that is not what its format says."""


class Shape(NamedTuple):
    """A source's format, the keys of its first message or record, and that of the list it is in."""

    name: str | None
    keys: tuple[str, ...] = ()
    told: str | None = None


def claim(sources: pl.DataFrame, name: str, reason: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sources that are a JSON format's, and the refusals of the others.

    All JSON formats ask here, so that one at most claims a source. What doesn't begin like JSON costs one look at its
    beginning, and most of the rest a search that ends at the first record.

    Returns:
        claimed: `schemas.columns.TEXTS` with ``told``, the key that tells the format, and ``keys`` of its first item.
        refusals: `schemas.columns.REFUSALS`, with `reason` where there is JSON.
    """
    like_json = pl.col("text").str.contains(r"^\s*[\[{]")
    prose = sources.filter(~like_json).select("source_key", reason=pl.lit("does not begin with { or ["))
    told = sources.filter(like_json).with_columns(told=pl.col("text").str.extract(_TOLD).str.extract(r'^([^"]*)'))
    likely = pl.Series([name in _CANDIDATES.get(key, _CANDIDATES[None]) for key in told["told"]], dtype=pl.Boolean)
    others, told = told.select("source_key").filter(~likely), told.filter(likely)
    shapes = [shape_of(text, key) for text, key in told.select("text", "told").iter_rows()]
    mine = pl.Series([shape.name == name for shape in shapes], dtype=pl.Boolean)
    found = pl.DataFrame(
        {"keys": [shape.keys for shape in shapes], "told": [shape.told for shape in shapes]},
        schema={"keys": pl.List(pl.String), "told": pl.String},
    )
    refused = pl.concat([others["source_key"], told["source_key"].filter(~mine)]).to_frame()
    refused = refused.with_columns(reason=pl.lit(reason))
    return told.with_columns(found["keys"], found["told"]).filter(mine), pl.concat([prose, refused]).cast(REFUSALS)


def shape_of(text: str, told: str | None) -> Shape:
    """The format of a JSON text and the keys of its first sound item, by the key that tells it."""
    if told is None:
        return _flat(text)
    if told == "results":
        return Shape("aws_transcribe" if '"transcripts"' in text else "deepgram")
    if told in ("chosen", "rejected"):
        return Shape("preference_pairs")
    if told in ("reply-to", "reply_to"):
        return Shape("convokit" if '"conversation_id"' in text or '"root"' in text else None)
    usual = USUAL.get(told)
    starts = (match.end() for match in re.finditer(rf'"{told}"\s*:\s*\[', text))
    item = _first_object(text, starts)
    name = (None if item is None else _by_item(told, item)) or usual
    # A broken record may hold a list that the sound ones don't.
    return _flat(text) if name is None else Shape(name, tuple(item or ()), told)


def _by_item(told: str, item: dict[str, Any]) -> str | None:
    contents = [key for key in CONTENTS if key in item]
    named = contents and any(key in item for key in SPEAKERS)
    timed = "text" in item and "start" in item and "end" in item
    if told == "messages" and "role" in item and contents in ([], ["content"]):
        return "openai_chat"
    if told == "conversations" and "from" in item and contents in ([], ["value"]):
        return "sharegpt"
    if told == "segments" and timed:
        return "whisper"
    if told == "utterances" and timed and isinstance(item["start"], int) and isinstance(item["end"], int):
        return "assemblyai"
    if named:
        return "role_content"
    return "exchanges" if pair_of(item) and told != "segments" else None


def _flat(text: str) -> Shape:
    """The format of JSON without any list that tells it: pairs, messages in a bare list, or a dialogue as one text."""
    start = len(text) - len(text.lstrip())
    is_array = text.startswith("[", start)
    starts = [start + is_array] if is_array else (match.start() for match in re.finditer(r"(?m)^[ \t]*\{", text))
    item = _first_object(text, starts)
    if item is None:
        return Shape(None)
    if pair_of(item):
        return Shape("exchanges", tuple(item))
    if is_array and keys_of(item, SPEAKERS[:-1]) and keys_of(item, CONTENTS) and not keys_of(item, _IDS):
        return Shape("role_content", tuple(item))
    # One text in a record; with a single record there may be several lines of it.
    return Shape("text_in_json" if any(isinstance(item.get(key), str) for key in DIALOGUES) else None, tuple(item))


def keys_of(item: Iterable[str], known: tuple[str, ...]) -> str | None:
    """The first of the `known` keys that an item has."""
    there = set(item)
    return next((key for key in known if key in there), None)


def pair_of(item: dict[str, Any]) -> tuple[str, str] | None:
    """The keys of an exchange that an item has both of."""
    return next((pair for pair in EXCHANGES if pair[0] in item and pair[1] in item), None)


def _first_object(text: str, starts: Iterable[int]) -> dict[str, Any] | None:
    """The first sound object at one of the places."""
    decoder = json.JSONDecoder()
    for _, start in zip(range(_TRIES), starts, strict=False):
        try:
            value, _ = decoder.raw_decode(text, skip_blanks(text, start))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return cast("dict[str, Any]", value)
    return None


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


def _wrong(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error.msg} at column {error.colno}"
    # Python reads no number of more than 4,300 digits, lest it take for ever.
    return "holds a number too long to read"


def records(sources: pl.DataFrame, lists: str) -> pl.DataFrame:
    """The records of JSON lines and JSON documents, in order; see `RECORDS` and, for `lists`, `read_each`."""
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
    found = (
        lines.join(by_line, on="source_key", how="semi", maintain_order="left")
        .with_columns(record=pl.int_range(pl.len()).over("source_key"), lines=None, trouble=None)
        .select(pl.col(name).cast(kind) for name, kind in RECORDS.items())
    )
    documents = sources.join(by_line, on="source_key", how="anti", maintain_order="left")
    key = re.compile(rf'"(?:{lists})"\s*:\s*\[')
    rows = [
        (source, *row)
        for source, text in documents.select("source_key", "text").iter_rows()
        for row in _document(text, key)
    ]
    return pl.concat([found, pl.DataFrame(rows, schema=RECORDS, orient="row")]).sort("source_key", "record")


def _document(text: str, lists: re.Pattern[str]) -> Iterator[tuple[int, int, str | None, list[int] | None, str | None]]:
    """The records of one JSON document: (record, line, JSON, lines of its messages, what is wrong).

    Records are the document itself or, in an array, its items; those before a break are kept.
    """
    decoder = json.JSONDecoder()
    start = skip_blanks(text, 0)
    is_array = text[start] == "["
    position, record, line, counted = start + is_array, 0, 1, 0
    while True:
        position = skip_blanks(text, position)
        line, counted = line + text.count("\n", counted, position), position
        if is_array and text.startswith("]", position):
            return
        try:
            _, end = decoder.raw_decode(text, position)
        except RecursionError:
            yield record, line, None, None, "is nested too deeply"
            return
        except ValueError as error:
            yield record, getattr(error, "lineno", line), None, None, _wrong(error)
            return
        yield record, line, text[position:end], _item_lines(text, (position, end), line, decoder, lists), None
        position, record = skip_blanks(text, end), record + 1
        if not is_array:
            if position < len(text):
                extra = line + text.count("\n", counted, position)
                yield record, extra, None, None, "is not JSON: something follows the end of the document"
            return
        if text.startswith(",", position):
            position += 1


def _item_lines(
    text: str, span: tuple[int, int], line: int, decoder: json.JSONDecoder, lists: re.Pattern[str]
) -> list[int] | None:
    """The line of each item of the first such list in the record in `span`, which begins at `line`; None without."""
    key = lists.search(text, *span)
    if key is None:
        return None
    found: list[int] = []
    counted, position = span[0], skip_blanks(text, key.end())
    while not text.startswith("]", position):
        line, counted = line + text.count("\n", counted, position), position
        found.append(line)
        # The record is sound JSON: after an item stands a comma, or the end of the list.
        position = skip_blanks(text, decoder.raw_decode(text, position)[1])
        if text.startswith(",", position):
            position = skip_blanks(text, position + 1)
    return found


def skip_blanks(text: str, position: int) -> int:
    """The first place from `position` on that is no blank."""
    while text[position : position + 1] in (" ", "\t", "\n", "\r"):
        position += 1
    return position
