"""The store and the site that the tests read; nobody writes to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.site import publish
from schemas.store import Store
from tests.reports.little_store import fill_first, fill_hostile, fill_second


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three runs: a failed gate, one with nearly nothing new, and a hostile one."""
    made = Store(tmp_path_factory.mktemp("store"))
    fill_first(made)
    fill_second(made)
    fill_hostile(made)
    return made


@pytest.fixture(scope="session")
def site(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of that store."""
    return publish(store, tmp_path_factory.mktemp("site")).parent
