"""JUnit XML, for build servers: a critical finding is a failure, a milder one is output of a case that passed.

What is waived is a case that was skipped, with the reason.
"""

from __future__ import annotations

from typing import Final, TextIO
from xml.etree import ElementTree as ET

import polars as pl

from reports.outputs.rows import Row, rows
from schemas.regex import regex

# XML 1.0 has no way at all to write these, not even as references.
_ILLEGAL: Final = regex("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(findings: pl.DataFrame, *, catalogue: pl.DataFrame, out: TextIO, version: str) -> None:
    """Print one suite with one case a finding."""
    skipped = findings["waived"].count()
    failures = findings.filter(pl.col("waived").is_null() & (pl.col("severity") == "critical")).height
    counts = f'tests="{findings.height}" failures="{failures}" errors="0" skipped="{skipped}"'
    out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n<testsuite name="turnproof" {counts}>\n')
    for row in rows(findings):
        out.write(ET.tostring(_case(row), encoding="unicode") + "\n")
    out.write("</testsuite>\n</testsuites>\n")


def _case(row: Row) -> ET.Element:
    where = _legal(row.path) if row.line is None else f"{_legal(row.path)}:{row.line}"
    name = " ".join(filter(None, (row.code, row.rule, row.place)))
    case = ET.Element("testcase", classname=_legal(row.path), name=_legal(name))
    text = f"{where}: {_legal(row.sentence)}"
    if row.evidence:
        text += f"\n{_legal(row.evidence)}"
    if row.waived:
        ET.SubElement(case, "skipped", message=_legal(f"{row.severity}, waived: {row.waived}")).text = text
    elif row.severity == "critical":
        failure = ET.SubElement(case, "failure", type=_legal(row.rule), message=_legal(row.sentence))
        failure.text = text
    else:
        ET.SubElement(case, "system-out").text = f"{row.severity}: {text}"
    return case


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)
