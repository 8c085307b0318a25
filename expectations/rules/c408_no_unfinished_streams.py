"""C408: what a chat page shows while an answer is still being written."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_CURSOR: Final = (
    r"(?:^|[^▀-▟])([▌▍▎▋])\s*$",
    r"""(?i:(<span class=["'][^"'<>\n]{0,40}(?:cursor|blink|typing)[^"'<>\n]{0,40}["'][^<>\n]{0,80}>(?:</span>)?))""",
)
"""A block for a cursor at the very end, not in a bar of blocks; the same as an element of a page."""

_BUTTON: Final = (
    r"(?:^|\n)[ \t]*((?:Continue generating|Stop generating|Regenerate response|Regenerate answer|Generating\.{3}"
    r"|(?:ChatGPT|Claude|Gemini|Assistant|AI) is typing(?:\.{3}|…)?|Stopped generating|Response stopped)"
    r"\.?)\s*$"
)
"""The words of a button or a status line, as the last line."""

_SIGNS: Final = "▌|▍|▎|▋|<span|<SPAN|enerating|enerate r|enerate a|is typing|e stopped"


@expectation(
    "C408",
    "no_unfinished_streams",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("My mood: ▁▂▃▄▅▆▇█ ▌▌▌"), therapist("The bar ██████▌ is nearly full.")),
        transcript(patient("Continue generating ideas, you said."), therapist("I said: stop generating so many.")),
        transcript(patient("Is the assistant typing?\nI can wait."), therapist("We can regenerate.")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("I hear how much▌"), at=1, evidence="▌"),
        transcript(patient("Hi."), therapist("I hear how much\n\nContinue generating"), at=1),
        transcript(
            patient("Hi."),
            therapist('I hear<span class="blinking-cursor"></span>'),
            at=1,
            evidence='<span class="blinking-cursor"></span>',
        ),
        transcript(patient("Hi."), therapist("ChatGPT is typing..."), at=1),
    ],
)
def no_unfinished_streams(turns: Turns) -> Violation:
    """A turn was copied while it was still being written.

    Why it matters: the rest of what was said is missing, and a cursor or a button stands in its place.

    What to do: wait until the answer is complete, and export it again. Blocks within a bar and the words of a button
    within a sentence do not count.
    """
    text = turns.text
    found = pl.coalesce(*(text.str.extract(each) for each in _CURSOR), text.str.extract(_BUTTON))
    return Violation(
        signs=_SIGNS,
        when=found.is_not_null(),
        message="{speaker}'s turn was still being written",
        evidence=found,
        context=pl.coalesce(*(text.str.extract(f"({each})") for each in _CURSOR), text.str.extract(f"({_BUTTON})")),
    )
