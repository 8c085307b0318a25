"""Drops that are not all there yet: manifests that name what is missing, and files that are still growing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from expectations.suite import Suite
from expectations.waivers import Waiver
from flows import pipeline
from flows.checking import check_paths
from flows.committing import commit
from flows.waiving import grant
from schemas.errors import InputError
from schemas.store import Store
from tests.flows.test_drops import NAMES, OTHERS, dropped, talk


def told(findings: pl.DataFrame) -> list[tuple[str, int | None, str, str]]:
    rows = findings.filter(code="F107").sort("path", "line")
    return [(Path(path).name, *rest) for path, *rest in rows.select("path", "line", "severity", "message").iter_rows()]


def listed(drop: Path, *names: str) -> None:
    lines = [f"{sha256((drop / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (drop / "SHA256SUMS").write_text("".join(lines))


@pytest.mark.slow  # a run, with what Great Expectations says of it
def test_a_run_warns_of_what_is_missing_and_what_grows(tmp_path: Path, suite: Suite) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    drop = dropped(tmp_path / "monday", a=talk(NAMES), b=talk(OTHERS), c=talk(["Sam", "Tom", "Uwe"] * 3))
    listed(drop, "a.txt", "b.txt", "c.txt")
    late = (drop / "c.txt").read_text()
    (drop / "c.txt").unlink()
    grant(store, Waiver("F107", "b.txt", None, None, "it is a log", "Ann", date(2999, 1, 1)))
    plan = pipeline.make_plan(drop, store, suite)
    assert (plan.found, plan.manifests, len(plan.lacks)) == (2, 1, 1)
    commit(plan, store, {0: pipeline.judge_batch(plan, 0, store, suite)})
    with (drop / "b.txt").open("a") as file:
        file.write("\n\nPatient: One more thing.\n\nTherapist: Go on.\n")
    row = pipeline.finish(plan, store, suite, datetime.now(UTC), site).row
    assert row is not None
    assert (row["found"], row["accepted"], row["gate"]) == (2, 2, "warned")
    assert str(row["gate_reason"]).endswith("of the drop as a whole: F107 1 time")
    missing, growing = told(store.scan("findings").collect())
    assert missing == ("SHA256SUMS", 3, "critical", "names c.txt, which is missing")
    assert growing[:3] == ("b.txt", None, "critical")
    assert growing[3].startswith("has grown to ")
    waived = store.scan("findings").filter(code="F107").drop_nulls("waived").collect()
    assert waived.select("path", "waived").rows() == [("b.txt", "it is a log (Ann, until 2999-01-01)")]

    # Once all is there, and written, what is new is judged, and the gate passes.
    (drop / "c.txt").write_text(late)
    listed(drop, "a.txt", "b.txt", "c.txt")
    whole = pipeline.make_plan(drop, store, suite)
    assert (whole.found, whole.known, whole.lacks) == (3, 1, ())


def test_manifests_alone_are_no_drop(tmp_path: Path, suite: Suite) -> None:
    drop = dropped(tmp_path / "drop")
    (drop / "MANIFEST").write_text("a.txt\n")
    (drop / "MANIFEST.txt").write_text("a.txt\n")
    with pytest.raises(InputError, match="found manifests only; wait for the files that they name"):
        pipeline.make_plan(drop, Store(tmp_path / "store"), suite)


def test_a_check_tells_what_is_missing_and_what_grows(tmp_path: Path, suite: Suite) -> None:
    drop = dropped(tmp_path / "drop", a=talk(NAMES), b=talk(OTHERS))
    listed(drop, "a.txt", "b.txt")
    whole = check_paths([drop], suite, lambda _done, _total: None)
    assert told(whole.findings) == []
    assert whole.summary.startswith("2 transcripts in 2 sources, beside 1 manifest: 0 critical")
    # Named one by one, as a shell does: what was left out is there all the same.
    some = check_paths([drop / "a.txt", drop / "SHA256SUMS"], suite, lambda _done, _total: None)
    assert told(some.findings) == []
    (drop / "a.txt").unlink()

    def grow(_done: int, _total: int) -> None:
        with (drop / "b.txt").open("a") as file:
            file.write("\n")

    missing, growing = told(check_paths([drop], suite, grow).findings)
    assert missing == ("SHA256SUMS", 1, "critical", "names a.txt, which is missing")
    assert growing[0] == "b.txt"
