r"""Preference pairs in JSON: ``chosen`` and ``rejected`` are two transcripts, in this order.

Each is a list of messages, a text with ``\n\nHuman:`` and ``\n\nAssistant:`` (the blanks around what is said and the
labels are accounted for elsewhere), or a bare answer. ``prompt``, a text or messages, comes before both, unless they
begin with it or, being whole dialogues, with a speaker other than ``assistant``.
"""

from __future__ import annotations

from typing import Any, Final, cast

import polars as pl

from schemas.chat_messages import text_of
from schemas.format import Format, Parsed
from schemas.gathered import Piece, Talk, read_each
from schemas.json_look import claim
from schemas.json_records import OddRecordError
from schemas.json_shapes import CONTENTS, SPEAKERS, keys_of
from schemas.regex import regex
from schemas.roster import Roster

_LABEL: Final = regex(r"(?:\A|\n\n)(Human|Assistant|System):")
_ANSWERING: Final = frozenset({"assistant", "gpt", "Assistant", "model", "bot"})


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read ``chosen`` and ``rejected``; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "preference_pairs", 'has no "chosen" or "rejected"')
    # Which list's lines would be a turn's isn't told by its place: the record's line is theirs.
    return Parsed.joined([Parsed(refusals=refusals), read_each(claimed, _talks, "preference_pairs")])


def _talks(record: dict[str, Any]) -> list[Talk]:
    sides = [key for key in ("chosen", "rejected") if record.get(key) is not None]
    if not sides:
        raise OddRecordError('has neither "chosen" nor "rejected"')
    prompt = _talk("prompt", record.get("prompt"), "user")
    return [_after(prompt, _talk(key, record[key], "assistant")) for key in sides]


def _after(prompt: Talk, talk: Talk) -> Talk:
    said = [(piece.speaker, piece.text) for piece in talk.pieces]
    asked = [(piece.speaker, piece.text) for piece in prompt.pieces]
    begins = bool(said) and said[: len(asked)] == asked
    whole = bool(said) and said[0][0] not in _ANSWERING
    if begins or whole:
        return talk
    return Talk(
        [*prompt.pieces, *talk.pieces],
        prompt.expected + talk.expected,
        elsewhere=prompt.elsewhere + talk.elsewhere,
    )


def _talk(key: str, value: object, speaker: str) -> Talk:
    if value is None:
        return Talk([], 0)
    if isinstance(value, str):
        return _from_text(key, value, speaker)
    if not isinstance(value, list):
        raise OddRecordError(f'has a "{key}" that is neither a text nor a list of messages')
    pieces: list[Piece] = []
    for place, message in enumerate(cast("list[object]", value)):
        fields = cast("dict[str, Any]", message) if isinstance(message, dict) else {}
        who, what = keys_of(fields, SPEAKERS), keys_of(fields, CONTENTS)
        if who is None or what is None or not isinstance(fields[who], str):
            raise OddRecordError(f'has a message {place} in "{key}" without a speaker and a text')
        pieces.append(Piece(fields[who], text_of(fields[what]) or ""))
    return Talk(pieces, sum(len(piece.text) for piece in pieces))


def _from_text(key: str, text: str, speaker: str) -> Talk:
    """A text with labels as its turns, one without as `speaker`'s."""
    labels = list(_LABEL.finditer(text))
    if not labels:
        return Talk([Piece(speaker, text)], len(text))
    if text[: labels[0].start()].strip():
        raise OddRecordError(f'has a "{key}" with text before its first speaker')
    ends = [*(label.start() for label in labels[1:]), len(text)]
    bodies = [text[label.end() : end] for label, end in zip(labels, ends, strict=True)]
    blanks = sum(len(body) - len(body.strip()) for body in bodies)
    marks = labels[0].start() + sum(len(label[0]) for label in labels)
    pieces = [Piece(label[1], body.strip()) for label, body in zip(labels, bodies, strict=True)]
    return Talk(pieces, len(text), elsewhere=marks + blanks)


FORMAT = Format(
    name="preference_pairs",
    brief='JSON or JSON lines with "chosen" and "rejected", two transcripts a record',
    parse=parse,
    lines_within=False,
    json=True,
)
