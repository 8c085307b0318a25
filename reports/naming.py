"""File names of pages, safe whatever the transcript is called."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

_SLUG_CHARACTERS: Final = 60


def page_name(transcript: str) -> str:
    """`a/Début #3.txt` becomes `a-d-but-3-txt-<digest>.html`: known by its words, told apart by its digest."""
    slug = re.sub(r"[^a-z0-9]+", "-", transcript.lower()).strip("-")[-_SLUG_CHARACTERS:].strip("-")
    digest = sha256(transcript.encode()).hexdigest()[:16]
    return f"{slug}-{digest}.html" if slug else f"{digest}.html"
