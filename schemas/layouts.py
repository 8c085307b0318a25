"""How text with times is laid out: which format a source is in, told for all sources at once, and what a time says."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

TIME: Final = r"[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,3})?"
"""``mm:ss`` or ``h:mm:ss``, with or without a fraction."""

_HEAD: Final = 2048
"""Where, in characters, a source has to show its first time."""

_CUE: Final = r"(?m)^[ \t]*[0-9]+:[0-9]{2}(?::[0-9]{2})?[,.][0-9]{1,3}[ \t]*-->"
_OTTER: Final = rf"(?m)^\p{{L}}[^:：\n]*[ \t]{{2,}}{TIME}[ \t]*$"
_TIMED: Final = (
    rf"(?m)^(?:[\[(]{TIME}(?:[\])]|[ \t]*-)|[*_]*\p{{L}}[^:：\n]*[:：]?[*_]*[:：]?[ \t]*"
    rf"(?:[\[(]{TIME}[\])]|(?:[:*][ \t]+|：[ \t]*){TIME}[ \t]*$))"
)
_PLAIN: Final = r"(?m)^[*_]*\p{L}[^:：\n]{0,39}[:：][*_]*[ \t]*[^\s0-9*\[(]"
"""A line with a label that no time follows."""


def layout(sources: pl.DataFrame) -> pl.Series:
    """Which of webvtt, srt, otter and timed_text each source is laid out as, null where none.

    One answer for all who ask, so that no two formats claim the same source, and labelled text none of theirs.
    """
    head = pl.col("text").str.head(_HEAD)
    begins = pl.col("text").str.head(256).str.strip_chars_start()
    cue = (
        pl.when(pl.col("text").str.contains(r"^WEBVTT(?:\s|$)"))
        .then(pl.lit("webvtt"))
        .when(begins.str.contains(r"^[0-9]") & begins.str.contains(_CUE))
        .then(pl.lit("srt"))
    )
    # A guard: times are rare in prose, and to search for them alone is cheaper than for lines with them.
    told = sources.select(cue.alias("layout"), maybe=head.str.contains(r"[0-9]:[0-9][0-9]"))
    maybe = told["maybe"] & told["layout"].is_null()
    if maybe.any():
        maybe &= sources.select(maybe & (head.str.contains(_OTTER) | head.str.contains(_TIMED))).to_series()
    if not maybe.any():
        return told["layout"]
    otter, timed, plain = (pl.col("text").str.count_matches(each) for each in (_OTTER, _TIMED, _PLAIN))
    first = begins.str.extract(r"^([^\n]*)")
    mixed = otter + timed
    some = (mixed >= 2) | first.str.contains(_OTTER) | first.str.contains(_TIMED)
    kind = pl.when(otter > timed).then(pl.lit("otter")).otherwise(pl.lit("timed_text"))
    found = sources.filter(maybe).select("source_key", timed=pl.when((mixed > plain) & some).then(kind))
    known = dict(found.iter_rows())
    return pl.Series(
        "layout",
        [kind or known.get(key) for key, kind in zip(sources["source_key"], told["layout"], strict=True)],
        dtype=pl.String,
    )


def seconds(time: str) -> float | None:
    """A time as in `TIME` in seconds; None if it is none."""
    found = re.fullmatch(r"(?:(?:([0-9]{1,3}):)?([0-9]{1,3})):([0-9]{2})(?:[.,]([0-9]{1,3}))?", time)
    if found is None:
        return None
    hours, minutes, secs, fraction = found.groups()
    if int(secs) > 59 or (hours is not None and int(minutes) > 59):
        return None
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(f"{secs}{(fraction or '').ljust(3, '0')}") / 1000
