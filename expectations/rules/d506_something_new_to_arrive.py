"""D506: nights on which nothing new has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from expectations.drop import DROP_FOUND, Comparison, Drop, dropped
from expectations.rule import expectation

_MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def _at(day: float) -> datetime:
    return _MONDAY + timedelta(days=day)


# At ten in the morning, on weekdays, for three weeks.
_WEEKDAYS: list[dict[str, object]] = [{"started": _at(day + 10 / 24)} for day in range(21) if day % 7 < 5]


@expectation(
    "D506",
    "something_new_to_arrive",
    scope="drop",
    severity="warning",
    since="0.2",
    holds=[
        dropped(past=_WEEKDAYS[:2], swept=_at(2.1)),
        # Nothing comes on Sundays.
        dropped(past=_WEEKDAYS, swept=_at(21.1)),
        # Only the nightly run knows when something should have come.
        dropped(past=_WEEKDAYS),
        dropped(swept=_at(2.1)),
    ],
    violated=[
        dropped(past=_WEEKDAYS[:2], swept=_at(3.1)),
        dropped(past=_WEEKDAYS, swept=_at(22.1)),
        dropped(past=_WEEKDAYS, swept=_at(63.1)),
        dropped(past=[], swept=_at(0.1)),
    ],
)
def something_new_to_arrive(*, hours: int = 24, weeks: int = 4) -> Comparison:
    """Nothing new has arrived by the nightly run.

    Why it matters: a delivery that stopped makes no error anywhere; it is noticed when somebody misses the data.

    What to do: look whether the source still delivers, and whether it delivers to the inbox that is swept. Only a
    nightly run can tell; with `turnproof check` and `turnproof run` this could not be evaluated.

    Thresholds: `hours` before the nightly run in which a drop with something new in it should have been judged; `weeks`
    that are looked back on for the rhythm: where at this time of the week nothing came in any of them, two at least,
    but something did in the last seven days, nothing is missed, such as on Sundays. Proposals.
    """
    return Comparison(find=lambda drop: _find(drop, timedelta(hours=hours), weeks))


def _find(drop: Drop, patience: timedelta, weeks: int) -> pl.DataFrame | None:
    if drop.swept is None or drop.runs is None:
        return None
    arrived: list[datetime] = drop.runs["started"].sort().to_list()
    if any(drop.swept - patience <= each for each in arrived) or _off(arrived, drop.swept, patience, weeks):
        return pl.DataFrame(schema=DROP_FOUND)
    since = f"since {arrived[-1]:%Y-%m-%d %H:%M} UTC" if arrived else "ever"
    row = (None, None, None, None, f"nothing new has arrived {since}", None)
    return pl.DataFrame([row], schema=DROP_FOUND, orient="row")


def _off(arrived: Sequence[datetime], swept: datetime, patience: timedelta, weeks: int) -> bool:
    """Whether nothing is expected at this time of the week."""
    ends = [swept - timedelta(weeks=week) for week in range(1, weeks + 1)]
    known = [end for end in ends if arrived and arrived[0] <= end - patience]
    came = any(end - patience <= each <= end for end in known for each in arrived)
    return len(known) > 1 and not came and arrived[-1] >= swept - timedelta(weeks=1)
