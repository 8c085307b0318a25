"""The one metric of our expectations: how many are judged, violated and not evaluated, and where."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import polars as pl

from expectations.catalogue import catalogue
from expectations.gx.data import ROW, PolarsBatchData
from expectations.gx.engine import PolarsExecutionEngine
from expectations.gx.errors import NotEvaluatedError
from expectations.gx.metrics.register import register_measure
from expectations.gx.metrics.rows import MOST
from expectations.gx.query import Domain, Measure, name_of_mask, try_out
from expectations.gx.transcripts.flags import violated, violations_of
from expectations.gx.transcripts.frames import (
    KEY,
    TALLIES,
    check_turns,
    has_flag,
    has_tallies,
    searched_view,
    turns_view,
)
from expectations.rule import Violation
from expectations.search import Search
from expectations.suite import load_suite
from schemas.roster import Roster

NAME: Final = "transcripts.violations"
KEYS: Final = ("code", "thresholds", "roster", "result_format")
_PLACE: Final = ("turn", "line")
"""What tells where a violation is. Numbers: results carry no text."""


@dataclass(frozen=True)
class Judged:
    """What an expectation came to.

    Attributes:
        judged, violated, unknown: how many rows (or transcripts, or sources) there are, are violated, could not be
            evaluated.
        places: of those that are violated, where: numbers of turns and lines.
        index: of those, the numbers of their rows, or the columns that were asked for in their place.
    """

    judged: int
    violated: int
    unknown: int
    places: list[dict[str, int | None]]
    index: list[Any]


@cache
def register_metric() -> None:
    """Register the metric, once."""
    register_measure(NAME, _measure, keys=KEYS)


def _measure(
    execution_engine: PolarsExecutionEngine,
    metric_domain_kwargs: Mapping[str, Any],
    metric_value_kwargs: Mapping[str, Any],
    **_: Any,
) -> tuple[Measure, Mapping[str, Any], dict[str, Any]]:
    data = execution_engine.batch(metric_domain_kwargs)
    code: str = metric_value_kwargs["code"]
    form: Mapping[str, Any] = metric_value_kwargs.get("result_format") or {}
    if has_tallies(data.schema):
        return _from_tallies(data, code), metric_domain_kwargs, {}
    if has_flag(data.schema, code):
        domain = Domain(data, (), None, "")
        return _counted(domain, code, {}, form, _places(data)), metric_domain_kwargs, {}
    rule = catalogue().get(code)
    check_turns(data.schema, code, "turn" if rule is None else rule.scope)
    roster = _roster(metric_value_kwargs.get("roster"))
    thresholds: Mapping[str, Any] = metric_value_kwargs.get("thresholds") or {}
    found = violations_of(code, thresholds, roster)
    mask = name_of_mask(code, sorted(thresholds.items()), sorted(roster.roles.items()))
    if isinstance(found, Search):
        measure = _by_search(data, mask, found, form)
    elif rule and rule.scope == "transcript":
        measure = _by_transcript(data, mask, found, form)
    else:
        measure = _by_turn(data, mask, found, form)
    try_out(measure, mask, code)
    return measure, metric_domain_kwargs, {}


def _by_turn(data: PolarsBatchData, mask: str, found: tuple[Violation, ...], form: Mapping[str, Any]) -> Measure:
    domain = Domain(data, (), None, "turns", view=turns_view)
    return _counted(domain, mask, {mask: violated(found)}, form, _places(data))


def _by_transcript(data: PolarsBatchData, mask: str, found: tuple[Violation, ...], form: Mapping[str, Any]) -> Measure:
    domain = Domain(data, (), None, "transcripts", view=turns_view, by=(KEY,))
    # Of several violations that apply the first is reported, and points to its turn.
    at = pl.lit(None, pl.UInt32)
    for each in reversed(found):
        there = pl.lit(None, pl.UInt32) if each.at is None else each.at.cast(pl.UInt32)
        at = pl.when(each.when).then(there).otherwise(at)
    masks = {mask: violated(found), f"{mask} at": at}
    masks |= {f"{mask} {name}": pl.col(name).first() for name in _keys(form)}
    return _counted(domain, mask, masks, form, {"turn": f"{mask} at"}, prefix=f"{mask} ")


def _by_search(data: PolarsBatchData, mask: str, found: Search, form: Mapping[str, Any]) -> Measure:
    kept = {name: data.schema[name] for name in _keys(form) if name in data.schema and name != KEY}
    domain = Domain(data, (), None, mask, view=searched_view(found, {ROW: data.empty.schema[ROW], **kept}))
    return _counted(domain, "violated", {}, form, {"turn": "at"})


def _counted(
    domain: Domain,
    mask: str,
    masks: Mapping[str, pl.Expr],
    form: Mapping[str, Any],
    places: Mapping[str, str],
    prefix: str = "",
) -> Measure:
    for name in _keys(form):
        if name not in domain.data.schema:
            raise NotEvaluatedError(
                f'Error: The unexpected_index_column "{name}" does not exist in Dataframe. '
                "Please check your configuration and try again."
            )
    count = 0 if form.get("result_format") == "BOOLEAN_ONLY" else int(form.get("partial_unexpected_count", 20))
    complete = form.get("result_format") == "COMPLETE"
    wanted = {name: pl.col(column) for name, column in places.items()} or {"row": pl.col(ROW)}
    index = {name: pl.col(f"{prefix}{name}") for name in _keys(form)} or {ROW: pl.col(ROW)}
    rows = pl.struct(
        pl.struct(column.alias(name) for name, column in wanted.items()).alias("place"),
        pl.struct(column.alias(name) for name, column in index.items()).alias("index"),
    ).filter(pl.col(mask))
    value = pl.struct(
        judged=pl.len(),
        violated=pl.col(mask).sum(),
        unknown=pl.col(mask).null_count(),
        rows=(rows if complete else rows.head(min(count, MOST))).implode(),
    )

    def finish(found: Mapping[str, Any]) -> Judged:
        index = [row["index"] for row in found["rows"]]
        return Judged(
            judged=found["judged"],
            violated=found["violated"],
            unknown=found["unknown"],
            places=[row["place"] for row in found["rows"][:MOST]],
            index=index if _keys(form) else [row[ROW] for row in index],
        )

    return Measure(domain, value, masks, finish)


def _from_tallies(data: PolarsBatchData, code: str) -> Measure:
    mine = pl.col("code") == code
    counts = [pl.col(name).filter(mine).cast(pl.UInt64).sum() for name in TALLIES[1:]]

    def finish(found: Mapping[str, int]) -> Judged:
        if not found["told"]:
            raise NotEvaluatedError(f"{code} was not evaluated: the tallies tell nothing of it")
        judged = sum(found[name] for name in TALLIES[1:])
        return Judged(judged, found["violated"], found["unknown"], [], [])

    return Measure(Domain(data, (), None, ""), pl.struct(*counts, told=mine.sum()), finish=finish)


def _places(data: PolarsBatchData) -> dict[str, str]:
    return {name: name for name in _PLACE if name in data.schema and data.schema[name].is_integer()}


def _keys(form: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(form.get("unexpected_index_column_names") or ())


def _roster(roles: Mapping[str, list[str]] | None) -> Roster:
    return default_roster() if roles is None else Roster({role: tuple(labels) for role, labels in roles.items()})


@cache
def default_roster() -> Roster:
    """The roster of the default suite: who is who where nobody says so."""
    return load_suite().roster
