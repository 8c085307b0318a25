"""What the templates of pages across runs see: the front page, older runs, and one page an expectation."""

from __future__ import annotations

from dataclasses import dataclass

from reports.history import Fared, Place, Rise, Trend
from reports.pages import Run
from schemas.columns import GATES


@dataclass(frozen=True)
class Archive:
    """A page of older runs, newest first; full ones never change. `number` counts from 1, oldest first."""

    number: int
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class HomePage:
    """The front page: the newest runs first, how many there are, what rose in the newest, and the pages of all runs."""

    runs: tuple[Run, ...]
    total: int
    rose: tuple[Rise, ...]
    compared: int
    archives: tuple[Archive, ...]

    @property
    def beside(self) -> tuple[Run, ...]:
        """The other runs of the newest one's day: the worst gates first, then the newest."""
        latest, *others = self.runs
        same_day = [run for run in others if run.finished.date() == latest.finished.date()]
        return tuple(sorted(same_day, key=lambda run: GATES.index(run.gate), reverse=True))


@dataclass(frozen=True)
class Example:
    """An example of an expectation, in lines."""

    title: str
    text: str


@dataclass(frozen=True)
class Explained:
    """What the catalogue says of an expectation.

    Attributes:
        code, rule, scope, severity, since, brief, why, remedy: as in the catalogue; a suite's own has no `since`.
        about_thresholds: its thresholds in words, with units and sources; empty without any.
        thresholds: names and defaults.
        examples: what holds, and what is violated.
    """

    code: str
    rule: str
    scope: str
    severity: str
    since: str
    brief: str
    why: str
    remedy: str
    about_thresholds: str
    thresholds: tuple[tuple[str, str], ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Seen:
    """How an expectation fared in one run; `fared` is None where it did not run."""

    run: Run
    fared: Fared | None
    trend: Trend
    places: tuple[Place, ...]


@dataclass(frozen=True)
class ExpectationPage:
    """The page of an expectation; `seen` are the last runs, newest first."""

    explained: Explained
    seen: tuple[Seen, ...]

    @property
    def last_fired(self) -> Seen | None:
        """The newest run that violates it."""
        return next((each for each in self.seen if each.fared and each.fared.violated), None)

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites of the runs in which it ran."""
        return tuple(sorted({each.run.suite for each in self.seen if each.fared}))

    @property
    def trend(self) -> Trend | None:
        """How often it was violated, up to the newest run in which it ran."""
        return next((each.trend for each in self.seen if each.fared), None)
