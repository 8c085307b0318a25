"""Samples, and turns, with long runs of one thing put into them: no search may take time by the square of its length.

    python -m tests.fuzz.runs [--only WORD]

Every sample, at several places, with every run of `RUNS`. Turns are judged, too.
That takes half an hour on one core.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from typing import Final

from tests.fuzz.oracle import HangError, check, check_turn, samples

RUNS: Final = [
    *" \t\n-=_*#|:.,;<>[](){}\"'`~\\/0a\f\u00a0：é\x15",
    *(
        "a ",
        "A. ",
        "a:",
        "A: ",
        "0:",
        "00:",
        "0_",
        "-\t",
        "- ",
        "--",
        "| ",
        "<v ",
        "<0",
        "[a",
        "(0",
        "\\n",
        '"a"',
        '","',
    ),
    *("\n\n", "\n ", "\n\t", "\n-", "\n|", "\nA:", "\n0:00"),
]
"""What is repeated: a character, or a few that searches look for."""

IN_TURNS: Final = [
    *(
        "\u200b",
        "„",
        "“",
        "«",
        "♪",
        "```",
        "a@",
        "a@b.",
        "1 ",
        "12-",
        "1.",
        "+1 (",
        "0123456789 ",
        "0123456789\n",
        "DE12 ",
    ),
    *("call 1 ", "http://a:", "fe80:", "[address=r", "<!DOCTYPE ", "If this issue persists. ", "TION LENGTH LIMIT "),
    *("*a", "_a", "[a](", "![", '{"a":', "<a ", "&#", "%s", "word ", "Word Word ", "no, ", "it it ", "I'm ", "Error: "),
    *("(note ", "[[", "<|", "<|im_start|>", "</s>", "## ", "1. ", "- a\n", "a\n", "A:\n"),
]
"""What the searches of expectations look for."""

LENGTH: Final = 200_000
"""Bytes of a run: at a nanosecond a step, the square of them takes longer than `tests.fuzz.oracle.SECONDS`."""


def texts() -> list[str]:
    """The names of the samples that are text."""
    return [name for name, data in samples().items() if b"\0" not in data]


def places(data: bytes) -> list[int]:
    """Where runs are put: at both ends, and at and behind the beginning of two lines."""
    lines = [0, *(place + 1 for place, each in enumerate(data) if each == ord("\n"))]
    told = (0, 3, lines[1 % len(lines)], lines[1 % len(lines)] + 3, lines[len(lines) // 2], lines[len(lines) // 2] + 5)
    return sorted({min(place, len(data)) for place in (*told, len(data) - 1, len(data))})


def longer(data: bytes, run: str, place: int) -> bytes:
    """A sample with a run at a place."""
    return data[:place] + run.encode() * (LENGTH // len(run.encode())) + data[place:]


def main() -> int:
    """Read them all, and tell those that take too long or break something."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--only", default="", help="only samples whose name holds this")
    only = parser.parse_args().only
    tried = failed = 0
    for name in (name for name in texts() if only in name):
        data = samples()[name]
        for run, place in product(RUNS, places(data)):
            tried += 1
            try:
                check([longer(data, run, place)])
            except (HangError, AssertionError) as error:
                failed += 1
                print(f"{name}, {run!r} at {place}: {type(error).__name__} {str(error)[:500]}", flush=True)
    for run in (*RUNS, *IN_TURNS) if not only else ():
        tried += 1
        try:
            check_turn(longer(b"", run, 0).decode())
        except (HangError, Exception) as error:
            failed += 1
            print(f"a turn of {run!r}: {type(error).__name__} {str(error)[:500]}", flush=True)
    print(f"{tried:,} samples and turns with long runs: {failed} of them broke something or took too long")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
