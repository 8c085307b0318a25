"""What an expectation is.

An expectation is one function in one file of `expectations.rules`, marked with `@expectation`. It says in Polars
expressions when it is violated; `expectations.evaluate` fuses the expressions of a suite into one plan per batch. Its
parameters are its thresholds, which a suite may change; its docstring is its documentation, its examples are its tests.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import polars as pl

from schemas.columns import SEVERITIES
from schemas.roster import Roster

if TYPE_CHECKING:
    from expectations.drop import Comparison, Dropped
    from expectations.search import Search

Severity = Literal["info", "warning", "critical"]
Scope = Literal["source", "turn", "transcript", "drop"]

SECTIONS: Final = ("Why it matters", "What to do", "Thresholds")
"""The sections of an expectation's docstring, in order; ``Thresholds`` where its function takes any."""


@dataclass(frozen=True)
class Turns:
    """What a turn-level expectation can look at: expressions over the turns of a batch, a row a turn.

    Neighbours are those in the same transcript, null at its ends.
    """

    roster: Roster
    text: pl.Expr = field(default_factory=lambda: pl.col("text"))
    speaker: pl.Expr = field(default_factory=lambda: pl.col("speaker"))
    role: pl.Expr = field(default_factory=lambda: pl.col("role"))
    turn: pl.Expr = field(default_factory=lambda: pl.col("turn"))
    line: pl.Expr = field(default_factory=lambda: pl.col("line"))
    calls: pl.Expr = field(default_factory=lambda: pl.col("calls"))
    """The ids of the tool calls that the turn makes, null where it makes none; see `schemas.columns.TOOLS`."""
    answers: pl.Expr = field(default_factory=lambda: pl.col("answers"))
    """The ids of the tool calls whose results the turn brings, null where it brings none."""
    voice: pl.Expr = field(default_factory=lambda: pl.col("voice"))
    """The role, or the speaker where the roster doesn't know it."""
    previous_voice: pl.Expr = field(default_factory=lambda: pl.col("previous_voice"))
    other_speaker: pl.Expr = field(default_factory=lambda: pl.col("other_speaker"))
    """The label of the turn before, at the start of a transcript of the turn after."""
    is_last: pl.Expr = field(default_factory=lambda: pl.col("is_last"))


@dataclass(frozen=True)
class Transcripts:
    """What a transcript-level expectation can look at: expressions that aggregate the turns of one transcript."""

    roster: Roster
    turns: pl.Expr = field(default_factory=pl.len)
    speaker: pl.Expr = field(default_factory=lambda: pl.col("speaker"))
    role: pl.Expr = field(default_factory=lambda: pl.col("role"))
    voice: pl.Expr = field(default_factory=lambda: pl.col("voice"))
    turn: pl.Expr = field(default_factory=lambda: pl.col("turn"))
    calls: pl.Expr = field(default_factory=lambda: pl.col("calls"))
    answers: pl.Expr = field(default_factory=lambda: pl.col("answers"))


@dataclass(frozen=True)
class Violation:
    """When an expectation is violated, and what to say then.

    An expectation may return several, gravest first; a turn or transcript is reported for the first that applies.

    Attributes:
        when: Boolean expression, true where violated; null means that it could not be evaluated there.
        message: a sentence; ``{name}`` stands for a value of `values` or a column of the frame.
        values: expressions for the message. Under transcripts they aggregate, like `when`.
        signs: a regex that is found in the turn's text wherever `when` could be true or null, unless `maybe` is true
            there. One search looks for the signs of all expectations at once. For turns; see `CONTRIBUTING.md`.
        maybe: a cheap expression that is true wherever `when` could be true or null, unless `signs` are found there.
            With `signs`, `maybe` or both, `when` is evaluated there only. For turns.
        evidence: String expression, the slice of the turn's text that shows it. For turns.
        context: String expression, a slice of the text that holds the evidence and whose first place in the text is the
            right one; needed where the evidence itself may stand earlier, in innocence. For turns.
        masked: whether the evidence is personal: then no letter or digit of it leaves the evaluation.
        at: the number of the turn to point to. For transcripts; none by default.
        severity: a milder severity than the expectation's own.
        fix: the repair that mends it, if one does.
        fixable: Boolean expression, where `fix` applies; everywhere by default.
    """

    when: pl.Expr
    message: str
    values: Mapping[str, pl.Expr] = field(default_factory=dict[str, pl.Expr])
    signs: str | None = None
    maybe: pl.Expr | None = None
    evidence: pl.Expr | None = None
    context: pl.Expr | None = None
    masked: bool = False
    at: pl.Expr | None = None
    severity: Severity | None = None
    fix: str | None = None
    fixable: pl.Expr | None = None

    @property
    def first_look(self) -> pl.Expr | None:
        """What is true wherever `when` has to be evaluated; None if that is everywhere."""
        if self.signs is None:
            return self.maybe
        found = pl.col("text").str.contains(self.signs)
        return found if self.maybe is None else found | self.maybe


@dataclass(frozen=True)
class Symptom:
    """A problem met while reading that violates a source-level expectation.

    Attributes:
        kind: the kind of problem, see `schemas.columns.PROBLEMS`.
        known_once: the stage of reading (`schemas.reading.STAGES`) that a source without the problem has to have
            reached for the expectation to hold; it could not be evaluated otherwise.
        severity: a milder severity than the expectation's own.
        formats: the formats that can tell; of a source in another one it could not be evaluated. Any if there is none.
    """

    kind: str
    known_once: str
    severity: Severity | None = None
    formats: tuple[str, ...] = ()


