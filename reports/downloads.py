"""The findings of a run as files that other programs read, one form a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

import polars as pl

from reports.outputs import Writer
from reports.pages import Outcome
from reports.rows import READING, count, rank
from reports.veil import Veil
from schemas.columns import FINDINGS, SEVERITIES

ROWS: Final = 100_000
"""Findings that the downloads of a run hold, worst first; its page says how many they leave out."""

EVIDENCE: Final = 500
"""Characters of a finding's evidence, and of its message, that downloads hold."""

FOLDER: Final = "downloads"


@dataclass(frozen=True)
class Download:
    """One file; `form` names the module of `reports.outputs` that writes it, and Parquet needs none."""

    form: str
    title: str
    name: str


DOWNLOADS: Final = (
    Download("sheet", "CSV", "findings.csv"),
    Download("jsonl", "JSON lines", "findings.jsonl"),
    Download("parquet", "Parquet", "findings.parquet"),
    Download("sarif", "SARIF", "findings.sarif"),
    Download("junit", "JUnit", "findings.junit.xml"),
)


@dataclass(frozen=True)
class Files:
    """The files with their sizes in bytes; of `total` findings they hold `held`."""

    sizes: tuple[tuple[Download, int], ...]
    held: int
    total: int


def write_downloads(
    findings: pl.LazyFrame, outcomes: Iterable[Outcome], version: str, veil: Veil, write: Callable[[str, bytes], None]
) -> Files:
    """Give `write` each file's name and bytes, one form in memory at a time.

    Args:
        findings: of a run, with the columns of `schemas.columns.FINDINGS`.
        outcomes: of the run, with Turnproof's words on each expectation.
        version: of Turnproof, when it judged the run.
        veil: how much of the text they hold.
        write: where they go: to a folder, or elsewhere.
    """
    words = ("code", "rule", "severity", "brief", "why", "remedy")
    catalogue = pl.DataFrame(
        [[getattr(each, word) for word in words] for each in sorted(outcomes, key=lambda each: each.code)],
        schema=dict.fromkeys(words, pl.String),
        orient="row",
    )
    short = pl.col("message", "evidence").str.head(EVIDENCE)
    worst = findings.sort(rank("severity", SEVERITIES), *READING, descending=[True, *[False] * len(READING)])
    listed = worst.head(ROWS).select(FINDINGS.names()).with_columns(short).collect(engine="streaming")
    rows = veil.findings(listed.sort(*READING))
    standing = rows.filter(pl.col("waived").is_null())
    sizes: list[tuple[Download, int]] = []
    for each in DOWNLOADS:
        if each.form == "parquet":
            packed = io.BytesIO()
            rows.write_parquet(packed, statistics=False)
            data = packed.getvalue()
        else:
            printed = io.StringIO()
            writer: Writer = import_module(f"reports.outputs.{each.form}").write
            some = standing if each.form in ("jsonl", "junit") else rows
            writer(some, catalogue=catalogue, out=printed, version=version)
            data = printed.getvalue().encode()
        write(each.name, data)
        sizes.append((each, len(data)))
    return Files(tuple(sizes), len(rows), count(findings))
