"""F113: conversations whose speakers have a file each."""

from __future__ import annotations

from typing import Final

from expectations.rule import Symptom, expectation, source

_BOTH: Final = """File type = "ooTextFile"
"TextGrid" 0 9 <exists> 2
"IntervalTier" "Patient" 0 9 1 0 4 "I slept badly."
"IntervalTier" "Therapist" 0 9 1 4 9 "What kept you awake?"
"""


@expectation(
    "F113",
    "speakers_of_a_conversation_to_share_a_source",
    scope="source",
    severity="critical",
    since="0.1",
    holds=[source(_BOTH), source("Patient: Hi.\n\nTherapist: Hello.\n")],
    # It takes two files; see tests/schemas/test_speaker_files.py.
    violated=[],
)
def speakers_of_a_conversation_to_share_a_source() -> Symptom:
    """A TextGrid holds one speaker of a conversation, and files beside it hold the others.

    Why it matters: each file by itself is a monologue with silences, and says nothing of what was answered.

    What to do: `turnproof join DROP --out FOLDER` writes one TextGrid with a tier a speaker for each such recording of
    a drop; judge these in place of the files that they were made of.
    """
    return Symptom("apart", known_once="claimed")
