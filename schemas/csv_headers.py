"""The headers of CSV and TSV files: which texts have one, what separates its cells, and their names."""

from __future__ import annotations

import csv
import io
import re
from typing import Final, NamedTuple

import polars as pl

from schemas.limits import TABLE_COLUMNS

SEPARATORS: Final = ",;\t"

_HEAD: Final = r'^(?:[ \t\x{feff}]*\n)*(?:"?sep=[^\n]\W*?\n)?(?:"[^"]*"|[^"\n])*\n?'
"""Blank lines, the line by which Excel tells the separator, and the first record."""

LIKELY: Final = (
    r"(?i)^[^:：]*(?:text|utterance|content|message|value|body|sentence|transcri|speech|words|msg|line|dialog|conversation"
    r"|chat|said|aussage|äußerung)"
)
"""What a header has: a name of a column of texts, and before it no colon, as labels have."""

_HEAD_CHARACTERS: Final = 65_536
"""A header is among the first characters, or there is none; the rest may be enormous."""


class Header(NamedTuple):
    """The first row of a table: what separates its cells, and their names."""

    separator: str
    names: tuple[str, ...]


def heads(sources: pl.DataFrame, likely: str | None = LIKELY) -> pl.DataFrame:
    """The text of the header of each of `schemas.columns.TEXTS` that may be a table: rows of (source_key, head).

    Args:
        sources: the texts.
        likely: a regular expression for what a header has; None for any.
    """
    begins = pl.col("text").str.head(_HEAD_CHARACTERS)
    start = begins.str.head(256).str.strip_chars_start()
    suited = ~start.str.contains(r"^[\[{]") & (True if likely is None else begins.str.contains(likely))
    head = pl.when(suited).then(begins).str.extract(f"({_HEAD})")
    return sources.select("source_key", head=head).filter(pl.col("head").str.len_bytes() > 0)


def header(head: str, *, colons: bool = False) -> Header | None:
    """What a header says, None where it is none: names with `colons`, as labels have, or nothing that can be parsed."""
    told = re.search(r'(?:\A|\n)"?sep=([^\n])\W*?\n', head)
    line = head[told.end() :] if told else head
    line = line.lstrip(" \ufeff\n").removesuffix("\n")
    separator = told[1] if told else max(SEPARATORS, key=line.count)
    try:
        rows = list(csv.reader(io.StringIO(line, newline="\n"), delimiter=separator, strict=True))
    except (csv.Error, TypeError, ValueError):
        return None
    if len(rows) != 1 or len(rows[0]) > TABLE_COLUMNS:
        return None
    if not colons and any(re.search("[:：]", name) for name in rows[0]):
        return None
    return Header(separator, tuple(rows[0]))
