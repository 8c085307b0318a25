"""F101: sources that are not plain UTF-8."""

from __future__ import annotations

from expectations.rule import Symptom, expectation, source


@expectation(
    "F101",
    "sources_to_be_utf8",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[
        source("Patient: It's… fine. ✓\n\nTherapist: 好。\n"),
        source("Patient: Zero\u200dwidth 👩\u200d⚕️ is text.\r\n\r\nTherapist: It is.\r\n"),
    ],
    violated=[
        source(b"Patient: caf\xe9\n\nTherapist: na\xefve\n", line=1),
        source("Patient: Hi.\n\nTherapist: Hello.\n".encode("utf-16"), line=1),
        source(b"\xef\xbb\xbfPatient: Hi.\n\nTherapist: Hello.\n", line=1),
        source(b"Patient: It\xe2\x80\x99s fine.\n\nTherapist: Go o\xe2\x80n.\n", line=3),
        source(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"),
    ],
)
def sources_to_be_utf8() -> tuple[Symptom, ...]:
    """A source is not plain UTF-8 text.

    Why it matters: whatever reads it next may guess another encoding and turn every accent and quotation mark into
    rubbish; what could not be decoded is lost.

    What to do: export the source again as UTF-8. One that is read as UTF-16 or Windows-1252 is a warning, since that is
    nearly always right; a byte order mark is left out and only noted.
    """
    return (
        Symptom("undecodable", known_once="decoded"),
        Symptom("damaged", known_once="decoded"),
        Symptom("assumed", known_once="decoded", severity="warning"),
        Symptom("bom", known_once="decoded", severity="info"),
    )
