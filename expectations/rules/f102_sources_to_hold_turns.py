"""F102: sources and records without a turn."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source


@expectation(
    "F102",
    "sources_to_hold_turns",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[
        source("Patient: Hi.\n\nTherapist: Hello.\n"),
        source("Nobody speaks in this source, and F108 says so.\n"),
    ],
    violated=[
        source(""),
        source(" \n\t\n"),
        source('{"messages": [{"role": "user", "content": "Hi."}]}\n{"messages": []}\n', line=2),
    ],
)
def sources_to_hold_turns() -> Symptom:
    """A source, or a record in it, holds no turn.

    Why it matters: an upload or an export that broke off leaves empty files, and a count of transcripts that includes
    them is wrong.

    What to do: export the source again, or take it out of the drop.
    """
    # Whether a source that no format claims holds turns is not known.
    return Symptom("empty", known_once="claimed")
