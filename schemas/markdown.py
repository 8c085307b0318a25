"""Text within generated Markdown: nothing of it becomes markup, and all of it can be seen."""

from __future__ import annotations

import re


def printable(text: str) -> str:
    """`text` on one line, with what can't be seen as in a Python string."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text.replace("\\", "\\\\")
    )


def escaped(text: str) -> str:
    """Text for Markdown: what would be markup outside backticks is escaped, bars everywhere."""
    parts = re.split(r"(`[^`]*`)", text)
    prose = (part if part.startswith("`") else re.sub(r"([\\*_<>\[\]#])", r"\\\1", part) for part in parts)
    return "".join(prose).replace("|", "\\|")
