"""What a format is; the formats themselves are one file each in `schemas.formats`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import polars as pl

from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, REFUSALS, TOOLS
from schemas.roster import Roster

_NO = {
    name: pl.DataFrame(schema=schema)
    for name, schema in {
        "turns": PARSED_TURNS,
        "records": PARSED_RECORDS,
        "accounts": PARSED_ACCOUNTS,
        "problems": PROBLEMS,
        "refusals": REFUSALS,
    }.items()
}
"""Nothing of a kind. To make such a frame takes a tenth of a millisecond, and every format refuses sources."""


@dataclass(frozen=True)
class Parsed:
    """What a format made of the sources it was offered, with the schemas of `schemas.columns`.

    Every offered source is either refused, with a reason, or has its account. Records are transcripts; one that could
    not be parsed has a problem and no turns. Turns may have the columns of `schemas.columns.TOOLS` besides.
    """

    turns: pl.DataFrame = field(default_factory=_NO["turns"].clone)
    records: pl.DataFrame = field(default_factory=_NO["records"].clone)
    accounts: pl.DataFrame = field(default_factory=_NO["accounts"].clone)
    problems: pl.DataFrame = field(default_factory=_NO["problems"].clone)
    refusals: pl.DataFrame = field(default_factory=_NO["refusals"].clone)

    @classmethod
    def joined(cls, parts: Iterable[Parsed]) -> Parsed:
        """Several as one, in order; turns that know nothing of tools get their columns."""
        each = [cls(turns=pl.DataFrame(schema={**PARSED_TURNS, **TOOLS})), *parts]
        return cls(
            turns=pl.concat([part.turns for part in each], how="diagonal"),
            records=pl.concat([part.records for part in each]),
            accounts=pl.concat([part.accounts for part in each]),
            problems=pl.concat([part.problems for part in each]),
            refusals=pl.concat([part.refusals for part in each]),
        )


@dataclass(frozen=True)
class Format:
    r"""One format that transcripts arrive in.

    Attributes:
        name: as it stands in reports and after ``--format``.
        brief: one line on how to tell it.
        parse: turns decoded sources (`schemas.columns.TEXTS`) into `Parsed`; it claims by content and gives a reason
            for each source that it refuses. It sees many sources at once and works on all of them as columns.
        lines_within: whether a line break in a turn's text is one in the source, so that a finding within the text can
            name its own line. Not so in JSON, where it is written ``\\n``.
        json: whether its sources begin with a brace or a bracket; it is offered no others.
        binary: Boolean expression over ``data``, the bytes of a source: which are of this format. Such sources are not
            decoded, and `parse` gets their bytes in the column ``data``, in place of ``text``.
        forced: as `parse`, but it claims whatever it can make a turn of; for sources that a person says are of this
            format. Where it is None, `parse` does.
        likely: which sources this format most likely claims, by a look at where they begin: such are read by it before
            the other formats search them in vain. JSON formats need none, since one look tells them apart.
        signs: a regular expression for what makes a text look like this format, also where it is not claimed; the
            reasons of such formats are told first. Formats in JSON need none.
        cuts_by_time: whether what it gives as turns are pieces of speech, cut where time passed or a message was sent,
            rather than turns: then pieces of one speaker in a row are one turn, unless the suite says otherwise.
        joint: what stands between two pieces that become one turn; None for as many line breaks as stand between them
            in the source, so that a line of the turn is still one of the source.
    """

    name: str
    brief: str
    parse: Callable[[pl.DataFrame, Roster], Parsed]
    lines_within: bool
    json: bool = False
    binary: pl.Expr | None = None
    forced: Callable[[pl.DataFrame, Roster], Parsed] | None = None
    likely: Callable[[pl.DataFrame], pl.Series] | None = None
    signs: str | None = None
    cuts_by_time: bool = False
    joint: str | None = "\n"


@dataclass(frozen=True)
class ReadingOptions:
    """How sources are to be read, as the suite or the command line says.

    Attributes:
        merge: whether pieces of one speaker in a row become one turn; one of `schemas.merging.MERGES`.
        format: the name of the one format to read with; None tells the format by content.
    """

    merge: str = "auto"
    format: str | None = None


AS_FOUND: Final = ReadingOptions()
"""Formats are told by content, and merge as they do."""


@cache
def formats() -> dict[str, Format]:
    """All formats by name: every module of `schemas.formats` that has a ``FORMAT``."""
    folder = import_module("schemas.formats")

    modules = (import_module(f"{folder.__name__}.{module.name}") for module in iter_modules(folder.__path__))
    found: list[Format] = [module.FORMAT for module in modules]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}
