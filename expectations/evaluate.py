"""Evaluate a suite on a batch: findings, and for each expectation how often it held.

All expectations of a suite become one plan. A first look at a batch (`expectations.first_look`) leaves the few turns
that may violate one, and one aggregation for all expectations of transcripts; what is left, of one batch or of several,
is judged here, with evidence and message. Three outcomes are kept apart: holds, violated, and could not be evaluated
(null, or an expression that fails).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from expectations.finding_rows import (
    FINDING_ROWS,
    FOUND_ROWS,
    located,
    shown_in_turns,
    transcript_findings,
    turn_findings,
)
from expectations.first_look import Looked, look, suspects
from expectations.plan import Plan, plan_of
from expectations.rule import milder
from expectations.suite import Check, Suite
from schemas.columns import OUTCOMES, SEVERITIES
from schemas.reading import STAGES, Batch


@dataclass(frozen=True)
class Evaluation:
    """What a suite found in a batch.

    Attributes:
        findings: `FINDING_ROWS`, ordered by source, transcript, line and code.
        outcomes: `schemas.columns.OUTCOMES`, a row an expectation, in order of code.
        failures: by code, why an expectation could not be evaluated at all (its expression fails).
    """

    findings: pl.DataFrame
    outcomes: pl.DataFrame
    failures: Mapping[str, str]


@dataclass(frozen=True)
class _Part:
    """What became of one expectation.

    Attributes:
        unknown: in how many sources, or transcripts, it could not be evaluated.
        findings: `FINDING_ROWS` of sources, `FOUND_ROWS` within transcripts; None if there are none.
    """

    unknown: int
    findings: pl.DataFrame | None = None


def evaluate(batch: Batch, suite: Suite) -> Evaluation:
    """Evaluate `suite` on `batch`."""
    plan = plan_of(suite)
    return conclude(look(batch, plan), suite)


def conclude(looked: Looked, suite: Suite) -> Evaluation:
    """Evaluate `suite` on what a first look by its plan has left of batches."""
    plan = plan_of(suite)
    sources = _sources(looked, plan)
    within = _turns(looked, plan) | _transcripts(looked, plan) | _searches(looked, plan)
    parts = sources | within
    for code in plan.failures:
        parts[code] = _Part(len(looked.batch.transcripts))
    checks = [check for check in suite.checks if check.expectation.scope != "drop"]
    rows = [_outcome(check, parts[check.expectation.code], looked) for check in checks]
    found = [part.findings for part in sources.values() if part.findings is not None]
    placed = [part.findings for part in within.values() if part.findings is not None]
    if placed:
        found.append(located(pl.concat(placed), looked))
    return Evaluation(
        findings=pl.concat([pl.DataFrame(schema=FINDING_ROWS), *found]).sort(
            "source_key", "transcript_key", "line", "turn", "code", nulls_last=False
        ),
        outcomes=pl.DataFrame(rows, schema=OUTCOMES, orient="row"),
        failures=plan.failures,
    )


def _outcome(check: Check, part: _Part, looked: Looked) -> tuple[object, ...]:
    rule = check.expectation
    unit = "source" if rule.scope == "source" else "transcript"
    judged = len(looked.batch.sources if unit == "source" else looked.batch.transcripts)
    count, violated = 0, 0
    if part.findings is not None:
        count, violated = len(part.findings), part.findings[f"{unit}_key"].n_unique()
    holds = judged - violated - part.unknown
    return rule.code, rule.name, rule.scope, check.severity, holds, violated, part.unknown, count


def _sources(looked: Looked, plan: Plan) -> dict[str, _Part]:
    keys = looked.batch.transcripts.select("source_key", "record", "transcript_key")
    problems = looked.batch.problems.join(keys, on=["source_key", "record"], how="left", maintain_order="left")
    kinds = set(problems["kind"])
    parts: dict[str, _Part] = {}
    for check, symptoms in plan.symptoms:
        severity = {each.kind: milder(each.severity or check.severity, check.severity) for each in symptoms}
        untold = pl.col("stage") < STAGES.index(symptoms[0].known_once)
        if symptoms[0].formats:
            untold |= ~pl.col("format").is_in(symptoms[0].formats).fill_null(False)
        if kinds.isdisjoint(severity):
            parts[check.expectation.code] = _Part(int(looked.batch.sources.select(untold.sum()).item()))
            continue
        found = problems.filter(pl.col("kind").is_in(list(severity)))
        rows = found.select(
            "source_key",
            "transcript_key",
            turn=None,
            line="line",
            code=pl.lit(check.expectation.code),
            rule=pl.lit(check.expectation.name),
            severity=pl.col("kind").replace_strict(severity, return_dtype=pl.String),
            message="detail",
            evidence=None,
            offset=None,
            fix=None,
        )
        unknown = len(looked.batch.sources.filter(untold).join(found, on="source_key", how="anti"))
        parts[check.expectation.code] = _Part(unknown, rows.cast(FINDING_ROWS))
    return parts


def _turns(looked: Looked, plan: Plan) -> dict[str, _Part]:
    silent = len(looked.batch.transcripts) - looked.spoken
    near = suspects(looked, plan)
    parts: dict[str, _Part] = {}
    for check, violations in plan.turns:
        found: list[pl.DataFrame] = []
        unknown: list[pl.DataFrame] = []
        for violation in violations:
            rows = next(near)
            if rows.is_empty():
                continue
            rows = rows.with_columns(violated=violation.when)
            if rows["violated"].has_nulls():
                unknown.append(rows.filter(pl.col("violated").is_null()).select("transcript_key"))
            rows = rows.filter("violated")
            if len(rows):
                found.append(turn_findings(rows, check, violation))
        findings = pl.concat(found) if found else None
        if findings is not None and len(found) > 1:
            findings = findings.unique(["transcript_key", "turn"], keep="first")
        unknowns = _beside(findings, pl.concat(unknown)) if unknown else 0
        parts[check.expectation.code] = _Part(unknowns + silent, findings)
    return parts


def _beside(findings: pl.DataFrame | None, unknown: pl.DataFrame) -> int:
    """In how many of the transcripts that rows are of nothing was found."""
    unknown = unknown.select("transcript_key").unique()
    return len(unknown if findings is None else unknown.join(findings, on="transcript_key", how="anti"))


def _transcripts(looked: Looked, plan: Plan) -> dict[str, _Part]:
    aggregated = looked.aggregated
    silent = len(looked.batch.transcripts) - looked.spoken
    parts: dict[str, _Part] = {}
    for check, violations in plan.transcripts:
        names = [f"{check.expectation.code} {place}" for place in range(len(violations))]
        found: list[pl.DataFrame] = []
        for name, violation in zip(names, violations, strict=True):
            if aggregated[name].any():
                values = {each: f"{name} {each}" for each in violation.values}
                rows = aggregated.filter(name).select("transcript_key", turn=f"{name} at", **values)
                found.append(transcript_findings(rows, check, violation))
        findings = None
        if found:
            findings = (
                pl.concat(found)
                .unique("transcript_key", keep="first")
                .join(looked.lines, on=["transcript_key", "turn"], how="left")
                .with_columns(breaks=0)
                .select(pl.col(name).cast(kind) for name, kind in FOUND_ROWS.items())
            )
        unknowns = 0
        if any(aggregated[name].has_nulls() for name in names):
            unknown = aggregated.filter(pl.any_horizontal(pl.col(name).is_null() for name in names))
            unknowns = _beside(findings, unknown)
        parts[check.expectation.code] = _Part(unknowns + silent, findings)
    return parts


def _searches(looked: Looked, plan: Plan) -> dict[str, _Part]:
    silent = len(looked.batch.transcripts) - looked.spoken
    parts: dict[str, _Part] = {}
    by_code = looked.found.partition_by("code", as_dict=True)
    for check, _ in plan.searches:
        found = by_code.get((check.expectation.code,))
        if found is None:
            parts[check.expectation.code] = _Part(silent)
            continue
        rows = found.drop_nulls("message")
        findings = None
        if len(rows):
            severities = {each: milder(each, check.severity) for each in SEVERITIES}
            severity = pl.col("severity").fill_null(check.severity).replace_strict(severities)
            findings = shown_in_turns(
                rows.with_columns(severity), check, "severity", "message", pl.lit(None, pl.String)
            )
        unknowns = 0
        if len(rows) < len(found):
            unknowns = _beside(findings, found.filter(pl.col("message").is_null()))
        parts[check.expectation.code] = _Part(unknowns + silent, findings)
    return parts
