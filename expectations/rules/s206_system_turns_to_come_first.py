"""S206: system turns in mid-conversation."""

from __future__ import annotations

from expectations.rule import Said, Turns, Violation, expectation, patient, therapist, transcript


@expectation(
    "S206",
    "system_turns_to_come_first",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("Hi."), therapist("Hello.")),
        transcript(Said("system", "Be kind."), patient("The system is unfair."), therapist("Tell me more.")),
    ],
    violated=[
        transcript(patient("Hi."), Said("system", "Be kind."), therapist("Hello."), at=1),
        transcript(Said("system", "Be kind."), Said("system", "Be brief."), patient("Hi."), therapist("Hello."), at=1),
    ],
)
def system_turns_to_come_first(turns: Turns) -> Violation:
    """A system turn is not the first one, or there are two.

    Why it matters: chat templates refuse it, or take the prompt for something that was said.

    What to do: move what applies to the whole conversation into one system turn at its start.
    """
    return Violation(
        when=(turns.voice == "system") & (turns.turn > 0),
        message="a system turn stands within the conversation; expected one at most, as its first turn",
    )
