"""C417: numbered lists that start again."""

from __future__ import annotations

from typing import Final

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_RESTART: Final = r"\n((?:[2-9]|1[0-9])[.)][ \t][^\n]*\n(?:[ \t]*\n)*1[.)])[ \t]"
_AGAIN: Final = r"\n(?:[2-9]|1[0-9])[.)][ \t][^\n]*\n(?:[ \t]*\n)*(1[.)])[ \t]"
"""An item after the first, and right behind it, at the same margin, a first one."""


@expectation(
    "C417",
    "numbered_lists_to_go_on",
    scope="turn",
    severity="info",
    since="0.1",
    holds=[
        transcript(patient("1. Rest.\n2. Eat.\n\nTomorrow:\n\n1. Walk.\n2. Call."), therapist("1) One.\n2) Two.")),
        transcript(patient("1. Rest.\n   1. Dim the light.\n   2. Read.\n2. Eat."), therapist("1. A\n1. B\n1. C")),
        transcript(patient("2. Of May\n10. Of June"), therapist("At 1. No.")),
    ],
    violated=[
        transcript(patient("Plan:\n1. Rest.\n2. Eat.\n1. Walk."), therapist("Good."), at=0, evidence="1."),
        transcript(patient("Hi."), therapist("Try:\n1) Rest.\n2) Eat.\n\n1) Rest.\n2) Eat."), at=1, evidence="1)"),
    ],
)
def numbered_lists_to_go_on(turns: Turns) -> Violation:
    """A numbered list starts again without anything between.

    Why it matters: two lists were joined, or a model lost count. Readers wonder which list an item belongs to.

    What to do: number the items through, or say what the second list is. A list within an item, a list after a line of
    its own, and a list whose items all carry the number one do not count.
    """
    text = turns.text
    return Violation(
        signs=r"\n2[.)] ",
        when=text.str.contains(_RESTART),
        message="a numbered list in {speaker}'s turn starts again",
        evidence=text.str.extract(_AGAIN),
        context=text.str.extract(_RESTART),
    )
