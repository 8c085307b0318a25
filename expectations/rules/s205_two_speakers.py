"""S205: how many take part."""

from __future__ import annotations

from expectations.rule import Said, Transcripts, Violation, expectation, patient, therapist, transcript


@expectation(
    "S205",
    "two_speakers",
    scope="transcript",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("Hi."), therapist("Hello.")),
        transcript(Said("system", "Be kind."), patient("Book it."), Said("tool", "Done."), therapist("It is booked.")),
        # Two labels of one role are one speaker.
        transcript(patient("Hi."), therapist("Hello."), Said("client", "Me again."), therapist("Yes?")),
    ],
    violated=[
        transcript(patient("Is anybody there?")),
        transcript(patient("Hi."), therapist("Hello."), Said("grandmother", "May I come in?")),
    ],
)
def two_speakers(transcripts: Transcripts, *, speakers: int = 2) -> Violation:
    """More or fewer take part than should.

    Why it matters: with one speaker the other's turns are missing or hidden in theirs; a third is most often a label
    that was misread or misspelt.

    What to do: look at the turns of the one who is too many, or for the other's words within the turns there are.

    Thresholds: `speakers` is how many take part, by default two as in a conversation of patient and therapist. Labels
    of one role count as one; system and tool turns are not counted.
    """
    voices = transcripts.voice.filter(~transcripts.voice.is_in(["system", "tool"]))
    return Violation(
        when=voices.n_unique() != speakers,
        message=f"expected {speakers} speakers, found {{count}}: {{who}}",
        values={"count": voices.n_unique(), "who": voices.unique(maintain_order=True).str.join(", ")},
    )
