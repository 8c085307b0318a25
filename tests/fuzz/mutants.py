"""Samples changed as files get changed: cut, joined, doubled, mistyped. ``python -m tests.fuzz.mutants --minutes 10``."""

from __future__ import annotations

import argparse
import random
import sys
import time
from hashlib import sha256

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.oracle import FOUND, check, samples

PIECES = (
    *(
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        ":",
        "：",
        ": ",
        "\0",
        "\ufeff",
        "\u2028",
        "\u200b",
        "\x85",
        "\x0c",
        "\x1c",
    ),
    *("Patient: ", "Therapist: hello", "T1 ", "C 2: ", "Speaker 1", "**Name:** ", "- ", "| a | b |", "---", "# ", "> "),
    *(
        "WEBVTT",
        "WEBVTT\n\n",
        "NOTE ",
        "00:00:01.000 --> 00:00:02.000",
        "1\n00:00:01,000 --> ",
        "-->",
        "<v Ann>",
        "</v>",
    ),
    *("(00:12:03):", "[00:12] ", "Name  0:49\n", "12:34:56\tAnn:\thi", "@Begin", "@End", "*PAT:\t", "%mor:\t", "\x15"),
    *('"', "'", ",", ";", '""', '","', "\\", "\\u", "\\ud800", "\\udc00", "{", "}", "[", "]", "[[", "{}", "[]", "null"),
    *('{"messages": [', '{"role": "user", "content": "hi"}', '"conversations": [', '"text": ', '"speaker": 1', "1e999"),
    *('File type = "ooTextFile"', "xmin = 0", "intervals [1]:", "NaN", "true", "-0", "9" * 40, "\U0001f600", "ß", "İ"),
)
"""What parsers look for, and what they don't expect."""

ODD = (
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\0\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1f\x8b",
    b"PK\x03\x04",
)
"""Bytes that are no UTF-8, or the beginning of something else."""


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """One sample with a few changes."""
    data = samples()[draw(st.sampled_from(sorted(samples())))]
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from((0, 1, 2, 5, 20, 80, 400))))
        change = draw(st.sampled_from(("drop", "double", "insert", "odd", "letters", "cut", "splice", "swap")))
        piece = b""
        if change == "double":
            piece = data[start:end] * draw(st.integers(2, 5))
        elif change == "insert":
            piece = draw(st.sampled_from(PIECES)).encode() + data[start:end]
        elif change == "odd":
            piece = draw(st.sampled_from(ODD))
        elif change == "letters":
            piece = draw(st.text(max_size=12)).encode("utf-8", "surrogatepass")
        elif change == "cut":
            end = len(data)
        elif change == "splice":
            other = samples()[draw(st.sampled_from(sorted(samples())))]
            piece, end = other[draw(st.integers(0, len(other))) :], len(data)
        elif change == "swap":
            piece = data[start:end][::-1]
        data = data[:start] + piece + data[end:]
    return data


def main() -> int:
    """Read mutants until the time is over; keep the first that breaks something in ``found/``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    end = time.monotonic() + 60 * parser.parse_args().minutes
    tried = 0
    broken: list[bytes] = []

    @given(st.lists(mutants(), min_size=1, max_size=12))
    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def holds(sources: list[bytes]) -> None:
        nonlocal tried
        tried += len(sources)
        try:
            check(sources)
        except BaseException:
            # The last one to fail is the smallest that hypothesis finds.
            broken[:] = sources
            raise

    while time.monotonic() < end:
        try:
            seed(random.getrandbits(64))(holds)()
        except BaseException as error:
            for data in broken:
                FOUND.mkdir(exist_ok=True)
                (FOUND / sha256(data).hexdigest()[:12]).write_bytes(data)
            print(f"after {tried:,} mutants: {type(error).__name__}: {str(error)[:2000]}")
            return 1
    print(f"{tried:,} mutants of {len(samples())} samples: no crash, no hang, nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
