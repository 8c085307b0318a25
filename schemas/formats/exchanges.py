"""Exchanges in JSON: each says what one side said and what the other answered, so that the order is implied.

A list of them is a transcript: ``exchanges[]`` with ``user`` and ``assistant``, ``conversation[]`` with ``input`` and
``output``, and so on (see `schemas.json_records.EXCHANGES`). Without a list each record is one: Alpaca's
``instruction``, ``input`` and ``output`` with the exchanges before it in ``history``, or ``prompt`` and ``response``.

A key that names a speaker (``user``, ``therapist``) is the speaker; the others stand for ``user`` and ``assistant``.
Alpaca's ``input`` follows its instruction on a line of its own. ``system`` is the first turn. A side that is null or
left out said nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

import polars as pl

from schemas.format import Format, Parsed
from schemas.gathered import Piece, Talk, listed, read_each, spoken
from schemas.json_look import claim
from schemas.json_records import OddRecordError
from schemas.json_shapes import EXCHANGES, pair_of
from schemas.roster import Roster

_SPEAKERS: Final = frozenset("user human patient client assistant ai bot therapist counselor".split())
_TEXTS: Final = frozenset({key for pair in EXCHANGES for key in pair} | {"system"})


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read exchanges, in a list or one a record; see `schemas.format.Format`."""
    claimed, refusals = claim(
        sources, "exchanges", "has no exchanges such as user and assistant or prompt and response"
    )
    by_list: list[Parsed] = []
    for (told, _), part in claimed.group_by("told", "layout", maintain_order=True):
        key = None if told is None else str(told)
        by_list.append(read_each(part, partial(_talks, key), "exchanges", key))
    return Parsed.joined([Parsed(refusals=refusals), *by_list])


def _talks(told: str | None, record: dict[str, Any]) -> list[Talk]:
    items = [record] if told is None else listed(record, told)
    pair = next((pair for item in items if (pair := pair_of(item)) is not None), None)
    if pair is None and items:
        raise OddRecordError("has no exchange with two sides")
    joints = 0
    pieces = [] if told is None else _system(record, -1)
    for place, item in enumerate(items):
        pieces += _system(item, place)
        pieces += [piece for past in _history(item) for piece in past]
        asked, answered = pair or ("", "")
        if asked not in item and answered not in item:
            raise OddRecordError(f'has an exchange {place} with neither "{asked}" nor "{answered}"')
        texts = [spoken(item, asked, place)] if item.get(asked) is not None else []
        if asked == "instruction" and (more := spoken(item, "input", place)):
            joints += 1
            texts = ["\n".join([*(texts or [""]), more])]
        pieces += [Piece(_speaker(asked, "user"), text, place) for text in texts]
        if item.get(answered) is not None:
            pieces.append(Piece(_speaker(answered, "assistant"), spoken(item, answered, place), place))
    return [Talk(pieces, _expected(record, items), joints)]


def _expected(record: dict[str, Any], items: list[dict[str, Any]]) -> int:
    """The characters of all that is said, by the keys it stands under."""
    texts: list[object] = [record.get("system")] if items != [record] else []
    for item in items:
        texts += [text for key, text in item.items() if key in _TEXTS]
        texts += [text for past in cast("list[list[object]]", item.get("history") or []) for text in past]
    return sum(len(text) for text in texts if isinstance(text, str))


def _system(item: dict[str, Any], place: int) -> list[Piece]:
    text = spoken(item, "system", place)
    return [Piece("system", text, place)] if text else []


def _history(item: dict[str, Any]) -> list[list[Piece]]:
    """The exchanges before an item's own: pairs of texts."""
    past: Any = item.get("history") or []
    pairs = cast("list[list[str]]", past) if isinstance(past, list) else None
    if pairs is None or any(not _is_pair(pair) for pair in pairs):
        raise OddRecordError('has a "history" that is no list of two texts each')
    return [[Piece("user", asked), Piece("assistant", answered)] for asked, answered in pairs]


def _is_pair(pair: object) -> bool:
    if not isinstance(pair, list):
        return False
    texts = cast("list[object]", pair)
    return len(texts) == 2 and all(isinstance(text, str) for text in texts)


def _speaker(key: str, otherwise: str) -> str:
    return key if key in _SPEAKERS else otherwise


FORMAT = Format(
    name="exchanges",
    brief='JSON or JSON lines of exchanges: "user" and "assistant", "prompt" and "response", Alpaca\'s "instruction" …',
    parse=parse,
    lines_within=False,
    json=True,
)
