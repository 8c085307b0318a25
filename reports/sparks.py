"""Sparklines: the share of violations over runs as small bars, and the band of what is usual behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reports.history import WINDOW, Trend

STEP: Final = 4
HEIGHT: Final = 28
WIDTH: Final = STEP * (WINDOW + 1)


@dataclass(frozen=True)
class Spark:
    """The shapes of a sparkline, in its own units: paths of the bars before and of the last one, and the band."""

    before: str
    now: str
    band: tuple[float, float] | None


def spark(trend: Trend, width: int = WIDTH, height: int = HEIGHT, step: int = STEP) -> Spark:
    """Bars that end at the right edge; a run without a violation is a dash, one that was not evaluated a gap."""
    top = max([share for share in trend.shares if share is not None] + [trend.usual[1] if trend.usual else 0, 1e-9])
    count = width // step
    shares = trend.shares[-count:]
    bars = [
        "" if share is None else _bar(width - step * (len(shares) - place), share / top, height, step)
        for place, share in enumerate(shares)
    ]
    band = None
    if trend.usual is not None:
        low, high = (round(height * (1 - limit / top), 1) for limit in trend.usual)
        band = high, round(max(low - high, 1), 1)
    return Spark("".join(bars[:-1]), bars[-1], band)


def _bar(x: int, share: float, height: int, step: int) -> str:
    tall = max(round(share * (height - 1), 1), 1)
    return f"M{x} {height}v-{tall:g}h{step - max(step // 5, 1)}v{tall:g}z"