Rule = Callable[..., "Violation | Search | Symptom | Comparison | tuple[Violation, ...] | tuple[Symptom, ...]"]


@dataclass(frozen=True)
class Said:
    """One turn of an example; ``calls`` and ``answers`` are ids of tool calls (`schemas.columns.TOOLS`).

    ``start`` and ``end`` are seconds.
    """

    role: str
    text: str
    calls: tuple[str, ...] | None = None
    answers: tuple[str, ...] | None = None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Example:
    """A small transcript that an expectation holds or is violated on.

    Attributes:
        turns: what is said.
        at: the turn where it is violated, or None where the finding names no turn.
        evidence: the evidence that the finding must show, if it is to be checked.
    """

    turns: tuple[Said, ...]
    at: int | None = None
    evidence: str | None = None


@dataclass(frozen=True)
class Bytes:
    """A source, as bytes, that a source-level expectation holds or is violated on.

    Attributes:
        data: the content of the file.
        line: the line where it is violated, or None where the finding names none.
        trouble: why the file can't be read, in place of a content.
        kind: the kind of problem that this is.
    """

    data: bytes | None
    line: int | None = None
    trouble: str | None = None
    kind: str = "unreadable"


def patient(text: str) -> Said:
    """A turn of an example."""
    return Said("patient", text)


def therapist(text: str) -> Said:
    """A turn of an example."""
    return Said("therapist", text)


def calling(*calls: str, text: str = "") -> Said:
    """A therapist's turn of an example that calls tools."""
    return Said("therapist", text, calls=calls)


def answering(*answers: str, text: str = "") -> Said:
    """A tool's turn of an example, with the results of calls."""
    return Said("tool", text, answers=answers)


def timed(role: str, start: float | None, end: float | None) -> Said:
    """A turn of an example that says something from `start` to `end`, in seconds."""
    return Said(role, "And then we left.", start=start, end=end)


def transcript(*turns: Said, at: int | None = None, evidence: str | None = None) -> Example:
    """An example; see `Example`."""
    return Example(turns, at, evidence)


def source(text: bytes | str, *, line: int | None = None) -> Bytes:
    """An example of a source; see `Bytes`."""
    return Bytes(text if isinstance(text, bytes) else text.encode(), line)


@dataclass(frozen=True)
class Expectation:
    """One expectation as the catalogue holds it.

    Attributes:
        code: stable, never reused: ``C401``.
        name: reads well after "expect": ``no_serving_errors``.
        scope: what it looks at.
        severity: by default; a suite may change it.
        since: the version that brought it.
        holds, violated: examples, which are also its tests.
        rule: the function.
    """

    code: str
    name: str
    scope: Scope
    severity: Severity
    since: str
    holds: Sequence[Example | Bytes | Dropped]
    violated: Sequence[Example | Bytes | Dropped]
    rule: Rule

    def __reduce__(self) -> tuple[Callable[[str], Expectation], tuple[str]]:
        """To another process it goes by its code: the function itself stands behind the name of the expectation."""
        return _by_code, (self.code,)

    @property
    def type(self) -> str:
        """Its type in a Great Expectations suite: ``expect_`` and the name."""
        return f"expect_{self.name}"

    @property
    def thresholds(self) -> dict[str, Any]:
        """Its parameters with their defaults."""
        return dict(getattr(self.rule, "__kwdefaults__", None) or {})

    @property
    def brief(self) -> str:
        """The first line of its docstring: what is wrong where it is violated."""
        return inspect.cleandoc(self.rule.__doc__ or "").partition("\n")[0].strip()

    def section(self, title: str) -> str:
        """The text of a section of its docstring, on one line; empty if there is no such section."""
        doc = inspect.cleandoc(self.rule.__doc__ or "")
        found = re.search(rf"^{title}:(.*?)(?=^(?:{'|'.join(SECTIONS)}):|\Z)", doc, re.MULTILINE | re.DOTALL)
        return " ".join(found[1].split()) if found else ""

    def violations(
        self, frame: Turns | Transcripts | None, thresholds: Mapping[str, Any]
    ) -> tuple[Violation, ...] | tuple[Search, ...] | tuple[Symptom, ...] | tuple[Comparison, ...]:
        """What its function returns, as a tuple."""
        given = () if self.scope in ("source", "drop") else (frame,)
        found = self.rule(*given, **thresholds)
        return found if isinstance(found, tuple) else cast("tuple[Violation, ...]", (found,))


def _by_code(code: str) -> Expectation:
    # The catalogue imports this module.
    found: Expectation = import_module("expectations.catalogue").catalogue()[code]
    return found


def expectation(
    code: str,
    name: str,
    *,
    scope: Scope,
    severity: Severity,
    since: str,
    holds: Sequence[Example | Bytes | Dropped],
    violated: Sequence[Example | Bytes | Dropped],
) -> Callable[[Rule], Expectation]:
    """Make an `Expectation` of the function below; see `CONTRIBUTING.md` for how to write one.

    The function takes `Turns` or `Transcripts` (nothing for sources and drops) and its thresholds as keyword-only
    parameters with defaults.
    """

    def mark(rule: Rule) -> Expectation:
        return Expectation(code, name, scope, severity, since, tuple(holds), tuple(violated), rule)

    return mark


def milder(one: str, other: str) -> str:
    """The milder of two severities."""
    return min(one, other, key=SEVERITIES.index)
