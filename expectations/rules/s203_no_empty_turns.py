"""S203: turns without visible text."""

from __future__ import annotations

from expectations.rule import Turns, Violation, answering, calling, expectation, patient, therapist, transcript

_INVISIBLE = " \t\r\n\u00a0\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\u3000\ufeff"


@expectation(
    "S203",
    "no_empty_turns",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("Hi."), therapist("Hello.")),
        transcript(patient("…"), therapist("Mm.")),
        transcript(patient("When is it?"), calling("c1"), answering("c1"), therapist("At ten.")),
    ],
    violated=[
        transcript(patient("Hi."), therapist(""), at=1),
        transcript(patient("Hi."), therapist(" \u200b\u00a0"), at=1),
    ],
)
def no_empty_turns(turns: Turns) -> Violation:
    """A turn has no visible text.

    Why it matters: a model trained on it learns to answer with nothing; an analysis counts a turn that nobody took.

    What to do: find out whether the generator returned nothing or the transcript lost a line; generate the turn again
    or leave the transcript out. The repair `drop_empty` takes such turns out; it is unsafe, since something may have
    been said there, so a suite has to ask for it.
    """
    return Violation(
        # What is longer holds something visible, or it is text enough to be looked at.
        maybe=turns.text.str.len_bytes() < 64,
        # A turn that calls a tool or brings its result does something, though it says nothing.
        when=(turns.text.str.strip_chars(_INVISIBLE).str.len_bytes() == 0)
        & turns.calls.is_null()
        & turns.answers.is_null(),
        message="{speaker} says nothing",
        fix="drop_empty",
    )
