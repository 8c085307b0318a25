"""What fuzzing has found stays mended, and a little fuzzing goes on in every test run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutants import mutants
from tests.fuzz.oracle import FOUND, check, check_turn, samples
from tests.fuzz.runs import RUNS, longer, places, texts

CASES = sorted(FOUND.glob("*")) if FOUND.exists() else []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_found_cases_hold(path: Path) -> None:
    check([path.read_bytes()])


@given(st.lists(mutants(), min_size=12, max_size=12))
@settings(max_examples=15)
def test_mutants_of_samples_are_read_or_refused(sources: list[bytes]) -> None:
    check(sources)


@given(st.sampled_from(texts()), st.sampled_from(RUNS), st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_long_runs_take_no_time_by_their_square(name: str, run: str, number: int) -> None:
    data = samples()[name]
    check([longer(data, run, places(data)[number % len(places(data))])])


@pytest.mark.parametrize(
    "run", ["\u200b", "0123456789 ", "0123456789\n", "call 415 867 53 ", "a@b.", "[address=r", "<!DOCTYPE "]
)
def test_turns_with_long_runs_are_judged(run: str) -> None:
    check_turn(longer(b"", run, 0).decode())
