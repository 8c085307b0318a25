"""Too many findings are counted rather than listed, and none is lost without a word."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from expectations import abridging
from expectations.abridging import Listing, abridged
from expectations.suite import Suite
from flows.checking import Checked, check_paths
from schemas.columns import FINDINGS

WHOLE = 2**30


def found(path: str, code: str, count: int, severity: str = "warning", waived: str | None = None) -> pl.DataFrame:
    rows = [
        {"path": path, "code": code, "severity": severity, "waived": waived, "line": line, "message": "is odd"}
        for line in range(1, count + 1)
    ]
    return pl.DataFrame(rows, {name: FINDINGS[name] for name in rows[0]}).select(
        pl.col(name) if name in rows[0] else pl.lit(None, kind).alias(name) for name, kind in FINDINGS.items()
    )


MANY = pl.concat(
    [
        found("a", "C413", 3),
        found("a", "C413", 7, "critical"),
        found("a", "L302", 1),
        found("b", "C413", 12_345),
        found("b", "C413", 5, waived="known"),
    ]
)


def told(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return frame.select("path", "code", "severity", "line", "message").rows()


def test_few_findings_stay_as_they_are() -> None:
    listing = Listing()
    listing.add(abridged(MANY, WHOLE))
    everything, more = listing.findings()
    assert everything.equals(MANY)
    assert everything.schema == FINDINGS
    assert not more


def test_of_too_many_the_first_of_each_kind_in_each_source_are_listed() -> None:
    listing = Listing()
    listing.add(abridged(MANY, 0, 2))
    everything, more = listing.findings()
    assert everything.schema == FINDINGS
    assert told(everything) == [
        ("a", "C413", "warning", 1, "is odd"),
        ("a", "C413", "warning", 2, "is odd; and 1 more of C413 in this source"),
        ("a", "C413", "critical", 1, "is odd"),
        ("a", "C413", "critical", 2, "is odd; and 5 more of C413 in this source"),
        ("a", "L302", "warning", 1, "is odd"),
        ("b", "C413", "warning", 1, "is odd"),
        ("b", "C413", "warning", 2, "is odd; and 12,343 more of C413 in this source"),
        ("b", "C413", "warning", 1, "is odd"),
        ("b", "C413", "warning", 2, "is odd; and 3 more of C413 in this source"),
    ]
    assert more == {("critical", False): 5, ("warning", False): 12_344, ("warning", True): 3}
    assert Checked(everything, 2, 2, {}, 0, more).summary == (
        "2 transcripts in 2 sources: 7 critical, 12,349 warning, 0 info, 5 waived; 12,352 of them are not listed"
    )


def test_once_there_are_too_many_in_all_one_of_each_kind_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    few = found("first", "S201", 4)
    monkeypatch.setattr(abridging, "LISTED_BYTES", abridged(few).estimated_size() + 10)
    listing = Listing()
    for part in (few, abridged(MANY, 0, 2), found("last", "S201", 4), found("very last", "S201", 1)):
        listing.add(part)
    everything, more = listing.findings()
    assert told(everything)[:5] == [
        *(("first", "S201", "warning", line, "is odd") for line in (1, 2, 3, 4)),
        ("a", "C413", "warning", 1, "is odd; and 2 more of C413 in this source"),
    ]
    assert told(everything)[5:] == [
        ("a", "C413", "critical", 1, "is odd; and 6 more of C413 in this source"),
        ("a", "L302", "warning", 1, "is odd"),
        ("b", "C413", "warning", 1, "is odd; and 12,344 more of C413 in this source"),
        ("b", "C413", "warning", 1, "is odd; and 4 more of C413 in this source"),
        ("last", "S201", "warning", 1, "is odd; and 3 more of S201 in this source"),
        ("very last", "S201", "warning", 1, "is odd"),
    ]
    assert sum(more.values()) + len(everything) == len(few) + len(MANY) + 5


def test_a_check_counts_the_same_whatever_it_lists(
    tmp_path: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Patient: \x01\n\nTherapist: \x02\n\n" * 60)
    (tmp_path / "c.txt").write_text("Patient: Hi.\n\nTherapist: \x02 Well, hello there.\n\n")
    whole = check_paths([tmp_path], suite, lambda _done, _total: None)
    monkeypatch.setattr(abridged, "__defaults__", (0, 5))
    some = check_paths([tmp_path], suite, lambda _done, _total: None)
    assert len(whole.findings) > 200 > len(some.findings)
    assert some.summary.partition(";")[0] == whole.summary
    kinds = ["path", "code", "severity"]
    assert some.findings.select(kinds).unique().sort(kinds).equals(whole.findings.select(kinds).unique().sort(kinds))
    assert some.findings.filter(pl.col("message").str.ends_with("; and 115 more of C413 in this source")).height == 2
