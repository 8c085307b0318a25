"""The metrics that Great Expectations' expectations are made of, in Polars expressions."""

from __future__ import annotations

from functools import cache

from expectations.gx.metrics import distributions, order, sets, summaries, text


@cache
def register_metrics() -> None:
    """Register all metrics, once."""
    for theme in (sets, text, order, summaries, distributions):
        theme.register()
