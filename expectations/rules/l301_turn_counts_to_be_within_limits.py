"""L301: transcripts that are too short or too long to be one conversation."""

from __future__ import annotations

from expectations.rule import Transcripts, Violation, expectation, patient, therapist, transcript

_PAIR = (patient("I tried it."), therapist("How did it go?"))


@expectation(
    "L301",
    "turn_counts_to_be_within_limits",
    scope="transcript",
    severity="critical",
    since="0.1",
    holds=[transcript(*_PAIR * 2), transcript(*_PAIR * 200)],
    violated=[transcript(patient("Hi.")), transcript(*_PAIR), transcript(*_PAIR * 200, patient("Still here."))],
)
def turn_counts_to_be_within_limits(
    transcripts: Transcripts, *, critical_below: int = 2, warning_below: int = 4, warning_above: int = 400
) -> tuple[Violation, ...]:
    """A transcript has too few or too many turns.

    Why it matters: with one turn there is no conversation; a very short one is often the rest of a broken run, and a
    very long one several sessions in one file, or a loop.

    What to do: look at its first and last turns; generate a broken one again, split what is more than one session.

    Thresholds: in turns. Fewer than `critical_below` are critical: one alone answers nothing. Fewer than
    `warning_below` or more than `warning_above` are a warning. They are proposals, calibrated on real sessions
    (motivational interviews, podcasts, LLM-made therapy, counselling in Chinese).
    """
    turns = transcripts.turns
    return (
        Violation(
            when=turns < critical_below,
            message=f"expected at least {critical_below} turns, found {{turns}}",
            values={"turns": turns},
        ),
        Violation(
            when=turns < warning_below,
            message=f"expected at least {warning_below} turns, found {{turns}}",
            values={"turns": turns},
            severity="warning",
        ),
        Violation(
            when=turns > warning_above,
            message=f"expected at most {warning_above} turns, found {{turns}}",
            values={"turns": turns},
            severity="warning",
        ),
    )
