"""The hand-written parsers under atheris: ``python -m tests.fuzz.coverage_guided --minutes 10`` (``make fuzz``)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["schemas"]):
    import schemas.input_turns  # noqa: F401 - imports Pandera, whose seconds would count as a hang later on
    from schemas.format import formats
    from tests.fuzz.oracle import check_parser, samples

    # Within: the modules of the formats are imported by this call.
    NAMES = sorted(formats())


def one(data: bytes) -> None:
    """Let the format that the first byte names parse the rest."""
    if len(data) < 2:
        return
    text = data[1:].decode("utf-8", "replace").replace("\r\n", "\n")
    if text.strip():
        check_parser(NAMES[data[0] % len(NAMES)], text)


def main() -> None:
    """Parse until the time is over; a case that breaks something is left as ``crash-…`` in this folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    seconds = round(60 * parser.parse_args().minutes)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, data) in enumerate(samples().items()):
            first = bytes([NAMES.index(name.split("/")[0])])
            (Path(folder) / str(number)).write_bytes(first + data)
        options = [
            f"-max_total_time={seconds}",
            "-max_len=8192",
            "-timeout=30",
            "-rss_limit_mb=4096",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
