"""Text for people, like a compiler's: `path:line: code severity place: message`, the evidence beneath."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from typing import Final, TextIO, TypeAlias

import polars as pl

from reports.outputs.rows import Row, rows
from reports.visible import shortened, visible_line

EVIDENCE_CHARACTERS: Final = 100
_STYLES: Final = {"critical": "bold red", "warning": "yellow", "info": "blue"}

_Styled: TypeAlias = tuple[str, str]


def write(findings: pl.DataFrame, *, catalogue: pl.DataFrame, out: TextIO, version: str) -> None:
    """Print a line or two a finding, with an empty line between sources; in colour on a terminal without `NO_COLOR`."""
    lines = _lines(findings)
    if out.isatty() and not os.environ.get("NO_COLOR"):
        _print_in_colour(lines, out)
    else:
        out.writelines("".join(text for text, _ in line) + "\n" for line in lines)


def _lines(findings: pl.DataFrame) -> Iterator[list[_Styled]]:
    for number, (_, found) in enumerate(groupby(rows(findings), key=lambda row: row.path)):
        if number:
            yield []
        for row in found:
            yield _headline(row)
            if row.waived:
                yield [("    waived: ", "dim"), (visible_line(row.waived), "dim")]
            if row.evidence:
                # Cut first: spelling out ten megabytes for a hundred characters would be slow.
                evidence = shortened(row.evidence, EVIDENCE_CHARACTERS)
                yield [("    ", ""), (shortened(visible_line(evidence), EVIDENCE_CHARACTERS), "dim")]


def _headline(row: Row) -> list[_Styled]:
    line = "" if row.line is None else f":{row.line}"
    style = "dim" if row.waived else _STYLES[row.severity]
    return [
        (visible_line(row.path), "bold"),
        (f"{line}: ", "dim"),
        (row.code, style),
        (f" {row.severity}", style),
        (", waived" if row.waived else "", style),
        (" " if row.place else ": ", ""),
        (visible_line(row.sentence), ""),
    ]


def _print_in_colour(lines: Iterator[list[_Styled]], out: TextIO) -> None:
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second that plain text does without
    from rich.text import Text  # noqa: PLC0415 - likewise

    console = Console(file=out, highlight=False, soft_wrap=True)
    for line in lines:
        # Text, never str: a message that looks like Rich markup is printed as it is.
        console.print(Text.assemble(*line))
