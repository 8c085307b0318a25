"""D503 counts a sample of a large drop first; what it finds is the same as if it had counted all."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
import pytest

from expectations.drop import SAID, Drop
from expectations.rules import d503_no_signature_phrases as d503


def drop_of(often: int, of: int, rare: int) -> Drop:
    """Therapists open `often` of `of` turns alike, evenly spread; a narrator all of a few."""
    rows = [
        (
            f"{number // 40}.txt",
            number % 40,
            "therapist",
            _said(number, often * (number + 1) // of > often * number // of),
        )
        for number in range(of)
    ]
    rows += [
        (f"{number // 2}.txt", 40 + number % 2, "narrator", f"And so it goes, {number}.") for number in range(rare)
    ]
    return Drop("drop", turns=pl.LazyFrame(rows, schema=SAID, orient="row"))


def _said(number: int, alike: bool) -> str:
    return f"“I HEAR that you are {number}" if alike else f"Number {number} of what I say."


@pytest.mark.parametrize("sample", [2**17, 4000])
@pytest.mark.parametrize("often", [10_000, 10_001])
def test_a_sample_finds_what_all_turns_tell(sample: int, often: int) -> None:
    with patch.object(d503, "_SAMPLE", sample):
        rows = d503._find(drop_of(often, 20_000, 60), 0.5, 50, 2)  # pyright: ignore[reportPrivateUsage] - the rows, by themselves
    assert rows is not None
    told = ["narrator opens 60 of 60 turns, in 30 transcripts, alike"]
    if often > 10_000:
        told.append("therapist opens 10,001 of 20,000 turns, in 500 transcripts, alike")
    assert rows["message"].to_list() == told
