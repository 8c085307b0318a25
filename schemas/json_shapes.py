"""The shapes in which JSON holds transcripts: whose format a record is, and under which keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, NamedTuple, cast

import polars as pl

from schemas.regex import regex

LISTS: Final = frozenset(
    "messages conversation conversations dialog dialogs dialogue dialogues turns utterances exchanges segments".split()
)
"""The keys of a list that may be a transcript."""

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

_IDS: Final = frozenset(
    "conversationid dialogueid dialogid transcriptid sessionid chatid threadid callid convid convoid".split()
)
"""The keys of the conversation that a message belongs to, without case and signs."""

_USUAL: Final = {"messages": "openai_chat", "conversations": "sharegpt", "exchanges": "exchanges"}
"""Whose a list is when its items don't tell."""

_KEYS: Final = {"openai_chat": ("role", "content"), "sharegpt": ("from", "value")}
"""The keys of speaker and text that are a format's own."""

CHATS: Final = frozenset({"openai_chat", "sharegpt", "role_content", "exchanges"})

_LABELLED: Final = regex(r"^[^\W\d_][^:：\n]{0,39}[:：]", re.MULTILINE)

_TRIES: Final = 20
"""So many items of a list, and values of an object, are looked at for one that tells the format."""

_DEPTH: Final = 3
"""How deep within a record transcripts are looked for."""


class Shape(NamedTuple):
    """How a source, or a record, holds transcripts.

    Attributes:
        format: the format whose it is, None where it is none's.
        told: the key of the list of messages or exchanges, as it is written; None for a list without a key.
        speaker, content: the keys of a message, as they are written.
        layout: ``records``, each a transcript; ``nested``, records with transcripts somewhere within, or lists that
            are transcripts; ``rows``, each a message.
        keys: those that lead to a dialogue as one text.
    """

    format: str | None = None
    told: str | None = None
    speaker: str | None = None
    content: str | None = None
    layout: str = "records"
    keys: tuple[str, ...] = ()


SHAPE: Final = pl.Struct(
    {
        "format": pl.String(),
        "told": pl.String(),
        "speaker": pl.String(),
        "content": pl.String(),
        "layout": pl.String(),
        "keys": pl.List(pl.String),
    }
)
"""`Shape` as a column."""


def shape_of(value: object, depth: int = _DEPTH) -> Shape:
    """The shape of one record, or of a list of messages."""
    if isinstance(value, list):
        return _of_list(cast("list[object]", value), depth) or Shape()
    record = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return (
        _of_service(record)
        or _of_lists(record, depth)
        or _of_flat(record)
        or _within(record, depth)
        or _of_text(record, depth)
        or Shape()
    )


def shape_as(wanted: str | None, value: object) -> Shape:
    """The shape of a record as one of the format `wanted`, where any part of it is; else, or if it is None, its own."""
    shape = shape_of(value)
    if wanted in (None, shape.format) or not isinstance(value, dict):
        return shape
    record = cast("dict[str, Any]", value)
    plain = {key: each for key, each in record.items() if not isinstance(each, dict | list)}
    exchange = {key: record[key] for key in pair_of(record) or ()}
    parts = [plain, exchange, *({key: each} for key, each in islice(record.items(), _TRIES))]
    return next((each for each in map(shape_of, parts) if each.format == wanted), shape)


def _of_service(record: dict[str, Any]) -> Shape | None:
    results = record.get("results")
    if isinstance(results, dict):
        if "transcripts" in results:
            return Shape("aws_transcribe")
        return Shape("deepgram") if "utterances" in results or "channels" in results else None
    words = record.get("words")
    if (
        not record.get("utterances")
        and isinstance(words, list)
        and _is_word(next(iter(cast("list[object]", words)), None))
    ):
        return Shape("assemblyai")
    if any(_is_talk(record.get(key)) for key in ("chosen", "rejected")):
        return Shape("preference_pairs")
    replies = "reply-to" in record or "reply_to" in record
    return Shape("convokit") if replies and ("conversation_id" in record or "root" in record) else None


def _is_word(value: object) -> bool:
    """Whether a value is a word as AssemblyAI hears it: its times are whole milliseconds."""
    if not isinstance(value, dict):
        return False
    word = cast("dict[str, object]", value)
    return isinstance(word.get("text"), str) and all(isinstance(word.get(key), int) for key in ("start", "end"))


