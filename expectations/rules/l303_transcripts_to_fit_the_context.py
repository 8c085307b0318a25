"""L303: transcripts that don't fit into a model's context."""

from __future__ import annotations

import polars as pl

from expectations.rule import Transcripts, expectation, patient, therapist, transcript
from expectations.search import FOUND, UNKNOWN, Search, unknown
from expectations.tokens import BYTES_A_TOKEN, counter, tokens_of


@expectation(
    "L303",
    "transcripts_to_fit_the_context",
    scope="transcript",
    severity="warning",
    since="0.2",
    # Violated it can be only where a suite names a context.
    holds=[transcript(patient("Hi."), therapist("Hello. How are you?"))],
    violated=[],
)
def transcripts_to_fit_the_context(
    _transcripts: Transcripts, *, context_tokens: int | None = None, tokenizer: str | None = None, per_turn: int = 4
) -> Search:
    """A transcript has more tokens than the model's context holds.

    Why it matters: whoever trains on it cuts it off where the context ends, mostly without a word, and what was the
    last turn is missing; a model that is to go on with it fails.

    What to do: cut it into sessions, leave it out, or train with a larger context. A suite that names a `tokenizer`
    gets exact counts; without one, tokens are estimated, and the finding says so. Where the suite names no
    `context_tokens`, this could not be evaluated.

    Thresholds: `context_tokens` that the context holds; none by default, as it is the model's. `tokenizer` is the path
    of a `tokenizer.json`, from the suite's own folder, or `package:NAME/path` for one that an installed package ships;
    nothing is downloaded, and the package `tokenizers` (`pip install 'turnproof[tokens]'`) reads it. `per_turn` tokens
    are added for each turn, for what the chat template puts around it: in ChatML and Llama 3 four to five. An estimate
    takes four bytes for a token, after OpenAI's rule of thumb of four characters, and may be a third off. A transcript
    is tokenised where its size in bytes leaves open whether it fits.
    """
    return Search(find=lambda turns: _find(turns, context_tokens, tokenizer, per_turn))


def _find(turns: pl.DataFrame, context: int | None, tokenizer: str | None, per_turn: int) -> pl.DataFrame:
    if context is None:
        return unknown(turns.select("transcript_key").unique(maintain_order=True))
    size, frame = pl.col("size"), per_turn * pl.col("turns")
    sizes = turns.group_by("transcript_key", maintain_order=True).agg(
        size=pl.col("text").str.len_bytes().sum().cast(pl.Int64), turns=pl.len().cast(pl.Int64)
    )
    if tokenizer is None:
        over = sizes.with_columns(tokens=size // BYTES_A_TOKEN + frame).filter(pl.col("tokens") > context)
        told = pl.format("about {} tokens, estimated from {} bytes,", "tokens", "size")
    else:
        by = counter(tokenizer)
        sure = sizes.filter(by.fewest(size) + frame > context).with_columns(tokens=by.fewest(size) + frame, sure=True)
        open_ = sizes.filter((by.fewest(size) + frame <= context) & (by.most(size, pl.col("turns")) + frame > context))
        counted = tokens_of(turns.join(open_, on="transcript_key", how="semi", maintain_order="left"), tokenizer)
        exact = open_.join(counted.cast({"tokens": pl.Int64}), on="transcript_key", maintain_order="left")
        exact = exact.with_columns(tokens=pl.col("tokens") + frame, sure=False)
        over = pl.concat([sure, exact.filter(pl.col("tokens") > context)])
        told = (
            pl.when("sure").then(pl.format("at least {} tokens", "tokens")).otherwise(pl.format("{} tokens", "tokens"))
        )
    message = pl.format(f"{{}} in {{}} turns, more than the {context:,} of the context", told, "turns")
    return over.with_columns(**{**UNKNOWN, "message": message}).select(FOUND.names()).cast(FOUND)
