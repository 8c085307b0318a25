"""F108: sources that no format claims."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source


@expectation(
    "F108",
    "formats_to_be_known",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[
        source("Patient: Hi.\n\nTherapist: Hello.\n"),
        source('{"messages": [{"role": "user", "content": "Hi."}]}'),
    ],
    violated=[
        source("It was a dark and stormy night. Nobody spoke.\n"),
        source('{"title": "No conversation", "pages": 3}\n'),
    ],
)
def formats_to_be_known() -> Symptom:
    """No format recognises the source.

    Why it matters: it has text, but no turn could be made of it, so a conversation may be missing from the drop.

    What to do: read in the message why each format refused it. Export it in a known one, add its speakers' labels to
    the suite's roster, or take it out of the drop if it is no transcript.
    """
    return Symptom("unclaimed", known_once="filled")
