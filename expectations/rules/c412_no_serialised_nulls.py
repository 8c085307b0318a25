"""C412: a missing value, written out."""

from __future__ import annotations

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_NULL = (
    r"^\s*(null|NULL|<null>|\(null\)|None|<None>|\[None\]|\[null\]|NoneType|undefined|NaN|nan|<NA>|NaT|nil|<nil>"
    r"|\[object Object\]|\{\s*\}|\[\s*\]|\"\"|'')\s*$"
)
"""As programs print it, from Python to pandas and Ruby; not ``none``, ``None.`` or ``Nan``, which people say."""


@expectation(
    "C412",
    "no_serialised_nulls",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("None of that."), therapist("Null and void?"), patient("None."), therapist("none")),
        transcript(patient("Nan"), therapist("Your nan raised you?"), patient("Nil."), therapist("[laughs]")),
        transcript(patient("It prints undefined."), therapist("Then the variable is null.")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("null"), at=1, evidence="null"),
        transcript(patient("Hi."), therapist(" None\n"), at=1, evidence="None"),
        transcript(patient("nan"), therapist("Hello."), at=0, evidence="nan"),
        transcript(patient("undefined"), therapist("Hello."), at=0, evidence="undefined"),
        transcript(patient("Hi."), therapist("{}"), at=1, evidence="{}"),
        transcript(patient("Hi."), therapist("[object Object]"), at=1, evidence="[object Object]"),
    ],
)
def no_serialised_nulls(turns: Turns) -> Violation:
    """A turn is a missing value, written out.

    Why it matters: nobody said `null`: a field was empty, and a program wrote its name for nothing. A model trained on
    it learns to say it.

    What to do: get the turn from its source again, or leave the transcript out. Only whole turns in the spelling of
    programming languages count: "None." and "none" are answers that people give.
    """
    return Violation(
        maybe=turns.text.str.len_bytes() <= 24,
        when=turns.text.str.contains(_NULL),
        message="{speaker}'s turn is a missing value that was written out",
        evidence=turns.text.str.extract(_NULL),
    )
