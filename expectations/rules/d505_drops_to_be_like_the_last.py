"""D505: drops that are unlike those before them."""

from __future__ import annotations

from calendar import day_name
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt
from statistics import median
from typing import Any, Final, NamedTuple

import polars as pl

from expectations.drop import DROP_FOUND, Comparison, Drop, dropped
from expectations.rule import expectation

_NORMAL: Final = 1.4826
"""The standard deviation of normal figures over their median absolute deviation."""

_VOLUME: Final = 0.2
"""The least spread of the number of transcripts, as a logarithm: by a fifth. It is small where past drops happen to be
alike, and a drop that is a little larger is no news."""

_MEAN: Final = 0.1
"""The least spread of turns per transcript, and of characters per turn, likewise."""

_SINGLE: Final = 0.5
"""How much single transcripts differ in these, likewise: a mean over few of them tells little."""

_RATE: Final = 0.01
"""The least spread of a share of transcripts."""


class _Figure(NamedTuple):
    """A figure of a drop; `scale` is its least spread by chance, given how much the drop holds."""

    name: str
    over: str | None
    least: float
    single: float


_FIGURES: Final = (
    _Figure("transcripts", None, _VOLUME, 1.0),
    _Figure("turns", "transcripts", _MEAN, _SINGLE),
    _Figure("characters", "turns", _MEAN, _SINGLE),
)

_MONDAY: Final = datetime(2026, 11, 2, 3, tzinfo=UTC)


def _run(
    day: int, transcripts: int = 100, turns: int = 24, characters: int = 150, **violated: int
) -> dict[str, object]:
    turns *= transcripts
    told = {"transcripts": transcripts, "turns": turns, "characters": characters * turns, "violated": violated}
    return {"started": _MONDAY + timedelta(days=day), "suite": "synthetic", "suite_digest": "0" * 16, **told}


_PAST: Final = [_run(day, 95 + day, C409=day % 3) for day in range(10)]
_SAME: Final = [_run(day) for day in range(8)]
# Five weeks, with little on Sundays.
_WEEKS: Final = [_run(day, 10 if day % 7 == 6 else 100) for day in range(35)]


@expectation(
    "D505",
    "drops_to_be_like_the_last",
    scope="drop",
    severity="warning",
    since="0.2",
    holds=[
        dropped(past=_PAST, run=_run(10, 120, 27, 170, C409=4)),
        # Drops that were all the same say nothing of how much is unusual.
        dropped(past=_SAME, run=_run(8, 120, 26)),
        # Sundays are compared with Sundays.
        dropped(past=_WEEKS[:34], run=_WEEKS[34]),
        # In a few transcripts chance decides.
        dropped(past=[_run(day, 3) for day in range(8)], run=_run(8, 1, 45, C409=1)),
        # Too little history.
        dropped(past=_PAST[:6], run=_run(6, 3)),
        dropped(past=[{**run, "suite": "human"} for run in _PAST], run=_run(10, 3)),
    ],
    violated=[
        dropped(past=_PAST, run=_run(10, 9)),
        dropped(past=_SAME, run=_run(8, 600)),
        dropped(past=_PAST, run=_run(10, turns=7)),
        dropped(past=_PAST, run=_run(10, characters=400)),
        dropped(past=_PAST, run=_run(10, C409=30)),
        dropped(past=_WEEKS[:34], run=_run(34, 100)),
    ],
)
def drops_to_be_like_the_last(
    *, deviations: float = 5.0, drops: int = 28, least: int = 7, same_weekday: int = 4
) -> Comparison:
    """A drop is much larger or smaller than the last ones, its turns are, or an expectation is violated far more often.

    Why it matters: each transcript may be sound, and the drop is not: half of an export, one with other columns, a
    generator that answers shorter than it did, or an error that has become common.

    What to do: ask where the drop was made what has changed. If it is meant to be so, the next drops are compared with
    it, too. The finding quarantines nothing. The history lies in the store: with `turnproof check`, and where there are
    too few earlier drops, this could not be evaluated.

    Thresholds: `deviations` from the median, in robust standard deviations (1.4826 times the median absolute
    deviation), from which a figure is unusual. 3.5 is the textbooks' (Iglewicz and Hoaglin, 1993); but the spread of
    seven figures is known badly: in a simulation with drops that differ by 30 % they would be warned of once in 70
    times, and with 5 once in 500. `drops` that are looked back on, of the same suite, `least` of which there must be;
    where `same_weekday` of them were on the same day of the week (in UTC), those alone count. Proposals. Transcripts,
    turns per transcript and characters per turn are compared by their logarithms. The spread is taken for no smaller
    than 20 % of the transcripts, 10 % of the other two and 1 % of transcripts with an expectation violated, and no
    smaller than chance makes it in a drop of this size. Rates that fall are no findings; they are compared where the
    suite has not changed since.
    """
    return Comparison(find=lambda drop: _find(drop, deviations, drops, least, same_weekday))


