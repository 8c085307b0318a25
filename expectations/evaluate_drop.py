"""Evaluate the drop-level expectations of a suite, once, after all batches of a drop.

A finding on the drop never quarantines: each transcript has its verdict by then, and what is released is in the store.
It makes the drop's gate warn or fail, which is where a person, or whatever trains on the release, has to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from expectations.drop import Comparison, Drop
from expectations.rule import milder
from expectations.suite import Suite
from expectations.waivers import Waiver, waive_of_drop
from schemas.columns import FINDINGS, OUTCOMES, SEVERITIES


@dataclass(frozen=True)
class DropEvaluation:
    """What the drop-level expectations of a suite found: `schemas.columns.FINDINGS` and `schemas.columns.OUTCOMES`."""

    findings: pl.DataFrame
    outcomes: pl.DataFrame


def evaluate_drop(drop: Drop, suite: Suite, waivers: Sequence[Waiver] = ()) -> DropEvaluation:
    """Evaluate the drop-level expectations of `suite`; an outcome counts the drop itself, waived or not."""
    found = [pl.DataFrame(schema=FINDINGS)]
    outcomes: list[tuple[object, ...]] = []
    for check in suite.checks:
        rule = check.expectation
        if rule.scope != "drop":
            continue
        (comparison,) = (each for each in rule.violations(None, check.thresholds) if isinstance(each, Comparison))
        rows = comparison.find(drop)
        count = 0 if rows is None else len(rows)
        fared = (rows is not None and not count, count > 0, rows is None, count)
        outcomes.append((rule.code, rule.name, "drop", check.severity, *map(int, fared)))
        if rows is not None and count:
            severities = {each: milder(each, check.severity) for each in SEVERITIES}
            told = rows.with_columns(
                path=pl.col("path").fill_null(drop.name),
                severity=pl.col("severity").fill_null(check.severity).replace_strict(severities),
                code=pl.lit(rule.code),
                rule=pl.lit(rule.name),
                **dict.fromkeys(("transcript", "turn", "offset", "fix")),
            )
            told = told.with_columns(waived=pl.lit(None, pl.String))
            found.append(told.select(pl.col(name).cast(kind) for name, kind in FINDINGS.items()))
    return DropEvaluation(
        waive_of_drop(pl.concat(found), waivers), pl.DataFrame(outcomes, schema=OUTCOMES, orient="row")
    )


def tallied(outcomes: pl.DataFrame, codes: pl.Series) -> pl.DataFrame:
    """Outcomes of drop-level expectations as they follow from the codes of the findings that were stored."""
    count = pl.col("code").replace_strict(dict(codes.value_counts().iter_rows()), default=0, return_dtype=pl.UInt32)
    violated = count > 0
    holds = ~violated & (pl.col("unknown") == 0)
    return outcomes.with_columns(
        holds=holds.cast(pl.UInt32),
        violated=violated.cast(pl.UInt32),
        unknown=(~violated & ~holds).cast(pl.UInt32),
        findings=count,
    )
