"""SARIF 2.1.0, for code scanning services and editors.

The log is written piece by piece, one result a line, so that a million findings need no more memory than one.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final, TextIO
from urllib.parse import quote

import polars as pl

from reports.outputs.rows import Row, rows

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_json: Final = json.JSONEncoder(ensure_ascii=False).encode
_LEVELS: Final = {"critical": "error", "warning": "warning", "info": "note"}


def write(findings: pl.DataFrame, *, catalogue: pl.DataFrame, out: TextIO, version: str) -> None:
    """Print one log with one run; the catalogue becomes the rules."""
    numbers = {code: number for number, code in enumerate(catalogue["code"].to_list())}
    driver = {"name": "Turnproof", "version": version, "rules": [_rule(row) for row in _dicts(catalogue)]}
    out.write(f'{{"$schema": {_json(SCHEMA)}, "version": "2.1.0", "runs": [{{"tool": {{"driver": {_json(driver)}}},\n')
    out.write('"columnKind": "unicodeCodePoints", "results": [')
    for number, row in enumerate(rows(findings)):
        out.write((",\n" if number else "\n") + _json(_result(row, numbers)))
    out.write("\n]}]}\n")


def _rule(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["code"],
        "name": row["rule"],
        "shortDescription": {"text": row["brief"]},
        "fullDescription": {"text": row["why"]},
        "help": {"text": row["remedy"]},
        "defaultConfiguration": {"level": _LEVELS[row["severity"]]},
    }


def _result(row: Row, numbers: dict[str, int]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(row.path)}}
    if row.line is not None:
        place["region"] = {"startLine": row.line}
    known = {"transcript": row.record, "turn": row.turn, "evidence": row.evidence, "fix": row.fix}
    result: dict[str, Any] = {"ruleId": row.code}
    if row.code in numbers:
        result["ruleIndex"] = numbers[row.code]
    if row.waived:
        result["suppressions"] = [{"kind": "external", "justification": row.waived}]
    return result | {
        "level": _LEVELS[row.severity],
        "message": {"text": row.sentence},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"turnproof/v1": _fingerprint(row)},
        "properties": {name: value for name, value in known.items() if value is not None},
    }


def _fingerprint(row: Row) -> str:
    """The same finding in the same place has the same one, whatever the lines above it do."""
    identity = (row.path, row.record, row.turn, row.offset, row.code, row.evidence)
    return sha256(_json(identity).encode()).hexdigest()[:32]


def _uri(path: str) -> str:
    return f"file://{quote(path)}" if path.startswith("/") else quote(path.removeprefix("./"))


def _dicts(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dicts()
