"""What every test of reading leaves behind as it was."""

from __future__ import annotations

import pytest

from schemas import files


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    files.forget()
