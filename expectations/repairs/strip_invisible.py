"""The repair `strip_invisible`."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from expectations.repair import Repair, rewriting

# Not compiled here: that takes 4 ms, and most checks repair nothing.
_SPARE: Final = "[\u00ad\u2060-\u2064\u206a-\u206f\ufeff]+"
"""Soft hyphens, word joiners, invisible operators, byte order marks: they do nothing for any text."""

_SPACE: Final = "\u200b+"
_DIVIDED: Final = "[\u0e00-\u109f\u1780-\u17ff\u1a00-\u1aaf\ua980-\ua9df\uaa60-\uaadf]"
"""Thai, Lao, Tibetan, Myanmar, Khmer and their like: a zero-width space divides their words."""

_JOINERS: Final = "[\u200c\u200d]+"
_MARKS: Final = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
_TAGS: Final = "(\U0001f3f4[\U000e0020-\U000e007f]+)|[\U000e0001\U000e0020-\U000e007f]+"
"""Tags hide whole sentences; after a black flag they make the flags of England, Scotland and Wales."""


def mend(text: str, _evidence: str) -> str:
    """`text` without characters that can't be seen and do nothing for what can.

    Joiners stay where anything but Latin, Greek and Cyrillic letters, digits and marks stands beside them, as in emoji,
    Persian and Indic scripts; marks of direction stay in a turn with a script that runs from right to left.
    """
    text = re.sub(_TAGS, lambda found: found[1] or "", text)
    text = re.sub(_SPARE, "", text)
    text = re.sub(_SPACE, lambda found: found[0] if _beside(found, _divided) else "", text)
    if not any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in text if not each.isascii()):
        text = re.sub(_MARKS, "", text)
    return re.sub(_JOINERS, lambda found: found[0] if _beside(found, _joined) else "", text)


def _beside(found: re.Match[str], kind: object) -> bool:
    """Whether one of the characters around a match is of a kind."""
    start, end = found.span()
    around = found.string[max(0, start - 1) : start] + found.string[end : end + 1]
    return any(kind(each) for each in around) if callable(kind) else False


def _divided(character: str) -> bool:
    return re.match(_DIVIDED, character) is not None


def _joined(character: str) -> bool:
    if character.isascii() or character.isspace() or unicodedata.category(character)[0] == "P":
        return False
    return not unicodedata.name(character, "").startswith(("LATIN ", "GREEK ", "CYRILLIC "))


REPAIR = Repair(
    "strip_invisible",
    safe=True,
    order=20,
    brief="takes out what can't be seen and does nothing: zero-width blanks, soft hyphens, marks of direction, tags",
    change=rewriting(mend),
)
