"""S202: who opens and who closes a conversation."""

from __future__ import annotations

import polars as pl

from expectations.rule import Said, Turns, Violation, expectation, patient, therapist, transcript


@expectation(
    "S202",
    "conversations_to_be_answered",
    scope="turn",
    severity="warning",
    since="0.1",
    holds=[
        transcript(patient("Hi."), therapist("Hello.")),
        transcript(therapist("Welcome."), patient("Hi."), therapist("How are you?")),
        transcript(Said("system", "Be kind."), patient("Hi."), therapist("Hello.")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("Hello."), patient("Are you there?"), at=2),
        transcript(therapist("Hello."), patient("Hi."), patient("Are you there?"), at=2),
        transcript(patient("Hi."), at=0),
    ],
)
def conversations_to_be_answered(
    turns: Turns, *, first: str | None = None, last: str | None = "therapist"
) -> tuple[Violation, ...]:
    """A conversation ends unanswered, or the wrong role opens it.

    Why it matters: nothing can be learnt from a question without an answer, and some training formats drop it in
    silence. It is often all that is left where a generator broke off.

    What to do: the repair `trim_tail` takes a single unanswered turn out; it is safe. Where two of them stand at the
    end it does not, since S201 has to be settled first.

    Thresholds: `first` and `last` are the roles that have to take the first turn (system turns aside) and the last one;
    null allows any. By default the answer comes last, as supervised fine-tuning needs it, and anybody may open, since
    in a session either side may greet first.
    """
    found: list[Violation] = []
    if last is not None:
        found.append(
            Violation(
                when=turns.is_last & (turns.role != last),
                message=f"{{speaker}}'s turn is the last: expected the {last} to close the conversation",
                fix="trim_tail",
                fixable=turns.previous_voice != turns.voice,
            )
        )
    if first is not None:
        opens = (turns.turn == 0) | ((turns.turn == 1) & (turns.previous_voice == "system"))
        found.append(
            Violation(
                when=opens & (turns.voice != "system") & (turns.role != first),
                message=f"{{speaker}}'s turn is the first: expected the {first} to open the conversation",
            )
        )
    return tuple(found) or (Violation(when=pl.lit(False), message=""),)
