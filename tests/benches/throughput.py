"""`turnproof check` against ``wc -w`` on the same turns in the same run: time, memory, and defects found.

    python -m tests.benches.throughput [--turns N …] [--shapes NAME …] [--rounds N] [--folder FOLDER] [--json FILE]

Corpora of four sizes in three shapes (`tests.benches.shapes`). Findings are written into a file as JSON lines. ``wc``
reads the files that are checked, in the locale of the machine; it can't read Parquet, and counts the same turns as text
files. A figure to quote is the ratio: the machine may be shared, and both sides run on it one after the other, in turn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from tests.benches.measuring import TURNPROOF, Timing, keep, locale, parser, timed, typical
from tests.benches.shapes import SHAPES, TURNS, Place, corpus, planted

CODES: Final = {
    "serving_error": "C401",
    "placeholder": "C402",
    "leaked_note": "C404",
    "empty_turn": "S203",
    "template_token": "C403",
    "repeated_speaker": "S201",
    "role_bleed": "C405",
}
"""The expectation that is to find each kind of planted defect."""


@dataclass(frozen=True)
class Checked:
    """How a corpus was checked.

    Attributes:
        turns: how many there are.
        shape: see `tests.benches.shapes.SHAPES`.
        files: in how many files.
        bytes: in all of them.
        transcripts: how many were judged; fewer than there are where a source is larger than is taken.
        check, words: what `turnproof check` and ``wc -w`` took, as medians; memory as the most.
        wall, cpu: the medians of their ratios in each round.
        planted, found: how many defects there are, and how many of them were found.
        unplanted: critical findings, by place and code, where no defect was planted.
    """

    turns: int
    shape: str
    files: int
    bytes: int
    transcripts: int
    check: Timing
    words: Timing
    wall: float
    cpu: float
    planted: int
    found: int
    unplanted: int


def recall(folder: Path, findings: Path) -> tuple[dict[str, tuple[int, int]], int]:
    """How many planted defects were found of how many, by kind; and in how many sound transcripts critical ones were."""
    defects = planted(folder)
    told: dict[Place, set[str]] = {}
    with findings.open(encoding="utf-8") as lines:
        for line in lines:
            finding = json.loads(line)
            if finding["severity"] == "critical":
                place = Path(finding["path"]).relative_to(folder).as_posix(), finding["transcript"] or 0
                told.setdefault(place, set()).add(finding["code"])
    counts: dict[str, tuple[int, int]] = {}
    for kind, code in CODES.items():
        places = [place for place, its in defects.items() if its == kind]
        counts[kind] = sum(code in told.get(place, ()) for place in places), len(places)
    return counts, len(told.keys() - defects.keys())


def judged(summary: str) -> int:
    """How many transcripts the last line of a check says that it looked at."""
    found = re.search(r"^([\d,]+) transcripts? in ", summary, re.MULTILINE)
    return int(found[1].replace(",", "")) if found else 0


def measured(folder: Path, turns: int, shape: str, rounds: int) -> Checked:
    """Check a corpus some times, in turn with ``wc -w``; and once before, to look at their memory."""
    place = corpus(folder, turns, shape)
    counted = corpus(folder, turns, "files") if shape == "parquet" else place
    findings = folder / "findings.jsonl"
    check = [TURNPROOF, "check", str(place), "--output-format", "jsonl"]
    count = ["sh", "-c", f"find '{counted}' -type f -print0 | xargs -0 cat | wc -w"]
    pairs: list[tuple[Timing, Timing]] = []
    for number in range(1 + rounds):
        words = timed(count, folder / "words.txt", watched=not number)
        pairs.append((timed(check, findings, statuses=(0, 1), watched=not number), words))
    counts, unplanted = recall(place, findings)
    files = [path for path in place.rglob("*") if path.is_file()]
    return Checked(
        turns,
        shape,
        len(files),
        sum(path.stat().st_size for path in files),
        judged((folder / "findings.jsonl.err").read_text()),
        typical([ours for ours, _ in pairs]),
        typical([theirs for _, theirs in pairs]),
        median(ours.wall / theirs.wall for ours, theirs in pairs[1:]),
        median(ours.cpu / theirs.cpu for ours, theirs in pairs[1:]),
        sum(there for _, there in counts.values()),
        sum(seen for seen, _ in counts.values()),
        unplanted,
    )


def line(each: Checked) -> str:
    """A corpus on a line."""
    return (
        f"{each.turns:>10,} {each.shape:<8}{each.files:>8,}{each.bytes / 1e6:>9,.0f}{each.transcripts:>9,}"
        f"{each.check.wall:>9.2f}{each.check.cpu:>9.2f}{each.check.memory:>8,.0f}"
        f"{each.words.wall:>8.2f}{each.words.cpu:>8.2f}{each.wall:>7.2f}{each.cpu:>7.2f}"
        f"{f'{each.found:,}/{each.planted:,}':>13}{each.unplanted:>7,}"
    )


HEAD: Final = (
    f"{'turns':>10} {'shape':<8}{'files':>8}{'MB':>9}{'judged':>9}{'check s':>9}{'cpu s':>9}{'MB':>8}"
    f"{'wc s':>8}{'cpu s':>8}{'ratio':>7}{'cpu':>7}{'defects':>13}{'other':>7}"
)


def all_of(folder: Path, turns: Sequence[int], shapes: Sequence[str], rounds: int) -> list[Checked]:
    """Check corpora, and print each as it is done."""
    print(f"wc runs in the locale {locale()}\n{HEAD}", flush=True)
    rows: list[Checked] = []
    for count in turns:
        for shape in shapes:
            rows.append(measured(folder, count, shape, rounds))
            print(line(rows[-1]), flush=True)
    return rows


def main() -> None:
    """Make the corpora, measure, print."""
    options = parser(__doc__, turns=TURNS, rounds=3)
    options.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    told = options.parse_args()
    keep(told.json, all_of(told.folder, told.turns, told.shapes, told.rounds), by=("turns", "shape"))


if __name__ == "__main__":
    main()
