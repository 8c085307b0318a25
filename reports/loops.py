"""Which turns repeat each other: findings on loops name the turns in their messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from reports.turns import Finding, Loop
from schemas.regex import regex

_LISTED: Final = regex(r": turns (\d+(?:, \d+)+)(?: and (\d+) more)?$")


def recurring(finding: Finding) -> tuple[int, ...]:
    """The turns in which what was found recurs; none where a finding is about one turn."""
    found = _LISTED.search(finding.message)
    return tuple(map(int, found[1].split(", "))) if found else ()


def loops(findings: Iterable[Finding]) -> dict[int, list[Loop]]:
    """The loops that each turn is part of, by its number."""
    parts: dict[int, list[Loop]] = defaultdict(list)
    for finding in findings:
        turns = recurring(finding)
        found = _LISTED.search(finding.message)
        total = len(turns) + int((found and found[2]) or 0)
        neighbours = (None, *turns, None)
        for place, turn in enumerate(turns, start=1):
            loop = Loop(finding, place, total, neighbours[place - 1], neighbours[place + 1])
            parts[turn].append(loop)
    return parts
