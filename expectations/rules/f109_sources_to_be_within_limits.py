"""F109: sources and archives that are too large."""

from __future__ import annotations

from expectations.rule import Bytes, Symptom, expectation, source


@expectation(
    "F109",
    "sources_to_be_within_limits",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[
        source("Patient: Hi.\n\nTherapist: Hello.\n"),
        source(b"\xff\xfe\x00 small, whatever it holds"),
    ],
    violated=[
        Bytes(None, trouble="holds more than 256 MiB, the most that is taken at once; split it", kind="oversized"),
        source(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03 compressed, and then compressed again"),
    ],
)
def sources_to_be_within_limits() -> Symptom:
    """A source, or the archive that holds it, exceeds a limit.

    Why it matters: what unpacks to a thousand times its size, or is larger than any collection of conversations, is
    broken or meant to do harm; reading it would take the memory and the time that the rest of the drop needs.

    What to do: split a source of more than 256 MiB (chats in JSON lines and most Parquet are judged in parts,
    whatever their size), of more than 2,000,000 lines (cells of a tab or pipe table count as lines) or 4,000,000
    values of JSON, a table of more than 30,000,000 cells, and an archive of more than 16 GiB or 250,000 members;
    sort a Parquet file of more than 256 MiB or 5,000,000 rows by transcript; unpack an archive that lies in
    another. What unpacks to more than 200 times its size is hardly text: take it out of the drop.
    """
    return Symptom("oversized", known_once="opened")
