"""C411: a speaker who says the same over and over."""

from __future__ import annotations

from expectations.loops import loops
from expectations.repetition import Limits
from expectations.rule import Transcripts, expectation, patient, therapist, transcript
from expectations.search import Search

_FEELS = (
    "My chest gets tight when I think of it.",
    "I called my sister on Sunday, as we said.",
    "The nights are bad, the mornings are worse.",
    "Work was quiet this week.",
    "I wrote it down, all of it, on two pages.",
    "He never asks how I am.",
)
_STEPS = (
    "Breathe in slowly.",
    "Look around the room.",
    "Name the feeling.",
    "Write it down.",
    "Call a friend.",
    "Rest.",
)


@expectation(
    "C411",
    "no_loops_across_turns",
    scope="transcript",
    severity="critical",
    since="0.2",
    holds=[
        # Short answers recur in any conversation.
        transcript(*(said for feels in _FEELS for said in (patient("I don't know."), therapist(feels)))),
        # A phrase that comes back twice, far apart, is a habit.
        transcript(
            *(said for feels in _FEELS for said in (patient(feels), therapist(f"Hm. {feels[3:]}"))),
            patient("Where do I start?"),
            therapist("Let's try a different approach. Sit down."),
            *(said for feels in _FEELS for said in (patient(f"Well. {feels}"), therapist(f"Right: {feels[5:]}"))),
            patient("And now?"),
            therapist("Let's try a different approach. Stand up."),
        ),
        # The other speaker repeats what is said: an echo, no loop.
        transcript(*(said for feels in _FEELS for said in (patient(feels), therapist(feels)))),
    ],
    violated=[
        transcript(
            *(said for feels in _FEELS for said in (patient(feels), therapist("Can you say more about that, please?"))),
            at=3,
        ),
        transcript(
            *(
                said
                for feels, step in zip(_FEELS, _STEPS, strict=True)
                for said in (patient(feels), therapist(f"Let's try a different approach. {step}"))
            ),
            at=1,
            evidence="Let's try a different approach",
        ),
        transcript(
            *(said for feels in _FEELS for said in (patient(f"{feels} Can we slow down?"), therapist(feels[::-1]))),
            at=0,
            evidence="Can we slow down?",
        ),
        transcript(
            *(
                said
                for feels in _FEELS
                for said in (
                    patient(feels),
                    therapist(
                        f"Thank you for telling me about {feels[2:9]}. It takes courage to say it here, and I hear how "
                        "much it weighs on you; what would you need from me right now?"
                    ),
                )
            ),
            at=3,
        ),
    ],
)
def no_loops_across_turns(
    _transcripts: Transcripts,
    *,
    repeats: int = 3,
    repeated_words: int = 5,
    repeated_warning: float = 0.10,
    repeated_critical: float = 0.20,
    alike: float = 0.5,
    alike_share: float = 0.25,
    alike_times: int = 4,
    phrase_words: int = 4,
    phrase_times: int = 5,
    phrase_share: float = 0.40,
) -> Search:
    """A speaker goes round in circles: the same turn, nearly the same turn, or the same phrase, over and over.

    Why it matters: language models fall into loops when a conversation grows long, and what is trained on loops learns
    to loop. Each turn looks sound by itself; only the row of them shows it.

    What to do: look at the turns that the finding lists. Cut the conversation before the loop sets in, or generate it
    again with a penalty on repetition.

    Thresholds: of each speaker. Turns of at least `repeated_words` words that repeat an earlier one word for word, case
    and punctuation aside: at least `repeats` of them, a warning from the share `repeated_warning` of the speaker's
    turns, critical from `repeated_critical`. Else turns alike: their sets of three words in a row overlap by `alike`
    (Jaccard) with those of one of the speaker's last six turns, in `alike_share` of the turns and at least
    `alike_times`: a warning. And phrases of at least `phrase_words` words and 16 bytes that open or close turns:
    `phrase_times` times in a stretch where they make up `phrase_share` of the speaker's turns: a warning. The shares
    are proposals, calibrated on real sessions (motivational interviews, podcasts, LLM-made therapy, Chinese
    counselling). A stretch rather than the whole transcript, since a loop sets in late: in a session that loops for its
    second half, no phrase opens 40 % of all turns. Compared are turns that begin or end with the same 16 bytes.
    """
    limits = Limits(
        repeats,
        repeated_words,
        repeated_warning,
        repeated_critical,
        alike,
        alike_share,
        alike_times,
        phrase_words,
        phrase_times,
        int(phrase_times / phrase_share) if phrase_share > 0 else 2**31,
    )
    return Search(find=lambda turns: loops(turns, limits))
