"""What tools write above a transcript: titles, dates, lists of speakers. It is nobody's speech, and no text is missing.

These lines count, in any order before the first speaker:

* a date, a time of day or a length: ``Mon, May 5, 2025 10:02AM • 45:12``, ``2024-03-01``, ``12.03.2024``;
* a known key with its value: ``Date: …``, ``Duration: …``, ``Participants: …``, ``Transcribed by …``;
* a known heading with the paragraph below it: ``SUMMARY KEYWORDS``, ``SPEAKERS``, ``Audio file``;
* a heading in Markdown, and a rule of ``---`` or ``===``;
* a title: the first line, if it is short, no sentence and has no colon, where any of the others is there too, or where
  the tool always writes one (Otter does).
"""

from __future__ import annotations

import re
from typing import Final

from schemas.regex import regex
from schemas.roster import Roster

_MONTH: Final = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zäé]*\.?"
_DATE: Final = regex(
    rf"(?:\w+\.?,?[ ]+)?(?:{_MONTH}[ ]+[0-9]{{1,2}}|[0-9]{{1,2}}\.?[ ]+{_MONTH})(?:st|nd|rd|th)?(?:,?[ ]+[0-9]{{4}})?"
    r"(?:,?[ ]+(?:at[ ]+)?[0-9]{1,2}:[0-9]{2}.{0,40})?"
    r"|(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4})"
    r"(?:[ T,]+[0-9]{1,2}:[0-9]{2}.{0,40})?"
    r"|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?[ ]?(?:[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_KEY: Final = regex(
    r"(?:title|date|time|duration|length|participants?|attendees|present|speakers?|interviewee|location|language|topic"
    r"|meeting|meeting title|recording|recorded(?: on)?|audio|audio file|file|file ?name|media|transcript(?:ion)?"
    r"|transcrib(?:ed|er)(?: by)?|transcript by|created|session|project|source|url)[ ]?[:：][ ]*\S.*"
    r"|transcribed by .+|(?:generated|created|exported) (?:by|with|on|from) .+|https?://\S+",
    re.IGNORECASE,
)
_HEADING: Final = regex(
    r"summary keywords|keywords|speakers|participants|attendees|audio file|transcript|transcription", re.IGNORECASE
)
_MARKUP: Final = regex(r"#{1,6}[ ].*|[-=*_]{3,}")
_FRONT: Final = regex(
    # A line's first character tells which kind it is: were it of two kinds, the search could try them for ever.
    r"---[ \t]*\n(?:\n|[ \t][^\n]*\n|(?:-[ \t]|#)[^\n]*\n|[a-z][\w -]{0,39}:(?:[ \t][^\n]*)?\n)*"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_TITLE_LENGTH: Final = 100
"""Characters of a title at most."""


def front_matter(text: str, roster: Roster) -> str:
    """YAML front matter with which a text begins, "" where none; rules around turns are no such thing.

    Its keys are in lower case, and don't stand for two roles.
    """
    found = _FRONT.match(text)
    if found is None:
        return ""
    roles = {roster.role(line.split(":")[0]) for line in found[0].splitlines()} - {None}
    return "" if len(roles) > 1 else found[0]


def is_key(line: str) -> bool:
    """Whether a line is a known key with its value, such as ``Duration: 00:31:12``, and so names nobody."""
    return bool(_KEY.fullmatch(line.strip()))


def speech_above(lines: list[str], *, titled: bool) -> list[int]:
    """Which of the lines above the first speaker are neither blank nor of a header: their places in `lines`.

    Args:
        lines: what stands above, with line breaks.
        titled: whether the first line is a title even if nothing else tells of a header.
    """
    texts = [line.strip() for line in lines]
    known: set[int] = set()
    within = False
    for place, text in enumerate(texts):
        heading = bool(_HEADING.fullmatch(text))
        # The paragraph below a heading is its own, also after one blank line.
        within = heading or (within and (bool(text) or bool(_HEADING.fullmatch(texts[place - 1]))))
        if not text or within or any(pattern.fullmatch(text) for pattern in (_DATE, _KEY, _MARKUP)):
            known.add(place)
    rest = [place for place in range(len(texts)) if place not in known]
    told = titled or any(texts[place] for place in known)
    if told and rest and not any(texts[: rest[0]]) and _is_title(texts[rest[0]]):
        return rest[1:]
    return rest


def _is_title(text: str) -> bool:
    return len(text) <= _TITLE_LENGTH and text[-1] not in ".?!…。？！" and ":" not in text and "：" not in text
