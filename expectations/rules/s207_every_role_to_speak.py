"""S207: roles that never speak."""

from __future__ import annotations

import polars as pl

from expectations.rule import Said, Transcripts, Violation, expectation, patient, therapist, transcript


@expectation(
    "S207",
    "every_role_to_speak",
    scope="transcript",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("Hi."), therapist("Hello.")),
        transcript(Said("user", "Hi."), Said("assistant", "Hello.")),
        # No label is known here, so nobody can tell who is missing.
        transcript(Said("anna", "Hi."), Said("ben", "Hello.")),
    ],
    violated=[
        transcript(patient("Hi."), patient("Is anybody there?")),
        transcript(therapist("Hello."), Said("grandmother", "May I come in?")),
    ],
)
def every_role_to_speak(
    transcripts: Transcripts, *, roles: list[str] | tuple[str, ...] = ("patient", "therapist")
) -> Violation:
    """A role never speaks.

    Why it matters: half of the conversation is missing, or stands under a label that the roster does not know.

    What to do: see whether S204 reports an unknown label in the transcript; else get the missing side from its source.

    Thresholds: `roles` are those that have to speak at least once, by default both sides of a therapy conversation.
    Where no role in a transcript is known at all, this can't be evaluated.
    """
    absent = {role: ~(transcripts.role == role).any() for role in roles}
    names = [pl.when(missing).then(pl.lit(role)) for role, missing in absent.items()]
    known = transcripts.role.is_not_null().any()
    return Violation(
        when=pl.when(known).then(pl.any_horizontal(pl.lit(False), *absent.values())),
        message="nobody speaks as {missing}",
        values={"missing": pl.concat_str(pl.lit(None, pl.String), *names, separator=" or ", ignore_nulls=True)},
    )
