"""Fingerprints of transcripts: small numbers by which duplicates are found without their texts.

Exact duplicates have the same *digest*. Near duplicates have *sketches* that overlap: a sketch samples what a
transcript is made of at the beginnings and ends of its turns, some five words each, hashes the samples, and keeps the
smallest hashes (bottom-k MinHash). Whole transcripts in shingles of five words would cost forty times as much, and say
the same of copies that were changed here and there: most of their turns begin or end alike.

What is stored has to mean the same for ever, so nothing here rests on Polars' own hash, which changes with its version.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import polars as pl

SKETCH: Final = 64
"""Hashes in a sketch. The overlap of two of them is off by 0.06 (one standard deviation) where 0.7 is right."""

INDEXED: Final = 8
"""Hashes of a sketch, the smallest, by which others like it are looked up; two transcripts that are 0.7 alike have none
of them in common once in 10,000 times."""

_SAMPLE: Final = 32
"""Bytes at the beginning and the end of a turn: about five words of English."""

_ODD: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93)
"""Odd numbers that mix bits well (from splitmix64 and wyhash); 64-bit products wrap around."""


def digests(turns: pl.DataFrame) -> pl.DataFrame:
    """Digests that hold within this process only, at next to no cost: (transcript_key, digest)."""
    place = pl.col("turn").cast(pl.UInt64) * 2 + 1
    return (
        turns.select("transcript_key", digest=pl.col("text").str.strip_chars().hash() * place)
        .group_by("transcript_key", maintain_order=True)
        .agg(pl.col("digest").sum().reinterpret(signed=True))
    )


def fingerprints(turns: pl.DataFrame) -> pl.DataFrame:
    """Fingerprints to be stored: (transcript_key, digest, sketch), for transcripts with turns.

    A digest is of the turns' texts in order; labels, and blanks around turns, are left out. A sketch is sorted.
    """
    said = turns.select("transcript_key", text=pl.col("text").str.strip_chars())
    told = said.group_by("transcript_key", maintain_order=True).agg(pl.col("text").str.join("\n"))
    # As bytes, the texts leave Polars without being decoded and encoded again.
    made = [_digest(each) for each in told["text"].cast(pl.Binary)]
    return told.select("transcript_key", digest=pl.Series(made, dtype=pl.Int64)).join(
        _sketches(said), on="transcript_key", how="left", maintain_order="left"
    )


def likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """How much two sketches overlap: about the Jaccard similarity of what they sample."""
    smallest = sorted({*one, *other})[:SKETCH]
    return len({*one} & {*other} & {*smallest}) / len(smallest) if smallest else 0.0


def _digest(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)


def _sketches(said: pl.DataFrame) -> pl.DataFrame:
    # The ends are cut to bytes, wherever that falls within a character.
    said = said.filter(pl.col("text").str.len_bytes() >= _SAMPLE)
    text = said["text"].cast(pl.Binary)
    hashes = [
        said.select("transcript_key", hash=_hash(sample)) for sample in (text.bin.head(_SAMPLE), text.bin.tail(_SAMPLE))
    ]
    return (
        pl.concat(hashes)
        .group_by("transcript_key", maintain_order=True)
        .agg(sketch=pl.col("hash").unique().sort().head(SKETCH))
    )


def _hash(sample: pl.Series) -> pl.Series:
    """Hashes of samples, step by step: as one expression, each step would be worked out again for each that uses it."""
    mixed = pl.zeros(len(sample), pl.UInt64, eager=True)
    for place, odd in enumerate(_ODD):
        word = sample.bin.slice(8 * place, 8).bin.reinterpret(dtype=pl.UInt64, endianness="little")
        mixed = (mixed ^ word) * odd
        mixed = mixed ^ (mixed // 2**29)
    return mixed.reinterpret(signed=True)
