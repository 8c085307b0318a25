"""F106: characters that went in and did not come out."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source


@expectation(
    "F106",
    "no_text_to_be_lost",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[
        source("Title\n\nPatient: \t Hi. \n\n\nTherapist:Hello.  \n"),
        source('{"messages": [{"role": "user", "content": " Hi. "}, {"role": "assistant", "content": null}]}'),
    ],
    # No source is known to violate it: one that did would show a defect of a format, which would be mended at once.
    violated=[],
)
def no_text_to_be_lost() -> Symptom:
    """Characters of the source are neither in a turn nor accounted for elsewhere.

    Why it matters: a parser that drops text in silence changes what was said. This is arithmetic, not a heuristic:
    characters in are characters in turns, plus labels, separators and headers.

    What to do: report the source as a defect of Turnproof, and don't use what was read from it.
    """
    return Symptom("lost", known_once="claimed")
