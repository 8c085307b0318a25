"""What the benches compute with is right: times, memory, stages, counts, arithmetic."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from expectations.suite import load_suite
from flows.checking import check_paths
from tests.benches import __main__ as benches
from tests.benches.billion import appends, hours, joined, plan
from tests.benches.chart import drawn
from tests.benches.measuring import CommandError, Timing, keep, machine, timed, typical
from tests.benches.six import CHECKS, CODES, LONGEST
from tests.benches.six.__main__ import SUITE, counted
from tests.benches.six.frames import by_pandera, parsed
from tests.benches.six.plain import turns, violations
from tests.benches.stages import CHECK, COMMANDS, RUN, Clock, found
from tests.benches.summary import document, refused, scaling
from tests.benches.throughput import judged


def checked(turns: int, seconds: float, memory: float, transcripts: int | None = None) -> dict[str, Any]:
    """A row of the throughput."""
    check = {"wall": seconds, "cpu": 2 * seconds, "memory": memory}
    return {
        "turns": turns, "shape": "files", "files": turns // 50, "bytes": 470 * turns,
        "transcripts": turns // 50 if transcripts is None else transcripts, "check": check,
        "words": {"wall": 1.0, "cpu": 1.0, "memory": 2.0}, "wall": seconds, "cpu": 2 * seconds, "planted": 7, "found": 6,
        "unplanted": 0,
    }  # fmt: skip


def test_a_command_is_timed(tmp_path: Path) -> None:
    program = "import time; kept = bytearray(80_000_000); time.sleep(0.4); print(len(kept))"
    took = timed([sys.executable, "-c", program], tmp_path / "out")
    assert (tmp_path / "out").read_text() == "80000000\n"
    assert took.wall > 0.4 > took.cpu > 0
    assert 80 < took.memory < 200


def test_children_count_as_memory(tmp_path: Path) -> None:
    inner = "import time; kept = bytearray(60_000_000); time.sleep(0.5)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    assert timed([sys.executable, "-c", program], tmp_path / "out").memory > 60


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="ended with 3: no such luck"):
        timed(
            [sys.executable, "-c", "import sys; print('no such luck', file=sys.stderr); sys.exit(3)"], tmp_path / "out"
        )
    timed([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "out", statuses=(0, 3))


def test_medians_and_the_most_memory() -> None:
    runs = [Timing(1.0, 4.0, 30.0), Timing(9.0, 5.0, 10.0), Timing(2.0, 6.0, 20.0)]
    assert typical(runs) == Timing(2.0, 5.0, 30.0)
    # To be watched takes time of its own.
    assert typical([*runs, Timing(0.5, 2.0, 0.0), Timing(0.7, 3.0, 0.0)]) == Timing(0.6, 2.5, 30.0)


def test_nobody_watches_a_command_unasked(tmp_path: Path) -> None:
    program = "import time; time.sleep(0.2)"
    assert timed([sys.executable, "-c", program], tmp_path / "out", watched=False).memory == 0


def test_the_machine_is_told_without_its_name() -> None:
    told = machine()
    assert {"processor", "memory", "Python", "Polars", "Turnproof", "locale of wc"} == set(told)
    assert Path("/etc/hostname").read_text().strip() not in " ".join(told.values())


def test_summaries_are_understood() -> None:
    assert judged("20,000 transcripts in 4 sources: 5 critical, 0 warning, 0 info\n") == 20_000
    assert judged("1 transcript in 1 source: none") == 1
    assert judged("nothing of the kind") == 0


def test_of_stages_within_each_other_the_inner_one_counts() -> None:
    clock = Clock()
    inner = clock.watched("inner", lambda: time.sleep(0.05))
    with clock.stage("outer"):
        inner()
        inner()
        time.sleep(0.03)
    assert 0.1 <= clock.taken["inner"][0] < 0.2
    assert 0.03 <= clock.taken["outer"][0] < 0.1
    assert sum(cpu for _, cpu in clock.taken.values()) < 0.05


def test_watched_functions_are_there() -> None:
    places = [place for stages in (CHECK, RUN) for some in stages.values() for place in some]
    assert all(callable(getattr(*found(place))) for place in places)
    assert {stages is CHECK for _, stages in COMMANDS.values()} == {True, False}


def test_the_six_checks_agree(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Patient: Hi.\n\nTherapist: Hello.\n\nTherapist: Well?<|im_end|>\n\nPatient: \n")
    (tmp_path / "b.txt").write_text(
        f"Client: {'word ' * (LONGEST // 5)}too long.\n\nCounselor: [GPT-4 generation error: the prompt (length 5) is longer "
        "than the maximum model length of 4]\n\nClient: Bye.\n"
    )
    expected = dict(zip(CHECKS, (1, 1, 1, 1, 1, 0), strict=True))
    plain = [(path.name, *each) for path in sorted(tmp_path.glob("*.txt")) for each in violations(turns(path))]
    assert {check: sum(each[2] == check for each in plain) for check in CHECKS} == expected
    assert by_pandera(parsed(tmp_path))() == expected
    ours = check_paths([tmp_path], load_suite(str(SUITE)), lambda done, total: None).findings
    assert {
        (Path(path).name, turn, CODES[code]) for path, turn, code in ours.select("path", "turn", "code").rows()
    } == set(plain)


def test_a_turn_counts_once_for_a_check(tmp_path: Path) -> None:
    rows = [("a", 0, "C401"), ("a", 0, "C401"), ("a", 1, "C401"), ("b", 0, "F101")]
    file = tmp_path / "findings"
    file.write_text("".join(json.dumps({"path": path, "turn": turn, "code": code}) + "\n" for path, turn, code in rows))
    assert counted(file) == dict.fromkeys(CHECKS, 0) | {"serving error": 2, "F101": 1}


def test_growth_from_size_to_size_is_told() -> None:
    lines = scaling([checked(10_000, 1.0, 200), checked(100_000, 8.0, 300)])
    assert "| many text files | 10,000 → 100,000 | × 10 | × 8.00 | × 1.50 |" in lines
    assert refused([checked(100_000, 1.0, 1, transcripts=0)])
    assert not refused([checked(100_000, 1.0, 1)])


def test_figures_become_a_document_and_a_plot() -> None:
    rows = [checked(10_000, 1.0, 200), checked(100_000, 8.0, 300)]
    told = document(machine(), {"throughput": [*rows, checked(1_000_000, 1.0, 1, transcripts=0)]})
    assert machine()["processor"] in told
    assert "Of 1,000,000 turns as many text files only 0 transcripts were judged" in told
    assert "| 1,000,000 | many text files | 20,000 | 470 | 1.00 | 2.00 | 1 | 1.00 | 1.00 | refused |  |" in told
    assert "| 100,000 | many text files | 2,000 | 47 | 8.00 | 16.00 | 300 | 1.00 | 1.00 | 8.00 | 16.00 |" in told
    assert "## Start-up" not in told
    svg = drawn(rows)
    assert svg.startswith("<svg")
    assert "many text files" in svg


def test_figures_of_another_machine_are_left_out(tmp_path: Path) -> None:
    for name, mine in (("throughput", machine()), ("six", {"processor": "another"})):
        file = benches.results(tmp_path, name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"machine": mine, "rows": [{}]}))
    assert benches.kept(tmp_path) == {"throughput": [{}]}


def test_figures_of_a_part_leave_the_others(tmp_path: Path) -> None:
    @dataclass
    class Row:
        turns: int
        wall: float

    file = tmp_path / "results" / "figures.json"
    for rows in ([Row(10, 1.0), Row(20, 2.0)], [Row(5, 0.5), Row(10, 1.5)]):
        keep(file, rows, by=("turns",))
    told = json.loads(file.read_text())
    assert [(row["turns"], row["wall"]) for row in told["rows"]] == [(5, 0.5), (10, 1.5), (20, 2.0)]
    file.write_text(json.dumps(told | {"machine": {"processor": "another"}}))
    keep(file, [Row(10, 3.0)], by=("turns",))
    assert [row["wall"] for row in json.loads(file.read_text())["rows"]] == [3.0]
    keep(file, [Row(30, 3.5)])
    assert [row["wall"] for row in json.loads(file.read_text())["rows"]] == [3.5]


def test_appends_that_get_slower() -> None:
    assert appends(100, 0.01, 0.0) == pytest.approx(1)
    assert appends(1_000, 0.01, 0.001) == pytest.approx(510)
    assert (hours(90), hours(7_200), hours(200_000)) == ("90.0 seconds", "2.0 hours", "2.3 days")
    assert joined(["a", "- b", "- c", "d"]) == "a\n\n- b\n- c\n\nd\n"


def test_the_billion_is_computed_from_figures() -> None:
    names = (
        "listing",
        "source",
        "commit",
        "commit_growth",
        "duplicates",
        "released",
        "fingerprint",
        "ledger",
        "ledger_row",
    )
    constants = [{"name": name, "value": 10.0, "unit": "µs", "means": name} for name in names]
    stages = [
        {"command": "run", "stage": stage, "cpu": 2.0, "megabytes": 100.0}
        for stage in ("list", "hash the sources", "evaluate", "site", "commits")
    ]
    told = plan({"running": [{"bytes": 500_000, "turns": 1_000}], "stages": stages, "constants": constants})
    assert "1,000,000,000 turns are 500 GB" in told
    assert "500,000 MB × 0.0200 CPU s = 3 core hours, by 64 workers 2.6 minutes" in told
    assert all(len(line) <= 120 for line in told.splitlines() if not line.startswith("|"))
