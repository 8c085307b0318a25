"""D501: transcripts that are there twice."""

from __future__ import annotations

import polars as pl

from expectations.drop import DROP_FOUND, Comparison, Drop, dropped
from expectations.rule import expectation, patient, therapist, transcript

_PLAIN = "I slept badly again last night, and lay awake until the birds began, thinking of all that I had left undone."
_TALK = transcript(patient(_PLAIN), therapist(f"What went through your mind? {_PLAIN}"))
_OTHER = transcript(patient(f"{_PLAIN} And then?"), therapist(f"What went through your mind? {_PLAIN}"))
_HELLO = transcript(patient("Hi."), therapist("Hello, how can I help you?"))


@expectation(
    "D501",
    "no_duplicate_transcripts",
    scope="drop",
    severity="critical",
    since="0.2",
    holds=[
        dropped(_TALK, _OTHER),
        # Little conversations are alike by chance.
        dropped(_HELLO, _HELLO),
        dropped(_TALK, before=[_OTHER, _HELLO]),
    ],
    violated=[dropped(_TALK, _OTHER, _TALK), dropped(_TALK, before=[_TALK])],
)
def no_duplicate_transcripts(*, characters: int = 200) -> Comparison:
    """A transcript says word for word what another one says, in the same drop or released before.

    Why it matters: what is there twice is learnt twice and counted twice, and a copy that falls into the test set makes
    a model look better than it is.

    What to do: leave all but the first out of the release, and look at how the drop was put together. The finding does
    not quarantine the transcript, which is sound by itself: the gate of the drop warns instead. With `turnproof check`
    the paths that are checked are compared with each other.

    Thresholds: `characters` of text from which two transcripts are compared; shorter ones, a greeting and its answer,
    are alike by chance. A proposal. The texts of the turns are compared, in order; labels, formats and blanks around
    turns make no difference.
    """
    return Comparison(find=lambda drop: _find(drop, characters))


def _find(drop: Drop, characters: int) -> pl.DataFrame:
    members = drop.members.filter(pl.col("characters") >= characters).with_row_index("place")
    first = members.unique("digest", keep="first", maintain_order=True).select("digest", first="transcript", at="place")
    again = members.join(first, on="digest", maintain_order="left").filter(pl.col("place") != pl.col("at"))
    found = [again.with_columns(message=pl.format("the same text as {}", "first"))]
    if drop.released is not None:
        before = (
            drop.released.filter(pl.col("released"))
            .join(members.lazy().select("digest").unique(), on="digest", how="semi")
            .group_by("digest")
            .agg(before=pl.format("{} of the drop {}", "transcript", "drop").min())
            .collect(engine="streaming")
        )
        known = members.join(before, on="digest", maintain_order="left")
        found.insert(0, known.with_columns(message=pl.format("the same text as {}, released before", "before")))
    columns = ("place", "path", "record", "line", "message")
    rows = pl.concat([each.select(columns) for each in found]).unique("place", keep="first").sort("place")
    return rows.with_columns(severity=None, evidence=None).select(
        pl.col(name).cast(kind) for name, kind in DROP_FOUND.items()
    )
