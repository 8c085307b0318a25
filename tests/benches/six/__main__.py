"""Six checks on labelled text by five contenders, each a command of its own, in turn.

    python -m tests.benches.six [--turns N] [--rounds N] [--folder FOLDER] [--json FILE]

Turnproof and plain Python do all from files to findings. The libraries check turns that plain Python has parsed into a
frame; what parsing and checking take is told apart, imports are in neither and in the whole command only. Dataframely
comes with the dependency group ``bench`` and is left out where it isn't installed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Final

from tests.benches.measuring import TURNPROOF, Timing, keep, parser, timed, typical
from tests.benches.shapes import corpus
from tests.benches.six import CHECKS, CODES, LIBRARIES

SUITE: Final = Path(__file__).with_name("suite.yaml")
US, PLAIN = "Turnproof", "plain Python"


@dataclass(frozen=True)
class Contender:
    """What one contender took.

    Attributes:
        name: of the contender.
        turns: how many there were.
        whole: the whole command, as medians; memory as the most.
        parse, check: wall and processor seconds of these alone, as medians, where they are apart.
        counts: violations by check.
    """

    name: str
    turns: int
    whole: Timing
    parse: tuple[float, float] | None
    check: tuple[float, float] | None
    counts: dict[str, int]


def counted(findings: Path) -> dict[str, int]:
    """Turns that violate each check, from JSON lines that name it, or the code of ours."""
    seen: set[tuple[str, int | None, str]] = set()
    for line in findings.read_text(encoding="utf-8").splitlines():
        finding = json.loads(line)
        check = finding.get("check") or CODES.get(finding["code"], finding["code"])
        seen.add((finding["path"], finding["turn"], check))
    return dict.fromkeys(CHECKS, 0) | Counter(check for _, _, check in seen)


def command(name: str, place: Path) -> list[str]:
    """How a contender checks a folder."""
    if name == US:
        return [TURNPROOF, "check", str(place), "--suite", str(SUITE), "--output-format", "jsonl"]
    if name == PLAIN:
        return [sys.executable, "-m", "tests.benches.six.plain", str(place)]
    return [sys.executable, "-m", "tests.benches.six.frames", name, str(place)]


def once(name: str, place: Path, output: Path, turns: int, *, watched: bool) -> Contender:
    """Let a contender check a folder once."""
    whole = timed(command(name, place), output, statuses=(0, 1) if name == US else (0,), watched=watched)
    if name in (US, PLAIN):
        return Contender(name, turns, whole, None, None, counted(output))
    told = json.loads(output.read_text().splitlines()[-1])
    return Contender(name, turns, whole, tuple(told["parse"]), tuple(told["check"]), told["counts"])


def together(runs: list[Contender]) -> Contender:
    """The medians of a contender's runs."""

    def middle(pairs: list[tuple[float, float] | None]) -> tuple[float, float] | None:
        some = [pair for pair in pairs if pair is not None]
        return (median(wall for wall, _ in some), median(cpu for _, cpu in some)) if some else None

    parse, check = middle([each.parse for each in runs[1:]]), middle([each.check for each in runs[1:]])
    return replace(runs[0], whole=typical([each.whole for each in runs]), parse=parse, check=check)


def apart(contenders: list[Contender]) -> list[str]:
    """A line for each check of which contenders count differently."""
    lines: list[str] = []
    for check in CHECKS:
        counts = {each.name: each.counts.get(check, 0) for each in contenders}
        if len(set(counts.values())) > 1:
            lines.append(f"{check}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    return lines


def main() -> None:
    """Make the corpus, measure in turn, print."""
    told = parser(__doc__, turns=1_000_000, rounds=3).parse_args()
    place = corpus(told.folder, told.turns, "files")
    names = [US, PLAIN, *(name for name, package in LIBRARIES.items() if find_spec(package))]
    runs: dict[str, list[Contender]] = {name: [] for name in names}
    # In a round before, their memory is looked at.
    for number in range(1 + told.rounds):
        for name in names:
            runs[name].append(once(name, place, told.folder / "six.jsonl", told.turns, watched=not number))
    contenders = [together(each) for each in runs.values()]
    ours = contenders[0].whole
    print(f"{'':<30}{'wall s':>9}{'cpu s':>9}{'MB':>8}{'wall ×':>8}{'cpu ×':>8}{'parse cpu':>11}{'check cpu':>11}")
    for each in contenders:
        parts = [f"{part[1]:>11.2f}" if part else " " * 11 for part in (each.parse, each.check)]
        print(
            f"{each.name:<30}{each.whole.wall:>9.2f}{each.whole.cpu:>9.2f}{each.whole.memory:>8,.0f}"
            f"{each.whole.wall / ours.wall:>8.2f}{each.whole.cpu / ours.cpu:>8.2f}{''.join(parts)}"
        )
    print(", ".join(f"{check} {count:,}" for check, count in contenders[0].counts.items()))
    print("\n".join(apart(contenders)) or "all count the same")
    keep(told.json, contenders)


if __name__ == "__main__":
    main()
