"""F105: text that belongs to nobody because it stands before the first label."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source

_SPOKEN = "Patient: I hardly slept again.\n\nTherapist: What kept you awake?\n\n" * 8


@expectation(
    "F105",
    "no_text_before_the_first_speaker",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[source("\n\n  \n" + _SPOKEN), source(_SPOKEN)],
    violated=[
        source("Session 4\n\n" + _SPOKEN, line=1),
        source(
            "\nThe following is a conversation between a patient and a therapist about sleep.\n\n" + _SPOKEN, line=2
        ),
    ],
)
def no_text_before_the_first_speaker() -> tuple[Symptom, ...]:
    """Text stands before the first speaker's label.

    Why it matters: it is in no turn, so nobody trains on it or reads it. A line is a title; more than 5 % of the
    source's characters is a pasted prompt, or a first turn that lost its label.

    What to do: give the text its label if somebody said it, else take it out of the source. Up to 5 % is a warning.
    """
    return (
        Symptom("long_preamble", known_once="claimed"),
        Symptom("preamble", known_once="claimed", severity="warning"),
    )
