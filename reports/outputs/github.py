"""Workflow commands of GitHub Actions, which become annotations on the files of a pull request."""

from __future__ import annotations

from typing import Final, TextIO

import polars as pl

from reports.outputs.rows import Row, rows
from reports.visible import visible_line

_COMMANDS: Final = {"critical": "error", "warning": "warning", "info": "notice"}


def write(findings: pl.DataFrame, *, catalogue: pl.DataFrame, out: TextIO, version: str) -> None:
    """Print one command a finding."""
    out.writelines(_command(row) for row in rows(findings))


def _command(row: Row) -> str:
    line = "" if row.line is None else f",line={row.line}"
    title = _property(f"{row.code} {row.rule}")
    return f"::{_COMMANDS[row.severity]} file={_property(row.path)}{line},title={title}::{_data(row.sentence)}\n"


def _data(text: str) -> str:
    """Escape as the runner expects; what it does not unescape is spelled out, as on a terminal."""
    return visible_line(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
