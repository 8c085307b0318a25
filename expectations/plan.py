"""What a suite comes down to: the expressions of its expectations, made and tried once."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

import polars as pl

from expectations.catalogue import catalogue
from expectations.rule import Symptom, Transcripts, Turns, Violation
from expectations.search import FOUND, Search
from expectations.suite import Check, Suite
from schemas.regex import regex

TURNS: Final = pl.Schema(
    {
        "transcript_key": pl.UInt32(),
        "turn": pl.UInt32(),
        "speaker": pl.String(),
        "role": pl.String(),
        "text": pl.String(),
        "line": pl.UInt32(),
        "start": pl.Float64(),
        "end": pl.Float64(),
        "calls": pl.List(pl.String),
        "answers": pl.List(pl.String),
        "voice": pl.String(),
        "is_last": pl.Boolean(),
        "previous_voice": pl.String(),
        "other_speaker": pl.String(),
    }
)
"""The turns of a batch with their neighbours, as expressions see them."""

_LITERALS: Final = regex(r"(?:\\[^\w\s]|[^\\.^$|?*+()\[\]{}])+")
"""An alternative of a regex in which each character stands for itself."""

_FAST: Final = 40
"""Literals that the engine finds by vector instructions, at 3 to 8 GB/s. Beyond, and for all else, it steps through a
text byte by byte, at 0.7 GB/s however much it looks for."""

_APART: Final = 3
"""Searches for literals that together take less than stepping through the text once."""

_ROSTER: Final = 5_000
"""Characters of labels that tests have looked for; of ten times as many a search gets too large."""


def with_neighbours(turns: pl.LazyFrame) -> pl.LazyFrame:
    """Turns, in order by ``transcript_key``, with what expectations ask of them and their neighbours: `TURNS`."""
    same = pl.col("transcript_key") == pl.col("transcript_key").shift(1)
    last = pl.col("transcript_key").ne_missing(pl.col("transcript_key").shift(-1))
    # An unknown speaker's voice can't be taken for a role: it keeps its label.
    return turns.with_columns(voice=pl.coalesce("role", "speaker"), is_last=last).with_columns(
        previous_voice=pl.when(same).then(pl.col("voice").shift(1)),
        other_speaker=pl.when(same).then(pl.col("speaker").shift(1)).when(~last).then(pl.col("speaker").shift(-1)),
    )


@dataclass(frozen=True)
class Plan:
    """The expectations of a suite, by scope, with what they look for.

    Attributes:
        symptoms: of the source-level checks.
        turns, transcripts: violations of the checks at these levels whose expressions work.
        searches: of the checks at these levels that look at a whole batch.
        signs: what is found where any of the violations' signs is, in one search or a few; None if they are too many
            for that.
        cheap: what tells by itself where a turn-level violation may apply, by its place among all of them.
        aggregates: what has to be known of each transcript; of a violation, by code and place: ``L301 0``, and where it
            is (``L301 0 at``), and its values (``L301 0 turns``).
        failures: by code, why the expressions of a check fail; it can't be evaluated on anything.
    """

    symptoms: tuple[tuple[Check, tuple[Symptom, ...]], ...]
    turns: tuple[tuple[Check, tuple[Violation, ...]], ...]
    transcripts: tuple[tuple[Check, tuple[Violation, ...]], ...]
    searches: tuple[tuple[Check, Search], ...]
    signs: tuple[str, ...] | None
    cheap: dict[str, pl.Expr]
    aggregates: dict[str, pl.Expr]
    failures: dict[str, str]


@lru_cache(maxsize=8)
def plan_of(suite: Suite) -> Plan:
    """The plan of a suite. What could be bad is tried on no rows, and then fails its own expectation only."""
    failures: dict[str, str] = {}
    # To try all would double what a check of one file takes.
    proven = _proven(suite)
    symptoms = [
        (
            check,
            tuple(each for each in check.expectation.violations(None, check.thresholds) if isinstance(each, Symptom)),
        )
        for check in suite.checks
        if check.expectation.scope == "source"
    ]
    searches: list[tuple[Check, Search]] = []
    turns = _tried(suite, "turn", Turns(suite.roster), searches, failures, proven)
    transcripts = _tried(suite, "transcript", Transcripts(suite.roster), searches, failures, proven)
    violations = [each for _, some in turns for each in some]
    return Plan(
        symptoms=tuple(symptoms),
        turns=turns,
        transcripts=transcripts,
        searches=tuple(searches),
        signs=_searches((each.signs for each in violations), proven=len(proven) == len(suite.checks)),
        cheap={
            str(place): each.when if each.maybe is None else each.maybe
            for place, each in enumerate(violations)
            if each.maybe is not None or each.signs is None
        },
        aggregates=dict(_aggregates(transcripts)),
        failures=failures,
    )


def _aggregates(transcripts: Iterable[tuple[Check, tuple[Violation, ...]]]) -> Iterator[tuple[str, pl.Expr]]:
    for check, violations in transcripts:
        for place, each in enumerate(violations):
            name = f"{check.expectation.code} {place}"
            yield name, each.when
            yield f"{name} at", pl.lit(None, pl.UInt32) if each.at is None else each.at
            yield from ((f"{name} {value}", made) for value, made in each.values.items())


def _proven(suite: Suite) -> frozenset[str]:
    """The codes whose expressions tests have evaluated: of the catalogue's expectations, with their own thresholds."""
    if sum(map(len, chain.from_iterable((role, *labels) for role, labels in suite.roster.roles.items()))) > _ROSTER:
        return frozenset()
    own = [each for each in suite.checks if catalogue().get(each.expectation.code) is each.expectation]
    return frozenset(each.expectation.code for each in own if each.thresholds == each.expectation.thresholds)


