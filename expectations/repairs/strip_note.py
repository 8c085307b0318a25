"""The repair `strip_note`."""

from __future__ import annotations

from expectations.repair import Repair, rewriting


def mend(text: str, note: str) -> str:
    """`text` without the first place where `note` stands, and without the blanks around it."""
    before, found, behind = text.partition(note)
    before, behind = before.rstrip(), behind.lstrip()
    # A turn that is nothing but a note is no turn; taking it out is not for this repair to decide.
    gap = "\n\n" if before and behind else ""
    return f"{before}{gap}{behind}" if found and (before or behind) else text


REPAIR = Repair(
    "strip_note",
    safe=False,
    order=40,
    brief="takes a note about the text out of a turn, with the blanks around it",
    change=rewriting(mend),
)
