"""Spell out characters that hide, reorder or command, so that neither a terminal nor a reader is fooled.

Transcripts and file names come from anywhere. An escape sequence can rewrite a terminal, a bidi override can turn a
sentence round, a zero-width character can hide a word. The joiners U+200C and U+200D stay: Persian and emoji need them.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.regex import regex

MASK: Final = "•"
"""What stands for a letter, a digit or a sign of personal text, in findings as on pages."""

_HIDDEN_RANGES: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f"
)
_IN_TEXT: Final = regex(f"[{_HIDDEN_RANGES}]")
_IN_LINE: Final = regex(rf"[\t\n{_HIDDEN_RANGES}]")
_ONLY_HIDDEN: Final = regex(rf"[\u200c\u200d\s{_HIDDEN_RANGES}]+")
_ANY: Final = regex(rf"[\t\n\u200c\u200d{_HIDDEN_RANGES}]")
_SHORT: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def visible_text(text: str) -> str:
    """`text` with its line ends and tabs kept, everything else that hides spelled out as `<U+202E>`."""
    return _IN_TEXT.sub(_spell, text)


def visible_line(text: str) -> str:
    r"""`text` on one line: like `visible_text`, and line ends and tabs become `\n` and `\t`."""
    return _IN_LINE.sub(_spell, text)


def spelled_if_hidden(text: str) -> str:
    """`text` spelled out in full where nobody could see any of it, else as it is."""
    return _ANY.sub(_spell, text) if _ONLY_HIDDEN.fullmatch(text) else text


def shortened(text: str, limit: int) -> str:
    """The first `limit` characters at most, with an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def ending(text: str, limit: int) -> str:
    """The last `limit` characters at most, with an ellipsis where something was cut."""
    return text if len(text) <= limit else "…" + text[1 - limit :]


def _spell(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT.get(character) or f"<U+{ord(character):04X}>"
