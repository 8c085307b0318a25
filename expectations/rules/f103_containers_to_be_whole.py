"""F103: records that can't be parsed."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source

_SOUND = '{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]}'


@expectation(
    "F103",
    "containers_to_be_whole",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[
        source(f"{_SOUND}\n{_SOUND}\n"),
        source(f"{_SOUND}\n\n{_SOUND}"),
        source("Patient: Is {this} broken?\n\nTherapist: No, it is prose.\n"),
    ],
    violated=[
        source(f"{_SOUND}\n{_SOUND[:-9]}\n{_SOUND}\n", line=2),
        source(f"[{_SOUND},\n{_SOUND[:40]}", line=2),
        source(f'{_SOUND}\n{{"messages": "none"}}\n', line=2),
    ],
)
def containers_to_be_whole() -> tuple[Symptom, Symptom]:
    """A record is broken: truncated, no valid JSON, or without a conversation.

    Why it matters: a conversation is missing, and a reader that stops at the first error loses all that follow.

    What to do: mend or remove the record at the line that the finding names; the other records of the source have been
    read.
    """
    # A format of ours that fails on a source is no better for the source.
    return Symptom("broken", known_once="claimed"), Symptom("failed", known_once="claimed")