def _searches(signs: Iterable[str | None], *, proven: bool) -> tuple[str, ...] | None:
    """The fewest searches, or the fastest, that find whatever one of the signs does; None if they are too many."""
    distinct = [each for each in dict.fromkeys(signs) if each is not None]
    if len(distinct) <= _APART and all(map(_is_fast, distinct)):
        return tuple(distinct)
    joined = "|".join(f"(?:{each})" for each in distinct)
    try:
        if not proven:
            pl.select(pl.lit("").str.contains(joined))
    except pl.exceptions.PolarsError:
        # The engine compiles no more than 10 MB: then each is looked for by itself.
        return None
    return (joined,)


def _is_fast(sign: str) -> bool:
    literals = re.split(r"(?<!\\)\|", sign)
    return len(literals) <= _FAST and all(map(_LITERALS.fullmatch, literals))


def _tried(
    suite: Suite,
    scope: str,
    frame: Turns | Transcripts,
    searches: list[tuple[Check, Search]],
    failures: dict[str, str],
    proven: Container[str],
) -> tuple[tuple[Check, tuple[Violation, ...]], ...]:
    empty = pl.DataFrame(schema={**TURNS, "evidence": pl.String})
    tried: list[tuple[Check, tuple[Violation, ...]]] = []
    for check in suite.checks:
        if check.expectation.scope != scope:
            continue
        found = check.expectation.violations(frame, check.thresholds)
        violations = tuple(each for each in found if isinstance(each, Violation))
        expressions = [
            expression
            for each in violations
            for expression in (
                each.when,
                each.first_look,
                each.evidence,
                each.context,
                each.at,
                each.fixable,
                *each.values.values(),
            )
            if expression is not None
        ]
        wanted = [each for each in found if isinstance(each, Search)]
        columns = [expression.alias(str(place)) for place, expression in enumerate(expressions)]
        try:
            if check.expectation.code in proven:
                # Another version of Polars may still refuse it.
                empty.lazy().select(columns).collect_schema()
            else:
                empty.select(columns)
                for search in wanted:
                    search.find(empty.drop("evidence")).select(FOUND.names())
            searches += ((check, search) for search in wanted)
            if violations:
                tried.append((check, violations))
        except pl.exceptions.PolarsError as error:
            failures[check.expectation.code] = str(error).partition("\n")[0]
    return tuple(tried)
