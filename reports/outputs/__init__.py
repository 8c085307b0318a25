"""Findings in print, for people and for other programs; one form a module.

`turnproof check` imports this and must start fast: only Polars and the standard library are imported here, the module
of a form when it is asked for, and Rich only for a terminal.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final, Protocol, TextIO

import polars as pl

from schemas.errors import InputError

FORMS: Final = ("text", "jsonl", "sarif", "junit", "github")
"""The forms that `write` knows; the module of each has the form's name."""


_WITH_WAIVED: Final = ("text", "sarif", "junit")
"""The forms that have a place for findings that were waived. In the others a line a finding is something to act on."""

WITH_VERSION: Final = ("sarif",)
"""The forms that name the tool and its version."""


class Writer(Protocol):
    """What the module of a form offers as `write`."""

    def __call__(self, findings: pl.DataFrame, *, catalogue: pl.DataFrame, out: TextIO, version: str) -> None:
        """Print `findings` to `out`."""
        ...


def write(findings: pl.DataFrame, form: str, *, catalogue: pl.DataFrame, out: TextIO, version: str) -> None:
    """Print findings to `out`, in the order given.

    Args:
        findings: a frame with the schema `schemas.columns.FINDINGS`.
        form: one of `FORMS`.
        catalogue: the expectations that ran, with the String columns code, rule, severity, brief, why and remedy.
        out: where to; should encode as UTF-8.
        version: of Turnproof, for the forms in `WITH_VERSION`.

    Raises:
        InputError: if `form` is none of `FORMS`.
    """
    if form not in FORMS:
        raise InputError(f'--output-format: expected one of {", ".join(FORMS)}, found "{form}"; use text')
    if form not in _WITH_WAIVED:
        findings = findings.filter(pl.col("waived").is_null())
    writer: Writer = import_module(f"{__name__}.{form}").write
    writer(findings, catalogue=catalogue, out=out, version=version)
