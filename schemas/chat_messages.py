"""Messages of chats as Python values, for the few records that are no plain columns: parts, tools, odd types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, cast

from schemas.json_records import OddRecordError, paired

CALLS: Final = "\u0001calls"
ANSWERS: Final = "\u0001answers"
"""The keys of `schemas.columns.TOOLS` in a plain message; no message has them of its own."""

_CALLING: Final = frozenset({"function_call", "tool_call"})
_ANSWERING: Final = frozenset({"tool", "function", "observation", "tool_response", "tool_result"})
"""Speakers that are no people: their turns are a tool's call and its result."""


def plain(place: int, message: object, speaker: str, text: str, names: tuple[str, ...]) -> dict[str, Any]:
    """A message with nothing but a speaker, a text, names, and the ids of calls; parts of text are joined.

    Raises:
        OddRecordError: if it is no object or names no speaker.
    """
    if not isinstance(message, dict):
        raise OddRecordError(f"message {place} is no object")
    fields = cast("dict[str, Any]", message)
    who = fields.get(speaker)
    if isinstance(who, int) and not isinstance(who, bool):
        who = str(who)
    if not isinstance(who, str):
        raise OddRecordError(f'message {place} has no "{speaker}"')
    refusal = fields.get("refusal")
    said = text_of(fields.get(text)) or (paired(refusal) if isinstance(refusal, str) else None)
    kept: dict[str, Any] = {speaker: paired(who), text: said}
    kept |= {key: paired(name) for key in names if isinstance(name := fields.get(key), str)}
    content = fields.get(text)
    parts = cast("list[object]", content) if isinstance(content, list) else []
    calls, answers = list(_calls(fields, parts, who)), list(_answers(fields, parts, who))
    return kept | ({CALLS: calls} if calls else {}) | ({ANSWERS: answers} if answers else {})


def text_of(content: object) -> str | None:
    """The text of a message: a string, nothing, or parts of which texts and refusals are joined by line breaks.

    Raises:
        OddRecordError: if a part is of no kind, or its text is none.
    """
    if content is None:
        return None
    if isinstance(content, list):
        parts = cast("list[object]", content)
        texts = [part if isinstance(part, str) else _text_of_part(part) for part in parts]
        return paired("\n".join(text for text in texts if text is not None))
    return paired(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))


def _text_of_part(part: object) -> str | None:
    """The text or the refusal of a part, if it has one; OpenAI's threads hold it as the ``value`` of an object."""
    text = _field(part, "text") or _field(part, "refusal")
    if isinstance(text, dict):
        threaded = cast("dict[str, object]", text)
        text = threaded.get("value", threaded)
    if isinstance(text, str) or (text is None and isinstance(_field(part, "type"), str)):
        return text
    raise OddRecordError("has a part of a message that is neither a text nor of another kind")


def _calls(fields: dict[str, Any], parts: list[object], who: str) -> Iterator[str]:
    """The id of each call that a message makes; its function's name where it has no id."""
    listed = fields.get("tool_calls")
    for call in cast("list[object]", listed) if isinstance(listed, list) else []:
        yield _id(_field(call, "id"), _field(_field(call, "function"), "name"), _field(call, "name"))
    if isinstance(fields.get("function_call"), dict):
        yield _id(_field(fields["function_call"], "name"))
    elif who.lower() in _CALLING:
        yield ""
    yield from (_id(_field(part, "id"), _field(part, "name")) for part in parts if _field(part, "type") == "tool_use")


def _answers(fields: dict[str, Any], parts: list[object], who: str) -> Iterator[str]:
    """The id of each call whose result a message brings."""
    if who.lower() in _ANSWERING or isinstance(fields.get("tool_call_id"), str):
        yield _id(fields.get("tool_call_id"), fields.get("name"))
    yield from (_id(_field(part, "tool_use_id")) for part in parts if _field(part, "type") == "tool_result")


def _field(value: object, key: str) -> object:
    return cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None


def _id(*possible: object) -> str:
    return next((paired(each) for each in possible if isinstance(each, str)), "")
