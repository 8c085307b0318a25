"""Turns in JSON: each is a string in an object of a list."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.json_records import paired
from schemas.regex import regex
from schemas.rewriting.edits import LOST, CantRewriteError, Edit, Wanted, differences

_TOKEN: Final = regex(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]')
_CHARACTER: Final = regex(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)


@dataclass
class _Thing:
    """An object or a list: where it stands, the place of its items if it is a list, and how many keys it has."""

    start: int
    parent: _Thing | None
    end: int = -1
    items: list[_Thing] = field(default_factory=list["_Thing"])
    keys: int = 0


@dataclass(frozen=True)
class _Text:
    """A string that is a value, and the object that it stands in."""

    start: int
    end: int
    value: str
    holder: _Thing


def edits(text: str, turns: Sequence[Wanted]) -> list[Edit]:
    """What to change in JSON; see `schemas.rewriting.rewritten`.

    Raises:
        CantRewriteError: if a turn is not one string, or stands in no object of its own.
    """
    places = _places(text, turns)
    plain = text.isascii()
    found: list[Edit] = []
    gone = {id(place.holder) for turn, place in zip(turns, places, strict=True) if place and turn.after is None}
    for turn, place in zip(turns, places, strict=True):
        if not turn.touched:
            continue
        if place is None:
            raise CantRewriteError(LOST)
        new = [_made(text, turns, places, each, plain) for each in turn.put_in]
        if turn.after is not None:
            found += _within(text, place, turn, plain)
            if new:
                gap = _gap(text, place.holder)
                found.append(Edit(place.holder.end, place.holder.end, "".join(gap + each for each in new)))
        elif new:
            gap = _gap(text, place.holder)
            found.append(Edit(place.holder.start, place.holder.end, gap.join(new)))
        else:
            found.append(_without(place.holder, gone))
    # Two turns may stand in one object, and go with it.
    return list(dict.fromkeys(found))


def _places(text: str, turns: Sequence[Wanted]) -> list[_Text | None]:
    """The string of each turn, found in order; those of other keys between them are passed over."""
    strings = list(_strings(text))
    by_value: dict[str, list[int]] = {}
    for number, each in enumerate(strings):
        by_value.setdefault(each.value.strip(), []).append(number)
    places: list[_Text | None] = []
    last = -1
    for turn in turns:
        known = by_value.get(turn.text.strip(), [])
        following = bisect_right(known, last)
        if following < len(known):
            last = known[following]
            places.append(strings[last])
        else:
            places.append(None)
    return places


def _strings(text: str) -> Iterator[_Text]:
    stack: list[_Thing] = []
    waiting: tuple[int, int] | None = None
    for token in _TOKEN.finditer(text):
        kind = token[0][0]
        if kind == '"':
            waiting = token.span()
            continue
        if waiting is not None and kind != ":" and stack:
            yield _read(text, waiting, stack[-1])
        waiting = None
        if kind == ":" and stack:
            stack[-1].keys += 1
        elif kind in "{[":
            stack.append(_Thing(token.start(), stack[-1] if stack else None))
            if stack[-1].parent is not None and text[stack[-1].parent.start] == "[":
                stack[-1].parent.items.append(stack[-1])
        elif kind in "}]" and stack:
            stack.pop().end = token.end()


def _read(text: str, span: tuple[int, int], holder: _Thing) -> _Text:
    try:
        value = paired(json.loads(text[slice(*span)], strict=False))
    except ValueError:
        # A broken record's; no turn was read of it.
        value = ""
    return _Text(*span, value, holder)


def _within(text: str, place: _Text, turn: Wanted, plain: bool) -> list[Edit]:
    inside = text[place.start + 1 : place.end - 1]
    ends = [place.start + 1 + found.end() for found in _CHARACTER.finditer(inside)]
    starts = [place.start + 1, *ends]
    shift = place.value.find(turn.text)
    if len(ends) != len(place.value) or turn.after is None:
        raise CantRewriteError("it holds half characters")
    return [
        Edit(starts[shift + edit.start], starts[shift + edit.end], _escaped(edit.text, plain))
        for edit in differences(turn.text, turn.after)
    ]


def _escaped(text: str, plain: bool) -> str:
    return json.dumps(text, ensure_ascii=plain)[1:-1]


def _without(thing: _Thing, gone: set[int]) -> Edit:
    """Take an object out of its list, with the comma that stood for it."""
    items = thing.parent.items if thing.parent is not None else []
    place = next((number for number, each in enumerate(items) if each is thing), -1)
    if place < 0:
        raise CantRewriteError("a turn that is to go stands in no object of its own")
    if any(id(each) not in gone for each in items[:place]):
        return Edit(items[place - 1].end, thing.end, "")
    return Edit(thing.start, items[place + 1].start if place + 1 < len(items) else thing.end, "")


def _gap(text: str, thing: _Thing) -> str:
    """What stands between two objects of the list."""
    items = thing.parent.items if thing.parent is not None else []
    return text[items[0].end : items[1].start] if len(items) > 1 else ", "


def _made(
    text: str, turns: Sequence[Wanted], places: Sequence[_Text | None], said: tuple[str, str], plain: bool
) -> str:
    """A new object like another of the same speaker; only where it holds nothing but who speaks and what is said."""
    for turn, place in zip(turns, places, strict=True):
        if turn.speaker == said[0] and place is not None and place.holder.keys == 2:
            start, end = place.start - place.holder.start, place.end - place.holder.start
            like = text[place.holder.start : place.holder.end]
            return f'{like[:start]}"{_escaped(said[1], plain)}"{like[end:]}'
    raise CantRewriteError("a turn can't be put in: its object would hold more than who speaks and what is said")
