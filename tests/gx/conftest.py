"""Contexts of Great Expectations, quiet ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these are slow: Great Expectations takes 7 s to import."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


def quiet(context: Any) -> Any:
    """The context without progress bars."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context


@pytest.fixture
def context() -> Any:
    """A context in memory that knows Polars."""
    import great_expectations as gx

    import expectations.gx

    assert expectations.gx.SUPPORTED
    return quiet(gx.get_context(mode="ephemeral"))


def failure(result: Any) -> str | None:
    """The sentence of a result that could not be evaluated."""
    info = result.exception_info
    if "raised_exception" in info:
        return str(info["exception_message"]) if info["raised_exception"] else None
    return str(next(iter(info.values()))["exception_message"])
