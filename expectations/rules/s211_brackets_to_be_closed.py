"""S211: brackets and quotation marks that are opened and never closed."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from expectations.rule import Turns, expectation, patient, therapist, transcript
from expectations.search import FOUND, UNKNOWN, Search

_MARKS: Final = r"\(|\[|“|«"
_PAIRS: Final = ("()", "[]", "“”", "«»")

_OPEN: Final = r'((?:[(\[“«][\p{L}\d"][^)\]”»]*|(?:^|[\s(])"[\p{L}\d][^"]*))$'
"""A mark before a letter, as it opens (``:(`` and ``5' 10"`` don't), and no mark that closes behind it."""

_SHOWN: Final = 80


@expectation(
    "S211",
    "brackets_to_be_closed",
    scope="turn",
    severity="info",
    since="0.2",
    holds=[
        transcript(patient('I said "no" (twice).'), therapist("You said “no” [laughs].")),
        transcript(patient("1) sleep 2) eat a) well"), therapist("That is sad :( and I am 5' 10\" tall.")),
        transcript(patient("Er sagte „nein“ und ging."), therapist("“One paragraph.\n\n“And the last.”")),
        transcript(patient("```\nif (a[0] == '(':\n```"), therapist("It was :( and then ( nothing.")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("It sounds hard (and I wonder"), at=1, evidence="(and I wonder"),
        transcript(patient('She told me: "You never'), therapist("Go on."), at=0, evidence='"You never'),
        transcript(patient("Hi."), therapist("Say “I can do this."), at=1, evidence="“I can do this."),
    ],
)
def brackets_to_be_closed(_turns: Turns) -> Search:
    """A turn opens a bracket or a quotation and ends before it is closed.

    Why it matters: it is how a text ends that was cut off, most often by a limit on its length.

    What to do: look at the end of the turn; generate it again with more room if words are missing.
    """
    return Search(find=_find)


def _find(turns: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text")
    said = turns.select("transcript_key", "turn", "text")
    # Of several bytes, what is searched for as a pattern is found sooner than as a literal.
    odd = text.str.count_matches('"') % 2 == 1
    count = {mark: text.str.count_matches(re.escape(mark)) for mark in "".join(_PAIRS)}
    opened = [count[one] > count[other] for one, other in _PAIRS]
    # Each step looks at the little that the one before it left.
    return (
        said.filter(text.str.contains(_MARKS) | odd)
        .filter(pl.any_horizontal(*opened, odd) & ~text.str.contains("```", literal=True))
        .with_columns(**{**UNKNOWN, "turn": pl.col("turn"), "evidence": text.str.extract(_OPEN)})
        .drop_nulls("evidence")
        .with_columns(
            evidence=pl.col("evidence").str.strip_chars().str.head(_SHOWN),
            message=pl.lit("a bracket or a quotation is opened and not closed"),
        )
        .select(FOUND.names())
    )
