"""What tools write above a transcript is no text that is missing; what somebody may have said is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.headers import is_key, speech_above


@pytest.mark.parametrize(
    ("above", "titled", "odd"),
    [
        (
            "Intake\nMon, May 05, 2025 10:02AM • 0:31\n\nSUMMARY KEYWORDS\nsleep, train\n\nSPEAKERS\nDana, Kim\n\n",
            True,
            [],
        ),
        ("Intake\n\n", True, []),
        ("Intake\n\n", False, [0]),
        ("# Intake\n---\n", False, []),
        ("Interview 7\nDate: 2024-03-01\nParticipants: Dana, Kim\n", False, []),
        ("\nSitzung 3\n12.03.2024\n", False, []),
        ("\nSitzung 3\n12.03.2024\n", True, []),
        ("2024-03-01 10:15\n5 May 2024\nMar 5, 2024 at 10:15 AM\n1:02:11\n", False, []),
        ("Transcribed by https://otter.ai\n", False, []),
        ("Audio file\nsession.mp3\n\nTranscript\n", False, []),
        ("I hardly slept.\n", True, [0]),
        ("Intake\nI hardly slept\n", True, [1]),
        ("2024-03-01\nI hardly slept on May 5\n", False, [1]),
        ("SPEAKERS\n\nDana, Kim\n\nWell, hello\n", False, [4]),
        ("Dana: hello\n", True, [0]),
        (
            "You are a therapist. Write a dialogue of 50 turns about sleep with a patient who is tired of it all.\n",
            True,
            [0],
        ),
    ],
)
def test_headers_are_told_from_speech(above: str, titled: bool, odd: list[int]) -> None:
    assert speech_above(above.splitlines(keepends=True), titled=titled) == odd


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("Duration: 00:31:12", True),
        ("Date：2024", True),
        ("Dana: 00:31:12", False),
        ("Time: heals", True),
        ("Time:", False),
    ],
)
def test_known_keys_name_nobody(line: str, known: bool) -> None:
    assert is_key(line) is known


@given(st.lists(st.text(max_size=40)), st.booleans())
def test_any_lines_are_told_apart(lines: list[str], titled: bool) -> None:
    odd = speech_above(lines, titled=titled)
    assert all(lines[place].strip() for place in odd)
    assert odd == sorted(set(odd))
