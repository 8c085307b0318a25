"""S211: brackets and quotation marks that are opened and never closed."""

from __future__ import annotations

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


_TEXT: Final = pl.col("text")
_ODD: Final = _TEXT.str.count_matches('"', literal=True) % 2 == 1


def _count(mark: str) -> pl.Expr:
    # Of several bytes, what is searched for as a pattern is found sooner than as a literal.
    return _TEXT.str.count_matches(mark, literal=True) if mark.isascii() else _TEXT.str.count_matches(mark)


_OPENED: Final = pl.any_horizontal("odd", *(_count(one) > _count(other) for one, other in _PAIRS))


def _find(turns: pl.DataFrame) -> pl.DataFrame:
    # Each step looks at the little that the one before it left; a lazy plan would take them for one.
    flags = turns.select(odd=_ODD, marked=_TEXT.str.contains(_MARKS))
    marked = flags["odd"] | flags["marked"]
    said = turns.select("transcript_key", "turn", "text", flags["odd"]).filter(marked).filter(_OPENED)
    if said.is_empty():
        return pl.DataFrame(schema=FOUND)
    return (
        said.filter(~_TEXT.str.contains("```", literal=True))
        .with_columns(**{**UNKNOWN, "turn": pl.col("turn"), "evidence": _TEXT.str.extract(_OPEN)})
        .drop_nulls("evidence")
        .with_columns(
            evidence=pl.col("evidence").str.strip_chars().str.head(_SHOWN),
            message=pl.lit("a bracket or a quotation is opened and not closed"),
        )
        .select(FOUND.names())
    )
