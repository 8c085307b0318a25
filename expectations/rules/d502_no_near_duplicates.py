"""D502: transcripts that are nearly there twice."""

from __future__ import annotations

import polars as pl

from expectations.drop import DROP_FOUND, Comparison, Drop, dropped
from expectations.fingerprints import INDEXED, SKETCH, likeness
from expectations.rule import Example, expectation, patient, therapist, transcript

_NAMES = ("Anna", "Ben", "Clara", "David", "Emma", "Felix")


def _talk(names: tuple[str, ...], last: str = "Goodbye for now, and thank you.") -> Example:
    said = (
        each
        for name in names
        for each in (
            patient(f"{name} told me the other day that I should come here, said {name}."),
            therapist(f"{name}, of all people. And what did you say to {name}?"),
        )
    )
    return transcript(*said, patient(last))


@expectation(
    "D502",
    "no_near_duplicates",
    scope="drop",
    severity="warning",
    since="0.2",
    holds=[
        dropped(_talk(_NAMES), _talk(("Greta", "Hans", "Ida", "Jan", "Karl", "Lea")), before=[]),
        # The same frame around other words.
        dropped(_talk(_NAMES), _talk((*_NAMES[:2], "Ida", "Jan", "Karl", "Lea")), before=[]),
        # What is the same in every word is D501's.
        dropped(_talk(_NAMES), _talk(_NAMES), before=[]),
        # Too little to tell.
        dropped(_talk(_NAMES[:1]), _talk(_NAMES[:1], "Goodbye then, and thank you for this."), before=[]),
    ],
    violated=[
        dropped(_talk(_NAMES), _talk(_NAMES, "Goodbye then, and thank you for all."), before=[]),
        dropped(_talk(_NAMES), before=[_talk(_NAMES, "Goodbye then, and thank you for all.")]),
    ],
)
def no_near_duplicates(*, alike: float = 0.7, samples: int = 16) -> Comparison:
    """A transcript says nearly the same as another one, in the same drop or released before.

    Why it matters: a copy with a few words changed teaches as little as a copy, and spoils a test set as much; it is
    also how a source looks that was delivered again in a later version.

    What to do: compare the pair, keep one. The finding quarantines nothing. Fingerprints are made for the store, by
    `turnproof run`; with `turnproof check` this could not be evaluated.

    Thresholds: `alike` is the Jaccard similarity from which two transcripts are nearly the same: the share of samples
    that both have, among those that either has; 0.7 is a proposal, usual for shingles of five words. Samples are the
    first and last 32 bytes of each turn, about five words (see `expectations.fingerprints` for why). Transcripts with
    fewer than `samples` of them are not compared: their similarity would be known too badly.
    """
    return Comparison(find=lambda drop: _find(drop, alike, samples))


def _find(drop: Drop, alike: float, samples: int) -> pl.DataFrame | None:
    if drop.released is None:
        return None
    enough = pl.col("sketch").list.len() >= samples
    members = drop.members.filter(enough).with_row_index("place")
    keys = members.select("place", key=pl.col("sketch").list.head(INDEXED)).explode("key", keep_nulls=False)
    # Each is compared with the first that has a key of its own, so that what all share makes no more pairs.
    inside = keys.join(keys.group_by("key").agg(other=pl.col("place").min()), on="key").filter(
        pl.col("place") != pl.col("other")
    )
    mine = members.select("place", "digest", "sketch")
    theirs = mine.join(members.select("place", who="transcript"), on="place").rename({"place": "other"})
    pairs = [
        inside.select("place", "other")
        .unique()
        .join(theirs, on="other")
        .select("place", "who", theirs="sketch", copy="digest")
    ]
    pairs.append(_before(drop.released.filter(pl.col("released") & enough), keys))
    best: dict[int, tuple[float, str]] = {}
    for place, who, own, sketch in _maybe(pl.concat(pairs), mine, alike).sort("place", "who").iter_rows():
        share = likeness(own, sketch)
        if share >= alike and share > best.get(place, (0.0, ""))[0]:
            best[place] = share, who
    rows = [(place, f"nearly the same as {who}: {share:.0%} alike") for place, (share, who) in sorted(best.items())]
    told = pl.DataFrame(rows, schema={"place": pl.UInt32, "message": pl.String}, orient="row")
    found = told.join(members, on="place", maintain_order="left").with_columns(severity=None, evidence=None)
    return found.select(pl.col(name).cast(kind) for name, kind in DROP_FOUND.items())


def _maybe(pairs: pl.DataFrame, mine: pl.DataFrame, alike: float) -> pl.DataFrame:
    """The pairs that may be alike, told at a tenth of what it costs to know: (place, who, sketch, theirs).

    Most pairs have some of their hashes in common, and far too few.
    """
    common = pl.col("sketch").list.set_intersection("theirs").list.len()
    either = pl.col("sketch").list.len() + pl.col("theirs").list.len() - common
    return (
        pairs.lazy()
        .join(mine.lazy(), on="place")
        .filter((pl.col("copy") != pl.col("digest")) & (common / pl.min_horizontal(either, SKETCH) >= alike))
        .select("place", "who", "sketch", "theirs")
        .collect(engine="streaming")
    )


def _before(released: pl.LazyFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """For each key the first transcript of those released before that has it: (place, who, theirs, copy)."""
    name = pl.format("{} of the drop {}", "transcript", "drop")
    holders = (
        released.select(who=name, key=pl.col("sketch").list.head(INDEXED))
        .explode("key", keep_nulls=False)
        .join(keys.lazy().select("key").unique(), on="key", how="semi")
        .group_by("key")
        .agg(pl.col("who").min())
        .collect(engine="streaming")
    )
    candidates = keys.join(holders, on="key").select("place", "who").unique()
    sketches = (
        released.select(who=name, theirs="sketch", copy="digest")
        .join(candidates.lazy().select("who").unique(), on="who", how="semi")
        .collect(engine="streaming")
    )
    return candidates.join(sketches, on="who").select("place", "who", "theirs", "copy")
