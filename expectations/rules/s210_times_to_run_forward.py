"""S210: times that can't be."""

from __future__ import annotations

import polars as pl

from expectations.rule import Turns, expectation, timed, transcript
from expectations.search import FOUND, Search, unknown

_HALF_A_DAY = 43_200.0
"""Seconds; a clock that goes back by more has passed midnight."""

_ROUNDED = 0.001
"""Seconds; times less apart than a millisecond are the same."""


@expectation(
    "S210",
    "times_to_run_forward",
    scope="turn",
    severity="critical",
    since="0.2",
    holds=[
        transcript(timed("patient", 0.0, 2.5), timed("therapist", 2.5, 4.0), timed("patient", 4.1, 9.0)),
        # One talks into the other's words, which is how people talk.
        transcript(timed("patient", 0.0, 8.0), timed("therapist", 6.0, 7.0), timed("patient", 8.5, 9.0)),
        # Starts only, to the second; one turn without a time; a clock past midnight.
        transcript(timed("patient", 10.0, None), timed("therapist", 10.0, None), timed("patient", 12.0, None)),
        transcript(timed("patient", 10.0, 11.0), timed("therapist", None, None), timed("patient", 12.0, 13.0)),
        transcript(timed("patient", 86_390.0, None), timed("therapist", 5.0, None), timed("patient", 9.0, None)),
        # A long silence is no fault where nobody says when a turn ended.
        transcript(timed("patient", 0.0, None), timed("therapist", 7_200.0, None)),
    ],
    violated=[
        transcript(timed("patient", 0.0, 2.0), timed("therapist", 5.0, 3.0), timed("patient", 5.0, 6.0), at=1),
        transcript(timed("patient", 10.0, 12.0), timed("therapist", 4.0, 6.0), timed("patient", 12.5, 13.0), at=1),
        transcript(timed("patient", 0.0, 2.0), timed("therapist", 700.0, 702.0), at=1),
        transcript(timed("patient", 0.0, 9.0), timed("therapist", 3.0, 4.0), timed("patient", 5.0, 12.0), at=2),
    ],
)
def times_to_run_forward(_turns: Turns, *, gap: float = 600.0, overlap: float = 0.5) -> Search:
    """A turn ends before it starts, starts before the turn ahead of it, after a long gap, or while its speaker talks.

    Why it matters: times that can't be show that columns were swapped, turns were sorted wrongly or parts are missing;
    every pause and overlap that is computed from them is wrong, and audio cut by them holds other words.

    What to do: look at the times of the turn and of those beside it in the source. For a gap, listen whether anything
    was said there. Where a source has no times, this could not be evaluated.

    Thresholds: in seconds. That a turn ends before it starts is critical, the rest a warning. `gap` is the silence
    after the end of the last turn from which it is one: ten minutes, longer than any pause within a session. `overlap`
    is for how long a speaker may still be talking in an own turn before: half a second, as speech recognisers are no
    more exact about where words end. A clock that goes back by more than twelve hours has passed midnight. They are
    proposals.
    """
    return Search(find=lambda turns: _find(turns, gap, overlap))


def _find(turns: pl.DataFrame, gap: float, overlap: float) -> pl.DataFrame:
    has_time = turns["start"].is_not_null() | turns["end"].is_not_null()
    without = turns.select(pl.col("transcript_key").unique())
    if not has_time.any():
        return unknown(without)
    timed_turns = turns.select("transcript_key", "turn", "voice", "start", "end").filter(has_time)
    without = without.join(timed_turns, on="transcript_key", how="anti")
    start, end = pl.col("start"), pl.col("end")
    placed = timed_turns.with_columns(
        started=start.forward_fill().shift(1).over("transcript_key"),
        # A turn that ended before the last one did leaves no gap.
        ended=end.cum_max().shift(1).over("transcript_key"),
        own=end.cum_max().shift(1).over("transcript_key", "voice"),
    )

    def told(sentence: str, seconds: pl.Expr) -> pl.Expr:
        return pl.format(sentence, seconds.round(2))

    backwards = (pl.col("started") - start).is_between(_ROUNDED, _HALF_A_DAY, closed="none")
    found = placed.with_columns(
        message=pl.when(start - end > _ROUNDED)
        .then(told("ends {} s before it starts", start - end))
        .when(backwards)
        .then(told("starts {} s before the turn ahead of it", pl.col("started") - start))
        .when(start - pl.col("ended") > gap)
        .then(told("starts {} s after anything was said", start - pl.col("ended")))
        .when((pl.col("own") - start).is_between(overlap, _HALF_A_DAY, closed="none"))
        .then(told("starts {} s before its speaker ends an earlier turn", pl.col("own") - start)),
        severity=pl.when(~(start - end > _ROUNDED).fill_null(False)).then(pl.lit("warning")),
        evidence=pl.lit(None, pl.String),
    ).drop_nulls("message")
    return pl.concat([found.select(FOUND.names()).cast(FOUND), unknown(without)])
