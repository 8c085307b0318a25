"""L304: one side does nearly all the talking."""

from __future__ import annotations

import polars as pl

from expectations.rule import Said, Transcripts, expectation, patient, therapist, transcript
from expectations.search import FOUND, UNKNOWN, Search, unknown

_LONG = "It began in spring, when I could not sleep any more, and I thought that it would pass, as it always passed."
_SHORT = "What happened then, do you think?"


@expectation(
    "L304",
    "speakers_to_share_the_talk",
    scope="transcript",
    severity="warning",
    since="0.2",
    holds=[
        transcript(*(patient(_LONG), therapist(_SHORT)) * 6),
        # Five turns each don't tell.
        transcript(*(patient(_LONG), therapist("Mm.")) * 5),
        # What a system says or a tool brings is no talk.
        transcript(Said("system", _LONG * 9), *(patient(_SHORT), therapist(_SHORT), Said("tool", _LONG * 9)) * 6),
    ],
    violated=[
        transcript(*(patient(_LONG), therapist("Mm.")) * 6),
        transcript(*(patient("Hi."), therapist(_LONG)) * 6),
    ],
)
def speakers_to_share_the_talk(_transcripts: Transcripts, *, ratio: float = 5.0, turns: int = 6) -> Search:
    """One speaker's turns are many times longer than those of the others.

    Why it matters: one side only nods, or lectures. In a conversation that a model made, this is most often a role that
    it could not play; in one that was recorded, a speaker whose words were not caught.

    What to do: read a few turns of the silent side. If they are sound and short, set another `ratio` in the suite.

    Thresholds: `ratio` is how many times longer one speaker's turns are than those of all others, in mean characters.
    Real sessions (motivational interviews, podcasts, LLM-made therapy, Chinese counselling) suggest 4; but of 3,000
    pieces cut from sound dialogues of ours 34 are above 4, and none is above 5. Where fewer than two speakers have
    `turns` turns, it could not be evaluated: a mean of less says little; of those 34, 27 had five turns a side.
    """
    return Search(find=lambda frame: _find(frame, ratio, turns))


def _find(turns: pl.DataFrame, ratio: float, least: int) -> pl.DataFrame:
    count, characters, longest = pl.col("count"), pl.col("characters"), pl.col("mean").arg_max()
    voices = (
        turns.lazy()
        .select("transcript_key", "voice", "speaker", length=pl.col("text").str.len_chars())
        .group_by("transcript_key", "voice", maintain_order=True)
        .agg(pl.col("speaker").first(), count=pl.len(), characters=pl.col("length").sum(), mean=pl.col("length").mean())
        .collect()
        .lazy()
    )
    speakers = voices.filter(~pl.col("voice").is_in(["system", "tool"]))
    shares = speakers.group_by("transcript_key", maintain_order=True).agg(
        speaker=pl.col("speaker").get(longest),
        enough=(count >= least).sum() > 1,
        mean=pl.col("mean").max(),
        # At least a character, as nobody can talk infinitely more.
        others=((characters.sum() - characters.get(longest)) / (count.sum() - count.get(longest))).clip(lower_bound=1),
    )
    judged = voices.select("transcript_key").unique().join(shares, on="transcript_key", how="left").collect()
    known = pl.col("enough").fill_null(False)
    found = judged.filter(known & (pl.col("mean") > ratio * pl.col("others")))
    untold = unknown(judged.filter(~known))
    if found.is_empty():
        return untold
    message = pl.format(
        "{}'s turns are {} times longer than the others': {} characters in the mean, theirs {}",
        "speaker",
        (pl.col("mean") / pl.col("others")).round(1),
        pl.col("mean").round().cast(pl.UInt64),
        pl.col("others").round().cast(pl.UInt64),
    )
    found = found.with_columns(**{**UNKNOWN, "message": message})
    return pl.concat([found.select(FOUND.names()).cast(FOUND), untold])
