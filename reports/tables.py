"""The rows of long tables as small scripts, which a page loads when somebody sorts, filters or turns pages.

A page opened from a folder may load a script, but may not fetch a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from reports.pages import Flagged, Run
from reports.visible import shortened, visible_line
from reports.words import iso

ROWS: Final = 50
"""Rows of a table that are on its page from the beginning."""

_CHUNK: Final = 5_000


def chunks(flagged: Sequence[Flagged]) -> list[str]:
    """The names of the scripts with the flagged transcripts of a run."""
    return [f"flagged-{number}.js" for number in range(1, 1 + -(-len(flagged) // _CHUNK))]


def flagged_scripts(flagged: Sequence[Flagged]) -> Iterator[tuple[str, bytes]]:
    """Each script by its name."""
    for place, name in enumerate(chunks(flagged)):
        some = flagged[place * _CHUNK : (place + 1) * _CHUNK]
        yield name, script("flagged", place, [[*map(_field, _flagged_row(each))] for each in some])


def run_rows(runs: Sequence[Run]) -> list[list[object]]:
    """The rows of a table of runs."""
    return [[*map(_field, _run_row(run))] for run in runs]


def script(table: str, place: int, rows: Sequence[list[object]]) -> bytes:
    """A script that hands over the rows of one chunk of a table."""
    told = json.dumps(rows, ensure_ascii=True, separators=(",", ":"))
    return f"turnproofRows({json.dumps(table)},{place},{told});\n".encode()


def _flagged_row(each: Flagged) -> tuple[object, ...]:
    return (
        each.transcript,
        f"transcripts/{each.page}",
        each.verdict,
        each.critical,
        each.warning,
        each.info,
        " ".join(each.codes),
        ", ".join(each.repairs),
        each.turns,
        each.released_turns,
    )


def _run_row(run: Run) -> tuple[object, ...]:
    return (
        run.drop,
        f"runs/{run.run}/index.html",
        iso(run.finished),
        run.gate,
        run.suite,
        [count for _, count in run.of_sources],
        [count for _, count in run.of_transcripts],
        run.turns,
        run.gate_reason,
    )


def _field(value: object) -> object:
    return shortened(visible_line(value), 200) if isinstance(value, str) else value
