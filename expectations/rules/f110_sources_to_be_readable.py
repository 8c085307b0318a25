"""F110: files that can't be opened."""

from __future__ import annotations

from expectations.rule import Bytes, Symptom, expectation, source


@expectation(
    "F110",
    "sources_to_be_readable",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[source("Patient: Hi.\n\nTherapist: Hello.\n"), source(b"\xff\xfe\x00 opened, whatever it holds")],
    violated=[
        Bytes(None, trouble="Permission denied"),
        Bytes(None, trouble="it is a link, and links are not followed"),
    ],
)
def sources_to_be_readable() -> Symptom:
    """A file can't be opened.

    Why it matters: the drop has it, but nothing is known of what it holds. Links are never followed: one could publish
    any file of the machine.

    What to do: give the account that runs Turnproof the right to read the file, or put a copy in place of the link.
    """
    return Symptom("unreadable", known_once="found")
