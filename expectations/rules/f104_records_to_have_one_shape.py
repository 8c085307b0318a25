"""F104: records of different shapes in one source."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source

_CHAT = '{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]}'
_SHARED = '{"conversations": [{"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Hello."}]}'


@expectation(
    "F104",
    "records_to_have_one_shape",
    scope="source",
    severity="critical",
    since="0.2",
    holds=[
        source(f"{_CHAT}\n{_CHAT}\n"),
        source(f"{_SHARED}\n{_SHARED}\n"),
        # What is broken is F103's.
        source(f"{_CHAT}\n{_CHAT[:-9]}\n"),
        source("Patient: Is this mixed?\n\nTherapist: No, it is prose.\n"),
    ],
    violated=[source(f"{_CHAT}\n{_SHARED}\n{_CHAT}\n", line=2)],
)
def records_to_have_one_shape() -> Symptom:
    """A record is sound, but has another shape than its source.

    Why it matters: a loader takes the first record's shape for all; the others are lost in silence, or stop it. It is
    also the mark of two exports that were put into one file.

    What to do: split the source by shape, or bring all its records into one. The record at the line that the finding
    names was not read; those of the source's own shape were.
    """
    return Symptom("mixed", known_once="claimed")
