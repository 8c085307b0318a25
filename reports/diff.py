"""Pieces of a turn's text: what stayed, what a repair took out or put in, and what a finding points at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final, Literal

from schemas.columns import SEVERITIES
from schemas.regex import regex

_TOKEN: Final = regex(r"\w+|\s+|[^\w\s]")

# SequenceMatcher is quadratic; beyond this many pairs of tokens a diff by words would neither be quick nor be read.
_PAIRS: Final = 1_000_000


@dataclass(frozen=True)
class Part:
    """A piece of text.

    `mark` is the severity of the worst finding whose evidence covers it, `ends` the numbers of those that end with it.
    """

    text: str
    kind: Literal["same", "del", "ins"] = "same"
    mark: str | None = None
    ends: tuple[int, ...] = ()


@dataclass(frozen=True)
class Span:
    """Evidence in a text as read, in characters; `number` is that of its finding."""

    start: int
    end: int
    severity: str
    number: int = 0


def words_changed(before: str, after: str) -> list[Part]:
    """The way from `before` to `after`, word by word."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    parts = [Part("".join(old[:head]))]
    parts.extend(_changed(old[head : len(old) - tail], new[head : len(new) - tail]))
    parts.append(Part("".join(old[len(old) - tail :])))
    return [part for part in parts if part.text]


def marked(parts: Sequence[Part], spans: Sequence[Span]) -> list[Part]:
    """Cut `parts` where evidence starts or ends, and mark what it covers; inserted text was not read, so never is."""
    if not spans:
        return list(parts)
    cuts = sorted({edge for span in spans for edge in (span.start, span.end)})
    result: list[Part] = []
    position = 0
    for part in parts:
        if part.kind == "ins":
            result.append(part)
            continue
        end = position + len(part.text)
        edges = [position, *(cut for cut in cuts if position < cut < end), end]
        for left, right in pairwise(edges):
            text = part.text[left - position : right - position]
            ends = tuple(span.number for span in spans if span.number and span.end == right)
            result.append(replace(part, text=text, mark=_worst(spans, left, right), ends=ends))
        position = end
    return result


def clipped(parts: Sequence[Part], limit: int) -> tuple[list[Part], int]:
    """The parts up to `limit` characters, and how many characters that leaves out."""
    if sum(len(part.text) for part in parts) <= limit:
        return list(parts), 0
    result: list[Part] = []
    room = limit
    for part in parts:
        if room > 0:
            result.append(replace(part, text=part.text[:room]))
            room -= len(part.text)
        else:
            room -= len(part.text)
    return result, max(0, -room)


def around(parts: Sequence[Part], characters: int) -> list[Part]:
    """The parts with at most so many characters of what stayed before and after each change."""
    result: list[Part] = []
    for place, part in enumerate(parts):
        before, after = place > 0, place < len(parts) - 1
        text = part.text
        if part.kind == "same" and len(text) > characters * (before + after) + 1:
            text = f"{text[:characters] if before else ''}…{text[-characters:] if after else ''}"
        result.append(replace(part, text=text))
    return result


def _changed(old: list[str], new: list[str]) -> Iterator[Part]:
    """Taken out and put in, in turn; what stayed between goes with them where it is but a comma or a space."""
    if len(old) * len(new) > _PAIRS:
        yield from (Part("".join(old), "del"), Part("".join(new), "ins"))
        return
    out = into = ""
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[i:j]), "".join(new[k:m])
        if kind == "equal" and re.search(r"\w", before):
            yield from (Part(out, "del"), Part(into, "ins"), Part(before))
            out = into = ""
        else:
            out, into = out + before, into + after
    yield from (Part(out, "del"), Part(into, "ins"))


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _worst(spans: Sequence[Span], start: int, end: int) -> str | None:
    covering = (span.severity for span in spans if span.start <= start and end <= span.end)
    return max(covering, key=SEVERITIES.index, default=None)