def _find(drop: Drop, deviations: float, drops: int, least: int, same_weekday: int) -> pl.DataFrame | None:
    if drop.runs is None or drop.run is None:
        return None
    run = drop.run
    past = drop.runs.filter(pl.col("suite") == run["suite"]).tail(drops).to_dicts()
    if len(past) < least:
        return None
    today = _weekday(run)
    alike = [each for each in past if _weekday(each) == today]
    by = f"by the last {len(past)} drops"
    if len(alike) >= same_weekday:
        past, by = alike, f"by the last {len(alike)} drops on a {day_name[today]}"
    found = [*_sizes(run, past, deviations)]
    comparable = [each for each in past if each["suite_digest"] == run["suite_digest"]]
    if drop.rates is not None and len(comparable) == len(past):
        found += _rates(drop.rates, str(run["run"]), [each["run"] for each in comparable], deviations)
    rows = [(None, None, None, None, f"{message}, {by}", None) for message in found]
    return pl.DataFrame(rows, schema=DROP_FOUND, orient="row")


def _weekday(run: Mapping[str, Any]) -> int:
    started: datetime = run["started"]
    return started.astimezone(UTC).weekday()


def _sizes(run: Mapping[str, Any], past: Sequence[Mapping[str, Any]], deviations: float) -> Iterator[str]:
    for name, over, floor, single in _FIGURES:
        value, *before = (_figure(each, name, over) for each in (run, *past))
        known = [log(each) for each in before if each]
        if not value or not known:
            continue
        middle = median(known)
        few = exp(middle) if over is None else float(run["transcripts"])
        far = deviations * max(_spread(known, middle), floor, single / sqrt(few))
        if abs(log(value) - middle) > far:
            more = "more" if log(value) > middle else "fewer"
            what = name if over is None else f"{name} per {over.removesuffix('s')}"
            usual = f"{_told(exp(middle - far))} to {_told(exp(middle + far))}"
            yield f"{_told(value)} {what}, {more} than usual: {usual}"


def _figure(run: Mapping[str, Any], name: str, over: str | None) -> float:
    return float(run[name]) / (1 if over is None else max(1, run[over]))


def _rates(rates: pl.LazyFrame, run: str, past: Sequence[str], deviations: float) -> Iterator[str]:
    share = pl.col("violated") / pl.col("judged")
    known = rates.filter(pl.col("run").is_in([run, *past]) & (pl.col("judged") > 0)).with_columns(share=share)
    told = known.collect()
    for code, now, judged in (
        told.filter(pl.col("run") == run).sort("code").select("code", "share", "judged").iter_rows()
    ):
        before = told.filter((pl.col("code") == code) & (pl.col("run") != run))["share"].to_list()
        if len(before) < len(past):
            continue
        middle = median(before)
        likely = max(middle, 1 / judged)
        far = deviations * max(_spread(before, middle), _RATE, sqrt(likely * (1 - likely) / judged))
        if now > middle + far:
            yield f"{code} is violated in {now:.1%} of {judged:,}, more often than usual: up to {middle + far:.1%}"


def _spread(figures: Sequence[float], middle: float) -> float:
    return _NORMAL * median(abs(each - middle) for each in figures)


def _told(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0") if value < 100 else f"{value:,.0f}"
