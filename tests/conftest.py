"""What tests share."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Sources as `schemas.loading.load` gives them; a name's last underscore stands for the dot."""
    named = {".".join(name.rsplit("_", 1)): data for name, data in sources.items()}
    return loaded({name: data if isinstance(data, bytes) else data.encode() for name, data in named.items()})


def loaded(sources: Mapping[str, bytes]) -> pl.DataFrame:
    """Sources by their paths as `schemas.loading.load` gives them."""
    data = pl.DataFrame({"path": list(sources), "data": list(sources.values())})
    return data.select(
        pl.col(name).cast(kind) if name in data.columns else pl.lit(None, kind).alias(name)
        for name, kind in RAW.items()
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest test: at the end, one worker would wait for it."""
    items.sort(key=lambda item: "longest" not in item.keywords)


@pytest.fixture(scope="session")
def suite() -> Suite:
    return load_suite()
