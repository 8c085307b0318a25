"""Flags: Boolean columns, named by code, that say where an expectation is violated.

True is violated, false holds, null could not be evaluated. A frame that carries them costs an expectation a sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from expectations.catalogue import catalogue
from expectations.gx.errors import NotEvaluatedError
from expectations.gx.transcripts.frames import KEY, searched_view, turns_view
from expectations.plan import Plan, plan_of
from expectations.rule import Violation
from expectations.search import Search
from expectations.suite import Check, Suite
from schemas.roster import Roster


def violations_of(code: str, thresholds: Mapping[str, Any], roster: Roster) -> tuple[Violation, ...] | Search:
    """When an expectation is violated, with these thresholds: what `expectations.evaluate` evaluates, too.

    Raises:
        NotEvaluatedError: if its expressions fail.
    """
    rule = catalogue()[code]
    plan = plan_of(Suite("one", (Check(rule, thresholds, rule.severity),), roster, repairs=(), warn=1.0, fail=1.0))
    if code in plan.failures:
        raise NotEvaluatedError(f"{code} can't be evaluated: {plan.failures[code]}")
    return plan.searches[0][1] if plan.searches else (plan.turns or plan.transcripts)[0][1]


def violated(violations: Sequence[Violation]) -> pl.Expr:
    """Whether any of these applies; null where none does and one could not be evaluated."""
    return pl.any_horizontal(_where(each.first_look, each.when) for each in violations)


def flag_turns(turns: pl.DataFrame | pl.LazyFrame, suite: Suite) -> pl.LazyFrame:
    """A frame of turns with a flag for each turn-level expectation of a suite."""
    plan = plan_of(suite)
    flags = _flags(plan, "turns")
    given = turns.lazy().collect_schema().names()
    return turns_view(turns.lazy()).with_columns(**flags).select(*given, *flags)


def flag_transcripts(turns: pl.DataFrame | pl.LazyFrame, suite: Suite) -> pl.LazyFrame:
    """The transcripts of a frame of turns, in order, with a flag for each expectation that looks at whole ones."""
    plan = plan_of(suite)
    flagged = turns_view(turns.lazy()).group_by(KEY, maintain_order=True).agg(**_flags(plan, "transcripts"))
    for check, search in plan.searches:
        found = searched_view(search, {})(turns.lazy()).select(pl.col("violated").alias(check.expectation.code))
        flagged = pl.concat([flagged, found], how="horizontal")
    return flagged


def _flags(plan: Plan, level: str) -> dict[str, pl.Expr]:
    checks: Sequence[tuple[Check, tuple[Violation, ...]]] = getattr(plan, level)
    return {check.expectation.code: violated(violations) for check, violations in checks}


def _where(maybe: pl.Expr | None, when: pl.Expr) -> pl.Expr:
    """`when`, evaluated where `maybe` is true or null only: elsewhere it is false, as `Violation` promises."""
    if maybe is None:
        return when
    names = sorted({*maybe.meta.root_names(), *when.meta.root_names()})

    def judge(rows: pl.Series) -> pl.Series:
        frame = rows.struct.unnest()
        candidates = frame.select(maybe.fill_null(value=True)).to_series()
        found = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(frame))
        some = candidates.arg_true()
        return found.scatter(some, frame[some].select(when).to_series()) if len(some) else found

    return pl.struct(names).map_batches(judge, return_dtype=pl.Boolean)
