"""Edits of a text, and what the kinds of sources share to find them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, NamedTuple

_COMPARED: Final = 3_000
"""Characters that are compared one by one, which takes time by their square."""


class CantRewriteError(ValueError):
    """A source that can't be written again without losing something; the message is the reason."""


class Edit(NamedTuple):
    """Characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Wanted:
    """A turn as read, and what is to become of it.

    Attributes:
        speaker, text, line: as read.
        after: its new text; None where it is to go.
        put_in: speakers and texts of turns that are to follow it.
    """

    speaker: str
    text: str
    line: int
    after: str | None
    put_in: tuple[tuple[str, str], ...] = ()

    @property
    def touched(self) -> bool:
        """Whether anything is to change."""
        return self.after != self.text or bool(self.put_in)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """`text` after edits.

    Raises:
        CantRewriteError: if two of them overlap.
    """
    parts: list[str] = []
    place = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < place:
            raise CantRewriteError("two repairs meet in the same place")
        parts += [text[place : edit.start], edit.text]
        place = edit.end
    return "".join([*parts, text[place:]])


def differences(before: str, after: str) -> list[Edit]:
    """The edits that make `after` of `before`, few and small."""
    deleted = _deletions(before, after)
    if deleted is not None:
        return deleted
    start = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) > _COMPARED or len(new) > _COMPARED:
        return [Edit(start, start + len(old), new)]
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [Edit(start + a, start + b, new[c:d]) for tag, a, b, c, d in codes if tag != "equal"]


def _deletions(before: str, after: str) -> list[Edit] | None:
    """The stretches to delete from `before`, if that is all there is to do."""
    left = iter(range(len(before)))
    kept: list[int] = []
    for character in after:
        place = next((place for place in left if before[place] == character), None)
        if place is None:
            return None
        kept.append(place)
    return [
        Edit(one + 1, other, "")
        for one, other in zip([-1, *kept], [*kept, len(before)], strict=True)
        if one + 1 < other
    ]


def line_starts(text: str) -> list[int]:
    """Where each line of a text begins."""
    return [0, *(place + 1 for place in _breaks(text))]


def _breaks(text: str) -> Iterator[int]:
    place = text.find("\n")
    while place >= 0:
        yield place
        place = text.find("\n", place + 1)


LOST: Final = "a turn that a repair touches does not stand in it as one text"
"""The reason where a turn was put together of several pieces."""
