"""F103: records that can't be parsed, and archives that can't be opened."""

from __future__ import annotations

from expectations.rule import Bytes, Symptom, expectation, source

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
        source(f"[\n{_SOUND}\n]\n[\n{_SOUND}\n]\n", line=4),
        source(f'{{"sessions": [{_SOUND},\n"gone"]}}\n', line=2),
        Bytes(None, trouble="is cut off: it has no directory at its end; copy it again", kind="broken"),
    ],
)
def containers_to_be_whole() -> tuple[Symptom, Symptom]:
    """A record is broken: truncated, no valid JSON, or without a conversation; or an archive, or a member of one, is.

    Why it matters: a conversation is missing, and a reader that stops at the first error loses all that follow.

    What to do: mend or remove the record at the line that the finding names; the other records of the source have been
    read. Copy an archive again that is cut off, and pack again one that is damaged, encrypted, or holds names twice or
    names that lead out of it; its other members have been read, unless the finding is about the archive itself.
    """
    # A format of ours that fails on a source is no better for the source.
    return Symptom("broken", known_once="claimed"), Symptom("failed", known_once="claimed")
