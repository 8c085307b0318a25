"""What the templates see: one small frozen dataclass a page, and those it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from reports.history import Summary, Trend, trend
from reports.naming import page_name
from reports.shapes import Shape, shapes
from reports.turns import Finding, Turn

Tally = tuple[tuple[str, int], ...]
"""Counts by verdict, in the order of a status bar."""


@dataclass(frozen=True)
class Run:
    """A finished run of a drop; the fields are the columns of the table ``runs``, and how runs hang together.

    `requeue` says that it judged again what others had quarantined, `requeued_by` which runs did so with what it had.
    """

    run: str
    drop: str
    suite: str
    suite_digest: str
    version: str
    started: datetime
    finished: datetime
    bytes: int
    batches: int
    found: int
    known: int
    accepted: int
    repaired: int
    quarantined: int
    unreadable: int
    transcripts: int
    transcripts_accepted: int
    transcripts_repaired: int
    transcripts_quarantined: int
    turns: int
    released_turns: int
    characters: int
    tokens: int | None
    manifests: int | None
    gate: str
    gate_reason: str
    requeue: bool = False
    requeued_by: tuple[str, ...] = ()

    @property
    def of_sources(self) -> Tally:
        """What became of every source that was found."""
        return (
            ("accepted", self.accepted),
            ("repaired", self.repaired),
            ("quarantined", self.quarantined),
            ("unreadable", self.unreadable),
            ("known", self.known),
        )

    @property
    def adds_up(self) -> bool:
        """Whether every source, and every transcript, is accounted for."""
        return self.found == sum(n for _, n in self.of_sources) and self.transcripts == sum(
            n for _, n in self.of_transcripts
        )

    @property
    def of_transcripts(self) -> Tally:
        """What became of every transcript."""
        return (
            ("accepted", self.transcripts_accepted),
            ("repaired", self.transcripts_repaired),
            ("quarantined", self.transcripts_quarantined),
        )


@dataclass(frozen=True)
class Outcome:
    """How an expectation fared over a run, and its words; the fields are columns of the table ``outcomes``.

    `worst` is the worst severity among what was found and nobody waived, None where there is nothing such: a finding
    may be milder than its expectation.
    """

    code: str
    rule: str
    scope: str
    severity: str
    holds: int
    violated: int
    unknown: int
    findings: int
    brief: str
    why: str
    remedy: str
    worst: str | None

    @property
    def shown(self) -> str:
        """The severity of what was found, or that of the expectation where there is nothing."""
        return self.worst or self.severity

    @property
    def judged(self) -> int:
        """The sources or transcripts that the three counts add up to."""
        return self.holds + self.violated + self.unknown

    @property
    def untroubled(self) -> bool:
        """Whether it holds everywhere."""
        return not self.violated and not self.unknown

    @property
    def unit(self) -> str:
        """What the counts count, in the singular."""
        return self.scope if self.scope in ("source", "drop") else "transcript"


@dataclass(frozen=True)
class Validated:
    """What Great Expectations says of one expectation; `percent` is None where nothing was evaluated."""

    code: str
    type: str
    severity: str
    success: bool
    evaluated: int
    unexpected: int
    percent: float | None
    exception: str | None


@dataclass(frozen=True)
class Validation:
    """What Great Expectations says of a run."""

    success: bool
    evaluated: int
    successful: int
    results: tuple[Validated, ...]


@dataclass(frozen=True)
class Flagged:
    """A transcript with at least one finding or repair; the fields are columns of the table ``transcripts``.

    `codes` are those of its findings, worst first.
    """

    transcript: str
    path: str
    record: int
    line: int
    batch: int
    turns: int
    released_turns: int
    characters: int
    tokens: int | None
    verdict: str
    critical: int
    warning: int
    info: int
    repairs: list[str]
    codes: list[str]

    @property
    def findings(self) -> int:
        """All findings, whatever their severity."""
        return self.critical + self.warning + self.info

    @cached_property
    def page(self) -> str:
        """The name of its page."""
        return page_name(self.transcript)


@dataclass(frozen=True)
class Requeue:
    """That the run `run` judged again what `origin` had quarantined: what became of it, when, and of how many."""

    run: str
    origin: str
    finished: datetime
    verdict: str
    transcripts: int


@dataclass(frozen=True)
class Unreadable:
    """A source that yielded no transcript, with the findings that say why."""

    path: str
    bytes: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Pair:
    """A finding that a transcript is there twice, and the name of the other one, None where it tells none."""

    finding: Finding
    other: str | None


@dataclass(frozen=True)
class RunPage:
    """The page of a run; `before` are the runs that it is compared with, oldest first."""

    run: Run
    outcomes: tuple[Outcome, ...]
    validation: Validation | None
    flagged: tuple[Flagged, ...]
    flagged_total: int
    unreadable: tuple[Unreadable, ...]
    unreadable_total: int
    source_findings: tuple[Finding, ...]
    source_findings_total: int
    drop_findings: tuple[Finding, ...]
    drop_findings_total: int
    pairs: tuple[Pair, ...]
    pairs_total: int
    requeues: tuple[Requeue, ...]
    before: tuple[Summary, ...]
    summary: Summary

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings in its transcripts."""
        return tuple(sorted({code for flagged in self.flagged for code in flagged.codes}))

    @cached_property
    def by_name(self) -> dict[str, Flagged]:
        """The transcripts that have a page, by their names."""
        return {flagged.transcript: flagged for flagged in self.flagged}

    @cached_property
    def trends(self) -> dict[str, Trend]:
        """How often each expectation was violated up to this run, by code."""
        return {outcome.code: trend(outcome.code, self.before, self.summary) for outcome in self.outcomes}

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """What its transcripts are like, against the runs before."""
        return shapes(self.summary.histograms, [each.histograms for each in self.before])


@dataclass(frozen=True)
class TranscriptPage:
    """The page of a flagged transcript; `place` counts from 1 among those of its run that have a page.

    `unplaced` are the findings about no turn that is shown.
    """

    run: Run
    transcript: Flagged
    place: int
    places: int
    previous: Flagged | None
    following: Flagged | None
    outcomes: dict[str, Outcome]
    findings: tuple[Finding, ...]
    unplaced: tuple[Finding, ...]
    turns: tuple[Turn, ...]
    requeues: tuple[Requeue, ...]

    @property
    def stops(self) -> tuple[Turn, ...]:
        """The turns that have something to look at."""
        return tuple(turn for turn in self.turns if turn.stops)

    @cached_property
    def onward(self) -> dict[str, Turn]:
        """From the anchor of each turn that has something to look at to the next such turn."""
        return {one.anchor: other for one, other in pairwise(self.stops)}
