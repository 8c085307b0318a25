"""D503: an opening that most turns of a role share, across a drop."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.drop import DROP_FOUND, Comparison, Drop, dropped
from expectations.rule import Example, Said, expectation, patient, therapist, transcript

_WITHOUT: Final = ("system", "tool")
"""Roles whose turns machines write: each prompt is like the others, and so is each result."""

_BEGINNING: Final = 120
"""Characters in which four words are looked for."""

_BUCKETS: Final = 2**16
"""Openings are counted by these first, which bounds the memory; only where one may hold enough, word by word."""

_SAMPLE: Final = 2**17
"""Turns of which they are counted first: what opens a share of all opens half that share of so many."""

_EXPECTED: Final = 200
"""A role of whose turns in the sample a smaller number is the share is counted word by word at once: of 200 that are to
be expected, fewer than half stand in a sample once in 10 to the 13."""

_SIGN: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
_OPENING: Final = rf"^\W*((?:{_SIGN}\W*){{8}}|(?:[\w'’]+[^\w'’]+){{3}}[\w'’]+)"
"""Four words; where blanks don't tell words apart, two characters count as one."""


def _talk(*said: Said) -> Example:
    return transcript(*(each for one in said for each in (patient("And then?"), one)))


def _often(count: int, opening: str) -> list[Said]:
    return [therapist(f"{opening}, said {number} of them.") for number in range(count)]


_SAID = _often(15, "I hear you saying that it hurts")
_OTHER = [therapist(f"Number {number} of what I say.") for number in range(25)]


@expectation(
    "D503",
    "no_signature_phrases",
    scope="drop",
    severity="warning",
    since="0.2",
    holds=[
        # Half of the turns, and no more.
        dropped(_talk(*_SAID, *_OTHER[:10]), _talk(*_OTHER)),
        dropped(_talk(*_OTHER, *_SAID[:10]), _talk(*_SAID)),
        # One transcript alone is C411's.
        dropped(_talk(*_SAID, *_SAID), _talk(*_OTHER)),
        # Too few turns to tell.
        dropped(_talk(*_SAID), _talk(*_SAID)),
        # Backchannels are no four words.
        dropped(_talk(*_often(30, "Mhm")), _talk(*[therapist("I see.")] * 30)),
        # Each chat begins with the same prompt.
        dropped(*[transcript(Said("system", "You are a patient listener."), patient("Hi."), therapist("Hi."))] * 60),
    ],
    violated=[
        dropped(_talk(*_SAID, *_SAID), _talk(*_SAID, *_OTHER[:10])),
        # Case, marks and blanks make no difference.
        dropped(_talk(*_SAID, *_often(15, "“i HEAR you,  saying")), _talk(*_SAID, *_OTHER[:10])),
    ],
)
def no_signature_phrases(*, share: float = 0.5, turns: int = 50, transcripts: int = 2) -> Comparison:
    """Most turns of a role begin with the same four words, across the drop.

    Why it matters: "I hear that you" at the head of every answer is a habit of the model that wrote them, and the
    first thing that a model trained on them learns.

    What to do: ask for other openings where the drop was made, or take it out of the mix. The finding is about the drop
    and quarantines nothing. Counted are the turns in the store, by `turnproof run`; with `turnproof check` this could
    not be evaluated. A speaker who goes round in circles within one transcript is C411's.

    Thresholds: `share` of a role's turns that more than that many open alike; `turns` that the role has in the drop at
    least, and `transcripts` in which it says so at least: below, chance and a single transcript decide. All proposals.
    Words count in any case and with any marks between them; a turn of fewer than four has no opening, but counts as a
    turn. In Chinese and Japanese two characters count as a word. The roles `system` and `tool` are left out.
    """
    return Comparison(find=lambda drop: _find(drop, share, turns, transcripts))


def _find(drop: Drop, share: float, turns: int, transcripts: int) -> pl.DataFrame | None:
    if drop.turns is None:
        return None
    said = drop.turns.filter(~pl.col("role").is_in(_WITHOUT))
    totals = said.group_by("role").agg(turns=pl.len()).filter(pl.col("turns") >= turns).collect(engine="streaming")
    each = max(1, int(totals["turns"].sum()) // _SAMPLE)
    sample = _openings(said.filter((pl.col("transcript").hash() ^ pl.col("turn").hash()) % each == 0))
    counts = sample.group_by("role", "bucket").len().with_columns(sampled=pl.col("len").sum().over("role"))
    counted = counts.collect(engine="streaming")
    full = counted.filter((pl.col("len") > share / 2 * pl.col("sampled")) & pl.col("bucket").is_not_null())
    rare = totals.join(counted.filter(pl.col("sampled") * share >= _EXPECTED), on="role", how="anti")
    if full.is_empty() and rare.is_empty():
        return pl.DataFrame(schema=DROP_FOUND)
    found = (
        _openings(said.filter(pl.col("role").is_in([*full["role"], *rare["role"]])))
        .join(full.lazy().select("role", "bucket", full=True), on=["role", "bucket"], how="left")
        .filter((pl.col("full") | pl.col("role").is_in(rare["role"].implode())) & pl.col("words").is_not_null())
        .group_by("role", "words")
        .agg(pl.len(), pl.col("transcript").n_unique(), pl.col("evidence").min())
        .join(totals.lazy(), on="role")
        .filter((pl.col("len") > share * pl.col("turns")) & (pl.col("transcript") >= transcripts))
        .sort("role", "words")
        .select("role", "turns", "len", "transcript", "evidence")
        .collect(engine="streaming")
    )
    rows = [
        (None, None, None, None, f"{role} opens {count:,} of {total:,} turns, in {held:,} transcripts, alike", evidence)
        for role, total, count, held, evidence in found.iter_rows()
    ]
    return pl.DataFrame(rows, schema=DROP_FOUND, orient="row")


def _openings(said: pl.LazyFrame) -> pl.LazyFrame:
    """The openings of turns: (transcript, role, evidence, words, bucket); null where there are no four words."""
    opened = said.select(
        "transcript", "role", evidence=pl.col("text").str.head(_BEGINNING).str.extract(_OPENING)
    ).with_columns(
        words=pl.col("evidence")
        .str.to_lowercase()
        .str.replace_all("’", "'")
        .str.replace_all(r"[^\w']+", " ")
        .str.strip_chars(" ")
    )
    bucket = (pl.col("words").hash() % _BUCKETS).cast(pl.UInt16)
    return opened.with_columns(bucket=pl.when(pl.col("words").is_not_null()).then(bucket))
