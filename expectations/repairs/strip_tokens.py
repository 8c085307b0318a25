"""The repair `strip_tokens`."""

from __future__ import annotations

from expectations.repair import Repair, rewriting


def mend(text: str, token: str) -> str:
    """`text` without the token at its ends, however often it stands there, and the blanks beside it."""
    left = text
    while token and left.rstrip().endswith(token):
        left = left.rstrip().removesuffix(token).rstrip()
    while token and left.lstrip().startswith(token):
        left = left.lstrip().removeprefix(token).lstrip()
    return left or text


REPAIR = Repair(
    "strip_tokens",
    safe=False,
    order=30,
    brief="takes a chat template's token off the end or the beginning of a turn",
    change=rewriting(mend),
)
