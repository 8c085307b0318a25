"""S204: labels that the roster doesn't know."""

from __future__ import annotations

import polars as pl

from expectations.rule import Said, Turns, Violation, expectation, patient, therapist, transcript


@expectation(
    "S204",
    "speakers_to_be_in_the_roster",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("Hi."), therapist("Hello.")),
        transcript(Said("CLIENT", "Hi."), Said("help-seeker", "Me too."), Said("counselor", "Hello.")),
    ],
    violated=[
        transcript(patient("Hi."), Said("threapist", "Hello."), patient("Well."), Said("threapist", "Go on."), at=1),
        transcript(patient("Hi."), therapist("Hello."), Said("grandmother", "May I come in?"), at=2),
        transcript(patient("Hi."), Said("", "Hello."), at=1),
    ],
)
def speakers_to_be_in_the_roster(turns: Turns) -> Violation:
    """A speaker's label is not in the roster.

    Why it matters: what has no role can't be trained on or counted. A label that is one edit from a known one is a slip
    of whoever wrote the transcript.

    What to do: correct the label in the source, or add it to the roster in the suite. It is reported once a transcript,
    at the first turn.
    """
    meant = turns.speaker.map_elements(turns.roster.likely, return_dtype=pl.String)
    named = pl.format('"{}" is not in the roster', turns.speaker)
    return Violation(
        maybe=turns.role.is_null(),
        when=turns.role.is_null() & (turns.turn == turns.turn.min().over("transcript_key", "speaker")),
        message="{problem}",
        values={
            "problem": pl.when(turns.speaker.str.strip_chars() == "")
            .then(pl.lit("the turn names no speaker"))
            .when(meant.is_not_null())
            .then(pl.format('{}; is it a slip for "{}"?', named, meant))
            .otherwise(named)
        },
    )
