"""Suites: which expectations run, with which thresholds and severities, and what follows from them.

A suite is a YAML file that is a valid Great Expectations suite (``name``, ``expectations`` with ``type``, ``kwargs``,
``severity`` and ``meta``); our own settings stand under ``meta.turnproof``. It may extend another one by name or path;
plain Great Expectations then sees only the expectations that stand in the file itself. `as_content` makes one that
holds everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from expectations.catalogue import catalogue, look_up
from expectations.repair import repairs as known_repairs
from expectations.rule import Expectation, Severity
from expectations.suite_file import near_format, read_suite
from expectations.tokens import TOKENIZER, fingerprint
from expectations.yaml_file import near
from schemas.errors import InputError
from schemas.format import AS_FOUND, ReadingOptions, formats
from schemas.roster import Roster

DEFAULT: Final = "synthetic"


@dataclass(frozen=True)
class Check:
    """An expectation as a suite uses it."""

    expectation: Expectation
    thresholds: Mapping[str, Any]
    severity: Severity


@dataclass(frozen=True, eq=False)
class Suite:
    """A policy. Compare `digest`; the object itself is its identity, so that what follows from it can be kept.

    Attributes:
        name: as reports show it.
        checks: the expectations that run, in order of code.
        roster: labels and their roles.
        repairs: names of the repairs that may be made.
        reading: how sources are read: what merges, and whether with one format only.
        warn, fail: share of transcripts and sources without a release, from which a drop's gate warns or fails.
        origins: where its values stand, see `expectations.suite_file.Draft`; a value without one is a default.
    """

    name: str
    checks: tuple[Check, ...]
    roster: Roster
    repairs: tuple[str, ...]
    warn: float
    fail: float
    reading: ReadingOptions = AS_FOUND
    origins: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def tokenizer(self) -> str | None:
        """The path of the tokenizer that it names, if it names one."""
        return next((each.thresholds[TOKENIZER] for each in self.checks if each.thresholds.get(TOKENIZER)), None)

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with anything that can change a verdict."""
        checks = [(each.expectation.code, _by_content(each.thresholds), each.severity) for each in self.checks]
        told = [checks, dict(self.roster.roles), self.repairs, self.warn, self.fail, asdict(self.reading)]
        return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def changed(
        self,
        *,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        repairs: Sequence[str] = (),
        form: str | None = None,
    ) -> Suite:
        """This suite with only the codes in `select`, without those in `ignore`, with more `repairs`, for one format.

        Codes may be shortened to a group: ``C`` or ``C4``.

        Raises:
            InputError: if a code fits no expectation, or a repair or a format doesn't exist.
        """
        if form is not None and form not in formats():
            raise InputError(f'expected a format, found "{form}"; {near_format(form)}')
        for code in (*select, *ignore):
            if not any(_fits(check, [code]) for check in self.checks):
                look_up(code)
        for name in repairs:
            if name not in known_repairs():
                hint = near(name, known_repairs()) or "leave it out"
                raise InputError(f'expected a repair ({", ".join(known_repairs())}), found "{name}"; {hint}')
        kept = [check for check in self.checks if (not select or _fits(check, select)) and not _fits(check, ignore)]
        return replace(
            self,
            checks=tuple(kept),
            repairs=tuple(dict.fromkeys((*self.repairs, *repairs))),
            reading=replace(self.reading, format=form or self.reading.format),
        )

    def as_content(self) -> dict[str, Any]:
        """The whole suite as a file would hold it that extends no other; a valid Great Expectations suite."""
        return {
            "name": self.name,
            "expectations": [
                {
                    "type": each.expectation.type,
                    "severity": each.severity,
                    "kwargs": {
                        name: [*value] if isinstance(value, tuple) else value for name, value in each.thresholds.items()
                    },
                    "meta": {"code": each.expectation.code},
                }
                for each in self.checks
            ],
            "meta": {
                "turnproof": {
                    "roster": {role: list(labels) for role, labels in self.roster.roles.items()},
                    "repairs": list(self.repairs),
                    "reading": asdict(self.reading),
                    "gates": {"warn": self.warn, "fail": self.fail},
                }
            },
        }


def load_suite(name: str = DEFAULT) -> Suite:
    """The suite of this name that comes with Turnproof, or that a YAML file at this path holds.

    Raises:
        SuiteError: if there is none, or it is wrong: with file, line, what was expected, what was found.
    """
    draft = read_suite(name)
    rules = [draft.core.get(code) or catalogue()[code] for code in sorted(draft.codes)]
    return Suite(
        name=draft.name,
        checks=tuple(
            Check(
                rule,
                {**rule.thresholds, **draft.thresholds.get(rule.code, {})},
                draft.severities.get(rule.code, rule.severity),
            )
            for rule in rules
        ),
        roster=Roster(draft.roles),
        repairs=draft.repairs,
        warn=draft.gates["warn"],
        fail=draft.gates["fail"],
        reading=draft.reading,
        origins=draft.origins,
    )


def _by_content(thresholds: Mapping[str, Any]) -> dict[str, Any]:
    """Thresholds with the content of a file in place of its path."""
    named = thresholds.get(TOKENIZER)
    return dict(thresholds) if named is None else {**thresholds, TOKENIZER: fingerprint(named)}


def _fits(check: Check, codes: Sequence[str]) -> bool:
    return any(
        check.expectation.code.startswith(code.upper()) or check.expectation.name == code for code in codes if code
    )
