"""What fuzzing has found stays mended, and a little fuzzing goes on in every test run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutants import mutants
from tests.fuzz.oracle import FOUND, check

CASES = sorted(FOUND.glob("*")) if FOUND.exists() else []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_found_cases_hold(path: Path) -> None:
    check([path.read_bytes()])


@given(st.lists(mutants(), min_size=12, max_size=12))
@settings(max_examples=15)
def test_mutants_of_samples_are_read_or_refused(sources: list[bytes]) -> None:
    check(sources)
