"""The six checks as one writes them in an afternoon: ``python -m tests.benches.six.plain FOLDER`` prints JSON lines."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benches.six import CHECKS, ERROR, LABELS, LONGEST, TOKEN

Turn = tuple[str, str]
"""The speaker's label, and the text."""

_SPEAKER = re.compile(rf"(?:\A|\n\n)({'|'.join(LABELS)}): ")
_ERROR, _TOKEN = re.compile(ERROR), re.compile(TOKEN)
_KNOWN = frozenset(LABELS)


def files(folder: Path) -> list[Path]:
    """The text files of a folder, in order."""
    return sorted(folder.rglob("*.txt"))


def turns(path: Path) -> list[Turn]:
    """The turns of a file."""
    _, *fields = _SPEAKER.split(path.read_text(encoding="utf-8"))
    return [(speaker, text.strip()) for speaker, text in zip(fields[::2], fields[1::2], strict=True)]


def violations(said: list[Turn]) -> Iterator[tuple[int, str]]:
    """What is wrong in a transcript: the turn's number, and the check."""
    alternation, empty, length, error, token, label = CHECKS
    before = None
    for number, (speaker, text) in enumerate(said):
        if speaker == before:
            yield number, alternation
        if not text:
            yield number, empty
        if len(text) > LONGEST:
            yield number, length
        if _ERROR.search(text):
            yield number, error
        if _TOKEN.search(text):
            yield number, token
        if speaker not in _KNOWN:
            yield number, label
        before = speaker


def main() -> None:
    """Check a folder."""
    for path in files(Path(sys.argv[1])):
        for number, check in violations(turns(path)):
            print(json.dumps({"path": str(path), "turn": number, "check": check}))


if __name__ == "__main__":
    main()
