"""What of the text is told: no word of a transcript gets past a veil, into no file of a site."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.conversation import conversation
from reports.letter import letter
from reports.pages import Outcome
from reports.rendering import Renderer
from reports.site import publish
from reports.turns import Finding, Repair, Spoken
from reports.veil import Veil
from schemas.columns import FINDINGS
from schemas.store import Store
from tests.reports.little_store import FIRST, append, finding, outcome, run_row, source, transcript, turn

C419 = Outcome(
    "C419", "no_personal_data", "turn", "warning", 0, 1, 0, 1, "A turn holds data that name or reach a person.",
    "people talk in confidence.", "e-mail address, phone, card", None,
)  # fmt: skip
MASKED, NONE, FULL = (Veil.over(amount, [C419]) for amount in ("masked", "none", "full"))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Ann: “Call 0151-233!”\n\t我的 naïve", "•••: “•••• ••••-•••!”\n\t•• •••••"),
        ("<b>\u202eevil\u202c", "<•>\u202e••••\u202c"),
        # Tags of Unicode spell words that nobody sees.
        ("x\U000e0041\U000e006e", "•••"),
        ("😀 e\u0301", "• ••"),
    ],
)
def test_letters_digits_and_signs_are_masked(said: str, shown: str) -> None:
    assert MASKED.text(said) == shown
    assert (FULL.text(said), NONE.text(said)) == (said, "")


@given(st.text())
def test_no_letter_and_no_digit_is_left(said: str) -> None:
    shown = MASKED.text(said)
    assert len(shown) == len(said)
    assert not any(character.isalnum() for character in shown)


@given(st.text())
def test_frames_are_masked_as_texts_are(said: str) -> None:
    row = dict.fromkeys(FINDINGS) | {"code": "C419", "message": "", "evidence": said}
    frame = MASKED.findings(pl.DataFrame([row], schema=FINDINGS))
    assert frame["evidence"].item() == MASKED.text(said)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("an e-mail address stands in Quark's turn", "an e-mail address stands in •••'s turn"),
        ("Quark says 5 of 10 turns: turns 3, 12345", "••• says 5 of 10 turns: turns 3, 12345"),
        ('no format claims it: "the turn is 3"', "no format ••• it: “•••”"),
        ("U+200B stands at 123456", "U+200B stands at •••"),
        ("quark_turn", "•••_turn"),
        ("C419 by up to 5, on a Wednesday; C420", "C419 by up to 5, on a Wednesday; •••"),
    ],
)
def test_messages_keep_our_own_words(message: str, shown: str) -> None:
    assert MASKED.message("C419", message) == shown
    assert NONE.message("C419", message) == C419.brief


def test_marks_and_diffs_outlive_the_mask() -> None:
    found = [Finding("a.txt", 0, 1, "C419", "rule", "warning", "message", "quark@x.org", 6)]
    repairs = [Repair(0, 1, "Zeb", None, "mend", "C419", "write quark@x.org now", "write soon")]
    (shown,) = MASKED.turns(conversation([Spoken(0, "Zeb", None, "write soon", 1)], repairs, found))
    assert shown.speaker == "speaker 1"
    assert "".join(part.text for part in shown.parts if part.mark) == "•••••@•.•••"
    assert [part.text for part in shown.parts if part.kind == "ins"] == ["••••"]
    (untold,) = NONE.turns(conversation([Spoken(0, "Zeb", None, "write soon", 1)], repairs, found))
    assert (untold.parts, untold.untold, untold.notes[0].quote) == ((), 21, None)


SAID = "Zebulon Quarkbert whispered octarine gibberish 8675309"
"""What no page without text may hold a word of."""
WORDS = re.compile("|".join(SAID.split()), re.IGNORECASE)


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with words to keep wherever a transcript's words can stand."""
    store = Store(tmp_path_factory.mktemp("store"))
    name = "a.txt"
    about: dict[str, Any] = {"transcript": name, "record": 0, "turn": 0, "line": 1}
    rows: dict[str, list[dict[str, Any]]] = {
        "quarantine": [
            {"transcript": name, **turn(0, SAID, SAID, 1), "role": None},
            {"transcript": name, **turn(1, "Therapist", f"{SAID} again", 3)},
        ],
        "release": [{"transcript": "b.txt", **turn(0, SAID, f"{SAID} mended", 1), "role": None}],
        "transcripts": [
            transcript(name, "quarantined", 2, 0, critical=2, speakers=[SAID]),
            transcript("b.txt", "repaired", 1, 1, critical=1, repairs=["strip_note"]),
        ],
        "repairs": [
            {"transcript": "b.txt", "repair": "strip_note", "code": "C404", "before": before, "after": after,
             "turn": 0, "line": 1, "speaker": SAID, "role": None}
            for before, after in ((SAID, f"{SAID} half"), (f"{SAID} half", f"{SAID} mended"))
        ],
        "findings": [
            finding(name, "C404", f"a note stands in {SAID}'s turn", evidence=SAID, offset=0, **about),
            finding(name, "C410", f"{SAID} says it: turns 0, 1", evidence=SAID.upper(), offset=4_000, **about),
            finding(name, "S202", f"ends with {SAID}", transcript=name, record=0, evidence=SAID, waived=SAID),
            finding("b.txt", "C404", SAID, transcript="b.txt", record=0, turn=0, line=1, evidence=SAID),
            finding("c.bin", "F108", f'it begins with "{SAID}" and {SAID}', evidence=SAID),
            finding("week", "D504", f"half of it says {SAID}"),
        ],
        "sources": [source("c.bin", "unreadable", 0, 0)],
        "outcomes": [outcome(code, 2, violated=1, findings=1) for code in ("C404", "C410", "S202", "F108", "D504")],
        "runs": [run_row(FIRST, "week", datetime(2026, 11, 2, tzinfo=UTC), transcripts=2)],
    }  # fmt: skip
    for table, some in rows.items():
        append(store, FIRST, "week", table, some)
    return store


def words_in(path: Path) -> set[str]:
    data = path.read_bytes()
    if path.suffix == ".parquet":
        data = pl.read_parquet(io.BytesIO(data)).write_ndjson().encode()
    return {word.lower() for word in WORDS.findall(data.decode())}


@pytest.mark.parametrize("amount", ["masked", "none"])
def test_no_file_of_a_site_holds_a_word_that_is_not_told(
    secret: Store, tmp_path: Path, amount: Literal["masked", "none"]
) -> None:
    publish(secret, tmp_path, text="full")
    there = {path for path in tmp_path.rglob("*") if path.is_file() and words_in(path)}
    assert {path.suffix for path in there} == {".html", ".csv", ".jsonl", ".parquet", ".sarif", ".xml"}
    publish(secret, tmp_path, text=amount)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and words_in(path)] == []
    page = Renderer({}, frozenset()).letter(letter(secret, FIRST, amount)).decode()
    assert not WORDS.search(page)
    assert WORDS.search(Renderer({}, frozenset()).letter(letter(secret, FIRST, "full")).decode())
