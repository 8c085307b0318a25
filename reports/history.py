"""How expectations fared over runs: a small summary of each run, and what a row of summaries tells.

A summary lies beside the page of its run, so that the pages of later runs, and those across runs, need nothing of the
store but what is new.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Literal

WINDOW: Final = 30
"""Runs that a page looks back on."""

ENOUGH: Final = 5
"""Runs before, at least, to say what is usual; a proposal."""

_SIGMAS: Final = 3
"""The limits of a p-chart (Shewhart): beyond three standard deviations it is hardly chance."""


@dataclass(frozen=True)
class Fared:
    """How one expectation fared in one run; the fields are columns of the table ``outcomes``."""

    code: str
    rule: str
    scope: str
    severity: str
    brief: str
    holds: int
    violated: int
    unknown: int
    findings: int

    @cached_property
    def judged(self) -> int:
        """The sources or transcripts where it could be evaluated."""
        return self.holds + self.violated

    # Asked again for each of the runs after it.
    @cached_property
    def share(self) -> float | None:
        """The share that violates it; None where it could be evaluated nowhere."""
        return self.violated / self.judged if self.judged else None


@dataclass(frozen=True)
class Place:
    """A transcript where a code fired; `page` is the name of its page, None for one beyond those that have one."""

    transcript: str
    page: str | None


@dataclass(frozen=True)
class Summary:
    """What later pages need to know of a run.

    Attributes:
        run: the run.
        fared: by code.
        fired: by code, the first transcripts where it fired, worst first.
        histograms: by measure, how many fall into each bin of `reports.shapes.MEASURES`.
    """

    run: str
    fared: dict[str, Fared]
    fired: dict[str, tuple[Place, ...]]
    histograms: dict[str, tuple[int, ...]]

    def dump(self) -> bytes:
        """The summary as JSON."""
        return (json.dumps(asdict(self), ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")

    @classmethod
    def load(cls, data: bytes) -> Summary:
        """The summary that `dump` made."""
        told: dict[str, Any] = json.loads(data.decode("utf-8", "surrogatepass"))
        return cls(
            run=told["run"],
            fared={code: Fared(**each) for code, each in told["fared"].items()},
            fired={code: tuple(Place(**each) for each in places) for code, places in told["fired"].items()},
            histograms={name: tuple(counts) for name, counts in told["histograms"].items()},
        )


@dataclass(frozen=True)
class Trend:
    """The shares of one expectation over runs, the run in question last; None where it was not evaluated.

    `usual` are the limits within which its share is expected by the runs before; None where these are too few.
    """

    shares: tuple[float | None, ...]
    mean: float | None
    usual: tuple[float, float] | None

    @property
    def now(self) -> float | None:
        """The share in the run in question."""
        return self.shares[-1]

    @property
    def beyond(self) -> Literal["above", "below"] | None:
        """On which side the share is out of what is usual."""
        if self.usual is None or self.now is None:
            return None
        low, high = self.usual
        return "above" if self.now > high else "below" if self.now < low else None

    @property
    def rise(self) -> float:
        """By how much the share is over the mean of the runs before; 0 where there is nothing to compare."""
        return 0.0 if self.now is None or self.mean is None else self.now - self.mean


@dataclass(frozen=True)
class Rise:
    """An expectation that is violated more often than in the runs before."""

    fared: Fared
    trend: Trend


def trend(code: str, before: Sequence[Summary], now: Summary) -> Trend:
    """The trend of `code`, from summaries oldest first, up to `now`."""
    row = [summary.fared.get(code) for summary in (*before, now)]
    shares = tuple([None if fared is None else fared.share for fared in row])
    past = [share for share in shares[:-1] if share is not None]
    mean = sum(past) / len(past) if past else None
    this = row[-1]
    if mean is None or len(past) < ENOUGH or this is None or not this.judged:
        return Trend(shares, mean, None)
    spread = sum([(share - mean) ** 2 for share in past]) / len(past) if any(past) else 0.0
    deviation = max(spread, mean * (1 - mean) / this.judged) ** 0.5
    # A single one is never out of the ordinary, however rare it was.
    high = max(mean + _SIGMAS * deviation, 1 / this.judged)
    return Trend(shares, mean, (max(0.0, mean - _SIGMAS * deviation), min(1.0, high)))


def risen(before: Sequence[Summary], now: Summary, at_most: int) -> tuple[Rise, ...]:
    """The codes that rose against the runs before, those beyond what is usual first, then by how much."""
    rises = [Rise(fared, trend(code, before, now)) for code, fared in now.fared.items() if fared.scope != "drop"]
    rising = [each for each in rises if each.fared.violated and each.trend.rise > 0]
    rising.sort(key=lambda each: (each.trend.beyond != "above", -each.trend.rise, each.fared.code))
    return tuple(rising[:at_most])
