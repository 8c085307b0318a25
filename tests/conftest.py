"""What tests share."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import settings

from expectations.suite import Suite, load_suite
from schemas.columns import RAW

# Timings on a shared machine say nothing about a test; what it finds must be found again.
settings.register_profile("turnproof", deadline=None, max_examples=25, derandomize=True)
settings.load_profile("turnproof")

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
FIRST_SEED = "000_5e2886c1de792e6d.txt"
SECOND_SEED = "004_0dc557d1df3e3ecc.txt"


def raw(**sources: bytes | str) -> pl.DataFrame:
    """Sources as `schemas.listing.load` gives them; a name's last underscore stands for the dot."""
    rows = [
        (".".join(name.rsplit("_", 1)), data if isinstance(data, bytes) else data.encode(), None, None, None)
        for name, data in sources.items()
    ]
    return pl.DataFrame(rows, schema=RAW, orient="row")


@pytest.fixture(scope="session")
def suite() -> Suite:
    return load_suite()
