"""D504: the share of transcripts without a release, which is the gate of a drop."""

from __future__ import annotations

import polars as pl

from expectations.drop import DROP_FOUND, Comparison, Drop, dropped, held_back
from expectations.rule import expectation

_HUNDRED = {"transcripts": 100, "unreadable": 0}


@expectation(
    "D504",
    "most_transcripts_to_be_released",
    scope="drop",
    severity="critical",
    since="0.2",
    holds=[
        dropped(run={**_HUNDRED, "transcripts_quarantined": 4}),
        dropped(run={"transcripts": 0, "transcripts_quarantined": 0, "unreadable": 0}),
    ],
    violated=[
        dropped(run={**_HUNDRED, "transcripts_quarantined": 5}),
        dropped(run={**_HUNDRED, "transcripts_quarantined": 20}),
        dropped(run={"transcripts": 3, "transcripts_quarantined": 0, "unreadable": 1}),
    ],
)
def most_transcripts_to_be_released() -> Comparison:
    """Too many transcripts of a drop are quarantined, or can't be read.

    Why it matters: a few broken transcripts are ordinary; many are one fault upstream, such as a server that ran out of
    memory or an export with other columns, and what is left may be a skewed part of the whole.

    What to do: look at what most of the quarantined have in common, mend that, and deliver the drop again. The drop's
    gate warns or fails at the shares that the suite sets under `gates`: by default it warns from 5 % and fails from
    20 %, which are proposals. Counted are quarantined transcripts, and sources without any transcript as one each.
    Verdicts are given by `turnproof run`; with `turnproof check` this could not be evaluated.
    """
    return Comparison(find=_find)


def _find(drop: Drop) -> pl.DataFrame | None:
    if drop.run is None:
        return None
    held, judged = held_back(drop.run)
    if not held or held / judged < drop.warn:
        return pl.DataFrame(schema=DROP_FOUND)
    failed = held / judged >= drop.fail
    verb, gate = ("fails", drop.fail) if failed else ("warns", drop.warn)
    message = (
        f"{held:,} of {judged:,} transcripts ({held / judged:.1%}) are quarantined or unreadable; "
        f"the gate {verb} from {gate:.0%}"
    )
    row = (None, None, None, None if failed else "warning", message, None)
    return pl.DataFrame([row], schema=DROP_FOUND, orient="row")
