"""The repair `unicode`."""

from __future__ import annotations

from expectations.repair import Repair, rewriting


def mend(text: str, _evidence: str) -> str:
    """`text` with the lines decoded anew that ftfy is sure were decoded with the wrong encoding.

    Only what isn't ASCII changes, but for blanks: the second byte of some letters is a no-break space, which somebody
    may have made an ordinary one. Where a part of a character was lost on the way, the line stays as it is.
    """
    from ftfy import fix_encoding  # noqa: PLC0415 - few batches need it
    from ftfy.badness import is_bad  # noqa: PLC0415 - likewise

    lines = text.split("\n")
    for place, line in enumerate(lines):
        if not line.isascii() and is_bad(line):
            mended = fix_encoding(line)
            if mended.count("\ufffd") <= line.count("\ufffd") and _plain(mended) == _plain(line):
                lines[place] = mended
    return "\n".join(lines)


def _plain(line: str) -> str:
    return "".join(each for each in line if "!" <= each <= "~")


REPAIR = Repair(
    "unicode",
    safe=True,
    order=10,
    brief="decodes anew what was decoded with the wrong encoding, as far as ftfy is sure",
    change=rewriting(mend),
)
