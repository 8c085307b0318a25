"""S201: the same role twice in a row."""

from __future__ import annotations

from expectations.rule import Said, Turns, Violation, expectation, patient, therapist, transcript


@expectation(
    "S201",
    "speakers_to_alternate",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("Hi."), therapist("Hello."), patient("I slept badly."), therapist("Go on.")),
        transcript(
            Said("system", "Be kind."),
            patient("Book it."),
            Said("tool", "Done."),
            Said("tool", "Paid."),
            therapist("Ok."),
        ),
    ],
    violated=[
        transcript(patient("Hi."), therapist("Hello."), therapist("How are you?"), patient("Fine."), at=2),
        # Two labels of one role are one speaker.
        transcript(Said("client", "Hi."), Said("patient", "Anyone there?"), therapist("Yes."), at=1),
        # An unknown speaker alternates with the known ones.
        transcript(patient("Hi."), Said("threapist", "Hello."), Said("threapist", "How are you?"), at=2),
    ],
)
def speakers_to_alternate(turns: Turns) -> Violation:
    """The same role takes two turns in a row.

    Why it matters: training formats for chat refuse such a conversation or merge its turns in silence; a missing turn
    between them may be the reason.

    What to do: look whether a turn is missing. If one speaker just went on, the repair `merge` joins the turns; it is
    unsafe, so a suite has to ask for it. Results of tools may follow each other, and system turns are judged by S206.
    """
    speaks = ~turns.voice.is_in(["tool", "system"])
    return Violation(
        when=(turns.voice == turns.previous_voice).fill_null(False) & speaks,
        message="{speaker} speaks again: the turn before is the {voice}'s, too",
        fix="merge",
    )