def _is_talk(value: object) -> bool:
    """Whether a value may be a side of a preference: a text or a list of messages."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return isinstance(value, str) or any(isinstance(item, dict) for item in items[:1])


def _of_lists(record: dict[str, Any], depth: int) -> Shape | None:
    """The shape by the first list that is one of messages or exchanges; an empty one tells by its key alone."""
    lists = [(key, cast("list[object]", each)) for key, each in record.items() if isinstance(each, list)]
    known = [(key, items) for key, items in lists if key.lower() in LISTS]
    shapes = (shape_of_items(key, items, depth) for key, items in known)
    usual = (_usual(key) for key, items in known if not items)
    return next((shape for shape in (*shapes, *usual) if shape is not None), None)


def _of_flat(record: dict[str, Any]) -> Shape | None:
    """The shape of a record that is an exchange or a message itself."""
    if pair_of(record):
        return Shape("exchanges")
    speaker, content = keys_of(record, SPEAKERS[:-1]), keys_of(record, CONTENTS)
    is_message = speaker and content and isinstance(record[speaker], str | int) and not _is_dialogue(record, content)
    return _of_message(None, speaker, content)._replace(layout="rows") if speaker and is_message else None


def shape_of_items(told: str, items: list[object], depth: int) -> Shape | None:
    """The shape of a record by one of its lists, under the key `told`."""
    item = next((cast("dict[str, Any]", each) for each in items[:_TRIES] if isinstance(each, dict)), None)
    if item is None:
        # Conversations as lists under one key.
        inner = _of_list(items, depth) if items and isinstance(items[0], list) else None
    else:
        inner = _of_lists(item, depth - 1) if depth > 0 else None
    if inner is not None and inner.format in CHATS:
        return inner._replace(layout="nested")
    return None if item is None else _timed(told, item) or _of_chat(told, item)


def _timed(told: str, item: dict[str, Any]) -> Shape | None:
    if not {"text", "start", "end"} <= item.keys():
        return None
    if told.lower() == "segments":
        return Shape("whisper", told)
    whole = isinstance(item["start"], int) and isinstance(item["end"], int)
    return Shape("assemblyai", told) if told.lower() == "utterances" and whole else None


def _of_chat(told: str, item: dict[str, Any]) -> Shape | None:
    speaker, content = keys_of(item, SPEAKERS), keys_of(item, CONTENTS)
    own = speaker is not None and speaker.lower() == _KEYS.get(_USUAL.get(told.lower(), ""), ("",))[0]
    if speaker and (content or own):
        return _of_message(told, speaker, content)
    if pair_of(item) and told.lower() != "segments":
        return Shape("exchanges", told)
    return _usual(told) if _holds(item, told.lower()) else None


def _usual(told: str) -> Shape | None:
    """The shape by the key of a list alone."""
    name = _USUAL.get(told.lower())
    return None if name is None else Shape(name, told, *_KEYS.get(name, (None, None)))


def _holds(item: dict[str, Any], name: str) -> bool:
    """Whether an item of a list with a format's own key has at least one of the keys that the format knows."""
    own = (*_KEYS.get(_USUAL.get(name, ""), ()), *(key for pair in EXCHANGES for key in pair))
    return name in _USUAL and keys_of(item, own) is not None


def _of_message(told: str | None, speaker: str, content: str | None) -> Shape:
    name = (told or "").lower()
    keys = speaker.lower(), (content or "").lower()
    if name == "messages" and keys in (("role", "content"), ("role", "")):
        return Shape("openai_chat", told, speaker, content or "content")
    if name in ("", "conversation", "conversations") and keys in (("from", "value"), ("from", "")):
        return Shape("sharegpt", told, speaker, content or "value")
    return Shape("role_content", told, speaker, content)


def _of_list(items: list[object], depth: int) -> Shape | None:
    """The shape of a list without a key: of messages, or of lists of them, or of records within a record."""
    if items and isinstance(items[0], list):
        inner = _of_list(cast("list[object]", items[0]), depth - 1) if depth > 0 else None
        return None if inner is None else inner._replace(layout="nested")
    item = next((cast("dict[str, Any]", each) for each in items[:_TRIES] if isinstance(each, dict)), None)
    if item is None:
        return None
    speaker, content = keys_of(item, SPEAKERS[:-1]), keys_of(item, CONTENTS)
    if speaker and content and isinstance(item[speaker], str | int):
        return _of_message(None, speaker, content)
    inner = shape_of(item, depth - 1) if depth > 0 else Shape()
    return inner._replace(layout="nested") if inner.format in CHATS and inner.told else None


def _within(record: dict[str, Any], depth: int) -> Shape | None:
    """The shape of the first chat somewhere within a record: sessions in a list, under numbered keys, or by id."""
    for value in islice(record.values(), _TRIES if depth > 0 else 0):
        if isinstance(value, dict | list):
            shape = shape_of(cast("object", value), depth - 1)
            if shape.format in CHATS and shape.layout != "rows" and (shape.told or isinstance(value, list)):
                return shape._replace(layout="nested")
    return None


def _of_text(record: dict[str, Any], depth: int) -> Shape | None:
    path = _dialogue(record, depth)
    return Shape("text_in_json", keys=path) if path else None


def _is_dialogue(record: dict[str, Any], content: str) -> bool:
    """Whether a record with a speaker holds a whole labelled dialogue, rather than a message of one."""
    text = record[content]
    if not isinstance(text, str) or "\n" not in text or id_of(record) is not None:
        return False
    labels = [label.strip().lower() for label in _LABELLED.findall(text[:4096])]
    return len(labels) > len(set(labels)) >= 2


def _dialogue(record: dict[str, Any], depth: int) -> tuple[str, ...]:
    """The keys that lead to a dialogue as one text, none where there is no such text."""
    by_key = {key.lower(): key for key in record}
    for key in DIALOGUES:
        if key in by_key and isinstance(record[by_key[key]], str):
            return (by_key[key],)
    for key, value in islice(record.items(), _TRIES):
        if isinstance(value, dict) and depth > 0:
            path = _dialogue(cast("dict[str, Any]", value), depth - 1)
            if path:
                return key, *path
    return ()


def id_of(record: dict[str, Any]) -> str | None:
    """The conversation that a message names as its own."""
    for key, value in record.items():
        if isinstance(value, str | int) and re.sub(r"[\W_]+", "", key).lower() in _IDS:
            return str(value)
    return None


def keys_of(item: Iterable[str], known: tuple[str, ...]) -> str | None:
    """The key of an item, as it is written, that comes first among the `known` ones, which are in lower case."""
    there = {key.lower(): key for key in item}
    return next((there[key] for key in known if key in there), None)


def pair_of(item: dict[str, Any]) -> tuple[str, str] | None:
    """The keys of an exchange that an item has both of."""
    return next((pair for pair in EXCHANGES if pair[0] in item and pair[1] in item), None)
