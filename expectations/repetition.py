"""What a speaker repeats: turns compared word for word, of the few speakers who may loop (`expectations.loops`)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple

from schemas.regex import regex

NEAR: Final = 6
"""Turns of the same speaker that a turn is compared with, the last before it."""

_SIGNS: Final = "\u3040-\u30ff\u3400-\u9fff"
"""Chinese and Japanese, where blanks don't tell words apart: two characters count as one."""

_SIGN: Final = regex(f"[{_SIGNS}]")
_WORD: Final = regex(rf"[{_SIGNS}]{{1,2}}|[^\W{_SIGNS}]+(?:['’][^\W{_SIGNS}]+)*")
_PHRASE: Final = 300
"""Characters at the end of a turn where a phrase is looked for."""

_LISTED: Final = 20
"""Turns that a message names."""


@dataclass(frozen=True)
class Limits:
    """The thresholds; `phrase_within` is the stretch in turns of the speaker that holds `phrase_times` of a phrase."""

    repeats: int
    repeated_words: int
    repeated_warning: float
    repeated_critical: float
    alike: float
    alike_share: float
    alike_times: int
    phrase_words: int
    phrase_times: int
    phrase_within: int


class Said(NamedTuple):
    """One turn: `place` counts its speaker's turns, `name` is the label, `head` and `tail` are hashes of its ends."""

    place: int
    turn: int
    name: str
    text: str
    head: int
    tail: int


Three = tuple[str, str, str]
"""Three words in a row."""

Found = tuple[int, str | None, str, str | None]
"""A finding in a transcript: turn, severity, message, evidence."""


def repeated_turns(spoken: Sequence[Said], limits: Limits) -> Found | None:
    """A speaker who says turns word for word as before."""
    seen: set[tuple[str, ...]] = set()
    again: list[int] = []
    for each in spoken:
        words = tuple(_words(each.text))
        if len(words) >= limits.repeated_words:
            if words in seen:
                again.append(each.turn)
            seen.add(words)
    share = len(again) / len(spoken)
    if len(again) < limits.repeats or share < limits.repeated_warning:
        return None
    severity = None if share >= limits.repeated_critical else "warning"
    message = f"{spoken[0].name} says {len(again)} of {len(spoken)} turns word for word as before: {listed(again)}"
    return again[0], severity, message, None


def alike_turns(spoken: Sequence[Said], limits: Limits) -> Found | None:
    """A speaker who says turns nearly as one of the last before."""
    last: deque[set[Three]] = deque(maxlen=NEAR)
    again: list[int] = []
    for each in spoken:
        # Blanks tell words apart well enough here, and sooner.
        words = _words(each.text) if _SIGN.search(each.text) else each.text.casefold().split()
        threes: set[Three] = set()
        if len(words) >= limits.repeated_words:
            threes.update(zip(words, words[1:], words[2:], strict=False))
        if threes and any(_overlap(threes, other, limits.alike) for other in last):
            again.append(each.turn)
        last.append(threes)
    if len(again) < limits.alike_times or len(again) < limits.alike_share * len(spoken):
        return None
    message = f"{spoken[0].name} says {len(again)} of {len(spoken)} turns nearly as shortly before: {listed(again)}"
    return again[0], "warning", message, None


def _overlap(one: set[Three], other: set[Three], share: float) -> bool:
    """Whether two sets have `share` of all that is in them in common (Jaccard)."""
    less, more = sorted((len(one), len(other)))
    # Sizes that differ too much tell, too, and sooner.
    return less >= share * more and (common := len(one & other)) >= share * (less + more - common)


def shared_phrases(said: Sequence[Said], end: str, limits: Limits) -> Iterator[tuple[str, list[Said], str]]:
    """Phrases that open (or close) enough turns close enough to each other, as they stand in the first; the turns.

    Beside them the label of the first turn with that end.
    """
    ends: dict[int, list[Said]] = defaultdict(list)
    for each in said:
        ends[each.head if end == "head" else each.tail].append(each)
    for _, spoken in sorted(ends.items()):
        if not _close(spoken, limits):
            continue
        words = {each.turn: _end_words(each.text, end) for each in spoken}
        same: dict[tuple[str, ...], list[Said]] = defaultdict(list)
        for each in spoken:
            if len(words[each.turn]) >= limits.phrase_words:
                same[tuple(words[each.turn][: limits.phrase_words])].append(each)
        for again in same.values():
            if _close(again, limits):
                columns = zip(*(words[each.turn] for each in again), strict=False)
                shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
                yield _slice(again[0].text, end, shared), again, spoken[0].name


def _close(said: Sequence[Said], limits: Limits) -> bool:
    """Whether enough of some turns are close enough to each other."""
    later = said[limits.phrase_times - 1 :]
    return any(two.place - one.place < limits.phrase_within for one, two in zip(said, later, strict=False))


def _end_words(text: str, end: str) -> list[str]:
    """The words of the beginning of a text, or of its end from the last to the first."""
    return _words(text[:_PHRASE]) if end == "head" else _words(text[-_PHRASE:])[::-1]


def _slice(text: str, end: str, words: int) -> str:
    """The first (or last) words of a text; with its last ones, what follows them."""
    found = list(_WORD.finditer(text))
    return text[found[0].start() : found[words - 1].end()] if end == "head" else text[found[-words].start() :]


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def listed(turns: Sequence[int]) -> str:
    """Turns as a message names them."""
    more = len(turns) - _LISTED
    listed = ", ".join(map(str, turns[:_LISTED]))
    return f"turns {listed} and {more} more" if more > 0 else f"turns {listed}"
